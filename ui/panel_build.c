/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_build.c: the panel's widgets and their arrangement: preview, its tool bar and the progress line on the left, the
 * controls on the right.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"
#include "style.h"
#include <stdarg.h>
#include <string.h>

#define CONTROLS_WIDTH 308
#define CONTROLS_WIDTH_MAX 340 /* where the window has room and the words of the language need it */

static void
add_class (GtkWidget *widget, const char *name)
{
  gtk_style_context_add_class (gtk_widget_get_style_context (widget), name);
}

/* ---- tool bar of the preview -------------------------------------------------------------- */

static void
on_fit (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_mode (panel->view, RVS_ZOOM_FIT);
}

static void
on_face (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_mode (panel->view, RVS_ZOOM_FACE);
}

static void
on_full (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_zoom (panel->view, 1);
}

static void
on_swap (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_swapped (panel->view, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (panel->swap_button)));
}

static void
on_original (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_original (panel->view, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (panel->original_button)));
}

static void
on_boxes (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_boxes (panel->view, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (panel->boxes_button)));
}

static void
step_face (RvsPanel *panel, int step)
{
  int n = (int)panel->faces->len, at = rvs_compare_view_get_focus_face (panel->view);
  if (n < 1)
    return;
  rvs_compare_view_set_focus_face (panel->view, (at + step + n) % n);
  g_signal_emit_by_name (panel->view, "face-focused", (at + step + n) % n);
}

static void
on_previous (RvsPanel *panel)
{
  step_face (panel, -1);
}

static void
on_next (RvsPanel *panel)
{
  step_face (panel, 1);
}

/* The view tells of each motion while it is dragged: a label that says so already is left alone, and nothing is laid out anew. */
static void
say (GtkWidget *label, const char *text)
{
  if (strcmp (gtk_label_get_text (GTK_LABEL (label)), text) != 0)
    gtk_label_set_text (GTK_LABEL (label), text);
}

/* What it zooms to. */
static void
show_face_button (RvsPanel *panel)
{
  gboolean    hole = rvs_compare_view_looks_at_hole (panel->view);
  const char *help = hole ? _ ("Zoom to the damage (F)") : _ ("Zoom to the chosen face (F)");
  const char *name = atk_object_get_name (gtk_widget_get_accessible (panel->face_button));
  say (gtk_bin_get_child (GTK_BIN (panel->face_button)), hole ? C_ ("zoom", "Damage") : C_ ("zoom", "Face"));
  if (g_strcmp0 (name, help) != 0)
    rvs_name_widget (panel->face_button, help, help);
}

/* "13 / 60" between the arrows. */
static void
show_number (RvsPanel *panel, gboolean several)
{
  char *text = g_strdup_printf ("%d / %u", rvs_compare_view_get_focus_face (panel->view) + 1, panel->faces->len);
  say (panel->number_label, text);
  gtk_widget_set_visible (panel->number_label, several);
  g_free (text);
}

void
rvs__panel_show_view_state (RvsPanel *panel)
{
  RvsZoomMode mode = rvs_compare_view_get_mode (panel->view);
  double      zoom = rvs_compare_view_get_zoom (panel->view);
  gboolean    several = panel->faces->len > 1;
  panel->quiet = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->fit_button), mode == RVS_ZOOM_FIT);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->face_button), mode == RVS_ZOOM_FACE);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->full_button), mode == RVS_ZOOM_FREE && zoom > 0.999 && zoom < 1.001);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->swap_button), rvs_compare_view_get_swapped (panel->view));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->boxes_button), rvs_compare_view_get_boxes (panel->view));
  if (panel->original_button)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->original_button), rvs_compare_view_get_original (panel->view));
  rvs__panel_show_look (panel);
  panel->quiet = FALSE;
  gtk_widget_set_sensitive (panel->face_button, panel->faces->len > 0 || rvs_compare_view_looks_at_hole (panel->view));
  show_face_button (panel);
  gtk_widget_set_visible (panel->previous_button, several);
  gtk_widget_set_visible (panel->next_button, several);
  show_number (panel, several);
  char *text = panel->picture ? g_strdup_printf (_ ("%.0f %%"), zoom * 100) : g_strdup ("");
  say (panel->zoom_label, text);
  g_free (text);
}

