/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * failure.c: the sentences.
 */
#include "failure.h"
#include "i18n.h"

const char *
rvs_failure_text (RvsStatus status)
{
  switch (status)
    {
    case RVS_ERR_NO_MEMORY:
      return _ ("There is not enough memory. Close other programs, or make the picture smaller.");
    case RVS_ERR_IO:
    case RVS_ERR_FORMAT:
    case RVS_ERR_MODEL:
      return _ (
          "The restoration model could not be loaded. Install Revisage again: from a package by its installer, from its sources by "
          "./setup.sh install. Then press Retry.");
    case RVS_ERR_LIMIT:
      return _ ("The picture is too large. Make it smaller first.");
    case RVS_ERR_NO_FACE:
      return _ ("No face was found.");
    case RVS_ERR_HOLE:
      return _ ("This part cannot be filled. Select only what is damaged.");
    default:
      return _ ("The restoration failed.");
    }
}
