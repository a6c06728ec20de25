/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_golden.c: a real photo through the whole engine on the tiny networks, compared with stored results. A missing result is a
 * failure. `test_golden --write FOLDER` writes new ones, which a person then looks at (README.md). */
#include "picture.h"
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_PSNR 45.0 /* decibels, over the rect that was restored */
#define MAX_LEVELS 6  /* of 255: other BLAS kernels round differently */

static const char *write_to; /* a folder, or NULL */

typedef struct Case
{
  const char *name, *restorer;
  int         x, y, w, h; /* part of the photo */
  RvsDepth    depth;
  bool        aligned, grow, hole;
  float       strength, fidelity, keep_colour;
} Case;

static const Case cases[] = {
  { "face-512", "restore-jsfm-512", 90, 10, 260, 230, RVS_DEPTH_U8, false, false, false, 1, RVS_FIDELITY_AUTO, 1 },
  { "face-256-deep", "restore-jsfm-256", 130, 10, 180, 190, RVS_DEPTH_U16, false, false, false, .7f, .3f, .5f },
  { "aligned-512", "restore-jsfm-512", 140, 30, 150, 150, RVS_DEPTH_U8, true, true, false, 1, 1, 0 },
  { "sharper-512", "restore-spad-512", 90, 10, 260, 230, RVS_DEPTH_U8, false, false, false, 1, RVS_FIDELITY_AUTO, 1 },
  { "filled-512", "fill-face-512", 90, 10, 260, 230, RVS_DEPTH_U8, false, false, true, 1, RVS_FIDELITY_AUTO, 1 },
};

/* Eyes, nose and mouth corners of the astronaut, by eye. */
static const float marks[5][2] = { { 199, 101 }, { 249, 103 }, { 223, 123 }, { 203, 144 }, { 242, 145 } };

static RvsModel *
open_model (const char *name)
{
  RvsModel *model = NULL;
  RvsError  err = { 0 };
  char      path[4096];

  snprintf (path, sizeof path, TINY "/%s.safetensors", name);
  if (rvs_model_open (path, NULL, &model, &err) != RVS_OK)
    fail_msg ("%s: %s", path, err.message);
  return model;
}

static RvsPicture
read_picture (const char *path)
{
  RvsPicture picture;
  RvsError   err = { 0 };

  if (rvs_picture_read (path, NULL, &picture, &err) != RVS_OK)
    fail_msg ("%s: %s", path, err.message);
  return picture;
}

/* The case's part of the photo at its depth. */
static RvsPicture
cut_photo (const Case *c)
{
  RvsPicture photo = read_picture (DATA "/astronaut.png"), part;

  assert_int_equal (rvs_picture_new (c->w, c->h, 3, c->depth, &part, NULL), RVS_OK);
  for (int y = 0; y < c->h; y++)
    {
      const unsigned char *from = (unsigned char *)photo.view.pixels + (c->y + y) * photo.view.stride + c->x * 3;
      unsigned char       *to = (unsigned char *)part.view.pixels + y * part.view.stride;
      for (int i = 0; i < c->w * 3; i++)
        if (c->depth == RVS_DEPTH_U8)
          to[i] = from[i];
        else
          ((uint16_t *)(void *)to)[i] = (uint16_t)(from[i] * 257);
    }
  rvs_picture_clear (&photo);
  return part;
}

static RvsFace
case_face (const Case *c, const RvsView *view)
{
  RvsFace face = { .x = 175 - (float)c->x, .y = 60 - (float)c->y, .w = 95, .h = 125, .score = 1, .flags = RVS_FACE_HAS_LANDMARKS };

  if (c->aligned)
    {
      rvs_face_aligned (view, &face);
      return face;
    }
  for (int i = 0; i < 5; i++)
    {
      face.landmarks[i][0] = marks[i][0] - (float)c->x;
      face.landmarks[i][1] = marks[i][1] - (float)c->y;
    }
  return face;
}

/* What is damaged: a scratch across everything and, beside the nose, a blot with a soft edge. */
static RvsView
mark_hole (const Case *c, unsigned char *plane)
{
  for (int y = 0; y < c->h; y++)
    for (int x = 0; x < c->w; x++)
      {
        const float blot = 18 - hypotf ((float)(x + c->x - 200), (float)(y + c->y - 122)), line = (float)abs (x - y - 20) - 2;
        const float mark = blot > 0 ? blot / 3 : line < 0 ? 1 : 0;
        plane[y * c->w + x] = (unsigned char)(255 * (mark < 1 ? mark : 1));
      }
  return (RvsView){ plane, c->w, c->w, c->h, 1, RVS_DEPTH_U8 };
}

