/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words.c: messages. The engine and plugin/io speak English for logs; here that is put in brackets behind a translated sentence
 * that says what to do.
 */
#include "words.h"
#include "i18n.h"
#include "picture.h"

static char *
with_detail (const char *text, const RvsError *err)
{
  return err->message[0] ? g_strdup_printf ("%s (%s)", text, err->message) : g_strdup (text);
}

char *
rvs_words_read (RvsStatus status, const RvsError *err)
{
  switch (status)
    {
    case RVS_ERR_IO:
      return with_detail (_ ("The file cannot be read. Is it still there, and may you read it?"), err);
    case RVS_ERR_LIMIT:
      return with_detail (_ ("The picture is too large. Make it smaller first."), err);
    case RVS_ERR_NO_MEMORY:
      return with_detail (_ ("There is not enough memory. Close other programs, or make the picture smaller."), err);
    default:
      return with_detail (_ ("The file is damaged, or no picture that can be read."), err);
    }
}

char *
rvs_words_restore (RvsStatus status, const RvsError *err)
{
  switch (status)
    {
    case RVS_ERR_NO_FACE:
      return g_strdup (_ ("No face was found. Open it and drag a box around the face."));
    case RVS_ERR_NO_MEMORY:
      return with_detail (_ ("There is not enough memory. Close other programs, or make the picture smaller."), err);
    case RVS_ERR_IO:
    case RVS_ERR_FORMAT:
    case RVS_ERR_MODEL:
      return with_detail (_ ("The restoration model could not be loaded. Install the weights again with ./setup.sh install."), err);
    case RVS_ERR_LIMIT:
      return with_detail (_ ("The picture is too large. Make it smaller first."), err);
    default:
      return with_detail (_ ("The restoration failed."), err);
    }
}

char *
rvs_words_write (RvsStatus status, const RvsError *err)
{
  switch (status)
    {
    case RVS_ERR_ARGUMENT:
      return with_detail (_ ("This format cannot hold the picture. Save it as PNG."), err);
    case RVS_ERR_NO_MEMORY:
      return with_detail (_ ("There is not enough memory. Close other programs, or make the picture smaller."), err);
    default:
      return with_detail (_ ("The file cannot be written. Choose another folder, or make room on the disk."), err);
    }
}

char *
rvs_words_lost (unsigned lost)
{
  static const char *const texts[]
      = { N_ ("JPEG holds 8 bits: finer steps of the 16-bit values are lost. PNG keeps them."),
          N_ ("The camera's notes (EXIF) could not be kept."), N_ ("The colour profile is damaged and was left out."),
          N_ ("A text note could not be kept."), N_ ("Notes that only JPEG can hold were left out.") };
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (lost & 1u << i)
      g_string_append_printf (text, "%s%s", text->len ? " " : "", _ (texts[i]));
  return g_string_free (text, text->len == 0);
}
