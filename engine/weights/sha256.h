/* SPDX-License-Identifier: GPL-3.0-or-later
 * sha256.h: SHA-256 (FIPS 180-4), to recognise shipped weights. */
#ifndef RVS_WEIGHTS_SHA256_H
#define RVS_WEIGHTS_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RVS_SHA256_HEX 65 /* 64 lower-case digits and the terminator */

void rvs__sha256_hex (const void *bytes, size_t n_bytes, char out_hex[RVS_SHA256_HEX]);

/* ---- its parts, for tests too ---- */

extern const uint32_t rvs__sha256_constants[64];
/* Section 6.2.2 for n blocks of 64 bytes, in plain C. */
void rvs__sha256_add (uint32_t hash[8], const unsigned char *blocks, size_t n);
/* The same by the processor's own instructions, where it has them. */
bool rvs__sha256_is_quick (void);
void rvs__sha256_add_quickly (uint32_t hash[8], const unsigned char *blocks, size_t n);

#endif
