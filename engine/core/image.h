/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.h: views of interleaved pixels in any depth <-> planar float. What writes colours never writes alpha. */
#ifndef RVS_CORE_IMAGE_H
#define RVS_CORE_IMAGE_H

#include "core/error.h"
#include "core/tensor.h"

/* ARGUMENT or LIMIT unless the view is usable: sides 1..RVS_MAX_SIDE, pixels <= RVS_MAX_PIXELS, channels 1..4,
 * |stride| >= row bytes, pixels not NULL and aligned for its depth. */
RvsStatus rvs__view_check (const RvsView *view, RvsError *err);
/* 1 for grey and grey+alpha, 3 for RGB and RGBA. */
int rvs__view_colours (const RvsView *view);

/* One pixel row, columns [x, x + n), as n RGB triples of planar floats 0..1 (NaN and infinities become 0); grey is repeated. */
void rvs__view_read_row (const RvsView *view, int y, int x, int n, float *r, float *g, float *b);
/* Writes n pixels' colours, rounding to nearest and clamping for integer depths; grey takes the mean of r, g, b. */
void rvs__view_write_row (const RvsMutView *view, int y, int x, int n, const float *r, const float *g, const float *b);
/* Where a picture of n pixels that is mirrored at its borders, their pixels repeated (... 1 0 | 0 1 2 ...), has pixel i of any size. */
static inline int
rvs__mirrored (int i, int n)
{
  i %= 2 * n;
  i += i < 0 ? 2 * n : 0;
  return i < n ? i : 2 * n - 1 - i;
}

/* The values of n pixels of a plane, a view of one channel. */
void rvs__view_read_plane (const RvsView *view, int y, int x, int n, float *values);
/* Alpha of the same pixels, 0..1 (values of floats outside are brought inside); the view has alpha. */
void rvs__view_read_alpha (const RvsView *view, int y, int x, int n, float *alpha);
void rvs__view_write_alpha (const RvsMutView *view, int y, int x, int n, const float *alpha);
/* gain[i] = 0 where alpha is 0 at (x + i, y): nothing is seen there, so the colours below stay as they are. */
void rvs__view_spare_hidden (const RvsView *view, int y, int x, int n, float *gain);
/* Copies the exact bytes of a rect's colour channels (all channels of dst but alpha) from src to dst, same geometry. */
void rvs__view_copy_rect (const RvsView *src, const RvsMutView *dst, RvsRect rect);
/* A rect of a picture of width x height with `more` pixels around it, as far as the picture goes. */
RvsRect rvs__rect_widened (RvsRect rect, int more, int width, int height);

#endif
