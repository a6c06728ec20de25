/* SPDX-License-Identifier: GPL-3.0-or-later
 * sha256.h: SHA-256 (FIPS 180-4), to recognise shipped weights. */
#ifndef RVS_WEIGHTS_SHA256_H
#define RVS_WEIGHTS_SHA256_H

#include <stddef.h>

#define RVS_SHA256_HEX 65 /* 64 lower-case digits and the terminator */

void rvs__sha256_hex (const void *bytes, size_t n_bytes, char out_hex[RVS_SHA256_HEX]);

#endif
