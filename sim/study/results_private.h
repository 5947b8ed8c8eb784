/* results_private.h - small things about SQLite. Inside this folder only. */

#pragma once

#include "study/results.h"

#include <sqlite3.h>

#define RESULTS_FORMAT "1"

struct results {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *insert; /* of a run; NULL: not prepared yet */
	GMutex writing;       /* held from begin to commit or rollback */
};

/* Sets @error to what SQLite says; returns false. */
bool results_fail(const struct results *results, GError **error);
bool results_run(struct results *results, const char *sql, GError **error);
/* NULL and @error. */
sqlite3_stmt *results_statement(struct results *results, const char *sql, GError **error);
/* The first column of the first row, as text; NULL: no row, or @error. Caller frees. */
char *results_text(struct results *results, const char *sql, GError **error);
/* A database of its own, without tables. */
struct results *results_connect(const char *path, GError **error);
/* Whether it has the tables. */
bool results_made(struct results *results);
/* "name" with its quotes doubled, for SQL; caller frees. */
char *results_quote(const char *name);
/* The names of `run`'s columns after `seed`, quoted, with commas: ", \"a\", \"b\"". */
char *results_columns(struct results *results, GError **error);
