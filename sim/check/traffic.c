/* traffic.c - pods that get requests before they can answer, or after. */

#include "check/budget.h"

#include <string.h>

/* --- no readiness probe --- */

static void readiness_missing(struct check_set *set, const struct workload *workload,
                              const struct service *service, const struct container *container)
{
	struct check_finding *finding =
	    found(set, "readiness-missing", CHECK_WARNING, workload->label, container->where,
	          "container `%s` serves service/%s and has no readiness probe", container->name,
	          service->object.meta.name);
	const struct application *application = container_application(set, workload, container);
	const struct check_span serves = serves_after(application, NULL);
	const struct check_span ready = time_to_ready(set, workload, container);

	finding_why(finding,
	            "a pod without one counts as Ready as soon as its container %s, and a "
	            "replica that can no longer answer is never taken out",
	            container->probes[PROBE_STARTUP] ? "has passed its startup probe" : "runs");
	finding_do(finding,
	           "add a readinessProbe for a path that answers 200 only when requests can be "
	           "served");
	if (application && serves.latest > ready.earliest) {
		g_autofree char *gap = say_time(serves.latest - ready.earliest);

		finding_costs(finding,
		              "after each start the Service sends requests for up to %s before "
		              "the application listens: they are refused",
		              gap);
	} else if (!application) {
		finding_costs(finding,
		              "requests fail from each start until the application listens, in "
		              "every rollout, scale-up and restart");
	}
}

void check_readiness(struct check_set *set)
{
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];
		const struct service *service = workload_service(set, workload);

		if (!service || service->publish_not_ready_addresses) {
			continue;
		}
		for (size_t k = 0; k < workload->spec->n_containers; k++) {
			const struct container *container = &workload->spec->containers[k];

			if (!container->probes[PROBE_READINESS] &&
			    service_reaches(service, workload, container)) {
				readiness_missing(set, workload, service, container);
			}
		}
	}
}

/* --- preStop and the grace period --- */

static void check_grace(struct check_set *set, const struct workload *workload,
                        const struct container *container)
{
	const int64_t grace = workload->spec->termination_grace_period_seconds;
	const int64_t hook = hook_seconds(container->pre_stop);
	const struct application *application = container_application(set, workload, container);
	sim_time exit = 0;
	bool ignores = application && application->on_term.ignores;

	if (application && !ignores) {
		exit = distribution_duration(application->on_term.exit_after, 0.99);
	}
	const int64_t left = MAX(grace - MAX(hook, 0), 2);

	if (hook < grace && !ignores && exit <= left * SIM_SECOND) {
		return;
	}
	const struct doc_location where =
	    container->pre_stop ? container->pre_stop->where : container->where;
	g_autofree char *takes = say_time(exit);
	struct check_finding *finding;

	if (ignores) {
		finding =
		    found(set, "prestop-exceeds-grace", CHECK_WARNING, workload->label, where,
		          "container `%s` ignores SIGTERM: every pod is killed only after its "
		          "grace period of %" G_GINT64_FORMAT " s",
		          container->name, (gint64)grace);
		finding_why(finding,
		            "SIGKILL breaks the requests in flight, and each rollout step waits "
		            "for it");
		finding_do(finding,
		           "handle SIGTERM in the application (as process 1 it has no default)");
	} else if (hook >= grace) {
		finding = found(set, "prestop-exceeds-grace", CHECK_ERROR, workload->label, where,
		                "preStop of container `%s` takes %" G_GINT64_FORMAT
		                " s, the whole grace period is %" G_GINT64_FORMAT " s",
		                container->name, (gint64)hook, (gint64)grace);
		finding_why(finding,
		            "the hook is cut off, then the application gets SIGTERM and 2 s later "
		            "SIGKILL, however long it needs");
		finding_do(finding,
		           "set terminationGracePeriodSeconds above %" G_GINT64_FORMAT
		           " plus what the application needs to stop",
		           (gint64)hook);
	} else {
		finding = found(set, "prestop-exceeds-grace", CHECK_WARNING, workload->label, where,
		                "container `%s` needs up to %s after SIGTERM, but %" G_GINT64_FORMAT
		                " s of its grace period are left then",
		                container->name, takes, (gint64)left);
		finding_why(finding,
		            "what has not ended by then is killed with the requests in flight");
		finding_do(finding, "set terminationGracePeriodSeconds to at least %.0f",
		           (double)MAX(hook, 0) + sim_time_to_seconds(exit) + 1);
	}
	finding_costs(finding, "each pod that is stopped ends by SIGKILL, exit code 137");
}

