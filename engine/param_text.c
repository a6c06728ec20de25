/* SPDX-License-Identifier: GPL-3.0-or-later
 * param_text.c: a parameter's value as text.
 *
 * Numbers are read and written here rather than by strtod and printf, whose decimal point follows the user's locale: a script
 * or a saved setting must mean the same everywhere. */
#include "params.h"

#include "core/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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
parse_word (const RvsParamSpec *spec, const char *text, double *out_value)
{
  if (spec->auto_word && strcmp (text, spec->auto_word) == 0)
    *out_value = spec->auto_value;
  else if (spec->other_word && strcmp (text, spec->other_word) == 0)
    *out_value = spec->other_value;
  else
    return false;
  return true;
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

void
rvs__param_describe_values (const RvsParamSpec *spec, char *text, size_t n_bytes)
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
  if (parse_word (spec, text, out_value))
    return RVS_OK;
  if (spec->kind == RVS_PARAM_BOOL)
    ok = parse_bool (text, &value);
  else if (spec->kind == RVS_PARAM_CHOICE)
    ok = parse_choice (spec, text, &value);
  else
    ok = parse_number (text, spec->kind == RVS_PARAM_INT, &value) && value >= spec->min && value <= spec->max;
  if (!ok)
    {
      rvs__param_describe_values (spec, values, sizeof values);
      return rvs__fail (err, RVS_ERR_ARGUMENT, "%s: '%s' is not %s", spec->key, rvs__clip (text, clip), values);
    }
  *out_value = value + 0.0; /* no negative zero */
  return RVS_OK;
}

/* ---- value to text ------------------------------------------------------------------------ */

void
rvs__param_format_number (double value, char *text, size_t n_bytes)
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
    rvs__param_format_number (value, text, n_bytes);
}
