/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * help.c: instructions in a window of their own: no browser, no network.
 */
#include "help.h"
#include "fields.h"
#include "i18n.h"

static const char *const PARAGRAPHS[] = {
  N_ ("The preview shows the picture before on one side of the line and after on the other. Drag the line, or press Control with "
      "the arrow keys. X swaps the sides, and C changes how they are compared: by a line that stands or lies, or side by side. "
      "Hold "
      "O to see the whole picture as it was, and L for a loupe under the pointer that shows it at 100 %, with Shift at 200 %."),
  N_ ("Turn the mouse wheel to zoom. Drag with the middle button, or with Shift, to move the picture. 0 shows all of it, F the "
      "chosen "
      "face, 1 shows it at 100 %. The arrow keys, plus and minus do the same."),
  N_ ("The button with the two panes has the ways to compare and the loupe, and shows over the chosen face where and how strongly "
      "detail "
      "was invented, what the network takes each part of the face for, or the mesh that is fitted to it. Its film "
      "shows what lay on the way to the result: click an image to see it in place, and once more to see the result."),
  N_ ("Every face that was found has a box. Click it to choose the face, and its tick to leave the face out or take it in again; a "
      "double click zooms to it. If a face was missed, drag a box around it; Delete removes a box that you drew. N and P choose "
      "the "
      "next and the previous face, Space turns it on or off, B hides the boxes."),
  N_ ("Local fidelity: paint with Photo where the face is to stay as it is, with Invent where detail may be made up; Erase takes "
      "that "
      "back. Blue and orange show it on the side before. D and E change the tool, [ and ] its size. Under More settings eyes, "
      "mouth, "
      "skin and hair can each have a fidelity of their own. In GIMP a channel of the image can say it too."),
  N_ ("Scratches, tears and stains are filled by a model for that: choose it, then let scratches be found, or paint over the "
      "damage. "
      "What is selected in GIMP is marked from the start, and nothing outside of it is. What is marked is shown in red and "
      "invented "
      "from what surrounds it; nothing else changes."),
  N_ ("Damage is filled along a sketch of the edges, which a switch shows in blue. Where it lacks one, a jaw or the rim of an eye, "
      "draw "
      "it with the tool Line: yellow lines are taken for true. E takes the eraser, D the line, and the same key the brush again; "
      "Control and Z takes a stroke back."),
  N_ ("All work is done on this computer. Nothing is sent anywhere. What a heavily damaged photo no longer holds has to be "
      "invented: "
      "a restored face is a likely one, not proof of what a person looked like."),
};

static void
add_heading (GString *text, const char *heading)
{
  char *escaped = g_markup_escape_text (heading, -1);
  g_string_append_printf (text, "<b>%s</b>\n", escaped);
  g_free (escaped);
}

static char *
markup (void)
{
  GString *text = g_string_new (NULL);
  size_t   n = rvs_fields_count ();
  add_heading (text, _ ("Preview and faces"));
  for (size_t i = 0; i < G_N_ELEMENTS (PARAGRAPHS); i++)
    {
      char *escaped = g_markup_escape_text (_ (PARAGRAPHS[i]), -1);
      g_string_append_printf (text, "%s\n\n", escaped);
      g_free (escaped);
    }
  add_heading (text, _ ("Settings"));
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = rvs_field (i);
      char               *line = g_markup_printf_escaped ("%s<i>%s</i>: %s", i ? "\n" : "", _ (spec->label), _ (spec->help));
      if (spec->place != RVS_PLACE_NOWHERE)
        g_string_append (text, line);
      g_free (line);
    }
  return g_string_free (text, FALSE);
}

void
rvs_help_show (GtkWindow *parent)
{
  GtkWidget *window = gtk_dialog_new_with_buttons (_ ("Restore Faces: Help"), parent, GTK_DIALOG_DESTROY_WITH_PARENT, _ ("_Close"),
                                                   GTK_RESPONSE_CLOSE, NULL);
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL), *label = gtk_label_new (NULL);
  char      *text = markup ();
  gtk_label_set_markup (GTK_LABEL (label), text);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_yalign (GTK_LABEL (label), 0);
  g_object_set (label, "margin", 18, NULL);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_container_add (GTK_CONTAINER (scrolled), label);
  gtk_box_pack_start (GTK_BOX (gtk_dialog_get_content_area (GTK_DIALOG (window))), scrolled, TRUE, TRUE, 0);
  gtk_window_set_default_size (GTK_WINDOW (window), 620, 520);
  gtk_dialog_set_default_response (GTK_DIALOG (window), GTK_RESPONSE_CLOSE);
  g_signal_connect (window, "response", G_CALLBACK (gtk_widget_destroy), NULL);
  gtk_widget_show_all (window);
  gtk_widget_grab_focus (gtk_dialog_get_widget_for_response (GTK_DIALOG (window), GTK_RESPONSE_CLOSE));
  gtk_label_select_region (GTK_LABEL (label), 0, 0);
  g_free (text);
}
