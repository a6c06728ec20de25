/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_effect.c: the operation in a graph of GEGL's, with the shipped weights: what it shows, and how little it does again.
 */
#include "operation.h"
#include "photos.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

/* GEGL registers operations as parts of a module; this program is one. */
typedef GTypeModule      TestModule;
typedef GTypeModuleClass TestModuleClass;
GType                    test_module_get_type (void);
G_DEFINE_TYPE (TestModule, test_module, G_TYPE_TYPE_MODULE)

static gboolean
load (GTypeModule *module)
{
  (void)module;
  return TRUE;
}

static void
test_module_class_init (TestModuleClass *klass)
{
  klass->load = load;
}

static void
test_module_init (TestModule *module)
{
  (void)module;
}

/* ---- a graph: photo, what stands before the effect, the effect ---- */

typedef struct Graph
{
  GeglNode   *root, *source, *effect;
  GeglBuffer *photo;
} Graph;

static GeglBuffer *
load_photo (void)
{
  GeglBuffer *buffer = NULL;
  GeglNode   *root = gegl_node_new ();
  GeglNode   *from = gegl_node_new_child (root, "operation", "gegl:load", "path", PHOTO, NULL);
  GeglNode   *to = gegl_node_new_child (root, "operation", "gegl:buffer-sink", "buffer", &buffer, NULL);
  gegl_node_link (from, to);
  gegl_node_process (to);
  g_object_unref (root);
  g_assert_nonnull (buffer);
  return buffer;
}

static Graph
graph_of (GeglBuffer *photo)
{
  Graph g = { .root = gegl_node_new (), .photo = photo };
  g.source = gegl_node_new_child (g.root, "operation", "gegl:buffer-source", "buffer", photo, NULL);
  g.effect = gegl_node_new_child (g.root, "operation", "revisage:restore-faces", NULL);
  gegl_node_link (g.source, g.effect);
  return g;
}

