/* sync_queue.h - the work queue of a controller that syncs objects by name.
 *
 * The queue holds a key once: changes that arrive while it waits are one sync. A change during its
 * own sync queues it again. Several keys are synced in parallel, one key never twice at once. A
 * sync decides at once on what its controller has seen, and writes later, when its API calls have
 * taken their time; a sync with nothing to write takes no time. One that failed comes again, later
 * from failure to failure.
 *
 * Source: Kubernetes 1.34, staging/src/k8s.io/client-go/util/workqueue (queue.go,
 * delaying_queue.go, default_rate_limiters.go). */

#pragma once

#include "engine/simulation.h"

struct sync_queue;

struct sync_queue_controller {
	void *self;
	/* Decides what to write for @key ("namespace/name"): NULL for nothing. *@failed: the sync
	 * ends with an error after that. */
	void *(*decide)(void *self, const char *key, bool *failed);
	/* Writes what decide() returned, and keeps it; false: failed. */
	bool (*write)(void *self, const char *key, void *decision);
	void (*free_decision)(void *decision);
	/* How long to wait after @failures failures in a row; SIM_NEVER: give up. */
	sim_time (*retry_delay)(unsigned failures);
};

/* @workers: keys in parallel. @duration: from a decision to its write. */
struct sync_queue *sync_queue_new(struct simulation *sim,
                                  const struct sync_queue_controller *controller, unsigned workers,
                                  sim_time duration);
/* Cancels what is pending. NULL is fine. */
void sync_queue_free(struct sync_queue *queue);

/* Queues @key now; or @delay from now, unless it comes earlier anyway. */
void sync_queue_add(struct sync_queue *queue, const char *key);
void sync_queue_add_after(struct sync_queue *queue, const char *key, sim_time delay);

/* "namespace/name" of an object; to be freed. */
char *sync_queue_key(const char *namespace, const char *name);
/* The name in @key; *@namespace to be freed. */
const char *sync_queue_split(const char *key, char **namespace);
