/* tune.c - successive halving. */

#include "study/tune.h"

#include "report/text.h"

#include <math.h>
#include <string.h>

#define FEWEST 3 /* seeds before anything is judged */

struct tuner {
	struct tuning *tuning;
	const struct study *study;
	struct runner *runner;
	double tail; /* of a look on the way */
};

struct rank { /* of one candidate in a round */
	size_t setting;
	bool holds;       /* all conditions, as the figures are */
	double excess;    /* sum of what is beyond the limits */
	double objective; /* less is better */
};

void tuning_clear(struct tuning *tuning)
{
	for (size_t i = 0; tuning->candidates && i < tuning->study->n_settings; i++) {
		g_free(tuning->candidates[i].why);
	}
	g_clear_pointer(&tuning->candidates, g_free);
}

static void rule_out(struct candidate *candidate, enum fate fate, char *why)
{
	candidate->fate = fate;
	g_free(candidate->why);
	candidate->why = why;
}

/* --- seeds --- */

static bool spend(struct tuner *t, size_t seeds, GError **error)
{
	for (size_t i = 0; i < t->study->n_settings; i++) {
		struct candidate *candidate = &t->tuning->candidates[i];

		for (size_t seed = 0; candidate->fate == FATE_IN && seed < seeds; seed++) {
			runner_plan(t->runner, i, seed);
		}
		if (candidate->fate == FATE_IN) {
			t->tuning->runs += seeds - candidate->seeds;
			candidate->seeds = seeds;
		}
	}
	return runner_carry_out(t->runner, error);
}

static size_t count_in(const struct tuner *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->study->n_settings; i++) {
		n += t->tuning->candidates[i].fate == FATE_IN;
	}
	return n;
}

/* Of the first look: as many halvings as there are to be, and then all seeds. */
static size_t first_seeds(const struct tuner *t)
{
	size_t seeds = t->study->seeds;

	for (size_t n = t->study->n_settings; n > 1 && seeds / 2 >= FEWEST; n = (n + 1) / 2) {
		seeds /= 2;
	}
	return seeds;
}

static unsigned count_looks(const struct tuner *t)
{
	unsigned looks = 1;

	for (size_t n = first_seeds(t); n < t->study->seeds; n *= 2) {
		looks++;
	}
	return looks;
}

/* --- judging --- */

static double objective(const struct tuner *t, size_t setting, size_t seeds)
{
	const struct estimate e = estimate_mean(t->runner, setting, t->study->goal.measure, seeds);

	return t->study->goal.maximise ? -e.mean : e.mean;
}

/* Whether all conditions are shown to hold; the first one that is not goes into *@fault. */
static bool all_shown(const struct tuner *t, size_t setting, double tail, char **fault)
{
	const struct study_goal *goal = &t->study->goal;

	for (size_t i = 0; i < goal->n_subjects; i++) {
		struct judgement j = judge_subject(t->study, t->runner, setting, i,
		                                   t->tuning->candidates[setting].seeds, tail);
		const bool shown = j.standing == STANDING_SHOWN;

		if (!shown && fault) {
			*fault = g_strdup_printf("not shown: %s: %s", goal->subjects[i].line.line,
			                         j.text);
		}
		judgement_clear(&j);
		if (!shown) {
			return false;
		}
	}
	return true;
}

static struct rank judge_candidate(struct tuner *t, size_t setting, double tail)
{
	struct candidate *candidate = &t->tuning->candidates[setting];
	const struct study_goal *goal = &t->study->goal;
	const struct estimate e =
	    estimate_mean(t->runner, setting, goal->measure, candidate->seeds);
	struct rank rank = {.setting = setting, .holds = true};

	rank.objective = objective(t, setting, candidate->seeds);
	for (size_t i = 0; i < goal->n_subjects && candidate->fate == FATE_IN; i++) {
		struct judgement j =
		    judge_subject(t->study, t->runner, setting, i, candidate->seeds, tail);

		rank.holds &= j.holds;
		rank.excess += j.excess;
		if (j.standing == STANDING_BROKEN) {
			rule_out(candidate, FATE_BROKEN,
			         g_strdup_printf("%s: %s", goal->subjects[i].line.line, j.text));
		}
		judgement_clear(&j);
	}
	if (candidate->fate == FATE_IN && e.missing > 0) {
		rule_out(candidate, FATE_NO_FIGURE,
		         g_strdup_printf("%s has no value in %zu of %zu runs",
		                         t->study->measures[goal->measure].text, e.missing,
		                         e.n + e.missing));
	}
	return rank;
}

/* The best of those that meet everything so far; STUDY_NO_SETTING: none does. */
static size_t best_shown(const struct tuner *t, double tail)
{
	size_t best = STUDY_NO_SETTING;
	double least = INFINITY;

	for (size_t i = 0; i < t->study->n_settings; i++) {
		const struct candidate *candidate = &t->tuning->candidates[i];

		if (candidate->fate == FATE_IN && all_shown(t, i, tail, NULL)) {
			const double value = objective(t, i, candidate->seeds);

			if (value < least) {
				least = value;
				best = i;
			}
		}
	}
	return best;
}

