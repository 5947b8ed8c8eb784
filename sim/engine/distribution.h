/* distribution.h - what a random quantity looks like, as people know it: by its mean and its spread.
 *
 * Every variate is made by inversion: one uniform in, one value out, and a larger uniform never gives a smaller value. That
 * keeps common random numbers aligned when a parameter changes. Values have no unit here; the scenario's are nanoseconds.
 * Only the engine's own logarithm, exponential and quantile functions are used, so a value has the same bits on every machine.
 *
 * Exponential, gamma and lognormal quantiles are interpolated between exact ones: relative error below 1e-7 for gamma shapes from 0.3
 * and sigmas up to 2 (about 1e-8 for the exponential), 1e-4 down to shape 0.1; exact in the outermost 1/131,072 of either tail. */

#pragma once

#include "engine/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum distribution_kind {
	DISTRIBUTION_CONSTANT,
	DISTRIBUTION_UNIFORM,
	DISTRIBUTION_EXPONENTIAL,
	DISTRIBUTION_GAMMA,
	DISTRIBUTION_LOGNORMAL,
	DISTRIBUTION_EMPIRICAL,
};

/* Immutable once made; shared by reference. */
struct distribution;

struct distribution *distribution_constant(double value);
struct distribution *distribution_uniform(double low, double high);
struct distribution *distribution_exponential(double mean);
/* @shape > 0; the coefficient of variation is 1/sqrt(@shape). */
struct distribution *distribution_gamma(double mean, double shape);
/* Given by @mean and the standard deviation @sigma of the logarithm. */
struct distribution *distribution_lognormal(double mean, double sigma);
/* Given by @mean and the 99th percentile; false in *@possible when no lognormal has both (p99 must exceed the mean and be
 * at most about 15 times as large). NULL then. */
struct distribution *distribution_lognormal_p99(double mean, double p99, bool *possible);
/* @n > 0 observations, equally likely; between two neighbours the quantile is interpolated. */
struct distribution *distribution_empirical(const double *values, size_t n);

struct distribution *distribution_ref(struct distribution *d);
void distribution_unref(struct distribution *d);

enum distribution_kind distribution_kind_of(const struct distribution *d);
double distribution_mean(const struct distribution *d);
/* Standard deviation over mean. */
double distribution_cv(const struct distribution *d);

/* The value below which a share @u of all values lies; @u in (0, 1). */
double distribution_quantile(const struct distribution *d, double u);

/* The same rounded to whole nanoseconds, at least 0. */
sim_time distribution_duration(const struct distribution *d, double u);
