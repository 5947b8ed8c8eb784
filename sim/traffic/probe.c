/* probe.c - what the kubelet sends into a container: probes, which are real requests on a
 * connection of their own, and hooks.
 *
 * A call waits in the list of the container it was sent to, also when that has ended, until its
 * answer is given. A probe may be served by another container of the pod, because ports belong to
 * the pod. */

#include "traffic/internal.h"

#include "rules/probe.h"

#include <string.h>

#define HEALTH_CHECK "/grpc.health.v1.Health/Check"
#define KILLED 137

/* pkg/probe/grpc/grpc.go */
#define NOT_SERVING "NOT_SERVING"
#define UNKNOWN_SERVICE "health rpc probe failed: rpc error: code = NotFound desc = unknown service"
/* net/http: the client's own faults */
#define TOO_MANY_REDIRECTS "stopped after 10 redirects"
#define NOT_TLS "http: server gave HTTP response to HTTPS client"
#define PLAIN_TO_TLS 400
#define NO_HEALTH                                                                                  \
	"this server does not implement the grpc health protocol (grpc.health.v1.Health): "        \
	"unknown service "                                                                         \
	"grpc.health.v1.Health"

struct probe_call {
	struct probe_call *next,
	    *previous; /* of the server's; next is the slab's own word when free */
	struct servers *servers;
	struct server *server;   /* that it was sent to; NULL: removed */
	struct request *request; /* under way; NULL: none, or answered */
	enum handler_kind kind;
	const struct handler *handler; /* of the pod's spec, which its kubelet keeps */
	int port;
	unsigned redirects;         /* followed so far */
	sim_time delay;             /* round trips of those */
	struct probe_answer answer; /* what will be said at the event's time */
	sim_time deadline;
	event_id event; /* the answer; until it is known, the timeout */
	probe_answer_fn answered;
	container_exit_fn hook_done; /* a hook: in place of `answered` */
	void *data;
};

void probe_calls_init(struct servers *servers)
{
	slab_init(&servers->calls, sizeof(struct probe_call));
}

static void connect_call(struct probe_call *call, int port, const char *path);

/* --- the answer --- */

static void unlink_call(struct probe_call *call)
{
	if (!call->server) {
		return;
	}
	if (call->previous) {
		call->previous->next = call->next;
	} else {
		call->server->calls = call->next;
	}
	if (call->next) {
		call->next->previous = call->previous;
	}
	call->server = NULL;
}

static void free_call(struct servers *servers, struct probe_call *call)
{
	if (call->request) { /* the server goes on with it, for nobody */
		call->request->probe = NULL;
		call->request = NULL;
	}
	unlink_call(call);
	slab_put(&servers->calls, call);
}

static bool is_good(const struct probe_answer *answer)
{
	return answer->kind == PROBE_ANSWER_HTTP || answer->kind == PROBE_ANSWER_OK;
}

static void on_answer(struct simulation *sim, void *data)
{
	struct probe_call *call = data;
	const struct probe_call said = *call;

	free_call(call->servers, call);
	if (said.hook_done) {
		/* pkg/kubelet/lifecycle/handlers.go: any answer to an HTTP hook is good. */
		const int code = is_good(&said.answer) ? 0
		                 : said.answer.status  ? said.answer.status
		                                       : 1;

		said.hook_done(said.data, code, code ? "Error" : "Completed");
	} else {
		said.answered(said.data, &said.answer);
	}
}

/* @answer will be given at @at, or a timeout if that comes before. */
static void conclude(struct probe_call *call, struct probe_answer answer, sim_time at)
{
	struct simulation *sim = call->servers->sim;

	at = at < call->deadline ? at + call->delay : at;
	if (at > call->deadline) {
		answer = (struct probe_answer){.kind = PROBE_ANSWER_TIMEOUT};
		at = call->deadline;
	}
	call->answer = answer;
	if (call->event) {
		simulation_reschedule(sim, call->event, at);
	} else {
		call->event = simulation_schedule(sim, at, PHASE_ANSWER, on_answer, call);
	}
}

static struct probe_answer answer_of(const struct probe_call *call, int status)
{
	if (call->kind == HANDLER_HTTP_GET) {
		return (struct probe_answer){.kind = PROBE_ANSWER_HTTP, .status = status};
	}
	if (status < 400) {
		return (struct probe_answer){.kind = PROBE_ANSWER_OK};
	}
	return (struct probe_answer){.kind = PROBE_ANSWER_FAILED,
	                             .text = status == 404 ? NO_HEALTH : NOT_SERVING};
}

/* Where the answer @status of @request sends the client; NULL: nowhere. */
static const char *location_of(const struct request *request, int status)
{
	const struct server *server = request->server;
	const struct route_model *route =
	    request->route == ROUTE_NONE ? NULL : &server->application->routes[request->route];

	return route && route->redirect && status == route->status ? route->redirect : NULL;
}

