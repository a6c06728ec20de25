/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_merge.c: faces rendered one by one join as the engine joins faces of one analysis, in every depth.
 */
#include "merge.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define W 60
#define H 40
#define N_FACES 3

static const RvsRect RECTS[N_FACES] = { { 4, 5, 30, 25 }, { 20, 10, 30, 25 }, { 50, 30, 8, 8 } };
static const double  MATTE[N_FACES] = { 0.8, 0.7, 0.25 };
static const double  CHANGE[N_FACES] = { 0.2, -0.3, 0.4 };

static double
unit (RvsDepth depth)
{
  return depth == RVS_DEPTH_U8 ? 255 : depth == RVS_DEPTH_U16 ? 65535 : 1;
}

static double
get (const RvsView *v, int32_t x, int32_t y, int c)
{
  const guint8 *p = rvs_view_at (v, x, y) + (size_t)c * rvs_depth_bytes (v->depth);
  return (v->depth == RVS_DEPTH_U8    ? *p
          : v->depth == RVS_DEPTH_U16 ? *(const guint16 *)(const void *)p
                                      : (double)*(const float *)(const void *)p)
         / unit (v->depth);
}

static RvsView
picture (RvsDepth depth, int32_t channels)
{
  RvsView v = { .width = W, .height = H, .channels = channels, .depth = depth };
  v.stride = (ptrdiff_t)(W * (size_t)channels * rvs_depth_bytes (depth));
  v.pixels = g_malloc0 ((gsize)v.stride * H);
  return v;
}

static void
put (const RvsView *v, int32_t x, int32_t y, int c, double value)
{
  guint8 *p = (guint8 *)v->pixels + v->stride * y + ((size_t)x * (size_t)v->channels + (size_t)c) * rvs_depth_bytes (v->depth);
  if (v->depth == RVS_DEPTH_U8)
    *p = (guint8)lrint (value * 255);
  else if (v->depth == RVS_DEPTH_U16)
    *(guint16 *)(void *)p = (guint16)lrint (value * 65535);
  else
    *(float *)(void *)p = (float)value;
}

static gboolean
inside (RvsRect r, int32_t x, int32_t y)
{
  return x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height;
}

/* Source plus `amount` of face k's change in the first channel, inside its rect. */
static RvsView
changed_by (const RvsView *source, int k, double amount)
{
  RvsView v = picture (source->depth, source->channels);
  memcpy ((void *)v.pixels, source->pixels, (size_t)source->stride * H);
  for (int32_t y = 0; y < H; y++)
    for (int32_t x = 0; x < W; x++)
      if (inside (RECTS[k], x, y))
        put (&v, x, y, 0, get (source, x, y, 0) + amount * CHANGE[k]);
  return v;
}

static void
fill_face (RvsMerge *merge, int k, double weight)
{
  for (int32_t y = RECTS[k].y; y < RECTS[k].y + RECTS[k].height; y++)
    for (int32_t x = RECTS[k].x; x < RECTS[k].x + RECTS[k].width; x++)
      ((float *)merge->face.pixels)[y * W + x] = (float)weight;
}

static void
join (RvsMerge *merge, const RvsView *source, double strength, gboolean masked)
{
  g_assert_true (rvs_merge_begin (merge, source, RECTS, N_FACES, masked));
  g_assert_true (merge->overlap);
  for (int k = 0; k < N_FACES; k++)
    {
      fill_face (merge, k, MATTE[k]);
      rvs_merge_add_share (merge, RECTS[k]);
    }
  for (int k = 0; k < N_FACES; k++)
    {
      RvsView plain = changed_by (source, k, strength * MATTE[k]), bare = changed_by (source, k, 1);
      rvs_merge_add (merge, RECTS[k], &plain);
      fill_face (merge, k, strength * MATTE[k]);
      if (masked)
        rvs_merge_add_masked (merge, RECTS[k], &bare);
      g_free ((void *)plain.pixels);
      g_free ((void *)bare.pixels);
    }
}