/* --- traffic after SIGTERM --- */

/* Whether the action stops pods of @workload while a load of one of its Services runs. */
static const struct load *load_during(const struct check_set *set, const struct workload *workload,
                                      const struct action *action)
{
	const struct scenario *scenario = set->scenario;

	for (size_t i = 0; i < scenario->n_loads; i++) {
		const struct load *load = &scenario->loads[i];

		if (action->at < load->from || action->at > load->from + load->duration) {
			continue;
		}
		for (unsigned k = 0; k < set->services->len; k++) {
			const struct service *service = set->services->pdata[k];

			if (g_str_equal(service->object.meta.name, load->target.service) &&
			    g_strcmp0(service->object.meta.namespace, load->target.namespace) ==
			        0 &&
			    service->selector && workload->labels &&
			    workload_service(set, workload)) {
				return load;
			}
		}
	}
	return NULL;
}

static bool stops_pods(const struct action *action, const struct workload *workload)
{
	if (action->kind == ACTION_DELETE && action->object_kind == KIND_POD) {
		return action->selector &&
		       label_selector_matches(action->selector, workload->labels);
	}
	if (action->kind == ACTION_PATCH) {
		return action->object_kind == KIND_DEPLOYMENT &&
		       g_strcmp0(action->name, workload->name) == 0 &&
		       doc_find(action->patch, "spec", "template", NULL);
	}
	return (action->kind == ACTION_ROLLOUT_RESTART || action->kind == ACTION_ROLLOUT_UNDO) &&
	       g_strcmp0(action->name, workload->name) == 0;
}

static const struct action *stopped_under_load(const struct check_set *set,
                                               const struct workload *workload,
                                               const struct load **load)
{
	const struct scenario *scenario = set->scenario;

	/* Pods of this state are stopped by what happens up to the next one. */
	for (size_t i = 0; scenario && i < scenario->n_timeline; i++) {
		const struct action *action = &scenario->timeline[i];

		if (action->at > set->at && action->at <= set->next &&
		    stops_pods(action, workload)) {
			*load = load_during(set, workload, action);
			if (*load) {
				return action;
			}
		}
	}
	return NULL;
}

static void check_cut(struct check_set *set, const struct workload *workload,
                      const struct container *container)
{
	const struct application *application = container_application(set, workload, container);
	const sim_time spread = time_to_spread(set);
	const struct load *load = NULL;

	if (container->pre_stop || (set->scenario && !application)) {
		return;
	}
	if (application &&
	    (application->on_term.ignores ||
	     (!application->on_term.stops_listening &&
	      distribution_duration(application->on_term.exit_after, 0.001) > spread))) {
		return; /* goes on answering until nobody asks */
	}
	const struct action *action = stopped_under_load(set, workload, &load);
	g_autofree char *window = say_time(spread);
	struct check_finding *finding = found(
	    set, "traffic-cut-at-sigterm", action ? CHECK_WARNING : CHECK_NOTE, workload->label,
	    container->where,
	    "container `%s` has no preStop: it is told to stop while proxies still send to it",
	    container->name);

	finding_why(finding,
	            "SIGTERM and the removal from the endpoints start at the same instant; the "
	            "removal needs up to %s to reach every node",
	            window);
	finding_do(finding,
	           "add `lifecycle: {preStop: {sleep: {seconds: 5}}}`, or let the application "
	           "go on answering for some seconds after SIGTERM");
	if (action && load->n_rate > 0) {
		finding_costs(
		    finding,
		    "`%s` happens under load `%s`: up to %s of its share of %.0f requests a "
		    "second are refused for each pod that stops",
		    action->text, load->name, window, load->rate[0].rate);
	} else if (action) {
		finding_costs(
		    finding,
		    "`%s` happens under load `%s`: new connections are refused for up to %s "
		    "for each pod that stops",
		    action->text, load->name, window);
	} else {
		finding_costs(finding,
		              "refused connections for up to %s for each pod that stops under "
		              "load: in rollouts, on scale-down, in drains",
		              window);
	}
}

void check_termination(struct check_set *set)
{
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];
		const struct service *service = workload_service(set, workload);

		for (size_t k = 0; k < workload->spec->n_containers; k++) {
			const struct container *container = &workload->spec->containers[k];

			check_grace(set, workload, container);
			if (service && service_reaches(service, workload, container)) {
				check_cut(set, workload, container);
			}
		}
	}
}
