/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * json.h: writes JSON as it goes along; commas and indentation are its business.
 */
#ifndef RVS_CLI_JSON_H
#define RVS_CLI_JSON_H

#include <stdbool.h>
#include <stdio.h>

typedef struct CliJson
{
  FILE *stream;
  int   depth;
  bool  started[12]; /* per depth: a member was written */
  bool  compact[12]; /* per depth: on one line */
} CliJson;

void cli_json_init (CliJson *json, FILE *stream);
/* key NULL inside arrays and at the top. A compact one is kept on one line. */
void cli_json_open (CliJson *json, const char *key, char bracket, bool compact);
void cli_json_close (CliJson *json, char bracket);
void cli_json_string (CliJson *json, const char *key, const char *text); /* NULL: null; bytes that are not UTF-8 become U+FFFD */
void cli_json_number (CliJson *json, const char *key, double value);     /* at most six decimals; null unless finite */
void cli_json_bool (CliJson *json, const char *key, bool value);

#endif
