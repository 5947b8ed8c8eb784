/* tables.c - the figures of a Run as tables. */

#include "report/tables.h"

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
}

/* --- endpoints --- */

void tables_endpoints(const struct run *run, GString *out, bool colour)
{
	static const char *const headers[] = {"SERVICE", "ENDPOINTS", "OVER TIME", "AT THE END"};
	struct columns *columns;

	if (!run->services->len) {
		return;
	}
	columns = columns_new(headers, "lrll", G_N_ELEMENTS(headers));
	for (unsigned i = 0; i < run->services->len; i++) {
		const struct run_service *service = run->services->pdata[i];
		g_autoptr(GString) times = g_string_new(NULL);
		const guint n = service->endpoints->len, first = n > 7 ? n - 6 : 0;

		if (first) {
			g_string_append(times, "... ");
		}
		for (guint k = first; k < n; k++) {
			const struct step *step =
			    &g_array_index(service->endpoints, struct step, k);
			g_autofree char *at = text_instant(step->at);

			g_string_append_printf(times, "%s%.0f at %s", k > first ? ", " : "",
			                       step->value, at);
		}
		g_autofree char *names = service->last && service->last[0]
		                             ? g_strjoinv(", ", service->last)
		                             : g_strdup("none");
		char *cells[] = {
		    g_strdup(service->name),
		    text_number(steps_at(service->endpoints, SIM_NEVER, 0), 0),
		    g_strdup(times->str),
		    g_strdup(names),
		};

		columns_add(columns, cells);
	}
	text_heading(out, "Endpoints", colour);
	columns_finish(columns, out, 0);
}

/* --- HPA decisions --- */

/* Whether @b says what @a says, but for the figures. */
static bool is_alike(const struct run_decision *a, const struct run_decision *b)
{
	return !a->rescaled && !b->rescaled && a->current == b->current &&
	       a->desired == b->desired && g_strcmp0(a->limit, b->limit) == 0 &&
	       a->n_metrics == b->n_metrics &&
	       (!a->n_metrics || (a->metrics[0].valid == b->metrics[0].valid &&
	                          a->metrics[0].proposal == b->metrics[0].proposal &&
	                          a->metrics[0].unready == b->metrics[0].unready &&
	                          a->metrics[0].missing == b->metrics[0].missing));
}

static char *decision_title(const struct run_decision *decision)
{
	if (decision->rescaled) {
		return g_strdup_printf("%d -> %d", decision->current, decision->desired);
	}
	return g_strdup_printf("holds %d", decision->current);
}

static void add_decisions(struct columns *columns, const struct run_hpa *hpa, guint first,
                          guint last)
{
	const struct run_decision *one = &g_array_index(hpa->decisions, struct run_decision, first);
	const struct run_decision *end = &g_array_index(hpa->decisions, struct run_decision, last);
	g_autofree char *from = text_instant(one->at), *to = text_instant(end->last);
	unsigned n = 0;

	for (guint i = first; i <= last; i++) {
		n += g_array_index(hpa->decisions, struct run_decision, i).count;
	}
	char *cells[] = {
	    n > 1 ? g_strdup_printf("%s to %s", from, to) : g_strdup(from),
	    g_strdup_printf("%u", n),
	    decision_title(one),
	    n > 1 && !one->rescaled && first != last ? g_strdup_printf("last: %s", end->text)
						     : g_strdup(one->text),
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
