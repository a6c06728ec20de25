/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jpeg_read.c: JPEG files -> pixels and metadata, through libjpeg.
 */
#include "io_private.h"
#include "jpeg_extent.h"

#include <stdio.h>

#include <errno.h>
#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define EXIF_PREFIX "Exif\0\0"
#define XMP_PREFIX "http://ns.adobe.com/xap/1.0/"
#define PHOTOSHOP_PREFIX "Photoshop 3.0"

enum
{
  /* A picture in more scans than this is made to burn time: each scan runs over all of it. */
  MAX_SCANS = 200,
  BUFFER_BYTES = 65536
};

/* It lives in the caller's frame, so a longjmp loses none of it. */
typedef struct Reader
{
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr         errors;
  struct jpeg_progress_mgr      progress;
  struct jpeg_source_mgr        input;
  jmp_buf                       escape;
  const IoSource               *source;
  IoJpegExtent                  extent;
  uint64_t                      n_read;
  bool                          is_starved; /* libjpeg asked for more than the picture has */
  RvsPicture                   *picture;
  RvsError                     *err;
  RvsStatus                     status;
  unsigned char                 buffer[BUFFER_BYTES];
} Reader;

_Noreturn static void
leave (Reader *reader, RvsStatus status)
{
  reader->status = status;
  longjmp (reader->escape, 1);
}

static bool
is_truncation (const Reader *reader)
{
  int code = reader->errors.msg_code;

  return reader->is_starved || code == JWRN_HIT_MARKER || code == JERR_INPUT_EMPTY;
}

_Noreturn static void
fail_truncated (Reader *reader)
{
  leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "the JPEG file is truncated: it ends too early"));
}

_Noreturn static void
on_error (j_common_ptr jpeg)
{
  Reader *reader = jpeg->client_data;
  char    message[JMSG_LENGTH_MAX];

  jpeg->err->format_message (jpeg, message);
  if (ferror (reader->source->file))
    leave (reader, io__fail (reader->err, RVS_ERR_IO, "cannot be read: %s", strerror (errno)));
  if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY)
    leave (reader, io__fail (reader->err, RVS_ERR_NO_MEMORY, "not enough memory to read the JPEG file"));
  if (jpeg->err->msg_code == JERR_EMPTY_IMAGE)
    leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "the picture is 0 pixels wide or high: there is nothing in it"));
  if (jpeg->err->msg_code == JERR_IMAGE_TOO_BIG)
    leave (reader, io__fail (reader->err, RVS_ERR_LIMIT, "the picture is %ux%u pixels; JPEG files end at %ld a side",
                             reader->jpeg.image_width, reader->jpeg.image_height, (long)JPEG_MAX_DIMENSION));
  if (jpeg->err->msg_code == JERR_BAD_PRECISION || jpeg->err->msg_code == JERR_SOF_UNSUPPORTED)
    leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "this kind of JPEG is not supported: %s", message));
  if (is_truncation (reader))
    fail_truncated (reader);
  leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "the JPEG file is damaged: %s", message));
}

/* libjpeg goes on after damage with grey blocks and a warning; a restored picture must not rest on those.
 * Harmless oddities of real cameras are let through. */
static void
on_message (j_common_ptr jpeg, int level)
{
  Reader *reader = jpeg->client_data;

  if (level >= 0)
    return;
  switch (jpeg->err->msg_code)
    {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_TOO_MUCH_DATA:
      return;
    case JWRN_BOGUS_ICC: /* the profile is left out */
      reader->picture->meta.lost |= RVS_LOST_ICC;
      return;
    default:
      on_error (jpeg);
    }
}

static void
on_progress (j_common_ptr jpeg)
{
  Reader *reader = jpeg->client_data;

  if (reader->jpeg.input_scan_number > MAX_SCANS)
    leave (reader, io__fail (reader->err, RVS_ERR_LIMIT, "the JPEG file has more than %d scans", MAX_SCANS));
  if (io__stopped (reader->source->stop))
    leave (reader, io__fail (reader->err, RVS_ERR_CANCELLED, "stopped while reading"));
}

/* ---- the file ------------------------------------------------------------------------------- */

static void
on_input (j_decompress_ptr jpeg)
{
  (void)jpeg;
}

