/* SPDX-License-Identifier: GPL-3.0-or-later
 * watch.h: who is told how far a long piece of work is. */
#ifndef RVS_CORE_WATCH_H
#define RVS_CORE_WATCH_H

#include "rvs.h"

/* Called on the caller's thread with the share that is done, 0..1; CANCELLED stops. */
typedef struct RvsWatch
{
  RvsStatus (*done) (void *user, float share);
  void *user;
} RvsWatch;

#endif
