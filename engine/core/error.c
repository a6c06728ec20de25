/* SPDX-License-Identifier: GPL-3.0-or-later
 * error.c: the first error of a call, the statuses' names and foreign text in messages. */
#include "core/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

RvsStatus
rvs__fail (RvsError *err, RvsStatus status, const char *format, ...)
{
  va_list args;

  if (!err || err->status != RVS_OK)
    return status;
  err->status = status;
  va_start (args, format);
  vsnprintf (err->message, sizeof err->message, format, args);
  va_end (args);
  return status;
}

const char *
rvs_status_name (RvsStatus status)
{
  switch (status)
    {
    case RVS_OK:
      return "ok";
    case RVS_ERR_ARGUMENT:
      return "bad argument";
    case RVS_ERR_NO_MEMORY:
      return "no memory";
    case RVS_ERR_IO:
      return "input/output error";
    case RVS_ERR_FORMAT:
      return "bad format";
    case RVS_ERR_MODEL:
      return "bad model";
    case RVS_ERR_LIMIT:
      return "too large";
    case RVS_ERR_HOLE:
      return "hole";
    case RVS_ERR_NO_FACE:
      return "no face";
    case RVS_ERR_CANCELLED:
      return "cancelled";
    case RVS_ERR_INTERNAL:
      return "internal error";
    }
  return "unknown status";
}

const char *
rvs__clip (const char *text, char clip[RVS_CLIP])
{
  size_t n = strlen (text);
  bool   cut = n >= RVS_CLIP;

  if (cut)
    n = RVS_CLIP - 4;
  while (cut && n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
    n--; /* do not split a UTF-8 character */
  for (size_t i = 0; i < n; i++)
    clip[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
  memcpy (clip + n, cut ? "..." : "", cut ? 4 : 1);
  return clip;
}
