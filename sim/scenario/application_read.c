/* application_read.c - the part `applications`. */

#include "scenario/sections.h"

#include <math.h>
#include <string.h>

static void read_match(struct reader *reader, const struct doc *map,
                       struct application_match *match)
{
	static const char *const known[] = {"container",  "image",     "labels",
	                                    "deployment", "namespace", NULL};

	if (fields_map(reader, map, "match", known)) {
		fields_string(reader, map, "container", &match->container);
		fields_string(reader, map, "image", &match->image);
		fields_string(reader, map, "deployment", &match->deployment);
		fields_string(reader, map, "namespace", &match->namespace);
		match->labels = fields_labels(reader, map, "labels");
	}
}

static void read_startup(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const known[] = {"listensAfter", "cpu", NULL};

	if (fields_map(reader, map, "startup", known)) {
		fields_distribution(reader, map, "listensAfter", &a->listens_after);
		fields_duration(reader, map, "cpu", 0, &a->startup_cpu);
	}
}

static void read_dependencies(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const known[] = {"readyAfter", NULL};

	if (doc_kind_of(map) != DOC_MAP) {
		if (doc_kind_of(map) != DOC_NULL) {
			fields_fault(reader, map, "`dependencies` must be a map of names, not %s",
			             doc_kind_name(doc_kind_of(map)));
		}
		return;
	}
	a->n_dependencies = doc_length(map);
	a->dependencies = g_new0(struct dependency_model, a->n_dependencies + 1);
	for (size_t i = 0; i < a->n_dependencies; i++) {
		struct dependency_model *dependency = &a->dependencies[i];
		const struct doc *value = doc_value_at(map, i);

		dependency->name = g_strdup(doc_key_at(map, i));
		dependency->where = doc_key_where(map, i);
		if (fields_map(reader, value, dependency->name, known)) {
			fields_distribution(reader, value, "readyAfter", &dependency->ready_after);
		}
	}
}

static void read_pools(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const known[] = {"concurrency", "queue", NULL};

	if (doc_kind_of(map) != DOC_MAP) {
		if (doc_kind_of(map) != DOC_NULL) {
			fields_fault(reader, map, "`pools` must be a map of names, not %s",
			             doc_kind_name(doc_kind_of(map)));
		}
		return;
	}
	a->n_pools = doc_length(map);
	a->pools = g_new0(struct pool_model, a->n_pools + 1);
	for (size_t i = 0; i < a->n_pools; i++) {
		struct pool_model *pool = &a->pools[i];
		const struct doc *value = doc_value_at(map, i);

		pool->name = g_strdup(doc_key_at(map, i));
		pool->where = doc_key_where(map, i);
		pool->concurrency = 1;
		pool->queue = -1;
		if (fields_map(reader, value, pool->name, known)) {
			if (!doc_get(value, "concurrency")) {
				fields_fault_at(reader, pool->where,
				                "the pool `%s` needs `concurrency`", pool->name);
			}
			fields_int(reader, value, "concurrency", 1, 1000000, &pool->concurrency);
			fields_int(reader, value, "queue", 0, INT32_MAX, &pool->queue);
		}
	}
}

static void read_on_term(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const known[] = {"ignores",        "exitAfter", "exitCode", "drains",
	                                    "stopsListening", "status",    NULL};

	if (fields_map(reader, map, "onTerm", known)) {
		fields_bool(reader, map, "ignores", &a->on_term.ignores);
		fields_distribution(reader, map, "exitAfter", &a->on_term.exit_after);
		fields_int(reader, map, "exitCode", 0, 255, &a->on_term.exit_code);
		fields_bool(reader, map, "drains", &a->on_term.drains);
		fields_bool(reader, map, "stopsListening", &a->on_term.stops_listening);
		fields_int(reader, map, "status", 100, 599, &a->on_term.status);
		if (a->on_term.ignores && doc_get(map, "exitAfter")) {
			fields_fault(
			    reader, doc_get(map, "exitAfter"),
			    "`exitAfter` has no effect when the container ignores SIGTERM");
		}
	}
}

static void read_exits(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const known[] = {"after", "exitCode", NULL};

	a->exits.active = doc_kind_of(map) == DOC_MAP;
	if (fields_map(reader, map, "exits", known) && a->exits.active) {
		if (!doc_get(map, "after")) {
			fields_fault(reader, map, "`exits` needs `after`");
		}
		fields_duration(reader, map, "after", 0, &a->exits.after);
		fields_int(reader, map, "exitCode", 0, 255, &a->exits.exit_code);
	}
}

static void read_needs(struct reader *reader, const struct doc *list, const struct application *a,
                       int **needs, size_t *n_needs)
{
	g_autofree const char **names = g_new0(const char *, a->n_dependencies + 1);

	if (!fields_list(reader, list, "needs", 0)) {
		return;
	}
	for (size_t i = 0; i < a->n_dependencies; i++) {
		names[i] = a->dependencies[i].name;
	}
	*needs = g_new0(int, doc_length(list) + 1);
	for (size_t i = 0; i < doc_length(list); i++) {
		const char *name = doc_text(doc_at(list, i));
		size_t at = 0;

		while (name && names[at] && !g_str_equal(names[at], name)) {
			at++;
		}
		if (name && names[at]) {
			(*needs)[(*n_needs)++] = (int)at;
		} else {
			g_autofree char *suggestion =
			    name ? fields_suggestion(name, names) : g_strdup("");

			fields_fault(reader, doc_at(list, i), "`%s` has no dependency `%s`%s",
			             a->name, name ? name : "?", suggestion);
		}
	}
}

