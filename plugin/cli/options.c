/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options.c: parses the command line. Options of the engine's parameter table are taken from there; the
 * table here has the rest.
 */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static RvsStatus __attribute__ ((format (printf, 2, 3))) fail (RvsError *err, const char *format, ...)
{
  va_list args;

  if (err->status == RVS_OK)
    {
      err->status = RVS_ERR_ARGUMENT;
      va_start (args, format);
      vsnprintf (err->message, sizeof err->message, format, args);
      va_end (args);
    }
  return RVS_ERR_ARGUMENT;
}

/* ---- values --------------------------------------------------------------------------------- */

/* A whole number, all of the text. base as for strtoul. */
static bool
parse_whole (const char *text, int base, unsigned long max, unsigned long *out)
{
  char *end;

  errno = 0;
  *out = strtoul (text, &end, base);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out <= max;
}

static RvsStatus
set_output (CliOptions *options, const char *value, RvsError *err)
{
  if (!*value)
    return fail (err, "--output needs a file or a folder");
  options->output = value;
  return RVS_OK;
}

static RvsStatus
set_suffix (CliOptions *options, const char *value, RvsError *err)
{
  if (strchr (value, '/'))
    return fail (err, "--suffix: '%s' has a slash in it", value);
  options->suffix = value;
  return RVS_OK;
}

static RvsStatus
set_format (CliOptions *options, const char *value, RvsError *err)
{
  char list[80];

  rvs_formats_sentence (RVS_FORMATS_WRITTEN_IDS, list, sizeof list);
  options->has_format = rvs_picture_format_of_id (value, &options->format) && rvs_format_can_write (options->format);
  return options->has_format ? RVS_OK : fail (err, "--format: '%s' is not %s", value, list);
}

static RvsStatus
set_quality (CliOptions *options, const char *value, RvsError *err)
{
  unsigned long n = RVS_QUALITY_LOSSLESS;

  if (strcmp (value, "lossless") && (!parse_whole (value, 10, 100, &n) || n == 0))
    return fail (err, "--quality: '%s' is not a whole number from 1 to 100 or lossless", value);
  options->quality = (int)n;
  return RVS_OK;
}

static RvsStatus
set_box (CliOptions *options, const char *value, RvsError *err)
{
  float       v[4];
  const char *at = value;

  if (options->n_boxes == CLI_MAX_BOXES)
    return fail (err, "--box: at most %d boxes are accepted", CLI_MAX_BOXES);
  for (int i = 0; i < 4; i++)
    {
      char  *end;
      double number = strtod (at, &end);
      if (end == at || *end != (i < 3 ? ',' : '\0') || !isfinite (number) || fabs (number) > RVS_MAX_SIDE)
        return fail (err, "--box: '%s' is not x,y,width,height in pixels", value);
      v[i] = (float)number;
      at = end + 1;
    }
  if (v[2] < 1 || v[3] < 1)
    return fail (err, "--box: '%s' has no width or no height", value);
  options->boxes[options->n_boxes++] = (CliBox){ v[0], v[1], v[2], v[3] };
  return RVS_OK;
}

static RvsStatus
set_hole (CliOptions *options, const char *value, RvsError *err)
{
  if (!*value)
    return fail (err, "--hole needs a picture");
  options->hole = value;
  return RVS_OK;
}

static RvsStatus
set_lines (CliOptions *options, const char *value, RvsError *err)
{
  if (!*value)
    return fail (err, "--lines needs a picture");
  options->lines = value;
  return RVS_OK;
}

static RvsStatus
set_fidelity_map (CliOptions *options, const char *value, RvsError *err)
{
  if (!*value)
    return fail (err, "--fidelity-map needs a picture");
  options->fidelity_map = value;
  return RVS_OK;
}

static RvsStatus
set_old_photo (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->old_photo = true;
  return RVS_OK;
}

static RvsStatus
set_find_scratches (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->finds = true;
  return RVS_OK;
}

static RvsStatus
set_hole_output (CliOptions *options, const char *value, RvsError *err)
{
  if (!*value)
    return fail (err, "--hole-output needs a file");
  options->output = value;
  options->finds = options->marks = true;
  return RVS_OK;
}

static RvsStatus
set_then (CliOptions *options, const char *value, RvsError *err)
{
  const RvsSystemInfo *system = rvs_system_find (value);

  if (!system)
    return fail (err, "--then: '%s' is not a model's word; see --model", value);
  if (system->needs & RVS_NEEDS_HOLE)
    return fail (err, "--then: '%s' fills holes; give it to --model, and to --then what comes after it", value);
  options->then = system;
  return RVS_OK;
}

