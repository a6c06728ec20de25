/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench.c: a picture with one face, analysed, and maps of it. */
#include "bench.h"

#include "rvs_params.h"

#include <string.h>

Bench
bench_of (RvsSession *session, RvsDepth depth, RvsFace face)
{
  Bench bench = { .src = picture_new (SCENE_W, SCENE_H, 3, depth, false, false), .session = session };

  bench.analysis = analyse (session, &bench.src, &face, 1);
  rvs_params_init (&bench.params);
  return bench;
}

void
bench_close (Bench *bench)
{
  rvs_analysis_free (bench->analysis);
  rvs_session_free (bench->session);
  picture_free (&bench->src);
}

const RvsMapInfo *
map_named (const char *id)
{
  const RvsMapInfo *map = NULL;

  for (size_t i = 0; (map = rvs_map_info (i)); i++)
    if (strcmp (map->id, id) == 0)
      return map;
  fail_msg ("no map is named %s", id);
  return NULL;
}

RvsStatus
bench_ask (Bench *bench, const char *id, RvsFaceMap **out_map, RvsError *err)
{
  const RvsView view = picture_view (&bench->src);

  return rvs_face_map_new (bench->session, bench->analysis, 0, map_named (id), &view, &bench->params, NULL, out_map, err);
}

RvsFaceMap *
bench_map (Bench *bench, const char *id)
{
  RvsFaceMap *map = NULL;
  RvsError    err = { 0 };

  if (bench_ask (bench, id, &map, &err) != RVS_OK)
    fail_msg ("%s: %s", id, err.message);
  return map;
}
