/* routes.c - podsim routes SCENARIO: what each application serves, and who asks for what. */

#include "check/check.h"
#include "commands/all.h"
#include "kube/quantity.h"
#include "report/text.h"

#include <string.h>
#include <unistd.h>

static const char examples[] = "  podsim routes scenarios/idle-replica.yaml\n"
			       "  podsim routes scenarios/idle-replica.yaml --format json | jq "
                               "'.[].asked[] | select(.status == 404)'\n";

static char *mean_of(const struct distribution *d)
{
	return d ? text_length((sim_time)distribution_mean(d)) : g_strdup("-");
}

static char *needs_of(const struct application *application, const struct route_model *route)
{
	GString *text = g_string_new(route->n_needs ? NULL : "-");

	for (size_t i = 0; i < route->n_needs; i++) {
		g_string_append_printf(text, "%s%s", i ? ", " : "",
		                       application->dependencies[route->needs[i]].name);
	}
	return g_string_free(text, FALSE);
}

static char *match_of(const struct application_match *match)
{
	GString *text = g_string_new(NULL);
	const char *const names[] = {"container", "image", "deployment", "namespace"};
	const char *const values[] = {match->container, match->image, match->deployment,
	                              match->namespace};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (values[i]) {
			g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", names[i],
			                       values[i]);
		}
	}
	if (match->labels) {
		g_autofree char *labels = string_map_to_string(match->labels);

		g_string_append_printf(text, "%slabels %s", text->len ? ", " : "", labels);
	}
	return g_string_free(text, FALSE);
}

/* --- text --- */

static void print_served(GString *out, const struct application *application)
{
	static const char *const headers[] = {"PATH", "STATUS", "CPU", "WAIT", "NEEDS"};
	struct columns *columns = columns_new(headers, "lrrrl", G_N_ELEMENTS(headers));
	g_autofree char *match = match_of(&application->match);
	g_autofree char *listens = mean_of(application->listens_after);

	g_string_append_printf(out, "application %s: %s; listens after %s\n", application->name,
	                       *match ? match : "every container", listens);
	for (size_t i = 0; i < application->n_routes; i++) {
		const struct route_model *route = &application->routes[i];
		char *const cells[] = {g_strdup(route->path), g_strdup_printf("%d", route->status),
		                       mean_of(route->cpu), mean_of(route->wait),
		                       needs_of(application, route)};

		columns_add(columns, cells);
	}
	columns_finish(columns, out, 2);
	g_string_append(out, "  every other path answers 404\n");
}

static char *answer_of(const struct check_budget *budget)
{
	if (budget->status == 0) {
		return g_strdup(budget->application ? "accepts" : "-");
	}
	return g_strdup_printf("%d%s", budget->status, budget->status == 404 ? " Not Found" : "");
}

static void print_asked(GString *out, const struct scenario *scenario,
                        const struct check_result *result)
{
	static const char *const headers[] = {"OBJECT", "CONTAINER", "PROBE",   "SINCE",
	                                      "ANSWER", "OF",        "ASKS FOR"};
	struct columns *columns = columns_new(headers, "lllllll", G_N_ELEMENTS(headers));

	for (unsigned i = 0; i < result->budgets->len; i++) {
		const struct check_budget *budget = result->budgets->pdata[i];
		char *const cells[] = {g_strdup(budget->object),
		                       g_strdup(budget->container),
		                       g_strdup(probe_type_name(budget->type)),
		                       budget->since <= scenario->from
		                           ? g_strdup("start")
		                           : duration_to_string(budget->since),
		                       answer_of(budget),
		                       g_strdup(budget->application ? budget->application : "-"),
		                       g_strdup(budget->asks)};

		columns_add(columns, cells);
	}
	if (columns_rows(columns) > 0) {
		text_heading(out, "What the probes ask for", command_wants_colour(STDOUT_FILENO));
	}
	columns_finish(columns, out, 0);
}

