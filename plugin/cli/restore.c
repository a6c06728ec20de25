/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * restore.c: one picture in memory: its colours, the models that run over it, and its size.
 */
#include "restore.h"
#include "enlarge.h"
#include "pass.h"
#include "stop.h"
#include "working.h"

#include <stdlib.h>
#include <string.h>

/* ---- holes ---------------------------------------------------------------------------------- */

/* --find-scratches: the hole is what is found. Nothing found is a failure only where nothing comes after it: a clean photo of an album still
 * has its faces restored. */
static bool
find_hole (CliRun *run, const RvsMutView *pixels, RvsHoleFile *hole, CliResult *result)
{
  const CliPass pass = { run, run->session, run->options->params, false, 1, 0, run->options->marks ? 1 : 0.3 };
  RvsMonitor    monitor = cli_pass_watch (&pass, 0, 1);
  RvsView       view = rvs_view_of (pixels);
  RvsMutView   *mask = &hole->picture.view;
  RvsError      err = { 0 };
  double        started = cli_now ();

  *mask = (RvsMutView){ calloc ((size_t)view.height, (size_t)view.width), view.width, view.width, view.height, 1, RVS_DEPTH_U8 };
  if (!mask->pixels)
    {
      cli_result_fail (result, CLI_EXIT_MEMORY, "not enough memory for the scratches");
      return false;
    }
  cli_stop_watch (run->session);
  if (!cli_result_check (result, CLI_STEP_ENGINE, rvs_find_damage (run->session, &view, &monitor, mask, &err), &err))
    return false;
  hole->view = rvs_view_of (mask);
  result->detect_s += cli_now () - started;
  for (size_t i = 0; i < (size_t)view.width * (size_t)view.height; i++)
    result->n_marked += ((const unsigned char *)mask->pixels)[i] != 0;
  if (result->n_marked == 0 && !run->options->marks && !run->then)
    cli_result_fail (result, CLI_EXIT_HOLE, "no scratches were found; mark the damage with --hole");
  return result->exit == CLI_EXIT_OK;
}

/* The mask takes the picture's place. */
static void
become_mask (RvsPicture *picture, RvsHoleFile *hole)
{
  rvs_picture_clear (picture);
  picture->view = hole->picture.view;
  picture->format = RVS_PICTURE_PNG;
  memset (hole, 0, sizeof *hole);
}

/* ---- passes --------------------------------------------------------------------------------- */

/* The model that comes last works at the size of the result. */
static CliPass
last_pass (CliRun *run)
{
  if (run->then)
    return (CliPass){ run, run->then, run->options->params, false, run->options->factor, 0.5, 0.5 };
  return (CliPass){ run, run->session, run->options->params, run->fills, run->options->factor, 0, 1 };
}

static CliPass
first_pass (CliRun *run)
{
  return (CliPass){ run, run->session, run->options->params, run->fills, 1, 0, 0.5 };
}

/* False when there is nothing to write. */
static bool
pass_over (CliPass *pass, const RvsMutView *pixels, const CliMasks *masks, CliResult *result)
{
  CliChosen *chosen;
  bool       ok = cli_pass_find (pass, pixels, &chosen, result);

  if (pass->fills)
    {
      pass->params.hole = masks->hole.view;
      pass->params.lines = masks->lines.view;
    }
  pass->params.fidelity_map = masks->fidelity.view;
  if (ok && pass->run->options->action == CLI_LIST_FACES)
    ok = cli_pass_list (pass, pixels, chosen, result);
  else if (ok)
    ok = cli_pass_restore (pass, pixels, chosen, result);
  free (chosen);
  return ok;
}

/* The rows that the faces and the hole may have changed. */
static RvsStatus
commit (RvsWorking *working, const CliResult *result, RvsError *err)
{
  const int32_t height = working->picture->view.height;
  int32_t       first = result->filled ? 0 : height, last = result->filled ? height : 0;

  for (size_t i = 0; i < result->n_faces; i++)
    {
      const RvsRect *rect = &result->faces[i].report.rect;
      if (rect->height && rect->y < first)
        first = rect->y;
      if (rect->y + rect->height > last)
        last = rect->y + rect->height;
    }
  return first < last ? rvs_working_commit (working, first, last - first, err) : RVS_OK;
}

static bool
open_working (RvsPicture *picture, RvsWorking *out, RvsMutView *out_view, CliResult *result)
{
  RvsError err = { 0 };

  if (!cli_result_check (result, CLI_STEP_READ, rvs_working_open (picture, out, &err), &err))
    return false;
  *out_view = rvs_working_view (out);
  result->notes = picture->meta.notes;
  return true;
}

