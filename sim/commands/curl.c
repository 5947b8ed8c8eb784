/* curl.c - podsim curl POD PATH SOURCE: what `kubectl exec POD -- curl` would have got. */

#include "commands/all.h"
#include "commands/source.h"

#include <stdio.h>

static const char examples[] =
    "  podsim curl inference-76f985fc9b /health scenarios/idle-replica.yaml --at 9m\n"
    "  podsim curl inference-76f985fc9b /healthz scenarios/idle-replica.yaml --at 9m\n"
    "  podsim curl deployment/inference http://localhost:8000/ready scenarios/idle-replica.yaml\n"
    "\n"
    "The answer follows from the routes of the application, its dependencies, and what the\n"
    "timeline did to either; why it is so stands on standard error. Bodies are not modelled: of\n"
    "errors the framework's own is shown. Where no pod has just this name, it is the beginning\n"
    "of names. Exit code 1: no connection.\n";

static int print_answer(const struct view_answer *answer)
{
	int code;

	if (answer->status) {
		code = command_print(answer->text);
	} else {
		fputs(answer->text, stderr);
		code = EXIT_NOT_HELD;
	}
	if (answer->explanation) {
		fprintf(stderr, "podsim: %s\n", answer->explanation);
	}
	return code;
}

static int ask(const struct source *source, char **arguments, const char *container)
{
	struct view_answer answer;
	struct source_name name;
	GError *error = NULL;
	int code;

	if (!source_name(arguments, 1, KIND_POD, &name, &error)) {
		return source_fail(error);
	}
	const struct object *pod = source_pod(source, &name, &error);

	if (!pod || !view_curl(source->view, pod, container, arguments[1], &answer, &error)) {
		return source_fail(error);
	}
	code = print_answer(&answer);
	view_answer_clear(&answer);
	return code;
}

int command_curl(int argc, char **argv)
{
	struct source_options options = {0};
	char *container = NULL;
	const GOptionEntry entries[] = {
	    {"container", 'c', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &container,
	     "Within this container; default: the first", "NAME"},
	    SOURCE_OPTIONS(options),
	    G_OPTION_ENTRY_NULL,
	};
	GError *error = NULL;
	struct source source;
	int code;

	if (command_parse("curl", "POD|KIND/NAME PATH|URL SOURCE",
	                  "Prints what curl within a pod would have got at that time.", examples,
	                  entries, &argc, &argv, 3, 3, &code)) {
		if (source_open(argv[3], &options, &source, &error)) {
			code = ask(&source, argv + 1, container);
			source_close(&source);
		} else {
			code = source_fail(error);
		}
	}
	source_options_clear(&options);
	g_free(container);
	return code;
}
