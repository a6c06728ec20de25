/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel.c: the life of the panel: read the picture, find the faces, keep the preview in step with the controls, apply.
 */
#include "panel.h"
#include "failure.h"
#include "i18n.h"
#include "meter.h"
#include "panel_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ_BAND_ROWS 16 /* a dozen megapixels with a colour profile: some 5 ms a band */
#define READ_SLICE_US (8 * 1000)
#define TICK_MS 100
/* Where reading and searching end in the bar. */
#define BAR_READ 0.15
#define BAR_DETECTED 0.35
/* Below it a face is clear in the photo. Sharp portraits at 512 pixels have .14, one at 96 pixels .25, and the same at half the size and
 * as a JPEG of quality 30 has .48. */
#define CLEAR_DAMAGE 0.3
#define SURE_POSE 0.3f    /* confidence from which on it is shown */
#define PACE_FACES 2      /* so many must be done before the time left is told */
#define SMALL_FACE_PX 200 /* on screen, when the whole picture is shown: then the view opens on the face */

G_DEFINE_TYPE (RvsPanel, rvs_panel, GTK_TYPE_BOX)

enum
{
  STATE_CHANGED,
  APPLIED,
  N_SIGNALS
};
static guint signals[N_SIGNALS]; /* written once, by class_init */

/* ---- texts -------------------------------------------------------------------------------- */

static const char *
phase_name (RvsPanel *panel, RvsPhase phase, gboolean fills)
{
  if (panel->search == RVS_SEARCH_RUNS && panel->faces_known)
    return _ ("Looking for scratches");
  if (fills && phase != RVS_PHASE_DETECT)
    return _ ("Filling the damage");
  switch (phase)
    {
    case RVS_PHASE_DETECT:
      return _ ("Looking for faces");
    case RVS_PHASE_PARSE:
      return _ ("Studying the face");
    case RVS_PHASE_STAGE1:
    case RVS_PHASE_STAGE2:
      return _ ("Restoring the face");
    case RVS_PHASE_PASTE:
      return _ ("Blending");
    case RVS_PHASE_ENLARGE:
      return _ ("Enlarging the photo");
    }
  return "";
}

static const char *
skip_text (RvsSkip skip)
{
  switch (skip)
    {
    case RVS_SKIP_TOO_SMALL:
      return _ ("This face is too small to restore.");
    case RVS_SKIP_LOW_CONFIDENCE:
      return _ ("This may not be a face.");
    case RVS_SKIP_DEGENERATE:
      return _ ("This face cannot be aligned: it lies outside the picture or is seen from the side.");
    case RVS_SKIP_DISABLED:
    case RVS_SKIP_NONE:
      break;
    }
  return "";
}

/* ---- the settings ------------------------------------------------------------------------- */

/* The settings as they are now: where an old photo has no scratches, or none can be looked for, its faces alone are restored. */
static void
effective_values (RvsPanel *panel, RvsValues *out_values)
{
  rvs_panel_get_values (panel, out_values);
  if (!panel->hole.pixels && (panel->search == RVS_SEARCH_NOTHING || !panel->have_finder))
    (void)rvs_values_skip_filling (out_values);
}

/* The settings as the engine takes them. The selection limits what is restored, or is the hole of a system that fills one. */
static void
get_params (RvsPanel *panel, RvsParams *out_params)
{
  RvsValues values;
  effective_values (panel, &values);
  rvs_values_to_params (&values, out_params);
  if (rvs_values_fill (&values))
    {
      out_params->hole = panel->hole;
      out_params->lines = panel->lines;
    }
  else if (rvs_values_inside_selection (&values))
    out_params->mask = panel->mask;
  (void)rvs__panel_fidelity_map (panel, &out_params->fidelity_map);
}

static gboolean
fills (RvsPanel *panel)
{
  RvsValues values;
  effective_values (panel, &values);
  return rvs_values_fill (&values);
}

/* What is made of the face that is looked at when it is asked for: its map and its film. */
static void
show_extras (RvsPanel *panel)
{
  rvs__panel_show_map (panel);
  rvs__panel_show_film (panel);
}

static gboolean
lacks_extras (RvsPanel *panel)
{
  guint face;
  return rvs__panel_missing_map (panel, &face) || rvs__panel_missing_film (panel);
}

/* Fields that the chosen system has no use for are not shown; those that are keep their values. */
static void
show_fields_of_system (RvsPanel *panel)
{
  RvsValues values;
  size_t    n = rvs_fields_count ();
  rvs_panel_get_values (panel, &values);
  for (size_t i = 0; i < n; i++)
    if (panel->rows[i])
      gtk_widget_set_visible (GTK_WIDGET (panel->rows[i]), rvs_values_use (&values, rvs_field (i)));
  rvs__panel_show_hole (panel);
  rvs__panel_show_size (panel);
  show_extras (panel);
}

/* ---- what is shown ------------------------------------------------------------------------ */

static gboolean
working (RvsPanel *panel)
{
  return panel->state == RVS_PANEL_READING || panel->state == RVS_PANEL_WORKING || panel->state == RVS_PANEL_APPLYING;
}

/* Seconds until all faces are done, by how long those took that were done since the count began; -1: too early to tell. */
static double
seconds_left (RvsPanel *panel)
{
  int    n = rvs_faces_count_enabled (panel->faces), done = rvs_faces_count_done (panel->faces), since = done - panel->pace_done;
  double seconds = (double)(g_get_monotonic_time () - panel->pace_us) / 1e6;
  return panel->state == RVS_PANEL_WORKING && panel->faces_known && since >= PACE_FACES ? seconds / since * (n - done) : -1;
}

/* g_free. */
static char *
progress_meter (RvsPanel *panel)
{
  char  *meter = rvs_meter_text (g_get_monotonic_time () - panel->started_us), *text;
  double left = seconds_left (panel);
  if (left < 1)
    return meter;
  text = g_strdup_printf (_ ("about %.0f s left · %s"), left, meter);
  g_free (meter);
  return text;
}

static void
begin_pace (RvsPanel *panel)
{
  panel->pace_us = g_get_monotonic_time ();
  panel->pace_done = rvs_faces_count_done (panel->faces);
}

/* The bar goes through its steps once, and never back: `part` is 0..1 of the current one. */
static void
show_part (RvsPanel *panel, double part)
{
  panel->done = MAX (panel->done, panel->bar_from + (panel->bar_to - panel->bar_from) * CLAMP (part, 0, 1));
}

static void
begin_step (RvsPanel *panel, double to)
{
  panel->bar_from = panel->done;
  panel->bar_to = to;
}

