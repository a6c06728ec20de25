/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jobs.c: turns the arguments into a list of (input, output) and checks it before anything is done.
 */
#include "jobs.h"
#include "cli.h"

#include "results.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static RvsStatus __attribute__ ((format (printf, 3, 4))) fail (RvsError *err, RvsStatus status, const char *format, ...)
{
  va_list args;

  if (err->status == RVS_OK)
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
  return fail (err, RVS_ERR_NO_MEMORY, "not enough memory for the list of pictures");
}

static bool
is_folder (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 && S_ISDIR (info.st_mode);
}

/* Where the suffix of results is appended: with a folder given for them their names may stay. */
static const char *
suffix_of (const CliOptions *options, bool into_folder)
{
  if (options->suffix)
    return options->suffix;
  return into_folder ? "" : RVS_RESULT_SUFFIX;
}

/* ---- inputs --------------------------------------------------------------------------------- */

/* Takes input. */
static bool
add_job (CliJobs *jobs, char *input)
{
  CliJob *grown = input ? realloc (jobs->jobs, (jobs->n_jobs + 1) * sizeof *grown) : NULL;

  if (!grown)
    {
      free (input);
      return false;
    }
  jobs->jobs = grown;
  grown[jobs->n_jobs++] = (CliJob){ .input = input };
  return true;
}

static int
by_input (const void *a, const void *b)
{
  return strcmp (((const CliJob *)a)->input, ((const CliJob *)b)->input);
}

static RvsStatus
fail_empty (RvsError *err)
{
  char list[80];

  rvs_formats_sentence (RVS_FORMATS_READ, list, sizeof list);
  return fail (err, RVS_ERR_IO, "there are no %s pictures in this folder", list);
}

/* Whether its ending is one of a format that can be read. */
static bool
is_picture_name (const char *name)
{
  RvsPictureFormat format;

  return name[0] != '.' && rvs_picture_format_of_name (name, &format) && rvs_format_can_read (format);
}

/* Folders found on the way, to be read in turn. */
typedef struct Folders
{
  char **paths;
  size_t n;
} Folders;

/* Takes path. */
static bool
push_folder (Folders *folders, char *path)
{
  char **grown = path ? realloc (folders->paths, (folders->n + 1) * sizeof *grown) : NULL;

  if (!grown)
    {
      free (path);
      return false;
    }
  folders->paths = grown;
  grown[folders->n++] = path;
  return true;
}

static void
clear_folders (Folders *folders)
{
  for (size_t i = 0; i < folders->n; i++)
    free (folders->paths[i]);
  free (folders->paths);
}

static char *
join (const char *folder, const char *name)
{
  size_t n = strlen (folder), n_path = n + strlen (name) + 2;
  char  *path = malloc (n_path);

  if (path)
    snprintf (path, n_path, "%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", name);
  return path;
}

/* Links to folders could lead in circles, and results of this run are no pictures of it. */
static bool
may_enter (const CliOptions *options, const char *path)
{
  struct stat info, output;

  if (!options->recursive || lstat (path, &info) || !S_ISDIR (info.st_mode))
    return false;
  return !options->output || stat (options->output, &output) || info.st_dev != output.st_dev || info.st_ino != output.st_ino;
}

/* Pictures become jobs, folders wait for their turn. */
static bool
add_entry (const CliOptions *options, const char *folder, const char *name, Folders *folders, CliJobs *jobs)
{
  const char *suffix = options->in_place || options->action != CLI_RESTORE ? "" : suffix_of (options, options->output);
  char       *path = join (folder, name);

  if (path && may_enter (options, path))
    return push_folder (folders, path);
  if (path && (is_folder (path) || !is_picture_name (name) || rvs_result_is_own (name, suffix))) /* of an earlier run */
    {
      free (path);
      return true;
    }
  return add_job (jobs, path);
}

