/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_fidelity.c: painting where the photo rules and where detail may be invented. The tools are those of the view's brush by other names:
 * its keys work here too. Until one is taken the pointer adds faces.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"
#include <math.h>

/* In the order of the buttons: the view's tools, and what their strokes are. */
static const RvsStrokeKind view_tools[RVS_N_TELLERS] = { RVS_STROKE_PAINT, RVS_STROKE_LINE, RVS_STROKE_ERASE };
static const RvsStrokeKind kinds[RVS_N_TELLERS] = { RVS_STROKE_FAITHFUL, RVS_STROKE_INVENT, RVS_STROKE_UNTOLD };

/* Where something is filled, the pointer marks that. */
static gboolean
uses_strokes (const RvsValues *values)
{
  return rvs_values_use_fidelity (values) && !rvs_values_fill (values);
}

/* ---- what is told ------------------------------------------------------------------------- */

void
rvs__panel_free_told (RvsPanel *panel)
{
  g_clear_pointer (&panel->told_bytes, g_bytes_unref);
  panel->told = (RvsView){ 0 };
  g_clear_pointer (&panel->faithful_overlay, rvs_hole_overlay_free);
  g_clear_pointer (&panel->invent_overlay, rvs_hole_overlay_free);
}

static RvsHoleOverlay *
overlay_of (const RvsView *plane)
{
  return plane->pixels ? rvs_hole_overlay_new (plane, rvs_hole_bounds (plane)) : NULL;
}

void
rvs__panel_take_told (RvsPanel *panel)
{
  RvsView f, v, channel;
  GBytes *faithful = rvs_hole_brush_told (panel->brush, RVS_STROKE_FAITHFUL, &f);
  GBytes *invent = rvs_hole_brush_told (panel->brush, RVS_STROKE_INVENT, &v);
  rvs_compare_view_set_told (panel->view, NULL, NULL);
  rvs__panel_free_told (panel);
  GBytes  *under = rvs__panel_channel (panel, &channel);
  gboolean as_it_is = under && !f.pixels && !v.pixels;
  panel->told_bytes = as_it_is ? g_bytes_ref (under) : rvs_hole_join_told (&f, &v, &channel, &panel->told);
  if (as_it_is)
    panel->told = channel;
  panel->faithful_overlay = overlay_of (&f);
  panel->invent_overlay = overlay_of (&v);
  g_clear_pointer (&faithful, g_bytes_unref);
  g_clear_pointer (&invent, g_bytes_unref);
  rvs__panel_show_fidelity (panel);
}

GBytes *
rvs__panel_fidelity_map (RvsPanel *panel, RvsView *out_view)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  *out_view = (RvsView){ 0 };
  if (!rvs_values_use_fidelity (&values))
    return NULL;
  if (!uses_strokes (&values))
    return rvs__panel_channel (panel, out_view);
  *out_view = panel->told;
  return panel->told_bytes;
}

/* ---- tools -------------------------------------------------------------------------------- */

/* The index of the view's tool. */
static int
tool_of (RvsPanel *panel)
{
  RvsStrokeKind tool = rvs_compare_view_get_brush_tool (panel->view);
  for (int i = 0; i < RVS_N_TELLERS; i++)
    if (view_tools[i] == tool)
      return i;
  return 0;
}

RvsStrokeKind
rvs__panel_teller (RvsPanel *panel)
{
  return kinds[tool_of (panel)];
}

void
rvs__panel_show_teller (RvsPanel *panel)
{
  if (!panel->told_box)
    return;
  panel->quiet = TRUE;
  for (int i = 0; i < RVS_N_TELLERS; i++)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->told_buttons[i]), panel->tells && i == tool_of (panel));
  gtk_range_set_value (GTK_RANGE (panel->told_scale), log2 (2 * rvs_compare_view_get_brush_radius (panel->view)));
  panel->quiet = FALSE;
}

void
rvs__panel_show_fidelity (RvsPanel *panel)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  gboolean uses = uses_strokes (&values), any = panel->faithful_overlay || panel->invent_overlay;
  panel->tells = panel->tells && uses;
  gtk_widget_set_visible (panel->told_box, uses);
  gtk_widget_set_visible (panel->told_tools, panel->tells || any);
  gtk_widget_set_sensitive (panel->told_clear, any);
  rvs__panel_show_channel (panel);
  rvs_compare_view_set_told (panel->view, uses ? panel->faithful_overlay : NULL, uses ? panel->invent_overlay : NULL);
  rvs__panel_show_teller (panel);
}

/* The tool that is taken is put away by its own button. */
static void
on_tool (RvsPanel *panel, GtkToggleButton *button)
{
  if (panel->quiet)
    return;
  panel->tells = gtk_toggle_button_get_active (button);
  for (int i = 0; panel->tells && i < RVS_N_TELLERS; i++)
    if (panel->told_buttons[i] == GTK_WIDGET (button))
      rvs_compare_view_set_brush_tool (panel->view, rvs_compare_view_get_brush_radius (panel->view), view_tools[i]);
  rvs__panel_show_hole (panel);
}

static void
on_clear (RvsPanel *panel)
{
  guint n = rvs_hole_brush_n_strokes (panel->brush);
  rvs_hole_brush_untell (panel->brush);
  if (rvs_hole_brush_n_strokes (panel->brush) == n)
    return;
  rvs__panel_note_stroke (panel);
  rvs__panel_stroke_changed (panel, TRUE);
}

static GtkWidget *
add_tool (RvsPanel *panel, int index, const char *label, const char *help)
{
  GtkWidget *button = panel->told_buttons[index] = gtk_toggle_button_new_with_label (label);
  rvs_name_widget (button, help, help);
  g_signal_connect_swapped (button, "toggled", G_CALLBACK (on_tool), panel);
  return button;
}

static GtkWidget *
build_tools (RvsPanel *panel)
{
  return rvs__linked_row (TRUE,
                          add_tool (panel, 0, C_ ("fidelity", "Photo"), _ ("Paint where the face keeps closest to the photo")),
                          add_tool (panel, 1, C_ ("fidelity", "Invent"), _ ("Paint where detail may be invented (D)")),
                          add_tool (panel, 2, C_ ("fidelity", "Erase"), _ ("Paint where Fidelity decides again (E)")), NULL);
}

/* Seen when there is use for it. */
static GtkWidget *
build_size_and_clear (RvsPanel *panel)
{
  GtkWidget *row = rvs__panel_build_brush_size (panel, &panel->told_scale);
  panel->told_clear = gtk_button_new_with_label (C_ ("fidelity", "Clear"));
  rvs_name_widget (panel->told_clear, _ ("Let Fidelity decide everywhere again"), _ ("Let Fidelity decide everywhere again"));
  g_signal_connect_swapped (panel->told_clear, "clicked", G_CALLBACK (on_clear), panel);
  gtk_box_pack_end (GTK_BOX (row), panel->told_clear, FALSE, FALSE, 0);
  gtk_widget_show_all (row);
  gtk_widget_set_no_show_all (row, TRUE);
  return panel->told_tools = row;
}

GtkWidget *
rvs__panel_build_fidelity (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  GtkWidget *label = gtk_label_new (_ ("Local fidelity"));
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_tooltip_text (label, _ ("Paint on the preview. What is painted counts more than any number."));
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_tools (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_size_and_clear (panel), FALSE, FALSE, 0);
  gtk_widget_show_all (box);
  gtk_widget_set_no_show_all (box, TRUE);
  return panel->told_box = box;
}
