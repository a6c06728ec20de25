/* SPDX-License-Identifier: GPL-3.0-or-later
 * screen.c: finds a printing screen on a face, and how far apart its dots are. The spectrum of a photo falls off smoothly; a lattice of dots
 * adds sharp peaks to it, two of which lie about as far from the middle and about at right angles. Tiles of the face are transformed and their
 * energies averaged, at the photo's scale and at half of it. */
#include "face/screen.h"

#include "core/image.h"
#include "core/order.h"
#include "face/align.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum
{
  TILE = 64, /* pixels, and frequencies: number k is k / TILE periods a pixel */
  CELLS = TILE * TILE,
  HALF = TILE / 2,
  MOST = 8,    /* tiles each way, spread evenly */
  OCTAVES = 2, /* the photo, and reduced to half */
  PEAKS = 64,
  NEAR = 3, /* frequencies beyond that from a peak, up to FAR, are its surroundings */
  FAR = 6
};

/* Measured on 1,767 faces: without a screen the weaker peak of a pair is at most 14 times as strong as its surroundings, and 22 times where
 * a JPEG file's blocks were enlarged; with one it is 42 times and more. */
#define STANDS_OUT 25.f
#define STANDS_OUT_ALONG_AXES 80.f
/* Part of the energy of all detail that the two peaks hold: with a screen .09 and more, mostly .2. Blocks of a JPEG file lie along the axes
 * and hold .1 to .4 on smooth faces, at less sharp peaks; a screen that lies so is the only one, and holds .8. */
#define SHARE .08f
#define SHARE_ALONG_AXES .25f
/* A face of fewer dots is no print that anyone can recognise, but a tiny picture enlarged, whose pixels are the lattice. */
#define DOTS_ACROSS 20.f
#define SLOWEST (TILE / 12.5f) /* frequencies: below, faces have too much of their own; */
#define FASTEST (.42f * TILE)  /* and above it is noise of the file */

typedef struct Survey
{
  const RvsView *photo;
  int            octave;
  RvsRect        area; /* in pixels of the octave */
  int            n_across, n_down;
  float          window[TILE], cosine[HALF], sine[HALF];
  float         *tiles; /* each: energies or real parts, imaginary parts */
} Survey;

typedef struct Peak
{
  float x, y; /* frequencies, y also below 0 */
  float energy;
  float over; /* times its surroundings */
} Peak;

/* ---- one tile ---- */

/* Brightness of TILE pixels of the octave. */
static void
read_line (const Survey *survey, int y, int x, float *line)
{
  const int step = 1 << survey->octave;
  float     rgb[3][TILE << (OCTAVES - 1)];

  memset (line, 0, TILE * sizeof *line);
  for (int v = 0; v < step; v++)
    {
      rvs__view_read_row (survey->photo, y * step + v, x * step, TILE * step, rgb[0], rgb[1], rgb[2]);
      for (int i = 0; i < TILE * step; i++)
        line[i / step] += (rgb[0][i] + rgb[1][i] + rgb[2][i]) / (float)(3 * step * step);
    }
}

static void
apply_window (const Survey *survey, float *plane)
{
  float mean = 0;

  for (int i = 0; i < CELLS; i++)
    mean += plane[i] / CELLS;
  for (int y = 0; y < TILE; y++)
    for (int x = 0; x < TILE; x++)
      plane[y * TILE + x] = (plane[y * TILE + x] - mean) * survey->window[x] * survey->window[y];
}

static void
swap (float *a, float *b)
{
  const float was = *a;

  *a = *b;
  *b = was;
}

/* Into the order of bits read backwards. */
static void
reorder (float *re, float *im, int step)
{
  for (int i = 1, j = 0; i < TILE; i++)
    {
      int bit = HALF;

      for (; j & bit; bit >>= 1)
        j ^= bit;
      j ^= bit;
      if (i < j)
        {
          swap (&re[i * step], &re[j * step]);
          swap (&im[i * step], &im[j * step]);
        }
    }
}

/* Fourier transform of TILE values `step` apart (radix 2). */
static void
transform (const Survey *survey, float *re, float *im, int step)
{
  reorder (re, im, step);
  for (int half = 1; half < TILE; half *= 2)
    for (int first = 0; first < TILE; first += 2 * half)
      for (int k = 0; k < half; k++)
        {
          const int   a = (first + k) * step, b = (first + k + half) * step;
          const float c = survey->cosine[k * HALF / half], s = -survey->sine[k * HALF / half];
          const float tr = re[b] * c - im[b] * s, ti = re[b] * s + im[b] * c;

          re[b] = re[a] - tr;
          im[b] = im[a] - ti;
          re[a] += tr;
          im[a] += ti;
        }
}

