/* endpoints_controller.c - keeps the old Endpoints object of every Service with a selector. */

#include "cluster/endpoints_controller.h"

#include "cluster/endpoints_roster.h"
#include "cluster/service_pods.h"

#define WORKERS 5

struct endpoints_controller {
	struct cluster_environment environment;
	struct informer *services, *pods, *endpoints;
	struct sync_queue *queue;
	GHashTable *rosters;  /* key -> struct endpoints_roster * */
	GHashTable *replaced; /* key -> uint64_t *: a version that this controller has replaced */
};

struct decision {
	const struct object *service; /* a reference; NULL: deleted */
	const struct object *current; /* a reference; NULL: none seen */
	struct endpoint_subset *subsets;
	size_t n_subsets;
	bool truncated;
};

static void decision_free(void *data)
{
	struct decision *decision = data;

	endpoint_subsets_free(decision->subsets, decision->n_subsets);
	object_unref(decision->service);
	object_unref(decision->current);
	g_free(decision);
}

/* --- what queues a Service --- */

static void on_pod(void *data, enum change kind, const struct object *old,
                   const struct object *object)
{
	const struct endpoints_controller *controller = data;
	GHashTableIter iter;
	void *roster;

	/* The order of the iteration does not matter to them. */
	g_hash_table_iter_init(&iter, controller->rosters);
	while (g_hash_table_iter_next(&iter, NULL, &roster)) {
		endpoints_roster_see_pod(roster, kind, object);
	}
	service_pods_changed(controller->services, controller->queue, 0, kind, old, object);
}

static void on_service(void *data, enum change kind, const struct object *old,
                       const struct object *object)
{
	struct endpoints_controller *controller = data;
	g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);

	sync_queue_add(controller->queue, key);
}

/* Somebody deleted the object: it is made again. */
static void on_endpoints(void *data, enum change kind, const struct object *old,
                         const struct object *object)
{
	if (kind == CHANGE_DELETED) {
		on_service(data, kind, old, object);
	}
}

/* --- deciding --- */

static void add_pod(void *data, const struct object *object)
{
	endpoints_roster_see_pod(data, CHANGE_ADDED, object);
}

static struct endpoints_roster *roster_of(const struct endpoints_controller *controller,
                                          const char *key, const struct object *service)
{
	struct endpoints_roster *roster = g_hash_table_lookup(controller->rosters, key);

	if (!roster || !endpoints_roster_is_of(roster, service)) {
		roster = endpoints_roster_new(service);
		informer_each(controller->pods, add_pod, roster);
		g_hash_table_insert(controller->rosters, g_strdup(key), roster);
	}
	return roster;
}

static void fill_subsets(const struct endpoints_controller *controller, const char *key,
                         struct decision *decision)
{
	const struct service *service = SERVICE(decision->service);
	const struct endpoints_roster *roster = roster_of(controller, key, decision->service);

	if (endpoints_roster_subsets(roster, &decision->subsets, &decision->n_subsets,
	                             &decision->truncated)) {
		return;
	}
	g_autoptr(GArray) pods = service_pods_list(controller->pods, service);

	decision->subsets =
	    endpoint_subsets_of(service, (const struct endpoint_pod *)pods->data, pods->len,
	                        &decision->n_subsets, &decision->truncated);
}

static bool is_up_to_date(const struct decision *decision)
{
	const struct endpoints *current = ENDPOINTS(decision->current);
	struct string_map *labels = endpoints_labels(SERVICE(decision->service));
	bool equal = current &&
	             endpoint_subsets_equal(current->subsets, current->n_subsets, decision->subsets,
	                                    decision->n_subsets) &&
	             string_map_equal(current->object.meta.labels, labels) &&
	             decision->truncated == (string_map_get(current->object.meta.annotations,
	                                                    ENDPOINTS_OVER_CAPACITY) != NULL);

	string_map_unref(labels);
	return equal;
}

