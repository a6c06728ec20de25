/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * picture.c: opens picture files, tells their kind from the first bytes and hands them to a codec.
 */
#include "io_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

RvsStatus
io__fail (RvsError *err, RvsStatus status, const char *format, ...)
{
  va_list args;

  if (err && err->status == RVS_OK)
    {
      err->status = status;
      va_start (args, format);
      vsnprintf (err->message, sizeof err->message, format, args);
      va_end (args);
    }
  return status;
}

bool
io__stopped (const volatile sig_atomic_t *stop)
{
  return stop && *stop;
}

RvsStatus
io__check_size (uint64_t width, uint64_t height, RvsError *err)
{
  if (width == 0 || height == 0)
    return io__fail (err, RVS_ERR_FORMAT, "the picture is %llux%llu pixels: there is nothing in it", (unsigned long long)width,
                     (unsigned long long)height);
  if (width > RVS_MAX_SIDE || height > RVS_MAX_SIDE || width * height > (uint64_t)RVS_MAX_PIXELS)
    return io__fail (err, RVS_ERR_LIMIT, "the picture is %llux%llu pixels; at most %d a side and %d million in all are accepted",
                     (unsigned long long)width, (unsigned long long)height, RVS_MAX_SIDE, (int)(RVS_MAX_PIXELS / 1000000));
  return RVS_OK;
}

size_t
io__pixel_bytes (const RvsMutView *view)
{
  return (size_t)view->channels * (view->depth == RVS_DEPTH_U8 ? 1 : view->depth == RVS_DEPTH_U16 ? 2 : 4);
}

RvsStatus
io__alloc_pixels (RvsPicture *picture, int32_t width, int32_t height, int32_t channels, RvsDepth depth, RvsError *err)
{
  RvsMutView view = { NULL, 0, width, height, channels, depth };
  size_t     stride, size;
  RvsStatus  status = io__check_size ((uint64_t)width, (uint64_t)height, err);

  if (status)
    return status;
  if (__builtin_mul_overflow ((size_t)width, io__pixel_bytes (&view), &stride)
      || __builtin_mul_overflow (stride, (size_t)height, &size) || size > PTRDIFF_MAX)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory for %dx%d pixels", width, height);
  view.stride = (ptrdiff_t)stride;
  view.pixels = malloc (size);
  if (!view.pixels)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory for %dx%d pixels (%zu MB)", width, height, size / 1000000);
  picture->view = view;
  return RVS_OK;
}

RvsStatus
rvs_picture_new (int32_t width, int32_t height, int32_t channels, RvsDepth depth, RvsPicture *out, RvsError *err)
{
  RvsStatus status;

  memset (out, 0, sizeof *out);
  if (width < 0 || height < 0 || channels < 1 || channels > 4)
    return io__fail (err, RVS_ERR_ARGUMENT, "impossible picture: %dx%d, %d channels", width, height, channels);
  status = io__alloc_pixels (out, width, height, channels, depth, err);
  if (!status)
    memset (out->view.pixels, 0, (size_t)out->view.stride * (size_t)height);
  return status;
}

void
rvs_picture_clear (RvsPicture *picture)
{
  free (picture->view.pixels);
  io__meta_clear (&picture->meta);
  memset (picture, 0, sizeof *picture);
}

RvsView
rvs_picture_view (const RvsPicture *picture)
{
  const RvsMutView *v = &picture->view;
  RvsView           view = { v->pixels, v->stride, v->width, v->height, v->channels, v->depth };

  return view;
}

bool
rvs_picture_format_of_name (const char *path, RvsPictureFormat *out_format)
{
  static const struct
  {
    const char      *ending;
    RvsPictureFormat format;
  } table[] = { { ".png", RVS_PICTURE_PNG },
                { ".jpg", RVS_PICTURE_JPEG },
                { ".jpeg", RVS_PICTURE_JPEG },
                { ".jpe", RVS_PICTURE_JPEG },
                { ".jfif", RVS_PICTURE_JPEG } };
  const char *slash = strrchr (path, '/');
  const char *dot = strrchr (slash ? slash + 1 : path, '.');

  for (size_t i = 0; dot && i < sizeof table / sizeof table[0]; i++)
    if (!strcasecmp (dot, table[i].ending))
      {
        *out_format = table[i].format;
        return true;
      }
  return false;
}

/* ---- what kind of file is it? --------------------------------------------------------------- */

typedef struct Signature
{
  size_t      offset, n;
  const char *bytes;
  const char *name;
} Signature;

/* Kinds a user is likely to try, so that the message can name them. */
static const Signature known_kinds[] = {
  { 8, 4, "WEBP", "WebP" },          { 0, 4, "GIF8", "GIF" },       { 0, 2, "BM", "BMP" },
  { 0, 4, "II*\0", "TIFF" },         { 0, 4, "MM\0*", "TIFF" },     { 4, 8, "ftypavif", "AVIF" },
  { 4, 8, "ftypheic", "HEIC" },      { 4, 8, "ftypheix", "HEIC" },  { 4, 8, "ftypmif1", "HEIF" },
  { 4, 8, "ftypcrx ", "Canon raw" }, { 4, 4, "jP  ", "JPEG 2000" }, { 4, 4, "JXL ", "JPEG XL" },
  { 0, 2, "\xff\x0a", "JPEG XL" },   { 0, 4, "8BPS", "Photoshop" }, { 0, 9, "gimp xcf ", "GIMP XCF" },
  { 0, 4, "%PDF", "PDF" },           { 0, 4, "qoif", "QOI" },       { 0, 8, "\x8aMNG\r\n\x1a\n", "MNG" },
};

