/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_calls.c: how the public calls behave: what is recomputed when, progress, stage images, growing, cancelling at every tick, skipped
 * faces, hostile arguments, memory that runs out. */
#include "core/mem.h"
#include "scene.h"

#include <math.h>
#include <string.h>

static const size_t plenty = (size_t)256 << 20;

/* What a monitor saw, and when it should refuse. */
typedef struct Watch
{
  int         n_calls, refuse_at; /* 0 = never */
  RvsSession *cancel;             /* then cancelled instead of refused */
  float       last;
  bool        went_back;
  int         n_stages[4]; /* images of side 64, 128, 256, 512 */
  int         n_stage2, n_parse;
  int         n_changed;
  RvsRect     changed;
  double      stage_sum;
  RvsPhase    last_phase;
} Watch;

static bool
watch (void *user, const RvsProgress *progress)
{
  Watch *w = user;

  w->n_calls++;
  w->went_back = w->went_back || progress->done < w->last || progress->done < 0 || progress->done > 1;
  w->last = progress->done;
  w->last_phase = progress->phase;
  w->n_stage2 += progress->phase == RVS_PHASE_STAGE2 && progress->stage.pixels;
  w->n_parse += progress->phase == RVS_PHASE_PARSE;
  if (progress->stage.pixels)
    {
      const float *p = progress->stage.pixels;
      for (int k = 0; k < 4; k++)
        w->n_stages[k] += progress->stage.width == 64 << k;
      assert_int_equal (progress->stage.height, progress->stage.width);
      assert_int_equal (progress->stage.depth, RVS_DEPTH_F32);
      for (int i = 0; i < 3 * progress->stage.width * progress->stage.height; i++)
        {
          assert_true (p[i] >= 0 && p[i] <= 1);
          w->stage_sum += p[i];
        }
      assert_true (progress->stage_to_image[0] != 0);
    }
  if (progress->changed.width > 0)
    {
      w->n_changed++;
      w->changed = progress->changed;
    }
  if (w->n_calls != w->refuse_at)
    return true;
  if (!w->cancel)
    return false;
  rvs_session_cancel (w->cancel);
  return true;
}

static RvsStatus
watched_render (RvsSession *session, RvsAnalysis *analysis, const Picture *src, const RvsParams *params, uint32_t flags, Watch *w,
                Picture *dst)
{
  const RvsView    view = picture_view (src);
  const RvsMonitor monitor = { watch, w };

  return rvs_render (session, analysis, &view, params, flags, &monitor, &dst->view, NULL);
}

static Picture
scene (void)
{
  return picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false);
}

/* Analysis: parse once, S64 shown. Render: 128, 256, 512. Then only what a change asks for. */
static void
recomputes_the_least (void **state)
{
  RvsSession  *session = session_open (*state, 2, plenty);
  Picture      src = scene (), a = picture_copy (&src), b = picture_copy (&src);
  RvsFace      face = face_at (130, 100, .3, 0);
  RvsView      view = picture_view (&src);
  Watch        w = { 0 };
  RvsMonitor   monitor = { watch, &w };
  RvsAnalysis *analysis = NULL;
  RvsParams    params;

  assert_int_equal (rvs_analyse (session, &view, &face, 1, &monitor, &analysis, NULL), RVS_OK);
  assert_true (w.n_parse >= 1 && w.n_stages[0] == 0 && w.n_stages[1] == 0 && !w.went_back && w.last == 1);
  rvs_params_init (&params);
  w = (Watch){ 0 };
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &w, &a), RVS_OK);
  assert_true (w.n_stages[0] == 1 && w.n_stages[1] == 1 && w.n_stages[2] == 1 && w.n_stages[3] == 1 && w.n_parse == 0);
  assert_true (!w.went_back && w.last == 1 && w.last_phase == RVS_PHASE_PASTE && w.n_changed == 0);
  /* strength, keep_colour, mask, on and off: no network runs */
  for (int k = 0; k < 4; k++)
    {
      w = (Watch){ 0 };
      params.strength = k == 0 ? .5f : 1;
      params.keep_colour = k == 1 ? .3f : 1;
      rvs_analysis_enable (analysis, 0, k != 2);
      assert_int_equal (watched_render (session, analysis, &src, &params, 0, &w, &b), RVS_OK);
      assert_int_equal (w.n_stage2, 0);
      if (k == 2)
        assert_same_pixels (&b, &src);
      else if (k < 2)
        assert_memory_not_equal (a.bytes, b.bytes, a.n_bytes);
      else
        assert_same_pixels (&a, &b); /* all as it was */
    }
  /* fidelity, texture and seed: stage 2, but not what is before it */
  for (int k = 0; k < 3; k++)
    {
      w = (Watch){ 0 };
      rvs_params_init (&params);
      params.fidelity = k == 0 ? .123f : RVS_FIDELITY_AUTO;
      params.texture = k == 1 ? 1.7f : 1;
      params.seed = k == 2 ? 99 : 0;
      assert_int_equal (watched_render (session, analysis, &src, &params, 0, &w, &b), RVS_OK);
      assert_true (w.n_stages[3] == 1 && w.n_parse == 0);
      assert_memory_not_equal (a.bytes, b.bytes, a.n_bytes);
    }
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&a);
  picture_free (&b);
}

