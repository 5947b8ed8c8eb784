#include "rules/metrics_storage.h"

/* A container younger than this has no figures even if its start is taken as a first point. */
#define FRESH_CONTAINER_AGE (10 * SIM_SECOND)
#define LONGEST_HOUSEKEEPING (15 * SIM_SECOND)

static sim_time whole_milliseconds(sim_time t)
{
	sim_time rest = t % SIM_MILLISECOND;

	return rest < 0 ? t - rest - SIM_MILLISECOND : t - rest;
}

struct metrics_point metrics_point_of(sim_time now, sim_time start, double cpu_seconds,
                                      int64_t memory_bytes)
{
	return (struct metrics_point){
	    .time = whole_milliseconds(now),
	    .start = whole_milliseconds(start),
	    .cpu = (int64_t)(cpu_seconds * 1e9),
	    .memory = memory_bytes,
	};
}

bool metrics_previous_point(const struct metrics_point *fresh, const struct metrics_point *last,
                            const struct metrics_point *prev, sim_time resolution,
                            struct metrics_point *out)
{
	const sim_time age = fresh->time - fresh->start;

	if (age > 0 && age >= FRESH_CONTAINER_AGE && age < resolution) {
		*out = *fresh; /* all it used, it used since its start */
		out->time = fresh->start;
		out->cpu = 0;
		return true;
	}
	if (!last || fresh->start >= last->time) {
		return false; /* new, or restarted since */
	}
	if (fresh->time > last->time) {
		*out = *last;
		return true;
	}
	if (prev && prev->time < fresh->time) { /* the kubelet had nothing newer */
		*out = *prev;
		return true;
	}
	return false;
}

bool metrics_cpu_usage(const struct metrics_point *last, const struct metrics_point *prev,
                       int64_t *nano)
{
	if (last->start < prev->start || last->cpu < prev->cpu || last->time <= prev->time) {
		return false;
	}
	*nano = (int64_t)((double)(last->cpu - prev->cpu) /
	                  sim_time_to_seconds(last->time - prev->time));
	return true;
}

sim_time metrics_housekeeping_interval(sim_time interval, sim_time base, bool unchanged)
{
	if (unchanged && interval < LONGEST_HOUSEKEEPING) {
		return 2 * interval > LONGEST_HOUSEKEEPING ? LONGEST_HOUSEKEEPING : 2 * interval;
	}
	return base;
}

int64_t metrics_milli_of_nano(int64_t nano)
{
	const int64_t whole = nano / 1000000;

	return nano > 0 && nano % 1000000 != 0 ? whole + 1 : whole;
}
