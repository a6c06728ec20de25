/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watchdog.h: how long the main loop works between two polls: by the thread's own processor time for the verdict, since other
 * programs' load is not ours, and by the clock for the record.
 */
#ifndef TESTS_WATCHDOG_H
#define TESTS_WATCHDOG_H

#include <glib.h>

/* The promise about the interface. */
#define WATCHDOG_LIMIT_MS 50

/* The calling thread's own processor time. */
gint64 watchdog_thread_us (void);
/* What is told of each piece of work between two polls. */
typedef void (*WatchdogTurn) (gint64 cpu_us, gint64 wall_us);
/* Watches the default main context from here on. Main thread, as all of these. told: may be NULL. */
void watchdog_install (WatchdogTurn told);
/* Forgets what was measured so far. */
void watchdog_reset (void);
/* The longest time since, in milliseconds. */
double watchdog_cpu_ms (void);
double watchdog_wall_ms (void);

#endif
