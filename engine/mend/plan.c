/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.c: faces first; then small parts that lie together share a crop, and large ones are cut by a grid. */
#include "mend/plan.h"

#include "core/mem.h"
#include "face/align.h"

#include <math.h>
#include <string.h>

enum
{
  SIDE = RVS_CROP_SIDE,
  CELL = 320, /* of a crop's side: what is filled on it; the rest is surroundings */
  FADE = 32,  /* on both sides of a cell's border */
  MARGIN = (SIDE - CELL) / 2,
  MAX_LEVEL = 8,
  FACE_EDGE = 16, /* nothing is filled nearer to a face crop's border; from there it fades in */
  FACE_FADE = 48
};
#define WIDEST 96.0       /* crop pixels: mean width of a part, for a disc its radius */
#define FINE_FACE .5      /* a face with fewer image pixels in one of its crop's takes every part; another one only */
#define THINNEST 6.0      /* those at least so wide in its crop: resampling costs a thin part more than the aligned face gives it */
#define LEAST_KNOWN .3    /* share of a face's crop */
#define MAX_CROPS 1000000 /* only so that sizes cannot overflow */

/* ---- weights ---- */

static float
face_weight (const RvsMendFace *face, int x, int y)
{
  double u, v, least = FACE_EDGE + FACE_FADE;

  rvs__affine_apply (&face->image_to_crop, x + .5, y + .5, &u, &v);
  const double inner[4] = { u, v, SIDE - u, SIDE - v };
  for (int i = 0; i < 4; i++)
    {
      if (inner[i] < 0)
        return 0;
      least = face->inner[i] && inner[i] < least ? inner[i] : least;
    }
  return (float)fmax ((least - FACE_EDGE) / FACE_FADE, 0);
}

static bool
face_takes (const RvsMendFace *face, const RvsHolePart *part)
{
  return face->usable && (face->scale <= FINE_FACE || rvs__hole_width (part) >= THINNEST * face->scale);
}

/* How much of a pixel the faces fill together, at most 1. */
static float
faces_weight (const RvsMendPlan *plan, uint32_t part, int x, int y)
{
  float sum = 0;

  for (size_t i = 0; i < plan->n_faces; i++)
    if (face_takes (&plan->faces[i], &plan->hole->parts[part]))
      sum += face_weight (&plan->faces[i], x, y);
  return sum < 1 ? sum : 1;
}

/* 1 inside [lo, lo + CELL), fading over FADE on both sides of either end; all in crop pixels. */
static float
fade (double at, double lo)
{
  const double inner = fmin (at - lo, lo + CELL - at);

  return (float)fmin (fmax ((inner + FADE) / (2 * FADE), 0), 1);
}

static float
cell_weight (const RvsMendCrop *crop, int x, int y)
{
  return fade ((x + .5) / crop->scale, (double)crop->cell_x * CELL) * fade ((y + .5) / crop->scale, (double)crop->cell_y * CELL);
}

float
rvs__mend_weight (const RvsMendPlan *plan, const RvsMendCrop *crop, uint32_t part, int x, int y)
{
  if (crop->face >= 0)
    return face_takes (&plan->faces[crop->face], &plan->hole->parts[part]) ? face_weight (&plan->faces[crop->face], x, y) : 0;
  if (plan->own[part] == (uint32_t)(crop - plan->crops))
    return 1 - faces_weight (plan, part, x, y);
  if (!crop->gridded || plan->own[part] != RVS_MEND_GRIDDED || plan->levels[part] != crop->level)
    return 0;
  return (1 - faces_weight (plan, part, x, y)) * cell_weight (crop, x, y);
}

/* ---- crops ---- */

/* Room for one more; NULL without memory. */
static RvsMendCrop *
add_crop (RvsMendPlan *plan)
{
  if (plan->n_crops == plan->n_allocated)
    {
      const size_t n = plan->n_allocated ? 2 * plan->n_allocated : 16;
      RvsMendCrop *more = n <= MAX_CROPS ? rvs__alloc (n * sizeof *more) : NULL;

      if (!more)
        return NULL;
      if (plan->n_crops)
        memcpy (more, plan->crops, plan->n_crops * sizeof *more);
      rvs__free (plan->crops);
      plan->crops = more;
      plan->n_allocated = n;
    }
  memset (&plan->crops[plan->n_crops], 0, sizeof *plan->crops);
  return &plan->crops[plan->n_crops++];
}

