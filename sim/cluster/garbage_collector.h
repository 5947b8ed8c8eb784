/* garbage_collector.h - deletes what belongs to an owner that is gone: ReplicaSets and
 * EndpointSlices at once, pods gracefully.
 *
 * Source: Kubernetes 1.33, pkg/controller/garbagecollector (background propagation). */

#pragma once

#include "cluster/environment.h"

struct garbage_collector;

struct garbage_collector *garbage_collector_new(const struct cluster_environment *environment);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void garbage_collector_free(struct garbage_collector *collector);
