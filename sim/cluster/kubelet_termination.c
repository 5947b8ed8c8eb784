/* kubelet_termination.c - the end of a pod: deleted, finished by itself, or gone.
 *
 * Source: pkg/kubelet/kubelet.go SyncTerminatingPod and SyncTerminatedPod, pod_workers.go,
 * status/status_manager.go. */

#include "cluster/kubelet_internal.h"

void kubelet_pod_terminate(struct kubelet_pod *pod)
{
	if (pod->work != POD_WORK_SYNC) {
		return;
	}
	pod->work = POD_WORK_TERMINATING;
	kubelet_sync_cancel(pod);
	kubelet_want_sync(pod);
}

static void end_workers(struct kubelet_container *container, bool all)
{
	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		if (container->workers[type] && (all || type != PROBE_READINESS)) {
			kubelet_worker_end(container->workers[type]);
		}
	}
}

void kubelet_terminating_sync(struct kubelet_pod *pod)
{
	kubelet_status_refresh(pod, false);
	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		end_workers(&pod->containers[i], false);
	}
	pod->killing++; /* until all are told */
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		container->killer = PROBE_TYPES;
		if (container->truth.running || container->seen.running) {
			kubelet_container_kill(container, NULL, KILL_DELETION, true);
		}
	}
	if (--pod->killing == 0) {
		kubelet_terminating_done(pod);
	}
}

void kubelet_terminating_done(struct kubelet_pod *pod)
{
	struct kubelet *kubelet = pod->kubelet;

	pod->work = POD_WORK_TERMINATED;
	kubelet_resize_retry(pod->kubelet);
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		/* The runtime is asked directly; no relist is waited for. */
		container->seen = container->truth;
		end_workers(container, true);
	}
	if (pod->address.generation) {
		network_close(kubelet->config.network, pod->address);
		pod->address.generation = 0;
	}
	kubelet_status_refresh(pod, true);
	pod->wanted = true;
	kubelet_sync_end(pod);
}

static void on_remove(struct simulation *sim, void *data)
{
	struct kubelet_pod *pod = data;
	struct store *store = pod->kubelet->environment.store;
	const struct object_meta *meta = &pod->object->meta;
	const struct object *there = store_get(store, KIND_POD, meta->namespace, meta->name);

	pod->remove_event = EVENT_NONE;
	kubelet_status_flush(pod);
	if (there && g_str_equal(there->meta.uid, meta->uid)) {
		store_remove(store, KIND_POD, meta->namespace, meta->name, NULL);
	}
}

void kubelet_pod_remove(struct kubelet_pod *pod)
{
	const struct kubelet *kubelet = pod->kubelet;

	if (pod->remove_event == EVENT_NONE) {
		pod->remove_event = simulation_schedule_after(
		    kubelet->sim, kubelet->environment.status_delay, PHASE_SYNC, on_remove, pod);
	}
}

void kubelet_terminated_sync(struct kubelet_pod *pod)
{
	pod->busy = false;
	pod->wanted = false;
	pod->settled = true;
	if (pod->gone) {
		kubelet_pod_free(pod);
	} else if (pod->object->meta.deletion_time != SIM_NEVER) {
		kubelet_pod_remove(pod);
	}
}
