/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_find.c: a real face is found by the shipped detector however the photo lies, however large it is, and wherever in it; and what
 * detection says of a face is what the restoration does with it. */
#include "picture.h"
#include "scene.h"

#include <math.h>
#include <string.h>

/* Eyes, nose and mouth corners of the astronaut, by eye. */
static const float marks[5][2] = { { 199, 101 }, { 249, 103 }, { 223, 123 }, { 203, 144 }, { 242, 145 } };

enum
{
  SIDE = 512
};

typedef struct Shipped
{
  RvsModel  *detector, *parser, *restorer;
  RvsPicture photo; /* SIDE x SIDE, 8-bit RGB */
} Shipped;

static int
set_up (void **state)
{
  Shipped *s = calloc (1, sizeof *s);

  s->detector = open_model (SHIPPED "/detect-face.safetensors");
  s->parser = open_model (SHIPPED "/parse-face-256.safetensors");
  s->restorer = open_model (TINY "/restore-jsfm-256.safetensors");
  assert_int_equal (rvs_picture_read (DATA "/astronaut.png", NULL, &s->photo, NULL), RVS_OK);
  assert_true (s->photo.view.width == SIDE && s->photo.view.height == SIDE && s->photo.view.channels == 3);
  *state = s;
  return 0;
}

static int
tear_down (void **state)
{
  Shipped *s = *state;

  rvs_picture_clear (&s->photo);
  rvs_model_unref (s->detector);
  rvs_model_unref (s->parser);
  rvs_model_unref (s->restorer);
  free (s);
  return 0;
}

static RvsSession *
open_session (const Shipped *s, RvsTurned turned, float min_confidence, bool restores)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.detector = s->detector;
  config.parser = restores ? s->parser : NULL;
  config.restorer = restores ? s->restorer : NULL;
  config.n_threads = 2;
  config.turned = turned;
  config.min_confidence = min_confidence;
  return session_from (&config);
}

static const unsigned char *
pixel (const Shipped *s, int x, int y)
{
  return (const unsigned char *)s->photo.view.pixels + y * s->photo.view.stride + 3 * x;
}

/* A place of the photo after `turn` quarter turns clockwise. */
static void
turn_place (float x, float y, int turn, float out[2])
{
  for (; turn > 0; turn--)
    {
      const float t = x;
      x = SIDE - y;
      y = t;
    }
  out[0] = x;
  out[1] = y;
}

/* A view of SIDE x SIDE. */
static Picture
turned_view (const RvsMutView *view, int turn)
{
  Picture p = picture_new (SIDE, SIDE, 3, RVS_DEPTH_U8, false, false);

  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      {
        float to[2];
        turn_place ((float)x + .5f, (float)y + .5f, turn, to);
        memcpy ((unsigned char *)p.view.pixels + (int)to[1] * p.view.stride + 3 * (int)to[0],
                (const unsigned char *)view->pixels + y * view->stride + 3 * x, 3);
      }
  return p;
}

static Picture
turned_photo (const Shipped *s, int turn)
{
  return turned_view (&s->photo.view, turn);
}

/* Mean distance of the face's landmarks from those of the photo, turned, in pixels. */
static double
misplaced (const RvsFace *face, int turn)
{
  double sum = 0;

  for (int k = 0; k < 5; k++)
    {
      float to[2];
      turn_place (marks[k][0], marks[k][1], turn, to);
      sum += hypot (face->landmarks[k][0] - to[0], face->landmarks[k][1] - to[1]) / 5;
    }
  return sum;
}

/* The surest face found; score 0 when there is none. */
static RvsFace
surest (RvsSession *session, const Picture *p, size_t *out_n)
{
  const RvsView view = picture_view (p);
  RvsFace       faces[64], best = { 0 };

  assert_int_equal (rvs_detect (session, &view, NULL, faces, 64, out_n, NULL), RVS_OK);
  for (size_t i = 0; i < *out_n && i < 64; i++)
    if (faces[i].score > best.score)
      best = faces[i];
  return best;
}

