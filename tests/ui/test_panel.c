/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_panel.c: the panel in a window on a display of its own, driven by real GDK events, with the double of the engine.
 */
#include "canvas.h"
#include "dialog.h"
#include "face_overlay.h"
#include "faces.h"
#include "fake_engine.h"
#include "panel.h"
#include "watchdog.h"
#include "weights_session.h"
#include <gdk/gdkx.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Picture
{
  int32_t width, height;
  guint8 *pixels, *mask;
} Picture;

typedef struct Stage
{
  Picture      picture;
  RvsUiSource  source;
  RvsUiHost    host;
  RvsSettings *settings;
  GtkWidget   *window;
  RvsPanel    *panel;
  gboolean     applied;
} Stage;

static const char *const CHANNELS[] = { "keep", "all of it", NULL };
/* Of the pictures of the next stages; NULL: none. */
static const char *const *channels_of_stages;

/* The time limits are promises about the program that people get; a sanitizer's is about three times slower. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define SLOWER 4
#else
#define SLOWER 1
#endif

/* ---- stage -------------------------------------------------------------------------------- */

static gboolean
read_rows (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error)
{
  Picture *p = user;
  (void)error;
  memcpy (pixels, p->pixels + (size_t)y * (size_t)p->width * 3, (size_t)n_rows * (size_t)p->width * 3);
  return TRUE;
}

static gboolean
read_mask_rows (gpointer user, int32_t y, int32_t n_rows, guint8 *mask, GError **error)
{
  Picture *p = user;
  (void)error;
  memcpy (mask, p->mask + (size_t)y * (size_t)p->width, (size_t)n_rows * (size_t)p->width);
  return TRUE;
}

/* "keep": the photo rules in the left half; any other channel: everywhere. */
static gboolean
read_channel_rows (gpointer user, const char *name, int32_t y, int32_t n_rows, guint8 *values, GError **error)
{
  Picture *p = user;
  (void)y, (void)error;
  memset (values, strcmp (name, "keep") ? 255 : 0, (size_t)n_rows * (size_t)p->width);
  for (int32_t i = 0; i < n_rows && !strcmp (name, "keep"); i++)
    memset (values + (size_t)i * (size_t)p->width, 255, (size_t)p->width / 2);
  return TRUE;
}

static void
make_picture (Picture *p, int32_t width, int32_t height)
{
  guint32 seed = 12345;
  p->width = width;
  p->height = height;
  p->pixels = g_malloc ((size_t)width * (size_t)height * 3);
  for (int32_t y = 0; y < height; y++)
    for (int32_t x = 0; x < width; x++)
      for (int c = 0; c < 3; c++)
        {
          seed = seed * 1664525u + 1013904223u;
          p->pixels[((size_t)y * (size_t)width + (size_t)x) * 3 + (size_t)c]
              = (guint8)(60 + 120 * (c == 0 ? x : y) / (c == 0 ? width : height) + (seed >> 28));
        }
}

static void
on_applied (Stage *stage)
{
  stage->applied = TRUE;
}

static void
stage_open (Stage *stage, int32_t width, int32_t height, const char *faces, gboolean left_half_selected)
{
  RvsValues values;
  memset (stage, 0, sizeof *stage);
  g_setenv ("RVS_FAKE_FACES", faces, TRUE);
  make_picture (&stage->picture, width, height);
  if (left_half_selected)
    {
      stage->picture.mask = g_malloc0 ((size_t)width * (size_t)height);
      for (int32_t y = 0; y < height; y++)
        memset (stage->picture.mask + (size_t)y * (size_t)width, 255, (size_t)width / 2);
    }
  stage->source = (RvsUiSource){ .width = width,
                                 .height = height,
                                 .channels = 3,
                                 .depth = RVS_DEPTH_U8,
                                 .read_rows = read_rows,
                                 .read_mask_rows = left_half_selected ? read_mask_rows : NULL,
                                 .user = &stage->picture,
                                 .channel_names = channels_of_stages,
                                 .read_channel_rows = read_channel_rows };
  stage->host = (RvsUiHost){ .open_session = test_open_session,
                             .open_finder = test_open_finder,
                             .have_finder = test_have_finder,
                             .offers_output = TRUE,
                             .offers_size = TRUE };
  stage->settings = rvs_settings_new (NULL);
  rvs_values_init (&values);
  stage->window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  gtk_window_set_default_size (GTK_WINDOW (stage->window), 1100, 620);
  stage->panel = RVS_PANEL (rvs_panel_new (&stage->host, &stage->source, stage->settings, &values));
  gtk_container_add (GTK_CONTAINER (stage->window), GTK_WIDGET (stage->panel));
  g_signal_connect_swapped (stage->panel, "applied", G_CALLBACK (on_applied), stage);
  gtk_widget_show_all (stage->window);
}

static void
stage_close (Stage *stage)
{
  rvs_panel_shut_down (stage->panel);
  gtk_widget_destroy (stage->window);
  while (gtk_events_pending ())
    gtk_main_iteration ();
  rvs_settings_free (stage->settings);
  g_free (stage->picture.pixels);
  g_free (stage->picture.mask);
}

static gboolean
wake (gpointer data)
{
  (void)data;
  return G_SOURCE_CONTINUE;
}

/* Runs the main loop until the condition holds. */
#define WAIT_FOR(condition)                                                                                                        \
  do                                                                                                                               \
    {                                                                                                                              \
      gint64 wait_end_ = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;                                                        \
      guint  id = g_timeout_add (10, wake, NULL);                                                                                  \
      while (!(condition) && g_get_monotonic_time () < wait_end_)                                                                  \
        g_main_context_iteration (NULL, TRUE);                                                                                     \
      g_source_remove (id);                                                                                                        \
      g_assert_true (condition);                                                                                                   \
    }                                                                                                                              \
  while (0)

static void
settle (Stage *stage)
{
  WAIT_FOR (!rvs_panel_busy (stage->panel));
}

static void
run_for_ms (int ms)
{
  gint64 end = g_get_monotonic_time () + ms * 1000;
  WAIT_FOR (g_get_monotonic_time () >= end);
}

static void
set_value (Stage *stage, const char *key, double value)
{
  RvsValues values;
  rvs_panel_get_values (stage->panel, &values);
  rvs_values_set (&values, key, value);
  rvs_panel_set_values (stage->panel, &values);
}

/* ---- finding and driving widgets ---------------------------------------------------------- */

/* By type and accessible name, or by the text of a label; the last that fits is found. */
typedef struct Search
{
  const char *name; /* accessible name */
  GType       type;
  const char *text;  /* in a label; */
  gboolean    whole; /* all of it, and it is seen */
  GtkWidget  *found;
  GPtrArray  *unnamed;
} Search;

static const char *
accessible_name (GtkWidget *widget)
{
  const char *name = atk_object_get_name (gtk_widget_get_accessible (widget));
  return name ? name : "";
}

static gboolean
has_text (GtkWidget *widget, const Search *search)
{
  const char *text = GTK_IS_LABEL (widget) ? gtk_label_get_text (GTK_LABEL (widget)) : NULL;
  if (!text || !search->text)
    return FALSE;
  return search->whole ? gtk_widget_get_mapped (widget) && !strcmp (text, search->text) : strstr (text, search->text) != NULL;
}

static void
walk (GtkWidget *widget, gpointer data)
{
  Search *search = data;
  if (search->name && g_type_is_a (G_OBJECT_TYPE (widget), search->type) && !strcmp (accessible_name (widget), search->name))
    search->found = widget;
  if (has_text (widget, search))
    search->found = widget;
  if (search->unnamed && gtk_widget_get_can_focus (widget) && gtk_widget_get_mapped (widget) && !*accessible_name (widget)
      && !GTK_IS_SCROLLED_WINDOW (widget))
    g_ptr_array_add (search->unnamed, widget);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), walk, data);
}

static GtkWidget *
find_in (GtkWidget *top, GType type, const char *name)
{
  Search search = { .name = name, .type = type };
  walk (top, &search);
  if (!search.found)
    g_test_message ("no widget named %s", name);
  g_assert_nonnull (search.found);
  return search.found;
}

static GtkWidget *
find_widget (Stage *stage, GType type, const char *name)
{
  return find_in (stage->window, type, name);
}

static void
click_button (Stage *stage, const char *name)
{
  gtk_button_clicked (GTK_BUTTON (find_widget (stage, GTK_TYPE_BUTTON, name)));
}

/* The label with such a text in it; NULL: none. */
static GtkWidget *
find_text (Stage *stage, const char *part)
{
  Search search = { .text = part };
  walk (stage->window, &search);
  return search.found;
}

/* A label in sight says this and no more. */
static gboolean
says (GtkWidget *top, const char *text)
{
  Search search = { .text = text, .whole = TRUE };
  walk (top, &search);
  return search.found != NULL;
}

/* By the display's own keyboard or pointer. */
static GdkEvent *
event_new (GtkWidget *widget, GdkEventType type)
{
  GdkSeat  *seat = gdk_display_get_default_seat (gdk_display_get_default ());
  gboolean  key = type == GDK_KEY_PRESS || type == GDK_KEY_RELEASE;
  GdkEvent *event = gdk_event_new (type);
  event->any.window = g_object_ref (gtk_widget_get_window (widget));
  event->any.send_event = TRUE;
  gdk_event_set_device (event, key ? gdk_seat_get_keyboard (seat) : gdk_seat_get_pointer (seat));
  return event;
}

/* Takes the event. */
static void
send (RvsCompareView *view, GdkEvent *event)
{
  gtk_widget_event (GTK_WIDGET (view), event);
  gdk_event_free (event);
}

static void
send_button (RvsCompareView *view, GdkEventType type, double x, double y, guint button)
{
  GdkEvent *event = event_new (GTK_WIDGET (view), type);
  event->button.x = x;
  event->button.y = y;
  event->button.button = button;
  send (view, event);
}

static void
send_motion (RvsCompareView *view, double x, double y)
{
  GdkEvent *event = event_new (GTK_WIDGET (view), GDK_MOTION_NOTIFY);
  event->motion.x = x;
  event->motion.y = y;
  event->motion.state = GDK_BUTTON1_MASK;
  send (view, event);
}

static void
click_at (RvsCompareView *view, double x, double y)
{
  send_button (view, GDK_BUTTON_PRESS, x, y, 1);
  send_button (view, GDK_BUTTON_RELEASE, x, y, 1);
}

/* As GDK tells it: the second press comes twice. */
static void
double_click_at (RvsCompareView *view, double x, double y)
{
  click_at (view, x, y);
  send_button (view, GDK_BUTTON_PRESS, x, y, 1);
  send_button (view, GDK_2BUTTON_PRESS, x, y, 1);
  send_button (view, GDK_BUTTON_RELEASE, x, y, 1);
}

static void
drag (RvsCompareView *view, double x0, double y0, double x1, double y1)
{
  send_button (view, GDK_BUTTON_PRESS, x0, y0, 1);
  for (int i = 1; i <= 8; i++)
    send_motion (view, x0 + (x1 - x0) * i / 8, y0 + (y1 - y0) * i / 8);
  send_button (view, GDK_BUTTON_RELEASE, x1, y1, 1);
}

static void
press_key (RvsCompareView *view, guint key, GdkModifierType state)
{
  GdkEvent *event = event_new (GTK_WIDGET (view), GDK_KEY_PRESS);
  event->key.keyval = key;
  event->key.state = state;
  send (view, event);
}

static void
release_key (RvsCompareView *view, guint key)
{
  GdkEvent *event = event_new (GTK_WIDGET (view), GDK_KEY_RELEASE);
  event->key.keyval = key;
  send (view, event);
}

static void
send_wheel (RvsCompareView *view, double x, double y, GdkScrollDirection direction)
{
  GdkEvent *event = event_new (GTK_WIDGET (view), GDK_SCROLL);
  event->scroll.x = x;
  event->scroll.y = y;
  event->scroll.direction = direction;
  send (view, event);
}

static void
send_leave (RvsCompareView *view)
{
  GdkEvent *event = event_new (GTK_WIDGET (view), GDK_LEAVE_NOTIFY);
  send (view, event);
}

/* ---- what the view shows ---- */

/* cairo_surface_destroy. */
static cairo_surface_t *
snapshot (RvsCompareView *view)
{
  GtkWidget       *widget = GTK_WIDGET (view);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, gtk_widget_get_allocated_width (widget),
                                                         gtk_widget_get_allocated_height (widget));
  cairo_t         *cr = cairo_create (surface);
  gtk_widget_draw (widget, cr);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static guint32
word_at (cairo_surface_t *surface, int x, int y)
{
  const guint8 *row = cairo_image_surface_get_data (surface) + (ptrdiff_t)cairo_image_surface_get_stride (surface) * y;
  return ((const guint32 *)(const void *)row)[x];
}

static int
channel_of (cairo_surface_t *surface, int x, int y, int c)
{
  return (int)(word_at (surface, x, y) >> (16 - 8 * c) & 255);
}

/* Mean of a channel (0 red) over a square around the point. */
static double
mean_around (cairo_surface_t *surface, double x, double y, int reach, int c)
{
  double sum = 0;
  for (int j = (int)y - reach; j <= (int)y + reach; j++)
    for (int i = (int)x - reach; i <= (int)x + reach; i++)
      sum += channel_of (surface, i, j, c);
  return sum / ((2 * reach + 1) * (2 * reach + 1));
}

/* The largest difference of two parts of equal size, in any channel. */
static int
apart (cairo_surface_t *a, int ax, cairo_surface_t *b, int bx, RvsRect part)
{
  int most = 0;
  for (int y = part.y; y < part.y + part.height; y++)
    for (int x = part.x; x < part.x + part.width; x++)
      for (int c = 0; c < 3; c++)
        most = MAX (most, abs (channel_of (a, ax + x, y, c) - channel_of (b, bx + x, y, c)));
  return most;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void
test_grows_sharp (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  gint        analyses = fake->n_analyses;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  g_assert_cmpint (rvs_panel_faces (stage.panel)->len, ==, 1);
  g_assert_cmpint (rvs_panel_n_stage_patches (stage.panel), ==, 3);
  g_assert_cmpint (rvs_panel_n_final_patches (stage.panel), ==, 1);
  g_assert_cmpint (fake->n_analyses - analyses, ==, 1);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
}

static void
test_strength_is_free (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  gint             renders = fake->n_renders;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1100, 620);
  cairo_t         *cr = cairo_create (surface);
  gint64           longest = 0;
  GtkWidget       *scale = find_widget (&stage, GTK_TYPE_SCALE, "Strength");
  for (int i = 0; i <= 20; i++)
    {
      gint64 start = watchdog_thread_us ();
      gtk_range_set_value (GTK_RANGE (scale), i / 20.0);
      gtk_widget_draw (GTK_WIDGET (rvs_panel_view (stage.panel)), cr);
      longest = MAX (longest, watchdog_thread_us () - start);
    }
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  run_for_ms (100);
  g_test_message ("longest re-blend with drawing: %.1f ms", (double)longest / 1000);
  g_assert_cmpint (longest, <=, 16000 * SLOWER);
  g_assert_cmpint (fake->n_renders, ==, renders);
  stage_close (&stage);
}

static void
test_fidelity_reruns_stage2_only (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  gint analyses = fake->n_analyses, stage2 = fake->n_stage2, stages = (gint)rvs_panel_n_stage_patches (stage.panel);
  gtk_range_set_value (GTK_RANGE (find_widget (&stage, GTK_TYPE_SCALE, "Fidelity")), 0.2);
  g_assert_true (rvs_panel_busy (stage.panel));
  settle (&stage);
  g_assert_cmpint (fake->n_analyses, ==, analyses);
  g_assert_cmpint (fake->n_stage2, ==, stage2 + 1);
  g_assert_cmpint (rvs_panel_n_final_patches (stage.panel), ==, 2);
  /* a sharp picture is not replaced by blurred stages */
  g_assert_cmpint (rvs_panel_n_stage_patches (stage.panel), ==, stages);
  stage_close (&stage);
}

static void
test_stale_pictures_are_dropped (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  guint finals = rvs_panel_n_final_patches (stage.panel);
  for (int i = 1; i <= 12; i++)
    {
      set_value (&stage, "fidelity", i / 12.0);
      run_for_ms (35);
    }
  settle (&stage);
  /* none of the eleven had the time to finish */
  g_assert_cmpint (rvs_panel_n_final_patches (stage.panel), ==, finals + 1);
  stage_close (&stage);
}

static void
test_faces_on_and_off (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  double      x, y;
  stage_open (&stage, 900, 700, "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  GArray         *faces = rvs_panel_faces (stage.panel);
  gint            stage2 = fake->n_stage2;
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_badge_at (view, 0, &x, &y);
  click_at (view, x, y);
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 1);
  press_key (view, GDK_KEY_n, 0);
  press_key (view, GDK_KEY_space, 0);
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 0);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  press_key (view, GDK_KEY_space, 0);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  settle (&stage);
  g_assert_cmpint (fake->n_stage2, ==, stage2); /* nothing was computed again */
  stage_close (&stage);
}

/* The pixel of the result, minus the source's; both are valid inside the result's rects only. */
static int
change_at (const RvsUiResult *result, int32_t x, int32_t y)
{
  const guint8 *src = rvs_view_at (&result->src, x, y), *out = rvs_view_at (&result->out, x, y);
  return abs (out[0] - src[0]) + abs (out[1] - src[1]) + abs (out[2] - src[2]);
}

static RvsUiResult
apply_now (Stage *stage)
{
  RvsUiResult result;
  stage->applied = FALSE;
  rvs_panel_apply (stage->panel);
  WAIT_FOR (stage->applied);
  rvs_panel_result (stage->panel, &result);
  return result;
}

/* The middle of a face's box, in widget pixels. */
static void
face_at (RvsCompareView *view, const RvsUiFace *face, double *x, double *y)
{
  rvs_compare_view_to_widget (view, (double)face->face.x + (double)face->face.w / 2,
                              (double)face->face.y + (double)face->face.h / 3, x, y);
}

