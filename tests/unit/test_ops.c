/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_ops.c: every operator at every kernel level against PyTorch's results (tests/vectors/gen_ops.py),
 * and the same bytes for 1, 2 and 3 threads. */
#define VECTOR_FILE "ops.safetensors"
#include "vectors.h"

#include "ops/tiles.h"

enum
{
  ARENA = 8 << 20,
  ALL_THREADS = 3
};

/* ---- convolution ---- */

/* PyTorch's [o][i][kh][kw] to ours; adds output channels [first, first + n) to a convolution of c_out. */
static void
pack (RvsConv *conv, int first, int n, const float *weight, const float *bias)
{
  size_t k = (size_t)conv->c_in * (size_t)conv->kh * (size_t)conv->kw;

  for (size_t o = 0; o < (size_t)n; o++)
    {
      for (size_t l = 0; l < k; l++)
        conv->weight[l * (size_t)conv->c_out + (size_t)first + o] = weight[o * k + l];
      conv->bias[(size_t)first + o] = bias[o];
    }
}

static RvsConv
new_conv (int c_out, int c_in, int kh, int kw)
{
  RvsConv conv = { .c_in = c_in, .c_out = c_out, .kh = kh, .kw = kw, .stride = 1, .dilation = 1 };

  conv.weight = rvs__alloc_zero ((size_t)c_out * (size_t)c_in * (size_t)kh * (size_t)kw * sizeof (float));
  conv.bias = rvs__alloc_zero ((size_t)c_out * sizeof (float));
  assert_non_null (conv.weight);
  assert_non_null (conv.bias);
  return conv;
}

static RvsConv
conv_of (const char *group)
{
  const RvsStTensor *tensor;
  float             *weight = floats_of (vectors, group, "weight", &tensor), *bias = floats_of (vectors, group, "bias", NULL);
  int                rank4 = tensor->rank == 4;
  RvsConv            conv = new_conv ((int)tensor->shape[0], (int)tensor->shape[1], rank4 ? (int)tensor->shape[2] : 1,
                           rank4 ? (int)tensor->shape[3] : 1);

  pack (&conv, 0, conv.c_out, weight, bias);
  rvs__free (weight);
  rvs__free (bias);
  return conv;
}

static void
free_conv (RvsConv *conv)
{
  rvs__free (conv->weight);
  rvs__free (conv->bias);
}

/* sum |w x| of one output, in double: what rounding errors scale with. */
static double
magnitude (const RvsConv *conv, const RvsTensor *in, int o, int y, int x)
{
  double sum = fabs (conv->bias[o]);

  for (int l = 0; l < conv->c_in * conv->kh * conv->kw; l++)
    {
      int ci = l / (conv->kh * conv->kw), ky = l / conv->kw % conv->kh, kx = l % conv->kw;
      int iy = y * conv->stride + (ky - conv->kh / 2) * conv->dilation;
      int ix = x * conv->stride + (kx - conv->kw / 2) * conv->dilation;

      if (conv->pad == RVS_PAD_REFLECT)
        {
          iy = iy < 0 ? -iy : iy >= in->h ? 2 * in->h - 2 - iy : iy;
          ix = ix < 0 ? -ix : ix >= in->w ? 2 * in->w - 2 - ix : ix;
        }
      if (iy >= 0 && iy < in->h && ix >= 0 && ix < in->w)
        sum += fabs ((double)conv->weight[(size_t)l * (size_t)conv->c_out + (size_t)o]
                     * rvs__channel (in, ci)[(size_t)iy * (size_t)in->w + (size_t)ix]);
    }
  return sum;
}

/* One output in double. */
static double
exact_conv (const RvsConv *conv, const RvsTensor *in, int o, int y, int x)
{
  double sum = conv->bias[o];

  for (int l = 0; l < conv->c_in * 9; l++)
    {
      int iy = y + l / 3 % 3 - 1, ix = x + l % 3 - 1;

      if (conv->pad == RVS_PAD_REFLECT)
        {
          iy = iy < 0 ? -iy : iy >= in->h ? 2 * in->h - 2 - iy : iy;
          ix = ix < 0 ? -ix : ix >= in->w ? 2 * in->w - 2 - ix : ix;
        }
      if (iy >= 0 && iy < in->h && ix >= 0 && ix < in->w)
        sum += (double)conv->weight[l * conv->c_out + o] * rvs__channel (in, l / 9)[(size_t)iy * (size_t)in->w + (size_t)ix];
    }
  return sum;
}

/* |a - b| <= (product + 2 sqrt (K) eps) sum |w x|: honest for cancellation. product: what each of them is off by, of itself. */
static void
check_conv_result (const char *group, const RvsConv *conv, const RvsTensor *in, const RvsTensor *got, const RvsTensor *wanted,
                   double product)
{
  double scale = product + 2 * sqrt (conv->c_in * conv->kh * conv->kw) * 0x1p-23;

  for (int o = 0; o < got->c; o++)
    for (int y = 0; y < got->h; y++)
      for (int x = 0; x < got->w; x++)
        {
          size_t at = (size_t)y * (size_t)got->w + (size_t)x;
          double a = rvs__channel (got, o)[at], b = rvs__channel (wanted, o)[at];

          if (!(fabs (a - b) <= scale * magnitude (conv, in, o, y, x)))
            fail_msg ("%s: [%d][%d][%d] is %.9g, PyTorch has %.9g", group, o, y, x, a, b);
        }
}

