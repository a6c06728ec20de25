/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_mesh.c: face meshes are drawn as a reference of exact fractions draws them (tests/vectors/gen_mesh.py), the same bytes for any
 * threads; shared edges leave no gap, what is open stays open, and what cannot be drawn is refused. */
#define VECTOR_FILE "mesh.safetensors"
#include "vectors.h"

#include "face/wire.h"
#include "ops/render.h"

enum
{
  ARENA = 12 << 20,
  THREADS = 3,
  ROWS = 9, /* of the patch that tests draw themselves */
  COLS = 8
};

typedef struct Patch
{
  float    *vertices;
  uint16_t *triangles;
  RvsMesh   mesh;
} Patch;

static Patch
patch_new (int n_vertices, int n_triangles)
{
  Patch p = { rvs__alloc_zero ((size_t)n_vertices * 3 * sizeof (float)),
              rvs__alloc_zero ((size_t)n_triangles * 3 * sizeof (uint16_t)),
              { 0 } };

  assert_non_null (p.vertices);
  assert_non_null (p.triangles);
  p.mesh = (RvsMesh){ p.vertices, p.triangles, n_vertices, n_triangles };
  return p;
}

static void
patch_clear (Patch *p)
{
  rvs__free (p->vertices);
  rvs__free (p->triangles);
}

static Patch
patch_of (const char *group)
{
  const RvsStTensor *v, *t;
  float *vertices = floats_of (vectors, group, "vertices", &v), *triangles = floats_of (vectors, group, "triangles", &t);
  Patch  p = patch_new ((int)v->shape[0], (int)t->shape[0]);

  memcpy (p.vertices, vertices, v->n * sizeof (float));
  for (size_t i = 0; i < t->n; i++)
    p.triangles[i] = (uint16_t)triangles[i];
  rvs__free (vertices);
  rvs__free (triangles);
  return p;
}

/* A wavy sheet over most of the crop; its triangles look at the viewer. */
static Patch
sheet (void)
{
  Patch p = patch_new (ROWS * COLS, 2 * (ROWS - 1) * (COLS - 1));
  int   n = 0;

  for (int i = 0; i < ROWS * COLS; i++)
    {
      const float x = (float)(i % COLS), y = (float)(i / COLS);
      const float v[3] = { 40 + 61 * x + 7 * sinf (3 * y), 30 + 53 * y + 9 * cosf (2 * x), 40 * sinf (x + 2 * y) };
      memcpy (p.vertices + 3 * i, v, sizeof v);
    }
  for (int y = 0; y + 1 < ROWS; y++)
    for (int x = 0; x + 1 < COLS; x++)
      {
        const int a = y * COLS + x, corner[6] = { a, a + 1, a + COLS, a + 1, a + COLS + 1, a + COLS };
        for (int k = 0; k < 6; k++)
          p.triangles[n++] = (uint16_t)corner[k];
      }
  return p;
}

static RvsTensor
grey_photo (int side)
{
  RvsTensor photo = new_tensor (3, side, side);

  for (size_t i = 0; i < tensor_floats (&photo); i++)
    photo.data[i] = .6f * sinf ((float)i * .001f);
  return photo;
}

static RvsTensor
render (const RvsMesh *mesh, const RvsTensor *photo, int n_threads)
{
  RvsTensor out = new_tensor (RVS_MESH_PLANES, photo->h, photo->w);
  Stage     stage;

  assert_true (rvs__mesh_valid (mesh));
  stage_open (&stage, n_threads, UINT32_MAX, ARENA);
  fill_untouched (&out);
  rvs__render_mesh (&stage.exec, mesh, photo, &out);
  assert_int_equal (stage.arena.used, 0);
  stage_close (&stage);
  return out;
}

static bool
shows (const RvsTensor *out, size_t i)
{
  return rvs__channel (out, 3)[i] != 0 || rvs__channel (out, 4)[i] != 0 || rvs__channel (out, 5)[i] != 0;
}

static void
same_cover (const char *group, const RvsTensor *a, const RvsTensor *b)
{
  for (size_t i = 0; i < a->cs; i++)
    if (shows (a, i) != shows (b, i))
      fail_msg ("%s: pixel %zu %s", group, i, shows (a, i) ? "is drawn" : "is not drawn");
}

