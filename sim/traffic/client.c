/* client.c - requests as their clients see them: sent, answered, broken off, given up, tried again.
 */

#include "traffic/internal.h"

/* --- making and sending --- */

static uint16_t draw_path(const struct clients *c, uint64_t entity, uint64_t ordinal)
{
	const size_t n = c->load->n_requests;

	if (n < 2) {
		return 0;
	}
	const double u = random_uniform(&c->route, entity, ordinal);
	size_t i = 0;

	while (i + 1 < n && u >= c->weights[i]) {
		i++;
	}
	return (uint16_t)i;
}

struct request *client_request(struct clients *c, struct client *client, uint64_t entity,
                               uint64_t ordinal)
{
	struct request *request = request_new(c->servers);

	request->clients = c;
	request->client = client;
	request->entity = entity;
	request->ordinal = ordinal;
	request->born = simulation_now(c->sim);
	request->path = draw_path(c, entity, ordinal);
	results_sent(c, request->born);
	return request;
}

/* The route of the request's path in @model; looked up by name once per model. */
static int16_t route_in(struct clients *c, const struct model *model, uint16_t path)
{
	if (G_UNLIKELY(model->number >= c->routes->len)) {
		g_ptr_array_set_size(c->routes, (int)model->number + 1);
	}
	int16_t *routes = c->routes->pdata[model->number];

	if (G_UNLIKELY(!routes)) {
		routes = g_new(int16_t, c->load->n_requests + 1);
		for (size_t i = 0; i < c->load->n_requests; i++) {
			routes[i] = (int16_t)application_route(model->application,
			                                       c->load->requests[i].path);
		}
		c->routes->pdata[model->number] = routes;
	}
	return routes[path];
}

static void on_silence(struct simulation *sim, void *data)
{
	struct request *request = data;

	request->event = EVENT_NONE;
	client_finish(request, REQUEST_CONNECT_TIMEOUT, simulation_now(sim));
}

/* Nobody answers the connection: its own timeout runs, unless the request's ends first. */
static void wait_in_silence(struct request *request)
{
	struct clients *c = request->clients;
	const sim_time timeout = c->load->connect_timeout;

	if (c->load->timeout == 0 || timeout < c->load->timeout) {
		request->event =
		    simulation_schedule_after(c->sim, timeout, PHASE_RUNTIME, on_silence, request);
	}
}

void client_send(struct request *request)
{
	struct clients *c = request->clients;
	const sim_time now = simulation_now(c->sim);
	enum request_outcome outcome = REQUEST_OK;

	request->sent = now;
	timeouts_add(request);
	struct server *server = client_connect(request, &outcome);

	if (server) {
		request->route = route_in(c, server->model, request->path);
		service_receive(server, request);
	} else if (outcome == REQUEST_CONNECT_TIMEOUT) {
		wait_in_silence(request);
	} else {
		client_finish(request, outcome, now + c->rtt);
	}
}

/* --- what becomes of it --- */

static enum request_outcome outcome_of(int status)
{
	return status < 400 ? REQUEST_OK : status < 500 ? REQUEST_STATUS_4XX : REQUEST_STATUS_5XX;
}

void client_answered(struct request *request)
{
	const struct clients *c = request->clients;
	const sim_time at = simulation_now(c->sim) + request->round_trips * c->rtt;
	const sim_time deadline = c->load->timeout ? request->sent + c->load->timeout : SIM_NEVER;

	if (G_UNLIKELY(at > deadline)) { /* the answer is under way when the client hangs up */
		client_disconnect(request, true);
		client_finish(request, REQUEST_TIMEOUT, deadline);
		return;
	}
	client_disconnect(request, false);
	client_finish(request, outcome_of(request->status), at);
}

void client_reset(struct request *request)
{
	const struct clients *c = request->clients;
	const sim_time at = simulation_now(c->sim) + request->round_trips * c->rtt;

	client_tell_cut(c, request->server->pod, REQUEST_RESET);
	client_disconnect(request, true);
	client_finish(request, REQUEST_RESET, at);
}

/* The server goes on with the request, for nobody; the client hangs up, unless others share the
 * connection. */
void client_gave_up(struct request *request)
{
	struct clients *c = request->clients;
	struct request *mine = request;

	timeouts_remove(request);
	if (request->server) {
		mine = request_new(c->servers);
		*mine = *request;
		mine->event = EVENT_NONE;
		client_disconnect(mine, !c->load->connections.http2);
		mine->pod = request->server->pod;
		request->own_connection = false;
		mine->server = NULL;
		request->connection = NULL;
		request->clients = NULL;
	} else {
		simulation_cancel(c->sim, &request->event);
	}
	client_finish(mine, REQUEST_TIMEOUT, simulation_now(c->sim));
}

