/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * io_private.h: what the files of this folder share: metadata in memory, the codecs, EXIF, turning.
 */
#ifndef RVS_IO_PRIVATE_H
#define RVS_IO_PRIVATE_H

#include "base.h"

/* Copies of memory into the metadata. False when there is no memory. */
bool io__blob_set (RvsBlob *blob, const void *bytes, size_t n);
bool io__blob_append (RvsBlob *blob, const void *bytes, size_t n);
bool io__meta_add_text (RvsPictureMeta *meta, const RvsPictureText *text); /* copies every string */
bool io__meta_add_segment (RvsPictureMeta *meta, int marker, const void *bytes, size_t n);
bool io__meta_copy (const RvsPictureMeta *from, RvsPictureMeta *out); /* false: clear it all the same */
void io__meta_clear (RvsPictureMeta *meta);

/* The codecs. A reader gets the file at its start and fills an empty picture; what the file says of its orientation is left to the
 * caller. A writer ORs RVS_LOST_ bits into *lost. */
RvsStatus io__png_read (const IoSource *source, RvsPicture *out, RvsError *err);
RvsStatus io__jpeg_read (const IoSource *source, RvsPicture *out, RvsError *err);
RvsStatus io__png_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost, RvsError *err);
RvsStatus io__jpeg_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost,
                          RvsError *err);
/* In builds with the libraries. */
RvsStatus io__tiff_read (const IoSource *source, RvsPicture *out, RvsError *err);
RvsStatus io__webp_read (const IoSource *source, RvsPicture *out, RvsError *err);
RvsStatus io__heif_read (const IoSource *source, RvsPicture *out, RvsError *err);
RvsStatus io__tiff_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost,
                          RvsError *err);
RvsStatus io__webp_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost,
                          RvsError *err);

extern const char *const io__png_hdr_names[RVS_HDR_CHUNKS]; /* with their NUL, as libpng takes them */

/* EXIF in memory. orientation: 1..8, 0 when absent or nonsense. */
int io__exif_orientation (const RvsBlob *exif);
/* Sets orientation 1, exchanges the stored width and height when `turned`, and unlinks the thumbnail, which shows the old pixels: true
 * when there was one. */
bool io__exif_reset (RvsBlob *exif, bool turned);

/* Photoshop's image resources: takes out their thumbnails, true when there was one; adds IPTC's block unless there is one, false when
 * there is no memory. */
bool io__photoshop_drop_thumbnails (RvsBlob *resources);
bool io__photoshop_add_iptc (RvsBlob *resources, const RvsBlob *iptc);
/* Says that the picture, which was 1 / factor of it, is width x height pixels: sizes, the subject's place, pixels on the sensor. */
void io__exif_grow (RvsBlob *exif, int32_t width, int32_t height, int factor);

/* Drops thumbnails and XMP's claims about parts that are not read, and notes it. False when there is no memory. */
bool io__drop_stale (RvsPictureMeta *meta);
/* A copy of the packet for files that have no room for its extension; false when there is no memory. */
bool io__xmp_alone (const RvsBlob *xmp, RvsBlob *out);

/* Applies an EXIF orientation to the pixels (a second buffer only for 5..8) and exchanges the resolutions with them. */
RvsStatus io__turn_pixels (RvsPicture *picture, int orientation, RvsError *err);
/* Turns the pixels as the metadata say, and lets every claim say from then on that they stand upright. `container`: what the file
 * itself says beside EXIF and XMP (1..8); 0 when it says nothing. */
RvsStatus io__upright (RvsPicture *picture, int container, RvsError *err);

/* Text helpers. */
bool  io__is_ascii (const char *text);
bool  io__is_utf8 (const char *text);
char *io__latin1_to_utf8 (const char *text); /* caller frees; NULL when there is no memory */

#endif
