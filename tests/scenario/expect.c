/* What lines of `expect` mean. */

#include "scenario/expect.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct expectation parsed(const char *line)
{
	g_autoptr(doc) text = doc_new_string(line);
	g_autoptr(GError) error = NULL;
	struct expectation e;

	if (!expectation_parse(&e, text, &error)) {
		fail_msg("%s: %s", line, error->message);
	}
	assert_string_equal(e.line, line);
	return e;
}

static void test_a_count_at_an_instant(void **state)
{
	struct expectation e = parsed("endpoints(service/inference) == 2 at 595s");

	assert_string_equal(e.left.name, "endpoints");
	assert_string_equal(e.left.object, "service/inference");
	assert_int_equal(e.comparison, EXPECT_EQ);
	assert_float_equal(e.low, 2, 0);
	assert_float_equal(e.high, 2, 0);
	assert_int_equal(e.unit, EXPECT_NUMBER);
	assert_int_equal(e.when, EXPECT_AT);
	assert_int_equal(e.from, 595 * SIM_SECOND);
	assert_false(e.has_right);
	expectation_clear(&e);
}

static void test_a_range_of_time(void **state)
{
	struct expectation e = parsed("latency.p95(locust) in 420ms..0.65s");

	assert_int_equal(e.comparison, EXPECT_IN);
	assert_int_equal(e.unit, EXPECT_SECONDS);
	assert_float_equal(e.low, 0.42, 1e-12);
	assert_float_equal(e.high, 0.65, 1e-12);
	assert_int_equal(e.when, EXPECT_WHOLE_RUN);
	expectation_clear(&e);
}

static void test_any_quantile_may_be_asked_for(void **state)
{
	struct expectation e = parsed("latency.p99.9(locust)<2s");

	assert_string_equal(e.left.name, "latency.p99.9");
	assert_int_equal(e.comparison, EXPECT_LT);
	expectation_clear(&e);
}

static void test_arguments_come_by_key(void **state)
{
	struct expectation e =
	    parsed("probes(deployment/web, type=startup , result = failure) > 0");

	assert_string_equal(e.left.object, "deployment/web");
	assert_string_equal(e.left.keys[0], "type");
	assert_string_equal(e.left.values[0], "startup");
	assert_string_equal(e.left.keys[1], "result");
	assert_string_equal(e.left.values[1], "failure");
	assert_null(e.left.keys[2]);
	expectation_clear(&e);
}

static void test_units_of_use(void **state)
{
	struct expectation milli = parsed("cpu.mean(deployment/web) <= 250m");
	struct expectation percent = parsed("cpu.max(pod/web) <= 25%");
	struct expectation bytes = parsed("memory.mean(deployment/web) < 700Mi");
	struct expectation spread = parsed("cpu.spread(deployment/web) < 7%");

	assert_float_equal(milli.low, 0.25, 1e-12);
	assert_float_equal(percent.low, 0.25, 1e-12);
	assert_float_equal(bytes.low, 700.0 * 1024 * 1024, 0);
	assert_float_equal(spread.low, 0.07, 1e-12);
	assert_int_equal(milli.unit, EXPECT_CORES);
	assert_int_equal(bytes.unit, EXPECT_BYTES);
	assert_int_equal(spread.unit, EXPECT_PERCENT);
	expectation_clear(&milli);
	expectation_clear(&percent);
	expectation_clear(&bytes);
	expectation_clear(&spread);
}