/* A frequency by its place. */
static int
signed_of (int i)
{
  return i < HALF ? i : i - TILE;
}

static bool
is_detail (int i)
{
  const float r = hypotf ((float)signed_of (i % TILE), (float)signed_of (i / TILE));

  return r > SLOWEST && r < HALF;
}

/* Energies, those of detail summing to 1: so each tile counts the same, however strong its contrast. */
static void
take_energies (float *re, const float *im)
{
  float sum = 0;

  for (int i = 0; i < CELLS; i++)
    {
      re[i] = re[i] * re[i] + im[i] * im[i];
      sum += is_detail (i) ? re[i] : 0;
    }
  for (int i = 0; i < CELLS; i++)
    re[i] = sum > 0 ? re[i] / sum : 0;
}

/* Number i of n places from 0 to `most`. */
static int
spread (int i, int n, int most)
{
  return n > 1 ? i * most / (n - 1) : most / 2;
}

static void
measure_tile (void *context, int item, int worker)
{
  const Survey *survey = context;
  float        *re = survey->tiles + (size_t)item * 2 * CELLS, *im = re + CELLS;
  const int     x = survey->area.x + spread (item % survey->n_across, survey->n_across, survey->area.width - TILE);
  const int     y = survey->area.y + spread (item / survey->n_across, survey->n_down, survey->area.height - TILE);

  (void)worker;
  for (int v = 0; v < TILE; v++)
    read_line (survey, y + v, x, re + v * TILE);
  apply_window (survey, re);
  memset (im, 0, CELLS * sizeof *im);
  for (int i = 0; i < TILE; i++)
    transform (survey, re + i * TILE, im + i * TILE, 1);
  for (int i = 0; i < TILE; i++)
    transform (survey, re + i, im + i, TILE);
  take_energies (re, im);
}

/* ---- peaks ---- */

static float
energy_at (const float *energies, int x, int y)
{
  return energies[(y & (TILE - 1)) * TILE + (x & (TILE - 1))];
}

/* The median of what lies around (x, y). */
static float
surroundings (const float *energies, int x, int y)
{
  float values[(2 * FAR + 1) * (2 * FAR + 1)];
  int   n = 0;

  for (int v = -FAR; v <= FAR; v++)
    for (int u = -FAR; u <= FAR; u++)
      if (u * u + v * v > NEAR * NEAR && u * u + v * v <= FAR * FAR)
        values[n++] = energy_at (energies, x + u, y + v);
  rvs__sort_floats (values, (size_t)n);
  return values[n / 2];
}

static bool
is_highest (const float *energies, int x, int y)
{
  for (int v = -1; v <= 1; v++)
    for (int u = -1; u <= 1; u++)
      if (energy_at (energies, x + u, y + v) > energy_at (energies, x, y))
        return false;
  return true;
}

/* The middle and the sum of a peak, which is as wide as the window makes it. */
static Peak
peak_at (const float *energies, int x, int y)
{
  Peak peak = { 0 };

  for (int v = -1; v <= 1; v++)
    for (int u = -1; u <= 1; u++)
      {
        const float e = energy_at (energies, x + u, y + v);
        peak.x += e * (float)(x + u);
        peak.y += e * (float)(y + v);
        peak.energy += e;
      }
  peak.x /= peak.energy;
  peak.y /= peak.energy;
  peak.over = energy_at (energies, x, y) / surroundings (energies, x, y);
  return peak;
}

/* Those of one half: the other mirrors it. */
static int
find_peaks (const float *energies, Peak peaks[PEAKS])
{
  int n = 0;

  for (int y = -HALF; y < HALF; y++)
    for (int x = 0; x < HALF && n < PEAKS; x++)
      {
        const float r = hypotf ((float)x, (float)y);
        if (!(r > SLOWEST && r < FASTEST) || (x == 0 && y < 0) || !is_highest (energies, x, y))
          continue;
        peaks[n] = peak_at (energies, x, y);
        n += peaks[n].over > STANDS_OUT;
      }
  return n;
}

static bool
along_an_axis (const Peak *peak)
{
  return fminf (fabsf (peak->x), fabsf (peak->y)) < 1.5f;
}

/* About as far from the middle, and about at right angles. */
static bool
make_a_lattice (const Peak *a, const Peak *b)
{
  const float ra = hypotf (a->x, a->y), rb = hypotf (b->x, b->y);

  return ra < 1.15f * rb && rb < 1.15f * ra && fabsf (a->x * b->x + a->y * b->y) < .2f * ra * rb;
}

