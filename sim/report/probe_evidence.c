/* probe_evidence.c - which probe keeps a pod out, and what it was answered. */

#include "report/probe_evidence.h"

#include <math.h>
#include <string.h>

enum answer { ANSWER_STATUS, ANSWER_REFUSED, ANSWER_TIMEOUT, ANSWER_OTHER };

static enum answer answer_of(const struct run_probes *probes)
{
	const char *message = probes->message ? probes->message : "";

	if (probes->status) {
		return ANSWER_STATUS;
	}
	if (strstr(message, "refused")) {
		return ANSWER_REFUSED;
	}
	if (strstr(message, "deadline exceeded") || strstr(message, "timeout") ||
	    strstr(message, "timed out")) {
		return ANSWER_TIMEOUT;
	}
	return ANSWER_OTHER;
}

enum probe_type blocking_probe(const struct run_pod *pod)
{
	static const enum probe_type order[] = {PROBE_STARTUP, PROBE_READINESS, PROBE_LIVENESS};

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		const enum probe_type type = order[i];
		const uint64_t bad =
		    pod->probe_counts[type][PROBE_FAILURE] + pod->probe_counts[type][PROBE_ERROR];
		bool killed = false;

		for (unsigned k = 0; k < pod->restarts->len; k++) {
			killed |= g_array_index(pod->restarts, struct run_restart, k).cause ==
			          KILL_LIVENESS;
		}
		if (bad && !pod->probe_counts[type][PROBE_SUCCESS] &&
		    (type == PROBE_LIVENESS ? killed : pod->ready->len == 0)) {
			return type;
		}
	}
	return PROBE_TYPES;
}

const struct run_probes *probe_failures_sample(const struct run_pod *pod, enum probe_type type)
{
	const struct run_probes *best = NULL;
	uint64_t most = 0;

	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *one = &g_array_index(pod->probes, struct run_probes, i);
		uint64_t alike = 0;

		if (one->type != type || one->result == PROBE_SUCCESS) {
			continue;
		}
		for (unsigned k = i; k < pod->probes->len; k++) {
			const struct run_probes *other =
			    &g_array_index(pod->probes, struct run_probes, k);

			if (other->type == type && other->result != PROBE_SUCCESS &&
			    other->status == one->status && answer_of(other) == answer_of(one)) {
				alike += other->count;
			}
		}
		if (alike > most) {
			most = alike;
			best = one;
		}
	}
	return best;
}

sim_time first_failure(const struct run_pod *pod, enum probe_type type)
{
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *one = &g_array_index(pod->probes, struct run_probes, i);

		if (one->type == type && one->result != PROBE_SUCCESS) {
			return one->first;
		}
	}
	return SIM_NEVER;
}

void probe_failures_add(struct probe_failures *sum, const struct run_pod *pod, enum probe_type type)
{
	for (unsigned i = 0; i < pod->probes->len; i++) {
		const struct run_probes *one = &g_array_index(pod->probes, struct run_probes, i);

		if (one->type != type || one->result == PROBE_SUCCESS) {
			continue;
		}
		sum->total += one->count;
		switch (answer_of(one)) {
		case ANSWER_STATUS:
			sum->statuses[CLAMP(one->status, 0, 599)] += one->count;
			break;
		case ANSWER_REFUSED:
			sum->refused += one->count;
			break;
		case ANSWER_TIMEOUT:
			sum->timeout += one->count;
			break;
		case ANSWER_OTHER:
			sum->other += one->count;
			break;
		}
	}
}

