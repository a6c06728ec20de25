/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_hole.c: any picture and any mask through finding damage and filling it, on tiny networks. Whatever happens, alpha and the
 * pixels that are not marked stay, and on failure all of them. */
#include "made.h"

enum
{
  FINDER = 3,
  N_MODELS
};

static RvsModel   *models[N_MODELS];
static RvsSession *session;

static void
open_session (void)
{
  static const char *const paths[N_MODELS] = { VECTORS "/detector.safetensors", TINY "/parse-face-256.safetensors",
                                               TINY "/fill-face-512.safetensors", TINY "/find-damage.safetensors" };
  RvsSessionConfig         config;
  RvsError                 err = { RVS_OK, "" };

  open_models (paths, N_MODELS, models);
  rvs_session_config_init (&config);
  config.detector = models[0];
  config.parser = models[1];
  config.restorer = models[2];
  config.finder = models[FINDER];
  config.n_threads = 1;
  FUZZ_CHECK (rvs_session_new (&config, &session, &err) == RVS_OK);
}

static void
close_session (void)
{
  rvs_session_free (session);
  for (int i = 0; i < N_MODELS; i++)
    rvs_model_unref (models[i]);
}

/* ---- masks ---- */

typedef struct Mask
{
  Picture picture;
  RvsView view;
} Mask;

static double
mask_at (const RvsView *view, int x, int y)
{
  const unsigned char *row = (const unsigned char *)view->pixels + y * view->stride;

  if (view->depth == RVS_DEPTH_U8)
    return row[x];
  if (view->depth == RVS_DEPTH_U16)
    return ((const uint16_t *)(const void *)row)[x];
  return ((const float *)(const void *)row)[x];
}

/* Mostly sparse: what is marked everywhere is refused. */
static void
thin_out (const Picture *mask, unsigned keep)
{
  for (size_t i = 0; i < mask->n; i++)
    if (i / mask->value_bytes % (keep + 1))
      mask->block[i] = 0;
}

/* Mostly of the picture's size and with one channel, sometimes as the bytes want it. */
static Mask
make_mask (Input *in, const Picture *p)
{
  const unsigned kind = byte (in), keep = byte (in);
  Input          own = *in;
  Mask           mask = { .picture = make_picture (&own) };
  RvsMutView    *view = &mask.picture.view;

  if (kind < 224)
    {
      free (mask.picture.block);
      mask.picture = (Picture){ .value_bytes = 1, .pixel_bytes = 1 };
      mask.picture.n = (size_t)p->view.width * (size_t)p->view.height;
      mask.picture.block = malloc (mask.picture.n);
      FUZZ_CHECK (mask.picture.block);
      fill_bytes (in, mask.picture.block, mask.picture.n);
      *view = (RvsMutView){ mask.picture.block, p->view.width, p->view.width, p->view.height, 1, RVS_DEPTH_U8 };
    }
  if (kind < 200)
    thin_out (&mask.picture, keep);
  mask.view = (RvsView){ view->pixels, view->stride, view->width, view->height, view->channels, view->depth };
  return mask;
}

/* ---- the calls ---- */

static bool
is_marked (const void *hole, int x, int y)
{
  return mask_at (hole, x, y) > 0;
}

static void
fill_once (Input *in, RvsAnalysis *analysis, const Picture *p, const RvsView *src)
{
  Watch          watch = { .cancel_at = byte (in) % 32 };
  RvsMonitor     monitor = { on_progress, &watch };
  const bool     grow = byte (in) & 1;
  Mask           mask = make_mask (in, p);
  RvsMutView     dst;
  unsigned char *dst_block = copy_picture (p, &dst);
  RvsParams      params;
  RvsError       err = { RVS_OK, "" };
  RvsStatus      status;

  rvs_params_init (&params);
  params.seed = byte (in);
  params.strength = (float)byte (in) / 255.0f;
  params.hole = mask.view;
  status = rvs_render (session, analysis, src, &params, grow ? RVS_RENDER_GROW : 0, &monitor, &dst, &err);
  FUZZ_CHECK (status == err.status);
  FUZZ_CHECK (status == RVS_OK || status == RVS_ERR_ARGUMENT || status == RVS_ERR_HOLE || status == RVS_ERR_CANCELLED);
  if (status == RVS_OK || (status == RVS_ERR_CANCELLED && grow))
    check_untouched (p, dst_block, is_marked, &mask.view);
  else
    FUZZ_CHECK (memcmp (dst_block, p->block, p->n) == 0);
  free (dst_block);
  free (mask.picture.block);
}

static void
find_once (Input *in, const Picture *p, const RvsView *src)
{
  const size_t   n = (size_t)p->view.width * (size_t)p->view.height;
  unsigned char *found = malloc (n);
  RvsMutView     out = { found, p->view.width, p->view.width, p->view.height, 1, RVS_DEPTH_U8 };
  Watch          watch = { .cancel_at = byte (in) % 32 };
  RvsMonitor     monitor = { on_progress, &watch };
  RvsStatus      status;

  FUZZ_CHECK (found);
  status = rvs_find_damage (session, src, &monitor, &out, NULL);
  FUZZ_CHECK (status == RVS_OK || status == RVS_ERR_CANCELLED);
  for (size_t i = 0; status == RVS_OK && i < n; i++)
    FUZZ_CHECK (found[i] == 0 || found[i] == 255);
  free (found);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Input        in = { data, size };
  Picture      p = make_picture (&in);
  RvsView      src = { p.view.pixels, p.view.stride, p.view.width, p.view.height, p.view.channels, p.view.depth };
  RvsFace      face;
  RvsAnalysis *analysis = NULL;

  if (!session)
    {
      open_session ();
      atexit (close_session);
    }
  if (byte (&in) & 1)
    find_once (&in, &p, &src);
  rvs_face_aligned (&src, &face);
  FUZZ_CHECK (rvs_analyse (session, &src, &face, byte (&in) & 1, NULL, &analysis, NULL) == RVS_OK);
  for (unsigned n = 1 + byte (&in) % 2; n > 0; n--)
    fill_once (&in, analysis, &p, &src);
  rvs_analysis_free (analysis);
  free (p.block);
  return 0;
}
