/* internal.h - what the files of this folder share: requests, connections, servers, clients.
 *
 * A request goes: client -> connection (or a new one) -> server: route, pool, CPU, wait -> answer
 * -> client. All of a request's time on the network is charged on its way back: it reaches the
 * server at the instant it is sent, and the answer takes one round trip, or two when a connection
 * had to be opened. So the server's events are the request's only ones. */

#pragma once

#include "engine/random.h"
#include "traffic/node_cpu.h"
#include "traffic/processor.h"
#include "traffic/slab.h"
#include "traffic/traffic.h"

/* --- requests --- */
struct probe_call;
struct client;

#define ROUTE_NONE (-1) /* 404 */

struct request {
	struct request
	    *next; /* of a pool's queue or a client's; first: the slab's own word when free */
	struct server *server;   /* it is in; NULL: none */
	struct clients *clients; /* NULL: a probe's, or its client gave up */
	struct client *client;
	struct probe_call
	    *probe; /* that waits for it; NULL: a client's, or nobody waits any more */
	struct connection *connection; /* NULL: one of its own */
	struct request *older, *newer; /* of its load, by time of sending: for timeouts */
	uint64_t entity, ordinal;      /* of its draws */
	sim_time born;                 /* when the client wanted it */
	sim_time sent;                 /* this attempt */
	sim_time wait;                 /* without a core, after the CPU part */
	const char *pod;               /* of a request that was given up; borrowed for its end */
	event_id event; /* of the wait; of a connection that is not answered; of the next attempt */
	int16_t route;
	uint16_t path; /* number among the load's requests */
	uint16_t status;
	uint8_t attempt;
	uint8_t round_trips;
	bool of_probe;
	bool own_connection;
	bool holds_slot; /* of its route's pool */
	bool timed;      /* stands in the load's list of timeouts */
};

/* --- applications --- */
struct route_state { /* what the timeline did to a route */
	int status;
	sim_time latency;
};

struct model { /* an application and its present state */
	const struct application *application;
	unsigned number;
	bool *away; /* by dependency */
	struct route_state *routes;
	bool *drawn; /* by route: CPU or wait is random */
};

struct models {
	GPtrArray *list; /* struct model *, in order of appearance */
};

void models_init(struct models *models);
void models_clear(struct models *models);
/* The model of @application, made when it is new. */
struct model *models_of(struct models *models, const struct application *application);

/* --- connections that are kept --- */
struct connection {
	struct connection *next; /* of the server's; first: the slab's own word when free */
	struct connection *previous;
	struct server *server; /* NULL: closed by the server */
	sim_time opened_at, last_used;
	uint32_t requests;
	uint32_t in_flight;
	bool abandoned; /* its client has turned to another; closed with its last request */
};

struct connection *connection_open(struct server *server);
/* Closes @connection from the client's side and frees it. */
void connection_close(struct servers *servers, struct connection *connection);
/* Closes it from the server's side: the client finds out when it next uses it. */
void connection_closed_by_server(struct connection *connection);
/* Whether a client may send on it now; closes it from the server's side when it has been idle too
 * long. */
bool connection_is_open(struct connection *connection, sim_time now);

/* --- servers --- */
struct pool_state {
	uint32_t free;
	uint32_t queued, queue_limit;
	struct request *first, *last;
};

#define SERVER_RECENT 8

/* Background work may not starve the requests for good. */
#define BACKGROUND_SHARE 0.99

struct server { /* a container; the runtime's handle. What every request touches comes first. */
	struct servers *servers;
	struct model *model; /* NULL: an unmodelled container */
	const struct application *application;
	int64_t memory, memory_limit;
	uint32_t inside; /* requests in it, probes and given-up ones included */
	uint32_t in_flight, queued, connections_open;
	bool running, listening, terminating, exit_due;

	struct processor cpu;
	uint64_t requests, answered, errors, connections_opened;
	struct pool_state *pools;
	uint32_t n_recent;
	sim_time recent[SERVER_RECENT]; /* in-server times that are not in the histogram yet */
	struct histogram *latency;
	struct connection *connections;

