/* SPDX-License-Identifier: GPL-3.0-or-later
 * made.h: what a target makes of the bytes it is fed: numbers, pictures of any geometry, a monitor that may cancel;
 * and what the targets that render have in common. */
#ifndef TESTS_FUZZ_MADE_H
#define TESTS_FUZZ_MADE_H

#include "fuzz.h"
#include "rvs.h"

#include <string.h>

typedef struct Input
{
  const uint8_t *at;
  size_t         left;
} Input;

static inline unsigned
byte (Input *in)
{
  if (in->left == 0)
    return 0;
  in->left--;
  return *in->at++;
}

/* Mostly a plain number in -256..256, sometimes any bits: NaN, infinities, huge. */
static inline float
number (Input *in)
{
  unsigned kind = byte (in);
  float    value;
  uint32_t bits;

  if (kind < 240)
    return ((float)byte (in) - 128.0f) * (kind < 120 ? 1.0f : 0.01f) + (float)(kind % 16) * 8.0f;
  bits = byte (in) | byte (in) << 8 | byte (in) << 16 | (uint32_t)byte (in) << 24;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* ---- progress ---- */

typedef struct Watch
{
  float    done;
  unsigned calls, cancel_at;
} Watch;

static inline bool
on_progress (void *user, const RvsProgress *progress)
{
  Watch *watch = user;

  FUZZ_CHECK (progress->done >= watch->done && progress->done <= 1);
  watch->done = progress->done;
  return ++watch->calls != watch->cancel_at;
}

/* ---- pictures ---- */

typedef struct Picture
{
  unsigned char *block; /* exactly the rows, the last one without its padding */
  size_t         n, pixel_bytes, value_bytes;
  RvsMutView     view;
} Picture;

/* The input's bytes over and over; none are taken. */
static inline void
fill_bytes (const Input *in, unsigned char *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    bytes[i] = in->left ? in->at[i % in->left] : (unsigned char)(i * 31);
}

static inline Picture
make_picture (Input *in)
{
  Picture  p = { 0 };
  unsigned shape = byte (in);
  size_t   row, pitch;

  p.view.width = 1 + (int32_t)byte (in) % (shape & 1 ? 200 : 40);
  p.view.height = 1 + (int32_t)byte (in) % (shape & 2 ? 200 : 40);
  p.view.channels = 1 + (shape >> 2 & 3);
  p.view.depth = (RvsDepth)((shape >> 4 & 3) % 3);
  p.value_bytes = rvs_depth_bytes (p.view.depth);
  p.pixel_bytes = p.value_bytes * (size_t)p.view.channels;
  row = (size_t)p.view.width * p.pixel_bytes;
  pitch = row + (shape & 64 ? 4 * p.value_bytes : 0);
  p.n = pitch * (size_t)(p.view.height - 1) + row;
  p.block = malloc (p.n);
  FUZZ_CHECK (p.block);
  fill_bytes (in, p.block, p.n);
  p.view.stride = shape & 128 ? -(ptrdiff_t)pitch : (ptrdiff_t)pitch;
  p.view.pixels = p.block + (shape & 128 ? pitch * (size_t)(p.view.height - 1) : 0);
  return p;
}

/* The same pixels in a block of their own, which the caller frees, laid out as those of `p`: *out_view shows them. */
static inline unsigned char *
copy_picture (const Picture *p, RvsMutView *out_view)
{
  unsigned char *block = malloc (p->n);

  FUZZ_CHECK (block);
  memcpy (block, p->block, p->n);
  *out_view = p->view;
  out_view->pixels = block + ((unsigned char *)p->view.pixels - p->block);
  return block;
}

/* `block` is a copy of the picture's that was rendered into: alpha, and the pixels that may_change (user, x, y) does not name, are as they
 * were. */
static inline void
check_untouched (const Picture *p, const unsigned char *block, bool (*may_change) (const void *user, int x, int y),
                 const void *user)
{
  const size_t colours = p->value_bytes * (p->view.channels < 3 ? 1 : 3);

  for (int y = 0; y < p->view.height; y++)
    for (int x = 0; x < p->view.width; x++)
      {
        const unsigned char *at
            = (const unsigned char *)p->view.pixels + y * p->view.stride + (ptrdiff_t)((size_t)x * p->pixel_bytes);
        const size_t offset = (size_t)(at - p->block), skip = may_change (user, x, y) ? colours : 0;

        FUZZ_CHECK (memcmp (block + offset + skip, at + skip, p->pixel_bytes - skip) == 0);
      }
}

/* ---- networks ---- */

/* Ends the program where one cannot be read. */
static inline void
open_models (const char *const *paths, size_t n, RvsModel **out_models)
{
  RvsError err = { RVS_OK, "" };

  for (size_t i = 0; i < n; i++)
    if (rvs_model_open (paths[i], NULL, &out_models[i], &err) != RVS_OK)
      {
        fprintf (stderr, "%s\n", err.message);
        exit (1);
      }
}

#endif
