/* compare.h - two Runs side by side: the report's "Performance improvement" table.
 *
 * Figures are over each run's own measure window (CPU, replicas) or whole load (rates, latencies,
 * failures). With the same seed both runs see the same users, think times and request costs, so a
 * difference is the setting's. */

#pragma once

#include "record/run.h"

struct comparison {           /* one figure */
	char *name;           /* "P95 latency (locust)" */
	const char *unit;     /* "cores", "s", "1/s", "replicas", "share", "requests", "bytes" */
	double before, after; /* NaN: not defined */
	double change;        /* after - before */
	double percent;       /* of before, as a share; NaN when before is 0 or undefined */
};

/* (struct comparison *), freed with the array. */
GPtrArray *compare_runs(const struct run *before, const struct run *after);
void compare_print(const struct run *before, const struct run *after, GString *out, bool colour);
/* {schemaVersion, before: {scenario, seed}, after: ..., figures: [...]}; caller frees. */
struct doc *compare_document(const struct run *before, const struct run *after);
