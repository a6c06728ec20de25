/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_hole.c: what a system that fills holes is to fill: the selection, what is found, and what the user paints on the preview; and
 * the tools for that.
 */
#include "fill_run.h"
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"
#include <math.h>

/* A pen is thin in any picture, and thinner than the cells of the edges that it stands for. */
#define PEN_SHARE (1.0 / 1500)
#define PEN_MIN_RADIUS 1
/* Sizes are felt as ratios: the slider goes in powers of two. */
#define SIZE_STEPS 0.1

/* ---- the hole ----------------------------------------------------------------------------- */

/* Why scratches cannot be looked for, or what came of it. */
static const char *
search_text (RvsPanel *panel)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  gboolean alone = rvs_values_skip_filling (&values) && !panel->hole.pixels;
  if (!panel->have_finder && alone)
    return _ ("Scratches cannot be looked for: the weights find-damage are not installed. Only the faces are restored.");
  if (panel->search == RVS_SEARCH_NOTHING && alone)
    return _ ("No scratches were found. Only the faces are restored.");
  if (!panel->have_finder)
    return _ ("Scratches cannot be looked for: the weights find-damage are not installed.");
  switch (panel->search)
    {
    case RVS_SEARCH_RUNS:
      return _ ("Looking for scratches…");
    case RVS_SEARCH_FOUND:
      return _ ("Scratches were found. Brush and eraser correct them.");
    case RVS_SEARCH_NOTHING:
      return panel->mask.pixels ? _ ("No scratches were found in the selection.") : _ ("No scratches were found.");
    case RVS_SEARCH_NONE:
      break;
    }
  return panel->mask.pixels ? _ ("Nothing outside of the selection is marked.") : NULL;
}

static void
show_tools (RvsPanel *panel)
{
  const char *text = search_text (panel);
  gtk_label_set_text (GTK_LABEL (panel->search_label), text ? text : "");
  gtk_widget_set_visible (panel->search_label, text != NULL);
  gtk_widget_set_sensitive (panel->find_button, panel->have_finder && panel->search != RVS_SEARCH_RUNS);
  gtk_widget_set_sensitive (panel->undo_button, rvs_hole_brush_n_marks (panel->brush) > 0);
  gtk_widget_set_sensitive (panel->clear_button, panel->hole.pixels || panel->lines.pixels);
}

void
rvs__panel_show_hole (RvsPanel *panel)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  gboolean fills = rvs_values_fill (&values), restores = !fills || rvs_values_then (&values);
  gtk_widget_set_visible (panel->hole_box, fills);
  gtk_widget_set_visible (panel->faces_box, restores);
  gtk_widget_set_visible (panel->count_box, restores);
  rvs_compare_view_set_uses_faces (panel->view, restores);
  gtk_label_set_text (GTK_LABEL (panel->faces_hint),
                      fills ? _ ("N and P choose a face, Space turns it on or off. The pointer marks damage.")
                      : panel->tells
                          ? _ ("N and P choose a face, Space turns it on or off. The pointer paints fidelity.")
                          : _ ("Click a face's tick to leave it out or take it in again. Drag on the picture to add a face."));
  rvs__panel_show_fidelity (panel);
  rvs_compare_view_set_brush (panel->view, fills || panel->tells ? panel->brush : NULL, fills);
  rvs_compare_view_set_hole (panel->view, fills ? panel->overlay : NULL, panel->hole_filled);
  rvs_compare_view_set_lines (panel->view, fills ? panel->lines_overlay : NULL,
                              fills && panel->wants_sketch && panel->hole.pixels ? panel->sketch : NULL);
  if (rvs_compare_view_looks_at_hole (panel->view))
    rvs_compare_view_look_at_hole (panel->view);
  if (panel->picture)
    rvs_canvas_show_patch (panel->picture, RVS_JOB_HOLE, fills && panel->hole.pixels);
  show_tools (panel);
}

/* `bytes` (taken) hold the pixels of `view`; NULL: they are the panel's own. */
static void
set_hole (RvsPanel *panel, GBytes *bytes, const RvsView *view)
{
  RvsRect box = view->pixels ? rvs_hole_bounds (view) : (RvsRect){ 0 };
  g_clear_pointer (&panel->hole_bytes, g_bytes_unref);
  g_clear_pointer (&panel->overlay, rvs_hole_overlay_free);
  panel->hole_bytes = bytes;
  panel->hole = box.width > 0 ? *view : (RvsView){ 0 };
  panel->hole_filled = panel->hole_done = FALSE;
  if (panel->hole.pixels)
    panel->overlay = rvs_hole_overlay_new (&panel->hole, box);
  if (!panel->wants_sketch)
    g_clear_pointer (&panel->sketch, rvs_hole_overlay_free); /* of another hole */
}

