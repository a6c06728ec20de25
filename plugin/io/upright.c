/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upright.c: the one rule of orientation. A file may say it in its container, in EXIF and in XMP. The first of these that says
 * anything is believed, the pixels are turned once, and afterwards every claim says 1, so that no reader turns them again.
 */
#include "xmp.h"

#include "io_private.h"

#include <string.h>

static int
orientation_of (const RvsPictureMeta *meta, int container)
{
  int exif = io__exif_orientation (&meta->exif), xmp = io__xmp_get_number (&meta->xmp, IO_XMP_TIFF, "Orientation");

  if (container)
    return container;
  if (exif)
    return exif;
  return xmp >= 1 && xmp <= 8 ? xmp : 1;
}

/* A pair of sizes that XMP repeats, exchanged. */
static bool
exchange (RvsBlob *xmp, const char *uri, const char *width, const char *height)
{
  int       w = io__xmp_get_number (xmp, uri, width), h = io__xmp_get_number (xmp, uri, height);
  char      new_w[IO_XMP_GROWTH], new_h[IO_XMP_GROWTH];
  IoXmpEdit edits[] = { { .uri = uri, .name = width, .value = new_w }, { .uri = uri, .name = height, .value = new_h } };

  if (w < 0 || h < 0)
    return true;
  snprintf (new_w, sizeof new_w, "%d", h);
  snprintf (new_h, sizeof new_h, "%d", w);
  return io__xmp_edit (xmp, edits, 2);
}

static bool
reset_xmp (RvsBlob *xmp, bool turned)
{
  IoXmpEdit edit = { .uri = IO_XMP_TIFF, .name = "Orientation", .value = "1" };
  int       claim = io__xmp_get_number (xmp, IO_XMP_TIFF, "Orientation");

  if (claim >= 0 && claim != 1 && !io__xmp_edit (xmp, &edit, 1))
    return false;
  return !turned
         || (exchange (xmp, IO_XMP_TIFF, "ImageWidth", "ImageLength")
             && exchange (xmp, IO_XMP_EXIF, "PixelXDimension", "PixelYDimension"));
}

/* As if every claim had been this one. */
static RvsStatus
turn (RvsPicture *picture, int orientation, RvsError *err)
{
  RvsStatus status = io__turn_pixels (picture, orientation, err);

  if (status)
    return status;
  if (io__exif_reset (&picture->meta.exif, orientation >= 5))
    picture->meta.lost |= RVS_LOST_THUMBNAIL;
  if (!reset_xmp (&picture->meta.xmp, orientation >= 5))
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to read the picture");
  return RVS_OK;
}

RvsStatus
io__upright (RvsPicture *picture, int container, RvsError *err)
{
  return turn (picture, orientation_of (&picture->meta, container), err);
}

RvsStatus
rvs_picture_turn (RvsPicture *picture, int quarters, RvsError *err)
{
  static const int orientations[] = { 1, 6, 3, 8 }; /* of a picture that lies so: 6 is turned clockwise */

  return turn (picture, orientations[((quarters % 4) + 4) % 4], err);
}
