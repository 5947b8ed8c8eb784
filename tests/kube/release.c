/* What differs between Kubernetes releases. */

#include "kube/release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct release release_of(const char *version)
{
	struct release release;

	assert_true(release_init(&release, version, NULL));
	return release;
}

static void test_versions_have_one_form(void **state)
{
	static const char *const good[] = {"1.24", "1.34", "v1.38", "1.30.4"};
	static const char *const wrong[] = {"",      "1",  "1.23",  "1.39", "2.0",
	                                    "1.34x", "1.", "1.34.", "34",   "1.3400"};
	struct release release;

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		assert_true(release_init(&release, good[i], NULL));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(release_init(&release, wrong[i], &error));
		assert_non_null(error);
	}
	assert_int_equal(release_of(RELEASE_DEFAULT).minor, 34);
}

static void test_each_behaviour_begins_with_its_release(void **state)
{
#define BEHAVIOUR(member, since)                                                                   \
	{                                                                                          \
#member, offsetof(struct release, member), since                                   \
	}
	static const struct {
		const char *name;
		size_t offset;
		int since;
	} cases[] = {
	    BEHAVIOUR(hpa_first_reconcile_at_once, 37),
	    BEHAVIOUR(hpa_tolerance_by_bounds, 33),
	    BEHAVIOUR(hpa_configurable_tolerance, 35),
	    BEHAVIOUR(hpa_scale_to_zero, 37),
	    BEHAVIOUR(hpa_scaled_to_zero_condition, 36),
	    BEHAVIOUR(hpa_pod_level_resources, 34),
	    BEHAVIOUR(hpa_container_metric_may_miss, 32),
	    BEHAVIOUR(hpa_generation, 37),
	    BEHAVIOUR(hpa_targets_named, 30),
	    BEHAVIOUR(hpa_counts_both_directions, 25),
	    BEHAVIOUR(hpa_missing_at_full_target, 26),
	    BEHAVIOUR(hpa_refuses_shared_pods, 27),
	    BEHAVIOUR(hpa_keeps_missing_at_target, 28),
	    BEHAVIOUR(hpa_sidecar_requests, 29),
	    BEHAVIOUR(hpa_object_error_in_order, 37),
	    BEHAVIOUR(hpa_zero_average_is_total, 38),
	    BEHAVIOUR(backoff_retry_at_end, 35),
	    BEHAVIOUR(pleg_on_demand_relist, 36),
	    BEHAVIOUR(proxy_single_token, 34),
	    BEHAVIOUR(deletion_by_logarithmic_age, 22),
	    BEHAVIOUR(pod_deletion_cost, 22),
	    BEHAVIOUR(claims_in_scheduling_message, 34),
	};
#undef BEHAVIOUR

	for (int minor = 24; minor <= 38; minor++) {
		char version[8];

		g_snprintf(version, sizeof(version), "1.%d", minor);
		const struct release release = release_of(version);

		for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
			const bool has = *(const bool *)((const char *)&release + cases[i].offset);

			if (has != (minor >= cases[i].since)) {
				fail_msg("%s in 1.%d", cases[i].name, minor);
			}
		}
	}
}

static void test_texts_of_events_have_three_forms(void **state)
{
	assert_int_equal(release_of("1.27").scaling_event_form, 0);
	assert_int_equal(release_of("1.28").scaling_event_form, 1);
	assert_int_equal(release_of("1.31").scaling_event_form, 2);
	assert_int_equal(release_of("1.31").created_event_form, 0);
	assert_int_equal(release_of("1.32").created_event_form, 1);
	assert_int_equal(release_of("1.35").created_event_form, 2);
}

static void test_gates_turn_behaviours_on_and_off(void **state)
{
	struct release release = release_of("1.34");

	assert_true(release_set_gate(&release, "HPAScaleToZero", true, NULL));
	assert_true(release.hpa_scale_to_zero);
	assert_true(release_set_gate(&release, "HPAConfigurableTolerance", true, NULL));
	assert_true(release.hpa_configurable_tolerance);
	assert_true(release_set_gate(&release, "PodDeletionCost", false, NULL));
	assert_false(release.pod_deletion_cost);
	assert_true(release_set_gate(&release, "PodLevelResources", false, NULL));
	assert_false(release.hpa_pod_level_resources);
}

static void test_a_gate_before_its_hpa_support_changes_nothing(void **state)
{
	struct release release = release_of("1.33");

	assert_true(release_set_gate(&release, "PodLevelResources", true, NULL));
	assert_false(release.hpa_pod_level_resources);
}

static void test_wrong_gates_are_told(void **state)
{
	static const struct {
		const char *version, *gate;
		bool on;
		const char *message;
	} cases[] = {
	    {"1.34", "HPAScaleToZer", true,
	     "unknown feature gate \"HPAScaleToZer\"; did you mean \"HPAScaleToZero\"?"},
	    {"1.32", "HPAConfigurableTolerance", true,
	     "Kubernetes 1.32 has no feature gate HPAConfigurableTolerance; it came with 1.33"},
	    {"1.31", "LogarithmicScaleDown", false,
	     "the feature gate LogarithmicScaleDown cannot be turned off since Kubernetes 1.31"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct release release = release_of(cases[i].version);

		assert_false(release_set_gate(&release, cases[i].gate, cases[i].on, &error));
		assert_string_equal(error->message, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions_have_one_form),
	    cmocka_unit_test(test_each_behaviour_begins_with_its_release),
	    cmocka_unit_test(test_texts_of_events_have_three_forms),
	    cmocka_unit_test(test_gates_turn_behaviours_on_and_off),
	    cmocka_unit_test(test_a_gate_before_its_hpa_support_changes_nothing),
	    cmocka_unit_test(test_wrong_gates_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
