/* verdict.c - judges expectations against a Run. */

#include "report/verdict.h"

#include "report/measure.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

struct judge {
	const struct run *run;
	const GPtrArray *findings;
	verdict_other_fn other;
	void *data;
};

const char *verdict_outcome_name(enum verdict_outcome outcome)
{
	static const char *const names[] = {"held", "not held", "error"};

	return names[outcome];
}

static void verdict_free(void *data)
{
	struct verdict *verdict = data;

	g_free(verdict->seen);
	g_free(verdict);
}

/* --- one instant --- */

static bool compare(const struct expectation *e, double value, double low, double high)
{
	/* values come from sums of doubles: equal means equal to what is printed */
	const double slack = 1e-9 * fmax(1, fabs(low));

	switch (e->comparison) {
	case EXPECT_EQ:
		return fabs(value - low) <= slack;
	case EXPECT_NE:
		return fabs(value - low) > slack;
	case EXPECT_LT:
		return value < low;
	case EXPECT_LE:
		return value <= low + slack;
	case EXPECT_GT:
		return value > low;
	case EXPECT_GE:
		return value >= low - slack;
	case EXPECT_IN:
		return value >= low && value <= high;
	}
	return false;
}

static char *seen_text(const struct measure *measure)
{
	double low = INFINITY, high = -INFINITY;

	if (measure->unit == EXPECT_TEXT) {
		return measure->text
		           ? g_strdup_printf("%s (%s)", measure->text,
		                             measure->detail ? measure->detail : "no reason")
		           : g_strdup("no such condition");
	}
	for (unsigned i = 0; i < measure->values->len; i++) {
		const double value = g_array_index(measure->values, double, i);

		if (isnan(value)) {
			return g_strdup("undefined");
		}
		low = MIN(low, value);
		high = MAX(high, value);
	}
	g_autofree char *from = measure_text(measure->unit, low);
	g_autofree char *to = measure_text(measure->unit, high);

	return g_str_equal(from, to) ? g_strdup(from) : g_strdup_printf("%s to %s", from, to);
}

/* What is known of a comparison at an instant and until the next change. */
struct truth {
	bool may_hold, may_fail; /* not both, but where lists are thinned */
	bool held, failed;       /* at some time of it, for certain */
};

static struct truth certain(bool holds)
{
	return (struct truth){holds, !holds, holds, !holds};
}

/* The truth of a value that was from @least to @most, and both of them if @was_both. */
static struct truth truth_of_range(const struct expectation *e, double least, double most,
                                   bool was_both, double low, double high)
{
	const bool one = compare(e, least, low, high), other = compare(e, most, low, high);
	const bool between = low < most && high > least; /* values that are not the ends */
	struct truth truth = {
	    .may_hold = one || other ||
	                (between && (e->comparison == EXPECT_EQ || e->comparison == EXPECT_IN)),
	    .may_fail = !one || !other || (between && e->comparison == EXPECT_NE),
	};

	truth.held = truth.may_hold && (!truth.may_fail || (was_both && (one || other)));
	truth.failed = truth.may_fail && (!truth.may_hold || (was_both && (!one || !other)));
	return truth;
}

static bool text_holds(const struct expectation *e, const struct measure *measure)
{
	const char *reason = measure_argument(&e->left, "reason");
	const bool equal = g_strcmp0(measure->text, e->text) == 0 &&
	                   (!reason || g_strcmp0(measure->detail, reason) == 0);

	return e->comparison == EXPECT_NE ? !equal : equal;
}

static void set_unknown(GError **error, sim_time at)
{
	g_autofree char *when = text_instant(at);

	g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN,
	            "not known in that detail at %s: of a long run the middle is thinned", when);
}

/* The right side: mean of its values times the factor, at the same instant. */
static bool right_side(const struct judge *judge, const struct expectation *e, sim_time at,
                       double *low, double *high, GError **error)
{
	const struct run *run = judge->run;
	struct measure measure;
	double sum = 0;

	*low = e->low;
	*high = e->high;
	if (!e->has_right) {
		return true;
	}
	if (e->right.scenario) {
		if (!judge->other) {
			g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN,
			            "%s is not run here", e->right.scenario);
			return false;
		}
		run = judge->other(judge->data, e->right.scenario, error);
	}
	if (!run || !measure_term(run, &e->right, at, &measure, error)) {
		return false;
	}
	for (unsigned i = 0; i < measure.values->len; i++) {
		sum += g_array_index(measure.values, double, i);
	}
	if (measure.is_range) {
		set_unknown(error, at);
		measure_clear(&measure);
		return false;
	}
	*low = *high = e->factor * sum / MAX(1, measure.values->len);
	measure_clear(&measure);
	return true;
}

