/* SPDX-License-Identifier: GPL-3.0-or-later
 * wraps.c: the wrapped functions; see wraps.h. */
#include "wraps.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_size_t allocations, allocation_to_fail, threads, thread_to_fail;
static atomic_long   blocks, running;

void *__real_malloc (size_t size);
void *__real_calloc (size_t n, size_t size);
void *__real_realloc (void *memory, size_t size);
void *__real_aligned_alloc (size_t align, size_t size);
int   __real_posix_memalign (void **out, size_t align, size_t size);
char *__real_strdup (const char *text);
char *__real_strndup (const char *text, size_t n);
void  __real_free (void *memory);
int   __real_pthread_create (pthread_t *thread, const pthread_attr_t *attributes, void *(*run) (void *), void *argument);
int   __real_pthread_join (pthread_t thread, void **result);

void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t n, size_t size);
void *__wrap_realloc (void *memory, size_t size);
void *__wrap_aligned_alloc (size_t align, size_t size);
int   __wrap_posix_memalign (void **out, size_t align, size_t size);
char *__wrap_strdup (const char *text);
char *__wrap_strndup (const char *text, size_t n);
void  __wrap_free (void *memory);
int   __wrap_pthread_create (pthread_t *thread, const pthread_attr_t *attributes, void *(*run) (void *), void *argument);
int   __wrap_pthread_join (pthread_t thread, void **result);

void
fail_allocation (size_t n)
{
  atomic_store (&allocation_to_fail, n ? atomic_load (&allocations) + n : 0);
}

void
fail_thread (size_t n)
{
  atomic_store (&thread_to_fail, n ? atomic_load (&threads) + n : 0);
}

size_t
n_allocations (void)
{
  return atomic_load (&allocations);
}

size_t
n_threads_created (void)
{
  return atomic_load (&threads);
}

long
n_blocks (void)
{
  return atomic_load (&blocks);
}

long
n_threads_running (void)
{
  return atomic_load (&running);
}

static int
fails_now (void)
{
  return atomic_fetch_add (&allocations, 1) + 1 == atomic_load (&allocation_to_fail);
}

static void *
counted (void *memory)
{
  if (memory)
    atomic_fetch_add (&blocks, 1);
  return memory;
}

void *
__wrap_malloc (size_t size)
{
  return fails_now () ? NULL : counted (__real_malloc (size));
}

void *
__wrap_calloc (size_t n, size_t size)
{
  return fails_now () ? NULL : counted (__real_calloc (n, size));
}

void *
__wrap_realloc (void *memory, size_t size)
{
  if (fails_now ())
    return NULL;
  return memory ? __real_realloc (memory, size) : counted (__real_realloc (memory, size));
}

void *
__wrap_aligned_alloc (size_t align, size_t size)
{
  return fails_now () ? NULL : counted (__real_aligned_alloc (align, size));
}

int
__wrap_posix_memalign (void **out, size_t align, size_t size)
{
  int error = fails_now () ? ENOMEM : __real_posix_memalign (out, align, size);

  if (!error)
    atomic_fetch_add (&blocks, 1);
  return error;
}

char *
__wrap_strdup (const char *text)
{
  return fails_now () ? NULL : counted (__real_strdup (text));
}

char *
__wrap_strndup (const char *text, size_t n)
{
  return fails_now () ? NULL : counted (__real_strndup (text, n));
}

void
__wrap_free (void *memory)
{
  if (memory)
    atomic_fetch_sub (&blocks, 1);
  __real_free (memory);
}

int
__wrap_pthread_create (pthread_t *thread, const pthread_attr_t *attributes, void *(*run) (void *), void *argument)
{
  int error = atomic_fetch_add (&threads, 1) + 1 == atomic_load (&thread_to_fail)
                  ? EAGAIN
                  : __real_pthread_create (thread, attributes, run, argument);

  if (!error)
    atomic_fetch_add (&running, 1);
  return error;
}

int
__wrap_pthread_join (pthread_t thread, void **result)
{
  atomic_fetch_sub (&running, 1);
  return __real_pthread_join (thread, result);
}
