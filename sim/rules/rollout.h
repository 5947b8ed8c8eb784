/* rollout.h - how a Deployment moves its ReplicaSets: one sync of the Deployment controller.
 *
 * A sync looks at all ReplicaSets of a Deployment, does at most one kind of scaling and says what
 * it computed. The change brings the next sync; so a rollout is a chain of such steps. New pods
 * that never become available stop the chain: their number is subtracted from the budget that old
 * pods may be taken from.
 *
 * Pure: sets are plain numbers, the plan says what has to be written. The functions change the
 * sizes in the sets they are given as the writes would.
 *
 * Source: Kubernetes 1.28 to 1.35, pkg/controller/deployment/rolling.go, recreate.go, sync.go,
 * util/deployment_util.go. */

#pragma once

#include "engine/time.h"
#include "kube/workload.h"

/* What the rules know of a Deployment. */
struct rollout_deployment {
	int32_t replicas; /* spec.replicas */
	bool recreate;    /* strategy Recreate, else RollingUpdate */
	bool paused;
	struct int_or_percent max_surge, max_unavailable;
	int32_t status_replicas; /* status.replicas, as last written */
};

/* What they know of a ReplicaSet. */
struct rollout_set {
	const char *name;                           /* borrowed */
	sim_time created;                           /* age decides, then the name */
	int32_t replicas;                           /* spec.replicas */
	int32_t status_replicas, available;         /* as last reported */
	int32_t desired_annotation, max_annotation; /* -1: missing */
};

#define NO_ANNOTATION (-1)

/* All ReplicaSets of one Deployment, in any order. */
struct rollout_sets {
	GArray *items; /* struct rollout_set */
	int updated;   /* index of the one with the Deployment's template; -1: none yet */
};

struct rollout_scaling {
	unsigned set; /* index into the sets */
	int32_t from, to;
	bool up; /* the word of the event; in a proportional scaling that of the Deployment */
};

/* What one sync writes, in order: the creation, then the scalings. */
struct rollout_plan {
	bool creates; /* the new ReplicaSet, which then is the last of the sets */
	int32_t created_replicas;
	GArray *scalings; /* struct rollout_scaling; from == to: only the annotations are new */
	GString *text;    /* the arithmetic in words: "budget 5 - 3 - 0 = 2: v2 2 -> 0" */
};

void rollout_sets_init(struct rollout_sets *sets);
void rollout_sets_clear(struct rollout_sets *sets);
void rollout_plan_init(struct rollout_plan *plan);
void rollout_plan_clear(struct rollout_plan *plan);
/* Whether anything changes size or comes into being. */
bool rollout_plan_scales(const struct rollout_plan *plan);

/* Reads "25%" of @text; false when it is no percentage (a bare number in quotes is none either). */
bool rollout_percentage_parse(const char *text, struct int_or_percent *value);

/* Both as numbers of pods of @replicas: surge rounded up, unavailable down, unset as 0; unavailable
 * becomes 1 when both are 0. Not capped. */
void rollout_fenceposts(struct int_or_percent surge, struct int_or_percent unavailable,
                        int32_t replicas, int32_t *max_surge, int32_t *max_unavailable);

/* The numbers that the controller uses: 0 for Recreate, unavailable at most the replicas. */
int32_t rollout_max_surge(const struct rollout_deployment *deployment);
int32_t rollout_max_unavailable(const struct rollout_deployment *deployment);
int32_t rollout_min_available(const struct rollout_deployment *deployment);

/* Size of the new ReplicaSet that has @replicas now, when all ReplicaSets together have @all. */
int32_t rollout_new_size(const struct rollout_deployment *deployment, int32_t replicas,
                         int32_t all);

/* Step A: the new ReplicaSet (there is one) towards its size. Whether it was scaled. */
bool rollout_reconcile_new(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                           struct rollout_plan *plan);

/* Step B: the old ReplicaSets give up what the budget allows. Whether any was scaled. */
bool rollout_reconcile_old(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                           struct rollout_plan *plan);

/* Part one of B: takes at most @budget pods that are not available, oldest ReplicaSet first.
 * Returns how many; -1 when a ReplicaSet reports more available pods than it should have, in which
 * case the controller gives up for this sync. */
int32_t rollout_cleanup_unhealthy(struct rollout_sets *sets, int32_t budget,
                                  struct rollout_plan *plan);

/* Part two of B: @available pods (of all ReplicaSets) less those that must stay may go. Returns how
 * many went. */
int32_t rollout_scale_down_old(const struct rollout_deployment *deployment,
                               struct rollout_sets *sets, int32_t available,
                               struct rollout_plan *plan);

/* A whole sync. @old_pods_run: a pod of an old ReplicaSet is in a phase other than Succeeded or
 * Failed, terminating ones included (asked by Recreate only). @new_name: what the new ReplicaSet
 * will be called should the plan create it; borrowed as long as the sets. */
void rollout_sync(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                  bool old_pods_run, const char *new_name, sim_time now, struct rollout_plan *plan);

/* Text of the event ScalingReplicaSet in the form of the release (struct release). @created: the
 * ReplicaSet is new. Free with g_free(). */
char *rollout_event_text(int form, const struct rollout_scaling *scaling, const char *name,
                         bool created);

/* --- for the parts of the rule only --- */
struct rollout_set *rollout_sets_at(const struct rollout_sets *sets, unsigned index);
/* Sum of spec.replicas. */
int32_t rollout_sets_replicas(const struct rollout_sets *sets);
/* Sets the size and puts it into the plan. */
void rollout_set_size(struct rollout_sets *sets, unsigned index, int32_t size, bool up,
                      struct rollout_plan *plan);
