/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * restore.h: a whole picture in one call, as the command line does it.
 */
#ifndef RVS_DESKTOP_RESTORE_H
#define RVS_DESKTOP_RESTORE_H

#include "faces.h"
#include "fields.h"
#include "picture.h"

/* Restores into the picture's own pixels. `faces` (RvsUiFace): those that are on are restored; NULL: they are found, and chosen by the
 * rules among the values. `progress` (may be NULL) gets 0..1 of the whole, on the calling thread; FALSE from it cancels. Fails with
 * NO_FACE and as the engine's calls; then the pixels are as they were. */
RvsStatus rvs_restore (RvsSession *session, RvsPicture *picture, const RvsValues *values, const GArray *faces,
                       gboolean (*progress) (gpointer user, double done), gpointer user, RvsError *err);

#endif
