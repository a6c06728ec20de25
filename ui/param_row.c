/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * param_row.c: building and binding of the widgets of one field.
 */
#include "param_row.h"
#include "i18n.h"
#include "naming.h"
#include <math.h>

#define LARGEST_SLIDER_RANGE 10

struct _RvsParamRow
{
  GtkBox              parent_instance;
  const RvsParamSpec *spec;
  GtkAdjustment      *adjustment; /* DOUBLE, INT */
  GtkWidget          *scale;      /* NULL without a slider */
  GtkWidget          *spin;
  GtkWidget          *toggle; /* the auto check button, or the flag itself */
  GtkWidget          *combo;  /* CHOICE */
  GtkWidget          *label;
  double              estimate;
  gboolean            quiet; /* being set by the program */
};

G_DEFINE_TYPE (RvsParamRow, rvs_param_row, GTK_TYPE_BOX)

static guint changed_signal; /* written once, by class_init */

static void
rvs_param_row_class_init (RvsParamRowClass *klass)
{
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
rvs_param_row_init (RvsParamRow *row)
{
  row->estimate = NAN;
}

static gboolean
is_auto (RvsParamRow *row)
{
  return row->spec->auto_word && row->toggle && gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (row->toggle));
}

static void
show_estimate (RvsParamRow *row)
{
  row->quiet = TRUE;
  if (is_auto (row) && isfinite (row->estimate))
    gtk_adjustment_set_value (row->adjustment, row->estimate);
  row->quiet = FALSE;
  if (row->spin && !row->scale)
    gtk_widget_set_sensitive (row->spin, !is_auto (row));
  if (row->scale)
    {
      GtkStyleContext *style = gtk_widget_get_style_context (row->scale);
      if (is_auto (row))
        gtk_style_context_add_class (style, "revisage-auto");
      else
        gtk_style_context_remove_class (style, "revisage-auto");
    }
}

static void
emit_changed (RvsParamRow *row)
{
  if (!row->quiet)
    g_signal_emit (row, changed_signal, 0);
}

static void
on_number (RvsParamRow *row)
{
  if (row->quiet)
    return;
  if (is_auto (row))
    {
      /* moving the slider by hand means: not auto any more */
      row->quiet = TRUE;
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (row->toggle), FALSE);
      row->quiet = FALSE;
      show_estimate (row);
    }
  emit_changed (row);
}

static void
on_toggle (RvsParamRow *row)
{
  if (row->quiet)
    return;
  if (row->spec->auto_word)
    show_estimate (row);
  emit_changed (row);
}

/* ---- the wheel ---------------------------------------------------------------------------- */

/* The widget's own handler would run after this one: without it the event goes on to the parent. */
static gboolean
on_scroll (GtkWidget *widget)
{
  g_signal_stop_emission_by_name (widget, "scroll-event");
  return GDK_EVENT_PROPAGATE;
}

void
rvs_leave_wheel_to_parent (GtkWidget *widget)
{
  g_signal_connect (widget, "scroll-event", G_CALLBACK (on_scroll), NULL);
}

/* ---- building ----------------------------------------------------------------------------- */

static void
describe (GtkWidget *widget, const RvsParamSpec *spec)
{
  rvs_name_widget (widget, _ (spec->label), _ (spec->help));
  rvs_leave_wheel_to_parent (widget);
}

static GtkWidget *
label_for (RvsParamRow *row, GtkWidget *target)
{
  const RvsParamSpec *spec = row->spec;
  GtkWidget          *label = row->label = gtk_label_new (_ (spec->label));
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), target);
  gtk_widget_set_tooltip_text (label, _ (spec->help));
  return label;
}

static gboolean
on_label_pressed (RvsParamRow *row, const GdkEventButton *event)
{
  if (event->type != GDK_2BUTTON_PRESS || event->button != GDK_BUTTON_PRIMARY)
    return GDK_EVENT_PROPAGATE;
  rvs_param_row_set (row, row->spec->initial);
  emit_changed (row);
  return GDK_EVENT_STOP;
}

