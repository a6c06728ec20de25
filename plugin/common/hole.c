/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole.c: a mask picture checked for having one meaning, and packed into one channel, or two where transparency means something.
 */
#include "hole.h"

#include <stdio.h>
#include <string.h>

/* What its greys mean, for messages, and whether it may say nothing of a place. */
typedef struct Meaning
{
  const char *greys;
  bool        transparent;
} Meaning;

static const Meaning hole = { "white is what is to be filled, black what is to stay", false };
static const Meaning fidelity = { "white is where the photo rules, black where detail may be invented", true };

static RvsStatus
unclear (RvsError *err, const char *what, const Meaning *meaning, const char *advice)
{
  snprintf (err->message, sizeof err->message, "%s; %s: %s", what, meaning->greys, advice);
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

/* Of the packed view. */
static size_t
kept_channels (const RvsMutView *view, const Meaning *meaning)
{
  return meaning->transparent && view->channels % 2 == 0 ? 2 : 1;
}

/* Rows are packed, so the channels can be moved together in place. */
static RvsStatus
pack (const RvsMutView *view, const Meaning *meaning, RvsError *err)
{
  const size_t   n = (size_t)view->width * (size_t)view->height, channels = (size_t)view->channels;
  const size_t   colours = channels >= 3 ? 3 : 1, kept = kept_channels (view, meaning);
  const unsigned full = view->depth == RVS_DEPTH_U16 ? 65535 : 255;

  for (size_t i = 0; i < n; i++)
    {
      const unsigned value = sample_at (view, i * channels);
      const unsigned alpha = channels > colours ? sample_at (view, i * channels + colours) : full;

      for (size_t c = 1; c < colours; c++)
        if (alpha > 0 && sample_at (view, i * channels + c) != value)
          return unclear (err, "it has colours", meaning, "save it as a grey picture");
      if (!meaning->transparent && alpha != full)
        return unclear (err, "it is transparent in places", meaning, "save it without transparency");
      put_sample (view, i * kept, value);
      if (kept == 2)
        put_sample (view, i * kept + 1, alpha);
    }
  return RVS_OK;
}

static RvsStatus
read_mask (const char *path, const Meaning *meaning, const volatile sig_atomic_t *stop, RvsHoleFile *out, RvsError *err)
{
  RvsStatus status;

  memset (out, 0, sizeof *out);
  status = rvs_picture_read (path, stop, &out->picture, err);
  if (!status && !(rvs_format (out->picture.format)->keeps & RVS_KEEPS_BITS))
    status = unclear (err, "its format blurs the edges of what is marked", meaning, "save it as PNG");
  if (!status)
    status = pack (&out->picture.view, meaning, err);
  if (status)
    {
      rvs_hole_file_clear (out);
      return status;
    }
  out->view = rvs_view_of (&out->picture.view);
  out->view.channels = (int32_t)kept_channels (&out->picture.view, meaning);
  out->view.stride = (ptrdiff_t)((size_t)out->view.width * rvs_view_pixel_bytes (&out->view));
  return RVS_OK;
}

RvsStatus
rvs_hole_file_read (const char *path, const volatile sig_atomic_t *stop, RvsHoleFile *out, RvsError *err)
{
  return read_mask (path, &hole, stop, out, err);
}

RvsStatus
rvs_fidelity_file_read (const char *path, const volatile sig_atomic_t *stop, RvsHoleFile *out, RvsError *err)
{
  return read_mask (path, &fidelity, stop, out, err);
}

void
rvs_hole_file_clear (RvsHoleFile *file)
{
  rvs_picture_clear (&file->picture);
  memset (file, 0, sizeof *file);
}
