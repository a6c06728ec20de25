/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_fields.c: the list of fields over a parameter table of its own, as long as one may be.
 */
#include "fields.h"
#include <glib.h>
#include <string.h>

static const RvsSystemInfo SYSTEMS[] = { { .id = "whole", .label = "Whole", .knobs = RVS_KNOB_TEXTURE },
                                         { .id = "plain", .label = "Plain" },
                                         { .id = "bare", .label = "Bare" } };
static RvsParamSpec        table[RVS_PARAMS_MAX];
static char                keys[RVS_PARAMS_MAX][8];

const RvsParamSpec *
rvs_params_table (size_t *out_n)
{
  *out_n = RVS_PARAMS_MAX;
  return table;
}

const RvsSystemInfo *
rvs_systems (size_t *out_n)
{
  *out_n = G_N_ELEMENTS (SYSTEMS);
  return SYSTEMS;
}

bool
rvs_param_applies (const RvsParamSpec *spec, const RvsSystemInfo *system)
{
  return !spec->knob || (spec->knob & system->knobs);
}

/* No test here looks into RvsParams. */

void
rvs_params_init (RvsParams *params)
{
  memset (params, 0, sizeof *params);
}

RvsStatus
rvs_params_set (RvsParams *params, const char *key, double value, RvsError *err)
{
  (void)params, (void)key, (void)value, (void)err;
  return RVS_OK;
}

const RvsSystemInfo *
rvs_params_system (const RvsParams *params)
{
  return &SYSTEMS[params->system];
}

static void
make_table (void)
{
  for (int i = 0; i < RVS_PARAMS_MAX; i++)
    {
      g_snprintf (keys[i], sizeof keys[i], "row-%d", i);
      table[i] = (RvsParamSpec){ .key = keys[i], .max = 100, .initial = i, .label = "Row", .help = "A row." };
    }
  table[3].knob = RVS_KNOB_TEXTURE;
}

/* Every row has a field, and the fields of layers come behind them. */
static void
test_none_is_dropped (void)
{
  RvsValues values;
  g_assert_cmpuint (rvs_fields_count (), ==, RVS_PARAMS_MAX + 2);
  for (int i = 0; i < RVS_PARAMS_MAX; i++)
    g_assert_cmpint (rvs_field_index (keys[i]), ==, i);
  rvs_values_init (&values);
  g_assert_cmpfloat (rvs_values_get (&values, keys[RVS_PARAMS_MAX - 1]), ==, RVS_PARAMS_MAX - 1);
  g_assert_true (rvs_values_inside_selection (&values));
  g_assert_cmpint (rvs_values_output (&values), ==, RVS_OUTPUT_LAYER);
}

/* Positions of the first release never change: what was added later comes last, in the order it was added. */
static void
test_order_of_addition (void)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    g_assert_cmpuint (rvs_field_in_order (i), ==, i);
  table[2].added = 2;
  table[7].added = 1;
  g_assert_cmpuint (rvs_field_in_order (0), ==, 0);
  g_assert_cmpuint (rvs_field_in_order (2), ==, 3);
  g_assert_cmpuint (rvs_field_in_order (5), ==, 6);
  g_assert_cmpuint (rvs_field_in_order (6), ==, 8);
  g_assert_cmpuint (rvs_field_in_order (n - 3), ==,
                    n - 1); /* the output: of the first release, and in its place before the new ones */
  g_assert_cmpuint (rvs_field_in_order (n - 2), ==, 7);
  g_assert_cmpuint (rvs_field_in_order (n - 1), ==, 2);
  table[2].added = table[7].added = 0;
}

static void
test_ignored_by (void)
{
  char *names = rvs_field_ignored_by (&table[3]);
  g_assert_cmpstr (names, ==, "Plain, Bare");
  g_free (names);
  g_assert_null (rvs_field_ignored_by (&table[0]));
  g_assert_true (rvs_field_of_knob (RVS_KNOB_TEXTURE) == &table[3]);
  g_assert_null (rvs_field_of_knob (RVS_KNOB_SEED));
}

int
main (int argc, char **argv)
{
  make_table ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fields/none-is-dropped", test_none_is_dropped);
  g_test_add_func ("/fields/order-of-addition", test_order_of_addition);
  g_test_add_func ("/fields/ignored-by", test_ignored_by);
  return g_test_run ();
}
