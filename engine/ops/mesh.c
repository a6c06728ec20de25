/* SPDX-License-Identifier: GPL-3.0-or-later
 * mesh.c: places, covers and lights a face mesh. See mesh.h. */
#include "ops/mesh.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum
{
  SUB_BITS = 4, /* of a pixel of the picture */
  SUB = 1 << SUB_BITS,
  FINE = 64,        /* of a pixel of the crop: what normals are made of */
  FAR = 8,          /* crops */
  UNIT = 1 << 14,   /* length of a normal */
  DEPTH_BITS = 8,   /* more than SUB_BITS */
  NOTHING = -1,     /* no triangle */
  LIGHT_SIDE = 128, /* the light is fitted on as many pixels a side */
  FEWEST = 64       /* pixels that tell light from light; below, all is evenly lit */
};
#define FIRMNESS 20.0 /* ridge of the light's fit, in pixels: for the second order four times as much */
#define OUTLIER 2.0   /* mean absolute errors */

bool
rvs__mesh_valid (const RvsMesh *mesh)
{
  for (int i = 0; i < 3 * mesh->n_vertices; i++)
    if (!(fabsf (mesh->vertices[i]) <= FAR * RVS_MESH_CROP))
      return false;
  for (int i = 0; i < 3 * mesh->n_triangles; i++)
    if (mesh->triangles[i] >= mesh->n_vertices)
      return false;
  return true;
}

static int64_t
fine (const RvsMesh *mesh, int vertex, int axis)
{
  return (int64_t)floorf (mesh->vertices[3 * vertex + axis] * FINE + .5f);
}

/* Adds the triangle's cross product, twice its area long, to its corners' sums. */
static void
add_normal (const RvsMesh *mesh, const uint16_t *corner, int64_t *sums)
{
  int64_t a[3], b[3];

  for (int i = 0; i < 3; i++)
    {
      a[i] = fine (mesh, corner[1], i) - fine (mesh, corner[0], i);
      b[i] = fine (mesh, corner[2], i) - fine (mesh, corner[0], i);
    }
  for (int k = 0; k < 3; k++)
    {
      sums[3 * corner[k]] -= a[1] * b[2] - a[2] * b[1];
      sums[3 * corner[k] + 1] -= a[2] * b[0] - a[0] * b[2];
      sums[3 * corner[k] + 2] += a[0] * b[1] - a[1] * b[0];
    }
}

