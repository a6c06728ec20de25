/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_engine.c: a test double behind rvs.h for the tests of the panel: quick, deterministic, with delays that a test sets.
 *
 * Faces lie where $RVS_FAKE_FACES says ("x,y,w,h;..." in fractions of the picture). Stage images are the face reduced to 8, 16 and
 * 32 cells; the result is the face sharpened and brightened by an amount that depends on the fidelity. What the panel relies on
 * is kept: cancelling, progress, analysis independent of the sliders, the skip reasons, rects, strength and mask. With a hole, its pixels
 * become a quarter grey, and no others change. Pixels with a red of 255 are damage.
 */
#include "fake_engine.h"
#include "rvs_params.h"
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct RvsSession
{
  RvsSessionConfig config;
  gint             cancel;
};

struct RvsAnalysis
{
  RvsSession    *session;
  size_t         n;
  RvsFaceReport *reports;
  float          fidelity; /* of the cached results; -2: none */
  guint          told;     /* a sum of the fidelity map that they followed */
  size_t         bytes;
};

/* set once by a test before anything runs, counted atomically */
static FakeEngine fake = { .detect_ms = 30, .analyse_ms = 60, .stage_ms = 60, .damage = 0.5f, .analysis_bytes = 1 << 20 };

FakeEngine *
fake_engine (void)
{
  return &fake;
}

static RvsStatus
fail (RvsError *err, RvsStatus status, const char *message)
{
  if (err)
    {
      err->status = status;
      g_strlcpy (err->message, message, sizeof err->message);
    }
  return status;
}

/* Waits in small steps, as the engine polls; FALSE when cancelled. */
static gboolean
pass_time (RvsSession *session, int ms)
{
  for (; ms > 0; ms -= 5)
    {
      if (g_atomic_int_get (&session->cancel))
        break;
      g_usleep ((gulong)MIN (ms, 5) * 1000);
    }
  return !g_atomic_int_compare_and_exchange (&session->cancel, 1, 0);
}

static gboolean
tell (const RvsMonitor *monitor, RvsPhase phase, double done, RvsRect changed)
{
  RvsProgress progress = { .phase = phase, .done = (float)done, .face = 0, .changed = changed };
  return !monitor || !monitor->progress || monitor->progress (monitor->user, &progress);
}

const char *
rvs_skip_name (RvsSkip skip)
{
  return skip == RVS_SKIP_NONE ? "none" : "skipped";
}

void
rvs_session_config_init (RvsSessionConfig *config)
{
  memset (config, 0, sizeof *config);
}

/* Eyes, nose and mouth corners where a face in the box has them. */
static void
place_landmarks (RvsFace *face)
{
  static const float at[5][2] = { { 0.27f, 0.38f }, { 0.73f, 0.38f }, { 0.5f, 0.58f }, { 0.3f, 0.74f }, { 0.7f, 0.74f } };
  for (int i = 0; i < 5; i++)
    {
      face->landmarks[i][0] = face->x + at[i][0] * face->w;
      face->landmarks[i][1] = face->y + at[i][1] * face->h;
    }
  face->flags |= RVS_FACE_HAS_LANDMARKS;
}

RvsStatus
rvs_session_new (const RvsSessionConfig *config, RvsSession **out_session, RvsError *err)
{
  *out_session = NULL;
  g_atomic_int_inc (&fake.n_sessions);
  if (fake.fail_session != RVS_OK)
    return fail (err, fake.fail_session, "restore-jsfm-512.safetensors: the file is altered");
  *out_session = g_new0 (RvsSession, 1);
  (*out_session)->config = *config;
  return RVS_OK;
}

void
rvs_session_apply (RvsSession *session, const RvsParams *params)
{
  session->config.turned = (RvsTurned)params->turned;
  session->config.region = (RvsRegion)params->region;
}

void
rvs_session_cancel (RvsSession *session)
{
  g_atomic_int_set (&session->cancel, 1);
}

void
rvs_session_free (RvsSession *session)
{
  g_free (session);
}

