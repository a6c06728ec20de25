/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * atomic_file.h: writes a file so that its name shows either the old content or the complete new one.
 */
#ifndef RVS_IO_ATOMIC_FILE_H
#define RVS_IO_ATOMIC_FILE_H

#include "rvs.h"

#include <stdio.h>

typedef struct RvsAtomicFile
{
  FILE *stream;    /* write here; NULL when not open */
  char *path;      /* the final name, symbolic links resolved when it replaces a file */
  char *temp_path; /* in the same folder */
  bool  replace;
} RvsAtomicFile;

/* Creates the temporary file. An existing `path` is replaced on commit if `replace` is set (its permissions are kept), else it is
 * an error now and at commit. Fails with IO or NO_MEMORY; then the file is closed and empty. */
RVS_NODISCARD RvsStatus rvs_atomic_open (RvsAtomicFile *file, const char *path, bool replace, RvsError *err);
/* Flushes to the disk and renames. On failure (IO) nothing is left behind. The file is closed either way. */
RVS_NODISCARD RvsStatus rvs_atomic_commit (RvsAtomicFile *file, RvsError *err);
/* Removes the temporary file. Safe on a closed file. */
void rvs_atomic_discard (RvsAtomicFile *file);

#endif
