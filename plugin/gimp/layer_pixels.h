/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layer_pixels.h: between GEGL buffers and engine views, whatever the layer's precision and colour space.
 */
#ifndef RVS_GIMP_LAYER_PIXELS_H
#define RVS_GIMP_LAYER_PIXELS_H

#include "ui_host.h"
#include <gegl.h>

/* A layer as the panel's source: sRGB-encoded, in the shallowest depth that loses nothing inside the layer. */
typedef struct RvsLayerSource
{
  GeglBuffer *buffer, *selection; /* owned; selection may be NULL */
  int         offset_x, offset_y; /* of the layer in the selection's frame */
  const Babl *format;
  GPtrArray  *channel_names, *channels; /* char *, with a NULL behind them; GeglBuffer *, in the selection's frame; NULL: none */
  RvsUiSource source;
} RvsLayerSource;

/* Takes both buffers. `layer` must stay where it is: the source points at it. */
void rvs_layer_source_init (RvsLayerSource *layer, GeglBuffer *buffer, gboolean grey, gboolean alpha, GeglBuffer *selection,
                            int offset_x, int offset_y);
/* Takes the buffer; a name that is too long for RvsValues is left out. What counts is the number that a channel holds, whatever its encoding:
 * so does GIMP where it makes a selection of it. */
void rvs_layer_source_add_channel (RvsLayerSource *layer, const char *name, GeglBuffer *buffer);
void rvs_layer_source_clear (RvsLayerSource *layer);

/* Nothing shows through anywhere. */
gboolean rvs_layer_is_opaque (GeglBuffer *buffer);

/* Writes the pixels that differ between result->src and result->out; every other pixel of `to` keeps its very bytes, so no
 * conversion to and fro can touch it. Returns FALSE when out of memory. */
gboolean rvs_layer_write (GeglBuffer *to, const Babl *format, const RvsUiResult *result);
/* As rvs_layer_write, for a result with bare and matte: the layer's pixels, opaque where they show, and all of `mask` ("Y" in any
 * precision): the matte, 0 outside the faces. See masked_pixels.h. */
gboolean rvs_layer_write_masked (GeglBuffer *to, GeglBuffer *mask, const Babl *format, const RvsUiResult *result);

#endif
