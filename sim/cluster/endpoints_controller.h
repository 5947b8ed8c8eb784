/* endpoints_controller.h - keeps the old Endpoints object of every Service with a selector: what
 * `kubectl get endpoints` prints. Nothing in the cluster reads it.
 *
 * Source: Kubernetes 1.34, pkg/controller/endpoint/endpoints_controller.go. */

#pragma once

#include "cluster/environment.h"

struct endpoints_controller;

struct endpoints_controller *
endpoints_controller_new(const struct cluster_environment *environment);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void endpoints_controller_free(struct endpoints_controller *controller);
