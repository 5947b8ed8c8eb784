#include "engine/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_a_time_weighted_mean_weighs_by_how_long_a_value_held(void **state)
{
	struct time_weighted w;

	time_weighted_start(&w, 100, 2);
	assert_true(time_weighted_mean(&w, 100) == 2);
	time_weighted_set(&w, 110, 8);
	time_weighted_set(&w, 140, 1);
	assert_true(time_weighted_area(&w, 150) == 2 * 10 + 8 * 30 + 1 * 10);
	assert_true(time_weighted_mean(&w, 150) == 270.0 / 50);
	assert_true(w.max == 8);
}

static void test_moments_are_those_of_the_textbook(void **state)
{
	static const double xs[] = {2, 4, 4, 4, 5, 5, 7, 9};
	struct moments m = {0};

	assert_true(moments_variance(&m) == 0);
	for (int i = 0; i < 8; i++) {
		moments_add(&m, xs[i]);
	}
	assert_true(fabs(m.mean - 5) < 1e-15);
	assert_true(fabs(moments_variance(&m) - 32.0 / 7) < 1e-14);
	assert_true(fabs(moments_standard_error(&m) - sqrt(32.0 / 7 / 8)) < 1e-15);
	assert_true(m.min == 2 && m.max == 9);
	/* t(0.975, 7) = 2.36462 */
	assert_true(fabs(moments_interval95(&m) - 2.36462 * sqrt(32.0 / 7 / 8)) < 1e-5);
}

static void test_the_interval_of_many_observations_uses_the_expansion(void **state)
{
	struct moments m = {0};

	for (int i = 0; i < 41; i++) {
		moments_add(&m, i % 2);
	}
	/* t(0.975, 40) = 2.021075 */
	assert_true(fabs(moments_interval95(&m) / moments_standard_error(&m) - 2.021075) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_time_weighted_mean_weighs_by_how_long_a_value_held),
	    cmocka_unit_test(test_moments_are_those_of_the_textbook),
	    cmocka_unit_test(test_the_interval_of_many_observations_uses_the_expansion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
