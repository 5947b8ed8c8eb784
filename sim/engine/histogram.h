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

/* --- saving and restoring --- */
struct histogram_totals { /* what the steps do not tell exactly */
	uint64_t sum_high, sum_low; /* sum in nanoseconds, 128 bits */
	sim_time min, max;
};

struct histogram_totals histogram_totals(const struct histogram *h);
/* Calls @fn for every step that counted something, in order of value; @index names the step. */
void histogram_each(const struct histogram *h, void (*fn)(void *data, unsigned index, uint64_t count), void *data);
/* Adds @count to the step @index of a histogram that is being restored (false when it has no such step) ... */
bool histogram_restore_step(struct histogram *h, unsigned index, uint64_t count);
/* ... and completes it. */
void histogram_restore_totals(struct histogram *h, const struct histogram_totals *totals);
/* The same for steps that came on top of what @h held. */
void histogram_add_totals(struct histogram *h, const struct histogram_totals *totals);