static void rule_out_worse(struct tuner *t, size_t best)
{
	const enum expect_unit unit = t->study->measures[t->study->goal.measure].unit;

	for (size_t i = 0; best != STUDY_NO_SETTING && i < t->study->n_settings; i++) {
		struct candidate *candidate = &t->tuning->candidates[i];
		double by;

		if (candidate->fate == FATE_IN && i != best &&
		    judge_worse(t->study, t->runner, i, best, candidate->seeds, t->tail, &by)) {
			g_autofree char *amount = estimate_text(unit, by, false);

			candidate->than = best;
			rule_out(candidate, FATE_WORSE,
			         g_strdup_printf("worse by at least %s", amount));
		}
	}
}

/* --- halving --- */

static int by_rank(const void *a, const void *b)
{
	const struct rank *p = a, *q = b;

	if (p->holds != q->holds) {
		return p->holds ? -1 : 1;
	}
	if (!p->holds && p->excess != q->excess) {
		return p->excess < q->excess ? -1 : 1;
	}
	if (p->objective != q->objective) {
		return p->objective < q->objective ? -1 : 1;
	}
	return p->setting < q->setting ? -1 : 1;
}

/* "place 4 of 10 after 6 seeds" */
static char *place_text(const struct tuner *t, const struct rank *rank, unsigned place, unsigned of)
{
	return g_strdup_printf("place %u of %u after %zu seeds%s", place, of,
	                       t->tuning->candidates[rank->setting].seeds,
	                       rank->holds ? "" : ", a condition did not hold");
}

/* Keeps the better half of @ranks, two at least, and what may still turn out better than @best. */
static void halve(struct tuner *t, GArray *ranks, size_t best)
{
	const unsigned keep = MAX(2, (ranks->len + 1) / 2);
	double least = -INFINITY;

	g_array_sort(ranks, by_rank);
	for (unsigned i = 0; i < ranks->len; i++) {
		const struct rank *rank = &g_array_index(ranks, struct rank, i);

		least = rank->setting == best ? rank->objective : least;
	}
	for (unsigned i = keep; i < ranks->len; i++) {
		const struct rank *rank = &g_array_index(ranks, struct rank, i);
		struct candidate *candidate = &t->tuning->candidates[rank->setting];

		if (rank->setting != best && rank->objective >= least) {
			candidate->rank = i + 1;
			rule_out(candidate, FATE_RANKED, place_text(t, rank, i + 1, ranks->len));
		}
	}
}

/* One look on the way: rules out and halves. */
static void look(struct tuner *t)
{
	g_autoptr(GArray) ranks = g_array_new(FALSE, FALSE, sizeof(struct rank));
	g_autoptr(GArray) left = g_array_new(FALSE, FALSE, sizeof(struct rank));

	for (size_t i = 0; i < t->study->n_settings; i++) {
		if (t->tuning->candidates[i].fate == FATE_IN) {
			const struct rank rank = judge_candidate(t, i, t->tail);

			g_array_append_val(ranks, rank);
		}
	}
	const size_t best = best_shown(t, t->tail);

	rule_out_worse(t, best);
	for (unsigned i = 0; i < ranks->len; i++) {
		const struct rank rank = g_array_index(ranks, struct rank, i);

		if (t->tuning->candidates[rank.setting].fate == FATE_IN) {
			g_array_append_val(left, rank);
		}
	}
	halve(t, left, best);
}

/* --- the end --- */

/* With all seeds spent: each that is left meets everything, or does not. */
static void judge_finalists(struct tuner *t)
{
	const double tail = study_tail(t->study);

	for (size_t i = 0; i < t->study->n_settings; i++) {
		struct candidate *candidate = &t->tuning->candidates[i];
		char *fault = NULL;

		if (candidate->fate != FATE_IN) {
			continue;
		}
		judge_candidate(t, i, tail);
		if (candidate->fate == FATE_IN && !all_shown(t, i, tail, &fault)) {
			rule_out(candidate, FATE_NOT_SHOWN, fault);
		}
	}
}

/* The one that was dropped last and best; STUDY_NO_SETTING: none is left. */
static size_t best_dropped(const struct tuner *t)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < t->study->n_settings; i++) {
		const struct candidate *candidate = &t->tuning->candidates[i];

		if (candidate->fate == FATE_RANKED &&
		    (!best || candidate->seeds > best->seeds ||
		     (candidate->seeds == best->seeds && candidate->rank < best->rank))) {
			best = candidate;
		}
	}
	return best ? (size_t)(best - t->tuning->candidates) : STUDY_NO_SETTING;
}

