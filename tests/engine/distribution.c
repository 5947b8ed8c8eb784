/* Quantiles against theory: exact ones in the body, moments by integrating the quantile, no step
 * back anywhere. */

#include "engine/distribution.h"
#include "engine/mathematics.h"
#include "engine/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static double relative(double got, double want)
{
	return fabs(got - want) / fabs(want);
}

/* Midpoint rule on a grid that is fine in both tails: u = s(t) with s = t^4 ... mirrored. */
static void moments_of(const struct distribution *d, double *mean, double *cv)
{
	const int n = 400000;
	double sums[2] = {0, 0};

	for (int i = 0; i < n; i++) {
		const double t = (i + 0.5) / n;
		const double tail = t < 0.5 ? t : 1 - t;
		const double p = fmax(0x1p-53, 8 * tail * tail * tail * tail);
		const double weight = 32 * tail * tail * tail / n;
		const double x = distribution_quantile(d, t < 0.5 ? p : 1 - p);

		sums[0] += weight * x;
		sums[1] += weight * x * x;
	}
	*mean = sums[0];
	*cv = sqrt(sums[1] - sums[0] * sums[0]) / sums[0];
}

static void assert_moments(struct distribution *d, double mean, double cv)
{
	double got_mean;
	double got_cv;

	moments_of(d, &got_mean, &got_cv);
	assert_true(relative(got_mean, mean) < 1e-5);
	assert_true(relative(distribution_mean(d), mean) < 1e-12);
	assert_true(fabs(got_cv - cv) < 1e-3 * cv + 1e-5);
	assert_true(fabs(distribution_cv(d) - cv) < 1e-9 * (1 + cv));
	distribution_unref(d);
}

static void test_mean_and_spread_are_those_asked_for(void **state)
{
	assert_moments(distribution_uniform(500, 1500), 1000, sqrt(1.0 / 12));
	assert_moments(distribution_exponential(5), 5, 1);
	assert_moments(distribution_gamma(19, 4), 19, 0.5);
	assert_moments(distribution_gamma(140, 2.5), 140, sqrt(0.4));
	assert_moments(distribution_gamma(7, 0.5), 7, sqrt(2));
	assert_moments(distribution_gamma(1, 400), 1, 0.05);
	assert_moments(distribution_lognormal(20, 0.8), 20, sqrt(exp(0.64) - 1));
}

static void test_a_constant_is_always_itself(void **state)
{
	struct distribution *d = distribution_constant(140e6);

	assert_true(distribution_quantile(d, 1e-9) == 140e6 &&
	            distribution_quantile(d, 0.999) == 140e6);
	assert_int_equal(distribution_duration(d, 0.5), 140 * SIM_MILLISECOND);
	assert_true(distribution_cv(d) == 0);
	distribution_unref(d);
}

static void test_gamma_quantiles_are_within_the_stated_error(void **state)
{
	static const struct {
		double shape, error;
	} cases[] = {{0.1, 1e-4}, {0.3, 1e-7}, {1, 1e-7}, {2.5, 1e-8}, {4, 1e-8}, {50, 1e-8}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct distribution *d = distribution_gamma(3, cases[i].shape);

		for (double u = 1e-5; u < 1; u += 0.000777) {
			const double want = 3 / cases[i].shape *
			                    mathematics_gamma_quantile(cases[i].shape, u, 1 - u);

			assert_true(relative(distribution_quantile(d, u), want) < cases[i].error);
		}
		distribution_unref(d);
	}
}

static void test_exponential_and_lognormal_quantiles_are_within_the_stated_error(void **state)
{
	struct distribution *e = distribution_exponential(5);
	struct distribution *l = distribution_lognormal(20, 2);

	for (double u = 1e-6; u < 1; u += 0.000333) {
		const double z = mathematics_normal_quantile(u);

		assert_true(relative(distribution_quantile(e, u), -5 * log1p(-u)) < 2e-8);
		assert_true(relative(distribution_quantile(l, u), 20 * exp(2 * z - 2)) < 1e-7);
	}
	assert_true(relative(distribution_quantile(e, 1e-12), 5e-12) < 1e-4);
	assert_true(relative(distribution_quantile(e, 1 - 0x1p-50), 250 * log(2)) < 1e-14);
	distribution_unref(e);
	distribution_unref(l);
}

static void test_a_larger_uniform_never_gives_a_shorter_duration(void **state)
{
	static const double values[] = {3e6, 1e6, 9e6, 9e6};
	struct distribution *all[] = {
	    distribution_uniform(1e6, 5e6),    distribution_exponential(7e6),
	    distribution_gamma(19e6, 4),       distribution_gamma(19e6, 0.05),
	    distribution_lognormal(20e6, 1.5), distribution_empirical(values, G_N_ELEMENTS(values)),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		sim_time previous = 0;

		/* Coarse over the whole, then step by step over the seams of the table. */
		for (int k = 1; k < 300000; k++) {
			const sim_time x = distribution_duration(all[i], k / 300000.0);

			assert_true(x >= previous);
			previous = x;
		}
		for (double seam = 0x1p-18; seam <= 0.5; seam *= 2) {
			for (int k = -200; k < 200; k++) {
				const double u = seam + k * 0x1p-53 * 64;

				assert_true(distribution_duration(all[i], u) <=
				            distribution_duration(all[i], u + 0x1p-47));
				assert_true(distribution_duration(all[i], 1 - u - 0x1p-47) <=
				            distribution_duration(all[i], 1 - u));
			}
		}
		distribution_unref(all[i]);
	}
}

