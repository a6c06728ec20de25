/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recipe.h: the record attached to a restored layer: enough to do the same again years later.
 */
#ifndef RVS_GIMP_RECIPE_H
#define RVS_GIMP_RECIPE_H

#include "models.h"
#include "ui_host.h"

#define RVS_RECIPE_PARASITE "revisage-recipe"

/* JSON: version, weights and their hash, every field, every restored face; g_free. */
char *rvs_recipe_text (RvsModels *models, const RvsUiResult *result);

#endif
