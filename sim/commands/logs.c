/* logs.c - podsim logs POD SOURCE: the access log of a container. */

#include "commands/all.h"
#include "commands/source.h"

struct log_options {
	struct source_options source;
	char *container;
	int tail;
	gboolean previous, follow, timestamps;
};

static const char examples[] =
    "  podsim logs deployment/inference scenarios/idle-replica.yaml --at 9m --tail 10\n"
    "  podsim logs inference-76f985fc9b scenarios/idle-replica.yaml --at 9m\n"
    "  podsim logs pod/inference-76f985fc9b scenarios/idle-replica.yaml --at 9m -f\n"
    "\n"
    "Probes that were answered are a line each, as uvicorn writes it, from the address of the\n"
    "node's bridge; client ports are made up. Requests of clients are not recorded one by one:\n"
    "lines that begin with # say how many there were. Nothing else that an application may\n"
    "write is modelled. Where no pod has just this name, it is the beginning of names.\n";

static bool print_logs(const struct source *source, char **arguments, int n,
                       const struct log_options *options, GString *out, GError **error)
{
	const struct view_log_options how = {
	    .container = options->container,
	    .previous = options->previous,
	    .tail = options->tail,
	    .follow = options->follow,
	    .timestamps = options->timestamps,
	};
	struct source_name name;

	if (!source_name(arguments, n, KIND_POD, &name, error)) {
		return false;
	}
	if (!name.name) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "expected the name of a pod or KIND/NAME");
		return false;
	}
	const struct object *pod = source_pod(source, &name, error);

	return pod && view_logs(source->view, pod, &how, out, error);
}

static int logs(char **arguments, int n, const struct log_options *options)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct source source;
	GError *error = NULL;
	int code;

	if (!source_open(arguments[n - 1], &options->source, &source, &error)) {
		return source_fail(error);
	}
	if (print_logs(&source, arguments, n - 1, options, out, &error)) {
		code = command_print(out->str);
	} else {
		code = source_fail(error);
	}
	source_close(&source);
	return code;
}

int command_logs(int argc, char **argv)
{
	struct log_options options = {.tail = -1};
	const GOptionEntry entries[] = {
	    {"tail", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &options.tail,
	     "Only the last N lines before that time", "N"},
	    {"follow", 'f', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.follow,
	     "And what the container wrote from that time on", NULL},
	    {"previous", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.previous,
	     "Of the container before the present one", NULL},
	    {"container", 'c', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.container,
	     "Of this container; default: the first", "NAME"},
	    {"timestamps", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.timestamps,
	     "Each line with its time", NULL},
	    SOURCE_OPTIONS(options.source),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("logs", "POD|KIND/NAME SOURCE",
	                  "Prints the access log of a container as it was at that time.", examples,
	                  entries, &argc, &argv, 2, 3, &code)) {
		code = logs(argv + 1, argc - 1, &options);
	}
	source_options_clear(&options.source);
	g_free(options.container);
	return code;
}
