/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiff_read.c: TIFF files -> pixels and metadata, through libtiff. Grey and RGB of 8 and 16 bits come out as they are, in strips or
 * tiles, whatever the compression; palettes, fewer bits and unusual colours through libtiff's own conversion to 8-bit RGBA; CMYK and Lab
 * through their profile.
 */
#include "inks.h"
#include "tiff_common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_TILE_BYTES = 64 << 20,
  MAX_SAMPLES = 32,
  FREE_BYTES = 256 << 20 /* libtiff may allocate so much beyond what the file itself is */
};

typedef struct Reader
{
  const IoSource *source;
  RvsPicture     *picture;
  RvsError       *err;
  RvsStatus       status;
  bool            is_starved; /* libtiff asked for more than the file has */
  IoTiffMessage   message;
  TIFF           *tiff;
  uint64_t        first_page; /* offset of its directory */
  uint32_t        width, height;
  uint16_t        bits, samples, photometric, planar, format, compression, orientation;
  int             n_colours;
  bool            has_alpha, is_premultiplied, is_converted; /* converted: the file's profile is not that of the pixels in memory */
  unsigned char  *row;                                       /* of a strip or a tile as libtiff gives it */
} Reader;

static RvsStatus
fail (Reader *reader, RvsStatus status, const char *words)
{
  if (!reader->status)
    reader->status = io__fail (reader->err, status, "%s", words);
  return reader->status;
}

/* After a call of libtiff's that failed. */
static RvsStatus
fail_file (Reader *reader)
{
  if (ferror (reader->source->file))
    return fail (reader, RVS_ERR_IO, "the TIFF file cannot be read");
  if (reader->is_starved)
    return fail (reader, RVS_ERR_FORMAT, "the TIFF file is truncated: it ends too early");
  if (!reader->status)
    reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "the TIFF file is damaged: %s", reader->message.text);
  return reader->status;
}

static RvsStatus
fail_memory (Reader *reader)
{
  return fail (reader, RVS_ERR_NO_MEMORY, "not enough memory to read the TIFF file");
}

/* ---- the file ------------------------------------------------------------------------------- */

static tmsize_t
on_read (thandle_t handle, void *bytes, tmsize_t n)
{
  Reader *reader = handle;
  size_t  got = fread (bytes, 1, (size_t)n, reader->source->file);

  if (got < (size_t)n)
    reader->is_starved = true;
  return (tmsize_t)got;
}

static tmsize_t
on_write (thandle_t handle, void *bytes, tmsize_t n)
{
  (void)handle, (void)bytes, (void)n;
  return 0;
}

static toff_t
on_seek (thandle_t handle, toff_t offset, int whence)
{
  Reader *reader = handle;

  if (offset > INT64_MAX || fseeko (reader->source->file, (off_t)offset, whence))
    return (toff_t)-1;
  return (toff_t)ftello (reader->source->file);
}

static toff_t
on_size (thandle_t handle)
{
  return ((Reader *)handle)->source->size;
}

/* Not mapped into memory, and with an end to what a count in a file can make libtiff allocate. */
static TIFF *
open_tiff (Reader *reader)
{
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc ();
  TIFF            *tiff;

  if (!options)
    return NULL;
  io__tiff_listen (options, &reader->message);
  TIFFOpenOptionsSetMaxSingleMemAlloc (options, (tmsize_t)reader->source->size + FREE_BYTES);
  tiff = TIFFClientOpenExt ("", "rm", reader, on_read, on_write, on_seek, io__tiff_on_close, on_size, NULL, NULL, options);
  TIFFOpenOptionsFree (options);
  return tiff;
}

/* ---- the kind ------------------------------------------------------------------------------- */

static void
take_extras (Reader *reader)
{
  uint16_t  n = 0;
  uint16_t *kinds = NULL;

  TIFFGetFieldDefaulted (reader->tiff, TIFFTAG_EXTRASAMPLES, &n, &kinds);
  reader->is_premultiplied = n && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
  reader->has_alpha = n && (reader->is_premultiplied || kinds[0] == EXTRASAMPLE_UNASSALPHA);
}