static double
length (const double v[3])
{
  return sqrt (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

/* v as long as UNIT; a vertex of nothing but degenerate triangles looks at the viewer. */
static void
unit_normal (const int64_t *sum, int32_t *out)
{
  const double v[3] = { (double)sum[0], (double)sum[1], (double)sum[2] }, n = length (v);

  for (int i = 0; i < 3; i++)
    out[i] = n > 0 ? (int32_t)floor (v[i] / n * UNIT + .5) : i == 2 ? UNIT : 0;
}

/* Crop pixels to 1 / SUB pixels of the picture. */
static int32_t
placed (float v, int side)
{
  return (int32_t)floor ((double)v * side * SUB / RVS_MESH_CROP + .5);
}

void
rvs__mesh_place (const RvsMesh *mesh, int side, int64_t *sums, RvsMeshPoint *out)
{
  memset (sums, 0, 3 * (size_t)mesh->n_vertices * sizeof *sums);
  for (int t = 0; t < mesh->n_triangles; t++)
    add_normal (mesh, mesh->triangles + 3 * t, sums);
  for (int i = 0; i < mesh->n_vertices; i++)
    {
      const float *v = mesh->vertices + 3 * i;
      out[i].x = placed (v[0], side);
      out[i].y = placed (v[1], side);
      out[i].z = placed (v[2], side);
      unit_normal (sums + 3 * i, out[i].normal);
    }
}

/* One edge's function: positive inside, its steps to the next pixel and the next row, and what a border pixel must reach. */
typedef struct Edge
{
  int64_t at, right, down, least;
} Edge;

/* Of a to b at the pixel (x, y). A pixel on a shared edge belongs to the triangle of which it is a top or a left one. */
static Edge
edge (const RvsMeshPoint *a, const RvsMeshPoint *b, int x, int y)
{
  const int64_t dx = b->x - a->x, dy = b->y - a->y;
  const int64_t px = (int64_t)x * SUB + SUB / 2 - a->x, py = (int64_t)y * SUB + SUB / 2 - a->y;
  const bool    own = dy < 0 || (dy == 0 && dx > 0);
  Edge          e = { dx * py - dy * px, -dy * SUB, dx * SUB, own ? 0 : 1 };

  return e;
}

static int
least3 (int a, int b, int c)
{
  const int d = a < b ? a : b;
  return d < c ? d : c;
}

static int
most3 (int a, int b, int c)
{
  const int d = a > b ? a : b;
  return d > c ? d : c;
}

/* First pixel whose centre is not left of v, and the last one whose centre is not right of it. */
static int
first_centre (int v)
{
  return (v + SUB / 2 - 1) >> SUB_BITS;
}

static int
last_centre (int v)
{
  return (v - SUB / 2) >> SUB_BITS;
}

typedef struct Box
{
  int x0, x1, y0, y1; /* inclusive */
} Box;

static Box
box_of (const RvsMeshPoint *const p[3], int side, int first, int n_rows)
{
  Box b = { first_centre (least3 (p[0]->x, p[1]->x, p[2]->x)), last_centre (most3 (p[0]->x, p[1]->x, p[2]->x)),
            first_centre (least3 (p[0]->y, p[1]->y, p[2]->y)), last_centre (most3 (p[0]->y, p[1]->y, p[2]->y)) };

  b.x0 = b.x0 > 0 ? b.x0 : 0;
  b.x1 = b.x1 < side - 1 ? b.x1 : side - 1;
  b.y0 = b.y0 > first ? b.y0 : first;
  b.y1 = b.y1 < first + n_rows - 1 ? b.y1 : first + n_rows - 1;
  return b;
}

static int64_t
area_of (const RvsMeshPoint *const p[3])
{
  return (int64_t)(p[1]->x - p[0]->x) * (p[2]->y - p[0]->y) - (int64_t)(p[1]->y - p[0]->y) * (p[2]->x - p[0]->x);
}

static void
corners (const RvsMesh *mesh, const RvsMeshPoint *points, int t, const RvsMeshPoint *p[3])
{
  for (int k = 0; k < 3; k++)
    p[k] = points + mesh->triangles[3 * t + k];
}

static int64_t
floor_div (int64_t a, int64_t b)
{
  return a / b - (a % b < 0);
}

/* One row of a triangle: e are its edges' functions at pixel x0, opposite to corners 0, 1 and 2. */
static void
cover_row (Edge e[3], const RvsMeshPoint *const p[3], int64_t area, int t, int n, int32_t *depth, int32_t *triangle)
{
  for (int i = 0; i < n; i++)
    {
      if (e[0].at >= e[0].least && e[1].at >= e[1].least && e[2].at >= e[2].least)
        {
          const int64_t z = e[0].at * p[0]->z + e[1].at * p[1]->z + e[2].at * p[2]->z;
          const int32_t d = (int32_t)floor_div (z * (1 << DEPTH_BITS), area);
          if (triangle[i] == NOTHING || d < depth[i])
            depth[i] = d, triangle[i] = t;
        }
      for (int k = 0; k < 3; k++)
        e[k].at += e[k].right;
    }
}

static void
cover (const RvsMesh *mesh, const RvsMeshPoint *points, int t, int side, int first, int n_rows, int32_t *depth, int32_t *triangle)
{
  const RvsMeshPoint *p[3];

  corners (mesh, points, t, p);
  const int64_t area = area_of (p);
  const Box     b = box_of (p, side, first, n_rows);
  if (area <= 0)
    return;
  for (int y = b.y0; y <= b.y1; y++)
    {
      const long at = (long)(y - first) * side + b.x0;
      Edge       e[3] = { edge (p[1], p[2], b.x0, y), edge (p[2], p[0], b.x0, y), edge (p[0], p[1], b.x0, y) };
      cover_row (e, p, area, t, b.x1 - b.x0 + 1, depth + at, triangle + at);
    }
}

/* The corners' normals, weighted as the pixel lies between them, made as long as one. */
static void
normal_at (const RvsMesh *mesh, const RvsMeshPoint *points, int t, int x, int y, double out[3])
{
  const RvsMeshPoint *p[3];

  corners (mesh, points, t, p);
  const int64_t w[3] = { edge (p[1], p[2], x, y).at, edge (p[2], p[0], x, y).at, edge (p[0], p[1], x, y).at };
  for (int i = 0; i < 3; i++)
    out[i] = (double)(w[0] * p[0]->normal[i] + w[1] * p[1]->normal[i] + w[2] * p[2]->normal[i]);
  const double n = length (out);
  for (int i = 0; i < 3; i++)
    out[i] = n > 0 ? out[i] / n : i == 2;
}

void
rvs__mesh_rows (const RvsMesh *mesh, const RvsMeshPoint *points, int first, int n_rows, int32_t *depth, int32_t *triangle,
                RvsMeshPicture *out)
{
  const long n = (long)n_rows * out->side;

  for (long i = 0; i < n; i++)
    triangle[i] = NOTHING;
  for (int t = 0; t < mesh->n_triangles; t++)
    cover (mesh, points, t, out->side, first, n_rows, depth, triangle);
  for (long i = 0; i < n; i++)
    {
      double v[3] = { 0 };
      if (triangle[i] != NOTHING)
        normal_at (mesh, points, triangle[i], (int)(i % out->side), first + (int)(i / out->side), v);
      for (int k = 0; k < 3; k++)
        out->normal[k][(long)first * out->side + i] = (float)v[k];
    }
}

/* ---- light ---- */

/* The harmonics without their factors: 1, the normal, and its five products of the second order. */
static void
harmonics (const RvsMeshPicture *picture, long i, double out[RVS_MESH_LIGHTS])
{
  const double x = picture->normal[0][i], y = picture->normal[1][i], z = picture->normal[2][i];
  const double v[RVS_MESH_LIGHTS] = { 1, x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1 };

  memcpy (out, v, sizeof v);
}

static bool
shows (const RvsMeshPicture *picture, long i)
{
  return picture->normal[0][i] != 0 || picture->normal[1][i] != 0 || picture->normal[2][i] != 0;
}

static double
brightness (const float *const photo[3], long i)
{
  return ((double)photo[0][i] + photo[1][i] + photo[2][i]) / 6 + .5;
}

/* What the fit looks at. */
typedef struct Sight
{
  const RvsMeshPicture *picture;
  const float *const   *photo;
  int                   step;
  double                mean; /* brightness */
  double                most; /* error that still counts */
} Sight;

/* a, lower triangle, and b of the normal equations; returns the number of pixels that counted and the mean absolute error of all. */
typedef struct Sums
{
  double a[RVS_MESH_LIGHTS][RVS_MESH_LIGHTS], b[RVS_MESH_LIGHTS], error;
  long   n, seen;
} Sums;

static void
add_pixel (const Sight *s, long i, const float *now, Sums *sums)
{
  double h[RVS_MESH_LIGHTS], want = brightness (s->photo, i) / s->mean, error = want;

  harmonics (s->picture, i, h);
  for (int k = 0; k < RVS_MESH_LIGHTS; k++)
    error -= h[k] * now[k];
  sums->error += fabs (error);
  sums->seen++;
  if (fabs (error) > s->most)
    return;
  sums->n++;
  for (int k = 0; k < RVS_MESH_LIGHTS; k++)
    {
      sums->b[k] += h[k] * want;
      for (int j = 0; j <= k; j++)
        sums->a[k][j] += h[k] * h[j];
    }
}

static void
add_pixels (const Sight *s, const float *now, Sums *sums)
{
  const int side = s->picture->side;

  memset (sums, 0, sizeof *sums);
  for (int y = s->step / 2; y < side; y += s->step)
    for (int x = s->step / 2; x < side; x += s->step)
      if (shows (s->picture, (long)y * side + x))
        add_pixel (s, (long)y * side + x, now, sums);
}

/* Cholesky's factor of a in its place; a is positive definite by its ridge. */
static void
factor (double a[RVS_MESH_LIGHTS][RVS_MESH_LIGHTS])
{
  for (int i = 0; i < RVS_MESH_LIGHTS; i++)
    for (int j = 0; j <= i; j++)
      {
        double v = a[i][j];
        for (int k = 0; k < j; k++)
          v -= a[i][k] * a[j][k];
        a[i][j] = i == j ? sqrt (v) : v / a[j][j];
      }
}

/* b becomes the solution of a x = b, a factored. */
static void
substitute (double a[RVS_MESH_LIGHTS][RVS_MESH_LIGHTS], double b[RVS_MESH_LIGHTS])
{
  for (int i = 0; i < RVS_MESH_LIGHTS; i++)
    {
      for (int k = 0; k < i; k++)
        b[i] -= a[i][k] * b[k];
      b[i] /= a[i][i];
    }
  for (int i = RVS_MESH_LIGHTS - 1; i >= 0; i--)
    {
      for (int k = i + 1; k < RVS_MESH_LIGHTS; k++)
        b[i] -= a[k][i] * b[k];
      b[i] /= a[i][i];
    }
}

/* The ridge pulls towards even light. */
static void
solve_light (Sums *sums, float out[RVS_MESH_LIGHTS])
{
  for (int k = 0; k < RVS_MESH_LIGHTS; k++)
    sums->a[k][k] += k < 4 ? FIRMNESS : 4 * FIRMNESS;
  sums->b[0] += FIRMNESS;
  factor (sums->a);
  substitute (sums->a, sums->b);
  for (int k = 0; k < RVS_MESH_LIGHTS; k++)
    out[k] = (float)sums->b[k];
}

/* Mean colour of the pixels that the fit looks at; returns their number. */
static long
mean_colour (const Sight *s, float out[3])
{
  const int side = s->picture->side;
  double    sum[3] = { 0 };
  long      n = 0;

  for (int y = s->step / 2; y < side; y += s->step)
    for (int x = s->step / 2; x < side; x += s->step)
      if (shows (s->picture, (long)y * side + x))
        {
          for (int c = 0; c < 3; c++)
            sum[c] += s->photo[c][(long)y * side + x];
          n++;
        }
  for (int c = 0; c < 3; c++)
    out[c] = (float)(n ? sum[c] / (double)n / 2 + .5 : 0);
  return n;
}

void
rvs__mesh_light (const RvsMeshPicture *picture, const float *const photo[3], RvsMeshLight *out)
{
  Sight s = { picture, photo, (picture->side + LIGHT_SIDE - 1) / LIGHT_SIDE, 0, INFINITY };
  Sums  sums;

  memset (out, 0, sizeof *out);
  out->harmonic[0] = 1;
  const long n = mean_colour (&s, out->colour);
  s.mean = ((double)out->colour[0] + out->colour[1] + out->colour[2]) / 3;
  if (n < FEWEST || !(s.mean > 1e-3))
    return;
  add_pixels (&s, out->harmonic, &sums);
  solve_light (&sums, out->harmonic);
  add_pixels (&s, out->harmonic, &sums);
  s.most = OUTLIER * sums.error / (double)sums.seen;
  add_pixels (&s, out->harmonic, &sums);
  if (sums.n >= FEWEST)
    solve_light (&sums, out->harmonic);
}

static float
clipped (double v)
{
  return v < -1 ? -1 : v > 1 ? 1 : (float)v;
}

void
rvs__mesh_shade (const RvsMeshLight *light, int first, int n_rows, RvsMeshPicture *picture)
{
  const long from = (long)first * picture->side, to = from + (long)n_rows * picture->side;

  for (long i = from; i < to; i++)
    {
      double     h[RVS_MESH_LIGHTS], v = 0;
      const bool on = shows (picture, i);
      if (on)
        harmonics (picture, i, h);
      for (int k = 0; on && k < RVS_MESH_LIGHTS; k++)
        v += h[k] * light->harmonic[k];
      for (int c = 0; c < 3; c++)
        picture->colour[c][i] = on ? clipped (2 * v * light->colour[c] - 1) : 0;
    }
}
