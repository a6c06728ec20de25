/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * png_write.c: pixels and metadata -> PNG, through libpng.
 */
#include "io_private.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#define XMP_KEY "XML:com.adobe.xmp"

typedef struct Writer
{
  const RvsPicture            *picture;
  FILE                        *stream;
  const volatile sig_atomic_t *stop;
  unsigned                    *lost;
  RvsError                    *err;
  RvsStatus                    status;
  RvsBlob                      packet;    /* an XMP text on its way into info; here, so that a longjmp does not lose it */
  bool                         no_memory; /* libpng got none, whatever it says about it */
  unsigned                     doubt;     /* the LOST bit of what is being set just now */
  png_structp                  png;
  png_infop                    info;
} Writer;

static void
on_error (png_structp png, png_const_charp message)
{
  Writer *writer = png_get_error_ptr (png);

  if (!writer->status && !writer->no_memory)
    writer->status = io__fail (writer->err, RVS_ERR_INTERNAL, "the PNG library refused the picture: %s", message);
  png_longjmp (png, 1);
}

static png_voidp
on_malloc (png_structp png, png_alloc_size_t size)
{
  Writer *writer = png_get_mem_ptr (png);
  void   *memory = malloc (size);

  if (!memory)
    writer->no_memory = true;
  return memory;
}

static void
on_free (png_structp png, png_voidp memory)
{
  (void)png;
  free (memory);
}

/* libpng leaves out metadata that it finds damaged, with a warning only: remember that it did. */
static void
on_warning (png_structp png, png_const_charp message)
{
  Writer *writer = png_get_error_ptr (png);

  (void)message;
  *writer->lost |= writer->doubt;
}