static void on_next_attempt(struct simulation *sim, void *data)
{
	struct request *request = data;

	request->event = EVENT_NONE;
	client_send(request);
}

/* Whether another attempt may help; a client's own fault is not repeated. */
static bool try_again(struct request *request, enum request_outcome outcome, sim_time at)
{
	const struct clients *c = request->clients;

	if (outcome == REQUEST_OK || outcome == REQUEST_STATUS_4XX ||
	    request->attempt >= c->load->retries) {
		return false;
	}
	request->attempt++;
	request->server = NULL;
	request->event = simulation_schedule(c->sim, at, PHASE_RUNTIME, on_next_attempt, request);
	return true;
}

static void trace_request(const struct request *request, enum request_outcome outcome, sim_time at)
{
	const struct clients *c = request->clients;
	const bool answered =
	    outcome == REQUEST_OK || outcome == REQUEST_STATUS_4XX || outcome == REQUEST_STATUS_5XX;
	const struct request_trace record = {
	    .sent = request->born,
	    .done = at,
	    .load = c->index,
	    .client = client_number(c, request->client),
	    .ordinal = request->ordinal,
	    .path = c->load->requests[request->path].path,
	    .pod = request->server ? request->server->pod : request->pod,
	    .outcome = outcome,
	    .status = answered ? request->status : 0,
	};

	c->trace->request(c->trace->self, &record);
}

void client_finish(struct request *request, enum request_outcome outcome, sim_time at)
{
	struct clients *c = request->clients;
	struct client *client = request->client;

	timeouts_remove(request);
	if (G_UNLIKELY(outcome != REQUEST_OK) && try_again(request, outcome, at)) {
		return;
	}
	results_done(c, outcome, at, at - request->born);
	if (G_UNLIKELY(c->trace->request)) {
		trace_request(request, outcome, at);
	}
	const uint64_t ordinal = request->ordinal;

	request_free(c->servers, request);
	if (c->load->users > 0) {
		client_closed_next(c, client, ordinal, at);
	} else if (client) {
		client_open_next(client, at);
	}
}

/* --- all clients of a load --- */

static void set_weights(struct clients *c)
{
	const struct load *load = c->load;
	double total = 0;
	double sum = 0;

	c->weights = g_new0(double, load->n_requests + 1);
	for (size_t i = 0; i < load->n_requests; i++) {
		total += load->requests[i].weight;
	}
	for (size_t i = 0; i < load->n_requests; i++) {
		sum += load->requests[i].weight;
		c->weights[i] = sum / total;
	}
}

static void on_start(struct simulation *sim, void *data)
{
	struct clients *c = data;

	if (c->load->users > 0) {
		client_closed_start(c);
	} else {
		client_open_start(c);
	}
}

struct clients *clients_new(struct simulation *sim, struct servers *servers,
                            struct network *network, const struct trace *trace,
                            const struct load *load, unsigned index, struct proxy_port *port,
                            sim_time rtt)
{
	struct clients *c = g_new0(struct clients, 1);
	const uint64_t seed = simulation_seed(sim);
	const bool all = load->duration <= 0 || load->duration > SIM_NEVER - MAX(load->from, 0);

	*c = (struct clients){
	    .sim = sim,
	    .servers = servers,
	    .network = network,
	    .trace = trace,
	    .load = load,
	    .index = index,
	    .port = port,
	    .rtt = rtt,
	    .start = load->from,
	    .end = all ? SIM_NEVER : load->from + load->duration,
	    .n_clients = (uint32_t)(load->users > 0 ? load->users : load->clients),
	    .think = random_stream_of(seed, RANDOM_THINK),
	    .route = random_stream_of(seed, RANDOM_ROUTE),
	    .endpoint = random_stream_of(seed, RANDOM_ENDPOINT),
	    .arrival = random_stream_of(seed, RANDOM_ARRIVAL),
	    .routes = g_ptr_array_new_with_free_func(g_free),
	};
	c->clients = g_new0(struct client, c->n_clients + 1);
	for (uint32_t i = 0; i < c->n_clients; i++) {
		c->clients[i].clients = c;
	}
	set_weights(c);
	results_prepare(c);
	simulation_schedule(sim, MAX(c->start, simulation_now(sim)), PHASE_RUNTIME, on_start, c);
	return c;
}

void clients_free(struct clients *c)
{
	if (!c) {
		return;
	}
	results_clear(c);
	arrivals_free(c->arrivals);
	distribution_unref(c->gap);
	g_ptr_array_free(c->routes, TRUE);
	g_free(c->weights);
	g_free(c->queues);
	g_free(c->clients);
	g_free(c);
}

const struct load_results *clients_results(const struct clients *clients)
{
	return &clients->results;
}

uint64_t clients_in_flight(const struct clients *clients)
{
	return clients->results.sent - clients->results.done;
}
