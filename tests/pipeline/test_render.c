/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_render.c: the promises about pixels: what may change and what may not, in every kind of picture, for any thread count. */
#include "../unit/exec_bench.h"
#include "face/maps.h"
#include "model.h"
#include "net/parser.h"
#include "ops/ops.h"
#include "scene.h"

#include <math.h>
#include <string.h>

static const size_t plenty = (size_t)256 << 20;

static bool
in_rect (const RvsRect *r, int x, int y)
{
  return x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height;
}

static Picture
restored (const SceneModels *models, int n_threads, const Picture *src, const RvsFace *faces, size_t n, const RvsParams *params,
          RvsRect *out_rect)
{
  RvsSession  *session = session_open (models, n_threads, plenty);
  RvsAnalysis *analysis = analyse (session, src, faces, n);
  Picture      dst = picture_copy (src);

  render (session, analysis, src, params, &dst);
  if (out_rect)
    *out_rect = rvs_analysis_face (analysis, 0)->rect;
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  return dst;
}

/* Every depth, channel count and row order: something changes, only inside the rect, never alpha or padding. */
static void
only_the_face_changes (void **state)
{
  const RvsFace face = face_at (140, 100, .3, .2);
  RvsParams     params;

  rvs_params_init (&params);
  for (int kind = 0; kind < 12; kind++)
    {
      const int channels = kind % 4 + 1;
      Picture   src = picture_new (SCENE_W, SCENE_H, channels, (RvsDepth)(kind / 4), kind % 3 == 1, false), same;
      RvsRect   rect;
      Picture   dst = restored (*state, 2, &src, &face, 1, &params, &rect);
      int       n_changed = 0;

      assert_true (rect.width > 40 && rect.height > 40 && rect.width < SCENE_W);
      for (int y = 0; y < SCENE_H; y++)
        for (int x = 0; x < SCENE_W; x++)
          for (int c = 0; c < channels; c++)
            {
              const bool alpha = c == channels - 1 && channels % 2 == 0;
              const bool changed = picture_at (&dst, x, y, c) != picture_at (&src, x, y, c);
              if (changed && (alpha || !in_rect (&rect, x, y)))
                fail_msg ("kind %d: %d, %d, %d changed", kind, x, y, c);
              n_changed += changed;
            }
      assert_true (n_changed > 1000);
      /* the source's own memory as destination gives the same */
      same = picture_copy (&src);
      {
        RvsSession  *session = session_open (*state, 1, plenty);
        RvsAnalysis *analysis = analyse (session, &same, &face, 1);
        render (session, analysis, &same, &params, &same);
        rvs_analysis_free (analysis);
        rvs_session_free (session);
      }
      assert_same_pixels (&same, &dst);
      picture_free (&src);
      picture_free (&dst);
      picture_free (&same);
    }
}

static void
strength_0_is_exact (void **state)
{
  const RvsFace face = face_at (100, 100, .3, 0);
  RvsParams     params;

  rvs_params_init (&params);
  params.strength = 0;
  for (int depth = 0; depth < 3; depth++)
    {
      Picture src = picture_new (SCENE_W, SCENE_H, 4, (RvsDepth)depth, false, false);
      Picture dst = restored (*state, 1, &src, &face, 1, &params, NULL);
      assert_same_pixels (&src, &dst);
      picture_free (&src);
      picture_free (&dst);
    }
}

