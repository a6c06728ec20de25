/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filmstrip.c: radio buttons in a row: the arrow keys walk along them, screen readers read names and states.
 */
#include "filmstrip.h"
#include "i18n.h"
#include "thumbs.h"

#define NAME_CHARS 11

struct _RvsFilmstrip
{
  GtkScrolledWindow parent_instance;
  GtkWidget        *row, *first; /* the first button leads the group; hidden, and chosen when no photo is */
  GHashTable       *cells;       /* id -> button, borrowed from the row */
  gboolean          quiet;
  guint             scroll_id, scroll_to;
};

G_DEFINE_TYPE (RvsFilmstrip, rvs_filmstrip, GTK_TYPE_SCROLLED_WINDOW)

enum
{
  CHOSEN,
  REMOVED,
  N_SIGNALS
};
static guint signals[N_SIGNALS]; /* written once, by class_init */

/* What a cell is made of, kept with its button. */
typedef struct Cell
{
  guint      id;
  GtkWidget *thumb, *badge, *spinner, *label;
  char      *name;
} Cell;

static void
cell_free (gpointer data)
{
  Cell *cell = data;
  g_free (cell->name);
  g_free (cell);
}

static Cell *
cell_of (GtkWidget *button)
{
  return g_object_get_data (G_OBJECT (button), "revisage-cell");
}

static GtkWidget *
button_of (RvsFilmstrip *strip, guint photo_id)
{
  return g_hash_table_lookup (strip->cells, GUINT_TO_POINTER (photo_id));
}

/* ---- scrolling ---------------------------------------------------------------------------- */

static gboolean
scroll_now (gpointer data)
{
  RvsFilmstrip  *strip = data;
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (strip));
  GtkWidget     *button = button_of (strip, strip->scroll_to);
  GtkAllocation  place;
  strip->scroll_id = 0;
  if (!button)
    return G_SOURCE_REMOVE;
  gtk_widget_get_allocation (button, &place);
  gtk_adjustment_clamp_page (adjustment, place.x - place.width / 2.0, place.x + 1.5 * place.width);
  return G_SOURCE_REMOVE;
}

/* Once the row has its places. */
void
rvs_filmstrip_scroll_to (RvsFilmstrip *strip, guint photo_id)
{
  strip->scroll_to = photo_id;
  if (!strip->scroll_id)
    strip->scroll_id = g_idle_add_full (GTK_PRIORITY_RESIZE + 5, scroll_now, strip, NULL);
}

/* The wheel moves the row sideways. */
static gboolean
on_scroll (RvsFilmstrip *strip, GdkEventScroll *event)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_hadjustment (GTK_SCROLLED_WINDOW (strip));
  double         dx = 0, dy = 0;
  if (event->direction == GDK_SCROLL_UP)
    dy = -1;
  else if (event->direction == GDK_SCROLL_DOWN)
    dy = 1;
  else if (event->direction != GDK_SCROLL_SMOOTH || !gdk_event_get_scroll_deltas ((GdkEvent *)event, &dx, &dy) || dx != 0)
    return GDK_EVENT_PROPAGATE;
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + dy * RVS_THUMB_WIDTH);
  return GDK_EVENT_STOP;
}

/* ---- input -------------------------------------------------------------------------------- */

static void
on_toggled (GtkToggleButton *button, RvsFilmstrip *strip)
{
  if (strip->quiet || !gtk_toggle_button_get_active (button))
    return;
  rvs_filmstrip_scroll_to (strip, cell_of (GTK_WIDGET (button))->id);
  g_signal_emit (strip, signals[CHOSEN], 0, cell_of (GTK_WIDGET (button))->id);
}

static gboolean
on_key (GtkWidget *button, GdkEventKey *event, RvsFilmstrip *strip)
{
  if (event->keyval != GDK_KEY_Delete && event->keyval != GDK_KEY_KP_Delete)
    return GDK_EVENT_PROPAGATE;
  g_signal_emit (strip, signals[REMOVED], 0, cell_of (button)->id);
  return GDK_EVENT_STOP;
}

/* ---- cells -------------------------------------------------------------------------------- */

static void
add_class (GtkWidget *widget, const char *name)
{
  gtk_style_context_add_class (gtk_widget_get_style_context (widget), name);
}

