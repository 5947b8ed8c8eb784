/* Tests of the kubelet: how pods start, restart and report. */

#include "kubelet_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HTTP "httpGet: {path: /x, port: 8080}"

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

static void test_a_pod_is_pending_until_its_container_was_seen_running(void **state)
{
	struct stage *stage = *state;

	stage->start_takes = 3 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 2.5);
	const struct pod *pod = stage_pod(stage);

	assert_int_equal(pod->phase, POD_PENDING);
	assert_string_equal(pod->containers[0].waiting_reason, "ContainerCreating");
	assert_int_equal(conditions_find(&pod->conditions, "Initialized")->status, CONDITION_TRUE);
	assert_string_equal(conditions_find(&pod->conditions, "Ready")->reason,
	                    "ContainersNotReady");
	stage_run_until(stage, 3.5);
	stage_assert_line(stage, "3 started app 0");
	assert_int_equal(stage_pod(stage)->phase, POD_PENDING);
	stage_run_until(stage, 4);
	pod = stage_pod(stage);
	assert_int_equal(pod->phase, POD_RUNNING);
	assert_int_equal(pod->containers[0].started_at, 3 * SIM_SECOND);
	assert_string_equal(pod->pod_ip, "10.1.0.2");
	assert_true(conditions_are_true(&pod->conditions, "PodReadyToStartContainers"));
	stage_assert_line(stage, "4 ready");
}

static void test_workers_tick_from_the_pods_first_sync_not_from_the_containers_start(void **state)
{
	struct stage *stage = *state;

	stage->start_takes = 3 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web, startupProbe: {" HTTP
	                   ", initialDelaySeconds: 10}}]}");
	stage_run_until(stage, 25);
	stage_assert_line(stage, "20 startup-ok app 0");
	assert_int_equal(stage->probes[PROBE_STARTUP], 1);
}

static void test_an_image_is_pulled_once_per_node(void **state)
{
	struct stage *stage = *state;

	stage->pull_takes = 7 * SIM_SECOND;
	stage_begin(stage,
	            "{containers: [{name: app, image: web:1}, {name: other, image: web:1}]}");
	stage_run_until(stage, 10);
	stage_assert_line(stage, "7 pulled app 0");
	stage_assert_line(stage, "7 started app 0");
	stage_assert_line(stage, "7 started other 0");
	assert_string_equal(stage_event(stage, "Pulling", "app"), "Pulling image \"web:1\"");
	assert_string_equal(stage_event(stage, "Pulled", "app"),
	                    "Successfully pulled image \"web:1\" in 7s (7s including waiting)");
	assert_string_equal(stage_event(stage, "Pulled", "other"),
	                    "Container image \"web:1\" already present on machine");
}

static void test_created_and_started_are_said_in_the_releases_words(void **state)
{
	struct stage *stage = *state;

	stage->release.created_event_form = 2;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 1);
	assert_string_equal(stage_event(stage, "Created", "app"), "Container created");
	assert_string_equal(stage_event(stage, "Started", "app"), "Container started");
}

