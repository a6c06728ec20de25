/* SPDX-License-Identifier: GPL-3.0-or-later
 * detector.c: the face detector as one straight line. Graph: docs/weights-format.md, section detector. */
#include "net/detector.h"

#include "ops/ops.h"

enum
{
  WIDTHS = 5, /* strides 2, 4, 8, 16, 32 */
  MAPS = RVS_DETECTOR_MAPS,
  MAX_BLOCKS = 8,
  MAX_HEAD = 4,
  MAX_WIDTH = 512
};

typedef struct Block
{
  RvsConv a, b;
} Block;

struct RvsDetectorNet
{
  int     widths[WIDTHS], blocks[MAPS], neck, n_head;
  RvsConv stem, down[WIDTHS - 1];
  Block   block[MAPS][MAX_BLOCKS];
  RvsConv lateral[MAPS];
  RvsConv head[MAPS][MAX_HEAD], out[MAPS];
};

/* ---- loading ---- */

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  RvsDetectorNet          *net = user;
  static const char *const strides[] = { "8,16,32", NULL };
  int                      which;
  RvsStatus                status = rvs__meta_ints (file, "detector.widths", WIDTHS, MAX_WIDTH, net->widths, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "detector.blocks", MAPS, MAX_BLOCKS, net->blocks, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "detector.neck", 1, MAX_WIDTH, &net->neck, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "detector.head", 1, MAX_HEAD, &net->n_head, err);
  if (status == RVS_OK)
    status = rvs__meta_word (file, "detector.strides", strides, &which, err);
  return status;
}

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsDetectorNet *net = user;
  const int      *w = net->widths;
  rvs__load_conv (loader, &net->stem, w[0], 3, 3, "stem");
  net->stem.stride = 2;
  for (int i = 0; i < WIDTHS - 1; i++)
    {
      rvs__load_conv (loader, &net->down[i], w[i + 1], w[i], 3, "d.%d", i);
      net->down[i].stride = 2;
    }
  for (int i = 0; i < MAPS; i++)
    {
      int c = w[i + 2];
      for (int j = 0; j < net->blocks[i]; j++)
        {
          rvs__load_conv (loader, &net->block[i][j].a, c, c, 3, "e.%d.%d.a", i, j);
          rvs__load_conv (loader, &net->block[i][j].b, c, c, 3, "e.%d.%d.b", i, j);
        }
      rvs__load_conv (loader, &net->lateral[i], net->neck, c, 1, "p.%d", i);
    }
  for (int i = 0; i < MAPS; i++)
    {
      for (int j = 0; j < net->n_head; j++)
        rvs__load_conv (loader, &net->head[i][j], net->neck, net->neck, 3, "h.%d.%d", i, j);
      rvs__load_conv (loader, &net->out[i], RVS_DETECTOR_VALUES, net->neck, 1, "out.%d", i);
    }
}

const RvsArch rvs__arch_detector = { .name = "detector",
                                     .contract = "detector_srgb_pm1_v1",
                                     .bytes = sizeof (RvsDetectorNet),
                                     .configure = configure,
                                     .list = list_tensors };

/* ---- forward ---- */

/* x = lrelu (x + b (lrelu (a (x)))) */
static void
residual (RvsExec *exec, const Block *block, RvsTensor *x)
{
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         t = rvs__conv_lrelu (exec, &block->a, x);
  const RvsEpilogue add_x = { .act = RVS_ACT_LRELU, .add = x, .add_first = true };
  rvs__conv2d (exec, &block->b, &t, &add_x, x);
  rvs__arena_release (exec->arena, mark);
}

static void
head (const RvsDetectorNet *net, RvsExec *exec, int which, RvsTensor *map, RvsTensor *out)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor y = *map;
  rvs__activate (exec, RVS_ACT_LRELU, &y);
  for (int i = 0; i < net->n_head; i++)
    y = rvs__conv_lrelu (exec, &net->head[which][i], &y);
  rvs__conv2d (exec, &net->out[which], &y, NULL, out);
  rvs__arena_release (exec->arena, mark);
}

RvsStatus
rvs__detector_forward (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *image, RvsTensor out[RVS_DETECTOR_MAPS])
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor x = rvs__conv_lrelu (exec, &net->stem, image);
  RvsTensor maps[MAPS];
  x = rvs__conv_lrelu (exec, &net->down[0], &x);
  for (int i = 0; i < MAPS; i++)
    {
      x = rvs__conv_lrelu (exec, &net->down[i + 1], &x);
      for (int j = 0; j < net->blocks[i]; j++)
        residual (exec, &net->block[i][j], &x);
      maps[i] = rvs__exec_tensor (exec, net->neck, x.h, x.w);
      rvs__conv2d (exec, &net->lateral[i], &x, NULL, &maps[i]);
    }
  for (int i = MAPS - 2; i >= 0; i--)
    rvs__up2_add (exec, &maps[i + 1], &maps[i]);
  for (int i = 0; i < MAPS; i++)
    head (net, exec, i, &maps[i], &out[i]);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}