static char *to_text(const struct scenario *scenario, const struct check_result *result)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < scenario->n_applications; i++) {
		if (i > 0) {
			g_string_append_c(out, '\n');
		}
		print_served(out, &scenario->applications[i]);
	}
	if (result->budgets->len > 0) {
		print_asked(out, scenario, result);
	}
	return g_string_free(out, FALSE);
}

/* --- JSON --- */

static struct doc *served_to_doc(const struct application *application)
{
	struct doc *routes = doc_new_list();

	for (size_t i = 0; i < application->n_routes; i++) {
		const struct route_model *route = &application->routes[i];
		struct doc *map = doc_new_map(), *needs = doc_new_list();

		for (size_t k = 0; k < route->n_needs; k++) {
			doc_append(needs,
			           doc_new_string(application->dependencies[route->needs[k]].name));
		}
		doc_set_string(map, "path", route->path);
		doc_set_int(map, "status", route->status);
		doc_set(map, "needs", needs);
		doc_append(routes, map);
	}
	return routes;
}

static struct doc *asked_to_doc(const char *application, const struct check_result *result)
{
	struct doc *asked = doc_new_list();

	for (unsigned i = 0; i < result->budgets->len; i++) {
		const struct check_budget *budget = result->budgets->pdata[i];

		if (g_strcmp0(budget->application, application) != 0) {
			continue;
		}
		struct doc *map = doc_new_map();

		doc_set_string(map, "object", budget->object);
		doc_set_string(map, "container", budget->container);
		doc_set_string(map, "probe", probe_type_name(budget->type));
		doc_set_string(map, "asks", budget->asks);
		if (budget->status) {
			doc_set_int(map, "status", budget->status);
		}
		if (budget->where.file) {
			doc_set_string(map, "file", budget->where.file);
			doc_set_int(map, "line", budget->where.line);
			doc_set_int(map, "column", budget->where.column);
		}
		doc_set_float(map, "since", sim_time_to_seconds(budget->since));
		doc_append(asked, map);
	}
	return asked;
}

static char *to_json(const struct scenario *scenario, const struct check_result *result)
{
	g_autoptr(doc) list = doc_new_list();

	for (size_t i = 0; i < scenario->n_applications; i++) {
		const struct application *application = &scenario->applications[i];
		struct doc *map = doc_new_map();

		doc_set_string(map, "application", application->name);
		doc_set(map, "routes", served_to_doc(application));
		doc_set(map, "asked", asked_to_doc(application->name, result));
		doc_append(list, map);
	}
	g_autofree char *text = doc_to_json(list, 2);

	return g_str_has_suffix(text, "\n") ? g_steal_pointer(&text)
	                                    : g_strconcat(text, "\n", NULL);
}

/* --- the command --- */

static int print_routes(const char *path, const char *format)
{
	const bool json = format && g_str_equal(format, "json");
	struct check_result result = {0};
	GError *error = NULL;

	if (format && !json && !g_str_equal(format, "text")) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--format: expected text or json, not '%s'", format);
		return command_fail(error);
	}
	struct scenario *scenario = scenario_load(path, NULL, &error);

	if (!scenario || !check(NULL, scenario, &result, &error)) {
		check_result_clear(&result);
		scenario_free(scenario);
		return command_fail(error);
	}
	g_autofree char *text = json ? to_json(scenario, &result) : to_text(scenario, &result);

	check_result_clear(&result);
	scenario_free(scenario);
	return command_print(text);
}

int command_routes(int argc, char **argv)
{
	char *format = NULL;
	const GOptionEntry entries[] = {
	    {"format", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &format,
	     "Print text (default) or json", "FORMAT"},
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("routes", "SCENARIO",
	                  "Lists what each application serves, and which probe asks for what.",
	                  examples, entries, &argc, &argv, 1, 1, &code)) {
		code = print_routes(argv[1], format);
	}
	g_free(format);
	return code;
}