/* 16-bit and float pictures get the 8-bit picture's result before its rounding: no step through 8 bits. */
static void
depths_agree (void **state)
{
  const RvsFace face = face_at (140, 100, .3, .2);
  Picture       src[3], dst[3];
  RvsParams     params;
  int           n_fine = 0;

  rvs_params_init (&params);
  for (int k = 0; k < 3; k++)
    {
      src[k] = picture_new (SCENE_W, SCENE_H, 3, (RvsDepth)k, false, false);
      dst[k] = restored (*state, 2, &src[k], &face, 1, &params, NULL);
    }
  for (int y = 0; y < SCENE_H; y++)
    for (int x = 0; x < SCENE_W; x++)
      for (int c = 0; c < 3; c++)
        {
          const double fine = fmin (fmax (picture_at (&dst[2], x, y, c), 0), 1), deep = picture_at (&dst[1], x, y, c);
          assert_float_equal (picture_at (&dst[0], x, y, c), fine, .502 / 255);
          assert_float_equal (deep, fine, .52 / 65535);
          n_fine += fabs (deep * 255 - round (deep * 255)) > .02;
        }
  assert_true (n_fine > 1000); /* values between the 8-bit levels */
  for (int k = 0; k < 3; k++)
    {
      picture_free (&src[k]);
      picture_free (&dst[k]);
    }
}

/* A grey photo in RGB stays grey, exactly, and equals the one-channel result. */
static void
grey_stays_grey (void **state)
{
  const RvsFace face = face_at (140, 100, .3, .2);
  RvsParams     params;

  rvs_params_init (&params);
  for (int depth = 0; depth < 3; depth++)
    {
      Picture rgb = picture_new (SCENE_W, SCENE_H, 3, (RvsDepth)depth, false, true);
      Picture one = picture_new (SCENE_W, SCENE_H, 1, (RvsDepth)depth, false, true);
      Picture rgb_out = restored (*state, 1, &rgb, &face, 1, &params, NULL),
              one_out = restored (*state, 1, &one, &face, 1, &params, NULL);
      int n_changed = 0;

      for (int y = 0; y < SCENE_H; y++)
        for (int x = 0; x < SCENE_W; x++)
          {
            const double v = picture_at (&rgb_out, x, y, 0);
            assert_true (v == picture_at (&rgb_out, x, y, 1) && v == picture_at (&rgb_out, x, y, 2));
            assert_true (v == picture_at (&one_out, x, y, 0));
            n_changed += v != picture_at (&rgb, x, y, 0);
          }
      assert_true (n_changed > 1000);
      picture_free (&rgb);
      picture_free (&one);
      picture_free (&rgb_out);
      picture_free (&one_out);
    }
}

static void
any_thread_count (void **state)
{
  const RvsFace faces[] = { face_at (90, 100, .3, .2), face_at (170, 110, .25, -.3), face_at (130, 100, .9, 0) };
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U16, false, false), first = { 0 };
  RvsParams     params;

  rvs_params_init (&params);
  for (int n = 1; n <= 3; n++)
    {
      Picture dst = restored (*state, n, &src, faces, 3, &params, NULL);
      if (n == 1)
        first = dst;
      else
        {
          assert_same_pixels (&first, &dst);
          picture_free (&dst);
        }
    }
  picture_free (&src);
  picture_free (&first);
}

/* What the networks make of an aligned crop, by their own entry points: R cut to [-1,1]. */
static float *
run_networks (const SceneModels *models, const Picture *src, float w, float **out_face)
{
  const size_t       n = (size_t)512 * 512;
  const RvsArch     *arch = rvs__model_arch (models->restorer);
  const RvsRestorer *restorer = arch->restorer;
  const void        *net = rvs__model_net (models->restorer, arch);
  const RvsKnobs     knobs = { .w = w, .noise_gain = 1, .seed = 0 };
  RvsFaceIn          in = { 0 };
  float             *face = picture_planes (src), *result = malloc (3 * n * sizeof *result);
  float             *map = malloc (19 * 128 * 128 * sizeof *map), *heat = malloc (5 * 64 * 64 * sizeof *heat);
  float             *state = malloc (restorer->state_floats (net) * sizeof *state);
  RvsTensor          face_t = rvs__tensor (face, 3, 512, 512), result_t = rvs__tensor (result, 3, 512, 512);
  RvsParserOut       out = { rvs__tensor (map, 19, 128, 128), rvs__tensor (heat, 5, 64, 64), .degradation = { .blur = 0 } };
  RvsPoints          points;
  ExecBench          b;

  exec_bench_open (&b, 1, (size_t)200 << 20);
  assert_int_equal (rvs__parser_forward (rvs__model_net (models->parser, &rvs__arch_parser), &b.exec, &face_t, &out), RVS_OK);
  rvs__softmax (&b.exec, &out.logits, &out.logits);
  rvs__points_from_heatmaps (&out.heatmaps, &points);
  rvs__afpm_adjust (&out.logits, &points);
  in.face = face_t;
  in.map = out.logits;
  assert_int_equal (restorer->prepare (net, &b.exec, &in, state), RVS_OK);
  assert_int_equal (restorer->run (net, &b.exec, &in, state, &knobs, NULL, &result_t), RVS_OK);
  for (size_t i = 0; i < 3 * n; i++)
    result[i] = fminf (fmaxf (result[i], -1), 1);
  exec_bench_close (&b);
  free (map);
  free (heat);
  free (state);
  *out_face = face;
  return result;
}

