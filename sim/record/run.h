/* run.h - what happened: the record of one simulated run, and all that reports know.
 *
 * Plain data, complete once the run is over; it can be saved and read back (archive.h). Nothing
 * here refers to the world that made it. Times are simulated; SIM_NEVER stands for "did not
 * happen". Memory hardly grows with simulated time: series have a bounded number of bins that
 * double in width, probes are run-length encoded, pods that went long ago are folded into sums, long
 * lists are thinned in their middle. */

#pragma once

#include "engine/histogram.h"
#include "kube/autoscaling.h"
#include "kube/service.h"
#include "kube/workload.h"
#include "rules/hpa.h"
#include "scenario/scenario.h"
#include "store/store.h"
#include "trace/trace.h"

/* A quantity averaged over equal bins of time. */
struct series {
	sim_time start, width;
	double *values; /* mean over the bin; NaN: not defined (the pod did not run) */
	size_t n;
};

/* A quantity that holds until it changes. */
struct step {
	sim_time at;
	double value;
	uint32_t more;      /* further steps that it stands for, see run_thin.h; then, until the next: */
	double least, most; /* that it had */
	sim_time zero;      /* how long it was 0 */
};

struct span {
	sim_time from, to; /* to SIM_NEVER: still so at the end */
	sim_time gaps;     /* of it: how long it was not so, between the spans that it stands for */
	uint32_t more;     /* further spans that it stands for */
};

struct run_restart {
	sim_time at; /* the replacement starts; SIM_NEVER: not yet */
	sim_time killed_at, finished_at;
	int cause; /* KILL_NONE (by itself), KILL_STARTUP, KILL_LIVENESS */
	int exit_code;
	const char *reason;
	char *container;
	uint32_t more; /* further restarts alike that it stands for, see run_thin.h */
	sim_time last; /* when the last of them started */
};

struct run_probes { /* equal outcomes in a row */
	char *container;
	enum probe_type type;
	uint32_t attempt;
	sim_time first, last;
	uint32_t count;
	int result; /* as struct probe_trace */
	int status;
	char *message;
	int port;
	const struct handler *handler; /* borrowed from the pod's spec */
	sim_time longest;              /* of the answers: how long it took at most */
	int run, threshold; /* of the last one: results in a row, and how many of them count */
	uint32_t more;      /* further runs of outcomes alike that it stands for, see run_thin.h */
};

/* What a pod lost from the SIGTERM of its deletion on. */
struct run_cut {
	uint64_t refused;     /* connections that its containers did not take any more */
	uint64_t unreachable; /* connections to its address when that was gone */
	uint64_t reset;       /* requests in a container that ended */
	sim_time first, last; /* SIM_NEVER: none */
};

struct run_left { /* the rules of a node's proxy went on without the pod */
	char *node;
	sim_time at;
	unsigned hash; /* of the node's name, while recording */
};

struct run_pod {
	char *name, *namespace, *uid;
	char *replica_set, *deployment; /* NULL: none */
	int64_t revision;               /* of its ReplicaSet; 0: none */
	char *node, *ip;                /* NULL: never bound / none */
	struct pod_spec *spec;
	struct string_map *labels;
	char *application; /* of its first modelled container; NULL: none */
	sim_time created_at, scheduled_at, started_at, ready_at; /* ready_at: first time Ready */
	sim_time deleted_at;                                     /* deletionTimestamp */
	sim_time gone_at;                                        /* object removed */
	sim_time pre_stop_at, term_at; /* of its deletion: first hook begun, first SIGTERM */
	struct run_cut cut;
	GArray *left;        /* struct run_left: nodes whose rules named it until then */
	struct object *last; /* last version of the object */
	GArray *ready;       /* struct span: Ready */
	GArray *running;     /* struct span: its (first) container running */
	GArray *backoff;     /* struct span: CrashLoopBackOff */
	GArray *serving; /* struct span: a usable endpoint in the tables of the (first) node that
	                    has clients */
	GArray *in_endpoints; /* struct span: a ready endpoint in the EndpointSlices of a Service */
	GArray *restarts;     /* struct run_restart */
	GArray *probes;       /* struct run_probes, in order of first */
	uint64_t probe_counts[PROBE_TYPES][3]; /* by result */
	char *scheduling_message;              /* last FailedScheduling; NULL: none */
	uint64_t requests, failures;    /* from clients; failures: answered >= 500 or broken off */
	uint64_t connections_opened;    /* by clients */
	struct series cpu;              /* cores */
	struct series memory;           /* bytes */
	struct series request_rate;     /* requests a second */
	struct series connections;      /* open */
	struct series waited; /* share of time in which work waited because other containers of the
	                         node had the CPU, added over its containers; empty: never */
	double cpu_mean, cpu_max;       /* cores over the measure window; max: highest 15 s */
	double memory_mean, memory_max; /* bytes, same window */
	double throttled; /* share of that time in which work waited for the CPU limit; NaN: did not
	                     run */
	double measured_seconds;   /* of the measure window in which a container of it ran */
	double startup_listens_at; /* seconds after container start at which the port was bound;
	                              NaN: unknown */
};

