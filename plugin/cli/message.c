/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message.c: error lines. Each is one line, whatever a file name holds.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>

/* A file name may hold line feeds and terminal commands. */
static void
print_name (const char *name)
{
  for (; *name; name++)
    fputc ((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name, stderr);
}

void
cli_error (const char *format, ...)
{
  va_list args;

  fputs ("revisage: ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

void
cli_error_about (const char *name, const char *format, ...)
{
  va_list args;

  fputs ("revisage: ", stderr);
  print_name (name);
  fputs (": ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

const char *
cli_advice (RvsStatus status)
{
  switch (status)
    {
    case RVS_ERR_NO_MEMORY:
      return "; close other programs or take a smaller picture";
    case RVS_ERR_INTERNAL:
      return "; this is a fault of revisage, please report it";
    default:
      return "";
    }
}
