/* Tests of the gates before a probe, the counting after it, and the texts of its events. */

#include "rules/probe.h"

#include "rules/probe_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct probe probe;
	struct container_status status;
	struct probe_state state;
	struct probe_view view;
};

/* A started container that runs since 5 s, a probe with defaults, now 20 s. */
static struct fixture fixture_of(void)
{
	struct fixture f = {0};

	f.probe.timeout_seconds = 1;
	f.probe.period_seconds = 10;
	f.probe.success_threshold = 1;
	f.probe.failure_threshold = 3;
	f.status.state = CONTAINER_RUNNING;
	f.status.started_at = 5 * SIM_SECOND;
	f.status.has_id = true;
	f.status.started = true;
	f.view.known = true;
	f.view.phase = POD_RUNNING;
	f.view.restarts_if_ended = true;
	f.view.now = 20 * SIM_SECOND;
	return f;
}

static enum probe_step check(struct fixture *f, enum probe_type type, bool *fresh)
{
	f->view.container = &f->status;
	return probe_check(&f->state, type, &f->probe, &f->view, fresh);
}

static void test_a_worker_does_nothing_before_the_pod_has_a_status(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	f.view.known = false;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_NOTHING);
	assert_false(fresh);
}

static void test_a_worker_ends_with_a_finished_pod(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	f.view.phase = POD_SUCCEEDED;
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_END);
	f.view.phase = POD_FAILED;
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_END);
}

static void test_a_worker_does_nothing_before_there_is_a_container(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	f.status.has_id = false;
	f.status.state = CONTAINER_WAITING;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_NOTHING);
	assert_false(fresh);
}

static void test_a_new_container_is_met_once_and_takes_the_worker_off_hold(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_SEND);
	assert_true(fresh);
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_SEND);
	assert_false(fresh);
	f.state.on_hold = true;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_NOTHING);
	f.status.attempt = 1;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_SEND);
	assert_true(fresh);
}

static void test_initial_results_are_failure_success_unknown(void **state)
{
	assert_int_equal(probe_initial_result(PROBE_READINESS), PROBE_RESULT_FAILURE);
	assert_int_equal(probe_initial_result(PROBE_LIVENESS), PROBE_RESULT_SUCCESS);
	assert_int_equal(probe_initial_result(PROBE_STARTUP), PROBE_RESULT_UNKNOWN);
}

static void test_a_container_that_does_not_run_stores_a_failure(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	f.status.state = CONTAINER_TERMINATED;
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_STORE_FAILURE);
	f.view.restarts_if_ended = false;
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_STORE_FAILURE_AND_END);
	f.status.state = CONTAINER_WAITING;
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_STORE_FAILURE);
}

static void test_a_worker_made_during_deletion_probes_readiness_only(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	f.view.worker_deleted = true;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_STORE_SUCCESS_AND_END);
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_SEND);
}

static void test_the_initial_delay_counts_whole_seconds_from_the_start(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	f.probe.initial_delay_seconds = 16;
	f.view.now = 20 * SIM_SECOND + 999 * SIM_MILLISECOND;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_NOTHING);
	f.view.now = 21 * SIM_SECOND;
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_SEND);
}

static void test_startup_is_probed_until_started_and_the_others_from_then_on(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	assert_int_equal(check(&f, PROBE_STARTUP, &fresh), PROBE_STEP_NOTHING);
	f.status.started = false;
	assert_int_equal(check(&f, PROBE_STARTUP, &fresh), PROBE_STEP_SEND);
	assert_int_equal(check(&f, PROBE_LIVENESS, &fresh), PROBE_STEP_NOTHING);
	assert_int_equal(check(&f, PROBE_READINESS, &fresh), PROBE_STEP_NOTHING);
}

static bool count(struct fixture *f, enum probe_type type, enum probe_outcome outcome)
{
	enum probe_result result;

	return probe_count(&f->state, type, &f->probe, outcome, &result);
}

static void test_a_failure_counts_after_failure_threshold_in_a_row(void **state)
{
	struct fixture f = fixture_of();
	enum probe_result result;

	assert_false(count(&f, PROBE_READINESS, PROBE_OUTCOME_FAILURE));
	assert_false(count(&f, PROBE_READINESS, PROBE_OUTCOME_FAILURE));
	assert_true(count(&f, PROBE_READINESS, PROBE_OUTCOME_SUCCESS));
	assert_false(count(&f, PROBE_READINESS, PROBE_OUTCOME_FAILURE));
	assert_false(count(&f, PROBE_READINESS, PROBE_OUTCOME_FAILURE));
	assert_true(
	    probe_count(&f.state, PROBE_READINESS, &f.probe, PROBE_OUTCOME_FAILURE, &result));
	assert_int_equal(result, PROBE_RESULT_FAILURE);
	assert_false(f.state.on_hold);
	assert_int_equal(f.state.run, 3);
}

