/* view_curl.c - what a request to a container would have been answered.
 *
 * From the routes of the container's application, the state of its dependencies and what the
 * timeline had done to either by then. Not from the load of that moment: a full pool, or a wait,
 * does not show. */

#include "report/view_http.h"
#include "report/view_print.h"

#include "report/text.h"
#include "scenario/application.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct call {
	const struct view *view;
	const struct pod *pod;
	const struct run_pod *known;
	const struct application *application; /* NULL: not modelled */
	int container;
	uint32_t attempt;
	sim_time started_at; /* the container */
	int port;
	char *path;
};

/* --- what is asked --- */

/* "http://localhost:8000/health?x=1" or "/health"; the port is the container's first by default. */
static bool read_path(struct call *call, const char *text, GError **error)
{
	const struct container *container = &call->pod->spec->containers[call->container];
	const char *host = g_str_has_prefix(text, "http://") ? text + strlen("http://") : NULL;
	const char *path = host ? strchr(host, '/') : text;
	const char *colon = host ? strchr(host, ':') : NULL;

	call->port = container->n_ports ? container->ports[0].number : 80;
	if (host) {
		call->port = colon && (!path || colon < path) ? atoi(colon + 1) : 80;
	}
	if (path && *path != '/') {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_UNKNOWN,
		            "expected a path or a URL, as in /healthz or "
		            "http://localhost:8000/healthz, not '%s'",
		            text);
		return false;
	}
	call->path = g_strdup(path ? path : "/");
	return true;
}

/* --- the state of the container --- */

static const char *container_name(const struct call *call)
{
	return call->pod->spec->containers[call->container].name;
}

