/* SPDX-License-Identifier: GPL-3.0-or-later
 * model.c: weights files opened, checked against the metadata contract, packed by their graph, and shared by reference. */
#include "model.h"

#include "core/mem.h"
#include "weights/sha256.h"

#include <stdatomic.h>
#include <string.h>

struct RvsModel
{
  atomic_int   n_refs;
  RvsNet       net;
  RvsModelInfo info;
  char        *strings; /* what info points to: the file itself is closed once its weights are packed */
  char         sha256[RVS_SHA256_HEX];
};

/* ---- metadata ----------------------------------------------------------------------------- */

static RvsStatus
require_meta (const RvsStFile *file, const char *key, const char **out_value, RvsError *err)
{
  *out_value = rvs__st_meta (file, key);
  if (!*out_value || !**out_value)
    return rvs__fail (err, RVS_ERR_MODEL,
                      "the metadata have no '%s'; these are not weights for Revisage, or they need exporting again", key);
  return RVS_OK;
}

/* Format, arch and contract are ones this engine knows. */
static RvsStatus
check_contract (const RvsStFile *file, const RvsArch **out_arch, RvsError *err)
{
  const char *format, *name, *contract;
  char        clip[RVS_CLIP];
  RvsStatus   status = require_meta (file, "rvs.format", &format, err);

  if (status == RVS_OK && strcmp (format, "1") != 0)
    return rvs__fail (err, RVS_ERR_MODEL, "rvs.format is '%s', this version reads '1'; get weights and program of one version",
                      rvs__clip (format, clip));
  if (status == RVS_OK)
    status = require_meta (file, "rvs.arch", &name, err);
  if (status == RVS_OK)
    status = require_meta (file, "rvs.contract", &contract, err);
  if (status != RVS_OK)
    return status;
  *out_arch = NULL;
  for (size_t i = 0; rvs__arches[i]; i++)
    if (strcmp (name, rvs__arches[i]->name) == 0)
      *out_arch = rvs__arches[i];
  if (!*out_arch)
    return rvs__fail (err, RVS_ERR_MODEL, "rvs.arch '%s' is unknown; a newer version of the program may know it",
                      rvs__clip (name, clip));
  if (strcmp (contract, (*out_arch)->contract) != 0)
    return rvs__fail (err, RVS_ERR_MODEL,
                      "rvs.contract is '%s', this version needs '%s' for '%s'; get weights and program of one version",
                      rvs__clip (contract, clip), (*out_arch)->contract, (*out_arch)->name);
  return RVS_OK;
}

/* A side in pixels, digits only. */
static RvsStatus
read_face_size (const RvsStFile *file, const char *key, int32_t *out_size, RvsError *err)
{
  const char *text;
  char        clip[RVS_CLIP];
  RvsStatus   status = require_meta (file, key, &text, err);

  *out_size = 0;
  if (status != RVS_OK)
    return status;
  for (const char *p = text; *p >= '0' && *p <= '9' && *out_size <= RVS_MAX_SIDE; p++)
    {
      *out_size = *out_size * 10 + (*p - '0');
      if (!p[1] && *out_size > 0 && *out_size <= RVS_MAX_SIDE)
        return RVS_OK;
    }
  return rvs__fail (err, RVS_ERR_MODEL, "'%s' is '%s', not a size in pixels", key, rvs__clip (text, clip));
}

