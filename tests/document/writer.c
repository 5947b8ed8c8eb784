/* Writing YAML and JSON: what is quoted, how numbers look, and that all of it is read back as it
 * was. */

#include "document/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static void check_read_back(const struct doc *document, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "f", &error);

	if (documents == NULL || documents->len != 1 || !doc_equal(documents->pdata[0], document)) {
		fail_msg("not read back as it was (%s):\n%s", error == NULL ? "" : error->message,
		         text);
	}
}

static void check_string(const char *text, const char *yaml)
{
	g_autoptr(doc) list = doc_new_list();

	doc_append(list, doc_new_string(text));
	g_autofree char *written = doc_to_yaml(list);
	g_autofree char *json = doc_to_json(list, 0);

	if (yaml != NULL) {
		assert_string_equal(written, yaml);
	}
	check_read_back(list, written);
	check_read_back(list, json);
}

static void test_strings_are_quoted_when_they_would_mean_something_else(void **state)
{
	check_string("web", "- web\n");
	check_string("true", "- \"true\"\n");
	check_string("yes", "- \"yes\"\n");
	check_string("n", "- \"n\"\n");
	check_string("~", "- \"~\"\n");
	check_string("", "- \"\"\n");
	check_string("1", "- \"1\"\n");
	check_string("0x1F", "- \"0x1F\"\n");
	check_string("1e3", "- \"1e3\"\n");
	check_string("1_000", "- \"1_000\"\n");
	check_string("12:30", "- \"12:30\"\n");
	check_string("2024-01-02T03:04:05Z", "- \"2024-01-02T03:04:05Z\"\n");
	check_string("250m", "- 250m\n");
	check_string("25%", "- 25%\n");
	check_string("a: b", "- 'a: b'\n");
	check_string("#a", "- '#a'\n");
	check_string(" a", "- ' a'\n");
	check_string("a\nb\n", "- |\n  a\n  b\n");
	check_string("a\nb", "- |-\n  a\n  b\n");
	check_string("<<", "- \"<<\"\n");
}

static void test_odd_strings_are_read_back(void **state)
{
	static const char *const odd[] = {"\"",
	                                  "'",
	                                  "\\",
	                                  "\t",
	                                  "a\tb",
	                                  "\r\n",
	                                  "\x01",
	                                  "é",
	                                  "\xf0\x9f\x98\x80",
	                                  "- a",
	                                  "-",
	                                  "?",
	                                  ":",
	                                  "a:",
	                                  "{",
	                                  "[",
	                                  "]",
	                                  "&a",
	                                  "*a",
	                                  "!a",
	                                  "|",
	                                  ">",
	                                  "%a",
	                                  "@a",
	                                  "`a",
	                                  "a #b",
	                                  "  lead\n\ntail  \n\n",
	                                  "\n",
	                                  "---",
	                                  "...",
	                                  "\xc2\xa0",
	                                  "\xe2\x80\xa8",
	                                  "null ",
	                                  "1 ",
	                                  "=",
	                                  ",",
	                                  "a, b"};

	for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
		check_string(odd[i], NULL);
	}
}

static void test_lists_stand_at_the_column_of_their_key(void **state)
{
	static const char *const text = "a:\n"
					"- b: 1\n"
					"  c:\n"
					"  - - x\n"
					"    - z\n"
					"  - {}\n"
					"d: []\n"
					"e:\n"
					"  f: null\n"
					"  \"true\": true\n";
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "f", NULL);
	g_autofree char *written = doc_to_yaml(documents->pdata[0]);

	assert_string_equal(written, text);
}

static void test_long_lines_are_not_folded(void **state)
{
	g_autofree char *words = g_strdup("a");

	for (int i = 0; i < 100; i++) {
		char *longer = g_strconcat(words, " word", NULL);

		g_free(words);
		words = longer;
	}
	g_autofree char *yaml = g_strdup_printf("- %s\n", words);

	check_string(words, yaml);
}

static void test_floats_are_the_shortest_that_read_back(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
	    {0.1, "[0.1]"},       {1.0 / 3, "[0.3333333333333333]"},
	    {1.0, "[1.0]"},       {-0.0, "[-0.0]"},
	    {1e21, "[1e+21]"},    {0.1 + 0.2, "[0.30000000000000004]"},
	    {5e-324, "[5e-324]"}, {123456789.125, "[123456789.125]"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(doc) list = doc_new_list();

		doc_append(list, doc_new_float(cases[i].value));
		g_autofree char *json = doc_to_json(list, 0);
		g_autofree char *yaml = doc_to_yaml(list);

		assert_string_equal(json, cases[i].text);
		check_read_back(list, json);
		check_read_back(list, yaml);
	}
}

static void test_json_has_no_infinity(void **state)
{
	g_autoptr(doc) list = doc_new_list();

	doc_append(list, doc_new_float(INFINITY));
	doc_append(list, doc_new_float(NAN));
	g_autofree char *json = doc_to_json(list, 0);
	g_autofree char *yaml = doc_to_yaml(list);

	assert_string_equal(json, "[null,null]");
	check_read_back(list, yaml);
}

static void test_numbers_do_not_follow_the_locale(void **state)
{
	if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL && setlocale(LC_ALL, "fr_FR.UTF-8") == NULL) {
		skip(); /* neither is on this machine */
	}
	g_autoptr(doc) list = doc_new_list();

	doc_append(list, doc_new_float(1.5));
	g_autofree char *json = doc_to_json(list, 0);

	check_read_back(list, json);
	setlocale(LC_ALL, "C");
	assert_string_equal(json, "[1.5]");
}

static void test_json_is_indented_when_asked(void **state)
{
	g_autoptr(GPtrArray) documents = doc_read_text("{a: [1, {}], b: []}", -1, "f", NULL);
	g_autofree char *json = doc_to_json(documents->pdata[0], 2);

	assert_string_equal(json, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings_are_quoted_when_they_would_mean_something_else),
	    cmocka_unit_test(test_odd_strings_are_read_back),
	    cmocka_unit_test(test_lists_stand_at_the_column_of_their_key),
	    cmocka_unit_test(test_long_lines_are_not_folded),
	    cmocka_unit_test(test_floats_are_the_shortest_that_read_back),
	    cmocka_unit_test(test_json_has_no_infinity),
	    cmocka_unit_test(test_numbers_do_not_follow_the_locale),
	    cmocka_unit_test(test_json_is_indented_when_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
