/* probe_served.c - whether anybody answers what the probes ask. */

#include "check/budget.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ROUTES 6 /* listed when none is near */

struct subject { /* one probe */
	struct check_set *set;
	const struct workload *workload;
	const struct container *container;
	enum probe_type type;
	const struct probe *probe;
};

static char *who(const struct subject *s)
{
	return g_strdup_printf("the %s probe of container `%s`", probe_type_name(s->type),
	                       s->container->name);
}

/* What it costs when the probe never succeeds. */
static void costs_of_never(const struct subject *s, struct check_finding *finding)
{
	const struct check_span stop = time_to_stop(s->set, s->workload, s->container, s->probe);
	const struct check_span verdict =
	    time_to_first_verdict(s->probe, (struct check_span){0, 0});
	const struct restart_course course =
	    course_of_restarts(s->probe, stop.earliest, backoff_maximum(s->set));
	g_autofree char *restarts = say_course(&course), *span = say_span(&verdict);

	if (s->type == PROBE_STARTUP) {
		finding_why(finding,
		            "until a startup probe succeeds, readiness and liveness are never "
		            "asked: the pod is never Ready and never in the endpoints");
		finding_costs(finding,
		              "each container needs %s to be declared failed; %s. Its CPU and "
		              "memory stay reserved all the while",
		              span, restarts);
	} else if (s->type == PROBE_READINESS) {
		finding_why(finding, "a pod whose readiness probe fails is never Ready: it runs, "
		                     "is paid for, and gets no request");
		if (s->workload->deployment) {
			g_autofree char *deadline = say_time(
			    s->workload->deployment->progress_deadline_seconds * SIM_SECOND);

			finding_costs(finding,
			              "no new pod ever serves; a rollout stands still and is "
			              "called failed after %s",
			              deadline);
		} else {
			finding_costs(finding, "no such pod ever serves");
		}
	} else {
		finding_why(finding, "a container whose liveness probe fails is killed");
		finding_costs(finding, "each container lives %s%s; %s", span,
		              s->container->probes[PROBE_STARTUP] ? " once it may be asked" : "",
		              restarts);
	}
}

/* --- ports --- */

static char *ports_of(const struct container *container)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < container->n_ports; i++) {
		const struct container_port *port = &container->ports[i];

		g_string_append_printf(text, "%s%d%s%s%s", i ? ", " : "", port->number,
		                       port->name ? " (" : "", port->name ? port->name : "",
		                       port->name ? ")" : "");
	}
	return g_string_free(text, FALSE);
}

static void named_port_missing(const struct subject *s)
{
	g_autofree char *subject = who(s), *ports = ports_of(s->container);
	struct check_finding *finding =
	    found(s->set, "probe-port-not-served", CHECK_ERROR, s->workload->label,
	          s->probe->handler.where,
	          "%s asks on port \"%s\", which the container does not declare%s%s", subject,
	          s->probe->handler.port.name, *ports ? "; it declares " : "", ports);

	finding_why(finding,
	            "the kubelet cannot look the name up: each probe is an error, which "
	            "counts neither as a success nor as a failure%s",
	            s->type == PROBE_LIVENESS ? ", so a dead container is never restarted"
	                                      : ", so the pod is never Ready");
	finding_do(finding, "declare a port of that name, or ask on one of those declared");
	finding_costs(finding, "%s",
	              s->type == PROBE_LIVENESS
	                  ? "a container that hangs is left as it is"
	                  : "no replica ever serves, and nothing is ever restarted");
}

static void number_missing(const struct subject *s, int port)
{
	g_autofree char *subject = who(s), *ports = ports_of(s->container);
	bool known = s->set->scenario != NULL;
	struct check_finding *finding =
	    found(s->set, "probe-port-not-served", known ? CHECK_ERROR : CHECK_NOTE,
	          s->workload->label, s->probe->handler.where,
	          "%s asks on port %d, which no container of the pod declares; it declares %s",
	          subject, port, ports);

	if (known) {
		finding_why(finding, "a simulated container listens on the ports that it declares: "
		                     "the connection is refused every time");
		finding_do(
		    finding,
		    "ask on a declared port, or declare this one if the application listens there");
		costs_of_never(s, finding);
	} else {
		finding_why(finding, "a container may listen on ports that it does not declare, so "
		                     "this is a fault only if nothing listens there");
		finding_do(finding, "declare the port if the application listens there");
	}
}

/* --- schemes --- */

