/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.c: fixtures of the pipeline's tests. */
#include "scene.h"

#include "face/align.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0..255, whole: so that every depth holds the same picture. */
static int
level_at (int x, int y, int c)
{
  const uint32_t grain = ((uint32_t)x * 2654435761u ^ (uint32_t)y * 40503u ^ (uint32_t)c * 97u) * 2246822519u;
  const double   v = 120 + 50 * sin (x / 11.0 + c) + 40 * cos (y / 17.0 - c) + (double)(grain >> 28);

  return (int)v;
}

static void
fill_row (unsigned char *row, int y, int width, int channels, RvsDepth depth, bool grey)
{
  for (int x = 0; x < width; x++)
    for (int c = 0; c < channels; c++)
      {
        const bool   alpha = c == channels - 1 && channels % 2 == 0;
        const int    level = alpha ? (x * 7 + y * 3) & 255 : level_at (x, y, grey ? 0 : c);
        const size_t at = (size_t)x * (size_t)channels + (size_t)c;
        if (depth == RVS_DEPTH_U8)
          row[at] = (unsigned char)level;
        else if (depth == RVS_DEPTH_U16)
          ((uint16_t *)(void *)row)[at] = (uint16_t)(level * 257);
        else
          ((float *)(void *)row)[at] = (float)level / 255.0f;
      }
}

Picture
picture_new (int width, int height, int channels, RvsDepth depth, bool flipped, bool grey)
{
  const size_t row = (size_t)width * (size_t)channels * rvs_depth_bytes (depth) + SCENE_PAD;
  const size_t pitch = (row + 3) / 4 * 4;
  Picture      p
      = { calloc (1, pitch * (size_t)height), pitch * (size_t)height, { NULL, (ptrdiff_t)pitch, width, height, channels, depth } };

  assert_non_null (p.bytes);
  p.view.pixels = p.bytes;
  if (flipped)
    {
      p.view.pixels = p.bytes + pitch * (size_t)(height - 1);
      p.view.stride = -p.view.stride;
    }
  for (int y = 0; y < height; y++)
    fill_row ((unsigned char *)p.view.pixels + y * p.view.stride, y, width, channels, depth, grey);
  return p;
}

Picture
picture_copy (const Picture *from)
{
  Picture p = *from;

  p.bytes = malloc (p.n_bytes);
  assert_non_null (p.bytes);
  memcpy (p.bytes, from->bytes, p.n_bytes);
  p.view.pixels = p.bytes + ((unsigned char *)from->view.pixels - from->bytes);
  return p;
}

void
picture_free (Picture *p)
{
  free (p->bytes);
}

RvsView
picture_view (const Picture *p)
{
  return (RvsView){ p->view.pixels, p->view.stride, p->view.width, p->view.height, p->view.channels, p->view.depth };
}

double
picture_at (const Picture *p, int x, int y, int c)
{
  const unsigned char *row = (const unsigned char *)p->view.pixels + y * p->view.stride;
  const size_t         at = (size_t)x * (size_t)p->view.channels + (size_t)c;

  return p->view.depth == RVS_DEPTH_U8    ? row[at] / 255.0
         : p->view.depth == RVS_DEPTH_U16 ? ((const uint16_t *)(const void *)row)[at] / 65535.0
                                          : ((const float *)(const void *)row)[at];
}

