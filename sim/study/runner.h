/* runner.h - carries out runs of a study on several threads and keeps their figures.
 *
 * Results go to the database as they come and are read back from there, so a run that was done
 * before is never done again. What is computed does not depend on the number of threads. */

#pragma once

#include "study/results.h"

struct runner;
typedef struct runner runner; /* for g_autoptr */

/* After each run, on the caller's thread: how many of @total are done. */
typedef void (*runner_progress_fn)(void *data, size_t done, size_t total);

/* @results must be open for @study; both stay the caller's. @jobs: threads, 0 for one a core. NULL
 * and @error. */
struct runner *runner_new(const struct study *study, struct results *results, unsigned jobs,
                          GError **error);
void runner_free(struct runner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(runner, runner_free)
void runner_on_progress(struct runner *runner, runner_progress_fn fn, void *data);

/* Plans seed number @seed of @setting, unless it is done or planned. */
void runner_plan(struct runner *runner, size_t setting, size_t seed);
/* Carries out what is planned. False and @error: the first run that failed, in order of setting and
 * seed; those that had ended before are kept. */
bool runner_carry_out(struct runner *runner, GError **error);

/* The figures of a run, one a measure; NULL: it has not been done. */
const double *runner_figures(const struct runner *runner, size_t setting, size_t seed);
/* How many seeds of @setting, counted from the first, are done without a gap. */
size_t runner_done(const struct runner *runner, size_t setting);
