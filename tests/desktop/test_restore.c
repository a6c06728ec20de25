/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_restore.c: a picture restored in one call, over the double of the engine: how its faces are searched.
 */
#include "fake_engine.h"
#include "restore.h"
#include "words.h"
#include <string.h>

#define SIDE 64

static void
make_picture (RvsPicture *picture)
{
  RvsError err;
  g_assert_cmpint (rvs_picture_new (SIDE, SIDE, 3, RVS_DEPTH_U8, picture, &err), ==, RVS_OK);
  for (gsize y = 0; y < SIDE; y++)
    for (gsize i = 0; i < SIDE * 3; i++)
      ((guint8 *)picture->view.pixels)[y * (gsize)picture->view.stride + i] = (guint8)((y * SIDE * 3 + i) * 7 % 251);
}

static RvsValues
values_of (int32_t factor, RvsTurned turned)
{
  RvsValues values;
  rvs_values_init (&values);
  rvs_values_set (&values, "turned", (double)turned);
  g_assert_true (rvs_values_set_factor (&values, factor));
  return values;
}

/* faces NULL: they are searched in the photo; brush NULL: nothing is painted. */
static RvsPicture
restored (const RvsValues *values, const GArray *faces, const RvsHoleBrush *brush)
{
  RvsSessionConfig config;
  RvsSession      *session;
  RvsPicture       picture;
  RvsError         err;
  make_picture (&picture);
  rvs_session_config_init (&config);
  g_assert_cmpint (rvs_session_new (&config, &session, &err), ==, RVS_OK);
  const RvsRestoreCall call = { .session = session, .values = values, .faces = faces, .brush = brush };
  g_assert_cmpint (rvs_restore (&call, &picture, &err), ==, RVS_OK);
  rvs_session_free (session);
  return picture;
}

static void
restore (int32_t factor, RvsTurned turned, const GArray *faces)
{
  RvsValues  values = values_of (factor, turned);
  RvsPicture picture = restored (&values, faces, NULL);
  g_assert_cmpint (picture.view.width, ==, SIDE * factor);
  rvs_picture_clear (&picture);
}

/* Of any size, in the photo and in the boxes that are drawn. */
static void
test_turned (void)
{
  static const RvsTurned words[] = { RVS_TURNED_NEVER, RVS_TURNED_ALWAYS, RVS_TURNED_AUTO };
  GArray                *drawn = rvs_faces_new ();
  RvsUiFace              box = { .face = { .x = 20, .y = 20, .w = 20, .h = 20 }, .enabled = TRUE, .from_user = TRUE };
  g_array_append_val (drawn, box);
  for (int32_t factor = 1; factor <= 2; factor++)
    for (gsize given = 0; given < 2; given++)
      for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
        {
          fake_engine ()->turned = -1;
          restore (factor, words[i], given ? drawn : NULL);
          g_assert_cmpint (fake_engine ()->turned, ==, (int)words[i]);
        }
  g_array_unref (drawn);
}

/* A face that is there and left out is not one that was not found. */
static void
test_left_out (void)
{
  RvsUiFace        face = { .face = { .x = 20, .y = 20, .w = 20, .h = 20 }, .enabled = FALSE };
  RvsSessionConfig config;
  RvsSession      *session;
  rvs_session_config_init (&config);
  for (guint n = 0; n <= 1; n++)
    {
      GArray    *faces = rvs_faces_new ();
      RvsValues  values = values_of (1, RVS_TURNED_AUTO);
      RvsPicture picture;
      RvsError   err = { RVS_OK, "" };
      make_picture (&picture);
      g_array_append_vals (faces, &face, n);
      g_assert_cmpint (rvs_session_new (&config, &session, &err), ==, RVS_OK);
      RvsStatus status = rvs_restore (&(RvsRestoreCall){ .session = session, .values = &values, .faces = faces }, &picture, &err);
      g_assert_cmpint (status, ==, RVS_ERR_NO_FACE);
      char *words = rvs_words_restore (status, &err);
      g_assert_cmpint (strstr (words, "left out") != NULL, ==, n == 1);
      g_free (words);
      rvs_session_free (session);
      rvs_picture_clear (&picture);
      g_array_unref (faces);
    }
}

/* By the fidelity or, all over, by strokes; NULL: without any. */
static RvsPicture
restored_by (int32_t factor, double fidelity, const RvsHoleBrush *brush)
{
  RvsValues values = values_of (factor, RVS_TURNED_AUTO);
  rvs_values_set (&values, "fidelity", fidelity);
  return restored (&values, NULL, brush);
}

static gboolean
same_pixels (const RvsPicture *a, const RvsPicture *b)
{
  return memcmp (a->view.pixels, b->view.pixels, (gsize)a->view.stride * (gsize)a->view.height) == 0;
}

/* What is painted counts at any size of the result. */
static void
test_local_fidelity (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (SIDE, SIDE);
  rvs_hole_brush_begin (brush, RVS_STROKE_FAITHFUL, SIDE / 2, SIDE / 2, 2 * SIDE);
  for (int32_t factor = 1; factor <= 2; factor++)
    {
      RvsPicture plain = restored_by (factor, 0.2, NULL), faithful = restored_by (factor, 1, NULL),
                 told = restored_by (factor, 0.2, brush);
      g_assert_true (same_pixels (&told, &faithful));
      g_assert_false (same_pixels (&told, &plain));
      rvs_picture_clear (&plain);
      rvs_picture_clear (&faithful);
      rvs_picture_clear (&told);
    }
  rvs_hole_brush_free (brush);
}

/* An old photo: `scratched` of its columns are damage to the double's eyes; with the finder, or without its weights. */
static RvsStatus
restore_old (int scratched, gboolean finder)
{
  RvsValues        values;
  RvsSessionConfig config;
  RvsSession      *session;
  RvsPicture       picture;
  RvsError         err = { RVS_OK, "" };
  make_picture (&picture);
  for (int i = 0; i < scratched; i++)
    ((guint8 *)picture.view.pixels)[3 * (10 + i)] = 255;
  rvs_values_old_photo (&values);
  rvs_session_config_init (&config);
  g_assert_cmpint (rvs_session_new (&config, &session, &err), ==, RVS_OK);
  RvsStatus status
      = rvs_restore (&(RvsRestoreCall){ .session = session, .then = session, .finder = finder ? session : NULL, .values = &values },
                     &picture, &err);
  rvs_session_free (session);
  rvs_picture_clear (&picture);
  return status;
}

static void
test_old_photo (void)
{
  FakeEngine *fake = fake_engine ();
  gint        n_fills = fake->n_fills, n_renders = fake->n_renders;
  g_assert_cmpint (restore_old (20, TRUE), ==, RVS_OK);
  g_assert_cmpint (fake->n_fills, ==, n_fills + 1);
  g_assert_cmpint (fake->n_renders, ==, n_renders + 1); /* the face after it */
  g_assert_cmpint (restore_old (0, TRUE), ==, RVS_OK);
  g_assert_cmpint (restore_old (20, FALSE), ==, RVS_OK);
  g_assert_cmpint (fake->n_fills, ==, n_fills + 1);
  g_assert_cmpint (fake->n_renders, ==, n_renders + 3);
}

int
main (int argc, char **argv)
{
  fake_engine ()->detect_ms = fake_engine ()->analyse_ms = fake_engine ()->stage_ms = 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/restore/turned", test_turned);
  g_test_add_func ("/restore/left-out", test_left_out);
  g_test_add_func ("/restore/local-fidelity", test_local_fidelity);
  g_test_add_func ("/restore/old-photo", test_old_photo);
  return g_test_run ();
}
