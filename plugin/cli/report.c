/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report.c: results as lines and as JSON. docs/revisage.1 describes the document's members.
 */
#include "report.h"

#include "rvs_params.h"

#include <math.h>
#include <stdlib.h>

/* ---- JSON ----------------------------------------------------------------------------------- */

static void
put_model (CliJson *json, const CliModel *model)
{
  const RvsModelInfo *info = rvs_model_get_info (model->model);

  cli_json_open (json, NULL, '{', false);
  cli_json_string (json, "role", model->role);
  cli_json_string (json, "id", info->id);
  cli_json_string (json, "sha256", info->sha256);
  cli_json_string (json, "file", model->path);
  cli_json_close (json, '}');
}

void
cli_report_begin (CliJson *json, const CliModel *models, size_t n_models)
{
  cli_json_init (json, stdout);
  cli_json_open (json, NULL, '{', false);
  cli_json_string (json, "version", rvs_version_text ());
  cli_json_open (json, "models", '[', false);
  for (size_t i = 0; i < n_models; i++)
    if (models[i].model)
      put_model (json, &models[i]);
  cli_json_close (json, ']');
  cli_json_open (json, "files", '[', false);
}

void
cli_report_end (CliJson *json)
{
  cli_json_close (json, ']');
  cli_json_close (json, '}');
}

static const char *
origin_of (const RvsFace *face)
{
  if (face->flags & RVS_FACE_ALIGNED)
    return "aligned";
  return face->flags & RVS_FACE_FROM_USER ? "box" : "detector";
}

static void
put_analysis (CliJson *json, const RvsFaceReport *report, float fidelity)
{
  const RvsDegradation *d = &report->degradation;

  cli_json_open (json, "degradation", '{', true);
  cli_json_number (json, "blur", (double)d->blur);
  cli_json_number (json, "scale", (double)d->scale);
  cli_json_number (json, "noise", (double)d->noise);
  cli_json_number (json, "jpeg", (double)d->jpeg);
  cli_json_number (json, "grey", (double)d->grey);
  cli_json_close (json, '}');
  cli_json_number (json, "auto_fidelity", (double)report->auto_fidelity);
  cli_json_number (json, "fidelity", (double)(fidelity < 0 ? report->auto_fidelity : fidelity));
  if (report->shape_prior != RVS_SHAPE_NONE)
    cli_json_bool (json, "shape_prior", report->shape_prior == RVS_SHAPE_USED);
  if (report->screen_px > 0)
    cli_json_number (json, "screen", (double)report->screen_px);
  cli_json_open (json, "changed", '[', true);
  cli_json_number (json, NULL, report->rect.x);
  cli_json_number (json, NULL, report->rect.y);
  cli_json_number (json, NULL, report->rect.width);
  cli_json_number (json, NULL, report->rect.height);
  cli_json_close (json, ']');
  cli_json_number (json, "eye_distance", (double)report->eye_distance_px);
}

static void
put_pose (CliJson *json, const RvsPose *pose)
{
  cli_json_open (json, "pose", '{', true);
  cli_json_number (json, "yaw", (double)pose->yaw);
  cli_json_number (json, "pitch", (double)pose->pitch);
  cli_json_number (json, "roll", (double)pose->roll);
  cli_json_number (json, "confidence", (double)pose->confidence);
  cli_json_close (json, '}');
}

static void
put_face (CliJson *json, const CliOptions *options, const CliResult *result, const CliFace *face)
{
  const RvsFace *f = &face->report.face;

  cli_json_open (json, NULL, '{', false);
  cli_json_open (json, "box", '[', true);
  cli_json_number (json, NULL, (double)f->x);
  cli_json_number (json, NULL, (double)f->y);
  cli_json_number (json, NULL, (double)f->w);
  cli_json_number (json, NULL, (double)f->h);
  cli_json_close (json, ']');
  cli_json_number (json, "score", (double)f->score);
  cli_json_string (json, "origin", origin_of (f));
  if (f->flags & RVS_FACE_HAS_LANDMARKS)
    {
      cli_json_open (json, "landmarks", '[', true);
      for (int i = 0; i < 5; i++)
        {
          cli_json_open (json, NULL, '[', true);
          cli_json_number (json, NULL, (double)f->landmarks[i][0]);
          cli_json_number (json, NULL, (double)f->landmarks[i][1]);
          cli_json_close (json, ']');
        }
      cli_json_close (json, ']');
    }
  else
    cli_json_string (json, "landmarks", NULL);
  cli_json_string (json, "skipped", face->report.skip ? rvs_skip_name (face->report.skip) : NULL);
  if (face->report.pose.known)
    put_pose (json, &face->report.pose);
  if (result->filled && result->n_restored == 0 && !face->report.skip)
    cli_json_number (json, "filled", (double)face->report.filled_px);
  else if (face->analysed && !face->report.skip)
    put_analysis (json, &face->report, options->params.fidelity);
  cli_json_close (json, '}');
}

