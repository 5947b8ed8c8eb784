/* recorder_objects.c - the recorder as a watcher of the API store. */

#include "record/recorder_private.h"

#include "engine/distribution.h"

#include <math.h>
#include <string.h>

char *record_key(const char *namespace, const char *name)
{
	return object_key(namespace, name);
}

struct pod_record *recorder_pod(struct recorder *recorder, const char *uid)
{
	return g_hash_table_lookup(recorder->pods, uid);
}

void pod_record_free(void *data)
{
	struct pod_record *record = data;

	binned_clear(&record->cpu);
	binned_clear(&record->memory);
	binned_clear(&record->requests);
	binned_clear(&record->connections);
	binned_clear(&record->waited);
	binned_clear(&record->seconds);
	g_free(record);
}

void replica_set_record_free(void *data)
{
	struct replica_set_record *record = data;

	g_free(record->deployment);
	g_free(record);
}

void service_record_free(void *data)
{
	struct service_record *record = data;

	g_hash_table_unref(record->members);
	name_list_unref(record->programmed);
	name_list_unref(record->names);
	g_hash_table_unref(record->rules);
	g_free(record);
}

static void keep_version(struct recorder *recorder, enum change change, const struct object *object)
{
	history_add(recorder->history, simulation_now(recorder->sim), change, object);
}

/* --- pods --- */

