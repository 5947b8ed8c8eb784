/* archive_load.c - reads a Run back from run.db. */

#include "record/archive_rows.h"

#include "kube/release.h"

#include <math.h>
#include <string.h>

/* --- run --- */

static int64_t run_number(struct reader *r, const char *key)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT value FROM run WHERE key = ?");
	int64_t value = 0;

	if (rows) {
		sqlite3_bind_text(rows, 1, key, -1, SQLITE_STATIC);
		while (rows_next(r, rows)) {
			value = sqlite3_column_int64(rows, 0);
		}
	}
	return value;
}

static char *run_text(struct reader *r, const char *key)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT value FROM run WHERE key = ?");
	char *value = NULL;

	if (rows) {
		sqlite3_bind_text(rows, 1, key, -1, SQLITE_STATIC);
		while (rows_next(r, rows)) {
			g_free(value);
			value = row_text(rows, 0);
		}
	}
	return value;
}

static void read_run(struct reader *r)
{
	struct scenario *scenario = r->scenario;

	scenario->name = run_text(r, "scenario");
	scenario->description = run_text(r, "description");
	scenario->file = run_text(r, "file");
	scenario->version = run_text(r, "kubernetes_version");
	scenario->clock_zero = run_number(r, "clock_zero");
	scenario->seed = r->run->seed = (uint64_t)run_number(r, "seed");
	scenario->from = r->run->from = run_number(r, "from");
	scenario->to = r->run->to = run_number(r, "to");
	r->run->notes_thinned = (uint64_t)run_number(r, "notes_thinned");
	scenario->has_measure = true;
	scenario->measure_from = r->run->measure_from = run_number(r, "measure_from");
	scenario->measure_to = r->run->measure_to = run_number(r, "measure_to");
	if (!scenario->version || !release_init(&scenario->release, scenario->version, NULL)) {
		release_init(&scenario->release, RELEASE_DEFAULT, NULL);
	}
}

/* --- objects --- */

static void read_versions(struct reader *r)
{
	sqlite3_stmt *rows =
	    rows_query(r, "SELECT at, change, kind, uid, resource_version, object, text "
	                  "FROM object_versions LEFT JOIN specs USING(spec) ORDER BY version");

	while (rows_next(r, rows)) {
		g_autofree char *word = row_text(rows, 2);
		const char *const uid = (const char *)sqlite3_column_text(rows, 3);
		const char *const json = (const char *)sqlite3_column_text(rows, 5);
		const char *const spec = (const char *)sqlite3_column_text(rows, 6);
		g_autoptr(GError) error = NULL;
		enum object_kind kind = KIND_OTHER;

		if (!object_kind_from_word(word, &kind)) {
			kind = KIND_OTHER;
		}
		struct object *object = archive_object_read(json, spec, kind, &r->scenario->release,
		                                            r->scenario->clock_zero, &error);

		if (!object) {
			r->wrong = g_strdup(error ? error->message : "an object cannot be read");
			sqlite3_finalize(rows);
			return;
		}
		ref_string_set(&object->meta.uid, uid);
		object->meta.resource_version = (uint64_t)sqlite3_column_int64(rows, 4);
		run_add_version(r->run, sqlite3_column_int64(rows, 0),
		                (enum change)row_place(rows, 1, archive_changes, 3), object);
		object_unref(object);
	}
}

/* Events as they ended, in the order of their own table. */
static void read_events(struct reader *r)
{
	g_autoptr(GHashTable) last = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *events = r->run->events;

	for (unsigned i = 0; i < r->run->event_versions->len; i++) {
		const struct run_version *version = r->run->event_versions->pdata[i];
		struct object *object = version->object;

		if (version->change == CHANGE_DELETED) {
			continue;
		}
		const guint known = GPOINTER_TO_UINT(g_hash_table_lookup(last, object->meta.uid));

		if (known) {
			object_unref(events->pdata[known - 1]);
			events->pdata[known - 1] = object_ref(object);
		} else {
			g_ptr_array_add(events, object_ref(object));
			g_hash_table_insert(last, object->meta.uid, GUINT_TO_POINTER(events->len));
		}
	}
}

