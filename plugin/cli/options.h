/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options.h: the command line as data.
 */
#ifndef RVS_CLI_OPTIONS_H
#define RVS_CLI_OPTIONS_H

#include "picture.h"
#include "rvs_params.h"

typedef enum CliAction
{
  CLI_RESTORE,
  CLI_LIST_FACES,
  CLI_LIST_MODELS,
  CLI_SHOW_HELP,
  CLI_SHOW_VERSION
} CliAction;

/* When a result exists already. */
typedef enum CliExisting
{
  CLI_EXISTING_FAIL,
  CLI_EXISTING_SKIP,
  CLI_EXISTING_OVERWRITE
} CliExisting;

/* What becomes of a picture without a face that can be restored. */
typedef enum CliNoFace
{
  CLI_NO_FACE_FAIL,
  CLI_NO_FACE_COPY,
  CLI_NO_FACE_SKIP
} CliNoFace;

typedef struct CliBox
{
  float x, y, w, h;
} CliBox;

enum
{
  CLI_MAX_BOXES = 64
};

/* Strings are borrowed from argv. */
typedef struct CliOptions
{
  CliAction            action;
  char               **inputs; /* owned array of borrowed strings */
  size_t               n_inputs;
  const char          *weights;      /* id, or path of a weights file; NULL: those of the system in params */
  const char          *hole;         /* a mask picture; NULL: none */
  const char          *lines;        /* a picture of drawn edges; NULL: none */
  const char          *fidelity_map; /* a picture of where the photo rules; NULL: none */
  bool                 finds, marks; /* look for damage; and only write where it is, as the result */
  bool                 old_photo;    /* all that one needs; where nothing is found to fill, the faces alone */
  const char          *output;       /* NULL: beside the input */
  const char          *suffix;       /* NULL: the default */
  bool                 has_format;
  RvsPictureFormat     format;
  int                  quality; /* 1 to 100, RVS_QUALITY_LOSSLESS, 0: not given */
  bool                 in_place, recursive, aligned, quiet, report;
  CliExisting          existing;
  CliNoFace            no_face;
  bool                 no_face_given;
  int32_t              factor; /* of --enlarge; 1: as large as they are */
  RvsParams            params;
  const RvsSystemInfo *then;  /* restores the result once more; NULL: none */
  uint32_t             given; /* a bit for each row of the parameter table: it was given */
  CliBox               boxes[CLI_MAX_BOXES];
  size_t               n_boxes;
  int32_t              n_threads; /* 0: all processors */
  uint32_t             cpu_mask;
} CliOptions;

/* Where an option of the table below stores its value. */
typedef RvsStatus (*CliSetter) (CliOptions *options, const char *value, RvsError *err);

/* Stands in a help text for the ids of the formats that can be written. */
#define CLI_FORMATS "\1"

/* One option that is not in the engine's parameter table. */
typedef struct CliOption
{
  const char *name; /* without the dashes */
  char        letter;
  const char *argument; /* its name in the help; NULL: a switch */
  const char *help;     /* NULL: hidden */
  CliSetter   set;
} CliOption;

const CliOption *cli_options_table (size_t *out_n);

/* ARGUMENT with a message that names the option; NO_MEMORY. cli_options_clear is right either way. */
RVS_NODISCARD RvsStatus cli_options_parse (int argc, char **argv, CliOptions *out, RvsError *err);
void                    cli_options_clear (CliOptions *options);
/* Of an old photo whose scratches can be looked for: finds and fills them, then restores the faces. Call before anything else goes by the
 * options. */
RVS_NODISCARD RvsStatus cli_options_fill_first (CliOptions *options, RvsError *err);

/* Refuses parameters that were given and that the system (and the one of --then) has not, and a hole that lacks or is one too many. */
RVS_NODISCARD RvsStatus cli_options_check_system (const CliOptions *options, const RvsSystemInfo *system, RvsError *err);

/* The text of --help, at most 80 columns wide. */
void cli_help_print (FILE *stream);

#endif
