/* archive_parts.c - reads loads, Services, Deployments, HPAs and notes back from run.db. */

#include "record/archive_rows.h"

#include <math.h>
#include <string.h>

/* --- loads --- */

static void read_loads(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM loads ORDER BY load");

	while (rows_next(r, rows)) {
		struct run_load *load = run_add_load(r->run);

		load->name = row_text(rows, 1);
		load->service = row_text(rows, 2);
		load->namespace = row_text(rows, 3);
		load->from = row_time(rows, 4);
		load->to = row_time(rows, 5);
		load->all_running = row_time(rows, 6);
		load->requests = (uint64_t)sqlite3_column_int64(rows, 7);
		load->failures = (uint64_t)sqlite3_column_int64(rows, 8);
		load->rps = row_figure(rows, 9);
		load->bin_width = row_time(rows, 10);
		load->connections_opened = (uint64_t)sqlite3_column_int64(rows, 11);
		load->users = sqlite3_column_int(rows, 12);
		load->keep_alive = sqlite3_column_int(rows, 13) != 0;
		r->run->statistics.requests += load->requests;
	}
}

static void read_outcomes(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM outcomes ORDER BY rowid");

	while (rows_next(r, rows)) {
		struct run_load *load = row_item(r, rows, r->run->loads);
		const char *name = (const char *)sqlite3_column_text(rows, 1);

		for (int i = 0; load && i < REQUEST_OUTCOMES; i++) {
			if (g_strcmp0(name, request_outcome_name((enum request_outcome)i)) == 0) {
				load->outcomes[i] = (uint64_t)sqlite3_column_int64(rows, 2);
			}
		}
	}
}

static void read_load_steps(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM load_steps ORDER BY load, step");

	while (rows_next(r, rows)) {
		struct run_load *load = row_item(r, rows, r->run->loads);

		if (load) {
			load->steps = g_renew(struct load_step, load->steps, load->n_steps + 1);
			load->steps[load->n_steps++] = (struct load_step){
			    .rps = row_figure(rows, 2),
			    .failures = row_figure(rows, 3),
			    .mean = row_figure(rows, 4),
			    .p50 = row_figure(rows, 5),
			    .p95 = row_figure(rows, 6),
			    .p99 = row_figure(rows, 7),
			};
		}
	}
}

static bool is_resolution(int steps)
{
	return steps >= 2 && steps <= 4096 && (steps & (steps - 1)) == 0;
}

static void read_latency(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT load, steps FROM latency_totals");

	while (rows_next(r, rows)) {
		struct run_load *load = row_item(r, rows, r->run->loads);

		if (load && !load->latency && is_resolution(sqlite3_column_int(rows, 1))) {
			load->latency = histogram_new((unsigned)sqlite3_column_int(rows, 1));
		}
	}
	rows = rows_query(r, "SELECT * FROM latency_steps");
	while (rows_next(r, rows)) {
		struct run_load *load = row_item(r, rows, r->run->loads);

		if (load && load->latency) {
			histogram_restore_step(load->latency,
			                       (unsigned)sqlite3_column_int64(rows, 1),
			                       (uint64_t)sqlite3_column_int64(rows, 2));
		}
	}
	rows = rows_query(r, "SELECT load, sum_high, sum_low, least, most FROM latency_totals");
	while (rows_next(r, rows)) {
		struct run_load *load = row_item(r, rows, r->run->loads);
		const struct histogram_totals totals = {
		    .sum_high = (uint64_t)sqlite3_column_int64(rows, 1),
		    .sum_low = (uint64_t)sqlite3_column_int64(rows, 2),
		    .min = row_time(rows, 3),
		    .max = sqlite3_column_int64(rows, 4),
		};

		if (load && load->latency) {
			histogram_restore_totals(load->latency, &totals);
		}
	}
}

/* --- Services and Deployments --- */

static void append_step(sqlite3_stmt *row, GArray *steps)
{
	const struct step step = {.at = row_time(row, 2), .value = row_figure(row, 3)};

	g_array_append_val(steps, step);
}

static void read_services(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM services ORDER BY service");
	static const char *const kinds[] = {"slices", "programmed"};

	while (rows_next(r, rows)) {
		struct run_service *service = run_add_service(r->run);

		service->name = row_text(rows, 1);
		service->namespace = row_text(rows, 2);
		service->last = g_new0(char *, 1);
	}
	rows = rows_query(r, "SELECT * FROM endpoints ORDER BY rowid");
	while (rows_next(r, rows)) {
		struct run_service *service = row_item(r, rows, r->run->services);

		if (service) {
			append_step(rows, row_place(rows, 1, kinds, 2) ? service->programmed
			                                               : service->endpoints);
		}
	}
	rows = rows_query(r, "SELECT service, pod FROM last_endpoints ORDER BY service, place");
	while (rows_next(r, rows)) {
		struct run_service *service = row_item(r, rows, r->run->services);

		if (service) {
			const guint n = g_strv_length(service->last);

			service->last = g_renew(char *, service->last, n + 2);
			service->last[n] = row_text(rows, 1);
			service->last[n + 1] = NULL;
		}
	}
}

