/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * operation.c: revisage:restore-faces, a filter that sees its whole input: faces are found in all of it. What it worked out is kept in
 * photos.h. Whatever goes wrong, the pixels pass through as they are, and a message says why.
 */
#include "operation.h"

#include "i18n.h"
#include "layer_pixels.h"
#include "photos.h"
#include "properties.h"

#include <string.h>

typedef struct RvsEffect
{
  GeglOperationFilter parent;
  RvsProperties       properties;
} RvsEffect;

typedef GeglOperationFilterClass RvsEffectClass;

/* Set once, when the module is loaded: the type is made at run time. */
static GType effect_type;

static RvsEffect *
effect_of (gpointer object)
{
  return G_TYPE_CHECK_INSTANCE_CAST (object, effect_type, RvsEffect);
}

/* ---- messages ---- */

/* A picture is rendered again and again: the same words once, which is the process's business. */
static void
say (const char *words)
{
  static char said[320];

  if (!strcmp (said, words))
    return;
  g_strlcpy (said, words, sizeof said);
  /* GIMP shows what is logged for GEGL; the command line writes it to stderr */
  if (*words)
    g_log ("GEGL", G_LOG_LEVEL_WARNING, "revisage:restore-faces: %s", words);
}

static void
say_outcome (RvsStatus status, const RvsError *err, const RvsRestoredPhoto *photo)
{
  if (status)
    say (err->message);
  else
    say (photo->n_rects ? "" : _ ("No face to restore was found in the layer."));
}

static bool
on_progress (void *operation, const RvsProgress *progress)
{
  gegl_operation_progress (operation, progress->done, (char *)_ ("Restoring faces"));
  return true;
}

/* ---- regions ---- */

static GeglRectangle
whole (GeglOperation *operation, const GeglRectangle *otherwise)
{
  const GeglRectangle *box = gegl_operation_source_get_bounding_box (operation, "input");

  return box && !gegl_rectangle_is_infinite_plane (box) ? *box : *otherwise;
}

static GeglRectangle
get_required_for_output (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
  (void)pad;
  return whole (operation, roi);
}

static GeglRectangle
get_invalidated_by_change (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
  (void)pad;
  return whole (operation, roi);
}

static GeglRectangle
get_cached_region (GeglOperation *operation, const GeglRectangle *roi)
{
  return whole (operation, roi);
}

static void
prepare (GeglOperation *operation)
{
  const Babl *format = gegl_operation_get_source_format (operation, "input");

  if (!format)
    format = babl_format ("R'G'B'A float");
  gegl_operation_set_format (operation, "input", format);
  gegl_operation_set_format (operation, "output", format);
}

/* ---- pixels ---- */

/* The same buffer with its extent's corner at 0, 0. */
static GeglBuffer *
at_origin (GeglBuffer *buffer, const GeglRectangle *extent)
{
  return g_object_new (GEGL_TYPE_BUFFER, "source", buffer, "x", 0, "y", 0, "width", extent->width, "height", extent->height,
                       "shift-x", extent->x, "shift-y", extent->y, NULL);
}

static void
open_layer (RvsLayerSource *layer, GeglBuffer *input, const GeglRectangle *extent)
{
  const Babl *format = gegl_buffer_get_format (input);
  gboolean    alpha = babl_format_has_alpha (format);
  gboolean    grey = !babl_format_is_palette (format) && babl_format_get_n_components (format) - (alpha ? 1 : 0) == 1;

  rvs_layer_source_init (layer, at_origin (input, extent), grey, alpha, NULL, 0, 0);
}

static void
read_rows (void *user, int32_t y, int32_t n_rows, void *pixels)
{
  RvsLayerSource *layer = user;
  layer->source.read_rows (layer->source.user, y, n_rows, pixels, NULL);
}

static void
write_layer (RvsLayerSource *layer, GeglBuffer *output, const GeglRectangle *extent, const RvsRestoredPhoto *photo)
{
  GeglBuffer       *to = at_origin (output, extent);
  const RvsUiResult result = { .src = photo->src, .out = photo->out, .rects = photo->rects, .n_rects = photo->n_rects };

  rvs_layer_write (to, layer->format, &result);
  g_object_unref (to);
}

static RvsStatus
restore (GeglOperation *operation, RvsLayerSource *layer, GeglBuffer *output, const GeglRectangle *extent, const RvsParams *params,
         RvsError *err)
{
  const RvsUiSource   *s = &layer->source;
  const RvsPhotoSource source = { s->width, s->height, s->channels, s->depth, read_rows, layer };
  const RvsMonitor     monitor = { on_progress, operation };
  RvsRestoredPhoto     photo;
  RvsStatus            status = rvs_photos_enter (&source, params, &monitor, &photo, err);

  if (!status)
    write_layer (layer, output, extent, &photo);
  rvs_photos_leave ();
  say_outcome (status, err, &photo);
  return status;
}

/* Nothing to find a face in: an endless plane, or nothing at all. */
static gboolean
can_hold_faces (const GeglRectangle *extent)
{
  return extent->width > 0 && extent->height > 0 && extent->width <= RVS_MAX_SIDE && extent->height <= RVS_MAX_SIDE;
}

static gboolean
process (GeglOperation *operation, GeglBuffer *input, GeglBuffer *output, const GeglRectangle *roi, gint level)
{
  const GeglRectangle extent = whole (operation, roi);
  RvsParams           params;
  RvsError            err = { RVS_OK, "" };
  RvsLayerSource      layer;
  RvsStatus           status = rvs_properties_params (&effect_of (operation)->properties, &params, &err);

  gegl_buffer_copy (input, roi, GEGL_ABYSS_NONE, output, roi);
  if (level || !can_hold_faces (&extent)) /* a smaller view of the layer has other faces in it */
    return TRUE;
  if (status)
    {
      say (err.message);
      return TRUE;
    }
  open_layer (&layer, input, &extent);
  status = restore (operation, &layer, output, &extent, &params, &err);
  rvs_layer_source_clear (&layer);
  return TRUE;
}

/* ---- the type ---- */

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  (void)pspec;
  rvs_properties_set (&effect_of (object)->properties, id, value);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  (void)pspec;
  rvs_properties_get (&effect_of (object)->properties, id, value);
}

static void
class_init (gpointer klass, gpointer data)
{
  GObjectClass       *object_class = klass;
  GeglOperationClass *operation_class = klass;

  (void)data;
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  rvs_properties_install (object_class);
  operation_class->prepare = prepare;
  operation_class->get_required_for_output = get_required_for_output;
  operation_class->get_invalidated_by_change = get_invalidated_by_change;
  operation_class->get_cached_region = get_cached_region;
  operation_class->opencl_support = FALSE;
  operation_class->threaded = FALSE;
  ((GeglOperationFilterClass *)klass)->process = process;
  gegl_operation_class_set_keys (operation_class, "name", "revisage:restore-faces", "title", _ ("Restore Faces"), "categories",
                                 "enhance", "description", _ ("Restore the faces of a photo"), "gimp:menu-path",
                                 "<Image>/Filters/Enhance", "gimp:menu-label", _ ("Restore Faces as a La_yer Effect..."), NULL);
}

void
rvs_effect_register (GTypeModule *module)
{
  const GTypeInfo info = { .class_size = sizeof (RvsEffectClass), .class_init = class_init, .instance_size = sizeof (RvsEffect) };

  effect_type = gegl_module_register_type (module, GEGL_TYPE_OPERATION_FILTER, "RvsEffect", &info, 0);
}
