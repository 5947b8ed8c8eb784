/* test.c - podsim test FILE|DIR...: scenarios as regression tests, in TAP.
 *
 * Scenarios and seeds run in parallel; what is printed does not depend on how many at a time. With
 * several seeds a line holds when it held in all of them, or in the share that was asked for; how
 * sure that makes one is told beside. */

#include "commands/all.h"
#include "commands/output.h"
#include "commands/simulate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct test_options {
	struct simulate_options simulate;
	char *junit;
	gboolean github;
	int jobs;
	int seeds;
	char *share_text;
	double share; /* of the seeds in which a line must hold */
};

struct replication { /* one scenario under one seed */
	const char *path;
	const struct test_options *options;
	char *seed; /* NULL: as the options say */
	struct simulated result;
	GError *error;
};

struct trial { /* one scenario under all its seeds; the first is its own */
	struct replication *replications;
	unsigned n;
};

static const char examples[] =
    "  podsim test scenarios\n"
    "  podsim test scenarios/idle-replica-fixed.yaml --junit results.xml\n"
    "  podsim test scenarios --github --jobs 4\n";

/* --- which files --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The scenarios directly in the folder @path; other YAML files there are left alone. */
static bool add_folder(GPtrArray *paths, const char *path, GError **error)
{
	GDir *dir = g_dir_open(path, 0, error);
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	if (!dir) {
		return false;
	}
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		g_autofree char *text = NULL;

		if ((g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml")) &&
		    g_file_get_contents(file, &text, NULL, NULL) &&
		    strstr(text, "kind: Scenario")) {
			g_ptr_array_add(found, g_steal_pointer(&file));
		}
	}
	g_dir_close(dir);
	g_ptr_array_sort(found, compare_names);
	g_ptr_array_extend_and_steal(paths, g_steal_pointer(&found));
	return true;
}

static GPtrArray *collect(char *const *arguments, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	for (char *const *argument = arguments; *argument; argument++) {
		if (!g_file_test(*argument, G_FILE_TEST_IS_DIR)) {
			g_ptr_array_add(paths, g_strdup(*argument));
		} else if (!add_folder(paths, *argument, error)) {
			return NULL;
		}
	}
	if (paths->len == 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "no scenario found");
		return NULL;
	}
	return g_steal_pointer(&paths);
}

/* --- running --- */

static void run_replication(gpointer data, gpointer unused)
{
	struct replication *r = data;
	struct simulate_options options = r->options->simulate;

	if (r->seed) {
		options.seed_text = r->seed;
	}
	simulate(r->path, &options, &r->result, &r->error);
}

/* Runs replications @from to @to of every trial. */
static void run_some(struct trial *trials, unsigned n, unsigned from, unsigned to,
                     const struct test_options *options)
{
	int jobs = options->jobs > 0 ? options->jobs : (int)g_get_num_processors();
	GThreadPool *pool = g_thread_pool_new(run_replication, NULL, jobs, FALSE, NULL);

	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = from; k < MIN(to, trials[i].n); k++) {
			g_thread_pool_push(pool, &trials[i].replications[k], NULL);
		}
	}
	g_thread_pool_free(pool, FALSE, TRUE);
}

/* Every scenario under its own seed first, which says what the others are: the ones that follow. */
static void run_all(struct trial *trials, unsigned n, const struct test_options *options)
{
	run_some(trials, n, 0, 1, options);
	for (unsigned i = 0; i < n; i++) {
		const struct replication *own = &trials[i].replications[0];

		if (own->error) {
			trials[i].n = 1;
		}
		for (unsigned k = 1; k < trials[i].n; k++) {
			trials[i].replications[k].seed =
			    g_strdup_printf("%" G_GUINT64_FORMAT, own->result.scenario->seed + k);
		}
	}
	run_some(trials, n, 1, G_MAXUINT, options);
}

/* --- several seeds --- */

struct tally {                           /* of one line of `expect:` over the seeds */
	const struct verdict *worst;     /* the first that did not hold, else the own seed's */
	const struct replication *where; /* that it comes from */
	unsigned held, n;
	bool good;
};

static struct tally tally_line(const struct trial *trial, unsigned line)
{
	struct tally tally = {NULL, NULL, 0, trial->n, false};
	bool error = false;

	for (unsigned k = 0; k < trial->n; k++) {
		const struct replication *r = &trial->replications[k];
		const struct verdict *verdict = r->result.verdicts->pdata[line];

		tally.held += verdict->outcome == VERDICT_HELD;
		error |= verdict->outcome == VERDICT_ERROR;
		if (!tally.worst ||
		    (tally.worst->outcome == VERDICT_HELD && verdict->outcome != VERDICT_HELD)) {
			tally.worst = verdict;
			tally.where = r;
		}
	}
	tally.good = !error && tally.held >= trial->replications[0].options->share * tally.n;
	return tally;
}

