/* study_vary.c - what varies: a grid, a list of settings, or a random sample. */

#include "study/study_private.h"

#include "engine/mathematics.h"
#include "engine/random.h"

#include <math.h>
#include <string.h>

#define MOST_SETTINGS 1000000

struct range {                 /* {from: 100m, to: 2000m, step: 100m, scale: log} */
	double from, to, step; /* step 0: none */
	bool whole, logarithmic;
	char *suffix; /* of both ends: "", "ms", "m", "Gi" */
};

struct dimension {         /* the values of one path */
	GPtrArray *values; /* struct doc *, owned; NULL: a range without steps */
	struct range range;
	struct doc_location where;
};

static void dimension_clear(void *data)
{
	struct dimension *dimension = data;

	g_clear_pointer(&dimension->values, g_ptr_array_unref);
	g_free(dimension->range.suffix);
}

/* --- paths --- */

static void add_path(struct reader *reader, struct study *study, const char *text,
                     struct doc_location where)
{
	GError *error = NULL;
	g_autoptr(setting) s = setting_parse(text, &error);

	if (!s) {
		fields_fault_at(reader, where, "%s", error->message);
		g_error_free(error);
		return;
	}
	if (s->value) {
		fields_fault_at(reader, where,
		                "'%s': a path only; its values stand after the colon", text);
	}
	study->paths = g_renew(struct study_path, study->paths, study->n_paths + 1);
	study->paths[study->n_paths++] = (struct study_path){
	    .text = g_strdup(text),
	    .label = g_strdup(s->steps[s->n_steps - 1].key),
	    .where = where,
	};
}

/* The last @n steps of a path: "readinessProbe.periodSeconds". */
static char *last_steps(const char *text, size_t n)
{
	g_autoptr(setting) s = setting_parse(text, NULL);
	GString *label = g_string_new(NULL);

	for (size_t i = s && s->n_steps > n ? s->n_steps - n : 0; s && i < s->n_steps; i++) {
		const struct setting_step *step = &s->steps[i];

		g_string_append_printf(label,
		                       step->item   ? "[%s]"
		                       : label->len ? ".%s"
		                                    : "%s",
		                       step->key);
	}
	return g_string_free(label, FALSE);
}

/* Paths that end alike are told by more of their steps, or by all there is. */
static void label_paths(struct study *study)
{
	for (size_t i = 0; i < study->n_paths; i++) {
		bool alike = false, alike_too = false;
		g_autofree char *two = last_steps(study->paths[i].text, 2);

		for (size_t k = 0; k < study->n_paths; k++) {
			g_autofree char *one_of = last_steps(study->paths[k].text, 1);
			g_autofree char *two_of = last_steps(study->paths[k].text, 2);
			g_autofree char *own = last_steps(study->paths[i].text, 1);

			alike |= k != i && g_str_equal(own, one_of);
			alike_too |= k != i && g_str_equal(two, two_of);
		}
		if (alike) {
			g_free(study->paths[i].label);
			study->paths[i].label =
			    alike_too ? g_strdup(study->paths[i].text) : g_steal_pointer(&two);
		}
	}
}

/* --- values of a path --- */

/* A number and the letters after it. */
static bool split_number(const struct doc *doc, double *number, char **suffix)
{
	const char *text = doc_text(doc);
	char *end;

	if (!text) {
		return false;
	}
	*number = g_ascii_strtod(text, &end);
	if (end == text || !isfinite(*number) ||
	    strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%/") != strlen(end)) {
		return false;
	}
	*suffix = g_strdup(end);
	return true;
}

/* As a value of YAML: a number, or text such as "250m". */
static struct doc *range_value(const struct range *range, double number, struct doc_location where)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];
	struct doc *value;

	if (range->whole) {
		number = floor(number + 0.5);
		g_snprintf(digits, sizeof(digits), "%.0f", number);
	} else {
		g_ascii_formatd(digits, sizeof(digits), "%.4g", number);
	}
	if (*range->suffix) {
		g_autofree char *text = g_strconcat(digits, range->suffix, NULL);

		value = doc_new_string(text);
	} else {
		value = range->whole ? doc_new_int((int64_t)number)
		                     : doc_new_float(g_ascii_strtod(digits, NULL));
	}
	doc_set_where(value, where);
	return value;
}

