/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * weights.c: the search path for weights, and the list SHA256SUMS that goes with shipped ones.
 */
#include "weights.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENDING ".safetensors"
#define LIST_NAME "SHA256SUMS"

static RvsStatus __attribute__ ((format (printf, 3, 4))) fail (RvsError *err, RvsStatus status, const char *format, ...)
{
  va_list args;

  if (err && err->status == RVS_OK)
    {
      err->status = status;
      va_start (args, format);
      vsnprintf (err->message, sizeof err->message, format, args);
      va_end (args);
    }
  return status;
}

static RvsStatus
fail_memory (RvsError *err)
{
  return fail (err, RVS_ERR_NO_MEMORY, "not enough memory to look for weights");
}

/* a + b + c in new memory; NULL when there is none. */
static char *
join (const char *a, const char *b, const char *c)
{
  size_t n = strlen (a) + strlen (b) + strlen (c) + 1;
  char  *text = malloc (n);

  if (text)
    snprintf (text, n, "%s%s%s", a, b, c);
  return text;
}

/* ---- folders -------------------------------------------------------------------------------- */

/* Takes folder; NULL means that there was no memory for it. */
static bool
add_folder (RvsWeightsPath *path, char *folder)
{
  if (!folder)
    return false;
  for (size_t i = 0; i < path->n_folders; i++)
    if (!strcmp (path->folders[i], folder))
      {
        free (folder);
        return true;
      }
  path->folders[path->n_folders++] = folder;
  return true;
}

static bool
add_user_folders (RvsWeightsPath *path)
{
  const char *own = getenv ("RVS_MODEL_DIR"), *data = getenv ("XDG_DATA_HOME"), *home = getenv ("HOME");

  if (own && *own && !add_folder (path, strdup (own)))
    return false;
  /* The XDG standard: a relative path is to be ignored. */
  if (data && data[0] == '/')
    return add_folder (path, join (data, "/revisage/weights", ""));
  if (home && home[0] == '/')
    return add_folder (path, join (home, "/.local/share/revisage/weights", ""));
  return true;
}

/* Cuts the last component; false when none is left. */
static bool
go_up (char *folder)
{
  char *slash = strrchr (folder, '/');

  if (!slash || slash == folder)
    return false;
  *slash = '\0';
  return true;
}

/* Relative to the running program: an installation that was moved, then the source tree whose build folder holds the
 * program (weights/ up to five levels above it). */
static bool
add_program_folders (RvsWeightsPath *path)
{
  char *program = realpath ("/proc/self/exe", NULL);
  bool  ok = add_folder (path, strdup (RVS_INSTALLED_WEIGHTS));

  for (int level = 0; program && ok && level < 6 && go_up (program); level++)
    {
      char *list = join (program, "/weights/" LIST_NAME, "");
      if (!list)
        ok = false;
      else if (level == 1) /* PREFIX/bin/revisage */
        ok = add_folder (path, join (program, "/share/revisage/weights", ""));
      if (ok && access (list, R_OK) == 0)
        {
          ok = add_folder (path, join (program, "/weights", ""));
          level = 6;
        }
      free (list);
    }
  free (program);
  return ok;
}

RvsStatus
rvs_weights_path_init (RvsWeightsPath *path, RvsError *err)
{
  memset (path, 0, sizeof *path);
  if (add_user_folders (path) && add_program_folders (path))
    return RVS_OK;
  rvs_weights_path_clear (path);
  return fail_memory (err);
}

void
rvs_weights_path_clear (RvsWeightsPath *path)
{
  for (size_t i = 0; i < path->n_folders; i++)
    free (path->folders[i]);
  memset (path, 0, sizeof *path);
}

/* ---- SHA256SUMS ----------------------------------------------------------------------------- */

