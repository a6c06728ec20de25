/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * heif_read.c: HEIC and AVIF files -> pixels and metadata, through libheif, which turns the pixels as the container says.
 */
#include "io_private.h"

#include <libheif/heif.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reader
{
  const IoSource           *source;
  RvsPicture               *picture;
  RvsError                 *err;
  RvsBlob                   file;
  struct heif_context      *context;
  struct heif_image_handle *handle;
  struct heif_image        *image;
} Reader;

static RvsStatus
fail_memory (Reader *reader)
{
  return io__fail (reader->err, RVS_ERR_NO_MEMORY, "not enough memory to read the HEIC or AVIF file");
}

static RvsStatus
check (Reader *reader, struct heif_error error)
{
  if (error.code == heif_error_Ok)
    return RVS_OK;
  if (error.subcode == heif_suberror_Security_limit_exceeded)
    return io__fail (reader->err, RVS_ERR_LIMIT, "the picture is larger than the HEIF library accepts");
  if (error.code == heif_error_Memory_allocation_error)
    return fail_memory (reader);
  if (error.subcode == heif_suberror_End_of_data)
    return io__fail (reader->err, RVS_ERR_FORMAT, "the HEIC or AVIF file is truncated: it ends too early");
  if (error.code == heif_error_Unsupported_filetype || error.code == heif_error_Unsupported_feature)
    return io__fail (reader->err, RVS_ERR_FORMAT, "this kind of HEIC or AVIF is not supported: %.140s", error.message);
  return io__fail (reader->err, RVS_ERR_FORMAT, "the HEIC or AVIF file is damaged: %.140s", error.message);
}

/* The sizes are checked before anything is decoded. */
static RvsStatus
open_picture (Reader *reader)
{
  int       width, height;
  RvsStatus status;

  reader->context = heif_context_alloc ();
  if (!reader->context)
    return fail_memory (reader);
  status = check (reader, heif_context_read_from_memory_without_copy (reader->context, reader->file.bytes, reader->file.n, NULL));
  if (!status)
    status = check (reader, heif_context_get_primary_image_handle (reader->context, &reader->handle));
  if (status)
    return status;
  width = heif_image_handle_get_width (reader->handle);
  height = heif_image_handle_get_height (reader->handle);
  return io__check_size (width < 0 ? 0 : (uint64_t)width, height < 0 ? 0 : (uint64_t)height, reader->err);
}

static enum heif_chroma
chroma_of (bool deep, bool alpha)
{
  if (deep)
    return alpha ? heif_chroma_interleaved_RRGGBBAA_LE : heif_chroma_interleaved_RRGGBB_LE;
  return alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
}

/* One row; samples of more than 8 bits are stretched to 16. */
static void
put_row (const RvsMutView *view, int32_t y, const uint8_t *from, int bits)
{
  unsigned char *to = (unsigned char *)view->pixels + y * view->stride;
  size_t         n = (size_t)view->width * (size_t)view->channels;

  if (view->depth == RVS_DEPTH_U8)
    {
      memcpy (to, from, n);
      return;
    }
  for (size_t i = 0; i < n; i++)
    {
      uint32_t value = (uint32_t)from[2 * i] | (uint32_t)from[2 * i + 1] << 8, top = (1u << bits) - 1;
      uint16_t wide = (uint16_t)((value * 65535ull + top / 2) / top);
      memcpy (to + 2 * i, &wide, 2);
    }
}

static RvsStatus
take_pixels (Reader *reader, bool deep, bool alpha)
{
  int            stride = 0, bits = heif_image_get_bits_per_pixel_range (reader->image, heif_channel_interleaved);
  const uint8_t *from = heif_image_get_plane_readonly (reader->image, heif_channel_interleaved, &stride);
  RvsStatus      status = io__alloc_pixels (reader->picture, heif_image_get_width (reader->image, heif_channel_interleaved),
                                            heif_image_get_height (reader->image, heif_channel_interleaved), alpha ? 4 : 3,
                                       deep ? RVS_DEPTH_U16 : RVS_DEPTH_U8, reader->err);

  if (status)
    return status;
  if (!from || bits < 8 || bits > 16)
    return io__fail (reader->err, RVS_ERR_FORMAT, "the HEIC or AVIF file is damaged");
  for (int32_t y = 0; y < reader->picture->view.height; y++)
    put_row (&reader->picture->view, y, from + (ptrdiff_t)stride * y, bits);
  return RVS_OK;
}

