/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiff_common.c: what libtiff calls in reading and in writing.
 */
#include "tiff_common.h"

static int
on_error (TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
  IoTiffMessage *message = user;

  (void)tiff, (void)module;
  if (!message->text[0])
    vsnprintf (message->text, sizeof message->text, format, args);
  return 1;
}

static int
on_warning (TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
  (void)tiff, (void)user, (void)module, (void)format, (void)args;
  return 1;
}

void
io__tiff_listen (TIFFOpenOptions *options, IoTiffMessage *message)
{
  TIFFOpenOptionsSetErrorHandlerExtR (options, on_error, message);
  TIFFOpenOptionsSetWarningHandlerExtR (options, on_warning, message);
}

int
io__tiff_on_close (thandle_t handle)
{
  (void)handle;
  return 0;
}
