/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiff_write.c: pixels and metadata -> TIFF, through libtiff: strips, Deflate with the horizontal predictor, which loses nothing.
 */
#include "tiff_common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* TIFF's offsets have 32 bits; larger files are BigTIFF, which fewer programs read. */
#define BIG_BYTES 3900000000u

const IoTiffText io__tiff_texts[IO_TIFF_TEXTS] = { { TIFFTAG_IMAGEDESCRIPTION, "Description" },
                                                   { TIFFTAG_ARTIST, "Author" },
                                                   { TIFFTAG_COPYRIGHT, "Copyright" },
                                                   { TIFFTAG_SOFTWARE, "Software" },
                                                   { TIFFTAG_DATETIME, "Creation Time" },
                                                   { TIFFTAG_MAKE, "Make" },
                                                   { TIFFTAG_MODEL, "Model" },
                                                   { TIFFTAG_DOCUMENTNAME, "Title" },
                                                   { TIFFTAG_HOSTCOMPUTER, "Host" } };

typedef struct Writer
{
  const RvsPicture            *picture;
  const volatile sig_atomic_t *stop;
  unsigned                    *lost;
  RvsError                    *err;
  RvsStatus                    status;
  IoTiffMessage                message;
  TIFF                        *tiff;
  RvsBlob                      file; /* libtiff goes back and forth in it; not every stream can */
  size_t                       capacity, at;
  unsigned char               *row;
} Writer;

/* ---- the file in memory --------------------------------------------------------------------- */

static tmsize_t
on_read (thandle_t handle, void *bytes, tmsize_t n)
{
  (void)handle, (void)bytes, (void)n;
  return 0;
}

/* Makes the file at least n bytes long. */
static bool
grow (Writer *writer, size_t n)
{
  size_t         most = writer->capacity;
  unsigned char *grown;

  if (n > most)
    {
      most = n > most + most / 2 ? n + 65536 : most + most / 2;
      grown = realloc (writer->file.bytes, most);
      if (!grown)
        {
          writer->status = io__fail (writer->err, RVS_ERR_NO_MEMORY, "not enough memory to write the TIFF file");
          return false;
        }
      writer->file.bytes = grown;
      writer->capacity = most;
    }
  if (n > writer->file.n)
    {
      memset (writer->file.bytes + writer->file.n, 0, n - writer->file.n);
      writer->file.n = n;
    }
  return true;
}

static tmsize_t
on_write (thandle_t handle, void *bytes, tmsize_t n)
{
  Writer *writer = handle;

  if (!grow (writer, writer->at + (size_t)n))
    return -1;
  memcpy (writer->file.bytes + writer->at, bytes, (size_t)n);
  writer->at += (size_t)n;
  return n;
}

static toff_t
on_seek (thandle_t handle, toff_t offset, int whence)
{
  Writer *writer = handle;

  writer->at = (size_t)offset + (whence == SEEK_END ? writer->file.n : whence == SEEK_CUR ? writer->at : 0);
  return (toff_t)writer->at;
}

static toff_t
on_size (thandle_t handle)
{
  return ((Writer *)handle)->file.n;
}

static TIFF *
open_tiff (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  const RvsBlob    *exif = &writer->picture->meta.exif;
  bool              big = (uint64_t)view->stride * (uint64_t)view->height > BIG_BYTES;
  const char       *mode = big ? "w8m" : exif->n && exif->bytes[0] == 'M' ? "wbm" : "wlm";
  TIFFOpenOptions  *options = TIFFOpenOptionsAlloc ();
  TIFF             *tiff;

  if (!options)
    return NULL;
  io__tiff_listen (options, &writer->message);
  tiff = TIFFClientOpenExt ("", mode, writer, on_read, on_write, on_seek, io__tiff_on_close, on_size, NULL, NULL, options);
  TIFFOpenOptionsFree (options);
  return tiff;
}

/* ---- tags ----------------------------------------------------------------------------------- */

static void
set_kind (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  TIFF             *tiff = writer->tiff;
  uint16_t          alpha = EXTRASAMPLE_UNASSALPHA;

  TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)view->width);
  TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, (uint32_t)view->height);
  TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, view->depth == RVS_DEPTH_U16 ? 16 : 8);
  TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, view->channels);
  TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, view->channels >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  if (view->channels % 2 == 0)
    TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
  TIFFSetField (tiff, TIFFTAG_COMPRESSION,
                TIFFIsCODECConfigured (COMPRESSION_ADOBE_DEFLATE) ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_LZW);
  TIFFSetField (tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
  TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize (tiff, 0));
}

static void
set_resolution (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;
  double                scale = meta->resolution_unit == RVS_RESOLUTION_METRE ? 0.01 : 1;
  uint16_t              unit = meta->resolution_unit == RVS_RESOLUTION_INCH     ? RESUNIT_INCH
                               : meta->resolution_unit == RVS_RESOLUTION_ASPECT ? RESUNIT_NONE
                                                                                : RESUNIT_CENTIMETER;

  if (meta->resolution_unit == RVS_RESOLUTION_NONE)
    return;
  TIFFSetField (writer->tiff, TIFFTAG_RESOLUTIONUNIT, unit);
  TIFFSetField (writer->tiff, TIFFTAG_XRESOLUTION, meta->x_resolution * scale);
  TIFFSetField (writer->tiff, TIFFTAG_YRESOLUTION, meta->y_resolution * scale);
}

/* The tag for a note; 0 when there is none. */
static uint32_t
tag_of (const char *key)
{
  for (size_t i = 0; i < IO_TIFF_TEXTS; i++)
    if (!strcmp (key, io__tiff_texts[i].key))
      return io__tiff_texts[i].tag;
  return strcmp (key, "Comment") ? 0 : TIFFTAG_IMAGEDESCRIPTION;
}

