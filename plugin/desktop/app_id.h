/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * app_id.h: the program's id: of its .desktop file, icon and windows.
 */
#ifndef RVS_DESKTOP_APP_ID_H
#define RVS_DESKTOP_APP_ID_H

#define RVS_APP_ID "org.revisage.Revisage"

#endif
