/* sweep_report.c - prints what a sweep found. */

#include "study/sweep_report.h"

#include "report/text.h"
#include "study/estimate.h"

#include <math.h>
#include <string.h>

void sweep_report_paths(const struct study *study, GString *out)
{
	const char *const headers[] = {"NAME", "SETTING"};
	struct columns *columns = columns_new(headers, "ll", 2);

	for (size_t i = 0; i < study->n_paths; i++) {
		char *cells[] = {g_strdup(study->paths[i].label), g_strdup(study->paths[i].text)};

		columns_add(columns, cells);
	}
	columns_finish(columns, out, 2);
}

static size_t total_runs(const struct study *study, const struct runner *runner)
{
	size_t total = 0;

	for (size_t i = 0; i < study->n_settings; i++) {
		total += sweep_runs(study, runner, i);
	}
	return total;
}

static void print_head(const struct study *study, const struct runner *runner, GString *out,
                       bool colour)
{
	const size_t runs = total_runs(study, runner);
	g_autofree char *title = g_strdup_printf("Study %s", study->name);
	g_autofree char *count = text_count(runs);

	text_heading(out, title, colour);
	if (study->description) {
		text_wrap(out, "  ", study->description);
	}
	g_string_append_printf(
	    out, "  scenario %s: %zu setting%s, %s run%s, seeds from %" G_GUINT64_FORMAT "\n\n",
	    study->scenario->name, study->n_settings, text_plural(study->n_settings), count,
	    text_plural(runs), study->first_seed);
	sweep_report_paths(study, out);
}

/* --- one measure --- */

static struct columns *measure_columns(const struct study *study)
{
	const size_t n = study->n_paths;
	g_autofree const char **headers = g_new0(const char *, n + 5);
	g_autofree char *alignment = g_new0(char, n + 6);
	const char *const rest[] = {"RUNS", "MEAN", "95 % INTERVAL", "TO BASELINE",
	                            "95 % INTERVAL"};

	for (size_t i = 0; i < n; i++) {
		headers[i] = study->paths[i].label;
		alignment[i] = 'r';
	}
	for (size_t i = 0; i < G_N_ELEMENTS(rest); i++) {
		headers[n + i] = rest[i];
		alignment[n + i] = 'r';
	}
	return columns_new(headers, alignment, n + (study->has_baseline ? 5 : 3));
}

static char *runs_text(const struct estimate *estimate)
{
	return estimate->missing
	           ? g_strdup_printf("%zu of %zu", estimate->n, estimate->n + estimate->missing)
	           : g_strdup_printf("%zu", estimate->n);
}

static void add_setting(const struct study *study, const struct runner *runner, size_t setting,
                        size_t measure, struct columns *columns)
{
	const struct study_setting *s = &study->settings[setting];
	const enum expect_unit unit = study->measures[measure].unit;
	const size_t seeds = sweep_runs(study, runner, setting);
	const struct estimate mean = estimate_mean(runner, setting, measure, seeds);
	g_autofree char **cells = g_new0(char *, study->n_paths + 5);
	char **cell = cells;

	for (size_t i = 0; i < study->n_paths; i++) {
		*cell++ = study_value_text(s->values[i]);
	}
	*cell++ = runs_text(&mean);
	*cell++ = estimate_text(unit, mean.mean, false);
	*cell++ = estimate_interval_text(unit, &mean, false);
	if (study->has_baseline && s->baseline == setting) {
		*cell++ = g_strdup("baseline");
		*cell++ = g_strdup("");
	} else if (study->has_baseline) {
		const struct estimate difference =
		    estimate_difference(runner, setting, s->baseline, measure,
		                        MIN(seeds, sweep_runs(study, runner, s->baseline)));

		*cell++ = estimate_text(unit, difference.mean, true);
		*cell++ = estimate_interval_text(unit, &difference, true);
	}
	columns_add(columns, cells);
}

/* Who looks for the best among many settings finds the luckiest, too. */
static void print_caution(const struct study *study, GString *out)
{
	if (study->n_settings > 1 && study->seeds > 1) {
		g_string_append(
		    out, "  Each interval is right with 95 %, by itself: of twenty, one misses "
			 "on average.\n");
	}
}

void sweep_report_print(const struct study *study, const struct runner *runner, GString *out,
                        bool colour)
{
	print_head(study, runner, out, colour);
	for (size_t measure = 0; measure < study->n_measures; measure++) {
		struct columns *columns = measure_columns(study);

		text_heading(out, study->measures[measure].text, colour);
		for (size_t setting = 0; setting < study->n_settings; setting++) {
			add_setting(study, runner, setting, measure, columns);
		}
		columns_finish(columns, out, 2);
	}
	print_caution(study, out);
}

/* --- as a document --- */

static void set_number(struct doc *map, const char *key, double value)
{
	doc_set(map, key, isfinite(value) ? doc_new_float(value) : doc_new_null());
}

static struct doc *estimate_document(const struct estimate *estimate)
{
	struct doc *map = doc_new_map();

	doc_set_int(map, "runs", (int64_t)estimate->n);
	doc_set_int(map, "missing", (int64_t)estimate->missing);
	set_number(map, "mean", estimate->mean);
	set_number(map, "low", estimate->mean - estimate->half);
	set_number(map, "high", estimate->mean + estimate->half);
	return map;
}

static struct doc *setting_document(const struct study *study, const struct runner *runner,
                                    size_t setting)
{
	const struct study_setting *s = &study->settings[setting];
	const size_t seeds = sweep_runs(study, runner, setting);
	struct doc *map = doc_new_map(), *values = doc_new_map(), *measures = doc_new_map();

	for (size_t i = 0; i < study->n_paths; i++) {
		if (s->values[i]) {
			doc_set(values, study->paths[i].text, doc_copy(s->values[i]));
		}
	}
	doc_set(map, "values", values);
	doc_set_int(map, "runs", (int64_t)seeds);
	if (s->baseline != STUDY_NO_SETTING) {
		doc_set_int(map, "baseline", (int64_t)s->baseline);
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		const struct estimate mean = estimate_mean(runner, setting, i, seeds);
		struct doc *measure = estimate_document(&mean);

		if (s->baseline != STUDY_NO_SETTING && s->baseline != setting) {
			const struct estimate difference =
			    estimate_difference(runner, setting, s->baseline, i,
			                        MIN(seeds, sweep_runs(study, runner, s->baseline)));

			doc_set(measure, "difference", estimate_document(&difference));
		}
		doc_set(measures, study->measures[i].text, measure);
	}
	doc_set(map, "measures", measures);
	return map;
}

struct doc *sweep_report_document(const struct study *study, const struct runner *runner)
{
	static const char *const units[] = {"count", "s", "cores", "bytes", "share", "text"};
	struct doc *document = doc_new_map(), *settings = doc_new_list(), *of = doc_new_map();

	doc_set_string(document, "study", study->name);
	doc_set_string(document, "scenario", study->scenario->name);
	doc_set_int(document, "firstSeed", (int64_t)study->first_seed);
	for (size_t i = 0; i < study->n_measures; i++) {
		doc_set_string(of, study->measures[i].text, units[study->measures[i].unit]);
	}
	doc_set(document, "units", of);
	for (size_t i = 0; i < study->n_settings; i++) {
		doc_append(settings, setting_document(study, runner, i));
	}
	doc_set(document, "settings", settings);
	return document;
}