/* When no finalist meets the goal, those that ranking had dropped get their chance. */
static bool readmit(struct tuner *t, GError **error)
{
	for (size_t i; count_in(t) == 0 && (i = best_dropped(t)) != STUDY_NO_SETTING;) {
		rule_out(&t->tuning->candidates[i], FATE_IN, NULL);
		if (!spend(t, t->study->seeds, error)) {
			return false;
		}
		judge_finalists(t);
	}
	return true;
}

static size_t best_in(const struct tuner *t)
{
	size_t best = STUDY_NO_SETTING;
	double least = INFINITY;

	for (size_t i = 0; i < t->study->n_settings; i++) {
		if (t->tuning->candidates[i].fate == FATE_IN &&
		    objective(t, i, t->study->seeds) < least) {
			least = objective(t, i, t->study->seeds);
			best = i;
		}
	}
	return best;
}

/* Of those that were no worse than not good enough: the one least behind the winner on the seeds
 * that both have. */
static size_t least_behind(const struct tuner *t)
{
	size_t next = STUDY_NO_SETTING;
	double least = INFINITY;

	for (size_t i = 0; i < t->study->n_settings; i++) {
		const struct candidate *candidate = &t->tuning->candidates[i];

		if (candidate->fate == FATE_WORSE || candidate->fate == FATE_RANKED) {
			const struct estimate difference =
			    estimate_difference(t->runner, i, t->tuning->winner,
			                        t->study->goal.measure, candidate->seeds);
			const double behind =
			    t->study->goal.maximise ? -difference.mean : difference.mean;

			if (behind < least) {
				least = behind;
				next = i;
			}
		}
	}
	return next;
}

/* How far behind the winner it is in the mean over the seeds that it got; "": ahead, or nowhere. */
static char *behind_text(const struct tuner *t, size_t setting)
{
	const size_t measure = t->study->goal.measure;
	const struct estimate difference = estimate_difference(
	    t->runner, setting, t->tuning->winner, measure, t->tuning->candidates[setting].seeds);
	const double behind = t->study->goal.maximise ? -difference.mean : difference.mean;

	if (!(behind >= 0)) {
		return g_strdup("");
	}
	g_autofree char *amount = estimate_text(t->study->measures[measure].unit, behind, false);

	return g_strdup_printf(", %s behind the winner", amount);
}

/* What was ruled out on the way was so before the winner was known: completes why. */
static void refer_to_winner(struct tuner *t)
{
	for (size_t i = 0; i < t->study->n_settings; i++) {
		struct candidate *candidate = &t->tuning->candidates[i];
		g_autofree char *end = NULL;

		if (candidate->fate == FATE_RANKED && t->tuning->winner != STUDY_NO_SETTING) {
			end = behind_text(t, i);
		} else if (candidate->fate == FATE_WORSE && candidate->than == t->tuning->winner) {
			end = g_strdup(" than the winner");
		} else if (candidate->fate == FATE_WORSE) {
			g_autofree char *than = study_setting_text(t->study, candidate->than);

			end = g_strdup_printf(" than %s", than);
		}
		if (end) {
			g_autofree char *begin = candidate->why;

			candidate->why = g_strconcat(begin, end, NULL);
		}
	}
}

static void name_winner(struct tuner *t)
{
	struct tuning *tuning = t->tuning;

	tuning->winner = best_in(t);
	if (tuning->winner == STUDY_NO_SETTING) {
		return;
	}
	tuning->candidates[tuning->winner].fate = FATE_WINNER;
	tuning->next = best_in(t);
	if (tuning->next == STUDY_NO_SETTING) {
		tuning->next = least_behind(t);
	}
	for (size_t i = 0; i < t->study->n_settings; i++) {
		if (tuning->candidates[i].fate == FATE_IN) {
			const bool worse = judge_worse(t->study, t->runner, i, tuning->winner,
			                               t->study->seeds, study_tail(t->study), NULL);

			rule_out(&tuning->candidates[i], FATE_BEATEN,
			         g_strdup(worse
			                      ? "meets the goal; the winner is better"
			                      : "meets the goal; as good as the winner, as far as "
			                        "these runs can tell"));
		}
	}
}

bool tune_carry_out(const struct study *study, struct runner *runner, struct tuning *tuning,
                    GError **error)
{
	struct tuner t = {.tuning = tuning, .study = study, .runner = runner};

	*tuning = (struct tuning){.study = study,
	                          .candidates = g_new0(struct candidate, study->n_settings),
	                          .winner = STUDY_NO_SETTING,
	                          .next = STUDY_NO_SETTING};
	t.tail = study_tail(study) / count_looks(&t);
	for (size_t seeds = first_seeds(&t); seeds < study->seeds; seeds *= 2) {
		if (!spend(&t, seeds, error)) {
			return false;
		}
		look(&t);
	}
	if (!spend(&t, study->seeds, error)) {
		return false;
	}
	judge_finalists(&t);
	if (!readmit(&t, error)) {
		return false;
	}
	name_winner(&t);
	refer_to_winner(&t);
	return true;
}
