/* replica_set_controller.c - what wakes the controller up, and the order of one sync. */

#include "cluster/replica_set_controller.h"

#include "cluster/replica_set_sync.h"
#include "cluster/sync_queue.h"
#include "store/informer.h"

enum { CONCURRENT_SYNCS = 5 };
#define FIRST_RETRY (5 * SIM_MILLISECOND)
#define LONGEST_RETRY (1000 * SIM_SECOND)

struct replica_set_controller {
	struct cluster_environment environment;
	struct informer *replica_sets, *pods;
	struct sync_queue *queue;
	struct replica_set_actions actions;
};

/* --- waking up --- */

static void on_replica_set(void *data, enum change change, const struct object *old,
                           const struct object *object)
{
	struct replica_set_controller *controller = data;
	g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);

	if (change == CHANGE_DELETED) {
		expectations_forget(controller->actions.expectations, key);
	} else {
		sync_queue_add(controller->queue, key);
	}
}

static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct replica_set_controller *controller = data;
	const struct object *owner =
	    informer_owner_of(controller->replica_sets, KIND_REPLICA_SET, object);

	if (!owner) {
		return;
	}
	g_autofree char *key = sync_queue_key(owner->meta.namespace, owner->meta.name);
	g_autofree char *pod = sync_queue_key(object->meta.namespace, object->meta.name);
	int32_t seconds = REPLICA_SET(owner)->min_ready_seconds;

	if (change == CHANGE_ADDED) {
		expectations_see_creation(controller->actions.expectations, key);
	}
	/* A pod that is being deleted is as good as gone: it is replaced at once. */
	if (change == CHANGE_DELETED || pod_is_terminating(POD(object))) {
		expectations_see_deletion(controller->actions.expectations, key, pod);
	} else if (seconds > 0 && old && !pod_is_ready(POD(old)) && pod_is_ready(POD(object))) {
		sync_queue_add_after(controller->queue, key, seconds * SIM_SECOND + SIM_SECOND);
	}
	sync_queue_add(controller->queue, key);
}

/* --- one sync --- */

static bool is_active(const struct object *pod)
{
	return !pod_is_finished(POD(pod)) && !pod_is_terminating(POD(pod));
}

/* UIDs of the ReplicaSets of the same owner, @set among them; borrowed. Empty when nobody owns it.
 */
static GPtrArray *related_sets(const struct replica_set_controller *controller,
                               const struct object *set)
{
	GPtrArray *uids = g_ptr_array_new();
	g_autoptr(GPtrArray) sets = informer_list(controller->replica_sets);

	for (unsigned i = 0; set->meta.owner.uid && i < sets->len; i++) {
		const struct object *other = sets->pdata[i];

		if (g_strcmp0(other->meta.owner.uid, set->meta.owner.uid) == 0) {
			g_ptr_array_add(uids, other->meta.uid);
		}
	}
	return uids;
}

static void *take_picture(void *self, const char *key, bool *failed)
{
	struct replica_set_controller *controller = self;
	g_autofree char *namespace = NULL;
	const char *name = sync_queue_split(key, &namespace);
	const struct object *seen = informer_get(controller->replica_sets, namespace, name);

	if (!seen) {
		return NULL;
	}
	struct replica_set_sync *sync = g_new0(struct replica_set_sync, 1);
	g_autoptr(GPtrArray) pods = informer_list(controller->pods);
	g_autoptr(GPtrArray) related = related_sets(controller, seen);

	sync->actions = &controller->actions;
	sync->key = g_strdup(key);
	sync->seen = REPLICA_SET(object_ref(seen));
	sync->pods = g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	sync->related = g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
	sync->manage = expectations_are_met(controller->actions.expectations, key,
	                                    simulation_now(controller->environment.sim));
	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];

		if (pod->meta.owner.kind != KIND_REPLICA_SET || !is_active(pod)) {
			continue;
		}
		if (g_strcmp0(pod->meta.owner.uid, seen->meta.uid) == 0 &&
		    label_selector_matches(sync->seen->selector, pod->meta.labels)) {
			g_ptr_array_add(sync->pods, object_ref(pod));
		}
		if (g_ptr_array_find_with_equal_func(related, pod->meta.owner.uid, g_str_equal,
		                                     NULL)) {
			g_ptr_array_add(sync->related, object_ref(pod));
		}
	}
	return sync;
}

