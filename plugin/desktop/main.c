/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main.c: the program revisage-gtk.
 */
#include "app.h"

int
main (int argc, char **argv)
{
  return rvs_app_main (argc, argv);
}
