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
rvs_host_refuse (int image, int id, gboolean selected)
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
  if (selected && !gimp_drawable_mask_intersect (drawable_of (id), &x, &y, &w, &h))
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

void
rvs_host_hide (int layer)
{
  GimpItem *item = item_of (layer);
  gboolean  locked = gimp_item_get_lock_visibility (item);
  gimp_item_set_lock_visibility (item, FALSE);
  gimp_item_set_visible (item, FALSE);
  gimp_item_set_lock_visibility (item, locked);
}

static gboolean
has_mask (GimpLayer *layer)
{
  return gimp_layer_get_mask (layer) && gimp_layer_get_apply_mask (layer);
}

static gboolean
has_effects (int id)
{
  GimpDrawableFilter **filters = gimp_drawable_get_filters (drawable_of (id));
  gboolean             any = filters && filters[0];
  g_free (filters);
  return any;
}

gboolean
rvs_host_covers (int id)
{
  GimpLayer             *layer = layer_of (id);
  GimpLayerMode          mode = gimp_layer_get_mode (layer);
  GimpLayerCompositeMode composite = gimp_layer_get_composite_mode (layer);
  return (mode == GIMP_LAYER_MODE_NORMAL || mode == GIMP_LAYER_MODE_NORMAL_LEGACY) && gimp_layer_get_opacity (layer) >= 100
         && !has_mask (layer) && !has_effects (id)
         && (composite == GIMP_LAYER_COMPOSITE_AUTO || composite == GIMP_LAYER_COMPOSITE_UNION);
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

char *
rvs_host_image_name (int image)
{
  return gimp_image_get_name (gimp_image_get_by_id (image));
}

int
rvs_host_n_layers (int image)
{
  GimpLayer **layers = gimp_image_get_layers (gimp_image_get_by_id (image));
  int         n = 0;
  while (layers && layers[n])
    n++;
  g_free (layers);
  return n;
}

void
rvs_host_offsets (int drawable, int *out_x, int *out_y)
{
  gimp_drawable_get_offsets (drawable_of (drawable), out_x, out_y);
}

GeglBuffer *
rvs_host_selection (int image_id)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  return gimp_selection_is_empty (image) ? NULL : gimp_drawable_get_buffer (GIMP_DRAWABLE (gimp_image_get_selection (image)));
}

char **
rvs_host_channels (int image)
{
  GimpChannel **channels = gimp_image_get_channels (gimp_image_get_by_id (image));
  int           n = 0;
  while (channels && channels[n])
    n++;
  char **names = g_new0 (char *, n + 1);
  for (int i = 0; i < n; i++)
    names[i] = gimp_item_get_name (GIMP_ITEM (channels[i]));
  g_free (channels);
  return names;
}

