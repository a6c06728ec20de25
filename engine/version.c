/* SPDX-License-Identifier: GPL-3.0-or-later
 * version.c: what this build is, in one line. */
#include "kernels/kernels.h"
#include "rvs.h"

#include <pthread.h>
#include <stdio.h>

/* Written once, on the first call: the kernels' level is known only on the machine that runs. */
static char           text[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
write_text (void)
{
  RvsKernels kernels;

  rvs__kernels_init (&kernels, UINT32_MAX);
  snprintf (text, sizeof text, "Revisage %s, kernels %s%s%s%s%s", RVS_VERSION, kernels.name, *kernels.narrow ? ", " : "",
            kernels.narrow, *kernels.library ? ", " : "", kernels.library);
}

const char *
rvs_version_text (void)
{
  pthread_once (&once, write_text);
  return text;
}
