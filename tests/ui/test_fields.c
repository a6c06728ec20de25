/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_fields.c: the list of fields over a parameter table of its own, as long as one may be.
 */
#include "fields.h"
#include <glib.h>
#include <string.h>

static const RvsSystemInfo SYSTEMS[] = { { .id = "whole", .label = "Whole", .knobs = RVS_KNOB_TEXTURE },
                                         { .id = "plain", .label = "Plain" },
                                         { .id = "bare", .label = "Bare", .needs = RVS_NEEDS_HOLE } };
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
  if ((spec->only_needs && !(spec->only_needs & system->needs)) || (spec->never_needs & system->needs))
    return false;
  return !spec->knob || (spec->knob & system->knobs);
}

/* The first row chooses the system; no test here looks at anything else in RvsParams. */

void
rvs_params_init (RvsParams *params)
{
  memset (params, 0, sizeof *params);
}

RvsStatus
rvs_params_set (RvsParams *params, const char *key, double value, RvsError *err)
{
  (void)key, (void)err;
  params->system = (uint32_t)value;
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
  table[0].selects_system = true;
  table[0].store = RVS_STORE_UINT32;
  table[3].knob = RVS_KNOB_TEXTURE;
}

/* Every row has a field, and the fields of layers come behind them. */
static void
test_none_is_dropped (void)
{
  RvsValues values;
  g_assert_cmpuint (rvs_fields_count (), ==, RVS_PARAMS_MAX + 6);
  g_assert_cmpuint (rvs_layer_fields_count (), ==, RVS_PARAMS_MAX + 5);
  for (int i = 0; i < RVS_PARAMS_MAX; i++)
    g_assert_cmpint (rvs_field_index (keys[i]), ==, i);
  rvs_values_init (&values);
  g_assert_cmpfloat (rvs_values_get (&values, keys[RVS_PARAMS_MAX - 1]), ==, RVS_PARAMS_MAX - 1);
  g_assert_true (rvs_values_inside_selection (&values));
  g_assert_cmpint (rvs_values_output (&values), ==, RVS_OUTPUT_MASKED_LAYER);
}

/* Positions of the first release never change: what was added later comes last, in the order it was added. */
static void
test_order_of_addition (void)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < RVS_PARAMS_MAX; i++)
    g_assert_cmpuint (rvs_field_in_order (i), ==, i);
  g_assert_cmpstr (rvs_field (rvs_field_in_order (n - 2))->key, ==, "find-scratches"); /* added after the first release */
  g_assert_cmpstr (rvs_field (rvs_field_in_order (n - 1))->key, ==, "enlarge");        /* no layer has it: last in both orders */
  g_assert_cmpstr (rvs_field (n - 1)->key, ==, "enlarge");
  table[5].added = 50; /* however late a layer's field is added */
  g_assert_cmpuint (rvs_field_in_order (n - 2), ==, 5);
  g_assert_cmpstr (rvs_field (rvs_field_in_order (n - 1))->key, ==, "enlarge");
  table[5].added = 0;
  table[2].added = 2;
  table[7].added = 1;
  g_assert_cmpuint (rvs_field_in_order (0), ==, 0);
  g_assert_cmpuint (rvs_field_in_order (2), ==, 3);
  g_assert_cmpuint (rvs_field_in_order (5), ==, 6);
  g_assert_cmpuint (rvs_field_in_order (6), ==, 8);
  g_assert_cmpuint (rvs_field_in_order (n - 7), ==,
                    n - 3); /* the output: of the first release, and in its place before the new ones */
  g_assert_cmpuint (rvs_field_in_order (n - 6), ==, 7);
  g_assert_cmpuint (rvs_field_in_order (n - 5), ==, (size_t)rvs_field_index ("then-restore"));
  g_assert_cmpuint (rvs_field_in_order (n - 4), ==, 2);
  g_assert_cmpuint (rvs_field_in_order (n - 3), ==, (size_t)rvs_field_index ("again"));
  table[2].added = table[7].added = 0;
}

