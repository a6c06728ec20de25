/* SPDX-License-Identifier: GPL-3.0-or-later
 * hole.c: a plane read into runs, and the runs joined into parts (union-find over neighbouring rows). */
#include "mend/hole.h"

#include "core/hash.h"
#include "core/image.h"
#include "core/mem.h"

#include <string.h>

enum
{
  CHUNK = 1024,
  LEAST_KNOWN = 20 /* one pixel in so many must be left */
};

/* ---- reading ---- */

typedef struct Reader
{
  const RvsView *plane;
  RvsHole       *hole;
  size_t         n_runs; /* so far; without memory for them they are only counted */
} Reader;

/* Appends column x to the last run, or begins one. */
static void
take_pixel (Reader *reader, bool begins, int32_t x)
{
  RvsHole *hole = reader->hole;

  reader->n_runs += begins;
  if (hole->runs && begins)
    hole->runs[reader->n_runs - 1] = (RvsHoleRun){ .x = x, .at = hole->n_pixels };
  if (hole->runs)
    hole->runs[reader->n_runs - 1].n++;
  hole->n_pixels++;
}

static void
read_row (Reader *reader, int y)
{
  const int32_t width = reader->plane->width;
  float         v[CHUNK];
  bool          inside = false;

  for (int32_t x = 0; x < width; x += CHUNK)
    {
      const int n = width - x < CHUNK ? width - x : CHUNK;

      rvs__view_read_plane (reader->plane, y, x, n, v);
      for (int i = 0; i < n; i++)
        {
          if (v[i] > 0)
            take_pixel (reader, !inside, x + i);
          inside = v[i] > 0;
        }
    }
}

static void
read_rows (Reader *reader)
{
  reader->n_runs = 0;
  reader->hole->n_pixels = 0;
  for (int y = 0; y < reader->plane->height; y++)
    {
      reader->hole->rows[y] = reader->n_runs;
      read_row (reader, y);
    }
  reader->hole->rows[reader->plane->height] = reader->n_runs;
}

/* ---- parts ---- */

/* The run that stands for all that run i is joined to; paths are halved on the way. */
static uint32_t
root_of (RvsHoleRun *runs, uint32_t i)
{
  while (runs[i].part != i)
    {
      runs[i].part = runs[runs[i].part].part;
      i = runs[i].part;
    }
  return i;
}

static void
join (RvsHoleRun *runs, uint32_t a, uint32_t b)
{
  a = root_of (runs, a);
  b = root_of (runs, b);
  if (a < b)
    runs[b].part = a;
  else
    runs[a].part = b;
}

/* Joins the runs of row y with those of the row above that they touch. */
static void
join_rows (const RvsHole *hole, int y)
{
  size_t above = hole->rows[y - 1];

  for (size_t i = hole->rows[y]; i < hole->rows[y + 1]; i++)
    {
      const RvsHoleRun *run = &hole->runs[i];

      while (above < hole->rows[y] && hole->runs[above].x + hole->runs[above].n < run->x)
        above++;
      for (size_t k = above; k < hole->rows[y] && hole->runs[k].x <= run->x + run->n; k++)
        join (hole->runs, (uint32_t)k, (uint32_t)i);
    }
}

/* Numbers the parts in raster order. A part's first run is its root, and has been numbered before all others of it. */
static void
number_parts (RvsHole *hole)
{
  const size_t n = hole->rows[hole->height];

  for (size_t i = 0; i < n; i++)
    {
      const uint32_t root = root_of (hole->runs, (uint32_t)i);
      hole->runs[i].part = root;
    }
  for (size_t i = 0; i < n; i++)
    hole->runs[i].part = hole->runs[i].part == i ? (uint32_t)hole->n_parts++ : hole->runs[hole->runs[i].part].part;
}

/* How many of run i's pixels lie beside runs [from, to) of a neighbouring row. */
static int64_t
beside (const RvsHole *hole, const RvsHoleRun *run, size_t from, size_t to)
{
  int64_t n = 0;

  for (size_t k = from; k < to && hole->runs[k].x < run->x + run->n; k++)
    {
      const int32_t lo = hole->runs[k].x > run->x ? hole->runs[k].x : run->x;
      const int32_t end = hole->runs[k].x + hole->runs[k].n, hi = end < run->x + run->n ? end : run->x + run->n;
      n += hi > lo ? hi - lo : 0;
    }
  return n;
}

static void
grow_box (RvsRect *box, int32_t x, int32_t n, int32_t y)
{
  const int32_t right = box->x + box->width > x + n ? box->x + box->width : x + n;

  if (box->height == 0)
    *box = (RvsRect){ x, y, n, 1 };
  else
    {
      box->x = box->x < x ? box->x : x;
      box->width = right - box->x;
      box->height = y + 1 - box->y;
    }
}

/* The picture's border is no rim: nothing is known beyond it. */
static void
measure_row (RvsHole *hole, int y)
{
  const size_t *rows = hole->rows;

  for (size_t i = rows[y]; i < rows[y + 1]; i++)
    {
      const RvsHoleRun *run = &hole->runs[i];
      RvsHolePart      *part = &hole->parts[run->part];

      grow_box (&part->box, run->x, run->n, y);
      part->area += run->n;
      part->rim += (run->x > 0) + (run->x + run->n < hole->width);
      part->rim += y > 0 ? run->n - beside (hole, run, rows[y - 1], rows[y]) : 0;
      part->rim += y + 1 < hole->height ? run->n - beside (hole, run, rows[y + 1], rows[y + 2]) : 0;
    }
}

