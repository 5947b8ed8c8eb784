/* archive_rows.h - reading rows of run.db. */

#pragma once

#include "record/archive_private.h"

#include <sqlite3.h>

struct reader {
	sqlite3 *db;
	struct run *run;
	struct scenario *scenario;
	char *wrong; /* the first fault; NULL: none */
};

/* The rows of @sql; NULL after a fault. */
sqlite3_stmt *rows_query(struct reader *r, const char *sql);
/* The next row; false at the end and after a fault, when @rows is gone. */
bool rows_next(struct reader *r, sqlite3_stmt *rows);
char *row_text(sqlite3_stmt *row, int column);    /* caller frees */
sim_time row_time(sqlite3_stmt *row, int column); /* NULL: SIM_NEVER */
double row_figure(sqlite3_stmt *row, int column); /* NULL: NaN */
/* The place of the text of @column in @names, 0 when it is not there. */
int row_place(sqlite3_stmt *row, int column, const char *const *names, int n);
/* The item of @list that the row's first column numbers; NULL, and a fault, when there is none. */
void *row_item(struct reader *r, sqlite3_stmt *row, const GPtrArray *list);

/* archive_parts.c: loads, Services, Deployments, HPAs, notes */
void archive_read_parts(struct reader *r);
/* archive_thinned.c: after all lists are read */
void archive_read_thinned(struct reader *r);