static void read_deployments(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM deployments ORDER BY deployment");

	while (rows_next(r, rows)) {
		struct run_deployment *deployment = run_add_deployment(r->run);

		deployment->name = row_text(rows, 1);
		deployment->namespace = row_text(rows, 2);
		deployment->paid = row_figure(rows, 3);
		deployment->serving = row_figure(rows, 4);
		deployment->measured_paid = row_figure(rows, 5);
		deployment->measured_serving = row_figure(rows, 6);
	}
	rows = rows_query(r, "SELECT * FROM replicas ORDER BY rowid");
	while (rows_next(r, rows)) {
		struct run_deployment *deployment = row_item(r, rows, r->run->deployments);
		GArray *steps[ARCHIVE_REPLICAS];

		if (deployment) {
			archive_replicas(deployment, steps);
			append_step(
			    rows,
			    steps[row_place(rows, 1, archive_replica_kinds, ARCHIVE_REPLICAS)]);
		}
	}
}

/* --- HPAs --- */

static void read_decisions(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM decisions ORDER BY hpa, decision");

	while (rows_next(r, rows)) {
		struct run_hpa *hpa = row_item(r, rows, r->run->hpas);
		struct run_decision decision = {
		    .at = row_time(rows, 2),
		    .last = row_time(rows, 3),
		    .count = (uint32_t)sqlite3_column_int64(rows, 4),
		    .current = sqlite3_column_int(rows, 5),
		    .desired = sqlite3_column_int(rows, 6),
		    .rescaled = sqlite3_column_int(rows, 7) != 0,
		};

		if (hpa) {
			decision.reason = row_text(rows, 8);
			decision.text = row_text(rows, 9);
			decision.limit = row_text(rows, 10);
			decision.explanation = row_text(rows, 11);
			g_array_append_val(hpa->decisions, decision);
		}
	}
}

static void read_decision_metrics(struct reader *r)
{
	sqlite3_stmt *rows =
	    rows_query(r, "SELECT * FROM decision_metrics ORDER BY hpa, decision, metric");

	while (rows_next(r, rows)) {
		struct run_hpa *hpa = row_item(r, rows, r->run->hpas);
		const int64_t i = sqlite3_column_int64(rows, 1);

		if (!hpa || i < 0 || i >= hpa->decisions->len) {
			continue;
		}
		struct run_decision *decision =
		    &g_array_index(hpa->decisions, struct run_decision, i);

		decision->metrics =
		    g_renew(struct run_hpa_metric, decision->metrics, decision->n_metrics + 1);
		decision->metrics[decision->n_metrics++] = (struct run_hpa_metric){
		    .name = row_text(rows, 3),
		    .current = row_figure(rows, 4),
		    .target = row_figure(rows, 5),
		    .proposal = sqlite3_column_int(rows, 6),
		    .valid = sqlite3_column_int(rows, 7) != 0,
		    .ready_ratio = row_figure(rows, 8),
		    .ratio = row_figure(rows, 9),
		    .ready = sqlite3_column_int(rows, 10),
		    .unready = sqlite3_column_int(rows, 11),
		    .missing = sqlite3_column_int(rows, 12),
		    .ignored = sqlite3_column_int(rows, 13),
		    .text = row_text(rows, 14),
		};
	}
}

static void read_hpas(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM hpas ORDER BY hpa");

	while (rows_next(r, rows)) {
		struct run_hpa *hpa = run_add_hpa(r->run);

		hpa->name = row_text(rows, 1);
		hpa->namespace = row_text(rows, 2);
		hpa->target = row_text(rows, 3);
		hpa->min = sqlite3_column_int(rows, 4);
		hpa->max = sqlite3_column_int(rows, 5);
		hpa->current = sqlite3_column_int(rows, 6);
		hpa->desired = sqlite3_column_int(rows, 7);
		hpa->thinned = (uint64_t)sqlite3_column_int64(rows, 8);
	}
	read_decisions(r);
	read_decision_metrics(r);
	rows = rows_query(r, "SELECT * FROM hpa_metric ORDER BY rowid");
	while (rows_next(r, rows)) {
		struct run_hpa *hpa = row_item(r, rows, r->run->hpas);

		if (hpa) {
			hpa->metric =
			    g_realloc(hpa->metric, (hpa->n_metric + 1) * sizeof(*hpa->metric));
			hpa->metric[hpa->n_metric].at = row_time(rows, 1);
			hpa->metric[hpa->n_metric].current = row_figure(rows, 2);
			hpa->metric[hpa->n_metric++].target = row_figure(rows, 3);
		}
	}
}