static void
show_status (RvsPanel *panel)
{
  char *meter = progress_meter (panel), *text;
  if (panel->state == RVS_PANEL_STOPPED)
    text = g_strdup (_ ("Stopped"));
  else if (panel->state == RVS_PANEL_FAILED)
    text = g_strdup (_ ("Failed"));
  else if (panel->state == RVS_PANEL_READY)
    {
      g_free (meter); /* the last text stays: it says how long it took */
      return;
    }
  else
    text = g_strdup_printf ("%s · %s", panel->phase_text ? panel->phase_text : "", meter);
  gtk_label_set_text (GTK_LABEL (panel->status_label), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (panel->progress), panel->state == RVS_PANEL_FAILED ? 0 : panel->done);
  g_free (text);
  g_free (meter);
}

static void
show_done (RvsPanel *panel)
{
  char *meter = rvs_meter_text (g_get_monotonic_time () - panel->started_us);
  char *text = g_strdup_printf (_ ("Ready · %s"), meter);
  gtk_label_set_text (GTK_LABEL (panel->status_label), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (panel->progress), 1);
  g_free (text);
  g_free (meter);
}

static gboolean
tick (gpointer data)
{
  show_status (data);
  return G_SOURCE_CONTINUE;
}

static void
stop_ticking (RvsPanel *panel)
{
  if (panel->tick_id)
    g_source_remove (panel->tick_id);
  panel->tick_id = 0;
}

static void
set_phase (RvsPanel *panel, const char *text)
{
  g_free (panel->phase_text);
  panel->phase_text = g_strdup (text);
}

/* Some systems invent what is inside a hole: without one they have nothing to do. */
static const char *
hole_note (RvsPanel *panel)
{
  if (panel->hole.pixels || panel->search == RVS_SEARCH_RUNS)
    return NULL;
  if (panel->lines.pixels)
    return _ ("A line counts where something is to be filled. Paint over the damage too.");
  if (panel->search == RVS_SEARCH_NOTHING)
    return _ ("No scratches were found. Paint over the damage that is to be filled.");
  if (panel->have_finder)
    return _ ("Let scratches be found, or paint over the damage that is to be filled.");
  return _ ("Paint over the damage that is to be filled.");
}

static void
show_note (RvsPanel *panel)
{
  const char *note = NULL;
  if (panel->state == RVS_PANEL_READING)
    note = _ ("Reading the picture…");
  else if (panel->faces_known && fills (panel))
    note = hole_note (panel);
  else if (panel->faces_known && panel->faces->len == 0)
    note = _ ("No face was found. Drag a box around a face to restore it.");
  rvs_compare_view_set_note (panel->view, note);
}

static void
set_state (RvsPanel *panel, RvsPanelState state)
{
  gboolean was = working (panel);
  panel->state = state;
  if (working (panel) && !was)
    {
      panel->started_us = g_get_monotonic_time ();
      panel->done = 0;
      begin_pace (panel);
    }
  if (working (panel) && !panel->tick_id)
    panel->tick_id = g_timeout_add (TICK_MS, tick, panel);
  else if (!working (panel))
    stop_ticking (panel);
  gtk_button_set_label (GTK_BUTTON (panel->stop_button), state == RVS_PANEL_STOPPED ? _ ("_Continue") : _ ("S_top"));
  gtk_widget_set_sensitive (panel->stop_button,
                            state == RVS_PANEL_WORKING || state == RVS_PANEL_APPLYING || state == RVS_PANEL_STOPPED);
  gtk_widget_set_sensitive (panel->controls, state != RVS_PANEL_APPLYING);
  gtk_widget_set_sensitive (GTK_WIDGET (panel->view), state != RVS_PANEL_APPLYING);
  gtk_widget_set_opacity (panel->progress, working (panel) || state == RVS_PANEL_STOPPED ? 1 : 0);
  if (state == RVS_PANEL_READY)
    show_done (panel);
  else
    show_status (panel);
  show_note (panel);
  g_signal_emit (panel, signals[STATE_CHANGED], 0);
}

RvsUiFace *
rvs__panel_focus_face (RvsPanel *panel)
{
  return rvs_faces_at (panel->faces, rvs_compare_view_get_focus_face (panel->view));
}

static double
estimate_of (const RvsUiFace *face)
{
  return face && face->analysed && face->skip == RVS_SKIP_NONE ? (double)face->auto_fidelity : NAN;
}

/* NULL: the field is not shown. */
static RvsParamRow *
row_of (RvsPanel *panel, const RvsParamSpec *spec)
{
  return spec ? panel->rows[rvs_field_index (spec->key)] : NULL;
}

static float
damage_of (const RvsDegradation *d)
{
  return (d->blur + d->scale + d->noise + d->jpeg) / 4;
}

/* The engine measured how damaged the face is: whoever sees no difference is told why. */
static gboolean
has_little_to_restore (const RvsUiFace *face)
{
  return face && face->analysed && face->skip == RVS_SKIP_NONE && (double)face->damage < CLEAR_DAMAGE;
}

/* That the side after does not show the result yet is said there. */
void
rvs__panel_show_after_label (RvsPanel *panel)
{
  const RvsUiFace *face = rvs__panel_focus_face (panel);
  const char      *label = NULL;
  if (face && !fills (panel) && panel->faces_known)
    switch (rvs_face_state (face))
      {
      case RVS_FACE_OFF:
        label = _ ("After (left out)");
        break;
      case RVS_FACE_WAITING:
        label = _ ("After (waiting)");
        break;
      case RVS_FACE_WORKING:
        label = _ ("After (in work)");
        break;
      case RVS_FACE_DONE:
        break;
      }
  char *stage = rvs__panel_stage_label (panel);
  rvs_compare_view_set_after_label (panel->view, stage ? stage : label);
  g_free (stage);
}

/* What is known of the shape of a face that is restored; g_free. NULL: nothing. wanted: the user does not go without it anyway. */
static char *
shape_text (const RvsUiFace *face, gboolean wanted)
{
  const RvsPose *pose = &face->pose;
  if (!face->analysed || face->skip != RVS_SKIP_NONE)
    return NULL;
  if (face->shape_unsure && wanted)
    return g_strdup (_ ("Restored without its shape, of which the photo shows too little."));
  if (!pose->known || pose->confidence < SURE_POSE)
    return NULL;
  return g_strdup_printf (_ ("Pose: yaw %+d°, pitch %+d°, roll %+d°"), (int)lroundf (pose->yaw), (int)lroundf (pose->pitch),
                          (int)lroundf (pose->roll));
}

/* What is said of a face of a printed photo that is restored; g_free. NULL: nothing. */
static char *
screen_text (const RvsUiFace *face)
{
  if (!face->analysed || face->skip != RVS_SKIP_NONE || !face->screened)
    return NULL;
  return g_strdup (_ ("A printed photo: the dots of its screen are taken away."));
}

/* Line after line; takes both, of which either may be NULL. */
static char *
two_lines (char *first, char *second)
{
  char *both;
  if (!first || !second)
    return first ? first : second;
  both = g_strjoin ("\n", first, second, NULL);
  g_free (first);
  g_free (second);
  return both;
}

