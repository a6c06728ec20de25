/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_working.c: the engine sees sRGB whatever the picture is in; what it changes goes back into the picture's own colours, and the
 * rest keeps its bytes.
 */
#include "testing.h"

#include "roundtrip.h"
#include "working.h"

#include <lcms2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
  W = 31,
  H = 17
};

static cmsHPROFILE
make_profile (bool grey, double gamma)
{
  cmsToneCurve *curve = cmsBuildGamma (NULL, gamma), *curves[3] = { curve, curve, curve };
  cmsHPROFILE   profile;

  if (grey)
    profile = cmsCreateGrayProfile (cmsD50_xyY (), curve);
  else /* Display P3's primaries */
    profile = cmsCreateRGBProfile (&(cmsCIExyY){ 0.3127, 0.3290, 1 },
                                   &(cmsCIExyYTRIPLE){ { 0.680, 0.320, 1 }, { 0.265, 0.690, 1 }, { 0.150, 0.060, 1 } }, curves);
  cmsFreeToneCurve (curve);
  return profile;
}

static void
set_icc (RvsPicture *picture, cmsHPROFILE profile)
{
  cmsUInt32Number n = 0;

  assert_true (cmsSaveProfileToMem (profile, NULL, &n));
  picture->meta.icc.bytes = malloc (n);
  picture->meta.icc.n = n;
  assert_true (cmsSaveProfileToMem (profile, picture->meta.icc.bytes, &n));
  cmsCloseProfile (profile);
}

static RvsPicture
noise (int channels, RvsDepth depth)
{
  RvsPicture picture;

  assert_int_equal (rvs_picture_new (W, H, channels, depth, &picture, NULL), RVS_OK);
  fill_noise (picture.view.pixels, (size_t)picture.view.stride * H, 5);
  return picture;
}

static unsigned
at (const RvsMutView *view, int x, int y, int c)
{
  const unsigned char *row = (const unsigned char *)view->pixels + y * view->stride;
  uint16_t             wide;

  if (view->depth == RVS_DEPTH_U8)
    return row[x * view->channels + c] * 257u;
  memcpy (&wide, row + 2 * (x * view->channels + c), 2);
  return wide;
}

/* The view's value is lcms2's in double precision. */
static void
check_seen (const RvsPicture *picture, const RvsMutView *seen)
{
  bool            grey = picture->view.channels <= 2;
  cmsHPROFILE     own = cmsOpenProfileFromMem (picture->meta.icc.bytes, (cmsUInt32Number)picture->meta.icc.n);
  cmsHPROFILE     srgb = cmsCreate_sRGBProfile ();
  cmsUInt32Number from = grey ? TYPE_GRAY_DBL : TYPE_RGB_DBL;
  cmsHTRANSFORM   transform = cmsCreateTransform (own, from, srgb, TYPE_RGB_DBL, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOOPTIMIZE);
  double          in[3], out[3];

  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        for (int c = 0; c < (grey ? 1 : 3); c++)
          in[c] = at (&picture->view, x, y, c) / 65535.0;
        cmsDoTransform (transform, in, out, 1);
        for (int c = 0; c < (grey ? 1 : 3); c++)
          {
            double want = fmin (fmax (out[grey ? 1 : c], 0), 1) * 65535;
            if (fabs (at (seen, x, y, c) - want) > 40) /* a sixth of a step of 8 bits */
              fail_msg ("at %d, %d, %d: %u, not %g", x, y, c, at (seen, x, y, c), want);
          }
        if (seen->channels % 2 == 0)
          assert_int_equal (at (seen, x, y, seen->channels - 1), at (&picture->view, x, y, seen->channels - 1));
      }
  cmsDeleteTransform (transform);
  cmsCloseProfile (own);
  cmsCloseProfile (srgb);
}

static bool
is_changed (int x, int y)
{
  return x >= 5 && x < 20 && y >= 4 && y < 12;
}

