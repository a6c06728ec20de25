/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_batch.c: a restoration without a dialog, over the double of the engine: what cannot be read is not restored.
 */
#include "batch.h"
#include "faces.h"
#include "fake_engine.h"
#include "host.h"
#include "larger.h"
#include "recipe.h"
#include <string.h>

#define SIDE 200

/* Which of the two reads fails; a layer of one colour has no face; a box is selected instead of everything, or
 * nothing; then: with the faces after it; scratched: one line of what the double takes for damage. */
typedef struct Layer
{
  gboolean bad_pixels, bad_mask, blank, box, unselected, then, scratched;
} Layer;

void
rvs_host_progress (double done)
{
  (void)done;
}

static gboolean
read_rows (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error)
{
  const Layer *layer = user;
  guint8      *at = pixels;
  for (int32_t i = 0; i < n_rows * SIDE * 3; i++)
    at[i] = (guint8)(layer->blank ? 90 : (i * 7 + y) % 251);
  for (int32_t x = 30; x < 70 && layer->scratched && y <= 150 && 150 < y + n_rows; x++)
    at[((150 - y) * SIDE + x) * 3] = 255;
  if (layer->bad_pixels)
    g_set_error (error, g_quark_from_static_string ("test"), 1, "the tile is gone");
  return !layer->bad_pixels;
}

static gboolean
read_mask_rows (gpointer user, int32_t y, int32_t n_rows, guint8 *mask, GError **error)
{
  const Layer *layer = user;
  (void)error;
  memset (mask, layer->box ? 0 : 255, (size_t)n_rows * SIDE);
  for (int32_t i = 0; i < n_rows && layer->box; i++)
    if (y + i >= 150 && y + i < 170)
      memset (mask + (size_t)i * SIDE + 20, 255, 60);
  return !layer->bad_mask;
}

/* "keep": the photo rules in the left half. */
static gboolean
read_channel_rows (gpointer user, const char *name, int32_t y, int32_t n_rows, guint8 *values, GError **error)
{
  (void)user, (void)y, (void)error;
  g_assert_cmpstr (name, ==, "keep");
  memset (values, 0, (size_t)n_rows * SIDE);
  for (int32_t i = 0; i < n_rows; i++)
    memset (values + (size_t)i * SIDE, 255, SIDE / 2);
  return TRUE;
}

static const char *const CHANNELS[] = { "keep", NULL };

static RvsUiSource
source_of (Layer *layer, int32_t side)
{
  return (RvsUiSource){ .width = side,
                        .height = side,
                        .channels = 3,
                        .depth = RVS_DEPTH_U8,
                        .read_rows = read_rows,
                        .read_mask_rows = layer->unselected ? NULL : read_mask_rows,
                        .user = layer,
                        .channel_names = CHANNELS,
                        .read_channel_rows = read_channel_rows };
}

static gboolean finds;      /* of the next run: the field that looks for scratches */
static RvsRect  first_rect; /* of the last result, which dies with its batch */

static RvsStatus
restore_by (Layer layer, const char *model, RvsUiResult *result, RvsError *err)
{
  RvsUiSource source = source_of (&layer, SIDE);
  RvsModels   models;
  RvsBatch    batch;
  RvsValues   values;
  rvs_values_init (&values);
  rvs_values_set (&values, "model", (double)(rvs_system_find (model) - rvs_systems (&(size_t){ 0 })));
  rvs_values_set (&values, "then-restore", layer.then);
  rvs_values_set (&values, "find-scratches", finds);
  rvs_models_init (&models);
  RvsStatus status = rvs_batch_restore (&batch, &models, &source, &values, result, err);
  if (status == RVS_OK && result->n_rects > 0)
    first_rect = result->rects[0];
  rvs_batch_clear (&batch);
  rvs_models_clear (&models);
  return status;
}

