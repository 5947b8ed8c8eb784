/* Every file of the folder `bad` has faults, and says in leading comments which: `# expect:
 * LINE:COLUMN: message` for a fault in the file itself, `# expect: FILE:LINE:COLUMN: message` for
 * one in a file that it names; FOLDER in a message stands for the folder. All of them must be
 * found, at their places, and no others. The folder is given as the argument. */

#include "scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

static const char *folder;

/* The faults that @text announces, with @path before those of the file itself. */
static GPtrArray *expected_faults(const char *path, const char *text)
{
	GPtrArray *faults = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(text, "FOLDER", -1);
	g_autofree char *whole = g_strjoinv(folder, parts);
	g_auto(GStrv) lines = g_strsplit(whole, "\n", -1);

	for (char **line = lines; *line && g_str_has_prefix(*line, "# expect: "); line++) {
		const char *rest = *line + strlen("# expect: ");

		if (g_ascii_isdigit(*rest)) {
			g_ptr_array_add(faults, g_strdup_printf("%s:%s", path, rest));
		} else if (g_str_has_prefix(rest, "FILE: ")) {
			g_ptr_array_add(faults,
			                g_strdup_printf("%s%s", path, rest + strlen("FILE")));
		} else {
			g_ptr_array_add(faults, g_build_filename(folder, rest, NULL));
		}
	}
	return faults;
}

static void check_file(const char *path)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_autoptr(GPtrArray) expected = expected_faults(path, text);
	struct scenario *scenario = scenario_load(path, NULL, &error);

	if (scenario) {
		scenario_free(scenario);
		fail_msg("%s: no fault was found", path);
	}
	g_ptr_array_add(expected, NULL);
	g_autofree char *wanted = g_strjoinv("\n", (GStrv)expected->pdata);

	if (!g_str_equal(error->message, wanted)) {
		fail_msg("%s: expected\n%s\ngot\n%s", path, wanted, error->message);
	}
}

static void test_every_fault_of_a_bad_file_is_told_with_its_place(void **state)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	unsigned files = 0;

	assert_non_null(dir);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		if (g_str_has_suffix(name, ".yaml")) {
			g_autofree char *path = g_build_filename(folder, name, NULL);

			check_file(path);
			files++;
		}
	}
	g_dir_close(dir);
	assert_true(files >= 40);
}

/* --- files that would be silly to keep --- */

/* Loads a file of @text; the error's message, or NULL when it was good. */
static char *load_text(const char *text, size_t length)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	int fd = g_file_open_tmp("podsim-XXXXXX.yaml", &path, NULL);

	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
	struct scenario *scenario = scenario_load(path, NULL, &error);

	g_unlink(path);
	scenario_free(scenario);
	return error ? g_strdup(error->message) : NULL;
}

static void test_an_empty_file_is_no_scenario(void **state)
{
	g_autofree char *nothing = load_text("", 0);
	g_autofree char *comment = load_text("# later\n", 8);

	assert_non_null(strstr(nothing, "expected one document of kind Scenario, found 0"));
	assert_non_null(strstr(comment, "expected one document of kind Scenario, found 0"));
}

static void test_bytes_that_are_no_text_are_refused(void **state)
{
	g_autofree char *zeros = load_text("\0\0\0\0", 4);
	g_autofree char *latin = load_text("spec: \xe9\xff\n", 9);

	assert_non_null(zeros);
	assert_non_null(latin);
}

static void test_a_deep_file_is_refused(void **state)
{
	g_autoptr(GString) text = g_string_new("spec: ");

	for (int i = 0; i < 100000; i++) {
		g_string_append_c(text, '[');
	}
	g_autofree char *message = load_text(text->str, text->len);

	assert_non_null(message);
}

/* Ten aliases of ten aliases of ...: a few hundred bytes that stand for ten billion values. */
static void test_a_billion_laughs_are_refused(void **state)
{
	g_autoptr(GString) text = g_string_new("a: &a0 [x, x, x, x, x, x, x, x, x, x]\n");

	for (int i = 1; i < 10; i++) {
		g_string_append_printf(text, "b%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++) {
			g_string_append_printf(text, "%s*a%d", k ? ", " : "", i - 1);
		}
		g_string_append(text, "]\n");
	}
	g_autofree char *message = load_text(text->str, text->len);

	assert_non_null(message);
}

static void test_a_huge_file_is_refused(void **state)
{
	size_t length = (64 << 20) + 100;
	g_autofree char *text = g_malloc(length);

	memset(text, '#', length);
	g_autofree char *message = load_text(text, length);

	assert_non_null(message);
}

static void test_many_faults_are_told_up_to_a_limit(void **state)
{
	g_autoptr(GString) text = g_string_new("apiVersion: podsim/v1\nkind: Scenario\nspec:\n");

	for (int i = 0; i < 5000; i++) {
		g_string_append_printf(text, "  field%d: x\n", i);
	}
	g_autofree char *message = load_text(text->str, text->len);
	g_auto(GStrv) lines = g_strsplit(message, "\n", -1);

	assert_int_equal(g_strv_length(lines), 201);
	assert_string_equal(lines[200], "and more faults, which are not shown");
}

static void test_an_absent_file_is_told(void **state)
{
	g_autoptr(GError) error = NULL;

	assert_null(scenario_load("/nowhere/at/all.yaml", NULL, &error));
	assert_non_null(strstr(error->message, "/nowhere/at/all.yaml"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_fault_of_a_bad_file_is_told_with_its_place),
	    cmocka_unit_test(test_an_empty_file_is_no_scenario),
	    cmocka_unit_test(test_bytes_that_are_no_text_are_refused),
	    cmocka_unit_test(test_a_deep_file_is_refused),
	    cmocka_unit_test(test_a_billion_laughs_are_refused),
	    cmocka_unit_test(test_a_huge_file_is_refused),
	    cmocka_unit_test(test_many_faults_are_told_up_to_a_limit),
	    cmocka_unit_test(test_an_absent_file_is_told),
	};

	if (argc != 2) {
		return 2;
	}
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
