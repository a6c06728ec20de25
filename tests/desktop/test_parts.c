/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_parts.c: the desktop filter's parts that need no display: reading, the list's records, folders, saving, and the queue of
 * "Restore all" with broken files, a full disk and Stop. With the real engine on tiny networks of random weights.
 */
#include "gather.h"
#include "photo.h"
#include "queue.h"
#include "results.h"
#include "save.h"
#include "thumbs.h"
#include "working.h"
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "words.h"

static char *folder; /* for each test a fresh one; main thread */

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
set_up (void)
{
  folder = g_dir_make_tmp ("revisage-parts-XXXXXX", NULL);
}

/* Also: no temporary file may be left. */
static void
tear_down (void)
{
  GDir       *dir = g_dir_open (folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name (dir)))
    {
      char *path = in_folder (name);
      g_assert_false (g_str_has_prefix (name, ".revisage-"));
      g_remove (path);
      g_free (path);
    }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
}

static char *
copy_photo (const char *name)
{
  char *path = in_folder (name), *bytes;
  gsize n;
  g_assert_true (g_file_get_contents (PHOTO, &bytes, &n, NULL));
  g_assert_true (g_file_set_contents (path, bytes, (gssize)n, NULL));
  g_free (bytes);
  return path;
}

static void
wait_for (const gboolean *done)
{
  while (!*done)
    g_main_context_iteration (NULL, TRUE);
}

/* ---- reading ------------------------------------------------------------------------------ */

static RvsStatus
load (const char *path, RvsPicture *picture, char **kind, RvsError *err)
{
  RvsOrigin origin = { .path = (char *)path };
  memset (err, 0, sizeof *err);
  return rvs_load (&origin, NULL, picture, kind, err);
}

static void
test_load_own (void)
{
  RvsPicture picture;
  RvsError   err = { RVS_OK, "" };
  char      *kind = NULL, *bytes;
  gsize      n;
  g_assert_cmpint (load (PHOTO, &picture, &kind, &err), ==, RVS_OK);
  g_assert_null (kind);
  g_assert_cmpint (picture.view.width, ==, 512);
  g_assert_true (g_file_get_contents (PHOTO, &bytes, &n, NULL));
  RvsOrigin  origin = { .bytes = g_bytes_new_take (bytes, n) };
  RvsPicture pasted;
  g_assert_cmpint (rvs_load (&origin, NULL, &pasted, &kind, &err), ==, RVS_OK);
  g_assert_cmpmem (picture.view.pixels, 512 * 512 * 3, pasted.view.pixels, 512 * 512 * 3);
  rvs_origin_clear (&origin);
  rvs_picture_clear (&picture);
  rvs_picture_clear (&pasted);
}

static GdkPixbuf *
checks (int width, int height)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  guchar    *pixels = gdk_pixbuf_get_pixels (pixbuf);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width * 3; x++)
      pixels[gdk_pixbuf_get_rowstride (pixbuf) * y + x] = (guchar)(x * 7 + y * 13);
  return pixbuf;
}

static void
test_load_foreign (void)
{
  RvsPicture picture;
  RvsError   err;
  char      *path = in_folder ("p.bmp"), *kind = NULL;
  GdkPixbuf *pixbuf = checks (33, 21);
  g_assert_true (gdk_pixbuf_save (pixbuf, path, "bmp", NULL, NULL));
  g_assert_cmpint (load (path, &picture, &kind, &err), ==, RVS_OK);
  g_assert_cmpstr (kind, ==, "BMP");
  g_assert_cmpint (picture.format, ==, RVS_PICTURE_PNG);
  for (int y = 0; y < 21; y++)
    g_assert_cmpmem ((guint8 *)picture.view.pixels + picture.view.stride * y, 33 * 3,
                     gdk_pixbuf_get_pixels (pixbuf) + gdk_pixbuf_get_rowstride (pixbuf) * y, 33 * 3);
  rvs_picture_clear (&picture);
  g_free (kind);
  g_object_unref (pixbuf);
  g_free (path);
}

/* name, bytes, n -> the status, with a message, and nothing allocated. */
static void
check_refused (const char *name, const void *bytes, gsize n, RvsStatus status)
{
  RvsPicture picture;
  RvsError   err;
  char      *path = in_folder (name), *kind = NULL;
  g_assert_true (g_file_set_contents (path, bytes, (gssize)n, NULL));
  g_assert_cmpint (load (path, &picture, &kind, &err), ==, status);
  g_assert_cmpint (err.status, ==, status);
  g_assert_true (err.message[0] != 0);
  g_assert_null (picture.view.pixels);
  g_assert_null (kind);
  g_free (path);
}