static RvsStatus
restore (Layer layer, RvsUiResult *result, RvsError *err)
{
  return restore_by (layer, "jsfm", result, err);
}

/* What is selected is what may change, wherever the faces are, and without any. */
static void
test_hole (void)
{
  for (int blank = 0; blank < 2; blank++)
    {
      RvsUiResult result;
      RvsError    err = { RVS_OK, "" };
      g_assert_cmpint (restore_by ((Layer){ .blank = blank, .box = TRUE }, "patch", &result, &err), ==, RVS_OK);
      g_assert_cmpuint (result.n_rects, ==, 1);
      g_assert_cmpuint (result.n_faces, ==, 0);
      g_assert_true (first_rect.x == 20 && first_rect.y == 150 && first_rect.width == 60 && first_rect.height == 20);
    }
}

/* In one run: first the hole, then the face. */
static void
test_then (void)
{
  RvsUiResult result;
  RvsError    err = { RVS_OK, "" };
  g_assert_cmpint (restore_by ((Layer){ .box = TRUE, .then = TRUE }, "patch", &result, &err), ==, RVS_OK);
  g_assert_cmpuint (result.n_rects, ==, 2);
  g_assert_cmpuint (result.n_faces, ==, 1);
  g_assert_cmpint (restore_by ((Layer){ .box = TRUE, .then = TRUE, .blank = TRUE }, "patch", &result, &err), ==, RVS_OK);
  g_assert_cmpuint (result.n_rects, ==, 1);
}

/* Without a selection: what is found is filled; where nothing can be, an old photo's faces alone are restored. */
static void
test_find (void)
{
  RvsUiResult result;
  RvsError    err = { RVS_OK, "" };
  finds = TRUE;
  g_assert_cmpint (restore_by ((Layer){ .unselected = TRUE, .scratched = TRUE, .then = TRUE }, "patch", &result, &err), ==, RVS_OK);
  g_assert_cmpuint (result.n_rects, ==, 2);
  g_assert_true (first_rect.x == 30 && first_rect.y == 150 && first_rect.width == 40 && first_rect.height == 1);
  g_assert_true (rvs_values_fill (&result.values));
  g_assert_cmpint (restore_by ((Layer){ .unselected = TRUE, .then = TRUE }, "patch", &result, &err), ==, RVS_OK);
  g_assert_cmpuint (result.n_rects, ==, 1);
  g_assert_cmpuint (result.n_faces, ==, 1);
  g_assert_false (rvs_values_fill (&result.values)); /* what was done, for the record */
  g_setenv ("RVS_FAKE_NO_FINDER", "1", TRUE);
  g_assert_cmpint (restore_by ((Layer){ .unselected = TRUE, .scratched = TRUE, .then = TRUE }, "patch", &result, &err), ==, RVS_OK);
  g_assert_false (rvs_values_fill (&result.values));
  g_unsetenv ("RVS_FAKE_NO_FINDER");
  g_assert_cmpint (restore_by ((Layer){ .unselected = TRUE }, "patch", &result, &err), ==, RVS_ERR_HOLE);
  finds = FALSE;
}

static void
test_no_hole (void)
{
  RvsUiResult result;
  RvsError    err = { RVS_OK, "" };
  g_assert_cmpint (restore_by ((Layer){ .unselected = TRUE }, "patch", &result, &err), ==, RVS_ERR_HOLE);
  g_assert_nonnull (strstr (err.message, "nothing on the layer is selected"));
  err = (RvsError){ RVS_OK, "" };
  g_assert_cmpint (restore_by ((Layer){ 0 }, "patch", &result, &err), ==, RVS_ERR_HOLE);
  g_assert_nonnull (strstr (err.message, "whole picture"));
}

static void
test_good (void)
{
  RvsUiResult result;
  RvsError    err = { RVS_OK, "" };
  g_assert_cmpint (restore ((Layer){ 0 }, &result, &err), ==, RVS_OK);
  g_assert_cmpuint (result.n_rects, ==, 1);
}