static void read_route_pool(struct reader *reader, const struct doc *value,
                            const struct application *a, struct route_model *route)
{
	const char *name = doc_text(value);
	g_autofree const char **names = g_new0(const char *, a->n_pools + 1);

	if (doc_kind_of(value) == DOC_NULL) {
		return;
	}
	for (size_t i = 0; i < a->n_pools; i++) {
		names[i] = a->pools[i].name;
		if (g_strcmp0(name, names[i]) == 0) {
			route->pool = (int)i;
		}
	}
	if (route->pool < 0) {
		g_autofree char *suggestion = name ? fields_suggestion(name, names) : g_strdup("");

		fields_fault(reader, value, "`%s` has no pool `%s`%s", a->name, name ? name : "?",
		             suggestion);
	}
}

/* An answer with a Location, 302 unless `status` says which. */
static void read_redirect(struct reader *reader, const struct doc *map, struct route_model *route)
{
	if (!fields_string(reader, map, "redirect", &route->redirect)) {
		return;
	}
	if (route->redirect[0] != '/' && !strstr(route->redirect, "://")) {
		fields_fault(reader, doc_get(map, "redirect"),
		             "`redirect` must be a path or a URL, not '%s'", route->redirect);
	}
	if (!doc_get(map, "status")) {
		route->status = 302;
	} else if (route->status < 300 || route->status > 399) {
		fields_fault(reader, doc_get(map, "status"),
		             "a route with `redirect` answers 301, 302, 303, 307 or 308, not %d",
		             route->status);
	}
}

static void read_route(struct reader *reader, const struct doc *map, const struct application *a,
                       struct route_model *route)
{
	static const char *const known[] = {
	    "path", "status", "redirect",          "needs", "pool", "cpu",
	    "wait", "memory", "releaseBeforeWait", NULL};
	const char *star;

	if (!fields_map(reader, map, "route", known)) {
		return;
	}
	if (!fields_string(reader, map, "path", &route->path)) {
		if (!doc_get(map, "path")) {
			fields_fault(reader, map, "a route needs `path`");
		}
	} else if (route->path[0] != '/' || strpbrk(route->path, "?# ")) {
		fields_fault(reader, doc_get(map, "path"),
		             "`path` must begin with / and have no query: '%s'", route->path);
	} else if ((star = strchr(route->path, '*')) != NULL && star[1]) {
		fields_fault(reader, doc_get(map, "path"), "`*` may only end a path: '%s'",
		             route->path);
	}
	fields_int(reader, map, "status", 100, 599, &route->status);
	read_needs(reader, doc_get(map, "needs"), a, &route->needs, &route->n_needs);
	read_redirect(reader, map, route);
	read_route_pool(reader, doc_get(map, "pool"), a, route);
	fields_bool(reader, map, "releaseBeforeWait", &route->release_before_wait);
	fields_distribution(reader, map, "cpu", &route->cpu);
	fields_distribution(reader, map, "wait", &route->wait);
	fields_bytes(reader, map, "memory", &route->memory_bytes);
}

static void read_routes(struct reader *reader, const struct doc *list, struct application *a)
{
	if (!fields_list(reader, list, "routes", 0)) {
		return;
	}
	a->n_routes = doc_length(list);
	a->routes = g_new0(struct route_model, a->n_routes + 1);
	for (size_t i = 0; i < a->n_routes; i++) {
		struct route_model *route = &a->routes[i];

		route->where = doc_where(doc_at(list, i));
		route->status = 200;
		route->pool = -1;
		route->memory_bytes = -1;
		read_route(reader, doc_at(list, i), a, route);
		if (!route->path) {
			route->path = g_strdup("/");
			continue;
		}
		for (size_t k = 0; k < i; k++) {
			if (g_str_equal(a->routes[k].path, route->path)) {
				fields_fault_at(reader, route->where, "`%s` has the route %s twice",
				                a->name, route->path);
			}
		}
	}
}

/* What exec probes and hooks find: commands and what they come to. */
static void read_commands(struct reader *reader, const struct doc *list, struct application *a)
{
	static const char *const known[] = {"command", "exitCode", "needs",
	                                    "takes",   "output",   NULL};

	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "exec", 1)) {
		return;
	}
	a->commands = g_new0(struct command_model, doc_length(list));
	for (size_t i = 0; i < doc_length(list); i++) {
		struct command_model *command = &a->commands[a->n_commands++];
		const struct doc *map = doc_at(list, i);

		command->where = doc_where(map);
		if (fields_map(reader, map, "exec", known) &&
		    !fields_string(reader, map, "command", &command->command) &&
		    !doc_get(map, "command")) {
			fields_fault_at(
			    reader, command->where,
			    "an item of `exec` needs `command`, such as \"cat /tmp/*\"");
		}
		if (!command->command) {
			command->command = g_strdup("");
		}
		fields_int(reader, map, "exitCode", 0, 255, &command->exit_code);
		fields_duration(reader, map, "takes", 0, &command->takes);
		fields_string(reader, map, "output", &command->output);
		read_needs(reader, doc_get(map, "needs"), a, &command->needs, &command->n_needs);
	}
}

