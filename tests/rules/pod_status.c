/* Tests of a pod's phase, Started, Ready and conditions. */

#include "rules/pod_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MAIN = 2, INIT = 2 };

static char app[] = "app", side[] = "side", setup[] = "setup", proxy[] = "proxy";

struct fixture {
	struct container containers[MAIN], init_containers[INIT];
	struct pod_spec spec;
	struct container_status main[MAIN], init[INIT];
	struct conditions conditions;
};

static struct container_status waiting(void)
{
	struct container_status status = {.state = CONTAINER_WAITING};

	status.end.finished_at = status.last.finished_at = SIM_NEVER;
	return status;
}

static struct container_status running(void)
{
	struct container_status status = waiting();

	status.state = CONTAINER_RUNNING;
	status.has_id = status.started = status.ready = true;
	return status;
}

static struct container_status ended(int exit_code)
{
	struct container_status status = waiting();

	status.state = CONTAINER_TERMINATED;
	status.has_id = true;
	status.end.finished_at = 0;
	status.end.exit_code = exit_code;
	return status;
}

static struct container_status crash_loop(int exit_code)
{
	struct container_status status = waiting();

	status.has_id = true;
	status.last.finished_at = 0;
	status.last.exit_code = exit_code;
	return status;
}

/* Two main containers that run; no init containers unless the test says so. */
static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){0};
	f->containers[0].name = app;
	f->containers[1].name = side;
	f->init_containers[0].name = setup;
	f->init_containers[1].name = proxy;
	f->init_containers[1].always_restarts = true;
	f->spec.containers = f->containers;
	f->spec.n_containers = MAIN;
	f->spec.init_containers = f->init_containers;
	f->spec.restart_policy = RESTART_ALWAYS;
	f->main[0] = f->main[1] = running();
	f->init[0] = f->init[1] = waiting();
}

static enum pod_phase phase(const struct fixture *f)
{
	return pod_status_phase(&f->spec, f->main, f->init, false);
}

static void test_a_pod_runs_when_every_container_was_started_and_one_runs(void **state)
{
	struct fixture f;

	fixture_init(&f);
	assert_int_equal(phase(&f), POD_RUNNING);
	f.main[1] = waiting();
	assert_int_equal(phase(&f), POD_PENDING);
	f.main[1] = ended(1);
	assert_int_equal(phase(&f), POD_RUNNING);
}

static void test_a_crash_loop_is_inside_the_phase_running(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.main[0] = f.main[1] = crash_loop(1);
	assert_int_equal(phase(&f), POD_RUNNING);
}

static void test_the_restart_policy_decides_what_ended_containers_mean(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.main[0] = f.main[1] = ended(0);
	assert_int_equal(phase(&f), POD_RUNNING);
	f.spec.restart_policy = RESTART_ON_FAILURE;
	assert_int_equal(phase(&f), POD_SUCCEEDED);
	f.main[1] = ended(2);
	assert_int_equal(phase(&f), POD_RUNNING);
	f.spec.restart_policy = RESTART_NEVER;
	assert_int_equal(phase(&f), POD_FAILED);
	f.main[1] = ended(0);
	assert_int_equal(phase(&f), POD_SUCCEEDED);
}

static void test_a_pod_that_was_ended_is_succeeded_or_failed_by_its_exit_codes(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.main[0] = f.main[1] = ended(0);
	assert_int_equal(pod_status_phase(&f.spec, f.main, f.init, true), POD_SUCCEEDED);
	f.main[0] = ended(143);
	assert_int_equal(pod_status_phase(&f.spec, f.main, f.init, true), POD_FAILED);
}

static void test_a_pod_is_pending_while_it_initialises(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.spec.n_init_containers = INIT;
	f.main[0] = f.main[1] = waiting();
	assert_int_equal(phase(&f), POD_PENDING);
	f.init[0] = ended(0);
	f.init[1] = running();
	f.init[1].started = false;
	assert_int_equal(phase(&f), POD_PENDING);
	f.init[1].started = true;
	f.main[0] = f.main[1] = running();
	assert_int_equal(phase(&f), POD_RUNNING);
	f.init[1].started = false; /* a sidecar that restarts does not take the pod back */
	assert_int_equal(phase(&f), POD_RUNNING);
}