/* Where a part has no value of its own its row shows that of the face. */
static void
show_fidelity_of_parts (RvsPanel *panel, RvsParamRow *whole, const RvsUiFace *face)
{
  double value = whole ? rvs_param_row_get (whole) : NAN;
  size_t n = rvs_fields_count ();
  if (whole && value == rvs_param_row_spec (whole)->auto_value)
    value = estimate_of (face);
  for (size_t i = 0; i < n; i++)
    if (panel->rows[i] && panel->rows[i] != whole && rvs_field (i)->knob == RVS_KNOB_FIDELITY)
      rvs_param_row_set_estimate (panel->rows[i], value);
}

/* Whether there is a lower fidelity to advise. */
static gboolean
can_invent_more (RvsPanel *panel, RvsParamRow *fidelity)
{
  return fidelity && !fills (panel) && rvs_param_row_get (fidelity) != rvs_param_row_spec (fidelity)->min;
}

static void
show_face_detail (RvsPanel *panel)
{
  const RvsUiFace *face = rvs__panel_focus_face (panel);
  RvsParamRow     *fidelity = row_of (panel, rvs_field_of_knob (RVS_KNOB_FIDELITY));
  char            *text = NULL;
  RvsParams        params;
  get_params (panel, &params);
  if (face && face->analysed && face->skip != RVS_SKIP_NONE)
    text = g_strdup (skip_text (face->skip));
  else if (face && face->unsure)
    text = g_strdup (_ ("No face is recognised in this box. It is restored as if there was one, upright and filling it."));
  else if (face && panel->faces->len > 1)
    text = g_strdup_printf (_ ("Face %d of %d: %.0f × %.0f pixels"), rvs_compare_view_get_focus_face (panel->view) + 1,
                            (int)panel->faces->len, (double)face->face.w, (double)face->face.h);
  else if (face)
    text = g_strdup_printf (_ ("Chosen face: %.0f × %.0f pixels"), (double)face->face.w, (double)face->face.h);
  if (face && !fills (panel))
    text = two_lines (two_lines (text, screen_text (face)), shape_text (face, params.shape_use != RVS_SHAPE_OFF));
  gtk_widget_set_visible (panel->face_little, has_little_to_restore (face) && can_invent_more (panel, fidelity));
  gtk_label_set_text (GTK_LABEL (panel->face_detail), text ? text : "");
  gtk_widget_set_visible (panel->face_detail, text != NULL);
  if (fidelity)
    rvs_param_row_set_estimate (fidelity, estimate_of (face));
  show_fidelity_of_parts (panel, fidelity, face);
  g_free (text);
  rvs__panel_show_after_label (panel);
}

static void
show_faces (RvsPanel *panel)
{
  int   n = (int)panel->faces->len, on = rvs_faces_count_enabled (panel->faces);
  char *text;
  if (!panel->faces_known)
    text = g_strdup (panel->state == RVS_PANEL_FAILED ? "" : _ ("Looking for faces…"));
  else if (n == 0)
    text = g_strdup (_ ("No face was found."));
  else if (on == n)
    text = g_strdup_printf (ngettext_ ("%d face, to be restored", "%d faces, all to be restored", n), n);
  else
    text = g_strdup_printf (ngettext_ ("%d face, %d to be restored", "%d faces, %d to be restored", n), n, on);
  char *too_many = panel->faces_known ? rvs_faces_too_many_text (panel->n_found) : NULL,
       *both = g_strjoin ("\n", text, too_many, NULL);
  gtk_label_set_text (GTK_LABEL (panel->faces_label), both);
  g_free (both);
  g_free (too_many);
  g_free (text);
  for (int i = 0; i < n && panel->picture; i++)
    {
      const RvsUiFace *face = rvs_faces_at (panel->faces, i);
      rvs_canvas_show_patch (panel->picture, face->id, face->enabled && !fills (panel));
    }
  show_face_detail (panel);
  show_extras (panel);
  show_note (panel);
  gtk_widget_queue_draw (GTK_WIDGET (panel->view));
  rvs__panel_show_view_state (panel);
  g_signal_emit (panel, signals[STATE_CHANGED], 0);
}

static void
show_error (RvsPanel *panel, const char *text, const char *detail)
{
  char *message = detail && *detail ? g_strdup_printf ("%s\n%s", text, detail) : g_strdup (text);
  gtk_label_set_text (GTK_LABEL (panel->info_label), message);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (panel->info_bar), GTK_MESSAGE_ERROR);
  gtk_widget_set_visible (panel->retry_button, panel->job != NULL);
  gtk_widget_show (panel->info_bar);
  g_free (panel->error);
  panel->error = message;
  rvs__panel_end_search (panel, RVS_SEARCH_NONE);
  set_state (panel, RVS_PANEL_FAILED);
  show_faces (panel);
}

static void
clear_error (RvsPanel *panel)
{
  if (!panel->error)
    return;
  g_clear_pointer (&panel->error, g_free);
  gtk_label_set_text (GTK_LABEL (panel->info_label), panel->host->note ? panel->host->note : "");
  gtk_info_bar_set_message_type (GTK_INFO_BAR (panel->info_bar), GTK_MESSAGE_INFO);
  gtk_widget_hide (panel->retry_button);
  gtk_widget_set_visible (panel->info_bar, panel->host->note != NULL);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void
want (GArray *wanted, const RvsUiFace *face)
{
  RvsJobFace job_face = { face->id, face->face, face->placed, face->done };
  job_face.face.flags |= rvs_face_choice_flags (face);
  if (face->enabled)
    g_array_append_val (wanted, job_face);
}

static gboolean
is_in_sight (RvsPanel *panel, const RvsUiFace *face)
{
  return rvs_compare_view_sees (panel->view, face->face.x, face->face.y, face->face.w, face->face.h);
}

/* The face that is looked at first, then those in sight, then the others, in the order of the list. A hole is filled with all of them at
 * once, whose order must not depend on the view. */
static GArray *
wanted_faces (RvsPanel *panel)
{
  GArray          *wanted = g_array_new (FALSE, TRUE, sizeof (RvsJobFace));
  gboolean         all = fills (panel);
  const RvsUiFace *focus = all ? NULL : rvs__panel_focus_face (panel);
  if (focus)
    want (wanted, focus);
  for (int round = 0; round < 2; round++)
    for (guint i = 0; i < panel->faces->len; i++)
      {
        const RvsUiFace *face = rvs_faces_at (panel->faces, (int)i);
        if (face != focus && (all ? round == 0 : is_in_sight (panel, face) == (round == 0)))
          want (wanted, face);
      }
  return wanted;
}

/* Scratches are looked for by themselves once, where nothing is marked: what is taken back then stays away. */
static void
search_if_asked (RvsPanel *panel)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  if (!rvs_values_find (&values) || panel->searched || !panel->have_finder || panel->hole.pixels
      || panel->search == RVS_SEARCH_RUNS)
    return;
  panel->searched = TRUE;
  panel->search = RVS_SEARCH_RUNS;
  rvs__panel_show_hole (panel);
}

