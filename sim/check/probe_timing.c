/* probe_timing.c - probes whose times do not go together with the application or each other. */

#include "check/budget.h"

#include <string.h>

static void costs_of_kills(struct check_set *set, const struct workload *workload,
                           const struct container *container, const struct probe *probe,
                           struct check_finding *finding)
{
	const struct check_span stop = time_to_stop(set, workload, container, probe);
	const struct restart_course course =
	    course_of_restarts(probe, stop.earliest, backoff_maximum(set));
	g_autofree char *text = say_course(&course);

	finding_costs(finding, "if every start is cut off: %s", text);
}

/* --- starts that take longer than the probes allow --- */

static void check_startup(struct check_set *set, const struct workload *workload,
                          const struct container *container)
{
	const struct probe *probe = container->probes[PROBE_STARTUP];

	if (!probe || probe->handler.kind == HANDLER_EXEC) {
		return;
	}
	const struct check_span served = probe_served_after(set, workload, container, probe);
	const struct check_span verdict = time_to_first_verdict(probe, (struct check_span){0, 0});

	if (served.latest <= verdict.earliest || served.earliest == SIM_NEVER) {
		return;
	}
	g_autofree char *start = say_span(&served), *least = say_time(verdict.earliest);
	const int64_t most = (served.latest + SIM_SECOND - 1) / SIM_SECOND;
	struct check_finding *finding =
	    found(set, "startup-budget-too-small",
	          served.earliest > verdict.latest ? CHECK_ERROR : CHECK_WARNING, workload->label,
	          probe->where,
	          "the startup probe of container `%s` may give up %s after the start, but the "
	          "application "
	          "serves only after %s",
	          container->name, least, start);

	finding_why(finding, "a startup probe that fails kills the container, and the start begins "
	                     "anew");
	finding_do(
	    finding,
	    "raise failureThreshold to at least %" G_GINT64_FORMAT " (%ds x %d + "
	    "initialDelaySeconds is what a start may take)",
	    (gint64)((most - MAX(probe->initial_delay_seconds - 1, 0)) / probe->period_seconds + 2),
	    probe->period_seconds, probe->failure_threshold);
	costs_of_kills(set, workload, container, probe, finding);
}

static void liveness_unknown(struct check_set *set, const struct workload *workload,
                             const struct container *container, const struct check_span *verdict)
{
	const struct probe *probe = container->probes[PROBE_LIVENESS];
	g_autofree char *least = say_time(verdict->earliest);

	if (container->probes[PROBE_STARTUP] || verdict->earliest >= 30 * SIM_SECOND) {
		return;
	}
	struct check_finding *finding = found(
	    set, "liveness-kills-slow-start", CHECK_NOTE, workload->label, probe->where,
	    "container `%s` has no startup probe: a start that takes longer than %s may be cut "
	    "off by the liveness probe",
	    container->name, least);

	finding_why(finding, "how long the application takes to start is not known here");
	finding_do(finding, "add a startup probe if a start can take that long");
}

static void check_liveness(struct check_set *set, const struct workload *workload,
                           const struct container *container)
{
	const struct probe *probe = container->probes[PROBE_LIVENESS];
	const struct probe *startup = container->probes[PROBE_STARTUP];
	struct check_span since = {0, 0};

	if (!probe || probe->handler.kind == HANDLER_EXEC) {
		return;
	}
	if (startup) {
		since =
		    time_to_started(startup, probe_served_after(set, workload, container, startup));
	}
	const struct check_span served = probe_served_after(set, workload, container, probe);
	const struct check_span verdict = time_to_first_verdict(probe, since);

	if (!set->scenario) {
		liveness_unknown(set, workload, container, &verdict);
		return;
	}
	if (served.latest <= verdict.earliest || served.earliest == SIM_NEVER) {
		return;
	}
	g_autofree char *start = say_span(&served), *least = say_time(verdict.earliest);
	struct check_finding *finding =
	    found(set, "liveness-kills-slow-start",
	          served.earliest > verdict.latest ? CHECK_ERROR : CHECK_WARNING, workload->label,
	          probe->where,
	          "the liveness probe of container `%s` may kill it %s after the start, but the "
	          "application "
	          "serves what it asks for only after %s",
	          container->name, least, start);

	finding_why(finding,
	            "a container that is killed while it starts starts anew, and is killed "
	            "again");
	finding_do(finding, "%s",
	           startup ? "let the startup probe ask for the same as the liveness probe"
	                   : "add a startup probe whose failureThreshold x periodSeconds "
	                     "covers the slowest start; liveness then waits for it");
	costs_of_kills(set, workload, container, probe, finding);
}

/* --- timeouts --- */

