/* deployment_sync.h - what one sync of the Deployment controller holds in its hands: a Deployment
 * that it may change, its ReplicaSets, and the same as numbers for the rules.
 *
 * Private to the Deployment controller. */

#pragma once

#include "cluster/environment.h"
#include "rules/rollout.h"
#include "store/event_recorder.h"

struct deployment_sync {
	const struct cluster_environment *environment;
	struct event_recorder *recorder;
	struct deployment *deployment; /* own copy; its status may be changed until it is written */
	const struct deployment *seen; /* as last seen or written; a reference */
	GPtrArray *replica_sets;       /* struct replica_set *, a reference each, by age */
	struct rollout_sets sets;      /* the same as numbers, same indices */
	char *new_name;                /* what a new ReplicaSet will be called */
};

void deployment_sync_init(struct deployment_sync *sync,
                          const struct cluster_environment *environment,
                          struct event_recorder *recorder, const struct deployment *seen);
void deployment_sync_clear(struct deployment_sync *sync);

/* Adds a ReplicaSet of the Deployment. In any order, before deployment_sync_ready(). */
void deployment_sync_add(struct deployment_sync *sync, const struct replica_set *replica_set);
/* Finds the new ReplicaSet and fills in the numbers. */
void deployment_sync_ready(struct deployment_sync *sync);
struct rollout_deployment deployment_sync_numbers(const struct deployment_sync *sync);
/* The new ReplicaSet or NULL. */
const struct replica_set *deployment_sync_updated(const struct deployment_sync *sync);
struct replica_set *deployment_sync_set(const struct deployment_sync *sync, unsigned index);

/* Writes the Deployment as it is now in the sync. */
bool deployment_sync_write(struct deployment_sync *sync, GError **error);

/* --- deployment_replica_sets.c --- */

/* Gives the new ReplicaSet, which there is, its revision and the Deployment's annotations.
 * *@written: the ReplicaSet was written, so that the Deployment follows in the next sync. */
bool deployment_sync_revision(struct deployment_sync *sync, bool *written, GError **error);
/* Creates the new ReplicaSet with @replicas as the last of the sets. */
bool deployment_sync_create(struct deployment_sync *sync, int32_t replicas, GError **error);
/* Writes the size and the annotations of a ReplicaSet, with its event. */
bool deployment_sync_scale(struct deployment_sync *sync, const struct rollout_scaling *scaling,
                           GError **error);
/* Removes old ReplicaSets beyond revisionHistoryLimit. */
void deployment_sync_clean_up(struct deployment_sync *sync);

/* --- deployment_status.c --- */

/* Whether the status as last written says that the rollout is complete. */
bool deployment_is_complete(const struct deployment *deployment);
/* Computes and, if it differs, writes the status. @judge: progress is judged as well. *@changed:
 * whether it was written. */
bool deployment_sync_status(struct deployment_sync *sync, bool judge, bool *changed,
                            GError **error);
