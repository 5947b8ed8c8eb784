/* number.h - doubles as text: the shortest that reads back as the same value, whatever the locale.
 */

#pragma once

#include <glib.h>

/* Appends @value; finite. A whole number gets ".0", so that it is read back as what it was. */
void number_append(GString *out, double value);
