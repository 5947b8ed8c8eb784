/* What the metrics ask for: groups of pods, ratios, tolerance, and the words that go with it. */

#include "hpa_fixture.h"

static void test_usage_is_held_against_requests_as_a_ratio_of_sums(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;
	const int64_t usage[] = {450, 430, 410};

	fixture_init(&f, 3);
	fixture_cpu(&f, 50);
	for (size_t i = 0; i < 3; i++) {
		fixture_sample(&f, 0, fixture_pod(&f, 500), usage[i]);
	}
	assert_int_equal(fixture_recommend(&f, &proposal), 6);
	assert_int_equal(proposal.first.utilization, 86);
	assert_true(proposal.first.ratio == 1.72);
	assert_int_equal(proposal.status.average_value, 430);
	hpa_proposal_clear(&proposal);
	f.hpa->max_replicas = 10;
	assert_int_equal(fixture_step(&f, 10000), 6);
	assert_condition(&f, "ScalingLimited", CONDITION_FALSE, "DesiredWithinRange");
	assert_string_equal(
	    event_text(&f, "SuccessfulRescale"),
	    "New size: 6; reason: cpu resource utilization (percentage of request) above target");
	fixture_clear(&f);
}

static void test_the_decision_uses_the_truncated_percentage(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 4);
	fixture_cpu(&f, 80);
	fixture_pods(&f, 3, 1000, 885);
	fixture_sample(&f, 0, fixture_pod(&f, 1000), 884); /* 88.475 % */
	assert_int_equal(fixture_recommend(&f, &proposal), 4);
	assert_int_equal(proposal.first.utilization, 88);
	hpa_proposal_clear(&proposal);
	assert_true(release_init(&f.release, "1.32", NULL)); /* |1 - 1.1| > 0.1 in doubles */
	assert_int_equal(fixture_recommend(&f, &proposal), 5);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_both_ends_of_the_tolerance_are_within(void **state)
{
	struct fixture f;

	fixture_init(&f, 10);
	fixture_behavior(&f);
	f.hpa->scale_up.has_tolerance = true;
	f.hpa->scale_up.tolerance = 0.5;
	f.hpa->scale_down.has_tolerance = true;
	f.hpa->scale_down.tolerance = 0.25;
	assert_true(hpa_within_tolerance(&f.input, 0.75));
	assert_true(hpa_within_tolerance(&f.input, 1.5));
	assert_false(hpa_within_tolerance(&f.input, 0.7499));
	assert_false(hpa_within_tolerance(&f.input, 1.5001));
	assert_false(hpa_within_tolerance(&f.input, 0.0 / 0.0));
	f.release.hpa_configurable_tolerance = false;
	assert_true(hpa_within_tolerance(&f.input, 0.9));
	assert_false(hpa_within_tolerance(&f.input, 1.5));
	fixture_clear(&f);
}

