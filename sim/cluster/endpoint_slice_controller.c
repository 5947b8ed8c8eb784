/* endpoint_slice_controller.c - keeps the EndpointSlices of every Service with a selector. */

#include "cluster/endpoint_slice_controller.h"

#include "cluster/service_pods.h"
#include "cluster/slice_roster.h"
#include "cluster/slice_tracker.h"
#include "engine/random.h"
#include "rules/endpoints_slices.h"
#include "rules/names.h"

#define WORKERS 5
#define FOREIGN_CHANGE_DELAY SIM_SECOND
#define NAMES_TRIED 8

struct endpoint_slice_controller {
	struct cluster_environment environment;
	sim_time batch_period;
	unsigned max_endpoints;
	struct informer *services, *pods, *nodes, *slices;
	struct sync_queue *queue;
	struct slice_tracker *tracker;
	struct random_stream names;
	GHashTable *rosters; /* key of a Service -> struct slice_roster * */
	GHashTable *created; /* key of a Service -> number of slices ever created for it */
};

struct decision {
	const struct object *service; /* a reference */
	GPtrArray *slices;            /* references to what the plan refers to */
	struct slice_plan *plan;
};

static void release_object(void *object)
{
	object_unref(object);
}

static void decision_free(void *data)
{
	struct decision *decision = data;

	slice_plan_free(decision->plan);
	g_ptr_array_unref(decision->slices);
	object_unref(decision->service);
	g_free(decision);
}

/* --- what queues a Service --- */

static void on_pod(void *data, enum change kind, const struct object *old,
                   const struct object *object)
{
	const struct endpoint_slice_controller *controller = data;
	uint64_t number = informer_number(controller->pods, object);
	GHashTableIter iter;
	void *roster;

	/* The order of the iteration does not matter to them. */
	g_hash_table_iter_init(&iter, controller->rosters);
	while (g_hash_table_iter_next(&iter, NULL, &roster)) {
		slice_roster_see_pod(roster, kind, object, number);
	}
	service_pods_changed(controller->services, controller->queue, controller->batch_period,
	                     kind, old, object);
}

static void on_service(void *data, enum change kind, const struct object *old,
                       const struct object *object)
{
	struct endpoint_slice_controller *controller = data;
	g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);

	sync_queue_add(controller->queue, key);
}

/* Endpoints tell the zones of their nodes, and wait for a node to exist. */
static void on_node(void *data, enum change kind, const struct object *old,
                    const struct object *object)
{
	const struct endpoint_slice_controller *controller = data;

	if (kind != CHANGE_MODIFIED || !string_map_equal(old->meta.labels, object->meta.labels)) {
		g_hash_table_remove_all(controller->rosters);
	}
}

static bool is_managed(const struct object *slice)
{
	return g_strcmp0(string_map_get(slice->meta.labels, ENDPOINT_SLICE_MANAGER_LABEL),
	                 ENDPOINT_SLICE_MANAGER) == 0 &&
	       string_map_get(slice->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL);
}

/* Groups slices by the name of their Service. */
static const char *managed_for(const struct object *slice)
{
	return is_managed(slice) ? string_map_get(slice->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL)
	                         : NULL;
}

static char *service_key_of(const struct object *slice)
{
	return sync_queue_key(slice->meta.namespace,
	                      string_map_get(slice->meta.labels, ENDPOINT_SLICE_SERVICE_LABEL));
}

static void on_slice(void *data, enum change kind, const struct object *old,
                     const struct object *object)
{
	struct endpoint_slice_controller *controller = data;

	if (old && is_managed(old)) {
		g_autofree char *before = service_key_of(old);
		struct slice_roster *roster = g_hash_table_lookup(controller->rosters, before);

		if (roster) {
			slice_roster_lose_slice(roster, old);
		}
	}
	if (!is_managed(object)) {
		return;
	}
	const struct endpoint_slice *slice = ENDPOINT_SLICE(object);
	g_autofree char *key = service_key_of(object);
	bool foreign = kind == CHANGE_DELETED
	                   ? slice_tracker_saw_deletion(controller->tracker, key, slice)
	                   : slice_tracker_is_foreign(controller->tracker, key, slice);

	if (foreign) {
		sync_queue_add_after(controller->queue, key,
		                     MAX(FOREIGN_CHANGE_DELAY, controller->batch_period));
	}
}

/* --- deciding --- */

/* All slices of a Service, as references in order of creation. */
static GPtrArray *gather_slices(const struct endpoint_slice_controller *controller,
                                const struct object *service)
{
	GPtrArray *slices = g_ptr_array_new_with_free_func(release_object);
	g_autoptr(GPtrArray) named = informer_list_of(controller->slices, service->meta.name);

	for (unsigned i = 0; i < named->len; i++) {
		const struct object *slice = named->pdata[i];

		if (g_strcmp0(slice->meta.namespace, service->meta.namespace) == 0) {
			g_ptr_array_add(slices, object_ref(slice));
		}
	}
	return slices;
}

static bool find_node(void *data, const char *name, const struct string_map **labels)
{
	const struct endpoint_slice_controller *controller = data;
	const struct object *node = informer_get(controller->nodes, NULL, name);

	*labels = node ? node->meta.labels : NULL;
	return node != NULL;
}