double
rvs__hole_width (const RvsHolePart *part)
{
  return part->rim > 0 ? 2 * (double)part->area / (double)part->rim : (double)part->area;
}

static uint64_t
hash_of (const RvsHole *hole)
{
  uint64_t hash = RVS_HASH_NOTHING;

  for (int y = 0; y < hole->height; y++)
    for (size_t i = hole->rows[y]; i < hole->rows[y + 1]; i++)
      {
        hash = rvs__hash (hash, (uint64_t)(uint32_t)y << 32 | (uint32_t)hole->runs[i].x);
        hash = rvs__hash (hash, (uint32_t)hole->runs[i].n);
      }
  return hash;
}

/* ---- the whole ---- */

static RvsStatus
check_amount (const RvsHole *hole, RvsError *err)
{
  const int64_t all = (int64_t)hole->width * hole->height, known = all - (int64_t)hole->n_pixels;

  if (hole->n_pixels == 0)
    return rvs__fail (err, RVS_ERR_HOLE, "the hole is empty; mark what is to be filled (white, or selected)");
  if (known == 0)
    return rvs__fail (err, RVS_ERR_HOLE,
                      "the hole is the whole picture: nothing is left to fill it from; mark only what is damaged");
  if (known < all / LEAST_KNOWN)
    return rvs__fail (err, RVS_ERR_HOLE,
                      "the hole leaves %.1f %% of the picture, too little to fill it from; mark only what is damaged",
                      100.0 * (double)known / (double)all);
  return RVS_OK;
}

static bool
find_parts (RvsHole *hole)
{
  for (uint32_t i = 0; i < hole->rows[hole->height]; i++)
    hole->runs[i].part = i;
  for (int y = 1; y < hole->height; y++)
    join_rows (hole, y);
  number_parts (hole);
  hole->parts = rvs__alloc_zero (hole->n_parts * sizeof *hole->parts);
  if (!hole->parts)
    return false;
  for (int y = 0; y < hole->height; y++)
    measure_row (hole, y);
  hole->hash = hash_of (hole);
  return true;
}

RvsStatus
rvs__hole_read (const RvsView *plane, RvsHole **out_hole, RvsError *err)
{
  RvsHole  *hole = rvs__alloc_zero (sizeof *hole);
  Reader    reader = { .plane = plane, .hole = hole };
  RvsStatus status = RVS_OK;

  *out_hole = NULL;
  if (!hole)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the hole");
  hole->width = plane->width;
  hole->height = plane->height;
  hole->rows = rvs__alloc (((size_t)hole->height + 1) * sizeof *hole->rows);
  if (!hole->rows)
    goto no_memory;
  read_rows (&reader);
  status = check_amount (hole, err);
  if (status != RVS_OK)
    goto cleanup;
  if (reader.n_runs >= UINT32_MAX || !(hole->runs = rvs__alloc_zero (reader.n_runs * sizeof *hole->runs)))
    goto no_memory;
  read_rows (&reader);
  if (!find_parts (hole))
    goto no_memory;
  *out_hole = hole;
  return RVS_OK;

no_memory:
  status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a hole of so many parts");
cleanup:
  rvs__hole_free (hole);
  return status;
}

void
rvs__hole_free (RvsHole *hole)
{
  if (!hole)
    return;
  rvs__free (hole->rows);
  rvs__free (hole->runs);
  rvs__free (hole->parts);
  rvs__free (hole);
}

RvsRect
rvs_hole_bounds (const RvsView *hole)
{
  float   v[CHUNK];
  RvsRect box = { 0, 0, 0, 0 };

  for (int32_t y = 0; y < hole->height; y++)
    for (int32_t x = 0; x < hole->width; x += CHUNK)
      {
        const int n = hole->width - x < CHUNK ? hole->width - x : CHUNK;

        rvs__view_read_plane (hole, y, x, n, v);
        for (int i = 0; i < n; i++)
          if (v[i] > 0)
            grow_box (&box, x + i, 1, y);
      }
  return box;
}

/* The first run of row y that ends behind column x. */
static size_t
first_run (const RvsHole *hole, int y, int x)
{
  size_t lo = hole->rows[y], hi = hole->rows[y + 1];

  while (lo < hi)
    {
      const size_t middle = lo + (hi - lo) / 2;
      if (hole->runs[middle].x + hole->runs[middle].n <= x)
        lo = middle + 1;
      else
        hi = middle;
    }
  return lo;
}

void
rvs__hole_known_row (const RvsHole *hole, int y, int x, int n, float *known)
{
  for (int i = 0; i < n; i++)
    known[i] = 1;
  for (size_t k = first_run (hole, y, x); k < hole->rows[y + 1] && hole->runs[k].x < x + n; k++)
    {
      const RvsHoleRun *run = &hole->runs[k];
      const int         lo = run->x > x ? run->x - x : 0, hi = run->x + run->n < x + n ? run->x + run->n - x : n;

      memset (known + lo, 0, (size_t)(hi - lo) * sizeof *known);
    }
}