GeglBuffer *
rvs_host_channel (int image, const char *name)
{
  GimpChannel *channel = gimp_image_get_channel_by_name (gimp_image_get_by_id (image), name);
  return channel ? gimp_drawable_get_buffer (GIMP_DRAWABLE (channel)) : NULL;
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

static GeglBuffer *
mask_of (GimpLayer *layer)
{
  GimpLayerMask *mask = gimp_layer_get_mask (layer);
  if (!mask)
    {
      mask = gimp_layer_create_mask (layer, GIMP_ADD_MASK_WHITE);
      if (!mask || !gimp_layer_add_mask (layer, mask))
        return NULL;
    }
  gimp_layer_set_apply_mask (layer, TRUE);
  gimp_layer_set_show_mask (layer, FALSE);
  gimp_layer_set_edit_mask (layer, FALSE);
  return gimp_drawable_get_buffer (GIMP_DRAWABLE (mask));
}

GeglBuffer *
rvs_host_mask (int layer)
{
  return mask_of (layer_of (layer));
}

static void
make_plain (GimpLayer *layer)
{
  gimp_layer_set_mode (layer, GIMP_LAYER_MODE_NORMAL);
  gimp_layer_set_opacity (layer, 100);
}

void
rvs_host_make_patch (int id, gboolean inside)
{
  GimpLayer *layer = layer_of (id);
  make_plain (layer);
  gimp_layer_set_composite_space (layer, GIMP_LAYER_COLOR_SPACE_RGB_PERCEPTUAL);
  if (inside)
    gimp_layer_set_composite_mode (layer, GIMP_LAYER_COMPOSITE_CLIP_TO_BACKDROP);
}

static void
take_over (GimpLayer *group, GimpLayer *layer)
{
  gimp_layer_set_mode (group, gimp_layer_get_mode (layer));
  gimp_layer_set_opacity (group, gimp_layer_get_opacity (layer));
  gimp_layer_set_blend_space (group, gimp_layer_get_blend_space (layer));
  gimp_layer_set_composite_space (group, gimp_layer_get_composite_space (layer));
  gimp_layer_set_composite_mode (group, gimp_layer_get_composite_mode (layer));
}

static gboolean
take_over_mask (GimpLayer *group, GimpLayer *layer)
{
  if (!has_mask (layer))
    return TRUE;
  GeglBuffer *to = mask_of (group), *from = gimp_drawable_get_buffer (GIMP_DRAWABLE (gimp_layer_get_mask (layer)));
  gboolean    done = to != NULL;
  if (done)
    {
      gegl_buffer_copy (from, NULL, GEGL_ABYSS_NONE, to, NULL);
      gegl_buffer_flush (to);
    }
  g_clear_object (&to);
  g_object_unref (from);
  return done;
}

/* GIMP lets go of a mask only inside of the image. The group's last: only then has the group its size. */
static int
fill_group (GimpImage *image, GimpLayer *group, int drawable)
{
  char      *name = rvs_host_name (drawable);
  int        id = rvs_host_copy_layer (drawable, name);
  GimpLayer *copy = id < 0 ? NULL : layer_of (id);
  g_free (name);
  if (!copy)
    return -1;
  make_plain (copy);
  gimp_layer_set_composite_mode (copy, GIMP_LAYER_COMPOSITE_AUTO);
  gimp_item_set_visible (GIMP_ITEM (copy), TRUE);
  if (!gimp_image_insert_layer (image, copy, group, 0))
    return -1;
  if (gimp_layer_get_mask (copy))
    gimp_layer_remove_mask (copy, GIMP_MASK_DISCARD);
  return take_over_mask (group, layer_of (drawable)) ? id : -1;
}

int
rvs_host_stand_in (int image_id, int drawable)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  char      *name = rvs_host_name (drawable);
  GimpLayer *group = GIMP_LAYER (gimp_group_layer_new (image, name));
  GimpItem  *parent = gimp_item_get_parent (item_of (drawable));
  int        position = gimp_image_get_item_position (image, item_of (drawable)), copy;
  g_free (name);
  if (!gimp_image_insert_layer (image, group, parent ? GIMP_LAYER (parent) : NULL, position))
    return -1;
  take_over (group, layer_of (drawable));
  copy = fill_group (image, group, drawable);
  if (copy < 0)
    gimp_image_remove_layer (image, group);
  return copy;
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
  GimpParasite *parasite
      = gimp_parasite_new (name, GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE, (guint32)strlen (text) + 1, text);
  gimp_item_attach_parasite (item_of (layer), parasite);
  gimp_parasite_free (parasite);
}

int
rvs_host_parent (int layer)
{
  GimpItem *parent = gimp_item_get_parent (item_of (layer));
  return parent ? gimp_item_get_id (parent) : -1;
}

void
rvs_host_remove (int image, int layer)
{
  gimp_image_remove_layer (gimp_image_get_by_id (image), layer_of (layer));
}

void
rvs_host_rename (int layer, const char *name)
{
  gimp_item_set_name (item_of (layer), name);
}

char *
rvs_host_attached (int layer, const char *name)
{
  GimpItem     *item = item_of (layer);
  GimpParasite *parasite = item ? gimp_item_get_parasite (item, name) : NULL;
  guint32       n = 0;
  const char   *data = parasite ? gimp_parasite_get_data (parasite, &n) : NULL;
  char         *text = data ? g_strndup (data, n) : NULL;
  g_clear_pointer (&parasite, gimp_parasite_free);
  return text;
}

