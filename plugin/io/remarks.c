/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * remarks.c: the words for what reading noticed and for what a result does not keep: one for programs, one for people.
 */
#include "picture.h"

/* For the translators; the front ends that have other languages translate. */
#define N_(text) text

/* By the bits RVS_NOTE_; parts of a sentence behind "note: ". */
static const RvsRemark notes[] = {
  { "no-end", N_ ("the file ends too early, but the picture is complete") },
  { "first-page", N_ ("the file has several pictures, and only the first was read") },
  { "converted", NULL },
  { "profile", N_ ("the colour profile cannot be used, so the colours were taken as sRGB") },
  { "hdr", N_ ("this is an HDR picture (PQ or HLG); what is brighter than its white was seen as white") },
  { "rgb", N_ ("the colours, CMYK or Lab, were converted to RGB through their profile") },
};

/* By the bits RVS_LOST_; members of a list behind "not kept: ". */
static const RvsRemark losses[] = {
  { "depth", N_ ("the finer steps of 16-bit values") },
  { "exif", N_ ("the camera's data (EXIF)") },
  { "icc", N_ ("the colour profile, which is damaged or for another kind of picture") },
  { "text", N_ ("a text note") },
  { "segment", N_ ("notes that only JPEG holds") },
  { "hdr", N_ ("colour data for HDR (cICP, mDCV, cLLI)") },
  { "video", N_ ("the video behind the picture") },
  { "gain-map", N_ ("the gain map for HDR") },
  { "trailer", N_ ("the data behind the picture") },
  { "thumbnail", NULL },
  { "other", N_ ("data of other programs") },
  { "resolution", N_ ("the resolution") },
};

const RvsRemark *
rvs_notes_table (size_t *out_n)
{
  *out_n = sizeof notes / sizeof notes[0];
  return notes;
}

const RvsRemark *
rvs_lost_table (size_t *out_n)
{
  *out_n = sizeof losses / sizeof losses[0];
  return losses;
}
