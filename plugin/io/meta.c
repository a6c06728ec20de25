/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * meta.c: owns copies of metadata, and the few conversions between text encodings.
 */
#include "io_private.h"

#include <stdlib.h>
#include <string.h>

bool
io__blob_set (RvsBlob *blob, const void *bytes, size_t n)
{
  unsigned char *copy = malloc (n ? n : 1);

  if (!copy)
    return false;
  if (n)
    memcpy (copy, bytes, n);
  free (blob->bytes);
  blob->bytes = copy;
  blob->n = n;
  return true;
}

bool
io__blob_append (RvsBlob *blob, const void *bytes, size_t n)
{
  unsigned char *grown = realloc (blob->bytes, blob->n + n + 1);

  if (!grown)
    return false;
  if (n)
    memcpy (grown + blob->n, bytes, n);
  blob->bytes = grown;
  blob->n += n;
  return true;
}

static void
clear_text (RvsPictureText *text)
{
  free (text->key);
  free (text->text);
  free (text->language);
  free (text->translated_key);
}

static bool
copy_string (const char *from, char **to)
{
  *to = from ? strdup (from) : NULL;
  return *to || !from;
}

bool
io__meta_add_text (RvsPictureMeta *meta, const RvsPictureText *text)
{
  RvsPictureText  copy = { .utf8 = text->utf8, .compressed = text->compressed };
  RvsPictureText *grown = realloc (meta->texts, (meta->n_texts + 1) * sizeof *grown);

  if (!grown)
    return false;
  meta->texts = grown;
  if (!copy_string (text->key, &copy.key) || !copy_string (text->text, &copy.text) || !copy_string (text->language, &copy.language)
      || !copy_string (text->translated_key, &copy.translated_key))
    {
      clear_text (&copy);
      return false;
    }
  meta->texts[meta->n_texts++] = copy;
  return true;
}

bool
io__meta_add_segment (RvsPictureMeta *meta, int marker, const void *bytes, size_t n)
{
  RvsBlob *grown = realloc (meta->segments, (meta->n_segments + 1) * sizeof *grown);
  RvsBlob  copy = { malloc (n + 1), n + 1 };

  if (grown)
    meta->segments = grown;
  if (!grown || !copy.bytes)
    {
      free (copy.bytes);
      return false;
    }
  copy.bytes[0] = (unsigned char)marker;
  if (n)
    memcpy (copy.bytes + 1, bytes, n);
  meta->segments[meta->n_segments++] = copy;
  return true;
}

static bool
copy_blob (const RvsBlob *from, RvsBlob *to)
{
  *to = (RvsBlob){ NULL, 0 };
  return !from->bytes || io__blob_set (to, from->bytes, from->n);
}

/* All are set, to nothing where memory has run out, so that they can be cleared. */
static bool
copy_blobs (const RvsPictureMeta *from, RvsPictureMeta *to)
{
  bool ok = copy_blob (&from->icc, &to->icc);

  ok &= copy_blob (&from->exif, &to->exif);
  ok &= copy_blob (&from->xmp, &to->xmp);
  ok &= copy_blob (&from->photoshop, &to->photoshop);
  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    ok &= copy_blob (&from->hdr[i], &to->hdr[i]);
  return ok;
}

bool
io__meta_copy (const RvsPictureMeta *from, RvsPictureMeta *out)
{
  bool ok;

  *out = *from; /* the plain values; what is owned is replaced */
  out->texts = NULL;
  out->segments = NULL;
  out->n_texts = out->n_segments = 0;
  ok = copy_blobs (from, out);
  for (size_t i = 0; i < from->n_texts; i++)
    ok = ok && io__meta_add_text (out, &from->texts[i]);
  for (size_t i = 0; i < from->n_segments; i++)
    ok = ok && io__meta_add_segment (out, from->segments[i].bytes[0], from->segments[i].bytes + 1, from->segments[i].n - 1);
  return ok;
}

void
io__meta_clear (RvsPictureMeta *meta)
{
  free (meta->icc.bytes);
  free (meta->exif.bytes);
  free (meta->xmp.bytes);
  free (meta->photoshop.bytes);
  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    free (meta->hdr[i].bytes);
  for (size_t i = 0; i < meta->n_texts; i++)
    clear_text (&meta->texts[i]);
  free (meta->texts);
  for (size_t i = 0; i < meta->n_segments; i++)
    free (meta->segments[i].bytes);
  free (meta->segments);
  memset (meta, 0, sizeof *meta);
}

bool
io__is_ascii (const char *text)
{
  for (; *text; text++)
    if ((unsigned char)*text >= 0x80)
      return false;
  return true;
}

/* Length of the UTF-8 sequence at s, 0 when it is none (overlong forms and surrogates included). */
static size_t
sequence_length (const unsigned char *s)
{
  if (s[0] < 0x80)
    return 1;
  if (s[0] >= 0xc2 && s[0] <= 0xdf)
    return (s[1] & 0xc0) == 0x80 ? 2 : 0;
  if (s[0] >= 0xe0 && s[0] <= 0xef)
    {
      if ((s[1] & 0xc0) != 0x80 || (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
        return 0;
      return (s[2] & 0xc0) == 0x80 ? 3 : 0;
    }
  if (s[0] >= 0xf0 && s[0] <= 0xf4)
    {
      if ((s[1] & 0xc0) != 0x80 || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
      return (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80 ? 4 : 0;
    }
  return 0;
}

bool
io__is_utf8 (const char *text)
{
  const unsigned char *s = (const unsigned char *)text;

  while (*s)
    {
      size_t n = sequence_length (s);
      if (n == 0)
        return false;
      s += n;
    }
  return true;
}

char *
io__latin1_to_utf8 (const char *text)
{
  char  *out = malloc (2 * strlen (text) + 1);
  size_t n = 0;

  if (!out)
    return NULL;
  for (; *text; text++)
    {
      unsigned char c = (unsigned char)*text;
      if (c < 0x80)
        out[n++] = (char)c;
      else
        {
          out[n++] = (char)(0xc0 | c >> 6);
          out[n++] = (char)(0x80 | (c & 0x3f));
        }
    }
  out[n] = '\0';
  return out;
}
