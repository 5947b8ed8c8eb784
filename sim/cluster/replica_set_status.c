/* replica_set_status.c - what the ReplicaSet controller reports. */

#include "cluster/replica_set_sync.h"

bool replica_set_pod_is_available(const struct pod *pod, int32_t min_ready_seconds, sim_time now)
{
	const struct condition *ready = conditions_find(&pod->conditions, "Ready");

	return pod_is_ready(pod) &&
	       (min_ready_seconds == 0 ||
	        ready->last_transition_time + min_ready_seconds * SIM_SECOND < now);
}

static int32_t count_available(const struct replica_set_sync *sync)
{
	sim_time now = simulation_now(sync->actions->environment->sim);
	int32_t available = 0;

	if (sync->seen->min_ready_seconds == 0) {
		return (int32_t)sync->ready;
	}
	for (unsigned i = 0; i < sync->pods->len; i++) {
		available += replica_set_pod_is_available(POD(sync->pods->pdata[i]),
		                                          sync->seen->min_ready_seconds, now);
	}
	return available;
}

/* Puts the counts into @set; whether anything differs from what it said. The labels of all pods are
 * the template's, so every pod is fully labelled. */
static bool count(const struct replica_set_sync *sync, struct replica_set *set)
{
	int32_t all = (int32_t)sync->active, ready = (int32_t)sync->ready;
	int32_t available = count_available(sync);
	bool same = set->status.replicas == all && set->status.fully_labeled_replicas == all &&
	            set->status.ready_replicas == ready &&
	            set->status.available_replicas == available &&
	            set->status.observed_generation == sync->seen->object.meta.generation;

	set->status.replicas = all;
	set->status.fully_labeled_replicas = all;
	set->status.ready_replicas = ready;
	set->status.available_replicas = available;
	set->status.observed_generation = sync->seen->object.meta.generation;
	return !same;
}

/* ReplicaFailure, as long as the last attempt failed. Whether it changed. */
static bool set_failure(struct replica_set *set, const char *failure, const char *message,
                        sim_time now)
{
	bool failed = conditions_find(&set->status.conditions, "ReplicaFailure") != NULL;

	if (!failure && failed) {
		conditions_remove(&set->status.conditions, "ReplicaFailure");
		return true;
	}
	return failure && !failed &&
	       conditions_set(&set->status.conditions, "ReplicaFailure", CONDITION_TRUE, failure,
	                      message, now);
}

bool replica_set_report(const struct replica_set_sync *sync, const char *failure,
                        const char *message, GError **error)
{
	const struct cluster_environment *environment = sync->actions->environment;
	const struct object_meta *meta = &sync->seen->object.meta;
	const struct object *base = &sync->seen->object;
	bool good = true;

	/* A second attempt is made on the newest version. */
	for (int attempt = 0; attempt < 2 && base; attempt++) {
		struct replica_set *copy = REPLICA_SET(object_revise(base));
		bool changed = count(sync, copy);

		changed |= set_failure(copy, failure, message, simulation_now(environment->sim));
		g_clear_error(error);
		good = !changed || store_update(environment->store, &copy->object, false, error);
		object_unref(&copy->object);
		if (good) {
			break;
		}
		base = store_get(environment->store, KIND_REPLICA_SET, meta->namespace, meta->name);
	}
	return good;
}
