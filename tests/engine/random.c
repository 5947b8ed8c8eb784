#include "engine/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Philox4x32-10 as the paper writes it (Salmon et al., "Parallel random numbers: as easy as 1, 2,
 * 3", SC11). */
static void philox_of_the_paper(uint32_t x[4], uint32_t k0, uint32_t k1)
{
	for (int round = 0; round < 10; round++) {
		const uint64_t a = UINT64_C(0xD2511F53) * x[0];
		const uint64_t b = UINT64_C(0xCD9E8D57) * x[2];
		const uint32_t y[4] = {(uint32_t)(b >> 32) ^ x[1] ^ k0, (uint32_t)b,
		                       (uint32_t)(a >> 32) ^ x[3] ^ k1, (uint32_t)a};

		for (int i = 0; i < 4; i++) {
			x[i] = y[i];
		}
		k0 += UINT32_C(0x9E3779B9);
		k1 += UINT32_C(0xBB67AE85);
	}
}

static void test_a_block_is_philox_of_entity_and_ordinal(void **state)
{
	const struct random_stream s = random_stream_of(7, RANDOM_DEMAND);

	for (uint64_t i = 0; i < 1000; i++) {
		const uint64_t entity = i * UINT64_C(0x123456789abcdef);
		uint32_t x[4] = {(uint32_t)entity, (uint32_t)(entity >> 32), (uint32_t)i, 0};
		double pair[2];

		random_pair(&s, entity, i, pair);
		philox_of_the_paper(x, s.key[0], s.key[1]);
		for (int j = 0; j < 2; j++) {
			const uint64_t word = (uint64_t)x[2 * j + 1] << 32 | x[2 * j];

			assert_true(pair[j] == (double)(2 * (word >> 12) + 1) * 0x1p-53);
		}
		assert_true(random_uniform(&s, entity, i) == pair[0]);
	}
}

static void test_draws_have_the_bits_they_always_had(void **state)
{
	const struct random_stream s = random_stream_of(7, RANDOM_DEMAND);
	double pair[2];

	assert_int_equal(s.key[0], 0x82eaf415);
	assert_int_equal(s.key[1], 0x4d58fbd2);
	random_pair(&s, 17, 12, pair);
	assert_true(pair[0] == 0x1.926c11e7ba724p-3 && pair[1] == 0x1.2d4434681d805p-1);
	random_pair(&s, UINT64_MAX, 1, pair);
	assert_true(pair[0] == 0x1.bce1f05b420ccp-3 && pair[1] == 0x1.b13cbd2fab25dp-1);
}

static void test_seeds_and_purposes_have_keys_of_their_own(void **state)
{
	struct random_stream all[200];
	size_t n = 0;

	for (uint64_t seed = 0; seed < 20; seed++) {
		for (int purpose = RANDOM_THINK; purpose < RANDOM_THINK + 10; purpose++) {
			all[n++] = random_stream_of(seed, (enum random_purpose)purpose);
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_true(all[i].key[0] != all[j].key[0] ||
			            all[i].key[1] != all[j].key[1]);
		}
	}
}

/* Chi-square over 64 cells: 63 degrees of freedom, standard deviation sqrt(126). */
static void assert_even(const unsigned counts[64], unsigned n)
{
	double chi = 0;

	for (int i = 0; i < 64; i++) {
		const double expected = n / 64.0;

		chi += (counts[i] - expected) * (counts[i] - expected) / expected;
	}
	assert_true(fabs(chi - 63) < 5 * sqrt(126));
}

static void test_uniforms_are_even_along_entities_and_along_ordinals(void **state)
{
	const struct random_stream s = random_stream_of(1, RANDOM_ENDPOINT);
	unsigned along[4][64] = {0};
	const unsigned n = 100000;

	for (unsigned i = 0; i < n; i++) {
		double a[2];
		double b[2];

		random_pair(&s, i, 3, a);
		random_pair(&s, 3, i, b);
		for (int j = 0; j < 2; j++) {
			assert_true(a[j] > 0 && a[j] < 1 && b[j] > 0 && b[j] < 1);
			along[j][(int)(a[j] * 64)]++;
			along[2 + j][(int)(b[j] * 64)]++;
		}
	}
	for (int j = 0; j < 4; j++) {
		assert_even(along[j], n);
	}
}

static void test_an_integer_below_n_is_the_uniform_cut_into_n(void **state)
{
	const struct random_stream s = random_stream_of(9, RANDOM_SCHEDULER);
	unsigned counts[64] = {0};

	for (unsigned i = 0; i < 64000; i++) {
		const uint32_t k = random_below(&s, 5, i, 64);

		assert_true(k < 64);
		assert_int_equal(k, (uint32_t)(random_uniform(&s, 5, i) * 64));
		assert_int_equal(random_below(&s, 5, i, 1), 0);
		counts[k]++;
	}
	assert_even(counts, 64000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_block_is_philox_of_entity_and_ordinal),
	    cmocka_unit_test(test_draws_have_the_bits_they_always_had),
	    cmocka_unit_test(test_seeds_and_purposes_have_keys_of_their_own),
	    cmocka_unit_test(test_uniforms_are_even_along_entities_and_along_ordinals),
	    cmocka_unit_test(test_an_integer_below_n_is_the_uniform_cut_into_n),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
