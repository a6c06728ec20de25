/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * effect.c: processor time of the layer effect in GEGL, as somebody works with it: first shown, strength and fidelity moved, the same pixels
 * elsewhere. GEGL_PATH=build/plugin/gegl build/bench/bench_effect PHOTO [TIMES AS WIDE AND HIGH]
 */
#include <gegl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double
processor_ms (void)
{
  return (double)clock () * 1000 / CLOCKS_PER_SEC;
}

static double
wall_ms (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* All of it is looked at, as GIMP does for the window. */
static void
show (const char *what, GeglNode *effect)
{
  double        started = processor_ms (), wall = wall_ms ();
  GeglRectangle all = gegl_node_get_bounding_box (effect);
  GeglBuffer   *seen = gegl_buffer_new (&all, babl_format ("R'G'B'A u8"));
  gegl_node_blit_buffer (effect, seen, &all, 0, GEGL_ABYSS_NONE);
  g_object_unref (seen);
  printf ("%-22s %8.0f ms processor, %8.0f ms wall\n", what, processor_ms () - started, wall_ms () - wall);
}

/* The photo in the middle of a grey picture that is so many times as large. */
static GeglBuffer *
load (const char *path, int times)
{
  GeglBuffer   *photo = NULL, *all;
  GeglNode     *root = gegl_node_new ();
  GeglNode     *from = gegl_node_new_child (root, "operation", "gegl:load", "path", path, NULL);
  GeglNode     *to = gegl_node_new_child (root, "operation", "gegl:buffer-sink", "buffer", &photo, NULL);
  GeglRectangle size;
  gegl_node_link (from, to);
  gegl_node_process (to);
  g_object_unref (root);
  if (!photo)
    exit (fprintf (stderr, "%s cannot be read\n", path));
  size = *gegl_buffer_get_extent (photo);
  all = gegl_buffer_new (GEGL_RECTANGLE (0, 0, size.width * times, size.height * times), babl_format ("R'G'B'A u8"));
  gegl_buffer_set_color_from_pixel (all, NULL, (const guint8[]){ 128, 128, 128, 255 }, babl_format ("R'G'B'A u8"));
  gegl_buffer_copy (photo, &size, GEGL_ABYSS_NONE, all,
                    GEGL_RECTANGLE (size.width * (times - 1) / 2, size.height * (times - 1) / 2, 0, 0));
  g_object_unref (photo);
  return all;
}

int
main (int argc, char **argv)
{
  GeglBuffer *photo;
  GeglNode   *root, *source, *effect, *other;
  gegl_init (NULL, NULL);
  if (argc < 2 || !gegl_has_operation ("revisage:restore-faces"))
    return fprintf (stderr, "GEGL_PATH=FOLDER OF THE MODULE bench_effect PHOTO [TIMES]\n"), 2;
  photo = load (argv[1], argc > 2 ? MAX (1, atoi (argv[2])) : 1);
  root = gegl_node_new ();
  source = gegl_node_new_child (root, "operation", "gegl:buffer-source", "buffer", photo, NULL);
  effect = gegl_node_new_child (root, "operation", "revisage:restore-faces", "fidelity-auto", FALSE, NULL);
  gegl_node_link (source, effect);
  printf ("%d x %d\n", gegl_buffer_get_width (photo), gegl_buffer_get_height (photo));
  show ("first shown", effect);
  for (int i = 1; i <= 3; i++)
    {
      gegl_node_set (effect, "strength", 1 - 0.2 * i, NULL);
      show ("strength moved", effect);
    }
  for (int i = 1; i <= 2; i++)
    {
      gegl_node_set (effect, "fidelity", 0.5 + 0.1 * i, NULL);
      show ("fidelity moved", effect);
    }
  other = gegl_node_new_child (root, "operation", "revisage:restore-faces", "fidelity-auto", FALSE, "fidelity", 0.7, "strength",
                               0.4, NULL);
  gegl_node_link (source, other);
  show ("same pixels elsewhere", other);
  g_object_unref (root);
  g_object_unref (photo);
  return 0;
}
