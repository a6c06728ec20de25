/* SPDX-License-Identifier: GPL-3.0-or-later
 * face_map.c: how the maps of map_info.c are made. */
#include "session.h"

#include "core/mem.h"
#include "face/align.h"
#include "face/wire.h"
#include "prepare.h"
#include "restore.h"
#include "rvs_params.h"

#include <math.h>
#include <string.h>

/* A map being made. */
typedef struct Making
{
  RvsCall          call;
  RvsAnalysis     *analysis;
  size_t           index;
  RvsAnalysedFace *face;
  const RvsView   *src;
  const RvsParams *params;
  RvsFaceMap      *map;
} Making;

/* ---- memory ---- */

void
rvs_face_map_free (RvsFaceMap *map)
{
  if (!map)
    return;
  rvs__free ((void *)map->values);
  rvs__free ((void *)map->lines);
  rvs__free (map);
}

/* The map's values, to be written; NULL when there is no memory. */
static float *
take_values (RvsFaceMap *map, int n_planes, int width, int height)
{
  float *values = rvs__alloc ((size_t)n_planes * (size_t)width * (size_t)height * sizeof (float));

  map->n_planes = n_planes;
  map->width = width;
  map->height = height;
  map->values = values;
  return values;
}

static void
place (RvsFaceMap *map, const RvsAffine *to_image)
{
  for (int i = 0; i < 6; i++)
    map->to_image[i] = (float)to_image->m[i];
}

/* A plane of the crop at `side` pixels. */
static void
place_on_crop (RvsFaceMap *map, const RvsAnalysedFace *face, int side)
{
  const RvsAffine affine = rvs__affine_from_scaled (&face->crop_to_image, (double)RVS_CROP_SIDE / side);

  place (map, &affine);
}

/* ---- what the parser sees ---- */

/* slot->in as it was prepared; in scratch where it was not kept, until the caller releases it. */
static RvsStatus
ensure_slot (Making *making, RvsSlot *out_slot)
{
  RvsSession      *session = making->analysis->session;
  RvsAnalysedFace *face = making->face;

  if (face->slot_memory)
    {
      *out_slot = face->slot;
      return RVS_OK;
    }
  rvs__slot_place (&session->pipeline, rvs__arena_floats (&session->arena, rvs__slot_floats (&session->pipeline)), out_slot);
  return rvs__prepare_face (&session->pipeline, &making->call, making->src, face, out_slot);
}

static RvsStatus
copy_planes (Making *making, const RvsTensor *planes, RvsError *err)
{
  const size_t cells = (size_t)planes->h * (size_t)planes->w;
  float       *values = take_values (making->map, planes->c, planes->w, planes->h);

  if (!values)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a map of a face");
  for (int c = 0; c < planes->c; c++)
    memcpy (values + (size_t)c * cells, rvs__channel (planes, c), cells * sizeof *values);
  place_on_crop (making->map, making->face, planes->w);
  return RVS_OK;
}

static RvsStatus
make_parts (Making *making, RvsError *err)
{
  RvsSlot   slot;
  RvsStatus status = ensure_slot (making, &slot);

  return status == RVS_OK ? copy_planes (making, &slot.in.map, err) : status;
}

static RvsStatus
make_points (Making *making, RvsError *err)
{
  RvsSlot   slot;
  RvsStatus status = ensure_slot (making, &slot);

  if (status == RVS_OK)
    status = copy_planes (making, &slot.in.heat_maps, err);
  if (status != RVS_OK)
    return status;
  float       *values = (float *)making->map->values;
  const size_t n = (size_t)making->map->n_planes * (size_t)making->map->width * (size_t)making->map->height;
  for (size_t i = 0; i < n; i++)
    values[i] = 1.0f / (1.0f + expf (-values[i]));
  return RVS_OK;
}

/* ---- what was invented ---- */

static RvsStatus
update (Making *making, const RvsParams *params, RvsError *err)
{
  making->call.from = making->call.last;
  making->call.span = 0.5f;
  return rvs__update_field (making->analysis, &making->call, making->src, params, making->index, err);
}

