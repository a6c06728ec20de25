/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_params.c: "KEY=VALUE" texts; an accepted value is in range and survives being written and read again. */
#include "fuzz.h"
#include "rvs_params.h"

#include <math.h>
#include <string.h>

static void
check_value (const RvsParamSpec *spec, double value)
{
  char   text[64];
  double again;

  FUZZ_CHECK (isfinite (value));
  FUZZ_CHECK ((value >= spec->min && value <= spec->max) || (spec->auto_word && value == spec->auto_value));
  FUZZ_CHECK (spec->kind == RVS_PARAM_DOUBLE || value == floor (value));
  rvs_param_format (spec, value, text, sizeof text);
  FUZZ_CHECK (rvs_param_parse (spec, text, &again, NULL) == RVS_OK);
  FUZZ_CHECK (fabs (again - value) <= 5.1e-7 + 1e-12 * fabs (value));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char               *text = malloc (size + 1), *equals;
  const RvsParamSpec *spec;
  double              value;
  RvsError            err = { RVS_OK, "" };

  if (!text)
    return 0;
  memcpy (text, data ? data : (const uint8_t *)"", size);
  text[size] = '\0';
  equals = strchr (text, '=');
  if (equals)
    *equals = '\0';
  spec = rvs_params_find (text);
  if (spec && equals)
    {
      RvsStatus status = rvs_param_parse (spec, equals + 1, &value, &err);

      FUZZ_CHECK (status == err.status && (status == RVS_OK || status == RVS_ERR_ARGUMENT));
      if (status == RVS_OK)
        check_value (spec, value);
    }
  free (text);
  return 0;
}