guint32
rvs_host_tattoo (int layer)
{
  return gimp_item_get_tattoo (item_of (layer));
}

int
rvs_host_layer_by_tattoo (int image, guint32 tattoo)
{
  GimpLayer *layer = gimp_image_get_layer_by_tattoo (gimp_image_get_by_id (image), tattoo);
  return layer ? gimp_item_get_id (GIMP_ITEM (layer)) : -1;
}

/* ---- a new image -------------------------------------------------------------------------- */

/* What belongs to the photo, whatever its size. */
static void
take_over_properties (GimpImage *image, GimpImage *like)
{
  double            x = 72, y = 72;
  GimpColorProfile *profile = gimp_image_get_color_profile (like);
  GimpMetadata     *metadata = gimp_image_get_metadata (like);
  gimp_image_get_resolution (like, &x, &y);
  gimp_image_set_resolution (image, x, y);
  gimp_image_set_unit (image, gimp_image_get_unit (like));
  if (profile)
    gimp_image_set_color_profile (image, profile);
  if (metadata)
    gimp_image_set_metadata (image, metadata);
  g_clear_object (&profile);
  g_clear_object (&metadata);
}

static GimpLayer *
add_layer (GimpImage *image, GimpDrawable *drawable, int width, int height)
{
  gboolean      grey = gimp_drawable_is_gray (drawable), alpha = gimp_drawable_has_alpha (drawable);
  GimpImageType type = grey ? (alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE) : alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
  char         *name = gimp_item_get_name (GIMP_ITEM (drawable));
  GimpLayer    *layer = gimp_layer_new (image, name, width, height, type, 100, GIMP_LAYER_MODE_NORMAL);
  g_free (name);
  return layer && gimp_image_insert_layer (image, layer, NULL, 0) ? layer : NULL;
}

int
rvs_host_new_image (int like_id, int id, int width, int height, GeglBuffer **out_buffer)
{
  GimpDrawable     *drawable = drawable_of (id);
  GimpImage        *like = gimp_image_get_by_id (like_id);
  GimpImageBaseType type = gimp_drawable_is_gray (drawable) ? GIMP_GRAY : GIMP_RGB;
  GimpImage        *image = gimp_image_new_with_precision (width, height, type, gimp_image_get_precision (like));
  GimpLayer        *layer;
  *out_buffer = NULL;
  if (!image)
    return -1;
  gimp_image_undo_disable (image);
  take_over_properties (image, like);
  layer = add_layer (image, drawable, width, height);
  *out_buffer = layer ? gimp_drawable_get_buffer (GIMP_DRAWABLE (layer)) : NULL;
  if (*out_buffer)
    return gimp_image_get_id (image);
  gimp_image_delete (image);
  return -1;
}

static GFile *
file_of (GimpImage *image)
{
  GFile *file = gimp_image_get_file (image);
  return file ? file : gimp_image_get_imported_file (image);
}

void
rvs_host_name_new_image (int image, int like, const char *name)
{
  GFile *file = file_of (gimp_image_get_by_id (like)), *folder = file ? g_file_get_parent (file) : NULL;
  char  *xcf = g_strconcat (name, ".xcf", NULL);
  GFile *beside = folder ? g_file_get_child (folder, xcf) : NULL;
  if (beside && !g_file_query_exists (beside, NULL)) /* GIMP's Save goes there without a question */
    gimp_image_set_file (gimp_image_get_by_id (image), beside);
  g_free (xcf);
  g_clear_object (&beside);
  g_clear_object (&folder);
  g_clear_object (&file);
}

void
rvs_host_finish_new_image (int image, gboolean shown)
{
  gimp_image_undo_enable (gimp_image_get_by_id (image));
  if (shown)
    gimp_display_new (gimp_image_get_by_id (image));
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
