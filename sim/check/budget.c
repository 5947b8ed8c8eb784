/* budget.c - the kubelet's arithmetic on probes. */

#include "check/budget.h"

#include "rules/back_off.h"
#include "rules/termination.h"

#include <stdlib.h>
#include <string.h>

/* What nearly no start is faster or slower than. */
#define FASTEST 0.001
#define SLOWEST 0.999

/* A started container is seen at the next relist of the runtime. Source: pkg/kubelet/pleg. */
#define RELIST SIM_SECOND

/* API server, controller and kube-proxy with their defaults, generously. */
#define USUAL_SPREAD (2 * SIM_SECOND)

static sim_time seconds(int64_t n)
{
	return n * SIM_SECOND;
}

static sim_time later(sim_time a, sim_time b)
{
	return a == SIM_NEVER || b == SIM_NEVER ? SIM_NEVER : a + b;
}

static sim_time interval(const struct probe *probe)
{
	return seconds(MAX(probe->period_seconds, probe->timeout_seconds));
}

static sim_time first_tick(const struct probe *probe)
{
	return seconds(MAX(probe->initial_delay_seconds - 1, 0));
}

/* --- when the application serves --- */

static void wait_for(struct check_span *span, const struct distribution *after)
{
	if (after) {
		span->earliest = MAX(span->earliest, distribution_duration(after, FASTEST));
		span->latest = MAX(span->latest, distribution_duration(after, SLOWEST));
	}
}

static struct check_span served_with(const struct application *application, const int *needs,
                                     size_t n)
{
	struct check_span span = {0, 0};

	wait_for(&span, application->listens_after);
	for (size_t i = 0; i < n; i++) {
		wait_for(&span, application->dependencies[needs[i]].ready_after);
	}
	return span;
}

struct check_span serves_after(const struct application *application, const char *path)
{
	int number = application && path ? application_route(application, path) : -1;

	if (!application) {
		return (struct check_span){0, 0};
	}
	return number < 0 ? served_with(application, NULL, 0)
	                  : served_with(application, application->routes[number].needs,
	                                application->routes[number].n_needs);
}

static bool answers_well(const struct application *application, const char *path)
{
	const int route = application_route(application, path);

	return route >= 0 && application->routes[route].status >= 200 &&
	       application->routes[route].status < 400;
}

struct check_span probe_served_after(const struct check_set *set, const struct workload *workload,
                                     const struct container *container, const struct probe *probe)
{
	const struct handler *handler = &probe->handler;
	int port = container_port_number(container, &handler->port);
	const struct container *server = container;

	if (handler->kind == HANDLER_EXEC) {
		return (struct check_span){0, 0};
	}
	if (port > 0 && container_at_port(workload, container, port)) {
		server = container_at_port(workload, container, port);
	}
	const struct application *application = container_application(set, workload, server);
	const struct check_span never = {SIM_NEVER, SIM_NEVER};

	if (!application || handler->host) {
		return (struct check_span){0, 0};
	}
	if (handler->kind == HANDLER_GRPC) {
		const struct health_model *health =
		    application_health(application, handler->service);

		return health ? served_with(application, health->needs, health->n_needs) : never;
	}
	if (handler->kind != HANDLER_HTTP_GET) {
		return serves_after(application, NULL);
	}
	if (application->tls == (handler->https ? TLS_OFF : TLS_ON) ||
	    !answers_well(application, handler->path)) {
		return never;
	}
	return serves_after(application, handler->path);
}

/* --- verdicts --- */

struct check_span time_to_started(const struct probe *startup, struct check_span served)
{
	return (struct check_span){
	    .earliest = MAX(first_tick(startup), served.earliest),
	    .latest = later(MAX(seconds(startup->initial_delay_seconds), served.latest),
	                    seconds(startup->period_seconds) + seconds(startup->timeout_seconds)),
	};
}

struct check_span time_to_first_verdict(const struct probe *probe, struct check_span since)
{
	return (struct check_span){
	    .earliest = later(MAX(first_tick(probe), since.earliest),
	                      (probe->failure_threshold - 1) * seconds(probe->period_seconds)),
	    .latest = later(MAX(seconds(probe->initial_delay_seconds), since.latest),
	                    seconds(probe->period_seconds) +
	                        (probe->failure_threshold - 1) * interval(probe) +
	                        seconds(probe->timeout_seconds)),
	};
}

struct check_span time_to_failure(const struct probe *probe)
{
	const sim_time rest = probe->failure_threshold - 1;

	return (struct check_span){
	    .earliest = rest * seconds(probe->period_seconds),
	    .latest = seconds(probe->period_seconds) + rest * interval(probe) +
	              seconds(probe->timeout_seconds),
	};
}

