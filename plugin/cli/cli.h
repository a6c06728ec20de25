/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cli.h: the exit codes, and how messages reach the terminal.
 */
#ifndef RVS_CLI_CLI_H
#define RVS_CLI_CLI_H

#include "rvs.h"

#include <stdio.h>

/* Documented in help.c and docs/revisage.1; tests/cli compares all three. */
typedef enum CliExit
{
  CLI_EXIT_OK = 0,
  CLI_EXIT_SOME = 1, /* of several pictures some failed */
  CLI_EXIT_USAGE = 2,
  CLI_EXIT_INPUT = 3,   /* a picture cannot be read */
  CLI_EXIT_OUTPUT = 4,  /* a result cannot be written */
  CLI_EXIT_WEIGHTS = 5, /* missing, altered or unusable weights */
  CLI_EXIT_NO_FACE = 6,
  CLI_EXIT_MEMORY = 7,
  CLI_EXIT_INTERNAL = 8,
  CLI_EXIT_HOLE = 9,    /* what --hole marks cannot be filled, or a map of fidelity cannot be followed */
  CLI_EXIT_SIGNAL = 128 /* plus the signal's number */
} CliExit;

/* Prints one line "revisage: ..." to stderr. */
void cli_error (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/* As a line of the form "revisage: NAME: ...", with control characters in the name made harmless. */
void cli_error_about (const char *name, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* A file name may hold line feeds and terminal commands: they are shown as "?". */
void cli_print_name (FILE *stream, const char *name);
/* What to do about a failure, to be put after its message: "; ..." or "". */
const char *cli_advice (RvsStatus status);

#endif