/* A picture of one colour has no faces. */
static gboolean
is_blank (const RvsView *image)
{
  size_t        bytes = rvs_view_pixel_bytes (image);
  const guint8 *first = image->pixels;
  for (int32_t i = 1; i < 64; i++)
    {
      int32_t x = (int32_t)((int64_t)image->width * i / 64), y = (int32_t)((int64_t)image->height * i / 64);
      if (memcmp (first, (const guint8 *)image->pixels + image->stride * y + (size_t)x * bytes, bytes))
        return FALSE;
    }
  return TRUE;
}

RvsStatus
rvs_detect (RvsSession *session, const RvsView *image, const RvsMonitor *monitor, RvsFace *faces, size_t capacity, size_t *out_n,
            RvsError *err)
{
  const char *text = is_blank (image) ? "" : g_getenv ("RVS_FAKE_FACES");
  char      **list = g_strsplit (text ? text : "0.3,0.2,0.4,0.5", ";", -1);
  *out_n = 0;
  g_atomic_int_inc (&fake.n_detects);
  g_atomic_int_set (&fake.turned, (gint)session->config.turned);
  tell (monitor, RVS_PHASE_DETECT, 0, (RvsRect){ 0 });
  gboolean kept = pass_time (session, fake.detect_ms);
  for (int i = 0; kept && list[i]; i++)
    {
      char   **numbers = g_strsplit (list[i], ",", 4);
      gboolean whole = g_strv_length (numbers) == 4, stored = whole && *out_n < capacity;
      double   at[4] = { 0 };
      for (int k = 0; k < 4 && whole; k++)
        at[k] = g_ascii_strtod (numbers[k], NULL) * (k % 2 ? image->height : image->width); /* whatever the locale */
      g_strfreev (numbers);
      *out_n += whole;
      if (!stored)
        continue;
      RvsFace *f = &faces[*out_n - 1];
      *f = (RvsFace){ .x = (float)at[0], .y = (float)at[1], .w = (float)at[2], .h = (float)at[3], .score = 0.9f };
      place_landmarks (f);
    }
  g_strfreev (list);
  return kept ? RVS_OK : fail (err, RVS_ERR_CANCELLED, "cancelled");
}

RvsStatus
rvs_face_from_box (RvsSession *session, const RvsView *image, float x, float y, float w, float h, RvsFace *out_face, RvsError *err)
{
  (void)image, (void)err;
  g_atomic_int_set (&fake.turned, (gint)session->config.turned);
  *out_face = (RvsFace){ .x = x, .y = y, .w = w, .h = h, .score = fake.sees_no_face ? 0 : 1, .flags = RVS_FACE_FROM_USER };
  return RVS_OK;
}

static RvsFaceReport
report_of (const RvsView *image, const RvsFace *f)
{
  RvsFaceReport report = { .face = *f,
                           .auto_fidelity = 0.62f,
                           .degradation = { fake.damage, fake.damage, fake.damage, fake.damage, 0 },
                           .pose = fake.pose,
                           .shape_prior = (RvsShapePrior)fake.shape_prior,
                           .screen_px = fake.screen_px };
  int32_t       x0 = (int32_t)MAX (0, f->x - f->w / 4), y0 = (int32_t)MAX (0, f->y - f->h / 4);
  int32_t       x1 = (int32_t)MIN ((float)image->width, f->x + f->w * 1.25f);
  int32_t       y1 = (int32_t)MIN ((float)image->height, f->y + f->h * 1.25f);
  if (f->w < fake.skip_below_px && !(f->flags & RVS_FACE_FROM_USER))
    report.skip = RVS_SKIP_TOO_SMALL;
  else
    report.rect = (RvsRect){ x0, y0, x1 - x0, y1 - y0 };
  return report;
}

static void
set_bytes (RvsAnalysis *a, size_t bytes)
{
  g_atomic_int_add (&fake.bytes, (gint)bytes - (gint)a->bytes);
  a->bytes = bytes;
}

