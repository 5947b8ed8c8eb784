/* sweep.h - every setting with every seed, or with as many as its interval takes.
 *
 * A shard is a part of a sweep that needs nothing from the others: every so many-th run, or, where
 * the number of seeds depends on what comes out, every so many-th setting. */

#pragma once

#include "study/runner.h"

struct shard { /* @index of @count, from 1; {1, 1}: everything */
	size_t index, count;
};

/* Carries out the sweep, or the part of @shard. False and @error. */
bool sweep_carry_out(const struct study *study, struct runner *runner, struct results *results,
                     struct shard shard, GError **error);

/* Whether the first @n seeds of @setting satisfy the study's stopping rule. */
bool sweep_is_narrow(const struct study *study, const struct runner *runner, size_t setting,
                     size_t n);
/* How many seeds @setting has got: by the number given, or by the stopping rule. */
size_t sweep_runs(const struct study *study, const struct runner *runner, size_t setting);
