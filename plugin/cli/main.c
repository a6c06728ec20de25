/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main.c: arguments -> jobs -> models -> session -> one result after the other -> exit code.
 */
#include "report.h"
#include "stop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum
{
  DETECTOR,
  PARSER,
  RESTORER,
  NEXT, /* of --then */
  FINDER,
  SHAPE,
  N_MODELS
};

static CliExit
exit_of_weights (RvsStatus status)
{
  return status == RVS_ERR_NO_MEMORY ? CLI_EXIT_MEMORY : CLI_EXIT_WEIGHTS;
}

static CliExit
exit_of_plan (RvsStatus status, bool about_output)
{
  if (status == RVS_ERR_NO_MEMORY)
    return CLI_EXIT_MEMORY;
  if (status == RVS_ERR_ARGUMENT)
    return CLI_EXIT_USAGE;
  return about_output ? CLI_EXIT_OUTPUT : CLI_EXIT_INPUT;
}

/* ---- models and session --------------------------------------------------------------------- */

static void
close_models (CliModel *models)
{
  for (size_t i = 0; i < N_MODELS; i++)
    {
      rvs_model_unref (models[i].model);
      free (models[i].path);
    }
}

/* Only filling a hole goes without; weights given by id or path may be of any model. */
static bool
needs_parser (const CliOptions *options)
{
  return options->weights || options->then || !(rvs_params_system (&options->params)->needs & RVS_NEEDS_HOLE);
}

static bool
needs_shape (const CliModel *restorer)
{
  const RvsSystemInfo *system = restorer->model ? rvs_system_find (rvs_model_get_info (restorer->model)->arch) : NULL;

  return system && system->needs & RVS_NEEDS_SHAPE;
}

/* Opens what this run needs: no detector for aligned faces; to list faces the parser too, which has its say on doubtful ones. The shape
 * head is opened where there is one: then the report says which way faces look. */
static RvsStatus
open_models (const CliOptions *options, CliModel *models, RvsError *err)
{
  const char *restorer = options->weights ? options->weights : rvs_params_system (&options->params)->weights;
  const char *names[N_MODELS] = { RVS_WEIGHTS_DETECTOR, RVS_WEIGHTS_PARSER, restorer, options->then ? options->then->weights : NULL,
                                  RVS_WEIGHTS_FINDER,   RVS_WEIGHTS_SHAPE };
  bool        finds = options->action == CLI_RESTORE && options->finds, works = options->action == CLI_RESTORE && !options->marks;
  bool        wanted[N_MODELS] = {
           !options->aligned && !options->marks, !options->marks && needs_parser (options), works, works && options->then, finds, false
  };
  RvsWeightsPath path;
  RvsStatus      status = rvs_weights_path_init (&path, err);

  for (size_t i = 0; i < N_MODELS && !status; i++)
    if (wanted[i])
      status = rvs_weights_open (&path, names[i], &models[i].model, &models[i].path, err);
  if (!status && models[PARSER].model)
    status = rvs_weights_open_shape (&path, models[PARSER].model, needs_shape (&models[RESTORER]) || needs_shape (&models[NEXT]),
                                     &models[SHAPE].model, &models[SHAPE].path, err);
  rvs_weights_path_clear (&path);
  return status;
}

/* Weights given by id or path may be of another system than the one that the parameters were checked for. */
static RvsStatus
check_weights (const CliOptions *options, const CliModel *restorer, RvsError *err)
{
  const RvsSystemInfo *system = restorer->model ? rvs_system_find (rvs_model_get_info (restorer->model)->arch) : NULL;

  return system ? cli_options_check_system (options, system, err) : RVS_OK;
}

