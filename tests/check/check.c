/* Every rule has a folder of its name, with a bad example and a good one. `expect` says what is
 * found in the bad one, a line each: FILE:LINE:COLUMN: SEVERITY: RULE; notes count only when they
 * are expected. In the good one nothing may be found but notes of other rules. The folder is given
 * as the argument. */

#include "check/check.h"
#include "kube/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

static const char *folder;

/* --- reading and checking one file --- */

struct checked {
	struct check_result result;
	struct scenario *scenario;
};

static void check_file(const char *path, struct checked *checked)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_file(path, &error);

	if (!documents) {
		fail_msg("%s", error->message);
	}
	memset(checked, 0, sizeof(*checked));
	if (g_strcmp0(doc_text(doc_get(documents->pdata[0], "kind")), "Scenario") == 0) {
		checked->scenario = scenario_load(path, NULL, &error);
		if (!checked->scenario) {
			fail_msg("%s", error->message);
		}
		assert_true(check(NULL, checked->scenario, &checked->result, &error));
		return;
	}
	g_autoptr(GPtrArray) objects = manifest_split(documents, &error);

	if (!objects || !check(objects, NULL, &checked->result, &error)) {
		fail_msg("%s", error->message);
	}
}

static void checked_clear(struct checked *checked)
{
	check_result_clear(&checked->result);
	scenario_free(checked->scenario);
}

/* "FILE:LINE:COLUMN: SEVERITY: RULE", the file without its folder. */
static char *line_of(const struct check_finding *finding)
{
	g_autofree char *file =
	    g_path_get_basename(finding->where.file ? finding->where.file : "nowhere");

	return g_strdup_printf("%s:%u:%u: %s: %s", file, finding->where.line, finding->where.column,
	                       check_severity_name(finding->severity), finding->rule);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sorted(GPtrArray *lines)
{
	g_ptr_array_sort(lines, compare_lines);
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

/* --- the examples --- */

static void assert_says_everything(const struct check_finding *finding)
{
	if (finding->severity != CHECK_NOTE &&
	    (!finding->reason || !finding->advice || !finding->cost || !finding->where.file)) {
		fail_msg("%s: a reason, an advice, a cost or a place is missing: %s", finding->rule,
		         finding->message);
	}
}

static void check_bad(const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, "bad.yaml", NULL);
	g_autofree char *expect = g_build_filename(folder, name, "expect", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
	struct checked checked;

	assert_true(g_file_get_contents(expect, &text, NULL, NULL));
	g_auto(GStrv) wanted = g_strsplit(g_strchomp(text), "\n", -1);

	for (char **line = wanted; *line; line++) {
		g_ptr_array_add(expected, g_strdup(*line));
	}
	check_file(path, &checked);
	for (unsigned i = 0; i < checked.result.findings->len; i++) {
		const struct check_finding *finding = checked.result.findings->pdata[i];
		char *line = line_of(finding);

		assert_says_everything(finding);
		if (finding->severity != CHECK_NOTE ||
		    g_strv_contains((const char *const *)wanted, line)) {
			g_ptr_array_add(lines, line);
		} else {
			g_free(line);
		}
	}
	g_autofree char *got = sorted(lines), *want = sorted(expected);

	if (!g_str_equal(got, want)) {
		fail_msg("%s: expected\n%s\ngot\n%s", path, want, got);
	}
	checked_clear(&checked);
}

static void check_good(const char *name, const char *rule)
{
	g_autofree char *path = g_build_filename(folder, name, "good.yaml", NULL);
	struct checked checked;

	check_file(path, &checked);
	for (unsigned i = 0; i < checked.result.findings->len; i++) {
		const struct check_finding *finding = checked.result.findings->pdata[i];

		if (finding->severity != CHECK_NOTE || g_str_equal(finding->rule, rule)) {
			fail_msg("%s: %s: %s", path, finding->rule, finding->message);
		}
	}
	checked_clear(&checked);
}

/* The rule whose name @folder_name begins with; the longest. */
static const char *rule_of(const char *folder_name)
{
	const char *best = NULL;

	for (const struct check_rule *rule = check_rules; rule->name; rule++) {
		if (g_str_has_prefix(folder_name, rule->name) &&
		    (!best || strlen(rule->name) > strlen(best))) {
			best = rule->name;
		}
	}
	return best;
}

static void test_every_rule_finds_its_bad_example_and_not_its_good_one(void **state)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GDir *dir = g_dir_open(folder, 0, NULL);

	assert_non_null(dir);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *bad = g_build_filename(folder, name, "bad.yaml", NULL);
		const char *rule = rule_of(name);

		if (!g_file_test(bad, G_FILE_TEST_EXISTS)) {
			continue;
		}
		assert_non_null(rule);
		check_bad(name);
		check_good(name, rule);
		g_hash_table_add(seen, (void *)rule);
	}
	g_dir_close(dir);
	for (const struct check_rule *rule = check_rules; rule->name; rule++) {
		if (!g_hash_table_contains(seen, rule->name)) {
			fail_msg("%s has no examples", rule->name);
		}
	}
}

/* --- manifests after the shapes of public applications --- */

/* What is said of them, and is true: `public/expect`, lines of FILE: SEVERITY: RULE: OBJECT. */
static void test_nothing_false_is_said_of_public_applications(void **state)
{
	g_autofree char *path = g_build_filename(folder, "public", NULL);
	g_autofree char *expect = g_build_filename(path, "expect", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(path, 0, NULL);
	unsigned files = 0;

	assert_non_null(dir);
	assert_true(g_file_get_contents(expect, &text, NULL, NULL));
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		struct checked checked;

		if (!g_str_has_suffix(name, ".yaml") && !g_str_has_suffix(name, ".json")) {
			continue;
		}
		files++;
		check_file(file, &checked);
		for (unsigned i = 0; i < checked.result.findings->len; i++) {
			const struct check_finding *finding = checked.result.findings->pdata[i];

			assert_says_everything(finding);
			if (finding->severity != CHECK_NOTE) {
				g_ptr_array_add(
				    lines, g_strdup_printf("%s: %s: %s: %s", name,
				                           check_severity_name(finding->severity),
				                           finding->rule, finding->object));
			}
		}
		for (unsigned i = 0; i < checked.result.budgets->len; i++) {
			const struct check_budget *budget = checked.result.budgets->pdata[i];

			assert_true(budget->ready.earliest <= budget->ready.latest);
			assert_true(budget->removal.earliest <= budget->removal.latest);
			assert_true(budget->restart.earliest <= budget->restart.latest);
		}
		checked_clear(&checked);
	}
	g_dir_close(dir);
	g_autofree char *got = sorted(lines);

	assert_string_equal(got, g_strchomp(text));
	assert_true(files >= 30);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_rule_finds_its_bad_example_and_not_its_good_one),
	    cmocka_unit_test(test_nothing_false_is_said_of_public_applications),
	};

	if (argc != 2) {
		return 2;
	}
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