static RvsStatus
set_threads (CliOptions *options, const char *value, RvsError *err)
{
  unsigned long n = 0;

  if (strcmp (value, "auto") && (!parse_whole (value, 10, 64, &n) || n == 0))
    return fail (err, "--threads: '%s' is not a whole number from 1 to 64 or auto", value);
  options->n_threads = (int32_t)n;
  return RVS_OK;
}

static RvsStatus
set_cpumask (CliOptions *options, const char *value, RvsError *err)
{
  unsigned long mask;

  if (!parse_whole (value, 0, UINT32_MAX, &mask))
    return fail (err, "--cpumask: '%s' is not a number", value);
  options->cpu_mask = (uint32_t)mask;
  return RVS_OK;
}

static RvsStatus
set_report (CliOptions *options, const char *value, RvsError *err)
{
  if (strcmp (value, "json"))
    return fail (err, "--report: '%s' is unknown; there is json", value);
  options->report = true;
  return RVS_OK;
}

static RvsStatus
set_in_place (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->in_place = true;
  return RVS_OK;
}

static RvsStatus
set_recursive (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->recursive = true;
  return RVS_OK;
}

static RvsStatus
set_overwrite (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->existing = CLI_EXISTING_OVERWRITE;
  return RVS_OK;
}

/* The index of a word of the list, which ends with NULL; -1: none of them. */
static int
find_word (const char *const *words, const char *value)
{
  for (int i = 0; words[i]; i++)
    if (!strcmp (words[i], value))
      return i;
  return -1;
}

static RvsStatus
set_existing (CliOptions *options, const char *value, RvsError *err)
{
  static const char *const words[] = { "fail", "skip", "overwrite", NULL };
  int                      word = find_word (words, value);

  if (word < 0)
    return fail (err, "--existing: '%s' is not fail, skip or overwrite", value);
  options->existing = (CliExisting)word;
  return RVS_OK;
}

static RvsStatus
set_no_face (CliOptions *options, const char *value, RvsError *err)
{
  static const char *const words[] = { "fail", "copy", "skip", NULL };
  int                      word = find_word (words, value);

  if (word < 0)
    return fail (err, "--no-face: '%s' is not fail, copy or skip", value);
  options->no_face = (CliNoFace)word;
  options->no_face_given = true;
  return RVS_OK;
}

static RvsStatus
set_enlarge (CliOptions *options, const char *value, RvsError *err)
{
  static const char *const words[] = { "2", "3", "4", "8", NULL };
  int                      word = find_word (words, value);

  if (word < 0)
    return fail (err, "--enlarge: '%s' is not 2, 3, 4 or 8", value);
  options->factor = words[word][0] - '0';
  return RVS_OK;
}

static RvsStatus
set_aligned (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->aligned = true;
  return RVS_OK;
}

static RvsStatus
set_quiet (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->quiet = true;
  return RVS_OK;
}

static RvsStatus
set_list_faces (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->action = CLI_LIST_FACES;
  return RVS_OK;
}

static RvsStatus
set_list_models (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->action = CLI_LIST_MODELS;
  return RVS_OK;
}

static RvsStatus
set_help (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->action = CLI_SHOW_HELP;
  return RVS_OK;
}

static RvsStatus
set_version (CliOptions *options, const char *value, RvsError *err)
{
  (void)value, (void)err;
  options->action = CLI_SHOW_VERSION;
  return RVS_OK;
}