/* Seen in sRGB; unchanged pixels keep their bytes; changed ones look as wanted, the alpha stays. */
static void
check_kind (int channels, RvsDepth depth)
{
  RvsPicture picture = noise (channels, depth), before = noise (channels, depth);
  RvsWorking working, again;
  RvsMutView seen, then;
  int        colours = channels - !(channels % 2);

  set_icc (&picture, make_profile (channels <= 2, 1.8));
  assert_int_equal (rvs_working_open (&picture, &working, NULL), RVS_OK);
  assert_int_equal (picture.meta.notes, RVS_NOTE_CONVERTED);
  seen = rvs_working_view (&working);
  assert_int_equal (seen.depth, RVS_DEPTH_U16);
  check_seen (&picture, &seen);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      for (int c = 0; c < colours && is_changed (x, y); c++) /* well within what both spaces hold */
        ((uint16_t *)seen.pixels)[(y * W + x) * channels + c] = (uint16_t)(25000 + 700 * x + 300 * c);
  assert_int_equal (rvs_working_commit (&working, 4, 8, NULL), RVS_OK);
  assert_int_equal (rvs_working_open (&picture, &again, NULL), RVS_OK);
  then = rvs_working_view (&again);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      for (int c = 0; c < channels; c++)
        if (!is_changed (x, y) || c == colours)
          assert_int_equal (at (&picture.view, x, y, c), at (&before.view, x, y, c));
  /* From colours beyond sRGB the difference leads a little past the goal: only those within are looked at. */
  for (int y = 4; y < 12; y++)
    for (int x = 5; x < 20; x++)
      {
        bool inside = true;
        for (int c = 0; c < colours; c++)
          inside = inside && at (&before.view, x, y, c) > 22000 && at (&before.view, x, y, c) < 50000;
        for (int c = 0; c < colours && inside; c++)
          assert_in_range (at (&then, x, y, c) + 400 - (25000 + 700 * (unsigned)x + 300 * (unsigned)c), 0, 800);
      }
  rvs_working_close (&again);
  rvs_working_close (&working);
  rvs_picture_clear (&before);
  rvs_picture_clear (&picture);
}

static void
test_kinds (void **state)
{
  (void)state;
  for (int channels = 1; channels <= 4; channels++)
    {
      check_kind (channels, RVS_DEPTH_U8);
      check_kind (channels, RVS_DEPTH_U16);
    }
}

/* The notes of an RGB picture whose metadata `set` changes. */
static unsigned
notes_after (void (*set) (RvsPicture *picture))
{
  RvsPicture picture = noise (3, RVS_DEPTH_U8);
  RvsWorking working;
  unsigned   notes;

  set (&picture);
  assert_int_equal (rvs_working_open (&picture, &working, NULL), RVS_OK);
  notes = picture.meta.notes;
  assert_int_equal (rvs_working_view (&working).pixels != picture.view.pixels, (notes & RVS_NOTE_CONVERTED) != 0);
  rvs_working_close (&working);
  rvs_picture_clear (&picture);
  return notes;
}

static void
set_nothing (RvsPicture *picture)
{
  (void)picture;
}

static void
set_srgb_icc (RvsPicture *picture)
{
  set_icc (picture, cmsCreate_sRGBProfile ());
}

static void
set_broken_icc (RvsPicture *picture)
{
  picture->meta.icc.bytes = calloc (1, 400);
  picture->meta.icc.n = 400;
}

static void
set_grey_icc (RvsPicture *picture)
{
  set_icc (picture, make_profile (true, 2.2));
}

static void
set_gamma (RvsPicture *picture)
{
  picture->meta.has_gamma = true;
  picture->meta.gamma = 100000; /* linear light */
}

static void
set_usual_gamma (RvsPicture *picture)
{
  picture->meta.has_gamma = true;
  picture->meta.gamma = 45455;
}

