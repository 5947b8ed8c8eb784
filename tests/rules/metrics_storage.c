#include "rules/metrics_storage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS SIM_MILLISECOND
#define RESOLUTION (15 * SIM_SECOND)

static struct metrics_point point(double start, double time, double cpu)
{
	return metrics_point_of((sim_time)(time * 1e9), (sim_time)(start * 1e9), cpu, 1000);
}

static void test_cpu_is_the_difference_of_two_samples(void **state)
{
	const struct metrics_point prev = point(0, 7.2, 12.0), last = point(0, 22.9, 18.3);
	int64_t nano;

	assert_true(metrics_cpu_usage(&last, &prev, &nano));
	assert_int_equal(nano, 401273885);
	assert_int_equal(metrics_milli_of_nano(nano), 402);
	assert_int_equal(metrics_milli_of_nano(400000000), 400);
	assert_int_equal(metrics_milli_of_nano(0), 0);
}

static void test_a_counter_that_went_back_gives_no_figure(void **state)
{
	const struct metrics_point prev = point(0, 7, 12), last = point(0, 22, 11);
	const struct metrics_point restarted = point(-1, 22, 30);
	int64_t nano;

	assert_false(metrics_cpu_usage(&last, &prev, &nano));
	assert_false(metrics_cpu_usage(&restarted, &prev, &nano));
}

static void test_a_fresh_container_is_measured_from_its_start(void **state)
{
	struct metrics_point prev;
	const struct metrics_point at[] = {point(0, 9.9, 1), point(0, 10, 1), point(0, 14.9, 1),
	                                   point(0, 15, 1)};

	assert_false(metrics_previous_point(&at[0], NULL, NULL, RESOLUTION, &prev));
	assert_true(metrics_previous_point(&at[1], NULL, NULL, RESOLUTION, &prev));
	assert_int_equal(prev.time, 0);
	assert_int_equal(prev.cpu, 0);
	assert_true(metrics_previous_point(&at[2], NULL, NULL, RESOLUTION, &prev));
	assert_false(metrics_previous_point(&at[3], NULL, NULL, RESOLUTION, &prev));
}

static void test_the_former_sample_goes_before_a_newer_one(void **state)
{
	struct metrics_point prev;
	const struct metrics_point a = point(0, 20, 1), b = point(0, 35, 2), c = point(0, 50, 3);

	assert_true(metrics_previous_point(&b, &a, NULL, RESOLUTION, &prev));
	assert_int_equal(prev.time, a.time);
	/* The kubelet had nothing newer: the pair stays as it is. */
	assert_true(metrics_previous_point(&b, &b, &a, RESOLUTION, &prev));
	assert_int_equal(prev.time, a.time);
	assert_false(metrics_previous_point(&b, &b, NULL, RESOLUTION, &prev));
	assert_true(metrics_previous_point(&c, &b, &a, RESOLUTION, &prev));
	assert_int_equal(prev.time, b.time);
}

static void test_a_restarted_container_begins_anew(void **state)
{
	struct metrics_point prev;
	const struct metrics_point before = point(0, 20, 5), after = point(25, 30, 1);

	assert_false(metrics_previous_point(&after, &before, NULL, RESOLUTION, &prev));
}

static void test_idle_containers_are_sampled_less_often(void **state)
{
	const sim_time base = 10 * SIM_SECOND;

	assert_int_equal(metrics_housekeeping_interval(base, base, false), base);
	assert_int_equal(metrics_housekeeping_interval(base, base, true), 15 * SIM_SECOND);
	assert_int_equal(metrics_housekeeping_interval(15 * SIM_SECOND, base, true), base);
	assert_int_equal(metrics_housekeeping_interval(15 * SIM_SECOND, base, false), base);
}

static void test_times_have_whole_milliseconds(void **state)
{
	const struct metrics_point p =
	    metrics_point_of(1234567 * SIM_MICROSECOND, -1500 * SIM_MICROSECOND, 0.5, 1);

	assert_int_equal(p.time, 1234 * MS);
	assert_int_equal(p.start, -2 * MS);
	assert_int_equal(p.cpu, 500000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cpu_is_the_difference_of_two_samples),
	    cmocka_unit_test(test_a_counter_that_went_back_gives_no_figure),
	    cmocka_unit_test(test_a_fresh_container_is_measured_from_its_start),
	    cmocka_unit_test(test_the_former_sample_goes_before_a_newer_one),
	    cmocka_unit_test(test_a_restarted_container_begins_anew),
	    cmocka_unit_test(test_idle_containers_are_sampled_less_often),
	    cmocka_unit_test(test_times_have_whole_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
