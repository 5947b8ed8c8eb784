/* results.c - the tables of a study's results. */

#include "study/results_private.h"

#include <math.h>
#include <string.h>

/* --- SQLite --- */

bool results_fail(const struct results *results, GError **error)
{
	if (error && !*error) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "%s: %s", results->path,
		            sqlite3_errmsg(results->db));
	}
	return false;
}

bool results_run(struct results *results, const char *sql, GError **error)
{
	return sqlite3_exec(results->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       results_fail(results, error);
}

sqlite3_stmt *results_statement(struct results *results, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(results->db, sql, -1, &statement, NULL) != SQLITE_OK) {
		results_fail(results, error);
	}
	return statement;
}

char *results_text(struct results *results, const char *sql, GError **error)
{
	sqlite3_stmt *statement = results_statement(results, sql, error);
	char *text = NULL;

	if (!statement) {
		return NULL;
	}
	const int step = sqlite3_step(statement);

	if (step == SQLITE_ROW) {
		text = g_strdup((const char *)sqlite3_column_text(statement, 0));
	} else if (step != SQLITE_DONE) {
		results_fail(results, error);
	}
	sqlite3_finalize(statement);
	return text;
}

struct results *results_connect(const char *path, GError **error)
{
	g_autoptr(results) results = g_new0(struct results, 1);

	results->path = g_strdup(path);
	g_mutex_init(&results->writing);
	if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is not a file", path);
		return NULL;
	}
	if (sqlite3_open(path, &results->db) != SQLITE_OK) {
		results_fail(results, error);
		return NULL;
	}
	sqlite3_busy_timeout(results->db, 60000);
	/* A journal that is rolled back works on shared file systems too, where a write-ahead log
	 * does not; NORMAL keeps the file whole when the program dies. */
	if (!results_run(results, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=NORMAL", error)) {
		return NULL;
	}
	return g_steal_pointer(&results);
}

void results_close(struct results *results)
{
	if (results) {
		sqlite3_finalize(results->insert);
		sqlite3_close(results->db);
		g_mutex_clear(&results->writing);
		g_free(results->path);
		g_free(results);
	}
}

char *results_quote(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "\"", -1);
	g_autofree char *doubled = g_strjoinv("\"\"", parts);

	return g_strdup_printf("\"%s\"", doubled);
}

/* --- making and checking --- */

bool results_made(struct results *results)
{
	g_autofree char *name = results_text(
	    results, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'setting'",
	    NULL);

	return name != NULL;
}

static bool make_tables(struct results *results, const struct study *study, GError **error)
{
	g_autoptr(GString) sql = g_string_new(
	    "CREATE TABLE study(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	    "CREATE TABLE setting(ordinal INTEGER PRIMARY KEY, setting TEXT NOT NULL UNIQUE, runs "
	    "INTEGER);"
	    "CREATE TABLE run(content TEXT, setting TEXT, seed INTEGER");

	for (size_t i = 0; i < study->n_paths; i++) {
		g_autofree char *name = results_quote(study->paths[i].text);

		g_string_append_printf(sql, ", %s", name); /* of any type */
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		g_autofree char *name = results_quote(study->measures[i].text);

		g_string_append_printf(sql, ", %s REAL", name);
	}
	g_string_append(sql, ", PRIMARY KEY(content, setting, seed)) WITHOUT ROWID");
	return results_run(results, sql->str, error);
}

/* The names of paths or measures as a JSON list: what must be equal for results to be of one
 * study. */
static char *names_json(const struct study *study, bool paths)
{
	g_autoptr(doc) list = doc_new_list();

	for (size_t i = 0; i < (paths ? study->n_paths : study->n_measures); i++) {
		doc_append(list,
		           doc_new_string(paths ? study->paths[i].text : study->measures[i].text));
	}
	return doc_to_json(list, 0);
}

static bool put_key(struct results *results, const char *key, const char *value, GError **error)
{
	sqlite3_stmt *insert =
	    results_statement(results, "INSERT OR REPLACE INTO study VALUES(?, ?)", error);

	if (!insert) {
		return false;
	}
	sqlite3_bind_text(insert, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 2, value, -1, SQLITE_STATIC);
	const bool good = sqlite3_step(insert) == SQLITE_DONE || results_fail(results, error);

	sqlite3_finalize(insert);
	return good;
}

static bool put_keys(struct results *results, const struct study *study, GError **error)
{
	g_autofree char *paths = names_json(study, true);
	g_autofree char *measures = names_json(study, false);
	g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, study->first_seed);

	return put_key(results, "format", RESULTS_FORMAT, error) &&
	       put_key(results, "name", study->name, error) &&
	       put_key(results, "content", study->content, error) &&
	       put_key(results, "first_seed", seed, error) &&
	       put_key(results, "paths", paths, error) &&
	       put_key(results, "measures", measures, error);
}

