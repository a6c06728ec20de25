/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_module.c: the module as GEGL loads it (GEGL_PATH): its place in the menu, and a property for every parameter of the engine's, shown
 * where the chosen system has it.
 */
#include "rvs_params.h"

#include <gegl-plugin.h>
#include <gegl.h>
#include <string.h>

#define NAME "revisage:restore-faces"

static GParamSpec *
property (const char *key, const char *ending)
{
  char       *name = g_strconcat (key, ending, NULL);
  GParamSpec *found = gegl_operation_find_property (NAME, name);
  g_free (name);
  return found;
}

static void
test_keys (void)
{
  g_assert_true (gegl_has_operation (NAME));
  g_assert_cmpstr (gegl_operation_get_key (NAME, "gimp:menu-path"), ==, "<Image>/Filters/Enhance");
  g_assert_nonnull (gegl_operation_get_key (NAME, "description"));
}

static void
test_every_parameter (void)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);
  for (size_t i = 0; i < n; i++)
    {
      g_assert_nonnull (property (table[i].key, ""));
      g_assert_cmpint (property (table[i].key, "-auto") != NULL, ==, table[i].auto_word != NULL);
    }
}

/* No system that needs a hole, and each other by its word. */
static void
test_systems (void)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);
  GEnumClass          *words = g_type_class_ref (property ("model", "")->value_type);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpint (g_enum_get_value_by_nick (words, systems[i].id) != NULL, ==, !(systems[i].needs & RVS_NEEDS_HOLE));
  g_type_class_unref (words);
}

static void
test_shown (void)
{
  const char *always = gegl_param_spec_get_property_key (property ("strength", ""), "visible");
  const char *some = gegl_param_spec_get_property_key (property ("texture", ""), "visible");
  g_assert_null (always);
  g_assert_nonnull (some);
  g_assert_nonnull (strstr (some, "model {jsfm"));
  g_assert_null (strstr (some, "spad"));
  g_assert_cmpstr (gegl_param_spec_get_property_key (property ("fidelity", ""), "sensitive"), ==, "! fidelity-auto");
}

int
main (int argc, char **argv)
{
  int status;
  g_test_init (&argc, &argv, NULL);
  gegl_init (&argc, &argv);
  g_test_add_func ("/module/keys", test_keys);
  g_test_add_func ("/module/every-parameter", test_every_parameter);
  g_test_add_func ("/module/systems", test_systems);
  g_test_add_func ("/module/shown", test_shown);
  status = g_test_run ();
  gegl_exit ();
  return status;
}
