/* time.h - simulated time.
 *
 * Time is a signed 64-bit count of nanoseconds from the scenario's zero. Negative instants lie before it (the oldest pod
 * of a scenario may be older than the story). There is no wall clock inside a run. */

#pragma once

#include <stdint.h>

/* An instant or a length of simulated time, in nanoseconds. */
typedef int64_t sim_time;

#define SIM_NEVER INT64_MAX /* an instant that does not come; "unset" for times of objects */
#define SIM_MICROSECOND INT64_C(1000)
#define SIM_MILLISECOND INT64_C(1000000)
#define SIM_SECOND INT64_C(1000000000)
#define SIM_MINUTE (60 * SIM_SECOND)
#define SIM_HOUR (60 * SIM_MINUTE)

/* Length or instant in seconds, for output and arithmetic that is not exact. */
static inline double sim_time_to_seconds(sim_time t)
{
	return (double)t / 1e9;
}

/* The whole second at or before @t (also for negative @t), as the API's timestamps have it. */
static inline sim_time sim_time_floor_second(sim_time t)
{
	sim_time rest = t % SIM_SECOND;

	return rest < 0 ? t - rest - SIM_SECOND : t - rest;
}
