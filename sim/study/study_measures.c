/* study_measures.c - what a study measures, how often, and what it is after. */

#include "study/study_private.h"

#include <math.h>
#include <string.h>

#define FEWEST_SEEDS 2
#define MOST_SEEDS 1000000

/* --- quantities --- */

/* The one way to write a quantity: "latency.p95(locust)", "requests(deployment/web, revision=2)".
 */
static char *term_text(const struct expect_term *term)
{
	GString *text = g_string_new(term->name);

	g_string_append_printf(text, "(%s", term->object);
	for (unsigned i = 0; term->keys && term->keys[i]; i++) {
		g_string_append_printf(text, ", %s=%s", term->keys[i], term->values[i]);
	}
	g_string_append_c(text, ')');
	return g_string_free(text, FALSE);
}

static size_t find_measure(const struct study *study, const char *text)
{
	for (size_t i = 0; i < study->n_measures; i++) {
		if (g_str_equal(study->measures[i].text, text)) {
			return i;
		}
	}
	return SIZE_MAX;
}

static struct study_measure *new_measure(struct study *study, const char *text,
                                         struct doc_location where)
{
	study->measures = g_renew(struct study_measure, study->measures, study->n_measures + 1);
	struct study_measure *measure = &study->measures[study->n_measures++];

	*measure = (struct study_measure){.text = g_strdup(text), .where = where};
	return measure;
}

/* Whether the load that @term is of is in the scenario; others are known once there is a run. */
static void check_object(struct reader *reader, const struct study *study,
                         const struct expect_term *term, const struct doc *at)
{
	const struct scenario *scenario = study->scenario;
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (!scenario || !term->object || strchr(term->object, '/')) {
		return;
	}
	for (size_t i = 0; i < scenario->n_loads; i++) {
		if (g_str_equal(scenario->loads[i].name, term->object)) {
			return;
		}
		g_ptr_array_add(names, scenario->loads[i].name);
	}
	g_ptr_array_add(names, NULL);
	g_autofree char *suggestion =
	    fields_suggestion(term->object, (const char *const *)names->pdata);

	fields_fault(reader, at, "the scenario has no load `%s`%s", term->object, suggestion);
}

/* The measure of the quantity that @doc says, added when it is new; SIZE_MAX and a fault. */
static size_t read_quantity(struct reader *reader, const struct doc *doc, struct study *study)
{
	struct expect_term term;
	enum expect_unit unit;
	GError *error = NULL;

	if (!expect_term_parse(&term, &unit, doc, &error)) {
		fields_fault_error(reader, error);
		return SIZE_MAX;
	}
	g_autofree char *text = term_text(&term);
	size_t found = find_measure(study, text);

	if (term.scenario || unit == EXPECT_TEXT) {
		fields_fault(reader, doc,
		             term.scenario ? "a study measures its own runs only: leave out `of %s`"
		                           : "`%s` is no number; in `goal` it may be a subject",
		             term.scenario ? term.scenario : term.name);
		expect_term_clear(&term);
		return SIZE_MAX;
	}
	check_object(reader, study, &term, doc);
	if (found != SIZE_MAX) {
		expect_term_clear(&term);
		return found;
	}
	struct study_measure *measure = new_measure(study, text, doc_where(doc));

	measure->term = term;
	measure->unit = unit;
	return study->n_measures - 1;
}

static void read_list(struct reader *reader, const struct doc *list, struct study *study)
{
	if (doc_kind_of(list) == DOC_NULL) {
		return;
	}
	if (doc_kind_of(list) != DOC_LIST) {
		fields_fault(reader, list, "`measure` must be a list of quantities, not %s",
		             doc_kind_name(doc_kind_of(list)));
		return;
	}
	for (size_t i = 0; i < doc_length(list); i++) {
		const size_t before = study->n_measures;

		if (read_quantity(reader, doc_at(list, i), study) < before) {
			fields_fault(reader, doc_at(list, i), "`measure` has this quantity twice");
		}
	}
}

/* --- seeds --- */

/* "2%", or a value in the measure's own unit, which the words of `expect` know how to read. */
static bool read_width(struct reader *reader, const struct doc *doc, const char *text,
                       struct study *study)
{
	struct study_until *until = &study->until;
	const struct study_measure *measure = &study->measures[until->measure];
	struct expectation line;
	char *end;
	const double percent = g_ascii_strtod(text, &end);

	until->relative = measure->unit != EXPECT_PERCENT && end != text && g_str_equal(end, "%");
	if (until->relative) {
		until->width = percent / 100;
	} else {
		g_autofree char *words = g_strdup_printf("%s <= %s", measure->text, text);
		g_autoptr(doc) made = doc_new_string(words);
		GError *error = NULL;

		doc_set_where(made, doc_where(doc));
		if (!expectation_parse(&line, made, &error)) {
			fields_fault_error(reader, error);
			return false;
		}
		until->width = line.has_right ? NAN : line.low;
		expectation_clear(&line);
	}
	if (!(until->width > 0)) {
		fields_fault(reader, doc, "the width after +- must be positive, not '%s'", text);
		return false;
	}
	return true;
}

