/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * load.c: plugin/io first, gdk-pixbuf for what it refuses as another format.
 */
#include "load.h"
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (64 * 1024)

void
rvs_origin_copy (const RvsOrigin *from, RvsOrigin *to)
{
  to->path = g_strdup (from->path);
  to->bytes = from->bytes ? g_bytes_ref (from->bytes) : NULL;
  to->turn = from->turn;
}

void
rvs_origin_clear (RvsOrigin *origin)
{
  g_clear_pointer (&origin->path, g_free);
  g_clear_pointer (&origin->bytes, g_bytes_unref);
}

static RvsStatus
fail (RvsError *err, RvsStatus status, const char *message)
{
  err->status = status;
  g_strlcpy (err->message, message, sizeof err->message);
  return status;
}

/* gdk-pixbuf gives the profile as base64 text. */
static void
keep_profile (GdkPixbuf *pixbuf, RvsPictureMeta *meta)
{
  const char *text = gdk_pixbuf_get_option (pixbuf, "icc-profile");
  gsize       n = 0;
  guchar     *bytes = text ? g_base64_decode (text, &n) : NULL;
  if (bytes && n)
    {
      meta->icc.bytes = malloc (n);
      meta->icc.n = meta->icc.bytes ? n : 0;
      if (meta->icc.bytes)
        memcpy (meta->icc.bytes, bytes, n);
    }
  g_free (bytes);
}

static RvsStatus
from_pixbuf (GdkPixbuf *pixbuf, RvsPicture *out, RvsError *err)
{
  int       width = gdk_pixbuf_get_width (pixbuf), height = gdk_pixbuf_get_height (pixbuf);
  int       channels = gdk_pixbuf_get_n_channels (pixbuf), stride = gdk_pixbuf_get_rowstride (pixbuf);
  RvsStatus status = rvs_picture_new (width, height, channels, RVS_DEPTH_U8, out, err);
  if (status != RVS_OK)
    return status;
  const guint8 *from = gdk_pixbuf_read_pixels (pixbuf);
  for (int y = 0; y < height; y++)
    memcpy ((guint8 *)out->view.pixels + out->view.stride * y, from + (ptrdiff_t)stride * y, (size_t)width * (size_t)channels);
  out->format = RVS_PICTURE_PNG;
  keep_profile (pixbuf, &out->meta);
  return RVS_OK;
}

/* Decides from the header whether the rest is worth decoding, and tells the format. */
typedef struct Foreign
{
  gboolean too_large;
  char    *kind; /* NULL: unknown, or one that plugin/io reads */
} Foreign;

static void
on_size (GdkPixbufLoader *loader, int width, int height, gpointer user)
{
  Foreign *foreign = user;
  foreign->too_large = (gint64)width * height > RVS_MAX_PIXELS || width > RVS_MAX_SIDE || height > RVS_MAX_SIDE;
  if (foreign->too_large)
    gdk_pixbuf_loader_set_size (loader, 1, 1);
}

static char *
kind_of (GdkPixbufFormat *format)
{
  char            *name = format ? gdk_pixbuf_format_get_name (format) : NULL;
  RvsPictureFormat own_format;
  gboolean         own = name && rvs_picture_format_of_id (name, &own_format) && rvs_format_can_read (own_format);
  char            *kind = name && !own ? g_ascii_strup (name, -1) : NULL;
  g_free (name);
  return kind;
}

/* WebP's EXIF says how the picture lies, and gdk-pixbuf does not tell: a build without libwebp does not open it. */
static gboolean
would_lie (const char *kind_or_ending)
{
  RvsPictureFormat format;
  return rvs_picture_format_of_id (kind_or_ending, &format) && format == RVS_PICTURE_WEBP && !rvs_format_can_read (format);
}

/* In pieces: a large file that is no picture is given up after the first of them. */
static gboolean
feed (GdkPixbufLoader *loader, GInputStream *stream, const volatile sig_atomic_t *stop, GError **error)
{
  guint8 *piece = g_malloc (PIECE_BYTES);
  gssize  n;
  while ((n = g_input_stream_read (stream, piece, PIECE_BYTES, NULL, error)) > 0)
    if ((stop && *stop) || !gdk_pixbuf_loader_write (loader, piece, (gsize)n, error))
      {
        n = -1;
        break;
      }
  g_free (piece);
  return n == 0;
}

