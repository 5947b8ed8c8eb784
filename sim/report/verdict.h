/* verdict.h - whether a Run is as its scenario's `expect:` says.
 *
 * A line holds, does not hold, or cannot be judged, because it speaks of something that the Run
 * does not have: that is never a pass. A quantity with a value for each pod must meet the
 * comparison for every one of them. */

#pragma once

#include "report/diagnosis.h"

enum verdict_outcome { VERDICT_HELD, VERDICT_NOT_HELD, VERDICT_ERROR };
const char *verdict_outcome_name(enum verdict_outcome outcome); /* "held", "not held", "error" */

struct verdict {
	const struct expectation *expectation;
	enum verdict_outcome outcome;
	char *seen; /* "2", "863m to 871m", "3 at 610s"; of an error: what is wrong */
};

/* Finds the Run of another scenario (as its name stands behind `of`); NULL and @error. */
typedef const struct run *(*verdict_other_fn)(void *data, const char *scenario, GError **error);

/* One verdict a line of @run's scenario; (struct verdict *), freed with the array. @other NULL: no
 * other runs. */
GPtrArray *verdict_judge(const struct run *run, const GPtrArray *findings, verdict_other_fn other,
                         void *data);
bool verdict_all_held(const GPtrArray *verdicts);

/* Appends a line each; nothing when nothing was expected. */
void verdict_print(const GPtrArray *verdicts, GString *out, bool colour);