struct run_load {
	char *name; /* as in the scenario */
	char *service, *namespace;
	sim_time from, to, all_running;
	uint64_t requests, failures, outcomes[REQUEST_OUTCOMES];
	double rps; /* done a second over the whole load */
	struct histogram *latency;
	sim_time bin_width;
	struct load_step {
		double rps, failures, p50, p95, p99, mean;
	} * steps; /* seconds; NaN: no answer in that bin */
	size_t n_steps;
	uint64_t connections_opened;
	int users;
	bool keep_alive;
};

struct run_service {
	char *name, *namespace;
	GArray *endpoints;  /* struct step: ready endpoints in its slices */
	GArray *programmed; /* struct step: usable endpoints in the clients' node's table */
	char **last;        /* names of pods in the endpoints at the end; NULL-terminated */
};

struct run_deployment {
	char *name, *namespace;
	GArray *desired, *current, *ready, *available, *updated; /* struct step */
	double paid, serving; /* replica-seconds from the run's start: pods bound to a node / in the
	                         endpoints */
	double measured_paid, measured_serving; /* same over the measure window */
};

struct run_hpa_metric {
	char *name; /* as in reasons: "cpu resource utilization (percentage of request)" */
	double current, target; /* in the target's unit: percent, or milli-units */
	int32_t proposal;       /* replicas it asks for */
	bool valid;
	double ready_ratio; /* current / target of the ready pods alone; NaN: none */
	double ratio;       /* that decided: unready and missing pods counted in; NaN: none */
	int32_t ready, unready, missing, ignored; /* pods in each group */
	char *text;                               /* the arithmetic in one line */
};

struct run_decision { /* one HPA sync; equal ones in a row are counted once */
	sim_time at, last;
	uint32_t count;
	int32_t current, desired; /* replicas before, after */
	bool rescaled;
	char *reason;      /* of the event; may be empty */
	char *text;        /* the arithmetic in short, for people */
	char *explanation; /* the whole of it: pods by name, windows, policies; lines ended by \n */
	char *limit;       /* reason of ScalingLimited; NULL: none */
	struct run_hpa_metric *metrics;
	size_t n_metrics;
};

struct run_hpa {
	char *name, *namespace, *target;    /* target: "Deployment/inference" */
	int32_t min, max, current, desired; /* at the end */
	GArray *decisions;                  /* struct run_decision */
	uint64_t thinned; /* of them, for having too many; each is counted in the one before it */
	struct {
		sim_time at;
		double current, target;
	} * metric; /* first metric at each sync, thinned */
	size_t n_metric;
};

struct run_version { /* one version of one object */
	sim_time at;
	int change; /* enum change */
	struct object *object;
};

struct run_note { /* told by actors: rollout arithmetic, scheduling, proxy */
	sim_time at;
	enum { NOTE_ROLLOUT, NOTE_SCHEDULING, NOTE_ENDPOINTS, NOTE_ACTION } kind;
	char *object; /* "deployment/inference"; NULL: none */
	char *text;
	sim_time last; /* equal notes in a row about one object are counted once */
	uint32_t count;
};