static void
put_remarks (CliJson *json, const char *key, const RvsRemark *table, size_t n, unsigned bits)
{
  cli_json_open (json, key, '[', true);
  for (size_t i = 0; i < n; i++)
    if (bits & 1u << i)
      cli_json_string (json, NULL, table[i].id);
  cli_json_close (json, ']');
}

static void
put_notes (CliJson *json, const CliResult *result)
{
  size_t           n_notes, n_lost;
  const RvsRemark *notes = rvs_notes_table (&n_notes), *lost = rvs_lost_table (&n_lost);

  put_remarks (json, "notes", notes, n_notes, result->notes);
  put_remarks (json, "lost", lost, n_lost, result->lost);
}

static void
put_times (CliJson *json, const CliResult *result)
{
  cli_json_open (json, "seconds", '{', true);
  cli_json_number (json, "read", result->read_s);
  cli_json_number (json, "detect", result->detect_s);
  if (result->factor)
    cli_json_number (json, "enlarge", result->enlarge_s);
  cli_json_number (json, "analyse", result->analyse_s);
  cli_json_number (json, "render", result->render_s);
  cli_json_number (json, "write", result->write_s);
  cli_json_close (json, '}');
}

/* How large the result is. */
static void
put_size (CliJson *json, const CliResult *result)
{
  cli_json_open (json, "enlarged", '{', true);
  cli_json_number (json, "factor", result->factor);
  cli_json_number (json, "width", result->width * result->factor);
  cli_json_number (json, "height", result->height * result->factor);
  cli_json_close (json, '}');
}

/* How much was filled, and on what. */
static void
put_fill (CliJson *json, const RvsFillReport *fill)
{
  cli_json_open (json, "hole", '{', true);
  cli_json_number (json, "pixels", (double)fill->hole_px);
  cli_json_number (json, "pixels_on_faces", (double)fill->aligned_px);
  cli_json_number (json, "face_crops", fill->n_aligned);
  cli_json_number (json, "local_crops", fill->n_local);
  cli_json_close (json, '}');
}

