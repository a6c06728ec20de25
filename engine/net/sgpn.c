/* SPDX-License-Identifier: GPL-3.0-or-later
 * sgpn.c: the decoder: two branches down to 4 x 4, a style, and back up. */
#include "net/sgpn.h"

#include "net/sgpn_blocks.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  SIDES = 8, /* 4 to 512: side i is 4 << i */
  LEAST = 4,
  FUSED = 4,    /* index of RVS_SGPN_FUSED, */
  SHOWN = 4,    /* and of the first image that is shown */
  FIRST = 2,    /* of RVS_SGPN_FIRST */
  SMALLEST = 5, /* of the smallest network, 128 */
  MAX_WIDTH = 1024
};

struct RvsSgpnNet
{
  int          n, widths[SIDES], code_size, style_size, modes; /* n sides; modes: of the shape model */
  int          w_least;                                        /* hundredths: w of the graph at fidelity 0 */
  RvsConv      first[SIDES], down[SIDES], mesh, code, map[2];
  float       *constant;
  RvsFusion    start, up[SIDES], same[SIDES];
  RvsSgpnLevel level[SIDES];
  RvsSgpnHead  head[SIDES];
};

static int
side_of (int i)
{
  return LEAST << i;
}

int
rvs__sgpn_size (const RvsSgpnNet *net)
{
  return side_of (net->n - 1);
}

int
rvs__sgpn_images (const RvsSgpnNet *net)
{
  return net->n - FIRST;
}

int
rvs__sgpn_modes (const RvsSgpnNet *net)
{
  return net->modes;
}

int
rvs__sgpn_fused_channels (const RvsSgpnNet *net)
{
  return net->widths[FUSED];
}

/* ---- loading ---- */

static void
list_encoder (RvsLoader *loader, RvsSgpnNet *net)
{
  const int *w = net->widths;

  for (int i = 0; i < net->n; i++)
    {
      if (i > FUSED)
        rvs__load_conv (loader, &net->first[i], w[i], 3, 3, "first.%d", side_of (i));
      if (i == net->n - 1)
        continue;
      rvs__load_conv (loader, &net->down[i], w[i], w[i + 1], 3, "down.%d", side_of (i));
      net->down[i].stride = 2;
    }
  rvs__load_conv (loader, &net->mesh, w[FUSED], RVS_MESH_PLANES, 3, "mesh");
  net->mesh.stride = 2;
  rvs__load_linear (loader, &net->code, net->code_size, w[0] * LEAST * LEAST, "code");
  rvs__load_linear (loader, &net->map[0], net->style_size, 2 * net->code_size + net->modes, "map.0");
  rvs__load_linear (loader, &net->map[1], net->style_size, net->style_size, "map.1");
}

static void
list_side (RvsLoader *loader, RvsSgpnNet *net, int i)
{
  const int *w = net->widths, from = w[i - 1] * (i - 1 <= FUSED ? 2 : 1);
  char       name[32];

  snprintf (name, sizeof name, "up.%d", side_of (i));
  if (i > FUSED)
    rvs__sgpn_load_level (loader, &net->level[i], from, w[i], net->style_size, name);
  else
    rvs__sgpn_load_fusion (loader, &net->up[i], from, w[i], net->style_size, name);
  snprintf (name, sizeof name, "same.%d", side_of (i));
  if (i <= FUSED)
    rvs__sgpn_load_fusion (loader, &net->same[i], 2 * w[i], w[i], net->style_size, name);
  snprintf (name, sizeof name, "rgb.%d", side_of (i));
  if (i >= FIRST)
    rvs__sgpn_load_head (loader, &net->head[i], w[i] * (i <= FUSED ? 2 : 1), net->style_size, name);
}