static void
test_load_bad (void)
{
  RvsPicture picture;
  RvsError   err;
  char      *fifo = in_folder ("fifo"), *kind = NULL, *bmp = in_folder ("cut.bmp"), *bytes;
  gsize      n;
  check_refused ("empty.png", "", 0, RVS_ERR_FORMAT);
  check_refused ("text.jpg", "no picture\n", 11, RVS_ERR_FORMAT);
  check_refused ("cut.jpg", "\xff\xd8\xff\xe0", 4, RVS_ERR_FORMAT);
  /* 30000 x 30000 pixels, promised by 54 bytes: refused before anything of that size is allocated */
  static const guchar huge[54]
      = { 'B', 'M', 0, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0, 1, 0, 24 };
  check_refused ("huge.bmp", huge, sizeof huge, RVS_ERR_LIMIT);
  GdkPixbuf *pixbuf = checks (300, 200);
  g_assert_true (gdk_pixbuf_save (pixbuf, bmp, "bmp", NULL, NULL));
  g_object_unref (pixbuf);
  g_assert_true (g_file_get_contents (bmp, &bytes, &n, NULL));
  check_refused ("cut.bmp", bytes, 40, RVS_ERR_FORMAT);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (load (fifo, &picture, &kind, &err), ==, RVS_ERR_IO); /* and does not wait for a writer */
  g_assert_cmpint (load ("/not/there", &picture, &kind, &err), ==, RVS_ERR_IO);
  g_assert_cmpint (load (folder, &picture, &kind, &err), ==, RVS_ERR_IO);
  g_free (bytes);
  g_free (bmp);
  g_free (fifo);
}

/* ---- thumbnails --------------------------------------------------------------------------- */

static RvsPicture
linear_grey (int width, int height, int value)
{
  RvsPicture picture;
  g_assert_cmpint (rvs_picture_new (width, height, 3, RVS_DEPTH_U8, &picture, NULL), ==, RVS_OK);
  memset (picture.view.pixels, value, (gsize)picture.view.stride * (gsize)height);
  picture.meta.has_gamma = true;
  picture.meta.gamma = 100000;
  return picture;
}

/* What the middle of the picture is in sRGB, as a build with or without lcms2 sees it. */
static int
seen_grey (RvsPicture *picture)
{
  RvsWorking working;
  g_assert_cmpint (rvs_working_open (picture, &working, NULL), ==, RVS_OK);
  RvsMutView view = rvs_working_view (&working);
  int        grey = view.depth == RVS_DEPTH_U16 ? *(guint16 *)view.pixels / 257 : *(guint8 *)view.pixels;
  rvs_working_close (&working);
  return grey;
}

static void
on_thumb (gpointer user, guint id, cairo_surface_t *thumb, const char *problem)
{
  int *grey = user;
  g_assert_null (problem);
  g_assert_cmpuint (id, ==, 7);
  cairo_surface_flush (thumb);
  const guint8 *middle = cairo_image_surface_get_data (thumb) + cairo_image_surface_get_stride (thumb) * (RVS_THUMB_HEIGHT / 2)
                         + 4 * (RVS_THUMB_WIDTH / 2);
  *grey = middle[1];
}

/* Colours that are not sRGB are shown as what they are, be the photo reduced before or not. */
static void
test_thumb_colours (void)
{
  static const int sizes[][2] = { { 150, 100 }, { 1500, 1000 } };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      RvsPicture picture = linear_grey (sizes[i][0], sizes[i][1], 55);
      int        expected = seen_grey (&picture), grey = -1;
      char      *path = in_folder ("linear.png");
      FILE      *stream = fopen (path, "wb");
      g_assert_cmpint (rvs_picture_write (&picture, RVS_PICTURE_PNG, stream, NULL, NULL, NULL), ==, RVS_OK);
      fclose (stream);
      RvsThumbs *thumbs = rvs_thumbs_new (1, on_thumb, &grey);
      rvs_thumbs_request (thumbs, 7, &(RvsOrigin){ .path = path });
      while (grey < 0)
        g_main_context_iteration (NULL, TRUE);
      rvs_thumbs_free (thumbs);
      g_assert_cmpint (abs (grey - expected), <=, 1);
      g_assert_true (expected == 55 || (expected > 125 && expected < 132)); /* .2157 of light is sRGB's .502 */
      rvs_picture_clear (&picture);
      g_free (path);
    }
}

