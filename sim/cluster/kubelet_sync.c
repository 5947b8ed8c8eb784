/* kubelet_sync.c - pod workers: when a pod is synced, one sync at a time, and what follows it.
 *
 * Source: pkg/kubelet/pod_workers.go, kubelet.go SyncPod, kuberuntime_manager.go SyncPod. */

#include "cluster/kubelet_internal.h"

/* --- when --- */

/* Whether the PLEG has looked at the runtime after the end of the pod's last sync. To be asked when
 * the relist of this instant, if there is one, has been made. */
static bool picture_is_newer(const struct kubelet_pod *pod)
{
	return pod->relisted || kubelet_last_relist(pod->kubelet) > pod->synced_at;
}

static void on_sync(struct simulation *sim, void *data);

void kubelet_want_sync(struct kubelet_pod *pod)
{
	struct kubelet *kubelet = pod->kubelet;
	enum phase phase = PHASE_SYNC;
	sim_time at = kubelet_now(kubelet);

	if (pod->busy) {
		pod->wanted = true;
		return;
	}
	/* What ticks of one instant ask for comes after all of them, and what answers ask for after
	 * all answers. */
	if (kubelet->phase == PHASE_TICK || kubelet->phase == PHASE_ANSWER) {
		phase = kubelet->phase;
	}
	if (!picture_is_newer(pod)) {
		phase = PHASE_SYNC;
		at = kubelet_last_relist(kubelet) + kubelet->config.relist_period;
	}
	if (pod->sync_event != EVENT_NONE) {
		if (simulation_due(kubelet->sim, pod->sync_event) <= at) {
			return;
		}
		simulation_cancel(kubelet->sim, &pod->sync_event);
	}
	pod->sync_event = simulation_schedule(kubelet->sim, at, phase, on_sync, pod);
}

static void on_requeue(struct simulation *sim, void *data)
{
	struct kubelet_pod *pod = data;

	pod->requeue_event = EVENT_NONE;
	pod->kubelet->phase = PHASE_RUNTIME;
	kubelet_want_sync(pod);
}

/* The next look at the work queue at or after @at. */
static sim_time queue_look(const struct kubelet *kubelet, sim_time at)
{
	sim_time period = kubelet->config.queue_period;
	sim_time rest = period > 0 ? at % period : 0;

	if (rest == 0) {
		return at;
	}
	return at + (rest > 0 ? period - rest : -rest);
}

/* A draw for jitter of this pod: in (0, 1), or 0 without jitter. */
static double jitter(struct kubelet_pod *pod, const struct random_stream *stream)
{
	if (!pod->kubelet->config.jitter) {
		return 0;
	}
	return random_uniform(stream, pod->object->meta.ordinal, pod->draws++);
}

/* Puts the pod into the work queue again, in place of an earlier entry. */
static void requeue(struct kubelet_pod *pod)
{
	struct kubelet *kubelet = pod->kubelet;
	sim_time now = kubelet_now(kubelet), at;

	simulation_cancel(kubelet->sim, &pod->requeue_event);
	if (pod->sync_failed) {
		/* Only back-offs know their end; other errors are tried again by the period. */
		bool at_end = kubelet->environment.release->backoff_retry_at_end &&
		              pod->retry_at != SIM_NEVER;

		at = back_off_retry(now, pod->retry_at, at_end, kubelet->config.back_off_retry_cap,
		                    jitter(pod, &kubelet->retry));
	} else if (kubelet->config.sync_frequency > 0) {
		at = now + kubelet->config.sync_frequency +
		     (sim_time)((double)kubelet->config.sync_frequency *
		                jitter(pod, &kubelet->resync) / 2);
	} else {
		return;
	}
	pod->requeue_event = simulation_schedule(kubelet->sim, queue_look(kubelet, at),
	                                         PHASE_RUNTIME, on_requeue, pod);
}

/* --- the course of one --- */

