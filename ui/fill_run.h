/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fill_run.h: a hole of a picture filled and, where that is asked for, the faces of the result restored after it: the one way of all
 * front ends with a panel. Any one thread at a time.
 */
#ifndef RVS_UI_FILL_RUN_H
#define RVS_UI_FILL_RUN_H

#include "ui_host.h"

typedef struct RvsFillRun
{
  RvsSession       *fill, *then; /* borrowed; then NULL: nothing comes after */
  RvsView           source;      /* borrowed, as faces and monitor (NULL: none) */
  RvsParams         params;      /* with the hole; what comes after it ignores hole and mask */
  const RvsFace    *faces;
  size_t            n_faces;
  const RvsFace    *left_out; /* borrowed: places where none is restored after it */
  size_t            n_left_out;
  const RvsMonitor *monitor;
  RvsAnalysis *analysis; /* kept for the next run with the same source and faces, for which it makes filling quick; NULL at first */
} RvsFillRun;

/* The buffers are of the source's size and hold its pixels (matte, one channel of floats: 0) inside rvs_fill_reads. */
typedef struct RvsFillOut
{
  RvsMutView out;
  RvsMutView bare, matte; /* as in RvsUiResult; pixels NULL: not wanted */
  GArray    *rects;       /* RvsRect, appended: the hole's box, then those of the faces restored after it */
  GArray    *reports;     /* RvsFaceReport of these faces, appended */
} RvsFillOut;

/* Where the buffers must hold the source. */
RvsRect rvs_fill_reads (const RvsFillRun *run);
/* Faces that the hole hid are found on what is filled; it is filled again with them, and they are restored after it too. HOLE when there
 * is no hole or one that cannot be filled; a picture without a face to restore is filled all the same. Free the run's analysis in any
 * case. */
RvsStatus rvs_fill_run (RvsFillRun *run, const RvsFillOut *out, RvsError *err);

#endif
