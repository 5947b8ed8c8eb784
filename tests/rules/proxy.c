/* proxy.c - which endpoints a node uses, by what chance, and when it learns of a change. */

#include "rules/endpoints_usable.h"
#include "rules/proxy_sync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS SIM_MILLISECOND

/* A, not ready B, terminating C: what a slice says of the worked example's pods. */
static const struct usable_endpoint three[] = {
    {.ready = true, .serving = true},
    {.ready = false, .serving = false},
    {.ready = false, .serving = true, .terminating = true},
};

static void ask(const struct usable_endpoint *endpoints, size_t n, bool fallback,
                struct usable_answer *answer)
{
	const struct usable_question question = {
	    .terminating_fallback = fallback, .node = "node-1", .endpoints = endpoints, .n = n};

	usable_endpoints(&question, answer);
}

static void test_a_terminating_pod_gets_nothing_while_another_is_ready(void **state)
{
	struct usable_answer answer;

	ask(three, 3, true, &answer);
	assert_true(answer.in_cluster[0]);
	assert_false(answer.in_cluster[1]);
	assert_false(answer.in_cluster[2]);
	usable_answer_clear(&answer);
}

static void test_a_terminating_pod_that_serves_is_the_last_resort(void **state)
{
	struct usable_endpoint endpoints[3];
	struct usable_answer answer;

	memcpy(endpoints, three, sizeof three);
	endpoints[0].ready = endpoints[0].serving = false;
	ask(endpoints, 3, false, &answer); /* before 1.26 */
	assert_false(answer.in_cluster[2]);
	assert_false(answer.has_any_endpoints);
	usable_answer_clear(&answer);

	ask(endpoints, 3, true, &answer);
	assert_false(answer.in_cluster[0]);
	assert_true(answer.in_cluster[2]);
	assert_true(answer.has_any_endpoints);
	usable_answer_clear(&answer);

	endpoints[2].serving = false;
	ask(endpoints, 3, true, &answer);
	assert_false(answer.in_cluster[2]);
	assert_false(answer.has_any_endpoints);
	usable_answer_clear(&answer);
}

static void test_the_local_policy_drops_where_only_other_nodes_have_pods(void **state)
{
	const struct usable_endpoint remote = {.ready = true, .serving = true};
	struct usable_question question = {
	    .internal_local = true, .node = "node-2", .endpoints = &remote, .n = 1};
	struct usable_answer answer;

	usable_endpoints(&question, &answer);
	assert_false(answer.uses_cluster);
	assert_false(answer.in_local[0]);
	assert_true(answer.has_any_endpoints);
	usable_answer_clear(&answer);

	question.n = 0;
	usable_endpoints(&question, &answer);
	assert_false(answer.has_any_endpoints);
	usable_answer_clear(&answer);
}

static void test_a_zone_with_one_pod_sends_it_all_its_traffic(void **state)
{
	const char *const zone_a[] = {"zone-a", NULL}, *const zone_b[] = {"zone-b", NULL};
	struct usable_endpoint endpoints[] = {
	    {.ready = true, .serving = true, .hint_zones = zone_a},
	    {.ready = true, .serving = true, .hint_zones = zone_b},
	    {.ready = true, .serving = true, .hint_zones = zone_b},
	};
	struct usable_question question = {
	    .node = "node-1", .zone = "zone-a", .endpoints = endpoints, .n = 3};
	struct usable_answer answer;

	usable_endpoints(&question, &answer);
	assert_true(answer.in_cluster[0]);
	assert_false(answer.in_cluster[1] || answer.in_cluster[2]);
	usable_answer_clear(&answer);

	endpoints[2].hint_zones = NULL;
	usable_endpoints(&question, &answer);
	assert_true(answer.in_cluster[0] && answer.in_cluster[1] && answer.in_cluster[2]);
	usable_answer_clear(&answer);
}

/* --- chances --- */

static void test_rules_stand_in_string_order(void **state)
{
	assert_true(endpoint_rule_compare("10.244.0.10", 8080, "10.244.0.9", 8080) < 0);
	assert_true(endpoint_rule_compare("10.244.0.10", 8080, "10.244.0.1", 8080) < 0);
	assert_true(endpoint_rule_compare("10.244.0.9", 8080, "10.244.0.9", 80) > 0);
	assert_int_equal(endpoint_rule_compare("10.244.0.9", 80, "10.244.0.9", 80), 0);
}

