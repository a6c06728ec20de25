/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stale.c: takes out of the metadata what a restored picture makes untrue: thumbnails, which show the old face, and claims about parts
 * of the file that no reader here takes (a video or further pictures behind the first).
 */
#include "xmp.h"

#include "io_private.h"

#include <string.h>

#define CAMERA "http://ns.google.com/photos/1.0/camera/"

/* Photoshop's image resources: "8BIM", a number, a Pascal string and a length with its bytes, the last two padded to even lengths
 * (Adobe Photoshop File Formats Specification). */
enum
{
  RESOURCE_HEAD = 6,      /* up to the string */
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

/* True when there was one. */
static bool
drop_photoshop_thumbnails (RvsBlob *resources)
{
  size_t from = 0, to = 0, n;
  bool   any = false;

  while ((n = resource_length (resources->bytes + from, resources->n - from)))
    {
      unsigned number = (unsigned)resources->bytes[from + 4] << 8 | resources->bytes[from + 5];
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

bool
io__drop_stale (RvsPictureMeta *meta)
{
  IoXmpEdit edits[] = {
    { .uri = "http://ns.adobe.com/xap/1.0/", .name = "Thumbnails" },
    { .uri = "http://ns.adobe.com/hdr-gain-map/1.0/", .name = "" },
    { .uri = "http://ns.google.com/photos/1.0/container/", .name = "Directory" },
    { .uri = CAMERA, .name = "MotionPhoto" },
    { .uri = CAMERA, .name = "MotionPhotoVersion" },
    { .uri = CAMERA, .name = "MotionPhotoPresentationTimestampUs" },
    { .uri = CAMERA, .name = "MicroVideo" },
    { .uri = CAMERA, .name = "MicroVideoVersion" },
    { .uri = CAMERA, .name = "MicroVideoOffset" },
    { .uri = CAMERA, .name = "MicroVideoPresentationTimestampUs" },
  };

  if (!io__xmp_edit (&meta->xmp, edits, sizeof edits / sizeof edits[0]))
    return false;
  if (edits[0].n_hits || (meta->photoshop.bytes && drop_photoshop_thumbnails (&meta->photoshop)))
    meta->lost |= RVS_LOST_THUMBNAIL;
  return true;
}

bool
io__xmp_alone (const RvsBlob *xmp, RvsBlob *out)
{
  IoXmpEdit edit = { .uri = "http://ns.adobe.com/xmp/note/", .name = "HasExtendedXMP" };

  return io__blob_set (out, xmp->bytes, xmp->n) && io__xmp_edit (out, &edit, 1);
}
