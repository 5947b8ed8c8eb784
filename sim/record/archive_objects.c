/* archive_objects.c - objects of run.db, read back with their status.
 *
 * Reading goes through the decoder that manifests go through; what only the API server and the
 * controllers write (status, times, EndpointSlices, Events) is read here. Times of objects are
 * whole seconds, as on the wire. */

#include "record/archive_private.h"

#include "kube/codec.h"
#include "kube/quantity.h"

#include <string.h>

struct reading {
	const struct release *release;
	int64_t clock_zero;
};

/* --- scalars --- */

static const char *text_at(const struct doc *map, const char *key)
{
	return doc_string(doc_get(map, key));
}

static int64_t number_at(const struct doc *map, const char *key)
{
	int64_t value = 0;

	doc_int(doc_get(map, key), &value);
	return value;
}

static sim_time time_at(const struct reading *reading, const struct doc *map, const char *key)
{
	const char *text = doc_text(doc_get(map, key));
	int64_t seconds;

	if (!text || !timestamp_parse(text, &seconds)) {
		return SIM_NEVER;
	}
	return (seconds - reading->clock_zero) * SIM_SECOND;
}

static const char *interned(const struct doc *map, const char *key)
{
	const char *text = text_at(map, key);

	return text ? g_intern_string(text) : NULL;
}

static int64_t version_of(const struct doc *metadata)
{
	const char *text = doc_text(doc_get(metadata, "resourceVersion"));

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static void read_metadata(const struct reading *reading, const struct doc *document,
                          struct object *object)
{
	const struct doc *metadata = doc_get(document, "metadata");
	struct object_meta *meta = &object->meta;

	ref_string_set(&meta->uid, text_at(metadata, "uid"));
	meta->resource_version = (uint64_t)version_of(metadata);
	meta->generation = number_at(metadata, "generation");
	meta->creation_time = time_at(reading, metadata, "creationTimestamp");
	meta->deletion_time = time_at(reading, metadata, "deletionTimestamp");
	meta->deletion_grace_seconds = number_at(metadata, "deletionGracePeriodSeconds");
}

static void read_conditions(const struct reading *reading, const struct doc *status,
                            struct conditions *conditions)
{
	const struct doc *list = doc_get(status, "conditions");

	for (size_t i = 0; i < doc_length(list); i++) {
		const struct doc *one = doc_at(list, i);
		const char *type = text_at(one, "type"), *value = text_at(one, "status");

		if (!type) {
			continue;
		}
		conditions_set(conditions, g_intern_string(type),
		               g_strcmp0(value, "True") == 0    ? CONDITION_TRUE
		               : g_strcmp0(value, "False") == 0 ? CONDITION_FALSE
		                                                : CONDITION_UNKNOWN,
		               interned(one, "reason"), text_at(one, "message"),
		               time_at(reading, one, "lastTransitionTime"));
		struct condition *condition = conditions_find(conditions, type);

		condition->last_transition_time = time_at(reading, one, "lastTransitionTime");
		condition->last_update_time = time_at(
		    reading, one,
		    doc_get(one, "lastUpdateTime") ? "lastUpdateTime" : "lastHeartbeatTime");
	}
}

/* --- pods --- */

static void read_end(const struct reading *reading, const struct doc *terminated,
                     struct container_end *end)
{
	end->exit_code = (int)number_at(terminated, "exitCode");
	end->reason = interned(terminated, "reason");
	end->started_at = time_at(reading, terminated, "startedAt");
	end->finished_at = time_at(reading, terminated, "finishedAt");
}

/* Resources of @one that were told; NULL: none. */
static struct resource_requirements *read_resources(const struct doc *requests,
                                                    const struct doc *limits)
{
	const struct doc *const lists[] = {requests, limits};
	struct resource_list amounts[2] = {0};

	if (!requests && !limits) {
		return NULL;
	}
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < doc_length(lists[k]); i++) {
			int64_t milli;

			if (quantity_parse(doc_text(doc_value_at(lists[k], i)), &milli, NULL)) {
				resource_list_set(&amounts[k], doc_key_at(lists[k], i), milli);
			}
		}
	}
	struct resource_requirements *r = resource_requirements_new(&amounts[0], &amounts[1]);

	resource_list_clear(&amounts[0]);
	resource_list_clear(&amounts[1]);
	return r;
}

