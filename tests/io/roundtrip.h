/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * roundtrip.h: pictures into files in memory and back, for the tests of the formats. What fails there fails the test.
 */
#ifndef TESTS_ROUNDTRIP_H
#define TESTS_ROUNDTRIP_H

#include "codecs.h"
#include "picture.h"

/* The same bytes for the same seed. */
void fill_noise (unsigned char *bytes, size_t n, uint32_t seed);
/* Takes the bytes. */
RvsPicture read_and_free (Bytes file);
/* lost may be NULL; free () the bytes. */
Bytes      written (const RvsPicture *picture, RvsPictureFormat format, unsigned *lost);
RvsPicture through (const RvsPicture *picture, RvsPictureFormat format, unsigned *lost);
void       assert_same_pixels (const RvsPicture *a, const RvsPicture *b);

#endif