/* Cover is exact; normals and light are double precision, given as floats. */
static void
check_vectors (const char *group)
{
  Patch     p = patch_of (group);
  RvsTensor photo = tensor_of (vectors, group, "photo"), wanted = tensor_of (vectors, group, "out");
  RvsTensor out = render (&p.mesh, &photo, 2);

  same_cover (group, &out, &wanted);
  assert_close (group, out.data, wanted.data, tensor_floats (&out), 2e-6);
  patch_clear (&p);
  rvs__free (photo.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
}

static void
reference (void **state)
{
  (void)state;
  check_vectors ("dome");
  check_vectors ("turned");
  check_vectors ("outside");
  check_vectors ("degenerate");
}

static void
any_threads (void **state)
{
  static const int sides[] = { 512, 130, 1 };

  (void)state;
  for (size_t s = 0; s < sizeof sides / sizeof *sides; s++)
    {
      Patch     p = sheet ();
      RvsTensor photo = grey_photo (sides[s]), one = render (&p.mesh, &photo, 1);
      for (int n = 2; n <= THREADS; n++)
        {
          RvsTensor more = render (&p.mesh, &photo, n);
          assert_memory_equal (one.data, more.data, tensor_floats (&one) * sizeof (float));
          rvs__free (more.data);
        }
      patch_clear (&p);
      rvs__free (photo.data);
      rvs__free (one.data);
    }
}

/* Every pixel well inside the sheet shows, seen at any size: shared edges belong to one of their triangles. */
static void
no_gaps (void **state)
{
  (void)state;
  for (int side = 40; side < 140; side += 9)
    {
      Patch     p = sheet ();
      RvsTensor photo = grey_photo (side), out = render (&p.mesh, &photo, 2);
      for (int y = side / 5; y < side * 4 / 5; y++)
        for (int x = side / 5; x < side * 4 / 5; x++)
          assert_true (shows (&out, (size_t)(y * side + x)));
      patch_clear (&p);
      rvs__free (photo.data);
      rvs__free (out.data);
    }
}

/* Two triangles left out are a hole of just their area; nothing of colour or normal lies in it. */
static void
holes (void **state)
{
  Patch     p = sheet ();
  RvsTensor photo = grey_photo (512), whole = render (&p.mesh, &photo, 2), open;
  const int at = 2 * (3 * (COLS - 1) + 3);
  size_t    n = 0;

  (void)state;
  memmove (p.triangles + 3 * at, p.triangles + 3 * (at + 2), (size_t)(p.mesh.n_triangles - at - 2) * 3 * sizeof *p.triangles);
  p.mesh.n_triangles -= 2;
  open = render (&p.mesh, &photo, 2);
  for (size_t i = 0; i < whole.cs; i++)
    if (shows (&whole, i) && !shows (&open, i))
      {
        n++;
        for (int c = 0; c < RVS_MESH_PLANES; c++)
          assert_true (rvs__channel (&open, c)[i] == 0);
      }
  assert_in_range (n, 61 * 53 * 3 / 4, 61 * 53 * 5 / 4);
  patch_clear (&p);
  rvs__free (photo.data);
  rvs__free (whole.data);
  rvs__free (open.data);
}

/* The nearer of two sheets shows, whichever comes first. */
static void
nearer (void **state)
{
  static const float square[4][2] = { { 100, 100 }, { 400, 100 }, { 400, 400 }, { 100, 400 } };

  (void)state;
  for (int first = 0; first < 2; first++)
    {
      Patch     p = patch_new (8, 4);
      RvsTensor photo = grey_photo (64), out;
      for (int i = 0; i < 8; i++)
        {
          const float near = (i / 4 == first) ? -30 : 30, slope = (i / 4 == first) ? .5f : 0;
          const float v[3] = { square[i % 4][0], square[i % 4][1], near + slope * (square[i % 4][0] - 250) * .2f };
          memcpy (p.vertices + 3 * i, v, sizeof v);
        }
      for (int i = 0; i < 2; i++)
        {
          const uint16_t t[6] = { (uint16_t)(4 * i), (uint16_t)(4 * i + 1), (uint16_t)(4 * i + 2),
                                  (uint16_t)(4 * i), (uint16_t)(4 * i + 2), (uint16_t)(4 * i + 3) };
          memcpy (p.triangles + 6 * i, t, sizeof t);
        }
      out = render (&p.mesh, &photo, 2);
      assert_true (fabsf (rvs__channel (&out, 3)[32 * 64 + 32]) > .05f); /* the slanted one is the near one */
      patch_clear (&p);
      rvs__free (photo.data);
      rvs__free (out.data);
    }
}

static void
refused (void **state)
{
  static const float wrong[] = { NAN, INFINITY, -INFINITY, 1e30f, -5000 };
  Patch              p = sheet ();

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      const float kept = p.vertices[7];
      p.vertices[7] = wrong[i];
      assert_false (rvs__mesh_valid (&p.mesh));
      p.vertices[7] = kept;
    }
  assert_true (rvs__mesh_valid (&p.mesh));
  p.triangles[5] = ROWS * COLS;
  assert_false (rvs__mesh_valid (&p.mesh));
  patch_clear (&p);
}

