/* evidence.c - what the rules look up in the Run and in the models. */

#include "report/diagnosis_private.h"

#include <math.h>
#include <string.h>

/* --- paths --- */

char *routes_text(const struct application *application)
{
	g_autofree const char **paths = g_new0(const char *, application->n_routes + 1);

	for (size_t i = 0; i < application->n_routes; i++) {
		paths[i] = application->routes[i].path;
	}
	if (!application->n_routes) {
		return g_strdup("nothing");
	}
	return text_list(paths, application->n_routes);
}

static char *without_query(const char *path)
{
	const char *query = strchr(path, '?');

	return query ? g_strndup(path, (gsize)(query - path)) : g_strdup(path);
}

bool serves_path(const struct application *application, const char *path)
{
	g_autofree char *plain = without_query(path);

	return application_route(application, plain) >= 0;
}

const char *nearest_route(const struct application *application, const char *path)
{
	g_autofree const char **paths = g_new0(const char *, application->n_routes + 1);

	for (size_t i = 0; i < application->n_routes; i++) {
		paths[i] = application->routes[i].path;
	}
	return doc_nearest(path, paths);
}

double served_after(const struct application *application, const char *path)
{
	g_autofree char *plain = without_query(path);
	const int route = application_route(application, plain);
	double after =
	    application->listens_after ? distribution_mean(application->listens_after) : 0;

	if (route < 0) {
		return NAN;
	}
	for (size_t i = 0; i < application->routes[route].n_needs; i++) {
		const int need = application->routes[route].needs[i];
		const struct distribution *ready = application->dependencies[need].ready_after;

		after = MAX(after, ready ? distribution_mean(ready) : 0);
	}
	return after / (double)SIM_SECOND;
}

char *handler_text(const struct handler *handler, int port)
{
	switch (handler->kind) {
	case HANDLER_HTTP_GET:
		return g_strdup_printf("GET :%d%s%s", port,
		                       handler->path && *handler->path == '/' ? "" : "/",
		                       handler->path ? handler->path : "");
	case HANDLER_TCP_SOCKET:
		return g_strdup_printf("tcp :%d", port);
	case HANDLER_GRPC: {
		const char *service = handler->service ? handler->service : "";

		return g_strdup_printf("grpc :%d%s%s", port, *service ? " " : "", service);
	}
	case HANDLER_EXEC: {
		g_autofree char *command =
		    handler->command ? g_strjoinv(" ", handler->command) : g_strdup("");

		return g_strdup_printf("exec %s", command);
	}
	case HANDLER_SLEEP:
	case HANDLER_NONE:
		break;
	}
	return g_strdup("nothing");
}

char *place_text(struct doc_location where)
{
	return where.file ? g_strdup_printf("%s:%u:%u", where.file, where.line, where.column)
	                  : NULL;
}

/* --- pods --- */

const struct probe *pod_probe(const struct run_pod *pod, const char *container,
                              enum probe_type type)
{
	const struct container *of =
	    container ? pod_spec_container(pod->spec, container) : &pod->spec->containers[0];

	return of ? of->probes[type] : NULL;
}

const struct container *pod_container(const struct run *run, const struct run_pod *pod)
{
	const struct application *application = run_pod_application(run, pod);

	for (size_t i = 0; application && i < pod->spec->n_containers; i++) {
		const struct container *container = &pod->spec->containers[i];

		if (scenario_application(run->scenario, pod->namespace, pod->deployment,
		                         pod->labels, container) == application) {
			return container;
		}
	}
	return &pod->spec->containers[0];
}

sim_time pod_age(const struct run *run, const struct run_pod *pod)
{
	const sim_time end = MIN(MIN(pod->deleted_at, pod->gone_at), run->to);

	return MAX(0, end - pod->created_at);
}

static sim_time probe_budget(const struct probe *probe)
{
	return probe ? (probe->initial_delay_seconds +
	                (sim_time)probe->period_seconds * (probe->success_threshold + 1)) *
	                   SIM_SECOND
	             : 0;
}

sim_time start_budget(const struct run *run, const struct run_pod *pod)
{
	const struct container *container = pod_container(run, pod);

	return 30 * SIM_SECOND + MAX(probe_budget(container->probes[PROBE_STARTUP]),
	                             probe_budget(container->probes[PROBE_READINESS]));
}

