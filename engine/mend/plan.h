/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.h: which square crops a hole is filled on. Parts on a face whose scale suits them are filled on its aligned crop, where the
 * networks know what belongs where; all others on upright local crops, at the finest scale in which the part is not too wide. */
#ifndef RVS_MEND_PLAN_H
#define RVS_MEND_PLAN_H

#include "face/affine.h"
#include "mend/hole.h"

typedef struct RvsMendCrop
{
  RvsAffine crop_to_image; /* from the crop's 512 x 512 pixels */
  double    scale;         /* image pixels in one of the crop's */
  int32_t   face;          /* of the faces given, or -1: local */
  RvsRect   area;          /* image pixels that it may fill */
  /* Local crops only. */
  int     level;   /* scale = 2^level */
  bool    gridded; /* one cell of the level's grid: fills the parts that lie in it, and its share of those too large for one crop,
                    * fading out over the cell's border */
  int32_t cell_x, cell_y;
} RvsMendCrop;

/* A face's crop; weight 1 inside, fading out towards those of its sides beyond which the photo goes on. */
typedef struct RvsMendFace
{
  RvsAffine crop_to_image, image_to_crop;
  double    scale;
  bool      usable;   /* enough of the crop is known */
  bool      inner[4]; /* left, top, right, bottom: that side of the crop lies inside the photo */
} RvsMendFace;

typedef struct RvsMendPlan
{
  const RvsHole *hole;
  RvsMendFace   *faces;
  size_t         n_faces;
  int8_t        *levels; /* of each part */
  uint32_t      *own;    /* each part's local crop; RVS_MEND_GRIDDED, or RVS_MEND_NONE when faces fill all of it */
  RvsMendCrop   *crops;
  size_t         n_crops, n_allocated;
} RvsMendPlan;

#define RVS_MEND_NONE UINT32_MAX
#define RVS_MEND_GRIDDED (UINT32_MAX - 1)

/* crop_to_image: n_faces maps from the faces' 512 crops. The hole outlives the plan. NO_MEMORY. */
RvsStatus rvs__mend_plan (const RvsHole *hole, const RvsAffine *crop_to_image, size_t n_faces, RvsMendPlan *out_plan,
                          RvsError *err);
void      rvs__mend_plan_clear (RvsMendPlan *plan);

/* The crop's share of a hole's pixel, >= 0. For every pixel some crop's is above 0. */
float rvs__mend_weight (const RvsMendPlan *plan, const RvsMendCrop *crop, uint32_t part, int x, int y);

#endif
