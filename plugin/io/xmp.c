/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * xmp.c: reads, replaces and drops properties of an XMP packet (XML; ISO 16684-1, section 7), which is an attribute or an element of
 * the same meaning. Every other byte of the packet stays. No general XML parser: what is not understood is left alone.
 */
#define _GNU_SOURCE /* memmem */
#include "xmp.h"

#include <stdlib.h>
#include <string.h>

enum
{
  MAX_NAME = 128 /* so that garbage that is all one name is not read over and over */
};

/* Bytes with an end; `text` need not end with a NUL. */
typedef struct Span
{
  const char *at, *end;
} Span;

typedef struct Property
{
  Span whole; /* with the blank before an attribute */
  Span value; /* between the quotes or the tags */
} Property;

static bool
starts (const char *at, const char *end, const char *text)
{
  size_t n = strlen (text);

  return (size_t)(end - at) >= n && !memcmp (at, text, n);
}

/* Behind the next `text`, or the end. */
static const char *
behind (const char *at, const char *end, const char *text)
{
  const char *found = at < end ? memmem (at, (size_t)(end - at), text, strlen (text)) : NULL;

  return found ? found + strlen (text) : end;
}

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *
skip_name (const char *at, const char *end)
{
  const char *most = (size_t)(end - at) > MAX_NAME ? at + MAX_NAME : end;

  while (at < most && !is_blank (*at) && *at != '=' && *at != '/' && *at != '>')
    at++;
  return at;
}

static const char *
skip_blanks (const char *at, const char *end)
{
  while (at < end && is_blank (*at))
    at++;
  return at;
}

/* The next tag that opens or closes an element, from '<' to '>'; comments, instructions and raw text are passed over. */
static bool
next_tag (const char *at, const char *end, Span *out)
{
  while (at < end && (at = memchr (at, '<', (size_t)(end - at))))
    {
      char quote = 0;

      if (starts (at, end, "<!--"))
        at = behind (at, end, "-->");
      else if (starts (at, end, "<![CDATA["))
        at = behind (at, end, "]]>");
      else if (starts (at, end, "<?"))
        at = behind (at, end, "?>");
      else
        {
          out->at = at;
          for (; at < end && (quote || *at != '>'); at++)
            if (*at == quote)
              quote = 0;
            else if (!quote && (*at == '"' || *at == '\''))
              quote = *at;
          out->end = at + 1;
          return at < end;
        }
    }
  return false;
}

/* NAME="VALUE" of a tag, from *at on, which moves behind it. */
static bool
next_attribute (const char **at, const char *end, Span *out_name, Property *out)
{
  const char *name = skip_blanks (*at, end), *p = skip_name (name, end), *quote;

  out->whole.at = *at;
  *out_name = (Span){ name, p };
  quote = skip_blanks (p, end);
  if (p == name || quote == end || *quote != '=')
    return false;
  quote = skip_blanks (quote + 1, end);
  if (quote == end || (*quote != '"' && *quote != '\''))
    return false;
  p = memchr (quote + 1, *quote, (size_t)(end - quote - 1));
  if (!p)
    return false;
  out->value = (Span){ quote + 1, p };
  out->whole.end = *at = p + 1;
  return true;
}

/* ---- names -------------------------------------------------------------------------------- */

/* The prefix that the packet binds to the namespace; empty when it does not occur. */
static Span
prefix_of (Span packet, const char *uri)
{
  const char *at = packet.at;

  while ((at = behind (at, packet.end, "xmlns:")) < packet.end)
    {
      const char *name = at - strlen ("xmlns:");
      Span        qualified;
      Property    declaration;

      if (next_attribute (&name, packet.end, &qualified, &declaration)
          && (size_t)(declaration.value.end - declaration.value.at) == strlen (uri)
          && starts (declaration.value.at, packet.end, uri))
        return (Span){ at, qualified.end };
    }
  return (Span){ NULL, NULL };
}

/* Whether a qualified name is prefix:name, or prefix: and anything for an empty name. */
static bool
is_name (Span qualified, Span prefix, const char *name)
{
  size_t n = (size_t)(prefix.end - prefix.at), n_name = strlen (name);

  if (n == 0 || (size_t)(qualified.end - qualified.at) < n + 1 + n_name || memcmp (qualified.at, prefix.at, n)
      || qualified.at[n] != ':')
    return false;
  return n_name == 0 || ((size_t)(qualified.end - qualified.at) == n + 1 + n_name && !memcmp (qualified.at + n + 1, name, n_name));
}

/* The edit that concerns a name; NULL when none does. */
static IoXmpEdit *
edit_of (Span qualified, const Span *prefixes, IoXmpEdit *edits, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (is_name (qualified, prefixes[i], edits[i].name))
      return &edits[i];
  return NULL;
}

/* ---- elements ----------------------------------------------------------------------------- */

