#include "engine/histogram.h"

#include <glib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide_sum;

/* Group 0 counts the values below @steps one by one; group g > 0 those from steps * 2^(g-1) to
 * twice that, in steps of 2^(g-1). */
struct histogram {
	unsigned bits; /* log2 of the steps */
	uint64_t count;
	wide_sum sum;
	sim_time min, max;
	uint64_t *groups[64];
};

struct histogram *histogram_new(unsigned steps)
{
	g_assert(steps >= 2 && steps <= 4096 && (steps & (steps - 1)) == 0);
	struct histogram *h = g_new0(struct histogram, 1);

	h->bits = (unsigned)__builtin_ctz(steps);
	h->min = SIM_NEVER;
	return h;
}

void histogram_free(struct histogram *h)
{
	if (!h) {
		return;
	}
	for (unsigned g = 0; g < G_N_ELEMENTS(h->groups); g++) {
		g_free(h->groups[g]);
	}
	g_free(h);
}

static inline uint64_t *group(struct histogram *h, unsigned g)
{
	if (G_UNLIKELY(!h->groups[g])) {
		h->groups[g] = g_new0(uint64_t, (size_t)1 << h->bits);
	}
	return h->groups[g];
}

void histogram_add(struct histogram *h, sim_time value)
{
	g_assert(value >= 0);
	const unsigned steps = 1U << h->bits;
	/* OR-ing in the number of steps puts everything below it on the first octave's exponent. */
	const unsigned exponent = 63 - (unsigned)__builtin_clzll((uint64_t)value | steps);
	const unsigned g = value < steps ? 0 : exponent - h->bits + 1;
	const unsigned shift = exponent - h->bits;

	group(h, g)[((uint64_t)value >> shift) & (steps - 1)]++;
	h->count++;
	h->sum += (uint64_t)value;
	h->min = MIN(h->min, value);
	h->max = MAX(h->max, value);
}

void histogram_merge(struct histogram *h, const struct histogram *other)
{
	g_assert(h->bits == other->bits);
	for (unsigned g = 0; g < G_N_ELEMENTS(h->groups); g++) {
		if (!other->groups[g]) {
			continue;
		}
		uint64_t *counts = group(h, g);

		for (unsigned i = 0; i < 1U << h->bits; i++) {
			counts[i] += other->groups[g][i];
		}
	}
	h->count += other->count;
	h->sum += other->sum;
	h->min = MIN(h->min, other->min);
	h->max = MAX(h->max, other->max);
}

void histogram_clear(struct histogram *h)
{
	for (unsigned g = 0; g < G_N_ELEMENTS(h->groups); g++) {
		if (h->groups[g]) {
			memset(h->groups[g], 0, sizeof(uint64_t) << h->bits);
		}
	}
	h->count = 0;
	h->sum = 0;
	h->min = SIM_NEVER;
	h->max = 0;
}

struct histogram *histogram_copy(const struct histogram *h)
{
	struct histogram *copy = histogram_new(1U << h->bits);

	histogram_merge(copy, h);
	return copy;
}

void histogram_subtract(struct histogram *h, const struct histogram *earlier)
{
	g_assert(h->bits == earlier->bits && h->count >= earlier->count);
	for (unsigned g = 0; g < G_N_ELEMENTS(h->groups); g++) {
		for (unsigned i = 0; earlier->groups[g] && i < 1U << h->bits; i++) {
			g_assert(group(h, g)[i] >= earlier->groups[g][i]);
			h->groups[g][i] -= earlier->groups[g][i];
		}
	}
	h->count -= earlier->count;
	h->sum -= earlier->sum;
}

unsigned histogram_steps(const struct histogram *h)
{
	return 1U << h->bits;
}

uint64_t histogram_count(const struct histogram *h)
{
	return h->count;
}

double histogram_mean(const struct histogram *h)
{
	return h->count ? (double)h->sum / (double)h->count : 0;
}

sim_time histogram_min(const struct histogram *h)
{
	return h->count ? h->min : 0;
}

sim_time histogram_max(const struct histogram *h)
{
	return h->max;
}

static double middle_of(const struct histogram *h, unsigned g, unsigned i)
{
	if (g == 0) {
		return i;
	}
	const uint64_t width = UINT64_C(1) << (g - 1);
	const uint64_t low = ((uint64_t)i + (UINT64_C(1) << h->bits)) * width;

	return (double)low + 0.5 * (double)(width - 1);
}

double histogram_quantile(const struct histogram *h, double q)
{
	if (q <= 0 || h->count == 0) {
		return (double)histogram_min(h);
	}
	if (q >= 1) {
		return (double)h->max;
	}
	uint64_t below = 0;
	/* 0.07 * 100 comes out above 7: a hair less keeps the seventh value the seventh. */
	const double rank = q * (double)h->count * (1 - 1e-14);

	for (unsigned g = 0; g < G_N_ELEMENTS(h->groups); g++) {
		for (unsigned i = 0; h->groups[g] && i < 1U << h->bits; i++) {
			below += h->groups[g][i];
			if ((double)below >= rank && h->groups[g][i]) {
				return CLAMP(middle_of(h, g, i), (double)h->min, (double)h->max);
			}
		}
	}
	return (double)h->max;
}

struct histogram_totals histogram_totals(const struct histogram *h)
{
	return (struct histogram_totals){(uint64_t)(h->sum >> 64), (uint64_t)h->sum, h->min, h->max};
}

void histogram_each(const struct histogram *h,
                    void (*fn)(void *data, unsigned index, uint64_t count), void *data)
{
	for (unsigned g = 0; g < G_N_ELEMENTS(h->groups); g++) {
		for (unsigned i = 0; h->groups[g] && i < 1U << h->bits; i++) {
			if (h->groups[g][i]) {
				fn(data, g << h->bits | i, h->groups[g][i]);
			}
		}
	}
}

bool histogram_restore_step(struct histogram *h, unsigned index, uint64_t count)
{
	const unsigned g = index >> h->bits;

	if (g >= G_N_ELEMENTS(h->groups)) {
		return false;
	}
	group(h, g)[index & ((1U << h->bits) - 1)] += count;
	h->count += count;
	return true;
}

void histogram_restore_totals(struct histogram *h, const struct histogram_totals *totals)
{
	h->sum = (wide_sum)totals->sum_high << 64 | totals->sum_low;
	h->min = totals->min;
	h->max = totals->max;
}

void histogram_add_totals(struct histogram *h, const struct histogram_totals *totals)
{
	h->sum += (wide_sum)totals->sum_high << 64 | totals->sum_low;
	h->min = MIN(h->min, totals->min);
	h->max = MAX(h->max, totals->max);
}
