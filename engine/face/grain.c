/* SPDX-License-Identifier: GPL-3.0-or-later
 * grain.c: how much grain restoring took from a face. Small blocks of the photo are measured as grain_noise.c makes it: by what is left of a
 * pixel when the mean of its neighbours is taken away, and again on the picture reduced to half. Edges and texture add to that, so on the face the blocks
 * count that are smoothest once restored, and around it the smoothest of those that are about as bright: grain goes with brightness. */
#include "face/grain.h"

#include "core/image.h"
#include "face/matte.h"
#include "face/paste.h"
#include "ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
  CELL
  = 8, /* pixels of a block; blocks lie where those of a JPEG file do, and only what is inside of one counts: its edges are no grain */
  MOST = 32, /* blocks each way, spread evenly */
  BLOCKS = MOST * MOST,
  STEPS = RVS_GRAIN_SIZES,
  ENOUGH = 9 /* blocks, for a statement */
};

#define ON_FACE .9f  /* of the matte */
#define CLIPPED .02f /* darker or brighter blocks hold no grain that could be seen */
#define SHOWS .0015f /* standard deviation: less grain is not worth adding, half a step of 8 bits being .002 */
#define MOSTLY .35f  /* so many blocks around the face may be smoother than its grain: .25 to .4 of them differ little */
#define CLEARLY 1.1f /* grainier than the restored face */
#define COARSER                                                                                                                    \
  1.5f /* most of the second step's energy over the first's: what is coarser is blotches, or an enlarged photo's pixels */

typedef enum Place
{
  NOWHERE,
  AROUND,
  FACE
} Place;

/* Energies by plane and step: variances of white noise that would leave as much at the first step. */
typedef float Measure[RVS_GRAIN_PLANES][STEPS];

typedef struct Block
{
  Place   place;
  float   brightness; /* of the photo */
  Measure photo, restored;
} Block;

typedef struct Survey
{
  const RvsView  *photo;
  const RvsPatch *patch;
  const float    *matte;
  RvsRect         cells; /* in units of CELL */
  int             n_across, n_down;
  Block          *blocks;
} Survey;

/* ---- one block ---- */

/* The mean square of what is left of the inner pixels when the mean of their neighbours is taken away, as that of white noise that leaves as
 * much: energies add up, whatever the noise lies on. */
static float
remainder_of (const float *plane, int side)
{
  float sum = 0;

  for (int y = 1; y < side - 1; y++)
    for (int x = 1; x < side - 1; x++)
      {
        const float *at = plane + y * side + x;
        const float  rest = at[0] - (at[-1] + at[1] + at[-side] + at[side]) * .25f;
        sum += rest * rest;
      }
  return sum / (1.25f * (float)((side - 2) * (side - 2)));
}

static void
halve (float *plane, int side)
{
  const int half = side / 2;

  for (int y = 0; y < half; y++)
    for (int x = 0; x < half; x++)
      {
        const float *at = plane + 2 * y * side + 2 * x;
        plane[y * half + x] = (at[0] + at[1] + at[side] + at[side + 1]) * .25f;
      }
}

/* rgb is lost. */
static void
measure (float rgb[3][CELL * CELL], Measure out)
{
  for (int i = 0; i < CELL * CELL; i++)
    {
      const float brightness = (rgb[0][i] + rgb[1][i] + rgb[2][i]) * (1 / 3.f), red = rgb[0][i], blue = rgb[2][i];
      rgb[0][i] = brightness;
      rgb[1][i] = red - brightness;
      rgb[2][i] = blue - brightness;
    }
  for (int p = 0; p < RVS_GRAIN_PLANES; p++)
    for (int k = 0, side = CELL; k < STEPS; k++, side /= 2)
      {
        out[p][k] = remainder_of (rgb[p], side);
        if (k + 1 < STEPS)
          halve (rgb[p], side);
      }
}

static void
read_block (const Survey *survey, int x, int y, bool restored, float rgb[3][CELL * CELL])
{
  for (int v = 0; v < CELL; v++)
    {
      float *row[3] = { rgb[0] + v * CELL, rgb[1] + v * CELL, rgb[2] + v * CELL };

      rvs__view_read_row (survey->photo, y + v, x, CELL, row[0], row[1], row[2]);
      if (restored)
        rvs__paste_add (survey->patch, y + v, x, CELL, row);
    }
}

/* By the corners and the middle of the block at (x, y). */
static Place
place_of (const Survey *survey, int x, int y)
{
  int n_out = 0, n_in = 0;

  for (int i = 0; i < 5; i++)
    {
      const double at_x = i == 4 ? CELL / 2 : i % 2 * CELL, at_y = i == 4 ? CELL / 2 : (double)(i / 2 * CELL);
      double       u, v;
      float        m;

      rvs__affine_apply (&survey->patch->image_to_crop, x + at_x, y + at_y, &u, &v);
      m = rvs__matte_at (survey->matte, u, v);
      n_out += m == 0;
      n_in += m > ON_FACE;
    }
  return n_out == 5 ? AROUND : n_in == 5 ? FACE : NOWHERE;
}

