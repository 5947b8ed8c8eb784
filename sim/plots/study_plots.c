/* study_plots.c - response curves, heat maps and the front of cost against lateness. */

#include "plots/study_plots.h"

#include "plots/frame.h"

#include <math.h>
#include <string.h>

enum { MANY_CURVES = 10 }; /* more are drawn as points */

struct axis { /* one path */
	bool numeric;
	char *unit;       /* after the numbers: "s", "m"; "": none */
	GPtrArray *words; /* its values in order of appearance, borrowed */
};

/* --- axes --- */

static bool number_of(const char *text, double *number, const char **unit)
{
	char *end;

	*number = g_ascii_strtod(text, &end);
	*unit = end;
	return end != text && isfinite(*number) &&
	       strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%") == strlen(end);
}

static unsigned word_index(const struct axis *axis, const char *word)
{
	unsigned i = 0;

	while (i < axis->words->len && !g_str_equal(axis->words->pdata[i], word)) {
		i++;
	}
	return i;
}

static void axis_init(struct axis *axis, const struct study_picture *picture, size_t path)
{
	*axis = (struct axis){.numeric = true, .words = g_ptr_array_new()};
	for (size_t i = 0; i < picture->n_points; i++) {
		char *text = picture->points[i].values[path];
		const char *unit;
		double number;

		if (word_index(axis, text) == axis->words->len) {
			g_ptr_array_add(axis->words, text);
		}
		axis->numeric = axis->numeric && number_of(text, &number, &unit) &&
		                (!axis->unit || g_str_equal(axis->unit, unit));
		if (axis->numeric && !axis->unit) {
			axis->unit = g_strdup(unit);
		}
	}
}

static void axis_clear(struct axis *axis)
{
	g_ptr_array_unref(axis->words);
	g_free(axis->unit);
}

static double axis_x(const struct axis *axis, const char *text)
{
	double number = 0;
	const char *unit;

	if (axis->numeric && number_of(text, &number, &unit)) {
		return number;
	}
	return word_index(axis, text);
}

/* @letter: "x" or "y". */
static void axis_tell(const struct axis *axis, struct sheet *sheet, const char *letter,
                      const char *name)
{
	g_autofree char *quoted = sheet_quote(name);

	sheet_add(sheet, "set %slabel \"%s%s%s%s\" noenhanced\n", letter, quoted,
	          axis->numeric && *axis->unit ? " (" : "", axis->numeric ? axis->unit : "",
	          axis->numeric && *axis->unit ? ")" : "");
	if (axis->numeric) {
		return;
	}
	sheet_add(sheet, "set %stics noenhanced (", letter);
	for (unsigned i = 0; i < axis->words->len; i++) {
		g_autofree char *word = sheet_quote(axis->words->pdata[i]);

		sheet_add(sheet, "%s\"%s\" %u", i ? ", " : "", word, i);
	}
	sheet_add(sheet, ")\nset %srange [-0.5:%g]\n", letter, axis->words->len - 0.5);
}

static void name_measure(struct sheet *sheet, const struct study_picture_measure *measure,
                         const char *letter)
{
	g_autofree char *quoted = sheet_quote(measure->name);

	sheet_add(sheet, "set %slabel \"%s%s%s%s\" noenhanced\n", letter, quoted,
	          *measure->unit ? " (" : "", measure->unit, *measure->unit ? ")" : "");
}

/* --- response --- */

/* What a curve is of: the values of all paths but @path. */
static char *curve_name(const struct study_picture *picture, size_t point, size_t path)
{
	GString *name = g_string_new(NULL);

	for (size_t i = 0; i < picture->n_paths; i++) {
		if (i != path) {
			g_string_append_printf(name, "%s%s=%s", name->len ? ", " : "",
			                       picture->paths[i], picture->points[point].values[i]);
		}
	}
	return g_string_free(name, FALSE);
}

struct place {
	double x;
	size_t point;
};

static int by_x(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	return p->x < q->x ? -1 : p->x > q->x ? 1 : 0;
}

static void curve_data(struct sheet *sheet, const struct study_picture *picture, size_t measure,
                       GArray *places, unsigned number)
{
	const double scale = picture->measures[measure].scale;

	g_array_sort(places, by_x);
	sheet_add(sheet, "$c%u << EOD\n", number);
	for (unsigned i = 0; i < places->len; i++) {
		const struct place *place = &g_array_index(places, struct place, i);
		const struct study_picture_point *point = &picture->points[place->point];
		const double mean = point->means[measure];
		const double half = isnan(point->halves[measure]) ? 0 : point->halves[measure];

		if (!isnan(mean)) {
			sheet_add(sheet, "%.10g %.10g %.10g %.10g\n", place->x, mean * scale,
			          (mean - half) * scale, (mean + half) * scale);
		}
	}
	sheet_add(sheet, "NaN NaN NaN NaN\nEOD\n");
}

