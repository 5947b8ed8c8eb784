#include "node/proxy_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct proxy_target three[] = {
    {{0, 1}, 8000, "a"},
    {{1, 1}, 8000, "b"},
    {{2, 1}, 8000, "c"},
};

static struct proxy_port *port_of(void **state)
{
	return proxy_table_port(*state, "default", "web", 80);
}

static int setup(void **state)
{
	*state = proxy_table_new();
	return 0;
}

static int teardown(void **state)
{
	proxy_table_free(*state);
	return 0;
}

static const char *choose(struct proxy_port *port, uint64_t client, sim_time now, double u)
{
	struct proxy_target target;

	assert_int_equal(proxy_port_choose(port, client, now, u, &target), PROXY_TO_TARGET);
	return target.pod_name;
}

static void test_a_client_may_hold_a_port_before_it_is_programmed(void **state)
{
	struct proxy_port *port = port_of(state);
	struct proxy_target target;

	assert_false(proxy_port_is_programmed(port));
	assert_int_equal(proxy_port_choose(port, 1, 0, 0.5, &target), PROXY_UNKNOWN);
	for (int i = 1; i < 100; i++) {
		proxy_table_port(*state, "default", "other", i);
	}
	assert_ptr_equal(port_of(state), port);
	assert_ptr_not_equal(proxy_table_port(*state, "test", "web", 80), port);
	proxy_port_program(port, three, 3, true, true);
	assert_string_equal(choose(port, 1, 0, 0.5), "b");
}

static void test_without_endpoints_packets_are_rejected_or_dropped(void **state)
{
	struct proxy_port *port = port_of(state);
	struct proxy_target target;

	proxy_port_program(port, NULL, 0, false, true);
	assert_int_equal(proxy_port_choose(port, 1, 0, 0.5, &target), PROXY_REJECT);
	proxy_port_program(port, NULL, 0, true, true);
	assert_int_equal(proxy_port_choose(port, 1, 0, 0.5, &target), PROXY_DROP);
	proxy_port_program(port, NULL, 0, false, false);
	assert_int_equal(proxy_port_choose(port, 1, 0, 0.5, &target), PROXY_UNKNOWN);
}

static void test_the_uniform_is_cut_into_equal_shares(void **state)
{
	struct proxy_port *port = port_of(state);
	unsigned counts[3] = {0};

	proxy_port_program(port, three, 3, true, true);
	for (int i = 0; i < 3000; i++) {
		counts[choose(port, 1, 0, (i + 0.5) / 3000)[0] - 'a']++;
	}
	assert_int_equal(counts[0], 1000);
	assert_int_equal(counts[1], 1000);
	assert_string_equal(choose(port, 1, 0, 0x1p-53), "a");
	assert_string_equal(choose(port, 1, 0, 1 - 0x1p-53), "c");
}

static void test_ipvs_takes_the_next_in_turn(void **state)
{
	struct proxy_port *port = port_of(state);

	proxy_port_program(port, three, 3, true, true);
	port->round_robin = true;
	for (int i = 0; i < 7; i++) {
		assert_string_equal(choose(port, 1, 0, 0.99),
		                    ((const char *[]){"a", "b", "c"})[i % 3]);
	}
	proxy_port_program(port, three, 1, true, true);
	assert_string_equal(choose(port, 1, 0, 0.99), "a");
}

static void test_affinity_holds_for_its_timeout_after_the_last_connection(void **state)
{
	struct proxy_port *port = port_of(state);

	proxy_port_program(port, three, 3, true, true);
	port->affinity = true;
	port->affinity_timeout = 10800 * SIM_SECOND;
	assert_string_equal(choose(port, 17, 0, 0.1), "a");
	assert_string_equal(choose(port, 18, 0, 0.9), "c");
	assert_string_equal(choose(port, 17, 10000 * SIM_SECOND, 0.9), "a");
	assert_string_equal(choose(port, 17, 20800 * SIM_SECOND, 0.9), "a");
	assert_string_equal(choose(port, 17, 31601 * SIM_SECOND, 0.9), "c");
}

static void test_affinity_forgets_an_endpoint_that_went_away(void **state)
{
	struct proxy_port *port = port_of(state);

	proxy_port_program(port, three, 3, true, true);
	port->affinity = true;
	port->affinity_timeout = 10800 * SIM_SECOND;
	assert_string_equal(choose(port, 17, 0, 0.1), "a");
	proxy_port_program(port, three + 1, 2, true, true);
	proxy_port_program(port, three, 3, true, true);
	assert_string_equal(choose(port, 17, SIM_SECOND, 0.9), "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_client_may_hold_a_port_before_it_is_programmed,
	                                    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_without_endpoints_packets_are_rejected_or_dropped,
	                                    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_uniform_is_cut_into_equal_shares, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_ipvs_takes_the_next_in_turn, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_affinity_holds_for_its_timeout_after_the_last_connection, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_affinity_forgets_an_endpoint_that_went_away, setup,
	                                    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