static bool
is_lab (const Reader *reader)
{
  return reader->photometric == PHOTOMETRIC_CIELAB || reader->photometric == PHOTOMETRIC_ICCLAB;
}

static RvsStatus
take_kind (Reader *reader)
{
  TIFF *tiff = reader->tiff;

  if (!TIFFGetField (tiff, TIFFTAG_IMAGEWIDTH, &reader->width) || !TIFFGetField (tiff, TIFFTAG_IMAGELENGTH, &reader->height))
    return fail (reader, RVS_ERR_FORMAT, "the TIFF file is damaged: it does not say how large its picture is");
  TIFFGetFieldDefaulted (tiff, TIFFTAG_BITSPERSAMPLE, &reader->bits);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_SAMPLESPERPIXEL, &reader->samples);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_PLANARCONFIG, &reader->planar);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_SAMPLEFORMAT, &reader->format);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_COMPRESSION, &reader->compression);
  TIFFGetFieldDefaulted (tiff, TIFFTAG_ORIENTATION, &reader->orientation);
  if (!TIFFGetField (tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric))
    reader->photometric = reader->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  if (reader->compression == COMPRESSION_JPEG && reader->photometric == PHOTOMETRIC_YCBCR && reader->planar == PLANARCONFIG_CONTIG
      && TIFFSetField (tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB))
    reader->photometric = PHOTOMETRIC_RGB;
  reader->n_colours = reader->photometric == PHOTOMETRIC_SEPARATED                ? 4
                      : reader->photometric == PHOTOMETRIC_RGB || is_lab (reader) ? 3
                                                                                  : 1;
  take_extras (reader);
  if (reader->samples > MAX_SAMPLES)
    return io__fail (reader->err, RVS_ERR_FORMAT, "TIFF pictures with %u channels are not supported", reader->samples);
  return io__check_size (reader->width, reader->height, reader->err);
}

static bool
is_plain (const Reader *reader)
{
  bool grey = reader->photometric == PHOTOMETRIC_MINISBLACK || reader->photometric == PHOTOMETRIC_MINISWHITE;

  return (reader->bits == 8 || reader->bits == 16) && reader->format == SAMPLEFORMAT_UINT
         && (grey || reader->photometric == PHOTOMETRIC_RGB) && reader->samples >= reader->n_colours + reader->has_alpha;
}

/* A header that promises more than its compression could hold is refused before memory is taken for it. */
static RvsStatus
check_promise (Reader *reader)
{
  uint64_t most = reader->compression == COMPRESSION_NONE                                                          ? 1
                  : reader->compression == COMPRESSION_ADOBE_DEFLATE || reader->compression == COMPRESSION_DEFLATE ? 1032
                  : reader->compression == COMPRESSION_LZW                                                         ? 4096
                  : reader->compression == COMPRESSION_PACKBITS                                                    ? 128
                                                                                                                   : 1 << 20;
  uint64_t raw = (uint64_t)reader->width * reader->height * reader->samples * reader->bits / 8;

  if (raw / most <= reader->source->size)
    return RVS_OK;
  return reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "the TIFF file is truncated: %llu bytes cannot hold %ux%u pixels",
                                    (unsigned long long)reader->source->size, reader->width, reader->height);
}

/* ---- plain pixels --------------------------------------------------------------------------- */

