/* strings.h - immutable maps of strings to strings (labels, annotations, selectors of equality), shared by reference. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Sorted by key. NULL is the empty map everywhere. */
struct string_map;

struct string_map *string_map_ref(struct string_map *map);
void string_map_unref(struct string_map *map);
size_t string_map_size(const struct string_map *map);
const char *string_map_get(const struct string_map *map, const char *key); /* NULL when absent */
const char *string_map_key_at(const struct string_map *map, size_t index);
const char *string_map_value_at(const struct string_map *map, size_t index);
/* A new map: @map with @key set to @value (NULL @value: removed). @map stays as it is and keeps its reference. */
struct string_map *string_map_with(struct string_map *map, const char *key, const char *value);
bool string_map_equal(const struct string_map *a, const struct string_map *b);
/* "a=1,b=2" in order of keys. */
char *string_map_to_string(const struct string_map *map);

/* A label selector: matchLabels and matchExpressions (In, NotIn, Exists, DoesNotExist). */
enum selector_operator { SELECTOR_IN, SELECTOR_NOT_IN, SELECTOR_EXISTS, SELECTOR_DOES_NOT_EXIST };

struct selector_requirement {
	char *key;
	enum selector_operator operator;
	GStrv values;
};

struct label_selector {
	struct string_map *match_labels;
	GPtrArray *expressions; /* struct selector_requirement *; may be NULL */
};

struct label_selector *label_selector_copy(const struct label_selector *selector);
void label_selector_free(struct label_selector *selector);
/* Whether @labels meet every requirement. An empty selector matches everything, NULL nothing. */
bool label_selector_matches(const struct label_selector *selector, const struct string_map *labels);
bool label_selector_is_empty(const struct label_selector *selector);
/* As kubectl prints it: "app=web,tier in (a,b)". */
char *label_selector_to_string(const struct label_selector *selector);
/* Reads kubectl's -l notation ("app=web,env!=prod,tier in (a,b),!x"); NULL and @error when it is none. */
struct label_selector *label_selector_parse(const char *text, GError **error);
