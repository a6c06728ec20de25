/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * restore.h: a whole picture in one call, as the command line does it.
 */
#ifndef RVS_DESKTOP_RESTORE_H
#define RVS_DESKTOP_RESTORE_H

#include "faces.h"
#include "fields.h"
#include "hole_brush.h"
#include "picture.h"

typedef struct RvsRestoreCall
{
  RvsSession      *session, *then; /* then: of the system that comes after one that fills (rvs_values_then), else NULL */
  const RvsValues *values;
  const GArray *faces; /* RvsUiFace: those that are on are restored; NULL: they are found, and chosen by the rules of the values */
  size_t       *n_found; /* where they are found: gets how many, which may be more than there is room for; may be NULL */
  RvsSession
      *finder; /* where the values ask for scratches and nothing is marked (rvs_values_find); NULL: its weights are not there */
  const RvsHoleBrush *brush; /* what a system that fills is to fill; NULL: nothing is marked */
  /* Gets 0..1 of the whole, on the calling thread; FALSE from it cancels. May be NULL. */
  gboolean (*progress) (gpointer user, double done);
  gpointer user;
} RvsRestoreCall;

/* Restores into the picture's own pixels, or into larger ones that take their place (then a picture without a face is only enlarged).
 * Fails with NO_FACE (err has a message where there are faces and all are left out), HOLE and as the engine's calls; then the pixels are
 * worth nothing. */
RvsStatus rvs_restore (const RvsRestoreCall *call, RvsPicture *picture, RvsError *err);

#endif
