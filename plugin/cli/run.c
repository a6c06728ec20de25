/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run.c: read, restore, write; each step can end the picture, none the run.
 */
#include "run.h"

#include "enlarge.h"
#include "pass.h"
#include "restore.h"
#include "results.h"
#include "stop.h"

#include <string.h>
#include <unistd.h>

static RvsPictureFormat
format_of_result (const CliJob *job, const RvsPicture *picture)
{
  return job->has_format ? job->format : rvs_format_of_result (picture->format);
}

/* A result beyond the limits is refused before anything is done for it. */
static bool
check_size (const CliRun *run, const CliJob *job, const RvsPicture *picture, CliResult *result)
{
  const RvsMutView *view = &picture->view;
  const int32_t     factor = run->options->factor;
  RvsError          err = { 0 };
  RvsStatus         status
      = factor > 1 ? rvs_enlarge_check_file (view->width, view->height, factor, format_of_result (job, picture), &err) : RVS_OK;

  return cli_result_check (result, status == RVS_ERR_ARGUMENT ? CLI_STEP_WRITE : CLI_STEP_READ, status, &err);
}

static bool
read_picture (const CliRun *run, const CliJob *job, RvsPicture *picture, CliResult *result)
{
  RvsError err = { 0 };
  double   started = cli_now ();

  if (!cli_result_check (result, CLI_STEP_READ, rvs_picture_read (job->input, cli_stop_flag (), picture, &err), &err))
    return false;
  result->read_s = cli_now () - started;
  if (run->options->quality)
    picture->meta.quality = run->options->quality;
  result->width = picture->view.width;
  result->height = picture->view.height;
  result->channels = picture->view.channels;
  result->bits = picture->view.depth == RVS_DEPTH_U16 ? 16 : 8;
  return check_size (run, job, picture, result);
}

typedef RvsStatus (*MaskReader) (const char *path, const volatile sig_atomic_t *stop, RvsHoleFile *out, RvsError *err);

/* The picture of an option such as --hole, where it is given; the result names the option when the picture is no use. */
static bool
read_mask (const CliRun *run, MaskReader read, const char *option, const char *path, RvsHoleFile *mask, CliResult *result)
{
  RvsError  err = { 0 };
  RvsStatus status;

  if (!path || run->options->action != CLI_RESTORE)
    return true;
  status = read (path, cli_stop_flag (), mask, &err);
  if (status)
    cli_result_fail (result, cli_exit_of (CLI_STEP_READ, status), "%s %.100s: %s%s", option, path, err.message,
                     cli_advice (status));
  return status == RVS_OK;
}

static bool
read_masks (const CliRun *run, CliMasks *masks, CliResult *result)
{
  const CliOptions *options = run->options;

  return read_mask (run, rvs_hole_file_read, "--hole", options->hole, &masks->hole, result)
         && read_mask (run, rvs_hole_file_read, "--lines", options->lines, &masks->lines, result)
         && read_mask (run, rvs_fidelity_file_read, "--fidelity-map", options->fidelity_map, &masks->fidelity, result);
}

/* The engine says so of a hole; of this map it is said before anything is done. */
static bool
check_fidelity_map (const CliRun *run, const RvsPicture *picture, const CliMasks *masks, CliResult *result)
{
  const RvsView *map = &masks->fidelity.view;

  if (!map->pixels || (map->width == picture->view.width && map->height == picture->view.height))
    return true;
  cli_result_fail (result, CLI_EXIT_HOLE, "--fidelity-map %.100s: it has %d x %d pixels; it must have the photo's size, %d x %d",
                   run->options->fidelity_map, map->width, map->height, picture->view.width, picture->view.height);
  return false;
}

/* Whether what is at the output's place may be replaced. */
static bool
may_replace (const CliRun *run)
{
  return run->options->existing == CLI_EXISTING_OVERWRITE || run->options->in_place;
}

/* The same checks as at the end, so that nobody waits for a result that cannot be written. */
static bool
check_output (const CliRun *run, const CliJob *job, CliResult *result)
{
  RvsError  err = { 0 };
  bool      exists = job->output && access (job->output, F_OK) == 0;
  RvsStatus status;

  if (exists && run->options->existing == CLI_EXISTING_SKIP && !run->options->in_place)
    {
      result->left = "the result exists";
      return false;
    }
  status = job->output ? rvs_result_check (job->output, may_replace (run), &err) : RVS_OK;
  if (status)
    cli_result_fail (result, cli_exit_of (CLI_STEP_WRITE, status), "%.140s: %s%s", job->output, err.message,
                     !may_replace (run) && exists ? "; use --overwrite to replace it" : "");
  return status == RVS_OK;
}

static bool
write_picture (const CliRun *run, const CliJob *job, const RvsPicture *picture, CliResult *result)
{
  RvsPictureFormat format = format_of_result (job, picture);
  RvsError         err = { 0 };
  double           started = cli_now ();
  RvsStatus status = rvs_result_write (picture, format, job->output, may_replace (run), cli_stop_flag (), &result->lost, &err);

  result->write_s = cli_now () - started;
  if (status)
    {
      result->lost = 0; /* of a file that is not there */
      cli_result_fail (result, cli_exit_of (CLI_STEP_WRITE, status), "%.140s: %s%s", job->output, err.message, cli_advice (status));
    }
  return status == RVS_OK;
}

/* What --no-face says of a picture whose only trouble is that. True when it is to be written as it is. */
static bool
keep_without_face (const CliRun *run, CliResult *result)
{
  if (result->exit != CLI_EXIT_NO_FACE || run->options->action != CLI_RESTORE || run->options->no_face == CLI_NO_FACE_FAIL)
    return false;
  result->exit = CLI_EXIT_OK;
  result->left = run->options->no_face == CLI_NO_FACE_SKIP || run->options->in_place ? "no face" : NULL;
  return !result->left;
}

/* The file's own bytes where the format stays, else the same pixels. */
static void
write_unchanged (const CliRun *run, const CliJob *job, const RvsPicture *picture, CliResult *result)
{
  RvsPictureFormat format = format_of_result (job, picture);
  RvsError         err = { 0 };
  RvsStatus        status;

  if (format != picture->format)
    {
      result->copied = result->written = write_picture (run, job, picture, result);
      return;
    }
  status = rvs_result_copy (job->input, job->output, may_replace (run), &err);
  if (status)
    cli_result_fail (result, cli_exit_of (CLI_STEP_WRITE, status), "%.140s: %s%s", job->output, err.message, cli_advice (status));
  result->copied = result->written = status == RVS_OK;
}

void
cli_run_job (CliRun *run, const CliJob *job, CliResult *out)
{
  RvsPicture picture;
  CliMasks   masks = { 0 };

  memset (out, 0, sizeof *out);
  out->job = job;
  memset (&picture, 0, sizeof picture);
  cli_progress_begin (&run->progress, job->input);
  if (check_output (run, job, out) && read_masks (run, &masks, out) && read_picture (run, job, &picture, out)
      && check_fidelity_map (run, &picture, &masks, out))
    {
      if (cli_restore (run, &picture, &masks, out))
        out->written = write_picture (run, job, &picture, out);
      else if (keep_without_face (run, out))
        write_unchanged (run, job, &picture, out);
    }
  cli_progress_end (&run->progress);
  rvs_hole_file_clear (&masks.hole);
  rvs_hole_file_clear (&masks.lines);
  rvs_hole_file_clear (&masks.fidelity);
  rvs_picture_clear (&picture);
}