static void test_every_endpoint_has_the_same_chance(void **state)
{
	for (size_t n = 1; n <= 50; n++) {
		double left = 1;

		for (size_t i = 0; i < n; i++) {
			g_autofree char *text = endpoint_rule_probability(i, n);
			double p = text ? strtod(text, NULL) : 1;

			assert_int_equal(text == NULL, i == n - 1);
			assert_float_equal(left * p, 1.0 / (double)n, 1e-9);
			left *= 1 - p;
		}
	}
	g_autofree char *third = endpoint_rule_probability(0, 3);

	assert_string_equal(third, "0.3333333333");
}

/* --- syncs --- */

struct script {
	const sim_time *changes;
	size_t n;
	sim_time took;
};

/* Starts of the syncs that @script leads to, in *@starts (room for 8); returns how many. */
static size_t play(bool single_token, const struct script *script, sim_time *starts)
{
	struct proxy_sync sync;
	sim_time end = SIM_NEVER;
	size_t n = 0;

	proxy_sync_init(&sync, single_token, SIM_SECOND, SIM_NEVER, 0);
	for (size_t i = 0; i <= script->n; i++) {
		sim_time until = i < script->n ? script->changes[i] : SIM_NEVER;

		while (sync.running ? end <= until : sync.due < until) {
			if (sync.running) {
				proxy_sync_end(&sync, end);
			} else {
				assert_true(n < 8);
				starts[n++] = sync.due;
				end = sync.due + script->took;
				proxy_sync_start(&sync, sync.due);
			}
		}
		if (i < script->n) {
			proxy_sync_request(&sync, until);
		}
	}
	return n;
}

static void test_since_1_34_one_sync_takes_the_changes_of_a_second(void **state)
{
	const sim_time changes[] = {0, 200 * MS, 400 * MS, 600 * MS};
	const struct script script = {changes, 4, 0};
	sim_time starts[8];

	assert_int_equal(play(true, &script, starts), 2);
	assert_int_equal(starts[0], 0);
	assert_int_equal(starts[1], 1000 * MS);
}

static void test_up_to_1_33_the_second_change_is_served_at_once(void **state)
{
	const sim_time changes[] = {0, 200 * MS, 400 * MS, 600 * MS};
	const struct script script = {changes, 4, 0};
	sim_time starts[8];

	assert_int_equal(play(false, &script, starts), 3);
	assert_int_equal(starts[0], 0);
	assert_int_equal(starts[1], 200 * MS);
	assert_int_equal(starts[2], 1200 * MS);
}

static void test_the_rest_counts_from_the_end_of_a_long_sync(void **state)
{
	const sim_time changes[] = {0, 100 * MS, 1000 * MS};
	const struct script script = {changes, 3, 800 * MS};
	sim_time starts[8];

	assert_int_equal(play(true, &script, starts), 2);
	assert_int_equal(starts[0], 0);
	assert_int_equal(starts[1], 1800 * MS);
}

static void test_all_rules_are_written_anew_after_a_quiet_hour(void **state)
{
	struct proxy_sync sync;

	proxy_sync_init(&sync, true, SIM_SECOND, PROXY_FULL_SYNC_PERIOD, 0);
	assert_int_equal(sync.due, SIM_HOUR);
	assert_int_equal(proxy_sync_request(&sync, 5 * SIM_SECOND), 5 * SIM_SECOND);
	proxy_sync_start(&sync, 5 * SIM_SECOND);
	assert_int_equal(proxy_sync_end(&sync, 6 * SIM_SECOND), 6 * SIM_SECOND + SIM_HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_terminating_pod_gets_nothing_while_another_is_ready),
	    cmocka_unit_test(test_a_terminating_pod_that_serves_is_the_last_resort),
	    cmocka_unit_test(test_the_local_policy_drops_where_only_other_nodes_have_pods),
	    cmocka_unit_test(test_a_zone_with_one_pod_sends_it_all_its_traffic),
	    cmocka_unit_test(test_rules_stand_in_string_order),
	    cmocka_unit_test(test_every_endpoint_has_the_same_chance),
	    cmocka_unit_test(test_since_1_34_one_sync_takes_the_changes_of_a_second),
	    cmocka_unit_test(test_up_to_1_33_the_second_change_is_served_at_once),
	    cmocka_unit_test(test_the_rest_counts_from_the_end_of_a_long_sync),
	    cmocka_unit_test(test_all_rules_are_written_anew_after_a_quiet_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