static void *decide(void *data, const char *key, bool *failed)
{
	struct endpoints_controller *controller = data;
	g_autofree char *namespace = NULL;
	const char *name = sync_queue_split(key, &namespace);
	const struct object *service = informer_get(controller->services, namespace, name);
	const struct object *current = informer_get(controller->endpoints, namespace, name);
	const uint64_t *replaced = g_hash_table_lookup(controller->replaced, key);

	if (!service) {
		g_hash_table_remove(controller->rosters, key);
	}
	if (service ? !service_has_endpoints(SERVICE(service)) : !current) {
		return NULL;
	}
	if (service && current && replaced && *replaced == current->meta.resource_version) {
		*failed = true; /* not yet seen: its own last write */
		return NULL;
	}
	struct decision *decision = g_new0(struct decision, 1);

	decision->service = service ? object_ref(service) : NULL;
	decision->current = current ? object_ref(current) : NULL;
	if (service) {
		fill_subsets(controller, key, decision);
	}
	if (service && is_up_to_date(decision)) {
		decision_free(decision);
		return NULL;
	}
	return decision;
}

/* --- writing --- */

static void set_content(struct endpoints *endpoints, struct decision *decision)
{
	struct object_meta *meta = &endpoints->object.meta;
	struct string_map *annotations = string_map_with(meta->annotations, ENDPOINTS_OVER_CAPACITY,
	                                                 decision->truncated ? "truncated" : NULL);

	endpoint_subsets_free(endpoints->subsets, endpoints->n_subsets);
	endpoints->subsets = g_steal_pointer(&decision->subsets);
	endpoints->n_subsets = decision->n_subsets;
	decision->n_subsets = 0;
	string_map_unref(meta->labels);
	meta->labels = endpoints_labels(SERVICE(decision->service));
	string_map_unref(meta->annotations);
	meta->annotations = annotations;
}

static bool create(struct endpoints_controller *controller, struct decision *decision)
{
	struct object *object = object_new(KIND_ENDPOINTS);
	const struct object_meta *of = &decision->service->meta;

	set_content(ENDPOINTS(object), decision);
	object->meta.name = g_ref_string_acquire(of->name);
	object->meta.namespace = g_ref_string_acquire(of->namespace);
	bool created = store_create(controller->environment.store, object, NULL);

	object_unref(object);
	return created;
}

static bool update(struct endpoints_controller *controller, const char *key,
                   struct decision *decision)
{
	struct object *object = object_revise(decision->current);

	set_content(ENDPOINTS(object), decision);
	bool updated = store_update(controller->environment.store, object, true, NULL);

	object_unref(object);
	if (updated) {
		uint64_t *version = g_new(uint64_t, 1);

		*version = decision->current->meta.resource_version;
		g_hash_table_replace(controller->replaced, g_strdup(key), version);
	}
	return updated;
}

static bool write_decision(void *data, const char *key, void *decided)
{
	struct endpoints_controller *controller = data;
	struct decision *decision = decided;

	if (!decision->service) {
		const struct object_meta *meta = &decision->current->meta;

		g_hash_table_remove(controller->replaced, key);
		store_remove(controller->environment.store, KIND_ENDPOINTS, meta->namespace,
		             meta->name, NULL);
		return true;
	}
	return decision->current ? update(controller, key, decision) : create(controller, decision);
}

/* --- life --- */

struct endpoints_controller *endpoints_controller_new(const struct cluster_environment *environment)
{
	struct endpoints_controller *controller = g_new0(struct endpoints_controller, 1);
	const struct sync_queue_controller syncs = {controller, decide, write_decision,
	                                            decision_free, endpoints_retry_delay};
	struct store *store = environment->store;
	sim_time delay = environment->watch_delay;

	controller->environment = *environment;
	controller->rosters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                            (GDestroyNotify)endpoints_roster_free);
	controller->replaced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	controller->queue =
	    sync_queue_new(environment->sim, &syncs, WORKERS, environment->controller_delay);
	controller->services = informer_new(store, KIND_SERVICE, delay, on_service, controller);
	controller->pods = informer_new(store, KIND_POD, delay, on_pod, controller);
	controller->endpoints =
	    informer_new(store, KIND_ENDPOINTS, delay, on_endpoints, controller);
	return controller;
}

void endpoints_controller_free(struct endpoints_controller *controller)
{
	if (controller) {
		sync_queue_free(controller->queue);
		informer_free(controller->endpoints);
		informer_free(controller->pods);
		informer_free(controller->services);
		g_hash_table_unref(controller->rosters);
		g_hash_table_unref(controller->replaced);
		g_free(controller);
	}
}