static GtkWidget *
build_picture (Cell *cell)
{
  GtkWidget *overlay = gtk_overlay_new ();
  cell->thumb = gtk_image_new_from_icon_name ("image-x-generic-symbolic", GTK_ICON_SIZE_LARGE_TOOLBAR);
  gtk_widget_set_size_request (cell->thumb, RVS_THUMB_WIDTH, RVS_THUMB_HEIGHT);
  add_class (cell->thumb, "revisage-thumb");
  cell->badge = gtk_image_new ();
  cell->spinner = gtk_spinner_new ();
  GtkWidget *corner[] = { cell->badge, cell->spinner };
  for (int i = 0; i < 2; i++)
    {
      gtk_widget_set_halign (corner[i], GTK_ALIGN_END);
      gtk_widget_set_valign (corner[i], GTK_ALIGN_END);
      gtk_widget_set_no_show_all (corner[i], TRUE);
      add_class (corner[i], "revisage-badge");
      gtk_overlay_add_overlay (GTK_OVERLAY (overlay), corner[i]);
      gtk_overlay_set_overlay_pass_through (GTK_OVERLAY (overlay), corner[i], TRUE);
    }
  gtk_container_add (GTK_CONTAINER (overlay), cell->thumb);
  return overlay;
}

void
rvs_filmstrip_add (RvsFilmstrip *strip, const RvsPhoto *photo)
{
  Cell      *cell = g_new0 (Cell, 1);
  GtkWidget *button = gtk_radio_button_new_from_widget (GTK_RADIO_BUTTON (strip->first));
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  cell->id = photo->id;
  cell->name = g_strdup (photo->name);
  cell->label = gtk_label_new (photo->name);
  gtk_label_set_ellipsize (GTK_LABEL (cell->label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (cell->label), NAME_CHARS);
  gtk_label_set_width_chars (GTK_LABEL (cell->label), NAME_CHARS);
  add_class (cell->label, "revisage-small");
  gtk_box_pack_start (GTK_BOX (column), build_picture (cell), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), cell->label, FALSE, FALSE, 0);
  gtk_toggle_button_set_mode (GTK_TOGGLE_BUTTON (button), FALSE);
  gtk_button_set_relief (GTK_BUTTON (button), GTK_RELIEF_NONE);
  gtk_container_add (GTK_CONTAINER (button), column);
  add_class (button, "revisage-cell");
  g_object_set_data_full (G_OBJECT (button), "revisage-cell", cell, cell_free);
  g_signal_connect (button, "toggled", G_CALLBACK (on_toggled), strip);
  g_signal_connect (button, "key-press-event", G_CALLBACK (on_key), strip);
  gtk_box_pack_start (GTK_BOX (strip->row), button, FALSE, FALSE, 0);
  gtk_widget_show_all (button);
  g_hash_table_insert (strip->cells, GUINT_TO_POINTER (photo->id), button);
  rvs_filmstrip_show_state (strip, photo, FALSE);
}

void
rvs_filmstrip_remove (RvsFilmstrip *strip, guint photo_id)
{
  GtkWidget *button = button_of (strip, photo_id);
  if (!button)
    return;
  g_hash_table_remove (strip->cells, GUINT_TO_POINTER (photo_id));
  strip->quiet = TRUE;
  gtk_widget_destroy (button);
  strip->quiet = FALSE;
}

void
rvs_filmstrip_set_thumb (RvsFilmstrip *strip, guint photo_id, cairo_surface_t *thumb)
{
  GtkWidget *button = button_of (strip, photo_id);
  if (button)
    gtk_image_set_from_surface (GTK_IMAGE (cell_of (button)->thumb), thumb);
}

/* ---- states ------------------------------------------------------------------------------- */

typedef struct Look
{
  const char *icon, *class_name, *words;
} Look;

static const Look LOOKS[] = {
  [RVS_PHOTO_FRESH] = { NULL, NULL, NULL },
  [RVS_PHOTO_BROKEN] = { "dialog-error-symbolic", "revisage-bad", NULL },
  [RVS_PHOTO_WAITING] = { "content-loading-symbolic", "revisage-waiting", N_ ("Waiting") },
  [RVS_PHOTO_WORKING] = { NULL, NULL, N_ ("Being restored") },
  [RVS_PHOTO_SAVED] = { "object-select-symbolic", "revisage-good", N_ ("Saved") },
  [RVS_PHOTO_FAILED] = { "dialog-warning-symbolic", "revisage-bad", NULL },
};

