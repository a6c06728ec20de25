/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * codecs.c: see codecs.h. Errors abort: the libraries' own defaults are enough here.
 */
#include "codecs.h"

#include <stdio.h>

#include <jpeglib.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void
put (unsigned char *at, int n, uint32_t value, bool big_endian)
{
  for (int i = 0; i < n; i++)
    at[i] = (unsigned char)(value >> 8 * (big_endian ? n - 1 - i : i));
}

static void
put_entry (unsigned char *at, unsigned tag, unsigned type, uint32_t value, bool big_endian)
{
  put (at, 2, tag, big_endian);
  put (at + 2, 2, type, big_endian);
  put (at + 4, 4, 1, big_endian);
  memset (at + 8, 0, 4);
  put (at + 8, type == 3 ? 2 : 4, value, big_endian);
}

size_t
make_exif (unsigned char *out, bool big_endian, int orientation)
{
  memset (out, 0, EXIF_BYTES);
  memcpy (out, big_endian ? "MM\0*" : "II*\0", 4);
  put (out + 4, 4, 8, big_endian);
  put (out + 8, 2, 2, big_endian);
  put_entry (out + 10, 0x0112, 3, (uint32_t)orientation, big_endian);
  put_entry (out + 22, 0x8769, 4, 38, big_endian);
  put (out + 34, 4, 68, big_endian); /* the thumbnail's directory */
  put (out + 38, 2, 2, big_endian);
  put_entry (out + 40, 0xa002, 3, 6, big_endian);
  put_entry (out + 52, 0xa003, 4, 4, big_endian);
  return EXIF_BYTES;
}

void
make_icc (unsigned char *out, const char *colour_space)
{
  memset (out, 0, ICC_BYTES);
  put (out, 4, ICC_BYTES, true);
  put (out + 8, 4, 0x02400000, true);
  memcpy (out + 12, "mntr", 4);
  memcpy (out + 16, colour_space, 4);
  memcpy (out + 20, "XYZ ", 4);
  memcpy (out + 36, "acsp", 4);
  put (out + 68, 4, 0xf6d6, true); /* D50 */
  put (out + 72, 4, 0x10000, true);
  put (out + 76, 4, 0xd32d, true);
  put (out + 128, 4, 1, true); /* one tag: type, offset, size */
  memcpy (out + 132, "cprt", 4);
  put (out + 136, 4, 144, true);
  put (out + 140, 4, ICC_BYTES - 144, true);
  for (uint32_t i = 144, seed = 1; i < ICC_BYTES; i++)
    {
      seed = seed * 1664525u + 1013904223u;
      out[i] = (unsigned char)(seed >> 24);
    }
}

static void
append (png_structp png, png_bytep bytes, size_t n)
{
  Bytes *out = png_get_io_ptr (png);

  out->bytes = realloc (out->bytes, out->n + n);
  memcpy (out->bytes + out->n, bytes, n);
  out->n += n;
}

static void
no_flush (png_structp png)
{
  (void)png;
}

static void
set_notes (png_structp png, png_infop info)
{
  png_text texts[4] = { { .compression = PNG_TEXT_COMPRESSION_NONE, .key = (char[]){ "Title" }, .text = (char[]){ "caf\xe9" } },
                        { .compression = PNG_TEXT_COMPRESSION_zTXt, .key = (char[]){ "Comment" }, .text = (char[]){ "squeezed" } },
                        { .compression = PNG_ITXT_COMPRESSION_NONE,
                          .key = (char[]){ "Author" },
                          .text = (char[]){ "\xc5\x81ukasz" },
                          .lang = (char[]){ "pl" },
                          .lang_key = (char[]){ "Autor" } },
                        { .compression = PNG_ITXT_COMPRESSION_NONE,
                          .key = (char[]){ "XML:com.adobe.xmp" },
                          .text = (char[]){ "<x:xmpmeta/>" },
                          .lang = (char[]){ "" },
                          .lang_key = (char[]){ "" } } };

  png_set_text (png, info, texts, 4);
  png_set_pHYs (png, info, 11811, 5906, PNG_RESOLUTION_METER);
  png_set_gAMA_fixed (png, info, 45455);
}

static void
set_xmp (png_structp png, png_infop info, const char *packet)
{
  png_text text = { .compression = PNG_ITXT_COMPRESSION_NONE,
                    .key = (char[]){ "XML:com.adobe.xmp" },
                    .text = (char *)(uintptr_t)packet,
                    .lang = (char[]){ "" },
                    .lang_key = (char[]){ "" } };

  png_set_text (png, info, &text, 1);
}

static void
set_transparent (png_structp png, png_infop info, int colour_type)
{
  png_byte     alpha[1] = { 40 };
  png_color_16 colour = { 0 };

  if (colour_type == PNG_COLOR_TYPE_PALETTE)
    png_set_tRNS (png, info, alpha, 1, NULL);
  else
    png_set_tRNS (png, info, NULL, 0, &colour);
}

