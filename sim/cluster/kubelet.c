/* kubelet.c - life of a kubelet, and the pods that come to it and go. */

#include "cluster/kubelet_internal.h"

#include "kube/service.h"

#include <string.h>

void kubelet_config_defaults(struct kubelet_config *config)
{
	config->relist_period = SIM_SECOND;
	config->relist_phase = 0;
	config->queue_period = SIM_SECOND;
	config->housekeeping_period = 2 * SIM_SECOND;
	config->sync_frequency = SIM_MINUTE;
	config->jitter = true;
	config->back_off.initial = BACK_OFF_INITIAL;
	config->back_off.maximum = BACK_OFF_MAXIMUM;
	config->back_off_retry_cap = SIM_MINUTE;
	config->clock_fraction = 0;
	config->world = NULL;
	config->image_pull_time = NULL;
	config->container_start_time = NULL;
	config->worker_sleep = NULL;
}

/* --- admission --- */

int64_t kubelet_taken(const struct kubelet *kubelet, const struct node *node, const char *resource,
                      const struct kubelet_pod *but)
{
	int64_t sum;

	resource_list_get(&node->other_requests, resource, &sum);
	for (const struct kubelet_pod *pod = kubelet->first; pod; pod = pod->next) {
		if (pod->work != POD_WORK_TERMINATED && !pod->rejected && pod != but) {
			sum += pod_spec_request(pod->spec, resource);
		}
	}
	return sum;
}

/* Whether the node has enough @resource for @pod; else the pod is failed as the kubelet does. CPU
 * is shown in milli-cores, everything else in whole units. */
static bool admit_resource(struct kubelet_pod *pod, const struct node *node, const char *resource)
{
	int64_t unit = g_str_equal(resource, "cpu") ? 1 : 1000;
	int64_t asked = pod_spec_request(pod->spec, resource);
	int64_t used = kubelet_taken(pod->kubelet, node, resource, NULL), capacity;

	if (!resource_list_get(&node->allocatable, resource, &capacity) || asked == 0 ||
	    asked + used <= capacity) {
		return true;
	}
	g_autofree char *reason = g_strconcat("OutOf", resource, NULL);

	pod->reason = g_intern_string(reason);
	pod->message = g_strdup_printf(
	    "Pod was rejected: Node didn't have enough resource: %s, requested: %" G_GINT64_FORMAT
	    ", used: %" G_GINT64_FORMAT ", capacity: %" G_GINT64_FORMAT,
	    resource, asked / unit, used / unit, capacity / unit);
	return false;
}

static bool admit(struct kubelet_pod *pod)
{
	const struct kubelet *kubelet = pod->kubelet;
	const struct object *node =
	    store_get(kubelet->environment.store, KIND_NODE, NULL, kubelet->config.node_name);

	return !node || (admit_resource(pod, NODE(node), "cpu") &&
	                 admit_resource(pod, NODE(node), "memory"));
}

static void reject(struct kubelet_pod *pod)
{
	const char *detail = strstr(pod->message, "Node didn't");

	pod->rejected = pod->settled = true;
	pod->work = POD_WORK_TERMINATED;
	pod->phase = POD_FAILED;
	pod->has_status = true;
	event_recorder_emit(pod->kubelet->recorder, pod->object, NULL, true, pod->reason, "%s",
	                    detail ? detail : pod->message);
	kubelet_status_write(pod);
}

/* --- pods --- */

static struct container_view no_attempt(void)
{
	struct container_view view = {0};

	view.end.started_at = view.end.finished_at = SIM_NEVER;
	view.last = view.end;
	return view;
}

static void container_init(struct kubelet_pod *pod, size_t i)
{
	struct kubelet_container *container = &pod->containers[i];
	size_t n_main = pod->spec->n_containers;

	container->pod = pod;
	container->init = i >= n_main;
	container->index = container->init ? i - n_main : i;
	container->spec = container->init ? &pod->spec->init_containers[container->index]
	                                  : &pod->spec->containers[container->index];
	container->sidecar = container->init && container->spec->always_restarts;
	container->field_path =
	    g_strdup_printf("spec.%s{%s}", container->init ? "initContainers" : "containers",
	                    container->spec->name);
	container->status = &pod->statuses[i];
	container->truth = container->settled = no_attempt();
	container->seen = container->synced = no_attempt();
	container->status->started_at = SIM_NEVER;
	container->status->end = container->status->last = container->truth.end;
	container->killer = PROBE_TYPES;
}

static struct kubelet_pod *pod_add(struct kubelet *kubelet, const struct object *object)
{
	struct kubelet_pod *pod = g_new0(struct kubelet_pod, 1);

