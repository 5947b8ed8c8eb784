/* The engine's own functions beside the C library's, which are accurate but not the same on every
 * machine. */

#include "engine/mathematics.h"

#include <float.h>
#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static double ulps(double got, double want)
{
	const double unit = nextafter(fabs(want), INFINITY) - fabs(want);

	return fabs(got - want) / unit;
}

static double relative(double got, double want)
{
	return fabs(got - want) / fabs(want);
}

static void test_log_is_within_one_unit_in_the_last_place(void **state)
{
	GRand *rand = g_rand_new_with_seed(3);
	double worst = 0;

	for (int i = 0; i < 300000; i++) {
		const double near_one = g_rand_double_range(rand, 0.5, 2);
		const double uniform = g_rand_double(rand) + 0x1p-60;
		const double wide = ldexp(near_one, g_rand_int_range(rand, -1060, 1023));

		worst = fmax(worst, ulps(mathematics_log(near_one), log(near_one)));
		worst = fmax(worst, ulps(mathematics_log(uniform), log(uniform)));
		worst = fmax(worst, ulps(mathematics_log(wide), log(wide)));
	}
	assert_true(worst <= 1.0);
	assert_true(mathematics_log(1) == 0);
	assert_true(ulps(mathematics_log(DBL_MAX), log(DBL_MAX)) <= 1);
	assert_true(ulps(mathematics_log(DBL_TRUE_MIN), log(DBL_TRUE_MIN)) <= 1);
	g_rand_free(rand);
}

static void test_exp_is_within_one_unit_in_the_last_place(void **state)
{
	GRand *rand = g_rand_new_with_seed(4);
	double worst = 0;

	for (int i = 0; i < 300000; i++) {
		const double small = g_rand_double_range(rand, -1, 1);
		const double wide = g_rand_double_range(rand, -708, 709.7);

		worst = fmax(worst, ulps(mathematics_exp(small), exp(small)));
		worst = fmax(worst, ulps(mathematics_exp(wide), exp(wide)));
	}
	assert_true(worst <= 1.0);
	assert_true(mathematics_exp(0) == 1);
	assert_true(mathematics_exp(-1000) == 0);
	assert_true(isinf(mathematics_exp(710)));
	assert_true(ulps(mathematics_exp(709.78), exp(709.78)) <= 1);
	assert_true(ulps(mathematics_exp(-740), exp(-740)) <= 1);
	g_rand_free(rand);
}

static void test_the_normal_quantile_inverts_the_normal(void **state)
{
	GRand *rand = g_rand_new_with_seed(5);

	for (int i = 0; i < 100000; i++) {
		const double p =
		    i % 2 ? g_rand_double(rand) * 0.5 : exp(-30 * g_rand_double(rand)) * 0.5;
		const double z = mathematics_normal_quantile(p);
		const double back = 0.5 * erfc(-z / sqrt(2));
		/* An error e in z moves p by density * e. */
		const double density = exp(-0.5 * z * z) / sqrt(2 * G_PI);

		assert_true(fabs(back - p) / density <
		            1e-14 * fmax(1, fabs(z)) + 2 * DBL_EPSILON * p / density);
	}
	assert_true(fabs(mathematics_normal_quantile(0.5)) == 0);
	assert_true(relative(mathematics_normal_quantile(0.975), 1.959963984540054) < 1e-15);
	assert_true(relative(mathematics_normal_quantile(0.99), 2.326347874040841) < 1e-15);
	g_rand_free(rand);
}

static void test_log_gamma_agrees_with_the_library(void **state)
{
	for (double x = 1e-3; x < 1e6; x *= 1.01) {
		const double want = lgamma(x);

		assert_true(fabs(mathematics_log_gamma(x) - want) <
		            1e-14 * fmax(fmax(1, x), fabs(want)));
	}
}

static void test_the_incomplete_gamma_has_its_closed_forms(void **state)
{
	double lower;
	double upper;

	for (double x = 1e-6; x < 600; x *= 1.07) {
		/* shape 1: exponential; shape 1/2: error function; shape 4: sum of Poisson terms.
		 */
		mathematics_incomplete_gamma(1, x, &lower, &upper);
		assert_true(relative(lower, -expm1(-x)) < 1e-13 &&
		            relative(upper, exp(-x)) < 2e-13);
		mathematics_incomplete_gamma(0.5, x, &lower, &upper);
		assert_true(relative(lower, erf(sqrt(x))) < 1e-13);
		assert_true(x > 500 || relative(upper, erfc(sqrt(x))) < 3e-13);
		mathematics_incomplete_gamma(4, x, &lower, &upper);
		assert_true(relative(upper, exp(-x) * (1 + x * (1 + x / 2 * (1 + x / 3)))) < 3e-13);
	}
	mathematics_incomplete_gamma(3, 0, &lower, &upper);
	assert_true(lower == 0 && upper == 1);
}

static void test_the_gamma_quantile_inverts_the_incomplete_gamma(void **state)
{
	static const double shapes[] = {0.05, 0.3, 1, 2.5, 4, 11.9, 12.1, 100, 1e4};

	for (size_t s = 0; s < G_N_ELEMENTS(shapes); s++) {
		for (double p = 1e-15; p <= 0.5; p = fmin(p * 1.7, p < 0.5 ? 0.5 : 1)) {
			double lower;
			double upper;
			double x = mathematics_gamma_quantile(shapes[s], p, 1 - p);

			if (x > 1e-290) {
				mathematics_incomplete_gamma(shapes[s], x, &lower, &upper);
				assert_true(relative(lower, p) < 1e-13 * fmax(10, shapes[s]));
			}
			x = mathematics_gamma_quantile(shapes[s], 1 - p, p);
			mathematics_incomplete_gamma(shapes[s], x, &lower, &upper);
			assert_true(relative(upper, p) < 1e-13 * fmax(10, shapes[s]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_log_is_within_one_unit_in_the_last_place),
	    cmocka_unit_test(test_exp_is_within_one_unit_in_the_last_place),
	    cmocka_unit_test(test_the_normal_quantile_inverts_the_normal),
	    cmocka_unit_test(test_log_gamma_agrees_with_the_library),
	    cmocka_unit_test(test_the_incomplete_gamma_has_its_closed_forms),
	    cmocka_unit_test(test_the_gamma_quantile_inverts_the_incomplete_gamma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
