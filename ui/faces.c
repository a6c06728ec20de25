/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * faces.c: searching in the list of faces.
 */
#include "faces.h"

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

static guint8
mask_at (const RvsView *mask, double x, double y)
{
  int32_t ix = (int32_t)x, iy = (int32_t)y;
  if (x < 0 || y < 0 || ix >= mask->width || iy >= mask->height)
    return 0;
  return ((const guint8 *)mask->pixels)[mask->stride * iy + ix];
}

gboolean
rvs_mask_covers_face (const RvsView *mask, const RvsFace *face)
{
  const int n = 16;
  int       inside = 0;
  if (mask_at (mask, face->x + face->w / 2, face->y + face->h / 2) > 127)
    return TRUE;
  for (int i = 0; i < n * n; i++)
    inside += mask_at (mask, face->x + face->w * (i % n + 0.5) / n, face->y + face->h * (i / n + 0.5) / n) > 127;
  return inside * 4 >= n * n;
}

void
rvs_faces_apply_rules (GArray *faces, int max_faces, double min_face_px, const RvsView *mask)
{
  int n = 0;
  for (guint i = 0; i < faces->len; i++)
    {
      RvsUiFace *f = rvs_faces_at (faces, (int)i);
      if (f->from_user || f->chosen)
        continue;
      f->enabled = MIN (f->face.w, f->face.h) >= min_face_px && (!mask->pixels || rvs_mask_covers_face (mask, &f->face))
                   && (!max_faces || n < max_faces);
      n += f->enabled;
    }
}

gboolean
rvs_face_is_likely (const RvsFace *face)
{
  RvsSessionConfig config;
  rvs_session_config_init (&config);
  return face->score >= config.min_confidence;
}

GArray *
rvs_faces_choose (const RvsFace *found, size_t n, int max_faces, double min_face_px, const RvsView *mask)
{
  GArray *list = rvs_faces_new (), *chosen = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  for (size_t i = 0; i < n; i++)
    {
      RvsUiFace face = { .id = (guint)i + 1, .face = found[i], .enabled = TRUE };
      if (rvs_face_is_likely (&found[i]))
        g_array_append_val (list, face);
    }
  rvs_faces_apply_rules (list, max_faces, min_face_px, mask);
  for (guint i = 0; i < list->len; i++)
    if (rvs_faces_at (list, (int)i)->enabled)
      g_array_append_val (chosen, rvs_faces_at (list, (int)i)->face);
  g_array_unref (list);
  return chosen;
}
