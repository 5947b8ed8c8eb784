/* pod_status.c - phase, Started, Ready and conditions of a pod. */

#include "rules/pod_status.h"

struct tally { /* containers by what they do */
	unsigned pending_init, failed_init;
	unsigned running, waiting, stopped, succeeded;
};

static bool ended_before(const struct container_status *status)
{
	return status->last.finished_at != SIM_NEVER;
}

static void count_init(struct tally *tally, const struct container_status *status)
{
	switch (status->state) {
	case CONTAINER_RUNNING:
		tally->pending_init++;
		break;
	case CONTAINER_TERMINATED:
		tally->failed_init += status->end.exit_code != 0;
		break;
	case CONTAINER_WAITING:
		if (!ended_before(status)) {
			tally->pending_init++;
		} else if (status->last.exit_code != 0) {
			tally->failed_init++;
		}
		break;
	}
}

static void count_sidecar(struct tally *tally, const struct container_status *status)
{
	if (status->state == CONTAINER_RUNNING) {
		tally->pending_init += !status->started;
		tally->running++;
	} else if (status->state == CONTAINER_WAITING && !ended_before(status)) {
		tally->pending_init++;
		tally->waiting++;
	}
}

static void count_main(struct tally *tally, const struct container_status *status)
{
	switch (status->state) {
	case CONTAINER_RUNNING:
		tally->running++;
		break;
	case CONTAINER_TERMINATED:
		tally->stopped++;
		tally->succeeded += status->end.exit_code == 0;
		break;
	case CONTAINER_WAITING:
		if (ended_before(status)) {
			tally->stopped++;
		} else {
			tally->waiting++;
		}
		break;
	}
}

/* Whether any main container has ever run. */
static bool has_initialized(const struct pod_spec *spec, const struct container_status *containers)
{
	for (size_t i = 0; i < spec->n_containers; i++) {
		if (containers[i].state != CONTAINER_WAITING || ended_before(&containers[i])) {
			return true;
		}
	}
	return false;
}

static enum pod_phase phase_of_stopped(const struct pod_spec *spec, const struct tally *tally,
                                       bool terminal)
{
	bool good = tally->stopped == tally->succeeded;

	if (terminal) {
		return good ? POD_SUCCEEDED : POD_FAILED;
	}
	if (spec->restart_policy == RESTART_ALWAYS) {
		return POD_RUNNING;
	}
	if (good) {
		return POD_SUCCEEDED;
	}
	return spec->restart_policy == RESTART_NEVER ? POD_FAILED : POD_RUNNING;
}

enum pod_phase pod_status_phase(const struct pod_spec *spec,
                                const struct container_status *containers,
                                const struct container_status *init_containers, bool terminal)
{
	struct tally tally = {0};

	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (spec->init_containers[i].always_restarts) {
			count_sidecar(&tally, &init_containers[i]);
		} else {
			count_init(&tally, &init_containers[i]);
		}
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		count_main(&tally, &containers[i]);
	}
	if (tally.failed_init > 0 && (terminal || spec->restart_policy == RESTART_NEVER)) {
		return POD_FAILED;
	}
	if (tally.pending_init > 0 && !has_initialized(spec, containers)) {
		return POD_PENDING;
	}
	if (tally.waiting > 0) {
		return POD_PENDING;
	}
	if (tally.running > 0) {
		return POD_RUNNING;
	}
	return tally.stopped > 0 ? phase_of_stopped(spec, &tally, terminal) : POD_PENDING;
}

bool pod_status_started(const struct container_status *status, enum probe_result startup,
                        bool has_startup_worker)
{
	if (status->state != CONTAINER_RUNNING) {
		return false;
	}
	return startup == PROBE_RESULT_NONE ? !has_startup_worker : startup == PROBE_RESULT_SUCCESS;
}

bool pod_status_ready(const struct container_status *status, enum probe_result readiness,
                      bool has_readiness_worker, bool *trigger)
{
	*trigger = false;
	if (status->state != CONTAINER_RUNNING || !status->started) {
		return false;
	}
	if (readiness == PROBE_RESULT_SUCCESS) {
		return true;
	}
	*trigger = has_readiness_worker;
	return !has_readiness_worker;
}

/* --- conditions --- */

struct verdict {
	enum condition_status status;
	const char *reason;
	char *message;
};

/* Whether init container @i is done (or, as a sidecar, started). */
static bool is_initialized(const struct container *container, const struct container_status *status)
{
	return container->always_restarts ? status->started : status->ready;
}

static void append_name(GString **list, const char *lead, const char *name)
{
	if (!*list) {
		*list = g_string_new(lead);
	} else {
		g_string_append_c(*list, ' ');
	}
	g_string_append(*list, name);
}

static char *close_list(GString *list)
{
	g_string_append_c(list, ']');
	return g_string_free(list, FALSE);
}

static struct verdict initialized(const struct pod_spec *spec, enum pod_phase phase,
                                  const struct container_status *containers,
                                  const struct container_status *init_containers)
{
	GString *incomplete = NULL;

	if (phase == POD_SUCCEEDED) {
		return (struct verdict){CONDITION_TRUE, "PodCompleted", NULL};
	}
	if (has_initialized(spec, containers)) {
		return (struct verdict){CONDITION_TRUE, NULL, NULL};
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (!is_initialized(&spec->init_containers[i], &init_containers[i])) {
			append_name(&incomplete, "containers with incomplete status: [",
			            spec->init_containers[i].name);
		}
	}
	if (!incomplete) {
		return (struct verdict){CONDITION_TRUE, NULL, NULL};
	}
	return (struct verdict){CONDITION_FALSE, "ContainersNotInitialized",
	                        close_list(incomplete)};
}

