/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * map_overlay.c: colours of amounts and of parts, lines, and their legends.
 */
#include "map_overlay.h"
#include "i18n.h"
#include "pixels.h"
#include <math.h>
#include <string.h>

#define MAX_PLANES 32
#define PART_ALPHA 0.55
#define SMOOTH_PART 160
#define THERE 128 /* a part with such a value somewhere is named in the legend */
#define PAD_PX 10
#define GAP_PX 6
#define SWATCH_PX 10
#define RAMP_PX 96
#define LINE_GAP_PX 4
#define WIRE_PX 1.0 /* of lines, at every zoom; */
#define RIM_PX 2.4  /* and of what makes them stand out on light and on dark skin */

typedef struct Colour
{
  double r, g, b, a;
} Colour;

/* From little to much: skin is neither. Lighter is less on every screen and for every eye, and nothing is not painted at all. */
static const struct
{
  double at;
  Colour colour;
} RAMP[] = {
  { 0.0, { 0.62, 0.95, 1.0, 0.0 } },
  { 0.15, { 0.45, 0.85, 1.0, 0.35 } },
  { 0.5, { 0.25, 0.45, 1.0, 0.65 } },
  { 1.0, { 0.75, 0.0, 0.85, 0.88 } },
};

/* Of parts, in the order of their first planes; far apart where parts touch. */
static const Colour PALETTE[] = {
  { 0.98, 0.80, 0.35, 1 }, { 0.90, 0.30, 0.25, 1 }, { 0.10, 0.75, 0.80, 1 }, { 0.20, 0.45, 0.95, 1 }, { 0.55, 0.30, 0.75, 1 },
  { 0.95, 0.50, 0.70, 1 }, { 0.40, 0.10, 0.15, 1 }, { 0.85, 0.10, 0.45, 1 }, { 0.45, 0.30, 0.15, 1 }, { 0.30, 0.65, 0.30, 1 },
  { 0.95, 0.95, 0.95, 1 }, { 0.65, 0.75, 0.45, 1 }, { 0.45, 0.50, 0.60, 1 },
};

static const Colour WIRE = { 0.55, 1.0, 0.85, 0.8 }, RIM = { 0, 0.1, 0.1, 0.3 };

struct RvsMapOverlay
{
  const RvsMapInfo *info; /* NULL: an image, in `surface` alone */
  int               n_planes, width, height;
  guint8           *values; /* as RvsFaceMap.values, 255 the most that is shown */
  guint32           there;  /* bit k: plane k shows something somewhere */
  int               n_lines;
  float            *lines; /* as RvsFaceMap.lines */
  cairo_matrix_t    to_image;
  cairo_surface_t  *surface; /* coloured for `strength`; NULL: not yet */
  double            strength;
};

/* Means over squares of 2 reach + 1 along one axis; `step` to the next value on it, `line` to the next line. */
static void
smooth_lines (float *values, int n, int step, int n_lines, int line, int reach)
{
  float *copy = g_new (float, n);
  for (int k = 0; k < n_lines; k++)
    {
      float *at = values + (gsize)k * (gsize)line;
      for (int i = 0; i < n; i++)
        copy[i] = at[(gsize)i * (gsize)step];
      for (int i = 0; i < n; i++)
        {
          int   from = MAX (0, i - reach), to = MIN (n - 1, i + reach);
          float sum = 0;
          for (int j = from; j <= to; j++)
            sum += copy[j];
          at[(gsize)i * (gsize)step] = sum / (float)(to - from + 1);
        }
    }
  g_free (copy);
}

/* An amount that changes from pixel to pixel is told by what is around it: places are to be seen, not grain. g_free. */
static float *
smoothed (const RvsFaceMap *map)
{
  float *values = g_memdup2 (map->values, (gsize)map->width * (gsize)map->height * sizeof (float));
  int    reach = 1 + MAX (map->width, map->height) / SMOOTH_PART;
  smooth_lines (values, map->width, 1, map->height, map->width, reach);
  smooth_lines (values, map->height, map->width, map->width, 1, reach);
  return values;
}

