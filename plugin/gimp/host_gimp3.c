/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * host_gimp3.c: the host functions on libgimp 3.
 */
#include "host.h"
#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>
#include <string.h>

/* after libgimp, which pulls in glib's own marks */
#include "i18n.h"

static GimpDrawable *
drawable_of (int id)
{
  return gimp_drawable_get_by_id (id);
}

static GimpLayer *
layer_of (int id)
{
  return gimp_layer_get_by_id (id);
}

static GimpItem *
item_of (int id)
{
  return gimp_item_get_by_id (id);
}

static gboolean
is_off_canvas (GimpImage *image, GimpDrawable *drawable)
{
  int x, y;
  gimp_drawable_get_offsets (drawable, &x, &y);
  return x >= gimp_image_get_width (image) || y >= gimp_image_get_height (image) || x + gimp_drawable_get_width (drawable) <= 0
         || y + gimp_drawable_get_height (drawable) <= 0;
}

char *
rvs_host_refuse (int image, int id)
{
  GimpItem *item = item_of (id);
  int       x, y, w, h;
  if (!gimp_image_get_by_id (image))
    return g_strdup (_ ("There is no such image."));
  if (gimp_image_get_floating_sel (gimp_image_get_by_id (image)))
    return g_strdup (_ ("There is a floating selection. Anchor it, or make it a layer, first."));
  if (!item || !gimp_item_is_layer (item))
    return g_strdup (_ ("Faces are restored on a layer. Choose a layer first."));
  if (gimp_item_is_group (item))
    return g_strdup (_ ("This is a layer group. Choose one layer inside it, or merge the group first."));
  if (gimp_item_is_text_layer (item))
    return g_strdup (_ ("This is a text layer. Choose a layer with a photo."));
  if (gimp_drawable_get_width (drawable_of (id)) < 16 || gimp_drawable_get_height (drawable_of (id)) < 16)
    return g_strdup (_ ("The layer is too small to hold a face."));
  if (is_off_canvas (gimp_image_get_by_id (image), drawable_of (id)))
    return g_strdup (_ ("The layer lies outside the canvas. Move it into the picture or choose another layer."));
  if (!gimp_drawable_mask_intersect (drawable_of (id), &x, &y, &w, &h))
    return g_strdup (_ ("The selection does not touch the layer. Change the selection or choose another layer."));
  return NULL;
}

GeglBuffer *
rvs_host_buffer (int drawable)
{
  return gimp_drawable_get_buffer (drawable_of (drawable));
}

gboolean
rvs_host_is_locked (int drawable)
{
  return gimp_item_get_lock_content (item_of (drawable));
}

gboolean
rvs_host_is_visible (int drawable)
{
  return gimp_item_get_visible (item_of (drawable));
}

void
rvs_host_show (int layer)
{
  gimp_item_set_visible (item_of (layer), TRUE);
}

gboolean
rvs_host_is_grey (int drawable)
{
  return gimp_drawable_is_gray (drawable_of (drawable));
}

gboolean
rvs_host_is_indexed (int drawable)
{
  return gimp_drawable_is_indexed (drawable_of (drawable));
}

gboolean
rvs_host_has_alpha (int drawable)
{
  return gimp_drawable_has_alpha (drawable_of (drawable));
}

char *
rvs_host_name (int drawable)
{
  return gimp_item_get_name (item_of (drawable));
}

GeglBuffer *
rvs_host_selection (int image_id, int drawable, int *out_offset_x, int *out_offset_y)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  if (gimp_selection_is_empty (image))
    return NULL;
  gimp_drawable_get_offsets (drawable_of (drawable), out_offset_x, out_offset_y);
  return gimp_drawable_get_buffer (GIMP_DRAWABLE (gimp_image_get_selection (image)));
}

void
rvs_host_begin (int image)
{
  gimp_image_undo_group_start (gimp_image_get_by_id (image));
}

void
rvs_host_end (int image)
{
  gimp_image_undo_group_end (gimp_image_get_by_id (image));
  gimp_displays_flush ();
}

void
rvs_host_convert_to_rgb (int image)
{
  gimp_image_convert_rgb (gimp_image_get_by_id (image));
}

int
rvs_host_copy_layer (int drawable, const char *name)
{
  GimpLayer *layer = gimp_layer_copy (layer_of (drawable));
  if (!layer)
    return -1;
  gimp_item_set_name (GIMP_ITEM (layer), name);
  gimp_item_set_lock_content (GIMP_ITEM (layer), FALSE);
  return gimp_item_get_id (GIMP_ITEM (layer));
}

void
rvs_host_blend_encoded (int layer)
{
  gimp_layer_set_composite_space (layer_of (layer), GIMP_LAYER_COLOR_SPACE_RGB_PERCEPTUAL);
}

GeglBuffer *
rvs_host_mask (int id)
{
  GimpLayer     *layer = layer_of (id);
  GimpLayerMask *mask = gimp_layer_get_mask (layer);
  if (!mask)
    {
      mask = gimp_layer_create_mask (layer, GIMP_ADD_MASK_WHITE);
      if (!mask || !gimp_layer_add_mask (layer, mask))
        return NULL;
      gimp_layer_set_edit_mask (layer, FALSE);
    }
  return gimp_drawable_get_buffer (GIMP_DRAWABLE (mask));
}

gboolean
rvs_host_insert (int image_id, int layer_id, int below_id, gboolean replace)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  GimpLayer *layer = layer_of (layer_id), *below = layer_of (below_id);
  GimpItem  *parent = gimp_item_get_parent (GIMP_ITEM (below));
  int        position = gimp_image_get_item_position (image, GIMP_ITEM (below));
  if (!gimp_image_insert_layer (image, layer, parent ? GIMP_LAYER (parent) : NULL, position))
    return FALSE;
  if (replace)
    {
      char *name = gimp_item_get_name (GIMP_ITEM (below));
      gimp_image_remove_layer (image, below);
      gimp_item_set_name (GIMP_ITEM (layer), name); /* GIMP had made the name unique while both were there */
      g_free (name);
    }
  gimp_drawable_update (GIMP_DRAWABLE (layer), 0, 0, gimp_drawable_get_width (GIMP_DRAWABLE (layer)),
                        gimp_drawable_get_height (GIMP_DRAWABLE (layer)));
  gimp_image_set_selected_layers (image, (const GimpLayer *[]){ layer, NULL });
  return TRUE;
}

void
rvs_host_attach (int layer, const char *name, const char *text)
{
  GimpParasite *parasite = gimp_parasite_new (name, GIMP_PARASITE_PERSISTENT, (guint32)strlen (text) + 1, text);
  gimp_item_attach_parasite (item_of (layer), parasite);
  gimp_parasite_free (parasite);
}

void
rvs_host_progress_start (const char *text)
{
  gimp_progress_init (text);
}

void
rvs_host_progress (double done)
{
  gimp_progress_update (done);
}

void
rvs_host_progress_end (void)
{
  gimp_progress_end ();
}

void
rvs_host_message (const char *text)
{
  gimp_message (text);
}

gboolean
rvs_host_gtk_init (void)
{
  if (!gtk_init_check (NULL, NULL))
    return FALSE;
  gimp_ui_init ("revisage"); /* GIMP's theme, and its choice of dark or light */
  return TRUE;
}

void
rvs_host_make_transient (gpointer gtk_window)
{
  gimp_window_set_transient (GTK_WINDOW (gtk_window));
}