	sim_time *ready_at; /* by dependency */
	struct probe_call *calls;
	struct network_address address;
	double background; /* cores, while it gets what it wants */
	struct container_cpu share; /* of the node's CPU */
	unsigned node;
	sim_time started_at, ended_at;
	double used_at_end; /* seconds of CPU */
	uint64_t entity;    /* of its draws */
	uint32_t attempt;
	uint64_t probes; /* sent so far */
	event_id listen_event, exit_event;
	int exit_code;
	const char *exit_reason;

	GRefString *namespace, *pod, *pod_uid, *container;
	int *ports;
	size_t n_ports;
	struct usage_source *source;
	container_exit_fn exited;
	void *exited_data;
};

struct servers {
	struct servers_environment environment;
	struct simulation *sim;
	struct container_runtime runtime;
	struct models models;
	struct slab requests, connections, calls;
	struct random_stream demand, start;
	GQueue list;      /* struct server *, in order of starting */
	GPtrArray *nodes; /* struct node_cpu *, by number; NULL: nothing ran there yet */
};

/* A request is about to enter @server: asks for the lines that it will touch, so that they come at
 * the same time and not one after the other. */
static inline void server_prefetch(const struct server *server)
{
	for (size_t line = 0; line < offsetof(struct server, ready_at); line += SLAB_LINE) {
		__builtin_prefetch((const char *)server + line);
	}
}

/* server.c: the life of a container. */
struct runtime_container *server_start(void *self, const struct pod *pod,
                                       const struct container *container, uint32_t attempt,
                                       container_exit_fn exited, void *data);
void server_terminate(void *self, struct runtime_container *c);
void server_kill(void *self, struct runtime_container *c);
void server_remove(void *self, struct runtime_container *c);
/* Ends the container in an event of its own at this instant, unless it ends already. */
void server_end_soon(struct server *server, int exit_code, const char *reason);
struct server *servers_find(struct servers *servers, const char *pod_uid, const char *container);

bool server_resize(void *self, struct runtime_container *c, const struct pod_spec *spec,
                   const struct container *container);

/* server_cpu.c */
/* Makes the processor. */
void server_cpu_start(struct server *server, const struct pod *pod,
                      const struct container *container, unsigned node);
/* Of a container without a model, which uses no CPU: its pod counts among the cgroups of the node. */
void server_cpu_idle(struct server *server, const struct pod *pod,
                     const struct container *container, unsigned node);
/* The container has the resources of @container, the pod those of @spec, from this instant on. */
void server_cpu_resize(struct server *server, const struct pod_spec *spec,
                       const struct container *container);

/* server_usage.c */
void server_usage_add(struct server *server, const struct pod *pod);
void server_usage_remove(struct server *server);
double server_cpu_seconds(struct server *server);
/* Puts the recent times into the histogram: many at once, because a server's histogram is seldom in
 * the cache. */
void server_keep_latencies(struct server *server);

/* service.c: requests in a server. */
/* Gives @request, with its route set, to @server. The answer may come within the call. */
void service_receive(struct server *server, struct request *request);
void service_work_done(void *server, struct request *request);
/* The status @route would answer now; 0: as its work ends. */
int service_status_now(const struct server *server, int route);
/* Whether all dependencies of @needs are there now. */
bool service_has(const struct server *server, const int *needs, size_t n);
/* Breaks off every request in @server. */
void service_reset_all(struct server *server);

/* probe.c: probes and hooks. */
void probe_calls_init(struct servers *servers);
void probe_send(void *self, struct runtime_container *c, const struct handler *handler, int port,
                sim_time timeout, probe_answer_fn answered, void *data);
void probe_cancel(void *self, struct runtime_container *c, void *data);
void hook_run(void *self, struct runtime_container *c, const struct handler *handler, int port,
              container_exit_fn done, void *data);
/* Called by servers: the answer leaves the server now; the container ended with the request in it.
 */
void probe_answered(struct probe_call *call, int status);
void probe_broken_off(struct probe_call *call);
/* The container ends: hooks in it fail. */
void probe_end_hooks(struct server *server);
/* The container is removed: answers that are still to be given no longer belong to it. */
void probe_forget(struct server *server);

static inline struct request *request_new(struct servers *servers)
{
	struct request *request = slab_take(&servers->requests);

	*request = (struct request){.route = ROUTE_NONE};
	return request;
}

static inline void request_free(struct servers *servers, struct request *request)
{
	request->server = NULL;
	slab_put(&servers->requests, request);
}