static bool range_end(struct reader *reader, const struct doc *map, const char *key, double *number,
                      struct range *range)
{
	const struct doc *doc = doc_get(map, key);
	g_autofree char *suffix = NULL;

	if (!doc) {
		fields_fault(reader, map, "a range needs `from` and `to`");
		return false;
	}
	if (!split_number(doc, number, &suffix)) {
		fields_fault(reader, doc, "`%s` of a range is a number with or without a unit",
		             key);
		return false;
	}
	if (range->suffix && !g_str_equal(range->suffix, suffix)) {
		fields_fault(reader, doc, "`from`, `to` and `step` must have the same unit");
		return false;
	}
	range->whole = range->whole && *number == floor(*number) && fabs(*number) < 1e15;
	if (!range->suffix) {
		range->suffix = g_steal_pointer(&suffix);
	}
	return true;
}

static void unroll_range(struct reader *reader, const struct doc *map, struct dimension *dimension)
{
	const struct range *range = &dimension->range;
	const double steps = floor((range->to - range->from) / range->step + 1e-9);

	if (!(range->step > 0) || steps >= MOST_SETTINGS) {
		fields_fault(reader, doc_get(map, "step"),
		             "`step` must be positive and give at most %d values", MOST_SETTINGS);
		return;
	}
	dimension->values = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	for (double i = 0; i <= steps; i++) {
		g_ptr_array_add(dimension->values,
		                range_value(range, range->from + i * range->step, doc_where(map)));
	}
}

static void read_range(struct reader *reader, const struct doc *map, struct dimension *dimension)
{
	static const char *const known[] = {"from", "to", "step", "scale", NULL};
	static const char *const scales[] = {"linear", "log", NULL};
	struct range *range = &dimension->range;
	int scale = 0;

	range->whole = true;
	if (!fields_map(reader, map, "a range", known) ||
	    !range_end(reader, map, "from", &range->from, range) ||
	    !range_end(reader, map, "to", &range->to, range)) {
		return;
	}
	fields_word(reader, map, "scale", scales, &scale);
	range->logarithmic = scale == 1;
	if (range->from >= range->to) {
		fields_fault(reader, map, "the range is empty: `to` must be more than `from`");
	} else if (range->logarithmic && range->from <= 0) {
		fields_fault(reader, map, "a range with `scale: log` must be positive");
	} else if (doc_get(map, "step") && range_end(reader, map, "step", &range->step, range)) {
		unroll_range(reader, map, dimension);
	}
}

static void read_values(struct reader *reader, const struct doc *list, const char *path,
                        struct dimension *dimension)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	dimension->values = g_ptr_array_new_with_free_func((GDestroyNotify)doc_free);
	if (doc_length(list) == 0) {
		fields_fault(reader, list, "`%s` has no values", path);
	}
	for (size_t i = 0; i < doc_length(list); i++) {
		if (!g_hash_table_add(seen, doc_to_json(doc_at(list, i), 0))) {
			fields_fault(reader, doc_at(list, i), "`%s` has this value twice", path);
		}
		g_ptr_array_add(dimension->values, doc_copy(doc_at(list, i)));
	}
}

/* --- grid and sample --- */

static size_t grid_size(const GArray *dimensions)
{
	double size = 1;

	for (unsigned i = 0; i < dimensions->len; i++) {
		const GPtrArray *values = g_array_index(dimensions, struct dimension, i).values;

		size *= values ? values->len : INFINITY;
	}
	return size > MOST_SETTINGS ? MOST_SETTINGS + 1 : (size_t)size;
}

