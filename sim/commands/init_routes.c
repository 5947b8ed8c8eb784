/* init_routes.c - routes from an OpenAPI description, an access log, or a list. */

#include "commands/init_routes.h"

#include "document/document.h"

#include <errno.h>
#include <string.h>

static void route_free(void *data)
{
	struct found_route *route = data;

	g_free(route->path);
	g_free(route->methods);
	g_clear_pointer(&route->statuses, g_hash_table_unref);
	g_free(route);
}

void found_routes_init(struct found_routes *routes)
{
	routes->routes = g_ptr_array_new_with_free_func(route_free);
}

void found_routes_clear(struct found_routes *routes)
{
	g_clear_pointer(&routes->routes, g_ptr_array_unref);
}

/* The route of @path, made when it is new. */
static struct found_route *route_of(struct found_routes *routes, const char *path)
{
	for (unsigned i = 0; i < routes->routes->len; i++) {
		struct found_route *route = routes->routes->pdata[i];

		if (g_str_equal(route->path, path)) {
			return route;
		}
	}
	struct found_route *route = g_new0(struct found_route, 1);

	route->path = g_strdup(path);
	g_ptr_array_add(routes->routes, route);
	return route;
}

bool found_route_is_served(const struct found_route *route)
{
	return route->seen == 0 || route->unknown < route->seen;
}

int found_route_status(const struct found_route *route)
{
	GHashTableIter iterator;
	void *key, *value;
	unsigned most = 0;
	int status = 200;

	if (!route->statuses) {
		return 200;
	}
	g_hash_table_iter_init(&iterator, route->statuses);
	while (g_hash_table_iter_next(&iterator, &key, &value)) {
		const int one = GPOINTER_TO_INT(key);

		if (one >= 200 && one < 300) {
			return 200;
		}
		if (one != 404 && (GPOINTER_TO_UINT(value) > most ||
		                   (GPOINTER_TO_UINT(value) == most && one < status))) {
			most = GPOINTER_TO_UINT(value);
			status = one;
		}
	}
	return status;
}

/* --- a list --- */

bool routes_from_path(struct found_routes *routes, const char *path, GError **error)
{
	const char *star = strchr(path, '*');

	if (path[0] != '/' || strpbrk(path, "?# \t") || (star && star[1] != '\0')) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "--route: expected a path such as /healthz or /items/*, not '%s'",
		            path);
		return false;
	}
	route_of(routes, path);
	return true;
}

/* --- OpenAPI --- */

/* The path part of the first server's URL, without its last slash. */
static char *base_path(const struct doc *description)
{
	const struct doc *servers = doc_get(description, "servers");
	const char *url = doc_text(doc_get(doc_at(servers, 0), "url"));
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = doc_text(doc_get(description, "basePath")); /* Swagger 2 */

	if (host) {
		path = strchr(host + 3, '/');
	} else if (url) {
		path = url;
	}
	if (!path || path[0] != '/' || strpbrk(path, "{}?# ")) {
		return g_strdup("");
	}
	char *base = g_strdup(path);

	while (g_str_has_suffix(base, "/")) {
		base[strlen(base) - 1] = '\0';
	}
	return base;
}

static char *methods_of(const struct doc *operations)
{
	static const char *const methods[] = {"get",   "head",   "post",    "put",
	                                      "patch", "delete", "options", NULL};
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (const char *const *method = methods; *method; method++) {
		if (doc_get(operations, *method)) {
			g_ptr_array_add(names, g_ascii_strup(*method, -1));
		}
	}
	g_ptr_array_add(names, NULL);
	return g_strjoinv(", ", (char **)names->pdata);
}

