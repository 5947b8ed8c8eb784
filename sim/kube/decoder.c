#include "kube/decoder.h"

#include "kube/quantity.h"

#include <stdarg.h>
#include <string.h>

struct fault {
	struct doc_location where;
	guint order;
	char *text;
};

static void fault_free(void *data)
{
	struct fault *found = data;

	g_free(found->text);
	g_free(found);
}

void decoder_init(struct decoder *decoder, const struct release *release)
{
	decoder->faults = g_ptr_array_new_with_free_func(fault_free);
	decoder->release = release;
}

void decoder_clear(struct decoder *decoder)
{
	g_clear_pointer(&decoder->faults, g_ptr_array_unref);
}

static int compare_faults(const void *a, const void *b)
{
	const struct fault *x = *(struct fault *const *)a, *y = *(struct fault *const *)b;

	if (x->where.line != y->where.line) {
		return x->where.line < y->where.line ? -1 : 1;
	}
	if (x->where.column != y->where.column) {
		return x->where.column < y->where.column ? -1 : 1;
	}
	return x->order < y->order ? -1 : 1;
}

static char *fault_to_string(const struct fault *found)
{
	if (found->where.file == NULL) {
		return g_strdup(found->text);
	}
	return g_strdup_printf("%s:%u:%u: %s", found->where.file, found->where.line,
	                       found->where.column, found->text);
}

bool decoder_finish(struct decoder *decoder, GPtrArray *faults, GError **error)
{
	if (decoder->faults->len == 0) {
		return true;
	}
	g_ptr_array_sort(decoder->faults, compare_faults);
	for (guint i = 0; faults != NULL && i < decoder->faults->len; i++) {
		g_ptr_array_add(faults, fault_to_string(decoder->faults->pdata[i]));
	}
	if (faults == NULL) {
		const struct fault *first = decoder->faults->pdata[0];

		doc_error_at_place(error, first->where, "%s", first->text);
	}
	return false;
}

struct place place_of(const struct doc *root)
{
	return (struct place){.doc = root};
}

struct place place_field(const struct place *map, const char *key)
{
	return (struct place){.parent = map, .doc = doc_get(map->doc, key), .key = key};
}

struct place place_item(const struct place *list, size_t index)
{
	return (struct place){.parent = list, .doc = doc_at(list->doc, index), .index = index};
}

static void append_path(GString *out, const struct place *at)
{
	if (at->parent == NULL) {
		g_string_append(out, at->key != NULL ? at->key : "");
		return;
	}
	append_path(out, at->parent);
	if (at->key == NULL) {
		g_string_append_printf(out, "[%zu]", at->index);
	} else if (strpbrk(at->key, "./") != NULL) {
		g_string_append_printf(out, "[%s]", at->key);
	} else {
		g_string_append_printf(out, "%s%s", out->len > 0 ? "." : "", at->key);
	}
}

static void add_fault(struct decoder *decoder, const struct place *at, struct doc_location where,
                      const char *format, va_list arguments)
{
	struct fault *found = g_new0(struct fault, 1);
	GString *text = g_string_new(NULL);

	append_path(text, at);
	if (text->len > 0) {
		g_string_append(text, ": ");
	}
	g_string_append_vprintf(text, format, arguments);
	found->where = where;
	found->order = decoder->faults->len;
	found->text = g_string_free(text, FALSE);
	g_ptr_array_add(decoder->faults, found);
}

void fault(struct decoder *decoder, const struct place *at, const char *format, ...)
{
	const struct place *placed = at;
	va_list arguments;

	while (doc_where(placed->doc).file == NULL && placed->parent != NULL) {
		placed = placed->parent;
	}
	va_start(arguments, format);
	add_fault(decoder, at, doc_where(placed->doc), format, arguments);
	va_end(arguments);
}

void fault_at(struct decoder *decoder, const struct place *at, struct doc_location where,
              const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_fault(decoder, at, where, format, arguments);
	va_end(arguments);
}

bool fault_unless_given(struct decoder *decoder, const struct place *at, const char *expected)
{
	const char *text = doc_string(at->doc);

	if (at->doc == NULL) {
		fault(decoder, at, "is missing; expected %s", expected);
		return false;
	}
	if (text != NULL && *text == '\0') {
		fault(decoder, at, "must not be empty; expected %s", expected);
		return false;
	}
	return true;
}

