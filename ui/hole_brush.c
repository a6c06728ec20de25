/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole_brush.c: strokes, and their coverage. A drawn stroke is the union of round-ended lines between its points: the largest value of them
 * all, so that no joint shows and the order of its points does not matter.
 */
#include "hole_brush.h"
#include "rect.h"
#include <math.h>
#include <string.h>

struct RvsHoleBrush
{
  int32_t    width, height;
  GPtrArray *strokes;   /* RvsStroke */
  RvsView    selection; /* pixels NULL: none */
};

static void
stroke_free (gpointer data)
{
  RvsStroke *stroke = data;
  g_array_unref (stroke->points);
  g_clear_pointer (&stroke->spans, g_array_unref);
  g_free (stroke);
}

static RvsStroke *
add_stroke (RvsHoleBrush *brush, RvsStrokeKind kind, float radius)
{
  RvsStroke *stroke = g_new0 (RvsStroke, 1);
  stroke->kind = kind;
  stroke->radius = radius;
  stroke->points = g_array_new (FALSE, FALSE, sizeof (RvsPoint));
  g_ptr_array_add (brush->strokes, stroke);
  return stroke;
}

RvsHoleBrush *
rvs_hole_brush_new (int32_t width, int32_t height)
{
  RvsHoleBrush *brush = g_new0 (RvsHoleBrush, 1);
  brush->width = width;
  brush->height = height;
  brush->strokes = g_ptr_array_new_with_free_func (stroke_free);
  return brush;
}

void
rvs_hole_brush_free (RvsHoleBrush *brush)
{
  if (brush)
    g_ptr_array_unref (brush->strokes);
  g_free (brush);
}

void
rvs_hole_brush_copy (RvsHoleBrush *brush, const RvsHoleBrush *from)
{
  g_ptr_array_set_size (brush->strokes, 0);
  for (guint i = 0; from && i < from->strokes->len; i++)
    {
      const RvsStroke *stroke = g_ptr_array_index (from->strokes, i);
      RvsStroke       *copy = add_stroke (brush, stroke->kind, stroke->radius);
      if (stroke->points->len)
        g_array_append_vals (copy->points, stroke->points->data, stroke->points->len);
      copy->spans = stroke->spans ? g_array_ref (stroke->spans) : NULL; /* never changed */
    }
}

void
rvs_hole_brush_set_selection (RvsHoleBrush *brush, const RvsView *selection)
{
  brush->selection = *selection;
}

RvsHoleBrush *
rvs_hole_brush_new_copy (const RvsHoleBrush *from)
{
  RvsHoleBrush *brush = rvs_hole_brush_new (from->width, from->height);
  rvs_hole_brush_copy (brush, from);
  return brush;
}

/* A row becomes a column. */
static GArray *
turned_spans (const GArray *spans, int32_t height)
{
  GArray *turned = g_array_new (FALSE, FALSE, sizeof (RvsSpan));
  for (guint i = 0; i < spans->len; i++)
    {
      const RvsSpan *span = &g_array_index (spans, RvsSpan, i);
      for (int32_t k = 0; k < span->n; k++)
        g_array_append_val (turned, ((RvsSpan){ height - 1 - span->y, span->x + k, 1 }));
    }
  return turned;
}

static void
turn_stroke (RvsStroke *stroke, int32_t height)
{
  for (guint i = 0; i < stroke->points->len; i++)
    {
      RvsPoint *point = &g_array_index (stroke->points, RvsPoint, i);
      *point = (RvsPoint){ (float)height - point->y, point->x };
    }
  GArray *spans = stroke->spans;
  if (spans)
    {
      stroke->spans = turned_spans (spans, height);
      g_array_unref (spans);
    }
}

void
rvs_hole_brush_turn (RvsHoleBrush *brush)
{
  int32_t width = brush->width;
  g_assert (!brush->selection.pixels);
  for (guint i = 0; i < brush->strokes->len; i++)
    turn_stroke (g_ptr_array_index (brush->strokes, i), brush->height);
  brush->width = brush->height;
  brush->height = width;
}

