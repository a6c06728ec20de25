/* SPDX-License-Identifier: GPL-3.0-or-later
 * params.c: the one table of user parameters, their text form, and the check of a filled RvsParams.
 *
 * Numbers are read and written here rather than by strtod and printf, whose decimal point follows the user's locale: a script
 * or a saved setting must mean the same everywhere. */
#include "core/error.h"
#include "core/image.h"
#include "rvs_params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_(text) text /* marks a text for translation; front ends translate */

static const RvsParamChoice models[] = {
  { "jsfm", N_ ("JSFM-GAN") },
  { NULL, NULL },
};

static const RvsParamSpec table[] = {
  { .key = "model",
    .kind = RVS_PARAM_CHOICE,
    .max = 0,
    .choices = models,
    .label = N_ ("Model"),
    .help = N_ ("The network that restores the faces.") },
  { .key = "strength",
    .kind = RVS_PARAM_DOUBLE,
    .max = 1,
    .initial = 1,
    .label = N_ ("Strength"),
    .help = N_ ("How much of the restoration is applied: 0 leaves the picture as it is, 1 applies all of it.") },
  { .key = "fidelity",
    .kind = RVS_PARAM_DOUBLE,
    .max = 1,
    .initial = RVS_FIDELITY_AUTO,
    .auto_word = "auto",
    .auto_value = RVS_FIDELITY_AUTO,
    .label = N_ ("Fidelity"),
    .help = N_ ("0 invents the most detail, 1 keeps closest to the photo; auto chooses for each face by how damaged it is.") },
  { .key = "keep-colour",
    .kind = RVS_PARAM_DOUBLE,
    .max = 1,
    .initial = 1,
    .label = N_ ("Keep colour"),
    .help = N_ ("How firmly the face keeps the photo's own colours.") },
  { .key = "texture",
    .kind = RVS_PARAM_DOUBLE,
    .max = 2,
    .initial = 1,
    .label = N_ ("Texture"),
    .help = N_ ("Fine skin texture: 0 smooth, 1 as trained, 2 twice as much.") },
  { .key = "seed",
    .kind = RVS_PARAM_INT,
    .max = 4294967295.0,
    .label = N_ ("Seed"),
    .help = N_ ("Another number gives another random texture; the same number gives the same picture.") },
  { .key = "faces",
    .kind = RVS_PARAM_INT,
    .min = 1,
    .max = 999,
    .initial = 0,
    .auto_word = "all",
    .auto_value = 0,
    .label = N_ ("Faces"),
    .help = N_ ("How many faces are restored, the largest first.") },
  { .key = "min-face",
    .kind = RVS_PARAM_DOUBLE,
    .max = RVS_MAX_SIDE,
    .initial = 24,
    .label = N_ ("Smallest face"),
    .help = N_ ("Faces with fewer pixels from side to side are left alone.") },
};

const RvsParamSpec *
rvs_params_table (size_t *out_n)
{
  *out_n = sizeof table / sizeof *table;
  return table;
}

const RvsParamSpec *
rvs_params_find (const char *key)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp (table[i].key, key) == 0)
      return &table[i];
  return NULL;
}

/* ---- text to value ------------------------------------------------------------------------ */

/* Digits, with a point and digits behind it unless `whole`; a minus sign is allowed. The mantissa stays below 2^53 and the
 * power of ten below 10^16, so their quotient is the correctly rounded value. False when the text is anything else. */
static bool
parse_number (const char *text, bool whole, double *out_value)
{
  const char *p = text + (text[0] == '-');
  double      mantissa = 0, power = 1;
  bool        point = false, digit = false;

  for (; *p; p++)
    if (*p == '.' && !point && !whole)
      {
        point = true;
        digit = false; /* at least one must follow */
      }
    else if (*p >= '0' && *p <= '9')
      {
        digit = true;
        if (mantissa < 1e14)
          {
            mantissa = mantissa * 10 + (*p - '0');
            power = point ? power * 10 : power;
          }
        else if (!point)
          power /= 10; /* far beyond every range; its exact value does not matter */
      }
    else
      return false;
  *out_value = (text[0] == '-' ? -mantissa : mantissa) / power;
  return digit;
}

static bool
parse_bool (const char *text, double *out_value)
{
  static const char *const words[] = { "no", "yes", "off", "on", "false", "true", "0", "1" };

  for (int i = 0; i < 8; i++)
    if (strcmp (text, words[i]) == 0)
      {
        *out_value = i & 1;
        return true;
      }
  return false;
}

static bool
parse_choice (const RvsParamSpec *spec, const char *text, double *out_value)
{
  for (int i = 0; spec->choices[i].id; i++)
    if (strcmp (text, spec->choices[i].id) == 0)
      {
        *out_value = i;
        return true;
      }
  return false;
}

/* What would have been right, as one list. */
static void
describe_values (const RvsParamSpec *spec, char *text, size_t n_bytes)
{
  char   low[32], high[32];
  size_t used = 0;

  text[0] = '\0';
  if (spec->kind == RVS_PARAM_BOOL)
    snprintf (text, n_bytes, "yes or no");
  else if (spec->kind == RVS_PARAM_CHOICE)
    for (int i = 0; spec->choices[i].id && used < n_bytes; i++)
      used += (size_t)snprintf (text + used, n_bytes - used, "%s%s", i ? ", " : "one of: ", spec->choices[i].id);
  else
    {
      rvs_param_format (spec, spec->min, low, sizeof low);
      rvs_param_format (spec, spec->max, high, sizeof high);
      snprintf (text, n_bytes, "a %s from %s to %s%s%s", spec->kind == RVS_PARAM_INT ? "whole number" : "number", low, high,
                spec->auto_word ? " or " : "", spec->auto_word ? spec->auto_word : "");
    }
}

