/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_params.c: the parameter table makes sense, text is parsed strictly and in every locale, and RvsParams is checked. */
#include "rvs_params.h"
#include "testing.h"

#include <locale.h>
#include <math.h>
#include <string.h>

static void
test_table (void **state)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);

  (void)state;
  assert_true (n >= 8);
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = &table[i];
      char                text[64];
      double              back;

      assert_ptr_equal (rvs_params_find (spec->key), spec); /* so no key occurs twice */
      assert_int_equal (strspn (spec->key, "abcdefghijklmnopqrstuvwxyz-"), strlen (spec->key));
      assert_true (spec->label && spec->label[0]);
      assert_true (spec->help && spec->help[0] && spec->help[strlen (spec->help) - 1] == '.');
      assert_true (spec->min <= spec->max);
      assert_true ((spec->initial >= spec->min && spec->initial <= spec->max)
                   || (spec->auto_word && spec->initial == spec->auto_value));
      assert_true ((spec->kind == RVS_PARAM_CHOICE) == (spec->choices != NULL));
      if (spec->choices)
        {
          int n_choices = 0;
          while (spec->choices[n_choices].id)
            assert_non_null (spec->choices[n_choices++].label);
          assert_int_equal (n_choices, (int)spec->max + 1);
        }
      rvs_param_format (spec, spec->initial, text, sizeof text);
      assert_int_equal (rvs_param_parse (spec, text, &back, NULL), RVS_OK);
      assert_true (back == spec->initial);
    }
  assert_null (rvs_params_find ("nonsense"));
  assert_null (rvs_params_find (""));
}

