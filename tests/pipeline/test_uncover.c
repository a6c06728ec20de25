/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_uncover.c: a face whose eyes are under the damage is found once that is filled, by the shipped networks, and the hole is then filled
 * again with the face known; nothing else changes what is filled. */
#include "picture.h"
#include "scene.h"

#include <math.h>
#include <string.h>

enum
{
  SIDE = 256,
  LEFT = 100, /* of the part of the photo that is taken: the head */
  X0 = 76,
  Y0 = 84,
  X1 = 173,
  Y1 = 119, /* the damage, over both eyes */
  EYES_X0 = 84,
  EYES_X1 = 166,
  EYES_Y0 = 92,
  EYES_Y1 = 114
};

/* Eyes, nose and mouth corners in that part, by eye. */
static const float marks[5][2] = { { 99, 101 }, { 149, 103 }, { 123, 123 }, { 103, 144 }, { 142, 145 } };

typedef struct Shipped
{
  RvsModel     *detector, *fill;
  RvsSession   *session;
  Picture       whole, damaged;
  unsigned char hole[SIDE * SIDE];
} Shipped;

static void
draw_bar (Shipped *s)
{
  for (int y = Y0; y < Y1; y++)
    {
      memset (s->hole + y * SIDE + X0, 255, X1 - X0);
      memset ((char *)s->damaged.view.pixels + y * s->damaged.view.stride + 3 * X0, 232, 3 * (X1 - X0));
    }
}

static int
set_up (void **state)
{
  Shipped         *s = calloc (1, sizeof *s);
  RvsPicture       photo;
  RvsSessionConfig config;

  s->detector = open_model (SHIPPED "/detect-face.safetensors");
  s->fill = open_model (SHIPPED "/fill-face-512.safetensors");
  rvs_session_config_init (&config);
  config.detector = s->detector;
  config.restorer = s->fill;
  config.n_threads = 2;
  config.turned = RVS_TURNED_NEVER;
  s->session = session_from (&config);
  assert_int_equal (rvs_picture_read (DATA "/astronaut.png", NULL, &photo, NULL), RVS_OK);
  s->whole = picture_new (SIDE, SIDE, 3, RVS_DEPTH_U8, false, false);
  for (int y = 0; y < SIDE; y++)
    memcpy ((char *)s->whole.view.pixels + y * s->whole.view.stride,
            (const char *)photo.view.pixels + y * photo.view.stride + 3 * LEFT, 3 * SIDE);
  rvs_picture_clear (&photo);
  s->damaged = picture_copy (&s->whole);
  draw_bar (s);
  *state = s;
  return 0;
}

static int
tear_down (void **state)
{
  Shipped *s = *state;

  picture_free (&s->whole);
  picture_free (&s->damaged);
  rvs_session_free (s->session);
  rvs_model_unref (s->detector);
  rvs_model_unref (s->fill);
  free (s);
  return 0;
}

static RvsParams
params_of (const unsigned char *hole)
{
  RvsParams params;

  rvs_params_init (&params);
  params.hole = (RvsView){ hole, SIDE, SIDE, SIDE, 1, RVS_DEPTH_U8 };
  return params;
}

/* What a front end does: the faces that are seen, and the damaged picture analysed with them. */
static RvsAnalysis *
analyse_damaged (Shipped *s)
{
  const RvsView view = picture_view (&s->damaged);
  RvsFace       faces[16];
  size_t        n;

  assert_int_equal (rvs_detect (s->session, &view, NULL, faces, 16, &n, NULL), RVS_OK);
  assert_true (n < 16);
  for (size_t i = 0; i < n; i++)
    assert_true (faces[i].score < .7f); /* none that a filling would go by */
  return analyse (s->session, &s->damaged, faces, n);
}

static Picture
filled (Shipped *s, RvsAnalysis *analysis, const RvsParams *params)
{
  const RvsView view = picture_view (&s->damaged);
  Picture       out = picture_copy (&s->damaged);

  assert_int_equal (rvs_render (s->session, analysis, &view, params, 0, NULL, &out.view, NULL), RVS_OK);
  return out;
}

static void
uncover (Shipped *s, RvsAnalysis *analysis, const RvsParams *params, const RvsMonitor *monitor)
{
  const RvsView view = picture_view (&s->damaged);
  RvsError      err = { 0 };

  if (rvs_uncover_faces (analysis, &view, params, monitor, &err) != RVS_OK)
    fail_msg ("%s", err.message);
}

/* Mean squared distance from the undamaged photo, where the eyes are. */
static double
distance (const Shipped *s, const Picture *p)
{
  double sum = 0;

  for (int y = EYES_Y0; y < EYES_Y1; y++)
    for (int x = 3 * EYES_X0; x < 3 * EYES_X1; x++)
      {
        const int a = ((const unsigned char *)p->view.pixels)[y * p->view.stride + x];
        const int b = ((const unsigned char *)s->whole.view.pixels)[y * s->whole.view.stride + x];
        sum += (a - b) * (a - b);
      }
  return sum / ((EYES_Y1 - EYES_Y0) * 3 * (EYES_X1 - EYES_X0));
}

static size_t
n_on (const RvsAnalysis *analysis)
{
  size_t n = 0;

  for (size_t i = 0; i < rvs_analysis_n_faces (analysis); i++)
    n += rvs_analysis_face (analysis, i)->skip == RVS_SKIP_NONE;
  return n;
}

