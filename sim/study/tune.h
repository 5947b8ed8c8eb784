/* tune.h - finds the setting that meets a goal best: successive halving with paired comparisons.
 *
 * All settings get a few seeds. What is shown to break a condition, or to be worse than a setting
 * that meets them all, is ruled out; of the rest the better half goes on with twice as many seeds,
 * until all seeds of the study are spent on those that are left. Comparisons are made seed by seed.
 * What is ruled out on the way is ruled out with the goal's confidence over all looks and all
 * settings together (each gets its part); only ranking can drop a setting unluckily, and the report says which
 * were. The winner has all its seeds and meets every condition with that confidence,
 * which allows for its being chosen among so many.
 * Source: Jamieson, Talwalkar, "Non-stochastic best arm identification and hyperparameter
 * optimization", 2016. */

#pragma once

#include "study/judge.h"

enum fate {
	FATE_IN,        /* not decided yet */
	FATE_BROKEN,    /* a condition is shown not to hold */
	FATE_NO_FIGURE, /* the goal's measure has no value in some run */
	FATE_WORSE,     /* shown to be worse than another that meets the conditions */
	FATE_RANKED,    /* in the worse half, without being sure */
	FATE_NOT_SHOWN, /* all seeds spent, and a condition is not shown to hold */
	FATE_BEATEN,    /* meets everything, the winner is better or as good */
	FATE_WINNER,
};

struct candidate {
	size_t seeds; /* spent */
	enum fate fate;
	unsigned rank; /* FATE_RANKED: its place in that round, from 1 */
	size_t than;   /* FATE_WORSE: the other, which met the conditions as far as it had come */
	char *why;     /* for people; NULL: winner */
};

struct tuning {
	const struct study *study;
	struct candidate *candidates; /* one a setting */
	size_t winner, next; /* STUDY_NO_SETTING: none; @next comes closest to the winner */
	size_t runs;         /* spent on all of them */
};

/* @study must have a goal. False and @error when a run fails. */
bool tune_carry_out(const struct study *study, struct runner *runner, struct tuning *tuning,
                    GError **error);
void tuning_clear(struct tuning *tuning);

/* Winner, margin, what was ruled out and why. */
void tune_report_print(const struct tuning *tuning, const struct runner *runner, GString *out,
                       bool colour);
struct doc *tune_report_document(const struct tuning *tuning, const struct runner *runner);
