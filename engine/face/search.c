/* SPDX-License-Identifier: GPL-3.0-or-later
 * search.c: which parts of a photo are looked at, and how large. The network sees faces from about 12 to 300 pixels. The whole is
 * brought to a long side of 1024 and looked at so (fine) and at a quarter of that (coarse), where a face that fills the image is of a
 * size it knows. Where the smallest faces wanted would be too small so, the image is cut into tiles at a larger scale, and at quarters
 * of that scale until the view of the whole takes over. */
#include "face/search.h"

#include "face/fit.h"
#include "face/turn.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum
{
  LONG_SIDE = RVS_DETECT_SIDE,
  MOST_ZOOM = 2,
  COARSE = 4,
  /* box heights in network pixels that a pass answers for; what lies outside was not trained, and the other pass sees it better */
  FINE_MOST = 320,
  COARSE_LEAST = 14,
  TILE_LEAST = 12,                              /* network pixels of the smallest face wanted */
  TILE_MOST = 96,                               /* tallest face of a tile; at the next scale it is a quarter as tall */
  TILE_OVERLAP = 128,                           /* so that each such face lies with some surroundings in one tile wholly */
  MAX_CELLS = LONG_SIDE * LONG_SIDE * 21 / 1024 /* 1/64 + 1/256 + 1/1024 of the pixels */
};

/* ---- one pass ---- */

static int
align_up (int n)
{
  return (n + RVS_DETECTOR_ALIGN - 1) / RVS_DETECTOR_ALIGN * RVS_DETECTOR_ALIGN;
}

RvsTensor
rvs__canvas_new (RvsExec *exec, int w, int h)
{
  int    cw = align_up (w), ch = align_up (h);
  size_t floats = 3 * (size_t)cw * (size_t)ch;
  float *data = rvs__arena_floats (exec->arena, floats);
  if (!rvs__exec_idle (exec))
    memset (data, 0, floats * sizeof (float));
  return rvs__tensor (data, 3, ch, cw);
}

/* The network's maps over view, and the cells that reach the threshold. */
static RvsStatus
forward (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *view, float threshold, RvsCandidate *list, size_t *out_n)
{
  RvsTensor maps[RVS_DETECTOR_MAPS];
  RvsStatus status;

  *out_n = 0;
  for (int i = 0; i < RVS_DETECTOR_MAPS; i++)
    maps[i]
        = rvs__exec_tensor (exec, RVS_DETECTOR_VALUES, view->h / (RVS_DETECTOR_STRIDE << i), view->w / (RVS_DETECTOR_STRIDE << i));
  status = rvs__detector_forward (net, exec, view, maps);
  if (status == RVS_OK && !rvs__exec_idle (exec))
    for (int i = 0; i < RVS_DETECTOR_MAPS; i++)
      *out_n = rvs__candidates_decode (&maps[i], RVS_DETECTOR_STRIDE << i, 1, threshold, list, *out_n);
  return status;
}

RvsStatus
rvs__detect_pass (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, int turn, float threshold, RvsCandidate *list,
                  size_t *out_n)
{
  const size_t    mark = rvs__arena_mark (exec->arena);
  const RvsTensor view = turn ? rvs__turn_canvas (exec, canvas, turn) : *canvas;
  const RvsStatus status = forward (net, exec, &view, threshold, list, out_n);

  for (size_t i = 0; i < *out_n; i++)
    {
      rvs__turn_back (&list[i], (float)canvas->w, (float)canvas->h, turn);
      list[i].turn = turn;
    }
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* ---- candidates ---- */

RvsCandidate
rvs__candidate_to_image (const RvsCandidate *one, float scale_x, float scale_y, float x0, float y0)
{
  RvsCandidate out = *one;
  out.box[0] = x0 + one->box[0] * scale_x;
  out.box[1] = y0 + one->box[1] * scale_y;
  out.box[2] = one->box[2] * scale_x;
  out.box[3] = one->box[3] * scale_y;
  for (int k = 0; k < 5; k++)
    {
      out.marks[k][0] = x0 + one->marks[k][0] * scale_x;
      out.marks[k][1] = y0 + one->marks[k][1] * scale_y;
    }
  return out;
}

/* As it lies when upright. */
static float
height_of (const RvsCandidate *one)
{
  return one->box[one->turn % 2 ? 2 : 3];
}

/* Of list[from..n), drops the boxes whose height is outside [least, most]; returns the new n. */
static size_t
keep_heights (RvsCandidate *list, size_t from, size_t n, float least, float most)
{
  size_t kept = from;

  for (size_t i = from; i < n; i++)
    if (height_of (&list[i]) >= least && height_of (&list[i]) <= most)
      list[kept++] = list[i];
  return kept;
}

static void
scale_up (RvsCandidate *list, size_t n, float factor)
{
  for (size_t i = 0; i < n; i++)
    list[i] = rvs__candidate_to_image (&list[i], factor, factor, 0, 0);
}

/* The n cells of a part that shows rect at w x h pixels, merged, go to what was found. */
static void
append (RvsSearch *search, const RvsRect *rect, int w, int h, size_t n)
{
  const float sx = (float)rect->width / (float)w, sy = (float)rect->height / (float)h;

  n = rvs__candidates_merge (search->cells, n);
  for (size_t i = 0; i < n && search->n < RVS_MOST_FOUND; i++)
    search->found[search->n++] = rvs__candidate_to_image (&search->cells[i], sx, sy, (float)rect->x, (float)rect->y);
}

void
rvs__search_begin (RvsSearch *search)
{
  /* a coarse pass has a sixteenth of the fine one's cells */
  search->cells = rvs__arena_push (search->exec->arena, MAX_CELLS * 17 / 16 * sizeof (RvsCandidate));
  search->found = rvs__arena_push (search->exec->arena, RVS_MOST_FOUND * sizeof (RvsCandidate));
  search->n = 0;
}

bool
rvs__search_tick (const RvsSearch *search, float done)
{
  const RvsDetectTick *tick = search->tick;

  return !tick || tick->tick (tick->user, search->from + search->span * done);
}

/* ---- the whole ---- */

/* 4x4 means of fine into the corner of coarse. */
static void
reduce_canvas (const RvsTensor *fine, const RvsTensor *coarse)
{
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < fine->h / COARSE; y++)
      {
        float *out = rvs__channel (coarse, c) + (size_t)y * (size_t)coarse->w;
        for (int x = 0; x < fine->w / COARSE; x++)
          {
            const float *in = rvs__channel (fine, c) + (size_t)y * COARSE * (size_t)fine->w + (size_t)x * COARSE;
            float        sum = 0.0f;
            for (int k = 0; k < COARSE; k++, in += fine->w)
              sum += in[0] + in[1] + in[2] + in[3];
            out[x] = sum / (COARSE * COARSE);
          }
      }
}

