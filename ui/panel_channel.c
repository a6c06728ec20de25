/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_channel.c: the fidelity map that is a channel beside the picture: which one, by a list that is there where there are channels, and its
 * pixels. What is painted is laid over it.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"

/* Of the list; the channels follow. */
#define NONE 0

static void
forget_pixels (RvsPanel *panel)
{
  g_clear_pointer (&panel->channel_bytes, g_bytes_unref);
  panel->channel = (RvsView){ 0 };
  panel->channel_rows_read = 0;
}

/* Without memory there are no pixels. */
static void
make_room (RvsPanel *panel)
{
  const RvsUiSource *source = panel->source;
  gsize              n = (gsize)source->width * (gsize)source->height;
  void              *pixels = g_try_malloc0 (n);
  if (!pixels)
    return;
  panel->channel = (RvsView){ pixels, source->width, source->width, source->height, 1, RVS_DEPTH_U8 };
  panel->channel_bytes = g_bytes_new_take (pixels, n);
}

const char *
rvs__panel_channel_name (RvsPanel *panel)
{
  int index = panel->channel_combo ? gtk_combo_box_get_active (GTK_COMBO_BOX (panel->channel_combo)) : NONE;
  return index > NONE ? panel->source->channel_names[index - 1] : "";
}

/* Its pixels are wanted, and all there. */
static gboolean
is_read (RvsPanel *panel)
{
  return panel->channel.pixels && panel->channel_rows_read == panel->channel.height;
}

GBytes *
rvs__panel_channel (RvsPanel *panel, RvsView *out_view)
{
  *out_view = is_read (panel) ? panel->channel : (RvsView){ 0 };
  return is_read (panel) ? panel->channel_bytes : NULL;
}

gboolean
rvs__panel_channel_unread (RvsPanel *panel)
{
  return panel->channel.pixels && panel->channel_rows_read < panel->channel.height;
}

gboolean
rvs__panel_read_channel (RvsPanel *panel, int32_t n_rows, GError **error)
{
  const RvsUiSource *source = panel->source;
  int32_t            y = panel->channel_rows_read, n = MIN (n_rows, source->height - y);
  guint8            *to = (guint8 *)panel->channel.pixels + panel->channel.stride * y;
  if (!source->read_channel_rows (source->user, rvs__panel_channel_name (panel), y, n, to, error))
    return FALSE;
  panel->channel_rows_read += n;
  return TRUE;
}

/* Another one than before, or none: the worker may still have the pixels of the last. */
static void
begin (RvsPanel *panel)
{
  forget_pixels (panel);
  if (*rvs__panel_channel_name (panel))
    make_room (panel);
  rvs__panel_show_channel (panel);
  rvs__panel_channel_chosen (panel);
}

void
rvs__panel_set_channel (RvsPanel *panel, const char *name)
{
  int index = NONE;
  for (int i = 0; panel->channel_combo && panel->source->channel_names[i]; i++)
    if (g_str_equal (panel->source->channel_names[i], name))
      index = i + 1;
  if (!panel->channel_combo || index == gtk_combo_box_get_active (GTK_COMBO_BOX (panel->channel_combo)))
    return;
  panel->quiet = TRUE;
  gtk_combo_box_set_active (GTK_COMBO_BOX (panel->channel_combo), index);
  panel->quiet = FALSE;
  begin (panel);
}

static void
on_chosen (RvsPanel *panel)
{
  if (panel->quiet)
    return;
  rvs__panel_note_change (panel, panel->channel_combo);
  begin (panel);
}

/* The channel says it for every pixel: rows that do nothing then are grey, and the reason stands below. */
void
rvs__panel_show_channel (RvsPanel *panel)
{
  RvsValues values;
  size_t    n = rvs_fields_count ();
  rvs_panel_get_values (panel, &values);
  if (!panel->channel_row)
    return;
  gtk_widget_set_visible (panel->channel_row, rvs_values_use_fidelity (&values));
  gtk_widget_set_visible (panel->channel_reason, values.channel[0] != 0);
  for (size_t i = 0; i < n; i++)
    if (panel->rows[i] && rvs_field (i)->knob == RVS_KNOB_FIDELITY)
      gtk_widget_set_sensitive (GTK_WIDGET (panel->rows[i]), !values.channel[0]);
}

void
rvs__panel_free_channel (RvsPanel *panel)
{
  forget_pixels (panel);
}

static GtkWidget *
build_list (RvsPanel *panel)
{
  GtkWidget         *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12), *label = gtk_label_new (_ (rvs_channel_label));
  GtkWidget         *combo = gtk_combo_box_text_new ();
  const char *const *names = panel->source->channel_names;
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (combo), C_ ("channel", "None"));
  for (int i = 0; names && names[i]; i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (combo), names[i]);
  gtk_combo_box_set_active (GTK_COMBO_BOX (combo), NONE);
  rvs_name_widget (combo, _ (rvs_channel_label), _ (rvs_channel_help));
  rvs_leave_wheel_to_parent (combo);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), combo);
  gtk_widget_set_tooltip_text (label, _ (rvs_channel_help));
  g_signal_connect_swapped (combo, "changed", G_CALLBACK (on_chosen), panel);
  gtk_box_pack_start (GTK_BOX (row), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), combo, TRUE, TRUE, 0);
  panel->channel_combo = combo;
  return row;
}

GtkWidget *
rvs__panel_build_channel (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4), *reason = rvs__wrapping_label (-1);
  gtk_label_set_text (GTK_LABEL (reason), _ ("The channel decides in place of Fidelity."));
  gtk_style_context_add_class (gtk_widget_get_style_context (reason), "revisage-small");
  gtk_style_context_add_class (gtk_widget_get_style_context (reason), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_box_pack_start (GTK_BOX (box), build_list (panel), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), reason, FALSE, FALSE, 0);
  gtk_widget_show_all (box);
  gtk_widget_hide (reason);
  gtk_widget_set_no_show_all (box, TRUE); /* with some systems nothing is a matter of fidelity */
  panel->channel_reason = reason;
  return panel->channel_row = box;
}
