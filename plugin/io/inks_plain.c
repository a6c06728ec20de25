/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inks_plain.c: for builds without lcms2: no such colours are known.
 */
#include "base.h"
#include "inks.h"

bool
io__inks_known (const RvsBlob *icc, IoInks inks)
{
  (void)icc, (void)inks;
  return false;
}

RvsStatus
io__inks_to_srgb (const RvsBlob *icc, IoInks inks, const RvsMutView *from, const RvsMutView *to, RvsError *err)
{
  (void)icc, (void)inks, (void)from, (void)to;
  return io__fail (err, RVS_ERR_INTERNAL, "this build does not know these colours");
}