static RvsStatus
read_folder (const CliOptions *options, const char *folder, Folders *folders, CliJobs *jobs, RvsError *err)
{
  struct dirent *entry;
  bool           ok = true;
  DIR           *dir = opendir (folder);

  if (!dir)
    return fail (err, RVS_ERR_IO, "cannot be opened: %s", strerror (errno));
  while (ok && (entry = readdir (dir)))
    if (entry->d_name[0] != '.')
      ok = add_entry (options, folder, entry->d_name, folders, jobs);
  closedir (dir);
  return ok ? RVS_OK : fail_memory (err);
}

static RvsStatus
add_folder (const CliOptions *options, const char *folder, CliJobs *jobs, RvsError *err)
{
  size_t    n_before = jobs->n_jobs;
  Folders   folders = { NULL, 0 };
  RvsStatus status = push_folder (&folders, strdup (folder)) ? RVS_OK : fail_memory (err);

  for (size_t i = 0; i < folders.n && !status; i++)
    status = read_folder (options, folders.paths[i], &folders, jobs, err);
  clear_folders (&folders);
  if (status)
    return status;
  if (jobs->n_jobs == n_before)
    return fail_empty (err);
  for (size_t i = n_before; i < jobs->n_jobs; i++)
    jobs->jobs[i].n_root = strlen (folder);
  qsort (jobs->jobs + n_before, jobs->n_jobs - n_before, sizeof *jobs->jobs, by_input);
  return RVS_OK;
}

static RvsStatus
add_inputs (const CliOptions *options, CliJobs *jobs, bool *out_folders, const char **blame, RvsError *err)
{
  RvsStatus status = RVS_OK;

  *out_folders = false;
  for (size_t i = 0; i < options->n_inputs && !status; i++)
    {
      *blame = options->inputs[i];
      if (is_folder (options->inputs[i]))
        {
          *out_folders = true;
          status = add_folder (options, options->inputs[i], jobs, err);
        }
      else if (!add_job (jobs, strdup (options->inputs[i])))
        status = fail_memory (err);
    }
  if (!status)
    *blame = NULL;
  return status;
}

/* ---- pictures given twice ------------------------------------------------------------------- */

/* Takes away the jobs that are marked; the order stays. */
static void
drop_jobs (CliJobs *jobs, const bool *marked)
{
  size_t n = 0;

  for (size_t i = 0; i < jobs->n_jobs; i++)
    if (marked[i])
      free (jobs->jobs[i].input);
    else
      jobs->jobs[n++] = jobs->jobs[i];
  jobs->n_jobs = n;
}

/* Whether the picture is what this run would make of another one that is given: a result of an earlier run of the same command. */
static bool
is_result_of_another (const CliJobs *jobs, size_t at, const char *suffix)
{
  const char *path = jobs->jobs[at].input, *slash = strrchr (path, '/'), *dot = strrchr (path, '.');
  size_t      n;

  if (!rvs_result_is_own (slash ? slash + 1 : path, suffix))
    return false;
  n = (size_t)((dot && dot > path ? dot : path + strlen (path)) - path) - strlen (suffix);
  for (size_t i = 0; i < jobs->n_jobs; i++)
    if (i != at && !strncmp (jobs->jobs[i].input, path, n) && jobs->jobs[i].input[n] == '.'
        && !strchr (jobs->jobs[i].input + n + 1, '.') && !strchr (jobs->jobs[i].input + n, '/'))
      return true;
  return false;
}

typedef struct RealPath
{
  char  *path; /* NULL: the file is not there, which is told when it is read */
  size_t index;
} RealPath;

static int
by_real_path (const void *a, const void *b)
{
  const RealPath *p = a, *q = b;
  int             order = strcmp (p->path ? p->path : "", q->path ? q->path : "");

  return order ? order : (p->index > q->index) - (p->index < q->index);
}

