/* tune_report.c - prints what was found, by how much, and what was not. */

#include "study/tune.h"

#include "report/text.h"
#include "study/sweep_report.h"

#include <math.h>

static const char *const fates[] = {"in",     "broken",   "noFigure", "worse",
                                    "ranked", "notShown", "beaten",   "winner"};

static void print_goal(const struct tuning *tuning, GString *out, bool colour)
{
	const struct study *study = tuning->study;
	const struct study_goal *goal = &study->goal;
	g_autofree char *title = g_strdup_printf("Tune %s", study->name);
	g_autofree char *runs = text_count(tuning->runs);

	text_heading(out, title, colour);
	if (study->description) {
		text_wrap(out, "  ", study->description);
	}
	g_string_append_printf(out, "  %s %s\n", goal->maximise ? "maximise" : "minimise",
	                       study->measures[goal->measure].text);
	for (size_t i = 0; i < goal->n_subjects; i++) {
		const struct study_subject *subject = &goal->subjects[i];

		g_string_append_printf(out, "  subject to %s", subject->line.line);
		if (subject->at_least > 0) {
			g_string_append_printf(out, " in at least %g %% of runs",
			                       100 * subject->at_least);
		} else {
			g_string_append(out, subject->every_run ? " in every run" : " on average");
		}
		g_string_append_c(out, '\n');
	}
	g_string_append_printf(out,
	                       "  with %g %% confidence over all settings together\n"
	                       "  %zu setting%s, at most %zu seeds each, %s run%s\n\n",
	                       100 * goal->confidence, study->n_settings,
	                       text_plural(study->n_settings), study->seeds, runs,
	                       text_plural(tuning->runs));
	sweep_report_paths(study, out);
}

/* "less by 120 s (112 s to 128 s)" of @setting against @other. */
static void print_difference(const struct tuning *tuning, const struct runner *runner, size_t other,
                             const char *label, GString *out)
{
	const struct study *study = tuning->study;
	const enum expect_unit unit = study->measures[study->goal.measure].unit;
	const size_t seeds =
	    MIN(tuning->candidates[tuning->winner].seeds, tuning->candidates[other].seeds);
	const struct estimate difference =
	    estimate_difference(runner, tuning->winner, other, study->goal.measure, seeds);
	g_autofree char *amount = estimate_text(unit, difference.mean, true);
	g_autofree char *interval = estimate_interval_text(unit, &difference, true);
	g_autofree char *text = study_setting_text(study, other);

	g_string_append_printf(out, "  %s %s: %s (95 %% interval %s)\n", label, text, amount,
	                       interval);
}

static void print_winner(const struct tuning *tuning, const struct runner *runner, GString *out,
                         bool colour)
{
	const struct study *study = tuning->study;
	const struct study_goal *goal = &study->goal;
	const struct candidate *winner = &tuning->candidates[tuning->winner];
	const enum expect_unit unit = study->measures[goal->measure].unit;
	const struct estimate e =
	    estimate_mean(runner, tuning->winner, goal->measure, winner->seeds);
	const size_t baseline = study->settings[tuning->winner].baseline;
	g_autofree char *mean = estimate_text(unit, e.mean, false);
	g_autofree char *interval = estimate_interval_text(unit, &e, false);
	g_autofree char *setting = study_setting_text(study, tuning->winner);

	text_heading(out, "Winner", colour);
	g_string_append_printf(out, "  %s\n  %s: %s (95 %% interval %s)\n", setting,
	                       study->measures[goal->measure].text, mean, interval);
	for (size_t i = 0; i < goal->n_subjects; i++) {
		struct judgement j = judge_subject(study, runner, tuning->winner, i, winner->seeds,
		                                   study_tail(study));
		g_autofree char *line =
		    g_strdup_printf("%s: %s", goal->subjects[i].line.line, j.text);

		text_wrap(out, "  ", line);
		judgement_clear(&j);
	}
	if (tuning->next != STUDY_NO_SETTING) {
		print_difference(tuning, runner, tuning->next, "margin to the next,", out);
	}
	if (baseline != STUDY_NO_SETTING && baseline != tuning->winner) {
		print_difference(tuning, runner, baseline, "to the baseline,", out);
	}
}