/* Copies the strings that the model keeps. */
static RvsStatus
fill_info (RvsModel *model, const RvsStFile *file, const RvsArch *arch, RvsError *err)
{
  static const char *const keys[] = { "rvs.id", "rvs.licence", "rvs.source", "rvs.base" };
  const char             **fields[] = { &model->info.id, &model->info.licence, &model->info.source, &model->info.base };
  const int                n = arch->has_base ? 4 : 3;
  const char              *values[4];
  size_t                   n_bytes = 0;
  char                    *to;
  RvsStatus                status = RVS_OK;

  for (int i = 0; status == RVS_OK && i < n; i++)
    {
      status = require_meta (file, keys[i], &values[i], err);
      n_bytes += status == RVS_OK ? strlen (values[i]) + 1 : 0;
    }
  if (status == RVS_OK && arch->size_key)
    status = read_face_size (file, arch->size_key, &model->info.face_size, err);
  if (status != RVS_OK)
    return status;
  to = model->strings = rvs__alloc (n_bytes);
  if (!to)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a model's description");
  for (int i = 0; i < n; i++)
    {
      const size_t length = strlen (values[i]) + 1;

      memcpy (to, values[i], length);
      *fields[i] = to;
      to += length;
    }
  model->info.arch = arch->name;
  model->info.contract = arch->contract;
  model->info.sha256 = model->sha256;
  return RVS_OK;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* Hex digits in either case are the same hash. */
static bool
same_hash (const char *hex, const char *expected)
{
  for (int i = 0; i < RVS_SHA256_HEX; i++)
    if (hex[i] != (expected[i] >= 'A' && expected[i] <= 'F' ? expected[i] + ('a' - 'A') : expected[i]))
      return false;
  return true;
}

/* Checks and packs an opened file; expected may be NULL. */
static RvsStatus
build_model (const RvsStFile *file, const char *expected, RvsModel **out_model, RvsError *err)
{
  const RvsArch *arch = NULL;
  size_t         n_bytes;
  const void    *bytes = rvs__st_bytes (file, &n_bytes);
  RvsModel      *model = rvs__alloc_zero (sizeof *model);
  RvsStatus      status;

  if (!model)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a model");
  atomic_init (&model->n_refs, 1);
  rvs__sha256_hex (bytes, n_bytes, model->sha256);
  if (expected && !same_hash (model->sha256, expected))
    status = rvs__fail (err, RVS_ERR_MODEL, "the file was altered or damaged (SHA-256 %.12s..., expected %.12s...); fetch it again",
                        model->sha256, expected);
  else
    status = check_contract (file, &arch, err);
  if (status == RVS_OK)
    status = fill_info (model, file, arch, err);
  if (status == RVS_OK)
    status = rvs__net_build (arch, file, &model->net, err);
  if (status == RVS_OK)
    *out_model = model;
  else
    rvs_model_unref (model);
  return status;
}

/* The last part of a path, for messages: the reason behind it must not be cut off. */
static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash && slash[1] ? slash + 1 : path;
}

RvsStatus
rvs_model_open (const char *path, const char *expected_sha256, RvsModel **out_model, RvsError *err)
{
  RvsStFile *file = NULL;
  RvsError   reason = { RVS_OK, "" };
  char       clip[RVS_CLIP];
  RvsStatus  status;

  *out_model = NULL;
  if (!path || !*path)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "no path of a weights file");
  if (expected_sha256 && (strlen (expected_sha256) != 64 || strspn (expected_sha256, "0123456789abcdefABCDEF") != 64))
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the expected SHA-256 is not 64 hexadecimal digits");
  status = rvs__st_open (path, &file, &reason);
  if (status == RVS_OK)
    status = build_model (file, expected_sha256, out_model, &reason);
  rvs__st_close (file);
  if (status == RVS_ERR_IO) /* names the path itself */
    return rvs__fail (err, status, "%s", reason.message);
  if (status != RVS_OK)
    return rvs__fail (err, status, "weights '%s': %.170s", rvs__clip (base_name (path), clip), reason.message);
  return RVS_OK;
}

RvsStatus
rvs_model_open_memory (const void *bytes, size_t n_bytes, RvsModel **out_model, RvsError *err)
{
  RvsStFile *file = NULL;
  RvsStatus  status;

  *out_model = NULL;
  if (!bytes)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "no bytes of a weights file");
  status = rvs__st_open_memory (bytes, n_bytes, &file, err);
  if (status == RVS_OK)
    status = build_model (file, NULL, out_model, err);
  rvs__st_close (file);
  return status;
}

bool
rvs_model_fits (const RvsModel *model, const RvsModel *base)
{
  return base && (!model->info.base || strcmp (model->info.base, base->info.sha256) == 0);
}

/* ---- references --------------------------------------------------------------------------- */

RvsModel *
rvs_model_ref (RvsModel *model)
{
  atomic_fetch_add_explicit (&model->n_refs, 1, memory_order_relaxed);
  return model;
}

void
rvs_model_unref (RvsModel *model)
{
  if (!model || atomic_fetch_sub_explicit (&model->n_refs, 1, memory_order_acq_rel) != 1)
    return;
  rvs__net_clear (&model->net);
  rvs__free (model->strings);
  rvs__free (model);
}

const RvsModelInfo *
rvs_model_get_info (const RvsModel *model)
{
  return &model->info;
}

const RvsArch *
rvs__model_arch (const RvsModel *model)
{
  return model->net.arch;
}

const void *
rvs__model_net (const RvsModel *model, const RvsArch *arch)
{
  return model && model->net.arch == arch ? model->net.data : NULL;
}
