/* SPDX-License-Identifier: GPL-3.0-or-later
 * arches.c: every network that there is. A new one is a row here; one that the user may choose has a row in systems.h too. */
#include "model.h"
#include "net/detector.h"
#include "net/fill.h"
#include "net/finder.h"
#include "net/jsfm.h"
#include "net/parser.h"
#include "net/sgpn.h"
#include "net/shape.h"
#include "net/spad.h"

const RvsArch *const rvs__arches[] = { &rvs__arch_jsfm,   &rvs__arch_spad,     &rvs__arch_sgpn,
                                       &rvs__arch_fill,   &rvs__arch_finder,   &rvs__arch_shape,
                                       &rvs__arch_parser, &rvs__arch_detector, NULL };
