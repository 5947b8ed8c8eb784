/* hold.c - the hold model as a program to count: `test-growth-hold PENDING HOLDS` keeps so many
 * events pending and so many times takes the earliest and schedules it again. */

#include "engine/distribution.h"
#include "engine/random.h"
#include "engine/simulation.h"

#include <stdlib.h>

static struct distribution *gap;
static struct random_stream stream;
static uint64_t left;

static void on_hold(struct simulation *sim, void *data)
{
	const sim_time after = distribution_duration(gap, random_uniform(&stream, 0, left));

	simulation_schedule_after(sim, after, PHASE_RUNTIME, on_hold, NULL);
	if (left-- == 0) {
		simulation_stop(sim);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		return 2;
	}
	const uint64_t pending = strtoull(argv[1], NULL, 10);
	struct simulation *sim = simulation_new(0, 1);

	left = strtoull(argv[2], NULL, 10);
	gap = distribution_exponential(1e9);
	stream = random_stream_of(1, RANDOM_THINK);
	for (uint64_t i = 0; i < pending; i++) {
		const sim_time at = distribution_duration(gap, random_uniform(&stream, 1, i));

		simulation_schedule(sim, at, PHASE_RUNTIME, on_hold, NULL);
	}
	simulation_run_until(sim, SIM_NEVER / 2, NULL);
	simulation_free(sim);
	distribution_unref(gap);
	return 0;
}