struct adding {
	const struct endpoint_slice_controller *controller;
	struct slice_roster *roster;
};

static void add_pod(void *data, const struct object *object)
{
	const struct adding *adding = data;

	slice_roster_see_pod(adding->roster, CHANGE_ADDED, object,
	                     informer_number(adding->controller->pods, object));
}

/* A roster in which all pods are loose. */
static struct slice_roster *fresh_roster(const struct endpoint_slice_controller *controller,
                                         const char *key, const struct object *service)
{
	struct slice_roster *roster = slice_roster_new(service);
	struct adding adding = {controller, roster};

	informer_each(controller->pods, add_pod, &adding);
	g_hash_table_insert(controller->rosters, g_strdup(key), roster);
	return roster;
}

/* @settled may be NULL. */
static struct slice_plan *plan_with(struct endpoint_slice_controller *controller,
                                    const struct object *service, const GPtrArray *slices,
                                    struct slice_roster *roster, const bool *settled)
{
	g_autoptr(GArray) pods = slice_roster_loose_pods(roster);
	const struct slice_request request = {
	    .service = SERVICE(service),
	    .pods = (const struct endpoint_pod *)pods->data,
	    .n_pods = pods->len,
	    .existing = (const struct endpoint_slice *const *)slices->pdata,
	    .n_existing = slices->len,
	    .settled = settled,
	    .max_endpoints = controller->max_endpoints,
	    .release = controller->environment.release,
	    .node = find_node,
	    .data = controller,
	};

	return slice_plan_new(&request);
}

static struct slice_plan *plan_of(struct endpoint_slice_controller *controller, const char *key,
                                  const struct object *service, const GPtrArray *slices)
{
	struct slice_roster *roster = g_hash_table_lookup(controller->rosters, key);
	bool complete = false;

	if (!roster || !slice_roster_is_of(roster, service)) {
		roster = fresh_roster(controller, key, service);
	}
	g_autofree bool *settled = slice_roster_settled(roster, slices, &complete);
	struct slice_plan *plan =
	    complete ? plan_with(controller, service, slices, roster, settled) : NULL;

	/* What is settled must be of one kind: otherwise all is looked at. */
	if (!plan || (plan->mixed && settled)) {
		slice_plan_free(plan);
		roster = fresh_roster(controller, key, service);
		plan = plan_with(controller, service, slices, roster, NULL);
	}
	if (!plan->mixed) {
		slice_roster_settle(roster, plan);
	}
	return plan;
}

/* Takes @slices and @plan. */
static struct decision *decision_new(const struct object *service, GPtrArray *slices,
                                     struct slice_plan *plan)
{
	struct decision *decision = g_new0(struct decision, 1);

	decision->service = object_ref(service);
	decision->slices = slices;
	decision->plan = plan;
	return decision;
}

static void *decide(void *data, const char *key, bool *failed)
{
	struct endpoint_slice_controller *controller = data;
	g_autofree char *namespace = NULL;
	const char *name = sync_queue_split(key, &namespace);
	const struct object *service = informer_get(controller->services, namespace, name);

	if (!service) {
		slice_tracker_forget(controller->tracker, key); /* its slices have an owner */
		g_hash_table_remove(controller->rosters, key);
		return NULL;
	}
	if (!service_has_endpoints(SERVICE(service))) {
		return NULL; /* somebody else fills in its slices, or nobody */
	}
	g_autoptr(GPtrArray) slices = gather_slices(controller, service);

	if (slice_tracker_is_stale(controller->tracker, key, slices)) {
		*failed = true;
		return NULL;
	}
	struct slice_plan *plan = plan_of(controller, key, service, slices);

	*failed = plan->retry;
	if (slice_plan_count(plan, SLICE_KEEP) == plan->slices->len) {
		slice_plan_free(plan);
		return NULL;
	}
	return decision_new(service, g_steal_pointer(&slices), plan);
}

/* --- writing --- */

static void set_content(struct endpoint_slice *slice, const struct planned_slice *planned,
                        const struct service *service)
{
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		endpoint_clear(&slice->endpoints[i]);
	}
	g_free(slice->endpoints);
	endpoint_ports_free(slice->ports, slice->n_ports);
	slice->address_type = planned->address_type;
	slice->ports = endpoint_ports_copy(planned->ports, planned->n_ports);
	slice->n_ports = planned->n_ports;
	slice->n_endpoints = planned->endpoints->len;
	slice->endpoints = g_new0(struct endpoint, slice->n_endpoints + 1);
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		endpoint_copy(&slice->endpoints[i],
		              &g_array_index(planned->endpoints, struct endpoint, i));
	}
	string_map_unref(slice->object.meta.labels);
	slice->object.meta.labels = slice_labels(service);
}

static uint64_t next_ordinal(struct endpoint_slice_controller *controller, const char *key)
{
	uint64_t *count = g_hash_table_lookup(controller->created, key);

	if (!count) {
		count = g_new0(uint64_t, 1);
		g_hash_table_insert(controller->created, g_strdup(key), count);
	}
	return (*count)++;
}