size_t
rvs_analysis_bytes (const RvsAnalysis *analysis)
{
  return analysis->bytes;
}

/* Without its results the next render is as the first. */
void
rvs_analysis_trim (RvsAnalysis *analysis, bool results)
{
  g_atomic_int_inc (&fake.n_trims);
  set_bytes (analysis, results ? 0 : analysis->bytes / 4);
  if (results)
    analysis->fidelity = -2;
}

RvsStatus
rvs_analyse (RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces, const RvsMonitor *monitor,
             RvsAnalysis **out_analysis, RvsError *err)
{
  return rvs_analyse_for (session, image, faces, n_faces, NULL, 0, monitor, out_analysis, err);
}

RvsStatus
rvs_analyse_for (RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces, const RvsParams *params,
                 uint32_t flags, const RvsMonitor *monitor, RvsAnalysis **out_analysis, RvsError *err)
{
  (void)params;
  (void)flags;
  *out_analysis = NULL;
  g_atomic_int_inc (&fake.n_analyses);
  g_atomic_int_set (&fake.region, (gint)session->config.region);
  if (!tell (monitor, RVS_PHASE_PARSE, 0.1, (RvsRect){ 0 }) || !pass_time (session, fake.analyse_ms))
    return fail (err, RVS_ERR_CANCELLED, "cancelled");
  RvsAnalysis *a = g_new0 (RvsAnalysis, 1);
  a->session = session;
  a->fidelity = -2;
  a->n = n_faces;
  set_bytes (a, n_faces * fake.analysis_bytes);
  a->reports = g_new0 (RvsFaceReport, n_faces);
  for (size_t i = 0; i < n_faces; i++)
    a->reports[i] = report_of (image, &faces[i]);
  *out_analysis = a;
  return RVS_OK;
}

void
rvs_analysis_free (RvsAnalysis *analysis)
{
  if (analysis)
    set_bytes (analysis, 0);
  if (analysis)
    g_free (analysis->reports);
  g_free (analysis);
}

size_t
rvs_analysis_n_faces (const RvsAnalysis *analysis)
{
  return analysis->n;
}

const RvsFaceReport *
rvs_analysis_face (const RvsAnalysis *analysis, size_t index)
{
  return &analysis->reports[index];
}

/* 0..1 whatever the depth. */
static inline double
channel_at (const RvsView *v, int32_t x, int32_t y, int c)
{
  const guint8 *row = (const guint8 *)v->pixels + v->stride * y;
  size_t        i = (size_t)x * (size_t)v->channels + (size_t)c;
  if (v->depth == RVS_DEPTH_U8)
    return row[i] / 255.0;
  if (v->depth == RVS_DEPTH_U16)
    return ((const guint16 *)(const void *)row)[i] / 65535.0;
  return (double)((const float *)(const void *)row)[i];
}

static inline void
set_channel (const RvsMutView *v, int32_t x, int32_t y, int c, double value)
{
  guint8 *row = (guint8 *)v->pixels + v->stride * y;
  size_t  i = (size_t)x * (size_t)v->channels + (size_t)c;
  if (v->depth == RVS_DEPTH_U8)
    row[i] = (guint8)(CLAMP (value, 0, 1) * 255 + 0.5);
  else if (v->depth == RVS_DEPTH_U16)
    ((guint16 *)(void *)row)[i] = (guint16)(CLAMP (value, 0, 1) * 65535 + 0.5);
  else
    ((float *)(void *)row)[i] = (float)value;
}

/* 0 at the rect's edge, 1 well inside. */
static double
matte_at (const RvsRect *r, int32_t x, int32_t y)
{
  double u = (x + 0.5 - r->x) / r->width * 2 - 1, v = (y + 0.5 - r->y) / r->height * 2 - 1;
  return CLAMP ((0.9 - sqrt (u * u + v * v)) / 0.25, 0, 1);
}

