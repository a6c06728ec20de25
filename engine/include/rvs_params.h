/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rvs_params.h: the one table of user parameters. Command-line options, PDB arguments, widgets,
 * help texts and their translations all come from it.
 */
#ifndef RVS_PARAMS_H
#define RVS_PARAMS_H

#include "rvs.h"

RVS_BEGIN_DECLS

typedef enum RvsParamKind
{
  RVS_PARAM_DOUBLE,
  RVS_PARAM_INT,
  RVS_PARAM_BOOL,
  RVS_PARAM_CHOICE
} RvsParamKind;

typedef struct RvsParamChoice
{
  const char *id;    /* "jsfm" */
  const char *label; /* N_() text */
} RvsParamChoice;

typedef struct RvsParamSpec
{
  const char           *key; /* "fidelity"; the command line's --fidelity, the PDB's argument name */
  RvsParamKind          kind;
  double                min, max, initial;
  const char           *auto_word; /* a word accepted instead of a number ("auto"), meaning auto_value; or NULL */
  double                auto_value;
  const RvsParamChoice *choices; /* CHOICE: NULL-id terminated; initial is an index */
  const char           *label;   /* N_() short text for widgets */
  const char           *help;    /* N_() one sentence */
} RvsParamSpec;

/* The table, in the order front ends show it. Static storage. */
const RvsParamSpec *rvs_params_table (size_t *out_n);
const RvsParamSpec *rvs_params_find (const char *key); /* NULL when unknown */
/* Parses a value as a user types it ("0.8", "auto", "jsfm"). Strict: the whole text, a finite number, within the range. */
RVS_NODISCARD RvsStatus rvs_param_parse (const RvsParamSpec *spec, const char *text, double *out_value, RvsError *err);
/* The inverse; writes at most n_bytes with the terminator. */
void rvs_param_format (const RvsParamSpec *spec, double value, char *text, size_t n_bytes);

RVS_END_DECLS

#endif
