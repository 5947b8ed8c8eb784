/* scheduler.c - placing pods, waiting for room, and the incident's steps under scarce memory. */

#include "workloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int begin(void **state)
{
	struct cluster *cluster = g_new0(struct cluster, 1);

	cluster_begin(cluster, 1);
	*state = cluster;
	return 0;
}

static int end(void **state)
{
	cluster_end(*state);
	g_free(*state);
	return 0;
}

static void assert_sizes(const struct cluster *cluster, const char *expected)
{
	g_autofree char *sizes = cluster_sizes(cluster);

	assert_string_equal(sizes, expected);
}

/* --- the incident --- */

#define OLD "v1"
#define BAD "broken"

static void apply(struct cluster *cluster, const char *image, int32_t replicas, int64_t memory)
{
	cluster_apply(cluster, &(struct wish){"web", image, replicas, memory});
}

/* One old pod beside one that never gets Ready; 6.5 GiB for all. */
static void begin_incident(struct cluster *cluster)
{
	cluster->ready_after = 40 * SIM_SECOND;
	cluster_add_node(cluster, "node-1", 16000, 13824, 7168);
	apply(cluster, OLD, 1, 1024);
	cluster_run(cluster, 100);
	apply(cluster, BAD, 0, 2048);
	cluster_run(cluster, 280);
	assert_sizes(cluster, OLD " 1/1, " BAD " 1/0");
}

static void test_scaling_the_stuck_rollout_brings_a_fresh_pod_of_the_old_template(void **state)
{
	struct cluster *cluster = *state;

	begin_incident(cluster);
	cluster_scale(cluster, "web", 2);
	cluster_run(cluster, 600);
	assert_sizes(cluster, OLD " 1/1, " BAD " 2/0");
	cluster_scale(cluster, "web", 4);
	cluster_run(cluster, 700);
	assert_sizes(cluster, OLD " 2/2, " BAD " 3/0");
	assert_int_equal(cluster_count_pods(cluster, BAD, true), 1);
	assert_int_equal(cluster_deployment(cluster, "web")->status.ready_replicas, 2);
	assert_int_equal(cluster_deployment(cluster, "web")->status.updated_replicas, 3);
}

static void test_the_first_patch_is_blocked_by_memory_and_the_second_is_not(void **state)
{
	struct cluster *cluster = *state;

	begin_incident(cluster);
	cluster_scale(cluster, "web", 2);
	cluster_run(cluster, 600);
	cluster_scale(cluster, "web", 4);
	cluster_run(cluster, 800);
	apply(cluster, "fix1", 0, 2048);
	cluster_run(cluster, 815);
	assert_sizes(cluster, OLD " 2/2, " BAD " 1/0, fix1 2/0");
	cluster_run(cluster, 1100);
	assert_sizes(cluster, OLD " 1/1, fix1 4/2");
	assert_int_equal(cluster_count_pods(cluster, "fix1", true), 2);
	apply(cluster, "fix2", 0, 1024);
	cluster_run(cluster, 1110);
	assert_int_equal(cluster_count_pods(cluster, "fix1", true), 0);
	cluster_run(cluster, 1400);
	assert_sizes(cluster, "fix2 4/4");
	assert_int_equal(cluster_count_pods(cluster, NULL, false), 4);
}

/* --- waiting for room --- */

static void test_a_pod_without_room_says_why(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 2048, 1024);
	apply(cluster, "v1", 1, 1536);
	cluster_run(cluster, 30);
	g_autofree char *message = cluster_events(cluster, "FailedScheduling");

	assert_string_equal(
	    message, "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are "
		     "available: 1 No preemption victims found for incoming pod.\n");
	assert_int_equal(cluster_count_pods(cluster, NULL, true), 1);
}

static void test_a_new_node_takes_a_waiting_pod_at_once_when_its_back_off_is_over(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 2048, 1024);
	apply(cluster, "v1", 1, 1536);
	cluster_run(cluster, 30);
	cluster_add_node(cluster, "node-2", 16000, 2048, 0);
	cluster_run(cluster, 30.1);
	assert_int_equal(cluster_count_pods(cluster, NULL, true), 0);
}

struct attempts {
	GArray *at; /* sim_time */
};

static void note_attempt(void *self, const struct scheduling_trace *t)
{
	struct attempts *attempts = self;

	g_array_append_val(attempts->at, t->at);
}

