/* bare.h - the least that a request-level simulation must do, in plain C: the yardstick for
 * podsim's speed.
 *
 * A user thinks (exponential), picks a pod uniformly, the request gets processor sharing on that
 * pod's one core (exponential demand), then waits 5 ms, then its response time enters a log-linear
 * histogram and the user thinks again; or requests arrive in a Poisson stream. Three events a
 * request and up to one move of the pod's departure. Events are a switch over static slots, random
 * numbers xoshiro256++ with a ziggurat. Nothing here uses podsim. */

#pragma once

#include <stdint.h>

struct bare_scenario {
	const char *name;
	int pods, users; /* users 0: open */
	double demand_ms;
	double think_s; /* closed */
	double rate;    /* open: requests a second */
};

#define BARE_WAIT_NS 5000000

extern const struct bare_scenario bare_scenarios[4]; /* small, large, open, overload */

struct bare_result {
	double ns_per_request;  /* CPU time of the thread */
	double mean_ms, p95_ms; /* response time */
	double simulated_s;
};

/* Runs until @requests have been answered. */
struct bare_result bare_run(const struct bare_scenario *scenario, int64_t requests, uint64_t seed);

/* One million customers of an M/M/1 queue at utilisation 0.9 by the same means; CPU ns a customer.
 */
double bare_mm1(int64_t customers, uint64_t seed);

double bench_cpu_seconds(void);
