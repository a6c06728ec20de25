/* SPDX-License-Identifier: GPL-3.0-or-later
 * detect.c: from pixels to a list of faces: a search, a closer look at each candidate, and the photo turned where that explains it
 * better. */
#include "face/detect.h"

#include "face/look.h"
#include "face/search.h"

#include <math.h>
#include <string.h>

#define LEAST_PX 24.0f      /* the smallest face that is looked for at any size of the photo */
#define SCOUT_PX 48.0f      /* and by the first look at the other quarter turns */
#define PASSES_SHARE 0.6f   /* of a round's progress; the closer looks have the rest */
#define UPRIGHT_SHARE 0.6f  /* of the whole progress */
#define SCOUT_SHARE 0.1f    /* of the whole progress, each */
#define FIRST_PART 0.6f     /* of the score asked for: enough for a closer look */
#define TURN_LEAST 0.5f     /* score of a face that might be restored: worth looking at from every side beside a clear one */
#define UPRIGHT_BONUS 0.05f /* photos are upright unless something speaks for another turn */

/* ---- faces ---- */

static RvsFace
face_of (const RvsCandidate *one)
{
  RvsFace face = { one->box[0], one->box[1], one->box[2], one->box[3], one->score, { { 0 } }, RVS_FACE_HAS_LANDMARKS, 0 };
  memcpy (face.landmarks, one->marks, sizeof face.landmarks);
  return face;
}

/* Whether a comes before b: larger box, then smaller y, then smaller x. */
static bool
comes_first (const RvsFace *a, const RvsFace *b)
{
  float area_a = a->w * a->h, area_b = b->w * b->h;
  if (area_a != area_b)
    return area_a > area_b;
  return a->y != b->y ? a->y < b->y : a->x < b->x;
}

/* Sorts by insertion; the last ones fall off beyond capacity. n_before is the number offered so far. */
static void
insert_face (RvsFace *faces, size_t capacity, size_t n_before, const RvsFace *face)
{
  size_t at = n_before < capacity ? n_before : capacity;
  for (; at > 0 && comes_first (face, &faces[at - 1]); at--)
    if (at < capacity)
      faces[at] = faces[at - 1];
  if (at < capacity)
    faces[at] = *face;
}

/* The logarithm of the odds needs it inside (0, 1). */
static float
usable_threshold (float score)
{
  return fminf (fmaxf (score, 0.01f), 0.99f);
}

/* ---- rounds ---- */

/* The surest of found[first..n), NULL when there is none. */
static const RvsCandidate *
surest (const RvsSearch *search, size_t first)
{
  const RvsCandidate *best = NULL;

  for (size_t i = first; i < search->n; i++)
    if (!best || search->found[i].score > best->score)
      best = &search->found[i];
  return best;
}

/* Eyes above mouth, by more than they are beside it, once the photo is turned clockwise by turn quarter turns. */
static bool
stands (const RvsCandidate *one, int turn)
{
  const float (*marks)[2] = one->marks;
  float across = (marks[3][0] + marks[4][0] - marks[0][0] - marks[1][0]) / 2;
  float down = (marks[3][1] + marks[4][1] - marks[0][1] - marks[1][1]) / 2;

  for (; turn > 0; turn--)
    {
      const float was = across;
      across = -down;
      down = was;
    }
  return down > fabsf (across);
}

static bool
has_clear_standing (const RvsSearch *search, size_t first, int turn)
{
  for (size_t i = first; i < search->n; i++)
    if (search->found[i].score >= RVS_CLEAR_SCORE && stands (&search->found[i], turn))
      return true;
  return false;
}

/* Looks closer at found[first..], which were found at a turn. In a photo with a clear face that stands so, what is hardly one is not
 * turned: that would take most of the time. One that gets clear by being turned is no such face: in a photo upside down the others want
 * to be turned too. */
static RvsStatus
look_again (RvsSearch *search, size_t first, int turn, bool turned)
{
  RvsStatus status = RVS_OK;

  for (size_t i = first; i < search->n && status == RVS_OK; i++)
    {
      const bool everywhere = turned && (search->found[i].score >= TURN_LEAST || !has_clear_standing (search, first, turn));

      status = rvs__look_again (search->net, search->exec, search->image, everywhere, &search->found[i]);
      if (status == RVS_OK
          && !rvs__search_tick (search, PASSES_SHARE + (1 - PASSES_SHARE) * (float)(i + 1 - first) / (float)(search->n - first)))
        status = RVS_ERR_CANCELLED;
    }
  return status;
}

/* One search with its closer looks, in `share` of the whole progress. */
static RvsStatus
round_at (RvsSearch *search, int turn, float least_px, bool turned, float share)
{
  const size_t first = search->n;
  RvsStatus    status;

  search->span = share * PASSES_SHARE;
  status = rvs__search_turn (search, turn, least_px);
  search->span = share;
  if (status == RVS_OK)
    status = look_again (search, first, turn, turned);
  search->from += share;
  return status;
}

