/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_st_scan.c: any bytes as a safetensors file; what is accepted must be consistent and readable. */
#include "fuzz.h"
#include "weights/st_scan.h"

#include <string.h>

static void
check_tensor (const RvsStTensor *tensor, const uint8_t *data, size_t size)
{
  size_t n = 1;
  float *values;

  FUZZ_CHECK (tensor->rank >= 0 && tensor->rank <= 4);
  for (int i = 0; i < tensor->rank; i++)
    n *= tensor->shape[i];
  FUZZ_CHECK (n == tensor->n && n <= size);
  FUZZ_CHECK (tensor->bytes >= data && tensor->bytes + n * rvs__st_dtype_bytes (tensor->dtype) <= data + size);
  values = malloc (n ? n * sizeof *values : 1);
  if (values && rvs__st_read (tensor, values, NULL) == RVS_OK)
    for (size_t i = 0; i < n; i++)
      FUZZ_CHECK (values[i] - values[i] == 0); /* finite */
  free (values);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  RvsStFile *file;
  RvsError   err = { RVS_OK, "" };
  RvsStatus  status = rvs__st_open_memory (data, size, &file, &err);
  size_t     n_bytes = 0;

  FUZZ_CHECK (status == err.status && (status == RVS_OK) == (file != NULL));
  FUZZ_CHECK ((status == RVS_OK) == (err.message[0] == '\0'));
  if (status != RVS_OK)
    return 0;
  for (size_t i = 0; i < rvs__st_n_tensors (file); i++)
    {
      const RvsStTensor *tensor = rvs__st_tensor_at (file, i);

      FUZZ_CHECK (rvs__st_find (file, tensor->name) == tensor);
      check_tensor (tensor, data, size);
      n_bytes += tensor->n * rvs__st_dtype_bytes (tensor->dtype);
    }
  FUZZ_CHECK (n_bytes <= size - 8);
  rvs__st_close (file);
  return 0;
}