void
rvs_hole_brush_begin (RvsHoleBrush *brush, RvsStrokeKind kind, float x, float y, float radius)
{
  add_stroke (brush, kind, radius);
  rvs_hole_brush_extend (brush, x, y);
}

void
rvs_hole_brush_extend (RvsHoleBrush *brush, float x, float y)
{
  RvsPoint point = { x, y };
  if (brush->strokes->len)
    g_array_append_val (((RvsStroke *)g_ptr_array_index (brush->strokes, brush->strokes->len - 1))->points, point);
}

void
rvs_hole_brush_add_found (RvsHoleBrush *brush, GArray *spans)
{
  add_stroke (brush, RVS_STROKE_FOUND, 0)->spans = spans;
}

gboolean
rvs_stroke_tells (RvsStrokeKind kind)
{
  return kind >= RVS_STROKE_FAITHFUL;
}

/* Of local fidelity, or of damage and lines. */
static const RvsStroke *
last_of (const RvsHoleBrush *brush, gboolean fidelity)
{
  for (guint i = brush->strokes->len; i > 0; i--)
    {
      const RvsStroke *stroke = g_ptr_array_index (brush->strokes, i - 1);
      if (rvs_stroke_tells (stroke->kind) == fidelity)
        return stroke;
    }
  return NULL;
}

guint
rvs_hole_brush_n_marks (const RvsHoleBrush *brush)
{
  guint n = 0;
  for (guint i = 0; i < brush->strokes->len; i++)
    n += !rvs_stroke_tells (((const RvsStroke *)g_ptr_array_index (brush->strokes, i))->kind);
  return n;
}

void
rvs_hole_brush_untell (RvsHoleBrush *brush)
{
  const RvsStroke *last = last_of (brush, TRUE);
  if (last && last->kind != RVS_STROKE_ALL_UNTOLD)
    add_stroke (brush, RVS_STROKE_ALL_UNTOLD, 0);
}

void
rvs_hole_brush_clear (RvsHoleBrush *brush)
{
  const RvsStroke *last = last_of (brush, FALSE);
  if (last ? last->kind != RVS_STROKE_CLEAR : brush->selection.pixels != NULL)
    add_stroke (brush, RVS_STROKE_CLEAR, 0);
}

gboolean
rvs_hole_brush_undo (RvsHoleBrush *brush)
{
  if (!brush->strokes->len)
    return FALSE;
  g_ptr_array_set_size (brush->strokes, (int)brush->strokes->len - 1);
  return TRUE;
}

guint
rvs_hole_brush_n_strokes (const RvsHoleBrush *brush)
{
  return brush->strokes->len;
}

const RvsStroke *
rvs_hole_brush_last (const RvsHoleBrush *brush)
{
  return brush->strokes->len ? g_ptr_array_index (brush->strokes, brush->strokes->len - 1) : NULL;
}

/* FNV-1a */
static guint64
hash_bytes (guint64 hash, const void *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    hash = (hash ^ ((const guint8 *)bytes)[i]) * 1099511628211u;
  return hash;
}

guint64
rvs_hole_brush_hash (const RvsHoleBrush *brush)
{
  guint64 hash = brush->strokes->len ? 14695981039346656037u : 0;
  for (guint i = 0; i < brush->strokes->len; i++)
    {
      const RvsStroke *stroke = g_ptr_array_index (brush->strokes, i);
      hash = hash_bytes (hash, &stroke->kind, sizeof stroke->kind);
      hash = hash_bytes (hash, &stroke->radius, sizeof stroke->radius);
      hash = hash_bytes (hash, stroke->points->data, stroke->points->len * sizeof (RvsPoint));
      if (stroke->spans)
        hash = hash_bytes (hash, stroke->spans->data, stroke->spans->len * sizeof (RvsSpan));
    }
  return hash;
}

/* ---- found pixels ------------------------------------------------------------------------- */

static int32_t
first_above_0 (const guint8 *row, int32_t x, int32_t width)
{
  while (x < width && !row[x])
    x++;
  return x;
}