/* "<64 hex digits> <space or star><name>"; false for anything else. */
static bool
parse_line (const char *line, char sha256[65], const char **out_name)
{
  for (int i = 0; i < 64; i++)
    {
      if (!isxdigit ((unsigned char)line[i]))
        return false;
      sha256[i] = (char)tolower ((unsigned char)line[i]);
    }
  sha256[64] = '\0';
  if (line[64] != ' ' || (line[65] != ' ' && line[65] != '*') || !line[66])
    return false;
  *out_name = line + 66;
  return true;
}

/* Fills sha256 with the listed hash of `name`, or "" when there is no list or the list lacks it. */
static RvsStatus
look_up (const char *folder, const char *name, char sha256[65], RvsError *err)
{
  char       *path = join (folder, "/" LIST_NAME, "");
  FILE       *file = path ? fopen (path, "r") : NULL;
  char        line[512], hash[65];
  const char *listed;
  RvsStatus   status = RVS_OK;

  sha256[0] = '\0';
  if (!path)
    return fail_memory (err);
  if (!file && errno != ENOENT)
    status = fail (err, RVS_ERR_IO, "%s cannot be opened: %s", path, strerror (errno));
  for (int number = 1; file && !status && !sha256[0] && fgets (line, sizeof line, file); number++)
    {
      line[strcspn (line, "\r\n")] = '\0';
      if (!line[0])
        continue;
      if (!parse_line (line, hash, &listed))
        status = fail (err, RVS_ERR_FORMAT, "%s, line %d: not a line of sha256sum", path, number);
      else if (!strcmp (listed, name))
        memcpy (sha256, hash, sizeof hash);
    }
  if (file && !status && ferror (file))
    status = fail (err, RVS_ERR_IO, "%s cannot be read: %s", path, strerror (errno));
  if (file)
    fclose (file);
  free (path);
  return status;
}

/* ---- files ---------------------------------------------------------------------------------- */

static bool
ends_with (const char *text, const char *ending)
{
  size_t n = strlen (text), m = strlen (ending);

  return n > m && !strcmp (text + n - m, ending);
}

/* Takes file_path, which exists. */
static RvsStatus
describe_file (char *file_path, RvsWeights *out, RvsError *err)
{
  char       *slash = strrchr (file_path, '/');
  const char *name = slash ? slash + 1 : file_path;
  char       *folder = slash ? strndup (file_path, slash == file_path ? 1 : (size_t)(slash - file_path)) : strdup (".");
  RvsStatus   status = folder ? look_up (folder, name, out->sha256, err) : fail_memory (err);

  free (folder);
  out->path = file_path;
  if (status)
    rvs_weights_clear (out);
  return status;
}

static RvsStatus
fail_not_found (const RvsWeightsPath *path, const char *name, RvsError *err)
{
  char   folders[160] = "";
  size_t used = 0;

  for (size_t i = 0; i < path->n_folders && used < sizeof folders - 4; i++)
    {
      int n = snprintf (folders + used, sizeof folders - used, "%s%s", i ? ", " : "", path->folders[i]);
      used += n > 0 ? (size_t)n : 0;
    }
  if (used >= sizeof folders)
    memcpy (folders + sizeof folders - 4, "...", 4);
  return fail (err, RVS_ERR_IO, "weights %.40s not found in %s", name, folders);
}

RvsStatus
rvs_weights_find (const RvsWeightsPath *path, const char *name, RvsWeights *out, RvsError *err)
{
  char *file_path;

  memset (out, 0, sizeof *out);
  if (strchr (name, '/') || ends_with (name, ENDING))
    {
      if (access (name, F_OK))
        return fail (err, RVS_ERR_IO, "weights file %.150s: %s", name, strerror (errno));
      file_path = strdup (name);
      return file_path ? describe_file (file_path, out, err) : fail_memory (err);
    }
  for (size_t i = 0; i < path->n_folders; i++)
    {
      char *folder = join (path->folders[i], "/", name);
      file_path = folder ? join (folder, ENDING, "") : NULL;
      free (folder);
      if (!file_path)
        return fail_memory (err);
      if (access (file_path, F_OK) == 0)
        return describe_file (file_path, out, err);
      free (file_path);
    }
  return fail_not_found (path, name, err);
}

