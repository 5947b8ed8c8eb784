/* Every study of the folder `bad` has faults, and says in leading comments which: `# expect:
 * LINE:COLUMN: message`; FOLDER in a message stands for the folder. All of them must be found, at
 * their places, and no others. The folder is given as the argument. */

#include "study/study.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *folder;

static char *expected_faults(const char *path, const char *text)
{
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(text, "FOLDER", -1);
	g_autofree char *whole = g_strjoinv(folder, parts);
	g_auto(GStrv) lines = g_strsplit(whole, "\n", -1);

	for (char **line = lines; *line && g_str_has_prefix(*line, "# expect: "); line++) {
		g_ptr_array_add(faults,
		                g_strdup_printf("%s:%s", path, *line + strlen("# expect: ")));
	}
	g_ptr_array_add(faults, NULL);
	return g_strjoinv("\n", (GStrv)faults->pdata);
}

static void check_file(const char *path)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_autofree char *wanted = expected_faults(path, text);
	g_autoptr(study) study = study_load(path, &error);

	assert_true(*wanted != '\0');
	if (study) {
		fail_msg("%s: no fault was found", path);
	} else if (!g_str_equal(error->message, wanted)) {
		fail_msg("%s: expected\n%s\ngot\n%s", path, wanted, error->message);
	}
}

static void test_every_fault_of_a_bad_study_is_told_with_its_place(void **state)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	unsigned files = 0;

	assert_non_null(dir);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL; files++) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		check_file(path);
	}
	g_dir_close(dir);
	assert_true(files >= 19);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_fault_of_a_bad_study_is_told_with_its_place),
	};

	folder = argc > 1 ? argv[1] : "bad";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
