/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.h: what the pipeline's tests share: a session over the tiny networks, pictures of every kind with the same content, faces. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "rvs.h"
#include "testing.h"

#include <stdbool.h>
#include <stdlib.h>

enum
{
  SCENE_W = 260,
  SCENE_H = 210,
  SCENE_PAD = 12 /* bytes behind each row */
};

typedef struct Picture
{
  unsigned char *bytes;
  size_t         n_bytes;
  RvsMutView     view;
} Picture;

/* Random waves with grain, the same at every depth. flipped: rows from bottom to top in memory. `grey` removes the colour. */
Picture picture_new (int width, int height, int channels, RvsDepth depth, bool flipped, bool grey);
Picture picture_copy (const Picture *from);
void    picture_free (Picture *p);
RvsView picture_view (const Picture *p);
/* 0..1 */
double picture_at (const Picture *p, int x, int y, int c);
/* Its three colours as networks take them: planes of -1 .. 1. Free with free. */
float *picture_planes (const Picture *p);
void   assert_same_pixels (const Picture *a, const Picture *b);

/* Landmarks of the template for a crop whose centre is (x, y), `scale` source pixels per crop pixel, turned. */
RvsFace face_at (double x, double y, double scale, double angle);

/* A weights file, and a session: asserted to open. */
RvsModel   *open_model (const char *path);
RvsSession *session_from (const RvsSessionConfig *config);
/* Asserted not to open, with an error that names `named`. */
void assert_no_session (const RvsSessionConfig *config, RvsStatus wanted, const char *named);

typedef struct SceneModels
{
  RvsModel *detector, *parser, *restorer;
} SceneModels;

SceneModels models_open (int side);
void        models_close (SceneModels *models);
/* cmocka's group fixtures: *state is a SceneModels of side 512. */
int scene_set_up (void **state);
int scene_tear_down (void **state);
/* A weights file with its first `from` replaced by `to` of the same length, opened. Caller frees the bytes after the model. */
RvsStatus open_altered (const char *path, const char *from, const char *to, unsigned char **out_bytes, RvsModel **out_model,
                        RvsError *err);
/* A session of the models, upright faces only. */
RvsSession *session_open (const SceneModels *models, int n_threads, size_t cache_bytes);

RvsAnalysis *analyse (RvsSession *session, const Picture *picture, const RvsFace *faces, size_t n);
void         render (RvsSession *session, RvsAnalysis *analysis, const Picture *src, const RvsParams *params, Picture *dst);

#endif
