/* archive_insert.h - writing rows of run.db. */

#pragma once

#include "record/archive_private.h"

#include <sqlite3.h>

struct writer {
	sqlite3 *db;
	GHashTable *statements; /* table, by its address -> sqlite3_stmt * */
	bool failed;            /* once so, nothing more is written */
};

/* The INSERT of @n values into @table, a string that stays, prepared once; NULL after a failure. */
sqlite3_stmt *statement(struct writer *w, const char *table, size_t n);
/* A row of @table, a string that stays; a letter a column: i int64_t, t sim_time (SIM_NEVER: NULL), d double (NaN: NULL), s text
 * (NULL: NULL). */
void put(struct writer *w, const char *table, const char *columns, ...);

/* archive_versions.c: all versions of all objects, Events behind the others. */
void archive_put_versions(struct writer *w, const struct run *run);

/* archive_thinned.c */
void archive_put_thinned(struct writer *w, const struct run *run);
