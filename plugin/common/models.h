/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * models.h: from the name of a model to an engine session, with the models kept open between sessions.
 */
#ifndef RVS_GIMP_MODELS_H
#define RVS_GIMP_MODELS_H

#include "rvs.h"
#include <glib.h>

typedef struct RvsModels
{
  GMutex    mutex; /* the panel opens sessions on its worker thread */
  RvsModel *detector, *parser, *restorer;
  char      model_id[64]; /* of the restorer: the parameter table's id */
} RvsModels;

void rvs_models_init (RvsModels *models);
void rvs_models_clear (RvsModels *models);
/* Any thread. Detected faces are never skipped for their size: the list of faces has already been decided. */
RvsStatus rvs_models_open_session (gpointer models, const char *model_id, RvsSession **out_session, RvsError *err);
/* The weights' own name and hash, for the record; g_free both. */
void rvs_models_describe (RvsModels *models, char **out_id, char **out_sha256);

#endif
