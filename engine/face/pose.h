/* SPDX-License-Identifier: GPL-3.0-or-later
 * pose.h: which way a face looks, read off its mesh. */
#ifndef RVS_FACE_POSE_H
#define RVS_FACE_POSE_H

#include "face/affine.h"
#include "rvs.h"

/* Of the rotation Rz (roll) Ry (yaw) Rx (pitch) that turns the reference's rigid points into the mesh's best (least squares); without a
 * confidence. Both meshes: 468 x 3, x right, y down, z away; the reference looks into the camera. Not known, and all zero, where no turn
 * fits (points in one place or on one line, or that are no numbers). */
RvsPose rvs__pose_of_mesh (const float *vertices, const float *reference);
/* A pose in the crop as the one in the image. */
RvsPose rvs__pose_in_image (const RvsPose *pose, const RvsAffine *crop_to_image);

#endif
