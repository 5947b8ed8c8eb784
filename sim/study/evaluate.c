/* evaluate.c - from a scenario and a seed to figures. */

#include "study/evaluate.h"

#include "report/measure.h"
#include "report/verdict.h"
#include "world/world.h"

#include <math.h>

/* The mean over the pods where a quantity has a value for each; NaN when one has none. */
static bool evaluate_quantity(const struct run *run, const struct study_measure *measure,
                              double *figure, GError **error)
{
	struct measure values;
	double sum = 0;

	if (!measure_term(run, &measure->term, SIM_NEVER, &values, error)) {
		g_prefix_error(error, "%s: ", measure->text);
		return false;
	}
	for (unsigned i = 0; i < values.values->len; i++) {
		sum += g_array_index(values.values, double, i);
	}
	*figure = values.values->len ? sum / values.values->len : NAN;
	measure_clear(&values);
	return true;
}

static bool needs_diagnosis(const struct study *study)
{
	for (size_t i = 0; i < study->n_measures; i++) {
		if (study->measures[i].is_line &&
		    (study->measures[i].line.is_finding || study->measures[i].line.no_findings)) {
			return true;
		}
	}
	return false;
}

/* The lines in order; @run's scenario expects just them. */
static bool evaluate_lines(const struct study *study, const struct run *run, double *figures,
                           GError **error)
{
	GPtrArray *findings =
	    needs_diagnosis(study) ? diagnose(run) : g_ptr_array_new_with_free_func(g_free);
	GPtrArray *verdicts = verdict_judge(run, findings, NULL, NULL);
	bool good = true;
	unsigned line = 0;

	for (size_t i = 0; good && i < study->n_measures; i++) {
		if (study->measures[i].is_line) {
			const struct verdict *verdict = verdicts->pdata[line++];

			figures[i] = verdict->outcome == VERDICT_HELD;
			good = verdict->outcome != VERDICT_ERROR;
			if (!good) {
				g_set_error(error, MEASURE_ERROR, MEASURE_ERROR_UNKNOWN, "%s: %s",
				            study->measures[i].text, verdict->seen);
			}
		}
	}
	g_ptr_array_unref(verdicts);
	g_ptr_array_unref(findings);
	return good;
}

bool evaluate(const struct study *study, const struct scenario *scenario, size_t seed,
              double *figures, GError **error)
{
	struct scenario own = *scenario; /* all but seed and expectations is shared */
	g_autofree struct expectation *lines = g_new0(struct expectation, study->n_measures + 1);
	bool good = true;

	own.seed = study->first_seed + seed;
	own.expectations = lines;
	own.n_expectations = 0;
	for (size_t i = 0; i < study->n_measures; i++) {
		if (study->measures[i].is_line) {
			lines[own.n_expectations++] = study->measures[i].line;
		}
	}
	struct run *run = world_run(&own, error);

	if (!run) {
		return false;
	}
	for (size_t i = 0; good && i < study->n_measures; i++) {
		if (!study->measures[i].is_line) {
			good = evaluate_quantity(run, &study->measures[i], &figures[i], error);
		}
	}
	good = good && (own.n_expectations == 0 || evaluate_lines(study, run, figures, error));
	run_free(run);
	return good;
}
