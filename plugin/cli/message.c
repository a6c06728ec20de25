/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message.c: error lines. Each is one line, whatever a file name holds.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>

/* Also the control characters beyond ASCII, U+0080 to U+009F in UTF-8, that some terminals obey. */
void
cli_print_name (FILE *stream, const char *name)
{
  for (const unsigned char *at = (const unsigned char *)name; *at; at++)
    if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
      {
        fputc ('?', stream);
        at++;
      }
    else
      fputc (*at < 0x20 || *at == 0x7f ? '?' : *at, stream);
}

/* Messages name files too. */
static void __attribute__ ((format (printf, 1, 0))) print_message (const char *format, va_list args)
{
  char text[1500];

  vsnprintf (text, sizeof text, format, args);
  cli_print_name (stderr, text);
  fputc ('\n', stderr);
}

void
cli_error (const char *format, ...)
{
  va_list args;

  fputs ("revisage: ", stderr);
  va_start (args, format);
  print_message (format, args);
  va_end (args);
}

void
cli_error_about (const char *name, const char *format, ...)
{
  va_list args;

  fputs ("revisage: ", stderr);
  cli_print_name (stderr, name);
  fputs (": ", stderr);
  va_start (args, format);
  print_message (format, args);
  va_end (args);
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
