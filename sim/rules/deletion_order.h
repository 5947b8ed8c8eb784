/* deletion_order.h - which pods a ReplicaSet deletes when it has too many.
 *
 * First those that serve least: not placed, Pending, not Ready; then those that are cheap or
 * crowded; then the young. Ages are compared by powers of two of nanoseconds (gate
 * LogarithmicScaleDown): within one such bucket the smaller UID goes, which is as good as chance.
 *
 * Source: Kubernetes 1.33, pkg/controller/controller_utils.go (ActivePodsWithRanks). */

#pragma once

#include "kube/pod.h"

struct deletion_candidate {
	bool assigned; /* to a node */
	enum pod_phase phase;
	bool ready;
	sim_time ready_since; /* transition of the Ready condition; SIM_NEVER: unset */
	int32_t cost;         /* controller.kubernetes.io/pod-deletion-cost; missing: 0 */
	int rank;             /* active pods of the same owner on its node */
	uint32_t restarts;    /* largest of its containers */
	sim_time created;     /* SIM_NEVER: unset */
	const char *uid;      /* NULL counts as "" */
};

struct deletion_rules {
	bool logarithmic_age, cost; /* gates LogarithmicScaleDown, PodDeletionCost */
	sim_time now;
};

/* Negative when @a goes first, positive when @b does, 0 when neither. */
int deletion_compare(const struct deletion_candidate *a, const struct deletion_candidate *b,
                     const struct deletion_rules *rules);

/* Indices of the @n candidates from the first to the last deleted. Equal ones keep their order. An
 * array of unsigned; the caller's. */
GArray *deletion_order(const struct deletion_candidate *candidates, unsigned n,
                       const struct deletion_rules *rules);

/* What the rules look at in @pod, without its rank. Borrows the UID. */
struct deletion_candidate deletion_candidate_of(const struct pod *pod);
