/* kubelet_status.c - the kubelet's picture of a pod's status, and its way to the API server.
 *
 * The picture is made anew by every sync; results of readiness and startup probes change it at
 * once. Only a picture that changed is written, after the status delay; what changes meanwhile goes
 * with it.
 * Source: pkg/kubelet/kubelet_pods.go generateAPIPodStatus, status/status_manager.go. */

#include "cluster/kubelet_internal.h"

#include "kube/service.h"

/* --- making --- */

static struct container_end cut(const struct kubelet *kubelet, const struct container_end *end)
{
	struct container_end copy = *end;

	if (end->finished_at != SIM_NEVER) {
		copy.started_at = kubelet_whole_second(kubelet, end->started_at);
		copy.finished_at = kubelet_whole_second(kubelet, end->finished_at);
	}
	return copy;
}

static void fill_state(const struct kubelet_container *container, struct container_status *status)
{
	const struct kubelet_pod *pod = container->pod;
	const struct container_view *view = &container->seen;
	const char *first =
	    pod->spec->n_init_containers > 0 ? "PodInitializing" : "ContainerCreating";

	status->started_at = SIM_NEVER;
	status->end.started_at = status->end.finished_at = SIM_NEVER;
	status->last = cut(pod->kubelet, &view->last);
	if (view->attempts == 0) {
		status->state = CONTAINER_WAITING;
		status->waiting_reason =
		    container->waiting_reason ? container->waiting_reason : first;
		return;
	}
	status->has_id = true;
	status->attempt = status->restart_count = view->attempts - 1;
	if (view->running) {
		status->state = CONTAINER_RUNNING;
		status->started_at = kubelet_whole_second(pod->kubelet, view->started_at);
		return;
	}
	bool waits = container->waiting_reason && pod->work == POD_WORK_SYNC &&
	             pod_status_restarts(pod->spec->restart_policy, container->init,
	                                 container->sidecar, true, view->end.exit_code);

	if (waits) {
		status->state = CONTAINER_WAITING;
		status->waiting_reason = g_intern_static_string(container->waiting_reason);
		status->last = cut(pod->kubelet, &view->end);
	} else {
		status->state = CONTAINER_TERMINATED;
		status->end = cut(pod->kubelet, &view->end);
	}
}

static void fill_ready(const struct kubelet_container *container, struct container_status *status,
                       bool *trigger)
{
	*trigger = false;
	status->started = pod_status_started(
	    status, kubelet_worker_result(container, PROBE_STARTUP, status->attempt),
	    kubelet_has_worker(container, PROBE_STARTUP));
	if (container->init && !container->sidecar) {
		status->ready = status->state == CONTAINER_TERMINATED && status->end.exit_code == 0;
		return;
	}
	status->ready = pod_status_ready(
	    status, kubelet_worker_result(container, PROBE_READINESS, status->attempt),
	    kubelet_has_worker(container, PROBE_READINESS), trigger);
}

static bool same_end(const struct container_end *a, const struct container_end *b)
{
	return a->finished_at == b->finished_at &&
	       (a->finished_at == SIM_NEVER ||
	        (a->attempt == b->attempt && a->exit_code == b->exit_code));
}

static bool same_status(const struct container_status *a, const struct container_status *b)
{
	return a->state == b->state && a->has_id == b->has_id && a->attempt == b->attempt &&
	       a->ready == b->ready && a->started == b->started && a->started_at == b->started_at &&
	       g_strcmp0(a->waiting_reason, b->waiting_reason) == 0 &&
	       g_strcmp0(a->waiting_message, b->waiting_message) == 0 && a->actual == b->actual &&
	       a->allocated == b->allocated && same_end(&a->end, &b->end) &&
	       same_end(&a->last, &b->last);
}

/* Makes the status of @container anew; true when it changed. */
static bool refresh_container(struct kubelet_container *container)
{
	struct container_status fresh = {0};

	fill_state(container, &fresh);
	fill_ready(container, &fresh, &container->to_trigger);
	if (fresh.state == CONTAINER_WAITING) {
		fresh.waiting_message = ref_string(container->waiting_message);
	}
	fresh.actual = resource_requirements_ref(container->actual);
	fresh.allocated = resource_requirements_ref(container->allocated);
	bool changed = !same_status(&fresh, container->status);

	resource_requirements_unref(container->status->actual);
	resource_requirements_unref(container->status->allocated);
	g_clear_pointer(&container->status->waiting_message, g_ref_string_release);
	*container->status = fresh;
	return changed;
}

static bool refresh_phase(struct kubelet_pod *pod, bool terminal)
{
	enum pod_phase before = pod->phase;

	if (before == POD_SUCCEEDED || before == POD_FAILED) {
		return false;
	}
	pod->phase = pod_status_phase(pod->spec, pod->statuses,
	                              pod->statuses + pod->spec->n_containers, terminal);
	if (terminal && pod->phase != POD_SUCCEEDED) {
		pod->phase = POD_FAILED; /* also one that never came to run */
	}
	return pod->phase != before;
}