static const CliOption table[] = {
  { "output", 'o', "PATH", "The result: a file, or a folder when there are several pictures (it is created).", set_output },
  { "suffix", 0, "TEXT", "Put before the ending of each result's name; -restored where no --output is given.", set_suffix },
  { "format", 0, "FORMAT", "Write it as " CLI_FORMATS "; else the ending of --output, or the picture's own format.", set_format },
  { "quality", 0, "N", "Of JPEG and WebP: 1 to 100, or lossless (WebP); default 95 for JPEG, and for WebP as the photo was.",
    set_quality },
  { "in-place", 0, NULL, "Replace each picture by its result.", set_in_place },
  { "recursive", 'r', NULL, "Take the pictures of a folder's subfolders too; a folder of results gets the same subfolders.",
    set_recursive },
  { "existing", 0, "WHAT",
    "When a result exists already: fail, skip (to go on with a run that was stopped), or overwrite; default fail.", set_existing },
  { "overwrite", 0, NULL, "As --existing overwrite; pictures that are read are never replaced by this.", set_overwrite },
  { "enlarge", 0, "N", "Make the pictures 2, 3, 4 or 8 times as wide and high, with the faces restored at that size.",
    set_enlarge },
  { "no-face", 0, "WHAT",
    "A picture without a face that can be restored: fail, copy it to the result's place as it is, or skip it; default fail. With "
    "--enlarge it is enlarged by default.",
    set_no_face },
  { "box", 0, "X,Y,W,H", "Restore the face in this box, in pixels, and no other; may be repeated.", set_box },
  { "fidelity-map", 0, "PICTURE",
    "A grey picture of the same size: white where the photo rules, black where detail may be invented; where it is transparent, "
    "--fidelity says.",
    set_fidelity_map },
  { "hole", 0, "MASK", "For a model that fills holes: a picture of the same size, white where there is damage.", set_hole },
  { "lines", 0, "PICTURE",
    "With such a mask: a picture of the same size, white where you have drawn how edges go on inside what is to be filled.",
    set_lines },
  { "find-scratches", 0, NULL,
    "For such a model, instead of a mask: fill the scratches and stains that are found. Needs weights find-damage.",
    set_find_scratches },
  { "old-photo", 0, NULL,
    "All that an old photo needs: scratches are found and filled where weights find-damage are there, then the faces are restored.",
    set_old_photo },
  { "hole-output", 0, "FILE",
    "Only look for scratches, with the same weights, and write this mask of them, to be corrected and given to --hole.",
    set_hole_output },
  { "then", 0, "MODEL", "Restore the faces of the result with this model, before it is written.", set_then },
  { "aligned", 0, NULL, "Each picture is one face, cropped and aligned as for training: restore all of it.", set_aligned },
  { "threads", 0, "N", "Processors to use, 1 to 64, or auto; the result does not depend on it.", set_threads },
  { "cpumask", 0, "MASK", NULL, set_cpumask },
  { "report", 0, "FORMAT", "Print what was found and done to standard output; the format is json.", set_report },
  { "list-faces", 0, NULL, "Only find the faces and print them.", set_list_faces },
  { "list-models", 0, NULL, "Print the weights files that are found.", set_list_models },
  { "quiet", 'q', NULL, "Print errors only.", set_quiet },
  { "version", 0, NULL, "Print the version, the processor's kernels and the BLAS in use.", set_version },
  { "help", 'h', NULL, "Print this help.", set_help },
};

const CliOption *
cli_options_table (size_t *out_n)
{
  *out_n = sizeof table / sizeof table[0];
  return table;
}

/* ---- the engine's parameters ---------------------------------------------------------------- */

/* A system by its word with its own weights, or any weights by id or path. */
static RvsStatus
set_system (CliOptions *options, const RvsParamSpec *spec, const char *value, RvsError *err)
{
  double index;

  if (!*value)
    return fail (err, "--%s needs an id or a weights file; see --list-models", spec->key);
  options->weights = NULL;
  if (rvs_param_parse (spec, value, &index, NULL))
    {
      options->weights = value;
      return RVS_OK;
    }
  return rvs_params_set (&options->params, spec->key, index, err);
}

static RvsStatus
set_param (CliOptions *options, const RvsParamSpec *spec, const char *value, RvsError *err)
{
  RvsError  inner = { 0 };
  double    number;
  RvsStatus status;
  size_t    n;

  options->given |= 1u << (spec - rvs_params_table (&n));
  if (spec->selects_system)
    return set_system (options, spec, value, err);
  status = rvs_param_parse (spec, value, &number, &inner);
  if (!status)
    status = rvs_params_set (&options->params, spec->key, number, &inner);
  return status ? fail (err, "--%s", inner.message) : RVS_OK; /* with the dashes a user typed */
}

RvsStatus
cli_options_check_system (const CliOptions *options, const RvsSystemInfo *system, RvsError *err)
{
  size_t              n;
  const RvsParamSpec *params = rvs_params_table (&n);

  for (size_t i = 0; i < n; i++)
    if (options->given & 1u << i && !rvs_param_applies (&params[i], system)
        && !(options->then && rvs_param_applies (&params[i], options->then)))
      return fail (err, "--%s does nothing with the model '%s'; leave it out", params[i].key, system->id);
  if (options->fidelity_map && !((system->knobs | (options->then ? options->then->knobs : 0)) & RVS_KNOB_FIDELITY))
    return fail (err, "--fidelity-map does nothing with the model '%s'; leave it out", system->id);
  if (options->marks)
    return RVS_OK;
  if (options->factor > 1 && system->needs & RVS_NEEDS_HOLE && !options->then)
    return fail (err, "--enlarge restores faces, and the model '%s' fills holes; say with --then what restores them", system->id);
  if ((options->hole || options->finds) && !(system->needs & RVS_NEEDS_HOLE))
    return fail (err, "--%s does nothing with the model '%s'; leave it out", options->hole ? "hole" : "find-scratches", system->id);
  if (!options->hole && !options->finds && system->needs & RVS_NEEDS_HOLE && options->action == CLI_RESTORE)
    return fail (err, "the model '%s' needs --hole MASK, a picture that is white where there is damage, or --find-scratches",
                 system->id);
  return RVS_OK;
}

