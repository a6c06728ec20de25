/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue.h: "Restore all": a worker that reads, restores and writes one photo after the other. One that fails does not stop the rest.
 */
#ifndef RVS_DESKTOP_QUEUE_H
#define RVS_DESKTOP_QUEUE_H

#include "faces.h"
#include "fields.h"
#include "hole_brush.h"
#include "load.h"
#include "models.h"

typedef struct RvsQueueItem
{
  guint         photo_id;
  RvsOrigin     origin;
  RvsValues     values;
  RvsHoleBrush *brush;  /* what is to be filled, NULL: nothing */
  GArray       *faces;  /* RvsUiFace: restore those that are on; NULL: find them */
  char         *output; /* the file to write */
  gboolean      has_format;
  gboolean      replace; /* an existing file */
  /* of the output when has_format, else that of the input */
  RvsPictureFormat format;
} RvsQueueItem;

typedef enum RvsQueueEventKind
{
  RVS_QUEUE_STARTED,
  RVS_QUEUE_PROGRESS,
  RVS_QUEUE_SAVED,
  RVS_QUEUE_FAILED,
  RVS_QUEUE_END /* all done, or stopped */
} RvsQueueEventKind;

typedef struct RvsQueueEvent
{
  RvsQueueEventKind kind;
  guint             photo_id;
  double            done;    /* of the whole queue, 0..1 */
  unsigned          lost;    /* RVS_LOST_ bits, when SAVED */
  size_t            n_found; /* faces, when SAVED; 0 where the item gave them */
  char             *problem; /* translated, when FAILED */
  gboolean          stopped; /* with END */
} RvsQueueEvent;

typedef struct RvsQueue RvsQueue;
typedef void (*RvsQueueHandler) (gpointer user, const RvsQueueEvent *event);

void rvs_queue_item_clear (RvsQueueItem *item);
/* Starts at once. Takes `items` (GArray of RvsQueueItem); `models` is borrowed until the queue is freed. Events come on the main
 * thread. */
RvsQueue *rvs_queue_new (RvsModels *models, GArray *items, RvsQueueHandler handler, gpointer user);
/* The photo in work is given up, nothing of it is written; END follows soon. */
void rvs_queue_stop (RvsQueue *queue);
/* Stops and waits; no event comes any more. NULL-safe. */
void rvs_queue_free (RvsQueue *queue);

#endif
