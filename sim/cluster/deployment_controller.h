/* deployment_controller.h - moves a Deployment's ReplicaSets towards its spec, and reports.
 *
 * Looks at a Deployment whenever it or one of its ReplicaSets changes, as its informers see them;
 * what to do is decided by rules/rollout.h. Each step's arithmetic goes to the trace. A write
 * against an object that changed meanwhile is refused by the store, and the sync is repeated.
 *
 * Source: Kubernetes 1.28 to 1.35, pkg/controller/deployment. */

#pragma once

#include "cluster/environment.h"

struct deployment_controller;

struct deployment_controller *
deployment_controller_new(const struct cluster_environment *environment);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void deployment_controller_free(struct deployment_controller *controller);
