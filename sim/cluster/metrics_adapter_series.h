/* metrics_adapter_series.h - scraped samples of applications, and what PromQL makes of a window of
 * them. Part of the metrics adapter's actor; see metrics_adapter.h. */

#pragma once

#include "engine/histogram.h"
#include "node/usage.h"

#include <stdbool.h>

struct adapter_sample {
	sim_time at;
	struct application_reading reading; /* `latency` is a copy of its own, or NULL */
};

/* One attempt of one container, as one metric's scrapes saw it. */
struct adapter_series {
	GRefString *namespace, *pod;
	struct string_map *labels; /* of the pod */
	GQueue samples;            /* struct adapter_sample *, in order of time */
	sim_time gone_at;          /* the first scrape that did not find it; SIM_NEVER */
};

/* @labels may be NULL; all is referenced. */
struct adapter_series *adapter_series_new(GRefString *namespace, GRefString *pod,
                                          struct string_map *labels);
void adapter_series_free(struct adapter_series *series);

/* Appends a sample. @with_latency: keeps a copy of the histogram. */
void adapter_series_add(struct adapter_series *series, sim_time at,
                        const struct application_reading *reading, bool with_latency);
/* Forgets samples at or before @before, but never the newest of a series that is not gone. */
void adapter_series_trim(struct adapter_series *series, sim_time before);

/* The newest sample at or before @at; NULL when there is none or the series had gone by then. */
const struct adapter_sample *adapter_series_at(const struct adapter_series *series, sim_time at);

/* First and last sample in (@at - @over, @at] and how many there are. */
struct adapter_window {
	const struct adapter_sample *first, *last;
	unsigned n;
	sim_time at, over;
};

struct adapter_window adapter_series_window(const struct adapter_series *series, sim_time at,
                                            sim_time over);

/* rate() of a counter that stood at @first and @last in @window's samples, a second: the increase
 * is stretched towards the window's ends, by at most half a sample distance where samples are
 * missing there, and never below zero at the counter's beginning. False with fewer than two
 * samples. Source: Prometheus 3, promql/functions.go, extrapolatedRate. */
bool adapter_window_rate(const struct adapter_window *window, double first, double last,
                         double *rate);

/* Adds the latencies counted within the window to *@sum, which is made when NULL. */
void adapter_window_add_latencies(const struct adapter_window *window, struct histogram **sum);