/* Up to the picture's end, whatever lies behind it; then an end mark, should it lack one. */
static boolean
on_fill (j_decompress_ptr jpeg)
{
  Reader  *reader = jpeg->client_data;
  uint64_t left = reader->extent.end - reader->n_read;
  size_t   n = fread (reader->buffer, 1, left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES, reader->source->file);

  reader->n_read += n;
  if (n == 0)
    {
      reader->is_starved = true;
      reader->buffer[0] = 0xff;
      reader->buffer[1] = JPEG_EOI;
      n = 2;
    }
  reader->input.next_input_byte = reader->buffer;
  reader->input.bytes_in_buffer = n;
  return TRUE;
}

static void
on_skip (j_decompress_ptr jpeg, long n)
{
  Reader *reader = jpeg->client_data;

  while (n > (long)reader->input.bytes_in_buffer && !reader->is_starved)
    {
      n -= (long)reader->input.bytes_in_buffer;
      on_fill (jpeg);
    }
  if (reader->is_starved)
    return;
  reader->input.next_input_byte += n;
  reader->input.bytes_in_buffer -= (size_t)n;
}

static void
set_input (Reader *reader)
{
  reader->input.init_source = on_input;
  reader->input.fill_input_buffer = on_fill;
  reader->input.skip_input_data = on_skip;
  reader->input.resync_to_restart = jpeg_resync_to_restart;
  reader->input.term_source = on_input;
  reader->jpeg.src = &reader->input;
}

/* Whether the scans so far make up the picture: each bit of each coefficient of each component. libjpeg tells of missing bits within
 * a scan, but for arithmetic coding, and not of missing scans. */
static bool
is_complete (const struct jpeg_decompress_struct *jpeg)
{
  for (int i = 0; i < jpeg->num_components; i++)
    {
      if (!jpeg->comp_info[i].quant_table) /* latched by its first scan */
        return false;
      for (int k = 0; jpeg->progressive_mode && k < DCTSIZE2; k++)
        if (jpeg->coef_bits[i][k] != 0)
          return false;
    }
  return !jpeg->arith_code;
}

_Noreturn static void
fail_memory (Reader *reader)
{
  leave (reader, io__fail (reader->err, RVS_ERR_NO_MEMORY, "not enough memory to read the JPEG file"));
}

static void
choose_colours (Reader *reader)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;

  if (jpeg->num_components == 4)
    leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "CMYK JPEG pictures are not supported; convert it to RGB first"));
  if (jpeg->num_components != 1 && jpeg->num_components != 3)
    leave (reader,
           io__fail (reader->err, RVS_ERR_FORMAT, "JPEG pictures with %d channels are not supported", jpeg->num_components));
  jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
}

static bool
has_prefix (const struct jpeg_marker_struct *marker, const char *prefix, size_t n)
{
  return marker->data_length > n && !memcmp (marker->data, prefix, n);
}

static bool
take_comment (RvsPictureMeta *meta, const struct jpeg_marker_struct *marker)
{
  char          *copy = strndup ((const char *)marker->data, marker->data_length);
  char           key[] = "Comment";
  RvsPictureText text = { .key = key, .text = copy };
  bool           ok = copy && io__meta_add_text (meta, &text);

  free (copy);
  return ok;
}

static bool
take_marker (RvsPictureMeta *meta, const struct jpeg_marker_struct *marker)
{
  /* The prefixes of XMP and Photoshop include their NUL. */
  size_t exif = sizeof EXIF_PREFIX - 1, xmp = sizeof XMP_PREFIX, photoshop = sizeof PHOTOSHOP_PREFIX;

  if (marker->marker == JPEG_COM)
    return take_comment (meta, marker);
  if (marker->marker == JPEG_APP0 + 1 && !meta->exif.bytes && has_prefix (marker, EXIF_PREFIX, exif))
    return io__blob_set (&meta->exif, marker->data + exif, marker->data_length - exif);
  if (marker->marker == JPEG_APP0 + 1 && !meta->xmp.bytes && has_prefix (marker, XMP_PREFIX, xmp))
    return io__blob_set (&meta->xmp, marker->data + xmp, marker->data_length - xmp);
  /* Resources of more than 64 KB continue in the next segment. */
  if (marker->marker == JPEG_APP0 + 13 && has_prefix (marker, PHOTOSHOP_PREFIX, photoshop))
    return io__blob_append (&meta->photoshop, marker->data + photoshop, marker->data_length - photoshop);
  if (marker->marker == JPEG_APP0 + 1 || marker->marker == JPEG_APP0 + 13)
    return io__meta_add_segment (meta, marker->marker, marker->data, marker->data_length);
  if (marker->marker != JPEG_APP0 + 2)
    meta->lost |= RVS_LOST_OTHER;
  return true;
}

