/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words.h: the engine's and the files' failures in the user's language, with the technical words behind them.
 */
#ifndef RVS_DESKTOP_WORDS_H
#define RVS_DESKTOP_WORDS_H

#include "rvs.h"
#include <glib.h>

/* One line each; g_free. */
char *rvs_words_read (RvsStatus status, const RvsError *err);
char *rvs_words_restore (RvsStatus status, const RvsError *err);
char *rvs_words_write (RvsStatus status, const RvsError *err);
/* What the result does not hold (RVS_LOST_ bits), in one sentence; NULL when nothing was lost. */
char *rvs_words_lost (unsigned lost);
/* What reading the file noticed (RVS_NOTE_ bits), in one sentence; NULL for nothing. */
char *rvs_words_notes (unsigned notes);

#endif
