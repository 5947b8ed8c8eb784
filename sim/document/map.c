#include "document/tree_private.h"

#include <stdarg.h>
#include <string.h>

/* Maps of objects have a handful of keys, where comparing them all is fastest. */
#define SMALL_MAP 16

static void build_index(struct doc *map)
{
	g_clear_pointer(&map->map.index, g_hash_table_unref);
	if (map->map.n <= SMALL_MAP || map->pool != NULL) {
		return;
	}
	map->map.index = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < map->map.n; i++) {
		g_hash_table_insert(map->map.index, map->map.entries[i].key,
		                    GSIZE_TO_POINTER(i + 1));
	}
}

gssize doc_map_place(const struct doc *map, const char *key)
{
	if (doc_kind_of(map) != DOC_MAP) {
		return -1;
	}
	if (map->map.index != NULL) {
		return (gssize)GPOINTER_TO_SIZE(g_hash_table_lookup(map->map.index, key)) - 1;
	}
	for (size_t i = 0; i < map->map.n; i++) {
		if (strcmp(map->map.entries[i].key, key) == 0) {
			return (gssize)i;
		}
	}
	return -1;
}

void doc_map_add(struct doc *map, const char *key, struct doc_location where, struct doc *value)
{
	g_assert(map->pool == value->pool);
	if (map->map.n == map->map.capacity) {
		map->map.capacity = MAX(4, 2 * map->map.capacity);
		map->map.entries =
		    doc_grow(map->pool, map->map.entries, map->map.n * sizeof(struct doc_entry),
		             map->map.capacity * sizeof(struct doc_entry));
	}
	struct doc_entry *entry = &map->map.entries[map->map.n++];

	*entry = (struct doc_entry){
	    .key = doc_take_text(map->pool, key), .where = where, .value = value};
	if (map->map.index != NULL) {
		g_hash_table_insert(map->map.index, entry->key, GSIZE_TO_POINTER(map->map.n));
	} else if (map->map.n > SMALL_MAP) {
		build_index(map);
	}
}

void doc_map_clear(struct doc *map)
{
	g_clear_pointer(&map->map.index, g_hash_table_unref);
	for (size_t i = 0; i < map->map.n; i++) {
		g_free(map->map.entries[i].key);
		doc_free(map->map.entries[i].value);
	}
	g_free(map->map.entries);
}

void doc_map_copy(struct doc *to, const struct doc *from)
{
	to->map.capacity = from->map.n;
	to->map.entries = doc_take(to->pool, from->map.n * sizeof(struct doc_entry));
	for (size_t i = 0; i < from->map.n; i++) {
		const struct doc_entry *entry = &from->map.entries[i];

		to->map.entries[to->map.n++] = (struct doc_entry){
		    .key = doc_take_text(to->pool, entry->key),
		    .where = entry->where,
		    .value = doc_copy_in(to->pool, entry->value),
		};
	}
	build_index(to);
}

bool doc_map_equal(const struct doc *a, const struct doc *b)
{
	if (a->map.n != b->map.n) {
		return false;
	}
	for (size_t i = 0; i < a->map.n; i++) {
		const gssize place = doc_map_place(b, a->map.entries[i].key);

		if (place < 0 || !doc_equal(a->map.entries[i].value, b->map.entries[place].value)) {
			return false;
		}
	}
	return true;
}

struct doc *doc_get(const struct doc *map, const char *key)
{
	const gssize place = doc_map_place(map, key);

	return place < 0 ? NULL : map->map.entries[place].value;
}

struct doc *doc_find(const struct doc *map, ...)
{
	va_list keys;
	/* The tree is not changed here; like strchr, the answer is as writable as the caller's
	 * tree. */
	struct doc *found = (struct doc *)map;

	va_start(keys, map);
	for (const char *key = va_arg(keys, const char *); key != NULL && found != NULL;
	     key = va_arg(keys, const char *)) {
		found = doc_get(found, key);
	}
	va_end(keys);
	return found;
}

