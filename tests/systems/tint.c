/* SPDX-License-Identifier: GPL-3.0-or-later
 * tint.c: the smallest restorer there can be, for tests: the face with a colour added. That it takes this one file and a row shows what a
 * system costs. */
#include "tint.h"

#include "model.h"
#include "net/parser.h"
#include "ops/ops.h"

int tint_runs; /* tests run in one thread */

typedef struct Tint
{
  float *colour; /* 3, added in [-1,1] */
} Tint;

static RvsStatus
configure (const RvsStFile *file, void *net, RvsError *err)
{
  (void)file, (void)net, (void)err;
  return RVS_OK;
}

static void
list (RvsLoader *loader, void *net)
{
  Tint        *tint = net;
  const size_t three[1] = { 3 };

  rvs__load_tensor (loader, &tint->colour, 1, three, "tint");
}

static RvsStatus
run (const void *net, RvsExec *exec, const RvsFaceIn *in, const float *state, const RvsKnobs *knobs, const RvsStageSink *sink,
     RvsTensor *out)
{
  const Tint *tint = net;

  (void)state, (void)knobs;
  rvs__copy (exec, &in->face, out);
  if (!rvs__exec_idle (exec))
    {
      tint_runs++;
      for (int c = 0; c < 3; c++)
        for (int i = 0; i < out->h * out->w; i++)
          rvs__channel (out, c)[i] += tint->colour[c];
    }
  return sink && !sink->stage (sink->user, out) ? RVS_ERR_CANCELLED : rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}

static const RvsRestorer restorer = { .run = run };

#define ARCH(NAME)                                                                                                                 \
  {                                                                                                                                \
    .name = NAME, .contract = "tint_srgb_pm1_v1", .size_key = "tint.size", .bytes = sizeof (Tint), .configure = configure,         \
    .list = list, .restorer = &restorer                                                                                            \
  }

static const RvsArch tint = ARCH ("tint");
/* The same with a need that not every parser serves. */
static const RvsArch needy = ARCH ("needy");

const RvsArch *const rvs__arches[] = { &tint, &needy, &rvs__arch_parser, NULL };
