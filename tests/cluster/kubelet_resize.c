/* Tests of the kubelet: resources of a running pod that change. */

#include "kubelet_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A pod with one container, which requests and may use the CPU given. */
#define APP(request, limit, more)                                                                  \
	"{containers: [{name: app, image: web, resources: {requests: {cpu: " request               \
	", memory: 64Mi}, limits: {cpu: " limit ", memory: 128Mi}}" more "}]}"
#define RESTARTS ", resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]"
#define PROBED ", readinessProbe: {httpGet: {path: /x, port: 8080}, periodSeconds: 1}"

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

static int64_t limit_of(const struct resource_requirements *r)
{
	int64_t milli = -1;

	assert_non_null(r);
	assert_true(resource_list_get(&r->limits, "cpu", &milli));
	return milli;
}

static const struct container_status *status_of(const struct stage *stage)
{
	return &stage_pod(stage)->containers[0];
}

static const struct condition *condition(const struct stage *stage, const char *type)
{
	return conditions_find(&stage_pod(stage)->conditions, type);
}

static void test_a_pod_that_was_never_resized_tells_nothing_of_it(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, APP("250m", "500m", ""));
	stage_run_until(stage, 100);
	assert_null(status_of(stage)->actual);
	assert_null(status_of(stage)->allocated);
}

static void test_a_resize_is_carried_out_by_the_next_sync_and_told_after_a_relist(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, APP("250m", "500m", PROBED));
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("250m", "1", PROBED));
	stage_run_until(stage, 10.9);
	stage_assert_line(stage, "10.5 resized app to 1000");
	assert_non_null(condition(stage, "PodResizeInProgress"));
	assert_int_equal(limit_of(status_of(stage)->allocated), 1000);
	assert_int_equal(limit_of(status_of(stage)->actual), 500);
	stage_run_until(stage, 11.5);
	assert_null(condition(stage, "PodResizeInProgress"));
	assert_int_equal(limit_of(status_of(stage)->actual), 1000);
	const uint64_t probes = stage->probes[PROBE_READINESS];

	stage_run_until(stage, 31.5); /* the probes of the container go on */
	assert_int_equal(stage->probes[PROBE_READINESS], probes + 20);
	assert_int_equal(status_of(stage)->restart_count, 0);
	assert_true(stage_ready(stage));
}

static void test_before_1_33_the_status_has_a_word_for_it(void **state)
{
	struct stage *stage = *state;

	assert_true(release_init(&stage->release, "1.32", NULL));
	stage_begin(stage, APP("250m", "500m", ""));
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("250m", "1", ""));
	stage_run_until(stage, 10.9);
	assert_string_equal(stage_pod(stage)->resize, "InProgress");
	assert_null(condition(stage, "PodResizeInProgress"));
	stage_run_until(stage, 11.5);
	assert_null(stage_pod(stage)->resize);
}

static void test_a_resize_policy_can_ask_for_a_restart(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, APP("250m", "500m", RESTARTS));
	stage_actor(stage, "app")->term_after = 2 * SIM_SECOND;
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("250m", "1", RESTARTS));
	stage_run_until(stage, 12.4);
	stage_assert_no_line(stage, "12.5 started app 1");
	assert_int_equal(limit_of(status_of(stage)->actual), 500);
	stage_run_until(stage, 14.5);
	stage_assert_line(stage, "12.5 started app 1");
	stage_assert_no_line(stage, "10.5 resized app to 1000");
	assert_string_equal(stage_event(stage, "Killing", "app"),
	                    "Container app resize requires restart");
	assert_int_equal(limit_of(status_of(stage)->actual), 1000);
	assert_int_equal(status_of(stage)->restart_count, 1);
	assert_null(condition(stage, "PodResizeInProgress"));
}