static int
scaled_side (int side, double zoom)
{
  int n = (int)floor (side * zoom + 0.5);
  return n < 1 ? 1 : n;
}

/* The fine and the coarse pass; the cells of both in pixels of the fine one. */
static RvsStatus
two_passes (RvsSearch *search, const RvsTensor *fine, int turn, size_t *n)
{
  RvsExec      *exec = search->exec;
  RvsTensor     coarse = rvs__canvas_new (exec, fine->w / COARSE, fine->h / COARSE);
  RvsCandidate *behind;
  size_t        n_fine, n_coarse = 0;
  RvsStatus     status;

  if (!rvs__exec_idle (exec))
    reduce_canvas (fine, &coarse);
  if (!rvs__search_tick (search, .1f))
    return RVS_ERR_CANCELLED;
  status = rvs__detect_pass (search->net, exec, fine, turn, search->threshold, search->cells, n);
  if (status != RVS_OK || !rvs__search_tick (search, .9f))
    return RVS_ERR_CANCELLED;
  n_fine = *n = keep_heights (search->cells, 0, *n, 0.0f, FINE_MOST);
  behind = search->cells ? search->cells + n_fine : NULL; /* none while measuring */
  status = rvs__detect_pass (search->net, exec, &coarse, turn, search->threshold, behind, &n_coarse);
  scale_up (behind, n_coarse, COARSE);
  *n = keep_heights (search->cells, n_fine, n_fine + n_coarse, COARSE_LEAST * COARSE, INFINITY);
  return status;
}

static double
zoom_of_whole (const RvsView *image)
{
  return fmin (MOST_ZOOM, (double)LONG_SIDE / (image->width > image->height ? image->width : image->height));
}

static RvsStatus
search_whole (RvsSearch *search, int turn)
{
  const RvsView *image = search->image;
  const size_t   mark = rvs__arena_mark (search->exec->arena);
  const double   zoom = zoom_of_whole (image);
  const int      w = scaled_side (image->width, zoom), h = scaled_side (image->height, zoom);
  const RvsRect  all = { 0, 0, image->width, image->height };
  RvsTensor      fine = rvs__canvas_new (search->exec, w, h);
  size_t         n = 0;
  RvsStatus      status;

  rvs__fit (search->exec, image, all, w, h, &fine);
  status = two_passes (search, &fine, turn, &n);
  if (status == RVS_OK)
    append (search, &all, w, h, n);
  rvs__arena_release (search->exec->arena, mark);
  return status;
}

/* ---- tiles ---- */

/* One axis cut into n parts of `length` that overlap. */
typedef struct Cut
{
  int    n;
  double length, step; /* image pixels */
} Cut;

static Cut
cut_axis (int side, double zoom)
{
  const double whole = side * zoom;
  Cut          cut = { (int)ceil ((whole - TILE_OVERLAP) / (LONG_SIDE - TILE_OVERLAP)), 0, 0 };

  cut.n = cut.n < 1 ? 1 : cut.n;
  cut.length = (whole + (cut.n - 1) * TILE_OVERLAP) / cut.n / zoom;
  cut.step = cut.length - TILE_OVERLAP / zoom;
  return cut;
}

