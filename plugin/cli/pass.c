/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pass.c: find faces, analyse, render in place.
 */
#include "pass.h"
#include "stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double
cli_now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

RvsMonitor
cli_pass_watch (const CliPass *pass, double from, double span)
{
  cli_progress_part (&pass->run->progress, pass->from + from * pass->span, span * pass->span);
  return cli_progress_monitor (&pass->run->progress);
}

/* ---- faces ---------------------------------------------------------------------------------- */

/* Those left out go behind the others; the order stays otherwise. In a larger picture a face that is too small would no longer be. */
static void
sort_out (CliChosen *chosen, const RvsFace *found, const RvsSkip *skips, size_t n_found, bool larger)
{
  for (int left_out = 0; left_out < 2; left_out++)
    for (size_t i = 0; i < n_found; i++)
      if ((skips[i] == RVS_SKIP_DISABLED || (larger && skips[i] != RVS_SKIP_NONE)) == left_out)
        {
          const size_t at = chosen->n + chosen->n_left_out;
          chosen->faces[at] = found[i];
          chosen->skips[at] = skips[i];
          ++*(left_out ? &chosen->n_left_out : &chosen->n);
        }
}

static RvsStatus
detect_faces (const CliPass *pass, const RvsView *view, CliChosen *chosen, RvsError *err)
{
  RvsMonitor monitor = cli_pass_watch (pass, 0, 0.2);
  RvsFace    found[RVS_MAX_FACES];
  RvsSkip    skips[RVS_MAX_FACES];
  size_t     n = 0;
  RvsStatus  status;

  status = rvs_detect (pass->session, view, &monitor, found, RVS_MAX_FACES, &n, err);
  if (status)
    return status;
  chosen->n_found = n;
  n = n < RVS_MAX_FACES ? n : RVS_MAX_FACES;
  rvs_choose_faces (found, n, view->width, view->height, &pass->params, pass->run->min_confidence, skips);
  sort_out (chosen, found, skips, n, pass->factor > 1);
  return RVS_OK;
}

static RvsStatus
place_box (const CliPass *pass, const RvsView *view, const CliBox *box, RvsFace *out_face, RvsError *err)
{
  RvsError  inner = { 0 };
  RvsStatus status = rvs_face_from_box (pass->session, view, box->x, box->y, box->w, box->h, out_face, &inner);

  if (!status)
    return RVS_OK;
  err->status = status;
  if (status == RVS_ERR_ARGUMENT)
    snprintf (err->message, sizeof err->message, "--box %.0f,%.0f,%.0f,%.0f: %.100s, which has %dx%d pixels", (double)box->x,
              (double)box->y, (double)box->w, (double)box->h, inner.message, view->width, view->height);
  else
    *err = inner;
  return status;
}

static RvsStatus
find_faces (const CliPass *pass, const RvsView *view, CliChosen *chosen, RvsError *err)
{
  const CliOptions *options = pass->run->options;
  RvsStatus         status = RVS_OK;

  if (options->aligned)
    rvs_face_aligned (view, &chosen->faces[chosen->n++]);
  for (size_t i = 0; i < options->n_boxes && !status; i++)
    status = place_box (pass, view, &options->boxes[i], &chosen->faces[chosen->n++], err);
  return options->aligned || options->n_boxes ? status : detect_faces (pass, view, chosen, err);
}

/* What the analysis says of face i, in the pixels of the picture that was read, but for the part that changes. */
static RvsFaceReport
report_of (const CliPass *pass, const CliChosen *chosen, const RvsAnalysis *analysis, size_t i)
{
  RvsFaceReport report = *rvs_analysis_face (analysis, i);

  report.face = chosen->faces[i];
  report.eye_distance_px /= (float)pass->factor;
  return report;
}

static RvsStatus
keep_faces (const CliPass *pass, CliResult *result, const CliChosen *chosen, const RvsAnalysis *analysis, RvsError *err)
{
  size_t n = chosen->n + chosen->n_left_out;

  free (result->faces); /* of an earlier pass */
  result->n_faces = 0;
  result->faces = calloc (n ? n : 1, sizeof *result->faces);
  if (!result->faces)
    {
      snprintf (err->message, sizeof err->message, "not enough memory for the report");
      return err->status = RVS_ERR_NO_MEMORY;
    }
  result->n_faces = n;
  result->n_found = chosen->n_found;
  for (size_t i = 0; i < n; i++)
    {
      CliFace *face = &result->faces[i];
      face->analysed = analysis && i < chosen->n;
      if (face->analysed)
        face->report = report_of (pass, chosen, analysis, i);
      else
        face->report = (RvsFaceReport){ .face = chosen->faces[i], .skip = chosen->skips[i] };
    }
  return RVS_OK;
}

