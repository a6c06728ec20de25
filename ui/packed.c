/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packed.c: each row as runs of covered pixels: where a run starts, how many pixels it has, and those. A row ends with an empty run.
 */
#include "packed.h"
#include <string.h>

struct RvsPacked
{
  int    width, height;
  gsize  n_bytes;
  guint8 runs[];
};

typedef struct Run
{
  guint16 start, length;
} Run;

/* The next run of a row from x on; at the end of the row it is empty. */
static Run
next_run (const guint32 *row, int width, int x)
{
  Run run = { (guint16)x, 0 };
  while (run.start < width && !row[run.start])
    run.start++;
  while (run.start + run.length < width && row[run.start + run.length])
    run.length++;
  return run;
}

static const guint32 *
row_of (cairo_surface_t *surface, int y)
{
  return (const guint32 *)(const void *)(cairo_image_surface_get_data (surface)
                                         + (ptrdiff_t)cairo_image_surface_get_stride (surface) * y);
}

static gsize
count_bytes (cairo_surface_t *surface, int width, int height)
{
  gsize n = 0;
  for (int y = 0; y < height; y++)
    {
      Run run = { 0 };
      do
        {
          run = next_run (row_of (surface, y), width, run.start + run.length);
          n += sizeof run + 3 * (gsize)run.length;
        }
      while (run.length);
    }
  return n;
}

/* Three bytes a pixel; returns what lies behind them. */
static guint8 *
put_run (guint8 *to, Run run, const guint32 *row)
{
  memcpy (to, &run, sizeof run);
  to += sizeof run;
  for (int i = 0; i < run.length; i++, to += 3)
    {
      guint32 word = row[run.start + i];
      to[0] = (guint8)word;
      to[1] = (guint8)(word >> 8);
      to[2] = (guint8)(word >> 16);
    }
  return to;
}

static guint8 *
put_row (guint8 *to, const guint32 *row, int width)
{
  Run run = { 0 };
  do
    {
      run = next_run (row, width, run.start + run.length);
      to = put_run (to, run, row);
    }
  while (run.length);
  return to;
}

RvsPacked *
rvs_packed_new (cairo_surface_t *surface)
{
  int        width = cairo_image_surface_get_width (surface), height = cairo_image_surface_get_height (surface);
  gsize      n = width < G_MAXUINT16 ? count_bytes (surface, width, height) : G_MAXSIZE;
  RvsPacked *packed = n < (gsize)width * (gsize)height * 4 ? g_try_malloc (sizeof *packed + n) : NULL;
  if (!packed)
    return NULL;
  packed->width = width;
  packed->height = height;
  packed->n_bytes = n;
  guint8 *to = packed->runs;
  for (int y = 0; y < height; y++)
    to = put_row (to, row_of (surface, y), width);
  return packed;
}

static const guint8 *
take_row (const guint8 *from, guint32 *row)
{
  Run run;
  do
    {
      memcpy (&run, from, sizeof run);
      from += sizeof run;
      for (int i = 0; i < run.length; i++, from += 3)
        row[run.start + i] = 0xff000000u | (guint32)from[2] << 16 | (guint32)from[1] << 8 | from[0];
    }
  while (run.length);
  return from;
}

cairo_surface_t *
rvs_packed_surface (const RvsPacked *packed)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, packed->width, packed->height); /* all 0 */
  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS)
    {
      cairo_surface_destroy (surface);
      return NULL;
    }
  guint8       *to = cairo_image_surface_get_data (surface);
  const guint8 *from = packed->runs;
  for (int y = 0; y < packed->height; y++)
    from = take_row (from, (guint32 *)(void *)(to + (ptrdiff_t)cairo_image_surface_get_stride (surface) * y));
  cairo_surface_mark_dirty (surface);
  return surface;
}

gsize
rvs_packed_bytes (const RvsPacked *packed)
{
  return packed ? sizeof *packed + packed->n_bytes : 0;
}

void
rvs_packed_free (RvsPacked *packed)
{
  g_free (packed);
}
