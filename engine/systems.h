/* SPDX-License-Identifier: GPL-3.0-or-later
 * systems.h: the systems that the product holds, a row each, in the order front ends show them; the first is the default.
 *
 * ROW (id, label, help, weights, knobs, needs): the members of RvsSystemInfo. A macro, because the table of systems and the choices of
 * the parameter that selects one are both constant data made from it. */
#ifndef RVS_SYSTEMS_H
#define RVS_SYSTEMS_H

#define N_(text) text /* marks a text for translation; front ends translate */

/* A test may bring systems of its own: it compiles systems.c and params.c with this defined. */
#ifndef RVS_MORE_SYSTEM_ROWS
#define RVS_MORE_SYSTEM_ROWS(ROW)
#endif

#define RVS_SYSTEM_ROWS(ROW)                                                                                                       \
  ROW ("jsfm", N_ ("JSFM-GAN"), N_ ("Restores damaged, small and blurred faces; the best choice where little is left of a face."), \
       "restore-jsfm-512", RVS_KNOB_FIDELITY | RVS_KNOB_TEXTURE | RVS_KNOB_SEED | RVS_KNOB_COLOUR, RVS_NEEDS_MAP)                  \
  ROW ("fill", N_ ("Edge-prior inpainting"), N_ ("Fills scratches, tears and stains that are marked, on faces and around them."),  \
       "fill-face-512", RVS_KNOB_SEED, RVS_NEEDS_HOLE)                                                                             \
  ROW ("spad", N_ ("SPADNet"),                                                                                                     \
       N_ ("Makes small and slightly blurred faces sharper; the best choice where a face can still be recognised."),               \
       "restore-spad-512", RVS_KNOB_FIDELITY, RVS_NEEDS_MAP | RVS_NEEDS_HEAT_MAPS)                                                 \
  ROW ("sgpn", N_ ("SGPN"), N_ ("Restores faces with the help of their shape. Still in training: softer than JSFM-GAN."),          \
       "restore-sgpn-512", RVS_KNOB_FIDELITY | RVS_KNOB_COLOUR, RVS_NEEDS_SHAPE)                                                   \
  RVS_MORE_SYSTEM_ROWS (ROW)

#endif
