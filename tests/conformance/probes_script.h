/* probes_script.h - a container runtime that acts by a script: answers by path and time, exits,
 * reactions to SIGTERM. It notes every probe that is sent. */

#pragma once

#include "node/runtime.h"
#include "probes_case.h"

struct script_probe { /* one probe as sent */
	sim_time at, took;
	enum probe_type type;
	const char *path;   /* of the handler */
	const char *result; /* "success", "failure", "error" */
	uint32_t attempt;
	sim_time tried_until; /* the prober's own failures are tried again at once */
};

struct script;

/* Acts for the only container of a pod; @probes tells handlers apart. */
struct script *script_new(struct simulation *sim, const struct probes_case *c,
                          struct probe *const probes[PROBE_TYPES]);
void script_free(struct script *script);
const struct container_runtime *script_runtime(struct script *script);
/* struct script_probe, in order. */
const GArray *script_probes(const struct script *script);