static void
list (RvsLoader *loader, void *user)
{
  RvsSgpnNet  *net = user;
  const size_t shape[4] = { 1, (size_t)net->widths[0], LEAST, LEAST };

  list_encoder (loader, net);
  rvs__load_tensor (loader, &net->constant, 4, shape, "const");
  rvs__sgpn_load_fusion (loader, &net->start, net->widths[0], net->widths[0], net->style_size, "start");
  for (int i = 1; i < net->n; i++)
    list_side (loader, net, i);
}

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  static const char *const sizes[] = { "128", "256", "512", NULL };
  RvsSgpnNet              *net = user;
  int                      size = 0;
  RvsStatus                status = rvs__meta_word (file, "sgpn.size", sizes, &size, err);

  net->n = SMALLEST + size + 1;
  if (status == RVS_OK)
    status = rvs__meta_pairs (file, "sgpn.channels", LEAST, net->n, MAX_WIDTH, net->widths, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "sgpn.code", 1, MAX_WIDTH, &net->code_size, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "sgpn.style", 1, MAX_WIDTH, &net->style_size, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "sgpn.modes", 1, RVS_SHAPE_MAX_MODES, &net->modes, err);
  if (status == RVS_OK && rvs__st_meta (file, "sgpn.w_least"))
    status = rvs__meta_ints (file, "sgpn.w_least", 1, 100, &net->w_least, err);
  return status;
}

/* ---- forward ---- */

static const RvsEpilogue with_lrelu = { .act = RVS_ACT_LRELU };

/* The photo, or a map, at every side from the last one down to the first. */
static void
reduce (RvsExec *exec, int first, int last, const RvsTensor *photo, RvsTensor *photos)
{
  photos[last] = *photo;
  for (int i = last - 1; i >= first; i--)
    {
      photos[i] = rvs__exec_tensor (exec, photo->c, side_of (i), side_of (i));
      rvs__down2 (exec, &photos[i + 1], &photos[i]);
    }
}

/* The photo's features from the largest side down to FUSED. */
static void
look (const RvsSgpnNet *net, RvsExec *exec, const RvsTensor *photos, RvsTensor *features)
{
  for (int i = net->n - 1; i >= FUSED; i--)
    {
      const RvsEpilogue end = { .act = RVS_ACT_LRELU, .add = i > FUSED && i < net->n - 1 ? &features[i] : NULL, .add_first = true };
      features[i] = rvs__exec_tensor (exec, net->widths[i], side_of (i), side_of (i));
      if (i > FUSED)
        rvs__conv2d (exec, &net->first[i], &photos[i], i == net->n - 1 ? &with_lrelu : NULL, &features[i]);
      if (i < net->n - 1)
        rvs__conv2d (exec, &net->down[i], &features[i + 1], &end, &features[i]);
    }
}

/* Features from FUSED (given) down to 4, and lrelu (code). */
static void
encode (const RvsSgpnNet *net, RvsExec *exec, RvsTensor *features, float *code)
{
  for (int i = FUSED - 1; i >= 0; i--)
    features[i] = rvs__conv_lrelu (exec, &net->down[i], &features[i + 1]);
  rvs__linear (exec, &net->code, features[0].data, code);
}

static void
lrelu (float *x, int n, float by)
{
  for (int i = 0; i < n; i++)
    x[i] = (x[i] > 0 ? x[i] : x[i] * .2f) * by;
}

/* Codes and coefficients, photo's code first, made as long as one on the average. */
static void
normalise (const RvsSgpnNet *net, const RvsSgpnIn *in, float *all)
{
  const int n = 2 * net->code_size + net->modes;
  double    sum = 0;

  lrelu (all, net->code_size, 1);
  lrelu (all + net->code_size, net->code_size, in->trust);
  for (int i = 0; i < net->modes; i++)
    all[2 * net->code_size + i] = in->trust * in->coefficients[i];
  for (int i = 0; i < n; i++)
    sum += (double)all[i] * all[i];
  const float k = (float)(1 / sqrt (sum / n + 1e-8));
  for (int i = 0; i < n; i++)
    all[i] *= k;
}

/* all: both codes, and room for the coefficients. */
static void
make_style (const RvsSgpnNet *net, RvsExec *exec, const RvsSgpnIn *in, float *all, float *z)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  float       *middle = rvs__arena_floats (exec->arena, (size_t)net->style_size);

  if (!rvs__exec_idle (exec))
    normalise (net, in, all);
  rvs__linear (exec, &net->map[0], all, middle);
  if (!rvs__exec_idle (exec))
    lrelu (middle, net->style_size, 1);
  rvs__linear (exec, &net->map[1], middle, z);
  if (!rvs__exec_idle (exec))
    lrelu (z, net->style_size, 1);
  rvs__arena_release (exec->arena, mark);
}