static RvsStatus
read_pixels (Reader *reader)
{
  bool      deep = heif_image_handle_get_luma_bits_per_pixel (reader->handle) > 8;
  bool      alpha = heif_image_handle_has_alpha_channel (reader->handle) != 0;
  RvsStatus status;

  if (io__stopped (reader->source->stop))
    return io__fail (reader->err, RVS_ERR_CANCELLED, "stopped while reading");
  status = check (reader, heif_decode_image (reader->handle, &reader->image, heif_colorspace_RGB, chroma_of (deep, alpha), NULL));
  return status ? status : take_pixels (reader, deep, alpha);
}

/* ---- metadata ------------------------------------------------------------------------------- */

static RvsStatus
take_profile (Reader *reader)
{
  enum heif_color_profile_type type = heif_image_handle_get_color_profile_type (reader->handle);
  RvsBlob                     *icc = &reader->picture->meta.icc;

  if (type != heif_color_profile_type_rICC && type != heif_color_profile_type_prof)
    return RVS_OK;
  icc->n = heif_image_handle_get_raw_color_profile_size (reader->handle);
  icc->bytes = malloc (icc->n + 1);
  if (!icc->bytes)
    return fail_memory (reader);
  return check (reader, heif_image_handle_get_raw_color_profile (reader->handle, icc->bytes));
}

/* EXIF has an offset of four bytes before its header. */
static RvsStatus
take_item (Reader *reader, heif_item_id id)
{
  const char *type = heif_image_handle_get_metadata_type (reader->handle, id);
  const char *content = heif_image_handle_get_metadata_content_type (reader->handle, id);
  bool        exif = type && !strcmp (type, "Exif"), xmp = content && !strcmp (content, "application/rdf+xml");
  RvsBlob    *blob = exif ? &reader->picture->meta.exif : &reader->picture->meta.xmp;
  size_t      n = heif_image_handle_get_metadata_size (reader->handle, id), skip;

  if ((!exif && !xmp) || blob->bytes || n == 0)
    return RVS_OK;
  blob->bytes = malloc (n);
  if (!blob->bytes)
    return fail_memory (reader);
  blob->n = n;
  if (heif_image_handle_get_metadata (reader->handle, id, blob->bytes).code != heif_error_Ok)
    blob->n = 0;
  if (!exif || blob->n < 4)
    return RVS_OK;
  skip = 4 + ((size_t)blob->bytes[0] << 24 | (size_t)blob->bytes[1] << 16 | (size_t)blob->bytes[2] << 8 | blob->bytes[3]);
  blob->n = skip < blob->n ? blob->n - skip : 0;
  memmove (blob->bytes, blob->bytes + skip, blob->n);
  return RVS_OK;
}

static RvsStatus
take_meta (Reader *reader)
{
  enum
  {
    MAX_ITEMS = 32
  };
  heif_item_id ids[MAX_ITEMS];
  int          n = heif_image_handle_get_list_of_metadata_block_IDs (reader->handle, NULL, ids, MAX_ITEMS);
  RvsStatus    status = take_profile (reader);

  for (int i = 0; i < n && !status; i++)
    status = take_item (reader, ids[i]);
  if (heif_context_get_number_of_top_level_images (reader->context) > 1)
    reader->picture->meta.notes |= RVS_NOTE_FIRST_PAGE;
  if (heif_image_handle_get_number_of_auxiliary_images (reader->handle, LIBHEIF_AUX_IMAGE_FILTER_OMIT_ALPHA))
    reader->picture->meta.lost |= RVS_LOST_GAIN_MAP;
  if (heif_image_handle_get_number_of_thumbnails (reader->handle))
    reader->picture->meta.lost |= RVS_LOST_THUMBNAIL;
  return status;
}

RvsStatus
io__heif_read (const IoSource *source, RvsPicture *out, RvsError *err)
{
  Reader    reader = { .source = source, .picture = out, .err = err };
  RvsStatus status = io__read_file (source, &reader.file, err);

  if (!status)
    status = open_picture (&reader);
  if (!status)
    status = read_pixels (&reader);
  if (!status)
    status = take_meta (&reader);
  if (reader.image)
    heif_image_release (reader.image);
  if (reader.handle)
    heif_image_handle_release (reader.handle);
  if (reader.context)
    heif_context_free (reader.context);
  free (reader.file.bytes);
  /* Upright by now, whatever EXIF and XMP say. */
  return status ? status : io__upright (out, 1, err);
}
