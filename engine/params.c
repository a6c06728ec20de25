/* SPDX-License-Identifier: GPL-3.0-or-later
 * params.c: the one table of user parameters, and the members of RvsParams that belong to its rows. */
#include "params.h"
#include "systems.h"

#include "core/error.h"
#include "core/image.h"

#include <string.h>

#define CHOICE(ID, LABEL, ...) { ID, LABEL },
#define COUNT(...) +1
#define STORE_FLOAT(MEMBER) .store = RVS_STORE_FLOAT, .offset = offsetof (RvsParams, MEMBER)
#define STORE_UINT32(MEMBER) .store = RVS_STORE_UINT32, .offset = offsetof (RvsParams, MEMBER)

enum
{
  N_SYSTEMS = 0 RVS_SYSTEM_ROWS (COUNT)
};

static const RvsParamChoice models[] = { RVS_SYSTEM_ROWS (CHOICE){ NULL, NULL } };

/* In the order of RvsTurned. */
static const RvsParamChoice turned[]
    = { { "auto", N_ ("Where none is clear") }, { "always", N_ ("Always") }, { "never", N_ ("Never") }, { NULL, NULL } };

/* In the order of RvsRegion. */
static const RvsParamChoice regions[]
    = { { "face", N_ ("Face") }, { "head", N_ ("Whole head") }, { "crop", N_ ("All around the face") }, { NULL, NULL } };

/* In the order of RvsShapeUse. */
static const RvsParamChoice shape_uses[] = { { "auto", N_ ("Where it is certain") }, { "off", N_ ("Never") }, { NULL, NULL } };

/* What the fidelities of all parts have in common. */
#define PART_FIDELITY(PART)                                                                                                        \
  .kind = RVS_PARAM_DOUBLE, .max = 1, .initial = RVS_FIDELITY_AUTO, .auto_word = "auto", .auto_value = RVS_FIDELITY_AUTO,          \
  .knob = RVS_KNOB_FIDELITY, .affects = RVS_AFFECTS_PIXELS, STORE_FLOAT (part_fidelity[PART])

