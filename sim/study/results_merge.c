/* results_merge.c - the shards of a study in one file.
 *
 * Each shard is taken over in one transaction, and what is there already is compared, not doubled:
 * merging can be broken off and done again, in any order. */

#include "study/results_private.h"

#include <string.h>

static bool same(struct results *results, const char *what, const char *sql, const char *path,
                 GError **error)
{
	g_autofree char *different = results_text(results, sql, error);

	if (!different) {
		return false;
	}
	if (!g_str_equal(different, "0")) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		            "%s and %s are not of the same study: their %s differ", path,
		            results->path, what);
		return false;
	}
	return true;
}

static bool same_study(struct results *results, const char *path, GError **error)
{
	return same(results, "scenarios, paths or measures",
	            "SELECT count(*) FROM (SELECT * FROM shard.study EXCEPT SELECT * FROM "
	            "main.study)",
	            path, error) &&
	       same(
		   results, "settings",
		   "SELECT (SELECT count(*) FROM (SELECT ordinal, setting FROM shard.setting EXCEPT"
		   " SELECT ordinal, setting FROM main.setting)) +"
		   " abs((SELECT count(*) FROM shard.setting) - (SELECT count(*) FROM "
		   "main.setting))",
		   path, error) &&
	       same(results, "numbers of runs",
	            "SELECT count(*) FROM main.setting JOIN shard.setting AS other USING(ordinal)"
	            " WHERE main.setting.runs != other.runs",
	            path, error);
}

static bool take_over(struct results *results, const char *path, GError **error)
{
	return same_study(results, path, error) &&
	       results_run(results,
	                   "UPDATE main.setting SET runs = (SELECT runs FROM shard.setting AS other"
	                   " WHERE other.ordinal = main.setting.ordinal) WHERE runs IS NULL;"
	                   "INSERT OR IGNORE INTO main.run SELECT * FROM shard.run",
	                   error) &&
	       same(results, "results of the same runs",
	            "SELECT count(*) FROM (SELECT * FROM shard.run EXCEPT SELECT * FROM main.run)",
	            path, error);
}

static bool attach(struct results *results, const char *path, GError **error)
{
	char *sql = sqlite3_mprintf("ATTACH %Q AS shard", path);
	const bool good = results_run(results, sql, error);

	sqlite3_free(sql);
	return good;
}

bool results_merge(struct results *results, const char *path, GError **error)
{
	g_autoptr(results) shard = results_open_existing(path, error);
	GError *fault = NULL;

	if (!shard) {
		return false;
	}
	results_close(g_steal_pointer(&shard));
	if (!attach(results, path, error)) {
		return false;
	}
	const bool good = results_run(results, "BEGIN IMMEDIATE", &fault) &&
	                  take_over(results, path, &fault) &&
	                  results_run(results, "COMMIT", &fault);

	if (!good) {
		results_run(results, "ROLLBACK", NULL);
		g_propagate_error(error, fault);
	}
	results_run(results, "DETACH shard", NULL);
	return good;
}

/* The tables as they are in the attached file, with its settings and none of its runs. */
static bool copy_tables(struct results *results, GError **error)
{
	g_autofree char *tables =
	    results_text(results,
	                 "SELECT group_concat(sql, ';') FROM"
	                 " (SELECT sql FROM shard.sqlite_master WHERE type = 'table' AND name IN"
	                 " ('study', 'setting', 'run') ORDER BY name)",
	                 error);

	return tables && results_run(results, tables, error) &&
	       results_run(
		   results,
		   "INSERT INTO main.study SELECT * FROM shard.study;"
		   "INSERT INTO main.setting SELECT ordinal, setting, NULL FROM shard.setting",
		   error);
}

struct results *results_like(const char *out, const char *path, GError **error)
{
	g_autoptr(results) shard = results_open_existing(path, error);
	g_autoptr(results) results = shard ? results_connect(out, error) : NULL;
	GError *fault = NULL;

	if (!results || results_made(results)) {
		return g_steal_pointer(&results);
	}
	if (!attach(results, path, error)) {
		return NULL;
	}
	const bool good = results_run(results, "BEGIN IMMEDIATE", &fault) &&
	                  copy_tables(results, &fault) && results_run(results, "COMMIT", &fault);

	if (!good) {
		results_run(results, "ROLLBACK", NULL);
		g_propagate_error(error, fault);
	}
	results_run(results, "DETACH shard", NULL);
	return good ? g_steal_pointer(&results) : NULL;
}