static void
on_write (png_structp png, png_bytep bytes, size_t n)
{
  Writer *writer = png_get_io_ptr (png);

  if (fwrite (bytes, 1, n, writer->stream) == n)
    return;
  writer->status = io__fail (writer->err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  png_error (png, "write");
}

static void
on_flush (png_structp png)
{
  (void)png;
}

static void
set_resolution (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;
  double                per_metre = 1.0;

  switch (meta->resolution_unit)
    {
    case RVS_RESOLUTION_NONE:
      return;
    case RVS_RESOLUTION_ASPECT:
      png_set_pHYs (writer->png, writer->info, meta->x_resolution, meta->y_resolution, PNG_RESOLUTION_UNKNOWN);
      return;
    case RVS_RESOLUTION_INCH:
      per_metre = 1.0 / 0.0254;
      break;
    case RVS_RESOLUTION_CM:
      per_metre = 100.0;
      break;
    case RVS_RESOLUTION_METRE:
      break;
    }
  png_set_pHYs (writer->png, writer->info, (png_uint_32)(meta->x_resolution * per_metre + 0.5),
                (png_uint_32)(meta->y_resolution * per_metre + 0.5), PNG_RESOLUTION_METER);
}

static void
set_colour (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;
  const int32_t        *c = meta->chromaticities;

  if (meta->icc.bytes)
    {
      writer->doubt = RVS_LOST_ICC;
      png_set_iCCP (writer->png, writer->info, "ICC profile", PNG_COMPRESSION_TYPE_BASE, meta->icc.bytes, (png_uint_32)meta->icc.n);
      writer->doubt = 0;
      return;
    }
  if (meta->has_srgb)
    png_set_sRGB (writer->png, writer->info, meta->srgb_intent);
  if (meta->has_gamma)
    png_set_gAMA_fixed (writer->png, writer->info, meta->gamma);
  if (meta->has_chromaticities)
    png_set_cHRM_fixed (writer->png, writer->info, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
}

static int
compression_of (const RvsPictureText *text, bool international)
{
  if (international)
    return text->compressed ? PNG_ITXT_COMPRESSION_zTXt : PNG_ITXT_COMPRESSION_NONE;
  return text->compressed ? PNG_TEXT_COMPRESSION_zTXt : PNG_TEXT_COMPRESSION_NONE;
}

static void
set_texts (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;
  char                  empty[] = "";

  writer->doubt = RVS_LOST_TEXT;
  for (size_t i = 0; i < meta->n_texts; i++)
    {
      const RvsPictureText *text = &meta->texts[i];
      /* A JPEG comment names no encoding: UTF-8 where it reads as such, Latin-1 otherwise. */
      bool     international = text->utf8 || (!io__is_ascii (text->text) && io__is_utf8 (text->text));
      png_text entry = {
        .compression = compression_of (text, international),
        .key = text->key,
        .text = text->text,
        .lang = text->language ? text->language : empty,
        .lang_key = text->translated_key ? text->translated_key : empty,
      };
      png_set_text (writer->png, writer->info, &entry, 1);
    }
  if (meta->xmp.bytes)
    {
      char     key[] = XMP_KEY;
      png_text entry = { .compression = PNG_ITXT_COMPRESSION_NONE, .key = key, .lang = empty, .lang_key = empty };

      /* libpng needs it to end with a NUL. */
      if (!io__xmp_alone (&meta->xmp, &writer->packet) || !io__blob_append (&writer->packet, "", 1))
        {
          writer->no_memory = true;
          png_error (writer->png, "memory");
        }
      entry.text = (char *)writer->packet.bytes;
      png_set_text (writer->png, writer->info, &entry, 1);
    }
  writer->doubt = 0;
}

static void
set_hdr (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;

  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    {
      png_unknown_chunk chunk = { .data = meta->hdr[i].bytes, .size = meta->hdr[i].n, .location = PNG_HAVE_IHDR };

      if (!meta->hdr[i].bytes)
        continue;
      memcpy (chunk.name, io__png_hdr_names[i], 5);
      png_set_keep_unknown_chunks (writer->png, PNG_HANDLE_CHUNK_ALWAYS, chunk.name, 1);
      png_set_unknown_chunks (writer->png, writer->info, &chunk, 1);
    }
}

static void
set_meta (Writer *writer)
{
  const RvsPictureMeta *meta = &writer->picture->meta;

  set_colour (writer);
  set_resolution (writer);
  set_texts (writer);
  if (meta->exif.bytes)
    {
      writer->doubt = RVS_LOST_EXIF;
      png_set_eXIf_1 (writer->png, writer->info, (png_uint_32)meta->exif.n, meta->exif.bytes);
      writer->doubt = 0;
    }
  set_hdr (writer);
  if (meta->n_segments || meta->photoshop.bytes)
    *writer->lost |= RVS_LOST_SEGMENT;
}

static void
write_rows (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (view->depth == RVS_DEPTH_U16)
    png_set_swap (writer->png);
#endif
  for (int32_t y = 0; y < view->height; y++)
    {
      if (io__stopped (writer->stop))
        {
          writer->status = io__fail (writer->err, RVS_ERR_CANCELLED, "stopped while writing");
          png_error (writer->png, "stopped");
        }
      png_write_row (writer->png, (png_const_bytep)view->pixels + y * view->stride);
    }
}

/* The part that libpng may leave by longjmp. */
static void
write_all (Writer *writer)
{
  static const int  types[5] = { 0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA };
  const RvsMutView *view = &writer->picture->view;

  if (setjmp (png_jmpbuf (writer->png)))
    return;
  png_set_write_fn (writer->png, writer, on_write, on_flush);
  png_set_benign_errors (writer->png, 1);
  png_set_option (writer->png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
  png_set_user_limits (writer->png, RVS_MAX_SIDE, RVS_MAX_SIDE);
  png_set_IHDR (writer->png, writer->info, (png_uint_32)view->width, (png_uint_32)view->height,
                view->depth == RVS_DEPTH_U16 ? 16 : 8, types[view->channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                PNG_FILTER_TYPE_DEFAULT);
  /* As small as level 6 on photos, in half the time. */
  png_set_compression_level (writer->png, 4);
  set_meta (writer);
  writer->doubt = RVS_LOST_TEXT;
  png_write_info (writer->png, writer->info);
  writer->doubt = 0;
  write_rows (writer);
  /* Not with info: libpng 1.6.39 would write the EXIF block a second time. */
  png_write_end (writer->png, NULL);
}

RvsStatus
io__png_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost, RvsError *err)
{
  Writer writer = { .picture = picture, .stream = stream, .stop = stop, .lost = lost, .err = err };

  if (picture->view.depth == RVS_DEPTH_F32)
    return io__fail (err, RVS_ERR_ARGUMENT, "PNG cannot hold floating-point pixels");
  writer.png = png_create_write_struct_2 (PNG_LIBPNG_VER_STRING, &writer, on_error, on_warning, &writer, on_malloc, on_free);
  writer.info = writer.png ? png_create_info_struct (writer.png) : NULL;
  if (writer.info)
    write_all (&writer);
  if (!writer.status && (!writer.info || writer.no_memory))
    writer.status = io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to write the PNG file");
  png_destroy_write_struct (&writer.png, &writer.info);
  free (writer.packet.bytes);
  return writer.status;
}
