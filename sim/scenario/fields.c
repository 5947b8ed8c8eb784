#include "scenario/fields.h"

#include "kube/quantity.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void fields_init(struct reader *reader, const char *file)
{
	reader->folder = file ? g_path_get_dirname(file) : NULL;
	reader->faults = g_ptr_array_new_with_free_func(g_free);
	reader->seen = g_hash_table_new(g_str_hash, g_str_equal);
}

void fields_clear(struct reader *reader)
{
	g_clear_pointer(&reader->seen, g_hash_table_unref);
	g_clear_pointer(&reader->faults, g_ptr_array_unref);
	g_clear_pointer(&reader->folder, g_free);
}

/* Takes @text. */
static void keep_fault(struct reader *reader, char *text)
{
	if (g_hash_table_contains(reader->seen, text) || reader->faults->len > READER_MOST_FAULTS) {
		g_free(text);
		return;
	}
	if (reader->faults->len == READER_MOST_FAULTS) {
		g_free(text);
		text = g_strdup("and more faults, which are not shown");
	}
	g_ptr_array_add(reader->faults, text);
	g_hash_table_add(reader->seen, text);
}

/* --- order --- */

struct placed { /* a fault and where it stands, for sorting */
	const char *text;
	size_t file_length; /* of the text's part before ":LINE:COLUMN: "; 0: it has no place */
	unsigned file;      /* rank of the file, by its first fault */
	unsigned long line, column;
	unsigned order;
};

static void find_place(struct placed *p)
{
	for (const char *at = p->text; (at = strchr(at, ':')) != NULL; at++) {
		char *end;

		if (!g_ascii_isdigit(at[1])) {
			continue;
		}
		p->line = strtoul(at + 1, &end, 10);
		if (*end == ':' && g_ascii_isdigit(end[1])) {
			p->column = strtoul(end + 1, &end, 10);
			if (g_str_has_prefix(end, ": ")) {
				p->file_length = (size_t)(at - p->text);
				return;
			}
		}
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->file != y->file) {
		return x->file < y->file ? -1 : 1;
	}
	if (x->line != y->line && x->file_length) {
		return x->line < y->line ? -1 : 1;
	}
	if (x->column != y->column && x->file_length) {
		return x->column < y->column ? -1 : 1;
	}
	return x->order < y->order ? -1 : 1;
}

/* The faults in order of their places; files in the order of their first fault. To be freed. */
static struct placed *sorted_faults(const GPtrArray *faults)
{
	struct placed *sorted = g_new0(struct placed, faults->len);

	for (unsigned i = 0; i < faults->len; i++) {
		struct placed *p = &sorted[i];

		p->text = faults->pdata[i];
		p->order = i;
		find_place(p);
		p->file = i;
		for (unsigned k = 0; k < i; k++) {
			if (p->file_length && sorted[k].file_length == p->file_length &&
			    strncmp(sorted[k].text, p->text, p->file_length) == 0) {
				p->file = sorted[k].file;
				break;
			}
		}
	}
	qsort(sorted, faults->len, sizeof(*sorted), compare_places);
	return sorted;
}

bool fields_finish(const struct reader *reader, GError **error)
{
	if (reader->faults->len == 0) {
		return true;
	}
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree struct placed *sorted = sorted_faults(reader->faults);

	for (unsigned i = 0; i < reader->faults->len; i++) {
		g_string_append_printf(text, "%s%s", i ? "\n" : "", sorted[i].text);
	}
	g_set_error_literal(error, DOC_ERROR, DOC_ERROR_INVALID, text->str);
	return false;
}

void fields_fault_error(struct reader *reader, GError *error)
{
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

	for (char **line = lines; *line; line++) {
		keep_fault(reader, g_strdup(*line));
	}
	g_error_free(error);
}

static void fault_valist(struct reader *reader, struct doc_location where, const char *format,
                         va_list arguments)
{
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	GError *error = NULL;

	doc_error_at_place(&error, where, "%s", message);
	fields_fault_error(reader, error);
}

void fields_fault(struct reader *reader, const struct doc *at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fault_valist(reader, doc_where(at), format, arguments);
	va_end(arguments);
}

void fields_fault_at(struct reader *reader, struct doc_location where, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fault_valist(reader, where, format, arguments);
	va_end(arguments);
}

char *fields_suggestion(const char *word, const char *const *known)
{
	const char *nearest = doc_nearest(word, known);

	return nearest ? g_strdup_printf("; did you mean `%s`?", nearest) : g_strdup("");
}

bool fields_map(struct reader *reader, const struct doc *map, const char *what,
                const char *const *known)
{
	bool good = true;

	if (doc_kind_of(map) == DOC_NULL) {
		return true;
	}
	if (doc_kind_of(map) != DOC_MAP) {
		fields_fault(reader, map, "`%s` must be a map, not %s", what,
		             doc_kind_name(doc_kind_of(map)));
		return false;
	}
	for (size_t i = 0; i < doc_length(map); i++) {
		const char *key = doc_key_at(map, i);

		if (!g_strv_contains(known, key)) {
			g_autofree char *suggestion = fields_suggestion(key, known);

			fields_fault_at(reader, doc_key_where(map, i), "`%s` has no field `%s`%s",
			                what, key, suggestion);
			good = false;
		}
	}
	return good;
}

