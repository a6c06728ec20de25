/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm.h: the JSFM generator (networks.md 2.3, 2.6, 2.8). Sizes and equations: docs/weights-format.md. */
#ifndef RVS_NET_JSFM_H
#define RVS_NET_JSFM_H

#include "net/arch.h"

/* A restorer: prepare is stage 1, whose features and image at 64 are the state; run is stage 2, its images those at 64, 128, ... */
extern const RvsArch rvs__arch_jsfm;

#endif