void doc_set(struct doc *map, const char *key, struct doc *value)
{
	g_assert(doc_kind_of(map) == DOC_MAP && value != NULL);
	const gssize place = doc_map_place(map, key);

	if (place < 0) {
		doc_map_add(map, key, (struct doc_location){0}, value);
		return;
	}
	struct doc_entry *entry = &map->map.entries[place];

	g_assert(map->pool == value->pool);
	if (entry->value != value) {
		doc_free(entry->value);
		entry->value = value;
	}
}

void doc_set_at(struct doc *map, const char *key, struct doc_location where, struct doc *value)
{
	doc_set(map, key, value);
	map->map.entries[doc_map_place(map, key)].where = where;
}

struct doc *doc_steal(struct doc *map, const char *key)
{
	const gssize place = doc_map_place(map, key);

	if (place < 0) {
		return NULL;
	}
	struct doc *value = map->map.entries[place].value;

	if (map->pool == NULL) {
		g_free(map->map.entries[place].key);
	}
	map->map.n--;
	memmove(map->map.entries + place, map->map.entries + place + 1,
	        (map->map.n - (size_t)place) * sizeof(struct doc_entry));
	build_index(map);
	return value;
}

bool doc_remove(struct doc *map, const char *key)
{
	struct doc *value = doc_steal(map, key);

	doc_free(value);
	return value != NULL;
}

const char *doc_key_at(const struct doc *map, size_t index)
{
	return doc_kind_of(map) == DOC_MAP && index < map->map.n ? map->map.entries[index].key
	                                                         : NULL;
}

struct doc *doc_value_at(const struct doc *map, size_t index)
{
	return doc_kind_of(map) == DOC_MAP && index < map->map.n ? map->map.entries[index].value
	                                                         : NULL;
}

struct doc_location doc_key_where(const struct doc *map, size_t index)
{
	return doc_kind_of(map) == DOC_MAP && index < map->map.n ? map->map.entries[index].where
	                                                         : (struct doc_location){0};
}

void doc_set_float(struct doc *map, const char *key, double value)
{
	struct doc *number = doc_new_float(value);

	if (map->pool != NULL) {
		doc_set_copy(map, key, number);
		doc_free(number);
	} else {
		doc_set(map, key, number);
	}
}

/* Digits compare as numbers, other characters by code: "port2" before "port10". Letters come after
 * all else. Source: goyaml.v2/sorter.go. */
static int compare_keys(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
			char *end_a, *end_b;
			const guint64 number_a = g_ascii_strtoull(a, &end_a, 10);
			const guint64 number_b = g_ascii_strtoull(b, &end_b, 10);

			if (number_a != number_b) {
				return number_a < number_b ? -1 : 1;
			}
			if (end_a - a != end_b - b) {
				return end_a - a < end_b - b ? -1 : 1;
			}
			a = end_a;
			b = end_b;
			continue;
		}
		if (*a != *b) {
			const bool letter_a = g_ascii_isalpha(*a) || (unsigned char)*a >= 128;
			const bool letter_b = g_ascii_isalpha(*b) || (unsigned char)*b >= 128;

			if (letter_a != letter_b) {
				return letter_b ? -1 : 1;
			}
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		}
		a++;
		b++;
	}
	return (*a != '\0') - (*b != '\0');
}

static int compare_entries(const void *a, const void *b)
{
	return compare_keys(((const struct doc_entry *)a)->key, ((const struct doc_entry *)b)->key);
}

/* Most maps are small, and in order already or nearly. */
static void sort_few(struct doc_entry *entries, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct doc_entry entry = entries[i];
		size_t at = i;

		while (at > 0 && compare_entries(&entries[at - 1], &entry) > 0) {
			entries[at] = entries[at - 1];
			at--;
		}
		entries[at] = entry;
	}
}

void doc_sort_keys(struct doc *doc)
{
	for (size_t i = 0; i < doc_length(doc); i++) {
		doc_sort_keys(doc->kind == DOC_MAP ? doc->map.entries[i].value
		                                   : doc->list.items[i]);
	}
	if (doc_kind_of(doc) == DOC_MAP && doc->map.n <= SMALL_MAP) {
		sort_few(doc->map.entries, doc->map.n);
	} else if (doc_kind_of(doc) == DOC_MAP) {
		qsort(doc->map.entries, doc->map.n, sizeof(struct doc_entry), compare_entries);
		build_index(doc);
	}
}