/* Into memory that shows what is not written, without scratch left behind; closes the stage. guide: of an adaptive one, or NULL. */
static void
convolve (Stage *stage, const RvsConv *conv, const RvsTensor *guide, const RvsTensor *in, RvsTensor *out)
{
  memset (out->data, 0x7f, tensor_floats (out) * sizeof (float));
  if (guide)
    rvs__adaptive_conv (&stage->exec, conv, guide, in, out);
  else
    rvs__conv2d (&stage->exec, conv, in, NULL, out);
  assert_int_equal (stage->arena.used, 0);
  stage_close (stage);
}

static void
check_conv (const char *group, int stride, int dilation, RvsPad pad)
{
  RvsConv   conv = conv_of (group);
  RvsTensor in = tensor_of (vectors, group, "in"), wanted = tensor_of (vectors, group, "out");
  RvsTensor out = new_tensor (wanted.c, wanted.h, wanted.w), first = new_tensor (wanted.c, wanted.h, wanted.w);

  conv.stride = stride;
  conv.dilation = dilation;
  conv.pad = pad;
  assert_int_equal (rvs__conv_side (&conv, in.w), wanted.w);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= ALL_THREADS; threads++)
      {
        Stage stage;

        stage_open (&stage, threads, cpu_levels[level], ARENA);
        convolve (&stage, &conv, NULL, &in, &out);
        check_conv_result (group, &conv, &in, &out, &wanted, 0);
        keep_or_compare (threads, &out, &first);
      }
  rvs__free (in.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
  rvs__free (first.data);
  free_conv (&conv);
}

static void
convolutions (void **state)
{
  (void)state;
  check_conv ("c3", 1, 1, RVS_PAD_ZERO);
  check_conv ("c1", 1, 1, RVS_PAD_ZERO);
  check_conv ("s2", 2, 1, RVS_PAD_ZERO);
  check_conv ("s2odd", 2, 1, RVS_PAD_ZERO);
  check_conv ("c1s2", 2, 1, RVS_PAD_ZERO);
  check_conv ("c13", 1, 1, RVS_PAD_ZERO);
  check_conv ("c31", 1, 1, RVS_PAD_ZERO);
  check_conv ("c5", 1, 1, RVS_PAD_ZERO);
  check_conv ("d2", 1, 2, RVS_PAD_ZERO);
  check_conv ("d4", 1, 4, RVS_PAD_ZERO);
  check_conv ("c7", 1, 1, RVS_PAD_ZERO);
  check_conv ("r3", 1, 1, RVS_PAD_REFLECT);
  check_conv ("r3s2", 2, 1, RVS_PAD_REFLECT);
  check_conv ("wide", 1, 1, RVS_PAD_ZERO);
  check_conv ("deep", 1, 1, RVS_PAD_ZERO);
}

/* As check_conv: weights of at most 1 make no sum larger than the plain convolution's. */
static void
check_adaptive (const char *group)
{
  RvsConv   conv = conv_of (group);
  RvsTensor in = tensor_of (vectors, group, "in"), guide = tensor_of (vectors, group, "guide");
  RvsTensor wanted = tensor_of (vectors, group, "out");
  RvsTensor out = new_tensor (wanted.c, wanted.h, wanted.w), first = new_tensor (wanted.c, wanted.h, wanted.w);

  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= ALL_THREADS; threads++)
      {
        Stage stage;

        stage_open (&stage, threads, cpu_levels[level], ARENA);
        convolve (&stage, &conv, &guide, &in, &out);
        check_conv_result (group, &conv, &in, &out, &wanted, 0);
        keep_or_compare (threads, &out, &first);
      }
  rvs__free (in.data);
  rvs__free (guide.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
  rvs__free (first.data);
  free_conv (&conv);
}

static void
adaptive_convolutions (void **state)
{
  (void)state;
  check_adaptive ("adaptive");
  check_adaptive ("adaptive.deep");
  check_adaptive ("adaptive.thin");
}

/* A plane so large that it is cut into bands: with a guide that is the same everywhere it is the plain convolution. */
static void
adaptive_in_bands (void **state)
{
  RvsConv   conv = new_conv (5, 30, 3, 3);
  RvsTensor in = new_tensor (30, 70, 60), guide = new_tensor (2, 70, 60), plain = new_tensor (5, 70, 60),
            out = new_tensor (5, 70, 60);
  Stage stage;

  (void)state;
  for (size_t i = 0; i < tensor_floats (&in); i++)
    in.data[i] = rvs__noise_at (1, 2, 3, (int)i);
  for (int i = 0; i < 5 * 30 * 9; i++)
    conv.weight[i] = rvs__noise_at (4, 5, 6, i);
  for (size_t i = 0; i < tensor_floats (&guide); i++)
    guide.data[i] = 0.75f;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      stage_open (&stage, 2, cpu_levels[level], ARENA);
      rvs__conv2d (&stage.exec, &conv, &in, NULL, &plain);
      rvs__adaptive_conv (&stage.exec, &conv, &guide, &in, &out);
      stage_close (&stage);
      check_conv_result ("bands", &conv, &in, &out, &plain, 0);
    }
  rvs__free (in.data);
  rvs__free (guide.data);
  rvs__free (plain.data);
  rvs__free (out.data);
  free_conv (&conv);
}

/* ---- in tiles ---- */

/* Rounding errors of one place's product in tiles are bounded by those of its sum over channels and of the three transforms, each
 * of at most 10 roundings in a row, times the sum that the absolute values give: Higham's bound for a chain of products. */
