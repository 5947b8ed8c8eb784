/* judge.c - conditions against figures. */

#include "study/judge.h"

#include "study/student.h"

#include <math.h>

void judgement_clear(struct judgement *judgement)
{
	g_clear_pointer(&judgement->text, g_free);
}

static char *percent(double share)
{
	return g_strdup_printf("%.3g %%", 100 * share);
}

/* How far the mean may be off, to one side. */
static double reach_of(const struct estimate *e, double tail)
{
	return e->n < 2 ? INFINITY : e->error > 0 ? student_quantile(tail, e->n - 1) * e->error : 0;
}

/* --- the mean --- */

static double share_beyond(double value, double limit)
{
	return fabs(value - limit) / fmax(fabs(limit), 1e-9);
}

static struct judgement judge_range(const struct estimate *e, double low, double high, bool strict,
                                    double reach)
{
	const double slack = strict ? 0 : 1e-9 * fmax(1, fmax(fabs(low), fabs(high)));
	struct judgement j = {.standing = STANDING_OPEN};

	j.holds = strict ? e->mean > low && e->mean < high
	                 : e->mean >= low - slack && e->mean <= high + slack;
	j.excess = j.holds ? 0 : share_beyond(e->mean, e->mean < low ? low : high);
	if (e->mean + reach < low - slack || e->mean - reach > high + slack ||
	    (!j.holds && reach <= 0)) {
		j.standing = STANDING_BROKEN;
	} else if (j.holds && e->mean - reach >= low - slack && e->mean + reach <= high + slack) {
		j.standing = STANDING_SHOWN;
	}
	return j;
}

static char *mean_text(const struct expectation *line, const struct estimate *e, double reach,
                       double certainty)
{
	g_autofree char *mean = estimate_text(line->unit, e->mean, false);
	g_autofree char *confidence = percent(certainty);

	if (!isfinite(reach)) {
		return g_strdup_printf("%s in %zu run", mean, e->n);
	}
	const bool over = line->comparison == EXPECT_GT || line->comparison == EXPECT_GE;
	g_autofree char *bound =
	    estimate_text(line->unit, over ? e->mean - reach : e->mean + reach, false);
	g_autofree char *other = estimate_text(line->unit, e->mean - reach, false);

	if (line->comparison == EXPECT_IN) {
		return g_strdup_printf("%s, between %s and %s with %s confidence", mean, other,
		                       bound, confidence);
	}
	return g_strdup_printf("%s, at %s %s with %s confidence", mean, over ? "least" : "most",
	                       bound, confidence);
}

/* Of a mean that breaks the condition, the bound on the other side says so. */
static char *broken_text(const struct expectation *line, const struct estimate *e, double reach,
                         double certainty)
{
	g_autofree char *mean = estimate_text(line->unit, e->mean, false);
	g_autofree char *confidence = percent(certainty);
	const bool below = e->mean < line->low;
	g_autofree char *bound =
	    estimate_text(line->unit, below ? e->mean + reach : e->mean - reach, false);

	return g_strdup_printf("%s, at %s %s with %s confidence", mean, below ? "most" : "least",
	                       bound, confidence);
}

static struct judgement judge_mean(const struct study *study, const struct runner *runner,
                                   size_t setting, const struct study_subject *subject,
                                   size_t seeds, double tail)
{
	const struct expectation *line = &subject->line;
	const struct estimate e = estimate_mean(runner, setting, subject->measure, seeds);
	const double reach = reach_of(&e, tail);
	const bool over = line->comparison == EXPECT_GT || line->comparison == EXPECT_GE;
	const bool strict = line->comparison == EXPECT_LT || line->comparison == EXPECT_GT;

	if (e.missing > 0 || e.n == 0) {
		return (struct judgement){
		    .standing = STANDING_BROKEN,
		    .excess = INFINITY,
		    .text = g_strdup_printf("%s has no value in %zu of %zu runs",
		                            study->measures[subject->measure].text, e.missing,
		                            e.n + e.missing),
		};
	}
	struct judgement j =
	    judge_range(&e, line->comparison == EXPECT_IN || over ? line->low : -INFINITY,
	                over ? INFINITY : line->high, strict, reach);

	j.text = j.standing == STANDING_BROKEN
	             ? broken_text(line, &e, reach, study->goal.confidence)
	             : mean_text(line, &e, reach, study->goal.confidence);
	return j;
}

/* --- every run --- */

static struct judgement judge_runs(const struct study *study, const struct runner *runner,
                                   size_t setting, const struct study_subject *subject,
                                   size_t seeds, double tail)
{
	struct judgement j = {.standing = STANDING_OPEN};
	size_t broken = 0, n = 0, first = 0;

	for (size_t seed = 0; seed < seeds; seed++) {
		const double *figures = runner_figures(runner, setting, seed);

		if (figures && !(figures[subject->measure] > 0)) {
			first = broken++ ? first : seed;
		}
		n += figures != NULL;
	}
	const double allowed = 1 - subject->at_least;

	j.excess = n ? (double)broken / (double)n : 0;
	if (subject->at_least <= 0) {
		j.holds = broken == 0;
		j.standing = broken ? STANDING_BROKEN : n ? STANDING_SHOWN : STANDING_OPEN;
	} else {
		j.holds = n && (double)broken <= allowed * (double)n;
		if (broken && 1 - binomial_at_most(broken - 1, n, allowed) <= tail) {
			j.standing = STANDING_BROKEN;
		} else if (n && binomial_at_most(broken, n, allowed) <= tail) {
			j.standing = STANDING_SHOWN;
		}
	}
	g_autofree char *confidence = percent(study->goal.confidence);
	g_autofree char *share = percent(binomial_share(broken, n, tail));

	if (broken && j.standing != STANDING_SHOWN) {
		j.text = g_strdup_printf("does not hold in %zu of %zu runs, first with seed "
		                         "%" G_GUINT64_FORMAT,
		                         broken, n, study->first_seed + first);
	} else if (broken) {
		j.text = g_strdup_printf("held in all but %zu of %zu runs, first not with seed "
		                         "%" G_GUINT64_FORMAT
		                         "; with %s confidence it fails in fewer than %s of them",
		                         broken, n, study->first_seed + first, confidence, share);
	} else {
		j.text =
		    g_strdup_printf("held in all %zu runs; with %s confidence it fails in fewer "
		                    "than %s of them",
		                    n, confidence, share);
	}
	return j;
}

struct judgement judge_subject(const struct study *study, const struct runner *runner,
                               size_t setting, size_t subject, size_t seeds, double tail)
{
	const struct study_subject *s = &study->goal.subjects[subject];

	return s->every_run ? judge_runs(study, runner, setting, s, seeds, tail)
	                    : judge_mean(study, runner, setting, s, seeds, tail);
}

bool judge_worse(const struct study *study, const struct runner *runner, size_t setting,
                 size_t best, size_t seeds, double tail, double *by)
{
	const struct estimate difference =
	    estimate_difference(runner, setting, best, study->goal.measure, seeds);
	const double worse = study->goal.maximise ? -difference.mean : difference.mean;
	const double least = worse - reach_of(&difference, tail);

	if (by) {
		*by = least;
	}
	/* rounding must not tell equals apart */
	return least > 1e-9 * fmax(1, fabs(worse));
}
