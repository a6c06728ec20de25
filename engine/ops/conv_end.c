/* SPDX-License-Identifier: GPL-3.0-or-later
 * conv_end.c: bias, activation, addition and instance-norm sums, applied while a convolution's result is in the cache. */
#include "ops/conv.h"

#include <math.h>

void
rvs__conv_begin (RvsConvEnd *end, int n_bands)
{
  end->n_bands = n_bands;
  end->sums = NULL;
  if (end->epilogue->norm)
    end->sums = rvs__arena_push (end->exec->arena, (size_t)n_bands * (size_t)end->conv->c_out * 2 * sizeof (double));
}

void
rvs__conv_end_channel (const RvsConvEnd *end, int band, int channel, const float *result, size_t pitch, int y, int n_rows)
{
  const RvsEpilogue *epilogue = end->epilogue;
  const RvsTensor   *out = end->out;
  double            *sums = end->sums ? end->sums + 2 * ((size_t)band * (size_t)end->conv->c_out + (size_t)channel) : NULL;
  size_t             at = (size_t)y * (size_t)out->w;
  RvsEpilogueRow     row
      = { .n = out->w, .sums = sums, .bias = end->conv->bias[channel], .act = epilogue->act, .add_first = epilogue->add_first };

  if (sums)
    sums[0] = sums[1] = 0;
  for (int r = 0; r < n_rows; r++, at += (size_t)out->w)
    {
      row.src = result + (size_t)r * pitch;
      row.dst = rvs__channel (out, channel) + at;
      row.add = epilogue->add ? rvs__channel (epilogue->add, channel) + at : NULL;
      end->exec->kernels->epilogue_row (&row);
    }
}

void
rvs__norm_from_sums (const double *sums, int n_bands, int channels, double n_pixels, RvsNorm *norm)
{
  for (int c = 0; c < channels; c++)
    {
      double sum = 0, square = 0, mean, variance;

      for (int b = 0; b < n_bands; b++)
        {
          sum += sums[2 * ((size_t)b * (size_t)channels + (size_t)c)];
          square += sums[2 * ((size_t)b * (size_t)channels + (size_t)c) + 1];
        }
      mean = sum / n_pixels;
      variance = square / n_pixels - mean * mean;
      norm->mean[c] = (float)mean;
      norm->rstd[c] = (float)(1 / sqrt ((variance < 0 ? 0 : variance) + 1e-5));
    }
}

void
rvs__conv_end (const RvsConvEnd *end)
{
  const double n_pixels = (double)end->out->h * end->out->w;

  if (end->sums && !rvs__exec_idle (end->exec))
    rvs__norm_from_sums (end->sums, end->n_bands, end->conv->c_out, n_pixels, end->epilogue->norm);
}