static void read_container(const struct reading *reading, const struct doc *one,
                           struct container_status *status)
{
	const struct doc *state = doc_get(one, "state");
	const struct doc *waiting = doc_get(state, "waiting"), *running = doc_get(state, "running");
	const struct doc *terminated = doc_get(state, "terminated");
	const struct doc *last = doc_find(one, "lastState", "terminated", NULL);

	if (running) {
		status->state = CONTAINER_RUNNING;
		status->started_at = time_at(reading, running, "startedAt");
	} else if (terminated) {
		status->state = CONTAINER_TERMINATED;
		read_end(reading, terminated, &status->end);
	} else {
		status->state = CONTAINER_WAITING;
		status->waiting_reason = interned(waiting, "reason");
		ref_string_set(&status->waiting_message, text_at(waiting, "message"));
	}
	status->allocated = read_resources(doc_get(one, "allocatedResources"), NULL);
	status->actual = read_resources(doc_find(one, "resources", "requests", NULL),
	                                doc_find(one, "resources", "limits", NULL));
	status->ready = doc_bool(doc_get(one, "ready"), false);
	status->started = doc_bool(doc_get(one, "started"), false);
	status->restart_count = (uint32_t)number_at(one, "restartCount");
	status->attempt = status->restart_count;
	status->has_id = text_at(one, "containerID") != NULL;
	status->end.attempt = status->attempt;
	if (last) { /* while a restart waits, the last container is the present one */
		read_end(reading, last, &status->last);
		status->last.attempt =
		    g_strcmp0(text_at(last, "containerID"), text_at(one, "containerID")) == 0
			? status->attempt
			: status->attempt - 1;
	}
}

static void read_containers(const struct reading *reading, const struct doc *list,
                            const struct container *containers, size_t n,
                            struct container_status *statuses)
{
	for (size_t i = 0; i < doc_length(list); i++) {
		for (size_t k = 0; k < n; k++) {
			if (g_strcmp0(text_at(doc_at(list, i), "name"), containers[k].name) == 0) {
				read_container(reading, doc_at(list, i), &statuses[k]);
			}
		}
	}
}

static void read_pod(const struct reading *reading, const struct doc *document,
                     struct object *object)
{
	const struct doc *status = doc_get(document, "status");
	struct pod *pod = POD(object);
	const char *phase = text_at(status, "phase");

	ref_string_set(&pod->node_name, text_at(doc_get(document, "spec"), "nodeName"));
	for (int i = POD_PENDING; i <= POD_UNKNOWN; i++) {
		if (g_strcmp0(phase, pod_phase_name((enum pod_phase)i)) == 0) {
			pod->phase = (enum pod_phase)i;
		}
	}
	pod->reason = interned(status, "reason");
	pod->resize = interned(status, "resize");
	ref_string_set(&pod->message, text_at(status, "message"));
	ref_string_set(&pod->pod_ip, text_at(status, "podIP"));
	ref_string_set(&pod->host_ip, text_at(status, "hostIP"));
	pod->start_time = time_at(reading, status, "startTime");
	read_conditions(reading, status, &pod->conditions);
	read_containers(reading, doc_get(status, "containerStatuses"), pod->spec->containers,
	                pod->spec->n_containers, pod->containers);
	read_containers(reading, doc_get(status, "initContainerStatuses"),
	                pod->spec->init_containers, pod->spec->n_init_containers,
	                pod->init_containers);
}

/* --- workloads --- */

static void read_deployment(const struct reading *reading, const struct doc *document,
                            struct object *object)
{
	const struct doc *status = doc_get(document, "status");
	struct deployment *deployment = DEPLOYMENT(object);

