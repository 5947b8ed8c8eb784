/* estimate.h - what the runs of a setting say about a measure: its mean with a confidence interval,
 * alone or against another setting.
 *
 * Settings share their seeds, so the difference between two is taken seed by seed; what both have
 * in common, such as a busy minute, cancels out. */

#pragma once

#include "study/runner.h"

struct estimate {
	size_t n;       /* runs that have the figure */
	size_t missing; /* runs that do not */
	double mean;    /* NaN: n is 0 */
	double error;   /* standard error of the mean; NaN: n is less than 2 */
	double half; /* half the width of the 95 % interval (Student's t); NaN: n is less than 2 */
};

/* Over the first @seeds seeds of @setting that are done. */
struct estimate estimate_mean(const struct runner *runner, size_t setting, size_t measure,
                              size_t seeds);
/* @setting less @baseline, over seeds that both have. */
struct estimate estimate_difference(const struct runner *runner, size_t setting, size_t baseline,
                                    size_t measure, size_t seeds);

/* "318 ms", "-12 ms"; with @sign also "+12 ms"; "-" for NaN; caller frees. */
char *estimate_text(enum expect_unit unit, double value, bool sign);
/* "312 ms to 324 ms"; "-" when there is none; caller frees. */
char *estimate_interval_text(enum expect_unit unit, const struct estimate *estimate, bool sign);
