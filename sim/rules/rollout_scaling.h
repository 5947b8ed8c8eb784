/* rollout_scaling.h - what a change of spec.replicas does to the ReplicaSets.
 *
 * The autoscaler only writes spec.replicas; the Deployment controller notices by the annotation in
 * which each ReplicaSet remembers the number it was last sized for. In the middle of a rollout all
 * ReplicaSets with pods grow or shrink in proportion, so that the risk stays what it was: pods of
 * an old template may appear afresh.
 *
 * Source: Kubernetes 1.28 to 1.35, pkg/controller/deployment/sync.go (scale),
 * util/deployment_util.go (GetReplicaSetProportion, getReplicaSetFraction). */

#pragma once

#include "rules/rollout.h"

/* Whether an active ReplicaSet was sized for another number of replicas. */
bool rollout_is_scaling_event(const struct rollout_deployment *deployment,
                              const struct rollout_sets *sets);

/* Pods to add to a ReplicaSet of @replicas (negative: to remove) so that it keeps its share.
 * @max_annotation: NO_ANNOTATION or 0 makes the Deployment's status.replicas stand in. */
int32_t rollout_fraction(const struct rollout_deployment *deployment, int32_t replicas,
                         int32_t max_annotation);

/* One scaling sync. */
void rollout_scale(const struct rollout_deployment *deployment, struct rollout_sets *sets,
                   struct rollout_plan *plan);
