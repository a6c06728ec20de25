/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad.c: SPADNet behind the restorers' seam: the prior from the parser's output, then three levels from 1/8 to the whole size. */
#include "net/spad.h"

#include "net/parser.h"
#include "net/spad_net.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum
{
  LEVELS = RVS_SPAD_LEVELS,
  SCALE = 1 << LEVELS,
  MAX_WIDTH = 512
};

/* ---- loading ---- */

static int
width_above (const RvsSpadNet *net, int level)
{
  return level + 1 < LEVELS ? net->widths[level + 1] : net->tail;
}

/* prefix: of all names of an end. */
static void
list_level (RvsLoader *loader, const RvsSpadNet *net, RvsSpadParts *parts, const char *prefix, int i)
{
  const int c = net->widths[i];
  char      name[32];

  for (int j = 0; j < net->blocks[i]; j++)
    {
      snprintf (name, sizeof name, "%ssr.%d.%d", prefix, i, j);
      rvs__spad_load_rcab (loader, &parts->rcab[i][j], c, name);
    }
  for (int j = 0; j < net->habs[i]; j++)
    {
      snprintf (name, sizeof name, "%shab.%d.%d", prefix, i, j);
      rvs__spad_load_hab (loader, &parts->hab[i][j], c, name);
    }
  if (net->habs[i] > 0)
    rvs__load_conv (loader, &parts->prior[i], c, RVS_SPAD_MAPS, 3, "%smp.%d", prefix, i);
  rvs__load_conv (loader, &parts->up[i], 4 * width_above (net, i), c, 3, "%sus.%d", prefix, i);
}

static void
list_end (RvsLoader *loader, const RvsSpadNet *net, RvsSpadParts *parts, const char *prefix)
{
  rvs__load_conv (loader, &parts->head, net->widths[0], 3 * SCALE * SCALE, 3, "%shead", prefix);
  for (int i = 0; i < LEVELS; i++)
    list_level (loader, net, parts, prefix, i);
  for (int i = 0; i < LEVELS - 1; i++)
    rvs__load_conv (loader, &parts->skip[i], net->widths[i + 1], net->widths[0], 1, "%ssk.%d", prefix, i);
  rvs__load_conv (loader, &parts->out, 3, net->tail, 3, "%sout", prefix);
}

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsSpadNet *net = user;

  rvs__load_narrow (loader, true);
  list_end (loader, net, &net->faithful.parts, "");
  list_end (loader, net, &net->real.parts, "real.");
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
    status = rvs__meta_ints (file, "spad.blocks", LEVELS, RVS_SPAD_MAX_BLOCKS, net->blocks, err);
  if (status == RVS_OK)
    status = rvs__meta_range (file, "spad.habs", LEVELS, 0, RVS_SPAD_MAX_BLOCKS, net->habs, err);
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

/* ---- levels ---- */

typedef struct Pass
{
  const RvsSpadNet   *net;
  const RvsSpadParts *parts; /* of the end, or of the point between both */
  RvsExec            *exec;
  Prior               prior;
} Pass;

/* H of a level, from the arena. */
static RvsTensor
level_structure (const Pass *pass, int level)
{
  RvsExec     *exec = pass->exec;
  const Prior *prior = &pass->prior;
  const int    side = pass->net->size / SCALE << level;
  RvsTensor    h = rvs__exec_tensor (exec, pass->net->widths[level], side, side);
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    maps = side == prior->maps.w ? prior->maps : rvs__exec_tensor (exec, RVS_SPAD_MAPS, side, side);

  if (side < prior->maps.w)
    rvs__down2 (exec, &prior->maps, &maps);
  else if (side > prior->maps.w)
    rvs__up2 (exec, &prior->maps, &maps);
  rvs__conv2d (exec, &pass->parts->prior[level], &maps, &(RvsEpilogue){ .act = RVS_ACT_LRELU }, &h);
  rvs__arena_release (exec->arena, mark);
  return h;
}

