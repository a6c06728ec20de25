/* SPDX-License-Identifier: GPL-3.0-or-later
 * params.h: what the files of the parameter table share. */
#ifndef RVS_PARAMS_PRIVATE_H
#define RVS_PARAMS_PRIVATE_H

#include "rvs_params.h"

/* What would have been right, as one list: "a number from 0 to 1 or auto". */
void rvs__param_describe_values (const RvsParamSpec *spec, char *text, size_t n_bytes);
/* At most six decimals, without trailing zeros. */
void rvs__param_format_number (double value, char *text, size_t n_bytes);

#endif
