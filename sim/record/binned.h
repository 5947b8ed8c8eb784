/* binned.h - builds a series: how much of something came in each of many equal bins of time.
 *
 * Amounts arrive with the interval they belong to and are spread over it evenly; apart from them
 * the time in which the quantity was defined at all. A bin's value is amount over defined time.
 * Bins lie on one grid per recorder, whose width is chosen so that the whole run has a bounded
 * number of them. */

#pragma once

#include "record/run.h"

#define BINNED_WIDTH (5 * SIM_SECOND) /* of a bin, at least */
#define BINNED_MAX 2000               /* bins of a run, at most */

struct binned {
	size_t first;    /* of the grid's bins, the number of the first one kept */
	GArray *amounts; /* double */
	sim_time from, to; /* of the last bin, once it has got something; else 0 */
};

/* The grid of a run: bin i covers [start + i x width, start + (i + 1) x width). */
struct binned_grid {
	sim_time start, width;
};

/* The narrowest grid of doubled widths with at most BINNED_MAX bins from @from to @to. */
struct binned_grid binned_grid_of(sim_time from, sim_time to);

void binned_init(struct binned *binned);
void binned_clear(struct binned *binned);
/* Spreads @amount evenly over [@from, @to), which lies in the grid; nothing for an empty interval.
 */
void binned_add(struct binned *binned, const struct binned_grid *grid, sim_time from, sim_time to,
                double amount);
/* @amounts over @seconds (how long it was defined), both on @grid: the series; NaN where it was not
 * defined. */
struct series binned_series(const struct binned *amounts, const struct binned *seconds,
                            const struct binned_grid *grid);