/* All combinations; the last path changes fastest. */
static void add_grid(struct study *study, const GArray *dimensions, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		struct doc **values = g_new0(struct doc *, dimensions->len + 1);
		size_t rest = n;

		for (unsigned i = dimensions->len; i-- > 0;) {
			const GPtrArray *list =
			    g_array_index(dimensions, struct dimension, i).values;

			values[i] = doc_copy(list->pdata[rest % list->len]);
			rest /= list->len;
		}
		study_add_setting(study, values);
	}
}

static struct doc *draw(const struct random_stream *stream, const struct dimension *dimension,
                        unsigned path, uint64_t ordinal)
{
	const struct range *range = &dimension->range;
	const double u = random_uniform(stream, path, ordinal);
	double low = range->from, high = range->to;

	if (dimension->values) {
		return doc_copy(dimension->values->pdata[random_below(stream, path, ordinal,
		                                                      dimension->values->len)]);
	}
	if (range->whole && !range->logarithmic) { /* each whole number alike */
		return range_value(range, floor(low + u * (high - low + 1)), dimension->where);
	}
	const double number =
	    range->logarithmic
		? low * mathematics_exp(u * (mathematics_log(high) - mathematics_log(low)))
		: low + u * (high - low);

	return range_value(range, number, dimension->where);
}

/* @count different settings at random; all there are when there are no more. */
static void add_sample(struct study *study, const GArray *dimensions, size_t count, uint64_t seed)
{
	const struct random_stream stream = random_stream_of(seed, RANDOM_SETTING);
	const size_t size = grid_size(dimensions);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (size <= count) {
		add_grid(study, dimensions, size);
		return;
	}
	for (uint64_t ordinal = 0; study->n_settings < count && ordinal < 100 * count; ordinal++) {
		struct doc **values = g_new0(struct doc *, dimensions->len + 1);

		for (unsigned i = 0; i < dimensions->len; i++) {
			values[i] = draw(&stream, &g_array_index(dimensions, struct dimension, i),
			                 i, ordinal);
		}
		if (g_hash_table_add(seen, study_setting_key(study, values))) {
			study_add_setting(study, values);
		} else {
			for (unsigned i = 0; i < dimensions->len; i++) {
				doc_free(values[i]);
			}
			g_free(values);
		}
	}
}

/* `sample: 200` or `sample: {count: 200, seed: 3}`; false when there is none. */
static bool read_sample(struct reader *reader, const struct doc *spec, int *count, int *seed)
{
	static const char *const known[] = {"count", "seed", NULL};
	const struct doc *sample = doc_get(spec, "sample");

	*count = 0;
	*seed = 1;
	if (!sample) {
		return false;
	}
	if (doc_kind_of(sample) != DOC_MAP) {
		fields_int(reader, spec, "sample", 1, MOST_SETTINGS, count);
		return true;
	}
	fields_map(reader, sample, "sample", known);
	if (!doc_get(sample, "count")) {
		fields_fault(reader, sample, "`sample` needs `count`");
	}
	fields_int(reader, sample, "count", 1, MOST_SETTINGS, count);
	fields_int(reader, sample, "seed", 0, G_MAXINT, seed);
	return true;
}

static void read_dimensions(struct reader *reader, const struct doc *vary, bool sampled,
                            struct study *study, GArray *dimensions)
{
	for (size_t i = 0; i < doc_length(vary); i++) {
		const struct doc *values = doc_value_at(vary, i);
		const char *path = doc_key_at(vary, i);
		struct dimension dimension = {.where = doc_where(values)};

		add_path(reader, study, path, doc_key_where(vary, i));
		if (doc_kind_of(values) == DOC_LIST) {
			read_values(reader, values, path, &dimension);
		} else if (doc_kind_of(values) == DOC_MAP) {
			read_range(reader, values, &dimension);
			if (!sampled && !doc_get(values, "step")) {
				fields_fault(reader, values,
				             "a grid needs a list of values, or a range with "
				             "`step`; `sample` draws from a range");
			}
		} else {
			fields_fault(reader, values,
			             "the values of `%s` must be a list or a range, not %s", path,
			             doc_kind_name(doc_kind_of(values)));
		}
		g_array_append_val(dimensions, dimension);
	}
}

