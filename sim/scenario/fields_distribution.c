/* fields_distribution.c - the notations of a random duration, and the files that carry
 * observations. */

#include "kube/quantity.h"
#include "scenario/fields.h"

#include <math.h>
#include <string.h>

typedef struct distribution *(*read_shape)(struct reader *reader, const struct doc *value);

static struct distribution *read_constant(struct reader *reader, const struct doc *value)
{
	sim_time length;

	if (!fields_duration_of(reader, value, "constant", 0, &length)) {
		return NULL;
	}
	return distribution_constant((double)length);
}

/* The field @key, which must be there. */
static bool needs(struct reader *reader, const struct doc *map, const char *what, const char *key)
{
	if (doc_get(map, key)) {
		return true;
	}
	fields_fault(reader, map, "`%s` needs `%s`", what, key);
	return false;
}

static bool read_mean(struct reader *reader, const struct doc *map, const char *what, double *mean)
{
	sim_time length;

	if (!needs(reader, map, what, "mean") ||
	    !fields_duration(reader, map, "mean", 1, &length)) {
		return false;
	}
	*mean = (double)length;
	return true;
}

static struct distribution *read_exponential(struct reader *reader, const struct doc *map)
{
	static const char *const known[] = {"mean", NULL};
	double mean;

	if (!fields_map(reader, map, "exponential", known) ||
	    !read_mean(reader, map, "exponential", &mean)) {
		return NULL;
	}
	return distribution_exponential(mean);
}

static struct distribution *read_gamma(struct reader *reader, const struct doc *map)
{
	static const char *const known[] = {"mean", "shape", NULL};
	double mean, shape;

	if (!fields_map(reader, map, "gamma", known) || !read_mean(reader, map, "gamma", &mean) ||
	    !needs(reader, map, "gamma", "shape") ||
	    !fields_number(reader, map, "shape", 0.01, 1e6, &shape)) {
		return NULL;
	}
	return distribution_gamma(mean, shape);
}

static struct distribution *read_lognormal(struct reader *reader, const struct doc *map)
{
	static const char *const known[] = {"mean", "p99", "sigma", NULL};
	double mean, sigma;
	sim_time p99;
	bool possible;

	if (!fields_map(reader, map, "lognormal", known) ||
	    !read_mean(reader, map, "lognormal", &mean)) {
		return NULL;
	}
	if (!doc_get(map, "p99") == !doc_get(map, "sigma")) {
		fields_fault(reader, map, "`lognormal` needs either `p99` or `sigma`");
		return NULL;
	}
	if (doc_get(map, "sigma")) {
		return fields_number(reader, map, "sigma", 1e-6, 10, &sigma)
		           ? distribution_lognormal(mean, sigma)
		           : NULL;
	}
	if (!fields_duration(reader, map, "p99", 1, &p99)) {
		return NULL;
	}
	struct distribution *d = distribution_lognormal_p99(mean, (double)p99, &possible);

	if (!d) {
		fields_fault(
		    reader, doc_get(map, "p99"),
		    "no lognormal distribution has this `mean` and this `p99`: p99 must lie "
		    "above the mean, and at most about 15 times as high");
	}
	return d;
}

static struct distribution *read_uniform(struct reader *reader, const struct doc *value)
{
	sim_time ends[2];

	if (doc_kind_of(value) != DOC_LIST || doc_length(value) != 2) {
		fields_fault(reader, value,
		             "`uniform` must be a list of two durations, [low, high]");
		return NULL;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!fields_duration_of(reader, doc_at(value, i), "uniform", 0, &ends[i])) {
			return NULL;
		}
	}
	if (ends[0] > ends[1]) {
		fields_fault(reader, value, "`uniform`: %s lies above %s",
		             doc_text(doc_at(value, 0)), doc_text(doc_at(value, 1)));
		return NULL;
	}
	return distribution_uniform((double)ends[0], (double)ends[1]);
}

static struct distribution *read_empirical(struct reader *reader, const struct doc *value)
{
	static const double milliseconds[] = {1e6};
	g_autoptr(GArray) values = NULL;

