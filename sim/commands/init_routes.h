/* init_routes.h - which routes an application has, from what it tells of itself or what it was
 * asked.
 *
 * Three sources: an OpenAPI description (FastAPI serves its own as /openapi.json), an access log
 * (common and combined format, and uvicorn's lines), and a list. A path with a parameter becomes a
 * prefix that ends in `*`. */

#pragma once

#include <glib.h>
#include <stdbool.h>

struct found_route {
	char *path;
	char *methods;        /* of an OpenAPI description: "GET, POST"; NULL: not known */
	unsigned seen;        /* requests in the access log */
	unsigned unknown;     /* 404s among them */
	GHashTable *statuses; /* of the log: status -> number of requests; NULL: none */
};

struct found_routes {
	GPtrArray *routes; /* struct found_route *, in order of discovery */
};

void found_routes_init(struct found_routes *routes);
void found_routes_clear(struct found_routes *routes);

bool routes_from_openapi(struct found_routes *routes, const char *path, GError **error);
bool routes_from_log(struct found_routes *routes, const char *path, GError **error);
bool routes_from_path(struct found_routes *routes, const char *path, GError **error);

/* Whether it is served: not every request for it was a 404. */
bool found_route_is_served(const struct found_route *route);
/* The status that it answers with: 200, or the most frequent when the log shows no good one. */
int found_route_status(const struct found_route *route);
