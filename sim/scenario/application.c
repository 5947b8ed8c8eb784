#include "scenario/application.h"

#include <string.h>

static void clear_on(struct distribution **d)
{
	if (*d) {
		distribution_unref(*d);
	}
	*d = NULL;
}

static void match_clear(struct application_match *match)
{
	g_free(match->container);
	g_free(match->image);
	g_free(match->deployment);
	g_free(match->namespace);
	string_map_unref(match->labels);
}

void application_free(struct application *application)
{
	for (size_t i = 0; i < application->n_dependencies; i++) {
		g_free(application->dependencies[i].name);
		clear_on(&application->dependencies[i].ready_after);
	}
	for (size_t i = 0; i < application->n_pools; i++) {
		g_free(application->pools[i].name);
	}
	for (size_t i = 0; i < application->n_routes; i++) {
		g_free(application->routes[i].path);
		g_free(application->routes[i].needs);
		g_free(application->routes[i].redirect);
		clear_on(&application->routes[i].cpu);
		clear_on(&application->routes[i].wait);
	}
	for (size_t i = 0; i < application->n_commands; i++) {
		g_free(application->commands[i].command);
		g_free(application->commands[i].needs);
		g_free(application->commands[i].output);
	}
	for (size_t i = 0; i < application->n_health; i++) {
		g_free(application->health[i].service);
		g_free(application->health[i].needs);
	}
	g_free(application->commands);
	g_free(application->health);
	match_clear(&application->match);
	clear_on(&application->listens_after);
	clear_on(&application->on_term.exit_after);
	g_free(application->dependencies);
	g_free(application->pools);
	g_free(application->routes);
	g_free(application->name);
	memset(application, 0, sizeof(*application));
}

/* Length of what @pattern says of @path: its whole for an exact fit, the prefix before `*`; -1: it
 * does not fit. */
static int fit(const char *pattern, const char *path, size_t length)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*') {
		return length >= n - 1 && strncmp(pattern, path, n - 1) == 0 ? (int)n - 1 : -1;
	}
	return n == length && strncmp(pattern, path, n) == 0 ? INT32_MAX : -1;
}

int application_route(const struct application *application, const char *path)
{
	size_t length = strcspn(path, "?#");
	int best = -1, best_fit = -1;

	for (size_t i = 0; i < application->n_routes; i++) {
		int this_fit = fit(application->routes[i].path, path, length);

		if (this_fit > best_fit) {
			best = (int)i;
			best_fit = this_fit;
		}
	}
	return best;
}

const struct command_model *application_command(const struct application *application,
                                                char *const *command)
{
	g_autofree char *text = command ? g_strjoinv(" ", (GStrv)command) : g_strdup("");

	for (size_t i = 0; i < application->n_commands; i++) {
		if (g_pattern_match_simple(application->commands[i].command, text)) {
			return &application->commands[i];
		}
	}
	return NULL;
}

const struct health_model *application_health(const struct application *application,
                                              const char *service)
{
	for (size_t i = 0; i < application->n_health; i++) {
		if (g_str_equal(application->health[i].service, service ? service : "")) {
			return &application->health[i];
		}
	}
	return NULL;
}
