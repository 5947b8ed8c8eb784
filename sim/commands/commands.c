/* commands.c - the table of commands. */

#include "commands/all.h"

const struct command commands[] = {
    {"run", "Run a scenario: story, figures, diagnosis, verdict", command_run},
    {"compare", "Run two scenarios and show what changed", command_compare},
    {"init", "Write a first scenario around manifests", command_init},
    {"routes", "List what applications serve and what probes ask for", command_routes},
    {"check", "Find faults of manifests and scenarios without running", command_check},
    {"test", "Run scenarios and check what they expect", command_test},
    {"sweep", "Run a study: many settings, many seeds, on all cores", command_sweep},
    {"tune", "Find the setting that meets a study's goal best", command_tune},
    {"merge", "Put the shards of a sweep into one file", command_merge},
    {"get", "List objects at a time, as kubectl get", command_get},
    {"describe", "Describe objects at a time, as kubectl describe", command_describe},
    {"top", "CPU and memory at a time, as kubectl top", command_top},
    {"logs", "Access log of a container, as kubectl logs", command_logs},
    {"events", "Events up to a time, as kubectl events", command_events},
    {"curl", "What curl within a pod would have got", command_curl},
    {"rollout", "Status or history, as kubectl rollout", command_rollout},
    {"schema", "Print the JSON Schema of scenarios and studies", command_schema},
    {NULL, NULL, NULL},
};
