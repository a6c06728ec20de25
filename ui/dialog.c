/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialog.c: the window around the panel, its buttons and its remembered size.
 */
#include "dialog.h"
#include "i18n.h"
#include "naming.h"
#include <string.h>

#define PARK_POLL_MS 20

#define DEFAULT_WIDTH 1120
#define DEFAULT_HEIGHT 660

enum
{
  RESPONSE_RESET = 1,
  RESPONSE_HELP = 2
};

/* One of the layers. Only the panel on show has a worker, and, while it comes to rest, the one before. */
typedef struct Layer
{
  char              *name;
  const RvsUiSource *source;
  RvsPanel          *panel; /* NULL: not looked at */
  gboolean           restored;
} Layer;

/* What the dialog does: in a title, before a name in a title, on the button. */
typedef struct Task
{
  const char *title, *title_of, *button;
} Task;

struct RvsDialog
{
  const RvsUiHost *host;
  const Task      *task; /* that title and button say; NULL: none yet */
  RvsSettings     *settings;
  GtkWidget       *window, *accept, *stack, *chooser; /* chooser NULL: one layer */
  Layer           *layers;
  size_t           n_layers, shown, applying; /* applying: the layer that is being finished */
  guint            park_id, give_up_id;
  RvsPanel        *panel; /* of the one that is shown */
  GMainLoop       *loop;
  gboolean         finishing, restored;
};

static void
remember (RvsDialog *dialog)
{
  int       width, height;
  RvsValues values;
  gtk_window_get_size (GTK_WINDOW (dialog->window), &width, &height);
  rvs_settings_set_window (dialog->settings, "width", width);
  rvs_settings_set_window (dialog->settings, "height", height);
  if (dialog->restored && !dialog->host->only_larger) /* which has no row for the output */
    {
      rvs_panel_get_values (dialog->panel, &values);
      rvs_settings_set_last (dialog->settings, &values);
    }
  rvs_settings_save (dialog->settings);
}

static void
finish (RvsDialog *dialog, gboolean restored)
{
  dialog->restored = restored;
  remember (dialog);
  gtk_widget_hide (dialog->window);
  gdk_display_flush (gtk_widget_get_display (dialog->window)); /* now, not after the wait for the worker */
  if (dialog->loop)
    g_main_loop_quit (dialog->loop);
}

static const Task RESTORES = { N_ ("Restore Faces"), N_ ("Restore Faces: %s"), N_ ("_Restore") };
static const Task MENDS = { N_ ("Mend Face Damage"), N_ ("Mend Face Damage: %s"), N_ ("_Mend") };
static const Task ENLARGES = { N_ ("Enlarge with Faces"), N_ ("Enlarge with Faces: %s"), N_ ("En_large") };

static const Task *
task_of (RvsDialog *dialog)
{
  RvsValues values;
  rvs_panel_get_values (dialog->panel, &values);
  if (dialog->host->only_larger)
    return &ENLARGES;
  return rvs_values_fill (&values) ? &MENDS : &RESTORES;
}

/* Title and button say what is done: faces are restored, damage is mended, a photo is enlarged. The work tells of its state often, and
 * the task seldom changes. */
static void
show_task (RvsDialog *dialog)
{
  const Task *task = task_of (dialog);
  const char *name = dialog->host->picture_name;
  if (task == dialog->task)
    return;
  dialog->task = task;
  char *title = name ? g_strdup_printf (_ (task->title_of), name) : g_strdup (_ (task->title));
  gtk_window_set_title (GTK_WINDOW (dialog->window), title);
  gtk_button_set_label (GTK_BUTTON (dialog->accept), _ (task->button));
  g_free (title);
}

static gboolean
any_applying (RvsDialog *dialog)
{
  for (size_t i = 0; i < dialog->n_layers; i++)
    if (dialog->layers[i].panel && rvs_panel_applying (dialog->layers[i].panel))
      return TRUE;
  return FALSE;
}

static gboolean give_up (gpointer data);

/* Between two layers nothing applies either: that is over before this comes. */
static void
give_up_later (RvsDialog *dialog)
{
  if (!dialog->give_up_id)
    dialog->give_up_id = g_idle_add (give_up, dialog);
}

