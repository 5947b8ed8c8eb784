/* binned.c - amounts per bin of time. */

#include "record/binned.h"

#include <math.h>

struct binned_grid binned_grid_of(sim_time from, sim_time to)
{
	struct binned_grid grid = {from, BINNED_WIDTH};

	while ((to - from) / grid.width >= BINNED_MAX) {
		grid.width *= 2;
	}
	return grid;
}

void binned_init(struct binned *binned)
{
	*binned = (struct binned){0};
	binned->amounts = g_array_new(FALSE, TRUE, sizeof(double));
}

void binned_clear(struct binned *binned)
{
	g_array_unref(binned->amounts);
	binned->amounts = NULL;
}

/* The amount of the grid's bin @i; bins before the first one kept do not occur, since time goes on.
 */
static double *bin(struct binned *binned, size_t i)
{
	if (!binned->amounts->len) {
		binned->first = i;
	}
	if (i < binned->first) {
		i = binned->first;
	}
	if (i - binned->first >= binned->amounts->len) {
		g_array_set_size(binned->amounts, (guint)(i - binned->first + 1));
	}
	return &g_array_index(binned->amounts, double, i - binned->first);
}

/* The last bin if all of [@from, @to) lies in it, or the one after that if it does so there; NULL:
 * neither. Most amounts come like that, and need no division to find their bin. */
static double *bin_at_end(struct binned *binned, sim_time width, sim_time from, sim_time to)
{
	const double none = 0;

	if (binned->to && from >= binned->to && to <= binned->to + width) {
		binned->from = binned->to;
		binned->to += width;
		g_array_append_val(binned->amounts, none);
	}
	return from >= binned->from && to <= binned->to
	           ? &g_array_index(binned->amounts, double, binned->amounts->len - 1)
	           : NULL;
}

void binned_add(struct binned *binned, const struct binned_grid *grid, sim_time from, sim_time to,
                double amount)
{
	const double length = (double)(to - from);

	if (from >= to) {
		return;
	}
	double *last = bin_at_end(binned, grid->width, from, to);

	if (last) {
		*last += amount;
		return;
	}
	while (from < to) {
		const size_t i = (size_t)((from - grid->start) / grid->width);
		const sim_time end = MIN(to, grid->start + (sim_time)(i + 1) * grid->width);

		*bin(binned, i) += amount * ((double)(end - from) / length);
		from = end;
		if (i == binned->first + binned->amounts->len - 1) {
			binned->from = grid->start + (sim_time)i * grid->width;
			binned->to = binned->from + grid->width;
		}
	}
}

struct series binned_series(const struct binned *amounts, const struct binned *seconds,
                            const struct binned_grid *grid)
{
	struct series series = {
	    .start = grid->start + (sim_time)seconds->first * grid->width,
	    .width = grid->width,
	    .n = seconds->amounts->len,
	};

	series.values = g_new(double, series.n);
	for (size_t i = 0; i < series.n; i++) {
		const double time = g_array_index(seconds->amounts, double, i);
		const size_t at = seconds->first + i - amounts->first;
		const bool has = seconds->first + i >= amounts->first && at < amounts->amounts->len;

		series.values[i] =
		    time > 0 ? (has ? g_array_index(amounts->amounts, double, at) : 0) / time : NAN;
	}
	return series;
}
