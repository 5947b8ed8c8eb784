/* measure.h - the value of a quantity of `expect:` in a Run: endpoints(service/web),
 * cpu.mean(deployment/web, revision=2).
 *
 * Quantities of pods that are not sums (CPU, memory, time to Ready) have a value for each pod. An
 * object, a revision or a load that the Run does not know is an error, never an empty answer. The
 * words are those of scenario/expect_quantity.h. */

#pragma once

#include "record/run.h"
#include "scenario/expect_quantity.h"

struct measure {
	enum expect_unit unit;
	GArray *values; /* double: cores, bytes, seconds, fractions, counts */
	char *text;     /* EXPECT_TEXT: "True"; NULL: no such condition */
	char *detail;   /* EXPECT_TEXT: its reason; NULL: none */
	/* That instant lies where a long list is thinned (record/run_thin.h): @values are the least and the most that it may be. */
	bool is_range;
	bool was_both; /* it had both of them, until measure_changes() tells of the next change */
};

void measure_clear(struct measure *measure);

/* The value of @term at @at (SIM_NEVER: at the end; without meaning for quantities of the whole
 * run). False and @error (no place; the caller knows the line). */
bool measure_term(const struct run *run, const struct expect_term *term, sim_time at,
                  struct measure *measure, GError **error);
/* Instants at which @term may have changed, in no order, some of them twice; appended to @times
 * (sim_time). */
void measure_changes(const struct run *run, const struct expect_term *term, GArray *times);
/* The argument @key of @term, or NULL. */
const char *measure_argument(const struct expect_term *term, const char *key);
/* "863m", "81.2", "348 ms": a value of @unit for people; caller frees. */
char *measure_text(enum expect_unit unit, double value);

#define MEASURE_ERROR (measure_error_quark())
GQuark measure_error_quark(void);
enum measure_error { MEASURE_ERROR_UNKNOWN };
