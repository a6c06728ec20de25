/* SPDX-License-Identifier: GPL-3.0-or-later
 * parser_net.h: the packed weights of a face parser, shared by its compact and its published form. Private to net/. */
#ifndef RVS_NET_PARSER_NET_H
#define RVS_NET_PARSER_NET_H

#include "net/parser.h"
#include "ops/ops.h"

enum
{
  PARSER_SCALES = 4,
  PARSER_MAX_WIDTH = 2048,
  PARSER_MAX_BLOCKS = 32
};

/* x + b (lrelu (a (x))); s: the published network's shortcut where the shape changes. */
typedef struct RvsParserBlock
{
  RvsConv a, b, s;
} RvsParserBlock;

struct RvsParserNet
{
  bool           published;
  int            size, widths[PARSER_SCALES + 1], blocks[PARSER_SCALES]; /* the compact form has one width less */
  int            up_widths[PARSER_SCALES], n_body;                       /* published */
  RvsConv        stem, mask;
  RvsParserBlock e[PARSER_SCALES][PARSER_MAX_BLOCKS], r[PARSER_SCALES]; /* compact: encoder, decoder */
  RvsConv        d[PARSER_SCALES], p[PARSER_SCALES], deg, lmk;
  RvsParserBlock down[PARSER_SCALES], body[PARSER_MAX_BLOCKS], up[PARSER_SCALES]; /* published */
};

/* x += b (lrelu (a (x))) */
void rvs__parser_residual (RvsExec *exec, const RvsParserBlock *block, RvsTensor *x);

/* The published form: its keys, its tensors, its pass. */
RvsStatus rvs__parser_configure_published (const RvsStFile *file, RvsParserNet *net, RvsError *err);
void      rvs__parser_list_published (RvsLoader *loader, RvsParserNet *net);
void      rvs__parser_forward_published (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out);

#endif
