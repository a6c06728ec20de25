/* SPDX-License-Identifier: GPL-3.0-or-later
 * choose.c: which faces are restored: the one rule for every front end, and for the analysis that has the last word. */
#include "choose.h"

#include "core/image.h"
#include "face/align.h"

#include <math.h>

#define MASK_GRID 16 /* points of a box a side at which the selection is looked at */

RvsSkip
rvs__judge_face (const RvsFace *face, float min_face_px, float min_confidence, int32_t width, int32_t height,
                 RvsAffine *out_crop_to_image)
{
  RvsAffine unused;

  if (!out_crop_to_image)
    out_crop_to_image = &unused;
  if (face->flags & RVS_FACE_ALIGNED)
    {
      *out_crop_to_image = rvs__align_whole (width, height);
      return RVS_SKIP_NONE;
    }
  if (!(face->flags & RVS_FACE_FROM_USER))
    {
      if (!(fminf (face->w, face->h) >= min_face_px))
        return RVS_SKIP_TOO_SMALL;
      if (!(face->score >= min_confidence) || (face->flags & RVS_FACE_DOUBTED))
        return RVS_SKIP_LOW_CONFIDENCE;
    }
  return rvs__align_face (face, width, height, out_crop_to_image);
}

/* ---- the selection ---- */

static bool
is_selected (const RvsView *mask, double x, double y)
{
  float value;

  if (!(x >= 0 && y >= 0 && x < mask->width && y < mask->height))
    return false;
  rvs__view_read_plane (mask, (int)y, (int)x, 1, &value);
  return value > 0.5f;
}

/* The user means a face whose middle is selected, or a quarter of its box. */
static bool
is_meant (const RvsView *mask, const RvsFace *face)
{
  int n_inside = 0;

  if (!mask->pixels || is_selected (mask, (double)face->x + (double)face->w / 2, (double)face->y + (double)face->h / 2))
    return true;
  for (int i = 0; i < MASK_GRID * MASK_GRID; i++)
    n_inside += is_selected (mask, (double)face->x + (double)face->w * (i % MASK_GRID + 0.5) / MASK_GRID,
                             (double)face->y + (double)face->h * (i / MASK_GRID + 0.5) / MASK_GRID);
  return n_inside * 4 >= MASK_GRID * MASK_GRID;
}

/* ---- the call ---- */

void
rvs_choose_faces (const RvsFace *faces, size_t n_faces, int32_t width, int32_t height, const RvsParams *params,
                  float min_confidence, RvsSkip *out_skips)
{
  size_t n_left = params->max_faces ? params->max_faces : SIZE_MAX;

  for (size_t i = 0; i < n_faces; i++)
    {
      out_skips[i] = rvs__judge_face (&faces[i], params->min_face_px, min_confidence, width, height, NULL);
      if (out_skips[i] != RVS_SKIP_NONE)
        continue;
      if (n_left > 0 && is_meant (&params->mask, &faces[i]))
        n_left--;
      else
        out_skips[i] = RVS_SKIP_DISABLED;
    }
}
