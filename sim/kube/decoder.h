/* decoder.h - how documents are taken apart: where we are, and what was wrong there.
 *
 * A `struct place` lies on the stack of the function that reads a value and knows its parent, so
 * that a fault can name the whole path of its field; a `struct decoder` collects the faults. A
 * document is checked against the fields of the API first (fields.h), then completed with its
 * defaults, then read. Whoever reads a value of the wrong type reads it as absent: the fault has
 * been told already. For the files of this folder only. */

#pragma once

#include "document/document.h"
#include "kube/release.h"
#include "kube/strings.h"

struct decoder {
	GPtrArray *faults;             /* struct fault *, as they were found */
	const struct release *release; /* NULL: not known, everything is allowed */
};

struct place {
	const struct place *parent; /* NULL: the object */
	const struct doc *doc;      /* NULL: absent */
	const char *key;            /* of a map; NULL: an item of a list */
	size_t index;
};

void decoder_init(struct decoder *decoder, const struct release *release);
void decoder_clear(struct decoder *decoder);
/* True when nothing was wrong. Else every fault, in order of place, goes into @faults as text, or
 * the first into @error. */
bool decoder_finish(struct decoder *decoder, GPtrArray *faults, GError **error);

struct place place_of(const struct doc *root);
struct place place_field(const struct place *map, const char *key);
struct place place_item(const struct place *list, size_t index);

/* "@path: message" at the place of the value, or of the nearest value around it that came from a
 * file. */
void fault(struct decoder *decoder, const struct place *at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void fault_at(struct decoder *decoder, const struct place *at, struct doc_location where,
              const char *format, ...) G_GNUC_PRINTF(4, 5);
/* "required; expected @expected" when the value is absent or an empty text; true when it is there.
 */
bool fault_unless_given(struct decoder *decoder, const struct place *at, const char *expected);
/* "must be one of ...", with the nearest, unless the text is absent or among @known. Its interned
 * text; NULL when absent or wrong. */
const char *fault_unless_one_of(struct decoder *decoder, const struct place *at,
                                const char *const *known);

/* The field @key of the map at @at, when it has the type; else @fallback. */
const char *field_text(const struct place *at, const char *key); /* NULL when absent or no string */
char *field_copy(const struct place *at, const char *key);       /* same, a copy */
int64_t field_int(const struct place *at, const char *key, int64_t fallback);
bool field_bool(const struct place *at, const char *key, bool fallback);
bool field_present(const struct place *at, const char *key);
/* A quantity in milli-units; false when absent or none. */
bool field_quantity(const struct place *at, const char *key, int64_t *milli);
/* A whole number of [@least, @most], told when outside. */
int64_t field_int_within(struct decoder *decoder, const struct place *at, const char *key,
                         int64_t fallback, int64_t least, int64_t most);
/* A map of strings; NULL when absent or empty. */
struct string_map *field_string_map(const struct place *at, const char *key);
GStrv field_string_list(const struct place *at, const char *key); /* NULL when absent */

/* A new scalar or map in @map unless @key is there, placed where @map is. */
void default_text(struct doc *map, const char *key, const char *text);
void default_int(struct doc *map, const char *key, int64_t value);
void default_bool(struct doc *map, const char *key, bool value);
struct doc *default_map(struct doc *map, const char *key);
struct doc *default_list(struct doc *map, const char *key);
/* Same, and a 0 that is there counts as absent. */
void default_nonzero(struct doc *map, const char *key, int64_t value);
