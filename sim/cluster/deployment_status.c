/* deployment_status.c - what the Deployment controller reports about a Deployment. */

#include "cluster/deployment_sync.h"

#include "rules/rollout_status.h"

#include <string.h>

static struct rollout_status status_of(const struct deployment *deployment)
{
	return (struct rollout_status){
	    .replicas = deployment->status.replicas,
	    .updated = deployment->status.updated_replicas,
	    .ready = deployment->status.ready_replicas,
	    .available = deployment->status.available_replicas,
	    .unavailable = deployment->status.unavailable_replicas,
	};
}

bool deployment_is_complete(const struct deployment *deployment)
{
	struct rollout_status status = status_of(deployment);

	return rollout_is_complete(deployment->replicas, &status,
	                           deployment->status.observed_generation >=
	                               deployment->object.meta.generation);
}

/* The counts of all ReplicaSets; old pods are counted as well. */
static void count(const struct deployment_sync *sync, struct deployment *deployment)
{
	const struct replica_set *updated = deployment_sync_updated(sync);
	int32_t wanted = 0;

	deployment->status.observed_generation = deployment->object.meta.generation;
	deployment->status.replicas = 0;
	deployment->status.ready_replicas = 0;
	deployment->status.available_replicas = 0;
	deployment->status.updated_replicas = updated ? updated->status.replicas : 0;
	for (unsigned i = 0; i < sync->replica_sets->len; i++) {
		const struct replica_set *set = deployment_sync_set(sync, i);

		wanted += set->replicas;
		deployment->status.replicas += set->status.replicas;
		deployment->status.ready_replicas += set->status.ready_replicas;
		deployment->status.available_replicas += set->status.available_replicas;
	}
	deployment->status.unavailable_replicas =
	    MAX(0, wanted - deployment->status.available_replicas);
}

/* ReplicaFailure of a ReplicaSet, preferably the new one; NULL: none fails. */
static const struct condition *find_failure(const struct deployment_sync *sync)
{
	const struct replica_set *updated = deployment_sync_updated(sync);
	const struct condition *failure =
	    updated ? conditions_find(&updated->status.conditions, "ReplicaFailure") : NULL;

	for (unsigned i = 0; !failure && i < sync->replica_sets->len; i++) {
		failure = conditions_find(&deployment_sync_set(sync, i)->status.conditions,
		                          "ReplicaFailure");
	}
	return failure;
}

static void copy_failure(const struct deployment_sync *sync, struct conditions *conditions,
                         sim_time now)
{
	const struct condition *failure = find_failure(sync);

	if (failure) {
		rollout_set_condition(conditions, "ReplicaFailure", failure->status,
		                      failure->reason, failure->message, now);
	} else {
		conditions_remove(conditions, "ReplicaFailure");
	}
}

static bool same_conditions(const struct conditions *a, const struct conditions *b)
{
	if (a->n != b->n) {
		return false;
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct condition *left = &a->items[i], *right = &b->items[i];

		if (g_strcmp0(left->type, right->type) != 0 || left->status != right->status ||
		    g_strcmp0(left->reason, right->reason) != 0 ||
		    g_strcmp0(left->message, right->message) != 0 ||
		    left->last_transition_time != right->last_transition_time ||
		    left->last_update_time != right->last_update_time) {
			return false;
		}
	}
	return true;
}

static bool same_status(const struct deployment *a, const struct deployment *b)
{
	struct rollout_status left = status_of(a), right = status_of(b);

	return memcmp(&left, &right, sizeof(left)) == 0 &&
	       a->status.observed_generation == b->status.observed_generation &&
	       a->status.collision_count == b->status.collision_count &&
	       same_conditions(&a->status.conditions, &b->status.conditions);
}

bool deployment_sync_status(struct deployment_sync *sync, bool judge, bool *changed, GError **error)
{
	struct deployment *deployment = sync->deployment;
	const struct replica_set *updated = deployment_sync_updated(sync);
	struct rollout_deployment numbers = deployment_sync_numbers(sync);
	struct conditions *conditions = &deployment->status.conditions;
	sim_time now = simulation_now(sync->environment->sim);
	struct rollout_progress progress = {
	    .replicas = deployment->replicas,
	    .progress_deadline_seconds = deployment->progress_deadline_seconds,
	    .observed = true,
	    .before = status_of(deployment),
	    .deployment = deployment->object.meta.name,
	    .new_replica_set = updated ? updated->object.meta.name : NULL,
	};

	count(sync, deployment);
	rollout_set_available(conditions, deployment->status.available_replicas,
	                      numbers.replicas - rollout_max_unavailable(&numbers), now);
	if (judge) {
		progress.after = status_of(deployment);
		rollout_judge_progress(conditions, &progress, now);
		copy_failure(sync, conditions, now);
	}
	*changed = !same_status(deployment, sync->seen);
	return !*changed || deployment_sync_write(sync, error);
}