static double
stage_value (const RvsView *src, const RvsRect *r, int32_t x, int32_t y, int c, int cells)
{
  int32_t cell = MAX (1, r->width / cells);
  int32_t cx = r->x + (x - r->x) / cell * cell + cell / 2, cy = r->y + (y - r->y) / cell * cell + cell / 2;
  return channel_at (src, MIN (cx, src->width - 1), MIN (cy, src->height - 1), c);
}

static double
final_value (const RvsView *src, int32_t x, int32_t y, int c, double fidelity)
{
  int    d = 3;
  double sum = 0;
  for (int k = 0; k < 4; k++)
    sum += channel_at (src, CLAMP (x + (k < 2 ? (k ? d : -d) : 0), 0, src->width - 1),
                       CLAMP (y + (k < 2 ? 0 : (k == 2 ? d : -d)), 0, src->height - 1), c);
  double here = channel_at (src, x, y, c);
  return CLAMP (here + (2.2 - fidelity) * (here - sum / 4) + 14 / 255.0, 0, 1);
}

/* What the pixel shows of the face. */
static double
weight_at (const RvsRect *r, const RvsParams *p, int32_t x, int32_t y, gboolean bare)
{
  double m = (bare ? 1 : matte_at (r, x, y)) * p->strength;
  return p->mask.pixels ? m * channel_at (&p->mask, x, y, 0) : m;
}

/* The map may be that of a smaller photo. */
static double
fidelity_at (const RvsFaceReport *report, const RvsParams *p, int32_t width, int32_t x, int32_t y)
{
  const RvsView *map = &p->fidelity_map;
  double         w = p->fidelity == RVS_FIDELITY_AUTO ? report->auto_fidelity : p->fidelity;
  if (!map->pixels)
    return w;
  int32_t factor = width / map->width;
  double  far = map->channels == 1 ? 1 : channel_at (map, x / factor, y / factor, 1);
  return w + far * (channel_at (map, x / factor, y / factor, 0) - w);
}

static guint
sum_of_map (const RvsParams *p)
{
  const RvsView *map = &p->fidelity_map;
  guint          sum = 0;
  for (int64_t i = 0; map->pixels && i < (int64_t)map->width * map->height * map->channels; i++)
    sum = sum * 31 + ((const guint8 *)map->pixels)[i];
  return sum;
}

/* cells 0: the result. */
static void
paint_face (const RvsFaceReport *report, const RvsView *src, const RvsParams *p, const RvsMutView *dst, int cells, gboolean bare)
{
  const RvsRect *r = &report->rect;
  int            colours = src->channels < 3 ? 1 : 3; /* never the alpha */
  for (int32_t y = r->y; y < r->y + r->height && p->strength > 0; y++)
    for (int32_t x = r->x; x < r->x + r->width; x++)
      {
        double m = weight_at (r, p, x, y, bare);
        for (int c = 0; c < colours && m > 0; c++)
          {
            double from = channel_at (src, x, y, c);
            double to = cells ? stage_value (src, r, x, y, c, cells)
                              : final_value (src, x, y, c, fidelity_at (report, p, src->width, x, y));
            set_channel (dst, x, y, c, from + m * (to - from));
          }
      }
}

static void
paint (const RvsAnalysis *a, const RvsView *src, const RvsParams *p, const RvsMutView *dst, int cells, gboolean bare)
{
  for (size_t i = 0; i < a->n; i++)
    paint_face (&a->reports[i], src, p, dst, cells, bare);
}

RvsRect
rvs_hole_bounds (const RvsView *hole)
{
  int32_t x0 = hole->width, y0 = hole->height, x1 = 0, y1 = 0;
  for (int32_t y = 0; y < hole->height; y++)
    for (int32_t x = 0; x < hole->width; x++)
      if (((const guint8 *)hole->pixels + hole->stride * y)[x])
        {
          x0 = MIN (x0, x);
          y0 = MIN (y0, y);
          x1 = MAX (x1, x + 1);
          y1 = y + 1;
        }
  return x1 ? (RvsRect){ x0, y0, x1 - x0, y1 - y0 } : (RvsRect){ 0, 0, 0, 0 };
}