/* Kolmogorov and Smirnov's distance of drawn values from the distribution function. */
static void test_drawn_values_follow_the_distribution_function(void **state)
{
	const struct random_stream s = random_stream_of(11, RANDOM_DEMAND);
	struct distribution *d = distribution_gamma(4, 4);
	enum { N = 20000 };
	static double values[N];

	for (int i = 0; i < N; i++) {
		values[i] = distribution_quantile(d, random_uniform(&s, (uint64_t)i, 0));
	}
	for (double x = 0.5; x < 12; x += 0.25) {
		int below = 0;
		const double cdf = 1 - exp(-x) * (1 + x * (1 + x / 2 * (1 + x / 3)));

		for (int i = 0; i < N; i++) {
			below += values[i] <= x;
		}
		assert_true(fabs((double)below / N - cdf) < 1.95 / sqrt(N)); /* 0.1 % level */
	}
	distribution_unref(d);
}

static void test_lognormal_by_p99_has_that_percentile_and_mean(void **state)
{
	bool possible;
	struct distribution *d = distribution_lognormal_p99(20, 90, &possible);

	assert_true(possible);
	assert_true(relative(distribution_quantile(d, 0.99), 90) < 1e-7);
	assert_true(relative(distribution_mean(d), 20) < 1e-12);
	distribution_unref(d);
	assert_null(distribution_lognormal_p99(20, 20, &possible));
	assert_false(possible);
	assert_null(distribution_lognormal_p99(20, 301, &possible));
	assert_false(possible);
	d = distribution_lognormal_p99(20, 299, &possible);
	assert_true(possible);
	distribution_unref(d);
}

static void test_observations_keep_their_mean_and_order(void **state)
{
	static const double values[] = {40, 10, 20, 30};
	struct distribution *d = distribution_empirical(values, 4);

	assert_true(distribution_mean(d) == 25);
	assert_true(distribution_quantile(d, 0.125) == 10);
	assert_true(distribution_quantile(d, 0.5) == 25);
	assert_true(distribution_quantile(d, 0.01) == 10);
	assert_true(distribution_quantile(d, 0.99) == 40);
	assert_moments(d, 25, distribution_cv(d));
	d = distribution_empirical(values, 1);
	assert_true(distribution_quantile(d, 0.3) == 40);
	distribution_unref(d);
}

static void test_quantiles_have_the_bits_they_always_had(void **state)
{
	static const double us[] = {1e-9, 1e-3, 0.1, 0.37, 0.5, 0.9, 0.999, 1 - 0x1p-40};
	static const double bits[4][8] = {
	    {0x1.47ae13e225bp-8, 0x1.38a806d4f03d6p+12, 0x1.013a528156b7ap+19,
	     0x1.1a010a5f09788p+21, 0x1.a7103f38ef102p+21, 0x1.5f58baebb974fp+23,
	     0x1.07828c2e062bap+25, 0x1.086a2783956a1p+27},
	    {0x1.cf0aa7991764cp+15, 0x1.f0fa7f78631cbp+20, 0x1.f9d69db2a938ap+22,
	     0x1.be07459bf9693p+23, 0x1.0a25f08e9a4acp+24, 0x1.e437d79179fbdp+24,
	     0x1.d95ee5d4813fep+25, 0x1.4dbb2981fa1c9p+27},
	    {0x1.63606e6d40836p+14, 0x1.6740038587709p+22, 0x1.57ffb7d2037f2p+25,
	     0x1.712e0445e4a72p+26, 0x1.d0c93d5671751p+26, 0x1.ed46512436d09p+27,
	     0x1.11e7a5ee9591cp+29, 0x1.b4d72bfbe9bfep+30},
	    {0x1.d3b253c34be67p+16, 0x1.2b40e11229d6dp+20, 0x1.3df704c53aa08p+22,
	     0x1.53ddc8f886675p+23, 0x1.bb34c97ba2743p+23, 0x1.34e396018c3b5p+25,
	     0x1.4833f62db2b03p+27, 0x1.e664b9c455704p+31},
	};
	struct distribution *all[4] = {distribution_exponential(5e6), distribution_gamma(19e6, 4),
	                               distribution_gamma(140e6, 2.5),
	                               distribution_lognormal(20e6, 0.8)};

	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 8; j++) {
			assert_true(distribution_quantile(all[i], us[j]) == bits[i][j]);
		}
		distribution_unref(all[i]);
	}
	assert_true(mathematics_log(0.3) == -0x1.34378fcbda721p+0);
	assert_true(mathematics_exp(-3.7) == 0x1.9511fc6871044p-6);
	assert_true(mathematics_normal_quantile(1e-4) == -0x1.dc08bb712893ap+1);
	assert_true(mathematics_log_gamma(3.3) == 0x1.f964fc1bf8d6p-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mean_and_spread_are_those_asked_for),
	    cmocka_unit_test(test_a_constant_is_always_itself),
	    cmocka_unit_test(test_gamma_quantiles_are_within_the_stated_error),
	    cmocka_unit_test(test_exponential_and_lognormal_quantiles_are_within_the_stated_error),
	    cmocka_unit_test(test_a_larger_uniform_never_gives_a_shorter_duration),
	    cmocka_unit_test(test_drawn_values_follow_the_distribution_function),
	    cmocka_unit_test(test_lognormal_by_p99_has_that_percentile_and_mean),
	    cmocka_unit_test(test_observations_keep_their_mean_and_order),
	    cmocka_unit_test(test_quantiles_have_the_bits_they_always_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
