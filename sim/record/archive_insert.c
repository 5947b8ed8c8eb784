/* archive_insert.c - rows for run.db. */

#include "record/archive_insert.h"

#include <stdarg.h>
#include <string.h>

sqlite3_stmt *statement(struct writer *w, const char *table, size_t n)
{
	sqlite3_stmt *known = g_hash_table_lookup(w->statements, table);
	g_autoptr(GString) sql = g_string_new(NULL);

	if (known) {
		return known;
	}
	g_string_printf(sql, "INSERT INTO %s VALUES(", table);
	for (size_t i = 0; i < n; i++) {
		g_string_append(sql, i ? ",?" : "?");
	}
	g_string_append_c(sql, ')');
	if (sqlite3_prepare_v2(w->db, sql->str, -1, &known, NULL) != SQLITE_OK) {
		w->failed = true;
		return NULL;
	}
	g_hash_table_insert(w->statements, (gpointer)table, known);
	return known;
}

void put(struct writer *w, const char *table, const char *columns, ...)
{
	sqlite3_stmt *insert = w->failed ? NULL : statement(w, table, strlen(columns));
	va_list values;

	if (!insert) {
		return;
	}
	va_start(values, columns);
	for (int i = 0; columns[i]; i++) {
		int64_t number;

		switch (columns[i]) {
		case 'i':
			sqlite3_bind_int64(insert, i + 1, va_arg(values, int64_t));
			break;
		case 't':
			number = va_arg(values, sim_time);
			if (number == SIM_NEVER) {
				sqlite3_bind_null(insert, i + 1);
			} else {
				sqlite3_bind_int64(insert, i + 1, number);
			}
			break;
		case 'd':
			sqlite3_bind_double(insert, i + 1, va_arg(values, double));
			break;
		case 's':
			sqlite3_bind_text(insert, i + 1, va_arg(values, const char *), -1,
			                  SQLITE_STATIC); /* until it is bound anew */
			break;
		}
	}
	va_end(values);
	w->failed |= sqlite3_step(insert) != SQLITE_DONE;
	sqlite3_reset(insert);
}
