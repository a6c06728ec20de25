/* SPDX-License-Identifier: GPL-3.0-or-later
 * example.c: restores the faces of a photo with librevisage; a binary PPM of 8 bits, without comments, in and out. Built as library.md says. */
#include <rvs.h>
#include <stdio.h>
#include <stdlib.h>

int
main (int argc, char **argv)
{
  int              w, h, max;
  size_t           n;
  RvsError         err;
  RvsFace          faces[64];
  RvsParams        params;
  RvsSessionConfig config;
  RvsSession      *session;
  RvsAnalysis     *analysis;

  if (argc != 4 || scanf ("P6 %d %d %d%*c", &w, &h, &max) != 3 || max != 255)
    return fputs ("usage: example DETECTOR PARSER RESTORER <photo.ppm >restored.ppm\n", stderr), 2;

  const size_t   row = (size_t)w * 3, rows = (size_t)h;
  unsigned char *pixels = calloc (rows, row);
  if (!pixels || fread (pixels, row, rows, stdin) != rows)
    return fputs ("the photo is cut, or too large for the memory\n", stderr), 1;

  RvsMutView    out = { pixels, (ptrdiff_t)row, w, h, 3, RVS_DEPTH_U8 };
  const RvsView photo = rvs_view_of (&out); /* the same memory: faces change in place */
  rvs_session_config_init (&config);
  rvs_params_init (&params);
  if (rvs_model_open (argv[1], NULL, &config.detector, &err) || rvs_model_open (argv[2], NULL, &config.parser, &err)
      || rvs_model_open (argv[3], NULL, &config.restorer, &err) || rvs_session_new (&config, &session, &err)
      || rvs_detect (session, &photo, NULL, faces, 64, &n, &err)
      || rvs_analyse (session, &photo, faces, n < 64 ? n : 64, NULL, &analysis, &err)
      || rvs_render (session, analysis, &photo, &params, 0, NULL, &out, &err))
    return fprintf (stderr, "%s: %s\n", rvs_status_name (err.status), err.message), 1;

  printf ("P6\n%d %d\n255\n", w, h);
  return fwrite (pixels, row, rows, stdout) != rows; /* who goes on: rvs_analysis_free, rvs_session_free, rvs_model_unref */
}
