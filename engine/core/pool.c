/* SPDX-License-Identifier: GPL-3.0-or-later
 * pool.c: fork-join workers that sleep between runs. Items are claimed one by one, so a slow item
 * does not hold back the others; which worker computes an item never changes its result. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "core/pool.h"

#include "core/mem.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum
{
  MAX_THREADS = 64
};

typedef struct Worker
{
  RvsPool  *pool;
  pthread_t thread;
  int       number; /* 1.. ; 0 is the calling thread */
} Worker;

struct RvsPool
{
  int             n_threads;
  int             n_started;
  pthread_mutex_t lock;
  pthread_cond_t  begin, end;
  uint64_t        run; /* counts calls of rvs__pool_run; a change wakes the workers */
  int             n_busy;
  bool            quit;
  RvsTask         task;
  void           *context;
  int             n_items;
  atomic_int      next;
  Worker          workers[MAX_THREADS];
};

static int
count_processors (void)
{
  cpu_set_t set;
  int       n = 1;

  if (sched_getaffinity (0, sizeof set, &set) == 0)
    n = CPU_COUNT (&set);
  return n < 1 ? 1 : n;
}

static void
work (RvsPool *pool, int number)
{
  for (;;)
    {
      int item = atomic_fetch_add_explicit (&pool->next, 1, memory_order_relaxed);

      if (item >= pool->n_items)
        return;
      pool->task (pool->context, item, number);
    }
}

static void *
worker_main (void *data)
{
  Worker  *worker = data;
  RvsPool *pool = worker->pool;
  uint64_t seen = 0;

  pthread_mutex_lock (&pool->lock);
  for (;;)
    {
      while (!pool->quit && pool->run == seen)
        pthread_cond_wait (&pool->begin, &pool->lock);
      if (pool->quit)
        break;
      seen = pool->run;
      pthread_mutex_unlock (&pool->lock);
      work (pool, worker->number);
      pthread_mutex_lock (&pool->lock);
      if (--pool->n_busy == 0)
        pthread_cond_signal (&pool->end);
    }
  pthread_mutex_unlock (&pool->lock);
  return NULL;
}

RvsStatus
rvs__pool_new (int n_threads, RvsPool **out_pool, RvsError *err)
{
  RvsPool *pool;

  *out_pool = NULL;
  if (n_threads < 0)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "%d threads asked for", n_threads);
  if (n_threads == 0)
    n_threads = count_processors ();
  if (n_threads > MAX_THREADS)
    n_threads = MAX_THREADS;

  pool = rvs__alloc_zero (sizeof *pool);
  if (!pool)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the worker threads");
  pool->n_threads = n_threads;
  pthread_mutex_init (&pool->lock, NULL);
  pthread_cond_init (&pool->begin, NULL);
  pthread_cond_init (&pool->end, NULL);
  for (int i = 1; i < n_threads; i++)
    {
      Worker *worker = &pool->workers[i];

      worker->pool = pool;
      worker->number = i;
      if (pthread_create (&worker->thread, NULL, worker_main, worker) != 0)
        {
          rvs__pool_free (pool);
          return rvs__fail (err, RVS_ERR_NO_MEMORY, "worker thread %d of %d could not be started", i, n_threads);
        }
      pool->n_started++;
    }
  *out_pool = pool;
  return RVS_OK;
}

void
rvs__pool_free (RvsPool *pool)
{
  if (!pool)
    return;
  pthread_mutex_lock (&pool->lock);
  pool->quit = true;
  pthread_cond_broadcast (&pool->begin);
  pthread_mutex_unlock (&pool->lock);
  for (int i = 1; i <= pool->n_started; i++)
    pthread_join (pool->workers[i].thread, NULL);
  pthread_cond_destroy (&pool->end);
  pthread_cond_destroy (&pool->begin);
  pthread_mutex_destroy (&pool->lock);
  rvs__free (pool);
}

int
rvs__pool_n_threads (const RvsPool *pool)
{
  return pool->n_threads;
}

void
rvs__pool_run (RvsPool *pool, RvsTask task, void *context, int n_items)
{
  assert (n_items >= 0);
  if (pool->n_started == 0 || n_items < 2)
    {
      for (int item = 0; item < n_items; item++)
        task (context, item, 0);
      return;
    }
  pthread_mutex_lock (&pool->lock);
  pool->task = task;
  pool->context = context;
  pool->n_items = n_items;
  atomic_store (&pool->next, 0);
  pool->n_busy = pool->n_started;
  pool->run++;
  pthread_cond_broadcast (&pool->begin);
  pthread_mutex_unlock (&pool->lock);

  work (pool, 0);

  pthread_mutex_lock (&pool->lock);
  while (pool->n_busy > 0)
    pthread_cond_wait (&pool->end, &pool->lock);
  pthread_mutex_unlock (&pool->lock);
}