static void check_scheme(const struct subject *s, int port)
{
	const struct handler *handler = &s->probe->handler;
	const char *name = handler->port.name, *against = NULL;
	g_autofree char *subject = who(s);

	for (size_t i = 0; !name && i < s->container->n_ports; i++) {
		if (s->container->ports[i].number == port) {
			name = s->container->ports[i].name;
		}
	}
	if (handler->https && name && (g_str_equal(name, "http") || g_str_equal(name, "web"))) {
		against = "HTTPS";
	} else if (!handler->https && name && g_str_equal(name, "https")) {
		against = "HTTP";
	}
	if (against) {
		struct check_finding *finding =
		    found(s->set, "probe-scheme-not-served", CHECK_WARNING, s->workload->label,
		          handler->where, "%s speaks %s to port %d, which is named `%s`", subject,
		          against, port, name);

		finding_why(finding,
		            "a TLS port answers plain HTTP with an error, and a plain port "
		            "cannot answer a TLS handshake: the probe fails every time");
		finding_do(finding, "set `scheme: %s`", handler->https ? "HTTP" : "HTTPS");
		costs_of_never(s, finding);
		return;
	}
	for (int type = 0; type < (int)s->type; type++) {
		const struct probe *other = s->container->probes[type];

		if (other && other->handler.kind == HANDLER_HTTP_GET &&
		    container_port_number(s->container, &other->handler.port) == port &&
		    other->handler.https != handler->https) {
			struct check_finding *finding = found(
			    s->set, "probe-scheme-not-served", CHECK_WARNING, s->workload->label,
			    handler->where, "%s speaks %s to port %d, the %s probe %s", subject,
			    handler->https ? "HTTPS" : "HTTP", port,
			    probe_type_name((enum probe_type)type),
			    handler->https ? "HTTP" : "HTTPS");

			finding_why(finding, "one port serves one of the two: one of these probes "
			                     "fails every time");
			finding_do(finding, "give both probes the scheme that the port serves");
			costs_of_never(s, finding);
		}
	}
}

/* --- routes --- */

static char *name_routes(const struct application *application, const char *path)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < application->n_routes; i++) {
		g_ptr_array_add(paths, application->routes[i].path);
	}
	g_ptr_array_add(paths, NULL);
	const char *nearest = doc_nearest(path, (const char *const *)paths->pdata);

	if (nearest) {
		g_string_append_printf(text, "; the nearest that it serves is %s", nearest);
	} else if (application->n_routes == 0) {
		g_string_append(text, "; it serves no path at all");
	} else {
		g_string_append(text, "; it serves");
		for (unsigned i = 0; i < MIN(paths->len - 1, MOST_ROUTES); i++) {
			g_string_append_printf(text, "%s %s", i ? "," : "",
			                       (const char *)paths->pdata[i]);
		}
		g_string_append(text, paths->len - 1 > MOST_ROUTES ? ", ..." : "");
	}
	return g_string_free(text, FALSE);
}

static void check_route(const struct subject *s, const struct application *application,
                        const char *path)
{
	g_autofree char *subject = who(s);
	int number = application_route(application, path);

	if (number < 0) {
		g_autofree char *routes = name_routes(application, path);
		struct check_finding *finding =
		    found(s->set, "probe-path-not-served", CHECK_ERROR, s->workload->label,
		          s->probe->handler.where,
		          "%s asks for %s, which application `%s` does not serve (404)%s", subject,
		          path, application->name, routes);

		costs_of_never(s, finding);
		finding_do(finding,
		           "ask for a path that the application serves, one that says what "
		           "the probe means");
		return;
	}
	const int status = application->routes[number].status;

	if (status < 200 || status >= 400) {
		struct check_finding *finding =
		    found(s->set, "probe-route-never-succeeds", CHECK_ERROR, s->workload->label,
		          s->probe->handler.where,
		          "%s asks for %s, which application `%s` always answers with %d", subject,
		          path, application->name, status);

		costs_of_never(s, finding);
		finding_do(finding, "ask for a path that answers 200 when all is well");
	}
}

/* The scenario says which scheme the application serves, and it is the other one. */
static void other_scheme(const struct subject *s, const struct application *application)
{
	const bool https = s->probe->handler.https;
	g_autofree char *subject = who(s);
	struct check_finding *finding = found(
	    s->set, "probe-scheme-not-served", CHECK_ERROR, s->workload->label,
	    s->probe->handler.where, "%s speaks %s, but application `%s` serves %s only", subject,
	    https ? "HTTPS" : "HTTP", application->name, https ? "plain HTTP" : "TLS");

	costs_of_never(s, finding);
	finding_do(finding, "set `scheme: %s`", https ? "HTTP" : "HTTPS");
}

static void check_health(const struct subject *s, const struct application *application)
{
	const char *service = s->probe->handler.service;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *subject = who(s);

	if (application_health(application, service)) {
		return;
	}
	for (size_t i = 0; i < application->n_health; i++) {
		g_ptr_array_add(names, application->health[i].service);
	}
	g_ptr_array_add(names, NULL);
	g_autofree char *all = g_strjoinv("`, `", (char **)names->pdata);
	struct check_finding *finding = found(
	    s->set, "probe-path-not-served", CHECK_ERROR, s->workload->label,
	    s->probe->handler.where,
	    "%s asks the gRPC health service for `%s`, which application `%s` does not know%s%s%s",
	    subject, service ? service : "", application->name,
	    names->len > 1 ? "; it knows `" : "", all, names->len > 1 ? "`" : "");

	costs_of_never(s, finding);
	finding_do(finding, "ask for a service that it knows, or describe it under `grpc`");
}