#define A 0.70710678118654752
#define B 1.41421356237309505
static const double abs_b[6][6] = { { 1, 0, 2.5, 0, 1, 0 }, { 0, B, 2, A, 1, 0 },   { 0, B, 2, A, 1, 0 },
                                    { 0, A, 0.5, B, 1, 0 }, { 0, A, 0.5, B, 1, 0 }, { 0, 1, 0, 2.5, 0, 1 } };
static const double abs_g[6][3] = { { 1, 0, 0 },
                                    { 2 / 3.0, 2 * A / 3, 1 / 3.0 },
                                    { 2 / 3.0, 2 * A / 3, 1 / 3.0 },
                                    { 1 / 6.0, B / 6, 1 / 3.0 },
                                    { 1 / 6.0, B / 6, 1 / 3.0 },
                                    { 0, 0, 1 } };
static const double abs_a[4][6]
    = { { 1, 1, 1, 1, 1, 0 }, { 0, A, A, B, B, 0 }, { 0, 0.5, 0.5, 2, 2, 0 }, { 0, A / 2, A / 2, 2 * B, 2 * B, 1 } };
#undef A
#undef B

/* |value| of the padded input. */
static double
padded_magnitude (const RvsConv *conv, const RvsTensor *in, int c, int y, int x)
{
  if (conv->pad == RVS_PAD_REFLECT)
    {
      y = y < 0 ? -y : y >= in->h ? 2 * in->h - 2 - y : y;
      x = x < 0 ? -x : x >= in->w ? 2 * in->w - 2 - x : x;
    }
  return y >= 0 && y < in->h && x >= 0 && x < in->w ? fabs (rvs__channel (in, c)[(size_t)y * (size_t)in->w + (size_t)x]) : 0;
}

/* sum over channels of (|G||g||G^T|) . (|B^T||d||B|), for output channel o and the tile at (ty, tx). */
static void
place_scales (const RvsConv *conv, const RvsTensor *in, int o, int ty, int tx, double scales[36])
{
  memset (scales, 0, 36 * sizeof *scales);
  for (int c = 0; c < conv->c_in; c++)
    for (int p = 0; p < 36; p++)
      {
        double u = 0, v = 0;

        for (int t = 0; t < 9; t++)
          u += abs_g[p / 6][t / 3] * abs_g[p % 6][t % 3] * fabs (conv->weight[(c * 9 + t) * conv->c_out + o]);
        for (int t = 0; t < 36; t++)
          v += abs_b[p / 6][t / 6] * abs_b[p % 6][t % 6] * padded_magnitude (conv, in, c, 4 * ty + t / 6 - 1, 4 * tx + t % 6 - 1);
        scales[p] += u * v;
      }
}

/* Every result of one tile against the direct sum in double. */
static void
check_tile (const RvsConv *conv, const RvsTensor *in, const RvsTensor *got, int o, int ty, int tx)
{
  double scales[36];

  place_scales (conv, in, o, ty, tx, scales);
  for (int i = 0; i < 16; i++)
    {
      const int    y = 4 * ty + i / 4, x = 4 * tx + i % 4;
      double       bound = 0;
      const double exact = y < got->h && x < got->w ? exact_conv (conv, in, o, y, x) : 0;

      for (int p = 0; p < 36; p++)
        bound += abs_a[i / 4][p / 6] * abs_a[i % 4][p % 6] * scales[p];
      bound = (conv->c_in + 3 * 10) * 0x1p-24 * bound + 0x1p-24 * fabs (exact);
      if (y < got->h && x < got->w && !(fabs (rvs__channel (got, o)[y * got->w + x] - exact) <= bound))
        fail_msg ("tiles %dx%dx%d: [%d][%d][%d] is %.9g, exact %.9g, bound %g", conv->c_in, in->h, in->w, o, y, x,
                  rvs__channel (got, o)[y * got->w + x], exact, bound);
    }
}

/* At every level, whether it pays there or not; several bands and parts, ragged sides. */
static void
check_in_tiles (int c_in, int c_out, int h, int w, RvsPad pad)
{
  RvsConv   conv = new_conv (c_out, c_in, 3, 3);
  RvsTensor in = new_tensor (c_in, h, w), out = new_tensor (c_out, h, w), first = new_tensor (c_out, h, w);

  conv.pad = pad;
  for (size_t i = 0; i < tensor_floats (&in); i++)
    in.data[i] = rvs__noise_at (1, 2, 3, (int)i);
  for (int i = 0; i < c_out * c_in * 9; i++)
    conv.weight[i] = rvs__noise_at (4, 5, 6, i);
  for (int i = 0; i < c_out; i++)
    conv.bias[i] = rvs__noise_at (7, 8, 9, i);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= ALL_THREADS; threads++)
      {
        Stage stage;

        stage_open (&stage, threads, cpu_levels[level], ARENA);
        stage.kernels.tiles = (RvsTilesPay){ 1, 1 };
        assert_true (rvs__tiles_pay (&stage.exec, &conv, &in));
        convolve (&stage, &conv, NULL, &in, &out);
        keep_or_compare (threads, &out, &first);
        for (int o = 0; threads == 1 && o < c_out; o += 3)
          for (int t = 0; t < (h + 3) / 4 * ((w + 3) / 4); t++)
            check_tile (&conv, &in, &out, o, t / ((w + 3) / 4), t % ((w + 3) / 4));
      }
  rvs__free (in.data);
  rvs__free (out.data);
  rvs__free (first.data);
  free_conv (&conv);
}

