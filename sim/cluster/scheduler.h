/* scheduler.h - places pods on nodes, one attempt at a time.
 *
 * Pods without a node are tried in order of arrival. One that fits nowhere waits until something
 * happens in the cluster that could help (a node comes or changes, a pod goes or finishes), and in
 * any case for its own back-off, which doubles with each attempt; without such an event it is tried
 * again after five minutes. Where a pod goes is decided by rules/scheduling.h on what the scheduler
 * has seen, plus its own bindings that it has not seen yet.
 *
 * Source: Kubernetes 1.31 to 1.34, pkg/scheduler/schedule_one.go,
 * pkg/scheduler/backend/queue/scheduling_queue.go. */

#pragma once

#include "cluster/environment.h"

struct scheduler;

/* Defaults of the real scheduler: 1 s and 10 s. */
struct scheduler *scheduler_new(const struct cluster_environment *environment,
                                sim_time initial_backoff, sim_time max_backoff);
/* NULL is fine. The simulation must not run on with the store's watches after this. */
void scheduler_free(struct scheduler *scheduler);
