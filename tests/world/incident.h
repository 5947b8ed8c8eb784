/* incident.h - runs the incident's scenarios for tests and finds things in their Runs. */

#pragma once

#include "record/run.h"

#include <stdbool.h>

struct incident {
	struct scenario *scenario;
	struct run *run;
};

/* Runs scenarios/@name; @seed 0: the scenario's own. Fails the test when it cannot be run. */
struct incident incident_run(const char *name, uint64_t seed);
void incident_clear(struct incident *incident);

/* How many other seeds to try: 20, or 2 where every instruction is checked. */
unsigned incident_other_seeds(void);

/* Pods of Deployment inference of @revision that were bound to a node, in order of creation. */
GPtrArray *incident_pods(const struct incident *incident, int64_t revision);
const struct run_load *incident_load(const struct incident *incident, const char *name);
/* Ready endpoints of Service inference at @seconds. */
int incident_endpoints(const struct incident *incident, double seconds);
/* Pods of @revision that exist at @seconds: not gone, not being deleted. */
int incident_alive(const struct incident *incident, int64_t revision, double seconds);
/* Restarts of @pod up to @seconds. */
int incident_restarts(const struct run_pod *pod, double seconds);
/* (max - min) / mean of CPU over all pods of @revision in [@from, @from + 60 s). */
double incident_spread(const struct incident *incident, int64_t revision, double from);

/* Fails unless @low <= @value <= @high; @what names it. */
void assert_within(const char *what, double value, double low, double high);