float *
picture_planes (const Picture *p)
{
  const int    w = p->view.width;
  const size_t n = (size_t)w * (size_t)p->view.height;
  float       *planes = malloc (3 * n * sizeof *planes);

  assert_non_null (planes);
  for (size_t c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      planes[c * n + i] = (float)picture_at (p, (int)i % w, (int)i / w, (int)c) * 2 - 1;
  return planes;
}

void
assert_same_pixels (const Picture *a, const Picture *b)
{
  assert_int_equal (a->n_bytes, b->n_bytes);
  assert_memory_equal (a->bytes, b->bytes, a->n_bytes);
}

RvsFace
face_at (double x, double y, double scale, double angle)
{
  RvsFace face = { .x = (float)(x - 135 * scale),
                   .y = (float)(y - 160 * scale),
                   .w = (float)(269 * scale),
                   .h = (float)(373 * scale),
                   .score = .9f,
                   .flags = RVS_FACE_HAS_LANDMARKS };

  for (int i = 0; i < 5; i++)
    {
      const double u = rvs__face_template[i][0] - 256, v = rvs__face_template[i][1] - 256;
      face.landmarks[i][0] = (float)(x + scale * (cos (angle) * u - sin (angle) * v));
      face.landmarks[i][1] = (float)(y + scale * (sin (angle) * u + cos (angle) * v));
    }
  return face;
}

RvsModel *
open_model (const char *path)
{
  RvsModel *model = NULL;
  RvsError  err = { 0 };

  if (rvs_model_open (path, NULL, &model, &err) != RVS_OK)
    fail_msg ("%s: %s", path, err.message);
  return model;
}

RvsSession *
session_from (const RvsSessionConfig *config)
{
  RvsSession *session = NULL;
  RvsError    err = { 0 };

  if (rvs_session_new (config, &session, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  return session;
}

void
assert_no_session (const RvsSessionConfig *config, RvsStatus wanted, const char *named)
{
  RvsSession *session = NULL;
  RvsError    err = { 0 };

  assert_int_equal (rvs_session_new (config, &session, &err), wanted);
  assert_null (session);
  assert_names (err.message, named);
}

SceneModels
models_open (int side)
{
  return (SceneModels){ open_model (VECTORS "/detector.safetensors"), open_model (TINY "/parse-face-256.safetensors"),
                        open_model (side == 256 ? TINY "/restore-jsfm-256.safetensors" : TINY "/restore-jsfm-512.safetensors") };
}

void
models_close (SceneModels *models)
{
  rvs_model_unref (models->detector);
  rvs_model_unref (models->parser);
  rvs_model_unref (models->restorer);
}

/* A random detector is never sure: every place of every picture would be looked at from four sides. */
RvsSession *
session_open (const SceneModels *models, int n_threads, size_t cache_bytes)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.detector = models->detector;
  config.parser = models->parser;
  config.restorer = models->restorer;
  config.n_threads = n_threads;
  config.turned = RVS_TURNED_NEVER;
  config.cache_bytes = cache_bytes;
  return session_from (&config);
}

RvsAnalysis *
analyse (RvsSession *session, const Picture *picture, const RvsFace *faces, size_t n)
{
  const RvsView view = picture_view (picture);
  RvsAnalysis  *analysis = NULL;
  RvsError      err = { 0 };

  if (rvs_analyse (session, &view, faces, n, NULL, &analysis, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  return analysis;
}

void
render (RvsSession *session, RvsAnalysis *analysis, const Picture *src, const RvsParams *params, Picture *dst)
{
  const RvsView view = picture_view (src);
  RvsError      err = { 0 };

  if (rvs_render (session, analysis, &view, params, 0, NULL, &dst->view, &err) != RVS_OK)
    fail_msg ("%s", err.message);
}

RvsStatus
open_altered (const char *path, const char *from, const char *to, unsigned char **out_bytes, RvsModel **out_model, RvsError *err)
{
  const size_t room = 1 << 20;
  FILE        *file = fopen (path, "rb");
  size_t       n;

  assert_non_null (file);
  *out_bytes = malloc (room);
  assert_non_null (*out_bytes);
  n = fread (*out_bytes, 1, room, file);
  fclose (file);
  assert_true (n < room);
  replace_first (*out_bytes, n, from, to);
  return rvs_model_open_memory (*out_bytes, n, out_model, err);
}

int
scene_set_up (void **state)
{
  SceneModels *models = malloc (sizeof *models);

  *models = models_open (512);
  *state = models;
  return 0;
}

int
scene_tear_down (void **state)
{
  models_close (*state);
  free (*state);
  return 0;
}