/* values: the mean over the colours of |a - b|, of fields; a lies densely. */
static void
difference (const float *a, const RvsTensor *b, float *values)
{
  const size_t cells = (size_t)b->h * (size_t)b->w;

  for (size_t i = 0; i < cells; i++)
    {
      float sum = 0;
      for (int c = 0; c < 3; c++)
        sum += fabsf (a[(size_t)c * cells + i] - rvs__channel (b, c)[i]);
      values[i] = fminf (sum / 3, 1);
    }
}

/* The difference between the field, whose copy is `kept`, and that at fidelity 1. The copy is put back, so that the settings on show
 * cost no second run. */
static RvsStatus
compare_with_faithful (Making *making, const float *kept, float *values, RvsError *err)
{
  RvsAnalysedFace   *face = making->face;
  const RvsResultKey key = face->field_key;
  RvsParams          faithful = *making->params;
  RvsStatus          status;

  faithful.fidelity = 1;
  for (int i = 0; i < RVS_N_PARTS; i++)
    faithful.part_fidelity[i] = RVS_FIDELITY_AUTO;
  faithful.fidelity_map = (RvsView){ 0 };
  status = update (making, &faithful, err);
  if (status != RVS_OK)
    return status;
  difference (kept, &face->field, values);
  memcpy (face->field.data, kept, 3 * face->field.cs * sizeof *kept);
  face->field_key = key;
  return RVS_OK;
}

/* |R(w) - R(1)|, as the photo shows it: of the two fields, colour lock and matte included. */
static RvsStatus
make_invented (Making *making, RvsError *err)
{
  RvsAnalysedFace *face = making->face;
  const RvsTensor *field = &face->field;
  RvsStatus        status = update (making, making->params, err);
  float           *values, *kept;

  if (status != RVS_OK)
    return status;
  values = take_values (making->map, 1, field->w, field->h);
  kept = rvs__alloc (3 * field->cs * sizeof *kept);
  if (!values || !kept)
    status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a map of a face");
  else
    {
      memcpy (kept, field->data, 3 * field->cs * sizeof *kept);
      status = compare_with_faithful (making, kept, values, err);
    }
  rvs__free (kept);
  if (face->field_on_image)
    place (making->map, &(RvsAffine){ { 1, 0, face->report.rect.x, 0, 1, face->report.rect.y } });
  else
    place_on_crop (making->map, face, field->w);
  return status;
}

/* ---- the face's shape ---- */

/* The edges of the mesh that are seen from the front, where it is sure enough to be used. */
static RvsStatus
draw_edges (Making *making, const RvsSlot *slot, RvsError *err)
{
  const RvsShapeNet *shape = making->analysis->session->pipeline.shape;
  RvsArena          *arena = &making->analysis->session->arena;
  RvsFaceMap        *map = making->map;
  float             *vertices = rvs__arena_floats (arena, 3 * RVS_SHAPE_VERTICES);
  uint16_t          *triangles = rvs__arena_push (arena, 3 * (size_t)shape->n_triangles * sizeof *triangles);
  float             *lines = rvs__alloc (rvs__wire_most (shape->n_triangles) * RVS_WIRE_FLOATS * sizeof *lines);
  RvsMesh            mesh;

  map->lines = lines;
  if (!lines)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a map of a face");
  if (rvs__shape_mesh (shape, slot->in.coefficients, vertices, triangles, &mesh))
    map->n_lines = rvs__wire_of_mesh (&mesh, lines);
  return RVS_OK;
}

static RvsStatus
make_mesh (Making *making, RvsError *err)
{
  RvsSlot   slot;
  RvsStatus status = ensure_slot (making, &slot);

  making->map->width = making->map->height = RVS_CROP_SIDE;
  place_on_crop (making->map, making->face, RVS_CROP_SIDE);
  return status == RVS_OK && slot.in.trust > 0 ? draw_edges (making, &slot, err) : status;
}

/* How much of a cell the drawn mesh covers. */
static float
covered (const RvsTensor *render, int x, int y)
{
  const int       by = RVS_SHAPE_RENDER / RVS_TRUST_SIDE;
  const RvsTensor normals = rvs__channels (render, 3, 3);
  const float    *z = rvs__channel (&normals, 2); /* above 0 where the mesh shows */
  int             n = 0;

  for (int j = by * y; j < by * (y + 1); j++)
    for (int i = by * x; i < by * (x + 1); i++)
      n += z[j * RVS_SHAPE_RENDER + i] > 0;
  return (float)n / (float)(by * by);
}