RvsStatus
rvs_param_parse (const RvsParamSpec *spec, const char *text, double *out_value, RvsError *err)
{
  char   clip[RVS_CLIP], values[96];
  double value = 0;
  bool   ok;

  *out_value = spec->initial;
  if (spec->auto_word && strcmp (text, spec->auto_word) == 0)
    {
      *out_value = spec->auto_value;
      return RVS_OK;
    }
  if (spec->kind == RVS_PARAM_BOOL)
    ok = parse_bool (text, &value);
  else if (spec->kind == RVS_PARAM_CHOICE)
    ok = parse_choice (spec, text, &value);
  else
    ok = parse_number (text, spec->kind == RVS_PARAM_INT, &value) && value >= spec->min && value <= spec->max;
  if (!ok)
    {
      describe_values (spec, values, sizeof values);
      return rvs__fail (err, RVS_ERR_ARGUMENT, "%s: '%s' is not %s", spec->key, rvs__clip (text, clip), values);
    }
  *out_value = value + 0.0; /* no negative zero */
  return RVS_OK;
}

/* ---- value to text ------------------------------------------------------------------------ */

/* At most six decimals, without trailing zeros. */
static void
format_number (double value, char *text, size_t n_bytes)
{
  double             size = fabs (value);
  unsigned long long millionths;
  unsigned           fraction;
  int                decimals = 6;

  if (!(size < 1e12)) /* also NaN; no parameter has such values */
    {
      snprintf (text, n_bytes, "%s", isnan (value) ? "nan" : value < 0 ? "-inf" : "inf");
      return;
    }
  millionths = (unsigned long long)(size * 1e6 + 0.5);
  fraction = (unsigned)(millionths % 1000000);
  while (decimals > 0 && fraction % 10 == 0)
    {
      fraction /= 10;
      decimals--;
    }
  if (decimals > 0)
    snprintf (text, n_bytes, "%s%llu.%0*u", value < 0 ? "-" : "", millionths / 1000000, decimals, fraction);
  else
    snprintf (text, n_bytes, "%s%llu", value < 0 && millionths ? "-" : "", millionths / 1000000);
}

void
rvs_param_format (const RvsParamSpec *spec, double value, char *text, size_t n_bytes)
{
  if (n_bytes == 0)
    return;
  if (spec->auto_word && value == spec->auto_value)
    snprintf (text, n_bytes, "%s", spec->auto_word);
  else if (spec->kind == RVS_PARAM_BOOL)
    snprintf (text, n_bytes, "%s", value != 0 ? "yes" : "no");
  else if (spec->kind == RVS_PARAM_CHOICE && value >= 0 && value <= spec->max)
    snprintf (text, n_bytes, "%s", spec->choices[(int)value].id);
  else
    format_number (value, text, n_bytes);
}

/* ---- RvsParams ---------------------------------------------------------------------------- */

static double
initial_of (const char *key)
{
  return rvs_params_find (key)->initial;
}

void
rvs_params_init (RvsParams *params)
{
  memset (params, 0, sizeof *params);
  params->strength = (float)initial_of ("strength");
  params->fidelity = (float)initial_of ("fidelity");
  params->keep_colour = (float)initial_of ("keep-colour");
  params->texture = (float)initial_of ("texture");
  params->seed = (uint32_t)initial_of ("seed");
}

static RvsStatus
check_value (const char *key, float value, RvsError *err)
{
  const RvsParamSpec *spec = rvs_params_find (key);
  char                values[96], text[32];

  if ((double)value >= spec->min && (double)value <= spec->max)
    return RVS_OK;
  if (spec->auto_word && (double)value == spec->auto_value)
    return RVS_OK;
  describe_values (spec, values, sizeof values);
  format_number ((double)value, text, sizeof text);
  return rvs__fail (err, RVS_ERR_ARGUMENT, "%s: %s is not %s", key, text, values);
}

/* A map or mask: absent, or one channel. Its size is compared with the image's where that is known. */
static RvsStatus
check_plane (const char *what, const RvsView *view, RvsError *err)
{
  if (!view->pixels)
    return RVS_OK;
  if (view->channels != 1)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the %s has %d channels; it must have one", what, view->channels);
  return rvs__view_check (view, err);
}

RvsStatus
rvs_params_check (const RvsParams *params, RvsError *err)
{
  const struct
  {
    const char *key;
    float       value;
  } values[] = {
    { "strength", params->strength },
    { "fidelity", params->fidelity },
    { "keep-colour", params->keep_colour },
    { "texture", params->texture },
  };
  RvsStatus status = RVS_OK;

  for (size_t i = 0; status == RVS_OK && i < sizeof values / sizeof *values; i++)
    status = check_value (values[i].key, values[i].value, err);
  if (status == RVS_OK)
    status = check_plane ("fidelity map", &params->fidelity_map, err);
  if (status == RVS_OK)
    status = check_plane ("mask", &params->mask, err);
  return status;
}
