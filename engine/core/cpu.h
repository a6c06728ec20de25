/* SPDX-License-Identifier: GPL-3.0-or-later
 * cpu.h: which kernel levels this processor and the user allow. */
#ifndef RVS_CORE_CPU_H
#define RVS_CORE_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of RvsSessionConfig.cpu_mask and of the environment's RVS_CPU_MASK. No bit: plain C alone. */
enum
{
  RVS_CPU_BLAS = 1u << 0,   /* sgemm of OpenBLAS */
  RVS_CPU_AVX2 = 1u << 1,   /* with FMA */
  RVS_CPU_AVX512 = 1u << 2, /* F, BW, DQ and VL */
  RVS_CPU_BF16 = 1u << 3,   /* AVX-512's dot products of bfloat16 */
  RVS_CPU_NEON = 1u << 4    /* of AArch64 */
};

/* What the processor and the build have, limited by `mask` and by RVS_CPU_MASK (a C integer; unset or unreadable = all). */
uint32_t rvs__cpu_flags (uint32_t mask);
/* Whether a bfloat16 dot product does twice the work of a float multiply-add here, and not half of it: docs/performance.md. */
bool rvs__cpu_quick_bf16 (void);
/* Whether this is AMD's family 26. */
bool rvs__cpu_is_zen5 (void);

#endif