/* --- notes --- */

static void read_notes(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM notes ORDER BY note");

	while (rows_next(r, rows)) {
		struct run_note *note = run_add_note(r->run);

		note->at = row_time(rows, 1);
		note->last = row_time(rows, 2);
		note->count = (uint32_t)sqlite3_column_int64(rows, 3);
		note->kind = row_place(rows, 4, archive_notes, 4);
		note->object = row_text(rows, 5);
		note->text = row_text(rows, 6);
	}
}

/* --- pods that are told in sums --- */

static void read_folded_containers(struct reader *r)
{
	sqlite3_stmt *rows =
	    rows_query(r, "SELECT * FROM folded_containers ORDER BY folded, container");

	while (rows_next(r, rows)) {
		struct run_folded *folded = row_item(r, rows, r->run->folded);
		const struct run_folded_container one = {
		    .name = folded ? row_text(rows, 2) : NULL,
		    .restarts = (uint64_t)sqlite3_column_int64(rows, 3),
		    .last_restart = row_time(rows, 4),
		};

		if (folded) {
			g_array_append_val(folded->containers, one);
		}
	}
	rows = rows_query(r, "SELECT * FROM folded_probes");
	while (rows_next(r, rows)) {
		struct run_folded *folded = row_item(r, rows, r->run->folded);
		const int64_t i = sqlite3_column_int64(rows, 1);
		const int type = sqlite3_column_int(rows, 2), result = sqlite3_column_int(rows, 3);

		if (folded && i >= 0 && i < folded->containers->len && type >= 0 &&
		    type < PROBE_TYPES && result >= 0 && result < 3) {
			g_array_index(folded->containers, struct run_folded_container, i)
			    .probes[type][result] = (uint64_t)sqlite3_column_int64(rows, 4);
		}
	}
}

static void read_folded_lists(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM folded_figures");

	while (rows_next(r, rows)) {
		struct run_folded *folded = row_item(r, rows, r->run->folded);
		struct run_figure *figures[ARCHIVE_FIGURES];

		if (folded) {
			archive_figures(folded, figures);
			*figures[row_place(rows, 1, archive_figure_names, ARCHIVE_FIGURES)] =
			    (struct run_figure){
				.n = (uint64_t)sqlite3_column_int64(rows, 2),
				.sum = sqlite3_column_double(rows, 3),
				.squares = sqlite3_column_double(rows, 4),
				.least = sqlite3_column_double(rows, 5),
				.most = sqlite3_column_double(rows, 6),
			    };
		}
	}
	rows = rows_query(r, "SELECT * FROM folded_events ORDER BY rowid");
	while (rows_next(r, rows)) {
		struct run_folded *folded = row_item(r, rows, r->run->folded);
		g_autofree char *type = row_text(rows, 1), *reason = row_text(rows, 2);
		const struct run_folded_event one = {
		    .reason = reason ? g_intern_string(reason) : NULL,
		    .warning = g_strcmp0(type, "Warning") == 0,
		    .count = (uint64_t)sqlite3_column_int64(rows, 3),
		};

		if (folded) {
			g_array_append_val(folded->events, one);
		}
	}
}

static void read_folded(struct reader *r)
{
	sqlite3_stmt *rows = rows_query(r, "SELECT * FROM folded ORDER BY folded");

	while (rows_next(r, rows)) {
		struct run_folded *folded = run_add_folded(r->run);

		folded->namespace = row_text(rows, 1);
		folded->deployment = row_text(rows, 2);
		folded->replica_set = row_text(rows, 3);
		folded->revision = sqlite3_column_int64(rows, 4);
		folded->pods = (uint64_t)sqlite3_column_int64(rows, 5);
		folded->first = row_time(rows, 6);
		folded->last = row_time(rows, 7);
		folded->versions = (uint64_t)sqlite3_column_int64(rows, 8);
		folded->requests = (uint64_t)sqlite3_column_int64(rows, 9);
		folded->failures = (uint64_t)sqlite3_column_int64(rows, 10);
		folded->never_ready = (uint64_t)sqlite3_column_int64(rows, 11);
	}
	read_folded_containers(r);
	read_folded_lists(r);
}

void archive_read_parts(struct reader *r)
{
	read_loads(r);
	read_outcomes(r);
	read_load_steps(r);
	read_latency(r);
	read_services(r);
	read_deployments(r);
	read_hpas(r);
	read_notes(r);
	read_folded(r);
	archive_read_thinned(r);
}
