/* From proposal to what is written: stabilization, policies, bounds, zero. Instants in seconds. */

#include "hpa_fixture.h"

static int32_t step(struct fixture *f, double at, int64_t raw)
{
	fixture_set_raw(f, raw);
	return fixture_step(f, at);
}

static void begin(struct fixture *f, int32_t replicas, bool behavior)
{
	fixture_init(f, replicas);
	fixture_raw(f);
	if (behavior) {
		fixture_behavior(f);
	}
}

static void test_without_behavior_an_old_recommendation_can_push_up(void **state)
{
	struct fixture f;

	begin(&f, 4, false);
	f.hpa->max_replicas = 30;
	assert_int_equal(step(&f, 0, 20), 8);
	assert_condition(&f, "ScalingLimited", CONDITION_TRUE, "ScaleUpLimit");
	assert_int_equal(step(&f, 15, 9), 16);
	assert_string_equal(event_text(&f, "SuccessfulRescale"),
	                    "New size: 16; reason: external metric queue(nil) above target");
	assert_int_equal(step(&f, 30, 9), 20);
	fixture_clear(&f);
}

static void test_with_behavior_it_cannot(void **state)
{
	struct fixture f;

	begin(&f, 4, true);
	f.hpa->max_replicas = 30;
	assert_int_equal(step(&f, 0, 20), 8);
	assert_int_equal(step(&f, 15, 9), 9);
	assert_int_equal(step(&f, 30, 9), 9);
	fixture_clear(&f);
}

static void test_policies_count_what_was_added_in_their_period(void **state)
{
	struct fixture f;

	begin(&f, 20, true);
	fixture_policies(&f.hpa->scale_up, 2, 0, 2, 60, 1, 10, 60);
	assert_int_equal(step(&f, 0, 40), 22);
	for (int at = 15; at < 60; at += 15) {
		assert_int_equal(step(&f, at, 40), 22);
		assert_false(f.decision.rescale);
		assert_condition(&f, "ScalingLimited", CONDITION_TRUE, "ScaleUpLimit");
	}
	/* Exactly a period old: outside. 22 + 10 % is 24.2, rounded up. */
	assert_int_equal(step(&f, 60, 40), 25);
	assert_int_equal(f.decision.normalization.policies[1].limit, 25);
	assert_int_equal(step(&f, 75, 40), 25);
	assert_int_equal(f.decision.normalization.policies[1].base, 22);
	fixture_clear(&f);
}

static void test_percentages_of_what_may_go_truncate_what_stays(void **state)
{
	struct fixture f;
	const int32_t at_each_minute[] = {72, 64, 57};

	begin(&f, 80, true);
	f.hpa->scale_down.stabilization_window_seconds = 0;
	fixture_policies(&f.hpa->scale_down, 1, 1, 10, 60);
	for (int minute = 0; minute < 3; minute++) {
		assert_int_equal(step(&f, minute * 60, 10), at_each_minute[minute]);
		assert_int_equal(step(&f, minute * 60 + 30, 10), at_each_minute[minute]);
		assert_condition(&f, "ScalingLimited", CONDITION_TRUE, "ScaleDownLimit");
	}
	fixture_clear(&f);
}

static void test_a_scale_down_undoes_what_was_just_added(void **state)
{
	struct fixture f;

	begin(&f, 50, true);
	f.hpa->scale_down.stabilization_window_seconds = 0;
	fixture_policies(&f.hpa->scale_down, 1, 0, 5, 60);
	hpa_history_add_scale_event(&f.history, true, 9970 * SIM_SECOND, 10);
	assert_int_equal(step(&f, 10000, 1), 35);
	fixture_clear(&f);
	begin(&f, 50, true);
	assert_true(release_init(&f.release, "1.24", NULL)); /* the other direction did not count */
	f.hpa->scale_down.stabilization_window_seconds = 0;
	fixture_policies(&f.hpa->scale_down, 1, 0, 5, 60);
	hpa_history_add_scale_event(&f.history, true, 9970 * SIM_SECOND, 10);
	assert_int_equal(step(&f, 10000, 1), 45);
	fixture_clear(&f);
}