GArray *
rvs_spans_of_plane (const RvsView *plane)
{
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (RvsSpan));
  for (int32_t y = 0; y < plane->height; y++)
    {
      const guint8 *row = (const guint8 *)plane->pixels + plane->stride * y;
      for (int32_t x = first_above_0 (row, 0, plane->width), end; x < plane->width; x = first_above_0 (row, end, plane->width))
        {
          for (end = x; end < plane->width && row[end]; end++)
            ;
          RvsSpan span = { x, y, end - x };
          g_array_append_val (spans, span);
        }
    }
  return spans;
}

static void
draw_found (const RvsHoleBrush *brush, guint8 *plane, const GArray *spans)
{
  for (guint i = 0; i < spans->len; i++)
    {
      RvsSpan span = g_array_index (spans, RvsSpan, i);
      memset (plane + (size_t)span.y * (size_t)brush->width + span.x, 255, (size_t)span.n);
    }
}

/* ---- coverage ----------------------------------------------------------------------------- */

/* Of a point from the line a..b. */
static float
distance (RvsPoint a, RvsPoint b, float x, float y)
{
  float dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  float t = length > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length : 0;
  t = CLAMP (t, 0, 1);
  return hypotf (x - a.x - t * dx, y - a.y - t * dy);
}

/* The brush's edge is one pixel wide. */
static void
cover (guint8 *pixel, gboolean erases, float inside)
{
  guint8 value = (guint8)(CLAMP (inside, 0, 1) * 255 + 0.5f);
  *pixel = erases ? MIN (*pixel, 255 - value) : MAX (*pixel, value);
}

static void
draw_line (const RvsHoleBrush *brush, guint8 *plane, const RvsStroke *stroke, gboolean erases, RvsPoint a, RvsPoint b)
{
  float reach = stroke->radius + 1;
  int   x0 = (int)floorf (CLAMP (MIN (a.x, b.x) - reach, 0, (float)brush->width));
  int   x1 = (int)ceilf (CLAMP (MAX (a.x, b.x) + reach, 0, (float)brush->width));
  int   y0 = (int)floorf (CLAMP (MIN (a.y, b.y) - reach, 0, (float)brush->height));
  int   y1 = (int)ceilf (CLAMP (MAX (a.y, b.y) + reach, 0, (float)brush->height));
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      cover (plane + (size_t)y * (size_t)brush->width + x, erases,
             stroke->radius + 0.5f - distance (a, b, (float)x + 0.5f, (float)y + 0.5f));
}

static void
draw_stroke (const RvsHoleBrush *brush, guint8 *plane, const RvsStroke *stroke, gboolean erases)
{
  if (stroke->spans)
    draw_found (brush, plane, stroke->spans);
  for (guint i = 0; i < stroke->points->len; i++)
    draw_line (brush, plane, stroke, erases, g_array_index (stroke->points, RvsPoint, i ? i - 1 : 0),
               g_array_index (stroke->points, RvsPoint, i));
}

static const RvsStroke *
stroke_at (const RvsHoleBrush *brush, guint i)
{
  return g_ptr_array_index (brush->strokes, i);
}

/* What lies before the last clearing need not be drawn. */
static guint
first_that_counts (const RvsHoleBrush *brush)
{
  guint i = brush->strokes->len;
  while (i > 0 && stroke_at (brush, i - 1)->kind != RVS_STROKE_CLEAR)
    i--;
  return i;
}

static gboolean
any_marked (const guint8 *plane, size_t n)
{
  return n > 0 && (plane[0] || memcmp (plane, plane + 1, n - 1) != 0); /* not all zero: the first is, and then each is the next */
}

/* Until it is cleared, or replaced by what was found in it. */
static gboolean
selection_is_marked (const RvsHoleBrush *brush)
{
  for (guint i = 0; i < brush->strokes->len; i++)
    {
      RvsStrokeKind kind = stroke_at (brush, i)->kind;
      if (kind == RVS_STROKE_CLEAR || kind == RVS_STROKE_FOUND)
        return FALSE;
    }
  return brush->selection.pixels != NULL;
}

