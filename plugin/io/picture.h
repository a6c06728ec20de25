/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * picture.h: picture files <-> pixels plus the metadata that the formats can hold; the table of formats.
 * Knows nothing of faces; shared by the command line, the desktop filter, tests and fuzzers.
 *
 * Errors: statuses and messages of rvs.h; a message never names the file, the caller does.
 */
#ifndef RVS_IO_PICTURE_H
#define RVS_IO_PICTURE_H

#include "rvs.h"

#include <signal.h>
#include <stdio.h>

typedef enum RvsPictureFormat
{
  RVS_PICTURE_PNG,
  RVS_PICTURE_JPEG,
  RVS_PICTURE_TIFF,
  RVS_PICTURE_WEBP,
  RVS_PICTURE_HEIC, /* HEIC and AVIF; only read */
  RVS_PICTURE_FORMATS
} RvsPictureFormat;

/* What a written file holds. */
enum
{
  RVS_KEEPS_BITS = 1u << 0, /* every pixel comes back as it was */
  RVS_KEEPS_16_BITS = 1u << 1,
  RVS_KEEPS_ALPHA = 1u << 2
};

/* One row of the table of formats: all that front ends know of it. */
typedef struct RvsFormat
{
  const char *id;         /* the word for it on a command line: "jpeg" */
  const char *name;       /* for people: "JPEG" */
  const char *mime;       /* "image/jpeg" */
  const char *endings[7]; /* with the dot, lower case, NULL behind the last; the first is given to new files */
  unsigned    keeps;      /* RVS_KEEPS_ bits */
  int32_t     max_side;   /* pixels; 0: as many as the engine takes */
} RvsFormat;

const RvsFormat *rvs_format (RvsPictureFormat format);
/* Whether this build can. */
bool rvs_format_can_read (RvsPictureFormat format);
bool rvs_format_can_write (RvsPictureFormat format);
/* ARGUMENT where the format has no room for so many pixels; the writers ask the same. */
RVS_NODISCARD RvsStatus rvs_format_check_size (RvsPictureFormat format, int32_t width, int32_t height, RvsError *err);
/* What a result of a picture in this format is written as when nobody says otherwise: the same, or PNG where that cannot be. */
RvsPictureFormat rvs_format_of_result (RvsPictureFormat format);

typedef enum RvsFormatsOf
{
  RVS_FORMATS_READ,
  RVS_FORMATS_WRITTEN,
  RVS_FORMATS_WRITTEN_IDS
} RvsFormatsOf;

/* "PNG, JPEG or TIFF", or as ids: "png, jpeg or tiff". 80 bytes hold it. */
void rvs_formats_sentence (RvsFormatsOf which, char *out, size_t n);

/* By the name's ending, any case. False for anything but the table's endings. */
bool rvs_picture_format_of_name (const char *path, RvsPictureFormat *out_format);
/* By a word on a command line: the id, or an ending without its dot. */
bool rvs_picture_format_of_id (const char *id, RvsPictureFormat *out_format);

typedef struct RvsBlob
{
  unsigned char *bytes; /* NULL when absent */
  size_t         n;
} RvsBlob;

/* One text note. A JPEG comment has the key "Comment". */
typedef struct RvsPictureText
{
  char *key;            /* PNG keyword, 1..79 Latin-1 bytes */
  char *text;           /* NUL-terminated */
  char *language;       /* of an international note, else NULL */
  char *translated_key; /* the same */
  bool  utf8;           /* text is UTF-8; else Latin-1, or of unknown encoding when it came from a JPEG comment */
  bool  compressed;
} RvsPictureText;

typedef enum RvsResolutionUnit
{
  RVS_RESOLUTION_NONE,   /* the file says nothing */
  RVS_RESOLUTION_ASPECT, /* only the ratio x : y means something */
  RVS_RESOLUTION_INCH,
  RVS_RESOLUTION_CM,
  RVS_RESOLUTION_METRE
} RvsResolutionUnit;

enum
{
  RVS_QUALITY_LOSSLESS = 101
};

/* What reading a file noticed (RvsPictureMeta.notes). */
enum
{
  RVS_NOTE_NO_END = 1u << 0,     /* all rows are there, but the mark behind them is not */
  RVS_NOTE_FIRST_PAGE = 1u << 1, /* the file has more */
  /* Of working.h: */
  RVS_NOTE_CONVERTED = 1u << 2, /* the engine saw the colours in sRGB, and its changes went back into the picture's own space */
  RVS_NOTE_PROFILE = 1u << 3,   /* what the file says of its colours cannot be used: they were taken as sRGB */
  RVS_NOTE_HDR = 1u << 4,       /* PQ or HLG, seen up to its white */
  RVS_NOTE_RGB = 1u << 5        /* CMYK or Lab in the file, converted to sRGB through its profile */
};

/* PNG's chunks about colour that libpng 1.6.39 does not know. */
enum
{
  RVS_HDR_CICP,
  RVS_HDR_MDCV,
  RVS_HDR_CLLI,
  RVS_HDR_CHUNKS
};

