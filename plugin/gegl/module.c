/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * module.c: what GEGL asks of a module.
 */
#include "operation.h"

#include "i18n.h"

#include <libintl.h>

const GeglModuleInfo *gegl_module_query (GTypeModule *module);
gboolean              gegl_module_register (GTypeModule *module);

const GeglModuleInfo *
gegl_module_query (GTypeModule *module)
{
  static const GeglModuleInfo info = { GEGL_MODULE_ABI_VERSION };

  (void)module;
  return &info;
}

/* A user who has the module of setup.sh has the catalogs of setup.sh. */
static void
bind_catalogs (void)
{
  const char *data = g_get_user_data_dir ();
  char       *own = g_build_filename (data, "gegl-0.4", "plug-ins", "revisage-gegl.so", NULL);
  char       *beside = g_build_filename (data, "locale", NULL);

  bindtextdomain (RVS_GETTEXT_DOMAIN, g_file_test (own, G_FILE_TEST_EXISTS) ? beside : RVS_LOCALE_DIR);
  bind_textdomain_codeset (RVS_GETTEXT_DOMAIN, "UTF-8");
  g_free (own);
  g_free (beside);
}

gboolean
gegl_module_register (GTypeModule *module)
{
  bind_catalogs ();
  rvs_effect_register (module);
  return TRUE;
}
