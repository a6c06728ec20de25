/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rect.c: arithmetic of rects.
 */
#include "rect.h"

RvsRect
rvs_rect_intersect (RvsRect a, RvsRect b)
{
  int32_t x0 = MAX (a.x, b.x), y0 = MAX (a.y, b.y);
  int32_t x1 = MIN (a.x + a.width, b.x + b.width), y1 = MIN (a.y + a.height, b.y + b.height);
  return (RvsRect){ x0, y0, MAX (0, x1 - x0), MAX (0, y1 - y0) };
}

RvsRect
rvs_rect_join (RvsRect a, RvsRect b)
{
  if (a.width < 1 || a.height < 1)
    return b;
  if (b.width < 1 || b.height < 1)
    return a;
  int32_t x0 = MIN (a.x, b.x), y0 = MIN (a.y, b.y);
  int32_t x1 = MAX (a.x + a.width, b.x + b.width), y1 = MAX (a.y + a.height, b.y + b.height);
  return (RvsRect){ x0, y0, x1 - x0, y1 - y0 };
}

gboolean
rvs_rect_contains (RvsRect outer, RvsRect inner)
{
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width
         && inner.y + inner.height <= outer.y + outer.height;
}

RvsRect
rvs_rect_align (RvsRect rect, int32_t unit, int32_t width, int32_t height)
{
  RvsRect whole = { 0, 0, width, height };
  rect = rvs_rect_intersect (rect, whole);
  int32_t x1 = rect.x + rect.width, y1 = rect.y + rect.height;
  rect.x -= rect.x % unit;
  rect.y -= rect.y % unit;
  x1 = (x1 + unit - 1) / unit * unit;
  y1 = (y1 + unit - 1) / unit * unit;
  return rvs_rect_intersect ((RvsRect){ rect.x, rect.y, x1 - rect.x, y1 - rect.y }, whole);
}
