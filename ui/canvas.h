/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * canvas.h: the picture before and after, ready to be painted at any zoom: the source, its reduced levels, and one
 * patch for each restored face. Main thread.
 */
#ifndef RVS_UI_CANVAS_H
#define RVS_UI_CANVAS_H

#include "pixels.h"

typedef struct RvsCanvas RvsCanvas;

/* `source` is borrowed for the life of the picture; `pyramid` is taken. */
RvsCanvas *rvs_canvas_new (const RvsView *source, RvsPyramid *pyramid);
void       rvs_canvas_free (RvsCanvas *picture); /* NULL-safe */
int32_t    rvs_canvas_width (const RvsCanvas *picture);
int32_t    rvs_canvas_height (const RvsCanvas *picture);

/* Replaces the patch of a face; takes it; NULL removes it. Returns the part of the picture that the two cover. */
RvsRect  rvs_canvas_set_patch (RvsCanvas *picture, guint face_id, RvsPyramid *patch);
void     rvs_canvas_show_patch (RvsCanvas *picture, guint face_id, gboolean visible);
gboolean rvs_canvas_has_patch (const RvsCanvas *picture, guint face_id);
void     rvs_canvas_clear_patches (RvsCanvas *picture);

/* Of the reduced levels and all patches. */
gsize rvs_canvas_bytes (const RvsCanvas *picture);
/* Gives back what of the patches is made again when they are painted. */
void rvs_canvas_pack (RvsCanvas *picture);

/* Paints in picture coordinates (the caller has set clip and transform). `visible`: the part that can be seen; `scale`: device
 * pixels a picture pixel; `strength`: how much of the patches shows, 0 = the picture before. Blending the patches here, and not in
 * the engine, is exact because the result is linear in the strength; it makes the strength slider free. */
void rvs_canvas_paint (RvsCanvas *picture, cairo_t *cr, RvsRect visible, double scale, double strength);

#endif