static const RvsParamSpec table[] = {
  { .key = "model",
    .kind = RVS_PARAM_CHOICE,
    .max = N_SYSTEMS - 1,
    .choices = models,
    .label = N_ ("Model"),
    .help = N_ ("The network that restores the faces."),
    .selects_system = true,
    .affects = RVS_AFFECTS_PIXELS,
    .place = RVS_PLACE_HEAD,
    STORE_UINT32 (system) },
  { .key = "strength",
    .kind = RVS_PARAM_DOUBLE,
    .max = 1,
    .initial = 1,
    .label = N_ ("Strength"),
    .help = N_ ("How much of the restoration is applied: 0 leaves the picture as it is, 1 applies all of it."),
    .affects = RVS_AFFECTS_BLEND,
    .place = RVS_PLACE_MAIN,
    STORE_FLOAT (strength) },
  { .key = "fidelity",
    .kind = RVS_PARAM_DOUBLE,
    .max = 1,
    .initial = RVS_FIDELITY_AUTO,
    .auto_word = "auto",
    .auto_value = RVS_FIDELITY_AUTO,
    .label = N_ ("Fidelity"),
    .help = N_ ("0 invents the most detail, 1 keeps closest to the photo; auto chooses for each face by how damaged it is."),
    .low_end = N_ ("More detail, invented"),
    .high_end = N_ ("Faithful to the photo"),
    .knob = RVS_KNOB_FIDELITY,
    .affects = RVS_AFFECTS_PIXELS,
    .place = RVS_PLACE_MAIN,
    STORE_FLOAT (fidelity) },
  { PART_FIDELITY (RVS_PART_EYES), .key = "fidelity-eyes", .label = N_ ("Fidelity: eyes"),
    .help = N_ ("Of eyes and brows: 0 invents the most detail, 1 keeps closest to the photo; auto: as the whole face."),
    .added = 6 },
  { PART_FIDELITY (RVS_PART_MOUTH), .key = "fidelity-mouth", .label = N_ ("Fidelity: mouth"),
    .help = N_ ("Of mouth and lips: 0 invents the most detail, 1 keeps closest to the photo; auto: as the whole face."),
    .added = 7 },
  { PART_FIDELITY (RVS_PART_SKIN), .key = "fidelity-skin", .label = N_ ("Fidelity: skin"),
    .help = N_ ("Of skin, nose and ears: 0 invents the most detail, 1 keeps closest to the photo; auto: as the whole face."),
    .added = 8 },
  { PART_FIDELITY (RVS_PART_HAIR), .key = "fidelity-hair", .label = N_ ("Fidelity: hair"),
    .help = N_ ("Of hair: 0 invents the most detail, 1 keeps closest to the photo; auto: as the whole face."), .added = 9 },
  { .key = "keep-colour",
    .kind = RVS_PARAM_DOUBLE,
    .max = 1,
    .initial = 1,
    .label = N_ ("Keep colour"),
    .help = N_ ("How firmly the face keeps the photo's own colours."),
    .knob = RVS_KNOB_COLOUR,
    .affects = RVS_AFFECTS_PIXELS,
    STORE_FLOAT (keep_colour) },
  { .key = "texture",
    .kind = RVS_PARAM_DOUBLE,
    .max = 2,
    .initial = 1,
    .label = N_ ("Texture"),
    .help = N_ ("Fine skin texture: 0 smooth, 1 as trained, 2 twice as much."),
    .knob = RVS_KNOB_TEXTURE,
    .affects = RVS_AFFECTS_PIXELS,
    STORE_FLOAT (texture) },
  { .key = "grain",
    .kind = RVS_PARAM_DOUBLE,
    .max = 2,
    .initial = 1,
    .label = N_ ("Grain"),
    .help = N_ ("Grain that restored parts get back: 0 none, 1 as much as the photo around them has, 2 twice as much."),
    .affects = RVS_AFFECTS_BLEND,
    .added = 12,
    STORE_FLOAT (grain) },
  { .key = "seed",
    .kind = RVS_PARAM_INT,
    .max = 4294967295.0,
    .label = N_ ("Seed"),
    .help = N_ ("Another number gives another random texture; the same number gives the same picture."),
    .knob = RVS_KNOB_SEED,
    .affects = RVS_AFFECTS_PIXELS,
    STORE_UINT32 (seed) },
  { .key = "faces",
    .kind = RVS_PARAM_INT,
    .min = 1,
    .max = 999,
    .initial = 0,
    .auto_word = "all",
    .auto_value = 0,
    .other_word = "largest",
    .other_value = 1,
    .label = N_ ("Faces"),
    .help = N_ ("How many faces are restored, the largest first."),
    .affects = RVS_AFFECTS_FACES,
    STORE_UINT32 (max_faces) },
  { .key = "min-face",
    .kind = RVS_PARAM_DOUBLE,
    .max = RVS_MAX_SIDE,
    .initial = 24,
    .label = N_ ("Smallest face"),
    .unit = N_ ("px"),
    .help = N_ ("Faces with fewer pixels from side to side are left alone."),
    .affects = RVS_AFFECTS_FACES,
    STORE_FLOAT (min_face_px) },
  { .key = "turned",
    .kind = RVS_PARAM_CHOICE,
    .max = RVS_TURNED_NEVER,
    .initial = RVS_TURNED_AUTO,
    .choices = turned,
    .label = N_ ("Turned faces"),
    .help = N_ ("Look for faces that lie on their side or stand on their head: where none is clear, always or never."),
    .affects = RVS_AFFECTS_SEARCH,
    .added = 2,
    STORE_UINT32 (turned) },
  { .key = "region",
    .kind = RVS_PARAM_CHOICE,
    .max = RVS_REGION_CROP,
    .initial = RVS_REGION_HEAD,
    .choices = regions,
    .label = N_ ("Restored part"),
    .help = N_ ("The face alone, the whole head with hair and neck, or all around the face with its background."),
    .never_needs = RVS_NEEDS_HOLE,
    .affects = RVS_AFFECTS_PIXELS,
    .added = 4,
    STORE_UINT32 (region) },
  { .key = "shape-prior",
    .kind = RVS_PARAM_CHOICE,
    .max = RVS_SHAPE_OFF,
    .initial = RVS_SHAPE_AUTO,
    .choices = shape_uses,
    .label = N_ ("Use the face's shape"),
    .help = N_ ("Let a mesh that is fitted to the face guide the restoration: where the fit is certain, or never."),
    .only_needs = RVS_NEEDS_SHAPE,
    .affects = RVS_AFFECTS_PIXELS,
    .added = 10,
    STORE_UINT32 (shape_use) },
};

