/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels.c: fills the table from plain C upwards, stopping at the first vector level that is missing. */
#include "kernels/kernels.h"

#include "core/cpu.h"

void
rvs__kernels_init (RvsKernels *kernels, uint32_t cpu_mask)
{
  uint32_t flags = rvs__cpu_flags (cpu_mask);

  rvs__kernels_fill_generic (kernels);
#if RVS_HAVE_X86
  if (flags & RVS_CPU_AVX2)
    {
      rvs__kernels_fill_avx2 (kernels);
      if (flags & RVS_CPU_AVX512)
        rvs__kernels_fill_avx512 (kernels);
      if (flags & RVS_CPU_AVX512 && flags & RVS_CPU_BF16)
        {
          rvs__kernels_fill_avx512bf16 (kernels);
          if (!rvs__cpu_quick_bf16 ())
            kernels->narrow = ""; /* there, but float is quicker */
          if (!rvs__cpu_is_zen5 ())
            kernels->tiles_narrow.from = 0; /* not measured elsewhere */
        }
      return; /* faster than a BLAS: no need to load one */
    }
#endif
#if RVS_HAVE_NEON
  if (flags & RVS_CPU_NEON)
    {
      rvs__kernels_fill_neon (kernels);
      return;
    }
#endif
  if (flags & RVS_CPU_BLAS)
    rvs__kernels_fill_blas (kernels);
}
