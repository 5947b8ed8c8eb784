/* The arithmetic of probes against timelines worked out by hand from the kubelet's rules. */

#include "check/budget.h"
#include "kube/codec.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct probe *make_probe(const char *text)
{
	g_autoptr(GPtrArray) documents = doc_read_text(text, -1, "probe", NULL);
	struct probe *probe = probe_decode(documents->pdata[0], NULL);

	assert_non_null(probe);
	return probe;
}

static void assert_span(struct check_span span, int64_t earliest, int64_t latest)
{
	assert_int_equal(span.earliest, earliest * SIM_SECOND);
	assert_int_equal(span.latest, latest * SIM_SECOND);
}

/* --- restarts; workers and container start together and the container stops at once --- */

static void test_a_startup_probe_that_fails_every_30_s_is_refused_a_start_at_150_s(void **state)
{
	struct probe *probe = make_probe("{tcpSocket: {port: 80}, failureThreshold: 3}");
	struct restart_course course = course_of_restarts(probe, 0, 300 * SIM_SECOND);

	assert_int_equal(course.first, 30 * SIM_SECOND);
	assert_int_equal(course.cycle, 30 * SIM_SECOND);
	assert_int_equal(course.first_refusal, 150 * SIM_SECOND);
	assert_int_equal(course.by_10m, 7); /* 30 60 90 120 190 300 490 */
	probe_free(probe);
}

static void test_a_startup_probe_that_fails_every_120_s_is_refused_a_start_at_840_s(void **state)
{
	struct probe *probe = make_probe("{tcpSocket: {port: 80}, failureThreshold: 12}");
	struct restart_course course = course_of_restarts(probe, 0, 300 * SIM_SECOND);

	assert_int_equal(course.first, 120 * SIM_SECOND);
	assert_int_equal(course.cycle, 120 * SIM_SECOND);
	assert_int_equal(course.first_refusal, 840 * SIM_SECOND);
	assert_int_equal(course.by_10m, 5);
	probe_free(probe);
}

static void test_the_startup_probe_of_the_incident_restarts_every_130_s(void **state)
{
	struct probe *probe =
	    make_probe("{httpGet: {path: /health, port: 8000}, initialDelaySeconds: 10, "
	               "periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 12}");
	struct restart_course course = course_of_restarts(probe, 2 * SIM_SECOND, 300 * SIM_SECOND);

	assert_int_equal(course.cycle, 130 * SIM_SECOND);
	assert_int_equal(course.by_10m, 4);
	probe_free(probe);
}

/* --- verdicts --- */

static void test_a_failure_is_declared_between_two_and_three_periods_later(void **state)
{
	struct probe *probe = make_probe("{tcpSocket: {port: 80}}");

	assert_span(time_to_failure(probe), 20, 31);
	probe_free(probe);
}

static void test_a_timeout_longer_than_the_period_takes_its_place(void **state)
{
	struct probe *probe =
	    make_probe("{tcpSocket: {port: 80}, periodSeconds: 5, timeoutSeconds: 20}");

	/* A failure at once: 0, 5, 10. A hang begun just after a check: 5, then 20 each. */
	assert_span(time_to_failure(probe), 10, 65);
	probe_free(probe);
}

static void test_a_start_is_seen_within_one_period_after_the_application_serves(void **state)
{
	struct probe *probe =
	    make_probe("{tcpSocket: {port: 80}, initialDelaySeconds: 10, timeoutSeconds: 5}");

	assert_span(time_to_started(probe, (struct check_span){0, 0}), 9, 25);
	assert_span(time_to_started(probe, (struct check_span){12 * SIM_SECOND, 12 * SIM_SECOND}),
	            12, 27);
	probe_free(probe);
}

static void test_what_is_never_served_is_never_started(void **state)
{
	struct probe *probe = make_probe("{tcpSocket: {port: 80}}");
	struct check_span span = time_to_started(probe, (struct check_span){SIM_NEVER, SIM_NEVER});

	assert_int_equal(span.earliest, SIM_NEVER);
	assert_int_equal(span.latest, SIM_NEVER);
	probe_free(probe);
}

static void test_a_sleeping_hook_is_read(void **state)
{
	g_auto(GStrv) command = g_strsplit("/bin/sh|-c|echo bye; sleep 15 && kill 1", "|", -1);
	g_auto(GStrv) other = g_strsplit("nginx|-s|quit", "|", -1);
	struct handler sleeping = {.kind = HANDLER_EXEC, .command = command};
	struct handler unknown = {.kind = HANDLER_EXEC, .command = other};
	struct handler action = {.kind = HANDLER_SLEEP, .sleep_seconds = 5};

	assert_int_equal(hook_seconds(&sleeping), 15);
	assert_int_equal(hook_seconds(&unknown), -1);
	assert_int_equal(hook_seconds(&action), 5);
	assert_int_equal(hook_seconds(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_a_startup_probe_that_fails_every_30_s_is_refused_a_start_at_150_s),
	    cmocka_unit_test(
		test_a_startup_probe_that_fails_every_120_s_is_refused_a_start_at_840_s),
	    cmocka_unit_test(test_the_startup_probe_of_the_incident_restarts_every_130_s),
	    cmocka_unit_test(test_a_failure_is_declared_between_two_and_three_periods_later),
	    cmocka_unit_test(test_a_timeout_longer_than_the_period_takes_its_place),
	    cmocka_unit_test(test_a_start_is_seen_within_one_period_after_the_application_serves),
	    cmocka_unit_test(test_what_is_never_served_is_never_started),
	    cmocka_unit_test(test_a_sleeping_hook_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