/* Marks each file that an earlier name stands for too: replaced once, it must not be restored again. */
static bool
mark_same_files (const CliJobs *jobs, bool *marked)
{
  RealPath *paths = calloc (jobs->n_jobs, sizeof *paths);

  for (size_t i = 0; paths && i < jobs->n_jobs; i++)
    paths[i] = (RealPath){ realpath (jobs->jobs[i].input, NULL), i };
  if (paths)
    qsort (paths, jobs->n_jobs, sizeof *paths, by_real_path);
  for (size_t i = 1; paths && i < jobs->n_jobs; i++)
    if (paths[i].path && paths[i - 1].path && !strcmp (paths[i].path, paths[i - 1].path))
      marked[paths[i].index] = true;
  for (size_t i = 0; paths && i < jobs->n_jobs; i++)
    free (paths[i].path);
  free (paths);
  return paths != NULL;
}

static RvsStatus
drop_repeated (const CliOptions *options, const char *suffix, CliJobs *jobs, RvsError *err)
{
  bool *marked = calloc (jobs->n_jobs, sizeof *marked);
  bool  ok = marked != NULL;

  if (ok && options->in_place)
    ok = mark_same_files (jobs, marked);
  for (size_t i = 0; ok && !options->in_place && i < jobs->n_jobs; i++)
    marked[i] = is_result_of_another (jobs, i, suffix);
  if (ok)
    drop_jobs (jobs, marked);
  free (marked);
  return ok ? RVS_OK : fail_memory (err);
}

/* ---- outputs -------------------------------------------------------------------------------- */

/* The ending of the results: that of the format asked for; NULL keeps the input's own. An input without a known ending gets one
 * later, when its format is known, so here it keeps what it has. */
static const char *
ending_for (const CliOptions *options, const char *input)
{
  RvsPictureFormat own, result;
  bool             known = rvs_picture_format_of_name (input, &own);

  if (!options->has_format && !known)
    return NULL;
  result = options->has_format ? options->format : rvs_format_of_result (own);
  return known && own == result ? NULL : rvs_format (result)->endings[0];
}

static RvsStatus
name_single (const CliOptions *options, CliJob *job, RvsError *err)
{
  RvsPictureFormat format;
  bool             known = rvs_picture_format_of_name (options->output, &format) && rvs_format_can_write (format);

  if (known && options->has_format && format != options->format)
    return fail (err, RVS_ERR_ARGUMENT, "--format contradicts the ending of '%.120s'", options->output);
  if (!known && !options->has_format)
    return fail (err, RVS_ERR_ARGUMENT,
                 "the format of '%.120s' is unclear: end it in .png or .jpg, say, in / for a folder, or give --format",
                 options->output);
  job->has_format = true;
  job->format = known ? format : options->format;
  job->output = strdup (options->output);
  return job->output ? RVS_OK : fail_memory (err);
}

/* A picture whose format cannot be written, such as HEIC, cannot be replaced by its result. */
static RvsStatus
check_in_place (const char *input, RvsError *err)
{
  RvsPictureFormat own;

  if (!rvs_picture_format_of_name (input, &own) || rvs_format_can_write (own))
    return RVS_OK;
  return fail (err, RVS_ERR_ARGUMENT, "'%.120s' cannot be replaced: %s pictures cannot be written; leave out --in-place", input,
               rvs_format (own)->name);
}

static RvsStatus
make_folder (const char *path, RvsError *err)
{
  if (mkdir (path, 0777) == 0 || (errno == EEXIST && is_folder (path)))
    return RVS_OK;
  return fail (err, RVS_ERR_IO, "the folder cannot be made: %s", strerror (errno == EEXIST ? ENOTDIR : errno));
}

/* FOLDER, or FOLDER/SUB for a picture that was found in SUB of a folder given. Caller frees. */
static char *
folder_of_result (const CliJob *job, const char *folder)
{
  const char *sub = job->input + job->n_root, *slash;
  char       *path, *cut;

  sub += strspn (sub, "/");
  slash = strrchr (sub, '/');
  if (!job->n_root || !slash)
    return strdup (folder);
  path = join (folder, sub);
  cut = path ? strrchr (path, '/') : NULL;
  if (cut)
    *cut = '\0';
  return path;
}