/* A build without libwebp does not open WebP by another library, which does not tell how the picture lies. */
static void
test_webp_one_rule (void)
{
  static const guchar file[] = "RIFF\x24\0\0\0WEBPVP8L\x17\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0";
  RvsPicture          picture = { 0 };
  RvsError            err = { RVS_OK, "" };
  char               *path = in_folder ("one.webp"), *kind = NULL;
  gboolean            can = rvs_format_can_read (RVS_PICTURE_WEBP);
  g_assert_true (g_file_set_contents (path, (const char *)file, sizeof file - 1, NULL));
  g_assert_cmpint (rvs_load_can_read_name (path), ==, can);
  RvsStatus status = load (path, &picture, &kind, &err);
  g_test_message ("%s", err.message);
  g_assert_null (kind);
  if (!can)
    g_assert_cmpint (status, ==, RVS_ERR_FORMAT);
  rvs_picture_clear (&picture);
  g_free (path);
}

/* ---- records ------------------------------------------------------------------------------ */

static void
test_photo_edits (void)
{
  RvsValues values;
  rvs_values_init (&values);
  RvsPhoto *photo = rvs_photo_new ("/some/where/a.png", NULL, NULL, &values);
  GArray   *faces = rvs_faces_new ();
  RvsUiFace face = { .id = 1, .face = { .x = 1, .y = 2, .w = 30, .h = 40 }, .enabled = TRUE };
  g_array_append_val (faces, face);
  g_assert_cmpstr (photo->name, ==, "a.png");
  rvs_photo_set_edits (photo, &values, faces, NULL);
  g_assert_false (rvs_photo_is_unsaved (photo)); /* what was found is no change */
  rvs_faces_at (faces, 0)->enabled = FALSE;
  rvs_faces_at (faces, 0)->chosen = TRUE;
  rvs_photo_set_edits (photo, &values, faces, NULL);
  g_assert_true (rvs_photo_is_unsaved (photo));
  rvs_photo_mark_saved (photo);
  g_assert_false (rvs_photo_is_unsaved (photo));
  rvs_values_set (&values, "strength", 0.5);
  rvs_photo_set_edits (photo, &values, faces, NULL);
  g_assert_true (rvs_photo_is_unsaved (photo));
  rvs_values_set (&values, "strength", 1);
  rvs_photo_set_edits (photo, &values, faces, NULL);
  g_assert_false (rvs_photo_is_unsaved (photo)); /* back where it was */
  RvsHoleBrush *brush = rvs_hole_brush_new (100, 100);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 50, 50, 5);
  rvs_photo_set_edits (photo, &values, faces, brush);
  g_assert_true (rvs_photo_is_unsaved (photo));
  rvs_photo_mark_saved (photo);
  rvs_photo_set_edits (photo, &values, faces, brush);
  g_assert_false (rvs_photo_is_unsaved (photo));
  rvs_hole_brush_undo (brush);
  rvs_photo_set_edits (photo, &values, faces, brush);
  g_assert_true (rvs_photo_is_unsaved (photo));
  g_assert_null (photo->brush);
  rvs_hole_brush_free (brush);
  g_array_unref (faces);
  rvs_photo_free (photo);
  GBytes *bytes = g_bytes_new_static ("x", 1);
  photo = rvs_photo_new (NULL, bytes, "Pasted", &values);
  g_assert_true (rvs_photo_is_unsaved (photo)); /* it is nowhere else */
  rvs_photo_mark_saved (photo);
  g_assert_false (rvs_photo_is_unsaved (photo));
  rvs_photo_free (photo);
  g_bytes_unref (bytes);
}

