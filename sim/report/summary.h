/* summary.h - a Run as data: summary.json, pods.csv, events.jsonl.
 *
 * The fields of summary.json are stable: schemaVersion is raised when one changes its meaning or
 * goes away; new ones may come. Times are seconds of simulated time from the scenario's zero, null
 * where there is none; CPU is in cores, memory in bytes. */

#pragma once

#include "report/diagnosis.h"
#include "report/verdict.h"

#define SUMMARY_SCHEMA_VERSION 1

/* The content of summary.json; caller frees (doc_free). @verdicts may be NULL. */
struct doc *summary_document(const struct run *run, const GPtrArray *findings,
                             const GPtrArray *verdicts);
/* The same as text with a line feed at the end. */
char *summary_json(const struct run *run, const GPtrArray *findings, const GPtrArray *verdicts);
/* One line a pod, with a header. */
char *summary_pods_csv(const struct run *run);
/* One core/v1 Event a line, as the API prints it, in order of first occurrence. */
char *summary_events_jsonl(const struct run *run);

/* Sets @key to @value, to null when it is NaN or infinite. */
void doc_set_figure(struct doc *map, const char *key, double value);
/* Sets @key to @at in seconds, to null for SIM_NEVER. */
void doc_set_instant(struct doc *map, const char *key, sim_time at);