Bytes
make_png (const PngSpec *spec)
{
  Bytes            out = { NULL, 0 };
  png_structp      png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop        info = png_create_info_struct (png);
  png_color        palette[256];
  unsigned char    exif[EXIF_BYTES];
  png_const_bytep *rows = calloc ((size_t)spec->height, sizeof *rows);

  png_set_write_fn (png, &out, append, no_flush);
  png_set_IHDR (png, info, (png_uint_32)spec->width, (png_uint_32)spec->height, spec->depth, spec->colour_type,
                spec->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  for (int i = 0; i < 256; i++)
    palette[i] = (png_color){ (png_byte)(i * 7), (png_byte)(255 - i), (png_byte)(i * 3) };
  if (spec->colour_type == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE (png, info, palette, 1 << spec->depth);
  if (spec->transparent)
    set_transparent (png, info, spec->colour_type);
  if (spec->notes)
    set_notes (png, info);
  if (spec->xmp)
    set_xmp (png, info, spec->xmp);
  if (spec->orientation)
    png_set_eXIf_1 (png, info, (png_uint_32)make_exif (exif, false, spec->orientation), exif);
  png_write_info (png, info);
  for (int y = 0; y < spec->height; y++)
    rows[y] = spec->rows + (size_t)y * spec->row_bytes;
  png_write_image (png, (png_bytepp)(uintptr_t)rows);
  png_write_end (png, info);
  png_destroy_write_struct (&png, &info);
  free (rows);
  return out;
}

static void
write_jpeg_notes (j_compress_ptr jpeg)
{
  static const unsigned char xmp[] = "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>";
  static const unsigned char extended[] = "http://ns.adobe.com/xmp/extension/\0more";
  static const unsigned char iptc[] = "Photoshop 3.0\0 8BIM";

  jpeg_write_marker (jpeg, JPEG_APP0 + 1, xmp, sizeof xmp - 1);
  jpeg_write_marker (jpeg, JPEG_APP0 + 1, extended, sizeof extended - 1);
  jpeg_write_marker (jpeg, JPEG_APP0 + 13, iptc, sizeof iptc - 1);
  jpeg_write_marker (jpeg, JPEG_COM, (const unsigned char *)"a comment", 9);
}

static void
write_jpeg_xmp (j_compress_ptr jpeg, const char *packet)
{
  char   bytes[4096] = "http://ns.adobe.com/xap/1.0/";
  size_t prefix = strlen (bytes) + 1;

  memcpy (bytes + prefix, packet, strlen (packet));
  jpeg_write_marker (jpeg, JPEG_APP0 + 1, (unsigned char *)bytes, (unsigned)(prefix + strlen (packet)));
}

Bytes
make_jpeg (const JpegSpec *spec)
{
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr       errors;
  unsigned char              *bytes = NULL;
  unsigned long               n = 0;
  unsigned char               exif[6 + EXIF_BYTES] = "Exif\0";

  jpeg.err = jpeg_std_error (&errors);
  jpeg_create_compress (&jpeg);
  jpeg_mem_dest (&jpeg, &bytes, &n);
  jpeg.image_width = (JDIMENSION)spec->width;
  jpeg.image_height = (JDIMENSION)spec->height;
  jpeg.input_components = spec->channels;
  jpeg.in_color_space = spec->channels == 1 ? JCS_GRAYSCALE : spec->channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults (&jpeg);
  jpeg_set_quality (&jpeg, 100, TRUE);
  for (int i = 0; i < jpeg.num_components; i++)
    jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
  if (spec->progressive)
    jpeg_simple_progression (&jpeg);
  if (spec->notes)
    {
      jpeg.density_unit = 1;
      jpeg.X_density = 300;
      jpeg.Y_density = 150;
    }
  jpeg_start_compress (&jpeg, TRUE);
  if (spec->orientation)
    jpeg_write_marker (&jpeg, JPEG_APP0 + 1, exif, (unsigned)(6 + make_exif (exif + 6, spec->big_endian, spec->orientation)));
  if (spec->notes)
    write_jpeg_notes (&jpeg);
  if (spec->xmp)
    write_jpeg_xmp (&jpeg, spec->xmp);
  if (spec->icc)
    jpeg_write_icc_profile (&jpeg, spec->icc, (unsigned)spec->n_icc);
  for (int y = 0; y < spec->height; y++)
    {
      JSAMPROW row = (JSAMPROW)(uintptr_t)(spec->rows + (size_t)y * (size_t)(spec->width * spec->channels));
      jpeg_write_scanlines (&jpeg, &row, 1);
    }
  jpeg_finish_compress (&jpeg);
  jpeg_destroy_compress (&jpeg);
  return (Bytes){ bytes, n };
}

static uint32_t
chunk_length (Bytes png, size_t at)
{
  return (uint32_t)png.bytes[at] << 24 | (uint32_t)png.bytes[at + 1] << 16 | (uint32_t)png.bytes[at + 2] << 8 | png.bytes[at + 3];
}

void
fix_crc (Bytes png, size_t chunk)
{
  uint32_t n = chunk_length (png, chunk);

  put (png.bytes + chunk + 8 + n, 4, (uint32_t)crc32 (0, png.bytes + chunk + 4, n + 4), true);
}

size_t
find_chunk (Bytes png, const char *type)
{
  for (size_t at = 8; at + 12 <= png.n; at += 12 + chunk_length (png, at))
    if (!memcmp (png.bytes + at + 4, type, 4))
      return at;
  abort ();
}

static unsigned char *
make_room (Bytes *file, size_t at, size_t n)
{
  file->bytes = realloc (file->bytes, file->n + n);
  memmove (file->bytes + at + n, file->bytes + at, file->n - at);
  file->n += n;
  return file->bytes + at;
}

void
insert_chunk (Bytes *png, const char *before, const char *type, const void *bytes, size_t n)
{
  size_t         at = find_chunk (*png, before);
  unsigned char *room = make_room (png, at, n + 12);

  put (room, 4, (uint32_t)n, true);
  memcpy (room + 4, type, 4);
  if (n)
    memcpy (room + 8, bytes, n);
  fix_crc (*png, at);
}

void
insert_segment (Bytes *jpeg, int marker, const void *bytes, size_t n)
{
  unsigned char *room = make_room (jpeg, 2, n + 4);

  put (room, 2, 0xff00u | (unsigned)marker, true);
  put (room + 2, 2, (uint32_t)n + 2, true);
  memcpy (room + 4, bytes, n);
}
