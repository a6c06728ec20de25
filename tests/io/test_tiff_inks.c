/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_tiff_inks.c: TIFF in CMYK and Lab becomes sRGB through its profile, and says so.
 */
#include "testing.h"

#include "roundtrip.h"
#include "tiffs.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

enum
{
  W = 5,
  H = 3
};

/* Inks as glass: light goes through what the ink lets through. Rows of a printer's table, from CMYK to Lab. */
static cmsInt32Number
print_inks (const cmsUInt16Number in[], cmsUInt16Number out[], void *to_lab)
{
  cmsUInt16Number rgb[3];

  for (int c = 0; c < 3; c++)
    rgb[c] = (cmsUInt16Number)((65535 - in[c]) * (double)(65535 - in[3]) / 65535);
  cmsDoTransform (to_lab, rgb, out, 1);
  return 1;
}

static cmsHPROFILE
printer (void)
{
  cmsHPROFILE   srgb = cmsCreate_sRGBProfile (), lab = cmsCreateLab4Profile (NULL), own = cmsCreateProfilePlaceholder (NULL);
  cmsHTRANSFORM to_lab = cmsCreateTransform (srgb, TYPE_RGB_16, lab, TYPE_Lab_16, INTENT_RELATIVE_COLORIMETRIC, 0);
  cmsPipeline  *table = cmsPipelineAlloc (NULL, 4, 3);
  cmsStage     *grid = cmsStageAllocCLut16bit (NULL, 11, 4, 3, NULL);

  cmsSetProfileVersion (own, 4.3);
  cmsSetDeviceClass (own, cmsSigOutputClass);
  cmsSetColorSpace (own, cmsSigCmykData);
  cmsSetPCS (own, cmsSigLabData);
  assert_true (cmsStageSampleCLut16bit (grid, print_inks, to_lab, 0));
  assert_true (cmsPipelineInsertStage (table, cmsAT_END, cmsStageAllocToneCurves (NULL, 4, NULL)));
  assert_true (cmsPipelineInsertStage (table, cmsAT_END, grid));
  assert_true (cmsPipelineInsertStage (table, cmsAT_END, cmsStageAllocToneCurves (NULL, 3, NULL)));
  assert_true (cmsWriteTag (own, cmsSigAToB0Tag, table) && cmsWriteTag (own, cmsSigAToB1Tag, table));
  cmsPipelineFree (table);
  cmsDeleteTransform (to_lab);
  cmsCloseProfile (srgb);
  cmsCloseProfile (lab);
  return own;
}

/* Takes the profile; free () the bytes. */
static Bytes
bytes_of (cmsHPROFILE profile)
{
  cmsUInt32Number n = 0;
  Bytes           out;

  assert_true (cmsSaveProfileToMem (profile, NULL, &n));
  out = (Bytes){ malloc (n), n };
  assert_true (cmsSaveProfileToMem (profile, out.bytes, &n));
  cmsCloseProfile (profile);
  return out;
}

static RvsPicture
read_filled (int photometric, int bits, const unsigned char *pixel, const Bytes *icc)
{
  int           samples = photometric == PHOTOMETRIC_SEPARATED ? 4 : 3;
  size_t        size = (size_t)(samples * bits / 8);
  unsigned char rows[W * H * 8];
  TiffSpec      spec = { .width = W,
                         .height = H,
                         .bits = bits,
                         .samples = samples,
                         .photometric = photometric,
                         .icc = icc->bytes,
                         .n_icc = icc->n,
                         .rows = rows };
  RvsPicture    picture;

  for (size_t i = 0; i < W * H; i++)
    memcpy (rows + i * size, pixel, size);
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (picture.meta.notes, RVS_NOTE_RGB);
  assert_int_equal (picture.view.channels, 3);
  assert_null (picture.meta.icc.bytes); /* it is of other colours */
  return picture;
}

static void
check (int photometric, const unsigned char *pixel, const unsigned char *expected, const Bytes *icc)
{
  RvsPicture           picture = read_filled (photometric, 8, pixel, icc);
  const unsigned char *got = picture.view.pixels;

  for (int i = 0; i < W * H * 3; i++)
    if (abs (got[i] - expected[i % 3]) > 3)
      fail_msg ("%d %d %d %d: value %d is %d, not %d", pixel[0], pixel[1], pixel[2], pixel[3], i, got[i], expected[i % 3]);
  rvs_picture_clear (&picture);
}

static void
test_cmyk (void **state)
{
  static const unsigned char cases[][7] = { { 0, 0, 0, 0, 255, 255, 255 },
                                            { 0, 0, 0, 255, 0, 0, 0 },
                                            { 255, 0, 0, 0, 0, 255, 255 },
                                            { 0, 255, 255, 0, 255, 0, 0 },
                                            { 0, 0, 0, 102, 153, 153, 153 } };
  Bytes                      icc = bytes_of (printer ());

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check (PHOTOMETRIC_SEPARATED, cases[i], cases[i] + 4, &icc);
  free (icc.bytes);
}

static void
test_cmyk_deep (void **state)
{
  const uint16_t  inks[4] = { 0, 65535, 65535, 0 };
  Bytes           icc = bytes_of (printer ());
  RvsPicture      picture = read_filled (PHOTOMETRIC_SEPARATED, 16, (const unsigned char *)inks, &icc);
  const uint16_t *got = picture.view.pixels;

  (void)state;
  assert_int_equal (picture.view.depth, RVS_DEPTH_U16);
  assert_in_range (got[0], 65535 - 3 * 257, 65535);
  assert_in_range (got[1], 0, 3 * 257);
  rvs_picture_clear (&picture);
  free (icc.bytes);
}

/* L 0..255 for 0..100; a and b with their signs, or with 128 for grey. */
static void
test_lab (void **state)
{
  static const unsigned char white[4] = { 255, 0, 0, 0 }, red[4] = { 136, 80, 67, 0 }, icc_red[4] = { 136, 208, 195, 0 };
  Bytes                      icc = bytes_of (cmsCreateLab4Profile (NULL));

  (void)state;
  check (PHOTOMETRIC_CIELAB, white, (const unsigned char[]){ 255, 255, 255 }, &icc);
  check (PHOTOMETRIC_CIELAB, red, (const unsigned char[]){ 252, 3, 14 }, &icc);
  check (PHOTOMETRIC_ICCLAB, icc_red, (const unsigned char[]){ 252, 3, 14 }, &icc);
  free (icc.bytes);
}

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (test_cmyk), cmocka_unit_test (test_cmyk_deep), cmocka_unit_test (test_lab) };

  return cmocka_run_group_tests_name ("tiff_inks", tests, NULL, NULL);
}
