/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gather.h: from what was opened or dropped, files and folders, to a list of files. Folders are read by a worker.
 */
#ifndef RVS_DESKTOP_GATHER_H
#define RVS_DESKTOP_GATHER_H

#include <gio/gio.h>

typedef struct RvsGathered
{
  GPtrArray *paths;    /* char *: files, in the given order; a folder's in the order of their names */
  GPtrArray *problems; /* char *: translated, one for each folder that gave nothing */
} RvsGathered;

/* `paths` is copied. A folder gives the pictures directly in it, without hidden files and results of earlier runs; anything else
 * stays as it is, to be tried. `done` is called on the main thread. */
void         rvs_gather_async (char *const *paths, GAsyncReadyCallback done, gpointer user);
RvsGathered *rvs_gather_finish (GAsyncResult *result); /* never NULL */
void         rvs_gathered_free (RvsGathered *gathered);

#endif
