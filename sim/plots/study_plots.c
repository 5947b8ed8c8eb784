/* study_plots.c - response curves, heat maps and the front of cost against lateness. */

#include "plots/study_plots.h"

#include "plots/frame.h"
#include "plots/study_front.h"

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
	       strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%/") == strlen(end);
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
	sheet_add(sheet, "set key outside right top\nset offsets graph 0.03, graph 0.03, 0, 0\nset "
	                 "style fill transparent solid 0.18 noborder\n");
	for (unsigned i = 0; i < order->len; i++) {
		curve_data(sheet, picture, measure, g_hash_table_lookup(curves, order->pdata[i]),
		           i);
	}
	sheet_add(sheet, "plot");
	for (unsigned i = 0; i < order->len; i++) {
		g_autofree char *title = sheet_quote(order->pdata[i]);
		/* what lies under others is drawn wider, so that equal curves are all seen */
		const unsigned below = MIN(3, order->len - 1 - i);

		if (lines) {
			sheet_add(
			    sheet,
			    "%s $c%u using 1:3:4 with filledcurves lc rgb '%s' notitle, $c%u "
			    "using 1:2 with linespoints lw %g pt %d ps %g lc rgb '%s' title \"%s\"",
			    i ? "," : "", i, frame_colour(i), i, 2 + 1.5 * below, frame_point(i),
			    0.8 + 0.3 * below, frame_colour(i), title);
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

enum { MANY_COLUMNS = 14, MANY_ROWS = 24 }; /* more have no room for their figures */

/* A cell a setting; where no run has the figure, an empty one with a dash. */
static void heat_data(struct sheet *sheet, const struct study_picture *picture, size_t measure,
                      const struct axis axes[2])
{
	const double scale = picture->measures[measure].scale;
	double low = INFINITY, high = -INFINITY;

	sheet_add(sheet, "$h << EOD\n");
	for (size_t i = 0; i < picture->n_points; i++) {
		const struct study_picture_point *point = &picture->points[i];
		const double x = axis_x(&axes[0], point->values[0]);
		const double y = axis_x(&axes[1], point->values[1]);
		const double mean = point->means[measure] * scale;

		if (!isnan(mean)) {
			sheet_add(sheet, "%g %g %.10g\n", x, y, mean);
			low = fmin(low, mean);
			high = fmax(high, mean);
		}
	}
	sheet_add(sheet, "EOD\nset cbrange [%.10g:%.10g]\nmiddle = %.10g\n", low,
	          high > low ? high : low + fmax(1, fabs(low)), (low + high) / 2);
	for (size_t i = 0; i < picture->n_points; i++) {
		const struct study_picture_point *point = &picture->points[i];

		if (isnan(point->means[measure])) {
			sheet_add(sheet, "set label '-' at %g,%g center textcolor rgb '#888888'\n",
			          axis_x(&axes[0], point->values[0]),
			          axis_x(&axes[1], point->values[1]));
		}
	}
}

static void draw_heat(struct sheet *sheet, const struct study_picture *picture, size_t measure,
                      const char *name)
{
	struct axis axes[2];

	axis_init(&axes[0], picture, 0);
	axis_init(&axes[1], picture, 1);
	axes[0].numeric = axes[1].numeric = false; /* cells of one size, whatever the values */
	const bool figures = axes[0].words->len <= MANY_COLUMNS && axes[1].words->len <= MANY_ROWS;

	sheet_begin(sheet, name, picture->title, 640);
	axis_tell(&axes[0], sheet, "x", picture->paths[0]);
	axis_tell(&axes[1], sheet, "y", picture->paths[1]);
	name_measure(sheet, &picture->measures[measure], "cb");
	sheet_add(sheet,
	          "unset grid\nset border 15\nunset key\nset cblabel offset 1.5\n"
	          "set palette defined (0 '#fff7ec', 1 '#fdbb84', 2 '#d7301f', 3 '#4d0000')\n");
	heat_data(sheet, picture, measure, axes);
	sheet_add(sheet,
	          "plot $h using 1:2:($1 - 0.5):($1 + 0.5):($2 - 0.5):($2 + 0.5):3 with boxxyerror "
	          "fill solid 1 noborder lc palette%s\n",
	          figures ? ", $h using 1:2:(sprintf('%.4g', $3)):($3 > middle ? 0xffffff : "
	                    "0x222222) with labels tc rgb variable"
	                  : "");
	sheet_end(sheet);
	axis_clear(&axes[0]);
	axis_clear(&axes[1]);
}

/* --- Pareto --- */

enum { /* pixels of the plot itself, about, and of a letter */
       PLOT_WIDTH = 1070,
       PLOT_HEIGHT = 480,
       LETTER_WIDTH = 8,
};

struct shown { /* what an axis shows */
	double from, to;
};

static struct shown shown_of(const struct study_picture *picture, size_t measure)
{
	const double scale = picture->measures[measure].scale;
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < picture->n_points; i++) {
		const struct study_picture_point *point = &picture->points[i];
		const double half = isnan(point->halves[measure]) ? 0 : point->halves[measure];

		low = fmin(low, (point->means[measure] - half) * scale); /* NaN never wins */
		high = fmax(high, (point->means[measure] + half) * scale);
	}
	const double margin = high > low ? 0.08 * (high - low) : fmax(1, 0.02 * fabs(high));

	return (struct shown){low - margin, high + margin};
}

/* What a point stands for; one label for all that lie at the same place. */
static char *front_text(const struct study_picture *picture, const GArray *places, unsigned first,
                        const double *x, const double *y)
{
	const size_t point = g_array_index(places, struct place, first).point;
	g_autofree char *text = g_strjoinv(", ", picture->points[point].values);
	unsigned alike = 0;

	for (unsigned i = 0; i < places->len; i++) {
		const size_t other = g_array_index(places, struct place, i).point;

		if (x[other] == x[point] && y[other] == y[point]) {
			if (i < first) {
				return NULL; /* it has been named */
			}
			alike += i != first;
		}
	}
	return alike ? g_strdup_printf("%s and %u alike", text, alike) : g_strdup(text);
}

static void label_front(struct sheet *sheet, const struct study_picture *picture,
                        const GArray *front, const double *x, const double *y,
                        const struct shown shown[2])
{
	const double across = (shown[0].to - shown[0].from) / PLOT_WIDTH;
	const double up = (shown[1].to - shown[1].from) / PLOT_HEIGHT;
	g_autofree struct front_label *labels = g_new0(struct front_label, front->len + 1);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < front->len; i++) {
		const size_t point = g_array_index(front, struct place, i).point;
		char *text = front_text(picture, front, i, x, y);

		if (text) {
			labels[texts->len] = (struct front_label){
			    .x = (x[point] - shown[0].from) / across,
			    .y = (y[point] - shown[1].from) / up,
			    .width = LETTER_WIDTH * (double)g_utf8_strlen(text, -1),
			};
			g_ptr_array_add(texts, text);
		}
	}
	study_front_place(labels, texts->len, PLOT_WIDTH, PLOT_HEIGHT);
	for (unsigned i = 0; i < texts->len; i++) {
		g_autofree char *text = sheet_quote(texts->pdata[i]);
		const bool before = labels[i].left < labels[i].x; /* its end is at the point */

		if (labels[i].placed) {
			sheet_add(
			    sheet,
			    "set label \"%s\" at %.10g,%.10g %s font ',10' noenhanced front\n",
			    text,
			    shown[0].from +
				across * (labels[i].left + (before ? labels[i].width : 0)),
			    shown[1].from + up * labels[i].middle, before ? "right" : "left");
		}
	}
}

