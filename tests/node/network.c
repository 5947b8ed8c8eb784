#include "node/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = network_new();
	return 0;
}

static int teardown(void **state)
{
	network_free(*state);
	return 0;
}

static void test_addresses_count_up_per_node(void **state)
{
	const char *ip;

	network_open(*state, 0, &ip);
	assert_string_equal(ip, "10.1.0.2");
	network_open(*state, 0, &ip);
	assert_string_equal(ip, "10.1.0.3");
	network_open(*state, 300, &ip);
	assert_string_equal(ip, "10.2.44.2");
}

static void test_an_ip_is_not_reused_before_the_range_is_used_up(void **state)
{
	const char *ip;

	for (int i = 0; i < 253; i++) {
		const struct network_address a = network_open(*state, 0, &ip);

		assert_int_equal(atoi(ip + 7), i + 2);
		network_close(*state, a);
	}
	network_open(*state, 0, &ip);
	assert_string_equal(ip, "10.1.0.2");
}

static void test_a_node_with_more_pods_gets_another_block(void **state)
{
	GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *ip;

	for (int i = 0; i < 1000; i++) {
		network_open(*state, 7, &ip);
		assert_true(g_hash_table_add(seen, g_strdup(ip)));
	}
	g_hash_table_destroy(seen);
}

static void test_an_old_address_never_reaches_the_next_pod_of_its_slot(void **state)
{
	const char *ip;
	bool open;
	int listener;
	const struct network_address old = network_open(*state, 0, &ip);

	network_attach(*state, old, 80, &listener);
	network_close(*state, old);
	assert_null(network_listener(*state, old, 80, &open));
	assert_false(open);

	const struct network_address next = network_open(*state, 0, &ip);

	assert_int_equal(next.slot, old.slot);
	assert_int_not_equal(next.generation, old.generation);
	network_attach(*state, next, 80, &listener);
	network_attach(*state, old, 81, &listener);
	assert_null(network_listener(*state, old, 80, &open));
	assert_false(open);
	assert_ptr_equal(network_listener(*state, next, 80, &open), &listener);
	assert_null(network_listener(*state, next, 81, &open));
	assert_true(open);
}

static void test_each_port_has_its_listener(void **state)
{
	const char *ip;
	bool open;
	int web;
	int metrics;
	int any;
	const struct network_address a = network_open(*state, 0, &ip);

	assert_null(network_listener(*state, a, 80, &open));
	assert_true(open);
	network_attach(*state, a, 0, &any);
	network_attach(*state, a, 80, &web);
	network_attach(*state, a, 9090, &metrics);
	assert_ptr_equal(network_listener(*state, a, 80, &open), &web);
	assert_ptr_equal(network_listener(*state, a, 9090, &open), &metrics);
	assert_ptr_equal(network_listener(*state, a, 5000, &open), &any);
	assert_ptr_equal(network_listener(*state, a, 0, &open), &any);
	network_detach(*state, a, 0, &any);
	network_detach(*state, a, 80, &web);
	assert_null(network_listener(*state, a, 80, &open));
	assert_ptr_equal(network_listener(*state, a, 0, &open), &metrics);
}

static void test_an_address_is_found_by_its_text_while_it_is_open(void **state)
{
	const char *ip;
	const struct network_address a = network_open(*state, 0, &ip);
	const struct network_address found = network_find(*state, "10.1.0.2");

	assert_true(found.slot == a.slot && found.generation == a.generation);
	network_close(*state, a);
	network_close(*state, a);
	assert_int_equal(network_find(*state, "10.1.0.2").generation, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_addresses_count_up_per_node, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_an_ip_is_not_reused_before_the_range_is_used_up,
	                                    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_node_with_more_pods_gets_another_block, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(
		test_an_old_address_never_reaches_the_next_pod_of_its_slot, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_each_port_has_its_listener, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_an_address_is_found_by_its_text_while_it_is_open,
	                                    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