/* What the gRPC health service answers. */
static void read_health(struct reader *reader, const struct doc *list, struct application *a)
{
	static const char *const known[] = {"service", "needs", NULL};

	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "grpc", 1)) {
		return;
	}
	a->health = g_new0(struct health_model, doc_length(list));
	for (size_t i = 0; i < doc_length(list); i++) {
		struct health_model *health = &a->health[a->n_health++];
		const struct doc *map = doc_at(list, i);

		health->where = doc_where(map);
		if (fields_map(reader, map, "grpc", known)) {
			fields_string(reader, map, "service", &health->service);
			read_needs(reader, doc_get(map, "needs"), a, &health->needs,
			           &health->n_needs);
		}
		if (!health->service) {
			health->service = g_strdup("");
		}
	}
}

static void read_tls(struct reader *reader, const struct doc *map, struct application *a)
{
	bool on = false;

	if (fields_bool(reader, map, "tls", &on)) {
		a->tls = on ? TLS_ON : TLS_OFF;
	}
}

static void read_usage(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const background[] = {"cpu", NULL};
	static const char *const memory[] = {"base", "perRequest", NULL};

	fields_int(reader, map, "workers", 1, 10000, &a->workers);
	fields_number(reader, map, "coresPerWorker", 0, 10000, &a->cores_per_worker);
	if (fields_map(reader, doc_get(map, "background"), "background", background)) {
		fields_quantity(reader, doc_get(map, "background"), "cpu", &a->background_milli);
	}
	if (fields_map(reader, doc_get(map, "memory"), "memory", memory)) {
		fields_bytes(reader, doc_get(map, "memory"), "base", &a->memory_base);
		fields_bytes(reader, doc_get(map, "memory"), "perRequest", &a->memory_per_request);
	}
	fields_duration(reader, map, "keepAliveTimeout", 0, &a->keep_alive_timeout);
	fields_int(reader, map, "maxRequestsPerConnection", 0, INT32_MAX,
	           &a->max_requests_per_connection);
}

static void read_application(struct reader *reader, const struct doc *map, struct application *a)
{
	static const char *const known[] = {"name",
	                                    "match",
	                                    "startup",
	                                    "dependencies",
	                                    "workers",
	                                    "coresPerWorker",
	                                    "pools",
	                                    "background",
	                                    "memory",
	                                    "onTerm",
	                                    "keepAliveTimeout",
	                                    "maxRequestsPerConnection",
	                                    "exits",
	                                    "routes",
	                                    "tls",
	                                    "exec",
	                                    "grpc",
	                                    NULL};

	fields_map(reader, map, "application", known);
	if (!fields_string(reader, map, "name", &a->name)) {
		if (!doc_get(map, "name")) {
			fields_fault(reader, map, "an application needs `name`");
		}
		a->name = g_strdup("?");
	}
	read_match(reader, doc_get(map, "match"), &a->match);
	read_startup(reader, doc_get(map, "startup"), a);
	read_dependencies(reader, doc_get(map, "dependencies"), a);
	read_usage(reader, map, a);
	read_pools(reader, doc_get(map, "pools"), a);
	read_on_term(reader, doc_get(map, "onTerm"), a);
	read_exits(reader, doc_get(map, "exits"), a);
	read_routes(reader, doc_get(map, "routes"), a);
	read_tls(reader, map, a);
	read_commands(reader, doc_get(map, "exec"), a);
	read_health(reader, doc_get(map, "grpc"), a);
}

void read_applications(struct reader *reader, const struct doc *list, struct scenario *scenario)
{
	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "applications", 0)) {
		return;
	}
	scenario->n_applications = doc_length(list);
	scenario->applications = g_new0(struct application, scenario->n_applications + 1);
	for (size_t i = 0; i < scenario->n_applications; i++) {
		struct application *a = &scenario->applications[i];

		a->where = doc_where(doc_at(list, i));
		a->listens_after = distribution_constant(0);
		a->on_term.exit_after = distribution_constant(0);
		a->on_term.stops_listening = true;
		a->workers = 1;
		if (doc_kind_of(doc_at(list, i)) != DOC_MAP) {
			fields_fault(reader, doc_at(list, i),
			             "an application must be a map, not %s",
			             doc_kind_name(doc_kind_of(doc_at(list, i))));
		}
		read_application(reader, doc_at(list, i), a);
		for (size_t k = 0; k < i; k++) {
			if (g_str_equal(scenario->applications[k].name, a->name) &&
			    !g_str_equal(a->name, "?")) {
				fields_fault_at(reader, a->where,
				                "there are two applications named `%s`", a->name);
			}
		}
	}
}