static void test_a_pod_that_fails_its_startup_probe_is_never_sent_readiness_probes(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->answer.status = 404;
	stage_begin(stage, "{containers: [{name: app, image: web, startupProbe: {" HTTP
	                   "}, readinessProbe: {" HTTP "}, livenessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 100);
	stage_assert_line(stage, "30 kill app 0");
	stage_assert_line(stage, "30 started app 1");
	assert_int_equal(stage->probes[PROBE_READINESS], 0);
	assert_int_equal(stage->probes[PROBE_LIVENESS], 0);
	assert_int_equal(stage_pod(stage)->containers[0].restart_count, 3);
	assert_string_equal(stage_event(stage, "Unhealthy", "app"),
	                    "Startup probe failed: HTTP probe failed with statuscode: 404");
	assert_string_equal(stage_event(stage, "Killing", "app"),
	                    "Container app failed startup probe, will be restarted");
}

static void
test_a_startup_probe_of_threshold_12_restarts_its_container_every_130_seconds(void **state)
{
	struct stage *stage = *state;

	stage->start_takes = 3 * SIM_SECOND;
	stage_actor(stage, "app")->answer.status = 404;
	stage_actor(stage, "app")->term_after = 2 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web, startupProbe: {" HTTP
	                   ", initialDelaySeconds: 10, failureThreshold: 12}}]}");
	stage_run_until(stage, 1100);
	stage_assert_line(stage, "20 startup-bad app 0");
	stage_assert_line(stage, "132 started app 1");
	stage_assert_line(stage, "262 started app 2");
	stage_assert_line(stage, "392 started app 3");
	stage_assert_line(stage, "522 started app 4");
	stage_assert_line(stage, "652 started app 5");
	stage_assert_line(stage,
	                  "782 started app 6"); /* 130 s >= 80 s, the last that is immediate */
	stage_assert_line(stage, "912 refused app 6");
	stage_assert_line(stage, "1072 started app 7"); /* 912 + 160 */
}

static void test_readiness_is_probed_at_once_when_startup_succeeds(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->answer.status = 503;
	stage_begin(stage, "{containers: [{name: app, image: web, startupProbe: {" HTTP
	                   "}, readinessProbe: {" HTTP ", periodSeconds: 30}}]}");
	stage_run_until(stage, 15);
	stage_actor(stage, "app")->answer.status = 200;
	stage_run_until(stage, 25);
	stage_assert_order(stage, "20 startup-ok app 0", "20 readiness-ok app 0");
	stage_assert_line(stage, "20 ready");
}

static void test_a_crash_loop_waits_and_says_so(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->exits_after = 5 * SIM_SECOND;
	stage_actor(stage, "app")->exit_code = 1;
	stage_begin(stage, "{containers: [{name: app, image: web, livenessProbe: {" HTTP
	                   ", periodSeconds: 1}}]}");
	stage_run_until(stage, 15);
	stage_assert_line(stage, "6 started app 1");
	stage_assert_line(stage, "12 refused app 1");
	const struct container_status *status = &stage_pod(stage)->containers[0];

	assert_int_equal(status->state, CONTAINER_WAITING);
	assert_string_equal(status->waiting_reason, "CrashLoopBackOff");
	assert_non_null(strstr(status->waiting_message,
	                       "back-off 10s restarting failed container=app pod=pod_default("));
	assert_int_equal(status->last.exit_code, 1);
	assert_int_equal(stage_pod(stage)->phase, POD_RUNNING);
	assert_non_null(strstr(stage_event(stage, "BackOff", "app"),
	                       "Back-off restarting failed container app in pod pod_default("));
	stage_run_until(stage, 21);
	stage_assert_line(stage, "21 started app 2");
}

static void test_before_1_35_a_refused_start_is_tried_again_every_ten_seconds(void **state)
{
	struct stage *stage = *state;

	stage->release.backoff_retry_at_end = false;
	stage_actor(stage, "app")->exits_after = 5 * SIM_SECOND;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 60);
	stage_assert_line(stage, "12 refused app 1"); /* until 21 */
	stage_assert_line(stage, "22 started app 2");
}

static void test_an_out_of_memory_kill_is_an_ordinary_crash(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->exits_after = 5200 * SIM_MILLISECOND;
	stage_actor(stage, "app")->exits = 1;
	stage_actor(stage, "app")->exit_code = 137;
	stage_actor(stage, "app")->exit_reason = "OOMKilled";
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 20);
	const struct container_status *status = &stage_pod(stage)->containers[0];

	assert_int_equal(status->state, CONTAINER_RUNNING);
	assert_int_equal(status->restart_count, 1);
	assert_string_equal(status->last.reason, "OOMKilled");
	assert_int_equal(status->last.finished_at, 5 * SIM_SECOND);
}

static void test_policy_never_fails_the_pod_with_its_container(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->exits_after = 5 * SIM_SECOND;
	stage_actor(stage, "app")->exit_code = 3;
	stage_begin(stage, "{restartPolicy: Never, containers: [{name: app, image: web}]}");
	stage_run_until(stage, 30);
	assert_int_equal(stage_pod(stage)->phase, POD_FAILED);
	assert_string_equal(conditions_find(&stage_pod(stage)->conditions, "Ready")->reason,
	                    "PodFailed");
	stage_assert_no_line(stage, "started app 1");
	stage_delete_pod(stage);
	assert_null(stage_pod(stage));
}

static void test_policy_on_failure_restarts_failures_only(void **state)
{
	struct stage *stage = *state;
	struct actor *app = stage_actor(stage, "app");

	app->exits_after = 5 * SIM_SECOND;
	app->exit_code = 1;
	stage_begin(stage, "{restartPolicy: OnFailure, containers: [{name: app, image: web}]}");
	stage_run_until(stage, 8);
	stage_assert_line(stage, "6 started app 1");
	app->exit_code = 0;
	stage_run_until(stage, 60);
	assert_int_equal(stage_pod(stage)->phase, POD_SUCCEEDED);
	stage_assert_no_line(stage, "started app 2");
}

