/* rollout.c - Deployments, ReplicaSets and the scheduler at work on the store. */

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

static void assert_condition(const struct cluster *cluster, const char *type,
                             enum condition_status status, const char *reason)
{
	const struct condition *condition =
	    conditions_find(&cluster_deployment(cluster, "web")->status.conditions, type);

	assert_non_null(condition);
	assert_string_equal(condition->reason, reason);
	assert_int_equal(condition->status, status);
}

/* --- rollouts --- */

static void test_four_replicas_roll_over_one_by_one(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 4, 256});
	cluster_run(cluster, 30);
	assert_sizes(cluster, "v1 4/4");
	assert_condition(cluster, "Available", CONDITION_TRUE, "MinimumReplicasAvailable");
	assert_condition(cluster, "Progressing", CONDITION_TRUE, "NewReplicaSetAvailable");
	cluster_apply(cluster, &(struct wish){"web", "v2", 0, 256});
	cluster_run(cluster, 35);
	assert_sizes(cluster, "v1 3/3, v2 2/0");
	cluster_run(cluster, 120);
	assert_sizes(cluster, "v2 4/4");
	assert_int_equal(cluster_deployment(cluster, "web")->status.replicas, 4);
	assert_string_equal(
	    string_map_get(cluster_deployment(cluster, "web")->object.meta.annotations,
	                   "deployment.kubernetes.io/revision"),
	    "2");
	assert_condition(cluster, "Progressing", CONDITION_TRUE, "NewReplicaSetAvailable");
}

static void test_each_scaling_is_an_event_of_the_deployment(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 1, 256});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "v2", 0, 256});
	cluster_run(cluster, 120);
	g_autofree char *events = cluster_events(cluster, "ScalingReplicaSet");
	g_auto(GStrv) lines = g_strsplit(events, "\n", -1);

	assert_int_equal(g_strv_length(lines), 4);
	assert_true(g_str_has_prefix(lines[0], "Scaled up replica set web-"));
	assert_true(g_str_has_suffix(lines[1], " from 0 to 1"));
	assert_true(g_str_has_prefix(lines[2], "Scaled down replica set web-"));
	assert_true(g_str_has_suffix(lines[2], " from 1 to 0"));
}

static void test_a_rolled_back_template_gets_its_replica_set_back(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 2, 256});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "broken", 0, 256});
	cluster_run(cluster, 60);
	assert_sizes(cluster, "v1 2/2, broken 1/0");
	cluster_apply(cluster, &(struct wish){"web", "v1", 0, 256});
	cluster_run(cluster, 90);
	assert_sizes(cluster, "v1 2/2");
	assert_int_equal(store_count(cluster->environment.store, KIND_REPLICA_SET), 2);
	assert_string_equal(
	    string_map_get(cluster_deployment(cluster, "web")->object.meta.annotations,
	                   "deployment.kubernetes.io/revision"),
	    "3");
}

static void
test_a_stuck_rollout_exceeds_its_deadline_ten_minutes_after_the_last_progress(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 2, 256});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "broken", 0, 256});
	cluster_run(cluster, 629);
	assert_condition(cluster, "Progressing", CONDITION_TRUE, "ReplicaSetUpdated");
	cluster_run(cluster, 633);
	assert_condition(cluster, "Progressing", CONDITION_FALSE, "ProgressDeadlineExceeded");
	assert_condition(cluster, "Available", CONDITION_TRUE, "MinimumReplicasAvailable");
}

static void test_scaling_a_stuck_rollout_restarts_the_deadline(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 2, 256});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "broken", 0, 256});
	cluster_run(cluster, 300);
	cluster_scale(cluster, "web", 4);
	cluster_run(cluster, 890);
	assert_condition(cluster, "Progressing", CONDITION_TRUE, "ReplicaSetUpdated");
	cluster_run(cluster, 920);
	assert_condition(cluster, "Progressing", CONDITION_FALSE, "ProgressDeadlineExceeded");
}

