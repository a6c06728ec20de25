/* SPDX-License-Identifier: GPL-3.0-or-later
 * fidelity.c: the plane of fidelity that a restorer is given: the face's own value, over it those of its parts, each as far as the parser
 * sees the part there, and over all what is painted: w' = w + a (m - w). */
#include "fidelity.h"

#include "core/hash.h"
#include "core/image.h"
#include "face/align.h"
#include "face/maps.h"
#include "face/warp.h"

#include <math.h>
#include <string.h>

static const RvsWarpRange unit_range = { 1, 0, 0, 1 };

/* ---- what is painted ---- */

/* Plane 0: m a, which unlike m can be resampled where a is 0; plane 1: a. */
static void
read_painted (void *source, int y, int x, int n, float *const *planes)
{
  const RvsView *view = source;

  rvs__view_read_plane (view, y, x, n, planes[0]);
  if (view->channels == 1)
    {
      for (int i = 0; i < n; i++)
        planes[1][i] = 1;
      return;
    }
  rvs__view_read_alpha (view, y, x, n, planes[1]);
  for (int i = 0; i < n; i++)
    planes[0][i] *= planes[1][i];
}

/* out: 2 planes of the restorer's crop. */
static void
warp_painted (RvsExec *exec, const RvsView *painted, double scale, const RvsAnalysedFace *face, RvsTensor *out)
{
  const RvsWarpSource source = { read_painted, (void *)painted, painted->width, painted->height, 2, false };
  RvsAffine           affine = rvs__affine_from_scaled (&face->crop_to_image, (double)RVS_CROP_SIDE / out->w);

  for (int i = 0; i < 6; i++)
    affine.m[i] *= scale;
  rvs__warp (exec, &source, &affine, &unit_range, out);
}

static void
lay_painted_over (RvsExec *exec, const RvsView *painted, double scale, const RvsAnalysedFace *face, RvsTensor *w_map)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    planes = rvs__exec_tensor (exec, 2, w_map->h, w_map->w);

  warp_painted (exec, painted, scale, face, &planes);
  if (!rvs__exec_idle (exec))
    for (size_t i = 0; i < w_map->cs; i++)
      w_map->data[i] = fminf (fmaxf (w_map->data[i] * (1 - planes.data[planes.cs + i]) + planes.data[i], 0), 1);
  rvs__arena_release (exec->arena, mark);
}

/* ---- the parts ---- */

static const RvsPart part_of_class[]
    = { [RVS_CLASS_SKIN] = RVS_PART_SKIN,       [RVS_CLASS_NOSE] = RVS_PART_SKIN,   [RVS_CLASS_L_EYE] = RVS_PART_EYES,
        [RVS_CLASS_R_EYE] = RVS_PART_EYES,      [RVS_CLASS_L_BROW] = RVS_PART_EYES, [RVS_CLASS_R_BROW] = RVS_PART_EYES,
        [RVS_CLASS_GLASSES] = RVS_PART_EYES,    [RVS_CLASS_MOUTH] = RVS_PART_MOUTH, [RVS_CLASS_UPPER_LIP] = RVS_PART_MOUTH,
        [RVS_CLASS_LOWER_LIP] = RVS_PART_MOUTH, [RVS_CLASS_HAIR] = RVS_PART_HAIR,   [RVS_CLASS_L_EAR] = RVS_PART_SKIN,
        [RVS_CLASS_R_EAR] = RVS_PART_SKIN,      [RVS_CLASS_NECK] = RVS_PART_SKIN,   [RVS_CLASS_BACKGROUND] = RVS_N_PARTS,
        [RVS_CLASS_HAT] = RVS_N_PARTS,          [RVS_CLASS_EARRING] = RVS_N_PARTS,  [RVS_CLASS_NECKLACE] = RVS_N_PARTS,
        [RVS_CLASS_CLOTH] = RVS_N_PARTS };

static bool
any_part (const RvsResultKey *key)
{
  for (int i = 0; i < RVS_N_PARTS; i++)
    if (key->parts[i] >= 0)
      return true;
  return false;
}

/* w + the sum over classes of p (part's value - w): the probabilities of a place sum to 1. */
static void
blend_parts (const RvsTensor *map, const RvsResultKey *key, RvsTensor *out)
{
  for (size_t i = 0; i < out->cs; i++)
    out->data[i] = key->knobs.w;
  for (int c = 0; c < map->c; c++)
    {
      const RvsPart part = part_of_class[c];
      if (part == RVS_N_PARTS || key->parts[part] < 0)
        continue;
      for (size_t i = 0; i < out->cs; i++)
        out->data[i] += rvs__channel (map, c)[i] * (key->parts[part] - key->knobs.w);
    }
}

/* At the map's size, then enlarged. */
static void
fill_by_parts (RvsExec *exec, const RvsTensor *map, const RvsResultKey *key, RvsTensor *w_map)
{
  const size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor       small = rvs__exec_tensor (exec, 1, map->h, map->w);
  RvsWarpSource   source = rvs__warp_from_tensor (&small);
  const double    scale = (double)map->w / w_map->w;
  const RvsAffine affine = { { scale, 0, 0, 0, scale, 0 } };

  source.cut = false;
  if (!rvs__exec_idle (exec))
    blend_parts (map, key, &small);
  rvs__warp (exec, &source, &affine, &unit_range, w_map);
  rvs__arena_release (exec->arena, mark);
}

/* ---- the key ---- */

static uint64_t
hash_planes (const RvsTensor *planes)
{
  uint64_t hash = RVS_HASH_NOTHING;

  for (size_t i = 0; i < (size_t)planes->c * planes->cs; i++)
    {
      uint32_t bits;
      memcpy (&bits, &planes->data[i], sizeof bits);
      hash = rvs__hash (hash, bits);
    }
  return hash;
}

static void
hash_painted (const RvsPipeline *pipeline, const RvsView *painted, double scale, const RvsAnalysedFace *face, RvsResultKey *key)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    planes = rvs__exec_tensor (exec, 2, pipeline->side, pipeline->side);

  warp_painted (exec, painted, scale, face, &planes);
  key->has_map = true;
  if (!rvs__exec_idle (exec))
    key->map_hash = hash_planes (&planes);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__fidelity_key (const RvsPipeline *pipeline, const RvsParams *params, double scale, const RvsAnalysedFace *face,
                   RvsResultKey *key)
{
  const RvsView *painted = &params->fidelity_map;

  for (int i = 0; i < RVS_N_PARTS; i++)
    key->parts[i] = RVS_FIDELITY_AUTO;
  if (painted->pixels || pipeline->exec->arena->measuring)
    hash_painted (pipeline, painted, scale, face, key);
  if (painted->pixels && painted->channels == 1)
    return; /* the map says it all */
  key->knobs.w = params->fidelity < 0 ? face->report.auto_fidelity : params->fidelity;
  memcpy (key->parts, params->part_fidelity, sizeof key->parts);
}

bool
rvs__fidelity_varies (const RvsResultKey *key)
{
  return key->has_map || any_part (key);
}

void
rvs__fidelity_fill (const RvsPipeline *pipeline, const RvsView *painted, double scale, const RvsAnalysedFace *face,
                    const RvsTensor *parts, const RvsResultKey *key, RvsTensor *w_map)
{
  fill_by_parts (pipeline->exec, parts, key, w_map);
  if (key->has_map)
    lay_painted_over (pipeline->exec, painted, scale, face, w_map);
}