static void
on_state (RvsDialog *dialog)
{
  GtkDialog *window = GTK_DIALOG (dialog->window);
  gtk_dialog_set_response_sensitive (window, GTK_RESPONSE_ACCEPT, rvs_panel_can_apply (dialog->panel));
  gtk_dialog_set_response_sensitive (window, RESPONSE_RESET, !rvs_panel_applying (dialog->panel));
  show_task (dialog);
  if (dialog->finishing && !any_applying (dialog))
    give_up_later (dialog);
}

/* ---- layers ------------------------------------------------------------------------------- */

/* Those that are not on show give their workers back as soon as these rest: the main loop never waits. */
static gboolean
park_others (gpointer data)
{
  RvsDialog *dialog = data;
  gboolean   wait = FALSE;
  for (size_t i = 0; i < dialog->n_layers; i++)
    {
      RvsPanel *panel = dialog->layers[i].panel;
      if (!panel || i == dialog->shown || dialog->finishing)
        continue;
      if (rvs_panel_busy (panel))
        rvs_panel_stop (panel);
      if (rvs_panel_idle (panel) && rvs_panel_shows_picture (panel))
        rvs_panel_park (panel);
      else
        wait |= rvs_panel_error (panel) == NULL;
    }
  if (!wait)
    dialog->park_id = 0;
  return wait ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
park_soon (RvsDialog *dialog)
{
  if (!dialog->park_id)
    dialog->park_id = g_timeout_add (PARK_POLL_MS, park_others, dialog);
}

static void
give_values (RvsPanel *panel, const RvsValues *values)
{
  RvsValues had;
  rvs_panel_get_values (panel, &had);
  if (memcmp (&had, values, sizeof had) != 0)
    rvs_panel_set_values (panel, values);
}

static void add_panel (RvsDialog *dialog, size_t index, const RvsValues *values);

static void
show_layer (RvsDialog *dialog, size_t index)
{
  RvsValues values;
  Layer    *layer = &dialog->layers[index];
  rvs_panel_get_values (dialog->panel, &values);
  if (rvs_panel_busy (dialog->panel))
    rvs_panel_stop (dialog->panel);
  if (!layer->panel)
    add_panel (dialog, index, &values);
  dialog->shown = index;
  dialog->panel = layer->panel;
  give_values (layer->panel, &values);
  rvs_panel_wake (layer->panel);
  gtk_stack_set_visible_child (GTK_STACK (dialog->stack), GTK_WIDGET (layer->panel));
  park_soon (dialog);
  on_state (dialog);
}

static void
on_layer_chosen (RvsDialog *dialog)
{
  int index = gtk_combo_box_get_active (GTK_COMBO_BOX (dialog->chooser));
  if (index >= 0 && (size_t)index != dialog->shown && !dialog->finishing)
    show_layer (dialog, (size_t)index);
}

static GtkWidget *
build_chooser (RvsDialog *dialog)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12), *label = gtk_label_new_with_mnemonic (_ ("_Layer:"));
  GtkWidget *hint = gtk_label_new (_ ("All of them are restored, with the same settings."));
  dialog->chooser = gtk_combo_box_text_new ();
  for (size_t i = 0; i < dialog->n_layers; i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (dialog->chooser), dialog->layers[i].name);
  gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->chooser), 0);
  rvs_name_widget (dialog->chooser, _ ("Layer"), _ ("The layer that the preview shows"));
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), dialog->chooser);
  gtk_style_context_add_class (gtk_widget_get_style_context (hint), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_container_set_border_width (GTK_CONTAINER (row), 12);
  gtk_widget_set_margin_bottom (row, -12);
  gtk_box_pack_start (GTK_BOX (row), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), dialog->chooser, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), hint, FALSE, FALSE, 0);
  g_signal_connect_swapped (dialog->chooser, "changed", G_CALLBACK (on_layer_chosen), dialog);
  return row;
}

/* ---- finishing ---------------------------------------------------------------------------- */

/* The next layer that was looked at and has something to restore; else the dialog is done. */
static void
finish_next (RvsDialog *dialog)
{
  RvsValues values;
  rvs_panel_get_values (dialog->panel, &values);
  for (; dialog->applying < dialog->n_layers; dialog->applying++)
    {
      Layer *layer = &dialog->layers[dialog->applying];
      if (!layer->panel || layer->restored)
        continue;
      if (layer->panel != dialog->panel)
        {
          give_values (layer->panel, &values);
          rvs_panel_wake (layer->panel);
        }
      rvs_panel_apply (layer->panel);
      if (rvs_panel_applying (layer->panel))
        return;
    }
  finish (dialog, TRUE);
}

