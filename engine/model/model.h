/* SPDX-License-Identifier: GPL-3.0-or-later
 * model.h: an opened, checked and packed model. The public half is in rvs.h. */
#ifndef RVS_MODEL_MODEL_H
#define RVS_MODEL_MODEL_H

#include "model/st_file.h"
#include "net/net.h"

/* A graph builds its packed weights from the file's tensors and metadata. Each returns MODEL with a message naming the tensor
 * or key when something is missing, extra, of another shape, NaN or infinite. */
RvsStatus rvs__parser_build (const RvsStFile *file, RvsParserNet **out_net, RvsError *err);
void      rvs__parser_free (RvsParserNet *net);
RvsStatus rvs__jsfm_build (const RvsStFile *file, RvsJsfmNet **out_net, RvsError *err);
void      rvs__jsfm_free (RvsJsfmNet *net);
RvsStatus rvs__detector_build (const RvsStFile *file, RvsDetectorNet **out_net, RvsError *err);
void      rvs__detector_free (RvsDetectorNet *net);

/* NULL when the model is of another arch. */
const RvsParserNet   *rvs__model_parser (const RvsModel *model);
const RvsJsfmNet     *rvs__model_jsfm (const RvsModel *model);
const RvsDetectorNet *rvs__model_detector (const RvsModel *model);

#endif
