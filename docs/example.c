/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * example.c: restores the faces of a photo with librevisage. Binary PPM in and out, 8 bits:
 *   cc example.c -o example $(pkg-config --cflags --libs revisage)
 *   ./example $(pkg-config --variable=weightsdir revisage) <photo.ppm >restored.ppm
 */
#include <rvs.h>
#include <stdio.h>
#include <stdlib.h>

static RvsError err;

static void
must (RvsStatus status)
{
  if (status != RVS_OK)
    exit (fprintf (stderr, "%s: %s\n", rvs_status_name (status), err.message));
}

static RvsModel *
open_model (const char *folder, const char *name)
{
  char      path[4096];
  RvsModel *model;

  snprintf (path, sizeof path, "%s/%s.safetensors", folder, name);
  must (rvs_model_open (path, NULL, &model, &err));
  return model;
}

int
main (int argc, char **argv)
{
  int              w = 0, h = 0;
  const char      *weights = argc > 1 ? argv[1] : ".";
  RvsSessionConfig config;
  RvsSession      *session;
  RvsAnalysis     *analysis;
  RvsParams        params;
  RvsFace          faces[64];
  size_t           n;

  rvs_session_config_init (&config);
  config.detector = open_model (weights, "detect-face");
  config.parser = open_model (weights, "parse-face-256");
  config.restorer = open_model (weights, "restore-jsfm-512");
  must (rvs_session_new (&config, &session, &err));
  if (scanf ("P6 %d %d 255", &w, &h) != 2 || getchar () == EOF || w < 1 || h < 1 || w > RVS_MAX_SIDE || h > RVS_MAX_SIDE)
    return fprintf (stderr, "give me a binary PPM of 8 bits\n"), 2;
  size_t         bytes = (size_t)w * (size_t)h * 3;
  unsigned char *pixels = malloc (bytes);
  RvsMutView     image = { pixels, 3 * (ptrdiff_t)w, w, h, 3, RVS_DEPTH_U8 };
  const RvsView  photo = rvs_view_of (&image);
  if (!pixels || fread (pixels, 1, bytes, stdin) != bytes)
    return fprintf (stderr, "the PPM ends too early\n"), 2;
  must (rvs_detect (session, &photo, NULL, faces, 64, &n, &err));
  must (rvs_analyse (session, &photo, faces, n < 64 ? n : 64, NULL, &analysis, &err));
  rvs_params_init (&params);
  must (rvs_render (session, analysis, &photo, &params, 0, NULL, &image, &err));
  printf ("P6\n%d %d\n255\n", w, h);
  fwrite (pixels, 1, bytes, stdout);
}
