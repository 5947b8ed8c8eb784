/* A decision in words. */

#include "rules/hpa_explain.h"
#include "hpa_fixture.h"

#define assert_explained(f, expected)                                                              \
	do {                                                                                       \
		g_autofree char *text = hpa_explain((f)->hpa, &(f)->decision);                     \
		assert_string_equal(text, expected);                                               \
	} while (0)

static void test_pods_are_named_in_their_groups(void **state)
{
	struct fixture f;

	fixture_init(&f, 4);
	fixture_cpu(&f, 60);
	fixture_pods(&f, 2, 100, 70);
	fixture_pod(&f, 100)->phase = POD_PENDING;
	fixture_pod(&f, 100);
	fixture_pod(&f, 100)->phase = POD_FAILED;
	fixture_step(&f, 10000);
	assert_explained(
	    &f, "4 replicas\n"
		"cpu resource utilization (percentage of request)\n"
		"  ready: web-0, web-1\n"
		"  unready (usage not counted): web-2\n"
		"  missing (no sample): web-3\n"
		"  ignored (terminating or failed): web-4\n"
		"  140m of 200m requested by 2 pods = 70 % / target 60 % = 1.167\n"
		"  again, 1 missing pod taken to use nothing, 1 unready pod taken to use nothing: "
		"140m of 400m requested by 4 pods = 35 % / target 60 % = 0.5833\n"
		"  proposes 4: the two ratios point in opposite directions, as many as now\n"
		"stabilized at 4: the highest recommendation of the last 5m (ReadyForNewScale)\n"
		"limited to 4 within 1 to 100 (DesiredWithinRange)\n"
		"not rescaled\n");
	fixture_clear(&f);
}

static void test_the_budget_of_every_policy_is_told(void **state)
{
	struct fixture f;

	fixture_init(&f, 20);
	fixture_raw(&f);
	fixture_behavior(&f);
	hpa_history_add_scale_event(&f.history, true, 9980 * SIM_SECOND, 2);
	fixture_policies(&f.hpa->scale_up, 2, 0, 4, 60, 1, 10, 15);
	fixture_set_raw(&f, 40);
	fixture_step(&f, 10000);
	assert_explained(
	    &f,
	    "20 replicas\n"
	    "external metric queue(nil)\n"
	    "  40 / (target 1 a pod x replicas in status) = 2\n"
	    "  proposes 40: ceil(40 / 1)\n"
	    "stabilized at 40: lowest recommendation of the last 0s is 40, highest of the last 5m "
	    "is 40 (ReadyForNewScale)\n"
	    "  policy 4 pods per 1m: 18 at the period's beginning (2 added, 0 removed since), so "
	    "at most 22\n"
	    "  policy 10 % per 15s: 20 at the period's beginning, so at most 22\n"
	    "  together at most 22\n"
	    "limited to 22 within 1 to 100 (ScaleUpLimit)\n"
	    "New size: 22; reason: external metric queue(nil) above target\n");
	fixture_clear(&f);
}

static void test_a_failure_is_told_in_its_own_words(void **state)
{
	struct fixture f;

	fixture_init(&f, 3);
	fixture_cpu(&f, 50);
	fixture_step(&f, 10000);
	assert_explained(
	    &f,
	    "3 replicas\n"
	    "cpu resource utilization (percentage of request)\n"
	    "  fails: failed to get cpu utilization: unable to get metrics for resource cpu: "
	    "unable to fetch metrics from resource metrics API: out of order\n"
	    "failed to compute desired number of replicas based on listed metrics for "
	    "Deployment/default/web: invalid metrics (1 invalid out of 1), first error is: failed "
	    "to get cpu resource metric value: failed to get cpu utilization: unable to get "
	    "metrics "
	    "for resource cpu: unable to fetch metrics from resource metrics API: out of order\n"
	    "not rescaled\n");
	fixture_clear(&f);
}

static void test_bounds_need_no_metrics(void **state)
{
	struct fixture f;

	fixture_init(&f, 1);
	fixture_raw(&f);
	f.hpa->min_replicas = 3;
	fixture_step(&f, 10000);
	assert_explained(&f, "1 replica\n"
	                     "below minReplicas 3: metrics are not looked at\n"
	                     "New size: 3; reason: Current number of replicas below "
	                     "Spec.MinReplicas\n");
	f.input.scale.replicas = 0;
	fixture_step(&f, 10015);
	assert_explained(&f, "0 replicas\n"
	                     "disabled: the target has no replicas\n"
	                     "not rescaled\n");
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pods_are_named_in_their_groups),
	    cmocka_unit_test(test_the_budget_of_every_policy_is_told),
	    cmocka_unit_test(test_a_failure_is_told_in_its_own_words),
	    cmocka_unit_test(test_bounds_need_no_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