/* A session for the restorer at `which`. */
static RvsStatus
open_session (const CliOptions *options, const CliModel *models, int which, CliRun *run, RvsSession **out_session, RvsError *err)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.detector = models[DETECTOR].model;
  config.parser = models[PARSER].model;
  config.shape = models[SHAPE].model;
  config.restorer = models[which].model;
  config.finder = which == RESTORER ? models[FINDER].model : NULL;
  config.n_threads = options->n_threads;
  config.cpu_mask = options->cpu_mask;
  config.min_face_px = options->params.min_face_px;
  config.turned = (RvsTurned)options->params.turned;
  config.region = (RvsRegion)options->params.region;
  config.cache_bytes = (size_t)64 << 20; /* a few faces' features, from analysing to rendering */
  run->min_confidence = config.min_confidence;
  return rvs_session_new (&config, out_session, err);
}

static RvsStatus
open_sessions (const CliOptions *options, const CliModel *models, CliRun *run, RvsError *err)
{
  const RvsSystemInfo *system = models[RESTORER].model ? rvs_system_find (rvs_model_get_info (models[RESTORER].model)->arch) : NULL;
  RvsStatus            status = open_session (options, models, RESTORER, run, &run->session, err);

  run->has_poses = models[SHAPE].model;
  run->fills = system && system->needs & RVS_NEEDS_HOLE;
  if (!status && models[NEXT].model)
    status = open_session (options, models, NEXT, run, &run->then, err);
  return status;
}

/* ---- the run -------------------------------------------------------------------------------- */

/* One exit code for all pictures: the only one's own; else 0, or 6 when lacking faces was the only trouble, or 1. */
static CliExit
sum_up (size_t n_jobs, size_t n_failed, size_t n_no_face, CliExit last)
{
  if (n_jobs == 1)
    return last;
  if (n_failed)
    return CLI_EXIT_SOME;
  return n_no_face ? CLI_EXIT_NO_FACE : CLI_EXIT_OK;
}

static CliExit
run_jobs (CliRun *run, const CliJobs *jobs, const CliModel *models)
{
  const CliOptions *options = run->options;
  size_t            n_failed = 0, n_no_face = 0;
  CliExit           last = CLI_EXIT_OK;
  CliJson           json;

  if (options->report)
    cli_report_begin (&json, models, N_MODELS);
  for (size_t i = 0; i < jobs->n_jobs && last < CLI_EXIT_SIGNAL; i++)
    {
      CliResult result;
      cli_run_job (run, &jobs->jobs[i], &result);
      last = result.exit;
      n_no_face += last == CLI_EXIT_NO_FACE;
      n_failed += last != CLI_EXIT_OK && last != CLI_EXIT_NO_FACE;
      cli_print_result (options, &result);
      if (options->report)
        cli_report_result (&json, options, &result);
      cli_result_clear (&result);
    }
  if (options->report)
    cli_report_end (&json);
  if (last >= CLI_EXIT_SIGNAL)
    return last;
  if (jobs->n_jobs > 1 && !options->quiet && (n_failed || n_no_face))
    cli_error ("%zu of %zu pictures done, %zu without a face, %zu failed", jobs->n_jobs - n_failed - n_no_face, jobs->n_jobs,
               n_no_face, n_failed);
  return sum_up (jobs->n_jobs, n_failed, n_no_face, last);
}

