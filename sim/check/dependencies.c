/* dependencies.c - what all replicas share: when it is slow or away, do they all go at once? */

#include "check/budget.h"

#include <string.h>

struct probed { /* one probe and the route that answers it */
	struct check_set *set;
	const struct workload *workload;
	const struct container *container;
	const struct probe *probe;
	const struct application *application;
	const struct route_model *route;
};

/* The longest time for which the timeline takes @name of the application away; 0: never. */
static sim_time longest_outage(const struct probed *p, const char *name)
{
	const struct scenario *scenario = p->set->scenario;
	sim_time longest = 0;

	for (size_t i = 0; i < scenario->n_timeline; i++) {
		const struct action *action = &scenario->timeline[i];

		if (action->kind == ACTION_DEPENDENCY &&
		    g_strcmp0(action->application, p->application->name) == 0 &&
		    g_strcmp0(action->target, name) == 0) {
			longest = MAX(longest, action->duration);
		}
	}
	return longest;
}

static char *replicas_of(const struct probed *p)
{
	int32_t least, most;

	workload_range(p->set, p->workload, &least, &most);
	return least == most && most == 1 ? g_strdup("the only replica")
	       : least == most            ? g_strdup_printf("all %d replicas", most)
	                                  : g_strdup_printf("all %d to %d replicas", least, most);
}

static void readiness_needs(const struct probed *p, const struct dependency_model *dependency)
{
	const sim_time outage = longest_outage(p, dependency->name);
	const struct check_span out = time_to_failure(p->probe);

	/* One that each container loads by itself is no common cause. */
	if (outage == 0 ? dependency->ready_after != NULL : outage <= out.earliest) {
		return;
	}
	g_autofree char *span = say_span(&out), *replicas = replicas_of(p);
	struct check_finding *finding = found(p->set, "readiness-drops-all", CHECK_WARNING,
	                                      p->workload->label, p->probe->handler.where,
	                                      "readiness of container `%s` (%s) needs `%s`, which "
	                                      "all replicas share: when it is away, "
	                                      "all of them leave the endpoints",
	                                      p->container->name, p->route->path, dependency->name);

	finding_why(finding, "taking a replica out helps when another one is better; here none is, "
	                     "and clients get no answer instead of a slow or partial one");
	finding_do(finding,
	           "let readiness tell of the replica itself, or raise failureThreshold above "
	           "what `%s` may be away",
	           dependency->name);
	if (outage > 0) {
		g_autofree char *away = say_time(outage);

		finding_costs(finding,
		              "`%s` is away for %s in the timeline; %s are out %s after it "
		              "goes",
		              dependency->name, away, replicas, span);
	} else {
		finding_costs(finding, "%s are out %s after it goes", replicas, span);
	}
}

static void liveness_needs(const struct probed *p, const struct dependency_model *dependency)
{
	const sim_time outage = longest_outage(p, dependency->name);
	const struct check_span dead = time_to_failure(p->probe);

	if (outage == 0 ? dependency->ready_after != NULL : outage <= dead.earliest) {
		return;
	}
	g_autofree char *span = say_span(&dead), *replicas = replicas_of(p);
	const struct check_span stop = time_to_stop(p->set, p->workload, p->container, p->probe);
	const struct restart_course course =
	    course_of_restarts(p->probe, stop.earliest, backoff_maximum(p->set));
	g_autofree char *restarts = say_course(&course);
	struct check_finding *finding =
	    found(p->set, "liveness-needs-dependency", CHECK_WARNING, p->workload->label,
	          p->probe->handler.where,
	          "liveness of container `%s` (%s) needs `%s`, which all replicas share",
	          p->container->name, p->route->path, dependency->name);

	finding_why(finding,
	            "a restart does not bring a dependency back; it adds the cost of every "
	            "replica's start to the outage");
	finding_do(finding, "let liveness ask for a path that needs nothing but the process");
	finding_costs(finding, "%s are killed %s after it goes; while it is away %s", replicas,
	              span, restarts);
}