void probe_failures_describe(const struct probe_failures *failures, GString *out)
{
	const char *separator = ": ";

	for (int status = 0; status < 600; status++) {
		if (failures->statuses[status]) {
			g_string_append_printf(out, "%s%" G_GUINT64_FORMAT " x HTTP %d", separator,
			                       failures->statuses[status], status);
			separator = ", ";
		}
	}
	const struct {
		uint64_t n;
		const char *what;
	} others[] = {
	    {failures->refused, "connection refused"},
	    {failures->timeout, "timeout"},
	    {failures->other, "other failure"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		if (others[i].n) {
			g_string_append_printf(out, "%s%" G_GUINT64_FORMAT " x %s", separator,
			                       others[i].n, others[i].what);
			separator = ", ";
		}
	}
}

/* --- causes --- */

/* The dependency that @route needs and that an action of the timeline had taken away at @at; NULL:
 * none. */
static const struct action *taken_away(const struct run *run, const struct application *application,
                                       const struct route_model *route, sim_time at)
{
	const struct scenario *scenario = run->scenario;

	for (size_t i = 0; i < scenario->n_timeline; i++) {
		const struct action *action = &scenario->timeline[i];
		const bool open =
		    action->duration == SIM_NEVER || at - action->at < action->duration;

		if (action->kind != ACTION_DEPENDENCY || action->at > at || !open ||
		    g_strcmp0(action->application, application->name) != 0) {
			continue;
		}
		for (size_t k = 0; k < route->n_needs; k++) {
			if (g_strcmp0(application->dependencies[route->needs[k]].name,
			              action->target) == 0) {
				return action;
			}
		}
	}
	return NULL;
}

/* The dependency that @route waits for longest. */
static const struct dependency_model *slowest(const struct application *application,
                                              const struct route_model *route, double *after)
{
	const struct dependency_model *slow = NULL;

	*after = 0;
	for (size_t i = 0; i < route->n_needs; i++) {
		const struct dependency_model *one = &application->dependencies[route->needs[i]];
		const double mean =
		    one->ready_after ? distribution_mean(one->ready_after) / 1e9 : 0;

		if (mean > *after) {
			*after = mean;
			slow = one;
		}
	}
	return slow;
}

/* A startup or liveness probe that gives up before its route is served: how long both take; NULL:
 * it does not. */
static char *impatience(const struct run *run, const struct run_pod *pod,
                        const struct run_probes *seen, const struct probe *probe)
{
	const struct application *application = run_pod_application(run, pod);
	const int patience =
	    probe->initial_delay_seconds + probe->period_seconds * probe->failure_threshold;
	const double after = application && seen->handler->path && seen->type != PROBE_READINESS
	                         ? served_after(application, seen->handler->path)
	                         : NAN;

	if (isnan(after) || after <= patience) {
		return NULL;
	}
	const struct route_model *route =
	    &application->routes[application_route(application, seen->handler->path)];
	double slowest_after;
	const struct dependency_model *slow = slowest(application, route, &slowest_after);
	g_autofree char *text = text_seconds(after);

	return g_strdup_printf(
	    "%s is there only %s after each start, and the probe gives up after %ds "
	    "(initialDelaySeconds %d + failureThreshold %d x periodSeconds %d)",
	    slow && slowest_after >= after ? slow->name : "its port", text, patience,
	    probe->initial_delay_seconds, probe->failure_threshold, probe->period_seconds);
}

static char *status_cause(const struct run *run, const struct run_pod *pod,
                          const struct run_probes *seen)
{
	const struct application *application = run_pod_application(run, pod);
	const int number = application && seen->handler->path
	                       ? application_route(application, seen->handler->path)
	                       : -1;
	const struct route_model *route = number >= 0 ? &application->routes[number] : NULL;
	const struct action *action =
	    route ? taken_away(run, application, route, seen->last) : NULL;
	double after = 0;

	if (action) {
		g_autofree char *at = text_instant(action->at);

		return g_strdup_printf("it answers %d, because dependency %s was away from %s on",
		                       seen->status, action->target, at);
	}
	const struct dependency_model *slow = route ? slowest(application, route, &after) : NULL;

	if (slow && seen->status == 503) {
		g_autofree char *text = text_seconds(after);

		return g_strdup_printf("it answers 503 until %s is there, %s after each start",
		                       slow->name, text);
	}
	return g_strdup_printf("it answers %d", seen->status);
}

static char *refused_cause(const struct run_pod *pod, const struct run_probes *seen)
{
	const struct container *container = pod_spec_container(pod->spec, seen->container);
	bool declared = false;

	for (size_t i = 0; container && i < container->n_ports; i++) {
		declared |= container->ports[i].number == seen->port;
	}
	if (!declared && container && container->n_ports) {
		return g_strdup_printf("nothing listens on port %d; the container's port is %d",
		                       seen->port, container->ports[0].number);
	}
	return g_strdup("the connection is refused");
}

char *failure_cause(const struct run *run, const struct run_pod *pod, const struct run_probes *seen,
                    const struct probe *probe)
{
	char *slow = impatience(run, pod, seen, probe);

	if (slow) {
		return slow;
	}
	switch (answer_of(seen)) {
	case ANSWER_STATUS:
		return status_cause(run, pod, seen);
	case ANSWER_REFUSED:
		return refused_cause(pod, seen);
	case ANSWER_TIMEOUT:
		return g_strdup_printf("no answer within its timeoutSeconds of %d",
		                       probe->timeout_seconds);
	case ANSWER_OTHER:
		break;
	}
	return g_strdup(seen->message ? seen->message : "it fails");
}