/* The choices of the one parameter that selects a system are the systems, in their order. */
static void
test_systems (void **state)
{
  size_t               n_systems, n_params, n_selecting = 0;
  const RvsSystemInfo *systems = rvs_systems (&n_systems);
  const RvsParamSpec  *params = rvs_params_table (&n_params);

  (void)state;
  assert_true (n_systems >= 1);
  for (size_t i = 0; i < n_systems; i++)
    {
      assert_ptr_equal (rvs_system_find (systems[i].id), &systems[i]); /* so no id occurs twice */
      assert_int_equal (strspn (systems[i].id, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen (systems[i].id));
      assert_true (systems[i].label[0] && systems[i].weights[0]);
      assert_true (systems[i].help[strlen (systems[i].help) - 1] == '.');
    }
  assert_null (rvs_system_find ("nonsense"));
  for (size_t i = 0; i < n_params; i++)
    if (params[i].selects_system)
      {
        n_selecting++;
        for (size_t k = 0; k < n_systems; k++)
          {
            assert_string_equal (params[i].choices[k].id, systems[k].id);
            assert_string_equal (params[i].choices[k].label, systems[k].label);
          }
      }
  assert_int_equal (n_selecting, 1);
}

static void
test_applies (void **state)
{
  const RvsSystemInfo plain = { .id = "plain" }, textured = { .id = "textured", .knobs = RVS_KNOB_TEXTURE | RVS_KNOB_SEED };
  const RvsSystemInfo shaped = { .id = "shaped", .needs = RVS_NEEDS_SHAPE };

  (void)state;
  assert_true (rvs_param_applies (rvs_params_find ("strength"), &plain));
  assert_false (rvs_param_applies (rvs_params_find ("texture"), &plain));
  assert_true (rvs_param_applies (rvs_params_find ("texture"), &textured));
  assert_false (rvs_param_applies (rvs_params_find ("fidelity"), &textured));
  assert_true (rvs_param_applies (rvs_params_find ("shape-prior"), &shaped));
  assert_false (rvs_param_applies (rvs_params_find ("shape-prior"), &plain));
}

static void
check_parse (const char *key, const char *text, double expected)
{
  const RvsParamSpec *spec = rvs_params_find (key);
  RvsError            err = { RVS_OK, "" };
  double              value = -77;

  assert_non_null (spec);
  if (rvs_param_parse (spec, text, &value, &err) != RVS_OK || value != expected)
    fail_msg ("%s=%s gives %.17g (%s)", key, text, value, err.message);
}

static void
check_refused (const char *key, const char *text, const char *says)
{
  RvsError err = { RVS_OK, "" };
  double   value;

  if (rvs_param_parse (rvs_params_find (key), text, &value, &err) != RVS_ERR_ARGUMENT || err.status != RVS_ERR_ARGUMENT
      || !strstr (err.message, says))
    fail_msg ("%s=%s: status %d, message '%s', expected '%s'", key, text, (int)err.status, err.message, says);
}

static void
test_parse (void **state)
{
  (void)state;
  check_parse ("strength", "0", 0);
  check_parse ("strength", "1", 1);
  check_parse ("strength", "0.8", 0.8);
  check_parse ("strength", ".5", 0.5);
  check_parse ("strength", "00.50", 0.5);
  check_parse ("strength", "0.333333333333333333333333", 0.333333333333333);
  check_parse ("strength", "0.1234567890123456789", 0.123456789012345);
  check_parse ("strength", "-0", 0);
  check_parse ("fidelity", "auto", -1);
  check_parse ("fidelity", "0.35", 0.35);
  check_parse ("seed", "4294967295", 4294967295.0);
  check_parse ("faces", "all", 0);
  check_parse ("faces", "3", 3);
  check_parse ("faces", "largest", 1);
  check_parse ("min-face", "16.5", 16.5);
  check_parse ("model", "jsfm", 0);
  check_parse ("turned", "auto", RVS_TURNED_AUTO);
  check_parse ("turned", "always", RVS_TURNED_ALWAYS);
  check_parse ("turned", "never", RVS_TURNED_NEVER);
  check_parse ("region", "face", RVS_REGION_FACE);
  check_parse ("region", "head", RVS_REGION_HEAD);
  check_parse ("region", "crop", RVS_REGION_CROP);
  check_parse ("shape-prior", "auto", RVS_SHAPE_AUTO);
  check_parse ("shape-prior", "off", RVS_SHAPE_OFF);
}

static void
test_parse_refuses (void **state)
{
  static const char *const not_numbers[]
      = { "",     " ",   " 0.5", "0.5 ", "0,5", "0.5x",     "+0.5",  "1.",   ".",     "-",           "--1",
          "0..5", "1e0", "0x1",  "nan",  "inf", "infinity", "0.5.5", "AUTO", "0.5\n", "\xef\xbc\x91" };

  (void)state;
  for (size_t i = 0; i < sizeof not_numbers / sizeof *not_numbers; i++)
    check_refused ("strength", not_numbers[i], "is not a number from 0 to 1");
  check_refused ("strength", "1.5", "strength: '1.5' is not a number from 0 to 1");
  check_refused ("strength", "1.00000001", "is not a number from 0 to 1");
  check_refused ("strength", "-0.1", "is not a number from 0 to 1");
  check_refused ("strength", "auto", "is not a number from 0 to 1");
  check_refused ("strength", "1000000000000000000000000000000000000000", "is not a number from 0 to 1");
  check_refused ("fidelity", "-1", "fidelity: '-1' is not a number from 0 to 1 or auto");
  check_refused ("seed", "4294967296", "seed: '4294967296' is not a whole number from 0 to 4294967295");
  check_refused ("seed", "1.0", "whole number");
  check_refused ("seed", "42949672950000000000000", "whole number");
  check_refused ("faces", "0", "faces: '0' is not a whole number from 1 to 999 or all");
  check_refused ("model", "jsf", "model: 'jsf' is not one of: jsfm");
  check_refused ("model", "", "model: '' is not one of: jsfm");
  check_refused ("model", "0", "is not one of");
}

static void
test_parse_bool (void **state)
{
  const RvsParamSpec spec = { .key = "b", .kind = RVS_PARAM_BOOL, .max = 1, .label = "b", .help = "b." };
  static const char *on[] = { "yes", "on", "true", "1" }, *off[] = { "no", "off", "false", "0" };
  double             value;
  char               text[8];
  RvsError           err = { RVS_OK, "" };

  (void)state;
  for (int i = 0; i < 4; i++)
    {
      assert_int_equal (rvs_param_parse (&spec, on[i], &value, NULL), RVS_OK);
      assert_true (value == 1);
      assert_int_equal (rvs_param_parse (&spec, off[i], &value, NULL), RVS_OK);
      assert_true (value == 0);
    }
  assert_int_equal (rvs_param_parse (&spec, "2", &value, &err), RVS_ERR_ARGUMENT);
  assert_string_equal (err.message, "b: '2' is not yes or no");
  rvs_param_format (&spec, 1, text, sizeof text);
  assert_string_equal (text, "yes");
}

static void
check_format (const char *key, double value, const char *expected)
{
  char text[64];

  rvs_param_format (rvs_params_find (key), value, text, sizeof text);
  assert_string_equal (text, expected);
}

static void
test_format (void **state)
{
  char text[4] = "abc";

  (void)state;
  check_format ("strength", 0.8, "0.8");
  check_format ("strength", (double)0.1f, "0.1");
  check_format ("strength", 1, "1");
  check_format ("strength", 0, "0");
  check_format ("strength", -0.0, "0");
  check_format ("strength", 1e-7, "0");
  check_format ("strength", -1e-7, "0");
  check_format ("strength", 0.999999999, "1");
  check_format ("strength", 0.000001, "0.000001");
  check_format ("strength", -0.25, "-0.25");
  check_format ("strength", NAN, "nan");
  check_format ("strength", INFINITY, "inf");
  check_format ("fidelity", -1, "auto");
  check_format ("seed", 4294967295.0, "4294967295");
  check_format ("faces", 0, "all");
  check_format ("model", 0, "jsfm");
  check_format ("model", 7, "7");
  rvs_param_format (rvs_params_find ("model"), 0, text, 3);
  assert_string_equal (text, "js");
  rvs_param_format (rvs_params_find ("model"), 0, text, 0);
  assert_string_equal (text, "js");
}

/* A decimal comma must change nothing, where a locale that has one is installed. */
static void
test_locale (void **state)
{
  static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "es_ES.UTF-8", "ru_RU.UTF-8" };
  const char              *set = NULL;

  (void)state;
  for (size_t i = 0; !set && i < sizeof names / sizeof *names; i++)
    set = setlocale (LC_ALL, names[i]);
  if (!set)
    print_message ("# no locale with a decimal comma is installed\n");
  check_parse ("strength", "0.8", 0.8);
  check_refused ("strength", "0,8", "is not a number from 0 to 1");
  check_format ("strength", 0.8, "0.8");
  setlocale (LC_ALL, "C");
}