/* Without a cache every stage runs again and the bytes are the same; the strength still only blends. */
static void
cache_changes_nothing (void **state)
{
  const RvsFace faces[] = { face_at (80, 100, .25, 0), face_at (180, 100, .25, .2), face_at (130, 105, .5, 0) };
  Picture       src = scene (), out[3];
  RvsParams     params;

  rvs_params_init (&params);
  for (int k = 0; k < 3; k++)
    {
      RvsSession  *session = session_open (*state, 2, k == 0 ? plenty : k == 1 ? 0 : (size_t)12 << 20); /* all, none, one */
      RvsAnalysis *analysis = analyse (session, &src, faces, 3);
      Watch        w = { 0 };

      out[k] = picture_copy (&src);
      assert_int_equal (watched_render (session, analysis, &src, &params, 0, &w, &out[k]), RVS_OK);
      assert_int_equal (w.n_parse, k == 0 ? 0 : k == 1 ? 3 : 2);
      assert_false (w.went_back);
      assert_same_pixels (&out[k], &out[0]);
      w = (Watch){ 0 };
      params.strength = .4f;
      Picture soft = picture_copy (&src);
      assert_int_equal (watched_render (session, analysis, &src, &params, 0, &w, &soft), RVS_OK);
      assert_int_equal (w.n_stage2, 0);
      params.strength = 1;
      picture_free (&soft);
      rvs_analysis_free (analysis);
      rvs_session_free (session);
    }
  for (int k = 0; k < 3; k++)
    picture_free (&out[k]);
  picture_free (&src);
}

/* Who tells the analysis what comes gets it with nothing found twice; any other render is as it was. */
static void
nothing_is_parsed_twice (void **state)
{
  const RvsFace faces[] = { face_at (80, 100, .25, 0), face_at (180, 100, .25, .2), face_at (130, 105, .5, 0) };
  Picture       src = scene (), wanted = picture_copy (&src), got = picture_copy (&src);
  const RvsView view = picture_view (&src), bad = { 0 };
  RvsSession   *session = session_open (*state, 2, (size_t)12 << 20); /* one */
  RvsAnalysis  *plain = analyse (session, &src, faces, 3), *told = NULL;
  RvsParams     params;

  rvs_params_init (&params);
  for (int k = 0; k < 4; k++)
    {
      const uint32_t   flags = k == 1 ? RVS_RENDER_BARE : 0;
      Watch            w = { 0 };
      const RvsMonitor monitor = { watch, &w };

      params.fidelity = k == 2 ? .4f : RVS_FIDELITY_AUTO;
      params.strength = k == 3 ? 0 : 1;
      assert_int_equal (rvs_analyse_for (session, &view, faces, 3, &params, flags, &monitor, &told, NULL), RVS_OK);
      assert_true (w.n_parse >= 3 && !w.went_back && w.last == 1);
      assert_int_equal (w.n_stages[3], k == 3 ? 0 : 2);
      w = (Watch){ 0 };
      assert_int_equal (watched_render (session, told, &src, &params, flags, &w, &got), RVS_OK);
      assert_true (w.n_parse == 0 && w.n_stages[3] == (k != 3));
      assert_int_equal (watched_render (session, plain, &src, &params, flags, &(Watch){ 0 }, &wanted), RVS_OK);
      assert_same_pixels (&got, &wanted);
      params.texture = 1.5f;
      params.strength = 1;
      assert_int_equal (watched_render (session, told, &src, &params, 0, &(Watch){ 0 }, &got), RVS_OK);
      assert_int_equal (watched_render (session, plain, &src, &params, 0, &(Watch){ 0 }, &wanted), RVS_OK);
      assert_same_pixels (&got, &wanted);
      params.texture = 1;
      rvs_analysis_free (told);
    }
  params.mask = (RvsView){ src.view.pixels, src.view.stride, 1, 1, 1, RVS_DEPTH_U8 };
  assert_int_equal (rvs_analyse_for (session, &view, faces, 3, &params, 0, NULL, &told, NULL), RVS_ERR_ARGUMENT);
  assert_null (told);
  assert_int_equal (rvs_analyse_for (session, &bad, faces, 3, &params, 0, NULL, &told, NULL), RVS_ERR_ARGUMENT);
  rvs_analysis_free (plain);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&wanted);
  picture_free (&got);
}

