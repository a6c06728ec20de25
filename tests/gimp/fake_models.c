/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_models.c: models.h for the plug-in built with the double of the engine: no weights are needed. $RVS_FAKE_SLOW_MS, or the
 * number in the file $RVS_FAKE_SLOW_FILE, makes every step slower, for the tests that stop or kill the plug-in in the middle; $RVS_FAKE_FAIL ("weights", "memory") lets it fail.
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

static int
slow_ms (void)
{
  const char *number = g_getenv ("RVS_FAKE_SLOW_MS"), *file = g_getenv ("RVS_FAKE_SLOW_FILE");
  char       *text = NULL;
  if (!number && file && g_file_get_contents (file, &text, NULL, NULL))
    number = text;
  int ms = number ? atoi (number) : 0;
  g_free (text);
  return ms;
}

RvsStatus
rvs_models_open_session (void *models, const char *model_id, RvsSession **out_session, RvsError *err)
{
  RvsSessionConfig config;
  const char      *fail = g_getenv ("RVS_FAKE_FAIL");
  (void)models, (void)model_id;
  if (slow_ms ())
    fake_engine ()->detect_ms = fake_engine ()->analyse_ms = fake_engine ()->stage_ms = slow_ms ();
  if (g_strcmp0 (fail, "weights") == 0)
    fake_engine ()->fail_session = RVS_ERR_MODEL;
  else if (g_strcmp0 (fail, "memory") == 0)
    fake_engine ()->fail_session = RVS_ERR_NO_MEMORY;
  rvs_session_config_init (&config);
  return rvs_session_new (&config, out_session, err);
}

RvsStatus
rvs_models_open_finder (void *models, RvsSession **out_session, RvsError *err)
{
  return rvs_models_open_session (models, "", out_session, err);
}

int
rvs_models_have_finder (void *models)
{
  (void)models;
  return g_getenv ("RVS_FAKE_NO_FINDER") == NULL;
}

void
rvs_models_describe (RvsModels *models, char **out_id, char **out_sha256)
{
  (void)models;
  *out_id = g_strdup ("restore-fake");
  *out_sha256 = g_strdup ("0000");
}
