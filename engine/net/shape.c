/* SPDX-License-Identifier: GPL-3.0-or-later
 * shape.c: the shape head's features and its five linear layers. */
#include "net/shape.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  TRUNK_SIDE = 8, /* of the averaged trunk */
  FIRST_CLASS = 1,
  N_CLASSES = 17,
  CLASS_SIDE = 16,
  N_DAMAGE = 5
};

static const float centre[3] = { RVS_MESH_CROP / 2, RVS_MESH_CROP / 2, 0 }; /* taken off the mean */

int
rvs__shape_features (int trunk_channels)
{
  return trunk_channels * TRUNK_SIDE * TRUNK_SIDE + N_CLASSES * CLASS_SIDE * CLASS_SIDE + 2 * RVS_N_POINTS + N_DAMAGE;
}

/* ---- loading ---- */

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  RvsShapeNet *net = user;
  const struct
  {
    const char *key;
    int         max, *value;
  } keys[] = { { "shape.modes", RVS_SHAPE_MAX_MODES, &net->modes },
               { "shape.hidden", RVS_SHAPE_MAX_HIDDEN, &net->hidden },
               { "shape.doubt", RVS_SHAPE_MAX_HIDDEN, &net->doubt },
               { "shape.features", 1 << 20, &net->n_features },
               { "shape.triangles", RVS_SHAPE_MAX_TRIANGLES, &net->n_triangles } };
  int       range[2] = { 0 };
  RvsStatus status = RVS_OK;

  for (size_t i = 0; status == RVS_OK && i < sizeof keys / sizeof *keys; i++)
    status = rvs__meta_ints (file, keys[i].key, 1, keys[i].max, keys[i].value, err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "shape.low", 1, 1000, &range[0], err);
  if (status == RVS_OK)
    status = rvs__meta_ints (file, "shape.high", 1, 1000, &range[1], err);
  if (status == RVS_OK && range[1] <= range[0])
    return rvs__fail (err, RVS_ERR_MODEL, "metadata shape.high is not above shape.low");
  net->low = (float)range[0] / 10;
  net->high = (float)range[1] / 10;
  return status;
}

static void
list (RvsLoader *loader, void *user)
{
  RvsShapeNet *net = user;
  const size_t mean[2] = { RVS_SHAPE_VERTICES, 3 }, basis[3] = { (size_t)net->modes, RVS_SHAPE_VERTICES, 3 };
  const size_t triangles[2] = { (size_t)net->n_triangles, 3 };

  rvs__load_linear (loader, &net->straight, net->modes, net->n_features, "straight");
  rvs__load_linear (loader, &net->curve, net->hidden, net->n_features, "hidden");
  rvs__load_linear (loader, &net->turn, net->modes, net->hidden, "turn");
  rvs__load_linear (loader, &net->unsure, net->doubt, net->hidden + net->modes + N_DAMAGE, "unsure");
  rvs__load_linear (loader, &net->error, 1, net->doubt, "error");
  rvs__load_tensor (loader, &net->mean, 2, mean, "mean");
  rvs__load_tensor (loader, &net->basis, 3, basis, "basis");
  rvs__load_tensor (loader, &net->triangles, 2, triangles, "triangles");
}

const RvsArch rvs__arch_shape = { .name = "shape",
                                  .contract = "shape_srgb_pm1_v1",
                                  .has_base = true,
                                  .bytes = sizeof (RvsShapeNet),
                                  .configure = configure,
                                  .list = list };

/* ---- features ---- */

/* in reduced to side by means over squares, as side * side * channels numbers at out. */
static void
averaged (RvsExec *exec, const RvsTensor *in, int side, float *out)
{
  RvsTensor x = *in;

  while (x.h > side)
    {
      RvsTensor half = x.h / 2 == side ? rvs__tensor (out, x.c, side, side) : rvs__exec_tensor (exec, x.c, x.h / 2, x.w / 2);
      rvs__down2 (exec, &x, &half);
      x = half;
    }
}

/* x and y, 0 to 1, of the mean of the cells' centres weighted by sigmoid (logit). */
static void
centroid (const float *logits, int side, float out[2])
{
  double total = 0, x = 0, y = 0;

  for (int i = 0; i < side * side; i++)
    {
      const double p = 1 / (1 + exp (-(double)logits[i]));
      total += p;
      x += p * (i % side + .5) / side;
      y += p * (i / side + .5) / side;
    }
  total = total > 1e-6 ? total : 1e-6;
  out[0] = (float)(x / total);
  out[1] = (float)(y / total);
}

static float
unit (float v)
{
  return v < 0 ? 0 : v > 1 ? 1 : v;
}

