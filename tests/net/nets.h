/* SPDX-License-Identifier: GPL-3.0-or-later
 * nets.h: what the tests of every network share: tiny weights, comparison with PyTorch's samples, files that do not fit, memory that
 * runs out. */
#ifndef TESTS_NET_NETS_H
#define TESTS_NET_NETS_H

#include "../unit/vectors.h"

#include "net/arch.h"
#include "patterns.h"

enum
{
  SAMPLES = 32 /* positions along a side that the vectors keep */
};

/* Images are of order 1; 2e-3 is promised for the large networks, these tiny ones sum a tenth of the products. */
static const double bound = 1e-4;

static inline RvsStFile *
open_tiny (const char *name)
{
  RvsStFile *file = NULL;
  RvsError   err = { 0 };
  char       path[1024];

  snprintf (path, sizeof path, TINY "/%s.safetensors", name);
  if (rvs__st_open (path, &file, &err) != RVS_OK)
    fail_msg ("%s: %s", path, err.message);
  return file;
}

static inline RvsNet
build_tiny (const RvsArch *arch, const char *name)
{
  RvsStFile *file = open_tiny (name);
  RvsError   err = { 0 };
  RvsNet     net;

  if (rvs__net_build (arch, file, &net, &err) != RVS_OK)
    fail_msg ("%s: %s", name, err.message);
  rvs__st_close (file);
  return net;
}

/* An image at the vectors' positions against vector GROUP.NAME. */
static inline void
check_sample (const RvsStFile *file, const char *group, const char *name, const RvsTensor *image)
{
  RvsTensor wanted = tensor_of (file, group, name);
  double    worst = 0;

  assert_int_equal (wanted.c, image->c);
  assert_int_equal (wanted.w, SAMPLES);
  for (int c = 0; c < image->c; c++)
    for (int i = 0; i < SAMPLES; i++)
      for (int j = 0; j < SAMPLES; j++)
        {
          int    y = i * (image->h - 1) / (SAMPLES - 1), x = j * (image->w - 1) / (SAMPLES - 1);
          double d = fabs ((double)rvs__channel (image, c)[y * image->w + x] - rvs__channel (&wanted, c)[i * SAMPLES + j]);

          if (!(d <= bound))
            fail_msg ("%s.%s: channel %d at (%d, %d) is %g off, bound %g", group, name, c, x, y, d, bound);
          worst = d > worst ? d : worst;
        }
  print_message ("# %s.%s: largest difference %.2e\n", group, name, worst);
  rvs__free (wanted.data);
}

/* Builds the file with its first `from` replaced by `to` of the same length. */
static inline RvsStatus
build_altered (const RvsArch *arch, const char *name, const char *from, const char *to, RvsNet *out_net, RvsError *err)
{
  RvsStFile           *file = open_tiny (name), *altered = NULL;
  size_t               n_bytes;
  const unsigned char *bytes = rvs__st_bytes (file, &n_bytes);
  unsigned char       *copy = rvs__alloc (n_bytes);
  RvsStatus            status;

  assert_non_null (copy);
  memcpy (copy, bytes, n_bytes);
  replace_first (copy, n_bytes, from, to);
  assert_int_equal (rvs__st_open_memory (copy, n_bytes, &altered, err), RVS_OK);
  status = rvs__net_build (arch, altered, out_net, err);
  rvs__st_close (altered);
  rvs__st_close (file);
  rvs__free (copy);
  return status;
}

/* So altered it is refused with a message that names `named`. */
static inline void
check_refused (const RvsArch *arch, const char *name, const char *from, const char *to, const char *named)
{
  RvsNet   net = { 0 };
  RvsError err = { 0 };

  assert_int_equal (build_altered (arch, name, from, to, &net, &err), RVS_ERR_MODEL);
  assert_null (net.data);
  assert_names (err.message, named);
}

/* Every allocation of building fails in turn. */
static inline void
check_memory_failures (const RvsArch *arch, const char *name)
{
  RvsStFile *file = open_tiny (name);
  RvsStatus  status = RVS_ERR_NO_MEMORY;
  size_t     n = 0;

  while (status != RVS_OK)
    {
      RvsNet net = { 0 };

      rvs__mem_fail_at (++n);
      status = rvs__net_build (arch, file, &net, NULL);
      rvs__mem_fail_at (0);
      assert_true (status == RVS_OK || status == RVS_ERR_NO_MEMORY);
      assert_true ((status == RVS_OK) == (net.data != NULL));
      rvs__net_clear (&net);
    }
  assert_true (n > 2);
  rvs__st_close (file);
}

#endif