/* Growing: each stage image is pasted and its rect told; the end is what an ordinary render gives. */
static void
grows_to_the_same_end (void **state)
{
  RvsSession   *session = session_open (*state, 2, plenty);
  const RvsFace faces[] = { face_at (100, 100, .3, 0), face_at (170, 100, .3, .2) };
  Picture       src = scene (), plain = picture_copy (&src), grown = picture_copy (&src);
  RvsAnalysis  *analysis = analyse (session, &src, faces, 2);
  Watch         w = { 0 };
  RvsParams     params;

  rvs_params_init (&params);
  assert_int_equal (watched_render (session, analysis, &src, &params, RVS_RENDER_GROW, &w, &grown), RVS_OK);
  assert_int_equal (w.n_changed, 2 * 4); /* 64, 128, 256 and the result */
  assert_int_equal (w.n_stages[0], 2);
  assert_false (w.went_back);
  rvs_analysis_free (analysis);
  analysis = analyse (session, &src, faces, 2);
  render (session, analysis, &src, &params, &plain);
  assert_same_pixels (&plain, &grown);
  /* the source's own memory cannot grow: it would be read again */
  assert_int_equal (watched_render (session, analysis, &src, &params, RVS_RENDER_GROW, &w, &src), RVS_ERR_ARGUMENT);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&plain);
  picture_free (&grown);
}

/* Refused or cancelled at the k-th tick, for every k: CANCELLED, nothing written, and the session works on. */
static void
cancel_at_every_tick (void **state)
{
  const RvsFace faces[] = { face_at (100, 100, .3, 0), face_at (170, 100, .3, .2) };
  RvsSession   *session = session_open (*state, 2, 0);
  Picture       src = scene (), dst = picture_copy (&src), want = picture_copy (&src);
  RvsView       view = picture_view (&src);
  RvsAnalysis  *analysis = analyse (session, &src, faces, 2), *second;
  RvsParams     params;
  int           n_ticks = 0;

  rvs_params_init (&params);
  for (int k = 1; k < 100; k++)
    {
      Watch      w = { .refuse_at = k, .cancel = k % 2 ? session : NULL };
      RvsMonitor monitor = { watch, &w };
      RvsError   err = { 0 };
      RvsStatus  status = rvs_analyse (session, &view, faces, 2, &monitor, &second, &err);
      if (w.n_calls < k)
        {
          assert_int_equal (status, RVS_OK);
          rvs_analysis_free (second);
          n_ticks = k;
          break;
        }
      assert_int_equal (status, RVS_ERR_CANCELLED);
      assert_int_equal (err.status, RVS_ERR_CANCELLED);
      assert_null (second);
    }
  assert_true (n_ticks > 6);
  n_ticks = 0;
  for (int k = 1; k < 100; k++)
    {
      Watch     w = { .refuse_at = k, .cancel = k % 2 ? session : NULL };
      RvsStatus status;

      params.seed = (uint32_t)k; /* what an earlier round has finished must not shorten this one */
      status = watched_render (session, analysis, &src, &params, 0, &w, &dst);
      if (status == RVS_OK)
        {
          n_ticks = k;
          break;
        }
      assert_int_equal (status, RVS_ERR_CANCELLED);
      assert_same_pixels (&dst, &src);
    }
  assert_true (n_ticks > 10);
  /* only the tick after everything is written may come too late; a late cancel of the session hits the next call */
  (void)watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &want);
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &want), RVS_OK);
  assert_same_pixels (&dst, &want);
  rvs_session_cancel (session);
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &want), RVS_ERR_CANCELLED);
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &want), RVS_OK);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&dst);
  picture_free (&want);
}