static void
every_quarter_turn (void **state)
{
  RvsSession *session = open_session (*state, RVS_TURNED_AUTO, .55f, false);
  RvsSession *all = open_session (*state, RVS_TURNED_ALWAYS, .55f, false);
  size_t      n;

  for (int turn = 0; turn < 4; turn++)
    {
      Picture p = turned_photo (*state, turn);
      RvsFace face = surest (session, &p, &n);
      print_message ("# turn %d: score %.3f, %.1f pixels off\n", turn, (double)face.score, misplaced (&face, turn));
      assert_true (face.score > .8f && misplaced (&face, turn) < 4);
      face = surest (all, &p, &n);
      assert_true (face.score > .8f && misplaced (&face, turn) < 4);
      picture_free (&p);
    }
  rvs_session_free (session);
  rvs_session_free (all);
}

/* The head and a faded copy of it, both standing on their heads. */
static Picture
two_upside_down (const Shipped *s)
{
  enum
  {
    W = 260,
    H = 230
  };
  Picture p = picture_new (2 * W, H, 3, RVS_DEPTH_U8, false, false);

  for (int y = 0; y < H; y++)
    for (int x = 0; x < 2 * W; x++)
      {
        const unsigned char *from = pixel (s, 90 + x % W, 10 + y);
        unsigned char       *to = (unsigned char *)p.view.pixels + (H - 1 - y) * p.view.stride + 3 * (2 * W - 1 - x);
        for (int c = 0; c < 3; c++)
          to[c] = x < W ? from[c] : (unsigned char)(128 + (from[c] - 128) * 3 / 10);
      }
  return p;
}

/* A face that is clear once it is turned does not keep the next one from being turned. */
static void
both_upside_down (void **state)
{
  RvsSession   *session = open_session (*state, RVS_TURNED_AUTO, .55f, false);
  Picture       p = two_upside_down (*state);
  const RvsView view = picture_view (&p);
  RvsFace       faces[8];
  size_t        n, n_clear = 0;

  assert_int_equal (rvs_detect (session, &view, NULL, faces, 8, &n, NULL), RVS_OK);
  for (size_t i = 0; i < n && i < 8; i++)
    n_clear += faces[i].score > .85f;
  assert_int_equal (n_clear, 2);
  picture_free (&p);
  rvs_session_free (session);
}

enum
{
  GROUP_SMALL = 3, /* the head is reduced by this */
  GROUP_CELL = 256 / GROUP_SMALL,
  GROUP_ACROSS = SIDE / GROUP_CELL,
  GROUP_FACES = GROUP_ACROSS * GROUP_ACROSS
};

/* Rows of the head, clear ones and faint ones. */
static Picture
group (const Shipped *s)
{
  static const int parts[4] = { 16, 6, 5, 4 }; /* sixteenths of the contrast */
  Picture          p = picture_new (SIDE, SIDE, 3, RVS_DEPTH_U8, false, false);

  memset (p.bytes, 128, p.n_bytes);
  for (int y = 0; y < GROUP_ACROSS * GROUP_CELL; y++)
    for (int x = 0; x < GROUP_ACROSS * GROUP_CELL; x++)
      {
        const int            part = parts[(y / GROUP_CELL * GROUP_ACROSS + x / GROUP_CELL) % 4];
        const unsigned char *from = pixel (s, 100 + x % GROUP_CELL * GROUP_SMALL, y % GROUP_CELL * GROUP_SMALL);
        unsigned char       *to = (unsigned char *)p.view.pixels + y * p.view.stride + 3 * x;
        for (int c = 0; c < 3; c++)
          to[c] = (unsigned char)(128 + (from[c] - 128) * part / 16);
      }
  return p;
}

/* A face that is clear once it is turned does not end the search: the photo lies so, and the others in it are found too. */
static void
group_at_every_turn (void **state)
{
  RvsSession *session = open_session (*state, RVS_TURNED_AUTO, .55f, false);
  Picture     upright = group (*state);

  for (int turn = 0; turn < 4; turn++)
    {
      Picture       p = turned_view (&upright.view, turn);
      const RvsView view = picture_view (&p);
      RvsFace       faces[64];
      size_t        n, n_sure = 0;

      assert_int_equal (rvs_detect (session, &view, NULL, faces, 64, &n, NULL), RVS_OK);
      for (size_t i = 0; i < n && i < 64; i++)
        n_sure += faces[i].score > .6f;
      print_message ("# turn %d: %zu faces of %d\n", turn, n_sure, GROUP_FACES);
      assert_int_equal (n_sure, GROUP_FACES);
      picture_free (&p);
    }
  picture_free (&upright);
  rvs_session_free (session);
}

