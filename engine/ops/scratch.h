/* SPDX-License-Identifier: GPL-3.0-or-later
 * scratch.h: per-worker scratch for one operator, and how work is cut. Private to ops/. */
#ifndef RVS_OPS_SCRATCH_H
#define RVS_OPS_SCRATCH_H

#include "ops/ops.h"

/* Scratch of the same layout for each worker. */
typedef struct RvsScratch
{
  unsigned char *base;
  size_t         stride; /* bytes from one worker's to the next */
} RvsScratch;

/* n_bytes for each worker of exec's pool; base is NULL while measuring. */
RvsScratch rvs__scratch_push (RvsExec *exec, size_t n_bytes);
/* n_bytes rounded up, so that the next part is aligned too. */
size_t rvs__scratch_round (size_t n_bytes);

/* A plane of h x w cut into bands of rows, and each band's channels into parts. Bands depend on sizes only, for sums are taken band by band;
 * parts follow the threads too, for each one copies its input and our own products are the same in any of them. */
typedef struct RvsCut
{
  int n_rows, n_bands;
  int n_channels, n_parts; /* channels in a part (the last may have fewer) */
} RvsCut;

RvsCut rvs__cut (const RvsExec *exec, int h, int w, int channels, int max_pixels);
/* Parts of each of n_bands bands, so that all threads have something to do until the end. */
int rvs__parts (const RvsExec *exec, int n_bands);

/* Runs task over n_items of rows each: for operators whose items are single rows. */
typedef struct RvsRows
{
  int n_rows;   /* in all */
  int per_item; /* rows in one item */
} RvsRows;

RvsRows rvs__rows (int n_rows, int w);

#endif
