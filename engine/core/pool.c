/* SPDX-License-Identifier: GPL-3.0-or-later
 * pool.c: fork-join workers that sleep between runs. Items are claimed one by one, so a slow item
 * does not hold back the others; which worker computes an item never changes its result.
 * A network is a quick row of short runs, and waking a sleeper can take longer than such a run: so whoever waits first watches for
 * a moment, and only then sleeps. */
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
  MAX_THREADS = 64,
  WATCH = 1500 /* looks before sleeping: 16 microseconds on a Xeon with AVX-512, where this was measured */
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
  int             watch; /* 0 where more threads than processors would only take turns */
  pthread_mutex_t lock;  /* for sleeping and waking alone */
  pthread_cond_t  begin, end;
  atomic_uint     run;    /* counts calls of rvs__pool_run; a change sends the workers off */
  atomic_int      n_busy; /* workers that have not finished the run */
  atomic_bool     quit;
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

static void
pause_briefly (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#endif
}

static bool
has_news (RvsPool *pool, unsigned seen)
{
  return atomic_load_explicit (&pool->run, memory_order_acquire) != seen || atomic_load (&pool->quit);
}

/* Waits for a run other than the one seen last. */
static void
wait_for_run (RvsPool *pool, unsigned seen)
{
  for (int i = 0; i < pool->watch; i++)
    {
      if (has_news (pool, seen))
        return;
      pause_briefly ();
    }
  pthread_mutex_lock (&pool->lock);
  while (!has_news (pool, seen))
    pthread_cond_wait (&pool->begin, &pool->lock);
  pthread_mutex_unlock (&pool->lock);
}

static void
wait_for_workers (RvsPool *pool)
{
  for (int i = 0; i < pool->watch; i++)
    {
      if (atomic_load_explicit (&pool->n_busy, memory_order_acquire) == 0)
        return;
      pause_briefly ();
    }
  pthread_mutex_lock (&pool->lock);
  while (atomic_load_explicit (&pool->n_busy, memory_order_acquire) > 0)
    pthread_cond_wait (&pool->end, &pool->lock);
  pthread_mutex_unlock (&pool->lock);
}

/* The last one done wakes the caller, which may be asleep. */
static void
report_done (RvsPool *pool)
{
  if (atomic_fetch_sub_explicit (&pool->n_busy, 1, memory_order_acq_rel) > 1)
    return;
  pthread_mutex_lock (&pool->lock);
  pthread_cond_signal (&pool->end);
  pthread_mutex_unlock (&pool->lock);
}

static void *
worker_main (void *data)
{
  Worker  *worker = data;
  RvsPool *pool = worker->pool;
  unsigned seen = 0;

  for (;;)
    {
      wait_for_run (pool, seen);
      if (atomic_load (&pool->quit))
        return NULL;
      seen = atomic_load_explicit (&pool->run, memory_order_acquire); /* cannot move on before this worker has reported */
      work (pool, worker->number);
      report_done (pool);
    }
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
  pool->watch = n_threads <= count_processors () ? WATCH : 0;
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
  atomic_store (&pool->quit, true);
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
  pool->task = task;
  pool->context = context;
  pool->n_items = n_items;
  atomic_store (&pool->next, 0);
  atomic_store (&pool->n_busy, pool->n_started);
  pthread_mutex_lock (&pool->lock);
  atomic_fetch_add_explicit (&pool->run, 1, memory_order_release);
  pthread_cond_broadcast (&pool->begin);
  pthread_mutex_unlock (&pool->lock);

  work (pool, 0);
  wait_for_workers (pool);
}