/* Whether this container had answered a probe by then. */
static bool was_answered(const struct call *call)
{
	const char *name = container_name(call);

	for (unsigned i = 0; call->known && i < call->known->probes->len; i++) {
		const struct run_probes *probes =
		    &g_array_index(call->known->probes, struct run_probes, i);

		if (probes->attempt == call->attempt && probes->status > 0 &&
		    probes->first <= call->view->at && g_strcmp0(probes->container, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Where the time is drawn and not one number, a probe's answer settles it, else the mean does. */
static bool has_passed(const struct call *call, const struct distribution *after)
{
	return !after || (sim_time)distribution_mean(after) <= call->view->at - call->started_at;
}

static bool is_listening(const struct call *call)
{
	return has_passed(call, call->application->listens_after) || was_answered(call);
}

/* SIGTERM was sent: to a container that a probe has killed, or to a pod without a preStop hook that
 * is being deleted. */
static bool is_terminating(const struct call *call)
{
	const char *name = container_name(call);
	const sim_time now = call->view->at;

	if (pod_is_terminating(call->pod)) {
		return !call->pod->spec->containers[call->container].pre_stop;
	}
	for (unsigned i = 0; call->known && i < call->known->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(call->known->restarts, struct run_restart, i);

		/* of several in one, the first only: whether a later one was just then is not known
		 */
		if (g_strcmp0(restart->container, name) == 0 && restart->killed_at <= now &&
		    now < restart->finished_at) {
			return true;
		}
	}
	return false;
}

/* The action of this kind on the application's @target that is in force; NULL: none. */
static const struct action *action_on(const struct call *call, enum action_kind kind,
                                      const char *target)
{
	const struct scenario *scenario = call->view->run->scenario;
	const struct action *found = NULL;

	for (size_t i = 0; i < scenario->n_timeline; i++) {
		const struct action *action = &scenario->timeline[i];
		const bool over = action->duration != SIM_NEVER &&
		                  call->view->at >= action->at + action->duration;

		if (action->kind == kind && action->at <= call->view->at && !over &&
		    g_strcmp0(action->application, call->application->name) == 0 &&
		    g_strcmp0(action->target, target) == 0) {
			found = action;
		}
	}
	return found;
}

/* --- the answer --- */

static char *routes_text(const struct application *application)
{
	g_autofree const char **paths = g_new0(const char *, application->n_routes + 1);

	for (size_t i = 0; i < application->n_routes; i++) {
		paths[i] = application->routes[i].path;
	}
	return text_list(paths, application->n_routes);
}

/* The status of @route, and why when it is not the usual one. */
static int status_of(const struct call *call, int route, char **why)
{
	const struct application *application = call->application;

	if (is_terminating(call) && application->on_term.status) {
		*why = g_strdup("the container was told to stop");
		return application->on_term.status;
	}
	if (route < 0) {
		g_autofree char *routes = routes_text(application);

		*why = g_strdup_printf("application %s serves %s", application->name, routes);
		return 404;
	}
	const struct route_model *model = &application->routes[route];

	for (size_t i = 0; i < model->n_needs; i++) {
		const struct dependency_model *needed = &application->dependencies[model->needs[i]];

		if (action_on(call, ACTION_DEPENDENCY, needed->name)) {
			*why = g_strdup_printf("%s is away", needed->name);
			return 503;
		}
		if (!has_passed(call, needed->ready_after)) {
			*why = g_strdup_printf("%s is not ready yet", needed->name);
			return 503;
		}
	}
	const struct action *changed = action_on(call, ACTION_ROUTE, model->path);

	if (changed && changed->status) {
		*why = g_strdup(changed->text);
		return changed->status;
	}
	return model->status ? model->status : 200;
}

/* Bodies are not modelled. Those of errors are what FastAPI says by itself. */
static char *answer_text(int status)
{
	const char *reason = http_reason(status);

	if (status < 400) {
		return g_strdup_printf("HTTP/1.1 %d %s\nserver: uvicorn\n\n", status, reason);
	}
	return g_strdup_printf("HTTP/1.1 %d %s\nserver: uvicorn\ncontent-type: application/json\n\n"
	                       "{\"detail\":\"%s\"}\n",
	                       status, reason, reason);
}

static bool serves_port(const struct call *call)
{
	const struct container *container = &call->pod->spec->containers[call->container];

	for (size_t i = 0; i < container->n_ports; i++) {
		if (container->ports[i].number == call->port) {
			return true;
		}
	}
	return container->n_ports == 0;
}

static void refuse_connection(const struct call *call, struct view_answer *answer, char *why)
{
	answer->exit_code = 7;
	answer->text = g_strdup_printf("curl: (7) Failed to connect to localhost port %d: "
	                               "Connection refused\n"
	                               "command terminated with exit code 7\n",
	                               call->port);
	answer->explanation = why;
}

static void ask(const struct call *call, struct view_answer *answer)
{
	const struct application *application = call->application;
	const int route = application_route(application, call->path);

	if (!serves_port(call)) {
		refuse_connection(call, answer,
		                  g_strdup_printf("nothing listens on port %d", call->port));
	} else if (!is_listening(call)) {
		refuse_connection(
		    call, answer,
		    g_strdup_printf("the container started %.1fs ago; %s listens after %.0fs",
		                    sim_time_to_seconds(call->view->at - call->started_at),
		                    application->name,
		                    distribution_mean(application->listens_after) / 1e9));
	} else if (is_terminating(call) && application->on_term.stops_listening) {
		refuse_connection(call, answer, g_strdup("the container was told to stop"));
	} else {
		answer->status = status_of(call, route, &answer->explanation);
		answer->text = answer_text(answer->status);
	}
}

/* --- who is asked --- */

static bool find_container(struct call *call, const char *name, GError **error)
{
	const char *pod = call->pod->object.meta.name;

	call->container = view_container_index(call->pod, name);
	if (call->container < 0) {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED,
		            "Error from server (BadRequest): container %s is not valid for pod %s",
		            name, pod);
		return false;
	}
	if (!call->pod->node_name) {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED,
		            "Error from server (BadRequest): pod %s does not have a host assigned",
		            pod);
		return false;
	}
	if (call->pod->containers[call->container].state != CONTAINER_RUNNING) {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED,
		            "error: unable to upgrade connection: container not found (\"%s\")",
		            call->pod->spec->containers[call->container].name);
		return false;
	}
	call->attempt = call->pod->containers[call->container].attempt;
	return true;
}

static bool find_application(struct call *call, GError **error)
{
	const struct scenario *scenario = call->view->run->scenario;
	const struct pod *pod = call->pod;
	const struct container *container = &pod->spec->containers[call->container];

	call->application = scenario_application(scenario, pod->object.meta.namespace,
	                                         call->known ? call->known->deployment : NULL,
	                                         pod->object.meta.labels, container);
	if (call->application) {
		return true;
	}
	if (scenario->n_applications == 0) {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_UNKNOWN,
		            "the archive of a run does not hold what the applications serve: "
		            "name the scenario instead");
	} else {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_UNKNOWN,
		            "no application of the scenario models container %s of pod %s",
		            container->name, pod->object.meta.name);
	}
	return false;
}

bool view_curl(const struct view *view, const struct object *pod, const char *container,
               const char *path, struct view_answer *answer, GError **error)
{
	struct call call = {.view = view, .pod = POD(pod), .known = view_run_pod(view, pod)};
	bool good;

	*answer = (struct view_answer){0};
	good = find_container(&call, container, error) && find_application(&call, error) &&
	       read_path(&call, path, error);
	if (good) {
		sim_time ended = SIM_NEVER;

		call.started_at = call.pod->containers[call.container].started_at;
		if (call.known) { /* not in whole seconds */
			view_container_life(call.known, container_name(&call), call.attempt,
			                    &call.started_at, &ended);
		}
		ask(&call, answer);
	}
	g_free(call.path);
	return good;
}

void view_answer_clear(struct view_answer *answer)
{
	g_free(answer->text);
	g_free(answer->explanation);
}
