/* diagnosis_probes.c - replicas that a probe keeps out: a path that is not served, a dependency
 * that is away, an answer that comes too late. */

#include "report/probe_evidence.h"

#include <math.h>
#include <string.h>

/* --- what followed --- */

static uint64_t sum_counts(const struct finding *finding, enum probe_type type, int result)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		n += ((const struct run_pod *)finding->pods->pdata[i])->probe_counts[type][result];
	}
	return n;
}

/* "of 61 startup probes none succeeded: 60 x HTTP 404, 1 x connection refused". */
static void chain_answers(struct finding *finding, enum probe_type type)
{
	struct probe_failures sum = {0};
	g_autoptr(GString) text = g_string_new(NULL);
	const uint64_t good = sum_counts(finding, type, PROBE_SUCCESS);

	for (unsigned i = 0; i < finding->pods->len; i++) {
		probe_failures_add(&sum, finding->pods->pdata[i], type);
	}
	const uint64_t all = good + sum.total;
	g_autofree char *all_text = text_count(all);

	g_string_append_printf(text, "of %s %s probe%s ", all_text, probe_type_name(type),
	                       text_plural(all));
	g_string_append_printf(text, good ? "%" G_GUINT64_FORMAT " succeeded" : "none succeeded",
	                       good);
	probe_failures_describe(&sum, text);
	finding_chain(finding, "%s", text->str);
}

/* "at 132s, 262s, 392s and 522s" of the restarts of @pod for @cause. */
static unsigned kill_times(const struct run_pod *pod, int cause, GString *out)
{
	unsigned n = 0, all = 0;

	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(pod->restarts, struct run_restart, i);
		const sim_time at = restart->at != SIM_NEVER ? restart->at : restart->killed_at;
		g_autofree char *text = text_instant(at);

		if (restart->cause != cause) {
			continue;
		}
		n++;
		all += 1 + restart->more;
		if (n <= 8) {
			g_string_append_printf(out, "%s%s", n > 1 ? ", " : "", text);
		} else if (n == 9) {
			g_string_append(out, ", ...");
		}
	}
	return all;
}

static void chain_kills(struct finding *finding, enum probe_type type, const struct probe *probe)
{
	const int cause = type == PROBE_STARTUP ? KILL_STARTUP : KILL_LIVENESS;
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned kills = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];
		g_autoptr(GString) times = g_string_new(NULL);
		const unsigned n = kill_times(pod, cause, times);
		g_autoptr(GPtrArray) one = g_ptr_array_new();

		if (!n) {
			continue;
		}
		g_ptr_array_add(one, (void *)pod);
		g_autofree char *name = pods_text(one);

		g_string_append_printf(text, "%s %s %u time%s (%s)", kills ? ";" : "", name, n,
		                       text_plural(n), times->str);
		kills += n;
	}
	if (kills) {
		finding_chain(
		    finding,
		    "after %d failures in a row (failureThreshold %d, periodSeconds %d) the "
		    "kubelet killed the container and started it anew:%s",
		    probe->failure_threshold, probe->failure_threshold, probe->period_seconds,
		    text->str);
	}
}

static void chain_gate(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct container *container = pod_container(d->run, pod);
	static const enum probe_type gated[] = {PROBE_READINESS, PROBE_LIVENESS};
	uint64_t sent = 0;
	bool any = false;

	for (size_t i = 0; i < G_N_ELEMENTS(gated); i++) {
		any |= container->probes[gated[i]] != NULL;
		for (int result = PROBE_SUCCESS; result <= PROBE_ERROR; result++) {
			sent += sum_counts(finding, gated[i], result);
		}
	}
	if (any && !sent) {
		finding_chain(finding, "before a startup probe has succeeded the kubelet sends no "
		                       "readiness and no liveness probe: none was ever sent");
	}
}

