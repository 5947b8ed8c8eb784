/* endpoint_slice_controller.h - keeps the EndpointSlices of every Service with a selector.
 *
 * Follows Pods, Services, Nodes and its own slices, each with the watch delay. A pod's change that
 * matters queues its Services (after the batch period), a Service's change queues it at once,
 * somebody else's change of a slice after a second. A sync decides on what has been seen and writes
 * when its API calls are done. If the controller has not yet seen its own last write, the sync
 * fails and comes again after a second: two pods that become Ready within some milliseconds can be
 * published a second apart.
 *
 * Slices of a deleted Service are the garbage collector's matter.
 * Source: Kubernetes 1.34, pkg/controller/endpointslice/endpointslice_controller.go,
 * staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go. */

#pragma once

#include "cluster/environment.h"

struct endpoint_slice_controller;

/* @batch_period: --endpointslice-updates-batch-period (0 s); @max_endpoints in a slice (100). */
struct endpoint_slice_controller *
endpoint_slice_controller_new(const struct cluster_environment *environment, sim_time batch_period,
                              unsigned max_endpoints);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void endpoint_slice_controller_free(struct endpoint_slice_controller *controller);