static char *
name_in_folder (const CliOptions *options, const CliJob *job)
{
  char *folder = folder_of_result (job, options->output);
  char *name = folder ? rvs_result_name (job->input, folder, suffix_of (options, true), ending_for (options, job->input)) : NULL;

  free (folder);
  return name;
}

/* Those below the folder given for the results, when all else has been checked. */
static RvsStatus
make_subfolders (const CliOptions *options, const CliJobs *jobs, RvsError *err)
{
  RvsStatus status = RVS_OK;

  for (size_t i = 0; i < jobs->n_jobs; i++)
    for (char *slash = strchr (jobs->jobs[i].output + strlen (options->output) + 1, '/'); slash && !status;
         slash = strchr (slash + 1, '/'))
      {
        *slash = '\0';
        status = make_folder (jobs->jobs[i].output, err);
        *slash = '/';
      }
  return status;
}

/* Whoever names a picture does not want a folder of that name. */
static RvsStatus
check_folder (const char *output, RvsError *err)
{
  RvsPictureFormat format;

  if (!rvs_picture_format_of_name (output, &format) || output[strlen (output) - 1] == '/' || is_folder (output))
    return RVS_OK;
  return fail (err, RVS_ERR_ARGUMENT,
               "'%.120s' names one picture, and this makes several or those of a folder; name a folder, or end it in /", output);
}

static RvsStatus
name_outputs (const CliOptions *options, CliJobs *jobs, bool folders, bool *out_into_folder, RvsError *err)
{
  const char *output = options->output;
  bool      into_folder = output && (folders || options->n_inputs > 1 || output[strlen (output) - 1] == '/' || is_folder (output));
  RvsStatus status = RVS_OK;

  *out_into_folder = into_folder;
  if (output && !into_folder)
    return name_single (options, &jobs->jobs[0], err);
  if (into_folder)
    status = check_folder (output, err);
  for (size_t i = 0; i < jobs->n_jobs && !status; i++)
    {
      CliJob *job = &jobs->jobs[i];
      if (options->in_place && (status = check_in_place (job->input, err)))
        break;
      job->has_format = options->has_format;
      job->format = options->format;
      if (options->in_place)
        job->output = strdup (job->input);
      else if (into_folder)
        job->output = name_in_folder (options, job);
      else
        job->output = rvs_result_name (job->input, NULL, suffix_of (options, false), ending_for (options, job->input));
      if (!job->output)
        status = fail_memory (err);
    }
  return status;
}

/* ---- checks --------------------------------------------------------------------------------- */

typedef struct FileId
{
  dev_t device;
  ino_t inode;
} FileId;

static int
by_id (const void *a, const void *b)
{
  const FileId *p = a, *q = b;

  if (p->device != q->device)
    return p->device < q->device ? -1 : 1;
  return p->inode < q->inode ? -1 : p->inode > q->inode;
}

static int
by_output (const void *a, const void *b)
{
  const CliJob *p = *(const CliJob *const *)a, *q = *(const CliJob *const *)b;
  int           order = strcmp (p->output, q->output);

  return order ? order : strcmp (p->input, q->input);
}

/* Every picture that would become the result at `at`, as far as there is room. */
static void
list_inputs (const CliJob *const *jobs, size_t n_jobs, size_t at, char *names, size_t n_bytes)
{
  size_t used = 0;

  for (size_t i = at; i < n_jobs && !strcmp (jobs[i]->output, jobs[at]->output) && used < n_bytes; i++)
    used += (size_t)snprintf (names + used, n_bytes - used, "%s%s", i > at ? ", " : "", jobs[i]->input);
  if (used >= n_bytes)
    memcpy (names + n_bytes - 4, "...", 4);
}

/* A line for each; the last one is the error. */
static RvsStatus
name_collision (const CliJob *const *jobs, size_t n_jobs, size_t at, bool last, RvsError *err)
{
  char names[1200], few[160];

  list_inputs (jobs, n_jobs, at, names, sizeof names);
  list_inputs (jobs, n_jobs, at, few, sizeof few);
  if (last)
    return fail (err, RVS_ERR_ARGUMENT, "two results would have the name '%.60s': of %s", jobs[at]->output, few);
  cli_error ("two results would have the name '%s': of %s", jobs[at]->output, names);
  return RVS_OK;
}