static bool put_settings(struct results *results, const struct study *study, GError **error)
{
	sqlite3_stmt *insert;
	bool good = results_run(results, "DELETE FROM setting", error);

	insert =
	    good ? results_statement(results, "INSERT INTO setting VALUES(?, ?, ?)", error) : NULL;
	good = insert != NULL;
	for (size_t i = 0; good && i < study->n_settings; i++) {
		sqlite3_bind_int64(insert, 1, (sqlite3_int64)i);
		sqlite3_bind_text(insert, 2, study->settings[i].key, -1, SQLITE_STATIC);
		if (study->has_until) {
			sqlite3_bind_null(insert, 3);
		} else {
			sqlite3_bind_int64(insert, 3, (sqlite3_int64)study->seeds);
		}
		good = sqlite3_step(insert) == SQLITE_DONE || results_fail(results, error);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	return good;
}

/* Whether the columns of an existing file are those of @study. */
static bool check_columns(struct results *results, const struct study *study, GError **error)
{
	g_autofree char *paths = names_json(study, true);
	g_autofree char *measures = names_json(study, false);
	g_autofree char *old_paths =
	    results_text(results, "SELECT value FROM study WHERE key = 'paths'", error);
	g_autofree char *old_measures =
	    results_text(results, "SELECT value FROM study WHERE key = 'measures'", error);

	if (error && *error) {
		return false;
	}
	if (g_strcmp0(paths, old_paths) != 0 || g_strcmp0(measures, old_measures) != 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
		            "%s holds results of a study with other %s; write to another file with "
		            "--out, or remove it",
		            results->path, g_strcmp0(paths, old_paths) ? "paths" : "measures");
		return false;
	}
	return true;
}

/* A file that is somebody else's is left alone. */
static bool is_empty(struct results *results, GError **error)
{
	GError *fault = NULL;
	g_autofree char *name = results_text(results, "SELECT name FROM sqlite_master", &fault);

	if (!fault && name) {
		g_set_error(&fault, G_FILE_ERROR, G_FILE_ERROR_EXIST,
		            "%s is a database, but not of a study's results", results->path);
	}
	if (fault) {
		g_propagate_error(error, fault);
		return false;
	}
	return true;
}

struct results *results_open(const char *path, const struct study *study, GError **error)
{
	g_autoptr(results) results = results_connect(path, error);
	GError *fault = NULL;

	if (!results || !results_run(results, "BEGIN IMMEDIATE", error)) {
		return NULL;
	}
	const bool good =
	    (results_made(results)
	         ? check_columns(results, study, &fault)
	         : is_empty(results, &fault) && make_tables(results, study, &fault)) &&
	    put_keys(results, study, &fault) && put_settings(results, study, &fault) &&
	    results_run(results, "COMMIT", &fault);

	if (!good) {
		g_propagate_error(error, fault);
		return NULL;
	}
	return g_steal_pointer(&results);
}

struct results *results_open_existing(const char *path, GError **error)
{
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: there is no such file",
		            path);
		return NULL;
	}
	g_autoptr(results) results = results_connect(path, error);

	if (results && !results_made(results)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		            "%s holds no results of a study", path);
		return NULL;
	}
	return g_steal_pointer(&results);
}

/* --- rows --- */

bool results_begin(struct results *results, GError **error)
{
	g_mutex_lock(&results->writing);
	if (!results_run(results, "BEGIN IMMEDIATE", error)) {
		g_mutex_unlock(&results->writing);
		return false;
	}
	return true;
}

