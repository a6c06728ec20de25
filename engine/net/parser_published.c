/* SPDX-License-Identifier: GPL-3.0-or-later
 * parser_published.c: the face parser in the size that was published. It has no degradation and no point heads. Graph:
 * docs/weights-format.md. */
#include "net/parser_net.h"

#include <string.h>

enum
{
  SCALES = PARSER_SCALES,
  WIDTHS = SCALES + 1
};

/* ---- loading ---- */

RvsStatus
rvs__parser_configure_published (const RvsStFile *file, RvsParserNet *net, RvsError *err)
{
  RvsStatus status = rvs__meta_ints (file, "parser.widths", WIDTHS, PARSER_MAX_WIDTH, net->widths, err);

  if (status == RVS_OK)
    status = rvs__meta_ints (file, "parser.blocks", 1, PARSER_MAX_BLOCKS, &net->n_body, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "parser.up", SCALES, PARSER_MAX_WIDTH, net->up_widths, err);
  return status;
}

static void
load_reflect (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int stride, const char *group, int i, char which)
{
  rvs__load_conv (loader, conv, c_out, c_in, 3, "%s.%d.%c", group, i, which);
  conv->stride = stride;
  conv->pad = RVS_PAD_REFLECT;
}

void
rvs__parser_list_published (RvsLoader *loader, RvsParserNet *net)
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

/* ---- forward ---- */

/* out = s (in) + b (lrelu (a (in))) */
static void
changing (RvsExec *exec, const RvsParserBlock *block, const RvsTensor *in, RvsTensor *out)
{
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         t = rvs__conv_lrelu (exec, &block->a, in);
  const RvsEpilogue add_out = { .add = out };

  rvs__conv2d (exec, &block->s, in, NULL, out);
  rvs__conv2d (exec, &block->b, &t, &add_out, out);
  rvs__arena_release (exec->arena, mark);
}

/* To a sixteenth of the face's size: a new tensor. */
static RvsTensor
encode (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face)
{
  RvsTensor x = rvs__exec_tensor (exec, net->widths[0], face->h, face->w);

  rvs__conv2d (exec, &net->stem, face, NULL, &x);
  for (int i = 0; i < SCALES; i++)
    {
      RvsTensor half = rvs__exec_tensor (exec, net->widths[i + 1], x.h / 2, x.w / 2);

      changing (exec, &net->down[i], &x, &half);
      x = half;
    }
  return x;
}

/* x + body (x): a new tensor. */
static RvsTensor
transform (const RvsParserNet *net, RvsExec *exec, const RvsTensor *x)
{
  RvsTensor y = rvs__exec_tensor (exec, x->c, x->h, x->w);

  rvs__copy (exec, x, &y);
  for (int i = 0; i < net->n_body; i++)
    rvs__parser_residual (exec, &net->body[i], &y);
  rvs__add (exec, x, &y);
  return y;
}

static RvsTensor
decode (const RvsParserNet *net, RvsExec *exec, RvsTensor x)
{
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
  return x;
}

/* The logits, reduced to the size of the map. */
static void
classify (const RvsParserNet *net, RvsExec *exec, const RvsTensor *x, RvsTensor *logits)
{
  RvsTensor full = rvs__exec_tensor (exec, RVS_N_CLASSES, x->h, x->w);
  RvsTensor half = rvs__exec_tensor (exec, RVS_N_CLASSES, x->h / 2, x->w / 2);

  rvs__conv2d (exec, &net->mask, x, NULL, &full);
  rvs__down2 (exec, &full, &half);
  rvs__down2 (exec, &half, logits);
}

/* No damage, and no point anywhere. */
static void
leave_heads_empty (RvsParserOut *out)
{
  memset (&out->degradation, 0, sizeof out->degradation);
  for (int c = 0; c < RVS_N_POINTS; c++)
    for (int i = 0; i < out->heatmaps.h * out->heatmaps.w; i++)
      rvs__channel (&out->heatmaps, c)[i] = -30;
}

void
rvs__parser_forward_published (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out)
{
  RvsTensor x = encode (net, exec, face);

  x = transform (net, exec, &x);
  x = decode (net, exec, x);
  classify (net, exec, &x, &out->logits);
  if (!rvs__exec_idle (exec))
    leave_heads_empty (out);
}