	if (doc_kind_of(value) == DOC_LIST) {
		values = g_array_new(FALSE, FALSE, sizeof(double));
		for (size_t i = 0; i < doc_length(value); i++) {
			sim_time length;

			if (!fields_duration_of(reader, doc_at(value, i), "empirical", 0,
			                        &length)) {
				return NULL;
			}
			double observed = (double)length;

			g_array_append_val(values, observed);
		}
	} else {
		values = fields_csv(reader, value, 1, milliseconds);
	}
	for (unsigned i = 0; values && i < values->len; i++) {
		if (g_array_index(values, double, i) < 0) {
			fields_fault(reader, value, "`empirical` has a negative duration");
			return NULL;
		}
	}
	if (values && values->len == 0) {
		fields_fault(reader, value, "`empirical` needs at least one duration");
		return NULL;
	}
	return values ? distribution_empirical((const double *)values->data, values->len) : NULL;
}

bool fields_distribution(struct reader *reader, const struct doc *map, const char *key,
                         struct distribution **value)
{
	static const char *const names[] = {"constant", "exponential", "gamma", "lognormal",
	                                    "uniform",  "empirical",   NULL};
	static const read_shape shapes[] = {read_constant,  read_exponential, read_gamma,
	                                    read_lognormal, read_uniform,     read_empirical};
	const struct doc *found = doc_get(map, key);
	struct distribution *d = NULL;

	if (doc_kind_of(found) == DOC_NULL) {
		return false;
	}
	if (doc_kind_of(found) != DOC_MAP) {
		sim_time length;

		if (!fields_duration_of(reader, found, key, 0, &length)) {
			return false;
		}
		d = distribution_constant((double)length);
	} else if (doc_length(found) != 1) {
		fields_fault(reader, found,
		             "`%s` must be a duration, or a map with one key such as {exponential: "
		             "{mean: 5ms}}",
		             key);
	} else if (fields_map(reader, found, key, names)) {
		for (size_t i = 0; names[i]; i++) {
			if (g_str_equal(names[i], doc_key_at(found, 0))) {
				d = shapes[i](reader, doc_value_at(found, 0));
			}
		}
	}
	if (!d) {
		return false;
	}
	if (*value) {
		distribution_unref(*value);
	}
	*value = d;
	return true;
}

/* One value of a row. */
static bool read_cell(const char *text, double scale, double *value)
{
	char *end = NULL;
	int64_t nanoseconds;

	*value = g_ascii_strtod(text, &end) * scale;
	if (end != text && !*end) {
		return fabs(*value) < 9.2e18; /* fits into nanoseconds of 64 bits; NaN does not */
	}
	if (!duration_parse(text, &nanoseconds)) {
		return false;
	}
	*value = (double)nanoseconds;
	return true;
}

GArray *fields_csv(struct reader *reader, const struct doc *name, unsigned columns,
                   const double *scale)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
	g_autofree char *text = NULL;
	GError *error = NULL;

	if (!doc_string(name) || !*doc_string(name)) {
		fields_fault(reader, name, "expected the name of a CSV file");
		return NULL;
	}
	g_autofree char *path = fields_path(reader, doc_string(name));

	if (!g_file_get_contents(path, &text, NULL, &error)) {
		fields_fault(reader, name, "%s", error->message);
		g_error_free(error);
		return NULL;
	}
	if (!g_utf8_validate(text, -1, NULL)) {
		fields_fault(reader, name, "%s is no text in UTF-8", path);
		return NULL;
	}
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (unsigned i = 0; lines[i]; i++) {
		const char *line = g_strstrip(lines[i]);
		g_auto(GStrv) cells = g_strsplit(line, ",", -1);
		double row[4];
		bool good = g_strv_length(cells) == columns;

		if (!*line || *line == '#') {
			continue;
		}
		for (unsigned c = 0; good && c < columns; c++) {
			good = read_cell(g_strstrip(cells[c]), scale[c], &row[c]);
		}
		if (good) {
			g_array_append_vals(values, row, columns);
		} else if (i > 0) {
			fields_fault(reader, name,
			             "%s:%u: expected %u number%s or duration%s, not '%s'", path,
			             i + 1, columns, columns == 1 ? "" : "s",
			             columns == 1 ? "" : "s", line);
			return NULL;
		}
	}
	return g_steal_pointer(&values);
}