/* n pixels of `from` (one plane, or all samples of each) to row y from column x on. plane < 0: all. */
static void
put_samples (const Reader *reader, const unsigned char *from, int plane, int32_t x, int32_t y, int32_t n)
{
  const RvsMutView *view = &reader->picture->view;
  size_t            size = reader->bits / 8u, step = plane < 0 ? reader->samples : 1;
  unsigned char     inverse = reader->photometric == PHOTOMETRIC_MINISWHITE ? 0xff : 0;
  int               first = plane < 0 ? 0 : plane, last = plane < 0 ? view->channels : plane + 1;

  for (int c = first; c < last && c < view->channels; c++)
    {
      unsigned char *to
          = (unsigned char *)view->pixels + y * view->stride + ((size_t)x * (size_t)view->channels + (size_t)c) * size;
      const unsigned char *at = from + (size_t)(c - first) * size;
      unsigned char        flip = c < reader->n_colours ? inverse : 0;

      for (int32_t i = 0; i < n; i++, to += (size_t)view->channels * size, at += step * size)
        for (size_t b = 0; b < size; b++)
          to[b] = at[b] ^ flip;
    }
}

static bool
stopped (Reader *reader)
{
  if (io__stopped (reader->source->stop))
    fail (reader, RVS_ERR_CANCELLED, "stopped while reading");
  return reader->status != RVS_OK;
}

static void
read_strips (Reader *reader, int n_planes)
{
  tmsize_t n = TIFFScanlineSize (reader->tiff);

  reader->row = n > 0 ? malloc ((size_t)n) : NULL;
  if (!reader->row)
    {
      fail_memory (reader);
      return;
    }
  for (int plane = 0; plane < n_planes; plane++)
    for (uint32_t y = 0; y < reader->height && !stopped (reader); y++)
      if (TIFFReadScanline (reader->tiff, reader->row, y, (uint16_t)plane) == 1)
        put_samples (reader, reader->row, n_planes > 1 ? plane : -1, 0, (int32_t)y, (int32_t)reader->width);
      else
        fail_file (reader);
}

static void
put_tile (const Reader *reader, int plane, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
  tmsize_t n = TIFFTileRowSize (reader->tiff);
  uint32_t columns = reader->width - x < width ? reader->width - x : width;

  for (uint32_t i = 0; i < height && y + i < reader->height; i++)
    put_samples (reader, reader->row + (size_t)n * i, plane, (int32_t)x, (int32_t)(y + i), (int32_t)columns);
}

static void
read_tiles (Reader *reader, int n_planes)
{
  uint32_t width = 0, height = 0;
  tmsize_t n = TIFFTileSize (reader->tiff);

  TIFFGetField (reader->tiff, TIFFTAG_TILEWIDTH, &width);
  TIFFGetField (reader->tiff, TIFFTAG_TILELENGTH, &height);
  if (n <= 0 || n > MAX_TILE_BYTES || !width || !height || TIFFTileRowSize (reader->tiff) * (tmsize_t)height > n)
    {
      fail (reader, RVS_ERR_FORMAT, "the TIFF file is damaged: impossible tiles");
      return;
    }
  reader->row = malloc ((size_t)n);
  if (!reader->row)
    fail_memory (reader);
  for (int plane = 0; plane < n_planes; plane++)
    for (uint32_t y = 0; y < reader->height; y += height)
      for (uint32_t x = 0; x < reader->width && !stopped (reader); x += width)
        if (TIFFReadTile (reader->tiff, reader->row, x, y, 0, (uint16_t)plane) >= 0)
          put_tile (reader, n_planes > 1 ? plane : -1, x, y, width, height);
        else
          fail_file (reader);
}

/* Colours times alpha -> colours. */
static void
unpremultiply (const RvsMutView *view)
{
  uint32_t top = view->depth == RVS_DEPTH_U16 ? 65535 : 255;
  size_t   n = (size_t)view->width * (size_t)view->height;

  for (size_t i = 0; i < n; i++)
    for (int c = 0; c < view->channels - 1; c++)
      {
        size_t   at = i * (size_t)view->channels, a = at + (size_t)view->channels - 1;
        uint8_t *p8 = view->pixels;
        void    *p16 = view->pixels;
        uint32_t alpha = top == 255 ? p8[a] : ((uint16_t *)p16)[a];
        uint64_t value = top == 255 ? p8[at + (size_t)c] : ((uint16_t *)p16)[at + (size_t)c];

        value = alpha ? (value * top + alpha / 2) / alpha : 0;
        value = value < top ? value : top;
        if (top == 255)
          p8[at + (size_t)c] = (uint8_t)value;
        else
          ((uint16_t *)p16)[at + (size_t)c] = (uint16_t)value;
      }
}