	deployment->status.observed_generation = number_at(status, "observedGeneration");
	deployment->status.replicas = (int32_t)number_at(status, "replicas");
	deployment->status.updated_replicas = (int32_t)number_at(status, "updatedReplicas");
	deployment->status.ready_replicas = (int32_t)number_at(status, "readyReplicas");
	deployment->status.available_replicas = (int32_t)number_at(status, "availableReplicas");
	deployment->status.unavailable_replicas = (int32_t)number_at(status, "unavailableReplicas");
	deployment->status.collision_count = (int32_t)number_at(status, "collisionCount");
	read_conditions(reading, status, &deployment->status.conditions);
}

static void read_replica_set(const struct reading *reading, const struct doc *document,
                             struct object *object)
{
	const struct doc *status = doc_get(document, "status");
	struct replica_set *set = REPLICA_SET(object);

	set->status.observed_generation = number_at(status, "observedGeneration");
	set->status.replicas = (int32_t)number_at(status, "replicas");
	set->status.fully_labeled_replicas = (int32_t)number_at(status, "fullyLabeledReplicas");
	set->status.ready_replicas = (int32_t)number_at(status, "readyReplicas");
	set->status.available_replicas = (int32_t)number_at(status, "availableReplicas");
	read_conditions(reading, status, &set->status.conditions);
}

static bool read_amount(const struct doc *map, const char *key, int64_t *milli)
{
	const char *text = doc_text(doc_get(map, key));

	return text && quantity_parse(text, milli, NULL);
}

/* One entry of currentMetrics: its values stand in `current` of the map named like the type. */
static void read_metric(const struct doc *entry, struct metric_status *metric)
{
	const struct doc *current = NULL;
	int64_t percent;

	for (size_t i = 0; i < doc_length(entry) && !current; i++) {
		current = doc_get(doc_value_at(entry, i), "current");
	}
	metric->present = current != NULL;
	metric->has_utilization = doc_int(doc_get(current, "averageUtilization"), &percent);
	metric->utilization = metric->has_utilization ? (int32_t)percent : 0;
	metric->has_value = read_amount(current, "value", &metric->value);
	metric->has_average_value = read_amount(current, "averageValue", &metric->average_value);
}

static void read_hpa(const struct reading *reading, const struct doc *document,
                     struct object *object)
{
	const struct doc *status = doc_get(document, "status");
	const struct doc *metrics = doc_get(status, "currentMetrics");
	struct hpa *hpa = HPA(object);

	hpa->status.observed_generation = number_at(status, "observedGeneration");
	hpa->status.current_replicas = (int32_t)number_at(status, "currentReplicas");
	hpa->status.desired_replicas = (int32_t)number_at(status, "desiredReplicas");
	hpa->status.last_scale_time = time_at(reading, status, "lastScaleTime");
	hpa->status.n_metrics = doc_length(metrics);
	hpa->status.metrics = g_new0(struct metric_status, hpa->status.n_metrics);
	for (size_t i = 0; i < hpa->status.n_metrics; i++) {
		read_metric(doc_at(metrics, i), &hpa->status.metrics[i]);
	}
	read_conditions(reading, status, &hpa->status.conditions);
}

static void read_node(const struct reading *reading, const struct doc *document,
                      struct object *object)
{
	read_conditions(reading, doc_get(document, "status"), &NODE(object)->conditions);
}

/* --- what no manifest holds: read whole --- */

static struct string_map *read_map(const struct doc *map)
{
	struct string_map *result = NULL;

	for (size_t i = 0; i < doc_length(map); i++) {
		struct string_map *more =
		    string_map_with(result, doc_key_at(map, i), doc_text(doc_value_at(map, i)));

		string_map_unref(result);
		result = more;
	}
	return result;
}

static struct object *new_object(enum object_kind kind, const struct doc *document)
{
	struct object *object = object_new(kind);
	const struct doc *metadata = doc_get(document, "metadata");
	const struct doc *owner = doc_at(doc_get(metadata, "ownerReferences"), 0);