static void
lines_from_strokes (RvsPanel *panel)
{
  g_clear_pointer (&panel->lines_bytes, g_bytes_unref);
  g_clear_pointer (&panel->lines_overlay, rvs_hole_overlay_free);
  panel->lines_bytes = rvs_hole_brush_lines (panel->brush, &panel->lines);
  if (panel->lines.pixels)
    panel->lines_overlay = rvs_hole_overlay_new (&panel->lines, rvs_hole_bounds (&panel->lines));
}

/* A selection that nobody has changed needs no copy. */
static void
hole_from_strokes (RvsPanel *panel)
{
  RvsView view = panel->mask;
  GBytes *bytes = NULL;
  if (!view.pixels || rvs_hole_brush_n_marks (panel->brush))
    bytes = rvs_hole_brush_coverage (panel->brush, &view);
  set_hole (panel, bytes, &view);
  lines_from_strokes (panel);
  rvs__panel_show_hole (panel);
}

void
rvs__panel_hole_from_selection (RvsPanel *panel)
{
  if (!panel->mask.pixels)
    return;
  rvs_hole_brush_set_selection (panel->brush, &panel->mask);
  hole_from_strokes (panel);
}

void
rvs__panel_free_hole (RvsPanel *panel)
{
  g_clear_pointer (&panel->hole_bytes, g_bytes_unref);
  g_clear_pointer (&panel->overlay, rvs_hole_overlay_free);
  g_clear_pointer (&panel->lines_bytes, g_bytes_unref);
  g_clear_pointer (&panel->lines_overlay, rvs_hole_overlay_free);
  g_clear_pointer (&panel->sketch, rvs_hole_overlay_free);
  g_clear_pointer (&panel->brush, rvs_hole_brush_free);
}

/* ---- strokes ------------------------------------------------------------------------------ */

/* What the search came to is said until the strokes are others. */
static void
strokes_changed (RvsPanel *panel)
{
  if (panel->search != RVS_SEARCH_RUNS)
    panel->search = RVS_SEARCH_NONE;
  hole_from_strokes (panel);
  rvs__panel_hole_changed (panel);
}

void
rvs__panel_stroke_changed (RvsPanel *panel, gboolean told)
{
  if (!told)
    {
      strokes_changed (panel);
      return;
    }
  rvs__panel_take_told (panel);
  rvs__panel_hole_changed (panel);
}

static void
on_begun (RvsPanel *panel, double x, double y)
{
  RvsStrokeKind tool = panel->tells ? rvs__panel_teller (panel) : rvs_compare_view_get_brush_tool (panel->view);
  double        pen = MAX (PEN_MIN_RADIUS, MAX (panel->source->width, panel->source->height) * PEN_SHARE);
  rvs_hole_brush_begin (panel->brush, tool, (float)x, (float)y,
                        (float)(tool == RVS_STROKE_LINE ? pen : rvs_compare_view_get_brush_radius (panel->view)));
}

static void
on_moved (RvsPanel *panel, double x, double y)
{
  rvs_hole_brush_extend (panel->brush, (float)x, (float)y);
}

void
rvs__panel_undo_stroke (RvsPanel *panel)
{
  const RvsStroke *last = rvs_hole_brush_last (panel->brush);
  gboolean         told = last && rvs_stroke_tells (last->kind);
  if (!rvs_hole_brush_undo (panel->brush))
    return;
  rvs__panel_forget_stroke (panel);
  rvs__panel_stroke_changed (panel, told);
}

static void
on_stroke_ended (RvsPanel *panel)
{
  rvs__panel_note_stroke (panel);
  rvs__panel_stroke_changed (panel, panel->tells);
}

static void
on_clear (RvsPanel *panel)
{
  guint n = rvs_hole_brush_n_strokes (panel->brush);
  rvs_hole_brush_clear (panel->brush);
  if (rvs_hole_brush_n_strokes (panel->brush) > n)
    rvs__panel_note_stroke (panel);
  strokes_changed (panel);
}

void
rvs__panel_end_search (RvsPanel *panel, RvsSearch outcome)
{
  if (panel->search != RVS_SEARCH_RUNS)
    return;
  panel->search = outcome;
  rvs__panel_show_hole (panel);
}

