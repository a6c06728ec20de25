/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jpeg_write.c: pixels and metadata -> JPEG, through libjpeg, without chroma subsampling.
 */
#include "formats_private.h"

#include <stdio.h>

#include <errno.h>
#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define EXIF_PREFIX "Exif\0\0"
#define XMP_PREFIX "http://ns.adobe.com/xap/1.0/"
#define PHOTOSHOP_PREFIX "Photoshop 3.0" /* with its NUL */

enum
{
  MAX_SEGMENT = 65533,
  BUFFER_BYTES = 65536
};

_Static_assert(IO_JPEG_MAX_SIDE == JPEG_MAX_DIMENSION, "the table of formats says what the library can");

/* libjpeg's own stdio destination reports a write error without errno; this one keeps it. */
typedef struct Writer
{
  struct jpeg_compress_struct  jpeg;
  struct jpeg_error_mgr        errors;
  struct jpeg_destination_mgr  destination;
  jmp_buf                      escape;
  const RvsPicture            *picture;
  FILE                        *stream;
  const volatile sig_atomic_t *stop;
  unsigned                    *lost;
  RvsError                    *err;
  RvsStatus                    status;
  unsigned char               *row; /* colours of one row, 8 bits */
  unsigned char                buffer[BUFFER_BYTES];
} Writer;

_Noreturn static void
leave (Writer *writer, RvsStatus status)
{
  writer->status = status;
  longjmp (writer->escape, 1);
}

_Noreturn static void
on_error (j_common_ptr jpeg)
{
  Writer *writer = jpeg->client_data;
  char    message[JMSG_LENGTH_MAX];

  jpeg->err->format_message (jpeg, message);
  if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY)
    leave (writer, io__fail (writer->err, RVS_ERR_NO_MEMORY, "not enough memory to write the JPEG file"));
  leave (writer, io__fail (writer->err, RVS_ERR_INTERNAL, "the JPEG library refused the picture: %s", message));
}

static void
on_message (j_common_ptr jpeg, int level)
{
  (void)jpeg;
  (void)level;
}

static void
send (Writer *writer, size_t n)
{
  if (fwrite (writer->buffer, 1, n, writer->stream) != n)
    leave (writer, io__fail (writer->err, RVS_ERR_IO, "cannot be written: %s", strerror (errno)));
  writer->destination.next_output_byte = writer->buffer;
  writer->destination.free_in_buffer = BUFFER_BYTES;
}

static void
on_start (j_compress_ptr jpeg)
{
  Writer *writer = jpeg->client_data;

  writer->destination.next_output_byte = writer->buffer;
  writer->destination.free_in_buffer = BUFFER_BYTES;
}

static boolean
on_full (j_compress_ptr jpeg)
{
  send (jpeg->client_data, BUFFER_BYTES);
  return TRUE;
}

static void
on_end (j_compress_ptr jpeg)
{
  Writer *writer = jpeg->client_data;

  send (writer, BUFFER_BYTES - writer->destination.free_in_buffer);
}

/* ---- metadata ------------------------------------------------------------------------------- */

/* One APPn segment: prefix, then bytes. */
static bool
write_segment (Writer *writer, int marker, const char *prefix, size_t n_prefix, const unsigned char *bytes, size_t n)
{
  if (n > MAX_SEGMENT - n_prefix)
    return false;
  jpeg_write_m_header (&writer->jpeg, marker, (unsigned)(n_prefix + n));
  for (size_t i = 0; i < n_prefix; i++)
    jpeg_write_m_byte (&writer->jpeg, (unsigned char)prefix[i]);
  for (size_t i = 0; i < n; i++)
    jpeg_write_m_byte (&writer->jpeg, bytes[i]);
  return true;
}

