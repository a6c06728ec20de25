/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * photo.h: one photo of the list: where it comes from, the user's settings and faces for it, and how it fared. Main thread.
 */
#ifndef RVS_DESKTOP_PHOTO_H
#define RVS_DESKTOP_PHOTO_H

#include "faces.h"
#include "fields.h"
#include "hole_brush.h"
#include "load.h"

typedef enum RvsPhotoState
{
  RVS_PHOTO_FRESH,
  RVS_PHOTO_BROKEN, /* cannot be read */
  RVS_PHOTO_WAITING,
  RVS_PHOTO_WORKING,
  RVS_PHOTO_SAVED,
  RVS_PHOTO_FAILED /* not restored, or not written */
} RvsPhotoState;

/* A turn by the user. */
typedef struct RvsTurn
{
  int   quarters;
  guint n_strokes; /* of the brush then: a panel that has no more changes than these has none after the turn */
} RvsTurn;

typedef struct RvsPhoto
{
  guint         id; /* unique in the program, never reused */
  RvsOrigin     origin;
  char         *name; /* for people */
  RvsPhotoState state;
  char         *problem; /* translated; of BROKEN and FAILED */
  RvsValues     values;
  GArray       *faces;         /* RvsUiFace; NULL until they are known */
  RvsHoleBrush *brush;         /* damage marked by hand; NULL: none */
  GArray       *turns;         /* RvsTurn, those that can be taken back */
  int32_t       width, height; /* of the picture, when the faces are known */
  char         *saved_edits;   /* rvs_photo_edits when it was opened or last saved */
  gboolean      pasted;        /* nowhere but here until it is saved */
} RvsPhoto;

/* Takes nothing; `path` or `bytes` is set. */
RvsPhoto *rvs_photo_new (const char *path, GBytes *bytes, const char *name, const RvsValues *values);
void      rvs_photo_free (RvsPhoto *photo); /* NULL-safe */

/* The path as far as it helps a reader: the folder, with the home folder as "~"; "" for a pasted picture. g_free. */
char *rvs_photo_folder (const RvsPhoto *photo);
/* `faces` and `brush` are copied; NULL: not known, and none. */
void rvs_photo_set_edits (RvsPhoto *photo, const RvsValues *values, const GArray *faces, const RvsHoleBrush *brush);
/* Quarters clockwise. Boxes and strokes turn with it; faces that were found are looked for anew, unless the user decided about one. */
void           rvs_photo_turn (RvsPhoto *photo, int quarters);
const RvsTurn *rvs_photo_last_turn (const RvsPhoto *photo); /* NULL: there is none to take back */
gboolean       rvs_photo_turn_back (RvsPhoto *photo);
/* Another photo's values. The rules among them decide anew about the faces that the user did not; where faces would be looked for in
 * another way, those that were found are forgotten, unless the user decided about one. */
void rvs_photo_take_values (RvsPhoto *photo, const RvsValues *values);
/* What the user decided about the photo differs from what was saved, or it is saved nowhere. */
gboolean rvs_photo_is_unsaved (const RvsPhoto *photo);
void     rvs_photo_mark_saved (RvsPhoto *photo);
/* `problem` is copied; NULL for states without one. */
void rvs_photo_set_state (RvsPhoto *photo, RvsPhotoState state, const char *problem);

#endif
