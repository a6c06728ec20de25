/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_private.h: the panel's fields, shared by the file that builds its widgets and the one that runs it.
 */
#ifndef RVS_UI_PANEL_PRIVATE_H
#define RVS_UI_PANEL_PRIVATE_H

#include "panel.h"
#include "param_row.h"
#include "presets.h"
#include "preview_job.h"

/* Rows of rvs_map_info, and none. */
#define RVS_MAPS_MAX 16

/* Off, and the magnifications of the loupe. */
#define RVS_N_LOUPES 3

/* Tools of local fidelity: the photo rules, detail may be invented, neither. */
#define RVS_N_TELLERS 3

typedef enum RvsPanelState
{
  RVS_PANEL_READING,
  RVS_PANEL_WORKING,
  RVS_PANEL_READY,
  RVS_PANEL_STOPPED,
  RVS_PANEL_APPLYING,
  RVS_PANEL_FAILED
} RvsPanelState;

/* What came of looking for damage. */
typedef enum RvsSearch
{
  RVS_SEARCH_NONE,
  RVS_SEARCH_RUNS, /* or is to run as soon as it can */
  RVS_SEARCH_FOUND,
  RVS_SEARCH_NOTHING
} RvsSearch;

struct _RvsPanel
{
  GtkBox             parent_instance;
  const RvsUiHost   *host;
  const RvsUiSource *source;
  RvsSettings       *settings;

  /* the picture */
  RvsView    image, mask; /* pixels owned; mask.pixels NULL without a selection */
  int32_t    rows_read, mask_rows_read;
  guint      read_id;
  RvsCanvas *picture;
  GArray    *faces;
  guint      next_face_id;

  /* what is to be filled */
  RvsView         hole;       /* pixels NULL: nothing; those of mask, or of hole_bytes */
  GBytes         *hole_bytes; /* not changed once the worker may have them */
  RvsHoleBrush   *brush;
  RvsHoleOverlay *overlay;
  RvsView         lines; /* drawn in it; pixels NULL: none; those of lines_bytes, which are as hole_bytes */
  GBytes         *lines_bytes;
  RvsHoleOverlay *lines_overlay, *sketch; /* sketch: the edges that it is filled along; NULL: not asked for */
  gboolean        wants_sketch;
  RvsSearch       search;
  GArray         *history;      /* of panel_history.c; as many of its steps are strokes as the brush has */
  RvsValues       known_values; /* before the next change of the settings */
  gboolean        searched;     /* by itself, since the settings asked for it */
  gboolean        have_finder;  /* the weights that it takes are there */
  gboolean        hole_filled;  /* the preview shows its filling */
  gboolean        hole_done;    /* and that of the current settings */

  /* where it is to be more or less faithful: strokes of the same brush */
  gboolean        tells; /* the pointer paints that */
  RvsView         told;  /* with the channel; pixels NULL: nothing is said; those of told_bytes, which are as hole_bytes */
  GBytes         *told_bytes;
  RvsHoleOverlay *faithful_overlay, *invent_overlay;
  RvsView
      channel; /* which it is laid over; pixels NULL: none is chosen; those of channel_bytes, which are as hole_bytes once read */
  GBytes *channel_bytes;
  int32_t channel_rows_read;

  /* the map over the face that is looked at */
  const RvsMapInfo *map_info; /* chosen; NULL: none */
  RvsMapOverlay    *map;      /* NULL: not there yet */
  guint             map_face, map_generation;

  /* the film: what lay on the way to the result of one face */
  gboolean   film_open, film_whole;
  guint      film_face, film_generation;
  GPtrArray *stages;       /* RvsMapOverlay, coarse to fine */
  int        stage_chosen; /* shown in place of the result; -1: none */
  int        stage_wanted; /* the same of the next film of this face */

  /* the work */
  RvsJob       *job;
  RvsPanelState state;
  guint         generation;
  gboolean      faces_known, zoomed_once;
  size_t        n_found; /* by the search; not all of them have room in `faces` */
  uint32_t      turned;  /* of the search that found the faces, or will */
  gint64        started_us;
  double        done;             /* of the bar */
  double        bar_from, bar_to; /* where the current step lies in it */
  gint64        pace_us;          /* since when faces are counted for the time that is left, */
  int           pace_done;        /* and how many were done then */
  guint         tick_id;
  char         *phase_text, *error;
  guint         n_final, n_stage;

