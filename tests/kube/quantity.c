/* Quantities and durations. */

#include "kube/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>

static void test_quantities_are_read_as_milli_units_rounded_up(void **state)
{
	static const struct {
		const char *text;
		int64_t milli;
		const char *canonical;
	} cases[] = {
	    {"0", 0, "0"},
	    {"-0", 0, "0"},
	    {"1", 1000, "1"},
	    {"+1", 1000, "1"},
	    {"-1", -1000, "-1"},
	    {"250m", 250, "250m"},
	    {"1000m", 1000, "1"},
	    {"0.5", 500, "500m"},
	    {".5", 500, "500m"},
	    {"5.", 5000, "5"},
	    {"1.5", 1500, "1500m"},
	    {"0.0001", 1, "1m"},
	    {"-0.0001", -1, "-1m"},
	    {"1.0000000000000000000000000000001", 1001, "1001m"},
	    {"100n", 1, "1m"},
	    {"1u", 1, "1m"},
	    {"1000001n", 2, "2m"},
	    {"1k", 1000000, "1k"},
	    {"1500", 1500000, "1500"},
	    {"12000", 12000000, "12k"},
	    {"1M", 1000000000, "1M"},
	    {"1G", INT64_C(1000000000000), "1G"},
	    {"1T", INT64_C(1000000000000000), "1T"},
	    {"1P", INT64_C(1000000000000000000), "1P"},
	    {"1Ki", 1024000, "1Ki"},
	    {"1023", 1023000, "1023"},
	    {"0.5Ki", 512000, "512"},
	    {"0.1Ki", 102400, "102400m"},
	    {"1Mi", 1048576000, "1Mi"},
	    {"1.5Gi", INT64_C(1610612736000), "1536Mi"},
	    {"1024Mi", INT64_C(1073741824000), "1Gi"},
	    {"-1Gi", INT64_C(-1073741824000), "-1Gi"},
	    {"1Ti", INT64_C(1099511627776000), "1Ti"},
	    {"1Pi", INT64_C(1125899906842624000), "1Pi"},
	    {"1e3", 1000000, "1e3"},
	    {"1E3", 1000000, "1e3"},
	    {"12e-1", 1200, "1200e-3"},
	    {"1e-9", 1, "1e-3"},
	    {"0e400", 0, "0"},
	    {"1e-400", 1, "1e-3"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum quantity_format format;
		int64_t milli;

		if (!quantity_parse(cases[i].text, &milli, &format)) {
			fail_msg("%s is not read", cases[i].text);
		}
		g_autofree char *canonical = quantity_to_string(milli, format);

		assert_int_equal(milli, cases[i].milli);
		assert_string_equal(canonical, cases[i].canonical);
	}
}

static void test_large_quantities_stop_at_the_limits(void **state)
{
	static const char *const large[] = {"1E", "9Ei", "1e400", "9223372036854775808",
	                                    "100000000000000000000000000000"};
	int64_t milli;

	for (size_t i = 0; i < G_N_ELEMENTS(large); i++) {
		g_autofree char *negative = g_strconcat("-", large[i], NULL);

		assert_true(quantity_parse(large[i], &milli, NULL));
		assert_true(milli == INT64_MAX);
		assert_true(quantity_parse(negative, &milli, NULL));
		assert_true(milli == INT64_MIN);
	}
	assert_true(quantity_parse("9223372036854775807m", &milli, NULL));
	assert_true(milli == INT64_MAX);
	assert_true(quantity_parse("-9223372036854775808m", &milli, NULL));
	assert_true(milli == INT64_MIN);
	assert_true(quantity_parse("9223372036854775806m", &milli, NULL));
	assert_true(milli == INT64_MAX - 1);
}

static void test_other_texts_are_no_quantities(void **state)
{
	static const char *const wrong[] = {
	    "",     ".",   "m",   "-",   "+-1",  "1 ",   " 1",  "1KB", "1ki", "1mm",  "1e", "1e+",
	    "1Kib", "1,5", "0x1", "1_0", "1e3m", "8Pi1", "NaN", "inf", "1K",  "1..2", "--1"};
	int64_t milli;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		if (quantity_parse(wrong[i], &milli, NULL)) {
			fail_msg("\"%s\" is read as %" G_GINT64_FORMAT, wrong[i], (gint64)milli);
		}
	}
}

static void test_durations_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		int64_t nanoseconds;
		const char *written;
	} cases[] = {
	    {"0", 0, "0s"},
	    {"0s", 0, "0s"},
	    {"1m30s", INT64_C(90000000000), "1m30s"},
	    {"90s", INT64_C(90000000000), "1m30s"},
	    {"500ms", 500000000, "500ms"},
	    {"1.5ms", 1500000, "1.5ms"},
	    {"1h", INT64_C(3600000000000), "1h"},
	    {"1h0m0.25s", INT64_C(3600250000000), "1h0.25s"},
	    {"-73m", INT64_C(-4380000000000), "-1h13m"},
	    {"+5s", INT64_C(5000000000), "5s"},
	    {".5s", 500000000, "500ms"},
	    {"100us", 100000, "100us"},
	    {"1\302\265s", 1000, "1us"},
	    {"7ns", 7, "7ns"},
	    {"2562047h47m16.854775807s", INT64_MAX, "2562047h47m16.854775807s"},
	};
	static const char *const wrong[] = {"",  "1",  "s",  "1x",       "1s2",  "1 s",
	                                    "-", "1d", ".s", "3000000h", "1h-2m"};
	int64_t nanoseconds;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_true(duration_parse(cases[i].text, &nanoseconds));
		g_autofree char *written = duration_to_string(nanoseconds);

		assert_true(nanoseconds == cases[i].nanoseconds);
		assert_string_equal(written, cases[i].written);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		if (duration_parse(wrong[i], &nanoseconds)) {
			fail_msg("\"%s\" is read", wrong[i]);
		}
	}
}

static void test_ages_are_written_as_kubectl_does(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
	    {-2, "<invalid>"}, {-1, "0s"},       {0, "0s"},           {45, "45s"},
	    {119, "119s"},     {120, "2m"},      {125, "2m5s"},       {599, "9m59s"},
	    {600, "10m"},      {4920, "82m"},    {10799, "179m"},     {10800, "3h"},
	    {11100, "3h5m"},   {28799, "7h59m"}, {28800, "8h"},       {93600, "26h"},
	    {172799, "47h"},   {172800, "2d"},   {180000, "2d2h"},    {432000, "5d"},
	    {691200, "8d"},    {63072000, "2y"}, {66000000, "2y33d"}, {252288000, "8y"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = duration_to_human(cases[i].seconds * 1000000000);

		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_quantities_are_read_as_milli_units_rounded_up),
	    cmocka_unit_test(test_large_quantities_stop_at_the_limits),
	    cmocka_unit_test(test_other_texts_are_no_quantities),
	    cmocka_unit_test(test_durations_are_read_and_written),
	    cmocka_unit_test(test_ages_are_written_as_kubectl_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
