/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialogs.c: file choosers and questions.
 */
#include "dialogs.h"
#include "i18n.h"
#include "results.h"
#include <string.h>

/* ---- opening ------------------------------------------------------------------------------ */

/* What plugin/io reads, and what gdk-pixbuf reads besides. */
static void
add_readable (GtkFileFilter *filter)
{
  gtk_file_filter_add_pixbuf_formats (filter);
  for (int f = 0; f < RVS_PICTURE_FORMATS; f++)
    if (rvs_format_can_read ((RvsPictureFormat)f))
      gtk_file_filter_add_mime_type (filter, rvs_format ((RvsPictureFormat)f)->mime);
}

static GtkFileFilter *
filter_of (const char *name, gboolean all)
{
  GtkFileFilter *filter = gtk_file_filter_new ();
  gtk_file_filter_set_name (filter, name);
  if (all)
    gtk_file_filter_add_pattern (filter, "*");
  else
    add_readable (filter);
  return filter;
}

/* A chooser does not go with its parent by itself. */
static gboolean
run_chooser (GtkWindow *parent, GtkFileChooserNative *native)
{
  gulong   id = g_signal_connect_swapped (parent, "destroy", G_CALLBACK (gtk_native_dialog_hide), native);
  gboolean accepted = gtk_native_dialog_run (GTK_NATIVE_DIALOG (native)) == GTK_RESPONSE_ACCEPT;
  if (g_signal_handler_is_connected (parent, id))
    g_signal_handler_disconnect (parent, id);
  return accepted;
}

char **
rvs_ask_files (GtkWindow *parent, const char *folder)
{
  GtkFileChooserNative *native
      = gtk_file_chooser_native_new (_ ("Open Photos"), parent, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Open"), _ ("_Cancel"));
  GtkFileChooser *chooser = GTK_FILE_CHOOSER (native);
  char          **paths = NULL;
  gtk_file_chooser_set_select_multiple (chooser, TRUE);
  if (folder)
    gtk_file_chooser_set_current_folder (chooser, folder);
  gtk_file_chooser_add_filter (chooser, filter_of (_ ("Pictures"), FALSE));
  gtk_file_chooser_add_filter (chooser, filter_of (_ ("All files"), TRUE));
  if (run_chooser (parent, native))
    {
      GSList    *names = gtk_file_chooser_get_filenames (chooser);
      GPtrArray *list = g_ptr_array_new ();
      for (GSList *l = names; l; l = l->next)
        g_ptr_array_add (list, l->data);
      g_ptr_array_add (list, NULL);
      paths = (char **)g_ptr_array_free (list, FALSE);
      g_slist_free (names);
    }
  g_object_unref (native);
  return paths;
}

/* ---- saving ------------------------------------------------------------------------------- */

static GtkWidget *
question (GtkWindow *parent, GtkMessageType type, const char *title, const char *text)
{
  GtkWidget *dialog
      = gtk_message_dialog_new (parent, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, type, GTK_BUTTONS_NONE, "%s", title);
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), "%s", text);
  return dialog;
}

static int
run (GtkWidget *dialog)
{
  g_object_ref (dialog); /* its parent may go, and it with it, while it runs */
  int response = gtk_dialog_run (GTK_DIALOG (dialog));
  gtk_widget_destroy (dialog);
  g_object_unref (dialog);
  return response;
}

static void
colour (GtkWidget *dialog, int response, const char *class_name)
{
  GtkWidget *button = gtk_dialog_get_widget_for_response (GTK_DIALOG (dialog), response);
  gtk_style_context_add_class (gtk_widget_get_style_context (button), class_name);
}

