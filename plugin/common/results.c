/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * results.c: names and atomic writing of results.
 */
#include "results.h"

#include "atomic_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The part of a name between the last slash and the ending. */
static void
find_stem (const char *path, const char **out_start, size_t *out_n)
{
  const char *slash = strrchr (path, '/'), *start = slash ? slash + 1 : path, *dot = strrchr (start, '.');

  *out_start = start;
  *out_n = dot && dot > start ? (size_t)(dot - start) : strlen (start);
}

char *
rvs_result_name (const char *input, const char *folder, const char *suffix, const char *ending)
{
  const char *stem;
  size_t      n_stem, n_folder, n;
  char       *path;

  find_stem (input, &stem, &n_stem);
  if (!ending)
    ending = stem + n_stem;
  n_folder = folder ? strlen (folder) : (size_t)(stem - input);
  n = n_folder + 1 + n_stem + strlen (suffix) + strlen (ending) + 1;
  path = malloc (n);
  if (path)
    snprintf (path, n, "%.*s%s%.*s%s%s", (int)n_folder, folder ? folder : input,
              folder && n_folder && folder[n_folder - 1] != '/' ? "/" : "", (int)n_stem, stem, suffix, ending);
  return path;
}

bool
rvs_result_is_own (const char *name, const char *suffix)
{
  const char *start;
  size_t      n, m = strlen (suffix);

  find_stem (name, &start, &n);
  return m > 0 && n > m && !strncmp (start + n - m, suffix, m);
}

RvsStatus
rvs_result_check (const char *path, bool replace, RvsError *err)
{
  RvsAtomicFile file;
  RvsStatus     status = rvs_atomic_open (&file, path, replace, err);

  if (!status)
    rvs_atomic_discard (&file);
  return status;
}

RvsStatus
rvs_result_write (const RvsPicture *picture, RvsPictureFormat format, const char *path, bool replace,
                  const volatile sig_atomic_t *stop, unsigned *out_lost, RvsError *err)
{
  RvsAtomicFile file;
  RvsStatus     status = rvs_atomic_open (&file, path, replace, err);

  if (status)
    return status;
  status = rvs_picture_write (picture, format, file.stream, stop, out_lost, err);
  if (!status)
    status = rvs_atomic_commit (&file, err);
  rvs_atomic_discard (&file);
  return status;
}

/* False on an error of either stream. */
static bool
copy_stream (FILE *from, FILE *to)
{
  char   bytes[65536];
  size_t n;

  while ((n = fread (bytes, 1, sizeof bytes, from)) > 0)
    if (fwrite (bytes, 1, n, to) != n)
      return false;
  return !ferror (from);
}

RvsStatus
rvs_result_copy (const char *from, const char *path, bool replace, RvsError *err)
{
  RvsAtomicFile file;
  RvsStatus     status = rvs_atomic_open (&file, path, replace, err);
  FILE         *source = status ? NULL : fopen (from, "rb");

  if (status)
    return status;
  if (source && copy_stream (source, file.stream))
    status = rvs_atomic_commit (&file, err);
  else
    {
      status = err->status = RVS_ERR_IO;
      snprintf (err->message, sizeof err->message, "the picture cannot be copied: %s", strerror (errno));
    }
  if (source)
    fclose (source);
  rvs_atomic_discard (&file);
  return status;
}
