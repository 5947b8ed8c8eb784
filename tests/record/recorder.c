#include "../report/stage.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NAME "web-1-aaaaa"

static void assert_near(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected)))) {
		fail_msg("%.12g is not %.12g", value, expected);
	}
}

/* A pod that runs from 600 s on, within the measure window of 620 s to 720 s. */
static struct stage *stage_with_pod(void)
{
	struct stage *stage = stage_new();

	stage_at(stage, 600);
	stage_pod(stage, NAME, NULL, STAGE_FIXED);
	stage_bind(stage, NAME);
	stage_start(stage, NAME, 0, 0.1);
	return stage;
}

static void test_cpu_is_measured_exactly_between_the_ends_of_the_window(void **state)
{
	struct stage *stage = stage_with_pod();

	stage_at(stage, 619); /* what was used before 620 s does not count */
	stage_serve(stage, NAME, 0.9, 10);
	stage_at(stage, 620);
	stage_serve(stage, NAME, 0.2, 10);
	stage_at(stage, 650);
	stage_serve(stage, NAME, 0.8, 10);
	stage_at(stage, 665);
	stage_serve(stage, NAME, 0.2, 10);
	stage_at(stage, 720);
	stage_serve(stage, NAME, 5, 0);

	const struct run_pod *pod = stage_finish(stage)->pods->pdata[0];

	assert_near(pod->cpu_mean, (85 * 0.2 + 15 * 0.8) / 100);
	assert_near(pod->cpu_max, 0.8); /* 650 s to 665 s is one of the window's 15 s */
	assert_near(pod->measured_seconds, 100);
	assert_int_equal(pod->requests, 1010);
	stage_free(stage);
}

static void test_requests_are_summed_across_restarts(void **state)
{
	struct stage *stage = stage_with_pod();

	stage_serve(stage, NAME, 0.1, 3);
	stage_at(stage, 641); /* no reading falls on this instant */
	stage_restart(stage, NAME, 1, "Error", 0.1);
	stage_serve(stage, NAME, 0.1, 5);
	stage_at(stage, 651);
	stage_restart(stage, NAME, 1, "Error", 0.1);

	const struct run_pod *pod = stage_finish(stage)->pods->pdata[0];

	assert_int_equal(pod->requests, 41 * 3 + 10 * 5);
	assert_int_equal(pod->restarts->len, 2);
	const struct run_restart *restart = &g_array_index(pod->restarts, struct run_restart, 0);

	assert_int_equal(restart->at, 641 * SIM_SECOND);
	assert_int_equal(restart->cause, KILL_NONE);
	assert_int_equal(restart->exit_code, 1);
	assert_int_equal(restart->killed_at, SIM_NEVER);
	stage_free(stage);
}

static void test_a_pod_that_ran_for_part_of_the_window_has_the_mean_of_that_part(void **state)
{
	struct stage *stage = stage_with_pod();

	stage_at(stage, 637);
	stage_delete(stage, NAME);

	const struct run_pod *pod = stage_finish(stage)->pods->pdata[0];

	assert_near(pod->cpu_mean, 0.1);
	assert_near(pod->measured_seconds, 17);
	assert_int_equal(pod->gone_at, 637 * SIM_SECOND);
	assert_int_equal(pod->restarts->len, 0);
	assert_false(spans_are_open(pod->running));
	stage_free(stage);
}

static void test_equal_probes_in_a_row_are_one_record(void **state)
{
	struct stage *stage = stage_with_pod();

	for (int i = 0; i < 5; i++) {
		stage_at(stage, 610 + 10 * i);
		stage_probe(stage, NAME, PROBE_READINESS, i == 2 ? 503 : 200, i == 2 ? "503" : NULL,
		            1);
		stage_probe(stage, NAME, PROBE_LIVENESS, 200, NULL, 1);
	}

	const struct run_pod *pod = stage_finish(stage)->pods->pdata[0];

	assert_int_equal(pod->probes->len, 4);
	assert_int_equal(g_array_index(pod->probes, struct run_probes, 0).count, 2);
	assert_int_equal(g_array_index(pod->probes, struct run_probes, 1).count, 5);
	assert_int_equal(pod->probe_counts[PROBE_READINESS][PROBE_SUCCESS], 4);
	assert_int_equal(pod->probe_counts[PROBE_READINESS][PROBE_FAILURE], 1);
	assert_int_equal(pod->probe_counts[PROBE_LIVENESS][PROBE_SUCCESS], 5);
	stage_free(stage);
}

