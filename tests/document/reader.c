/* Reading YAML and JSON: what plain scalars mean, aliases and merges, and where faults are said to
 * be. */

#include "document/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

static struct doc *read_one(const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "file.yaml", &error);

	if (error != NULL) {
		print_error("%s\n", error->message);
	}
	assert_null(error);
	assert_int_equal(documents->len, 1);
	return doc_copy(documents->pdata[0]);
}

static void check_kind(const char *scalar, enum doc_kind kind)
{
	g_autofree char *text = g_strdup_printf("a: %s\n", scalar);
	g_autoptr(doc) document = read_one(text);

	if (doc_kind_of(doc_get(document, "a")) != kind) {
		fail_msg("%s is read as %s", scalar,
		         doc_kind_name(doc_kind_of(doc_get(document, "a"))));
	}
}

static void test_plain_words_are_booleans_as_in_yaml_1_1(void **state)
{
	static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
	                                  "True", "TRUE", "on",  "On",  "ON"};
	static const char *const no[] = {"n",     "N",     "no",  "No",  "NO", "false",
	                                 "False", "FALSE", "off", "Off", "OFF"};
	static const char *const text[] = {"yES",    "tRUE",       "oN",        "\"yes\"",
	                                   "'true'", "!!str true", "yes please"};

	for (size_t i = 0; i < G_N_ELEMENTS(yes); i++) {
		g_autofree char *line = g_strdup_printf("[%s, %s]", yes[i], no[i]);
		g_autoptr(doc) list = read_one(line);

		assert_int_equal(doc_kind_of(doc_at(list, 0)), DOC_BOOL);
		assert_int_equal(doc_kind_of(doc_at(list, 1)), DOC_BOOL);
		assert_true(doc_bool(doc_at(list, 0), false));
		assert_false(doc_bool(doc_at(list, 1), true));
		assert_string_equal(doc_text(doc_at(list, 0)), yes[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(text); i++) {
		check_kind(text[i], DOC_STRING);
	}
}

static void test_nothing_is_null(void **state)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", "!!null ''"};

	for (size_t i = 0; i < G_N_ELEMENTS(nulls); i++) {
		check_kind(nulls[i], DOC_NULL);
	}
	check_kind("nULL", DOC_STRING);
	check_kind("''", DOC_STRING);
}

static void test_whole_numbers_have_bases_and_underscores(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
	    {"0", 0},
	    {"-0", 0},
	    {"+7", 7},
	    {"-12", -12},
	    {"0x1F", 31},
	    {"-0x10", -16},
	    {"017", 15},
	    {"0o17", 15},
	    {"0b101", 5},
	    {"1_000", 1000},
	    {"0x_ff", 255},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	    {"!!int 3", 3},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strdup_printf("[%s]", cases[i].text);
		g_autoptr(doc) list = read_one(line);
		int64_t value;

		assert_int_equal(doc_kind_of(doc_at(list, 0)), DOC_INT);
		assert_true(doc_int(doc_at(list, 0), &value));
		assert_int_equal(value, cases[i].value);
	}
}

static void test_floats(void **state)
{
	static const struct {
		const char *text;
		double value;
	} cases[] = {
	    {"1.5", 1.5},
	    {".5", 0.5},
	    {"5.", 5.0},
	    {"1e3", 1000.0},
	    {"-2.5E-1", -0.25},
	    {"08", 8.0},
	    {".inf", INFINITY},
	    {"-.Inf", -INFINITY},
	    {"9223372036854775808", 9223372036854775808.0},
	    {"!!float 3", 3.0},
	    {"1_0.5", 10.5},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strdup_printf("[%s]", cases[i].text);
		g_autoptr(doc) list = read_one(line);
		double value;

		assert_int_equal(doc_kind_of(doc_at(list, 0)), DOC_FLOAT);
		assert_true(doc_number(doc_at(list, 0), &value));
		assert_true(value == cases[i].value);
	}
	check_kind(".nan", DOC_FLOAT);
}

static void test_a_float_without_fraction_is_a_whole_number_when_one_is_asked_for(void **state)
{
	g_autoptr(doc) list = read_one("[1e3, 1.5, 1e30]");
	int64_t value;

	assert_true(doc_int(doc_at(list, 0), &value));
	assert_int_equal(value, 1000);
	assert_false(doc_int(doc_at(list, 1), &value));
	assert_false(doc_int(doc_at(list, 2), &value));
}

static void test_what_looks_like_a_number_but_is_none_stays_text(void **state)
{
	static const char *const texts[] = {"12:30:45",
	                                    "1.2.3",
	                                    "1e",
	                                    "0x",
	                                    "0xg",
	                                    "--1",
	                                    "+",
	                                    "-",
	                                    ".",
	                                    "2024-01-02",
	                                    "2024-01-02T03:04:05Z",
	                                    "250m",
	                                    "1Gi",
	                                    "0b2",
	                                    "1 2",
	                                    "=",
	                                    "..."};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *line = g_strdup_printf("a: [%s]\n", texts[i]);

		if (strcmp(texts[i], "-") != 0) {
			g_autoptr(doc) document = read_one(line);

			assert_string_equal(doc_string(doc_at(doc_get(document, "a"), 0)),
			                    texts[i]);
		}
	}
}

