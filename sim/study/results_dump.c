/* results_dump.c - results as CSV, and how many there are. */

#include "study/results_private.h"

#include <math.h>
#include <string.h>

/* Which rows count, and in which order. */
#define RUNS                                                                                       \
	" FROM run JOIN setting USING(setting)"                                                    \
	" WHERE content = (SELECT value FROM study WHERE key = 'content')"                         \
	" AND seed >= (SELECT CAST(value AS INTEGER) FROM study WHERE key = 'first_seed')"         \
	" AND (runs IS NULL OR"                                                                    \
	" seed < runs + (SELECT CAST(value AS INTEGER) FROM study WHERE key = 'first_seed'))"

char *results_columns(struct results *results, GError **error)
{
	sqlite3_stmt *rows = results_statement(
	    results, "SELECT name FROM pragma_table_info('run') WHERE cid >= 3 ORDER BY cid",
	    error);
	GString *names = g_string_new(NULL);

	while (rows && sqlite3_step(rows) == SQLITE_ROW) {
		g_autofree char *name = results_quote((const char *)sqlite3_column_text(rows, 0));

		g_string_append_printf(names, ", %s", name);
	}
	sqlite3_finalize(rows);
	return g_string_free(names, rows == NULL);
}

/* A cell of CSV (RFC 4180). */
static void add_cell(GString *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (; *text; text++) {
		g_string_append(out, *text == '"' ? "\"\"" : "");
		if (*text != '"') {
			g_string_append_c(out, *text);
		}
	}
	g_string_append_c(out, '"');
}

/* The fewest digits that are read back as the same number. */
static void add_number(GString *out, double number)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	for (int precision = 15; precision <= 17; precision++) {
		char format[8];

		g_snprintf(format, sizeof(format), "%%.%dg", precision);
		g_ascii_formatd(digits, sizeof(digits), format, number);
		if (g_ascii_strtod(digits, NULL) == number) {
			break;
		}
	}
	g_string_append(out, digits);
}

static void add_row(GString *out, sqlite3_stmt *row, int seed)
{
	const int n = sqlite3_column_count(row);

	/* the setting's columns first, then the seed, then the measures */
	for (int i = 0; i < n; i++) {
		const int column = i < seed ? i + 1 : i == seed ? 0 : i;

		g_string_append(out, i ? "," : "");
		switch (sqlite3_column_type(row, column)) {
		case SQLITE_NULL:
			break;
		case SQLITE_FLOAT:
			add_number(out, sqlite3_column_double(row, column));
			break;
		default:
			add_cell(out, (const char *)sqlite3_column_text(row, column));
		}
	}
	g_string_append_c(out, '\n');
}

static void add_header(GString *out, sqlite3_stmt *row, int seed)
{
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		g_string_append(out, i ? "," : "");
		add_cell(out, sqlite3_column_name(row, i < seed ? i + 1 : i == seed ? 0 : i));
	}
	g_string_append_c(out, '\n');
}

bool results_dump(struct results *results, GString *out, GError **error)
{
	g_autofree char *columns = results_columns(results, error);
	g_autofree char *paths = results_text(
	    results, "SELECT json_array_length((SELECT value FROM study WHERE key = 'paths'))",
	    error);
	int step;

	if (!columns || !paths) {
		return false;
	}
	g_autofree char *sql =
	    g_strdup_printf("SELECT seed%s" RUNS " ORDER BY ordinal, seed", columns);
	sqlite3_stmt *rows = results_statement(results, sql, error);
	const int seed = atoi(paths);

	if (!rows) {
		return false;
	}
	add_header(out, rows, seed);
	while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
		add_row(out, rows, seed);
	}
	const bool good = step == SQLITE_DONE || results_fail(results, error);

	sqlite3_finalize(rows);
	return good;
}

bool results_count(struct results *results, size_t *there, size_t *planned, GError **error)
{
	g_autofree char *found = results_text(results, "SELECT count(*)" RUNS, error);
	g_autofree char *total = results_text(
	    results,
	    "SELECT CASE WHEN count(*) = count(runs) THEN sum(runs) ELSE 0 END FROM setting",
	    error);

	if (!found || !total) {
		return false;
	}
	*there = (size_t)g_ascii_strtoull(found, NULL, 10);
	*planned = (size_t)g_ascii_strtoull(total, NULL, 10);
	return true;
}
