/* SPDX-License-Identifier: GPL-3.0-or-later
 * rows.h: systems that exist in tests only, forced into systems.c and params.c: what front ends do with a system of fewer knobs, and with
 * one that needs a hole, is tried before the product has such ones. */
#ifndef RVS_TESTS_SYSTEMS_ROWS_H
#define RVS_TESTS_SYSTEMS_ROWS_H

#define RVS_MORE_SYSTEM_ROWS(ROW)                                                                                                  \
  ROW ("tint", N_ ("Tint"), N_ ("Leaves the face as it is but for a tint."), "restore-tint", RVS_KNOB_COLOUR, 0)                   \
  ROW ("patch", N_ ("Patch"), N_ ("Fills a hole with one colour."), "restore-patch", 0, RVS_NEEDS_HOLE)

#endif
