/* SPDX-License-Identifier: GPL-3.0-or-later
 * arch.h: a kind of network, as the engine knows it: a row that says how its weights files are checked, read and used. What every
 * network has alike (memory, errors, freeing) is done here once. */
#ifndef RVS_NET_ARCH_H
#define RVS_NET_ARCH_H

#include "net/restorer.h"
#include "weights/loader.h"

typedef struct RvsArch
{
  const char *name, *contract; /* metadata rvs.arch and rvs.contract of its files */
  const char *size_key;        /* metadata key of the side in pixels that it works at, or NULL */
  size_t      bytes;           /* of its struct */
  /* Reads the graph's own metadata into the struct, which is zeroed. MODEL with a message naming the key. */
  RvsStatus (*configure) (const RvsStFile *file, void *net, RvsError *err);
  void (*list) (RvsLoader *loader, void *net); /* its tensors: see rvs__load */
  const RvsRestorer *restorer;                 /* NULL: it restores nothing by itself (parser, detector) */
  bool               has_base;                 /* it reads another network's output: metadata rvs.base names that one's file */
} RvsArch;

/* A packed network. */
typedef struct RvsNet
{
  const RvsArch *arch;
  void          *data;   /* arch's struct */
  RvsArena       memory; /* of its weights */
} RvsNet;

/* Packs the weights of a file. MODEL with a message naming the tensor or key when something is missing, extra, of another shape,
 * NaN or infinite; NO_MEMORY. On failure *out_net is all 0. */
RvsStatus rvs__net_build (const RvsArch *arch, const RvsStFile *file, RvsNet *out_net, RvsError *err);
void      rvs__net_clear (RvsNet *net); /* also one that is all 0 */

#endif
