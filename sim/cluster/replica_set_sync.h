/* replica_set_sync.h - what one sync of the ReplicaSet controller holds in its hands.
 *
 * Private to the ReplicaSet controller. */

#pragma once

#include "cluster/environment.h"
#include "cluster/expectations.h"
#include "engine/random.h"
#include "kube/workload.h"
#include "store/event_recorder.h"

struct replica_set_actions { /* what outlasts a sync */
	const struct cluster_environment *environment;
	struct event_recorder *recorder;
	struct expectations *expectations;
	struct random_stream names;
	GHashTable *created; /* owner key -> number of pods created under it so far */
};

struct replica_set_sync {
	struct replica_set_actions *actions;
	char *key;
	const struct replica_set *seen; /* a reference */
	unsigned active, ready; /* pods that count: active, owned, matching */
	GPtrArray *pods;        /* the same, references; NULL when their number is enough */
	GPtrArray *related; /* active pods of all ReplicaSets of the same owner; NULL without pods */
	bool manage;        /* everything done before has been seen */
};

/* Creates or deletes pods. *@failure: static reason of the condition ReplicaFailure, NULL when all
 * went well; *@message then to be freed. */
void replica_set_manage(const struct replica_set_sync *sync, const char **failure, char **message);

/* Counts and, if anything differs, writes the status. */
bool replica_set_report(const struct replica_set_sync *sync, const char *failure,
                        const char *message, GError **error);

/* Whether @pod has been Ready for more than @min_ready_seconds. */
bool replica_set_pod_is_available(const struct pod *pod, int32_t min_ready_seconds, sim_time now);
