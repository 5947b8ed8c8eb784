/* Tests of CrashLoopBackOff and of grace periods. */

#include "rules/back_off.h"

#include "rules/termination.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct back_off_limits limits = {BACK_OFF_INITIAL, BACK_OFF_MAXIMUM};

static bool allows(struct back_off *entry, double finished, double now)
{
	return back_off_allows(entry, &limits, (sim_time)(finished * 1e9), (sim_time)(now * 1e9),
	                       NULL);
}

static void test_a_first_start_leaves_no_entry(void **state)
{
	struct back_off entry = {0};

	assert_true(back_off_allows(&entry, &limits, SIM_NEVER, 0, NULL));
	assert_false(entry.exists);
}

static void test_crashes_wait_0_10_20_40_80_160_300_300_seconds(void **state)
{
	static const double waits[] = {0, 10, 20, 40, 80, 160, 300, 300};
	struct back_off entry = {0};
	double finished = 5;

	for (unsigned i = 0; i < G_N_ELEMENTS(waits); i++) {
		sim_time until = 0;

		if (waits[i] > 0) {
			assert_false(back_off_allows(&entry, &limits, (sim_time)(finished * 1e9),
			                             (sim_time)((finished + waits[i]) * 1e9) - 1,
			                             &until));
			assert_int_equal(until, (sim_time)((finished + waits[i]) * 1e9));
		}
		assert_true(allows(&entry, finished, finished + waits[i]));
		finished += waits[i] + 5;
	}
}

static void test_a_kill_is_measured_against_the_container_before(void **state)
{
	struct back_off entry = {0};

	/* A startup probe that fails every 30 s: the finish before lies 30 s back each time. */
	assert_true(allows(&entry, 30, 60));
	assert_int_equal(entry.duration, 10 * SIM_SECOND);
	assert_true(allows(&entry, 60, 90));
	assert_true(allows(&entry, 90, 120));
	assert_int_equal(entry.duration, 40 * SIM_SECOND);
	assert_false(allows(&entry, 120, 150));
	assert_true(allows(&entry, 150, 190));
	assert_int_equal(entry.duration, 80 * SIM_SECOND);
}

static void test_ten_minutes_without_a_restart_begin_anew(void **state)
{
	struct back_off entry = {true, 80 * SIM_SECOND, 100 * SIM_SECOND};

	assert_false(allows(&entry, 700, 701));
	assert_true(allows(&entry, 700.5, 701));
	assert_int_equal(entry.duration, 10 * SIM_SECOND);
}

static void test_housekeeping_drops_an_entry_after_ten_minutes(void **state)
{
	struct back_off entry = {true, 300 * SIM_SECOND, 100 * SIM_SECOND};

	back_off_collect(&entry, 2 * SIM_SECOND, 701 * SIM_SECOND);
	assert_true(entry.exists);
	back_off_collect(&entry, 0, 900 * SIM_SECOND);
	assert_true(entry.exists);
	back_off_collect(&entry, 2 * SIM_SECOND, 702 * SIM_SECOND);
	assert_false(entry.exists);
}

static void test_a_refused_start_is_tried_again_by_release(void **state)
{
	const sim_time now = 100 * SIM_SECOND, until = 240 * SIM_SECOND;

	assert_int_equal(back_off_retry(now, until, false, SIM_MINUTE, 0), now + 10 * SIM_SECOND);
	assert_int_equal(back_off_retry(now, until, false, SIM_MINUTE, 0.5),
	                 now + 12500 * SIM_MILLISECOND);
	assert_int_equal(back_off_retry(now, until, true, SIM_MINUTE, 0), now + SIM_MINUTE);
	assert_int_equal(back_off_retry(now, until, true, 0, 0), until);
	assert_int_equal(back_off_retry(now, now + 20 * SIM_SECOND, true, SIM_MINUTE, 0.5),
	                 now + 25 * SIM_SECOND);
}

static void test_a_deletions_grace_comes_before_a_probes_and_that_before_the_pods(void **state)
{
	struct pod_spec spec = {.refs = 1, .termination_grace_period_seconds = 30};
	struct pod pod = {.spec = &spec};
	struct probe own = {.termination_grace_period_seconds = 5};
	struct probe none = {.termination_grace_period_seconds = -1};

	pod.object.meta.deletion_time = SIM_NEVER;
	assert_int_equal(termination_grace(&pod, NULL), 30);
	assert_int_equal(termination_grace(&pod, &none), 30);
	assert_int_equal(termination_grace(&pod, &own), 5);
	pod.object.meta.deletion_time = 0;
	pod.object.meta.deletion_grace_seconds = 12;
	assert_int_equal(termination_grace(&pod, &own), 12);
}

static void test_hooks_take_whole_seconds_and_leave_at_least_two(void **state)
{
	assert_int_equal(termination_stop_timeout(30, 5900 * SIM_MILLISECOND), 25);
	assert_int_equal(termination_stop_timeout(30, 30 * SIM_SECOND), 2);
	assert_int_equal(termination_stop_timeout(1, 0), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_first_start_leaves_no_entry),
	    cmocka_unit_test(test_crashes_wait_0_10_20_40_80_160_300_300_seconds),
	    cmocka_unit_test(test_a_kill_is_measured_against_the_container_before),
	    cmocka_unit_test(test_ten_minutes_without_a_restart_begin_anew),
	    cmocka_unit_test(test_housekeeping_drops_an_entry_after_ten_minutes),
	    cmocka_unit_test(test_a_refused_start_is_tried_again_by_release),
	    cmocka_unit_test(test_a_deletions_grace_comes_before_a_probes_and_that_before_the_pods),
	    cmocka_unit_test(test_hooks_take_whole_seconds_and_leave_at_least_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