/* A click on a box chooses the face and leaves it on; a double click zooms to the face that was under it, though the first click may
 * have moved the picture. */
static void
test_click_chooses (void)
{
  Stage  stage;
  double x, y;
  stage_open (&stage, 900, 700, "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4;0.45,0.75,0.1,0.15", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  GArray         *faces = rvs_panel_faces (stage.panel);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  face_at (view, rvs_faces_at (faces, 1), &x, &y);
  click_at (view, x, y);
  g_assert_cmpint (rvs_compare_view_get_focus_face (view), ==, 1);
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 3);
  face_at (view, rvs_faces_at (faces, 0), &x, &y);
  double_click_at (view, x, y);
  g_assert_cmpint (rvs_compare_view_get_mode (view), ==, RVS_ZOOM_FACE);
  g_assert_cmpint (rvs_compare_view_get_focus_face (view), ==, 0);
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 3);
  /* zoomed in, the first click moves the picture */
  rvs_compare_view_set_zoom (view, rvs_compare_view_get_zoom (view) / 2.2);
  rvs_compare_view_set_focus_face (view, 0);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  face_at (view, rvs_faces_at (faces, 2), &x, &y);
  double_click_at (view, x, y);
  g_assert_cmpint (rvs_compare_view_get_focus_face (view), ==, 2);
  face_at (view, rvs_faces_at (faces, 2), &x, &y);
  double_click_at (view, x, y);
  g_assert_cmpint (rvs_compare_view_get_focus_face (view), ==, 2);
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 3);
  rvs_compare_view_badge_at (view, 2, &x, &y);
  double_click_at (view, x, y); /* two clicks on a switch: off and on */
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 3);
  click_at (view, x, y);
  g_assert_cmpint (rvs_faces_count_enabled (faces), ==, 2);
  stage_close (&stage);
}

/* However small the box, its badge lies outside of it; at the edge of the view it comes back in. */
static void
test_badge_covers_nothing (void)
{
  RvsBoxF within = { 0, 0, 800, 600 };
  double  x, y, radius;
  for (double side = 18; side < 400; side *= 1.3)
    {
      RvsBoxF box = { 200, 150, side, side * 1.25 };
      g_assert_true (rvs_overlay_badge (box, within, &x, &y, &radius));
      g_assert_cmpfloat (hypot (x - (box.x + box.w), y - box.y), >=, radius - 0.01);
      g_assert_true (x > box.x + box.w && y < box.y);
      g_assert_cmpfloat (radius, <=, MAX (5, side * 0.15));
    }
  g_assert_false (rvs_overlay_badge ((RvsBoxF){ 200, 150, 12, 15 }, within, &x, &y, &radius));
  g_assert_true (rvs_overlay_badge ((RvsBoxF){ -50, -50, 2000, 2000 }, within, &x, &y, &radius));
  g_assert_true (x + radius < 800 && y - radius > 0);
}

/* "x,y,w,h;..." of n faces in a grid; g_free. */
static char *
grid_of_faces (int n)
{
  GString *text = g_string_new (NULL);
  for (int i = 0; i < n; i++)
    {
      char numbers[4][G_ASCII_DTOSTR_BUF_SIZE];
      g_ascii_formatd (numbers[0], sizeof numbers[0], "%.4f", 0.02 + 0.098 * (i % 10));
      g_ascii_formatd (numbers[1], sizeof numbers[1], "%.4f", 0.02 + 0.16 * (i / 10));
      g_string_append_printf (text, "%s%s,%s,0.06,0.1", i ? ";" : "", numbers[0], numbers[1]);
    }
  return g_string_free (text, FALSE);
}

static guint
count_done (Stage *stage)
{
  return (guint)rvs_faces_count_done (rvs_panel_faces (stage->panel));
}

/* The face that is stepped to is the next one to be restored, and until then the view says that it waits. */
static void
test_focus_comes_next (void)
{
  Stage stage;
  char *grid = grid_of_faces (20);
  stage_open (&stage, 900, 700, grid, FALSE);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  GArray         *faces = rvs_panel_faces (stage.panel);
  WAIT_FOR (faces->len == 20 && count_done (&stage) == 2);
  for (int i = 0; i < 13; i++)
    press_key (view, GDK_KEY_n, 0);
  int wanted = rvs_compare_view_get_focus_face (view);
  g_assert_cmpint (rvs_face_state (rvs_faces_at (faces, wanted)), ==, RVS_FACE_WAITING);
  g_assert_cmpstr (rvs_compare_view_get_after_label (view), ==, "After (waiting)");
  WAIT_FOR (rvs_face_state (rvs_faces_at (faces, wanted)) == RVS_FACE_WORKING);
  g_assert_cmpstr (rvs_compare_view_get_after_label (view), ==, "After (in work)");
  g_assert_cmpint (count_done (&stage), <=, 4);
  WAIT_FOR (rvs_faces_at (faces, wanted)->done);
  g_assert_cmpint (count_done (&stage), <=, 5);
  g_assert_null (rvs_compare_view_get_after_label (view));
  GtkWidget *detail = find_text (&stage, "Face 14 of 20: ");
  g_assert_true (gtk_widget_get_mapped (detail));
  WAIT_FOR (find_text (&stage, " s left") != NULL); /* seconds left */
  settle (&stage);
  g_assert_cmpint (count_done (&stage), ==, 20);
  g_free (grid);
  stage_close (&stage);
}

static gboolean
same_rect (RvsRect a, RvsRect b)
{
  return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

/* What is kept of a face for the screen is the cells that changed, not all that could have; where the next one is smaller, what the last
 * one covered is drawn anew too. */
static void
test_patch_is_small (void)
{
  Picture before, after;
  make_picture (&before, 1000, 800);
  make_picture (&after, 1000, 800);
  RvsView    a = { before.pixels, 3000, 1000, 800, 3, RVS_DEPTH_U8 }, b = a;
  RvsRect    all = { -20, 100, 900, 690 };
  RvsCanvas *canvas = rvs_canvas_new (&a, rvs_pyramid_of_view (&a));
  b.pixels = after.pixels;
  gsize       empty = rvs_canvas_bytes (canvas);
  RvsPyramid *same = rvs_pyramid_of_patch (&a, &b, all);
  g_assert_true (same_rect (same->rect, (RvsRect){ 0, 64, 64, 64 }));
  rvs_pyramid_free (same);
  after.pixels[(300 * 1000 + 200) * 3 + 1] ^= 1;
  after.pixels[(330 * 1000 + 420) * 3] ^= 1;
  g_assert_true (same_rect (rvs_canvas_set_patch (canvas, 1, rvs_pyramid_of_patch (&a, &b, all)), (RvsRect){ 192, 256, 256, 128 }));
  g_assert_cmpuint (rvs_canvas_bytes (canvas) - empty, <, 256 * 128 * 4 * 4 / 3 + 256);
  after.pixels[(300 * 1000 + 200) * 3 + 1] ^= 1;
  g_assert_true (same_rect (rvs_canvas_set_patch (canvas, 1, rvs_pyramid_of_patch (&a, &b, all)), (RvsRect){ 192, 256, 256, 128 }));
  g_assert_cmpuint (rvs_canvas_bytes (canvas) - empty, <, 64 * 64 * 4 * 4 / 3 + 256);
  g_assert_true (same_rect (rvs_canvas_set_patch (canvas, 1, NULL), (RvsRect){ 384, 320, 64, 64 }));
  rvs_canvas_free (canvas);
  g_free (before.pixels);
  g_free (after.pixels);
}

static gboolean
same_surface (cairo_surface_t *a, cairo_surface_t *b)
{
  gsize size = (gsize)cairo_image_surface_get_stride (a) * (gsize)cairo_image_surface_get_height (a);
  cairo_surface_flush (a);
  cairo_surface_flush (b);
  return cairo_image_surface_get_stride (a) == cairo_image_surface_get_stride (b)
         && cairo_image_surface_get_height (a) == cairo_image_surface_get_height (b)
         && !memcmp (cairo_image_surface_get_data (a), cairo_image_surface_get_data (b), size);
}

/* Inside the circle all pixels change but one in fifty; outside of it none. */
static void
change_disc (Picture *p, int cx, int cy, int radius)
{
  for (int y = cy - radius; y <= cy + radius; y++)
    for (int x = cx - radius; x <= cx + radius; x++)
      if (hypot (x - cx, y - cy) <= radius && (x * 7 + y * 3) % 50)
        memset (p->pixels + ((gsize)y * (gsize)p->width + (gsize)x) * 3, x & 1 ? 0 : 255, 3);
}

/* Of a packed patch nothing is lost, and it takes less than half of the memory. */
static void
test_packed_patch (void)
{
  Picture before, after;
  make_picture (&before, 700, 600);
  make_picture (&after, 700, 600);
  change_disc (&after, 320, 300, 190);
  RvsView a = { before.pixels, 2100, 700, 600, 3, RVS_DEPTH_U8 }, b = a;
  RvsRect all = { 0, 0, 700, 600 };
  b.pixels = after.pixels;
  RvsPyramid      *patch = rvs_pyramid_of_patch (&a, &b, all);
  cairo_surface_t *full = rvs_pixels_patch (&a, &b, patch->rect), *half = rvs_pixels_halve (full);
  gsize            bytes = rvs_pyramid_bytes (patch), plain = (gsize)patch->rect.width * (gsize)patch->rect.height * 4;
  g_assert_cmpuint (rvs_pyramid_unpacked_bytes (patch), ==, 0);
  g_assert_cmpuint (bytes, <, plain * 4 / 3 * 6 / 10);
  g_assert_true (same_surface (rvs_pyramid_level (patch, 1), half));
  g_assert_cmpuint (rvs_pyramid_unpacked_bytes (patch), ==, plain / 4);
  g_assert_true (same_surface (rvs_pyramid_level (patch, 0), full));
  g_assert_true (rvs_pyramid_level (patch, 1) == patch->levels[1]);
  rvs_pyramid_pack (patch);
  g_assert_cmpuint (rvs_pyramid_bytes (patch), ==, bytes);
  g_assert_true (same_surface (rvs_pyramid_level (patch, 0), full));
  cairo_surface_destroy (full);
  cairo_surface_destroy (half);
  rvs_pyramid_free (patch);
  g_free (before.pixels);
  g_free (after.pixels);
}

/* The patches that were looked at closely are packed again once others are. */
static void
test_patches_pack_again (void)
{
  Picture before, after;
  make_picture (&before, 3000, 2000);
  make_picture (&after, 3000, 2000);
  for (int i = 0; i < 24; i++)
    change_disc (&after, 250 + 500 * (i % 6), 250 + 500 * (i / 6), 200);
  RvsView          a = { before.pixels, 9000, 3000, 2000, 3, RVS_DEPTH_U8 }, b = a;
  cairo_surface_t *screen = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 500, 500);
  b.pixels = after.pixels;
  RvsCanvas *canvas = rvs_canvas_new (&a, rvs_pyramid_of_view (&a));
  for (int i = 0; i < 24; i++)
    rvs_canvas_set_patch (canvas, (guint)i, rvs_pyramid_of_patch (&a, &b, (RvsRect){ 500 * (i % 6), 500 * (i / 6), 500, 500 }));
  const gsize packed = rvs_canvas_bytes (canvas);
  for (int i = 0; i < 24; i++)
    {
      RvsRect  seen = { 500 * (i % 6), 500 * (i / 6), 500, 500 };
      cairo_t *cr = cairo_create (screen);
      cairo_translate (cr, -seen.x, -seen.y);
      rvs_canvas_paint (canvas, cr, seen, 1, 1);
      cairo_destroy (cr);
      cairo_surface_flush (screen);
      g_assert_cmpint (channel_of (screen, 247, 250, 0), ==, (seen.x + 247) & 1 ? 0 : 255);
      g_assert_cmpuint (rvs_canvas_bytes (canvas), <, packed + (14 << 20));
    }
  g_assert_cmpuint (rvs_canvas_bytes (canvas), >, packed);
  cairo_surface_destroy (screen);
  rvs_canvas_free (canvas);
  g_free (before.pixels);
  g_free (after.pixels);
}

/* The memory of many faces is bounded; what was given back is worked out again when it is wanted. */
static void
test_memory_is_bounded (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  char       *grid = grid_of_faces (40);
  fake->analysis_bytes = 12 << 20;
  fake->analyse_ms = fake->stage_ms = 1;
  stage_open (&stage, 900, 700, grid, FALSE);
  settle (&stage);
  g_assert_cmpint (count_done (&stage), ==, 40);
  g_assert_cmpint (fake->bytes, <=, 62 << 20);
  g_assert_cmpint (fake->bytes, >=, 20 << 20); /* the last and the one that is looked at are whole */
  gint analyses = fake->n_analyses, trims = fake->n_trims;
  set_value (&stage, "fidelity", 0.25);
  settle (&stage);
  g_assert_cmpint (fake->n_analyses, ==, analyses);
  g_assert_cmpint (fake->n_trims, >, trims);
  g_assert_cmpint (fake->bytes, <=, 62 << 20);
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 40);
  for (size_t i = 0; i < result.n_rects; i++)
    g_assert_cmpint (
        change_at (&result, result.rects[i].x + result.rects[i].width / 2, result.rects[i].y + result.rects[i].height / 2), >, 0);
  g_assert_cmpint (fake->bytes, <=, 62 << 20);
  fake->analysis_bytes = 1 << 20;
  fake->analyse_ms = fake->stage_ms = 60;
  g_free (grid);
  stage_close (&stage);
}

/* From the first band to the last face the bar goes up once. */
static void
test_bar_goes_up_once (void)
{
  Stage  stage;
  double before = 0;
  stage_open (&stage, 2400, 1800, "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4", FALSE);
  GtkWidget *bar = find_widget (&stage, GTK_TYPE_PROGRESS_BAR, "Progress of the preview");
  while (rvs_panel_busy (stage.panel))
    {
      g_main_context_iteration (NULL, TRUE);
      double now = gtk_progress_bar_get_fraction (GTK_PROGRESS_BAR (bar));
      if (now < before)
        g_test_message ("from %.2f back to %.2f", before, now);
      g_assert_cmpfloat (now, >=, before);
      before = now;
    }
  g_assert_cmpfloat (before, ==, 1);
  stage_close (&stage);
}

static guint16
keycode_of (guint key)
{
  GdkKeymapKey *keys = NULL;
  int           n = 0;
  guint16       code = 0;
  if (gdk_keymap_get_entries_for_keyval (gdk_keymap_get_for_display (gdk_display_get_default ()), key, &keys, &n) && n)
    code = (guint16)keys[0].keycode;
  g_free (keys);
  return code;
}

/* To the window, which hands it to the widget that has the focus. */
static void
type_key (GtkWidget *window, guint key)
{
  GdkEvent *event = event_new (window, GDK_KEY_PRESS);
  event->key.keyval = key;
  event->key.hardware_keycode = keycode_of (key); /* bindings go by it */
  gtk_main_do_event (event);
  gdk_event_free (event);
}

/* The stage's panel in the dialog; the stage's own window is not shown. */
static RvsDialog *
open_in_dialog (Stage *stage)
{
  RvsValues values;
  rvs_values_init (&values);
  gtk_widget_hide (stage->window);
  stage->host.picture_name = "Anna";
  RvsDialog *dialog = rvs_dialog_new (&stage->host, &(RvsDialogLayer){ "Anna", &stage->source }, 1, &values);
  gtk_window_present (GTK_WINDOW (rvs_dialog_window (dialog)));
  WAIT_FOR (!rvs_panel_busy (rvs_dialog_panel (dialog)));
  return dialog;
}

/* Enter after a number commits the number and nothing else; from the preview it restores. */
static void
test_enter_commits (void)
{
  Stage     stage;
  RvsValues values;
  stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  RvsDialog *dialog = open_in_dialog (&stage);
  RvsPanel  *panel = rvs_dialog_panel (dialog);
  GtkWidget *spin = find_in (rvs_dialog_window (dialog), GTK_TYPE_SPIN_BUTTON, "Strength");
  gtk_widget_grab_focus (spin);
  gtk_entry_set_text (GTK_ENTRY (spin), "0.4");
  g_signal_connect_swapped (panel, "applied", G_CALLBACK (on_applied), &stage);
  type_key (rvs_dialog_window (dialog), GDK_KEY_Return);
  run_for_ms (600); /* a button that is activated by a key is seen to go down first */
  g_assert_false (stage.applied || rvs_panel_applying (panel));
  rvs_panel_get_values (panel, &values);
  g_assert_cmpfloat_with_epsilon (rvs_values_get (&values, "strength"), 0.4, 1e-9);
  gtk_widget_grab_focus (GTK_WIDGET (rvs_panel_view (panel)));
  type_key (rvs_dialog_window (dialog), GDK_KEY_Return);
  WAIT_FOR (stage.applied);
  rvs_dialog_free (dialog);
  stage_close (&stage);
}

/* Where damage is mended, title, button and status say so, and divider and zoom go to the hole. */
static void
test_mending_words (void)
{
  Stage  stage;
  double x, y, right;
  stage_open (&stage, 500, 400, "0.55,0.2,0.3,0.4", TRUE);
  settle (&stage);
  RvsDialog      *dialog = open_in_dialog (&stage);
  GtkWindow      *window = GTK_WINDOW (rvs_dialog_window (dialog));
  RvsPanel       *panel = rvs_dialog_panel (dialog);
  RvsCompareView *view = rvs_panel_view (panel);
  GtkWidget      *accept = gtk_dialog_get_widget_for_response (GTK_DIALOG (window), GTK_RESPONSE_ACCEPT);
  g_assert_cmpstr (gtk_window_get_title (window), ==, "Restore Faces: Anna");
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_in (GTK_WIDGET (window), GTK_TYPE_COMBO_BOX, "Model")), "patch");
  g_assert_cmpstr (gtk_window_get_title (window), ==, "Mend Face Damage: Anna");
  g_assert_cmpstr (gtk_button_get_label (GTK_BUTTON (accept)), ==, "_Mend");
  WAIT_FOR (!rvs_panel_busy (panel));
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_to_widget (view, 0, 0, &x, &y);
  rvs_compare_view_to_widget (view, 500, 0, &right, &y);
  g_assert_cmpfloat_with_epsilon (rvs_compare_view_get_split (view), 0.25, 0.01);
  gtk_button_clicked (GTK_BUTTON (find_in (GTK_WIDGET (window), GTK_TYPE_BUTTON, "Zoom to the damage (F)")));
  rvs_compare_view_to_widget (view, 125, 200, &x, &y);
  g_assert_cmpfloat_with_epsilon (y, gtk_widget_get_allocated_height (GTK_WIDGET (view)) / 2.0, 2);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_in (GTK_WIDGET (window), GTK_TYPE_COMBO_BOX, "Model")), "jsfm");
  g_assert_cmpstr (gtk_window_get_title (window), ==, "Restore Faces: Anna");
  g_assert_cmpstr (gtk_button_get_label (GTK_BUTTON (accept)), ==, "_Restore");
  WAIT_FOR (!rvs_panel_busy (panel));
  rvs_dialog_free (dialog);
  stage_close (&stage);
}

