/* SPDX-License-Identifier: GPL-3.0-or-later
 * loader.h: from a weights file's tensors to packed weights. A network lists its tensors in one function, which is
 * run twice: first to check names and shapes and to count, then to fill. */
#ifndef RVS_WEIGHTS_LOADER_H
#define RVS_WEIGHTS_LOADER_H

#include "core/arena.h"
#include "ops/ops.h"
#include "weights/st_file.h"

typedef struct RvsLoader RvsLoader;

/* Runs list (loader, net) twice. Afterwards every tensor of the file has been taken exactly once, else MODEL with a message
 * that names the tensor. On success *out_memory owns all weights (close it with rvs__arena_close); on failure it is closed. */
RvsStatus rvs__load (const RvsStFile *file, void (*list) (RvsLoader *loader, void *net), void *net, RvsArena *out_memory,
                     RvsError *err);

/* After a failure the calls below do nothing. Names are printf formats. */

/* Whether the convolutions shaped from here on may multiply in bfloat16 (RvsConv.narrow); at first they may not. A network does so once
 * it is measured that its result stays what it was: docs/performance.md. */
void rvs__load_narrow (RvsLoader *loader, bool narrow);
/* Gives *conv its shape (stride 1, dilation 1, zero padding, changed by the caller at will) and memory; zero bias. */
void rvs__load_conv_shape (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int kh, int kw);
/* Fills output channels [first, first + n) from NAME.weight [n, c_in, kh, kw] and, with_bias, NAME.bias [n]. */
void rvs__load_conv_part (RvsLoader *loader, RvsConv *conv, int first, int n, bool with_bias, const char *name, ...)
    __attribute__ ((format (printf, 6, 7)));
/* Both of them for a whole k x k convolution with bias. */
void rvs__load_conv (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int k, const char *name, ...)
    __attribute__ ((format (printf, 6, 7)));
/* The same from NAME.w and NAME.b, parameters that a module holds itself. */
void rvs__load_own_conv (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, int k, const char *name, ...)
    __attribute__ ((format (printf, 6, 7)));
/* NAME.weight [c_out, c_in] and NAME.bias: a linear layer as a 1x1 convolution. */
void rvs__load_linear (RvsLoader *loader, RvsConv *linear, int c_out, int c_in, const char *name, ...)
    __attribute__ ((format (printf, 5, 6)));
/* A tensor as it is; its shape must be shape[0 .. rank). The pointer is NULL in the first run. */
void rvs__load_tensor (RvsLoader *loader, float **out, int rank, const size_t *shape, const char *name, ...)
    __attribute__ ((format (printf, 5, 6)));

/* Metadata helpers. Each fails with MODEL and the key's name. */

/* "16:256,32:192": n resolutions, doubling from first_key; *out_values[i] in 1..max. */
RvsStatus rvs__meta_pairs (const RvsStFile *file, const char *key, int first_key, int n, int max, int *out_values, RvsError *err);
/* "24,48,96,160": exactly n values in 1..max. */
RvsStatus rvs__meta_ints (const RvsStFile *file, const char *key, int n, int max, int *out_values, RvsError *err);
/* The same with values in min..max; min is 0 or more. */
RvsStatus rvs__meta_range (const RvsStFile *file, const char *key, int n, int min, int max, int *out_values, RvsError *err);
/* The index of the value among the NULL-terminated words. */
RvsStatus rvs__meta_word (const RvsStFile *file, const char *key, const char *const *words, int *out_index, RvsError *err);

#endif
