/* Maps of strings and label selectors. */

#include "kube/strings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

/* "a=1,b=2" */
static struct string_map *map_of(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);
	struct string_map *map = NULL;

	for (size_t i = 0; parts[i] != NULL; i++) {
		g_auto(GStrv) pair = g_strsplit(parts[i], "=", 2);
		struct string_map *with = string_map_with(map, pair[0], pair[1]);

		string_map_unref(map);
		map = with;
	}
	return map;
}

static void test_a_map_is_sorted_and_never_changes(void **state)
{
	struct string_map *map = map_of("b=2,a=1,c=3");
	struct string_map *without = string_map_with(map, "b", NULL);
	struct string_map *changed = string_map_with(map, "c", "4");
	g_autofree char *text = string_map_to_string(map);
	g_autofree char *text_without = string_map_to_string(without);

	assert_string_equal(text, "a=1,b=2,c=3");
	assert_string_equal(text_without, "a=1,c=3");
	assert_string_equal(string_map_get(changed, "c"), "4");
	assert_string_equal(string_map_get(map, "c"), "3");
	assert_null(string_map_get(map, "d"));
	assert_int_equal(string_map_size(map), 3);
	assert_string_equal(string_map_key_at(map, 1), "b");
	assert_string_equal(string_map_value_at(map, 1), "2");
	assert_null(string_map_key_at(map, 3));
	assert_false(string_map_equal(map, changed));
	string_map_unref(map);
	string_map_unref(without);
	string_map_unref(changed);
}

static void test_the_empty_map_is_null(void **state)
{
	struct string_map *one = string_map_with(NULL, "a", "1");
	struct string_map *none = string_map_with(one, "a", NULL);

	assert_null(none);
	assert_null(string_map_with(NULL, "a", NULL));
	assert_int_equal(string_map_size(NULL), 0);
	assert_null(string_map_get(NULL, "a"));
	assert_true(string_map_equal(NULL, none));
	assert_false(string_map_equal(one, NULL));
	string_map_unref(one);
	string_map_unref(NULL);
}

static void test_selectors_match_as_kubernetes_says(void **state)
{
	static const struct {
		const char *selector, *labels;
		bool matches;
	} cases[] = {
	    {"", "a=1", true},
	    {"app=web", "app=web,x=y", true},
	    {"app==web", "app=web", true},
	    {"app=web", "app=wen", false},
	    {"app=web", "x=y", false},
	    {"app=", "app=", true},
	    {"app=web,x=y", "app=web", false},
	    {"app!=web", "app=wen", true},
	    {"app!=web", "x=y", true},
	    {"app!=web", "app=web", false},
	    {"app in (web, api)", "app=api", true},
	    {"app in (web,api)", "app=db", false},
	    {"app in (web,api)", "x=y", false},
	    {"app notin (web,api)", "app=db", true},
	    {"app notin (web,api)", "x=y", true},
	    {"app notin (web,api)", "app=web", false},
	    {"app", "app=web", true},
	    {"app", "x=y", false},
	    {"!app", "x=y", true},
	    {"! app", "app=web", false},
	    {"a=1,a=2", "a=1", false},
	    {"app.kubernetes.io/name=web", "app.kubernetes.io/name=web", true},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct label_selector *selector = label_selector_parse(cases[i].selector, &error);
		struct string_map *labels = map_of(cases[i].labels);

		assert_non_null(selector);
		struct label_selector *copy = label_selector_copy(selector);

		label_selector_free(selector);
		if (label_selector_matches(copy, labels) != cases[i].matches) {
			fail_msg("%s and %s", cases[i].selector, cases[i].labels);
		}
		label_selector_free(copy);
		string_map_unref(labels);
	}
}

static void test_no_selector_matches_nothing(void **state)
{
	struct string_map *labels = map_of("a=1");

	assert_false(label_selector_matches(NULL, labels));
	assert_false(label_selector_is_empty(NULL));
	assert_null(label_selector_copy(NULL));
	label_selector_free(NULL);
	string_map_unref(labels);
}

static void test_selectors_are_printed_in_order_of_keys(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
	    {"", "<none>"},
	    {"tier in (b,a),app=web,env!=prod,!x,y", "app=web,env notin (prod),tier in (a,b),!x,y"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct label_selector *selector = label_selector_parse(cases[i].text, NULL);
		g_autofree char *printed = label_selector_to_string(selector);

		assert_string_equal(printed, cases[i].printed);
		label_selector_free(selector);
	}
}

static void test_what_is_no_selector_is_refused(void **state)
{
	static const char *const wrong[] = {",",   "a=1,", "a in b", "a in (b", "=1",
	                                    "a~b", "a in", "!",      "a=b=c",   "(a)"};

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		if (label_selector_parse(wrong[i], &error) != NULL) {
			fail_msg("\"%s\" is read", wrong[i]);
		}
		assert_non_null(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_map_is_sorted_and_never_changes),
	    cmocka_unit_test(test_the_empty_map_is_null),
	    cmocka_unit_test(test_selectors_match_as_kubernetes_says),
	    cmocka_unit_test(test_no_selector_matches_nothing),
	    cmocka_unit_test(test_selectors_are_printed_in_order_of_keys),
	    cmocka_unit_test(test_what_is_no_selector_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
