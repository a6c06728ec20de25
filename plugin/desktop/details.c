/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * details.c: the messages of plugin/io that users are likely to see, told by a part of their words.
 */
#include "details.h"
#include "i18n.h"
#include <string.h>

typedef struct Detail
{
  const char *part, *text;
} Detail;

static const Detail DETAILS[] = {
  { "is truncated", N_ ("it ends too early") },
  { "the file is empty", N_ ("it is empty") },
  { "there is nothing in it", N_ ("it has no pixels") },
  { "are accepted", N_ ("it has too many pixels") },
  { "too many pixels", N_ ("it has too many pixels") },
  { "animated", N_ ("it is animated: save one frame of it first") },
  { "CMYK", N_ ("its colours are CMYK: convert it to RGB first") },
  { "HDR pictures", N_ ("it is an HDR picture: convert it to sRGB first") },
  { "not a regular file", N_ ("it is no file") },
  { "it is a folder", N_ ("there is a folder of that name") },
  { "leads nowhere", N_ ("it is a link that leads nowhere") },
  { "exists already", N_ ("there is a file of that name") },
  { "partly transparent", N_ ("parts of it are transparent") },
  { "pixels a side", N_ ("it is too wide or too high for this format") },
  { "a side", N_ ("it is too wide or too high for this format") },
  { "not enough memory", N_ ("there is not enough memory") },
  { "is damaged", N_ ("its contents are damaged") },
  { "not a ", N_ ("it is of no kind that is known here") },
};

/* The system's own words follow these, and are in the user's language. */
static const char *const BEFORE_SYSTEM[] = { "cannot be opened: ", "cannot be read: ", "cannot be written: " };

static const char *
words_of_system (const char *message)
{
  for (guint i = 0; i < G_N_ELEMENTS (BEFORE_SYSTEM); i++)
    {
      const char *at = strstr (message, BEFORE_SYSTEM[i]);
      if (at)
        return at + strlen (BEFORE_SYSTEM[i]);
    }
  return NULL;
}

char *
rvs_detail (const RvsError *err)
{
  const char *system = words_of_system (err->message);
  if (!err->message[0])
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (DETAILS); i++)
    if (strstr (err->message, DETAILS[i].part))
      return g_strdup (_ (DETAILS[i].text));
  return g_strdup (system ? system : err->message);
}

/* Debian's packages of what lets gdk-pixbuf read a kind. */
static const struct
{
  const char *kind, *package;
} LOADERS[] = {
  { "HEIC", "heif-gdk-pixbuf" },
  { "JPEG XL", "libjxl-gdk-pixbuf" },
  { "WebP", "webp-pixbuf-loader" },
};

static const char *
loader_of (const char *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (LOADERS); i++)
    if (!strcmp (LOADERS[i].kind, kind))
      return LOADERS[i].package;
  return NULL;
}

char *
rvs_unread_kind (const RvsError *err)
{
  const char *end = strstr (err->message, " pictures are not supported; convert it to PNG");
  if (!end)
    return NULL;
  char       *kind = g_strndup (err->message, (gsize)(end - err->message)), *text;
  const char *package = loader_of (kind);
  if (package)
    text = g_strdup_printf (_ ("A %s picture. To read it, install the package %s, or save it as PNG or JPEG in another program."),
                            kind, package);
  else
    text = g_strdup_printf (_ ("A %s picture, which cannot be read here. Save it as PNG or JPEG in another program."), kind);
  g_free (kind);
  return text;
}
