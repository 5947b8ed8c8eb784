/* Trees made and changed by the program, comparing them, and finding the nearest name. */

#include "document/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_absent_documents_read_as_nothing(void **state)
{
	g_autoptr(doc) map = doc_new_map();
	int64_t whole;
	double number;

	assert_int_equal(doc_kind_of(NULL), DOC_NULL);
	assert_null(doc_get(NULL, "a"));
	assert_null(doc_get(map, "a"));
	assert_null(doc_at(map, 0));
	assert_null(doc_text(map));
	assert_null(doc_find(map, "a", "b", NULL));
	assert_int_equal(doc_length(NULL), 0);
	assert_false(doc_int(NULL, &whole));
	assert_false(doc_number(map, &number));
	assert_true(doc_bool(NULL, true));
	assert_null(doc_copy(NULL));
	assert_null(doc_where(NULL).file);
	doc_free(NULL);
}

static void test_a_map_keeps_its_order_whatever_its_size(void **state)
{
	g_autoptr(doc) map = doc_new_map();
	char key[16];

	for (int i = 0; i < 1000; i++) {
		g_snprintf(key, sizeof(key), "k%d", (i * 7) % 1000);
		doc_set_int(map, key, i);
	}
	assert_int_equal(doc_length(map), 1000);
	assert_string_equal(doc_key_at(map, 1), "k7");
	doc_set_int(map, "k7", -1);
	assert_string_equal(doc_key_at(map, 1), "k7");
	assert_string_equal(doc_text(doc_get(map, "k7")), "-1");
	for (int i = 0; i < 1000; i += 2) {
		g_snprintf(key, sizeof(key), "k%d", i);
		assert_true(doc_remove(map, key));
	}
	assert_int_equal(doc_length(map), 500);
	assert_null(doc_get(map, "k500"));
	assert_string_equal(doc_text(doc_get(map, "k7")), "-1");
	assert_false(doc_remove(map, "k500"));

	g_autoptr(doc) copy = doc_copy(map);

	assert_true(doc_equal(map, copy));
	assert_string_equal(doc_key_at(copy, 0), "k7");
	doc_set_int(copy, "k993", 5);
	assert_false(doc_equal(map, copy));
}

static void test_items_are_inserted_and_removed(void **state)
{
	g_autoptr(doc) list = doc_new_list();

	doc_append(list, doc_new_int(1));
	doc_append(list, doc_new_int(3));
	doc_insert(list, 1, doc_new_int(2));
	doc_insert(list, 3, doc_new_int(4));
	doc_remove_at(list, 0);
	g_autofree char *json = doc_to_json(list, 0);

	assert_string_equal(json, "[2,3,4]");
}

static void test_stolen_values_belong_to_the_caller(void **state)
{
	g_autoptr(doc) map = doc_new_map();

	doc_set_string(map, "a", "b");
	doc_set_string(map, "none", NULL);
	g_autoptr(doc) value = doc_steal(map, "a");

	assert_string_equal(doc_string(value), "b");
	assert_int_equal(doc_length(map), 0);
	assert_null(doc_steal(map, "a"));
}

static struct doc *read_one(const char *text)
{
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "f", NULL);

	assert_non_null(documents);
	return doc_copy(documents->pdata[0]);
}

static void check_equal(const char *a, const char *b, bool equal)
{
	g_autoptr(doc) x = read_one(a);
	g_autoptr(doc) y = read_one(b);

	assert_int_equal(doc_equal(x, y), equal);
	assert_int_equal(doc_equal(y, x), equal);
}

static void test_equality_looks_at_kinds_and_values_not_at_order_and_place(void **state)
{
	check_equal("{a: 1, b: [x]}", "b:\n- x\na: 1\n", true);
	check_equal("{a: 1}", "{a: 1.0}", false);
	check_equal("{a: 1}", "{a: '1'}", false);
	check_equal("{a: 0x10}", "{a: 16}", true);
	check_equal("[1, 2]", "[2, 1]", false);
	check_equal("{a: 1}", "{a: 1, b: ~}", false);
	check_equal("{a: 1, c: 2}", "{a: 1, b: 2}", false);
	check_equal("[.nan]", "[.NaN]", true);
	check_equal("[yes]", "[true]", true);
	check_equal("[~]", "['']", false);
}