static bool
commit_all (RvsWorking *working, CliResult *result)
{
  RvsError err = { 0 };

  return cli_result_check (result, CLI_STEP_ENGINE, commit (working, result, &err), &err);
}

/* All that comes before the last model: the hole is found, and the first of two models has run. */
static bool
begin (CliRun *run, const RvsMutView *view, CliMasks *masks, CliResult *result)
{
  CliPass first = first_pass (run);

  if (run->options->finds && run->options->action == CLI_RESTORE && !find_hole (run, view, &masks->hole, result))
    return false;
  if (run->options->finds && run->options->action == CLI_RESTORE && !result->n_marked)
    return true;
  return run->options->marks || !run->then || pass_over (&first, view, masks, result);
}

static bool
restore_in_place (CliRun *run, RvsPicture *picture, CliMasks *masks, CliResult *result)
{
  RvsWorking working = { 0 };
  RvsMutView view;
  CliPass    last = last_pass (run);
  bool       ok = open_working (picture, &working, &view, result) && begin (run, &view, masks, result);

  if (ok && !run->options->marks)
    ok = pass_over (&last, &view, masks, result) && commit_all (&working, result);
  rvs_working_close (&working);
  if (ok && run->options->marks)
    become_mask (picture, &masks->hole);
  return ok;
}

/* ---- larger --------------------------------------------------------------------------------- */

/* The last model's faces, at the photo's own size; where there is none it is known without enlarging. */
static bool
find_on_photo (CliRun *run, RvsPicture *picture, CliMasks *masks, const CliPass *last, CliChosen **chosen, CliResult *result)
{
  RvsWorking working = { 0 };
  RvsMutView view;
  bool       ok = open_working (picture, &working, &view, result) && begin (run, &view, masks, result);

  if (ok && run->then)
    ok = commit_all (&working, result);
  ok = ok && cli_pass_find (last, &view, chosen, result);
  if (ok && (*chosen)->n == 0)
    ok = cli_pass_restore (last, &view, *chosen, result);
  rvs_working_close (&working);
  return ok;
}

static bool
enlarge (CliPass *last, RvsPicture *picture, CliResult *result)
{
  RvsMonitor monitor = cli_pass_watch (last, 0.2, 0.1);
  RvsError   err = { 0 };
  double     started = cli_now ();
  RvsStatus  status;

  cli_stop_watch (last->session);
  status = rvs_enlarge_picture (last->session, picture, last->factor, &monitor, &err);
  result->enlarge_s = cli_now () - started;
  if (!cli_result_check (result, CLI_STEP_ENGINE, status, &err))
    return false;
  result->factor = last->factor;
  last->from += 0.3 * last->span;
  last->span *= 0.7;
  return true;
}

static bool
restore_larger (CliPass *last, RvsPicture *picture, const CliMasks *masks, CliChosen *chosen, CliResult *result)
{
  RvsWorking working = { 0 };
  RvsMutView view;
  bool       ok = open_working (picture, &working, &view, result);

  last->params.fidelity_map = masks->fidelity.view;
  ok = ok && cli_pass_restore (last, &view, chosen, result) && commit_all (&working, result);
  rvs_working_close (&working);
  return ok;
}

/* A picture without a face is enlarged all the same, unless --no-face says otherwise. */
static bool
go_on_without_face (const CliRun *run, CliResult *result)
{
  if (result->exit != CLI_EXIT_NO_FACE || run->options->no_face_given)
    return false;
  result->exit = CLI_EXIT_OK;
  result->faceless = true;
  return true;
}

static bool
restore_enlarged (CliRun *run, RvsPicture *picture, CliMasks *masks, CliResult *result)
{
  CliPass    last = last_pass (run);
  CliChosen *chosen = NULL;
  bool       ok = find_on_photo (run, picture, masks, &last, &chosen, result), faces = ok && chosen->n > 0;

  if (ok || go_on_without_face (run, result))
    ok = enlarge (&last, picture, result);
  if (ok && faces)
    ok = restore_larger (&last, picture, masks, chosen, result) || go_on_without_face (run, result);
  free (chosen);
  return ok;
}

bool
cli_restore (CliRun *run, RvsPicture *picture, CliMasks *masks, CliResult *result)
{
  return (run->options->factor > 1 ? restore_enlarged : restore_in_place) (run, picture, masks, result);
}