/* An aligned 512 x 512 image without the colour lock: out = in + s (R - L) / 2, everywhere, nothing else. */
static void
aligned_is_the_formula (void **state)
{
  Picture   src = picture_new (512, 512, 3, RVS_DEPTH_F32, false, false);
  RvsView   view = picture_view (&src);
  RvsFace   face;
  RvsParams params;
  RvsRect   rect;
  float    *l, *r = run_networks (*state, &src, .6f, &l);

  rvs_face_aligned (&view, &face);
  assert_true (face.flags & RVS_FACE_ALIGNED);
  rvs_params_init (&params);
  params.fidelity = .6f;
  params.keep_colour = 0;
  params.strength = .75f;
  Picture dst = restored (*state, 2, &src, &face, 1, &params, &rect);
  assert_int_equal (rect.width, 512);
  assert_int_equal (rect.height, 512);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 512 * 512; i++)
      {
        const size_t at = (size_t)c * 512 * 512 + (size_t)i;
        const double want = picture_at (&src, i % 512, i / 512, c) + .75 * ((double)r[at] - l[at]) / 2;
        if (fabs (picture_at (&dst, i % 512, i / 512, c) - want) > 1e-6)
          fail_msg ("%d, %d, %d: %g, not %g", i % 512, i / 512, c, picture_at (&dst, i % 512, i / 512, c), want);
      }
  free (l);
  free (r);
  picture_free (&src);
  picture_free (&dst);
}

/* A mask of 0 keeps the source, a mask of 1 changes nothing; half the picture masked shows half the change. */
static void
mask_selects (void **state)
{
  const RvsFace  face = face_at (130, 100, .3, 0);
  unsigned char *mask = calloc (1, SCENE_W * SCENE_H);
  Picture        src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), whole, none, half;
  RvsParams      params;

  rvs_params_init (&params);
  whole = restored (*state, 1, &src, &face, 1, &params, NULL);
  params.mask = (RvsView){ mask, SCENE_W, SCENE_W, SCENE_H, 1, RVS_DEPTH_U8 };
  none = restored (*state, 1, &src, &face, 1, &params, NULL);
  assert_same_pixels (&none, &src);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    mask[i] = i % SCENE_W < 130 ? 255 : 0;
  half = restored (*state, 1, &src, &face, 1, &params, NULL);
  for (int y = 0; y < SCENE_H; y++)
    for (int x = 0; x < SCENE_W; x++)
      assert_true (picture_at (&half, x, y, 1) == picture_at (x < 130 ? &whole : &src, x, y, 1));
  free (mask);
  picture_free (&src);
  picture_free (&whole);
  picture_free (&none);
  picture_free (&half);
}