/* Of what the photo is trusted for, what is left to the mesh: nothing where there is none. */
static void
leave_to_mesh (const RvsTensor *render, float *values)
{
  for (int y = 0; y < RVS_TRUST_SIDE; y++)
    for (int x = 0; x < RVS_TRUST_SIDE; x++)
      values[y * RVS_TRUST_SIDE + x] = (1 - values[y * RVS_TRUST_SIDE + x]) * covered (render, x, y);
}

/* How far the result goes by the mesh and not by the photo. */
static RvsStatus
make_prior (Making *making, RvsError *err)
{
  RvsSession *session = making->analysis->session;
  RvsSlot     slot;
  RvsStatus   status = ensure_slot (making, &slot);
  RvsTensor   trusted = rvs__exec_tensor (&session->exec, 1, RVS_TRUST_SIDE, RVS_TRUST_SIDE);
  RvsRestore  restore = { .pipeline = &session->pipeline,
                          .face = making->face,
                          .slot = &slot,
                          .key = rvs__result_key (making->analysis, making->params, making->index),
                          .fidelity_map = &making->params->fidelity_map,
                          .map_scale = rvs__map_scale (making->analysis, making->params) };

  if (!session->pipeline.restorer->trusted)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "this model does not say what it goes by");
  if (status == RVS_OK)
    status = rvs__restore_trusted (&restore, &trusted);
  if (status == RVS_OK)
    status = copy_planes (making, &trusted, err);
  if (status == RVS_OK)
    leave_to_mesh (&slot.in.render, (float *)making->map->values);
  return status;
}

/* ---- who makes which ---- */

/* By the id in map_info.c. */
typedef struct Maker
{
  const char *id;
  RvsStatus (*make) (Making *making, RvsError *err);
} Maker;

static const Maker makers[] = {
  { "invented", make_invented }, { "parts", make_parts }, { "points", make_points }, { "mesh", make_mesh }, { "prior", make_prior }
};

static const Maker *
maker_of (const RvsMapInfo *map)
{
  for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
    if (strcmp (makers[i].id, map->id) == 0)
      return &makers[i];
  return NULL;
}

/* ---- the call ---- */

static RvsStatus
check (const RvsSession *session, const RvsAnalysis *analysis, size_t index, const RvsMapInfo *map, const RvsView *src,
       const RvsParams *params, RvsError *err)
{
  const RvsPipeline *pipeline = &session->pipeline;

  if (analysis->session != session)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the analysis belongs to another session");
  if (!maker_of (map) || session->mender || !((map->knobs & pipeline->knobs) || (map->needs & pipeline->needs)))
    return rvs__fail (err, RVS_ERR_ARGUMENT, "this model has no such map");
  if (index >= analysis->n_faces || analysis->faces[index].report.skip != RVS_SKIP_NONE || analysis->faces[index].field.w == 0)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "there is no face %zu that is restored", index);
  return rvs__check_source (analysis, src, params, err);
}

RvsStatus
rvs_face_map_new (RvsSession *session, RvsAnalysis *analysis, size_t index, const RvsMapInfo *map, const RvsView *src,
                  const RvsParams *params, const RvsMonitor *monitor, RvsFaceMap **out_map, RvsError *err)
{
  Making    making = { .analysis = analysis, .index = index, .src = src, .params = params };
  RvsStatus status;
  size_t    mark;

  *out_map = NULL;
  status = check (session, analysis, index, map, src, params, err);
  if (status != RVS_OK)
    return status;
  making.map = rvs__alloc_zero (sizeof *making.map);
  if (!making.map)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a map of a face");
  making.face = &analysis->faces[index];
  mark = rvs__arena_mark (&session->arena);
  rvs__call_begin (&making.call, &session->exec, monitor);
  making.call.face = (int32_t)index;
  status = maker_of (map)->make (&making, err);
  rvs__arena_release (&session->arena, mark);
  if (status == RVS_OK)
    *out_map = making.map;
  else
    rvs_face_map_free (making.map);
  return rvs__call_end (&making.call, status, err);
}