static void
start_finishing (RvsDialog *dialog)
{
  if (!rvs_panel_can_apply (dialog->panel))
    return;
  if (dialog->host->only_larger) /* by the host, from the settings and the faces */
    {
      finish (dialog, TRUE);
      return;
    }
  dialog->applying = 0;
  dialog->finishing = TRUE;
  if (dialog->chooser)
    gtk_widget_set_sensitive (dialog->chooser, FALSE);
  finish_next (dialog);
}

static void
on_applied (RvsDialog *dialog)
{
  if (!dialog->finishing)
    return;
  dialog->layers[dialog->applying].restored = TRUE;
  dialog->applying++;
  finish_next (dialog);
}

/* It was stopped, or failed: what was finished is made again when the user asks for it. */
static void
give_up_finishing (RvsDialog *dialog)
{
  dialog->finishing = FALSE;
  if (dialog->chooser)
    gtk_widget_set_sensitive (dialog->chooser, TRUE);
  for (size_t i = 0; i < dialog->n_layers; i++)
    dialog->layers[i].restored = FALSE;
  park_soon (dialog);
}

static gboolean
give_up (gpointer data)
{
  RvsDialog *dialog = data;
  dialog->give_up_id = 0;
  if (dialog->finishing && !any_applying (dialog) && dialog->applying < dialog->n_layers)
    give_up_finishing (dialog);
  return G_SOURCE_REMOVE;
}

static void
on_response (RvsDialog *dialog, int response)
{
  switch (response)
    {
    case GTK_RESPONSE_ACCEPT:
      start_finishing (dialog);
      break;
    case RESPONSE_RESET:
      rvs_panel_reset (dialog->panel);
      break;
    case RESPONSE_HELP:
      if (dialog->host->show_help)
        dialog->host->show_help (dialog->host->user, GTK_WINDOW (dialog->window));
      break;
    default:
      finish (dialog, FALSE);
    }
}

static gboolean
on_delete (RvsDialog *dialog)
{
  finish (dialog, FALSE);
  return TRUE;
}