static void test_percentages_are_computed_in_doubles(void **state)
{
	struct fixture f;

	begin(&f, 5, true);
	f.hpa->scale_down.stabilization_window_seconds = 0;
	fixture_policies(&f.hpa->scale_down, 1, 1, 80, 60);
	assert_int_equal(step(&f, 0, 1), 1);
	assert_int_equal(f.decision.normalization.limit, 0); /* 0.9999999999999998 */
	fixture_clear(&f);
	begin(&f, 25, true);
	fixture_policies(&f.hpa->scale_up, 1, 1, 12, 60);
	assert_int_equal(step(&f, 0, 100), 29); /* 28.000000000000004 */
	fixture_clear(&f);
}

static void test_min_picks_the_policy_that_changes_least(void **state)
{
	struct fixture f;

	begin(&f, 20, true);
	f.hpa->scale_up.select = SELECT_MIN;
	fixture_policies(&f.hpa->scale_up, 2, 0, 3, 60, 1, 50, 60);
	assert_int_equal(step(&f, 0, 90), 23);
	fixture_clear(&f);
	begin(&f, 20, true);
	f.hpa->scale_down.select = SELECT_MIN;
	f.hpa->scale_down.stabilization_window_seconds = 0;
	fixture_policies(&f.hpa->scale_down, 2, 0, 3, 60, 1, 50, 60);
	assert_int_equal(step(&f, 0, 1), 17);
	fixture_clear(&f);
}

static void test_scaling_up_waits_for_the_lowest_of_its_window(void **state)
{
	struct fixture f;
	const double at[] = {0, 15, 30, 45, 60.1, 75, 90, 105};
	const int32_t raw[] = {8, 9, 7, 6, 9, 9, 9, 9}, replicas[] = {5, 5, 5, 5, 6, 6, 6, 9};

	begin(&f, 5, true);
	f.history.known = false; /* the first look seeds it with 5 */
	f.hpa->scale_up.stabilization_window_seconds = 60;
	fixture_policies(&f.hpa->scale_up, 1, 0, 100, 15);
	for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
		assert_int_equal(step(&f, at[i], raw[i]), replicas[i]);
	}
	fixture_clear(&f);
}

static void test_a_new_controller_does_not_scale_down_for_a_window(void **state)
{
	for (int behavior = 0; behavior < 2; behavior++) {
		struct fixture f;

		begin(&f, 20, behavior);
		f.history.known = false;
		for (int i = 0; i <= 19; i++) {
			assert_int_equal(step(&f, i * 15.05, 4), 20);
			assert_condition(&f, "AbleToScale", CONDITION_TRUE, "ScaleDownStabilized");
		}
		assert_int_equal(step(&f, 20 * 15.05, 4), 4);
		fixture_clear(&f);
	}
}

static void test_the_boundary_of_a_window_counts_only_without_behavior(void **state)
{
	struct fixture f;

	begin(&f, 20, false);
	hpa_history_add_recommendation(&f.history, 9700 * SIM_SECOND, 20);
	assert_int_equal(step(&f, 10000, 4), 20);
	fixture_clear(&f);
	begin(&f, 20, true);
	hpa_history_add_recommendation(&f.history, 9700 * SIM_SECOND, 20);
	assert_int_equal(step(&f, 10000, 4), 4);
	fixture_clear(&f);
}

static void test_bounds_beat_metrics(void **state)
{
	struct fixture f;

	begin(&f, 12, false);
	f.hpa->max_replicas = 10;
	assert_int_equal(step(&f, 0, 12), 10);
	assert_string_equal(
	    event_text(&f, "SuccessfulRescale"),
	    "New size: 10; reason: Current number of replicas above Spec.MaxReplicas");
	assert_int_equal(f.decision.n_metrics, 0);
	assert_null(conditions_find(&f.decision.conditions, "ScalingLimited"));
	assert_int_equal(f.history.n_recommendations, 0);
	fixture_clear(&f);
	begin(&f, 2, false);
	f.hpa->min_replicas = 6;
	assert_int_equal(step(&f, 0, 2), 6);
	fixture_clear(&f);
}

static void test_a_reason_can_be_empty(void **state)
{
	struct fixture f;

	begin(&f, 8, false);
	hpa_history_add_recommendation(&f.history, 60 * SIM_SECOND, 20);
	assert_int_equal(step(&f, 100, 8), 16);
	assert_string_equal(event_text(&f, "SuccessfulRescale"), "New size: 16; reason: ");
	fixture_clear(&f);
}

