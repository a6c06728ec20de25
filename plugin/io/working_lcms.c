/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * working_lcms.c: conversion to sRGB and back. Only differences go back, so that what nobody changed keeps its bytes and colours beyond
 * sRGB stay what they are.
 */
#include "base.h"
#include "profile.h"
#include "working.h"

#include <stdlib.h>
#include <string.h>

enum
{
  STEPS = 9,          /* of each channel, when a space is compared with sRGB */
  TOLERANCE = 2 * 257 /* of 65535: profiles of sRGB differ by their makers' rounding */
};

/* Whether colours all over the cube come out as they went in. */
static bool
is_srgb (const IoSpace *space, int channels)
{
  uint16_t in[3], out[3];

  for (int i = 0; i < (channels == 1 ? STEPS : STEPS * STEPS * STEPS); i++)
    {
      for (int c = 0, k = i; c < channels; c++, k /= STEPS)
        in[c] = (uint16_t)(k % STEPS * 65535 / (STEPS - 1));
      io__space_to_srgb (space, in, out, 1);
      for (int c = 0; c < channels; c++)
        if (abs ((int)in[c] - (int)out[c]) > TOLERANCE)
          return false;
    }
  return true;
}

/* *out_space is NULL where the picture is sRGB. */
static RvsStatus
find_space (RvsPicture *picture, IoSpace **out_space, RvsError *err)
{
  bool        grey = picture->view.channels <= 2;
  cmsHPROFILE own = io__profile_of (picture), srgb = own ? io__profile_srgb (grey) : NULL;

  *out_space = srgb ? io__space_new (own, srgb, grey) : NULL;
  if (*out_space && is_srgb (*out_space, grey ? 1 : 3))
    {
      io__space_free (*out_space);
      *out_space = NULL;
    }
  else if (srgb && !*out_space)
    picture->meta.notes |= RVS_NOTE_PROFILE;
  if (own)
    cmsCloseProfile (own);
  if (srgb)
    cmsCloseProfile (srgb);
  return own && !srgb ? io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to convert the colours") : RVS_OK;
}

/* ---- rows ------------------------------------------------------------------------------------- */

/* Rows of 16-bit colours without alpha: the picture's own, what they are in sRGB, and the way back before and after the change. */
enum
{
  OWN,
  SRGB,
  BEFORE,
  AFTER,
  N_ROWS
};

typedef struct Rows
{
  uint16_t *row[N_ROWS];
} Rows;

static int
n_colours (const RvsMutView *view)
{
  return view->channels <= 2 ? 1 : 3;
}

static RvsStatus
rows_init (Rows *rows, const RvsMutView *view, RvsError *err)
{
  size_t n = (size_t)view->width * (size_t)n_colours (view);

  rows->row[0] = calloc (N_ROWS * n, sizeof (uint16_t));
  if (!rows->row[0])
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to convert the colours");
  for (int i = 1; i < N_ROWS; i++)
    rows->row[i] = rows->row[0] + (size_t)i * n;
  return RVS_OK;
}

static unsigned char *
row_of (const RvsMutView *view, int32_t y)
{
  return (unsigned char *)view->pixels + y * view->stride;
}

/* Samples of a row of any depth, widened to 16 bits. */
static uint16_t
wide (const RvsMutView *view, const unsigned char *row, size_t i)
{
  uint16_t value;

  if (view->depth == RVS_DEPTH_U8)
    return (uint16_t)(row[i] * 257);
  memcpy (&value, row + 2 * i, 2);
  return value;
}

/* OWN and SRGB of row y. */
static void
see_row (const RvsWorking *working, int32_t y, const Rows *rows)
{
  const RvsMutView    *view = &working->picture->view;
  const unsigned char *row = row_of (view, y);
  size_t               n = (size_t)view->width, colours = (size_t)n_colours (view);

  for (size_t x = 0; x < n; x++)
    for (size_t c = 0; c < colours; c++)
      rows->row[OWN][x * colours + c] = wide (view, row, x * (size_t)view->channels + c);
  io__space_to_srgb (working->space, rows->row[OWN], rows->row[SRGB], n);
}

