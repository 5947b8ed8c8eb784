/* workload.h - Deployments, ReplicaSets, PodDisruptionBudgets. */

#pragma once

#include "kube/pod.h"

/* maxSurge and friends: a number or a percentage. */
struct int_or_percent {
	enum { VALUE_UNSET, VALUE_NUMBER, VALUE_PERCENT } kind;
	int32_t value;
};

#define NO_LIMIT INT32_MAX /* progressDeadlineSeconds, revisionHistoryLimit: none */

struct deployment {
	struct object object;
	int32_t replicas;
	struct label_selector *selector;
	struct pod_template template;
	bool recreate; /* strategy Recreate, else RollingUpdate */
	struct int_or_percent max_surge, max_unavailable;
	int32_t min_ready_seconds;
	int32_t progress_deadline_seconds;
	int32_t revision_history_limit;
	bool paused;
	struct {
		int64_t observed_generation;
		int32_t replicas, updated_replicas, ready_replicas, available_replicas, unavailable_replicas;
		int32_t collision_count;
		struct conditions conditions;
	} status;
};

#define DEPLOYMENT(o) ((struct deployment *)(o))

struct replica_set {
	struct object object;
	int32_t replicas;
	struct label_selector *selector;
	struct pod_template template;
	int32_t min_ready_seconds;
	struct {
		int64_t observed_generation;
		int32_t replicas, fully_labeled_replicas, ready_replicas, available_replicas;
		struct conditions conditions;
	} status;
};

#define REPLICA_SET(o) ((struct replica_set *)(o))

struct pod_disruption_budget { /* accepted; voluntary evictions come later */
	struct object object;
	struct label_selector *selector;
	struct int_or_percent min_available, max_unavailable;
};

#define PDB(o) ((struct pod_disruption_budget *)(o))