bool results_end(struct results *results, bool commit, GError **error)
{
	const bool good = !commit || results_run(results, "COMMIT", error);

	if (!commit || !good) { /* SQLite may have done so by itself */
		results_run(results, "ROLLBACK", NULL);
	}
	g_mutex_unlock(&results->writing);
	return good;
}

void results_freeze(struct results *results)
{
	g_mutex_lock(&results->writing);
}

static sqlite3_stmt *insert_of_run(struct results *results, const struct study *study,
                                   GError **error)
{
	if (!results->insert) {
		g_autoptr(GString) sql = g_string_new("INSERT OR REPLACE INTO run VALUES(?, ?, ?");

		for (size_t i = 0; i < study->n_paths + study->n_measures; i++) {
			g_string_append(sql, ", ?");
		}
		g_string_append_c(sql, ')');
		results->insert = results_statement(results, sql->str, error);
	}
	return results->insert;
}

static void bind_value(sqlite3_stmt *insert, int column, const struct doc *value)
{
	int64_t whole;
	double number;

	if (!value) {
		sqlite3_bind_null(insert, column);
	} else if (doc_kind_of(value) == DOC_INT && doc_int(value, &whole)) {
		sqlite3_bind_int64(insert, column, whole);
	} else if (doc_kind_of(value) == DOC_FLOAT && doc_number(value, &number)) {
		sqlite3_bind_double(insert, column, number);
	} else {
		g_autofree char *text = study_value_text(value);

		sqlite3_bind_text(insert, column, text, -1, SQLITE_TRANSIENT);
	}
}

bool results_put(struct results *results, const struct study *study, size_t setting, size_t seed,
                 const double *measures, GError **error)
{
	sqlite3_stmt *insert = insert_of_run(results, study, error);
	int column = 4;

	if (!insert) {
		return false;
	}
	sqlite3_bind_text(insert, 1, study->content, -1, SQLITE_STATIC);
	sqlite3_bind_text(insert, 2, study->settings[setting].key, -1, SQLITE_STATIC);
	sqlite3_bind_int64(insert, 3, (sqlite3_int64)(study->first_seed + seed));
	for (size_t i = 0; i < study->n_paths; i++) {
		bind_value(insert, column++, study->settings[setting].values[i]);
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		sqlite3_bind_double(insert, column++, measures[i]); /* NaN becomes NULL */
	}
	const bool good = sqlite3_step(insert) == SQLITE_DONE || results_fail(results, error);

	sqlite3_reset(insert);
	return good;
}

bool results_set_runs(struct results *results, size_t setting, size_t runs, GError **error)
{
	g_autofree char *sql =
	    g_strdup_printf("UPDATE setting SET runs = %zu WHERE ordinal = %zu", runs, setting);

	return results_run(results, sql, error);
}

static double column_number(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
	                                                       : sqlite3_column_double(row, column);
}

bool results_each(struct results *results, const struct study *study, results_fn fn, void *data,
                  GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT ordinal, seed");
	g_autofree double *measures = g_new(double, study->n_measures + 1);
	int step;

	for (size_t i = 0; i < study->n_measures; i++) {
		g_autofree char *name = results_quote(study->measures[i].text);

		g_string_append_printf(sql, ", %s", name);
	}
	g_string_append(sql,
	                " FROM run JOIN setting USING(setting) WHERE content = ? AND seed >= ? "
	                "ORDER BY ordinal, seed");
	sqlite3_stmt *rows = results_statement(results, sql->str, error);

	if (!rows) {
		return false;
	}
	sqlite3_bind_text(rows, 1, study->content, -1, SQLITE_STATIC);
	sqlite3_bind_int64(rows, 2, (sqlite3_int64)study->first_seed);
	while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
		const uint64_t seed = (uint64_t)sqlite3_column_int64(rows, 1) - study->first_seed;

		for (size_t i = 0; i < study->n_measures; i++) {
			measures[i] = column_number(rows, 2 + (int)i);
		}
		fn(data, (size_t)sqlite3_column_int64(rows, 0), (size_t)seed, measures);
	}
	const bool good = step == SQLITE_DONE || results_fail(results, error);

	sqlite3_finalize(rows);
	return good;
}