static void test_without_an_event_a_pod_is_tried_again_after_five_minutes(void **state)
{
	struct cluster *cluster = *state;
	struct attempts attempts = {g_array_new(FALSE, FALSE, sizeof(sim_time))};

	cluster->trace.self = &attempts;
	cluster->trace.rollout = NULL;
	cluster->trace.scheduling = note_attempt;
	cluster_add_node(cluster, "node-1", 16000, 2048, 1024);
	apply(cluster, "v1", 1, 1536);
	cluster_run(cluster, 900);
	assert_int_equal(attempts.at->len, 3);
	/* Looked at every 30 s: the first tick after 300 s have passed. */
	assert_in_range(g_array_index(attempts.at, sim_time, 1), 330 * SIM_SECOND,
	                331 * SIM_SECOND);
	assert_in_range(g_array_index(attempts.at, sim_time, 2), 660 * SIM_SECOND,
	                661 * SIM_SECOND);
	g_array_unref(attempts.at);
}

static void test_the_back_off_doubles_while_events_come(void **state)
{
	struct cluster *cluster = *state;
	struct attempts attempts = {g_array_new(FALSE, FALSE, sizeof(sim_time))};

	cluster->trace.self = &attempts;
	cluster->trace.rollout = NULL;
	cluster->trace.scheduling = note_attempt;
	cluster_add_node(cluster, "node-0", 16000, 1024, 0);
	apply(cluster, "v1", 1, 1536);
	for (int i = 1; i <= 40; i++) { /* a node without room twice a second */
		g_autofree char *name = g_strdup_printf("node-%d", i);

		cluster_run(cluster, i / 2.0);
		cluster_add_node(cluster, name, 16000, 1024, 0);
	}
	/* At about 0, 1, 3, 7 and 15 s. */
	assert_int_equal(attempts.at->len, 5);
	for (unsigned i = 1; i < attempts.at->len; i++) {
		sim_time pause = g_array_index(attempts.at, sim_time, i) -
		                 g_array_index(attempts.at, sim_time, i - 1);

		assert_in_range(pause, SIM_SECOND << (i - 1),
		                (SIM_SECOND << (i - 1)) + 600 * SIM_MILLISECOND);
	}
	g_array_unref(attempts.at);
}

static void test_a_terminating_pod_holds_its_memory_until_it_is_gone(void **state)
{
	struct cluster *cluster = *state;

	cluster->stops_after = 20 * SIM_SECOND;
	cluster_add_node(cluster, "node-1", 16000, 1024, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 1, 1024});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"other", "v1", 1, 1024});
	cluster_run(cluster, 35);
	assert_int_equal(cluster_count_pods(cluster, NULL, true), 1);
	cluster_scale(cluster, "web", 0);
	cluster_run(cluster, 54);
	assert_int_equal(cluster_count_pods(cluster, NULL, true), 1);
	cluster_run(cluster, 57);
	assert_int_equal(cluster_count_pods(cluster, NULL, true), 0);
}

static void count_on_node(void *data, const struct object *object)
{
	GHashTable *counts = data;
	const char *node = POD(object)->node_name;

	g_hash_table_insert(
	    counts, (void *)g_intern_string(node),
	    GINT_TO_POINTER(GPOINTER_TO_INT(g_hash_table_lookup(counts, g_intern_string(node))) +
	                    1));
}

static void test_pods_spread_over_equal_nodes(void **state)
{
	struct cluster *cluster = *state;
	g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);

	for (int i = 0; i < 3; i++) {
		g_autofree char *name = g_strdup_printf("node-%d", i);

		cluster_add_node(cluster, name, 16000, 16384, 0);
	}
	apply(cluster, "v1", 9, 512);
	cluster_run(cluster, 30);
	store_each(cluster->environment.store, KIND_POD, count_on_node, counts);
	for (int i = 0; i < 3; i++) {
		g_autofree char *name = g_strdup_printf("node-%d", i);

		assert_int_equal(
		    GPOINTER_TO_INT(g_hash_table_lookup(counts, g_intern_string(name))), 3);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_scaling_the_stuck_rollout_brings_a_fresh_pod_of_the_old_template),
	    TEST(test_the_first_patch_is_blocked_by_memory_and_the_second_is_not),
	    TEST(test_a_pod_without_room_says_why),
	    TEST(test_a_new_node_takes_a_waiting_pod_at_once_when_its_back_off_is_over),
	    TEST(test_without_an_event_a_pod_is_tried_again_after_five_minutes),
	    TEST(test_the_back_off_doubles_while_events_come),
	    TEST(test_a_terminating_pod_holds_its_memory_until_it_is_gone),
	    TEST(test_pods_spread_over_equal_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
