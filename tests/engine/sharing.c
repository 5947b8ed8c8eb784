/* Tests of weighted max-min fairness. */

#include "engine/sharing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST 5

struct division {
	double capacity;
	size_t n;
	struct sharer sharers[MOST]; /* `share`: what is expected */
};

static const struct division divisions[] = {
    {1, 0, {{0}}},
    {1, 1, {{1, 0.3, 0.3}}},
    {1, 1, {{1, 3, 1}}},
    {0, 2, {{1, 3, 0}, {1, 0, 0}}},
    /* as by weight */
    {4, 2, {{3, 9, 3}, {1, 9, 1}}},
    {4, 2, {{3072, 4, 3}, {1024, 4, 1}}},
    /* what one leaves goes to the others, by weight */
    {4, 3, {{3, 9, 2.25}, {1, 9, 0.75}, {4, 1, 1}}},
    /* who is served late raises the level for those before him */
    {6, 3, {{1, 1, 1}, {1, 2.2, 2.2}, {1, 9, 2.8}}},
    {10, 4, {{1, 9, 5}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}}},
    /* all it takes, and no more */
    {3, 3, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
    {3, 3, {{5, 1, 1}, {1, 1, 1}, {1, 0.5, 0.5}}},
    {7, 2, {{1, 0, 0}, {1, 8, 7}}},
};

static void test_a_capacity_is_divided_by_weight_and_want(void **state)
{
	for (size_t i = 0; i < sizeof(divisions) / sizeof(*divisions); i++) {
		const struct division *d = &divisions[i];
		struct sharer sharers[MOST];
		bool all = true;

		for (size_t j = 0; j < d->n; j++) {
			sharers[j] = (struct sharer){d->sharers[j].weight, d->sharers[j].wanted, 0};
			all = all && d->sharers[j].share >= d->sharers[j].wanted;
		}
		assert_int_equal(sharing_divide(sharers, d->n, d->capacity), all);
		for (size_t j = 0; j < d->n; j++) {
			assert_true(fabs(sharers[j].share - d->sharers[j].share) < 1e-12);
		}
	}
}

/* A small generator of its own: the cases need not be good, only many. */
static double draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*seed >> 40) / (1 << 24);
}

/* The definition: nothing is left while somebody wants more, and who wants more has as much a unit
 * of weight as anybody. */
static void test_the_shares_are_max_min_fair(void **state)
{
	uint64_t seed = 1;

	for (unsigned run = 0; run < 10000; run++) {
		struct sharer s[MOST];
		double wanted = 0, given = 0, level = 0;
		const double capacity = draw(&seed) * 4;

		for (unsigned i = 0; i < MOST; i++) {
			s[i] = (struct sharer){1 + 100 * draw(&seed), 2 * draw(&seed), 0};
			wanted += s[i].wanted;
		}
		const bool all = sharing_divide(s, MOST, capacity);

		for (unsigned i = 0; i < MOST; i++) {
			given += s[i].share;
			level = fmax(level, s[i].share / s[i].weight);
			assert_true(s[i].share >= 0 && s[i].share <= s[i].wanted);
		}
		assert_int_equal(all, wanted <= capacity);
		assert_true(fabs(given - fmin(wanted, capacity)) < 1e-12);
		for (unsigned i = 0; i < MOST; i++) {
			if (s[i].share < s[i].wanted) {
				assert_true(fabs(s[i].share / s[i].weight - level) < 1e-12);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_capacity_is_divided_by_weight_and_want),
	    cmocka_unit_test(test_the_shares_are_max_min_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
