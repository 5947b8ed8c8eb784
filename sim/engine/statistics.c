#include "engine/statistics.h"

#include <glib.h>
#include <math.h>

void time_weighted_start(struct time_weighted *w, sim_time now, double value)
{
	*w = (struct time_weighted){.since = now, .started = now, .value = value, .max = value};
}

void time_weighted_set(struct time_weighted *w, sim_time now, double value)
{
	w->area += w->value * (double)(now - w->since);
	w->since = now;
	w->value = value;
	w->max = MAX(w->max, value);
}

double time_weighted_area(const struct time_weighted *w, sim_time now)
{
	return w->area + w->value * (double)(now - w->since);
}

double time_weighted_mean(const struct time_weighted *w, sim_time now)
{
	return now > w->started ? time_weighted_area(w, now) / (double)(now - w->started)
	                        : w->value;
}

void moments_add(struct moments *m, double x)
{
	const double distance = x - m->mean;

	m->min = m->n ? MIN(m->min, x) : x;
	m->max = m->n ? MAX(m->max, x) : x;
	m->n++;
	m->mean += distance / (double)m->n;
	m->m2 += distance * (x - m->mean);
}

double moments_variance(const struct moments *m)
{
	return m->n < 2 ? 0 : m->m2 / (double)(m->n - 1);
}

double moments_standard_error(const struct moments *m)
{
	return m->n < 2 ? 0 : sqrt(moments_variance(m) / (double)m->n);
}

/* Student's t that 2.5 % exceed: tabled to 30 degrees of freedom, then Fisher's expansion about the
 * normal (error < 1e-6). */
static double student_975(uint64_t degrees)
{
	static const double table[31] = {
	    0,       12.70620, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462,
	    2.30600, 2.26216,  2.22814, 2.20099, 2.17881, 2.16037, 2.14479, 2.13145,
	    2.11991, 2.10982,  2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866,
	    2.06390, 2.05954,  2.05553, 2.05183, 2.04841, 2.04523, 2.04227};

	if (degrees < G_N_ELEMENTS(table)) {
		return table[degrees];
	}
	const double z = 1.959963984540054;
	const double z2 = z * z;
	const double v = (double)degrees;

	return z * (1 + (z2 + 1) / (4 * v) + ((5 * z2 + 16) * z2 + 3) / (96 * v * v) +
	            (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * v * v * v));
}

double moments_interval95(const struct moments *m)
{
	return m->n < 2 ? 0 : student_975(m->n - 1) * moments_standard_error(m);
}