static GtkWidget *
tool (RvsPanel *panel, gboolean toggle, const char *label, const char *icon, const char *help, GCallback callback)
{
  GtkWidget *button = toggle ? gtk_toggle_button_new () : gtk_button_new ();
  GtkWidget *child = icon ? gtk_image_new_from_icon_name (icon, GTK_ICON_SIZE_MENU) : gtk_label_new (label);
  gtk_container_add (GTK_CONTAINER (button), child);
  rvs_name_widget (button, help, help);
  g_signal_connect_swapped (button, toggle ? "toggled" : "clicked", callback, panel);
  return button;
}

/* A button that shows a mode: pressing the active one keeps it active. */
static GtkWidget *
mode_tool (RvsPanel *panel, const char *label, const char *help, GCallback callback)
{
  return tool (panel, TRUE, label, NULL, help, callback);
}

GtkWidget *
rvs__linked_row (gboolean fills, GtkWidget *first, ...)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  va_list    all;
  add_class (box, GTK_STYLE_CLASS_LINKED);
  va_start (all, first);
  for (GtkWidget *child = first; child; child = va_arg (all, GtkWidget *))
    gtk_box_pack_start (GTK_BOX (box), child, fills, fills, 0);
  va_end (all);
  return box;
}

/* Signs instead of words: in a window of 800 pixels the settings need the room. */
static GtkWidget *
build_tool_bar (RvsPanel *panel)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  panel->fit_button = mode_tool (panel, C_ ("zoom", "Fit"), _ ("Show the whole picture (0)"), G_CALLBACK (on_fit));
  panel->face_button = mode_tool (panel, C_ ("zoom", "Face"), _ ("Zoom to the chosen face (F)"), G_CALLBACK (on_face));
  panel->full_button = mode_tool (panel, _ ("1:1"), _ ("One picture pixel is one screen pixel (1)"), G_CALLBACK (on_full));
  panel->zoom_label = gtk_label_new ("");
  gtk_label_set_width_chars (GTK_LABEL (panel->zoom_label), 4);
  gtk_label_set_xalign (GTK_LABEL (panel->zoom_label), 0);
  add_class (panel->zoom_label, GTK_STYLE_CLASS_DIM_LABEL);
  panel->previous_button = tool (panel, FALSE, NULL, "go-previous-symbolic", _ ("Previous face (P)"), G_CALLBACK (on_previous));
  panel->next_button = tool (panel, FALSE, NULL, "go-next-symbolic", _ ("Next face (N)"), G_CALLBACK (on_next));
  gtk_widget_set_no_show_all (panel->previous_button, TRUE);
  gtk_widget_set_no_show_all (panel->next_button, TRUE);
  gtk_widget_show_all (gtk_bin_get_child (GTK_BIN (panel->previous_button)));
  gtk_widget_show_all (gtk_bin_get_child (GTK_BIN (panel->next_button)));
  panel->swap_button = tool (panel, TRUE, NULL, "object-flip-horizontal-symbolic", _ ("Swap the sides of before and after (X)"),
                             G_CALLBACK (on_swap));
  panel->boxes_button
      = tool (panel, TRUE, NULL, "avatar-default-symbolic", _ ("Show the boxes of the faces (B)"), G_CALLBACK (on_boxes));
  gtk_box_pack_start (GTK_BOX (bar), rvs__linked_row (FALSE, panel->fit_button, panel->face_button, panel->full_button, NULL),
                      FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (bar), panel->zoom_label, FALSE, FALSE, 0);
  if (!panel->host->shows_original)
    panel->original_button = tool (panel, TRUE, NULL, "view-reveal-symbolic",
                                   _ ("Show only the picture before (O while it is held)"), G_CALLBACK (on_original));
  GtkWidget *look = rvs__panel_build_look (panel);
  gtk_box_pack_end (GTK_BOX (bar),
                    panel->original_button
                        ? rvs__linked_row (FALSE, panel->original_button, panel->swap_button, panel->boxes_button, look, NULL)
                        : rvs__linked_row (FALSE, panel->swap_button, panel->boxes_button, look, NULL),
                    FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (bar), rvs__linked_row (FALSE, panel->previous_button, panel->next_button, NULL), FALSE, FALSE, 0);
  panel->number_label = gtk_label_new ("");
  gtk_widget_set_no_show_all (panel->number_label, TRUE);
  add_class (panel->number_label, GTK_STYLE_CLASS_DIM_LABEL);
  add_class (panel->number_label, "revisage-status");
  gtk_box_pack_end (GTK_BOX (bar), panel->number_label, FALSE, FALSE, 0);
  add_class (bar, "revisage-toolbar");
  return bar;
}