static void
test_unread (void)
{
  RvsUiResult result;
  RvsError    err = { RVS_OK, "" };
  g_assert_cmpint (restore ((Layer){ .bad_pixels = TRUE }, &result, &err), !=, RVS_OK);
  g_assert_nonnull (strstr (err.message, "the tile is gone"));
  err = (RvsError){ RVS_OK, "" };
  g_assert_cmpint (restore ((Layer){ .bad_mask = TRUE }, &result, &err), !=, RVS_OK);
  g_assert_nonnull (strstr (err.message, "cannot be read"));
  g_assert_cmpint (fake_engine ()->n_detects, ==, 1); /* of test_good */
}

/* ---- local fidelity ----------------------------------------------------------------------- */

/* All pixels of the result, 1 or `factor` times as large; g_free. NULL: it failed. */
static guint8 *
pixels_with (const char *model, int32_t factor, double fidelity, const char *channel, const RvsHoleBrush *brush, RvsError *err)
{
  Layer       layer = { .unselected = TRUE };
  RvsUiSource source = source_of (&layer, SIDE);
  RvsModels   models;
  RvsBatch    batch = { .n_found = 0 };
  RvsLarger   larger = { .n_found = 0 };
  RvsUiResult result;
  RvsValues   values;
  guint8     *pixels = NULL;
  *err = (RvsError){ RVS_OK, "" };
  rvs_values_init (&values);
  rvs_values_set (&values, "model", (double)(rvs_system_find (model) - rvs_systems (&(size_t){ 0 })));
  rvs_values_set (&values, "fidelity", fidelity);
  g_assert_true (rvs_values_set_channel (&values, channel) && rvs_values_set_factor (&values, factor));
  rvs_models_init (&models);
  if (factor == 1 && rvs_batch_restore (&batch, &models, &source, &values, &result, err) == RVS_OK)
    pixels = g_memdup2 (result.out.pixels, (gsize)result.out.height * (gsize)result.out.stride);
  if (factor > 1 && rvs_larger_make (&larger, &models, &source, NULL, brush, &values, err) == RVS_OK)
    pixels = g_memdup2 (larger.picture.pixels, (gsize)larger.picture.height * (gsize)larger.picture.stride);
  rvs_batch_clear (&batch);
  rvs_larger_clear (&larger);
  rvs_models_clear (&models);
  return pixels;
}

/* The left half is that of one, the right half that of the other, which are different ones. */
static void
assert_halves (const guint8 *pixels, const guint8 *left, const guint8 *right, int32_t side)
{
  gsize half = (gsize)side / 2 * 3, stride = (gsize)side * 3;
  g_assert_true (memcmp (left, right, (gsize)side * stride) != 0);
  for (int32_t y = 0; y < side; y++)
    g_assert_true (memcmp (pixels + (gsize)y * stride, left + (gsize)y * stride, half) == 0
                   && memcmp (pixels + (gsize)y * stride + half, right + (gsize)y * stride + half, stride - half) == 0);
}

/* A channel says it for each pixel, at either size; strokes count over it; one that is not there is refused. */
static void
test_channel (void)
{
  RvsError err;
  for (int32_t factor = 1; factor < 3; factor++)
    {
      guint8 *told = pixels_with ("jsfm", factor, 0.5, "keep", NULL, &err),
             *rules = pixels_with ("jsfm", factor, 1, NULL, NULL, &err), *invents = pixels_with ("jsfm", factor, 0, "", NULL, &err);
      assert_halves (told, rules, invents, factor * SIDE);
      g_assert_null (pixels_with ("jsfm", factor, 0.5, "nonesuch", NULL, &err));
      g_assert_cmpint (err.status, ==, RVS_ERR_ARGUMENT);
      g_assert_nonnull (strstr (err.message, "fidelity-channel: there is no channel 'nonesuch'"));
      g_free (told);
      g_free (rules);
      g_free (invents);
    }
  guint8 *other = pixels_with ("tint", 1, 0.5, "nonesuch", NULL, &err), *same = pixels_with ("tint", 1, 0.5, NULL, NULL, &err);
  g_assert_true (memcmp (other, same, (gsize)SIDE * SIDE * 3) == 0); /* which has no use for it */
  g_free (other);
  g_free (same);
}

