/* measure_private.h - what the parts of measure share. */

#pragma once

#include "report/measure.h"

/* Sets @error (MEASURE_ERROR_UNKNOWN); returns false. */
bool measure_unknown(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Splits "[namespace/]kind/name"; false when it is none. Strings to be freed. */
bool measure_object(const char *text, enum object_kind *kind, char **namespace, char **name);
/* @wanted NULL fits all. */
bool measure_fits(const char *wanted, const char *namespace);
/* The pods of a "deployment/x" or "pod/x" with its revision; NULL and @error when there is none. */
GPtrArray *measure_pods(const struct run *run, const struct expect_term *term, GError **error);
const struct run_deployment *measure_deployment(const struct run *run,
                                                const struct expect_term *term, GError **error);

/* measure_states.c: what has a value at every instant, and counts of events */
bool measure_at(const struct run *run, const struct expect_term *term, sim_time at,
                struct measure *measure, GError **error);
bool measure_events(const struct run *run, const struct expect_term *term, struct measure *measure,
                    GError **error);
