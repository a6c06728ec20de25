/* SPDX-License-Identifier: GPL-3.0-or-later
 * kernels.h: the table of inner loops. A kernel is a pure loop over memory it is given: no allocation,
 * no threads, no errors. Operators (ops/) choose and cut the work, kernels compute.
 *
 * Adding a kernel: the function, one line in its level's fill function, one check in tests/kernels. */
#ifndef RVS_KERNELS_KERNELS_H
#define RVS_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef enum RvsAct
{
  RVS_ACT_NONE,
  RVS_ACT_LRELU, /* slope 0.2 */
  RVS_ACT_RELU,
  RVS_ACT_SIGMOID,
  RVS_ACT_ELU /* exp (v) - 1 below 0 */
} RvsAct;

#define RVS_LRELU_SLOPE 0.2f

/* c[i][j] = sum over l of a[l][i] * rows[l][j], i < m, j < n, l < k.
 * The rows need no common distance: a convolution passes shifted views of one padded band, so nothing is unfolded unless
 * the level's own library needs it. work: gemm_work (m, n, k) floats, 64-byte aligned; unused where lda is the table's `panel`
 * and m no more than that, for then `a` lies as the kernel would pack it. */
typedef struct RvsGemm
{
  int                 m, n, k;
  const float        *a; /* k x m, row pitch lda: the weights, output channel fastest */
  int                 lda;
  const float *const *rows;       /* k rows of n floats */
  ptrdiff_t           row_stride; /* rows[l] = rows[0] + l * row_stride for all l, or 0 when not so */
  float              *c;
  size_t              ldc;
  float              *work;
} RvsGemm;

/* The same product of what is rounded to bfloat16 (to the nearest, ties to even, denormals to 0), summed in float: two input channels
 * share a 32-bit word, so that a row of pairs serves both. a's row of channel c and tap t is c * taps + t; the row of pairs of
 * channels 2 p (low half) and 2 p + 1 (high half; zeros beyond the last channel) is p * taps + t. work as for c_in * taps rows. */
typedef struct RvsPairGemm
{
  int                    m, n, c_in, taps;
  const float           *a; /* as RvsGemm's; rounded here */
  int                    lda;
  const uint32_t *const *rows; /* (c_in + 1) / 2 * taps */
  float                 *c;
  size_t                 ldc;
  float                 *work;
} RvsPairGemm;

/* Winograd's F(4x4, 3x3): a tile of 4 x 4 results of a 3 x 3 convolution from 6 x 6 values by 36 products instead of 144. With the
 * points 0, +-a, +-b and infinity, a = sqrt (1/2) and b = sqrt 2 (they lose half as much as 1 and 2 do), for one channel to one channel
 *   tile = A^T [(G g G^T) . (B^T d B)] A,   . element by element, and
 *
 *   B^T = 1  0   -2.5   0   1  0     G = 1        0    0        A^T = 1  1    1   1    1   0
 *         0 -b   -2     a   1  0        -2/3  -2a/3 -1/3              0  a   -a   b   -b   0
 *         0  b   -2    -a   1  0        -2/3   2a/3 -1/3              0  1/2 1/2  2    2   0
 *         0 -a   -1/2   b   1  0         1/6   b/6   1/3              0  a/2 -a/2 2b  -2b  1
 *         0  a   -1/2  -b   1  0         1/6  -b/6   1/3
 *         0  1    0    -2.5 0  1         0     0     1
 *
 * Place (i, j) of the 6 x 6 is i * 6 + j. All channels' products of one place are one matrix product over the tiles (gemm). */
enum
{
  RVS_TILE = 4,
  RVS_TILE_IN = RVS_TILE + 2,
  RVS_PLACES = RVS_TILE_IN * RVS_TILE_IN,
  RVS_TILE_BLOCK = 16 /* tiles: rows are readable and writable to whole blocks */
};

/* B^T d B of n tiles side by side. */
typedef struct RvsTilesIn
{
  const float *rows; /* RVS_TILE_IN of them; each readable for 4 * (n rounded up to RVS_TILE_BLOCK) + 2 */
  size_t       pitch;
  int          n;
  float       *out; /* out[place * step + tile] */
  size_t       step;
} RvsTilesIn;

/* A^T m A of n tiles side by side. */
typedef struct RvsTilesOut
{
  const float *in; /* in[place * step + tile] */
  size_t       step;
  int          n;
  float       *rows; /* RVS_TILE of them; each written for 4 * n, and with what means nothing up to a whole block */
  size_t       pitch;
} RvsTilesOut;

