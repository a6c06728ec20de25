/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel.h: preview and controls in one widget, the same in GIMP and on the desktop.
 *
 * Signals: "work-changed" (busy, applying or applicable changed, or a setting), "applied" (rvs_panel_result is ready).
 */
#ifndef RVS_UI_PANEL_H
#define RVS_UI_PANEL_H

#include "compare_view.h"
#include "settings.h"
#include "ui_host.h"

#define RVS_TYPE_PANEL (rvs_panel_get_type ())
G_DECLARE_FINAL_TYPE (RvsPanel, rvs_panel, RVS, PANEL, GtkBox)

/* `host`, `source` and `settings` are borrowed for the life of the panel; `values` are the ones to start with. */
GtkWidget *rvs_panel_new (const RvsUiHost *host, const RvsUiSource *source, RvsSettings *settings, const RvsValues *values);
/* Right after rvs_panel_new: the faces (RvsUiFace) of an earlier panel of the same picture, with the user's choices and boxes; they are
 * copied, and nothing is searched. */
void rvs_panel_set_faces (RvsPanel *panel, const GArray *faces);
/* The strokes of an earlier panel of the same picture (copied; NULL: none), and this one's. */
void                rvs_panel_set_hole_brush (RvsPanel *panel, const RvsHoleBrush *brush);
const RvsHoleBrush *rvs_panel_hole_brush (RvsPanel *panel);
/* Cancels the worker and waits for it; the panel stays alive but does nothing any more. */
void rvs_panel_shut_down (RvsPanel *panel);
/* While another panel is shown: gives back the worker and its models, which must rest (rvs_panel_idle), and keeps what is on the screen,
 * finished faces included; until rvs_panel_wake nothing is worked out. */
void rvs_panel_park (RvsPanel *panel);
void rvs_panel_wake (RvsPanel *panel);
/* The memory of a parked panel, with the patches packed: that is done first, whatever was painted last. */
gsize rvs_panel_bytes (RvsPanel *panel);
/* After "applied", when the panel is no longer seen: gives back all memory but the result's, which is a few times the picture's. */
void rvs_panel_keep_result_only (RvsPanel *panel);

/* The worker rests: shutting down would not wait. After rvs_panel_stop this takes a fraction of a second. */
gboolean rvs_panel_idle (RvsPanel *panel);
/* The picture, at least its reduced levels, is there to be seen. */
gboolean rvs_panel_shows_picture (RvsPanel *panel);
/* The faces are known, by search or by rvs_panel_set_faces. */
gboolean rvs_panel_knows_faces (RvsPanel *panel);
gboolean rvs_panel_busy (RvsPanel *panel);
gboolean rvs_panel_applying (RvsPanel *panel);
gboolean rvs_panel_can_apply (RvsPanel *panel);
/* Finishes the faces that are on, or the hole, and emits "applied". */
void rvs_panel_apply (RvsPanel *panel);
void rvs_panel_stop (RvsPanel *panel);
void rvs_panel_reset (RvsPanel *panel);
/* Changes that can be taken back; those of a brush that the panel was given count too. */
guint rvs_panel_n_changes (RvsPanel *panel);
/* Takes back the last stroke, or the last change that the user made to the settings. */
gboolean rvs_panel_can_undo (RvsPanel *panel);
void     rvs_panel_undo (RvsPanel *panel);
/* FALSE: without the progress line and its Stop, while something else works in the panel's place. */
void rvs_panel_show_progress (RvsPanel *panel, gboolean shown);
void rvs_panel_get_values (RvsPanel *panel, RvsValues *out_values);
void rvs_panel_set_values (RvsPanel *panel, const RvsValues *values);
void rvs_panel_result (RvsPanel *panel, RvsUiResult *out_result);

/* For tests and for the window around it. */
RvsCompareView *rvs_panel_view (RvsPanel *panel);
GArray         *rvs_panel_faces (RvsPanel *panel);
/* How often a finished picture of the current settings has replaced another one. */
guint       rvs_panel_n_final_patches (RvsPanel *panel);
guint       rvs_panel_n_stage_patches (RvsPanel *panel);
const char *rvs_panel_error (RvsPanel *panel); /* NULL: none */

#endif