RvsStatus
rvs_uncover_faces (RvsAnalysis *analysis, const RvsView *image, const RvsParams *params, const RvsMonitor *monitor, RvsError *err)
{
  RvsFace face = fake.hidden;
  if (!params->hole.pixels)
    return fail (err, RVS_ERR_HOLE, "no hole");
  if (!tell (monitor, RVS_PHASE_DETECT, 0.5, (RvsRect){ 0 }))
    return fail (err, RVS_ERR_CANCELLED, "cancelled");
  if (face.w <= 0 || (analysis->n && analysis->reports[analysis->n - 1].face.x == face.x))
    return RVS_OK;
  place_landmarks (&face);
  analysis->reports = g_renew (RvsFaceReport, analysis->reports, analysis->n + 1);
  analysis->reports[analysis->n++] = report_of (image, &face);
  return RVS_OK;
}

RvsStatus
rvs_find_damage (RvsSession *session, const RvsView *image, const RvsMonitor *monitor, const RvsMutView *out, RvsError *err)
{
  g_atomic_int_inc (&fake.n_searches);
  if (!tell (monitor, RVS_PHASE_DETECT, 0.5, (RvsRect){ 0 }) || !pass_time (session, fake.detect_ms))
    return fail (err, RVS_ERR_CANCELLED, "cancelled");
  for (int32_t y = 0; y < image->height; y++)
    for (int32_t x = 0; x < image->width; x++)
      ((guint8 *)out->pixels + out->stride * y)[x] = channel_at (image, x, y, 0) >= 1 ? 255 : 0;
  return RVS_OK;
}

/* What the pixel shows of the filling. */
static double
hole_at (const RvsParams *p, int32_t x, int32_t y, gboolean bare)
{
  double v = channel_at (&p->hole, x, y, 0);
  return (bare && v > 0 ? 1 : v) * p->strength;
}

static void
paint_hole (const RvsView *src, const RvsParams *p, const RvsMutView *dst, gboolean bare)
{
  for (int32_t y = 0; y < src->height; y++)
    for (int32_t x = 0; x < src->width; x++)
      for (int c = 0; c < (src->channels < 3 ? 1 : 3) && hole_at (p, x, y, bare) > 0; c++)
        {
          double from = channel_at (src, x, y, c);
          set_channel (dst, x, y, c, from + hole_at (p, x, y, bare) * (0.25 - from));
        }
}

static gint
count_above_0 (const RvsView *plane)
{
  gint n = 0;
  for (int32_t y = 0; plane->pixels && y < plane->height; y++)
    for (int32_t x = 0; x < plane->width; x++)
      n += ((const guint8 *)plane->pixels + plane->stride * y)[x] > 0;
  return n;
}

/* A line from side to side. */
RvsStatus
rvs_render_sketch (RvsSession *session, const RvsAnalysis *analysis, const RvsMutView *dst, RvsError *err)
{
  (void)session, (void)analysis, (void)err;
  g_atomic_int_inc (&fake.n_sketches);
  memset ((guint8 *)dst->pixels + dst->stride * (dst->height / 2), 255, (size_t)dst->width);
  return RVS_OK;
}

static RvsStatus
check_hole (const RvsParams *p, RvsError *err)
{
  int64_t n = 0;
  for (int32_t y = 0; y < p->hole.height; y++)
    for (int32_t x = 0; x < p->hole.width; x++)
      n += channel_at (&p->hole, x, y, 0) > 0;
  if (n == 0 || n == (int64_t)p->hole.width * p->hole.height)
    return fail (err, RVS_ERR_HOLE, n ? "the hole is the whole picture" : "the hole is empty");
  return RVS_OK;
}

