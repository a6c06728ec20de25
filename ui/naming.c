/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * naming.c: accessible names.
 */
#include "naming.h"

static void
collect (GtkWidget *part, gpointer queue)
{
  g_queue_push_tail (queue, part);
}

static void
name_parts (GtkWidget *widget, const char *name)
{
  GQueue     parts = G_QUEUE_INIT;
  GtkWidget *part = widget;
  for (; part; part = g_queue_pop_head (&parts))
    {
      atk_object_set_name (gtk_widget_get_accessible (part), name);
      if (GTK_IS_CONTAINER (part))
        gtk_container_forall (GTK_CONTAINER (part), collect, &parts);
    }
}

void
rvs_name_widget (GtkWidget *widget, const char *name, const char *help)
{
  AtkObject *accessible = gtk_widget_get_accessible (widget);
  atk_object_set_name (accessible, name);
  if (help)
    {
      atk_object_set_description (accessible, help);
      gtk_widget_set_tooltip_text (widget, help);
    }
  /* the focus goes to the button inside a list, not to the list */
  if (GTK_IS_COMBO_BOX (widget))
    name_parts (widget, name);
}
