/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad.h: SPADNet, face super-resolution with kernels that follow the face's structure (networks.md section 4, recipes.md section 3).
 * Graph: docs/weights-format.md, `spad`. It is deterministic. Its fidelity blends the weights of two networks
 * (spad_blend.c); where it varies from place to place, what they make is mixed. */
#ifndef RVS_NET_SPAD_H
#define RVS_NET_SPAD_H

#include "net/arch.h"

typedef struct RvsSpadNet RvsSpadNet; /* packed weights, owned by the model */

extern const RvsArch rvs__arch_spad; /* of an RvsSpadNet; a restorer */

#endif
