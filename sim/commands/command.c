/* command.c - options, errors and output, alike for every command. */

#include "commands/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

gboolean command_parse(const char *name, const char *arguments, const char *summary,
                       const char *examples, const GOptionEntry *options, int *argc, char ***argv,
                       int least, int most, int *code)
{
	g_autofree char *description = g_strdup_printf("Examples:\n%s", examples);
	g_autofree char *program = g_strdup_printf("podsim %s", name);
	g_autoptr(GOptionContext) context = g_option_context_new(arguments);
	g_autoptr(GError) error = NULL;
	gboolean help = FALSE;
	const GOptionEntry help_entry[] = {
	    {"help", 'h', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &help, "Show this help", NULL},
	    G_OPTION_ENTRY_NULL,
	};

	g_set_prgname(program);
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, description);
	if (options) {
		g_option_context_add_main_entries(context, options, NULL);
	}
	g_option_context_add_main_entries(context, help_entry, NULL);
	*code = EXIT_BAD_INPUT;
	if (!g_option_context_parse(context, argc, argv, &error)) {
		fprintf(stderr, "%s: %s\nTry `%s --help'.\n", program, error->message, program);
		return FALSE;
	}
	if (help) {
		g_autofree char *text = g_option_context_get_help(context, FALSE, NULL);

		*code = command_print(text);
		return FALSE;
	}
	if (*argc > 1 && g_str_equal((*argv)[1], "--")) { /* GLib leaves it in place */
		memmove(*argv + 1, *argv + 2, (size_t)(*argc - 1) * sizeof(char *));
		(*argc)--;
	}
	if (*argc - 1 < least || (most >= 0 && *argc - 1 > most)) {
		fprintf(stderr, "%s: expected %s\nTry `%s --help'.\n", program, arguments, program);
		return FALSE;
	}
	*code = EXIT_GOOD;
	return TRUE;
}

int command_fail(GError *error)
{
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line) {
			fprintf(stderr, "podsim: %s\n", *line);
		}
	}
	g_error_free(error);
	return EXIT_BAD_INPUT;
}

int command_print(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
		fprintf(stderr, "podsim: standard output: %s\n", g_strerror(errno));
		return EXIT_BAD_INPUT;
	}
	return EXIT_GOOD;
}

gboolean command_wants_colour(int fd)
{
	const char *no = g_getenv("NO_COLOR");

	return (!no || !*no) && isatty(fd) == 1;
}
