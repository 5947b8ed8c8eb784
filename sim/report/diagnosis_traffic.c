/* diagnosis_traffic.c - Services without endpoints, replicas that no connection reaches, and
 * requests that failed. */

#include "report/probe_evidence.h"

#include "kube/quantity.h"

#include <math.h>
#include <string.h>

#define PATIENCE                                                                                   \
	(30 * SIM_SECOND) /* so long a replica in the endpoints may wait for its first request */

/* --- connections that stay where they are --- */

/* The load on @service that ran while @pod was in the endpoints, for more than PATIENCE; NULL:
 * none. */
static const struct run_load *load_during(const struct run *run, const struct run_service *service,
                                          const struct run_pod *pod)
{
	for (unsigned i = 0; i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		if (g_strcmp0(load->service, service->name) == 0 &&
		    g_strcmp0(load->namespace, service->namespace) == 0 && load->requests &&
		    spans_length(pod->in_endpoints, load->from, load->to) > PATIENCE) {
			return load;
		}
	}
	return NULL;
}

static void complete_pinned(const struct diagnosis *d, struct finding *finding,
                            const struct run_load *load)
{
	const struct run *run = d->run;
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct run_service *service = service_of_pod(d, pod);
	const struct load *model = run_load_model(run, load);
	const struct application *application = run_pod_application(run, pod);
	g_autofree char *names = pods_text(finding->pods);
	g_autofree char *since = text_instant(pod->ready_at);
	g_autofree char *opened = text_count(load->connections_opened);
	g_autofree char *requests = text_count(load->requests);
	g_autofree char *begin = text_instant(load->all_running);

	finding_message(
	    finding,
	    "%s %s Ready and in the endpoints of Service %s, yet no client ever opened a "
	    "connection to %s: connections are kept open",
	    names, pods_are(finding->pods), service->name, finding->pods->len == 1 ? "it" : "them");
	if (model) {
		finding->where = model->where;
	}
	finding_chain(
	    finding,
	    "kube-proxy chooses an endpoint once per connection, not per request; load %s "
	    "keeps one connection per user (keepAlive)",
	    load->name);
	finding_chain(finding,
	              "all %s connections of its %s requests had been opened by %s, when its last "
	              "user started; the first of these replicas became Ready at %s",
	              opened, requests, begin, since);
	if (application && application->keep_alive_timeout) {
		g_autofree char *timeout = text_length(application->keep_alive_timeout);

		finding_chain(
		    finding,
		    "the server closes connections only after %s without a request; these "
		    "clients return sooner",
		    timeout);
	}
	chain_waste(d, finding);
	finding_chain(finding,
	              "what would move load: clients that close connections (connections: "
	              "{keepAlive: false} or maxRequests, maxAge), a limit in the server, or a "
	              "restart of the busy pods");
	finding_exclude(finding, "readiness: Ready since %s, and in the endpoints since then",
	                since);
	exclude_rivals(d, finding, RIVAL_SELECTOR | RIVAL_SCHEDULING | RIVAL_MEMORY | RIVAL_CPU);
}

static void look_for_pinned(struct diagnosis *d)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();

	for (unsigned i = 0; i < d->run->pods->len; i++) {
		const struct run_pod *pod = d->run->pods->pdata[i];
		const struct run_service *service = service_of_pod(d, pod);
		const struct run_load *load =
		    service && !pod->requests ? load_during(d->run, service, pod) : NULL;

		if (!load || !load->keep_alive || finding_of_kin(d, "connections-pinned", pod)) {
			continue;
		}
		struct finding *finding = finding_new(
		    d, "connections-pinned", SEVERITY_ERROR, pod->deployment ? "deployment" : "pod",
		    pod->deployment ? pod->deployment : pod->name, MAX(pod->ready_at, load->from));

		g_ptr_array_add(finding->pods, (void *)pod);
		g_ptr_array_add(fresh, finding);
	}
	for (unsigned i = 0; i < fresh->len; i++) {
		const struct finding *finding = fresh->pdata[i];
		const struct run_pod *pod = finding->pods->pdata[0];

		complete_pinned(d, fresh->pdata[i],
		                load_during(d->run, service_of_pod(d, pod), pod));
	}
}

/* --- Services without endpoints --- */

static bool selects_any(const struct diagnosis *d, const struct run_service *service)
{
	for (unsigned i = 0; i < d->run->pods->len; i++) {
		if (service_of_pod(d, d->run->pods->pdata[i]) == service) {
			return true;
		}
	}
	return false;
}

/* The time of @load during which @service had no endpoint, and when it began. */
static sim_time without_endpoints(const struct run_service *service, sim_time from, sim_time to,
                                  sim_time *since)
{
	sim_time length = 0;

	*since = SIM_NEVER;
	for (unsigned i = 0; i < service->endpoints->len; i++) {
		const struct step *step = &g_array_index(service->endpoints, struct step, i);
		const sim_time end = i + 1 < service->endpoints->len ? step[1].at : to;
		const sim_time begin = MAX(step->at, from);

		if (step->more ? step->zero > 0 && MIN(end, to) > begin
		               : step->value == 0 && MIN(end, to) > begin) {
			/* no step of several goes across the limits of a load */
			length += step->more ? step->zero : MIN(end, to) - begin;
			*since = MIN(*since, begin);
		}
	}
	return length;
}

