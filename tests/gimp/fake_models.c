/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_models.c: models.h for the plug-in built with the double of the engine: no weights are needed. $RVS_FAKE_SLOW_MS makes every
 * step slower, for the tests that kill the plug-in in the middle; $RVS_FAKE_FAIL ("weights", "memory") lets it fail.
 */
#include "fake_engine.h"
#include "models.h"
#include <stdlib.h>
#include <string.h>

void
rvs_models_init (RvsModels *models)
{
  memset (models, 0, sizeof *models);
}

void
rvs_models_clear (RvsModels *models)
{
  (void)models;
}

RvsStatus
rvs_models_open_session (void *models, const char *model_id, RvsSession **out_session, RvsError *err)
{
  RvsSessionConfig config;
  const char      *slow = g_getenv ("RVS_FAKE_SLOW_MS"), *fail = g_getenv ("RVS_FAKE_FAIL");
  (void)models, (void)model_id;
  if (slow)
    fake_engine ()->detect_ms = fake_engine ()->analyse_ms = fake_engine ()->stage_ms = atoi (slow);
  if (g_strcmp0 (fail, "weights") == 0)
    fake_engine ()->fail_session = RVS_ERR_MODEL;
  else if (g_strcmp0 (fail, "memory") == 0)
    fake_engine ()->fail_session = RVS_ERR_NO_MEMORY;
  rvs_session_config_init (&config);
  return rvs_session_new (&config, out_session, err);
}

void
rvs_models_describe (RvsModels *models, char **out_id, char **out_sha256)
{
  (void)models;
  *out_id = g_strdup ("restore-fake");
  *out_sha256 = g_strdup ("0000");
}
