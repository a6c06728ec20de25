/* SPDX-License-Identifier: GPL-3.0-or-later
 * field.c: from the restored difference to the field: what may be seen of it, on the grid it is pasted from. */
#include "field.h"

#include "core/image.h"
#include "face/align.h"
#include "face/colour.h"
#include "face/matte.h"
#include "face/paste.h"
#include "face/screen.h"
#include "face/warp.h"
#include "ops/ops.h"

/* Image pixels (of the rect, or of the whole) to pixels of the crop at `side`. */
static RvsAffine
image_to_crop (const RvsAnalysedFace *face, int side, int x0, int y0)
{
  const RvsAffine inverse = rvs__affine_invert (&face->crop_to_image);
  RvsAffine       map = rvs__affine_to_scaled (&inverse, (double)RVS_CROP_SIDE / side);

  map.m[2] += map.m[0] * x0 + map.m[1] * y0;
  map.m[5] += map.m[3] * x0 + map.m[4] * y0;
  return map;
}

/* ---- the photo's screen ---- */

enum
{
  CHUNK = 256
};

typedef struct Unscreen
{
  const RvsView   *photo;
  RvsAnalysedFace *face;
  RvsWarpSource    screenless;
  RvsAffine        image_to_crop; /* to units of the crop's side */
  const float     *matte;
} Unscreen;

/* Adds what the photo without its screen has over the photo, under the matte, to n pixels of the field from column x of row y on. */
static void
take_from_pixels (const Unscreen *job, int y, int x, int n)
{
  const RvsRect   *rect = &job->face->report.rect;
  const RvsTensor *field = &job->face->field;
  float            with[3][CHUNK], without[3][CHUNK];

  job->screenless.read (job->screenless.source, rect->y + y, rect->x + x, n,
                        (float *const[]){ without[0], without[1], without[2] });
  rvs__view_read_row (job->photo, rect->y + y, rect->x + x, n, with[0], with[1], with[2]);
  for (int i = 0; i < n; i++)
    {
      double u, v;
      float  m;

      rvs__affine_apply (&job->image_to_crop, rect->x + x + i + .5, rect->y + y + .5, &u, &v);
      m = rvs__matte_at (job->matte, u, v);
      for (int c = 0; c < 3; c++)
        rvs__channel (field, c)[(size_t)y * (size_t)field->w + (size_t)(x + i)] += m * (without[c][i] - with[c][i]);
    }
}

static void
take_from_row (void *context, int y, int worker)
{
  const Unscreen *job = context;
  const int       width = job->face->field.w;

  (void)worker;
  for (int x = 0; x < width; x += CHUNK)
    take_from_pixels (job, y, x, width - x < CHUNK ? width - x : CHUNK);
}

/* The restorer did not see it, so its difference leaves it in the photo. The field is on the image's grid. */
static void
take_screen_away (RvsExec *exec, const RvsView *photo, RvsAnalysedFace *face, const float *matte)
{
  RvsScreenless screenless;
  Unscreen      job
      = { photo, face, rvs__warp_from_screened (&screenless, photo, face->report.screen_px), image_to_crop (face, 1, 0, 0), matte };

  rvs__exec_run (exec, take_from_row, &job, face->field.h);
}

RvsStatus
rvs__field_make (RvsExec *exec, const RvsView *photo, RvsAnalysedFace *face, const RvsSlot *slot, const RvsTensor *delta,
                 const RvsResultKey *key)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    side = delta->w;
  RvsTensor    work = rvs__exec_tensor (exec, 3, side, side);

  face->field_ready = face->grain_ready = false;
  rvs__copy (exec, delta, &work);
  rvs__colour_lock (exec, &slot->in.face, &slot->in.map, key->keep_colour, &work);
  if (face->grey)
    rvs__colour_make_grey (exec, &work);
  /* [-1,1] spans twice what 0..1 does. */
  rvs__paste_premultiply (exec, &work, key->bare ? NULL : face->matte, 0.5f, face->field_on_image ? &work : &face->field);
  if (face->field_on_image)
    {
      RvsWarpSource   source = rvs__warp_from_tensor (&work);
      const RvsAffine map = image_to_crop (face, side, face->report.rect.x, face->report.rect.y);
      rvs__warp (exec, &source, &map, NULL, &face->field);
      if (face->report.screen_px > 0)
        take_screen_away (exec, photo, face, key->bare ? NULL : face->matte);
    }
  rvs__arena_release (exec->arena, mark);
  if (rvs__exec_cancelled (exec))
    return RVS_ERR_CANCELLED;
  face->field_key = *key;
  face->field_ready = true;
  return RVS_OK;
}