static void check_application(const struct subject *s, const struct container *server)
{
	const struct handler *handler = &s->probe->handler;
	const struct application *application = container_application(s->set, s->workload, server);

	if (!application) {
		struct check_finding *finding = found(
		    s->set, "application-missing", CHECK_WARNING, s->workload->label, server->where,
		    "no application of the scenario matches container `%s` (image %s), "
		    "which probes ask",
		    server->name, server->image);

		finding_why(finding, "a container without a model runs and refuses every "
		                     "connection: its probes fail");
		finding_do(finding, "describe it under `applications`, or correct a `match`");
		costs_of_never(s, finding);
	} else if (handler->kind == HANDLER_HTTP_GET) {
		if (application->tls == (handler->https ? TLS_OFF : TLS_ON)) {
			other_scheme(s, application);
		} else {
			check_route(s, application, handler->path ? handler->path : "/");
		}
	} else if (handler->kind == HANDLER_GRPC) {
		check_health(s, application);
	}
}

static void check_probe(const struct subject *s)
{
	const struct handler *handler = &s->probe->handler;

	if (handler->kind == HANDLER_EXEC || handler->kind == HANDLER_NONE) {
		return;
	}
	const int port = container_port_number(s->container, &handler->port);

	if (port == 0) {
		named_port_missing(s);
		return;
	}
	if (handler->host) {
		return; /* somebody else's server */
	}
	const struct container *server = container_at_port(s->workload, s->container, port);

	if (!server) {
		number_missing(s, port);
		return;
	}
	if (handler->kind == HANDLER_HTTP_GET) {
		check_scheme(s, port);
	}
	if (s->set->scenario) {
		check_application(s, server);
	}
}

static void check_container(struct check_set *set, const struct workload *workload,
                            const struct container *container)
{
	for (int type = 0; type < PROBE_TYPES; type++) {
		struct subject subject = {set, workload, container, (enum probe_type)type,
		                          container->probes[type]};

		if (subject.probe) {
			check_probe(&subject);
		}
	}
}

/* --- loads --- */

static double share_of(const struct load *load, const struct load_request *request)
{
	double total = 0;

	for (size_t i = 0; i < load->n_requests; i++) {
		total += load->requests[i].weight;
	}
	return request->weight / total;
}

static void check_load(struct check_set *set, const struct load *load,
                       const struct workload *workload, const struct service *service)
{
	for (size_t i = 0; i < workload->spec->n_containers; i++) {
		const struct container *container = &workload->spec->containers[i];
		const struct application *application =
		    container_application(set, workload, container);

		if (!application || !service_reaches(service, workload, container)) {
			continue;
		}
		for (size_t k = 0; k < load->n_requests; k++) {
			const struct load_request *request = &load->requests[k];

			if (application_route(application, request->path) >= 0) {
				continue;
			}
			g_autofree char *routes = name_routes(application, request->path);
			g_autofree char *label = g_strdup_printf("load/%s", load->name);
			struct check_finding *finding =
			    found(set, "load-path-not-served", CHECK_WARNING, label, request->where,
			          "load `%s` asks for %s, which application `%s` does not serve "
			          "(404)%s",
			          load->name, request->path, application->name, routes);

			finding_why(finding, "an answer of 404 counts as a failed request");
			finding_do(finding, "ask for a path that is served");
			finding_costs(finding, "%.0f %% of the requests of this load fail",
			              100 * share_of(load, request));
		}
	}
}

static void check_loads(struct check_set *set)
{
	const struct scenario *scenario = set->scenario;

	for (size_t i = 0; scenario && i < scenario->n_loads; i++) {
		const struct load *load = &scenario->loads[i];

		if (load->from >= set->next || load->from + load->duration <= set->at) {
			continue;
		}
		for (unsigned k = 0; k < set->workloads->len; k++) {
			const struct workload *workload = set->workloads->pdata[k];
			const struct service *service = workload_service(set, workload);

			if (service &&
			    g_strcmp0(service->object.meta.name, load->target.service) == 0 &&
			    g_strcmp0(service->object.meta.namespace, load->target.namespace) ==
			        0) {
				check_load(set, load, workload, service);
			}
		}
	}
}

void check_probes_served(struct check_set *set)
{
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];

		for (size_t k = 0; k < workload->spec->n_containers; k++) {
			check_container(set, workload, &workload->spec->containers[k]);
		}
		for (size_t k = 0; k < workload->spec->n_init_containers; k++) {
			check_container(set, workload, &workload->spec->init_containers[k]);
		}
	}
	check_loads(set);
}