static void
test_larger_strokes (void)
{
  RvsError      err;
  RvsHoleBrush *brush = rvs_hole_brush_new (SIDE, SIDE);
  rvs_hole_brush_begin (brush, RVS_STROKE_FAITHFUL, 0, SIDE / 2, 2 * SIDE);
  guint8 *told = pixels_with ("jsfm", 2, 0.5, NULL, brush, &err), *rules = pixels_with ("jsfm", 2, 1, NULL, NULL, &err),
         *plain = pixels_with ("jsfm", 2, 0.5, NULL, NULL, &err), *over = pixels_with ("jsfm", 2, 0.5, "keep", brush, &err);
  gsize n = (gsize)4 * SIDE * SIDE * 3;
  g_assert_true (memcmp (told, rules, n) == 0 && memcmp (over, rules, n) == 0 && memcmp (plain, rules, n) != 0);
  g_free (told);
  g_free (rules);
  g_free (plain);
  g_free (over);
  rvs_hole_brush_free (brush);
}

/* The record holds the name of the channel, whatever is in it, and gives it back. */
static void
test_recipe (void)
{
  static const char *const NAMES[] = { "", "plain", "\"seed\": \"5\"", "Anna \\ M\303\274ller\n\001", "\\" };
  for (size_t i = 0; i < G_N_ELEMENTS (NAMES); i++)
    {
      RvsUiResult result = { .n_faces = 0 };
      RvsValues   values;
      RvsModels   models;
      rvs_models_init (&models);
      rvs_values_init (&result.values);
      rvs_values_set (&result.values, "seed", 7);
      g_assert_true (rvs_values_set_channel (&result.values, NAMES[i]));
      char *text = rvs_recipe_text (&models, &result, 3);
      rvs_values_init (&values);
      g_assert_true (rvs_values_set_channel (&values, "another"));
      rvs_recipe_values (text, &values);
      g_assert_cmpstr (values.channel, ==, NAMES[i]);
      g_assert_cmpfloat (rvs_values_get (&values, "seed"), ==, 7);
      g_assert_cmpuint (rvs_recipe_source (text), ==, 3);
      g_free (text);
      rvs_models_clear (&models);
    }
}

/* ---- larger ------------------------------------------------------------------------------- */

static RvsStatus
enlarge (Layer layer, int32_t side, int32_t factor, const GArray *faces, RvsLarger *larger, RvsError *err)
{
  RvsUiSource source = source_of (&layer, side);
  RvsModels   models;
  RvsValues   values;
  rvs_values_init (&values);
  g_assert_true (rvs_values_set_factor (&values, factor));
  rvs_models_init (&models);
  *err = (RvsError){ RVS_OK, "" };
  RvsStatus status = rvs_larger_make (larger, &models, &source, faces, NULL, &values, err);
  rvs_models_clear (&models);
  return status;
}

/* How many values are not those of read_rows, each pixel a square: outside of `inside`, and in it. */
static size_t
count_changed (const RvsLarger *larger, int32_t factor, RvsRect inside, size_t *out_inside)
{
  size_t n = 0;
  *out_inside = 0;
  for (int32_t y = 0; y < larger->picture.height; y++)
    for (int32_t x = 0; x < larger->picture.width; x++)
      for (int32_t c = 0; c < 3; c++)
        {
          const guint8 *row = (const guint8 *)larger->picture.pixels + larger->picture.stride * y;
          int32_t       at = ((y / factor) * SIDE + x / factor) * 3 + c;
          gboolean      same = row[x * 3 + c] == (guint8)(at * 7 % 251);
          gboolean      in = x >= inside.x && x < inside.x + inside.width && y >= inside.y && y < inside.y + inside.height;
          *out_inside += !same && in;
          n += !same && !in;
        }
  return n;
}

