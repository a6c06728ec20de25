/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_core.c: memory, arena, errors and the thread pool. */
#include "testing.h"

#include "core/arena.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/mem.h"
#include "core/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
sizes_are_checked (void **state)
{
  size_t out = 7;

  (void)state;
  assert_true (rvs__mul_ok (1u << 16, 1u << 15, &out));
  assert_int_equal (out, (size_t)1 << 31);
  assert_false (rvs__mul_ok (SIZE_MAX / 2, 3, &out));
  assert_true (rvs__mul_ok (SIZE_MAX, 0, &out));
  assert_true (rvs__add_ok (SIZE_MAX - 1, 1, &out));
  assert_false (rvs__add_ok (SIZE_MAX, 1, &out));
}

static void
allocation (void **state)
{
  unsigned char *p;
  size_t         before;

  (void)state;
  assert_null (rvs__alloc (0));
  assert_null (rvs__alloc (SIZE_MAX));
  assert_null (rvs__alloc (SIZE_MAX - 70));
  p = rvs__alloc_zero (1000);
  assert_non_null (p);
  assert_int_equal ((uintptr_t)p % RVS_ALIGN, 0);
  for (int i = 0; i < 1000; i++)
    assert_int_equal (p[i], 0);
  rvs__free (p);
  rvs__free (NULL);

  before = rvs__mem_fail_at (2);
  p = rvs__alloc (1);
  assert_non_null (p);
  rvs__free (p);
  assert_null (rvs__alloc (1));
  p = rvs__alloc (1);
  assert_non_null (p);
  rvs__free (p);
  assert_int_equal (rvs__mem_count (), before + 3);
  rvs__mem_fail_at (0);
}

static void
arena_counts_then_gives (void **state)
{
  RvsArena measure, real;
  size_t   mark;
  RvsError err = { 0 };

  (void)state;
  rvs__arena_measure (&measure);
  assert_null (rvs__arena_push (&measure, 1));
  mark = rvs__arena_mark (&measure);
  assert_null (rvs__arena_floats (&measure, 100));
  rvs__arena_release (&measure, mark);
  assert_null (rvs__arena_push (&measure, 65));
  assert_int_equal (measure.peak, 64 + 448);

  assert_int_equal (rvs__arena_open (&real, measure.peak, &err), RVS_OK);
  assert_int_equal ((uintptr_t)rvs__arena_push (&real, 1) % 64, 0);
  mark = rvs__arena_mark (&real);
  memset (rvs__arena_floats (&real, 100), 1, 400);
  rvs__arena_release (&real, mark);
  assert_int_equal ((uintptr_t)rvs__arena_push (&real, 65) % 64, 0);
  assert_int_equal (real.peak, measure.peak);
  rvs__arena_close (&real);

  rvs__mem_fail_at (1);
  assert_int_equal (rvs__arena_open (&real, 1000, &err), RVS_ERR_NO_MEMORY);
  rvs__mem_fail_at (0);
  assert_non_null (strstr (err.message, "1000"));
}

/* ---- what must stop the process, in a release build too ---- */

static void
push_too_much (void)
{
  RvsArena arena;

  (void)rvs__arena_open (&arena, 128, NULL);
  rvs__arena_push (&arena, 64);
  rvs__arena_push (&arena, 65);
}

static void
push_from_nothing (void)
{
  RvsArena arena;

  (void)rvs__arena_open (&arena, 0, NULL);
  rvs__arena_push (&arena, 1);
}

static void
push_without_bounds (void)
{
  RvsArena arena;

  rvs__arena_measure (&arena);
  rvs__arena_push (&arena, SIZE_MAX - 63);
}

static void
push_floats_without_bounds (void)
{
  RvsArena arena;

  rvs__arena_measure (&arena);
  rvs__arena_floats (&arena, SIZE_MAX / 4 + 17);
}

static void
release_twice (void)
{
  RvsArena arena;

  rvs__arena_measure (&arena);
  rvs__arena_push (&arena, 64);
  rvs__arena_release (&arena, 128);
}

/* Runs it in a child, which must abort; what it said on stderr. */
static void
dies (void (*deed) (void), char *said, size_t n_bytes)
{
  int     ends[2], status;
  pid_t   child;
  ssize_t n;

  assert_int_equal (pipe (ends), 0);
  fflush (NULL);
  child = fork ();
  assert_true (child >= 0);
  if (child == 0)
    {
      signal (SIGABRT, SIG_DFL);
      dup2 (ends[1], STDERR_FILENO);
      deed ();
      _exit (0);
    }
  close (ends[1]);
  n = read (ends[0], said, n_bytes - 1);
  said[n < 0 ? 0 : n] = 0;
  close (ends[0]);
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status));
  assert_int_equal (WTERMSIG (status), SIGABRT);
}

static void
arena_stops_on_overrun (void **state)
{
  static void (*const deeds[]) (void)
      = { push_too_much, push_from_nothing, push_without_bounds, push_floats_without_bounds, release_twice };
  char said[300];

  (void)state;
  for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
    {
      dies (deeds[i], said, sizeof said);
      assert_non_null (strstr (said, "fault in the memory plan"));
    }
  dies (push_too_much, said, sizeof said);
  assert_non_null (strstr (said, "192 bytes wanted, 128 there"));
}

