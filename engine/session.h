/* SPDX-License-Identifier: GPL-3.0-or-later
 * session.h: the insides of a session and an analysis, shared by the files that make up the public calls. */
#ifndef RVS_SESSION_H
#define RVS_SESSION_H

#include "kernels/kernels.h"
#include "mend/mend.h"
#include "pipeline.h"

struct RvsSession
{
  RvsSessionConfig  config; /* holds the references on the models */
  RvsPool          *pool;
  RvsKernels        kernels;
  RvsArena          arena;
  atomic_bool       cancel;
  RvsExec           exec;
  RvsPipeline       pipeline; /* unless the restorer fills holes; */
  const RvsFillNet *mender;   /* then it is this */
};

struct RvsAnalysis
{
  RvsSession      *session;
  int32_t          width, height, channels;
  RvsDepth         depth;
  size_t           n_faces;
  RvsAnalysedFace *faces;
  RvsMended       *mended;     /* the hole last filled, or NULL; */
  uint64_t         mended_key; /* of hole and faces */
  RvsFace         *given;      /* the faces that it was made with where others were uncovered since, or NULL */
  size_t           n_given;
  bool             uncovered;     /* faces were looked for under the hole */
  uint64_t         uncovered_key; /* of that hole */
};

/* Of rvs_render, all but its destination. */
RvsStatus rvs__check_source (const RvsAnalysis *analysis, const RvsView *src, const RvsParams *params, RvsError *err);
/* The step of rvs_render that makes face i's field, as params say. The session fills no holes; all is checked. */
RvsStatus rvs__update_field (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, const RvsParams *params, size_t i,
                             RvsError *err);

/* The same for a face whose slot rvs__prepare_face has just filled: with render flags, and without preparing it again. */
RvsStatus rvs__restore_prepared (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, const RvsParams *params, uint32_t flags,
                                 size_t i, RvsError *err);

/* Pixels of the fidelity map to one of the image. */
double rvs__map_scale (const RvsAnalysis *analysis, const RvsParams *params);
/* What face i's result depends on, its matte included. */
RvsResultKey rvs__result_key (const RvsAnalysis *analysis, const RvsParams *params, size_t i);

/* Another list of faces beside a hole, which need not be the analysis' own memory; what was filled is forgotten. NO_MEMORY: as before. */
RvsStatus rvs__analysis_take (RvsAnalysis *analysis, const RvsView *image, const RvsFace *faces, size_t n_faces, RvsError *err);

/* What the filling depends on besides the photo and the faces. HOLE, ARGUMENT and NO_MEMORY as rvs_render. */
RvsStatus rvs__hole_key (const RvsAnalysis *analysis, const RvsParams *params, uint64_t *out_key, RvsError *err);

/* rvs_render and rvs_render_matte where a hole is filled; parameters are checked. */
RvsStatus rvs__render_hole (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, const RvsParams *params, bool bare,
                            const RvsMutView *dst, RvsError *err);
RvsStatus rvs__render_hole_matte (const RvsAnalysis *analysis, const RvsParams *params, const RvsMutView *dst, RvsError *err);

#endif
