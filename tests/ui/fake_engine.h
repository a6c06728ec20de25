/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_engine.h: what a test may set and count in the double of the engine.
 */
#ifndef RVS_TESTS_FAKE_ENGINE_H
#define RVS_TESTS_FAKE_ENGINE_H

#include "rvs.h"
#include <glib.h>

typedef struct FakeEngine
{
  int       detect_ms, analyse_ms, stage_ms; /* set before the panel is made */
  float     skip_below_px;
  float     damage;         /* of each kind */
  RvsPose   pose;           /* of every face */
  gint      shape_prior;    /* an RvsShapePrior, likewise */
  float     screen_px;      /* likewise */
  gboolean  sees_no_face;   /* in a box that is drawn */
  size_t    analysis_bytes; /* of each face, until it is trimmed */
  RvsStatus fail_session;
  gboolean  no_finder; /* its weights are not there */
  gint      n_sessions, n_detects, n_analyses, n_stage2, n_renders, n_fills, n_trims, n_searches, n_sketches, n_maps; /* atomic */
  gint      n_line_px; /* of the last hole that was filled: pixels drawn on; atomic */
  RvsFace   hidden;    /* seen only once a hole is filled; without a width: none */
  gint      turned;    /* RvsTurned of the last search, also in a box; atomic */
  gint      bytes;     /* of all analyses; atomic */
  gint      region;    /* RvsRegion of the last analysis; atomic */
} FakeEngine;

FakeEngine *fake_engine (void);

#endif
