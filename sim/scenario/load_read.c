/* load_read.c - the part `load`. */

#include "scenario/sections.h"

#include <math.h>
#include <string.h>

#define CONNECT_TIMEOUT (130 * SIM_SECOND) /* Linux' six SYN retries end after 127 s */

static void read_service_target(struct reader *reader, const struct doc *map, struct load *load)
{
	static const char *const known[] = {"service", "namespace", "port", NULL};
	const struct doc *port = doc_get(map, "port");
	int64_t number;

	if (doc_kind_of(map) == DOC_NULL) {
		fields_fault_at(reader, load->where, "the load `%s` needs `target`", load->name);
		return;
	}
	if (!fields_map(reader, map, "target", known)) {
		return;
	}
	if (!fields_string(reader, map, "service", &load->target.service)) {
		fields_fault(reader, map, "`target` needs `service`");
	}
	fields_string(reader, map, "namespace", &load->target.namespace);
	if (doc_int(port, &number)) {
		fields_int(reader, map, "port", 1, 65535, &load->target.port);
	} else if (port) {
		fields_string(reader, map, "port", &load->target.port_name);
	}
}

static void read_connections(struct reader *reader, const struct doc *map, struct load *load)
{
	static const char *const known[] = {"keepAlive", "maxRequests", "maxAge",
	                                    "http2",     "clientSide",  NULL};

	load->connections.keep_alive = true;
	if (fields_map(reader, map, "connections", known)) {
		fields_bool(reader, map, "keepAlive", &load->connections.keep_alive);
		fields_int(reader, map, "maxRequests", 0, INT32_MAX,
		           &load->connections.max_requests);
		fields_duration(reader, map, "maxAge", 0, &load->connections.max_age);
		fields_bool(reader, map, "http2", &load->connections.http2);
		fields_bool(reader, map, "clientSide", &load->connections.client_side);
	}
	if (!load->connections.keep_alive && load->connections.http2) {
		fields_fault(reader, map, "`http2` needs `keepAlive: true`");
	}
}

static void read_request(struct reader *reader, const struct doc *map, struct load_request *request)
{
	static const char *const known[] = {"path", "method", "weight", NULL};

	request->where = doc_where(map);
	request->weight = 1;
	if (fields_map(reader, map, "request", known)) {
		fields_string(reader, map, "path", &request->path);
		fields_string(reader, map, "method", &request->method);
		fields_number(reader, map, "weight", 0, INFINITY, &request->weight);
	}
	if (request->path && request->path[0] != '/') {
		fields_fault(reader, doc_get(map, "path"), "`path` must begin with /: '%s'",
		             request->path);
	}
	if (!request->path) {
		request->path = g_strdup("/");
	}
	if (!request->method) {
		request->method = g_strdup("GET");
	}
}

static void read_requests(struct reader *reader, const struct doc *list, struct load *load)
{
	double total = 0;

	load->n_requests = 1;
	if (doc_kind_of(list) != DOC_NULL && fields_list(reader, list, "requests", 1)) {
		load->n_requests = doc_length(list);
	}
	load->requests = g_new0(struct load_request, load->n_requests);
	for (size_t i = 0; i < load->n_requests; i++) {
		read_request(reader, doc_at(list, i), &load->requests[i]);
		total += load->requests[i].weight;
	}
	if (total <= 0) {
		fields_fault(reader, list, "`requests`: at least one weight must be above 0");
	}
	if (!list) {
		load->requests[0].where = load->where;
	}
}

/* --- rates --- */

struct rate_point *read_points(struct reader *reader, const struct doc *name, size_t *n)
{
	static const double scale[] = {1e9, 1};
	g_autoptr(GArray) values = fields_csv(reader, name, 2, scale);

	*n = 0;
	if (!values) {
		return NULL;
	}
	if (values->len == 0) {
		fields_fault(reader, name, "%s has no lines of time and value", doc_text(name));
		return NULL;
	}
	struct rate_point *points = g_new0(struct rate_point, values->len / 2);

	for (unsigned i = 0; i + 1 < values->len; i += 2, (*n)++) {
		points[*n].at = (sim_time)g_array_index(values, double, i);
		points[*n].rate = g_array_index(values, double, i + 1);
		if (*n && points[*n].at <= points[*n - 1].at) {
			fields_fault(reader, name, "%s: times must rise from line to line",
			             doc_text(name));
			g_free(points);
			*n = 0;
			return NULL;
		}
	}
	return points;
}

/* {0s: 5/s, 300s: 40/s}: keys are times from the load's start. */
static void read_rate_map(struct reader *reader, const struct doc *map, const char *what,
                          struct load *load)
{
	if (doc_kind_of(map) != DOC_MAP || doc_length(map) == 0) {
		fields_fault(reader, map,
		             "`%s` must be a map of times and rates, such as {0s: 5/s}", what);
		return;
	}
	load->rate = g_new0(struct rate_point, doc_length(map));
	for (size_t i = 0; i < doc_length(map); i++) {
		struct rate_point *point = &load->rate[load->n_rate];
		g_autoptr(doc) key = doc_new_string(doc_key_at(map, i));

		doc_set_where(key, doc_key_where(map, i));
		if (!fields_duration_of(reader, key, what, 0, &point->at) ||
		    !fields_rate_of(reader, doc_value_at(map, i), what, &point->rate)) {
			continue;
		}
		if (load->n_rate && point->at <= load->rate[load->n_rate - 1].at) {
			fields_fault_at(reader, doc_key_where(map, i), "`%s`: times must rise",
			                what);
			continue;
		}
		load->n_rate++;
	}
}

