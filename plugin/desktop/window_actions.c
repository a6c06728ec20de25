/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_actions.c: what menus, buttons and keys can do, and when.
 */
#include "dialogs.h"
#include "help.h"
#include "window_private.h"
#include <string.h>

#define ZOOM_STEP 1.25

static RvsCompareView *
view_of (RvsWindow *window)
{
  RvsPanel *panel = rvs__window_panel (window);
  return panel ? rvs_panel_view (panel) : NULL;
}

/* ---- the actions -------------------------------------------------------------------------- */

static void
do_open (RvsWindow *window)
{
  rvs__window_choose_files (window);
}

static void
do_zoom_in (RvsWindow *window)
{
  rvs_compare_view_set_zoom (view_of (window), rvs_compare_view_get_zoom (view_of (window)) * ZOOM_STEP);
}

static void
do_zoom_out (RvsWindow *window)
{
  rvs_compare_view_set_zoom (view_of (window), rvs_compare_view_get_zoom (view_of (window)) / ZOOM_STEP);
}

static void
do_zoom_fit (RvsWindow *window)
{
  rvs_compare_view_set_mode (view_of (window), RVS_ZOOM_FIT);
}

static void
do_zoom_full (RvsWindow *window)
{
  rvs_compare_view_set_zoom (view_of (window), 1);
}

static void
do_next (RvsWindow *window)
{
  rvs__window_step (window, 1);
}

static void
do_previous (RvsWindow *window)
{
  rvs__window_step (window, -1);
}

static void
do_close_photo (RvsWindow *window)
{
  rvs__window_close_photo (window, window->current);
}

static void
do_close (RvsWindow *window)
{
  gtk_window_close (GTK_WINDOW (window));
}

static void
do_same_settings (RvsWindow *window)
{
  rvs__window_keep_edits (window);
  for (guint i = 0; i < window->photos->len; i++)
    {
      RvsPhoto *photo = g_ptr_array_index (window->photos, i);
      if (photo != window->current)
        rvs_photo_take_values (photo, &window->current->values);
      rvs__window_show_photo_state (window, photo);
    }
}

static void
do_undo (RvsWindow *window)
{
  if (rvs__window_was_turned (window))
    rvs__window_turn_back (window);
  else
    rvs_panel_undo (rvs__window_panel (window));
}

static void
do_turn_left (RvsWindow *window)
{
  rvs__window_turn (window, -1);
}

static void
do_turn_right (RvsWindow *window)
{
  rvs__window_turn (window, 1);
}

static void
do_reset (RvsWindow *window)
{
  rvs_panel_reset (rvs__window_panel (window));
}

static void
do_help (RvsWindow *window)
{
  rvs_help_show (GTK_WINDOW (window));
}

static void
do_shortcuts (RvsWindow *window)
{
  rvs_show_shortcuts (GTK_APPLICATION_WINDOW (window));
}

static void
do_about (RvsWindow *window)
{
  rvs_show_about (GTK_WINDOW (window));
}

/* In a text field these keys mean the text. */
static gboolean
in_text (RvsWindow *window, const char *signal)
{
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (window));
  if (!GTK_IS_EDITABLE (focus) && !GTK_IS_LABEL (focus))
    return FALSE;
  if (GTK_IS_LABEL (focus) && strcmp (signal, "copy-clipboard") != 0)
    return FALSE;
  g_signal_emit_by_name (focus, signal);
  return TRUE;
}

static void
do_paste (RvsWindow *window)
{
  if (!in_text (window, "paste-clipboard"))
    rvs__window_paste (window);
}

static void
do_copy (RvsWindow *window)
{
  RvsPanel *panel = rvs__window_panel (window);
  if (!in_text (window, "copy-clipboard") && panel && rvs_panel_can_apply (panel) && !rvs__window_is_tied (window))
    rvs__window_copy (window);
}

/* ---- their conditions --------------------------------------------------------------------- */

typedef enum Needs
{
  NEEDS_NOTHING,
  NEEDS_UNTIED, /* nothing is being saved */
  NEEDS_PHOTO,
  NEEDS_SEVERAL,
  NEEDS_READABLE, /* several photos, at least one of them can be read */
  NEEDS_PICTURE,  /* on show */
  NEEDS_TURNABLE, /* the same, and nothing is being saved */
  NEEDS_CHANGE,   /* of it, that can be taken back */
  NEEDS_RESULT,
  NEEDS_QUEUE
} Needs;

typedef struct Row
{
  const char *name;
  void (*run) (RvsWindow *window);
  Needs       needs;
  const char *keys[3];
} Row;