/* Asked not to, it does not look: so the two tests here do see a difference. */
static void
never_turned (void **state)
{
  RvsSession *session = open_session (*state, RVS_TURNED_NEVER, .55f, false);
  size_t      n;

  for (int turn = 1; turn < 4; turn++)
    {
      Picture p = turned_photo (*state, turn);
      RvsFace face = surest (session, &p, &n);
      assert_true (n == 0 || misplaced (&face, turn) > 10);
      picture_free (&p);
    }
  rvs_session_free (session);
}

/* A box around the head, drawn by hand, gets the landmarks of the face as it lies. */
static void
box_at_every_turn (void **state)
{
  RvsSession *session = open_session (*state, RVS_TURNED_AUTO, .55f, false);

  for (int turn = 0; turn < 4; turn++)
    {
      Picture       p = turned_photo (*state, turn);
      const RvsView view = picture_view (&p);
      float         a[2], b[2];
      RvsFace       face;
      turn_place (170, 50, turn, a);
      turn_place (280, 190, turn, b);
      assert_int_equal (rvs_face_from_box (session, &view, fminf (a[0], b[0]), fminf (a[1], b[1]), fabsf (a[0] - b[0]),
                                           fabsf (a[1] - b[1]), &face, NULL),
                        RVS_OK);
      assert_true (misplaced (&face, turn) < 5);
      picture_free (&p);
    }
  rvs_session_free (session);
}

/* ---- large pictures ---- */

enum
{
  WIDE = 5000,
  HIGH = 2600,
  HEAD = 200, /* of the photo, with some surroundings */
  N_ACROSS = 9,
  N_DOWN = 5,
  SMALL = 3 /* the head is reduced by this */
};

/* The head, reduced, at (x0, y0). */
static void
put_head (const Shipped *s, const Picture *to, int x0, int y0)
{
  for (int y = 0; y < HEAD / SMALL; y++)
    for (int x = 0; x < HEAD / SMALL; x++)
      for (int c = 0; c < 3; c++)
        {
          int sum = 0;
          for (int i = 0; i < SMALL * SMALL; i++)
            sum += pixel (s, 125 + SMALL * x + i % SMALL, 20 + SMALL * y + i / SMALL)[c];
          ((unsigned char *)to->view.pixels)[(y0 + y) * to->view.stride + 3 * (x0 + x) + c]
              = (unsigned char)(sum / (SMALL * SMALL));
        }
}

/* Grey, with heads at even and odd places, so that tiles cut many of them. */
static Picture
crowd (const Shipped *s)
{
  Picture p = picture_new (WIDE, HIGH, 3, RVS_DEPTH_U8, false, false);

  memset (p.bytes, 128, p.n_bytes);
  for (int j = 0; j < N_DOWN; j++)
    for (int i = 0; i < N_ACROSS; i++)
      put_head (s, &p, 30 + i * 571, 20 + j * 537 + 17 * i);
  return p;
}

/* Faces of 36 pixels would be of 7 in one view of the whole: each is found, and once. */
static void
small_in_large (void **state)
{
  RvsSession   *session = open_session (*state, RVS_TURNED_AUTO, .55f, false);
  Picture       p = crowd (*state);
  const RvsView view = picture_view (&p);
  RvsFace       faces[256];
  size_t        n, n_sure = 0;
  double        worst = 0;

  assert_int_equal (rvs_detect (session, &view, NULL, faces, 256, &n, NULL), RVS_OK);
  for (size_t i = 0; i < n && i < 256; i++)
    n_sure += faces[i].score >= .55f;
  assert_int_equal (n_sure, N_ACROSS * N_DOWN);
  for (int k = 0; k < N_ACROSS * N_DOWN; k++)
    {
      const float x = 30 + (float)(k % N_ACROSS) * 571 + (223 - 125) / (float)SMALL;
      const float y = 20 + (float)(k / N_ACROSS) * 537 + 17 * (float)(k % N_ACROSS) + (123 - 20) / (float)SMALL;
      double      nearest = 1e9;
      for (size_t i = 0; i < n && i < 256; i++)
        nearest = fmin (nearest, hypot (faces[i].landmarks[2][0] - x, faces[i].landmarks[2][1] - y));
      worst = fmax (worst, nearest);
    }
  print_message ("# nose at most %.1f pixels off\n", worst);
  assert_true (worst < 5); /* an eighth of a face's width */
  picture_free (&p);
  rvs_session_free (session);
}

