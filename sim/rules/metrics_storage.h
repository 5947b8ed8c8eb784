/* metrics_storage.h - what metrics-server makes of two samples of a container, and how often
 * cAdvisor takes one.
 *
 * Source: metrics-server 0.8, pkg/storage/pod.go and types.go; cAdvisor 0.56, manager/container.go.
 */

#pragma once

#include "engine/time.h"

#include <stdbool.h>
#include <stddef.h>

struct metrics_point {
	sim_time time;  /* of the sample; whole milliseconds */
	sim_time start; /* of the container */
	int64_t cpu;    /* nanoseconds of CPU time since then */
	int64_t memory; /* bytes, working set */
};

/* A sample of @cpu_seconds and @memory_bytes at @now, with times as the kubelet prints them. */
struct metrics_point metrics_point_of(sim_time now, sim_time start, double cpu_seconds,
                                      int64_t memory_bytes);

/* Which point goes before @fresh from now on: into *@out. @last and @prev are what is stored; NULL:
 * none. False: none goes before it, so the container is not known yet. */
bool metrics_previous_point(const struct metrics_point *fresh, const struct metrics_point *last,
                            const struct metrics_point *prev, sim_time resolution,
                            struct metrics_point *out);

/* CPU between two points in cores / 10^9, truncated; false when the container's counter or start
 * went backwards. */
bool metrics_cpu_usage(const struct metrics_point *last, const struct metrics_point *prev,
                       int64_t *nano);

/* cAdvisor's interval after a sample: doubled up to 15 s while nothing changes, else @base. */
sim_time metrics_housekeeping_interval(sim_time interval, sim_time base, bool unchanged);

/* @nano in milli-units as Quantity.MilliValue gives them: rounded up. */
int64_t metrics_milli_of_nano(int64_t nano);