/* The last version of each pod, its spec and labels. */
static void attach_objects(struct reader *r)
{
	g_autoptr(GHashTable) pods = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < r->run->versions->len; i++) {
		struct object *object = ((struct run_version *)r->run->versions->pdata[i])->object;

		if (object->kind == KIND_POD && object->meta.uid) {
			g_hash_table_insert(pods, object->meta.uid, object);
		}
	}
	for (unsigned i = 0; i < r->run->pods->len; i++) {
		struct run_pod *pod = r->run->pods->pdata[i];
		const struct object *object = pod->uid ? g_hash_table_lookup(pods, pod->uid) : NULL;

		if (!object) {
			r->wrong = r->wrong ? r->wrong
			                    : g_strdup_printf("pod %s has no object", pod->name);
			return;
		}
		pod->last = object_ref(object);
		pod->spec = pod_spec_ref(POD(object)->spec);
		pod->labels = string_map_ref(object->meta.labels);
	}
}

/* --- pods --- */

static void read_pods(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM pods ORDER BY pod");

	while (rows_next(r, rows)) {
		struct run_pod *pod = run_add_pod(r->run);
		char **const texts[] = {&pod->name, &pod->namespace, &pod->uid, &pod->replica_set,
		                        &pod->deployment};
		sim_time *const times[] = {&pod->created_at, &pod->scheduled_at, &pod->started_at,
		                           &pod->ready_at,   &pod->deleted_at,   &pod->gone_at};
		double *const figures[] = {&pod->cpu_mean,          &pod->cpu_max,
		                           &pod->memory_mean,       &pod->memory_max,
		                           &pod->throttled,         &pod->measured_seconds,
		                           &pod->startup_listens_at};

		for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++) {
			*texts[i] = row_text(rows, 1 + i);
		}
		pod->revision = sqlite3_column_int64(rows, 6);
		pod->node = row_text(rows, 7);
		pod->ip = row_text(rows, 8);
		pod->application = row_text(rows, 9);
		for (int i = 0; i < (int)G_N_ELEMENTS(times); i++) {
			*times[i] = row_time(rows, 10 + i);
		}
		pod->scheduling_message = row_text(rows, 16);
		pod->requests = (uint64_t)sqlite3_column_int64(rows, 17);
		pod->failures = (uint64_t)sqlite3_column_int64(rows, 18);
		pod->connections_opened = (uint64_t)sqlite3_column_int64(rows, 19);
		for (int i = 0; i < (int)G_N_ELEMENTS(figures); i++) {
			*figures[i] = row_figure(rows, 20 + i);
		}
		pod->pre_stop_at = row_time(rows, 27);
		pod->term_at = row_time(rows, 28);
		pod->cut = (struct run_cut){
		    .refused = (uint64_t)sqlite3_column_int64(rows, 29),
		    .unreachable = (uint64_t)sqlite3_column_int64(rows, 30),
		    .reset = (uint64_t)sqlite3_column_int64(rows, 31),
		    .first = row_time(rows, 32),
		    .last = row_time(rows, 33),
		};
	}
}

static void read_rules_left(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM rules_left ORDER BY rowid");

	while (rows_next(r, rows)) {
		struct run_pod *pod = row_item(r, rows, r->run->pods);

		if (pod) {
			const struct run_left left = {row_text(rows, 1), row_time(rows, 2), 0};

			g_array_append_val(pod->left, left);
		}
	}
}

static void read_pod_spans(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM spans ORDER BY rowid");

	while (rows_next(r, rows)) {
		struct run_pod *pod = row_item(r, rows, r->run->pods);
		const struct span span = {.from = row_time(rows, 2), .to = row_time(rows, 3)};
		GArray *spans[ARCHIVE_SPANS];

		if (pod) {
			archive_spans(pod, spans);
			g_array_append_val(
			    spans[row_place(rows, 1, archive_span_kinds, ARCHIVE_SPANS)], span);
		}
	}
}

static void read_restarts(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM restarts ORDER BY rowid");

	while (rows_next(r, rows)) {
		struct run_pod *pod = row_item(r, rows, r->run->pods);
		g_autofree char *reason = row_text(rows, 6);
		const struct run_restart restart = {
		    .at = row_time(rows, 1),
		    .killed_at = row_time(rows, 2),
		    .finished_at = row_time(rows, 3),
		    .cause = sqlite3_column_int(rows, 4),
		    .exit_code = sqlite3_column_int(rows, 5),
		    .reason = reason ? g_intern_string(reason) : NULL,
		    .container = pod ? row_text(rows, 7) : NULL,
		};

		if (pod) {
			g_array_append_val(pod->restarts, restart);
		}
	}
}

