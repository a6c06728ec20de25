/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stop.h: Ctrl-C and the other polite signals end the work in progress, not the process.
 */
#ifndef RVS_CLI_STOP_H
#define RVS_CLI_STOP_H

#include "rvs.h"

#include <signal.h>

/* Installs the handlers: SIGINT, SIGTERM and SIGHUP stop; SIGPIPE and SIGXFSZ become write errors. */
void cli_stop_install (void);
/* The session that a signal cancels; NULL for none. Call with NULL before freeing it. */
void cli_stop_watch (RvsSession *session);
/* The number of the signal that came, 0 for none; the reader and writer of pictures poll it. */
const volatile sig_atomic_t *cli_stop_flag (void);

#endif
