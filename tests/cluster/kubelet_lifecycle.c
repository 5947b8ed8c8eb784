/* Tests of the kubelet: hooks, init containers, sidecars, and how pods end. */

#include "kubelet_stage.h"

#include "kube/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HTTP "httpGet: {path: /x, port: 8080}"
#define EXEC "exec: {command: [do, it]}"

static int set_up(void **state)
{
	*state = stage_new();
	return 0;
}

static int tear_down(void **state)
{
	stage_free(*state);
	return 0;
}

/* --- hooks --- */

static void test_a_pre_stop_hook_takes_its_seconds_off_the_grace(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->hook_takes = 5500 * SIM_MILLISECOND;
	app->term_after = SIM_NEVER;
	stage_begin(stage,
	            "{containers: [{name: app, image: web, lifecycle: {preStop: {" EXEC "}}}]}");
	stage_run_until(stage, 10);
	stage_delete_pod(stage);
	stage_run_until(stage, 60);
	stage_assert_line(stage, "10 preStop app 0");
	stage_assert_line(stage, "15.5 TERM app 0");
	stage_assert_line(stage, "40.5 KILL app 0"); /* 30 s less 5 whole ones */
	stage_assert_line(stage, "40.5 exited app 0");
}

static void test_a_failing_pre_stop_hook_only_leaves_an_event(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->hook_code = 1;
	stage_begin(stage,
	            "{containers: [{name: app, image: web, lifecycle: {preStop: {" EXEC "}}}]}");
	stage_run_until(stage, 10);
	stage_delete_pod(stage);
	stage_run_until(stage, 20);
	assert_string_equal(stage_event(stage, "FailedPreStopHook", "app"), "PreStopHook failed");
	stage_assert_line(stage, "10 TERM app 0");
}

static void test_a_sleep_hook_needs_nothing_in_the_container(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, "{containers: [{name: app, image: web, lifecycle: {preStop: {sleep: "
	                   "{seconds: 7}}}}]}");
	stage_run_until(stage, 10);
	stage_delete_pod(stage);
	stage_run_until(stage, 20);
	stage_assert_line(stage, "17 TERM app 0");
}

static void test_later_containers_wait_for_a_post_start_hook(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "first")->hook_takes = 4 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: first, image: web, lifecycle: {postStart: {" EXEC
	                   "}}}, {name: second, image: web}]}");
	stage_run_until(stage, 10);
	stage_assert_line(stage, "0 started first 0");
	stage_assert_line(stage, "4 started second 0");
}

static void test_a_failing_post_start_hook_kills_the_container(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->hook_takes = 2 * SIM_SECOND;
	app->hook_code = 1;
	stage_begin(stage,
	            "{containers: [{name: app, image: web, lifecycle: {postStart: {" EXEC "}}}]}");
	stage_run_until(stage, 2.5);
	stage_assert_line(stage, "2 kill app 0");
	stage_assert_line(stage, "2 exited app 0");
	assert_string_equal(stage_event(stage, "FailedPostStartHook", "app"),
	                    "PostStartHook failed");
	assert_string_equal(stage_event(stage, "Killing", "app"), "FailedPostStartHook");
	app->hook_code = 0;
	stage_run_until(stage, 10);
	stage_assert_line(stage, "3 started app 1");
}

static void test_a_container_that_ends_during_its_post_start_hook_is_started_again(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->hook_takes = 5 * SIM_SECOND;
	app->exits_after = 2 * SIM_SECOND;
	app->exits = 1;
	stage_begin(stage,
	            "{containers: [{name: app, image: web, lifecycle: {postStart: {" EXEC "}}}]}");
	stage_run_until(stage, 20);
	stage_assert_line(stage, "2 exited app 0");
	stage_assert_line(stage, "3 started app 1");
	assert_true(stage_ready(stage));
}

/* --- init containers and sidecars --- */