static void test_scalars_keep_their_text_beside_the_value(void **state)
{
	g_autoptr(doc) map = read_one("a: 0x10\nb: \"0x10\"\nc: 1.50\n");

	assert_string_equal(doc_text(doc_get(map, "a")), "0x10");
	assert_string_equal(doc_text(doc_get(map, "b")), "0x10");
	assert_string_equal(doc_text(doc_get(map, "c")), "1.50");
	assert_null(doc_string(doc_get(map, "a")));
	assert_string_equal(doc_string(doc_get(map, "b")), "0x10");
}

static void test_keys_become_the_text_that_json_would_have(void **state)
{
	g_autoptr(doc) map = read_one("on: a\n0x10: b\n\"off\": c\n1.5: d\n");

	assert_string_equal(doc_string(doc_get(map, "true")), "a");
	assert_string_equal(doc_string(doc_get(map, "16")), "b");
	assert_string_equal(doc_string(doc_get(map, "off")), "c");
	assert_string_equal(doc_string(doc_get(map, "1.5")), "d");
}

static void test_every_value_knows_its_place(void **state)
{
	g_autoptr(doc) map = read_one("a:\n  - x\n  - b: 'y'\n    é: [1, 2]\nc: {d: z}\n");
	const struct doc *item = doc_at(doc_get(map, "a"), 1);

	assert_string_equal(doc_where(map).file, "file.yaml");
	assert_int_equal(doc_where(doc_at(doc_get(map, "a"), 0)).line, 2);
	assert_int_equal(doc_where(doc_at(doc_get(map, "a"), 0)).column, 5);
	assert_int_equal(doc_where(item).line, 3);
	assert_int_equal(doc_where(doc_get(item, "b")).column, 8);
	assert_int_equal(doc_where(doc_at(doc_get(item, "é"), 1)).line, 4);
	assert_int_equal(doc_where(doc_at(doc_get(item, "é"), 1)).column, 12);
	assert_int_equal(doc_key_where(item, 1).line, 4);
	assert_int_equal(doc_key_where(item, 1).column, 5);
	assert_int_equal(doc_where(doc_find(map, "c", "d", NULL)).column, 8);
}

static void test_aliases_are_copies(void **state)
{
	g_autoptr(doc) map = read_one("a: &x {b: [1, &y 2]}\nc: *x\nd: *y\n&k key: *k\n");

	assert_true(doc_equal(doc_get(map, "a"), doc_get(map, "c")));
	assert_ptr_not_equal(doc_get(map, "a"), doc_get(map, "c"));
	assert_string_equal(doc_text(doc_get(map, "d")), "2");
	assert_string_equal(doc_string(doc_get(map, "key")), "key");
	assert_int_equal(doc_where(doc_find(map, "c", "b", NULL)).line, 1);
}

static void test_a_maps_own_keys_win_over_merged_ones(void **state)
{
	g_autoptr(doc) map = read_one("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\n"
	                              "z:\n  <<: [*x, *y]\n  a: 9\nw:\n  a: 8\n  <<: *x\n"
	                              "v: {\"<<\": 1}\n");

	g_autoptr(doc) z = read_one("{a: 9, b: 2, c: 4}");
	g_autoptr(doc) w = read_one("{a: 8, b: 2}");

	assert_true(doc_equal(doc_get(map, "z"), z));
	assert_true(doc_equal(doc_get(map, "w"), w));
	assert_non_null(doc_find(map, "v", "<<", NULL));
}

static void test_documents_of_a_file_are_separate_and_empty_ones_are_left_out(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) documents =
	    doc_read_text("---\na: &x 1\n---\n# nothing\n---\n- b\n...\n", -1, "f", &error);

	assert_null(error);
	assert_int_equal(documents->len, 2);
	assert_int_equal(doc_kind_of(documents->pdata[1]), DOC_LIST);

	g_autoptr(GPtrArray) none = doc_read_text("", -1, "f", &error);

	assert_null(error);
	assert_int_equal(none->len, 0);
}

static void test_json_is_read(void **state)
{
	g_autoptr(doc) map =
	    read_one("{\"a\":\"b\\u00e9\\n\\\"\",\"c\":[1,2.5,true,null],\n\t\"d\":{}}");

	assert_string_equal(doc_string(doc_get(map, "a")), "bé\n\"");
	assert_int_equal(doc_length(doc_get(map, "c")), 4);
	assert_int_equal(doc_kind_of(doc_at(doc_get(map, "c"), 3)), DOC_NULL);
	assert_int_equal(doc_kind_of(doc_get(map, "d")), DOC_MAP);
}