static void test_a_slot_is_used_again_once_its_event_is_too_old(void **state)
{
	struct fixture f;

	begin(&f, 1, true);
	hpa_store_scale_event(f.hpa, 1, 3, 0, &f.history);
	hpa_store_scale_event(f.hpa, 3, 4, 15 * SIM_SECOND, &f.history); /* 15 s old: not older */
	assert_int_equal(f.history.n_scale_ups, 2);
	hpa_store_scale_event(f.hpa, 4, 9, 31 * SIM_SECOND, &f.history);
	assert_int_equal(f.history.n_scale_ups, 2);
	assert_true(f.history.scale_ups[0].outdated);
	assert_int_equal(f.history.scale_ups[1].change, 5);
	f.hpa->has_behavior = false;
	hpa_store_scale_event(f.hpa, 9, 1, 32 * SIM_SECOND, &f.history);
	assert_int_equal(f.history.n_scale_downs, 0);
	fixture_clear(&f);
}

/* --- zero --- */

static void test_an_hpa_that_scaled_to_zero_comes_back_by_itself(void **state)
{
	struct fixture f;

	begin(&f, 3, true);
	f.hpa->min_replicas = 0;
	f.hpa->scale_down.stabilization_window_seconds = 0;
	assert_int_equal(step(&f, 0, 0), 0);
	assert_condition(&f, "ScaledToZero", CONDITION_TRUE, "ScaledToZero");
	assert_int_equal(step(&f, 15, 0), 0);
	assert_int_equal(step(&f, 30, 2), 2);
	assert_condition(&f, "ScaledToZero", CONDITION_FALSE, "NotScaledToZero");
	fixture_clear(&f);
}

static void test_who_scales_to_zero_by_hand_switches_the_hpa_off(void **state)
{
	struct fixture f;

	begin(&f, 0, true);
	f.hpa->min_replicas = 0;
	assert_int_equal(step(&f, 0, 5), 0);
	assert_condition(&f, "ScalingActive", CONDITION_FALSE, "ScalingDisabled");
	assert_int_equal(f.decision.course, HPA_COURSE_DISABLED);
	fixture_clear(&f);
}

static void test_from_zero_a_raised_minimum_holds_on_both_paths(void **state)
{
	for (int behavior = 0; behavior < 2; behavior++) {
		struct fixture f;

		begin(&f, 0, behavior);
		f.hpa->min_replicas = 3;
		conditions_set(&f.hpa->status.conditions, "ScaledToZero", CONDITION_TRUE,
		               "ScaledToZero", NULL, 0);
		assert_int_equal(step(&f, 0, 1), 3);
		fixture_clear(&f);
	}
}

static void test_before_the_condition_a_minimum_of_zero_was_enough(void **state)
{
	struct fixture f;

	begin(&f, 0, true);
	assert_true(release_init(&f.release, "1.35", NULL));
	f.hpa->min_replicas = 0;
	assert_int_equal(step(&f, 0, 3), 3);
	assert_null(conditions_find(&f.decision.conditions, "ScaledToZero"));
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_behavior_an_old_recommendation_can_push_up),
	    cmocka_unit_test(test_with_behavior_it_cannot),
	    cmocka_unit_test(test_policies_count_what_was_added_in_their_period),
	    cmocka_unit_test(test_percentages_of_what_may_go_truncate_what_stays),
	    cmocka_unit_test(test_a_scale_down_undoes_what_was_just_added),
	    cmocka_unit_test(test_percentages_are_computed_in_doubles),
	    cmocka_unit_test(test_min_picks_the_policy_that_changes_least),
	    cmocka_unit_test(test_scaling_up_waits_for_the_lowest_of_its_window),
	    cmocka_unit_test(test_a_new_controller_does_not_scale_down_for_a_window),
	    cmocka_unit_test(test_the_boundary_of_a_window_counts_only_without_behavior),
	    cmocka_unit_test(test_bounds_beat_metrics),
	    cmocka_unit_test(test_a_reason_can_be_empty),
	    cmocka_unit_test(test_a_slot_is_used_again_once_its_event_is_too_old),
	    cmocka_unit_test(test_an_hpa_that_scaled_to_zero_comes_back_by_itself),
	    cmocka_unit_test(test_who_scales_to_zero_by_hand_switches_the_hpa_off),
	    cmocka_unit_test(test_from_zero_a_raised_minimum_holds_on_both_paths),
	    cmocka_unit_test(test_before_the_condition_a_minimum_of_zero_was_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
