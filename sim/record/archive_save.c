/* archive_save.c - writes a Run to run.db. */

#include "record/archive_insert.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

G_DEFINE_QUARK(podsim - archive - error, archive_error)

/* --- the parts --- */

static void put_run(struct writer *w, const struct run *run)
{
	const struct scenario *scenario = run->scenario;
	const struct {
		const char *key, *value;
	} texts[] = {
	    {"podsim_version", PODSIM_VERSION}, {"kubernetes_version", scenario->version},
	    {"scenario", scenario->name},       {"description", scenario->description},
	    {"file", scenario->file},
	};
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
	    {"schema_version", ARCHIVE_SCHEMA_VERSION},
	    {"seed", (int64_t)run->seed},
	    {"from", run->from},
	    {"to", run->to},
	    {"measure_from", run->measure_from},
	    {"measure_to", run->measure_to},
	    {"clock_zero", scenario->clock_zero},
	    {"notes_thinned", (int64_t)run->notes_thinned},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		put(w, "run", "ss", texts[i].key, texts[i].value);
	}
	sqlite3_stmt *insert = statement(w, "run", 2);

	for (size_t i = 0; i < G_N_ELEMENTS(numbers) && insert; i++) {
		sqlite3_bind_text(insert, 1, numbers[i].key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(insert, 2, numbers[i].value);
		w->failed |= sqlite3_step(insert) != SQLITE_DONE;
		sqlite3_reset(insert);
	}
}

/* All series of a pod side by side: they nearly always have the same bins. */
static void put_bins(struct writer *w, struct series *const series[ARCHIVE_SERIES], int64_t id)
{
	size_t n = 0;

	for (size_t k = 0; k < ARCHIVE_SERIES; k++) {
		n = MAX(n, series[k]->n);
	}
	for (size_t i = 0; i < n; i++) {
		double values[ARCHIVE_SERIES];

		for (size_t k = 0; k < ARCHIVE_SERIES; k++) {
			values[k] = i < series[k]->n ? series[k]->values[i] : NAN;
		}
		put(w, "bins", "iiddddd", id, (int64_t)i, values[0], values[1], values[2],
		    values[3], values[4]);
	}
}

static void put_pod_lists(struct writer *w, struct run_pod *pod, int64_t id)
{
	GArray *spans[ARCHIVE_SPANS];
	struct series *series[ARCHIVE_SERIES];

	archive_spans(pod, spans);
	archive_series(pod, series);
	for (size_t k = 0; k < ARCHIVE_SPANS; k++) {
		for (unsigned i = 0; i < spans[k]->len; i++) {
			const struct span *span = &g_array_index(spans[k], struct span, i);

			put(w, "spans", "istt", id, archive_span_kinds[k], span->from, span->to);
		}
	}
	const size_t kinds = pod->waited.n ? ARCHIVE_SERIES : ARCHIVE_SERIES - 1; /* the last one */

	for (size_t k = 0; k < kinds; k++) {
		put(w, "series", "istti", id, archive_series_kinds[k], series[k]->start,
		    series[k]->width, (int64_t)series[k]->n);
	}
	put_bins(w, series, id);
	for (unsigned i = 0; i < pod->left->len; i++) {
		const struct run_left *left = &g_array_index(pod->left, struct run_left, i);

		put(w, "rules_left", "ist", id, left->node, left->at);
	}
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *one =
		    &g_array_index(pod->restarts, struct run_restart, i);

		put(w, "restarts", "itttiiss", id, one->at, one->killed_at, one->finished_at,
		    (int64_t)one->cause, (int64_t)one->exit_code, one->reason, one->container);
	}
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *one = &g_array_index(pod->probes, struct run_probes, i);

		put(w, "probes", "issittisisitii", id, one->container, probe_type_name(one->type),
		    (int64_t)one->attempt, one->first, one->last, (int64_t)one->count,
		    archive_results[one->result], (int64_t)one->status, one->message,
		    (int64_t)one->port, one->longest, (int64_t)one->run, (int64_t)one->threshold);
	}
}

static void put_pods(struct writer *w, const struct run *run)
{
	for (unsigned i = 0; i < run->pods->len; i++) {
		struct run_pod *pod = run->pods->pdata[i];

		put(w, "pods", "isssssisssttttttsiiidddddddttiiitt", (int64_t)i, pod->name,
		    pod->namespace, pod->uid, pod->replica_set, pod->deployment, pod->revision,
		    pod->node, pod->ip, pod->application, pod->created_at, pod->scheduled_at,
		    pod->started_at, pod->ready_at, pod->deleted_at, pod->gone_at,
		    pod->scheduling_message, (int64_t)pod->requests, (int64_t)pod->failures,
		    (int64_t)pod->connections_opened, pod->cpu_mean, pod->cpu_max, pod->memory_mean,
		    pod->memory_max, pod->throttled, pod->measured_seconds, pod->startup_listens_at,
		    pod->pre_stop_at, pod->term_at, (int64_t)pod->cut.refused,
		    (int64_t)pod->cut.unreachable, (int64_t)pod->cut.reset, pod->cut.first,
		    pod->cut.last);
		put_pod_lists(w, pod, (int64_t)i);
	}
}

