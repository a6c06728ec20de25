/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webp_write.c: pixels and metadata -> WebP, through libwebp and its multiplexer: lossless, with the colours that alpha hides, unless
 * the picture asks for a quality.
 */
#include "formats_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>
#include <webp/mux.h>

_Static_assert(IO_WEBP_MAX_SIDE == WEBP_MAX_DIMENSION, "the table of formats says what the library can");

typedef struct Writer
{
  const RvsPicture            *picture;
  const volatile sig_atomic_t *stop;
  unsigned                    *lost;
  RvsError                    *err;
  WebPPicture                  webp;
  WebPMemoryWriter             encoded;
} Writer;

static RvsStatus
fail_memory (Writer *writer)
{
  return io__fail (writer->err, RVS_ERR_NO_MEMORY, "not enough memory to write the WebP file");
}

static int
on_progress (int percent, const WebPPicture *webp)
{
  const Writer *writer = webp->user_data;

  (void)percent;
  return !io__stopped (writer->stop);
}

/* ---- pixels --------------------------------------------------------------------------------- */

static uint32_t
sample (const RvsMutView *view, const unsigned char *row, size_t index)
{
  uint16_t value;

  if (view->depth == RVS_DEPTH_U8)
    return row[index];
  memcpy (&value, row + 2 * index, 2);
  return (value * 255u + 32767u) / 65535u;
}

/* As libwebp has them: alpha, red, green, blue from the highest byte on. */
static void
fill (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  size_t            n = (size_t)view->channels, green = n >= 3 ? 1 : 0, blue = n >= 3 ? 2 : 0;

  for (int y = 0; y < view->height; y++)
    {
      const unsigned char *from = (const unsigned char *)view->pixels + y * view->stride;
      uint32_t            *to = writer->webp.argb + (size_t)y * (size_t)writer->webp.argb_stride;
      for (size_t x = 0; x < (size_t)view->width; x++)
        to[x] = (n % 2 ? 255u : sample (view, from, x * n + n - 1)) << 24 | sample (view, from, x * n) << 16
                | sample (view, from, x * n + green) << 8 | sample (view, from, x * n + blue);
    }
}

static bool
set_config (const Writer *writer, WebPConfig *config)
{
  int quality = writer->picture->meta.quality;

  if (!WebPConfigInit (config))
    return false;
  config->exact = 1;
  config->lossless = quality <= 0 || quality == RVS_QUALITY_LOSSLESS;
  config->quality = config->lossless ? 50 : (float)quality; /* lossless: the effort */
  config->method = config->lossless ? 2 : 4;
  return WebPValidateConfig (config) != 0;
}

static RvsStatus
encode (Writer *writer)
{
  const RvsMutView *view = &writer->picture->view;
  WebPConfig        config;

  if (!set_config (writer, &config) || !WebPPictureInit (&writer->webp))
    return io__fail (writer->err, RVS_ERR_INTERNAL, "the WebP library is another one than at build time");
  writer->webp.use_argb = 1;
  writer->webp.width = view->width;
  writer->webp.height = view->height;
  writer->webp.writer = WebPMemoryWrite;
  writer->webp.custom_ptr = &writer->encoded;
  writer->webp.progress_hook = on_progress;
  writer->webp.user_data = writer;
  if (!WebPPictureAlloc (&writer->webp))
    return fail_memory (writer);
  fill (writer);
  if (WebPEncode (&config, &writer->webp))
    return RVS_OK;
  if (writer->webp.error_code == VP8_ENC_ERROR_USER_ABORT)
    return io__fail (writer->err, RVS_ERR_CANCELLED, "stopped while writing");
  if (writer->webp.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY || writer->webp.error_code == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY)
    return fail_memory (writer);
  return io__fail (writer->err, RVS_ERR_INTERNAL, "the WebP library refused the picture (%d)", (int)writer->webp.error_code);
}

/* ---- the file ------------------------------------------------------------------------------- */

static bool
add_chunk (WebPMux *mux, const char *name, const RvsBlob *blob)
{
  WebPData data = { blob->bytes, blob->n };

  return !blob->n || WebPMuxSetChunk (mux, name, &data, 1) == WEBP_MUX_OK;
}

static bool
add_meta (WebPMux *mux, const RvsPictureMeta *meta)
{
  RvsBlob xmp = { NULL, 0 };
  bool    ok = !meta->xmp.bytes || io__xmp_alone (&meta->xmp, &xmp);

  ok = ok && add_chunk (mux, "ICCP", &meta->icc) && add_chunk (mux, "EXIF", &meta->exif) && add_chunk (mux, "XMP ", &xmp);
  free (xmp.bytes);
  return ok;
}

static RvsStatus
send (Writer *writer, FILE *stream)
{
  WebPData  image = { writer->encoded.mem, writer->encoded.size }, file = { NULL, 0 };
  WebPMux  *mux = WebPMuxNew ();
  RvsStatus status = RVS_OK;

  /* Not copied: `image` lives until the end. */
  if (!mux || WebPMuxSetImage (mux, &image, 0) != WEBP_MUX_OK || !add_meta (mux, &writer->picture->meta)
      || WebPMuxAssemble (mux, &file) != WEBP_MUX_OK)
    status = fail_memory (writer);
  else if (fwrite (file.bytes, 1, file.size, stream) != file.size)
    status = io__fail (writer->err, RVS_ERR_IO, "cannot be written: %s", strerror (errno));
  WebPDataClear (&file);
  WebPMuxDelete (mux);
  return status;
}

static unsigned
losses (const RvsPicture *picture)
{
  const RvsPictureMeta *meta = &picture->meta;
  unsigned              lost = 0;

  if (picture->view.depth == RVS_DEPTH_U16)
    lost |= RVS_LOST_DEPTH;
  if (meta->n_texts)
    lost |= RVS_LOST_TEXT;
  if (meta->n_segments || meta->photoshop.bytes)
    lost |= RVS_LOST_SEGMENT;
  if (meta->resolution_unit != RVS_RESOLUTION_NONE)
    lost |= RVS_LOST_RESOLUTION;
  for (size_t i = 0; i < RVS_HDR_CHUNKS; i++)
    if (meta->hdr[i].bytes)
      lost |= RVS_LOST_HDR;
  return lost;
}

RvsStatus
io__webp_write (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost, RvsError *err)
{
  Writer    writer = { .picture = picture, .stop = stop, .lost = lost, .err = err };
  RvsStatus status;

  if (picture->view.depth == RVS_DEPTH_F32)
    return io__fail (err, RVS_ERR_ARGUMENT, "floating-point pixels cannot be written as WebP");
  status = rvs_format_check_size (RVS_PICTURE_WEBP, picture->view.width, picture->view.height, err);
  if (status)
    return status;
  WebPMemoryWriterInit (&writer.encoded);
  status = encode (&writer);
  WebPPictureFree (&writer.webp);
  if (!status)
    status = send (&writer, stream);
  WebPMemoryWriterClear (&writer.encoded);
  *lost |= losses (picture);
  return status;
}
