/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report.h: what is printed: a line a picture for people, one JSON document for programs.
 */
#ifndef RVS_CLI_REPORT_H
#define RVS_CLI_REPORT_H

#include "json.h"
#include "run.h"
#include "weights.h"

/* An opened model and its part in the work. */
typedef struct CliModel
{
  const char *role; /* "detector", "parser", "restorer" */
  RvsModel   *model;
  char       *path;
} CliModel;

/* Starts the JSON document with version and models. */
void cli_report_begin (CliJson *json, const CliModel *models, size_t n_models);
void cli_report_result (CliJson *json, const CliOptions *options, const CliResult *result);
void cli_report_end (CliJson *json);

/* Errors and notes go to stderr, the rest to stdout unless --quiet or --report. */
void cli_print_result (const CliOptions *options, const CliResult *result);

/* --list-models, as lines or as JSON. Files that cannot be opened are listed with the reason. */
RVS_NODISCARD RvsStatus cli_list_models (const RvsWeightsPath *path, bool json, RvsError *err);

#endif