void
cli_report_result (CliJson *json, const CliOptions *options, const CliResult *result)
{
  cli_json_open (json, NULL, '{', false);
  cli_json_string (json, "input", result->job->input);
  cli_json_string (json, "output", result->written ? result->job->output : NULL);
  cli_json_number (json, "exit", (double)result->exit);
  cli_json_string (json, "error", result->exit ? result->message : NULL);
  cli_json_string (json, "left_alone", result->left);
  cli_json_bool (json, "copied", result->copied);
  if (result->width)
    {
      cli_json_number (json, "width", result->width);
      cli_json_number (json, "height", result->height);
      cli_json_number (json, "channels", result->channels);
      cli_json_number (json, "bits", result->bits);
    }
  cli_json_number (json, "faces_found", (double)result->n_found);
  if (result->factor)
    put_size (json, result);
  cli_json_open (json, "faces", '[', false);
  for (size_t i = 0; i < result->n_faces; i++)
    put_face (json, options, result, &result->faces[i]);
  cli_json_close (json, ']');
  if (result->filled)
    put_fill (json, &result->fill);
  if (options->finds)
    cli_json_number (json, "marked", (double)result->n_marked);
  put_notes (json, result);
  put_times (json, result);
  cli_json_close (json, '}');
  fflush (stdout);
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void
print_pose (const RvsPose *pose)
{
  if (pose->known)
    printf ("  yaw %+ld, pitch %+ld, roll %+ld degrees (confidence %.2f)", lroundf (pose->yaw), lroundf (pose->pitch),
            lroundf (pose->roll), (double)pose->confidence);
}

static void
print_faces (const CliResult *result)
{
  cli_print_name (stdout, result->job->input);
  printf (": %zu %s\n", result->n_faces, result->n_faces == 1 ? "face" : "faces");
  for (size_t i = 0; i < result->n_faces; i++)
    {
      const RvsFaceReport *report = &result->faces[i].report;
      const RvsFace       *face = &report->face;
      printf ("  --box %.0f,%.0f,%.0f,%.0f  score %.2f%s%s", (double)face->x, (double)face->y, (double)face->w, (double)face->h,
              (double)face->score, report->skip ? "  skipped: " : "", report->skip ? rvs_skip_name (report->skip) : "");
      print_pose (&report->pose);
      putchar ('\n');
    }
}

/* One line for all the bits: "PREFIX a, b". */
static void
print_remarks (const char *name, const char *prefix, const char *between, const RvsRemark *table, size_t n, unsigned bits)
{
  char   line[1024] = "";
  size_t at = 0;

  for (size_t i = 0; i < n && at < sizeof line; i++)
    if (bits & 1u << i && table[i].text)
      at += (size_t)snprintf (line + at, sizeof line - at, "%s%s", at ? between : "", table[i].text);
  if (at)
    cli_error_about (name, "note: %s%s", prefix, line);
}

/* Faces that were restored without their mesh by a system that goes by it. */
static size_t
n_unsure (const CliResult *result)
{
  size_t n = 0;

  for (size_t i = 0; i < result->n_faces; i++)
    n += result->faces[i].report.skip == RVS_SKIP_NONE && result->faces[i].report.shape_prior == RVS_SHAPE_UNSURE;
  return n;
}

/* Faces of printed photos, restored without their dots. */
static size_t
n_screened (const CliResult *result)
{
  size_t n = 0;

  for (size_t i = 0; i < result->n_faces; i++)
    n += result->faces[i].report.skip == RVS_SKIP_NONE && result->faces[i].report.screen_px > 0;
  return n;
}

static void
print_notes (const CliResult *result)
{
  size_t           n_notes, n_lost;
  const RvsRemark *notes = rvs_notes_table (&n_notes), *lost = rvs_lost_table (&n_lost);

  if (result->n_found > RVS_MAX_FACES)
    cli_error_about (
        result->job->input,
        "note: %zu faces were found, and only the %d largest are taken; cut the picture into parts to reach the others",
        result->n_found, RVS_MAX_FACES);
  if (n_unsure (result))
    cli_error_about (result->job->input, "note: the shape prior is off for %zu of %zu faces, which show too little of their shape",
                     n_unsure (result), result->n_restored);
  if (n_screened (result))
    cli_error_about (result->job->input, "note: the dots of a printing screen are taken away from %zu of %zu faces",
                     n_screened (result), result->n_restored);
  if (result->faceless)
    cli_error_about (result->job->input, "note: %s; it is only enlarged", result->message);
  print_remarks (result->job->input, "", "; ", notes, n_notes, result->notes);
  print_remarks (result->job->output, "not kept: ", ", ", lost, n_lost, result->lost);
}

/* "photo.png: 5120 pixels filled, 3000 of them on faces, 1 face restored" */
static void
print_done (const CliOptions *options, const CliResult *result)
{
  cli_print_name (stdout, result->job->input);
  fputs (": ", stdout);
  if (options->marks)
    printf ("%lld pixels marked", (long long)result->n_marked);
  else if (result->copied)
    fputs ("no face, copied", stdout);
  if (result->filled)
    printf ("%lld pixels filled, %lld of them on faces", (long long)result->fill.hole_px, (long long)result->fill.aligned_px);
  if (!result->copied && !options->marks && (!result->filled || options->then))
    printf ("%s%zu %s restored", result->filled ? ", " : "", result->n_restored, result->n_restored == 1 ? "face" : "faces");
}

/* ", enlarged 4 times to 4000x3000 pixels" */
static void
print_size (const CliResult *result)
{
  if (result->factor)
    printf (", enlarged %d times to %dx%d pixels", result->factor, result->width * result->factor, result->height * result->factor);
}

void
cli_print_result (const CliOptions *options, const CliResult *result)
{
  size_t n_skipped = 0;

  for (size_t i = 0; i < result->n_faces; i++) /* doubtful places are no faces that anyone misses */
    n_skipped += result->faces[i].report.skip != RVS_SKIP_NONE && result->faces[i].report.skip != RVS_SKIP_LOW_CONFIDENCE;
  if (result->exit)
    cli_error_about (result->job->input, "%s", result->message);
  if (options->quiet)
    return;
  print_notes (result);
  if (options->report || result->exit)
    return;
  if (options->action == CLI_LIST_FACES)
    print_faces (result);
  else if (result->left)
    {
      cli_print_name (stdout, result->job->input);
      printf (": left alone, %s\n", result->left);
    }
  else
    {
      print_done (options, result);
      if (n_skipped && (!result->filled || options->then))
        printf (", %zu skipped", n_skipped);
      print_size (result);
      fputs (" -> ", stdout);
      cli_print_name (stdout, result->job->output);
      printf (" (%.1f s)\n",
              result->read_s + result->detect_s + result->enlarge_s + result->analyse_s + result->render_s + result->write_s);
    }
  fflush (stdout);
}

/* ---- models --------------------------------------------------------------------------------- */

static void
put_weights (CliJson *json, const RvsWeights *weights, const RvsModelInfo *info, const char *problem)
{
  cli_json_open (json, NULL, '{', false);
  cli_json_string (json, "file", weights->path);
  cli_json_bool (json, "listed", weights->sha256[0] != '\0');
  cli_json_string (json, "error", info ? NULL : problem);
  if (info)
    {
      cli_json_string (json, "id", info->id);
      cli_json_string (json, "arch", info->arch);
      cli_json_number (json, "face_size", info->face_size);
      cli_json_string (json, "licence", info->licence);
      cli_json_string (json, "source", info->source);
      cli_json_string (json, "sha256", info->sha256);
    }
  cli_json_close (json, '}');
}

static void
print_weights (const RvsWeights *weights, const RvsModelInfo *info, const char *problem)
{
  if (info)
    printf ("%s\n  kind     %s\n  licence  %s\n  file     %s\n  sha256   %s\n  origin   %s\n", info->id, info->arch, info->licence,
            weights->path, info->sha256, weights->sha256[0] ? "shipped, unaltered" : "not in a list of shipped weights");
  else
    printf ("%s\n  unusable: %s\n", weights->path, problem);
}

static void
list_file (const RvsWeights *weights, CliJson *json)
{
  RvsModel           *model = NULL;
  RvsError            inner = { 0 };
  RvsStatus           opened = rvs_model_open (weights->path, weights->sha256[0] ? weights->sha256 : NULL, &model, &inner);
  const RvsModelInfo *info = opened ? NULL : rvs_model_get_info (model);

  if (json)
    put_weights (json, weights, info, inner.message);
  else
    print_weights (weights, info, inner.message);
  rvs_model_unref (model);
}

/* A model whose weights are not there is named all the same: else nobody would know what is missing. */
static void
list_missing (const RvsWeightsPath *path, const RvsSystemInfo *system, CliJson *json)
{
  RvsWeights weights, named = { .path = (char *)system->weights };
  RvsError   inner = { 0 };

  if (!rvs_weights_find (path, system->weights, &weights, &inner))
    rvs_weights_clear (&weights);
  else if (json)
    put_weights (json, &weights, NULL, inner.message); /* it has no file */
  else
    print_weights (&named, NULL, inner.message);
}

RvsStatus
cli_list_models (const RvsWeightsPath *path, bool as_json, RvsError *err)
{
  RvsWeights          *list;
  size_t               n, n_systems;
  const RvsSystemInfo *systems = rvs_systems (&n_systems);
  CliJson              json;
  RvsStatus            status = rvs_weights_list (path, &list, &n, err);

  if (status)
    return status;
  cli_json_init (&json, stdout);
  if (as_json)
    cli_json_open (&json, NULL, '[', false);
  for (size_t i = 0; i < n; i++)
    {
      list_file (&list[i], as_json ? &json : NULL);
      rvs_weights_clear (&list[i]);
    }
  for (size_t i = 0; i < n_systems && n > 0; i++)
    list_missing (path, &systems[i], as_json ? &json : NULL);
  if (as_json)
    cli_json_close (&json, ']');
  free (list);
  if (n == 0 && !err->status)
    {
      snprintf (err->message, sizeof err->message, "no weights found; set RVS_MODEL_DIR to the folder that holds them");
      status = err->status = RVS_ERR_IO;
    }
  return status;
}
