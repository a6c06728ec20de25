/* SPDX-License-Identifier: GPL-3.0-or-later
 * parser.c: the face parser, its compact form as one straight line. Graph: docs/weights-format.md. */
#include "net/parser_net.h"

#include <assert.h>

enum
{
  SCALES = PARSER_SCALES,
  N_DEGRADATION = 5
};

/* ---- loading ---- */

static RvsStatus
configure_compact (const RvsStFile *file, RvsParserNet *net, RvsError *err)
{
  RvsStatus status = rvs__meta_ints (file, "parser.widths", SCALES, PARSER_MAX_WIDTH, net->widths, err);

  if (status == RVS_OK)
    status = rvs__meta_ints (file, "parser.blocks", SCALES, PARSER_MAX_BLOCKS, net->blocks, err);
  return status;
}

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  RvsParserNet            *net = user;
  static const char *const kinds[] = { "compact", "published", NULL };
  int                      kind = 0;
  RvsStatus                status = RVS_OK;

  if (rvs__st_meta (file, "parser.kind"))
    status = rvs__meta_word (file, "parser.kind", kinds, &kind, err);
  net->published = kind == 1;
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "parser.size", 1, 512, &net->size, err);
  if (status == RVS_OK)
    status = net->published ? rvs__parser_configure_published (file, net, err) : configure_compact (file, net, err);
  if (status == RVS_OK && net->size != (net->published ? 512 : 256))
    status = rvs__fail (err, RVS_ERR_MODEL, "metadata parser.size=%d is not understood", net->size);
  return status;
}

static void
list_compact (RvsLoader *loader, RvsParserNet *net)
{
  const int *w = net->widths;

  rvs__load_conv (loader, &net->stem, w[0], 3, 3, "stem");
  net->stem.stride = 2;
  for (int i = 0; i < SCALES; i++)
    for (int j = 0; j < net->blocks[i]; j++)
      {
        rvs__load_conv (loader, &net->e[i][j].a, w[i], w[i], 3, "e.%d.%d.a", i, j);
        rvs__load_conv (loader, &net->e[i][j].b, w[i], w[i], 3, "e.%d.%d.b", i, j);
      }
  for (int i = 0; i < SCALES - 1; i++)
    {
      rvs__load_conv (loader, &net->d[i], w[i + 1], w[i], 3, "d.%d", i);
      net->d[i].stride = 2;
      rvs__load_conv (loader, &net->p[i], w[i], w[i + 1], 1, "p.%d", i);
      rvs__load_conv (loader, &net->r[i].a, w[i], w[i], 3, "r.%d.a", i);
      rvs__load_conv (loader, &net->r[i].b, w[i], w[i], 3, "r.%d.b", i);
    }
  rvs__load_conv (loader, &net->mask, RVS_N_CLASSES, w[0], 3, "mask");
  rvs__load_linear (loader, &net->deg, N_DEGRADATION, w[SCALES - 1], "deg");
  rvs__load_conv (loader, &net->lmk, RVS_N_POINTS, w[1], 1, "lmk");
}

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsParserNet *net = user;

  rvs__load_narrow (loader, !net->published); /* what is published is not measured */
  if (net->published)
    rvs__parser_list_published (loader, net);
  else
    list_compact (loader, net);
}

const RvsArch rvs__arch_parser = { .name = "parser",
                                   .contract = "parser_srgb_pm1_v1",
                                   .size_key = "parser.size",
                                   .bytes = sizeof (RvsParserNet),
                                   .configure = configure,
                                   .list = list_tensors };

/* ---- forward ---- */

/* x += b (lrelu (a (x))) */
void
rvs__parser_residual (RvsExec *exec, const RvsParserBlock *block, RvsTensor *x)
{
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         t = rvs__conv_lrelu (exec, &block->a, x);
  const RvsEpilogue add_x = { .add = x };

  rvs__conv2d (exec, &block->b, &t, &add_x, x);
  rvs__arena_release (exec->arena, mark);
}

static float
unit (float v)
{
  return v < 0 ? 0 : v > 1 ? 1 : v;
}

static void
degradation_head (const RvsParserNet *net, RvsExec *exec, const RvsTensor *x, RvsDegradation *out)
{
  size_t mark = rvs__arena_mark (exec->arena);
  float *means = rvs__arena_floats (exec->arena, (size_t)x->c);
  float  v[N_DEGRADATION] = { 0 };

  rvs__global_mean (exec, x, means);
  rvs__linear (exec, &net->deg, means, v);
  *out = (RvsDegradation){ unit (v[0]), unit (v[1]), unit (v[2]), unit (v[3]), unit (v[4]) };
  rvs__arena_release (exec->arena, mark);
}

/* skips[i]: the features at a 2^(i+2)-th of the face's size. */
static void
encode (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsTensor skips[SCALES])
{
  RvsTensor x = rvs__exec_tensor (exec, 3, face->h / 2, face->w / 2);

  rvs__down2 (exec, face, &x);
  x = rvs__conv_lrelu (exec, &net->stem, &x);
  for (int i = 0; i < SCALES; i++)
    {
      for (int j = 0; j < net->blocks[i]; j++)
        rvs__parser_residual (exec, &net->e[i][j], &x);
      skips[i] = x;
      if (i < SCALES - 1)
        x = rvs__conv_lrelu (exec, &net->d[i], &x);
    }
}

/* What is above, enlarged into the skip itself, which nobody needs afterwards. */
static void
climb (const RvsParserNet *net, RvsExec *exec, int i, const RvsTensor *above, RvsTensor *skip)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor narrow = rvs__conv_lrelu (exec, &net->p[i], above);

  rvs__up2_add (exec, &narrow, skip);
  rvs__arena_release (exec->arena, mark);
  rvs__parser_residual (exec, &net->r[i], skip);
}

static void
forward_compact (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out)
{
  RvsTensor skips[SCALES];

  encode (net, exec, face, skips);
  degradation_head (net, exec, &skips[SCALES - 1], &out->degradation);
  if (out->features.c > 0)
    rvs__copy (exec, &skips[SCALES - 1], &out->features);
  for (int i = SCALES - 2; i >= 0; i--)
    climb (net, exec, i, &skips[i + 1], &skips[i]);
  rvs__conv2d (exec, &net->lmk, &skips[1], NULL, &out->heatmaps);
  rvs__conv2d (exec, &net->mask, &skips[0], NULL, &out->logits);
}

int
rvs__parser_features (const RvsParserNet *net)
{
  return net->published ? 0 : net->widths[SCALES - 1];
}

RvsStatus
rvs__parser_forward (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out)
{
  size_t mark = rvs__arena_mark (exec->arena);

  assert (face->c == 3 && face->h == 512 && face->w == 512);
  assert (out->logits.c == RVS_N_CLASSES && out->logits.h == RVS_MAP_SIDE && out->heatmaps.c == RVS_N_POINTS);
  assert (out->features.c == 0 || (out->features.c == rvs__parser_features (net) && out->features.h == RVS_FEATURE_SIDE));
  if (net->published)
    rvs__parser_forward_published (net, exec, face, out);
  else
    forward_compact (net, exec, face, out);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}
