/* SPDX-License-Identifier: GPL-3.0-or-later
 * st_maker.h: weights files put together key by key and tensor by tensor, so that a test can leave out or spoil one of them. */
#ifndef TESTS_MODEL_ST_MAKER_H
#define TESTS_MODEL_ST_MAKER_H

#include "st_bytes.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct StMaker
{
  char   header[64 * 1024];
  size_t n_header, n_data; /* bytes */
  bool   in_meta;
} StMaker;

static inline void
st_maker_begin (StMaker *m)
{
  m->n_header = (size_t)sprintf (m->header, "{\"__metadata__\":{");
  m->n_data = 0;
  m->in_meta = true;
}

/* All metadata come before the first tensor. A NULL value adds nothing. */
static inline void
st_maker_meta (StMaker *m, const char *key, const char *value)
{
  if (value)
    m->n_header
        += (size_t)sprintf (m->header + m->n_header, "%s\"%s\":\"%s\"", m->header[m->n_header - 1] == '{' ? "" : ",", key, value);
}

/* An F32 tensor; dimensions are positive, the first zero ends them. */
static inline void
st_maker_tensor (StMaker *m, const char *name, int a, int b, int c, int d)
{
  const int dims[4] = { a, b, c, d };
  size_t    n = 4;

  m->n_header += (size_t)sprintf (m->header + m->n_header, "%s,\"%s\":{\"dtype\":\"F32\",\"shape\":[", m->in_meta ? "}" : "", name);
  m->in_meta = false;
  for (int i = 0; i < 4 && dims[i] > 0; i++)
    {
      m->n_header += (size_t)sprintf (m->header + m->n_header, "%s%d", i ? "," : "", dims[i]);
      n *= (size_t)dims[i];
    }
  m->n_header += (size_t)sprintf (m->header + m->n_header, "],\"data_offsets\":[%zu,%zu]}", m->n_data, m->n_data + n);
  m->n_data += n;
}

/* NAME.weight [out, in, k, k] and NAME.bias [out]. */
static inline void
st_maker_conv (StMaker *m, const char *name, int n_out, int n_in, int k)
{
  char text[64];

  snprintf (text, sizeof text, "%s.weight", name);
  st_maker_tensor (m, text, n_out, n_in, k, k);
  snprintf (text, sizeof text, "%s.bias", name);
  st_maker_tensor (m, text, n_out, 0, 0, 0);
}

/* The bytes, values small and different; free with free. */
static inline unsigned char *
st_maker_finish (StMaker *m, size_t *out_n)
{
  float         *values = malloc (m->n_data ? m->n_data : 1);
  unsigned char *bytes;

  if (!values)
    abort ();
  for (size_t i = 0; i < m->n_data / 4; i++)
    values[i] = (float)((int)(i * 7919 % 201) - 100) / 400.0f;
  m->n_header += (size_t)sprintf (m->header + m->n_header, m->in_meta ? "}}" : "}");
  bytes = st_bytes (m->header, m->n_header, values, m->n_data, out_n);
  free (values);
  return bytes;
}

/* ---- a tiny detector, one thing of it spoilt at will ---- */

typedef struct StSpoil
{
  const char *key, *value; /* this metadata key gets this value, or is left out where value is NULL */
  const char *without;     /* this tensor is left out */
  const char *reshape;     /* this convolution gets one output channel more */
  const char *extra;       /* a tensor of this name is added */
} StSpoil;

static inline void
st_detector_meta (StMaker *m, const StSpoil *spoil)
{
  static const char *const meta[][2] = {
    { "rvs.format", "1" },
    { "rvs.id", "detect-face" },
    { "rvs.arch", "detector" },
    { "rvs.contract", "detector_srgb_pm1_v1" },
    { "rvs.licence", "CC0-1.0" },
    { "rvs.source", "made by a test" },
    { "detector.widths", "4,4,4,4,4" },
    { "detector.blocks", "1,1,1" },
    { "detector.neck", "4" },
    { "detector.head", "1" },
    { "detector.strides", "8,16,32" },
  };

  for (size_t i = 0; i < sizeof meta / sizeof *meta; i++)
    st_maker_meta (m, meta[i][0], spoil->key && strcmp (spoil->key, meta[i][0]) == 0 ? spoil->value : meta[i][1]);
}

static inline unsigned char *
st_tiny_detector (const StSpoil *spoil, size_t *out_n)
{
  static const struct
  {
    const char *name;
    int         n_out, n_in, k;
  } convs[] = {
    { "stem", 4, 3, 3 },    { "d.0", 4, 4, 3 },     { "d.1", 4, 4, 3 },     { "d.2", 4, 4, 3 },     { "d.3", 4, 4, 3 },
    { "e.0.0.a", 4, 4, 3 }, { "e.0.0.b", 4, 4, 3 }, { "e.1.0.a", 4, 4, 3 }, { "e.1.0.b", 4, 4, 3 }, { "e.2.0.a", 4, 4, 3 },
    { "e.2.0.b", 4, 4, 3 }, { "p.0", 4, 4, 1 },     { "p.1", 4, 4, 1 },     { "p.2", 4, 4, 1 },     { "h.0.0", 4, 4, 3 },
    { "h.1.0", 4, 4, 3 },   { "h.2.0", 4, 4, 3 },   { "out.0", 15, 4, 1 },  { "out.1", 15, 4, 1 },  { "out.2", 15, 4, 1 },
  };
  static StMaker m;

  st_maker_begin (&m);
  st_detector_meta (&m, spoil);
  for (size_t i = 0; i < sizeof convs / sizeof *convs; i++)
    if (!spoil->without || strcmp (spoil->without, convs[i].name) != 0)
      st_maker_conv (&m, convs[i].name, convs[i].n_out + (spoil->reshape && strcmp (spoil->reshape, convs[i].name) == 0),
                     convs[i].n_in, convs[i].k);
  if (spoil->extra)
    st_maker_tensor (&m, spoil->extra, 1, 0, 0, 0);
  return st_maker_finish (&m, out_n);
}

#endif
