/* SPDX-License-Identifier: GPL-3.0-or-later
 * cpu.c: processor flags and the user's mask. */
#include "core/cpu.h"

#include <stdlib.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static uint32_t
processor_flags (void)
{
  uint32_t flags = RVS_CPU_BLAS;

#if defined(__x86_64__)
  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    flags |= RVS_CPU_AVX2;
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq")
      && __builtin_cpu_supports ("avx512vl"))
    flags |= RVS_CPU_AVX512;
  if (__builtin_cpu_supports ("avx512bf16"))
    flags |= RVS_CPU_BF16;
#elif defined(__aarch64__)
  flags |= RVS_CPU_NEON;
#endif
  return flags;
}

static uint32_t
environment_mask (void)
{
  const char   *text = getenv ("RVS_CPU_MASK");
  char         *end = NULL;
  unsigned long value;

  if (!text || !*text)
    return UINT32_MAX;
  value = strtoul (text, &end, 0);
  return *end ? UINT32_MAX : (uint32_t)value;
}

uint32_t
rvs__cpu_flags (uint32_t mask)
{
  return processor_flags () & mask & environment_mask ();
}

bool
rvs__cpu_is_zen5 (void)
{
#if defined(__x86_64__)
  unsigned a = 0, b, c, d;

  __builtin_cpu_init ();
  return __builtin_cpu_is ("amd") && __get_cpuid (1, &a, &b, &c, &d) && (a >> 8 & 15) + (a >> 20 & 255) == 26;
#else
  return false;
#endif
}

bool
rvs__cpu_quick_bf16 (void)
{
#if defined(__x86_64__)
  __builtin_cpu_init ();
  return !__builtin_cpu_is ("intel");
#else
  return true;
#endif
}
