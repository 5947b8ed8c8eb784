/* archive_rows.c - rows of run.db. */

#include "record/archive_rows.h"

#include <math.h>
#include <string.h>

sqlite3_stmt *rows_query(struct reader *r, const char *sql)
{
	sqlite3_stmt *rows = NULL;

	if (r->wrong) {
		return NULL;
	}
	if (sqlite3_prepare_v2(r->db, sql, -1, &rows, NULL) != SQLITE_OK) {
		r->wrong = g_strdup(sqlite3_errmsg(r->db));
	}
	return rows;
}

/* The next row; false at the end, after which @rows is gone. */
bool rows_next(struct reader *r, sqlite3_stmt *rows)
{
	const int code = rows && !r->wrong ? sqlite3_step(rows) : SQLITE_DONE;

	if (code == SQLITE_ROW) {
		return true;
	}
	if (code != SQLITE_DONE && !r->wrong) {
		r->wrong = g_strdup(sqlite3_errmsg(r->db));
	}
	sqlite3_finalize(rows);
	return false;
}

char *row_text(sqlite3_stmt *row, int column)
{
	return g_strdup((const char *)sqlite3_column_text(row, column));
}

sim_time row_time(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ? SIM_NEVER
	                                                       : sqlite3_column_int64(row, column);
}

double row_figure(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
	                                                       : sqlite3_column_double(row, column);
}

/* The place of the text of @column in @names, 0 when it is not there. */
int row_place(sqlite3_stmt *row, int column, const char *const *names, int n)
{
	const char *name = (const char *)sqlite3_column_text(row, column);

	for (int i = 0; i < n; i++) {
		if (g_strcmp0(names[i], name) == 0) {
			return i;
		}
	}
	return 0;
}

/* The item of @list that the row's first column numbers; NULL, and a fault, when there is none. */
void *row_item(struct reader *r, sqlite3_stmt *row, const GPtrArray *list)
{
	const int64_t i = sqlite3_column_int64(row, 0);

	if (i < 0 || i >= list->len) {
		r->wrong = r->wrong ? r->wrong : g_strdup("a row belongs to nothing");
		return NULL;
	}
	return list->pdata[i];
}
