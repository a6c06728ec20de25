/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench.h: a picture with one face, analysed, and maps of it. */
#ifndef TESTS_PIPELINE_BENCH_H
#define TESTS_PIPELINE_BENCH_H

#include "scene.h"

typedef struct Bench
{
  Picture      src;
  RvsSession  *session;
  RvsAnalysis *analysis;
  RvsParams    params; /* the defaults */
} Bench;

/* The session is taken. */
Bench bench_of (RvsSession *session, RvsDepth depth, RvsFace face);
void  bench_close (Bench *bench);

/* The row, asserted to be there. */
const RvsMapInfo *map_named (const char *id);
/* rvs_face_map_new for a map by its id. */
RvsStatus bench_ask (Bench *bench, const char *id, RvsFaceMap **out_map, RvsError *err);
/* The same, asserted to be made. */
RvsFaceMap *bench_map (Bench *bench, const char *id);

#endif