/* A turned photo is read turned; boxes and damage turn with it, faces that were only found are forgotten; turned back all is as before. */
static void
test_turn (void)
{
  RvsValues  values;
  RvsUiFace  face = { .id = 1, .face = { .x = 10, .y = 20, .w = 30, .h = 40 }, .enabled = TRUE };
  GArray    *faces = rvs_faces_new ();
  RvsPicture upright, turned;
  RvsError   err = { RVS_OK, "" };
  char      *kind = NULL;
  rvs_values_init (&values);
  RvsPhoto     *photo = rvs_photo_new (PHOTO, NULL, NULL, &values);
  RvsHoleBrush *brush = rvs_hole_brush_new (512, 512);
  g_assert_cmpint (rvs_load (&photo->origin, NULL, &upright, &kind, &err), ==, RVS_OK);
  photo->width = photo->height = 512;
  g_array_append_val (faces, face);
  rvs_photo_set_edits (photo, &values, faces, NULL);
  rvs_photo_turn (photo, 1);
  g_assert_null (photo->faces);
  g_assert_true (rvs_photo_is_unsaved (photo));
  g_assert_cmpint (rvs_load (&photo->origin, NULL, &turned, &kind, &err), ==, RVS_OK);
  for (size_t i = 0; i < 512; i++) /* its upper row is what was the left column, from below */
    g_assert_cmpmem ((guint8 *)turned.view.pixels + 3 * i, 3, (guint8 *)upright.view.pixels + 3 * (511 - i) * 512, 3);
  g_assert_true (rvs_photo_turn_back (photo) && !rvs_photo_turn_back (photo));
  g_assert_false (rvs_photo_is_unsaved (photo));
  rvs_faces_at (faces, 0)->chosen = TRUE;
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 100, 30, 5);
  rvs_photo_set_edits (photo, &values, faces, brush);
  guint64 hash = rvs_hole_brush_hash (photo->brush);
  rvs_photo_turn (photo, -1);
  const RvsFace  *at = &rvs_faces_at (photo->faces, 0)->face;
  const RvsPoint *point = &g_array_index (rvs_hole_brush_last (photo->brush)->points, RvsPoint, 0);
  g_assert_true (at->x == 20 && at->y == 512 - 10 - 30 && at->w == 40 && at->h == 30);
  g_assert_true (point->x == 30 && point->y == 512 - 100);
  g_assert_cmpuint (rvs_photo_last_turn (photo)->n_strokes, ==, 1);
  g_assert_true (rvs_photo_turn_back (photo));
  at = &rvs_faces_at (photo->faces, 0)->face;
  g_assert_true (at->x == 10 && at->y == 20 && at->w == 30 && at->h == 40);
  g_assert_true (rvs_hole_brush_hash (photo->brush) == hash);
  rvs_picture_clear (&upright);
  rvs_picture_clear (&turned);
  rvs_hole_brush_free (brush);
  g_array_unref (faces);
  rvs_photo_free (photo);
}

static void
assert_words (RvsStatus status, const char *detail, const char *words)
{
  RvsError err = { status, "" };
  g_strlcpy (err.message, detail, sizeof err.message);
  char *text = rvs_words_read (status, &err);
  g_assert_cmpstr (text, ==, words);
  g_free (text);
}

/* A kind that nothing reads comes first, with the package that helps; details are said in short words. */
static void
test_words (void)
{
  RvsPicture picture;
  RvsError   err;
  char      *kind = NULL, *jxl = in_folder ("a.jxl"), *cut = in_folder ("short.jpg");
  g_assert_true (g_file_set_contents (jxl, "\xff\x0a nothing", 10, NULL));
  if (load (jxl, &picture, &kind, &err) == RVS_ERR_FORMAT && strstr (err.message, "JPEG XL"))
    assert_words (
        RVS_ERR_FORMAT, err.message,
        "A JPEG XL picture. To read it, install the package libjxl-gdk-pixbuf, or save it as PNG or JPEG in another program.");
  assert_words (RVS_ERR_FORMAT, "HEIC pictures are not supported; convert it to PNG or JPEG first",
                "A HEIC picture. To read it, install the package heif-gdk-pixbuf, or save it as PNG or JPEG in another program.");
  assert_words (RVS_ERR_FORMAT, "QOI pictures are not supported; convert it to PNG or JPEG first",
                "A QOI picture, which cannot be read here. Save it as PNG or JPEG in another program.");
  g_assert_cmpint (load ("/not/there", &picture, &kind, &err), ==, RVS_ERR_IO);
  assert_words (RVS_ERR_IO, err.message,
                "The file cannot be read. Is it still there, and may you read it? (No such file or directory)");
  check_refused ("short.jpg", "\xff\xd8\xff\xe0", 4, RVS_ERR_FORMAT);
  g_assert_cmpint (load (cut, &picture, &kind, &err), ==, RVS_ERR_FORMAT);
  assert_words (RVS_ERR_FORMAT, err.message, "The file is damaged, or no picture that can be read. (it ends too early)");
  assert_words (RVS_ERR_FORMAT, "", "The file is damaged, or no picture that can be read.");
  g_free (jxl);
  g_free (cut);
}

static void
on_gathered (GObject *source, GAsyncResult *result, gpointer user)
{
  (void)source;
  *(RvsGathered **)user = rvs_gather_finish (result);
}

static void
test_gather (void)
{
  static const char *const names[] = { "b10.png", "b9.jpg", "a.bmp", "notes.txt", ".hidden.png", "a-restored.png" };
  RvsGathered             *gathered = NULL;
  char                    *empty = in_folder ("empty"), *gone = in_folder ("gone.png");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      char *path = in_folder (names[i]);
      g_assert_true (g_file_set_contents (path, "x", 1, NULL));
      g_free (path);
    }
  g_assert_cmpint (g_mkdir (empty, 0700), ==, 0);
  char *paths[] = { gone, folder, empty, NULL };
  rvs_gather_async (paths, on_gathered, &gathered);
  while (!gathered)
    g_main_context_iteration (NULL, TRUE);
  static const char *const want[] = { "gone.png", "a.bmp", "b9.jpg", "b10.png" };
  g_assert_cmpint (gathered->paths->len, ==, G_N_ELEMENTS (want));
  for (guint i = 0; i < G_N_ELEMENTS (want); i++)
    g_assert_true (g_str_has_suffix (g_ptr_array_index (gathered->paths, i), want[i]));
  g_assert_cmpint (gathered->problems->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (gathered->problems, 0), "empty"));
  rvs_gathered_free (gathered);
  g_rmdir (empty);
  g_free (empty);
  g_free (gone);
}

