/* server.c - the life of a container: it starts, listens after a while, is told to stop, ends.
 *
 * A container ends in an event of its own, never in the middle of a request's; only a SIGKILL ends
 * it at once. */

#include "traffic/internal.h"

#include <string.h>

#define SIGKILL_CODE 137 /* 128 + SIGKILL */
#define SIGTERM_CODE 143

struct servers *servers_new(const struct servers_environment *environment)
{
	struct servers *servers = g_new0(struct servers, 1);
	const uint64_t seed = simulation_seed(environment->sim);

	servers->environment = *environment;
	servers->sim = environment->sim;
	servers->runtime = (struct container_runtime){
	    .self = servers,
	    .start = server_start,
	    .terminate = server_terminate,
	    .kill = server_kill,
	    .remove = server_remove,
	    .probe = probe_send,
	    .cancel_probe = probe_cancel,
	    .run_hook = hook_run,
	    .resize = server_resize,
	};
	models_init(&servers->models);
	slab_init(&servers->requests, sizeof(struct request));
	slab_init(&servers->connections, sizeof(struct connection));
	probe_calls_init(servers);
	servers->nodes = g_ptr_array_new_with_free_func((GDestroyNotify)node_cpu_free);
	servers->demand = random_stream_of(seed, RANDOM_DEMAND);
	servers->start = random_stream_of(seed, RANDOM_START);
	return servers;
}

static void server_free(struct server *server)
{
	processor_clear(&server->cpu);
	histogram_free(server->latency);
	g_free(server->pools);
	g_free(server->ready_at);
	g_free(server->ports);
	g_clear_pointer(&server->namespace, g_ref_string_release);
	g_clear_pointer(&server->pod, g_ref_string_release);
	g_clear_pointer(&server->pod_uid, g_ref_string_release);
	g_clear_pointer(&server->container, g_ref_string_release);
	g_aligned_free(server);
}

void servers_free(struct servers *servers)
{
	if (!servers) {
		return;
	}
	for (GList *link = servers->list.head; link; link = link->next) {
		server_free(link->data);
	}
	g_queue_clear(&servers->list);
	slab_clear(&servers->requests);
	slab_clear(&servers->connections);
	slab_clear(&servers->calls);
	models_clear(&servers->models);
	g_ptr_array_unref(servers->nodes);
	g_free(servers);
}

const struct container_runtime *servers_runtime(struct servers *servers)
{
	return &servers->runtime;
}

struct server *servers_find(struct servers *servers, const char *pod_uid, const char *container)
{
	for (GList *link = servers->list.head; link; link = link->next) {
		struct server *server = link->data;

		if (server->running && strcmp(server->pod_uid, pod_uid) == 0 &&
		    (!container || strcmp(server->container, container) == 0)) {
			return server;
		}
	}
	return NULL;
}

/* --- the end --- */

static void stop_listening(struct server *server)
{
	struct network *network = server->servers->environment.network;

	simulation_cancel(server->servers->sim, &server->listen_event);
	if (!server->listening) {
		return;
	}
	server->listening = false;
	for (size_t i = 0; i < server->n_ports; i++) {
		network_detach(network, server->address, server->ports[i], server);
	}
}

static void server_end(struct server *server, int exit_code, const char *reason)
{
	struct simulation *sim = server->servers->sim;

	simulation_cancel(sim, &server->exit_event);
	stop_listening(server);
	server_usage_remove(server);
	server->used_at_end = server_cpu_seconds(server);
	server->running = false;
	server->ended_at = simulation_now(sim);
	processor_clear(&server->cpu);
	node_cpu_leave(server);
	service_reset_all(server);
	probe_end_hooks(server);
	while (server->connections) {
		connection_closed_by_server(server->connections);
	}
	server->exited(server->exited_data, exit_code, reason);
}

static void on_exit_due(struct simulation *sim, void *data)
{
	struct server *server = data;

	server->exit_event = EVENT_NONE;
	server_end(server, server->exit_code, server->exit_reason);
}

static void on_term_over(struct simulation *sim, void *data)
{
	struct server *server = data;

	server->exit_event = EVENT_NONE;
	if (server->application->on_term.drains && server->in_flight > 0) {
		server->exit_due = true; /* with the last request */
		return;
	}
	server_end(server, server->exit_code, server->exit_reason);
}