static void
read_plain (Reader *reader)
{
  int n_planes = reader->planar == PLANARCONFIG_SEPARATE ? reader->n_colours + reader->has_alpha : 1;

  reader->status
      = io__alloc_pixels (reader->picture, (int32_t)reader->width, (int32_t)reader->height, reader->n_colours + reader->has_alpha,
                          reader->bits == 16 ? RVS_DEPTH_U16 : RVS_DEPTH_U8, reader->err);
  if (reader->status)
    return;
  if (TIFFIsTiled (reader->tiff))
    read_tiles (reader, n_planes);
  else
    read_strips (reader, n_planes);
  if (!reader->status && reader->is_premultiplied)
    unpremultiply (&reader->picture->view);
  if (reader->samples > reader->n_colours + reader->has_alpha)
    reader->picture->meta.lost |= RVS_LOST_OTHER;
}

/* ---- through a profile ----------------------------------------------------------------------- */

/* Four inks, or Lab in 8 bits, without transparency; *out_icc is libtiff's. */
static bool
is_inks (Reader *reader, IoInks *out_inks, RvsBlob *out_icc)
{
  uint16_t set = INKSET_CMYK;
  uint32_t n = 0;
  void    *bytes = NULL;
  bool     cmyk = reader->photometric == PHOTOMETRIC_SEPARATED, plain = reader->bits == 8 || (cmyk && reader->bits == 16);

  TIFFGetFieldDefaulted (reader->tiff, TIFFTAG_INKSET, &set);
  if ((!cmyk && !is_lab (reader)) || !plain || reader->format != SAMPLEFORMAT_UINT || set != INKSET_CMYK || reader->has_alpha
      || reader->samples < reader->n_colours || !TIFFGetField (reader->tiff, TIFFTAG_ICCPROFILE, &n, &bytes))
    return false;
  *out_inks = cmyk ? IO_INKS_CMYK : IO_INKS_LAB;
  *out_icc = (RvsBlob){ bytes, n };
  return io__inks_known (out_icc, *out_inks);
}

/* CIELAB has a and b with their signs; ICCLAB has 128 for grey. */
static void
offset_signs (const RvsMutView *view)
{
  unsigned char *at = view->pixels;

  for (size_t n = (size_t)view->width * (size_t)view->height; n > 0; n--, at += 3)
    at[1] ^= 0x80, at[2] ^= 0x80;
}

static void
read_inks (Reader *reader, IoInks inks, const RvsBlob *icc)
{
  RvsPicture *out = reader->picture, raw = { 0 };

  reader->picture = &raw;
  read_plain (reader);
  reader->picture = out;
  out->meta.lost |= raw.meta.lost;
  if (!reader->status && reader->photometric == PHOTOMETRIC_CIELAB)
    offset_signs (&raw.view);
  if (!reader->status)
    reader->status = io__alloc_pixels (out, raw.view.width, raw.view.height, 3, raw.view.depth, reader->err);
  if (!reader->status)
    reader->status = io__inks_to_srgb (icc, inks, &raw.view, &out->view, reader->err);
  rvs_picture_clear (&raw);
  reader->is_converted = true;
  out->meta.notes |= RVS_NOTE_RGB;
}

/* ---- everything else ------------------------------------------------------------------------ */

static void
put_rgba (const RvsMutView *view, const uint32_t *raster)
{
  size_t n = (size_t)view->width * (size_t)view->height;

  for (size_t i = 0; i < n; i++)
    {
      unsigned char *to = (unsigned char *)view->pixels + i * (size_t)view->channels;
      to[0] = TIFFGetR (raster[i]);
      if (view->channels >= 3)
        to[1] = TIFFGetG (raster[i]), to[2] = TIFFGetB (raster[i]);
      if (view->channels % 2 == 0)
        to[view->channels - 1] = TIFFGetA (raster[i]);
    }
}

