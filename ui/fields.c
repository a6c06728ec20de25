/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fields.c: the engine's table followed by the layer fields, and the values that belong to them.
 */
#include "fields.h"
#include "i18n.h"
#include <glib.h>
#include <math.h>
#include <string.h>

static const RvsParamChoice OUTPUTS[] = { { "layer", N_ ("New layer") },
                                          { "masked-layer", N_ ("New layer with a layer mask") },
                                          { "replace", N_ ("Replace the layer") },
                                          { NULL, NULL } };

static const RvsParamChoice SIZES[] = { { "1", N_ ("Original size") }, { "2", N_ ("2 times") }, { "3", N_ ("3 times") },
                                        { "4", N_ ("4 times") },       { "8", N_ ("8 times") }, { NULL, NULL } };

enum
{
  EXTRA_FIND,
  EXTRA_THEN,
  EXTRA_INSIDE_SELECTION,
  EXTRA_OUTPUT,
  EXTRA_AGAIN,
  EXTRA_ENLARGE
};

const char *const rvs_channel_label = N_ ("Fidelity channel");
const char *const rvs_channel_help = N_ (
    "A channel of the image that says it in place of Fidelity: white where the photo rules, black where detail may be invented.");

/* Of a field that no layer has: behind all that do, however many there will be. */
#define NO_POSITION 999

static const RvsParamSpec EXTRA[] = {
  [EXTRA_FIND] = { .key = "find-scratches",
                   .kind = RVS_PARAM_BOOL,
                   .min = 0,
                   .max = 1,
                   .initial = 0,
                   .label = N_ ("Find scratches first"),
                   .help = N_ ("Where nothing is marked, look for scratches and fill what is found"),
                   .only_needs = RVS_NEEDS_HOLE,
                   .affects = RVS_AFFECTS_PIXELS,
                   .place = RVS_PLACE_MAIN,
                   .added = 5 },
  [EXTRA_THEN] = { .key = "then-restore",
                   .kind = RVS_PARAM_BOOL,
                   .min = 0,
                   .max = 1,
                   .initial = 0,
                   .label = N_ ("Then restore the faces"),
                   .help = N_ ("Restore the faces of the filled picture in the same run"),
                   .only_needs = RVS_NEEDS_HOLE,
                   .affects = RVS_AFFECTS_PIXELS,
                   .place = RVS_PLACE_MAIN,
                   .added = 1 },
  [EXTRA_INSIDE_SELECTION] = { .key = "inside-selection",
                               .kind = RVS_PARAM_BOOL,
                               .min = 0,
                               .max = 1,
                               .initial = 1,
                               .label = N_ ("Only inside the selection"),
                               .help = N_ ("Restore only faces inside the selection and let its soft edge limit the result"),
                               .never_needs = RVS_NEEDS_HOLE,
                               .affects = RVS_AFFECTS_FACES | RVS_AFFECTS_PIXELS,
                               .place = RVS_PLACE_FACES },
  [EXTRA_OUTPUT] = { .key = "output",
                     .kind = RVS_PARAM_CHOICE,
                     .min = 0,
                     .max = 2,
                     .initial = RVS_OUTPUT_MASKED_LAYER, /* can be painted, and lets later work below it show */
                     .choices = OUTPUTS,
                     .label = N_ ("Output"),
                     .help = N_ ("Where the restored faces go"),
                     .place = RVS_PLACE_OUTPUT },
  [EXTRA_AGAIN]
  = { .key = "again",
      .kind = RVS_PARAM_BOOL,
      .min = 0,
      .max = 1,
      .initial = 0,
      .label = N_ ("Restore a result again"),
      .help = N_ ("Of a layer that was restored, restore what it shows; else it is made anew from the layer that it was made "
                  "from"),
      .place = RVS_PLACE_NOWHERE,
      .added = 3 },
  [EXTRA_ENLARGE] = { .key = "enlarge",
                      .kind = RVS_PARAM_CHOICE,
                      .min = 0,
                      .max = 4,
                      .initial = 0,
                      .choices = SIZES,
                      .label = N_ ("Enlarge"),
                      .help = N_ ("Make the photo larger, with its faces restored at that size"),
                      .never_needs = RVS_NEEDS_HOLE,
                      .place = RVS_PLACE_SIZE,
                      .added = NO_POSITION },
};