/* Sets when and how the container ends, in place of what was set before. */
static void end_at(struct server *server, sim_time at, event_fn fn, int exit_code,
                   const char *reason)
{
	struct simulation *sim = server->servers->sim;

	simulation_cancel(sim, &server->exit_event);
	server->exit_code = exit_code;
	server->exit_reason = reason;
	server->exit_event = simulation_schedule(sim, at, PHASE_RUNTIME, fn, server);
}

static const char *reason_of(int exit_code)
{
	return exit_code == 0 ? "Completed" : "Error";
}

void server_end_soon(struct server *server, int exit_code, const char *reason)
{
	const sim_time now = simulation_now(server->servers->sim);

	if (server->exit_event && simulation_due(server->servers->sim, server->exit_event) == now) {
		return;
	}
	end_at(server, now, on_exit_due, exit_code, reason ? reason : reason_of(exit_code));
}

bool servers_kill_container(struct servers *servers, const char *pod_uid, const char *container,
                            int exit_code, bool out_of_memory)
{
	struct server *server = servers_find(servers, pod_uid, container);

	if (!server) {
		return false;
	}
	server_end_soon(server, exit_code,
	                out_of_memory && exit_code == SIGKILL_CODE ? "OOMKilled" : "Error");
	return true;
}

/* --- the start --- */

static double draw_start(const struct server *server, uint64_t what, const struct distribution *d)
{
	const uint64_t ordinal = (uint64_t)server->attempt << 16 | what;

	return d ? (double)distribution_duration(
		       d, random_uniform(&server->servers->start, server->entity, ordinal))
	         : 0;
}

static void on_listen(struct simulation *sim, void *data)
{
	struct server *server = data;
	struct network *network = server->servers->environment.network;

	server->listen_event = EVENT_NONE;
	if (server->memory > server->memory_limit) { /* loaded, and too large */
		server_end_soon(server, SIGKILL_CODE, "OOMKilled");
		return;
	}
	server->listening = true;
	for (size_t i = 0; i < server->n_ports; i++) {
		network_attach(network, server->address, server->ports[i], server);
	}
}

static int64_t memory_limit_of(const struct container *container)
{
	int64_t limit;

	return resource_list_get(&container->limits, "memory", &limit) ? limit / 1000 : INT64_MAX;
}

static void make_pools(struct server *server)
{
	const struct application *a = server->application;
	const uint32_t workers = (uint32_t)MAX(a->workers, 1);

	server->pools = g_new0(struct pool_state, a->n_pools + 1);
	for (size_t i = 0; i < a->n_pools; i++) {
		const struct pool_model *pool = &a->pools[i];

		server->pools[i].free = (uint32_t)pool->concurrency * workers;
		server->pools[i].queue_limit =
		    pool->queue < 0 ? UINT32_MAX : (uint32_t)pool->queue * workers;
	}
}

static void start_application(struct server *server, const struct container *container)
{
	const struct application *a = server->application;
	struct simulation *sim = server->servers->sim;
	const sim_time now = server->started_at;

	make_pools(server);
	server->memory = a->memory_base;
	server->memory_limit = memory_limit_of(container);
	server->ready_at = g_new0(sim_time, a->n_dependencies + 1);
	for (size_t i = 0; i < a->n_dependencies; i++) {
		server->ready_at[i] =
		    now + (sim_time)draw_start(server, i + 2, a->dependencies[i].ready_after);
	}
	server->listen_event =
	    simulation_schedule_after(sim, (sim_time)draw_start(server, 0, a->listens_after),
	                              PHASE_RUNTIME, on_listen, server);
	if (a->startup_cpu > 0) {
		processor_add(&server->cpu, (double)a->startup_cpu, NULL);
	}
	if (a->exits.active) {
		end_at(server, now + a->exits.after, on_exit_due, a->exits.exit_code,
		       reason_of(a->exits.exit_code));
	}
}

/* Every declared TCP port; without any, the container listens wherever it is asked. */
static void set_ports(struct server *server, const struct container *container)
{
	server->ports = g_new0(int, container->n_ports + 1);
	for (size_t i = 0; i < container->n_ports; i++) {
		const char *protocol = container->ports[i].protocol;

		if (!protocol || strcmp(protocol, "TCP") == 0) {
			server->ports[server->n_ports++] = container->ports[i].number;
		}
	}
	if (server->n_ports == 0) {
		server->n_ports = 1;
	}
}

