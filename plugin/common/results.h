/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * results.h: what a restored picture's file is called, and how it is written. For every front end that writes files.
 */
#ifndef RVS_COMMON_RESULTS_H
#define RVS_COMMON_RESULTS_H

#include "picture.h"

/* Put behind the name of a picture when its result lies beside it. */
#define RVS_RESULT_SUFFIX "-restored"

/* FOLDER/STEM SUFFIX ENDING. folder NULL: that of the input; ending (".png") NULL: the input's own. Caller frees; NULL when there
 * is no memory. */
char *rvs_result_name (const char *input, const char *folder, const char *suffix, const char *ending);
/* Whether the name is one that rvs_result_name made with this suffix: a result of an earlier run. False for the suffix "". */
bool rvs_result_is_own (const char *name, const char *suffix);

/* The checks of writing without writing, so that nobody waits for a result that cannot be written. Fails with IO or NO_MEMORY; an
 * existing file is an error unless `replace` is set. */
RVS_NODISCARD RvsStatus rvs_result_check (const char *path, bool replace, RvsError *err);
/* Writes the picture so that `path` shows either its old content or the whole new one. *stop and *out_lost as rvs_picture_write;
 * fails as that and rvs_atomic_open, rvs_atomic_commit do. */
RVS_NODISCARD RvsStatus rvs_result_write (const RvsPicture *picture, RvsPictureFormat format, const char *path, bool replace,
                                          const volatile sig_atomic_t *stop, unsigned *out_lost, RvsError *err);

/* The bytes of a file under another name, in the same way. Fails with IO or NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_result_copy (const char *from, const char *path, bool replace, RvsError *err);

#endif
