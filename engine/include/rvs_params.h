/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rvs_params.h: the tables of systems (the networks that restore), of user parameters, and of maps that lie over a face.
 * Command-line options, PDB arguments, widgets, help texts and their translations all come from them: front ends name no system, no
 * parameter and no map.
 */
#ifndef RVS_PARAMS_H
#define RVS_PARAMS_H

#include "rvs.h"

RVS_BEGIN_DECLS

/* ---- systems ------------------------------------------------------------------------------ */

/* What a system can be told beyond which pixels it restores. Bits of RvsSystemInfo.knobs and RvsParamSpec.knob. */
enum
{
  RVS_KNOB_FIDELITY = 1u << 0, /* w, networks.md 5: realism against faithfulness */
  RVS_KNOB_TEXTURE = 1u << 1,  /* gain of learned noise */
  RVS_KNOB_SEED = 1u << 2,     /* of that noise */
  RVS_KNOB_COLOUR = 1u << 3    /* the colour lock, networks.md 11.2 */
};

/* What a system must be given besides the face's pixels. Bits of RvsSystemInfo.needs. */
enum
{
  RVS_NEEDS_MAP = 1u << 0,      /* the parser's probabilities, 19 x 128 x 128 */
  RVS_NEEDS_HOLE = 1u << 1,     /* the pixels to invent: RvsParams.hole */
  RVS_NEEDS_SHAPE = 1u << 2,    /* the face's mesh: a shape head beside it, RvsSessionConfig.shape */
  RVS_NEEDS_HEAT_MAPS = 1u << 3 /* the parser's landmarks as maps */
};

/* One way of restoring. A new one is one row of engine/systems.h. Strings are static. */
typedef struct RvsSystemInfo
{
  const char *id;           /* the word of the parameter that chooses it, and RvsModelInfo.arch of its weights */
  const char *label;        /* N_() name for lists and layers */
  const char *help;         /* N_() one sentence */
  const char *weights;      /* RvsModelInfo.id of the weights it is shipped with */
  uint32_t    knobs, needs; /* RVS_KNOB_ and RVS_NEEDS_ bits */
} RvsSystemInfo;

/* The table, the default first. */
const RvsSystemInfo *rvs_systems (size_t *out_n);
const RvsSystemInfo *rvs_system_find (const char *id); /* NULL when unknown */

/* ---- parameters --------------------------------------------------------------------------- */

typedef enum RvsParamKind
{
  RVS_PARAM_DOUBLE,
  RVS_PARAM_INT,
  RVS_PARAM_BOOL,
  RVS_PARAM_CHOICE
} RvsParamKind;

typedef struct RvsParamChoice
{
  const char *id;    /* the word for it */
  const char *label; /* N_() text */
} RvsParamChoice;

/* What a change of the value leaves as it was. Bits of RvsParamSpec.affects; none: only where the result goes. */
enum
{
  RVS_AFFECTS_PIXELS = 1u << 0, /* the restored faces are worked out anew */
  RVS_AFFECTS_FACES = 1u << 1,  /* which faces are restored (rvs_choose_faces) */
  RVS_AFFECTS_BLEND = 1u << 2,  /* how much of them shows: mixing again will do */
  RVS_AFFECTS_SEARCH = 1u << 3  /* which faces are found: they are looked for anew */
};

/* Where a dialog shows it. */
typedef enum RvsParamPlace
{
  RVS_PLACE_MORE, /* among the further settings */
  RVS_PLACE_MAIN, /* always in sight */
  RVS_PLACE_HEAD, /* above all others */
  RVS_PLACE_FACES,
  RVS_PLACE_OUTPUT,
  RVS_PLACE_SIZE,   /* beside the size of the result */
  RVS_PLACE_NOWHERE /* for scripts only */
} RvsParamPlace;

/* Type of the member of RvsParams that holds the value. */
typedef enum RvsParamStore
{
  RVS_STORE_NONE, /* a front end's own field */
  RVS_STORE_FLOAT,
  RVS_STORE_UINT32
} RvsParamStore;

