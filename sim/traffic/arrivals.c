/* arrivals.c - the rate of an open load over time, and its cumulative turned round.
 *
 * A Poisson process of changing rate is one of rate 1 on the axis of the cumulative rate; so the
 * n-th arrival depends on the first n draws alone, and no draw is thrown away. */

#include "traffic/internal.h"

#include <math.h>

struct segment {
	double at;    /* seconds from the load's start */
	double rate;  /* there */
	double slope; /* per second, until the next segment */
	double area;  /* requests before it */
};

struct arrivals {
	struct segment *segments;
	size_t n;
	size_t present;
};

static void add_segment(struct arrivals *a, double at, double rate, double slope)
{
	struct segment *s = &a->segments[a->n];

	*s = (struct segment){at, rate, slope, 0};
	if (a->n > 0) {
		const struct segment *before = s - 1;
		const double length = at - before->at;

		s->area = before->area + length * (before->rate + 0.5 * before->slope * length);
	}
	a->n++;
}

struct arrivals *arrivals_new(const struct load *load)
{
	struct arrivals *a = g_new0(struct arrivals, 1);

	a->segments = g_new0(struct segment, load->n_rate + 1);
	if (load->n_rate == 0 || load->rate[0].at > 0) {
		add_segment(a, 0, 0, 0); /* before the first point nothing comes */
	}
	for (size_t i = 0; i < load->n_rate; i++) {
		const struct rate_point *p = &load->rate[i];
		const double at = sim_time_to_seconds(p->at);
		double slope = 0;

		if (load->ramp && i + 1 < load->n_rate) {
			slope = (p[1].rate - p->rate) / (sim_time_to_seconds(p[1].at) - at);
		}
		add_segment(a, at, p->rate, slope);
	}
	return a;
}

void arrivals_free(struct arrivals *a)
{
	if (a) {
		g_free(a->segments);
		g_free(a);
	}
}

sim_time arrivals_at(struct arrivals *a, double area)
{
	while (a->present + 1 < a->n && a->segments[a->present + 1].area <= area) {
		a->present++;
	}
	const struct segment *s = &a->segments[a->present];
	const double rest = area - s->area;
	double after = 0;

	if (s->slope != 0 && rest > 0) { /* rate t + slope t^2 / 2 = rest */
		after =
		    2 * rest / (s->rate + sqrt(fmax(0, s->rate * s->rate + 2 * s->slope * rest)));
	} else if (s->slope == 0) {
		after = s->rate > 0 ? rest / s->rate : HUGE_VAL;
	}
	const double at = (s->at + after) * 1e9 + 0.5;

	return at < 0x1p62 ? (sim_time)at : SIM_NEVER;
}
