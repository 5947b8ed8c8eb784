/* measure_private.h - what the parts of measure share. */

#pragma once

#include "record/run_folded.h"
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

/* measure_folded.c: pods that are told in sums only. Of restarts the time is lost: they count from the last of them on. */
/* Those (struct run_folded *) of the Deployment that @term names, with its revision. */
GPtrArray *measure_folded(const struct run *run, const struct expect_term *term);
const struct run_figure *measure_folded_figure(const struct run_folded *folded, const char *name);
/* The least and the most of a quantity that each pod has one of; NaN for those that never were Ready. */
void measure_folded_values(const struct run *run, const struct expect_term *term, struct measure *measure);
double measure_folded_probes(const struct run_folded *folded, const struct expect_term *term);
/* @times, if not NULL, gets the instants at which the number changes. */
double measure_folded_restarts(const struct run *run, const struct expect_term *term, sim_time at, GArray *times);
double measure_folded_events(const struct run *run, const struct expect_term *term);
