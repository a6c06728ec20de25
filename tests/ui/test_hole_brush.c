/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_hole_brush.c: strokes and the pixels they cover.
 */
#include "hole_brush.h"
#include <math.h>
#include <string.h>

#define WIDTH 80
#define HEIGHT 60

typedef struct Cover
{
  GBytes *bytes;
  RvsView view;
} Cover;

static Cover
cover (const RvsHoleBrush *brush)
{
  Cover c;
  c.bytes = rvs_hole_brush_coverage (brush, &c.view);
  g_assert_true ((c.bytes != NULL) == (c.view.pixels != NULL));
  return c;
}

static int
at (const Cover *c, int x, int y)
{
  return c->bytes ? ((const guint8 *)c->view.pixels)[c->view.stride * y + x] : 0;
}

static double
area (const Cover *c)
{
  double sum = 0;
  for (int y = 0; y < HEIGHT && c->bytes; y++)
    for (int x = 0; x < WIDTH; x++)
      sum += at (c, x, y) / 255.0;
  return sum;
}

static double
area_of (const RvsHoleBrush *brush)
{
  Cover  c = cover (brush);
  double sum = area (&c);
  g_clear_pointer (&c.bytes, g_bytes_unref);
  return sum;
}

/* How faithful a pixel is to be, and how far that counts; both -1: nothing is told anywhere. */
static void
told (const RvsHoleBrush *brush, int x, int y, int *out_faithful, int *out_counts)
{
  RvsView       view;
  GBytes       *map = rvs_hole_brush_fidelity (brush, &(RvsView){ 0 }, &view);
  const guint8 *pixel = map ? (const guint8 *)view.pixels + view.stride * y + 2 * x : NULL;
  *out_faithful = pixel ? pixel[0] : -1;
  *out_counts = pixel ? pixel[1] : -1;
  g_clear_pointer (&map, g_bytes_unref);
}

/* What is told counts over a map of the whole picture, as far as it counts; the map itself stays as it is. */
static void
test_told_over_map (void)
{
  guint8        pixels[WIDTH * HEIGHT];
  RvsView       map = { pixels, WIDTH, WIDTH, HEIGHT, 1, RVS_DEPTH_U8 }, view;
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  memset (pixels, 100, sizeof pixels);
  GBytes *plain = rvs_hole_brush_fidelity (NULL, &map, &view);
  g_assert_true (view.channels == 1 && memcmp (view.pixels, pixels, sizeof pixels) == 0);
  g_bytes_unref (plain);
  rvs_hole_brush_begin (brush, RVS_STROKE_FAITHFUL, 30, 25, 10);
  rvs_hole_brush_begin (brush, RVS_STROKE_INVENT, 36, 25, 4);
  GBytes       *laid = rvs_hole_brush_fidelity (brush, &map, &view);
  const guint8 *row = (const guint8 *)view.pixels + view.stride * 25;
  g_assert_true (view.channels == 1 && g_bytes_get_size (laid) == sizeof pixels);
  g_assert_cmpint (row[24], ==, 255);
  g_assert_cmpint (row[36], ==, 0);
  g_assert_cmpint (row[70], ==, 100);
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    g_assert_cmpint (pixels[i], ==, 100);
  g_bytes_unref (laid);
  rvs_hole_brush_free (brush);
}

#define ASSERT_TOLD(X, Y, FAITHFUL, COUNTS)                                                                                        \
  G_STMT_START                                                                                                                     \
  {                                                                                                                                \
    int f, n;                                                                                                                      \
    told (brush, X, Y, &f, &n);                                                                                                    \
    g_assert_cmpint (f, ==, FAITHFUL);                                                                                             \
    g_assert_cmpint (n, ==, COUNTS);                                                                                               \
  }                                                                                                                                \
  G_STMT_END

