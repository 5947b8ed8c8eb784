/* connecting.c - from a client to a server: over the connection it keeps, or over a new one by the
 * node's proxy table. */

#include "traffic/internal.h"

/* A second try of a request draws anew; it must not take the draw of the next request. */
#define ATTEMPT_SHIFT 56

void client_tell_cut(const struct clients *c, const char *pod, enum request_outcome outcome)
{
	if (c->trace && c->trace->cut && pod) {
		const struct cut_trace t = {
		    .at = simulation_now(c->sim),
		    .namespace = c->load->target.namespace,
		    .pod = pod,
		    .outcome = outcome,
		};

		c->trace->cut(c->trace->self, &t);
	}
}

/* Endpoint for a new connection; @ordinal numbers the client's connections. */
static struct server *choose(struct request *request, uint64_t ordinal,
                             enum request_outcome *outcome)
{
	struct clients *c = request->clients;
	struct proxy_target target;
	bool open;
	double u = 0.5;

	const uint64_t entity = request->client
	                            ? clients_entity(c, client_number(c, request->client))
	                            : request->entity;

	if (c->port->n_targets > 1 && !c->port->round_robin) {
		u = random_uniform(&c->endpoint, entity, ordinal);
	}
	switch (proxy_port_choose(c->port, entity, simulation_now(c->sim), u, &target)) {
	case PROXY_TO_TARGET:
		break;
	case PROXY_REJECT:
		*outcome = REQUEST_REJECTED;
		return NULL;
	default:
		*outcome = REQUEST_CONNECT_TIMEOUT;
		return NULL;
	}
	struct server *server = network_listener(c->network, target.address, target.port, &open);

	if (!server) {
		*outcome = open ? REQUEST_REFUSED : REQUEST_CONNECT_TIMEOUT;
		client_tell_cut(c, target.pod_name, *outcome);
		return NULL;
	}
	server_prefetch(server);
	return server;
}

/* A connection for this request alone. */
static struct server *connect_once(struct request *request, enum request_outcome *outcome)
{
	struct clients *c = request->clients;
	const uint64_t ordinal = request->ordinal | (uint64_t)request->attempt << ATTEMPT_SHIFT;
	struct server *server = choose(request, ordinal, outcome);

	request->round_trips = server ? 2 : 1;
	if (server) {
		c->results.connections_opened++;
		server->connections_opened++;
		server->connections_open++;
		request->own_connection = true;
	}
	return server;
}

/* The client balances over addresses to which it keeps connections; they stand open when they are
 * needed. */
static struct server *connect_to_any(struct request *request, enum request_outcome *outcome)
{
	const uint64_t ordinal = request->ordinal | (uint64_t)request->attempt << ATTEMPT_SHIFT;

	request->round_trips = 1;
	return choose(request, ordinal, outcome);
}

/* Whether the client itself has had enough of its connection. */
static bool is_worn(const struct clients *c, const struct connection *connection)
{
	const sim_time max_age = c->load->connections.max_age;

	return max_age > 0 && connection->in_flight == 0 &&
	       simulation_now(c->sim) - connection->opened_at >= max_age;
}

static struct server *connect_kept(struct request *request, enum request_outcome *outcome)
{
	struct clients *c = request->clients;
	struct client *client = request->client;
	struct connection *connection = client->connection;

	request->round_trips = 1;
	if (connection &&
	    (is_worn(c, connection) || !connection_is_open(connection, simulation_now(c->sim)))) {
		client_drop_connection(client);
		connection = NULL;
	}
	if (!connection) {
		struct server *server = choose(request, client->connections, outcome);

		if (!server) {
			client->connections++;
			return NULL;
		}
		client->connections++;
		c->results.connections_opened++;
		server->connections_opened++;
		request->round_trips = 2;
		connection = client->connection = connection_open(server);
	}
	connection->requests++;
	connection->in_flight++;
	request->connection = connection;
	return connection->server;
}

struct server *client_connect(struct request *request, enum request_outcome *outcome)
{
	const struct load *load = request->clients->load;

	if (!load->connections.keep_alive || (!request->client && !load->connections.client_side)) {
		return connect_once(request, outcome);
	}
	return load->connections.client_side ? connect_to_any(request, outcome)
	                                     : connect_kept(request, outcome);
}

void client_drop_connection(struct client *client)
{
	struct connection *connection = client->connection;

	client->connection = NULL;
	if (connection->in_flight == 0) {
		connection_close(client->clients->servers, connection);
	} else {
		connection->abandoned = true; /* freed with its last request */
	}
}

/* Whether either side closes after so many requests, or the server drains. */
static bool is_used_up(const struct clients *c, const struct connection *connection)
{
	const uint32_t requests = connection->requests;
	const struct server *server = connection->server;

	if (c->load->connections.max_requests &&
	    requests >= (uint32_t)c->load->connections.max_requests) {
		return true;
	}
	if (!server) {
		return false;
	}
	const int limit = server->application->max_requests_per_connection;

	return (limit && requests >= (uint32_t)limit) ||
	       (server->terminating && server->application->on_term.drains);
}

void client_disconnect(struct request *request, bool broken)
{
	struct clients *c = request->clients;
	struct connection *connection = request->connection;

	if (!connection) {
		request->server->connections_open -= request->own_connection;
		request->own_connection = false;
		return;
	}
	request->connection = NULL;
	connection->in_flight--;
	connection->last_used = simulation_now(c->sim);
	if (connection->abandoned) {
		if (connection->in_flight == 0) {
			connection_close(c->servers, connection);
		}
		return;
	}
	if (broken || is_used_up(c, connection)) {
		client_drop_connection(request->client);
	}
}