/* "latency.p95(locust) +- 2%" */
static void read_until(struct reader *reader, const struct doc *map, struct study *study)
{
	const struct doc *doc = doc_get(map, "until");
	const char *text = doc_string(doc);
	const char *sign = text ? strstr(text, "+-") : NULL;
	const char *plus_minus = text ? strstr(text, "±") : NULL;

	if (!sign && !plus_minus) {
		fields_fault(reader, doc ? doc : map,
		             "`until` is a measure and half the width of its 95 %% interval: "
		             "latency.p95(locust) +- 2%%");
		return;
	}
	g_autofree char *left = g_strndup(text, (size_t)((sign ? sign : plus_minus) - text));
	g_autofree char *right = g_strdup((sign ? sign : plus_minus) + 2); /* both are two bytes */
	g_autoptr(doc) quantity = doc_new_string(g_strstrip(left));

	doc_set_where(quantity, doc_where(doc));
	study->until.measure = read_quantity(reader, quantity, study);
	study->has_until =
	    study->until.measure != SIZE_MAX && read_width(reader, doc, g_strstrip(right), study);
}

static void read_seeds(struct reader *reader, const struct doc *spec, struct study *study)
{
	static const char *const known[] = {"until", "atMost", NULL};
	const struct doc *seeds = doc_get(spec, "seeds");
	int n = 0;

	if (!seeds) {
		fields_fault(reader, spec, "`spec` needs `seeds`, how many runs each setting gets");
	} else if (doc_kind_of(seeds) != DOC_MAP) {
		fields_int(reader, spec, "seeds", 1, MOST_SEEDS, &n);
	} else {
		fields_map(reader, seeds, "seeds", known);
		read_until(reader, seeds, study);
		if (!doc_get(seeds, "atMost")) {
			fields_fault(reader, seeds, "`seeds` with `until` needs `atMost`");
		}
		fields_int(reader, seeds, "atMost", FEWEST_SEEDS, MOST_SEEDS, &n);
	}
	study->seeds = (size_t)n;
	if (study->first_seed > (uint64_t)INT64_MAX - MOST_SEEDS) {
		fields_fault(reader, seeds, "the scenario's seed is too large to count on from it");
	}
}

/* --- goal --- */

/* Whether the mean over the runs can be compared so. */
static bool is_about_mean(const struct expectation *line)
{
	return !line->is_finding && !line->no_findings && !line->has_right &&
	       line->unit != EXPECT_TEXT && line->comparison != EXPECT_EQ &&
	       line->comparison != EXPECT_NE &&
	       (line->when == EXPECT_WHOLE_RUN || line->when == EXPECT_AT_END);
}

/* The measure of a line that is judged in each run. */
static size_t line_measure(struct reader *reader, const struct doc *doc, struct study *study)
{
	const size_t found = find_measure(study, doc_string(doc));
	GError *error = NULL;

	if (found != SIZE_MAX) {
		return found;
	}
	struct study_measure *measure = new_measure(study, doc_string(doc), doc_where(doc));

	measure->is_line = true;
	measure->unit = EXPECT_PERCENT;
	if (!expectation_parse(&measure->line, doc, &error)) {
		fields_fault_error(reader, error);
	}
	return study->n_measures - 1;
}

/* The measure of the quantity that a line about the mean begins with. */
static size_t left_measure(struct reader *reader, const struct doc *doc,
                           const struct expectation *line, struct study *study)
{
	g_autofree char *text = term_text(&line->left);
	g_autoptr(doc) quantity = doc_new_string(text);

	doc_set_where(quantity, doc_where(doc));
	return read_quantity(reader, quantity, study);
}

/* A line, or {everyRun: LINE, atLeast: 99%}. */
static void read_subject(struct reader *reader, const struct doc *item, struct study *study)
{
	static const char *const known[] = {"everyRun", "atLeast", NULL};
	struct study_subject subject = {.every_run = doc_kind_of(item) == DOC_MAP};
	const struct doc *doc = subject.every_run ? doc_get(item, "everyRun") : item;
	GError *error = NULL;

	if (subject.every_run && (!fields_map(reader, item, "subject", known) || !doc)) {
		if (!doc) {
			fields_fault(reader, item, "a subject that is a map needs `everyRun`");
		}
		return;
	}
	if (!expectation_parse(&subject.line, doc, &error)) {
		fields_fault_error(reader, error);
		return;
	}
	if (subject.line.left.scenario || subject.line.right.scenario) {
		fields_fault(reader, doc, "a study measures its own runs only: leave out `of %s`",
		             subject.line.left.scenario ? subject.line.left.scenario
		                                        : subject.line.right.scenario);
	}
	if (!subject.line.is_finding && !subject.line.no_findings) {
		check_object(reader, study, &subject.line.left, doc);
	}
	if (subject.every_run && doc_get(item, "atLeast")) {
		const char *text = doc_text(doc_get(item, "atLeast"));
		char *end = NULL;
		const double percent = text ? g_ascii_strtod(text, &end) : NAN;

		if (!(percent > 0 && percent < 100 && g_str_equal(end, "%"))) {
			fields_fault(reader, doc_get(item, "atLeast"),
			             "`atLeast` is a percentage between 0%% and 100%%");
		}
		subject.at_least = percent / 100;
	}
	subject.every_run |= !is_about_mean(&subject.line);
	subject.measure = subject.every_run ? line_measure(reader, doc, study)
	                                    : left_measure(reader, doc, &subject.line, study);
	study->goal.subjects =
	    g_renew(struct study_subject, study->goal.subjects, study->goal.n_subjects + 1);
	study->goal.subjects[study->goal.n_subjects++] = subject;
}

