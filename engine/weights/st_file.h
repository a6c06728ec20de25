/* SPDX-License-Identifier: GPL-3.0-or-later
 * st_file.h: a safetensors file in memory (mapped or borrowed): metadata and tensors by name.
 * Format rules: docs/weights-format.md. */
#ifndef RVS_WEIGHTS_ST_FILE_H
#define RVS_WEIGHTS_ST_FILE_H

#include "core/error.h"

#include <stdint.h>

typedef enum RvsDtype
{
  RVS_DTYPE_F16,
  RVS_DTYPE_BF16,
  RVS_DTYPE_F32
} RvsDtype;

typedef struct RvsStTensor
{
  const char          *name; /* NUL-terminated, owned by the file */
  RvsDtype             dtype;
  int                  rank; /* 0..4 */
  size_t               shape[4];
  size_t               n;     /* elements */
  const unsigned char *bytes; /* possibly unaligned */
} RvsStTensor;

typedef struct RvsStFile RvsStFile;

RvsStatus rvs__st_open (const char *path, RvsStFile **out_file, RvsError *err);
RvsStatus rvs__st_open_memory (const void *bytes, size_t n_bytes, RvsStFile **out_file, RvsError *err);
void      rvs__st_close (RvsStFile *file);

const void *rvs__st_bytes (const RvsStFile *file, size_t *out_n); /* the whole file, for its hash */
/* Value of a metadata key, or NULL. */
const char        *rvs__st_meta (const RvsStFile *file, const char *key);
size_t             rvs__st_n_tensors (const RvsStFile *file);
const RvsStTensor *rvs__st_tensor_at (const RvsStFile *file, size_t index);
const RvsStTensor *rvs__st_find (const RvsStFile *file, const char *name); /* NULL when absent */
/* Converts all elements to f32; MODEL when one is NaN or infinite. dst holds tensor->n floats. */
RvsStatus rvs__st_read (const RvsStTensor *tensor, float *dst, RvsError *err);

#endif