/* A fidelity map of one value is that fidelity; another value is another picture. */
static void
fidelity_map_replaces_fidelity (void **state)
{
  const RvsFace face = face_at (130, 100, .3, .1);
  float        *map = malloc (SCENE_W * SCENE_H * sizeof *map);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_F32, false, false), scalar, mapped, other;
  RvsParams     params;
  double        apart = 0;

  rvs_params_init (&params);
  params.fidelity = .25f;
  scalar = restored (*state, 1, &src, &face, 1, &params, NULL);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    map[i] = .25f;
  params.fidelity = 1;
  params.fidelity_map = (RvsView){ map, SCENE_W * 4, SCENE_W, SCENE_H, 1, RVS_DEPTH_F32 };
  mapped = restored (*state, 1, &src, &face, 1, &params, NULL);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    map[i] = i % SCENE_W < 130 ? .25f : 1;
  other = restored (*state, 1, &src, &face, 1, &params, NULL);
  for (int y = 0; y < SCENE_H; y++)
    for (int x = 0; x < SCENE_W; x++)
      {
        assert_float_equal (picture_at (&mapped, x, y, 0), picture_at (&scalar, x, y, 0), 1e-4);
        apart = fmax (apart, fabs (picture_at (&other, x, y, 0) - picture_at (&scalar, x, y, 0)));
      }
  assert_true (apart > 1e-3);
  free (map);
  picture_free (&src);
  picture_free (&scalar);
  picture_free (&mapped);
  picture_free (&other);
}

static Picture
restored_by_parts (void *state, const Picture *src, float fidelity, float parts)
{
  const RvsFace face = face_at (130, 100, .3, .1);
  RvsParams     params;

  rvs_params_init (&params);
  params.fidelity = fidelity;
  for (int i = 0; i < RVS_N_PARTS; i++)
    params.part_fidelity[i] = parts;
  return restored (state, 1, src, &face, 1, &params, NULL);
}

static double
most_apart (const Picture *a, const Picture *b)
{
  double apart = 0;

  for (int y = 0; y < SCENE_H; y++)
    for (int x = 0; x < SCENE_W; x++)
      apart = fmax (apart, fabs (picture_at (a, x, y, 0) - picture_at (b, x, y, 0)));
  return apart;
}

/* Parts that are told the same as the face leave it as it is; told otherwise they do not. */
static void
parts_have_their_own_fidelity (void **state)
{
  Picture src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_F32, false, false);
  Picture whole = restored_by_parts (*state, &src, .25f, RVS_FIDELITY_AUTO), same = restored_by_parts (*state, &src, .25f, .25f);
  Picture other = restored_by_parts (*state, &src, .25f, 1);

  assert_true (most_apart (&whole, &same) < 1e-4);
  assert_true (most_apart (&whole, &other) > 1e-3);
  picture_free (&src);
  picture_free (&whole);
  picture_free (&same);
  picture_free (&other);
}

/* A painted map counts as far as its second channel says: where that is 0 the pixels are those of no map, whatever the first holds. */
static void
fidelity_map_counts_where_it_says (void **state)
{
  const RvsFace  face = face_at (130, 100, .3, .1);
  unsigned char *map = calloc (2, SCENE_W * SCENE_H);
  Picture        src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_F32, false, false), none, faithful;
  Picture        whole = restored_by_parts (*state, &src, .25f, RVS_FIDELITY_AUTO), one = restored_by_parts (*state, &src, 1, -1);
  RvsParams      params;

  rvs_params_init (&params);
  params.fidelity = .25f;
  params.fidelity_map = (RvsView){ map, SCENE_W * 2, SCENE_W, SCENE_H, 2, RVS_DEPTH_U8 };
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    map[2 * i] = 255;
  none = restored (*state, 1, &src, &face, 1, &params, NULL);
  assert_true (most_apart (&whole, &none) < 1e-4);
  memset (map, 255, 2 * SCENE_W * SCENE_H);
  faithful = restored (*state, 1, &src, &face, 1, &params, NULL);
  assert_true (most_apart (&one, &faithful) < 1e-4);
  assert_true (most_apart (&whole, &faithful) > 1e-3);
  free (map);
  picture_free (&src);
  picture_free (&none);
  picture_free (&faithful);
  picture_free (&whole);
  picture_free (&one);
}

