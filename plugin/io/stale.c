/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stale.c: takes out of the metadata what a restored picture makes untrue: thumbnails, which show the old face, and claims about parts
 * of the file that no reader here takes (a video or further pictures behind the first).
 */
#include "xmp.h"

#include "io_private.h"

#define CAMERA "http://ns.google.com/photos/1.0/camera/"

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
  if (edits[0].n_hits || (meta->photoshop.bytes && io__photoshop_drop_thumbnails (&meta->photoshop)))
    meta->lost |= RVS_LOST_THUMBNAIL;
  return true;
}

bool
io__xmp_alone (const RvsBlob *xmp, RvsBlob *out)
{
  IoXmpEdit edit = { .uri = "http://ns.adobe.com/xmp/note/", .name = "HasExtendedXMP" };

  return io__blob_set (out, xmp->bytes, xmp->n) && io__xmp_edit (out, &edit, 1);
}
