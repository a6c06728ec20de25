/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * merge.h: one result out of faces that were rendered each on its own, by the rule the engine has for faces of one analysis: where the
 * mattes of several faces sum to more than 1, each change is divided by the sum. Any one thread.
 */
#ifndef RVS_UI_MERGE_H
#define RVS_UI_MERGE_H

#include "pixels.h"
#include "ui_host.h"

/* Buffers of the picture's size. Their pages come untouched from the system, so only the faces' cost memory. */
typedef struct RvsMerge
{
  RvsView    source;  /* borrowed */
  gboolean   masked;  /* bare and matte are wanted */
  RvsMutView out;     /* the result; valid inside the rects, as all of these */
  RvsMutView bare;    /* what lies behind the mattes, at full strength */
  RvsMutView matte;   /* one channel of floats: how much of the change `out` shows */
  gboolean   overlap; /* of some rects: else each face may be rendered straight into out, bare and matte */
  RvsMutView sum;     /* with overlap: of the mattes, without strength and mask */
  RvsMutView face;    /* with overlap: for rvs_render_matte of one face */
} RvsMerge;

/* Without mask: what bare is rendered with, and the mattes of the sum. */
RvsParams rvs_at_full_strength (const RvsParams *params);

/* Starts anew: source pixels in the rects. `merge` is zeroed, or has been used before for the same source. FALSE: out of memory. */
gboolean rvs_merge_begin (RvsMerge *merge, const RvsView *source, const RvsRect *rects, size_t n_rects, gboolean masked);
/* With overlap, first, for each face: its matte at strength 1 without mask has been rendered into merge->face. */
void rvs_merge_add_share (RvsMerge *merge, RvsRect rect);
/* With overlap, then: `plain` is the face's own result. */
void rvs_merge_add (RvsMerge *merge, RvsRect rect, const RvsView *plain);
/* `bare`: the face rendered with RVS_RENDER_BARE; merge->face holds its matte with strength and mask. */
void rvs_merge_add_masked (RvsMerge *merge, RvsRect rect, const RvsView *bare);
/* Sets out, bare and matte; borrowed from the merge. */
void rvs_merge_views (const RvsMerge *merge, RvsUiResult *result);
void rvs_merge_clear (RvsMerge *merge);

#endif
