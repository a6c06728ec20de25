/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webp_read.c: WebP files -> pixels and metadata, through libwebp and its demultiplexer.
 */
#include "io_private.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

enum
{
  STEP_BYTES = 256 * 1024 /* decoded between two looks at the stop flag */
};

typedef struct Reader
{
  const IoSource *source;
  RvsPicture     *picture;
  RvsError       *err;
  RvsBlob         file;
  WebPDemuxer    *demux;
  WebPIterator    frame;
} Reader;

static RvsStatus
fail_memory (Reader *reader)
{
  return io__fail (reader->err, RVS_ERR_NO_MEMORY, "not enough memory to read the WebP file");
}

static RvsStatus
fail_code (Reader *reader, VP8StatusCode code)
{
  if (code == VP8_STATUS_OUT_OF_MEMORY)
    return fail_memory (reader);
  if (code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED)
    return io__fail (reader->err, RVS_ERR_FORMAT, "the WebP file is truncated: it ends too early");
  return io__fail (reader->err, RVS_ERR_FORMAT, "the WebP file is damaged");
}

/* RIFF's header says how long the file is. */
static bool
is_truncated (const RvsBlob *file)
{
  const unsigned char *b = file->bytes;

  return file->n < 12 || ((uint64_t)b[4] | (uint64_t)b[5] << 8 | (uint64_t)b[6] << 16 | (uint64_t)b[7] << 24) + 8 > file->n;
}

/* Parses the file and finds its only frame. */
static RvsStatus
open_frame (Reader *reader)
{
  WebPData data = { reader->file.bytes, reader->file.n };

  if (is_truncated (&reader->file))
    return fail_code (reader, VP8_STATUS_NOT_ENOUGH_DATA);
  reader->demux = WebPDemux (&data);
  if (!reader->demux)
    return fail_code (reader, VP8_STATUS_BITSTREAM_ERROR);
  if (WebPDemuxGetI (reader->demux, WEBP_FF_FRAME_COUNT) > 1)
    return io__fail (reader->err, RVS_ERR_FORMAT, "animated WebP pictures are not supported; save one frame first");
  if (!WebPDemuxGetFrame (reader->demux, 1, &reader->frame))
    return fail_code (reader, VP8_STATUS_BITSTREAM_ERROR);
  return RVS_OK;
}

/* Piece by piece, so that it can be stopped. */
static RvsStatus
decode (Reader *reader, WebPIDecoder *decoder)
{
  const WebPData *data = &reader->frame.fragment;
  VP8StatusCode   code = VP8_STATUS_SUSPENDED;

  for (size_t n = 0; n < data->size && code == VP8_STATUS_SUSPENDED;)
    {
      n = data->size - n < STEP_BYTES ? data->size : n + STEP_BYTES;
      if (io__stopped (reader->source->stop))
        return io__fail (reader->err, RVS_ERR_CANCELLED, "stopped while reading");
      code = WebPIUpdate (decoder, data->bytes, n);
    }
  return code == VP8_STATUS_OK ? RVS_OK : fail_code (reader, code);
}

static RvsStatus
read_pixels (Reader *reader)
{
  WebPDecoderConfig config;
  WebPIDecoder     *decoder;
  RvsMutView       *view = &reader->picture->view;
  RvsStatus         status;
  VP8StatusCode     code;

  if (!WebPInitDecoderConfig (&config))
    return io__fail (reader->err, RVS_ERR_INTERNAL, "the WebP library is another one than at build time");
  code = WebPGetFeatures (reader->frame.fragment.bytes, reader->frame.fragment.size, &config.input);
  if (code != VP8_STATUS_OK)
    return fail_code (reader, code);
  status = io__alloc_pixels (reader->picture, config.input.width, config.input.height, config.input.has_alpha ? 4 : 3, RVS_DEPTH_U8,
                             reader->err);
  if (status)
    return status;
  reader->picture->meta.quality = config.input.format == 2 ? RVS_QUALITY_LOSSLESS : IO_LOSSY_QUALITY;
  config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = (WebPRGBABuffer){ view->pixels, (int)view->stride, (size_t)view->stride * (size_t)view->height };
  decoder = WebPIDecode (NULL, 0, &config);
  if (!decoder)
    return fail_memory (reader);
  status = decode (reader, decoder);
  WebPIDelete (decoder);
  return status;
}

static bool
take_chunk (Reader *reader, const char *name, RvsBlob *blob)
{
  WebPChunkIterator chunk;
  bool              ok = true;

  if (WebPDemuxGetChunk (reader->demux, name, 1, &chunk))
    ok = io__blob_set (blob, chunk.chunk.bytes, chunk.chunk.size);
  WebPDemuxReleaseChunkIterator (&chunk);
  return ok;
}

static RvsStatus
take_meta (Reader *reader)
{
  RvsPictureMeta *meta = &reader->picture->meta;
  RvsBlob        *exif = &meta->exif;

  if (!take_chunk (reader, "ICCP", &meta->icc) || !take_chunk (reader, "EXIF", exif) || !take_chunk (reader, "XMP ", &meta->xmp))
    return fail_memory (reader);
  /* Some programs put JPEG's prefix there. */
  if (exif->n > 6 && !memcmp (exif->bytes, "Exif\0\0", 6))
    memmove (exif->bytes, exif->bytes + 6, exif->n -= 6);
  return RVS_OK;
}

static RvsStatus
read_all (Reader *reader)
{
  RvsStatus status = open_frame (reader);

  if (!status)
    status = read_pixels (reader);
  return status ? status : take_meta (reader);
}

RvsStatus
io__webp_read (const IoSource *source, RvsPicture *out, RvsError *err)
{
  Reader    reader = { .source = source, .picture = out, .err = err };
  RvsStatus status = io__read_file (source, &reader.file, err);

  if (!status)
    status = read_all (&reader);
  WebPDemuxReleaseIterator (&reader.frame);
  WebPDemuxDelete (reader.demux);
  free (reader.file.bytes);
  return status;
}