static void
start_from_selection (const RvsHoleBrush *brush, guint8 *plane)
{
  for (int32_t y = 0; y < brush->height; y++)
    memcpy (plane + (size_t)y * (size_t)brush->width, (const guint8 *)brush->selection.pixels + brush->selection.stride * y,
            (size_t)brush->width);
}

static void
keep_to_selection (const RvsHoleBrush *brush, guint8 *plane)
{
  for (int32_t y = 0; y < brush->height; y++)
    {
      const guint8 *limit = (const guint8 *)brush->selection.pixels + brush->selection.stride * y;
      guint8       *row = plane + (size_t)y * (size_t)brush->width;
      for (int32_t x = 0; x < brush->width; x++)
        row[x] = MIN (row[x], limit[x]);
    }
}

/* Takes the plane, which may be NULL. */
static GBytes *
take_plane (const RvsHoleBrush *brush, guint8 *plane, RvsView *out_view)
{
  size_t n = (size_t)brush->width * (size_t)brush->height;
  if (!plane || !any_marked (plane, n))
    {
      g_free (plane);
      return NULL;
    }
  *out_view = (RvsView){ plane, brush->width, brush->width, brush->height, 1, RVS_DEPTH_U8 };
  return g_bytes_new_take (plane, n);
}

GBytes *
rvs_hole_brush_coverage (const RvsHoleBrush *brush, RvsView *out_view)
{
  size_t   n = (size_t)brush->width * (size_t)brush->height;
  guint    first = first_that_counts (brush);
  gboolean selected = selection_is_marked (brush);
  guint8  *plane = first < brush->strokes->len || selected ? g_try_malloc0 (n) : NULL;
  memset (out_view, 0, sizeof *out_view);
  if (plane && selected)
    start_from_selection (brush, plane);
  for (guint i = first; plane && i < brush->strokes->len; i++)
    if (stroke_at (brush, i)->kind != RVS_STROKE_LINE && !rvs_stroke_tells (stroke_at (brush, i)->kind))
      draw_stroke (brush, plane, stroke_at (brush, i), stroke_at (brush, i)->kind == RVS_STROKE_ERASE);
  if (plane && brush->selection.pixels)
    keep_to_selection (brush, plane);
  return take_plane (brush, plane, out_view);
}

GBytes *
rvs_hole_brush_lines (const RvsHoleBrush *brush, RvsView *out_view)
{
  guint8 *plane = NULL;
  memset (out_view, 0, sizeof *out_view);
  for (guint i = first_that_counts (brush); i < brush->strokes->len; i++)
    {
      const RvsStroke *stroke = stroke_at (brush, i);
      if (!plane && stroke->kind == RVS_STROKE_LINE && !(plane = g_try_malloc0 ((size_t)brush->width * (size_t)brush->height)))
        return NULL;
      if (plane && (stroke->kind == RVS_STROKE_LINE || stroke->kind == RVS_STROKE_ERASE))
        draw_stroke (brush, plane, stroke, stroke->kind == RVS_STROKE_ERASE);
    }
  return take_plane (brush, plane, out_view);
}

/* ---- local fidelity ----------------------------------------------------------------------- */

/* The first stroke that counts; strokes->len: none. */
static guint
first_that_tells (const RvsHoleBrush *brush)
{
  guint first = brush->strokes->len;
  for (guint i = brush->strokes->len; i > 0 && stroke_at (brush, i - 1)->kind != RVS_STROKE_ALL_UNTOLD; i--)
    if (rvs_stroke_tells (stroke_at (brush, i - 1)->kind))
      first = i - 1;
  return first;
}

