/* SPDX-License-Identifier: GPL-3.0-or-later
 * field.c: from the restored difference to the field: what may be seen of it, on the grid it is pasted from. */
#include "field.h"

#include "face/align.h"
#include "face/colour.h"
#include "face/paste.h"
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

RvsStatus
rvs__field_make (RvsExec *exec, RvsAnalysedFace *face, const RvsSlot *slot, const RvsTensor *delta, const RvsResultKey *key)
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
    }
  rvs__arena_release (exec->arena, mark);
  if (rvs__exec_cancelled (exec))
    return RVS_ERR_CANCELLED;
  face->field_key = *key;
  face->field_ready = true;
  return RVS_OK;
}
