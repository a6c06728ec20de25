/* SPDX-License-Identifier: GPL-3.0-or-later
 * st_file.c: safetensors files in memory, mapped or borrowed, and their values as f32. */
#include "weights/st_file.h"

#include "core/mem.h"
#include "weights/st_scan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct RvsStFile
{
  const unsigned char *bytes;
  size_t               n_bytes;
  void                *map; /* NULL when the bytes are borrowed */
  RvsStTable           table;
};

/* What happened comes first and a long path loses its beginning, so that a message says both. */
static RvsStatus
fail_io (const char *path, const char *what, RvsError *err)
{
  size_t n = strlen (path), keep = 150;
  bool   cut = n > keep;

  if (cut)
    for (path += n - keep; ((unsigned char)*path & 0xc0) == 0x80;)
      path++; /* do not split a UTF-8 character */
  return rvs__fail (err, RVS_ERR_IO, "%s: %s%s", what, cut ? "..." : "", path);
}

/* Maps the whole file; regular files only, so that a pipe cannot make us wait. */
static RvsStatus
map_file (RvsStFile *file, const char *path, RvsError *err)
{
  RvsStatus   status = RVS_OK;
  struct stat info;
  int         fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    return fail_io (path, strerror (errno), err);
  if (fstat (fd, &info) != 0)
    status = fail_io (path, strerror (errno), err);
  else if (!S_ISREG (info.st_mode))
    status = fail_io (path, "Not a regular file", err);
  else if (info.st_size == 0)
    status = rvs__fail (err, RVS_ERR_FORMAT, "the file is empty");
  else if ((uintmax_t)info.st_size > (uintmax_t)PTRDIFF_MAX)
    status = rvs__fail (err, RVS_ERR_LIMIT, "too large for this machine");
  if (status == RVS_OK)
    {
      file->n_bytes = (size_t)info.st_size;
      file->map = mmap (NULL, file->n_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
      if (file->map == MAP_FAILED)
        {
          file->map = NULL;
          status = fail_io (path, strerror (errno), err);
        }
      file->bytes = file->map;
    }
  close (fd);
  return status;
}

static RvsStFile *
new_file (RvsError *err)
{
  RvsStFile *file = rvs__alloc_zero (sizeof *file);

  if (!file)
    (void)rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory to open a weights file");
  return file;
}

RvsStatus
rvs__st_open (const char *path, RvsStFile **out_file, RvsError *err)
{
  RvsStFile *file = new_file (err);
  RvsStatus  status = RVS_ERR_NO_MEMORY;

  *out_file = NULL;
  if (!file)
    goto cleanup;
  status = map_file (file, path, err);
  if (status == RVS_OK)
    status = rvs__st_scan (file->bytes, file->n_bytes, &file->table, err);
  if (status != RVS_OK)
    goto cleanup;
  *out_file = file;
  file = NULL;
cleanup:
  rvs__st_close (file);
  return status;
}

RvsStatus
rvs__st_open_memory (const void *bytes, size_t n_bytes, RvsStFile **out_file, RvsError *err)
{
  RvsStFile *file = new_file (err);
  RvsStatus  status = RVS_ERR_NO_MEMORY;

  *out_file = NULL;
  if (!file)
    goto cleanup;
  file->bytes = bytes;
  file->n_bytes = n_bytes;
  status = rvs__st_scan (bytes, n_bytes, &file->table, err);
  if (status != RVS_OK)
    goto cleanup;
  *out_file = file;
  file = NULL;
cleanup:
  rvs__st_close (file);
  return status;
}

void
rvs__st_close (RvsStFile *file)
{
  if (!file)
    return;
  rvs__st_table_clear (&file->table);
  if (file->map)
    munmap (file->map, file->n_bytes);
  rvs__free (file);
}

const void *
rvs__st_bytes (const RvsStFile *file, size_t *out_n)
{
  *out_n = file->n_bytes;
  return file->bytes;
}

static int
compare_meta_key (const void *key, const void *meta)
{
  return strcmp (key, ((const RvsStMeta *)meta)->key);
}

const char *
rvs__st_meta (const RvsStFile *file, const char *key)
{
  const RvsStTable *t = &file->table;
  const RvsStMeta  *found = t->n_meta ? bsearch (key, t->meta, t->n_meta, sizeof *t->meta, compare_meta_key) : NULL;

  return found ? found->value : NULL;
}

size_t
rvs__st_n_tensors (const RvsStFile *file)
{
  return file->table.n_tensors;
}

const RvsStTensor *
rvs__st_tensor_at (const RvsStFile *file, size_t index)
{
  assert (index < file->table.n_tensors);
  return &file->table.tensors[index];
}

static int
compare_tensor_name (const void *name, const void *tensor)
{
  return strcmp (name, ((const RvsStTensor *)tensor)->name);
}

const RvsStTensor *
rvs__st_find (const RvsStFile *file, const char *name)
{
  const RvsStTable *t = &file->table;

  return t->n_tensors ? bsearch (name, t->tensors, t->n_tensors, sizeof *t->tensors, compare_tensor_name) : NULL;
}

/* ---- values ------------------------------------------------------------------------------- */

static float
float_of_bits (uint32_t bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static uint32_t
load16 (const unsigned char *p)
{
  return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static float
float_of_half (uint32_t half)
{
  const uint32_t sign = (half & 0x8000u) << 16, magnitude = (half & 0x7fffu) << 13;
  const float    small = float_of_bits (magnitude + (113u << 23)) - 0x1p-14f; /* a subnormal, exactly */
  uint32_t       bits = magnitude + (112u << 23);

  if (magnitude < 1u << 23)
    memcpy (&bits, &small, sizeof bits);
  if (magnitude >= 31u << 23)
    bits = magnitude | 0x7f800000u;
  return float_of_bits (sign | bits);
}

RvsStatus
rvs__st_read (const RvsStTensor *tensor, float *dst, RvsError *err)
{
  const unsigned char *p = tensor->bytes;
  char                 clip[RVS_CLIP];
  size_t               n_odd = 0;

  switch (tensor->dtype)
    {
    case RVS_DTYPE_F16:
      for (size_t i = 0; i < tensor->n; i++)
        dst[i] = float_of_half (load16 (p + 2 * i));
      break;
    case RVS_DTYPE_BF16:
      for (size_t i = 0; i < tensor->n; i++)
        dst[i] = float_of_bits (load16 (p + 2 * i) << 16);
      break;
    case RVS_DTYPE_F32:
      for (size_t i = 0; i < tensor->n; i++)
        dst[i] = float_of_bits (load16 (p + 4 * i) | load16 (p + 4 * i + 2) << 16);
      break;
    }
  for (size_t i = 0; i < tensor->n; i++)
    n_odd += !(fabsf (dst[i]) <= FLT_MAX);
  for (size_t i = 0; n_odd > 0 && i < tensor->n; i++)
    if (!isfinite (dst[i]))
      return rvs__fail (err, RVS_ERR_MODEL, "tensor '%s': element %zu is %s; the file is damaged, fetch it again",
                        rvs__clip (tensor->name, clip), i, isnan (dst[i]) ? "NaN" : "infinite");
  return RVS_OK;
}