static void test_a_liveness_kill_under_never_ends_the_pod(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "app")->answer.status = 500;
	stage_begin(stage, "{restartPolicy: Never, containers: [{name: app, image: web, "
	                   "livenessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 40);
	stage_assert_line(stage, "30 exited app 0");
	assert_string_equal(stage_event(stage, "Killing", "app"),
	                    "Container app failed liveness probe");
	assert_int_equal(stage_pod(stage)->phase, POD_FAILED);
	assert_int_equal(stage_pod(stage)->containers[0].end.exit_code, 143);
}

static void test_only_the_failing_container_of_a_pod_is_restarted(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "bad")->answer.status = 500;
	stage_begin(stage, "{containers: [{name: good, image: web, livenessProbe: {" HTTP
	                   "}}, {name: bad, image: web, livenessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 45);
	stage_assert_line(stage, "30 started bad 1");
	stage_assert_no_line(stage, "started good 1");
	assert_int_equal(stage_pod(stage)->containers[0].restart_count, 0);
	assert_int_equal(pod_restarts(stage_pod(stage)), 1);
}

static void test_a_pod_is_ready_when_all_its_containers_are(void **state)
{
	struct stage *stage = *state;

	stage_actor(stage, "slow")->answer.status = 503;
	stage_begin(stage, "{containers: [{name: quick, image: web, readinessProbe: {" HTTP
	                   "}}, {name: slow, image: web, readinessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 15);
	assert_false(stage_ready(stage));
	assert_string_equal(conditions_find(&stage_pod(stage)->conditions, "Ready")->message,
	                    "containers with unready status: [slow]");
	stage_actor(stage, "slow")->answer.status = 200;
	stage_run_until(stage, 25);
	stage_assert_line(stage, "22 ready");
}

static void set_gate(struct stage *stage, enum condition_status status)
{
	struct object *copy = object_copy(&stage_pod(stage)->object);

	conditions_set(&POD(copy)->conditions, "example.com/lb", status, NULL, NULL,
	               simulation_now(stage->sim));
	assert_true(store_update(stage->store, copy, false, NULL));
	object_unref(copy);
}

static void test_a_readiness_gate_is_reconciled_when_its_condition_changes(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage,
	            "{readinessGates: [{conditionType: example.com/lb}], containers: [{name: "
	            "app, image: web}]}");
	stage_run_until(stage, 5.5);
	assert_string_equal(conditions_find(&stage_pod(stage)->conditions, "Ready")->reason,
	                    "ReadinessGatesNotReady");
	assert_true(conditions_are_true(&stage_pod(stage)->conditions, "ContainersReady"));
	set_gate(stage, CONDITION_TRUE);
	stage_run_until(stage, 5.9);
	assert_true(stage_ready(stage));
	set_gate(stage, CONDITION_FALSE);
	stage_run_until(stage, 8);
	assert_false(stage_ready(stage));
	assert_int_equal(conditions_find(&stage_pod(stage)->conditions, "example.com/lb")->status,
	                 CONDITION_FALSE);
}

static void answer_with(struct stage *stage, struct probe_answer answer, const char *probe)
{
	g_autofree char *spec = g_strdup_printf("{containers: [{name: app, image: web, ports: "
	                                        "[{name: web, containerPort: 80}], readinessProbe: "
	                                        "{%s}}]}",
	                                        probe);

	stage_actor(stage, "app")->answer = answer;
	stage_begin(stage, spec);
	stage_run_until(stage, 1.5);
}

static void test_a_tcp_probe_fails_when_it_is_refused(void **state)
{
	answer_with(*state, (struct probe_answer){.kind = PROBE_ANSWER_REFUSED},
	            "tcpSocket: {port: web}");
	assert_string_equal(stage_event(*state, "Unhealthy", "app"),
	                    "Readiness probe failed: dial tcp 10.1.0.2:80: connect: connection "
	                    "refused");
}

static void test_a_grpc_probe_succeeds_when_the_service_serves(void **state)
{
	answer_with(*state, (struct probe_answer){.kind = PROBE_ANSWER_OK}, "grpc: {port: 80}");
	assert_true(stage_ready(*state));
	assert_null(stage_event(*state, "Unhealthy", NULL));
}

static void test_the_output_of_an_exec_probe_is_its_message(void **state)
{
	answer_with(*state, (struct probe_answer){.kind = PROBE_ANSWER_FAILED, .text = "no lock"},
	            "exec: {command: [cat, /lock]}");
	assert_string_equal(stage_event(*state, "Unhealthy", "app"),
	                    "Readiness probe failed: no lock");
}