static RvsStatus
render_hole (RvsSession *session, const RvsView *src, const RvsParams *params, uint32_t flags, const RvsMonitor *monitor,
             const RvsMutView *dst, RvsError *err)
{
  RvsStatus status = check_hole (params, err);
  if (status != RVS_OK)
    return status;
  g_atomic_int_inc (&fake.n_fills);
  g_atomic_int_set (&fake.n_line_px, count_above_0 (&params->lines));
  if (!pass_time (session, fake.stage_ms) || !tell (monitor, RVS_PHASE_STAGE2, 0.9, (RvsRect){ 0 }))
    return fail (err, RVS_ERR_CANCELLED, "cancelled");
  paint_hole (src, params, dst, (flags & RVS_RENDER_BARE) != 0);
  return RVS_OK;
}

/* Source and result may be the same memory, and what is restored looks at its surroundings: then at a copy. NULL: they are not. */
static guint8 *
copy_if_same (const RvsView *src, const RvsMutView *dst, RvsView *out_src)
{
  *out_src = *src;
  if (src->pixels != dst->pixels)
    return NULL;
  guint8 *copy = g_memdup2 (src->pixels, (gsize)src->height * (gsize)src->stride);
  out_src->pixels = copy;
  return copy;
}

/* Each pixel a square: a test sees where it came from. */
RvsStatus
rvs_enlarge (RvsSession *session, const RvsView *src, int32_t factor, const RvsMonitor *monitor, const RvsMutView *dst,
             RvsError *err)
{
  size_t bytes = rvs_view_pixel_bytes (src);
  if (!tell (monitor, RVS_PHASE_ENLARGE, 0, (RvsRect){ 0 }) || !pass_time (session, fake.stage_ms))
    return fail (err, RVS_ERR_CANCELLED, "cancelled");
  for (int32_t y = 0; y < dst->height; y++)
    for (int32_t x = 0; x < dst->width; x++)
      memcpy ((guint8 *)dst->pixels + dst->stride * y + (size_t)x * bytes,
              (const guint8 *)src->pixels + src->stride * (y / factor) + (size_t)(x / factor) * bytes, bytes);
  return RVS_OK;
}

/* The i-th image on the way lies over the face's rect, in one grey: a fifth, two fifths, three fifths. */
static gboolean
show_stage (const RvsMonitor *monitor, int i, const RvsRect *rect, gboolean grown)
{
  static float pixels[32 * 32 * 3];
  int          side = 8 << i;
  for (int k = 0; k < side * side * 3; k++)
    pixels[k] = 0.2f * (float)(i + 1);
  RvsProgress progress = { .phase = RVS_PHASE_STAGE2, .done = (float)(i + 1) / 4, .changed = grown ? *rect : (RvsRect){ 0 } };
  progress.stage = (RvsView){ pixels, (ptrdiff_t)side * 12, side, side, 3, RVS_DEPTH_F32 };
  progress.stage_to_image[0] = (float)rect->width / (float)side;
  progress.stage_to_image[2] = (float)rect->x;
  progress.stage_to_image[4] = (float)rect->height / (float)side;
  progress.stage_to_image[5] = (float)rect->y;
  return !monitor || !monitor->progress || monitor->progress (monitor->user, &progress);
}

RvsStatus
rvs_render (RvsSession *session, RvsAnalysis *analysis, const RvsView *src, const RvsParams *params, uint32_t flags,
            const RvsMonitor *monitor, const RvsMutView *dst, RvsError *err)
{
  static const int cells[] = { 8, 16, 32 };
  if (params->hole.pixels)
    return render_hole (session, src, params, flags, monitor, dst, err);
  if (analysis->fidelity != params->fidelity || analysis->told != sum_of_map (params) || (flags & RVS_RENDER_AGAIN))
    {
      g_atomic_int_inc (&fake.n_stage2);
      for (int i = 0; i < 3; i++)
        {
          if (!pass_time (session, fake.stage_ms))
            return fail (err, RVS_ERR_CANCELLED, "cancelled");
          if (flags & RVS_RENDER_GROW)
            paint (analysis, src, params, dst, cells[i], FALSE);
          if (!show_stage (monitor, i, &analysis->reports[0].rect, (flags & RVS_RENDER_GROW) != 0))
            return fail (err, RVS_ERR_CANCELLED, "cancelled");
        }
    }
  analysis->fidelity = params->fidelity;
  analysis->told = sum_of_map (params);
  set_bytes (analysis, MAX (analysis->bytes, analysis->n * fake.analysis_bytes / 4));
  g_atomic_int_inc (&fake.n_renders);
  RvsView from;
  guint8 *copy = copy_if_same (src, dst, &from);
  paint (analysis, &from, params, dst, 0, (flags & RVS_RENDER_BARE) != 0);
  g_free (copy);
  return RVS_OK;
}