/* Curve name -> struct place; in order of appearance in @order. */
static GHashTable *sort_into_curves(const struct study_picture *picture, size_t path,
                                    const struct axis *axis, GPtrArray *order)
{
	GHashTable *curves =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);

	for (size_t i = 0; i < picture->n_points; i++) {
		const struct place place = {axis_x(axis, picture->points[i].values[path]), i};
		char *name = picture->is_grid ? curve_name(picture, i, path) : g_strdup("");
		GArray *places = g_hash_table_lookup(curves, name);

		if (places) {
			g_free(name);
		} else {
			places = g_array_new(FALSE, FALSE, sizeof(struct place));
			g_hash_table_insert(curves, name, places);
			g_ptr_array_add(order, name);
		}
		g_array_append_val(places, place);
	}
	return curves;
}

static void draw_response(struct sheet *sheet, const struct study_picture *picture, size_t measure,
                          size_t path, const char *name)
{
	struct axis axis;
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	axis_init(&axis, picture, path);
	g_autoptr(GHashTable) curves = sort_into_curves(picture, path, &axis, order);
	const bool lines = picture->is_grid && axis.words->len > 1 && order->len <= MANY_CURVES;

	sheet_begin(sheet, name, picture->title, 620);
	axis_tell(&axis, sheet, "x", picture->paths[path]);
	name_measure(sheet, &picture->measures[measure], "y");
	sheet_add(sheet,
	          "set key outside right top\nset style fill transparent solid 0.18 noborder\n");
	for (unsigned i = 0; i < order->len; i++) {
		curve_data(sheet, picture, measure, g_hash_table_lookup(curves, order->pdata[i]),
		           i);
	}
	sheet_add(sheet, "plot");
	for (unsigned i = 0; i < order->len; i++) {
		g_autofree char *title = sheet_quote(order->pdata[i]);

		if (lines) {
			sheet_add(
			    sheet,
			    "%s $c%u using 1:3:4 with filledcurves lc rgb '%s' notitle, $c%u "
			    "using 1:2 with linespoints lw 2 pt %d ps 0.8 lc rgb '%s' title \"%s\"",
			    i ? "," : "", i, frame_colour(i), i, frame_point(i), frame_colour(i),
			    title);
		} else {
			sheet_add(sheet,
			          "%s $c%u using 1:2:3:4 with yerrorbars lw 1.2 pt 7 ps 0.6 lc rgb "
			          "'#0072B2' notitle",
			          i ? "," : "", i);
		}
	}
	sheet_add(sheet, "\n");
	sheet_end(sheet);
	axis_clear(&axis);
}

/* --- heat map --- */

/* Cells in order of the grid: every value of the first path with every one of the second. */
static void draw_heat(struct sheet *sheet, const struct study_picture *picture, size_t measure,
                      const char *name)
{
	struct axis axes[2];
	const struct study_picture_measure *m = &picture->measures[measure];

	double low = INFINITY, high = -INFINITY;

	axis_init(&axes[0], picture, 0);
	axis_init(&axes[1], picture, 1);
	axes[0].numeric = axes[1].numeric = false; /* cells of one size, whatever the values */
	sheet_begin(sheet, name, picture->title, 640);
	axis_tell(&axes[0], sheet, "x", picture->paths[0]);
	axis_tell(&axes[1], sheet, "y", picture->paths[1]);
	name_measure(sheet, m, "cb");
	sheet_add(sheet,
	          "unset grid\nset border 15\nunset key\n"
	          "set palette defined (0 '#fff7ec', 1 '#fdbb84', 2 '#d7301f', 3 '#4d0000')\n"
	          "$h << EOD\n");
	for (size_t i = 0; i < picture->n_points; i++) {
		const struct study_picture_point *point = &picture->points[i];

		if (!isnan(point->means[measure])) {
			sheet_add(sheet, "%.10g %.10g %.10g\n", axis_x(&axes[0], point->values[0]),
			          axis_x(&axes[1], point->values[1]),
			          point->means[measure] * m->scale);
			low = fmin(low, point->means[measure] * m->scale);
			high = fmax(high, point->means[measure] * m->scale);
		}
	}
	sheet_add(sheet,
	          "EOD\nplot $h using 1:2:3 with image pixels, "
	          "$h using 1:2:(sprintf('%%.4g', $3)):($3 > %.10g ? 0xffffff : 0x222222) "
	          "with labels tc rgb variable\n",
	          (low + high) / 2);
	sheet_end(sheet);
	axis_clear(&axes[0]);
	axis_clear(&axes[1]);
}