	ref_string_set(&object->meta.name, text_at(metadata, "name"));
	ref_string_set(&object->meta.namespace, text_at(metadata, "namespace"));
	object->meta.labels = read_map(doc_get(metadata, "labels"));
	object->meta.annotations = read_map(doc_get(metadata, "annotations"));
	if (owner && object_kind_from_word(text_at(owner, "kind"), &object->meta.owner.kind)) {
		ref_string_set(&object->meta.owner.name, text_at(owner, "name"));
		ref_string_set(&object->meta.owner.uid, text_at(owner, "uid"));
	}
	return object;
}

static void read_ports(const struct doc *list, struct endpoint_port **ports, size_t *n)
{
	*n = doc_length(list);
	*ports = g_new0(struct endpoint_port, *n);
	for (size_t i = 0; i < *n; i++) {
		(*ports)[i].name = g_strdup(text_at(doc_at(list, i), "name"));
		(*ports)[i].port = (int)number_at(doc_at(list, i), "port");
		(*ports)[i].protocol = interned(doc_at(list, i), "protocol");
	}
}

static void read_endpoint(const struct doc *one, struct endpoint *endpoint)
{
	const struct doc *conditions = doc_get(one, "conditions"), *pod = doc_get(one, "targetRef");
	const struct doc *hints = doc_get(one, "hints");

	ref_string_set(&endpoint->address, doc_string(doc_at(doc_get(one, "addresses"), 0)));
	ref_string_set(&endpoint->pod_name, text_at(pod, "name"));
	ref_string_set(&endpoint->pod_uid, text_at(pod, "uid"));
	ref_string_set(&endpoint->node_name, text_at(one, "nodeName"));
	ref_string_set(&endpoint->zone, text_at(one, "zone"));
	ref_string_set(&endpoint->hostname, text_at(one, "hostname"));
	endpoint->ready = doc_bool(doc_get(conditions, "ready"), false);
	endpoint->serving = doc_bool(doc_get(conditions, "serving"), false);
	endpoint->terminating = doc_bool(doc_get(conditions, "terminating"), false);
	ref_string_set(&endpoint->hint_zone,
	               text_at(doc_at(doc_get(hints, "forZones"), 0), "name"));
	ref_string_set(&endpoint->hint_node,
	               text_at(doc_at(doc_get(hints, "forNodes"), 0), "name"));
}

static struct object *read_slice(const struct doc *document)
{
	struct object *object = new_object(KIND_ENDPOINT_SLICE, document);
	struct endpoint_slice *slice = ENDPOINT_SLICE(object);
	const struct doc *list = doc_get(document, "endpoints");

	slice->address_type = interned(document, "addressType");
	read_ports(doc_get(document, "ports"), &slice->ports, &slice->n_ports);
	slice->n_endpoints = doc_length(list);
	slice->endpoints = g_new0(struct endpoint, slice->n_endpoints);
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		read_endpoint(doc_at(list, i), &slice->endpoints[i]);
	}
	return object;
}

static struct endpoint *read_addresses(const struct doc *list, bool ready, size_t *n)
{
	struct endpoint *addresses = g_new0(struct endpoint, doc_length(list));

	*n = doc_length(list);
	for (size_t i = 0; i < *n; i++) {
		const struct doc *one = doc_at(list, i), *pod = doc_get(one, "targetRef");

		ref_string_set(&addresses[i].address, text_at(one, "ip"));
		ref_string_set(&addresses[i].node_name, text_at(one, "nodeName"));
		ref_string_set(&addresses[i].hostname, text_at(one, "hostname"));
		ref_string_set(&addresses[i].pod_name, text_at(pod, "name"));
		ref_string_set(&addresses[i].pod_uid, text_at(pod, "uid"));
		addresses[i].ready = addresses[i].serving = ready;
	}
	return addresses;
}