/* Whether the result at `at` is the first of several of its name. */
static bool
collides (const CliJob *const *jobs, size_t n_jobs, size_t at)
{
  return at + 1 < n_jobs && !strcmp (jobs[at]->output, jobs[at + 1]->output)
         && (at == 0 || strcmp (jobs[at - 1]->output, jobs[at]->output));
}

static RvsStatus
check_collisions (const CliJobs *jobs, RvsError *err)
{
  const CliJob **sorted = calloc (jobs->n_jobs, sizeof *sorted);
  RvsStatus      status = RVS_OK;
  size_t         last = 0;

  if (!sorted)
    return fail_memory (err);
  for (size_t i = 0; i < jobs->n_jobs; i++)
    sorted[i] = &jobs->jobs[i];
  qsort (sorted, jobs->n_jobs, sizeof *sorted, by_output);
  for (size_t i = 0; i < jobs->n_jobs; i++)
    last = collides (sorted, jobs->n_jobs, i) ? i : last;
  for (size_t i = 0; i < jobs->n_jobs && !status; i++)
    if (collides (sorted, jobs->n_jobs, i))
      status = name_collision (sorted, jobs->n_jobs, i, i == last, err);
  free (sorted);
  return status;
}

/* Compares files, not names: a link to an input is that input. */
static RvsStatus
check_inputs_safe (const CliJobs *jobs, RvsError *err)
{
  FileId     *ids = calloc (jobs->n_jobs, sizeof *ids), id;
  size_t      n = 0;
  struct stat info;
  RvsStatus   status = RVS_OK;

  if (!ids)
    return fail_memory (err);
  for (size_t i = 0; i < jobs->n_jobs; i++)
    if (stat (jobs->jobs[i].input, &info) == 0)
      ids[n++] = (FileId){ info.st_dev, info.st_ino };
  qsort (ids, n, sizeof *ids, by_id);
  for (size_t i = 0; i < jobs->n_jobs && !status; i++)
    if (stat (jobs->jobs[i].output, &info) == 0)
      {
        id = (FileId){ info.st_dev, info.st_ino };
        if (bsearch (&id, ids, n, sizeof id, by_id))
          status = fail (err, RVS_ERR_ARGUMENT, "'%.120s' is a picture that is read; use --in-place to replace pictures",
                         jobs->jobs[i].output);
      }
  free (ids);
  return status;
}

RvsStatus
cli_jobs_plan (const CliOptions *options, CliJobs *out, const char **out_blame, RvsError *err)
{
  bool      folders, into_folder = false;
  RvsStatus status;

  *out = (CliJobs){ NULL, 0 };
  *out_blame = NULL;
  status = add_inputs (options, out, &folders, out_blame, err);
  if (!status && options->n_boxes && folders)
    status = fail (err, RVS_ERR_ARGUMENT, "--box needs a single picture");
  if (!status && options->action == CLI_RESTORE)
    status = drop_repeated (options, suffix_of (options, options->output && is_folder (options->output)), out, err);
  if (!status && options->action == CLI_RESTORE)
    {
      status = name_outputs (options, out, folders, &into_folder, err);
      if (!status)
        status = check_collisions (out, err);
      if (!status && !options->in_place)
        status = check_inputs_safe (out, err);
      if (!status && into_folder && (status = make_folder (options->output, err)))
        *out_blame = options->output;
      if (!status && options->recursive && options->output && folders)
        status = make_subfolders (options, out, err);
    }
  if (status)
    cli_jobs_clear (out);
  return status;
}

void
cli_jobs_clear (CliJobs *jobs)
{
  for (size_t i = 0; i < jobs->n_jobs; i++)
    {
      free (jobs->jobs[i].input);
      free (jobs->jobs[i].output);
    }
  free (jobs->jobs);
  *jobs = (CliJobs){ NULL, 0 };
}
