/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm_load.c: builds a JSFM generator from a weights file. Names and shapes: docs/weights-format.md. */
#include "net/jsfm_net.h"

#include <stdio.h>

enum
{
  MAX_CHANNELS = 2048,
  MAX_W_POWER = 8
};

/* ---- metadata ---- */

/* As many pairs as the key holds: files of size 256 may leave 512 out. */
static RvsStatus
read_widths (const RvsStFile *file, const char *key, int top, int *out_widths, RvsError *err)
{
  const char *text = rvs__st_meta (file, key);
  int         n = 1;

  for (; text && *text; text++)
    n += *text == ',';
  if (n < top + 1 || n > N_LEVELS)
    n = top + 1;
  return rvs__meta_pairs (file, key, 16, n, MAX_CHANNELS, out_widths, err);
}

/* What form it is: jsfm.modulation, size, heads, map. */
static RvsStatus
read_form (const RvsStFile *file, RvsJsfmNet *net, RvsError *err)
{
  static const char *const modulations[] = { "shared", "published", NULL };
  static const char *const sizes[] = { "256", "512", NULL };
  static const char *const heads[] = { "absolute", "gated", NULL };
  static const char *const maps[] = { "soft", "hard", NULL };
  int                      published = 0, size = 0, gated = 0, hard = 0;
  RvsStatus                status = rvs__meta_word (file, "jsfm.modulation", modulations, &published, err);

  if (status == RVS_OK)
    status = rvs__meta_word (file, "jsfm.size", sizes, &size, err);
  if (status == RVS_OK)
    status = rvs__meta_word (file, "jsfm.heads", heads, &gated, err);
  if (status == RVS_OK)
    status = rvs__meta_word (file, "jsfm.map", maps, &hard, err);
  if (status == RVS_OK && (hard != published || (published && gated)))
    status
        = rvs__fail (err, RVS_ERR_MODEL, "metadata jsfm.map and jsfm.heads do not fit jsfm.modulation=%s", modulations[published]);
  net->published = published;
  net->gated = gated;
  net->size = size ? 512 : 256;
  net->top = size ? LEVEL_512 : LEVEL_256;
  return status;
}

/* pixel_shuffle takes the channels below the top in fours. */
static RvsStatus
check_channels (const RvsJsfmNet *net, RvsError *err)
{
  for (int l = 0; l < net->top; l++)
    if (net->channels[l] % 4 != 0)
      return rvs__fail (err, RVS_ERR_MODEL, "metadata jsfm.channels: %d at %d is not a multiple of 4", net->channels[l],
                        rvs__jsfm_side (l));
  return RVS_OK;
}

RvsStatus
rvs__jsfm_configure (const RvsStFile *file, void *user, RvsError *err)
{
  RvsJsfmNet *net = user;
  RvsStatus   status = read_form (file, net, err);

  net->w_power = 1;
  if (status == RVS_OK && rvs__st_meta (file, "jsfm.w_power"))
    status = rvs__meta_ints (file, "jsfm.w_power", 1, MAX_W_POWER, &net->w_power, err);
  if (status == RVS_OK)
    status = read_widths (file, "jsfm.channels", net->top, net->channels, err);
  if (status == RVS_OK)
    status = read_widths (file, "jsfm.guides", net->top, net->guides, err);
  return status == RVS_OK ? check_channels (net, err) : status;
}

/* ---- tensors ---- */

/* Head tensors [first, first + n) of a modulation with c channels in all; two: JSFM. */
static void
load_heads (RvsLoader *loader, const RvsJsfmNet *net, RvsJsfmMod *mod, int c, int first, int n, bool two, const char *name)
{
  if (!two)
    {
      rvs__load_conv_part (loader, &mod->head_a, first, n, true, "%s.g", name);
      rvs__load_conv_part (loader, &mod->head_a, c + first, n, true, "%s.b", name);
    }
  else
    {
      rvs__load_conv_part (loader, &mod->head_a, first, n, true, "%s.gd", name);
      rvs__load_conv_part (loader, &mod->head_a, c + first, n, true, "%s.bd", name);
      rvs__load_conv_part (loader, &mod->head_b, first, n, true, "%s.gs", name);
      rvs__load_conv_part (loader, &mod->head_b, c + first, n, true, "%s.bs", name);
    }
  if (!net->published)
    return;
  rvs__load_conv (loader, &mod->trunk_a, mod->head_a.c_in, N_INPUTS, 3, two ? "%s.td" : "%s.t", name);
  if (two)
    rvs__load_conv (loader, &mod->trunk_b, mod->head_b.c_in, N_INPUTS, 3, "%s.ts", name);
}

static void
shape_heads (RvsLoader *loader, const RvsJsfmNet *net, RvsJsfmMod *mod, int c, int m, bool two)
{
  int k = net->published ? 3 : 1;

  rvs__load_conv_shape (loader, &mod->head_a, 2 * c, m, k, k);
  if (two)
    rvs__load_conv_shape (loader, &mod->head_b, 2 * c, m, k, k);
}

