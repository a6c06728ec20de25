/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recipe.h: the record attached to a restored layer: enough to do the same again years later.
 */
#ifndef RVS_GIMP_RECIPE_H
#define RVS_GIMP_RECIPE_H

#include "models.h"
#include "ui_host.h"

#define RVS_RECIPE_PARASITE "revisage-recipe"

/* JSON: version, weights and their hash, the layer that it was made from (its tattoo), every field, every restored face; g_free. */
char *rvs_recipe_text (RvsModels *models, const RvsUiResult *result, guint32 source);
/* What such a text says of the source, 0: nothing; and of the fields: those that this version knows, the others stay as they are. */
guint32 rvs_recipe_source (const char *text);
void    rvs_recipe_values (const char *text, RvsValues *values);

#endif