static RvsPicture
restore (const Case *c, int n_threads, RvsRect *out_rect)
{
  unsigned char   *plane = calloc ((size_t)c->w, (size_t)c->h);
  RvsPicture       src = cut_photo (c), dst = cut_photo (c);
  const RvsView    view = rvs_picture_view (&src);
  const RvsFace    face = case_face (c, &view);
  RvsSessionConfig config;
  RvsSession      *session = NULL;
  RvsAnalysis     *analysis = NULL;
  RvsParams        params;
  RvsError         err = { 0 };

  rvs_session_config_init (&config);
  config.parser = open_model ("parse-face-256");
  config.restorer = open_model (c->restorer);
  config.n_threads = n_threads;
  rvs_params_init (&params);
  params.strength = c->strength;
  params.fidelity = c->fidelity;
  params.keep_colour = c->keep_colour;
  if (c->hole)
    params.hole = mark_hole (c, plane);
  if (rvs_session_new (&config, &session, &err) != RVS_OK || rvs_analyse (session, &view, &face, 1, NULL, &analysis, &err) != RVS_OK
      || rvs_render (session, analysis, &view, &params, c->grow ? RVS_RENDER_GROW : 0, NULL, &dst.view, &err) != RVS_OK)
    fail_msg ("%s: %s", c->name, err.message);
  *out_rect = c->hole ? rvs_hole_bounds (&params.hole) : rvs_analysis_face (analysis, 0)->rect;
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  rvs_model_unref (config.parser);
  rvs_model_unref (config.restorer);
  rvs_picture_clear (&src);
  free (plane);
  return dst;
}

static void
write_picture (const Case *c, const RvsPicture *picture)
{
  char  path[4096];
  FILE *file;

  snprintf (path, sizeof path, "%s/%s.png", write_to, c->name);
  file = fopen (path, "wb");
  if (!file)
    fail_msg ("%s: %s", path, strerror (errno));
  assert_int_equal (rvs_picture_write (picture, RVS_PICTURE_PNG, file, NULL, NULL, NULL), RVS_OK);
  assert_int_equal (fclose (file), 0);
}

static double
value_at (const RvsPicture *p, int x, int y, int c)
{
  const unsigned char *row = (const unsigned char *)p->view.pixels + y * p->view.stride;

  return p->view.depth == RVS_DEPTH_U8 ? row[x * 3 + c] : ((const uint16_t *)(const void *)row)[x * 3 + c] / 257.0;
}

static void
compare (const Case *c, const RvsPicture *got, RvsRect rect)
{
  char       path[4096];
  double     sum = 0, worst = 0, psnr;
  RvsPicture want;

  snprintf (path, sizeof path, GOLDEN "/%s.png", c->name);
  want = read_picture (path);
  assert_int_equal (want.view.width, c->w);
  assert_int_equal (want.view.height, c->h);
  assert_int_equal (want.view.depth, c->depth);
  for (int y = 0; y < c->h; y++)
    for (int x = 0; x < c->w * 3; x++)
      {
        const double d = fabs (value_at (got, x / 3, y, x % 3) - value_at (&want, x / 3, y, x % 3));
        sum += d * d;
        worst = d > worst ? d : worst;
      }
  psnr = 10 * log10 (255.0 * 255.0 * rect.width * rect.height * 3 / (sum > 0 ? sum : 1e-9));
  if (psnr < MIN_PSNR || worst > MAX_LEVELS)
    fail_msg ("%s: %.1f dB, worst difference %.2f levels", c->name, psnr, worst);
  rvs_picture_clear (&want);
}

static void
same_as_stored (void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      RvsRect    rect;
      RvsPicture got = restore (&cases[i], 1, &rect);
      if (write_to)
        write_picture (&cases[i], &got);
      else
        compare (&cases[i], &got, rect);
      rvs_picture_clear (&got);
    }
}

/* 1 and 4 threads: the same bytes, whatever the BLAS. */
static void
same_bytes_for_4_threads (void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      RvsRect      rect;
      RvsPicture   one = restore (&cases[i], 1, &rect), four = restore (&cases[i], 4, &rect);
      const size_t row = (size_t)cases[i].w * 3 * rvs_depth_bytes (cases[i].depth);
      for (int y = 0; y < cases[i].h; y++)
        assert_memory_equal ((unsigned char *)one.view.pixels + y * one.view.stride,
                             (unsigned char *)four.view.pixels + y * four.view.stride, row);
      rvs_picture_clear (&one);
      rvs_picture_clear (&four);
    }
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (same_as_stored),
    cmocka_unit_test (same_bytes_for_4_threads),
  };

  if (argc == 3 && strcmp (argv[1], "--write") == 0)
    write_to = argv[2];
  return cmocka_run_group_tests_name ("golden", tests, NULL, NULL);
}
