/* simulate.c - load, run, and say on standard error what it cost. */

#include "commands/simulate.h"

#include "commands/command.h"
#include "scenario/scenario.h"
#include "world/world.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* --- how far it is --- */

#define PATIENCE (G_USEC_PER_SEC) /* a run that is over sooner needs no word */
#define REFRESH (G_USEC_PER_SEC / 5)

struct progress {
	gint64 begin, told; /* monotonic time; told: 0 when nothing was */
};

static void tell_progress(void *data, const struct scenario *scenario, sim_time now)
{
	struct progress *progress = data;
	const gint64 wall = g_get_monotonic_time();

	if (wall - progress->begin < PATIENCE || wall - progress->told < REFRESH) {
		return;
	}
	progress->told = wall;
	const double done = sim_time_to_seconds(now - scenario->from);
	const double all = sim_time_to_seconds(scenario->to - scenario->from);

	fprintf(stderr, "\r%s: %.0f of %.0f s simulated (%.0f %%), %.0f times real time \033[K",
	        scenario->name, done, all, 100 * done / all,
	        done * 1e6 / (double)(wall - progress->begin));
	fflush(stderr);
}

static struct run *run_watched(const struct scenario *scenario,
                               const struct simulate_options *options, GError **error)
{
	struct progress progress = {g_get_monotonic_time(), 0};
	const struct world_progress watcher = {tell_progress, &progress};
	const bool told = options->progress && isatty(STDERR_FILENO) == 1;
	struct run *run =
	    world_run_watched(scenario, options->requests, told ? &watcher : NULL, error);

	if (progress.told) {
		fputs("\r\033[K", stderr); /* leave the terminal as it was */
	}
	return run;
}

/* --- other scenarios that `expect:` compares with --- */

struct comparison_source {
	struct simulated *result;
	const struct simulate_options *options;
};

static void simulated_free(void *data)
{
	simulated_clear(data);
	g_free(data);
}

/* Loads and runs @path; no diagnosis, no verdict. */
static bool run_only(const char *path, const struct simulate_options *options,
                     struct simulated *result, GError **error)
{
	struct scenario_overrides overrides;

	*result = (struct simulated){NULL, NULL, NULL, NULL, NULL};
	if (!read_overrides(options, &overrides, error)) {
		g_prefix_error(error, "--seed: ");
		return false;
	}
	result->scenario = scenario_load(path, &overrides, error);
	if (result->scenario) {
		result->run = run_watched(result->scenario, options, error);
	}
	if (!result->run) {
		simulated_clear(result);
		return false;
	}
	return true;
}

/* The Run of the scenario @name beside the one that speaks of it; kept for further lines. */
static const struct run *other_run(void *data, const char *name, GError **error)
{
	struct comparison_source *source = data;
	g_autofree char *folder = g_path_get_dirname(source->result->scenario->file);
	g_autofree char *path =
	    g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(folder, name, NULL);
	struct simulate_options options = *source->options;
	struct simulated *other;

	for (unsigned i = 0; i < source->result->others->len; i++) {
		other = source->result->others->pdata[i];
		if (g_str_equal(other->scenario->file, path)) {
			return other->run;
		}
	}
	options.sets = NULL; /* settings are those of this scenario */
	options.requests = NULL;
	other = g_new0(struct simulated, 1);
	if (!run_only(path, &options, other, error)) {
		g_free(other);
		return NULL;
	}
	g_ptr_array_add(source->result->others, other);
	return other->run;
}

bool simulate(const char *path, const struct simulate_options *options, struct simulated *result,
              GError **error)
{
	gint64 begin = g_get_monotonic_time();
	struct comparison_source source = {result, options};

	if (!run_only(path, options, result, error)) {
		return false;
	}
	if (options->stats) {
		print_statistics(result->run, (double)(g_get_monotonic_time() - begin) / 1e6);
	}
	result->others = g_ptr_array_new_with_free_func(simulated_free);
	result->findings = diagnose(result->run);
	result->verdicts = verdict_judge(result->run, result->findings, other_run, &source);
	return true;
}

bool simulated_holds(const struct simulated *result, int *code)
{
	*code = verdict_all_held(result->verdicts) ? EXIT_GOOD : EXIT_NOT_HELD;
	for (unsigned i = 0; i < result->verdicts->len; i++) {
		if (((const struct verdict *)result->verdicts->pdata[i])->outcome ==
		    VERDICT_ERROR) {
			*code = EXIT_BAD_INPUT;
		}
	}
	return *code == EXIT_GOOD;
}

void simulated_clear(struct simulated *result)
{
	g_clear_pointer(&result->verdicts, g_ptr_array_unref);
	g_clear_pointer(&result->findings, g_ptr_array_unref);
	g_clear_pointer(&result->others, g_ptr_array_unref);
	run_free(result->run);
	scenario_free(result->scenario);
	result->run = NULL;
	result->scenario = NULL;
}

void simulate_options_clear(struct simulate_options *options)
{
	g_strfreev(options->sets);
	g_free(options->seed_text);
}
