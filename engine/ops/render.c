/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.c: the picture of a face mesh in the light of its photo, as an operator: bands of rows on the pool. */
#include "ops/render.h"

#include <assert.h>

enum
{
  BAND = 64 /* rows */
};

typedef struct Render
{
  const RvsMesh      *mesh;
  const RvsMeshPoint *points;
  RvsMeshPicture      picture;
  RvsMeshLight        light;
  int32_t            *depth, *triangle; /* of the whole picture */
} Render;

static int
rows_of (const Render *r, int item)
{
  const int left = r->picture.side - item * BAND;
  return left < BAND ? left : BAND;
}

static void
draw_band (void *context, int item, int worker)
{
  Render      *r = context;
  const size_t at = (size_t)item * BAND * (size_t)r->picture.side;

  (void)worker;
  rvs__mesh_rows (r->mesh, r->points, item * BAND, rows_of (r, item), r->depth + at, r->triangle + at, &r->picture);
}

static void
shade_band (void *context, int item, int worker)
{
  Render *r = context;

  (void)worker;
  rvs__mesh_shade (&r->light, item * BAND, rows_of (r, item), &r->picture);
}

static RvsMeshPicture
picture_over (const RvsTensor *out)
{
  RvsMeshPicture picture = { .side = out->h };

  for (int c = 0; c < 3; c++)
    {
      picture.colour[c] = rvs__channel (out, c);
      picture.normal[c] = rvs__channel (out, 3 + c);
    }
  return picture;
}

void
rvs__render_mesh (RvsExec *exec, const RvsMesh *mesh, const RvsTensor *photo, RvsTensor *out)
{
  assert (photo->c == 3 && out->c == RVS_MESH_PLANES && out->h == out->w && photo->h == out->h && photo->w == out->w);
  assert (out->h <= RVS_MESH_MAX_SIDE);
  const size_t  mark = rvs__arena_mark (exec->arena), n = (size_t)out->h * (size_t)out->w, v = (size_t)mesh->n_vertices;
  int64_t      *sums = rvs__arena_push (exec->arena, 3 * v * sizeof *sums);
  RvsMeshPoint *points = rvs__arena_push (exec->arena, v * sizeof *points);
  int32_t      *depth = rvs__arena_push (exec->arena, n * sizeof *depth);
  int32_t      *triangle = rvs__arena_push (exec->arena, n * sizeof *triangle);

  if (!rvs__exec_idle (exec))
    {
      const float *const planes[3] = { rvs__channel (photo, 0), rvs__channel (photo, 1), rvs__channel (photo, 2) };
      Render             r = { mesh, points, picture_over (out), { { 0 }, { 0 } }, depth, triangle };
      const int          n_bands = (out->h + BAND - 1) / BAND;

      rvs__mesh_place (mesh, out->h, sums, points);
      rvs__exec_run (exec, draw_band, &r, n_bands);
      rvs__mesh_light (&r.picture, planes, &r.light);
      rvs__exec_run (exec, shade_band, &r, n_bands);
    }
  rvs__arena_release (exec->arena, mark);
}
