/* thin.c - long lists lose their middle, not what is counted. */

#include "record/run_thin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { N = 12345 };

static GArray *cuts_at(sim_time at)
{
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(sim_time));

	g_array_append_val(cuts, at);
	return cuts;
}

/* @i of a container that ends every 10 s for one of two reasons, restarted 1 s later. */
static void add_restart(struct run_pod *pod, int i, const GArray *cuts)
{
	const sim_time end = i * 10 * SIM_SECOND;
	const struct run_restart restart = {
	    .at = end + SIM_SECOND,
	    .finished_at = end,
	    .killed_at = SIM_NEVER,
	    .exit_code = i % 3 == 0,
	    .reason = g_intern_string("Error"),
	    .container = g_strdup("web"),
	};

	g_array_append_val(pod->restarts, restart);
	thin_restarts(pod->restarts, cuts);
}

static void add_probe(struct run_pod *pod, int i, const GArray *cuts)
{
	const struct run_probes probes = {
	    .container = g_strdup("web"),
	    .type = PROBE_LIVENESS,
	    .first = i * 10 * SIM_SECOND,
	    .last = i * 10 * SIM_SECOND + SIM_SECOND,
	    .count = 2,
	    .result = i % 2,
	    .message = g_strdup_printf("%d", i < N / 2 ? 0 : i), /* later no two are alike */
	    .longest = i == N / 3 ? SIM_SECOND : 1,
	};

	g_array_append_val(pod->probes, probes);
	thin_probes(pod->probes, cuts);
}

static struct run_pod *looping_pod(struct run *run, const GArray *cuts)
{
	struct run_pod *pod = run_add_pod(run);

	for (int i = 0; i < N; i++) {
		add_restart(pod, i, cuts);
		add_probe(pod, i, cuts);
		spans_open(pod->ready, i * 10 * SIM_SECOND + 2 * SIM_SECOND);
		thin_spans(pod->ready, cuts);
		spans_close(pod->ready, i * 10 * SIM_SECOND + 5 * SIM_SECOND);
		assert_true(pod->restarts->len <= THIN_MAX && pod->probes->len <= THIN_MAX &&
		            pod->ready->len <= THIN_MAX);
	}
	return pod;
}

static void test_restarts_stay_counted_by_their_cause(void **state)
{
	const struct scenario scenario = {0};
	struct run *run = run_new(&scenario);
	g_autoptr(GArray) cuts = cuts_at(-1);
	const GArray *restarts = looping_pod(run, cuts)->restarts;
	unsigned by_code[2] = {0};

	for (unsigned i = 0; i < restarts->len; i++) {
		const struct run_restart *one = &g_array_index(restarts, struct run_restart, i);

		by_code[one->exit_code] += 1 + one->more;
		if (i < THIN_EDGE || i >= restarts->len - THIN_EDGE) {
			assert_int_equal(one->more, 0);
			assert_int_equal(one->finished_at,
			                 (i < THIN_EDGE ? i : N - restarts->len + i) * 10 *
			                     SIM_SECOND);
		} else if (one->more) {
			assert_true(one->last > one->at);
		}
	}
	assert_int_equal(by_code[1], (N + 2) / 3);
	assert_int_equal(by_code[0], N - (N + 2) / 3);
	assert_int_equal(thinned_restarts(restarts), N - restarts->len);
	run_free(run);
}

static void test_probes_stay_counted_by_their_result_whatever_they_say(void **state)
{
	const struct scenario scenario = {0};
	struct run *run = run_new(&scenario);
	g_autoptr(GArray) cuts = cuts_at(-1);
	const GArray *probes = looping_pod(run, cuts)->probes;
	unsigned by_result[2] = {0};
	sim_time longest = 0;

	for (unsigned i = 0; i < probes->len; i++) {
		const struct run_probes *one = &g_array_index(probes, struct run_probes, i);

		by_result[one->result] += one->count;
		longest = MAX(longest, one->longest);
	}
	assert_int_equal(by_result[1], N / 2 * 2);
	assert_int_equal(by_result[0], (N - N / 2) * 2);
	assert_int_equal(longest, SIM_SECOND);
	assert_int_equal(thinned_probes(probes), N - probes->len);
	run_free(run);
}

static void test_spans_keep_their_length_within_what_is_measured(void **state)
{
	const struct scenario scenario = {0};
	struct run *run = run_new(&scenario);
	const sim_time cut = 60003 * SIM_SECOND; /* within the 6,000th */
	g_autoptr(GArray) cuts = cuts_at(cut);
	const GArray *ready = looping_pod(run, cuts)->ready;

	assert_true(thinned_spans(ready) > N / 2);
	assert_int_equal(spans_length(ready, 0, N * 10 * SIM_SECOND), (sim_time)N * 3 * SIM_SECOND);
	assert_int_equal(spans_length(ready, 0, cut), (6000 * 3 + 1) * SIM_SECOND);
	run_free(run);
}

/* 4, 1, 0 and 3, ten seconds each, and once 9. */
static void test_steps_keep_the_least_the_most_and_the_time_at_zero(void **state)
{
	static const double values[] = {4, 1, 0, 3};
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct step));
	const sim_time cut = 60000 * SIM_SECOND;
	g_autoptr(GArray) cuts = cuts_at(cut);
	double top = 0, bottom = 9;
	sim_time zero = 0;

	for (int i = 0; i < N; i++) {
		steps_set(steps, i * 10 * SIM_SECOND, i == 5001 ? 9 : values[i % 4]);
		thin_steps(steps, cuts);
		assert_true(steps->len <= THIN_MAX);
	}
	for (unsigned i = 0; i < steps->len; i++) {
		const struct step *one = &g_array_index(steps, struct step, i);
		double least, most;

		step_range(one, &least, &most);
		assert_true(least <= one->value && one->value <= most);
		top = MAX(top, most);
		bottom = MIN(bottom, least);
		zero += step_zero(one, i + 1 < steps->len ? one[1].at : one->at);
		assert_false(one->more && one->at < cut && one[1].at > cut);
	}
	assert_true(top == 9 && bottom == 0);
	assert_int_equal(zero, (sim_time)(N / 4) * 10 * SIM_SECOND);
	assert_int_equal(thinned_steps(steps), N - steps->len);
	assert_true(steps_at(steps, cut, -1) == values[6000 % 4]);
	g_array_unref(steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_restarts_stay_counted_by_their_cause),
	    cmocka_unit_test(test_probes_stay_counted_by_their_result_whatever_they_say),
	    cmocka_unit_test(test_spans_keep_their_length_within_what_is_measured),
	    cmocka_unit_test(test_steps_keep_the_least_the_most_and_the_time_at_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