/* Number i of n that are spread over `all`. */
static int
spread (int i, int n, int all)
{
  return n > 1 ? i * (all - 1) / (n - 1) : 0;
}

static void
measure_item (void *context, int item, int worker)
{
  const Survey *survey = context;
  Block        *block = &survey->blocks[item];
  const int     x = CELL * (survey->cells.x + spread (item % survey->n_across, survey->n_across, survey->cells.width));
  const int     y = CELL * (survey->cells.y + spread (item / survey->n_across, survey->n_down, survey->cells.height));
  float         rgb[3][CELL * CELL], sum = 0;

  (void)worker;
  block->place = place_of (survey, x, y);
  if (block->place == NOWHERE)
    return;
  read_block (survey, x, y, false, rgb);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < CELL * CELL; i++)
      sum += rgb[c][i];
  block->brightness = sum / (3 * CELL * CELL);
  if (!(block->brightness > CLIPPED && block->brightness < 1 - CLIPPED))
    {
      block->place = NOWHERE;
      return;
    }
  measure (rgb, block->photo);
  if (block->place != FACE)
    return;
  read_block (survey, x, y, true, rgb);
  measure (rgb, block->restored);
}

/* ---- all of them ---- */

/* A value, and what says whether it counts: less is better. */
typedef struct Vote
{
  float rank, value;
} Vote;

static int
by_rank (const void *a, const void *b)
{
  const Vote *x = a, *y = b;

  return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : (x->value > y->value) - (x->value < y->value);
}

/* Leaves the values of the first `take` by rank, in order. */
static void
choose (Vote *votes, int n, int take)
{
  qsort (votes, (size_t)n, sizeof *votes, by_rank);
  for (int i = 0; i < take; i++)
    votes[i].rank = votes[i].value;
  qsort (votes, (size_t)take, sizeof *votes, by_rank);
}

static float
quantile (const Vote *votes, int n, float share)
{
  return votes[(int)(share * (float)(n - 1) + .5f)].value;
}

/* Of the middle half: a mean that few odd ones do not move. */
static float
middle_mean (const Vote *votes, int n)
{
  const int lo = n / 4, hi = n - n / 4;
  float     sum = 0;

  for (int i = lo; i < hi; i++)
    sum += votes[i].value;
  return sum / (float)(hi - lo);
}

static int
count (const Survey *survey, Place place)
{
  int n = 0;

  for (int i = 0; i < survey->n_across * survey->n_down; i++)
    n += survey->blocks[i].place == place;
  return n;
}

/* How rough the restored face is there, for what the eye sees: else dark hair, which has little of anything, would count as smooth. */
static float
contrast_of (const Block *block, int k)
{
  return sqrtf (block->restored[0][k]) / block->brightness;
}

/* Of the third of the face's blocks that is smoothest at step k once restored: what restoring took away; 0 where that is little beside what
 * is left. Out: what is left in the smoothest tenth. */
static float
taken_away (const Survey *survey, int p, int k, Vote *votes, float *out_left)
{
  /* The middle mean of the energies that white noise of variance 1 shows in blocks. */
  static const float shown[STEPS] = { .97f, .81f };
  float              left, taken;
  int                n = 0;

  for (int i = 0; i < survey->n_across * survey->n_down; i++)
    if (survey->blocks[i].place == FACE)
      votes[n++] = (Vote){ 0, survey->blocks[i].restored[p][k] };
  choose (votes, n, n);
  *out_left = quantile (votes, n, .1f);
  left = quantile (votes, n, 1 / 6.f);
  n = 0;
  for (int i = 0; i < survey->n_across * survey->n_down; i++)
    if (survey->blocks[i].place == FACE)
      {
        const Block *block = &survey->blocks[i];
        votes[n++] = (Vote){ contrast_of (block, STEPS - 1 - k), block->photo[p][k] - block->restored[p][k] };
      }
  choose (votes, n, n / 3);
  taken = middle_mean (votes, n / 3) / shown[k];
  return taken > CLEARLY * left ? taken : 0;
}

/* How bright those are. */
static float
face_brightness (const Survey *survey, Vote *votes)
{
  int n = 0;

  for (int i = 0; i < survey->n_across * survey->n_down; i++)
    if (survey->blocks[i].place == FACE)
      votes[n++] = (Vote){ contrast_of (&survey->blocks[i], 0), survey->blocks[i].brightness };
  choose (votes, n, n / 3);
  return middle_mean (votes, n / 3);
}

/* Of the quarter of the blocks around the face that is nearest to it in brightness: what most of them exceed, as the energy of noise of which
 * as many blocks would show more. */
static float
grain_around (const Survey *survey, int p, int k, float brightness, Vote *votes)
{
  /* That quantile of the energies that white noise of variance 1 shows in blocks. */
  static const float shown[STEPS] = { .86f, .55f };
  int                n = 0, take;

  for (int i = 0; i < survey->n_across * survey->n_down; i++)
    if (survey->blocks[i].place == AROUND)
      votes[n++] = (Vote){ fabsf (survey->blocks[i].brightness - brightness), survey->blocks[i].photo[p][k] };
  take = n / 4 > ENOUGH ? n / 4 : ENOUGH;
  choose (votes, n, take);
  return quantile (votes, take, MOSTLY) / shown[k];
}