/* A client that reads a redirect. True when that ends the call or sends the next request. */
static bool follow(struct probe_call *call, const char *location)
{
	struct servers *servers = call->servers;
	const bool same = location[0] == '/';
	const sim_time back = simulation_now(servers->sim) + 2 * servers->environment.rtt;

	switch (probe_redirect("", same ? NULL : location, call->redirects)) {
	case PROBE_REDIRECT_FOLLOW:
		call->redirects++;
		call->delay += 2 * servers->environment.rtt;
		connect_call(call, call->port, location);
		return true;
	case PROBE_REDIRECT_FAILURE:
		conclude(
		    call,
		    (struct probe_answer){.kind = PROBE_ANSWER_FAILED, .text = TOO_MANY_REDIRECTS},
		    back);
		return true;
	case PROBE_REDIRECT_WARNING:
		break;
	}
	return false; /* the redirect itself is the answer, a warning */
}

void probe_answered(struct probe_call *call, int status)
{
	struct servers *servers = call->servers;
	const char *location = call->kind == HANDLER_HTTP_GET && !call->hook_done
	                           ? location_of(call->request, status)
	                           : NULL;

	call->request = NULL;
	if (location && call->server && follow(call, location)) {
		return;
	}
	conclude(call, answer_of(call, status),
	         simulation_now(servers->sim) + 2 * servers->environment.rtt);
}

void probe_broken_off(struct probe_call *call)
{
	struct servers *servers = call->servers;

	call->request = NULL;
	conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_RESET},
	         simulation_now(servers->sim) + servers->environment.rtt);
}

/* --- sending --- */

static struct probe_call *new_call(struct server *server, enum handler_kind kind, sim_time deadline,
                                   void *data)
{
	struct probe_call *call = slab_take(&server->servers->calls);

	*call = (struct probe_call){
	    .next = server->calls,
	    .server = server,
	    .servers = server->servers,
	    .kind = kind,
	    .deadline = deadline,
	    .data = data,
	};
	if (call->next) {
		call->next->previous = call;
	}
	server->calls = call;
	return call;
}

static void request_route(struct probe_call *call, struct server *target, const char *path)
{
	struct request *request = request_new(call->servers);

	request->of_probe = true;
	request->probe = call;
	request->sent = request->born = simulation_now(call->servers->sim);
	request->route = (int16_t)application_route(target->application, path);
	request->entity = target->entity;
	request->ordinal = target->probes++;
	call->request = request;
	service_receive(target, request);
}

/* The health service of @target, which costs it no work. */
static void check_health(struct probe_call *call, const struct server *target)
{
	const struct servers *servers = call->servers;
	const struct health_model *health =
	    application_health(target->application, call->handler->service);
	struct probe_answer answer = {.kind = PROBE_ANSWER_OK};

	if (!health) {
		answer =
		    (struct probe_answer){.kind = PROBE_ANSWER_FAILED, .text = UNKNOWN_SERVICE};
	} else if (!service_has(target, health->needs, health->n_needs) ||
	           (target->terminating && target->application->on_term.status >= 400)) {
		answer = (struct probe_answer){.kind = PROBE_ANSWER_FAILED, .text = NOT_SERVING};
	}
	conclude(call, answer, simulation_now(servers->sim) + 2 * servers->environment.rtt);
}

/* Whether the scheme asked for is not the server's; then the answer is given. */
static bool is_other_scheme(struct probe_call *call, const struct server *target)
{
	const struct servers *servers = call->servers;
	const enum application_tls tls = target->application->tls;
	const sim_time back = simulation_now(servers->sim) + 2 * servers->environment.rtt;

	if (call->kind != HANDLER_HTTP_GET) {
		return false;
	}
	if (call->handler->https && tls == TLS_OFF) {
		conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_FAILED, .text = NOT_TLS},
		         back);
		return true;
	}
	if (!call->handler->https && tls == TLS_ON) {
		conclude(call,
		         (struct probe_answer){.kind = PROBE_ANSWER_HTTP, .status = PLAIN_TO_TLS},
		         back);
		return true;
	}
	return false;
}

/* Connects, and asks for @path if that is not NULL. */
static void connect_call(struct probe_call *call, int port, const char *path)
{
	const struct servers *servers = call->servers;
	const sim_time back = simulation_now(servers->sim) + servers->environment.rtt;
	bool open;
	struct server *target =
	    network_listener(servers->environment.network, call->server->address, port, &open);

	if (!open) {
		conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_TIMEOUT}, call->deadline);
	} else if (!target) { /* a gRPC client tries again until its time is up */
		conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_REFUSED},
		         call->kind == HANDLER_GRPC ? call->deadline : back);
	} else if (!path) {
		conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_OK}, back);
	} else if (call->kind == HANDLER_GRPC && target->application->n_health) {
		check_health(call, target);
	} else if (!is_other_scheme(call, target)) {
		request_route(call, target, path);
	}
}

