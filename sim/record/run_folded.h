/* run_folded.h - pods that went long ago, in sums: see recorder_fold.c.
 *
 * One of these for each ReplicaSet (or none) and revision of its Deployment. Sums are of what the pods were when they were gone, so they are
 * complete; what is lost is when it was, and which of them. */

#pragma once

#include "record/run.h"

struct run_figure { /* one number of each of many pods */
	uint64_t n; /* of pods that have it */
	double sum, squares, least, most;
};

struct run_folded_container {
	char *name;
	uint64_t probes[PROBE_TYPES][3]; /* by result */
	uint64_t restarts;
	sim_time last_restart; /* SIM_NEVER: none */
};

struct run_folded_event {
	const char *reason; /* interned */
	bool warning;
	uint64_t count;
};

struct run_folded {
	char *namespace, *deployment, *replica_set; /* the latter NULL: none */
	int64_t revision;
	uint64_t pods;
	sim_time first, last; /* when they were gone */
	uint64_t versions;    /* of them and of Events about them, that were kept no longer */
	uint64_t requests, failures;
	uint64_t never_ready;
	struct run_figure time_to_ready; /* seconds */
	struct run_figure cpu_mean, cpu_max, memory_mean, memory_max;
	GArray *containers; /* struct run_folded_container */
	GArray *events;     /* struct run_folded_event */
};

/* New sums of nothing; appended to @run, which owns them. */
struct run_folded *run_add_folded(struct run *run);
void run_folded_free(void *folded);
/* Adds @pod, which is complete and gone, to the sums of its ReplicaSet and revision, which are returned. */
struct run_folded *run_fold_pod(struct run *run, const struct run_pod *pod);
void run_folded_add_event(struct run_folded *folded, const struct event *event);
/* All pods folded; 0: none. */
uint64_t run_folded_pods(const struct run *run);
/* Shortens a list whose items beyond @length are already gone, without freeing them. */
void run_shorten(GPtrArray *list, unsigned length);