GBytes *
rvs_hole_brush_told (const RvsHoleBrush *brush, RvsStrokeKind kind, RvsView *out_view)
{
  guint   first = first_that_tells (brush);
  guint8 *plane = first < brush->strokes->len ? g_try_malloc0 ((size_t)brush->width * (size_t)brush->height) : NULL;
  memset (out_view, 0, sizeof *out_view);
  for (guint i = first; plane && i < brush->strokes->len; i++)
    if (rvs_stroke_tells (stroke_at (brush, i)->kind))
      draw_stroke (brush, plane, stroke_at (brush, i), stroke_at (brush, i)->kind != kind);
  return take_plane (brush, plane, out_view);
}

static guint8
value_at (const RvsView *plane, int32_t x, int32_t y)
{
  return plane->pixels ? ((const guint8 *)plane->pixels)[plane->stride * y + x] : 0;
}

/* How faithful, and how far that counts. */
static void
join_pixel (guint8 *to, guint faithful, guint invent)
{
  guint sum = faithful + invent;
  to[0] = sum ? (guint8)((faithful * 255 + sum / 2) / sum) : 0;
  to[1] = (guint8)MIN (sum, 255);
}

/* The map of one channel follows what is told as far as that counts. */
static void
lay_pixel_over (guint8 *to, guint faithful, guint invent)
{
  guint8 told[2];
  join_pixel (told, faithful, invent);
  to[0] = (guint8)((told[0] * told[1] + to[0] * (255u - told[1]) + 127) / 255);
}

/* Only where there is something: the pages of the rest take no memory. */
static void
join_in (const RvsMutView *map, const RvsView *faithful, const RvsView *invent, RvsRect box)
{
  for (int32_t y = box.y; y < box.y + box.height; y++)
    for (int32_t x = box.x; x < box.x + box.width; x++)
      {
        guint8 *to = (guint8 *)map->pixels + map->stride * y + (size_t)x * (size_t)map->channels;
        (map->channels == 1 ? lay_pixel_over : join_pixel) (to, value_at (faithful, x, y), value_at (invent, x, y));
      }
}

static RvsRect
bounds_of (const RvsView *plane)
{
  return plane->pixels ? rvs_hole_bounds (plane) : (RvsRect){ 0 };
}

static void *
copy_of_plane (const RvsView *plane)
{
  guint8 *copy = g_try_malloc_n ((gsize)plane->height, (gsize)plane->width);
  for (int32_t y = 0; copy && y < plane->height; y++)
    memcpy (copy + (size_t)y * (size_t)plane->width, (const guint8 *)plane->pixels + plane->stride * y, (size_t)plane->width);
  return copy;
}

GBytes *
rvs_hole_join_told (const RvsView *faithful, const RvsView *invent, const RvsView *over, RvsView *out_view)
{
  const RvsView *any = over->pixels ? over : faithful->pixels ? faithful : invent;
  RvsMutView     map = { .width = any->width, .height = any->height, .channels = over->pixels ? 1 : 2, .depth = RVS_DEPTH_U8 };
  map.stride = (ptrdiff_t)map.channels * map.width;
  memset (out_view, 0, sizeof *out_view);
  if (any->pixels)
    map.pixels = over->pixels ? copy_of_plane (over) : g_try_malloc0_n ((gsize)map.height, (gsize)map.stride);
  if (!map.pixels)
    return NULL;
  join_in (&map, faithful, invent, rvs_rect_join (bounds_of (faithful), bounds_of (invent))); /* a pixel is laid over once */
  *out_view = rvs_view_of (&map);
  return g_bytes_new_take (map.pixels, (gsize)map.height * (gsize)map.stride);
}

GBytes *
rvs_hole_brush_fidelity (const RvsHoleBrush *brush, const RvsView *over, RvsView *out_view)
{
  RvsView f = { 0 }, v = { 0 };
  GBytes *faithful = brush ? rvs_hole_brush_told (brush, RVS_STROKE_FAITHFUL, &f) : NULL,
         *invent = brush ? rvs_hole_brush_told (brush, RVS_STROKE_INVENT, &v) : NULL;
  GBytes *map = rvs_hole_join_told (&f, &v, over, out_view);
  g_clear_pointer (&faithful, g_bytes_unref);
  g_clear_pointer (&invent, g_bytes_unref);
  return map;
}