static void
collect_keys (GtkWidget *widget, gpointer data)
{
  GString *keys = data;
  guint    key = GTK_IS_LABEL (widget) ? gtk_label_get_mnemonic_keyval (GTK_LABEL (widget)) : GDK_KEY_VoidSymbol;
  if (key != GDK_KEY_VoidSymbol && gtk_widget_get_mapped (widget))
    g_string_append_c (keys, (char)gdk_keyval_to_lower (key));
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), collect_keys, data);
}

/* By keys: Strength is near, and every row has a letter of its own. */
static void
test_keys (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4", FALSE);
  settle (&stage);
  RvsDialog *dialog = open_in_dialog (&stage);
  GtkWindow *window = GTK_WINDOW (rvs_dialog_window (dialog));
  GtkWidget *view = GTK_WIDGET (rvs_panel_view (rvs_dialog_panel (dialog)));
  gtk_widget_grab_focus (view);
  int n = 0;
  for (; n < 4 && strcmp (accessible_name (gtk_window_get_focus (window)), "Strength"); n++)
    type_key (GTK_WIDGET (window), GDK_KEY_Tab);
  g_assert_cmpint (n, <=, 3);
  for (n = 0; n < 60 && gtk_window_get_focus (window) != view; n++) /* round once: the tools are on the way too */
    {
      type_key (GTK_WIDGET (window), GDK_KEY_Tab);
      if (!strcmp (accessible_name (gtk_window_get_focus (window)), "Swap the sides of before and after (X)"))
        stage.applied = TRUE;
    }
  g_assert_true (gtk_window_get_focus (window) == view && stage.applied);
  gtk_expander_set_expanded (GTK_EXPANDER (find_in (GTK_WIDGET (window), GTK_TYPE_EXPANDER, "More settings")), TRUE);
  run_for_ms (300);
  GString *keys = g_string_new (NULL);
  collect_keys (GTK_WIDGET (window), keys);
  g_test_message ("letters: %s", keys->str);
  g_assert_cmpuint (keys->len, >=, 14);
  for (gsize i = 0; i < keys->len; i++)
    g_assert_true (strchr (keys->str, keys->str[i]) == keys->str + i);
  g_string_free (keys, TRUE);
  rvs_dialog_free (dialog);
  stage_close (&stage);
}

/* A double click on a row's label sets it back; the dice throws another seed; the unit of a number is told. */
static void
test_rows (void)
{
  Stage     stage;
  RvsValues values;
  stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  gtk_expander_set_expanded (GTK_EXPANDER (find_widget (&stage, GTK_TYPE_EXPANDER, "More settings")), TRUE);
  set_value (&stage, "strength", 0.3);
  set_value (&stage, "seed", 5);
  run_for_ms (300);
  GtkWidget *box = gtk_widget_get_parent (find_text (&stage, "Strength"));
  GdkEvent  *event = gdk_event_new (GDK_2BUTTON_PRESS);
  event->button.window = g_object_ref (gtk_widget_get_window (box));
  event->button.button = 1;
  gtk_widget_event (box, event);
  gdk_event_free (event);
  click_button (&stage, "Another random number");
  rvs_panel_get_values (stage.panel, &values);
  g_assert_cmpfloat (rvs_values_get (&values, "strength"), ==, 1);
  g_assert_cmpfloat (rvs_values_get (&values, "seed"), !=, 5);
  g_assert_true (gtk_widget_get_mapped (find_text (&stage, "px")));
  settle (&stage);
  stage_close (&stage);
}

/* That there is little to restore is said of a clear face, and of no other, while there is a lower fidelity to advise. */
static void
test_little_to_restore (void)
{
  Stage stage;
  for (int clear = 0; clear < 2; clear++)
    {
      fake_engine ()->damage = clear ? 0.1f : 0.5f;
      stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
      settle (&stage);
      g_assert_true (gtk_widget_get_mapped (find_text (&stage, "Little to restore here")) == clear);
      set_value (&stage, "fidelity", 0);
      settle (&stage);
      g_assert_false (gtk_widget_get_mapped (find_text (&stage, "Little to restore here")));
      stage_close (&stage);
    }
  fake_engine ()->damage = 0.5f;
}

/* Where it is known which way a face looks, that is said, unless it is a guess; so is that a system does without the shape. */
static void
test_pose (void)
{
  static const char *const texts[] = { "yaw -31°, pitch +4°, roll +0°", "without its shape" };
  for (int kind = 0; kind < 4; kind++)
    {
      Stage stage;
      fake_engine ()->pose = (RvsPose){ kind > 0, -31.2f, 4.4f, -.2f, kind == 1 ? .2f : .8f };
      fake_engine ()->shape_prior = kind == 3 ? RVS_SHAPE_UNSURE : RVS_SHAPE_NONE;
      stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
      settle (&stage);
      g_assert_true ((find_text (&stage, texts[0]) != NULL) == (kind == 2));
      g_assert_true ((find_text (&stage, texts[1]) != NULL) == (kind == 3));
      stage_close (&stage);
    }
  fake_engine ()->pose = (RvsPose){ 0 };
  fake_engine ()->shape_prior = RVS_SHAPE_NONE;
}

/* That dots of print are taken away is said of the faces that have them. */
static void
test_screen (void)
{
  for (int printed = 0; printed < 2; printed++)
    {
      Stage stage;
      fake_engine ()->screen_px = printed ? 3.5f : 0;
      stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
      settle (&stage);
      g_assert_true ((find_text (&stage, "A printed photo") != NULL) == printed);
      stage_close (&stage);
    }
  fake_engine ()->screen_px = 0;
}

/* The index of the first system that is fed with meshes, as a value. */
static int
shape_system (void)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);
  for (size_t i = 0; i < n; i++)
    if (systems[i].needs & RVS_NEEDS_SHAPE)
      return (int)i;
  g_assert_not_reached ();
}

/* A system that goes by shapes has the switch; without them nothing needs to be said of a face that shows too little of its own, and the
 * faces are restored anew but not analysed. */
static void
test_shape_prior (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  fake->shape_prior = RVS_SHAPE_UNSURE;
  stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
  g_assert_false (gtk_widget_is_visible (find_widget (&stage, GTK_TYPE_COMBO_BOX, "Use the face's shape")));
  set_value (&stage, "model", shape_system ());
  settle (&stage);
  GtkWidget *box = find_widget (&stage, GTK_TYPE_COMBO_BOX, "Use the face's shape");
  gint       analyses = fake->n_analyses, renders = fake->n_renders;
  g_assert_nonnull (find_text (&stage, "without its shape"));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (box), "off");
  settle (&stage);
  g_assert_null (find_text (&stage, "without its shape"));
  g_assert_cmpint (fake->n_analyses, ==, analyses);
  g_assert_cmpint (fake->n_renders, >, renders);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (box), "auto");
  g_assert_nonnull (find_text (&stage, "without its shape"));
  fake->shape_prior = RVS_SHAPE_NONE;
  stage_close (&stage);
}

static void
on_dialog_done (GtkWidget *window, gboolean *done)
{
  (void)window;
  *done = TRUE;
}

/* Of two layers the dialog says that there are two, lets one step between them, and restores both. */
static void
test_two_layers (void)
{
  Stage       stage, other;
  RvsValues   values;
  RvsUiResult first, second;
  for (int steps = 0; steps < 2; steps++)
    {
      gboolean done = FALSE;
      channels_of_stages = CHANNELS;
      stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
      settle (&stage);
      stage_open (&other, 620, 300, "0.3,0.2,0.4,0.5", FALSE);
      settle (&other);
      channels_of_stages = NULL;
      gtk_widget_hide (stage.window);
      gtk_widget_hide (other.window);
      rvs_values_init (&values);
      RvsDialogLayer layers[] = { { "Anna", &stage.source }, { "Berta", &other.source } };
      RvsDialog     *dialog = rvs_dialog_new (&stage.host, layers, 2, &values);
      GtkWidget     *window = rvs_dialog_window (dialog);
      RvsPanel      *panel = rvs_dialog_panel (dialog);
      gtk_window_present (GTK_WINDOW (window));
      WAIT_FOR (!rvs_panel_busy (panel));
      gtk_range_set_value (GTK_RANGE (find_in (window, GTK_TYPE_SCALE, "Strength")), 0.5);
      if (steps)
        {
          gtk_combo_box_set_active (GTK_COMBO_BOX (find_in (window, GTK_TYPE_COMBO_BOX, "Layer")), 1);
          g_assert_true (rvs_dialog_panel (dialog) != panel);
          WAIT_FOR (!rvs_panel_busy (rvs_dialog_panel (dialog)));
          gtk_combo_box_set_active (GTK_COMBO_BOX (find_in (window, GTK_TYPE_COMBO_BOX, "Layer")), 0);
          g_assert_true (rvs_dialog_panel (dialog) == panel);
          WAIT_FOR (!rvs_panel_busy (panel));
          g_assert_cmpint (rvs_faces_count_done (rvs_panel_faces (panel)), ==, 1);
        }
      gtk_combo_box_set_active (GTK_COMBO_BOX (find_in (GTK_WIDGET (panel), GTK_TYPE_COMBO_BOX, "Fidelity channel")), 1);
      WAIT_FOR (!rvs_panel_busy (panel));
      g_signal_connect (window, "hide", G_CALLBACK (on_dialog_done), &done);
      gtk_dialog_response (GTK_DIALOG (window), GTK_RESPONSE_ACCEPT);
      WAIT_FOR (done);
      g_assert_cmpint (rvs_dialog_result (dialog, 0, &first), ==, RVS_DIALOG_RESTORED);
      g_assert_cmpuint (first.n_faces, ==, 1);
      g_assert_cmpint (first.src.width, ==, 500);
      g_assert_cmpint (rvs_dialog_result (dialog, 1, &second), ==, steps ? RVS_DIALOG_RESTORED : RVS_DIALOG_UNSEEN);
      g_assert_cmpfloat_with_epsilon (rvs_values_get (&second.values, "strength"), 0.5, 1e-9);
      g_assert_cmpstr (second.values.channel, ==, "keep");
      if (steps)
        {
          g_assert_cmpint (second.src.width, ==, 620);
          g_assert_cmpuint (second.n_faces, ==, 1);
        }
      rvs_dialog_free (dialog);
      stage_close (&other);
      stage_close (&stage);
    }
}

static gboolean
is_inside (Stage *stage, GtkWidget *widget)
{
  int x, y, w, h;
  gtk_window_get_size (GTK_WINDOW (stage->window), &w, &h);
  gtk_widget_translate_coordinates (widget, stage->window, 0, 0, &x, &y);
  return gtk_widget_get_mapped (widget) && x >= 0 && y >= 0 && x + gtk_widget_get_allocated_width (widget) <= w
         && y + gtk_widget_get_allocated_height (widget) <= h;
}

/* However low the window, the number of faces and the output stay in sight, and that the settings go on below shows. */
static void
test_low_window (void)
{
  Stage stage;
  int   least;
  stage_open (&stage, 900, 700, "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4", TRUE);
  settle (&stage);
  gtk_widget_get_preferred_width (GTK_WIDGET (stage.panel), &least, NULL);
  g_test_message ("the panel is at least %d pixels wide", least);
  g_assert_cmpint (least, <=, 800 - 2 * 12);
  gtk_expander_set_expanded (GTK_EXPANDER (find_widget (&stage, GTK_TYPE_EXPANDER, "More settings")), TRUE);
  gtk_window_resize (GTK_WINDOW (stage.window), 780, 440);
  run_for_ms (500);
  g_assert_true (is_inside (&stage, find_widget (&stage, GTK_TYPE_COMBO_BOX, "Output")));
  g_assert_true (is_inside (&stage, find_text (&stage, "2 faces, 1 to be restored")));
  g_assert_true (is_inside (&stage, find_widget (&stage, GTK_TYPE_BUTTON, "Restore all faces")));
  GtkWidget *scrolled
      = gtk_widget_get_ancestor (find_widget (&stage, GTK_TYPE_EXPANDER, "More settings"), GTK_TYPE_SCROLLED_WINDOW);
  GtkWidget *bar = gtk_scrolled_window_get_vscrollbar (GTK_SCROLLED_WINDOW (scrolled));
  g_assert_true (gtk_widget_get_mapped (bar) && gtk_widget_get_opacity (bar) > 0);
  g_assert_false (gtk_scrolled_window_get_overlay_scrolling (GTK_SCROLLED_WINDOW (scrolled)));
  stage_close (&stage);
}

/* A small face is what the view opens on, unless it is too small to be restored: there is nothing to be seen. */
static void
test_opens_on_face (void)
{
  for (int small = 0; small < 2; small++)
    {
      Stage stage;
      stage_open (&stage, 500, 400, small ? "0.4,0.4,0.03,0.05" : "0.4,0.4,0.1,0.15", FALSE);
      settle (&stage);
      g_assert_cmpuint (rvs_panel_faces (stage.panel)->len, ==, 1);
      g_assert_cmpint (rvs_compare_view_get_mode (rvs_panel_view (stage.panel)), ==, small ? RVS_ZOOM_FIT : RVS_ZOOM_FACE);
      stage_close (&stage);
    }
}

/* The zoom that is told is that of the window's new size. */
static void
test_zoom_figure (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  rvs_compare_view_set_mode (rvs_panel_view (stage.panel), RVS_ZOOM_FIT);
  for (int i = 0; i < 2; i++)
    {
      gtk_window_resize (GTK_WINDOW (stage.window), i ? 1000 : 760, i ? 700 : 520);
      run_for_ms (300);
      char *text = g_strdup_printf ("%.0f %%", rvs_compare_view_get_zoom (rvs_panel_view (stage.panel)) * 100);
      g_assert_nonnull (find_text (&stage, text));
      g_free (text);
    }
  stage_close (&stage);
}

/* From one pixel of the picture to another. */
static void
drag_picture (Stage *stage, double x0, double y0, double x1, double y1)
{
  RvsCompareView *view = rvs_panel_view (stage->panel);
  double          ax, ay, bx, by;
  rvs_compare_view_to_widget (view, x0, y0, &ax, &ay);
  rvs_compare_view_to_widget (view, x1, y1, &bx, &by);
  drag (view, ax, ay, bx, by);
}

static void
test_drawn_box (void)
{
  Stage  stage;
  double x0, y0, x1, y1;
  stage_open (&stage, 900, 700, "", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  rvs_compare_view_to_widget (view, 200, 150, &x0, &y0);
  rvs_compare_view_to_widget (view, 420, 400, &x1, &y1);
  drag (view, x0, y0, x1, y1);
  g_assert_cmpint (rvs_panel_faces (stage.panel)->len, ==, 1);
  settle (&stage);
  const RvsUiFace *face = rvs_faces_at (rvs_panel_faces (stage.panel), 0);
  g_assert_cmpfloat_with_epsilon (face->face.x, 200, 3);
  g_assert_cmpfloat_with_epsilon (face->face.h, 250, 5);
  g_assert_true (face->placed && face->done && rvs_panel_can_apply (stage.panel));
  g_assert_null (find_text (&stage, "No face is recognised"));
  press_key (view, GDK_KEY_Delete, 0);
  fake_engine ()->sees_no_face = TRUE; /* it is restored all the same, and that is said */
  drag (view, x0, y0, x1, y1);
  settle (&stage);
  fake_engine ()->sees_no_face = FALSE;
  g_assert_true (rvs_faces_at (rvs_panel_faces (stage.panel), 0)->unsure);
  g_assert_true (gtk_widget_get_mapped (find_text (&stage, "No face is recognised")));
  press_key (view, GDK_KEY_Delete, 0);
  g_assert_cmpint (rvs_panel_faces (stage.panel)->len, ==, 0);
  stage_close (&stage);
}

/* Another panel takes the faces over while one of them is in work: what this panel's worker said of them is not known there. */
static void
test_faces_taken_over (void)
{
  Stage stage, other;
  fake_engine ()->stage_ms = 300;
  fake_engine ()->sees_no_face = TRUE;
  stage_open (&stage, 900, 700, "0.05,0.2,0.3,0.5", FALSE);
  settle (&stage);
  drag_picture (&stage, 500, 150, 720, 400);
  GArray *faces = rvs_panel_faces (stage.panel);
  WAIT_FOR (rvs_face_state (rvs_faces_at (faces, 1)) == RVS_FACE_WORKING);
  g_assert_true (rvs_faces_at (faces, 1)->unsure);
  fake_engine ()->stage_ms = 60;
  fake_engine ()->sees_no_face = FALSE;
  stage_open (&other, 900, 700, "0.05,0.2,0.3,0.5", FALSE);
  rvs_panel_set_faces (other.panel, faces);
  faces = rvs_panel_faces (other.panel);
  g_assert_cmpint (faces->len, ==, 2);
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpint (rvs_face_state (rvs_faces_at (faces, i)), ==, RVS_FACE_WAITING);
      g_assert_false (rvs_faces_at (faces, i)->unsure);
    }
  settle (&other);
  g_assert_cmpint (rvs_faces_count_done (faces), ==, 2);
  g_assert_true (rvs_faces_at (faces, 1)->placed && !rvs_faces_at (faces, 1)->unsure);
  stage_close (&other);
  stage_close (&stage);
}