/* What follows a convolution, for one row of one channel: dst = act (src + bias [+ add]) [+ add].
 * sums[0] and sums[1] grow by the sums of dst and dst^2, unless sums is NULL. dst may be src or add. */
typedef struct RvsEpilogueRow
{
  const float *src;
  float       *dst;
  const float *add; /* NULL = none */
  double      *sums;
  int          n;
  float        bias;
  RvsAct       act;
  int          add_first; /* add before the activation */
} RvsEpilogueRow;

/* One row of one channel of a modulation. u = (x - mean) * rstd.
 * One guide (gs NULL):  out = u * (gd + gd_bias) + bd + bd_bias
 * Two (JSFM):           g = 1 + w * (gd + gd_bias), b = w * (bd + bd_bias), s = gs + gs_bias, t = bs + bs_bias,
 *                       out = u * (s * g + b) + t * g + b
 * then lrelu with `slope` (1 = none). out may be x, gd, bd, gs or bs. */
typedef struct RvsModulateRow
{
  const float *x, *gd, *bd, *gs, *bs;
  const float *w; /* n values; unused with one guide */
  float       *out;
  int          n;
  float        mean, rstd, gd_bias, bd_bias, gs_bias, bs_bias, slope;
} RvsModulateRow;

/* When a 3x3 convolution is quicker in tiles than otherwise. */
typedef struct RvsTilesPay
{
  int from;  /* c_in c_out / (c_in + c_out); 0: it never is */
  int least; /* tiles of a plane */
} RvsTilesPay;

typedef struct RvsKernels
{
  const char *name;         /* "generic", "openblas", "avx2", "avx512", "neon": the gemm's level */
  const char *narrow;       /* "bf16" where gemm_pairs is quicker than gemm; "" elsewhere */
  int         panel;        /* columns of a that gemm takes at a time, packed */
  RvsTilesPay tiles;        /* beside bands in float */
  RvsTilesPay tiles_narrow; /* beside narrow bands */
  const char *library;      /* the BLAS behind it and its build; "" where the gemm is our own */
  size_t (*gemm_work) (int m, int n, int k);
  void (*gemm) (const RvsGemm *args);
  void (*gemm_pairs) (const RvsPairGemm *args);
  /* dst[i] = a[i] rounded | b[i] rounded << 16; b NULL: zeros */
  void (*pair_row) (const float *a, const float *b, int n, uint32_t *dst);
  /* G g G^T of a panel: g's tap t of column i is w[t * lda + i], i < n <= panel; out[place * step + i], zeros up to the panel. */
  void (*tiles_weights) (const float *w, int lda, int n, float *out, size_t step);
  void (*tiles_in) (const RvsTilesIn *args);
  void (*tiles_out) (const RvsTilesOut *args);
  void (*epilogue_row) (const RvsEpilogueRow *args);
  void (*modulate_row) (const RvsModulateRow *args);
  /* sums[0] += sum x, sums[1] += sum x^2 */
  void (*moments_row) (const float *x, int n, double *sums);
  /* Bilinear x2 of one output row from its two source rows of n: weight `near` on a, 1 - near on b. dst: 2n. */
  void (*up2_row) (const float *a, const float *b, float near, int n, float *dst);
  /* Mean of 2x2: rows a, b of 2n, dst n. */
  void (*down2_row) (const float *a, const float *b, int n, float *dst);
  /* dst[2i] = a[i], dst[2i + 1] = b[i] */
  void (*interleave_row) (const float *a, const float *b, int n, float *dst);
} RvsKernels;

/* Fills the table with the best kernels among those allowed (core/cpu.h, bits RVS_CPU_*; limited to what this processor has).
 * 0 gives the plain C of every one. */
void rvs__kernels_init (RvsKernels *kernels, uint32_t cpu_mask);

/* The levels, each overriding entries of the table; called by rvs__kernels_init only. */
void rvs__kernels_fill_generic (RvsKernels *kernels);
void rvs__kernels_fill_blas (RvsKernels *kernels);
void rvs__kernels_fill_avx2 (RvsKernels *kernels);
void rvs__kernels_fill_avx512 (RvsKernels *kernels);
void rvs__kernels_fill_avx512bf16 (RvsKernels *kernels);
void rvs__kernels_fill_neon (RvsKernels *kernels);

/* For the vector levels, which may not call libm themselves. */
void rvs__epilogue_row_f32_generic (const RvsEpilogueRow *args);

#endif
