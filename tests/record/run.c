#include "record/binned.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S SIM_SECOND

static GArray *new_steps(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct step));
}

static GArray *new_spans(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct span));
}

static void test_a_step_holds_until_the_next_one(void **state)
{
	g_autoptr(GArray) steps = new_steps();

	steps_set(steps, 10 * S, 1);
	steps_set(steps, 20 * S, 3);
	assert_true(steps_at(steps, 9 * S, -1) == -1);
	assert_true(steps_at(steps, 10 * S, -1) == 1);
	assert_true(steps_at(steps, 20 * S - 1, -1) == 1);
	assert_true(steps_at(steps, SIM_NEVER, -1) == 3);
}

static void test_a_step_to_the_same_value_is_none(void **state)
{
	g_autoptr(GArray) steps = new_steps();

	steps_set(steps, 10 * S, 1);
	steps_set(steps, 20 * S, 1);
	assert_int_equal(steps->len, 1);
	steps_set(steps, 30 * S, 2);
	steps_set(steps, 30 * S, 1); /* there and back at one instant */
	assert_int_equal(steps->len, 1);
	steps_set(steps, 30 * S, 5);
	steps_set(steps, 30 * S, 6);
	assert_int_equal(steps->len, 2);
	assert_true(steps_at(steps, 30 * S, 0) == 6);
}

static void test_spans_that_touch_are_one(void **state)
{
	g_autoptr(GArray) spans = new_spans();

	spans_open(spans, 10 * S);
	spans_open(spans, 12 * S);
	spans_close(spans, 20 * S);
	spans_close(spans, 25 * S);
	spans_open(spans, 20 * S);
	assert_int_equal(spans->len, 1);
	assert_true(spans_are_open(spans));
	assert_true(spans_contain(spans, 10 * S));
	assert_false(spans_contain(spans, 10 * S - 1));
	spans_close(spans, 30 * S);
	assert_false(spans_contain(spans, 30 * S));
	assert_int_equal(spans_length(spans, 0, 100 * S), 20 * S);
	assert_int_equal(spans_length(spans, 15 * S, 18 * S), 3 * S);
	spans_open(spans, 40 * S);
	spans_close(spans, 40 * S);
	assert_int_equal(spans->len, 1);
	spans_open(spans, 50 * S);
	assert_int_equal(spans_length(spans, 0, 60 * S), 30 * S);
}

static void test_a_long_run_has_no_more_bins_than_a_short_one_may(void **state)
{
	const struct binned_grid day = binned_grid_of(0, 86400 * S);
	const struct binned_grid hour = binned_grid_of(-600 * S, 3000 * S);

	assert_int_equal(hour.width, 5 * S);
	assert_int_equal(day.width, 80 * S);
	assert_true(86400 * S / day.width < BINNED_MAX);
}

static void test_an_amount_is_spread_over_its_interval(void **state)
{
	const struct binned_grid grid = {0, 10 * S};
	struct binned amounts, seconds;

	binned_init(&amounts);
	binned_init(&seconds);
	binned_add(&seconds, &grid, 25 * S, 40 * S, 15);
	binned_add(&amounts, &grid, 25 * S, 40 * S, 7.5);
	binned_add(&seconds, &grid, 60 * S, 65 * S, 5);
	binned_add(&amounts, &grid, 60 * S, 65 * S, 10);
	struct series series = binned_series(&amounts, &seconds, &grid);

	assert_int_equal(series.start, 20 * S);
	assert_int_equal(series.n, 5);
	assert_true(fabs(series.values[0] - 0.5) < 1e-12); /* defined for half of the bin */
	assert_true(fabs(series.values[1] - 0.5) < 1e-12);
	assert_true(isnan(series.values[2]));
	assert_true(fabs(series.values[4] - 2) < 1e-12);
	assert_true(isnan(series_at(&series, 19 * S)));
	assert_true(isnan(series_at(&series, 45 * S)));
	assert_true(fabs(series_at(&series, 39 * S) - 0.5) < 1e-12);
	assert_true(fabs(series_max(&series, 0, 100 * S) - 2) < 1e-12);
	assert_true(fabs(series_mean(&series, 20 * S, 40 * S) - 0.5) < 1e-12);
	assert_true(isnan(series_mean(&series, 40 * S, 60 * S)));
	g_free(series.values);
	binned_clear(&amounts);
	binned_clear(&seconds);
}

static void test_the_measure_window_is_from_all_users_to_the_end_of_load(void **state)
{
	struct load load = {.from = 60 * S, .duration = 120 * S, .users = 100, .spawn_rate = 10};
	struct scenario scenario = {.from = 0, .to = 200 * S};
	sim_time from, to;

	scenario_measure_window(&scenario, &from, &to);
	assert_int_equal(from, 0);
	assert_int_equal(to, 200 * S);
	scenario.loads = &load;
	scenario.n_loads = 1;
	scenario_measure_window(&scenario, &from, &to);
	assert_int_equal(from,
	                 69900 * SIM_MILLISECOND); /* the 100th user comes 9.9 s after the first */
	assert_int_equal(to, 180 * S);
	scenario.has_measure = true;
	scenario.measure_from = 80 * S;
	scenario.measure_to = 400 * S;
	scenario_measure_window(&scenario, &from, &to);
	assert_int_equal(from, 80 * S);
	assert_int_equal(to, 200 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_step_holds_until_the_next_one),
	    cmocka_unit_test(test_a_step_to_the_same_value_is_none),
	    cmocka_unit_test(test_spans_that_touch_are_one),
	    cmocka_unit_test(test_a_long_run_has_no_more_bins_than_a_short_one_may),
	    cmocka_unit_test(test_an_amount_is_spread_over_its_interval),
	    cmocka_unit_test(test_the_measure_window_is_from_all_users_to_the_end_of_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
