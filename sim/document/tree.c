#include "document/tree_private.h"

#include "document/number.h"

#include <math.h>
#include <string.h>

struct doc *doc_new(struct doc_pool *pool, enum doc_kind kind)
{
	struct doc *doc = doc_take(pool, sizeof(struct doc));

	*doc = (struct doc){.kind = kind, .pool = pool};
	return doc;
}

/* A scalar with its text behind it, in one piece of memory. */
static struct doc *new_scalar(struct doc_pool *pool, enum doc_kind kind, const char *text)
{
	const size_t length = text == NULL ? 0 : strlen(text) + 1;
	struct doc *doc = doc_take(pool, sizeof(struct doc) + length);

	*doc = (struct doc){.kind = kind, .pool = pool};
	if (text != NULL) {
		doc->scalar.text = memcpy(doc + 1, text, length);
	}
	return doc;
}

static struct doc *new_bool(struct doc_pool *pool, bool value, const char *text)
{
	struct doc *doc = new_scalar(pool, DOC_BOOL, text);

	doc->scalar.truth = value;
	return doc;
}

static struct doc *new_int(struct doc_pool *pool, int64_t value)
{
	char text[24];

	g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, (gint64)value);
	struct doc *doc = new_scalar(pool, DOC_INT, text);

	doc->scalar.whole = value;
	return doc;
}

struct doc *doc_new_null_as(const char *text)
{
	return new_scalar(NULL, DOC_NULL, text);
}

struct doc *doc_new_bool_as(bool value, const char *text)
{
	return new_bool(NULL, value, text);
}

struct doc *doc_new_int_as(int64_t value, const char *text)
{
	struct doc *doc = new_scalar(NULL, DOC_INT, text);

	doc->scalar.whole = value;
	return doc;
}

struct doc *doc_new_float_as(double value, const char *text)
{
	struct doc *doc = new_scalar(NULL, DOC_FLOAT, text);

	doc->scalar.number = value;
	return doc;
}

struct doc *doc_new_null(void)
{
	return doc_new_null_as("null");
}

struct doc *doc_new_bool(bool value)
{
	return doc_new_bool_as(value, value ? "true" : "false");
}

struct doc *doc_new_int(int64_t value)
{
	return new_int(NULL, value);
}

struct doc *doc_new_float(double value)
{
	if (isnan(value)) {
		return doc_new_float_as(value, ".nan");
	}
	if (isinf(value)) {
		return doc_new_float_as(value, value > 0 ? ".inf" : "-.inf");
	}
	g_autoptr(GString) text = g_string_new(NULL);

	number_append(text, value);
	return doc_new_float_as(value, text->str);
}

struct doc *doc_new_string(const char *text)
{
	return new_scalar(NULL, DOC_STRING, text);
}

struct doc *doc_new_list(void)
{
	return doc_new(NULL, DOC_LIST);
}

struct doc *doc_new_map(void)
{
	return doc_new(NULL, DOC_MAP);
}

struct doc *doc_new_map_in(struct doc_pool *pool)
{
	return doc_new(pool, DOC_MAP);
}

struct doc *doc_copy(const struct doc *doc)
{
	return doc_copy_in(NULL, doc);
}

struct doc *doc_copy_in(struct doc_pool *pool, const struct doc *doc)
{
	if (doc == NULL) {
		return NULL;
	}
	const bool scalar = doc->kind != DOC_LIST && doc->kind != DOC_MAP;
	struct doc *copy =
	    scalar ? new_scalar(pool, doc->kind, doc->scalar.text) : doc_new(pool, doc->kind);