static struct object *read_endpoints(const struct doc *document)
{
	struct object *object = new_object(KIND_ENDPOINTS, document);
	struct endpoints *endpoints = ENDPOINTS(object);
	const struct doc *list = doc_get(document, "subsets");

	endpoints->n_subsets = doc_length(list);
	endpoints->subsets = g_new0(struct endpoint_subset, endpoints->n_subsets);
	for (size_t i = 0; i < endpoints->n_subsets; i++) {
		const struct doc *one = doc_at(list, i);
		struct endpoint_subset *subset = &endpoints->subsets[i];

		subset->addresses =
		    read_addresses(doc_get(one, "addresses"), true, &subset->n_addresses);
		subset->not_ready_addresses = read_addresses(doc_get(one, "notReadyAddresses"),
		                                             false, &subset->n_not_ready_addresses);
		read_ports(doc_get(one, "ports"), &subset->ports, &subset->n_ports);
	}
	return object;
}

static struct object *read_event(const struct reading *reading, const struct doc *document)
{
	struct object *object = new_object(KIND_EVENT, document);
	struct event *event = EVENT(object);
	const struct doc *regarding = doc_get(document, "involvedObject");
	const struct doc *source = doc_get(document, "source");

	if (!object_kind_from_word(text_at(regarding, "kind") ? text_at(regarding, "kind") : "",
	                           &event->regarding_kind)) {
		event->regarding_kind = KIND_OTHER;
	}
	ref_string_set(&event->regarding_name, text_at(regarding, "name"));
	ref_string_set(&event->regarding_uid, text_at(regarding, "uid"));
	ref_string_set(&event->field_path, text_at(regarding, "fieldPath"));
	event->warning = g_strcmp0(text_at(document, "type"), "Warning") == 0;
	event->reason = interned(document, "reason");
	ref_string_set(&event->message, text_at(document, "message"));
	event->source = interned(source, "component");
	ref_string_set(&event->host, text_at(source, "host"));
	event->count = (uint32_t)number_at(document, "count");
	event->first_time = time_at(reading, document, "firstTimestamp");
	event->last_time = time_at(reading, document, "lastTimestamp");
	return object;
}

/* --- all kinds --- */

static struct object *read_document(const struct reading *reading, const struct doc *document,
                                    enum object_kind kind, GError **error)
{
	switch (kind) {
	case KIND_ENDPOINT_SLICE:
		return read_slice(document);
	case KIND_ENDPOINTS:
		return read_endpoints(document);
	case KIND_EVENT:
		return read_event(reading, document);
	default:
		return object_decode(document, NULL, reading->release, NULL, error);
	}
}

/* The one document of @text; NULL and @error. */
static struct doc *read_json(const char *text, GError **error)
{
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "run.db", error);

	return documents && documents->len ? g_ptr_array_steal_index(documents, 0) : NULL;
}

struct object *archive_object_read(const char *text, const char *spec, enum object_kind kind,
                                   const struct release *release, int64_t clock_zero,
                                   GError **error)
{
	static void (*const statuses[KIND_COUNT])(const struct reading *, const struct doc *,
	                                          struct object *) = {
	    [KIND_POD] = read_pod,
	    [KIND_DEPLOYMENT] = read_deployment,
	    [KIND_REPLICA_SET] = read_replica_set,
	    [KIND_HPA] = read_hpa,
	    [KIND_NODE] = read_node,
	};
	const struct reading reading = {release, clock_zero};
	g_autoptr(doc) document = text ? read_json(text, error) : NULL;
	struct doc *apart = document && spec ? read_json(spec, error) : NULL;

	if (!document || (spec && !apart)) {
		return NULL;
	}
	if (apart) {
		doc_set(document, "spec", apart);
	}
	struct object *object = read_document(&reading, document, kind, error);

	if (object) {
		read_metadata(&reading, document, object);
		if (statuses[kind]) {
			statuses[kind](&reading, document, object);
		}
	}
	return object;
}