/* Kept as the file stores them, so that the same format gets the same numbers back. */
typedef struct RvsPictureMeta
{
  RvsBlob           icc;  /* an ICC profile */
  RvsBlob           exif; /* a TIFF structure, without JPEG's "Exif" prefix; orientation already reset to 1 */
  RvsBlob           xmp;  /* an XMP packet */
  RvsResolutionUnit resolution_unit;
  uint32_t          x_resolution, y_resolution;
  RvsPictureText   *texts;
  size_t            n_texts;
  /* PNG only: how the numbers relate to light, where no profile says so. */
  bool    has_srgb, has_gamma, has_chromaticities;
  int32_t srgb_intent, gamma, chromaticities[8];
  RvsBlob hdr[RVS_HDR_CHUNKS]; /* cICP, mDCV, cLLI: the chunks' bytes */
  RvsBlob photoshop;           /* JPEG and TIFF: Photoshop's image resources, IPTC among them; no thumbnail */
  /* JPEG only: APP1 segments that are neither EXIF nor XMP, APP13 that are not Photoshop's; each starts with its marker code. */
  RvsBlob *segments;
  size_t   n_segments;
  int      quality; /* for JPEG and WebP: 1 to 100, RVS_QUALITY_LOSSLESS where there is that; 0: the format's own choice */
  unsigned notes;   /* RVS_NOTE_ bits */
  unsigned lost;    /* RVS_LOST_ bits of what the file has and no picture in memory holds */
} RvsPictureMeta;

/* view.pixels is owned by the picture; rows are packed, top to bottom; depth is U8 or U16. */
typedef struct RvsPicture
{
  RvsMutView       view;
  RvsPictureFormat format; /* of the file it came from */
  RvsPictureMeta   meta;
} RvsPicture;

/* What a result does not hold. */
enum
{
  RVS_LOST_DEPTH = 1u << 0, /* 16-bit values reduced to 8 */
  RVS_LOST_EXIF = 1u << 1,  /* too long for a JPEG segment, or damaged */
  RVS_LOST_ICC = 1u << 2,   /* refused by the library: damaged, or for another kind of colour */
  RVS_LOST_TEXT = 1u << 3,
  RVS_LOST_SEGMENT = 1u << 4,
  RVS_LOST_HDR = 1u << 5,       /* cICP, mDCV, cLLI */
  RVS_LOST_VIDEO = 1u << 6,     /* behind the picture: a motion photo */
  RVS_LOST_GAIN_MAP = 1u << 7,  /* behind the picture: Ultra HDR */
  RVS_LOST_TRAILER = 1u << 8,   /* anything else behind the picture */
  RVS_LOST_THUMBNAIL = 1u << 9, /* dropped: it shows the old face */
  RVS_LOST_OTHER = 1u << 10,    /* segments and chunks that nobody here knows */
  RVS_LOST_RESOLUTION = 1u << 11
};

/* How a bit is said: a word for programs, and English for people, which fits into a sentence. */
typedef struct RvsRemark
{
  const char *id;   /* "no-end" */
  const char *text; /* msgid of the catalogs; NULL: nothing that people need to hear */
} RvsRemark;

/* One for each bit, from the lowest on. Notes come behind "note: ", losses in a list behind "not kept: ". */
const RvsRemark *rvs_notes_table (size_t *out_n);
const RvsRemark *rvs_lost_table (size_t *out_n);

/* Reads a picture and turns it upright if its EXIF orientation says so. *stop (may be NULL) is polled; non-zero ends the
 * reading with CANCELLED. Palettes and 1, 2, 4-bit grey become 8-bit; a transparent colour becomes alpha.
 * Fails with IO, FORMAT (damaged, truncated, unsupported kind, named), LIMIT, NO_MEMORY, CANCELLED; then *out is empty. */
RVS_NODISCARD RvsStatus rvs_picture_read (const char *path, const volatile sig_atomic_t *stop, RvsPicture *out, RvsError *err);
RVS_NODISCARD RvsStatus rvs_picture_read_memory (const void *bytes, size_t n_bytes, const volatile sig_atomic_t *stop,
                                                 RvsPicture *out, RvsError *err);

/* Writes to an open stream from its current position and flushes it. *out_lost (may be NULL) receives the RVS_LOST_ bits of what the
 * format cannot hold, and those that reading found.
 * JPEG takes U8 and U16, grey and RGB; with alpha only where every pixel is opaque, else ARGUMENT. Other failures: IO,
 * NO_MEMORY, CANCELLED. The stream then holds a part of a file: the caller discards it. */
RVS_NODISCARD RvsStatus rvs_picture_write (const RvsPicture *picture, RvsPictureFormat format, FILE *stream,
                                           const volatile sig_atomic_t *stop, unsigned *out_lost, RvsError *err);

/* A black picture with no metadata. Fails with ARGUMENT, LIMIT, NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_picture_new (int32_t width, int32_t height, int32_t channels, RvsDepth depth, RvsPicture *out,
                                         RvsError *err);

/* The picture enlarged: takes the pixels of `larger`, and says their size in EXIF and XMP where the old one stood (also as units of the
 * sensor, and in places within the picture). The resolution stays what it was: a larger picture prints larger. NO_MEMORY: nothing has
 * changed, nothing is taken. */
RVS_NODISCARD RvsStatus rvs_picture_grow (RvsPicture *picture, RvsPicture *larger, RvsError *err);

/* Turns it by so many quarters clockwise (fewer than 0: the other way), with what its notes say of its size; they then say that it
 * stands upright. NO_MEMORY: discard it. */
RVS_NODISCARD RvsStatus rvs_picture_turn (RvsPicture *picture, int quarters, RvsError *err);

/* Gives `to`, which has no metadata yet, a copy of from's. NO_MEMORY: some of it. */
RVS_NODISCARD RvsStatus rvs_picture_copy_notes (const RvsPicture *from, RvsPicture *to, RvsError *err);

/* Frees what the picture owns and empties it. */
void rvs_picture_clear (RvsPicture *picture);

/* The picture's pixels as the engine's read-only view. */
RvsView rvs_picture_view (const RvsPicture *picture);

#endif