static void test_keys_are_sorted_as_kubectl_prints_them(void **state)
{
	g_autoptr(doc) map =
	    read_one("{b: {z: 1, a: 2}, a10: 1, a9: 1, B: 1, a: [{w: 1, v: 2}], 9: 1}");

	doc_sort_keys(map);
	g_autofree char *json = doc_to_json(map, 0);

	assert_string_equal(json, "{\"9\":1,\"B\":1,\"a\":[{\"v\":2,\"w\":1}],\"a9\":1,\"a10\":1,"
	                          "\"b\":{\"a\":2,\"z\":1}}");
	assert_string_equal(doc_text(doc_get(map, "a9")), "1");
}

static void test_errors_begin_with_the_place(void **state)
{
	g_autoptr(doc) map = read_one("a:\n  b: 1\n");
	g_autoptr(GError) error = NULL;

	doc_error_at(&error, doc_find(map, "a", "b", NULL), "%d is %s", 1, "wrong");
	assert_true(g_error_matches(error, DOC_ERROR, DOC_ERROR_INVALID));
	assert_string_equal(error->message, "f:2:6: 1 is wrong");
	g_clear_error(&error);
	doc_error_at(&error, NULL, "nowhere");
	assert_string_equal(error->message, "nowhere");
}

static void test_the_nearest_name_is_found_by_edits_and_beginnings(void **state)
{
	static const char *const known[] = {
	    "initialDelaySeconds", "periodSeconds", "path", "port", "replicas", NULL};

	assert_string_equal(doc_nearest("replica", known), "replicas");
	assert_string_equal(doc_nearest("Replicas", known), "replicas");
	assert_string_equal(doc_nearest("initialDelay", known), "initialDelaySeconds");
	assert_string_equal(doc_nearest("intialDelaySeconds", known), "initialDelaySeconds");
	assert_string_equal(doc_nearest("peroidSeconds", known), "periodSeconds");
	assert_string_equal(doc_nearest("prot", known), "port");
	assert_null(doc_nearest("zzz", known));
	assert_null(doc_nearest("", known));
}

/* Larger than a chunk of memory, and with more keys than are compared one by one. */
static struct doc *grown_tree(struct doc_pool *pool)
{
	struct doc *map = doc_new_map_in(pool);
	struct doc *list = doc_set_list(map, "list");

	for (int i = 0; i < 3000; i++) {
		g_autofree char *key = g_strdup_printf("key-%d", i);
		struct doc *item = doc_add_map(list);

		doc_set_string(item, key, key);
		doc_set_int(item, "number", i);
		doc_set_bool(item, "even", i % 2 == 0);
		doc_set_float(item, "half", i / 2.0);
		doc_set_null(item, "nothing");
		doc_add_string(doc_set_list(item, "texts"), key);
		if (i < 100) {
			doc_set_int(map, key, i);
		}
	}
	doc_remove(map, "key-50");
	doc_set_copy(map, "again", doc_at(list, 7));
	doc_sort_keys(map);
	return map;
}

static void test_a_tree_of_a_pool_is_like_any_other(void **state)
{
	g_autoptr(doc_pool) pool = doc_pool_new();
	g_autoptr(doc) plain = grown_tree(NULL);
	g_autofree char *expected = doc_to_json(plain, 0);

	for (int i = 0; i < 3; i++) { /* in memory that was used before, too */
		struct doc *pooled = grown_tree(pool);
		g_autoptr(GString) text = g_string_new("text: ");

		doc_append_json(text, pooled);
		assert_true(g_str_has_prefix(text->str, "text: {"));
		assert_string_equal(text->str + strlen("text: "), expected);
		assert_true(doc_equal(pooled, plain));
		assert_null(doc_get(pooled, "key-50"));
		struct doc *copy = doc_copy_in(pool, plain);
		g_autoptr(doc) out = doc_copy(pooled); /* outlives the pool's turn */

		assert_true(doc_equal(copy, plain));
		doc_free(pooled); /* does nothing */
		doc_pool_empty(pool);
		doc_set_string(doc_new_map_in(pool), "other", "text");
		assert_true(doc_equal(out, plain));
	}
	doc_pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_absent_documents_read_as_nothing),
	    cmocka_unit_test(test_a_map_keeps_its_order_whatever_its_size),
	    cmocka_unit_test(test_items_are_inserted_and_removed),
	    cmocka_unit_test(test_stolen_values_belong_to_the_caller),
	    cmocka_unit_test(test_equality_looks_at_kinds_and_values_not_at_order_and_place),
	    cmocka_unit_test(test_keys_are_sorted_as_kubectl_prints_them),
	    cmocka_unit_test(test_errors_begin_with_the_place),
	    cmocka_unit_test(test_the_nearest_name_is_found_by_edits_and_beginnings),
	    cmocka_unit_test(test_a_tree_of_a_pool_is_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