/* One side up: x of half the side becomes x of this one. */
static RvsTensor
rise (const RvsSgpnNet *net, RvsExec *exec, int i, const RvsTensor *x, const RvsTensor *photo, const RvsTensor *mesh,
      const RvsSgpnTold *told, RvsTensor *trusted)
{
  const int side = side_of (i), c = net->widths[i];
  RvsTensor out = rvs__exec_tensor (exec, i <= FUSED ? 2 * c : c, side, side);

  if (i > FUSED)
    {
      rvs__sgpn_rise (exec, &net->level[i], x, photo, told, &out);
      return out;
    }
  RvsTensor half = rvs__exec_tensor (exec, 2 * c, side, side);
  rvs__sgpn_fuse (exec, &net->up[i], true, x, photo, mesh, told, &half, NULL);
  rvs__sgpn_fuse (exec, &net->same[i], false, &half, photo, mesh, told, &out, i == FUSED ? trusted : NULL);
  return out;
}

/* What the decoder is given, by side: photos, the features of photo and mesh, the fidelity map (NULL: told.w everywhere). */
typedef struct Given
{
  RvsTensor photos[SIDES], p[SIDES], m[SIDES], maps[SIDES];
  bool      has_map;
} Given;

/* Returns false where sink wants no more. */
static bool
decode (const RvsSgpnNet *net, RvsExec *exec, const Given *given, const RvsSgpnTold *told, const RvsStageSink *sink,
        RvsTensor *images, RvsTensor *trusted)
{
  const RvsTensor constant = rvs__tensor (net->constant, net->widths[0], LEAST, LEAST);
  RvsTensor       x = rvs__exec_tensor (exec, 2 * net->widths[0], LEAST, LEAST);
  RvsSgpnTold     here = *told;
  bool            goes_on = true;

  const int n = images ? net->n : FUSED + 1;

  here.w_map = given->has_map ? &given->maps[0] : NULL;
  rvs__sgpn_fuse (exec, &net->start, false, &constant, &given->p[0], &given->m[0], &here, &x, NULL);
  for (int i = 1; i < n && goes_on; i++)
    {
      here.w_map = given->has_map ? &given->maps[i] : NULL;
      x = rise (net, exec, i, &x, &given->p[i], i <= FUSED ? &given->m[i] : NULL, &here, trusted);
      if (images && i >= FIRST)
        rvs__sgpn_show (exec, &net->head[i], &x, i > FIRST ? &images[i - 1 - FIRST] : NULL, &given->photos[i], &here,
                        &images[i - FIRST]);
      if (images && i >= SHOWN)
        goes_on = rvs__show_stage (exec, sink, &images[i - FIRST]);
    }
  return goes_on;
}

RvsStatus
rvs__sgpn_forward (const RvsSgpnNet *net, RvsExec *exec, const RvsSgpnIn *in, const RvsStageSink *sink, RvsTensor *images,
                   RvsTensor *trusted)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    codes = 2 * net->code_size + net->modes;
  float       *all = rvs__arena_floats (exec->arena, (size_t)codes), *z = rvs__arena_floats (exec->arena, (size_t)net->style_size);
  Given        given = { .has_map = in->w_map };
  bool         goes_on;

  assert (in->photo->c == 3 && in->photo->h == rvs__sgpn_size (net) && in->photo->w == in->photo->h);
  assert (in->render->c == RVS_MESH_PLANES && in->render->h == RVS_SHAPE_RENDER && in->render->w == RVS_SHAPE_RENDER);
  reduce (exec, FIRST, net->n - 1, in->photo, given.photos);
  if (in->w_map)
    reduce (exec, 0, net->n - 1, in->w_map, given.maps);
  look (net, exec, given.photos, given.p);
  given.m[FUSED] = rvs__conv_lrelu (exec, &net->mesh, in->render);
  encode (net, exec, given.p, all);
  encode (net, exec, given.m, all ? all + net->code_size : NULL);
  make_style (net, exec, in, all, z);
  goes_on = decode (net, exec, &given, &(RvsSgpnTold){ z, in->w, in->trust, NULL }, sink, images, trusted);
  rvs__arena_release (exec->arena, mark);
  return goes_on && !rvs__exec_cancelled (exec) ? RVS_OK : RVS_ERR_CANCELLED;
}

