/* rollout.c - podsim rollout status|history deployment/NAME SOURCE, as kubectl does. */

#include "commands/all.h"
#include "commands/source.h"

#include "kube/quantity.h"

#include <stdio.h>

struct rollout_options {
	struct source_options source;
	char *watch, *timeout;
	int revision;
};

static const char examples[] =
    "  podsim rollout status deployment/inference scenarios/idle-replica-story.yaml --at 14m\n"
    "  podsim rollout status deployment/inference SCENARIO --at 14m --timeout 2m\n"
    "  podsim rollout status deployment/inference SCENARIO --at 14m --watch=false\n"
    "  podsim rollout history deployment/inference scenarios/idle-replica-story.yaml\n"
    "  podsim rollout history deployment/inference SCENARIO --revision 2\n"
    "\n"
    "Status goes on from that time until the rollout is done or has failed; exit code 1 when it\n"
    "has failed, or was not done before the timeout or the end of the run.\n";

static bool read_until(const struct source *source, const struct rollout_options *options,
                       sim_time *until, GError **error)
{
	*until = SIM_NEVER;
	if (!options->timeout) {
		return true;
	}
	if (!duration_parse(options->timeout, until) || *until < 0) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--timeout: expected a duration such as 2m, not '%s'",
		            options->timeout);
		return false;
	}
	*until = *until == 0 ? SIM_NEVER : source->view->at + *until;
	return true;
}

static int print_status(const struct source *source, const struct object *deployment,
                        const struct rollout_options *options)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const bool once = options->watch && g_str_equal(options->watch, "false");
	GError *error = NULL;
	enum view_rollout state;
	sim_time until;
	int code;

	if (!read_until(source, options, &until, &error)) {
		return source_fail(error);
	}
	state = once ? view_rollout_status(source->view, deployment, out)
	             : view_rollout_watch(source->view, deployment, until, out);
	code = command_print(out->str);
	if (code != EXIT_GOOD || state == ROLLOUT_DONE || (once && state == ROLLOUT_WAITS)) {
		return code;
	}
	if (state == ROLLOUT_WAITS && until <= source->run->to) {
		fprintf(stderr, "error: timed out waiting for the condition\n");
	} else if (state == ROLLOUT_WAITS) {
		fprintf(stderr, "podsim: the run ends before the rollout does\n");
	}
	return EXIT_NOT_HELD;
}

static int print_history(const struct source *source, const struct object *deployment,
                         const struct rollout_options *options)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (!view_rollout_history(source->view, deployment, options->revision, out)) {
		fprintf(stderr, "error: unable to find the specified revision\n");
		return EXIT_NOT_HELD;
	}
	return command_print(out->str);
}

static int rollout(char **arguments, int n, const struct rollout_options *options)
{
	const bool history = g_str_equal(arguments[0], "history");
	g_autoptr(GPtrArray) found = NULL;
	struct source_name name;
	struct source source;
	GError *error = NULL;
	int code;

	if (!history && !g_str_equal(arguments[0], "status")) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "expected status or history, not '%s'", arguments[0]);
		return source_fail(error);
	}
	if (!source_name(arguments + 1, n - 2, KIND_DEPLOYMENT, &name, &error)) {
		return source_fail(error);
	}
	if (name.kind != KIND_DEPLOYMENT || !name.name) {
		g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "expected deployment/NAME");
		return source_fail(error);
	}
	if (!source_open(arguments[n - 1], &options->source, &source, &error)) {
		return source_fail(error);
	}
	found = source_select(&source, &name, NULL, &error);
	if (!found) {
		code = source_fail(error);
	} else {
		code = (history ? print_history : print_status)(&source, found->pdata[0], options);
	}
	source_close(&source);
	return code;
}

int command_rollout(int argc, char **argv)
{
	struct rollout_options options = {0};
	const GOptionEntry entries[] = {
	    {"watch", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.watch,
	     "status: false prints one line and returns", "BOOL"},
	    {"timeout", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.timeout,
	     "status: how long to wait; default: to the end of the run", "DURATION"},
	    {"revision", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &options.revision,
	     "history: the template of this revision", "N"},
	    SOURCE_OPTIONS(options.source),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("rollout", "status|history deployment/NAME SOURCE",
	                  "Prints how a rollout goes on, or its revisions, as kubectl would have.",
	                  examples, entries, &argc, &argv, 3, 4, &code)) {
		code = rollout(argv + 1, argc - 1, &options);
	}
	source_options_clear(&options.source);
	g_free(options.watch);
	g_free(options.timeout);
	return code;
}
