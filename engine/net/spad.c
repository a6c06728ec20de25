/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad.c: SPADNet behind the restorers' seam: the prior from the parser's output, then three levels from 1/8 to the whole size. */
#include "net/spad.h"

#include "net/parser.h"
#include "net/spad_blocks.h"

#include <assert.h>
#include <stdio.h>

enum
{
  LEVELS = 3, /* at 1/8, 1/4 and 1/2 of the size */
  SCALE = 1 << LEVELS,
  MAX_WIDTH = 512,
  MAX_BLOCKS = 32
};

struct RvsSpadNet
{
  int         size, tail, widths[LEVELS], blocks[LEVELS], habs[LEVELS];
  RvsConv     head, prior[LEVELS], up[LEVELS], skip[LEVELS - 1], out;
  RvsSpadRcab rcab[LEVELS][MAX_BLOCKS];
  RvsSpadHab  hab[LEVELS][MAX_BLOCKS];
};

/* ---- loading ---- */

static int
width_above (const RvsSpadNet *net, int level)
{
  return level + 1 < LEVELS ? net->widths[level + 1] : net->tail;
}

static void
list_level (RvsLoader *loader, RvsSpadNet *net, int i)
{
  const int c = net->widths[i];
  char      name[32];

  for (int j = 0; j < net->blocks[i]; j++)
    {
      snprintf (name, sizeof name, "sr.%d.%d", i, j);
      rvs__spad_load_rcab (loader, &net->rcab[i][j], c, name);
    }
  for (int j = 0; j < net->habs[i]; j++)
    {
      snprintf (name, sizeof name, "hab.%d.%d", i, j);
      rvs__spad_load_hab (loader, &net->hab[i][j], c, name);
    }
  if (net->habs[i] > 0)
    rvs__load_conv (loader, &net->prior[i], c, RVS_SPAD_MAPS, 3, "mp.%d", i);
  rvs__load_conv (loader, &net->up[i], 4 * width_above (net, i), c, 3, "us.%d", i);
}

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsSpadNet *net = user;

  rvs__load_narrow (loader, true);
  rvs__load_conv (loader, &net->head, net->widths[0], 3 * SCALE * SCALE, 3, "head");
  for (int i = 0; i < LEVELS; i++)
    list_level (loader, net, i);
  for (int i = 0; i < LEVELS - 1; i++)
    rvs__load_conv (loader, &net->skip[i], net->widths[i + 1], net->widths[0], 1, "sk.%d", i);
  rvs__load_conv (loader, &net->out, 3, net->tail, 3, "out");
}

static RvsStatus
check_blocks (const RvsSpadNet *net, RvsError *err)
{
  for (int i = 0; i < LEVELS; i++)
    if (net->habs[i] > net->blocks[i])
      return rvs__fail (err, RVS_ERR_MODEL, "metadata spad.habs asks for %d behind %d of spad.blocks", net->habs[i],
                        net->blocks[i]);
  return RVS_OK;
}

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  static const char *const sizes[] = { "128", "256", "512", NULL };
  RvsSpadNet              *net = user;
  int                      which = 0;
  RvsStatus                status = rvs__meta_word (file, "spad.size", sizes, &which, err);

  net->size = 128 << which;
  if (status == RVS_OK)
    status = rvs__meta_range (file, "spad.widths", LEVELS, RVS_SPAD_SQUEEZE, MAX_WIDTH, net->widths, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "spad.blocks", LEVELS, MAX_BLOCKS, net->blocks, err);
  if (status == RVS_OK)
    status = rvs__meta_range (file, "spad.habs", LEVELS, 0, MAX_BLOCKS, net->habs, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "spad.tail", 1, MAX_WIDTH, &net->tail, err);
  return status == RVS_OK ? check_blocks (net, err) : status;
}

/* ---- the prior ---- */

/* P at size / 4 and p, from the parser's map and landmarks. */
typedef struct Prior
{
  RvsTensor maps, pooled;
} Prior;

/* [classes | landmarks enlarged], at the map's side. */
static void
join_maps (RvsExec *exec, const RvsFaceIn *in, RvsTensor *whole)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    heat = rvs__exec_tensor (exec, RVS_N_POINTS, RVS_HEAT_SIDE, RVS_HEAT_SIDE);
  RvsTensor    classes = rvs__channels (whole, 0, RVS_N_CLASSES), points = rvs__channels (whole, RVS_N_CLASSES, RVS_N_POINTS);

  assert (in->map.c == RVS_N_CLASSES && in->heat_maps.c == RVS_N_POINTS && RVS_MAP_SIDE == 2 * RVS_HEAT_SIDE);
  rvs__copy (exec, &in->map, &classes);
  rvs__copy (exec, &in->heat_maps, &heat);
  rvs__activate (exec, RVS_ACT_SIGMOID, &heat);
  rvs__up2 (exec, &heat, &points);
  rvs__arena_release (exec->arena, mark);
}

static Prior
make_prior (RvsExec *exec, const RvsFaceIn *in, int side)
{
  Prior        prior = { .maps = rvs__exec_tensor (exec, RVS_SPAD_MAPS, side, side),
                         .pooled = rvs__exec_tensor (exec, RVS_SPAD_MAPS, RVS_SPAD_CELLS, RVS_SPAD_CELLS) };
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    whole = side == RVS_MAP_SIDE ? prior.maps : rvs__exec_tensor (exec, RVS_SPAD_MAPS, RVS_MAP_SIDE, RVS_MAP_SIDE);

  join_maps (exec, in, &whole);
  rvs__mean_cells (exec, &whole, &prior.pooled);
  if (side != RVS_MAP_SIDE)
    rvs__mean_cells (exec, &whole, &prior.maps);
  rvs__arena_release (exec->arena, mark);
  return prior;
}