/* More than there is room for: the largest are taken, and the panel says so. */
static void
test_too_many_faces (void)
{
  Stage    stage;
  GString *places = g_string_new (NULL);
  for (int i = 0; i < RVS_MAX_FACES + 3; i++)
    g_string_append_printf (places, "%s0.%03d,0.1,0.01,0.01", i ? ";" : "", i % 900);
  char *said = rvs_faces_too_many_text (RVS_MAX_FACES + 3);
  g_assert_null (rvs_faces_too_many_text (RVS_MAX_FACES));
  g_assert_nonnull (strstr (said, "1027 faces were found, and only the 1024 largest"));
  stage_open (&stage, 900, 700, places->str, FALSE);
  WAIT_FOR (rvs_panel_knows_faces (stage.panel));
  g_assert_cmpint (rvs_panel_faces (stage.panel)->len, ==, RVS_MAX_FACES);
  g_assert_nonnull (find_text (&stage, said));
  rvs_panel_stop (stage.panel);
  g_free (said);
  g_string_free (places, TRUE);
  stage_close (&stage);
}

static void
choose_turned (Stage *stage, const char *word)
{
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_widget (stage, GTK_TYPE_COMBO_BOX, "Turned faces")), word);
}

/* Another way to look for faces finds them anew; a drawn box stays and is looked at anew; the same way again costs nothing. */
static void
test_turned (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  double      x0, y0, x1, y1;
  stage_open (&stage, 900, 700, "0.05,0.2,0.3,0.5", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  rvs_compare_view_to_widget (view, 500, 150, &x0, &y0);
  rvs_compare_view_to_widget (view, 720, 400, &x1, &y1);
  drag (view, x0, y0, x1, y1);
  settle (&stage);
  gint detects = fake->n_detects, analyses = fake->n_analyses;
  choose_turned (&stage, "never");
  g_assert_false (rvs_panel_knows_faces (stage.panel));
  settle (&stage);
  g_assert_cmpint (fake->n_detects, ==, detects + 1);
  g_assert_cmpint (fake->n_analyses, ==, analyses + 2);
  g_assert_cmpint (fake->turned, ==, RVS_TURNED_NEVER);
  g_assert_cmpint (rvs_panel_faces (stage.panel)->len, ==, 2);
  g_assert_true (rvs_faces_at (rvs_panel_faces (stage.panel), 1)->from_user);
  g_assert_cmpint (count_done (&stage), ==, 2);
  choose_turned (&stage, "always");
  choose_turned (&stage, "never");
  settle (&stage);
  g_assert_cmpint (fake->turned, ==, RVS_TURNED_NEVER);
  g_assert_cmpint (rvs_panel_faces (stage.panel)->len, ==, 2);
  detects = fake->n_detects;
  set_value (&stage, "fidelity", 0.25);
  settle (&stage);
  g_assert_cmpint (fake->n_detects, ==, detects);
  rvs_panel_reset (stage.panel); /* "auto" again */
  settle (&stage);
  g_assert_cmpint (fake->n_detects, ==, detects + 1);
  stage_close (&stage);
}

/* Another part of each person is worked out anew for the faces that are there, and once only. */
static void
test_region (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  stage_open (&stage, 900, 700, "0.05,0.2,0.3,0.5;0.7,0.2,0.2,0.3", FALSE);
  settle (&stage);
  gint detects = fake->n_detects, analyses = fake->n_analyses;
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_widget (&stage, GTK_TYPE_COMBO_BOX, "Restored part")), "crop");
  settle (&stage);
  g_assert_cmpint (fake->n_detects, ==, detects);
  g_assert_cmpint (fake->n_analyses, ==, analyses + 2);
  g_assert_cmpint (fake->region, ==, RVS_REGION_CROP);
  g_assert_cmpint (count_done (&stage), ==, 2);
  set_value (&stage, "fidelity", 0.25);
  settle (&stage);
  g_assert_cmpint (fake->n_analyses, ==, analyses + 2);
  stage_close (&stage);
}

/* Until the user moves it, the divider runs through the face that is looked at. */
static void
test_divider_on_the_face (void)
{
  Stage  stage;
  double x, y, split_x;
  stage_open (&stage, 900, 700, "0.05,0.2,0.3,0.5;0.7,0.2,0.2,0.3", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  for (int i = 0; i < 4; i++)
    {
      const RvsUiFace *face = rvs_faces_at (rvs_panel_faces (stage.panel), rvs_compare_view_get_focus_face (view));
      rvs_compare_view_set_mode (view, i % 2 ? RVS_ZOOM_FACE : RVS_ZOOM_FIT);
      rvs_compare_view_to_widget (view, face->face.x + face->face.w / 2, 0, &x, &y);
      double left, right, width = gtk_widget_get_allocated_width (GTK_WIDGET (view));
      rvs_compare_view_to_widget (view, 0, 0, &left, &y);
      rvs_compare_view_to_widget (view, 900, 0, &right, &y);
      left = MAX (left, 0);
      split_x = left + rvs_compare_view_get_split (view) * (MIN (right, width) - left);
      g_assert_cmpfloat_with_epsilon (split_x, x, 1);
      if (i == 1)
        press_key (view, GDK_KEY_n, 0);
    }
  press_key (view, GDK_KEY_Right, GDK_CONTROL_MASK);
  double split = rvs_compare_view_get_split (view);
  press_key (view, GDK_KEY_n, 0);
  g_assert_cmpfloat (rvs_compare_view_get_split (view), ==, split);
  stage_close (&stage);
}

static void
test_view (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  double          x, y, h = gtk_widget_get_allocated_height (GTK_WIDGET (view));
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_to_widget (view, 450, 0, &x, &y);
  drag (view, x, h / 2, x + 90, h / 2);
  g_assert_cmpfloat (rvs_compare_view_get_split (view), >, 0.55);
  double split = rvs_compare_view_get_split (view);
  press_key (view, GDK_KEY_Left, GDK_CONTROL_MASK);
  g_assert_cmpfloat (rvs_compare_view_get_split (view), <, split);
  press_key (view, GDK_KEY_x, 0);
  g_assert_true (rvs_compare_view_get_swapped (view));
  split = rvs_compare_view_get_split (view);
  gtk_button_clicked (
      GTK_BUTTON (find_widget (&stage, GTK_TYPE_TOGGLE_BUTTON, "Show only the picture before (O while it is held)")));
  g_assert_true (rvs_compare_view_get_original (view));
  gtk_button_clicked (
      GTK_BUTTON (find_widget (&stage, GTK_TYPE_TOGGLE_BUTTON, "Show only the picture before (O while it is held)")));
  g_assert_false (rvs_compare_view_get_original (view));
  g_assert_cmpfloat (rvs_compare_view_get_split (view), ==, split);
  press_key (view, GDK_KEY_1, 0);
  g_assert_cmpfloat_with_epsilon (rvs_compare_view_get_zoom (view), 1, 1e-6);
  press_key (view, GDK_KEY_plus, 0);
  g_assert_cmpfloat (rvs_compare_view_get_zoom (view), >, 1.2);
  press_key (view, GDK_KEY_f, 0);
  g_assert_cmpint (rvs_compare_view_get_mode (view), ==, RVS_ZOOM_FACE);
  press_key (view, GDK_KEY_0, 0);
  g_assert_cmpint (rvs_compare_view_get_mode (view), ==, RVS_ZOOM_FIT);
  click_button (&stage, "One picture pixel is one screen pixel (1)");
  g_assert_cmpfloat_with_epsilon (rvs_compare_view_get_zoom (view), 1, 1e-6);
  stage_close (&stage);
}

/* The mean step from one pixel to the next along a row of a picture of the widget with `scale` pixels a unit. */
static double
step_between_pixels (RvsCompareView *view, int scale)
{
  GtkWidget *widget = GTK_WIDGET (view);
  int        width = gtk_widget_get_allocated_width (widget) * scale, height = gtk_widget_get_allocated_height (widget) * scale;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_surface_set_device_scale (surface, scale, scale);
  cairo_t *cr = cairo_create (surface);
  gtk_widget_draw (widget, cr);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  double sum = 0;
  for (int x = width / 2 - 100; x < width / 2 + 100; x++)
    sum += abs (channel_of (surface, x + 1, height / 2, 1) - channel_of (surface, x, height / 2, 1));
  cairo_surface_destroy (surface);
  return sum / 200;
}

/* On a screen of two pixels a unit the picture is as sharp as those, a figure and 1:1 mean them, and the pointer hits what it points at. */
static void
test_dense_screen (void)
{
  Stage stage;
  stage_open (&stage, 400, 300, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_set_split (view, 1);
  rvs_compare_view_set_boxes (view, FALSE);
  double fit = rvs_compare_view_get_zoom (view);
  press_key (view, GDK_KEY_1, 0);
  double sharp = step_between_pixels (view, 1);
  press_key (view, GDK_KEY_0, 0);
  g_assert_cmpfloat (fit, >, 1);
  gdk_x11_display_set_window_scale (gdk_display_get_default (), 2);
  WAIT_FOR (gtk_widget_get_scale_factor (GTK_WIDGET (view)) == 2);
  run_for_ms (300);
  char *figure = g_strdup_printf ("%.0f %%", rvs_compare_view_get_zoom (view) * 100);
  g_assert_cmpfloat (rvs_compare_view_get_zoom (view), >, 1.2 * fit);
  g_assert_nonnull (find_text (&stage, figure));
  press_key (view, GDK_KEY_1, 0);
  g_assert_cmpfloat_with_epsilon (rvs_compare_view_get_zoom (view), 1, 1e-6);
  g_assert_cmpfloat (step_between_pixels (view, 2), >, 0.9 * sharp);
  drag_picture (&stage, 400, 150, 100, 150);
  g_assert_cmpfloat_with_epsilon (rvs_compare_view_get_split (view), 0.25, 0.01);
  gdk_x11_display_set_window_scale (gdk_display_get_default (), 1);
  WAIT_FOR (gtk_widget_get_scale_factor (GTK_WIDGET (view)) == 1);
  g_free (figure);
  stage_close (&stage);
}

/* A choice of the list under the button beside the preview. */
static GtkWidget *
look (Stage *stage, const char *choice)
{
  GtkWidget *button = find_widget (stage, GTK_TYPE_MENU_BUTTON, "Ways to look at the result");
  return find_in (GTK_WIDGET (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button))), GTK_TYPE_TOGGLE_BUTTON, choice);
}

static gboolean
is_chosen (Stage *stage, const char *choice)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (look (stage, choice)));
}

/* The line lies level: what is above is before, what is below after, and it is dragged up and down. */
static void
check_level_line (Stage *stage)
{
  RvsCompareView *view = rvs_panel_view (stage->panel);
  double          x, y, left;
  press_key (view, GDK_KEY_c, 0);
  g_assert_cmpint (rvs_compare_view_get_compare (view), ==, RVS_COMPARE_DOWN);
  g_assert_true (is_chosen (stage, "Above and below a line"));
  rvs_compare_view_to_widget (view, 450, 350, &x, &y); /* the middle of the face: there the line is, as nobody has moved it */
  cairo_surface_t *shown = snapshot (view);
  g_assert_cmpfloat (mean_around (shown, x, y + 60, 20, 0) - mean_around (shown, x, y - 60, 20, 0), >, 8);
  cairo_surface_destroy (shown);
  rvs_compare_view_to_widget (view, 0, 0, &left, &y);
  rvs_compare_view_to_widget (view, 450, 350, &x, &y);
  drag (view, left + 20, y, left + 40, y + 130);
  shown = snapshot (view);
  g_assert_cmpfloat (fabs (mean_around (shown, x, y + 60, 20, 0) - mean_around (shown, x, y - 60, 20, 0)), <, 3);
  cairo_surface_destroy (shown);
  double split = rvs_compare_view_get_split (view);
  press_key (view, GDK_KEY_Up, GDK_CONTROL_MASK);
  g_assert_cmpfloat (rvs_compare_view_get_split (view), <, split);
}

/* Two panes show the same part, one before and one after: swapped, each shows what the other did. Returns where the second
 * begins. */
static int
check_panes (Stage *stage)
{
  RvsCompareView *view = rvs_panel_view (stage->panel);
  int             width = gtk_widget_get_allocated_width (GTK_WIDGET (view)), pane = (width - RVS_PANE_GAP) / 2;
  RvsRect         below_labels = { 2, 60, pane - 6, gtk_widget_get_allocated_height (GTK_WIDGET (view)) - 120 };
  g_assert_cmpint (width % 2, ==, 0); /* or the second pane begins between two pixels, and differs by that */
  cairo_surface_t *shown = snapshot (view);
  press_key (view, GDK_KEY_x, 0);
  cairo_surface_t *swapped = snapshot (view);
  press_key (view, GDK_KEY_x, 0);
  int other = pane + RVS_PANE_GAP;
  g_assert_cmpint (apart (shown, 0, swapped, other, below_labels), <=, 4); /* as cairo rounds the places of samples */
  g_assert_cmpint (apart (shown, other, swapped, 0, below_labels), <=, 4);
  g_assert_cmpint (apart (shown, 0, shown, other, below_labels), >, 10);
  cairo_surface_destroy (shown);
  cairo_surface_destroy (swapped);
  return other;
}

/* Wheel, middle button and clicks mean the same in both panes. */
static void
check_coupling (Stage *stage, int other)
{
  RvsCompareView *view = rvs_panel_view (stage->panel);
  double          x, y, u, v, zoom = rvs_compare_view_get_zoom (view);
  for (int i = 0; i < 6; i++) /* until the picture fills the pane, and has no middle to keep to */
    send_wheel (view, other + 150, 250, GDK_SCROLL_UP);
  g_assert_cmpfloat (rvs_compare_view_get_zoom (view), >, zoom);
  rvs_compare_view_to_widget (view, 500, 300, &x, &y);
  send_wheel (view, other + x, y, GDK_SCROLL_UP);
  rvs_compare_view_to_widget (view, 500, 300, &u, &v);
  g_assert_cmpfloat_with_epsilon (u, x, 1);
  g_assert_cmpfloat_with_epsilon (v, y, 1);
  send_button (view, GDK_BUTTON_PRESS, other + 100, 200, 2);
  send_motion (view, other + 60, 230);
  send_button (view, GDK_BUTTON_RELEASE, other + 60, 230, 2);
  rvs_compare_view_to_widget (view, 500, 300, &u, &v);
  g_assert_cmpfloat_with_epsilon (u, x - 40, 1);
  g_assert_cmpfloat_with_epsilon (v, y + 30, 1);
  check_panes (stage);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_set_boxes (view, TRUE);
  rvs_compare_view_badge_at (view, 0, &x, &y);
  click_at (view, other + x, y);
  g_assert_false (rvs_faces_at (rvs_panel_faces (stage->panel), 0)->enabled);
}

/* Three ways to compare: by key and by list; the one last chosen is that of the next photo. */
static void
test_compare (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.3,0.25,0.4,0.5", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  rvs_compare_view_set_boxes (view, FALSE);
  g_assert_true (is_chosen (&stage, "Left and right of a line"));
  check_level_line (&stage);
  gtk_button_clicked (GTK_BUTTON (look (&stage, "Side by side")));
  g_assert_cmpint (rvs_compare_view_get_compare (view), ==, RVS_COMPARE_SIDES);
  run_for_ms (50);
  int width = gtk_widget_get_allocated_width (GTK_WIDGET (view));
  if (width % 2)
    gtk_window_resize (GTK_WINDOW (stage.window), 1101, 620);
  WAIT_FOR (gtk_widget_get_allocated_width (GTK_WIDGET (view)) % 2 == 0);
  check_coupling (&stage, check_panes (&stage));
  g_assert_cmpint (rvs_settings_get_window (stage.settings, "compare", -1), ==, RVS_COMPARE_SIDES);
  RvsValues values;
  rvs_values_init (&values);
  RvsPanel *next = RVS_PANEL (g_object_ref_sink (rvs_panel_new (&stage.host, &stage.source, stage.settings, &values)));
  g_assert_cmpint (rvs_compare_view_get_compare (rvs_panel_view (next)), ==, RVS_COMPARE_SIDES);
  rvs_panel_shut_down (next);
  gtk_widget_destroy (GTK_WIDGET (next));
  g_object_unref (next);
  rvs_settings_set_window (stage.settings, "compare", 77); /* of some other version */
  rvs_panel_park (stage.panel);
  rvs_panel_wake (stage.panel);
  g_assert_cmpint (rvs_compare_view_get_compare (view), ==, RVS_COMPARE_ACROSS);
  stage_close (&stage);
}

/* How many pixels of the picture lie between two points of the loupe 200 screen pixels apart: the picture's green grows downwards. Left of
 * the middle, where it shows before. */
static double
pixels_down (Stage *stage, double x, double y)
{
  cairo_surface_t *shown = snapshot (rvs_panel_view (stage->panel));
  double           green = mean_around (shown, x - 60, y + 100, 30, 1) - mean_around (shown, x - 60, y - 100, 30, 1);
  cairo_surface_destroy (shown);
  return green * stage->picture.height / 120;
}

/* How much lighter the loupe is at one point than at another; what is restored is lighter by 14. */
static double
lighter (Stage *stage, double x0, double y0, double x1, double y1, int c)
{
  cairo_surface_t *shown = snapshot (rvs_panel_view (stage->panel));
  double           more = mean_around (shown, x1, y1, 30, c) - mean_around (shown, x0, y0, 30, c);
  cairo_surface_destroy (shown);
  return more;
}