static void test_init_containers_run_one_by_one_before_the_others(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "one")->exits_after = 3 * SIM_SECOND;
	stage_actor(stage, "two")->exits_after = 2 * SIM_SECOND;
	stage_begin(stage, "{initContainers: [{name: one, image: i}, {name: two, image: i}], "
	                   "containers: [{name: app, image: web}]}");
	stage_run_until(stage, 3.5);
	const struct pod *pod = stage_pod(stage);

	assert_string_equal(pod->containers[0].waiting_reason, "PodInitializing");
	assert_string_equal(conditions_find(&pod->conditions, "Initialized")->message,
	                    "containers with incomplete status: [one two]");
	stage_run_until(stage, 10);
	stage_assert_line(stage, "4 started two 0");
	stage_assert_line(stage, "7 started app 0");
	stage_assert_line(stage, "8 ready");
	assert_true(conditions_are_true(&stage_pod(stage)->conditions, "Initialized"));
	assert_int_equal(pod_restarts(stage_pod(stage)), 0);
}

static void test_a_failing_init_container_is_restarted_with_back_off(void **state)
{
	struct stage *stage = *state;
	struct actor *setup = stage_actor(stage, "setup");

	setup->exits_after = SIM_SECOND / 2;
	setup->exit_code = 1;
	stage_begin(stage, "{initContainers: [{name: setup, image: i}], containers: [{name: app, "
	                   "image: web}]}");
	stage_run_until(stage, 5);
	stage_assert_line(stage, "1 started setup 1");
	stage_assert_line(stage, "2 refused setup 1");
	assert_int_equal(stage_pod(stage)->phase, POD_PENDING);
	setup->exit_code = 0;
	stage_run_until(stage, 20);
	stage_assert_line(stage, "11.5 started setup 2");
	stage_assert_line(stage, "12 exited setup 2");
	stage_assert_line(stage, "13 started app 0");
}

static void test_a_failing_init_container_fails_the_pod_under_never(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "setup")->exits_after = SIM_SECOND / 2;
	stage_actor(stage, "setup")->exit_code = 1;
	stage_begin(stage, "{restartPolicy: Never, initContainers: [{name: setup, image: i}], "
	                   "containers: [{name: app, image: web}]}");
	stage_run_until(stage, 10);
	assert_int_equal(stage_pod(stage)->phase, POD_FAILED);
	stage_assert_no_line(stage, "started app");
}

#define SIDECAR                                                                                    \
	"{initContainers: [{name: proxy, image: p, restartPolicy: Always, startupProbe: {" HTTP    \
	", periodSeconds: 3}, livenessProbe: {" HTTP ", periodSeconds: 5}}], "                     \
	"containers: [{name: app, image: web}]}"

static void test_containers_wait_until_a_sidecar_is_started(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "proxy")->answer.status = 503;
	stage_begin(stage, SIDECAR);
	stage_run_until(stage, 5);
	stage_actor(stage, "proxy")->answer.status = 200;
	stage_run_until(stage, 20);
	stage_assert_line(stage, "6 startup-ok proxy 0");
	stage_assert_line(stage, "6 started app 0");
	assert_true(stage_ready(stage));
}

static void test_a_sidecar_is_restarted_alone_and_by_its_own_message(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, SIDECAR);
	stage_run_until(stage, 8);
	stage_actor(stage, "proxy")->answer.status = 500;
	stage_run_until(stage, 22);
	stage_assert_line(stage, "20 kill proxy 0"); /* ticks at 10, 15, 20 */
	stage_assert_line(stage, "20 started proxy 1");
	stage_assert_no_line(stage, "started app 1");
	assert_string_equal(stage_event(stage, "Killing", NULL),
	                    "Init container proxy failed liveness probe");
	assert_int_equal(stage_pod(stage)->phase, POD_RUNNING);
	assert_int_equal(pod_restarts(stage_pod(stage)), 1);
}

