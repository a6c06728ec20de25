/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * preview_job.h: the worker thread behind the preview. The main thread posts requests, the newest one wins; the worker answers
 * with events, delivered on the main thread in order. A picture that belongs to older settings is dropped, never shown.
 */
#ifndef RVS_UI_PREVIEW_JOB_H
#define RVS_UI_PREVIEW_JOB_H

#include "hole_overlay.h"
#include "map_overlay.h"
#include "pixels.h"
#include "ui_host.h"

typedef struct RvsJob RvsJob;

#define RVS_JOB_HOLE 0u /* no face has this id: the patch is of the hole and of what was restored after it */

typedef struct RvsJobFace
{
  guint    id;
  RvsFace  face;
  gboolean placed; /* FALSE: only the box of `face` is meant */
  gboolean done;   /* its final patch of this generation is there, from an earlier job */
} RvsJobFace;

typedef struct RvsJobRequest
{
  guint             generation; /* of the settings that change pixels; the same number means the same picture */
  char              model[64];
  char              then[64];  /* the model that restores what the first has filled; "": none */
  RvsParams         params;    /* the preview always computes at strength 1; `strength` counts when applying */
  gboolean          hole_done; /* the same of the hole's patch */
  gboolean          fills;     /* the model fills params.hole, all of it at once; without a hole there is nothing to do */
  GBytes           *hole;      /* keeps the hole's pixels alive, NULL: they are as the mask's; owned by the request */
  GBytes           *lines;     /* the same of params.lines, */
  GBytes           *told;      /* and of params.fidelity_map */
  gboolean          sketch;    /* tell the edges too that the hole is filled along */
  gboolean          detect;    /* find the faces first; `faces` is ignored */
  gboolean          find;      /* else look for damage, and do nothing else */
  RvsView           within;    /* of that, keep what lies where this mask is above 0; pixels NULL: all */
  gboolean          apply;     /* after the faces: write the result */
  gboolean          masked;    /* with bare and matte (RvsUiResult) */
  const RvsMapInfo *map;       /* also this one, of one of the faces, as soon as that is done; NULL: none */
  guint             map_face;
  guint             film_face; /* tell the images on the way to the result of this one, in a run for them if need be; 0: of none */
  GArray           *faces;     /* RvsJobFace, the enabled ones, most wanted first; owned by the request */
  GArray *left_out; /* RvsFace: places where a filling is not followed by a restoration, NULL: none; owned by the request */
} RvsJobRequest;

typedef enum RvsJobEventKind
{
  RVS_JOB_PYRAMID,  /* pyramid: the picture itself, reduced */
  RVS_JOB_FACES,    /* faces, n_faces: what the detector found */
  RVS_JOB_FOUND,    /* spans: the damage that was found */
  RVS_JOB_PLACED,   /* face_id, report.face: a drawn box with its landmarks */
  RVS_JOB_ANALYSED, /* face_id, report */
  RVS_JOB_PATCH,    /* face_id or RVS_JOB_HOLE, pyramid, final: FALSE for a stage image on the way */
  RVS_JOB_SKETCH,   /* sketch: the edges that the hole was filled along */
  RVS_JOB_MAP,      /* face_id, map */
  RVS_JOB_STAGE,    /* face_id, map, face_number: the n-th image on the way to the result, from 0 */
  RVS_JOB_PROGRESS, /* phase, done, face_number, n_faces; face_id and face_done, 0: no face's preview */
  RVS_JOB_DONE,     /* everything asked for has been computed */
  RVS_JOB_APPLIED,  /* rvs_job_result is ready */
  RVS_JOB_FAILED    /* error; the request is abandoned */
} RvsJobEventKind;

typedef struct RvsJobEvent
{
  RvsJobEventKind kind;
  guint           generation, serial; /* of the settings, and of the request */
  guint           face_id;
  RvsPyramid     *pyramid; /* take it by setting it to NULL */
  gboolean        final;
  GArray         *spans;  /* RvsSpan; the same */
  RvsHoleOverlay *sketch; /* the same; NULL: there are none */
  RvsMapOverlay  *map;    /* as pyramid */
  RvsFace        *faces;
  size_t          n_faces, face_number;
  size_t          n_found; /* of the search; n_faces of them, the largest, are told */
  uint32_t        turned;  /* of the search that found them: RvsParams.turned */
  RvsFaceReport   report;
  RvsPhase        phase;
  double          done;      /* of the whole request, 0..1 */
  double          face_done; /* of the face, 0..1 */
  RvsError        error;
} RvsJobEvent;

typedef void (*RvsJobHandler) (gpointer user, RvsJobEvent *event);

/* `source` and the mask in requests are borrowed until rvs_job_free. has_pyramid: an earlier job of the same picture has sent it. */
RvsJob *rvs_job_new (const RvsUiHost *host, const RvsView *source, gboolean has_pyramid, RvsJobHandler handler, gpointer user);
/* Cancels, waits for the worker (a fraction of a second) and gives its memory back; what rvs_job_result gave stays. */
void rvs_job_end (RvsJob *job);
/* As rvs_job_end, and drops undelivered events and the result. NULL-safe. */
void rvs_job_free (RvsJob *job);
/* Takes the contents of the request (faces, left_out, hole, lines and told are set to NULL). Work that the new request does not want is cancelled. */
void rvs_job_post (RvsJob *job, RvsJobRequest *request);
/* Cancels what runs and waits for the next request. */
void rvs_job_stop (RvsJob *job);
/* Nothing runs and nothing is pending: rvs_job_free would not wait. */
gboolean rvs_job_idle (RvsJob *job);
/* After RVS_JOB_APPLIED; borrowed from the job. `values` is left alone. */
void rvs_job_result (RvsJob *job, RvsUiResult *out_result);

#endif