static void
first_error_wins (void **state)
{
  RvsError err = { 0 };
  char     longer[400];

  (void)state;
  assert_int_equal (rvs__fail (NULL, RVS_ERR_IO, "x"), RVS_ERR_IO);
  assert_int_equal (rvs__fail (&err, RVS_ERR_IO, "file %d", 3), RVS_ERR_IO);
  assert_int_equal (rvs__fail (&err, RVS_ERR_LIMIT, "later"), RVS_ERR_LIMIT);
  assert_int_equal (err.status, RVS_ERR_IO);
  assert_string_equal (err.message, "file 3");
  memset (&err, 0, sizeof err);
  memset (longer, 'a', sizeof longer);
  longer[sizeof longer - 1] = 0;
  rvs__fail (&err, RVS_ERR_IO, "%s", longer);
  assert_int_equal (strlen (err.message), sizeof err.message - 1);
  for (int i = RVS_OK; i <= RVS_ERR_INTERNAL; i++)
    assert_string_not_equal (rvs_status_name ((RvsStatus)i), rvs_status_name ((RvsStatus)99));
}

/* ---- pool ---- */

enum
{
  N_ITEMS = 1000
};

typedef struct Count
{
  atomic_int done[N_ITEMS];
  atomic_int busy[64]; /* a worker's number is never used twice at a time */
  int        n_threads;
  atomic_int wrong;
} Count;

static void
count_item (void *context, int item, int worker)
{
  Count *count = context;

  if (worker < 0 || worker >= count->n_threads || atomic_fetch_add (&count->busy[worker], 1) != 0)
    atomic_fetch_add (&count->wrong, 1);
  atomic_fetch_add (&count->done[item], 1);
  atomic_fetch_sub (&count->busy[worker], 1);
}

static void
pool_runs_each_item_once (void **state)
{
  static Count count;

  (void)state;
  for (int n_threads = 1; n_threads <= 5; n_threads++)
    {
      RvsPool *pool = NULL;

      assert_int_equal (rvs__pool_new (n_threads, &pool, NULL), RVS_OK);
      assert_int_equal (rvs__pool_n_threads (pool), n_threads);
      memset (&count, 0, sizeof count);
      count.n_threads = n_threads;
      for (int run = 1; run <= 200; run++)
        {
          int n = run % 3 == 0 ? 1 : run % 3 == 1 ? 7 : N_ITEMS;

          for (int i = 0; i < N_ITEMS; i++)
            atomic_store (&count.done[i], 0);
          rvs__pool_run (pool, count_item, &count, n);
          for (int i = 0; i < N_ITEMS; i++)
            assert_int_equal (atomic_load (&count.done[i]), i < n ? 1 : 0);
        }
      rvs__pool_run (pool, count_item, &count, 0);
      assert_int_equal (atomic_load (&count.wrong), 0);
      rvs__pool_free (pool);
    }
}

static void
pool_limits (void **state)
{
  RvsPool *pool = NULL;
  RvsError err = { 0 };

  (void)state;
  assert_int_equal (rvs__pool_new (-1, &pool, &err), RVS_ERR_ARGUMENT);
  assert_null (pool);
  assert_int_equal (rvs__pool_new (1000, &pool, NULL), RVS_OK);
  assert_int_equal (rvs__pool_n_threads (pool), 64);
  rvs__pool_free (pool);
  assert_int_equal (rvs__pool_new (0, &pool, NULL), RVS_OK);
  assert_true (rvs__pool_n_threads (pool) >= 1);
  rvs__pool_free (pool);
  rvs__pool_free (NULL);
  rvs__mem_fail_at (1);
  memset (&err, 0, sizeof err);
  assert_int_equal (rvs__pool_new (2, &pool, &err), RVS_ERR_NO_MEMORY);
  assert_null (pool);
  rvs__mem_fail_at (0);
}

static void
cpu_mask (void **state)
{
  (void)state;
  unsetenv ("RVS_CPU_MASK");
  assert_int_equal (rvs__cpu_flags (0), 0);
  assert_int_equal (rvs__cpu_flags (RVS_CPU_BLAS), RVS_CPU_BLAS);
  setenv ("RVS_CPU_MASK", "0", 1);
  assert_int_equal (rvs__cpu_flags (UINT32_MAX), 0);
  setenv ("RVS_CPU_MASK", "0x1", 1);
  assert_int_equal (rvs__cpu_flags (UINT32_MAX), RVS_CPU_BLAS);
  setenv ("RVS_CPU_MASK", "nonsense", 1);
  assert_int_equal (rvs__cpu_flags (RVS_CPU_BLAS), RVS_CPU_BLAS);
  unsetenv ("RVS_CPU_MASK");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (sizes_are_checked),
    cmocka_unit_test (allocation),
    cmocka_unit_test (arena_counts_then_gives),
    cmocka_unit_test (arena_stops_on_overrun),
    cmocka_unit_test (first_error_wins),
    cmocka_unit_test (pool_runs_each_item_once),
    cmocka_unit_test (pool_limits),
    cmocka_unit_test (cpu_mask),
  };

  return cmocka_run_group_tests_name ("core", tests, NULL, NULL);
}