static void test_a_warning_counts_as_success(void **state)
{
	struct fixture f = fixture_of();
	enum probe_result result;

	f.probe.success_threshold = 2;
	assert_false(count(&f, PROBE_READINESS, PROBE_OUTCOME_SUCCESS));
	assert_true(
	    probe_count(&f.state, PROBE_READINESS, &f.probe, PROBE_OUTCOME_WARNING, &result));
	assert_int_equal(result, PROBE_RESULT_SUCCESS);
}

static void test_the_run_of_results_survives_a_change_of_container(void **state)
{
	struct fixture f = fixture_of();
	bool fresh;

	count(&f, PROBE_LIVENESS, PROBE_OUTCOME_FAILURE);
	count(&f, PROBE_LIVENESS, PROBE_OUTCOME_FAILURE);
	f.status.attempt = 1;
	check(&f, PROBE_LIVENESS, &fresh);
	assert_true(fresh);
	assert_true(count(&f, PROBE_LIVENESS, PROBE_OUTCOME_FAILURE));
}

static void test_a_liveness_failure_puts_the_worker_on_hold_with_a_new_run(void **state)
{
	struct fixture f = fixture_of();

	f.probe.failure_threshold = 1;
	assert_true(count(&f, PROBE_LIVENESS, PROBE_OUTCOME_SUCCESS));
	assert_false(f.state.on_hold);
	assert_true(count(&f, PROBE_LIVENESS, PROBE_OUTCOME_FAILURE));
	assert_true(f.state.on_hold);
	assert_int_equal(f.state.run, 0);
}

static void test_any_startup_result_puts_the_worker_on_hold(void **state)
{
	struct fixture f = fixture_of();

	assert_true(count(&f, PROBE_STARTUP, PROBE_OUTCOME_SUCCESS));
	assert_true(f.state.on_hold);
}

static void test_http_statuses_from_200_to_399_are_good(void **state)
{
	assert_int_equal(probe_http_outcome(199), PROBE_OUTCOME_FAILURE);
	assert_int_equal(probe_http_outcome(200), PROBE_OUTCOME_SUCCESS);
	assert_int_equal(probe_http_outcome(299), PROBE_OUTCOME_SUCCESS);
	assert_int_equal(probe_http_outcome(300), PROBE_OUTCOME_WARNING);
	assert_int_equal(probe_http_outcome(399), PROBE_OUTCOME_WARNING);
	assert_int_equal(probe_http_outcome(400), PROBE_OUTCOME_FAILURE);
	assert_int_equal(probe_http_outcome(503), PROBE_OUTCOME_FAILURE);
}

static void test_redirects_are_followed_ten_times_and_to_the_same_host_only(void **state)
{
	assert_int_equal(probe_redirect("10.1.0.2", NULL, 0), PROBE_REDIRECT_FOLLOW);
	assert_int_equal(probe_redirect("10.1.0.2", "10.1.0.2", 9), PROBE_REDIRECT_FOLLOW);
	assert_int_equal(probe_redirect("10.1.0.2", "10.1.0.2", 10), PROBE_REDIRECT_FAILURE);
	assert_int_equal(probe_redirect("10.1.0.2", "example.com", 0), PROBE_REDIRECT_WARNING);
}

/* --- texts --- */

static void assert_text(const struct probe_reply *reply, const struct handler *handler,
                        const char *expected)
{
	const struct probe_target target = {handler, "10.1.0.7", 8000, 2};
	char *text = probe_reply_text(reply, &target);

	assert_string_equal(text, expected);
	g_free(text);
}

static char healthz[] = "/healthz";

static void test_http_texts_are_those_of_go(void **state)
{
	const struct handler handler = {.kind = HANDLER_HTTP_GET, .path = healthz};

	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_HTTP, .status = 404}, &handler,
	            "HTTP probe failed with statuscode: 404");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_REFUSED}, &handler,
	            "Get \"http://10.1.0.7:8000/healthz\": dial tcp 10.1.0.7:8000: connect: "
	            "connection refused");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_TIMEOUT}, &handler,
	            "Get \"http://10.1.0.7:8000/healthz\": context deadline exceeded "
	            "(Client.Timeout exceeded while awaiting headers)");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_RESET}, &handler,
	            "Get \"http://10.1.0.7:8000/healthz\": EOF");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_HTTP, .status = 302, .text = "moved"},
	            &handler, "Probe terminated redirects, Response body: moved");
}