/* The parameter that was given for this member of RvsParams; NULL: it was not. */
static const RvsParamSpec *
given_for (const CliOptions *options, size_t offset)
{
  size_t              n;
  const RvsParamSpec *params = rvs_params_table (&n);

  for (size_t i = 0; i < n; i++)
    if (options->given & 1u << i && params[i].offset == offset)
      return &params[i];
  return NULL;
}

/* ---- arguments ------------------------------------------------------------------------------ */

typedef struct Match
{
  const CliOption    *option;
  const RvsParamSpec *param; /* one of both */
} Match;

static bool
find_long (const char *name, size_t n, Match *out)
{
  size_t              n_params;
  const RvsParamSpec *params = rvs_params_table (&n_params);

  *out = (Match){ NULL, NULL };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (strlen (table[i].name) == n && !strncmp (table[i].name, name, n))
      out->option = &table[i];
  for (size_t i = 0; i < n_params; i++)
    if (strlen (params[i].key) == n && !strncmp (params[i].key, name, n))
      out->param = &params[i];
  return out->option || out->param;
}

static const CliOption *
find_letter (char letter)
{
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (table[i].letter == letter)
      return &table[i];
  return NULL;
}

/* "--name", "--name=value" or "--name value". */
static RvsStatus
parse_long (int argc, char **argv, int *at, CliOptions *options, RvsError *err)
{
  const char *name = argv[*at] + 2, *equals = strchr (name, '='), *value = equals ? equals + 1 : NULL;
  size_t      n = equals ? (size_t)(equals - name) : strlen (name);
  Match       match;

  if (!find_long (name, n, &match))
    return fail (err, "unknown option '--%.*s'; see revisage --help", (int)(n < 80 ? n : 80), name);
  if (match.option && !match.option->argument)
    return value ? fail (err, "--%s takes no value", match.option->name) : match.option->set (options, NULL, err);
  if (!value && *at + 1 < argc)
    value = argv[++*at];
  if (!value)
    return fail (err, "--%.*s needs a value; see revisage --help", (int)n, name);
  return match.option ? match.option->set (options, value, err) : set_param (options, match.param, value, err);
}

/* "-q", "-o value" or "-ovalue". */
static RvsStatus
parse_short (int argc, char **argv, int *at, CliOptions *options, RvsError *err)
{
  const char *text = argv[*at] + 1;

  for (; *text; text++)
    {
      const CliOption *option = find_letter (*text);
      RvsStatus        status;

      if (!option)
        return fail (err, "unknown option '-%c'; see revisage --help", *text);
      if (option->argument)
        {
          if (text[1])
            return option->set (options, text + 1, err);
          if (*at + 1 == argc)
            return fail (err, "-%c needs a value; see revisage --help", *text);
          return option->set (options, argv[++*at], err);
        }
      status = option->set (options, NULL, err);
      if (status)
        return status;
    }
  return RVS_OK;
}

static RvsStatus
check_enlarging (const CliOptions *options, RvsError *err)
{
  if (options->factor == 1)
    return RVS_OK;
  if (options->in_place)
    return fail (err, "--enlarge cannot go with --in-place: the picture in its own size would be lost");
  if (options->action == CLI_LIST_FACES)
    return fail (err, "--enlarge cannot go with --list-faces: nothing is written");
  if (options->marks)
    return fail (err, "--enlarge cannot go with --hole-output: a mask has the size of its picture");
  if (options->no_face_given && options->no_face == CLI_NO_FACE_COPY)
    return fail (err, "--enlarge cannot go with --no-face copy: a picture without a face is enlarged by default");
  return RVS_OK;
}

/* The parameter that chooses the model; NULL: it was not given. */
static const RvsParamSpec *
given_model (const CliOptions *options)
{
  return given_for (options, offsetof (RvsParams, system));
}