void kubelet_sync_end(struct kubelet_pod *pod)
{
	struct kubelet *kubelet = pod->kubelet;

	pod->busy = false;
	pod->relisted = false;
	pod->synced_at = kubelet_now(kubelet);
	if (pod->work == POD_WORK_SYNC) {
		requeue(pod);
	} else {
		simulation_cancel(kubelet->sim, &pod->requeue_event);
	}
	if (pod->sync_started && !pod->sync_failed &&
	    kubelet->environment.release->pleg_on_demand_relist) {
		kubelet_relist_on_demand(pod);
	}
	if (pod->wanted) {
		pod->wanted = false;
		kubelet_want_sync(pod);
	}
}

/* One kill after the other, except that a pod that ends is killed as a whole. True when there is
 * something to wait for. */
static bool kill_next(struct kubelet_pod *pod)
{
	/* Held up by one, so that a kill that is over at once does not continue the sync from
	 * within itself. */
	pod->killing++;
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		if (!container->to_kill || (pod->killing > 1 && !pod->kill_pod)) {
			continue;
		}
		g_autofree char *message = NULL;
		int cause = container->killer == PROBE_STARTUP    ? KILL_STARTUP
		            : container->killer == PROBE_LIVENESS ? KILL_LIVENESS
		                                                  : KILL_NONE;

		if (container->killer != PROBE_TYPES) {
			message = probe_kill_message(container->spec->name, container->killer,
			                             container->init, container->to_start);
		}
		if (container->to_resize) {
			message = g_strdup_printf("Container %s resize requires restart",
			                          container->spec->name);
		}
		container->to_kill = container->to_resize = false;
		kubelet_container_kill(container, message, cause, pod->kill_pod);
	}
	return --pod->killing > 0;
}

/* Starts what is planned, init containers first. True when there is something to wait for. */
static bool start_next(struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		size_t n_main = pod->spec->n_containers, n_init = pod->spec->n_init_containers;
		struct kubelet_container *container =
		    &pod->containers[i < n_init ? n_main + i : i - n_init];

		if (!container->to_start) {
			continue;
		}
		container->to_start = false;
		if (!kubelet_container_start(container)) {
			return true;
		}
	}
	return false;
}

void kubelet_sync_continue(struct kubelet_pod *pod)
{
	if (!kill_next(pod) && !start_next(pod)) {
		kubelet_sync_end(pod);
	}
}

void kubelet_sync_cancel(struct kubelet_pod *pod)
{
	if (!pod->busy) {
		return;
	}
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];

		container->to_kill = container->to_start = false;
		container->killer = PROBE_TYPES;
		kubelet_container_start_cancel(container);
		kubelet_container_kill_cancel(container);
	}
	pod->killing = 0;
	pod->wanted = false;
	pod->sync_failed = true;
	kubelet_sync_end(pod);
}

static void open_sandbox(struct kubelet_pod *pod)
{
	struct kubelet *kubelet = pod->kubelet;

	if (pod->sandbox_at == SIM_NEVER) {
		const char *ip;

		pod->address = network_open(kubelet->config.network, kubelet->config.node, &ip);
		pod->ip = g_strdup(ip);
		pod->sandbox_at = kubelet_now(kubelet);
		kubelet_pod_changed(pod);
	}
}

static void sync_pod(struct kubelet_pod *pod)
{
	kubelet_resize_look(pod);
	kubelet_status_refresh(pod, false);
	if (pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED) {
		pod->work = POD_WORK_TERMINATING;
		pod->wanted = true;
		kubelet_sync_end(pod);
		return;
	}
	kubelet_workers_add(pod);
	open_sandbox(pod);
	kubelet_plan(pod);
	kubelet_resize_plan(pod);
	kubelet_sync_continue(pod);
}

static void on_sync(struct simulation *sim, void *data)
{
	struct kubelet_pod *pod = data;

	pod->sync_event = EVENT_NONE;
	pod->kubelet->phase = PHASE_SYNC;
	pod->busy = true;
	pod->wanted = false;
	pod->sync_started = pod->sync_failed = false;
	pod->retry_at = SIM_NEVER;
	pod->kill_pod = false;
	switch (pod->work) {
	case POD_WORK_SYNC:
		sync_pod(pod);
		break;
	case POD_WORK_TERMINATING:
		kubelet_terminating_sync(pod);
		break;
	case POD_WORK_TERMINATED:
		kubelet_terminated_sync(pod);
		break;
	}
}
