/* slow_start.h - how the ReplicaSet controller creates pods: in batches of 1, 2, 4, 8, ...
 *
 * A quota or a broken template would fail every creation alike; small first batches keep the number
 * of useless calls low. Any failure ends the sync after its batch.
 *
 * Source: Kubernetes 1.33, pkg/controller/replicaset/replica_set.go (slowStartBatch). */

#pragma once

#include <glib.h>
#include <stdbool.h>

enum { REPLICA_SET_BURST = 500 /* pods created or deleted by one sync at most */ };

/* Calls @create for at most REPLICA_SET_BURST of the @missing pods and returns how many calls
 * succeeded. @batches (GArray of unsigned, may be NULL) gets the sizes tried; *@failed tells
 * whether a call failed. */
unsigned slow_start(unsigned missing, bool (*create)(void *data), void *data, GArray *batches,
                    bool *failed);
