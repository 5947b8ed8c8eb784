/* test.c - podsim test FILE|DIR...: scenarios as regression tests, in TAP.
 *
 * Scenarios run in parallel; what is printed does not depend on how many at a time. */

#include "commands/all.h"
#include "commands/simulate.h"

#include <stdio.h>
#include <string.h>

struct test_options {
	struct simulate_options simulate;
	char *junit;
	gboolean github;
	int jobs;
};

struct trial { /* one scenario, run by one thread */
	const char *path;
	const struct test_options *options;
	struct simulated result;
	GError *error;
	int code;
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

static void run_trial(gpointer data, gpointer unused)
{
	struct trial *trial = data;

	if (!simulate(trial->path, &trial->options->simulate, &trial->result, &trial->error)) {
		trial->code = EXIT_BAD_INPUT;
	} else {
		simulated_holds(&trial->result, &trial->code);
	}
}

static void run_all(struct trial *trials, unsigned n, const struct test_options *options)
{
	int jobs = options->jobs > 0 ? options->jobs : (int)g_get_num_processors();
	GThreadPool *pool = g_thread_pool_new(run_trial, NULL, jobs, FALSE, NULL);

	for (unsigned i = 0; i < n; i++) {
		g_thread_pool_push(pool, &trials[i], NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
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

static void tell_failure(GString *out, const struct trial *trial, const struct verdict *verdict,
                         bool github)
{
	const struct expectation *expectation = verdict->expectation;

	g_string_append_printf(out, "#   expected: %s\n#   seen:     %s\n#   at %s:%u\n",
	                       expectation->line, verdict->seen, expectation->where.file,
	                       expectation->where.line);
	if (github) {
		g_string_append_printf(out, "::error file=%s,line=%u::expected %s, seen %s\n",
		                       expectation->where.file, expectation->where.line,
		                       expectation->line, verdict->seen);
	}
}

static void tell_trial(GString *out, const struct trial *trial, unsigned *number, bool github)
{
	if (trial->error) {
		g_string_append_printf(out, "not ok %u - %s\n", ++*number, trial->path);
		tell_comment(out, trial->error->message);
		if (github) {
			g_string_append_printf(out, "::error::%s\n", trial->error->message);
		}
		return;
	}
	for (unsigned i = 0; i < trial->result.verdicts->len; i++) {
		const struct verdict *verdict = trial->result.verdicts->pdata[i];
		bool held = verdict->outcome == VERDICT_HELD;

		g_string_append_printf(out, "%sok %u - %s: %s\n", held ? "" : "not ", ++*number,
		                       trial->result.scenario->name, verdict->expectation->line);
		if (!held) {
			tell_failure(out, trial, verdict, github);
		}
	}
	if (trial->code != EXIT_GOOD) {
		g_autoptr(GString) findings = g_string_new(NULL);

		findings_print(trial->result.findings, findings, false);
		tell_comment(out, findings->str);
	}
	if (trial->result.verdicts->len == 0) {
		g_string_append_printf(out, "ok %u - %s: runs # SKIP nothing is expected\n",
		                       ++*number, trial->result.scenario->name);
	}
}

static unsigned lines_of(const struct trial *trial)
{
	return trial->error ? 1 : MAX(trial->result.verdicts->len, 1);
}

static char *junit_of(const struct trial *trials, unsigned n)
{
	GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");

	for (unsigned i = 0; i < n; i++) {
		const struct trial *trial = &trials[i];
		g_autofree char *suite = g_markup_escape_text(trial->path, -1);

		g_string_append_printf(xml, "  <testsuite name=\"%s\">\n", suite);
		if (trial->error) {
			g_autofree char *text = g_markup_escape_text(trial->error->message, -1);

			g_string_append_printf(
			    xml,
			    "    <testcase name=\"loads and runs\"><error>%s</error></testcase>\n",
			    text);
		}
		for (unsigned j = 0; !trial->error && j < trial->result.verdicts->len; j++) {
			const struct verdict *verdict = trial->result.verdicts->pdata[j];
			g_autofree char *line =
			    g_markup_escape_text(verdict->expectation->line, -1);
			g_autofree char *seen =
			    g_markup_escape_text(verdict->seen ? verdict->seen : "", -1);

			g_string_append_printf(xml, "    <testcase name=\"%s\">", line);
			if (verdict->outcome != VERDICT_HELD) {
				g_string_append_printf(xml, "<failure>seen %s</failure>", seen);
			}
			g_string_append(xml, "</testcase>\n");
		}
		g_string_append(xml, "  </testsuite>\n");
	}
	g_string_append(xml, "</testsuites>\n");
	return g_string_free(xml, FALSE);
}

static int tell_all(const struct trial *trials, unsigned n, const struct test_options *options)
{
	g_autoptr(GString) out = g_string_new("TAP version 13\n");
	unsigned lines = 0, number = 0;
	GError *error = NULL;
	int code = EXIT_GOOD;

	for (unsigned i = 0; i < n; i++) {
		lines += lines_of(&trials[i]);
		code = MAX(code, trials[i].code);
	}
	g_string_append_printf(out, "1..%u\n", lines);
	for (unsigned i = 0; i < n; i++) {
		tell_trial(out, &trials[i], &number, options->github);
	}
	if (options->junit) {
		g_autofree char *xml = junit_of(trials, n);

		if (!g_file_set_contents(options->junit, xml, -1, &error)) {
			return command_fail(error);
		}
	}
	return command_print(out->str) == EXIT_GOOD ? code : EXIT_BAD_INPUT;
}

static int test_scenarios(char *const *arguments, const struct test_options *options)
{
	GError *error = NULL;
	g_autoptr(GPtrArray) paths = collect(arguments, &error);

	if (!paths) {
		return command_fail(error);
	}
	struct trial *trials = g_new0(struct trial, paths->len);

	for (unsigned i = 0; i < paths->len; i++) {
		trials[i].path = paths->pdata[i];
		trials[i].options = options;
	}
	run_all(trials, paths->len, options);
	int code = tell_all(trials, paths->len, options);

	for (unsigned i = 0; i < paths->len; i++) {
		simulated_clear(&trials[i].result);
		g_clear_error(&trials[i].error);
	}
	g_free(trials);
	return code;
}

int command_test(int argc, char **argv)
{
	struct test_options options = {0};
	const GOptionEntry entries[] = {
	    {"junit", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &options.junit,
	     "Also write JUnit XML to FILE", "FILE"},
	    {"github", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &options.github,
	     "Also print GitHub annotations", NULL},
	    {"jobs", 'j', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT, &options.jobs,
	     "Scenarios at a time (default: all cores)", "N"},
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
	return code;
}