static void test_spans_of_time(void **state)
{
	struct expectation always = parsed("ready(deployment/web) >= 2 always from 595s");
	struct expectation never = parsed("ready(deployment/web) == 0 never from -1m to 1m30s");
	struct expectation lasting = parsed("ready(deployment/web) == 4 for 30s from 1m");
	struct expectation by = parsed("ready(deployment/web) == 4 by 2m");
	struct expectation end = parsed("ready(deployment/web) == 4 at end");
	struct expectation bare = parsed("restarts(deployment/web) == 0");

	assert_int_equal(always.when, EXPECT_ALWAYS);
	assert_int_equal(always.from, 595 * SIM_SECOND);
	assert_int_equal(always.to, SIM_NEVER);
	assert_int_equal(never.when, EXPECT_NEVER);
	assert_int_equal(never.from, -SIM_MINUTE);
	assert_int_equal(never.to, 90 * SIM_SECOND);
	assert_int_equal(lasting.when, EXPECT_FOR);
	assert_int_equal(lasting.span, 30 * SIM_SECOND);
	assert_int_equal(lasting.from, SIM_MINUTE);
	assert_int_equal(by.when, EXPECT_BY);
	assert_int_equal(by.to, 2 * SIM_MINUTE);
	assert_int_equal(end.when, EXPECT_AT_END);
	assert_int_equal(bare.when, EXPECT_AT_END);
	expectation_clear(&always);
	expectation_clear(&never);
	expectation_clear(&lasting);
	expectation_clear(&by);
	expectation_clear(&end);
	expectation_clear(&bare);
}

static void test_a_comparison_with_another_scenario(void **state)
{
	struct expectation e =
	    parsed("latency.p95(locust) <= 70% of latency.p95(locust) of idle-replica.yaml");

	assert_true(e.has_right);
	assert_float_equal(e.factor, 0.7, 1e-12);
	assert_string_equal(e.right.name, "latency.p95");
	assert_string_equal(e.right.object, "locust");
	assert_string_equal(e.right.scenario, "idle-replica.yaml");
	assert_null(e.left.scenario);
	expectation_clear(&e);
}

static void test_a_comparison_within_the_run(void **state)
{
	struct expectation plain = parsed("ready(deployment/a) > ready(deployment/b) at 10s");
	struct expectation times = parsed("ready(deployment/a) == 2 * ready(deployment/b)");

	assert_true(plain.has_right);
	assert_float_equal(plain.factor, 1, 0);
	assert_string_equal(plain.right.object, "deployment/b");
	assert_int_equal(plain.when, EXPECT_AT);
	assert_float_equal(times.factor, 2, 0);
	expectation_clear(&plain);
	expectation_clear(&times);
}

static void test_conditions_are_words(void **state)
{
	struct expectation e = parsed(
	    "condition(hpa/web, type=ScalingLimited, reason=TooManyReplicas) == True by 90s");

	assert_int_equal(e.unit, EXPECT_TEXT);
	assert_string_equal(e.text, "True");
	assert_int_equal(e.when, EXPECT_BY);
	expectation_clear(&e);
}

static void test_findings(void **state)
{
	struct expectation rule = parsed("finding(probe-path-not-served)");
	struct expectation object = parsed("finding(probe-path-not-served, deployment/inference)");
	struct expectation none = parsed("no findings");

	assert_true(rule.is_finding);
	assert_string_equal(rule.left.name, "probe-path-not-served");
	assert_null(rule.left.object);
	assert_string_equal(object.left.object, "deployment/inference");
	assert_true(none.no_findings);
	assert_false(none.is_finding);
	expectation_clear(&rule);
	expectation_clear(&object);
	expectation_clear(&none);
}

static void test_a_quantity_alone(void **state)
{
	g_autoptr(doc) good = doc_new_string("replicaSeconds.paid(deployment/web)");
	g_autoptr(doc) bad = doc_new_string("rps(load) > 3");
	g_autoptr(GError) error = NULL;
	struct expect_term term;
	enum expect_unit unit;

	assert_true(expect_term_parse(&term, &unit, good, &error));
	assert_string_equal(term.object, "deployment/web");
	assert_int_equal(unit, EXPECT_SECONDS);
	expect_term_clear(&term);
	assert_false(expect_term_parse(&term, NULL, bad, &error));
	assert_non_null(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_count_at_an_instant),
	    cmocka_unit_test(test_a_range_of_time),
	    cmocka_unit_test(test_any_quantile_may_be_asked_for),
	    cmocka_unit_test(test_arguments_come_by_key),
	    cmocka_unit_test(test_units_of_use),
	    cmocka_unit_test(test_spans_of_time),
	    cmocka_unit_test(test_a_comparison_with_another_scenario),
	    cmocka_unit_test(test_a_comparison_within_the_run),
	    cmocka_unit_test(test_conditions_are_words),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_a_quantity_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