static RvsView
as_view (const RvsMutView *v)
{
  return (RvsView){ v->pixels, v->stride, v->width, v->height, v->channels, v->depth };
}

static void
check (const RvsMerge *merge, const RvsView *source, double strength, gboolean masked)
{
  RvsView out = as_view (&merge->out), bare = as_view (&merge->bare), matte = as_view (&merge->matte);
  for (int32_t y = 0; y < H; y++)
    for (int32_t x = 0; x < W; x++)
      {
        double sum = 0, change = 0, most = 0, behind = 0;
        for (int k = 0; k < N_FACES; k++)
          if (inside (RECTS[k], x, y))
            {
              sum += MATTE[k];
              change += MATTE[k] * CHANGE[k];
              behind = MATTE[k] > most ? CHANGE[k] : behind;
              most = MAX (most, MATTE[k]);
            }
        if (sum == 0)
          continue;
        double share = sum > 1 ? 1 / sum : 1, from = get (source, x, y, 0);
        /* each face's own rounding, and that of the sum */
        g_assert_cmpfloat_with_epsilon (get (&out, x, y, 0), from + strength * share * change, 2.01 / unit (source->depth) + 1e-6);
        g_assert_cmpfloat (get (&out, x, y, 1), ==, get (source, x, y, 1));
        if (!masked)
          continue;
        g_assert_cmpfloat_with_epsilon (get (&matte, x, y, 0), strength * MIN (sum, 1), 1e-6);
        g_assert_cmpfloat_with_epsilon (get (&bare, x, y, 0), from + behind, 0.51 / unit (source->depth) + 1e-6);
      }
}

static void
test_depth (gconstpointer data)
{
  RvsDepth depth = (RvsDepth)GPOINTER_TO_INT (data);
  RvsView  source = picture (depth, 2);
  RvsMerge merge = { 0 };
  for (int32_t y = 0; y < H; y++)
    for (int32_t x = 0; x < W; x++)
      for (int c = 0; c < 2; c++)
        put (&source, x, y, c, 0.4 + 0.1 * sin (x * 0.7 + y + c));
  join (&merge, &source, 1, FALSE);
  check (&merge, &source, 1, FALSE);
  join (&merge, &source, 0.5, TRUE); /* the same buffers again, and more of them */
  check (&merge, &source, 0.5, TRUE);
  join (&merge, &source, 1, TRUE);
  check (&merge, &source, 1, TRUE);
  rvs_merge_clear (&merge);
  g_assert_null (merge.out.pixels);
  g_free ((void *)source.pixels);
}

/* Faces apart from one another are rendered straight into the result, which holds the source there. */
static void
test_apart (void)
{
  RvsView  source = picture (RVS_DEPTH_U8, 3);
  RvsMerge merge = { 0 };
  RvsRect  apart[] = { RECTS[0], RECTS[2] };
  memset ((void *)source.pixels, 77, (size_t)source.stride * H);
  g_assert_true (rvs_merge_begin (&merge, &source, apart, 2, TRUE));
  g_assert_false (merge.overlap);
  g_assert_null (merge.sum.pixels);
  for (int32_t y = 0; y < H; y++)
    for (int32_t x = 0; x < W; x++)
      {
        gboolean in = inside (apart[0], x, y) || inside (apart[1], x, y);
        RvsView  out = as_view (&merge.out), bare = as_view (&merge.bare);
        g_assert_cmpint (*rvs_view_at (&out, x, y), ==, in ? 77 : 0);
        g_assert_cmpint (*rvs_view_at (&bare, x, y), ==, in ? 77 : 0);
      }
  rvs_merge_clear (&merge);
  g_free ((void *)source.pixels);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/merge/8-bit", GINT_TO_POINTER (RVS_DEPTH_U8), test_depth);
  g_test_add_data_func ("/merge/16-bit", GINT_TO_POINTER (RVS_DEPTH_U16), test_depth);
  g_test_add_data_func ("/merge/float", GINT_TO_POINTER (RVS_DEPTH_F32), test_depth);
  g_test_add_func ("/merge/apart", test_apart);
  return g_test_run ();
}
