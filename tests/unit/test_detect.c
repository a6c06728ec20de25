/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_detect.c: the face finder: resizing and forward pass against PyTorch's vectors (tests/vectors/gen_detector.py), decoding
 * and merging by hand, and the whole path's promises (capacity, order, no allocation, any thread count). */
#include "core/cpu.h"
#include "core/mem.h"
#include "face/candidates.h"
#include "face/detect.h"
#include "face/fit.h"
#include "face/turn.h"
#include "kernels/kernels.h"
#include "model.h"
#include "net/detector.h"
#include "plan.h"
#include "testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Bench
{
  RvsStFile            *weights, *io;
  RvsNet                built;
  const RvsDetectorNet *net;
  RvsPool              *pool;
  RvsArena              arena;
  RvsKernels            kernels;
  RvsExec               exec;
} Bench;

static void
open_arena (Bench *b)
{
  RvsArena dry;
  rvs__arena_measure (&dry);
  b->exec = (RvsExec){ b->pool, &dry, &b->kernels, NULL };
  rvs__plan_detection (b->net, &b->exec);
  assert_int_equal (rvs__arena_open (&b->arena, dry.peak, NULL), RVS_OK);
  b->exec.arena = &b->arena;
}

static Bench *
bench_open (int n_threads)
{
  Bench   *b = calloc (1, sizeof *b);
  RvsError err = { 0 };
  assert_int_equal (rvs__st_open (VECTORS "/detector.safetensors", &b->weights, &err), RVS_OK);
  assert_int_equal (rvs__st_open (VECTORS "/detector_io.safetensors", &b->io, &err), RVS_OK);
  if (rvs__net_build (&rvs__arch_detector, b->weights, &b->built, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  b->net = b->built.data;
  assert_int_equal (rvs__pool_new (n_threads, &b->pool, &err), RVS_OK);
  rvs__kernels_init (&b->kernels, UINT32_MAX);
  open_arena (b);
  return b;
}

static void
bench_close (Bench *b)
{
  rvs__arena_close (&b->arena);
  rvs__pool_free (b->pool);
  rvs__net_clear (&b->built);
  rvs__st_close (b->io);
  rvs__st_close (b->weights);
  free (b);
}

static float *
read_tensor (const Bench *b, const char *name, size_t *out_n)
{
  const RvsStTensor *t = rvs__st_find (b->io, name);
  float             *data;
  assert_non_null (t);
  data = malloc (t->n * sizeof (float));
  assert_int_equal (rvs__st_read (t, data, NULL), RVS_OK);
  if (out_n)
    *out_n = t->n;
  return data;
}

static void
assert_near (const float *got, const float *want, size_t n, float tolerance)
{
  for (size_t i = 0; i < n; i++)
    if (!(fabsf (got[i] - want[i]) <= tolerance))
      fail_msg ("value %zu is %g, should be %g", i, (double)got[i], (double)want[i]);
}

static void
test_forward (void **state)
{
  static const char *const names[3] = { "map0", "map1", "map2" };
  Bench                   *b = bench_open (2);
  float                   *image = read_tensor (b, "image", NULL), *got[3];
  RvsTensor                in = rvs__tensor (image, 3, 64, 96), out[3];
  (void)state;
  for (int i = 0; i < 3; i++)
    {
      got[i] = malloc (15 * (size_t)(8 >> i) * (size_t)(12 >> i) * sizeof (float));
      out[i] = rvs__tensor (got[i], 15, 8 >> i, 12 >> i);
    }
  assert_int_equal (rvs__detector_forward (b->net, &b->exec, &in, out), RVS_OK);
  for (int i = 0; i < 3; i++)
    {
      size_t n;
      float *want = read_tensor (b, names[i], &n);
      assert_near (got[i], want, n, 2e-4f);
      free (want);
      free (got[i]);
    }
  free (image);
  bench_close (b);
}

static void
check_fit (Bench *b, const char *name, int w, int h)
{
  float        *picture = read_tensor (b, "picture", NULL), *want;
  unsigned char bytes[37 * 53 * 3];
  size_t        n;
  RvsView       view = { bytes, 53 * 3, 53, 37, 3, RVS_DEPTH_U8 };
  RvsRect       all = { 0, 0, 53, 37 };
  RvsTensor     out;
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)picture[i];
  want = read_tensor (b, name, &n);
  assert_int_equal (n, 3 * w * h);
  out = rvs__tensor (malloc (n * sizeof (float)), 3, h, w);
  rvs__fit (&b->exec, &view, all, w, h, &out);
  assert_near (out.data, want, n, 1e-5f);
  free (out.data);
  free (want);
  free (picture);
}

static void
test_fit (void **state)
{
  Bench *b = bench_open (2);
  (void)state;
  check_fit (b, "small", 24, 16);
  check_fit (b, "large", 100, 80);
  check_fit (b, "mixed", 53, 9);
  bench_close (b);
}

/* A long thin image, reduced 256 times: tiles get narrower, and a constant stays one. */
static void
test_fit_thin (void **state)
{
  Bench         *b = bench_open (1);
  unsigned char *bytes = malloc (65535 * 3);
  RvsView        view = { bytes, 65535, 65535, 3, 1, RVS_DEPTH_U8 };
  RvsRect        all = { 0, 0, 65535, 3 };
  RvsTensor      out = rvs__tensor (malloc (3 * 256 * sizeof (float)), 3, 1, 256);
  (void)state;
  memset (bytes, 255, 65535 * 3);
  rvs__fit (&b->exec, &view, all, 256, 1, &out);
  for (int i = 0; i < 3 * 256; i++)
    assert_true (fabsf (out.data[i] - 1.0f) < 1e-4f);
  free (out.data);
  free (bytes);
  bench_close (b);
}

static void
test_decode (void **state)
{
  float        data[15 * 4] = { 0 };
  RvsTensor    map = rvs__tensor (data, 15, 2, 2);
  RvsCandidate list[4];
  (void)state;
  for (int i = 0; i < 4; i++)
    data[i] = -5.0f;
  data[3] = 2.0f;                /* score of cell (1, 1) */
  data[1 * 4 + 3] = 0.5f;        /* half a unit to the right */
  data[3 * 4 + 3] = logf (2.0f); /* two units wide */
  data[(5 + 9) * 4 + 3] = -1.0f; /* last landmark one unit up */
  assert_int_equal (rvs__candidates_decode (&map, 8, 4.0f, 0.5f, list, 0), 1);
  assert_true (fabsf (list[0].score - 1.0f / (1.0f + expf (-2.0f))) < 1e-6f);
  /* step 32, unit 128, centre of the cell 48 */
  assert_true (fabsf (list[0].box[0] - (48 + 64 - 128)) < 1e-3f && fabsf (list[0].box[2] - 256) < 1e-3f);
  assert_true (fabsf (list[0].box[1] - (48 - 64)) < 1e-3f && fabsf (list[0].box[3] - 128) < 1e-3f);
  assert_true (fabsf (list[0].marks[0][0] - 48) < 1e-3f && fabsf (list[0].marks[4][1] - (48 - 128)) < 1e-3f);
}

static void
test_merge (void **state)
{
  RvsCandidate list[5] = {
    { { 100, 100, 40, 50 }, { { 1, 1 } }, 0.6f, 0 },                                               /* a double of the second */
    { { 102, 100, 40, 50 }, { { 3, 1 } }, 0.9f, 0 }, { { 300, 100, 40, 50 }, { { 0 } }, 0.7f, 0 }, /* another face */
    { { 110, 110, 20, 20 }, { { 0 } }, 0.8f, 0 },                                                  /* inside the first */
    { { 130, 130, 40, 50 }, { { 0 } }, 0.5f, 0 },                                                  /* barely touching: stays */
  };
  (void)state;
  assert_int_equal (rvs__candidates_merge (list, 5), 3);
  assert_true (list[0].score == 0.9f && list[1].score == 0.7f && list[2].score == 0.5f);
  assert_true (fabsf (list[0].box[0] - (100 * 0.6f + 102 * 0.9f) / 1.5f) < 1e-3f);
  assert_true (fabsf (list[0].marks[0][0] - (1 * 0.6f + 3 * 0.9f) / 1.5f) < 1e-4f);
  assert_int_equal (rvs__candidates_merge (list, 0), 0);
}

/* A face seen at two turns: the surer view alone has its landmarks. */
static void
test_merge_turned (void **state)
{
  RvsCandidate list[3] = {
    { { 100, 100, 50, 50 }, { { 10, 1 } }, 0.7f, 0 },
    { { 101, 100, 50, 50 }, { { 20, 1 } }, 0.9f, 2 },
    { { 100, 101, 50, 50 }, { { 22, 1 } }, 0.9f, 2 },
  };
  (void)state;
  assert_int_equal (rvs__candidates_merge (list, 3), 1);
  assert_true (list[0].turn == 2 && fabsf (list[0].marks[0][0] - 21) < 1e-4f);
}

/* Pixels, boxes and places turn alike, and come back. */
static void
test_turns (void **state)
{
  enum
  {
    W = 5,
    H = 3
  };
  float     pixels[W * H];
  RvsTensor canvas = rvs__tensor (pixels, 1, H, W);
  Bench    *b = bench_open (2);
  (void)state;
  for (int i = 0; i < W * H; i++)
    pixels[i] = (float)i;
  for (int turn = 1; turn < 4; turn++)
    for (int i = 0; i < W * H; i++)
      {
        const size_t mark = rvs__arena_mark (&b->arena);
        RvsTensor    to = rvs__turn_canvas (&b->exec, &canvas, turn);
        const float  box[4] = { (float)(i % W), (float)(i / W), 1, 1 };
        RvsCandidate one = { .score = 1 };
        rvs__turn_box (box, W, H, turn, one.box);
        assert_true (to.data[(int)one.box[1] * to.w + (int)one.box[0]] == (float)i && one.box[2] == 1 && one.box[3] == 1);
        for (int k = 0; k < 5; k++)
          {
            one.marks[k][0] = one.box[0] + 0.5f;
            one.marks[k][1] = one.box[1] + 0.5f;
          }
        rvs__turn_back (&one, W, H, turn);
        assert_memory_equal (one.box, box, sizeof box);
        assert_true (one.marks[4][0] == box[0] + 0.5f && one.marks[4][1] == box[1] + 0.5f);
        rvs__arena_release (&b->arena, mark);
      }
  bench_close (b);
}

static void
test_drop_parts (void **state)
{
  RvsCandidate list[4] = {
    { { 120, 120, 20, 20 }, { { 0 } }, 0.8f, 0 },  /* an eye, surer than its face */
    { { 100, 100, 80, 100 }, { { 0 } }, 0.6f, 0 }, /* the face */
    { { 300, 100, 80, 100 }, { { 0 } }, 0.4f, 0 }, /* far less sure than the face inside it */
    { { 310, 110, 40, 50 }, { { 0 } }, 0.9f, 0 },
  };
  (void)state;
  assert_int_equal (rvs__candidates_drop_parts (list, 4), 2);
  assert_true (list[0].box[0] == 100 && list[1].box[0] == 310);
  assert_int_equal (rvs__candidates_drop_parts (list, 0), 0);
}

static RvsView
noise_view (unsigned char *bytes, int w, int h)
{
  RvsView view = { bytes, w * 3, w, h, 3, RVS_DEPTH_U8 };
  srand (1);
  for (int i = 0; i < w * h * 3; i++)
    bytes[i] = (unsigned char)(rand () >> 7);
  return view;
}

static void
test_faces (void **state)
{
  static RvsFace one[4096], two[4096], few[3];
  unsigned char *bytes = malloc (301 * 203 * 3);
  RvsView        view = noise_view (bytes, 301, 203);
  size_t         n_one, n_two, n_few, before;
  Bench         *b = bench_open (1), *c = bench_open (3);
  (void)state;
  before = rvs__mem_count ();
  assert_int_equal (rvs__detect_faces (b->net, &b->exec, &view, 0.5f, RVS_TURNED_NEVER, NULL, one, 4096, &n_one), RVS_OK);
  assert_int_equal (rvs__mem_count (), before);
  assert_int_equal (rvs__arena_mark (&b->arena), 0);
  assert_int_equal (rvs__detect_faces (c->net, &c->exec, &view, 0.5f, RVS_TURNED_NEVER, NULL, two, 4096, &n_two), RVS_OK);
  assert_true (n_one > 3 && n_one == n_two && n_one <= 4096);
  assert_memory_equal (one, two, n_one * sizeof (RvsFace));
  for (size_t i = 1; i < n_one; i++)
    assert_true (one[i - 1].w * one[i - 1].h >= one[i].w * one[i].h);
  assert_int_equal (rvs__detect_faces (c->net, &c->exec, &view, 0.5f, RVS_TURNED_NEVER, NULL, few, 3, &n_few), RVS_OK);
  assert_int_equal (n_few, n_one);
  assert_memory_equal (few, one, sizeof few);
  assert_int_equal (rvs__detect_faces (c->net, &c->exec, &view, 0.5f, RVS_TURNED_NEVER, NULL, NULL, 0, &n_few), RVS_OK);
  assert_int_equal (n_few, n_one);
  bench_close (b);
  bench_close (c);
  free (bytes);
}

/* Sides of one pixel, and a long side above and below 1024. In the large ones noise has too many places to look at from four sides. */
static void
test_sizes (void **state)
{
  static const int sides[][2] = { { 1, 1 }, { 1, 3000 }, { 1500, 2 }, { 1024, 1024 }, { 1025, 700 }, { 33, 31 } };
  static RvsFace   faces[64];
  unsigned char   *bytes = malloc (1025 * 1024 * 3);
  Bench           *b = bench_open (2);
  (void)state;
  for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
    {
      RvsView         view = noise_view (bytes, sides[i][0], sides[i][1]);
      const RvsTurned turned = sides[i][0] > 1000 && sides[i][1] > 100 ? RVS_TURNED_NEVER : RVS_TURNED_AUTO;
      size_t          n;
      assert_int_equal (rvs__detect_faces (b->net, &b->exec, &view, 0.9f, turned, NULL, faces, 64, &n), RVS_OK);
    }
  free (bytes);
  bench_close (b);
}

/* Ticks, and the one at which to stop. */
typedef struct Ticks
{
  int   n, stop_at;
  float last, widest;
  bool  went_back;
} Ticks;

static bool
count_ticks (void *user, float done)
{
  Ticks *ticks = user;

  ticks->n++;
  ticks->widest = fmaxf (ticks->widest, done - ticks->last);
  ticks->went_back |= done < ticks->last;
  ticks->last = done;
  return ticks->n != ticks->stop_at;
}

/* A crowd takes its time after the passes: that can be stopped too, at every face. */
static void
test_crowd_stops (void **state)
{
  static unsigned char bytes[160 * 160 * 3];
  RvsView              view = noise_view (bytes, 160, 160);
  Ticks                all = { .stop_at = 0 };
  RvsDetectTick        tick = { count_ticks, &all };
  size_t               n;
  Bench               *b = bench_open (2);
  (void)state;
  assert_int_equal (rvs__detect_faces (b->net, &b->exec, &view, 0.4f, RVS_TURNED_NEVER, &tick, NULL, 0, &n), RVS_OK);
  /* the widest step is the fine pass */
  assert_true (all.n > 20 && all.widest < 0.5f && !all.went_back && all.last > 0.99f);
  for (int k = 1; k <= all.n; k += 1 + k / 8)
    {
      Ticks some = { .stop_at = k };
      tick.user = &some;
      assert_int_equal (rvs__detect_faces (b->net, &b->exec, &view, 0.4f, RVS_TURNED_NEVER, &tick, NULL, 0, &n), RVS_ERR_CANCELLED);
      assert_true (n == 0 && some.n == k && rvs__arena_mark (&b->arena) == 0);
    }
  bench_close (b);
}

static bool
stop_at_once (void *user, float done)
{
  (void)done;
  ++*(int *)user;
  return false;
}

static void
test_cancel (void **state)
{
  unsigned char bytes[64 * 64 * 3];
  RvsView       view = noise_view (bytes, 64, 64);
  int           calls = 0;
  RvsDetectTick tick = { stop_at_once, &calls };
  size_t        n = 7;
  RvsFace       face;
  Bench        *b = bench_open (1);
  (void)state;
  assert_int_equal (rvs__detect_faces (b->net, &b->exec, &view, 0.5f, RVS_TURNED_AUTO, &tick, &face, 1, &n), RVS_ERR_CANCELLED);
  assert_true (n == 0 && calls == 1 && rvs__arena_mark (&b->arena) == 0);
  bench_close (b);
}

static void
test_in_box (void **state)
{
  unsigned char *bytes = malloc (400 * 300 * 3);
  RvsView        view = noise_view (bytes, 400, 300);
  RvsFace        face = { 900, 900, 50, 50, 0, { { 0 } }, RVS_FACE_FROM_USER, 0 };
  bool           found = true;
  Bench         *b = bench_open (1);
  (void)state;
  assert_int_equal (rvs__detect_in_box (b->net, &b->exec, &view, 0.5f, RVS_TURNED_AUTO, &face, &found), RVS_OK);
  assert_false (found); /* wholly outside */
  assert_false (face.flags & RVS_FACE_HAS_LANDMARKS);
  face = (RvsFace){ -20, 100, 120, 140, 0, { { 0 } }, RVS_FACE_FROM_USER, 0 };
  assert_int_equal (rvs__detect_in_box (b->net, &b->exec, &view, 0.01f, RVS_TURNED_AUTO, &face, &found), RVS_OK);
  assert_true (face.x == -20 && face.w == 120 && face.h == 140);
  assert_int_equal (found, (face.flags & RVS_FACE_HAS_LANDMARKS) != 0);
  free (bytes);
  bench_close (b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_forward),      cmocka_unit_test (test_fit),   cmocka_unit_test (test_fit_thin),
    cmocka_unit_test (test_decode),       cmocka_unit_test (test_merge), cmocka_unit_test (test_drop_parts),
    cmocka_unit_test (test_faces),        cmocka_unit_test (test_sizes), cmocka_unit_test (test_cancel),
    cmocka_unit_test (test_merge_turned), cmocka_unit_test (test_turns), cmocka_unit_test (test_in_box),
    cmocka_unit_test (test_crowd_stops),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