static int64_t revision_of(const struct object *object)
{
	const char *text =
	    string_map_get(object->meta.annotations, "deployment.kubernetes.io/revision");

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* Names the application that models @pod, and when it listens where that is one number. */
static void find_application(const struct recorder *recorder, struct run_pod *pod)
{
	for (size_t i = 0; i < pod->spec->n_containers && !pod->application; i++) {
		const struct application *application =
		    scenario_application(recorder->scenario, pod->namespace, pod->deployment,
		                         pod->labels, &pod->spec->containers[i]);

		if (!application) {
			continue;
		}
		pod->application = g_strdup(application->name);
		if (!application->listens_after) {
			pod->startup_listens_at = 0;
		} else if (distribution_kind_of(application->listens_after) ==
		           DISTRIBUTION_CONSTANT) {
			pod->startup_listens_at =
			    distribution_mean(application->listens_after) / (double)SIM_SECOND;
		}
	}
}

struct run_pod *recorder_pod_named(const struct recorder *recorder, const char *namespace,
                                   const char *name)
{
	g_autofree char *key = record_key(namespace, name);

	return g_hash_table_lookup(recorder->pods_by_name, key);
}

static struct pod_record *new_pod(struct recorder *recorder, const struct pod *source)
{
	const struct object_meta *meta = &source->object.meta;
	struct pod_record *record = g_new0(struct pod_record, 1);
	struct run_pod *pod = run_add_pod(recorder->run);

	record->pod = pod;
	record->covered_until = G_MININT64;
	record->bin_number = -1;
	record->memory_at = SIM_NEVER;
	binned_init(&record->cpu);
	binned_init(&record->memory);
	binned_init(&record->requests);
	binned_init(&record->connections);
	binned_init(&record->waited);
	binned_init(&record->seconds);
	pod->name = g_strdup(meta->name);
	pod->namespace = g_strdup(meta->namespace);
	pod->uid = g_strdup(meta->uid);
	pod->created_at = meta->creation_time;
	pod->spec = pod_spec_ref(source->spec);
	pod->labels = string_map_ref(meta->labels);
	if (meta->owner.kind == KIND_REPLICA_SET) {
		g_autofree char *key = record_key(meta->namespace, meta->owner.name);
		const struct replica_set_record *owner =
		    g_hash_table_lookup(recorder->replica_sets, key);

		pod->replica_set = g_strdup(meta->owner.name);
		pod->deployment = owner ? g_strdup(owner->deployment) : NULL;
		pod->revision = owner ? owner->revision : 0;
	}
	find_application(recorder, pod);
	recorder_pod_comes(recorder);
	g_hash_table_insert(recorder->pods, g_strdup(meta->uid), record);
	g_hash_table_insert(recorder->pods_by_name, record_key(meta->namespace, meta->name), pod);
	return record;
}

static void pod_gone(struct pod_record *record, sim_time now)
{
	struct run_pod *pod = record->pod;

	pod->gone_at = now;
	spans_close(pod->ready, now);
	spans_close(pod->running, now);
	spans_close(pod->backoff, now);
	spans_close(pod->serving, now);
	spans_close(pod->in_endpoints, now);
}

static void see_pod(void *data, enum change change, const struct object *old,
                    const struct object *object)
{
	struct recorder *recorder = data;
	const sim_time now = simulation_now(recorder->sim);
	const struct pod *seen = POD(object);
	struct pod_record *record = recorder_pod(recorder, object->meta.uid);

	keep_version(recorder, change, object);
	if (!record) {
		record = new_pod(recorder, seen);
	}
	struct run_pod *pod = record->pod;

	object_unref(pod->last);
	pod->last = object_ref(object);
	if (seen->node_name && !pod->node) {
		pod->node = g_strdup(seen->node_name);
		pod->scheduled_at = now;
	}
	if (seen->pod_ip && !pod->ip) {
		pod->ip = g_strdup(seen->pod_ip);
	}
	if (pod_is_terminating(seen) && pod->deleted_at == SIM_NEVER) {
		pod->deleted_at = object->meta.deletion_time;
	}
	if (change == CHANGE_DELETED) {
		pod->deleted_at = MIN(pod->deleted_at, now);
		pod_gone(record, now);
		recorder_pod_goes(recorder, record);
	} else if (pod_is_ready(seen)) {
		pod->ready_at = MIN(pod->ready_at, now);
		recorder_open(recorder, pod->ready, now);
	} else {
		spans_close(pod->ready, now);
	}
}

/* --- ReplicaSets and Deployments --- */

static void see_replica_set(void *data, enum change change, const struct object *old,
                            const struct object *object)
{
	struct recorder *recorder = data;
	g_autofree char *key = record_key(object->meta.namespace, object->meta.name);
	struct replica_set_record *record = g_hash_table_lookup(recorder->replica_sets, key);

	keep_version(recorder, change, object);
	if (!record) {
		record = g_new0(struct replica_set_record, 1);
		g_hash_table_insert(recorder->replica_sets, g_steal_pointer(&key), record);
	}
	if (object->meta.owner.kind == KIND_DEPLOYMENT) {
		g_free(record->deployment);
		record->deployment = g_strdup(object->meta.owner.name);
	}
	record->revision = revision_of(object);
}

static void see_deployment(void *data, enum change change, const struct object *old,
                           const struct object *object)
{
	struct recorder *recorder = data;
	const sim_time now = simulation_now(recorder->sim);
	const struct deployment *seen = DEPLOYMENT(object);
	const bool gone = change == CHANGE_DELETED;
	struct run_deployment *deployment =
	    run_find_deployment(recorder->run, object->meta.namespace, object->meta.name);

	keep_version(recorder, change, object);
	if (!deployment) {
		deployment = run_add_deployment(recorder->run);
		deployment->name = g_strdup(object->meta.name);
		deployment->namespace = g_strdup(object->meta.namespace);
	}
	recorder_step(recorder, deployment->desired, now, gone ? 0 : seen->replicas);
	recorder_step(recorder, deployment->current, now, gone ? 0 : seen->status.replicas);
	recorder_step(recorder, deployment->ready, now, gone ? 0 : seen->status.ready_replicas);
	recorder_step(recorder, deployment->available, now,
	              gone ? 0 : seen->status.available_replicas);
	recorder_step(recorder, deployment->updated, now, gone ? 0 : seen->status.updated_replicas);
}

/* --- Services and their endpoints --- */

/* The node whose clients use @name: that of the first load on it, else the first node. */
static const char *clients_node(const struct scenario *scenario, const char *namespace,
                                const char *name)
{
	const char *first = scenario->n_nodes ? scenario->nodes[0].name : NULL;

	for (size_t i = 0; i < scenario->n_loads; i++) {
		const struct load *load = &scenario->loads[i];

		if (g_strcmp0(load->target.service, name) == 0 &&
		    g_strcmp0(load->target.namespace ? load->target.namespace : "default",
		              namespace) == 0) {
			return load->node ? load->node : first;
		}
	}
	return first;
}

static struct service_record *service_of(struct recorder *recorder, const char *namespace,
                                         const char *name)
{
	g_autofree char *key = record_key(namespace, name);
	struct service_record *record = g_hash_table_lookup(recorder->services, key);

	if (!record) {
		record = g_new0(struct service_record, 1);
		record->service = run_add_service(recorder->run);
		record->service->name = g_strdup(name);
		record->service->namespace = g_strdup(namespace);
		record->members = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		record->rules =
		    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, name_list_unref);
		record->node = clients_node(recorder->scenario, namespace, name);
		recorder_step(recorder, record->service->endpoints, simulation_now(recorder->sim),
		              0);
		g_hash_table_insert(recorder->services, g_steal_pointer(&key), record);
	}
	return record;
}

static void see_service(void *data, enum change change, const struct object *old,
                        const struct object *object)
{
	struct recorder *recorder = data;

	keep_version(recorder, change, object);
	service_of(recorder, object->meta.namespace, object->meta.name);
}