/* A loupe under the pointer, as long as the key is held or until it is turned off, parted as the view is. */
static void
test_loupe (void)
{
  Stage  stage;
  double x, y;
  stage_open (&stage, 2400, 1800, "0.3,0.25,0.4,0.5", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  rvs_compare_view_set_boxes (view, FALSE);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  double fit = rvs_compare_view_get_zoom (view);
  rvs_compare_view_to_widget (view, 2400 * 0.5, 1800 * 0.5, &x, &y);
  send_motion (view, x, y);
  g_assert_cmpfloat (rvs_compare_view_get_loupe_shown (view), ==, 0);
  press_key (view, GDK_KEY_l, 0);
  g_assert_cmpfloat_with_epsilon (pixels_down (&stage, x, y), 200, 20);
  g_assert_cmpfloat (lighter (&stage, x - 60, y, x + 60, y, 1), >, 8);
  release_key (view, GDK_KEY_l);
  g_assert_cmpfloat (rvs_compare_view_get_loupe_shown (view), ==, 0);
  g_assert_cmpfloat_with_epsilon (pixels_down (&stage, x, y), 200 / fit, 60);
  press_key (view, GDK_KEY_L, GDK_SHIFT_MASK);
  g_assert_cmpfloat_with_epsilon (pixels_down (&stage, x, y), 100, 20);
  release_key (view, GDK_KEY_L);
  gtk_button_clicked (GTK_BUTTON (look (&stage, "100 %")));
  g_assert_cmpfloat (rvs_compare_view_get_loupe_shown (view), ==, 1);
  press_key (view, GDK_KEY_c, 0); /* above and below */
  g_assert_cmpfloat (lighter (&stage, x, y - 60, x, y + 60, 0), >, 8);
  g_assert_cmpfloat (fabs (lighter (&stage, x - 60, y - 60, x + 60, y - 60, 1)), <, 3);
  press_key (view, GDK_KEY_o, 0); /* all of it before */
  g_assert_cmpfloat (fabs (lighter (&stage, x, y - 60, x, y + 60, 0)), <, 3);
  release_key (view, GDK_KEY_o);
  press_key (view, GDK_KEY_c, 0); /* side by side: one in each pane */
  rvs_compare_view_to_widget (view, 2400 * 0.5, 1800 * 0.5, &x, &y);
  double other = (gtk_widget_get_allocated_width (GTK_WIDGET (view)) + RVS_PANE_GAP) / 2.0;
  send_motion (view, other + x, y);
  g_assert_cmpfloat_with_epsilon (lighter (&stage, x, y, other + x, y, 1), 14, 4);
  send_leave (view);
  g_assert_cmpfloat (rvs_compare_view_get_loupe_shown (view), ==, 0);
  press_key (view, GDK_KEY_l, 0); /* by the key also without the pointer */
  g_assert_cmpfloat (rvs_compare_view_get_loupe_shown (view), ==, 1);
  stage_close (&stage);
}

/* How much of the map lies over a point of the picture, told by what it does to green: every colour of the ramp has less of it than the
 * grey below, the more the less. */
static double
green_lost_within (Stage *stage, double x, double y, int reach)
{
  RvsCompareView  *view = rvs_panel_view (stage->panel);
  RvsMapOverlay   *map = rvs_compare_view_get_map (view);
  double           wx, wy;
  cairo_surface_t *with = snapshot (view), *without;
  rvs_compare_view_set_map (view, NULL);
  without = snapshot (view);
  rvs_compare_view_set_map (view, map);
  rvs_compare_view_to_widget (view, x, y, &wx, &wy);
  double lost = mean_around (without, wx, wy, reach, 1) - mean_around (with, wx, wy, reach, 1);
  cairo_surface_destroy (with);
  cairo_surface_destroy (without);
  return lost;
}

static double
green_lost (Stage *stage, double x, double y)
{
  return green_lost_within (stage, x, y, 8);
}

static RvsMapOverlay *
choose_map (Stage *stage, const char *choice)
{
  gtk_button_clicked (GTK_BUTTON (look (stage, choice)));
  settle (stage);
  return rvs_compare_view_get_map (rvs_panel_view (stage->panel));
}

/* Of the result: over after only, as strong as the result is shown, and not while the photo is looked at as it was. */
static void
check_map_of_result (Stage *stage)
{
  RvsCompareView *view = rvs_panel_view (stage->panel);
  g_assert_nonnull (choose_map (stage, "Invented detail"));
  g_assert_cmpint (fake_engine ()->n_maps, ==, 1);
  rvs_compare_view_set_split (view, 0);
  g_assert_cmpfloat (green_lost (stage, 250, 300), >, 20); /* in the left half of the face's rect, where the double says so */
  g_assert_cmpfloat (fabs (green_lost (stage, 350, 300)), <, 1);
  rvs_compare_view_set_split (view, 1);
  g_assert_cmpfloat (fabs (green_lost (stage, 250, 300)), <, 1);
  rvs_compare_view_set_split (view, 0);
  press_key (view, GDK_KEY_o, 0);
  g_assert_cmpfloat (fabs (green_lost (stage, 250, 300)), <, 1);
  release_key (view, GDK_KEY_o);
  double whole = green_lost (stage, 250, 300);
  set_value (stage, "strength", 0.05); /* of .3, and .08 is all there is to be shown */
  settle (stage);
  g_assert_cmpfloat (green_lost (stage, 250, 300), <, 0.7 * whole);
  set_value (stage, "strength", 1);
  settle (stage);
}

/* Of the photo: on both sides. */
static void
check_map_of_photo (Stage *stage)
{
  RvsCompareView *view = rvs_panel_view (stage->panel);
  int             n_maps = fake_engine ()->n_maps;
  g_assert_nonnull (choose_map (stage, "Parts of the face"));
  g_assert_cmpint (fake_engine ()->n_maps, ==, n_maps + 1);
  for (int split = 0; split < 2; split++)
    {
      rvs_compare_view_set_split (view, split);
      g_assert_cmpfloat (fabs (green_lost (stage, 250, 300)), >, 8);
    }
  set_value (stage, "fidelity", 0.4);
  settle (stage);
  g_assert_cmpint (fake_engine ()->n_maps, ==, n_maps + 1); /* the sliders do not change it */
}

/* The mesh lies over both sides as lines of the screen's width, however large the picture is shown; where there is none the overlay holds
 * no line. What has no mesh does not offer it. */
static void
test_map_of_lines (void)
{
  for (int unsure = 0; unsure < 2; unsure++)
    {
      Stage stage;
      fake_engine ()->shape_prior = unsure ? RVS_SHAPE_UNSURE : RVS_SHAPE_USED;
      stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
      RvsCompareView *view = rvs_panel_view (stage.panel);
      g_assert_false (gtk_widget_get_visible (look (&stage, "Shape of the face")));
      set_value (&stage, "model", shape_system ());
      rvs_compare_view_set_boxes (view, FALSE);
      settle (&stage);
      g_assert_nonnull (choose_map (&stage, "Shape of the face"));
      for (int split = 0; split < 2; split++)
        for (int large = 0; large < 2; large++)
          {
            rvs_compare_view_set_split (view, split);
            rvs_compare_view_set_mode (view, large ? RVS_ZOOM_FACE : RVS_ZOOM_FIT);
            g_assert_true ((fabs (green_lost_within (&stage, 450, 260, 1)) > 8) == !unsure);
            g_assert_cmpfloat (fabs (green_lost_within (&stage, 500, 260, 2)), <, 1);
          }
      stage_close (&stage);
    }
  fake_engine ()->shape_prior = RVS_SHAPE_NONE;
}

/* A map over the face that is looked at, made when it is asked for: another face, other settings, a face that is off, and a model that
 * has no such map. */
static void
test_map (void)
{
  Stage stage;
  fake_engine ()->n_maps = 0;
  stage_open (&stage, 900, 700, "0.2,0.2,0.25,0.4;0.6,0.2,0.2,0.3", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  gsize           bytes = rvs_panel_bytes (stage.panel);
  rvs_compare_view_set_boxes (view, FALSE);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  g_assert_cmpint (fake_engine ()->n_maps, ==, 0);
  check_map_of_result (&stage);
  g_assert_cmpuint (rvs_panel_bytes (stage.panel), <, bytes + (2 << 20));
  int n_maps = fake_engine ()->n_maps;
  set_value (&stage, "fidelity", 0.3);
  g_assert_nonnull (rvs_compare_view_get_map (view)); /* the old one stays until the new one is there */
  settle (&stage);
  g_assert_cmpint (fake_engine ()->n_maps, ==, n_maps + 1);
  press_key (view, GDK_KEY_n, 0);
  g_assert_null (rvs_compare_view_get_map (view));
  settle (&stage);
  g_assert_nonnull (rvs_compare_view_get_map (view));
  g_assert_cmpint (fake_engine ()->n_maps, ==, n_maps + 2);
  press_key (view, GDK_KEY_space, 0); /* leaves it out */
  settle (&stage);
  g_assert_null (rvs_compare_view_get_map (view));
  press_key (view, GDK_KEY_p, 0);
  settle (&stage);
  check_map_of_photo (&stage);
  set_value (&stage, "model", 1); /* fills holes */
  settle (&stage);
  g_assert_null (rvs_compare_view_get_map (view));
  g_assert_true (is_chosen (&stage, "Nothing"));
  g_assert_false (gtk_widget_get_visible (look (&stage, "Parts of the face")));
  set_value (&stage, "model", 0);
  settle (&stage);
  g_assert_true (gtk_widget_get_visible (look (&stage, "Parts of the face")));
  g_assert_null (choose_map (&stage, "Nothing"));
  stage_close (&stage);
}

/* Closing does not wait for a map, and a photo that was put aside gets its own again. */
static void
test_map_parked (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.2,0.2,0.25,0.4", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  g_assert_nonnull (choose_map (&stage, "Invented detail"));
  rvs_panel_park (stage.panel);
  rvs_panel_wake (stage.panel);
  g_assert_false (rvs_panel_busy (stage.panel));               /* it is still there */
  g_assert_nonnull (choose_map (&stage, "Parts of the face")); /* and another one is made by a worker that has to begin anew */
  fake_engine ()->stage_ms = 3000;
  gtk_button_clicked (GTK_BUTTON (look (&stage, "Invented detail")));
  run_for_ms (100);
  g_assert_true (rvs_panel_busy (stage.panel));
  g_assert_null (rvs_compare_view_get_map (view));
  gint64 start = g_get_monotonic_time ();
  rvs_panel_shut_down (stage.panel);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_TIME_SPAN_SECOND);
  fake_engine ()->stage_ms = 60;
  stage_close (&stage);
}

/* A map that nobody wants any more when it comes is not shown. */
static void
test_map_late (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  stage_open (&stage, 900, 700, "0.2,0.2,0.25,0.4", FALSE);
  settle (&stage);
  gint n_maps = g_atomic_int_get (&fake->n_maps);
  gtk_button_clicked (GTK_BUTTON (look (&stage, "Parts of the face")));
  while (g_atomic_int_get (&fake->n_maps) == n_maps) /* the worker is done with it, and this thread has not heard of it */
    g_usleep (1000);
  g_assert_null (choose_map (&stage, "Nothing"));
  g_assert_cmpint (g_atomic_int_get (&fake->n_maps), ==, n_maps + 1);
  stage_close (&stage);
}

static GtkWidget *
frame_of (Stage *stage, int side)
{
  char      *name = g_strdup_printf ("Show the image of %d × %d pixels", side, side);
  GtkWidget *frame = find_widget (stage, GTK_TYPE_TOGGLE_BUTTON, name);
  g_free (name);
  return frame;
}

/* What is seen at a point of the picture. */
static double
red_at (Stage *stage, double x, double y)
{
  double           wx, wy;
  cairo_surface_t *shown = snapshot (rvs_panel_view (stage->panel));
  rvs_compare_view_to_widget (rvs_panel_view (stage->panel), x, y, &wx, &wy);
  double red = mean_around (shown, wx, wy, 6, 0);
  cairo_surface_destroy (shown);
  return red;
}

/* The images on the way are made for the film, once, and one that is clicked stands in the result's place. */
static void
test_film (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.2,0.2,0.25,0.4;0.6,0.2,0.2,0.3", FALSE);
  settle (&stage);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  gsize           bytes = rvs_panel_bytes (stage.panel);
  int             n_runs = fake_engine ()->n_stage2;
  rvs_compare_view_set_boxes (view, FALSE);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_set_split (view, 0);
  gtk_button_clicked (GTK_BUTTON (look (&stage, "Stages of the restoration")));
  settle (&stage);
  g_assert_cmpint (fake_engine ()->n_stage2, ==, n_runs + 1);
  double result = red_at (&stage, 300, 300);
  gtk_button_clicked (GTK_BUTTON (frame_of (&stage, 16))); /* the second: two fifths of white */
  g_assert_cmpfloat_with_epsilon (red_at (&stage, 300, 300), 102, 1);
  g_assert_cmpstr (rvs_compare_view_get_after_label (view), ==, "16 × 16");
  gtk_button_clicked (GTK_BUTTON (frame_of (&stage, 8)));
  g_assert_cmpfloat_with_epsilon (red_at (&stage, 300, 300), 51, 1);
  g_assert_false (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (frame_of (&stage, 16))));
  rvs_compare_view_set_split (view, 1);
  g_assert_cmpfloat (red_at (&stage, 300, 300), >, 80); /* before is the photo */
  rvs_compare_view_set_split (view, 0);
  set_value (&stage, "fidelity", 0.3); /* the film of other settings, and the same frame of it */
  settle (&stage);
  g_assert_cmpfloat_with_epsilon (red_at (&stage, 300, 300), 51, 1);
  gtk_button_clicked (GTK_BUTTON (frame_of (&stage, 8)));
  g_assert_cmpfloat_with_epsilon (red_at (&stage, 300, 300), result, 3);
  g_assert_null (rvs_compare_view_get_after_label (view));
  gtk_button_clicked (GTK_BUTTON (frame_of (&stage, 32)));
  press_key (view, GDK_KEY_n, 0); /* the other face has a film of its own, and nothing is chosen of it */
  settle (&stage);
  g_assert_false (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (frame_of (&stage, 32))));
  g_assert_null (rvs_compare_view_get_map (view));
  g_assert_cmpuint (rvs_panel_bytes (stage.panel), <, bytes + (2 << 20));
  n_runs = fake_engine ()->n_stage2;
  gtk_button_clicked (GTK_BUTTON (look (&stage, "Stages of the restoration")));
  settle (&stage);
  g_assert_cmpint (fake_engine ()->n_stage2, ==, n_runs);
  /* a film takes 20 kB; with the other fidelity some pixels more or less have changed */
  g_assert_cmpint (labs ((glong)rvs_panel_bytes (stage.panel) - (glong)bytes), <, 4096);
  stage_close (&stage);
}

/* How much of a widget shows, with all that it lies in. */
static double
opacity_of (GtkWidget *widget)
{
  double opacity = 1;
  for (; widget; widget = gtk_widget_get_parent (widget))
    opacity *= gtk_widget_get_opacity (widget);
  return opacity;
}

/* While the window around it has a Stop of its own, the panel's is not there. */
static void
test_one_stop (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  WAIT_FOR (rvs_panel_n_stage_patches (stage.panel) > 0);
  GtkWidget *stop = find_widget (&stage, GTK_TYPE_BUTTON, "Stop");
  for (int shown = 0; shown < 2; shown++)
    {
      rvs_panel_show_progress (stage.panel, shown);
      g_assert_true (gtk_widget_is_sensitive (stop) == shown);
      g_assert_cmpfloat (opacity_of (stop), ==, shown);
    }
  settle (&stage);
  stage_close (&stage);
}

static void
test_stop_and_continue (void)
{
  Stage stage;
  fake_engine ()->stage_ms = 300;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  WAIT_FOR (rvs_panel_n_stage_patches (stage.panel) > 0);
  GtkWidget *stop = find_widget (&stage, GTK_TYPE_BUTTON, "Stop");
  gtk_button_clicked (GTK_BUTTON (stop));
  g_assert_false (rvs_panel_busy (stage.panel));
  run_for_ms (400);
  g_assert_cmpint (rvs_panel_n_final_patches (stage.panel), ==, 0);
  gtk_button_clicked (GTK_BUTTON (stop));
  settle (&stage);
  g_assert_cmpint (rvs_panel_n_final_patches (stage.panel), ==, 1);
  fake_engine ()->stage_ms = 60;
  stage_close (&stage);
}

static void
test_closing_while_busy (void)
{
  Stage stage;
  fake_engine ()->stage_ms = 5000;
  stage_open (&stage, 900, 700, "0.3,0.2,0.4,0.5", FALSE);
  WAIT_FOR (rvs_panel_n_stage_patches (stage.panel) > 0 || fake_engine ()->n_stage2 > 0);
  gint64 start = g_get_monotonic_time ();
  rvs_panel_shut_down (stage.panel);
  gint64 took = g_get_monotonic_time () - start;
  g_test_message ("closing while busy: %.0f ms", (double)took / 1000);
  g_assert_cmpint (took, <=, 300000 * SLOWER);
  fake_engine ()->stage_ms = 60;
  stage_close (&stage);
}

static void
test_apply (void)
{
  Stage       stage;
  RvsUiResult result;
  int         changed = 0, outside = 0;
  stage_open (&stage, 900, 700, "0.1,0.2,0.3,0.4;0.3,0.3,0.3,0.4", FALSE);
  settle (&stage);
  set_value (&stage, "strength", 0.5);
  settle (&stage);
  rvs_panel_apply (stage.panel);
  g_assert_true (rvs_panel_applying (stage.panel));
  WAIT_FOR (stage.applied);
  rvs_panel_result (stage.panel, &result);
  g_assert_cmpint (result.n_rects, ==, 2);
  g_assert_cmpfloat_with_epsilon (rvs_values_get (&result.values, "strength"), 0.5, 1e-9);
  /* where only the first face reaches it has changed, although the second one's rect overlaps it */
  for (size_t i = 0; i < 2; i++)
    {
      RvsRect r = result.rects[i];
      int32_t cx = r.x + r.width / 2, cy = r.y + r.height / 2;
      for (int32_t x = cx - 20; x < cx + 20; x++)
        changed += memcmp (rvs_view_at (&result.src, x, cy), rvs_view_at (&result.out, x, cy), 3) != 0;
      /* the corner that the other rect does not cover */
      gboolean left = r.x < result.rects[1 - i].x;
      int32_t  x0 = left ? r.x : r.x + r.width - 1, y0 = left ? r.y : r.y + r.height - 1;
      outside += memcmp (rvs_view_at (&result.src, x0, y0), rvs_view_at (&result.out, x0, y0), 3) != 0;
    }
  g_assert_cmpint (changed, >, 60);
  g_assert_cmpint (outside, ==, 0);
  stage_close (&stage);
}

