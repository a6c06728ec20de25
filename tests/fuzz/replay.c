/* SPDX-License-Identifier: GPL-3.0-or-later
 * replay.c: runs a fuzz target over every file of the folders given, with any compiler. Fails when there is none. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* The file's bytes in a block of exactly their number, so that reading beyond them is seen. */
static void
run_file (const char *path)
{
  FILE    *file = fopen (path, "rb");
  long     size;
  uint8_t *data;

  if (!file || fseek (file, 0, SEEK_END) != 0 || (size = ftell (file)) < 0)
    {
      perror (path);
      exit (1);
    }
  rewind (file);
  data = malloc (size ? (size_t)size : 1);
  if (!data || fread (data, 1, (size_t)size, file) != (size_t)size)
    {
      perror (path);
      exit (1);
    }
  fclose (file);
  fprintf (stderr, "%s\n", path);
  LLVMFuzzerTestOneInput (data, (size_t)size);
  free (data);
}

static int
run_folder (const char *folder)
{
  DIR           *dir = opendir (folder);
  struct dirent *entry;
  int            n = 0;

  while (dir && (entry = readdir (dir)))
    {
      char        path[4096];
      struct stat info;

      snprintf (path, sizeof path, "%s/%s", folder, entry->d_name);
      if (stat (path, &info) != 0 || !S_ISREG (info.st_mode))
        continue;
      run_file (path);
      n++;
    }
  if (dir)
    closedir (dir);
  return n;
}

int
main (int argc, char **argv)
{
  int n = 0;

  LLVMFuzzerTestOneInput ((const uint8_t *)"", 0);
  for (int i = 1; i < argc; i++)
    n += run_folder (argv[i]);
  printf ("%d files\n", n);
  return n == 0;
}