static void
convolutions_in_tiles (void **state)
{
  (void)state;
  check_in_tiles (3, 5, 16, 16, RVS_PAD_ZERO);
  check_in_tiles (7, 37, 19, 31, RVS_PAD_ZERO);
  check_in_tiles (5, 4, 18, 70, RVS_PAD_REFLECT);
  check_in_tiles (70, 19, 8, 13, RVS_PAD_ZERO);
  check_in_tiles (2, 3, 7, 300, RVS_PAD_REFLECT);
}

/* ---- narrow ---- */

/* A stage whose products are narrow where the convolution allows it: level 0 in plain C, 1 as the processor has it. */
static void
stage_open_narrow (Stage *stage, int level, int n_threads)
{
  stage_open (stage, n_threads, level ? UINT32_MAX : 0, ARENA);
  stage->kernels.narrow = "bf16";
  stage->kernels.tiles_narrow.from = 0;
}

/* A narrow convolution is within the factors' rounding of PyTorch's, and within the sum's of the one of the rounded factors. */
static void
check_narrow_conv (const char *group, int stride, int dilation, RvsPad pad)
{
  const double factors = 0x1p-7 + 0x1p-16; /* each factor is off by at most 2^-8 of itself */
  RvsConv      conv = conv_of (group);
  RvsTensor    in = tensor_of (vectors, group, "in"), wanted = tensor_of (vectors, group, "out");
  RvsTensor    out = new_tensor (wanted.c, wanted.h, wanted.w), first = new_tensor (wanted.c, wanted.h, wanted.w);
  RvsTensor    exact = new_tensor (wanted.c, wanted.h, wanted.w), rounded = new_tensor (in.c, in.h, in.w);
  RvsConv      plain = conv_of (group);
  Stage        stage;

  conv.stride = plain.stride = stride;
  conv.dilation = plain.dilation = dilation;
  conv.pad = plain.pad = pad;
  conv.narrow = true;
  memcpy (rounded.data, in.data, tensor_floats (&in) * sizeof (float));
  round_all (rounded.data, tensor_floats (&in));
  round_all (plain.weight, (size_t)conv.c_out * (size_t)conv.c_in * (size_t)conv.kh * (size_t)conv.kw);
  stage_open_narrow (&stage, 0, 1);
  rvs__conv2d (&stage.exec, &plain, &rounded, NULL, &exact);
  stage_close (&stage);
  for (int level = 0; level < 2; level++)
    for (int threads = 1; threads <= ALL_THREADS; threads++)
      {
        stage_open_narrow (&stage, level, threads);
        convolve (&stage, &conv, NULL, &in, &out);
        check_conv_result (group, &conv, &in, &out, &wanted, factors);
        check_conv_result (group, &conv, &rounded, &out, &exact, 0);
        keep_or_compare (threads, &out, &first);
      }
  rvs__free (in.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
  rvs__free (first.data);
  rvs__free (exact.data);
  rvs__free (rounded.data);
  free_conv (&conv);
  free_conv (&plain);
}

/* Strides, dilations, paddings, and an odd number of channels. */
static void
narrow_convolutions (void **state)
{
  (void)state;
  check_narrow_conv ("c3", 1, 1, RVS_PAD_ZERO);
  check_narrow_conv ("c1", 1, 1, RVS_PAD_ZERO);
  check_narrow_conv ("s2", 2, 1, RVS_PAD_ZERO);
  check_narrow_conv ("s2odd", 2, 1, RVS_PAD_ZERO);
  check_narrow_conv ("c1s2", 2, 1, RVS_PAD_ZERO);
  check_narrow_conv ("c13", 1, 1, RVS_PAD_ZERO);
  check_narrow_conv ("d2", 1, 2, RVS_PAD_ZERO);
  check_narrow_conv ("c7", 1, 1, RVS_PAD_ZERO);
  check_narrow_conv ("r3s2", 2, 1, RVS_PAD_REFLECT);
  check_narrow_conv ("wide", 1, 1, RVS_PAD_ZERO);
  check_narrow_conv ("deep", 1, 1, RVS_PAD_ZERO);
}

static void
check_epilogue (Stage *stage, const char *name, RvsAct act, const RvsTensor *add, bool add_first, RvsNorm *norm)
{
  RvsConv           conv = conv_of ("epilogue");
  RvsTensor         in = tensor_of (vectors, "epilogue", "in"), wanted = tensor_of (vectors, "epilogue", name);
  RvsTensor         out = new_tensor (wanted.c, wanted.h, wanted.w);
  const RvsEpilogue epilogue = { .act = act, .add = add ? &out : NULL, .add_first = add_first, .norm = norm };

  /* Adding to the output itself is the harder case of `add`, and the one the networks use. */
  if (add)
    memcpy (out.data, add->data, tensor_floats (&out) * sizeof (float));
  rvs__conv2d (&stage->exec, &conv, &in, &epilogue, &out);
  assert_close (name, out.data, wanted.data, tensor_floats (&out), 2e-5);
  rvs__free (in.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
  free_conv (&conv);
}

static void
epilogues (void **state)
{
  RvsTensor add = tensor_of (vectors, "epilogue", "add");
  float    *mean = floats_of (vectors, "epilogue", "mean", NULL), *rstd = floats_of (vectors, "epilogue", "rstd", NULL);

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage   stage;
      RvsNorm norm;

      stage_open (&stage, 2, cpu_levels[level], ARENA);
      norm = rvs__exec_norm (&stage.exec, add.c);
      check_epilogue (&stage, "lrelu_add", RVS_ACT_LRELU, &add, false, &norm);
      assert_close ("mean", norm.mean, mean, (size_t)add.c, 1e-6);
      assert_close ("rstd", norm.rstd, rstd, (size_t)add.c, 1e-6);
      check_epilogue (&stage, "add_lrelu", RVS_ACT_LRELU, &add, true, NULL);
      check_epilogue (&stage, "relu", RVS_ACT_RELU, NULL, false, NULL);
      check_epilogue (&stage, "sigmoid", RVS_ACT_SIGMOID, NULL, false, NULL);
      check_epilogue (&stage, "elu", RVS_ACT_ELU, NULL, false, NULL);
      stage_close (&stage);
    }
  rvs__free (add.data);
  rvs__free (mean);
  rvs__free (rstd);
}

/* ---- modulation ---- */

/* Heads KIND.G and KIND.B as one convolution [g | b]. */
static RvsConv
heads_of (const char *kind, const char *g, const char *b, int c, int m, int k)
{
  RvsConv     conv = new_conv (2 * c, m, k, k);
  const char *names[2] = { g, b };

  for (int i = 0; i < 2; i++)
    {
      char   weight_name[64], bias_name[64];
      float *weight, *bias;

      snprintf (weight_name, sizeof weight_name, "%s.%s.weight", kind, names[i]);
      snprintf (bias_name, sizeof bias_name, "%s.%s.bias", kind, names[i]);
      weight = floats_of (vectors, "modulate", weight_name, NULL);
      bias = floats_of (vectors, "modulate", bias_name, NULL);
      pack (&conv, i * c, c, weight, bias);
      rvs__free (weight);
      rvs__free (bias);
    }
  return conv;
}

static void
check_modulation (Stage *stage, const char *name, const RvsModulation *mod, const RvsTensor *x, const RvsTensor *start)
{
  RvsTensor wanted = tensor_of (vectors, "modulate", name), out = new_tensor (wanted.c, wanted.h, wanted.w);

  if (start)
    memcpy (out.data, start->data, tensor_floats (&out) * sizeof (float));
  rvs__modulate (&stage->exec, mod, x, &out);
  assert_close (name, out.data, wanted.data, tensor_floats (&out), 5e-5);
  if (!start && !mod->shuffle)
    {
      /* In place, as the residual blocks do it. */
      memcpy (out.data, x->data, tensor_floats (&out) * sizeof (float));
      rvs__modulate (&stage->exec, mod, &out, &out);
      assert_close (name, out.data, wanted.data, tensor_floats (&out), 5e-5);
    }
  rvs__free (wanted.data);
  rvs__free (out.data);
}

static void
modulations (void **state)
{
  RvsTensor x = tensor_of (vectors, "modulate", "x"), a = tensor_of (vectors, "modulate", "a");
  RvsTensor b = tensor_of (vectors, "modulate", "b"), half = tensor_of (vectors, "modulate", "half");
  RvsTensor start = tensor_of (vectors, "modulate", "start"), w_map = tensor_of (vectors, "modulate", "wmap");
  RvsConv   one_a = heads_of ("one", "gd", "bd", x.c, a.c, 1), one_b = heads_of ("one", "gs", "bs", x.c, a.c, 1);
  RvsConv   three_a = heads_of ("three", "gd", "bd", x.c, a.c, 3), three_b = heads_of ("three", "gs", "bs", x.c, a.c, 3);

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage         stage;
      RvsNorm       norm;
      RvsModulation st = { .head_a = &one_a, .a = &a }, j, other;

      stage_open (&stage, 2, cpu_levels[level], ARENA);
      norm = rvs__exec_norm (&stage.exec, x.c);
      rvs__instance_moments (&stage.exec, &x, &norm);
      st.norm = &norm;
      check_modulation (&stage, "st", &st, &x, NULL);
      st.lrelu = true;
      check_modulation (&stage, "st_lrelu", &st, &x, NULL);
      j = (RvsModulation){ .norm = &norm, .head_a = &one_a, .head_b = &one_b, .a = &a, .b = &b, .w = 0.7f };
      check_modulation (&stage, "j", &j, &x, NULL);
      other = j;
      other.w_map = &w_map;
      check_modulation (&stage, "j_map", &other, &x, NULL);
      other = j;
      other.b = &half;
      check_modulation (&stage, "j_half", &other, &x, NULL);
      other = j;
      other.accumulate = true;
      check_modulation (&stage, "j_accumulate", &other, &x, &start);
      other = j;
      other.lrelu = other.shuffle = true;
      check_modulation (&stage, "j_shuffle", &other, &x, NULL);
      other = j;
      other.head_a = &three_a;
      other.head_b = &three_b;
      check_modulation (&stage, "j_three", &other, &x, NULL);
      stage_close (&stage);
    }
  rvs__free (x.data);
  rvs__free (a.data);
  rvs__free (b.data);
  rvs__free (half.data);
  rvs__free (start.data);
  rvs__free (w_map.data);
  free_conv (&one_a);
  free_conv (&one_b);
  free_conv (&three_a);
  free_conv (&three_b);
}