static void
make_red (GtkWidget *dialog, int response)
{
  colour (dialog, response, GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
}

static gboolean
may_replace (GtkWindow *parent, const char *path)
{
  char *name = g_filename_display_basename (path);
  char *title = g_strdup_printf (_ ("“%s” exists already. Replace it?"), name);
  g_free (name);
  GtkWidget *dialog = question (parent, GTK_MESSAGE_QUESTION, title, _ ("The old file will be lost."));
  g_free (title);
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("_Replace"), GTK_RESPONSE_ACCEPT, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  make_red (dialog, GTK_RESPONSE_ACCEPT);
  return run (dialog) == GTK_RESPONSE_ACCEPT;
}

/* The kinds that can be written. */
static GtkFileFilter *
writable_filter (void)
{
  GtkFileFilter *filter = gtk_file_filter_new ();
  gtk_file_filter_set_name (filter, _ ("Pictures"));
  for (int f = 0; f < RVS_PICTURE_FORMATS; f++)
    if (rvs_format_can_write ((RvsPictureFormat)f))
      gtk_file_filter_add_mime_type (filter, rvs_format ((RvsPictureFormat)f)->mime);
  return filter;
}

/* ".png .jpg": the first of each format. */
static char *
written_endings (void)
{
  GString *text = g_string_new (NULL);
  for (int f = 0; f < RVS_PICTURE_FORMATS; f++)
    if (rvs_format_can_write ((RvsPictureFormat)f))
      g_string_append_printf (text, "%s%s", text->len ? " " : "", rvs_format ((RvsPictureFormat)f)->endings[0]);
  return g_string_free (text, FALSE);
}

static void
say_ending (GtkWindow *parent)
{
  char      *endings = written_endings (), *text = g_strdup_printf (_ ("Let the name end in one of these: %s."), endings);
  GtkWidget *dialog = question (parent, GTK_MESSAGE_INFO, _ ("This kind of file cannot be written."), text);
  g_free (text);
  g_free (endings);
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("_Close"), GTK_RESPONSE_CLOSE, NULL);
  run (dialog);
}

/* The name with the format's ending where it has none; NULL when it has another one. */
static char *
complete (const char *path, RvsPictureFormat format, RvsPictureFormat *out_format)
{
  char *name = g_path_get_basename (path);
  char *path_out = NULL;
  if (rvs_picture_format_of_name (path, out_format) && rvs_format_can_write (*out_format))
    path_out = g_strdup (path);
  else if (!strchr (name, '.'))
    {
      *out_format = format;
      path_out = g_strconcat (path, rvs_format (format)->endings[0], NULL);
    }
  g_free (name);
  return path_out;
}

#define QUALITY_CHOICE "quality"

/* The numbers are what they are called; 0: as without a choice. */
static const char *const QUALITIES[] = { "0", "100", "95", "90", "80", "70", "60", NULL };

static void
add_quality (GtkFileChooser *chooser, int quality)
{
  const char *labels[G_N_ELEMENTS (QUALITIES)];
  char       *id = g_strdup_printf ("%d", quality);
  memcpy (labels, QUALITIES, sizeof labels);
  labels[0] = _ ("As usual"); /* 95 for JPEG; WebP as the photo was */
  gtk_file_chooser_add_choice (chooser, QUALITY_CHOICE, _ ("Quality of JPEG and WebP"), (const char **)QUALITIES, labels);
  gtk_file_chooser_set_choice (chooser, QUALITY_CHOICE, g_strv_contains (QUALITIES, id) ? id : QUALITIES[0]);
  g_free (id);
}

static int
get_quality (GtkFileChooser *chooser)
{
  const char *id = gtk_file_chooser_get_choice (chooser, QUALITY_CHOICE);
  return id ? (int)g_ascii_strtoll (id, NULL, 10) : 0;
}