/* ---- the queue ---------------------------------------------------------------------------- */

typedef struct Events
{
  RvsQueue  *queue;
  GString   *text; /* a letter an event */
  GPtrArray *problems;
  gboolean   end, stopped;
  double     done;
  size_t     n_found;    /* faces of the photo saved last */
  int        stop_after; /* photos; 0: never */
} Events;

static void
on_event (gpointer user, const RvsQueueEvent *event)
{
  static const char letters[] = "s.+-e";
  Events           *events = user;
  if (event->kind != RVS_QUEUE_PROGRESS)
    g_string_append_c (events->text, letters[event->kind]);
  if (event->problem)
    g_ptr_array_add (events->problems, g_strdup (event->problem));
  if (event->kind == RVS_QUEUE_PROGRESS)
    {
      g_assert_cmpfloat (event->done, >=, events->done);
      g_assert_cmpfloat (event->done, <=, 1);
      events->done = event->done;
    }
  if (event->kind == RVS_QUEUE_SAVED)
    events->n_found = event->n_found;
  if (event->kind == RVS_QUEUE_SAVED && events->stop_after && --events->stop_after == 0)
    rvs_queue_stop (events->queue);
  events->end = event->kind == RVS_QUEUE_END;
  events->stopped = event->stopped;
}

static void
add_item (GArray *items, char *input, const char *output, gboolean replace)
{
  RvsQueueItem item = { .photo_id = items->len + 1, .origin = { .path = input }, .output = in_folder (output), .replace = replace };
  rvs_values_init (&item.values);
  item.faces = rvs_faces_new ();
  RvsUiFace face = { .enabled = TRUE, .from_user = TRUE, .face = { .x = 180, .y = 60, .w = 90, .h = 110 } };
  g_array_append_val (item.faces, face);
  item.has_format = rvs_picture_format_of_name (output, &item.format);
  g_array_append_val (items, item);
}

static void
run_queue (GArray *items, Events *events)
{
  RvsModels models;
  rvs_models_init (&models);
  events->text = g_string_new (NULL);
  events->problems = g_ptr_array_new_with_free_func (g_free);
  events->queue = rvs_queue_new (&models, items, on_event, events);
  wait_for (&events->end);
  rvs_queue_free (events->queue);
  rvs_models_clear (&models);
}

static void
events_clear (Events *events)
{
  g_string_free (events->text, TRUE);
  g_ptr_array_unref (events->problems);
}

static gboolean
is_whole (const char *name)
{
  RvsPicture picture;
  RvsError   err;
  char      *path = in_folder (name), *kind = NULL;
  gboolean   whole = load (path, &picture, &kind, &err) == RVS_OK;
  rvs_picture_clear (&picture);
  g_free (path);
  return whole;
}

static void
test_queue_broken (void)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  Events  events = { 0 };
  char   *cut = in_folder ("cut.jpg"), *there = in_folder ("there-restored.png");
  g_assert_true (g_file_set_contents (cut, "\xff\xd8\xff\xe0", 4, NULL));
  g_assert_true (g_file_set_contents (there, "mine", 4, NULL));
  add_item (items, copy_photo ("a.png"), "a-restored.png", FALSE);
  add_item (items, cut, "cut-restored.jpg", FALSE);
  add_item (items, in_folder ("gone.png"), "gone-restored.png", FALSE);
  add_item (items, copy_photo ("there.png"), "there-restored.png", FALSE);
  add_item (items, copy_photo ("b.png"), "b-restored.jpg", FALSE);
  run_queue (items, &events);
  g_assert_cmpstr (events.text->str, ==, "s+s-s-s-s+e");
  g_assert_false (events.stopped);
  g_assert_nonnull (strstr (g_ptr_array_index (events.problems, 2), "there is a file of that name"));
  g_assert_true (is_whole ("a-restored.png") && is_whole ("b-restored.jpg"));
  char *bytes;
  g_assert_true (g_file_get_contents (there, &bytes, NULL, NULL));
  g_assert_cmpstr (bytes, ==, "mine");
  g_free (bytes);
  g_free (there);
  events_clear (&events);
}

