/* SPDX-License-Identifier: GPL-3.0-or-later
 * st_scan.c: the safetensors header, read strictly; hostile bytes end here with one precise message.
 *
 * The header is JSON of a fixed shape (an object of objects of strings and integer lists), so one forward pass without
 * recursion reads it. Every string is decoded into one block: a decoded string is never longer than its source. */
#include "weights/st_scan.h"

#include "core/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct Scanner
{
  const unsigned char *text; /* the JSON header */
  size_t               n, at;
  const unsigned char *data; /* the data buffer behind it */
  size_t               n_data;
  char                *strings; /* n bytes */
  size_t               n_strings;
  RvsStTable          *table;
  size_t               tensor_capacity, meta_capacity;
  RvsError            *err;
} Scanner;

size_t
rvs__st_dtype_bytes (RvsDtype dtype)
{
  return dtype == RVS_DTYPE_F32 ? 4 : 2;
}

/* ---- tokens ------------------------------------------------------------------------------- */

static RvsStatus
fail_at (Scanner *s, const char *what)
{
  return rvs__fail (s->err, RVS_ERR_FORMAT, "safetensors header, byte %zu: %s", s->at, what);
}

/* The next byte that is not white space, not consumed; 0 at the end (a NUL byte is never valid, so the two may share). */
static unsigned char
peek (Scanner *s)
{
  while (s->at < s->n && memchr (" \t\n\r", s->text[s->at], 4))
    s->at++;
  return s->at < s->n ? s->text[s->at] : 0;
}

static RvsStatus
expect (Scanner *s, unsigned char wanted, const char *what)
{
  if (peek (s) != wanted)
    return fail_at (s, what);
  s->at++;
  return RVS_OK;
}

/* After a list's or object's element: consumes ',' (*out_more) or `end`. */
static RvsStatus
next_element (Scanner *s, unsigned char end, bool *out_more)
{
  unsigned char c = peek (s);

  *out_more = c == ',';
  if (c != ',' && c != end)
    return fail_at (s, end == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
  s->at++;
  return RVS_OK;
}

/* Bytes of the valid UTF-8 character at p with `left` bytes left; 0 when it is not valid (RFC 3629). */
static size_t
utf8_length (const unsigned char *p, size_t left)
{
  size_t        n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
  unsigned char low = 0x80, high = 0xbf; /* limits of the second byte */

  if (n > left)
    return 0;
  if (p[0] == 0xe0)
    low = 0xa0; /* no over-long forms */
  else if (p[0] == 0xed)
    high = 0x9f; /* no surrogates */
  else if (p[0] == 0xf0)
    low = 0x90;
  else if (p[0] == 0xf4)
    high = 0x8f; /* nothing above U+10FFFF */
  if (n > 1 && (p[1] < low || p[1] > high))
    return 0;
  for (size_t i = 2; i < n; i++)
    if ((p[i] & 0xc0) != 0x80)
      return 0;
  return n;
}

static void
put_utf8 (Scanner *s, uint32_t code)
{
  char  *out = s->strings + s->n_strings;
  size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

  static const unsigned char lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
  for (size_t i = n - 1; i > 0; i--, code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3f));
  out[0] = (char)(lead[n] | code);
  s->n_strings += n;
}

static bool
hex4 (Scanner *s, uint32_t *out)
{
  *out = 0;
  if (s->n - s->at < 4)
    return false;
  for (int i = 0; i < 4; i++)
    {
      unsigned char c = s->text[s->at + (size_t)i];
      uint32_t      digit;

      if (c >= '0' && c <= '9')
        digit = (uint32_t)(c - '0');
      else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        digit = (uint32_t)((c | 0x20) - 'a' + 10);
      else
        return false;
      *out = *out << 4 | digit;
    }
  s->at += 4;
  return true;
}