static void
skips_are_named (void **state)
{
  RvsSession *session = session_open (*state, 1, plenty);
  Picture     src = scene (), dst = picture_copy (&src);
  RvsFace     faces[6];
  RvsParams   params;

  for (int i = 0; i < 6; i++)
    faces[i] = face_at (130, 100, .3, 0);
  faces[0].w = faces[0].h = 20;
  faces[1].score = .1f;
  faces[2].landmarks[0][0] = NAN;
  faces[3].w = 5; /* small and unsure, but the user says so */
  faces[3].score = 0;
  faces[3].flags |= RVS_FACE_FROM_USER;
  faces[4].score = NAN;
  faces[5].score = .6f; /* enough for min_confidence, but the tiny parser confirms nothing */
  RvsAnalysis *analysis = analyse (session, &src, faces, 6);
  assert_int_equal (rvs_analysis_n_faces (analysis), 6);
  assert_int_equal (rvs_analysis_face (analysis, 0)->skip, RVS_SKIP_TOO_SMALL);
  assert_int_equal (rvs_analysis_face (analysis, 1)->skip, RVS_SKIP_LOW_CONFIDENCE);
  assert_int_equal (rvs_analysis_face (analysis, 2)->skip, RVS_SKIP_DEGENERATE);
  assert_int_equal (rvs_analysis_face (analysis, 3)->skip, RVS_SKIP_NONE);
  assert_int_equal (rvs_analysis_face (analysis, 4)->skip, RVS_SKIP_LOW_CONFIDENCE);
  assert_int_equal (rvs_analysis_face (analysis, 5)->skip, RVS_SKIP_LOW_CONFIDENCE);
  assert_int_equal (rvs_analysis_face (analysis, 0)->rect.width, 0);
  assert_int_equal (rvs_analysis_face (analysis, 5)->rect.width, 0);
  assert_float_equal (rvs_analysis_face (analysis, 3)->eye_distance_px, 125.92 * .3, .1);
  assert_null (rvs_analysis_face (analysis, 6));
  rvs_analysis_enable (analysis, 3, false);
  assert_int_equal (rvs_analysis_face (analysis, 3)->skip, RVS_SKIP_DISABLED);
  rvs_analysis_enable (analysis, 0, true); /* a skipped face does not come back */
  rvs_analysis_enable (analysis, 77, true);
  assert_int_equal (rvs_analysis_face (analysis, 0)->skip, RVS_SKIP_TOO_SMALL);
  rvs_params_init (&params);
  render (session, analysis, &src, &params, &dst);
  assert_same_pixels (&src, &dst);
  for (int skip = 0; skip < 7; skip++)
    assert_true (rvs_skip_name ((RvsSkip)skip)[0] != 0);
  assert_string_equal (rvs_skip_name (RVS_SKIP_TOO_SMALL), "too small");
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&dst);
}

