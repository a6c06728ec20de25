/* SPDX-License-Identifier: GPL-3.0-or-later
 * order.h: numbers in order, for medians and other quantiles. */
#ifndef RVS_CORE_ORDER_H
#define RVS_CORE_ORDER_H

#include <stddef.h>

/* Ascending; values must not be NaN. */
void rvs__sort_floats (float *values, size_t n);

#endif