char *
rvs_ask_save (GtkWindow *parent, const char *suggestion, RvsPictureFormat format, RvsPictureFormat *out_format, int *quality)
{
  GtkFileChooserNative *native = gtk_file_chooser_native_new (_ ("Save the Restored Photo"), parent, GTK_FILE_CHOOSER_ACTION_SAVE,
                                                              _ ("_Save"), _ ("_Cancel"));
  GtkFileChooser       *chooser = GTK_FILE_CHOOSER (native);
  char                 *path = NULL, *folder = g_path_get_dirname (suggestion), *name = g_filename_display_basename (suggestion);
  if (g_path_is_absolute (suggestion))
    gtk_file_chooser_set_current_folder (chooser, folder);
  gtk_file_chooser_set_current_name (chooser, name);
  add_quality (chooser, *quality);
  gtk_file_chooser_add_filter (chooser, writable_filter ());
  gtk_file_chooser_add_filter (chooser, filter_of (_ ("All files"), TRUE));
  while (!path && run_chooser (parent, native))
    {
      char *chosen = gtk_file_chooser_get_filename (chooser);
      path = chosen ? complete (chosen, format, out_format) : NULL;
      *quality = get_quality (chooser);
      if (chosen && !path)
        say_ending (parent);
      else if (path && g_file_test (path, G_FILE_TEST_EXISTS) && !may_replace (parent, path))
        g_clear_pointer (&path, g_free);
      g_free (chosen);
    }
  g_free (folder);
  g_free (name);
  g_object_unref (native);
  return path;
}

RvsAnswer
rvs_ask_unsaved (GtkWindow *parent, guint n, const char *name, gboolean can_save)
{
  char *title
      = n == 1 ? g_strdup_printf (_ ("Your work on “%s” is not saved."), name)
               : g_strdup_printf (ngettext_ ("Your work on %u photo is not saved.", "Your work on %u photos is not saved.", n), n);
  const char *text = can_save ? _ ("If you close it now, the changes are lost.")
                              : _ ("If you close now, the changes are lost. Save As and Restore All keep them.");
  GtkWidget  *dialog = question (parent, GTK_MESSAGE_WARNING, title, text);
  g_free (title);
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("Close _Without Saving"), GTK_RESPONSE_REJECT, _ ("_Cancel"), GTK_RESPONSE_CANCEL,
                          NULL);
  if (can_save)
    gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Save As…"), GTK_RESPONSE_ACCEPT);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), can_save ? GTK_RESPONSE_ACCEPT : GTK_RESPONSE_CANCEL);
  make_red (dialog, GTK_RESPONSE_REJECT);
  switch (run (dialog))
    {
    case GTK_RESPONSE_REJECT:
      return RVS_ANSWER_DISCARD;
    case GTK_RESPONSE_ACCEPT:
      return RVS_ANSWER_SAVE;
    default:
      return RVS_ANSWER_CANCEL;
    }
}

gboolean
rvs_ask_stop (GtkWindow *parent)
{
  GtkWidget *dialog = question (parent, GTK_MESSAGE_QUESTION, _ ("Photos are still being restored."),
                                _ ("What is saved stays; the rest is left as it is."));
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("_Go On"), GTK_RESPONSE_CANCEL, _ ("_Stop and Close"), GTK_RESPONSE_ACCEPT, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  return run (dialog) == GTK_RESPONSE_ACCEPT;
}

/* ---- all photos --------------------------------------------------------------------------- */

#define OWN_FORMAT "own" /* no format's id */

typedef struct AllWidgets
{
  GtkWidget *beside, *into, *folder, *format;
} AllWidgets;

static void
on_place (AllWidgets *widgets)
{
  gtk_widget_set_sensitive (widgets->folder, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (widgets->into)));
}

static GtkWidget *
build_format (const RvsAllOptions *options)
{
  GtkComboBoxText *combo = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  gtk_combo_box_text_append (combo, OWN_FORMAT, _ ("As each photo is"));
  for (int f = 0; f < RVS_PICTURE_FORMATS; f++)
    {
      const RvsFormat *format = rvs_format ((RvsPictureFormat)f);
      char            *text
          = g_strdup_printf (format->keeps & RVS_KEEPS_BITS ? _ ("%s (keeps everything)") : _ ("%s (small files)"), format->name);
      if (rvs_format_can_write ((RvsPictureFormat)f))
        gtk_combo_box_text_append (combo, format->id, text);
      g_free (text);
    }
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), options->has_format ? rvs_format (options->format)->id : OWN_FORMAT);
  return GTK_WIDGET (combo);
}