static void read_map(struct reader *reader, const struct doc *spec, struct study *study)
{
	const struct doc *vary = doc_get(spec, "vary");
	g_autoptr(GArray) dimensions = g_array_new(FALSE, FALSE, sizeof(struct dimension));
	int count, seed;
	const bool sampled = read_sample(reader, spec, &count, &seed);

	g_array_set_clear_func(dimensions, dimension_clear);
	read_dimensions(reader, vary, sampled, study, dimensions);
	study->is_grid = !sampled;
	if (dimensions->len == 0) {
		fields_fault(reader, vary, "`vary` names nothing");
	} else if (reader->faults->len > 0) {
		return;
	} else if (sampled) {
		add_sample(study, dimensions, (size_t)count, (uint64_t)seed);
	} else if (grid_size(dimensions) > MOST_SETTINGS) {
		fields_fault(reader, vary,
		             "the grid has more than %d settings; `sample` draws some",
		             MOST_SETTINGS);
	} else {
		add_grid(study, dimensions, grid_size(dimensions));
	}
}

/* --- list --- */

static size_t path_index(const struct study *study, const char *text)
{
	for (size_t i = 0; i < study->n_paths; i++) {
		if (g_str_equal(study->paths[i].text, text)) {
			return i;
		}
	}
	return SIZE_MAX;
}

static void read_entry(struct reader *reader, const struct doc *entry, struct study *study)
{
	struct doc **values = g_new0(struct doc *, study->n_paths + 1);

	for (size_t i = 0; i < doc_length(entry); i++) {
		const size_t path = path_index(study, doc_key_at(entry, i));

		if (path != SIZE_MAX) {
			values[path] = doc_copy(doc_value_at(entry, i));
		}
	}
	g_autofree char *key = study_setting_key(study, values);

	if (study_find_setting(study, key) != STUDY_NO_SETTING) {
		fields_fault(reader, entry, "this setting stands in the list twice");
	}
	study_add_setting(study, values);
}

static void read_list(struct reader *reader, const struct doc *spec, struct study *study)
{
	const struct doc *vary = doc_get(spec, "vary");

	if (doc_get(spec, "sample")) {
		fields_fault(reader, doc_get(spec, "sample"),
		             "`sample` draws from a map of paths; `vary` is a list of settings");
	}
	if (doc_length(vary) == 0) {
		fields_fault(reader, vary, "`vary` names nothing");
	}
	for (size_t i = 0; i < doc_length(vary); i++) {
		const struct doc *entry = doc_at(vary, i);

		if (doc_kind_of(entry) != DOC_MAP) {
			fields_fault(reader, entry,
			             "a setting must be a map of paths to values, not %s",
			             doc_kind_name(doc_kind_of(entry)));
			continue;
		}
		for (size_t k = 0; k < doc_length(entry); k++) {
			if (path_index(study, doc_key_at(entry, k)) == SIZE_MAX) {
				add_path(reader, study, doc_key_at(entry, k),
				         doc_key_where(entry, k));
			}
		}
	}
	for (size_t i = 0; i < doc_length(vary) && reader->faults->len == 0; i++) {
		read_entry(reader, doc_at(vary, i), study);
	}
}

void study_read_vary(struct reader *reader, const struct doc *spec, struct study *study)
{
	const struct doc *vary = doc_get(spec, "vary");

	if (!vary) {
		fields_fault(reader, spec, "`spec` needs `vary`, the settings to try");
	} else if (doc_kind_of(vary) == DOC_MAP) {
		read_map(reader, spec, study);
	} else if (doc_kind_of(vary) == DOC_LIST) {
		read_list(reader, spec, study);
	} else {
		fields_fault(reader, vary,
		             "`vary` must be a map of paths or a list of settings, not %s",
		             doc_kind_name(doc_kind_of(vary)));
	}
	label_paths(study);
}