static void
read_features (RvsExec *exec, const RvsParserOut *parsed, const RvsTensor *classes, float *out)
{
  const RvsTensor       shown = rvs__channels (classes, FIRST_CLASS, N_CLASSES);
  const RvsDegradation *d = &parsed->degradation;
  float                *at_classes = out ? out + parsed->features.c * TRUNK_SIDE * TRUNK_SIDE : NULL;
  float                *at_points = out ? at_classes + N_CLASSES * CLASS_SIDE * CLASS_SIDE : NULL;

  averaged (exec, &parsed->features, TRUNK_SIDE, out);
  averaged (exec, &shown, CLASS_SIDE, at_classes);
  if (rvs__exec_idle (exec))
    return;
  for (int i = 0; i < RVS_N_POINTS; i++)
    centroid (rvs__channel (&parsed->heatmaps, i), parsed->heatmaps.h, at_points + 2 * i);
  const float damage[N_DAMAGE] = { unit (d->blur), unit (d->scale), unit (d->noise), unit (d->jpeg), unit (d->grey) };
  memcpy (at_points + 2 * RVS_N_POINTS, damage, sizeof damage);
}

/* ---- the head ---- */

static void
lrelu (float *x, int n)
{
  for (int i = 0; i < n; i++)
    x[i] = x[i] > 0 ? x[i] : x[i] * .2f;
}

/* known: hidden, coefficients and degradation, side by side: what the doubt is made of. */
static void
run_layers (const RvsShapeNet *net, RvsExec *exec, const float *features, float *known, float *bend, float *doubt, float *error)
{
  float *c = known ? known + net->hidden : NULL;

  rvs__linear (exec, &net->curve, features, known);
  rvs__linear (exec, &net->straight, features, c);
  if (rvs__exec_idle (exec))
    return;
  lrelu (known, net->hidden);
  rvs__linear (exec, &net->turn, known, bend);
  for (int i = 0; i < net->modes; i++)
    c[i] += bend[i];
  memcpy (c + net->modes, features + net->n_features - N_DAMAGE, N_DAMAGE * sizeof *c);
  rvs__linear (exec, &net->unsure, known, doubt);
  lrelu (doubt, net->doubt);
  rvs__linear (exec, &net->error, doubt, error);
}

static void
make_vertices (const RvsShapeNet *net, const float *coefficients, float *vertices)
{
  for (int i = 0; i < 3 * RVS_SHAPE_VERTICES; i++)
    {
      float v = net->mean[i];
      for (int k = 0; k < net->modes; k++)
        v += coefficients[k] * net->basis[(size_t)k * 3 * RVS_SHAPE_VERTICES + (size_t)i];
      vertices[i] = v + centre[i % 3];
    }
}

/* False where one is no whole number of a vertex. */
static bool
make_triangles (const RvsShapeNet *net, uint16_t *out)
{
  for (int i = 0; i < 3 * net->n_triangles; i++)
    {
      const float v = net->triangles[i];
      if (!(v >= 0 && v < RVS_SHAPE_VERTICES && v == floorf (v)))
        return false;
      out[i] = (uint16_t)v;
    }
  return true;
}

bool
rvs__shape_mesh (const RvsShapeNet *net, const float *coefficients, float *vertices, uint16_t *triangles, RvsMesh *out)
{
  make_vertices (net, coefficients, vertices);
  *out = (RvsMesh){ vertices, triangles, RVS_SHAPE_VERTICES, net->n_triangles };
  return make_triangles (net, triangles) && rvs__mesh_valid (out);
}

static void
give_mesh (const RvsShapeNet *net, RvsShape *out)
{
  const bool made = rvs__shape_mesh (net, out->coefficients, out->vertices, out->triangles, &out->mesh);

  out->trust = unit ((net->high - out->error) / (net->high - net->low));
  if (made && isfinite (out->error))
    return;
  out->trust = 0;
  out->mesh.n_triangles = 0;
}

RvsShape
rvs__shape_new (RvsExec *exec, const RvsShapeNet *net)
{
  RvsShape shape = { 0 };

  shape.coefficients = rvs__arena_floats (exec->arena, (size_t)net->modes);
  shape.vertices = rvs__arena_floats (exec->arena, 3 * RVS_SHAPE_VERTICES);
  shape.triangles = rvs__arena_push (exec->arena, 3 * (size_t)net->n_triangles * sizeof *shape.triangles);
  return shape;
}

void
rvs__shape_forward (const RvsShapeNet *net, RvsExec *exec, const RvsParserOut *parsed, const RvsTensor *classes, RvsShape *out)
{
  assert (rvs__shape_features (parsed->features.c) == net->n_features && parsed->heatmaps.c == RVS_N_POINTS);
  const size_t mark = rvs__arena_mark (exec->arena);
  float       *features = rvs__arena_floats (exec->arena, (size_t)net->n_features);
  float       *known = rvs__arena_floats (exec->arena, (size_t)(net->hidden + net->modes + N_DAMAGE));
  float       *bend = rvs__arena_floats (exec->arena, (size_t)net->modes);
  float       *doubt = rvs__arena_floats (exec->arena, (size_t)net->doubt);
  float        error = 0;

  read_features (exec, parsed, classes, features);
  run_layers (net, exec, features, known, bend, doubt, &error);
  if (!rvs__exec_idle (exec))
    {
      memcpy (out->coefficients, known + net->hidden, (size_t)net->modes * sizeof *known);
      out->error = expf (error);
      give_mesh (net, out);
    }
  rvs__arena_release (exec->arena, mark);
}
