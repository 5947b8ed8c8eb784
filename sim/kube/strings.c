#include "kube/strings.h"

#include <string.h>

struct string_map {
	gint refs;
	size_t n;
	char **keys;
	char **values;
};

struct string_map *string_map_ref(struct string_map *map)
{
	if (map != NULL) {
		g_atomic_int_inc(&map->refs);
	}
	return map;
}

void string_map_unref(struct string_map *map)
{
	if (map == NULL || !g_atomic_int_dec_and_test(&map->refs)) {
		return;
	}
	for (size_t i = 0; i < map->n; i++) {
		g_free(map->keys[i]);
		g_free(map->values[i]);
	}
	g_free(map->keys);
	g_free(map->values);
	g_free(map);
}

size_t string_map_size(const struct string_map *map)
{
	return map == NULL ? 0 : map->n;
}

/* The place of @key, or where it would have to stand. */
static size_t find_place(const struct string_map *map, const char *key, bool *found)
{
	size_t low = 0, high = string_map_size(map);

	*found = false;
	while (low < high) {
		const size_t middle = (low + high) / 2;
		const int order = strcmp(map->keys[middle], key);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

const char *string_map_get(const struct string_map *map, const char *key)
{
	bool found;
	const size_t place = find_place(map, key, &found);

	return found ? map->values[place] : NULL;
}

const char *string_map_key_at(const struct string_map *map, size_t index)
{
	return index < string_map_size(map) ? map->keys[index] : NULL;
}

const char *string_map_value_at(const struct string_map *map, size_t index)
{
	return index < string_map_size(map) ? map->values[index] : NULL;
}

struct string_map *string_map_with(struct string_map *map, const char *key, const char *value)
{
	bool found;
	const size_t place = find_place(map, key, &found);
	const size_t n = string_map_size(map);
	const size_t after = place + found;

	if (value == NULL && !found) {
		return string_map_ref(map);
	}
	const size_t size = n - found + (value != NULL);

	if (size == 0) {
		return NULL;
	}
	struct string_map *with = g_new0(struct string_map, 1);

	with->refs = 1;
	with->keys = g_new(char *, size);
	with->values = g_new(char *, size);
	for (size_t i = 0; i < place; i++) {
		with->keys[with->n] = g_strdup(map->keys[i]);
		with->values[with->n++] = g_strdup(map->values[i]);
	}
	if (value != NULL) {
		with->keys[with->n] = g_strdup(key);
		with->values[with->n++] = g_strdup(value);
	}
	for (size_t i = after; i < n; i++) {
		with->keys[with->n] = g_strdup(map->keys[i]);
		with->values[with->n++] = g_strdup(map->values[i]);
	}
	return with;
}

bool string_map_equal(const struct string_map *a, const struct string_map *b)
{
	if (a == b) {
		return true;
	}
	if (string_map_size(a) != string_map_size(b)) {
		return false;
	}
	for (size_t i = 0; i < string_map_size(a); i++) {
		if (strcmp(a->keys[i], b->keys[i]) != 0 ||
		    strcmp(a->values[i], b->values[i]) != 0) {
			return false;
		}
	}
	return true;
}

char *string_map_to_string(const struct string_map *map)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < string_map_size(map); i++) {
		g_string_append_printf(out, "%s%s=%s", i > 0 ? "," : "", map->keys[i],
		                       map->values[i]);
	}
	return g_string_free(out, FALSE);
}