/* Doubtful places are no faces that anyone misses, whatever else speaks against them. */
static bool
is_doubtful (const CliRun *run, const RvsFaceReport *report)
{
  return report->skip == RVS_SKIP_LOW_CONFIDENCE
         || (!(report->face.flags & RVS_FACE_FROM_USER) && report->face.score < run->min_confidence);
}

/* Counts those that are sure, and finds the largest of them: they come largest first. */
static size_t
count_sure (const CliRun *run, const CliResult *result, const RvsFaceReport **out_largest)
{
  size_t n = 0;

  *out_largest = NULL;
  for (size_t i = 0; i < result->n_faces; i++)
    if (!is_doubtful (run, &result->faces[i].report) && n++ == 0)
      *out_largest = &result->faces[i].report;
  return n;
}

/* Why a face is left out, as the rest of a sentence about it. */
static void
describe_skip (const RvsFaceReport *report, char *text, size_t n_bytes)
{
  if (report->skip == RVS_SKIP_TOO_SMALL)
    snprintf (text, n_bytes, "is too small (%.0fx%.0f pixels; see --min-face)", (double)report->face.w, (double)report->face.h);
  else if (report->skip == RVS_SKIP_DEGENERATE)
    snprintf (text, n_bytes, "cannot be aligned: it reaches far out of the picture, or is seen from the side");
  else
    snprintf (text, n_bytes, "is left out: %s", rvs_skip_name (report->skip));
}

/* Says why nothing can be done. */
static void
refuse_faces (const CliRun *run, CliResult *result)
{
  const RvsFaceReport *largest;
  size_t               n_sure = count_sure (run, result, &largest), n_doubtful = result->n_faces - n_sure;
  char                 why[160];

  if (n_sure == 0 && n_doubtful == 0)
    cli_result_fail (result, CLI_EXIT_NO_FACE, "no face found; give its place with --box x,y,width,height");
  else if (n_sure == 0)
    cli_result_fail (result, CLI_EXIT_NO_FACE,
                     "no face found, only %zu doubtful %s; see --list-faces and give the place with --box", n_doubtful,
                     n_doubtful == 1 ? "place" : "places");
  else
    {
      describe_skip (largest, why, sizeof why);
      if (run->options->n_boxes)
        cli_result_fail (result, CLI_EXIT_NO_FACE, "the face in the box cannot be restored: it %s", why);
      else
        cli_result_fail (result, CLI_EXIT_NO_FACE, "%zu %s found, but none can be restored: the largest %s", n_sure,
                         n_sure == 1 ? "face" : "faces", why);
    }
}

/* The faces of the analysis: those that the hole hid come behind the others that are analysed. A hole's picture is never larger. */
static void
take_uncovered (CliChosen *chosen, const RvsAnalysis *analysis)
{
  const size_t n_all = rvs_analysis_n_faces (analysis), room = RVS_MAX_FACES - chosen->n_left_out;
  const size_t n = n_all < room ? n_all : room;

  memmove (chosen->faces + n, chosen->faces + chosen->n, chosen->n_left_out * sizeof *chosen->faces);
  memmove (chosen->skips + n, chosen->skips + chosen->n, chosen->n_left_out * sizeof *chosen->skips);
  for (size_t i = 0; i < n; i++)
    {
      chosen->faces[i] = chosen->at_size[i] = rvs_analysis_face (analysis, i)->face;
      chosen->skips[i] = RVS_SKIP_NONE;
    }
  chosen->n_found += n_all - chosen->n;
  chosen->n = n;
}

/* Looks under the hole too. */
static RvsStatus
uncover (const CliPass *pass, const RvsView *view, CliChosen *chosen, RvsAnalysis *analysis, RvsError *err)
{
  RvsMonitor      monitor = cli_pass_watch (pass, 0.25, 0.35);
  const RvsStatus status = rvs_uncover_faces (analysis, view, &pass->params, &monitor, err);

  if (!status)
    take_uncovered (chosen, analysis);
  return status;
}

/* A hole is filled without any face, and a filled one is worth writing though no face follows. */
static bool
analyse (const CliPass *pass, const RvsView *view, CliChosen *chosen, RvsAnalysis **analysis, CliResult *result)
{
  RvsMonitor monitor = cli_pass_watch (pass, 0.2, pass->fills ? 0.05 : 0.3);
  RvsError   err = { 0 };
  double     started = cli_now ();
  RvsStatus  status;

  for (size_t i = 0; i < chosen->n; i++)
    rvs_face_enlarge (&chosen->faces[i], pass->factor, &chosen->at_size[i]);
  status = rvs_analyse_for (pass->session, view, chosen->at_size, chosen->n, &pass->params, 0, &monitor, analysis, &err);
  if (!status && pass->fills)
    status = uncover (pass, view, chosen, *analysis, &err);
  if (!status)
    status = keep_faces (pass, result, chosen, *analysis, &err);
  result->analyse_s += cli_now () - started;
  if (!cli_result_check (result, CLI_STEP_ENGINE, status, &err))
    return false;
  result->n_restored = 0;
  for (size_t i = 0; i < result->n_faces && !pass->fills; i++)
    result->n_restored += result->faces[i].report.skip == RVS_SKIP_NONE;
  if (result->n_restored == 0 && !pass->fills && !result->filled)
    refuse_faces (pass->run, result);
  return result->n_restored > 0 || pass->fills || result->filled;
}