static void
test_init (void **state)
{
  RvsParams params;

  (void)state;
  memset (&params, 0xff, sizeof params);
  rvs_params_init (&params);
  assert_int_equal (rvs_params_check (&params, NULL), RVS_OK);
  assert_true (params.strength == 1 && params.fidelity == RVS_FIDELITY_AUTO && params.keep_colour == 1 && params.texture == 1);
  assert_int_equal (params.seed, 0);
  for (int i = 0; i < RVS_N_PARTS; i++)
    assert_true (params.part_fidelity[i] == RVS_FIDELITY_AUTO);
  assert_null (params.fidelity_map.pixels);
  assert_null (params.mask.pixels);
}

/* Every row has a member of its own: a value put into one comes back, and no other changes. */
static void
test_set_and_get (void **state)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);
  RvsParams           params;
  double              value;

  (void)state;
  for (size_t i = 0; i < n; i++)
    {
      rvs_params_init (&params);
      assert_int_equal (rvs_params_set (&params, table[i].key, table[i].max, NULL), RVS_OK);
      for (size_t k = 0; k < n; k++)
        {
          assert_int_equal (rvs_params_get (&params, table[k].key, &value, NULL), RVS_OK);
          assert_true (value == (k == i ? table[k].max : table[k].initial));
        }
    }
}

