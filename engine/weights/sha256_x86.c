/* SPDX-License-Identifier: GPL-3.0-or-later
 * sha256_x86.c: blocks of SHA-256 by the SHA extensions of x86-64. */
#include "weights/sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

bool
rvs__sha256_is_quick (void)
{
  unsigned a, b, c, d;

  __builtin_cpu_init ();
  return __builtin_cpu_supports ("sse4.1") && __get_cpuid_count (7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

/* The instructions keep the eight variables as [f e b a] and [h g d c], lowest first. */
__attribute__ ((target ("sha,sse4.1"))) void
rvs__sha256_add_quickly (uint32_t hash[8], const unsigned char *blocks, size_t n)
{
  const __m128i big_endian = _mm_set_epi64x (0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i abcd = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *)(const void *)hash), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32 (_mm_loadu_si128 ((const __m128i *)(const void *)(hash + 4)), 0x1b);
  __m128i       abef = _mm_alignr_epi8 (abcd, efgh, 8), cdgh = _mm_blend_epi16 (efgh, abcd, 0xf0);

  for (; n > 0; n--, blocks += 64)
    {
      const __m128i abef_before = abef, cdgh_before = cdgh;
      __m128i       w[4], kw;

      for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8 (_mm_loadu_si128 ((const __m128i *)(const void *)(blocks + 16 * i)), big_endian);
      for (int t = 0; t < 16; t++) /* four rounds each; w[t % 4] then becomes the words of 16 rounds later */
        {
          __m128i *now = &w[t % 4], next = w[(t + 1) % 4], last = w[(t + 3) % 4];
          kw = _mm_add_epi32 (*now, _mm_loadu_si128 ((const __m128i *)(const void *)(rvs__sha256_constants + 4 * t)));
          cdgh = _mm_sha256rnds2_epu32 (cdgh, abef, kw);
          abef = _mm_sha256rnds2_epu32 (abef, cdgh, _mm_shuffle_epi32 (kw, 0x0e));
          *now = _mm_add_epi32 (_mm_sha256msg1_epu32 (*now, next), _mm_alignr_epi8 (last, w[(t + 2) % 4], 4));
          *now = _mm_sha256msg2_epu32 (*now, last);
        }
      abef = _mm_add_epi32 (abef, abef_before);
      cdgh = _mm_add_epi32 (cdgh, cdgh_before);
    }
  abef = _mm_shuffle_epi32 (abef, 0x1b);
  cdgh = _mm_shuffle_epi32 (cdgh, 0xb1);
  _mm_storeu_si128 ((__m128i *)(void *)hash, _mm_blend_epi16 (abef, cdgh, 0xf0));
  _mm_storeu_si128 ((__m128i *)(void *)(hash + 4), _mm_alignr_epi8 (cdgh, abef, 8));
}

#else

bool
rvs__sha256_is_quick (void)
{
  return false;
}

void
rvs__sha256_add_quickly (uint32_t hash[8], const unsigned char *blocks, size_t n)
{
  rvs__sha256_add (hash, blocks, n);
}

#endif
