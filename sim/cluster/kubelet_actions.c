/* kubelet_actions.c - which containers a sync kills and starts.
 *
 * Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions,
 * kuberuntime_container.go computeInitContainerActions. */

#include "cluster/kubelet_internal.h"

static bool restarts(const struct kubelet_container *container)
{
	const struct container_view *view = &container->synced;

	return pod_status_restarts(container->pod->spec->restart_policy, container->init,
	                           container->sidecar, view->attempts > 0, view->end.exit_code);
}

static enum probe_result stored(const struct kubelet_container *container, enum probe_type type)
{
	return kubelet_worker_result(container, type, container->synced.attempts - 1);
}

/* The probe for whose sake a running container is to be killed; PROBE_TYPES: none. */
static enum probe_type failed_probe(const struct kubelet_container *container)
{
	if (stored(container, PROBE_LIVENESS) == PROBE_RESULT_FAILURE) {
		return PROBE_LIVENESS;
	}
	if (stored(container, PROBE_STARTUP) == PROBE_RESULT_FAILURE) {
		return PROBE_STARTUP;
	}
	return PROBE_TYPES;
}

static void plan_kill(struct kubelet_container *container, enum probe_type killer, bool restart)
{
	container->to_kill = true;
	container->killer = killer;
	container->to_start = restart;
}

static void plan_kill_pod(struct kubelet_pod *pod)
{
	pod->kill_pod = true;
	for (size_t i = 0; i < pod->n_containers; i++) {
		pod->containers[i].to_start = false;
		pod->containers[i].to_kill |= pod->containers[i].synced.running;
	}
}

/* A sidecar that runs. True when the next init container may be started. */
static bool plan_running_sidecar(struct kubelet_container *container)
{
	enum probe_result startup = stored(container, PROBE_STARTUP);

	if (container->spec->probes[PROBE_STARTUP] && startup != PROBE_RESULT_SUCCESS) {
		if (startup == PROBE_RESULT_FAILURE) {
			plan_kill(container, PROBE_STARTUP, true);
		}
		return false;
	}
	if (stored(container, PROBE_LIVENESS) == PROBE_RESULT_FAILURE) {
		plan_kill(container, PROBE_LIVENESS, true);
	}
	return true;
}

/* What to do about one init container that has been started. *@failed: the pod cannot go on. True
 * when the next one may be started. */
static bool plan_init_container(struct kubelet_container *container, bool *failed)
{
	*failed = false;
	if (container->synced.running) {
		return container->sidecar && plan_running_sidecar(container);
	}
	if (!container->sidecar && container->synced.end.exit_code == 0) {
		return true;
	}
	if (restarts(container)) {
		container->to_start = true;
	} else {
		*failed = true;
	}
	return false;
}

/* Whether a main container has been seen running: then init containers are over. */
static bool main_runs(const struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		if (pod->containers[i].synced.running) {
			return true;
		}
	}
	return false;
}

/* Plans for the init containers, from the last one back: the newest that was started tells how far
 * the pod is, those before it only have to be kept if they are sidecars. True when the main
 * containers may run. */
static bool plan_init(struct kubelet_pod *pod)
{
	size_t n = pod->spec->n_init_containers;
	struct kubelet_container *init = pod->containers + pod->spec->n_containers;
	bool initialized = n == 0 || main_runs(pod);
	bool past = initialized; /* the container looked at was passed before */

	for (size_t i = n; i-- > 0;) {
		bool failed;

		if (init[i].synced.attempts == 0 || (past && !init[i].sidecar)) {
			init[i].to_start |= past && init[i].sidecar;
			continue;
		}
		if (plan_init_container(&init[i], &failed)) {
			if (i == n - 1) {
				initialized = true;
			} else if (!past) {
				init[i + 1].to_start = true;
			}
		} else if (failed) {
			plan_kill_pod(pod);
			return false;
		}
		past = true;
	}
	if (!past) {
		init[0].to_start = true;
	}
	return initialized;
}

static void plan_main(struct kubelet_pod *pod)
{
	bool again = pod->spec->restart_policy != RESTART_NEVER;
	bool any = false; /* something is kept or started */

	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		if (!container->synced.running) {
			container->to_start = restarts(container);
		} else if (failed_probe(container) != PROBE_TYPES) {
			plan_kill(container, failed_probe(container), again);
		} else {
			any = true;
		}
		any |= container->to_start;
	}
	if (!any) {
		plan_kill_pod(pod);
	}
}

void kubelet_plan(struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		container->synced = container->seen;
		container->to_kill = container->to_start = false;
		container->killer = PROBE_TYPES;
	}
	if (plan_init(pod)) {
		plan_main(pod);
	}
}