/* What a command comes to, by the application's `exec`; other commands succeed after @takes, in a
 * container that runs. */
static void execute(struct probe_call *call, const struct handler *handler, sim_time takes)
{
	const struct server *server = call->server;
	const struct command_model *command =
	    handler->kind == HANDLER_EXEC && server->application
		? application_command(server->application, handler->command)
		: NULL;
	struct probe_answer answer = {.kind = PROBE_ANSWER_OK};
	int code = command ? command->exit_code : 0;

	if (!server->running) {
		answer = (struct probe_answer){.kind = PROBE_ANSWER_ERROR,
		                               .text = "container is not running"};
	} else if (command && !service_has(server, command->needs, command->n_needs)) {
		code = 1;
	}
	if (code && answer.kind == PROBE_ANSWER_OK) {
		answer = (struct probe_answer){
		    .kind = PROBE_ANSWER_FAILED, .status = code, .text = command->output};
	}
	conclude(call, answer,
	         simulation_now(call->servers->sim) + (command ? command->takes : takes));
}

static void send_call(struct probe_call *call, const struct handler *handler, int port)
{
	const sim_time now = simulation_now(call->servers->sim);

	call->handler = handler;
	call->port = port;
	if (handler->kind != HANDLER_EXEC && port == 0) {
		conclude(
		    call,
		    (struct probe_answer){.kind = PROBE_ANSWER_ERROR, .text = "port not found"},
		    now);
		return;
	}
	switch (handler->kind) {
	case HANDLER_HTTP_GET:
		connect_call(call, port, handler->path ? handler->path : "/");
		break;
	case HANDLER_GRPC:
		connect_call(call, port, HEALTH_CHECK);
		break;
	case HANDLER_TCP_SOCKET:
		connect_call(call, port, NULL);
		break;
	default:
		execute(call, handler, 0);
		break;
	}
}

void probe_send(void *self, struct runtime_container *c, const struct handler *handler, int port,
                sim_time timeout, probe_answer_fn answered, void *data)
{
	struct server *server = (struct server *)c;
	struct simulation *sim = server->servers->sim;
	const sim_time deadline = simulation_now(sim) + timeout;
	struct probe_call *call = new_call(server, handler->kind, deadline, data);

	call->answered = answered;
	send_call(call, handler, port);
	if (!call->event) { /* the server has it */
		conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_TIMEOUT}, deadline);
	}
}

void probe_cancel(void *self, struct runtime_container *c, void *data)
{
	struct server *server = (struct server *)c;

	for (struct probe_call *call = server->calls, *next; call; call = next) {
		next = call->next;
		if (call->data == data && !call->hook_done) {
			simulation_cancel(server->servers->sim, &call->event);
			free_call(server->servers, call);
		}
	}
}

/* --- hooks --- */

/* As sleep(1) reads it: "5", "0.5s", "1m". */
static double seconds_of(const char *text)
{
	char *end;
	const double number = g_ascii_strtod(text, &end);
	const double unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;

	return number > 0 && number < 1e6 ? number * unit : 0;
}

/* How long a command such as `sh -c "sleep 5 && nginx -s quit"` sleeps; other commands take no
 * time. */
static sim_time sleep_of(const struct handler *handler)
{
	g_autofree char *text = handler->command ? g_strjoinv(" ", handler->command) : g_strdup("");
	double total = 0;

	for (const char *at = strstr(text, "sleep "); at; at = strstr(at + 1, "sleep ")) {
		total += seconds_of(at + strlen("sleep "));
	}
	return (sim_time)(total * 1e9);
}

void hook_run(void *self, struct runtime_container *c, const struct handler *handler, int port,
              container_exit_fn done, void *data)
{
	struct server *server = (struct server *)c;
	struct probe_call *call = new_call(server, handler->kind, SIM_NEVER, data);

	call->hook_done = done;
	switch (handler->kind) {
	case HANDLER_EXEC:
		execute(call, handler, sleep_of(handler));
		break;
	case HANDLER_SLEEP:
		execute(call, handler, handler->sleep_seconds * SIM_SECOND);
		break;
	case HANDLER_HTTP_GET:
		send_call(call, handler, port);
		break;
	default: /* tcpSocket: not supported by the kubelet */
		conclude(call, (struct probe_answer){.kind = PROBE_ANSWER_ERROR},
		         simulation_now(server->servers->sim));
		break;
	}
}

void probe_end_hooks(struct server *server)
{
	const struct probe_answer killed = {.kind = PROBE_ANSWER_FAILED, .status = KILLED};

	for (struct probe_call *call = server->calls; call; call = call->next) {
		if (call->hook_done) {
			conclude(call, killed, simulation_now(server->servers->sim));
		}
	}
}

void probe_forget(struct server *server)
{
	while (server->calls) {
		unlink_call(server->calls);
	}
}