void kubelet_status_refresh(struct kubelet_pod *pod, bool terminal)
{
	const struct kubelet *kubelet = pod->kubelet;
	bool shows_ip = pod->sandbox_seen;
	bool changed = !pod->has_status || shows_ip != pod->shows_ip || pod->resize_news;

	for (size_t i = 0; i < pod->n_containers; i++) {
		changed |= refresh_container(&pod->containers[i]);
	}
	pod->resize_news = false;
	pod->has_status = true;
	pod->shows_ip = shows_ip;
	changed |= refresh_phase(pod, terminal);
	changed |= pod_status_conditions(
	    &pod->conditions, pod->spec, pod->phase, pod->statuses,
	    pod->statuses + pod->spec->n_containers, pod->sandbox_seen && !terminal,
	    &POD(pod->object)->conditions, kubelet_whole_second(kubelet, kubelet_now(kubelet)));
	if (changed) {
		kubelet_status_write(pod);
	}
	for (size_t i = 0; i < pod->n_containers; i++) {
		if (pod->containers[i].to_trigger) {
			kubelet_worker_trigger(pod->containers[i].workers[PROBE_READINESS]);
		}
	}
}

/* --- results of probes --- */

void kubelet_status_set_ready(struct kubelet_container *container, uint32_t attempt, bool ready)
{
	struct kubelet_pod *pod = container->pod;
	const struct kubelet *kubelet = pod->kubelet;
	struct container_status *status = container->status;

	if (!status->has_id || status->attempt != attempt || status->ready == ready) {
		return;
	}
	status->ready = ready;
	pod_status_ready_conditions(&pod->conditions, pod->spec, pod->phase, pod->statuses,
	                            pod->statuses + pod->spec->n_containers,
	                            &POD(pod->object)->conditions,
	                            kubelet_whole_second(kubelet, kubelet_now(kubelet)));
	kubelet_status_write(pod);
}

void kubelet_status_set_started(struct kubelet_container *container, uint32_t attempt, bool started)
{
	struct container_status *status = container->status;

	if (!status->has_id || status->attempt != attempt || status->started == started) {
		return;
	}
	status->started = started;
	kubelet_status_write(container->pod);
}

/* --- writing --- */

static void copy_statuses(struct container_status *to, const struct container_status *from,
                          size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (to[i].waiting_message) {
			g_ref_string_release(to[i].waiting_message);
		}
		resource_requirements_unref(to[i].actual);
		resource_requirements_unref(to[i].allocated);
		to[i] = from[i];
		resource_requirements_ref(to[i].actual);
		resource_requirements_ref(to[i].allocated);
		if (to[i].waiting_message) {
			g_ref_string_acquire(to[i].waiting_message);
		}
	}
}

static const char *node_address(const struct kubelet *kubelet)
{
	const struct object *node =
	    store_get(kubelet->environment.store, KIND_NODE, NULL, kubelet->config.node_name);

	return node ? NODE(node)->internal_ip : NULL;
}

/* Lets @to carry the picture of @pod; conditions that others own stay. */
static void copy_status(struct pod *to, const struct kubelet_pod *pod)
{
	to->phase = pod->phase;
	to->reason = pod->reason;
	ref_string_set(&to->message, pod->message);
	if (pod->shows_ip) {
		ref_string_set(&to->pod_ip, pod->ip);
	}
	if (!to->host_ip) {
		ref_string_set(&to->host_ip, node_address(pod->kubelet));
	}
	to->start_time = pod->start_time;
	for (size_t i = 0; i < pod->conditions.n; i++) {
		const struct condition *condition = &pod->conditions.items[i];

		conditions_set(&to->conditions, condition->type, condition->status,
		               condition->reason, condition->message,
		               condition->last_transition_time);
	}
	kubelet_resize_show(pod, to);
	copy_statuses(to->containers, pod->statuses, pod->spec->n_containers);
	copy_statuses(to->init_containers, pod->statuses + pod->spec->n_containers,
	              pod->spec->n_init_containers);
}

static void write_now(struct kubelet_pod *pod)
{
	struct store *store = pod->kubelet->environment.store;
	const struct object_meta *meta = &pod->object->meta;
	const struct object *there = store_get(store, KIND_POD, meta->namespace, meta->name);

	if (!there || !g_str_equal(there->meta.uid, meta->uid)) {
		return;
	}
	struct object *copy = object_revise(there);

	copy_status(POD(copy), pod);
	store_update(store, copy, false, NULL);
	object_unref(copy);
}

static void on_write(struct simulation *sim, void *data)
{
	struct kubelet_pod *pod = data;

	pod->write_event = EVENT_NONE;
	write_now(pod);
}

void kubelet_status_write(struct kubelet_pod *pod)
{
	sim_time delay = pod->kubelet->environment.status_delay;

	if (delay == 0) {
		write_now(pod);
	} else if (pod->write_event == EVENT_NONE) {
		pod->write_event =
		    simulation_schedule_after(pod->kubelet->sim, delay, PHASE_SYNC, on_write, pod);
	}
}

void kubelet_status_flush(struct kubelet_pod *pod)
{
	if (pod->write_event != EVENT_NONE) {
		simulation_cancel(pod->kubelet->sim, &pod->write_event);
		write_now(pod);
	}
}