/* For a layer with a mask: what it shows of the bare restoration is the result, and behind the soft edge there is more to show. */
static void
test_apply_masked (void)
{
  Stage       stage;
  RvsUiResult result;
  int         behind = 0;
  stage_open (&stage, 900, 700, "0.3,0.2,0.3,0.4", FALSE);
  settle (&stage);
  set_value (&stage, "strength", 0.5);
  set_value (&stage, "output", RVS_OUTPUT_MASKED_LAYER);
  rvs_panel_apply (stage.panel);
  WAIT_FOR (stage.applied);
  rvs_panel_result (stage.panel, &result);
  g_assert_nonnull (result.bare.pixels);
  g_assert_nonnull (result.matte.pixels);
  RvsRect r = result.rects[0];
  for (int32_t y = r.y; y < r.y + r.height; y++)
    for (int32_t x = r.x; x < r.x + r.width; x++)
      {
        double        m = (double)*(const float *)(const void *)rvs_view_at (&result.matte, x, y);
        const guint8 *src = rvs_view_at (&result.src, x, y), *out = rvs_view_at (&result.out, x, y);
        const guint8 *bare = rvs_view_at (&result.bare, x, y);
        g_assert_cmpfloat (m, <=, 0.5);
        for (int c = 0; c < 3; c++)
          g_assert_cmpfloat_with_epsilon (out[c], src[c] + m * (bare[c] - src[c]), 1.01);
        behind += m == 0 && memcmp (src, bare, 3);
      }
  g_assert_cmpint (behind, >, 100);
  stage_close (&stage);
}

static void
test_selection (void)
{
  Stage stage;
  stage_open (&stage, 900, 700, "0.1,0.2,0.2,0.3;0.65,0.2,0.2,0.3", TRUE);
  settle (&stage);
  g_assert_cmpint (rvs_faces_count_enabled (rvs_panel_faces (stage.panel)), ==, 1);
  set_value (&stage, "inside-selection", 0);
  settle (&stage);
  g_assert_cmpint (rvs_faces_count_enabled (rvs_panel_faces (stage.panel)), ==, 2);
  set_value (&stage, "inside-selection", 1);
  set_value (&stage, "min-face", 500);
  g_assert_cmpint (rvs_faces_count_enabled (rvs_panel_faces (stage.panel)), ==, 0);
  stage_close (&stage);
}

static gboolean
shows (Stage *stage, GType type, const char *name)
{
  return gtk_widget_get_mapped (find_widget (stage, type, name));
}

static void
choose_system (Stage *stage, const char *id)
{
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_widget (stage, GTK_TYPE_COMBO_BOX, "Model")), id);
  settle (stage);
}

static void
restore_after_it (Stage *stage)
{
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (find_widget (stage, GTK_TYPE_CHECK_BUTTON, "Then restore the faces")), TRUE);
  settle (stage);
}

/* A system of the table is there to be chosen, and only its knobs are shown; the values of the others are kept. */
static void
test_fields_of_system (void)
{
  Stage     stage;
  RvsValues values;
  stage_open (&stage, 500, 400, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  gtk_expander_set_expanded (GTK_EXPANDER (find_widget (&stage, GTK_TYPE_EXPANDER, "More settings")), TRUE);
  set_value (&stage, "texture", 0.25);
  settle (&stage);
  WAIT_FOR (shows (&stage, GTK_TYPE_SCALE, "Texture"));
  g_assert_true (shows (&stage, GTK_TYPE_SCALE, "Fidelity"));
  gint n_sessions = fake_engine ()->n_sessions;
  choose_system (&stage, "tint");
  g_assert_cmpint (fake_engine ()->n_sessions, ==, n_sessions + 1);
  g_assert_false (shows (&stage, GTK_TYPE_SCALE, "Fidelity"));
  g_assert_false (shows (&stage, GTK_TYPE_SCALE, "Texture"));
  g_assert_false (shows (&stage, GTK_TYPE_SPIN_BUTTON, "Seed"));
  g_assert_true (shows (&stage, GTK_TYPE_SCALE, "Keep colour"));
  g_assert_true (shows (&stage, GTK_TYPE_SCALE, "Strength"));
  g_assert_true (rvs_panel_can_apply (stage.panel));
  rvs_panel_get_values (stage.panel, &values);
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "tint");
  g_assert_cmpfloat (rvs_values_get (&values, "texture"), ==, 0.25);
  rvs_panel_reset (stage.panel);
  settle (&stage);
  g_assert_true (shows (&stage, GTK_TYPE_SCALE, "Fidelity"));
  g_assert_true (shows (&stage, GTK_TYPE_SCALE, "Texture"));
  stage_close (&stage);
}

static guint
n_strokes (Stage *stage)
{
  return rvs_hole_brush_n_strokes (rvs_panel_hole_brush (stage->panel));
}

static const char *
note (Stage *stage)
{
  return rvs_compare_view_get_note (rvs_panel_view (stage->panel));
}

/* A system that fills a hole has nothing to do without a selection, and says so; the selection is the hole, whatever lies in it. */
static void
test_needs_hole (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.1,0.2,0.3,0.4", FALSE);
  settle (&stage);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  choose_system (&stage, "patch");
  g_assert_false (rvs_panel_can_apply (stage.panel));
  g_assert_nonnull (note (&stage));
  g_assert_nonnull (strstr (note (&stage), "Let scratches be found, or paint over the damage"));
  rvs_panel_apply (stage.panel);
  g_assert_false (rvs_panel_busy (stage.panel));
  choose_system (&stage, "jsfm");
  g_assert_null (note (&stage));
  g_assert_true (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
  stage_open (&stage, 500, 400, "", TRUE); /* without a face */
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  g_assert_true (shows (&stage, GTK_TYPE_CHECK_BUTTON, "Only inside the selection"));
  choose_system (&stage, "patch");
  g_assert_true (rvs_panel_can_apply (stage.panel));
  g_assert_null (note (&stage));
  g_assert_false (shows (&stage, GTK_TYPE_CHECK_BUTTON, "Only inside the selection"));
  g_assert_false (gtk_widget_get_mapped (find_widget (&stage, GTK_TYPE_BUTTON, "Restore all faces")));
  stage_close (&stage);
}

static void
test_fill_selection (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.55,0.2,0.3,0.4", TRUE);
  settle (&stage);
  gint n_fills = fake_engine ()->n_fills;
  choose_system (&stage, "patch");
  g_assert_cmpint (fake_engine ()->n_fills, ==, n_fills + 1);
  set_value (&stage, "output", RVS_OUTPUT_MASKED_LAYER);
  settle (&stage);
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 1);
  g_assert_cmpuint (result.n_faces, ==, 0);
  g_assert_cmpint (result.rects[0].x, ==, 0);
  g_assert_cmpint (result.rects[0].width, ==, 250);
  g_assert_cmpint (result.rects[0].height, ==, 400);
  g_assert_cmpint (change_at (&result, 249, 200), >, 0);
  g_assert_cmpfloat (*(const float *)(const void *)rvs_view_at (&result.matte, 100, 100), ==, 1);
  stage_close (&stage);
}

/* One run: the hole, and the face beside it after that, whose own settings are shown then. */
static void
test_fill_then_restore (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.55,0.2,0.3,0.4", TRUE);
  settle (&stage);
  choose_system (&stage, "patch");
  g_assert_false (shows (&stage, GTK_TYPE_SCALE, "Fidelity"));
  restore_after_it (&stage);
  g_assert_true (shows (&stage, GTK_TYPE_SCALE, "Fidelity"));
  g_assert_true (gtk_widget_get_mapped (find_widget (&stage, GTK_TYPE_BUTTON, "Restore all faces")));
  set_value (&stage, "output", RVS_OUTPUT_MASKED_LAYER);
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 2);
  g_assert_cmpuint (result.n_faces, ==, 1);
  g_assert_cmpint (change_at (&result, 20, 390), >, 0);   /* of the hole */
  g_assert_cmpint (change_at (&result, 350, 160), >, 0);  /* of the face */
  g_assert_cmpint (change_at (&result, 490, 390), ==, 0); /* of neither */
  g_assert_cmpfloat (*(const float *)(const void *)rvs_view_at (&result.matte, 350, 160), >, 0.9);
  g_assert_cmpfloat (*(const float *)(const void *)rvs_view_at (&result.matte, 490, 390), ==, 0);
  choose_system (&stage, "jsfm");
  g_assert_true (rvs_panel_can_apply (stage.panel));
  g_assert_cmpuint (apply_now (&stage).n_rects, ==, 1);
  stage_close (&stage);
}

/* A face that is found on the filled picture only is restored too, unless the user has turned off the one that lies there. */
static void
test_fill_finds_hidden (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.55,0.2,0.3,0.4", TRUE);
  fake_engine ()->hidden = (RvsFace){ .x = 60, .y = 80, .w = 100, .h = 120, .score = 0.9f };
  settle (&stage);
  choose_system (&stage, "patch");
  restore_after_it (&stage);
  set_value (&stage, "output", RVS_OUTPUT_MASKED_LAYER);
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 3);
  g_assert_cmpuint (result.n_faces, ==, 2);
  g_assert_cmpint (result.rects[2].x, ==, 35);
  press_key (rvs_panel_view (stage.panel), GDK_KEY_space, 0);
  fake_engine ()->hidden.x = 290;
  settle (&stage);
  g_assert_false (rvs_faces_at (rvs_panel_faces (stage.panel), 0)->enabled);
  g_assert_cmpuint (apply_now (&stage).n_faces, ==, 0);
  fake_engine ()->hidden = (RvsFace){ 0 };
  stage_close (&stage);
}

#define UNDO "Take the last stroke back (Ctrl+Z)"

/* Damage painted on the preview, by brush and eraser, undone and cleared. */
static void
test_brush (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  settle (&stage);
  drag_picture (&stage, 300, 40, 400, 140);
  g_assert_cmpuint (rvs_panel_faces (stage.panel)->len, ==, 2); /* with a model for faces the pointer draws boxes */
  settle (&stage);
  choose_system (&stage, "patch");
  g_assert_nonnull (strstr (note (&stage), "paint over the damage"));
  restore_after_it (&stage);
  g_assert_null (find_text (&stage, "Drag on the picture to add a face")); /* that is how damage is marked */
  g_assert_true (gtk_widget_get_mapped (find_text (&stage, "The pointer marks damage.")));
  set_value (&stage, "then-restore", 0);
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  g_assert_false (gtk_widget_get_sensitive (find_widget (&stage, GTK_TYPE_BUTTON, UNDO)));
  rvs_compare_view_set_brush_tool (view, 6, RVS_STROKE_PAINT);
  drag_picture (&stage, 300, 300, 400, 300);
  settle (&stage);
  g_assert_cmpuint (rvs_panel_faces (stage.panel)->len, ==, 2);
  g_assert_cmpuint (n_strokes (&stage), ==, 1);
  g_assert_null (note (&stage));
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 1);
  g_assert_cmpint (abs (result.rects[0].y - 293), <=, 1);
  g_assert_cmpint (change_at (&result, 350, 300), >, 0);
  press_key (view, GDK_KEY_e, 0);
  g_assert_cmpint (rvs_compare_view_get_brush_tool (view), ==, RVS_STROKE_ERASE);
  g_assert_true (gtk_toggle_button_get_active (
      GTK_TOGGLE_BUTTON (find_widget (&stage, GTK_TYPE_TOGGLE_BUTTON, "Take marks away (E: the brush)"))));
  press_key (view, GDK_KEY_bracketright, 0);
  g_assert_cmpfloat (rvs_compare_view_get_brush_radius (view), ==, 7.5);
  drag_picture (&stage, 290, 300, 410, 300);
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel)); /* all of it is gone again */
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK);
  settle (&stage);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  click_button (&stage, "Take all marks away");
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  click_button (&stage, UNDO);
  settle (&stage);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
}

#define PHOTO_RULES "Paint where the face keeps closest to the photo"
#define MAY_INVENT "Paint where detail may be invented (D)"

static gboolean
is_taken (Stage *stage, const char *tool)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (find_widget (stage, GTK_TYPE_TOGGLE_BUTTON, tool)));
}

/* Of the pixels around. */
static int
change_around (const RvsUiResult *result, int32_t x, int32_t y)
{
  int sum = 0;
  for (int32_t dy = -8; dy <= 8; dy++)
    for (int32_t dx = -8; dx <= 8; dx++)
      sum += change_at (result, x + dx, y + dy);
  return sum;
}

/* Where the photo rules less is changed, where detail may be invented more, and elsewhere nothing else; taken back in one order. */
static void
test_local_fidelity (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.2,0.2,0.6,0.6", FALSE);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  settle (&stage);
  RvsUiResult result = apply_now (&stage);
  int         rules = change_around (&result, 200, 200), invents = change_around (&result, 300, 200),
      beside = change_around (&result, 250, 250);
  g_assert_null (rvs_hole_brush_last (rvs_panel_hole_brush (stage.panel)));
  click_button (&stage, PHOTO_RULES);
  g_assert_true (is_taken (&stage, PHOTO_RULES));
  g_assert_true (gtk_widget_get_mapped (find_text (&stage, "The pointer paints fidelity.")));
  rvs_compare_view_set_brush_tool (view, 15, RVS_STROKE_PAINT);
  drag_picture (&stage, 200, 190, 200, 210);
  settle (&stage);
  g_assert_cmpuint (rvs_panel_faces (stage.panel)->len, ==, 1); /* no box was drawn */
  press_key (view, GDK_KEY_d, 0);
  g_assert_true (is_taken (&stage, MAY_INVENT) && !is_taken (&stage, PHOTO_RULES));
  drag_picture (&stage, 300, 190, 300, 210);
  settle (&stage);
  g_assert_cmpuint (n_strokes (&stage), ==, 2);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), <, rules);
  g_assert_cmpint (change_around (&result, 300, 200), >, invents);
  g_assert_cmpint (change_around (&result, 250, 250), ==, beside);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK);
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), <, rules);
  g_assert_cmpint (change_around (&result, 300, 200), ==, invents);
  click_button (&stage, "Let Fidelity decide everywhere again");
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), ==, rules);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK); /* the clearing, and then the first stroke */
  g_assert_cmpint (rvs_hole_brush_last (rvs_panel_hole_brush (stage.panel))->kind, ==, RVS_STROKE_FAITHFUL);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK);
  g_assert_false (rvs_panel_can_undo (stage.panel));
  click_button (&stage, MAY_INVENT); /* puts it away: the pointer draws boxes again */
  g_assert_false (is_taken (&stage, MAY_INVENT));
  drag_picture (&stage, 10, 10, 90, 90);
  settle (&stage);
  g_assert_cmpuint (rvs_panel_faces (stage.panel)->len, ==, 2);
  stage_close (&stage);
}

/* Only with a model that has the knob; what was painted is kept for when it is chosen again. */
static void
test_local_fidelity_of_system (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.2,0.2,0.6,0.6", FALSE);
  settle (&stage);
  click_button (&stage, PHOTO_RULES);
  rvs_compare_view_set_brush_tool (rvs_panel_view (stage.panel), 15, RVS_STROKE_PAINT);
  drag_picture (&stage, 200, 190, 200, 210);
  settle (&stage);
  RvsUiResult result = apply_now (&stage);
  int         told = change_around (&result, 200, 200);
  choose_system (&stage, "tint");
  g_assert_false (shows (&stage, GTK_TYPE_TOGGLE_BUTTON, PHOTO_RULES));
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), >, told);
  drag_picture (&stage, 10, 10, 90, 90);
  settle (&stage);
  g_assert_cmpuint (rvs_panel_faces (stage.panel)->len, ==, 2);
  choose_system (&stage, "jsfm");
  settle (&stage);
  g_assert_true (shows (&stage, GTK_TYPE_TOGGLE_BUTTON, PHOTO_RULES));
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), ==, told);
  stage_close (&stage);
}

/* By its place in the list, 0: none. */
static void
choose_channel (Stage *stage, int index)
{
  gtk_combo_box_set_active (GTK_COMBO_BOX (find_widget (stage, GTK_TYPE_COMBO_BOX, "Fidelity channel")), index);
  settle (stage);
}

/* A channel says it for every pixel, with strokes over it; all of that is taken back in one order. */
static void
test_channel (void)
{
  Stage     stage;
  RvsValues values;
  channels_of_stages = CHANNELS;
  stage_open (&stage, 500, 400, "0.2,0.2,0.6,0.6", FALSE);
  settle (&stage);
  RvsUiResult result = apply_now (&stage);
  int         left = change_around (&result, 200, 200), right = change_around (&result, 300, 200);
  g_assert_cmpstr (result.values.channel, ==, "");
  choose_channel (&stage, 1);
  result = apply_now (&stage);
  g_assert_cmpstr (result.values.channel, ==, "keep");
  g_assert_true (says (stage.window, "The channel decides in place of Fidelity."));
  g_assert_false (gtk_widget_is_sensitive (find_widget (&stage, GTK_TYPE_SCALE, "Fidelity")));
  g_assert_false (gtk_widget_is_sensitive (find_widget (&stage, GTK_TYPE_SCALE, "Fidelity: eyes")));
  g_assert_true (gtk_widget_is_sensitive (find_widget (&stage, GTK_TYPE_SCALE, "Strength")));
  g_assert_cmpint (change_around (&result, 200, 200), <, left);
  int invented = change_around (&result, 300, 200);
  g_assert_cmpint (invented, >, right);
  click_button (&stage, MAY_INVENT);
  rvs_compare_view_set_brush_tool (rvs_panel_view (stage.panel), 15, RVS_STROKE_LINE);
  drag_picture (&stage, 200, 190, 200, 210);
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), >, left);
  g_assert_cmpint (change_around (&result, 300, 200), ==, invented);
  rvs_panel_undo (stage.panel);
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), <, left);
  rvs_panel_undo (stage.panel);
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 200, 200), ==, left);
  g_assert_cmpint (change_around (&result, 300, 200), ==, right);
  g_assert_false (rvs_panel_can_undo (stage.panel));
  choose_channel (&stage, 2);
  rvs_panel_reset (stage.panel);
  settle (&stage);
  rvs_panel_get_values (stage.panel, &values);
  g_assert_cmpstr (values.channel, ==, "");
  g_assert_true (gtk_widget_is_sensitive (find_widget (&stage, GTK_TYPE_SCALE, "Fidelity")));
  channels_of_stages = NULL;
  stage_close (&stage);
}