static void test_recreate_starts_new_pods_when_the_last_old_one_is_gone(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 3, 256, .recreate = true});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "v2", 0, 256, .recreate = true});
	cluster_run(cluster, 32);
	assert_int_equal(cluster_count_pods(cluster, "v1", false), 3); /* terminating */
	assert_int_equal(cluster_count_pods(cluster, "v2", false), 0);
	cluster_run(cluster, 34);
	assert_int_equal(cluster_count_pods(cluster, "v1", false), 0);
	assert_int_equal(cluster_count_pods(cluster, "v2", false), 3);
	assert_int_equal(cluster->most_pods, 3);
}

static void test_a_paused_deployment_waits_with_its_template(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 2, 256});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "v2", 3, 256, .paused = true});
	cluster_run(cluster, 60);
	assert_sizes(cluster, "v1 3/3");
	assert_condition(cluster, "Progressing", CONDITION_UNKNOWN, "DeploymentPaused");
	cluster_apply(cluster, &(struct wish){"web", "v2", 0, 256});
	cluster_run(cluster, 200);
	assert_sizes(cluster, "v2 3/3");
}

static void test_old_revisions_beyond_the_limit_are_removed(void **state)
{
	struct cluster *cluster = *state;
	static const char *const images[] = {"v1", "v2", "v3", "v4"};

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	for (unsigned i = 0; i < G_N_ELEMENTS(images); i++) {
		cluster_apply(
		    cluster, &(struct wish){"web", images[i], 1, 256, .revision_history_limit = 2});
		cluster_run(cluster, 60 * (i + 1));
	}
	assert_sizes(cluster, "v4 1/1");
	assert_int_equal(store_count(cluster->environment.store, KIND_REPLICA_SET), 3);
}

static void test_available_comes_min_ready_seconds_after_ready(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 1, 256, .min_ready_seconds = 20});
	cluster_run(cluster, 29);
	assert_int_equal(cluster_deployment(cluster, "web")->status.ready_replicas, 1);
	assert_int_equal(cluster_deployment(cluster, "web")->status.available_replicas, 0);
	cluster_run(cluster, 32);
	assert_int_equal(cluster_deployment(cluster, "web")->status.available_replicas, 1);
}

/* Writes the Deployment anew again and again, as kubectl or an autoscaler might. */
static void interfere(struct simulation *sim, void *data)
{
	struct cluster *cluster = data;
	struct object *copy = object_copy(&cluster_deployment(cluster, "web")->object);

	assert_true(store_update(cluster->environment.store, copy, false, NULL));
	object_unref(copy);
	if (simulation_now(sim) < 31 * SIM_SECOND) {
		simulation_schedule_after(sim, 7 * SIM_MILLISECOND, PHASE_RUNTIME, interfere,
		                          cluster);
	}
}

static void test_a_refused_write_is_tried_again(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 4, 256});
	cluster_run(cluster, 30);
	cluster_apply(cluster, &(struct wish){"web", "v2", 0, 256});
	interfere(cluster->environment.sim, cluster);
	cluster_run(cluster, 120);
	assert_sizes(cluster, "v2 4/4");
	assert_int_equal(cluster_deployment(cluster, "web")->status.available_replicas, 4);
	assert_condition(cluster, "Progressing", CONDITION_TRUE, "NewReplicaSetAvailable");
	g_autofree char *created = cluster_events(cluster, "SuccessfulCreate");
	g_auto(GStrv) lines = g_strsplit(created, "\n", -1);

	assert_int_equal(g_strv_length(lines), 4 + 4 + 1); /* none twice; an empty one at the end */
}

static void test_a_scaling_in_the_middle_of_a_sync_is_not_lost(void **state)
{
	for (int offset = 0; offset < 60; offset += 3) {
		struct cluster cluster;

		cluster_begin(&cluster, 1);
		cluster_add_node(&cluster, "node-1", 16000, 16384, 0);
		cluster_apply(&cluster, &(struct wish){"web", "v1", 2, 256});
		cluster_run(&cluster, 30);
		cluster_apply(&cluster, &(struct wish){"web", "broken", 0, 256});
		cluster_run(&cluster, 30 + offset / 1000.0);
		cluster_scale(&cluster, "web", 4);
		cluster_run(&cluster, 120);
		assert_int_equal(cluster_deployment(&cluster, "web")->status.replicas, 5);
		assert_int_equal(cluster_count_pods(&cluster, NULL, false), 5);
		cluster_end(&cluster);
	}
}

/* --- ReplicaSets --- */