static struct verdict containers_ready(const struct pod_spec *spec, enum pod_phase phase,
                                       const struct container_status *containers,
                                       const struct container_status *init_containers)
{
	GString *unready = NULL;

	if (phase == POD_SUCCEEDED) {
		return (struct verdict){CONDITION_FALSE, "PodCompleted", NULL};
	}
	if (phase == POD_FAILED) {
		return (struct verdict){CONDITION_FALSE, "PodFailed", NULL};
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		if (spec->init_containers[i].always_restarts && !init_containers[i].ready) {
			append_name(&unready, "containers with unready status: [",
			            spec->init_containers[i].name);
		}
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		if (!containers[i].ready) {
			append_name(&unready, "containers with unready status: [",
			            spec->containers[i].name);
		}
	}
	if (!unready) {
		return (struct verdict){CONDITION_TRUE, NULL, NULL};
	}
	return (struct verdict){CONDITION_FALSE, "ContainersNotReady", close_list(unready)};
}

/* Why the readiness gates do not let the pod be Ready; NULL when they do. */
static char *gates_message(const struct pod_spec *spec, const struct conditions *given)
{
	GString *message = NULL;

	for (unsigned i = 0; spec->readiness_gates && i < spec->readiness_gates->len; i++) {
		const char *gate = spec->readiness_gates->pdata[i];
		const struct condition *condition = conditions_find(given, gate);

		if (condition && condition->status == CONDITION_TRUE) {
			continue;
		}
		if (!message) {
			message = g_string_new(NULL);
		} else {
			g_string_append(message, ", ");
		}
		if (condition) {
			g_string_append_printf(
			    message,
			    "the status of pod readiness gate \"%s\" is not \"True\", but %s", gate,
			    condition_status_name(condition->status));
		} else {
			g_string_append_printf(
			    message,
			    "corresponding condition of pod readiness gate \"%s\" does not exist.",
			    gate);
		}
	}
	return message ? g_string_free(message, FALSE) : NULL;
}

static bool set(struct conditions *conditions, const char *type, const struct verdict *verdict,
                sim_time now)
{
	return conditions_set(conditions, type, verdict->status, verdict->reason, verdict->message,
	                      now);
}

static struct verdict ready(const struct verdict *containers, const struct pod_spec *spec,
                            const struct conditions *given)
{
	if (containers->status != CONDITION_TRUE) {
		return (struct verdict){containers->status, containers->reason,
		                        g_strdup(containers->message)};
	}
	char *message = gates_message(spec, given);

	return message ? (struct verdict){CONDITION_FALSE, "ReadinessGatesNotReady", message}
	               : (struct verdict){CONDITION_TRUE, NULL, NULL};
}

bool pod_status_ready_conditions(struct conditions *conditions, const struct pod_spec *spec,
                                 enum pod_phase phase, const struct container_status *containers,
                                 const struct container_status *init_containers,
                                 const struct conditions *given, sim_time now)
{
	struct verdict of_containers = containers_ready(spec, phase, containers, init_containers);
	struct verdict of_pod = ready(&of_containers, spec, given);
	bool changed = set(conditions, "Ready", &of_pod, now);

	changed |= set(conditions, "ContainersReady", &of_containers, now);
	g_free(of_containers.message);
	g_free(of_pod.message);
	return changed;
}

bool pod_status_conditions(struct conditions *conditions, const struct pod_spec *spec,
                           enum pod_phase phase, const struct container_status *containers,
                           const struct container_status *init_containers, bool has_sandbox,
                           const struct conditions *given, sim_time now)
{
	const struct verdict sandbox = {has_sandbox ? CONDITION_TRUE : CONDITION_FALSE, NULL, NULL};
	const struct verdict scheduled = {CONDITION_TRUE, NULL, NULL};
	struct verdict init = initialized(spec, phase, containers, init_containers);
	bool changed = set(conditions, "PodReadyToStartContainers", &sandbox, now);

	changed |= set(conditions, "Initialized", &init, now);
	g_free(init.message);
	changed |= pod_status_ready_conditions(conditions, spec, phase, containers, init_containers,
	                                       given, now);
	changed |= set(conditions, "PodScheduled", &scheduled, now);
	return changed;
}

bool pod_status_gates_differ(const struct conditions *conditions, const struct pod_spec *spec,
                             enum pod_phase phase, const struct container_status *containers,
                             const struct container_status *init_containers,
                             const struct conditions *given)
{
	if (!spec->readiness_gates || spec->readiness_gates->len == 0) {
		return false;
	}
	struct verdict of_containers = containers_ready(spec, phase, containers, init_containers);
	struct verdict of_pod = ready(&of_containers, spec, given);
	const struct condition *present = conditions_find(conditions, "Ready");
	bool differ = !present || present->status != of_pod.status;

	g_free(of_containers.message);
	g_free(of_pod.message);
	return differ;
}

bool pod_status_restarts(enum restart_policy policy, bool init, bool sidecar, bool exited,
                         int exit_code)
{
	if (!exited || sidecar) {
		return true;
	}
	if (init) {
		return policy != RESTART_NEVER && exit_code != 0;
	}
	return policy == RESTART_ALWAYS || (policy == RESTART_ON_FAILURE && exit_code != 0);
}
