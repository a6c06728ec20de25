/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stop.c: owns the signal handlers. They get no argument of ours, hence the two static variables: the only
 * ones of the program that change.
 */
#include "stop.h"

#include <stdatomic.h>
#include <string.h>

static volatile sig_atomic_t signal_number;
static RvsSession *_Atomic   watched;

static void
on_signal (int number)
{
  RvsSession *session = atomic_load (&watched);

  signal_number = number;
  if (session)
    rvs_session_cancel (session); /* only stores an atomic flag */
}

/* A signal that our parent has us ignore (nohup, a job in the background) stays ignored. */
static void
install (int number, const struct sigaction *action)
{
  struct sigaction old;

  if (sigaction (number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
    sigaction (number, action, NULL);
}

void
cli_stop_install (void)
{
  struct sigaction action;

  memset (&action, 0, sizeof action);
  sigemptyset (&action.sa_mask);
  action.sa_flags = SA_RESTART;
  action.sa_handler = on_signal;
  install (SIGINT, &action);
  install (SIGTERM, &action);
  install (SIGHUP, &action);
  action.sa_handler = SIG_IGN;
  sigaction (SIGPIPE, &action, NULL);
  sigaction (SIGXFSZ, &action, NULL);
}

void
cli_stop_watch (RvsSession *session)
{
  atomic_store (&watched, session);
}

const volatile sig_atomic_t *
cli_stop_flag (void)
{
  return &signal_number;
}
