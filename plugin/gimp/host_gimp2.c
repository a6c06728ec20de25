/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * host_gimp2.c: the host functions on libgimp 2.10. Never includes gimpui.h: it would bring GTK 2 into this process.
 */
#include "host.h"
#include "i18n.h"
#include <gtk/gtk.h>
#include <libgimp/gimp.h>
#include <string.h>
#ifdef GDK_WINDOWING_X11
#include <gdk/gdkx.h>
#endif

static gboolean
is_off_canvas (int image, int drawable)
{
  int x, y;
  gimp_drawable_offsets (drawable, &x, &y);
  return x >= gimp_image_width (image) || y >= gimp_image_height (image) || x + gimp_drawable_width (drawable) <= 0
         || y + gimp_drawable_height (drawable) <= 0;
}

char *
rvs_host_refuse (int image, int drawable, gboolean selected)
{
  int x, y, w, h;
  if (!gimp_image_is_valid (image))
    return g_strdup (_ ("There is no such image."));
  if (gimp_image_get_floating_sel (image) >= 0)
    return g_strdup (_ ("There is a floating selection. Anchor it, or make it a layer, first."));
  if (!gimp_item_is_valid (drawable) || !gimp_item_is_drawable (drawable) || !gimp_item_is_layer (drawable))
    return g_strdup (_ ("Faces are restored on a layer. Choose a layer first."));
  if (gimp_item_is_group (drawable))
    return g_strdup (_ ("This is a layer group. Choose one layer inside it, or merge the group first."));
  if (gimp_item_is_text_layer (drawable))
    return g_strdup (_ ("This is a text layer. Choose a layer with a photo."));
  if (gimp_drawable_width (drawable) < 16 || gimp_drawable_height (drawable) < 16)
    return g_strdup (_ ("The layer is too small to hold a face."));
  if (is_off_canvas (image, drawable))
    return g_strdup (_ ("The layer lies outside the canvas. Move it into the picture or choose another layer."));
  if (selected && !gimp_drawable_mask_intersect (drawable, &x, &y, &w, &h))
    return g_strdup (_ ("The selection does not touch the layer. Change the selection or choose another layer."));
  return NULL;
}

GeglBuffer *
rvs_host_buffer (int drawable)
{
  return gimp_drawable_get_buffer (drawable);
}

gboolean
rvs_host_is_locked (int drawable)
{
  return gimp_item_get_lock_content (drawable);
}

gboolean
rvs_host_is_visible (int drawable)
{
  return gimp_item_get_visible (drawable);
}

void
rvs_host_show (int layer)
{
  gimp_item_set_visible (layer, TRUE);
}

void
rvs_host_hide (int layer)
{
  gimp_item_set_visible (layer, FALSE);
}

static gboolean
has_mask (int layer)
{
  return gimp_layer_get_mask (layer) >= 0 && gimp_layer_get_apply_mask (layer);
}

gboolean
rvs_host_covers (int layer)
{
  GimpLayerMode          mode = gimp_layer_get_mode (layer);
  GimpLayerCompositeMode composite = gimp_layer_get_composite_mode (layer);
  return (mode == GIMP_LAYER_MODE_NORMAL || mode == GIMP_LAYER_MODE_NORMAL_LEGACY) && gimp_layer_get_opacity (layer) >= 100
         && !has_mask (layer) && (composite == GIMP_LAYER_COMPOSITE_AUTO || composite == GIMP_LAYER_COMPOSITE_UNION);
}

gboolean
rvs_host_is_grey (int drawable)
{
  return gimp_drawable_is_gray (drawable);
}

gboolean
rvs_host_is_indexed (int drawable)
{
  return gimp_drawable_is_indexed (drawable);
}

gboolean
rvs_host_has_alpha (int drawable)
{
  return gimp_drawable_has_alpha (drawable);
}

char *
rvs_host_name (int drawable)
{
  return gimp_item_get_name (drawable);
}

char *
rvs_host_image_name (int image)
{
  return gimp_image_get_name (image);
}

int
rvs_host_n_layers (int image)
{
  int n = 0;
  g_free (gimp_image_get_layers (image, &n));
  return n;
}

void
rvs_host_offsets (int drawable, int *out_x, int *out_y)
{
  gimp_drawable_offsets (drawable, out_x, out_y);
}

GeglBuffer *
rvs_host_selection (int image)
{
  return gimp_selection_is_empty (image) ? NULL : gimp_drawable_get_buffer (gimp_image_get_selection (image));
}

char **
rvs_host_channels (int image)
{
  int    n = 0, *channels = gimp_image_get_channels (image, &n);
  char **names = g_new0 (char *, n + 1);
  for (int i = 0; i < n; i++)
    names[i] = gimp_item_get_name (channels[i]);
  g_free (channels);
  return names;
}

