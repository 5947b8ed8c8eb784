/* deployment_controller.c - what wakes the controller up, and the order of one sync. */

#include "cluster/deployment_controller.h"

#include "cluster/deployment_sync.h"
#include "cluster/sync_queue.h"
#include "rules/rollout_scaling.h"
#include "rules/rollout_status.h"
#include "store/informer.h"

enum {
	CONCURRENT_SYNCS = 5,
	MOST_RETRIES = 15,
};
#define FIRST_RETRY (5 * SIM_MILLISECOND)

struct deployment_controller {
	struct cluster_environment environment;
	struct informer *deployments, *replica_sets, *pods;
	struct sync_queue *queue;
	struct event_recorder *recorder;
	GHashTable *told; /* key -> text of the last step that went to the trace */
};

/* --- waking up --- */

static void enqueue(struct deployment_controller *controller, const struct object *object)
{
	g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);

	sync_queue_add(controller->queue, key);
}

static void on_deployment(void *data, enum change change, const struct object *old,
                          const struct object *object)
{
	struct deployment_controller *controller = data;
	g_autofree char *key = sync_queue_key(object->meta.namespace, object->meta.name);

	if (change == CHANGE_DELETED) {
		g_hash_table_remove(controller->told, key);
	} else {
		sync_queue_add(controller->queue, key);
	}
}

static void on_replica_set(void *data, enum change change, const struct object *old,
                           const struct object *object)
{
	struct deployment_controller *controller = data;
	const struct object *owner =
	    informer_owner_of(controller->deployments, KIND_DEPLOYMENT, object);

	if (owner) {
		enqueue(controller, owner);
	}
}

/* Whether any pod of a ReplicaSet of @deployment is left. */
static bool has_pods(const struct deployment_controller *controller,
                     const struct object *deployment)
{
	g_autoptr(GPtrArray) sets =
	    informer_list_of(controller->replica_sets, deployment->meta.uid);

	for (unsigned i = 0; i < sets->len; i++) {
		const struct object *set = sets->pdata[i];

		if (set->meta.owner.kind == KIND_DEPLOYMENT &&
		    informer_has_any_of(controller->pods, set->meta.uid)) {
			return true;
		}
	}
	return false;
}

/* Recreate waits for the last pod to go. */
static void on_pod(void *data, enum change change, const struct object *old,
                   const struct object *object)
{
	struct deployment_controller *controller = data;

	if (change != CHANGE_DELETED || object->meta.owner.kind != KIND_REPLICA_SET) {
		return;
	}
	const struct object *set =
	    informer_get(controller->replica_sets, object->meta.namespace, object->meta.owner.name);
	const struct object *deployment =
	    set ? informer_owner_of(controller->deployments, KIND_DEPLOYMENT, set) : NULL;

	if (!deployment || !DEPLOYMENT(deployment)->recreate) {
		return;
	}
	if (!has_pods(controller, deployment)) {
		enqueue(controller, deployment);
	}
}

/* --- one sync --- */

static void *take_picture(void *self, const char *key, bool *failed)
{
	struct deployment_controller *controller = self;
	g_autofree char *namespace = NULL;
	const char *name = sync_queue_split(key, &namespace);
	const struct object *seen = informer_get(controller->deployments, namespace, name);

	if (!seen) {
		return NULL;
	}
	struct deployment_sync *sync = g_new0(struct deployment_sync, 1);
	g_autoptr(GPtrArray) sets = informer_list_of(controller->replica_sets, seen->meta.uid);

	deployment_sync_init(sync, &controller->environment, controller->recorder,
	                     DEPLOYMENT(seen));
	for (unsigned i = 0; i < sets->len; i++) {
		const struct object *set = sets->pdata[i];

		if (set->meta.owner.kind == KIND_DEPLOYMENT) {
			deployment_sync_add(sync, REPLICA_SET(set));
		}
	}
	deployment_sync_ready(sync);
	return sync;
}

static void free_picture(void *data)
{
	struct deployment_sync *sync = data;

	deployment_sync_clear(sync);
	g_free(sync);
}

/* Whether a pod of an old ReplicaSet still runs; those being deleted do. */
static bool old_pods_run(const struct deployment_controller *controller,
                         const struct deployment_sync *sync)
{
	const struct replica_set *updated = deployment_sync_updated(sync);

	for (unsigned j = 0; j < sync->replica_sets->len; j++) {
		const struct replica_set *set = deployment_sync_set(sync, j);

		if (set == updated) {
			continue;
		}
		g_autoptr(GPtrArray) pods =
		    informer_list_of(controller->pods, set->object.meta.uid);

		for (unsigned i = 0; i < pods->len; i++) {
			if (!pod_is_finished(POD(pods->pdata[i]))) {
				return true;
			}
		}
	}
	return false;
}