  /* widgets */
  RvsCompareView *view;
  RvsParamRow    *rows[RVS_FIELDS_MAX];
  GtkWidget      *controls, *info_bar, *info_label, *retry_button;
  GtkWidget      *fit_button, *face_button, *full_button, *zoom_label, *original_button, *swap_button, *boxes_button;
  GtkWidget      *previous_button, *next_button, *number_label;
  GtkWidget      *look_button, *compare_buttons[RVS_N_COMPARE], *loupe_buttons[RVS_N_LOUPES];
  GtkWidget      *film_button, *film;
  GtkWidget      *map_title, *map_buttons[RVS_MAPS_MAX]; /* the first is for none */
  GtkWidget      *progress, *status_label, *stop_button, *progress_row;
  GtkWidget      *count_box, *faces_box, *faces_label, *face_detail, *face_little, *faces_hint;
  GtkWidget      *size_box, *size_label; /* NULL: the host offers no other size */
  GtkWidget      *hole_box, *find_button, *search_label, *brush_button, *eraser_button, *line_button, *size_scale, *undo_button,
      *clear_button;
  GtkWidget  *channel_row, *channel_combo, *channel_reason; /* NULL: there are no channels */
  GtkWidget  *told_box, *told_buttons[RVS_N_TELLERS], *told_tools, *told_scale, *told_clear;
  RvsPresets *presets;
  GtkWidget  *stops[5]; /* what Tab goes through, in this order */
  gboolean    quiet;
};

/* panel_build.c */
void     rvs__panel_build (RvsPanel *panel);
void     rvs__panel_show_view_state (RvsPanel *panel);
gboolean rvs__panel_move_focus (RvsPanel *panel, GtkDirectionType direction);
/* An empty one, as wide as the controls and at most so many lines high; -1: as high as its text. */
GtkWidget *rvs__wrapping_label (int lines);
GtkWidget *rvs__title_label (const char *text);
/* Buttons that belong together, up to NULL; fills: they share the width of the row. */
GtkWidget *rvs__linked_row (gboolean fills, GtkWidget *first, ...) G_GNUC_NULL_TERMINATED;

/* panel_look.c */
GtkWidget *rvs__panel_build_look (RvsPanel *panel);
/* As it was last looked at. */
void rvs__panel_recall_look (RvsPanel *panel);
/* After a change of the view. */
void rvs__panel_show_look (RvsPanel *panel);

/* Parts of its list: a heading; one of a group, whose first button is `first`, NULL: this is it. */
GtkWidget *rvs__panel_add_title (GtkWidget *box, const char *text);
GtkWidget *rvs__panel_add_choice (RvsPanel *panel, GtkWidget *box, GtkWidget *first, const char *label, GCallback callback);

/* panel_map.c */
void rvs__panel_build_maps (RvsPanel *panel, GtkWidget *box);
/* After a change of the system, of the faces or of the one that is looked at: takes away what is of another, and shows the choices. */
void rvs__panel_show_map (RvsPanel *panel);
/* What the worker is still to make of it; NULL: nothing. */
const RvsMapInfo *rvs__panel_missing_map (RvsPanel *panel, guint *out_face);
void              rvs__panel_take_map (RvsPanel *panel, RvsJobEvent *event);

/* What the view shows over the face: a stage that was chosen, else the map. */
void rvs__panel_show_overlay (RvsPanel *panel);

/* panel_film.c */
void       rvs__panel_build_film_button (RvsPanel *panel, GtkWidget *box);
GtkWidget *rvs__panel_build_film (RvsPanel *panel);
void       rvs__panel_free_film (RvsPanel *panel);
gsize      rvs__panel_film_bytes (const RvsPanel *panel);
/* After a change of the system, of the faces or of the one that is looked at. */
void rvs__panel_show_film (RvsPanel *panel);
/* The face whose film is still to be made; 0: none. */
guint rvs__panel_missing_film (RvsPanel *panel);
void  rvs__panel_take_stage (RvsPanel *panel, RvsJobEvent *event);
void  rvs__panel_film_done (RvsPanel *panel, const RvsJobEvent *event); /* with a patch */
/* NULL: none is chosen; and what the side after is called then (g_free). */
RvsMapOverlay *rvs__panel_shown_stage (RvsPanel *panel);
char          *rvs__panel_stage_label (RvsPanel *panel);

