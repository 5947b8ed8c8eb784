/* fields.h - reading fields of podsim's own kinds: what is there, of the right type, unit and
 * range.
 *
 * Faults are collected, not thrown: the reader goes on with the default, so that one pass tells
 * everything that is wrong. A field that is absent leaves the value as it is. Every function
 * returns whether the field was there and good. */

#pragma once

#include "document/document.h"
#include "engine/distribution.h"
#include "kube/strings.h"

#define READER_MOST_FAULTS 200 /* more are counted, not kept */

struct reader {
	char *folder;      /* files are looked up beside this one's; NULL: the working directory */
	GPtrArray *faults; /* char *: "FILE:LINE:COLUMN: message" in order of discovery */
	GHashTable *seen;  /* the same, as a set: a fault is told once */
};

void fields_init(struct reader *reader, const char *file);
void fields_clear(struct reader *reader);
/* False and @error, a line a fault, when there was any. */
bool fields_finish(const struct reader *reader, GError **error);

void fields_fault(struct reader *reader, const struct doc *at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void fields_fault_at(struct reader *reader, struct doc_location where, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Keeps what @error says, and frees it. */
void fields_fault_error(struct reader *reader, GError *error);
/* "; did you mean `NAME`?" for the nearest of @known, else "". */
char *fields_suggestion(const char *word, const char *const *known);

/* Whether @map is a map whose keys are all among @known (NULL-terminated); every other key is a
 * fault. @what names the map: "load". An absent or null map is good and has no fields. */
bool fields_map(struct reader *reader, const struct doc *map, const char *what,
                const char *const *known);
/* Whether @doc is a list of at least @least items; absent is not. */
bool fields_list(struct reader *reader, const struct doc *doc, const char *what, size_t least);

/* --- scalars; @map is the map that may have @key --- */
bool fields_string(struct reader *reader, const struct doc *map, const char *key, char **value);
bool fields_bool(struct reader *reader, const struct doc *map, const char *key, bool *value);
bool fields_int(struct reader *reader, const struct doc *map, const char *key, int64_t least,
                int64_t most, int *value);
bool fields_number(struct reader *reader, const struct doc *map, const char *key, double least,
                   double most, double *value);
/* A length of time, not negative; @least in ns. */
bool fields_duration(struct reader *reader, const struct doc *map, const char *key, sim_time least,
                     sim_time *value);
/* An instant, counted from the scenario's zero; may be negative. */
bool fields_instant(struct reader *reader, const struct doc *map, const char *key, sim_time *value);
/* A quantity in milli-units, not negative. */
bool fields_quantity(struct reader *reader, const struct doc *map, const char *key, int64_t *milli);
/* A quantity in whole units (bytes), not negative. */
bool fields_bytes(struct reader *reader, const struct doc *map, const char *key, int64_t *bytes);
/* "10/s", "300/m", or a number a second; not negative. */
bool fields_rate(struct reader *reader, const struct doc *map, const char *key, double *per_second);
/* One of @words; the index into them. */
bool fields_word(struct reader *reader, const struct doc *map, const char *key,
                 const char *const *words, int *index);

/* The same for a value that is at hand. @what: how the value is called in faults. */
bool fields_duration_of(struct reader *reader, const struct doc *value, const char *what,
                        sim_time least, sim_time *result);
bool fields_instant_of(struct reader *reader, const struct doc *value, const char *what,
                       sim_time *result);
bool fields_rate_of(struct reader *reader, const struct doc *value, const char *what,
                    double *per_second);

/* A map of strings to strings; NULL when there is none. */
struct string_map *fields_labels(struct reader *reader, const struct doc *map, const char *key);

/* A distribution of durations, in ns: `140ms`, or a map with one key such as {exponential: {mean:
 * 5ms}}. Takes the place of
 * *@value. */
bool fields_distribution(struct reader *reader, const struct doc *map, const char *key,
                         struct distribution **value);

/* --- files --- */
/* The path of the file @name, which is looked up beside the scenario. */
char *fields_path(const struct reader *reader, const char *name);
/* Rows of numbers or durations: `columns` values a line, split by commas; a first line of words and
 * lines that begin with # are left out. Durations come in ns, plain numbers as they are times
 * @scale. NULL and a fault. */
GArray *fields_csv(struct reader *reader, const struct doc *name, unsigned columns,
                   const double *scale);
