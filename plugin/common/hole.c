/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole.c: a mask picture checked for having one meaning, and packed into one channel.
 */
#include "hole.h"

#include <stdio.h>
#include <string.h>

static RvsStatus
unclear (RvsError *err, const char *what)
{
  snprintf (err->message, sizeof err->message, "%s", what);
  return err->status = RVS_ERR_HOLE;
}

static unsigned
sample_at (const RvsMutView *view, size_t i)
{
  return view->depth == RVS_DEPTH_U16 ? ((const uint16_t *)view->pixels)[i] : ((const unsigned char *)view->pixels)[i];
}

static void
put_sample (const RvsMutView *view, size_t i, unsigned value)
{
  if (view->depth == RVS_DEPTH_U16)
    ((uint16_t *)view->pixels)[i] = (uint16_t)value;
  else
    ((unsigned char *)view->pixels)[i] = (unsigned char)value;
}

/* Rows are packed, so the channels can be moved together in place. */
static RvsStatus
pack (const RvsMutView *view, RvsError *err)
{
  const size_t   n = (size_t)view->width * (size_t)view->height, channels = (size_t)view->channels;
  const size_t   colours = channels >= 3 ? 3 : 1;
  const unsigned full = view->depth == RVS_DEPTH_U16 ? 65535 : 255;

  for (size_t i = 0; i < n; i++)
    {
      const unsigned value = sample_at (view, i * channels);

      for (size_t c = 1; c < colours; c++)
        if (sample_at (view, i * channels + c) != value)
          return unclear (err, "it has colours; white is what is to be filled, black what is to stay: save it as a grey picture");
      if (channels > colours && sample_at (view, i * channels + colours) != full)
        return unclear (err, "it is transparent in places; white is what is to be filled, black what is to stay: save it without "
                             "transparency");
      put_sample (view, i, value);
    }
  return RVS_OK;
}

RvsStatus
rvs_hole_file_read (const char *path, const volatile sig_atomic_t *stop, RvsHoleFile *out, RvsError *err)
{
  RvsStatus status;

  memset (out, 0, sizeof *out);
  status = rvs_picture_read (path, stop, &out->picture, err);
  if (!status && !(rvs_format (out->picture.format)->keeps & RVS_KEEPS_BITS))
    status = unclear (err, "its format blurs the edges of what is marked; save it as PNG");
  if (!status)
    status = pack (&out->picture.view, err);
  if (status)
    {
      rvs_hole_file_clear (out);
      return status;
    }
  const RvsMutView *view = &out->picture.view;
  out->view
      = (RvsView){ view->pixels, (ptrdiff_t)view->width * (view->depth == RVS_DEPTH_U16 ? 2 : 1), view->width, view->height, 1,
                   view->depth };
  return RVS_OK;
}

void
rvs_hole_file_clear (RvsHoleFile *hole)
{
  rvs_picture_clear (&hole->picture);
  memset (hole, 0, sizeof *hole);
}
