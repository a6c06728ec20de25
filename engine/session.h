/* SPDX-License-Identifier: GPL-3.0-or-later
 * session.h: the insides of a session and an analysis, shared by the files that make up the public calls. */
#ifndef RVS_SESSION_H
#define RVS_SESSION_H

#include "kernels/kernels.h"
#include "pipeline.h"

struct RvsSession
{
  RvsSessionConfig config; /* holds the references on the models */
  RvsPool         *pool;
  RvsKernels       kernels;
  RvsArena         arena;
  atomic_bool      cancel;
  RvsExec          exec;
  RvsPipeline      pipeline;
};

struct RvsAnalysis
{
  RvsSession      *session;
  int32_t          width, height, channels;
  RvsDepth         depth;
  size_t           n_faces;
  RvsAnalysedFace *faces;
};

void rvs__log (const RvsSession *session, int level, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

#endif
