/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * photoshop.c: Photoshop's image resources: "8BIM", a number, a Pascal string and a length with its bytes, the last two padded to even
 * lengths (Adobe Photoshop File Formats Specification).
 */
#include "io_private.h"

#include <string.h>

enum
{
  RESOURCE_HEAD = 6, /* up to the string */
  IPTC = 0x0404,
  THUMBNAIL_OLD = 0x0409, /* Photoshop 4 */
  THUMBNAIL = 0x040c
};

static size_t
even (size_t n)
{
  return n + (n & 1);
}

/* Length of the resource at the start; 0 when there is no whole one. */
static size_t
resource_length (const unsigned char *at, size_t n)
{
  size_t name, size;

  if (n < RESOURCE_HEAD + 2 || memcmp (at, "8BIM", 4))
    return 0;
  name = RESOURCE_HEAD + even (1u + at[RESOURCE_HEAD]);
  if (n < name + 4)
    return 0;
  size = (size_t)at[name] << 24 | (size_t)at[name + 1] << 16 | (size_t)at[name + 2] << 8 | at[name + 3];
  if (n - name - 4 < size)
    return 0;
  size = name + 4 + even (size);
  return size < n ? size : n;
}

static unsigned
number_of (const unsigned char *resource)
{
  return (unsigned)resource[4] << 8 | resource[5];
}

bool
io__photoshop_drop_thumbnails (RvsBlob *resources)
{
  size_t from = 0, to = 0, n;
  bool   any = false;

  while ((n = resource_length (resources->bytes + from, resources->n - from)))
    {
      unsigned number = number_of (resources->bytes + from);
      bool     drop = number == THUMBNAIL || number == THUMBNAIL_OLD;

      if (!drop)
        memmove (resources->bytes + to, resources->bytes + from, n);
      to += drop ? 0 : n;
      from += n;
      any |= drop;
    }
  memmove (resources->bytes + to, resources->bytes + from, resources->n - from);
  resources->n -= from - to;
  return any;
}

static bool
has (const RvsBlob *resources, unsigned number)
{
  size_t n;

  for (size_t at = 0; (n = resource_length (resources->bytes + at, resources->n - at)); at += n)
    if (number_of (resources->bytes + at) == number)
      return true;
  return false;
}

bool
io__photoshop_add_iptc (RvsBlob *resources, const RvsBlob *iptc)
{
  unsigned char head[12] = { '8', 'B', 'I', 'M', IPTC >> 8, IPTC & 0xff };
  unsigned char pad = 0;

  if (resources->bytes && has (resources, IPTC))
    return true;
  for (int i = 0; i < 4; i++)
    head[8 + i] = (unsigned char)(iptc->n >> 8 * (3 - i));
  return io__blob_append (resources, head, sizeof head) && io__blob_append (resources, iptc->bytes, iptc->n)
         && (!(iptc->n & 1) || io__blob_append (resources, &pad, 1));
}
