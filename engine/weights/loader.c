/* SPDX-License-Identifier: GPL-3.0-or-later
 * loader.c: checks a file's tensors against a network's list and packs them. */
#include "weights/loader.h"

#include "core/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct RvsLoader
{
  const RvsStFile *file;
  RvsError        *err;
  RvsStatus        status;
  RvsArena        *arena;   /* measuring in the first run */
  unsigned char   *taken;   /* of each tensor of the file */
  float           *tensor;  /* one tensor in PyTorch's order, in the second run */
  size_t           largest; /* elements of the largest tensor */
  bool             narrow;
};

enum
{
  MAX_NAME = 160,
  CACHE_LINE = 16 /* floats */
};

/* "[64, 22, 3, 3]" for messages. */
static void
shape_text (int rank, const size_t *shape, char *text, size_t n_bytes)
{
  size_t used = 0;

  text[0] = 0;
  for (int i = 0; i < rank && used < n_bytes; i++)
    used += (size_t)snprintf (text + used, n_bytes - used, "%s%zu", i ? ", " : "", shape[i]);
}

/* The tensor of that name and shape, or NULL after having recorded the failure. */
static const RvsStTensor *
take (RvsLoader *loader, int rank, const size_t *shape, const char *name)
{
  const RvsStTensor *tensor;
  size_t             index = 0;
  char               wanted[64], found[64];

  if (loader->status != RVS_OK)
    return NULL;
  tensor = rvs__st_find (loader->file, name);
  if (!tensor)
    {
      loader->status = rvs__fail (loader->err, RVS_ERR_MODEL, "tensor %s is missing", name);
      return NULL;
    }
  if (tensor->rank != rank || memcmp (tensor->shape, shape, (size_t)rank * sizeof *shape) != 0)
    {
      shape_text (rank, shape, wanted, sizeof wanted);
      shape_text (tensor->rank, tensor->shape, found, sizeof found);
      loader->status = rvs__fail (loader->err, RVS_ERR_MODEL, "tensor %s has shape [%s] instead of [%s]", name, found, wanted);
      return NULL;
    }
  while (rvs__st_tensor_at (loader->file, index) != tensor)
    index++;
  if (loader->arena->measuring)
    {
      if (loader->taken[index])
        loader->status = rvs__fail (loader->err, RVS_ERR_INTERNAL, "tensor %s is listed twice", name);
      loader->taken[index] = 1;
      if (tensor->n > loader->largest)
        loader->largest = tensor->n;
    }
  return loader->status == RVS_OK ? tensor : NULL;
}

/* Reads the tensor into loader->tensor; false while measuring or on failure. */
static bool
read_values (RvsLoader *loader, const RvsStTensor *tensor, float *dst)
{
  if (!tensor || loader->arena->measuring)
    return false;
  loader->status = rvs__st_read (tensor, dst, loader->err);
  return loader->status == RVS_OK;
}

void
rvs__load_narrow (RvsLoader *loader, bool narrow)
{
  loader->narrow = narrow;
}

void
rvs__load_conv_shape (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int kh, int kw)
{
  size_t n = (size_t)c_out * (size_t)c_in * (size_t)kh * (size_t)kw;
  RvsPad pad = RVS_PAD_ZERO;

  *conv = (RvsConv){
    .c_in = c_in, .c_out = c_out, .kh = kh, .kw = kw, .stride = 1, .dilation = 1, .pad = pad, .narrow = loader->narrow
  };
  conv->weight = rvs__arena_floats (loader->arena, n);
  conv->bias = rvs__arena_floats (loader->arena, (size_t)c_out);
  if (conv->bias)
    memset (conv->bias, 0, (size_t)c_out * sizeof (float));
}

