/* SPDX-License-Identifier: GPL-3.0-or-later
 * systems.c: the table of systems. */
#include "systems.h"
#include "rvs_params.h"

#include <string.h>

#define INFO(ID, LABEL, HELP, WEIGHTS, KNOBS, NEEDS)                                                                               \
  { .id = ID, .label = LABEL, .help = HELP, .weights = WEIGHTS, .knobs = KNOBS, .needs = NEEDS },

static const RvsSystemInfo table[] = { RVS_SYSTEM_ROWS (INFO) };

const RvsSystemInfo *
rvs_systems (size_t *out_n)
{
  *out_n = sizeof table / sizeof *table;
  return table;
}

const RvsSystemInfo *
rvs_system_find (const char *id)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp (table[i].id, id) == 0)
      return &table[i];
  return NULL;
}