static void test_sidecars_end_after_the_main_containers_in_reverse_order(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->term_after = 4 * SIM_SECOND;
	stage_actor(stage, "b")->term_after = 2 * SIM_SECOND;
	stage_begin(
	    stage, "{initContainers: [{name: a, image: p, restartPolicy: Always}, {name: b, image: "
		   "p, restartPolicy: Always}], containers: [{name: app, image: web}]}");
	stage_run_until(stage, 10);
	stage_delete_pod(stage);
	stage_run_until(stage, 30);
	stage_assert_line(stage, "10 TERM app 0");
	stage_assert_line(stage, "14 TERM b 0");
	stage_assert_line(stage, "16 TERM a 0");
	stage_assert_line(stage, "16 exited a 0");
	stage_assert_line(stage, "17 removed");
}

static void test_a_pod_whose_main_containers_are_done_ends_its_sidecars(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->exits_after = 5 * SIM_SECOND;
	stage_begin(stage, "{restartPolicy: Never, initContainers: [{name: proxy, image: p, "
	                   "restartPolicy: Always}], containers: [{name: app, image: web}]}");
	stage_run_until(stage, 30);
	stage_assert_line(stage, "6 exited app 0");
	stage_assert_line(stage, "7 exited proxy 0");
	assert_int_equal(stage_pod(stage)->phase, POD_SUCCEEDED);
}

/* --- ends --- */

static void test_a_deleted_pod_is_removed_when_its_containers_are_gone(void **state)
{
	struct stage *stage = *state;
	struct network_address address;

	stage_actor(stage, "app")->term_after = 3500 * SIM_MILLISECOND;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 10);
	address = kubelet_address_of(stage->kubelet, stage_pod(stage)->object.meta.uid);
	assert_true(address.generation > 0);
	stage_delete_pod(stage);
	stage_run_until(stage, 13.9);
	assert_true(pod_is_terminating(stage_pod(stage)));
	assert_int_equal(stage_pod(stage)->phase, POD_FAILED); /* exit code 143 */
	assert_false(stage_ready(stage));
	stage_run_until(stage, 20);
	stage_assert_order(stage, "13.5 unready", "14 removed");
	assert_int_equal(network_find(stage->network, "10.1.0.2").generation, 0);
	assert_int_equal(stage->containers->len, 0);
}

static void test_readiness_is_probed_until_the_end_and_liveness_is_not(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->term_after = 12 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web, readinessProbe: {" HTTP
	                   ", periodSeconds: 2, failureThreshold: 2}, livenessProbe: {" HTTP
	                   ", periodSeconds: 2}}]}");
	stage_run_until(stage, 10.5);
	stage_delete_pod(stage);
	app->answer.status = 503;
	stage_run_until(stage, 30);
	stage_assert_line(stage, "13 unready");
	stage_assert_line(stage, "21 readiness-bad app 0");
	stage_assert_no_line(stage, "12 liveness");
	stage_assert_no_line(stage, "started app 1");
	assert_null(stage_pod(stage));
}

static void test_a_deletion_during_a_probe_kill_starts_no_replacement(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->answer.status = 500;
	app->term_after = 20 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web, livenessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 35.5);
	stage_assert_line(stage, "30 TERM app 0");
	stage_delete_pod(stage);
	stage_run_until(stage, 70);
	stage_assert_line(stage,
	                  "36 kill app 0"); /* the sync that is newer than the one broken off */
	stage_assert_line(stage, "50 exited app 0");
	stage_assert_no_line(stage, "started app 1");
	stage_assert_no_line(stage, "36 TERM"); /* it was sent already */
	stage_assert_line(stage, "51 removed");
}

static void test_a_deletion_during_the_start_starts_nothing(void **state)
{
	struct stage *stage = *state;

	stage->start_takes = 10 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 4.5);
	stage_delete_pod(stage);
	stage_run_until(stage, 30);
	stage_assert_no_line(stage, "started");
	stage_assert_line(stage, "6 removed");
}

