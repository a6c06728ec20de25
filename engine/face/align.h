/* SPDX-License-Identifier: GPL-3.0-or-later
 * align.h: from five landmarks to the similarity that maps the 512 x 512 face crop into the photo. */
#ifndef RVS_FACE_ALIGN_H
#define RVS_FACE_ALIGN_H

#include "face/affine.h"
#include "rvs.h"

/* Side of the crop in which the template is given. Networks of another size use the same square at another resolution. */
enum
{
  RVS_CROP_SIDE = 512
};

/* Landmarks in the crop: eyes, nose, mouth corners, image-left first (networks.md section 1). */
extern const float rvs__face_template[5][2];

/* x, y, width, height of the detector's box around such a face: what bounds the ellipse of an upright one. */
extern const float rvs__face_box[4];

/* Least-squares similarity (4 degrees of freedom) with one Huber re-weighting. Writes the map from crop to image and
 * returns NONE, or DEGENERATE when the points do not describe a face in an image of this size: not finite, outside,
 * all in one place or on one line, mirrored, or at an absurd scale. When the mouth corners collapse (profiles), eyes
 * and mouth centre alone decide. */
RvsSkip rvs__align_face (const RvsFace *face, int width, int height, RvsAffine *out_crop_to_image);

/* The whole image is the crop: a plain resize, each axis by its own factor. */
RvsAffine rvs__align_whole (int width, int height);

/* Smallest rect of image pixels that holds the crop region [u0,u1] x [v0,v1], cut at the image; may be empty. */
RvsRect rvs__align_rect (const RvsAffine *crop_to_image, double u0, double v0, double u1, double v1, int width, int height);

/* Landmarks of an average upright face in a box. */
void rvs__landmarks_in_box (float x, float y, float w, float h, float landmarks[5][2]);

float rvs__eye_distance (const RvsFace *face);

#endif
