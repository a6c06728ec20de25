/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * result.c: a failure becomes an exit code and a sentence.
 */
#include "run.h"
#include "stop.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

CliExit
cli_exit_of (CliStep step, RvsStatus status)
{
  switch (status)
    {
    case RVS_ERR_NO_MEMORY:
      return CLI_EXIT_MEMORY;
    case RVS_ERR_CANCELLED:
      return (CliExit)(CLI_EXIT_SIGNAL + *cli_stop_flag ());
    case RVS_ERR_NO_FACE:
      return CLI_EXIT_NO_FACE;
    case RVS_ERR_MODEL:
      return CLI_EXIT_WEIGHTS;
    case RVS_ERR_HOLE:
      return CLI_EXIT_HOLE;
    default:
      break;
    }
  if (step == CLI_STEP_READ)
    return CLI_EXIT_INPUT;
  if (step == CLI_STEP_WRITE)
    return CLI_EXIT_OUTPUT;
  if (step == CLI_STEP_FIND && status == RVS_ERR_ARGUMENT)
    return CLI_EXIT_USAGE;
  return status == RVS_ERR_LIMIT ? CLI_EXIT_INPUT : CLI_EXIT_INTERNAL;
}

void
cli_result_fail (CliResult *result, CliExit code, const char *format, ...)
{
  va_list args;

  result->exit = code;
  va_start (args, format);
  vsnprintf (result->message, sizeof result->message, format, args);
  va_end (args);
}

bool
cli_result_check (CliResult *result, CliStep step, RvsStatus status, const RvsError *err)
{
  if (status)
    cli_result_fail (result, cli_exit_of (step, status), "%s%s", err->message, cli_advice (status));
  return status == RVS_OK;
}

void
cli_result_clear (CliResult *result)
{
  free (result->faces);
  memset (result, 0, sizeof *result);
}