static void
test_set_refuses (void **state)
{
  RvsParams params, before;
  RvsError  err = { RVS_OK, "" };
  double    value = 77;

  (void)state;
  rvs_params_init (&params);
  before = params;
  assert_int_equal (rvs_params_set (&params, "nonsense", 1, &err), RVS_ERR_ARGUMENT);
  assert_string_equal (err.message, "there is no parameter 'nonsense'");
  assert_int_equal (rvs_params_get (&params, "nonsense", &value, NULL), RVS_ERR_ARGUMENT);
  assert_true (value == 77);
  err = (RvsError){ RVS_OK, "" };
  assert_int_equal (rvs_params_set (&params, "texture", 2.5, &err), RVS_ERR_ARGUMENT);
  assert_string_equal (err.message, "texture: 2.5 is not a number from 0 to 2");
  assert_int_equal (rvs_params_set (&params, "seed", NAN, NULL), RVS_ERR_ARGUMENT);
  assert_memory_equal (&params, &before, sizeof params);
}

static void
expect_params_refused (const RvsParams *params, const char *says)
{
  RvsError err = { RVS_OK, "" };

  assert_int_equal (rvs_params_check (params, &err), RVS_ERR_ARGUMENT);
  if (!strstr (err.message, says))
    fail_msg ("message '%s', expected '%s'", err.message, says);
}

static void
test_check (void **state)
{
  static uint8_t px[12];
  RvsView        plane = { px, 4, 4, 3, 1, RVS_DEPTH_U8 };
  RvsParams      params, p;

  (void)state;
  rvs_params_init (&params);
  p = params, p.strength = 1.5f, expect_params_refused (&p, "strength: 1.5 is not a number from 0 to 1");
  p = params, p.strength = -0.5f, expect_params_refused (&p, "strength: -0.5 is not");
  p = params, p.strength = NAN, expect_params_refused (&p, "strength: nan is not");
  p = params, p.fidelity = -0.5f, expect_params_refused (&p, "fidelity: -0.5 is not a number from 0 to 1 or auto");
  p = params, p.fidelity = INFINITY, expect_params_refused (&p, "fidelity: inf is not");
  p = params, p.part_fidelity[RVS_PART_HAIR] = 2,
  expect_params_refused (&p, "fidelity-hair: 2 is not a number from 0 to 1 or auto");
  p = params, p.keep_colour = 1.01f, expect_params_refused (&p, "keep-colour: 1.01 is not");
  p = params, p.texture = 2.5f, expect_params_refused (&p, "texture: 2.5 is not a number from 0 to 2");
  p = params, p.system = 99, expect_params_refused (&p, "model: 99 is not one of");
  p = params, p.max_faces = 1000, expect_params_refused (&p, "faces: 1000 is not a whole number from 1 to 999 or all");
  p = params, p.min_face_px = -1, expect_params_refused (&p, "min-face: -1 is not");
  p = params, p.mask = plane;
  assert_int_equal (rvs_params_check (&p, NULL), RVS_OK);
  p.mask.channels = 3, expect_params_refused (&p, "the mask has 3 channels");
  p = params, p.fidelity_map = plane;
  assert_int_equal (rvs_params_check (&p, NULL), RVS_OK);
  p.fidelity_map.channels = 3, expect_params_refused (&p, "the fidelity map has 3 channels; it must have one or two");
  p.fidelity_map.channels = 2, expect_params_refused (&p, "stride");
  p.fidelity_map.channels = 1, p.fidelity_map.stride = 3, expect_params_refused (&p, "stride");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_table),         cmocka_unit_test (test_systems),     cmocka_unit_test (test_applies),
    cmocka_unit_test (test_set_and_get),   cmocka_unit_test (test_set_refuses), cmocka_unit_test (test_parse),
    cmocka_unit_test (test_parse_refuses), cmocka_unit_test (test_parse_bool),  cmocka_unit_test (test_format),
    cmocka_unit_test (test_locale),        cmocka_unit_test (test_init),        cmocka_unit_test (test_check),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