static void add_candidate(const struct tuning *tuning, const struct runner *runner, size_t setting,
                          struct columns *columns)
{
	const struct study *study = tuning->study;
	const struct candidate *candidate = &tuning->candidates[setting];
	const struct estimate e =
	    estimate_mean(runner, setting, study->goal.measure, candidate->seeds);
	g_autofree char **cells = g_new0(char *, study->n_paths + 4);
	char **cell = cells;

	for (size_t i = 0; i < study->n_paths; i++) {
		*cell++ = study_value_text(study->settings[setting].values[i]);
	}
	*cell++ = g_strdup_printf("%zu", candidate->seeds);
	*cell++ = estimate_text(study->measures[study->goal.measure].unit, e.mean, false);
	*cell++ = g_strdup(candidate->why);
	columns_add(columns, cells);
}

static void print_others(const struct tuning *tuning, const struct runner *runner, GString *out,
                         bool colour)
{
	const struct study *study = tuning->study;
	const size_t n = study->n_paths;
	g_autofree const char **headers = g_new0(const char *, n + 4);
	g_autofree char *alignment = g_new0(char, n + 4);

	if (study->n_settings < 2) {
		return;
	}
	for (size_t i = 0; i < n + 3; i++) {
		headers[i] = i < n ? study->paths[i].label : i == n ? "RUNS" : "GOAL";
		alignment[i] = 'r';
	}
	headers[n + 2] = "WHY NOT";
	alignment[n + 2] = 'l';
	struct columns *columns = columns_new(headers, alignment, n + 3);

	text_heading(out, "Ruled out", colour);
	for (size_t i = 0; i < study->n_settings; i++) {
		if (tuning->candidates[i].fate != FATE_WINNER) {
			add_candidate(tuning, runner, i, columns);
		}
	}
	columns_finish(columns, out, 2);
}

void tune_report_print(const struct tuning *tuning, const struct runner *runner, GString *out,
                       bool colour)
{
	print_goal(tuning, out, colour);
	if (tuning->winner != STUDY_NO_SETTING) {
		print_winner(tuning, runner, out, colour);
	} else {
		text_heading(out, "No setting meets the goal", colour);
	}
	print_others(tuning, runner, out, colour);
}

/* --- as a document --- */

static void set_number(struct doc *map, const char *key, double value)
{
	doc_set(map, key, isfinite(value) ? doc_new_float(value) : doc_new_null());
}

static struct doc *candidate_document(const struct tuning *tuning, const struct runner *runner,
                                      size_t setting)
{
	const struct study *study = tuning->study;
	const struct candidate *candidate = &tuning->candidates[setting];
	const struct estimate e =
	    estimate_mean(runner, setting, study->goal.measure, candidate->seeds);
	struct doc *map = doc_new_map(), *values = doc_new_map();

	for (size_t i = 0; i < study->n_paths; i++) {
		if (study->settings[setting].values[i]) {
			doc_set(values, study->paths[i].text,
			        doc_copy(study->settings[setting].values[i]));
		}
	}
	doc_set(map, "values", values);
	doc_set_string(map, "fate", fates[candidate->fate]);
	doc_set_int(map, "runs", (int64_t)candidate->seeds);
	set_number(map, "mean", e.mean);
	set_number(map, "low", e.mean - e.half);
	set_number(map, "high", e.mean + e.half);
	doc_set_string(map, "why", candidate->why);
	return map;
}

struct doc *tune_report_document(const struct tuning *tuning, const struct runner *runner)
{
	const struct study *study = tuning->study;
	const struct study_goal *goal = &study->goal;
	struct doc *document = doc_new_map(), *others = doc_new_list(), *subjects = doc_new_list();

	doc_set_string(document, "study", study->name);
	doc_set_string(document, goal->maximise ? "maximise" : "minimise",
	               study->measures[goal->measure].text);
	for (size_t i = 0; i < goal->n_subjects; i++) {
		doc_append(subjects, doc_new_string(goal->subjects[i].line.line));
	}
	doc_set(document, "subject", subjects);
	doc_set_float(document, "confidence", goal->confidence);
	doc_set_int(document, "runs", (int64_t)tuning->runs);
	doc_set(document, "winner",
	        tuning->winner == STUDY_NO_SETTING
	            ? doc_new_null()
	            : candidate_document(tuning, runner, tuning->winner));
	for (size_t i = 0; i < study->n_settings; i++) {
		if (i != tuning->winner) {
			doc_append(others, candidate_document(tuning, runner, i));
		}
	}
	doc_set(document, "ruledOut", others);
	return document;
}
