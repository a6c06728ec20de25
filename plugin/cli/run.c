/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run.c: read, find faces, analyse, render in place, write; each step can end the picture, none the run.
 */
#include "run.h"

#include "hole.h"
#include "results.h"
#include "stop.h"
#include "working.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Where in the work a failure came up: it decides the exit code. */
typedef enum Step
{
  STEP_READ,
  STEP_FIND, /* the faces: the places of --box are the user's */
  STEP_ENGINE,
  STEP_WRITE
} Step;

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static CliExit
exit_of (Step step, RvsStatus status)
{
  switch (status)
    {
    case RVS_ERR_NO_MEMORY:
      return CLI_EXIT_MEMORY;
    case RVS_ERR_CANCELLED:
      return (CliExit)(CLI_EXIT_SIGNAL + *cli_stop_flag ());
    case RVS_ERR_NO_FACE:
      return CLI_EXIT_NO_FACE;
    case RVS_ERR_MODEL:
      return CLI_EXIT_WEIGHTS;
    case RVS_ERR_HOLE:
      return CLI_EXIT_HOLE;
    default:
      break;
    }
  if (step == STEP_READ)
    return CLI_EXIT_INPUT;
  if (step == STEP_WRITE)
    return CLI_EXIT_OUTPUT;
  if (step == STEP_FIND && status == RVS_ERR_ARGUMENT)
    return CLI_EXIT_USAGE;
  return status == RVS_ERR_LIMIT ? CLI_EXIT_INPUT : CLI_EXIT_INTERNAL;
}

static void __attribute__ ((format (printf, 3, 4))) set_failure (CliResult *result, CliExit code, const char *format, ...)
{
  va_list args;

  result->exit = code;
  va_start (args, format);
  vsnprintf (result->message, sizeof result->message, format, args);
  va_end (args);
}

static bool
check (CliResult *result, Step step, RvsStatus status, const RvsError *err)
{
  if (status)
    set_failure (result, exit_of (step, status), "%s%s", err->message, cli_advice (status));
  return status == RVS_OK;
}

/* ---- faces ---------------------------------------------------------------------------------- */

/* The faces to analyse come first; those that are too many follow and are only reported. */
typedef struct Chosen
{
  RvsFace faces[RVS_MAX_FACES];
  RvsSkip skips[RVS_MAX_FACES]; /* of each, as far as it can be told before the analysis */
  size_t  n, n_left_out;
  size_t  n_found; /* may be more than there is room for */
} Chosen;

/* Those left out go behind the others; the order stays otherwise. */
static void
sort_out (Chosen *chosen, const RvsFace *found, const RvsSkip *skips, size_t n_found)
{
  for (int left_out = 0; left_out < 2; left_out++)
    for (size_t i = 0; i < n_found; i++)
      if ((skips[i] == RVS_SKIP_DISABLED) == left_out)
        {
          const size_t at = chosen->n + chosen->n_left_out;
          chosen->faces[at] = found[i];
          chosen->skips[at] = skips[i];
          ++*(left_out ? &chosen->n_left_out : &chosen->n);
        }
}

/* One model over the picture: the only one, or with --then the first or the second of two. */
typedef struct Pass
{
  CliRun     *run;
  RvsSession *session;
  RvsParams   params;
  bool        fills;
  double      from, span; /* of the progress bar */
} Pass;

static RvsMonitor
watch (const Pass *pass, double from, double span)
{
  cli_progress_part (&pass->run->progress, pass->from + from * pass->span, span * pass->span);
  return cli_progress_monitor (&pass->run->progress);
}

static RvsStatus
detect_faces (const Pass *pass, const RvsView *view, Chosen *chosen, RvsError *err)
{
  RvsMonitor monitor = watch (pass, 0, 0.2);
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
  sort_out (chosen, found, skips, n);
  return RVS_OK;
}

