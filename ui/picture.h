/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * picture.h: the picture before and after, ready to be painted at any zoom: the source, its reduced levels, and one
 * patch for each restored face. Main thread.
 */
#ifndef RVS_UI_PICTURE_H
#define RVS_UI_PICTURE_H

#include "pixels.h"

typedef struct RvsPicture RvsPicture;

/* `source` is borrowed for the life of the picture; `pyramid` is taken. */
RvsPicture *rvs_picture_new (const RvsView *source, RvsPyramid *pyramid);
void        rvs_picture_free (RvsPicture *picture); /* NULL-safe */
int32_t     rvs_picture_width (const RvsPicture *picture);
int32_t     rvs_picture_height (const RvsPicture *picture);

/* Replaces the patch of a face; takes it; NULL removes it. */
void     rvs_picture_set_patch (RvsPicture *picture, guint face_id, RvsPyramid *patch);
void     rvs_picture_show_patch (RvsPicture *picture, guint face_id, gboolean visible);
gboolean rvs_picture_has_patch (const RvsPicture *picture, guint face_id);
void     rvs_picture_clear_patches (RvsPicture *picture);

/* Paints in picture coordinates (the caller has set clip and transform). `visible`: the part that can be seen; `scale`: device
 * pixels a picture pixel; `strength`: how much of the patches shows, 0 = the picture before. Blending the patches here, and not in
 * the engine, is exact because the result is linear in the strength; it makes the strength slider free. */
void rvs_picture_paint (RvsPicture *picture, cairo_t *cr, RvsRect visible, double scale, double strength);

#endif
