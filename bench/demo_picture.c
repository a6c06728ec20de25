/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * demo_picture.c: the two picture jobs of `./setup.sh demo`: degrading the sample the way old photos are, always with the same
 * result, and putting two pictures side by side.
 *
 *   demo_picture degrade IN.png OUT.png
 *   demo_picture compare BEFORE.png AFTER.png OUT.png [X Y SIDE]   (a square shown enlarged below)
 */
#include "picture.h"

#include <stdio.h>

#include <jpeglib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SHRINK = 2,
  JPEG_QUALITY = 38,
  BAR_HEIGHT = 36,
  LETTER_W = 5,
  LETTER_H = 7,
  LETTER_SCALE = 3
};

static const double blur_sigma = 1.6, noise_sigma = 7.0;

/* 8-bit RGB, packed. */
typedef struct Image
{
  int            w, h;
  unsigned char *rgb;
} Image;

static Image
new_image (int w, int h)
{
  Image image = { w, h, calloc ((size_t)w * (size_t)h, 3) };

  if (!image.rgb)
    {
      fputs ("demo_picture: not enough memory\n", stderr);
      exit (7);
    }
  return image;
}

static unsigned char *
at (const Image *image, int x, int y)
{
  x = x < 0 ? 0 : x >= image->w ? image->w - 1 : x;
  y = y < 0 ? 0 : y >= image->h ? image->h - 1 : y;
  return image->rgb + 3 * ((size_t)y * (size_t)image->w + (size_t)x);
}