/* A face's result does not depend on which other faces are restored with it, nor on their order. */
static void
faces_are_independent (void **state)
{
  const RvsFace faces[] = { face_at (65, 70, .2, 0), face_at (195, 140, .2, .1) }, turned[] = { faces[1], faces[0] };
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_F32, false, false), both, alone, other;
  RvsParams     params;
  RvsRect       rect;
  double        changed = 0;

  rvs_params_init (&params);
  both = restored (*state, 1, &src, faces, 2, &params, NULL);
  other = restored (*state, 1, &src, turned, 2, &params, NULL);
  alone = restored (*state, 1, &src, &faces[1], 1, &params, &rect);
  assert_same_pixels (&both, &other);
  for (int y = rect.y; y < rect.y + rect.height; y++)
    for (int x = rect.x; x < rect.x + rect.width; x++)
      {
        assert_true (picture_at (&both, x, y, 1) == picture_at (&alone, x, y, 1));
        changed = fmax (changed, fabs (picture_at (&both, x, y, 1) - picture_at (&src, x, y, 1)));
      }
  assert_true (changed > 1e-3);
  picture_free (&src);
  picture_free (&both);
  picture_free (&alone);
  picture_free (&other);
}

/* A network of 256 restores as well, at any size of face. */
static void
small_network (void **state)
{
  SceneModels   models = models_open (256);
  const RvsFace faces[] = { face_at (60, 60, .2, 0), face_at (170, 110, .9, .1) };
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false);
  RvsParams     params;

  (void)state;
  rvs_params_init (&params);
  Picture dst = restored (&models, 2, &src, faces, 2, &params, NULL);
  assert_memory_not_equal (src.bytes, dst.bytes, src.n_bytes);
  picture_free (&src);
  picture_free (&dst);
  models_close (&models);
}

/* The plane of an analysis: `unwritten` where nothing was written. */
static const float unwritten = -1;

static float *
matte_of (RvsSession *session, const RvsAnalysis *analysis, const RvsParams *params)
{
  float     *plane = malloc (SCENE_W * SCENE_H * sizeof *plane);
  RvsMutView to = { plane, SCENE_W * 4, SCENE_W, SCENE_H, 1, RVS_DEPTH_F32 };

  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    plane[i] = unwritten;
  assert_int_equal (rvs_render_matte (session, analysis, params, &to, NULL), RVS_OK);
  return plane;
}

static Picture
bare_of (RvsSession *session, RvsAnalysis *analysis, const Picture *src, const RvsParams *params)
{
  const RvsView view = picture_view (src);
  Picture       dst = picture_copy (src);

  assert_int_equal (rvs_render (session, analysis, &view, params, RVS_RENDER_BARE, NULL, &dst.view, NULL), RVS_OK);
  return dst;
}

/* The matte is written inside the rects only, needs no render before it, and is what stands between the source, the bare result and
 * the plain one: plain = source + matte (bare - source), up to the resampling of the matte. The plain result comes back after the bare
 * one, bit for bit. */
static void
matte_lies_between (void **state)
{
  const RvsFace faces[] = { face_at (90, 100, .3, .2), face_at (150, 100, .3, -.1) };
  RvsSession   *session = session_open (*state, 2, plenty);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_F32, false, false), plain = picture_copy (&src), again;
  RvsAnalysis  *analysis = analyse (session, &src, faces, 2);
  RvsParams     params, full;
  double        error = 0, change = 0, behind = 0;
  int           n = 0;

  rvs_params_init (&params);
  full = params;
  params.strength = .75f;
  float *matte = matte_of (session, analysis, &params);
  render (session, analysis, &src, &params, &plain);
  Picture bare = bare_of (session, analysis, &src, &full);
  again = picture_copy (&src);
  render (session, analysis, &src, &params, &again);
  assert_same_pixels (&plain, &again);
  for (int y = 0; y < SCENE_H; y++)
    for (int x = 0; x < SCENE_W; x++)
      {
        const float m = matte[y * SCENE_W + x];
        const bool  inside
            = in_rect (&rvs_analysis_face (analysis, 0)->rect, x, y) || in_rect (&rvs_analysis_face (analysis, 1)->rect, x, y);
        assert_true (inside ? m >= 0 && m <= .75f : m == unwritten);
        for (int c = 0; inside && c < 3; c++)
          {
            const double from = picture_at (&src, x, y, c), full_change = picture_at (&bare, x, y, c) - from;
            const double got = picture_at (&plain, x, y, c) - from;
            error += fabs (got - m * full_change);
            change += fabs (got);
            behind += m < .1 ? fabs (full_change) : 0;
            n++;
          }
      }
  assert_true (change / n > 1e-3 && error < .1 * change);
  assert_true (behind / n > 1e-4); /* where the matte hides it, there is something to uncover */
  free (matte);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&plain);
  picture_free (&again);
  picture_free (&bare);
}

