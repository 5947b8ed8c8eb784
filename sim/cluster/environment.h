/* environment.h - what every actor of the cluster is given: the clock, the API store, the sink of
 * traces, the release's behaviours, and how long things take between components.
 *
 * Actors know each other only through the store. Settings of one component alone are arguments of
 * its own constructor. The environment is borrowed by the actors and must outlive them; nothing in
 * it changes during a run, so actors may copy it. */

#pragma once

#include "engine/simulation.h"
#include "kube/release.h"
#include "store/store.h"
#include "trace/trace.h"

struct cluster_environment {
	struct simulation *sim; /* its seed is the root of all draws */
	struct store *store;
	const struct trace *trace;     /* never NULL; functions in it may be */
	const struct release *release; /* never NULL */

	sim_time watch_delay;      /* from a write to a watcher's picture */
	sim_time controller_delay; /* from queue to write of a controller's sync */
	sim_time status_delay;     /* from the kubelet's own picture of a pod to the API server */
	sim_time proxy_sync;       /* duration of one kube-proxy sync */
	sim_time scheduling;       /* duration of one scheduling attempt */
};
