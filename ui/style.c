/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * style.c: style rules. Colours come from the theme; only the ground of the preview is fixed, a neutral grey, because a
 * coloured or bright surround changes how a face is judged.
 */
#include "style.h"

static const char CSS[]
    = "revisage-preview { background-color: #2d2d2d; border-radius: 6px; }"
      "frame.revisage-preview-frame > border { border: 1px solid alpha(currentColor, 0.2); border-radius: 6px; }"
      ".revisage-title { font-weight: bold; }"
      ".revisage-small { font-size: smaller; }"
      ".revisage-auto highlight { background-image: none; background-color: alpha(currentColor, 0.35);"
      " border-color: transparent; }"
      /* which one is on must show in any theme, some of which only shade it */
      ".revisage-toolbar button:checked { box-shadow: inset 0 -3px 0 -1px #4a90d9; }"
      ".revisage-toolbar button { padding: 3px 7px; min-height: 24px; }"
      "progressbar.revisage-progress trough, progressbar.revisage-progress progress { min-height: 6px;"
      " border-radius: 3px; }"
      /* what kind of message it is, in any theme: themes give all kinds one colour */
      "infobar.revisage-message > revealer > box { background-image: none; color: @theme_fg_color; border: 1px solid transparent; }"
      "infobar.revisage-message > revealer > box label { color: @theme_fg_color; }"
      "infobar.revisage-message.info > revealer > box { background-color: mix(@theme_bg_color, #3584e4, 0.22); }"
      "infobar.revisage-message.info.revisage-success > revealer > box { background-color: mix(@theme_bg_color, #26a269, 0.30); }"
      "infobar.revisage-message.warning > revealer > box { background-color: mix(@theme_bg_color, #e5a50a, 0.35); }"
      "infobar.revisage-message.error > revealer > box { background-color: mix(@theme_bg_color, #e01b24, 0.33); }"
      ".revisage-status { font-feature-settings: \"tnum\"; }";

void
rvs_style_install (GdkScreen *screen)
{
  if (g_object_get_data (G_OBJECT (screen), "revisage-style"))
    return;
  GtkCssProvider *provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_data (provider, CSS, -1, NULL);
  gtk_style_context_add_provider_for_screen (screen, GTK_STYLE_PROVIDER (provider), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_object_set_data_full (G_OBJECT (screen), "revisage-style", provider, g_object_unref);
}
