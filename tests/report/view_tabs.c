#include "report/view_tabs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_layout(struct tabs *tabs, const char *expected)
{
	g_autoptr(GString) out = g_string_new(NULL);

	tabs_flush(tabs, out);
	assert_string_equal(out->str, expected);
	tabs_free(tabs);
}

static void test_columns_are_three_apart_and_the_last_is_not_padded(void **state)
{
	struct tabs *tabs = tabs_new_table(false);

	tabs_add(tabs, "NAME\tREADY\tAGE\nweb-1\t1/1\t9m\n");
	assert_layout(tabs, "NAME    READY   AGE\nweb-1   1/1     9m\n");
}

static void test_a_column_has_at_least_six_places(void **state)
{
	struct tabs *tabs = tabs_new_table(false);

	tabs_add(tabs, "A\tB\n1\t2\n");
	assert_layout(tabs, "A     B\n1     2\n");
}

static void test_a_tab_at_the_end_pads_the_last_cell(void **state)
{
	struct tabs *tabs = tabs_new_table(false);

	tabs_add(tabs, "NAME\tCPU(cores)\t\nweb\t5m\t\n");
	assert_layout(tabs, "NAME   CPU(cores)   \nweb    5m           \n");
}

static void test_a_line_without_tabs_ends_the_columns_above_it(void **state)
{
	struct tabs *tabs = tabs_new_description();

	tabs_add(tabs, "Name:\tx\nA long one:\ty\nIPs:\n  IP:\tz\nNext:\tw\n");
	assert_layout(tabs, "Name:        x\nA long one:  y\nIPs:\n  IP:  z\nNext:  w\n");
}

static void test_inner_columns_are_those_of_neighbouring_lines_only(void **state)
{
	struct tabs *tabs = tabs_new_description();

	tabs_add(tabs, "a\tb\tc\naaaa\tbbbb\tc\naa\tb\naaa\tb\tc\n");
	assert_layout(tabs, "a     b     c\naaaa  bbbb  c\naa    b\naaa   b  c\n");
}

static void test_letters_beyond_ascii_take_one_place(void **state)
{
	struct tabs *tabs = tabs_new_description();

	tabs_add(tabs, "\303\251\303\251\tb\naaa\tb\n");
	assert_layout(tabs, "\303\251\303\251   b\naaa  b\n");
}

static void test_a_watch_remembers_how_wide_its_columns_were(void **state)
{
	struct tabs *tabs = tabs_new_table(true);
	g_autoptr(GString) out = g_string_new(NULL);

	tabs_add(tabs, "NAME\tSTATUS\tAGE\nweb\tRunning\t1m\n");
	tabs_flush(tabs, out);
	tabs_add(tabs, "web\tTerminating\t2m\n");
	tabs_flush(tabs, out);
	tabs_add(tabs, "web\tError\t3m\n");
	tabs_flush(tabs, out);
	assert_string_equal(out->str, "NAME   STATUS    AGE\nweb    Running   1m\n"
	                              "web    Terminating   2m\nweb    Error         3m\n");
	tabs_free(tabs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_columns_are_three_apart_and_the_last_is_not_padded),
	    cmocka_unit_test(test_a_column_has_at_least_six_places),
	    cmocka_unit_test(test_a_tab_at_the_end_pads_the_last_cell),
	    cmocka_unit_test(test_a_line_without_tabs_ends_the_columns_above_it),
	    cmocka_unit_test(test_inner_columns_are_those_of_neighbouring_lines_only),
	    cmocka_unit_test(test_letters_beyond_ascii_take_one_place),
	    cmocka_unit_test(test_a_watch_remembers_how_wide_its_columns_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