static void test_a_grace_that_is_shortened_ends_the_wait(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->term_after = SIM_NEVER;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 10);
	stage_delete_pod(stage);
	stage_run_until(stage, 15);
	assert_true(store_delete_pod(stage->store, "default", "pod", 5, NULL));
	stage_run_until(stage, 60);
	stage_assert_line(stage, "20 KILL app 0");
}

static void test_a_pod_whose_object_vanishes_is_stopped_all_the_same(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, "{containers: [{name: app, image: web, livenessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 10);
	assert_true(store_delete_pod(stage->store, "default", "pod", 0, NULL));
	stage_run_until(stage, 15);
	stage_assert_line(stage, "10 exited app 0");
	assert_int_equal(stage->containers->len, 0);
}

static void test_a_probe_under_way_at_the_end_still_leaves_its_event(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->latency = 4 * SIM_SECOND;
	app->answer.status = 503;
	stage_begin(stage, "{containers: [{name: app, image: web, readinessProbe: {" HTTP
	                   ", timeoutSeconds: 5}}]}");
	stage_run_until(stage, 2.5);
	stage_delete_pod(stage);
	stage_run_until(stage, 20);
	stage_assert_line(stage, "1 readiness-bad app 0");
	stage_assert_line(stage, "4 removed");
	assert_non_null(stage_event(stage, "Unhealthy", "app"));
	assert_int_equal(stage->containers->len, 0);
}

static void test_a_pod_that_does_not_fit_is_refused(void **state)
{
	struct stage *stage = *state;
	struct object *node = object_new(KIND_NODE);

	ref_string_set(&node->meta.name, "node");
	resource_list_set(&NODE(node)->allocatable, "cpu", 1000);
	assert_true(store_create(stage->store, node, NULL));
	object_unref(node);
	stage_begin(stage, "{containers: [{name: app, image: web, resources: {requests: {cpu: "
	                   "1500m}}}]}");
	stage_run_until(stage, 5);
	assert_int_equal(stage_pod(stage)->phase, POD_FAILED);
	assert_string_equal(stage_pod(stage)->reason, "OutOfcpu");
	assert_string_equal(stage_event(stage, "OutOfcpu", NULL),
	                    "Node didn't have enough resource: cpu, requested: 1500, used: 0, "
	                    "capacity: 1000");
	stage_assert_no_line(stage, "started");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pre_stop_hook_takes_its_seconds_off_the_grace),
	    TEST(test_a_failing_pre_stop_hook_only_leaves_an_event),
	    TEST(test_a_sleep_hook_needs_nothing_in_the_container),
	    TEST(test_later_containers_wait_for_a_post_start_hook),
	    TEST(test_a_failing_post_start_hook_kills_the_container),
	    TEST(test_a_container_that_ends_during_its_post_start_hook_is_started_again),
	    TEST(test_init_containers_run_one_by_one_before_the_others),
	    TEST(test_a_failing_init_container_is_restarted_with_back_off),
	    TEST(test_a_failing_init_container_fails_the_pod_under_never),
	    TEST(test_containers_wait_until_a_sidecar_is_started),
	    TEST(test_a_sidecar_is_restarted_alone_and_by_its_own_message),
	    TEST(test_sidecars_end_after_the_main_containers_in_reverse_order),
	    TEST(test_a_pod_whose_main_containers_are_done_ends_its_sidecars),
	    TEST(test_a_deleted_pod_is_removed_when_its_containers_are_gone),
	    TEST(test_readiness_is_probed_until_the_end_and_liveness_is_not),
	    TEST(test_a_deletion_during_a_probe_kill_starts_no_replacement),
	    TEST(test_a_deletion_during_the_start_starts_nothing),
	    TEST(test_a_grace_that_is_shortened_ends_the_wait),
	    TEST(test_a_pod_whose_object_vanishes_is_stopped_all_the_same),
	    TEST(test_a_probe_under_way_at_the_end_still_leaves_its_event),
	    TEST(test_a_pod_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
