/* SPDX-License-Identifier: GPL-3.0-or-later
 * parser.c: the face parser, compact and published form, as one straight line each. Graphs: docs/weights-format.md. */
#include "net/parser.h"

#include "core/mem.h"
#include "ops/ops.h"
#include "weights/loader.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SCALES = 4,
  MAX_WIDTH = 2048,
  MAX_BLOCKS = 32,
  PUBLISHED_WIDTHS = SCALES + 1,
  N_DEGRADATION = 5,
  N_POINTS = 5
};

/* x + b (lrelu (a (x))); s: the published network's shortcut where the shape changes. */
typedef struct Block
{
  RvsConv a, b, s;
} Block;

struct RvsParserNet
{
  bool     published;
  int      size, widths[PUBLISHED_WIDTHS], blocks[SCALES];
  int      up_widths[SCALES], n_body; /* published */
  RvsConv  stem, mask;
  Block    e[SCALES][MAX_BLOCKS], r[SCALES]; /* compact: encoder, decoder */
  RvsConv  d[SCALES], p[SCALES], deg, lmk;
  Block    down[SCALES], body[MAX_BLOCKS], up[SCALES]; /* published */
  RvsArena memory;
};

/* ---- loading ---- */

static RvsStatus
read_config (const RvsStFile *file, RvsParserNet *net, RvsError *err)
{
  static const char *const kinds[] = { "compact", "published", NULL };
  int                      kind = 0;
  RvsStatus                status = RVS_OK;

  if (rvs__st_meta (file, "parser.kind"))
    status = rvs__meta_word (file, "parser.kind", kinds, &kind, err);
  net->published = kind == 1;
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "parser.size", 1, 512, &net->size, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "parser.widths", kind ? PUBLISHED_WIDTHS : SCALES, MAX_WIDTH, net->widths, err);
  if (status == RVS_OK)
    status = kind ? rvs__meta_ints (file, "parser.blocks", 1, MAX_BLOCKS, &net->n_body, err)
                  : rvs__meta_ints (file, "parser.blocks", SCALES, MAX_BLOCKS, net->blocks, err);
  if (status == RVS_OK && kind)
    status = rvs__meta_ints (file, "parser.up", SCALES, MAX_WIDTH, net->up_widths, err);
  if (status == RVS_OK && net->size != (kind ? 512 : 256))
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
  rvs__load_conv (loader, &net->lmk, N_POINTS, w[1], 1, "lmk");
}

static void
load_reflect (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int stride, const char *group, int i, char which)
{
  rvs__load_conv (loader, conv, c_out, c_in, 3, "%s.%d.%c", group, i, which);
  conv->stride = stride;
  conv->pad = RVS_PAD_REFLECT;
}

static void
list_published (RvsLoader *loader, RvsParserNet *net)
{
  const int *w = net->widths;

  rvs__load_conv (loader, &net->stem, w[0], 3, 3, "stem");
  net->stem.pad = RVS_PAD_REFLECT;
  for (int i = 0; i < SCALES; i++)
    {
      int c = net->up_widths[i], below = i ? net->up_widths[i - 1] : w[SCALES];

      load_reflect (loader, &net->down[i].a, w[i + 1], w[i], 1, "e", i, 'a');
      load_reflect (loader, &net->down[i].b, w[i + 1], w[i + 1], 2, "e", i, 'b');
      load_reflect (loader, &net->down[i].s, w[i + 1], w[i], 2, "e", i, 's');
      load_reflect (loader, &net->up[i].a, c, below, 1, "d", i, 'a');
      load_reflect (loader, &net->up[i].b, c, c, 1, "d", i, 'b');
      load_reflect (loader, &net->up[i].s, c, below, 1, "d", i, 's');
    }
  for (int i = 0; i < net->n_body; i++)
    {
      load_reflect (loader, &net->body[i].a, w[SCALES], w[SCALES], 1, "body", i, 'a');
      load_reflect (loader, &net->body[i].b, w[SCALES], w[SCALES], 1, "body", i, 'b');
    }
  rvs__load_conv (loader, &net->mask, RVS_N_CLASSES, net->up_widths[SCALES - 1], 3, "mask");
  net->mask.pad = RVS_PAD_REFLECT;
}

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsParserNet *net = user;

  if (net->published)
    list_published (loader, net);
  else
    list_compact (loader, net);
}

RvsStatus
rvs__parser_build (const RvsStFile *file, RvsParserNet **out_net, RvsError *err)
{
  RvsParserNet *net = rvs__alloc_zero (sizeof *net);
  RvsStatus     status;

  *out_net = NULL;
  if (!net)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the parser");
  status = read_config (file, net, err);
  if (status == RVS_OK)
    status = rvs__load (file, list_tensors, net, &net->memory, err);
  if (status == RVS_OK)
    *out_net = net;
  else
    rvs__free (net);
  return status;
}

