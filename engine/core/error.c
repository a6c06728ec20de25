/* SPDX-License-Identifier: GPL-3.0-or-later
 * error.c: the first error of a call, and the statuses' names. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>

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
    case RVS_ERR_NO_FACE:
      return "no face";
    case RVS_ERR_CANCELLED:
      return "cancelled";
    case RVS_ERR_INTERNAL:
      return "internal error";
    }
  return "unknown status";
}