static void test_the_incident_pays_for_four_replicas_of_which_two_serve(void **state)
{
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);
	const struct run_deployment *deployment = run->deployments->pdata[0];
	const struct run_service *service = run->services->pdata[0];

	assert_near(deployment->measured_paid, 400);
	assert_near(deployment->measured_serving, 200);
	assert_near(deployment->paid, 5160 + 780 + 600 + 220);
	assert_near(deployment->serving, 5143 + 200);
	assert_near(steps_at(service->endpoints, 540 * SIM_SECOND, 0), 1);
	assert_near(steps_at(service->endpoints, SIM_NEVER, 0), 2);
	assert_string_equal(service->last[0], "inference-847b5565b5-4q895");
	assert_string_equal(service->last[1], "inference-847b5565b5-kp9d6");
	assert_null(service->last[2]);
	stage_free(stage);
}

static void test_a_stuck_pod_has_its_kills_and_no_other_probes(void **state)
{
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);
	const struct run_pod *pod = run_find_pod(run, "default", "inference-54c8f946b6-sfvsn");

	assert_int_equal(pod->restarts->len, 5);
	for (unsigned i = 0; i < pod->restarts->len; i++) {
		const struct run_restart *restart =
		    &g_array_index(pod->restarts, struct run_restart, i);

		assert_int_equal(restart->cause, KILL_STARTUP);
		assert_int_equal(restart->killed_at, (130 + 130 * (sim_time)i) * SIM_SECOND);
		assert_int_equal(restart->at, restart->killed_at + 3 * SIM_SECOND);
	}
	for (int result = PROBE_SUCCESS; result <= PROBE_ERROR; result++) {
		assert_int_equal(pod->probe_counts[PROBE_READINESS][result], 0);
		assert_int_equal(pod->probe_counts[PROBE_LIVENESS][result], 0);
	}
	assert_int_equal(pod->requests, 0);
	assert_int_equal(pod->ready_at, SIM_NEVER);
	assert_int_equal(pod->in_endpoints->len, 0);
	assert_string_equal(pod->deployment, "inference");
	assert_int_equal(pod->revision, 2);
	stage_free(stage);
}

static void test_an_object_is_found_as_it_was(void **state)
{
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);
	const char *name = "inference-847b5565b5-kp9d6";

	assert_null(run_object_at(run, KIND_POD, "default", name, 559 * SIM_SECOND));
	assert_false(
	    pod_is_ready(POD(run_object_at(run, KIND_POD, "default", name, 579 * SIM_SECOND))));
	assert_true(
	    pod_is_ready(POD(run_object_at(run, KIND_POD, "default", name, 580 * SIM_SECOND))));
	assert_int_equal(HPA(run_object_at(run, KIND_HPA, "default", "inference", 300 * SIM_SECOND))
	                     ->min_replicas,
	                 2);
	assert_int_equal(
	    HPA(run_object_at(run, KIND_HPA, "default", "inference", SIM_NEVER))->min_replicas, 4);
	stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cpu_is_measured_exactly_between_the_ends_of_the_window),
	    cmocka_unit_test(test_requests_are_summed_across_restarts),
	    cmocka_unit_test(test_a_pod_that_ran_for_part_of_the_window_has_the_mean_of_that_part),
	    cmocka_unit_test(test_equal_probes_in_a_row_are_one_record),
	    cmocka_unit_test(test_the_incident_pays_for_four_replicas_of_which_two_serve),
	    cmocka_unit_test(test_a_stuck_pod_has_its_kills_and_no_other_probes),
	    cmocka_unit_test(test_an_object_is_found_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