/* What rendering has found out: how the hole was filled. */
static void
keep_fill (const CliChosen *chosen, const RvsAnalysis *analysis, CliResult *result)
{
  result->filled = true;
  result->fill = *rvs_analysis_fill (analysis);
  for (size_t i = 0; i < chosen->n; i++)
    result->faces[i].report = *rvs_analysis_face (analysis, i);
}

/* Whether the faces went by their shape. */
static void
keep_priors (const CliChosen *chosen, const RvsAnalysis *analysis, CliResult *result)
{
  for (size_t i = 0; i < chosen->n; i++)
    result->faces[i].report.shape_prior = rvs_analysis_face (analysis, i)->shape_prior;
}

static bool
render (const CliPass *pass, const RvsMutView *pixels, const CliChosen *chosen, RvsAnalysis *analysis, CliResult *result)
{
  RvsView    view = rvs_view_of (pixels);
  RvsMonitor monitor = cli_pass_watch (pass, pass->fills ? 0.6 : 0.5, pass->fills ? 0.4 : 0.5);
  RvsError   err = { 0 };
  double     started = cli_now ();
  RvsStatus  status = rvs_render (pass->session, analysis, &view, &pass->params, 0, &monitor, pixels, &err);

  if (!status && pass->fills)
    keep_fill (chosen, analysis, result);
  else if (!status)
    keep_priors (chosen, analysis, result);
  result->render_s += cli_now () - started;
  return cli_result_check (result, CLI_STEP_ENGINE, status, &err);
}

/* Which way the faces look that would be restored. */
static RvsStatus
find_poses (const CliPass *pass, const RvsView *view, CliResult *result, RvsError *err)
{
  RvsStatus status = RVS_OK;

  for (size_t i = 0; i < result->n_faces && status == RVS_OK && pass->run->has_poses; i++)
    {
      RvsFaceReport *report = &result->faces[i].report;
      if (report->skip == RVS_SKIP_NONE)
        status = rvs_face_pose (pass->session, view, &report->face, &report->pose, err);
    }
  return status;
}

/* Without analysis: the faces alone. */
bool
cli_pass_list (const CliPass *pass, const RvsMutView *pixels, const CliChosen *chosen, CliResult *result)
{
  const RvsView view = rvs_view_of (pixels);
  RvsError      err = { 0 };
  RvsStatus     status = keep_faces (pass, result, chosen, NULL, &err);

  if (!status)
    status = find_poses (pass, &view, result, &err);
  if (!cli_result_check (result, CLI_STEP_ENGINE, status, &err))
    return false;
  if (result->n_faces == 0)
    cli_result_fail (result, CLI_EXIT_NO_FACE, "no face found");
  return false;
}

/* ---- the pass --------------------------------------------------------------------------------- */

bool
cli_pass_find (const CliPass *pass, const RvsMutView *pixels, CliChosen **out_chosen, CliResult *result)
{
  RvsView    view = rvs_view_of (pixels);
  CliChosen *chosen = calloc (1, sizeof *chosen);
  RvsError   err = { 0 };
  double     started = cli_now ();

  *out_chosen = NULL;
  cli_stop_watch (pass->session);
  if (!chosen)
    {
      cli_result_fail (result, CLI_EXIT_MEMORY, "not enough memory for the list of faces");
      return false;
    }
  if (!cli_result_check (result, CLI_STEP_FIND, find_faces (pass, &view, chosen, &err), &err))
    {
      free (chosen);
      return false;
    }
  result->detect_s += cli_now () - started;
  *out_chosen = chosen;
  return true;
}

bool
cli_pass_restore (const CliPass *pass, const RvsMutView *pixels, CliChosen *chosen, CliResult *result)
{
  RvsView      view = rvs_view_of (pixels);
  RvsAnalysis *analysis = NULL;
  bool         ok;

  cli_stop_watch (pass->session);
  ok = analyse (pass, &view, chosen, &analysis, result) && render (pass, pixels, chosen, analysis, result);
  rvs_analysis_free (analysis);
  return ok;
}