#define N_EXTRA (sizeof EXTRA / sizeof EXTRA[0])
G_STATIC_ASSERT (RVS_PARAMS_MAX + N_EXTRA <= RVS_FIELDS_MAX);

size_t
rvs_fields_count (void)
{
  size_t n;
  (void)rvs_params_table (&n);
  g_assert (n <= RVS_PARAMS_MAX);
  return n + N_EXTRA;
}

size_t
rvs_layer_fields_count (void)
{
  return rvs_fields_count () - 1;
}

const RvsParamSpec *
rvs_field (size_t index)
{
  size_t              n_all = rvs_fields_count (), n;
  const RvsParamSpec *table = rvs_params_table (&n);
  g_assert (index < n_all);
  n = n_all - N_EXTRA;
  return index < n ? &table[index] : &EXTRA[index - n];
}

int
rvs_field_index (const char *key)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    if (!strcmp (rvs_field (i)->key, key))
      return (int)i;
  return -1;
}

const RvsParamSpec *
rvs_field_of_knob (uint32_t knob)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    if (rvs_field (i)->knob == knob)
      return rvs_field (i);
  return NULL;
}

size_t
rvs_field_in_order (size_t position)
{
  size_t n = rvs_fields_count (), n_before = 0;
  for (int added = 0;; added++)
    for (size_t i = 0; i < n; i++)
      if (rvs_field (i)->added == added && n_before++ == position)
        return i;
}

size_t
rvs_fields_before_channel (void)
{
  size_t n = rvs_fields_count (), n_before = 0;
  for (size_t i = 0; i < n; i++)
    {
      g_assert (rvs_field (i)->added != RVS_CHANNEL_ADDED);
      n_before += rvs_field (i)->added < RVS_CHANNEL_ADDED;
    }
  return n_before;
}

char *
rvs_field_ignored_by (const RvsParamSpec *spec)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);
  GString             *names = g_string_new (NULL);
  for (size_t i = 0; i < n; i++)
    if (!rvs_param_applies (spec, &systems[i]))
      g_string_append_printf (names, "%s%s", names->len ? ", " : "", systems[i].label);
  return g_string_free (names, names->len == 0);
}

void
rvs_values_init (RvsValues *values)
{
  size_t n = rvs_fields_count ();
  memset (values, 0, sizeof *values);
  for (size_t i = 0; i < n; i++)
    values->v[i] = rvs_field (i)->initial;
}

double
rvs_values_get (const RvsValues *values, const char *key)
{
  int i = rvs_field_index (key);
  return i < 0 ? 0 : values->v[i];
}

void
rvs_values_set (RvsValues *values, const char *key, double value)
{
  int i = rvs_field_index (key);
  if (i >= 0)
    values->v[i] = value;
}

bool
rvs_values_set_channel (RvsValues *values, const char *name)
{
  size_t length = name ? strlen (name) : 0;
  if (length >= sizeof values->channel)
    return false;
  memset (values->channel, 0, sizeof values->channel);
  if (length)
    memcpy (values->channel, name, length);
  return true;
}

const char *
rvs_values_choice (const RvsValues *values, const char *key)
{
  int i = rvs_field_index (key);
  if (i < 0 || rvs_field ((size_t)i)->kind != RVS_PARAM_CHOICE)
    return "";
  const RvsParamChoice *choices = rvs_field ((size_t)i)->choices;
  int                   wanted = (int)values->v[i];
  for (int k = 0; choices[k].id; k++)
    if (k == wanted)
      return choices[k].id;
  return choices[0].id ? choices[0].id : "";
}

void
rvs_values_clamp (RvsValues *values)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = rvs_field (i);
      double             *v = &values->v[i];
      if (!isfinite (*v))
        *v = spec->initial;
      if (spec->auto_word && *v == spec->auto_value)
        continue;
      *v = CLAMP (*v, spec->min, spec->max);
    }
}

/* A value outside of its range cannot come from here: it was clamped, or came from a widget of that range. */
void
rvs_values_to_params (const RvsValues *values, RvsParams *params)
{
  size_t    n = rvs_fields_count ();
  RvsStatus status = RVS_OK;
  rvs_params_init (params);
  for (size_t i = 0; i < n && status == RVS_OK; i++)
    if (rvs_field (i)->store != RVS_STORE_NONE)
      status = rvs_params_set (params, rvs_field (i)->key, values->v[i], NULL);
  g_assert (status == RVS_OK);
}

