/* SPDX-License-Identifier: GPL-3.0-or-later
 * shape.h: the shape head: from what the parser computes of a face anyway to a mesh of 468 points and the error to be expected of it.
 * docs/weights-format.md, `shape`. */
#ifndef RVS_NET_SHAPE_H
#define RVS_NET_SHAPE_H

#include "net/arch.h"
#include "net/parser.h"
#include "ops/mesh.h"

enum
{
  RVS_SHAPE_VERTICES = 468,
  RVS_SHAPE_RENDER = 128, /* side at which restorers get it drawn */
  RVS_SHAPE_MAX_MODES = 128,
  RVS_SHAPE_MAX_HIDDEN = 1024,
  RVS_SHAPE_MAX_TRIANGLES = 2000
};

typedef struct RvsShapeNet
{
  int     modes, hidden, doubt, n_features, n_triangles;
  float   low, high; /* expected errors of full trust and of none */
  RvsConv straight, curve, turn, unsure, error;
  float  *mean, *basis; /* 468 x 3; modes x 468 x 3 */
  float  *triangles;    /* n_triangles x 3, whole numbers */
} RvsShapeNet;

/* What the head says of one face. Arrays are the caller's. */
typedef struct RvsShape
{
  float    *coefficients; /* modes; unit variance */
  float    *vertices;     /* 468 x 3, pixels of the 512 crop */
  uint16_t *triangles;    /* n_triangles x 3 */
  float     error;        /* expected mean distance of the vertices in the plane, % of the eye distance */
  float     trust;        /* of it, 0 to 1 */
  RvsMesh   mesh;         /* over vertices and triangles */
} RvsShape;

extern const RvsArch rvs__arch_shape; /* of an RvsShapeNet */

/* How many numbers the head reads of a parser whose trunk ends in that many channels. */
int rvs__shape_features (int trunk_channels);
/* The mesh of coefficients, as rvs__shape_forward makes it: vertices and triangles are the caller's. False, and no mesh, where the file's
 * data are altered so that none can be made. */
bool rvs__shape_mesh (const RvsShapeNet *net, const float *coefficients, float *vertices, uint16_t *triangles, RvsMesh *out);
/* Arrays from exec's arena. */
RvsShape rvs__shape_new (RvsExec *exec, const RvsShapeNet *net);
/* parsed: heat maps, features and degradation of the parser; classes: the adjusted map. The parser's trunk must have the
 * channels that the head was trained with. Altered data that no mesh can be made of gives trust 0 and an empty mesh. */
void rvs__shape_forward (const RvsShapeNet *net, RvsExec *exec, const RvsParserOut *parsed, const RvsTensor *classes,
                         RvsShape *out);

#endif