static const Row ROWS[] = {
  { "open", do_open, NEEDS_UNTIED, { "<Primary>o" } },
  { "paste", do_paste, NEEDS_NOTHING, { "<Primary>v" } },
  { "copy", do_copy, NEEDS_NOTHING, { "<Primary>c" } },
  { "save", rvs__window_save_as, NEEDS_RESULT, { "<Primary>s", "<Primary><Shift>s" } },
  { "restore-all", rvs__window_restore_all, NEEDS_READABLE, { "<Primary>r" } },
  { "stop", rvs__window_stop_queue, NEEDS_QUEUE, { NULL } },
  { "undo", do_undo, NEEDS_CHANGE, { "<Primary>z" } },
  { "turn-left", do_turn_left, NEEDS_TURNABLE, { "<Primary>bracketleft", "<Primary><Shift>l" } },
  { "turn-right", do_turn_right, NEEDS_TURNABLE, { "<Primary>bracketright", "<Primary><Shift>r" } },
  { "reset", do_reset, NEEDS_PICTURE, { NULL } },
  { "same-settings", do_same_settings, NEEDS_SEVERAL, { NULL } },
  { "close-photo", do_close_photo, NEEDS_PHOTO, { "<Primary>w" } },
  { "close", do_close, NEEDS_NOTHING, { "<Primary>q" } },
  { "next-photo", do_next, NEEDS_SEVERAL, { "<Primary>Page_Down" } },
  { "previous-photo", do_previous, NEEDS_SEVERAL, { "<Primary>Page_Up" } },
  { "zoom-in", do_zoom_in, NEEDS_PICTURE, { "<Primary>plus", "<Primary>equal" } },
  { "zoom-out", do_zoom_out, NEEDS_PICTURE, { "<Primary>minus" } },
  { "zoom-fit", do_zoom_fit, NEEDS_PICTURE, { "<Primary>0" } },
  { "zoom-full", do_zoom_full, NEEDS_PICTURE, { "<Primary>1" } },
  { "shortcuts", do_shortcuts, NEEDS_NOTHING, { "<Primary>question", "<Primary>F1" } },
  { "help", do_help, NEEDS_NOTHING, { "F1" } },
  { "about", do_about, NEEDS_NOTHING, { NULL } },
};

static gboolean
is_met (RvsWindow *window, Needs needs)
{
  RvsPanel *panel = rvs__window_panel (window);
  gboolean  tied = rvs__window_is_tied (window);
  switch (needs)
    {
    case NEEDS_NOTHING:
      return TRUE;
    case NEEDS_UNTIED:
      return !tied;
    case NEEDS_PHOTO:
      return !tied && window->current;
    case NEEDS_SEVERAL:
      return !tied && window->current && window->photos->len > 1;
    case NEEDS_READABLE:
      return is_met (window, NEEDS_SEVERAL) && rvs__window_count_readable (window) > 0;
    case NEEDS_PICTURE:
      return panel && rvs_panel_shows_picture (panel);
    case NEEDS_TURNABLE:
      return !tied && is_met (window, NEEDS_PICTURE);
    case NEEDS_CHANGE:
      return !tied && panel && (rvs_panel_can_undo (panel) || rvs__window_was_turned (window));
    case NEEDS_RESULT:
      return !tied && panel && rvs_panel_can_apply (panel);
    case NEEDS_QUEUE:
      return window->queue != NULL;
    }
  return FALSE;
}

void
rvs__window_update_actions (RvsWindow *window)
{
  for (guint i = 0; i < G_N_ELEMENTS (ROWS); i++)
    {
      GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), ROWS[i].name);
      g_simple_action_set_enabled (G_SIMPLE_ACTION (action), is_met (window, ROWS[i].needs));
    }
  GAction *before = g_action_map_lookup_action (G_ACTION_MAP (window), "before");
  g_simple_action_set_enabled (G_SIMPLE_ACTION (before), is_met (window, NEEDS_PICTURE));
}

static void
on_activate (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *name = g_action_get_name (G_ACTION (action));
  RvsWindow  *window = g_object_ref (data); /* a question may outlast it: the session ends while it is asked */
  (void)parameter;
  for (guint i = 0; i < G_N_ELEMENTS (ROWS); i++)
    if (g_str_equal (ROWS[i].name, name) && is_met (window, ROWS[i].needs))
      ROWS[i].run (window);
  g_object_unref (window);
}

static void
on_before (GSimpleAction *action, GVariant *state, gpointer data)
{
  RvsWindow      *window = data;
  RvsCompareView *view = view_of (window);
  g_simple_action_set_state (action, state);
  if (view)
    rvs_compare_view_set_original (view, g_variant_get_boolean (state));
}

void
rvs__window_add_actions (RvsWindow *window)
{
  GtkApplication *app = gtk_window_get_application (GTK_WINDOW (window));
  for (guint i = 0; i < G_N_ELEMENTS (ROWS); i++)
    {
      const Row     *row = &ROWS[i];
      char          *name = g_strconcat ("win.", row->name, NULL);
      GSimpleAction *action = g_simple_action_new (row->name, NULL);
      g_signal_connect (action, "activate", G_CALLBACK (on_activate), window);
      g_action_map_add_action (G_ACTION_MAP (window), G_ACTION (action));
      gtk_application_set_accels_for_action (app, name, row->keys);
      g_object_unref (action);
      g_free (name);
    }
  static const char *const before_keys[] = { "<Primary>b", NULL };
  GSimpleAction           *before = g_simple_action_new_stateful ("before", NULL, g_variant_new_boolean (FALSE));
  g_signal_connect (before, "change-state", G_CALLBACK (on_before), window);
  g_action_map_add_action (G_ACTION_MAP (window), G_ACTION (before));
  gtk_application_set_accels_for_action (app, "win.before", before_keys);
  g_object_unref (before);
}