/* One stroke, which undo takes back. */
void
rvs__panel_found (RvsPanel *panel, GArray *spans)
{
  if (panel->search == RVS_SEARCH_RUNS)
    {
      panel->search = spans->len ? RVS_SEARCH_FOUND : RVS_SEARCH_NOTHING;
      if (spans->len)
        {
          rvs_hole_brush_add_found (panel->brush, g_array_ref (spans));
          rvs__panel_note_stroke (panel);
        }
      hole_from_strokes (panel);
      rvs__panel_hole_changed (panel);
    }
  g_array_unref (spans);
}

void
rvs__panel_take_sketch (RvsPanel *panel, RvsHoleOverlay *sketch)
{
  g_clear_pointer (&panel->sketch, rvs_hole_overlay_free);
  panel->sketch = sketch;
  rvs__panel_show_hole (panel);
}

void
rvs_panel_set_hole_brush (RvsPanel *panel, const RvsHoleBrush *brush)
{
  while (rvs_hole_brush_undo (panel->brush))
    rvs__panel_forget_stroke (panel);
  rvs_hole_brush_copy (panel->brush, brush);
  for (guint i = rvs_hole_brush_n_strokes (panel->brush); i > 0; i--)
    rvs__panel_note_stroke (panel);
  rvs__panel_take_told (panel);
  hole_from_strokes (panel);
}

const RvsHoleBrush *
rvs_panel_hole_brush (RvsPanel *panel)
{
  return panel->brush;
}

/* ---- tools -------------------------------------------------------------------------------- */

static void
show_tool (RvsPanel *panel)
{
  RvsStrokeKind tool = rvs_compare_view_get_brush_tool (panel->view);
  panel->quiet = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->brush_button), tool == RVS_STROKE_PAINT);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->eraser_button), tool == RVS_STROKE_ERASE);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->line_button), tool == RVS_STROKE_LINE);
  gtk_widget_set_sensitive (panel->size_scale, tool != RVS_STROKE_LINE);
  gtk_range_set_value (GTK_RANGE (panel->size_scale), log2 (2 * rvs_compare_view_get_brush_radius (panel->view)));
  panel->quiet = FALSE;
  rvs__panel_show_teller (panel);
}

static void
choose_tool (RvsPanel *panel, RvsStrokeKind tool)
{
  if (panel->quiet)
    return;
  rvs_compare_view_set_brush_tool (panel->view, rvs_compare_view_get_brush_radius (panel->view), tool);
  show_tool (panel);
}

static void
on_brush (RvsPanel *panel)
{
  choose_tool (panel, RVS_STROKE_PAINT);
}

static void
on_eraser (RvsPanel *panel)
{
  choose_tool (panel, RVS_STROKE_ERASE);
}

static void
on_line (RvsPanel *panel)
{
  choose_tool (panel, RVS_STROKE_LINE);
}

static void
on_sketch (RvsPanel *panel, GtkToggleButton *button)
{
  panel->wants_sketch = gtk_toggle_button_get_active (button);
  rvs__panel_show_hole (panel);
  if (panel->wants_sketch && panel->hole.pixels && !panel->sketch)
    rvs__panel_work_on (panel);
}

static void
on_size (RvsPanel *panel, GtkRange *scale)
{
  if (panel->quiet)
    return;
  rvs_compare_view_set_brush_tool (panel->view, exp2 (gtk_range_get_value (scale)) / 2,
                                   rvs_compare_view_get_brush_tool (panel->view));
  show_tool (panel);
}

static char *
format_size (GtkScale *scale, double value, gpointer data)
{
  (void)scale, (void)data;
  return g_strdup_printf (_ ("%.0f px"), exp2 (value));
}

static GtkWidget *
button (RvsPanel *panel, GtkWidget *button, const char *help, const char *signal, GCallback callback)
{
  rvs_name_widget (button, help, help);
  g_signal_connect_swapped (button, signal, callback, panel);
  return button;
}