/* Of local fidelity the later stroke counts; it and damage leave each other alone, and are taken back in one order. */
static void
test_told (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  rvs_hole_brush_untell (brush);
  g_assert_cmpuint (rvs_hole_brush_n_strokes (brush), ==, 0); /* nothing to take away */
  ASSERT_TOLD (30, 25, -1, -1);
  rvs_hole_brush_begin (brush, RVS_STROKE_FAITHFUL, 30, 25, 10);
  g_assert_null (cover (brush).bytes);
  ASSERT_TOLD (30, 25, 255, 255);
  ASSERT_TOLD (70, 25, 0, 0);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 70, 25, 5);
  rvs_hole_brush_begin (brush, RVS_STROKE_INVENT, 36, 25, 4);
  ASSERT_TOLD (36, 25, 0, 255);
  ASSERT_TOLD (24, 25, 255, 255);
  ASSERT_TOLD (70, 25, 0, 0);
  rvs_hole_brush_begin (brush, RVS_STROKE_UNTOLD, 24, 25, 3);
  ASSERT_TOLD (24, 25, 0, 0);
  g_assert_cmpfloat (fabs (area_of (brush) - G_PI * 25), <, 2);
  rvs_hole_brush_clear (brush);
  g_assert_null (cover (brush).bytes);
  ASSERT_TOLD (36, 25, 0, 255);
  rvs_hole_brush_untell (brush);
  ASSERT_TOLD (36, 25, -1, -1);
  g_assert_cmpuint (rvs_hole_brush_n_marks (brush), ==, 2); /* the damage and its clearing */
  rvs_hole_brush_untell (brush);
  g_assert_cmpuint (rvs_hole_brush_n_strokes (brush), ==, 6);
  g_assert_true (rvs_hole_brush_undo (brush)); /* the fidelity is back, */
  ASSERT_TOLD (36, 25, 0, 255);
  g_assert_true (rvs_hole_brush_undo (brush)); /* the damage, */
  g_assert_cmpfloat (fabs (area_of (brush) - G_PI * 25), <, 2);
  g_assert_true (rvs_hole_brush_undo (brush)); /* and what was erased */
  ASSERT_TOLD (24, 25, 255, 255);
  rvs_hole_brush_free (brush);
}

static void
test_nothing (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  g_assert_cmpfloat (area_of (brush), ==, 0);
  g_assert_null (cover (brush).bytes);
  g_assert_false (rvs_hole_brush_undo (brush));
  g_assert_null (rvs_hole_brush_last (brush));
  rvs_hole_brush_clear (brush);
  g_assert_cmpuint (rvs_hole_brush_n_strokes (brush), ==, 0);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, -50, -50, 5); /* beside the picture */
  g_assert_null (cover (brush).bytes);
  rvs_hole_brush_free (brush);
}

/* A click is a disc, a line a disc drawn out; the area is that of geometry, and the edge is soft. */
static void
test_shape (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 30, 25, 8);
  g_assert_cmpfloat (fabs (area_of (brush) - G_PI * 64), <, 2);
  rvs_hole_brush_extend (brush, 50, 40);
  g_assert_cmpfloat (fabs (area_of (brush) - (G_PI * 64 + 16 * 25)), <, 4);
  Cover c = cover (brush);
  g_assert_cmpint (c.view.width, ==, WIDTH);
  g_assert_cmpint (c.view.height, ==, HEIGHT);
  g_assert_cmpint (at (&c, 40, 32), ==, 255);
  g_assert_cmpint (at (&c, 5, 5), ==, 0);
  int soft = 0;
  for (int x = 0; x < WIDTH; x++)
    soft += at (&c, x, 25) > 0 && at (&c, x, 25) < 255;
  g_assert_cmpint (soft, >, 0);
  g_assert_cmpint (soft, <=, 4);
  g_bytes_unref (c.bytes);
  rvs_hole_brush_free (brush);
}

/* A point twice, or a line back over itself, covers no more. */
static void
test_no_joints (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 20, 20, 3.5f);
  rvs_hole_brush_extend (brush, 60, 20);
  double once = area_of (brush);
  rvs_hole_brush_extend (brush, 40, 20);
  rvs_hole_brush_extend (brush, 20, 20);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 30, 20, 3.5f);
  g_assert_cmpfloat (area_of (brush), ==, once);
  rvs_hole_brush_free (brush);
}

/* The thinnest brush still marks a line without gaps. */
static void
test_thin (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 3, 3, 0.5f);
  rvs_hole_brush_extend (brush, 70, 50);
  Cover c = cover (brush);
  for (int x = 4; x < 70; x++)
    {
      int n = 0;
      for (int y = 0; y < HEIGHT; y++)
        n += at (&c, x, y) > 0;
      g_assert_cmpint (n, >, 0);
    }
  g_bytes_unref (c.bytes);
  rvs_hole_brush_free (brush);
}