/* Those that the user has turned off. */
static GArray *
unwanted_faces (RvsPanel *panel)
{
  GArray *unwanted = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  for (guint i = 0; i < panel->faces->len; i++)
    {
      const RvsUiFace *face = rvs_faces_at (panel->faces, (int)i);
      if (face->chosen && !face->enabled)
        g_array_append_val (unwanted, face->face);
    }
  return unwanted;
}

static void
post (RvsPanel *panel, gboolean apply)
{
  RvsValues     values;
  RvsJobRequest request = { .generation = panel->generation, .detect = !panel->faces_known, .apply = apply };
  if (!panel->job)
    return;
  search_if_asked (panel);
  effective_values (panel, &values);
  get_params (panel, &request.params);
  const RvsSystemInfo *then = rvs_values_then (&values);
  g_strlcpy (request.model, rvs_values_system (&values)->id, sizeof request.model);
  g_strlcpy (request.then, then ? then->id : "", sizeof request.then);
  request.fills = rvs_values_fill (&values);
  if (!request.fills)
    rvs__panel_end_search (panel, RVS_SEARCH_NONE);
  request.find = panel->search == RVS_SEARCH_RUNS;
  request.within = panel->mask;
  request.hole_done = panel->hole_done;
  request.hole = panel->hole_bytes ? g_bytes_ref (panel->hole_bytes) : NULL;
  request.lines = panel->lines_bytes ? g_bytes_ref (panel->lines_bytes) : NULL;
  GBytes *map = rvs__panel_fidelity_map (panel, &request.params.fidelity_map);
  request.told = map ? g_bytes_ref (map) : NULL;
  request.sketch = panel->wants_sketch;
  request.masked = panel->host->offers_output && rvs_values_output (&values) == RVS_OUTPUT_MASKED_LAYER;
  request.faces = wanted_faces (panel);
  request.map = apply ? NULL : rvs__panel_missing_map (panel, &request.map_face);
  request.left_out = unwanted_faces (panel);
  request.film_face = apply ? 0 : rvs__panel_missing_film (panel);
  clear_error (panel);
  if (apply)
    panel->done = 0;
  begin_step (panel, request.detect ? BAR_DETECTED : 1);
  set_phase (panel, phase_name (panel, request.detect ? RVS_PHASE_DETECT : RVS_PHASE_STAGE1, request.fills));
  rvs_job_post (panel->job, &request);
  set_state (panel, apply ? RVS_PANEL_APPLYING : RVS_PANEL_WORKING);
}

/* Every finished picture is out of date. */
static void
new_generation (RvsPanel *panel)
{
  panel->generation++;
  for (guint i = 0; i < panel->faces->len; i++)
    rvs_faces_at (panel->faces, (int)i)->done = rvs_faces_at (panel->faces, (int)i)->working = FALSE;
  panel->hole_done = FALSE;
  panel->done = 0;
  begin_pace (panel);
}

static void
apply_rules (RvsPanel *panel)
{
  RvsParams params;
  get_params (panel, &params);
  rvs_faces_apply_rules (panel->faces, panel->source->width, panel->source->height, &params);
}

static void
show_strength (RvsPanel *panel)
{
  RvsParams params;
  get_params (panel, &params);
  rvs_compare_view_set_strength (panel->view, (double)params.strength);
}

/* What a worker has said of the face is forgotten, and asked for again under a new number; a drawn box is placed anew too: what is seen
 * in it depends on how it is looked at. */
static void
ask_again (RvsPanel *panel, RvsUiFace *face)
{
  face->id = panel->next_face_id++;
  face->placed = !face->from_user;
  face->unsure = face->analysed = face->done = face->working = FALSE;
  face->progress = 0;
  face->skip = RVS_SKIP_NONE;
}

/* What was found is looked for again where the settings of the search have changed; what was drawn stays. */
static void
search_again (RvsPanel *panel)
{
  RvsParams params;
  get_params (panel, &params);
  if (params.turned == panel->turned)
    return;
  panel->turned = params.turned;
  panel->faces_known = FALSE;
  for (guint i = panel->faces->len; i-- > 0;)
    {
      RvsUiFace *face = rvs_faces_at (panel->faces, (int)i);
      if (panel->picture)
        rvs_canvas_set_patch (panel->picture, face->id, NULL);
      if (face->from_user)
        ask_again (panel, face);
      else
        g_array_remove_index (panel->faces, i);
    }
  rvs_compare_view_set_focus_face (panel->view, rvs_faces_main (panel->faces));
  show_faces (panel);
}

/* Which fields, tools and lines are shown follows from choices and switches. A number changes with each motion of its slider. */
static gboolean
decides_what_is_shown (const RvsParamSpec *spec)
{
  return spec->kind == RVS_PARAM_CHOICE || spec->kind == RVS_PARAM_BOOL;
}

/* The least work that brings the preview in step with a changed field. */
static void
take_effect (RvsPanel *panel, uint32_t affects)
{
  if (affects & RVS_AFFECTS_BLEND)
    {
      show_strength (panel);
      g_signal_emit (panel, signals[STATE_CHANGED], 0);
    }
  if (affects & RVS_AFFECTS_FACES)
    {
      apply_rules (panel);
      show_faces (panel);
    }
  if (affects & RVS_AFFECTS_SEARCH)
    search_again (panel);
  if (affects & RVS_AFFECTS_PIXELS)
    show_face_detail (panel);
  if (affects & (RVS_AFFECTS_PIXELS | RVS_AFFECTS_SEARCH))
    new_generation (panel);
  if (affects & (RVS_AFFECTS_FACES | RVS_AFFECTS_PIXELS | RVS_AFFECTS_SEARCH))
    post (panel, FALSE);
}

void
rvs__panel_field_changed (RvsPanel *panel, RvsParamRow *row)
{
  const RvsParamSpec *spec = rvs_param_row_spec (row);
  if (panel->quiet)
    return;
  rvs__panel_note_change (panel, row);
  rvs_presets_show_custom (panel->presets);
  if (decides_what_is_shown (spec))
    {
      panel->searched = FALSE;
      show_fields_of_system (panel);
    }
  if (spec->selects_system)
    show_faces (panel);
  take_effect (panel, spec->affects);
  if (!spec->affects) /* what can be applied may have changed all the same */
    g_signal_emit (panel, signals[STATE_CHANGED], 0);
}

void
rvs__panel_hole_changed (RvsPanel *panel)
{
  show_faces (panel); /* whether they are restored alone may depend on it */
  new_generation (panel);
  post (panel, FALSE);
}

/* Its pixels are there, or none is chosen. */
static void
take_channel (RvsPanel *panel)
{
  rvs__panel_take_told (panel);
  rvs__panel_hole_changed (panel);
}

void
rvs__panel_work_on (RvsPanel *panel)
{
  post (panel, FALSE);
}

