/* archive_thinned.c - what items of long lists stand for, in a table that is there only if there
 * are such items. */

#include "record/archive_insert.h"
#include "record/archive_rows.h"
#include "record/run_thin.h"

#include <math.h>
#include <string.h>

static const char schema[] =
    "CREATE TABLE thinned(list TEXT, owner INTEGER, place INTEGER, more INTEGER, last INTEGER,"
    " gaps INTEGER, least REAL, most REAL, zero INTEGER);";

/* --- writing --- */

static void put_spans(struct writer *w, const char *list, int64_t owner, const GArray *spans)
{
	for (unsigned i = 0; i < spans->len; i++) {
		const struct span *one = &g_array_index(spans, struct span, i);

		if (one->more) {
			put(w, "thinned", "siiitiddi", list, owner, (int64_t)i, (int64_t)one->more,
			    SIM_NEVER, one->gaps, NAN, NAN, (int64_t)0);
		}
	}
}

static void put_steps(struct writer *w, const char *list, int64_t owner, const GArray *steps)
{
	for (unsigned i = 0; i < steps->len; i++) {
		const struct step *one = &g_array_index(steps, struct step, i);

		if (one->more) {
			put(w, "thinned", "siiitiddi", list, owner, (int64_t)i, (int64_t)one->more,
			    SIM_NEVER, (int64_t)0, one->least, one->most, one->zero);
		}
	}
}

static void put_pod(struct writer *w, struct run_pod *pod, int64_t owner)
{
	GArray *spans[ARCHIVE_SPANS];

	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *one =
		    &g_array_index(pod->restarts, struct run_restart, i);

		if (one->more) {
			put(w, "thinned", "siiitiddi", "restarts", owner, (int64_t)i,
			    (int64_t)one->more, one->last, (int64_t)0, NAN, NAN, (int64_t)0);
		}
	}
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *one = &g_array_index(pod->probes, struct run_probes, i);

		if (one->more) {
			put(w, "thinned", "siiitiddi", "probes", owner, (int64_t)i,
			    (int64_t)one->more, SIM_NEVER, (int64_t)0, NAN, NAN, (int64_t)0);
		}
	}
	archive_spans(pod, spans);
	for (size_t k = 0; k < ARCHIVE_SPANS; k++) {
		g_autofree char *list = g_strdup_printf("spans.%s", archive_span_kinds[k]);

		put_spans(w, list, owner, spans[k]);
	}
}

void archive_put_thinned(struct writer *w, const struct run *run)
{
	if (!thinned_items(run)) {
		return;
	}
	w->failed |= sqlite3_exec(w->db, schema, NULL, NULL, NULL) != SQLITE_OK;
	for (unsigned i = 0; i < run->pods->len; i++) {
		put_pod(w, run->pods->pdata[i], i);
	}
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];

		put_steps(w, "endpoints.slices", i, service->endpoints);
		put_steps(w, "endpoints.programmed", i, service->programmed);
	}
	for (unsigned i = 0; i < run->deployments->len; i++) {
		GArray *steps[ARCHIVE_REPLICAS];

		archive_replicas(run->deployments->pdata[i], steps);
		for (size_t k = 0; k < ARCHIVE_REPLICAS; k++) {
			g_autofree char *list =
			    g_strdup_printf("replicas.%s", archive_replica_kinds[k]);

			put_steps(w, list, i, steps[k]);
		}
	}
}

/* --- reading --- */

/* The list of @list among those of @owner; NULL: there is none. */
static GArray *list_of(const struct run *run, const char *list, int64_t owner)
{
	const bool pods = g_str_has_prefix(list, "spans.") || g_str_equal(list, "restarts") ||
	                  g_str_equal(list, "probes");
	const GPtrArray *owners = pods                                   ? run->pods
	                          : g_str_has_prefix(list, "endpoints.") ? run->services
	                                                                 : run->deployments;
	GArray *lists[ARCHIVE_SPANS] = {NULL};
	const char *dot = strchr(list, '.');

	if (owner < 0 || owner >= owners->len) {
		return NULL;
	}
	void *one = owners->pdata[owner];

	if (g_str_equal(list, "restarts")) {
		return ((struct run_pod *)one)->restarts;
	}
	if (g_str_equal(list, "probes")) {
		return ((struct run_pod *)one)->probes;
	}
	if (owners == run->services) {
		const struct run_service *service = one;

		return g_str_equal(dot, ".slices") ? service->endpoints : service->programmed;
	}
	const char *const *kinds = pods ? archive_span_kinds : archive_replica_kinds;

	G_STATIC_ASSERT((int)ARCHIVE_SPANS == (int)ARCHIVE_REPLICAS);
	if (pods) {
		archive_spans(one, lists);
	} else {
		archive_replicas(one, lists);
	}
	for (size_t k = 0; dot && k < ARCHIVE_SPANS; k++) {
		if (g_str_equal(dot + 1, kinds[k])) {
			return lists[k];
		}
	}
	return NULL;
}

static void read_item(sqlite3_stmt *row, const char *name, GArray *list, int64_t place)
{
	const uint32_t more = (uint32_t)sqlite3_column_int64(row, 3);

	if (g_str_equal(name, "restarts")) {
		struct run_restart *one = &g_array_index(list, struct run_restart, place);

		one->more = more;
		one->last = row_time(row, 4);
	} else if (g_str_equal(name, "probes")) {
		g_array_index(list, struct run_probes, place).more = more;
	} else if (g_str_has_prefix(name, "spans.")) {
		struct span *one = &g_array_index(list, struct span, place);

		one->more = more;
		one->gaps = sqlite3_column_int64(row, 5);
	} else {
		struct step *one = &g_array_index(list, struct step, place);

		one->more = more;
		one->least = row_figure(row, 6);
		one->most = row_figure(row, 7);
		one->zero = sqlite3_column_int64(row, 8);
	}
}

void archive_read_thinned(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT 1 FROM sqlite_master WHERE name = 'thinned'");
	bool any = false;

	while (rows_next(r, rows)) {
		any = true;
	}
	rows = any ? rows_query(r, "SELECT * FROM thinned") : NULL;
	while (any && rows_next(r, rows)) {
		g_autofree char *name = row_text(rows, 0);
		GArray *list = name ? list_of(r->run, name, sqlite3_column_int64(rows, 1)) : NULL;
		const int64_t place = sqlite3_column_int64(rows, 2);

		if (list && place >= 0 && place < list->len) {
			read_item(rows, name, list, place);
		}
	}
}
