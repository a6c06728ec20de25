/* SPDX-License-Identifier: GPL-3.0-or-later
 * detect.h: finding faces in a photo of any size with the detector network: resizing, passes, decoding,
 * suppression of duplicates, and the refinement of a box drawn by hand.
 *
 * Coordinates are continuous source pixels: pixel (i, j) covers [i, i+1) x [j, j+1), so its centre is (i + .5, j + .5). */
#ifndef RVS_FACE_DETECT_H
#define RVS_FACE_DETECT_H

#include "net/detector.h"

/* Called between passes on the calling thread with the share done, 0..1, never decreasing; false cancels. NULL = never. */
typedef struct RvsDetectTick
{
  bool (*tick) (void *user, float done);
  void *user;
} RvsDetectTick;

/* Detections scored below this must be confirmed by the parser. */
#define RVS_SURE_SCORE .7f

/* The long side that photos are brought to: scratch does not grow beyond what a square of it needs. While the arena measures, pixels
 * are not read. */
enum
{
  RVS_DETECT_SIDE = 1024
};

/* Finds faces of 16 px and more with score >= min_score, sorted largest box first (ties: smaller y, then smaller x), each with
 * box, score and landmarks (flag RVS_FACE_HAS_LANDMARKS). *out_n is the number found, which may exceed capacity; at most
 * capacity are stored (faces may be NULL when capacity is 0). The view is checked by the caller. No allocation: scratch comes
 * from exec->arena and is released. Same result for any thread count. Returns OK or CANCELLED. */
RvsStatus rvs__detect_faces (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, float min_score, RvsTurned turned,
                             const RvsDetectTick *tick, RvsFace *faces, size_t capacity, size_t *out_n);

/* Looks again, only in and around the box of *face (its x, y, w, h), with the scale chosen so that the box fills the network's best
 * size. When the best face overlapping the box has score >= min_score, fills score and landmarks, sets RVS_FACE_HAS_LANDMARKS and
 * *out_found; the box stays the caller's. Returns OK or CANCELLED. */
RvsStatus rvs__detect_in_box (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, float min_score, RvsTurned turned,
                              RvsFace *face, bool *out_found);

#endif