static void
test_eraser (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 30, 30, 10);
  rvs_hole_brush_begin (brush, RVS_STROKE_ERASE, 30, 30, 4);
  Cover c = cover (brush);
  g_assert_cmpint (at (&c, 30, 30), ==, 0);
  g_assert_cmpint (at (&c, 30, 37), ==, 255);
  g_bytes_unref (c.bytes);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 30, 30, 2); /* painted again */
  c = cover (brush);
  g_assert_cmpint (at (&c, 30, 30), ==, 255);
  g_bytes_unref (c.bytes);
  rvs_hole_brush_begin (brush, RVS_STROKE_ERASE, 30, 30, 20);
  g_assert_null (cover (brush).bytes); /* all of it */
  rvs_hole_brush_free (brush);
}

static void
test_undo_and_clear (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT), *copy = rvs_hole_brush_new (WIDTH, HEIGHT);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 20, 20, 5);
  double first = area_of (brush);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 50, 40, 5);
  double both = area_of (brush);
  rvs_hole_brush_copy (copy, brush);
  g_assert_cmpuint (rvs_hole_brush_hash (copy), ==, rvs_hole_brush_hash (brush));
  rvs_hole_brush_clear (brush);
  rvs_hole_brush_clear (brush);
  g_assert_cmpuint (rvs_hole_brush_hash (copy), !=, rvs_hole_brush_hash (brush));
  g_assert_cmpuint (rvs_hole_brush_n_strokes (brush), ==, 3);
  g_assert_cmpfloat (area_of (brush), ==, 0);
  g_assert_cmpfloat (area_of (copy), ==, both);
  g_assert_true (rvs_hole_brush_undo (brush));
  g_assert_cmpfloat (area_of (brush), ==, both);
  g_assert_true (rvs_hole_brush_undo (brush));
  g_assert_cmpfloat (area_of (brush), ==, first);
  rvs_hole_brush_copy (copy, NULL);
  g_assert_cmpuint (rvs_hole_brush_n_strokes (copy), ==, 0);
  g_assert_cmpuint (rvs_hole_brush_hash (copy), ==, 0);
  rvs_hole_brush_free (brush);
  rvs_hole_brush_free (copy);
}

/* A plane with two marked runs. */
static void
mark_runs (guint8 *plane)
{
  memset (plane, 0, WIDTH * HEIGHT);
  memset (plane + 10 * WIDTH + 5, 255, 20);
  memset (plane + 11 * WIDTH + WIDTH - 3, 1, 3); /* to the border */
}

/* What was found is one stroke among the others: the eraser takes from it, and undo takes it back. */
static void
test_found (void)
{
  guint8        plane[WIDTH * HEIGHT];
  RvsView       view = { plane, WIDTH, WIDTH, HEIGHT, 1, RVS_DEPTH_U8 };
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  mark_runs (plane);
  GArray *spans = rvs_spans_of_plane (&view);
  g_assert_cmpuint (spans->len, ==, 2);
  g_assert_cmpint (g_array_index (spans, RvsSpan, 1).x, ==, WIDTH - 3);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 40, 40, 5);
  double  painted = area_of (brush);
  guint64 hash = rvs_hole_brush_hash (brush);
  rvs_hole_brush_add_found (brush, spans);
  g_assert_cmpfloat (area_of (brush), ==, painted + 23);
  g_assert_cmpuint (rvs_hole_brush_hash (brush), !=, hash);
  RvsHoleBrush *copy = rvs_hole_brush_new_copy (brush);
  g_assert_cmpfloat (area_of (copy), ==, painted + 23);
  g_assert_cmpuint (rvs_hole_brush_hash (copy), ==, rvs_hole_brush_hash (brush));
  rvs_hole_brush_begin (brush, RVS_STROKE_ERASE, 15, 10, 30);
  g_assert_cmpfloat (area_of (brush), <=, painted + 3); /* the other run is far away */
  g_assert_true (rvs_hole_brush_undo (brush));
  g_assert_true (rvs_hole_brush_undo (brush));
  g_assert_cmpfloat (area_of (brush), ==, painted);
  rvs_hole_brush_free (copy);
  rvs_hole_brush_free (brush);
}

