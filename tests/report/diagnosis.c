#include "report/diagnosis.h"

#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OLD "inference-847b5565b5"

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part)) {
		fail_msg("\"%s\" is not in \"%s\"", part, text);
	}
}

/* Whether a line of @lines has @part. */
static bool any_has(const GPtrArray *lines, const char *part)
{
	for (unsigned i = 0; i < lines->len; i++) {
		if (strstr(lines->pdata[i], part)) {
			return true;
		}
	}
	return false;
}

static void assert_any(const GPtrArray *lines, const char *part)
{
	if (!any_has(lines, part)) {
		fail_msg("no line has \"%s\"", part);
	}
}

/* --- the incident --- */

static void test_the_incident_is_traced_to_the_line_of_its_probe_path(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "probe-path-not-served", "deployment/inference");

	assert_non_null(finding);
	assert_ptr_equal(finding, findings->pdata[0]);
	assert_int_equal(finding->severity, SEVERITY_ERROR);
	assert_has(finding->message, "startup probe GET :8000/health answers 404");
	assert_has(finding->message, "serves /healthz, /ready, /predict and /metrics");
	assert_has(finding->message, "did you mean /healthz?");
	assert_string_equal(finding->where.file, "manifests/inference-slo.yaml");
	assert_int_equal(finding->where.line, 47);
	assert_int_equal(finding->since, 20 * SIM_SECOND);
	assert_int_equal(finding->pods->len, 2);
	stage_free(stage);
}

static void test_the_chain_goes_from_the_answer_to_the_endpoints(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding = findings_find(findings, "probe-path-not-served", NULL);

	assert_any(finding->chain, "none succeeded: 125 x HTTP 404, 1 x connection refused");
	assert_any(finding->chain, "sfvsn 5 times (133s, 263s, 393s, 523s, 653s)");
	assert_any(finding->chain, "mql9h 4 times");
	assert_any(finding->chain, "no readiness and no liveness probe: none was ever sent");
	assert_any(finding->chain, "never among the endpoints of Service inference");
	assert_any(finding->chain, "they answered 0 of 9,180 requests");
	assert_any(finding->chain, "the ready pods alone would ask for 5");
	assert_any(finding->chain,
	           "the readiness probe asks for /readyz, which is not served either; "
	           "did you mean /ready?");
	stage_free(stage);
}

static void test_rival_causes_are_ruled_out(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding = findings_find(findings, "probe-path-not-served", NULL);

	assert_any(finding->excluded,
	           "GET /ready would have answered 200 from 20s after each start");
	assert_any(finding->excluded, "model was there 20s after it");
	assert_any(finding->excluded, "memory: at most 640Mi of its limit of 4Gi");
	assert_any(finding->excluded, "CPU: the busiest of them used 120m of its limit of 2000m");
	assert_any(finding->excluded, "its selector app=inference matches");
	assert_any(finding->excluded, "node n1 took the first of them at once");
	stage_free(stage);
}

static void test_the_pod_without_a_node_gets_the_arithmetic_of_its_memory(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "unschedulable", "deployment/inference");

	assert_non_null(finding);
	assert_has(finding->message, "1 Insufficient memory");
	assert_any(finding->chain, "13.5Gi - 7Gi - 6Gi = 512Mi is left");
	assert_any(finding->excluded, "cpu: the pod asks for 500m");
	stage_free(stage);
}

static void test_an_hpa_at_its_maximum_that_unready_pods_hold_is_a_note(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "hpa-held-by-unready-pods", "hpa/inference");

	assert_non_null(finding);
	assert_int_equal(finding->severity, SEVERITY_NOTE);
	stage_free(stage);
}

static void test_a_rollout_that_stands_still_names_its_budget_and_its_reason(void **state)
{
	struct stage *stage = stage_incident();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "rollout-stuck", "deployment/inference");

	assert_non_null(finding);
	assert_any(finding->chain, "2 desired, maxSurge 1, maxUnavailable 0");
	assert_any(finding->chain, "probe-path-not-served (sfvsn and mql9h)");
	stage_free(stage);
}

static void test_nothing_is_found_when_all_replicas_serve(void **state)
{
	struct stage *stage = stage_fixed();
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));

	assert_int_equal(findings->len, 0);
	assert_int_equal(findings_count(findings), 0);
	stage_free(stage);
}

/* --- other causes --- */

/* A Deployment of one pod @name of @template, which runs from 3 s on. */
static struct stage *stage_with(const char *name, enum stage_template template)
{
	struct stage *stage = stage_new();

	stage_at(stage, 0);
	stage_service(stage);
	stage_deployment(stage, 1, 1, 1, 0);
	stage_replica_set(stage, OLD, 1);
	stage_pod(stage, name, OLD, template);
	stage_bind(stage, name);
	stage_at(stage, 3);
	stage_start(stage, name, 0, 0.1);
	return stage;
}