/* The channel has a place among the fields that stays, and is no row. */
static void
test_channel (void)
{
  RvsValues values;
  char      name[RVS_CHANNEL_MAX + 1];
  size_t    n = rvs_layer_fields_count ();
  g_assert_cmpuint (rvs_fields_before_channel (), ==, n);
  table[5].added = RVS_CHANNEL_ADDED + 1;
  g_assert_cmpuint (rvs_fields_before_channel (), ==, n - 1);
  g_assert_cmpuint (rvs_field_in_order (n - 1), ==, 5);
  table[5].added = 0;
  g_assert_cmpint (rvs_field_index (RVS_CHANNEL_KEY), ==, -1);
  memset (name, 'x', sizeof name);
  name[RVS_CHANNEL_MAX] = 0;
  rvs_values_init (&values);
  g_assert_cmpstr (values.channel, ==, "");
  g_assert_true (rvs_values_set_channel (&values, "Anna"));
  g_assert_false (rvs_values_set_channel (&values, name));
  g_assert_cmpstr (values.channel, ==, "Anna");
  g_assert_true (rvs_values_set_channel (&values, name + 1));
  g_assert_true (rvs_values_set_channel (&values, NULL));
  for (size_t i = 0; i < sizeof values.channel; i++)
    g_assert_cmpint (values.channel[i], ==, 0); /* compared as bytes */
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

/* A system that fills a hole: what may come after it, and the fields that either has a use for. */
static void
test_filling (void)
{
  const RvsParamSpec *then = rvs_field ((size_t)rvs_field_index ("then-restore"));
  const RvsParamSpec *inside = rvs_field ((size_t)rvs_field_index ("inside-selection"));
  RvsValues           values;
  rvs_values_init (&values);
  rvs_values_set (&values, "then-restore", 1);
  g_assert_false (rvs_values_fill (&values));
  g_assert_null (rvs_values_then (&values));
  g_assert_false (rvs_values_use (&values, then));
  g_assert_true (rvs_values_use (&values, inside));
  g_assert_true (rvs_values_choose_filling (&values, true));
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "bare");
  g_assert_cmpstr (rvs_values_then (&values)->id, ==, "whole");
  g_assert_true (rvs_values_use (&values, then));
  g_assert_false (rvs_values_use (&values, inside));
  g_assert_true (rvs_values_use (&values, &table[3])); /* of the system that comes after */
  rvs_values_set (&values, "enlarge", 3);
  g_assert_cmpint (rvs_values_factor (&values), ==, 1); /* what fills keeps the size */
  rvs_values_set (&values, "then-restore", 0);
  g_assert_null (rvs_values_then (&values));
  g_assert_false (rvs_values_use (&values, &table[3]));
  g_assert_true (rvs_values_choose_filling (&values, false));
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "whole");
  g_assert_cmpint (rvs_values_factor (&values), ==, 4);
  rvs_values_set (&values, "enlarge", 4);
  g_assert_cmpint (rvs_values_factor (&values), ==, 8);
  g_assert_true (rvs_values_set_factor (&values, 3));
  g_assert_cmpint (rvs_values_factor (&values), ==, 3);
  g_assert_false (rvs_values_set_factor (&values, 5));
  g_assert_false (rvs_values_set_factor (&values, 0));
  g_assert_cmpint (rvs_values_factor (&values), ==, 3);
  rvs_values_set (&values, keys[0], 1);
  g_assert_true (rvs_values_choose_filling (&values, false)); /* one that fits stays */
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "plain");
}

/* One choice for an old photo; where no scratch is found, the faces alone. */
static void
test_old_photo (void)
{
  RvsValues values;
  rvs_values_init (&values);
  g_assert_false (rvs_values_skip_filling (&values));
  g_assert_true (rvs_values_old_photo (&values));
  g_assert_true (rvs_values_find (&values));
  g_assert_nonnull (rvs_values_then (&values));
  g_assert_true (rvs_values_skip_filling (&values));
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "whole");
  g_assert_false (rvs_values_find (&values));
  rvs_values_old_photo (&values);
  rvs_values_set (&values, "then-restore", 0);
  g_assert_false (rvs_values_skip_filling (&values));
  g_assert_true (rvs_values_fill (&values));
}

int
main (int argc, char **argv)
{
  make_table ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fields/none-is-dropped", test_none_is_dropped);
  g_test_add_func ("/fields/order-of-addition", test_order_of_addition);
  g_test_add_func ("/fields/channel", test_channel);
  g_test_add_func ("/fields/ignored-by", test_ignored_by);
  g_test_add_func ("/fields/filling", test_filling);
  g_test_add_func ("/fields/old-photo", test_old_photo);
  return g_test_run ();
}