/* A double click on it sets the row back. */
static GtkWidget *
resetting_label (RvsParamRow *row, GtkWidget *target)
{
  GtkWidget *box = gtk_event_box_new (), *label = label_for (row, target);
  char      *help = g_strdup_printf ("%s\n%s", _ (row->spec->help), _ ("A double click here sets it back."));
  gtk_event_box_set_visible_window (GTK_EVENT_BOX (box), FALSE);
  gtk_container_add (GTK_CONTAINER (box), label);
  gtk_widget_set_tooltip_text (label, help);
  g_signal_connect_swapped (box, "button-press-event", G_CALLBACK (on_label_pressed), row);
  g_free (help);
  return box;
}

static void
on_dice (RvsParamRow *row)
{
  gtk_adjustment_set_value (row->adjustment, g_random_int_range (0, G_MAXINT32));
}

/* Another random number. */
static GtkWidget *
dice (RvsParamRow *row)
{
  GtkWidget *button = gtk_button_new_with_label ("\342\232\204"); /* the face of a die */
  rvs_name_widget (button, _ ("Another random number"), _ ("Another random number"));
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (on_dice), row);
  return button;
}

static char *
auto_label (const RvsParamSpec *spec)
{
  return g_strdup (spec->kind == RVS_PARAM_INT ? C_ ("number of faces", "All") : C_ ("value", "Auto"));
}

static GtkWidget *
auto_toggle (RvsParamRow *row)
{
  char *label = auto_label (row->spec);
  row->toggle = gtk_check_button_new_with_label (label);
  char *name = g_strdup_printf ("%s: %s", _ (row->spec->label), label);
  atk_object_set_name (gtk_widget_get_accessible (row->toggle), name);
  gtk_widget_set_tooltip_text (row->toggle, _ (row->spec->help));
  g_signal_connect_swapped (row->toggle, "toggled", G_CALLBACK (on_toggle), row);
  g_free (name);
  g_free (label);
  return row->toggle;
}

static GtkWidget *
end_label (const char *text)
{
  GtkWidget *label = gtk_label_new (text);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), "revisage-small");
  gtk_style_context_add_class (gtk_widget_get_style_context (label), GTK_STYLE_CLASS_DIM_LABEL);
  return label;
}

/* Words under the two ends of the slider. */
static GtkWidget *
build_ends (const RvsParamSpec *spec)
{
  GtkWidget *ends = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_box_pack_start (GTK_BOX (ends), end_label (_ (spec->low_end)), FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (ends), end_label (_ (spec->high_end)), FALSE, FALSE, 0);
  return ends;
}

static GtkWidget *
build_scale (RvsParamRow *row)
{
  row->scale = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, row->adjustment);
  gtk_scale_set_draw_value (GTK_SCALE (row->scale), FALSE);
  describe (row->scale, row->spec);
  return row->scale;
}

static void
build_number (RvsParamRow *row)
{
  const RvsParamSpec *spec = row->spec;
  gboolean            slider = spec->kind == RVS_PARAM_DOUBLE && spec->max - spec->min <= LARGEST_SLIDER_RANGE;
  GtkWidget          *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
  row->adjustment = gtk_adjustment_new (spec->min, spec->min, spec->max, slider ? 0.01 : 1, slider ? 0.1 : 10, 0);
  GtkWidget *spin = gtk_spin_button_new (row->adjustment, 0, slider ? 2 : 0);
  row->spin = spin;
  gtk_entry_set_width_chars (GTK_ENTRY (spin), spec->max > 99999 ? 10 : 5);
  gtk_spin_button_set_numeric (GTK_SPIN_BUTTON (spin), TRUE);
  describe (spin, spec);
  gtk_box_pack_start (GTK_BOX (top), resetting_label (row, spin), TRUE, TRUE, 0);
  if (spec->unit)
    gtk_box_pack_end (GTK_BOX (top), end_label (_ (spec->unit)), FALSE, FALSE, 0);
  if (spec->knob == RVS_KNOB_SEED)
    gtk_box_pack_end (GTK_BOX (top), dice (row), FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (top), spin, FALSE, FALSE, 0);
  if (spec->auto_word)
    gtk_box_pack_end (GTK_BOX (top), auto_toggle (row), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), top, FALSE, FALSE, 0);
  if (slider)
    gtk_box_pack_start (GTK_BOX (row), build_scale (row), FALSE, FALSE, 0);
  if (slider && spec->low_end && spec->high_end)
    gtk_box_pack_start (GTK_BOX (row), build_ends (spec), FALSE, FALSE, 0);
  g_signal_connect_swapped (row->adjustment, "value-changed", G_CALLBACK (on_number), row);
}