/* --- Pareto --- */

bool *study_plots_front(const double *x, const double *y, size_t n)
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

static void draw_pareto(struct sheet *sheet, const struct study_picture *picture, size_t cost,
                        size_t lateness, const char *name)
{
	const size_t n = picture->n_points;
	g_autofree double *x = g_new(double, n + 1);
	g_autofree double *y = g_new(double, n + 1);
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(struct place));

	for (size_t i = 0; i < n; i++) {
		const struct place place = {picture->points[i].means[cost], i};

		x[i] = place.x * picture->measures[cost].scale;
		y[i] = picture->points[i].means[lateness] * picture->measures[lateness].scale;
		if (!isnan(x[i]) && !isnan(y[i])) {
			g_array_append_val(places, place);
		}
	}
	g_autofree bool *front = study_plots_front(x, y, n);

	g_array_sort(places, by_x);
	sheet_begin(sheet, name, picture->title, 620);
	name_measure(sheet, &picture->measures[cost], "x");
	name_measure(sheet, &picture->measures[lateness], "y");
	sheet_add(sheet, "set offsets graph 0.1, graph 0.1, graph 0.05, graph 0.05\n");
	for (int on = 0; on < 2; on++) {
		sheet_add(sheet, "$p%d << EOD\n", on);
		for (unsigned i = 0; i < places->len; i++) {
			const size_t point = g_array_index(places, struct place, i).point;
			g_autofree char *all = g_strjoinv(", ", picture->points[point].values);
			g_autofree char *label = sheet_quote(all);

			if (front[point] == on) {
				sheet_add(sheet, "%.10g %.10g \"%s\"\n", x[point], y[point], label);
			}
		}
		sheet_add(sheet, "NaN NaN \"\"\nEOD\n");
	}
	g_autofree char *paths = g_strjoinv(", ", (GStrv)picture->paths);
	g_autofree char *names = sheet_quote(paths);

	sheet_add(sheet,
	          "plot $p0 using 1:2 with points pt 7 ps 0.7 lc rgb '#999999' title \"%s\","
	          " $p1 using 1:2 with steps lw 2 lc rgb '#D55E00' notitle,"
	          " $p1 using 1:2 with points pt 7 ps 1.1 lc rgb '#D55E00' title 'front: none is"
	          " both cheaper and less late',"
	          " $p1 using 1:2:3 with labels left offset 0.8,0.6 font ',10' noenhanced "
	          "notitle\n",
	          names);
	sheet_end(sheet);
}

/* --- all of them --- */

static bool has_figures(const struct study_picture *picture, size_t measure)
{
	for (size_t i = 0; i < picture->n_points; i++) {
		if (!isnan(picture->points[i].means[measure])) {
			return true;
		}
	}
	return false;
}

static void draw_measure(struct sheet *sheet, const struct study_picture *picture, size_t measure,
                         GStrvBuilder *names)
{
	if (!has_figures(picture, measure)) {
		return;
	}
	for (size_t path = 0; path < picture->n_paths; path++) {
		g_autofree char *name = g_strdup_printf("response-%zu-%zu", measure + 1, path + 1);

		draw_response(sheet, picture, measure, path, name);
		g_strv_builder_add(names, name);
	}
	if (picture->is_grid && picture->n_paths == 2) {
		g_autofree char *name = g_strdup_printf("heat-%zu", measure + 1);

		draw_heat(sheet, picture, measure, name);
		g_strv_builder_add(names, name);
	}
}

static void draw_fronts(struct sheet *sheet, const struct study_picture *picture,
                        GStrvBuilder *names)
{
	unsigned n = 0;

	for (size_t cost = 0; cost < picture->n_measures; cost++) {
		for (size_t late = 0; late < picture->n_measures; late++) {
			if (picture->measures[cost].is_cost &&
			    picture->measures[late].is_lateness && has_figures(picture, cost) &&
			    has_figures(picture, late)) {
				g_autofree char *name = g_strdup_printf("pareto-%u", ++n);

				draw_pareto(sheet, picture, cost, late, name);
				g_strv_builder_add(names, name);
			}
		}
	}
}

bool study_plots_draw(const struct study_picture *picture, const char *folder, GStrv *names,
                      GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	struct sheet *sheet = sheet_new(folder);

	for (size_t measure = 0; measure < picture->n_measures; measure++) {
		draw_measure(sheet, picture, measure, builder);
	}
	draw_fronts(sheet, picture, builder);
	const bool good = sheet_draw(sheet, error);

	if (names) {
		*names = g_strv_builder_end(builder);
	}
	sheet_free(sheet);
	return good;
}
