/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * real_session.c: a session with the weights of $RVS_MODEL_DIR or the tree, for looking at the dialog as users get it.
 */
#include "models.h"
#include "weights_session.h"

RvsStatus
test_open_session (gpointer user, const char *model_id, RvsSession **out_session, RvsError *err)
{
  static RvsModels models; /* kept open until the program ends */
  (void)user;
  return rvs_models_open_session (&models, model_id, out_session, err);
}

RvsStatus
test_open_finder (gpointer user, RvsSession **out_session, RvsError *err)
{
  return rvs_models_open_finder (user, out_session, err);
}

gboolean
test_have_finder (gpointer user)
{
  return rvs_models_have_finder (user);
}