/* ---- the seam ---- */

static int
modes_of (const void *net)
{
  return rvs__sgpn_modes (net);
}

/* The graph's w at a fidelity. */
static float
graph_w (const RvsSgpnNet *net, float fidelity)
{
  const float least = (float)net->w_least / 100;

  return least + (1 - least) * fidelity;
}

/* A map of fidelity as one of the graph's w, from the arena; not given where that is not. */
static RvsTensor
graph_map (const RvsSgpnNet *net, RvsExec *exec, const RvsTensor *fidelity)
{
  RvsTensor out = { 0 };

  if (fidelity->c == 0)
    return out;
  out = rvs__exec_tensor (exec, 1, fidelity->h, fidelity->w);
  for (size_t i = 0; !rvs__exec_idle (exec) && i < out.cs; i++)
    out.data[i] = graph_w (net, fidelity->data[i]);
  return out;
}

static RvsSgpnIn
told_by (const RvsSgpnNet *net, const RvsFaceIn *in, const RvsKnobs *knobs, const RvsTensor *w_map)
{
  return (RvsSgpnIn){ .photo = &in->face,
                      .render = &in->render,
                      .coefficients = in->coefficients,
                      .trust = in->trust,
                      .w = graph_w (net, knobs->w),
                      .w_map = w_map->c > 0 ? w_map : NULL };
}

/* Nothing is kept between runs: what the photo alone decides, the encoder, is a sixth of the products. */
static RvsStatus
run (const void *user, RvsExec *exec, const RvsFaceIn *in, const float *state, const RvsKnobs *knobs, const RvsStageSink *sink,
     RvsTensor *out)
{
  const RvsSgpnNet *net = user;
  const size_t      mark = rvs__arena_mark (exec->arena);
  const RvsTensor   w_map = graph_map (net, exec, &in->w_map);
  const RvsSgpnIn   of = told_by (net, in, knobs, &w_map);
  const int         last = rvs__sgpn_images (net) - 1;
  RvsTensor         images[RVS_SGPN_IMAGES];
  RvsStatus         status;

  (void)state;
  for (int i = 0; i < last; i++)
    images[i] = rvs__exec_tensor (exec, 3, RVS_SGPN_FIRST << i, RVS_SGPN_FIRST << i);
  images[last] = *out;
  status = rvs__sgpn_forward (net, exec, &of, sink, images, NULL);
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* out: the mean over all planes. */
static void
mean_plane (const RvsTensor *planes, RvsTensor *out)
{
  for (size_t at = 0; at < out->cs; at++)
    {
      double sum = 0;
      for (int c = 0; c < planes->c; c++)
        sum += (double)rvs__channel (planes, c)[at];
      out->data[at] = (float)(sum / planes->c);
    }
}

static RvsStatus
trusted (const void *user, RvsExec *exec, const RvsFaceIn *in, const RvsKnobs *knobs, RvsTensor *out)
{
  const RvsSgpnNet *net = user;
  const size_t      mark = rvs__arena_mark (exec->arena);
  const RvsTensor   w_map = graph_map (net, exec, &in->w_map);
  const RvsSgpnIn   of = told_by (net, in, knobs, &w_map);
  RvsTensor         masks = rvs__exec_tensor (exec, rvs__sgpn_fused_channels (net), RVS_TRUST_SIDE, RVS_TRUST_SIDE);
  const RvsStatus   status = rvs__sgpn_forward (net, exec, &of, NULL, NULL, &masks);

  _Static_assert(RVS_TRUST_SIDE == RVS_SGPN_FUSED, "the masks are of the largest size at which photo and mesh are fused");
  if (status == RVS_OK && !rvs__exec_idle (exec))
    mean_plane (&masks, out);
  rvs__arena_release (exec->arena, mark);
  return status;
}

static const RvsRestorer restorer = { .run = run, .shape_modes = modes_of, .trusted = trusted };

const RvsArch rvs__arch_sgpn = { .name = "sgpn",
                                 .contract = "sgpn_srgb_pm1_v1",
                                 .size_key = "sgpn.size",
                                 .bytes = sizeof (RvsSgpnNet),
                                 .configure = configure,
                                 .list = list,
                                 .restorer = &restorer,
                                 .has_base = true };