/* In the file's own orientation: turning is the business of upright.c. */
static bool
convert (Reader *reader, uint32_t *raster)
{
  TIFFRGBAImage image;
  char          message[1024] = "";
  bool          ok = TIFFRGBAImageBegin (&image, reader->tiff, 1, message);

  if (!ok)
    {
      reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "this kind of TIFF is not supported: %.120s", message);
      return false;
    }
  image.req_orientation = image.orientation;
  ok = TIFFRGBAImageGet (&image, raster, reader->width, reader->height);
  TIFFRGBAImageEnd (&image);
  if (!ok)
    fail_file (reader);
  return ok;
}

/* libtiff would convert some of these, by rules of its own and against the profile. */
static void
refuse_colours (Reader *reader)
{
  bool        lab = is_lab (reader) || reader->photometric == PHOTOMETRIC_ITULAB;
  const char *name = reader->photometric == PHOTOMETRIC_SEPARATED ? "CMYK" : lab ? "Lab" : "unusual";

  reader->status
      = io__fail (reader->err, RVS_ERR_FORMAT, "TIFF pictures in %s colours are not supported; convert it to RGB first", name);
}

static void
read_converted (Reader *reader)
{
  bool      grey = reader->photometric == PHOTOMETRIC_MINISBLACK || reader->photometric == PHOTOMETRIC_MINISWHITE;
  uint32_t *raster = NULL;

  if (!grey && reader->photometric != PHOTOMETRIC_RGB && reader->photometric != PHOTOMETRIC_PALETTE
      && reader->photometric != PHOTOMETRIC_YCBCR)
    {
      refuse_colours (reader);
      return;
    }
  reader->status = io__alloc_pixels (reader->picture, (int32_t)reader->width, (int32_t)reader->height,
                                     (grey ? 1 : 3) + reader->has_alpha, RVS_DEPTH_U8, reader->err);
  if (reader->status)
    return;
  raster = calloc ((size_t)reader->width * reader->height, sizeof *raster);
  if (!raster)
    fail_memory (reader);
  else if (convert (reader, raster))
    {
      put_rgba (&reader->picture->view, raster);
      if (reader->has_alpha) /* libtiff gives them multiplied */
        unpremultiply (&reader->picture->view);
    }
  free (raster);
}

/* ---- metadata ------------------------------------------------------------------------------- */

static bool
take_block (Reader *reader, uint32_t tag, RvsBlob *blob)
{
  uint32_t n = 0;
  void    *bytes = NULL;

  return !TIFFGetField (reader->tiff, tag, &n, &bytes) || n == 0 || io__blob_set (blob, bytes, n);
}

/* IPTC outside of Photoshop's block, where many programs put it: libtiff takes it for numbers, though it is bytes. False when there is
 * no memory. */
static bool
take_iptc (Reader *reader)
{
  RvsBlob iptc = { NULL, 0 };
  bool    ok = true;

  if (TIFFIsBigTIFF (reader->tiff))
    return true;
  if (io__tiff_raw_tag (reader->source->file, TIFFIsBigEndian (reader->tiff) != 0, reader->first_page, TIFFTAG_RICHTIFFIPTC, &iptc))
    ok = io__photoshop_add_iptc (&reader->picture->meta.photoshop, &iptc);
  free (iptc.bytes);
  return ok;
}

static bool
take_texts (Reader *reader)
{
  for (size_t i = 0; i < IO_TIFF_TEXTS; i++)
    {
      char          *value = NULL;
      char           key[32];
      RvsPictureText text = { .key = key };

      if (!TIFFGetField (reader->tiff, io__tiff_texts[i].tag, &value) || !value || !*value)
        continue;
      snprintf (key, sizeof key, "%s", io__tiff_texts[i].key);
      text.text = value;
      text.utf8 = io__is_utf8 (value);
      if (!io__meta_add_text (&reader->picture->meta, &text))
        return false;
    }
  return true;
}