/* A block of data: a line a point, with the ends of its intervals. */
static void front_data(struct sheet *sheet, const struct study_picture *picture, const char *name,
                       const GArray *places, const size_t measures[2])
{
	sheet_add(sheet, "$%s << EOD\n", name);
	for (unsigned i = 0; i < places->len; i++) {
		const struct study_picture_point *point =
		    &picture->points[g_array_index(places, struct place, i).point];
		double v[2], h[2];

		for (int k = 0; k < 2; k++) {
			const double half = point->halves[measures[k]];

			v[k] = point->means[measures[k]] * picture->measures[measures[k]].scale;
			h[k] = isnan(half) ? 0 : half * picture->measures[measures[k]].scale;
		}
		sheet_add(sheet, "%.10g %.10g %.10g %.10g %.10g %.10g\n", v[0], v[1], v[0] - h[0],
		          v[0] + h[0], v[1] - h[1], v[1] + h[1]);
	}
	sheet_add(sheet, "NaN NaN NaN NaN NaN NaN\nEOD\n");
}

static void draw_pareto(struct sheet *sheet, const struct study_picture *picture, size_t cost,
                        size_t lateness, const char *name)
{
	const size_t n = picture->n_points;
	const size_t measures[2] = {cost, lateness};
	const struct shown shown[2] = {shown_of(picture, cost), shown_of(picture, lateness)};
	g_autofree double *x = g_new(double, n + 1);
	g_autofree double *y = g_new(double, n + 1);
	g_autoptr(GArray) on = g_array_new(FALSE, FALSE, sizeof(struct place));
	g_autoptr(GArray) behind = g_array_new(FALSE, FALSE, sizeof(struct place));

	for (size_t i = 0; i < n; i++) {
		x[i] = picture->points[i].means[cost] * picture->measures[cost].scale;
		y[i] = picture->points[i].means[lateness] * picture->measures[lateness].scale;
	}
	g_autofree bool *front = study_front(x, y, n);

	for (size_t i = 0; i < n; i++) {
		const struct place place = {x[i], i};

		if (!isnan(x[i]) && !isnan(y[i])) {
			g_array_append_val(front[i] ? on : behind, place);
		}
	}
	g_array_sort(on, by_x);
	sheet_begin(sheet, name, picture->title, 620);
	name_measure(sheet, &picture->measures[cost], "x");
	name_measure(sheet, &picture->measures[lateness], "y");
	sheet_add(sheet, "set xrange [%.10g:%.10g]\nset yrange [%.10g:%.10g]\n", shown[0].from,
	          shown[0].to, shown[1].from, shown[1].to);
	label_front(sheet, picture, on, x, y, shown);
	front_data(sheet, picture, "behind", behind, measures);
	front_data(sheet, picture, "front", on, measures);
	g_autofree char *paths = g_strjoinv(", ", (GStrv)picture->paths);
	g_autofree char *names = sheet_quote(paths);

	sheet_add(sheet,
	          "plot $behind using 1:2:3:4:5:6 with xyerrorbars ps 0 lc rgb '#dddddd' notitle,"
	          " $front using 1:2:3:4:5:6 with xyerrorbars ps 0 lc rgb '#e8b48c' notitle,"
	          " $behind using 1:2 with points pt 7 ps 0.7 lc rgb '#999999' title 'others',"
	          " $front using 1:2 with steps lw 2 lc rgb '#D55E00' notitle,"
	          " $front using 1:2 with points pt 7 ps 1.1 lc rgb '#D55E00' title"
	          " \"none is both cheaper and less late (%s)\" noenhanced\n",
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