_Static_assert(sizeof table / sizeof *table <= RVS_PARAMS_MAX, "front ends have room for RVS_PARAMS_MAX parameters");

const RvsParamSpec *
rvs_params_table (size_t *out_n)
{
  *out_n = sizeof table / sizeof *table;
  return table;
}

const RvsParamSpec *
rvs_params_find (const char *key)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp (table[i].key, key) == 0)
      return &table[i];
  return NULL;
}

bool
rvs_param_applies (const RvsParamSpec *spec, const RvsSystemInfo *system)
{
  if ((spec->only_needs && !(spec->only_needs & system->needs)) || (spec->never_needs & system->needs))
    return false;
  return !spec->knob || (spec->knob & system->knobs);
}

/* ---- the members of RvsParams ---- */

static double
load (const RvsParamSpec *spec, const RvsParams *params)
{
  const char *from = (const char *)params + spec->offset;
  float       number;
  uint32_t    whole;

  if (spec->store == RVS_STORE_FLOAT)
    {
      memcpy (&number, from, sizeof number);
      return (double)number;
    }
  memcpy (&whole, from, sizeof whole);
  return (double)whole;
}

static void
store (const RvsParamSpec *spec, RvsParams *params, double value)
{
  char          *to = (char *)params + spec->offset;
  const float    number = (float)value;
  const uint32_t whole = spec->store == RVS_STORE_UINT32 ? (uint32_t)value : 0;

  if (spec->store == RVS_STORE_FLOAT)
    memcpy (to, &number, sizeof number);
  else
    memcpy (to, &whole, sizeof whole);
}

void
rvs_params_init (RvsParams *params)
{
  memset (params, 0, sizeof *params);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    store (&table[i], params, table[i].initial);
}

static RvsStatus
check_value (const RvsParamSpec *spec, double value, RvsError *err)
{
  char values[96], text[32];

  if ((value >= spec->min && value <= spec->max) || (spec->auto_word && value == spec->auto_value))
    return RVS_OK;
  rvs__param_describe_values (spec, values, sizeof values);
  rvs__param_format_number (value, text, sizeof text);
  return rvs__fail (err, RVS_ERR_ARGUMENT, "%s: %s is not %s", spec->key, text, values);
}

static RvsStatus
find (const char *key, const RvsParamSpec **out_spec, RvsError *err)
{
  char clip[RVS_CLIP];

  *out_spec = rvs_params_find (key);
  return *out_spec ? RVS_OK : rvs__fail (err, RVS_ERR_ARGUMENT, "there is no parameter '%s'", rvs__clip (key, clip));
}

RvsStatus
rvs_params_set (RvsParams *params, const char *key, double value, RvsError *err)
{
  const RvsParamSpec *spec;
  RvsStatus           status = find (key, &spec, err);

  if (status == RVS_OK)
    status = check_value (spec, value, err);
  if (status == RVS_OK)
    store (spec, params, value);
  return status;
}

RvsStatus
rvs_params_get (const RvsParams *params, const char *key, double *out_value, RvsError *err)
{
  const RvsParamSpec *spec;
  RvsStatus           status = find (key, &spec, err);

  if (status == RVS_OK)
    *out_value = load (spec, params);
  return status;
}

const RvsSystemInfo *
rvs_params_system (const RvsParams *params)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);

  return &systems[params->system < n ? params->system : 0];
}

/* A map or mask: absent, or one channel, or, where two mean something, two. Its size is compared with the image's where that is known. */
static RvsStatus
check_plane (const char *what, const RvsView *view, int most_channels, RvsError *err)
{
  if (!view->pixels)
    return RVS_OK;
  if (view->channels < 1 || view->channels > most_channels)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the %s has %d channels; it must have one%s", what, view->channels,
                      most_channels > 1 ? " or two" : "");
  return rvs__view_check (view, err);
}

RvsStatus
rvs_params_check (const RvsParams *params, RvsError *err)
{
  RvsStatus status = RVS_OK;

  for (size_t i = 0; status == RVS_OK && i < sizeof table / sizeof *table; i++)
    status = check_value (&table[i], load (&table[i], params), err);
  if (status == RVS_OK)
    status = check_plane ("fidelity map", &params->fidelity_map, 2, err);
  if (status == RVS_OK)
    status = check_plane ("mask", &params->mask, 1, err);
  if (status == RVS_OK)
    status = check_plane ("plane with drawn lines", &params->lines, 1, err);
  return status;
}
