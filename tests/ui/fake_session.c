/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_session.c: a session of the double: it needs no weights.
 */
#include "fake_engine.h"
#include "weights_session.h"

RvsStatus
test_open_session (gpointer user, const char *model_id, RvsSession **out_session, RvsError *err)
{
  RvsSessionConfig config;
  (void)user, (void)model_id;
  rvs_session_config_init (&config);
  return rvs_session_new (&config, out_session, err);
}

RvsStatus
test_open_finder (gpointer user, RvsSession **out_session, RvsError *err)
{
  return test_open_session (user, "", out_session, err);
}

gboolean
test_have_finder (gpointer user)
{
  (void)user;
  return !fake_engine ()->no_finder;
}