/* --- clients --- */
struct client {
	struct clients *clients;
	struct connection *connection;  /* NULL: none kept */
	uint32_t requests, connections; /* made so far */
};

/* With 36 bytes of its pending event a user stays within 128. */
G_STATIC_ASSERT(sizeof(struct client) <= 24 && sizeof(struct connection) <= 64);
G_STATIC_ASSERT(sizeof(struct request) <= 128);

struct client_queue { /* of a client that sends one request at a time */
	struct request *first, *last;
	bool busy;
};

struct bin_window { /* the bin that an instant was in the last time */
	sim_time from, to;
	struct load_bin *bin;
};

struct clients {
	struct simulation *sim;
	struct servers *servers;
	struct network *network;
	const struct trace *trace;
	const struct load *load;
	unsigned index;
	struct proxy_port *port;
	sim_time rtt, start, end;

	struct client *clients;
	struct client_queue *queues; /* open load, HTTP/1 */
	uint32_t n_clients;
	uint32_t spawned;
	struct arrivals *arrivals; /* open load */
	struct distribution *gap;  /* exponential with mean 1 */
	double area;               /* cumulative rate at the next arrival */
	uint64_t arrived;
	struct random_stream think, route, endpoint, arrival;
	double *weights; /* cumulative shares of the load's requests */
	GPtrArray
	    *routes; /* by model number: int16_t route of each path; NULL: not looked up yet */

	struct request *oldest, *newest; /* in flight, when there is a timeout */
	event_id timeout_event;

	struct load_results results;
	struct histogram *unpacked; /* of the bin that was asked for last; NULL: none was */
	struct bin_window sent_window, done_window;
};

static inline uint64_t clients_entity(const struct clients *clients, uint32_t number)
{
	return (uint64_t)clients->index << 32 | number;
}

static inline uint32_t client_number(const struct clients *clients, const struct client *client)
{
	return client ? (uint32_t)(client - clients->clients) : 0;
}

/* client.c */
/* A new request of @client (NULL: of nobody in particular), born now; not sent yet. */
struct request *client_request(struct clients *clients, struct client *client, uint64_t entity,
                               uint64_t ordinal);
/* Sends an attempt of @request now. The answer may come within the call. */
void client_send(struct request *request);
/* Called by servers: the answer leaves the server now. */
void client_answered(struct request *request);
/* Called by servers: the container ended with the request in it. */
void client_reset(struct request *request);

/* The request ended with @outcome at @at, which may lie ahead: counts it and frees it, or tries
 * again. */
void client_finish(struct request *request, enum request_outcome outcome, sim_time at);
/* Its timeout is over. */
void client_gave_up(struct request *request);

/* connecting.c */
/* The server that @request reaches, its connection taken; NULL when none is reached: then *@outcome
 * says why. */
struct server *client_connect(struct request *request, enum request_outcome *outcome);
/* Tells of a connection to @pod that failed, or of a request that was in it. */
void client_tell_cut(const struct clients *clients, const char *pod, enum request_outcome outcome);
/* Gives the connection back after an answer, or closes it. */
void client_disconnect(struct request *request, bool broken);
void client_drop_connection(struct client *client);

/* timeouts.c */
void timeouts_add(struct request *request);
void timeouts_remove(struct request *request);

/* client_closed.c, client_open.c: what follows a request that ended at @at. */
void client_closed_start(struct clients *clients);
/* The request was number @ordinal of @client, which is not looked at: among many users it is seldom
 * in the cache. */
void client_closed_next(struct clients *clients, struct client *client, uint64_t ordinal,
                        sim_time at);
void client_open_start(struct clients *clients);
void client_open_next(struct client *client, sim_time at);

/* results.c */
void results_prepare(struct clients *clients);
void results_clear(struct clients *clients);
void results_sent(struct clients *clients, sim_time at);
void results_done(struct clients *clients, enum request_outcome outcome, sim_time at,
                  sim_time latency);

/* arrivals.c: instants of an open load by its rate. */
struct arrivals;
struct arrivals *arrivals_new(const struct load *load);
void arrivals_free(struct arrivals *arrivals);
/* When the cumulative rate reaches @area (> what was asked for before), from the load's start;
 * SIM_NEVER: not at all. */
sim_time arrivals_at(struct arrivals *arrivals, double area);
