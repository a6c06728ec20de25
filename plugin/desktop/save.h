/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save.h: the panel's result to a file or to a PNG in memory, by a worker. The file is the one that the command line would write.
 */
#ifndef RVS_DESKTOP_SAVE_H
#define RVS_DESKTOP_SAVE_H

#include "hole_brush.h"
#include "models.h"
#include "picture.h"
#include "ui_host.h"
#include <gio/gio.h>

typedef struct RvsSaveRequest
{
  RvsUiResult         result;   /* its pixels stay as they are until the end */
  const RvsPicture   *original; /* the same: the file's metadata, and its pixels where they are not sRGB */
  const GArray       *faces;    /* RvsUiFace, as in the panel; the same */
  const RvsHoleBrush *brush;    /* local fidelity, the same; NULL: none */
  RvsModels          *models;
  RvsPictureFormat    format;
  int                 quality; /* as RvsPictureMeta.quality; 0: the photo's own */
  const char         *path;    /* copied; NULL: into memory */
  gboolean            replace; /* an existing file */
} RvsSaveRequest;

typedef struct RvsSaved
{
  RvsStatus status;
  RvsError  err;
  unsigned  lost;  /* RVS_LOST_ bits */
  char     *path;  /* as requested */
  GBytes   *bytes; /* of a picture in memory, when status is OK */
} RvsSaved;

void      rvs_save_async (const RvsSaveRequest *request, GAsyncReadyCallback done, gpointer user);
RvsSaved *rvs_save_finish (GAsyncResult *result); /* never NULL */
void      rvs_saved_free (RvsSaved *saved);

#endif