static const RvsFaceReport *
last_face (const RvsAnalysis *analysis)
{
  for (size_t i = rvs_analysis_n_faces (analysis); i-- > 0;)
    if (rvs_analysis_face (analysis, i)->skip == RVS_SKIP_NONE)
      return rvs_analysis_face (analysis, i);
  return NULL;
}

static void
eyes_under_damage (void **state)
{
  Shipped        *s = *state;
  const RvsParams params = params_of (s->hole);
  RvsAnalysis    *analysis = analyse_damaged (s);
  Picture         blind = filled (s, analysis, &params), seeing;
  double          off = 0;

  assert_true (n_on (analysis) == 0 && rvs_analysis_fill (analysis)->aligned_px == 0);
  uncover (s, analysis, &params, NULL);
  assert_int_equal (n_on (analysis), 1);
  for (int k = 0; k < 5; k++)
    off += hypot (last_face (analysis)->face.landmarks[k][0] - marks[k][0],
                  last_face (analysis)->face.landmarks[k][1] - marks[k][1])
           / 5;
  seeing = filled (s, analysis, &params);
  print_message ("# landmarks %.1f pixels off; squared distance at the eyes %.0f, with the face known %.0f\n", off,
                 distance (s, &blind), distance (s, &seeing));
  assert_true (off < 6);
  assert_true (rvs_analysis_fill (analysis)->aligned_px > 3000 && last_face (analysis)->filled_px > 3000);
  assert_true (distance (s, &seeing) < .8 * distance (s, &blind));
  picture_free (&blind);
  picture_free (&seeing);
  rvs_analysis_free (analysis);
}

/* ---- again ---------------------------------------------------------------------------------- */

static bool
count_call (void *user, const RvsProgress *progress)
{
  (void)progress;
  ++*(int *)user;
  return true;
}

/* The same hole is not searched twice; under another one the face is not known, whatever was before it. */
static void
each_hole_by_itself (void **state)
{
  Shipped         *s = *state;
  unsigned char   *corner = calloc (SIDE * SIDE, 1);
  RvsParams        eyes = params_of (s->hole), other;
  RvsAnalysis     *analysis = analyse_damaged (s), *fresh = analyse_damaged (s);
  const size_t     n = rvs_analysis_n_faces (analysis);
  int              n_calls = 0;
  const RvsMonitor monitor = { count_call, &n_calls };
  Picture          first, again;

  for (int y = 220; y < 240; y++)
    memset (corner + y * SIDE + 8, 255, 20);
  other = params_of (corner);
  uncover (s, analysis, &eyes, &monitor);
  assert_true (n_calls > 0 && n_on (analysis) == 1);
  n_calls = 0;
  eyes.strength = .5f;
  uncover (s, analysis, &eyes, &monitor);
  assert_true (n_calls == 0 && n_on (analysis) == 1);
  uncover (s, analysis, &other, &monitor);
  assert_true (n_calls > 0 && n_on (analysis) == 0);
  assert_int_equal (rvs_analysis_n_faces (analysis), n);
  first = filled (s, fresh, &other);
  again = filled (s, analysis, &other);
  assert_memory_equal (first.bytes, again.bytes, first.n_bytes);
  picture_free (&first);
  picture_free (&again);
  rvs_analysis_free (analysis);
  rvs_analysis_free (fresh);
  free (corner);
}

static bool
stop (void *user, const RvsProgress *progress)
{
  (void)user;
  return progress->phase != RVS_PHASE_DETECT;
}

/* The analysis is as before, and can be asked again. */
static void
stopped_while_searching (void **state)
{
  Shipped         *s = *state;
  const RvsView    view = picture_view (&s->damaged);
  RvsParams        params = params_of (s->hole);
  RvsAnalysis     *analysis = analyse_damaged (s);
  const RvsMonitor monitor = { stop, NULL };
  RvsError         err = { 0 };

  assert_int_equal (rvs_uncover_faces (analysis, &view, &params, &monitor, &err), RVS_ERR_CANCELLED);
  assert_int_equal (n_on (analysis), 0);
  uncover (s, analysis, &params, NULL);
  assert_int_equal (n_on (analysis), 1);
  params.hole = (RvsView){ 0 };
  assert_int_equal (rvs_uncover_faces (analysis, &view, &params, NULL, &err), RVS_ERR_HOLE);
  assert_int_equal (n_on (analysis), 1);
  rvs_analysis_free (analysis);
}

/* A face that the user has drawn stays where it is. */
static void
drawn_faces_stay (void **state)
{
  Shipped        *s = *state;
  const RvsParams params = params_of (s->hole);
  const RvsView   view = picture_view (&s->damaged);
  RvsAnalysis    *analysis;
  RvsFace         face;

  assert_int_equal (rvs_face_from_box (s->session, &view, 74, 48, 103, 129, &face, NULL), RVS_OK);
  analysis = analyse (s->session, &s->damaged, &face, 1);
  uncover (s, analysis, &params, NULL);
  assert_int_equal (rvs_analysis_n_faces (analysis), 1);
  assert_memory_equal (&rvs_analysis_face (analysis, 0)->face, &face, sizeof face);
  rvs_analysis_free (analysis);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (eyes_under_damage), cmocka_unit_test (each_hole_by_itself),
                                      cmocka_unit_test (stopped_while_searching), cmocka_unit_test (drawn_faces_stay) };

  return cmocka_run_group_tests_name ("uncover", tests, set_up, tear_down);
}
