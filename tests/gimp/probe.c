/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * probe.c: lets a test outside see into the dialog of the plug-in it is linked into, so that real mouse and key events can be aimed and
 * their effect be read. $RVS_PROBE names a file; whenever FILE.ask appears, the dialog's widgets, their places on the screen and their
 * values are written to FILE as JSON. It also keeps when things were first seen and how long the main loop was blocked.
 */
#include "panel.h"
#include "watchdog.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define TICK_MS 5

/* Everything below belongs to the main thread of a test program. */
static const char *probe_path;
static RvsPanel   *panel;
static gint64      seen_us[4];
static double      blocked_wall_ms, blocked_cpu_ms; /* since the dialog is there, without the probe's own work */

static const char *const EVENTS[] = { "picture_at", "faces_at", "stage_at", "final_at" };

/* ---- writing ------------------------------------------------------------------------------ */

static void
add_text (GString *json, const char *key, const char *text)
{
  g_string_append_printf (json, "\"%s\": \"", key);
  for (const char *c = text ? text : ""; *c; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (json, "\\%c", *c);
    else if ((guchar)*c < 0x20)
      g_string_append_printf (json, "\\u%04x", (guchar)*c);
    else
      g_string_append_c (json, *c);
  g_string_append (json, "\", ");
}

static void
add_number (GString *json, const char *key, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append_printf (json, "\"%s\": %s, ", key, g_ascii_dtostr (text, sizeof text, value));
}

static void
add_value (GString *json, GtkWidget *w)
{
  if (GTK_IS_RANGE (w))
    add_number (json, "value", gtk_range_get_value (GTK_RANGE (w)));
  else if (GTK_IS_SPIN_BUTTON (w))
    add_number (json, "value", gtk_spin_button_get_value (GTK_SPIN_BUTTON (w)));
  else if (GTK_IS_TOGGLE_BUTTON (w))
    add_number (json, "value", gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (w)));
  else if (GTK_IS_EXPANDER (w))
    add_number (json, "value", gtk_expander_get_expanded (GTK_EXPANDER (w)));
  else if (GTK_IS_COMBO_BOX_TEXT (w))
    {
      char *text = gtk_combo_box_text_get_active_text (GTK_COMBO_BOX_TEXT (w));
      add_text (json, "text", text);
      g_free (text);
    }
  if (GTK_IS_LABEL (w))
    add_text (json, "text", gtk_label_get_text (GTK_LABEL (w)));
  else if (GTK_IS_BUTTON (w))
    add_text (json, "text", gtk_button_get_label (GTK_BUTTON (w)));
}

/* GDK's coordinates are logical ones; the pointer moves in device pixels. */
static gboolean
place_of (GtkWidget *w, int *x, int *y)
{
  GtkWidget *top = gtk_widget_get_toplevel (w);
  GdkWindow *window = gtk_widget_get_window (top);
  int        ox, oy;
  if (!window || !gtk_widget_translate_coordinates (w, top, 0, 0, x, y))
    return FALSE;
  gdk_window_get_origin (window, &ox, &oy);
  *x += ox;
  *y += oy;
  return TRUE;
}

static void
add_widget (GtkWidget *w, gpointer data)
{
  GString *json = data;
  int      x, y, s = gtk_widget_get_scale_factor (w);
  if (!gtk_widget_get_mapped (w))
    return;
  if (place_of (w, &x, &y))
    {
      g_string_append (json, "{");
      add_text (json, "type", G_OBJECT_TYPE_NAME (w));
      add_text (json, "name", atk_object_get_name (gtk_widget_get_accessible (w)));
      add_value (json, w);
      g_string_append_printf (json, "\"sensitive\": %s, \"focus\": %s, \"place\": [%d, %d, %d, %d]},\n",
                              gtk_widget_is_sensitive (w) ? "true" : "false", gtk_widget_has_focus (w) ? "true" : "false", x * s,
                              y * s, gtk_widget_get_allocated_width (w) * s, gtk_widget_get_allocated_height (w) * s);
    }
  if (GTK_IS_CONTAINER (w))
    gtk_container_forall (GTK_CONTAINER (w), add_widget, json);
}

