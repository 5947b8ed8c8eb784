/* model.c - applications as the servers run them, with what the timeline did to them. */

#include "traffic/internal.h"

#include <string.h>

static void model_free(void *data)
{
	struct model *model = data;

	g_free(model->away);
	g_free(model->routes);
	g_free(model->drawn);
	g_free(model);
}

void models_init(struct models *models)
{
	models->list = g_ptr_array_new_with_free_func(model_free);
}

void models_clear(struct models *models)
{
	g_ptr_array_free(models->list, TRUE);
}

static bool is_random(const struct distribution *d)
{
	return d && distribution_kind_of(d) != DISTRIBUTION_CONSTANT;
}

static bool set_dependency(struct model *model, const char *name, bool available)
{
	for (size_t i = 0; i < model->application->n_dependencies; i++) {
		if (strcmp(model->application->dependencies[i].name, name) == 0) {
			model->away[i] = !available;
			return true;
		}
	}
	return false;
}

static bool set_route(struct model *model, const char *path, int status, sim_time latency)
{
	for (size_t i = 0; i < model->application->n_routes; i++) {
		if (strcmp(model->application->routes[i].path, path) == 0) {
			model->routes[i] = (struct route_state){status, latency};
			return true;
		}
	}
	return false;
}

struct model *models_of(struct models *models, const struct application *application)
{
	for (unsigned i = 0; i < models->list->len; i++) {
		struct model *model = models->list->pdata[i];

		if (model->application == application) {
			return model;
		}
	}
	struct model *model = g_new0(struct model, 1);

	model->application = application;
	model->number = models->list->len;
	model->away = g_new0(bool, application->n_dependencies + 1);
	model->routes = g_new0(struct route_state, application->n_routes + 1);
	model->drawn = g_new0(bool, application->n_routes + 1);
	for (size_t i = 0; i < application->n_routes; i++) {
		const struct route_model *route = &application->routes[i];

		model->drawn[i] = is_random(route->cpu) || is_random(route->wait);
	}
	g_ptr_array_add(models->list, model);
	return model;
}

static struct model *by_name(const struct models *models, const char *application)
{
	for (unsigned i = 0; i < models->list->len; i++) {
		struct model *model = models->list->pdata[i];

		if (strcmp(model->application->name, application) == 0) {
			return model;
		}
	}
	return NULL;
}

/* The named application, made from the world's list if no container runs it yet. */
static struct model *known(struct servers *servers, const char *application)
{
	const struct servers_environment *e = &servers->environment;
	struct model *model = by_name(&servers->models, application);

	for (size_t i = 0; i < e->n_applications && !model; i++) {
		if (strcmp(e->applications[i].name, application) == 0) {
			model = models_of(&servers->models, &e->applications[i]);
		}
	}
	return model;
}

bool servers_set_dependency(struct servers *servers, const char *application,
                            const char *dependency, bool available)
{
	struct model *model = known(servers, application);

	return model && set_dependency(model, dependency, available);
}

bool servers_set_route(struct servers *servers, const char *application, const char *path,
                       int status, sim_time latency)
{
	struct model *model = known(servers, application);

	return model && set_route(model, path, status, latency);
}