/* Mask and strength multiply it, a face that is off is not in it, a whole aligned crop is all in it; any number of threads. */
static void
matte_follows_params (void **state)
{
  const RvsFace faces[] = { face_at (90, 100, .3, .2), face_at (150, 100, .3, -.1), face_at (130, 100, .9, 0) };
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false);
  RvsView       view = picture_view (&src);
  RvsSession   *sessions[] = { session_open (*state, 1, plenty), session_open (*state, 3, plenty) };
  RvsAnalysis  *analyses[] = { analyse (sessions[0], &src, faces, 3), analyse (sessions[1], &src, faces, 3) }, *whole;
  unsigned char mask[SCENE_W * SCENE_H];
  RvsParams     params, masked;
  RvsFace       aligned;

  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    mask[i] = (unsigned char)(i % SCENE_W < 130 ? 51 : 255);
  rvs_params_init (&params);
  masked = params;
  masked.strength = .5f;
  masked.mask = (RvsView){ mask, SCENE_W, SCENE_W, SCENE_H, 1, RVS_DEPTH_U8 };
  float *one = matte_of (sessions[0], analyses[0], &params), *three = matte_of (sessions[1], analyses[1], &params);
  float *half = matte_of (sessions[0], analyses[0], &masked);
  assert_memory_equal (one, three, SCENE_W * SCENE_H * sizeof *one);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    if (one[i] != unwritten)
      assert_float_equal (half[i], one[i] * .5 * (i % SCENE_W < 130 ? .2 : 1), 1e-6);
  for (size_t i = 0; i < 3; i++)
    rvs_analysis_enable (analyses[1], i, false);
  float *off = matte_of (sessions[1], analyses[1], &params);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    assert_true (off[i] == unwritten);
  rvs_face_aligned (&view, &aligned);
  whole = analyse (sessions[0], &src, &aligned, 1);
  float *all = matte_of (sessions[0], whole, &params);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    assert_true (all[i] == 1);
  rvs_analysis_free (whole);
  for (int k = 0; k < 2; k++)
    {
      rvs_analysis_free (analyses[k]);
      rvs_session_free (sessions[k]);
    }
  free (one);
  free (three);
  free (half);
  free (off);
  free (all);
  picture_free (&src);
}

/* What was given back is worked out again: the same pixels for the same parameters and for others, and the memory is back meanwhile. */
static void
trimmed_is_the_same (void **state)
{
  const RvsFace face = face_at (130, 100, .3, .1);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), again = picture_copy (&src);
  RvsSession   *session = session_open (*state, 2, plenty);
  RvsAnalysis  *analysis = analyse (session, &src, &face, 1);
  RvsParams     params, other;
  const size_t  whole = rvs_analysis_bytes (analysis);

  rvs_params_init (&params);
  other = params;
  other.fidelity = .3f;
  Picture want = restored (*state, 2, &src, &face, 1, &params, NULL),
          want_other = restored (*state, 2, &src, &face, 1, &other, NULL);
  for (int k = 0; k < 4; k++)
    {
      render (session, analysis, &src, k % 2 ? &other : &params, &again);
      assert_same_pixels (&again, k % 2 ? &want_other : &want);
      rvs_analysis_trim (analysis, k >= 2);
      assert_true (rvs_analysis_bytes (analysis) < (k < 2 ? whole / 2 : whole / 20));
      assert_true (rvs_analysis_bytes (analysis) > 1000);
      if (k < 2)
        {
          render (session, analysis, &src, k % 2 ? &other : &params, &again); /* from what is left */
          assert_same_pixels (&again, k % 2 ? &want_other : &want);
        }
    }
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&again);
  picture_free (&want);
  picture_free (&want_other);
}