/* Answers that take longer than the timeout allows, in the tail or by the timeline. */
static void check_slow_answers(const struct probed *p)
{
	const sim_time timeout = p->probe->timeout_seconds * SIM_SECOND;
	const sim_time slow = (p->route->wait ? distribution_duration(p->route->wait, 0.99) : 0) +
	                      (p->route->cpu ? distribution_duration(p->route->cpu, 0.99) : 0);

	if (slow <= timeout) {
		return;
	}
	const struct check_span out = time_to_failure(p->probe);
	g_autofree char *span = say_span(&out), *takes = say_time(slow);
	struct check_finding *finding = found(
	    p->set, "readiness-drops-all", CHECK_WARNING, p->workload->label, p->probe->where,
	    "readiness of container `%s`: %s takes up to %s (one in a hundred longer), but the "
	    "probe waits only %d s",
	    p->container->name, p->route->path, takes, p->probe->timeout_seconds);

	finding_why(finding, "what slows one replica's answer slows those of all");
	finding_do(finding, "raise timeoutSeconds, or ask for a path that costs little");
	finding_costs(finding, "when answers stay that slow a replica is out after %s", span);
}

/* Known without any model: one failure is enough. */
static void check_single_failure(struct check_set *set, const struct workload *workload,
                                 const struct container *container, const struct probe *probe)
{
	if (probe->failure_threshold > 1 || probe->handler.kind == HANDLER_TCP_SOCKET) {
		return;
	}
	int32_t least, most;

	workload_range(set, workload, &least, &most);
	struct check_finding *finding = found(
	    set, "readiness-drops-all", CHECK_WARNING, workload->label, probe->where,
	    "failureThreshold 1: one answer later than %d s takes a replica of container `%s` "
	    "out",
	    probe->timeout_seconds, container->name);
	const struct check_span out = time_to_failure(probe);
	g_autofree char *span = say_span(&out);

	finding_why(finding,
	            "a dependency that is slow for one period is slow for all replicas: they "
	            "all leave the endpoints together");
	finding_do(finding, "set failureThreshold to 3, or lengthen timeoutSeconds");
	finding_costs(finding, "%d of %d replica%s out within %s, back after %d success%s in a row",
	              most, most, most == 1 ? "" : "s", span, probe->success_threshold,
	              probe->success_threshold == 1 ? "" : "es");
}

static void check_container(struct check_set *set, const struct workload *workload,
                            const struct container *container)
{
	for (int type = PROBE_READINESS; type < PROBE_TYPES; type++) {
		const struct probe *probe = container->probes[type];
		int route = -1;

		if (!probe) {
			continue;
		}
		if (type == PROBE_READINESS) {
			check_single_failure(set, workload, container, probe);
		}
		const int port = container_port_number(container, &probe->handler.port);
		const struct container *server =
		    port > 0 ? container_at_port(workload, container, port) : NULL;
		const struct application *application =
		    server ? container_application(set, workload, server) : NULL;

		if (application && probe->handler.kind == HANDLER_HTTP_GET &&
		    !probe->handler.host) {
			route = application_route(application, probe->handler.path);
		}
		if (route < 0) {
			continue;
		}
		struct probed probed = {set,   workload,    container,
		                        probe, application, &application->routes[route]};

		for (size_t i = 0; i < probed.route->n_needs; i++) {
			const struct dependency_model *dependency =
			    &application->dependencies[probed.route->needs[i]];

			if (type == PROBE_READINESS) {
				readiness_needs(&probed, dependency);
			} else {
				liveness_needs(&probed, dependency);
			}
		}
		if (type == PROBE_READINESS) {
			check_slow_answers(&probed);
		}
	}
}

void check_dependencies(struct check_set *set)
{
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];

		for (size_t k = 0; k < workload->spec->n_containers; k++) {
			check_container(set, workload, &workload->spec->containers[k]);
		}
	}
}
