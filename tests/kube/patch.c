/* Patches of objects: every case of patch-cases.yaml, which is given as the argument.
 *
 * A case has `name`, and either `type`, `object`, `patch` or the three documents of an apply
 * (`last`, `wanted`, `live`), and `expect` or `error`, words that the refusal must hold. */

#include "kube/patch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *cases_path;

static struct doc *run_case(const struct doc *kase, GError **error)
{
	static const char *const types[] = {"strategic", "merge", "json", NULL};
	const char *type = doc_text(doc_get(kase, "type"));

	if (doc_get(kase, "wanted")) {
		return patch_three_way(doc_get(kase, "last"), doc_get(kase, "wanted"),
		                       doc_get(kase, "live"), error);
	}
	for (int i = 0; types[i]; i++) {
		if (g_strcmp0(type, types[i]) == 0) {
			return patch_apply((enum patch_type)i, doc_get(kase, "object"),
			                   doc_get(kase, "patch"), error);
		}
	}
	fail_msg("a case without a type");
	return NULL;
}

static void check_case(const struct doc *kase)
{
	const char *name = doc_text(doc_get(kase, "name"));
	const char *words = doc_text(doc_get(kase, "error"));
	g_autoptr(doc) before = doc_copy(kase);
	g_autoptr(GError) error = NULL;
	g_autoptr(doc) result = run_case(kase, &error);

	if (!doc_equal(before, kase)) {
		fail_msg("%s: the documents that were given have changed", name);
	}
	if (words) {
		if (result || !strstr(error->message, words)) {
			fail_msg("%s: expected a refusal with '%s', got %s", name, words,
			         result ? "an object" : error->message);
		}
		return;
	}
	if (!result) {
		fail_msg("%s: %s", name, error->message);
	}
	if (!doc_equal(result, doc_get(kase, "expect"))) {
		g_autofree char *got = doc_to_json(result, 0);
		g_autofree char *wanted = doc_to_json(doc_get(kase, "expect"), 0);

		fail_msg("%s:\n  expected %s\n  got      %s", name, wanted, got);
	}
}

static void test_every_case_of_the_table_holds(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_file(cases_path, &error);

	assert_non_null(documents);
	assert_true(documents->len > 40);
	for (unsigned i = 0; i < documents->len; i++) {
		check_case(documents->pdata[i]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_case_of_the_table_holds),
	};

	if (argc != 2) {
		return 2;
	}
	cases_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
