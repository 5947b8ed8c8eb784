/* statistics.h - sums that can be asked for a mean.
 *
 * `time_weighted` follows a number that is constant between changes (jobs in a server, replicas): its mean weighs every value
 * by how long it held. `moments` follows single observations: mean, variance, confidence interval (Welford's recurrence). */

#pragma once

#include "engine/time.h"

#include <stdint.h>

struct time_weighted {
	sim_time since;   /* of the present value */
	sim_time started;
	double value;
	double area;      /* value x nanoseconds up to since */
	double max;
};

void time_weighted_start(struct time_weighted *w, sim_time now, double value);
void time_weighted_set(struct time_weighted *w, sim_time now, double value);
/* Mean from the start to @now; the present value when no time has passed. */
double time_weighted_mean(const struct time_weighted *w, sim_time now);
/* Integral from the start to @now, value x nanoseconds. */
double time_weighted_area(const struct time_weighted *w, sim_time now);

struct moments {
	uint64_t n;
	double mean;
	double m2;
	double min, max;
};

void moments_add(struct moments *m, double x);
double moments_variance(const struct moments *m);       /* of the sample; 0 for fewer than two */
double moments_standard_error(const struct moments *m); /* of the mean */
/* Half the width of the 95 % interval of the mean (Student's t). */
double moments_interval95(const struct moments *m);
