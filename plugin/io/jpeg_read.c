/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jpeg_read.c: JPEG files -> pixels and metadata, through libjpeg.
 */
#include "io_private.h"

#include <stdio.h>

#include <errno.h>
#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define EXIF_PREFIX "Exif\0\0"
#define XMP_PREFIX "http://ns.adobe.com/xap/1.0/"

enum
{
  /* A picture in more scans than this is made to burn time: each scan runs over all of it. */
  MAX_SCANS = 200
};

/* It lives in the caller's frame, so a longjmp loses none of it. */
typedef struct Reader
{
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr         errors;
  struct jpeg_progress_mgr      progress;
  jmp_buf                       escape;
  const IoSource               *source;
  RvsPicture                   *picture;
  RvsError                     *err;
  RvsStatus                     status;
} Reader;

_Noreturn static void
leave (Reader *reader, RvsStatus status)
{
  reader->status = status;
  longjmp (reader->escape, 1);
}

static bool
is_truncation (const struct jpeg_error_mgr *errors)
{
  return errors->msg_code == JWRN_JPEG_EOF || errors->msg_code == JWRN_HIT_MARKER || errors->msg_code == JERR_INPUT_EOF
         || errors->msg_code == JERR_INPUT_EMPTY;
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
  if (is_truncation (jpeg->err))
    leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "the JPEG file is truncated: it ends too early"));
  leave (reader, io__fail (reader->err, RVS_ERR_FORMAT, "the JPEG file is damaged: %s", message));
}

/* libjpeg goes on after damage with grey blocks and a warning; a restored picture must not rest on those.
 * Harmless oddities of real cameras are let through. */
static void
on_message (j_common_ptr jpeg, int level)
{
  if (level >= 0)
    return;
  switch (jpeg->err->msg_code)
    {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
    case JWRN_TOO_MUCH_DATA:
    case JWRN_BOGUS_ICC: /* the profile is left out */
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
  size_t exif = sizeof EXIF_PREFIX - 1, xmp = sizeof XMP_PREFIX; /* XMP's prefix includes its NUL */

  if (marker->marker == JPEG_COM)
    return take_comment (meta, marker);
  if (marker->marker == JPEG_APP0 + 1 && !meta->exif.bytes && has_prefix (marker, EXIF_PREFIX, exif))
    return io__blob_set (&meta->exif, marker->data + exif, marker->data_length - exif);
  if (marker->marker == JPEG_APP0 + 1 && !meta->xmp.bytes && has_prefix (marker, XMP_PREFIX, xmp))
    return io__blob_set (&meta->xmp, marker->data + xmp, marker->data_length - xmp);
  if (marker->marker == JPEG_APP0 + 1 || marker->marker == JPEG_APP0 + 13)
    return io__meta_add_segment (meta, marker->marker, marker->data, marker->data_length);
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
  jpeg_finish_decompress (jpeg);
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
  jpeg_stdio_src (jpeg, reader->source->file);
  jpeg_save_markers (jpeg, JPEG_COM, 0xffff);
  jpeg_save_markers (jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_save_markers (jpeg, JPEG_APP0 + 2, 0xffff);
  jpeg_save_markers (jpeg, JPEG_APP0 + 13, 0xffff);
  jpeg_read_header (jpeg, TRUE);
  status = io__check_size (jpeg->image_width, jpeg->image_height, reader->err);
  if (status)
    leave (reader, status);
  choose_colours (reader);
  take_meta (reader);
  status = io__alloc_pixels (reader->picture, (int32_t)jpeg->image_width, (int32_t)jpeg->image_height, jpeg->num_components,
                             RVS_DEPTH_U8, reader->err);
  if (status)
    leave (reader, status);
  read_rows (reader);
}

RvsStatus
io__jpeg_read (const IoSource *source, RvsPicture *out, RvsError *err)
{
  Reader reader = { .source = source, .picture = out, .err = err };

  reader.jpeg.err = jpeg_std_error (&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.progress.progress_monitor = on_progress;
  reader.jpeg.client_data = &reader;
  read_all (&reader);
  jpeg_destroy_decompress (&reader.jpeg);
  return reader.status;
}
