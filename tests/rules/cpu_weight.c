/* Tests of what CPU requests weigh. The figures are those of a real node: cat cpu.shares,
 * cpu.weight. */

#include "rules/cpu_weight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	int64_t milli, shares, weight;
} cases[] = {
    {0, 2, 1},
    {1, 2, 1},
    {2, 2, 1},
    {3, 3, 1},
    {10, 10, 1},
    {27, 27, 1},
    {28, 28, 1},
    {29, 29, 2},
    {100, 102, 4},
    {250, 256, 10},
    {500, 512, 20},
    {1000, 1024, 39},
    {2000, 2048, 79},
    {3000, 3072, 118},
    {4000, 4096, 157},
    {16000, 16384, 625},
    {256000, 262144, 10000},
    {500000, 262144, 10000},
};

static void test_requests_become_shares_and_weights(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(cpu_shares(cases[i].milli), cases[i].shares);
		assert_int_equal(cpu_weight(cases[i].milli, true), cases[i].shares);
		assert_int_equal(cpu_weight(cases[i].milli, false), cases[i].weight);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests_become_shares_and_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