static void test_a_redirect_elsewhere_is_a_warning_and_counts_as_success(void **state)
{
	answer_with(*state, (struct probe_answer){.kind = PROBE_ANSWER_HTTP, .status = 302}, HTTP);
	assert_true(stage_ready(*state));
	assert_non_null(strstr(stage_event(*state, "ProbeWarning", "app"),
	                       "Readiness probe warning: Probe terminated redirects"));
}

static void test_an_unknown_port_name_is_the_probers_error_and_counts_as_nothing(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage,
	            "{containers: [{name: app, image: web, livenessProbe: {httpGet: {path: /, "
	            "port: nowhere}}}]}");
	stage_run_until(stage, 100);
	stage_assert_line(stage, "90 liveness-error app 0");
	stage_assert_no_line(stage, "kill");
	assert_string_equal(stage_event(stage, "Unhealthy", "app"),
	                    "Liveness probe errored and resulted in unknown state: couldn't find "
	                    "port");
}

static void test_good_probes_write_nothing(void **state)
{
	struct stage *stage = *state;

	stage_begin(stage, "{containers: [{name: app, image: web, startupProbe: {" HTTP
	                   "}, readinessProbe: {" HTTP "}, livenessProbe: {" HTTP "}}]}");
	stage_run_until(stage, 60);
	uint64_t writes = stage->writes, probes = stage->probes[PROBE_READINESS];

	stage_run_until(stage, 3660);
	assert_int_equal(stage->writes, writes);
	assert_int_equal(stage->probes[PROBE_READINESS], probes + 360);
	assert_int_equal(stage->probes[PROBE_STARTUP], 1);
}

static void test_a_status_takes_its_time_to_the_api_server(void **state)
{
	struct stage *stage = *state;

	stage->environment.status_delay = 200 * SIM_MILLISECOND;
	stage_begin(stage, "{containers: [{name: app, image: web}]}");
	stage_run_until(stage, 3);
	stage_assert_line(stage, "1.2 ready");
	assert_int_equal(
	    conditions_find(&stage_pod(stage)->conditions, "Ready")->last_transition_time,
	    SIM_SECOND);
}

static void test_a_resync_probes_a_container_that_is_not_ready(void **state)
{
	struct stage *stage = *state;

	stage->config.sync_frequency = 60 * SIM_SECOND;
	stage_actor(stage, "app")->answer.status = 503;
	stage_begin(stage, "{containers: [{name: app, image: web, readinessProbe: {" HTTP
	                   ", periodSeconds: 50}}]}");
	stage_run_until(stage, 100);
	stage_assert_line(stage, "2 readiness-bad app 0");
	stage_assert_line(stage, "52 readiness-bad app 0"); /* its own tick */
	stage_assert_line(stage,
	                  "62 readiness-bad app 0"); /* the resync, 60 s after the sync at 2 */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_pod_is_pending_until_its_container_was_seen_running),
	    TEST(test_workers_tick_from_the_pods_first_sync_not_from_the_containers_start),
	    TEST(test_an_image_is_pulled_once_per_node),
	    TEST(test_created_and_started_are_said_in_the_releases_words),
	    TEST(test_a_pod_that_fails_its_startup_probe_is_never_sent_readiness_probes),
	    TEST(test_a_startup_probe_of_threshold_12_restarts_its_container_every_130_seconds),
	    TEST(test_readiness_is_probed_at_once_when_startup_succeeds),
	    TEST(test_a_crash_loop_waits_and_says_so),
	    TEST(test_before_1_35_a_refused_start_is_tried_again_every_ten_seconds),
	    TEST(test_an_out_of_memory_kill_is_an_ordinary_crash),
	    TEST(test_policy_never_fails_the_pod_with_its_container),
	    TEST(test_policy_on_failure_restarts_failures_only),
	    TEST(test_a_liveness_kill_under_never_ends_the_pod),
	    TEST(test_only_the_failing_container_of_a_pod_is_restarted),
	    TEST(test_a_pod_is_ready_when_all_its_containers_are),
	    TEST(test_a_readiness_gate_is_reconciled_when_its_condition_changes),
	    TEST(test_a_tcp_probe_fails_when_it_is_refused),
	    TEST(test_a_grpc_probe_succeeds_when_the_service_serves),
	    TEST(test_the_output_of_an_exec_probe_is_its_message),
	    TEST(test_a_redirect_elsewhere_is_a_warning_and_counts_as_success),
	    TEST(test_an_unknown_port_name_is_the_probers_error_and_counts_as_nothing),
	    TEST(test_good_probes_write_nothing),
	    TEST(test_a_status_takes_its_time_to_the_api_server),
	    TEST(test_a_resync_probes_a_container_that_is_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
