/* SPDX-License-Identifier: GPL-3.0-or-later
 * map_info.c: the table of maps that can be shown over a face. A new one is a row here and its maker in face_map.c. */
#include "net/parser.h"
#include "rvs_params.h"

#define N_(text) text /* marks a text for translation; front ends translate */

static const char *const point_names[]
    = { N_ ("eyes"), N_ ("eyes"), N_ ("nose"), N_ ("corners of the mouth"), N_ ("corners of the mouth") };

/* In the order of face/maps.h. */
static const char *const class_names[RVS_N_CLASSES] = {
  NULL,         N_ ("skin"),      N_ ("nose"),      N_ ("glasses"), N_ ("eyes"),    N_ ("eyes"), N_ ("brows"),
  N_ ("brows"), N_ ("ears"),      N_ ("ears"),      N_ ("mouth"),   N_ ("lips"),    N_ ("lips"), N_ ("hair"),
  N_ ("hat"),   N_ ("jewellery"), N_ ("jewellery"), N_ ("neck"),    N_ ("clothes"),
};

static const RvsMapInfo rows[] = {
  { .id = "invented",
    .label = N_ ("Invented detail"),
    .help = N_ ("Where and how strongly the result departs from what the photo itself supports."),
    .look = RVS_MAP_AMOUNT,
    .low_end = N_ ("as in the photo"),
    .high_end = N_ ("invented"),
    .full = 0.08f,
    .knobs = RVS_KNOB_FIDELITY,
    .of_result = true },
  { .id = "parts",
    .label = N_ ("Parts of the face"),
    .help = N_ ("Which part of the face the network takes each place for."),
    .look = RVS_MAP_PARTS,
    .parts = class_names,
    .needs = RVS_NEEDS_MAP },
  { .id = "points",
    .label = N_ ("Eyes, nose and mouth"),
    .help = N_ ("Where the network sees the eyes, the nose and the corners of the mouth, and how sure it is."),
    .look = RVS_MAP_PARTS,
    .parts = point_names,
    .needs = RVS_NEEDS_HEAT_MAPS },
  { .id = "mesh",
    .label = N_ ("Shape of the face"),
    .help = N_ ("The mesh that is fitted to the face, as far as it is seen from here."),
    .look = RVS_MAP_LINES,
    .low_end = N_ ("no certain shape"),
    .high_end = N_ ("fitted mesh"),
    .needs = RVS_NEEDS_SHAPE },
  { .id = "prior",
    .label = N_ ("Photo or shape"),
    .help = N_ ("Where the network goes by the fitted shape more than by the photo."),
    .look = RVS_MAP_AMOUNT,
    .low_end = N_ ("by the photo"),
    .high_end = N_ ("by the shape"),
    .none = 0.3f, /* means over many masks stay near the middle */
    .full = 0.7f,
    .needs = RVS_NEEDS_SHAPE,
    .of_result = true },
};

const RvsMapInfo *
rvs_map_info (size_t index)
{
  return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

bool
rvs_map_applies (const RvsMapInfo *map, const RvsSystemInfo *system)
{
  return (map->knobs & system->knobs) || (map->needs & system->needs);
}