const struct run_service *service_of_pod(const struct diagnosis *d, const struct run_pod *pod)
{
	for (unsigned i = 0; i < d->services->len; i++) {
		const struct run_service *service = d->run->services->pdata[i];
		const struct object *object = d->services->pdata[i];
		const struct string_map *selector = object ? SERVICE(object)->selector : NULL;
		bool matches = string_map_size(selector) > 0 &&
		               g_strcmp0(service->namespace, pod->namespace) == 0;

		for (size_t k = 0; matches && k < string_map_size(selector); k++) {
			matches =
			    g_strcmp0(string_map_get(pod->labels, string_map_key_at(selector, k)),
			              string_map_value_at(selector, k)) == 0;
		}
		if (matches) {
			return service;
		}
	}
	return NULL;
}

const struct run_hpa *hpa_of_deployment(const struct run *run, const char *namespace,
                                        const char *deployment)
{
	g_autofree char *target = g_strdup_printf("Deployment/%s", deployment);

	for (unsigned i = 0; i < run->hpas->len; i++) {
		const struct run_hpa *hpa = run->hpas->pdata[i];

		if (g_strcmp0(hpa->namespace, namespace) == 0 &&
		    g_strcmp0(hpa->target, target) == 0) {
			return hpa;
		}
	}
	return NULL;
}

uint64_t service_requests(const struct run *run, const struct run_service *service, sim_time from,
                          sim_time to)
{
	uint64_t requests = 0;

	for (unsigned i = 0; service && i < run->loads->len; i++) {
		const struct run_load *load = run->loads->pdata[i];

		if (g_strcmp0(load->service, service->name) == 0 &&
		    g_strcmp0(load->namespace, service->namespace) == 0 && load->from < to &&
		    load->to > from) {
			requests += load->requests;
		}
	}
	return requests;
}

int64_t requested_on_node(const struct run *run, const char *node, const char *resource,
                          sim_time at, const struct run_pod *but)
{
	int64_t milli = 0;

	for (unsigned i = 0; i < run->pods->len; i++) {
		const struct run_pod *pod = run->pods->pdata[i];

		if (pod != but && g_strcmp0(pod->node, node) == 0 && pod->scheduled_at <= at &&
		    at < pod->gone_at) {
			milli += pod_spec_request(pod->spec, resource);
		}
	}
	return milli;
}

/* --- rivals --- */

static void exclude_scheduling(const struct run_pod *pod, struct finding *finding)
{
	if (pod->node) {
		const sim_time waited = pod->scheduled_at - pod->created_at;
		g_autofree char *wait = text_length(waited);

		finding_exclude(finding, "scheduling: node %s took %s %s%s", pod->node,
		                finding->pods->len > 1 ? "the first of them" : "the pod",
		                waited < SIM_SECOND ? "at once" : wait,
		                waited < SIM_SECOND ? "" : " after it was created");
	}
}

/* The highest working set of the pods of @finding, in bytes; NaN: none ran. */
static double highest(const struct finding *finding, double (*of)(const struct run_pod *pod))
{
	double high = NAN;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		high = fmax(high, of(finding->pods->pdata[i]));
	}
	return high;
}

static double most_memory(const struct run_pod *pod)
{
	return fmax(pod->memory_max, series_max(&pod->memory, INT64_MIN / 2, INT64_MAX / 2));
}

static double most_cpu(const struct run_pod *pod)
{
	return series_mean(&pod->cpu, INT64_MIN / 2, INT64_MAX / 2);
}

static bool was_oom_killed(const struct finding *finding)
{
	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];

		for (unsigned k = 0; k < pod->restarts->len; k++) {
			if (g_strcmp0(g_array_index(pod->restarts, struct run_restart, k).reason,
			              "OOMKilled") == 0) {
				return true;
			}
		}
	}
	return false;
}

static void exclude_memory(const struct container *container, struct finding *finding)
{
	const double used = highest(finding, most_memory);
	g_autofree char *text = text_bytes(used);
	int64_t limit = 0;

	if (isnan(used) || was_oom_killed(finding)) {
		return;
	}
	if (resource_list_get(&container->limits, "memory", &limit)) {
		g_autofree char *most = text_memory_amount(limit);

		finding_exclude(finding,
		                "memory: at most %s of its limit of %s was used, and no "
		                "container was OOM killed",
		                text, most);
	} else {
		finding_exclude(finding, "memory: there is no limit, and %s was used", text);
	}
}