static void read_rate_csv(struct reader *reader, const struct doc *name, struct load *load)
{
	load->rate = read_points(reader, name, &load->n_rate);
	for (size_t i = 0; i < load->n_rate; i++) {
		if (load->rate[i].rate < 0 || load->rate[i].at < 0) {
			fields_fault(reader, name, "%s: times and rates must not be negative",
			             doc_text(name));
			return;
		}
	}
}

static void read_rate(struct reader *reader, const struct doc *value, struct load *load)
{
	static const char *const known[] = {"steps", "ramp", "csv", NULL};

	if (doc_kind_of(value) != DOC_MAP) {
		double rate;

		if (fields_rate_of(reader, value, "rate", &rate)) {
			load->rate = g_new0(struct rate_point, 1);
			load->rate[0].rate = rate;
			load->n_rate = 1;
		}
		return;
	}
	if (!fields_map(reader, value, "rate", known)) {
		return;
	}
	if (doc_length(value) != 1) {
		fields_fault(reader, value, "`rate` must have one of steps, ramp, csv");
		return;
	}
	if (doc_get(value, "csv")) {
		read_rate_csv(reader, doc_get(value, "csv"), load);
		return;
	}
	load->ramp = doc_get(value, "ramp") != NULL;
	read_rate_map(reader, doc_value_at(value, 0), doc_key_at(value, 0), load);
}

/* Fields that belong to the other kind of loop are faults: they would have no effect. */
static void refuse_fields(struct reader *reader, const struct doc *map, const char *const *keys,
                          const char *loop)
{
	for (; *keys; keys++) {
		if (doc_get(map, *keys)) {
			fields_fault(reader, doc_get(map, *keys), "`%s` does not go with %s", *keys,
			             loop);
		}
	}
}

static void read_loop(struct reader *reader, const struct doc *map, struct load *load)
{
	static const char *const closed[] = {"spawnRate", "thinkTime", NULL};
	static const char *const open[] = {"arrivals", "clients", NULL};
	static const char *const arrivals[] = {"poisson", "constant", NULL};
	const struct doc *rate = doc_get(map, "rate");
	int arrival = 0;

	if (!doc_get(map, "users") == !rate) {
		fields_fault(reader, map, "the load `%s` needs either `users` or `rate`",
		             load->name);
		return;
	}
	if (rate) {
		read_rate(reader, rate, load);
		fields_word(reader, map, "arrivals", arrivals, &arrival);
		load->poisson = arrival == 0;
		fields_int(reader, map, "clients", 0, 10000000, &load->clients);
		refuse_fields(reader, map, closed, "`rate` (an open load)");
		return;
	}
	fields_int(reader, map, "users", 1, 10000000, &load->users);
	fields_rate(reader, map, "spawnRate", &load->spawn_rate);
	fields_distribution(reader, map, "thinkTime", &load->think_time);
	refuse_fields(reader, map, open, "`users` (a closed load)");
}

static void read_span(struct reader *reader, const struct doc *map, struct load *load)
{
	sim_time to;

	fields_instant(reader, map, "from", &load->from);
	if (!doc_get(map, "for") == !doc_get(map, "to")) {
		fields_fault(reader, map, "the load `%s` needs either `for` or `to`", load->name);
	} else if (doc_get(map, "for")) {
		fields_duration(reader, map, "for", 1, &load->duration);
	} else if (fields_instant(reader, map, "to", &to)) {
		if (to <= load->from) {
			fields_fault(reader, doc_get(map, "to"), "`to` must lie after `from`");
		}
		load->duration = to - load->from;
	}
}

static void read_load(struct reader *reader, const struct doc *map, struct load *load)
{
	static const char *const known[] = {
	    "name",      "from",           "for",     "to",       "target",  "users",
	    "spawnRate", "thinkTime",      "rate",    "arrivals", "clients", "connections",
	    "timeout",   "connectTimeout", "retries", "requests", "node",    NULL};

	load->where = doc_where(map);
	load->connect_timeout = CONNECT_TIMEOUT;
	if (doc_kind_of(map) != DOC_MAP) {
		fields_fault(reader, map, "a load must be a map, not %s",
		             doc_kind_name(doc_kind_of(map)));
	}
	fields_map(reader, map, "load", known);
	if (!fields_string(reader, map, "name", &load->name)) {
		if (!doc_get(map, "name")) {
			fields_fault(reader, map, "a load needs `name`");
		}
		load->name = g_strdup("?");
	}
	read_span(reader, map, load);
	read_service_target(reader, doc_get(map, "target"), load);
	if (!load->target.service) {
		load->target.service = g_strdup("?");
	}
	if (!load->target.namespace) {
		load->target.namespace = g_strdup("default");
	}
	read_loop(reader, map, load);
	read_connections(reader, doc_get(map, "connections"), load);
	fields_duration(reader, map, "timeout", 0, &load->timeout);
	fields_duration(reader, map, "connectTimeout", 0, &load->connect_timeout);
	fields_int(reader, map, "retries", 0, 1000, &load->retries);
	read_requests(reader, doc_get(map, "requests"), load);
	fields_string(reader, map, "node", &load->node);
}

void read_loads(struct reader *reader, const struct doc *list, struct scenario *scenario)
{
	if (doc_kind_of(list) == DOC_NULL || !fields_list(reader, list, "load", 0)) {
		return;
	}
	scenario->n_loads = doc_length(list);
	scenario->loads = g_new0(struct load, scenario->n_loads + 1);
	for (size_t i = 0; i < scenario->n_loads; i++) {
		struct load *load = &scenario->loads[i];

		read_load(reader, doc_at(list, i), load);
		for (size_t k = 0; k < i; k++) {
			if (g_str_equal(scenario->loads[k].name, load->name) &&
			    !g_str_equal(load->name, "?")) {
				fields_fault_at(reader, load->where,
				                "there are two loads named `%s`", load->name);
			}
		}
	}
}
