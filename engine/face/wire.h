/* SPDX-License-Identifier: GPL-3.0-or-later
 * wire.h: a mesh as lines. */
#ifndef RVS_FACE_WIRE_H
#define RVS_FACE_WIRE_H

#include "ops/mesh.h"

#include <stddef.h>

#define RVS_WIRE_FLOATS 4 /* of a line: x and y of one end, of the other */

/* At least one, and no fewer than the lines of any mesh of so many triangles. */
size_t rvs__wire_most (int n_triangles);
/* The edges of a valid mesh's triangles that are seen from their front, each once, in the triangles' order; returns how many. lines: room
 * for rvs__wire_most. */
int rvs__wire_of_mesh (const RvsMesh *mesh, float *lines);

#endif