static void free_picture(void *data)
{
	struct replica_set_sync *sync = data;

	object_unref(&sync->seen->object);
	g_ptr_array_unref(sync->pods);
	g_ptr_array_unref(sync->related);
	g_free(sync->key);
	g_free(sync);
}

/* All pods are ready, but some not for long enough: look again when they should be. */
static void wait_for_available(struct replica_set_controller *controller,
                               const struct replica_set_sync *sync)
{
	const struct replica_set *set = sync->seen;
	sim_time now = simulation_now(controller->environment.sim);
	int32_t ready = 0, available = 0;

	for (unsigned i = 0; i < sync->pods->len; i++) {
		const struct pod *pod = POD(sync->pods->pdata[i]);

		ready += pod_is_ready(pod);
		available += replica_set_pod_is_available(pod, set->min_ready_seconds, now);
	}
	if (set->min_ready_seconds > 0 && ready == set->replicas && available != set->replicas) {
		sync_queue_add_after(controller->queue, sync->key,
		                     set->min_ready_seconds * SIM_SECOND);
	}
}

static bool write_picture(void *self, const char *key, void *decision)
{
	struct replica_set_controller *controller = self;
	const struct replica_set_sync *sync = decision;
	const struct object_meta *meta = &sync->seen->object.meta;
	const struct object *there =
	    store_get(controller->environment.store, KIND_REPLICA_SET, meta->namespace, meta->name);
	const char *failure = NULL;
	g_autofree char *message = NULL;
	g_autoptr(GError) error = NULL;

	if (!there || g_strcmp0(there->meta.uid, meta->uid) != 0) {
		return true; /* gone meanwhile: its pods would only be collected again */
	}
	if (sync->manage) {
		replica_set_manage(sync, &failure, &message);
	}
	if (!replica_set_report(sync, failure, message, &error)) {
		return g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
	}
	if (!failure) {
		wait_for_available(controller, sync);
	}
	return !failure;
}

static sim_time retry_delay(unsigned failures)
{
	sim_time delay = FIRST_RETRY;

	for (unsigned i = 1; i < failures && delay < LONGEST_RETRY; i++) {
		delay *= 2;
	}
	return MIN(delay, LONGEST_RETRY);
}

/* --- life --- */

struct replica_set_controller *
replica_set_controller_new(const struct cluster_environment *environment)
{
	struct replica_set_controller *controller = g_new0(struct replica_set_controller, 1);
	const struct sync_queue_controller functions = {
	    .self = controller,
	    .decide = take_picture,
	    .write = write_picture,
	    .free_decision = free_picture,
	    .retry_delay = retry_delay,
	};

	controller->environment = *environment;
	controller->actions = (struct replica_set_actions){
	    .environment = &controller->environment,
	    .recorder = event_recorder_new(environment->store, "replicaset-controller", NULL),
	    .expectations = expectations_new(),
	    .names = random_stream_of(simulation_seed(environment->sim), RANDOM_NAME),
	    .created = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};
	controller->queue = sync_queue_new(environment->sim, &functions, CONCURRENT_SYNCS,
	                                   environment->controller_delay);
	controller->replica_sets =
	    informer_new(environment->store, KIND_REPLICA_SET, environment->watch_delay,
	                 on_replica_set, controller);
	controller->pods = informer_new(environment->store, KIND_POD, environment->watch_delay,
	                                on_pod, controller);
	return controller;
}

void replica_set_controller_free(struct replica_set_controller *controller)
{
	if (controller) {
		sync_queue_free(controller->queue);
		informer_free(controller->replica_sets);
		informer_free(controller->pods);
		event_recorder_free(controller->actions.recorder);
		expectations_free(controller->actions.expectations);
		g_hash_table_unref(controller->actions.created);
		g_free(controller);
	}
}