/* Readiness is asked at once when the container has started, and on its ticks after that. */
static struct check_span time_to_success(const struct probe *probe, struct check_span started,
                                         struct check_span served)
{
	const sim_time more = probe->success_threshold - 1;
	const sim_time gate = MAX(seconds(probe->initial_delay_seconds), served.latest);
	struct check_span span;

	span.earliest = later(MAX(MAX(started.earliest, served.earliest), first_tick(probe)),
	                      MAX(more - 1, 0) * seconds(probe->period_seconds));
	span.latest = later(started.latest, RELIST);
	if (started.earliest < gate) {
		span.latest = MAX(span.latest, later(gate, seconds(probe->period_seconds)));
	}
	span.latest = later(span.latest, more * interval(probe) + seconds(probe->timeout_seconds));
	return span;
}

struct check_span time_to_ready(const struct check_set *set, const struct workload *workload,
                                const struct container *container)
{
	const struct probe *startup = container->probes[PROBE_STARTUP];
	const struct probe *readiness = container->probes[PROBE_READINESS];
	struct check_span started = {0, RELIST};

	if (startup) {
		started =
		    time_to_started(startup, probe_served_after(set, workload, container, startup));
	}
	if (!readiness) {
		return started;
	}
	return time_to_success(readiness, started,
	                       probe_served_after(set, workload, container, readiness));
}

/* --- after the verdict --- */

sim_time time_to_spread(const struct check_set *set)
{
	const struct scenario *s = set->scenario;

	return s ? s->timing.status_update + 2 * s->timing.watch + s->timing.controller +
	               s->components.endpointslice_batch_period +
	               s->components.proxy_min_sync_period + s->timing.proxy_sync
	         : USUAL_SPREAD;
}

/* The number in "sleep 15", also within a shell's command line. */
static int64_t sleep_in(const char *text)
{
	const char *found = strstr(text, "sleep ");
	char *end;

	if (!found || (found > text && !strchr(" ;&/", found[-1]))) {
		return -1;
	}
	double number = g_ascii_strtod(found + strlen("sleep "), &end);

	if (end == found + strlen("sleep ") || number < 0 || number > 1e6) {
		return -1;
	}
	number *= *end == 'm' ? 60 : *end == 'h' ? 3600 : 1;
	return (int64_t)number;
}

int64_t hook_seconds(const struct handler *hook)
{
	if (!hook) {
		return 0;
	}
	if (hook->kind == HANDLER_SLEEP) {
		return hook->sleep_seconds;
	}
	if (hook->kind != HANDLER_EXEC) {
		return -1;
	}
	g_autofree char *line = g_strjoinv(" ", hook->command);

	return sleep_in(line);
}

struct check_span time_to_stop(const struct check_set *set, const struct workload *workload,
                               const struct container *container, const struct probe *probe)
{
	const struct application *application = container_application(set, workload, container);
	const sim_time grace = seconds(probe && probe->termination_grace_period_seconds > 0
	                                   ? probe->termination_grace_period_seconds
	                                   : workload->spec->termination_grace_period_seconds);
	const int64_t hook = hook_seconds(container->pre_stop);
	struct check_span before = {seconds(MAX(hook, 0)), hook < 0 ? grace : seconds(hook)};
	struct check_span exit = {0, SIM_NEVER};

	if (application && application->on_term.ignores) {
		exit.earliest = SIM_NEVER;
	} else if (application) {
		exit.earliest = distribution_duration(application->on_term.exit_after, FASTEST);
		exit.latest = distribution_duration(application->on_term.exit_after, SLOWEST);
	}
	before.earliest = MIN(before.earliest, grace);
	before.latest = MIN(before.latest, grace);
	const sim_time least = seconds(TERMINATION_MINIMUM_GRACE);

	return (struct check_span){
	    .earliest = before.earliest + MIN(exit.earliest, MAX(grace - before.earliest, least)),
	    .latest = before.latest + MIN(exit.latest, MAX(grace - before.latest, least)),
	};
}

/* --- restarts --- */

sim_time backoff_maximum(const struct check_set *set)
{
	return set->scenario ? set->scenario->components.backoff_max : BACK_OFF_MAXIMUM;
}