/* All of it behind the crop's border, or turned away: an empty picture, in even light. */
static void
nothing_to_see (void **state)
{
  Patch     p = sheet ();
  RvsTensor photo = grey_photo (64), out;

  (void)state;
  for (int away = 0; away < 2; away++)
    {
      for (int i = 0; i < ROWS * COLS; i++)
        p.vertices[3 * i] = away ? 3000 - p.vertices[3 * i] : p.vertices[3 * i] + 1000;
      if (away)
        for (int i = 0; i < ROWS * COLS; i++)
          p.vertices[3 * i] -= 1500;
      out = render (&p.mesh, &photo, 2);
      for (size_t i = 0; i < tensor_floats (&out); i++)
        assert_true (out.data[i] == 0);
      rvs__free (out.data);
    }
  patch_clear (&p);
  rvs__free (photo.data);
}

static void
idle_passes (void **state)
{
  Patch     p = sheet ();
  RvsTensor photo = grey_photo (64), out = new_tensor (RVS_MESH_PLANES, 64, 64);
  RvsTensor nothing = rvs__tensor (NULL, 3, 64, 64), nowhere = rvs__tensor (NULL, RVS_MESH_PLANES, 64, 64);
  RvsArena  measure;
  Stage     stage;

  (void)state;
  stage_open (&stage, 2, UINT32_MAX, 64);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  rvs__render_mesh (&stage.exec, &p.mesh, &nothing, &nowhere);
  assert_true (measure.peak > 0);
  stage_close (&stage);
  stage_open (&stage, 2, UINT32_MAX, measure.peak);
  atomic_store (&stage.cancel, true);
  fill_untouched (&out);
  rvs__render_mesh (&stage.exec, &p.mesh, &photo, &out);
  assert_untouched (&out);
  stage_close (&stage);
  patch_clear (&p);
  rvs__free (photo.data);
  rvs__free (out.data);
}

/* A line among n, from whichever end: how often. */
static int
n_drawn (const float *lines, int n, const RvsMesh *mesh, int a, int b)
{
  const float *from = mesh->vertices + 3 * a, *to = mesh->vertices + 3 * b;
  int          count = 0;

  for (int i = 0; i < n; i++)
    {
      const float *line = lines + RVS_WIRE_FLOATS * i;
      count += (line[0] == from[0] && line[1] == from[1] && line[2] == to[0] && line[3] == to[1])
               || (line[0] == to[0] && line[1] == to[1] && line[2] == from[0] && line[3] == from[1]);
    }
  return count;
}

/* A square of two triangles and a third one folded back behind it: the edge that two share is drawn once, what is seen from behind only
 * where a front has the edge too, and what has no area not at all. */
static void
wire (void **state)
{
  static const float    vertices[] = { 0, 0, 5, 10, 0, 5, 10, 10, 5, 0, 10, 5, 3, 4, 9 };
  static const uint16_t triangles[] = { 0, 1, 2, 0, 2, 3, 0, 4, 1, 2, 2, 3 };
  const RvsMesh         mesh = { vertices, triangles, 5, 4 };
  float                 lines[13 * RVS_WIRE_FLOATS];
  const int             n = rvs__wire_of_mesh (&mesh, lines);

  (void)state;
  assert_true (rvs__wire_most (mesh.n_triangles) <= 13);
  assert_int_equal (n, 5);
  for (int i = 0; i < 4; i++)
    assert_int_equal (n_drawn (lines, n, &mesh, i, (i + 1) % 4), 1);
  assert_int_equal (n_drawn (lines, n, &mesh, 0, 2), 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (reference),      cmocka_unit_test (any_threads), cmocka_unit_test (no_gaps),
    cmocka_unit_test (holes),          cmocka_unit_test (nearer),      cmocka_unit_test (refused),
    cmocka_unit_test (nothing_to_see), cmocka_unit_test (idle_passes), cmocka_unit_test (wire),
  };

  return cmocka_run_group_tests_name ("mesh", tests, open_all, close_all);
}