/* Energies that are missing, by step: no more than was taken away, and than would make the face grainier than what is around it. */
static void
missing_of_plane (const Survey *survey, int p, float brightness, Vote *votes, float energy[STEPS])
{
  for (int k = 0; k < STEPS; k++)
    {
      float       left;
      const float taken = taken_away (survey, p, k, votes, &left);
      const float around = grain_around (survey, p, k, brightness, votes);

      energy[k] = fmaxf (fminf (taken, around - left), 0);
      if (k > 0)
        energy[k] = fminf (energy[k], COARSER * energy[k - 1]);
    }
}

/* Energies of the grain sizes, none below 0, that show as those measured; never more at the first step, where it would look like specks. */
static void
solve (const float energy[STEPS], float out[RVS_GRAIN_SIZES])
{
  /* What each size, of variance 1, shows at each step; measured on 4096 x 4096 pixels. */
  static const float fine[STEPS] = { 1.3588f, .1481f }, coarse[STEPS] = { .2323f, .5555f };
  const float        both = fine[0] * coarse[1] - fine[1] * coarse[0];

  out[1] = fmaxf ((fine[0] * energy[1] - fine[1] * energy[0]) / both, 0);
  out[1] = fminf (out[1], energy[0] / coarse[0]);
  out[0] = (energy[0] - coarse[0] * out[1]) / fine[0];
}

/* How grainy the photo is in each third of brightness, against the face's. */
static void
find_tone (const Survey *survey, float brightness, Vote *votes, RvsGrain *grain)
{
  float found[RVS_GRAIN_TONES], at_face;

  for (int t = 0; t < RVS_GRAIN_TONES; t++)
    {
      int n = 0;

      for (int i = 0; i < survey->n_across * survey->n_down; i++)
        if (survey->blocks[i].place != NOWHERE && (int)(survey->blocks[i].brightness * RVS_GRAIN_TONES) == t)
          votes[n++] = (Vote){ 0, survey->blocks[i].photo[0][0] };
      choose (votes, n, n);
      found[t] = n >= ENOUGH ? sqrtf (quantile (votes, n, MOSTLY)) : -1;
    }
  /* What is not seen is as what is next to it. */
  found[1] = found[1] >= 0 ? found[1] : fmaxf (found[0], found[2]);
  for (int t = 0; t < RVS_GRAIN_TONES; t++)
    grain->tone[t] = found[t] >= 0 ? found[t] : found[1];
  at_face = fmaxf (rvs__grain_tone (grain, fminf (fmaxf (brightness, .1f), .9f)), 1e-6f);
  for (int t = 0; t < RVS_GRAIN_TONES; t++)
    grain->tone[t] = fminf (fmaxf (grain->tone[t] / at_face, .25f), 1.5f);
}

static void
judge (const Survey *survey, Vote *votes, RvsGrain *grain)
{
  float brightness;

  if (count (survey, FACE) < ENOUGH || count (survey, AROUND) < ENOUGH)
    return;
  brightness = face_brightness (survey, votes);
  find_tone (survey, brightness, votes, grain);
  for (int p = 0; p < RVS_GRAIN_PLANES; p++)
    {
      float energy[STEPS], size[RVS_GRAIN_SIZES];

      missing_of_plane (survey, p, brightness, votes, energy);
      solve (energy, size);
      for (int k = 0; k < RVS_GRAIN_SIZES; k++)
        {
          grain->gain[p][k] = size[k] > SHOWS * SHOWS ? sqrtf (size[k]) : 0;
          grain->any = grain->any || grain->gain[p][k] > 0;
        }
    }
}

void
rvs__grain_missing (RvsExec *exec, const RvsView *photo, const RvsPatch *patch, const float *matte, RvsGrain *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    more = (patch->rect.width > patch->rect.height ? patch->rect.width : patch->rect.height) / 4;
  Survey       survey = { .photo = photo, .patch = patch, .matte = matte };
  Vote        *votes;
  RvsRect      area;

  *out = (RvsGrain){ .any = false };
  survey.blocks = rvs__arena_push (exec->arena, BLOCKS * sizeof *survey.blocks);
  votes = rvs__arena_push (exec->arena, BLOCKS * sizeof *votes);
  area = rvs__rect_widened (patch->rect, more, photo->width, photo->height);
  survey.cells = (RvsRect){ (area.x + CELL - 1) / CELL, (area.y + CELL - 1) / CELL, (area.x + area.width) / CELL,
                            (area.y + area.height) / CELL };
  survey.cells.width -= survey.cells.x;
  survey.cells.height -= survey.cells.y;
  survey.n_across = survey.cells.width < MOST ? survey.cells.width : MOST;
  survey.n_down = survey.cells.height < MOST ? survey.cells.height : MOST;
  if (survey.n_across > 0 && survey.n_down > 0)
    {
      rvs__exec_run (exec, measure_item, &survey, survey.n_across * survey.n_down);
      if (!rvs__exec_idle (exec))
        judge (&survey, votes, out);
    }
  rvs__arena_release (exec->arena, mark);
}