static void test_unready_pods_count_as_idle_when_scaling_up(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 4);
	fixture_cpu(&f, 60);
	fixture_pods(&f, 3, 100, 70);
	fixture_pod(&f, 100)->phase = POD_PENDING;
	assert_int_equal(fixture_recommend(&f, &proposal), 4);
	assert_int_equal(proposal.path, HPA_PATH_AGAIN_FLIPPED);
	assert_int_equal(proposal.status.utilization, 70);
	assert_int_equal(proposal.again.utilization, 52);
	assert_int_equal(proposal.groups.unready->len, 1);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_pods_without_a_sample_count_as_idle_when_scaling_up(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 4);
	fixture_cpu(&f, 50);
	fixture_pods(&f, 3, 100, 100);
	fixture_pod(&f, 100);
	assert_int_equal(fixture_recommend(&f, &proposal),
	                 6); /* 75 %: 1.5 * 4, not 2 * 3 = 6 + 2 */
	assert_int_equal(proposal.again.utilization, 75);
	assert_int_equal(proposal.again.count, 4);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_pods_without_a_sample_count_as_full_when_scaling_down(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 10);
	fixture_cpu(&f, 50);
	fixture_pods(&f, 9, 200, 40);
	fixture_pod(&f, 200);
	assert_int_equal(fixture_recommend(&f, &proposal), 6);
	assert_int_equal(proposal.again.usage, 560);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_a_target_above_100_fills_missing_pods_to_the_target(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 4);
	fixture_cpu(&f, 150);
	fixture_pods(&f, 3, 100, 90);
	fixture_pod(&f, 100);
	assert_int_equal(fixture_recommend(&f, &proposal), 3);
	assert_int_equal(proposal.again.usage, 420);
	hpa_proposal_clear(&proposal);
	assert_true(release_init(&f.release, "1.25", NULL)); /* 270 + 100: 92 %, 0.6133 * 4 */
	assert_int_equal(fixture_recommend(&f, &proposal), 3);
	assert_int_equal(proposal.again.usage, 370);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_nothing_protects_unready_pods_when_scaling_down(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 10);
	fixture_cpu(&f, 80);
	fixture_pods(&f, 4, 100, 40);
	for (int i = 0; i < 6; i++) {
		fixture_pod(&f, 100)->phase = POD_PENDING;
	}
	assert_int_equal(fixture_recommend(&f, &proposal), 2);
	assert_int_equal(proposal.factor, 4);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_ratios_are_multiplied_in_doubles(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 25);
	fixture_cpu(&f, 50);
	fixture_pods(&f, 25, 100, 28);
	assert_int_equal(fixture_recommend(&f, &proposal), 15); /* 14.000000000000002 */
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_memory_counts_pods_that_are_not_ready(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;
	struct metric_spec *metric;
	const int64_t mib = INT64_C(1048576000), usage[] = {210, 250, 233};

	fixture_init(&f, 3);
	metric = fixture_metric(&f, METRIC_RESOURCE, "memory");
	metric->target = (struct metric_target){
	    .type = TARGET_AVERAGE_VALUE, .has_average_value = true, .average_value = 200 * mib};
	for (size_t i = 0; i < 3; i++) {
		struct pod *pod = fixture_pod(&f, 100);

		conditions_set(&pod->conditions, "Ready", CONDITION_FALSE, NULL, NULL, 0);
		fixture_sample(&f, 0, pod, usage[i] * mib);
	}
	assert_int_equal(fixture_recommend(&f, &proposal), 4);
	assert_int_equal(proposal.status.average_value, 231 * mib);
	assert_string_equal(proposal.metric_name, "memory resource");
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_an_average_per_pod_divides_by_the_replicas_there_are(void **state)
{
	struct fixture f;

	fixture_init(&f, 8);
	fixture_raw(&f);
	f.settings.tolerance = 0.1;
	f.hpa->metrics[0].target.average_value = 10000;
	fixture_value(&f, 0, 95000);
	assert_int_equal(fixture_step(&f, 10000), 10);
	assert_int_equal(f.decision.metrics[0].average_value, 11875);
	fixture_clear(&f);
}

static void test_within_tolerance_surge_pods_become_the_spec(void **state)
{
	struct fixture f;

	fixture_init(&f, 8);
	fixture_raw(&f);
	f.settings.tolerance = 0.1;
	f.input.scale.status_replicas = 10;
	f.hpa->metrics[0].target.average_value = 10000;
	fixture_value(&f, 0, 95000);
	assert_int_equal(fixture_step(&f, 10000), 10);
	assert_string_equal(event_text(&f, "SuccessfulRescale"),
	                    "New size: 10; reason: external metric queue(nil) above target");
	assert_int_equal(f.decision.metrics[0].average_value, 9500);
	fixture_clear(&f);
}

static void test_a_value_target_is_multiplied_with_ready_pods(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;
	struct metric_spec *metric;

	fixture_init(&f, 4);
	metric = fixture_metric(&f, METRIC_EXTERNAL, "queue");
	metric->target =
	    (struct metric_target){.type = TARGET_VALUE, .has_value = true, .value = 100000};
	fixture_value(&f, 0, 300000);
	for (int i = 0; i < 3; i++) {
		fixture_pod(&f, 100);
	}
	conditions_set(&fixture_pod(&f, 100)->conditions, "Ready", CONDITION_FALSE, NULL, NULL, 0);
	assert_int_equal(fixture_recommend(&f, &proposal), 9);
	hpa_proposal_clear(&proposal);
	f.input.scale.replicas = 0;
	assert_int_equal(fixture_recommend(&f, &proposal), 3);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

/* --- several metrics --- */

static void two_metrics(struct fixture *f, int64_t usage)
{
	fixture_init(f, 5);
	fixture_cpu(f, 50);
	fixture_pods(f, 5, 100, usage);
	fixture_metric(f, METRIC_EXTERNAL, "queue")->target = (struct metric_target){
	    .type = TARGET_AVERAGE_VALUE, .has_average_value = true, .average_value = 1000};
}

static void test_one_broken_metric_does_not_keep_from_scaling_up(void **state)
{
	struct fixture f;

	two_metrics(&f, 70);
	assert_int_equal(fixture_step(&f, 10000), 7);
	assert_condition(&f, "ScalingActive", CONDITION_TRUE, "ValidMetricFound");
	assert_non_null(f.decision.error);
	assert_non_null(event_text(&f, "FailedGetExternalMetric"));
	assert_null(event_text(&f, "FailedComputeMetricsReplicas"));
	assert_false(f.decision.metrics[1].present);
	fixture_clear(&f);
}

static void test_one_broken_metric_keeps_from_scaling_down(void **state)
{
	struct fixture f;

	two_metrics(&f, 30);
	assert_int_equal(fixture_step(&f, 10000), 5);
	assert_condition(&f, "ScalingActive", CONDITION_FALSE, "FailedGetExternalMetric");
	assert_condition(&f, "AbleToScale", CONDITION_TRUE, "SucceededGetScale");
	assert_string_equal(
	    event_text(&f, "FailedComputeMetricsReplicas"),
	    "invalid metrics (1 invalid out of 2), first error is: failed to get queue external "
	    "metric value: failed to get queue external metric: unable to get external metric "
	    "default/queue/nil: unable to fetch metrics from external metrics API: out of order");
	fixture_clear(&f);
}

static void test_one_broken_metric_lets_a_proposal_of_no_change_through(void **state)
{
	struct fixture f;

	two_metrics(&f, 50);
	assert_int_equal(fixture_step(&f, 10000), 5);
	assert_condition(&f, "ScalingActive", CONDITION_TRUE, "ValidMetricFound");
	assert_null(event_text(&f, "FailedComputeMetricsReplicas"));
	fixture_clear(&f);
}

static void test_of_metrics_that_all_ask_for_nothing_the_last_gives_its_name(void **state)
{
	struct fixture f;
	struct metric_spec *metric;

	fixture_init(&f, 3);
	fixture_raw(&f);
	metric = fixture_metric(&f, METRIC_EXTERNAL, "other");
	metric->target = f.hpa->metrics[0].target;
	fixture_value(&f, 0, 0);
	fixture_value(&f, 1, 0);
	fixture_step(&f, 10000);
	assert_string_equal(
	    conditions_find(&f.decision.conditions, "ScalingActive")->message,
	    "the HPA was able to successfully calculate a replica count from external "
	    "metric other(nil)");
	fixture_clear(&f);
}

/* --- which pods --- */

static struct pod *young_pod(struct fixture *f, sim_time age, sim_time ready_ago)
{
	struct pod *pod = fixture_pod(f, 100);

	pod->start_time = f->input.now - age;
	conditions_set(&pod->conditions, "Ready", CONDITION_FALSE, NULL, NULL, pod->start_time);
	conditions_set(&pod->conditions, "Ready", CONDITION_TRUE, NULL, NULL,
	               f->input.now - ready_ago);
	fixture_sample(f, 0, pod, 100);
	return pod;
}

static bool is_unready(struct fixture *f)
{
	struct hpa_proposal proposal;
	bool unready;

	hpa_recommend(&f->input, 0, &proposal);
	unready = proposal.groups.unready->len == 1;
	hpa_proposal_clear(&proposal);
	return unready;
}

static void test_cpu_counts_once_a_window_lies_after_readiness(void **state)
{
	struct fixture f;

	fixture_init(&f, 1);
	fixture_cpu(&f, 50);
	young_pod(&f, SIM_MINUTE, 14 * SIM_SECOND); /* the window is 15 s */
	assert_true(is_unready(&f));
	fixture_clear(&f);
	fixture_init(&f, 1);
	fixture_cpu(&f, 50);
	young_pod(&f, SIM_MINUTE, 15 * SIM_SECOND);
	assert_false(is_unready(&f));
	fixture_clear(&f);
}

static void test_a_pod_as_old_as_the_initialization_period_is_past_it(void **state)
{
	struct fixture f;

	fixture_init(&f, 1);
	fixture_cpu(&f, 50);
	young_pod(&f, 5 * SIM_MINUTE - SIM_SECOND, SIM_SECOND);
	assert_true(is_unready(&f));
	fixture_clear(&f);
	fixture_init(&f, 1);
	fixture_cpu(&f, 50);
	young_pod(&f, 5 * SIM_MINUTE, SIM_SECOND);
	assert_false(is_unready(&f));
	fixture_clear(&f);
}

static void test_an_old_pod_that_lost_readiness_still_counts(void **state)
{
	struct fixture f;
	struct pod *pod;

	fixture_init(&f, 1);
	fixture_cpu(&f, 50);
	pod = young_pod(&f, 20 * SIM_MINUTE, 19 * SIM_MINUTE);
	conditions_set(&pod->conditions, "Ready", CONDITION_FALSE, NULL, NULL,
	               f.input.now - SIM_MINUTE);
	assert_false(is_unready(&f));
	conditions_find(&pod->conditions, "Ready")->last_transition_time =
	    pod->start_time + 29 * SIM_SECOND; /* was never ready after its first 30 s */
	assert_true(is_unready(&f));
	conditions_find(&pod->conditions, "Ready")->last_transition_time =
	    pod->start_time + 30 * SIM_SECOND;
	assert_false(is_unready(&f));
	fixture_clear(&f);
}

static void test_a_pod_whose_readiness_is_unknown_is_not_unready(void **state)
{
	struct fixture f;
	struct pod *pod;

	fixture_init(&f, 1);
	fixture_cpu(&f, 50);
	pod = young_pod(&f, SIM_MINUTE, 30 * SIM_SECOND);
	conditions_find(&pod->conditions, "Ready")->status = CONDITION_UNKNOWN;
	assert_false(is_unready(&f));
	pod->start_time = SIM_NEVER;
	assert_true(is_unready(&f));
	fixture_clear(&f);
}

static void test_a_rolling_update_may_scale_up_below_target(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;

	fixture_init(&f, 4); /* 6 pods are there: two are surge */
	fixture_cpu(&f, 100);
	fixture_pods(&f, 6, 100, 85);
	assert_int_equal(fixture_recommend(&f, &proposal), 6);
	assert_true(proposal.first.ratio < 1);
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_no_two_hpas_may_share_pods(void **state)
{
	struct fixture f;
	const struct hpa_other others[] = {{"other", "tier=db"}, {"second", "app=web"}};

	fixture_init(&f, 2);
	fixture_cpu(&f, 50);
	fixture_pods(&f, 2, 100, 90);
	f.input.others = others;
	f.input.n_others = 2;
	assert_int_equal(fixture_step(&f, 10000), 2);
	assert_condition(&f, "ScalingActive", CONDITION_FALSE, "AmbiguousSelector");
	assert_string_equal(event_text(&f, "AmbiguousSelector"),
	                    "pods by selector app=web are controlled by multiple HPAs: "
	                    "[default/second default/web]");
	assert_true(release_init(&f.release, "1.26", NULL));
	assert_int_equal(fixture_step(&f, 10015), 4);
	fixture_clear(&f);
}

/* --- words --- */

static void test_errors_are_worded_as_the_controller_words_them(void **state)
{
	struct fixture f;
	struct metric_spec *metric;

	fixture_init(&f, 2);
	fixture_cpu(&f, 50);
	fixture_answers(&f, 0);
	fixture_pod(&f, 100);
	metric = fixture_metric(&f, METRIC_OBJECT, "rps");
	metric->object.kind = g_strdup("Service");
	metric->object.name = g_strdup("web");
	metric->target =
	    (struct metric_target){.type = TARGET_VALUE, .has_value = true, .value = 1};
	fixture_step(&f, 10000);
	assert_string_equal(
	    event_text(&f, "FailedGetResourceMetric"),
	    "failed to get cpu utilization: unable to get metrics for resource cpu: "
	    "no metrics returned from resource metrics API");
	assert_string_equal(event_text(&f, "FailedGetObjectMetric"),
	                    "unable to get metric rps: unable to fetch metrics from custom metrics "
	                    "API: out of order on Service default/web");
	assert_string_equal(
	    conditions_find(&f.decision.conditions, "ScalingActive")->message,
	    "the HPA was unable to compute the replica count: failed to get cpu utilization: "
	    "unable "
	    "to get metrics for resource cpu: no metrics returned from resource metrics API");
	assert_true(release_init(&f.release, "1.36", NULL));
	fixture_step(&f, 10015);
	assert_string_equal(
	    event_text(&f, "FailedGetObjectMetric"),
	    "unable to get metric rps: Service on default web/unable to fetch metrics "
	    "from custom metrics API: out of order");
	fixture_clear(&f);
}

static void test_a_selector_is_printed_as_go_prints_it(void **state)
{
	struct fixture f;
	struct hpa_proposal proposal;
	struct metric_spec *metric;

	fixture_init(&f, 2);
	fixture_raw(&f);
	metric = &f.hpa->metrics[0];
	metric->selector = label_selector_parse("app=web,tier in (a,b)", NULL);
	fixture_value(&f, 0, 2000);
	fixture_recommend(&f, &proposal);
	assert_string_equal(
	    proposal.metric_name,
	    "external metric "
	    "queue(&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]"
	    "LabelSelectorRequirement{LabelSelectorRequirement{Key:tier,Operator:In,Values:[a "
	    "b],},},}"
	    ")");
	hpa_proposal_clear(&proposal);
	fixture_clear(&f);
}

static void test_a_write_that_fails_changes_nothing_but_words(void **state)
{
	struct fixture f;

	fixture_init(&f, 2);
	fixture_behavior(&f);
	fixture_cpu(&f, 50);
	fixture_pods(&f, 2, 100, 90);
	hpa_decide(&f.input, &f.decision);
	assert_true(f.decision.rescale);
	hpa_conclude(&f.input, "no luck", &f.decision);
	assert_false(f.decision.rescaled);
	assert_condition(&f, "AbleToScale", CONDITION_FALSE, "FailedUpdateScale");
	assert_string_equal(event_text(&f, "FailedRescale"),
	                    "New size: 4; reason: cpu resource utilization (percentage of request) "
	                    "above target; error: no luck");
	assert_int_equal(f.history.n_scale_ups, 0);
	assert_int_equal(f.decision.status_desired, 0); /* as it was */
	assert_int_equal(f.decision.last_scale_time, SIM_NEVER);
	assert_int_equal(f.decision.n_metrics, 1);
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usage_is_held_against_requests_as_a_ratio_of_sums),
	    cmocka_unit_test(test_the_decision_uses_the_truncated_percentage),
	    cmocka_unit_test(test_both_ends_of_the_tolerance_are_within),
	    cmocka_unit_test(test_unready_pods_count_as_idle_when_scaling_up),
	    cmocka_unit_test(test_pods_without_a_sample_count_as_idle_when_scaling_up),
	    cmocka_unit_test(test_pods_without_a_sample_count_as_full_when_scaling_down),
	    cmocka_unit_test(test_a_target_above_100_fills_missing_pods_to_the_target),
	    cmocka_unit_test(test_nothing_protects_unready_pods_when_scaling_down),
	    cmocka_unit_test(test_ratios_are_multiplied_in_doubles),
	    cmocka_unit_test(test_memory_counts_pods_that_are_not_ready),
	    cmocka_unit_test(test_an_average_per_pod_divides_by_the_replicas_there_are),
	    cmocka_unit_test(test_within_tolerance_surge_pods_become_the_spec),
	    cmocka_unit_test(test_a_value_target_is_multiplied_with_ready_pods),
	    cmocka_unit_test(test_one_broken_metric_does_not_keep_from_scaling_up),
	    cmocka_unit_test(test_one_broken_metric_keeps_from_scaling_down),
	    cmocka_unit_test(test_one_broken_metric_lets_a_proposal_of_no_change_through),
	    cmocka_unit_test(test_of_metrics_that_all_ask_for_nothing_the_last_gives_its_name),
	    cmocka_unit_test(test_cpu_counts_once_a_window_lies_after_readiness),
	    cmocka_unit_test(test_a_pod_as_old_as_the_initialization_period_is_past_it),
	    cmocka_unit_test(test_an_old_pod_that_lost_readiness_still_counts),
	    cmocka_unit_test(test_a_pod_whose_readiness_is_unknown_is_not_unready),
	    cmocka_unit_test(test_a_rolling_update_may_scale_up_below_target),
	    cmocka_unit_test(test_no_two_hpas_may_share_pods),
	    cmocka_unit_test(test_errors_are_worded_as_the_controller_words_them),
	    cmocka_unit_test(test_a_selector_is_printed_as_go_prints_it),
	    cmocka_unit_test(test_a_write_that_fails_changes_nothing_but_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
