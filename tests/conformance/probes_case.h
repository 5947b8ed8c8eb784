/* probes_case.h - strict reading of the cases of the table `probes`. */

#pragma once

#include "document/document.h"
#include "engine/time.h"
#include "kube/pod.h"

/* What the application answers on one path, in order of from. */
struct script_response {
	char *path;
	sim_time from, latency;
	int status; /* 0: the prober itself fails */
};

struct script_exit {
	sim_time at;     /* after the container's start */
	int64_t attempt; /* -1: every one */
	int exit_code;
};

struct probes_case {
	GString *diff; /* what is wrong with the case */
	/* the kubelet */
	sim_time workers_start, relist, relist_phase, clock_fraction;
	sim_time back_off_initial, back_off_maximum;
	sim_time sleep[PROBE_TYPES];
	bool on_demand;
	GArray *resyncs; /* sim_time */
	/* the container and its pod */
	enum restart_policy restart_policy;
	int64_t grace;
	sim_time pre_stop;                     /* SIM_NEVER: no hook */
	sim_time exit_after;                   /* SIM_NEVER: ignores SIGTERM */
	int term_exit_code, term_status;       /* status 0: as before */
	GArray *exits;                         /* struct script_exit */
	sim_time delete_at;                    /* SIM_NEVER: not */
	const struct doc *probes[PROBE_TYPES]; /* borrowed from the case */
	/* the application */
	GArray *responses; /* struct script_response */
	bool absolute;
	/* the observation */
	const struct doc *expect;
	sim_time until;
};

/* Reads @kase; false when it has faults, which are then in @diff. */
bool probes_case_read(struct probes_case *c, const struct doc *kase, GString *diff);
void probes_case_clear(struct probes_case *c);

/* The time in @map's field @key; @fallback when there is none. A fault is told in @c. */
sim_time probes_case_time(struct probes_case *c, const struct doc *map, const char *key,
                          sim_time fallback);
