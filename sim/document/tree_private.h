/* tree_private.h - how a value of a document is held. For the files of this folder only. */

#pragma once

#include "document/document.h"

struct doc_entry {
	char *key;
	struct doc_location where; /* of the key */
	struct doc *value;
};

struct doc {
	enum doc_kind kind;
	gint shares;           /* owners besides the first */
	struct doc_pool *pool; /* whose memory it and all below it is; NULL: its own */
	struct doc_location where;
	union {
		struct {
			char *text; /* stands behind the doc itself */
			union {
				bool truth;
				int64_t whole;
				double number;
			};
		} scalar;
		struct {
			struct doc **items;
			size_t n, capacity;
		} list;
		struct {
			struct doc_entry *entries;
			size_t n, capacity;
			GHashTable
			    *index; /* key -> place + 1; only of large maps. Made when entries are
			               added, never while reading: trees are shared by threads. */
		} map;
	};
};

/* A value of @pool; NULL: of none. */
struct doc *doc_new(struct doc_pool *pool, enum doc_kind kind);

/* pool.c: memory of @pool, or of none where it is NULL. */
void *doc_take(struct doc_pool *pool, size_t size);
void *doc_grow(struct doc_pool *pool, void *old, size_t old_size, size_t size);
char *doc_take_text(struct doc_pool *pool, const char *text);

/* A scalar of @kind with the text it was written as. */
struct doc *doc_new_bool_as(bool value, const char *text);
struct doc *doc_new_int_as(int64_t value, const char *text);
struct doc *doc_new_float_as(double value, const char *text);
struct doc *doc_new_null_as(const char *text);

/* Adds an entry whose key is not there yet. Takes @value. */
void doc_map_add(struct doc *map, const char *key, struct doc_location where, struct doc *value);
/* The place of @key, or -1. */
gssize doc_map_place(const struct doc *map, const char *key);
void doc_map_clear(struct doc *map);
void doc_map_copy(struct doc *to, const struct doc *from);
bool doc_map_equal(const struct doc *a, const struct doc *b);
