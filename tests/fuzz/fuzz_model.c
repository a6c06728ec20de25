/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_model.c: any bytes as a model, of each graph. */
#include "fuzz.h"
#include "rvs.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  RvsModel *model;
  RvsError  err = { RVS_OK, "" };
  RvsStatus status;

  if (!data)
    return 0;
  status = rvs_model_open_memory (data, size, &model, &err);
  FUZZ_CHECK (status == err.status && (status == RVS_OK) == (model != NULL));
  if (model)
    {
      const RvsModelInfo *info = rvs_model_get_info (model);

      FUZZ_CHECK (info->id[0] && info->licence[0] && info->source[0] && strlen (info->sha256) == 64);
      FUZZ_CHECK (info->face_size >= 0 && info->face_size <= 512);
      rvs_model_unref (rvs_model_ref (model));
    }
  rvs_model_unref (model);
  return 0;
}
