/* SPDX-License-Identifier: GPL-3.0-or-later
 * seam.h: how a network's answer joins what is known around the hole. */
#ifndef RVS_MEND_SEAM_H
#define RVS_MEND_SEAM_H

#include "net/fill.h"

/* In the three pixels along the hole's edge the answer takes on what it lacks just outside of it: there both are known. Damage has no
 * part in it, as it would if the answer faded into the photo. answer: of rvs__fill_forward for `in`; becomes the photo where that is known.
 * Row-parallel, the same bits for any thread count. */
void rvs__mend_seam (RvsExec *exec, const RvsFillIn *in, RvsTensor *answer);

#endif
