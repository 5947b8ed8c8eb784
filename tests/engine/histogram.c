#include "engine/histogram_packed.h"

#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N = 20000 };

static int by_value(const void *a, const void *b)
{
	const sim_time x = *(const sim_time *)a;
	const sim_time y = *(const sim_time *)b;

	return (x > y) - (x < y);
}

static void fill(sim_time values[N], guint32 seed)
{
	GRand *rand = g_rand_new_with_seed(seed);

	for (int i = 0; i < N; i++) {
		values[i] = (sim_time)exp(g_rand_double_range(rand, 0, 40));
	}
	g_rand_free(rand);
}

static void assert_quantiles(unsigned steps, double error)
{
	static sim_time values[N];
	struct histogram *h = histogram_new(steps);
	double sum = 0;

	fill(values, steps);
	for (int i = 0; i < N; i++) {
		histogram_add(h, values[i]);
		sum += (double)values[i];
	}
	qsort(values, N, sizeof(values[0]), by_value);
	for (int i = 1; i < N; i += 37) {
		const double got = histogram_quantile(h, (double)i / N);
		const double want = (double)values[i - 1];

		assert_true(fabs(got - want) <= error * want + 0.5);
	}
	assert_int_equal(histogram_count(h), N);
	assert_int_equal(histogram_min(h), values[0]);
	assert_int_equal(histogram_max(h), values[N - 1]);
	assert_true(fabs(histogram_mean(h) - sum / N) <= 1e-12 * sum / N);
	assert_true(histogram_quantile(h, 0) == (double)values[0]);
	assert_true(histogram_quantile(h, 1) == (double)values[N - 1]);
	histogram_free(h);
}

static void test_a_quantile_is_as_exact_as_a_step_is_narrow(void **state)
{
	assert_quantiles(1024, 0.0005);
	assert_quantiles(128, 0.004);
	assert_quantiles(2, 0.25);
	assert_quantiles(4096, 0.00013);
}

static void test_values_below_the_number_of_steps_are_exact(void **state)
{
	struct histogram *h = histogram_new(128);

	for (sim_time v = 0; v < 256; v++) {
		histogram_add(h, v);
	}
	for (int v = 0; v < 256; v++) {
		assert_true(histogram_quantile(h, (v + 0.5) / 256) == v);
	}
	histogram_free(h);
}

static void test_a_merged_histogram_is_that_of_all_values(void **state)
{
	static sim_time values[N];
	struct histogram *whole = histogram_new(128);
	struct histogram *parts[2] = {histogram_new(128), histogram_new(128)};

	fill(values, 5);
	for (int i = 0; i < N; i++) {
		histogram_add(whole, values[i]);
		histogram_add(parts[i % 3 == 0], values[i]);
	}
	histogram_merge(parts[0], parts[1]);
	for (double q = 0; q <= 1; q += 0.001) {
		assert_true(histogram_quantile(parts[0], q) == histogram_quantile(whole, q));
	}
	assert_true(histogram_mean(parts[0]) == histogram_mean(whole));
	assert_int_equal(histogram_min(parts[0]), histogram_min(whole));
	assert_int_equal(histogram_max(parts[0]), histogram_max(whole));
	histogram_free(whole);
	histogram_free(parts[0]);
	histogram_free(parts[1]);
}

static void test_an_empty_histogram_answers_zero(void **state)
{
	struct histogram *h = histogram_new(1024);

	histogram_add(h, 77);
	histogram_clear(h);
	assert_int_equal(histogram_count(h), 0);
	assert_true(histogram_mean(h) == 0 && histogram_quantile(h, 0.95) == 0);
	assert_int_equal(histogram_min(h), 0);
	assert_int_equal(histogram_max(h), 0);
	histogram_free(h);
	histogram_free(NULL);
}

static void test_the_sum_does_not_overflow(void **state)
{
	struct histogram *h = histogram_new(128);

	for (int i = 0; i < 8; i++) {
		histogram_add(h, INT64_MAX);
	}
	assert_true(histogram_mean(h) == (double)INT64_MAX);
	histogram_free(h);
}

static void test_what_came_since_a_copy_is_left_after_subtracting_it(void **state)
{
	struct histogram *h = histogram_new(128);

	for (sim_time v = 1; v <= 1000; v++) {
		histogram_add(h, v * SIM_MILLISECOND);
	}
	struct histogram *before = histogram_copy(h);

	for (int i = 0; i < 10; i++) {
		histogram_add(h, 100 * SIM_MICROSECOND);
	}
	histogram_subtract(h, before);
	assert_int_equal(histogram_count(h), 10);
	assert_int_equal(histogram_count(before), 1000);
	assert_int_equal(histogram_steps(before), 128);
	assert_true(histogram_quantile(h, 0.95) > 99e3 && histogram_quantile(h, 0.95) < 101e3);
	assert_true(histogram_mean(h) == 100e3);
	histogram_free(before);
	histogram_free(h);
}

static void list_step(void *data, unsigned index, uint64_t count)
{
	g_string_append_printf(data, "%u: %" G_GUINT64_FORMAT "\n", index, count);
}

static void assert_same_histogram(const struct histogram *a, const struct histogram *b)
{
	const struct histogram_totals one = histogram_totals(a), other = histogram_totals(b);
	g_autoptr(GString) steps = g_string_new(NULL);
	g_autoptr(GString) others = g_string_new(NULL);

	histogram_each(a, list_step, steps);
	histogram_each(b, list_step, others);
	assert_string_equal(steps->str, others->str);
	assert_int_equal(histogram_count(a), histogram_count(b));
	assert_true(one.sum_high == other.sum_high && one.sum_low == other.sum_low);
	assert_true(one.min == other.min && one.max == other.max);
}

/* Empty, one value, few and far between, dense, and counts beyond what a short code holds. */
static void test_a_packed_histogram_comes_out_as_it_went_in(void **state)
{
	for (unsigned way = 0; way < 5; way++) {
		struct histogram *h = histogram_new(128), *back = histogram_new(128);
		const unsigned n[] = {0, 1, 40, 30000, 400};

		for (unsigned i = 0; i < n[way]; i++) {
			const sim_time value =
			    way == 2 ? INT64_MAX >> i : (sim_time)i * i % 9973 * SIM_MICROSECOND;

			histogram_add(h, value);
			if (way == 4) {
				histogram_restore_step(h, i * 3, UINT64_C(1) << i % 50);
			}
		}
		g_autofree struct packed_histogram *packed = histogram_pack(h);

		histogram_merge_packed(back, packed);
		assert_same_histogram(h, back);
		histogram_merge_packed(back, packed); /* on top of the first */
		assert_int_equal(histogram_count(back), 2 * histogram_count(h));
		assert_true(histogram_mean(back) == histogram_mean(h));
		assert_true(histogram_quantile(back, 0.95) == histogram_quantile(h, 0.95));
		histogram_free(h);
		histogram_free(back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_quantile_is_as_exact_as_a_step_is_narrow),
	    cmocka_unit_test(test_values_below_the_number_of_steps_are_exact),
	    cmocka_unit_test(test_a_merged_histogram_is_that_of_all_values),
	    cmocka_unit_test(test_an_empty_histogram_answers_zero),
	    cmocka_unit_test(test_the_sum_does_not_overflow),
	    cmocka_unit_test(test_what_came_since_a_copy_is_left_after_subtracting_it),
	    cmocka_unit_test(test_a_packed_histogram_comes_out_as_it_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