typedef struct Ticks
{
  int   n, stop_at;
  float last, widest;
} Ticks;

static bool
count (void *user, const RvsProgress *progress)
{
  Ticks *ticks = user;

  assert_true (progress->done >= ticks->last);
  ticks->widest = fmaxf (ticks->widest, progress->done - ticks->last);
  ticks->last = progress->done;
  return ++ticks->n != ticks->stop_at;
}

/* The search moves on in small steps, and stops at each. */
static void
large_can_be_stopped (void **state)
{
  RvsSession   *session = open_session (*state, RVS_TURNED_NEVER, .55f, false);
  Picture       p = crowd (*state);
  const RvsView view = picture_view (&p);
  Ticks         all = { 0 };
  RvsMonitor    monitor = { count, &all };
  size_t        n;

  assert_int_equal (rvs_detect (session, &view, &monitor, NULL, 0, &n, NULL), RVS_OK);
  assert_true (n >= N_ACROSS * N_DOWN && all.n > N_ACROSS * N_DOWN && all.widest < .2f && all.last == 1);
  for (int k = 1; k < 14; k += 2) /* the whole, and some tiles */
    {
      Ticks some = { .stop_at = k };
      monitor.user = &some;
      assert_int_equal (rvs_detect (session, &view, &monitor, NULL, 0, &n, NULL), RVS_ERR_CANCELLED);
      assert_true (n == 0 && some.n == k);
    }
  picture_free (&p);
  rvs_session_free (session);
}

/* ---- one rule ---- */

/* With next to nothing asked of a score there are many doubtful places: those that detection marks are those that analysis refuses. */
static void
detection_knows_refusals (void **state)
{
  RvsSession   *session = open_session (*state, RVS_TURNED_NEVER, .03f, true);
  Picture       p = turned_photo (*state, 0);
  const RvsView view = picture_view (&p);
  RvsFace       faces[64], unmarked[64];
  RvsAnalysis  *analysis;
  size_t        n, n_marked = 0;

  assert_int_equal (rvs_detect (session, &view, NULL, faces, 64, &n, NULL), RVS_OK);
  n = n < 64 ? n : 64;
  for (size_t i = 0; i < n; i++)
    {
      unmarked[i] = faces[i];
      unmarked[i].flags &= ~(uint32_t)RVS_FACE_DOUBTED;
    }
  assert_int_equal (rvs_analyse (session, &view, unmarked, n, NULL, &analysis, NULL), RVS_OK);
  for (size_t i = 0; i < n; i++)
    {
      const RvsFaceReport *report = rvs_analysis_face (analysis, i);
      const bool           marked = faces[i].flags & RVS_FACE_DOUBTED;
      n_marked += marked;
      if (faces[i].score >= .03f && report->skip != RVS_SKIP_TOO_SMALL && report->skip != RVS_SKIP_DEGENERATE)
        assert_int_equal (marked, report->skip == RVS_SKIP_LOW_CONFIDENCE);
    }
  print_message ("# %zu of %zu places doubted\n", n_marked, n);
  assert_true (n_marked > 0 && n_marked < n);
  rvs_analysis_free (analysis);
  picture_free (&p);
  rvs_session_free (session);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_quarter_turn),   cmocka_unit_test (both_upside_down),         cmocka_unit_test (group_at_every_turn),
    cmocka_unit_test (never_turned),         cmocka_unit_test (box_at_every_turn),        cmocka_unit_test (small_in_large),
    cmocka_unit_test (large_can_be_stopped), cmocka_unit_test (detection_knows_refusals),
  };

  return cmocka_run_group_tests_name ("find", tests, set_up, tear_down);
}
