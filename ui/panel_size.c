/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_size.c: the size of the result, said before it is made.
 */
#include "i18n.h"
#include "panel_private.h"

static int32_t
factor_of (RvsPanel *panel)
{
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  return rvs_values_factor (&values);
}

/* Of a size that the host takes. */
static char *
size_text (RvsPanel *panel, int32_t factor)
{
  double width = panel->source->width * (double)factor, height = panel->source->height * (double)factor;
  if (rvs__panel_size_fits (panel))
    return g_strdup_printf (_ ("%.0f × %.0f pixels, %.1f megapixels"), width, height, width * height / 1e6);
  return g_strdup_printf (_ ("%.0f × %.0f pixels: more than can be made"), width, height);
}

gboolean
rvs__panel_enlarges (RvsPanel *panel)
{
  return factor_of (panel) > 1;
}

gboolean
rvs__panel_size_fits (RvsPanel *panel)
{
  int32_t factor = factor_of (panel);
  return factor == 1 ? !panel->host->only_larger
                     : rvs_enlarge_check (panel->source->width, panel->source->height, factor, NULL) == RVS_OK;
}

void
rvs__panel_show_size (RvsPanel *panel)
{
  RvsValues values;
  int32_t   factor = factor_of (panel);
  gboolean  fills;
  if (!panel->size_box)
    return;
  rvs_panel_get_values (panel, &values);
  fills = rvs_values_fill (&values);
  gtk_widget_set_visible (panel->size_box, !fills || panel->host->only_larger);
  char *text = factor > 1 || !panel->host->only_larger ? size_text (panel, factor)
               : fills                                 ? g_strdup (_ ("This model keeps the size. Choose another one."))
                                                       : g_strdup (_ ("Choose how many times as wide and high."));
  gtk_label_set_text (GTK_LABEL (panel->size_label), text);
  g_free (text);
}

GtkWidget *
rvs__panel_build_size (RvsPanel *panel, GtkWidget *row)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  panel->size_label = rvs__wrapping_label (-1);
  gtk_style_context_add_class (gtk_widget_get_style_context (panel->size_label), "revisage-small");
  gtk_style_context_add_class (gtk_widget_get_style_context (panel->size_label), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_box_pack_start (GTK_BOX (box), row, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), panel->size_label, FALSE, FALSE, 0);
  gtk_widget_show_all (box);
  gtk_widget_set_no_show_all (box, TRUE); /* what fills holes keeps the size */
  return panel->size_box = box;
}