static void exclude_cpu(const struct diagnosis *d, const struct run_pod *pod,
                        const struct container *container, struct finding *finding)
{
	const double used = highest(finding, most_cpu);
	int64_t limit = 0;

	if (isnan(used) || (resource_list_get(&container->limits, "cpu", &limit) &&
	                    used > 0.7 * (double)limit / 1000)) {
		return;
	}
	g_autofree char *text = text_cores(used);
	g_autofree char *most = limit ? text_cpu_amount(limit) : NULL;
	g_autoptr(GString) node = g_string_new(NULL);

	for (size_t i = 0; i < d->run->scenario->n_nodes && pod->node; i++) {
		const struct node_spec *spec = &d->run->scenario->nodes[i];
		int64_t all = 0, other = 0;

		if (g_strcmp0(spec->name, pod->node) == 0 &&
		    resource_list_get(&spec->allocatable, "cpu", &all)) {
			resource_list_get(&spec->other_requests, "cpu", &other);
			const int64_t taken =
			    other + requested_on_node(d->run, pod->node, "cpu", d->run->to, NULL);
			g_autofree char *free_text =
			    g_strdup_printf("%g", (double)MAX(0, all - taken) / 1000);
			g_autofree char *all_text = g_strdup_printf("%g", (double)all / 1000);

			g_string_append_printf(node, "; %s of the %s CPUs of %s are not requested",
			                       free_text, all_text, pod->node);
		}
	}
	finding_exclude(finding, "CPU: the busiest of them used %s%s%s%s", text,
	                most ? " of its limit of " : "", most ? most : "", node->str);
}

static void exclude_selector(const struct diagnosis *d, const struct run_pod *pod,
                             struct finding *finding)
{
	const struct run_service *service = service_of_pod(d, pod);
	const struct object *object =
	    service
		? run_object_at(d->run, KIND_SERVICE, service->namespace, service->name, SIM_NEVER)
		: NULL;

	if (object) {
		g_autofree char *selector = string_map_to_string(SERVICE(object)->selector);

		finding_exclude(finding, "the Service: its selector %s matches the pod's labels",
		                selector);
	}
}

static void exclude_start(const struct diagnosis *d, const struct run_pod *pod,
                          struct finding *finding)
{
	const struct application *application = run_pod_application(d->run, pod);

	if (!application) {
		return;
	}
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *listens = text_seconds(pod->startup_listens_at);

	if (!isnan(pod->startup_listens_at)) {
		g_string_append_printf(text, "its port was bound %s after each start", listens);
	}
	for (size_t i = 0; i < application->n_dependencies; i++) {
		const struct dependency_model *dependency = &application->dependencies[i];

		if (dependency->ready_after) {
			g_autofree char *after =
			    text_seconds(distribution_mean(dependency->ready_after) / 1e9);

			g_string_append_printf(text, "%s%s was there %s after it",
			                       text->len ? ", " : "", dependency->name, after);
		}
	}
	if (text->len) {
		finding_exclude(finding, "a slow start: %s", text->str);
	}
}

static void exclude_crash(struct finding *finding)
{
	unsigned kills = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];

		for (unsigned k = 0; k < pod->restarts->len; k++) {
			const struct run_restart *restart =
			    &g_array_index(pod->restarts, struct run_restart, k);

			if (restart->cause == KILL_NONE) {
				return;
			}
			kills++;
		}
	}
	if (kills) {
		finding_exclude(
		    finding, "a crash: the application never ended by itself; the kubelet killed "
			     "it each time");
	}
}

static void exclude_timing(struct finding *finding)
{
	sim_time longest = 0;
	int timeout = 0;

	for (unsigned i = 0; i < finding->pods->len; i++) {
		const struct run_pod *pod = finding->pods->pdata[i];

		for (unsigned k = 0; k < pod->probes->len; k++) {
			const struct run_probes *probes =
			    &g_array_index(pod->probes, struct run_probes, k);
			const struct probe *probe = pod_probe(pod, probes->container, probes->type);

			longest = MAX(longest, probes->longest);
			timeout = probe ? probe->timeout_seconds : timeout;
		}
	}
	if (timeout && longest < (sim_time)timeout * SIM_SECOND) {
		g_autofree char *text = text_length(longest);

		finding_exclude(finding,
		                "a slow answer: the slowest probe was answered within %s; "
		                "the timeout is %ds",
		                text, timeout);
	}
}

void exclude_rivals(const struct diagnosis *d, struct finding *finding, unsigned rivals)
{
	const struct run_pod *pod = finding->pods->pdata[0];
	const struct container *container = pod_container(d->run, pod);

	if (rivals & RIVAL_START) {
		exclude_start(d, pod, finding);
	}
	if (rivals & RIVAL_TIMING) {
		exclude_timing(finding);
	}
	if (rivals & RIVAL_CRASH) {
		exclude_crash(finding);
	}
	if (rivals & RIVAL_MEMORY) {
		exclude_memory(container, finding);
	}
	if (rivals & RIVAL_CPU) {
		exclude_cpu(d, pod, container, finding);
	}
	if (rivals & RIVAL_SELECTOR) {
		exclude_selector(d, pod, finding);
	}
	if (rivals & RIVAL_SCHEDULING) {
		exclude_scheduling(pod, finding);
	}
}
