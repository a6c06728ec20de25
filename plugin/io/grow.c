/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * grow.c: a picture gets larger pixels, and its metadata the new size.
 */
#include "xmp.h"

#include "io_private.h"

#include <stdlib.h>
#include <string.h>

#define DIMENSIONS "http://ns.adobe.com/xap/1.0/sType/Dimensions#" /* what regions (faces and their names) were measured on */

/* A pair of sizes, where the packet has it; regions' only when it is this picture's and no other's. */
static bool
replace_pair (RvsBlob *xmp, const char *uri, const char *width, const char *height, const RvsMutView *old, const RvsMutView *now)
{
  int       w = io__xmp_get_number (xmp, uri, width), h = io__xmp_get_number (xmp, uri, height);
  char      new_w[IO_XMP_GROWTH], new_h[IO_XMP_GROWTH];
  IoXmpEdit edits[] = { { .uri = uri, .name = width, .value = new_w }, { .uri = uri, .name = height, .value = new_h } };

  if (w < 0 || h < 0 || (!strcmp (uri, DIMENSIONS) && (w != old->width || h != old->height)))
    return true;
  snprintf (new_w, sizeof new_w, "%d", now->width);
  snprintf (new_h, sizeof new_h, "%d", now->height);
  return io__xmp_edit (xmp, edits, 2);
}

RvsStatus
rvs_picture_grow (RvsPicture *picture, RvsPicture *larger, RvsError *err)
{
  const RvsMutView *old = &picture->view, *now = &larger->view;
  RvsBlob           xmp = { NULL, 0 };

  if (picture->meta.xmp.bytes
      && !(io__blob_set (&xmp, picture->meta.xmp.bytes, picture->meta.xmp.n)
           && replace_pair (&xmp, IO_XMP_TIFF, "ImageWidth", "ImageLength", old, now)
           && replace_pair (&xmp, IO_XMP_EXIF, "PixelXDimension", "PixelYDimension", old, now)
           && replace_pair (&xmp, DIMENSIONS, "w", "h", old, now)))
    {
      free (xmp.bytes);
      return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory for the picture's notes");
    }
  free (picture->meta.xmp.bytes);
  picture->meta.xmp = xmp;
  io__exif_grow (&picture->meta.exif, now->width, now->height, now->width / old->width);
  free (picture->view.pixels);
  picture->view = *now;
  memset (&larger->view, 0, sizeof larger->view);
  return RVS_OK;
}
