/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * failure.h: what to tell the user about a restoration that failed: the one place of these sentences.
 */
#ifndef RVS_UI_FAILURE_H
#define RVS_UI_FAILURE_H

#include "rvs.h"

/* Translated, what happened and what to do; static. Where more can be said of RVS_ERR_NO_FACE (how to show the place), a caller says it. */
const char *rvs_failure_text (RvsStatus status);

#endif
