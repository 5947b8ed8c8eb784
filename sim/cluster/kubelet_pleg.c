/* kubelet_pleg.c - the pod lifecycle event generator: what the kubelet sees of the runtime.
 *
 * Looks happen at relist_phase + n * relist_period; one that would find nothing new is left out,
 * since nothing but the time of the latest look matters then.
 * Source: pkg/kubelet/pleg/generic.go. */

#include "cluster/kubelet_internal.h"

sim_time kubelet_last_relist(const struct kubelet *kubelet)
{
	sim_time period = kubelet->config.relist_period;
	sim_time since = kubelet_now(kubelet) - kubelet->config.relist_phase;
	sim_time rest = since % period;

	return kubelet_now(kubelet) - (rest < 0 ? rest + period : rest);
}

static void on_relist(struct simulation *sim, void *data);

static void schedule_relist(struct kubelet *kubelet)
{
	if (kubelet->relist_event == EVENT_NONE) {
		kubelet->relist_event = simulation_schedule(
		    kubelet->sim, kubelet_last_relist(kubelet) + kubelet->config.relist_period,
		    PHASE_OBSERVE, on_relist, kubelet);
	}
}

void kubelet_pod_changed(struct kubelet_pod *pod)
{
	if (!pod->dirty) {
		pod->dirty = true;
		pod->next_dirty = pod->kubelet->dirty;
		pod->kubelet->dirty = pod;
	}
	schedule_relist(pod->kubelet);
}

void kubelet_container_changing(struct kubelet_container *container)
{
	sim_time now = kubelet_now(container->pod->kubelet);

	if (container->changed_at < now || container->truth.attempts == 0) {
		container->settled = container->truth;
		container->changed_at = now;
	}
	kubelet_pod_changed(container->pod);
}

static bool differ(const struct container_view *a, const struct container_view *b)
{
	return a->attempts != b->attempts || a->running != b->running;
}

/* Publishes what is true now, or (@before_now) what was true before this instant. True when that is
 * news; *@rest: something is left for the next time. */
static bool publish(struct kubelet_pod *pod, bool before_now, bool *rest)
{
	sim_time now = kubelet_now(pod->kubelet);
	bool news = pod->resized;

	pod->resized = false;
	*rest = false;
	if (pod->sandbox_at != SIM_NEVER && !pod->sandbox_seen) {
		pod->sandbox_seen = !before_now || pod->sandbox_at < now;
		news |= pod->sandbox_seen;
		*rest |= !pod->sandbox_seen;
	}
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_container *container = &pod->containers[i];
		bool early = before_now && container->changed_at == now;
		const struct container_view *view = early ? &container->settled : &container->truth;

		news |= differ(&container->seen, view);
		container->seen = *view;
		*rest |= early && differ(view, &container->truth);
	}
	return news;
}

static void on_relist(struct simulation *sim, void *data)
{
	struct kubelet *kubelet = data;
	struct kubelet_pod *dirty = kubelet->dirty, *again = NULL, *next;
	struct kubelet_pod *in_order = NULL;

	kubelet->relist_event = EVENT_NONE;
	kubelet->phase = PHASE_OBSERVE;
	kubelet->dirty = NULL;
	for (struct kubelet_pod *pod = dirty; pod; pod = next) { /* the list is newest first */
		next = pod->next_dirty;
		pod->next_dirty = in_order;
		in_order = pod;
	}
	for (struct kubelet_pod *pod = in_order; pod; pod = next) {
		bool rest;

		next = pod->next_dirty;
		pod->dirty = false;
		if (publish(pod, true, &rest) && pod->work != POD_WORK_TERMINATED) {
			kubelet_want_sync(pod);
		}
		if (rest) {
			pod->next_dirty = again;
			again = pod;
		}
	}
	for (struct kubelet_pod *pod = again; pod; pod = next) {
		next = pod->next_dirty;
		kubelet_pod_changed(pod);
	}
}

static void on_demand(struct simulation *sim, void *data)
{
	struct kubelet_pod *pod = data;
	bool rest;

	pod->relist_event = EVENT_NONE;
	pod->kubelet->phase = PHASE_OBSERVE;
	pod->relisted = true;
	if (publish(pod, false, &rest) && pod->work != POD_WORK_TERMINATED) {
		kubelet_want_sync(pod);
	} else if (pod->sync_event != EVENT_NONE) {
		kubelet_want_sync(pod); /* it need not wait any longer */
	}
}

void kubelet_relist_on_demand(struct kubelet_pod *pod)
{
	if (pod->relist_event == EVENT_NONE) {
		pod->relist_event =
		    simulation_schedule_after(pod->kubelet->sim, 0, PHASE_OBSERVE, on_demand, pod);
	}
}