void
rvs__panel_search (RvsPanel *panel)
{
  panel->search = RVS_SEARCH_RUNS;
  panel->done = 0;
  rvs__panel_show_hole (panel);
  post (panel, FALSE);
}

/* Not in the middle of writing the result, and not where the user has stopped it. */
void
rvs__panel_look_changed (RvsPanel *panel)
{
  if (panel->faces_known && (panel->state == RVS_PANEL_WORKING || panel->state == RVS_PANEL_READY) && lacks_extras (panel))
    post (panel, FALSE);
}

void
rvs__panel_retry (RvsPanel *panel)
{
  if (panel->state == RVS_PANEL_FAILED)
    post (panel, FALSE);
}

/* By the user, at once. */
static void
change_all (RvsPanel *panel, const RvsValues *values)
{
  RvsValues before = panel->known_values;
  rvs_panel_set_values (panel, values);
  panel->known_values = before;
  rvs__panel_note_change (panel, NULL);
}

void
rvs__panel_preset_chosen (RvsPanel *panel, const RvsValues *values)
{
  RvsValues chosen = *values;
  panel->searched = FALSE;
  (void)rvs_values_set_channel (&chosen, rvs__panel_channel_name (panel)); /* is the image's, and of no preset */
  change_all (panel, &chosen);
}

/* ---- faces edited by the user ------------------------------------------------------------- */

static void
enable_face (RvsUiFace *face, gboolean enabled)
{
  face->enabled = enabled;
  face->chosen = TRUE;
}

static void
on_face_toggled (RvsPanel *panel, int index)
{
  RvsUiFace *face = rvs_faces_at (panel->faces, index);
  if (!face || panel->state == RVS_PANEL_APPLYING)
    return;
  enable_face (face, !face->enabled);
  /* the engine had left it out by itself: as the user's own face it is asked for again */
  if (face->enabled && face->analysed && face->skip != RVS_SKIP_NONE && face->skip != RVS_SKIP_DEGENERATE)
    ask_again (panel, face);
  show_faces (panel);
  post (panel, FALSE);
}

static void
on_face_focused (RvsPanel *panel, int index)
{
  const RvsUiFace *face = rvs_faces_at (panel->faces, index);
  show_face_detail (panel);
  show_extras (panel);
  rvs__panel_show_view_state (panel);
  /* it comes next; what is being worked on is finished first, which takes a moment */
  if (face && rvs_face_state (face) == RVS_FACE_WAITING && panel->state == RVS_PANEL_WORKING && !fills (panel))
    post (panel, FALSE);
  else
    rvs__panel_look_changed (panel);
}

static void
on_face_removed (RvsPanel *panel, int index)
{
  RvsUiFace *face = rvs_faces_at (panel->faces, index);
  if (!face || !face->from_user || panel->state == RVS_PANEL_APPLYING)
    return;
  rvs_canvas_set_patch (panel->picture, face->id, NULL);
  g_array_remove_index (panel->faces, (guint)index);
  rvs_compare_view_set_focus_face (panel->view, rvs_faces_main (panel->faces));
  show_faces (panel);
  post (panel, FALSE);
}

static void
on_box_drawn (RvsPanel *panel, double x, double y, double w, double h)
{
  RvsUiFace face = { 0 };
  if (panel->state == RVS_PANEL_APPLYING)
    return;
  face.id = panel->next_face_id++;
  face.face = (RvsFace){ .x = (float)x, .y = (float)y, .w = (float)w, .h = (float)h, .score = 1, .flags = RVS_FACE_FROM_USER };
  face.enabled = face.from_user = TRUE;
  g_array_append_val (panel->faces, face);
  rvs_compare_view_set_focus_face (panel->view, (int)panel->faces->len - 1);
  show_faces (panel);
  post (panel, FALSE);
}

void
rvs__panel_all_faces (RvsPanel *panel, gboolean enabled)
{
  for (guint i = 0; i < panel->faces->len; i++)
    enable_face (rvs_faces_at (panel->faces, (int)i), enabled);
  show_faces (panel);
  post (panel, FALSE);
}

/* ---- events of the worker ----------------------------------------------------------------- */

/* In picture pixels; 0: nothing is looked at that would be worked on. */
static double
width_looked_at (RvsPanel *panel)
{
  const RvsUiFace *face = rvs__panel_focus_face (panel);
  if (rvs_compare_view_looks_at_hole (panel->view))
    return rvs_hole_overlay_box (panel->overlay).width;
  return face && face->enabled ? (double)face->face.w : 0;
}

/* A small face in a large picture, or a small hole: open the view on it, once, unless the user has already moved the view. */
static void
zoom_to_face_once (RvsPanel *panel)
{
  double width = width_looked_at (panel);
  if (panel->zoomed_once || width <= 0 || rvs_compare_view_get_mode (panel->view) != RVS_ZOOM_FIT)
    return;
  panel->zoomed_once = TRUE;
  double scale = gtk_widget_get_scale_factor (GTK_WIDGET (panel->view));
  if (panel->picture && width * rvs_compare_view_get_zoom (panel->view) / scale < SMALL_FACE_PX)
    rvs_compare_view_set_mode (panel->view, RVS_ZOOM_FACE);
}

static void
on_pyramid (RvsPanel *panel, RvsJobEvent *event)
{
  panel->picture = rvs_canvas_new (&panel->image, event->pyramid);
  event->pyramid = NULL;
  rvs_compare_view_set_picture (panel->view, panel->picture);
  if (panel->faces_known)
    zoom_to_face_once (panel);
  rvs__panel_show_view_state (panel);
}

static void
on_faces (RvsPanel *panel, const RvsJobEvent *event)
{
  if (panel->faces_known || event->turned != panel->turned)
    return;
  panel->faces_known = TRUE;
  panel->n_found = event->n_found;
  /* boxes drawn while the detector was running come after what it found */
  for (size_t i = 0, n = 0; i < event->n_faces; i++)
    {
      RvsUiFace face = { .id = panel->next_face_id++, .face = event->faces[i], .enabled = TRUE, .placed = TRUE };
      if (rvs_face_is_likely (&face.face))
        g_array_insert_val (panel->faces, (guint)n++, face);
    }
  apply_rules (panel);
  rvs_compare_view_set_faces (panel->view, panel->faces);
  rvs_compare_view_set_focus_face (panel->view, rvs_faces_main (panel->faces));
  zoom_to_face_once (panel);
  show_faces (panel);
  post (panel, FALSE);
}