static void
take_meta (Reader *reader)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  RvsPictureMeta                *meta = &reader->picture->meta;
  JOCTET                        *profile = NULL;
  unsigned                       n = 0;

  for (const struct jpeg_marker_struct *marker = jpeg->marker_list; marker; marker = marker->next)
    if (!take_marker (meta, marker))
      fail_memory (reader);
  if (jpeg_read_icc_profile (jpeg, &profile, &n))
    {
      meta->icc.bytes = profile; /* from malloc */
      meta->icc.n = n;
    }
  if (jpeg->saw_JFIF_marker && jpeg->X_density && jpeg->Y_density)
    {
      meta->resolution_unit = jpeg->density_unit == 1   ? RVS_RESOLUTION_INCH
                              : jpeg->density_unit == 2 ? RVS_RESOLUTION_CM
                                                        : RVS_RESOLUTION_ASPECT;
      meta->x_resolution = jpeg->X_density;
      meta->y_resolution = jpeg->Y_density;
    }
}

static void
read_rows (Reader *reader)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  RvsMutView                    *view = &reader->picture->view;

  jpeg_start_decompress (jpeg);
  while (jpeg->output_scanline < jpeg->output_height)
    {
      JSAMPROW row = (JSAMPROW)view->pixels + (ptrdiff_t)jpeg->output_scanline * view->stride;
      if (io__stopped (reader->source->stop))
        leave (reader, io__fail (reader->err, RVS_ERR_CANCELLED, "stopped while reading"));
      jpeg_read_scanlines (jpeg, &row, 1);
    }
  /* Not finished as libjpeg means it: what follows the last row may be anything. */
  if (reader->extent.has_end_mark)
    return;
  if (!is_complete (jpeg))
    fail_truncated (reader);
  reader->picture->meta.notes |= RVS_NOTE_NO_END;
}

/* JFIF's and Adobe's own (APP0, APP14) are libjpeg's; of those that nobody here knows it is enough to see that they are there. */
static void
save_markers (struct jpeg_decompress_struct *jpeg)
{
  jpeg_save_markers (jpeg, JPEG_COM, 0xffff);
  for (int i = 1; i < 16; i++)
    if (i != 14)
      jpeg_save_markers (jpeg, JPEG_APP0 + i, i <= 2 || i == 13 ? 0xffff : 1);
}

/* The part that libjpeg may leave by longjmp. */
static void
read_all (Reader *reader)
{
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  RvsStatus                      status;

  if (setjmp (reader->escape))
    return;
  jpeg_create_decompress (jpeg);
  jpeg->progress = &reader->progress;
  set_input (reader);
  save_markers (jpeg);
  jpeg_read_header (jpeg, TRUE);
  status = io__check_size (jpeg->image_width, jpeg->image_height, reader->err);
  if (status)
    leave (reader, status);
  choose_colours (reader);
  take_meta (reader);
  reader->picture->meta.quality = IO_LOSSY_QUALITY;
  status = io__alloc_pixels (reader->picture, (int32_t)jpeg->image_width, (int32_t)jpeg->image_height, jpeg->num_components,
                             RVS_DEPTH_U8, reader->err);
  if (status)
    leave (reader, status);
  read_rows (reader);
}

RvsStatus
io__jpeg_read (const IoSource *source, RvsPicture *out, RvsError *err)
{
  Reader    reader = { .source = source, .picture = out, .err = err };
  unsigned  lost = 0;
  RvsStatus status = io__jpeg_extent (source, &reader.extent, err);

  if (status)
    return status;
  reader.jpeg.err = jpeg_std_error (&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.progress.progress_monitor = on_progress;
  reader.jpeg.client_data = &reader;
  read_all (&reader);
  jpeg_destroy_decompress (&reader.jpeg);
  if (reader.status)
    return reader.status;
  status = io__jpeg_trailer (source, reader.extent.end, &lost, err);
  out->meta.lost |= lost;
  return status;
}