/* Where guides and weights are bfloat16 already nothing is rounded: the same as with wide products. */
static void
narrow_modulations (void **state)
{
  RvsTensor x = tensor_of (vectors, "modulate", "x"), a = tensor_of (vectors, "modulate", "a");
  RvsTensor b = tensor_of (vectors, "modulate", "b"), half = tensor_of (vectors, "modulate", "half");
  RvsTensor out = new_tensor (x.c, x.h, x.w), wanted = new_tensor (x.c, x.h, x.w);

  (void)state;
  round_all (a.data, tensor_floats (&a));
  round_all (b.data, tensor_floats (&b));
  for (int i = 0; i < 8; i++) /* level, enlarged guide, 3x3 heads */
    {
      const int     k = i & 4 ? 3 : 1;
      RvsConv       head_a = heads_of (k == 1 ? "one" : "three", "gd", "bd", x.c, a.c, k);
      RvsConv       head_b = heads_of (k == 1 ? "one" : "three", "gs", "bs", x.c, a.c, k);
      RvsModulation mod = { .head_a = &head_a, .head_b = &head_b, .a = &a, .b = &b, .w = 0.7f };
      const size_t  n = (size_t)(2 * x.c) * (size_t)a.c * (size_t)(k * k);
      const bool    enlarged = (i & 2) && k == 1;
      RvsNorm       norm;
      Stage         stage;

      stage_open_narrow (&stage, i & 1, 2);
      norm = rvs__exec_norm (&stage.exec, x.c);
      rvs__instance_moments (&stage.exec, &x, &norm);
      mod.norm = &norm;
      round_all (head_a.weight, n);
      round_all (head_b.weight, n);
      if (enlarged)
        {
          rvs__up2 (&stage.exec, &half, &b);
          round_all (b.data, tensor_floats (&b));
        }
      rvs__modulate (&stage.exec, &mod, &x, &wanted);
      head_a.narrow = head_b.narrow = true;
      mod.b = enlarged ? &half : &b;
      rvs__modulate (&stage.exec, &mod, &x, &out);
      assert_close ("narrow", out.data, wanted.data, tensor_floats (&out), 5e-5);
      stage_close (&stage);
      free_conv (&head_a);
      free_conv (&head_b);
    }
  rvs__free (x.data);
  rvs__free (a.data);
  rvs__free (b.data);
  rvs__free (half.data);
  rvs__free (out.data);
  rvs__free (wanted.data);
}

