/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * json.c: see json.h. The C locale is never left, so printf writes decimal points.
 */
#include "json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  MAX_DEPTH = 12
};

void
cli_json_init (CliJson *json, FILE *stream)
{
  memset (json, 0, sizeof *json);
  json->stream = stream;
}

static void
indent (CliJson *json)
{
  if (json->compact[json->depth])
    fputs (json->started[json->depth] ? " " : "", json->stream);
  else
    fprintf (json->stream, "\n%*s", 2 * json->depth, "");
}

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static int
sequence (const unsigned char *s)
{
  int n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

  for (int i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90)
      || (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return n;
}

static void
put_string (CliJson *json, const char *text)
{
  const unsigned char *s = (const unsigned char *)text;

  fputc ('"', json->stream);
  while (*s)
    {
      int n = sequence (s);
      if (n == 0)
        fputs ("\\ufffd", json->stream);
      else if (*s < 0x20 || *s == 0x7f)
        fprintf (json->stream, "\\u%04x", *s);
      else
        {
          if (*s == '"' || *s == '\\')
            fputc ('\\', json->stream);
          fwrite (s, 1, (size_t)n, json->stream);
        }
      s += n ? n : 1;
    }
  fputc ('"', json->stream);
}

static void
begin (CliJson *json, const char *key)
{
  if (json->depth > 0)
    {
      fputs (json->started[json->depth] ? "," : "", json->stream);
      indent (json);
      json->started[json->depth] = true;
    }
  if (key)
    {
      put_string (json, key);
      fputs (": ", json->stream);
    }
}

void
cli_json_open (CliJson *json, const char *key, char bracket, bool compact)
{
  begin (json, key);
  fputc (bracket, json->stream);
  assert (json->depth + 1 < MAX_DEPTH);
  json->depth++;
  json->started[json->depth] = false;
  json->compact[json->depth] = compact || json->compact[json->depth - 1];
}

void
cli_json_close (CliJson *json, char bracket)
{
  bool line = json->started[json->depth] && !json->compact[json->depth];

  assert (json->depth > 0);
  json->depth--;
  if (line)
    fprintf (json->stream, "\n%*s", 2 * json->depth, "");
  fputc (bracket, json->stream);
  if (json->depth == 0)
    fputc ('\n', json->stream);
}

void
cli_json_string (CliJson *json, const char *key, const char *text)
{
  begin (json, key);
  if (text)
    put_string (json, text);
  else
    fputs ("null", json->stream);
}

void
cli_json_number (CliJson *json, const char *key, double value)
{
  char text[64];

  begin (json, key);
  if (!isfinite (value))
    {
      fputs ("null", json->stream);
      return;
    }
  snprintf (text, sizeof text, "%.6f", value);
  for (size_t n = strlen (text); text[n - 1] == '0' || text[n - 1] == '.'; n--)
    {
      bool point = text[n - 1] == '.';
      text[n - 1] = '\0';
      if (point)
        break;
    }
  fputs (strcmp (text, "-0") ? text : "0", json->stream);
}

void
cli_json_bool (CliJson *json, const char *key, bool value)
{
  begin (json, key);
  fputs (value ? "true" : "false", json->stream);
}
