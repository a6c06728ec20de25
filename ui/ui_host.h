/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ui_host.h: what the program around the panel gives it (pixels, a session, help) and what it gets
 * back (the restored pixels). The panel knows neither GIMP nor any image file.
 */
#ifndef RVS_UI_HOST_H
#define RVS_UI_HOST_H

#include "fields.h"
#include "rvs.h"
#include <gtk/gtk.h>

/* The picture to restore. The panel reads it once, in bands, on the main thread. */
typedef struct RvsUiSource
{
  int32_t  width, height;
  int32_t  channels; /* as RvsView.channels */
  RvsDepth depth;
  /* Writes rows y .. y + n_rows - 1, tightly packed, into `pixels`. */
  gboolean (*read_rows) (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error);
  /* The selection, 0..255 a pixel, in the picture's own frame; NULL when nothing is selected. */
  gboolean (*read_mask_rows) (gpointer user, int32_t y, int32_t n_rows, guint8 *mask, GError **error);
  gpointer user;
  /* Names of planes beside the picture that can be its fidelity map, NULL-terminated; NULL: there are none. */
  const char *const *channel_names;
  /* One of these, as the selection: 0 where detail may be invented, 255 where the photo rules. */
  gboolean (*read_channel_rows) (gpointer user, const char *name, int32_t y, int32_t n_rows, guint8 *values, GError **error);
} RvsUiSource;

typedef struct RvsUiHost
{
  /* Called on the worker thread; the panel owns the session. Must not touch GTK or the host's image. */
  RvsStatus (*open_session) (gpointer user, const char *model_id, RvsSession **out_session, RvsError *err);
  /* The same for a session that only finds damage; and whether its weights are there, on the main thread, quick. */
  RvsStatus (*open_finder) (gpointer user, RvsSession **out_session, RvsError *err);
  gboolean (*have_finder) (gpointer user);
  void (*show_help) (gpointer user, GtkWindow *parent);
  const char *picture_name;  /* shown in the window's title; may be NULL */
  const char *note;          /* one translated sentence shown above the controls; may be NULL */
  const char *settings_path; /* key file of presets and last values; NULL: nothing is remembered */
  gboolean    offers_output; /* show the field that says where the result goes */
  gboolean    offers_size;   /* show the field that makes the result larger; the host enlarges */
  gboolean    only_larger; /* with offers_size: a result of the photo's own size is not wanted; nothing is finished at that size */
  gboolean    shows_original; /* the window around the panel has a switch of its own for the picture before */
  gpointer    user;
} RvsUiHost;

/* Borrowed from the panel, valid until it is destroyed. `out` is valid inside the rects only: its other pages were never
 * touched, which is what keeps a 4000x3000 layer within the memory budget. */
typedef struct RvsUiResult
{
  RvsView              src, out;
  const RvsRect       *rects; /* may overlap: each restored face's, or the hole's and those of the faces restored after it */
  size_t               n_rects;
  const RvsFaceReport *faces; /* the restored ones */
  size_t               n_faces;
  RvsValues            values;
  /* Where the output is a layer with a mask, else pixels NULL; valid like `out`. The restoration at full strength as if it had no
   * soft edges, and, one channel of floats, how much of it `out` shows (strength, mask and mattes). */
  RvsView bare, matte;
} RvsUiResult;

#endif
