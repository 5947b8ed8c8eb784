/* study_front.c - points that no other beats, and their labels. */

#include "plots/study_front.h"

#include <math.h>

#define DOT 6.0     /* half the side of a point with some air, pixels */
#define GAP 8.0     /* from a point to its label */
#define HEIGHT 15.0 /* of a line of text */

bool *study_front(const double *x, const double *y, size_t n)
{
	bool *front = g_new0(bool, n + 1);

	for (size_t i = 0; i < n; i++) {
		front[i] = !isnan(x[i]) && !isnan(y[i]);
		for (size_t k = 0; front[i] && k < n; k++) {
			front[i] = !(x[k] <= x[i] && y[k] <= y[i] && (x[k] < x[i] || y[k] < y[i]));
		}
	}
	return front;
}

static bool covers_point(const struct front_label *label, double x, double y)
{
	return x > label->left - DOT && x < label->left + label->width + DOT &&
	       fabs(y - label->middle) < HEIGHT / 2 + DOT;
}

static bool covers_label(const struct front_label *a, const struct front_label *b)
{
	return a->left < b->left + b->width + GAP && b->left < a->left + a->width + GAP &&
	       fabs(a->middle - b->middle) < HEIGHT;
}

static bool is_free(const struct front_label *labels, size_t n, size_t own, double width,
                    double height)
{
	const struct front_label *label = &labels[own];

	if (label->left < 0 || label->left + label->width > width || label->middle < HEIGHT / 2 ||
	    label->middle > height - HEIGHT / 2) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (covers_point(label, labels[i].x, labels[i].y) ||
		    (i < own && labels[i].placed && covers_label(label, &labels[i]))) {
			return false;
		}
	}
	return true;
}

void study_front_place(struct front_label *labels, size_t n, double width, double height)
{
	/* The front comes down from the left: to the right and above there is most room. */
	static const struct {
		double across, up;
	} sides[] = {{1, 1}, {1, -1}, {-1, -1}, {-1, 1}, {1, 2}, {-1, -2}, {1, 3}, {-1, -3}};

	for (size_t i = 0; i < n; i++) {
		struct front_label *label = &labels[i];

		for (size_t k = 0; !label->placed && k < G_N_ELEMENTS(sides); k++) {
			label->left = label->x + (sides[k].across > 0 ? GAP : -GAP - label->width);
			label->middle = label->y + sides[k].up * (HEIGHT / 2 + DOT);
			label->placed = is_free(labels, n, i, width, height);
		}
	}
}
