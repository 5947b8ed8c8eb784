/* text.c - figures in sentences. */

#include "check/set.h"

#include <stdio.h>

char *say_time(sim_time length)
{
	if (length == SIM_NEVER) {
		return g_strdup("for ever");
	}
	if (length >= 10 * SIM_MINUTE) {
		return g_strdup_printf("%.0f min", sim_time_to_seconds(length) / 60);
	}
	if (length % SIM_SECOND == 0 || length >= 100 * SIM_SECOND) {
		return g_strdup_printf("%.0f s", sim_time_to_seconds(length));
	}
	return g_strdup_printf("%.1f s", sim_time_to_seconds(length));
}

char *say_span(const struct check_span *span)
{
	if (span->earliest == SIM_NEVER) {
		return g_strdup("never");
	}
	g_autofree char *earliest = say_time(span->earliest), *latest = say_time(span->latest);

	if (span->latest == SIM_NEVER) {
		return g_strdup_printf("%s or later", earliest);
	}
	if (span->earliest == span->latest) {
		return g_steal_pointer(&earliest);
	}
	return g_strdup_printf("%s to %s", earliest, latest);
}

static char *say_port(const struct port_reference *port)
{
	return port->number ? g_strdup_printf("%d", port->number) : g_strdup(port->name);
}

char *say_probe(const struct handler *handler)
{
	g_autofree char *port = say_port(&handler->port);

	switch (handler->kind) {
	case HANDLER_HTTP_GET:
		return g_strdup_printf("%sGET %s on %s", handler->https ? "TLS " : "",
		                       handler->path ? handler->path : "/", port);
	case HANDLER_TCP_SOCKET:
		return g_strdup_printf("connect to %s", port);
	case HANDLER_GRPC:
		return g_strdup_printf("gRPC health on %s", port);
	case HANDLER_EXEC: {
		g_autofree char *command = g_strjoinv(" ", handler->command);
		g_autofree char *line = g_strdelimit(g_strdup(command), "\n\t", ' ');

		if (g_utf8_strlen(line, -1) > 40) {
			g_autofree char *head = g_utf8_substring(line, 0, 37);

			return g_strdup_printf("exec %s...", head);
		}
		return g_strdup_printf("exec %s", line);
	}
	default:
		return g_strdup("nothing");
	}
}
