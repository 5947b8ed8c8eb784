/* top.c - podsim top pods|nodes SOURCE: what `kubectl top` would have printed. */

#include "commands/all.h"
#include "commands/source.h"

static const char examples[] =
    "  podsim top pods scenarios/idle-replica.yaml --at 700s\n"
    "  podsim top pods -l app=inference --sort-by=cpu scenarios/idle-replica.yaml --at 700s\n"
    "  podsim top nodes scenarios/idle-replica.yaml --at 700s\n"
    "\n"
    "CPU and memory are the means over the last whole metrics-server resolution (15s) before\n"
    "that time; metrics-server's own samples are up to 20s older. A pod appears once its\n"
    "container has run for all of it. A node has in addition what the scenario says that pods\n"
    "which are not modelled request.\n";

static bool read_order(const char *text, enum view_top_order *order, GError **error)
{
	*order = TOP_BY_NAME;
	if (!text || g_str_equal(text, "name")) {
		return true;
	}
	if (!g_str_equal(text, "cpu") && !g_str_equal(text, "memory")) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--sort-by: expected cpu or memory, not '%s'", text);
		return false;
	}
	*order = g_str_equal(text, "cpu") ? TOP_BY_CPU : TOP_BY_MEMORY;
	return true;
}

static bool top_of(const struct source *source, const struct source_name *name, bool all_namespaces,
                   enum view_top_order order, GString *out, GError **error)
{
	g_autoptr(GPtrArray) objects = source_select(source, name, NULL, error);

	if (!objects) {
		return false;
	}
	if (!view_top(source->view, objects, all_namespaces, order, out)) {
		g_set_error(error, VIEW_ERROR, VIEW_ERROR_REFUSED,
		            "error: metrics not available yet");
		return false;
	}
	return true;
}

static int top(char **arguments, int n, const struct source_options *options, const char *sort_by)
{
	g_autoptr(GString) out = g_string_new(NULL);
	enum view_top_order order;
	struct source_name name;
	struct source source;
	GError *error = NULL;
	int code;

	g_autoptr(GArray) names = source_names(arguments, n - 1, &error);

	if (!names || !read_order(sort_by, &order, &error)) {
		return source_fail(error);
	}
	name = g_array_index(names, struct source_name, 0);
	if (names->len > 1 || (name.kind != KIND_POD && name.kind != KIND_NODE)) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "expected pods or nodes, and at most one name");
		return source_fail(error);
	}
	if (!source_open(arguments[n - 1], options, &source, &error)) {
		return source_fail(error);
	}
	if (top_of(&source, &name, options->all_namespaces, order, out, &error)) {
		code = command_print(out->str);
	} else {
		code = source_fail(error);
	}
	source_close(&source);
	return code;
}

int command_top(int argc, char **argv)
{
	struct source_options options = {0};
	char *sort_by = NULL;
	const GOptionEntry entries[] = {
	    {"sort-by", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &sort_by,
	     "The highest first: cpu or memory", "COLUMN"},
	    SOURCE_LIST_OPTIONS(options),
	    SOURCE_OPTIONS(options),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("top", "pods|nodes [NAME] SOURCE",
	                  "Prints CPU and memory as `kubectl top` would have at that time.",
	                  examples, entries, &argc, &argv, 2, 3, &code)) {
		code = top(argv + 1, argc - 1, &options, sort_by);
	}
	source_options_clear(&options);
	g_free(sort_by);
	return code;
}