static void
bad_views (void **state)
{
  RvsSession  *session = session_open (*state, 1, plenty);
  Picture      src = scene (), other = picture_new (SCENE_W - 1, SCENE_H, 3, RVS_DEPTH_U8, false, false);
  Picture      deep = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U16, false, false);
  RvsFace      face = face_at (130, 100, .3, 0);
  RvsView      view = picture_view (&src), bad = view;
  RvsAnalysis *analysis = (void *)1;
  RvsParams    params;

  bad.width = 0;
  assert_int_equal (rvs_analyse (session, &bad, &face, 1, NULL, &analysis, NULL), RVS_ERR_ARGUMENT);
  assert_null (analysis);
  bad = view;
  bad.stride = 5;
  assert_int_equal (rvs_analyse (session, &bad, &face, 1, NULL, &analysis, NULL), RVS_ERR_ARGUMENT);
  bad = view;
  bad.pixels = NULL;
  assert_int_equal (rvs_analyse (session, &bad, &face, 1, NULL, &analysis, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_analyse (session, &view, NULL, 1, NULL, &analysis, NULL), RVS_ERR_ARGUMENT);
  analysis = analyse (session, &src, &face, 1);
  rvs_params_init (&params);
  assert_int_equal (watched_render (session, analysis, &other, &params, 0, &(Watch){ 0 }, &src), RVS_ERR_ARGUMENT);
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &other), RVS_ERR_ARGUMENT);
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &deep), RVS_ERR_ARGUMENT);
  params.mask = picture_view (&src); /* three channels */
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &src), RVS_ERR_ARGUMENT);
  rvs_params_init (&params);
  params.strength = 1.5f;
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &src), RVS_ERR_ARGUMENT);
  rvs_analysis_free (analysis);
  /* no faces at all is no error */
  analysis = analyse (session, &src, NULL, 0);
  rvs_params_init (&params);
  assert_int_equal (watched_render (session, analysis, &src, &params, 0, &(Watch){ 0 }, &src), RVS_OK);
  rvs_analysis_free (analysis);
  rvs_analysis_free (NULL);
  rvs_session_free (NULL);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&other);
  picture_free (&deep);
}

/* Each thing that can be wrong with a call for the matte; nothing is written. */
static void
bad_mattes (void **state)
{
  RvsSession  *session = session_open (*state, 1, plenty), *other = session_open (*state, 1, plenty);
  Picture      src = scene ();
  RvsFace      face = face_at (130, 100, .3, 0);
  RvsAnalysis *analysis = analyse (session, &src, &face, 1), *none = analyse (session, &src, NULL, 0);
  float       *plane = calloc (SCENE_W * SCENE_H, sizeof *plane);
  RvsMutView   good = { plane, SCENE_W * 4, SCENE_W, SCENE_H, 1, RVS_DEPTH_F32 }, bad[6];
  RvsParams    params;
  RvsError     err = { 0 };

  rvs_params_init (&params);
  for (int k = 0; k < 6; k++)
    bad[k] = good;
  bad[0].pixels = NULL;
  bad[1].width--;
  bad[2].height--;
  bad[3].stride = 8;
  bad[4].depth = RVS_DEPTH_U8;
  bad[5].channels = 2;
  for (int k = 0; k < 6; k++)
    {
      assert_int_equal (rvs_render_matte (session, analysis, &params, &bad[k], &err), RVS_ERR_ARGUMENT);
      assert_true (err.message[0]);
      memset (&err, 0, sizeof err);
    }
  assert_int_equal (rvs_render_matte (other, analysis, &params, &good, NULL), RVS_ERR_ARGUMENT);
  params.strength = NAN;
  assert_int_equal (rvs_render_matte (session, analysis, &params, &good, NULL), RVS_ERR_ARGUMENT);
  rvs_params_init (&params);
  params.mask = picture_view (&src); /* three channels */
  assert_int_equal (rvs_render_matte (session, analysis, &params, &good, NULL), RVS_ERR_ARGUMENT);
  rvs_params_init (&params);
  assert_int_equal (rvs_render_matte (session, none, &params, &good, NULL), RVS_OK);
  for (int i = 0; i < SCENE_W * SCENE_H; i++)
    assert_true (plane[i] == 0);
  rvs_analysis_free (analysis);
  rvs_analysis_free (none);
  rvs_session_free (session);
  rvs_session_free (other);
  picture_free (&src);
  free (plane);
}