/* "text" for a comment, "Key: text" for any other note; UTF-8 unless the encoding is unknown. Caller frees; NULL: no memory. */
static char *
comment_of (const RvsPictureText *text)
{
  bool  bare = !strcmp (text->key, "Comment");
  char *body = text->utf8 || io__is_utf8 (text->text) ? strdup (text->text) : io__latin1_to_utf8 (text->text);
  char *key = io__latin1_to_utf8 (text->key);
  char *comment = NULL;

  if (body && key && bare)
    {
      comment = body;
      body = NULL;
    }
  else if (body && key)
    {
      size_t n = strlen (key) + 2 + strlen (body) + 1;
      comment = malloc (n);
      if (comment)
        snprintf (comment, n, "%s: %s", key, body);
    }
  free (body);
  free (key);
  return comment;
}

static void
write_texts (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;

  for (size_t i = 0; i < meta->n_texts; i++)
    {
      char *comment = comment_of (&meta->texts[i]);
      if (!comment || !write_segment (writer, JPEG_COM, "", 0, (unsigned char *)comment, strlen (comment)))
        *writer->lost |= RVS_LOST_TEXT;
      free (comment);
    }
}

/* In as many segments as it takes. */
static void
write_photoshop (Writer *writer)
{
  const RvsBlob *resources = &writer->picture->meta.photoshop;
  size_t         most = MAX_SEGMENT - sizeof PHOTOSHOP_PREFIX;

  for (size_t at = 0, n; at < resources->n; at += n)
    {
      n = resources->n - at < most ? resources->n - at : most;
      write_segment (writer, JPEG_APP0 + 13, PHOTOSHOP_PREFIX, sizeof PHOTOSHOP_PREFIX, resources->bytes + at, n);
    }
}

static void
write_meta (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;

  if (meta->exif.bytes
      && !write_segment (writer, JPEG_APP0 + 1, EXIF_PREFIX, sizeof EXIF_PREFIX - 1, meta->exif.bytes, meta->exif.n))
    *writer->lost |= RVS_LOST_EXIF;
  if (meta->xmp.bytes && !write_segment (writer, JPEG_APP0 + 1, XMP_PREFIX, sizeof XMP_PREFIX, meta->xmp.bytes, meta->xmp.n))
    *writer->lost |= RVS_LOST_TEXT;
  if (meta->icc.bytes)
    jpeg_write_icc_profile (&writer->jpeg, meta->icc.bytes, (unsigned)meta->icc.n);
  for (size_t i = 0; i < meta->n_segments; i++)
    if (!write_segment (writer, meta->segments[i].bytes[0], "", 0, meta->segments[i].bytes + 1, meta->segments[i].n - 1))
      *writer->lost |= RVS_LOST_SEGMENT;
  write_photoshop (writer);
  write_texts (writer);
  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    if (meta->hdr[i].bytes)
      *writer->lost |= RVS_LOST_HDR;
}

static void
set_resolution (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;
  double                scale = 1.0;
  int                   unit = 0;

  switch (meta->resolution_unit)
    {
    case RVS_RESOLUTION_NONE:
      return;
    case RVS_RESOLUTION_ASPECT:
      break;
    case RVS_RESOLUTION_INCH:
      unit = 1;
      break;
    case RVS_RESOLUTION_CM:
      unit = 2;
      break;
    case RVS_RESOLUTION_METRE:
      unit = 1;
      scale = 0.0254;
      break;
    }
  double x = meta->x_resolution * scale + 0.5, y = meta->y_resolution * scale + 0.5;
  if (x < 1 || y < 1 || x > 65535 || y > 65535)
    return; /* JFIF has 16 bits for it */
  writer->jpeg.density_unit = (UINT8)unit;
  writer->jpeg.X_density = (UINT16)x;
  writer->jpeg.Y_density = (UINT16)y;
}

/* ---- pixels --------------------------------------------------------------------------------- */

static unsigned
sample (const RvsMutView *view, const unsigned char *row, size_t index)
{
  uint16_t value;

  if (view->depth == RVS_DEPTH_U8)
    return row[index];
  memcpy (&value, row + 2 * index, 2);
  return (value * 255u + 32767u) / 65535u;
}