/* Whether @e holds at @at; *@seen gets what is there. With @error set: cannot be judged. */
static struct truth truth_at(const struct judge *judge, const struct expectation *e, sim_time at,
                             char **seen, GError **error)
{
	const struct run *run = judge->run;
	struct measure measure;
	double low, high;
	bool holds = true;

	if (e->left.scenario) {
		run = judge->other ? judge->other(judge->data, e->left.scenario, error) : NULL;
		if (!run) {
			if (error && !*error) {
				g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN,
				            "%s is not run here", e->left.scenario);
			}
			return certain(false);
		}
	}
	if (!right_side(judge, e, at, &low, &high, error) ||
	    !measure_term(run, &e->left, at, &measure, error)) {
		return certain(false);
	}
	if (measure.unit == EXPECT_TEXT) {
		holds = text_holds(e, &measure);
	}
	for (unsigned i = 0; i < measure.values->len; i++) {
		holds &= compare(e, g_array_index(measure.values, double, i), low, high);
	}
	struct truth truth = certain(holds);

	if (measure.is_range) {
		/* another scenario's lists may be thinned across the limits of this one */
		truth = truth_of_range(e, g_array_index(measure.values, double, 0),
		                       g_array_index(measure.values, double, 1),
		                       measure.was_both && !e->left.scenario, low, high);
	}
	g_free(*seen);
	*seen = seen_text(&measure);
	measure_clear(&measure);
	return truth;
}

static bool holds_at(const struct judge *judge, const struct expectation *e, sim_time at,
                     char **seen, GError **error)
{
	g_autoptr(GError) wrong = NULL;
	const struct truth truth = truth_at(judge, e, at, seen, &wrong);

	if (wrong) {
		g_propagate_error(error, g_steal_pointer(&wrong));
	} else if (truth.may_hold && truth.may_fail) {
		set_unknown(error, at);
	}
	return !truth.may_fail;
}

/* --- stretches of time --- */

static int by_value(const void *a, const void *b)
{
	const sim_time one = *(const sim_time *)a, other = *(const sim_time *)b;

	return (one > other) - (one < other);
}

/* Instants of [@from, @to] at which the line may change its mind, in order, each once. */
static GArray *instants(const struct judge *judge, const struct expectation *e, sim_time from,
                        sim_time to)
{
	GArray *times = g_array_new(FALSE, FALSE, sizeof(sim_time));
	guint kept = 0;

	g_array_append_val(times, from);
	g_array_append_val(times, to);
	measure_changes(judge->run, &e->left, times);
	if (e->has_right) {
		measure_changes(judge->run, &e->right, times);
	}
	g_array_sort(times, by_value);
	for (guint i = 0; i < times->len; i++) {
		const sim_time at = g_array_index(times, sim_time, i);

		if (at >= from && at <= to &&
		    (!kept || at != g_array_index(times, sim_time, kept - 1))) {
			g_array_index(times, sim_time, kept++) = at;
		}
	}
	g_array_set_size(times, kept);
	return times;
}

/* Goes through the stretch; *@seen tells where it decided. */
static bool holds_over(const struct judge *judge, const struct expectation *e, char **seen,
                       GError **error)
{
	const sim_time from =
	    e->from == SIM_NEVER ? judge->run->from : MAX(e->from, judge->run->from);
	const sim_time to = MIN(e->to, judge->run->to);

	if (from > to) { /* else nothing would be looked at, and that would hold */
		g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN,
		            "that stretch of time is not within the run");
		return false;
	}
	g_autoptr(GArray) times = instants(judge, e, from, to);
	const bool wanted = e->when != EXPECT_NEVER; /* that the comparison is true */
	const bool all = e->when == EXPECT_ALWAYS || e->when == EXPECT_NEVER;
	sim_time since = SIM_NEVER, unknown = SIM_NEVER;

	for (guint i = 0; i < times->len; i++) {
		const sim_time at = g_array_index(times, sim_time, i);
		g_autoptr(GError) wrong = NULL;
		const struct truth truth = truth_at(judge, e, at, seen, &wrong);

		if (wrong) {
			g_propagate_error(error, g_steal_pointer(&wrong));
			return false;
		}
		since = truth.may_fail ? SIM_NEVER : since == SIM_NEVER ? at : since;
		const sim_time until =
		    i + 1 < times->len ? g_array_index(times, sim_time, i + 1) : to;
		const bool found = e->when == EXPECT_FOR
		                       ? since != SIM_NEVER && until - since >= e->span
		                       : truth.held;

		if (all ? (wanted ? truth.failed : truth.held) : found) {
			g_autofree char *when = text_instant(at);
			g_autofree char *what = g_steal_pointer(seen);

			*seen = g_strdup_printf("%s at %s", what, when);
			return !all;
		}
		if (truth.may_hold && truth.may_fail) {
			unknown = MIN(unknown, at);
		}
	}
	if (unknown != SIM_NEVER) {
		set_unknown(error, unknown);
	}
	return all;
}

