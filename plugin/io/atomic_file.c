/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * atomic_file.c: temporary file in the same folder, fsync, rename.
 */
#define _GNU_SOURCE /* mkostemp */
#include "atomic_file.h"

#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static RvsStatus
fail_memory (RvsError *err)
{
  return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to write the file");
}

/* The folder part of a path, without its slash; "." when there is none. Caller frees. */
static char *
folder_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  if (!slash)
    return strdup (".");
  return strndup (path, slash == path ? 1 : (size_t)(slash - path));
}

/* What an existing file at the target means; *mode becomes the permissions of the new one. */
static RvsStatus
check_target (RvsAtomicFile *file, mode_t *mode, RvsError *err)
{
  struct stat info;
  char       *resolved;

  if (stat (file->path, &info))
    {
      if (errno != ENOENT)
        return io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
      if (lstat (file->path, &info) == 0)
        return io__fail (err, RVS_ERR_IO, "is a symbolic link that leads nowhere");
      return RVS_OK;
    }
  if (S_ISDIR (info.st_mode))
    return io__fail (err, RVS_ERR_IO, "cannot be written: it is a folder");
  if (!S_ISREG (info.st_mode))
    return io__fail (err, RVS_ERR_IO, "cannot be written: it is not a regular file");
  if (!file->replace)
    return io__fail (err, RVS_ERR_IO, "exists already");
  if (access (file->path, W_OK))
    return io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  resolved = realpath (file->path, NULL);
  if (!resolved)
    return errno == ENOMEM ? fail_memory (err) : io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  free (file->path);
  file->path = resolved;
  *mode = info.st_mode & 07777;
  return RVS_OK;
}

/* The permissions an ordinary new file gets. umask can only be read by setting it. */
static mode_t
default_mode (void)
{
  mode_t mask = umask (0);

  umask (mask);
  return 0666 & ~mask;
}

static RvsStatus
create_temp (RvsAtomicFile *file, mode_t mode, RvsError *err)
{
  char  *folder = folder_of (file->path);
  size_t n = folder ? strlen (folder) + sizeof "/.revisage-XXXXXX" : 0;
  int    fd;

  file->temp_path = folder ? malloc (n) : NULL;
  if (!file->temp_path)
    {
      free (folder);
      return fail_memory (err);
    }
  snprintf (file->temp_path, n, "%s/.revisage-XXXXXX", folder);
  free (folder);
  fd = mkostemp (file->temp_path, O_CLOEXEC);
  if (fd < 0)
    {
      free (file->temp_path);
      file->temp_path = NULL;
      return io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
    }
  /* Best effort: some file systems have no permissions to set. */
  (void)!fchmod (fd, mode);
  file->stream = fdopen (fd, "wb");
  if (!file->stream)
    {
      close (fd);
      return fail_memory (err);
    }
  return RVS_OK;
}

RvsStatus
rvs_atomic_open (RvsAtomicFile *file, const char *path, bool replace, RvsError *err)
{
  mode_t    mode = default_mode ();
  RvsStatus status;

  *file = (RvsAtomicFile){ .path = strdup (path), .replace = replace };
  status = file->path ? check_target (file, &mode, err) : fail_memory (err);
  if (!status)
    status = create_temp (file, mode, err);
  if (status)
    rvs_atomic_discard (file);
  return status;
}

/* Makes the rename itself survive a power cut. Best effort: not every file system can. */
static void
sync_folder (const char *path)
{
  char *folder = folder_of (path);
  int   fd = folder ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

  if (fd >= 0)
    {
      fsync (fd);
      close (fd);
    }
  free (folder);
}

/* Takes the final name only if nobody else has it by now. */
static int
rename_new (const char *from, const char *to)
{
  if (link (from, to) == 0)
    return unlink (from);
  if (errno == EEXIST)
    return -1;
  /* A file system without hard links: look, then rename. */
  if (access (to, F_OK) == 0)
    {
      errno = EEXIST;
      return -1;
    }
  return rename (from, to);
}

RvsStatus
rvs_atomic_commit (RvsAtomicFile *file, RvsError *err)
{
  RvsStatus status = RVS_OK;

  errno = 0;
  if (fflush (file->stream) || ferror (file->stream) || fsync (fileno (file->stream)))
    status = io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  if (fclose (file->stream) && !status)
    status = io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  file->stream = NULL;
  if (!status && (file->replace ? rename (file->temp_path, file->path) : rename_new (file->temp_path, file->path)))
    status = errno == EEXIST ? io__fail (err, RVS_ERR_IO, "exists already")
                             : io__fail (err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  if (!status)
    {
      sync_folder (file->path);
      free (file->temp_path);
      file->temp_path = NULL;
    }
  rvs_atomic_discard (file);
  return status;
}

void
rvs_atomic_discard (RvsAtomicFile *file)
{
  if (file->stream)
    fclose (file->stream);
  if (file->temp_path)
    unlink (file->temp_path);
  free (file->temp_path);
  free (file->path);
  *file = (RvsAtomicFile){ 0 };
}
