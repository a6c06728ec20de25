/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * picture_tool.c: what test_cli.py needs of pictures and Python has not: JPEG files to order, and the pixels and
 * metadata of a file.
 *
 *   picture_tool jpeg WIDTH HEIGHT CHANNELS ORIENTATION NOTES <pixels >out.jpg   (CHANNELS 4 = CMYK)
 *   picture_tool dump FILE     one line "width height channels bits exif icc xmp texts unit x y orientation", then the pixels
 */
#include "codecs.h"
#include "io_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
make (char **args)
{
  JpegSpec       spec = { .width = atoi (args[0]),
                          .height = atoi (args[1]),
                          .channels = atoi (args[2]),
                          .orientation = atoi (args[3]),
                          .notes = atoi (args[4]) };
  size_t         n = (size_t)(spec.width * spec.height * spec.channels);
  unsigned char *pixels = malloc (n), icc[ICC_BYTES];
  Bytes          file;
  int            code = 1;

  make_icc (icc, "RGB ");
  spec.rows = pixels;
  if (spec.notes)
    {
      spec.icc = icc;
      spec.n_icc = sizeof icc;
    }
  if (pixels && fread (pixels, 1, n, stdin) == n)
    {
      file = make_jpeg (&spec);
      code = fwrite (file.bytes, 1, file.n, stdout) == file.n ? 0 : 1;
      free (file.bytes);
    }
  free (pixels);
  return code;
}

static int
dump (const char *path)
{
  RvsPicture picture;
  RvsError   err = { 0 };
  size_t     n;
  int        orientation;

  if (rvs_picture_read (path, NULL, &picture, &err))
    {
      fprintf (stderr, "%s: %s\n", path, err.message);
      return 1;
    }
  orientation = io__exif_orientation (&picture.meta.exif);
  printf ("%d %d %d %d %zu %zu %zu %zu %d %u %u %d\n", picture.view.width, picture.view.height, picture.view.channels,
          picture.view.depth == RVS_DEPTH_U16 ? 16 : 8, picture.meta.exif.n, picture.meta.icc.n, picture.meta.xmp.n,
          picture.meta.n_texts, (int)picture.meta.resolution_unit, picture.meta.x_resolution, picture.meta.y_resolution,
          orientation ? orientation : 1);
  n = (size_t)picture.view.stride * (size_t)picture.view.height;
  n -= fwrite (picture.view.pixels, 1, n, stdout);
  rvs_picture_clear (&picture);
  return n == 0 ? 0 : 1;
}

int
main (int argc, char **argv)
{
  if (argc == 7 && !strcmp (argv[1], "jpeg"))
    return make (argv + 2);
  if (argc == 3 && !strcmp (argv[1], "dump"))
    return dump (argv[2]);
  fputs ("usage: picture_tool jpeg WIDTH HEIGHT CHANNELS ORIENTATION NOTES | dump FILE\n", stderr);
  return 2;
}