/* panel_hole.c */
GtkWidget *rvs__panel_build_hole (RvsPanel *panel);
void       rvs__panel_hole_from_selection (RvsPanel *panel);
/* After a change of the system, of what is filled, or of the search for it. */
void rvs__panel_show_hole (RvsPanel *panel);
void rvs__panel_free_hole (RvsPanel *panel);
void rvs__panel_undo_stroke (RvsPanel *panel);
/* One more or one less, of local fidelity (told) or of damage and lines. */
void rvs__panel_stroke_changed (RvsPanel *panel, gboolean told);
void rvs__panel_end_search (RvsPanel *panel, RvsSearch outcome);       /* that runs, else nothing happens */
void rvs__panel_found (RvsPanel *panel, GArray *spans);                /* RvsSpan, taken */
void rvs__panel_take_sketch (RvsPanel *panel, RvsHoleOverlay *sketch); /* NULL: without an edge */

GtkWidget *rvs__panel_build_brush_size (RvsPanel *panel, GtkWidget **out_scale); /* a row */

/* panel_fidelity.c */
GtkWidget *rvs__panel_build_fidelity (RvsPanel *panel);
/* After a change of the system, or of a stroke. */
void rvs__panel_show_fidelity (RvsPanel *panel);
void rvs__panel_take_told (RvsPanel *panel); /* the strokes are others, or the channel is there */
void rvs__panel_free_told (RvsPanel *panel);
/* The map that the chosen system goes by, borrowed, NULL: none: of the channel, and where nothing is filled, of the strokes. */
GBytes *rvs__panel_fidelity_map (RvsPanel *panel, RvsView *out_view);
/* What a stroke of the view's current tool is. */
RvsStrokeKind rvs__panel_teller (RvsPanel *panel);
void          rvs__panel_show_teller (RvsPanel *panel);

/* panel_channel.c */
GtkWidget *rvs__panel_build_channel (RvsPanel *panel);
/* After a change of the system. */
void        rvs__panel_show_channel (RvsPanel *panel);
const char *rvs__panel_channel_name (RvsPanel *panel); /* "": none */
/* By the program; one that is not there is none. */
void rvs__panel_set_channel (RvsPanel *panel, const char *name);
/* Borrowed; NULL: none is chosen, or it is not read yet. */
GBytes  *rvs__panel_channel (RvsPanel *panel, RvsView *out_view);
gboolean rvs__panel_channel_unread (RvsPanel *panel);
/* At most so many rows more; FALSE: they cannot be read. */
gboolean rvs__panel_read_channel (RvsPanel *panel, int32_t n_rows, GError **error);
void     rvs__panel_free_channel (RvsPanel *panel);

/* panel_history.c */
GArray *rvs__panel_history_new (void);
void    rvs__panel_note_stroke (RvsPanel *panel);   /* one was added */
void    rvs__panel_forget_stroke (RvsPanel *panel); /* the last one was taken back */
/* The settings were changed by the user; field: by which widget, NULL: several. */
void rvs__panel_note_change (RvsPanel *panel, gconstpointer field);

/* panel_size.c */
GtkWidget *rvs__panel_build_size (RvsPanel *panel, GtkWidget *row);
/* After a change of the system or of the size. */
void rvs__panel_show_size (RvsPanel *panel);
/* The result is larger than the photo; and it is of a size that the host takes and that can be made. */
gboolean rvs__panel_enlarges (RvsPanel *panel);
gboolean rvs__panel_size_fits (RvsPanel *panel);

/* panel.c */
RvsUiFace *rvs__panel_focus_face (RvsPanel *panel); /* the one that is looked at; NULL: none */

/* panel.c: what the widgets call */
void rvs__panel_hole_changed (RvsPanel *panel);
void rvs__panel_search (RvsPanel *panel);         /* for damage */
void rvs__panel_work_on (RvsPanel *panel);        /* something is wanted besides */
void rvs__panel_channel_chosen (RvsPanel *panel); /* which is to be read, or none is */
void rvs__panel_field_changed (RvsPanel *panel, RvsParamRow *row);
void rvs__panel_preset_chosen (RvsPanel *panel, const RvsValues *values);
void rvs__panel_retry (RvsPanel *panel); /* what failed */
void rvs__panel_show_after_label (RvsPanel *panel);
void rvs__panel_look_changed (RvsPanel *panel); /* the worker may have to show more of the face */
void rvs__panel_all_faces (RvsPanel *panel, gboolean enabled);

#endif