static void
add_buttons (RvsDialog *dialog)
{
  GtkDialog *window = GTK_DIALOG (dialog->window);
  GtkWidget *actions, *reset, *help = NULL, *accept;
  if (dialog->host->show_help)
    help = gtk_dialog_add_button (window, _ ("_Help"), RESPONSE_HELP);
  reset = gtk_dialog_add_button (window, _ ("R_eset"), RESPONSE_RESET);
  gtk_dialog_add_button (window, _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  accept = dialog->accept = gtk_dialog_add_button (window, _ ("_Restore"), GTK_RESPONSE_ACCEPT);
  gtk_widget_set_tooltip_text (reset, _ ("Set everything back to the defaults"));
  gtk_style_context_add_class (gtk_widget_get_style_context (accept), GTK_STYLE_CLASS_SUGGESTED_ACTION);
  actions = gtk_widget_get_parent (accept);
  if (help)
    gtk_button_box_set_child_secondary (GTK_BUTTON_BOX (actions), help, TRUE);
  gtk_button_box_set_child_secondary (GTK_BUTTON_BOX (actions), reset, TRUE);
  gtk_container_set_border_width (GTK_CONTAINER (actions), 0); /* or the theme would add its own to these */
  gtk_widget_set_margin_start (actions, 12);
  gtk_widget_set_margin_end (actions, 16); /* where the controls end, whose scroll bar has a margin */
  gtk_widget_set_margin_bottom (actions, 12);
  gtk_dialog_set_default_response (window, GTK_RESPONSE_ACCEPT);
}

static void
size_window (RvsDialog *dialog)
{
  GdkDisplay  *display = gtk_widget_get_display (dialog->window);
  GdkMonitor  *monitor = gdk_display_get_primary_monitor (display);
  GdkRectangle area = { 0, 0, 1280, 720 };
  if (!monitor)
    monitor = gdk_display_get_monitor (display, 0);
  if (monitor)
    gdk_monitor_get_workarea (monitor, &area);
  int width = rvs_settings_get_window (dialog->settings, "width", DEFAULT_WIDTH);
  int height = rvs_settings_get_window (dialog->settings, "height", DEFAULT_HEIGHT);
  gtk_window_set_default_size (GTK_WINDOW (dialog->window), CLAMP (width, 640, MAX (640, area.width)),
                               CLAMP (height, 480, MAX (480, area.height - 40)));
}

static void
add_panel (RvsDialog *dialog, size_t index, const RvsValues *values)
{
  Layer    *layer = &dialog->layers[index];
  RvsPanel *panel = RVS_PANEL (rvs_panel_new (dialog->host, layer->source, dialog->settings, values));
  layer->panel = panel;
  gtk_container_set_border_width (GTK_CONTAINER (panel), 12);
  gtk_container_add (GTK_CONTAINER (dialog->stack), GTK_WIDGET (panel));
  g_signal_connect_swapped (panel, "applied", G_CALLBACK (on_applied), dialog);
  g_signal_connect_swapped (panel, "work-changed", G_CALLBACK (on_state), dialog);
  gtk_widget_show_all (GTK_WIDGET (panel));
}

static void
take_layers (RvsDialog *dialog, const RvsDialogLayer *layers, size_t n_layers)
{
  dialog->layers = g_new0 (Layer, n_layers);
  dialog->n_layers = n_layers;
  for (size_t i = 0; i < n_layers; i++)
    dialog->layers[i] = (Layer){ g_strdup (layers[i].name), layers[i].source, NULL, FALSE };
}

RvsDialog *
rvs_dialog_new (const RvsUiHost *host, const RvsDialogLayer *layers, size_t n_layers, const RvsValues *values)
{
  RvsDialog *dialog = g_new0 (RvsDialog, 1);
  dialog->host = host;
  dialog->settings = rvs_settings_new (host->settings_path);
  dialog->window = gtk_dialog_new ();
  GtkWidget *content = gtk_dialog_get_content_area (GTK_DIALOG (dialog->window));
  take_layers (dialog, layers, n_layers);
  dialog->stack = gtk_stack_new ();
  if (n_layers > 1)
    gtk_box_pack_start (GTK_BOX (content), build_chooser (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), dialog->stack, TRUE, TRUE, 0);
  add_panel (dialog, 0, values);
  dialog->panel = dialog->layers[0].panel;
  add_buttons (dialog);
  size_window (dialog);
  g_signal_connect_swapped (dialog->window, "response", G_CALLBACK (on_response), dialog);
  g_signal_connect_swapped (dialog->window, "delete-event", G_CALLBACK (on_delete), dialog);
  gtk_widget_show_all (content);
  on_state (dialog);
  return dialog;
}

GtkWidget *
rvs_dialog_window (RvsDialog *dialog)
{
  return dialog->window;
}

RvsPanel *
rvs_dialog_panel (RvsDialog *dialog)
{
  return dialog->panel;
}

gboolean
rvs_dialog_run (RvsDialog *dialog)
{
  dialog->loop = g_main_loop_new (NULL, FALSE);
  gtk_window_present (GTK_WINDOW (dialog->window));
  gtk_widget_grab_focus (GTK_WIDGET (rvs_panel_view (dialog->panel)));
  g_main_loop_run (dialog->loop);
  g_clear_pointer (&dialog->loop, g_main_loop_unref);
  for (size_t i = 0; i < dialog->n_layers; i++)
    if (dialog->layers[i].panel)
      (dialog->layers[i].restored ? rvs_panel_keep_result_only : rvs_panel_shut_down) (dialog->layers[i].panel);
  return dialog->restored;
}

RvsDialogOutcome
rvs_dialog_result (RvsDialog *dialog, size_t index, RvsUiResult *out_result)
{
  const Layer *layer = &dialog->layers[index];
  if (layer->restored)
    {
      rvs_panel_result (layer->panel, out_result);
      return RVS_DIALOG_RESTORED;
    }
  memset (out_result, 0, sizeof *out_result);
  rvs_panel_get_values (dialog->panel, &out_result->values);
  return layer->panel && rvs_panel_knows_faces (layer->panel) ? RVS_DIALOG_NOTHING : RVS_DIALOG_UNSEEN;
}

void
rvs_dialog_free (RvsDialog *dialog)
{
  if (!dialog)
    return;
  if (dialog->park_id)
    g_source_remove (dialog->park_id);
  if (dialog->give_up_id)
    g_source_remove (dialog->give_up_id);
  for (size_t i = 0; i < dialog->n_layers; i++)
    {
      if (dialog->layers[i].panel)
        rvs_panel_shut_down (dialog->layers[i].panel);
      g_free (dialog->layers[i].name);
    }
  gtk_widget_destroy (dialog->window);
  rvs_settings_free (dialog->settings);
  g_free (dialog->layers);
  g_free (dialog);
}