static void
build_all (GtkWidget *dialog, const char *folder, const RvsAllOptions *options, AllWidgets *widgets)
{
  GtkWidget *grid = gtk_grid_new (), *label = gtk_label_new_with_mnemonic (_ ("_Format:"));
  widgets->beside = gtk_radio_button_new_with_mnemonic (NULL, _ ("_Beside each photo"));
  widgets->into = gtk_radio_button_new_with_mnemonic_from_widget (GTK_RADIO_BUTTON (widgets->beside), _ ("_In one folder:"));
  widgets->folder = gtk_file_chooser_button_new (_ ("Folder for the Restored Photos"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER);
  widgets->format = build_format (options);
  if (options->folder || folder)
    gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (widgets->folder), options->folder ? options->folder : folder);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (options->folder ? widgets->into : widgets->beside), TRUE);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), widgets->format);
  gtk_widget_set_halign (label, GTK_ALIGN_START);
  gtk_widget_set_hexpand (widgets->folder, TRUE);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 8);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_grid_attach (GTK_GRID (grid), widgets->beside, 0, 0, 2, 1);
  gtk_grid_attach (GTK_GRID (grid), widgets->into, 0, 1, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), widgets->folder, 1, 1, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), label, 0, 2, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), widgets->format, 1, 2, 1, 1);
  g_signal_connect_swapped (widgets->into, "toggled", G_CALLBACK (on_place), widgets);
  on_place (widgets);
  gtk_box_pack_start (GTK_BOX (gtk_message_dialog_get_message_area (GTK_MESSAGE_DIALOG (dialog))), grid, FALSE, FALSE, 6);
  gtk_widget_show_all (grid);
}

gboolean
rvs_ask_all (GtkWindow *parent, guint n, const char *folder, RvsAllOptions *options)
{
  char *title = g_strdup_printf (ngettext_ ("Restore and save %u photo", "Restore and save %u photos", n), n);
  char *text = g_strdup_printf (_ ("“%s” is put behind each name; the photos themselves stay as they are."), RVS_RESULT_SUFFIX);
  GtkWidget *dialog = question (parent, GTK_MESSAGE_OTHER, title, text);
  AllWidgets widgets;
  g_free (title);
  g_free (text);
  build_all (dialog, folder, options, &widgets);
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("_Restore All"), GTK_RESPONSE_ACCEPT, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  colour (dialog, GTK_RESPONSE_ACCEPT, GTK_STYLE_CLASS_SUGGESTED_ACTION);
  g_object_ref (dialog);
  gboolean accepted = gtk_dialog_run (GTK_DIALOG (dialog)) == GTK_RESPONSE_ACCEPT;
  if (accepted)
    {
      const char *format = gtk_combo_box_get_active_id (GTK_COMBO_BOX (widgets.format));
      g_free (options->folder);
      options->folder = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (widgets.into))
                            ? gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (widgets.folder))
                            : NULL;
      options->has_format = rvs_picture_format_of_id (format, &options->format);
    }
  gtk_widget_destroy (dialog);
  g_object_unref (dialog);
  return accepted;
}

RvsExisting
rvs_ask_existing (GtkWindow *parent, guint n, const char *first_name)
{
  char *name = g_filename_display_basename (first_name);
  char *title
      = n == 1 ? g_strdup_printf (_ ("“%s” exists already. Replace it?"), name)
               : g_strdup_printf (ngettext_ ("%u file exists already. Replace it?", "%u files exist already. Replace them?", n), n);
  GtkWidget *dialog = question (parent, GTK_MESSAGE_QUESTION, title,
                                ngettext_ ("The old file will be lost. A skipped photo is not restored.",
                                           "The old files will be lost. Skipped photos are not restored.", n));
  g_free (title);
  g_free (name);
  gtk_dialog_add_buttons (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("_Skip"), GTK_RESPONSE_NO, _ ("_Replace"),
                          GTK_RESPONSE_YES, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  make_red (dialog, GTK_RESPONSE_YES);
  switch (run (dialog))
    {
    case GTK_RESPONSE_YES:
      return RVS_EXISTING_REPLACE;
    case GTK_RESPONSE_NO:
      return RVS_EXISTING_SKIP;
    default:
      return RVS_EXISTING_CANCEL;
    }
}
