/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rect.h: parts of a picture, for whoever has GLib and no toolkit too.
 */
#ifndef RVS_UI_RECT_H
#define RVS_UI_RECT_H

#include "rvs.h"
#include <glib.h>

RvsRect rvs_rect_intersect (RvsRect a, RvsRect b);
/* The smallest that holds both, of which either may be empty. */
RvsRect  rvs_rect_join (RvsRect a, RvsRect b);
gboolean rvs_rect_contains (RvsRect outer, RvsRect inner);
/* Grows the rect outward to multiples of `unit`, then clips it to width x height. */
RvsRect rvs_rect_align (RvsRect rect, int32_t unit, int32_t width, int32_t height);

#endif
