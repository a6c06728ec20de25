/* SPDX-License-Identifier: GPL-3.0-or-later
 * adaptive.c: convolutions whose kernels follow a guide: at every pixel (Su et al. 2019, pixel-adaptive convolution) or one for each
 * channel of the picture, and the pooling that such a kernel is made of. */
#include "ops/ops.h"
#include "ops/scratch.h"

#include <assert.h>
#include <math.h>

/* Squared distance from which two pixels are not alike at all. exp (-40) is 4e-18, less than a float's rounding of the sum of the other taps;
 * further away it becomes a denormal, and so do its products, which cost Intel's processors a hundred cycles each. */
#define FAR 80.0f

enum
{
  TAPS = 9,              /* of a 3x3 window, row by row */
  MAX_FLOATS = 128 << 10 /* of a band's weighted taps: half a megabyte, for the second-level cache */
};

/* Pixels [first, last) of a row whose neighbour at displacement dx lies in the row. */
typedef struct Span
{
  int first, last;
} Span;

static Span
inside (int w, int dx)
{
  return (Span){ dx < 0 ? -dx : 0, dx > 0 ? w - dx : w };
}

/* ---- a kernel at every pixel ---- */

/* As one matrix product for each band of rows: its rows are the nine displaced copies of each input channel, weighted. */
typedef struct AdaptiveJob
{
  RvsExec         *exec;
  const RvsConv   *conv;
  const RvsTensor *guide, *in, *out;
  int              n_rows, n_bands;
  size_t           columns; /* of a whole band */
  RvsScratch       scratch;
  size_t           pointer_bytes, alike_bytes, taps_bytes, result_bytes; /* parts of the scratch */
} AdaptiveJob;

/* One row of how alike the pixels (y, x) and (y + dy, x + dx) are; 0 where the latter is outside. */
static void
alike_row (const RvsTensor *guide, int y, int dy, int dx, float *dst)
{
  const Span   span = inside (guide->w, dx);
  const size_t at = (size_t)y * (size_t)guide->w;

  for (int x = 0; x < guide->w; x++)
    dst[x] = 0;
  if (y + dy < 0 || y + dy >= guide->h)
    return;
  for (int c = 0; c < guide->c; c++)
    {
      const float *here = rvs__channel (guide, c) + at, *there = rvs__channel (guide, c) + (size_t)(y + dy) * (size_t)guide->w;

      for (int x = span.first; x < span.last; x++)
        dst[x] += (there[x + dx] - here[x]) * (there[x + dx] - here[x]);
    }
  for (int x = span.first; x < span.last; x++)
    dst[x] = dst[x] < FAR ? expf (-0.5f * dst[x]) : 0;
}

/* One row of an input channel, displaced and weighted. Nothing outside of the picture is read. */
static void
weigh_row (const RvsTensor *in, int c, int y, int dy, int dx, const float *alike, float *dst)
{
  const Span   span = inside (in->w, dx);
  const float *there;

  if (y + dy < 0 || y + dy >= in->h)
    {
      for (int x = 0; x < in->w; x++)
        dst[x] = 0;
      return;
    }
  there = rvs__channel (in, c) + (size_t)(y + dy) * (size_t)in->w;
  for (int x = 0; x < span.first; x++)
    dst[x] = 0;
  for (int x = span.first; x < span.last; x++)
    dst[x] = alike[x] * there[x + dx];
  for (int x = span.last; x < in->w; x++)
    dst[x] = 0;
}

/* taps[9 c + tap][pixel of the band] */
static void
weigh_band (const AdaptiveJob *job, int y, int n_rows, float *alike, float *taps)
{
  const int w = job->in->w;

  for (int tap = 0; tap < TAPS; tap++)
    for (int r = 0; r < n_rows; r++)
      {
        const int dy = tap / 3 - 1, dx = tap % 3 - 1;
        float    *dst = taps + (size_t)tap * job->columns + (size_t)r * (size_t)w;

        alike_row (job->guide, y + r, dy, dx, alike);
        for (int c = 0; c < job->in->c; c++, dst += TAPS * job->columns)
          weigh_row (job->in, c, y + r, dy, dx, alike, dst);
      }
}

static void
finish_band (const AdaptiveJob *job, const float *result, int y, int n)
{
  for (int c = 0; c < job->out->c; c++)
    {
      const RvsEpilogueRow row = { .src = result + (size_t)c * job->columns,
                                   .dst = rvs__channel (job->out, c) + (size_t)y * (size_t)job->out->w,
                                   .n = n,
                                   .bias = job->conv->bias[c],
                                   .act = RVS_ACT_NONE };

      job->exec->kernels->epilogue_row (&row);
    }
}

static void
adaptive_item (void *context, int band, int worker)
{
  AdaptiveJob   *job = context;
  unsigned char *scratch = job->scratch.base + job->scratch.stride * (size_t)worker;
  const float  **rows = (const float **)scratch;
  float    *alike = (float *)(scratch + job->pointer_bytes), *taps = (float *)(scratch + job->pointer_bytes + job->alike_bytes);
  const int y = band * job->n_rows, left = job->in->h - y, n_rows = left < job->n_rows ? left : job->n_rows;
  RvsGemm   gemm = { .m = job->conv->c_out,
                     .n = n_rows * job->in->w,
                     .k = TAPS * job->conv->c_in,
                     .a = job->conv->weight,
                     .lda = job->conv->c_out,
                     .rows = rows,
                     .row_stride = (ptrdiff_t)job->columns,
                     .c = (float *)((unsigned char *)taps + job->taps_bytes),
                     .ldc = job->columns };

  gemm.work = (float *)((unsigned char *)gemm.c + job->result_bytes);
  weigh_band (job, y, n_rows, alike, taps);
  for (int l = 0; l < gemm.k; l++)
    rows[l] = taps + (size_t)l * job->columns;
  job->exec->kernels->gemm (&gemm);
  finish_band (job, gemm.c, y, gemm.n);
}