struct latency_target {
	struct writer *w;
	int64_t load;
};

static void put_latency_step(void *data, unsigned index, uint64_t count)
{
	const struct latency_target *target = data;

	put(target->w, "latency_steps", "iii", target->load, (int64_t)index, (int64_t)count);
}

static void put_latency(struct writer *w, const struct histogram *latency, int64_t id)
{
	static const double quantiles[] = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};
	struct latency_target target = {w, id};
	const struct histogram_totals totals = histogram_totals(latency);

	for (size_t i = 0; i < G_N_ELEMENTS(quantiles) && histogram_count(latency); i++) {
		put(w, "latency", "idd", id, quantiles[i],
		    histogram_quantile(latency, quantiles[i]) / 1e9);
	}
	histogram_each(latency, put_latency_step, &target);
	put(w, "latency_totals", "iiiiti", id, (int64_t)histogram_steps(latency),
	    (int64_t)totals.sum_high, (int64_t)totals.sum_low, totals.min, totals.max);
}

static void put_loads(struct writer *w, const struct run *run)
{
	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];
		const int64_t id = i;

		put(w, "loads", "issstttiidtiii", id, load->name, load->service, load->namespace,
		    load->from, load->to, load->all_running, (int64_t)load->requests,
		    (int64_t)load->failures, load->rps, load->bin_width,
		    (int64_t)load->connections_opened, (int64_t)load->users,
		    (int64_t)load->keep_alive);
		for (int k = 0; k < REQUEST_OUTCOMES; k++) {
			put(w, "outcomes", "isi", id, request_outcome_name((enum request_outcome)k),
			    (int64_t)load->outcomes[k]);
		}
		for (size_t k = 0; k < load->n_steps; k++) {
			const struct load_step *step = &load->steps[k];

			put(w, "load_steps", "iidddddd", id, (int64_t)k, step->rps, step->failures,
			    step->mean, step->p50, step->p95, step->p99);
		}
		if (load->latency) {
			put_latency(w, load->latency, id);
		}
	}
}

static void put_steps(struct writer *w, const char *table, int64_t id, const char *kind,
                      const GArray *steps)
{
	for (unsigned i = 0; i < steps->len; i++) {
		const struct step *step = &g_array_index(steps, struct step, i);

		put(w, table, "istd", id, kind, step->at, step->value);
	}
}

static void put_services(struct writer *w, const struct run *run)
{
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];

		put(w, "services", "iss", (int64_t)i, service->name, service->namespace);
		put_steps(w, "endpoints", i, "slices", service->endpoints);
		put_steps(w, "endpoints", i, "programmed", service->programmed);
		for (int64_t k = 0; service->last && service->last[k]; k++) {
			put(w, "last_endpoints", "iis", (int64_t)i, k, service->last[k]);
		}
	}
	for (unsigned i = 0; i < run->deployments->len; i++) {
		struct run_deployment *one = run->deployments->pdata[i];
		GArray *steps[ARCHIVE_REPLICAS];

		put(w, "deployments", "issdddd", (int64_t)i, one->name, one->namespace, one->paid,
		    one->serving, one->measured_paid, one->measured_serving);
		archive_replicas(one, steps);
		for (size_t k = 0; k < ARCHIVE_REPLICAS; k++) {
			put_steps(w, "replicas", i, archive_replica_kinds[k], steps[k]);
		}
	}
}

static void put_decision(struct writer *w, int64_t hpa, int64_t id, const struct run_decision *one)
{
	put(w, "decisions", "iittiiiissss", hpa, id, one->at, one->last, (int64_t)one->count,
	    (int64_t)one->current, (int64_t)one->desired, (int64_t)one->rescaled, one->reason,
	    one->text, one->limit, one->explanation);
	for (size_t i = 0; i < one->n_metrics; i++) {
		const struct run_hpa_metric *metric = &one->metrics[i];

		put(w, "decision_metrics", "iiisddiiddiiiis", hpa, id, (int64_t)i, metric->name,
		    metric->current, metric->target, (int64_t)metric->proposal,
		    (int64_t)metric->valid, metric->ready_ratio, metric->ratio,
		    (int64_t)metric->ready, (int64_t)metric->unready, (int64_t)metric->missing,
		    (int64_t)metric->ignored, metric->text);
	}
}

static void put_hpas(struct writer *w, const struct run *run)
{
	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];

		put(w, "hpas", "isssiiiii", (int64_t)i, hpa->name, hpa->namespace, hpa->target,
		    (int64_t)hpa->min, (int64_t)hpa->max, (int64_t)hpa->current,
		    (int64_t)hpa->desired, (int64_t)hpa->thinned);
		for (unsigned k = 0; k < hpa->decisions->len; k++) {
			put_decision(w, i, k,
			             &g_array_index(hpa->decisions, struct run_decision, k));
		}
		for (size_t k = 0; k < hpa->n_metric; k++) {
			put(w, "hpa_metric", "itdd", (int64_t)i, hpa->metric[k].at,
			    hpa->metric[k].current, hpa->metric[k].target);
		}
	}
}