	copy->where = doc->where;
	switch (doc->kind) {
	case DOC_LIST:
		copy->list.items = doc_take(pool, doc->list.n * sizeof(struct doc *));
		copy->list.capacity = doc->list.n;
		for (size_t i = 0; i < doc->list.n; i++) {
			copy->list.items[copy->list.n++] = doc_copy_in(pool, doc->list.items[i]);
		}
		break;
	case DOC_MAP:
		doc_map_copy(copy, doc);
		break;
	case DOC_BOOL:
		copy->scalar.truth = doc->scalar.truth;
		break;
	case DOC_INT:
		copy->scalar.whole = doc->scalar.whole;
		break;
	case DOC_FLOAT:
		copy->scalar.number = doc->scalar.number;
		break;
	case DOC_NULL:
	case DOC_STRING:
		break;
	}
	return copy;
}

struct doc *doc_share(const struct doc *doc)
{
	struct doc *shared = (struct doc *)doc; /* the count is not part of what readers see */

	if (shared != NULL) {
		g_assert(shared->pool == NULL);
		g_atomic_int_inc(&shared->shares);
	}
	return shared;
}

void doc_free(struct doc *doc)
{
	if (doc == NULL || doc->pool != NULL || g_atomic_int_add(&doc->shares, -1) > 0) {
		return;
	}
	switch (doc->kind) {
	case DOC_LIST:
		for (size_t i = 0; i < doc->list.n; i++) {
			doc_free(doc->list.items[i]);
		}
		g_free(doc->list.items);
		break;
	case DOC_MAP:
		doc_map_clear(doc);
		break;
	default: /* the text of a scalar is one with it */
		break;
	}
	g_free(doc);
}

enum doc_kind doc_kind_of(const struct doc *doc)
{
	return doc == NULL ? DOC_NULL : doc->kind;
}

const char *doc_kind_name(enum doc_kind kind)
{
	switch (kind) {
	case DOC_NULL:
		return "nothing";
	case DOC_BOOL:
		return "true or false";
	case DOC_INT:
	case DOC_FLOAT:
		return "a number";
	case DOC_STRING:
		return "a string";
	case DOC_LIST:
		return "a list";
	case DOC_MAP:
		return "a map";
	}
	g_assert_not_reached();
}

struct doc_location doc_where(const struct doc *doc)
{
	return doc == NULL ? (struct doc_location){0} : doc->where;
}

void doc_set_where(struct doc *doc, struct doc_location where)
{
	doc->where = where;
}

const char *doc_text(const struct doc *doc)
{
	if (doc == NULL || doc->kind == DOC_LIST || doc->kind == DOC_MAP) {
		return NULL;
	}
	return doc->scalar.text;
}

const char *doc_string(const struct doc *doc)
{
	return doc != NULL && doc->kind == DOC_STRING ? doc->scalar.text : NULL;
}

bool doc_bool(const struct doc *doc, bool fallback)
{
	return doc != NULL && doc->kind == DOC_BOOL ? doc->scalar.truth : fallback;
}

bool doc_int(const struct doc *doc, int64_t *value)
{
	if (doc != NULL && doc->kind == DOC_INT) {
		*value = doc->scalar.whole;
		return true;
	}
	/* 1e3 and 08 are floats to YAML 1.1, and whole numbers once they have become JSON. */
	if (doc != NULL && doc->kind == DOC_FLOAT && fabs(doc->scalar.number) < 0x1p63 &&
	    floor(doc->scalar.number) == doc->scalar.number) {
		*value = (int64_t)doc->scalar.number;
		return true;
	}
	return false;
}

bool doc_number(const struct doc *doc, double *value)
{
	if (doc != NULL && doc->kind == DOC_INT) {
		*value = (double)doc->scalar.whole;
		return true;
	}
	if (doc != NULL && doc->kind == DOC_FLOAT) {
		*value = doc->scalar.number;
		return true;
	}
	return false;
}

size_t doc_length(const struct doc *doc)
{
	switch (doc_kind_of(doc)) {
	case DOC_LIST:
		return doc->list.n;
	case DOC_MAP:
		return doc->map.n;
	default:
		return 0;
	}
}

