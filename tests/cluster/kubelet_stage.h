/* kubelet_stage.h - one kubelet with containers that do what a test tells them.
 *
 * The kubelet has the settings of the conformance cases: relists at whole seconds, no jitter, no
 * delays unless the test sets some. What happens is written down as lines "SECONDS WHAT CONTAINER
 * ATTEMPT", e.g. "30 started app 1". */

#pragma once

#include "cluster/kubelet.h"

struct actor { /* how the containers of one name behave; may be changed while the stage runs */
	const char *name;
	struct probe_answer answer; /* to every probe; default HTTP 200 */
	sim_time latency;
	sim_time exits_after; /* by itself, after each start; SIM_NEVER: not */
	unsigned exits;       /* so many attempts do; the others run on */
	int exit_code;
	const char *exit_reason;
	sim_time term_after; /* from SIGTERM to exit; SIM_NEVER: ignores it */
	sim_time hook_takes;
	int hook_code;
	bool uses_memory; /* more than any smaller limit: a resize that lowers it fails */
};

enum { STAGE_ACTORS = 4 };

struct stage {
	struct simulation *sim;
	struct store *store;
	struct network *network;
	struct trace trace;
	struct release release;
	struct cluster_environment environment;
	struct kubelet_config config;
	struct container_runtime runtime;
	struct kubelet *kubelet;
	struct actor actors[STAGE_ACTORS];
	sim_time start_takes, pull_takes; /* SIM_NEVER: the image is there */
	GString *log;
	uint64_t probes[PROBE_TYPES]; /* sent, by type */
	uint64_t writes;              /* versions of pods */
	GPtrArray *containers, *calls;
};

/* A stage at time 0; settings may be changed before stage_begin(). */
struct stage *stage_new(void);
void stage_free(struct stage *stage);
struct actor *stage_actor(struct stage *stage, const char *name);
/* Starts the kubelet and gives it the pod that @yaml (its spec, in flow or block style) stands
 * for. */
void stage_begin(struct stage *stage, const char *yaml);
/* A Node object with so many milli-cores, before stage_begin(). */
void stage_node(struct stage *stage, int64_t cpu_milli);
/* Another pod on the node, and the end of it. */
void stage_add_pod(struct stage *stage, const char *name, const char *yaml);
void stage_remove_pod(struct stage *stage, const char *name);
/* The API server gets another spec for the first pod, of the same containers. Resizes that reach the runtime are lines
 * "SECONDS resized CONTAINER to MILLI". */
void stage_resize(struct stage *stage, const char *yaml);
void stage_run_until(struct stage *stage, double seconds);
/* NULL when it is gone. */
const struct pod *stage_pod(const struct stage *stage);
bool stage_ready(const struct stage *stage);
void stage_delete_pod(struct stage *stage);
/* The message of the newest event with @reason about @container (NULL: any); NULL: none. */
const char *stage_event(const struct stage *stage, const char *reason, const char *container);
/* Fails the test unless the log has exactly @line, and unless it has none such. */
void stage_assert_line(const struct stage *stage, const char *line);
void stage_assert_no_line(const struct stage *stage, const char *line);
/* Fails the test unless @first stands before @second. */
void stage_assert_order(const struct stage *stage, const char *first, const char *second);
