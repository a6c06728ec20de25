/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_pipeline.c: any picture geometry, faces and parameters through detect, analyse and render on tiny networks. Whatever
 * happens, alpha and the pixels outside the faces' rects stay, and on failure all of them. */
#include "made.h"

enum
{
  MAX_FACES = 3
};

/* ---- the networks, opened once ---- */

static RvsModel   *models[3];
static RvsSession *session;

static void
open_session (void)
{
  static const char *const paths[3]
      = { VECTORS "/detector.safetensors", TINY "/parse-face-256.safetensors", TINY "/restore-jsfm-256.safetensors" };
  RvsSessionConfig config;
  RvsError         err = { RVS_OK, "" };

  open_models (paths, 3, models);
  rvs_session_config_init (&config);
  config.detector = models[0];
  config.parser = models[1];
  config.restorer = models[2];
  config.n_threads = 1;
  config.cache_bytes = (size_t)4 << 20; /* not for all faces */
  config.min_face_px = 4;
  config.min_confidence = 0.1f;
  FUZZ_CHECK (rvs_session_new (&config, &session, &err) == RVS_OK);
}

static void
close_session (void)
{
  rvs_session_free (session);
  for (int i = 0; i < 3; i++)
    rvs_model_unref (models[i]);
}

static bool
in_rects (const void *user, int x, int y)
{
  const RvsAnalysis *analysis = user;

  for (size_t i = 0; i < rvs_analysis_n_faces (analysis); i++)
    {
      RvsRect r = rvs_analysis_face (analysis, i)->rect;
      if (x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height)
        return true;
    }
  return false;
}

/* ---- the calls ---- */

static size_t
make_faces (Input *in, const RvsView *image, RvsFace faces[MAX_FACES])
{
  size_t n = byte (in) % (MAX_FACES + 1);

  for (size_t i = 0; i < n; i++)
    {
      unsigned  kind = byte (in) % 4;
      RvsFace  *face = &faces[i];
      RvsStatus status;

      memset (face, 0, sizeof *face);
      if (kind == 0)
        rvs_face_aligned (image, face);
      else if (kind == 1)
        {
          float x = number (in), y = number (in), w = number (in), h = number (in);

          status = rvs_face_from_box (session, image, x, y, w, h, face, NULL);
          FUZZ_CHECK (status == RVS_OK || status == RVS_ERR_ARGUMENT);
        }
      else
        {
          *face = (RvsFace){ .x = number (in), .y = number (in), .w = number (in), .h = number (in), .score = number (in) };
          for (int k = 0; k < 10; k++)
            face->landmarks[k / 2][k % 2] = number (in);
          face->flags = byte (in);
        }
    }
  return n;
}

static void
render_once (Input *in, RvsAnalysis *analysis, const Picture *p, const RvsView *src)
{
  RvsParams      params;
  Watch          watch = { .cancel_at = byte (in) % 32 };
  RvsMonitor     monitor = { on_progress, &watch };
  RvsMutView     dst;
  unsigned char *dst_block = copy_picture (p, &dst);
  RvsError       err = { RVS_OK, "" };
  RvsStatus      status;
  bool           grow = byte (in) & 1;

  rvs_params_init (&params);
  if (byte (in) & 1)
    params = (RvsParams){ .strength = number (in), .fidelity = number (in), .keep_colour = number (in), .texture = number (in) };
  else
    params.fidelity = (float)byte (in) / 255.0f;
  status = rvs_render (session, analysis, src, &params, grow ? RVS_RENDER_GROW : 0, &monitor, &dst, &err);
  FUZZ_CHECK (status == err.status);
  FUZZ_CHECK (status == RVS_OK || status == RVS_ERR_ARGUMENT || status == RVS_ERR_CANCELLED);
  if (status == RVS_ERR_ARGUMENT || (status == RVS_ERR_CANCELLED && !grow) || params.strength == 0)
    FUZZ_CHECK (memcmp (dst_block, p->block, p->n) == 0);
  check_untouched (p, dst_block, in_rects, analysis);
  free (dst_block);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Input        in = { data, size };
  Picture      p = make_picture (&in);
  RvsView      src = { p.view.pixels, p.view.stride, p.view.width, p.view.height, p.view.channels, p.view.depth };
  Watch        watch = { .cancel_at = byte (&in) };
  RvsMonitor   monitor = { on_progress, &watch };
  RvsFace      faces[MAX_FACES];
  RvsAnalysis *analysis = NULL;
  RvsError     err = { RVS_OK, "" };
  size_t       n_faces, n_found;
  RvsStatus    status;

  if (!session)
    {
      open_session ();
      atexit (close_session);
    }
  if (byte (&in) & 1)
    FUZZ_CHECK (rvs_detect (session, &src, NULL, faces, MAX_FACES, &n_found, NULL) == RVS_OK);
  n_faces = make_faces (&in, &src, faces);
  status = rvs_analyse (session, &src, faces, n_faces, &monitor, &analysis, &err);
  FUZZ_CHECK (status == err.status && (status == RVS_OK) == (analysis != NULL));
  FUZZ_CHECK (status == RVS_OK || status == RVS_ERR_CANCELLED);
  for (unsigned n = byte (&in) % 3; analysis && n > 0; n--)
    render_once (&in, analysis, &p, &src);
  rvs_analysis_free (analysis);
  free (p.block);
  return 0;
}
