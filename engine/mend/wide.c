/* SPDX-License-Identifier: GPL-3.0-or-later
 * wide.c: an erosion and a dilation by squares, each along rows and then along columns, in the marks' own bytes.
 *
 * A byte is 255 or 0 at first and at the end; in between a bit of it is each step's plane. What lies beyond the photo is unmarked.
 */
#include "mend/wide.h"

#include <stddef.h>

enum
{
  MARKED = 1,
  ERODED_ROWS = 2,
  CORE = 4, /* the middle of a square that is marked all over */
  SPREAD_COLUMNS = 8,
  NEAR_CORE = 16,
  LINES = 128, /* that are gone along at a time */
  LEAST = 8
};

typedef struct Step
{
  bool          columns; /* along columns, else rows */
  bool          erode;   /* else dilate */
  int32_t       radius;
  unsigned char from, to; /* bits of a byte */
} Step;

int32_t
rvs__damage_too_wide (int32_t width, int32_t height)
{
  const int32_t radius = (int32_t)((int64_t)(width < height ? width : height) * 3 / 200);

  return radius < LEAST ? LEAST : radius;
}

/* Along n_lines lines of n bytes, which are `next` apart, the lines `across`. seen: the last place up to the radius ahead that decides: where
 * eroding meets a byte without the bit, dilating one with it. */
static void
go_along (const Step *step, unsigned char *at, int32_t n, ptrdiff_t next, int32_t n_lines, ptrdiff_t across)
{
  int32_t seen[LINES];

  for (int32_t line = 0; line < n_lines; line++)
    seen[line] = step->erode ? -1 : -step->radius - 1;
  for (int32_t i = -step->radius; i < n; i++)
    for (int32_t line = 0, ahead = i + step->radius; line < n_lines; line++)
      {
        unsigned char *byte = at + line * across;

        if (ahead < n ? ((byte[ahead * next] & step->from) != 0) != step->erode : step->erode)
          seen[line] = ahead;
        if (i >= 0 && (seen[line] >= i - step->radius) != step->erode)
          byte[i * next] |= step->to;
      }
}

static void
take (const Step *step, const RvsMutView *marks)
{
  const int32_t   n_lines = step->columns ? marks->width : marks->height, n = step->columns ? marks->height : marks->width;
  const ptrdiff_t next = step->columns ? marks->stride : 1, across = step->columns ? 1 : marks->stride;

  for (int32_t line = 0; line < n_lines; line += LINES)
    go_along (step, (unsigned char *)marks->pixels + line * across, n, next, n_lines - line < LINES ? n_lines - line : LINES,
              across);
}

/* Every byte to `yes` where it has the bits `has` and not those of `lacks`, else 0. */
static void
choose (const RvsMutView *marks, unsigned char has, unsigned char lacks, unsigned char yes)
{
  for (int32_t y = 0; y < marks->height; y++)
    {
      unsigned char *row = (unsigned char *)marks->pixels + y * marks->stride;

      for (int32_t x = 0; x < marks->width; x++)
        row[x] = (row[x] & has) && !(row[x] & lacks) ? yes : 0;
    }
}

void
rvs__damage_drop_wide (const RvsMutView *marks, int32_t radius)
{
  const Step steps[] = { { false, true, radius, MARKED, ERODED_ROWS },
                         { true, true, radius, ERODED_ROWS, CORE },
                         { true, false, 2 * radius, CORE, SPREAD_COLUMNS },
                         { false, false, 2 * radius, SPREAD_COLUMNS, NEAR_CORE } };

  choose (marks, 255, 0, MARKED);
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    take (&steps[i], marks);
  choose (marks, MARKED, NEAR_CORE, 255);
}
