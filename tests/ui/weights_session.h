/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * weights_session.h: the session a test program of the panel works with: the double's, or one with the weights of the tree.
 */
#ifndef RVS_TESTS_WEIGHTS_SESSION_H
#define RVS_TESTS_WEIGHTS_SESSION_H

#include "rvs.h"
#include <glib.h>

RvsStatus test_open_session (gpointer user, const char *model_id, RvsSession **out_session, RvsError *err);
RvsStatus test_open_finder (gpointer user, RvsSession **out_session, RvsError *err);
gboolean  test_have_finder (gpointer user);

#endif