/* Bands of rows whose taps fit in the cache. Depends on shapes only. */
static void
cut_bands (AdaptiveJob *job, int k)
{
  const int fitting = MAX_FLOATS / k / job->in->w;

  job->n_rows = fitting < 1 ? 1 : fitting > job->in->h ? job->in->h : fitting;
  job->n_bands = (job->in->h + job->n_rows - 1) / job->n_rows;
  job->columns = ((size_t)job->n_rows * (size_t)job->in->w + 15) & ~(size_t)15;
}

void
rvs__adaptive_conv (RvsExec *exec, const RvsConv *conv, const RvsTensor *guide, const RvsTensor *in, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    k = TAPS * conv->c_in;
  AdaptiveJob  job = { .exec = exec, .conv = conv, .guide = guide, .in = in, .out = out };
  size_t       work_bytes;

  assert (conv->kh == 3 && conv->kw == 3 && conv->stride == 1 && conv->dilation == 1 && conv->pad == RVS_PAD_ZERO);
  assert (in->c == conv->c_in && out->c == conv->c_out && out->h == in->h && out->w == in->w);
  assert (guide->h == in->h && guide->w == in->w);
  cut_bands (&job, k);
  job.pointer_bytes = rvs__scratch_round ((size_t)k * sizeof (float *));
  job.alike_bytes = rvs__scratch_round ((size_t)in->w * sizeof (float));
  job.taps_bytes = rvs__scratch_round ((size_t)k * job.columns * sizeof (float));
  job.result_bytes = rvs__scratch_round ((size_t)conv->c_out * job.columns * sizeof (float));
  work_bytes = exec->kernels->gemm_work (conv->c_out, job.n_rows * in->w, k) * sizeof (float);
  job.scratch = rvs__scratch_push (exec, job.pointer_bytes + job.alike_bytes + job.taps_bytes + job.result_bytes + work_bytes);
  rvs__exec_run (exec, adaptive_item, &job, job.n_bands);
  rvs__arena_release (exec->arena, mark);
}

/* ---- a kernel for each channel ---- */

typedef struct PlanesJob
{
  const RvsTensor *kernels, *in, *out;
} PlanesJob;

static void
depthwise_row (const PlanesJob *job, int c, int y, float *dst)
{
  const float *kernel = rvs__channel (job->kernels, c);

  for (int x = 0; x < job->in->w; x++)
    dst[x] = 0;
  for (int tap = 0; tap < TAPS; tap++)
    {
      const int    from = y + tap / 3 - 1, dx = tap % 3 - 1;
      const Span   span = inside (job->in->w, dx);
      const float *there;

      if (from < 0 || from >= job->in->h)
        continue;
      there = rvs__channel (job->in, c) + (size_t)from * (size_t)job->in->w;
      for (int x = span.first; x < span.last; x++)
        dst[x] += kernel[tap] * there[x + dx];
    }
}

static void
depthwise_item (void *context, int c, int worker)
{
  const PlanesJob *job = context;

  (void)worker;
  for (int y = 0; y < job->in->h; y++)
    depthwise_row (job, c, y, rvs__channel (job->out, c) + (size_t)y * (size_t)job->in->w);
}

void
rvs__depthwise3 (RvsExec *exec, const RvsTensor *kernels, const RvsTensor *in, RvsTensor *out)
{
  PlanesJob job = { kernels, in, out };

  assert (kernels->c == in->c && kernels->h == 3 && kernels->w == 3);
  assert (out->c == in->c && out->h == in->h && out->w == in->w);
  rvs__exec_run (exec, depthwise_item, &job, in->c);
}

/* ---- pooling to a few cells ---- */

/* Cell i of n spans [from, to) of a side. */
static Span
cell (int i, int n, int side)
{
  return (Span){ i * side / n, ((i + 1) * side + n - 1) / n };
}

static float
mean_of_cell (const RvsTensor *in, int c, Span rows, Span columns)
{
  double sum = 0;

  for (int y = rows.first; y < rows.last; y++)
    for (int x = columns.first; x < columns.last; x++)
      sum += rvs__channel (in, c)[(size_t)y * (size_t)in->w + (size_t)x];
  return (float)(sum / ((rows.last - rows.first) * (columns.last - columns.first)));
}

static void
cells_item (void *context, int c, int worker)
{
  const PlanesJob *job = context;
  const int        h = job->out->h, w = job->out->w;

  (void)worker;
  for (int i = 0; i < h * w; i++)
    rvs__channel (job->out, c)[i] = mean_of_cell (job->in, c, cell (i / w, h, job->in->h), cell (i % w, w, job->in->w));
}

void
rvs__mean_cells (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  PlanesJob job = { .in = in, .out = out };

  assert (out->c == in->c && out->h <= in->h && out->w <= in->w);
  rvs__exec_run (exec, cells_item, &job, in->c);
}