static void
on_analysed (RvsPanel *panel, const RvsJobEvent *event)
{
  RvsUiFace *face = rvs_faces_find (panel->faces, event->face_id);
  if (!face)
    return;
  face->analysed = TRUE;
  face->skip = event->report.skip;
  face->auto_fidelity = event->report.auto_fidelity;
  face->damage = damage_of (&event->report.degradation);
  face->pose = event->report.pose;
  face->shape_unsure = event->report.shape_prior == RVS_SHAPE_UNSURE;
  face->screened = event->report.screen_px > 0;
  if (face->skip != RVS_SKIP_NONE)
    {
      face->enabled = FALSE;
      /* the view had opened on it by itself: look at one that is restored */
      if (!face->chosen && !face->from_user
          && rvs_faces_index (panel->faces, face->id) == rvs_compare_view_get_focus_face (panel->view))
        rvs_compare_view_set_focus_face (panel->view, rvs_faces_main (panel->faces));
    }
  show_faces (panel);
}

static void
on_hole_patch (RvsPanel *panel, RvsJobEvent *event)
{
  rvs_canvas_set_patch (panel->picture, RVS_JOB_HOLE, event->pyramid);
  event->pyramid = NULL;
  panel->hole_filled = panel->hole_done = TRUE;
  for (guint i = 0; i < panel->faces->len; i++)
    rvs_faces_at (panel->faces, (int)i)->done = rvs_faces_at (panel->faces, (int)i)->enabled;
  panel->n_final++;
  rvs__panel_show_hole (panel);
}

static void
on_patch (RvsPanel *panel, RvsJobEvent *event)
{
  RvsUiFace *face = rvs_faces_find (panel->faces, event->face_id);
  if (panel->picture && event->face_id == RVS_JOB_HOLE)
    on_hole_patch (panel, event);
  if (!face || !panel->picture)
    return;
  RvsRect rect = rvs_canvas_set_patch (panel->picture, event->face_id, event->pyramid);
  event->pyramid = NULL;
  rvs_canvas_show_patch (panel->picture, event->face_id, face->enabled);
  rvs_compare_view_picture_changed (panel->view, rect);
  face->done = event->final;
  face->working = !event->final;
  rvs__panel_show_after_label (panel);
  rvs_compare_view_face_changed (panel->view, face);
  rvs__panel_film_done (panel, event);
  *(event->final ? &panel->n_final : &panel->n_stage) += 1;
}

static void
show_face_at_work (RvsPanel *panel, const RvsJobEvent *event)
{
  for (guint i = 0; i < panel->faces->len; i++)
    {
      RvsUiFace *face = rvs_faces_at (panel->faces, (int)i);
      gboolean   working = event->face_id == face->id && !face->done;
      if (!working && !face->working)
        continue;
      face->working = working;
      face->progress = event->face_done;
      rvs_compare_view_face_changed (panel->view, face);
    }
  rvs__panel_show_after_label (panel);
}

static void
on_job_progress (RvsPanel *panel, const RvsJobEvent *event)
{
  show_part (panel, event->done);
  show_face_at_work (panel, event);
  if (event->n_faces > 1 && event->phase != RVS_PHASE_DETECT)
    {
      char *text = g_strdup_printf (_ ("Face %d of %d · %s"), (int)event->face_number + 1, (int)event->n_faces,
                                    phase_name (panel, event->phase, fills (panel)));
      set_phase (panel, text);
      g_free (text);
    }
  else
    set_phase (panel, phase_name (panel, event->phase, fills (panel)));
}

static void
on_event (gpointer user, RvsJobEvent *event)
{
  RvsPanel *panel = user;
  switch (event->kind)
    {
    case RVS_JOB_PYRAMID:
      on_pyramid (panel, event);
      break;
    case RVS_JOB_FACES:
      on_faces (panel, event);
      break;
    case RVS_JOB_FOUND:
      rvs__panel_found (panel, g_steal_pointer (&event->spans));
      break;
    case RVS_JOB_SKETCH:
      rvs__panel_take_sketch (panel, g_steal_pointer (&event->sketch));
      break;
    case RVS_JOB_PLACED:
      {
        RvsUiFace *face = rvs_faces_find (panel->faces, event->face_id);
        if (face)
          {
            face->placed = TRUE; /* the box stays where the user drew it; the worker keeps the landmarks */
            face->unsure = event->report.face.score <= 0;
            show_face_detail (panel);
            gtk_widget_queue_draw (GTK_WIDGET (panel->view));
          }
        break;
      }
    case RVS_JOB_ANALYSED:
      on_analysed (panel, event);
      break;
    case RVS_JOB_PATCH:
      on_patch (panel, event);
      break;
    case RVS_JOB_MAP:
      rvs__panel_take_map (panel, event);
      break;
    case RVS_JOB_STAGE:
      rvs__panel_take_stage (panel, event);
      break;
    case RVS_JOB_PROGRESS:
      on_job_progress (panel, event);
      break;
    case RVS_JOB_DONE:
      if (panel->state == RVS_PANEL_WORKING && panel->faces_known)
        set_state (panel, RVS_PANEL_READY);
      break;
    case RVS_JOB_APPLIED:
      if (panel->state == RVS_PANEL_APPLYING)
        {
          set_state (panel, RVS_PANEL_READY);
          g_signal_emit (panel, signals[APPLIED], 0);
        }
      break;
    case RVS_JOB_FAILED:
      show_error (panel, rvs_failure_text (event->error.status), event->error.message);
      break;
    }
}

/* ---- reading the picture ------------------------------------------------------------------ */

static void
start_work (RvsPanel *panel)
{
  panel->job = rvs_job_new (panel->host, &panel->image, FALSE, on_event, panel);
  post (panel, FALSE);
}

/* One band of the picture or of the selection; FALSE on error or when all is read. */
static gboolean
read_band (RvsPanel *panel, GError **error)
{
  const RvsUiSource *source = panel->source;
  if (panel->rows_read < source->height)
    {
      int32_t n = MIN (READ_BAND_ROWS, source->height - panel->rows_read);
      void   *to = (guint8 *)panel->image.pixels + panel->image.stride * panel->rows_read;
      if (!source->read_rows (source->user, panel->rows_read, n, to, error))
        return FALSE;
      panel->rows_read += n;
      return TRUE;
    }
  if (panel->mask.pixels && panel->mask_rows_read < source->height)
    {
      int32_t n = MIN (READ_BAND_ROWS, source->height - panel->mask_rows_read);
      guint8 *to = (guint8 *)panel->mask.pixels + panel->mask.stride * panel->mask_rows_read;
      if (!source->read_mask_rows (source->user, panel->mask_rows_read, n, to, error))
        return FALSE;
      panel->mask_rows_read += n;
      return TRUE;
    }
  return rvs__panel_channel_unread (panel) && rvs__panel_read_channel (panel, READ_BAND_ROWS, error);
}

/* Everything is read: at first the picture and what belongs to it, later another channel. Takes the error. */
static void
end_reading (RvsPanel *panel, GError *error)
{
  panel->read_id = 0;
  if (error)
    show_error (panel, _ ("The picture could not be read."), error->message);
  else if (panel->state == RVS_PANEL_READING)
    {
      rvs__panel_hole_from_selection (panel);
      rvs__panel_take_told (panel);
      start_work (panel);
    }
  else
    take_channel (panel);
  g_clear_error (&error);
}

