/* SPDX-License-Identifier: GPL-3.0-or-later
 * modulate.c: STNorm and JSFM. gamma and beta exist only for a few channels of one band of rows, in per-worker
 * scratch: at 512 they would be four tensors as large as the features themselves. */
#include "ops/band.h"
#include "ops/ops.h"
#include "ops/scratch.h"

#include <assert.h>
#include <string.h>

enum
{
  MAX_PIXELS = 1024,
  CHUNK = 16 /* channels whose gamma and beta exist at a time; a multiple of 4, as pixel_shuffle needs */
};

typedef struct ModulateJob
{
  RvsExec             *exec;
  const RvsModulation *mod;
  const RvsTensor     *x, *out;
  RvsBand              bands[2];
  int                  n_guides;
  RvsCut               cut;
  RvsScratch           scratch;
  size_t               ldc[2];
  size_t               band_bytes[2], head_bytes[2], row_bytes;
} ModulateJob;

/* One worker's scratch, taken apart. */
typedef struct Parts
{
  void  *bands[2];
  float *heads[2]; /* [gamma of CHUNK | beta of CHUNK][ldc] */
  float *w_row;
  float *noise;
} Parts;

static Parts
parts_of (const ModulateJob *job, int worker)
{
  unsigned char *at = job->scratch.base + job->scratch.stride * (size_t)worker;
  Parts          parts = { 0 };

  for (int g = 0; g < job->n_guides; g++)
    {
      parts.bands[g] = at;
      at += job->band_bytes[g];
      parts.heads[g] = (float *)at;
      at += job->head_bytes[g];
    }
  parts.w_row = (float *)at;
  at += job->row_bytes;
  parts.noise = (float *)at;
  return parts;
}

/* gamma and beta of channels [first, first + n) from guide g, without bias. */
static void
run_heads (const ModulateJob *job, Parts *parts, int g, int first, int n, int n_rows)
{
  for (int half = 0; half < 2; half++)
    rvs__band_multiply (&job->bands[g], parts->bands[g], n_rows, half * job->x->c + first, n,
                        parts->heads[g] + (size_t)(half * CHUNK) * job->ldc[g], job->ldc[g]);
}

static void
add_row (const float *in, int n, float *out)
{
  for (int i = 0; i < n; i++)
    out[i] += in[i];
}

/* Row r of the band, channel first + i of the chunk; returns where the result is. */
static const float *
modulate_row (const ModulateJob *job, Parts *parts, int first, int i, int y, int r)
{
  const RvsModulation *mod = job->mod;
  const RvsConv       *a = mod->head_a, *b = mod->head_b;
  int                  c = first + i, w = job->x->w;
  size_t               at = (size_t)(y + r) * (size_t)w;
  float               *gamma = parts->heads[0] + (size_t)i * job->ldc[0] + (size_t)r * (size_t)job->bands[0].pitch;
  float               *target = rvs__channel (job->out, c) + at;
  bool                 direct = !mod->shuffle && !mod->accumulate;
  RvsModulateRow       row = { .x = rvs__channel (job->x, c) + at,
                               .gd = gamma,
                               .bd = gamma + CHUNK * job->ldc[0],
                               .out = direct ? target : gamma,
                               .n = w,
                               .mean = mod->norm->mean[c],
                               .rstd = mod->norm->rstd[c],
                               .gd_bias = a->bias[c],
                               .bd_bias = a->bias[job->x->c + c],
                               .slope = mod->lrelu ? RVS_LRELU_SLOPE : 1 };

  if (b)
    {
      row.gs = parts->heads[1] + (size_t)i * job->ldc[1] + (size_t)r * (size_t)job->bands[1].pitch;
      row.bs = row.gs + CHUNK * job->ldc[1];
      row.gs_bias = b->bias[c];
      row.bs_bias = b->bias[job->x->c + c];
      row.w = mod->w_map ? mod->w_map->data + at : parts->w_row;
    }
  job->exec->kernels->modulate_row (&row);
  if (mod->accumulate)
    add_row (gamma, w, target);
  if (mod->shuffle && mod->noise_gain != 0)
    add_row (parts->noise + (size_t)r * (size_t)w, w, gamma);
  return row.out;
}

