/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench_nets.c: times the parser and a restorer on one 512 face, and the library's sgemm in the same run.
 * Usage: bench_nets RESTORER PARSER THREADS RUNS [CPU_MASK]. Prints KEY=VALUE lines for bench.py. */
#include "core/cpu.h"
#include "core/mem.h"
#include "model.h"
#include "net/parser.h"
#include "net/shape.h"
#include "ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  MAX_RUNS = 200,
  GEMM_SIDE = 1024
};

static double
seconds (clockid_t clock)
{
  struct timespec t;

  clock_gettime (clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double
median (double *values, int n)
{
  qsort (values, (size_t)n, sizeof *values, compare_doubles);
  return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/* From /proc: getrusage would also count the program that started this one. 0 where there is no /proc. */
static double
peak_mib (void)
{
  FILE  *file = fopen ("/proc/self/status", "r");
  char   line[256];
  double kib = 0;

  while (file && fgets (line, sizeof line, file))
    if (strncmp (line, "VmHWM:", 6) == 0)
      kib = atof (line + 6);
  if (file)
    fclose (file);
  return kib / 1024;
}

static void *
need (void *pointer)
{
  if (!pointer)
    {
      fprintf (stderr, "bench_nets: out of memory\n");
      exit (1);
    }
  return pointer;
}

static void
check (RvsStatus status, const RvsError *err)
{
  if (status == RVS_OK)
    return;
  fprintf (stderr, "bench_nets: %s\n", err->message);
  exit (1);
}

/* ---- the sgemm rate: one square product on each thread at the same time ---- */

typedef struct Gemm
{
  const RvsKernels *kernels;
  const float     **rows;
  float            *a, *b, *c;
} Gemm;

static void
gemm_item (void *context, int item, int worker)
{
  Gemm   *gemm = context;
  RvsGemm args = { .m = GEMM_SIDE,
                   .n = GEMM_SIDE,
                   .k = GEMM_SIDE,
                   .a = gemm->a,
                   .lda = GEMM_SIDE,
                   .rows = gemm->rows,
                   .row_stride = GEMM_SIDE,
                   .c = gemm->c + (size_t)item * GEMM_SIDE * GEMM_SIDE,
                   .ldc = GEMM_SIDE };

  (void)worker;
  gemm->kernels->gemm (&args);
}

/* GFLOP/s of OpenBLAS' sgemm (plain C when it is not there), all threads together, median of `runs`;
 * *out_cpu: GFLOP in one second of processor time. */
static double
gemm_rate (RvsPool *pool, int runs, double *out_cpu)
{
  RvsKernels kernels;
  size_t     n = (size_t)GEMM_SIDE * GEMM_SIDE;
  int        n_threads = rvs__pool_n_threads (pool);
  Gemm       gemm = { &kernels, need (malloc (GEMM_SIDE * sizeof (float *))), need (rvs__alloc (n * 4)), need (rvs__alloc (n * 4)),
                      need (rvs__alloc (n * 4 * (size_t)n_threads)) };
  double     times[MAX_RUNS], cpu = 0, gflop = 2e-9 * GEMM_SIDE * GEMM_SIDE * GEMM_SIDE * n_threads;

  rvs__kernels_init (&kernels, RVS_CPU_BLAS);
  for (size_t i = 0; i < n; i++)
    {
      gemm.a[i] = (float)(i % 7) - 3;
      gemm.b[i] = (float)(i % 5) - 2;
    }
  for (size_t i = 0; i < GEMM_SIDE; i++)
    gemm.rows[i] = gemm.b + i * GEMM_SIDE;
  for (int i = -1; i < runs; i++)
    {
      double begin = seconds (CLOCK_MONOTONIC), cpu_begin = seconds (CLOCK_PROCESS_CPUTIME_ID);

      rvs__pool_run (pool, gemm_item, &gemm, n_threads);
      if (i < 0)
        continue;
      times[i] = seconds (CLOCK_MONOTONIC) - begin;
      cpu += seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu_begin;
    }
  free (gemm.rows);
  rvs__free (gemm.a);
  rvs__free (gemm.b);
  rvs__free (gemm.c);
  *out_cpu = gflop * runs / cpu;
  return gflop / median (times, runs);
}

/* ---- the networks ---- */

typedef struct Bench
{
  RvsModel    *parser, *restorer;
  RvsFaceIn    in;
  RvsTensor    out;
  RvsParserOut parsed;
  float       *state;
} Bench;

static RvsTensor
tensor (int c, int side)
{
  size_t n = (size_t)c * (size_t)side * (size_t)side;
  float *data = need (rvs__alloc (n * sizeof (float)));

  for (size_t i = 0; i < n; i++)
    data[i] = (float)((i * 2654435761u >> 16) & 255) / 127.5f - 1;
  return rvs__tensor (data, c, side, side);
}

static const RvsRestorer *
restorer_of (const Bench *bench)
{
  return rvs__model_arch (bench->restorer)->restorer;
}

static const void *
net_of (const RvsModel *model)
{
  return rvs__model_net (model, rvs__model_arch (model));
}

static size_t
state_floats (const Bench *bench)
{
  const RvsRestorer *restorer = restorer_of (bench);

  return restorer->state_floats ? restorer->state_floats (net_of (bench->restorer)) : 0;
}

static void
load (Bench *bench, const char *restorer_path, const char *parser_path)
{
  RvsError err = { 0 };

  check (rvs_model_open (restorer_path, NULL, &bench->restorer, &err), &err);
  check (rvs_model_open (parser_path, NULL, &bench->parser, &err), &err);
  bench->in.face = tensor (3, rvs_model_get_info (bench->restorer)->face_size);
  bench->in.map = tensor (RVS_N_CLASSES, RVS_MAP_SIDE);
  bench->in.render = tensor (RVS_MESH_PLANES, RVS_SHAPE_RENDER);
  bench->in.coefficients = tensor (RVS_SHAPE_MAX_MODES, 1).data;
  bench->in.trust = 1;
  bench->out = tensor (3, bench->in.face.h);
  bench->parsed.logits = tensor (RVS_N_CLASSES, RVS_MAP_SIDE);
  bench->in.heat_maps = bench->parsed.heatmaps = tensor (RVS_N_POINTS, RVS_HEAT_SIDE);
  bench->state = need (rvs__alloc ((state_floats (bench) + 1) * sizeof (float)));
}

/* The parser alone, then the restorer with the parser's own maps. times: parser, what prepare does (stage 1), run (stage 2). */
static void
run (Bench *bench, RvsExec *exec, double times[3])
{
  const RvsRestorer *restorer = restorer_of (bench);
  const RvsKnobs     knobs = { .w = 0.5f };
  double             at[4];

  at[0] = seconds (CLOCK_MONOTONIC);
  rvs__parser_forward (net_of (bench->parser), exec, &bench->in.face, &bench->parsed);
  at[1] = seconds (CLOCK_MONOTONIC);
  rvs__softmax (exec, &bench->parsed.logits, &bench->in.map);
  if (restorer->prepare)
    restorer->prepare (net_of (bench->restorer), exec, &bench->in, bench->state);
  at[2] = seconds (CLOCK_MONOTONIC);
  restorer->run (net_of (bench->restorer), exec, &bench->in, bench->state, &knobs, NULL, &bench->out);
  at[3] = seconds (CLOCK_MONOTONIC);
  for (int i = 0; i < 3; i++)
    times[i] = at[i + 1] - at[i];
}

int
main (int argc, char **argv)
{
  Bench      bench = { 0 };
  RvsKernels kernels;
  RvsArena   arena;
  RvsExec    exec = { .arena = &arena, .kernels = &kernels };
  RvsError   err = { 0 };
  double     times[3][MAX_RUNS], totals[MAX_RUNS], cpu, before, after, cpu_before, cpu_after;
  int        n_threads, runs;

  if (argc < 5)
    {
      fprintf (stderr, "usage: bench_nets RESTORER PARSER THREADS RUNS [CPU_MASK]\n");
      return 2;
    }
  n_threads = atoi (argv[3]);
  runs = atoi (argv[4]);
  runs = runs < 1 ? 1 : runs > MAX_RUNS ? MAX_RUNS : runs;
  rvs__kernels_init (&kernels, argc > 5 ? (uint32_t)strtoul (argv[5], NULL, 0) : UINT32_MAX);
  load (&bench, argv[1], argv[2]);
  check (rvs__pool_new (n_threads, &exec.pool, &err), &err);

  rvs__arena_measure (&arena);
  run (&bench, &exec, totals);
  printf ("scratch_mib=%.1f\n", (double)arena.peak / 1048576);
  check (rvs__arena_open (&arena, arena.peak, &err), &err);

  run (&bench, &exec, totals); /* warm */
  printf ("peak_mib=%.1f\n", peak_mib ());
  before = gemm_rate (exec.pool, 7, &cpu_before);
  cpu = seconds (CLOCK_PROCESS_CPUTIME_ID);
  for (int i = 0; i < runs; i++)
    {
      double t[3];

      run (&bench, &exec, t);
      for (int j = 0; j < 3; j++)
        times[j][i] = t[j];
      totals[i] = t[0] + t[1] + t[2];
    }
  cpu = (seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu) / runs;
  after = gemm_rate (exec.pool, 7, &cpu_after);
  printf ("kernels=%s\nparser_s=%.4f\nstage1_s=%.4f\nstage2_s=%.4f\nwall_s=%.4f\n", kernels.name, median (times[0], runs),
          median (times[1], runs), median (times[2], runs), median (totals, runs));
  printf ("best_s=%.4f\ncpu_s=%.4f\nsgemm_gflops=%.1f\nsgemm_cpu_gflops=%.1f\n", totals[0], cpu, before > after ? before : after,
          cpu_before > cpu_after ? cpu_before : cpu_after);
  return 0;
}