struct doc *doc_at(const struct doc *list, size_t index)
{
	return doc_kind_of(list) == DOC_LIST && index < list->list.n ? list->list.items[index]
	                                                             : NULL;
}

void doc_append(struct doc *list, struct doc *item)
{
	doc_insert(list, doc_length(list), item);
}

void doc_insert(struct doc *list, size_t index, struct doc *item)
{
	g_assert(doc_kind_of(list) == DOC_LIST && item != NULL && index <= list->list.n);
	g_assert(list->pool == item->pool);
	if (list->list.n == list->list.capacity) {
		list->list.capacity = MAX(4, 2 * list->list.capacity);
		list->list.items =
		    doc_grow(list->pool, list->list.items, list->list.n * sizeof(struct doc *),
		             list->list.capacity * sizeof(struct doc *));
	}
	memmove(list->list.items + index + 1, list->list.items + index,
	        (list->list.n - index) * sizeof(struct doc *));
	list->list.items[index] = item;
	list->list.n++;
}

void doc_remove_at(struct doc *list, size_t index)
{
	g_assert(doc_kind_of(list) == DOC_LIST && index < list->list.n);
	doc_free(list->list.items[index]);
	list->list.n--;
	memmove(list->list.items + index, list->list.items + index + 1,
	        (list->list.n - index) * sizeof(struct doc *));
}

static bool list_equal(const struct doc *a, const struct doc *b)
{
	if (a->list.n != b->list.n) {
		return false;
	}
	for (size_t i = 0; i < a->list.n; i++) {
		if (!doc_equal(a->list.items[i], b->list.items[i])) {
			return false;
		}
	}
	return true;
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
	if (a == b) {
		return true;
	}
	if (doc_kind_of(a) != doc_kind_of(b)) {
		return false;
	}
	switch (doc_kind_of(a)) {
	case DOC_NULL:
		return true;
	case DOC_BOOL:
		return a->scalar.truth == b->scalar.truth;
	case DOC_INT:
		return a->scalar.whole == b->scalar.whole;
	case DOC_FLOAT:
		return a->scalar.number == b->scalar.number ||
		       (isnan(a->scalar.number) && isnan(b->scalar.number));
	case DOC_STRING:
		return strcmp(a->scalar.text, b->scalar.text) == 0;
	case DOC_LIST:
		return list_equal(a, b);
	case DOC_MAP:
		return doc_map_equal(a, b);
	}
	g_assert_not_reached();
}

/* --- children of the pool that their parent is of --- */

void doc_set_string(struct doc *map, const char *key, const char *text)
{
	if (text != NULL) {
		doc_set(map, key, new_scalar(map->pool, DOC_STRING, text));
	}
}

void doc_set_int(struct doc *map, const char *key, int64_t value)
{
	doc_set(map, key, new_int(map->pool, value));
}

void doc_set_bool(struct doc *map, const char *key, bool value)
{
	doc_set(map, key, new_bool(map->pool, value, value ? "true" : "false"));
}

void doc_set_null(struct doc *map, const char *key)
{
	doc_set(map, key, new_scalar(map->pool, DOC_NULL, "null"));
}

struct doc *doc_set_map(struct doc *map, const char *key)
{
	struct doc *value = doc_new(map->pool, DOC_MAP);

	doc_set(map, key, value);
	return value;
}

struct doc *doc_set_list(struct doc *map, const char *key)
{
	struct doc *value = doc_new(map->pool, DOC_LIST);

	doc_set(map, key, value);
	return value;
}

struct doc *doc_set_copy(struct doc *map, const char *key, const struct doc *source)
{
	struct doc *value = doc_copy_in(map->pool, source);

	doc_set(map, key, value);
	return value;
}

struct doc *doc_add_map(struct doc *list)
{
	struct doc *item = doc_new(list->pool, DOC_MAP);

	doc_append(list, item);
	return item;
}

void doc_add_string(struct doc *list, const char *text)
{
	doc_append(list, new_scalar(list->pool, DOC_STRING, text));
}
