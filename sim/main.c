/* main.c - podsim COMMAND ...: finds the command and leaves the rest to it. */

#include "commands/command.h"

#include "document/document.h"

#include <locale.h>
#include <stdio.h>

static char *help_text(void)
{
	GString *text = g_string_new(
	    "Usage: podsim COMMAND [OPTION...]\n\n"
	    "Rehearses a Kubernetes application offline: probes, endpoints, balancing, metrics,\n"
	    "autoscaling, rollouts, and the requests that run through all of it.\n\nCommands:\n");

	for (const struct command *c = commands; c->name; c++) {
		g_string_append_printf(text, "  %-10s %s\n", c->name, c->summary);
	}
	g_string_append(
	    text,
	    "\n`podsim COMMAND --help' explains each. `podsim --version' prints the version.\n\n"
	    "Examples:\n"
	    "  podsim run scenarios/idle-replica.yaml\n"
	    "  podsim run scenarios/idle-replica.yaml --out out/idle\n"
	    "  podsim compare scenarios/idle-replica.yaml scenarios/idle-replica-fixed.yaml\n\n"
	    "Exit code: 0 good, 1 an expectation or check failed, 2 the input or usage was "
	    "wrong.\n");
	return g_string_free(text, FALSE);
}

static int unknown_command(const char *word)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (const struct command *c = commands; c->name; c++) {
		g_ptr_array_add(names, (void *)c->name);
	}
	g_ptr_array_add(names, NULL);
	const char *near = doc_nearest(word, (const char *const *)names->pdata);

	fprintf(stderr, "podsim: unknown command '%s'%s%s%s\nTry `podsim --help'.\n", word,
	        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return EXIT_BAD_INPUT;
}

int main(int argc, char **argv)
{
	g_autofree char *help = help_text();

	/* Numbers are written with a point everywhere, whatever the user's locale. */
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		fputs(help, stderr);
		return EXIT_BAD_INPUT;
	}
	if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") ||
	    g_str_equal(argv[1], "help")) {
		return command_print(help);
	}
	if (g_str_equal(argv[1], "--version")) {
		return command_print("podsim " PODSIM_VERSION "\n");
	}
	for (const struct command *c = commands; c->name; c++) {
		if (g_str_equal(c->name, argv[1])) {
			return c->run(argc - 1, argv + 1);
		}
	}
	return unknown_command(argv[1]);
}
