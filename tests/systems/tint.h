/* SPDX-License-Identifier: GPL-3.0-or-later
 * tint.h: systems of test_tint.c, forced into systems.c in the place of the product's further rows. */
#ifndef RVS_TESTS_SYSTEMS_TINT_H
#define RVS_TESTS_SYSTEMS_TINT_H

#define RVS_MORE_SYSTEM_ROWS(ROW)                                                                                                  \
  ROW ("tint", "Tint", "Adds a colour.", "restore-tint", RVS_KNOB_COLOUR, RVS_NEEDS_MAP)                                           \
  ROW ("needy", "Needy", "Adds a colour.", "restore-needy", 0, RVS_NEEDS_HEAT_MAPS)

extern int tint_runs; /* of the network so far */

#endif
