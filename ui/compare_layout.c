/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare_layout.c: panes, parts and the line between them.
 */
#include "compare_layout.h"

RvsCompare
rvs_compare_from_int (int number)
{
  return number > 0 && number < RVS_N_COMPARE ? (RvsCompare)number : RVS_COMPARE_ACROSS;
}

gboolean
rvs_compare_has_line (RvsCompare compare)
{
  return compare != RVS_COMPARE_SIDES;
}

int
rvs_compare_n_panes (RvsCompare compare)
{
  return compare == RVS_COMPARE_SIDES ? 2 : 1;
}

double
rvs_compare_pane_width (RvsCompare compare, double width)
{
  return compare == RVS_COMPARE_SIDES ? MAX (1, (width - RVS_PANE_GAP) / 2) : width;
}

int
rvs_compare_pane_at (RvsCompare compare, double width, double x)
{
  return compare == RVS_COMPARE_SIDES && x >= width / 2;
}

double
rvs_compare_line (RvsCompare compare, RvsBoxF box, double split)
{
  return compare == RVS_COMPARE_DOWN ? box.y + split * box.h : box.x + split * box.w;
}

double
rvs_compare_split_at (RvsCompare compare, RvsBoxF box, double x, double y)
{
  double length = compare == RVS_COMPARE_DOWN ? box.h : box.w, at = compare == RVS_COMPARE_DOWN ? y - box.y : x - box.x;
  return length > 0 ? CLAMP (at / length, 0, 1) : 0.5;
}

void
rvs_compare_parts (RvsCompare compare, RvsBoxF box, double split, RvsBoxF out_parts[2])
{
  double line = rvs_compare_line (compare, box, split);
  out_parts[0] = out_parts[1] = box;
  if (compare == RVS_COMPARE_ACROSS)
    {
      out_parts[0].w = line - box.x;
      out_parts[1].x = line;
      out_parts[1].w = box.x + box.w - line;
    }
  else if (compare == RVS_COMPARE_DOWN)
    {
      out_parts[0].h = line - box.y;
      out_parts[1].y = line;
      out_parts[1].h = box.y + box.h - line;
    }
}