/* It is offered where something goes by fidelity, also after a filling; and a restoration waits until all of it is read. */
static void
test_channel_of_system (void)
{
  Stage stage;
  channels_of_stages = CHANNELS;
  stage_open (&stage, 500, 400, "0.5,0.2,0.4,0.6", TRUE);
  settle (&stage);
  set_value (&stage, "inside-selection", 0);
  choose_system (&stage, "tint");
  g_assert_false (shows (&stage, GTK_TYPE_COMBO_BOX, "Fidelity channel"));
  choose_system (&stage, "patch");
  g_assert_false (shows (&stage, GTK_TYPE_COMBO_BOX, "Fidelity channel"));
  restore_after_it (&stage);
  RvsUiResult result = apply_now (&stage);
  int         plain = change_around (&result, 350, 200);
  gtk_combo_box_set_active (GTK_COMBO_BOX (find_widget (&stage, GTK_TYPE_COMBO_BOX, "Fidelity channel")), 1);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  result = apply_now (&stage);
  g_assert_cmpint (change_around (&result, 350, 200), >, plain);
  channels_of_stages = NULL;
  stage_close (&stage);
  stage_open (&stage, 500, 400, "", FALSE);
  settle (&stage);
  Search search = { .name = "Fidelity channel", .type = GTK_TYPE_COMBO_BOX };
  walk (stage.window, &search);
  g_assert_null (search.found); /* there are no channels */
  stage_close (&stage);
}

#define FIND "Look for scratches, dust and stains and mark them"

/* Damage, to the double's eyes: a line from left to right. */
static void
scratch (Stage *stage, int32_t y, int32_t x0, int32_t x1)
{
  for (int32_t x = x0; x < x1; x++)
    for (int32_t k = 0; k < 3; k++)
      stage->picture.pixels[((size_t)(y + k) * (size_t)stage->picture.width + (size_t)x) * 3] = 255;
}

/* What is found is a stroke: to be erased from, to be undone, and filled like any other. */
static void
test_find_scratches (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  scratch (&stage, 200, 100, 400);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  settle (&stage);
  choose_system (&stage, "patch");
  g_assert_false (rvs_panel_can_apply (stage.panel));
  gint n_searches = fake_engine ()->n_searches, n_fills = fake_engine ()->n_fills;
  click_button (&stage, FIND);
  g_assert_false (gtk_widget_get_sensitive (find_widget (&stage, GTK_TYPE_BUTTON, FIND)));
  g_assert_false (rvs_panel_can_apply (stage.panel));
  g_assert_true (rvs_panel_busy (stage.panel));
  g_assert_nonnull (find_text (&stage, "Looking for scratches ·"));
  settle (&stage);
  g_assert_cmpint (fake_engine ()->n_searches, ==, n_searches + 1);
  g_assert_cmpint (fake_engine ()->n_fills, ==, n_fills + 1);
  g_assert_true (says (stage.window, "Scratches were found. Brush and eraser correct them."));
  g_assert_cmpuint (n_strokes (&stage), ==, 1);
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 1);
  g_assert_cmpint (result.rects[0].x, ==, 100);
  g_assert_cmpint (result.rects[0].y, ==, 200);
  g_assert_cmpint (result.rects[0].width, ==, 300);
  g_assert_cmpint (result.rects[0].height, ==, 3);
  press_key (view, GDK_KEY_e, 0);
  rvs_compare_view_set_brush_tool (view, 10, RVS_STROKE_ERASE);
  drag_picture (&stage, 90, 201, 200, 201);
  settle (&stage);
  g_assert_false (says (stage.window, "Scratches were found. Brush and eraser correct them."));
  result = apply_now (&stage);
  g_assert_cmpint (result.rects[0].x, >, 200);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK);
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  g_assert_cmpuint (n_strokes (&stage), ==, 0);
  stage_close (&stage);
}

/* That nothing was found is said, on the picture too. */
static void
test_find_nothing (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  settle (&stage);
  choose_system (&stage, "patch");
  click_button (&stage, FIND);
  settle (&stage);
  g_assert_true (says (stage.window, "No scratches were found."));
  g_assert_nonnull (strstr (note (&stage), "No scratches were found. Paint"));
  g_assert_cmpuint (n_strokes (&stage), ==, 0);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  rvs_compare_view_set_brush_tool (rvs_panel_view (stage.panel), 6, RVS_STROKE_PAINT);
  drag_picture (&stage, 300, 300, 400, 300);
  settle (&stage);
  g_assert_false (says (stage.window, "No scratches were found."));
  g_assert_true (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
}

/* Inside the selection only, which is the hole until then and after the undo. */
static void
test_find_in_selection (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "", TRUE);
  scratch (&stage, 200, 100, 400);
  settle (&stage);
  choose_system (&stage, "patch");
  g_assert_true (says (stage.window, "Nothing outside of the selection is marked."));
  g_assert_cmpint (apply_now (&stage).rects[0].height, ==, 400);
  g_assert_true (rvs_compare_view_looks_at_hole (rvs_panel_view (stage.panel)));
  click_button (&stage, FIND);
  settle (&stage);
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpint (result.rects[0].x, ==, 100);
  g_assert_cmpint (result.rects[0].width, ==, 150); /* to its end */
  g_assert_cmpint (result.rects[0].height, ==, 3);
  click_button (&stage, UNDO);
  settle (&stage);
  result = apply_now (&stage);
  g_assert_cmpint (result.rects[0].width, ==, 250);
  g_assert_cmpint (result.rects[0].height, ==, 400);
  click_button (&stage, "Take all marks away");
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
}

/* Stop ends the search; what is painted meanwhile does not begin it anew; another model has no use for it. */
static void
test_stop_finding (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  gint        detect_ms = fake->detect_ms;
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  scratch (&stage, 200, 100, 400);
  settle (&stage);
  choose_system (&stage, "patch");
  fake->detect_ms = 20000;
  gint n_searches = fake->n_searches;
  click_button (&stage, FIND);
  WAIT_FOR (fake->n_searches > n_searches);
  rvs_panel_stop (stage.panel);
  WAIT_FOR (rvs_panel_idle (stage.panel));
  g_assert_cmpuint (n_strokes (&stage), ==, 0);
  g_assert_true (gtk_widget_get_sensitive (find_widget (&stage, GTK_TYPE_BUTTON, FIND)));
  rvs_panel_stop (stage.panel); /* goes on with what there is to do besides */
  settle (&stage);
  g_assert_cmpint (fake->n_searches, ==, n_searches + 1);
  click_button (&stage, FIND);
  WAIT_FOR (fake->n_searches > n_searches + 1);
  choose_system (&stage, "jsfm");
  g_assert_true (rvs_panel_can_apply (stage.panel));
  choose_system (&stage, "patch");
  fake->detect_ms = 300;
  click_button (&stage, FIND);
  WAIT_FOR (fake->n_searches > n_searches + 2);
  rvs_compare_view_set_brush_tool (rvs_panel_view (stage.panel), 6, RVS_STROKE_PAINT);
  drag_picture (&stage, 300, 300, 400, 300);
  settle (&stage);
  g_assert_cmpuint (n_strokes (&stage), ==, 2);
  g_assert_cmpint (rvs_hole_brush_last (rvs_panel_hole_brush (stage.panel))->kind, ==, RVS_STROKE_FOUND);
  fake->detect_ms = detect_ms;
  stage_close (&stage);
}

#define LINE "Draw how an edge goes on in the damage, where the sketch lacks it (D)"
#define SKETCH "Show the edges that the damage is filled along, and around it those of the photo"

/* The colour that the view shows at a picture point, as 0xrrggbb. */
static guint32
colour_at (Stage *stage, double px, double py)
{
  cairo_surface_t *shown = snapshot (rvs_panel_view (stage->panel));
  double           x, y;
  rvs_compare_view_to_widget (rvs_panel_view (stage->panel), px, py, &x, &y);
  g_assert_true (x >= 0 && y >= 0 && x < cairo_image_surface_get_width (shown) && y < cairo_image_surface_get_height (shown));
  guint32 colour = word_at (shown, (int)x, (int)y) & 0xffffff;
  cairo_surface_destroy (shown);
  return colour;
}

static gboolean
is_yellow (guint32 colour)
{
  return (colour >> 16) > 220 && (colour >> 8 & 255) > 180 && (colour & 255) < 90;
}

/* A line goes to the engine, lies over the hole, is erased like damage and undone; alone it fills nothing. */
static void
test_line (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  settle (&stage);
  choose_system (&stage, "patch");
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (find_widget (&stage, GTK_TYPE_TOGGLE_BUTTON, LINE)), TRUE);
  g_assert_cmpint (rvs_compare_view_get_brush_tool (view), ==, RVS_STROKE_LINE);
  drag_picture (&stage, 320, 300, 380, 300);
  settle (&stage);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  g_assert_nonnull (strstr (note (&stage), "A line counts where something is to be filled"));
  press_key (view, GDK_KEY_d, 0);
  g_assert_cmpint (rvs_compare_view_get_brush_tool (view), ==, RVS_STROKE_PAINT);
  rvs_compare_view_set_brush_tool (view, 20, RVS_STROKE_PAINT);
  drag_picture (&stage, 300, 300, 400, 300);
  settle (&stage);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  g_assert_cmpint (fake->n_line_px, >, 60);
  g_assert_cmpint (fake->n_line_px, <, 300);
  g_assert_true (is_yellow (colour_at (&stage, 350, 300)));
  g_assert_false (is_yellow (colour_at (&stage, 350, 308)));
  rvs_compare_view_set_brush_tool (view, 8, RVS_STROKE_ERASE);
  drag_picture (&stage, 300, 300, 400, 300);
  settle (&stage);
  g_assert_cmpint (fake->n_line_px, ==, 0);
  g_assert_true (rvs_panel_can_apply (stage.panel)); /* the rim of the mark is left */
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK);
  settle (&stage);
  g_assert_cmpint (fake->n_line_px, >, 60);
  stage_close (&stage);
}

/* The edges are asked for when they are wanted, again after each change, and not else. */
static void
test_sketch (void)
{
  Stage       stage;
  FakeEngine *fake = fake_engine ();
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  settle (&stage);
  choose_system (&stage, "patch");
  rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
  rvs_compare_view_set_brush_tool (view, 20, RVS_STROKE_PAINT);
  drag_picture (&stage, 300, 300, 400, 300);
  settle (&stage);
  gint       n = fake->n_sketches, n_fills = fake->n_fills;
  GtkWidget *toggle = find_widget (&stage, GTK_TYPE_CHECK_BUTTON, SKETCH);
  guint32    before = colour_at (&stage, 350, 200);
  g_assert_cmpint (n, ==, 0);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (toggle), TRUE);
  settle (&stage);
  g_assert_cmpint (fake->n_sketches, ==, 1);
  g_assert_cmpint (fake->n_fills, ==, n_fills); /* it is known from the filling */
  guint32 shown = colour_at (&stage, 350, 200);
  g_assert_cmpuint (shown & 255, >, 200);
  g_assert_cmpuint (shown >> 16, <, 90);
  drag_picture (&stage, 300, 340, 400, 340);
  settle (&stage);
  g_assert_cmpint (fake->n_sketches, ==, 2);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (toggle), FALSE);
  g_assert_cmpuint (colour_at (&stage, 350, 200), ==, before);
  drag_picture (&stage, 300, 360, 400, 360);
  settle (&stage);
  g_assert_cmpint (fake->n_sketches, ==, 2);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (toggle), TRUE);
  settle (&stage);
  g_assert_cmpint (fake->n_sketches, ==, 3);
  stage_close (&stage);
}

static void
choose_preset (Stage *stage, const char *id)
{
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_widget (stage, GTK_TYPE_COMBO_BOX, "Preset")), id);
  settle (stage);
}

/* One gesture: scratches are found, filled, and the face is restored; what is taken back is not found again. */
static void
test_old_photo (void)
{
  Stage stage;
  stage_open (&stage, 500, 400, "0.55,0.2,0.3,0.4", FALSE);
  scratch (&stage, 300, 20, 200);
  settle (&stage);
  choose_preset (&stage, "\001old");
  RvsUiResult result = apply_now (&stage);
  g_assert_cmpuint (result.n_rects, ==, 2);
  g_assert_cmpuint (result.n_faces, ==, 1);
  g_assert_cmpint (result.rects[0].y, ==, 300);
  g_assert_true (rvs_values_fill (&result.values));
  gint n_searches = fake_engine ()->n_searches;
  click_button (&stage, UNDO);
  settle (&stage);
  g_assert_cmpint (fake_engine ()->n_searches, ==, n_searches);
  g_assert_false (rvs_panel_can_apply (stage.panel));
  choose_preset (&stage, "\001defaults");
  choose_preset (&stage, "\001old");
  g_assert_cmpint (fake_engine ()->n_searches, ==, n_searches + 1);
  g_assert_true (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
}

/* Without scratches, or the weights to find them, the faces alone; what is painted then is filled all the same. */
static void
test_old_photo_without_scratches (void)
{
  for (int i = 0; i < 2; i++)
    {
      Stage stage;
      fake_engine ()->no_finder = i == 1;
      stage_open (&stage, 500, 400, "0.55,0.2,0.3,0.4", FALSE);
      settle (&stage);
      gint n_fills = fake_engine ()->n_fills;
      choose_preset (&stage, "\001old");
      g_assert_nonnull (find_text (&stage, "Only the faces are restored."));
      g_assert_true (rvs_panel_can_apply (stage.panel));
      RvsUiResult result = apply_now (&stage);
      g_assert_cmpuint (result.n_rects, ==, 1);
      g_assert_cmpuint (result.n_faces, ==, 1);
      g_assert_false (rvs_values_fill (&result.values));
      g_assert_cmpint (fake_engine ()->n_fills, ==, n_fills);
      rvs_compare_view_set_brush_tool (rvs_panel_view (stage.panel), 6, RVS_STROKE_PAINT);
      drag_picture (&stage, 20, 300, 200, 300);
      settle (&stage);
      g_assert_cmpint (fake_engine ()->n_fills, ==, n_fills + 1);
      g_assert_cmpuint (apply_now (&stage).n_rects, ==, 2);
      stage_close (&stage);
    }
  fake_engine ()->no_finder = FALSE;
}

/* Strokes and changes of the settings are taken back in one order; a slider that is moved is one change. */
static void
test_undo_in_order (void)
{
  Stage     stage;
  RvsValues values;
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  RvsCompareView *view = rvs_panel_view (stage.panel);
  settle (&stage);
  g_assert_false (rvs_panel_can_undo (stage.panel));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (find_widget (&stage, GTK_TYPE_COMBO_BOX, "Model")), "patch");
  rvs_compare_view_set_brush_tool (view, 6, RVS_STROKE_PAINT);
  drag_picture (&stage, 300, 300, 400, 300);
  for (int i = 9; i > 4; i--)
    gtk_range_set_value (GTK_RANGE (find_widget (&stage, GTK_TYPE_SCALE, "Strength")), i / 10.0);
  drag_picture (&stage, 300, 340, 400, 340);
  choose_preset (&stage, "\001defaults");
  g_assert_cmpuint (n_strokes (&stage), ==, 2);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK); /* the preset */
  rvs_panel_get_values (stage.panel, &values);
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "patch");
  g_assert_cmpfloat (fabs (rvs_values_get (&values, "strength") - 0.5), <, 1e-6);
  g_assert_cmpuint (n_strokes (&stage), ==, 2);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK); /* the second stroke */
  g_assert_cmpuint (n_strokes (&stage), ==, 1);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK); /* the slider's whole way */
  rvs_panel_get_values (stage.panel, &values);
  g_assert_cmpfloat (rvs_values_get (&values, "strength"), ==, 1);
  g_assert_cmpuint (n_strokes (&stage), ==, 1);
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK); /* the first stroke */
  press_key (view, GDK_KEY_z, GDK_CONTROL_MASK); /* the model */
  rvs_panel_get_values (stage.panel, &values);
  g_assert_cmpstr (rvs_values_system (&values)->id, ==, "jsfm");
  g_assert_false (rvs_panel_can_undo (stage.panel));
  settle (&stage);
  stage_close (&stage);
}

/* Without its weights the button stands there with the reason. */
static void
test_no_finder (void)
{
  Stage stage;
  fake_engine ()->no_finder = TRUE;
  stage_open (&stage, 500, 400, "0.1,0.2,0.2,0.3", FALSE);
  settle (&stage);
  choose_system (&stage, "patch");
  g_assert_false (gtk_widget_get_sensitive (find_widget (&stage, GTK_TYPE_BUTTON, FIND)));
  g_assert_true (gtk_widget_get_mapped (find_text (&stage, "the weights find-damage are not installed")));
  g_assert_nonnull (strstr (note (&stage), "Paint over the damage"));
  stage_close (&stage);
  fake_engine ()->no_finder = FALSE;
}

/* A hole that the engine refuses is told, and the panel lives on. */
static void
test_whole_picture_selected (void)
{
  Stage stage;
  stage_open (&stage, 300, 200, "", TRUE);
  memset (stage.picture.mask, 255, 300 * 200);
  settle (&stage);
  choose_system (&stage, "patch");
  g_assert_nonnull (rvs_panel_error (stage.panel));
  g_assert_nonnull (strstr (rvs_panel_error (stage.panel), "Select only what is damaged"));
  g_assert_nonnull (strstr (rvs_panel_error (stage.panel), "whole picture"));
  g_assert_false (rvs_panel_can_apply (stage.panel));
  stage_close (&stage);
}