static void enter(struct recorder *recorder, struct service_record *service, const char *uid)
{
	struct pod_record *record = recorder_pod(recorder, uid);
	const guint slices = GPOINTER_TO_UINT(g_hash_table_lookup(service->members, uid));

	g_hash_table_insert(service->members, g_strdup(uid), GUINT_TO_POINTER(slices + 1));
	if (record) {
		record->memberships++;
		recorder_open(recorder, record->pod->in_endpoints, simulation_now(recorder->sim));
	}
}

static void leave(struct recorder *recorder, struct service_record *service, const char *uid)
{
	struct pod_record *record = recorder_pod(recorder, uid);
	const guint slices = GPOINTER_TO_UINT(g_hash_table_lookup(service->members, uid));

	if (slices > 1) {
		g_hash_table_insert(service->members, g_strdup(uid), GUINT_TO_POINTER(slices - 1));
	} else {
		g_hash_table_remove(service->members, uid);
	}
	if (record && record->memberships && --record->memberships == 0) {
		spans_close(record->pod->in_endpoints, simulation_now(recorder->sim));
	}
}

static void each_ready(struct recorder *recorder, struct service_record *service,
                       const struct object *object,
                       void (*fn)(struct recorder *, struct service_record *, const char *uid))
{
	const struct endpoint_slice *slice = ENDPOINT_SLICE(object);

	for (size_t i = 0; i < slice->n_endpoints; i++) {
		if (slice->endpoints[i].ready && slice->endpoints[i].pod_uid) {
			fn(recorder, service, slice->endpoints[i].pod_uid);
		}
	}
}

static void see_slice(void *data, enum change change, const struct object *old,
                      const struct object *object)
{
	struct recorder *recorder = data;
	const char *name = string_map_get(object->meta.labels, "kubernetes.io/service-name");

	keep_version(recorder, change, object);
	if (!name) {
		return;
	}
	struct service_record *service = service_of(recorder, object->meta.namespace, name);

	/* first in, then out: who is in both never leaves */
	if (change != CHANGE_DELETED) {
		each_ready(recorder, service, object, enter);
	}
	if (old) {
		each_ready(recorder, service, old, leave);
	}
	recorder_step(recorder, service->service->endpoints, simulation_now(recorder->sim),
	              g_hash_table_size(service->members));
}

/* --- HPAs, Events, the rest --- */

static void see_hpa(void *data, enum change change, const struct object *old,
                    const struct object *object)
{
	struct recorder *recorder = data;
	const struct hpa *seen = HPA(object);
	struct run_hpa *hpa =
	    run_find_hpa(recorder->run, object->meta.namespace, object->meta.name);

	keep_version(recorder, change, object);
	if (!hpa) {
		hpa = run_add_hpa(recorder->run);
		hpa->name = g_strdup(object->meta.name);
		hpa->namespace = g_strdup(object->meta.namespace);
	}
	g_free(hpa->target);
	hpa->target = g_strdup_printf("%s/%s", seen->target.kind, seen->target.name);
	hpa->min = seen->has_min_replicas ? seen->min_replicas : 1;
	hpa->max = seen->max_replicas;
	hpa->current = seen->status.current_replicas;
	hpa->desired = seen->status.desired_replicas;
}

static void see_event(void *data, enum change change, const struct object *old,
                      const struct object *object)
{
	struct recorder *recorder = data;
	GPtrArray *events = recorder->run->events;

	keep_version(recorder, change, object);
	if (change == CHANGE_DELETED) {
		return;
	}
	const guint place =
	    GPOINTER_TO_UINT(g_hash_table_lookup(recorder->events, object->meta.uid));

	if (place) {
		object_unref(events->pdata[place - 1]);
		events->pdata[place - 1] = object_ref(object);
	} else {
		g_ptr_array_add(events, object_ref(object));
		g_hash_table_insert(recorder->events, g_strdup(object->meta.uid),
		                    GUINT_TO_POINTER(events->len));
	}
}

static void see_other(void *data, enum change change, const struct object *old,
                      const struct object *object)
{
	keep_version(data, change, object);
}

void recorder_watch_objects(struct recorder *recorder)
{
	static const watch_fn watchers[KIND_COUNT] = {
	    [KIND_POD] = see_pod,
	    [KIND_NODE] = see_other,
	    [KIND_DEPLOYMENT] = see_deployment,
	    [KIND_REPLICA_SET] = see_replica_set,
	    [KIND_SERVICE] = see_service,
	    [KIND_ENDPOINT_SLICE] = see_slice,
	    [KIND_ENDPOINTS] = see_other,
	    [KIND_HPA] = see_hpa,
	    [KIND_PDB] = see_other,
	    [KIND_EVENT] = see_event,
	    [KIND_OTHER] = see_other,
	};

	for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
		store_watch(recorder->store, kind, 0, true, watchers[kind], recorder);
	}
}
