/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * models.h: from the name of a model to an engine session, with the models kept open between sessions. For front ends with a
 * panel; the command line, which reports the files it used, opens its own.
 */
#ifndef RVS_COMMON_MODELS_H
#define RVS_COMMON_MODELS_H

#include "rvs_params.h"

#include <pthread.h>

typedef struct RvsModels
{
  pthread_mutex_t      mutex; /* the panel opens sessions on its worker thread */
  RvsModel            *detector, *parser, *restorer;
  RvsModel            *shape;  /* or NULL: none is there */
  const RvsSystemInfo *system; /* of the restorer */
} RvsModels;

void rvs_models_init (RvsModels *models);
void rvs_models_clear (RvsModels *models);
/* Any thread; `models` is an RvsModels, untyped to fit RvsUiHost; model_id: RvsSystemInfo.id. Detected faces are never skipped for
 * their size: the list of faces has already been decided. Fails as rvs_weights_open and rvs_session_new, and with ARGUMENT for an
 * unknown model. */
RvsStatus rvs_models_open_session (void *models, const char *model_id, RvsSession **out_session, RvsError *err);
/* A session that finds damage (rvs_find_damage) and does nothing else; its network is not kept open. Any thread, and fails, as above. */
RvsStatus rvs_models_open_finder (void *models, RvsSession **out_session, RvsError *err);
/* Whether the weights for that are there; they may still turn out to be none. Quick; any thread. */
int rvs_models_have_finder (void *models);
/* The weights' own name and hash, for the record; "" before a session was opened. Caller frees both; NULL when there is no memory. */
void rvs_models_describe (RvsModels *models, char **out_id, char **out_sha256);

#endif