static sim_time longest_backoff(const struct run *run, const struct finding *finding)
{
	sim_time longest = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];

		longest = MAX(longest, spans_length(pod->backoff, run->from, run->to));
	}
	return longest;
}

/* How much of their time the pods were Ready. */
static void chain_share_ready(const struct diagnosis *d, struct finding *finding)
{
	sim_time alive = 0, ready = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];
		const sim_time end = MIN(MIN(pod->deleted_at, pod->gone_at), d->run->to);

		alive += end - pod->created_at;
		ready += spans_length(pod->ready, pod->created_at, end);
	}
	g_autofree char *alive_text = text_length(alive), *ready_text = text_length(ready);

	finding_chain(finding, "so %s Ready, and in the endpoints, for %s of %s only",
	              finding->pods->len == 1 ? "the pod was" : "the pods together were",
	              ready_text, alive_text);
}

void chain_out_of_endpoints(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct run_service *service = service_of_pod(d, pod);
	const char *they = finding->pods->len == 1 ? "the pod" : "the pods";
	const char *was = finding->pods->len == 1 ? "was" : "were";
	const sim_time backoff = longest_backoff(d->run, finding);

	if (backoff) {
		g_autofree char *text = text_length(backoff);

		finding_chain(finding, "between restarts %s %s held in CrashLoopBackOff, %s in all",
		              they, was, text);
	}
	const sim_time end = MIN(pod->gone_at, d->run->to);

	if (pod->ready->len == 0 && service) {
		finding_chain(
		    finding,
		    "so %s %s never Ready and never among the endpoints of Service %s, which "
		    "had %.0f %s",
		    they, was, service->name, steps_at(service->endpoints, end - 1, 0),
		    pod->gone_at == SIM_NEVER ? "at the end" : "when the last of them was deleted");
	} else if (pod->ready->len == 0) {
		finding_chain(finding, "so %s %s never Ready", they, was);
	} else {
		chain_share_ready(d, finding);
	}
}

void chain_waste(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct run_service *service = service_of_pod(d, pod);
	sim_time born = SIM_NEVER, gone = d->run->from, held = 0;
	uint64_t served = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *one = finding->pods->pdata[i];

		served += one->requests;
		born = MIN(born, one->created_at);
		gone = MAX(gone, MIN(one->gone_at, d->run->to));
		if (one->scheduled_at != SIM_NEVER) {
			held += MIN(one->gone_at, d->run->to) - one->scheduled_at;
		}
	}
	g_autofree char *served_text = text_count(served);
	g_autofree char *all_text = text_count(service_requests(d->run, service, born, gone));
	g_autofree char *held_text = text_length(held);
	g_autofree char *cpu = text_cpu_amount(pod_spec_request(pod->spec, "cpu"));
	g_autofree char *memory = text_memory_amount(pod_spec_request(pod->spec, "memory"));
	const char *they = finding->pods->len == 1 ? "it" : "they";

	if (held) {
		finding_chain(
		    finding,
		    "%s answered %s of %s requests, while %s held %s CPU and %s memory of "
		    "its node: %s of replica time paid for",
		    they, served_text, all_text, finding->pods->len == 1 ? "it" : "each of them",
		    cpu, memory, held_text);
	}
}

/* Whether an earlier finding is about the same object and counts it in, too. */
static bool has_kin(const struct diagnosis *d, const struct finding *finding)
{
	for (unsigned i = 0; i < d->findings->len && d->findings->pdata[i] != finding; i++) {
		const struct finding *other = d->findings->pdata[i];

		if (other->severity == SEVERITY_ERROR &&
		    g_str_equal(other->object, finding->object)) {
			return true;
		}
	}
	return false;
}