/* ---- the photo's turn ---- */

/* How much found[first..n) speak for faces: what each has beyond the score of a likely one. */
static float
evidence (const RvsSearch *search, size_t first)
{
  float sum = 0.0f;

  for (size_t i = first; i < search->n; i++)
    sum += fmaxf (search->found[i].score - TURN_LEAST, 0.0f);
  return sum;
}

/* One face may have been turned into from several candidates: it counts once. */
static void
merge_round (RvsSearch *search, size_t first)
{
  search->n = first + rvs__candidates_merge (search->found + first, search->n - first);
}

/* The turn of the surest face where it is clear, otherwise the one whose best face is the surest at a first look. */
static RvsStatus
guess_turn (RvsSearch *search, int *out_turn)
{
  const size_t        n = search->n;
  const RvsCandidate *one = surest (search, 0);
  float               best = one ? one->score : 0.0f;
  RvsStatus           status = RVS_OK;

  *out_turn = one ? one->turn : 0;
  if (best >= RVS_CLEAR_SCORE)
    return RVS_OK;
  *out_turn = 0;
  best += UPRIGHT_BONUS;
  for (int turn = 1; turn < 4 && status == RVS_OK; turn++)
    {
      status = round_at (search, turn, SCOUT_PX, false, SCOUT_SHARE);
      one = surest (search, n);
      if (one && one->score > best)
        {
          best = one->score;
          *out_turn = turn;
        }
      search->n = n;
    }
  return status;
}

/* No clear face stands upright, so the photo may lie on its side or head. It is searched so as a whole too, and is as it is at the turn
 * that explains more: it has the faces of that search only. */
static RvsStatus
try_turned (RvsSearch *search)
{
  size_t    n;
  float     upright;
  int       turn;
  RvsStatus status = guess_turn (search, &turn);

  if (status != RVS_OK || turn == 0)
    return status;
  merge_round (search, 0);
  n = search->n;
  upright = evidence (search, 0);
  status = round_at (search, turn, LEAST_PX, true, 1 - search->from);
  merge_round (search, n);
  if (evidence (search, n) > upright)
    {
      search->n -= n;
      memmove (search->found, search->found + n, search->n * sizeof *search->found);
    }
  else
    search->n = n;
  return status;
}

static RvsStatus
all_turns (RvsSearch *search)
{
  RvsStatus status = RVS_OK;

  for (int turn = 0; turn < 4 && status == RVS_OK; turn++)
    status = round_at (search, turn, LEAST_PX, false, .25f);
  search->n = rvs__candidates_merge (search->found, search->n);
  return status;
}

static RvsStatus
find_faces (RvsSearch *search, RvsTurned turned)
{
  RvsStatus status;

  if (turned == RVS_TURNED_ALWAYS)
    return all_turns (search);
  if (turned == RVS_TURNED_NEVER)
    return round_at (search, 0, LEAST_PX, false, 1);
  status = round_at (search, 0, LEAST_PX, true, UPRIGHT_SHARE);
  if (status == RVS_OK && !has_clear_standing (search, 0, 0))
    status = try_turned (search);
  return status;
}

/* ---- the calls ---- */

RvsStatus
rvs__detect_faces (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, float min_score, RvsTurned turned,
                   const RvsDetectTick *tick, RvsFace *faces, size_t capacity, size_t *out_n)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsSearch    search
      = { .net = net, .exec = exec, .image = image, .threshold = usable_threshold (FIRST_PART * min_score), .tick = tick };
  RvsStatus status;

  *out_n = 0;
  rvs__search_begin (&search);
  status = find_faces (&search, turned);
  if (status == RVS_OK)
    search.n = rvs__candidates_drop_parts (search.found, search.n);
  for (size_t i = 0; i < search.n && status == RVS_OK; i++)
    if (search.found[i].score >= min_score)
      {
        RvsFace face = face_of (&search.found[i]);
        insert_face (faces, capacity, (*out_n)++, &face);
      }
  rvs__arena_release (exec->arena, mark);
  return status;
}

RvsStatus
rvs__detect_in_box (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, float min_score, RvsTurned turned,
                    RvsFace *face, bool *out_found)
{
  const float  box[4] = { face->x, face->y, face->w, face->h };
  RvsCandidate seen;
  RvsStatus    status = rvs__look_in_box (net, exec, image, box, usable_threshold (min_score), turned != RVS_TURNED_NEVER, &seen);

  *out_found = status == RVS_OK && seen.score > 0.0f;
  if (*out_found)
    {
      face->score = seen.score;
      memcpy (face->landmarks, seen.marks, sizeof seen.marks);
      face->flags |= RVS_FACE_HAS_LANDMARKS;
    }
  return status;
}