static void
add_view (GString *json)
{
  RvsCompareView *view = rvs_panel_view (panel);
  GArray         *faces = rvs_panel_faces (panel);
  int             x = 0, y = 0, s = gtk_widget_get_scale_factor (GTK_WIDGET (view));
  place_of (GTK_WIDGET (view), &x, &y);
  add_number (json, "split", rvs_compare_view_get_split (view));
  add_number (json, "zoom", rvs_compare_view_get_zoom (view));
  add_number (json, "mode", rvs_compare_view_get_mode (view));
  add_number (json, "swapped", rvs_compare_view_get_swapped (view));
  add_number (json, "peeking", rvs_compare_view_get_peeking (view));
  add_number (json, "boxes", rvs_compare_view_get_boxes (view));
  add_number (json, "focus_face", rvs_compare_view_get_focus_face (view));
  g_string_append (json, "\"faces\": [");
  for (guint i = 0; i < faces->len; i++)
    {
      const RvsUiFace *f = rvs_faces_at (faces, (int)i);
      double           x0, y0, x1, y1, bx, by;
      rvs_compare_view_to_widget (view, f->face.x, f->face.y, &x0, &y0);
      rvs_compare_view_to_widget (view, f->face.x + f->face.w, f->face.y + f->face.h, &x1, &y1);
      rvs_compare_view_badge_at (view, (int)i, &bx, &by);
      g_string_append_printf (json,
                              "%s{\"enabled\": %d, \"drawn\": %d, \"done\": %d, \"badge\": [%d, %d], \"place\": [%d, %d, %d, %d]}",
                              i ? ", " : "", f->enabled, f->from_user, f->done, (int)(x + bx) * s, (int)(y + by) * s,
                              (int)(x + x0) * s, (int)(y + y0) * s, (int)(x1 - x0) * s, (int)(y1 - y0) * s);
    }
  g_string_append (json, "],\n");
}

static void
dump (void)
{
  GString *json = g_string_new ("{");
  GList   *tops = gtk_window_list_toplevels ();
  char    *partial = g_strconcat (probe_path, ".part", NULL);
  add_number (json, "pid", getpid ());
  blocked_wall_ms = MAX (blocked_wall_ms, watchdog_wall_ms ());
  blocked_cpu_ms = MAX (blocked_cpu_ms, watchdog_cpu_ms ());
  add_number (json, "turn_cpu_ms", watchdog_cpu_ms ());
  add_number (json, "turn_ms", watchdog_wall_ms ());
  add_number (json, "blocked_ms", blocked_wall_ms);
  add_number (json, "blocked_cpu_ms", blocked_cpu_ms);
  for (size_t i = 0; i < G_N_ELEMENTS (EVENTS); i++)
    add_number (json, EVENTS[i], (double)seen_us[i] / 1e6);
  if (panel)
    {
      add_number (json, "busy", rvs_panel_busy (panel));
      add_number (json, "n_final", rvs_panel_n_final_patches (panel));
      add_text (json, "error", rvs_panel_error (panel));
      add_view (json);
    }
  g_string_append (json, "\"widgets\": [\n");
  for (GList *l = tops; l; l = l->next)
    add_widget (l->data, json);
  g_string_append (json, "{}]}\n");
  if (!g_file_set_contents (partial, json->str, -1, NULL) || g_rename (partial, probe_path))
    g_printerr ("probe: %s cannot be written: %s\n", probe_path, g_strerror (errno));
  g_list_free (tops);
  g_free (partial);
  g_string_free (json, TRUE);
}

/* ---- the tick ----------------------------------------------------------------------------- */

static void
find_panel (GtkWidget *w, gpointer data)
{
  if (RVS_IS_PANEL (w))
    panel = RVS_PANEL (w);
  else if (GTK_IS_CONTAINER (w) && !panel)
    gtk_container_forall (GTK_CONTAINER (w), find_panel, data);
}

static gboolean
on_draw (void)
{
  /* the first drawing that has the thing in it: its end is on the screen within a frame */
  gboolean is[] = { rvs_panel_shows_picture (panel), rvs_panel_knows_faces (panel), rvs_panel_n_stage_patches (panel) > 0,
                    rvs_panel_n_final_patches (panel) > 0 };
  for (size_t i = 0; i < G_N_ELEMENTS (is); i++)
    if (is[i] && !seen_us[i])
      seen_us[i] = g_get_monotonic_time ();
  return FALSE;
}

static void
look_for_panel (void)
{
  GList *tops = gtk_window_list_toplevels ();
  for (GList *l = tops; l && !panel; l = l->next)
    find_panel (l->data, NULL);
  g_list_free (tops);
  if (!panel)
    return;
  g_signal_connect_after (rvs_panel_view (panel), "draw", G_CALLBACK (on_draw), NULL);
  watchdog_reset ();
}

static gboolean
tick (gpointer data)
{
  char *ask = g_strconcat (probe_path, ".ask", NULL);
  (void)data;
  if (!panel)
    look_for_panel ();
  if (g_unlink (ask) == 0)
    {
      dump ();
      watchdog_reset ();
    }
  g_free (ask);
  return G_SOURCE_CONTINUE;
}

static void __attribute__ ((constructor)) start (void)
{
  probe_path = g_getenv ("RVS_PROBE");
  if (!probe_path || !*probe_path)
    return;
  g_unsetenv ("LD_PRELOAD"); /* where it came by that, what GIMP starts has no probe */
  watchdog_install (NULL);
  g_timeout_add (TICK_MS, tick, NULL);
}
