/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * formats.c: the one table of picture formats. Words on the command line, endings, file filters and messages follow from it.
 */
#include "formats_private.h"

#include <string.h>
#include <strings.h>

/* Formats that need a library which a build may lack. */
#ifdef RVS_HAVE_TIFF
#define IF_TIFF(function) function
#else
#define IF_TIFF(function) NULL
#endif
#ifdef RVS_HAVE_WEBP
#define IF_WEBP(function) function
#else
#define IF_WEBP(function) NULL
#endif
#ifdef RVS_HAVE_HEIF
#define IF_HEIF(function) function
#else
#define IF_HEIF(function) NULL
#endif

const IoFormat io__formats[RVS_PICTURE_FORMATS] = {
  [RVS_PICTURE_PNG] = { { "png", "PNG", "image/png", { ".png" }, RVS_KEEPS_BITS | RVS_KEEPS_16_BITS | RVS_KEEPS_ALPHA, 0 },
                        { { 0, 8, "\x89PNG\r\n\x1a\n" } },
                        io__png_read,
                        io__png_write },
  [RVS_PICTURE_JPEG] = { { "jpeg", "JPEG", "image/jpeg", { ".jpg", ".jpeg", ".jpe", ".jfif" }, 0, IO_JPEG_MAX_SIDE },
                         { { 0, 3, "\xff\xd8\xff" } },
                         io__jpeg_read,
                         io__jpeg_write },
  [RVS_PICTURE_TIFF]
  = { { "tiff", "TIFF", "image/tiff", { ".tif", ".tiff" }, RVS_KEEPS_BITS | RVS_KEEPS_16_BITS | RVS_KEEPS_ALPHA, 0 },
      { { 0, 4, "II*\0" }, { 0, 4, "MM\0*" }, { 0, 4, "II+\0" }, { 0, 4, "MM\0+" } },
      IF_TIFF (io__tiff_read),
      IF_TIFF (io__tiff_write) },
  [RVS_PICTURE_WEBP] = { { "webp", "WebP", "image/webp", { ".webp" }, RVS_KEEPS_BITS | RVS_KEEPS_ALPHA, IO_WEBP_MAX_SIDE },
                         { { 8, 4, "WEBP" } },
                         IF_WEBP (io__webp_read),
                         IF_WEBP (io__webp_write) },
  [RVS_PICTURE_HEIC] = { { "heic", "HEIC", "image/heif", { ".heic", ".heif", ".avif", ".hif" }, RVS_KEEPS_BITS, 0 },
                         { { 4, 8, "ftypheic" },
                           { 4, 8, "ftypheix" },
                           { 4, 8, "ftypheim" },
                           { 4, 8, "ftypheis" },
                           { 4, 8, "ftypmif1" },
                           { 4, 8, "ftypmsf1" },
                           { 4, 8, "ftypavif" },
                           { 4, 8, "ftypMiHE" } },
                         IF_HEIF (io__heif_read),
                         NULL },
};

/* Kinds a user is likely to try, so that the message can name them. */
static const struct
{
  IoMagic     magic;
  const char *name;
} strangers[] = {
  { { 0, 4, "GIF8" }, "GIF" },
  { { 0, 2, "BM" }, "BMP" },
  { { 4, 8, "ftypcrx " }, "Canon raw" },
  { { 4, 4, "jP  " }, "JPEG 2000" },
  { { 4, 4, "JXL " }, "JPEG XL" },
  { { 0, 2, "\xff\x0a" }, "JPEG XL" },
  { { 0, 4, "8BPS" }, "Photoshop" },
  { { 0, 4, "%PDF" }, "PDF" },
  { { 0, 4, "qoif" }, "QOI" },
  { { 0, 9, "gimp xcf " }, "GIMP XCF" },
  { { 0, 8, "\x8aMNG\r\n\x1a\n" }, "MNG" },
};

