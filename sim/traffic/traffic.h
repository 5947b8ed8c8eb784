/* traffic.h - the requests: clients, connections, and the servers inside containers.
 *
 * A client draws a request with its whole demand (CPU time, wait) from its own ordinal, so a
 * request costs the same wherever it is routed. It sends it on a connection; a new connection asks
 * the node's proxy table once. The server in a container shares its CPU among the requests in it
 * (processor sharing under min(limit, what its workers can use), or under what the other containers
 * of the node leave to it), lets them wait without a core,
 * and answers. Probes are requests to the same server. This is the hot path: plain structs, slots,
 * no allocation per request. */

#pragma once

#include "engine/histogram.h"
#include "engine/simulation.h"
#include "node/network.h"
#include "node/proxy_table.h"
#include "node/runtime.h"
#include "node/usage.h"
#include "scenario/application.h"
#include "scenario/load.h"
#include "trace/trace.h"

/* --- servers: the container runtime that runs application models --- */
struct servers;

struct servers_environment {
	struct simulation *sim;
	struct network *network;
	struct usage_registry *usage;
	const struct trace *trace;
	/* All applications of the scenario: the timeline may change one before its first container
	 * starts. */
	const struct application *applications;
	size_t n_applications;
	/* The model of @container of @pod; NULL: an unmodelled container (runs, uses no CPU,
	 * refuses all connections). */
	const struct application *(*application_of)(void *world, const struct pod *pod,
	                                            const struct container *container);
	/* Address of @pod, number of its node, and the milli-cores a container without limit may
	 * use there. */
	struct network_address (*address_of)(void *world, const struct pod *pod);
	unsigned (*node_of)(void *world, const struct pod *pod);
	int64_t (*node_cpu_milli)(void *world, unsigned node);
	/* What pods that are not modelled request there, in milli-cores; NULL: there are none. */
	int64_t (*node_others_milli)(void *world, unsigned node);
	void *world;
	sim_time rtt;
	bool cfs_throttling;
	bool cgroup_v1; /* weights of CPU requests as in cgroup v1 */
};

struct servers *servers_new(const struct servers_environment *environment);
void servers_free(struct servers *servers);
const struct container_runtime *servers_runtime(struct servers *servers);

/* What the timeline does to an application: @dependency goes away or comes back; the route @path
 * answers @status (0: as modelled) with @latency added. False when the application has no such
 * dependency or route. */
bool servers_set_dependency(struct servers *servers, const char *application,
                            const char *dependency, bool available);
bool servers_set_route(struct servers *servers, const char *application, const char *path,
                       int status, sim_time latency);
/* Ends the running container of @pod_uid (@container NULL: the first) with @exit_code, reason Error
 * or, for 137, OOMKilled when
 * @out_of_memory. */
bool servers_kill_container(struct servers *servers, const char *pod_uid, const char *container,
                            int exit_code, bool out_of_memory);
/* The status that GET @path would get from the container now, without sending anything; 0: refused.
 * *@body: a short text. */
int servers_ask(struct servers *servers, const char *pod_uid, const char *container,
                const char *path, const char **body);

/* --- clients --- */
struct load_bin { /* one step of time of a load */
	uint32_t sent, done, failures;
	/* Of 128 steps, of answered requests: counted in, or packed when time has gone on. Both NULL: none. */
	struct histogram *latency;
	struct packed_histogram *packed;
};

struct load_results { /* of one load; valid while the clients live */
	uint64_t sent, done, failures;
	uint64_t outcomes[REQUEST_OUTCOMES];
	struct histogram *latency; /* of answered requests (any status), 1,024 steps */
	sim_time bin_width;        /* doubles when the bins are used up */
	struct load_bin *bins;     /* from the load's start */
	size_t n_bins;
	uint64_t connections_opened;
};

struct clients;

/* Prepares the clients of @load, number @index of the scenario, which choose at @port of their
 * node's table; they start by themselves at the load's time. For client-side balancing and headless
 * Services @resolve gives the ready addresses. */
struct clients *clients_new(struct simulation *sim, struct servers *servers,
                            struct network *network, const struct trace *trace,
                            const struct load *load, unsigned index, struct proxy_port *port,
                            sim_time rtt);
void clients_free(struct clients *clients);
const struct load_results *clients_results(const struct clients *clients);
/* Latencies of bin @i, of answered requests; NULL: none. Until the next call. */
const struct histogram *clients_bin_latency(struct clients *clients, size_t i);
/* When all users of a closed load run (start of the load for an open one). */
sim_time clients_all_running(const struct clients *clients);
/* Requests under way now (sent, not done). */
uint64_t clients_in_flight(const struct clients *clients);