/* ---- a printed photo ---- */

static const double dot_turns = .19; /* of a dot's wave in one pixel each way: 3.7 pixels from dot to dot */

/* Dots of ink at 45 degrees instead of tones. */
static Picture
print_new (int side)
{
  Picture p = picture_new (side, side, 3, RVS_DEPTH_U8, false, false);

  for (int y = 0; y < side; y++)
    for (int x = 0; x < 3 * side; x++)
      {
        unsigned char *at = (unsigned char *)p.view.pixels + y * p.view.stride + x;
        const double   u = 2 * acos (-1) * dot_turns * (x / 3), v = 2 * acos (-1) * dot_turns * y;

        *at = (unsigned char)(*at * .6 + 40 + 25 * (cos (u + v) + cos (u - v)));
      }
  return p;
}

/* How strong the dots are in the middle. */
static double
dots_of (const Picture *p)
{
  const int middle = p->view.width / 2;
  double    re = 0, im = 0;

  for (int y = middle - 50; y < middle + 50; y++)
    for (int x = middle - 50; x < middle + 50; x++)
      {
        const double turn = 2 * acos (-1) * dot_turns * (x + y);
        re += picture_at (p, x, y, 1) * cos (turn);
        im += picture_at (p, x, y, 1) * sin (turn);
      }
  return hypot (re, im);
}

/* The dots go, from a photo that is larger than the crop too; with or without a kept slot, for any number of threads; they are reported. */
static void
dots_of_print_go (void **state)
{
  static const int sides[] = { 300, 640 };
  RvsParams        params;

  rvs_params_init (&params);
  for (int i = 0; i < 2; i++)
    {
      Picture src = print_new (sides[i]), made[2];
      RvsView view = picture_view (&src);
      RvsFace face;

      rvs_face_aligned (&view, &face);
      for (int k = 0; k < 2; k++)
        {
          RvsSession  *session = session_open (*state, k ? 1 : 3, k ? 0 : plenty);
          RvsAnalysis *analysis = analyse (session, &src, &face, 1);

          made[k] = picture_copy (&src);
          render (session, analysis, &src, &params, &made[k]);
          assert_float_equal (rvs_analysis_face (analysis, 0)->screen_px, 1 / (dot_turns * sqrt (2)), .1);
          rvs_analysis_free (analysis);
          rvs_session_free (session);
        }
      assert_true (dots_of (&made[0]) < .1 * dots_of (&src));
      assert_same_pixels (&made[0], &made[1]);
      picture_free (&made[0]);
      picture_free (&made[1]);
      picture_free (&src);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (only_the_face_changes),
    cmocka_unit_test (strength_0_is_exact),
    cmocka_unit_test (depths_agree),
    cmocka_unit_test (grey_stays_grey),
    cmocka_unit_test (any_thread_count),
    cmocka_unit_test (aligned_is_the_formula),
    cmocka_unit_test (mask_selects),
    cmocka_unit_test (fidelity_map_replaces_fidelity),
    cmocka_unit_test (parts_have_their_own_fidelity),
    cmocka_unit_test (fidelity_map_counts_where_it_says),
    cmocka_unit_test (faces_are_independent),
    cmocka_unit_test (small_network),
    cmocka_unit_test (matte_lies_between),
    cmocka_unit_test (matte_follows_params),
    cmocka_unit_test (trimmed_is_the_same),
    cmocka_unit_test (dots_of_print_go),
  };

  return cmocka_run_group_tests_name ("render", tests, scene_set_up, scene_tear_down);
}
