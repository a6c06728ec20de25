/* SPDX-License-Identifier: GPL-3.0-or-later
 * render_hole.c: rvs_render where the restorer fills holes: the hole is filled once and kept with the analysis; strength, mask and soft edges
 * only mix it again. */
#include "session.h"

#include "core/hash.h"
#include "core/image.h"
#include "core/mem.h"
#include "mend/damage.h"
#include "model.h"

/* A picture of marks: one channel, of the photo's size. */
static RvsStatus
check_marks (const char *what, const RvsAnalysis *analysis, const RvsView *marks, RvsError *err)
{
  RvsStatus status = rvs__view_check (marks, err);

  if (status == RVS_OK && marks->channels != 1)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the %s must have one channel", what);
  if (status == RVS_OK && (marks->width != analysis->width || marks->height != analysis->height))
    return rvs__fail (err, RVS_ERR_HOLE, "the %s is %dx%d pixels and the picture %dx%d; they must be of one size", what,
                      (int)marks->width, (int)marks->height, (int)analysis->width, (int)analysis->height);
  return status;
}

static RvsStatus
check_hole (const RvsAnalysis *analysis, const RvsParams *params, RvsError *err)
{
  RvsStatus status;

  if (!params->hole.pixels)
    return rvs__fail (err, RVS_ERR_HOLE, "this model fills a hole, and none is given; mark what is to be filled");
  status = check_marks ("hole", analysis, &params->hole, err);
  if (status == RVS_OK && params->lines.pixels)
    status = check_marks ("picture of drawn lines", analysis, &params->lines, err);
  return status;
}

static RvsStatus
on_tile (void *user, float share)
{
  return rvs__call_report (user, RVS_PHASE_DETECT, share, NULL);
}

RvsStatus
rvs_find_damage (RvsSession *session, const RvsView *image, const RvsMonitor *monitor, const RvsMutView *out, RvsError *err)
{
  const RvsView view = rvs_view_of (out);
  RvsCall       call;
  RvsWatch      watch = { on_tile, &call };
  RvsStatus     status = rvs__view_check (image, err);

  if (status == RVS_OK)
    status = rvs__view_check (&view, err);
  if (status == RVS_OK && !session->config.finder)
    status = rvs__fail (err, RVS_ERR_ARGUMENT, "the session has no damage finder");
  if (status == RVS_OK
      && (view.width != image->width || view.height != image->height || view.channels != 1 || view.depth != RVS_DEPTH_U8))
    status = rvs__fail (err, RVS_ERR_ARGUMENT, "found damage needs one channel of bytes and the size of the image");
  if (status != RVS_OK)
    return status;
  rvs__call_begin (&call, &session->exec, monitor);
  status = rvs__find_damage (rvs__model_net (session->config.finder, &rvs__arch_finder), &session->exec, image, &watch, out);
  return rvs__call_end (&call, status, err);
}