const char *fault_unless_one_of(struct decoder *decoder, const struct place *at,
                                const char *const *known)
{
	const char *text = doc_string(at->doc);

	if (text == NULL) {
		return NULL;
	}
	if (g_strv_contains(known, text)) {
		return g_intern_string(text);
	}
	const char *nearest = doc_nearest(text, known);
	g_autofree char *all = g_strjoinv(", ", (char **)known);

	if (nearest != NULL) {
		fault(decoder, at,
		      "\"%s\" is not supported; expected one of %s (did you mean \"%s\"?)", text,
		      all, nearest);
	} else {
		fault(decoder, at, "\"%s\" is not supported; expected one of %s", text, all);
	}
	return NULL;
}

const char *field_text(const struct place *at, const char *key)
{
	return doc_string(doc_get(at->doc, key));
}

char *field_copy(const struct place *at, const char *key)
{
	return g_strdup(field_text(at, key));
}

int64_t field_int(const struct place *at, const char *key, int64_t fallback)
{
	int64_t value;

	return doc_int(doc_get(at->doc, key), &value) ? value : fallback;
}

bool field_bool(const struct place *at, const char *key, bool fallback)
{
	return doc_bool(doc_get(at->doc, key), fallback);
}

bool field_present(const struct place *at, const char *key)
{
	return doc_get(at->doc, key) != NULL;
}

bool field_quantity(const struct place *at, const char *key, int64_t *milli)
{
	const char *text = doc_text(doc_get(at->doc, key));

	return text != NULL && quantity_parse(text, milli, NULL);
}

int64_t field_int_within(struct decoder *decoder, const struct place *at, const char *key,
                         int64_t fallback, int64_t least, int64_t most)
{
	const struct place field = place_field(at, key);
	int64_t value;

	if (!doc_int(field.doc, &value)) {
		return fallback;
	}
	if (most >= INT32_MAX) {
		/* What does not fit into the type has been told when the types were checked. */
		if (value < least) {
			fault(decoder, &field,
			      "%" G_GINT64_FORMAT
			      " is too small; expected at least %" G_GINT64_FORMAT,
			      (gint64)value, (gint64)least);
		}
	} else if (value < least || value > most) {
		fault(decoder, &field,
		      "%" G_GINT64_FORMAT " is out of range; expected %" G_GINT64_FORMAT
		      " to %" G_GINT64_FORMAT,
		      (gint64)value, (gint64)least, (gint64)most);
	}
	return value;
}

struct string_map *field_string_map(const struct place *at, const char *key)
{
	const struct doc *doc = doc_get(at->doc, key);
	struct string_map *map = NULL;

	for (size_t i = 0; i < doc_length(doc); i++) {
		const char *value = doc_string(doc_value_at(doc, i));

		if (value != NULL) {
			struct string_map *with = string_map_with(map, doc_key_at(doc, i), value);

			string_map_unref(map);
			map = with;
		}
	}
	return map;
}

GStrv field_string_list(const struct place *at, const char *key)
{
	const struct doc *doc = doc_get(at->doc, key);

	if (doc_kind_of(doc) != DOC_LIST) {
		return NULL;
	}
	g_autoptr(GStrvBuilder) items = g_strv_builder_new();

	for (size_t i = 0; i < doc_length(doc); i++) {
		const char *text = doc_string(doc_at(doc, i));

		if (text != NULL) {
			g_strv_builder_add(items, text);
		}
	}
	return g_strv_builder_end(items);
}

/* --- defaults --- */

static struct doc *place_default(struct doc *map, const char *key, struct doc *value)
{
	doc_set_where(value, doc_where(map));
	doc_set(map, key, value);
	return value;
}

static bool is_open(const struct doc *map, const char *key)
{
	return doc_kind_of(map) == DOC_MAP && doc_get(map, key) == NULL;
}

void default_text(struct doc *map, const char *key, const char *text)
{
	if (text != NULL && is_open(map, key)) {
		place_default(map, key, doc_new_string(text));
	}
}

void default_int(struct doc *map, const char *key, int64_t value)
{
	if (is_open(map, key)) {
		place_default(map, key, doc_new_int(value));
	}
}

void default_bool(struct doc *map, const char *key, bool value)
{
	if (is_open(map, key)) {
		place_default(map, key, doc_new_bool(value));
	}
}

struct doc *default_map(struct doc *map, const char *key)
{
	return is_open(map, key) ? place_default(map, key, doc_new_map()) : doc_get(map, key);
}

struct doc *default_list(struct doc *map, const char *key)
{
	return is_open(map, key) ? place_default(map, key, doc_new_list()) : doc_get(map, key);
}

void default_nonzero(struct doc *map, const char *key, int64_t value)
{
	int64_t given;

	if (is_open(map, key) || (doc_int(doc_get(map, key), &given) && given == 0)) {
		place_default(map, key, doc_new_int(value));
	}
}