struct run {
	const struct scenario *scenario; /* outlives the run */
	struct scenario
	    *own_scenario; /* of a run read back: what the archive knows of it; else NULL */
	uint64_t seed;
	sim_time from, to, measure_from, measure_to;
	GPtrArray *pods; /* struct run_pod *, in order of creation */
	GPtrArray *loads, *services, *deployments,
	    *hpas;                 /* in order of the scenario or of creation */
	GPtrArray *events;         /* struct event *: final versions, in order of first_time */
	GPtrArray *versions;       /* struct run_version *: all kinds but Events, in order */
	GPtrArray *event_versions; /* struct run_version * of Events */
	GPtrArray *notes;          /* struct run_note * */
	uint64_t notes_thinned;    /* of them, for having too many */
	GPtrArray *folded;         /* struct run_folded *: pods that are not in pods any more */
	struct {
		uint64_t events;
		double wall_seconds;
		uint64_t requests;
	} statistics; /* not part of "same bytes" */
};

/* An empty run, to be filled by the recorder or from an archive. */
struct run *run_new(const struct scenario *scenario);
void run_free(struct run *run); /* NULL is fine */

/* New parts with their lists, without names; appended to @run, which owns them. */
struct run_pod *run_add_pod(struct run *run);
struct run_load *run_add_load(struct run *run);
struct run_service *run_add_service(struct run *run);
struct run_deployment *run_add_deployment(struct run *run);
struct run_hpa *run_add_hpa(struct run *run);
struct run_note *run_add_note(struct run *run);
/* @object gets a reference of its own; Events go to event_versions. */
void run_add_version(struct run *run, sim_time at, enum change change, const struct object *object);

void run_decision_clear(void *decision);
/* For lists of pods and notes; NULL is fine. */
void run_pod_free(void *pod);
void run_note_free(void *note);

/* By name; NULL when there is none. Of several pods of one name: the last. A @namespace of NULL
 * fits all. */
struct run_pod *run_find_pod(const struct run *run, const char *namespace, const char *name);
struct run_load *run_find_load(const struct run *run, const char *name);
struct run_service *run_find_service(const struct run *run, const char *namespace,
                                     const char *name);
struct run_deployment *run_find_deployment(const struct run *run, const char *namespace,
                                           const char *name);
struct run_hpa *run_find_hpa(const struct run *run, const char *namespace, const char *name);

/* The object as the API server held it just after the changes at @at (SIM_NEVER: at the end); NULL
 * when there was none. */
const struct object *run_object_at(const struct run *run, enum object_kind kind,
                                   const char *namespace, const char *name, sim_time at);

/* States of a pod at the end of the run, or its last when it is gone. */
bool run_pod_is_ready(const struct run_pod *pod);
bool run_pod_is_in_endpoints(const struct run_pod *pod);
uint32_t run_pod_restarts(const struct run_pod *pod);

/* The model of @load in the scenario; NULL when the run knows no such load. */
const struct load *run_load_model(const struct run *run, const struct run_load *load);
/* The model of @pod's first modelled container; NULL: none. */
const struct application *run_pod_application(const struct run *run, const struct run_pod *pod);

/* When the last user of @load starts (its start for an open load). */
sim_time load_all_running_at(const struct load *load);
/* The window of CPU figures of @scenario: its own, else from when all users run to the end of load,
 * else the whole run. */
void scenario_measure_window(const struct scenario *scenario, sim_time *from, sim_time *to);

/* Appends a step unless the value stays; a second step at one instant replaces the first. */
void steps_set(GArray *steps, sim_time at, double value);
/* Opens a span at @at; one that ended at @at goes on instead. Nothing when one is open. */
void spans_open(GArray *spans, sim_time at);
/* Ends the open span, if any. */
void spans_close(GArray *spans, sim_time at);
bool spans_are_open(const GArray *spans);

/* The step of @steps that holds at @at; NULL: none yet. */
const struct step *steps_find(const GArray *steps, sim_time at);

/* The value of @steps (struct step) at @at; @before when none came yet. Of a step that stands for others: the first one's. */
double steps_at(const GArray *steps, sim_time at, double before);
/* Whether @at lies in one of @spans (struct span), or between some that became one. */
bool spans_contain(const GArray *spans, sim_time at);
/* Length of the part of @spans within [@from, @to); of a span that stands for several and is only partly in there, the share. */
sim_time spans_length(const GArray *spans, sim_time from, sim_time to);
/* The value of @series at @at; NaN where it is not defined. */
double series_at(const struct series *series, sim_time at);
/* Mean of the defined part of @series in [@from, @to); NaN when there is none. */
double series_mean(const struct series *series, sim_time from, sim_time to);
/* Highest defined value in [@from, @to); NaN when there is none. */
double series_max(const struct series *series, sim_time from, sim_time to);