/* Which of the hole's pixels are drawn on. */
static uint64_t
hash_lines (const RvsView *lines, const RvsHole *hole, uint64_t key)
{
  enum
  {
    CHUNK = 256
  };
  float value[CHUNK];

  for (int y = 0; y < hole->height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      for (int x = hole->runs[k].x, end = x + hole->runs[k].n; x < end; x += CHUNK)
        {
          const int n = end - x < CHUNK ? end - x : CHUNK;

          rvs__view_read_plane (lines, y, x, n, value);
          for (int i = 0; i < n; i++)
            key = rvs__hash (key, value[i] > 0);
        }
  return key;
}

static uint64_t
key_of_hole (const RvsHole *hole, const RvsView *lines)
{
  return lines ? hash_lines (lines, hole, hole->hash) : hole->hash;
}

RvsStatus
rvs__hole_key (const RvsAnalysis *analysis, const RvsParams *params, uint64_t *out_key, RvsError *err)
{
  RvsHole  *hole;
  RvsStatus status = check_hole (analysis, params, err);

  if (status == RVS_OK)
    status = rvs__hole_read (&params->hole, &hole, err);
  if (status != RVS_OK)
    return status;
  *out_key = key_of_hole (hole, params->lines.pixels ? &params->lines : NULL);
  rvs__hole_free (hole);
  return RVS_OK;
}

/* What the filling depends on besides the photo. */
static uint64_t
key_of (const RvsAnalysis *analysis, const RvsHole *hole, const RvsView *lines)
{
  uint64_t key = key_of_hole (hole, lines);

  for (size_t i = 0; i < analysis->n_faces; i++)
    key = rvs__hash (key, analysis->faces[i].report.skip == RVS_SKIP_NONE);
  return key;
}

/* The crops of the faces that are on; their indices in the analysis. */
typedef struct Faces
{
  RvsAffine *crops;
  size_t    *index, n;
} Faces;

static bool
list_faces (const RvsAnalysis *analysis, Faces *faces)
{
  faces->crops = rvs__alloc ((analysis->n_faces + 1) * sizeof *faces->crops);
  faces->index = rvs__alloc ((analysis->n_faces + 1) * sizeof *faces->index);
  faces->n = 0;
  if (!faces->crops || !faces->index)
    return false;
  for (size_t i = 0; i < analysis->n_faces; i++)
    if (analysis->faces[i].report.skip == RVS_SKIP_NONE)
      {
        faces->crops[faces->n] = analysis->faces[i].crop_to_image;
        faces->index[faces->n++] = i;
      }
  return true;
}

static RvsStatus
on_crop (void *user, float share)
{
  return rvs__call_report (user, RVS_PHASE_STAGE2, 0.95f * share, NULL);
}

/* Fills the hole (taken) and keeps it. */
static RvsStatus
fill (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, RvsHole *hole, const RvsView *lines, uint64_t key, RvsError *err)
{
  const RvsWatch watch = { on_crop, call };
  Faces          faces;
  RvsStatus      status;

  rvs__mended_free (analysis->mended);
  analysis->mended = NULL;
  if (list_faces (analysis, &faces))
    status = rvs__mend (analysis->session->mender, &analysis->session->exec, src, hole, lines, faces.crops, faces.n, &watch,
                        &analysis->mended, err);
  else
    {
      rvs__hole_free (hole);
      status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", analysis->n_faces);
    }
  for (size_t i = 0; i < analysis->n_faces; i++)
    analysis->faces[i].report.filled_px = 0;
  for (size_t i = 0; status == RVS_OK && i < faces.n; i++)
    analysis->faces[faces.index[i]].report.filled_px = analysis->mended->face_px[i];
  analysis->mended_key = key;
  rvs__free (faces.crops);
  rvs__free (faces.index);
  return status;
}

static RvsMendPaste
paste_of (const RvsMended *mended, const RvsView *src, const RvsParams *params, bool bare)
{
  return (RvsMendPaste){ .mended = mended,
                         .src = src,
                         .plane = &params->hole,
                         .mask = params->mask.pixels ? &params->mask : NULL,
                         .strength = params->strength,
                         .seed = params->seed,
                         .grain = params->grain,
                         .bare = bare };
}

RvsStatus
rvs__render_hole (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, const RvsParams *params, bool bare,
                  const RvsMutView *dst, RvsError *err)
{
  const RvsView *lines = params->lines.pixels ? &params->lines : NULL;
  RvsHole       *hole = NULL;
  RvsStatus      status = check_hole (analysis, params, err);

  if (status == RVS_OK)
    status = rvs__hole_read (&params->hole, &hole, err);
  if (status == RVS_OK)
    status = rvs__call_report (call, RVS_PHASE_STAGE2, 0, NULL);
  if (status == RVS_OK)
    {
      const uint64_t key = key_of (analysis, hole, lines);

      if (!analysis->mended || analysis->mended_key != key)
        {
          status = fill (analysis, call, src, hole, lines, key, err);
          hole = NULL;
        }
    }
  rvs__hole_free (hole);
  if (status == RVS_OK)
    {
      const RvsMendPaste paste = paste_of (analysis->mended, src, params, bare);
      RvsProgress        extra = { .changed = { 0, 0, analysis->width, analysis->height } };

      rvs__mend_paste (&analysis->session->exec, &paste, dst);
      /* Everything is written: a refusal now comes too late to be one. */
      (void)rvs__call_report (call, RVS_PHASE_PASTE, 1, &extra);
    }
  return status;
}

RvsStatus
rvs__render_hole_matte (const RvsAnalysis *analysis, const RvsParams *params, const RvsMutView *dst, RvsError *err)
{
  RvsMended    mended = { 0 };
  RvsMendPaste paste;
  RvsStatus    status = check_hole (analysis, params, err);

  if (status == RVS_OK)
    status = rvs__hole_read (&params->hole, &mended.hole, err);
  if (status != RVS_OK)
    return status;
  paste = paste_of (&mended, NULL, params, false);
  rvs__mend_weights (&analysis->session->exec, &paste, dst);
  rvs__hole_free (mended.hole);
  return RVS_OK;
}

RvsStatus
rvs_render_sketch (RvsSession *session, const RvsAnalysis *analysis, const RvsMutView *dst, RvsError *err)
{
  const RvsView view = rvs_view_of (dst);
  RvsStatus     status = rvs__view_check (&view, err);

  if (status != RVS_OK)
    return status;
  if (analysis->session != session)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the analysis belongs to another session");
  if (view.width != analysis->width || view.height != analysis->height || view.channels != 1 || view.depth != RVS_DEPTH_U8)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "a sketch needs one channel of bytes and the size of the image");
  if (!analysis->mended)
    return rvs__fail (err, RVS_ERR_HOLE, "no hole was filled yet");
  rvs__mend_sketch_draw (&session->exec, analysis->mended->sketches, analysis->mended->n_sketches, dst);
  return RVS_OK;
}