static void
on_stop (RvsPanel *panel)
{
  rvs_panel_stop (panel);
}

static GtkWidget *
build_progress (RvsPanel *panel)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12), *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  panel->progress_row = row;
  panel->progress = gtk_progress_bar_new ();
  add_class (panel->progress, "revisage-progress");
  atk_object_set_name (gtk_widget_get_accessible (panel->progress), _ ("Progress of the preview"));
  panel->status_label = gtk_label_new ("");
  gtk_label_set_xalign (GTK_LABEL (panel->status_label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (panel->status_label), PANGO_ELLIPSIZE_END);
  add_class (panel->status_label, "revisage-status");
  add_class (panel->status_label, GTK_STYLE_CLASS_DIM_LABEL);
  panel->stop_button = gtk_button_new_with_mnemonic (_ ("S_top"));
  gtk_widget_set_valign (panel->stop_button, GTK_ALIGN_CENTER);
  gtk_widget_set_size_request (panel->stop_button, 96, -1);
  gtk_widget_set_tooltip_text (panel->stop_button, _ ("Stop computing, or go on"));
  g_signal_connect_swapped (panel->stop_button, "clicked", G_CALLBACK (on_stop), panel);
  gtk_box_pack_start (GTK_BOX (column), panel->progress, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), panel->status_label, FALSE, FALSE, 0);
  gtk_widget_set_valign (column, GTK_ALIGN_CENTER);
  gtk_box_pack_start (GTK_BOX (row), column, TRUE, TRUE, 0);
  gtk_box_pack_end (GTK_BOX (row), panel->stop_button, FALSE, FALSE, 0);
  return row;
}

/* ---- controls ----------------------------------------------------------------------------- */

static GtkWidget *
row_for (RvsPanel *panel, int index)
{
  if (!panel->rows[index])
    {
      panel->rows[index] = RVS_PARAM_ROW (rvs_param_row_new (rvs_field ((size_t)index)));
      g_signal_connect_swapped (panel->rows[index], "changed", G_CALLBACK (rvs__panel_field_changed), panel);
      gtk_widget_show_all (GTK_WIDGET (panel->rows[index]));
      gtk_widget_set_no_show_all (GTK_WIDGET (panel->rows[index]), TRUE); /* whether it is seen depends on the system */
    }
  return GTK_WIDGET (panel->rows[index]);
}

/* Every field of the place, so that a new row of the table appears by itself. */
static void
pack_fields (RvsPanel *panel, GtkWidget *box, RvsParamPlace place)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    if (rvs_field (i)->place == place)
      gtk_box_pack_start (GTK_BOX (box), row_for (panel, (int)i), FALSE, FALSE, 0);
}

static void
on_all (RvsPanel *panel)
{
  rvs__panel_all_faces (panel, TRUE);
}

static void
on_none (RvsPanel *panel)
{
  rvs__panel_all_faces (panel, FALSE);
}

static GtkWidget *
small_button (RvsPanel *panel, const char *text, const char *help, GCallback callback)
{
  GtkWidget *button = gtk_button_new_with_label (text);
  rvs_name_widget (button, help, help);
  g_signal_connect_swapped (button, "clicked", callback, panel);
  return button;
}

GtkWidget *
rvs__wrapping_label (int lines)
{
  GtkWidget *label = gtk_label_new ("");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 30);
  gtk_label_set_lines (GTK_LABEL (label), lines);
  return label;
}

GtkWidget *
rvs__title_label (const char *text)
{
  GtkWidget *label = gtk_label_new (text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  add_class (label, "revisage-title");
  return label;
}

static GtkWidget *
line (void)
{
  return gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);
}

