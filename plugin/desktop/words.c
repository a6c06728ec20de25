/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words.c: messages. The engine and plugin/io speak English for logs; here that is put in brackets, as far as it goes in the user's
 * language (details.h), behind a translated sentence that says what to do.
 */
#include "words.h"
#include "details.h"
#include "failure.h"
#include "i18n.h"
#include "picture.h"

static char *
with_detail (const char *text, const RvsError *err)
{
  char *detail = rvs_detail (err), *both = detail ? g_strdup_printf ("%s (%s)", text, detail) : g_strdup (text);
  g_free (detail);
  return both;
}

char *
rvs_words_read (RvsStatus status, const RvsError *err)
{
  char *unread = status == RVS_ERR_FORMAT ? rvs_unread_kind (err) : NULL;
  if (unread)
    return unread;
  switch (status)
    {
    case RVS_ERR_IO:
      return with_detail (_ ("The file cannot be read. Is it still there, and may you read it?"), err);
    case RVS_ERR_LIMIT:
    case RVS_ERR_NO_MEMORY:
      return with_detail (rvs_failure_text (status), err);
    default:
      return with_detail (_ ("The file is damaged, or no picture that can be read."), err);
    }
}

char *
rvs_words_restore (RvsStatus status, const RvsError *err)
{
  if (status == RVS_ERR_NO_FACE && *err->message)
    return g_strdup (_ ("All its faces are left out. Open it and tick those that are to be restored."));
  if (status == RVS_ERR_NO_FACE)
    return g_strdup (_ ("No face was found. Open it and drag a box around the face."));
  if (status == RVS_ERR_HOLE)
    return with_detail (_ ("It cannot be filled. Open it and paint over what is damaged, and only over that."), err);
  return with_detail (rvs_failure_text (status), err);
}

char *
rvs_words_write (RvsStatus status, const RvsError *err)
{
  switch (status)
    {
    case RVS_ERR_ARGUMENT:
      return with_detail (_ ("This format cannot hold the picture. Save it as PNG."), err);
    case RVS_ERR_LIMIT:
    case RVS_ERR_NO_MEMORY:
      return with_detail (rvs_failure_text (status), err);
    default:
      return with_detail (_ ("The file cannot be written. Choose another folder, or make room on the disk."), err);
    }
}

/* The translated texts of the bits, joined; NULL for none. */
static char *
join (const RvsRemark *table, size_t n, unsigned bits, const char *between)
{
  GString *text = g_string_new (NULL);
  for (size_t i = 0; i < n; i++)
    if (bits & 1u << i && table[i].text)
      g_string_append_printf (text, "%s%s", text->len ? between : "", _ (table[i].text));
  return g_string_free (text, text->len == 0);
}

/* Takes `list`. */
static char *
in_sentence (const char *sentence, char *list)
{
  char *text = list ? g_strdup_printf (sentence, list) : NULL;
  g_free (list);
  return text;
}

char *
rvs_words_lost (unsigned lost)
{
  size_t           n;
  const RvsRemark *table = rvs_lost_table (&n);
  return in_sentence (_ ("Not kept: %s."), join (table, n, lost, ", "));
}

char *
rvs_words_notes (unsigned notes)
{
  size_t           n;
  const RvsRemark *table = rvs_notes_table (&n);
  return in_sentence (_ ("Note: %s."), join (table, n, notes, "; "));
}