static bool
is_opaque (const RvsMutView *view)
{
  if (view->channels == 1 || view->channels == 3)
    return true;
  for (int32_t y = 0; y < view->height; y++)
    {
      const unsigned char *row = (const unsigned char *)view->pixels + y * view->stride;
      for (size_t x = 0; x < (size_t)view->width; x++)
        if (sample (view, row, (x + 1) * (size_t)view->channels - 1) != 255)
          return false;
    }
  return true;
}

static void
write_rows (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  size_t            n_colours = (size_t)writer->jpeg.input_components, n_channels = (size_t)view->channels;

  for (int32_t y = 0; y < view->height; y++)
    {
      const unsigned char *from = (const unsigned char *)view->pixels + y * view->stride;
      JSAMPROW             row = writer->row;

      if (io__stopped (writer->stop))
        leave (writer, io__fail (writer->err, RVS_ERR_CANCELLED, "stopped while writing"));
      for (size_t x = 0; x < (size_t)view->width; x++)
        for (size_t c = 0; c < n_colours; c++)
          row[x * n_colours + c] = (unsigned char)sample (view, from, x * n_channels + c);
      jpeg_write_scanlines (&writer->jpeg, &row, 1);
    }
}

static int
quality_of (const RvsPicture *picture)
{
  return picture->meta.quality >= 1 && picture->meta.quality <= 100 ? picture->meta.quality : IO_LOSSY_QUALITY;
}

/* The part that libjpeg may leave by longjmp. */
static void
write_all (Writer *writer)
{
  struct jpeg_compress_struct *jpeg = &writer->jpeg;
  const RvsMutView            *view = &writer->picture->view;

  if (setjmp (writer->escape))
    return;
  jpeg_create_compress (jpeg);
  jpeg->dest = &writer->destination;
  jpeg->image_width = (JDIMENSION)view->width;
  jpeg->image_height = (JDIMENSION)view->height;
  jpeg->input_components = view->channels >= 3 ? 3 : 1;
  jpeg->in_color_space = view->channels >= 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults (jpeg);
  jpeg_set_quality (jpeg, quality_of (writer->picture), TRUE);
  jpeg->comp_info[0].h_samp_factor = 1;
  jpeg->comp_info[0].v_samp_factor = 1;
  set_resolution (writer);
  writer->row = malloc ((size_t)view->width * (size_t)jpeg->input_components);
  if (!writer->row)
    leave (writer, io__fail (writer->err, RVS_ERR_NO_MEMORY, "not enough memory to write the JPEG file"));
  jpeg_start_compress (jpeg, TRUE);
  write_meta (writer);
  write_rows (writer);
  jpeg_finish_compress (jpeg);
}

RvsStatus
io__jpeg_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost, RvsError *err)
{
  const RvsMutView *view = &picture->view;
  Writer           *writer;
  RvsStatus         status;

  if (view->depth == RVS_DEPTH_F32)
    return io__fail (err, RVS_ERR_ARGUMENT, "JPEG cannot hold floating-point pixels");
  status = rvs_format_check_size (RVS_PICTURE_JPEG, view->width, view->height, err);
  if (status)
    return status;
  if (!is_opaque (view))
    return io__fail (err, RVS_ERR_ARGUMENT, "the picture is partly transparent, which JPEG cannot hold; write a PNG");
  writer = calloc (1, sizeof *writer);
  if (!writer)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to write the JPEG file");
  if (view->depth == RVS_DEPTH_U16)
    *lost |= RVS_LOST_DEPTH;
  writer->picture = picture;
  writer->stream = stream;
  writer->stop = stop;
  writer->lost = lost;
  writer->err = err;
  writer->jpeg.err = jpeg_std_error (&writer->errors);
  writer->errors.error_exit = on_error;
  writer->errors.emit_message = on_message;
  writer->destination.init_destination = on_start;
  writer->destination.empty_output_buffer = on_full;
  writer->destination.term_destination = on_end;
  writer->jpeg.client_data = writer;
  write_all (writer);
  jpeg_destroy_compress (&writer->jpeg);
  status = writer->status;
  free (writer->row);
  free (writer);
  return status;
}
