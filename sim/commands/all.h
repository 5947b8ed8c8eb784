/* all.h - the entry of each command; the file of the same name holds it. */

#pragma once

#include "commands/command.h"

int command_run(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_test(int argc, char **argv);
int command_check(int argc, char **argv);
