/* rollout_cases.h - how the runner of the table `rollout` reads cases.
 *
 * Each rule turns the inputs of a case into a map of everything that could be expected of it; the
 * runner holds that against the case. What is read wrongly or not at all makes the case fail. */

#pragma once

#include "conformance.h"

#include "rules/rollout.h"

struct reading { /* of one case */
	GString *diff;
	bool good;
};

/* Notes a fault of the case. */
void reading_fails(struct reading *reading, const char *field, const char *expected,
                   const struct doc *got);

/* A whole number; @fallback when it is absent, INT64_MIN: it must be there. */
int32_t read_int(struct reading *reading, const struct doc *map, const char *key, int64_t fallback);
bool read_bool(struct reading *reading, const struct doc *map, const char *key, bool fallback);
/* Never NULL. */
const char *read_text(struct reading *reading, const struct doc *map, const char *key);
/* SIM_NEVER when absent or null. */
sim_time read_duration(struct reading *reading, const struct doc *map, const char *key);
#define REQUIRED INT64_MIN

/* replicas, strategy, maxSurge, maxUnavailable, statusReplicas of @map. False when a value is
 * neither a number nor a percentage. */
bool read_deployment(struct reading *reading, const struct doc *map,
                     struct rollout_deployment *deployment);

/* The ReplicaSets of @list, numbered by age from @created on in steps of @step. */
void read_sets(struct reading *reading, const struct doc *list, sim_time created, int step,
               struct rollout_sets *sets);
/* Sizes by name of the sets from @first up to @end. A new map. */
struct doc *sizes_of(const struct rollout_sets *sets, unsigned first, unsigned end);

/* Adds the results of the rule to the map @got. */
typedef void (*rollout_rule)(struct reading *reading, const struct doc *given, struct doc *got);
void rule_deletion_order(struct reading *reading, const struct doc *given, struct doc *got);
void rule_slow_start(struct reading *reading, const struct doc *given, struct doc *got);
void rule_revision_history(struct reading *reading, const struct doc *given, struct doc *got);
void rule_rollout(struct reading *reading, const struct doc *given, struct doc *got);
