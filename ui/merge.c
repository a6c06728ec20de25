/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * merge.c: buffers and sums.
 */
#include "merge.h"
#include <stdlib.h>
#include <string.h>

RvsParams
rvs_at_full_strength (const RvsParams *params)
{
  RvsParams full = *params;
  full.strength = 1;
  full.mask = (RvsView){ 0 };
  return full;
}

static gboolean
ensure (RvsMutView *buffer, const RvsView *source, int32_t channels, RvsDepth depth)
{
  if (buffer->pixels)
    return TRUE;
  RvsMutView v = { .width = source->width, .height = source->height, .channels = channels, .depth = depth };
  RvsView    shape = { .channels = channels, .depth = depth };
  v.stride = (ptrdiff_t)((size_t)source->width * rvs_view_pixel_bytes (&shape));
  v.pixels = calloc ((size_t)source->height, (size_t)v.stride);
  *buffer = v;
  return v.pixels != NULL;
}

static guint8 *
at (const RvsMutView *v, int32_t x, int32_t y)
{
  RvsView shape = { .channels = v->channels, .depth = v->depth };
  return (guint8 *)v->pixels + v->stride * y + (size_t)x * rvs_view_pixel_bytes (&shape);
}

static float *
floats_at (const RvsMutView *v, int32_t x, int32_t y)
{
  return (float *)(void *)at (v, x, y);
}

static void
zero_rect (RvsMutView *v, RvsRect rect)
{
  for (int32_t y = rect.y; v->pixels && y < rect.y + rect.height; y++)
    memset (at (v, rect.x, y), 0, (size_t)rect.width * sizeof (float));
}

static void
copy_source (const RvsMerge *merge, RvsMutView *to, RvsRect rect)
{
  size_t bytes = rvs_view_pixel_bytes (&merge->source) * (size_t)rect.width;
  for (int32_t y = rect.y; to->pixels && y < rect.y + rect.height; y++)
    memcpy (at (to, rect.x, y), rvs_view_at (&merge->source, rect.x, y), bytes);
}

static gboolean
any_overlap (const RvsRect *rects, size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < i; k++)
      if (rvs_rect_intersect (rects[i], rects[k]).width > 0 && rvs_rect_intersect (rects[i], rects[k]).height > 0)
        return TRUE;
  return FALSE;
}

gboolean
rvs_merge_begin (RvsMerge *merge, const RvsView *source, const RvsRect *rects, size_t n_rects, gboolean masked)
{
  merge->source = *source;
  merge->masked = masked;
  if (!ensure (&merge->out, source, source->channels, source->depth))
    return FALSE;
  if (masked
      && (!ensure (&merge->bare, source, source->channels, source->depth) || !ensure (&merge->matte, source, 1, RVS_DEPTH_F32)))
    return FALSE;
  merge->overlap = any_overlap (rects, n_rects);
  if (merge->overlap && (!ensure (&merge->sum, source, 1, RVS_DEPTH_F32) || !ensure (&merge->face, source, 1, RVS_DEPTH_F32)))
    return FALSE;
  for (size_t i = 0; i < n_rects; i++)
    {
      copy_source (merge, &merge->out, rects[i]);
      copy_source (merge, &merge->bare, rects[i]);
      zero_rect (&merge->matte, rects[i]);
      zero_rect (&merge->sum, rects[i]);
    }
  return TRUE;
}

void
rvs_merge_add_share (RvsMerge *merge, RvsRect rect)
{
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    {
      const float *face = floats_at (&merge->face, rect.x, y);
      float       *sum = floats_at (&merge->sum, rect.x, y);
      for (int32_t x = 0; x < rect.width; x++)
        sum[x] += face[x];
    }
}

static double
share_at (const RvsMerge *merge, int32_t x, int32_t y)
{
  float sum = *floats_at (&merge->sum, x, y);
  return sum > 1 ? 1 / (double)sum : 1;
}

static int
rounded (double v)
{
  return (int)(v < 0 ? v - 0.5 : v + 0.5);
}

/* One pixel: o += share * (r - s). */
static void
add_pixel (const RvsView *source, const guint8 *s, const guint8 *r, double share, guint8 *o)
{
  const guint16 *s16 = (const guint16 *)(const void *)s, *r16 = (const guint16 *)(const void *)r;
  const float   *s32 = (const float *)(const void *)s, *r32 = (const float *)(const void *)r;
  guint16       *o16 = (guint16 *)(void *)o;
  float         *o32 = (float *)(void *)o;
  for (int32_t c = 0; c < source->channels; c++)
    switch (source->depth)
      {
      case RVS_DEPTH_U8:
        o[c] = (guint8)CLAMP (o[c] + rounded (share * (r[c] - s[c])), 0, 255);
        break;
      case RVS_DEPTH_U16:
        o16[c] = (guint16)CLAMP (o16[c] + rounded (share * (r16[c] - s16[c])), 0, 65535);
        break;
      case RVS_DEPTH_F32:
        o32[c] += (float)share * (r32[c] - s32[c]);
        break;
      }
}

void
rvs_merge_add (RvsMerge *merge, RvsRect rect, const RvsView *plain)
{
  size_t bytes = rvs_view_pixel_bytes (&merge->source);
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    for (int32_t x = rect.x; x < rect.x + rect.width; x++)
      {
        const guint8 *s = rvs_view_at (&merge->source, x, y), *r = rvs_view_at (plain, x, y);
        if (memcmp (s, r, bytes)) /* untouched values keep their very bits */
          add_pixel (&merge->source, s, r, share_at (merge, x, y), at (&merge->out, x, y));
      }
}

void
rvs_merge_add_masked (RvsMerge *merge, RvsRect rect, const RvsView *bare)
{
  size_t bytes = rvs_view_pixel_bytes (&merge->source);
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    for (int32_t x = rect.x; x < rect.x + rect.width; x++)
      {
        float  face = (float)share_at (merge, x, y) * *floats_at (&merge->face, x, y);
        float *matte = floats_at (&merge->matte, x, y);
        /* behind the mask, the face that has most of the pixel */
        if (face >= *matte)
          memcpy (at (&merge->bare, x, y), rvs_view_at (bare, x, y), bytes);
        *matte += face;
      }
}

void
rvs_merge_views (const RvsMerge *merge, RvsUiResult *result)
{
  result->out = rvs_view_of (&merge->out);
  result->bare = merge->masked ? rvs_view_of (&merge->bare) : (RvsView){ 0 };
  result->matte = merge->masked ? rvs_view_of (&merge->matte) : (RvsView){ 0 };
}

void
rvs_merge_clear (RvsMerge *merge)
{
  RvsMutView *all[] = { &merge->out, &merge->bare, &merge->matte, &merge->sum, &merge->face };
  for (size_t i = 0; i < G_N_ELEMENTS (all); i++)
    free (all[i]->pixels);
  memset (merge, 0, sizeof *merge);
}
