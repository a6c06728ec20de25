/* SPDX-License-Identifier: GPL-3.0-or-later
 * sha256.c: SHA-256 over memory, written from FIPS 180-4. */
#include "weights/sha256.h"

#include <string.h>

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const uint32_t rvs__sha256_constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t
rotate (uint32_t x, int n)
{
  return x >> n | x << (32 - n);
}

/* One round of section 6.2.2 with the eight working variables where a call names them: renaming them from round to round
 * saves moving them. kw is the round's constant plus its word. */
static inline void
add_round (uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g, uint32_t *h, uint32_t kw)
{
  uint32_t t1 = *h + (rotate (e, 6) ^ rotate (e, 11) ^ rotate (e, 25)) + (g ^ (e & (f ^ g))) + kw;
  uint32_t t2 = (rotate (a, 2) ^ rotate (a, 13) ^ rotate (a, 22)) + ((a & b) | (c & (a | b)));

  *d += t1;
  *h = t1 + t2;
}

/* The 64 words of a block. */
static void
expand (const unsigned char *block, uint32_t w[64])
{
  for (int t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
  for (int t = 16; t < 64; t++)
    {
      uint32_t s0 = rotate (w[t - 15], 7) ^ rotate (w[t - 15], 18) ^ w[t - 15] >> 3;
      uint32_t s1 = rotate (w[t - 2], 17) ^ rotate (w[t - 2], 19) ^ w[t - 2] >> 10;
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

/* Section 6.2.2 for one block of 64 bytes. */
static void
add_block (uint32_t hash[8], const unsigned char *block)
{
  uint32_t w[64];
  uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];

  expand (block, w);
  for (int t = 0; t < 64; t += 8)
    {
      const uint32_t *k = rvs__sha256_constants + t, *x = w + t;

      add_round (a, b, c, &d, e, f, g, &h, k[0] + x[0]);
      add_round (h, a, b, &c, d, e, f, &g, k[1] + x[1]);
      add_round (g, h, a, &b, c, d, e, &f, k[2] + x[2]);
      add_round (f, g, h, &a, b, c, d, &e, k[3] + x[3]);
      add_round (e, f, g, &h, a, b, c, &d, k[4] + x[4]);
      add_round (d, e, f, &g, h, a, b, &c, k[5] + x[5]);
      add_round (c, d, e, &f, g, h, a, &b, k[6] + x[6]);
      add_round (b, c, d, &e, f, g, h, &a, k[7] + x[7]);
    }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
  hash[5] += f;
  hash[6] += g;
  hash[7] += h;
}

void
rvs__sha256_add (uint32_t hash[8], const unsigned char *blocks, size_t n)
{
  for (size_t i = 0; i < n; i++)
    add_block (hash, blocks + 64 * i);
}

void
rvs__sha256_hex (const void *bytes, size_t n_bytes, char out_hex[RVS_SHA256_HEX])
{
  static const char digits[] = "0123456789abcdef";
  void (*const add) (uint32_t *, const unsigned char *, size_t)
      = rvs__sha256_is_quick () ? rvs__sha256_add_quickly : rvs__sha256_add;
  uint32_t             hash[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
  const unsigned char *p = bytes;
  unsigned char        tail[128] = { 0 };
  size_t               n_whole = n_bytes / 64, rest = n_bytes % 64, n_tail = rest < 56 ? 64 : 128;

  add (hash, p, n_whole);
  if (rest > 0)
    memcpy (tail, p + 64 * n_whole, rest);
  tail[rest] = 0x80;
  for (size_t i = 0; i < 8; i++) /* the length in bits, big-endian */
    tail[n_tail - 1 - i] = (unsigned char)((uint64_t)n_bytes << 3 >> (8 * i));
  add (hash, tail, n_tail / 64);
  for (size_t i = 0; i < 64; i++)
    out_hex[i] = digits[hash[i / 8] >> (28 - 4 * (i % 8)) & 15];
  out_hex[64] = '\0';
}
