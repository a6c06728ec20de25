/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * weights.h: where weights files are, which of them are the shipped ones, and how to open them. For every front end.
 */
#ifndef RVS_COMMON_WEIGHTS_H
#define RVS_COMMON_WEIGHTS_H

#include "rvs.h"

#define RVS_WEIGHTS_DETECTOR "detect-face"
#define RVS_WEIGHTS_PARSER "parse-face-256"
#define RVS_WEIGHTS_FINDER "find-damage"
#define RVS_WEIGHTS_SHAPE "shape-face-256"

/* Folders in the order they are searched: $RVS_MODEL_DIR, $XDG_DATA_HOME/revisage/weights, the installation, the build tree. */
typedef struct RvsWeightsPath
{
  char  *folders[8];
  size_t n_folders;
} RvsWeightsPath;

RVS_NODISCARD RvsStatus rvs_weights_path_init (RvsWeightsPath *path, RvsError *err); /* fails with NO_MEMORY, then empty */
void                    rvs_weights_path_clear (RvsWeightsPath *path);

/* One weights file. */
typedef struct RvsWeights
{
  char *path;
  char  sha256[65]; /* what the list SHA256SUMS beside the file says; "" when it does not list it */
} RvsWeights;

/* name: an id ("detect-face", looked for as <id>.safetensors in each folder), or a path when it contains a slash or ends in
 * .safetensors. Fails with IO (not found; the message names the folders), FORMAT (a bad list), NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_weights_find (const RvsWeightsPath *path, const char *name, RvsWeights *out, RvsError *err);
void                    rvs_weights_clear (RvsWeights *weights);

/* All weights files of all folders; a file hidden by one of the same name in an earlier folder is left out. Caller clears each
 * and frees the array. Fails with NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_weights_list (const RvsWeightsPath *path, RvsWeights **out, size_t *out_n, RvsError *err);

/* Finds and opens. *out_path (may be NULL) gets the file's path, which the caller frees. The message names the file. */
RVS_NODISCARD RvsStatus rvs_weights_open (const RvsWeightsPath *path, const char *name, RvsModel **out_model, char **out_path,
                                          RvsError *err);

/* The shape head for the parser given, as rvs_weights_open; but NULL and OK, unless it is needed, where there is none, or one for another
 * parser: without it no pose is known, and that is all. */
RVS_NODISCARD RvsStatus rvs_weights_open_shape (const RvsWeightsPath *path, const RvsModel *parser, bool needed,
                                                RvsModel **out_model, char **out_path, RvsError *err);

#endif