GeglBuffer *
rvs_host_channel (int image, const char *name)
{
  int channel = gimp_image_get_channel_by_name (image, name);
  return channel < 0 ? NULL : gimp_drawable_get_buffer (channel);
}

void
rvs_host_begin (int image)
{
  gimp_image_undo_group_start (image);
}

void
rvs_host_end (int image)
{
  gimp_image_undo_group_end (image);
  gimp_displays_flush ();
}

void
rvs_host_convert_to_rgb (int image)
{
  gimp_image_convert_rgb (image);
}

int
rvs_host_copy_layer (int drawable, const char *name)
{
  int layer = gimp_layer_copy (drawable);
  if (layer >= 0)
    {
      gimp_item_set_name (layer, name);
      gimp_item_set_lock_content (layer, FALSE);
    }
  return layer;
}

GeglBuffer *
rvs_host_mask (int layer)
{
  int mask = gimp_layer_get_mask (layer);
  if (mask < 0)
    {
      mask = gimp_layer_create_mask (layer, GIMP_ADD_MASK_WHITE);
      if (mask < 0 || !gimp_layer_add_mask (layer, mask))
        return NULL;
    }
  gimp_layer_set_apply_mask (layer, TRUE);
  gimp_layer_set_show_mask (layer, FALSE);
  gimp_layer_set_edit_mask (layer, FALSE);
  return gimp_drawable_get_buffer (mask);
}

static void
make_plain (int layer)
{
  gimp_layer_set_mode (layer, GIMP_LAYER_MODE_NORMAL);
  gimp_layer_set_opacity (layer, 100);
}

void
rvs_host_make_patch (int layer, gboolean inside)
{
  make_plain (layer);
  gimp_layer_set_composite_space (layer, GIMP_LAYER_COLOR_SPACE_RGB_PERCEPTUAL);
  if (inside)
    gimp_layer_set_composite_mode (layer, GIMP_LAYER_COMPOSITE_CLIP_TO_BACKDROP);
}

static void
take_over (int group, int layer)
{
  gimp_layer_set_mode (group, gimp_layer_get_mode (layer));
  gimp_layer_set_opacity (group, gimp_layer_get_opacity (layer));
  gimp_layer_set_blend_space (group, gimp_layer_get_blend_space (layer));
  gimp_layer_set_composite_space (group, gimp_layer_get_composite_space (layer));
  gimp_layer_set_composite_mode (group, gimp_layer_get_composite_mode (layer));
}

