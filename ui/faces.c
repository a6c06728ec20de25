/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * faces.c: searching in the list of faces.
 */
#include "faces.h"
#include "i18n.h"

RvsFaceState
rvs_face_state (const RvsUiFace *face)
{
  if (!face->enabled)
    return RVS_FACE_OFF;
  if (face->done)
    return RVS_FACE_DONE;
  return face->working ? RVS_FACE_WORKING : RVS_FACE_WAITING;
}

GArray *
rvs_faces_new (void)
{
  return g_array_new (FALSE, TRUE, sizeof (RvsUiFace));
}

RvsUiFace *
rvs_faces_at (GArray *faces, int index)
{
  return index >= 0 && (guint)index < faces->len ? &g_array_index (faces, RvsUiFace, index) : NULL;
}

int
rvs_faces_index (GArray *faces, guint id)
{
  for (guint i = 0; i < faces->len; i++)
    if (g_array_index (faces, RvsUiFace, i).id == id)
      return (int)i;
  return -1;
}

RvsUiFace *
rvs_faces_find (GArray *faces, guint id)
{
  return rvs_faces_at (faces, rvs_faces_index (faces, id));
}

int
rvs_faces_hit (GArray *faces, double x, double y, double slack)
{
  int    best = -1;
  double best_area = 0;
  for (guint i = 0; i < faces->len; i++)
    {
      const RvsFace *f = &g_array_index (faces, RvsUiFace, i).face;
      if (x < f->x - slack || y < f->y - slack || x > f->x + f->w + slack || y > f->y + f->h + slack)
        continue;
      double area = (double)f->w * f->h;
      if (best < 0 || area < best_area)
        {
          best = (int)i;
          best_area = area;
        }
    }
  return best;
}

int
rvs_faces_count_enabled (GArray *faces)
{
  int n = 0;
  for (guint i = 0; i < faces->len; i++)
    n += g_array_index (faces, RvsUiFace, i).enabled ? 1 : 0;
  return n;
}

int
rvs_faces_count_done (GArray *faces)
{
  int n = 0;
  for (guint i = 0; i < faces->len; i++)
    n += rvs_face_state (rvs_faces_at (faces, (int)i)) == RVS_FACE_DONE;
  return n;
}

int
rvs_faces_main (GArray *faces)
{
  int    best = -1;
  double best_score = -1;
  for (guint i = 0; i < faces->len; i++)
    {
      const RvsUiFace *f = &g_array_index (faces, RvsUiFace, i);
      double           score = (double)f->face.w * f->face.h * (f->enabled ? 1 : 1e-9);
      if (score > best_score)
        {
          best = (int)i;
          best_score = score;
        }
    }
  return best;
}

/* Indices of the faces that the rules decide about. */
static GArray *
undecided (GArray *faces)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < faces->len; i++)
    if (!rvs_faces_at (faces, (int)i)->from_user && !rvs_faces_at (faces, (int)i)->chosen)
      g_array_append_val (list, i);
  return list;
}

/* That a face cannot be aligned is known before the engine has seen it. */
static void
take_verdict (RvsUiFace *face, RvsSkip skip)
{
  face->enabled = skip == RVS_SKIP_NONE;
  if (skip != RVS_SKIP_DEGENERATE)
    return;
  face->analysed = TRUE;
  face->skip = skip;
}

void
rvs_faces_apply_rules (GArray *faces, int32_t width, int32_t height, const RvsParams *params)
{
  GArray  *indices = undecided (faces);
  RvsFace *plain = g_new (RvsFace, indices->len);
  RvsSkip *skips = g_new (RvsSkip, indices->len);
  for (guint i = 0; i < indices->len; i++)
    plain[i] = rvs_faces_at (faces, (int)g_array_index (indices, guint, i))->face;
  rvs_choose_faces (plain, indices->len, width, height, params, RVS_MIN_CONFIDENCE, skips);
  for (guint i = 0; i < indices->len; i++)
    take_verdict (rvs_faces_at (faces, (int)g_array_index (indices, guint, i)), skips[i]);
  g_free (plain);
  g_free (skips);
  g_array_unref (indices);
}

uint32_t
rvs_face_choice_flags (const RvsUiFace *face)
{
  return face->chosen || face->from_user ? RVS_FACE_FROM_USER : 0;
}

RvsStatus
rvs_faces_take (RvsSession *session, const RvsView *image, const GArray *faces, GArray *out_faces, RvsError *err)
{
  RvsStatus status = RVS_OK;
  for (guint i = 0; i < faces->len && status == RVS_OK; i++)
    {
      const RvsUiFace *from = &g_array_index (faces, RvsUiFace, i);
      RvsFace          face = from->face;
      if (!from->enabled)
        continue;
      if (from->from_user)
        status = rvs_face_from_box (session, image, face.x, face.y, face.w, face.h, &face, err);
      face.flags |= rvs_face_choice_flags (from);
      g_array_append_val (out_faces, face);
    }
  return status;
}

char *
rvs_faces_too_many_text (size_t n_found)
{
  if (n_found <= RVS_MAX_FACES)
    return NULL;
  return g_strdup_printf (
      _ ("%d faces were found, and only the %d largest are taken. Cut the picture into parts to reach the others."), (int)n_found,
      RVS_MAX_FACES);
}

gboolean
rvs_face_is_likely (const RvsFace *face)
{
  return face->score >= RVS_MIN_CONFIDENCE;
}

GArray *
rvs_faces_choose (const RvsFace *found, size_t n, int32_t width, int32_t height, const RvsParams *params)
{
  GArray  *chosen = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  RvsSkip *skips = g_new (RvsSkip, n);
  rvs_choose_faces (found, n, width, height, params, RVS_MIN_CONFIDENCE, skips);
  for (size_t i = 0; i < n; i++)
    if (skips[i] == RVS_SKIP_NONE)
      g_array_append_val (chosen, found[i]);
  g_free (skips);
  return chosen;
}

static RvsStatus
find_and_choose (RvsSession *session, const RvsView *image, const RvsParams *params, const RvsMonitor *monitor, GArray *out_faces,
                 size_t *out_n_found, RvsError *err)
{
  RvsFace  *found = g_new0 (RvsFace, RVS_MAX_FACES);
  size_t    n = 0;
  RvsStatus status = rvs_detect (session, image, monitor, found, RVS_MAX_FACES, &n, err);
  if (out_n_found)
    *out_n_found = n;
  if (status == RVS_OK)
    {
      GArray *chosen = rvs_faces_choose (found, MIN (n, RVS_MAX_FACES), image->width, image->height, params);
      if (chosen->len)
        g_array_append_vals (out_faces, chosen->data, chosen->len);
      g_array_unref (chosen);
    }
  g_free (found);
  return status;
}

RvsStatus
rvs_faces_wanted (RvsSession *session, const RvsView *image, const GArray *given, const RvsParams *params,
                  const RvsMonitor *monitor, GArray *out_faces, size_t *out_n_found, RvsError *err)
{
  rvs_session_apply (session, params); /* a drawn box is searched too */
  return given ? rvs_faces_take (session, image, given, out_faces, err)
               : find_and_choose (session, image, params, monitor, out_faces, out_n_found, err);
}
