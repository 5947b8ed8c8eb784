/* probe_message.c - texts of probe events. */

#include "rules/probe_message.h"

#include <string.h>

enum probe_outcome probe_reply_outcome(const struct probe_reply *reply)
{
	switch (reply->kind) {
	case PROBE_REPLY_HTTP:
		return probe_http_outcome(reply->status);
	case PROBE_REPLY_OK:
		return PROBE_OUTCOME_SUCCESS;
	case PROBE_REPLY_ERROR:
		return PROBE_OUTCOME_ERROR;
	default:
		return PROBE_OUTCOME_FAILURE;
	}
}

/* "10.1.0.7:8080", an IPv6 address in brackets. */
static char *address_of(const struct probe_target *target)
{
	return strchr(target->host, ':') ? g_strdup_printf("[%s]:%d", target->host, target->port)
	                                 : g_strdup_printf("%s:%d", target->host, target->port);
}

static char *http_text(const struct probe_reply *reply, const struct probe_target *target)
{
	const char *path = target->handler->path ? target->handler->path : "/";
	g_autofree char *address = address_of(target);
	g_autofree char *get =
	    g_strdup_printf("Get \"%s://%s%s%s\"", target->handler->https ? "https" : "http",
	                    address, *path == '/' ? "" : "/", path);

	switch (reply->kind) {
	case PROBE_REPLY_HTTP:
		return reply->status >= 300 && reply->status < 400
		           ? g_strdup_printf("Probe terminated redirects, Response body: %s",
		                             reply->text ? reply->text : "")
		           : g_strdup_printf("HTTP probe failed with statuscode: %d",
		                             reply->status);
	case PROBE_REPLY_REFUSED:
		return g_strdup_printf("%s: dial tcp %s: connect: connection refused", get,
		                       address);
	case PROBE_REPLY_RESET:
		return g_strdup_printf("%s: EOF", get);
	case PROBE_REPLY_TIMEOUT:
		return g_strdup_printf("%s: context deadline exceeded (Client.Timeout exceeded "
		                       "while awaiting headers)",
		                       get);
	default:
		return g_strdup_printf("%s: %s", get, reply->text ? reply->text : "EOF");
	}
}

static char *tcp_text(const struct probe_reply *reply, const struct probe_target *target)
{
	g_autofree char *address = address_of(target);

	return reply->kind == PROBE_REPLY_TIMEOUT
	           ? g_strdup_printf("dial tcp %s: i/o timeout", address)
	           : g_strdup_printf("dial tcp %s: connect: connection refused", address);
}

static bool is_health_status(const char *text)
{
	static const char *const names[] = {"UNKNOWN", "NOT_SERVING", "SERVICE_UNKNOWN", NULL};

	return g_strv_contains(names, text);
}

static char *grpc_text(const struct probe_reply *reply, const struct probe_target *target)
{
	g_autofree char *address = address_of(target);

	switch (reply->kind) {
	case PROBE_REPLY_FAILED: /* a status of the health service, or an error of the call */
		if (reply->text && !is_health_status(reply->text)) {
			return g_strdup_printf("error: %s", reply->text);
		}
		return g_strdup_printf("service unhealthy (responded with \"%s\")",
		                       reply->text ? reply->text : "NOT_SERVING");
	case PROBE_REPLY_TIMEOUT:
		return g_strdup_printf("timeout: health rpc did not complete within %ds",
		                       target->timeout_seconds);
	default: /* the dial blocks and tries again until its time is up */
		return g_strdup_printf("timeout: failed to connect service \"%s\" within %ds: "
		                       "context deadline exceeded",
		                       address, target->timeout_seconds);
	}
}

static char *exec_text(const struct probe_reply *reply, const struct probe_target *target)
{
	if (reply->kind == PROBE_REPLY_TIMEOUT) {
		g_autofree char *command =
		    target->handler->command ? g_strjoinv(" ", target->handler->command) : NULL;

		return g_strdup_printf("command \"%s\" timed out", command ? command : "");
	}
	return g_strdup(reply->text ? reply->text : "");
}

char *probe_reply_text(const struct probe_reply *reply, const struct probe_target *target)
{
	if (reply->kind == PROBE_REPLY_ERROR) {
		return g_strdup(reply->text ? reply->text : "probe error");
	}
	switch (target->handler->kind) {
	case HANDLER_TCP_SOCKET:
		return tcp_text(reply, target);
	case HANDLER_GRPC:
		return grpc_text(reply, target);
	case HANDLER_EXEC:
		return exec_text(reply, target);
	default:
		return http_text(reply, target);
	}
}

const char *probe_event_reason(enum probe_outcome outcome)
{
	return outcome == PROBE_OUTCOME_WARNING ? "ProbeWarning" : "Unhealthy";
}

char *probe_event_message(enum probe_type type, enum probe_outcome outcome, const char *text)
{
	const char *what = outcome == PROBE_OUTCOME_WARNING ? "warning"
	                   : outcome == PROBE_OUTCOME_FAILURE
	                       ? "failed"
	                       : "errored and resulted in unknown state";

	return g_strdup_printf("%s probe %s: %s", probe_type_title(type), what, text);
}

char *probe_kill_message(const char *container, enum probe_type type, bool init, bool restarts)
{
	return g_strdup_printf("%s %s failed %s probe%s", init ? "Init container" : "Container",
	                       container, probe_type_name(type),
	                       restarts && !init ? ", will be restarted" : "");
}
