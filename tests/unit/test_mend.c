/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_mend.c: holes as runs and parts; every pixel of every hole gets crops that hold it; soft edges; grain. */
#include "vectors.h"

#include "mend/grain.h"
#include "mend/lines.h"
#include "mend/plan.h"
#include "mend/seam.h"
#include "mend/wide.h"
#include "ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static RvsView
view_of (const unsigned char *plane, int w, int h)
{
  return (RvsView){ plane, w, w, h, 1, RVS_DEPTH_U8 };
}

static RvsHole *
read_hole (const unsigned char *plane, int w, int h)
{
  const RvsView view = view_of (plane, w, h);
  RvsHole      *hole = NULL;
  RvsError      err = { 0 };

  if (rvs__hole_read (&view, &hole, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  return hole;
}

static unsigned char *
new_plane (int w, int h)
{
  unsigned char *plane = calloc ((size_t)w * (size_t)h, 1);

  assert_non_null (plane);
  return plane;
}

static void
box (unsigned char *plane, int w, int x, int y, int bw, int bh)
{
  for (int v = y; v < y + bh; v++)
    memset (plane + v * w + x, 255, (size_t)bw);
}

/* A ring that closes below, a diagonal, a bar at the border. */
static void
parts (void **state)
{
  enum
  {
    W = 60,
    H = 40
  };
  unsigned char *plane = new_plane (W, H);
  RvsHole       *hole;
  float          known[W];

  (void)state;
  box (plane, W, 5, 5, 20, 2);
  box (plane, W, 5, 7, 2, 10);
  box (plane, W, 23, 7, 2, 10);
  box (plane, W, 5, 17, 20, 2);
  for (int i = 0; i < 8; i++)
    plane[(25 + i) * W + 30 + i] = 1; /* any value above 0 */
  box (plane, W, 50, 0, 10, 4);
  hole = read_hole (plane, W, H);
  assert_int_equal (hole->n_parts, 3);
  assert_int_equal (hole->n_pixels, 20 * 2 * 2 + 2 * 10 * 2 + 8 + 40);
  /* In the order of their first pixels: bar, ring, diagonal. */
  assert_int_equal (hole->parts[0].area, 40);
  assert_int_equal (hole->parts[0].rim, 4 + 10); /* left and below: right and above there is no picture */
  assert_int_equal (hole->parts[1].area, 120);
  assert_int_equal (hole->parts[1].box.width, 20);
  assert_int_equal (hole->parts[1].box.height, 14);
  assert_true (fabs (rvs__hole_width (&hole->parts[1]) - 2 * 120.0 / (2 * (20 + 14) + 2 * (16 + 10))) < 1e-9);
  assert_int_equal (hole->parts[2].area, 8);
  const RvsView view = view_of (plane, W, H);
  const RvsRect bounds = rvs_hole_bounds (&view);
  assert_true (bounds.x == 5 && bounds.y == 0 && bounds.width == 55 && bounds.height == 33);
  rvs__hole_known_row (hole, 8, 4, 22, known);
  for (int i = 0; i < 22; i++)
    assert_true (known[i] == (plane[8 * W + 4 + i] == 0));
  rvs__hole_free (hole);
  free (plane);
}

static void
expect_refused (const unsigned char *plane, int w, int h, const char *reason)
{
  const RvsView view = view_of (plane, w, h);
  RvsHole      *hole = NULL;
  RvsError      err = { 0 };

  assert_int_equal (rvs__hole_read (&view, &hole, &err), RVS_ERR_HOLE);
  assert_null (hole);
  if (!strstr (err.message, reason))
    fail_msg ("'%s' does not say '%s'", err.message, reason);
}

static void
refusals (void **state)
{
  unsigned char *plane = new_plane (100, 50);

  (void)state;
  expect_refused (plane, 100, 50, "is empty");
  memset (plane, 255, 5000);
  expect_refused (plane, 100, 50, "whole picture");
  memset (plane, 0, 200);
  expect_refused (plane, 100, 50, "4.0 %");
  memset (plane, 0, 300);
  rvs__hole_free (read_hole (plane, 100, 50));
  free (plane);
}

static uint64_t seed;

static int
random_int (int lo, int hi)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return lo + (int)((seed >> 33) % (uint64_t)(hi - lo + 1));
}

/* Bars, lines and dust of every size. */
static void
damage (unsigned char *plane, int w, int h)
{
  for (int i = random_int (1, 12); i > 0; i--)
    {
      const int bw = random_int (1, random_int (0, 2) ? 9 : w / 2), bh = random_int (1, random_int (0, 2) ? 9 : h / 2);
      box (plane, w, random_int (0, w - bw), random_int (0, h - bh), bw, bh);
    }
  if (random_int (0, 1))
    box (plane, w, random_int (0, w - 1), 0, 1, h);
}

/* The crop holds the pixel. */
static void
check_inside (const RvsMendCrop *crop, int x, int y)
{
  const RvsAffine inverse = rvs__affine_invert (&crop->crop_to_image);
  double          u, v;

  rvs__affine_apply (&inverse, x + .5, y + .5, &u, &v);
  assert_true (u > 0 && v > 0 && u < 512 && v < 512);
  assert_true (x >= crop->area.x && y >= crop->area.y && x < crop->area.x + crop->area.width
               && y < crop->area.y + crop->area.height);
}

static void
check_weights (const RvsMendPlan *plan)
{
  const RvsHole *hole = plan->hole;

  for (int y = 0; y < hole->height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      for (int x = hole->runs[k].x; x < hole->runs[k].x + hole->runs[k].n; x++)
        {
          float sum = 0;

          for (size_t c = 0; c < plan->n_crops; c++)
            {
              const float weight = rvs__mend_weight (plan, &plan->crops[c], hole->runs[k].part, x, y);
              assert_true (weight >= 0 && weight <= 1);
              if (weight > 0)
                check_inside (&plan->crops[c], x, y);
              sum += weight;
            }
          if (!(sum > .2f))
            fail_msg ("pixel (%d, %d) of %dx%d: weights sum to %g", x, y, hole->width, hole->height, (double)sum);
        }
}

/* A picture of any size, any damage, faces anywhere, turned: no pixel is left out. */
static void
every_pixel_is_filled (void **state)
{
  (void)state;
  for (int round = 0; round < 40; round++)
    {
      const int      w = random_int (20, 1500), h = random_int (20, 1100), n_faces = random_int (0, 3);
      unsigned char *plane = new_plane (w, h);
      RvsAffine      faces[3];
      RvsHole       *hole;
      RvsMendPlan    plan;

      seed = (uint64_t)(round + 1);
      damage (plane, w, h);
      for (int i = 0; i < n_faces; i++)
        {
          const double scale = random_int (5, 300) / 100.0, angle = random_int (-90, 90) / 57.0;
          const double c = scale * cos (angle), s = scale * sin (angle);
          const double x = random_int (0, w), y = random_int (0, h);
          faces[i] = (RvsAffine){ { c, -s, x - 256 * c + 256 * s, s, c, y - 256 * s - 256 * c } };
        }
      hole = read_hole (plane, w, h);
      assert_int_equal (rvs__mend_plan (hole, faces, (size_t)n_faces, &plan, NULL), RVS_OK);
      check_weights (&plan);
      rvs__mend_plan_clear (&plan);
      rvs__hole_free (hole);
      free (plane);
    }
}

/* Dust that lies together shares a crop, also with what passes through; what straddles cells gets a crop of its own; a line across a large picture is cut into cells; a large blob gets one crop at a larger scale. */
static void
crops_suit_the_damage (void **state)
{
  enum
  {
    W = 2200,
    H = 1400
  };
  unsigned char *plane = new_plane (W, H);
  RvsHole       *hole;
  RvsMendPlan    plan;

  (void)state;
  for (int i = 0; i < 30; i++)
    box (plane, W, 20 + 9 * i, 80 + 5 * (i % 7), 3, 3);
  hole = read_hole (plane, W, H);
  assert_int_equal (rvs__mend_plan (hole, NULL, 0, &plan, NULL), RVS_OK);
  assert_int_equal (plan.n_crops, 1);
  assert_true (plan.crops[0].scale == 1);
  rvs__mend_plan_clear (&plan);
  rvs__hole_free (hole);

  memset (plane, 0, W * H);
  box (plane, W, 0, 700, W, 3);
  hole = read_hole (plane, W, H);
  assert_int_equal (rvs__mend_plan (hole, NULL, 0, &plan, NULL), RVS_OK);
  assert_int_equal (plan.n_crops, 7); /* 2200 / 320 */
  rvs__mend_plan_clear (&plan);
  rvs__hole_free (hole);

  memset (plane, 0, W * H);
  box (plane, W, 0, 700, W, 3);
  box (plane, W, 400, 680, 5, 5);    /* in a cell that the line wants anyway */
  box (plane, W, 560, 300, 140, 60); /* across a cell's border, further than it fades */
  hole = read_hole (plane, W, H);
  assert_int_equal (rvs__mend_plan (hole, NULL, 0, &plan, NULL), RVS_OK);
  assert_int_equal (plan.n_crops, 8);
  assert_true (!plan.crops[7].gridded && plan.crops[7].area.x == 560 && plan.crops[7].area.width == 140);
  rvs__mend_plan_clear (&plan);
  rvs__hole_free (hole);

  memset (plane, 0, W * H);
  box (plane, W, 600, 300, 600, 600);
  hole = read_hole (plane, W, H);
  assert_int_equal (rvs__mend_plan (hole, NULL, 0, &plan, NULL), RVS_OK);
  assert_int_equal (plan.n_crops, 1);
  assert_true (plan.crops[0].scale == 4);
  rvs__mend_plan_clear (&plan);
  rvs__hole_free (hole);
  free (plane);
}

/* How much of the damage at (x, y) a face of that scale, its crop beginning at (50, 50), fills. */
static float
share_of_face (const unsigned char *plane, int w, int h, double scale, int x, int y)
{
  const RvsAffine face = { { scale, 0, 50, 0, scale, 50 } };
  RvsHole        *hole = read_hole (plane, w, h);
  RvsMendPlan     plan;
  float           share = 0;

  assert_int_equal (rvs__mend_plan (hole, &face, 1, &plan, NULL), RVS_OK);
  for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
    if (x >= hole->runs[k].x && x < hole->runs[k].x + hole->runs[k].n)
      share = rvs__mend_weight (&plan, &plan.crops[0], hole->runs[k].part, x, y);
  rvs__mend_plan_clear (&plan);
  rvs__hole_free (hole);
  return share;
}

/* A blot is filled on the face it lies on. A scratch is so on a small face only, whose crop has more pixels than the photo. */
static void
scratches_keep_the_grid (void **state)
{
  enum
  {
    W = 700,
    H = 700
  };
  unsigned char *plane = new_plane (W, H);

  (void)state;
  box (plane, W, 120, 150, 80, 3);
  box (plane, W, 120, 180, 40, 40);
  assert_true (share_of_face (plane, W, H, 1, 140, 151) == 0);
  assert_true (share_of_face (plane, W, H, 1, 140, 200) == 1);
  assert_true (share_of_face (plane, W, H, .4, 140, 151) == 1);
  assert_true (share_of_face (plane, W, H, .4, 140, 200) == 1);
  free (plane);
}

/* ---- drawn lines ---- */

enum
{
  CELLS = 32
};

static int
count (const RvsTensor *cells)
{
  int n = 0;

  for (size_t i = 0; i < (size_t)cells->h * (size_t)cells->w; i++)
    n += cells->data[i] > 0;
  return n;
}

/* Cells, reached over sides and corners, of the part that the first one belongs to. */
static int
connected (const RvsTensor *cells)
{
  static int todo[CELLS * CELLS];
  bool       seen[CELLS * CELLS] = { false };
  int        n = 0, done = 0;

  for (int i = 0; n == 0 && i < CELLS * CELLS; i++)
    if (cells->data[i] > 0)
      seen[todo[n++] = i] = true;
  for (; done < n; done++)
    for (int k = 0; k < 9; k++)
      {
        const int x = todo[done] % CELLS + k % 3 - 1, y = todo[done] / CELLS + k / 3 - 1;
        if (x < 0 || y < 0 || x >= CELLS || y >= CELLS || seen[y * CELLS + x] || !(cells->data[y * CELLS + x] > 0))
          continue;
        seen[y * CELLS + x] = true;
        todo[n++] = y * CELLS + x;
      }
  return n;
}

/* A thick bar becomes one line about as long, a thick ring stays one ring, a thin line is left alone. */
static void
thinning (void **state)
{
  static float data[CELLS * CELLS];
  RvsTensor    cells = rvs__tensor (data, 1, CELLS, CELLS);

  (void)state;
  for (int i = 0; i < CELLS * CELLS; i++)
    data[i] = i % CELLS >= 3 && i % CELLS < 29 && i / CELLS >= 10 && i / CELLS < 15;
  rvs__thin (&cells);
  assert_true (count (&cells) >= 20 && count (&cells) <= 26);
  assert_int_equal (connected (&cells), count (&cells));
  for (int x = 6; x < 26; x++)
    assert_true (data[12 * CELLS + x] > 0);

  for (int i = 0; i < CELLS * CELLS; i++)
    data[i] = fabs (hypot (i % CELLS - 15.5, i / CELLS - 15.5) - 9) < 2.5;
  rvs__thin (&cells);
  assert_int_equal (connected (&cells), count (&cells));
  assert_true (count (&cells) > 40 && count (&cells) < 64); /* around 2 pi 9 */
  for (int x = 0; x < CELLS; x++)                           /* every column of it is crossed twice */
    assert_true (abs (x - 15) > 7 || data[16 * CELLS + x] == 0);

  for (int i = 0; i < CELLS * CELLS; i++)
    data[i] = i % CELLS == i / CELLS;
  rvs__thin (&cells);
  assert_int_equal (count (&cells), CELLS);
}

/* A diagonal line, 3 pixels wide, through a crop that the photo enlarges or reduces: one unbroken line of cells from corner to corner. */
static void
lines_in_a_crop (void **state)
{
  static float  data[CELLS * CELLS];
  static double scales[] = { .2, 1, 3.7 };
  RvsTensor     cells = rvs__tensor (data, 1, CELLS, CELLS);

  (void)state;
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
    {
      const int       side = (int)(4 * CELLS * scales[i]);
      const RvsAffine map = { { scales[i], 0, 0, 0, scales[i], 0 } };
      unsigned char  *plane = new_plane (side, side);
      RvsView         view = view_of (plane, side, side);
      Stage           stage;

      for (int k = 0; k < side * side; k++)
        plane[k] = abs (k % side - k / side) < 2;
      stage_open (&stage, 2, UINT32_MAX, 64);
      rvs__mend_lines (&stage.exec, &view, &map, 4, &cells);
      stage_close (&stage);
      assert_int_equal (connected (&cells), count (&cells));
      assert_true (count (&cells) >= CELLS - 6 && count (&cells) <= CELLS);
      for (int c = 0; c < CELLS * CELLS; c++)
        assert_true (!(data[c] > 0) || abs (c % CELLS - c / CELLS) <= 1);
      free (plane);
    }
}

/* In the pixels along the edge the answer takes on what it lacks at the known ones beside them; further inside it stays. */
static void
seams (void **state)
{
  enum
  {
    W = 40,
    N = W * W
  };
  static float crop[3 * N], valid[N], answer[3 * N];
  RvsFillIn    in = { .crop = rvs__tensor (crop, 3, W, W), .valid = rvs__tensor (valid, 1, W, W) };
  RvsTensor    out = rvs__tensor (answer, 3, W, W);
  Stage        stage;

  (void)state;
  for (int i = 0; i < N; i++)
    {
      valid[i] = i % W < 10 || i % W >= 30;
      for (int c = 0; c < 3; c++)
        {
          crop[c * N + i] = valid[i] > 0 ? .5f : NAN; /* damage has no part in it */
          answer[c * N + i] = .3f;
        }
    }
  stage_open (&stage, 2, UINT32_MAX, 64);
  rvs__mend_seam (&stage.exec, &in, &out);
  stage_close (&stage);
  for (int i = 0; i < 3 * N; i++)
    {
      const int    x = i % W, d = x < 20 ? x - 9 : 30 - x;
      const double wanted = d <= 0 ? .5 : d < 4 ? .3 + .2 * (1 - d / 4.0) : .3;
      assert_true (fabs ((double)answer[i] - wanted) < 1e-6);
    }
}

/* Gaussian noise of a known size on a slope with an edge; the hole's own pixels do not count. */
static void
grain (void **state)
{
  enum
  {
    W = 300,
    H = 200
  };
  static float   pixels[H][W];
  unsigned char *plane = new_plane (W, H);
  const RvsView  image = { pixels, sizeof pixels[0], W, H, 1, RVS_DEPTH_F32 };
  RvsHole       *hole;

  (void)state;
  box (plane, W, 100, 50, 60, 60);
  hole = read_hole (plane, W, H);
  for (int round = 0; round < 3; round++)
    {
      const float wanted = round * .02f;
      float       got;

      for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
          pixels[y][x] = plane[y * W + x] ? (float)((x * 7 + y * 13) % 10) / 10
                                          : .2f + .001f * (float)x + (x + y > 260 ? .3f : 0) + wanted * rvs__noise_at (3, 0, y, x);
      got = rvs__grain_of_photo (&image, hole, (RvsRect){ 10, 5, 270, 180 });
      if (!(fabsf (got - wanted) < .15f * wanted + 1e-4f))
        fail_msg ("grain %g measured as %g", (double)wanted, (double)got);
    }
  rvs__hole_free (hole);
  free (plane);
}

static void
memory_failures (void **state)
{
  unsigned char *plane = new_plane (900, 400);
  const RvsView  view = view_of (plane, 900, 400);

  (void)state;
  box (plane, 900, 0, 200, 900, 3);
  box (plane, 900, 20, 20, 9, 9);
  for (size_t n = 1;; n++)
    {
      RvsHole    *hole = NULL;
      RvsMendPlan plan = { 0 };
      RvsStatus   status;

      rvs__mem_fail_at (n);
      status = rvs__hole_read (&view, &hole, NULL);
      if (status == RVS_OK)
        status = rvs__mend_plan (hole, NULL, 0, &plan, NULL);
      rvs__mem_fail_at (0);
      rvs__mend_plan_clear (&plan);
      rvs__hole_free (hole);
      if (status == RVS_OK)
        {
          assert_true (n > 6);
          break;
        }
      assert_int_equal (status, RVS_ERR_NO_MEMORY);
    }
  free (plane);
}

/* Whether all of the square of 2 radius + 1 around x,y is marked; beyond the border nothing is. */
static bool
wide_at (const unsigned char *plane, int w, int h, int x, int y, int radius)
{
  for (int v = y - radius; v <= y + radius; v++)
    for (int u = x - radius; u <= x + radius; u++)
      if (u < 0 || v < 0 || u >= w || v >= h || !plane[v * w + u])
        return false;
  return true;
}

static void
drop_slowly (const unsigned char *plane, int w, int h, int radius, unsigned char *out)
{
  memcpy (out, plane, (size_t)w * (size_t)h);
  for (int i = 0; i < w * h; i++)
    if (wide_at (plane, w, h, i % w, i / w, radius))
      for (int v = 0; v < h; v++)
        for (int u = 0; u < w; u++)
          if (abs (u - i % w) <= 2 * radius && abs (v - i / w) <= 2 * radius)
            out[v * w + u] = 0;
}

/* A collar is no scratch: wide marks go, thin ones stay, also where they meet and at the border. */
static void
wide_marks_go (void **state)
{
  enum
  {
    W = 150,
    H = 140 /* more than go at a time */
  };
  unsigned char *plane = new_plane (W, H), *want = new_plane (W, H);
  RvsMutView     marks = { plane, W, W, H, 1, RVS_DEPTH_U8 };

  (void)state;
  box (plane, W, 20, 30, 17, 17); /* wide enough */
  box (plane, W, 37, 38, 80, 3);  /* a scratch that runs into it */
  box (plane, W, 70, 60, 16, 60); /* one pixel too thin */
  box (plane, W, 0, 0, W, 4);     /* worn borders */
  box (plane, W, W - 6, 0, 6, H);
  box (plane, W, 100, 110, 40, 30); /* at the lower border */
  drop_slowly (plane, W, H, 8, want);
  rvs__damage_drop_wide (&marks, 8);
  assert_memory_equal (plane, want, W * H);
  assert_int_equal (plane[38 * W + 28], 0);
  assert_int_equal (plane[39 * W + 60], 255);
  assert_int_equal (plane[90 * W + 78], 255);
  assert_int_equal (plane[2 * W + 75], 255);
  assert_int_equal (plane[130 * W + 120], 0);
  assert_int_equal (rvs__damage_too_wide (1297, 1920), 19);
  assert_int_equal (rvs__damage_too_wide (256, 1), 8);
  free (want);
  free (plane);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (thinning),        cmocka_unit_test (lines_in_a_crop),       cmocka_unit_test (parts),
    cmocka_unit_test (refusals),        cmocka_unit_test (every_pixel_is_filled), cmocka_unit_test (seams),
    cmocka_unit_test (grain),           cmocka_unit_test (crops_suit_the_damage), cmocka_unit_test (scratches_keep_the_grid),
    cmocka_unit_test (memory_failures), cmocka_unit_test (wide_marks_go),
  };

  return cmocka_run_group_tests_name ("mend", tests, NULL, NULL);
}