/* The noise reaches every channel through the shuffle, at the size before it, and scales with its gain. */
static void
shuffled_noise (void **state)
{
  RvsTensor     x = tensor_of (vectors, "modulate", "x"), a = tensor_of (vectors, "modulate", "a");
  RvsConv       heads = heads_of ("one", "gd", "bd", x.c, a.c, 1);
  RvsTensor     plain = new_tensor (x.c / 4, 2 * x.h, 2 * x.w), noisy = new_tensor (x.c / 4, 2 * x.h, 2 * x.w);
  RvsModulation mod = { .head_a = &heads, .a = &a, .shuffle = true };
  RvsNorm       norm;
  Stage         stage;

  (void)state;
  stage_open (&stage, 2, UINT32_MAX, ARENA);
  norm = rvs__exec_norm (&stage.exec, x.c);
  rvs__instance_moments (&stage.exec, &x, &norm);
  mod.norm = &norm;
  rvs__modulate (&stage.exec, &mod, &x, &plain);
  mod.noise_gain = 0.5f;
  mod.noise_seed = 9;
  mod.noise_stage = 128;
  rvs__modulate (&stage.exec, &mod, &x, &noisy);
  for (int c = 0; c < plain.c; c++)
    for (int y = 0; y < plain.h; y++)
      for (int i = 0; i < plain.w; i++)
        {
          size_t at = (size_t)y * (size_t)plain.w + (size_t)i;

          assert_float_equal (rvs__channel (&noisy, c)[at] - rvs__channel (&plain, c)[at],
                              0.5f * rvs__noise_at (9, 128, y / 2, i / 2), 1e-5);
        }
  stage_close (&stage);
  rvs__free (x.data);
  rvs__free (a.data);
  rvs__free (plain.data);
  rvs__free (noisy.data);
  free_conv (&heads);
}

/* ---- the rest ---- */

typedef void (*Resample) (RvsExec *exec, const RvsTensor *in, RvsTensor *out);

static void
check_resample (const char *group, const char *in_name, const char *name, Resample op, double bound)
{
  RvsTensor in = tensor_of (vectors, group, in_name), wanted = tensor_of (vectors, group, name);
  RvsTensor out = new_tensor (wanted.c, wanted.h, wanted.w);

  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage stage;

      stage_open (&stage, 2, cpu_levels[level], ARENA);
      memset (out.data, 0, tensor_floats (&out) * sizeof (float));
      op (&stage.exec, &in, &out);
      assert_int_equal (stage.arena.used, 0);
      stage_close (&stage);
      assert_close (name, out.data, wanted.data, tensor_floats (&out), bound);
    }
  rvs__free (in.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
}

static void
resampling (void **state)
{
  (void)state;
  check_resample ("resample", "in", "up2", rvs__up2, 1e-6);
  check_resample ("resample", "in", "up2", rvs__up2_add, 1e-6); /* into zeros */
  check_resample ("resample", "in", "nearest", rvs__up2_nearest, 0);
  check_resample ("resample", "in", "down2", rvs__down2, 1e-6);
  check_resample ("resample", "in", "cubic_up", rvs__bicubic, 2e-6);
  check_resample ("resample", "in", "cubic_odd", rvs__bicubic, 5e-6);
  check_resample ("resample", "big", "cubic_down", rvs__bicubic, 5e-6);
  check_resample ("resample", "in", "linear_odd", rvs__bilinear, 5e-6);
  check_resample ("resample", "big", "linear_down", rvs__bilinear, 5e-6);
  check_resample ("shuffle", "in", "out", rvs__pixel_shuffle, 0);
  check_resample ("shuffle", "out", "in", rvs__pixel_unshuffle, 0);
  check_resample ("unshuffle3", "in", "out", rvs__pixel_unshuffle, 0);
  check_resample ("cells", "in", "few", rvs__mean_cells, 1e-6);
  check_resample ("cells", "in", "half", rvs__mean_cells, 1e-6);
  check_resample ("pointwise", "in", "softmax", rvs__softmax, 1e-6);
}