void chain_hpa(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct run_hpa *hpa =
	    pod->deployment ? hpa_of_deployment(d->run, pod->namespace, pod->deployment) : NULL;

	if (has_kin(d, finding)) {
		return; /* told there */
	}
	const struct run_decision *clearest = NULL;

	for (unsigned i = 0; hpa && i < hpa->decisions->len; i++) {
		const struct run_decision *decision =
		    &g_array_index(hpa->decisions, struct run_decision, i);
		const struct run_hpa_metric *metric =
		    decision->n_metrics ? &decision->metrics[0] : NULL;

		if (metric && metric->valid && metric->unready > 0 && metric->ready_ratio > 1 &&
		    metric->ratio < metric->ready_ratio && decision->at >= pod->created_at &&
		    decision->at < pod->gone_at &&
		    (!clearest || metric->ready_ratio > clearest->metrics[0].ready_ratio)) {
			clearest = decision;
		}
	}
	if (clearest) {
		const struct run_hpa_metric *metric = &clearest->metrics[0];
		g_autofree char *at = text_instant(clearest->at);

		finding_chain(finding,
		              "HPA %s counts %s in with no use and the full request: at %s %s; the "
		              "ready pods alone would ask for %.0f",
		              hpa->name, finding->pods->len == 1 ? "the pod" : "such pods", at,
		              metric->text, ceil(metric->ready_ratio * metric->ready));
	}
}

/* Probes other than @type whose paths are not served either. */
static void chain_next_in_line(const struct diagnosis *d, struct finding *finding,
                               enum probe_type culprit)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct application *application = run_pod_application(d->run, pod);
	const struct container *container = pod_container(d->run, pod);

	for (enum probe_type type = 0; type < PROBE_TYPES; type++) {
		const struct probe *probe = container->probes[type];
		const char *path = probe ? probe->handler.path : NULL;

		if (type == culprit || !path || probe->handler.kind != HANDLER_HTTP_GET ||
		    serves_path(application, path)) {
			continue;
		}
		const char *nearest = nearest_route(application, path);
		g_autofree char *place =
		    place_text(probe->handler.where.file ? probe->handler.where : probe->where);

		finding_chain(finding,
		              "next in line: the %s probe asks for %s, which is not served "
		              "either%s%s%s%s%s%s",
		              probe_type_name(type), path, nearest ? "; did you mean " : "",
		              nearest ? nearest : "", nearest ? "?" : "", place ? " (" : "",
		              place ? place : "", place ? ")" : "");
	}
}

/* --- the rules --- */

static void exclude_readiness(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct application *application = run_pod_application(d->run, pod);
	const struct probe *probe = pod_container(d->run, pod)->probes[PROBE_READINESS];
	const char *path =
	    probe && probe->handler.kind == HANDLER_HTTP_GET ? probe->handler.path : NULL;

	if (!path || !application) {
		return;
	}
	if (!serves_path(application, path)) {
		path = nearest_route(application, path);
	}
	const double after = path ? served_after(application, path) : NAN;
	const int route = path ? application_route(application, path) : -1;

	if (!isnan(after) && route >= 0 && application->routes[route].status < 400) {
		g_autofree char *text = text_seconds(after);

		finding_exclude(finding,
		                "the application: GET %s would have answered %d from %s after "
		                "each start",
		                path, application->routes[route].status, text);
	}
}

static void complete_path(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct application *application = run_pod_application(d->run, pod);
	const enum probe_type type = blocking_probe(pod);
	const struct run_probes *seen = probe_failures_sample(pod, type);
	const struct probe *probe = pod_probe(pod, seen->container, type);
	const char *nearest = nearest_route(application, seen->handler->path);
	g_autofree char *handler = handler_text(seen->handler, seen->port);
	g_autofree char *routes = routes_text(application);

	finding_message(finding, "%s probe %s answers %d: application %s serves %s%s%s%s",
	                probe_type_name(type), handler, seen->status, application->name, routes,
	                nearest ? "; did you mean " : "", nearest ? nearest : "",
	                nearest ? "?" : "");
	finding->where = seen->handler->where.file ? seen->handler->where : probe->where;
	chain_answers(finding, type);
	if (type != PROBE_READINESS) {
		chain_kills(finding, type, probe);
	}
	if (type == PROBE_STARTUP) {
		chain_gate(d, finding);
	}
	chain_out_of_endpoints(d, finding);
	chain_waste(d, finding);
	chain_hpa(d, finding);
	chain_next_in_line(d, finding, type);
	exclude_readiness(d, finding);
	exclude_rivals(d, finding,
	               RIVAL_START | RIVAL_TIMING | RIVAL_CRASH | RIVAL_MEMORY | RIVAL_CPU |
	                   RIVAL_SELECTOR | RIVAL_SCHEDULING);
}

