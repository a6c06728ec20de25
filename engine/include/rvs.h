/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rvs.h: the one header of the Revisage engine that others may include.
 *
 * Life of a restoration:
 *   models -> session -> detect -> (caller edits the face list) -> analyse -> render, render, ...
 * analyse aligns, parses and runs stage 1; render re-runs stage 2 only when the fidelity changed
 * and merely re-blends when only the strength or the enabled faces changed.
 *
 * Threads: RvsModel may be shared by any threads. A session, and the analyses made with it, belong
 * to one thread at a time; rvs_session_cancel may be called from any thread at any moment.
 * Errors: every fallible call returns an RvsStatus; `err` may be NULL; it is filled with the first
 * error only. On failure each out_ pointer is NULL and no destination pixel has changed.
 */
#ifndef RVS_H
#define RVS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* C linkage for C++ callers. */
#ifdef __cplusplus
#define RVS_BEGIN_DECLS                                                                                                            \
  extern "C"                                                                                                                       \
  {
#define RVS_END_DECLS }
#else
#define RVS_BEGIN_DECLS
#define RVS_END_DECLS
#endif

#if defined(__GNUC__)
#define RVS_NODISCARD __attribute__ ((warn_unused_result))
#else
#define RVS_NODISCARD
#endif

RVS_BEGIN_DECLS

/* ---- status ------------------------------------------------------------------------------- */

typedef enum RvsStatus
{
  RVS_OK = 0,
  RVS_ERR_ARGUMENT, /* a value out of range, a view with impossible geometry */
  RVS_ERR_NO_MEMORY,
  RVS_ERR_IO,     /* a file could not be read or written */
  RVS_ERR_FORMAT, /* a file is not what it claims to be */
  RVS_ERR_MODEL,  /* weights: altered, wrong graph, NaN */
  RVS_ERR_LIMIT,  /* larger than the engine accepts */
  RVS_ERR_NO_FACE,
  RVS_ERR_HOLE, /* what is marked to be filled is nothing, everything, too much, or of another size */
  RVS_ERR_CANCELLED,
  RVS_ERR_INTERNAL
} RvsStatus;

/* English, for logs; front ends word it for the user and may append it. */
typedef struct RvsError
{
  RvsStatus status;
  char      message[256];
} RvsError;

/* A short lower-case name ("no memory"); never NULL. */
const char *rvs_status_name (RvsStatus status);

/* ---- images ------------------------------------------------------------------------------- */

typedef enum RvsDepth
{
  RVS_DEPTH_U8,  /* 0..255 */
  RVS_DEPTH_U16, /* 0..65535, host byte order, 2-byte aligned */
  RVS_DEPTH_F32  /* 0..1 (values outside are kept), 4-byte aligned */
} RvsDepth;

/* Largest accepted width and height; the product is limited to RVS_MAX_PIXELS. */
#define RVS_MAX_SIDE 65535
#define RVS_MAX_PIXELS ((int64_t)400 * 1000 * 1000)

/* Interleaved, sRGB-encoded, straight alpha. channels: 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA.
 * stride is in bytes, may be padded or negative. Borrowed for the call, never freed by the engine. */
typedef struct RvsView
{
  const void *pixels;
  ptrdiff_t   stride;
  int32_t     width, height;
  int32_t     channels;
  RvsDepth    depth;
} RvsView;

typedef struct RvsMutView
{
  void     *pixels;
  ptrdiff_t stride;
  int32_t   width, height;
  int32_t   channels;
  RvsDepth  depth;
} RvsMutView;

/* The same pixels, to read. */
static inline RvsView
rvs_view_of (const RvsMutView *view)
{
  RvsView same = { view->pixels, view->stride, view->width, view->height, view->channels, view->depth };
  return same;
}

/* Bytes of one value, and of all channels of a pixel. */
static inline size_t
rvs_depth_bytes (RvsDepth depth)
{
  return depth == RVS_DEPTH_U8 ? 1 : depth == RVS_DEPTH_U16 ? 2 : 4;
}

static inline size_t
rvs_view_pixel_bytes (const RvsView *view)
{
  return rvs_depth_bytes (view->depth) * (size_t)view->channels;
}

/* Source pixels; (0,0) is the top-left corner of the image. */
typedef struct RvsRect
{
  int32_t x, y, width, height;
} RvsRect;

/* ---- models ------------------------------------------------------------------------------- */

typedef struct RvsModel RvsModel; /* immutable, ref-counted, any thread */

/* Strings are owned by the model. See docs/weights-format.md for id, arch and contract. */
typedef struct RvsModelInfo
{
  const char *id, *arch, *contract, *licence, *source;
  const char *sha256;    /* 64 hex digits of the whole file */
  int32_t     face_size; /* crop side in pixels the graph works at: 512, 256; 0 for a detector */
  const char *base;      /* SHA-256 of the weights file whose network's output it reads, or NULL */
} RvsModelInfo;

/* Maps and checks `path`. expected_sha256: 64 hex digits, or NULL for a file outside the list of
 * shipped models. Fails with IO, FORMAT, MODEL (hash, graph, NaN) or NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_model_open (const char *path, const char *expected_sha256, RvsModel **out_model, RvsError *err);
/* As rvs_model_open; `bytes` are borrowed until the last unref. */
RVS_NODISCARD RvsStatus rvs_model_open_memory (const void *bytes, size_t n_bytes, RvsModel **out_model, RvsError *err);
RvsModel               *rvs_model_ref (RvsModel *model);
void                    rvs_model_unref (RvsModel *model); /* NULL-safe */
const RvsModelInfo     *rvs_model_get_info (const RvsModel *model);
/* Whether the model was trained on the output of that very base (a shape head on a parser's), or on nobody's. base may be NULL: false. */
bool rvs_model_fits (const RvsModel *model, const RvsModel *base);

/* ---- parameters --------------------------------------------------------------------------- */

#define RVS_FIDELITY_AUTO (-1.0f)

/* Whether faces are looked for that lie on their side or stand on their head. */
typedef enum RvsTurned
{
  RVS_TURNED_AUTO, /* where no clear face stands upright, and for each face that is not clear */
  RVS_TURNED_ALWAYS,
  RVS_TURNED_NEVER
} RvsTurned;

/* How far around a face it is restored. */
typedef enum RvsRegion
{
  RVS_REGION_FACE, /* skin and features; hair half */
  RVS_REGION_HEAD, /* hair, ears and neck as well */
  RVS_REGION_CROP  /* all of the square that the networks see, its background too */
} RvsRegion;

/* Parts of a face that can have a fidelity of their own. */
typedef enum RvsPart
{
  RVS_PART_EYES, /* with brows and glasses */
  RVS_PART_MOUTH,
  RVS_PART_SKIN, /* with nose, ears and neck */
  RVS_PART_HAIR,
  RVS_N_PARTS
} RvsPart;

/* Whether systems that go by the face's mesh do. */
typedef enum RvsShapeUse
{
  RVS_SHAPE_AUTO, /* where it can be trusted */
  RVS_SHAPE_OFF
} RvsShapeUse;

/* The values of the table in rvs_params.h, which has ranges, defaults and texts, and what has no row there. */
typedef struct RvsParams
{
  uint32_t system;      /* index in rvs_systems (): for front ends, which choose weights by it; the engine goes by the session's */
  float    strength;    /* 0..1; 0 gives the input's exact bytes */
  float    fidelity;    /* w: 0 realism .. 1 fidelity, or RVS_FIDELITY_AUTO (per face, from the degradation estimate) */
  float    keep_colour; /* 0..1 colour lock, networks.md 11.2 */
  float    texture;     /* 0..2 gain of the learned noise */
  uint32_t seed;        /* of that noise, and of grain */
  float    grain;       /* 0..2 how much of the grain that restoring took away is put back, as noise; 1: as grainy as around it */
  uint32_t max_faces;   /* for rvs_choose_faces: the largest so many; 0: all */
  float    min_face_px; /* for rvs_choose_faces: the shorter side of the box */
  uint32_t turned;      /* RvsTurned, for rvs_session_apply */
  uint32_t region;      /* RvsRegion, for rvs_session_apply */
  uint32_t shape_use;   /* RvsShapeUse */
  /* In place of `fidelity` where the face has such a part, 0..1; RVS_FIDELITY_AUTO: as it. By RvsPart. */
  float part_fidelity[RVS_N_PARTS];
  /* Optional fidelity map, same size as the image or as the photo that it was enlarged from, 0..1. 1 channel: replaces all of the above.
   * 2 channels: the second says how much the map counts there, and where it is 0 all is as without it. */
  RvsView fidelity_map;
  /* Optional mask, same size as the image, 1 channel: multiplies the matte (a soft selection). */
  RvsView mask;
  /* What a system that fills holes fills (and no other takes): same size as the image, 1 channel. Above 0: damaged, not looked at;
   * the value says how much of the pixel is replaced (soft edges). */
  RvsView hole;
  /* Optional, for such a system: same size as the image, 1 channel. Above 0: a line that is drawn where an edge has to be in the hole, a
   * jaw or the rim of an eye; it counts in the hole only. */
  RvsView lines;
} RvsParams;

void                    rvs_params_init (RvsParams *params);
RVS_NODISCARD RvsStatus rvs_params_check (const RvsParams *params, RvsError *err); /* ARGUMENT when out of range */

/* ---- faces -------------------------------------------------------------------------------- */

/* Room that front ends make for faces: more are not restored in one picture, and that is said. (A test has less.) */
#ifndef RVS_MAX_FACES
#define RVS_MAX_FACES 1024
#endif
/* Fitted to the shipped detector: what it is less sure of is only named, not restored. */
#define RVS_MIN_CONFIDENCE 0.55f

enum
{
  RVS_FACE_HAS_LANDMARKS = 1u << 0,
  RVS_FACE_FROM_USER = 1u << 1, /* a box drawn or typed by the caller: never skipped for size or confidence */
  RVS_FACE_DOUBTED = 1u << 3,   /* rvs_detect was not sure, and the parser sees no such face there: not restored */
  RVS_FACE_ALIGNED = 1u << 2    /* the whole image is an aligned crop: no detection, no matte, all of it is restored */
};

typedef struct RvsFace
{
  float    x, y, w, h;      /* box */
  float    score;           /* detector confidence, 0..1 */
  float    landmarks[5][2]; /* eyes, nose, mouth corners; first what is on the left when the face is upright */
  uint32_t flags;
  float    enlarged; /* so many times the picture was made larger after it was taken, by rvs_face_enlarge; 0: it was not */
} RvsFace;

typedef enum RvsSkip
{
  RVS_SKIP_NONE = 0,
  RVS_SKIP_TOO_SMALL,      /* box shorter than min_face_px */
  RVS_SKIP_LOW_CONFIDENCE, /* of the detector, or the parser does not confirm what the detector was not sure of */
  RVS_SKIP_DEGENERATE,     /* landmarks on one line or outside the image */
  RVS_SKIP_DISABLED        /* by the caller */
} RvsSkip;

const char *rvs_skip_name (RvsSkip skip); /* "too small", ...; never NULL */

/* What the parser measured, each 0..1: see docs/weights-format.md. */
typedef struct RvsDegradation
{
  float blur, scale, noise, jpeg, grey;
} RvsDegradation;

/* Which way a face looks, in degrees, as it lies in the image. Depth from one photo is a guess, so large angles are. */
typedef struct RvsPose
{
  bool  known;      /* false, and all else 0: no shape head in the session, or no mesh that a turn could be read off */
  float yaw;        /* above 0: the nose points to where the upright face's right is on the screen */
  float pitch;      /* above 0: it points upwards */
  float roll;       /* clockwise, -180 to 180 */
  float confidence; /* in the mesh that they are read off, 0 to 1 */
} RvsPose;

/* Whether the restorer goes by the face's mesh. */
typedef enum RvsShapePrior
{
  RVS_SHAPE_NONE = 0, /* it never does */
  RVS_SHAPE_USED,
  RVS_SHAPE_UNSURE,  /* not here: the mesh is too uncertain, */
  RVS_SHAPE_UNWANTED /* or the parameters say so */
} RvsShapePrior;

typedef struct RvsFaceReport
{
  RvsFace        face;
  RvsSkip        skip;
  RvsDegradation degradation;
  RvsPose        pose;
  RvsShapePrior  shape_prior; /* of the last render; before it, as if parameters left it alone */
  float          auto_fidelity;
  RvsRect        rect;            /* the pixels that restoring this face may change; empty when skipped */
  float          eye_distance_px; /* in the source */
  int64_t        filled_px;       /* of the hole last rendered: pixels filled on this face's aligned crop */
  float          screen_px;       /* pixels from dot to dot of a printing screen, which was taken away; 0: none was found */
} RvsFaceReport;

/* How a hole was filled. */
typedef struct RvsFillReport
{
  int64_t hole_px;
  int64_t
      aligned_px; /* of these, on aligned crops of faces, where the networks know what belongs where; the others on local crops */
  int32_t n_aligned, n_local; /* crops */
} RvsFillReport;

/* ---- progress ----------------------------------------------------------------------------- */

typedef enum RvsPhase
{
  RVS_PHASE_DETECT,
  RVS_PHASE_PARSE,
  RVS_PHASE_STAGE1,
  RVS_PHASE_STAGE2,
  RVS_PHASE_PASTE,
  RVS_PHASE_ENLARGE
} RvsPhase;

typedef struct RvsProgress
{
  RvsPhase phase;
  float    done; /* of the whole call, 0..1, never decreases */
  int32_t  face; /* index into the analysis, -1 when none */
  /* A stage image that just appeared (side 64, 128, 256 or the face size; RGB f32), or pixels NULL. Valid during the call. */
  RvsView stage;
  float   stage_to_image[6]; /* x' = m0 x + m1 y + m2; y' = m3 x + m4 y + m5 */
  /* With RVS_RENDER_GROW: the part of dst just rewritten with that stage image; empty otherwise. */
  RvsRect changed;
} RvsProgress;

/* Called only on the thread that made the call; returning false cancels. `progress` may be NULL. */
typedef struct RvsMonitor
{
  bool (*progress) (void *user, const RvsProgress *progress);
  void *user;
} RvsMonitor;

/* ---- session ------------------------------------------------------------------------------ */

typedef struct RvsSession  RvsSession;
typedef struct RvsAnalysis RvsAnalysis;

typedef struct RvsSessionConfig
{
  RvsModel *detector; /* may be NULL: then only given faces work */
  RvsModel *parser;
  RvsModel *restorer;
  RvsModel *finder;         /* may be NULL: then rvs_find_damage does not work */
  RvsModel *shape;          /* shape head for this very parser; may be NULL: then no pose is known */
  int32_t   n_threads;      /* 0 = all processors; the result does not depend on it */
  uint32_t  cpu_mask;       /* kernel levels allowed; UINT32_MAX = all */
  size_t    cache_bytes;    /* per analysis: stage features kept for quick re-rendering; faces beyond it are recomputed */
  float     min_face_px;    /* detected faces with a smaller box are skipped; default 24 */
  float     min_confidence; /* default RVS_MIN_CONFIDENCE */
  RvsTurned turned;         /* default auto; rvs_detect and rvs_face_from_box */
  RvsRegion region;         /* default head; rvs_analyse */
} RvsSessionConfig;

void rvs_session_config_init (RvsSessionConfig *config);
/* Plans and allocates all scratch; takes a reference on each model. */
RVS_NODISCARD RvsStatus rvs_session_new (const RvsSessionConfig *config, RvsSession **out_session, RvsError *err);
/* What of params a session must know beforehand counts from the next call on: `turned` for rvs_detect and rvs_face_from_box, `region` for
 * rvs_analyse. On the thread that makes those calls. */
void rvs_session_apply (RvsSession *session, const RvsParams *params);
/* Any thread. The call in progress, or the next one, returns RVS_ERR_CANCELLED; then the flag is clear again. */
void rvs_session_cancel (RvsSession *session);
void rvs_session_free (RvsSession *session); /* NULL-safe; after its analyses */

/* Finds faces, largest first. *out_n is the number found, which may exceed capacity; at most capacity are stored. Finding none is
 * RVS_OK with *out_n = 0. With a parser in the session the faces stored that it would refuse have RVS_FACE_DOUBTED. */
RVS_NODISCARD RvsStatus rvs_detect (RvsSession *session, const RvsView *image, const RvsMonitor *monitor, RvsFace *faces,
                                    size_t capacity, size_t *out_n, RvsError *err);
/* A face from a box drawn by the user: landmarks and score from the detector where it sees a face there, else landmarks from the template
 * and a score of 0. */
RVS_NODISCARD RvsStatus rvs_face_from_box (RvsSession *session, const RvsView *image, float x, float y, float w, float h,
                                           RvsFace *out_face, RvsError *err);
/* Which of the faces that rvs_detect found are restored, the one rule for all front ends: of those that can be (size, confidence,
 * landmarks that describe a face in an image of width x height) and that params->mask means (their middle is selected, or a quarter of
 * the box), the first params->max_faces, so the largest. out_skips: n_faces; NONE where it is restored, DISABLED where only mask or
 * number speak against it. A face with RVS_FACE_FROM_USER is never too small or too doubtful. Of params only max_faces, min_face_px and
 * mask count. Without a parser in the session that found the faces, the parser may still refuse one later. */
void rvs_choose_faces (const RvsFace *faces, size_t n_faces, int32_t width, int32_t height, const RvsParams *params,
                       float min_confidence, RvsSkip *out_skips);
/* Which way a face looks, without restoring it; not known where its landmarks are no use. ARGUMENT without a shape head. */
RVS_NODISCARD RvsStatus rvs_face_pose (RvsSession *session, const RvsView *image, const RvsFace *face, RvsPose *out_pose,
                                       RvsError *err);
/* The whole image as one aligned crop (flag RVS_FACE_ALIGNED). */
void rvs_face_aligned (const RvsView *image, RvsFace *out_face);

/* The image is read during the call only; the analysis keeps crops, maps and stage-1 features of its own. */
RVS_NODISCARD RvsStatus rvs_analyse (RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces,
                                     const RvsMonitor *monitor, RvsAnalysis **out_analysis, RvsError *err);
/* The same for who knows the render that follows: its params and flags, of which BARE counts. Faces beyond cache_bytes are restored at once,
 * while what the networks found of them is at hand, so that rvs_render with them need not find it again. Every render gives the same pixels
 * as after rvs_analyse. params are read during the call only, and checked as rvs_render does. */
RVS_NODISCARD RvsStatus rvs_analyse_for (RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces,
                                         const RvsParams *params, uint32_t flags, const RvsMonitor *monitor,
                                         RvsAnalysis **out_analysis, RvsError *err);
void                    rvs_analysis_free (RvsAnalysis *analysis);
size_t                  rvs_analysis_n_faces (const RvsAnalysis *analysis);
const RvsFaceReport    *rvs_analysis_face (const RvsAnalysis *analysis, size_t index); /* owned by the analysis */
/* Writes 255 where there are scratches, dust, stains or tears, 0 elsewhere: a proposal for RvsParams.hole, to be looked at. What is wider
 * than 3 % of the image's shorter side (at least 17 pixels) is left out: cloth and sky are taken for stains of that size. out: one channel
 * of bytes of the image's size, else ARGUMENT. On failure out may be partly written. */
RVS_NODISCARD RvsStatus rvs_find_damage (RvsSession *session, const RvsView *image, const RvsMonitor *monitor,
                                         const RvsMutView *out, RvsError *err);
/* Faces that the damage hides. Fills the hole of params as rvs_render would, looks for faces on what is filled, and lets the analysis know
 * them: rvs_render then fills the hole on their crops too, from the image as it is. A known face that is seen much better so keeps its
 * index and gets the new place; others come behind. Asked again with the same hole it does nothing; with another, what was uncovered is
 * forgotten first. Nothing to do without a detector. ARGUMENT unless the session fills holes; HOLE as rvs_render. */
RVS_NODISCARD RvsStatus rvs_uncover_faces (RvsAnalysis *analysis, const RvsView *image, const RvsParams *params,
                                           const RvsMonitor *monitor, RvsError *err);
/* The smallest rect with all of a hole's pixels: what filling it may change. Empty when there are none. The view must be valid. */
RvsRect              rvs_hole_bounds (const RvsView *hole);
const RvsFillReport *rvs_analysis_fill (const RvsAnalysis *analysis); /* NULL before a hole was rendered */
/* The memory that it holds, in bytes, and a way to give most of it back while no call runs: what makes a render with other knobs quick,
 * and with `results` also what makes one with the same knobs quick. Later renders give the same pixels and take as long as the first. */
size_t rvs_analysis_bytes (const RvsAnalysis *analysis);
void   rvs_analysis_trim (RvsAnalysis *analysis, bool results);
/* Turns a face off and on; quick, takes effect at the next render. */
void rvs_analysis_enable (RvsAnalysis *analysis, size_t index, bool enabled);

enum
{
  RVS_RENDER_GROW = 1u << 0, /* paste each stage image into dst as it appears (live preview) */
  RVS_RENDER_BARE = 1u << 1, /* as if every matte were 1: what lies behind the soft edges, for layers with a mask */
  RVS_RENDER_AGAIN = 1u << 2 /* run the restorer also where its result is kept, for the stage images that it shows on the way */
};

/* Writes, inside the rects of the faces, src plus the restored difference; every other pixel of dst is left alone, so the caller
 * fills dst with a copy of src first, or passes the same memory as src and dst. src must be the analysed image. The alpha channel
 * is never written, nor are the colours where it is 0. On failure or cancel without RVS_RENDER_GROW dst is unchanged; with it, rects may hold stage images, and src and
 * dst must be different memory (else ARGUMENT). Where the rects of enabled faces overlap, their shares sum to at most 1.
 *
 * Where params->grain asks for it, a face gets back the grain that its restoration took away, as noise; an aligned crop, which has nothing
 * around it to go by, gets none.
 *
 * A system that fills holes writes params->hole's pixels instead, in and outside of faces, and no others; of the faces it needs only the
 * places, and it works without any. It adds the grain of the surroundings (params->grain, params->seed). Growing and BARE are as above.
 * HOLE when there is no hole, or one that cannot be filled. */
RVS_NODISCARD RvsStatus rvs_render (RvsSession *session, RvsAnalysis *analysis, const RvsView *src, const RvsParams *params,
                                    uint32_t flags, const RvsMonitor *monitor, const RvsMutView *dst, RvsError *err);

/* Writes, inside the rects of the faces that are on, how much of the restoration rvs_render puts there: strength times mask times the
 * sum of the mattes, at most 1 (0..1; the same floats for any number of threads). Every other value of dst is left alone, so the
 * caller clears dst first. dst: one channel, RVS_DEPTH_F32, the size of the analysed image, else ARGUMENT. Of params only strength and
 * mask count. Quick: no network runs, and none needs to have run. On failure dst is unchanged. */
RVS_NODISCARD RvsStatus rvs_render_matte (RvsSession *session, const RvsAnalysis *analysis, const RvsParams *params,
                                          const RvsMutView *dst, RvsError *err);

/* Writes, in and around the hole last rendered, the edges that it was filled along into dst, one channel of bytes of the analysed image's
 * size (else ARGUMENT): 255 where one is sure, drawn lines included, 0 where there is none; outside of the hole those of the photo. Every
 * other value of dst is left alone. Quick: no network runs. HOLE when no hole was rendered. On failure dst is unchanged. */
RVS_NODISCARD RvsStatus rvs_render_sketch (RvsSession *session, const RvsAnalysis *analysis, const RvsMutView *dst, RvsError *err);

/* ---- maps over a face --------------------------------------------------------------------- */

/* What lies over a face: planes of numbers, or lines; what is not there is 0 and NULL. */
typedef struct RvsFaceMap
{
  int32_t      n_planes, width, height; /* width and height also say what lines lie on */
  const float *values;                  /* plane by plane, each row by row, 0..1 */
  float        to_image[6];             /* from the map's pixels to the image's, as RvsProgress.stage_to_image */
  int32_t      n_lines;
  const float *lines; /* x and y of one end, of the other; in the map's pixels */
} RvsFaceMap;

typedef struct RvsMapInfo RvsMapInfo; /* rvs_params.h has the table of them */

/* A map of the face at `index`, which must be restored (RVS_SKIP_NONE): what the networks see of it, or what its restoration by `params`
 * does to the photo, at strength 1 and without the mask. src must be the analysed image. What it needs and was not kept is worked out;
 * renders before and after give the same pixels. ARGUMENT where the session's system has no such map (rvs_map_applies), the face is not
 * restored, or params or src are not as for rvs_render. The caller frees the map. */
RVS_NODISCARD RvsStatus rvs_face_map_new (RvsSession *session, RvsAnalysis *analysis, size_t index, const RvsMapInfo *map,
                                          const RvsView *src, const RvsParams *params, const RvsMonitor *monitor,
                                          RvsFaceMap **out_map, RvsError *err);
void                    rvs_face_map_free (RvsFaceMap *map); /* NULL-safe */

/* ---- larger pictures ---------------------------------------------------------------------- */

/* A photo made larger, with its faces restored at the new size: find and choose the faces on the photo, rvs_enlarge it, map them with
 * rvs_face_enlarge, then rvs_analyse and rvs_render the larger picture. Masks, maps and reports are then in its pixels. */
#define RVS_MAX_FACTOR 8

/* Whether a picture of this size may be made `factor` times as wide and as high: ARGUMENT where the factor is not 2 to RVS_MAX_FACTOR,
 * LIMIT where the result would be larger than the engine accepts. Takes no memory: ask before anything else. */
RVS_NODISCARD RvsStatus rvs_enlarge_check (int32_t width, int32_t height, int32_t factor, RvsError *err);
/* Writes src into dst, `factor` times as wide and as high, in the same channels and depth and in other memory (else ARGUMENT): Lanczos-3
 * of light, taking the values for sRGB; colours weighted by alpha, which is enlarged too; without halos. Any session will do: it lends
 * its threads, whose number changes no byte. Fails as rvs_enlarge_check, or with CANCELLED: then dst is partly written. */
RVS_NODISCARD RvsStatus rvs_enlarge (RvsSession *session, const RvsView *src, int32_t factor, const RvsMonitor *monitor,
                                     const RvsMutView *dst, RvsError *err);
/* A face of a photo as a face of that photo enlarged. The two may be the same. Its automatic fidelity then leaves room for the detail that
 * the larger picture lacks. */
void rvs_face_enlarge (const RvsFace *face, int32_t factor, RvsFace *out_face);

/* "Revisage 0.2.0, kernels avx2, OpenBLAS 0.3.21 ..."; static storage. */
const char *rvs_version_text (void);

RVS_END_DECLS

#endif