static void test_faults_of_syntax_have_a_place(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"a: 1\nb: 2\na: 3\n", "f:3:1: \"a\" is given twice, first in line 1"},
	    {"a: 1\n'a': 2\n", "f:2:1: \"a\" is given twice, first in line 1"},
	    {"on: 1\nyes: 2\n", "f:2:1: \"true\" is given twice, first in line 1"},
	    {"a:\n\tb: 1\n",
	     "f:2:1: a tab; YAML is indented with spaces (found character that cannot start "
	     "any token)"},
	    {"a: \"\xff\"\n", "f:1:5: not UTF-8: invalid leading UTF-8 octet (0xff)"},
	    {"a: é\nb: \x01\n", "f:2:4: the control character 0x01 is not allowed"},
	    {"a: [1, 2\nb: 3\n",
	     "f:2:2: did not find expected ',' or ']', while parsing a flow sequence that "
	     "begins in line 1"},
	    {"a: b: c\n", "f:1:5: mapping values are not allowed in this context"},
	    {"a: *x\n", "f:1:4: *x: there is no anchor &x before this place"},
	    {"--- &x\na: 1\n---\nb: *x\n", "f:4:4: *x: there is no anchor &x before this place"},
	    {"a: &x [1, *x]\n",
	     "f:1:11: *x stands inside the value that &x names, which would never end"},
	    {"a: &x {b: {<<: *x}}\n",
	     "f:1:16: *x stands inside the value that &x names, which would never end"},
	    {"? [a]\n: 1\n", "f:1:3: a key must be a text, not a list"},
	    {"~: 1\n", "f:1:1: a key must not be empty"},
	    {"a: {<<: 1}\n", "f:1:5: << merges a map or a list of maps, not a number"},
	    {"a: !!int x\n", "f:1:4: \"x\" is tagged as a number, but it is not"},
	    {"a: \"b\\0c\"\n", "f:1:4: a text with a zero byte (\\0) in it"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) documents = doc_read_text(cases[i].text, -1, "f", &error);

		assert_null(documents);
		assert_true(g_error_matches(error, DOC_ERROR, DOC_ERROR_SYNTAX));
		assert_string_equal(error->message, cases[i].message);
	}
}

static void test_documents_that_would_grow_without_end_are_refused(void **state)
{
	g_autoptr(GString) laughs = g_string_new("a: &a [1,1,1,1,1,1,1,1,1,1]\n");
	g_autoptr(GError) error = NULL;

	for (char c = 'b'; c <= 'j'; c++) {
		g_string_append_printf(laughs, "%c: &%c [", c, c);
		for (int i = 0; i < 10; i++) {
			g_string_append_printf(laughs, "%s*%c", i > 0 ? "," : "", c - 1);
		}
		g_string_append(laughs, "]\n");
	}
	assert_null(doc_read_text(laughs->str, -1, "f", &error));
	assert_non_null(strstr(error->message, "f:7:29: *f would make the document larger"));
}

static void test_a_hundred_levels_are_enough(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *open = g_strnfill(101, '[');
	g_autofree char *close = g_strnfill(101, ']');
	g_autofree char *deep = g_strconcat(open + 1, close + 1, NULL);
	g_autofree char *deeper = g_strconcat(open, close, NULL);
	g_autoptr(GPtrArray) documents = doc_read_text(deep, -1, "f", &error);

	assert_null(error);
	assert_int_equal(documents->len, 1);
	assert_null(doc_read_text(deeper, -1, "f", &error));
	assert_string_equal(error->message,
	                    "f:1:101: lists and maps are nested more than 100 deep");
}

static void test_a_file_that_cannot_be_read_is_named(void **state)
{
	g_autoptr(GError) error = NULL;

	assert_null(doc_read_file("/nowhere/to/be/found.yaml", &error));
	assert_true(g_error_matches(error, DOC_ERROR, DOC_ERROR_FILE));
	assert_non_null(strstr(error->message, "/nowhere/to/be/found.yaml: "));
	g_clear_error(&error);
	assert_null(doc_read_file("/", &error));
	assert_true(g_error_matches(error, DOC_ERROR, DOC_ERROR_FILE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain_words_are_booleans_as_in_yaml_1_1),
	    cmocka_unit_test(test_nothing_is_null),
	    cmocka_unit_test(test_whole_numbers_have_bases_and_underscores),
	    cmocka_unit_test(test_floats),
	    cmocka_unit_test(test_a_float_without_fraction_is_a_whole_number_when_one_is_asked_for),
	    cmocka_unit_test(test_what_looks_like_a_number_but_is_none_stays_text),
	    cmocka_unit_test(test_scalars_keep_their_text_beside_the_value),
	    cmocka_unit_test(test_keys_become_the_text_that_json_would_have),
	    cmocka_unit_test(test_every_value_knows_its_place),
	    cmocka_unit_test(test_aliases_are_copies),
	    cmocka_unit_test(test_a_maps_own_keys_win_over_merged_ones),
	    cmocka_unit_test(test_documents_of_a_file_are_separate_and_empty_ones_are_left_out),
	    cmocka_unit_test(test_json_is_read),
	    cmocka_unit_test(test_faults_of_syntax_have_a_place),
	    cmocka_unit_test(test_documents_that_would_grow_without_end_are_refused),
	    cmocka_unit_test(test_a_hundred_levels_are_enough),
	    cmocka_unit_test(test_a_file_that_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
