/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.h: the operator that draws a face mesh in the light of its photo; what is drawn, and how: mesh.h. */
#ifndef RVS_OPS_RENDER_H
#define RVS_OPS_RENDER_H

#include "ops/mesh.h"
#include "ops/ops.h"

/* photo: the crop, 3 x side x side in [-1,1]. out, of the same side (up to RVS_MESH_MAX_SIDE), RVS_MESH_PLANES: mean colour times the light
 * fitted to the photo, in [-1,1], then unit normals x, y, z; all zero where the mesh does not show. mesh: one that is rvs__mesh_valid. */
void rvs__render_mesh (RvsExec *exec, const RvsMesh *mesh, const RvsTensor *photo, RvsTensor *out);

#endif
