/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * faces.h: the list of faces as the user sees and edits it.
 */
#ifndef RVS_UI_FACES_H
#define RVS_UI_FACES_H

#include "rvs.h"
#include <glib.h>

typedef struct RvsUiFace
{
  guint    id;   /* unique in a panel, never reused */
  RvsFace  face; /* for a drawn box: its box until the engine has placed the landmarks */
  gboolean enabled;
  gboolean from_user; /* drawn by hand */
  gboolean chosen;    /* turned on or off by hand: the rules no longer decide */
  gboolean placed;    /* landmarks known */
  gboolean unsure;    /* drawn, and no face is recognised there */
  gboolean analysed;  /* skip and auto_fidelity are known */
  gboolean done;      /* its patch is the final picture for the current fidelity */
  gboolean working;   /* it is being worked on now */
  double   progress;  /* 0..1, while it is */
  RvsSkip  skip;
  float    auto_fidelity;
  float    damage; /* mean of the kinds of degradation that the engine measured, 0..1 */
  RvsPose  pose;
  gboolean shape_unsure; /* it is restored without its shape, which the system would go by */
  gboolean screened;     /* the dots of a printing screen are taken away from it */
} RvsUiFace;

/* How a face stands, for the eye. */
typedef enum RvsFaceState
{
  RVS_FACE_OFF,
  RVS_FACE_WAITING,
  RVS_FACE_WORKING,
  RVS_FACE_DONE
} RvsFaceState;

RvsFaceState rvs_face_state (const RvsUiFace *face);

/* GArray of RvsUiFace. */
GArray    *rvs_faces_new (void);
RvsUiFace *rvs_faces_at (GArray *faces, int index); /* NULL when out of range */
RvsUiFace *rvs_faces_find (GArray *faces, guint id);
int        rvs_faces_index (GArray *faces, guint id); /* -1 when gone */
/* The smallest box around the point, so that a face inside a larger box can be clicked; -1 when none. */
int rvs_faces_hit (GArray *faces, double x, double y, double slack);
int rvs_faces_count_enabled (GArray *faces);
/* Of the enabled ones, those that are done. */
int rvs_faces_count_done (GArray *faces);
/* The largest enabled face, else the largest, else -1. */
int rvs_faces_main (GArray *faces);
/* Turns the faces of a picture of this size on and off by rvs_choose_faces. Faces chosen or drawn by hand are left as they are. */
void rvs_faces_apply_rules (GArray *faces, int32_t width, int32_t height, const RvsParams *params);
/* What a front end restores without showing it: the detected faces that rvs_choose_faces keeps. GArray of RvsFace. */
GArray *rvs_faces_choose (const RvsFace *found, size_t n, int32_t width, int32_t height, const RvsParams *params);
/* The flags that the engine gets a face with besides its own: what a user drew or chose is not left out by the rules. */
uint32_t rvs_face_choice_flags (const RvsUiFace *face);
/* Appends to `out_faces` (RvsFace) those of `faces` that are on, as the panel's worker hands them to the engine; drawn boxes get their
 * landmarks. Fails as rvs_face_from_box. */
RvsStatus rvs_faces_take (RvsSession *session, const RvsView *image, const GArray *faces, GArray *out_faces, RvsError *err);
/* Appends to `out_faces` (RvsFace) what a front end restores without showing it: those of `given` (RvsUiFace) as rvs_faces_take, or,
 * where it is NULL, those found as rvs_faces_choose; then *out_n_found, which may be NULL, gets how many are in the image. Both search
 * as params->turned says. Fails as rvs_face_from_box and rvs_detect. */
RvsStatus rvs_faces_wanted (RvsSession *session, const RvsView *image, const GArray *given, const RvsParams *params,
                            const RvsMonitor *monitor, GArray *out_faces, size_t *out_n_found, RvsError *err);
/* A translated sentence where more faces were found than there is room for; NULL else; g_free. */
char *rvs_faces_too_many_text (size_t n_found);
/* The detector also tells of places that may be a face; those the engine would leave out by itself are not shown. */
gboolean rvs_face_is_likely (const RvsFace *face);

#endif
