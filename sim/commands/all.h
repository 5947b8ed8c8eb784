/* all.h - the entry of each command; the file of the same name holds it. */

#pragma once

#include "commands/command.h"

int command_run(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_test(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_tune(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_check(int argc, char **argv);
int command_init(int argc, char **argv);
int command_routes(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_get(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_top(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_events(int argc, char **argv);
int command_curl(int argc, char **argv);
int command_rollout(int argc, char **argv);