/* NULL when it cannot be decoded. */
static GdkPixbuf *
decode (GInputStream *stream, const volatile sig_atomic_t *stop, Foreign *foreign, GError **error)
{
  GdkPixbufLoader *loader = gdk_pixbuf_loader_new ();
  GdkPixbuf       *pixbuf = NULL;
  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size), foreign);
  gboolean fed = feed (loader, stream, stop, error);
  gboolean closed = gdk_pixbuf_loader_close (loader, fed ? error : NULL);
  foreign->kind = kind_of (gdk_pixbuf_loader_get_format (loader));
  if (fed && closed && !foreign->too_large)
    {
      GdkPixbuf *raw = gdk_pixbuf_loader_get_pixbuf (loader);
      pixbuf = raw ? gdk_pixbuf_apply_embedded_orientation (raw) : NULL;
    }
  g_object_unref (loader);
  return pixbuf;
}

/* `first` is what plugin/io said: it stands unless gdk-pixbuf knows the format. */
static RvsStatus
load_foreign (GInputStream *stream, const volatile sig_atomic_t *stop, const RvsError *first, RvsPicture *out, char **out_kind,
              RvsError *err)
{
  Foreign    foreign = { FALSE, NULL };
  GError    *error = NULL;
  GdkPixbuf *pixbuf = decode (stream, stop, &foreign, &error);
  RvsStatus  status;
  if (stop && *stop)
    status = fail (err, RVS_ERR_CANCELLED, "cancelled");
  else if (!foreign.kind)
    status = fail (err, first->status, first->message);
  else if (would_lie (foreign.kind))
    status = fail (err, RVS_ERR_FORMAT, "WebP pictures cannot be read by this build");
  else if (foreign.too_large)
    status = fail (err, RVS_ERR_LIMIT, "the picture has too many pixels");
  else if (!pixbuf)
    status = fail (err, RVS_ERR_FORMAT, error ? error->message : "the file is damaged");
  else
    status = from_pixbuf (pixbuf, out, err);
  if (status == RVS_OK)
    *out_kind = g_steal_pointer (&foreign.kind);
  g_clear_object (&pixbuf);
  g_clear_error (&error);
  g_free (foreign.kind);
  return status;
}

static GInputStream *
open_stream (const RvsOrigin *origin)
{
  if (origin->bytes)
    return g_memory_input_stream_new_from_bytes (origin->bytes);
  GFile        *file = g_file_new_for_path (origin->path);
  GInputStream *stream = G_INPUT_STREAM (g_file_read (file, NULL, NULL));
  g_object_unref (file);
  return stream;
}

static RvsStatus
load_own (const RvsOrigin *origin, const volatile sig_atomic_t *stop, RvsPicture *out, RvsError *err)
{
  gsize n = 0;
  if (!origin->bytes)
    return rvs_picture_read (origin->path, stop, out, err);
  gconstpointer bytes = g_bytes_get_data (origin->bytes, &n);
  return rvs_picture_read_memory (bytes, n, stop, out, err);
}

static RvsStatus
load_as_it_lies (const RvsOrigin *origin, const volatile sig_atomic_t *stop, RvsPicture *out, char **out_kind, RvsError *err)
{
  RvsError  first = { RVS_OK, "" };
  RvsStatus status = load_own (origin, stop, out, &first);
  *out_kind = NULL;
  if (status == RVS_OK)
    return status;
  GInputStream *stream = status == RVS_ERR_FORMAT ? open_stream (origin) : NULL;
  status = stream ? load_foreign (stream, stop, &first, out, out_kind, err) : fail (err, status, first.message);
  g_clear_object (&stream);
  return status;
}

RvsStatus
rvs_load (const RvsOrigin *origin, const volatile sig_atomic_t *stop, RvsPicture *out, char **out_kind, RvsError *err)
{
  RvsStatus status = load_as_it_lies (origin, stop, out, out_kind, err);
  if (status != RVS_OK || !origin->turn)
    return status;
  status = rvs_picture_turn (out, origin->turn, err);
  if (status != RVS_OK)
    {
      rvs_picture_clear (out);
      g_clear_pointer (out_kind, g_free);
    }
  return status;
}

gboolean
rvs_load_can_read_name (const char *name)
{
  RvsPictureFormat own;
  const char      *dot = strrchr (name, '.');
  gboolean         found = rvs_picture_format_of_name (name, &own) && rvs_format_can_read (own);
  GSList          *formats = dot && !found && !would_lie (dot + 1) ? gdk_pixbuf_get_formats () : NULL;
  for (GSList *l = formats; l && !found; l = l->next)
    {
      char **endings = gdk_pixbuf_format_get_extensions (l->data);
      for (int i = 0; endings[i] && !found; i++)
        found = !g_ascii_strcasecmp (dot + 1, endings[i]);
      g_strfreev (endings);
    }
  g_slist_free (formats);
  return found;
}