static bool judge_quantity(const struct judge *judge, const struct expectation *e, char **seen,
                           GError **error)
{
	switch (e->when) {
	case EXPECT_WHOLE_RUN:
	case EXPECT_AT_END:
		return holds_at(judge, e, judge->run->to, seen, error);
	case EXPECT_AT:
		if (e->from < judge->run->from || e->from > judge->run->to) {
			g_autofree char *at = text_instant(e->from);

			g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN,
			            "%s is not within the run", at);
			return false;
		}
		return holds_at(judge, e, e->from, seen, error);
	case EXPECT_BY:
	case EXPECT_ALWAYS:
	case EXPECT_NEVER:
	case EXPECT_FOR:
		return holds_over(judge, e, seen, error);
	}
	return false;
}

/* --- findings --- */

static bool judge_no_findings(const struct judge *judge, char **seen)
{
	const size_t n = findings_count(judge->findings);
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < judge->findings->len; i++) {
		const struct finding *finding = judge->findings->pdata[i];

		if (finding->severity != SEVERITY_NOTE) {
			g_string_append_printf(text, "%s%s (%s)", text->len ? ", " : "",
			                       finding->rule, finding->object);
		}
	}
	*seen = n ? g_strdup(text->str) : g_strdup("none");
	return n == 0;
}

/* Whether there is such a rule: a misspelt one would never be found. */
static bool is_rule(const char *rule)
{
	return g_strv_contains(diagnosis_rules, rule);
}

static bool judge_finding(const struct judge *judge, const struct expectation *e, char **seen,
                          GError **error)
{
	const struct finding *finding =
	    findings_find(judge->findings, e->left.name, e->left.object);

	if (!is_rule(e->left.name)) {
		const char *nearest = doc_nearest(e->left.name, diagnosis_rules);

		g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN,
		            "there is no rule '%s'%s%s%s", e->left.name,
		            nearest ? "; did you mean '" : "", nearest ? nearest : "",
		            nearest ? "'?" : "");
		return false;
	}
	*seen = finding ? g_strdup_printf("%s: %s", finding->object, finding->message)
	                : g_strdup("no such finding");
	return finding != NULL;
}

/* --- all --- */

static struct verdict *judge_line(const struct judge *judge, const struct expectation *e)
{
	struct verdict *verdict = g_new0(struct verdict, 1);
	g_autoptr(GError) error = NULL;
	bool holds;

	verdict->expectation = e;
	if (e->no_findings) {
		holds = judge_no_findings(judge, &verdict->seen);
	} else if (e->is_finding) {
		holds = judge_finding(judge, e, &verdict->seen, &error);
	} else {
		holds = judge_quantity(judge, e, &verdict->seen, &error);
	}
	if (error) {
		g_free(verdict->seen);
		verdict->seen = g_strdup(error->message);
		verdict->outcome = VERDICT_ERROR;
	} else {
		verdict->outcome = holds ? VERDICT_HELD : VERDICT_NOT_HELD;
	}
	return verdict;
}

GPtrArray *verdict_judge(const struct run *run, const GPtrArray *findings, verdict_other_fn other,
                         void *data)
{
	const struct judge judge = {run, findings, other, data};
	GPtrArray *verdicts = g_ptr_array_new_with_free_func(verdict_free);

	for (size_t i = 0; i < run->scenario->n_expectations; i++) {
		g_ptr_array_add(verdicts, judge_line(&judge, &run->scenario->expectations[i]));
	}
	return verdicts;
}

bool verdict_all_held(const GPtrArray *verdicts)
{
	for (unsigned i = 0; i < verdicts->len; i++) {
		if (((const struct verdict *)verdicts->pdata[i])->outcome != VERDICT_HELD) {
			return false;
		}
	}
	return true;
}

void verdict_print(const GPtrArray *verdicts, GString *out, bool colour)
{
	static const char *const colours[] = {"\033[32m", "\033[31m", "\033[31m"};

	if (!verdicts->len) {
		return;
	}
	text_heading(out, "Expectations", colour);
	for (unsigned i = 0; i < verdicts->len; i++) {
		const struct verdict *verdict = verdicts->pdata[i];
		g_autofree char *outcome =
		    g_strdup_printf("%-8s", verdict_outcome_name(verdict->outcome));
		g_autofree char *place =
		    verdict->outcome == VERDICT_HELD
			? NULL
			: g_strdup_printf(" (%s:%u)", verdict->expectation->where.file,
		                          verdict->expectation->where.line);

		g_autofree char *first = g_strdup_printf("%s  ", outcome);
		g_autofree char *text =
		    g_strdup_printf("%s: %s%s", verdict->expectation->line,
		                    verdict->seen ? verdict->seen : "", place ? place : "");
		const gsize begin = out->len;

		text_wrap(out, first, text);
		if (colour) {
			g_string_insert(out, (gssize)(begin + strlen(outcome)), "\033[0m");
			g_string_insert(out, (gssize)begin, colours[verdict->outcome]);
		}
	}
}
