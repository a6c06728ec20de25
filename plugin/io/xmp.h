/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * xmp.h: properties of an XMP packet.
 */
#ifndef RVS_IO_XMP_H
#define RVS_IO_XMP_H

#include "base.h"

#define IO_XMP_TIFF "http://ns.adobe.com/tiff/1.0/"
#define IO_XMP_EXIF "http://ns.adobe.com/exif/1.0/"

enum
{
  IO_XMP_EDITS = 16, /* at most in one call */
  IO_XMP_GROWTH = 12 /* a new value may be longer than the old one by so much */
};

/* What becomes of a property. */
typedef struct IoXmpEdit
{
  const char *uri, *name; /* its namespace and name; "": every property of the namespace */
  const char *value;      /* the new one; NULL: the property goes */
  size_t      n_hits;     /* out: how many there were */
} IoXmpEdit;

/* Only a copy of the packet is changed, then it takes the place of the old one. False when there is no memory: nothing changed. */
bool io__xmp_edit (RvsBlob *xmp, IoXmpEdit *edits, size_t n);
/* A property that is a whole number; -1 when it is absent or none. */
int io__xmp_get_number (const RvsBlob *xmp, const char *uri, const char *name);

#endif
