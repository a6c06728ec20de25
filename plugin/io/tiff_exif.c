/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiff_exif.c: EXIF is directories of TIFF. In memory it is a small TIFF of its own (as JPEG has it); in a TIFF file its directories lie
 * anywhere among the others. This gathers them into a block, and makes a block fit for its place in a file.
 */
#include "tiff_common.h"

#include <stdlib.h>
#include <string.h>

enum
{
  TAG_EXIF = 0x8769,
  TAG_GPS = 0x8825,
  TAG_INTEROPERABILITY = 0xa005,
  TYPE_LONG = 4,
  ENTRY_BYTES = 12,
  HEAD_BYTES = 8,
  MAX_ENTRIES = 1024,
  MAX_VALUE_BYTES = 4 << 20,
  MAX_DIRECTORIES = 8
};

static uint32_t
get (const unsigned char *at, int n, bool big_endian)
{
  uint32_t value = 0;

  for (int i = 0; i < n; i++)
    value |= (uint32_t)at[i] << 8 * (big_endian ? n - 1 - i : i);
  return value;
}

static void
put (unsigned char *at, int n, uint32_t value, bool big_endian)
{
  for (int i = 0; i < n; i++)
    at[i] = (unsigned char)(value >> 8 * (big_endian ? n - 1 - i : i));
}

static bool
is_pointer (uint32_t tag)
{
  return tag == TAG_EXIF || tag == TAG_GPS || tag == TAG_INTEROPERABILITY;
}

/* Bytes of an entry's value; 0 for a type that nobody knows. */
static uint64_t
value_bytes (const unsigned char *entry, bool big_endian)
{
  static const unsigned char sizes[14] = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4 };
  uint32_t                   type = get (entry + 2, 2, big_endian);

  return type < sizeof sizes ? (uint64_t)sizes[type] * get (entry + 4, 4, big_endian) : 0;
}

/* Directories that are still to be visited: where they are, and where in the block the pointer to each stands. */
typedef struct Visits
{
  struct
  {
    uint32_t offset;
    size_t   pointer;
  } of[MAX_DIRECTORIES];
  size_t n, next;
} Visits;

static void
visit_later (Visits *visits, uint32_t offset, size_t pointer)
{
  if (visits->n == MAX_DIRECTORIES)
    return;
  visits->of[visits->n].offset = offset;
  visits->of[visits->n++].pointer = pointer;
}

/* ---- from a file ---------------------------------------------------------------------------- */

typedef struct Gather
{
  FILE    *file;
  RvsBlob *block;
  bool     big_endian;
  Visits   visits;
} Gather;

/* n bytes of the file behind the block, which then has an even length. */
static bool
append_from (Gather *gather, uint32_t offset, size_t n)
{
  unsigned char *bytes = calloc (1, n + 1);
  bool           ok = bytes && fseeko (gather->file, (off_t)offset, SEEK_SET) == 0 && fread (bytes, 1, n, gather->file) == n
            && io__blob_append (gather->block, bytes, n + (n & 1));

  free (bytes);
  return ok;
}

/* Brings an entry's value along, unless it is within the entry. What is absurdly long or missing loses its entry's count. */
static void
gather_value (Gather *gather, size_t at)
{
  unsigned char *entry = gather->block->bytes + at;
  uint64_t       n = value_bytes (entry, gather->big_endian);
  uint32_t       offset = get (entry + 8, 4, gather->big_endian), to = (uint32_t)gather->block->n;

  if (n <= 4)
    return;
  if (n > MAX_VALUE_BYTES || !append_from (gather, offset, (size_t)n))
    memset (gather->block->bytes + at + 4, 0, 8);
  else
    put (gather->block->bytes + at + 8, 4, to, gather->big_endian);
}

/* One directory. False when it cannot be read. */
static bool
gather_directory (Gather *gather, uint32_t offset, size_t pointer)
{
  unsigned char count[2], link[4] = { 0 };
  size_t        at = gather->block->n, n;

  if (fseeko (gather->file, (off_t)offset, SEEK_SET) || fread (count, 1, 2, gather->file) != 2)
    return false;
  n = get (count, 2, gather->big_endian);
  if (n == 0 || n > MAX_ENTRIES || !append_from (gather, offset, 2 + ENTRY_BYTES * n) || !io__blob_append (gather->block, link, 4))
    return false;
  put (gather->block->bytes + pointer, 4, (uint32_t)at, gather->big_endian);
  for (size_t i = 0; i < n; i++)
    {
      size_t   entry = at + 2 + ENTRY_BYTES * i;
      uint32_t tag = get (gather->block->bytes + entry, 2, gather->big_endian);

      if (is_pointer (tag))
        visit_later (&gather->visits, get (gather->block->bytes + entry + 8, 4, gather->big_endian), entry + 8);
      else
        gather_value (gather, entry);
    }
  return true;
}

/* The head and a first directory with room for pointers to those that there are. */
static bool
start_block (Gather *gather, uint64_t exif, uint64_t gps)
{
  unsigned char head[HEAD_BYTES + 2 + 2 * ENTRY_BYTES + 4] = { 0 };
  uint64_t      offsets[2] = { exif, gps };
  uint32_t      tags[2] = { TAG_EXIF, TAG_GPS }, n = 0;

  memcpy (head, gather->big_endian ? "MM\0*" : "II*\0", 4);
  put (head + 4, 4, HEAD_BYTES, gather->big_endian);
  for (int i = 0; i < 2; i++)
    if (offsets[i] && offsets[i] <= UINT32_MAX)
      {
        unsigned char *entry = head + HEAD_BYTES + 2 + ENTRY_BYTES * n++;
        put (entry, 2, tags[i], gather->big_endian);
        put (entry + 2, 2, TYPE_LONG, gather->big_endian);
        put (entry + 4, 4, 1, gather->big_endian);
        visit_later (&gather->visits, (uint32_t)offsets[i], (size_t)(entry - head) + 8);
      }
  put (head + HEAD_BYTES, 2, n, gather->big_endian);
  return n && io__blob_append (gather->block, head, HEAD_BYTES + 2 + ENTRY_BYTES * n + 4);
}