static void test_a_dependency_that_is_away_is_named(void **state)
{
	struct stage *stage = stage_with(OLD "-aaaaa", STAGE_FIXED);
	struct action *action = &stage_scenario(stage)->timeline[0];

	action->kind = ACTION_DEPENDENCY;
	action->at = 0;
	action->duration = SIM_NEVER;
	action->application = g_strdup("inference-v2");
	action->target = g_strdup("model");
	stage_scenario(stage)->n_timeline = 1;
	stage_at(stage, 20);
	stage_probe(stage, OLD "-aaaaa", PROBE_STARTUP, 200, NULL, 1);
	for (int i = 4; i < 70; i++) {
		stage_at(stage, 10 * i);
		stage_probe(stage, OLD "-aaaaa", PROBE_READINESS, 503,
		            "HTTP probe failed with statuscode: 503", i);
	}
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "never-ready", "deployment/inference");

	assert_non_null(finding);
	assert_has(finding->message, "readiness probe GET :8000/ready never succeeded");
	assert_has(finding->message, "dependency model was away from 0s on");
	assert_null(findings_find(findings, "probe-path-not-served", NULL));
	stage_free(stage);
}

static void test_a_replica_that_its_liveness_probe_kills_is_told_so(void **state)
{
	struct stage *stage = stage_with(OLD "-aaaaa", STAGE_FIXED);

	for (int i = 0; i < 3; i++) {
		stage_at(stage, 50 + 100 * i);
		for (int run = 1; run <= 3; run++) {
			stage_at(stage, 50 + 100 * i + 10 * run);
			stage_probe(stage, OLD "-aaaaa", PROBE_READINESS, 503,
			            "HTTP probe failed with statuscode: 503", run);
			stage_probe(stage, OLD "-aaaaa", PROBE_LIVENESS, 503,
			            "HTTP probe failed with statuscode: 503", run);
		}
		stage_kill(stage, OLD "-aaaaa", KILL_LIVENESS);
		stage_restart(stage, OLD "-aaaaa", 0, "Completed", 0.1);
	}
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "liveness-kills", "deployment/inference");

	assert_non_null(finding);
	assert_has(finding->message, "killed aaaaa 3 times: it answers 503");
	assert_int_equal(finding->since, 80 * SIM_SECOND);
	assert_any(finding->chain, "9 liveness probes failed: 9 x HTTP 503");
	assert_null(findings_find(findings, "never-ready", NULL));
	assert_null(findings_find(findings, "crash-loop", NULL));
	stage_free(stage);
}

static void test_readiness_that_is_lost_for_want_of_cpu_is_told_so(void **state)
{
	struct stage *stage = stage_with(OLD "-aaaaa", STAGE_FIXED);

	stage_at(stage, 36);
	stage_probe(stage, OLD "-aaaaa", PROBE_READINESS, 200, NULL, 1);
	stage_ready(stage, OLD "-aaaaa", true);
	stage_endpoints(stage, OLD "-aaaaa", NULL);
	stage_at(stage, 600);
	stage_serve(stage, OLD "-aaaaa", 1.0, 50);
	for (int run = 1; run <= 3; run++) {
		stage_at(stage, 630 + 10 * run);
		stage_probe(stage, OLD "-aaaaa", PROBE_READINESS, 0,
		            "Get \"http://10.1.0.1:8000/ready\": context deadline exceeded "
		            "(Client.Timeout exceeded while awaiting headers)",
		            run);
	}
	stage_ready(stage, OLD "-aaaaa", false);
	stage_at(stage, 700);
	stage_probe(stage, OLD "-aaaaa", PROBE_READINESS, 200, NULL, 1);
	stage_ready(stage, OLD "-aaaaa", true);
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *lost =
	    findings_find(findings, "readiness-lost", "deployment/inference");
	const struct finding *full =
	    findings_find(findings, "cpu-saturated", "deployment/inference");

	assert_non_null(lost);
	assert_has(lost->message, "aaaaa lost readiness and was out of the endpoints for 40s");
	assert_any(lost->chain, "3 readiness probes failed: 3 x timeout");
	assert_any(lost->chain, "it used 100 % of its limit just then");
	assert_non_null(full);
	assert_has(full->message, "used 1000m of the 1000m");
	stage_free(stage);
}

static void test_a_container_that_ends_by_itself_is_a_crash_loop(void **state)
{
	struct stage *stage = stage_with(OLD "-aaaaa", STAGE_OLD);

	for (int i = 0; i < 4; i++) {
		stage_at(stage, 10 + 60 * i);
		stage_restart(stage, OLD "-aaaaa", 1, "Error", 0.1);
	}
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "crash-loop", "deployment/inference");

	assert_non_null(finding);
	assert_has(finding->message, "ended by itself 4 times (exit code 1, Error)");
	assert_null(findings_find(findings, "oom-killed", NULL));
	stage_free(stage);
}