static void
modulate_chunk (const ModulateJob *job, Parts *parts, int first, int n, int y, int n_rows)
{
  int w = job->x->w;

  for (int g = 0; g < job->n_guides; g++)
    run_heads (job, parts, g, first, n, n_rows);
  for (int r = 0; r < n_rows; r++)
    for (int i = 0; i < n; i += job->mod->shuffle ? 4 : 1)
      if (!job->mod->shuffle)
        modulate_row (job, parts, first, i, y, r);
      else
        {
          float *target = rvs__channel (job->out, (first + i) / 4) + (size_t)(2 * (y + r)) * (size_t)(2 * w);

          for (int half = 0; half < 2; half++, target += 2 * w)
            {
              const float *left = modulate_row (job, parts, first, i + 2 * half, y, r);
              const float *right = modulate_row (job, parts, first, i + 2 * half + 1, y, r);

              job->exec->kernels->interleave_row (left, right, w, target);
            }
        }
}

static void
prepare_noise (const RvsModulation *mod, float *noise, int y, int n_rows, int w)
{
  for (int r = 0; r < n_rows; r++)
    for (int i = 0; i < w; i++)
      noise[(size_t)r * (size_t)w + (size_t)i] = mod->noise_gain * rvs__noise_at (mod->noise_seed, mod->noise_stage, y + r, i);
}

static void
modulate_item (void *context, int item, int worker)
{
  ModulateJob *job = context;
  Parts        parts = parts_of (job, worker);
  int          y = item / job->cut.n_parts * job->cut.n_rows;
  int          n_rows = job->x->h - y < job->cut.n_rows ? job->x->h - y : job->cut.n_rows;
  int          first = item % job->cut.n_parts * job->cut.n_channels;
  int          end = first + job->cut.n_channels < job->x->c ? first + job->cut.n_channels : job->x->c;

  for (int g = 0; g < job->n_guides; g++)
    rvs__band_copy (&job->bands[g], y, n_rows, parts.bands[g]);
  for (int i = 0; i < job->x->w; i++)
    parts.w_row[i] = job->mod->w;
  if (job->mod->shuffle && job->mod->noise_gain != 0)
    prepare_noise (job->mod, parts.noise, y, n_rows, job->x->w);
  for (int c = first; c < end; c += CHUNK)
    modulate_chunk (job, &parts, c, end - c < CHUNK ? end - c : CHUNK, y, n_rows);
}

static void
check_shapes (const RvsModulation *mod, const RvsTensor *x, const RvsTensor *out)
{
  assert (mod->head_a->c_out == 2 * x->c && (!mod->head_b || mod->head_b->c_out == 2 * x->c));
  assert (mod->a->h == x->h && mod->a->w == x->w);
  assert (!mod->head_b || (mod->b->h == x->h && mod->b->w == x->w) || (2 * mod->b->h == x->h && 2 * mod->b->w == x->w));
  assert (!mod->w_map || (mod->w_map->h == x->h && mod->w_map->w == x->w));
  if (mod->shuffle)
    assert (x->c % 4 == 0 && out->c == x->c / 4 && out->h == 2 * x->h && out->w == 2 * x->w && !mod->accumulate);
  else
    assert (out->c == x->c && out->h == x->h && out->w == x->w);
  (void)mod, (void)x, (void)out;
}

void
rvs__modulate (RvsExec *exec, const RvsModulation *mod, const RvsTensor *x, RvsTensor *out)
{
  size_t      mark = rvs__arena_mark (exec->arena);
  ModulateJob job = { .exec = exec, .mod = mod, .x = x, .out = out, .n_guides = mod->head_b ? 2 : 1 };
  size_t      total = 0, noise_bytes;

  check_shapes (mod, x, out);
  job.cut = rvs__cut (exec, x->h, x->w, x->c, MAX_PIXELS);
  for (int g = 0; g < job.n_guides; g++)
    {
      const RvsTensor *guide = g ? mod->b : mod->a;

      rvs__band_plan (&job.bands[g], exec, g ? mod->head_b : mod->head_a, guide, guide->h != x->h, job.cut.n_rows);
      job.ldc[g] = ((size_t)rvs__band_columns (&job.bands[g], job.cut.n_rows) + 15) & ~(size_t)15;
      job.band_bytes[g] = rvs__band_bytes (&job.bands[g], CHUNK);
      job.head_bytes[g] = 2 * CHUNK * job.ldc[g] * sizeof (float);
      total += job.band_bytes[g] + job.head_bytes[g];
    }
  job.row_bytes = rvs__scratch_round ((size_t)x->w * sizeof (float));
  noise_bytes = mod->shuffle ? (size_t)job.cut.n_rows * (size_t)x->w * sizeof (float) : 0;
  job.scratch = rvs__scratch_push (exec, total + job.row_bytes + noise_bytes);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, modulate_item, &job, job.cut.n_bands * job.cut.n_parts);
  rvs__arena_release (exec->arena, mark);
}
