/* command.h - what every command of podsim is made of.
 *
 * One command, one file, named after it. A command parses its options, calls the floors below,
 * prints, and chooses the exit code; nothing below prints or exits. A new command is a new file and
 * a line in commands.c. */

#pragma once

#include <glib.h>

enum exit_code {
	EXIT_GOOD = 0,
	EXIT_NOT_HELD = 1, /* an expectation or a check failed */
	EXIT_BAD_INPUT =
	    2, /* the input or the usage was wrong, or the output could not be written */
};

struct command {
	const char *name;
	const char *summary;               /* one line, for `podsim --help` */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* All commands, in the order of the help; ends with a NULL name. */
extern const struct command commands[];

/* Parses @options; positional arguments stay in @argv. @arguments: "SCENARIO"; @summary: a
 * sentence; @examples: lines. On `--help` prints and returns false with *@code 0, on wrong usage
 * says so on stderr and returns false with *@code 2. Checks that between
 * @least and @most (-1: any number) positional arguments are left. */
gboolean command_parse(const char *name, const char *arguments, const char *summary,
                       const char *examples, const GOptionEntry *options, int *argc, char ***argv,
                       int least, int most, int *code);

/* Prints @error on stderr, a line each with the program's name, frees it, and returns
 * EXIT_BAD_INPUT. */
int command_fail(GError *error);

/* Writes @text to stdout; EXIT_GOOD, or EXIT_BAD_INPUT with a message when the output is full. A
 * closed pipe ends the program quietly. */
int command_print(const char *text);

/* Whether the user wants colour on @fd: a terminal, and NO_COLOR unset. */
gboolean command_wants_colour(int fd);