static void
show_badge (Cell *cell, const Look *look, gboolean working)
{
  GtkStyleContext *style = gtk_widget_get_style_context (cell->badge);
  for (guint i = 0; i < G_N_ELEMENTS (LOOKS); i++)
    if (LOOKS[i].class_name)
      gtk_style_context_remove_class (style, LOOKS[i].class_name);
  if (look->icon)
    {
      gtk_style_context_add_class (style, look->class_name);
      gtk_image_set_from_icon_name (GTK_IMAGE (cell->badge), look->icon, GTK_ICON_SIZE_MENU);
    }
  gtk_widget_set_visible (cell->badge, look->icon != NULL);
  gtk_widget_set_visible (cell->spinner, working);
  if (working)
    gtk_spinner_start (GTK_SPINNER (cell->spinner));
  else
    gtk_spinner_stop (GTK_SPINNER (cell->spinner));
}

void
rvs_filmstrip_show_state (RvsFilmstrip *strip, const RvsPhoto *photo, gboolean unsaved)
{
  GtkWidget *button = button_of (strip, photo->id);
  if (!button)
    return;
  Cell       *cell = cell_of (button);
  const Look *look = &LOOKS[photo->state];
  const char *words = photo->problem ? photo->problem
                      : look->words  ? _ (look->words)
                      : unsaved      ? _ ("Changes are not saved")
                                     : NULL;
  char       *label = unsaved ? g_strconcat ("• ", cell->name, NULL) : g_strdup (cell->name);
  char       *help = words ? g_strdup_printf ("%s\n%s", cell->name, words) : g_strdup (cell->name);
  show_badge (cell, look, photo->state == RVS_PHOTO_WORKING);
  gtk_label_set_text (GTK_LABEL (cell->label), label);
  gtk_widget_set_tooltip_text (button, help);
  atk_object_set_name (gtk_widget_get_accessible (button), cell->name);
  atk_object_set_description (gtk_widget_get_accessible (button), words ? words : "");
  g_free (label);
  g_free (help);
}

void
rvs_filmstrip_select (RvsFilmstrip *strip, guint photo_id)
{
  GtkWidget *button = button_of (strip, photo_id);
  strip->quiet = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button ? button : strip->first), TRUE);
  strip->quiet = FALSE;
  rvs_filmstrip_scroll_to (strip, photo_id);
}

/* ---- class -------------------------------------------------------------------------------- */

static void
dispose (GObject *object)
{
  RvsFilmstrip *strip = RVS_FILMSTRIP (object);
  if (strip->scroll_id)
    g_source_remove (strip->scroll_id);
  strip->scroll_id = 0;
  strip->quiet = TRUE;
  g_clear_pointer (&strip->cells, g_hash_table_unref);
  G_OBJECT_CLASS (rvs_filmstrip_parent_class)->dispose (object);
}

static void
rvs_filmstrip_class_init (RvsFilmstripClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  signals[CHOSEN]
      = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[REMOVED]
      = g_signal_new ("removed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
rvs_filmstrip_init (RvsFilmstrip *strip)
{
  strip->cells = g_hash_table_new (NULL, NULL);
  strip->row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2);
  strip->first = gtk_radio_button_new (NULL);
  gtk_widget_set_no_show_all (strip->first, TRUE);
  gtk_box_pack_start (GTK_BOX (strip->row), strip->first, FALSE, FALSE, 0);
}

GtkWidget *
rvs_filmstrip_new (void)
{
  RvsFilmstrip      *strip = g_object_new (RVS_TYPE_FILMSTRIP, NULL);
  GtkScrolledWindow *scrolled = GTK_SCROLLED_WINDOW (strip);
  gtk_scrolled_window_set_policy (scrolled, GTK_POLICY_AUTOMATIC, GTK_POLICY_NEVER);
  gtk_container_add (GTK_CONTAINER (strip), strip->row);
  g_signal_connect (strip, "scroll-event", G_CALLBACK (on_scroll), NULL);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (strip)), _ ("Photos"));
  return GTK_WIDGET (strip);
}