/* The face that is found, or the one that is given, at its new place; the selection does not matter. */
static void
test_larger (void)
{
  RvsLarger larger;
  RvsError  err;
  size_t    n_inside;
  GArray   *faces = rvs_faces_new ();
  RvsUiFace drawn = { .face = { .x = 20, .y = 30, .w = 40, .h = 40 }, .enabled = TRUE, .from_user = TRUE };
  RvsUiFace off = { .face = { .x = 120, .y = 120, .w = 40, .h = 40 } };
  g_array_append_val (faces, drawn);
  g_array_append_val (faces, off);
  for (int given = 0; given < 2; given++)
    {
      RvsRect around = given ? (RvsRect){ 3 * 10, 3 * 20, 3 * 60, 3 * 60 } : (RvsRect){ 3 * 40, 3 * 15, 3 * 120, 3 * 150 };
      g_assert_cmpint (enlarge ((Layer){ .box = TRUE }, SIDE, 3, given ? faces : NULL, &larger, &err), ==, RVS_OK);
      g_assert_true (larger.picture.width == 3 * SIDE && larger.picture.height == 3 * SIDE);
      g_assert_cmpuint (larger.n_restored, ==, 1);
      g_assert_cmpuint (count_changed (&larger, 3, around, &n_inside), ==, 0);
      g_assert_cmpuint (n_inside, >, 100);
      rvs_larger_clear (&larger);
    }
  g_array_set_size (faces, 0);
  g_assert_cmpint (enlarge ((Layer){ 0 }, SIDE, 2, faces, &larger, &err), ==, RVS_OK); /* all of them are switched off */
  g_assert_cmpuint (larger.n_restored, ==, 0);
  g_assert_cmpuint (count_changed (&larger, 2, (RvsRect){ 0 }, &n_inside), ==, 0);
  rvs_larger_clear (&larger);
  g_array_unref (faces);
}

/* What is too large is refused before anything is read or opened. */
static void
test_not_larger (void)
{
  RvsLarger larger;
  RvsError  err;
  gint      n_sessions = fake_engine ()->n_sessions;
  g_assert_cmpint (enlarge ((Layer){ .bad_pixels = TRUE }, 9000, 8, NULL, &larger, &err), ==, RVS_ERR_LIMIT);
  g_assert_nonnull (strstr (err.message, "72000x72000"));
  g_assert_cmpint (fake_engine ()->n_sessions, ==, n_sessions);
  rvs_larger_clear (&larger);
  g_assert_cmpint (enlarge ((Layer){ .bad_pixels = TRUE }, SIDE, 2, NULL, &larger, &err), !=, RVS_OK);
  g_assert_nonnull (strstr (err.message, "the tile is gone"));
  rvs_larger_clear (&larger);
}

int
main (int argc, char **argv)
{
  fake_engine ()->detect_ms = fake_engine ()->analyse_ms = fake_engine ()->stage_ms = 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch/good", test_good);
  g_test_add_func ("/batch/unread", test_unread);
  g_test_add_func ("/batch/hole", test_hole);
  g_test_add_func ("/batch/then", test_then);
  g_test_add_func ("/batch/find", test_find);
  g_test_add_func ("/batch/no-hole", test_no_hole);
  g_test_add_func ("/batch/channel", test_channel);
  g_test_add_func ("/batch/recipe", test_recipe);
  g_test_add_func ("/larger/strokes", test_larger_strokes);
  g_test_add_func ("/larger/good", test_larger);
  g_test_add_func ("/larger/refused", test_not_larger);
  return g_test_run ();
}