const RvsSystemInfo *
rvs_values_system (const RvsValues *values)
{
  RvsParams params;
  rvs_values_to_params (values, &params);
  return rvs_params_system (&params);
}

RvsOutput
rvs_values_output (const RvsValues *values)
{
  return (RvsOutput)(int)rvs_values_get (values, EXTRA[EXTRA_OUTPUT].key);
}

bool
rvs_values_again (const RvsValues *values)
{
  return rvs_values_get (values, EXTRA[EXTRA_AGAIN].key) != 0;
}

bool
rvs_values_inside_selection (const RvsValues *values)
{
  return rvs_values_get (values, EXTRA[EXTRA_INSIDE_SELECTION].key) != 0;
}

/* The ids of the sizes are the factors. */
static int32_t
factor_of (const char *id)
{
  return (int32_t)g_ascii_strtoll (id, NULL, 10);
}

/* What fills holes keeps the size. */
int32_t
rvs_values_factor (const RvsValues *values)
{
  return rvs_values_fill (values) ? 1 : factor_of (rvs_values_choice (values, EXTRA[EXTRA_ENLARGE].key));
}

bool
rvs_values_set_factor (RvsValues *values, int32_t factor)
{
  for (size_t i = 0; SIZES[i].id; i++)
    if (factor_of (SIZES[i].id) == factor)
      {
        rvs_values_set (values, EXTRA[EXTRA_ENLARGE].key, (double)i);
        return true;
      }
  return false;
}

bool
rvs_values_fill (const RvsValues *values)
{
  return (rvs_values_system (values)->needs & RVS_NEEDS_HOLE) != 0;
}

/* The first of the table that fills or does not; *out_index says where it stands. */
static const RvsSystemInfo *
first_system (bool fills, size_t *out_index)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);
  for (*out_index = 0; *out_index < n; ++*out_index)
    if (((systems[*out_index].needs & RVS_NEEDS_HOLE) != 0) == fills)
      return &systems[*out_index];
  return NULL;
}

const RvsSystemInfo *
rvs_values_then (const RvsValues *values)
{
  size_t index;
  bool   wanted = rvs_values_get (values, EXTRA[EXTRA_THEN].key) != 0;
  return wanted && rvs_values_fill (values) ? first_system (false, &index) : NULL;
}

bool
rvs_values_find (const RvsValues *values)
{
  return rvs_values_fill (values) && rvs_values_get (values, EXTRA[EXTRA_FIND].key) != 0;
}

bool
rvs_values_skip_filling (RvsValues *values)
{
  if (!rvs_values_find (values) || !rvs_values_then (values) || !rvs_values_choose_filling (values, false))
    return false;
  return rvs_values_set_factor (values, 1); /* as what fills keeps the size */
}

bool
rvs_values_old_photo (RvsValues *values)
{
  rvs_values_init (values);
  rvs_values_set (values, EXTRA[EXTRA_FIND].key, 1);
  rvs_values_set (values, EXTRA[EXTRA_THEN].key, 1);
  return rvs_values_choose_filling (values, true);
}

bool
rvs_values_use (const RvsValues *values, const RvsParamSpec *spec)
{
  const RvsSystemInfo *system = rvs_values_system (values), *then = rvs_values_then (values);
  if (rvs_param_applies (spec, system))
    return true;
  return then && spec->knob && rvs_param_applies (spec, then);
}

bool
rvs_values_use_fidelity (const RvsValues *values)
{
  const RvsParamSpec *fidelity = rvs_field_of_knob (RVS_KNOB_FIDELITY);
  return fidelity && rvs_values_use (values, fidelity);
}

static const RvsParamSpec *
field_of_system (void)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    if (rvs_field (i)->selects_system)
      return rvs_field (i);
  return NULL;
}

bool
rvs_values_choose_filling (RvsValues *values, bool fills)
{
  const RvsParamSpec *spec = field_of_system ();
  size_t              index;
  if (rvs_values_fill (values) == fills)
    return true;
  if (!spec || !first_system (fills, &index))
    return false;
  rvs_values_set (values, spec->key, (double)index);
  return true;
}
