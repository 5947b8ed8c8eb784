/* simulate.c - load, run, and say on standard error what it cost. */

#include "commands/simulate.h"

#include "commands/command.h"
#include "scenario/scenario.h"
#include "world/world.h"

#include <stdio.h>
#include <sys/resource.h>

/* Apart from what must be the same bytes: it depends on the machine. */
static void print_statistics(const struct run *run, double seconds)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr,
	        "podsim: %s: %" G_GUINT64_FORMAT " events, %" G_GUINT64_FORMAT
	        " requests, %.3f s, %.0f ns a request, %.1f MB "
	        "at most\n",
	        run->scenario->name, run->statistics.events, run->statistics.requests, seconds,
	        run->statistics.requests ? seconds * 1e9 / (double)run->statistics.requests : 0.0,
	        (double)usage.ru_maxrss / 1024);
}

static bool read_overrides(const struct simulate_options *options,
                           struct scenario_overrides *overrides, GError **error)
{
	*overrides = (struct scenario_overrides){.sets = options->sets};
	if (!options->seed_text) {
		return true;
	}
	overrides->has_seed = true;
	return g_ascii_string_to_unsigned(options->seed_text, 10, 0, G_MAXUINT64, &overrides->seed,
	                                  error);
}

bool simulate(const char *path, const struct simulate_options *options, struct simulated *result,
              GError **error)
{
	struct scenario_overrides overrides;
	gint64 begin = g_get_monotonic_time();

	*result = (struct simulated){NULL, NULL};
	if (!read_overrides(options, &overrides, error)) {
		g_prefix_error(error, "--seed: ");
		return false;
	}
	result->scenario = scenario_load(path, &overrides, error);
	if (result->scenario) {
		result->run = world_run(result->scenario, error);
	}
	if (!result->run) {
		simulated_clear(result);
		return false;
	}
	if (options->stats) {
		print_statistics(result->run, (double)(g_get_monotonic_time() - begin) / 1e6);
	}
	return true;
}

void simulated_clear(struct simulated *result)
{
	run_free(result->run);
	scenario_free(result->scenario);
	*result = (struct simulated){NULL, NULL};
}

void simulate_options_clear(struct simulate_options *options)
{
	g_strfreev(options->sets);
	g_free(options->seed_text);
}