/* An init container without a model has nothing to do and is done. */
static bool is_init(const struct pod *pod, const struct container *container)
{
	for (size_t i = 0; i < pod->spec->n_init_containers; i++) {
		if (strcmp(pod->spec->init_containers[i].name, container->name) == 0) {
			return !container->always_restarts;
		}
	}
	return false;
}

/* The same in every run that has the same applications: pods are told apart by their ordinal, not
 * by a generated name. */
static uint64_t entity_of(const struct server *server, const struct pod *pod)
{
	const uint64_t name = g_str_hash(server->application->name) ^ g_str_hash(server->container);

	return UINT64_C(1) << 63 | (name & 0x3fffffff) << 32 |
	       (pod->object.meta.ordinal & UINT32_MAX);
}

struct runtime_container *server_start(void *self, const struct pod *pod,
                                       const struct container *container, uint32_t attempt,
                                       container_exit_fn exited, void *data)
{
	struct servers *servers = self;
	const struct servers_environment *e = &servers->environment;
	struct server *server = g_aligned_alloc0(1, sizeof(*server), SLAB_LINE);

	server->servers = servers;
	server->attempt = attempt;
	server->exited = exited;
	server->exited_data = data;
	server->running = true;
	server->started_at = simulation_now(servers->sim);
	server->namespace = g_ref_string_new(pod->object.meta.namespace);
	server->pod = g_ref_string_new(pod->object.meta.name);
	server->pod_uid = g_ref_string_new(pod->object.meta.uid);
	server->container = g_ref_string_new(container->name);
	server->address = e->address_of(e->world, pod);
	set_ports(server, container);
	g_queue_push_tail(&servers->list, server);

	const unsigned node = e->node_of(e->world, pod);

	server->application = e->application_of(e->world, pod, container);
	if (server->application) {
		server->model = models_of(&servers->models, server->application);
		server->entity = entity_of(server, pod);
		server_cpu_start(server, pod, container, node);
		start_application(server, container);
	} else {
		server_cpu_idle(server, pod, container, node);
		if (is_init(pod, container)) {
			server_end_soon(server, 0, NULL);
		}
	}
	server_usage_add(server, pod);
	return (struct runtime_container *)server;
}

/* --- signals --- */

/* A server that drains has no use for connections on which nothing is under way. */
static void close_idle(struct server *server)
{
	for (struct connection *c = server->connections, *next; c; c = next) {
		next = c->next;
		if (c->in_flight == 0) {
			connection_closed_by_server(c);
		}
	}
}

void server_terminate(void *self, struct runtime_container *c)
{
	struct server *server = (struct server *)c;
	const struct application *a = server->application;

	if (!server->running || server->terminating || (a && a->on_term.ignores)) {
		return;
	}
	server->terminating = true;
	if (!a) {
		server_end_soon(server, SIGTERM_CODE, NULL);
		return;
	}
	if (a->on_term.stops_listening) {
		stop_listening(server);
	}
	if (a->on_term.drains) {
		close_idle(server);
	}
	const sim_time lasts = (sim_time)draw_start(server, 1, a->on_term.exit_after);

	end_at(server, simulation_now(server->servers->sim) + lasts, on_term_over,
	       a->on_term.exit_code, reason_of(a->on_term.exit_code));
}

void server_kill(void *self, struct runtime_container *c)
{
	struct server *server = (struct server *)c;

	if (server->running) {
		server_end(server, SIGKILL_CODE, "Error");
	}
}

void server_remove(void *self, struct runtime_container *c)
{
	struct server *server = (struct server *)c;

	g_assert(!server->running);
	probe_forget(server);
	g_queue_remove(&server->servers->list, server);
	server_free(server);
}

/* --- resources that change --- */

bool server_resize(void *self, struct runtime_container *c, const struct pod_spec *spec,
                   const struct container *container)
{
	struct server *server = (struct server *)c;
	const int64_t limit = memory_limit_of(container);

	if (!server->running) {
		return true;
	}
	if (limit < server->memory) { /* the kernel would kill: the kubelet does not try */
		return false;
	}
	server->memory_limit = limit;
	server_cpu_resize(server, spec, container);
	return true;
}
