/* fixture.h - a small cluster without Kubernetes: containers on one node, a proxy table, and loads,
 * all made by hand. */

#pragma once

#include "traffic/traffic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_PODS 8
#define MAX_LOADS 2

struct exit_note {
	int count, code;
	char reason[32];
	sim_time at;
};

struct fixture_pod {
	struct pod pod;
	struct pod_spec spec;
	struct container container;
	struct container_port port;
	struct network_address address;
	struct runtime_container *handle;
	struct exit_note exit;
	struct fixture *fixture;
	uint32_t attempt;
	const struct application *application;
};

struct fixture {
	struct simulation *sim;
	struct network *network;
	struct usage_registry *usage;
	struct servers *servers;
	const struct container_runtime *runtime;
	struct proxy_table *table;
	struct proxy_port *service;
	struct trace trace;
	struct application application; /* of all pods; routes: /predict, /healthz, /ready */
	struct route_model routes[4];
	struct dependency_model dependencies[1];
	struct pool_model pools[1];
	int needs[1];
	struct load load;
	struct load_request requests[2];
	struct rate_point rate;
	struct clients *clients[MAX_LOADS];
	struct fixture_pod pods[MAX_PODS];
	unsigned n_pods;
	sim_time rtt;
	bool cfs_throttling;
	bool cgroup_v1;
	int64_t node_milli, others_milli; /* the node's CPU, and what else is requested there */
	/* of the pods that are started next */
	int64_t request_milli;
	const struct application *next; /* NULL: `application` */
	const char *container_name;     /* NULL: "app"; "unmodelled" is of no application */
};

/* Fills in plain settings: one worker, one core, /predict 20 ms exponential, users that think 1 s;
 * nothing runs yet. */
struct fixture *fixture_new(uint64_t seed);
void fixture_free(struct fixture *f);

/* Makes the servers; settings of `application` and `rtt` are final from here on. */
void fixture_build(struct fixture *f);
/* Adds @n pods with one container each and starts them now. */
void fixture_start_pods(struct fixture *f, unsigned n, int64_t cpu_milli, int64_t memory_bytes);
void fixture_restart(struct fixture_pod *pod);
/* Programs the Service with the pods whose numbers are given by bits. */
void fixture_endpoints(struct fixture *f, unsigned pods);
/* Starts load number @i as `load` says now. */
struct clients *fixture_clients(struct fixture *f, unsigned i);
void fixture_run(struct fixture *f, sim_time until);

struct usage_reading fixture_usage(struct fixture *f, unsigned pod);
struct application_reading fixture_application(struct fixture *f, unsigned pod);

struct answer_note {
	int count;
	struct probe_answer answer;
	sim_time at;
	struct fixture *fixture;
};
void fixture_probe(struct fixture *f, unsigned pod, enum handler_kind kind, const char *path,
                   int port, sim_time timeout, struct answer_note *note);

/* @large, or @small when PODSIM_TEST_SMALL is set (under sanitizers). */
double fixture_size(double large, double small);
bool fixture_is_small(void);

#define assert_near(got, want, tolerance)                                                          \
	assert_true(fabs((double)(got) - (double)(want)) <= (tolerance))
#define assert_within(got, want, share) assert_near(got, want, (share)*fabs((double)(want)))