/* A line marks no damage, and the eraser takes from both. */
static void
test_lines (void)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  RvsView       lines;
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 30, 30, 6);
  g_assert_null (rvs_hole_brush_lines (brush, &lines));
  double painted = area_of (brush);
  rvs_hole_brush_begin (brush, RVS_STROKE_LINE, 10, 30, 0.75f);
  rvs_hole_brush_extend (brush, 50, 30);
  g_assert_cmpfloat (area_of (brush), ==, painted);
  Cover c;
  c.bytes = rvs_hole_brush_lines (brush, &c.view);
  g_assert_cmpint (at (&c, 20, 30), >, 0);
  g_assert_cmpint (at (&c, 20, 33), ==, 0);
  g_bytes_unref (c.bytes);
  rvs_hole_brush_begin (brush, RVS_STROKE_ERASE, 30, 30, 3);
  c.bytes = rvs_hole_brush_lines (brush, &c.view);
  g_assert_cmpint (at (&c, 30, 30), ==, 0);
  g_assert_cmpint (at (&c, 20, 30), >, 0);
  g_bytes_unref (c.bytes);
  g_assert_cmpfloat (area_of (brush), <, painted);
  rvs_hole_brush_clear (brush);
  g_assert_null (rvs_hole_brush_lines (brush, &lines));
  g_assert_true (rvs_hole_brush_undo (brush));
  c.bytes = rvs_hole_brush_lines (brush, &c.view);
  g_assert_nonnull (c.bytes);
  g_bytes_unref (c.bytes);
  rvs_hole_brush_free (brush);
}

/* What is selected is marked, and nothing else; what was found in it takes its place. */
static void
test_selection (void)
{
  guint8  selected[WIDTH * HEIGHT] = { 0 }, plane[WIDTH * HEIGHT];
  RvsView selection = { selected, WIDTH, WIDTH, HEIGHT, 1, RVS_DEPTH_U8 }, view = { plane, WIDTH, WIDTH, HEIGHT, 1, RVS_DEPTH_U8 };
  RvsHoleBrush *brush = rvs_hole_brush_new (WIDTH, HEIGHT);
  for (int y = 0; y < HEIGHT; y++)
    memset (selected + y * WIDTH, y == 10 ? 100 : 255, 20);
  rvs_hole_brush_set_selection (brush, &selection);
  double all = area_of (brush);
  g_assert_cmpfloat (all, >, 20 * (HEIGHT - 1));
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 60, 30, 5); /* outside */
  g_assert_cmpfloat (area_of (brush), ==, all);
  mark_runs (plane);
  rvs_hole_brush_add_found (brush, rvs_spans_of_plane (&view));
  Cover c = cover (brush);
  g_assert_cmpint (at (&c, 10, 10), ==, 100); /* as much as is selected */
  g_assert_cmpint (at (&c, 22, 10), ==, 0);
  g_assert_cmpint (at (&c, 10, 30), ==, 0);
  g_bytes_unref (c.bytes);
  g_assert_true (rvs_hole_brush_undo (brush));
  g_assert_cmpfloat (area_of (brush), ==, all);
  g_assert_true (rvs_hole_brush_undo (brush));
  rvs_hole_brush_clear (brush);
  g_assert_cmpuint (rvs_hole_brush_n_strokes (brush), ==, 1);
  g_assert_null (cover (brush).bytes);
  rvs_hole_brush_begin (brush, RVS_STROKE_PAINT, 15, 30, 2);
  g_assert_cmpfloat (fabs (area_of (brush) - G_PI * 4), <, 1);
  rvs_hole_brush_free (brush);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hole-brush/nothing", test_nothing);
  g_test_add_func ("/brush/told", test_told);
  g_test_add_func ("/brush/told-over-map", test_told_over_map);
  g_test_add_func ("/brush/shape", test_shape);
  g_test_add_func ("/brush/no-joints", test_no_joints);
  g_test_add_func ("/brush/thin", test_thin);
  g_test_add_func ("/brush/eraser", test_eraser);
  g_test_add_func ("/brush/found", test_found);
  g_test_add_func ("/brush/lines", test_lines);
  g_test_add_func ("/brush/selection", test_selection);
  g_test_add_func ("/brush/undo-and-clear", test_undo_and_clear);
  return g_test_run ();
}