/* First pixel and length of part i, whole pixels. */
static void
part_of (const Cut *cut, int i, int side, int *out_at, int *out_length)
{
  const int from = (int)floor (i * cut->step), to = (int)ceil (i * cut->step + cut->length - 1e-6);

  *out_at = from;
  *out_length = (to < side ? to : side) - from;
}

/* Which part answers for a place: the one in whose middle it lies, so that each place has one. */
static int
owner_of (const Cut *cut, double at, double zoom)
{
  const int i = (int)floor ((at - TILE_OVERLAP / zoom / 2) / cut->step);

  return i < 0 ? 0 : i >= cut->n ? cut->n - 1 : i;
}

/* A grid of tiles at one scale. */
typedef struct Grid
{
  double zoom;
  Cut    across, down;
} Grid;

/* Of the n cells of a tile, keeps those that it answers for. */
static size_t
keep_own (RvsCandidate *list, size_t n, const Grid *grid, int column, int row, const RvsRect *rect, int w, int h)
{
  size_t kept = 0;

  for (size_t i = 0; i < n; i++)
    {
      const double x = rect->x + (list[i].box[0] + .5 * list[i].box[2]) * rect->width / w;
      const double y = rect->y + (list[i].box[1] + .5 * list[i].box[3]) * rect->height / h;
      if (owner_of (&grid->across, x, grid->zoom) == column && owner_of (&grid->down, y, grid->zoom) == row)
        list[kept++] = list[i];
    }
  return kept;
}

static RvsStatus
search_tile (RvsSearch *search, const Grid *grid, int column, int row, int turn)
{
  const size_t mark = rvs__arena_mark (search->exec->arena);
  RvsRect      rect;
  int          w, h;
  RvsTensor    canvas;
  size_t       n;
  RvsStatus    status;

  part_of (&grid->across, column, search->image->width, &rect.x, &rect.width);
  part_of (&grid->down, row, search->image->height, &rect.y, &rect.height);
  w = scaled_side (rect.width, grid->zoom);
  h = scaled_side (rect.height, grid->zoom);
  w = w < LONG_SIDE ? w : LONG_SIDE;
  h = h < LONG_SIDE ? h : LONG_SIDE;
  canvas = rvs__canvas_new (search->exec, w, h);
  rvs__fit (search->exec, search->image, rect, w, h, &canvas);
  status = rvs__detect_pass (search->net, search->exec, &canvas, turn, search->threshold, search->cells, &n);
  n = keep_heights (search->cells, 0, n, 0, TILE_MOST);
  n = keep_own (search->cells, n, grid, column, row, &rect, w, h);
  if (status == RVS_OK)
    append (search, &rect, w, h, n);
  rvs__arena_release (search->exec->arena, mark);
  return status;
}

static RvsStatus
search_grid (RvsSearch *search, double zoom, int turn)
{
  const Grid grid = { zoom, cut_axis (search->image->width, zoom), cut_axis (search->image->height, zoom) };
  const int  n = grid.across.n * grid.down.n;
  RvsStatus  status = RVS_OK;

  for (int i = 0; i < n && status == RVS_OK; i++)
    {
      status = search_tile (search, &grid, i % grid.across.n, i / grid.across.n, turn);
      if (status == RVS_OK && !rvs__search_tick (search, (float)(i + 1) / (float)n))
        status = RVS_ERR_CANCELLED;
    }
  return status;
}

/* ---- both ---- */

#define ENOUGH 1.1 /* tiles at less than this over the scale that there is already show nothing new */

/* Whether faces of least_px are too small in the view of the whole. */
static bool
has_tiles (const RvsSearch *search, float least_px)
{
  return fmin (TILE_LEAST / least_px, 1) > ENOUGH * zoom_of_whole (search->image);
}

/* All grids from the scale of the smallest faces down; each has nine tenths of what is left of the progress. */
static RvsStatus
search_grids (RvsSearch *search, int turn, float least_px)
{
  const double whole = zoom_of_whole (search->image);
  const float  end = search->from + search->span;
  RvsStatus    status = RVS_OK;

  for (double zoom = fmin (TILE_LEAST / least_px, 1); status == RVS_OK && zoom > ENOUGH * whole; zoom /= 4)
    {
      search->span = (end - search->from) * .9f;
      status = search_grid (search, zoom, turn);
      search->from += search->span;
    }
  return status;
}

RvsStatus
rvs__search_turn (RvsSearch *search, int turn, float least_px)
{
  const float  from = search->from, span = search->span;
  const size_t first = search->n;
  const bool   tiles = has_tiles (search, least_px);
  RvsStatus    status;

  search->span = tiles ? .1f * span : span;
  status = search_whole (search, turn);
  if (status == RVS_OK && tiles)
    {
      search->from += search->span;
      search->span = span - search->span;
      status = search_grids (search, turn, least_px);
      search->n = first + rvs__candidates_merge (search->found + first, search->n - first);
    }
  search->from = from;
  search->span = span;
  return status;
}