/* Single pixels, strips, NaN, faces over the border, aligned images of any shape: no crash, no stray access, finite pixels. */
static void
odd_pictures (void **state)
{
  static const int sizes[][2] = { { 1, 1 }, { 65535, 1 }, { 1, 9000 }, { 3, 2 }, { 33, 700 } };
  RvsSession      *session = session_open (*state, 2, 0);
  RvsParams        params;

  rvs_params_init (&params);
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    {
      const int w = sizes[k][0], h = sizes[k][1];
      Picture   src = picture_new (w, h, 3, RVS_DEPTH_F32, false, false), dst;
      RvsView   view = picture_view (&src);
      RvsFace   faces[3];

      ((float *)src.view.pixels)[0] = NAN;
      ((float *)src.view.pixels)[2] = INFINITY;
      dst = picture_copy (&src);
      rvs_face_aligned (&view, &faces[0]);
      assert_int_equal (rvs_face_from_box (session, &view, -20, -20, (float)w + 60, (float)h + 60, &faces[1], NULL), RVS_OK);
      faces[2] = face_at (w / 2.0, h / 2.0, .5, .4);
      RvsAnalysis *analysis = analyse (session, &src, faces, 3);
      assert_int_equal (rvs_analysis_face (analysis, 0)->skip, RVS_SKIP_NONE);
      render (session, analysis, &src, &params, &dst);
      for (int i = 4; i < w * 3; i++)
        assert_true (isfinite (((float *)dst.view.pixels)[i]));
      rvs_analysis_free (analysis);
      picture_free (&src);
      picture_free (&dst);
    }
  rvs_session_free (session);
}

static void
boxes (void **state)
{
  RvsSession *session = session_open (*state, 1, plenty), *blind;
  SceneModels without = *(SceneModels *)*state;
  Picture     src = scene ();
  RvsView     view = picture_view (&src);
  RvsFace     face;
  RvsError    err = { 0 };
  size_t      n;

  assert_int_equal (rvs_face_from_box (session, &view, 20, 30, 80, 110, &face, NULL), RVS_OK);
  assert_true (face.x == 20 && face.y == 30 && face.w == 80 && face.h == 110);
  assert_int_equal (face.flags & (RVS_FACE_FROM_USER | RVS_FACE_HAS_LANDMARKS), RVS_FACE_FROM_USER | RVS_FACE_HAS_LANDMARKS);
  assert_int_equal (rvs_face_from_box (session, &view, 20, 30, -80, 110, &face, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_face_from_box (session, &view, NAN, 30, 80, 110, &face, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_face_from_box (session, &view, 500, 30, 80, 110, &face, NULL), RVS_ERR_ARGUMENT);
  without.detector = NULL;
  blind = session_open (&without, 1, plenty);
  assert_int_equal (rvs_face_from_box (blind, &view, 20, 30, 80, 110, &face, NULL), RVS_OK);
  assert_float_equal (face.landmarks[0][0], 20 + 80 * .2657, .1); /* the template's place in the box */
  assert_float_equal (face.landmarks[4][1], 30 + 110 * .735, .1);
  assert_int_equal (rvs_detect (blind, &view, NULL, &face, 1, &n, &err), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_detect (session, &view, NULL, &face, 1, &n, NULL), RVS_OK);
  assert_int_equal (rvs_detect (session, &view, NULL, NULL, 1, &n, NULL), RVS_ERR_ARGUMENT);
  rvs_session_free (blind);
  rvs_session_free (session);
  picture_free (&src);
}

static void
detect_is_watched (void **state)
{
  RvsSession *session = session_open (*state, 1, plenty);
  Picture     src = scene ();
  RvsView     view = picture_view (&src);
  Watch       w = { 0 };
  RvsMonitor  monitor = { watch, &w };
  size_t      n = 77;

  assert_int_equal (rvs_detect (session, &view, &monitor, NULL, 0, &n, NULL), RVS_OK);
  assert_true (w.n_calls > 2 && !w.went_back && w.last == 1);
  const int stops = w.n_calls < 24 ? w.n_calls : 24; /* spread evenly, the first and the last among them */
  for (int i = 0; i < stops; i++)
    {
      Watch again = { .refuse_at = 1 + i * (w.n_calls - 1) / (stops - 1), .cancel = i % 2 ? session : NULL };
      monitor.user = &again;
      assert_int_equal (rvs_detect (session, &view, &monitor, NULL, 0, &n, NULL), RVS_ERR_CANCELLED);
      assert_int_equal (n, 0);
    }
  rvs_session_free (session);
  picture_free (&src);
}

static void
wrong_models (void **state)
{
  SceneModels     *models = *state;
  RvsSessionConfig config;
  RvsSession      *session = (void *)1;

  rvs_session_config_init (&config);
  config.detector = models->parser;
  assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_ERR_MODEL);
  assert_null (session);
  rvs_session_config_init (&config);
  config.parser = models->parser;
  config.restorer = models->detector;
  assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_ERR_MODEL);
  config.restorer = models->restorer;
  config.parser = NULL;
  assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_ERR_ARGUMENT);
  rvs_session_config_init (&config);
  config.n_threads = -1;
  assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_ERR_ARGUMENT);
  /* detection alone */
  rvs_session_config_init (&config);
  config.detector = models->detector;
  config.n_threads = 1;
  assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_OK);
  Picture      src = scene ();
  RvsView      view = picture_view (&src);
  RvsFace      face = face_at (130, 100, .3, 0);
  RvsAnalysis *analysis;
  assert_int_equal (rvs_analyse (session, &view, &face, 1, NULL, &analysis, NULL), RVS_ERR_ARGUMENT);
  rvs_session_free (session);
  picture_free (&src);
}