/* The element that the tag opens, up to the end of its own closing tag. False when that is missing. */
static bool
take_element (Span tag, Span name, const char *end, Property *out)
{
  size_t depth = 1, n = (size_t)(name.end - name.at);
  Span   next = tag;

  out->whole = tag;
  out->value = (Span){ tag.end, tag.end };
  if (tag.end[-2] == '/')
    return true;
  while (depth && next_tag (next.end, end, &next))
    {
      bool        closes = next.at[1] == '/';
      const char *at = next.at + 1 + closes;

      if (skip_name (at, next.end) - at != (ptrdiff_t)n || memcmp (at, name.at, n))
        continue;
      if (closes)
        depth--;
      else if (next.end[-2] != '/')
        depth++;
    }
  out->value.end = next.at;
  out->whole.end = next.end;
  return depth == 0;
}

/* ---- the packet --------------------------------------------------------------------------- */

/* A copy of the packet under way; it only ever grows by bytes of the old one and by short values. */
typedef struct Copy
{
  char       *bytes;
  size_t      n;
  const char *from; /* of the old packet, up to where it is copied */
} Copy;

static void
copy_until (Copy *copy, const char *until)
{
  size_t n = (size_t)(until - copy->from);

  memcpy (copy->bytes + copy->n, copy->from, n);
  copy->n += n;
  copy->from = until;
}

static void
apply (Copy *copy, IoXmpEdit *edit, const Property *property)
{
  size_t n = edit->value ? strlen (edit->value) : 0;

  edit->n_hits++;
  copy_until (copy, edit->value ? property->value.at : property->whole.at);
  /* The copy has room for what the old value leaves, and for IO_XMP_GROWTH bytes in all. */
  if (edit->value && n <= (size_t)(property->value.end - property->value.at) + (edit->n_hits == 1 ? IO_XMP_GROWTH : 0))
    {
      memcpy (copy->bytes + copy->n, edit->value, n);
      copy->n += n;
      copy->from = property->value.end;
    }
  else if (!edit->value)
    copy->from = property->whole.end;
}

static void
edit_attributes (Copy *copy, Span tag, const char *at, const Span *prefixes, IoXmpEdit *edits, size_t n)
{
  Span     name;
  Property property;

  while (next_attribute (&at, tag.end, &name, &property))
    {
      IoXmpEdit *edit = edit_of (name, prefixes, edits, n);
      if (edit)
        apply (copy, edit, &property);
    }
}

/* One pass, so that a packet of any length and depth takes time in proportion to its length. */
static void
edit_tags (Copy *copy, Span packet, const Span *prefixes, IoXmpEdit *edits, size_t n)
{
  Span tag = { packet.at, packet.at };

  while (next_tag (tag.end, packet.end, &tag))
    {
      Span       name = { tag.at + 1, skip_name (tag.at + 1, tag.end) };
      IoXmpEdit *edit = edit_of (name, prefixes, edits, n);
      Property   property;

      if (!edit)
        edit_attributes (copy, tag, name.end, prefixes, edits, n);
      else if (take_element (tag, name, packet.end, &property))
        {
          apply (copy, edit, &property);
          tag.end = property.whole.end;
        }
      else
        return; /* broken XML: the rest stays as it is */
    }
}

static Span
packet_of (const RvsBlob *xmp)
{
  const char *at = xmp->bytes ? (const char *)xmp->bytes : "";

  return (Span){ at, at + xmp->n };
}

bool
io__xmp_edit (RvsBlob *xmp, IoXmpEdit *edits, size_t n)
{
  Span packet = packet_of (xmp);
  Span prefixes[IO_XMP_EDITS];
  Copy copy = { NULL, 0, packet.at };

  for (size_t i = 0; i < n; i++)
    edits[i].n_hits = 0;
  if (!xmp->bytes)
    return true;
  for (size_t i = 0; i < n; i++)
    prefixes[i] = prefix_of (packet, edits[i].uri);
  copy.bytes = malloc (xmp->n + n * IO_XMP_GROWTH + 1);
  if (!copy.bytes)
    return false;
  edit_tags (&copy, packet, prefixes, edits, n);
  copy_until (&copy, packet.end);
  free (xmp->bytes);
  xmp->bytes = (unsigned char *)copy.bytes;
  xmp->n = copy.n;
  return true;
}

/* The first value of a property, blanks round it taken off. */
static bool
find_value (Span packet, const char *uri, const char *name, Span *out)
{
  Span     prefix = prefix_of (packet, uri), tag = { packet.at, packet.at }, qualified;
  Property property;

  while (next_tag (tag.end, packet.end, &tag))
    {
      const char *at = skip_name (tag.at + 1, tag.end);
      if (is_name ((Span){ tag.at + 1, at }, prefix, name))
        return take_element (tag, (Span){ tag.at + 1, at }, packet.end, &property) ? (*out = property.value, true) : false;
      while (next_attribute (&at, tag.end, &qualified, &property))
        if (is_name (qualified, prefix, name))
          return *out = property.value, true;
    }
  return false;
}

int
io__xmp_get_number (const RvsBlob *xmp, const char *uri, const char *name)
{
  Span packet = packet_of (xmp), value;
  int  number = 0;

  if (!xmp->bytes || !find_value (packet, uri, name, &value))
    return -1;
  value.at = skip_blanks (value.at, value.end);
  if (value.at == value.end || *value.at < '0' || *value.at > '9')
    return -1;
  for (; value.at < value.end && *value.at >= '0' && *value.at <= '9' && number < 100000000; value.at++)
    number = 10 * number + (*value.at - '0');
  return number;
}