bool fields_list(struct reader *reader, const struct doc *doc, const char *what, size_t least)
{
	if (!doc) {
		return false;
	}
	if (doc_kind_of(doc) != DOC_LIST) {
		fields_fault(reader, doc, "`%s` must be a list, not %s", what,
		             doc_kind_name(doc_kind_of(doc)));
		return false;
	}
	if (doc_length(doc) < least) {
		fields_fault(reader, doc, "`%s` must have at least %zu item%s", what, least,
		             least == 1 ? "" : "s");
		return false;
	}
	return true;
}

/* The value of @key, if there is one that is not null. */
static const struct doc *field(const struct doc *map, const char *key)
{
	const struct doc *value = doc_get(map, key);

	return doc_kind_of(value) == DOC_NULL ? NULL : value;
}

/* The text of a scalar, or a fault that says what was @expected. */
static const char *scalar(struct reader *reader, const struct doc *value, const char *what,
                          const char *expected)
{
	const char *text = doc_text(value);

	if (!text) {
		fields_fault(reader, value, "`%s` must be %s, not %s", what, expected,
		             doc_kind_name(doc_kind_of(value)));
	}
	return text;
}

bool fields_string(struct reader *reader, const struct doc *map, const char *key, char **value)
{
	const struct doc *found = field(map, key);
	const char *text = found ? scalar(reader, found, key, "a string") : NULL;

	if (!text) {
		return false;
	}
	if (!*text) {
		fields_fault(reader, found, "`%s` must not be empty", key);
		return false;
	}
	g_free(*value);
	*value = g_strdup(text);
	return true;
}

bool fields_bool(struct reader *reader, const struct doc *map, const char *key, bool *value)
{
	const struct doc *found = field(map, key);

	if (!found) {
		return false;
	}
	if (doc_kind_of(found) != DOC_BOOL) {
		fields_fault(reader, found, "`%s` must be true or false, not %s", key,
		             doc_kind_name(doc_kind_of(found)));
		return false;
	}
	*value = doc_bool(found, *value);
	return true;
}

bool fields_int(struct reader *reader, const struct doc *map, const char *key, int64_t least,
                int64_t most, int *value)
{
	const struct doc *found = field(map, key);
	int64_t number;

	if (!found) {
		return false;
	}
	if (!doc_int(found, &number)) {
		const char *text = doc_text(found);

		fields_fault(reader, found, "`%s` must be a whole number, not %s", key,
		             text ? text : doc_kind_name(doc_kind_of(found)));
		return false;
	}
	if (number < least || number > most) {
		if (most >= INT32_MAX) {
			fields_fault(reader, found,
			             "`%s` must be at least %" PRId64 ", not %" PRId64, key, least,
			             number);
		} else {
			fields_fault(reader, found,
			             "`%s` must be between %" PRId64 " and %" PRId64
			             ", not %" PRId64,
			             key, least, most, number);
		}
		return false;
	}
	*value = (int)number;
	return true;
}

bool fields_number(struct reader *reader, const struct doc *map, const char *key, double least,
                   double most, double *value)
{
	const struct doc *found = field(map, key);
	double number;

	if (!found) {
		return false;
	}
	if (!doc_number(found, &number)) {
		const char *text = doc_text(found);

		fields_fault(reader, found, "`%s` must be a number, not %s", key,
		             text ? text : doc_kind_name(doc_kind_of(found)));
		return false;
	}
	if (!(number >= least && number <= most)) {
		if (isinf(most)) {
			fields_fault(reader, found, "`%s` must be at least %g, not %s", key, least,
			             doc_text(found));
		} else {
			fields_fault(reader, found, "`%s` must be between %g and %g, not %s", key,
			             least, most, doc_text(found));
		}
		return false;
	}
	*value = number;
	return true;
}

bool fields_instant_of(struct reader *reader, const struct doc *value, const char *what,
                       sim_time *result)
{
	const char *text = scalar(reader, value, what, "a duration such as 90s");
	int64_t nanoseconds;

	if (!text) {
		return false;
	}
	if (!duration_parse(text, &nanoseconds)) {
		double number;

		fields_fault(reader, value,
		             "`%s` must be a duration such as 90s or 1m30s, not '%s'%s", what, text,
		             doc_number(value, &number) ? " (the unit is missing)" : "");
		return false;
	}
	if (llabs(nanoseconds) > 400 * 24 * SIM_HOUR) {
		fields_fault(reader, value, "`%s` must be less than 400 days, not %s", what, text);
		return false;
	}
	*result = nanoseconds;
	return true;
}