/* Rows of a 2 x 3 matrix. */
static cairo_matrix_t
matrix_of (const float m[6])
{
  return (cairo_matrix_t){
    .xx = (double)m[0], .xy = (double)m[1], .x0 = (double)m[2], .yx = (double)m[3], .yy = (double)m[4], .y0 = (double)m[5]
  };
}

/* In bytes, and which planes are there. */
static void
keep_values (RvsMapOverlay *overlay, const RvsFaceMap *map)
{
  const RvsMapInfo *info = overlay->info;
  const gboolean    amount = info->look == RVS_MAP_AMOUNT;
  const float       none = amount ? info->none : 0, full = amount ? info->full : 1;
  gsize             n = (gsize)overlay->n_planes * (gsize)map->width * (gsize)map->height;
  overlay->values = g_malloc (n);
  float       *smooth = amount ? smoothed (map) : NULL;
  const float *from = smooth ? smooth : map->values;
  for (gsize i = 0; i < n; i++)
    {
      guint8 value = (guint8)(CLAMP ((from[i] - none) / (full - none), 0, 1) * 255 + 0.5f);
      overlay->values[i] = value;
      if (value >= THERE)
        overlay->there |= 1u << i / ((gsize)map->width * (gsize)map->height);
    }
  g_free (smooth);
}

RvsMapOverlay *
rvs_map_overlay_new (const RvsMapInfo *info, const RvsFaceMap *map)
{
  RvsMapOverlay *overlay = g_new0 (RvsMapOverlay, 1);
  overlay->info = info;
  overlay->n_planes = MIN (map->n_planes, MAX_PLANES);
  overlay->width = map->width;
  overlay->height = map->height;
  overlay->to_image = matrix_of (map->to_image);
  overlay->n_lines = map->n_lines;
  overlay->lines = g_memdup2 (map->lines, (gsize)map->n_lines * 4 * sizeof (float));
  if (overlay->n_planes)
    keep_values (overlay, map);
  return overlay;
}

RvsMapOverlay *
rvs_map_overlay_new_image (const RvsView *image, const float m[6])
{
  cairo_surface_t *surface = rvs_pixels_surface (image, (RvsRect){ 0, 0, image->width, image->height });
  if (!surface)
    return NULL;
  RvsMapOverlay *overlay = g_new0 (RvsMapOverlay, 1);
  overlay->width = image->width;
  overlay->height = image->height;
  overlay->surface = surface;
  overlay->to_image = matrix_of (m);
  return overlay;
}

gboolean
rvs_map_overlay_of_result (const RvsMapOverlay *overlay)
{
  return !overlay->info || overlay->info->of_result;
}

int
rvs_map_overlay_side (const RvsMapOverlay *overlay)
{
  return overlay->width;
}

cairo_surface_t *
rvs_map_overlay_thumb (const RvsMapOverlay *overlay, int side)
{
  cairo_surface_t *thumb = cairo_image_surface_create (CAIRO_FORMAT_RGB24, side, side);
  cairo_t         *cr = cairo_create (thumb);
  cairo_scale (cr, (double)side / overlay->width, (double)side / overlay->height);
  cairo_set_source_surface (cr, overlay->surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_paint (cr);
  cairo_destroy (cr);
  return thumb;
}

void
rvs_map_overlay_free (RvsMapOverlay *overlay)
{
  if (!overlay)
    return;
  g_clear_pointer (&overlay->surface, cairo_surface_destroy);
  g_free (overlay->values);
  g_free (overlay->lines);
  g_free (overlay);
}

const RvsMapInfo *
rvs_map_overlay_info (const RvsMapOverlay *overlay)
{
  return overlay->info;
}

gsize
rvs_map_overlay_bytes (const RvsMapOverlay *overlay)
{
  gsize cells = (gsize)overlay->width * (gsize)overlay->height;
  gsize lines = (gsize)overlay->n_lines * 4 * sizeof (float);
  return sizeof *overlay + cells * (gsize)overlay->n_planes + lines + (overlay->surface ? 4 * cells : 0);
}

/* ---- colours ------------------------------------------------------------------------------ */

static Colour
ramp_at (double amount)
{
  guint i = 1;
  while (i + 1 < G_N_ELEMENTS (RAMP) && amount > RAMP[i].at)
    i++;
  Colour a = RAMP[i - 1].colour, b = RAMP[i].colour;
  double t = CLAMP ((amount - RAMP[i - 1].at) / (RAMP[i].at - RAMP[i - 1].at), 0, 1);
  return (Colour){ a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b), a.a + t * (b.a - a.a) };
}

