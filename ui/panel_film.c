/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_film.c: the film below the preview: the images on the way to the result of the face that is looked at, small. One that is
 * clicked is shown in place of the result, until it is clicked again. They are made when the film is open, and of one face only.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"

#define THUMB_PX 56

static const RvsUiFace *
subject (RvsPanel *panel)
{
  const RvsUiFace *face = rvs__panel_focus_face (panel);
  RvsValues        values;
  rvs_panel_get_values (panel, &values);
  return panel->film_open && face && face->enabled && !rvs_values_fill (&values) ? face : NULL;
}

guint
rvs__panel_missing_film (RvsPanel *panel)
{
  const RvsUiFace *face = subject (panel);
  gboolean         there = panel->film_whole && panel->film_generation == panel->generation;
  return face && !(there && panel->film_face == face->id) ? face->id : 0;
}

RvsMapOverlay *
rvs__panel_shown_stage (RvsPanel *panel)
{
  return panel->stage_chosen >= 0 ? g_ptr_array_index (panel->stages, panel->stage_chosen) : NULL;
}

/* g_free. */
static char *
size_text (const RvsMapOverlay *stage)
{
  int side = rvs_map_overlay_side (stage);
  return g_strdup_printf ("%d × %d", side, side);
}

char *
rvs__panel_stage_label (RvsPanel *panel)
{
  const RvsMapOverlay *stage = rvs__panel_shown_stage (panel);
  return stage ? size_text (stage) : NULL;
}

static void
remove_frame (GtkWidget *frame, gpointer data)
{
  (void)data;
  gtk_widget_destroy (frame);
}

static void
clear (RvsPanel *panel)
{
  panel->stage_chosen = -1;
  panel->film_face = 0;
  panel->film_whole = FALSE;
  rvs__panel_show_overlay (panel);
  g_ptr_array_set_size (panel->stages, 0);
  gtk_container_foreach (GTK_CONTAINER (panel->film), remove_frame, NULL);
}

/* ---- frames ------------------------------------------------------------------------------- */

static void
on_frame (RvsPanel *panel, GtkToggleButton *frame)
{
  int      number = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (frame), "number"));
  gboolean on = gtk_toggle_button_get_active (frame);
  if (panel->quiet)
    return;
  panel->stage_chosen = panel->stage_wanted = on ? number : -1;
  panel->quiet = TRUE;
  GList *frames = gtk_container_get_children (GTK_CONTAINER (panel->film));
  for (GList *i = frames; i; i = i->next)
    gtk_toggle_button_set_active (i->data, on && i->data == (gpointer)frame);
  g_list_free (frames);
  panel->quiet = FALSE;
  rvs__panel_show_overlay (panel);
}

static GtkWidget *
picture_of (RvsPanel *panel, const RvsMapOverlay *stage)
{
  int              scale = gtk_widget_get_scale_factor (GTK_WIDGET (panel));
  cairo_surface_t *thumb = rvs_map_overlay_thumb (stage, THUMB_PX * scale);
  cairo_surface_set_device_scale (thumb, scale, scale);
  GtkWidget *image = gtk_image_new_from_surface (thumb);
  cairo_surface_destroy (thumb);
  return image;
}

static void
add_frame (RvsPanel *panel, const RvsMapOverlay *stage, int number)
{
  int        side = rvs_map_overlay_side (stage);
  GtkWidget *frame = gtk_toggle_button_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  char      *size = size_text (stage), *help = g_strdup_printf (_ ("Show the image of %d × %d pixels"), side, side);
  GtkWidget *label = gtk_label_new (size);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "revisage-small");
  gtk_box_pack_start (GTK_BOX (box), picture_of (panel, stage), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (frame), box);
  rvs_name_widget (frame, help, help);
  g_object_set_data (G_OBJECT (frame), "number", GINT_TO_POINTER (number));
  g_signal_connect_swapped (frame, "toggled", G_CALLBACK (on_frame), panel);
  gtk_box_pack_start (GTK_BOX (panel->film), frame, FALSE, FALSE, 0);
  gtk_widget_show_all (frame);
  if (number == panel->stage_wanted)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (frame), TRUE);
  g_free (size);
  g_free (help);
}

/* ---- events ------------------------------------------------------------------------------- */

void
rvs__panel_take_stage (RvsPanel *panel, RvsJobEvent *event)
{
  const RvsUiFace *face = subject (panel);
  int              number = (int)event->face_number;
  if (!face || face->id != event->face_id || (number > 0 && number != (int)panel->stages->len))
    return;
  if (number == 0)
    clear (panel);
  panel->film_face = face->id;
  panel->film_generation = event->generation;
  g_ptr_array_add (panel->stages, event->map);
  add_frame (panel, event->map, number);
  event->map = NULL;
}

void
rvs__panel_film_done (RvsPanel *panel, const RvsJobEvent *event)
{
  if (event->final && panel->stages->len && panel->film_face == event->face_id && panel->film_generation == event->generation)
    panel->film_whole = TRUE;
}

void
rvs__panel_show_film (RvsPanel *panel)
{
  const RvsUiFace *face = subject (panel);
  gtk_widget_set_visible (panel->film, panel->film_open);
  if (panel->stages->len && (!face || face->id != panel->film_face))
    {
      clear (panel);
      panel->stage_wanted = -1;
    }
}

static void
on_film (RvsPanel *panel)
{
  panel->film_open = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (panel->film_button));
  rvs__panel_show_film (panel);
  rvs__panel_look_changed (panel);
}

/* ---- widgets ------------------------------------------------------------------------------ */

void
rvs__panel_build_film_button (RvsPanel *panel, GtkWidget *box)
{
  panel->film_button = gtk_check_button_new_with_mnemonic (_ ("S_tages of the restoration"));
  gtk_widget_set_margin_top (panel->film_button, 8);
  gtk_widget_set_tooltip_text (panel->film_button,
                               _ ("The images on the way to the result of the chosen face, from coarse to fine."));
  g_signal_connect_swapped (panel->film_button, "toggled", G_CALLBACK (on_film), panel);
  gtk_box_pack_start (GTK_BOX (box), panel->film_button, FALSE, FALSE, 0);
  gtk_widget_show (panel->film_button);
}

/* As high while it is empty, so that the preview does not jump. */
GtkWidget *
rvs__panel_build_film (RvsPanel *panel)
{
  panel->stages = g_ptr_array_new_with_free_func ((GDestroyNotify)rvs_map_overlay_free);
  panel->stage_chosen = panel->stage_wanted = -1;
  panel->film = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_widget_set_size_request (panel->film, -1, THUMB_PX + 34);
  gtk_style_context_add_class (gtk_widget_get_style_context (panel->film), "revisage-toolbar");
  gtk_widget_set_no_show_all (panel->film, TRUE);
  return panel->film;
}

void
rvs__panel_free_film (RvsPanel *panel)
{
  g_clear_pointer (&panel->stages, g_ptr_array_unref);
}

gsize
rvs__panel_film_bytes (const RvsPanel *panel)
{
  gsize n = 0;
  for (guint i = 0; i < panel->stages->len; i++)
    n += rvs_map_overlay_bytes (g_ptr_array_index (panel->stages, i));
  return n;
}