static RvsStatus
place_box (const Pass *pass, const RvsView *view, const CliBox *box, RvsFace *out_face, RvsError *err)
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
find_faces (const Pass *pass, const RvsView *view, Chosen *chosen, RvsError *err)
{
  const CliOptions *options = pass->run->options;
  RvsStatus         status = RVS_OK;

  if (options->aligned)
    rvs_face_aligned (view, &chosen->faces[chosen->n++]);
  for (size_t i = 0; i < options->n_boxes && !status; i++)
    status = place_box (pass, view, &options->boxes[i], &chosen->faces[chosen->n++], err);
  return options->aligned || options->n_boxes ? status : detect_faces (pass, view, chosen, err);
}

static RvsStatus
keep_faces (CliResult *result, const Chosen *chosen, const RvsAnalysis *analysis, RvsError *err)
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
        face->report = *rvs_analysis_face (analysis, i);
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
    set_failure (result, CLI_EXIT_NO_FACE, "no face found; give its place with --box x,y,width,height");
  else if (n_sure == 0)
    set_failure (result, CLI_EXIT_NO_FACE, "no face found, only %zu doubtful %s; see --list-faces and give the place with --box",
                 n_doubtful, n_doubtful == 1 ? "place" : "places");
  else
    {
      describe_skip (largest, why, sizeof why);
      if (run->options->n_boxes)
        set_failure (result, CLI_EXIT_NO_FACE, "the face in the box cannot be restored: it %s", why);
      else
        set_failure (result, CLI_EXIT_NO_FACE, "%zu %s found, but none can be restored: the largest %s", n_sure,
                     n_sure == 1 ? "face" : "faces", why);
    }
}

/* ---- steps ---------------------------------------------------------------------------------- */

static bool
read_picture (const CliRun *run, const CliJob *job, RvsPicture *picture, CliResult *result)
{
  RvsError err = { 0 };
  double   started = now ();

  if (!check (result, STEP_READ, rvs_picture_read (job->input, cli_stop_flag (), picture, &err), &err))
    return false;
  result->read_s = now () - started;
  if (run->options->quality)
    picture->meta.quality = run->options->quality;
  result->width = picture->view.width;
  result->height = picture->view.height;
  result->channels = picture->view.channels;
  result->bits = picture->view.depth == RVS_DEPTH_U16 ? 16 : 8;
  return true;
}

static bool
list_faces (const Chosen *chosen, CliResult *result)
{
  RvsError err = { 0 };

  if (!check (result, STEP_ENGINE, keep_faces (result, chosen, NULL, &err), &err))
    return false;
  if (result->n_faces == 0)
    set_failure (result, CLI_EXIT_NO_FACE, "no face found");
  return false;
}