/* The disk is full for one of them; the others are written, and nothing is left of the one. */
static RvsPicture
read_back (const char *name)
{
  RvsPicture picture;
  RvsError   err;
  char      *path = in_folder (name), *kind = NULL;
  g_assert_cmpint (load (path, &picture, &kind, &err), ==, RVS_OK);
  g_free (path);
  return picture;
}

static gboolean
differs (const RvsMutView *a, const RvsMutView *b, int32_t x, int32_t y)
{
  size_t at = (size_t)x * (size_t)a->channels;
  return memcmp ((const guint8 *)a->pixels + a->stride * y + at, (const guint8 *)b->pixels + b->stride * y + at, 3) != 0;
}

/* How many pixels differ above row `split`, and from it on. */
static void
count_changes (const char *name, const char *other, int32_t split, int *out_above, int *out_below)
{
  RvsPicture a = read_back (name), b = read_back (other);
  *out_above = *out_below = 0;
  for (int32_t y = 0; y < a.view.height; y++)
    for (int32_t x = 0; x < a.view.width; x++)
      *(y < split ? out_above : out_below) += differs (&a.view, &b.view, x, y);
  rvs_picture_clear (&a);
  rvs_picture_clear (&b);
}

static void
mark_damage (GArray *items, gboolean marked, gboolean then)
{
  RvsQueueItem *item = &g_array_index (items, RvsQueueItem, items->len - 1);
  g_assert_true (rvs_values_choose_filling (&item->values, true));
  rvs_values_set (&item->values, "then-restore", then);
  rvs_values_set (&item->values, "faces", 1); /* a random detector sees others in what is filled */
  if (!marked)
    return;
  item->brush = rvs_hole_brush_new (512, 512);
  rvs_hole_brush_begin (item->brush, RVS_STROKE_PAINT, 60, 480, 6);
  rvs_hole_brush_extend (item->brush, 200, 480);
}

/* Painted damage is filled, with the faces after it where that is asked for; a photo without marks is named and the rest goes on. */
static void
test_queue_fill (void)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  Events  events = { 0 };
  int     above, below;
  add_item (items, copy_photo ("fill.png"), "fill-filled.png", FALSE);
  mark_damage (items, TRUE, FALSE);
  add_item (items, copy_photo ("bare.png"), "bare-filled.png", FALSE);
  mark_damage (items, FALSE, FALSE);
  add_item (items, copy_photo ("then.png"), "then-filled.png", FALSE);
  mark_damage (items, TRUE, TRUE);
  run_queue (items, &events);
  g_assert_cmpstr (events.text->str, ==, "s+s-s+e");
  g_assert_nonnull (strstr (g_ptr_array_index (events.problems, 0), "paint over what is damaged"));
  count_changes ("fill.png", "fill-filled.png", 470, &above, &below);
  g_assert_cmpint (above, ==, 0);
  g_assert_cmpint (below, >, 1000);
  count_changes ("then.png", "then-filled.png", 470, &above, &below);
  g_assert_cmpint (above, >, 1000);
  count_changes ("fill-filled.png", "then-filled.png", 470, &above, &below);
  g_assert_cmpint (below, ==, 0);
  events_clear (&events);
}

static void
check_size (const char *name, int32_t width, int32_t height)
{
  RvsPicture picture = read_back (name);
  g_assert_cmpint (picture.view.width, ==, width);
  g_assert_cmpint (picture.view.height, ==, height);
  rvs_picture_clear (&picture);
}

/* Larger files, the face restored at that size; a photo without one is enlarged too; what the format has no room for is named before
 * any work, and the rest goes on. */
static void
test_queue_larger (void)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  Events  events = { 0 };
  int     above, below;
  add_item (items, copy_photo ("on.png"), "on-large.png", FALSE);
  add_item (items, copy_photo ("wide.png"), "wide-large.webp", FALSE);
  add_item (items, copy_photo ("off.png"), "off-large.png", FALSE);
  for (guint i = 0; i < items->len; i++)
    rvs_values_set (&g_array_index (items, RvsQueueItem, i).values, "enlarge", i == 1 ? 4 : 1);
  g_array_index (g_array_index (items, RvsQueueItem, 2).faces, RvsUiFace, 0).enabled = FALSE;
  g_array_index (items, RvsQueueItem, 1).has_format = TRUE;
  GdkPixbuf *strip = checks (2100, 2); /* 16800 pixels: more than WebP has */
  char      *path = in_folder ("wide.png");
  g_assert_true (gdk_pixbuf_save (strip, path, "png", NULL, NULL));
  run_queue (items, &events);
  g_assert_cmpstr (events.text->str, ==, "s+s-s+e");
  g_assert_nonnull (strstr (g_ptr_array_index (events.problems, 0), "Save it as PNG"));
  check_size ("on-large.png", 1024, 1024);
  check_size ("off-large.png", 1024, 1024);
  count_changes ("on-large.png", "off-large.png", 512, &above, &below);
  g_assert_cmpint (above, >, 1000);
  g_object_unref (strip);
  g_free (path);
  events_clear (&events);
}

