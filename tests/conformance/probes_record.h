/* probes_record.h - what the kubelet did in a case of the table `probes`, as its watchers saw it.
 */

#pragma once

#include "store/store.h"
#include "trace/trace.h"

struct recorded_change { /* of Started or Ready */
	sim_time at;
	bool value;
};

struct recorded_attempt {
	sim_time started_at;
	sim_time killed_at, pre_stop_at, term_at, kill_at, finished_at; /* SIM_NEVER: not */
	int cause; /* KILL_... of trace.h; of the latest decision */
	int exit_code;
};

struct recorded_event { /* equal ones, before any aggregation */
	const char *reason;
	char *message;
	int64_t count;
	sim_time first, last;
};

struct probes_record {
	struct simulation *sim;
	struct trace trace;
	bool is_started, is_ready;
	GArray *started, *ready; /* struct recorded_change */
	GArray *attempts;        /* struct recorded_attempt */
	GArray *events;          /* struct recorded_event, Unhealthy and Killing */
	char *pod_ip;
};

/* Watches the pods of @store. */
void probes_record_init(struct probes_record *record, struct simulation *sim, struct store *store);
void probes_record_clear(struct probes_record *record);
