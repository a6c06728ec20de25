/* SPDX-License-Identifier: GPL-3.0-or-later
 * testing.h: cmocka with the headers it wants before it, in an order that sorting must not change. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
