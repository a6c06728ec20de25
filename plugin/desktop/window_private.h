/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_private.h: the window's fields, shared by the files that build it and that open, show, save and restore all.
 */
#ifndef RVS_DESKTOP_WINDOW_PRIVATE_H
#define RVS_DESKTOP_WINDOW_PRIVATE_H

#include "filmstrip.h"
#include "panel.h"
#include "photo.h"
#include "queue.h"
#include "thumbs.h"
#include "window.h"
#include "working.h"

/* The photo on show: its pixels until the panel has read them, its metadata, and the panel. The panel borrows all of it. */
typedef struct RvsShown
{
  guint       photo_id;
  RvsPicture  picture; /* without pixels once the panel has its copy, unless they are not sRGB */
  RvsWorking  working; /* what the panel sees of it */
  char       *note;
  RvsUiHost   host;
  RvsUiSource source;
  RvsPanel   *panel;     /* NULL until it is its turn */
  gboolean    announced; /* that it is ready; for the debug log */
  gint64      asked_us;  /* when the user asked for it; 0 once it was drawn */
  gint64      written;   /* when the file was last written, as it was read; 0: no file */
  int         turn;      /* as the origin's then */
} RvsShown;

/* A read in progress; it outlives the window if need be. */
typedef struct RvsReading RvsReading;

/* What "applied" is awaited for. */
typedef enum RvsSaving
{
  RVS_SAVING_NOTHING,
  RVS_SAVING_FILE,
  RVS_SAVING_COPY
} RvsSaving;

struct _RvsWindow
{
  GtkApplicationWindow parent_instance;
  RvsModels           *models;   /* borrowed */
  RvsSettings         *settings; /* borrowed */

  /* the list */
  GPtrArray  *photos;  /* RvsPhoto, owned */
  RvsPhoto   *current; /* borrowed from the list; NULL: none */
  RvsThumbs  *thumbs;
  GPtrArray  *to_add; /* char *: paths that wait to become photos */
  guint       add_id;
  gboolean    show_next_added;
  GHashTable *known; /* path -> RvsPhoto, both borrowed from the list */

  /* the photo on show */
  RvsShown   *shown, *retiring; /* one panel at a time: the old one goes when its worker rests */
  GQueue      parked;           /* RvsShown: the last few, without workers, the latest first */
  RvsShown   *ready;            /* read, waits for its turn */
  RvsReading *reading;
  guint       retire_id;

  /* saving */
  RvsSaving        saving;
  gboolean         writing;   /* a worker has the panel's result */
  char            *save_path; /* NULL: to the clipboard */
  RvsPictureFormat save_format;
  gboolean         save_then_close;

  /* restore all */
  RvsQueue *queue;
  guint     n_queued, n_saved, n_failed;
  guint     n_broken; /* of n_failed: not queued, since they cannot be read */
  unsigned  queue_lost;
  GString  *queue_problems; /* a line each, with a newline before it */
  GString  *queue_notes;    /* the same, of photos that were saved */
  char     *queue_folder;   /* where the last results went */
  gboolean  panel_paused;   /* the preview was stopped for it */
  gboolean  close_after_queue;

  /* widgets */
  GtkWidget *header, *pages, *panel_box, *loading_label, *loading_spinner, *broken_label, *before_button;
  GtkWidget *info_bar, *info_icon, *info_label, *info_button;
  GtkWidget *strip_revealer, *strip, *count_label, *queue_box, *queue_bar, *queue_label, *restore_all_button, *stop_button;
  guint      info_id;    /* hides the bar after a while */
  guint      info_photo; /* the photo that the message is about, which goes with it; 0: it is about more */
  char      *info_folder;
  GString   *problems; /* those on show in the bar, a line each */
};

/* window_build.c */
void rvs__window_build (RvsWindow *window);
/* `folder`: offers to open it; NULL: nothing to open. Good news leave by themselves. */
void rvs__window_tell (RvsWindow *window, GtkMessageType type, const char *text, const char *folder);
/* The same about the photo on show: the message goes when another is shown. */
void rvs__window_tell_of_photo (RvsWindow *window, GtkMessageType type, const char *text, const char *folder);
/* One more line of trouble, a photo's or a folder's name first; it joins those that are on show. */
void rvs__window_add_problem (RvsWindow *window, const char *line);
void rvs__window_hush (RvsWindow *window);
void rvs__window_show_page (RvsWindow *window, const char *name);

/* window_actions.c */
void rvs__window_add_actions (RvsWindow *window);
void rvs__window_update_actions (RvsWindow *window);

/* window.c */
RvsPhoto *rvs__window_photo (RvsWindow *window, guint id); /* NULL: no longer there */
RvsPhoto *rvs__window_add_photo (RvsWindow *window, const char *path, GBytes *bytes, const char *name);
void      rvs__window_remove_photo (RvsWindow *window, RvsPhoto *photo);
/* The user takes it out of the list; asks when something would be lost. */
void rvs__window_close_photo (RvsWindow *window, RvsPhoto *photo);
/* Something is being saved: the photo on show must stay. */
gboolean rvs__window_is_tied (RvsWindow *window);
void     rvs__window_step (RvsWindow *window, int step);
void     rvs__window_update (RvsWindow *window); /* title, strip and actions after the state of things */
void     rvs__window_show_photo_state (RvsWindow *window, RvsPhoto *photo);
/* It cannot be read: badge, and a line in the bar, unless its page says so already. */
void  rvs__window_photo_is_broken (RvsWindow *window, RvsPhoto *photo, const char *problem);
guint rvs__window_count_unsaved (RvsWindow *window);
guint rvs__window_count_readable (RvsWindow *window);

/* window_show.c */
void rvs__window_show_photo (RvsWindow *window, RvsPhoto *photo); /* NULL: the invitation */
/* The same photo, read again after a turn by so many quarters clockwise. */
void rvs__window_turn (RvsWindow *window, int quarters);
/* The last change of the photo on show was a turn; takes it back. */
gboolean rvs__window_was_turned (RvsWindow *window);
void     rvs__window_turn_back (RvsWindow *window);
/* What the user did in the panel goes into the photo. */
void      rvs__window_keep_edits (RvsWindow *window);
RvsPanel *rvs__window_panel (RvsWindow *window); /* NULL: none on show */
/* The keys go to the preview again, after something took the focus from it; not if another widget has it by now. */
void rvs__window_focus_view (RvsWindow *window);
/* The photo is gone: what was kept of it goes too. */
void rvs__window_forget_parked (RvsWindow *window, guint photo_id);
/* Drops everything on show and waits for its workers. */
void rvs__window_end_show (RvsWindow *window);

/* window_open.c */
void rvs__window_choose_files (RvsWindow *window);
void rvs__window_accept_drops (RvsWindow *window);
void rvs__window_paste (RvsWindow *window);
/* Among the recent files. */
void rvs__window_remember_file (const char *path);

/* window_save.c */
void rvs__window_save_as (RvsWindow *window);
void rvs__window_copy (RvsWindow *window);
void rvs__window_applied (RvsWindow *window);
/* Call when the panel's state changed: a save that will not come is given up. */
void rvs__window_check_saving (RvsWindow *window);

/* window_queue.c */
void rvs__window_restore_all (RvsWindow *window);
void rvs__window_stop_queue (RvsWindow *window);

#endif
