/* describe.c - podsim describe RESOURCE [NAME] SOURCE: what `kubectl describe` would have printed.
 */

#include "commands/all.h"
#include "commands/source.h"

static const char examples[] =
    "  podsim describe pod inference-76f985fc9b scenarios/idle-replica.yaml --at 9m\n"
    "  podsim describe deployment/inference scenarios/idle-replica.yaml --at 9m\n"
    "  podsim describe hpa scenarios/idle-replica.yaml --at 700s\n"
    "  podsim describe node docker-desktop scenarios/idle-replica.yaml\n"
    "\n"
    "RESOURCE: pod, deployment, replicaset, service, hpa or node. SOURCE: a scenario, or the\n"
    "run.db of a run. Where nothing has just this NAME, it is the beginning of names.\n";

static bool describe_all(const struct source *source, const struct source_name *name, GString *out,
                         GError **error)
{
	g_autoptr(GPtrArray) objects = NULL;

	if (!view_can_describe(name->kind)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "%s has no description: expected pod, deployment, replicaset, "
		            "service, hpa or node",
		            object_kind_word(name->kind));
		return false;
	}
	objects = source_select(source, name, NULL, error);
	for (unsigned i = 0; objects && i < objects->len; i++) {
		if (out->len) {
			g_string_append(out, "\n\n");
		}
		view_describe(source->view, objects->pdata[i], out);
	}
	return objects != NULL;
}

static int describe(char **arguments, int n, const struct source_options *options)
{
	g_autoptr(GArray) names = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	struct source source;
	GError *error = NULL;
	bool good = true;
	int code;

	names = source_names(arguments, n - 1, &error);
	if (!names || !source_open(arguments[n - 1], options, &source, &error)) {
		return source_fail(error);
	}
	for (unsigned i = 0; good && i < names->len; i++) {
		good = describe_all(&source, &g_array_index(names, struct source_name, i), out,
		                    &error);
	}
	code = command_print(out->str);
	source_close(&source);
	return good ? code : source_fail(error);
}

int command_describe(int argc, char **argv)
{
	struct source_options options = {0};
	const GOptionEntry entries[] = {
	    SOURCE_LIST_OPTIONS(options),
	    SOURCE_OPTIONS(options),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("describe", "RESOURCE [NAME...] SOURCE",
	                  "Describes objects of a run as `kubectl describe` would have at that "
	                  "time.",
	                  examples, entries, &argc, &argv, 2, -1, &code)) {
		code = describe(argv + 1, argc - 1, &options);
	}
	source_options_clear(&options);
	return code;
}