void
rvs__jsfm_load_mod (RvsLoader *loader, const RvsJsfmNet *net, RvsJsfmMod *mod, int c, int m, bool two, const char *name)
{
  shape_heads (loader, net, mod, c, m, two);
  load_heads (loader, net, mod, c, 0, c, two, name);
}

static void
load_res (RvsLoader *loader, const RvsJsfmNet *net, RvsJsfmRes *res, int level, bool two)
{
  int  c = net->channels[level], m = net->guides[level], side = rvs__jsfm_side (level);
  char name[32];

  /* The shared network's stage-2 blocks are in a dictionary, its stage-1 blocks are not. */
  for (int i = 0; i < 2; i++)
    {
      snprintf (name, sizeof name, two ? "r.%d.n%d" : "r%d.n%d", side, i);
      rvs__jsfm_load_mod (loader, net, i ? &res->n1 : &res->n0, c, m, two, name);
      rvs__load_conv (loader, i ? &res->c1 : &res->c0, c, c, 3, two ? "r.%d.c%d" : "r%d.c%d", side, i);
    }
}

static void
load_ufsb (RvsLoader *loader, RvsJsfmNet *net, int q)
{
  RvsJsfmUfsb *u = &net->u[q];
  const int    c = net->channels[q - 1], m = net->guides[q - 1], side = rvs__jsfm_side (q);
  char         name[32];

  rvs__load_conv_shape (loader, &u->ab, 2 * c, c, 3, 3);
  rvs__load_conv_part (loader, &u->ab, 0, c, true, "u.%d.a", side);
  rvs__load_conv_part (loader, &u->ab, c, c, false, "u.%d.b", side);
  shape_heads (loader, net, &u->n, 2 * c, m, true);
  snprintf (name, sizeof name, "u.%d.na", side);
  load_heads (loader, net, &u->n, 2 * c, 0, c, true, name);
  snprintf (name, sizeof name, "u.%d.nb", side);
  load_heads (loader, net, &u->n, 2 * c, c, c, true, name);
}

static void
load_guides (RvsLoader *loader, RvsJsfmNet *net)
{
  for (int l = LEVEL_16; l <= LEVEL_256 && l <= net->top; l++)
    rvs__load_conv (loader, &net->gd[l], net->guides[l], N_INPUTS, 3, "gd.%d", rvs__jsfm_side (l));
  for (int q = LEVEL_128; q <= net->top; q++)
    {
      rvs__load_conv (loader, &net->gs[q - 1], net->guides[q - 1], N_INPUTS, 3, "gs.%d", rvs__jsfm_side (q - 1));
      rvs__load_conv (loader, &net->pj[q], net->guides[q], net->guides[q - 1], 1, "pj.%d", rvs__jsfm_side (q));
    }
  if (net->top == LEVEL_512)
    {
      rvs__load_conv (loader, &net->g512, net->guides[LEVEL_512], 3, 3, "g512");
      rvs__load_conv (loader, &net->g512m, net->guides[LEVEL_512], net->guides[LEVEL_256], 1, "g512m");
    }
}

static void
load_stage1 (RvsLoader *loader, RvsJsfmNet *net)
{
  const int *c = net->channels;
  size_t     constant[4] = { 1, (size_t)c[LEVEL_16], 16, 16 };

  rvs__load_tensor (loader, &net->constant, 4, constant, "const");
  rvs__load_conv (loader, &net->h, c[LEVEL_16], c[LEVEL_16], 3, "h");
  for (int l = LEVEL_16; l <= LEVEL_64; l++)
    {
      load_res (loader, net, &net->r[l], l, false);
      if (l > LEVEL_16)
        rvs__load_conv (loader, &net->m[l], c[l], c[l - 1] / 4, 3, "m%d", rvs__jsfm_side (l));
    }
  rvs__load_conv (loader, &net->rgb[LEVEL_64], net->gated ? 4 : 3, c[LEVEL_64], 3, "rgb.64");
}

/* Stage 2 at the level q. */
static void
load_stage2 (RvsLoader *loader, RvsJsfmNet *net, int q)
{
  const int   *c = net->channels, side = rvs__jsfm_side (q);
  const size_t one[1] = { 1 };

  (net->published ? rvs__jsfm_load_published_ufsb : load_ufsb) (loader, net, q);
  rvs__load_tensor (loader, &net->u[q].noise, 1, one, "u.%d.noise", side);
  rvs__load_conv (loader, &net->m[q], c[q], c[q - 1] / 2, 3, "m.%d", side);
  load_res (loader, net, &net->r[q], q, true);
  rvs__load_conv (loader, &net->rgb[q], net->gated ? 4 : 3, c[q], 3, "rgb.%d", side);
}

void
rvs__jsfm_list (RvsLoader *loader, void *user)
{
  RvsJsfmNet *net = user;

  rvs__load_narrow (loader, !net->published && net->gated); /* the others make the whole image, not a part: not measured */
  (net->published ? rvs__jsfm_load_published_noise : load_guides) (loader, net);
  load_stage1 (loader, net);
  for (int q = LEVEL_128; q <= net->top; q++)
    load_stage2 (loader, net, q);
}
