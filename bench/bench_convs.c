/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench_convs.c: times one 3x3 convolution of stride 1 in every way it can be computed here, for the shapes of the shipped networks:
 * what the choice between them (RvsKernels.tiles, .tiles_narrow) is made from.
 * Usage: bench_convs [RUNS [CPU_MASK]]. One thread, processor time, the ways in turns, best of RUNS. */
#include "core/mem.h"
#include "ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  MOST_CHANNELS = 256,
  MOST_VALUES = 16 * 512 * 512 * 2
};

/* Of JSFM, SPADNet, SGPN and the parser. */
static const struct Shape
{
  int c_in, c_out, side;
} shapes[]
    = { { 3, 16, 512 },   { 16, 3, 512 },  { 16, 4, 512 },  { 16, 16, 512 }, { 32, 16, 512 }, { 3, 16, 256 },   { 16, 16, 256 },
        { 16, 64, 256 },  { 22, 16, 256 }, { 24, 32, 256 }, { 32, 4, 256 },  { 32, 32, 256 }, { 32, 64, 256 },  { 22, 32, 128 },
        { 24, 19, 128 },  { 24, 24, 128 }, { 24, 48, 128 }, { 48, 4, 128 },  { 48, 48, 128 }, { 48, 64, 128 },  { 48, 96, 128 },
        { 22, 48, 64 },   { 24, 96, 64 },  { 40, 96, 64 },  { 48, 48, 64 },  { 96, 4, 64 },   { 96, 96, 64 },   { 96, 192, 64 },
        { 192, 96, 64 },  { 22, 48, 32 },  { 48, 160, 32 }, { 96, 96, 32 },  { 160, 48, 32 }, { 160, 160, 32 }, { 22, 48, 16 },
        { 160, 160, 16 }, { 192, 192, 16 } };

enum
{
  IN_BANDS,
  IN_TILES,
  NARROW,
  CHOSEN,
  N_WAYS
};

static double
seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Noise, of which nothing is denormal. */
static float *
values (size_t n)
{
  float *data = rvs__alloc (n * sizeof (float));

  if (!data)
    {
      fprintf (stderr, "bench_convs: out of memory\n");
      exit (1);
    }
  for (size_t i = 0; i < n; i++)
    data[i] = (float)((i * 2654435761u >> 16) & 255) / 127.5f - 1;
  return data;
}

/* The table with all other ways taken away. */
static RvsKernels
kernels_of (const RvsKernels *here, int way)
{
  RvsKernels kernels = *here;

  if (way == CHOSEN)
    return kernels;
  if (way != NARROW)
    kernels.narrow = "";
  kernels.tiles = (RvsTilesPay){ way == IN_TILES, 1 };
  kernels.tiles_narrow.from = 0;
  return kernels;
}

static double
time_way (const RvsKernels *here, int way, RvsPool *pool, const RvsConv *conv, const RvsTensor *in, RvsTensor *out)
{
  static const RvsEpilogue end = { .act = RVS_ACT_LRELU };
  RvsKernels               kernels = kernels_of (here, way);
  RvsArena                 arena;
  RvsExec                  exec = { .pool = pool, .arena = &arena, .kernels = &kernels };
  double                   begin;

  rvs__arena_measure (&arena);
  rvs__conv2d (&exec, conv, in, &end, out);
  if (rvs__arena_open (&arena, arena.peak, NULL) != RVS_OK)
    exit (1);
  rvs__conv2d (&exec, conv, in, &end, out); /* warm */
  begin = seconds ();
  rvs__conv2d (&exec, conv, in, &end, out);
  begin = seconds () - begin;
  rvs__arena_close (&arena);
  return begin;
}

int
main (int argc, char **argv)
{
  const int  runs = argc > 1 ? atoi (argv[1]) : 10;
  RvsKernels here;
  RvsPool   *pool;
  float     *weights = values (9 * MOST_CHANNELS * MOST_CHANNELS), *in = values (MOST_VALUES), *out = values (MOST_VALUES);

  rvs__kernels_init (&here, argc > 2 ? (uint32_t)strtoul (argv[2], NULL, 0) : UINT32_MAX);
  if (rvs__pool_new (1, &pool, NULL) != RVS_OK)
    return 1;
  printf ("kernels %s %s; ms\n%5s %5s %5s %9s %9s %9s %9s\n", here.name, here.narrow, "in", "out", "side", "bands", "tiles",
          "narrow", "chosen");
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
    {
      const struct Shape s = shapes[i];
      const RvsConv      conv = { weights, weights, s.c_in, s.c_out, 3, 3, 1, 1, RVS_PAD_ZERO, true };
      const RvsTensor    from = rvs__tensor (in, s.c_in, s.side, s.side);
      RvsTensor          to = rvs__tensor (out, s.c_out, s.side, s.side);
      double             best[N_WAYS] = { 1e9, 1e9, 1e9, 1e9 };

      for (int run = 0; run < runs; run++)
        for (int way = 0; way < N_WAYS; way++)
          if (way != NARROW || *here.narrow)
            {
              const double t = time_way (&here, way, pool, &conv, &from, &to);
              best[way] = t < best[way] ? t : best[way];
            }
      printf ("%5d %5d %5d", s.c_in, s.c_out, s.side);
      for (int way = 0; way < N_WAYS; way++)
        printf (best[way] < 1e9 ? " %9.3f" : "         -", 1e3 * best[way]);
      printf ("\n");
      fflush (stdout);
    }
  return 0;
}
