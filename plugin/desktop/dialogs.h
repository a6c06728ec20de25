/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialogs.h: the questions the window asks. Each runs until it is answered.
 */
#ifndef RVS_DESKTOP_DIALOGS_H
#define RVS_DESKTOP_DIALOGS_H

#include "picture.h"
#include <gtk/gtk.h>

/* Paths of the chosen files; NULL when none was; g_strfreev. `folder`, to start in, may be NULL. */
char **rvs_ask_files (GtkWindow *parent, const char *folder);
/* Where to save: `suggestion` is a path, or a bare name. An existing file has been asked about. *quality, as RvsPictureMeta.quality, is what
 * the dialog starts with, and the answer. NULL when cancelled; g_free. */
char *rvs_ask_save (GtkWindow *parent, const char *suggestion, RvsPictureFormat format, RvsPictureFormat *out_format, int *quality);

typedef enum RvsAnswer
{
  RVS_ANSWER_CANCEL,
  RVS_ANSWER_DISCARD,
  RVS_ANSWER_SAVE
} RvsAnswer;

/* Before unsaved changes of n photos are lost; `name` of the only one. Saving is offered when can_save. */
RvsAnswer rvs_ask_unsaved (GtkWindow *parent, guint n, const char *name, gboolean can_save);
gboolean  rvs_ask_stop (GtkWindow *parent);

/* How all photos are to be saved. */
typedef struct RvsAllOptions
{
  char            *folder; /* NULL: beside each photo; g_free */
  gboolean         has_format;
  RvsPictureFormat format; /* when has_format; else each photo's own */
} RvsAllOptions;

/* `options` are those to start with, and the answer; `folder` (may be NULL) is proposed where they name none. FALSE: cancelled. */
gboolean rvs_ask_all (GtkWindow *parent, guint n, const char *folder, RvsAllOptions *options);

typedef enum RvsExisting
{
  RVS_EXISTING_CANCEL,
  RVS_EXISTING_SKIP,
  RVS_EXISTING_REPLACE
} RvsExisting;

RvsExisting rvs_ask_existing (GtkWindow *parent, guint n, const char *first_name);

void rvs_show_shortcuts (GtkApplicationWindow *window);
void rvs_show_about (GtkWindow *parent);

#endif
