/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * models.c: opening of the weights the shipped way, and sessions on them.
 */
#include "models.h"

#include "weights.h"

#include <stdio.h>
#include <string.h>

void
rvs_models_init (RvsModels *models)
{
  memset (models, 0, sizeof *models);
  pthread_mutex_init (&models->mutex, NULL);
}

void
rvs_models_clear (RvsModels *models)
{
  rvs_model_unref (models->detector);
  rvs_model_unref (models->parser);
  rvs_model_unref (models->restorer);
  rvs_model_unref (models->shape);
  pthread_mutex_destroy (&models->mutex);
}

static RvsStatus
open_one (const RvsWeightsPath *path, const char *name, RvsModel **model, RvsError *err)
{
  return *model ? RVS_OK : rvs_weights_open (path, name, model, NULL, err);
}

static RvsStatus
open_restorer (RvsModels *models, const RvsWeightsPath *path, const char *model_id, RvsError *err)
{
  const RvsSystemInfo *system = rvs_system_find (model_id);

  if (!system)
    {
      err->status = RVS_ERR_ARGUMENT;
      snprintf (err->message, sizeof err->message, "there is no model '%.60s'", model_id);
      return err->status;
    }
  if (models->restorer && models->system == system)
    return RVS_OK;
  rvs_model_unref (models->restorer);
  models->restorer = NULL;
  models->system = system;
  return rvs_weights_open (path, system->weights, &models->restorer, NULL, err);
}

static RvsStatus
open_all (RvsModels *models, const char *model_id, RvsError *err)
{
  RvsWeightsPath path;
  RvsStatus      status = rvs_weights_path_init (&path, err);
  if (status != RVS_OK)
    return status;
  status = open_one (&path, RVS_WEIGHTS_DETECTOR, &models->detector, err);
  if (status == RVS_OK)
    status = open_one (&path, RVS_WEIGHTS_PARSER, &models->parser, err);
  if (status == RVS_OK)
    status = open_restorer (models, &path, model_id, err);
  if (status == RVS_OK && !models->shape)
    status = rvs_weights_open_shape (&path, models->parser, models->system->needs & RVS_NEEDS_SHAPE, &models->shape, NULL, err);
  rvs_weights_path_clear (&path);
  return status;
}

RvsStatus
rvs_models_open_session (void *user, const char *model_id, RvsSession **out_session, RvsError *err)
{
  RvsModels       *models = user;
  RvsSessionConfig config;
  pthread_mutex_lock (&models->mutex);
  *out_session = NULL;
  RvsStatus status = open_all (models, model_id, err);
  if (status == RVS_OK)
    {
      rvs_session_config_init (&config);
      config.detector = models->detector;
      config.parser = models->parser;
      config.restorer = models->restorer;
      config.shape = models->shape;
      config.min_face_px = 0;
      status = rvs_session_new (&config, out_session, err);
    }
  pthread_mutex_unlock (&models->mutex);
  return status;
}

RvsStatus
rvs_models_open_finder (void *user, RvsSession **out_session, RvsError *err)
{
  RvsWeightsPath   path;
  RvsSessionConfig config;
  RvsStatus        status = rvs_weights_path_init (&path, err);

  (void)user;
  *out_session = NULL;
  rvs_session_config_init (&config);
  if (status == RVS_OK)
    status = rvs_weights_open (&path, RVS_WEIGHTS_FINDER, &config.finder, NULL, err);
  rvs_weights_path_clear (&path);
  if (status == RVS_OK)
    status = rvs_session_new (&config, out_session, err);
  rvs_model_unref (config.finder);
  return status;
}

int
rvs_models_have_finder (void *user)
{
  RvsWeightsPath path;
  RvsWeights     weights;
  RvsStatus      status = rvs_weights_path_init (&path, NULL);

  (void)user;
  if (status != RVS_OK)
    return false;
  status = rvs_weights_find (&path, RVS_WEIGHTS_FINDER, &weights, NULL);
  if (status == RVS_OK)
    rvs_weights_clear (&weights);
  rvs_weights_path_clear (&path);
  return status == RVS_OK;
}

void
rvs_models_describe (RvsModels *models, char **out_id, char **out_sha256)
{
  pthread_mutex_lock (&models->mutex);
  const RvsModelInfo *info = models->restorer ? rvs_model_get_info (models->restorer) : NULL;
  *out_id = strdup (info ? info->id : "");
  *out_sha256 = strdup (info ? info->sha256 : "");
  pthread_mutex_unlock (&models->mutex);
}