static void test_tcp_grpc_and_exec_have_texts_of_their_own(void **state)
{
	char sleep[] = "sleep", five[] = "5";
	char *command[] = {sleep, five, NULL};
	const struct handler tcp = {.kind = HANDLER_TCP_SOCKET};
	const struct handler grpc = {.kind = HANDLER_GRPC};
	const struct handler exec = {.kind = HANDLER_EXEC, .command = command};

	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_REFUSED}, &tcp,
	            "dial tcp 10.1.0.7:8000: connect: connection refused");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_TIMEOUT}, &tcp,
	            "dial tcp 10.1.0.7:8000: i/o timeout");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_FAILED, .text = "NOT_SERVING"}, &grpc,
	            "service unhealthy (responded with \"NOT_SERVING\")");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_REFUSED}, &grpc,
	            "timeout: failed to connect service \"10.1.0.7:8000\" within 2s: context "
	            "deadline exceeded");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_FAILED, .text = "no such file"},
	            &exec, "no such file");
	assert_text(&(struct probe_reply){.kind = PROBE_REPLY_TIMEOUT}, &exec,
	            "command \"sleep 5\" timed out");
}

static void assert_message(char *message, const char *expected)
{
	assert_string_equal(message, expected);
	g_free(message);
}

static void test_event_messages_name_the_probe_and_what_became_of_it(void **state)
{
	assert_message(probe_event_message(PROBE_READINESS, PROBE_OUTCOME_FAILURE, "X"),
	               "Readiness probe failed: X");
	assert_message(probe_event_message(PROBE_LIVENESS, PROBE_OUTCOME_WARNING, "X"),
	               "Liveness probe warning: X");
	assert_message(probe_event_message(PROBE_STARTUP, PROBE_OUTCOME_ERROR, "X"),
	               "Startup probe errored and resulted in unknown state: X");
	assert_string_equal(probe_event_reason(PROBE_OUTCOME_WARNING), "ProbeWarning");
	assert_string_equal(probe_event_reason(PROBE_OUTCOME_ERROR), "Unhealthy");
	assert_message(probe_kill_message("app", PROBE_LIVENESS, false, true),
	               "Container app failed liveness probe, will be restarted");
	assert_message(probe_kill_message("app", PROBE_STARTUP, false, false),
	               "Container app failed startup probe");
	assert_message(probe_kill_message("proxy", PROBE_STARTUP, true, true),
	               "Init container proxy failed startup probe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_worker_does_nothing_before_the_pod_has_a_status),
	    cmocka_unit_test(test_a_worker_ends_with_a_finished_pod),
	    cmocka_unit_test(test_a_worker_does_nothing_before_there_is_a_container),
	    cmocka_unit_test(test_a_new_container_is_met_once_and_takes_the_worker_off_hold),
	    cmocka_unit_test(test_initial_results_are_failure_success_unknown),
	    cmocka_unit_test(test_a_container_that_does_not_run_stores_a_failure),
	    cmocka_unit_test(test_a_worker_made_during_deletion_probes_readiness_only),
	    cmocka_unit_test(test_the_initial_delay_counts_whole_seconds_from_the_start),
	    cmocka_unit_test(test_startup_is_probed_until_started_and_the_others_from_then_on),
	    cmocka_unit_test(test_a_failure_counts_after_failure_threshold_in_a_row),
	    cmocka_unit_test(test_a_warning_counts_as_success),
	    cmocka_unit_test(test_the_run_of_results_survives_a_change_of_container),
	    cmocka_unit_test(test_a_liveness_failure_puts_the_worker_on_hold_with_a_new_run),
	    cmocka_unit_test(test_any_startup_result_puts_the_worker_on_hold),
	    cmocka_unit_test(test_http_statuses_from_200_to_399_are_good),
	    cmocka_unit_test(test_redirects_are_followed_ten_times_and_to_the_same_host_only),
	    cmocka_unit_test(test_http_texts_are_those_of_go),
	    cmocka_unit_test(test_tcp_grpc_and_exec_have_texts_of_their_own),
	    cmocka_unit_test(test_event_messages_name_the_probe_and_what_became_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
