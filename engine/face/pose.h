/* SPDX-License-Identifier: GPL-3.0-or-later
 * pose.h: which way a face looks, read off its mesh. */
#ifndef RVS_FACE_POSE_H
#define RVS_FACE_POSE_H

#include <stdbool.h>

/* Degrees. Of the rotation Rz (roll) Ry (yaw) Rx (pitch) that turns the reference's rigid points into the mesh's best (least squares):
 * yaw is positive where the nose points to the image's right, pitch upwards, roll clockwise. Depth from one photo is a guess, so large
 * angles are. */
typedef struct RvsPose
{
  float yaw, pitch, roll;
} RvsPose;

/* Both meshes: 468 x 3, x right, y down, z away; the reference looks into the camera. False, and all zero, where no turn fits (points in one
 * place or on one line, or that are no numbers). */
bool rvs__pose_of_mesh (const float *vertices, const float *reference, RvsPose *out);

#endif