RvsStatus
rvs_render_matte (RvsSession *session, const RvsAnalysis *analysis, const RvsParams *params, const RvsMutView *dst, RvsError *err)
{
  (void)session, (void)err;
  for (int32_t y = 0; y < params->hole.height; y++)
    for (int32_t x = 0; x < params->hole.width; x++)
      if (hole_at (params, x, y, FALSE) > 0)
        set_channel (dst, x, y, 0, hole_at (params, x, y, FALSE));
  for (size_t i = 0; i < analysis->n && !params->hole.pixels; i++)
    {
      const RvsRect *r = &analysis->reports[i].rect;
      for (int32_t y = r->y; y < r->y + r->height; y++)
        for (int32_t x = r->x; x < r->x + r->width; x++)
          set_channel (dst, x, y, 0, weight_at (r, params, x, y, FALSE));
    }
  return RVS_OK;
}

/* ---- maps over a face ---- */

void
rvs_face_map_free (RvsFaceMap *map)
{
  if (map)
    {
      g_free ((void *)map->values);
      g_free ((void *)map->lines);
    }
  g_free (map);
}

/* Of a result: .3 in the left half of the rect and 0 in the right; else plane k is 1 in the k-th of as many columns. */
static double
map_value (const RvsMapInfo *info, int plane, int n_planes, double x)
{
  if (info->of_result)
    return x < 0.5 ? 0.3 : 0;
  return (int)(x * n_planes) == plane;
}

/* An upright line through the rect's middle, and a level one. */
static float *
cross (void)
{
  static const float lines[] = { 32, 8, 32, 56, 8, 32, 56, 32 };
  return g_memdup2 (lines, sizeof lines);
}

/* Over the face's rect, 64 cells to a side. Lines are there where the shape is not unsure. */
RvsStatus
rvs_face_map_new (RvsSession *session, RvsAnalysis *analysis, size_t index, const RvsMapInfo *info, const RvsView *src,
                  const RvsParams *params, const RvsMonitor *monitor, RvsFaceMap **out_map, RvsError *err)
{
  const RvsRect *r = &analysis->reports[index].rect;
  gboolean       has_lines = info->look == RVS_MAP_LINES && fake.shape_prior != RVS_SHAPE_UNSURE;
  int            n_planes = info->look == RVS_MAP_LINES ? 0 : info->parts ? 5 : 1;
  (void)src, (void)params;
  *out_map = NULL;
  if (!tell (monitor, RVS_PHASE_STAGE2, 0.5, (RvsRect){ 0 }) || !pass_time (session, fake.stage_ms))
    return fail (err, RVS_ERR_CANCELLED, "cancelled");
  g_atomic_int_inc (&fake.n_maps);
  float *values = g_new (float, (gsize)n_planes * 64 * 64);
  for (int i = 0; i < n_planes * 64 * 64; i++)
    values[i] = (float)map_value (info, i / 4096, n_planes, (i % 64 + 0.5) / 64);
  *out_map = g_new (RvsFaceMap, 1);
  **out_map = (RvsFaceMap){ n_planes,
                            64,
                            64,
                            values,
                            { (float)r->width / 64, 0, (float)r->x, 0, (float)r->height / 64, (float)r->y },
                            has_lines ? 2 : 0,
                            has_lines ? cross () : NULL };
  return RVS_OK;
}