/* How many faces are found in a photo is told, so that the window can say when they are too many. */
static void
test_queue_found (void)
{
  GArray     *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  Events      events = { 0 };
  RvsPicture  picture;
  RvsModels   models;
  RvsSession *session;
  RvsError    err;
  size_t      n_found;
  char       *input = copy_photo ("found.png"), *kind = NULL;
  add_item (items, g_strdup (input), "found-restored.png", FALSE);
  g_clear_pointer (&g_array_index (items, RvsQueueItem, 0).faces, g_array_unref);
  run_queue (items, &events);
  g_assert_cmpstr (events.text->str, ==, "s+e");

  rvs_models_init (&models);
  g_assert_cmpint (rvs_models_open_session (&models, "jsfm", &session, &err), ==, RVS_OK);
  g_assert_cmpint (load (input, &picture, &kind, &err), ==, RVS_OK);
  const RvsView view = rvs_picture_view (&picture);
  RvsFace       none;
  g_assert_cmpint (rvs_detect (session, &view, NULL, &none, 0, &n_found, &err), ==, RVS_OK);
  g_assert_cmpint (n_found, >, 0);
  g_assert_cmpint (events.n_found, ==, n_found);
  rvs_session_free (session);
  rvs_picture_clear (&picture);
  rvs_models_clear (&models);
  g_free (kind);
  g_free (input);
  events_clear (&events);
}

static void
test_queue_full (void)
{
  GArray       *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  Events        events = { 0 };
  struct rlimit old, tight;
  char         *small = in_folder ("small-restored.jpg"), *large = in_folder ("large-restored.png");
  add_item (items, copy_photo ("large.png"), "large-restored.png", FALSE);
  add_item (items, copy_photo ("small.png"), "small-restored.jpg", FALSE);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  tight = old;
  tight.rlim_cur = 150 * 1000; /* between the JPEG and the PNG */
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &tight), ==, 0);
  run_queue (items, &events);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  g_assert_cmpstr (events.text->str, ==, "s-s+e");
  g_assert_nonnull (strstr (g_ptr_array_index (events.problems, 0), "cannot be written"));
  g_assert_false (g_file_test (large, G_FILE_TEST_EXISTS));
  g_assert_true (is_whole ("small-restored.jpg"));
  g_free (small);
  g_free (large);
  events_clear (&events);
}

static void
test_queue_stop (void)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  Events  events = { .stop_after = 2 };
  for (int i = 0; i < 6; i++)
    {
      char *name = g_strdup_printf ("p%d.png", i), *output = g_strdup_printf ("p%d-restored.png", i);
      add_item (items, copy_photo (name), output, FALSE);
      g_free (name);
      g_free (output);
    }
  run_queue (items, &events);
  g_assert_true (events.stopped);
  guint n = 0;
  for (const char *c = events.text->str; *c; c++)
    n += *c == '+';
  g_assert_cmpint (n, >=, 2);
  g_assert_cmpint (n, <, 6);
  for (guint i = 0; i < 6; i++)
    {
      char *name = g_strdup_printf ("p%u-restored.png", i), *path = in_folder (name);
      g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, i < n);
      g_assert_true (i >= n || is_whole (name));
      g_free (name);
      g_free (path);
    }
  events_clear (&events);
}

/* ---- saving ------------------------------------------------------------------------------- */

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user)
{
  (void)source;
  *(RvsSaved **)user = rvs_save_finish (result);
}