static GtkWidget *
build_tools (RvsPanel *panel)
{
  panel->brush_button = button (panel, gtk_toggle_button_new_with_label (C_ ("damage", "Brush")), _ ("Mark damage (E: the eraser)"),
                                "toggled", G_CALLBACK (on_brush));
  panel->eraser_button = button (panel, gtk_toggle_button_new_with_label (C_ ("damage", "Eraser")),
                                 _ ("Take marks away (E: the brush)"), "toggled", G_CALLBACK (on_eraser));
  panel->line_button
      = button (panel, gtk_toggle_button_new_with_label (C_ ("damage", "Line")),
                _ ("Draw how an edge goes on in the damage, where the sketch lacks it (D)"), "toggled", G_CALLBACK (on_line));
  return rvs__linked_row (TRUE, panel->brush_button, panel->eraser_button, panel->line_button, NULL);
}

static GtkWidget *
build_search (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  panel->find_button = button (panel, gtk_button_new_with_label (_ ("Find scratches")),
                               _ ("Look for scratches, dust and stains and mark them"), "clicked", G_CALLBACK (rvs__panel_search));
  panel->search_label = rvs__wrapping_label (4);
  gtk_style_context_add_class (gtk_widget_get_style_context (panel->search_label), "revisage-small");
  gtk_style_context_add_class (gtk_widget_get_style_context (panel->search_label), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_widget_set_no_show_all (panel->search_label, TRUE);
  panel->have_finder = panel->host->have_finder (panel->host->user);
  gtk_box_pack_start (GTK_BOX (box), panel->find_button, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), panel->search_label, FALSE, FALSE, 0);
  return box;
}

GtkWidget *
rvs__panel_build_brush_size (RvsPanel *panel, GtkWidget **out_scale)
{
  GtkWidget *scale = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, log2 (2 * RVS_BRUSH_MIN_RADIUS),
                                               log2 (2 * RVS_BRUSH_MAX_RADIUS), SIZE_STEPS);
  gtk_scale_set_value_pos (GTK_SCALE (scale), GTK_POS_RIGHT);
  g_signal_connect (scale, "format-value", G_CALLBACK (format_size), NULL);
  rvs_leave_wheel_to_parent (scale);
  *out_scale = button (panel, scale, _ ("Size of the brush ([ and ])"), "value-changed", G_CALLBACK (on_size));
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  gtk_box_pack_start (GTK_BOX (row), gtk_label_new (C_ ("damage", "Size")), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), scale, TRUE, TRUE, 0);
  return row;
}

static GtkWidget *
build_undo (RvsPanel *panel)
{
  panel->undo_button = button (panel, gtk_button_new_with_label (C_ ("damage", "Undo stroke")),
                               _ ("Take the last stroke back (Ctrl+Z)"), "clicked", G_CALLBACK (rvs__panel_undo_stroke));
  panel->clear_button = button (panel, gtk_button_new_with_label (C_ ("damage", "Clear")), _ ("Take all marks away"), "clicked",
                                G_CALLBACK (on_clear));
  return rvs__linked_row (TRUE, panel->undo_button, panel->clear_button, NULL);
}

static GtkWidget *
build_sketch (RvsPanel *panel)
{
  return button (panel, gtk_check_button_new_with_label (_ ("Show the edge sketch")),
                 _ ("Show the edges that the damage is filled along, and around it those of the photo"), "toggled",
                 G_CALLBACK (on_sketch));
}

static void
connect_view (RvsPanel *panel)
{
  g_signal_connect_swapped (panel->view, "stroke-begun", G_CALLBACK (on_begun), panel);
  g_signal_connect_swapped (panel->view, "stroke-moved", G_CALLBACK (on_moved), panel);
  g_signal_connect_swapped (panel->view, "stroke-ended", G_CALLBACK (on_stroke_ended), panel);
  g_signal_connect_swapped (panel->view, "undone", G_CALLBACK (rvs_panel_undo), panel);
  g_signal_connect_swapped (panel->view, "brush-changed", G_CALLBACK (show_tool), panel);
}

GtkWidget *
rvs__panel_build_hole (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  panel->hole_box = box;
  panel->brush = rvs_hole_brush_new (panel->source->width, panel->source->height);
  gtk_box_pack_start (GTK_BOX (box), rvs__title_label (_ ("Damage")), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_search (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_tools (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), rvs__panel_build_brush_size (panel, &panel->size_scale), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_undo (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_sketch (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL), FALSE, FALSE, 6);
  connect_view (panel);
  /* thin in a small picture, and to be seen in a large one */
  rvs_compare_view_set_brush_tool (panel->view, MAX (panel->source->width, panel->source->height) / 150.0, RVS_STROKE_PAINT);
  show_tool (panel);
  gtk_widget_show_all (box);
  gtk_widget_set_no_show_all (box, TRUE);
  return box;
}