/* The chance of @k or more of @n with probability @p each. */
static double at_least(unsigned k, unsigned n, double p)
{
	double sum = 0, term = pow(p, n); /* n of n */

	for (unsigned i = n;; i--) {
		sum += term;
		if (i == k) {
			return sum;
		}
		term *= (double)i / (n - i + 1) * (1 - p) / p;
	}
}

/* The share of all seeds in which a line holds, at least, with 95 % confidence, after it held in @k
 * of @n (Clopper and Pearson, one-sided). */
static double certain_share(unsigned k, unsigned n)
{
	double low = 0, high = 1;

	for (int i = 0; k > 0 && i < 50; i++) {
		double middle = (low + high) / 2;

		*(at_least(k, n, middle) < 0.05 ? &low : &high) = middle;
	}
	return low;
}

/* The first seed that could not be run, or NULL. */
static const struct replication *failed_replication(const struct trial *trial)
{
	for (unsigned k = 0; k < trial->n; k++) {
		if (trial->replications[k].error) {
			return &trial->replications[k];
		}
	}
	return NULL;
}

static int trial_code(const struct trial *trial)
{
	int code = EXIT_GOOD;

	if (failed_replication(trial)) {
		return EXIT_BAD_INPUT;
	}
	for (unsigned i = 0; i < trial->replications[0].result.verdicts->len; i++) {
		struct tally tally = tally_line(trial, i);

		if (tally.worst->outcome == VERDICT_ERROR) {
			return EXIT_BAD_INPUT;
		}
		code = tally.good ? code : EXIT_NOT_HELD;
	}
	return code;
}

/* --- telling --- */

static void tell_comment(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line) {
			g_string_append_printf(out, "# %s\n", *line);
		}
	}
}

static void tell_failure(GString *out, const struct tally *tally, bool github)
{
	const struct expectation *expectation = tally->worst->expectation;

	g_string_append_printf(out, "#   expected: %s\n#   seen:     %s\n#   at %s:%u\n",
	                       expectation->line, tally->worst->seen, expectation->where.file,
	                       expectation->where.line);
	if (github) {
		g_string_append_printf(out, "::error file=%s,line=%u::expected %s, seen %s\n",
		                       expectation->where.file, expectation->where.line,
		                       expectation->line, tally->worst->seen);
	}
}

static void tell_seeds(GString *out, const struct tally *tally)
{
	if (tally->n > 1) {
		g_string_append_printf(out,
		                       "#   held with %u of %u seeds: with at least %.1f %% of "
		                       "all, at 95 %% confidence\n",
		                       tally->held, tally->n,
		                       100 * certain_share(tally->held, tally->n));
	}
	if (tally->n > 1 && tally->held < tally->n) {
		g_string_append_printf(out, "#   not with seed %" G_GUINT64_FORMAT ": seen %s\n",
		                       tally->where->result.scenario->seed, tally->worst->seen);
	}
}

static void tell_error(GString *out, const struct replication *failed, unsigned *number,
                       bool github)
{
	g_string_append_printf(out, "not ok %u - %s\n", ++*number, failed->path);
	tell_comment(out, failed->error->message);
	if (github) {
		g_string_append_printf(out, "::error::%s\n", failed->error->message);
	}
}

static void tell_trial(GString *out, const struct trial *trial, unsigned *number, bool github)
{
	const struct replication *own = &trial->replications[0],
				 *failed = failed_replication(trial);
	const struct replication *bad = NULL;

	if (failed) {
		tell_error(out, failed, number, github);
		return;
	}
	for (unsigned i = 0; i < own->result.verdicts->len; i++) {
		struct tally tally = tally_line(trial, i);

		g_string_append_printf(out, "%sok %u - %s: %s\n", tally.good ? "" : "not ",
		                       ++*number, own->result.scenario->name,
		                       tally.worst->expectation->line);
		tell_seeds(out, &tally);
		if (!tally.good) {
			tell_failure(out, &tally, github);
			bad = bad ? bad : tally.where;
		}
	}
	if (bad) {
		g_autoptr(GString) findings = g_string_new(NULL);

		findings_print(bad->result.findings, findings, false);
		tell_comment(out, findings->str);
	}
	if (own->result.verdicts->len == 0) {
		g_string_append_printf(out, "ok %u - %s: runs # SKIP nothing is expected\n",
		                       ++*number, own->result.scenario->name);
	}
}

static unsigned lines_of(const struct trial *trial)
{
	return failed_replication(trial) ? 1 : MAX(trial->replications[0].result.verdicts->len, 1);
}

