/* scheduling_queue.h - the pods that wait for a node: active, in back-off, or unschedulable.
 *
 * Active pods are tried, the one that waits longest first. A pod that fitted nowhere is
 * unschedulable until something happens that could help it, or five minutes have passed (checked
 * every 30 s); then it is active again, but not before its back-off since the last attempt is over.
 *
 * Source: Kubernetes 1.33, pkg/scheduler/backend/queue/scheduling_queue.go. */

#pragma once

#include "engine/simulation.h"

#include <glib.h>
#include <stdbool.h>

struct scheduling_queue;

struct waiting_pod {
	char *namespace, *name, *uid;
	unsigned attempts; /* made so far */
	bool minds_pods;   /* has affinity or spread constraints: a placed pod may help it */
};

/* @ready is called when a pod becomes active. */
struct scheduling_queue *scheduling_queue_new(struct simulation *sim, sim_time initial_backoff,
                                              sim_time max_backoff, void (*ready)(void *data),
                                              void *data);
void scheduling_queue_free(struct scheduling_queue *queue);

/* Adds a pod; nothing happens when it is there, active or in flight. */
void scheduling_queue_add(struct scheduling_queue *queue, const char *namespace, const char *name,
                          const char *uid, bool minds_pods);
/* Forgets a pod in whatever state. */
void scheduling_queue_remove(struct scheduling_queue *queue, const char *namespace,
                             const char *name);
/* The next active pod, which now is in flight; borrowed until it is done or removed. NULL: none. */
struct waiting_pod *scheduling_queue_pop(struct scheduling_queue *queue);
/* The pod in flight fitted nowhere. */
void scheduling_queue_defer(struct scheduling_queue *queue, struct waiting_pod *pod);
/* The pod in flight failed for another reason: it only waits for its back-off. */
void scheduling_queue_retry(struct scheduling_queue *queue, struct waiting_pod *pod);
/* Something happened that could help; @pods_only: only pods that mind other pods. */
void scheduling_queue_wake(struct scheduling_queue *queue, bool pods_only);