static void test_no_pod_is_created_twice_on_a_stale_picture(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 20, 256});
	cluster_run(cluster, 60);
	assert_sizes(cluster, "v1 20/20");
	assert_int_equal(cluster->most_pods, 20);
	cluster_scale(cluster, "web", 5);
	cluster_run(cluster, 90);
	assert_sizes(cluster, "v1 5/5");
	assert_int_equal(cluster_count_pods(cluster, NULL, false), 5);
}

static void test_a_deleted_pod_is_replaced_before_it_is_gone(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 1, 256});
	cluster_run(cluster, 30);
	g_autofree char *created = cluster_events(cluster, "SuccessfulCreate");
	g_autofree char *name = g_strndup(created + strlen("Created pod: "),
	                                  strcspn(created + strlen("Created pod: "), "\n"));

	assert_true(store_delete_pod(cluster->environment.store, "default", name, -1, NULL));
	cluster_run(cluster, 31);
	assert_int_equal(cluster_count_pods(cluster, NULL, false), 2);
	cluster_run(cluster, 60);
	assert_sizes(cluster, "v1 1/1");
}

static void test_what_a_removed_deployment_owned_is_collected(void **state)
{
	struct cluster *cluster = *state;

	cluster_add_node(cluster, "node-1", 16000, 16384, 0);
	cluster_apply(cluster, &(struct wish){"web", "v1", 3, 256});
	cluster_run(cluster, 30);
	store_remove(cluster->environment.store, KIND_DEPLOYMENT, "default", "web", NULL);
	cluster_run(cluster, 32);
	assert_int_equal(store_count(cluster->environment.store, KIND_REPLICA_SET), 0);
	assert_int_equal(cluster_count_pods(cluster, NULL, false), 3); /* they get their grace */
	cluster_run(cluster, 40);
	assert_int_equal(cluster_count_pods(cluster, NULL, false), 0);
}

static void add_name(void *data, const struct object *object)
{
	g_string_append_printf(data, "%s %s %" G_GUINT64_FORMAT "\n", object->meta.name,
	                       object->meta.uid, object->meta.ordinal);
}

static char *names_of_run(uint64_t seed)
{
	struct cluster cluster;
	GString *names = g_string_new(NULL);

	cluster_begin(&cluster, seed);
	cluster_add_node(&cluster, "node-1", 16000, 16384, 0);
	cluster_add_node(&cluster, "node-2", 16000, 16384, 0);
	cluster_apply(&cluster, &(struct wish){"web", "v1", 4, 256});
	cluster_run(&cluster, 30);
	cluster_apply(&cluster, &(struct wish){"web", "v2", 0, 256});
	cluster_run(&cluster, 90);
	store_each(cluster.environment.store, KIND_POD, add_name, names);
	cluster_end(&cluster);
	return g_string_free(names, FALSE);
}

static void test_the_same_seed_gives_the_same_names(void **state)
{
	g_autofree char *first = names_of_run(3), *second = names_of_run(3);
	g_autofree char *other = names_of_run(4);

	assert_string_equal(first, second);
	assert_string_not_equal(first, other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    TEST(test_four_replicas_roll_over_one_by_one),
	    TEST(test_each_scaling_is_an_event_of_the_deployment),
	    TEST(test_a_rolled_back_template_gets_its_replica_set_back),
	    TEST(test_a_stuck_rollout_exceeds_its_deadline_ten_minutes_after_the_last_progress),
	    TEST(test_scaling_a_stuck_rollout_restarts_the_deadline),
	    TEST(test_recreate_starts_new_pods_when_the_last_old_one_is_gone),
	    TEST(test_a_paused_deployment_waits_with_its_template),
	    TEST(test_old_revisions_beyond_the_limit_are_removed),
	    TEST(test_available_comes_min_ready_seconds_after_ready),
	    TEST(test_a_refused_write_is_tried_again),
	    cmocka_unit_test(test_a_scaling_in_the_middle_of_a_sync_is_not_lost),
	    TEST(test_no_pod_is_created_twice_on_a_stale_picture),
	    TEST(test_a_deleted_pod_is_replaced_before_it_is_gone),
	    TEST(test_what_a_removed_deployment_owned_is_collected),
	    cmocka_unit_test(test_the_same_seed_gives_the_same_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