/* How many there are, and all or none of them: always in sight. */
static GtkWidget *
build_face_count (RvsPanel *panel)
{
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  panel->faces_label = rvs__wrapping_label (2);
  gtk_label_set_max_width_chars (GTK_LABEL (panel->faces_label), 20);
  add_class (panel->faces_label, "revisage-title");
  gtk_box_pack_start (GTK_BOX (head), panel->faces_label, TRUE, TRUE, 0);
  gtk_box_pack_end (GTK_BOX (head),
                    rvs__linked_row (FALSE, small_button (panel, C_ ("faces", "All"), _ ("Restore all faces"), G_CALLBACK (on_all)),
                                     small_button (panel, C_ ("faces", "None"), _ ("Restore no face"), G_CALLBACK (on_none)), NULL),
                    FALSE, FALSE, 0);
  add_class (head, "revisage-toolbar");
  gtk_widget_show_all (head);
  gtk_widget_set_no_show_all (head, TRUE);
  return panel->count_box = head;
}

static GtkWidget *
build_faces (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *hint = panel->faces_hint = rvs__wrapping_label (3);
  panel->face_detail = rvs__wrapping_label (3);
  panel->face_little = rvs__wrapping_label (3);
  gtk_label_set_text (GTK_LABEL (panel->face_little),
                      _ ("Little to restore here: the face is clear in the photo. A lower fidelity invents more detail."));
  gtk_widget_set_no_show_all (panel->face_little, TRUE);
  add_class (panel->face_little, "revisage-small");
  add_class (hint, "revisage-small");
  add_class (hint, GTK_STYLE_CLASS_DIM_LABEL);
  add_class (panel->face_detail, "revisage-small");
  add_class (panel->face_detail, GTK_STYLE_CLASS_DIM_LABEL);
  gtk_box_pack_start (GTK_BOX (box), panel->face_detail, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), panel->face_little, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), hint, FALSE, FALSE, 0);
  if (panel->source->read_mask_rows)
    pack_fields (panel, box, RVS_PLACE_FACES);
  gtk_widget_show_all (box);
  gtk_widget_set_no_show_all (box, TRUE); /* with some systems faces do not matter */
  return panel->faces_box = box;
}

/* The width that its rows need is kept while it is closed too, or the preview would jump. */
static GtkWidget *
build_more (RvsPanel *panel)
{
  GtkWidget    *expander = gtk_expander_new_with_mnemonic (_ ("_More settings")), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  GtkSizeGroup *same_width = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  gtk_size_group_add_widget (same_width, box);
  gtk_size_group_add_widget (same_width, GTK_WIDGET (panel->presets));
  g_object_unref (same_width);
  gtk_widget_set_margin_top (box, 8);
  pack_fields (panel, box, RVS_PLACE_MORE);
  gtk_container_add (GTK_CONTAINER (expander), box);
  add_class (gtk_expander_get_label_widget (GTK_EXPANDER (expander)), "revisage-title");
  return expander;
}

/* The lists that are always in sight start at one line. */
static void
align_labels (RvsPanel *panel, GtkWidget *preset_label)
{
  GtkSizeGroup *group = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  size_t        n = rvs_fields_count ();
  gtk_size_group_add_widget (group, preset_label);
  for (size_t i = 0; i < n; i++)
    if (panel->rows[i] && rvs_field (i)->kind == RVS_PARAM_CHOICE && rvs_field (i)->place != RVS_PLACE_MORE)
      gtk_size_group_add_widget (group, rvs_param_row_label (panel->rows[i]));
  g_object_unref (group);
}

/* Below what scrolls. */
static GtkWidget *
build_pinned (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  gtk_box_pack_start (GTK_BOX (box), line (), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_face_count (panel), FALSE, FALSE, 0);
  if (panel->host->offers_output)
    pack_fields (panel, box, RVS_PLACE_OUTPUT);
  gtk_widget_set_margin_end (box, 4);
  return box;
}

/* A list that goes on below shows its bar, and does not hide it until the pointer comes. As wide as its words where there is room. */
static GtkWidget *
build_scrolled (GtkWidget *box)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_overlay_scrolling (GTK_SCROLLED_WINDOW (scrolled), FALSE);
  gtk_scrolled_window_set_propagate_natural_width (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_scrolled_window_set_max_content_width (GTK_SCROLLED_WINDOW (scrolled), CONTROLS_WIDTH_MAX);
  gtk_container_add (GTK_CONTAINER (scrolled), box);
  return scrolled;
}

