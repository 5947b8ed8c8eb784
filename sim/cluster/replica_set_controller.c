/* replica_set_controller.c - what wakes the controller up, and the order of one sync. */

#include "cluster/replica_set_controller.h"

#include "cluster/pod_tally.h"
#include "cluster/replica_set_sync.h"
#include "cluster/sync_queue.h"
#include "store/informer.h"

enum { CONCURRENT_SYNCS = 5 };
#define FIRST_RETRY (5 * SIM_MILLISECOND)
#define LONGEST_RETRY (1000 * SIM_SECOND)

struct replica_set_controller {
	struct cluster_environment environment;
	struct informer *replica_sets, *pods;
	struct pod_tallies *tallies;
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

	pod_tallies_see(controller->tallies, change, old, object);
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

static GPtrArray *references(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)object_unref);
}

/* Adds the active pods of the ReplicaSet @set; @selector: those that it matches; NULL: all. */
static void add_pods(const struct replica_set_controller *controller, const struct object *set,
                     const struct label_selector *selector, GPtrArray *list)
{
	g_autoptr(GPtrArray) pods = informer_list_of(controller->pods, set->meta.uid);

	for (unsigned i = 0; i < pods->len; i++) {
		const struct object *pod = pods->pdata[i];

		if (pod->meta.owner.kind == KIND_REPLICA_SET && pod_is_active(POD(pod)) &&
		    (!selector || label_selector_matches(selector, pod->meta.labels))) {
			g_ptr_array_add(list, object_ref(pod));
		}
	}
}

/* The active pods of all ReplicaSets of the same owner, @set among them. None when nobody owns it.
 */
static GPtrArray *related_pods(const struct replica_set_controller *controller,
                               const struct object *set)
{
	GPtrArray *related = references();
	g_autoptr(GPtrArray) sets = informer_list_of(controller->replica_sets, set->meta.owner.uid);

	for (unsigned i = 0; i < sets->len; i++) {
		add_pods(controller, sets->pdata[i], NULL, related);
	}
	return related;
}

/* Pods are counted as they change. One by one they are looked at only to choose some for deletion,
 * and when being available takes more than being ready. */
static void count_pods(const struct replica_set_controller *controller,
                       struct replica_set_sync *sync)
{
	const struct object *set = &sync->seen->object;
	const struct pod_tally *tally = pod_tallies_of(controller->tallies, set->meta.uid);
	bool matches =
	    tally->active == 0 || label_selector_matches(sync->seen->selector, tally->labels);

	sync->active = matches ? tally->active : 0;
	sync->ready = matches ? tally->ready : 0;
	if (tally->alike && sync->seen->min_ready_seconds == 0 &&
	    !(sync->manage && (int64_t)sync->active > sync->seen->replicas)) {
		return;
	}
	sync->pods = references();
	add_pods(controller, set, sync->seen->selector, sync->pods);
	sync->related = related_pods(controller, set);
	sync->active = sync->pods->len;
	sync->ready = 0;
	for (unsigned i = 0; i < sync->pods->len; i++) {
		sync->ready += pod_is_ready(POD(sync->pods->pdata[i]));
	}
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

	sync->actions = &controller->actions;
	sync->key = g_strdup(key);
	sync->seen = REPLICA_SET(object_ref(seen));
	sync->manage = expectations_are_met(controller->actions.expectations, key,
	                                    simulation_now(controller->environment.sim));
	count_pods(controller, sync);
	return sync;
}

static void free_picture(void *data)
{
	struct replica_set_sync *sync = data;

	object_unref(&sync->seen->object);
	g_clear_pointer(&sync->pods, g_ptr_array_unref);
	g_clear_pointer(&sync->related, g_ptr_array_unref);
	g_free(sync->key);
	g_free(sync);
}

/* All pods are ready, but some not for long enough: look again when they should be. */
static void wait_for_available(struct replica_set_controller *controller,
                               const struct replica_set_sync *sync)
{
	const struct replica_set *set = sync->seen;
	sim_time now = simulation_now(controller->environment.sim);
	int32_t available = 0;

	if (set->min_ready_seconds == 0 || (int32_t)sync->ready != set->replicas) {
		return;
	}
	for (unsigned i = 0; i < sync->pods->len; i++) {
		available += replica_set_pod_is_available(POD(sync->pods->pdata[i]),
		                                          set->min_ready_seconds, now);
	}
	if (available != set->replicas) {
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
	controller->tallies = pod_tallies_new();
	controller->queue = sync_queue_new(environment->sim, &functions, CONCURRENT_SYNCS,
	                                   environment->controller_delay);
	controller->replica_sets =
	    informer_new(environment->store, KIND_REPLICA_SET, environment->watch_delay,
	                 on_replica_set, controller);
	controller->pods = informer_new(environment->store, KIND_POD, environment->watch_delay,
	                                on_pod, controller);
	informer_group_by(controller->replica_sets, informer_owner_uid);
	informer_group_by(controller->pods, informer_owner_uid);
	return controller;
}

void replica_set_controller_free(struct replica_set_controller *controller)
{
	if (controller) {
		sync_queue_free(controller->queue);
		informer_free(controller->replica_sets);
		informer_free(controller->pods);
		pod_tallies_free(controller->tallies);
		event_recorder_free(controller->actions.recorder);
		expectations_free(controller->actions.expectations);
		g_hash_table_unref(controller->actions.created);
		g_free(controller);
	}
}
