/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * properties.h: the engine's table of parameters as properties of an operation, and back. A parameter that may be "auto" is two properties:
 * the switch KEY-auto and the value; a dialog shows those that the chosen system has.
 */
#ifndef RVS_GEGL_PROPERTIES_H
#define RVS_GEGL_PROPERTIES_H

#include "rvs_params.h"

#include <glib-object.h>

/* What the properties hold. */
typedef struct RvsProperties
{
  double   values[RVS_PARAMS_MAX]; /* a row of the table each */
  gboolean autos[RVS_PARAMS_MAX];
} RvsProperties;

void rvs_properties_install (GObjectClass *klass);
void rvs_properties_set (RvsProperties *properties, guint id, const GValue *value);
void rvs_properties_get (const RvsProperties *properties, guint id, GValue *value);
/* Fails with ARGUMENT, as rvs_params_set. */
RVS_NODISCARD RvsStatus rvs_properties_params (const RvsProperties *properties, RvsParams *out, RvsError *err);

#endif