static void
copy_row (const RvsWorking *working, int32_t y, const Rows *rows)
{
  const RvsMutView    *view = &working->picture->view;
  const unsigned char *row = row_of (view, y);
  uint16_t            *to = (void *)row_of (&working->srgb.view, y);
  size_t               n = (size_t)view->width, channels = (size_t)view->channels, colours = (size_t)n_colours (view);

  see_row (working, y, rows);
  for (size_t x = 0; x < n; x++)
    {
      memcpy (to + x * channels, rows->row[SRGB] + x * colours, colours * 2);
      if (channels > colours)
        to[x * channels + colours] = wide (view, row, x * channels + colours);
    }
}

static RvsStatus
copy_rows (RvsWorking *working, RvsError *err)
{
  const RvsMutView *view = &working->picture->view;
  Rows              rows;
  RvsStatus         status = io__alloc_pixels (&working->srgb, view->width, view->height, view->channels, RVS_DEPTH_U16, err);

  if (!status)
    status = rows_init (&rows, view, err);
  if (status)
    return status;
  for (int32_t y = 0; y < view->height; y++)
    copy_row (working, y, &rows);
  free (rows.row[0]);
  working->picture->meta.notes |= RVS_NOTE_CONVERTED;
  return RVS_OK;
}

RvsStatus
rvs_working_open (RvsPicture *picture, RvsWorking *out, RvsError *err)
{
  RvsStatus status = RVS_OK;

  *out = (RvsWorking){ .picture = picture };
  if (picture->view.depth != RVS_DEPTH_F32)
    status = find_space (picture, (IoSpace **)&out->space, err);
  return status || !out->space ? status : copy_rows (out, err);
}

RvsMutView
rvs_working_view (const RvsWorking *working)
{
  return working->srgb.view.pixels ? working->srgb.view : working->picture->view;
}

/* ---- the way back ----------------------------------------------------------------------------- */

static void
add_difference (const RvsMutView *view, unsigned char *row, size_t i, int difference)
{
  bool     deep = view->depth == RVS_DEPTH_U16;
  int      top = deep ? 65535 : 255;
  int      step = deep ? difference : (difference + (difference < 0 ? -128 : 128)) / 257;
  int      value = (deep ? wide (view, row, i) : row[i]) + step;
  uint16_t stored = (uint16_t)(value < 0 ? 0 : value > top ? top : value);

  if (deep)
    memcpy (row + 2 * i, &stored, 2);
  else
    row[i] = (unsigned char)stored;
}

/* One pixel, where it changed. */
static void
commit_pixel (const RvsWorking *working, int32_t y, size_t x, const Rows *rows)
{
  const RvsMutView *view = &working->picture->view;
  size_t            channels = (size_t)view->channels, colours = (size_t)n_colours (view);
  const uint16_t   *was = rows->row[SRGB] + x * colours, *now = (const void *)row_of (&working->srgb.view, y);
  uint16_t         *before = rows->row[BEFORE], *after = rows->row[AFTER];

  now += x * channels;
  if (!memcmp (was, now, colours * 2))
    return;
  io__space_from_srgb (working->space, was, before, 1);
  io__space_from_srgb (working->space, now, after, 1);
  for (size_t c = 0; c < colours; c++)
    add_difference (view, row_of (view, y), x * channels + c, (int)after[c] - (int)before[c]);
}

RvsStatus
rvs_working_commit (RvsWorking *working, int32_t y, int32_t n, RvsError *err)
{
  const RvsMutView *view = &working->picture->view;
  Rows              rows;
  RvsStatus         status;

  if (!working->srgb.view.pixels)
    return RVS_OK;
  status = rows_init (&rows, view, err);
  if (status)
    return status;
  for (int32_t i = y < 0 ? 0 : y; i < y + n && i < view->height; i++)
    {
      see_row (working, i, &rows);
      for (size_t x = 0; x < (size_t)view->width; x++)
        commit_pixel (working, i, x, &rows);
    }
  free (rows.row[0]);
  return RVS_OK;
}

void
rvs_working_close (RvsWorking *working)
{
  io__space_free (working->space);
  rvs_picture_clear (&working->srgb);
  *working = (RvsWorking){ 0 };
}