/* Where the first letter of the label stands that is not taken, and takes it; -1: there is none. */
static int
take_letter (const char *label, char *taken, size_t n_taken)
{
  size_t used = strlen (taken);
  for (int i = 0; label[i] && used + 1 < n_taken; i++)
    if (g_ascii_isalpha (label[i]) && !strchr (taken, g_ascii_tolower (label[i])))
      {
        taken[used] = g_ascii_tolower (label[i]);
        return i;
      }
  return -1;
}

/* Each row gets a letter of its own name that no other has; short names choose first. The letters of the buttons around the rows are kept
 * free, as they are in English; in other languages a letter may stand twice, and the key then goes from one to the other. */
static void
give_mnemonics (RvsPanel *panel)
{
  char   taken[64] = "hecrmtp";
  size_t n = rvs_fields_count ();
  for (size_t length = 1; length < 80; length++)
    for (size_t i = 0; i < n; i++)
      {
        const char *label = _ (rvs_field (i)->label);
        int         at = panel->rows[i] && strlen (label) == length ? take_letter (label, taken, sizeof taken) : -1;
        if (at >= 0)
          rvs_param_row_set_mnemonic (panel->rows[i], (size_t)at);
      }
}

static gboolean
has_focus_in (GtkWidget *widget)
{
  GtkWidget *top = gtk_widget_get_toplevel (widget), *focus = GTK_IS_WINDOW (top) ? gtk_window_get_focus (GTK_WINDOW (top)) : NULL;
  return focus && (focus == widget || gtk_widget_is_ancestor (focus, widget));
}

/* Tab goes from the preview to the settings, to what is pinned below them, to the presets, and last to the preview's tools, which have
 * keys of their own. */
gboolean
rvs__panel_move_focus (RvsPanel *panel, GtkDirectionType direction)
{
  const int step = direction == GTK_DIR_TAB_BACKWARD ? -1 : 1, n = (int)G_N_ELEMENTS (panel->stops);
  int       at = -1;
  for (int i = 0; i < n; i++)
    if (gtk_container_get_focus_child (GTK_CONTAINER (panel)) && has_focus_in (panel->stops[i]))
      at = i;
  if (at < 0)
    at = step > 0 ? 0 : n - 1;
  for (; at >= 0 && at < n; at += step)
    if (gtk_widget_child_focus (panel->stops[at], direction))
      return TRUE;
  return FALSE;
}

static void
pack_size (RvsPanel *panel, GtkWidget *fields)
{
  GtkWidget *rows = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  pack_fields (panel, rows, RVS_PLACE_SIZE);
  gtk_box_pack_start (GTK_BOX (fields), rvs__panel_build_size (panel, rows), FALSE, FALSE, 0);
}