/* Whether the two hold enough of the energy, and are sharp enough. */
static bool
are_strong (const Peak *a, const Peak *b)
{
  const bool  along = along_an_axis (a) && along_an_axis (b);
  const float share = 2 * (a->energy + b->energy), over = fminf (a->over, b->over);

  return along ? share > SHARE_ALONG_AXES && over > STANDS_OUT_ALONG_AXES : share > SHARE;
}

/* The strongest pair counts: the others are its harmonics, those of other inks, or beats between them. Pixels of the octave; 0: none. */
static float
period_of (const Peak *peaks, int n)
{
  float strongest = 0, period = 0;

  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++)
      {
        const Peak *a = &peaks[i], *b = &peaks[j];
        const float weaker = fminf (a->energy, b->energy);

        if (weaker <= strongest || !are_strong (a, b) || !make_a_lattice (a, b))
          continue;
        strongest = weaker;
        period = 2 * TILE / (hypotf (a->x, a->y) + hypotf (b->x, b->y));
      }
  return period;
}

/* ---- the face ---- */

static int
clamp_to (int v, int most)
{
  return v < 0 ? 0 : v > most ? most : v;
}

/* At least a tile each way about the middle of *from, in a picture of that size. */
static void
widen (int *from, int *length, int size)
{
  if (*length >= TILE)
    return;
  *from = clamp_to (*from - (TILE - *length) / 2, size - TILE);
  *length = TILE;
}

static int
tiles_along (int length)
{
  const int n = (length - TILE) / HALF + 1;

  return n < MOST ? n : MOST;
}

/* False: the photo is too small there. */
static bool
lay_tiles (Survey *survey, RvsRect box, int octave)
{
  const int width = survey->photo->width >> octave, height = survey->photo->height >> octave;

  survey->octave = octave;
  survey->area = (RvsRect){ box.x >> octave, box.y >> octave, box.width >> octave, box.height >> octave };
  if (width < TILE || height < TILE || box.width <= 0 || box.height <= 0)
    return false;
  widen (&survey->area.x, &survey->area.width, width);
  widen (&survey->area.y, &survey->area.height, height);
  survey->n_across = tiles_along (survey->area.width);
  survey->n_down = tiles_along (survey->area.height);
  return true;
}

/* Leaves the mean of all tiles in the first. */
static void
average (const Survey *survey)
{
  const int n = survey->n_across * survey->n_down;

  for (int k = 1; k < n; k++)
    for (int i = 0; i < CELLS; i++)
      survey->tiles[i] += survey->tiles[(size_t)k * 2 * CELLS + (size_t)i];
  for (int i = 0; i < CELLS; i++)
    survey->tiles[i] /= (float)n;
}

static void
fill_tables (Survey *survey)
{
  const double turn = 2 * acos (-1.0) / TILE;

  for (int i = 0; i < TILE; i++)
    survey->window[i] = (float)(.5 - .5 * cos (turn * i));
  for (int i = 0; i < HALF; i++)
    {
      survey->cosine[i] = (float)cos (turn * i);
      survey->sine[i] = (float)sin (turn * i);
    }
}

static float
find_in (RvsExec *exec, Survey *survey)
{
  Peak peaks[PEAKS];

  rvs__exec_run (exec, measure_tile, survey, survey->n_across * survey->n_down);
  if (rvs__exec_idle (exec))
    return 0;
  average (survey);
  return period_of (peaks, find_peaks (survey->tiles, peaks)) * (float)(1 << survey->octave);
}

/* Dots further apart than the photo's own scale shows can have shown their harmonics there; the reduced photo would show those that are
 * nearer at a wrong place. */
static bool
wants_octave (int octave, float period)
{
  return octave == 0 || !(period > 0) || period > 6;
}

float
rvs__screen_find (RvsExec *exec, const RvsView *photo, const RvsAffine *crop_to_image)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const float *b = rvs__face_box;
  Survey       survey = { .photo = photo, .tiles = rvs__arena_floats (exec->arena, (size_t)MOST * MOST * 2 * CELLS) };
  RvsRect      box;
  float        period = 0;

  if (!rvs__exec_idle (exec))
    {
      box = rvs__align_rect (crop_to_image, b[0], b[1], b[0] + b[2], b[1] + b[3], photo->width, photo->height);
      fill_tables (&survey);
      for (int octave = 0; octave < OCTAVES && wants_octave (octave, period) && lay_tiles (&survey, box, octave); octave++)
        period = fmaxf (period, find_in (exec, &survey));
      period = DOTS_ACROSS * period <= (float)box.width ? period : 0;
    }
  rvs__arena_release (exec->arena, mark);
  return period;
}