/* The selection is filled wherever it lies, and needs no face; a preview comes first. */
static void
test_fills_hole (void)
{
  for (int i = 0; i < 2; i++)
    {
      Stage       stage;
      RvsUiResult result;
      stage_open (&stage, 500, 400, i ? "0.6,0.2,0.3,0.4" : "", TRUE);
      settle (&stage);
      choose_system (&stage, "patch");
      settle (&stage);
      g_assert_null (rvs_compare_view_get_note (rvs_panel_view (stage.panel)));
      g_assert_cmpint (rvs_panel_n_final_patches (stage.panel), >=, 1);
      g_assert_true (rvs_panel_can_apply (stage.panel));
      rvs_panel_apply (stage.panel);
      WAIT_FOR (stage.applied);
      rvs_panel_result (stage.panel, &result);
      g_assert_cmpuint (result.n_rects, ==, 1);
      g_assert_true (result.rects[0].x == 0 && result.rects[0].y == 0 && result.rects[0].width == 250
                     && result.rects[0].height == 400);
      g_assert_cmpint (((const guint8 *)result.out.pixels)[result.out.stride * 200 + 3 * 100], ==, 64);
      stage_close (&stage);
    }
}

static void
test_missing_weights (void)
{
  Stage stage;
  fake_engine ()->fail_session = RVS_ERR_MODEL;
  stage_open (&stage, 300, 200, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  g_assert_nonnull (rvs_panel_error (stage.panel));
  g_assert_nonnull (strstr (rvs_panel_error (stage.panel), "restore-jsfm-512.safetensors"));
  g_assert_false (rvs_panel_can_apply (stage.panel));
  GtkWidget *retry = find_widget (&stage, GTK_TYPE_BUTTON, "Retry");
  gtk_button_clicked (GTK_BUTTON (retry)); /* still as before */
  settle (&stage);
  g_assert_nonnull (rvs_panel_error (stage.panel));
  fake_engine ()->fail_session = RVS_OK;
  gtk_button_clicked (GTK_BUTTON (retry));
  settle (&stage);
  g_assert_null (rvs_panel_error (stage.panel));
  g_assert_true (rvs_panel_can_apply (stage.panel));
  g_assert_false (gtk_widget_get_mapped (retry));
  stage_close (&stage);
}

static void
test_settings (void)
{
  char        *folder = g_dir_make_tmp ("revisage-XXXXXX", NULL), *path = g_build_filename (folder, "a", "settings.ini", NULL);
  RvsSettings *settings = rvs_settings_new (path);
  RvsValues    values, back;
  rvs_values_init (&values);
  g_assert_false (rvs_settings_get_last (settings, &back));
  rvs_values_set (&values, "strength", 0.25);
  rvs_values_set (&values, "fidelity", 0.75);
  rvs_values_set (&values, "enlarge", 3);
  rvs_settings_set_last (settings, &values);
  g_assert_true (rvs_settings_save_preset (settings, " Old [prints] ", &values));
  g_assert_false (rvs_settings_save_preset (settings, "  ", &values));
  rvs_settings_save (settings);
  rvs_settings_free (settings);
  settings = rvs_settings_new (path);
  rvs_values_init (&back);
  g_assert_true (rvs_settings_get_last (settings, &back));
  g_assert_cmpint (rvs_values_factor (&back), ==, 1); /* chosen anew for each photo, but a preset has it */
  rvs_values_set (&back, "enlarge", 3);
  g_assert_true (memcmp (&back, &values, sizeof back) == 0);
  char **names = rvs_settings_presets (settings);
  g_assert_cmpint (g_strv_length (names), ==, 1);
  rvs_values_init (&back);
  g_assert_true (rvs_settings_get_preset (settings, " Old [prints] ", &back));
  g_assert_true (memcmp (&back, &values, sizeof back) == 0);
  rvs_settings_delete_preset (settings, names[0]);
  g_strfreev (names);
  names = rvs_settings_presets (settings);
  g_assert_cmpint (g_strv_length (names), ==, 0);
  g_strfreev (names);
  rvs_settings_free (settings);
  /* a damaged file, and a value out of range, mean the defaults */
  g_assert_true (g_file_set_contents (path, "[last]\nstrength=7\nfidelity=0.5\n", -1, NULL));
  settings = rvs_settings_new (path);
  rvs_values_init (&back);
  g_assert_true (rvs_settings_get_last (settings, &back));
  g_assert_cmpfloat (rvs_values_get (&back, "strength"), ==, 1);
  g_assert_cmpfloat (rvs_values_get (&back, "fidelity"), ==, 0.5);
  rvs_settings_free (settings);
  g_assert_true (g_file_set_contents (path, "\1\2\3", -1, NULL));
  settings = rvs_settings_new (path);
  g_assert_false (rvs_settings_get_last (settings, &back));
  rvs_settings_free (settings);
  g_remove (path);
  g_free (path);
  g_free (folder);
}

static void
test_accessible_names (void)
{
  Stage stage;
  stage_open (&stage, 300, 200, "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4", TRUE);
  settle (&stage);
  GtkWidget *more = find_widget (&stage, GTK_TYPE_EXPANDER, "More settings");
  gtk_expander_set_expanded (GTK_EXPANDER (more), TRUE);
  run_for_ms (300);
  Search search = { .unnamed = g_ptr_array_new () };
  walk (stage.window, &search);
  for (guint i = 0; i < search.unnamed->len; i++)
    g_test_message ("no accessible name: %s", G_OBJECT_TYPE_NAME (g_ptr_array_index (search.unnamed, i)));
  g_assert_cmpint (search.unnamed->len, ==, 0);
  g_ptr_array_unref (search.unnamed);
  stage_close (&stage);
}

/* The whole life of the panel on a 12-megapixel layer. Returns the longest turn of the main loop, in ms of processor time. */
static double
longest_turn (void)
{
  Stage  stage;
  double longest;

  channels_of_stages = CHANNELS;
  stage_open (&stage, 4000, 3000, "0.3,0.2,0.3,0.5", FALSE);
  channels_of_stages = NULL;
  WAIT_FOR (gtk_widget_get_mapped (GTK_WIDGET (rvs_panel_view (stage.panel))));
  run_for_ms (50); /* the first drawing of the window belongs to opening, not to working */
  watchdog_reset ();
  settle (&stage);
  for (int i = 0; i < 10; i++)
    {
      set_value (&stage, "fidelity", i / 10.0);
      set_value (&stage, "strength", i / 10.0);
      rvs_compare_view_set_split (rvs_panel_view (stage.panel), i / 10.0);
      run_for_ms (40);
    }
  choose_channel (&stage, 1);
  press_key (rvs_panel_view (stage.panel), GDK_KEY_1, 0);
  run_for_ms (100);
  for (int i = 0; i < 10; i++)
    {
      press_key (rvs_panel_view (stage.panel), GDK_KEY_Right, 0);
      run_for_ms (20);
    }
  press_key (rvs_panel_view (stage.panel), GDK_KEY_0, 0);
  for (int i = 0; i < 30; i++) /* each way to compare, with the loupe going over the picture */
    {
      if (i % 10 == 0)
        press_key (rvs_panel_view (stage.panel), GDK_KEY_c, 0);
      press_key (rvs_panel_view (stage.panel), GDK_KEY_l, 0);
      send_motion (rvs_panel_view (stage.panel), 100 + 20 * (i % 10), 100 + 15 * (i % 10));
      run_for_ms (20);
    }
  release_key (rvs_panel_view (stage.panel), GDK_KEY_l);
  settle (&stage);
  g_test_message ("interface blocked at most %.1f ms of processor time, %.1f ms by the clock", watchdog_cpu_ms (),
                  watchdog_wall_ms ());
  longest = watchdog_cpu_ms ();
  stage_close (&stage);
  return longest;
}

/* The interface is never blocked. A machine that others use makes a turn long at times; what is slow by itself is so each time. */
static void
test_watchdog (void)
{
  double longest = longest_turn ();

  for (int again = 0; again < 2 && longest >= WATCHDOG_LIMIT_MS * SLOWER; again++)
    longest = longest_turn ();
  g_assert_cmpfloat (longest, <, WATCHDOG_LIMIT_MS * SLOWER);
}

static void
check_size (Stage *stage, int choice, const char *words, gboolean possible)
{
  set_value (stage, "enlarge", choice);
  settle (stage);
  g_assert_true (says (stage->window, words));
  g_assert_cmpint (rvs_panel_can_apply (stage->panel), ==, possible);
}

/* The size of the result is said before it is made; also a photo without a face can be enlarged, and one that would be too large cannot.
 * What the preview shows is not worked out anew. */
static void
test_size (void)
{
  Stage stage;
  stage_open (&stage, 400, 300, "", FALSE);
  settle (&stage);
  check_size (&stage, 0, "400 × 300 pixels, 0.1 megapixels", FALSE);
  check_size (&stage, 3, "1600 × 1200 pixels, 1.9 megapixels", TRUE);
  rvs_panel_apply (stage.panel);
  WAIT_FOR (stage.applied);
  stage_close (&stage);
  stage_open (&stage, 9000, 4, "", FALSE);
  settle (&stage);
  check_size (&stage, 3, "36000 × 16 pixels, 0.6 megapixels", TRUE);
  check_size (&stage, 4, "72000 × 32 pixels: more than can be made", FALSE);
  stage_close (&stage);
}

static gboolean
done_soon (gpointer user)
{
  gtk_dialog_response (user, GTK_RESPONSE_ACCEPT);
  return G_SOURCE_REMOVE;
}

/* Where only a larger result is wanted, title and button say so, the photo's own size is not taken, nor a model that keeps it; and
 * nothing is finished at the photo's size, nor remembered for the next restoration. */
static void
test_only_larger (void)
{
  Stage     stage;
  RvsValues values;
  stage_open (&stage, 400, 300, "0.3,0.2,0.4,0.5", FALSE);
  settle (&stage);
  stage.host.only_larger = TRUE;
  stage.host.offers_output = FALSE;
  RvsDialog *dialog = open_in_dialog (&stage);
  GtkWidget *window = rvs_dialog_window (dialog);
  RvsPanel  *panel = rvs_dialog_panel (dialog);
  GtkWidget *accept = gtk_dialog_get_widget_for_response (GTK_DIALOG (window), GTK_RESPONSE_ACCEPT);
  GtkWidget *model = find_in (window, GTK_TYPE_COMBO_BOX, "Model"), *size = find_in (window, GTK_TYPE_COMBO_BOX, "Enlarge");
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (window)), ==, "Enlarge with Faces: Anna");
  g_assert_cmpstr (gtk_button_get_label (GTK_BUTTON (accept)), ==, "En_large");
  g_assert_true (says (window, "Choose how many times as wide and high."));
  g_assert_false (gtk_widget_get_sensitive (accept));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (size), "2");
  WAIT_FOR (!rvs_panel_busy (panel));
  g_assert_true (says (window, "800 × 600 pixels, 0.5 megapixels"));
  g_assert_true (gtk_widget_get_sensitive (accept));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (model), "patch");
  WAIT_FOR (!rvs_panel_busy (panel));
  g_assert_true (says (window, "This model keeps the size. Choose another one."));
  g_assert_false (gtk_widget_get_sensitive (accept));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (model), "jsfm");
  WAIT_FOR (!rvs_panel_busy (panel));
  g_assert_true (gtk_widget_get_sensitive (accept));
  gtk_button_clicked (GTK_BUTTON (find_in (window, GTK_TYPE_BUTTON, PHOTO_RULES)));
  drag (rvs_panel_view (panel), 120, 80, 150, 110);
  WAIT_FOR (!rvs_panel_busy (panel));
  g_assert_cmpuint (rvs_hole_brush_n_strokes (rvs_panel_hole_brush (panel)), ==, 1); /* which the host takes */
  g_signal_connect_swapped (panel, "applied", G_CALLBACK (on_applied), &stage);
  g_timeout_add (50, done_soon, window);
  g_assert_true (rvs_dialog_run (dialog));
  g_assert_false (stage.applied);
  rvs_panel_get_values (panel, &values);
  g_assert_cmpint (rvs_values_factor (&values), ==, 2);
  g_assert_cmpuint (rvs_panel_faces (panel)->len, ==, 1);
  rvs_dialog_free (dialog);
  stage_close (&stage);
}

int
main (int argc, char **argv)
{
  g_setenv ("GTK_THEME", "Adwaita", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_test_init (&argc, &argv, NULL);
  if (!gtk_init_check (&argc, &argv))
    {
      g_print ("1..0 # SKIP no display\n");
      return 77;
    }
  watchdog_install (NULL);
  g_test_add_func ("/panel/grows-sharp", test_grows_sharp);
  g_test_add_func ("/panel/strength-is-free", test_strength_is_free);
  g_test_add_func ("/panel/fidelity-reruns-stage2-only", test_fidelity_reruns_stage2_only);
  g_test_add_func ("/panel/stale-pictures-are-dropped", test_stale_pictures_are_dropped);
  g_test_add_func ("/panel/fields-of-system", test_fields_of_system);
  g_test_add_func ("/panel/needs-hole", test_needs_hole);
  g_test_add_func ("/panel/fills-hole", test_fills_hole);
  g_test_add_func ("/panel/fill-selection", test_fill_selection);
  g_test_add_func ("/panel/fill-then-restore", test_fill_then_restore);
  g_test_add_func ("/panel/fill-finds-hidden", test_fill_finds_hidden);
  g_test_add_func ("/panel/brush", test_brush);
  g_test_add_func ("/panel/local-fidelity", test_local_fidelity);
  g_test_add_func ("/panel/local-fidelity-of-system", test_local_fidelity_of_system);
  g_test_add_func ("/panel/channel", test_channel);
  g_test_add_func ("/panel/channel-of-system", test_channel_of_system);
  g_test_add_func ("/panel/find-scratches", test_find_scratches);
  g_test_add_func ("/panel/find-nothing", test_find_nothing);
  g_test_add_func ("/panel/find-in-selection", test_find_in_selection);
  g_test_add_func ("/panel/stop-finding", test_stop_finding);
  g_test_add_func ("/panel/line", test_line);
  g_test_add_func ("/panel/sketch", test_sketch);
  g_test_add_func ("/panel/old-photo", test_old_photo);
  g_test_add_func ("/panel/old-photo-without-scratches", test_old_photo_without_scratches);
  g_test_add_func ("/panel/undo-in-order", test_undo_in_order);
  g_test_add_func ("/panel/no-finder", test_no_finder);
  g_test_add_func ("/panel/whole-picture-selected", test_whole_picture_selected);
  g_test_add_func ("/panel/faces-on-and-off", test_faces_on_and_off);
  g_test_add_func ("/panel/click-chooses", test_click_chooses);
  g_test_add_func ("/panel/badge-covers-nothing", test_badge_covers_nothing);
  g_test_add_func ("/panel/focus-comes-next", test_focus_comes_next);
  g_test_add_func ("/panel/patch-is-small", test_patch_is_small);
  g_test_add_func ("/panel/packed-patch", test_packed_patch);
  g_test_add_func ("/panel/patches-pack-again", test_patches_pack_again);
  g_test_add_func ("/panel/memory-is-bounded", test_memory_is_bounded);
  g_test_add_func ("/panel/bar-goes-up-once", test_bar_goes_up_once);
  g_test_add_func ("/panel/enter-commits", test_enter_commits);
  g_test_add_func ("/panel/mending-words", test_mending_words);
  g_test_add_func ("/panel/opens-on-face", test_opens_on_face);
  g_test_add_func ("/panel/zoom-figure", test_zoom_figure);
  g_test_add_func ("/panel/dense-screen", test_dense_screen);
  g_test_add_func ("/panel/keys", test_keys);
  g_test_add_func ("/panel/rows", test_rows);
  g_test_add_func ("/panel/little-to-restore", test_little_to_restore);
  g_test_add_func ("/panel/pose", test_pose);
  g_test_add_func ("/panel/two-layers", test_two_layers);
  g_test_add_func ("/panel/low-window", test_low_window);
  g_test_add_func ("/panel/drawn-box", test_drawn_box);
  g_test_add_func ("/panel/faces-taken-over", test_faces_taken_over);
  g_test_add_func ("/panel/turned", test_turned);
  g_test_add_func ("/panel/region", test_region);
  g_test_add_func ("/panel/too-many-faces", test_too_many_faces);
  g_test_add_func ("/panel/divider-on-the-face", test_divider_on_the_face);
  g_test_add_func ("/panel/view", test_view);
  g_test_add_func ("/panel/compare", test_compare);
  g_test_add_func ("/panel/loupe", test_loupe);
  g_test_add_func ("/panel/screen", test_screen);
  g_test_add_func ("/panel/shape-prior", test_shape_prior);
  g_test_add_func ("/panel/map", test_map);
  g_test_add_func ("/panel/map-of-lines", test_map_of_lines);
  g_test_add_func ("/panel/map-parked", test_map_parked);
  g_test_add_func ("/panel/map-late", test_map_late);
  g_test_add_func ("/panel/film", test_film);
  g_test_add_func ("/panel/stop-and-continue", test_stop_and_continue);
  g_test_add_func ("/panel/one-stop", test_one_stop);
  g_test_add_func ("/panel/closing-while-busy", test_closing_while_busy);
  g_test_add_func ("/panel/apply", test_apply);
  g_test_add_func ("/panel/apply-masked", test_apply_masked);
  g_test_add_func ("/panel/selection", test_selection);
  g_test_add_func ("/panel/missing-weights", test_missing_weights);
  g_test_add_func ("/panel/size", test_size);
  g_test_add_func ("/panel/only-larger", test_only_larger);
  g_test_add_func ("/panel/settings", test_settings);
  g_test_add_func ("/panel/accessible-names", test_accessible_names);
  g_test_add_func ("/panel/watchdog", test_watchdog);
  return g_test_run ();
}