static void test_what_the_node_can_never_give_is_infeasible(void **state)
{
	struct stage *stage = *state;

	stage_node(stage, 4000);
	stage_begin(stage, APP("250m", "500m", ""));
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("5", "8", ""));
	stage_run_until(stage, 12.5);
	assert_string_equal(condition(stage, "PodResizePending")->reason, "Infeasible");
	assert_string_equal(condition(stage, "PodResizePending")->message,
	                    "Node didn't have enough capacity: cpu, requested: 5000, capacity: "
	                    "4000");
	stage_assert_no_line(stage, "10.5 resized app to 8000");
	assert_int_equal(pod_request(stage_pod(stage), "cpu"), 5000); /* nothing was ever told */
	stage_resize(stage, APP("1", "2", ""));
	stage_run_until(stage, 14.5);
	stage_assert_line(stage, "12.5 resized app to 2000");
	assert_null(condition(stage, "PodResizePending"));
	stage_resize(stage, APP("5", "8", ""));
	stage_run_until(stage, 16.5);
	assert_int_equal(pod_request(stage_pod(stage), "cpu"), 1000);
}

static void test_a_resize_waits_for_room(void **state)
{
	struct stage *stage = *state;

	stage_node(stage, 4000);
	stage_begin(stage, APP("250m", "500m", ""));
	stage_add_pod(stage, "other",
	              "{containers: [{name: big, image: web, resources: {requests: "
	              "{cpu: 3}}}]}");
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("2", "4", ""));
	stage_run_until(stage, 12.5);
	assert_string_equal(condition(stage, "PodResizePending")->reason, "Deferred");
	assert_string_equal(condition(stage, "PodResizePending")->message,
	                    "Node didn't have enough resource: cpu, requested: 2000, used: 3000, "
	                    "capacity: 4000");
	/* the scheduler keeps the room that is waited for */
	assert_int_equal(pod_request(stage_pod(stage), "cpu"), 2000);
	stage_remove_pod(stage, "other");
	stage_run_until(stage, 20);
	assert_null(condition(stage, "PodResizePending"));
	assert_int_equal(limit_of(status_of(stage)->actual), 4000);
}

static void test_memory_in_use_is_not_taken_away(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, APP("250m", "500m", ""));
	stage_actor(stage, "app")->uses_memory = true;
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("250m", "1", ""));
	stage_run_until(stage, 20.5);
	stage_resize(stage, APP("251m", "1", ""));
	stage_run_until(stage, 21.9);
	assert_string_equal(condition(stage, "PodResizeInProgress")->reason, "Error");
	stage_actor(stage, "app")->uses_memory = false;
	stage_resize(stage, APP("252m", "1", ""));
	stage_run_until(stage, 30.5);
	assert_null(condition(stage, "PodResizeInProgress"));
	stage_assert_line(stage, "22 resized app to 1000");
}

static void test_a_container_that_crashes_comes_back_with_what_is_allocated(void **state)
{
	struct stage *stage = *state;

	stage_node(stage, 4000);
	stage_begin(stage, APP("250m", "500m", ""));
	stage_actor(stage, "app")->exits_after = 20 * SIM_SECOND;
	stage_actor(stage, "app")->exits = 1;
	stage_run_until(stage, 10.5);
	stage_resize(stage, APP("250m", "1", ""));
	stage_run_until(stage, 15.5);
	stage_resize(stage, APP("5", "8", ""));
	stage_run_until(stage, 40);
	assert_int_equal(status_of(stage)->restart_count, 1);
	assert_int_equal(limit_of(status_of(stage)->actual), 1000);
	assert_string_equal(condition(stage, "PodResizePending")->reason, "Infeasible");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pod_that_was_never_resized_tells_nothing_of_it),
	    TEST(test_a_resize_is_carried_out_by_the_next_sync_and_told_after_a_relist),
	    TEST(test_before_1_33_the_status_has_a_word_for_it),
	    TEST(test_a_resize_policy_can_ask_for_a_restart),
	    TEST(test_what_the_node_can_never_give_is_infeasible),
	    TEST(test_a_resize_waits_for_room),
	    TEST(test_memory_in_use_is_not_taken_away),
	    TEST(test_a_container_that_crashes_comes_back_with_what_is_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