/* Behind "\u". A high surrogate takes the \u escape of its low half with it. */
static RvsStatus
scan_unicode_escape (Scanner *s)
{
  uint32_t code, low;

  if (!hex4 (s, &code))
    return fail_at (s, "\\u without four hexadecimal digits");
  if (code == 0)
    return fail_at (s, "a string holds the character NUL");
  if (code >= 0xd800 && code < 0xdc00 && s->n - s->at >= 2 && memcmp (s->text + s->at, "\\u", 2) == 0)
    {
      s->at += 2;
      if (!hex4 (s, &low) || low < 0xdc00 || low > 0xdfff)
        return fail_at (s, "half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
  if (code >= 0xd800 && code < 0xe000)
    return fail_at (s, "half a surrogate pair");
  put_utf8 (s, code);
  return RVS_OK;
}

static RvsStatus
scan_escape (Scanner *s)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char       *found;

  s->at++; /* the backslash */
  if (s->at >= s->n)
    return fail_at (s, "the header ends inside a string");
  if (s->text[s->at] == 'u')
    {
      s->at++;
      return scan_unicode_escape (s);
    }
  found = memchr (from, s->text[s->at], sizeof from - 1);
  if (!found)
    return fail_at (s, "unknown escape in a string");
  s->strings[s->n_strings++] = to[found - from];
  s->at++;
  return RVS_OK;
}

/* A string with its quotes; *out is NUL-terminated and lives in the table. `what` is said when there is none. */
static RvsStatus
scan_string (Scanner *s, const char *what, const char **out)
{
  RvsStatus status = expect (s, '"', what);

  *out = s->strings + s->n_strings;
  while (status == RVS_OK)
    {
      unsigned char c = s->at < s->n ? s->text[s->at] : 0;
      size_t        length;

      if (s->at >= s->n)
        return fail_at (s, "the header ends inside a string");
      if (c == '"')
        break;
      if (c < 0x20)
        return fail_at (s, "a control character in a string");
      if (c == '\\')
        {
          status = scan_escape (s);
          continue;
        }
      length = utf8_length (s->text + s->at, s->n - s->at);
      if (length == 0)
        return fail_at (s, "not valid UTF-8");
      memcpy (s->strings + s->n_strings, s->text + s->at, length);
      s->n_strings += length;
      s->at += length;
    }
  if (status != RVS_OK)
    return status;
  s->at++;
  s->strings[s->n_strings++] = '\0';
  return RVS_OK;
}

/* A JSON integer without sign, fraction, exponent or leading zero. */
static RvsStatus
scan_size (Scanner *s, size_t *out)
{
  unsigned char c = peek (s);

  *out = 0;
  if (c == '-')
    return fail_at (s, "a negative number");
  if (c < '0' || c > '9')
    return fail_at (s, "expected a non-negative integer");
  if (c == '0' && s->at + 1 < s->n && s->text[s->at + 1] >= '0' && s->text[s->at + 1] <= '9')
    return fail_at (s, "a number with a leading zero");
  for (; s->at < s->n && s->text[s->at] >= '0' && s->text[s->at] <= '9'; s->at++)
    if (!rvs__mul_ok (*out, 10, out) || !rvs__add_ok (*out, (size_t)(s->text[s->at] - '0'), out))
      return fail_at (s, "a number too large for this machine");
  if (s->at < s->n && memchr (".eE", s->text[s->at], 3))
    return fail_at (s, "a number with a fraction or an exponent");
  return RVS_OK;
}

/* A list of at most `capacity` integers. */
static RvsStatus
scan_sizes (Scanner *s, size_t *values, size_t capacity, const char *too_many, size_t *out_n)
{
  RvsStatus status = expect (s, '[', "expected '['");
  bool      more = true;

  *out_n = 0;
  if (status == RVS_OK && peek (s) == ']')
    {
      s->at++;
      return RVS_OK;
    }
  while (status == RVS_OK && more)
    {
      size_t value;

      status = scan_size (s, &value);
      if (status != RVS_OK)
        break;
      if (*out_n == capacity)
        return fail_at (s, too_many);
      values[(*out_n)++] = value;
      status = next_element (s, ']', &more);
    }
  return status;
}

/* ---- tensors and metadata ----------------------------------------------------------------- */

/* Room for one more item in a growing list; false when there is no memory. */
static bool
reserve (void **items, size_t n, size_t *capacity, size_t item_bytes)
{
  size_t bytes, more = *capacity ? *capacity * 2 : 32;
  void  *larger;

  if (n < *capacity)
    return true;
  if (!rvs__mul_ok (more, item_bytes, &bytes))
    return false;
  larger = rvs__alloc (bytes);
  if (!larger)
    return false;
  if (n > 0)
    memcpy (larger, *items, n * item_bytes);
  rvs__free (*items);
  *items = larger;
  *capacity = more;
  return true;
}

static RvsStatus
fail_memory (Scanner *s)
{
  return rvs__fail (s->err, RVS_ERR_NO_MEMORY, "no memory for the header of a weights file");
}

static RvsStatus
fail_tensor (Scanner *s, const RvsStTensor *tensor, const char *what)
{
  char clip[RVS_CLIP];

  return rvs__fail (s->err, RVS_ERR_FORMAT, "tensor '%s': %s", rvs__clip (tensor->name, clip), what);
}

static RvsStatus
set_dtype (Scanner *s, RvsStTensor *tensor, const char *text)
{
  static const char *const names[] = { "F16", "BF16", "F32" };
  char                     name[RVS_CLIP], clip[RVS_CLIP];

  for (int i = 0; i < 3; i++)
    if (strcmp (text, names[i]) == 0)
      {
        tensor->dtype = (RvsDtype)i;
        return RVS_OK;
      }
  return rvs__fail (s->err, RVS_ERR_FORMAT, "tensor '%s': dtype '%s' is not F16, BF16 or F32", rvs__clip (tensor->name, name),
                    rvs__clip (text, clip));
}

/* Sizes agree with the range, and the range lies in the data. */
static RvsStatus
place_tensor (Scanner *s, RvsStTensor *tensor, const size_t range[2])
{
  size_t n_bytes;

  tensor->n = 1;
  for (int i = 0; i < tensor->rank; i++)
    if (!rvs__mul_ok (tensor->n, tensor->shape[i], &tensor->n))
      return fail_tensor (s, tensor, "the number of elements overflows");
  if (!rvs__mul_ok (tensor->n, rvs__st_dtype_bytes (tensor->dtype), &n_bytes))
    return fail_tensor (s, tensor, "the size in bytes overflows");
  if (range[0] > range[1])
    return fail_tensor (s, tensor, "data_offsets end before they begin");
  if (range[1] > s->n_data)
    return fail_tensor (s, tensor, "data_offsets lie beyond the end of the file");
  if (range[1] - range[0] != n_bytes)
    return fail_tensor (s, tensor, "data_offsets do not fit shape and dtype");
  tensor->bytes = s->data + range[0];
  return RVS_OK;
}

typedef enum Field
{
  FIELD_DTYPE,
  FIELD_SHAPE,
  FIELD_OFFSETS,
  N_FIELDS
} Field;

static const char *const field_names[N_FIELDS] = { "dtype", "shape", "data_offsets" };

/* The value of one field, behind its colon. */
static RvsStatus
scan_field (Scanner *s, Field field, RvsStTensor *tensor, size_t range[2])
{
  const char *text;
  size_t      n;
  RvsStatus   status;

  switch (field)
    {
    case FIELD_DTYPE:
      status = scan_string (s, "dtype is not a string", &text);
      return status == RVS_OK ? set_dtype (s, tensor, text) : status;
    case FIELD_SHAPE:
      status = scan_sizes (s, tensor->shape, 4, "a shape of more than 4 dimensions", &n);
      tensor->rank = (int)n;
      return status;
    default:
      status = scan_sizes (s, range, 2, "data_offsets of more than 2 numbers", &n);
      if (status == RVS_OK && n != 2)
        status = fail_tensor (s, tensor, "data_offsets are not 2 numbers");
      return status;
    }
}

/* Which field the key names; a key that is unknown or came before is an error. */
static RvsStatus
scan_field_key (Scanner *s, const RvsStTensor *tensor, bool seen[N_FIELDS], Field *out_field)
{
  const char *key;
  char        name[RVS_CLIP], clip[RVS_CLIP];
  RvsStatus   status = scan_string (s, "expected a field's name", &key);
  int         field;

  if (status != RVS_OK)
    return status;
  for (field = 0; field < N_FIELDS; field++)
    if (strcmp (key, field_names[field]) == 0)
      break;
  if (field == N_FIELDS || seen[field])
    return rvs__fail (s->err, RVS_ERR_FORMAT, "tensor '%s': %s field '%s'", rvs__clip (tensor->name, name),
                      field == N_FIELDS ? "unknown" : "duplicate", rvs__clip (key, clip));
  seen[field] = true;
  *out_field = (Field)field;
  return expect (s, ':', "expected ':'");
}

static RvsStatus
scan_tensor (Scanner *s, const char *name)
{
  RvsStTensor tensor = { .name = name };
  bool        seen[N_FIELDS] = { false, false, false };
  bool        more = true;
  size_t      range[2] = { 0, 0 };
  RvsStatus   status = expect (s, '{', "a tensor's description is not an object");

  if (status == RVS_OK && peek (s) == '}')
    return fail_tensor (s, &tensor, "no dtype");
  while (status == RVS_OK && more)
    {
      Field field = FIELD_DTYPE;

      status = scan_field_key (s, &tensor, seen, &field);
      if (status == RVS_OK)
        status = scan_field (s, field, &tensor, range);
      if (status == RVS_OK)
        status = next_element (s, '}', &more);
    }
  for (int i = 0; status == RVS_OK && i < N_FIELDS; i++)
    if (!seen[i])
      status = fail_tensor (s, &tensor, i == FIELD_DTYPE ? "no dtype" : i == FIELD_SHAPE ? "no shape" : "no data_offsets");
  if (status == RVS_OK)
    status = place_tensor (s, &tensor, range);
  if (status != RVS_OK)
    return status;
  if (!reserve ((void **)&s->table->tensors, s->table->n_tensors, &s->tensor_capacity, sizeof tensor))
    return fail_memory (s);
  s->table->tensors[s->table->n_tensors++] = tensor;
  return RVS_OK;
}

static RvsStatus
scan_meta (Scanner *s)
{
  RvsStatus status = expect (s, '{', "__metadata__ is not an object");
  bool      more = true;

  if (status == RVS_OK && peek (s) == '}')
    {
      s->at++;
      return RVS_OK;
    }
  while (status == RVS_OK && more)
    {
      RvsStMeta meta;

      status = scan_string (s, "expected a metadata key", &meta.key);
      if (status == RVS_OK)
        status = expect (s, ':', "expected ':'");
      if (status == RVS_OK)
        status = scan_string (s, "a metadata value is not a string", &meta.value);
      if (status != RVS_OK)
        break;
      if (!reserve ((void **)&s->table->meta, s->table->n_meta, &s->meta_capacity, sizeof meta))
        return fail_memory (s);
      s->table->meta[s->table->n_meta++] = meta;
      status = next_element (s, '}', &more);
    }
  return status;
}

static RvsStatus
scan_header (Scanner *s)
{
  RvsStatus status;
  bool      more = true, has_meta = false;

  if (s->n == 0 || s->text[0] != '{')
    return fail_at (s, "does not begin with '{'; this is not a safetensors file");
  s->at = 1;
  if (peek (s) == '}')
    more = false, s->at++;
  while (more)
    {
      const char *name;

      status = scan_string (s, "expected a tensor's name", &name);
      if (status == RVS_OK)
        status = expect (s, ':', "expected ':'");
      if (status != RVS_OK)
        return status;
      if (strcmp (name, "__metadata__") != 0)
        status = scan_tensor (s, name);
      else if (has_meta)
        status = fail_at (s, "duplicate key '__metadata__'");
      else
        has_meta = true, status = scan_meta (s);
      if (status == RVS_OK)
        status = next_element (s, '}', &more);
      if (status != RVS_OK)
        return status;
    }
  if (peek (s) != 0 || s->at != s->n)
    return fail_at (s, "text after the closing '}'");
  return RVS_OK;
}

/* ---- order -------------------------------------------------------------------------------- */

/* By begin, then end: empty tensors come before the one that starts where they lie. */
static int
compare_place (const void *a, const void *b)
{
  const RvsStTensor *x = a, *y = b;

  if (x->bytes != y->bytes)
    return x->bytes < y->bytes ? -1 : 1;
  return (x->n > 0) - (y->n > 0);
}

static int
compare_name (const void *a, const void *b)
{
  return strcmp (((const RvsStTensor *)a)->name, ((const RvsStTensor *)b)->name);
}

static int
compare_key (const void *a, const void *b)
{
  return strcmp (((const RvsStMeta *)a)->key, ((const RvsStMeta *)b)->key);
}

/* The ranges tile the data buffer: no overlap, no gap, nothing left over. */
static RvsStatus
check_tiling (Scanner *s)
{
  RvsStTable *t = s->table;
  size_t      end = 0;

  if (t->n_tensors > 0)
    qsort (t->tensors, t->n_tensors, sizeof *t->tensors, compare_place);
  for (size_t i = 0; i < t->n_tensors; i++)
    {
      const RvsStTensor *tensor = &t->tensors[i];
      size_t             begin = (size_t)(tensor->bytes - s->data);

      if (begin < end)
        return fail_tensor (s, tensor, "its data overlap another tensor's");
      if (begin > end)
        return fail_tensor (s, tensor, "there is a gap in the data before it");
      end = begin + tensor->n * rvs__st_dtype_bytes (tensor->dtype);
    }
  if (end != s->n_data)
    return rvs__fail (s->err, RVS_ERR_FORMAT, "%zu bytes after the last tensor's data", s->n_data - end);
  return RVS_OK;
}

static RvsStatus
sort_and_check_duplicates (Scanner *s)
{
  RvsStTable *t = s->table;
  char        clip[RVS_CLIP];

  if (t->n_tensors > 0)
    qsort (t->tensors, t->n_tensors, sizeof *t->tensors, compare_name);
  for (size_t i = 1; i < t->n_tensors; i++)
    if (compare_name (&t->tensors[i - 1], &t->tensors[i]) == 0)
      return fail_tensor (s, &t->tensors[i], "the name occurs twice");
  if (t->n_meta > 0)
    qsort (t->meta, t->n_meta, sizeof *t->meta, compare_key);
  for (size_t i = 1; i < t->n_meta; i++)
    if (compare_key (&t->meta[i - 1], &t->meta[i]) == 0)
      return rvs__fail (s->err, RVS_ERR_FORMAT, "metadata key '%s' occurs twice", rvs__clip (t->meta[i].key, clip));
  return RVS_OK;
}

/* ---- entry -------------------------------------------------------------------------------- */

/* Where header and data lie. */
static RvsStatus
split (Scanner *s, const unsigned char *bytes, size_t n_bytes)
{
  uint64_t length = 0;

  if (n_bytes < 8)
    return rvs__fail (s->err, RVS_ERR_FORMAT, "%zu bytes are too few for a safetensors file; it is cut off or something else",
                      n_bytes);
  for (int i = 7; i >= 0; i--)
    length = length << 8 | bytes[i];
  if (length > RVS_ST_MAX_HEADER)
    return rvs__fail (s->err, RVS_ERR_FORMAT, "header length %llu exceeds 16 MiB; this is not a safetensors file",
                      (unsigned long long)length);
  if (length > n_bytes - 8)
    return rvs__fail (s->err, RVS_ERR_FORMAT, "header length %llu exceeds the file's %zu bytes; it is cut off or something else",
                      (unsigned long long)length, n_bytes);
  s->text = bytes + 8;
  s->n = (size_t)length;
  s->data = s->text + s->n;
  s->n_data = n_bytes - 8 - s->n;
  return RVS_OK;
}

RvsStatus
rvs__st_scan (const void *bytes, size_t n_bytes, RvsStTable *out_table, RvsError *err)
{
  Scanner   s = { .table = out_table, .err = err };
  RvsStatus status;

  memset (out_table, 0, sizeof *out_table);
  status = split (&s, bytes, n_bytes);
  if (status != RVS_OK)
    return status;
  s.strings = out_table->strings = rvs__alloc (s.n + 1);
  status = s.strings ? scan_header (&s) : fail_memory (&s);
  if (status == RVS_OK)
    status = check_tiling (&s);
  if (status == RVS_OK)
    status = sort_and_check_duplicates (&s);
  if (status != RVS_OK)
    rvs__st_table_clear (out_table);
  return status;
}

void
rvs__st_table_clear (RvsStTable *table)
{
  rvs__free (table->strings);
  rvs__free (table->tensors);
  rvs__free (table->meta);
  memset (table, 0, sizeof *table);
}