/* The first plane of the part; planes without a name are none: -1. */
static int
part_of (const RvsMapOverlay *overlay, int plane)
{
  const char *const *names = overlay->info->parts;
  for (int i = 0; names[plane] && i <= plane; i++)
    if (names[i] && !strcmp (names[i], names[plane]))
      return i;
  return -1;
}

/* How many parts begin before the plane. */
static Colour
part_colour (const RvsMapOverlay *overlay, int plane)
{
  int part = part_of (overlay, plane);
  int n = 0;
  for (int i = 0; i < part; i++)
    n += part_of (overlay, i) == i;
  return PALETTE[(guint)n % G_N_ELEMENTS (PALETTE)];
}

/* An ARGB32 word of cairo's. */
static guint32
word_of (Colour c)
{
  return (guint32)(c.a * 255 + 0.5) << 24 | (guint32)(c.r * c.a * 255 + 0.5) << 16 | (guint32)(c.g * c.a * 255 + 0.5) << 8
         | (guint32)(c.b * c.a * 255 + 0.5);
}

static void
colour_amounts (const RvsMapOverlay *overlay, double strength, guint8 *to, int stride)
{
  guint32 words[256];
  for (int i = 0; i < 256; i++)
    words[i] = word_of (ramp_at (strength * i / 255));
  for (int y = 0; y < overlay->height; y++)
    for (int x = 0; x < overlay->width; x++)
      ((guint32 *)(void *)(to + (ptrdiff_t)stride * y))[x] = words[overlay->values[(gsize)y * (gsize)overlay->width + (gsize)x]];
}

/* Where several parts may be, their colours mix. */
static Colour
mix_parts (const RvsMapOverlay *overlay, const Colour *colours, gsize cell)
{
  gsize  cells = (gsize)overlay->width * (gsize)overlay->height;
  Colour sum = { 0 };
  for (int k = 0; k < overlay->n_planes; k++)
    {
      double share = colours[k].a * overlay->values[(gsize)k * cells + cell] / 255;
      sum.r += share * colours[k].r;
      sum.g += share * colours[k].g;
      sum.b += share * colours[k].b;
      sum.a += share;
    }
  if (sum.a <= 0)
    return sum;
  return (Colour){ sum.r / sum.a, sum.g / sum.a, sum.b / sum.a, PART_ALPHA * MIN (sum.a, 1) };
}

static void
colour_parts (const RvsMapOverlay *overlay, guint8 *to, int stride)
{
  Colour colours[MAX_PLANES];
  for (int k = 0; k < overlay->n_planes; k++)
    colours[k] = part_of (overlay, k) < 0 ? (Colour){ 0 } : part_colour (overlay, k);
  for (int y = 0; y < overlay->height; y++)
    for (int x = 0; x < overlay->width; x++)
      ((guint32 *)(void *)(to + (ptrdiff_t)stride * y))[x]
          = word_of (mix_parts (overlay, colours, (gsize)y * (gsize)overlay->width + (gsize)x));
}

static void
ensure_surface (RvsMapOverlay *overlay, double strength)
{
  if (!overlay->info || (overlay->surface && overlay->strength == strength))
    return;
  if (!overlay->surface)
    overlay->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, overlay->width, overlay->height);
  guint8 *to = cairo_image_surface_get_data (overlay->surface);
  int     stride = cairo_image_surface_get_stride (overlay->surface);
  cairo_surface_flush (overlay->surface);
  if (to && overlay->info->look == RVS_MAP_AMOUNT)
    colour_amounts (overlay, strength, to, stride);
  else if (to)
    colour_parts (overlay, to, stride);
  cairo_surface_mark_dirty (overlay->surface);
  overlay->strength = strength;
}