void
rvs_weights_clear (RvsWeights *weights)
{
  free (weights->path);
  memset (weights, 0, sizeof *weights);
}

static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? slash + 1 : path;
}

static bool
is_known (const RvsWeights *list, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++)
    if (!strcmp (base_name (list[i].path), name))
      return true;
  return false;
}

static int
by_path (const void *a, const void *b)
{
  return strcmp (((const RvsWeights *)a)->path, ((const RvsWeights *)b)->path);
}

/* Appends the files of one folder; a folder that cannot be read counts as empty, and so does its list. */
static bool
list_folder (const char *folder, RvsWeights **list, size_t *n)
{
  DIR           *dir = opendir (folder);
  struct dirent *entry;
  size_t         n_before = *n;
  bool           ok = true;

  while (dir && ok && (entry = readdir (dir)))
    {
      RvsWeights *grown;
      if (!ends_with (entry->d_name, ENDING) || is_known (*list, n_before, entry->d_name))
        continue;
      grown = realloc (*list, (*n + 1) * sizeof *grown);
      if (grown)
        *list = grown;
      ok = grown && (grown[*n].path = join (folder, "/", entry->d_name));
      if (ok)
        {
          if (look_up (folder, entry->d_name, grown[*n].sha256, NULL))
            grown[*n].sha256[0] = '\0';
          ++*n;
        }
    }
  if (dir)
    closedir (dir);
  if (*n > n_before)
    qsort (*list + n_before, *n - n_before, sizeof **list, by_path);
  return ok;
}

RvsStatus
rvs_weights_list (const RvsWeightsPath *path, RvsWeights **out, size_t *out_n, RvsError *err)
{
  bool ok = true;

  *out = NULL;
  *out_n = 0;
  for (size_t i = 0; ok && i < path->n_folders; i++)
    ok = list_folder (path->folders[i], out, out_n);
  if (ok)
    return RVS_OK;
  for (size_t i = 0; i < *out_n; i++)
    rvs_weights_clear (&(*out)[i]);
  free (*out);
  *out = NULL;
  *out_n = 0;
  return fail_memory (err);
}

RvsStatus
rvs_weights_open (const RvsWeightsPath *path, const char *name, RvsModel **out_model, char **out_path, RvsError *err)
{
  RvsWeights weights;
  RvsError   inner = { 0 };
  RvsStatus  status = rvs_weights_find (path, name, &weights, err);

  *out_model = NULL;
  if (out_path)
    *out_path = NULL;
  if (status)
    return status;
  status = rvs_model_open (weights.path, weights.sha256[0] ? weights.sha256 : NULL, out_model, &inner);
  if (status)
    fail (err, status, "%s (%s)", inner.message, weights.path); /* should one be cut off, then the path, not what to do */
  else if (out_path)
    {
      *out_path = weights.path;
      weights.path = NULL;
    }
  rvs_weights_clear (&weights);
  return status;
}

/* Whether the search path has a file of that name. */
static bool
is_there (const RvsWeightsPath *path, const char *name)
{
  RvsWeights weights;
  bool       found = rvs_weights_find (path, name, &weights, NULL) == RVS_OK;

  rvs_weights_clear (&weights);
  return found;
}

RvsStatus
rvs_weights_open_shape (const RvsWeightsPath *path, const RvsModel *parser, bool needed, RvsModel **out_model, char **out_path,
                        RvsError *err)
{
  RvsStatus status;

  *out_model = NULL;
  if (out_path)
    *out_path = NULL;
  if (!needed && !is_there (path, RVS_WEIGHTS_SHAPE))
    return RVS_OK;
  status = rvs_weights_open (path, RVS_WEIGHTS_SHAPE, out_model, out_path, err);
  if (status || needed || rvs_model_fits (*out_model, parser))
    return status;
  rvs_model_unref (*out_model);
  *out_model = NULL;
  if (out_path)
    {
      free (*out_path);
      *out_path = NULL;
    }
  return RVS_OK;
}
