/* garbage_collector.c - dependents of owners that are gone. */

#include "cluster/garbage_collector.h"

#include "cluster/sync_queue.h"
#include "store/informer.h"

static const enum object_kind dependent_kinds[] = {KIND_REPLICA_SET, KIND_POD, KIND_ENDPOINT_SLICE};
static const enum object_kind owner_kinds[] = {KIND_DEPLOYMENT, KIND_REPLICA_SET, KIND_SERVICE};

struct pending { /* a dependent to look at */
	struct garbage_collector *collector;
	const struct object *object; /* a reference */
	event_id event;
};

struct garbage_collector {
	struct cluster_environment environment;
	struct informer *dependents[G_N_ELEMENTS(dependent_kinds)];
	struct informer *owners[G_N_ELEMENTS(owner_kinds)];
	GHashTable *pending; /* set of struct pending */
};

static void pending_free(void *data)
{
	struct pending *pending = data;

	simulation_cancel(pending->collector->environment.sim, &pending->event);
	object_unref(pending->object);
	g_free(pending);
}

static bool has_owner(const struct store *store, const struct object *object)
{
	const struct object *owner = store_get(store, object->meta.owner.kind,
	                                       object->meta.namespace, object->meta.owner.name);

	return owner && g_strcmp0(owner->meta.uid, object->meta.owner.uid) == 0;
}

static void collect(struct simulation *sim, void *data)
{
	struct pending *pending = data;
	struct garbage_collector *collector = pending->collector;
	const struct object *object = pending->object;
	struct store *store = collector->environment.store;
	const struct object *there =
	    store_get(store, object->kind, object->meta.namespace, object->meta.name);

	pending->event = EVENT_NONE;
	if (there && g_strcmp0(there->meta.uid, object->meta.uid) == 0 &&
	    !has_owner(store, there)) {
		if (object->kind != KIND_POD) {
			store_remove(store, object->kind, object->meta.namespace, object->meta.name,
			             NULL);
		} else if (!pod_is_terminating(POD(there))) {
			store_delete_pod(store, object->meta.namespace, object->meta.name, -1,
			                 NULL);
		}
	}
	g_hash_table_remove(collector->pending, pending);
}

static void look_at(struct garbage_collector *collector, const struct object *object)
{
	struct pending *pending = g_new0(struct pending, 1);

	pending->collector = collector;
	pending->object = object_ref(object);
	pending->event = simulation_schedule_after(collector->environment.sim,
	                                           collector->environment.controller_delay,
	                                           PHASE_SYNC, collect, pending);
	g_hash_table_add(collector->pending, pending);
}

static void on_owner(void *data, enum change change, const struct object *old,
                     const struct object *owner)
{
	struct garbage_collector *collector = data;

	if (change != CHANGE_DELETED) {
		return;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(dependent_kinds); i++) {
		g_autoptr(GPtrArray) list =
		    informer_list_of(collector->dependents[i], owner->meta.uid);

		for (unsigned j = 0; j < list->len; j++) {
			const struct object *object = list->pdata[j];

			if (object->meta.owner.kind == owner->kind) {
				look_at(collector, object);
			}
		}
	}
}

/* A dependent may appear after its owner went. */
static void on_dependent(void *data, enum change change, const struct object *old,
                         const struct object *object)
{
	struct garbage_collector *collector = data;

	if (change == CHANGE_ADDED && object->meta.owner.kind != KIND_COUNT &&
	    !has_owner(collector->environment.store, object)) {
		look_at(collector, object);
	}
}

struct garbage_collector *garbage_collector_new(const struct cluster_environment *environment)
{
	struct garbage_collector *collector = g_new0(struct garbage_collector, 1);

	collector->environment = *environment;
	collector->pending = g_hash_table_new_full(NULL, NULL, pending_free, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(dependent_kinds); i++) {
		collector->dependents[i] =
		    informer_new(environment->store, dependent_kinds[i], environment->watch_delay,
		                 on_dependent, collector);
		informer_group_by(collector->dependents[i], informer_owner_uid);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(owner_kinds); i++) {
		collector->owners[i] = informer_new(environment->store, owner_kinds[i],
		                                    environment->watch_delay, on_owner, collector);
	}
	return collector;
}

void garbage_collector_free(struct garbage_collector *collector)
{
	if (!collector) {
		return;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(dependent_kinds); i++) {
		informer_free(collector->dependents[i]);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(owner_kinds); i++) {
		informer_free(collector->owners[i]);
	}
	g_hash_table_unref(collector->pending);
	g_free(collector);
}