/* Tells the trace what was computed, unless it is what was told last. */
static void tell(struct deployment_controller *controller, const char *key,
                 const struct deployment_sync *sync, const struct rollout_plan *plan)
{
	const struct trace *trace = controller->environment.trace;
	const struct object_meta *meta = &sync->deployment->object.meta;

	if (plan->text->len == 0 ||
	    (!rollout_plan_scales(plan) &&
	     g_strcmp0(g_hash_table_lookup(controller->told, key), plan->text->str) == 0)) {
		return;
	}
	g_hash_table_insert(controller->told, g_strdup(key), g_strdup(plan->text->str));
	if (trace->rollout) {
		const struct rollout_trace record = {
		    .at = simulation_now(controller->environment.sim),
		    .namespace = meta->namespace,
		    .deployment = meta->name,
		    .text = plan->text->str,
		};

		trace->rollout(trace->self, &record);
	}
}

static bool carry_out(struct deployment_sync *sync, const struct rollout_plan *plan, GError **error)
{
	if (plan->creates && !deployment_sync_create(sync, plan->created_replicas, error)) {
		return false;
	}
	for (unsigned i = 0; i < plan->scalings->len; i++) {
		if (!deployment_sync_scale(
			sync, &g_array_index(plan->scalings, struct rollout_scaling, i), error)) {
			return false;
		}
	}
	return true;
}

/* Writes the status; without a change it only makes an appointment for the deadline. */
static bool report(struct deployment_controller *controller, const char *key,
                   struct deployment_sync *sync, bool judge, GError **error)
{
	sim_time now = simulation_now(controller->environment.sim);
	bool changed;

	if (!deployment_sync_status(sync, judge, &changed, error)) {
		return false;
	}
	if (judge && !changed) {
		const struct deployment *deployment = sync->deployment;
		sim_time at = rollout_deadline_check(
		    deployment->progress_deadline_seconds,
		    conditions_find(&deployment->status.conditions, "Progressing"),
		    deployment_is_complete(deployment), now);

		if (at != SIM_NEVER) {
			sync_queue_add_after(controller->queue, key, at - now);
		}
	}
	return true;
}

static bool sync_deployment(struct deployment_controller *controller, const char *key,
                            struct deployment_sync *sync, struct rollout_plan *plan, GError **error)
{
	struct deployment *deployment = sync->deployment;
	struct rollout_deployment numbers = deployment_sync_numbers(sync);
	sim_time now = simulation_now(controller->environment.sim);
	bool scaling = deployment->paused || rollout_is_scaling_event(&numbers, &sync->sets);
	bool written;

	if (rollout_set_paused(&deployment->status.conditions,
	                       deployment->progress_deadline_seconds, deployment->paused, now) &&
	    !deployment_sync_write(sync, error)) {
		return false;
	}
	if (sync->sets.updated >= 0 && !deployment_sync_revision(sync, &written, error)) {
		return false;
	}
	rollout_sync(&numbers, &sync->sets,
	             numbers.recreate && !scaling && old_pods_run(controller, sync), sync->new_name,
	             now, plan);
	if (!carry_out(sync, plan, error)) {
		return false;
	}
	tell(controller, key, sync, plan);
	/* Judged by the status as it was before this sync. */
	if (deployment->paused ||
	    (!scaling && !rollout_plan_scales(plan) && deployment_is_complete(sync->seen))) {
		deployment_sync_clean_up(sync);
	}
	return report(controller, key, sync, !scaling, error);
}

static bool write_picture(void *self, const char *key, void *decision)
{
	struct deployment_controller *controller = self;
	struct rollout_plan plan;
	g_autoptr(GError) error = NULL;

	rollout_plan_init(&plan);
	bool good = sync_deployment(controller, key, decision, &plan, &error);

	rollout_plan_clear(&plan);
	/* Gone meanwhile: nothing is left to do. Everything else is tried again. */
	return good || g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
}

static sim_time retry_delay(unsigned failures)
{
	return failures > MOST_RETRIES ? SIM_NEVER : FIRST_RETRY << (failures - 1);
}

/* --- life --- */

struct deployment_controller *
deployment_controller_new(const struct cluster_environment *environment)
{
	struct deployment_controller *controller = g_new0(struct deployment_controller, 1);
	const struct sync_queue_controller functions = {
	    .self = controller,
	    .decide = take_picture,
	    .write = write_picture,
	    .free_decision = free_picture,
	    .retry_delay = retry_delay,
	};

	controller->environment = *environment;
	controller->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	controller->recorder =
	    event_recorder_new(environment->store, "deployment-controller", NULL);
	controller->queue = sync_queue_new(environment->sim, &functions, CONCURRENT_SYNCS,
	                                   environment->controller_delay);
	controller->deployments = informer_new(environment->store, KIND_DEPLOYMENT,
	                                       environment->watch_delay, on_deployment, controller);
	controller->replica_sets =
	    informer_new(environment->store, KIND_REPLICA_SET, environment->watch_delay,
	                 on_replica_set, controller);
	controller->pods = informer_new(environment->store, KIND_POD, environment->watch_delay,
	                                on_pod, controller);
	informer_group_by(controller->replica_sets, informer_owner_uid);
	informer_group_by(controller->pods, informer_owner_uid);
	return controller;
}

void deployment_controller_free(struct deployment_controller *controller)
{
	if (controller) {
		sync_queue_free(controller->queue);
		informer_free(controller->deployments);
		informer_free(controller->replica_sets);
		informer_free(controller->pods);
		event_recorder_free(controller->recorder);
		g_hash_table_unref(controller->told);
		g_free(controller);
	}
}
