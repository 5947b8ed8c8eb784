/* histogram.h - many durations in little memory.
 *
 * A log-linear histogram: each power of two is cut into a fixed number of equal steps, found by counting leading zeros. With
 * 1,024 steps a quantile is exact to 0.1 %, with 128 to 0.8 %. Sum, minimum and maximum are kept exactly. Histograms of equal
 * resolution can be merged. Memory is allocated by power of two when first used. */

#pragma once

#include "engine/time.h"

#include <stdbool.h>

struct histogram;

/* @steps is a power of two from 2 to 4,096. */
struct histogram *histogram_new(unsigned steps);
void histogram_free(struct histogram *h);

/* Counts @value (>= 0, nanoseconds). */
void histogram_add(struct histogram *h, sim_time value);
/* Adds all of @other, which must have the same number of steps. */
void histogram_merge(struct histogram *h, const struct histogram *other);
void histogram_clear(struct histogram *h);
struct histogram *histogram_copy(const struct histogram *h);
/* Takes the values out of @h that @earlier, a former copy of it, holds. Minimum and maximum stay as they are. */
void histogram_subtract(struct histogram *h, const struct histogram *earlier);
/* The number of steps it was made with. */
unsigned histogram_steps(const struct histogram *h);

uint64_t histogram_count(const struct histogram *h);
double histogram_mean(const struct histogram *h); /* nanoseconds; 0 when empty */
sim_time histogram_min(const struct histogram *h);
sim_time histogram_max(const struct histogram *h);
/* The value below which a share @q in [0, 1] lies, in nanoseconds: the middle of its step, never outside min and max; 0 when
 * empty. */
double histogram_quantile(const struct histogram *h, double q);
