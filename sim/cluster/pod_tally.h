/* pod_tally.h - how many pods each owner has, counted as they change.
 *
 * A controller that syncs at every change of a pod must not walk all pods each time. Pods that are
 * finished or being deleted count for nothing. */

#pragma once

#include "kube/pod.h"
#include "store/store.h"

struct pod_tallies;

struct pod_tally { /* of one owner */
	unsigned active, ready;
	struct string_map *labels; /* those that all active pods have, if they are alike */
	bool alike; /* all active pods have the very same map of labels */
};

struct pod_tallies *pod_tallies_new(void);
void pod_tallies_free(struct pod_tallies *tallies); /* NULL is fine */

/* Every change of every pod, as a watch tells it. */
void pod_tallies_see(struct pod_tallies *tallies, enum change change, const struct object *old,
                     const struct object *object);
/* Of the owner with @uid; never NULL. Valid until the next change. */
const struct pod_tally *pod_tallies_of(const struct pod_tallies *tallies, const char *uid);

/* Neither finished nor being deleted. */
bool pod_is_active(const struct pod *pod);
