/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiffs.h: makes TIFF files of every kind, straight from libtiff.
 */
#ifndef TESTS_TIFFS_H
#define TESTS_TIFFS_H

#include "codecs.h"

typedef struct TiffSpec
{
  int                  width, height, bits, samples;
  int                  photometric, compression; /* as libtiff names them; compression 0: none */
  const char          *mode;                     /* "wl", "wb", "w8"; NULL: "wl" */
  bool                 separate, tiled, notes;
  int                  extra; /* the kind of the last sample; 0: a colour, or unspecified */
  int                  orientation;
  int                  n_pages; /* 0: one; each of them the same */
  bool                 reduced; /* pages but the first are smaller versions */
  const unsigned char *icc;
  size_t               n_icc;
  const char          *xmp;
  const char          *iptc; /* a block of its own */
  const unsigned char *rows; /* packed, interleaved, host order */
} TiffSpec;

Bytes make_tiff (const TiffSpec *spec);

#endif