/* The path is the picture's, the pen is the screen's. */
static void
stroke (cairo_t *cr, Colour colour, double width)
{
  cairo_save (cr);
  cairo_identity_matrix (cr);
  cairo_set_line_width (cr, width);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_source_rgba (cr, colour.r, colour.g, colour.b, colour.a);
  cairo_stroke_preserve (cr);
  cairo_restore (cr);
}

static void
paint_lines (const RvsMapOverlay *overlay, cairo_t *cr)
{
  cairo_save (cr);
  cairo_transform (cr, &overlay->to_image);
  cairo_new_path (cr);
  for (int i = 0; i < overlay->n_lines; i++)
    {
      const float *line = overlay->lines + 4 * i;
      cairo_move_to (cr, (double)line[0], (double)line[1]);
      cairo_line_to (cr, (double)line[2], (double)line[3]);
    }
  stroke (cr, RIM, RIM_PX);
  stroke (cr, WIRE, WIRE_PX);
  cairo_new_path (cr);
  cairo_restore (cr);
}

void
rvs_map_overlay_paint (RvsMapOverlay *overlay, cairo_t *cr, double strength)
{
  if (overlay->info && overlay->info->look == RVS_MAP_LINES)
    {
      paint_lines (overlay, cr);
      return;
    }
  ensure_surface (overlay, rvs_map_overlay_of_result (overlay) ? strength : 1);
  cairo_save (cr);
  cairo_transform (cr, &overlay->to_image);
  cairo_set_source_surface (cr, overlay->surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_BILINEAR);
  cairo_paint_with_alpha (cr, overlay->info ? 1 : strength);
  cairo_restore (cr);
}

/* ---- legend ------------------------------------------------------------------------------- */

/* One thing of the legend: a name, with its colour before it or, where that is a whole ramp, behind it. */
typedef struct Entry
{
  PangoLayout *name;
  Colour       colour;
  double       x, y, width; /* y: of its line, from the first */
  gboolean     ramp;
} Entry;

static void
entry_clear (gpointer data)
{
  g_clear_object (&((Entry *)data)->name);
}

static void
add_entry (GArray *entries, GtkWidget *widget, const char *text, Colour colour, gboolean ramp)
{
  Entry entry = { .name = gtk_widget_create_pango_layout (widget, text), .colour = colour, .ramp = ramp };
  int   w, h;
  pango_layout_get_pixel_size (entry.name, &w, &h);
  entry.width = w + (ramp ? GAP_PX + RAMP_PX : colour.a > 0 ? SWATCH_PX + GAP_PX : 0);
  g_array_append_val (entries, entry);
}

/* Not those that are nowhere on this face. */
static gboolean
is_there (const RvsMapOverlay *overlay, int part)
{
  for (int k = part; k < overlay->n_planes; k++)
    if (part_of (overlay, k) == part && overlay->there >> k & 1)
      return TRUE;
  return FALSE;
}

static GArray *
list_entries (const RvsMapOverlay *overlay, GtkWidget *widget)
{
  const RvsMapInfo *info = overlay->info;
  GArray           *entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_array_set_clear_func (entries, entry_clear);
  if (info->look == RVS_MAP_LINES)
    {
      gboolean any = overlay->n_lines > 0;
      add_entry (entries, widget, any ? _ (info->high_end) : _ (info->low_end), any ? WIRE : (Colour){ 0 }, FALSE);
      return entries;
    }
  if (info->look == RVS_MAP_AMOUNT)
    {
      add_entry (entries, widget, _ (info->low_end), (Colour){ 0 }, TRUE);
      add_entry (entries, widget, _ (info->high_end), (Colour){ 0 }, FALSE);
      return entries;
    }
  for (int k = 0; k < overlay->n_planes; k++)
    if (part_of (overlay, k) == k && is_there (overlay, k))
      add_entry (entries, widget, _ (info->parts[k]), part_colour (overlay, k), FALSE);
  return entries;
}

