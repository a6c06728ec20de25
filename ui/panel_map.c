/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_map.c: the map over the face that is looked at: which one is chosen, whether it is there, and the choices, a row of
 * rvs_map_info each. It is worked out for that face alone, after its preview, and only one is kept.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"

static const RvsSystemInfo *
system_of (RvsPanel *panel)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  return rvs_values_system (&values);
}

/* The face that has the map; NULL: none does now. */
static const RvsUiFace *
subject (RvsPanel *panel)
{
  const RvsUiFace *face = rvs__panel_focus_face (panel);
  gboolean         shown = face && face->enabled && panel->map_info && rvs_map_applies (panel->map_info, system_of (panel));
  return shown ? face : NULL;
}

void
rvs__panel_show_overlay (RvsPanel *panel)
{
  RvsMapOverlay *stage = rvs__panel_shown_stage (panel);
  rvs_compare_view_set_map (panel->view, stage ? stage : panel->map);
  rvs__panel_show_after_label (panel);
}

static void
put (RvsPanel *panel, RvsMapOverlay *map)
{
  RvsMapOverlay *old = panel->map;
  panel->map = map;
  rvs__panel_show_overlay (panel);
  rvs_map_overlay_free (old);
}

const RvsMapInfo *
rvs__panel_missing_map (RvsPanel *panel, guint *out_face)
{
  const RvsUiFace *face = subject (panel);
  if (!face || (panel->map && (!panel->map_info->of_result || panel->map_generation == panel->generation)))
    return NULL;
  *out_face = face->id;
  return panel->map_info;
}

/* It may have been made for a face that is no longer looked at. */
void
rvs__panel_take_map (RvsPanel *panel, RvsJobEvent *event)
{
  const RvsUiFace *face = subject (panel);
  if (!face || face->id != event->face_id || rvs_map_overlay_info (event->map) != panel->map_info)
    return;
  put (panel, event->map);
  event->map = NULL;
  panel->map_face = event->face_id;
  panel->map_generation = event->generation;
}

/* A map of older settings stays until the new one is there, as the picture does. */
void
rvs__panel_show_map (RvsPanel *panel)
{
  const RvsSystemInfo *system = system_of (panel);
  const RvsUiFace     *face;
  gboolean             any = FALSE, quiet = panel->quiet;
  for (int i = 1; i < RVS_MAPS_MAX && panel->map_buttons[i]; i++)
    {
      gboolean applies = rvs_map_applies (rvs_map_info ((size_t)i - 1), system);
      gtk_widget_set_visible (panel->map_buttons[i], applies);
      any |= applies;
    }
  gtk_widget_set_visible (panel->map_title, any);
  gtk_widget_set_visible (panel->map_buttons[0], any);
  if (panel->map_info && !rvs_map_applies (panel->map_info, system))
    {
      panel->map_info = NULL;
      panel->quiet = TRUE;
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->map_buttons[0]), TRUE);
      panel->quiet = quiet;
    }
  face = subject (panel);
  if (panel->map && (!face || face->id != panel->map_face || rvs_map_overlay_info (panel->map) != panel->map_info))
    put (panel, NULL);
}

static void
on_map (RvsPanel *panel)
{
  const RvsMapInfo *before = panel->map_info;
  if (panel->quiet)
    return;
  panel->map_info = NULL;
  for (int i = 1; i < RVS_MAPS_MAX && panel->map_buttons[i]; i++)
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (panel->map_buttons[i])))
      panel->map_info = rvs_map_info ((size_t)i - 1);
  if (panel->map_info == before) /* both buttons of a change tell of it */
    return;
  rvs__panel_show_map (panel);
  rvs__panel_look_changed (panel);
}

void
rvs__panel_build_maps (RvsPanel *panel, GtkWidget *box)
{
  const RvsMapInfo *info;
  panel->map_title = rvs__panel_add_title (box, _ ("Show over the face"));
  panel->map_buttons[0] = rvs__panel_add_choice (panel, box, NULL, _ ("_Nothing"), G_CALLBACK (on_map));
  for (size_t i = 0; i + 1 < RVS_MAPS_MAX && (info = rvs_map_info (i)); i++)
    {
      panel->map_buttons[i + 1] = rvs__panel_add_choice (panel, box, panel->map_buttons[0], _ (info->label), G_CALLBACK (on_map));
      rvs_name_widget (panel->map_buttons[i + 1], _ (info->label), _ (info->help));
    }
}
