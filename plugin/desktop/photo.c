/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * photo.c: a photo's record, and what counts as a change of it.
 */
#include "photo.h"
#include <string.h>

/* All that the user decided, as text: equal texts mean equal results. Faces that the rules turned on or off are not decisions. */
static char *
edits_of (const RvsValues *values, const GArray *faces, const RvsHoleBrush *brush, int turn)
{
  GString *text = g_string_new (NULL);
  size_t   n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    {
      char value[64];
      rvs_param_format (rvs_field (i), values->v[i], value, sizeof value);
      g_string_append_printf (text, "%s ", value);
    }
  for (guint i = 0; faces && i < faces->len; i++)
    {
      const RvsUiFace *face = &g_array_index (faces, RvsUiFace, i);
      if (face->chosen || face->from_user)
        g_string_append_printf (text, "%g,%g,%g,%g:%d ", (double)face->face.x, (double)face->face.y, (double)face->face.w,
                                (double)face->face.h, face->enabled);
    }
  if (brush)
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, rvs_hole_brush_hash (brush));
  g_string_append_printf (text, " %d", turn);
  return g_string_free (text, FALSE);
}

RvsPhoto *
rvs_photo_new (const char *path, GBytes *bytes, const char *name, const RvsValues *values)
{
  static guint last_id; /* main thread */
  RvsPhoto    *photo = g_new0 (RvsPhoto, 1);
  RvsOrigin    origin = { .path = (char *)path, .bytes = bytes };
  photo->id = ++last_id;
  rvs_origin_copy (&origin, &photo->origin);
  photo->name = name ? g_strdup (name) : g_filename_display_basename (path);
  photo->values = *values;
  photo->pasted = path == NULL;
  photo->saved_edits = edits_of (values, NULL, NULL, 0);
  photo->turns = g_array_new (FALSE, FALSE, sizeof (RvsTurn));
  return photo;
}

void
rvs_photo_free (RvsPhoto *photo)
{
  if (!photo)
    return;
  rvs_origin_clear (&photo->origin);
  g_clear_pointer (&photo->faces, g_array_unref);
  g_array_unref (photo->turns);
  rvs_hole_brush_free (photo->brush);
  g_free (photo->name);
  g_free (photo->problem);
  g_free (photo->saved_edits);
  g_free (photo);
}

char *
rvs_photo_folder (const RvsPhoto *photo)
{
  if (!photo->origin.path)
    return g_strdup ("");
  char       *folder = g_path_get_dirname (photo->origin.path), *shown = g_filename_display_name (folder), *text;
  const char *home = g_get_home_dir ();
  size_t      n = strlen (home);
  if (n > 1 && !strncmp (shown, home, n) && (shown[n] == '/' || !shown[n]))
    text = g_strconcat ("~", shown + n, NULL);
  else
    text = g_strdup (shown);
  g_free (shown);
  g_free (folder);
  return text;
}

void
rvs_photo_set_edits (RvsPhoto *photo, const RvsValues *values, const GArray *faces, const RvsHoleBrush *brush)
{
  photo->values = *values;
  g_clear_pointer (&photo->brush, rvs_hole_brush_free);
  if (brush && rvs_hole_brush_n_strokes (brush))
    photo->brush = rvs_hole_brush_new_copy (brush);
  g_clear_pointer (&photo->faces, g_array_unref);
  if (!faces)
    return;
  photo->faces = rvs_faces_new ();
  if (faces->len)
    g_array_append_vals (photo->faces, faces->data, faces->len);
}

static gboolean
any_decided (GArray *faces)
{
  gboolean any = FALSE;
  for (guint i = 0; i < faces->len; i++)
    any |= rvs_faces_at (faces, (int)i)->chosen || rvs_faces_at (faces, (int)i)->from_user;
  return any;
}

void
rvs_photo_take_values (RvsPhoto *photo, const RvsValues *values)
{
  RvsParams before, params;
  rvs_values_to_params (&photo->values, &before);
  rvs_values_to_params (values, &params);
  photo->values = *values;
  if (photo->faces && params.turned != before.turned && !any_decided (photo->faces))
    g_clear_pointer (&photo->faces, g_array_unref);
  if (photo->faces)
    rvs_faces_apply_rules (photo->faces, photo->width, photo->height, &params);
}

/* By a quarter clockwise, as a picture of that height is. */
static void
turn_face (RvsUiFace *ui_face, float height)
{
  RvsFace *face = &ui_face->face;
  float    x = face->x, w = face->w;
  face->x = height - face->y - face->h;
  face->y = x;
  face->w = face->h;
  face->h = w;
  for (int i = 0; i < 5; i++)
    {
      float px = face->landmarks[i][0];
      face->landmarks[i][0] = height - face->landmarks[i][1];
      face->landmarks[i][1] = px;
    }
}

static void
turn_a_quarter (RvsPhoto *photo)
{
  int32_t height = photo->height;
  for (guint i = 0; photo->faces && i < photo->faces->len; i++)
    turn_face (rvs_faces_at (photo->faces, (int)i), (float)height);
  if (photo->brush)
    rvs_hole_brush_turn (photo->brush);
  photo->height = photo->width;
  photo->width = height;
}

static void
turn (RvsPhoto *photo, int quarters)
{
  int n = ((quarters % 4) + 4) % 4;
  if (photo->faces && !any_decided (photo->faces))
    g_clear_pointer (&photo->faces, g_array_unref);
  for (int i = 0; i < n; i++)
    turn_a_quarter (photo);
  photo->origin.turn = (photo->origin.turn + n) % 4;
}

void
rvs_photo_turn (RvsPhoto *photo, int quarters)
{
  RvsTurn step = { quarters, photo->brush ? rvs_hole_brush_n_strokes (photo->brush) : 0 };
  turn (photo, quarters);
  g_array_append_val (photo->turns, step);
}

const RvsTurn *
rvs_photo_last_turn (const RvsPhoto *photo)
{
  return photo->turns->len ? &g_array_index (photo->turns, RvsTurn, photo->turns->len - 1) : NULL;
}

gboolean
rvs_photo_turn_back (RvsPhoto *photo)
{
  const RvsTurn *last = rvs_photo_last_turn (photo);
  if (!last)
    return FALSE;
  turn (photo, -last->quarters);
  g_array_set_size (photo->turns, photo->turns->len - 1);
  return TRUE;
}

gboolean
rvs_photo_is_unsaved (const RvsPhoto *photo)
{
  if (photo->state == RVS_PHOTO_BROKEN)
    return FALSE;
  char    *edits = edits_of (&photo->values, photo->faces, photo->brush, photo->origin.turn);
  gboolean changed = strcmp (edits, photo->saved_edits) != 0;
  g_free (edits);
  return changed || photo->pasted;
}

void
rvs_photo_mark_saved (RvsPhoto *photo)
{
  g_free (photo->saved_edits);
  photo->saved_edits = edits_of (&photo->values, photo->faces, photo->brush, photo->origin.turn);
  photo->pasted = FALSE;
  rvs_photo_set_state (photo, RVS_PHOTO_SAVED, NULL);
}

void
rvs_photo_set_state (RvsPhoto *photo, RvsPhotoState state, const char *problem)
{
  char *copy = g_strdup (problem);
  g_free (photo->problem);
  photo->state = state;
  photo->problem = copy;
}