static void
vectors_of_means (void **state)
{
  RvsTensor in = tensor_of (vectors, "pointwise", "in");
  float    *mean = floats_of (vectors, "pointwise", "mean", NULL), *x = floats_of (vectors, "linear", "in", NULL);
  float    *wanted = floats_of (vectors, "linear", "out", NULL), got[19];
  RvsConv   linear = conv_of ("linear");
  Stage     stage;

  (void)state;
  stage_open (&stage, 2, UINT32_MAX, ARENA);
  rvs__global_mean (&stage.exec, &in, got);
  assert_close ("mean", got, mean, 19, 1e-6);
  rvs__linear (&stage.exec, &linear, x, got);
  assert_close ("linear", got, wanted, 5, 1e-5);
  stage_close (&stage);
  rvs__free (in.data);
  rvs__free (mean);
  rvs__free (x);
  rvs__free (wanted);
  free_conv (&linear);
}

/* As PyTorch's x == x.max (channel): a tie gives several ones. */
static void
one_hot_keeps_ties (void **state)
{
  float     values[3 * 2] = { 1, -5, 2, -5, 2, -7 }, got[3 * 2];
  float     wanted[3 * 2] = { 0, 1, 1, 1, 1, 0 };
  RvsTensor in = rvs__tensor (values, 3, 1, 2), out = rvs__tensor (got, 3, 1, 2);
  Stage     stage;

  (void)state;
  stage_open (&stage, 1, UINT32_MAX, ARENA);
  rvs__one_hot (&stage.exec, &in, &out);
  assert_memory_equal (got, wanted, sizeof wanted);
  stage_close (&stage);
}

static void
gated_images (void **state)
{
  RvsTensor da = tensor_of (vectors, "gated", "da"), previous = tensor_of (vectors, "gated", "previous");
  RvsTensor photo = tensor_of (vectors, "gated", "photo"), w_map = tensor_of (vectors, "gated", "wmap");
  RvsTensor first = tensor_of (vectors, "gated", "first"), next = tensor_of (vectors, "gated", "next");
  RvsTensor next_map = tensor_of (vectors, "gated", "next_map"), out = new_tensor (3, photo.h, photo.w);

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage stage;

      stage_open (&stage, 2, cpu_levels[level], ARENA);
      rvs__gated_image (&stage.exec, &da, NULL, &photo, 0.6f, &w_map, &out);
      assert_close ("first", out.data, first.data, tensor_floats (&out), 2e-6);
      rvs__gated_image (&stage.exec, &da, &previous, &photo, 0.6f, NULL, &out);
      assert_close ("next", out.data, next.data, tensor_floats (&out), 2e-6);
      rvs__gated_image (&stage.exec, &da, &previous, &photo, 0.6f, &w_map, &out);
      assert_close ("next_map", out.data, next_map.data, tensor_floats (&out), 2e-6);
      stage_close (&stage);
    }
  rvs__free (da.data);
  rvs__free (previous.data);
  rvs__free (photo.data);
  rvs__free (w_map.data);
  rvs__free (first.data);
  rvs__free (next.data);
  rvs__free (next_map.data);
  rvs__free (out.data);
}

static void
attention (void **state)
{
  RvsTensor start = tensor_of (vectors, "attention", "x"), channel = tensor_of (vectors, "attention", "channel");
  RvsTensor both = tensor_of (vectors, "attention", "both"), gated = tensor_of (vectors, "attention", "gated");
  RvsTensor gate = tensor_of (vectors, "attention", "gate"), value = tensor_of (vectors, "attention", "value");
  RvsTensor x = new_tensor (start.c, start.h, start.w);
  RvsConv   narrow = conv_of ("attention.narrow"), wide = conv_of ("attention.wide"), spatial = conv_of ("attention.spatial");
  size_t    n = tensor_floats (&x);

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= ALL_THREADS; threads++)
      {
        Stage stage;

        stage_open (&stage, threads, cpu_levels[level], ARENA);
        memcpy (x.data, start.data, n * sizeof (float));
        rvs__channel_attention (&stage.exec, &narrow, &wide, &x);
        assert_close ("channel", x.data, channel.data, n, 5e-6);
        rvs__spatial_attention (&stage.exec, &spatial, &x);
        assert_close ("both", x.data, both.data, n, 1e-5);
        memcpy (x.data, start.data, n * sizeof (float));
        rvs__add_gated (&stage.exec, 0.7f, &gate, &value, &x);
        assert_close ("gated", x.data, gated.data, n, 2e-6);
        assert_int_equal (stage.arena.used, 0);
        stage_close (&stage);
      }
  rvs__free (start.data);
  rvs__free (channel.data);
  rvs__free (both.data);
  rvs__free (gated.data);
  rvs__free (gate.data);
  rvs__free (value.data);
  rvs__free (x.data);
  free_conv (&narrow);
  free_conv (&wide);
  free_conv (&spatial);
}

