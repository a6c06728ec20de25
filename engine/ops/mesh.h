/* SPDX-License-Identifier: GPL-3.0-or-later
 * mesh.h: draws a face mesh: where it shows, its normals, and how light falls on it. Plain C with nothing else of the engine, since the
 * trainer calls the very same (weights/train/sgpn/raster.py): placing and covering are integers, the rest is double precision in a
 * fixed order, without contraction, so that both see the same bits. docs/weights-format.md.
 *
 * Vertices are x, y, z in pixels of the 512 crop: x right, y down, (0, 0) its corner; z in the same unit, smaller is nearer. A triangle is
 * seen from its front when its corners run clockwise on the screen; from behind it is not drawn. What a mesh shall leave open, eyes and the
 * inside of the mouth, has no triangles. */
#ifndef RVS_OPS_MESH_H
#define RVS_OPS_MESH_H

#include <stdbool.h>
#include <stdint.h>

enum
{
  RVS_MESH_CROP = 512,      /* side of the crop that vertices are given in */
  RVS_MESH_MAX_SIDE = 1024, /* of a picture */
  RVS_MESH_LIGHTS = 9,      /* spherical harmonics up to the second order */
  RVS_MESH_PLANES = 6       /* of a rendering: shaded colour, normal */
};

typedef struct RvsMesh
{
  const float    *vertices;  /* n_vertices x 3; borrowed */
  const uint16_t *triangles; /* n_triangles x 3; borrowed */
  int             n_vertices, n_triangles;
} RvsMesh;

/* A vertex on the grid of a picture: 1 / 16 pixel; its normal in 1 / 2^14, towards the outside, z towards the viewer. */
typedef struct RvsMeshPoint
{
  int32_t x, y, z;
  int32_t normal[3];
} RvsMeshPoint;

/* Planes of side x side floats, row-major. */
typedef struct RvsMeshPicture
{
  int    side; /* at most RVS_MESH_MAX_SIDE */
  float *normal[3], *colour[3];
} RvsMeshPicture;

typedef struct RvsMeshLight
{
  float colour[3];                 /* mean of what the mesh covers, 0 to 1 */
  float harmonic[RVS_MESH_LIGHTS]; /* of brightness over its mean, 1 where nothing is known */
} RvsMeshLight;

/* False, and nothing is to be drawn, where a vertex is no number or more than eight crops away, or a triangle names a vertex that is not there. */
bool rvs__mesh_valid (const RvsMesh *mesh);
/* out: n_vertices points of a valid mesh on a picture of that side. sums: scratch, 3 n_vertices. */
void rvs__mesh_place (const RvsMesh *mesh, int side, int64_t *sums, RvsMeshPoint *out);
/* Draws rows [first, first + n_rows): unit normals, zero where the mesh does not show. depth, triangle: scratch, n_rows x side each.
 * Of two surfaces at the same depth the one with the lower index shows. */
void rvs__mesh_rows (const RvsMesh *mesh, const RvsMeshPoint *points, int first, int n_rows, int32_t *depth, int32_t *triangle,
                     RvsMeshPicture *out);
/* Mean colour and light of a photo (three planes of the picture's side, [-1,1]) where the picture's normals are: least squares over a
 * grid of at most 128 x 128 pixels, then once more without what is far off (eyes, brows, hair, glasses). */
void rvs__mesh_light (const RvsMeshPicture *picture, const float *const photo[3], RvsMeshLight *out);
/* Rows of the picture's colour: mean colour times light, cut to [-1,1], zero where the mesh does not show. */
void rvs__mesh_shade (const RvsMeshLight *light, int first, int n_rows, RvsMeshPicture *picture);

#endif