bool
io__tiff_exif_gather (FILE *file, bool big_endian, uint64_t exif, uint64_t gps, RvsBlob *out)
{
  Gather gather = { .file = file, .block = out, .big_endian = big_endian };
  bool   ok = start_block (&gather, exif, gps);

  for (; ok && gather.visits.next < gather.visits.n; gather.visits.next++)
    ok = gather_directory (&gather, gather.visits.of[gather.visits.next].offset, gather.visits.of[gather.visits.next].pointer);
  if (ok)
    return true;
  free (out->bytes);
  *out = (RvsBlob){ NULL, 0 };
  return false;
}

bool
io__tiff_raw_tag (FILE *file, bool big_endian, uint64_t directory, uint32_t tag, RvsBlob *out)
{
  unsigned char bytes[ENTRY_BYTES] = { 0 };
  size_t        n = 0;

  if (directory > UINT32_MAX || fseeko (file, (off_t)directory, SEEK_SET) || fread (bytes, 1, 2, file) != 2)
    return false;
  n = get (bytes, 2, big_endian);
  while (n-- && fread (bytes, 1, ENTRY_BYTES, file) == ENTRY_BYTES)
    if (get (bytes, 2, big_endian) == tag)
      {
        Gather   gather = { .file = file, .block = out, .big_endian = big_endian };
        uint64_t size = value_bytes (bytes, big_endian);
        bool     ok = size > 4 ? size <= MAX_VALUE_BYTES && append_from (&gather, get (bytes + 8, 4, big_endian), (size_t)size)
                               : size > 0 && io__blob_append (out, bytes + 8, (size_t)size);
        out->n = ok ? (size_t)size : out->n; /* without what makes it even */
        return ok;
      }
  return false;
}

/* ---- into a file ---------------------------------------------------------------------------- */

/* A directory of the block, checked to lie within it: the number of entries; 0 when it does not. */
static size_t
entries_at (const RvsBlob *block, uint32_t offset, bool big_endian)
{
  size_t n;

  if (offset < HEAD_BYTES || offset > block->n || block->n - offset < 2)
    return 0;
  n = get (block->bytes + offset, 2, big_endian);
  return n <= (block->n - offset - 2) / ENTRY_BYTES ? n : 0;
}

static void
shift (unsigned char *at, uint32_t by, bool big_endian)
{
  put (at, 4, get (at, 4, big_endian) + by, big_endian);
}

/* Moves what the entries of one directory point to; those of the first one that lead on are taken out for the caller. */
static void
shift_directory (RvsBlob *block, uint32_t offset, uint32_t by, bool big_endian, Visits *visits, IoTiffExif *out)
{
  size_t n = entries_at (block, offset, big_endian);

  for (size_t i = 0; i < n; i++)
    {
      unsigned char *entry = block->bytes + offset + 2 + ENTRY_BYTES * i;
      uint32_t       tag = get (entry, 2, big_endian), to = get (entry + 8, 4, big_endian);

      if (is_pointer (tag) && entries_at (block, to, big_endian))
        {
          visit_later (visits, to, 0);
          out->exif = tag == TAG_EXIF ? to + by : out->exif;
          out->gps = tag == TAG_GPS ? to + by : out->gps;
        }
      if (is_pointer (tag) || value_bytes (entry, big_endian) > 4)
        shift (entry + 8, by, big_endian);
    }
}

bool
io__tiff_exif_place (RvsBlob *block, uint32_t by, IoTiffExif *out)
{
  Visits visits = { .n = 0 };
  bool   big_endian = block->n >= 4 && block->bytes[0] == 'M';

  *out = (IoTiffExif){ 0, 0 };
  if (block->n < HEAD_BYTES + 2 || (memcmp (block->bytes, "II*\0", 4) && memcmp (block->bytes, "MM\0*", 4)))
    return false;
  visit_later (&visits, get (block->bytes + 4, 4, big_endian), 0);
  for (; visits.next < visits.n; visits.next++)
    {
      bool twice = false;
      for (size_t i = 0; i < visits.next; i++)
        twice = twice || visits.of[i].offset == visits.of[visits.next].offset;
      if (!twice)
        shift_directory (block, visits.of[visits.next].offset, by, big_endian, &visits, out);
    }
  return visits.n > 0 && entries_at (block, visits.of[0].offset, big_endian) > 0;
}

bool
io__tiff_exif_text (const RvsBlob *block, uint32_t tag, char *out, size_t n_out)
{
  bool     big_endian = block->n >= 4 && block->bytes[0] == 'M';
  uint32_t first = block->n >= HEAD_BYTES ? get (block->bytes + 4, 4, big_endian) : 0;
  size_t   n = entries_at (block, first, big_endian);

  for (size_t i = 0; i < n; i++)
    {
      const unsigned char *entry = block->bytes + first + 2 + ENTRY_BYTES * i;
      uint64_t             size = value_bytes (entry, big_endian);
      uint32_t             offset = size > 4 ? get (entry + 8, 4, big_endian) : (uint32_t)(entry + 8 - block->bytes);

      if (get (entry, 2, big_endian) != tag || get (entry + 2, 2, big_endian) != 2 || size == 0 || size >= n_out
          || offset > block->n || block->n - offset < size)
        continue;
      memcpy (out, block->bytes + offset, (size_t)size);
      out[size] = '\0';
      return *out != '\0';
    }
  return false;
}