static guint8 *
bytes_of (GeglBuffer *buffer)
{
  const GeglRectangle *all = gegl_buffer_get_extent (buffer);
  guint8              *bytes = g_malloc ((gsize)all->width * (gsize)all->height * 4);
  gegl_buffer_get (buffer, NULL, 1, babl_format ("R'G'B'A u8"), bytes, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return bytes;
}

/* A part of what a node shows; g_free. */
static guint8 *
shown (GeglNode *node, GeglRectangle part)
{
  guint8 *bytes = g_malloc ((gsize)part.width * (gsize)part.height * 4);
  gegl_node_blit (node, 1, &part, babl_format ("R'G'B'A u8"), bytes, GEGL_AUTO_ROWSTRIDE, GEGL_BLIT_DEFAULT);
  return bytes;
}

static GeglRectangle
all_of (GeglNode *node)
{
  return gegl_node_get_bounding_box (node);
}

static gsize
n_bytes (GeglRectangle rect)
{
  return (gsize)rect.width * (gsize)rect.height * 4;
}

/* What was done between two calls. */
static void
assert_done (size_t searched, size_t rendered)
{
  static RvsPhotosCounts before;
  RvsPhotosCounts        now = rvs_photos_counts ();
  g_assert_cmpuint (now.searched - before.searched, ==, searched);
  g_assert_cmpuint (now.rendered - before.rendered, ==, rendered);
  before = now;
}

/* ---- the tests: one graph, in the order in which somebody works ---- */

static GeglBuffer *photo;
static guint8     *full; /* the photo restored at strength 1 */

static void
test_altered_weights (void)
{
  char   *folder = g_dir_make_tmp ("revisage-XXXXXX", NULL), *file = g_build_filename (folder, "detect-face.safetensors", NULL);
  Graph   g = graph_of (photo);
  guint8 *before = bytes_of (photo), *after;
  g_assert_true (g_file_set_contents (file, "nothing", -1, NULL));
  g_setenv ("RVS_MODEL_DIR", folder, TRUE);
  g_test_expect_message ("GEGL", G_LOG_LEVEL_WARNING, "*detect-face.safetensors*");
  after = shown (g.effect, all_of (g.effect));
  g_test_assert_expected_messages ();
  g_assert_cmpmem (after, n_bytes (all_of (g.effect)), before, n_bytes (all_of (g.effect)));
  g_setenv ("RVS_MODEL_DIR", WEIGHTS, TRUE);
  g_remove (file);
  g_rmdir (folder);
  g_free (file);
  g_free (folder);
  g_free (before);
  g_free (after);
  g_object_unref (g.root);
}

static void
test_whole_and_parts (void)
{
  Graph         g = graph_of (photo);
  GeglRectangle all = all_of (g.effect), part = { 150, 60, 100, 130 };
  guint8       *before = bytes_of (photo), *some;
  size_t        changed = 0;
  assert_done (0, 0);
  some = shown (g.effect, part); /* a part first: the faces are looked for in all of the photo */
  full = shown (g.effect, all);
  assert_done (1, 1);
  for (size_t i = 0; i < n_bytes (all); i += 4)
    changed += memcmp (before + i, full + i, 4) != 0;
  g_assert_cmpuint (changed, >, 1000);
  g_assert_cmpuint (changed, <, n_bytes (all) / 4 / 2);
  for (int y = 0; y < part.height; y++)
    g_assert_cmpmem (some + y * part.width * 4, (size_t)part.width * 4, full + ((part.y + y) * all.width + part.x) * 4,
                     (size_t)part.width * 4);
  g_free (some);
  g_free (before);
  g_object_unref (g.root);
}

/* Half of it lies between, to within what rounding does. */
static void
assert_between (const guint8 *a, const guint8 *half, const guint8 *b, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_assert_cmpint (ABS (2 * half[i] - a[i] - b[i]), <=, 3);
}

static void
test_strength (void)
{
  Graph   g = graph_of (photo);
  guint8 *before = bytes_of (photo), *half, *none;
  gegl_node_set (g.effect, "strength", 0.5, NULL);
  half = shown (g.effect, all_of (g.effect));
  gegl_node_set (g.effect, "strength", 0.0, NULL);
  none = shown (g.effect, all_of (g.effect));
  assert_done (0, 2);
  assert_between (before, half, full, n_bytes (all_of (g.effect)));
  g_assert_cmpmem (none, n_bytes (all_of (g.effect)), before, n_bytes (all_of (g.effect)));
  g_free (half);
  g_free (none);
  g_free (before);
  g_object_unref (g.root);
}

static void
test_fidelity (void)
{
  Graph   g = graph_of (photo);
  guint8 *faithful, *again;
  gegl_node_set (g.effect, "fidelity-auto", FALSE, "fidelity", 1.0, NULL);
  faithful = shown (g.effect, all_of (g.effect));
  assert_done (0, 1); /* no faces looked for: the analysis is kept, and only stage 2 runs */
  g_assert_cmpint (memcmp (faithful, full, n_bytes (all_of (g.effect))), !=, 0);
  gegl_node_set (g.effect, "fidelity-auto", TRUE, NULL);
  again = shown (g.effect, all_of (g.effect));
  g_assert_cmpmem (again, n_bytes (all_of (g.effect)), full, n_bytes (all_of (g.effect)));
  assert_done (0, 1);
  g_free (faithful);
  g_free (again);
  g_object_unref (g.root);
}

/* As GIMP does when a layer is copied or merged: another operation, another buffer, another place. */
static void
test_same_pixels_elsewhere (void)
{
  GeglBuffer *copy = gegl_buffer_dup (photo);
  Graph       g = graph_of (copy);
  GeglNode   *move = gegl_node_new_child (g.root, "operation", "gegl:translate", "x", 37.0, "y", -21.0, NULL);
  guint8     *moved;
  gegl_node_link_many (g.source, move, g.effect, NULL);
  moved = shown (g.effect, (GeglRectangle){ 37, -21, 512, 512 });
  g_assert_cmpmem (moved, n_bytes (all_of (g.effect)), full, n_bytes (all_of (g.effect)));
  assert_done (0, 0);
  g_free (moved);
  g_object_unref (g.root);
  g_object_unref (copy);
}

static void
test_no_face (void)
{
  GeglBuffer *grey = gegl_buffer_new (GEGL_RECTANGLE (0, 0, 64, 48), babl_format ("Y' u8"));
  Graph       g = graph_of (grey);
  guint8     *before, *after;
  gegl_buffer_set_color_from_pixel (grey, NULL, &(guint8){ 90 }, babl_format ("Y' u8"));
  before = bytes_of (grey);
  g_test_expect_message ("GEGL", G_LOG_LEVEL_WARNING, "*No face to restore was found in the layer.*");
  after = shown (g.effect, all_of (g.effect));
  g_test_assert_expected_messages ();
  g_assert_cmpmem (after, n_bytes (all_of (g.effect)), before, n_bytes (all_of (g.effect)));
  g_free (before);
  g_free (after);
  g_object_unref (g.root);
  g_object_unref (grey);
}

int
main (int argc, char **argv)
{
  int          status;
  GTypeModule *module;
  g_test_init (&argc, &argv, NULL);
  gegl_init (&argc, &argv);
  module = g_object_new (test_module_get_type (), NULL);
  g_type_module_use (module);
  rvs_effect_register (module);
  g_type_class_unref (g_type_class_ref (g_type_from_name ("RvsEffect")));
  photo = load_photo ();
  g_test_add_func ("/effect/altered-weights", test_altered_weights);
  g_test_add_func ("/effect/whole-and-parts", test_whole_and_parts);
  g_test_add_func ("/effect/strength", test_strength);
  g_test_add_func ("/effect/fidelity", test_fidelity);
  g_test_add_func ("/effect/same-pixels-elsewhere", test_same_pixels_elsewhere);
  g_test_add_func ("/effect/no-face", test_no_face);
  status = g_test_run ();
  g_free (full);
  g_object_unref (photo);
  gegl_exit ();
  return status;
}