static void
set_texts (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;

  for (size_t i = 0; i < meta->n_texts; i++)
    {
      const RvsPictureText *text = &meta->texts[i];
      uint32_t              tag = tag_of (text->key);
      char                 *known = NULL;
      bool                  plain = text->utf8 || io__is_utf8 (text->text);
      char                 *value = plain ? NULL : io__latin1_to_utf8 (text->text);

      if (!tag || TIFFGetField (writer->tiff, tag, &known) || (!plain && !value)
          || !TIFFSetField (writer->tiff, tag, plain ? text->text : value))
        *writer->lost |= RVS_LOST_TEXT;
      free (value);
    }
}

static void
set_block (Writer *writer, uint32_t tag, const RvsBlob *blob, unsigned lost)
{
  if (blob->bytes && blob->n && !TIFFSetField (writer->tiff, tag, (uint32_t)blob->n, blob->bytes))
    *writer->lost |= lost;
}

/* What EXIF's first directory says is what TIFF's says; notes go first. */
static void
set_exif_texts (Writer *writer)
{
  for (size_t i = 0; i < IO_TIFF_TEXTS; i++)
    {
      char *known = NULL, text[256];
      if (!TIFFGetField (writer->tiff, io__tiff_texts[i].tag, &known)
          && io__tiff_exif_text (&writer->picture->meta.exif, io__tiff_texts[i].tag, text, sizeof text))
        TIFFSetField (writer->tiff, io__tiff_texts[i].tag, text);
    }
}

/* The block goes into the file as it is, in its own byte order, which is the file's, before libtiff writes anything but its head. */
static bool
set_exif (Writer *writer)
{
  RvsBlob    block = { NULL, 0 };
  IoTiffExif offsets;
  size_t     at = writer->file.n + (writer->file.n & 1);
  bool ok = !TIFFIsBigTIFF (writer->tiff) && io__blob_set (&block, writer->picture->meta.exif.bytes, writer->picture->meta.exif.n)
            && io__tiff_exif_place (&block, (uint32_t)at, &offsets) && grow (writer, at + block.n + (block.n & 1));

  if (ok)
    {
      memcpy (writer->file.bytes + at, block.bytes, block.n);
      if (offsets.exif)
        TIFFSetField (writer->tiff, TIFFTAG_EXIFIFD, (uint64_t)offsets.exif);
      if (offsets.gps)
        TIFFSetField (writer->tiff, TIFFTAG_GPSIFD, (uint64_t)offsets.gps);
      set_exif_texts (writer);
    }
  free (block.bytes);
  return ok;
}

static void
set_meta (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;
  RvsBlob               xmp = { NULL, 0 };

  set_resolution (writer);
  set_texts (writer);
  if (meta->xmp.bytes && !io__xmp_alone (&meta->xmp, &xmp))
    writer->status = io__fail (writer->err, RVS_ERR_NO_MEMORY, "not enough memory to write the TIFF file");
  set_block (writer, TIFFTAG_XMLPACKET, &xmp, RVS_LOST_TEXT);
  set_block (writer, TIFFTAG_ICCPROFILE, &meta->icc, RVS_LOST_ICC);
  set_block (writer, TIFFTAG_PHOTOSHOP, &meta->photoshop, RVS_LOST_SEGMENT);
  free (xmp.bytes);
  if (meta->exif.bytes && !set_exif (writer))
    *writer->lost |= RVS_LOST_EXIF;
  if (meta->n_segments)
    *writer->lost |= RVS_LOST_SEGMENT;
  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    if (meta->hdr[i].bytes)
      *writer->lost |= RVS_LOST_HDR;
}

/* ---- pixels --------------------------------------------------------------------------------- */

static void
write_rows (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  size_t            n = (size_t)view->width * io__pixel_bytes (view);

  for (int32_t y = 0; y < view->height && !writer->status; y++)
    {
      if (io__stopped (writer->stop))
        writer->status = io__fail (writer->err, RVS_ERR_CANCELLED, "stopped while writing");
      memcpy (writer->row, (const unsigned char *)view->pixels + y * view->stride, n); /* the predictor works in place */
      if (!writer->status && TIFFWriteScanline (writer->tiff, writer->row, (uint32_t)y, 0) != 1)
        break;
    }
}

static void
write_all (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  bool              written;

  set_kind (writer);
  set_meta (writer);
  writer->row = malloc ((size_t)view->width * io__pixel_bytes (view));
  if (!writer->row)
    writer->status = io__fail (writer->err, RVS_ERR_NO_MEMORY, "not enough memory to write the TIFF file");
  if (writer->status)
    return;
  write_rows (writer);
  written = !writer->status && !writer->message.text[0] && TIFFWriteDirectory (writer->tiff) == 1;
  if (!written && !writer->status)
    writer->status = io__fail (writer->err, RVS_ERR_INTERNAL, "the TIFF library refused the picture: %s", writer->message.text);
}

RvsStatus
io__tiff_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost, RvsError *err)
{
  Writer writer = { .picture = picture, .stop = stop, .lost = lost, .err = err };

  if (picture->view.depth == RVS_DEPTH_F32)
    return io__fail (err, RVS_ERR_ARGUMENT, "floating-point pixels cannot be written as TIFF");
  writer.tiff = open_tiff (&writer);
  if (writer.tiff)
    write_all (&writer);
  else if (!writer.status)
    writer.status = io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to write the TIFF file");
  if (writer.tiff)
    TIFFCleanup (writer.tiff);
  free (writer.row);
  if (!writer.status && fwrite (writer.file.bytes, 1, writer.file.n, stream) != writer.file.n)
    writer.status = io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  free (writer.file.bytes);
  return writer.status;
}
