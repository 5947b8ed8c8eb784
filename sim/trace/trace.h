/* trace.h - what happened that never passes the API store, as typed records, and the sink they go to.
 *
 * A probe's outcome, an HPA's arithmetic, a scheduling attempt, a proxy sync, a CPU sample. Actors and traffic fill in a record
 * and call the function of the sink that the world gave them; a function that is NULL wants nothing. Records are borrowed for
 * the call. */

#pragma once

#include "engine/time.h"
#include "kube/autoscaling.h"
#include "kube/pod.h"
#include "rules/hpa.h"

struct trace_memo { /* what the sink noted the last time, zero at first; it alone knows how long that holds */
	void *found;
	uint64_t as_of;
};

struct probe_trace {
	sim_time at, took;
	const char *namespace, *pod, *pod_uid, *container;
	uint32_t attempt;
	enum probe_type type;
	const struct handler *handler;
	int port;
	enum { PROBE_SUCCESS, PROBE_FAILURE, PROBE_ERROR } result;
	int status;              /* HTTP; 0: none */
	const char *message;     /* as in the Unhealthy event, without its prefix; NULL for successes */
	int run;                 /* results like this in a row, counting this one */
	int threshold;           /* that the run is held against */
	struct trace_memo *memo; /* of this probe of this pod; or NULL */
};

enum container_step { CONTAINER_STARTED, CONTAINER_KILL_DECIDED, CONTAINER_PRE_STOP, CONTAINER_TERM_SENT, CONTAINER_KILL_SENT,
	              CONTAINER_EXITED, CONTAINER_BACKOFF, CONTAINER_PULLED };

struct container_trace {
	sim_time at;
	const char *namespace, *pod, *pod_uid, *container;
	uint32_t attempt;
	enum container_step step;
	enum { KILL_NONE, KILL_STARTUP, KILL_LIVENESS, KILL_DELETION } cause; /* of kills */
	const char *message;     /* KILL_DECIDED: as in the Killing event */
	int exit_code;           /* EXITED */
	const char *reason;      /* EXITED: Completed, Error, OOMKilled */
	sim_time wait;           /* BACKOFF: the whole back-off */
	sim_time until;          /* BACKOFF: when it ends */
};

struct scheduling_trace {
	sim_time at;
	const char *namespace, *pod, *pod_uid;
	const char *node;        /* NULL: no node took it */
	const char *message;     /* as in the event */
	const char *const *node_names;  /* of the nodes looked at */
	const char *const *node_verdicts; /* NULL: fits; else the reason */
	const int *scores;
	size_t n_nodes;
};

struct endpoints_trace { /* a node's proxy was programmed anew */
	sim_time at;
	const char *node, *namespace, *service;
	const char *const *pods;
	size_t n_pods;
	uint64_t set; /* equal numbers of one Service: the same pods; 0: not known */
};

struct hpa_trace {
	sim_time at;
	const struct hpa *hpa;               /* before the decision */
	const struct hpa_input *input;
	const struct hpa_decision *decision;
};

struct rollout_trace {
	sim_time at;
	const char *namespace, *deployment;
	const char *text; /* the step in words with its numbers: "budget 5 - 3 - 0 = 2: bad 3 -> 1" */
};

enum request_outcome { REQUEST_OK, REQUEST_STATUS_4XX, REQUEST_STATUS_5XX, REQUEST_REFUSED, REQUEST_RESET, REQUEST_TIMEOUT,
	               REQUEST_CONNECT_TIMEOUT, REQUEST_REJECTED, /* no endpoint: rejected on the node */ REQUEST_OUTCOMES };
const char *request_outcome_name(enum request_outcome outcome); /* "ok", "4xx", "5xx", "refused", "reset", "timeout", ... */

struct request_trace { /* only when a full request log is asked for */
	sim_time sent, done;
	unsigned load;
	uint32_t client;
	uint64_t ordinal;
	const char *path;
	const char *pod; /* NULL: reached none */
	enum request_outcome outcome;
	int status;
};

/* A connection that a node's rules sent to a pod which did not take it, or a request whose container ended with it inside. */
struct cut_trace {
	sim_time at;
	const char *namespace, *pod;
	enum request_outcome outcome; /* REFUSED, CONNECT_TIMEOUT or RESET */
};

struct trace {
	void *self;
	void (*probe)(void *self, const struct probe_trace *t);
	void (*container)(void *self, const struct container_trace *t);
	void (*scheduling)(void *self, const struct scheduling_trace *t);
	void (*endpoints)(void *self, const struct endpoints_trace *t);
	void (*hpa)(void *self, const struct hpa_trace *t);
	void (*rollout)(void *self, const struct rollout_trace *t);
	void (*request)(void *self, const struct request_trace *t);
	void (*cut)(void *self, const struct cut_trace *t);
};