static void
take_resolution (Reader *reader)
{
  RvsPictureMeta *meta = &reader->picture->meta;
  float           x = 0, y = 0;
  uint16_t        unit = RESUNIT_INCH;

  TIFFGetFieldDefaulted (reader->tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
  if (!TIFFGetField (reader->tiff, TIFFTAG_XRESOLUTION, &x) || !TIFFGetField (reader->tiff, TIFFTAG_YRESOLUTION, &y)
      || !(x >= 1 && x < 1e6f && y >= 1 && y < 1e6f))
    return;
  meta->resolution_unit = unit == RESUNIT_CENTIMETER ? RVS_RESOLUTION_CM
                          : unit == RESUNIT_INCH     ? RVS_RESOLUTION_INCH
                                                     : RVS_RESOLUTION_ASPECT;
  meta->x_resolution = (uint32_t)(x + .5f);
  meta->y_resolution = (uint32_t)(y + .5f);
}

static void
take_meta (Reader *reader)
{
  RvsPictureMeta *meta = &reader->picture->meta;
  uint64_t        exif = 0, gps = 0;
  uint16_t        n;
  void           *data;

  if ((!reader->is_converted && !take_block (reader, TIFFTAG_ICCPROFILE, &meta->icc))
      || !take_block (reader, TIFFTAG_XMLPACKET, &meta->xmp) || !take_block (reader, TIFFTAG_PHOTOSHOP, &meta->photoshop)
      || !take_iptc (reader) || !take_texts (reader))
    {
      fail_memory (reader);
      return;
    }
  take_resolution (reader);
  TIFFGetField (reader->tiff, TIFFTAG_EXIFIFD, &exif);
  TIFFGetField (reader->tiff, TIFFTAG_GPSIFD, &gps);
  /* BigTIFF's directories have another shape. */
  if ((exif || gps)
      && (TIFFIsBigTIFF (reader->tiff)
          || !io__tiff_exif_gather (reader->source->file, TIFFIsBigEndian (reader->tiff) != 0, exif, gps, &meta->exif)))
    meta->lost |= RVS_LOST_EXIF;
  if (TIFFGetField (reader->tiff, TIFFTAG_SUBIFD, &n, &data))
    meta->lost |= RVS_LOST_OTHER;
}

/* Smaller versions of the first page are none of their own. */
static bool
has_more_pages (Reader *reader)
{
  while (TIFFReadDirectory (reader->tiff))
    {
      uint32_t kind = 0;
      TIFFGetField (reader->tiff, TIFFTAG_SUBFILETYPE, &kind);
      if (!(kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)))
        return true;
    }
  return false;
}

static void
read_all (Reader *reader)
{
  IoInks  inks;
  RvsBlob icc;

  reader->first_page = TIFFCurrentDirOffset (reader->tiff);
  reader->status = take_kind (reader);
  if (reader->status || check_promise (reader))
    return;
  if (is_plain (reader))
    read_plain (reader);
  else if (is_inks (reader, &inks, &icc))
    read_inks (reader, inks, &icc);
  else
    read_converted (reader);
  if (!reader->status)
    take_meta (reader);
  if (!reader->status && has_more_pages (reader))
    reader->picture->meta.notes |= RVS_NOTE_FIRST_PAGE;
}

RvsStatus
io__tiff_read (const IoSource *source, RvsPicture *out, RvsError *err)
{
  Reader reader = { .source = source, .picture = out, .err = err };

  reader.tiff = open_tiff (&reader);
  if (reader.tiff)
    read_all (&reader);
  else
    fail_file (&reader);
  if (reader.tiff)
    TIFFClose (reader.tiff);
  free (reader.row);
  if (reader.status)
    return reader.status;
  if (reader.is_starved) /* it was a note's */
    out->meta.notes |= RVS_NOTE_NO_END;
  return io__upright (out, reader.orientation >= 1 && reader.orientation <= 8 ? reader.orientation : 0, err);
}