static void test_a_container_over_its_memory_limit_is_no_crash(void **state)
{
	struct stage *stage = stage_with(OLD "-aaaaa", STAGE_OLD);

	for (int i = 0; i < 2; i++) {
		stage_at(stage, 10 + 60 * i);
		stage_restart(stage, OLD "-aaaaa", 137, "OOMKilled", 0.1);
	}
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "oom-killed", "deployment/inference");

	assert_non_null(finding);
	assert_has(finding->message, "memory limit of 2Gi 2 times");
	assert_null(findings_find(findings, "crash-loop", NULL));
	stage_free(stage);
}

/* Two pods that serve from 36 s on and two that become Ready at 640 s, under a load from 600 s to
 * 720 s. */
static struct stage *stage_scaled_up(bool keep_alive)
{
	static const char *const names[] = {OLD "-aaaaa", OLD "-bbbbb", OLD "-ccccc", OLD "-ddddd"};
	struct stage *stage = stage_new();

	stage_at(stage, 0);
	stage_service(stage);
	stage_deployment(stage, 4, 4, 4, 4);
	stage_replica_set(stage, OLD, 1);
	for (int i = 0; i < 4; i++) {
		stage_at(stage, i < 2 ? 36 : 640);
		stage_pod(stage, names[i], OLD, STAGE_FIXED);
		stage_bind(stage, names[i]);
		stage_start(stage, names[i], 0, 0.1);
		stage_ready(stage, names[i], true);
		if (i == 1) {
			stage_endpoints(stage, names[0], names[1], NULL);
			stage_at(stage, 600);
			stage_serve(stage, names[0], 0.4, 40);
			stage_serve(stage, names[1], 0.4, 40);
		}
	}
	stage_endpoints(stage, names[0], names[1], names[2], names[3], NULL);
	if (!keep_alive) {
		stage_serve(stage, names[2], 0.2, 20);
		stage_serve(stage, names[3], 0.2, 20);
	}
	stage_at(stage, 720);
	stage_load(stage, "locust", 600, 720, 100, keep_alive, 9600, 0.17);
	return stage;
}

static void test_replicas_that_no_connection_reaches_are_told_from_stuck_ones(void **state)
{
	struct stage *stage = stage_scaled_up(true);
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "connections-pinned", "deployment/inference");

	assert_non_null(finding);
	assert_int_equal(finding->pods->len, 2);
	assert_has(finding->message,
	           "ccccc and ddddd are Ready and in the endpoints of Service inference");
	assert_any(finding->chain, "once per connection, not per request");
	assert_null(findings_find(findings, "never-ready", NULL));
	stage_free(stage);
}

static void test_connections_that_move_pin_nothing(void **state)
{
	struct stage *stage = stage_scaled_up(false);
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));

	assert_null(findings_find(findings, "connections-pinned", NULL));
	assert_int_equal(findings_count(findings), 0);
	stage_free(stage);
}

static void test_a_service_without_endpoints_under_load_is_found(void **state)
{
	struct stage *stage = stage_with(OLD "-aaaaa", STAGE_OLD);

	stage_at(stage, 20);
	stage_ready(stage, OLD "-aaaaa", true);
	stage_endpoints(stage, OLD "-aaaaa", NULL);
	stage_at(stage, 650);
	stage_endpoints(stage, NULL);
	stage_at(stage, 670);
	stage_endpoints(stage, OLD "-aaaaa", NULL);
	stage_load(stage, "locust", 600, 720, 10, false, 100, 0.1);
	g_autoptr(GPtrArray) findings = diagnose(stage_finish(stage));
	const struct finding *finding =
	    findings_find(findings, "service-without-endpoints", "service/inference");

	assert_non_null(finding);
	assert_int_equal(finding->since, 650 * SIM_SECOND);
	assert_has(finding->message, "no ready endpoint for 20s under load");
	stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_incident_is_traced_to_the_line_of_its_probe_path),
	    cmocka_unit_test(test_the_chain_goes_from_the_answer_to_the_endpoints),
	    cmocka_unit_test(test_rival_causes_are_ruled_out),
	    cmocka_unit_test(test_the_pod_without_a_node_gets_the_arithmetic_of_its_memory),
	    cmocka_unit_test(test_an_hpa_at_its_maximum_that_unready_pods_hold_is_a_note),
	    cmocka_unit_test(test_a_rollout_that_stands_still_names_its_budget_and_its_reason),
	    cmocka_unit_test(test_nothing_is_found_when_all_replicas_serve),
	    cmocka_unit_test(test_a_dependency_that_is_away_is_named),
	    cmocka_unit_test(test_a_replica_that_its_liveness_probe_kills_is_told_so),
	    cmocka_unit_test(test_readiness_that_is_lost_for_want_of_cpu_is_told_so),
	    cmocka_unit_test(test_a_container_that_ends_by_itself_is_a_crash_loop),
	    cmocka_unit_test(test_a_container_over_its_memory_limit_is_no_crash),
	    cmocka_unit_test(test_replicas_that_no_connection_reaches_are_told_from_stuck_ones),
	    cmocka_unit_test(test_connections_that_move_pin_nothing),
	    cmocka_unit_test(test_a_service_without_endpoints_under_load_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