static void test_a_failed_init_container_fails_the_pod_only_under_never(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.spec.n_init_containers = 1;
	f.main[0] = f.main[1] = waiting();
	f.init[0] = ended(1);
	assert_int_equal(phase(&f), POD_PENDING);
	f.spec.restart_policy = RESTART_NEVER;
	assert_int_equal(phase(&f), POD_FAILED);
}

static void test_started_needs_the_startup_probe_if_there_is_one(void **state)
{
	struct container_status status = running();

	assert_true(pod_status_started(&status, PROBE_RESULT_NONE, false));
	assert_false(pod_status_started(&status, PROBE_RESULT_NONE, true));
	assert_false(pod_status_started(&status, PROBE_RESULT_UNKNOWN, true));
	assert_true(pod_status_started(&status, PROBE_RESULT_SUCCESS, true));
	status.state = CONTAINER_TERMINATED;
	assert_false(pod_status_started(&status, PROBE_RESULT_SUCCESS, true));
}

static void test_a_started_container_that_is_not_ready_triggers_its_readiness_worker(void **state)
{
	struct container_status status = running();
	bool trigger;

	assert_true(pod_status_ready(&status, PROBE_RESULT_NONE, false, &trigger));
	assert_false(trigger);
	assert_false(pod_status_ready(&status, PROBE_RESULT_FAILURE, true, &trigger));
	assert_true(trigger);
	assert_true(pod_status_ready(&status, PROBE_RESULT_SUCCESS, true, &trigger));
	assert_false(trigger);
	status.started = false;
	assert_false(pod_status_ready(&status, PROBE_RESULT_SUCCESS, true, &trigger));
	assert_false(trigger);
}

static const struct condition *set_and_find(struct fixture *f, const char *type, sim_time now)
{
	pod_status_conditions(&f->conditions, &f->spec, phase(f), f->main, f->init, true,
	                      &f->conditions, now);
	return conditions_find(&f->conditions, type);
}

static void test_the_message_names_the_containers_that_are_not_ready(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.main[0].ready = f.main[1].ready = false;
	const struct condition *ready = set_and_find(&f, "Ready", 7);

	assert_int_equal(ready->status, CONDITION_FALSE);
	assert_string_equal(ready->reason, "ContainersNotReady");
	assert_string_equal(ready->message, "containers with unready status: [app side]");
	conditions_clear(&f.conditions);
}

static void test_the_transition_time_moves_only_with_the_status(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.main[0].ready = f.main[1].ready = false;
	assert_int_equal(set_and_find(&f, "Ready", 7)->last_transition_time, 7);
	f.main[0].ready = true;
	assert_string_equal(set_and_find(&f, "Ready", 8)->message,
	                    "containers with unready status: [side]");
	assert_int_equal(set_and_find(&f, "Ready", 8)->last_transition_time, 7);
	f.main[1].ready = true;
	assert_int_equal(set_and_find(&f, "Ready", 9)->last_transition_time, 9);
	assert_int_equal(set_and_find(&f, "ContainersReady", 9)->status, CONDITION_TRUE);
	conditions_clear(&f.conditions);
}

static void test_a_sidecar_counts_for_ready_and_an_init_container_does_not(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.spec.n_init_containers = INIT;
	f.init[0] = ended(0);
	f.init[1] = running();
	f.init[1].ready = false;
	assert_string_equal(set_and_find(&f, "Ready", 0)->message,
	                    "containers with unready status: [proxy]");
	f.init[1].ready = true;
	assert_int_equal(set_and_find(&f, "Ready", 0)->status, CONDITION_TRUE);
	conditions_clear(&f.conditions);
}

static void test_initialized_waits_for_init_containers_and_started_sidecars(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.spec.n_init_containers = INIT;
	f.main[0] = f.main[1] = waiting();
	const struct condition *initialized = set_and_find(&f, "Initialized", 0);

	assert_int_equal(initialized->status, CONDITION_FALSE);
	assert_string_equal(initialized->reason, "ContainersNotInitialized");
	assert_string_equal(initialized->message,
	                    "containers with incomplete status: [setup proxy]");
	f.init[0] = ended(0);
	f.init[0].ready = true;
	f.init[1] = running();
	assert_int_equal(set_and_find(&f, "Initialized", 0)->status, CONDITION_TRUE);
	conditions_clear(&f.conditions);
}