/* The gesture says itself which models run on what. */
static RvsStatus
check_old_photo (const CliOptions *options, RvsError *err)
{
  const char *other = given_model (options)               ? given_model (options)->key
                      : options->then                     ? "then"
                      : options->marks                    ? "hole-output"
                      : options->finds                    ? "find-scratches"
                      : options->hole                     ? "hole"
                      : options->aligned                  ? "aligned"
                      : options->action == CLI_LIST_FACES ? "list-faces"
                                                          : NULL;

  return options->old_photo && other ? fail (err, "--old-photo cannot go with --%s: it says itself what is done", other) : RVS_OK;
}

/* Options that contradict each other, rather than one winning silently. */
static RvsStatus
check_combination (const CliOptions *options, RvsError *err)
{
  const RvsParamSpec *number = given_for (options, offsetof (RvsParams, max_faces));

  if (options->action != CLI_RESTORE && options->action != CLI_LIST_FACES)
    return RVS_OK;
  if (options->n_inputs == 0)
    return fail (err, "no picture given; see revisage --help");
  if (options->in_place && (options->output || options->suffix || options->has_format))
    return fail (err, "--in-place cannot go with --output, --suffix or --format");
  if (options->n_boxes && number)
    return fail (err, "--box cannot go with --%s: only the boxes are restored", number->key);
  if (options->aligned && number)
    return fail (err, "--aligned cannot go with --%s: the whole picture is the face", number->key);
  if (options->aligned && (options->n_boxes || options->action == CLI_LIST_FACES))
    return fail (err, "--aligned cannot go with --box or --list-faces: the whole picture is the face");
  if (options->n_boxes && options->n_inputs > 1)
    return fail (err, "--box needs a single picture");
  if (options->hole && options->finds)
    return fail (err, "--hole cannot go with --find-scratches and --hole-output: it says where the damage is");
  if (options->lines && !options->hole)
    return fail (err, "--lines needs --hole MASK: lines count only where something is to be filled");
  if (options->marks && options->n_inputs > 1)
    return fail (err, "--hole-output needs a single picture");
  if (options->hole && options->n_inputs > 1)
    return fail (err, "--hole needs a single picture");
  if (options->fidelity_map && options->n_inputs > 1)
    return fail (err, "--fidelity-map needs a single picture");
  if (options->action == CLI_LIST_FACES && options->n_boxes)
    return fail (err, "--box cannot go with --list-faces");
  if (check_enlarging (options, err) || check_old_photo (options, err))
    return RVS_ERR_ARGUMENT;
  return options->weights ? RVS_OK : cli_options_check_system (options, rvs_params_system (&options->params), err);
}

/* The first system of the table that fills holes, or that does not. */
static const RvsSystemInfo *
first_system (bool fills, double *out_index)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);

  for (size_t i = 0; i < n; i++)
    if (((systems[i].needs & RVS_NEEDS_HOLE) != 0) == fills)
      {
        *out_index = (double)i;
        return &systems[i];
      }
  return NULL;
}

RvsStatus
cli_options_fill_first (CliOptions *options, RvsError *err)
{
  double               index = 0;
  const RvsSystemInfo *filler = first_system (true, &index);
  size_t               n;
  const RvsParamSpec  *params = rvs_params_table (&n);
  RvsStatus            status = filler ? RVS_OK : fail (err, "no model fills holes");

  for (size_t i = 0; i < n && !status; i++)
    if (params[i].selects_system)
      status = rvs_params_set (&options->params, params[i].key, index, err);
  options->then = first_system (false, &index);
  options->finds = true;
  return status;
}

static void
set_defaults (CliOptions *options)
{
  memset (options, 0, sizeof *options);
  rvs_params_init (&options->params);
  options->cpu_mask = UINT32_MAX;
  options->factor = 1;
}

RvsStatus
cli_options_parse (int argc, char **argv, CliOptions *out, RvsError *err)
{
  RvsStatus status = RVS_OK;
  bool      only_files = false;

  set_defaults (out);
  out->inputs = calloc ((size_t)argc + 1, sizeof *out->inputs);
  if (!out->inputs)
    {
      fail (err, "not enough memory for the arguments");
      return err->status = RVS_ERR_NO_MEMORY;
    }
  for (int at = 1; at < argc && !status; at++)
    if (only_files || argv[at][0] != '-' || !argv[at][1])
      out->inputs[out->n_inputs++] = argv[at];
    else if (!strcmp (argv[at], "--"))
      only_files = true;
    else if (argv[at][1] == '-')
      status = parse_long (argc, argv, &at, out, err);
    else
      status = parse_short (argc, argv, &at, out, err);
  /* --help among wrong options is still a cry for help, but never hides an error. */
  return status ? status : check_combination (out, err);
}

void
cli_options_clear (CliOptions *options)
{
  free (options->inputs);
  memset (options, 0, sizeof *options);
}