static const struct handler *handler_of(const struct run_pod *pod, const char *container,
                                        enum probe_type type)
{
	const struct container *of = pod_spec_container(pod->spec, container);

	return of && of->probes[type] ? &of->probes[type]->handler : NULL;
}

static void read_probes(struct reader *r)
{
	static const char *const types[] = {"startup", "readiness", "liveness"};
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM probes ORDER BY rowid");

	while (rows_next(r, rows)) {
		struct run_pod *pod = row_item(r, rows, r->run->pods);
		struct run_probes probes = {
		    .type = (enum probe_type)row_place(rows, 2, types, PROBE_TYPES),
		    .attempt = (uint32_t)sqlite3_column_int64(rows, 3),
		    .first = row_time(rows, 4),
		    .last = row_time(rows, 5),
		    .count = (uint32_t)sqlite3_column_int64(rows, 6),
		    .result = row_place(rows, 7, archive_results, 3),
		    .status = sqlite3_column_int(rows, 8),
		    .port = sqlite3_column_int(rows, 10),
		    .longest = row_time(rows, 11),
		    .run = sqlite3_column_int(rows, 12),
		    .threshold = sqlite3_column_int(rows, 13),
		};

		if (pod) {
			probes.container = row_text(rows, 1);
			probes.message = row_text(rows, 9);
			probes.handler = handler_of(pod, probes.container, probes.type);
			pod->probe_counts[probes.type][probes.result] += probes.count;
			g_array_append_val(pod->probes, probes);
		}
	}
}

static void read_series(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM series ORDER BY rowid");
	struct series *series[ARCHIVE_SERIES];

	while (rows_next(r, rows)) {
		struct run_pod *pod = row_item(r, rows, r->run->pods);
		const int64_t n = sqlite3_column_int64(rows, 4);

		if (!pod || n < 0 || n > 1 << 24) {
			continue;
		}
		archive_series(pod, series);
		struct series *one =
		    series[row_place(rows, 1, archive_series_kinds, ARCHIVE_SERIES)];

		one->start = row_time(rows, 2);
		one->width = row_time(rows, 3);
		one->n = (size_t)n;
		g_free(one->values);
		one->values = g_new(double, one->n);
		for (size_t i = 0; i < one->n; i++) {
			one->values[i] = NAN;
		}
	}
	rows = rows_query(r, "SELECT * FROM bins");
	while (rows_next(r, rows)) {
		struct run_pod *pod = row_item(r, rows, r->run->pods);
		const int64_t i = sqlite3_column_int64(rows, 1);

		if (pod) {
			archive_series(pod, series);
		}
		for (int k = 0; pod && i >= 0 && k < ARCHIVE_SERIES; k++) {
			if ((size_t)i < series[k]->n) {
				series[k]->values[i] = row_figure(rows, 2 + k);
			}
		}
	}
}

/* --- the file --- */

static void read_all(struct reader *r)
{
	const int64_t schema = run_number(r, "schema_version");

	if (schema != ARCHIVE_SCHEMA_VERSION) {
		r->wrong = r->wrong ? r->wrong
		                    : g_strdup_printf("is of schema version %" G_GINT64_FORMAT
		                                      ", which this podsim does not read (it reads "
		                                      "%d): run the scenario again",
		                                      schema, ARCHIVE_SCHEMA_VERSION);
		return;
	}
	read_run(r);
	read_versions(r);
	read_events(r);
	read_pods(r);
	if (!r->wrong) {
		attach_objects(r);
	}
	read_pod_spans(r);
	read_rules_left(r);
	read_restarts(r);
	read_probes(r);
	read_series(r);
	archive_read_parts(r);
}

struct run *archive_load(const char *path, GError **error)
{
	struct reader r = {.scenario = g_new0(struct scenario, 1)};

	r.run = run_new(r.scenario);
	r.run->own_scenario = r.scenario;
	if (sqlite3_open_v2(path, &r.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		r.wrong = g_strdup(r.db ? sqlite3_errmsg(r.db) : "out of memory");
	} else {
		read_all(&r);
	}
	sqlite3_close(r.db);
	if (r.wrong) {
		g_set_error(error, ARCHIVE_ERROR, ARCHIVE_ERROR_SCHEMA, "%s: %s", path, r.wrong);
		g_free(r.wrong);
		run_free(r.run);
		return NULL;
	}
	return r.run;
}