bool fields_duration_of(struct reader *reader, const struct doc *value, const char *what,
                        sim_time least, sim_time *result)
{
	sim_time length;

	if (!fields_instant_of(reader, value, what, &length)) {
		return false;
	}
	if (length < least) {
		if (least <= 1) {
			fields_fault(reader, value, "`%s` must %s, not %s", what,
			             least ? "be longer than 0s" : "not be negative",
			             doc_text(value));
		} else {
			g_autofree char *limit = duration_to_string(least);

			fields_fault(reader, value, "`%s` must be at least %s, not %s", what, limit,
			             doc_text(value));
		}
		return false;
	}
	*result = length;
	return true;
}

bool fields_duration(struct reader *reader, const struct doc *map, const char *key, sim_time least,
                     sim_time *value)
{
	const struct doc *found = field(map, key);

	return found && fields_duration_of(reader, found, key, least, value);
}

bool fields_instant(struct reader *reader, const struct doc *map, const char *key, sim_time *value)
{
	const struct doc *found = field(map, key);

	return found && fields_instant_of(reader, found, key, value);
}

bool fields_quantity(struct reader *reader, const struct doc *map, const char *key, int64_t *milli)
{
	const struct doc *found = field(map, key);
	const char *text = found ? scalar(reader, found, key, "a quantity such as 250m") : NULL;
	int64_t amount;

	if (!text) {
		return false;
	}
	if (!quantity_parse(text, &amount, NULL)) {
		fields_fault(reader, found, "`%s` must be a quantity such as 250m or 1Gi, not '%s'",
		             key, text);
		return false;
	}
	if (amount < 0) {
		fields_fault(reader, found, "`%s` must not be negative, not %s", key, text);
		return false;
	}
	*milli = amount;
	return true;
}

bool fields_bytes(struct reader *reader, const struct doc *map, const char *key, int64_t *bytes)
{
	int64_t milli;

	if (!fields_quantity(reader, map, key, &milli)) {
		return false;
	}
	*bytes = milli / 1000;
	return true;
}

bool fields_rate_of(struct reader *reader, const struct doc *value, const char *what,
                    double *per_second)
{
	const char *text = scalar(reader, value, what, "a rate such as 10/s");
	char *end = NULL;

	if (!text) {
		return false;
	}
	double rate = g_ascii_strtod(text, &end);
	bool good = end != text && isfinite(rate);

	if (good && g_str_equal(end, "/m")) {
		rate /= 60;
	} else if (good && g_str_equal(end, "/h")) {
		rate /= 3600;
	} else if (!good || (*end && !g_str_equal(end, "/s"))) {
		fields_fault(reader, value, "`%s` must be a rate such as 10/s or 300/m, not '%s'",
		             what, text);
		return false;
	}
	if (rate < 0) {
		fields_fault(reader, value, "`%s` must not be negative, not %s", what, text);
		return false;
	}
	*per_second = rate;
	return true;
}

bool fields_rate(struct reader *reader, const struct doc *map, const char *key, double *per_second)
{
	const struct doc *found = field(map, key);

	return found && fields_rate_of(reader, found, key, per_second);
}

bool fields_word(struct reader *reader, const struct doc *map, const char *key,
                 const char *const *words, int *index)
{
	const struct doc *found = field(map, key);
	const char *text = found ? scalar(reader, found, key, "a word") : NULL;

	if (!text) {
		return false;
	}
	for (int i = 0; words[i]; i++) {
		if (g_str_equal(words[i], text)) {
			*index = i;
			return true;
		}
	}
	g_autofree char *suggestion = fields_suggestion(text, words);
	g_autofree char *all = g_strjoinv(", ", (GStrv)words);

	fields_fault(reader, found, "`%s` must be %s%s, not '%s'%s", key, words[1] ? "one of " : "",
	             all, text, suggestion);
	return false;
}

struct string_map *fields_labels(struct reader *reader, const struct doc *map, const char *key)
{
	const struct doc *found = field(map, key);
	struct string_map *labels = NULL;

	if (found && doc_kind_of(found) != DOC_MAP) {
		fields_fault(reader, found, "`%s` must be a map, not %s", key,
		             doc_kind_name(doc_kind_of(found)));
		return NULL;
	}
	for (size_t i = 0; i < doc_length(found); i++) {
		const struct doc *value = doc_value_at(found, i);
		const char *text = scalar(reader, value, doc_key_at(found, i), "a string");

		if (text) {
			struct string_map *more =
			    string_map_with(labels, doc_key_at(found, i), text);

			string_map_unref(labels);
			labels = more;
		}
	}
	return labels;
}

char *fields_path(const struct reader *reader, const char *name)
{
	if (g_path_is_absolute(name) || !reader->folder || g_str_equal(reader->folder, ".")) {
		return g_strdup(name);
	}
	return g_build_filename(reader->folder, name, NULL);
}