static CliExit
restore_all (const CliOptions *options)
{
  CliModel    models[N_MODELS] = { { "detector", NULL, NULL }, { "parser", NULL, NULL }, { "restorer", NULL, NULL },
                                   { "then", NULL, NULL },     { "finder", NULL, NULL }, { "shape", NULL, NULL } };
  CliRun      run = { .options = options };
  CliJobs     jobs;
  RvsError    err = { 0 };
  const char *blame;
  CliExit     code;
  RvsStatus   status = cli_jobs_plan (options, &jobs, &blame, &err);

  if (status)
    {
      if (blame)
        cli_error_about (blame, "%s", err.message);
      else
        cli_error ("%s", err.message);
      return exit_of_plan (status, blame && blame == options->output);
    }
  status = open_models (options, models, &err);
  if (status)
    {
      cli_error ("%s%s", err.message,
                 status == RVS_ERR_IO ? "; set RVS_MODEL_DIR to the folder that holds them" : cli_advice (status));
      code = exit_of_weights (status);
      goto cleanup;
    }
  status = check_weights (options, &models[RESTORER], &err);
  if (status)
    {
      cli_error ("%s", err.message);
      code = CLI_EXIT_USAGE;
      goto cleanup;
    }
  status = open_sessions (options, models, &run, &err);
  if (status)
    {
      cli_error ("%s%s", err.message, cli_advice (status));
      code = status == RVS_ERR_NO_MEMORY ? CLI_EXIT_MEMORY : status == RVS_ERR_MODEL ? CLI_EXIT_WEIGHTS : CLI_EXIT_INTERNAL;
      goto cleanup;
    }
  cli_progress_init (&run.progress, options->quiet);
  code = run_jobs (&run, &jobs, models);
  cli_stop_watch (NULL);

cleanup:
  rvs_session_free (run.session);
  rvs_session_free (run.then);
  close_models (models);
  cli_jobs_clear (&jobs);
  return code;
}

static CliExit
list_models (const CliOptions *options)
{
  RvsWeightsPath path;
  RvsError       err = { 0 };
  RvsStatus      status = rvs_weights_path_init (&path, &err);

  if (!status)
    status = cli_list_models (&path, options->report, &err);
  rvs_weights_path_clear (&path);
  if (!status)
    return CLI_EXIT_OK;
  cli_error ("%s", err.message);
  return exit_of_weights (status);
}

static void
print_version (void)
{
  printf ("%s\n"
          "Licence: GNU GPL, version 3 or later <https://gnu.org/licenses/gpl.html>.\n"
          "There is no warranty, to the extent that the law allows.\n",
          rvs_version_text ());
}

static bool
has_weights (const RvsWeightsPath *path, const char *name)
{
  RvsWeights weights;

  if (rvs_weights_find (path, name, &weights, NULL))
    return false;
  rvs_weights_clear (&weights);
  return true;
}

/* --old-photo: scratches first, where they can be looked for. */
static RvsStatus
settle_old_photo (CliOptions *options, RvsError *err)
{
  RvsWeightsPath path;
  RvsStatus      status = rvs_weights_path_init (&path, err);

  if (status)
    return status;
  if (has_weights (&path, RVS_WEIGHTS_FINDER))
    status = cli_options_fill_first (options, err);
  else if (!options->quiet)
    cli_error ("note: weights %s are not there: scratches are not looked for, only faces are restored", RVS_WEIGHTS_FINDER);
  rvs_weights_path_clear (&path);
  return status;
}

static CliExit
act (const CliOptions *options)
{
  switch (options->action)
    {
    case CLI_SHOW_HELP:
      cli_help_print (stdout);
      return CLI_EXIT_OK;
    case CLI_SHOW_VERSION:
      print_version ();
      return CLI_EXIT_OK;
    case CLI_LIST_MODELS:
      return list_models (options);
    case CLI_RESTORE:
    case CLI_LIST_FACES:
      break;
    }
  return restore_all (options);
}

int
main (int argc, char **argv)
{
  CliOptions options;
  RvsError   err = { 0 };
  CliExit    code;
  RvsStatus  status = cli_options_parse (argc, argv, &options, &err);

  cli_stop_install ();
  if (!status && options.old_photo && options.action == CLI_RESTORE)
    status = settle_old_photo (&options, &err);
  if (status)
    {
      cli_error ("%s", err.message);
      code = status == RVS_ERR_NO_MEMORY ? CLI_EXIT_MEMORY : CLI_EXIT_USAGE;
    }
  else
    code = act (&options);
  cli_options_clear (&options);
  if ((fflush (stdout) || ferror (stdout)) && code == CLI_EXIT_OK)
    {
      cli_error ("standard output cannot be written: %s", strerror (errno));
      code = CLI_EXIT_OUTPUT;
    }
  return (int)code;
}