static void read_confidence(struct reader *reader, const struct doc *map, struct study *study)
{
	const struct doc *doc = doc_get(map, "confidence");
	const char *text = doc_text(doc);
	char *end = NULL;

	study->goal.confidence = 0.95;
	if (doc) {
		const double percent = text ? g_ascii_strtod(text, &end) : NAN;

		if (!(percent >= 50 && percent < 100 && g_str_equal(end, "%"))) {
			fields_fault(reader, doc,
			             "`confidence` is a percentage from 50%% to below 100%%");
		}
		study->goal.confidence = percent / 100;
	}
}

double study_tail(const struct study *study)
{
	return (1 - study->goal.confidence) / (double)MAX(1, study->n_settings);
}

/* A share of runs can only be shown by enough of them. */
static void check_enough_seeds(struct reader *reader, const struct doc *map,
                               const struct study *study)
{
	for (size_t i = 0; i < study->goal.n_subjects && study->seeds > 0; i++) {
		const struct study_subject *subject = &study->goal.subjects[i];
		double chance = 1;
		size_t n = 0;

		while (subject->at_least > 0 && chance > study_tail(study) && n < MOST_SEEDS) {
			chance *= subject->at_least;
			n++;
		}
		if (n > study->seeds) {
			fields_fault(reader, map,
			             "to show with %g %% confidence, over %zu setting%s together, "
			             "that a line holds in %g %% of runs takes %zu seeds, not %zu",
			             100 * study->goal.confidence, study->n_settings,
			             study->n_settings == 1 ? "" : "s", 100 * subject->at_least, n,
			             study->seeds);
		}
	}
}

static void read_goal(struct reader *reader, const struct doc *spec, struct study *study)
{
	static const char *const known[] = {"minimise", "maximise", "subject", "confidence", NULL};
	const struct doc *map = doc_get(spec, "goal");
	const struct doc *subjects = doc_get(map, "subject");

	if (!map) {
		return;
	}
	if (doc_kind_of(map) != DOC_MAP || !fields_map(reader, map, "goal", known) ||
	    !doc_get(map, "minimise") == !doc_get(map, "maximise")) {
		fields_fault(reader, map, "`goal` needs either `minimise` or `maximise`");
		return;
	}
	study->goal.given = true;
	study->goal.maximise = doc_get(map, "maximise") != NULL;
	study->goal.measure = read_quantity(
	    reader, doc_get(map, study->goal.maximise ? "maximise" : "minimise"), study);
	read_confidence(reader, map, study);
	if (subjects && doc_kind_of(subjects) != DOC_LIST) {
		fields_fault(reader, subjects, "`subject` must be a list of conditions, not %s",
		             doc_kind_name(doc_kind_of(subjects)));
	}
	for (size_t i = 0; doc_kind_of(subjects) == DOC_LIST && i < doc_length(subjects); i++) {
		read_subject(reader, doc_at(subjects, i), study);
	}
	check_enough_seeds(reader, map, study);
}

/* Columns of the results have the names of paths and measures, and SQL knows no case. */
static void check_columns(struct reader *reader, const struct study *study)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (size_t i = 0; i < study->n_paths; i++) {
		if (!g_hash_table_add(seen, g_ascii_strdown(study->paths[i].text, -1))) {
			fields_fault_at(reader, study->paths[i].where,
			                "`%s` and another path differ in case only",
			                study->paths[i].text);
		}
	}
	for (size_t i = 0; i < study->n_measures; i++) {
		if (!g_hash_table_add(seen, g_ascii_strdown(study->measures[i].text, -1))) {
			fields_fault_at(reader, study->measures[i].where,
			                "`%s` and another measure differ in case only",
			                study->measures[i].text);
		}
	}
}

void study_read_measures(struct reader *reader, const struct doc *spec, struct study *study)
{
	read_list(reader, doc_get(spec, "measure"), study);
	read_seeds(reader, spec, study);
	read_goal(reader, spec, study);
	check_columns(reader, study);
	if (study->n_measures == 0 && !doc_get(spec, "measure")) {
		fields_fault(reader, spec, "`spec` needs `measure`, the quantities to look at");
	} else if (study->n_measures == 0 && reader->faults->len == 0) {
		fields_fault(reader, doc_get(spec, "measure"), "`measure` names nothing");
	}
}