/* Line after line, as wide as the room; returns the size. */
static RvsBoxF
lay_out (GArray *entries, double room, double line)
{
  double   x = 0, y = 0, width = 0;
  gboolean after_ramp = FALSE;
  for (guint i = 0; i < entries->len; i++)
    {
      Entry *entry = &g_array_index (entries, Entry, i);
      double gap = after_ramp ? GAP_PX : 2 * GAP_PX;
      if (x > 0 && x + gap + entry->width > room)
        {
          x = 0;
          y += line + LINE_GAP_PX;
        }
      entry->x = x > 0 ? x + gap : 0;
      entry->y = y;
      x = entry->x + entry->width;
      width = MAX (width, x);
      after_ramp = entry->ramp;
    }
  return (RvsBoxF){ 0, 0, width, y + line };
}

static void
draw_ramp (cairo_t *cr, double x, double y)
{
  cairo_pattern_t *pattern = cairo_pattern_create_linear (x, 0, x + RAMP_PX, 0);
  for (guint i = 0; i < G_N_ELEMENTS (RAMP); i++)
    cairo_pattern_add_color_stop_rgba (pattern, RAMP[i].at, RAMP[i].colour.r, RAMP[i].colour.g, RAMP[i].colour.b, RAMP[i].colour.a);
  rvs_overlay_rounded (cr, (RvsBoxF){ x, y - SWATCH_PX / 2.0, RAMP_PX, SWATCH_PX }, 3);
  cairo_set_source_rgb (cr, 0.80, 0.66, 0.58); /* skin, as it lies under the colours */
  cairo_fill_preserve (cr);
  cairo_set_source (cr, pattern);
  cairo_fill (cr);
  cairo_pattern_destroy (pattern);
}

static void
draw_entry (cairo_t *cr, const Entry *entry, double x, double y, double line)
{
  gboolean swatch = entry->colour.a > 0;
  int      w, h;
  pango_layout_get_pixel_size (entry->name, &w, &h);
  if (swatch)
    {
      rvs_overlay_rounded (cr, (RvsBoxF){ x, y + (line - SWATCH_PX) / 2, SWATCH_PX, SWATCH_PX }, 3);
      cairo_set_source_rgb (cr, entry->colour.r, entry->colour.g, entry->colour.b);
      cairo_fill (cr);
    }
  cairo_set_source_rgba (cr, 1, 1, 1, 0.96);
  cairo_move_to (cr, x + (swatch ? SWATCH_PX + GAP_PX : 0), y);
  pango_cairo_show_layout (cr, entry->name);
  if (entry->ramp)
    draw_ramp (cr, x + w + GAP_PX, y + line / 2);
}

void
rvs_map_overlay_draw_legend (const RvsMapOverlay *overlay, cairo_t *cr, GtkWidget *widget, RvsBoxF box)
{
  if (!overlay->info)
    return;
  GArray *entries = list_entries (overlay, widget);
  int     w = 0, line = 0;
  if (entries->len)
    pango_layout_get_pixel_size (g_array_index (entries, Entry, 0).name, &w, &line);
  RvsBoxF size = lay_out (entries, box.w - 4 * PAD_PX, line);
  RvsBoxF pill = { box.x + PAD_PX, box.y + box.h - PAD_PX - size.h - 8, size.w + 2 * PAD_PX, size.h + 8 };
  if (entries->len)
    {
      rvs_overlay_rounded (cr, pill, 13);
      cairo_set_source_rgba (cr, 0.09, 0.09, 0.10, 0.72);
      cairo_fill (cr);
    }
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);
      draw_entry (cr, entry, pill.x + PAD_PX + entry->x, pill.y + 4 + entry->y, line);
    }
  g_array_unref (entries);
}