/* [at, at + side) moved into [0, n) where that is possible, else centred on it. */
static int32_t
move_inside (int64_t at, int64_t side, int64_t n)
{
  if (side >= n)
    return (int32_t)((n - side) / 2);
  return (int32_t)(at < 0 ? 0 : at + side > n ? n - side : at);
}

static void
place_crop (const RvsMendPlan *plan, RvsMendCrop *crop, int level, int64_t x, int64_t y)
{
  const int64_t side = (int64_t)SIDE << level;

  crop->face = -1;
  crop->level = level;
  crop->scale = (double)(1 << level);
  crop->crop_to_image = (RvsAffine){ { crop->scale, 0, (double)move_inside (x, side, plan->hole->width), 0, crop->scale,
                                       (double)move_inside (y, side, plan->hole->height) } };
}

static RvsRect
cut_to_image (const RvsHole *hole, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
  x0 = x0 < 0 ? 0 : x0;
  y0 = y0 < 0 ? 0 : y0;
  x1 = x1 > hole->width ? hole->width : x1;
  y1 = y1 > hole->height ? hole->height : y1;
  return (RvsRect){ (int32_t)x0, (int32_t)y0, (int32_t)(x1 - x0), (int32_t)(y1 - y0) };
}

static RvsRect
join_boxes (RvsRect a, RvsRect b)
{
  const int32_t right = a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
  const int32_t bottom = a.y + a.height > b.y + b.height ? a.y + a.height : b.y + b.height;

  a.x = a.x < b.x ? a.x : b.x;
  a.y = a.y < b.y ? a.y : b.y;
  a.width = right - a.x;
  a.height = bottom - a.y;
  return a;
}

static bool
fits (RvsRect box, int level)
{
  return box.width <= CELL << level && box.height <= CELL << level;
}

/* ---- faces ---- */

