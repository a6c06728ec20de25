/* SPDX-License-Identifier: GPL-3.0-or-later
 * st_scan.h: strict scanner of safetensors bytes into a table of tensors and metadata. Reads no file. */
#ifndef RVS_WEIGHTS_ST_SCAN_H
#define RVS_WEIGHTS_ST_SCAN_H

#include "weights/st_file.h"

typedef struct RvsStMeta
{
  const char *key, *value;
} RvsStMeta;

/* Tensors are sorted by name and metadata by key (bytewise), so that both are found by bisection. Their `bytes` point into the
 * scanned memory, their strings into `strings`. */
typedef struct RvsStTable
{
  char        *strings;
  RvsStTensor *tensors;
  size_t       n_tensors;
  RvsStMeta   *meta;
  size_t       n_meta;
} RvsStTable;

/* Largest accepted header, in bytes. */
#define RVS_ST_MAX_HEADER ((size_t)16 << 20)

/* FORMAT with the rule that was broken and the key or tensor it was broken at, or NO_MEMORY; then the table is empty.
 * bytes must outlive the table. */
RvsStatus rvs__st_scan (const void *bytes, size_t n_bytes, RvsStTable *out_table, RvsError *err);
void      rvs__st_table_clear (RvsStTable *table);

size_t rvs__st_dtype_bytes (RvsDtype dtype);

#endif
