/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * heap.h: how the C library keeps memory that was freed.
 */
#ifndef RVS_UI_HEAP_H
#define RVS_UI_HEAP_H

/* Pictures and what is known of faces go back to the system when they are freed, in the whole process and from then on. For main(): before
 * other threads are there. Does nothing where the C library is not GNU's. */
void rvs_heap_return_large_blocks (void);

#endif