static unsigned char
to_byte (double value)
{
  return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool
load (const char *path, Image *out)
{
  RvsPicture picture;
  RvsError   err = { 0 };

  if (rvs_picture_read (path, NULL, &picture, &err))
    {
      fprintf (stderr, "demo_picture: %s: %s\n", path, err.message);
      return false;
    }
  if (picture.view.channels != 3 || picture.view.depth != RVS_DEPTH_U8)
    {
      fprintf (stderr, "demo_picture: %s: an 8-bit RGB picture is needed\n", path);
      rvs_picture_clear (&picture);
      return false;
    }
  *out = (Image){ picture.view.width, picture.view.height, picture.view.pixels };
  picture.view.pixels = NULL; /* ours now */
  rvs_picture_clear (&picture);
  return true;
}

static bool
save (const Image *image, const char *path)
{
  RvsPicture picture = { .view = { image->rgb, 3 * (ptrdiff_t)image->w, image->w, image->h, 3, RVS_DEPTH_U8 } };
  RvsError   err = { 0 };
  FILE      *file = fopen (path, "wb");
  RvsStatus  status = file ? rvs_picture_write (&picture, RVS_PICTURE_PNG, file, NULL, NULL, &err) : RVS_ERR_IO;

  if (file && fclose (file))
    status = RVS_ERR_IO;
  if (status)
    fprintf (stderr, "demo_picture: %s: cannot be written %s\n", path, err.message);
  return status == RVS_OK;
}

/* ---- degrading ------------------------------------------------------------------------------ */

/* One direction of a Gaussian; dx, dy is the step. */
static void
blur (const Image *from, Image *to, int dx, int dy)
{
  double weights[17], sum = 0;

  for (int i = -8; i <= 8; i++)
    sum += weights[i + 8] = exp (-i * i / (2 * blur_sigma * blur_sigma));
  for (int y = 0; y < from->h; y++)
    for (int x = 0; x < from->w; x++)
      for (int c = 0; c < 3; c++)
        {
          double value = 0;
          for (int i = -8; i <= 8; i++)
            value += weights[i + 8] * at (from, x + i * dx, y + i * dy)[c];
          at (to, x, y)[c] = to_byte (value / sum);
        }
}

/* Roughly normal, mean 0, deviation 1: twelve uniform numbers. */
static double
noise (uint32_t *seed)
{
  double sum = -6;

  for (int i = 0; i < 12; i++)
    {
      *seed = *seed * 1664525u + 1013904223u;
      sum += (double)(*seed >> 8) / 16777216.0;
    }
  return sum;
}

static void
shrink_and_spoil (const Image *from, Image *to)
{
  uint32_t seed = 20261121;

  for (int y = 0; y < to->h; y++)
    for (int x = 0; x < to->w; x++)
      for (int c = 0; c < 3; c++)
        {
          double sum = 0;
          for (int j = 0; j < SHRINK; j++)
            for (int i = 0; i < SHRINK; i++)
              sum += at (from, x * SHRINK + i, y * SHRINK + j)[c];
          at (to, x, y)[c] = to_byte (sum / (SHRINK * SHRINK) + noise_sigma * noise (&seed));
        }
}

/* Through JPEG and back. libjpeg's own error exit ends the program, which suits a demo. */
static void
compress (Image *image)
{
  struct jpeg_compress_struct   out;
  struct jpeg_decompress_struct in;
  struct jpeg_error_mgr         errors;
  unsigned char                *bytes = NULL;
  unsigned long                 n = 0;

  out.err = jpeg_std_error (&errors);
  jpeg_create_compress (&out);
  jpeg_mem_dest (&out, &bytes, &n);
  out.image_width = (JDIMENSION)image->w;
  out.image_height = (JDIMENSION)image->h;
  out.input_components = 3;
  out.in_color_space = JCS_RGB;
  jpeg_set_defaults (&out);
  jpeg_set_quality (&out, JPEG_QUALITY, TRUE);
  jpeg_start_compress (&out, TRUE);
  for (int y = 0; y < image->h; y++)
    {
      JSAMPROW row = at (image, 0, y);
      jpeg_write_scanlines (&out, &row, 1);
    }
  jpeg_finish_compress (&out);
  jpeg_destroy_compress (&out);
  in.err = &errors;
  jpeg_create_decompress (&in);
  jpeg_mem_src (&in, bytes, n);
  jpeg_read_header (&in, TRUE);
  jpeg_start_decompress (&in);
  for (int y = 0; y < image->h; y++)
    {
      JSAMPROW row = at (image, 0, y);
      jpeg_read_scanlines (&in, &row, 1);
    }
  jpeg_finish_decompress (&in);
  jpeg_destroy_decompress (&in);
  free (bytes);
}

/* Bilinear: a square of `from` that fills `to`. */
static void
enlarge (const Image *from, double x0, double y0, double side, Image *to)
{
  for (int y = 0; y < to->h; y++)
    for (int x = 0; x < to->w; x++)
      {
        double sx = x0 + (x + 0.5) * side / to->w - 0.5, sy = y0 + (y + 0.5) * side / to->w - 0.5;
        int    ix = (int)floor (sx), iy = (int)floor (sy);
        double fx = sx - ix, fy = sy - iy;
        for (int c = 0; c < 3; c++)
          at (to, x, y)[c] = to_byte ((1 - fy) * ((1 - fx) * at (from, ix, iy)[c] + fx * at (from, ix + 1, iy)[c])
                                      + fy * ((1 - fx) * at (from, ix, iy + 1)[c] + fx * at (from, ix + 1, iy + 1)[c]));
      }
}

static bool
degrade (const char *from, const char *to)
{
  Image image, blurred, small;
  bool  ok;

  if (!load (from, &image))
    return false;
  blurred = new_image (image.w, image.h);
  small = new_image (image.w / SHRINK, image.h / SHRINK);
  blur (&image, &blurred, 1, 0);
  blur (&blurred, &image, 0, 1);
  shrink_and_spoil (&image, &small);
  compress (&small);
  enlarge (&small, 0, 0, small.w, &image);
  ok = save (&image, to);
  free (image.rgb);
  free (blurred.rgb);
  free (small.rgb);
  return ok;
}

/* ---- side by side --------------------------------------------------------------------------- */

/* The letters of the two labels, five columns a row. */
static const struct
{
  char        letter;
  const char *rows;
} font[] = {
  { 'A', ".###.#...##...#######...##...##...#" }, { 'B', "####.#...##...#####.#...##...#####." },
  { 'E', "######....#....####.#....#....#####" }, { 'F', "######....#....####.#....#....#...." },
  { 'O', ".###.#...##...##...##...##...#.###." }, { 'R', "####.#...##...#####.#.#..#..#.#...#" },
  { 'T', "#####..#....#....#....#....#....#.." },
};

static void
draw_text (Image *image, const char *text, int x0, int y0)
{
  for (; *text; text++, x0 += (LETTER_W + 1) * LETTER_SCALE)
    for (size_t i = 0; i < sizeof font / sizeof font[0]; i++)
      for (int y = 0; font[i].letter == *text && y < LETTER_H * LETTER_SCALE; y++)
        for (int x = 0; x < LETTER_W * LETTER_SCALE; x++)
          if (font[i].rows[y / LETTER_SCALE * LETTER_W + x / LETTER_SCALE] == '#')
            memset (at (image, x0 + x, y0 + y), 255, 3);
}

static void
paste (const Image *from, Image *to, int x, int y)
{
  for (int row = 0; row < from->h; row++)
    memcpy (at (to, x, y + row), at (from, 0, row), 3 * (size_t)from->w);
}

/* square: x, y, side of what is shown enlarged; NULL for nothing. */
static bool
compare (const char *before, const char *after, const char *to, const int *square)
{
  Image pictures[2], out, detail;
  bool  ok;

  if (!load (before, &pictures[0]))
    return false;
  if (!load (after, &pictures[1]))
    {
      free (pictures[0].rgb);
      return false;
    }
  out = new_image (2 * pictures[0].w, BAR_HEIGHT + pictures[0].h + (square ? pictures[0].w : 0));
  detail = new_image (pictures[0].w, pictures[0].w);
  ok = pictures[0].w == pictures[1].w && pictures[0].h == pictures[1].h;
  for (int i = 0; i < 2 && ok; i++)
    {
      paste (&pictures[i], &out, i * pictures[0].w, BAR_HEIGHT);
      if (square)
        {
          enlarge (&pictures[i], square[0], square[1], square[2], &detail);
          paste (&detail, &out, i * pictures[0].w, BAR_HEIGHT + pictures[0].h);
        }
      draw_text (&out, i ? "AFTER" : "BEFORE", i * pictures[0].w + 8, (BAR_HEIGHT - LETTER_H * LETTER_SCALE) / 2);
    }
  if (ok)
    ok = save (&out, to);
  else
    fputs ("demo_picture: the two pictures differ in size\n", stderr);
  free (pictures[0].rgb);
  free (pictures[1].rgb);
  free (out.rgb);
  free (detail.rgb);
  return ok;
}

int
main (int argc, char **argv)
{
  int square[3];

  if (argc == 4 && !strcmp (argv[1], "degrade"))
    return degrade (argv[2], argv[3]) ? 0 : 1;
  if (argc == 5 && !strcmp (argv[1], "compare"))
    return compare (argv[2], argv[3], argv[4], NULL) ? 0 : 1;
  if (argc == 8 && !strcmp (argv[1], "compare"))
    {
      for (int i = 0; i < 3; i++)
        square[i] = atoi (argv[5 + i]);
      if (square[2] > 0)
        return compare (argv[2], argv[3], argv[4], square) ? 0 : 1;
    }
  fputs ("usage: demo_picture degrade IN.png OUT.png\n       demo_picture compare BEFORE.png AFTER.png OUT.png [X Y SIDE]\n",
         stderr);
  return 2;
}