void
rvs__parser_free (RvsParserNet *net)
{
  if (!net)
    return;
  rvs__arena_close (&net->memory);
  rvs__free (net);
}

/* ---- forward ---- */

/* x += b (lrelu (a (x))) */
static void
residual (RvsExec *exec, const Block *block, RvsTensor *x)
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

static void
forward_compact (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out)
{
  RvsTensor x = rvs__exec_tensor (exec, 3, face->h / 2, face->w / 2), skips[SCALES];

  rvs__down2 (exec, face, &x);
  x = rvs__conv_lrelu (exec, &net->stem, &x);
  for (int i = 0; i < SCALES; i++)
    {
      for (int j = 0; j < net->blocks[i]; j++)
        residual (exec, &net->e[i][j], &x);
      skips[i] = x;
      if (i < SCALES - 1)
        x = rvs__conv_lrelu (exec, &net->d[i], &x);
    }
  degradation_head (net, exec, &x, &out->degradation);
  for (int i = SCALES - 2; i >= 0; i--)
    {
      size_t    mark = rvs__arena_mark (exec->arena);
      RvsTensor narrow = rvs__conv_lrelu (exec, &net->p[i], &x);

      /* Into the skip itself: nobody needs it afterwards. */
      rvs__up2_add (exec, &narrow, &skips[i]);
      rvs__arena_release (exec->arena, mark);
      x = skips[i];
      residual (exec, &net->r[i], &x);
      if (i == 1)
        rvs__conv2d (exec, &net->lmk, &x, NULL, &out->heatmaps);
    }
  rvs__conv2d (exec, &net->mask, &x, NULL, &out->logits);
}

/* out = s (in) + b (lrelu (a (in))) */
static void
changing (RvsExec *exec, const Block *block, const RvsTensor *in, RvsTensor *out)
{
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         t = rvs__conv_lrelu (exec, &block->a, in);
  const RvsEpilogue add_out = { .add = out };

  rvs__conv2d (exec, &block->s, in, NULL, out);
  rvs__conv2d (exec, &block->b, &t, &add_out, out);
  rvs__arena_release (exec->arena, mark);
}

/* No degradation or point heads: those come out as none and as empty maps. */
static void
forward_published (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out)
{
  RvsTensor x, skip;

  x = rvs__exec_tensor (exec, net->widths[0], face->h, face->w);
  rvs__conv2d (exec, &net->stem, face, NULL, &x);
  for (int i = 0; i < SCALES; i++)
    {
      RvsTensor half = rvs__exec_tensor (exec, net->widths[i + 1], x.h / 2, x.w / 2);

      changing (exec, &net->down[i], &x, &half);
      x = half;
    }
  skip = x;
  x = rvs__exec_tensor (exec, skip.c, skip.h, skip.w);
  rvs__copy (exec, &skip, &x);
  for (int i = 0; i < net->n_body; i++)
    residual (exec, &net->body[i], &x);
  rvs__add (exec, &skip, &x);
  for (int i = 0; i < SCALES; i++)
    {
      RvsTensor twice = rvs__exec_tensor (exec, net->up_widths[i], 2 * x.h, 2 * x.w);
      size_t    mark = rvs__arena_mark (exec->arena);
      RvsTensor enlarged = rvs__exec_tensor (exec, x.c, 2 * x.h, 2 * x.w);

      rvs__up2_nearest (exec, &x, &enlarged);
      changing (exec, &net->up[i], &enlarged, &twice);
      rvs__arena_release (exec->arena, mark);
      x = twice;
    }
  {
    RvsTensor full = rvs__exec_tensor (exec, RVS_N_CLASSES, x.h, x.w);
    RvsTensor half = rvs__exec_tensor (exec, RVS_N_CLASSES, x.h / 2, x.w / 2);

    rvs__conv2d (exec, &net->mask, &x, NULL, &full);
    rvs__down2 (exec, &full, &half);
    rvs__down2 (exec, &half, &out->logits);
  }
  if (rvs__exec_idle (exec))
    return;
  memset (&out->degradation, 0, sizeof out->degradation);
  for (int c = 0; c < N_POINTS; c++)
    for (int i = 0; i < out->heatmaps.h * out->heatmaps.w; i++)
      rvs__channel (&out->heatmaps, c)[i] = -30;
}

RvsStatus
rvs__parser_forward (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out)
{
  size_t mark = rvs__arena_mark (exec->arena);

  assert (face->c == 3 && face->h == 512 && face->w == 512);
  assert (out->logits.c == RVS_N_CLASSES && out->logits.h == RVS_MAP_SIDE && out->heatmaps.c == N_POINTS);
  if (net->published)
    forward_published (net, exec, face, out);
  else
    forward_compact (net, exec, face, out);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}
