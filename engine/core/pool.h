/* SPDX-License-Identifier: GPL-3.0-or-later
 * pool.h: fork-join worker threads. Work is cut into items whose number and extent never depend on the
 * thread count, and no item writes what another reads: so the result has the same bytes for any count. */
#ifndef RVS_CORE_POOL_H
#define RVS_CORE_POOL_H

#include "core/error.h"

typedef struct RvsPool RvsPool;

/* n_threads counts the caller's own thread; 0 = all processors (at most 64). */
RvsStatus rvs__pool_new (int n_threads, RvsPool **out_pool, RvsError *err);
void      rvs__pool_free (RvsPool *pool);
int       rvs__pool_n_threads (const RvsPool *pool);

/* Calls task (context, item, worker) once for each item in [0, n_items) and returns when all are done.
 * worker in [0, n_threads) picks per-thread scratch. Must not be called from inside a task. */
typedef void (*RvsTask) (void *context, int item, int worker);
void rvs__pool_run (RvsPool *pool, RvsTask task, void *context, int n_items);

#endif
