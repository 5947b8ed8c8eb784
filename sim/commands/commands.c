/* commands.c - the table of commands. */

#include "commands/all.h"

const struct command commands[] = {
    {"run", "Run a scenario: story, figures, diagnosis, verdict", command_run},
    {"compare", "Run two scenarios and show what changed", command_compare},
    {"check", "Find faults of manifests and scenarios without running", command_check},
    {"test", "Run scenarios and check what they expect", command_test},
    {NULL, NULL, NULL},
};
