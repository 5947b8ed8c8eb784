/* kubelet.h - the agent of one node: it runs the pods that are bound to it, probes their
 * containers, restarts what ends, and tells the API server.
 *
 * A kubelet sees the containers through its PLEG, which looks at the runtime once a second, and
 * acts on a pod in syncs, one at a time and each on a picture newer than the sync before. Between
 * the syncs its probe workers tick on their own. Most of what a pod's life looks like from outside
 * - a second of delay here, an extra probe there - comes from how these three clocks meet.
 * Source: pkg/kubelet (kubelet.go, pod_workers.go, prober/, kuberuntime/, pleg/, status/). */

#pragma once

#include "cluster/environment.h"
#include "node/network.h"
#include "node/runtime.h"
#include "rules/back_off.h"

struct kubelet_config {
	const char *node_name;
	unsigned node; /* its number in the network */
	struct network *network;
	const struct container_runtime *runtime;

	sim_time relist_period,
	    relist_phase;      /* the PLEG looks at relist_phase + n * relist_period */
	sim_time queue_period; /* the work queue is looked at so often; 0: at the exact time */
	sim_time housekeeping_period;
	sim_time sync_frequency; /* a pod that is in order is synced again after 1 to 1.5 times
	                            this; 0: never */
	bool jitter;             /* false: every factor between 1 and 1.5 is 1 */
	struct back_off_limits back_off;
	sim_time
	    back_off_retry_cap;  /* longest wait at once for the end of a back-off; 0: no limit */
	sim_time clock_fraction; /* the wall clock's fraction of a second at time zero */

	/* Durations of the world outside; NULL: 0. @attempt counts from 0. The image time is asked
	 * once per image; SIM_NEVER: the image is on the node. */
	void *world;
	sim_time (*image_pull_time)(void *world, const struct pod *pod,
	                            const struct container *container);
	sim_time (*container_start_time)(void *world, const struct pod *pod,
	                                 const struct container *container, uint32_t attempt);
	/* How long a new probe worker sleeps before its first check: a random part of a period when
	 * the kubelet is younger than that. */
	sim_time (*worker_sleep)(void *world, const struct pod *pod,
	                         const struct container *container, enum probe_type type);
};

/* The defaults of a kubelet that has been up for a while, with jitter; the first five fields are
 * left alone. */
void kubelet_config_defaults(struct kubelet_config *config);

struct kubelet;

/* Starts the kubelet: it follows the pods of @environment's store from now on. @config is copied;
 * what it points to is borrowed. It must outlive the run of the simulation. */
struct kubelet *kubelet_new(const struct cluster_environment *environment,
                            const struct kubelet_config *config);
/* Frees it without a word to the runtime. */
void kubelet_free(struct kubelet *kubelet);

/* The address of the pod's sandbox; generation 0 when it has none (yet, or no more). */
struct network_address kubelet_address_of(const struct kubelet *kubelet, const char *pod_uid);

/* Asks for a sync of the pod, as its periodic resync does. Nothing happens if it is not here. */
void kubelet_resync(struct kubelet *kubelet, const char *pod_uid);
