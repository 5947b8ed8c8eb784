/* server_usage.c - what cAdvisor and an application's own metrics would show of a container. */

#include "traffic/internal.h"

#include <math.h>

#define LATENCY_STEPS 128
#define LEAST_CPU 0.001 /* seconds: starting alone takes as much */
enum { LEAST_MEMORY = 1 << 20 };

double server_cpu_seconds(struct server *server)
{
	if (!server->running) {
		return server->used_at_end;
	}
	if (!server->application) {
		return 0;
	}
	processor_update(&server->cpu);
	node_cpu_count(server);
	const double background =
	    server->background *
		(double)(simulation_now(server->servers->sim) - server->started_at) -
	    server->share.background_lost;

	return (background + server->cpu.served) / 1e9;
}

void server_keep_latencies(struct server *server)
{
	for (uint32_t i = 0; i < server->n_recent; i++) {
		histogram_add(server->latency, server->recent[i]);
	}
	server->n_recent = 0;
}

/* A process without any CPU time or memory does not exist: where the scenario says nothing about
 * them, it used a little. Otherwise metrics-server would take such a container for one that is just
 * being started, and leave out its whole pod for ever. */
static void read_usage(void *self, sim_time now, struct usage_reading *reading)
{
	struct server *server = self;
	const struct application *a = server->application;
	const bool idle = !a || (a->startup_cpu == 0 && a->background_milli == 0);

	*reading = (struct usage_reading){
	    .cpu_seconds = fmax(server_cpu_seconds(server), idle ? LEAST_CPU : 0),
	    .memory_bytes = server->memory > 0 ? server->memory : LEAST_MEMORY,
	    .started_at = server->started_at,
	    .throttled_seconds = (server->cpu.short_of - server->share.waited) / 1e9,
	    .waited_seconds = server->share.waited / 1e9,
	};
}

/* Connections that have been idle too long are closed before they are counted. */
static void close_expired(struct server *server, sim_time now)
{
	for (struct connection *c = server->connections, *next; c; c = next) {
		next = c->next;
		connection_is_open(c, now);
	}
}

static void read_application(void *self, sim_time now, struct application_reading *reading)
{
	struct server *server = self;

	close_expired(server, now);
	server_keep_latencies(server);
	*reading = (struct application_reading){
	    .requests = server->requests,
	    .answered = server->answered,
	    .errors = server->errors,
	    .in_flight = server->in_flight,
	    .queued = server->queued,
	    .connections = server->connections_open,
	    .connections_opened = server->connections_opened,
	    .latency = server->latency,
	};
}

void server_usage_add(struct server *server, const struct pod *pod)
{
	const struct servers_environment *e = &server->servers->environment;
	struct usage_source *source = g_new0(struct usage_source, 1);

	source->namespace = g_ref_string_acquire(server->namespace);
	source->pod = g_ref_string_acquire(server->pod);
	source->pod_uid = g_ref_string_acquire(server->pod_uid);
	source->container = g_ref_string_acquire(server->container);
	source->node = e->node_of(e->world, pod);
	source->self = server;
	source->read = read_usage;
	source->read_application = server->application ? read_application : NULL;
	if (server->application) {
		server->latency = histogram_new(LATENCY_STEPS);
	}
	server->source = source;
	usage_registry_add(e->usage, source);
}

void server_usage_remove(struct server *server)
{
	usage_registry_remove(server->servers->environment.usage, server->source);
	server->source = NULL;
}
