/* connection.c - connections that are kept open between requests.
 *
 * Nothing happens to an idle connection until somebody looks at it, so its timeout needs no event:
 * it is noticed when the client uses it, or when the open connections are counted. */

#include "traffic/internal.h"

struct connection *connection_open(struct server *server)
{
	struct connection *connection = slab_take(&server->servers->connections);
	const sim_time now = simulation_now(server->servers->sim);

	*connection = (struct connection){
	    .next = server->connections,
	    .server = server,
	    .opened_at = now,
	    .last_used = now,
	};
	if (connection->next) {
		connection->next->previous = connection;
	}
	server->connections = connection;
	server->connections_open++;
	return connection;
}

void connection_closed_by_server(struct connection *connection)
{
	struct server *server = connection->server;

	if (connection->previous) {
		connection->previous->next = connection->next;
	} else {
		server->connections = connection->next;
	}
	if (connection->next) {
		connection->next->previous = connection->previous;
	}
	server->connections_open--;
	connection->server = NULL;
}

void connection_close(struct servers *servers, struct connection *connection)
{
	if (connection->server) {
		connection_closed_by_server(connection);
	}
	slab_put(&servers->connections, connection);
}

bool connection_is_open(struct connection *connection, sim_time now)
{
	if (!connection->server) {
		return false;
	}
	const sim_time timeout = connection->server->application->keep_alive_timeout;

	if (timeout > 0 && connection->in_flight == 0 && now - connection->last_used >= timeout) {
		connection_closed_by_server(connection);
		return false;
	}
	return true;
}
