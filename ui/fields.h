/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fields.h: the fields a front end offers: the engine's parameter table, followed by the few that only make sense
 * where there are layers and selections. One list for widgets, PDB arguments and remembered values.
 */
#ifndef RVS_UI_FIELDS_H
#define RVS_UI_FIELDS_H

#include "rvs_params.h"

#define RVS_FIELDS_MAX (RVS_PARAMS_MAX + 6)

/* The one setting that is a text, and so no row of the list: which channel of the image is the fidelity map. */
#define RVS_CHANNEL_KEY "fidelity-channel"
extern const char *const rvs_channel_label, *const rvs_channel_help;
/* Its number among the rows' `added`: no row has it. */
#define RVS_CHANNEL_ADDED 11
#define RVS_CHANNEL_MAX 256

/* Values of a run, indexed like rvs_field (); a choice is the index of its entry. They are compared as bytes. */
typedef struct RvsValues
{
  double v[RVS_FIELDS_MAX];
  char   channel[RVS_CHANNEL_MAX]; /* UTF-8, zeros behind it; "": none */
} RvsValues;

typedef enum RvsOutput
{
  RVS_OUTPUT_LAYER,
  RVS_OUTPUT_MASKED_LAYER,
  RVS_OUTPUT_REPLACE
} RvsOutput;

/* Static storage. */
const RvsParamSpec *rvs_field (size_t index);
size_t              rvs_fields_count (void);
/* Those that concern a layer: all but what changes the size of the picture, which come last in either order. */
size_t rvs_layer_fields_count (void);
/* The index of a key, -1 when unknown. */
int rvs_field_index (const char *key);

/* The field of systems with this knob, NULL: none. Code that shows fields goes by what they do, and names none. */
const RvsParamSpec *rvs_field_of_knob (uint32_t knob);
/* The index of the field at a position of a list that only ever grows at its end: those of the first release, then each in the order
 * it was added. */
size_t rvs_field_in_order (size_t position);
/* How many fields stand before the fidelity channel in that list; the others come after it. */
size_t rvs_fields_before_channel (void);
/* Which models ignore the field, as a list of their names; NULL: none. g_free. */
char *rvs_field_ignored_by (const RvsParamSpec *spec);

void        rvs_values_init (RvsValues *values);
double      rvs_values_get (const RvsValues *values, const char *key);
void        rvs_values_set (RvsValues *values, const char *key, double value);
const char *rvs_values_choice (const RvsValues *values, const char *key); /* the entry's id */
/* NULL or "": none. FALSE: the name is too long, and the values stay as they are. */
bool rvs_values_set_channel (RvsValues *values, const char *name);
/* Puts every value into its range; a non-finite one becomes the default. */
void rvs_values_clamp (RvsValues *values);
/* The engine's parameters; masks and maps are left empty. */
void rvs_values_to_params (const RvsValues *values, RvsParams *params);
/* What single fields mean. */
const RvsSystemInfo *rvs_values_system (const RvsValues *values);
RvsOutput            rvs_values_output (const RvsValues *values);
bool                 rvs_values_inside_selection (const RvsValues *values);
/* So many times the result is as wide and high as the photo: 1 to RVS_MAX_FACTOR. */
int32_t rvs_values_factor (const RvsValues *values);
/* FALSE: there is no such choice, and the values stay as they are. */
bool rvs_values_set_factor (RvsValues *values, int32_t factor);
/* A layer that holds a result is restored as it is, instead of what it was made from. */
bool rvs_values_again (const RvsValues *values);
/* The system fills what is marked: the selection, or what the user paints. */
bool rvs_values_fill (const RvsValues *values);
/* The system that restores the faces of what the chosen one has filled; NULL: none does. */
const RvsSystemInfo *rvs_values_then (const RvsValues *values);
/* Where nothing is marked, scratches are looked for, and what is found is what is filled. */
bool rvs_values_find (const RvsValues *values);
/* Nothing is marked, and nothing was found or could be looked for: by the values that look for scratches and restore the faces after it, the
 * faces alone are restored. FALSE: these are others, and stay as they are. */
bool rvs_values_skip_filling (RvsValues *values);
/* All that an old photo needs: scratches are found and filled, then the faces are restored. FALSE: there is no system for that. */
bool rvs_values_old_photo (RvsValues *values);
/* The chosen system, or the one that comes after it, has a use for the field. */
bool rvs_values_use (const RvsValues *values, const RvsParamSpec *spec);
/* Some fidelity counts, of the chosen system or of the one that comes after it; and so a map of it does. */
bool rvs_values_use_fidelity (const RvsValues *values);
/* Chooses, of the systems that fill a hole or of those that do not, the first, unless such a one is chosen already. FALSE: there is
 * none. */
bool rvs_values_choose_filling (RvsValues *values, bool fills);

#endif
