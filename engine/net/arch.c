/* SPDX-License-Identifier: GPL-3.0-or-later
 * arch.c: building and freeing a network by its row. */
#include "net/arch.h"

#include "core/mem.h"

#include <string.h>

RvsStatus
rvs__net_build (const RvsArch *arch, const RvsStFile *file, RvsNet *out_net, RvsError *err)
{
  RvsNet    net = { .arch = arch, .data = rvs__alloc_zero (arch->bytes) };
  RvsStatus status;

  memset (out_net, 0, sizeof *out_net);
  if (!net.data)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a network (%s)", arch->name);
  status = arch->configure (file, net.data, err);
  if (status == RVS_OK)
    status = rvs__load (file, arch->list, net.data, &net.memory, err);
  if (status == RVS_OK)
    *out_net = net;
  else
    rvs__net_clear (&net);
  return status;
}

void
rvs__net_clear (RvsNet *net)
{
  rvs__arena_close (&net->memory);
  rvs__free (net->data);
  memset (net, 0, sizeof *net);
}

bool
rvs__show_stage (RvsExec *exec, const RvsStageSink *sink, const RvsTensor *image)
{
  return !sink || rvs__exec_cancelled (exec) || sink->stage (sink->user, image);
}
