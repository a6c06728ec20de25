/* SPDX-License-Identifier: GPL-3.0-or-later
 * error.h: the first error of a call. */
#ifndef RVS_CORE_ERROR_H
#define RVS_CORE_ERROR_H

#include "rvs.h"

/* Stores status and text in *err unless it already holds an error; returns status, so that callers write
 * `return rvs__fail (err, ...)`. err may be NULL. */
RvsStatus rvs__fail (RvsError *err, RvsStatus status, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

/* Foreign text (a tensor's name, a user's word) fit for a message: control characters replaced, cut between characters to fit.
 * Returns clip. */
#define RVS_CLIP 64
const char *rvs__clip (const char *text, char clip[RVS_CLIP]);

#endif