static void
build_choice (RvsParamRow *row)
{
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  row->combo = gtk_combo_box_text_new ();
  for (const RvsParamChoice *c = row->spec->choices; c->id; c++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (row->combo), c->id, _ (c->label));
  describe (row->combo, row->spec);
  gtk_box_pack_start (GTK_BOX (top), resetting_label (row, row->combo), FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (top), row->combo, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (row), top, FALSE, FALSE, 0);
  g_signal_connect_swapped (row->combo, "changed", G_CALLBACK (emit_changed), row);
}

static void
build_flag (RvsParamRow *row)
{
  row->toggle = gtk_check_button_new_with_label (_ (row->spec->label));
  describe (row->toggle, row->spec);
  gtk_box_pack_start (GTK_BOX (row), row->toggle, FALSE, FALSE, 0);
  g_signal_connect_swapped (row->toggle, "toggled", G_CALLBACK (on_toggle), row);
}

GtkWidget *
rvs_param_row_new (const RvsParamSpec *spec)
{
  RvsParamRow *row = g_object_new (RVS_TYPE_PARAM_ROW, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 2, NULL);
  row->spec = spec;
  if (spec->kind == RVS_PARAM_CHOICE)
    build_choice (row);
  else if (spec->kind == RVS_PARAM_BOOL)
    build_flag (row);
  else
    build_number (row);
  rvs_param_row_set (row, spec->initial);
  return GTK_WIDGET (row);
}

/* ---- value -------------------------------------------------------------------------------- */

const RvsParamSpec *
rvs_param_row_spec (RvsParamRow *row)
{
  return row->spec;
}

double
rvs_param_row_get (RvsParamRow *row)
{
  switch (row->spec->kind)
    {
    case RVS_PARAM_CHOICE:
      return MAX (0, gtk_combo_box_get_active (GTK_COMBO_BOX (row->combo)));
    case RVS_PARAM_BOOL:
      return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (row->toggle)) ? 1 : 0;
    default:
      return is_auto (row) ? row->spec->auto_value : gtk_adjustment_get_value (row->adjustment);
    }
}

void
rvs_param_row_set (RvsParamRow *row, double value)
{
  row->quiet = TRUE;
  switch (row->spec->kind)
    {
    case RVS_PARAM_CHOICE:
      gtk_combo_box_set_active (GTK_COMBO_BOX (row->combo), (int)value);
      break;
    case RVS_PARAM_BOOL:
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (row->toggle), value != 0);
      break;
    default:
      {
        gboolean automatic = row->spec->auto_word && value == row->spec->auto_value;
        if (row->toggle)
          gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (row->toggle), automatic);
        if (!automatic)
          gtk_adjustment_set_value (row->adjustment, value);
        else if (row->scale && !isfinite (row->estimate))
          gtk_adjustment_set_value (row->adjustment, (row->spec->min + row->spec->max) / 2);
        break;
      }
    }
  row->quiet = FALSE;
  if (row->spec->auto_word)
    show_estimate (row);
}

void
rvs_param_row_set_mnemonic (RvsParamRow *row, size_t at)
{
  const char *text = _ (row->spec->label);
  char       *marked = g_strdup_printf ("%.*s_%s", (int)at, text, text + at);
  if (row->label)
    gtk_label_set_text_with_mnemonic (GTK_LABEL (row->label), marked);
  else
    {
      gtk_button_set_label (GTK_BUTTON (row->toggle), marked);
      gtk_button_set_use_underline (GTK_BUTTON (row->toggle), TRUE);
    }
  g_free (marked);
}

GtkWidget *
rvs_param_row_label (RvsParamRow *row)
{
  return row->label;
}

void
rvs_param_row_set_estimate (RvsParamRow *row, double value)
{
  row->estimate = value;
  show_estimate (row);
}