static void
dynamic_kernels (void **state)
{
  RvsTensor kernels = tensor_of (vectors, "depthwise", "kernels"), in = tensor_of (vectors, "depthwise", "in");
  RvsTensor wanted = tensor_of (vectors, "depthwise", "out"), out = new_tensor (in.c, in.h, in.w);

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage stage;

      stage_open (&stage, 2, cpu_levels[level], ARENA);
      memset (out.data, 0x7f, tensor_floats (&out) * sizeof (float));
      rvs__depthwise3 (&stage.exec, &kernels, &in, &out);
      stage_close (&stage);
      assert_close ("depthwise", out.data, wanted.data, tensor_floats (&out), 4e-6);
    }
  rvs__free (kernels.data);
  rvs__free (in.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
}

static void
attended (void **state)
{
  RvsTensor y = tensor_of (vectors, "attended", "y"), start = tensor_of (vectors, "attended", "start");
  RvsTensor wanted = tensor_of (vectors, "attended", "out"), x = new_tensor (y.c, y.h, y.w);
  RvsConv   narrow = conv_of ("attended.narrow"), wide = conv_of ("attended.wide");
  float    *mean = floats_of (vectors, "attended", "mean", NULL);

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage stage;

      stage_open (&stage, 2, cpu_levels[level], ARENA);
      memcpy (x.data, start.data, tensor_floats (&x) * sizeof (float));
      rvs__add_attended (&stage.exec, &narrow, &wide, mean, &y, &x);
      assert_int_equal (stage.arena.used, 0);
      stage_close (&stage);
      assert_close ("attended", x.data, wanted.data, tensor_floats (&x), 2e-6);
    }
  rvs__free (y.data);
  rvs__free (start.data);
  rvs__free (wanted.data);
  rvs__free (x.data);
  rvs__free (mean);
  free_conv (&narrow);
  free_conv (&wide);
}

/* A standard normal field: repeatable, another one for another seed or stage, right moments, no neighbour correlation. */
static void
noise_field (void **state)
{
  double sum = 0, square = 0, cube = 0, fourth = 0, beside = 0, below = 0, other_seed = 0, other_stage = 0;
  double n = 256.0 * 256;

  (void)state;
  for (int y = 0; y < 256; y++)
    for (int x = 0; x < 256; x++)
      {
        double v = rvs__noise_at (1, 128, y, x);

        assert_true (v == rvs__noise_at (1, 128, y, x));
        sum += v;
        square += v * v;
        cube += v * v * v;
        fourth += v * v * v * v;
        beside += v * rvs__noise_at (1, 128, y, x + 1);
        below += v * rvs__noise_at (1, 128, y + 1, x);
        other_seed += v * rvs__noise_at (2, 128, y, x);
        other_stage += v * rvs__noise_at (1, 256, y, x);
      }
  /* Five standard errors each. */
  assert_true (fabs (sum / n) < 5 / 256.0);
  assert_true (fabs (square / n - 1) < 5 * sqrt (2) / 256.0);
  assert_true (fabs (cube / n) < 5 * sqrt (15) / 256.0);
  assert_true (fabs (fourth / n - 3) < 5 * sqrt (96) / 256.0);
  assert_true (fabs (beside / n) < 5 / 256.0);
  assert_true (fabs (below / n) < 5 / 256.0);
  assert_true (fabs (other_seed / n) < 5 / 256.0);
  assert_true (fabs (other_stage / n) < 5 / 256.0);
}

/* Measuring touches nothing and finds the very peak that the run needs; a cancelled run writes nothing. */
static void
idle_passes (void **state)
{
  RvsConv   conv = conv_of ("deep");
  RvsTensor in = tensor_of (vectors, "deep", "in"), out = new_tensor (conv.c_out, in.h, in.w);
  RvsTensor nothing = rvs__tensor (NULL, in.c, in.h, in.w), nowhere = rvs__tensor (NULL, out.c, out.h, out.w);
  RvsArena  measure;
  Stage     stage;
  size_t    peak;

  (void)state;
  stage_open (&stage, 2, UINT32_MAX, 64);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  rvs__conv2d (&stage.exec, &conv, &nothing, NULL, &nowhere);
  peak = measure.peak;
  assert_true (peak > 0);
  stage_close (&stage);

  stage_open (&stage, 2, UINT32_MAX, peak);
  rvs__conv2d (&stage.exec, &conv, &in, NULL, &out);
  assert_int_equal (stage.arena.peak, peak);
  fill_untouched (&out);
  atomic_store (&stage.cancel, true);
  rvs__conv2d (&stage.exec, &conv, &in, NULL, &out);
  assert_untouched (&out);
  stage_close (&stage);
  rvs__free (in.data);
  rvs__free (out.data);
  free_conv (&conv);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (convolutions),
    cmocka_unit_test (epilogues),
    cmocka_unit_test (modulations),
    cmocka_unit_test (shuffled_noise),
    cmocka_unit_test (resampling),
    cmocka_unit_test (vectors_of_means),
    cmocka_unit_test (one_hot_keeps_ties),
    cmocka_unit_test (gated_images),
    cmocka_unit_test (noise_field),
    cmocka_unit_test (idle_passes),
    cmocka_unit_test (attention),
    cmocka_unit_test (adaptive_convolutions),
    cmocka_unit_test (convolutions_in_tiles),
    cmocka_unit_test (narrow_convolutions),
    cmocka_unit_test (narrow_modulations),
    cmocka_unit_test (adaptive_in_bands),
    cmocka_unit_test (attended),
    cmocka_unit_test (dynamic_kernels),
  };

  return cmocka_run_group_tests_name ("ops", tests, open_all, close_all);
}
