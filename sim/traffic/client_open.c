/* client_open.c - an open load: requests arrive at a rate of their own, whatever becomes of those
 * before.
 *
 * With `clients` given they are spread over that many kept connections in turn. A connection of
 * HTTP/1 carries one request at a time, so a request may have to wait for its connection; that time
 * counts as its latency. */

#include "traffic/internal.h"

/* The cumulative rate between arrivals is exponential for a Poisson process, 1 for an even one: a
 * changed rate moves arrivals in time but keeps their order and number the same. */
static void advance(struct clients *c)
{
	if (!c->load->poisson) {
		c->area = (double)c->arrived;
		return;
	}
	c->area += distribution_quantile(
	    c->gap, random_uniform(&c->arrival, clients_entity(c, 0), c->arrived));
}

static void on_arrival(struct simulation *sim, void *data);

static void schedule_next(struct clients *c)
{
	advance(c);
	const sim_time offset = arrivals_at(c->arrivals, c->area);

	if (offset != SIM_NEVER && offset < c->end - c->start) {
		simulation_schedule(c->sim, MAX(c->start + offset, simulation_now(c->sim)),
		                    PHASE_RUNTIME, on_arrival, c);
	}
}

/* --- one request at a time per client --- */

static void on_free(struct simulation *sim, void *data)
{
	struct client *client = data;
	struct clients *c = client->clients;
	struct client_queue *queue = &c->queues[client_number(c, client)];
	struct request *request = queue->first;

	if (request) {
		queue->first = request->next;
		client_send(request);
		return;
	}
	queue->busy = false;
	if (client->connection && simulation_now(sim) >= c->end) {
		client_drop_connection(client);
	}
}

void client_open_next(struct client *client, sim_time at)
{
	struct clients *c = client->clients;

	if (c->queues) {
		simulation_schedule(c->sim, at, PHASE_RUNTIME, on_free, client);
	} else if (at >= c->end && client->connection && client->connection->in_flight == 0) {
		client_drop_connection(client);
	}
}

static void send_in_turn(struct request *request)
{
	struct clients *c = request->clients;
	struct client_queue *queue = &c->queues[client_number(c, request->client)];

	if (!queue->busy) {
		queue->busy = true;
		client_send(request);
		return;
	}
	request->next = NULL;
	if (queue->first) {
		queue->last->next = request;
	} else {
		queue->first = request;
	}
	queue->last = request;
}

/* --- arrivals --- */

static void on_arrival(struct simulation *sim, void *data)
{
	struct clients *c = data;
	const uint64_t ordinal = c->arrived++;
	struct client *client = c->n_clients ? &c->clients[ordinal % c->n_clients] : NULL;

	schedule_next(c);
	/* The demand belongs to the arrival, not to the connection that happens to carry it. */
	struct request *request = client_request(c, client, clients_entity(c, 0), ordinal);

	if (client && c->queues) {
		send_in_turn(request);
	} else {
		client_send(request);
	}
}

/* Clients that outlive the load hang up. */
static void on_end(struct simulation *sim, void *data)
{
	struct clients *c = data;

	for (uint32_t i = 0; i < c->n_clients; i++) {
		struct client *client = &c->clients[i];

		if (client->connection && client->connection->in_flight == 0) {
			client_drop_connection(client);
		}
	}
}

void client_open_start(struct clients *c)
{
	c->arrivals = arrivals_new(c->load);
	c->gap = distribution_exponential(1);
	if (!c->load->connections.keep_alive) {
		c->n_clients = 0; /* nothing is kept, so there is nothing to take turns with */
	}
	if (c->n_clients && !c->load->connections.http2) {
		c->queues = g_new0(struct client_queue, c->n_clients);
	}
	if (c->n_clients && c->end != SIM_NEVER) {
		simulation_schedule(c->sim, MAX(c->end, simulation_now(c->sim)), PHASE_RUNTIME,
		                    on_end, c);
	}
	schedule_next(c);
}