/* Output channels [first, first + n) from the tensors NAME<weight> and, unless it is NULL, NAME<bias>. */
static void
load_named (RvsLoader *loader, RvsConv *conv, int first, int n, int rank, const char *name, const char *weight, const char *bias)
{
  size_t shape[4] = { (size_t)n, (size_t)conv->c_in, (size_t)conv->kh, (size_t)conv->kw };
  size_t k = (size_t)conv->c_in * (size_t)conv->kh * (size_t)conv->kw;
  char   full[MAX_NAME + 8];

  assert (first >= 0 && first + n <= conv->c_out);
  snprintf (full, sizeof full, "%s%s", name, weight);
  if (read_values (loader, take (loader, rank, shape, full), loader->tensor))
    for (size_t from = 0; from < (size_t)n; from += CACHE_LINE) /* or each value would touch a line of its own */
      for (size_t l = 0; l < k; l++)
        for (size_t o = from; o < (size_t)n && o < from + CACHE_LINE; o++)
          conv->weight[l * (size_t)conv->c_out + (size_t)first + o] = loader->tensor[o * k + l];
  if (!bias)
    return;
  snprintf (full, sizeof full, "%s%s", name, bias);
  if (read_values (loader, take (loader, 1, shape, full), loader->tensor))
    memcpy (conv->bias + first, loader->tensor, (size_t)n * sizeof (float));
}

static void
load_part (RvsLoader *loader, RvsConv *conv, int first, int n, bool with_bias, int rank, const char *name)
{
  load_named (loader, conv, first, n, rank, name, ".weight", with_bias ? ".bias" : NULL);
}

void
rvs__load_conv_part (RvsLoader *loader, RvsConv *conv, int first, int n, bool with_bias, const char *name, ...)
{
  char    text[MAX_NAME];
  va_list args;

  va_start (args, name);
  vsnprintf (text, sizeof text, name, args);
  va_end (args);
  load_part (loader, conv, first, n, with_bias, 4, text);
}

void
rvs__load_conv (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int k, const char *name, ...)
{
  char    text[MAX_NAME];
  va_list args;

  va_start (args, name);
  vsnprintf (text, sizeof text, name, args);
  va_end (args);
  rvs__load_conv_shape (loader, conv, c_out, c_in, k, k);
  load_part (loader, conv, 0, c_out, true, 4, text);
}

void
rvs__load_own_conv (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int k, const char *name, ...)
{
  char    text[MAX_NAME];
  va_list args;

  va_start (args, name);
  vsnprintf (text, sizeof text, name, args);
  va_end (args);
  rvs__load_conv_shape (loader, conv, c_out, c_in, k, k);
  load_named (loader, conv, 0, c_out, 4, text, ".w", ".b");
}

void
rvs__load_linear (RvsLoader *loader, RvsConv *linear, int c_out, int c_in, const char *name, ...)
{
  char    text[MAX_NAME];
  va_list args;

  va_start (args, name);
  vsnprintf (text, sizeof text, name, args);
  va_end (args);
  rvs__load_conv_shape (loader, linear, c_out, c_in, 1, 1);
  load_part (loader, linear, 0, c_out, true, 2, text);
}

void
rvs__load_tensor (RvsLoader *loader, float **out, int rank, const size_t *shape, const char *name, ...)
{
  char               text[MAX_NAME];
  va_list            args;
  const RvsStTensor *tensor;

  va_start (args, name);
  vsnprintf (text, sizeof text, name, args);
  va_end (args);
  *out = NULL;
  tensor = take (loader, rank, shape, text);
  if (!tensor)
    return;
  *out = rvs__arena_floats (loader->arena, tensor->n);
  read_values (loader, tensor, *out);
}

/* ---- the two runs ---- */

static RvsStatus
check_all_taken (const RvsLoader *loader)
{
  char clip[RVS_CLIP];

  for (size_t i = 0; i < rvs__st_n_tensors (loader->file); i++)
    if (!loader->taken[i])
      return rvs__fail (loader->err, RVS_ERR_MODEL, "tensor '%s' does not belong to this network",
                        rvs__clip (rvs__st_tensor_at (loader->file, i)->name, clip));
  return RVS_OK;
}

