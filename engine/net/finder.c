/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder.c: the damage finder as one straight line: a small U-Net over 2x2 pixels at a time. */
#include "net/finder.h"

#include "net/fill_blocks.h"

#include <assert.h>
#include <stdio.h>

enum
{
  LEVELS = 3,
  DOWNS = LEVELS - 1
};

struct RvsFinderNet
{
  int          widths[LEVELS], n_blocks, growth;
  RvsConv      first, even[DOWNS], down[DOWNS], narrow[DOWNS], own[DOWNS], out;
  RvsFillDense trunk[RVS_FILL_MAX_BLOCKS];
};

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsFinderNet *net = user;
  const int    *w = net->widths;
  char          name[16];

  rvs__load_conv (loader, &net->first, w[0], 12, 3, "i");
  for (int i = 0; i < DOWNS; i++)
    {
      rvs__load_conv (loader, &net->even[i], w[i], w[i], 3, "e.%d", i);
      rvs__load_conv (loader, &net->down[i], w[i + 1], w[i], 3, "d.%d", i);
      net->down[i].stride = 2;
      rvs__load_conv (loader, &net->narrow[i], w[i], w[i + 1], 1, "p.%d", i);
      rvs__load_conv (loader, &net->own[i], w[i], w[i], 3, "u.%d", i);
    }
  for (int i = 0; i < net->n_blocks; i++)
    {
      snprintf (name, sizeof name, "b.%d", i);
      rvs__fill_load_dense (loader, &net->trunk[i], w[DOWNS], net->growth, false, name);
    }
  rvs__load_conv (loader, &net->out, 4, w[0], 3, "out");
}

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  RvsFinderNet *net = user;
  RvsStatus     status = rvs__meta_ints (file, "finder.widths", LEVELS, RVS_FILL_MAX_WIDTH, net->widths, err);

  if (status == RVS_OK)
    status = rvs__meta_ints (file, "finder.blocks", 1, RVS_FILL_MAX_BLOCKS, &net->n_blocks, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "finder.growth", 1, RVS_FILL_MAX_WIDTH, &net->growth, err);
  return status;
}

const RvsArch rvs__arch_finder = {
  .name = "finder", .contract = "finder_srgb_pm1_v1", .bytes = sizeof (RvsFinderNet), .configure = configure, .list = list_tensors
};

RvsStatus
rvs__finder_forward (const RvsFinderNet *net, RvsExec *exec, const RvsTensor *photo, RvsTensor *logits)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    halved = rvs__exec_tensor (exec, 12, photo->h / 2, photo->w / 2);
  RvsTensor    answer = rvs__exec_tensor (exec, 4, halved.h, halved.w), skips[DOWNS], x;

  assert (photo->c == 3 && photo->h % RVS_FINDER_ALIGN == 0 && photo->w % RVS_FINDER_ALIGN == 0);
  rvs__pixel_unshuffle (exec, photo, &halved);
  x = rvs__conv_lrelu (exec, &net->first, &halved);
  for (int i = 0; i < DOWNS; i++)
    {
      skips[i] = rvs__conv_lrelu (exec, &net->even[i], &x);
      x = rvs__conv_lrelu (exec, &net->down[i], &skips[i]);
    }
  for (int i = 0; i < net->n_blocks; i++)
    rvs__fill_dense (exec, &net->trunk[i], &x);
  for (int i = DOWNS - 1; i >= 0; i--)
    {
      rvs__fill_step_up (exec, &net->narrow[i], &net->own[i], &x, &skips[i]);
      x = skips[i];
    }
  rvs__conv2d (exec, &net->out, &x, NULL, &answer);
  rvs__pixel_shuffle (exec, &answer, logits);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}
