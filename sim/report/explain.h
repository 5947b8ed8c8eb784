/* explain.h - `--explain TOPIC`: every decision of one kind, with the numbers it was made from.
 *
 *   hpa         each sync: metric, groups of pods, ratios, stabilization, limits
 *   probes      each probe by container attempt: answers in a row, gates, kills, restarts, back-off
 *   endpoints   each change of the EndpointSlices and of the proxies' rules
 *   rollout     each step of the Deployment controller with its budget
 *   scheduling  each attempt with the verdict of every node */

#pragma once

#include "record/run.h"

/* The topics, NULL-terminated. */
extern const char *const explain_topics[];

/* Appends the explanation; false when there is no such topic. */
bool explain(const struct run *run, const char *topic, GString *out, bool colour);