static GtkWidget *
build_controls (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12), *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  GtkWidget *fields = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12), *pinned = build_pinned (panel);
  panel->presets = RVS_PRESETS (rvs_presets_new (panel->settings, !panel->host->only_larger));
  g_signal_connect_swapped (panel->presets, "chosen", G_CALLBACK (rvs__panel_preset_chosen), panel);
  g_signal_connect_swapped (panel->presets, "asked", G_CALLBACK (rvs_panel_get_values), panel);
  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (panel->presets), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), fields, FALSE, FALSE, 0);
  pack_fields (panel, fields, RVS_PLACE_HEAD);
  if (panel->host->only_larger) /* what the dialog is for comes first */
    pack_size (panel, fields);
  gtk_box_pack_start (GTK_BOX (fields), line (), FALSE, FALSE, 0);
  pack_fields (panel, fields, RVS_PLACE_MAIN);
  gtk_box_pack_start (GTK_BOX (fields), rvs__panel_build_fidelity (panel), FALSE, FALSE, 0);
  if (panel->source->channel_names)
    gtk_box_pack_start (GTK_BOX (fields), rvs__panel_build_channel (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (fields), build_more (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (fields), line (), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (fields), rvs__panel_build_hole (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (fields), build_faces (panel), FALSE, FALSE, 0);
  if (panel->host->offers_size && !panel->host->only_larger)
    pack_size (panel, fields);
  gtk_widget_set_margin_end (box, 4); /* so that the scroll bar does not lie on the widgets */
  gtk_box_pack_start (GTK_BOX (column), build_scrolled (box), TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (column), pinned, FALSE, FALSE, 0);
  align_labels (panel, rvs_presets_label (panel->presets));
  give_mnemonics (panel);
  panel->stops[1] = fields;
  panel->stops[2] = pinned;
  panel->stops[3] = GTK_WIDGET (panel->presets);
  gtk_widget_set_size_request (column, CONTROLS_WIDTH, -1);
  panel->controls = column;
  return column;
}

static GtkWidget *
build_info_bar (RvsPanel *panel)
{
  panel->info_bar = gtk_info_bar_new ();
  add_class (panel->info_bar, "revisage-message");
  panel->info_label = gtk_label_new (panel->host->note);
  gtk_label_set_line_wrap (GTK_LABEL (panel->info_label), TRUE);
  gtk_label_set_selectable (GTK_LABEL (panel->info_label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (panel->info_label), 0);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (panel->info_bar), GTK_MESSAGE_INFO);
  gtk_container_add (GTK_CONTAINER (gtk_info_bar_get_content_area (GTK_INFO_BAR (panel->info_bar))), panel->info_label);
  panel->retry_button = gtk_info_bar_add_button (GTK_INFO_BAR (panel->info_bar), _ ("Retr_y"), GTK_RESPONSE_APPLY);
  gtk_widget_set_valign (panel->retry_button, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (panel->info_bar, "response", G_CALLBACK (rvs__panel_retry), panel);
  gtk_widget_show_all (panel->info_bar);
  gtk_widget_set_no_show_all (panel->retry_button, TRUE);
  gtk_widget_hide (panel->retry_button);
  gtk_widget_set_no_show_all (panel->info_bar, TRUE);
  gtk_widget_set_visible (panel->info_bar, panel->host->note != NULL);
  return panel->info_bar;
}

static void
shorten_cells (GtkWidget *combo)
{
  GList *cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (combo));
  for (GList *l = cells; l; l = l->next)
    if (GTK_IS_CELL_RENDERER_TEXT (l->data))
      g_object_set (l->data, "ellipsize", PANGO_ELLIPSIZE_END, NULL);
  g_list_free (cells);
}

/* Words are as long as they are; where the window is too narrow for those of a language, they are cut instead of it being too wide. Their
 * tips, or what they stand beside, say all. A button box gives no more than the least width, and would always cut. */
static void
let_shrink (GtkWidget *widget, gpointer user)
{
  if (GTK_IS_LABEL (widget) && !gtk_label_get_line_wrap (GTK_LABEL (widget)))
    gtk_label_set_ellipsize (GTK_LABEL (widget), PANGO_ELLIPSIZE_END);
  if (GTK_IS_COMBO_BOX (widget))
    shorten_cells (widget);
  else if (GTK_IS_CONTAINER (widget) && !GTK_IS_BUTTON_BOX (widget))
    gtk_container_forall (GTK_CONTAINER (widget), let_shrink, user);
}

void
rvs__panel_build (RvsPanel *panel)
{
  GtkWidget *left = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8), *frame = gtk_frame_new (NULL);
  GtkWidget *tools = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
  gtk_orientable_set_orientation (GTK_ORIENTABLE (panel), GTK_ORIENTATION_HORIZONTAL);
  gtk_box_set_spacing (GTK_BOX (panel), 16);
  rvs_style_install (gtk_widget_get_screen (GTK_WIDGET (panel)));
  panel->view = RVS_COMPARE_VIEW (rvs_compare_view_new ());
  gtk_widget_set_size_request (GTK_WIDGET (panel->view), 420, 260);
  add_class (frame, "revisage-preview-frame");
  gtk_container_add (GTK_CONTAINER (frame), GTK_WIDGET (panel->view));
  gtk_box_pack_start (GTK_BOX (left), build_info_bar (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (left), frame, TRUE, TRUE, 0);
  panel->stops[0] = frame;
  panel->stops[4] = tools;
  gtk_box_pack_start (GTK_BOX (tools), rvs__panel_build_film (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (tools), build_tool_bar (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (tools), build_progress (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (left), tools, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (panel), left, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (panel), build_controls (panel), FALSE, FALSE, 0);
  let_shrink (GTK_WIDGET (panel), NULL);
  rvs__panel_recall_look (panel);
  rvs__panel_show_view_state (panel);
}