/* The blocks of a level, in place. */
static void
run_blocks (const Pass *pass, int level, RvsTensor *x)
{
  const RvsSpadNet   *net = pass->net;
  const RvsSpadParts *parts = pass->parts;
  const size_t        mark = rvs__arena_mark (pass->exec->arena);
  RvsTensor           structure = { 0 };

  if (net->habs[level] > 0)
    structure = level_structure (pass, level);
  for (int j = 0; j < net->blocks[level]; j++)
    {
      rvs__spad_rcab (pass->exec, &parts->rcab[level][j], x);
      if (j < net->habs[level])
        rvs__spad_hab (pass->exec, &parts->hab[level][j], &structure, &pass->prior.pooled, x);
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

  rvs__conv2d (exec, &pass->parts->up[level], x, NULL, &wide);
  rvs__pixel_shuffle (exec, &wide, y);
  rvs__arena_release (exec->arena, mark);
  if (level < LEVELS - 1)
    add_first (pass, &pass->parts->skip[level], first, y);
}

/* The head's features, and a copy for the skips. */
static void
run_head (const Pass *pass, const RvsTensor *face, RvsTensor *first, RvsTensor *x)
{
  RvsExec     *exec = pass->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    eighth = rvs__exec_tensor (exec, 3 * SCALE * SCALE, first->h, first->w);

  rvs__pixel_unshuffle (exec, face, &eighth);
  rvs__conv2d (exec, &pass->parts->head, &eighth, NULL, first);
  rvs__copy (exec, first, x);
  rvs__arena_release (exec->arena, mark);
}

/* face -> out. */
static void
forward (const Pass *pass, const RvsTensor *face, RvsTensor *out)
{
  const RvsSpadNet *net = pass->net;
  RvsExec          *exec = pass->exec;
  const size_t      mark = rvs__arena_mark (exec->arena);
  const int         side = net->size / SCALE;
  RvsTensor         first = rvs__exec_tensor (exec, net->widths[0], side, side), x[LEVELS + 1];

  for (int i = 0; i <= LEVELS; i++)
    x[i] = rvs__exec_tensor (exec, i < LEVELS ? net->widths[i] : net->tail, side << i, side << i);
  run_head (pass, face, &first, &x[0]);
  for (int i = 0; i < LEVELS; i++)
    {
      run_blocks (pass, i, &x[i]);
      step_up (pass, i, &first, &x[i], &x[i + 1]);
    }
  rvs__conv2d (exec, &pass->parts->out, &x[LEVELS], &(RvsEpilogue){ .add = face }, out);
  rvs__arena_release (exec->arena, mark);
}

/* ---- the knob ---- */

/* out = what is made at w. */
static void
run_at (Pass *pass, float w, const RvsTensor *face, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (pass->exec->arena);

  pass->parts = rvs__spad_blend (pass->exec, pass->net, w);
  forward (pass, face, out);
  rvs__arena_release (pass->exec->arena, mark);
}

typedef struct Lean
{
  const RvsTensor *w_map, *end, *out;
  float            from, to;
} Lean;

static void
lean_item (void *context, int c, int worker)
{
  const Lean  *lean = context;
  const float *w = lean->w_map->data, *end = rvs__channel (lean->end, c);
  float       *out = rvs__channel (lean->out, c);

  (void)worker;
  for (size_t i = 0; i < lean->w_map->cs; i++)
    out[i] += fminf (fmaxf ((w[i] - lean->from) / (lean->to - lean->from), 0), 1) * (end[i] - out[i]);
}

/* Where the map is on this side of w, out goes towards the end there, by as much of the way as the map goes. */
static void
lean (Pass *pass, const RvsFaceIn *in, float w, float end, RvsTensor *out)
{
  RvsExec     *exec = pass->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    other = rvs__exec_tensor (exec, out->c, out->h, out->w);
  Lean         job = { &in->w_map, &other, out, w, end };

  run_at (pass, end, &in->face, &other);
  rvs__exec_run (exec, lean_item, &job, out->c);
  rvs__arena_release (exec->arena, mark);
}

static RvsStatus
run (const void *user, RvsExec *exec, const RvsFaceIn *in, const float *state, const RvsKnobs *knobs, const RvsStageSink *sink,
     RvsTensor *out)
{
  const RvsSpadNet *net = user;
  const size_t      mark = rvs__arena_mark (exec->arena);
  Pass              pass = { .net = net, .exec = exec, .prior = make_prior (exec, in, net->size / 4) };
  const float       w = exec->arena->measuring ? .5f : knobs->w; /* between the ends a pass takes the most */
  const bool        varies = in->w_map.c > 0;
  bool              goes_on;

  (void)state;
  assert (in->face.h == net->size && in->face.w == net->size && out->h == net->size && out->w == net->size);
  run_at (&pass, w, &in->face, out);
  if (varies && w < 1)
    lean (&pass, in, w, 1, out);
  if (varies && w > 0)
    lean (&pass, in, w, 0, out);
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
