/* document.h - a tree of maps, lists and scalars that remembers where it came from.
 *
 * What YAML and JSON files hold, before anybody gives it a meaning. Every value knows its file, line and column, so that a
 * fault can be shown where it stands. Scalars keep their text beside the value they were resolved to, since Kubernetes reads
 * `cpu: 1` and `cpu: "1"` alike. Map order is kept. A map has each key once.
 *
 * Trees are owned by whoever made them (doc_free); a child belongs to its parent. */

#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_INT, DOC_FLOAT, DOC_STRING, DOC_LIST, DOC_MAP };

struct doc;
typedef struct doc doc; /* for g_autoptr(doc) */
struct doc_pool;
typedef struct doc_pool doc_pool;

struct doc_location {
	const char *file; /* as the user named it; interned; NULL: made by the program */
	uint32_t line;    /* from 1 */
	uint32_t column;  /* from 1 */
};

/* --- making --- */
struct doc *doc_new_null(void);
struct doc *doc_new_bool(bool value);
struct doc *doc_new_int(int64_t value);
struct doc *doc_new_float(double value);
struct doc *doc_new_string(const char *text);
struct doc *doc_new_list(void);
struct doc *doc_new_map(void);
struct doc *doc_copy(const struct doc *doc); /* deep; NULL gives NULL */
/* The same tree for one more owner, who frees it as its own; NULL gives NULL. Nobody may change it any more. */
struct doc *doc_share(const struct doc *doc);
void doc_free(struct doc *doc);              /* deep; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(doc, doc_free)

/* --- pools ---
 * Memory for trees that are made, read and done with one after the other: it is handed out in turn, and given back all at once.
 * A tree is of one pool altogether, or of none. doc_free() does nothing to a tree of a pool. */
struct doc_pool *doc_pool_new(void);
void doc_pool_free(struct doc_pool *pool);  /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(doc_pool, doc_pool_free)
void doc_pool_empty(struct doc_pool *pool); /* its trees are gone, its memory is used again */
struct doc *doc_new_map_in(struct doc_pool *pool);                     /* NULL: of none */
struct doc *doc_copy_in(struct doc_pool *pool, const struct doc *doc); /* deep; NULL gives NULL */

/* --- reading; NULL documents read as absent --- */
enum doc_kind doc_kind_of(const struct doc *doc); /* of NULL: DOC_NULL */
const char *doc_kind_name(enum doc_kind kind);    /* "a map", "a list", "a string", "a number", "true or false", "nothing" */
struct doc_location doc_where(const struct doc *doc);
void doc_set_where(struct doc *doc, struct doc_location where);
const char *doc_text(const struct doc *doc);      /* text of any scalar as written, without quotes; NULL for lists and maps */
const char *doc_string(const struct doc *doc);    /* NULL when not a string */
bool doc_bool(const struct doc *doc, bool fallback);
bool doc_int(const struct doc *doc, int64_t *value);     /* false when not a whole number */
bool doc_number(const struct doc *doc, double *value);   /* whole or not */
size_t doc_length(const struct doc *doc);                /* items of a list, entries of a map, else 0 */

/* --- lists --- */
struct doc *doc_at(const struct doc *list, size_t index);    /* NULL when out of range */
void doc_append(struct doc *list, struct doc *item);         /* takes @item */
struct doc *doc_add_map(struct doc *list);                   /* an empty one: the new map */
void doc_add_string(struct doc *list, const char *text);
void doc_insert(struct doc *list, size_t index, struct doc *item);
void doc_remove_at(struct doc *list, size_t index);          /* frees the item */

/* --- maps --- */
struct doc *doc_get(const struct doc *map, const char *key); /* NULL when absent or @map is no map */
/* Follows a chain of keys, the last argument being NULL: doc_find(d, "spec", "template", NULL). */
struct doc *doc_find(const struct doc *map, ...) G_GNUC_NULL_TERMINATED;
void doc_set(struct doc *map, const char *key, struct doc *value); /* takes @value; replaces in place, else appends */
/* Same, and the key stands at @where from now on. */
void doc_set_at(struct doc *map, const char *key, struct doc_location where, struct doc *value);
bool doc_remove(struct doc *map, const char *key);                 /* frees the value; false when absent */
struct doc *doc_steal(struct doc *map, const char *key);           /* takes the value out; NULL when absent */
const char *doc_key_at(const struct doc *map, size_t index);
struct doc *doc_value_at(const struct doc *map, size_t index);
struct doc_location doc_key_where(const struct doc *map, size_t index);
void doc_set_string(struct doc *map, const char *key, const char *text); /* NULL @text: nothing is set */
void doc_set_int(struct doc *map, const char *key, int64_t value);
void doc_set_float(struct doc *map, const char *key, double value);
void doc_set_bool(struct doc *map, const char *key, bool value);
void doc_set_null(struct doc *map, const char *key);
struct doc *doc_set_map(struct doc *map, const char *key); /* an empty map, or list: the new one */
struct doc *doc_set_list(struct doc *map, const char *key);
struct doc *doc_set_copy(struct doc *map, const char *key, const struct doc *source); /* the copy */
/* Brings the keys of all maps below @doc into the order in which kubectl prints them. */
void doc_sort_keys(struct doc *doc);

/* Same kinds, values and keys; the order of map keys and the places do not matter. 1 and 1.0 differ, "1" and 1 differ. */
bool doc_equal(const struct doc *a, const struct doc *b);

/* --- files --- */
#define DOC_ERROR (doc_error_quark())
GQuark doc_error_quark(void);
enum doc_error {
	DOC_ERROR_FILE,    /* cannot be opened or read */
	DOC_ERROR_SYNTAX,  /* not YAML or JSON, or too large, too deep, cyclic */
	DOC_ERROR_INVALID, /* well-formed, but not what was expected */
};

/* Every document of a YAML or JSON file (JSON is read as the YAML it is); "-" is standard input. Empty documents are left out.
 * A list of struct doc * that frees them. NULL and @error with file:line:column. Limits: 64 MiB, 100 levels, 10 million values
 * after aliases are expanded. */
GPtrArray *doc_read_file(const char *path, GError **error);
/* Same from memory; @name stands for the file in places. */
GPtrArray *doc_read_text(const char *text, gssize length, const char *name, GError **error);

/* As YAML in kubectl's style (two spaces, lists not indented), or JSON (@indent spaces; 0: one line). */
char *doc_to_yaml(const struct doc *doc);
char *doc_to_json(const struct doc *doc, unsigned indent);
/* Same on one line, behind what @out holds. */
void doc_append_json(GString *out, const struct doc *doc);

/* Sets @error to "FILE:LINE:COLUMN: message" (DOC_ERROR_INVALID) for the place of @doc. */
void doc_error_at(GError **error, const struct doc *doc, const char *format, ...) G_GNUC_PRINTF(3, 4);
void doc_error_at_place(GError **error, struct doc_location where, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The member of the NULL-terminated @known that is most like @word, by edit distance; NULL when none is near. */
const char *doc_nearest(const char *word, const char *const *known);
