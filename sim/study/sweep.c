/* sweep.c - which runs a sweep takes, and when it has enough. */

#include "study/sweep.h"

#include "engine/statistics.h"

#include <math.h>

#define FIRST_LOOK 5 /* seeds before an interval says something */

/* The stopping rule looks after so many seeds: 5, 10, 15, 20, 25, 31, 38 ... The looks are the same
 * whatever was computed before, so the number of runs is too. */
static size_t next_look(const struct study *study, size_t n)
{
	return MIN(study->seeds, n + MAX(FIRST_LOOK, n / 4));
}

bool sweep_is_narrow(const struct study *study, const struct runner *runner, size_t setting,
                     size_t n)
{
	struct moments moments = {0};

	for (size_t seed = 0; seed < n; seed++) {
		const double value = runner_figures(runner, setting, seed)[study->until.measure];

		if (isnan(value)) {
			return false; /* a run without the figure is not evidence for it */
		}
		moments_add(&moments, value);
	}
	const double half = moments_interval95(&moments);

	return n >= 2 &&
	       half <= study->until.width * (study->until.relative ? fabs(moments.mean) : 1);
}

size_t sweep_runs(const struct study *study, const struct runner *runner, size_t setting)
{
	const size_t done = MIN(runner_done(runner, setting), study->seeds);

	if (!study->has_until) {
		return done;
	}
	for (size_t n = next_look(study, 0); n <= done; n = next_look(study, n)) {
		if (n == study->seeds || sweep_is_narrow(study, runner, setting, n)) {
			return n;
		}
	}
	return done;
}

/* --- a number of seeds --- */

static bool carry_out_all(const struct study *study, struct runner *runner, struct shard shard,
                          GError **error)
{
	size_t ordinal = 0;

	for (size_t setting = 0; setting < study->n_settings; setting++) {
		for (size_t seed = 0; seed < study->seeds; seed++) {
			if (ordinal++ % shard.count == shard.index - 1) {
				runner_plan(runner, setting, seed);
			}
		}
	}
	return runner_carry_out(runner, error);
}

/* --- until the interval is narrow --- */

struct progress {      /* of one setting */
	size_t looked; /* seeds at the last look */
	bool over;
};

/* Plans the next seeds of settings that need more; how many there are. */
static size_t plan_round(const struct study *study, struct runner *runner, struct shard shard,
                         struct progress *progress)
{
	size_t open = 0;

	for (size_t setting = 0; setting < study->n_settings; setting++) {
		struct progress *p = &progress[setting];

		if (p->over || setting % shard.count != shard.index - 1) {
			continue;
		}
		open++;
		p->looked = next_look(study, p->looked);
		for (size_t seed = 0; seed < p->looked; seed++) {
			runner_plan(runner, setting, seed);
		}
	}
	return open;
}

static bool carry_out_rounds(const struct study *study, struct runner *runner,
                             struct results *results, struct shard shard, GError **error)
{
	g_autofree struct progress *progress = g_new0(struct progress, study->n_settings);

	while (plan_round(study, runner, shard, progress) > 0) {
		if (!runner_carry_out(runner, error)) {
			return false;
		}
		for (size_t setting = 0; setting < study->n_settings; setting++) {
			struct progress *p = &progress[setting];

			if (p->over || p->looked == 0) {
				continue;
			}
			p->over = p->looked == study->seeds ||
			          sweep_is_narrow(study, runner, setting, p->looked);
			if (p->over && !results_set_runs(results, setting, p->looked, error)) {
				return false;
			}
		}
	}
	return true;
}

bool sweep_carry_out(const struct study *study, struct runner *runner, struct results *results,
                     struct shard shard, GError **error)
{
	return study->has_until ? carry_out_rounds(study, runner, results, shard, error)
	                        : carry_out_all(study, runner, shard, error);
}