/* The source, with the rects of the result over it, in memory. */
static void
test_save (void)
{
  guint8     src[40 * 30 * 3], out[sizeof src];
  RvsRect    rects[] = { { 2, 3, 8, 9 }, { 20, 10, 15, 12 } };
  RvsPicture original = { 0 };
  RvsSaved  *saved = NULL;
  for (size_t i = 0; i < sizeof src; i++)
    {
      src[i] = (guint8)(i * 31);
      out[i] = (guint8)~src[i];
    }
  RvsSaveRequest request = { .original = &original, .format = RVS_PICTURE_PNG };
  request.result.src = (RvsView){ src, 40 * 3, 40, 30, 3, RVS_DEPTH_U8 };
  request.result.out = (RvsView){ out, 40 * 3, 40, 30, 3, RVS_DEPTH_U8 };
  request.result.rects = rects;
  request.result.n_rects = 2;
  rvs_save_async (&request, on_saved, &saved);
  while (!saved)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (saved->status, ==, RVS_OK);
  RvsOrigin  origin = { .bytes = saved->bytes };
  RvsPicture back;
  RvsError   err = { RVS_OK, "" };
  char      *kind;
  g_assert_cmpint (rvs_load (&origin, NULL, &back, &kind, &err), ==, RVS_OK);
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 40; x++)
      {
        gboolean inside = (x >= 2 && x < 10 && y >= 3 && y < 12) || (x >= 20 && x < 35 && y >= 10 && y < 22);
        size_t   at = (size_t)(y * 40 + x) * 3;
        g_assert_cmpmem ((guint8 *)back.view.pixels + at, 3, (inside ? out : src) + at, 3);
      }
  rvs_picture_clear (&back);
  rvs_saved_free (saved);
}

static RvsSaved *
save_larger (RvsSaveRequest *request, const RvsView *src, int choice)
{
  RvsSaved *saved = NULL;
  rvs_values_init (&request->result.values);
  rvs_values_set (&request->result.values, "enlarge", choice);
  request->result.src = *src;
  rvs_save_async (request, on_saved, &saved);
  while (!saved)
    g_main_context_iteration (NULL, TRUE);
  return saved;
}

/* The photo's pixels at the new size, its notes with them; a size that cannot be is refused. */
static void
test_save_larger (void)
{
  guint8         pixels[40 * 30 * 3];
  const RvsView  photo = { pixels, 40 * 3, 40, 30, 3, RVS_DEPTH_U8 }, huge = { pixels, 9000, 9000, 1, 1, RVS_DEPTH_U8 };
  RvsPicture     original = { .meta = { .resolution_unit = RVS_RESOLUTION_METRE, .x_resolution = 1234, .y_resolution = 1234 } };
  GArray        *faces = rvs_faces_new ();
  RvsModels      models;
  RvsSaveRequest request = { .original = &original, .faces = faces, .models = &models, .format = RVS_PICTURE_PNG };
  memset (pixels, 77, sizeof pixels);
  rvs_models_init (&models);
  RvsSaved *saved = save_larger (&request, &photo, 2);
  g_assert_cmpint (saved->status, ==, RVS_OK);
  RvsOrigin  origin = { .bytes = saved->bytes };
  RvsPicture back;
  RvsError   err = { RVS_OK, "" };
  char      *kind;
  g_assert_cmpint (rvs_load (&origin, NULL, &back, &kind, &err), ==, RVS_OK);
  g_assert_cmpint (back.view.width, ==, 120);
  g_assert_cmpint (back.view.height, ==, 90);
  g_assert_cmpint (back.meta.x_resolution, ==, 1234);
  for (int i = 0; i < 120 * 90 * 3; i++)
    g_assert_cmpint (((guint8 *)back.view.pixels)[i], ==, 77);
  rvs_picture_clear (&back);
  rvs_saved_free (saved);
  saved = save_larger (&request, &huge, 4);
  g_assert_cmpint (saved->status, ==, RVS_ERR_LIMIT);
  rvs_saved_free (saved);
  rvs_models_clear (&models);
  g_array_unref (faces);
}

/* ---- */

typedef struct Test
{
  const char *name;
  void (*run) (void);
} Test;

static void
run (gconstpointer data)
{
  const Test *test = data;
  set_up ();
  test->run ();
  tear_down ();
}

int
main (int argc, char **argv)
{
  static const Test tests[] = { { "/parts/load-own", test_load_own },
                                { "/parts/load-foreign", test_load_foreign },
                                { "/parts/load-bad", test_load_bad },
                                { "/parts/photo-edits", test_photo_edits },
                                { "/parts/turn", test_turn },
                                { "/parts/words", test_words },
                                { "/parts/gather", test_gather },
                                { "/parts/queue-broken", test_queue_broken },
                                { "/parts/thumb-colours", test_thumb_colours },
                                { "/parts/webp-one-rule", test_webp_one_rule },
                                { "/parts/queue-fill", test_queue_fill },
                                { "/parts/queue-found", test_queue_found },
                                { "/parts/queue-full", test_queue_full },
                                { "/parts/queue-stop", test_queue_stop },
                                { "/parts/save", test_save },
                                { "/parts/queue-larger", test_queue_larger },
                                { "/parts/save-larger", test_save_larger } };
  signal (SIGXFSZ, SIG_IGN);
  g_setenv ("RVS_MODEL_DIR", WEIGHTS, TRUE);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].name, &tests[i], run);
  return g_test_run ();
}
