/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * param_row.h: the widgets of one field, built from its row of the parameter table: a choice becomes a list, a number with a
 * small range a slider with an entry, any other number an entry, a flag a check button; "auto" becomes a switch.
 *
 * Signal: "changed", when the user changed the value.
 */
#ifndef RVS_UI_PARAM_ROW_H
#define RVS_UI_PARAM_ROW_H

#include "fields.h"
#include <gtk/gtk.h>

#define RVS_TYPE_PARAM_ROW (rvs_param_row_get_type ())
G_DECLARE_FINAL_TYPE (RvsParamRow, rvs_param_row, RVS, PARAM_ROW, GtkBox)

GtkWidget          *rvs_param_row_new (const RvsParamSpec *spec);
const RvsParamSpec *rvs_param_row_spec (RvsParamRow *row);
double              rvs_param_row_get (RvsParamRow *row);
/* Does not emit "changed". */
void rvs_param_row_set (RvsParamRow *row, double value);
/* The letter at this byte of the label is the key that leads to the widget, with Alt. */
void rvs_param_row_set_mnemonic (RvsParamRow *row, size_t at);
/* The label before the widget, for alignment with other rows; NULL for a flag. */
GtkWidget *rvs_param_row_label (RvsParamRow *row);
/* What "auto" comes to, shown by the slider while it is on; NaN: not known yet. */
void rvs_param_row_set_estimate (RvsParamRow *row, double value);
/* The wheel scrolls what the widget lies in, where it would change its value unasked. */
void rvs_leave_wheel_to_parent (GtkWidget *widget);

#endif
