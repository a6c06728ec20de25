/* SPDX-License-Identifier: GPL-3.0-or-later
 * find.c: the public calls that make faces: by the detector, from a box drawn by the user, from an aligned image. */
#include "session.h"

#include "choose.h"
#include "core/image.h"
#include "face/align.h"
#include "face/detect.h"
#include "model.h"
#include "prepare.h"

#include <math.h>
#include <string.h>

/* Faces less sure than this part of min_confidence are not even named. */
#define NAMED_PART .6f
/* In a box the user says that there is a face: a weaker sign of one is enough to place the landmarks. */
#define IN_BOX_PART .4f

#define CONFIRM_FROM .9f /* of the progress */

static bool
on_tick (void *user, float done)
{
  return rvs__call_report (user, RVS_PHASE_DETECT, done, NULL) == RVS_OK;
}

/* The parser has its say on the faces that are not sure, so that whoever lists them knows. */
static RvsStatus
confirm_faces (RvsSession *session, RvsCall *call, const RvsView *image, RvsFace *faces, size_t n)
{
  const RvsSessionConfig *config = &session->config;
  RvsStatus               status = RVS_OK;

  for (size_t i = 0; i < n && status == RVS_OK && session->pipeline.parser; i++)
    {
      RvsAnalysedFace face = { .report.face = faces[i] };
      if (!rvs__needs_confirmation (&faces[i])
          || rvs__judge_face (&faces[i], config->min_face_px, config->min_confidence, image->width, image->height,
                              &face.crop_to_image))
        continue;
      status = rvs__look_at_face (&session->pipeline, image, &face);
      faces[i].flags |= face.doubted ? RVS_FACE_DOUBTED : 0;
      if (status == RVS_OK)
        status = rvs__call_report (call, RVS_PHASE_DETECT, CONFIRM_FROM + (1 - CONFIRM_FROM) * (float)(i + 1) / (float)n, NULL);
    }
  return status;
}

RvsStatus
rvs_detect (RvsSession *session, const RvsView *image, const RvsMonitor *monitor, RvsFace *faces, size_t capacity, size_t *out_n,
            RvsError *err)
{
  RvsCall             call;
  const RvsDetectTick tick = { on_tick, &call };
  RvsStatus           status;

  *out_n = 0;
  if (!session->config.detector)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the session has no face detector");
  if (capacity > 0 && !faces)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "no room given for the faces");
  status = rvs__view_check (image, err);
  if (status != RVS_OK)
    return status;
  rvs__call_begin (&call, &session->exec, monitor);
  status = rvs__call_report (&call, RVS_PHASE_DETECT, 0, NULL);
  call.span = session->pipeline.parser ? CONFIRM_FROM : 1;
  if (status == RVS_OK)
    status = rvs__detect_faces (rvs__model_net (session->config.detector, &rvs__arch_detector), &session->exec, image,
                                session->config.min_confidence * NAMED_PART, session->config.turned, &tick, faces, capacity, out_n);
  call.span = 1;
  if (status == RVS_OK)
    status = confirm_faces (session, &call, image, faces, *out_n < capacity ? *out_n : capacity);
  if (status == RVS_OK)
    status = rvs__call_report (&call, RVS_PHASE_DETECT, 1, NULL);
  if (status != RVS_OK)
    *out_n = 0;
  return rvs__call_end (&call, status, err);
}

RvsStatus
rvs_face_from_box (RvsSession *session, const RvsView *image, float x, float y, float w, float h, RvsFace *out_face, RvsError *err)
{
  RvsCall   call;
  RvsStatus status = rvs__view_check (image, err);
  bool      found = false;

  memset (out_face, 0, sizeof *out_face);
  if (status != RVS_OK)
    return status;
  if (!isfinite (x) || !isfinite (y) || !isfinite (w) || !isfinite (h) || !(w >= 1) || !(h >= 1))
    return rvs__fail (err, RVS_ERR_ARGUMENT, "a face's box needs a width and a height of a pixel or more");
  if (!(x < (float)image->width && y < (float)image->height && x + w > 0 && y + h > 0))
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the face's box lies outside of the image");
  rvs__call_begin (&call, &session->exec, NULL);
  out_face->x = x;
  out_face->y = y;
  out_face->w = w;
  out_face->h = h;
  out_face->flags = RVS_FACE_FROM_USER;
  if (session->config.detector)
    status = rvs__detect_in_box (rvs__model_net (session->config.detector, &rvs__arch_detector), &session->exec, image,
                                 session->config.min_confidence * IN_BOX_PART, session->config.turned, out_face, &found);
  if (status != RVS_OK)
    {
      memset (out_face, 0, sizeof *out_face);
      return rvs__call_end (&call, status, err);
    }
  if (!found)
    rvs__landmarks_in_box (x, y, w, h, out_face->landmarks);
  out_face->flags |= RVS_FACE_HAS_LANDMARKS;
  return RVS_OK;
}

RvsStatus
rvs_face_pose (RvsSession *session, const RvsView *image, const RvsFace *face, RvsPose *out_pose, RvsError *err)
{
  RvsAnalysedFace looked = { .report.face = *face };
  RvsCall         call;
  RvsStatus       status = rvs__view_check (image, err);

  *out_pose = (RvsPose){ 0 };
  if (status != RVS_OK)
    return status;
  if (!session->pipeline.shape)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the session has no shape head");
  if (rvs__judge_face (face, 0, 0, image->width, image->height, &looked.crop_to_image))
    return RVS_OK;
  rvs__call_begin (&call, &session->exec, NULL);
  status = rvs__look_at_face (&session->pipeline, image, &looked);
  if (status == RVS_OK)
    *out_pose = looked.report.pose;
  return rvs__call_end (&call, status, err);
}

void
rvs_face_aligned (const RvsView *image, RvsFace *out_face)
{
  const RvsAffine map = rvs__align_whole (image->width > 0 ? image->width : 1, image->height > 0 ? image->height : 1);

  *out_face = (RvsFace){ .w = (float)image->width, .h = (float)image->height, .score = 1 };
  for (int i = 0; i < 5; i++)
    {
      out_face->landmarks[i][0] = (float)map.m[0] * rvs__face_template[i][0];
      out_face->landmarks[i][1] = (float)map.m[4] * rvs__face_template[i][1];
    }
  out_face->flags = RVS_FACE_HAS_LANDMARKS | RVS_FACE_ALIGNED;
}