static void test_readiness_gates_hold_ready_back_but_not_containers_ready(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.spec.readiness_gates = g_ptr_array_new();
	g_ptr_array_add(f.spec.readiness_gates, (void *)"example.com/lb");
	const struct condition *ready = set_and_find(&f, "Ready", 0);

	assert_string_equal(ready->reason, "ReadinessGatesNotReady");
	assert_string_equal(
	    ready->message,
	    "corresponding condition of pod readiness gate \"example.com/lb\" does not exist.");
	assert_int_equal(conditions_find(&f.conditions, "ContainersReady")->status, CONDITION_TRUE);
	conditions_set(&f.conditions, "example.com/lb", CONDITION_FALSE, NULL, NULL, 0);
	assert_string_equal(set_and_find(&f, "Ready", 0)->message,
	                    "the status of pod readiness gate \"example.com/lb\" is not \"True\", "
	                    "but False");
	conditions_set(&f.conditions, "example.com/lb", CONDITION_TRUE, NULL, NULL, 0);
	assert_true(pod_status_gates_differ(&f.conditions, &f.spec, POD_RUNNING, f.main, f.init,
	                                    &f.conditions));
	assert_int_equal(set_and_find(&f, "Ready", 0)->status, CONDITION_TRUE);
	assert_false(pod_status_gates_differ(&f.conditions, &f.spec, POD_RUNNING, f.main, f.init,
	                                     &f.conditions));
	conditions_clear(&f.conditions);
	g_ptr_array_unref(f.spec.readiness_gates);
}

static void test_finished_pods_are_not_ready_for_a_reason_of_their_own(void **state)
{
	struct fixture f;

	fixture_init(&f);
	f.spec.restart_policy = RESTART_NEVER;
	f.main[0] = f.main[1] = ended(0);
	assert_string_equal(set_and_find(&f, "Ready", 0)->reason, "PodCompleted");
	f.main[0] = ended(1);
	assert_string_equal(set_and_find(&f, "Ready", 0)->reason, "PodFailed");
	conditions_clear(&f.conditions);
}

static void test_what_is_restarted_depends_on_policy_kind_and_exit_code(void **state)
{
	assert_true(pod_status_restarts(RESTART_NEVER, false, false, false, 0));
	assert_true(pod_status_restarts(RESTART_ALWAYS, false, false, true, 0));
	assert_false(pod_status_restarts(RESTART_ON_FAILURE, false, false, true, 0));
	assert_true(pod_status_restarts(RESTART_ON_FAILURE, false, false, true, 1));
	assert_false(pod_status_restarts(RESTART_NEVER, false, false, true, 1));
	assert_true(pod_status_restarts(RESTART_NEVER, true, true, true, 1));
	assert_true(pod_status_restarts(RESTART_ALWAYS, true, false, true, 1));
	assert_false(pod_status_restarts(RESTART_ALWAYS, true, false, true, 0));
	assert_false(pod_status_restarts(RESTART_NEVER, true, false, true, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_pod_runs_when_every_container_was_started_and_one_runs),
	    cmocka_unit_test(test_a_crash_loop_is_inside_the_phase_running),
	    cmocka_unit_test(test_the_restart_policy_decides_what_ended_containers_mean),
	    cmocka_unit_test(test_a_pod_that_was_ended_is_succeeded_or_failed_by_its_exit_codes),
	    cmocka_unit_test(test_a_pod_is_pending_while_it_initialises),
	    cmocka_unit_test(test_a_failed_init_container_fails_the_pod_only_under_never),
	    cmocka_unit_test(test_started_needs_the_startup_probe_if_there_is_one),
	    cmocka_unit_test(
		test_a_started_container_that_is_not_ready_triggers_its_readiness_worker),
	    cmocka_unit_test(test_the_message_names_the_containers_that_are_not_ready),
	    cmocka_unit_test(test_the_transition_time_moves_only_with_the_status),
	    cmocka_unit_test(test_a_sidecar_counts_for_ready_and_an_init_container_does_not),
	    cmocka_unit_test(test_initialized_waits_for_init_containers_and_started_sidecars),
	    cmocka_unit_test(test_readiness_gates_hold_ready_back_but_not_containers_ready),
	    cmocka_unit_test(test_finished_pods_are_not_ready_for_a_reason_of_their_own),
	    cmocka_unit_test(test_what_is_restarted_depends_on_policy_kind_and_exit_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
