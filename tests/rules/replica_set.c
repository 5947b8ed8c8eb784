/* replica_set.c - which pods go, how pods are created, and what they are called. */

#include "rules/deletion_order.h"
#include "rules/names.h"
#include "rules/slow_start.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (100 * SIM_HOUR)

static const struct deletion_rules rules = {.logarithmic_age = true, .cost = true, .now = NOW};

static struct deletion_candidate ready_for(sim_time duration, const char *uid)
{
	return (struct deletion_candidate){.assigned = true,
	                                   .phase = POD_RUNNING,
	                                   .ready = true,
	                                   .ready_since = NOW - duration,
	                                   .created = NOW - duration,
	                                   .uid = uid};
}

static void test_within_one_bucket_of_time_the_smaller_uid_goes(void **state)
{
	struct deletion_candidate forty = ready_for(40 * SIM_MINUTE, "b");
	struct deletion_candidate sixty = ready_for(60 * SIM_MINUTE, "a");
	struct deletion_candidate ninety = ready_for(90 * SIM_MINUTE, "a");

	assert_true(deletion_compare(&sixty, &forty, &rules) < 0);
	assert_true(deletion_compare(&forty, &ninety, &rules) < 0);
}

static void test_a_decision_by_uid_hides_restarts(void **state)
{
	struct deletion_candidate a = ready_for(40 * SIM_MINUTE, "a");
	struct deletion_candidate b = ready_for(41 * SIM_MINUTE, "b");

	b.restarts = 9;
	assert_true(deletion_compare(&a, &b, &rules) < 0);
	b.ready_since = a.ready_since;
	assert_true(deletion_compare(&b, &a, &rules) < 0);
}

static void test_a_crowded_node_gives_a_pod_before_a_young_one_goes(void **state)
{
	struct deletion_candidate pods[] = {ready_for(SIM_MINUTE, "a"), ready_for(SIM_HOUR, "b")};

	pods[0].rank = 1;
	pods[1].rank = 2;
	g_autoptr(GArray) order = deletion_order(pods, 2, &rules);

	assert_int_equal(g_array_index(order, unsigned, 0), 1);
}

static void test_equal_pods_keep_their_order(void **state)
{
	struct deletion_candidate pods[8];

	for (unsigned i = 0; i < G_N_ELEMENTS(pods); i++) {
		pods[i] = ready_for(SIM_HOUR, "same");
	}
	g_autoptr(GArray) order = deletion_order(pods, G_N_ELEMENTS(pods), &rules);

	for (unsigned i = 0; i < G_N_ELEMENTS(pods); i++) {
		assert_int_equal(g_array_index(order, unsigned, i), i);
	}
}

static bool admit(void *quota)
{
	return (*(int *)quota)-- > 0;
}

static void test_a_quota_of_three_stops_creation_in_the_batch_of_four(void **state)
{
	g_autoptr(GArray) batches = g_array_new(FALSE, FALSE, sizeof(unsigned));
	int quota = 3;
	bool failed;

	assert_int_equal(slow_start(8, admit, &quota, batches, &failed), 3);
	assert_true(failed);
	assert_int_equal(batches->len, 3);
	assert_int_equal(g_array_index(batches, unsigned, 2), 4);
}

/* --- names --- */

static void test_a_pod_name_has_five_characters_that_make_no_words(void **state)
{
	struct random_stream stream = random_stream_of(7, RANDOM_NAME);
	g_autofree char *name = name_generate("web-7c5ddbdf54", &stream, 0, 0);
	g_autofree char *again = name_generate("web-7c5ddbdf54", &stream, 0, 0);
	g_autofree char *next = name_generate("web-7c5ddbdf54", &stream, 1, 0);
	g_autofree char *taken = name_generate("web-7c5ddbdf54", &stream, 0, 1);

	assert_true(g_str_has_prefix(name, "web-7c5ddbdf54-"));
	assert_int_equal(strlen(name), strlen("web-7c5ddbdf54-") + 5);
	assert_int_equal(strspn(name + strlen("web-7c5ddbdf54-"), "bcdfghjklmnpqrstvwxz2456789"),
	                 5);
	assert_string_equal(name, again);
	assert_string_not_equal(name, next);
	assert_string_not_equal(name, taken);
}

static void test_a_long_base_is_cut_so_that_the_name_has_63_characters(void **state)
{
	struct random_stream stream = random_stream_of(7, RANDOM_NAME);
	g_autofree char *base = g_strnfill(80, 'a');
	g_autofree char *name = name_generate(base, &stream, 0, 0);

	assert_int_equal(strlen(name), 63);
}

/* A template of one container with @image, and a label. */
static struct pod_template template_of(const char *image, const char *label)
{
	struct pod_template template = {.source = doc_new_map()};
	struct doc *metadata = doc_new_map(), *labels = doc_new_map(), *spec = doc_new_map();

	doc_set_string(labels, label, "x");
	doc_set(metadata, "labels", labels);
	doc_set_string(spec, "image", image);
	doc_set(template.source, "metadata", metadata);
	doc_set(template.source, "spec", spec);
	return template;
}

static void test_a_template_hash_depends_on_the_template_alone(void **state)
{
	struct pod_template one = template_of("a:1", "app"), two = template_of("a:2", "app");
	g_autofree char *first = name_template_hash(&one, 0);
	g_autofree char *second = name_template_hash(&two, 0);
	g_autofree char *collided = name_template_hash(&one, 1);

	assert_int_equal(strspn(first, "456789bcdf"), strlen(first));
	assert_in_range(strlen(first), 1, 10);
	assert_string_not_equal(first, second);
	assert_string_not_equal(first, collided);
	doc_set_string(doc_find(one.source, "metadata", "labels", NULL), "pod-template-hash",
	               first);
	g_autofree char *labelled = name_template_hash(&one, 0);

	assert_string_equal(first, labelled);
	doc_free(one.source);
	doc_free(two.source);
}

static void test_the_order_of_keys_does_not_change_a_template_hash(void **state)
{
	struct pod_template one = {.source = doc_new_map()}, two = {.source = doc_new_map()};

	doc_set_string(one.source, "a", "1");
	doc_set_string(one.source, "b", "2");
	doc_set_string(two.source, "b", "2");
	doc_set_string(two.source, "a", "1");
	g_autofree char *first = name_template_hash(&one, 0);
	g_autofree char *second = name_template_hash(&two, 0);

	assert_string_equal(first, second);
	doc_free(one.source);
	doc_free(two.source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_within_one_bucket_of_time_the_smaller_uid_goes),
	    cmocka_unit_test(test_a_decision_by_uid_hides_restarts),
	    cmocka_unit_test(test_a_crowded_node_gives_a_pod_before_a_young_one_goes),
	    cmocka_unit_test(test_equal_pods_keep_their_order),
	    cmocka_unit_test(test_a_quota_of_three_stops_creation_in_the_batch_of_four),
	    cmocka_unit_test(test_a_pod_name_has_five_characters_that_make_no_words),
	    cmocka_unit_test(test_a_long_base_is_cut_so_that_the_name_has_63_characters),
	    cmocka_unit_test(test_a_template_hash_depends_on_the_template_alone),
	    cmocka_unit_test(test_the_order_of_keys_does_not_change_a_template_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
