/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_batch.c: a restoration without a dialog, over the double of the engine: what cannot be read is not restored.
 */
#include "batch.h"
#include "fake_engine.h"
#include "host.h"
#include <string.h>

#define SIDE 200

/* Which of the two reads fails; a layer of one colour has no face; a box is selected instead of everything, or
 * nothing; then: with the faces after it. */
typedef struct Layer
{
  gboolean bad_pixels, bad_mask, blank, box, unselected, then;
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

static RvsRect first_rect; /* of the last result, which dies with its batch */

static RvsStatus
restore_by (Layer layer, const char *model, RvsUiResult *result, RvsError *err)
{
  RvsUiSource source = { SIDE, SIDE, 3, RVS_DEPTH_U8, read_rows, layer.unselected ? NULL : read_mask_rows, &layer };
  RvsModels   models;
  RvsBatch    batch;
  RvsValues   values;
  rvs_values_init (&values);
  rvs_values_set (&values, "model", (double)(rvs_system_find (model) - rvs_systems (&(size_t){ 0 })));
  rvs_values_set (&values, "then-restore", layer.then);
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

int
main (int argc, char **argv)
{
  fake_engine ()->detect_ms = fake_engine ()->analyse_ms = fake_engine ()->stage_ms = 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch/good", test_good);
  g_test_add_func ("/batch/unread", test_unread);
  g_test_add_func ("/batch/hole", test_hole);
  g_test_add_func ("/batch/then", test_then);
  g_test_add_func ("/batch/no-hole", test_no_hole);
  return g_test_run ();
}