/* One run through everything; the status of the call that failed first. */
static RvsStatus
whole_run (const SceneModels *models, const Picture *src, Picture *dst)
{
  const RvsFace    faces[] = { face_at (100, 100, .3, 0), face_at (130, 105, 1.5, 0) };
  const RvsView    view = picture_view (src);
  RvsSessionConfig config;
  RvsSession      *session = NULL;
  RvsAnalysis     *analysis = NULL;
  RvsParams        params;
  RvsStatus        status;

  rvs_session_config_init (&config);
  config.detector = models->detector;
  config.parser = models->parser;
  config.restorer = models->restorer;
  config.n_threads = 2;
  rvs_params_init (&params);
  status = rvs_session_new (&config, &session, NULL);
  if (status == RVS_OK)
    status = rvs_analyse (session, &view, faces, 2, NULL, &analysis, NULL);
  if (status == RVS_OK)
    status = rvs_render (session, analysis, &view, &params, 0, NULL, &dst->view, NULL);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  return status;
}

/* The n-th allocation fails, for every n: NO_MEMORY, nothing written; and the calls allocate only a few times. */
static void
memory_runs_out (void **state)
{
  Picture src = scene (), dst = picture_copy (&src);
  int     n = 1;

  for (; n < 100; n++)
    {
      rvs__mem_fail_at ((size_t)n);
      const RvsStatus status = whole_run (*state, &src, &dst);
      rvs__mem_fail_at (0);
      if (status == RVS_OK)
        break;
      assert_int_equal (status, RVS_ERR_NO_MEMORY);
      assert_same_pixels (&src, &dst);
    }
  assert_true (n > 8 && n < 40);
  picture_free (&src);
  picture_free (&dst);
}

/* Re-rendering allocates its list of faces and nothing else, whatever has to be recomputed. */
static void
forward_allocates_nothing (void **state)
{
  RvsSession   *session = session_open (*state, 2, 0);
  const RvsFace face = face_at (130, 100, .3, .2);
  Picture       src = scene (), dst = picture_copy (&src);
  RvsAnalysis  *analysis = analyse (session, &src, &face, 1);
  const size_t  before = rvs__mem_count ();
  RvsParams     params;

  rvs_params_init (&params);
  render (session, analysis, &src, &params, &dst);
  assert_int_equal (rvs__mem_count () - before, 1);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  picture_free (&src);
  picture_free (&dst);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (recomputes_the_least),
    cmocka_unit_test (cache_changes_nothing),
    cmocka_unit_test (nothing_is_parsed_twice),
    cmocka_unit_test (grows_to_the_same_end),
    cmocka_unit_test (cancel_at_every_tick),
    cmocka_unit_test (skips_are_named),
    cmocka_unit_test (bad_views),
    cmocka_unit_test (odd_pictures),
    cmocka_unit_test (boxes),
    cmocka_unit_test (detect_is_watched),
    cmocka_unit_test (wrong_models),
    cmocka_unit_test (memory_runs_out),
    cmocka_unit_test (forward_allocates_nothing),
    cmocka_unit_test (bad_mattes),
  };

  return cmocka_run_group_tests_name ("calls", tests, scene_set_up, scene_tear_down);
}