static bool create_slice(struct endpoint_slice_controller *controller, const char *key,
                         const struct service *service, const struct planned_slice *planned)
{
	struct object *object = object_new(KIND_ENDPOINT_SLICE);
	const struct object_meta *of = &service->object.meta;
	bool created = false;

	set_content(ENDPOINT_SLICE(object), planned, service);
	object->meta.namespace = g_ref_string_acquire(of->namespace);
	object->meta.owner = (struct owner_reference){KIND_SERVICE, g_ref_string_acquire(of->name),
	                                              g_ref_string_acquire(of->uid)};
	object->meta.ordinal = next_ordinal(controller, key);
	for (unsigned attempt = 0; !created && attempt < NAMES_TRIED; attempt++) {
		g_autofree char *name =
		    name_generate(of->name, &controller->names, object->meta.ordinal, attempt);

		ref_string_set(&object->meta.name, name);
		created = store_create(controller->environment.store, object, NULL);
	}
	if (created) {
		slice_tracker_wrote(controller->tracker, key, ENDPOINT_SLICE(object));
	}
	object_unref(object);
	return created;
}

static bool update_slice(struct endpoint_slice_controller *controller, const char *key,
                         const struct service *service, const struct planned_slice *planned)
{
	struct object *object = object_revise(&planned->existing->object);

	set_content(ENDPOINT_SLICE(object), planned, service);
	bool updated =
	    store_update(controller->environment.store, object, planned->content_changed, NULL);

	if (updated) {
		slice_tracker_wrote(controller->tracker, key, ENDPOINT_SLICE(object));
	}
	object_unref(object);
	return updated;
}

/* A slice that is gone already is as good. */
static void delete_slice(struct endpoint_slice_controller *controller, const char *key,
                         const struct endpoint_slice *slice)
{
	const struct object_meta *meta = &slice->object.meta;

	if (store_remove(controller->environment.store, KIND_ENDPOINT_SLICE, meta->namespace,
	                 meta->name, NULL)) {
		slice_tracker_removed(controller->tracker, key, slice);
	}
}

static bool write_one(struct endpoint_slice_controller *controller, const char *key,
                      const struct decision *decision, const struct planned_slice *planned)
{
	const struct service *service = SERVICE(decision->service);

	switch (planned->action) {
	case SLICE_CREATE:
		return create_slice(controller, key, service, planned);
	case SLICE_UPDATE:
		return update_slice(controller, key, service, planned);
	case SLICE_DELETE:
		delete_slice(controller, key, planned->existing);
		break;
	case SLICE_KEEP:
		break;
	}
	return true;
}

static bool write_decision(void *data, const char *key, void *decided)
{
	static const enum slice_action order[] = {SLICE_CREATE, SLICE_UPDATE, SLICE_DELETE};
	struct endpoint_slice_controller *controller = data;
	const struct decision *decision = decided;

	for (size_t step = 0; step < G_N_ELEMENTS(order); step++) {
		for (unsigned i = 0; i < decision->plan->slices->len; i++) {
			const struct planned_slice *planned = decision->plan->slices->pdata[i];

			if (planned->action == order[step] &&
			    !write_one(controller, key, decision, planned)) {
				return false;
			}
		}
	}
	return true;
}

/* --- life --- */

struct endpoint_slice_controller *
endpoint_slice_controller_new(const struct cluster_environment *environment, sim_time batch_period,
                              unsigned max_endpoints)
{
	struct endpoint_slice_controller *controller = g_new0(struct endpoint_slice_controller, 1);
	const struct sync_queue_controller syncs = {controller, decide, write_decision,
	                                            decision_free, endpoint_slice_retry_delay};
	struct store *store = environment->store;
	sim_time delay = environment->watch_delay;

	controller->environment = *environment;
	controller->batch_period = batch_period;
	controller->max_endpoints = max_endpoints;
	controller->names = random_stream_of(simulation_seed(environment->sim), RANDOM_NAME);
	controller->created = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	controller->rosters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                            (GDestroyNotify)slice_roster_free);
	controller->tracker = slice_tracker_new();
	controller->queue =
	    sync_queue_new(environment->sim, &syncs, WORKERS, environment->controller_delay);
	controller->nodes = informer_new(store, KIND_NODE, delay, on_node, controller);
	controller->services = informer_new(store, KIND_SERVICE, delay, on_service, controller);
	controller->pods = informer_new(store, KIND_POD, delay, on_pod, controller);
	controller->slices = informer_new(store, KIND_ENDPOINT_SLICE, delay, on_slice, controller);
	informer_group_by(controller->slices, managed_for);
	return controller;
}

void endpoint_slice_controller_free(struct endpoint_slice_controller *controller)
{
	if (controller) {
		sync_queue_free(controller->queue);
		informer_free(controller->slices);
		informer_free(controller->pods);
		informer_free(controller->services);
		informer_free(controller->nodes);
		slice_tracker_free(controller->tracker);
		g_hash_table_unref(controller->rosters);
		g_hash_table_unref(controller->created);
		g_free(controller);
	}
}
