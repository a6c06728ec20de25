/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * picture.c: opens picture files, asks formats.c for their kind and hands them to its codec.
 */
#include "formats_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
rvs_picture_clear (RvsPicture *picture)
{
  free (picture->view.pixels);
  io__meta_clear (&picture->meta);
  memset (picture, 0, sizeof *picture);
}

RvsStatus
rvs_picture_copy_notes (const RvsPicture *from, RvsPicture *to, RvsError *err)
{
  return io__meta_copy (&from->meta, &to->meta) ? RVS_OK
                                                : io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory for the picture's notes");
}

static RvsStatus
read_source (const IoSource *source, RvsPicture *out, RvsError *err)
{
  unsigned char   head[IO_HEAD_BYTES];
  size_t          n = fread (head, 1, sizeof head, source->file);
  const IoFormat *format;
  RvsStatus       status;

  if (ferror (source->file) || fseek (source->file, 0, SEEK_SET))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  if (n == 0)
    return io__fail (err, RVS_ERR_FORMAT, "the file is empty");
  format = io__format_of_bytes (head, n);
  if (!format || !format->read)
    return io__refuse_bytes (head, n, err);
  out->format = (RvsPictureFormat)(format - io__formats);
  status = format->read (source, out, err);
  if (!status && !io__drop_stale (&out->meta))
    status = io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to read the picture");
  return status ? status : io__upright (out, 0, err);
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
  unsigned  lost = picture->meta.lost;
  RvsStatus status;

  if (!rvs_format_can_write (format))
    return io__fail (err, RVS_ERR_ARGUMENT, "%s pictures cannot be written", rvs_format (format)->name);
  errno = 0;
  status = io__formats[format].write (picture, stream, stop, &lost, err);
  if (!status && fflush (stream))
    status = io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  if (out_lost)
    *out_lost = lost;
  return status;
}