static void check_timeout(struct check_set *set, const struct workload *workload,
                          const struct container *container, enum probe_type type)
{
	const struct probe *probe = container->probes[type];

	/* A startup probe with long timeouts only gives the start more time. */
	if (!probe || type == PROBE_STARTUP || probe->timeout_seconds <= probe->period_seconds) {
		return;
	}
	const struct check_span span = time_to_failure(probe);
	g_autofree char *latest = say_time(span.latest);
	struct check_finding *finding = found(
	    set, "timeout-exceeds-period", CHECK_WARNING, workload->label, probe->where,
	    "the %s probe of container `%s` waits %d s for an answer but is meant to be sent "
	    "every %d s",
	    probe_type_name(type), container->name, probe->timeout_seconds, probe->period_seconds);

	finding_why(finding,
	            "a check that outlasts its period delays the next: an application that "
	            "hangs is asked every %d s, without a pause",
	            probe->timeout_seconds);
	finding_do(finding, "set timeoutSeconds to at most %d", probe->period_seconds);
	finding_costs(finding,
	              "an application that hangs is declared failed after up to %s, not after the "
	              "%d s that %d x %d s suggest",
	              latest, probe->failure_threshold * probe->period_seconds,
	              probe->failure_threshold, probe->period_seconds);
}

/* --- readiness and liveness alike --- */

static bool same_question(const struct container *container, const struct handler *a,
                          const struct handler *b)
{
	if (a->kind != b->kind) {
		return false;
	}
	if (a->kind == HANDLER_EXEC) {
		return a->command && b->command &&
		       g_strv_equal((const char *const *)a->command,
		                    (const char *const *)b->command);
	}
	return container_port_number(container, &a->port) ==
	           container_port_number(container, &b->port) &&
	       g_strcmp0(a->path, b->path) == 0 && a->https == b->https &&
	       g_strcmp0(a->service, b->service) == 0 && g_strcmp0(a->host, b->host) == 0;
}

static void check_alike(struct check_set *set, const struct workload *workload,
                        const struct container *container)
{
	const struct probe *readiness = container->probes[PROBE_READINESS];
	const struct probe *liveness = container->probes[PROBE_LIVENESS];

	if (!readiness || !liveness ||
	    !same_question(container, &readiness->handler, &liveness->handler)) {
		return;
	}
	const struct check_span out = time_to_failure(readiness), dead = time_to_failure(liveness);

	if (dead.earliest > out.earliest) {
		return; /* taken out first, and only killed when that did not help */
	}
	g_autofree char *asks = say_probe(&liveness->handler), *kill = say_span(&dead);
	g_autofree char *removal = say_span(&out);
	struct check_finding *finding =
	    found(set, "readiness-equals-liveness", CHECK_WARNING, workload->label, liveness->where,
	          "readiness and liveness of container `%s` ask the same (%s), and liveness does "
	          "not wait "
	          "longer: killed after %s, taken out after %s",
	          container->name, asks, kill, removal);

	finding_why(finding,
	            "an application that is merely busy is restarted at the moment at which "
	            "it would have been given a rest");
	finding_do(finding,
	           "let liveness ask for something that fails only when nothing but a restart "
	           "helps, or give it a higher failureThreshold");
	const struct check_span ready = time_to_ready(set, workload, container);
	g_autofree char *back = say_span(&ready);

	finding_costs(finding,
	              "each such kill loses the requests in flight and takes the replica away "
	              "for %s more, until it is Ready again",
	              back);
}

/* --- the deadline of rollouts --- */

static void check_deadline(struct check_set *set, const struct workload *workload)
{
	const struct deployment *deployment = workload->deployment;
	struct check_span ready = {0, 0};

	if (!deployment || deployment->progress_deadline_seconds == NO_LIMIT) {
		return;
	}
	for (size_t i = 0; i < workload->spec->n_containers; i++) {
		const struct check_span one =
		    time_to_ready(set, workload, &workload->spec->containers[i]);

		ready.earliest = MAX(ready.earliest, one.earliest);
		ready.latest = MAX(ready.latest, one.latest);
	}
	const sim_time deadline = deployment->progress_deadline_seconds * SIM_SECOND;
	const sim_time available =
	    MIN(ready.latest, 1000 * SIM_HOUR) + deployment->min_ready_seconds * SIM_SECOND;

	if (ready.latest == SIM_NEVER || available <= deadline) {
		return;
	}
	g_autofree char *needed = say_time(available), *given = say_time(deadline);
	struct check_finding *finding = found(
	    set, "progress-deadline-too-short", CHECK_WARNING, workload->label,
	    place_of_field(deployment->object.source, "spec", "progressDeadlineSeconds", NULL),
	    "a good pod may need %s until it counts as available, but the rollout is called "
	    "failed after %s without progress",
	    needed, given);

	finding_why(finding,
	            "ProgressDeadlineExceeded makes `kubectl rollout status` fail, and with "
	            "it the deploy, though nothing is wrong");
	finding_do(finding, "raise progressDeadlineSeconds above %.0f",
	           sim_time_to_seconds(available));
	g_autofree char *early = say_time(available - deadline);

	finding_costs(finding,
	              "each deploy may be called failed up to %s before its pods are available",
	              early);
}

void check_probe_timing(struct check_set *set)
{
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];

		for (size_t k = 0; k < workload->spec->n_containers; k++) {
			const struct container *container = &workload->spec->containers[k];

			if (set->scenario) {
				check_startup(set, workload, container);
			}
			check_liveness(set, workload, container);
			check_timeout(set, workload, container, PROBE_READINESS);
			check_timeout(set, workload, container, PROBE_LIVENESS);
			check_alike(set, workload, container);
		}
		check_deadline(set, workload);
	}
}