static gboolean
take_over_mask (int group, int layer)
{
  if (!has_mask (layer))
    return TRUE;
  GeglBuffer *to = rvs_host_mask (group), *from = gimp_drawable_get_buffer (gimp_layer_get_mask (layer));
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
fill_group (int image, int group, int drawable)
{
  char *name = gimp_item_get_name (drawable);
  int   copy = rvs_host_copy_layer (drawable, name);
  g_free (name);
  if (copy < 0)
    return -1;
  make_plain (copy);
  gimp_layer_set_composite_mode (copy, GIMP_LAYER_COMPOSITE_AUTO);
  gimp_item_set_visible (copy, TRUE);
  if (!gimp_image_insert_layer (image, copy, group, 0))
    return -1;
  if (gimp_layer_get_mask (copy) >= 0)
    gimp_layer_remove_mask (copy, GIMP_MASK_DISCARD);
  return take_over_mask (group, drawable) ? copy : -1;
}

int
rvs_host_stand_in (int image, int drawable)
{
  int   group = gimp_layer_group_new (image);
  char *name = gimp_item_get_name (drawable);
  int   parent = gimp_item_get_parent (drawable), position = gimp_image_get_item_position (image, drawable), copy;
  gimp_item_set_name (group, name);
  g_free (name);
  if (!gimp_image_insert_layer (image, group, parent, position))
    return -1;
  take_over (group, drawable);
  copy = fill_group (image, group, drawable);
  if (copy < 0)
    gimp_image_remove_layer (image, group);
  return copy;
}

gboolean
rvs_host_insert (int image, int layer, int below, gboolean replace)
{
  int parent = gimp_item_get_parent (below), position = gimp_image_get_item_position (image, below);
  if (!gimp_image_insert_layer (image, layer, parent, position))
    return FALSE;
  if (replace)
    {
      char *name = gimp_item_get_name (below);
      gimp_image_remove_layer (image, below);
      gimp_item_set_name (layer, name); /* GIMP had made the name unique while both were there */
      g_free (name);
    }
  gimp_drawable_update (layer, 0, 0, gimp_drawable_width (layer), gimp_drawable_height (layer));
  gimp_image_set_active_layer (image, layer);
  return TRUE;
}

void
rvs_host_attach (int layer, const char *name, const char *text)
{
  GimpParasite *parasite = gimp_parasite_new (name, GIMP_PARASITE_PERSISTENT | GIMP_PARASITE_UNDOABLE, strlen (text) + 1, text);
  gimp_item_attach_parasite (layer, parasite);
  gimp_parasite_free (parasite);
}

int
rvs_host_parent (int layer)
{
  return gimp_item_get_parent (layer);
}

void
rvs_host_remove (int image, int layer)
{
  gimp_image_remove_layer (image, layer);
}

void
rvs_host_rename (int layer, const char *name)
{
  gimp_item_set_name (layer, name);
}

char *
rvs_host_attached (int layer, const char *name)
{
  GimpParasite *parasite = gimp_item_is_valid (layer) ? gimp_item_get_parasite (layer, name) : NULL;
  char         *text = parasite ? g_strndup (gimp_parasite_data (parasite), (gsize)gimp_parasite_data_size (parasite)) : NULL;
  g_clear_pointer (&parasite, gimp_parasite_free);
  return text;
}

guint32
rvs_host_tattoo (int layer)
{
  return (guint32)gimp_item_get_tattoo (layer);
}

int
rvs_host_layer_by_tattoo (int image, guint32 tattoo)
{
  return gimp_image_get_layer_by_tattoo (image, tattoo);
}

/* ---- a new image -------------------------------------------------------------------------- */

/* What belongs to the photo, whatever its size. */
static void
take_over_properties (int image, int like)
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

static int
add_layer (int image, int drawable, int width, int height)
{
  gboolean      grey = gimp_drawable_is_gray (drawable), alpha = gimp_drawable_has_alpha (drawable);
  GimpImageType type = grey ? (alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE) : alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
  char         *name = gimp_item_get_name (drawable);
  int           layer = gimp_layer_new (image, name, width, height, type, 100, GIMP_LAYER_MODE_NORMAL);
  g_free (name);
  return layer >= 0 && gimp_image_insert_layer (image, layer, -1, 0) ? layer : -1;
}

int
rvs_host_new_image (int like, int drawable, int width, int height, GeglBuffer **out_buffer)
{
  GimpImageBaseType type = gimp_drawable_is_gray (drawable) ? GIMP_GRAY : GIMP_RGB;
  int               image = gimp_image_new_with_precision (width, height, type, gimp_image_get_precision (like)), layer;
  *out_buffer = NULL;
  if (image < 0)
    return -1;
  gimp_image_undo_disable (image);
  take_over_properties (image, like);
  layer = add_layer (image, drawable, width, height);
  *out_buffer = layer >= 0 ? gimp_drawable_get_buffer (layer) : NULL;
  if (*out_buffer)
    return image;
  gimp_image_delete (image);
  return -1;
}

void
rvs_host_name_new_image (int image, int like, const char *name)
{
  char *photo = gimp_image_get_filename (like); /* of the image's own file, or of the one it was imported from */
  char *folder = photo ? g_path_get_dirname (photo) : NULL, *png = g_strconcat (name, ".png", NULL);
  char *path = folder ? g_build_filename (folder, png, NULL) : NULL; /* not an XCF: GIMP's Save would go there without a question */
  if (path)
    gimp_image_set_filename (image, path);
  g_free (path);
  g_free (png);
  g_free (folder);
  g_free (photo);
}

void
rvs_host_finish_new_image (int image, gboolean shown)
{
  gimp_image_undo_enable (image);
  if (shown)
    gimp_display_new (image);
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

/* GIMP's own theme is GTK 2's; what carries over is whether it is dark. */
static void
follow_theme (void)
{
  char *theme = gimp_gimprc_query ("theme");
  if (theme && (strstr (theme, "Dark") || strstr (theme, "Gray")))
    g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", TRUE, NULL);
  g_free (theme);
}

gboolean
rvs_host_gtk_init (void)
{
  gdk_set_program_class (gimp_wm_class ());
  g_set_prgname ("revisage");
  if (!gtk_init_check (NULL, NULL))
    return FALSE;
  follow_theme ();
  return TRUE;
}

void
rvs_host_make_transient (gpointer gtk_window)
{
#ifdef GDK_WINDOWING_X11
  GdkDisplay *display = gtk_widget_get_display (GTK_WIDGET (gtk_window));
  guint32     id = gimp_progress_get_window_handle ();
  if (!GDK_IS_X11_DISPLAY (display) || !id)
    return;
  GdkWindow *parent = gdk_x11_window_foreign_new_for_display (display, id);
  if (parent)
    gdk_window_set_transient_for (gtk_widget_get_window (GTK_WIDGET (gtk_window)), parent);
#else
  (void)gtk_window;
#endif
}