bool routes_from_openapi(struct found_routes *routes, const char *path, GError **error)
{
	g_autoptr(GPtrArray) documents = doc_read_file(path, error);
	const struct doc *description, *paths;

	if (!documents) {
		return false;
	}
	description = documents->len == 1 ? documents->pdata[0] : NULL;
	paths = doc_get(description, "paths");
	if (doc_kind_of(paths) != DOC_MAP) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "%s: expected an OpenAPI description with `paths`", path);
		return false;
	}
	g_autofree char *base = base_path(description);

	for (size_t i = 0; i < doc_length(paths); i++) {
		const char *key = doc_key_at(paths, i);
		g_autofree char *fixed = g_strndup(key, strcspn(key, "{?# "));
		g_autofree char *whole =
		    g_strconcat(base, fixed, strchr(key, '{') ? "*" : "", NULL);

		if (whole[0] == '/' && !strchr(fixed, '*')) {
			struct found_route *route = route_of(routes, whole);

			if (!route->methods) {
				route->methods = methods_of(doc_value_at(paths, i));
			}
		}
	}
	return true;
}

/* --- access logs --- */

/* An identifier rather than a word: a number, or many hexadecimal digits. */
static bool is_identifier(const char *segment, size_t length)
{
	const size_t digits = strspn(segment, "0123456789");
	const size_t hex = strspn(segment, "0123456789abcdefABCDEF-");

	return length > 0 && (digits >= length || (hex >= length && length >= 16));
}

/* The route that @target of a request line stands for; NULL when it is none. */
static char *route_of_target(const char *target)
{
	const char *path = strstr(target, "://");

	path = path ? strchr(path + 3, '/') : target;
	if (!path || path[0] != '/') {
		return NULL;
	}
	const size_t length = strcspn(path, "?#");

	for (size_t at = 1; at < length;) {
		const size_t segment = strcspn(path + at, "/?#");

		if (is_identifier(path + at, segment)) {
			return g_strdup_printf("%.*s*", (int)at, path);
		}
		at += segment + 1;
	}
	return g_strndup(path, length);
}

static void count_line(struct found_routes *routes, const GMatchInfo *match)
{
	g_autofree char *target = g_match_info_fetch(match, 2);
	g_autofree char *status_text = g_match_info_fetch(match, 3);
	g_autofree char *path = route_of_target(target);
	const int status = (int)g_ascii_strtoll(status_text, NULL, 10);

	if (!path || strpbrk(path, "* \t") != strrchr(path, '*')) {
		return; /* a path that no route can be written for */
	}
	struct found_route *route = route_of(routes, path);

	if (!route->statuses) {
		route->statuses = g_hash_table_new(NULL, NULL);
	}
	const unsigned before =
	    GPOINTER_TO_UINT(g_hash_table_lookup(route->statuses, GINT_TO_POINTER(status)));

	g_hash_table_insert(route->statuses, GINT_TO_POINTER(status), GUINT_TO_POINTER(before + 1));
	route->seen++;
	route->unknown += status == 404;
}

bool routes_from_log(struct found_routes *routes, const char *path, GError **error)
{
	g_autoptr(GRegex) request =
	    g_regex_new("\"([A-Z]+) (\\S+)(?: HTTP/[0-9.]+)?\" ([1-5][0-9][0-9])\\b",
	                G_REGEX_OPTIMIZE | G_REGEX_RAW, 0, NULL);
	g_autofree char *text = NULL;
	unsigned lines = 0;

	if (!g_file_get_contents(path, &text, NULL, error)) {
		return false;
	}
	for (char *line = text; line && *line;) {
		g_autoptr(GMatchInfo) match = NULL;
		char *end = strchr(line, '\n');

		if (end) {
			*end = '\0';
		}
		if (g_regex_match(request, line, 0, &match)) {
			count_line(routes, match);
			lines++;
		}
		line = end ? end + 1 : NULL;
	}
	if (lines == 0) {
		g_set_error(error, DOC_ERROR, DOC_ERROR_INVALID,
		            "%s: no line has a request and its status, such as \"GET /healthz "
		            "HTTP/1.1\" 200",
		            path);
		return false;
	}
	return true;
}
