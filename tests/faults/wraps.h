/* SPDX-License-Identifier: GPL-3.0-or-later
 * wraps.h: the C library's allocations and thread creation as the engine sees them, counted and made to fail. The linker puts
 * these in place of the real ones (meson.build, --wrap), so calls that go round core/mem.h are seen too. */
#ifndef TESTS_FAULTS_WRAPS_H
#define TESTS_FAULTS_WRAPS_H

#include <stddef.h>

/* The n-th allocation (thread creation) from now fails: 1 = the next one, 0 = none. */
void fail_allocation (size_t n);
void fail_thread (size_t n);
/* Since the program began. */
size_t n_allocations (void);
size_t n_threads_created (void);
/* Blocks that were allocated and not freed yet, and threads not joined yet, by the program's own objects. */
long n_blocks (void);
long n_threads_running (void);

#endif