	pod->kubelet = kubelet;
	pod->object = object_ref(object);
	pod->spec = pod_spec_ref(POD(object)->spec);
	pod->n_containers = pod->spec->n_containers + pod->spec->n_init_containers;
	pod->containers = g_new0(struct kubelet_container, pod->n_containers);
	pod->statuses = g_new0(struct container_status, pod->n_containers);
	for (size_t i = 0; i < pod->n_containers; i++) {
		container_init(pod, i);
	}
	pod->sandbox_at = SIM_NEVER;
	pod->synced_at = INT64_MIN;
	pod->start_time = kubelet_whole_second(kubelet, kubelet_now(kubelet));
	pod->phase = POD_PENDING;
	bool admitted = admit(pod); /* against the others */

	pod->previous = kubelet->last;
	*(kubelet->last ? &kubelet->last->next : &kubelet->first) = pod;
	kubelet->last = pod;
	g_hash_table_insert(kubelet->by_uid, object->meta.uid, pod);
	if (!admitted) {
		reject(pod);
	}
	return pod;
}

static void pod_cancel_events(struct kubelet_pod *pod)
{
	struct simulation *sim = pod->kubelet->sim;

	simulation_cancel(sim, &pod->write_event);
	simulation_cancel(sim, &pod->remove_event);
	simulation_cancel(sim, &pod->sync_event);
	simulation_cancel(sim, &pod->requeue_event);
	simulation_cancel(sim, &pod->relist_event);
}

static void container_clear(struct kubelet_container *container)
{
	struct simulation *sim = container->pod->kubelet->sim;

	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		kubelet_worker_free(container->workers[type]);
	}
	simulation_cancel(sim, &container->start_event);
	simulation_cancel(sim, &container->kill_timer);
	kubelet_hook_abandon(&container->post_start);
	kubelet_hook_abandon(&container->pre_stop);
	g_clear_pointer(&container->status->waiting_message, g_ref_string_release);
	g_free(container->waiting_message);
	g_free(container->field_path);
}

static void pod_unlink_dirty(struct kubelet_pod *pod)
{
	for (struct kubelet_pod **at = &pod->kubelet->dirty; *at; at = &(*at)->next_dirty) {
		if (*at == pod) {
			*at = pod->next_dirty;
			return;
		}
	}
}

/* Frees without a word to the runtime. */
static void pod_destroy(struct kubelet_pod *pod)
{
	struct kubelet *kubelet = pod->kubelet;

	pod_cancel_events(pod);
	pod_unlink_dirty(pod);
	for (size_t i = 0; i < pod->n_containers; i++) {
		container_clear(&pod->containers[i]);
	}
	kubelet_resize_clear(pod);
	g_hash_table_remove(kubelet->by_uid, pod->object->meta.uid);
	*(pod->previous ? &pod->previous->next : &kubelet->first) = pod->next;
	*(pod->next ? &pod->next->previous : &kubelet->last) = pod->previous;
	conditions_clear(&pod->conditions);
	object_unref(pod->object);
	g_free(pod->ip);
	g_free(pod->message);
	g_free(pod->containers);
	g_free(pod->statuses);
	g_free(pod);
}

static bool has_probe_under_way(const struct kubelet_pod *pod)
{
	for (size_t i = 0; i < pod->n_containers; i++) {
		for (unsigned type = 0; type < PROBE_TYPES; type++) {
			const struct probe_worker *worker = pod->containers[i].workers[type];

			if (worker && worker->target) {
				return true;
			}
		}
	}
	return false;
}

void kubelet_pod_free(struct kubelet_pod *pod)
{
	pod->leaving = true;
	if (has_probe_under_way(pod)) {
		return;
	}
	for (size_t i = 0; i < pod->n_containers; i++) {
		struct kubelet_attempt *attempt = pod->containers[i].attempt;

		if (attempt) {
			attempt->replaced = true;
			kubelet_attempt_release(attempt);
			pod->containers[i].attempt = NULL;
		}
	}
	pod_destroy(pod);
}

/* --- what the API server tells --- */

static void pod_removed(struct kubelet_pod *pod)
{
	pod->gone = true;
	if (pod->settled) {
		kubelet_pod_free(pod);
	} else {
		kubelet_pod_terminate(pod);
	}
}

