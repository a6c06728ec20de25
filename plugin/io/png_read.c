/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * png_read.c: PNG files of every depth and kind -> pixels and metadata, through libpng.
 */
#include "io_private.h"

#include <errno.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#define XMP_KEY "XML:com.adobe.xmp"
#define MAX_LIBPNG_BLOCK ((png_alloc_size_t)64 << 20)

/* Everything the functions below the setjmp share; it lives in the caller's frame, so a longjmp loses none of it. */
typedef struct Reader
{
  const IoSource *source;
  RvsPicture     *picture;
  RvsError       *err;
  RvsStatus       status;
  bool            has_rows;  /* all of them: an early end is forgiven from then on */
  bool            no_memory; /* libpng got none: its own word for that may be anything, or a warning and a lost note */
  png_structp     png;
  png_infop       info;
} Reader;

static void
on_error (png_structp png, png_const_charp message)
{
  Reader *reader = png_get_error_ptr (png);

  if (!reader->status && !reader->no_memory)
    reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "the PNG file is damaged: %s", message);
  png_longjmp (png, 1);
}

static void
on_warning (png_structp png, png_const_charp message)
{
  (void)png;
  (void)message;
}

static void
on_read (png_structp png, png_bytep bytes, size_t n)
{
  Reader *reader = png_get_io_ptr (png);

  if (fread (bytes, 1, n, reader->source->file) == n)
    return;
  if (ferror (reader->source->file))
    reader->status = io__fail (reader->err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  else if (reader->has_rows)
    {
      reader->picture->meta.notes |= RVS_NOTE_NO_END;
      png_longjmp (png, 1);
    }
  else
    reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "the PNG file is truncated: it ends too early");
  png_error (png, "read");
}

/* libpng asks for the length that a chunk claims before it sees the end of the file; in a few bytes that may be 2 GB. What it
 * needs for rows is far below this limit, and so are real profiles and notes; the pixels are not its own. */
static png_voidp
on_malloc (png_structp png, png_alloc_size_t size)
{
  Reader *reader = png_get_mem_ptr (png);
  void   *memory;

  if (size > MAX_LIBPNG_BLOCK)
    return NULL;
  memory = malloc (size);
  if (!memory)
    reader->no_memory = true;
  return memory;
}

static void
on_free (png_structp png, png_voidp memory)
{
  (void)png;
  free (memory);
}

_Noreturn static void
fail_memory (Reader *reader)
{
  reader->status = io__fail (reader->err, RVS_ERR_NO_MEMORY, "not enough memory to read the PNG file");
  png_error (reader->png, "memory");
}

const char *const io__png_hdr_names[RVS_HDR_CHUNKS] = { "cICP", "mDCV", "cLLI" };

static int
on_unknown_chunk (png_structp png, png_unknown_chunkp chunk)
{
  Reader *reader = png_get_user_chunk_ptr (png);

  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    if (!memcmp (chunk->name, io__png_hdr_names[i], 4))
      return io__blob_set (&reader->picture->meta.hdr[i], chunk->data, chunk->size) ? 1 : -1;
  if (!memcmp (chunk->name, "fcTL", 4))
    return 1; /* one frame's place and time; the picture is whole without */
  if (!memcmp (chunk->name, "acTL", 4))
    {
      if (chunk->size >= 4 && png_get_uint_32 (chunk->data) <= 1)
        return 1;
      reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "animated PNG pictures are not supported; save one frame first");
      png_error (png, "animated");
    }
  if (memcmp (chunk->name, "iDOT", 4)) /* Apple's, for faster reading */
    reader->picture->meta.lost |= RVS_LOST_OTHER;
  return 1;
}

/* deflate cannot shrink anything more than about 1032 times: a header that promises more than that is a bomb or
 * a stump, and is refused before memory is taken for it. */
