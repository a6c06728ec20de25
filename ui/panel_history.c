/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_history.c: what undo takes back, in one order: strokes of the hole, and changes of the settings. A slider that is moved is one
 * change.
 */
#include "panel_private.h"
#include <string.h>

#define ONE_CHANGE_US (1500 * 1000) /* between two changes of one field that count as one */

typedef struct Step
{
  gboolean      stroke; /* else before */
  RvsValues     before;
  gconstpointer field; /* that was changed; NULL: several */
  gint64        last_us;
} Step;

static Step *
last_step (RvsPanel *panel)
{
  return panel->history->len ? &g_array_index (panel->history, Step, panel->history->len - 1) : NULL;
}

GArray *
rvs__panel_history_new (void)
{
  return g_array_new (FALSE, TRUE, sizeof (Step));
}

void
rvs__panel_note_stroke (RvsPanel *panel)
{
  Step step = { .stroke = TRUE };
  g_array_append_val (panel->history, step);
}

void
rvs__panel_forget_stroke (RvsPanel *panel)
{
  for (guint i = panel->history->len; i-- > 0;)
    if (g_array_index (panel->history, Step, i).stroke)
      {
        g_array_remove_index (panel->history, i);
        return;
      }
}

void
rvs__panel_note_change (RvsPanel *panel, gconstpointer field)
{
  gint64 now = g_get_monotonic_time ();
  Step  *last = last_step (panel), step = { .before = panel->known_values, .field = field, .last_us = now };
  rvs_panel_get_values (panel, &panel->known_values);
  if (last && !last->stroke && field && last->field == field && now - last->last_us < ONE_CHANGE_US)
    last->last_us = now;
  else if (memcmp (&step.before, &panel->known_values, sizeof step.before) != 0)
    g_array_append_val (panel->history, step);
}

guint
rvs_panel_n_changes (RvsPanel *panel)
{
  return panel->history->len;
}

gboolean
rvs_panel_can_undo (RvsPanel *panel)
{
  return panel->history->len > 0 && panel->state != RVS_PANEL_APPLYING;
}

void
rvs_panel_undo (RvsPanel *panel)
{
  if (!rvs_panel_can_undo (panel))
    return;
  Step step = *last_step (panel);
  if (step.stroke)
    rvs__panel_undo_stroke (panel);
  else
    {
      g_array_set_size (panel->history, panel->history->len - 1);
      rvs_presets_show_custom (panel->presets);
      rvs_panel_set_values (panel, &step.before);
    }
}