static void pod_modified(struct kubelet_pod *pod, const struct object *object)
{
	const struct object *old = pod->object;
	bool respecified = POD(object)->spec != POD(old)->spec;
	bool deleted = object->meta.deletion_time != SIM_NEVER;
	bool shorter = old->meta.deletion_time != SIM_NEVER &&
	               object->meta.deletion_grace_seconds < old->meta.deletion_grace_seconds;

	pod->object = object_ref(object);
	g_hash_table_replace(pod->kubelet->by_uid, object->meta.uid, pod);
	object_unref(old);
	if (deleted && pod->work == POD_WORK_SYNC) {
		kubelet_pod_terminate(pod);
	} else if (deleted && pod->settled) {
		kubelet_pod_remove(pod);
	} else if (shorter) {
		for (size_t i = 0; i < pod->n_containers; i++) {
			kubelet_container_kill_shorten(&pod->containers[i],
			                               object->meta.deletion_grace_seconds);
		}
	} else if (respecified && pod->work == POD_WORK_SYNC) {
		kubelet_want_sync(pod);
	} else if (!deleted && pod->has_status &&
	           pod_status_gates_differ(&pod->conditions, pod->spec, pod->phase, pod->statuses,
	                                   pod->statuses + pod->spec->n_containers,
	                                   &POD(object)->conditions)) {
		kubelet_want_sync(pod);
	}
}

static void pod_seen(struct kubelet *kubelet, const struct object *object)
{
	if (pod_is_finished(POD(object))) {
		return;
	}
	struct kubelet_pod *pod = pod_add(kubelet, object);

	if (object->meta.deletion_time != SIM_NEVER) {
		if (pod->settled) {
			kubelet_pod_remove(pod);
		} else {
			kubelet_pod_terminate(pod);
		}
	} else if (!pod->rejected) {
		kubelet_want_sync(pod);
	}
}

static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct kubelet *kubelet = data;
	struct kubelet_pod *pod = g_hash_table_lookup(kubelet->by_uid, object->meta.uid);

	kubelet->phase = PHASE_OBSERVE;
	if (change == CHANGE_DELETED) {
		if (pod) {
			pod_removed(pod);
		}
	} else if (pod) {
		pod_modified(pod, object);
	} else {
		pod_seen(kubelet, object);
	}
}

/* --- life --- */

/* Frees what is kept of attempts, without a word to the runtime. */
static void attempts_forget(struct kubelet_container *container)
{
	for (unsigned type = 0; type < PROBE_TYPES; type++) {
		struct probe_worker *worker = container->workers[type];
		struct kubelet_attempt *target = worker ? worker->target : NULL;

		if (target) {
			worker->target = NULL;
			target->in_flight--;
			if (target->in_flight == 0 && target != container->attempt) {
				g_free(target);
			}
		}
	}
	g_clear_pointer(&container->attempt, g_free);
}

struct kubelet *kubelet_new(const struct cluster_environment *environment,
                            const struct kubelet_config *config)
{
	struct kubelet *kubelet = g_new0(struct kubelet, 1);
	uint64_t seed = simulation_seed(environment->sim);

	g_assert(config->relist_period > 0);
	kubelet->environment = *environment;
	kubelet->config = *config;
	kubelet->sim = environment->sim;
	kubelet->recorder = event_recorder_new(environment->store, "kubelet", config->node_name);
	kubelet->resync = random_stream_of(seed, RANDOM_RESYNC);
	kubelet->retry = random_stream_of(seed, RANDOM_BACKOFF);
	kubelet->by_uid = g_hash_table_new(g_str_hash, g_str_equal);
	kubelet->images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	store_watch_pods_of(environment->store, config->node_name, environment->watch_delay, on_pod,
	                    kubelet);
	return kubelet;
}

void kubelet_free(struct kubelet *kubelet)
{
	if (!kubelet) {
		return;
	}
	simulation_cancel(kubelet->sim, &kubelet->relist_event);
	while (kubelet->first) {
		struct kubelet_pod *pod = kubelet->first;

		for (size_t i = 0; i < pod->n_containers; i++) {
			attempts_forget(&pod->containers[i]);
		}
		pod_destroy(pod);
	}
	for (struct hook_call *call = kubelet->hooks, *next; call; call = next) {
		next = call->next;
		g_free(call);
	}
	event_recorder_free(kubelet->recorder);
	g_hash_table_unref(kubelet->by_uid);
	g_hash_table_unref(kubelet->images);
	g_free(kubelet);
}

struct network_address kubelet_address_of(const struct kubelet *kubelet, const char *pod_uid)
{
	const struct kubelet_pod *pod = g_hash_table_lookup(kubelet->by_uid, pod_uid);

	return pod ? pod->address : (struct network_address){0};
}

void kubelet_resync(struct kubelet *kubelet, const char *pod_uid)
{
	struct kubelet_pod *pod = g_hash_table_lookup(kubelet->by_uid, pod_uid);

	kubelet->phase = PHASE_RUNTIME;
	if (pod && pod->work == POD_WORK_SYNC) {
		kubelet_want_sync(pod);
	}
}
