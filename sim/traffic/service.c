/* service.c - a request in a server: its route, its place in the pool, its CPU time, its wait, its
 * answer. */

#include "traffic/internal.h"

#define NOT_FOUND 404
#define UNAVAILABLE 503

static inline const struct route_model *route_of(const struct server *server,
                                                 const struct request *request)
{
	return &server->application->routes[request->route];
}

static inline int64_t memory_of(const struct server *server, const struct request *request)
{
	const struct application *a = server->application;

	if (request->route == ROUTE_NONE || a->routes[request->route].memory_bytes < 0) {
		return a->memory_per_request;
	}
	return a->routes[request->route].memory_bytes;
}

static inline struct pool_state *pool_of(struct server *server, const struct request *request)
{
	const int pool = route_of(server, request)->pool;

	return pool < 0 ? NULL : &server->pools[pool];
}

bool service_has(const struct server *server, const int *needs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (server->model->away[needs[i]] ||
		    server->ready_at[needs[i]] > simulation_now(server->servers->sim)) {
			return false;
		}
	}
	return true;
}

int service_status_now(const struct server *server, int route)
{
	const struct application *a = server->application;

	if (server->terminating && a->on_term.status) {
		return a->on_term.status;
	}
	if (route == ROUTE_NONE) {
		return NOT_FOUND;
	}
	const struct route_model *r = &a->routes[route];

	return service_has(server, r->needs, r->n_needs) ? 0 : UNAVAILABLE;
}

/* --- leaving --- */

static void start_work(struct server *server, struct request *request);

static void release_slot(struct server *server, struct pool_state *pool)
{
	struct request *next = pool->first;

	if (!next) {
		pool->free++;
		return;
	}
	pool->first = next->next;
	pool->queued--;
	server->queued--;
	next->holds_slot = true;
	start_work(server, next);
}

static void count_answer(struct server *server, const struct request *request)
{
	server->in_flight--;
	if (request->status < 500) {
		server->answered++;
	} else {
		server->errors++;
	}
	server->recent[server->n_recent++] = simulation_now(server->servers->sim) - request->sent;
	if (server->n_recent == SERVER_RECENT) {
		server_keep_latencies(server);
	}
}

/* The answer leaves the server; @request is gone afterwards. */
static void answer(struct server *server, struct request *request)
{
	struct pool_state *held = request->holds_slot ? pool_of(server, request) : NULL;

	server->inside--;
	server->memory -= memory_of(server, request);
	if (!request->of_probe) {
		count_answer(server, request);
	}
	if (request->clients) {
		client_answered(request);
	} else {
		if (request->probe) {
			probe_answered(request->probe, request->status);
		}
		request_free(server->servers, request);
	}
	if (held) {
		release_slot(server, held);
	}
	if (G_UNLIKELY(server->exit_due) && server->in_flight == 0) {
		server->exit_due = false;
		server_end_soon(server, server->exit_code, server->exit_reason);
	}
}

static void on_wait_over(struct simulation *sim, void *data)
{
	struct request *request = data;

	request->event = EVENT_NONE;
	answer(request->server, request);
}

static void start_wait(struct server *server, struct request *request)
{
	if (request->wait <= 0) {
		answer(server, request);
		return;
	}
	request->event = simulation_schedule_after(server->servers->sim, request->wait,
	                                           PHASE_RUNTIME, on_wait_over, request);
	if (request->holds_slot && route_of(server, request)->release_before_wait) {
		request->holds_slot = false;
		release_slot(server, pool_of(server, request));
	}
}

void service_work_done(void *server, struct request *request)
{
	start_wait(server, request);
}

/* --- entering --- */

static void start_work(struct server *server, struct request *request)
{
	const struct route_model *route = route_of(server, request);
	double u[2] = {0.5, 0.5};
	double work = 0;

	if (server->model->drawn[request->route]) {
		random_pair(&server->servers->demand, request->entity, request->ordinal, u);
	}
	if (route->cpu) {
		work = distribution_quantile(route->cpu, u[0]);
	}
	if (route->wait) {
		request->wait += distribution_duration(route->wait, u[1]);
	}
	if (work > 0) {
		processor_add(&server->cpu, work, request);
	} else {
		start_wait(server, request);
	}
}

/* Takes a slot of the route's pool, or a place in its queue, or is turned away. */
static void enter_pool(struct server *server, struct request *request)
{
	struct pool_state *pool = pool_of(server, request);

	if (!pool || pool->free > 0) {
		if (pool) {
			pool->free--;
			request->holds_slot = true;
		}
		start_work(server, request);
	} else if (pool->queued < pool->queue_limit) {
		request->next = NULL;
		if (pool->queued++) {
			pool->last->next = request;
		} else {
			pool->first = request;
		}
		pool->last = request;
		server->queued++;
	} else {
		request->status = UNAVAILABLE;
		answer(server, request);
	}
}

void service_receive(struct server *server, struct request *request)
{
	request->server = server;
	server->inside++;
	server->memory += memory_of(server, request);
	if (!request->of_probe) {
		server->requests++;
		server->in_flight++;
	}
	if (server->memory > server->memory_limit) {
		server_end_soon(server, 137, "OOMKilled");
	}
	const int status = service_status_now(server, request->route);

	if (status) {
		request->status = (uint16_t)status;
		answer(server, request);
		return;
	}
	const struct route_state *state = &server->model->routes[request->route];

	request->wait = state->latency;
	request->status =
	    (uint16_t)(state->status ? state->status : route_of(server, request)->status);
	if (state->status) { /* the fault stands in place of the work */
		start_wait(server, request);
	} else {
		enter_pool(server, request);
	}
}

/* --- the container ends --- */

static void break_off(struct server *server, struct request *request)
{
	simulation_cancel(server->servers->sim, &request->event);
	server->inside--;
	server->memory -= memory_of(server, request);
	if (!request->of_probe) {
		server->in_flight--;
		server->errors++;
	}
	if (request->clients) {
		client_reset(request);
		return;
	}
	if (request->probe) {
		probe_broken_off(request->probe);
	}
	request_free(server->servers, request);
}

void service_reset_all(struct server *server)
{
	const struct slab *slab = &server->servers->requests;

	for (unsigned chunk = 0; chunk < slab->chunks->len && server->inside > 0; chunk++) {
		const unsigned n =
		    chunk + 1 == slab->chunks->len ? SLAB_CHUNK - slab->unused : SLAB_CHUNK;

		for (unsigned i = 0; i < n; i++) {
			struct request *request = slab_at(slab, chunk, i);

			if (request->server == server) {
				break_off(server, request);
			}
		}
	}
	server->queued = 0;
}