/* H of a level, from the arena. */
static RvsTensor
level_structure (RvsExec *exec, const RvsSpadNet *net, const Prior *prior, int level)
{
  const int    side = net->size / SCALE << level;
  RvsTensor    h = rvs__exec_tensor (exec, net->widths[level], side, side);
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    maps = side == prior->maps.w ? prior->maps : rvs__exec_tensor (exec, RVS_SPAD_MAPS, side, side);

  if (side < prior->maps.w)
    rvs__down2 (exec, &prior->maps, &maps);
  else if (side > prior->maps.w)
    rvs__up2 (exec, &prior->maps, &maps);
  rvs__conv2d (exec, &net->prior[level], &maps, &(RvsEpilogue){ .act = RVS_ACT_LRELU }, &h);
  rvs__arena_release (exec->arena, mark);
  return h;
}

/* ---- levels ---- */

typedef struct Pass
{
  const RvsSpadNet *net;
  RvsExec          *exec;
  Prior             prior;
} Pass;

/* The blocks of a level, in place. */
static void
run_blocks (const Pass *pass, int level, RvsTensor *x)
{
  const RvsSpadNet *net = pass->net;
  const size_t      mark = rvs__arena_mark (pass->exec->arena);
  RvsTensor         structure = { 0 };

  if (net->habs[level] > 0)
    structure = level_structure (pass->exec, net, &pass->prior, level);
  for (int j = 0; j < net->blocks[level]; j++)
    {
      rvs__spad_rcab (pass->exec, &net->rcab[level][j], x);
      if (j < net->habs[level])
        rvs__spad_hab (pass->exec, &net->hab[level][j], &structure, &pass->prior.pooled, x);
    }
  rvs__arena_release (pass->exec->arena, mark);
}

/* x += the first features at its size. */
static void
add_first (const Pass *pass, const RvsConv *skip, const RvsTensor *first, RvsTensor *x)
{
  RvsExec     *exec = pass->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    small = rvs__exec_tensor (exec, skip->c_out, first->h, first->w), large = rvs__exec_tensor (exec, x->c, x->h, x->w);

  rvs__conv2d (exec, skip, first, NULL, &small);
  rvs__bilinear (exec, &small, &large);
  rvs__add (exec, &large, x);
  rvs__arena_release (exec->arena, mark);
}

/* x of a level -> y of the one above. */
static void
step_up (const Pass *pass, int level, const RvsTensor *first, const RvsTensor *x, RvsTensor *y)
{
  RvsExec     *exec = pass->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    wide = rvs__exec_tensor (exec, 4 * y->c, x->h, x->w);

  rvs__conv2d (exec, &pass->net->up[level], x, NULL, &wide);
  rvs__pixel_shuffle (exec, &wide, y);
  rvs__arena_release (exec->arena, mark);
  if (level < LEVELS - 1)
    add_first (pass, &pass->net->skip[level], first, y);
}

/* The head's features, and a copy for the skips. */
static void
run_head (const Pass *pass, const RvsTensor *face, RvsTensor *first, RvsTensor *x)
{
  RvsExec     *exec = pass->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    eighth = rvs__exec_tensor (exec, 3 * SCALE * SCALE, first->h, first->w);

  rvs__pixel_unshuffle (exec, face, &eighth);
  rvs__conv2d (exec, &pass->net->head, &eighth, NULL, first);
  rvs__copy (exec, first, x);
  rvs__arena_release (exec->arena, mark);
}

static RvsStatus
run (const void *user, RvsExec *exec, const RvsFaceIn *in, const float *state, const RvsKnobs *knobs, const RvsStageSink *sink,
     RvsTensor *out)
{
  const RvsSpadNet *net = user;
  const size_t      mark = rvs__arena_mark (exec->arena);
  const int         side = net->size / SCALE;
  Pass              pass = { net, exec, make_prior (exec, in, net->size / 4) };
  RvsTensor         first = rvs__exec_tensor (exec, net->widths[0], side, side), x[LEVELS + 1];
  bool              goes_on;

  (void)state, (void)knobs;
  assert (in->face.h == net->size && in->face.w == net->size && out->h == net->size && out->w == net->size);
  for (int i = 0; i <= LEVELS; i++)
    x[i] = rvs__exec_tensor (exec, i < LEVELS ? net->widths[i] : net->tail, side << i, side << i);
  run_head (&pass, &in->face, &first, &x[0]);
  for (int i = 0; i < LEVELS; i++)
    {
      run_blocks (&pass, i, &x[i]);
      step_up (&pass, i, &first, &x[i], &x[i + 1]);
    }
  rvs__conv2d (exec, &net->out, &x[LEVELS], &(RvsEpilogue){ .add = &in->face }, out);
  goes_on = rvs__show_stage (exec, sink, out);
  rvs__arena_release (exec->arena, mark);
  return goes_on && !rvs__exec_cancelled (exec) ? RVS_OK : RVS_ERR_CANCELLED;
}

static const RvsRestorer restorer = { .run = run };

const RvsArch rvs__arch_spad = { .name = "spad",
                                 .contract = "spad_srgb_pm1_v1",
                                 .size_key = "spad.size",
                                 .bytes = sizeof (RvsSpadNet),
                                 .configure = configure,
                                 .list = list_tensors,
                                 .restorer = &restorer };