typedef struct RvsParamSpec
{
  const char           *key; /* "fidelity"; the command line's --fidelity, the PDB's argument name */
  RvsParamKind          kind;
  double                min, max, initial;
  const char           *auto_word; /* a word accepted instead of a number ("auto"), meaning auto_value; or NULL */
  double                auto_value;
  const char           *other_word; /* another word for a number ("largest" for 1), or NULL */
  double                other_value;
  const RvsParamChoice *choices;            /* CHOICE: NULL-id terminated; initial is an index */
  const char           *label;              /* N_() short text for widgets */
  const char           *help;               /* N_() one sentence */
  const char           *unit;               /* N_() what the number counts, for widgets ("px"), or NULL */
  const char           *low_end, *high_end; /* N_() what the two ends of the range mean, or NULL */
  bool                  selects_system;     /* CHOICE: the entries are those of rvs_systems, in its order */
  uint32_t              knob;               /* the RVS_KNOB_ bit of systems that have it; 0: all have */
  uint32_t              only_needs;         /* only systems with such a RVS_NEEDS_ bit have it; 0: all */
  uint32_t              never_needs;        /* systems with such a RVS_NEEDS_ bit have it not */
  uint32_t              affects;            /* RVS_AFFECTS_ bits */
  RvsParamPlace         place;
  int                   added; /* 0: since the first release; each later row has the next number: positional arguments go by it */
  RvsParamStore         store;
  size_t                offset; /* in RvsParams, unless store is NONE */
} RvsParamSpec;

/* The table has at most so many rows. */
#define RVS_PARAMS_MAX 32

/* The table, in the order front ends show it. Static storage. */
const RvsParamSpec *rvs_params_table (size_t *out_n);
const RvsParamSpec *rvs_params_find (const char *key); /* NULL when unknown */
/* Whether the parameter has a say in what the system does. */
bool rvs_param_applies (const RvsParamSpec *spec, const RvsSystemInfo *system);
/* Parses a value as a user types it ("0.8", "auto", a system's word). Strict: the whole text, a finite number, within the range. */
RVS_NODISCARD RvsStatus rvs_param_parse (const RvsParamSpec *spec, const char *text, double *out_value, RvsError *err);
/* The inverse; writes at most n_bytes with the terminator. */
void rvs_param_format (const RvsParamSpec *spec, double value, char *text, size_t n_bytes);

/* The member of RvsParams that belongs to the key. Fails with ARGUMENT for an unknown key and for a value outside of its range; then
 * params and *out_value are as they were. */
RVS_NODISCARD RvsStatus rvs_params_set (RvsParams *params, const char *key, double value, RvsError *err);
RVS_NODISCARD RvsStatus rvs_params_get (const RvsParams *params, const char *key, double *out_value, RvsError *err);
/* The system that params->system is the index of. */
const RvsSystemInfo *rvs_params_system (const RvsParams *params);

/* ---- maps --------------------------------------------------------------------------------- */

typedef enum RvsMapLook
{
  RVS_MAP_AMOUNT, /* one plane: less or more of one thing */
  RVS_MAP_PARTS,  /* each plane shows where one part of the face is */
  RVS_MAP_LINES   /* no plane: lines, of one thing; none where there is no such thing */
} RvsMapLook;

/* What can be shown over a face (rvs_face_map_new): a row of engine/map_info.c. Strings are static. */
struct RvsMapInfo
{
  const char *id;
  const char *label; /* N_() name for lists */
  const char *help;  /* N_() one sentence */
  RvsMapLook  look;
  const char *low_end, *high_end;  /* N_() AMOUNT: what `none` and `full` mean; LINES: that there are none, and what they show */
  float       none;                /* AMOUNT: up to here there is nothing to be shown, */
  float       full;                /* and from here on it is as much as there is; values go from 0 to 1 */
  const char *const *parts;        /* PARTS: N_() names, one a plane; planes of one name are one part, NULL: not shown */
  uint32_t           knobs, needs; /* only systems that have one of these RVS_KNOB_ or RVS_NEEDS_ bits have the map */
  bool               of_result;    /* it shows what was done to the photo, by given parameters; else what is seen in the photo */
};

/* The row; NULL past the last. */
const RvsMapInfo *rvs_map_info (size_t index);
bool              rvs_map_applies (const RvsMapInfo *map, const RvsSystemInfo *system);

RVS_END_DECLS

#endif
