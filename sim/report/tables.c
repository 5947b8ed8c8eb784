/* tables.c - the figures of a Run as tables. */

#include "report/tables.h"
#include "record/run_folded.h"

#include "report/pod_status.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

/* --- pods --- */

static char *status_at_end(const struct run_pod *pod)
{
	if (pod->gone_at != SIM_NEVER) {
		g_autofree char *at = text_instant(pod->gone_at);

		return g_strdup_printf("gone %s", at);
	}
	return pod_status_text(POD(pod->last));
}

static char *serving_at_end(const struct run_pod *pod)
{
	const GArray *spans = pod->serving->len ? pod->serving : pod->in_endpoints;

	if (pod->gone_at != SIM_NEVER) {
		return g_strdup(spans->len ? "did" : "never");
	}
	return g_strdup(spans_are_open(spans) ? "yes" : spans->len ? "no" : "never");
}

static void add_pod(struct columns *columns, const struct run_pod *pod)
{
	char *cells[] = {
	    g_strdup(pod->name),          pod_ready_text(POD(pod->last)),
	    status_at_end(pod),           g_strdup_printf("%u", run_pod_restarts(pod)),
	    text_cores(pod->cpu_mean),    text_cores(pod->cpu_max),
	    text_bytes(pod->memory_mean), serving_at_end(pod),
	    text_count(pod->requests),
	};

	columns_add(columns, cells);
}

/* A line for pods that are told in sums only. */
static void add_folded(const struct run_folded *folded, GString *out)
{
	g_autofree char *from = text_instant(folded->first);
	g_autofree char *to = text_instant(folded->last);
	uint64_t restarts = 0;

	for (unsigned i = 0; i < folded->containers->len; i++) {
		restarts +=
		    g_array_index(folded->containers, struct run_folded_container, i).restarts;
	}
	g_string_append_printf(out, "%" G_GUINT64_FORMAT " pods more", folded->pods);
	if (folded->deployment) {
		g_string_append_printf(out, " of %s, revision %" G_GINT64_FORMAT ",",
		                       folded->deployment, folded->revision);
	}
	g_string_append_printf(out,
	                       " went from %s to %s and are told in sums only: %" G_GUINT64_FORMAT
	                       " requests, %" G_GUINT64_FORMAT " restarts, %" G_GUINT64_FORMAT
	                       " versions of objects.\n",
	                       from, to, folded->requests, restarts, folded->versions);
}

void tables_pods(const struct run *run, GString *out, bool colour)
{
	static const char *const headers[] = {"POD",     "READY",  "STATUS",  "RESTARTS", "CPU",
	                                      "CPU MAX", "MEMORY", "SERVING", "REQUESTS"};
	g_autofree char *from = text_instant(run->measure_from);
	g_autofree char *to = text_instant(run->measure_to);

	if (!run->pods->len) {
		return;
	}
	struct columns *columns = columns_new(headers, "lllrrrrlr", G_N_ELEMENTS(headers));

	for (unsigned i = 0; i < run->pods->len; i++) {
		add_pod(columns, run->pods->pdata[i]);
	}
	text_heading(out, "Pods", colour);
	columns_finish(columns, out, 0);
	g_string_append_printf(
	    out, "CPU (mean, highest 15 s) and memory from %s to %s; the rest at the end.\n", from,
	    to);
	for (unsigned i = 0; i < run->folded->len; i++) {
		add_folded(run->folded->pdata[i], out);
	}
}

/* --- endpoints --- */

/* "0 at 0s, 4 at 41s": of steps within one second only the last; the beginning is left out when
 * they are many. */
static char *times_text(const GArray *steps)
{
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(NULL);
	const char *last = "";

	for (guint i = 0; i < steps->len; i++) {
		const struct step *step = &g_array_index(steps, struct step, i);
		char *at = text_instant(step->at);

		if (g_str_equal(at, last)) {
			g_ptr_array_set_size(parts, (int)parts->len - 2);
		}
		g_ptr_array_add(parts, g_strdup_printf("%.0f at ", step->value));
		g_ptr_array_add(parts, at);
		last = at;
	}
	const guint first = parts->len > 40 ? parts->len - 40 : 0;

	g_string_append(text, first ? "..., " : "");
	const char *before = "";

	for (guint i = first; i < parts->len; i += 2) {
		const char *value = parts->pdata[i], *at = parts->pdata[i + 1];

		if (!g_str_equal(value, before)) { /* there and back is nothing */
			g_string_append_printf(text, "%s%s%s", i > first ? ", " : "", value, at);
		}
		before = value;
	}
	return g_string_free(text, FALSE);
}

