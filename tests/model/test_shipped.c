/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_shipped.c: every weights file in weights/ is on the list of hashes, has the listed hash and opens; the tiny ones open. */
#include "rvs.h"
#include "testing.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char sums[] = WEIGHTS "/SHA256SUMS";

static int
is_weights (const char *name)
{
  size_t n = strlen (name), n_end = strlen (".safetensors");

  return n > n_end && strcmp (name + n - n_end, ".safetensors") == 0;
}

static void
open_one (const char *folder, const char *name, const char *hash)
{
  char                path[1024];
  RvsModel           *model;
  RvsError            err = { RVS_OK, "" };
  const RvsModelInfo *info;

  snprintf (path, sizeof path, "%s/%s", folder, name);
  if (rvs_model_open (path, hash, &model, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  info = rvs_model_get_info (model);
  assert_true (info->id[0] && info->licence[0] && info->source[0]);
  rvs_model_unref (model);
}

/* The hash of a name, or "" when it is not listed. */
static void
listed_hash (const char *wanted, char hash[65])
{
  FILE *file = fopen (sums, "r");
  char  line[512], name[256], value[65];

  hash[0] = '\0';
  if (!file)
    fail_msg ("%s cannot be read", sums);
  while (fgets (line, sizeof line, file))
    if (sscanf (line, "%64s %255s", value, name) == 2 && strcmp (name[0] == '*' ? name + 1 : name, wanted) == 0)
      strcpy (hash, value);
  fclose (file);
}

/* Returns the number of weights files in the folder, having opened each. */
static int
open_folder (const char *folder, int with_hash)
{
  DIR           *dir = opendir (folder);
  struct dirent *entry;
  int            n = 0;

  if (!dir)
    fail_msg ("%s cannot be read", folder);
  while ((entry = readdir (dir)))
    if (is_weights (entry->d_name))
      {
        char hash[65] = "";

        if (with_hash)
          {
            listed_hash (entry->d_name, hash);
            if (!hash[0])
              fail_msg ("%s is not in %s", entry->d_name, sums);
          }
        open_one (folder, entry->d_name, with_hash ? hash : NULL);
        n++;
      }
  closedir (dir);
  return n;
}

static void
test_shipped (void **state)
{
  (void)state;
  assert_true (open_folder (WEIGHTS, 1) >= 3);
}

static void
test_tiny (void **state)
{
  (void)state;
  assert_true (open_folder (WEIGHTS "/tiny", 0) >= 5);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_shipped),
    cmocka_unit_test (test_tiny),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