static void look_at_service(struct diagnosis *d, const struct run_service *service)
{
	const struct object *object =
	    run_object_at(d->run, KIND_SERVICE, service->namespace, service->name, SIM_NEVER);
	const bool used = service_requests(d->run, service, d->run->from, SIM_NEVER) > 0;
	sim_time from = d->run->to, to = d->run->from, since;

	if (!object || !string_map_size(SERVICE(object)->selector)) {
		return;
	}
	for (unsigned i = 0; used && i < d->run->loads->len; i++) {
		const struct run_load *load = d->run->loads->pdata[i];

		if (g_strcmp0(load->service, service->name) == 0 &&
		    g_strcmp0(load->namespace, service->namespace) == 0) {
			from = MIN(from, load->from);
			to = MAX(to, load->to);
		}
	}
	const bool selects = selects_any(d, service);
	const sim_time away = used ? without_endpoints(service, from, to, &since) : 0;

	if (!away && (selects || d->run->pods->len == 0)) {
		return;
	}
	struct finding *finding =
	    finding_new(d, "service-without-endpoints", SEVERITY_ERROR, "service", service->name,
	                away ? since : object->meta.creation_time);
	g_autofree char *selector = string_map_to_string(SERVICE(object)->selector);
	g_autofree char *text = text_length(away);

	finding->where = doc_where(doc_find(object->source, "spec", "selector", NULL));
	if (!selects) {
		finding_message(finding, "Service %s selects no pod: none has the labels %s",
		                service->name, selector);
	} else {
		finding_message(finding, "Service %s had no ready endpoint for %s under load",
		                service->name, text);
		finding_chain(finding, "its selector %s matches pods, but none of them was Ready",
		              selector);
	}
	if (used) {
		finding_chain(finding,
		              "kube-proxy rejects connections to a Service without endpoints: "
		              "clients see them refused");
	}
}

/* --- failures --- */

/* What each kind of failure means. */
static void chain_causes(struct finding *finding, const struct run_load *load)
{
	static const char *const meanings[REQUEST_OUTCOMES] = {
	    [REQUEST_STATUS_4XX] = "4xx: the application does not serve what was asked for",
	    [REQUEST_STATUS_5XX] =
		"5xx: the application answered with an error, or its queue was full",
	    [REQUEST_REFUSED] =
		"refused: the chosen pod's container was not listening, being started or "
		"stopped, while the node's rules still named it",
	    [REQUEST_RESET] = "reset: the container ended with the request in it",
	    [REQUEST_TIMEOUT] = "timeout: no answer within the client's timeout",
	    [REQUEST_CONNECT_TIMEOUT] =
		"connect-timeout: the address was gone, while the node's rules "
		"still named it",
	    [REQUEST_REJECTED] =
		"no-endpoint: the Service had no endpoint, so the node rejected the "
		"connection",
	};

	for (int outcome = REQUEST_OK + 1; outcome < REQUEST_OUTCOMES; outcome++) {
		if (load->outcomes[outcome]) {
			finding_chain(finding, "%s", meanings[outcome]);
		}
	}
}

/* Whether requests of @load failed between @from and @to. */
static bool failed_between(const struct run_load *load, sim_time from, sim_time to)
{
	for (size_t i = 0; i < load->n_steps; i++) {
		const sim_time start = load->from + (sim_time)i * load->bin_width;

		if (load->steps[i].failures > 0 && start < to && start + load->bin_width > from) {
			return true;
		}
	}
	return false;
}

/* What broke, by the timeline, while requests failed. */
static void chain_actions(const struct diagnosis *d, struct finding *finding,
                          const struct run_load *load)
{
	for (size_t i = 0; i < d->run->scenario->n_timeline; i++) {
		const struct action *action = &d->run->scenario->timeline[i];
		const sim_time end =
		    action->duration > 0 && action->duration < d->run->to - action->at
			? action->at + action->duration
			: action->at + 30 * SIM_SECOND;

		if ((action->kind == ACTION_DEPENDENCY || action->kind == ACTION_KILL ||
		     action->kind == ACTION_ROUTE || action->kind == ACTION_DELETE) &&
		    failed_between(load, action->at, end)) {
			g_autofree char *at = text_instant(action->at);

			finding_chain(finding, "at %s: %s", at,
			              action->text ? action->text : "an action");
		}
	}
}

static void look_at_load(struct diagnosis *d, const struct run_load *load)
{
	g_autoptr(GString) causes = g_string_new(NULL);
	const struct load *model = run_load_model(d->run, load);

	if (!load->failures) {
		return;
	}
	for (int outcome = REQUEST_OK + 1; outcome < REQUEST_OUTCOMES; outcome++) {
		g_autofree char *n = text_count(load->outcomes[outcome]);

		if (load->outcomes[outcome]) {
			g_string_append_printf(causes, "%s%s %s", causes->len ? ", " : "", n,
			                       request_outcome_name((enum request_outcome)outcome));
		}
	}
	sim_time since = SIM_NEVER;

	for (size_t i = 0; i < load->n_steps && since == SIM_NEVER; i++) {
		since = load->steps[i].failures > 0 ? load->from + (sim_time)i * load->bin_width
		                                    : SIM_NEVER;
	}
	struct finding *finding =
	    finding_new(d, "requests-failed", SEVERITY_WARNING, "load", load->name, since);
	g_autofree char *failures = text_count(load->failures), *all = text_count(load->requests);

	if (model) {
		finding->where = model->where;
	}
	finding_message(finding, "%s of %s requests of load %s failed: %s", failures, all,
	                load->name, causes->str);
	chain_causes(finding, load);
	chain_actions(d, finding, load);
}

void diagnose_traffic(struct diagnosis *d)
{
	for (unsigned i = 0; i < d->run->services->len; i++) {
		look_at_service(d, d->run->services->pdata[i]);
	}
	look_for_pinned(d);
	diagnose_cpu(d);
	for (unsigned i = 0; i < d->run->loads->len; i++) {
		look_at_load(d, d->run->loads->pdata[i]);
	}
}