void tables_endpoints(const struct run *run, GString *out, bool colour)
{
	static const char *const headers[] = {"SERVICE", "ENDPOINTS", "AT THE END, AND OVER TIME"};
	struct columns *columns;

	if (!run->services->len) {
		return;
	}
	columns = columns_new(headers, "lrl", G_N_ELEMENTS(headers));
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];
		g_autofree char *times = times_text(service->endpoints);
		g_autofree char *names = service->last && service->last[0]
		                             ? g_strjoinv(", ", service->last)
		                             : g_strdup("none");
		char *cells[] = {
		    g_strdup(service->name),
		    text_number(steps_at(service->endpoints, SIM_NEVER, 0), 0),
		    g_strdup_printf("%s\n%s", names, times),
		};

		columns_add(columns, cells);
	}
	text_heading(out, "Endpoints", colour);
	columns_finish(columns, out, 0);
}

/* --- HPA decisions --- */

/* What the metrics of @decision ask for: 1 more, -1 fewer replicas, 0 the present ones or nothing.
 */
static int asks_for(const struct run_decision *decision)
{
	const struct run_hpa_metric *metric = decision->n_metrics ? &decision->metrics[0] : NULL;

	if (!metric || !metric->valid || isnan(metric->ready_ratio)) {
		return 0;
	}
	return metric->ready_ratio > 1.1 ? 1 : metric->ready_ratio < 0.9 ? -1 : 0;
}

/* Whether two syncs hold the same number against the same wish. */
static bool is_alike(const struct run_decision *a, const struct run_decision *b)
{
	return !a->rescaled && !b->rescaled && a->current == b->current &&
	       a->n_metrics == b->n_metrics && asks_for(a) == asks_for(b) &&
	       (!a->n_metrics || a->metrics[0].valid == b->metrics[0].valid);
}

static char *decision_title(const struct run_decision *decision)
{
	if (decision->rescaled) {
		return g_strdup_printf("%d -> %d", decision->current, decision->desired);
	}
	return g_strdup_printf("holds %d", decision->current);
}

/* How far the ready pods are from the target. */
static double pressure(const struct run_decision *decision)
{
	const struct run_hpa_metric *metric = decision->n_metrics ? &decision->metrics[0] : NULL;

	return metric && metric->valid ? fabs(log(metric->ready_ratio)) : 0;
}

/* The decisions from @first to @last, which are alike, as one row with the clearest of them. */
static void add_decisions(struct columns *columns, const struct run_hpa *hpa, guint first,
                          guint last)
{
	const struct run_decision *one = &g_array_index(hpa->decisions, struct run_decision, first);
	const struct run_decision *end = &g_array_index(hpa->decisions, struct run_decision, last);
	const struct run_decision *clearest = one;
	g_autofree char *from = text_instant(one->at), *to = text_instant(end->last);
	unsigned n = 0;

	for (guint i = first; i <= last; i++) {
		const struct run_decision *decision =
		    &g_array_index(hpa->decisions, struct run_decision, i);

		n += decision->count;
		clearest = pressure(decision) > pressure(clearest) ? decision : clearest;
	}
	g_autofree char *at = text_instant(clearest->at);
	char *cells[] = {
	    n > 1 ? g_strdup_printf("%s to %s", from, to) : g_strdup(from),
	    g_strdup_printf("%u", n),
	    decision_title(one),
	    first != last ? g_strdup_printf("at %s: %s", at, clearest->text) : g_strdup(one->text),
	};

	columns_add(columns, cells);
}

void tables_hpas(const struct run *run, GString *out, bool colour)
{
	static const char *const headers[] = {"TIME", "SYNCS", "REPLICAS", "ARITHMETIC"};

	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];
		g_autofree char *title =
		    g_strdup_printf("HPA %s of %s: %d to %d replicas; desired %d at the end",
		                    hpa->name, hpa->target, hpa->min, hpa->max, hpa->desired);
		struct columns *columns = columns_new(headers, "rrll", G_N_ELEMENTS(headers));

		for (guint first = 0; first < hpa->decisions->len;) {
			guint last = first;

			while (last + 1 < hpa->decisions->len &&
			       is_alike(
				   &g_array_index(hpa->decisions, struct run_decision, first),
				   &g_array_index(hpa->decisions, struct run_decision, last + 1))) {
				last++;
			}
			add_decisions(columns, hpa, first, last);
			first = last + 1;
		}
		text_heading(out, title, colour);
		columns_finish(columns, out, 0);
		if (hpa->thinned) {
			g_string_append_printf(out,
			                       "%" G_GUINT64_FORMAT " syncs with an arithmetic of "
			                       "their own are counted in those before them.\n",
			                       hpa->thinned);
		}
	}
}