/* Runs below redrawing and input, a few milliseconds at a time: the window is there and alive at once. */
static gboolean
read_some (gpointer data)
{
  RvsPanel *panel = data;
  GError   *error = NULL;
  gint64    start = g_get_monotonic_time ();
  while (g_get_monotonic_time () - start < READ_SLICE_US)
    {
      if (read_band (panel, &error))
        continue;
      end_reading (panel, error);
      return G_SOURCE_REMOVE;
    }
  show_part (panel, (double)panel->rows_read / panel->source->height);
  return G_SOURCE_CONTINUE;
}

static void
start_slices (RvsPanel *panel)
{
  if (!panel->read_id)
    panel->read_id = g_idle_add_full (G_PRIORITY_LOW, read_some, panel, NULL);
}

/* What is left to be read of the channel, at once. */
static void
read_rest (RvsPanel *panel)
{
  GError *error = NULL;
  g_clear_handle_id (&panel->read_id, g_source_remove);
  while (read_band (panel, &error))
    ;
  end_reading (panel, error);
}

void
rvs__panel_channel_chosen (RvsPanel *panel)
{
  gboolean wanted = *rvs__panel_channel_name (panel) != 0;
  if (wanted && !panel->channel.pixels)
    show_error (panel, rvs_failure_text (RVS_ERR_NO_MEMORY), NULL);
  else if (panel->state == RVS_PANEL_READING) /* the picture; the channel comes after it */
    return;
  else if (wanted)
    {
      start_slices (panel);
      g_signal_emit (panel, signals[STATE_CHANGED], 0);
    }
  else
    take_channel (panel);
}

static void
start_reading (RvsPanel *panel)
{
  const RvsUiSource *source = panel->source;
  RvsView            v = { .width = source->width, .height = source->height, .channels = source->channels, .depth = source->depth };
  v.stride = (ptrdiff_t)((size_t)source->width * rvs_view_pixel_bytes (&v));
  v.pixels = g_try_malloc0_n ((gsize)source->height, (gsize)v.stride);
  panel->image = v;
  if (source->read_mask_rows)
    {
      panel->mask = (RvsView){
        .width = source->width, .height = source->height, .channels = 1, .depth = RVS_DEPTH_U8, .stride = source->width
      };
      panel->mask.pixels = g_try_malloc0_n ((gsize)source->height, (gsize)source->width);
    }
  if (!panel->image.pixels || (source->read_mask_rows && !panel->mask.pixels))
    {
      show_error (panel, rvs_failure_text (RVS_ERR_NO_MEMORY), NULL);
      return;
    }
  set_phase (panel, _ ("Reading the picture"));
  panel->started_us = g_get_monotonic_time ();
  set_state (panel, RVS_PANEL_READING);
  begin_step (panel, BAR_READ);
  start_slices (panel);
}

/* ---- public ------------------------------------------------------------------------------- */

gboolean
rvs_panel_idle (RvsPanel *panel)
{
  return !panel->job || rvs_job_idle (panel->job);
}

gboolean
rvs_panel_shows_picture (RvsPanel *panel)
{
  return panel->picture != NULL;
}

gboolean
rvs_panel_knows_faces (RvsPanel *panel)
{
  return panel->faces_known;
}

gboolean
rvs_panel_busy (RvsPanel *panel)
{
  return working (panel) || panel->read_id;
}

gboolean
rvs_panel_applying (RvsPanel *panel)
{
  return panel->state == RVS_PANEL_APPLYING;
}

gboolean
rvs_panel_can_apply (RvsPanel *panel)
{
  if (!panel->job || !panel->faces_known || panel->state == RVS_PANEL_APPLYING || panel->state == RVS_PANEL_FAILED)
    return FALSE;
  if (panel->search == RVS_SEARCH_RUNS || rvs__panel_channel_unread (panel))
    return FALSE;
  if (rvs__panel_enlarges (panel) || panel->host->only_larger) /* also a photo without a face */
    return rvs__panel_size_fits (panel);
  return fills (panel) ? panel->hole.pixels != NULL : rvs_faces_count_enabled (panel->faces) > 0;
}

void
rvs_panel_apply (RvsPanel *panel)
{
  if (panel->read_id && panel->state != RVS_PANEL_READING)
    read_rest (panel);
  if (rvs_panel_can_apply (panel))
    post (panel, TRUE);
}

void
rvs_panel_stop (RvsPanel *panel)
{
  if (panel->state == RVS_PANEL_STOPPED)
    {
      post (panel, FALSE);
      return;
    }
  if (!panel->job || !working (panel))
    return;
  rvs_job_stop (panel->job);
  rvs__panel_end_search (panel, RVS_SEARCH_NONE);
  set_state (panel, RVS_PANEL_STOPPED);
}

void
rvs_panel_show_progress (RvsPanel *panel, gboolean shown)
{
  gtk_widget_set_opacity (panel->progress_row, shown ? 1 : 0);
  gtk_widget_set_sensitive (panel->progress_row, shown);
}

void
rvs_panel_get_values (RvsPanel *panel, RvsValues *out_values)
{
  size_t n = rvs_fields_count ();
  rvs_values_init (out_values);
  for (size_t i = 0; i < n; i++)
    if (panel->rows[i])
      out_values->v[i] = rvs_param_row_get (panel->rows[i]);
  (void)rvs_values_set_channel (out_values, rvs__panel_channel_name (panel)); /* none with a longer name can be chosen */
}

void
rvs_panel_set_values (RvsPanel *panel, const RvsValues *values)
{
  RvsValues clean = *values;
  size_t    n = rvs_fields_count ();
  rvs_values_clamp (&clean);
  for (size_t i = 0; i < n; i++)
    if (panel->rows[i])
      rvs_param_row_set (panel->rows[i], clean.v[i]);
  rvs__panel_set_channel (panel, clean.channel);
  rvs_panel_get_values (panel, &panel->known_values);
  show_fields_of_system (panel);
  show_strength (panel);
  search_again (panel);
  apply_rules (panel);
  show_faces (panel);
  new_generation (panel);
  if (panel->job && panel->state != RVS_PANEL_APPLYING)
    post (panel, FALSE);
}

/* What the engine said of a face belonged to the earlier panel's worker; a drawn box gets its landmarks again. */
void
rvs_panel_set_faces (RvsPanel *panel, const GArray *faces)
{
  g_array_set_size (panel->faces, 0);
  for (guint i = 0; i < faces->len; i++)
    {
      RvsUiFace face = g_array_index (faces, RvsUiFace, i);
      ask_again (panel, &face);
      g_array_append_val (panel->faces, face);
    }
  panel->faces_known = TRUE;
  rvs_compare_view_set_focus_face (panel->view, rvs_faces_main (panel->faces));
  show_faces (panel);
}