static bool
matches (const IoMagic *magic, const unsigned char *head, size_t n)
{
  return magic->n && n >= magic->offset + magic->n && !memcmp (head + magic->offset, magic->bytes, magic->n);
}

const IoFormat *
io__format_of_bytes (const unsigned char *head, size_t n)
{
  for (size_t f = 0; f < RVS_PICTURE_FORMATS; f++)
    for (size_t i = 0; i < sizeof io__formats[f].magic / sizeof io__formats[f].magic[0]; i++)
      if (matches (&io__formats[f].magic[i], head, n))
        return &io__formats[f];
  return NULL;
}

static const char *
name_of_bytes (const unsigned char *head, size_t n)
{
  const IoFormat *format = io__format_of_bytes (head, n);

  for (size_t i = 0; !format && i < sizeof strangers / sizeof strangers[0]; i++)
    if (matches (&strangers[i].magic, head, n))
      return strangers[i].name;
  return format ? format->info.name : NULL;
}

RvsStatus
io__refuse_bytes (const unsigned char *head, size_t n, RvsError *err)
{
  const char *name = name_of_bytes (head, n);
  char        list[80];

  rvs_formats_sentence (RVS_FORMATS_READ, list, sizeof list);
  if (name)
    return io__fail (err, RVS_ERR_FORMAT, "%s pictures are not supported; convert it to PNG or JPEG first", name);
  return io__fail (err, RVS_ERR_FORMAT, "not a %s picture", list);
}

const RvsFormat *
rvs_format (RvsPictureFormat format)
{
  return &io__formats[format].info;
}

bool
rvs_format_can_read (RvsPictureFormat format)
{
  return io__formats[format].read != NULL;
}

bool
rvs_format_can_write (RvsPictureFormat format)
{
  return io__formats[format].write != NULL;
}

RvsStatus
rvs_format_check_size (RvsPictureFormat format, int32_t width, int32_t height, RvsError *err)
{
  const RvsFormat *info = rvs_format (format);

  if (info->max_side && (width > info->max_side || height > info->max_side))
    return io__fail (err, RVS_ERR_ARGUMENT, "%s pictures end at %d pixels a side; write a PNG", info->name, info->max_side);
  return RVS_OK;
}

RvsPictureFormat
rvs_format_of_result (RvsPictureFormat format)
{
  return rvs_format_can_write (format) ? format : RVS_PICTURE_PNG;
}

/* "a", "a or b", "a, b or c". */
void
rvs_formats_sentence (RvsFormatsOf which, char *out, size_t n)
{
  const char *words[RVS_PICTURE_FORMATS];
  size_t      n_words = 0, at = 0;

  for (size_t f = 0; f < RVS_PICTURE_FORMATS; f++)
    if (which == RVS_FORMATS_READ ? io__formats[f].read != NULL : io__formats[f].write != NULL)
      words[n_words++] = which == RVS_FORMATS_WRITTEN_IDS ? io__formats[f].info.id : io__formats[f].info.name;
  for (size_t i = 0; i < n_words && at < n; i++)
    at += (size_t)snprintf (out + at, n - at, "%s%s", i == 0 ? "" : i + 1 < n_words ? ", " : " or ", words[i]);
}

bool
rvs_picture_format_of_name (const char *path, RvsPictureFormat *out_format)
{
  const char *slash = strrchr (path, '/');
  const char *dot = strrchr (slash ? slash + 1 : path, '.');

  for (size_t f = 0; dot && f < RVS_PICTURE_FORMATS; f++)
    for (const char *const *ending = io__formats[f].info.endings; *ending; ending++)
      if (!strcasecmp (dot, *ending))
        {
          *out_format = (RvsPictureFormat)f;
          return true;
        }
  return false;
}

bool
rvs_picture_format_of_id (const char *id, RvsPictureFormat *out_format)
{
  char name[16];

  /* "jpg" is as good as "jpeg". */
  snprintf (name, sizeof name, ".%s", id);
  return strlen (id) < sizeof name - 1 && rvs_picture_format_of_name (name, out_format);
}
