/* study_plots.h - the pictures of a study.
 *
 * response-N: measure N against each thing that varies, a curve for each combination of the others,
 * with bands of the 95 % interval; where settings are scattered, points with bars. heat-N: measure
 * N over two settings. pareto-N: cost against lateness, where no setting is both cheaper and less
 * late than those on the front. Each as SVG and PNG. Plain numbers come in: what a study is, is not
 * known here. */

#pragma once

#include <glib.h>
#include <stdbool.h>

struct study_picture_point { /* a setting */
	char **values;       /* one a path, as text */
	double *means;       /* one a measure; NaN: none */
	double *halves;      /* of the 95 % interval; NaN: none */
};

struct study_picture_measure {
	const char *name;
	const char *unit; /* "ms"; "": none */
	double scale;     /* figures times this are in the unit */
	bool is_cost;     /* replica-seconds */
	bool is_lateness; /* latency, failures */
};

struct study_picture {
	const char *title;
	bool is_grid;
	const char *const *paths; /* short names */
	size_t n_paths;
	const struct study_picture_measure *measures;
	size_t n_measures;
	const struct study_picture_point *points;
	size_t n_points;
};

/* Draws all pictures that make sense into @folder. *@names (may be NULL) gets their names, a
 * NULL-terminated array that the caller frees. */
bool study_plots_draw(const struct study_picture *picture, const char *folder, GStrv *names,
                      GError **error);
