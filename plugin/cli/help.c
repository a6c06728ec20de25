/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * help.c: --help, put together from the two option tables and wrapped at 80 columns.
 */
#include "options.h"

#include <string.h>

enum
{
  WIDTH = 79,
  INDENT = 26
};

/* Words of `text` from column `at` on, continued at column `indent`. */
static void
print_wrapped (FILE *stream, const char *text, int at, int indent)
{
  while (*text)
    {
      int n = (int)strcspn (text, " ");

      if (at > indent && at + 1 + n > WIDTH)
        {
          fprintf (stream, "\n%*s", indent, "");
          at = indent;
        }
      else if (at > indent)
        {
          fputc (' ', stream);
          at++;
        }
      fprintf (stream, "%.*s", n, text);
      at += n;
      text += n + (text[n] == ' ');
    }
  fputc ('\n', stream);
}

/* The text with CLI_FORMATS replaced. */
static void
fill_in (const char *text, char *out, size_t n)
{
  int  before = (int)strcspn (text, CLI_FORMATS);
  char list[80] = "";

  if (text[before])
    rvs_formats_sentence (RVS_FORMATS_WRITTEN_IDS, list, sizeof list);
  snprintf (out, n, "%.*s%s%s", before, text, list, text[before] ? text + before + 1 : "");
}

static void
print_option (FILE *stream, char letter, const char *name, const char *argument, const char *help)
{
  char left[64], text[400];
  int  n = snprintf (left, sizeof left, "  %c%c%c --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ', letter ? ',' : ' ', name,
                    argument ? " " : "", argument ? argument : "");

  fputs (left, stream);
  if (n >= INDENT)
    fputc ('\n', stream);
  fprintf (stream, "%*s", n < INDENT ? INDENT - n : INDENT, "");
  fill_in (help, text, sizeof text);
  print_wrapped (stream, text, INDENT, INDENT);
}

/* "a, b, c"; how many bytes. */
static size_t
list_words (const RvsParamSpec *spec, char *text, size_t n_bytes)
{
  size_t used = 0;

  for (int i = 0; spec->choices[i].id && used < n_bytes; i++)
    used += (size_t)snprintf (text + used, n_bytes - used, "%s%s", i ? ", " : "", spec->choices[i].id);
  return used;
}

static void
describe_system (const RvsParamSpec *spec, char *text, size_t n_bytes)
{
  char words[200];

  list_words (spec, words, sizeof words);
  snprintf (text, n_bytes, "%s A word (%s), the id of a model (see --list-models), or a weights file.", spec->help, words);
}

static void
describe_choice (const RvsParamSpec *spec, char *text, size_t n_bytes)
{
  char words[200], initial[32];

  list_words (spec, words, sizeof words);
  rvs_param_format (spec, spec->initial, initial, sizeof initial);
  snprintf (text, n_bytes, "%s One of %s; default %s.", spec->help, words, initial);
}

/* "0 to 1 or auto", or "all, largest, or 1 to 999" where there is more than one word. */
static void
describe_number (const RvsParamSpec *spec, char *text, size_t n_bytes)
{
  char low[32], high[32], initial[32];

  rvs_param_format (spec, spec->min, low, sizeof low);
  rvs_param_format (spec, spec->max, high, sizeof high);
  rvs_param_format (spec, spec->initial, initial, sizeof initial);
  if (spec->auto_word && spec->other_word)
    snprintf (text, n_bytes, "%s %s, %s, or %s to %s; default %s.", spec->help, spec->auto_word, spec->other_word, low, high,
              initial);
  else
    snprintf (text, n_bytes, "%s %s to %s%s%s; default %s.", spec->help, low, high, spec->auto_word ? " or " : "",
              spec->auto_word ? spec->auto_word : "", initial);
}

static void
print_param (FILE *stream, const RvsParamSpec *spec)
{
  const bool words = spec->kind == RVS_PARAM_CHOICE;
  char       help[400];

  (spec->selects_system ? describe_system : words ? describe_choice : describe_number) (spec, help, sizeof help);
  print_option (stream, 0, spec->key, spec->selects_system ? "MODEL" : words ? "WORD" : "N", help);
}

static const char head[] = "Usage: revisage [OPTION]... PICTURE...\n"
                           "\n"
                           "Restores the faces in photographs. Each PICTURE is a file, or a folder of files\n"
                           "(subfolders only with --recursive). Everything but the faces stays as it is.\n"
                           "Results are written beside the pictures, as NAME-restored.ENDING, unless an\n"
                           "option says otherwise; existing files are kept.\n"
                           "\n";

static const char tail[] = "\n"
                           "Exit codes:\n"
                           "    0  everything was done\n"
                           "    1  of several pictures, some could not be done\n"
                           "    2  wrong option or argument\n"
                           "    3  a picture cannot be read: missing, damaged, too large, another format;\n"
                           "       or it would be too large when enlarged\n"
                           "    4  a result cannot be written\n"
                           "    5  weights are missing, altered or unusable\n"
                           "    6  no face was found, or none that could be restored; nothing is written\n"
                           "    7  not enough memory\n"
                           "    8  a fault in revisage itself\n"
                           "    9  the hole cannot be filled: empty, everything, of another size, unclear;\n"
                           "       or the fidelity map cannot be followed: of another size, unclear\n"
                           "  130  interrupted (128 plus the number of the signal)\n"
                           "\n"
                           "Weights are looked for in $RVS_MODEL_DIR, $XDG_DATA_HOME/revisage/weights\n"
                           "(~/.local/share by default), the installation, and the build tree.\n"
                           "\n";

/* The first system that fills holes, or that does not; NULL: there is none. */
static const char *
first_system (bool fills)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);

  for (size_t i = 0; i < n; i++)
    if (((systems[i].needs & RVS_NEEDS_HOLE) != 0) == fills)
      return systems[i].id;
  return NULL;
}

static void
print_examples (FILE *stream)
{
  const char *fill = first_system (true), *restore = first_system (false);

  fputs ("Examples:\n"
         "  revisage photo.jpg -o restored.png\n"
         "  revisage --fidelity 0.8 --faces largest --suffix -new *.jpg\n",
         stream);
  if (fill && restore)
    fprintf (stream, "  revisage --model %s --hole scratches.png --then %s portrait.png\n", fill, restore);
  fputs ("  revisage --enlarge 4 small.jpg -o large.png\n"
         "  revisage album/ -o album-restored/ --report json > report.json\n",
         stream);
}

static void
print_formats (FILE *stream)
{
  char read[80], written[80], text[240];

  rvs_formats_sentence (RVS_FORMATS_READ, read, sizeof read);
  rvs_formats_sentence (RVS_FORMATS_WRITTEN, written, sizeof written);
  snprintf (text, sizeof text, "Pictures may be %s; results can be written as %s.", read, written);
  print_wrapped (stream, text, 0, 0);
}

void
cli_help_print (FILE *stream)
{
  size_t              n_params, n_options;
  const RvsParamSpec *params = rvs_params_table (&n_params);
  const CliOption    *options = cli_options_table (&n_options);

  fputs (head, stream);
  print_formats (stream);
  fputs ("\nRestoring:\n", stream);
  for (size_t i = 0; i < n_params; i++)
    print_param (stream, &params[i]);
  fputs ("\nFiles and the rest:\n", stream);
  for (size_t i = 0; i < n_options; i++)
    if (options[i].help)
      print_option (stream, options[i].letter, options[i].name, options[i].argument, options[i].help);
  fputs (tail, stream);
  print_examples (stream);
}
