/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shortcuts.c: the windows that explain: all keys in one table, and who made this.
 */
#include "app_id.h"
#include "dialogs.h"
#include "i18n.h"

typedef struct Shortcut
{
  const char *group, *keys, *title; /* a group of its own begins where it is not NULL */
} Shortcut;

static const Shortcut SHORTCUTS[] = {
  { N_ ("Photos"), "<Primary>o", N_ ("Open photos") },
  { NULL, "<Primary>s", N_ ("Save the restored photo") },
  { NULL, "<Primary>r", N_ ("Restore all photos") },
  { NULL, "<Primary>v", N_ ("Paste a picture") },
  { NULL, "<Primary>c", N_ ("Copy the result") },
  { NULL, "<Primary>Page_Down <Primary>Page_Up", N_ ("Next and previous photo") },
  { NULL, "<Primary><Shift>l <Primary><Shift>r", N_ ("Turn the photo left and right") },
  { NULL, "<Primary>w", N_ ("Close this photo") },
  { NULL, "<Primary>q", N_ ("Quit") },
  { N_ ("View"), "<Primary>b", N_ ("Show only the photo before") },
  { NULL, "<Primary>plus <Primary>minus", N_ ("Zoom in and out") },
  { NULL, "<Primary>0", N_ ("Show the whole picture") },
  { NULL, "<Primary>1", N_ ("One picture pixel is one screen pixel") },
  { NULL, "f", N_ ("Zoom to the chosen face") },
  { NULL, "x", N_ ("Swap the sides of before and after") },
  { NULL, "c", N_ ("Compare by a line, or side by side") },
  { NULL, "<Primary>Left <Primary>Right", N_ ("Move the divider") },
  { NULL, "l <Shift>l", N_ ("While held, a loupe at 100 % or 200 %") },
  { N_ ("Faces"), "n p", N_ ("Next and previous face") },
  { NULL, "space", N_ ("Turn the face on or off") },
  { NULL, "Delete", N_ ("Remove a box that you drew") },
  { NULL, "b", N_ ("Show or hide the boxes") },
  { N_ ("Brushes"), "bracketleft bracketright", N_ ("Smaller and larger brush") },
  { NULL, "e", N_ ("Brush or eraser") },
  { NULL, "d", N_ ("Brush or line; photo or invented") },
  { NULL, "<Primary>z", N_ ("Take back the last stroke, turn or change of the settings") },
  { N_ ("Help"), "F1", N_ ("Help") },
  { NULL, "<Primary>question", N_ ("Keyboard shortcuts") },
};

void
rvs_show_shortcuts (GtkApplicationWindow *window)
{
  GtkWidget *shortcuts = g_object_new (GTK_TYPE_SHORTCUTS_WINDOW, "modal", TRUE, "transient-for", window, NULL), *group = NULL;
  GtkWidget *section = g_object_new (GTK_TYPE_SHORTCUTS_SECTION, "section-name", "all", "visible", TRUE, "max-height", 12, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (SHORTCUTS); i++)
    {
      const Shortcut *row = &SHORTCUTS[i];
      if (row->group)
        {
          group = g_object_new (GTK_TYPE_SHORTCUTS_GROUP, "title", _ (row->group), "visible", TRUE, NULL);
          gtk_container_add (GTK_CONTAINER (section), group);
        }
      gtk_container_add (GTK_CONTAINER (group), g_object_new (GTK_TYPE_SHORTCUTS_SHORTCUT, "accelerator", row->keys, "title",
                                                              _ (row->title), "visible", TRUE, NULL));
    }
  gtk_container_add (GTK_CONTAINER (shortcuts), section);
  gtk_window_present (GTK_WINDOW (shortcuts));
}

void
rvs_show_about (GtkWindow *parent)
{
  gtk_show_about_dialog (parent, "program-name", "Revisage", "version", RVS_VERSION, "logo-icon-name", RVS_APP_ID, "comments",
                         _ ("Restores faces in photographs, on your own computer."), "license-type", GTK_LICENSE_GPL_3_0,
                         "copyright", "© 2026 The Revisage developers", NULL);
}