/* A hole is filled without any face, and a filled one is worth writing though no face follows. */
static bool
analyse (const Pass *pass, const RvsView *view, const Chosen *chosen, RvsAnalysis **analysis, CliResult *result)
{
  RvsMonitor monitor = watch (pass, 0.2, 0.3);
  RvsError   err = { 0 };
  double     started = now ();
  RvsStatus  status = rvs_analyse (pass->session, view, chosen->faces, chosen->n, &monitor, analysis, &err);

  if (!status)
    status = keep_faces (result, chosen, *analysis, &err);
  result->analyse_s += now () - started;
  if (!check (result, STEP_ENGINE, status, &err))
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
keep_fill (const Chosen *chosen, const RvsAnalysis *analysis, CliResult *result)
{
  result->filled = true;
  result->fill = *rvs_analysis_fill (analysis);
  for (size_t i = 0; i < chosen->n; i++)
    result->faces[i].report = *rvs_analysis_face (analysis, i);
}

static RvsView
const_view (const RvsMutView *v)
{
  return (RvsView){ v->pixels, v->stride, v->width, v->height, v->channels, v->depth };
}

static bool
render (const Pass *pass, const RvsMutView *pixels, const Chosen *chosen, RvsAnalysis *analysis, CliResult *result)
{
  RvsView    view = const_view (pixels);
  RvsMonitor monitor = watch (pass, 0.5, 0.5);
  RvsError   err = { 0 };
  double     started = now ();
  RvsStatus  status = rvs_render (pass->session, analysis, &view, &pass->params, 0, &monitor, pixels, &err);

  if (!status && pass->fills)
    keep_fill (chosen, analysis, result);
  result->render_s += now () - started;
  return check (result, STEP_ENGINE, status, &err);
}

/* Finds, analyses and renders into the pixels given, which are sRGB. False when there is nothing to write. */
static bool
restore (const Pass *pass, const RvsMutView *pixels, CliResult *result)
{
  RvsView      view = const_view (pixels);
  Chosen      *chosen = calloc (1, sizeof *chosen);
  RvsAnalysis *analysis = NULL;
  RvsError     err = { 0 };
  double       started = now ();
  bool         ok = false;

  cli_stop_watch (pass->session);
  if (!chosen)
    {
      set_failure (result, CLI_EXIT_MEMORY, "not enough memory for the list of faces");
      goto cleanup;
    }
  if (!check (result, STEP_FIND, find_faces (pass, &view, chosen, &err), &err))
    goto cleanup;
  result->detect_s += now () - started;
  if (pass->run->options->action == CLI_LIST_FACES)
    ok = list_faces (chosen, result);
  else
    ok = analyse (pass, &view, chosen, &analysis, result) && render (pass, pixels, chosen, analysis, result);

cleanup:
  rvs_analysis_free (analysis);
  free (chosen);
  return ok;
}

/* What the user has marked in the picture. */
typedef struct CliMasks
{
  RvsHoleFile hole, lines;
} CliMasks;

/* The picture of an option such as --hole, where it is given; the result names the option when the picture is no use. */
static bool
read_mask (const CliRun *run, const char *option, const char *path, RvsHoleFile *mask, CliResult *result)
{
  RvsError  err = { 0 };
  RvsStatus status;

  if (!path || run->options->action != CLI_RESTORE)
    return true;
  status = rvs_hole_file_read (path, cli_stop_flag (), mask, &err);
  if (status)
    set_failure (result, exit_of (STEP_READ, status), "%s %.100s: %s%s", option, path, err.message, cli_advice (status));
  return status == RVS_OK;
}

static bool
read_masks (const CliRun *run, CliMasks *masks, CliResult *result)
{
  return read_mask (run, "--hole", run->options->hole, &masks->hole, result)
         && read_mask (run, "--lines", run->options->lines, &masks->lines, result);
}

/* One pass, or two. */
static bool
restore_all (CliRun *run, const RvsMutView *pixels, const CliMasks *masks, CliResult *result)
{
  const CliOptions *options = run->options;
  Pass              pass = { run, run->session, options->params, run->fills, 0, run->then ? 0.5 : 1 };

  pass.params.hole = masks->hole.view;
  pass.params.lines = masks->lines.view;
  if (!restore (&pass, pixels, result) || !run->then)
    return !result->exit && options->action == CLI_RESTORE;
  pass = (Pass){ run, run->then, options->params, false, 0.5, 0.5 };
  return restore (&pass, pixels, result);
}

/* The rows that the faces and the hole may have changed. */
static RvsStatus
commit (RvsWorking *working, const CliResult *result, RvsError *err)
{
  int32_t first = result->filled ? 0 : result->height, last = result->filled ? result->height : 0;

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

/* --find-scratches: the hole is what is found; none is no hole. */
static bool
find_hole (CliRun *run, const RvsMutView *pixels, RvsHoleFile *hole, CliResult *result)
{
  const Pass  pass = { run, run->session, run->options->params, false, 0, run->options->marks ? 1 : 0.3 };
  RvsMonitor  monitor = watch (&pass, 0, 1);
  RvsView     view = const_view (pixels);
  RvsMutView *mask = &hole->picture.view;
  RvsError    err = { 0 };
  double      started = now ();

  *mask = (RvsMutView){ calloc ((size_t)view.height, (size_t)view.width), view.width, view.width, view.height, 1, RVS_DEPTH_U8 };
  if (!mask->pixels)
    {
      set_failure (result, CLI_EXIT_MEMORY, "not enough memory for the scratches");
      return false;
    }
  cli_stop_watch (run->session);
  if (!check (result, STEP_ENGINE, rvs_find_damage (run->session, &view, &monitor, mask, &err), &err))
    return false;
  hole->view = const_view (mask);
  result->detect_s += now () - started;
  for (size_t i = 0; i < (size_t)view.width * (size_t)view.height; i++)
    result->n_marked += ((const unsigned char *)mask->pixels)[i] != 0;
  if (result->n_marked == 0 && !run->options->marks)
    set_failure (result, CLI_EXIT_HOLE, "no scratches were found; mark the damage with --hole");
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

/* In sRGB, and back in the picture's own colours. */
static bool
restore_in_colour (CliRun *run, RvsPicture *picture, CliMasks *masks, CliResult *result)
{
  RvsWorking working;
  RvsError   err = { 0 };
  bool       ok = check (result, STEP_READ, rvs_working_open (picture, &working, &err), &err);

  if (ok)
    {
      RvsMutView view = rvs_working_view (&working);
      result->notes = picture->meta.notes;
      if (run->options->finds && run->options->action == CLI_RESTORE)
        ok = find_hole (run, &view, &masks->hole, result);
      if (ok && !run->options->marks)
        ok = restore_all (run, &view, masks, result) && check (result, STEP_ENGINE, commit (&working, result, &err), &err);
    }
  rvs_working_close (&working);
  if (ok && run->options->marks)
    become_mask (picture, &masks->hole);
  return ok;
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
    set_failure (result, exit_of (STEP_WRITE, status), "%.140s: %s%s", job->output, err.message,
                 !may_replace (run) && exists ? "; use --overwrite to replace it" : "");
  return status == RVS_OK;
}

static bool
write_picture (const CliRun *run, const CliJob *job, const RvsPicture *picture, CliResult *result)
{
  RvsPictureFormat format = job->has_format ? job->format : rvs_format_of_result (picture->format);
  RvsError         err = { 0 };
  double           started = now ();
  RvsStatus status = rvs_result_write (picture, format, job->output, may_replace (run), cli_stop_flag (), &result->lost, &err);

  result->write_s = now () - started;
  if (status)
    set_failure (result, exit_of (STEP_WRITE, status), "%.140s: %s%s", job->output, err.message, cli_advice (status));
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
  RvsPictureFormat format = job->has_format ? job->format : rvs_format_of_result (picture->format);
  RvsError         err = { 0 };
  RvsStatus        status;

  if (format != picture->format)
    {
      result->copied = result->written = write_picture (run, job, picture, result);
      return;
    }
  status = rvs_result_copy (job->input, job->output, may_replace (run), &err);
  if (status)
    set_failure (result, exit_of (STEP_WRITE, status), "%.140s: %s%s", job->output, err.message, cli_advice (status));
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
  if (check_output (run, job, out) && read_masks (run, &masks, out) && read_picture (run, job, &picture, out))
    {
      if (restore_in_colour (run, &picture, &masks, out))
        out->written = write_picture (run, job, &picture, out);
      else if (keep_without_face (run, out))
        write_unchanged (run, job, &picture, out);
    }
  cli_progress_end (&run->progress);
  rvs_hole_file_clear (&masks.hole);
  rvs_hole_file_clear (&masks.lines);
  rvs_picture_clear (&picture);
}

void
cli_result_clear (CliResult *result)
{
  free (result->faces);
  memset (result, 0, sizeof *result);
}
