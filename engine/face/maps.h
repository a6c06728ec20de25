/* SPDX-License-Identifier: GPL-3.0-or-later
 * maps.h: from the parser's output to what the generator is given: landmarks, adjusted parsing map (AFPM-2), severity.
 * Defined in docs/weights-format.md, "From the parser's output to the generator's map"; weights/train/jsfm/afpm.py is the same code. */
#ifndef RVS_FACE_MAPS_H
#define RVS_FACE_MAPS_H

#include "core/tensor.h"
#include "rvs.h"

/* CelebAMask order. Left and right are the person's in the data set's names, but pairs only matter as pairs here. */
enum
{
  RVS_CLASS_BACKGROUND,
  RVS_CLASS_SKIN,
  RVS_CLASS_NOSE,
  RVS_CLASS_GLASSES,
  RVS_CLASS_L_EYE,
  RVS_CLASS_R_EYE,
  RVS_CLASS_L_BROW,
  RVS_CLASS_R_BROW,
  RVS_CLASS_L_EAR,
  RVS_CLASS_R_EAR,
  RVS_CLASS_MOUTH,
  RVS_CLASS_UPPER_LIP,
  RVS_CLASS_LOWER_LIP,
  RVS_CLASS_HAIR,
  RVS_CLASS_HAT,
  RVS_CLASS_EARRING,
  RVS_CLASS_NECKLACE,
  RVS_CLASS_NECK,
  RVS_CLASS_CLOTH
};

/* Landmarks in pixels of the 512 crop with the confidence of each. */
typedef struct RvsPoints
{
  float at[5][2];
  float confidence[5];
} RvsPoints;

/* heatmaps: 5 x n x n logits over the crop. */
void rvs__points_from_heatmaps (const RvsTensor *heatmaps, RvsPoints *out_points);

/* Whether the parser's points speak for a face whose landmarks lie at expected (pixels of the 512 crop). True also for a parser that
 * has no points to give (all confidences 0). */
bool rvs__points_confirm (const RvsPoints *points, float expected[5][2]);

/* prob: 19 x n x n probabilities over the crop, adjusted in place. */
void rvs__afpm_adjust (RvsTensor *prob, const RvsPoints *points);

/* Mean of blur, scale and noise. */
float rvs__severity (const RvsDegradation *degradation);
/* min ((1.1 - .24 severity)^6, 1): docs/weights-format.md says why not networks.md 2.8 */
float rvs__auto_fidelity (const RvsDegradation *degradation);
/* The most that w may be where the picture has `missing` times as many pixels, in each direction, as the photo had detail for. */
float rvs__enlarged_fidelity (float missing);

#endif