/* --- load --- */

static void add_load(struct columns *columns, const struct run_load *load)
{
	const struct histogram *latency = load->latency;
	const bool any = latency && histogram_count(latency);
	const double quantiles[] = {0.5, 0.9, 0.95, 0.99};
	g_autofree char *from = text_instant(load->from), *to = text_instant(load->to);
	char *cells[11] = {
	    g_strdup(load->name),       g_strdup_printf("%s to %s", from, to),
	    text_count(load->requests), text_count(load->failures),
	    text_number(load->rps, 1),  text_latency(any ? histogram_mean(latency) / 1e9 : NAN),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(quantiles); i++) {
		cells[6 + i] =
		    text_latency(any ? histogram_quantile(latency, quantiles[i]) / 1e9 : NAN);
	}
	cells[10] = text_latency(any ? sim_time_to_seconds(histogram_max(latency)) : NAN);
	columns_add(columns, cells);
}

static void add_failures(const struct run_load *load, GString *out)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int outcome = REQUEST_OK + 1; outcome < REQUEST_OUTCOMES; outcome++) {
		if (load->outcomes[outcome]) {
			g_autofree char *n = text_count(load->outcomes[outcome]);

			g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", n,
			                       request_outcome_name((enum request_outcome)outcome));
		}
	}
	if (load->failures) {
		g_string_append_printf(out, "Failures of %s by cause: %s.\n", load->name,
		                       text->str);
	}
}

void tables_load(const struct run *run, GString *out, bool colour)
{
	static const char *const headers[] = {"LOAD", "TIME", "REQUESTS", "FAILED", "REQ/S", "MEAN",
	                                      "P50",  "P90",  "P95",      "P99",    "MAX"};

	if (!run->loads->len) {
		return;
	}
	struct columns *columns = columns_new(headers, "llrrrrrrrrr", G_N_ELEMENTS(headers));

	for (unsigned i = 0; i < run->loads->len; i++) {
		add_load(columns, run->loads->pdata[i]);
	}
	text_heading(out, "Load", colour);
	columns_finish(columns, out, 0);
	for (unsigned i = 0; i < run->loads->len; i++) {
		add_failures(run->loads->pdata[i], out);
	}
}

/* --- replicas --- */

static double per_second(const struct run *run, double replica_seconds)
{
	const double seconds = sim_time_to_seconds(run->measure_to - run->measure_from);

	return seconds > 0 ? replica_seconds / seconds : NAN;
}

double replicas_paid(const struct run *run, const struct run_deployment *deployment)
{
	return per_second(run, deployment->measured_paid);
}

double replicas_serving(const struct run *run, const struct run_deployment *deployment)
{
	return per_second(run, deployment->measured_serving);
}

static char *waste_text(double paid, double serving)
{
	return paid > 0 ? text_percent(MAX(0, 1 - serving / paid)) : g_strdup("-");
}

void tables_replicas(const struct run *run, GString *out, bool colour)
{
	static const char *const headers[] = {"DEPLOYMENT",    "DESIRED",     "PAID FOR",
	                                      "SERVING",       "WASTED",      "PAID (RUN)",
	                                      "SERVING (RUN)", "WASTED (RUN)"};
	g_autofree char *from = text_instant(run->measure_from);
	g_autofree char *to = text_instant(run->measure_to);

	if (!run->deployments->len) {
		return;
	}
	struct columns *columns = columns_new(headers, "lrrrrrrr", G_N_ELEMENTS(headers));

	for (unsigned i = 0; i < run->deployments->len; i++) {
		const struct run_deployment *one = run->deployments->pdata[i];
		const double paid = replicas_paid(run, one), serving = replicas_serving(run, one);
		char *cells[] = {
		    g_strdup(one->name),
		    text_number(steps_at(one->desired, run->measure_to, 0), 0),
		    text_number(paid, 2),
		    text_number(serving, 2),
		    waste_text(paid, serving),
		    g_strdup_printf("%.0f s", one->paid),
		    g_strdup_printf("%.0f s", one->serving),
		    waste_text(one->paid, one->serving),
		};

		columns_add(columns, cells);
	}
	text_heading(out, "Replicas", colour);
	columns_finish(columns, out, 0);
	g_string_append_printf(
	    out,
	    "Means from %s to %s, then replica-seconds of the whole run: bound to a "
	    "node, in the endpoints.\n",
	    from, to);
}
