/* ask.c - what a container would answer now, for people who look at it. */

#include "traffic/internal.h"

static const char *text_of(int status)
{
	return status == 200   ? "ok"
	       : status == 404 ? "not found"
	       : status == 503 ? "service unavailable"
	                       : "";
}

int servers_ask(struct servers *servers, const char *pod_uid, const char *container,
                const char *path, const char **body)
{
	struct server *server = servers_find(servers, pod_uid, container);

	*body = "";
	if (!server || !server->listening) {
		return 0;
	}
	const int route = application_route(server->application, path);
	int status = service_status_now(server, route);

	if (!status) {
		status = server->model->routes[route].status
		             ? server->model->routes[route].status
		             : server->application->routes[route].status;
	}
	*body = text_of(status);
	return status;
}
