/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * operation.h: the GEGL operation revisage:restore-faces.
 */
#ifndef RVS_GEGL_OPERATION_H
#define RVS_GEGL_OPERATION_H

#include <gegl-plugin.h>
#include <gegl.h>

/* Makes the type known to GEGL, as part of a module. */
void rvs_effect_register (GTypeModule *module);

#endif
