/* judge.h - whether a setting meets the conditions of a goal, and how sure that is.
 *
 * A condition on a mean is judged by the one-sided confidence bound of the mean (Student's t). A
 * condition on every run is broken by one run that breaks it; where a share of runs is asked for,
 * by the binomial distribution. */

#pragma once

#include "study/estimate.h"

enum standing {
	STANDING_BROKEN, /* shown not to hold */
	STANDING_OPEN,   /* neither is shown */
	STANDING_SHOWN,  /* shown to hold */
};

struct judgement {
	enum standing standing;
	bool holds;    /* as the figures are, sure or not */
	double excess; /* by how much it does not hold, as a share of the limit; 0: it holds */
	char *text;    /* "312 ms, at most 318 ms with 95 % confidence" */
};

/* Subject number @subject of the goal, after @seeds seeds of @setting. @tail: the probability of
 * being wrong that is accepted, as the part of this judgement in the goal's confidence, which is
 * what the text tells. */
struct judgement judge_subject(const struct study *study, const struct runner *runner,
                               size_t setting, size_t subject, size_t seeds, double tail);
void judgement_clear(struct judgement *judgement);

/* Whether @setting is worse than @best in the goal's measure, seed by seed. @by (may be NULL) gets
 * by how much at least, positive. */
bool judge_worse(const struct study *study, const struct runner *runner, size_t setting,
                 size_t best, size_t seeds, double tail, double *by);
