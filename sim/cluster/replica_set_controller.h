/* replica_set_controller.h - keeps as many pods as a ReplicaSet asks for, and counts them.
 *
 * It never acts on a stale picture: after it created or deleted pods it waits until it has seen all
 * of that. Pods that are being deleted count no longer and are replaced at once.
 *
 * Source: Kubernetes 1.28 to 1.35, pkg/controller/replicaset, pkg/controller/controller_utils.go.
 */

#pragma once

#include "cluster/environment.h"

struct replica_set_controller;

struct replica_set_controller *
replica_set_controller_new(const struct cluster_environment *environment);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void replica_set_controller_free(struct replica_set_controller *controller);