static int64_t
pixels_inside (const RvsHole *hole, const RvsMendFace *face, RvsRect rect)
{
  int64_t n = 0;

  for (int y = rect.y; y < rect.y + rect.height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      for (int x = hole->runs[k].x; x < hole->runs[k].x + hole->runs[k].n; x++)
        n += face_weight (face, x, y) > 0;
  return n;
}

/* By the middle of each side. */
static void
find_inner_sides (const RvsHole *hole, RvsMendFace *face)
{
  static const double middle[4][2] = { { 0, SIDE / 2 }, { SIDE / 2, 0 }, { SIDE, SIDE / 2 }, { SIDE / 2, SIDE } };

  for (int i = 0; i < 4; i++)
    {
      double x, y;

      rvs__affine_apply (&face->crop_to_image, middle[i][0], middle[i][1], &x, &y);
      face->inner[i] = x > .5 && y > .5 && x < hole->width - .5 && y < hole->height - .5;
    }
}

/* Adds a crop for face i, unless it has nothing to fill or too little to fill it from. */
static RvsStatus
plan_face (RvsMendPlan *plan, size_t i, const RvsAffine *crop_to_image, RvsError *err)
{
  RvsMendFace  *face = &plan->faces[i];
  const RvsRect rect = rvs__align_rect (crop_to_image, 0, 0, SIDE, SIDE, plan->hole->width, plan->hole->height);
  RvsMendCrop  *crop;
  int64_t       n;

  face->crop_to_image = *crop_to_image;
  face->image_to_crop = rvs__affine_invert (crop_to_image);
  face->scale = rvs__affine_scale (crop_to_image);
  find_inner_sides (plan->hole, face);
  n = pixels_inside (plan->hole, face, rect);
  face->usable = n > 0 && (double)n <= (1 - LEAST_KNOWN) * SIDE * SIDE * face->scale * face->scale;
  if (!face->usable)
    return RVS_OK;
  crop = add_crop (plan);
  if (!crop)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory to plan the filling");
  *crop = (RvsMendCrop){ .crop_to_image = *crop_to_image, .scale = face->scale, .face = (int32_t)i, .area = rect };
  return RVS_OK;
}

/* ---- parts ---- */

static int8_t
level_of (const RvsHolePart *part)
{
  int8_t level = 0;

  while (level < MAX_LEVEL && rvs__hole_width (part) > WIDEST * (double)(1 << level))
    level++;
  return level;
}

/* Parts with a pixel that the faces do not wholly fill. */
static void
find_left (RvsMendPlan *plan)
{
  const RvsHole *hole = plan->hole;

  for (int y = 0; y < hole->height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      {
        const RvsHoleRun *run = &hole->runs[k];

        for (int x = run->x; x < run->x + run->n && plan->own[run->part] == RVS_MEND_NONE; x++)
          if (faces_weight (plan, run->part, x, y) < 1)
            plan->own[run->part] = RVS_MEND_GRIDDED; /* until it gets a crop of its own */
      }
}

/* One crop for part `first`, which lies in no cell, and for others of that kind that lie near enough to share it. Parts are in the order of their topmost rows. */
static bool
add_cluster (RvsMendPlan *plan, size_t first)
{
  const RvsHolePart *parts = plan->hole->parts;
  const int          level = plan->levels[first];
  RvsRect            box = parts[first].box;
  RvsMendCrop       *crop = add_crop (plan);

  if (!crop)
    return false;
  plan->own[first] = (uint32_t)(plan->n_crops - 1);
  for (size_t i = first + 1; i < plan->hole->n_parts && parts[i].box.y < parts[first].box.y + (CELL << level); i++)
    if (plan->own[i] == RVS_MEND_GRIDDED && plan->levels[i] == level && fits (join_boxes (box, parts[i].box), level))
      {
        box = join_boxes (box, parts[i].box);
        plan->own[i] = plan->own[first];
      }
  crop->area = box;
  place_crop (plan, crop, level, box.x + box.width / 2 - ((int64_t)SIDE << level) / 2,
              box.y + box.height / 2 - ((int64_t)SIDE << level) / 2);
  return true;
}

/* ---- the grid ---- */

typedef struct Grid
{
  int       level, columns, n_rows;
  uint32_t *crops; /* of each cell: RVS_MEND_NONE, RVS_MEND_GRIDDED where one is wanted, then its number */
} Grid;

static uint32_t *
cell_at (const Grid *grid, int u, int v)
{
  return &grid->crops[(size_t)v * (size_t)grid->columns + (size_t)u];
}

/* The cell around the part's middle, when all of the part lies in it or in its fading border; else NULL. */
static uint32_t *
cell_of (const Grid *grid, const RvsHolePart *part)
{
  const int cell = CELL << grid->level, reach = FADE << grid->level;
  const int u = (part->box.x + part->box.width / 2) / cell, v = (part->box.y + part->box.height / 2) / cell;

  if (part->box.x < u * cell - reach || part->box.x + part->box.width > (u + 1) * cell + reach || part->box.y < v * cell - reach
      || part->box.y + part->box.height > (v + 1) * cell + reach)
    return NULL;
  return cell_at (grid, u, v);
}

/* Wants the cells that a run of a part too large for one crop reaches, with the fading around it. */
static void
want_cells (const Grid *grid, const RvsHoleRun *run, int y)
{
  const int cell = CELL << grid->level, reach = FADE << grid->level;
  const int y0 = y < reach ? 0 : (y - reach) / cell, x0 = run->x < reach ? 0 : (run->x - reach) / cell;

  for (int v = y0; v <= (y + reach) / cell; v++)
    for (int u = x0; u <= (run->x + run->n - 1 + reach) / cell; u++)
      *cell_at (grid, u, v) = RVS_MEND_GRIDDED;
}

static bool
at_level (const RvsMendPlan *plan, size_t part, int level)
{
  return plan->own[part] == RVS_MEND_GRIDDED && plan->levels[part] == level;
}

/* Marks every cell that some part of the level wants. */
static void
want_all (const RvsMendPlan *plan, const Grid *grid)
{
  const RvsHole *hole = plan->hole;

  for (int y = 0; y < hole->height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      if (at_level (plan, hole->runs[k].part, grid->level) && !fits (hole->parts[hole->runs[k].part].box, grid->level))
        want_cells (grid, &hole->runs[k], y);
  for (size_t i = 0; i < hole->n_parts; i++)
    if (at_level (plan, i, grid->level) && fits (hole->parts[i].box, grid->level) && cell_of (grid, &hole->parts[i]))
      *cell_of (grid, &hole->parts[i]) = RVS_MEND_GRIDDED;
}

static bool
add_cell (RvsMendPlan *plan, const Grid *grid, int u, int v)
{
  const int     level = grid->level;
  const int64_t cell = (int64_t)CELL << level, fade_px = (int64_t)FADE << level, margin = (int64_t)MARGIN << level;
  RvsMendCrop  *crop;

  if (u * cell - fade_px >= plan->hole->width || v * cell - fade_px >= plan->hole->height)
    return true;
  crop = add_crop (plan);
  if (!crop)
    return false;
  *cell_at (grid, u, v) = (uint32_t)(plan->n_crops - 1);
  crop->gridded = true;
  crop->cell_x = u;
  crop->cell_y = v;
  crop->area
      = cut_to_image (plan->hole, u * cell - fade_px, v * cell - fade_px, (u + 1) * cell + fade_px, (v + 1) * cell + fade_px);
  place_crop (plan, crop, level, u * cell - margin, v * cell - margin);
  return true;
}

/* A crop for each cell that is wanted; parts that lie in one are filled there and nowhere else. */
static bool
add_grid (RvsMendPlan *plan, int level)
{
  const int cell = CELL << level, reach = FADE << level;
  Grid      grid = { level, (plan->hole->width + reach) / cell + 1, (plan->hole->height + reach) / cell + 1, NULL };
  const int n = grid.columns * grid.n_rows;
  bool      enough;

  grid.crops = rvs__alloc ((size_t)n * sizeof *grid.crops);
  enough = grid.crops;
  if (enough)
    {
      memset (grid.crops, 0xff, (size_t)n * sizeof *grid.crops);
      want_all (plan, &grid);
    }
  for (int i = 0; enough && i < n; i++)
    if (grid.crops[i] == RVS_MEND_GRIDDED)
      enough = add_cell (plan, &grid, i % grid.columns, i / grid.columns);
  for (size_t i = 0; enough && i < plan->hole->n_parts; i++)
    if (at_level (plan, i, level) && fits (plan->hole->parts[i].box, level) && cell_of (&grid, &plan->hole->parts[i]))
      plan->own[i] = *cell_of (&grid, &plan->hole->parts[i]);
  rvs__free (grid.crops);
  return enough;
}

/* ---- the whole ---- */

/* Each level by its grid; then what straddles cells and yet fits into one crop gets such a crop. */
static bool
plan_parts (RvsMendPlan *plan)
{
  const RvsHole *hole = plan->hole;
  bool           enough = true, used[MAX_LEVEL + 1] = { false };

  for (size_t i = 0; i < hole->n_parts; i++)
    {
      plan->levels[i] = level_of (&hole->parts[i]);
      plan->own[i] = RVS_MEND_NONE;
    }
  find_left (plan);
  for (size_t i = 0; i < hole->n_parts; i++)
    used[plan->levels[i]] |= plan->own[i] == RVS_MEND_GRIDDED;
  for (int level = 0; enough && level <= MAX_LEVEL; level++)
    if (used[level])
      enough = add_grid (plan, level);
  for (size_t i = 0; enough && i < hole->n_parts; i++)
    if (plan->own[i] == RVS_MEND_GRIDDED && fits (hole->parts[i].box, plan->levels[i]))
      enough = add_cluster (plan, i);
  return enough;
}

RvsStatus
rvs__mend_plan (const RvsHole *hole, const RvsAffine *crop_to_image, size_t n_faces, RvsMendPlan *out_plan, RvsError *err)
{
  RvsMendPlan *plan = out_plan;
  RvsStatus    status = RVS_OK;

  *plan = (RvsMendPlan){ .hole = hole, .n_faces = n_faces };
  plan->levels = rvs__alloc (hole->n_parts * sizeof *plan->levels);
  plan->own = rvs__alloc (hole->n_parts * sizeof *plan->own);
  plan->faces = rvs__alloc_zero ((n_faces + 1) * sizeof *plan->faces);
  if (!plan->levels || !plan->own || !plan->faces)
    status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory to plan the filling");
  for (size_t i = 0; status == RVS_OK && i < n_faces; i++)
    status = plan_face (plan, i, &crop_to_image[i], err);
  if (status == RVS_OK && !plan_parts (plan))
    status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory to plan the filling");
  if (status != RVS_OK)
    rvs__mend_plan_clear (plan);
  return status;
}

void
rvs__mend_plan_clear (RvsMendPlan *plan)
{
  rvs__free (plan->faces);
  rvs__free (plan->levels);
  rvs__free (plan->own);
  rvs__free (plan->crops);
  memset (plan, 0, sizeof *plan);
}