static void
set_cicp (RvsPicture *picture, int primaries, int transfer)
{
  picture->meta.hdr[RVS_HDR_CICP].bytes = calloc (1, 4);
  picture->meta.hdr[RVS_HDR_CICP].n = 4;
  picture->meta.hdr[RVS_HDR_CICP].bytes[0] = (unsigned char)primaries;
  picture->meta.hdr[RVS_HDR_CICP].bytes[1] = (unsigned char)transfer;
}

static void
set_cicp_srgb (RvsPicture *picture)
{
  set_cicp (picture, 1, 13);
}

/* cICP goes before the profile. */
static void
set_cicp_p3 (RvsPicture *picture)
{
  set_cicp (picture, 12, 13);
  set_srgb_icc (picture);
}

static void
set_cicp_pq (RvsPicture *picture)
{
  set_cicp (picture, 9, 16);
}

static void
set_cicp_hlg (RvsPicture *picture)
{
  set_cicp (picture, 9, 18);
}

/* White is 203 nits: signal .5806 of PQ (BT.2408); a tenth of that light is .3583 in it, and sRGB's .3492. */
static void
test_hdr (void **state)
{
  static const double signals[4] = { 0.3583, 0.5807, 0.70, 0.90 };
  RvsPicture          picture;
  RvsWorking          working;
  RvsMutView          view;
  uint16_t           *own, *seen, before[12];

  (void)state;
  assert_int_equal (rvs_picture_new (4, 1, 3, RVS_DEPTH_U16, &picture, NULL), RVS_OK);
  own = picture.view.pixels;
  for (int i = 0; i < 12; i++)
    own[i] = (uint16_t)lrint (65535 * signals[i / 3]);
  memcpy (before, own, sizeof before);
  set_cicp_pq (&picture);
  assert_int_equal (rvs_working_open (&picture, &working, NULL), RVS_OK);
  view = rvs_working_view (&working);
  seen = view.pixels;
  assert_true (fabs (seen[0] / 65535.0 - 0.3492) < 0.002);
  for (int i = 3; i < 12; i++)
    assert_in_range (seen[i], 65400, 65535);
  for (int c = 0; c < 3; c++)
    seen[c] = 30000, seen[6 + c] = 60000;
  assert_int_equal (rvs_working_commit (&working, 0, 1, NULL), RVS_OK);
  /* .4578 in sRGB is .1770 of white's light: .4094 in PQ; a highlight that was seen as white loses what white loses: .5807 - .5599 */
  assert_true (fabs (own[0] / 65535.0 - 0.4094) < 0.002);
  assert_true (fabs (own[6] / 65535.0 - (0.70 - 0.0208)) < 0.002);
  assert_memory_equal (own + 3, before + 3, 3 * sizeof *own);
  assert_memory_equal (own + 9, before + 9, 3 * sizeof *own);
  rvs_working_close (&working);
  rvs_picture_clear (&picture);
}

static void
test_sources (void **state)
{
  (void)state;
  assert_int_equal (notes_after (set_nothing), 0);
  assert_int_equal (notes_after (set_srgb_icc), 0);
  assert_int_equal (notes_after (set_broken_icc), RVS_NOTE_PROFILE);
  assert_int_equal (notes_after (set_grey_icc), RVS_NOTE_PROFILE);
  assert_int_equal (notes_after (set_gamma), RVS_NOTE_CONVERTED);
  assert_int_equal (notes_after (set_usual_gamma), 0);
  assert_int_equal (notes_after (set_cicp_srgb), 0);
  assert_int_equal (notes_after (set_cicp_p3), RVS_NOTE_CONVERTED);
  assert_int_equal (notes_after (set_cicp_pq), RVS_NOTE_HDR | RVS_NOTE_CONVERTED);
  assert_int_equal (notes_after (set_cicp_hlg), RVS_NOTE_HDR | RVS_NOTE_CONVERTED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_kinds),
    cmocka_unit_test (test_sources),
    cmocka_unit_test (test_hdr),
  };

  return cmocka_run_group_tests_name ("working", tests, NULL, NULL);
}