static void put_figure(struct writer *w, int64_t id, const char *name,
                       const struct run_figure *figure)
{
	put(w, "folded_figures", "isidddd", id, name, (int64_t)figure->n, figure->sum,
	    figure->squares, figure->least, figure->most);
}

static void put_folded(struct writer *w, const struct run *run)
{
	for (unsigned i = 0; i < run->folded->len; i++) {
		struct run_folded *folded = run->folded->pdata[i];
		struct run_figure *figures[ARCHIVE_FIGURES];

		put(w, "folded", "isssiittiiii", (int64_t)i, folded->namespace, folded->deployment,
		    folded->replica_set, folded->revision, (int64_t)folded->pods, folded->first,
		    folded->last, (int64_t)folded->versions, (int64_t)folded->requests,
		    (int64_t)folded->failures, (int64_t)folded->never_ready);
		archive_figures(folded, figures);
		for (size_t k = 0; k < ARCHIVE_FIGURES; k++) {
			put_figure(w, i, archive_figure_names[k], figures[k]);
		}
		for (unsigned k = 0; k < folded->containers->len; k++) {
			const struct run_folded_container *one =
			    &g_array_index(folded->containers, struct run_folded_container, k);

			put(w, "folded_containers", "iisit", (int64_t)i, (int64_t)k, one->name,
			    (int64_t)one->restarts, one->last_restart);
			for (int p = 0; p < PROBE_TYPES * 3; p++) {
				put(w, "folded_probes", "iiiii", (int64_t)i, (int64_t)k,
				    (int64_t)(p / 3), (int64_t)(p % 3),
				    (int64_t)one->probes[p / 3][p % 3]);
			}
		}
		for (unsigned k = 0; k < folded->events->len; k++) {
			const struct run_folded_event *one =
			    &g_array_index(folded->events, struct run_folded_event, k);

			put(w, "folded_events", "issi", (int64_t)i,
			    one->warning ? "Warning" : "Normal", one->reason, (int64_t)one->count);
		}
	}
}

static void put_history(struct writer *w, const struct run *run)
{
	archive_put_versions(w, run);
	for (unsigned i = 0; i < run->events->len; i++) {
		const struct event *event = run->events->pdata[i];

		put(w, "events", "ittissssss", (int64_t)i, event->first_time, event->last_time,
		    (int64_t)event->count, event->warning ? "Warning" : "Normal", event->reason,
		    object_kind_name(event->regarding_kind), event->regarding_name, event->source,
		    event->message);
	}
	for (unsigned i = 0; i < run->notes->len; i++) {
		const struct run_note *note = run->notes->pdata[i];

		put(w, "notes", "ittisss", (int64_t)i, note->at, note->last, (int64_t)note->count,
		    archive_notes[note->kind], note->object, note->text);
	}
}

/* --- the file --- */

static bool open_writer(struct writer *w, const char *path)
{
	static const char settings[] =
	    "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;";

	return sqlite3_open_v2(path, &w->db,
	                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	                       NULL) == SQLITE_OK &&
	       sqlite3_exec(w->db, settings, NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_exec(w->db, archive_schema, NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_exec(w->db, archive_schema_objects, NULL, NULL, NULL) == SQLITE_OK;
}

static void finalize(void *statement)
{
	sqlite3_finalize(statement);
}

/* Everything into @path; NULL, or what went wrong. */
static char *write_all(const struct run *run, const char *path)
{
	struct writer w = {
	    .statements = g_hash_table_new_full(NULL, NULL, NULL, finalize),
	};
	char *wrong = NULL;

	w.failed = !open_writer(&w, path);
	if (!w.failed) {
		put_run(&w, run);
		put_pods(&w, run);
		put_loads(&w, run);
		put_services(&w, run);
		put_hpas(&w, run);
		put_history(&w, run);
		put_folded(&w, run);
		archive_put_thinned(&w, run);
	}
	if (w.failed || sqlite3_exec(w.db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		wrong = g_strdup(w.db ? sqlite3_errmsg(w.db) : "out of memory");
	}
	g_hash_table_unref(w.statements);
	if (sqlite3_close(w.db) != SQLITE_OK && !wrong) {
		wrong = g_strdup("it cannot be closed");
	}
	return wrong;
}

bool archive_save(const struct run *run, const char *path, GError **error)
{
	g_autofree char *part = g_strdup_printf("%s.part", path);
	g_autofree char *wrong = NULL;

	g_unlink(part); /* of a run that was interrupted */
	wrong = write_all(run, part);
	if (!wrong && g_rename(part, path) != 0) {
		wrong = g_strdup(g_strerror(errno));
	}
	if (wrong) {
		g_unlink(part);
		g_set_error(error, ARCHIVE_ERROR, ARCHIVE_ERROR_FILE, "%s cannot be written: %s",
		            path, wrong);
		return false;
	}
	return true;
}
