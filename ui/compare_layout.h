/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare_layout.h: how before and after share the preview, and where the line between them lies. Pure geometry, widget pixels.
 */
#ifndef RVS_UI_COMPARE_LAYOUT_H
#define RVS_UI_COMPARE_LAYOUT_H

#include "face_overlay.h"

typedef enum RvsCompare
{
  RVS_COMPARE_ACROSS, /* one picture, before left of a line and after right of it */
  RVS_COMPARE_DOWN,   /* one picture, before above a line and after below it */
  RVS_COMPARE_SIDES,  /* two panes that show the same part of the picture */
  RVS_N_COMPARE
} RvsCompare;

/* Between the panes. */
#define RVS_PANE_GAP 4

/* A number of the settings, whatever it is. */
RvsCompare rvs_compare_from_int (int number);
gboolean   rvs_compare_has_line (RvsCompare compare);
int        rvs_compare_n_panes (RvsCompare compare);
/* Of each pane in a widget of this width; 1 at least. */
double rvs_compare_pane_width (RvsCompare compare, double width);
/* Which pane the point is in. */
int rvs_compare_pane_at (RvsCompare compare, double width, double x);
/* Where the line lies in the box, split 0..1 from its left or top; its place along the other axis is free. */
double rvs_compare_line (RvsCompare compare, RvsBoxF box, double split);
/* The split for a line through the point. An empty box gives 0.5. */
double rvs_compare_split_at (RvsCompare compare, RvsBoxF box, double x, double y);
/* What shows the first and the second of before and after. With panes each is the whole box, of its pane. */
void rvs_compare_parts (RvsCompare compare, RvsBoxF box, double split, RvsBoxF out_parts[2]);

#endif
