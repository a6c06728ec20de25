/* SPDX-License-Identifier: GPL-3.0-or-later
 * scratch.c: how operators take scratch and cut their work. */
#include "ops/scratch.h"

#include "core/mem.h"

#include <stdint.h>

size_t
rvs__scratch_round (size_t n_bytes)
{
  return (n_bytes + RVS_ALIGN - 1) & ~(size_t)(RVS_ALIGN - 1);
}

RvsScratch
rvs__scratch_push (RvsExec *exec, size_t n_bytes)
{
  RvsScratch scratch;

  /* An odd number of cache lines apart: workers' equal offsets then fall into different cache sets. */
  scratch.stride = rvs__scratch_round (n_bytes) | RVS_ALIGN;
  scratch.base = rvs__arena_push (exec->arena, scratch.stride * (size_t)rvs__pool_n_threads (exec->pool));
  return scratch;
}

enum
{
  MIN_ITEMS = 8, /* enough that many threads finish together */
  MIN_PIXELS = 256,
  PART_STEP = 8 /* channels that a vector kernel takes at a time */
};

int
rvs__parts (const RvsExec *exec, int n_bands)
{
  const int  n_threads = rvs__pool_n_threads (exec->pool);
  const bool fixed = exec->kernels->library[0]; /* a BLAS may sum otherwise where it is asked for other numbers of channels */
  const int  items = fixed || n_threads >= MIN_ITEMS / 2 ? MIN_ITEMS : n_threads == 1 ? 1 : 2 * n_threads;

  return (items + n_bands - 1) / n_bands;
}

RvsCut
rvs__cut (const RvsExec *exec, int h, int w, int channels, int max_pixels)
{
  RvsCut cut;
  int    pixels = (int)((int64_t)h * w / 16);
  int    parts;

  if (pixels > max_pixels)
    pixels = max_pixels;
  if (pixels < MIN_PIXELS)
    pixels = MIN_PIXELS;
  cut.n_rows = pixels / w < 1 ? 1 : pixels / w;
  if (cut.n_rows > h)
    cut.n_rows = h;
  cut.n_bands = (h + cut.n_rows - 1) / cut.n_rows;
  parts = rvs__parts (exec, cut.n_bands);
  cut.n_channels = (channels + parts - 1) / parts;
  cut.n_channels = (cut.n_channels + PART_STEP - 1) / PART_STEP * PART_STEP;
  if (cut.n_channels > channels)
    cut.n_channels = channels;
  cut.n_parts = (channels + cut.n_channels - 1) / cut.n_channels;
  return cut;
}

RvsRows
rvs__rows (int n_rows, int w)
{
  RvsRows rows = { n_rows, 1 + 16384 / w };

  return rows;
}