void
rvs_panel_reset (RvsPanel *panel)
{
  RvsValues values;
  rvs_values_init (&values);
  for (guint i = 0; i < panel->faces->len; i++)
    rvs_faces_at (panel->faces, (int)i)->chosen = FALSE;
  rvs_presets_show_custom (panel->presets);
  change_all (panel, &values);
}

void
rvs_panel_result (RvsPanel *panel, RvsUiResult *out_result)
{
  memset (out_result, 0, sizeof *out_result);
  rvs_job_result (panel->job, out_result);
  effective_values (panel, &out_result->values);
}

RvsCompareView *
rvs_panel_view (RvsPanel *panel)
{
  return panel->view;
}

GArray *
rvs_panel_faces (RvsPanel *panel)
{
  return panel->faces;
}

guint
rvs_panel_n_final_patches (RvsPanel *panel)
{
  return panel->n_final;
}

guint
rvs_panel_n_stage_patches (RvsPanel *panel)
{
  return panel->n_stage;
}

const char *
rvs_panel_error (RvsPanel *panel)
{
  return panel->error;
}

void
rvs_panel_shut_down (RvsPanel *panel)
{
  if (panel->read_id)
    g_source_remove (panel->read_id);
  panel->read_id = 0;
  stop_ticking (panel);
  g_clear_pointer (&panel->job, rvs_job_free);
}

void
rvs_panel_park (RvsPanel *panel)
{
  g_clear_pointer (&panel->job, rvs_job_free);
  rvs__panel_end_search (panel, RVS_SEARCH_NONE);
  for (guint i = 0; i < panel->faces->len; i++)
    rvs_faces_at (panel->faces, (int)i)->working = FALSE;
  stop_ticking (panel);
}

static gboolean
all_is_done (RvsPanel *panel)
{
  if (!panel->faces_known)
    return FALSE;
  if (fills (panel))
    return !panel->hole.pixels || panel->hole_done;
  return rvs_faces_count_done (panel->faces) == rvs_faces_count_enabled (panel->faces);
}

void
rvs_panel_wake (RvsPanel *panel)
{
  rvs__panel_recall_look (panel);
  if (panel->job && panel->state == RVS_PANEL_STOPPED)
    rvs_panel_stop (panel); /* it had not been parked yet: this lets it go on */
  if (panel->job || !panel->picture)
    return;
  panel->job = rvs_job_new (panel->host, &panel->image, TRUE, on_event, panel);
  panel->started_us = g_get_monotonic_time ();
  if (all_is_done (panel) && !lacks_extras (panel))
    set_state (panel, RVS_PANEL_READY);
  else
    post (panel, FALSE);
}

gsize
rvs_panel_bytes (RvsPanel *panel)
{
  gsize plane = (gsize)panel->source->width * (gsize)panel->source->height;
  if (panel->picture)
    rvs_canvas_pack (panel->picture);
  return (gsize)panel->image.stride * (gsize)panel->image.height + (panel->mask.pixels ? plane : 0)
         + (panel->told_bytes ? g_bytes_get_size (panel->told_bytes) : 0)
         + (panel->channel_bytes && panel->channel_bytes != panel->told_bytes ? plane : 0) + (panel->hole_bytes ? plane : 0)
         + (panel->lines_bytes ? plane : 0) + (panel->picture ? rvs_canvas_bytes (panel->picture) : 0)
         + (panel->map ? rvs_map_overlay_bytes (panel->map) : 0) + rvs__panel_film_bytes (panel);
}

void
rvs_panel_keep_result_only (RvsPanel *panel)
{
  if (panel->job)
    rvs_job_end (panel->job);
  if (panel->picture)
    rvs_canvas_clear_patches (panel->picture);
}

/* ---- class -------------------------------------------------------------------------------- */

static void
dispose (GObject *object)
{
  RvsPanel *panel = RVS_PANEL (object);
  rvs_panel_shut_down (panel);
  if (panel->view)
    {
      g_signal_handlers_disconnect_by_data (panel->view, panel);
      rvs_compare_view_set_faces (panel->view, NULL);
      rvs_compare_view_set_picture (panel->view, NULL);
      rvs_compare_view_set_hole (panel->view, NULL, FALSE);
      rvs_compare_view_set_lines (panel->view, NULL, NULL);
      rvs_compare_view_set_map (panel->view, NULL);
      rvs_compare_view_set_told (panel->view, NULL, NULL);
      rvs_compare_view_set_brush (panel->view, NULL, FALSE);
      panel->view = NULL;
    }
  G_OBJECT_CLASS (rvs_panel_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  RvsPanel *panel = RVS_PANEL (object);
  rvs_canvas_free (panel->picture);
  rvs__panel_free_hole (panel);
  rvs__panel_free_told (panel);
  rvs__panel_free_channel (panel);
  rvs_map_overlay_free (panel->map);
  rvs__panel_free_film (panel);
  g_array_unref (panel->faces);
  g_array_unref (panel->history);
  g_free ((void *)panel->image.pixels);
  g_free ((void *)panel->mask.pixels);
  g_free (panel->phase_text);
  g_free (panel->error);
  G_OBJECT_CLASS (rvs_panel_parent_class)->finalize (object);
}

static gboolean
focus (GtkWidget *widget, GtkDirectionType direction)
{
  if (direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD)
    return rvs__panel_move_focus (RVS_PANEL (widget), direction);
  return GTK_WIDGET_CLASS (rvs_panel_parent_class)->focus (widget, direction);
}

static void
rvs_panel_class_init (RvsPanelClass *klass)
{
  GTK_WIDGET_CLASS (klass)->focus = focus;
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  signals[STATE_CHANGED]
      = g_signal_new ("work-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[APPLIED] = g_signal_new ("applied", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
rvs_panel_init (RvsPanel *panel)
{
  panel->faces = rvs_faces_new ();
  panel->history = rvs__panel_history_new ();
  panel->next_face_id = 1;
  panel->generation = 1;
}

GtkWidget *
rvs_panel_new (const RvsUiHost *host, const RvsUiSource *source, RvsSettings *settings, const RvsValues *values)
{
  RvsPanel *panel = g_object_new (RVS_TYPE_PANEL, NULL);
  panel->host = host;
  panel->source = source;
  panel->settings = settings;
  rvs__panel_build (panel);
  g_signal_connect_swapped (panel->view, "face-toggled", G_CALLBACK (on_face_toggled), panel);
  g_signal_connect_swapped (panel->view, "face-focused", G_CALLBACK (on_face_focused), panel);
  g_signal_connect_swapped (panel->view, "face-removed", G_CALLBACK (on_face_removed), panel);
  g_signal_connect_swapped (panel->view, "box-drawn", G_CALLBACK (on_box_drawn), panel);
  g_signal_connect_swapped (panel->view, "view-changed", G_CALLBACK (rvs__panel_show_view_state), panel);
  rvs_compare_view_set_faces (panel->view, panel->faces);
  rvs_panel_set_values (panel, values);
  start_reading (panel);
  return GTK_WIDGET (panel);
}