struct restart_course course_of_restarts(const struct probe *probe, sim_time stop,
                                         sim_time backoff_max)
{
	struct restart_course course = {.first_refusal = SIM_NEVER};
	const struct back_off_limits limits = {MIN(BACK_OFF_INITIAL, backoff_max), backoff_max};
	const sim_time period = seconds(probe->period_seconds);
	const sim_time delay = MAX(seconds(probe->initial_delay_seconds), SIM_MILLISECOND);
	struct back_off entry = {0};
	sim_time start = 0, ended_before = SIM_NEVER;

	for (unsigned n = 0; start < 24 * SIM_HOUR; n++) {
		/* The worker's ticks go on through restarts. */
		sim_time first = (start + delay + period - 1) / period * period;
		sim_time end = first + (probe->failure_threshold - 1) * period + stop;
		sim_time next = end;

		if (!back_off_allows(&entry, &limits, ended_before, next, NULL)) {
			course.first_refusal = MIN(course.first_refusal, end);
			next = end + entry.duration;
			back_off_allows(&entry, &limits, end, next, NULL);
		}
		course.by_10m += next <= 10 * SIM_MINUTE;
		if (n == 0) {
			course.first = next;
		} else if (n == 1) {
			course.cycle = next - start;
		}
		if (n > 1 && course.first_refusal != SIM_NEVER && next > 10 * SIM_MINUTE) {
			break;
		}
		ended_before = end;
		start = next;
	}
	return course;
}

char *say_course(const struct restart_course *course)
{
	g_autofree char *first = say_time(course->first), *cycle = say_time(course->cycle);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "the first restart comes after about %s", first);
	if (course->cycle > 0) {
		g_string_append_printf(text, ", the next after another %s", cycle);
	}
	g_string_append_printf(text, "; %u in the first 10 min", course->by_10m);
	if (course->first_refusal != SIM_NEVER) {
		g_autofree char *refusal = say_time(course->first_refusal);

		g_string_append_printf(text, "; CrashLoopBackOff shows for the first time after %s",
		                       refusal);
	} else {
		g_string_append(text, "; it never gets as far as CrashLoopBackOff");
	}
	return g_string_free(text, FALSE);
}

/* --- the table --- */

static void set_answer(struct check_set *set, const struct workload *workload,
                       const struct container *container, const struct probe *probe,
                       struct check_budget *budget)
{
	const struct handler *handler = &probe->handler;
	const int port = container_port_number(container, &handler->port);
	const struct container *server =
	    port > 0 && !handler->host ? container_at_port(workload, container, port) : NULL;
	const struct application *application =
	    server ? container_application(set, workload, server) : NULL;

	if (!application) {
		return;
	}
	budget->application = g_strdup(application->name);
	if (handler->kind == HANDLER_HTTP_GET) {
		const int route = application_route(application, handler->path);

		budget->status = route < 0 ? 404 : application->routes[route].status;
	}
}

static void budget_of_probe(struct check_set *set, const struct workload *workload,
                            const struct container *container, enum probe_type type)
{
	const struct probe *probe = container->probes[type];
	struct check_budget *budget = g_new0(struct check_budget, 1);
	const struct check_span stop = time_to_stop(set, workload, container, probe);

	budget->object = g_strdup(workload->label);
	budget->container = g_strdup(container->name);
	budget->type = type;
	budget->where = probe->where;
	budget->asks = say_probe(&probe->handler);
	set_answer(set, workload, container, probe, budget);
	if (type == PROBE_STARTUP) {
		budget->has_ready = budget->has_restart = true;
		budget->ready =
		    time_to_started(probe, probe_served_after(set, workload, container, probe));
		budget->restart = time_to_first_verdict(probe, (struct check_span){0, 0});
	} else if (type == PROBE_READINESS) {
		budget->has_ready = budget->has_removal = true;
		budget->ready = time_to_ready(set, workload, container);
		budget->removal = time_to_failure(probe);
		budget->removal.latest = later(budget->removal.latest, time_to_spread(set));
	} else {
		budget->has_restart = true;
		budget->restart = time_to_failure(probe);
	}
	if (budget->has_restart) {
		budget->restart.earliest = later(budget->restart.earliest, stop.earliest);
		budget->restart.latest = later(budget->restart.latest, stop.latest);
	}
	add_budget(set, budget);
}

static void budgets_of_container(struct check_set *set, const struct workload *workload,
                                 const struct container *container)
{
	for (int type = 0; type < PROBE_TYPES; type++) {
		if (container->probes[type]) {
			budget_of_probe(set, workload, container, (enum probe_type)type);
		}
	}
}

void compute_budgets(struct check_set *set)
{
	for (unsigned i = 0; i < set->workloads->len; i++) {
		const struct workload *workload = set->workloads->pdata[i];

		for (size_t k = 0; k < workload->spec->n_containers; k++) {
			budgets_of_container(set, workload, &workload->spec->containers[k]);
		}
		for (size_t k = 0; k < workload->spec->n_init_containers; k++) {
			budgets_of_container(set, workload, &workload->spec->init_containers[k]);
		}
	}
}