static void
check_promise (Reader *reader)
{
  uint64_t row = png_get_rowbytes (reader->png, reader->info);
  uint64_t raw = row * png_get_image_height (reader->png, reader->info);

  if (raw / 1032 <= reader->source->size)
    return;
  reader->status = io__fail (reader->err, RVS_ERR_FORMAT, "the PNG file is truncated: %llu bytes cannot hold %ux%u pixels",
                             (unsigned long long)reader->source->size, png_get_image_width (reader->png, reader->info),
                             png_get_image_height (reader->png, reader->info));
  png_error (reader->png, "promise");
}

static void
set_transforms (Reader *reader)
{
  png_structp png = reader->png;
  int         depth = png_get_bit_depth (png, reader->info);

  if (png_get_color_type (png, reader->info) == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb (png);
  else if (depth < 8)
    png_set_expand_gray_1_2_4_to_8 (png);
  if (png_get_valid (png, reader->info, PNG_INFO_tRNS))
    png_set_tRNS_to_alpha (png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (depth == 16)
    png_set_swap (png);
#endif
}

static void
read_pixels (Reader *reader)
{
  png_structp png = reader->png;
  RvsMutView *view = &reader->picture->view;
  int         n_passes = png_set_interlace_handling (png);
  int32_t     width = (int32_t)png_get_image_width (png, reader->info);
  int32_t     height = (int32_t)png_get_image_height (png, reader->info);

  png_read_update_info (png, reader->info);
  reader->status = io__alloc_pixels (reader->picture, width, height, png_get_channels (png, reader->info),
                                     png_get_bit_depth (png, reader->info) == 16 ? RVS_DEPTH_U16 : RVS_DEPTH_U8, reader->err);
  if (reader->status)
    png_error (png, "memory");
  for (int pass = 0; pass < n_passes; pass++)
    for (int32_t y = 0; y < height; y++)
      {
        if (io__stopped (reader->source->stop))
          {
            reader->status = io__fail (reader->err, RVS_ERR_CANCELLED, "stopped while reading");
            png_error (png, "stopped");
          }
        png_read_row (png, (png_bytep)view->pixels + y * view->stride, NULL);
      }
}

static void
take_texts (Reader *reader)
{
  RvsPictureMeta *meta = &reader->picture->meta;
  png_textp       texts;
  int             n = 0;

  png_get_text (reader->png, reader->info, &texts, &n);
  for (int i = 0; i < n; i++)
    {
      bool           international = texts[i].compression >= PNG_ITXT_COMPRESSION_NONE;
      RvsPictureText text = {
        .key = texts[i].key,
        .text = texts[i].text ? texts[i].text : (char[]){ "" },
        .language = international ? texts[i].lang : NULL,
        .translated_key = international ? texts[i].lang_key : NULL,
        .utf8 = international,
        .compressed = texts[i].compression == PNG_TEXT_COMPRESSION_zTXt || texts[i].compression == PNG_ITXT_COMPRESSION_zTXt,
      };

      if (!strcmp (text.key, XMP_KEY) && !meta->xmp.bytes)
        {
          if (!io__blob_set (&meta->xmp, text.text, strlen (text.text)))
            fail_memory (reader);
        }
      else if (!io__meta_add_text (meta, &text))
        fail_memory (reader);
    }
}

static void
take_colour (Reader *reader)
{
  RvsPictureMeta *meta = &reader->picture->meta;
  int             intent, method;
  png_charp       name;
  png_bytep       profile;
  png_uint_32     n;
  png_int_32     *c = meta->chromaticities;

  if (png_get_iCCP (reader->png, reader->info, &name, &method, &profile, &n) && !io__blob_set (&meta->icc, profile, n))
    fail_memory (reader);
  meta->has_srgb = png_get_sRGB (reader->png, reader->info, &intent) != 0;
  meta->srgb_intent = meta->has_srgb ? intent : 0;
  meta->has_gamma = png_get_gAMA_fixed (reader->png, reader->info, &meta->gamma) != 0;
  meta->has_chromaticities
      = png_get_cHRM_fixed (reader->png, reader->info, &c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6], &c[7]) != 0;
}

static void
take_meta (Reader *reader)
{
  RvsPictureMeta *meta = &reader->picture->meta;
  png_bytep       exif;
  png_uint_32     n, x, y;
  int             unit;

  take_colour (reader);
  take_texts (reader);
  if (png_get_eXIf_1 (reader->png, reader->info, &n, &exif) && !io__blob_set (&meta->exif, exif, n))
    fail_memory (reader);
  if (png_get_pHYs (reader->png, reader->info, &x, &y, &unit))
    {
      meta->resolution_unit = unit == PNG_RESOLUTION_METER ? RVS_RESOLUTION_METRE : RVS_RESOLUTION_ASPECT;
      meta->x_resolution = x;
      meta->y_resolution = y;
    }
}

/* The part that libpng may leave by longjmp. */
static void
read_all (Reader *reader)
{
  if (setjmp (png_jmpbuf (reader->png)))
    return;
  png_set_read_fn (reader->png, reader, on_read);
  png_set_user_limits (reader->png, RVS_MAX_SIDE, RVS_MAX_SIDE);
  png_set_benign_errors (reader->png, 1);
  /* Old profiles with well-known faults are carried on, not judged. */
  png_set_option (reader->png, PNG_SKIP_sRGB_CHECK_PROFILE, PNG_OPTION_ON);
  /* Newer versions know these; here they come the same way from all. */
  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    png_set_keep_unknown_chunks (reader->png, PNG_HANDLE_CHUNK_ALWAYS, (png_const_bytep)io__png_hdr_names[i], 1);
  png_set_read_user_chunk_fn (reader->png, reader, on_unknown_chunk);
  png_read_info (reader->png, reader->info);
  check_promise (reader);
  set_transforms (reader);
  read_pixels (reader);
  reader->has_rows = true;
  png_read_end (reader->png, reader->info);
  if (fgetc (reader->source->file) != EOF)
    reader->picture->meta.lost |= RVS_LOST_TRAILER;
}

/* What came with the rows, whether the file went on to its end mark or not. Left by longjmp, too. */
static void
read_rest (Reader *reader)
{
  if (!setjmp (png_jmpbuf (reader->png)))
    take_meta (reader);
}

/* Looks at the header itself, so that the message speaks of the picture and not of a library's internals. */
static RvsStatus
check_header (const IoSource *source, RvsError *err)
{
  unsigned char head[24];
  size_t        n = fread (head, 1, sizeof head, source->file);

  if (ferror (source->file) || fseek (source->file, 0, SEEK_SET))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  if (n < sizeof head)
    return io__fail (err, RVS_ERR_FORMAT, "the PNG file is truncated: it ends within its header");
  if (memcmp (head + 12, "IHDR", 4))
    return io__fail (err, RVS_ERR_FORMAT, "the PNG file is damaged: its header is missing");
  return io__check_size (png_get_uint_32 (head + 16), png_get_uint_32 (head + 20), err);
}

RvsStatus
io__png_read (const IoSource *source, RvsPicture *out, RvsError *err)
{
  Reader    reader = { .source = source, .picture = out, .err = err };
  RvsStatus status = check_header (source, err);

  if (status)
    return status;
  reader.png = png_create_read_struct_2 (PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning, &reader, on_malloc, on_free);
  reader.info = reader.png ? png_create_info_struct (reader.png) : NULL;
  if (reader.info)
    read_all (&reader);
  if (reader.has_rows && !reader.status && !reader.no_memory)
    read_rest (&reader);
  if (!reader.status && (!reader.info || reader.no_memory))
    reader.status = io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to read the PNG file");
  png_destroy_read_struct (&reader.png, &reader.info, NULL);
  return reader.status;
}
