/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiffs.c: see tiffs.h. Errors abort.
 */
#include "tiffs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

enum
{
  TILE = 16
};

static void
set_kind (TIFF *tiff, const TiffSpec *spec, int page)
{
  uint16_t extra = (uint16_t)spec->extra, red[256], green[256], blue[256];
  bool     lab = spec->photometric == PHOTOMETRIC_CIELAB || spec->photometric == PHOTOMETRIC_ICCLAB;
  int      n_colours = lab || spec->photometric == PHOTOMETRIC_RGB ? 3 : spec->photometric == PHOTOMETRIC_SEPARATED ? 4 : 1;

  TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, spec->width);
  TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, spec->height);
  TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, spec->bits);
  TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, spec->samples);
  TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, spec->photometric);
  TIFFSetField (tiff, TIFFTAG_COMPRESSION, spec->compression ? spec->compression : COMPRESSION_NONE);
  TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, spec->separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  if (spec->samples > n_colours)
    TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
  if (spec->orientation)
    TIFFSetField (tiff, TIFFTAG_ORIENTATION, spec->orientation);
  if (page > 0)
    TIFFSetField (tiff, TIFFTAG_SUBFILETYPE, spec->reduced ? FILETYPE_REDUCEDIMAGE : FILETYPE_PAGE);
  for (int i = 0; i < 256; i++)
    red[i] = (uint16_t)(i * 7 % 256 * 257), green[i] = (uint16_t)((255 - i) * 257), blue[i] = (uint16_t)(i * 3 % 256 * 257);
  if (spec->photometric == PHOTOMETRIC_PALETTE)
    TIFFSetField (tiff, TIFFTAG_COLORMAP, red, green, blue);
}

static void
set_meta (TIFF *tiff, const TiffSpec *spec)
{
  if (spec->icc)
    TIFFSetField (tiff, TIFFTAG_ICCPROFILE, (uint32_t)spec->n_icc, spec->icc);
  if (spec->xmp)
    TIFFSetField (tiff, TIFFTAG_XMLPACKET, (uint32_t)strlen (spec->xmp), spec->xmp);
  if (spec->iptc)
    TIFFSetField (tiff, TIFFTAG_RICHTIFFIPTC, (uint32_t)strlen (spec->iptc), spec->iptc);
  if (!spec->notes)
    return;
  TIFFSetField (tiff, TIFFTAG_IMAGEDESCRIPTION, "a description");
  TIFFSetField (tiff, TIFFTAG_ARTIST, "\xc5\x81ukasz");
  TIFFSetField (tiff, TIFFTAG_MAKE, "a scanner");
  TIFFSetField (tiff, TIFFTAG_PHOTOSHOP, 12u, "8BIM\4\4\0\0\0\0\0\0");
  TIFFSetField (tiff, TIFFTAG_XRESOLUTION, 300.0);
  TIFFSetField (tiff, TIFFTAG_YRESOLUTION, 150.0);
  TIFFSetField (tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
}

/* n pixels from (x, y) on, of one plane or all. */
static void
take (const TiffSpec *spec, int plane, int x, int y, int n, unsigned char *to)
{
  size_t size = (size_t)spec->bits / 8, pixel = size * (size_t)spec->samples;

  for (int i = 0; i < n; i++)
    {
      const unsigned char *from = spec->rows + ((size_t)y * (size_t)spec->width + (size_t)(x + i)) * pixel;
      if (plane < 0)
        memcpy (to + (size_t)i * pixel, from, pixel);
      else
        memcpy (to + (size_t)i * size, from + (size_t)plane * size, size);
    }
}

static void
write_strips (TIFF *tiff, const TiffSpec *spec, int plane)
{
  unsigned char *row = calloc (1, (size_t)TIFFScanlineSize (tiff) + 8);

  for (int y = 0; y < spec->height; y++)
    {
      if (spec->bits < 8)
        memcpy (row, spec->rows + (size_t)y * (size_t)TIFFScanlineSize (tiff), (size_t)TIFFScanlineSize (tiff));
      else
        take (spec, plane, 0, y, spec->width, row);
      if (TIFFWriteScanline (tiff, row, (uint32_t)y, (uint16_t)(plane < 0 ? 0 : plane)) < 0)
        abort ();
    }
  free (row);
}

static void
write_tiles (TIFF *tiff, const TiffSpec *spec, int plane)
{
  size_t         row = (size_t)TIFFTileRowSize (tiff);
  unsigned char *tile = malloc (row * TILE);

  for (int y = 0; y < spec->height; y += TILE)
    for (int x = 0; x < spec->width; x += TILE)
      {
        memset (tile, 0, row * TILE);
        for (int i = 0; i < TILE && y + i < spec->height; i++)
          take (spec, plane, x, y + i, spec->width - x < TILE ? spec->width - x : TILE, tile + row * (size_t)i);
        if (TIFFWriteTile (tiff, tile, (uint32_t)x, (uint32_t)y, 0, (uint16_t)(plane < 0 ? 0 : plane)) < 0)
          abort ();
      }
  free (tile);
}

static void
write_page (TIFF *tiff, const TiffSpec *spec, int page)
{
  set_kind (tiff, spec, page);
  set_meta (tiff, spec);
  if (spec->tiled)
    {
      TIFFSetField (tiff, TIFFTAG_TILEWIDTH, TILE);
      TIFFSetField (tiff, TIFFTAG_TILELENGTH, TILE);
    }
  else
    TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, 5);
  for (int plane = 0; plane < (spec->separate ? spec->samples : 1); plane++)
    if (spec->tiled)
      write_tiles (tiff, spec, spec->separate ? plane : -1);
    else
      write_strips (tiff, spec, spec->separate ? plane : -1);
  TIFFWriteDirectory (tiff);
}

Bytes
make_tiff (const TiffSpec *spec)
{
  char  path[] = "/tmp/rvs-tiff-XXXXXX";
  int   fd = mkstemp (path);
  TIFF *tiff = TIFFOpen (path, spec->mode ? spec->mode : "wl");
  Bytes out;

  if (fd < 0 || !tiff)
    abort ();
  for (int page = 0; page < (spec->n_pages ? spec->n_pages : 1); page++)
    write_page (tiff, spec, page);
  TIFFClose (tiff);
  out.n = (size_t)lseek (fd, 0, SEEK_END);
  out.bytes = malloc (out.n);
  if (pread (fd, out.bytes, out.n, 0) != (ssize_t)out.n)
    abort ();
  close (fd);
  unlink (path);
  return out;
}
