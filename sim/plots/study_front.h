/* study_front.h - the front of cost against lateness, and where its labels go.
 *
 * Pure: nothing here draws. */

#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether no other point is at least as good (as small) in both and better in one, of @x and @y for
 * each of @n points; a point that has no x or y (NaN) is not on the front. Caller frees. */
bool *study_front(const double *x, const double *y, size_t n);

struct front_label {
	double x, y;  /* of its point, in pixels from the lower left corner */
	double width; /* of the text, in pixels */
	bool placed;  /* it has found a place: */
	double left, middle; /* where the text begins, and the middle of its height */
};

/* Finds a place beside its point for each label, within @width x @height pixels, where it covers
 * neither a point nor a label placed before. Labels that find none are left out. */
void study_front_place(struct front_label *labels, size_t n, double width, double height);