static void junit_trial(GString *xml, const struct trial *trial)
{
	const struct replication *own = &trial->replications[0],
				 *failed = failed_replication(trial);
	g_autofree char *suite = g_markup_escape_text(own->path, -1);

	g_string_append_printf(xml, "  <testsuite name=\"%s\">\n", suite);
	if (failed) {
		g_autofree char *text = g_markup_escape_text(failed->error->message, -1);

		g_string_append_printf(
		    xml, "    <testcase name=\"loads and runs\"><error>%s</error></testcase>\n",
		    text);
	}
	for (unsigned i = 0; !failed && i < own->result.verdicts->len; i++) {
		struct tally tally = tally_line(trial, i);
		g_autofree char *line = g_markup_escape_text(tally.worst->expectation->line, -1);
		g_autofree char *seen =
		    g_markup_escape_text(tally.worst->seen ? tally.worst->seen : "", -1);

		g_string_append_printf(xml, "    <testcase name=\"%s\">", line);
		if (!tally.good) {
			g_string_append_printf(
			    xml, "<failure>seen %s; held with %u of %u seeds</failure>", seen,
			    tally.held, tally.n);
		}
		g_string_append(xml, "</testcase>\n");
	}
	g_string_append(xml, "  </testsuite>\n");
}

static bool write_junit(const struct trial *trials, unsigned n, const char *path, GError **error)
{
	g_autoptr(GString) xml =
	    g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");

	for (unsigned i = 0; i < n; i++) {
		junit_trial(xml, &trials[i]);
	}
	g_string_append(xml, "</testsuites>\n");
	return output_put(path, xml->str, error);
}

static int tell_all(const struct trial *trials, unsigned n, const struct test_options *options)
{
	g_autoptr(GString) out = g_string_new("TAP version 13\n");
	unsigned lines = 0, number = 0;
	GError *error = NULL;
	int code = EXIT_GOOD;

	for (unsigned i = 0; i < n; i++) {
		lines += lines_of(&trials[i]);
		code = MAX(code, trial_code(&trials[i]));
	}
	g_string_append_printf(out, "1..%u\n", lines);
	for (unsigned i = 0; i < n; i++) {
		tell_trial(out, &trials[i], &number, options->github);
	}
	if (options->junit && !write_junit(trials, n, options->junit, &error)) {
		return command_fail(error);
	}
	return command_print(out->str) == EXIT_GOOD ? code : EXIT_BAD_INPUT;
}

/* --- the command --- */

static struct trial *make_trials(const GPtrArray *paths, const struct test_options *options)
{
	struct trial *trials = g_new0(struct trial, paths->len);

	for (unsigned i = 0; i < paths->len; i++) {
		trials[i].n = (unsigned)options->seeds;
		trials[i].replications = g_new0(struct replication, trials[i].n);
		for (unsigned k = 0; k < trials[i].n; k++) {
			trials[i].replications[k].path = paths->pdata[i];
			trials[i].replications[k].options = options;
		}
	}
	return trials;
}

static void free_trials(struct trial *trials, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < trials[i].n; k++) {
			g_free(trials[i].replications[k].seed);
			g_clear_error(&trials[i].replications[k].error);
			simulated_clear(&trials[i].replications[k].result);
		}
		g_free(trials[i].replications);
	}
	g_free(trials);
}

static bool read_options(struct test_options *options, GError **error)
{
	char *end = NULL;

	if (options->seeds < 1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		            "--seeds: expected at least 1");
		return false;
	}
	options->share = 1;
	if (options->share_text) {
		options->share = g_ascii_strtod(options->share_text, &end);
		if (*end == '%') {
			options->share /= 100;
			end++;
		}
		if (end == options->share_text || *end ||
		    !(options->share > 0 && options->share <= 1)) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			            "--share: expected a share such as 95%% or 0.95, not '%s'",
			            options->share_text);
			return false;
		}
	}
	return true;
}

static int test_scenarios(char *const *arguments, struct test_options *options)
{
	GError *error = NULL;
	g_autoptr(GPtrArray) paths =
	    read_options(options, &error) ? collect(arguments, &error) : NULL;

	if (!paths) {
		return command_fail(error);
	}
	struct trial *trials = make_trials(paths, options);

	run_all(trials, paths->len, options);
	int code = tell_all(trials, paths->len, options);

	free_trials(trials, paths->len);
	return code;
}

int command_test(int argc, char **argv)
{
	struct test_options options = {.seeds = 1};
	const GOptionEntry entries[] = {
	    {"junit", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.junit,
	     "Also write JUnit XML to FILE", "FILE"},
	    {"github", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.github,
	     "Also print GitHub annotations", NULL},
	    {"jobs", 'j', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &options.jobs,
	     "Scenarios at a time (default: all cores)", "N"},
	    {"seeds", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &options.seeds,
	     "Run each scenario with its seed and the N - 1 that follow (default: 1)", "N"},
	    {"share", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &options.share_text,
	     "Lines must hold with this share of the seeds (default: 100%)", "SHARE"},
	    SIMULATE_OPTIONS(options.simulate),
	    G_OPTION_ENTRY_NULL,
	};
	int code;

	if (command_parse("test", "FILE|DIR...",
	                  "Runs scenarios and checks what they expect; prints TAP.", examples,
	                  entries, &argc, &argv, 1, -1, &code)) {
		code = test_scenarios(argv + 1, &options);
	}
	simulate_options_clear(&options.simulate);
	g_free(options.junit);
	g_free(options.share_text);
	return code;
}
