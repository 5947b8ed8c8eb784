/* probe.h - what a probe worker does with one check, and with its result.
 *
 * A worker belongs to one probe of one container of a pod and outlives the container: its run of
 * equal results goes on through restarts. Before it probes it asks a row of gates; after it has
 * probed it counts. Both are here as pure functions over the worker's state and what the pod's
 * status says; when to check is the kubelet's matter.
 * Source: pkg/kubelet/prober/worker.go doProbe, pkg/probe/http/http.go. */

#pragma once

#include "kube/pod.h"

/* What one probe came to. A warning counts as a success; an error is the prober's own and counts
 * as nothing. */
enum probe_outcome {
	PROBE_OUTCOME_SUCCESS,
	PROBE_OUTCOME_WARNING,
	PROBE_OUTCOME_FAILURE,
	PROBE_OUTCOME_ERROR,
};

/* What is stored for a container: pkg/kubelet/prober/results. */
enum probe_result {
	PROBE_RESULT_NONE, /* nothing stored */
	PROBE_RESULT_UNKNOWN,
	PROBE_RESULT_SUCCESS,
	PROBE_RESULT_FAILURE,
};

/* What a worker remembers; zeroed is a new one. */
struct probe_state {
	bool has_container;     /* it has met a container */
	uint32_t container;     /* attempt number of that container */
	bool on_hold;           /* until it meets another container */
	enum probe_result last; /* result of the last probe that was no error */
	int run;                /* how often in a row */
};

/* What the gates look at. */
struct probe_view {
	bool known; /* the kubelet has a status of the pod */
	enum pod_phase phase;
	bool worker_deleted;    /* the worker was made when the pod had a deletion time already */
	bool restarts_if_ended; /* policy other than Never, or a sidecar */
	const struct container_status *container; /* NULL: not in the status */
	sim_time now;
};

enum probe_step {
	PROBE_STEP_NOTHING,
	PROBE_STEP_SEND,
	PROBE_STEP_STORE_FAILURE,
	PROBE_STEP_STORE_FAILURE_AND_END,
	PROBE_STEP_STORE_SUCCESS_AND_END,
	PROBE_STEP_END,
};

/* Passes the gates of one check. When the container is not the one remembered, @state is moved to
 * it and *@fresh set: the caller stores probe_initial_result() for it before it does the step. */
enum probe_step probe_check(struct probe_state *state, enum probe_type type,
                            const struct probe *probe, const struct probe_view *view, bool *fresh);

/* What is stored for a container that a worker meets. */
enum probe_result probe_initial_result(enum probe_type type);

/* Counts @outcome (not an error). True when it has reached its threshold: then *@result is to be
 * stored for the container of @state. */
bool probe_count(struct probe_state *state, enum probe_type type, const struct probe *probe,
                 enum probe_outcome outcome, enum probe_result *result);

/* How long the run of equal results is once @outcome is counted; an error adds nothing. */
int probe_next_run(const struct probe_state *state, enum probe_outcome outcome);

/* The threshold that a run of @outcome is held against. */
int probe_threshold(const struct probe *probe, enum probe_outcome outcome);

/* How often a probe is tried while the prober itself fails. */
#define PROBE_ATTEMPTS 3

/* What a final HTTP status means: 2xx success, 3xx warning, everything else failure. */
enum probe_outcome probe_http_outcome(int status);

enum probe_redirect {
	PROBE_REDIRECT_FOLLOW,
	PROBE_REDIRECT_WARNING, /* to another host name: not followed, a warning */
	PROBE_REDIRECT_FAILURE, /* the 11th in a row */
};

/* Whether the client goes after a redirect from @host to @target (host names without port; NULL
 * @target: the same host), having followed @followed so far. */
enum probe_redirect probe_redirect(const char *host, const char *target, unsigned followed);