static void complete_never_ready(const struct diagnosis *d, struct finding *finding)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const enum probe_type type = blocking_probe(pod);
	const struct run_probes *seen = probe_failures_sample(pod, type);
	const struct probe *probe = pod_probe(pod, seen->container, type);
	g_autofree char *handler = handler_text(seen->handler, seen->port);
	g_autofree char *cause = failure_cause(d->run, pod, seen, probe);

	finding_message(finding, "%s probe %s never succeeded: %s", probe_type_name(type), handler,
	                cause);
	finding->where = seen->handler->where.file ? seen->handler->where : probe->where;
	chain_answers(finding, type);
	if (type != PROBE_READINESS) {
		chain_kills(finding, type, probe);
	}
	if (type == PROBE_STARTUP) {
		chain_gate(d, finding);
	}
	chain_out_of_endpoints(d, finding);
	chain_waste(d, finding);
	chain_hpa(d, finding);
	exclude_rivals(d, finding,
	               RIVAL_CRASH | RIVAL_MEMORY | RIVAL_SELECTOR | RIVAL_SCHEDULING |
	                   (seen->status ? RIVAL_TIMING : 0));
}

static void place_pod(struct diagnosis *d, const char *rule, const struct run_pod *pod,
                      sim_time since, GPtrArray *fresh)
{
	struct finding *finding = finding_of_kin(d, rule, pod);

	if (finding) {
		finding->since = MIN(finding->since, since);
		return;
	}
	finding = finding_new(d, rule, SEVERITY_ERROR, pod->deployment ? "deployment" : "pod",
	                      pod->deployment ? pod->deployment : pod->name, since);
	g_ptr_array_add(finding->pods, (void *)pod);
	g_ptr_array_add(fresh, finding);
}

static bool is_killed(const struct run_pod *pod, int cause)
{
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		if (g_array_index(pod->restarts, struct run_restart, i).cause == cause) {
			return true;
		}
	}
	return false;
}

static void look_at_pod(struct diagnosis *d, const struct run_pod *pod, GPtrArray *fresh)
{
	const struct application *application = run_pod_application(d->run, pod);
	const enum probe_type type = blocking_probe(pod);
	const struct run_probes *seen =
	    type < PROBE_TYPES ? probe_failures_sample(pod, type) : NULL;

	if (!seen) {
		return;
	}
	const bool http = seen->handler && seen->handler->kind == HANDLER_HTTP_GET;

	if (http && seen->status == 404 && application && seen->handler->path &&
	    !serves_path(application, seen->handler->path)) {
		place_pod(d, "probe-path-not-served", pod, seen->first, fresh);
	} else if (!pod->ready->len && !is_killed(pod, KILL_LIVENESS) &&
	           pod_age(d->run, pod) > start_budget(d->run, pod)) {
		place_pod(d, "never-ready", pod, first_failure(pod, type), fresh);
	}
}

void diagnose_probes(struct diagnosis *d)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		look_at_pod(d, d->run->pods->pdata[i], fresh);
	}
	for (unsigned i = 0; i < fresh->len; i++) {
		struct finding *finding = fresh->pdata[i];

		if (g_str_equal(finding->rule, "probe-path-not-served")) {
			complete_path(d, finding);
		} else {
			complete_never_ready(d, finding);
		}
	}
	diagnose_flapping(d);
}
