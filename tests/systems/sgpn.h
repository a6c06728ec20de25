/* SPDX-License-Identifier: GPL-3.0-or-later
 * sgpn.h: the row of shape and generative priors, forced into systems.c: the product has it once its weights are shipped. */
#ifndef RVS_TESTS_SYSTEMS_SGPN_H
#define RVS_TESTS_SYSTEMS_SGPN_H

#define RVS_MORE_SYSTEM_ROWS(ROW)                                                                                                  \
  ROW ("sgpn", "SGPN", "Faces that are turned or hardly to be seen.", "restore-sgpn-512", RVS_KNOB_FIDELITY | RVS_KNOB_COLOUR,     \
       RVS_NEEDS_SHAPE)

#endif