RvsStatus
rvs__load (const RvsStFile *file, void (*list) (RvsLoader *loader, void *net), void *net, RvsArena *out_memory, RvsError *err)
{
  RvsArena  measure;
  RvsLoader loader = { .file = file, .err = err, .arena = &measure };
  size_t    n_tensors = rvs__st_n_tensors (file);

  memset (out_memory, 0, sizeof *out_memory);
  rvs__arena_measure (&measure);
  loader.taken = rvs__alloc_zero (n_tensors + 1);
  if (!loader.taken)
    {
      loader.status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory to read the weights");
      goto cleanup;
    }
  list (&loader, net);
  if (loader.status == RVS_OK)
    loader.status = check_all_taken (&loader);
  if (loader.status != RVS_OK)
    goto cleanup;

  loader.tensor = rvs__alloc ((loader.largest + 1) * sizeof (float));
  if (!loader.tensor)
    {
      loader.status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory to read the weights");
      goto cleanup;
    }
  loader.status = rvs__arena_open (out_memory, measure.peak, err);
  if (loader.status != RVS_OK)
    goto cleanup;
  loader.arena = out_memory;
  loader.narrow = false;
  list (&loader, net);

cleanup:
  if (loader.status != RVS_OK)
    rvs__arena_close (out_memory);
  rvs__free (loader.tensor);
  rvs__free (loader.taken);
  return loader.status;
}

/* ---- metadata ---- */

static RvsStatus
bad_key (const RvsStFile *file, const char *key, RvsError *err)
{
  const char *value = rvs__st_meta (file, key);
  char        clip[RVS_CLIP];

  if (!value)
    return rvs__fail (err, RVS_ERR_MODEL, "metadata %s is missing", key);
  return rvs__fail (err, RVS_ERR_MODEL, "metadata %s=%s is not understood", key, rvs__clip (value, clip));
}

/* Parses a number in min..max at *text and moves past it; -1 when there is none. */
static int
take_number (const char **text, int min, int max)
{
  int value = 0, n_digits = 0;

  for (; **text >= '0' && **text <= '9' && value <= max; (*text)++, n_digits++)
    value = value * 10 + (**text - '0');
  return n_digits > 0 && value >= min && value <= max ? value : -1;
}

RvsStatus
rvs__meta_pairs (const RvsStFile *file, const char *key, int first_key, int n, int max, int *out_values, RvsError *err)
{
  const char *text = rvs__st_meta (file, key);

  for (int i = 0; text && i < n; i++)
    {
      if (i > 0 && *text++ != ',')
        return bad_key (file, key, err);
      if (take_number (&text, 1, 65536) != first_key << i || *text++ != ':')
        return bad_key (file, key, err);
      out_values[i] = take_number (&text, 1, max);
      if (out_values[i] < 0)
        return bad_key (file, key, err);
    }
  return text && *text == 0 ? RVS_OK : bad_key (file, key, err);
}

RvsStatus
rvs__meta_range (const RvsStFile *file, const char *key, int n, int min, int max, int *out_values, RvsError *err)
{
  const char *text = rvs__st_meta (file, key);

  for (int i = 0; text && i < n; i++)
    {
      if (i > 0 && *text++ != ',')
        return bad_key (file, key, err);
      out_values[i] = take_number (&text, min, max);
      if (out_values[i] < 0)
        return bad_key (file, key, err);
    }
  return text && *text == 0 ? RVS_OK : bad_key (file, key, err);
}

RvsStatus
rvs__meta_ints (const RvsStFile *file, const char *key, int n, int max, int *out_values, RvsError *err)
{
  return rvs__meta_range (file, key, n, 1, max, out_values, err);
}

RvsStatus
rvs__meta_word (const RvsStFile *file, const char *key, const char *const *words, int *out_index, RvsError *err)
{
  const char *value = rvs__st_meta (file, key);

  for (int i = 0; value && words[i]; i++)
    if (strcmp (value, words[i]) == 0)
      {
        *out_index = i;
        return RVS_OK;
      }
  return bad_key (file, key, err);
}