static RvsStatus
refuse_kind (const unsigned char *head, size_t n, RvsError *err)
{
  for (size_t i = 0; i < sizeof known_kinds / sizeof known_kinds[0]; i++)
    {
      const Signature *kind = &known_kinds[i];
      if (n >= kind->offset + kind->n && !memcmp (head + kind->offset, kind->bytes, kind->n))
        return io__fail (err, RVS_ERR_FORMAT, "%s pictures are not supported; convert it to PNG or JPEG first", kind->name);
    }
  return io__fail (err, RVS_ERR_FORMAT, "not a PNG or JPEG picture");
}

/* Looks at the header itself, so that the message speaks of the picture and not of a library's internals. */
static RvsStatus
check_png_header (const unsigned char *head, size_t n, RvsError *err)
{
  uint64_t width, height;

  if (n < 24)
    return io__fail (err, RVS_ERR_FORMAT, "the PNG file is truncated: it ends within its header");
  if (memcmp (head + 12, "IHDR", 4))
    return io__fail (err, RVS_ERR_FORMAT, "the PNG file is damaged: its header is missing");
  width = (uint64_t)head[16] << 24 | (uint64_t)head[17] << 16 | (uint64_t)head[18] << 8 | head[19];
  height = (uint64_t)head[20] << 24 | (uint64_t)head[21] << 16 | (uint64_t)head[22] << 8 | head[23];
  return io__check_size (width, height, err);
}

static RvsStatus
read_source (const IoSource *source, RvsPicture *out, RvsError *err)
{
  unsigned char head[24];
  size_t        n = fread (head, 1, sizeof head, source->file);
  RvsStatus     status;
  int           orientation;

  if (ferror (source->file) || fseek (source->file, 0, SEEK_SET))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  if (n == 0)
    return io__fail (err, RVS_ERR_FORMAT, "the file is empty");
  if (n >= 8 && !memcmp (head, "\x89PNG\r\n\x1a\n", 8))
    {
      status = check_png_header (head, n, err);
      if (!status)
        status = io__png_read (source, out, err);
    }
  else if (n >= 3 && !memcmp (head, "\xff\xd8\xff", 3))
    status = io__jpeg_read (source, out, err);
  else
    status = refuse_kind (head, n, err);

  if (!status)
    {
      orientation = io__exif_orientation (&out->meta.exif);
      status = io__turn_upright (out, orientation, err);
      io__exif_reset (&out->meta.exif, orientation >= 5);
    }
  return status;
}

RvsStatus
rvs_picture_read (const char *path, const volatile sig_atomic_t *stop, RvsPicture *out, RvsError *err)
{
  IoSource    source = { NULL, 0, stop };
  struct stat info;
  RvsStatus   status = RVS_OK;
  int         fd;

  memset (out, 0, sizeof *out);
  /* Not blocking: opening a pipe that nobody writes to must not hang. */
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat (fd, &info))
    {
      status = io__fail (err, RVS_ERR_IO, "cannot be opened: %s", strerror (errno));
      goto cleanup;
    }
  if (!S_ISREG (info.st_mode))
    {
      status = io__fail (err, RVS_ERR_IO, "not a regular file");
      goto cleanup;
    }
  source.size = (uint64_t)info.st_size;
  source.file = fdopen (fd, "rb");
  if (!source.file)
    {
      status = io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to open the file");
      goto cleanup;
    }
  fd = -1;
  status = read_source (&source, out, err);

cleanup:
  if (source.file)
    fclose (source.file);
  if (fd >= 0)
    close (fd);
  if (status)
    rvs_picture_clear (out);
  return status;
}

RvsStatus
rvs_picture_read_memory (const void *bytes, size_t n_bytes, const volatile sig_atomic_t *stop, RvsPicture *out, RvsError *err)
{
  IoSource  source = { NULL, n_bytes, stop };
  RvsStatus status;

  memset (out, 0, sizeof *out);
  if (n_bytes == 0)
    return io__fail (err, RVS_ERR_FORMAT, "the file is empty");
  /* "rb" never writes: the cast only satisfies the prototype. */
  source.file = fmemopen ((void *)(uintptr_t)bytes, n_bytes, "rb");
  if (!source.file)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to read the picture");
  status = read_source (&source, out, err);
  fclose (source.file);
  if (status)
    rvs_picture_clear (out);
  return status;
}

RvsStatus
rvs_picture_write (const RvsPicture *picture, RvsPictureFormat format, FILE *stream, const volatile sig_atomic_t *stop,
                   unsigned *out_lost, RvsError *err)
{
  unsigned  lost = 0;
  RvsStatus status;

  errno = 0;
  if (format == RVS_PICTURE_PNG)
    status = io__png_write (picture, stream, stop, &lost, err);
  else
    status = io__jpeg_write (picture, stream, stop, &lost, err);
  if (!status && fflush (stream))
    status = io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  if (out_lost)
    *out_lost = lost;
  return status;
}
