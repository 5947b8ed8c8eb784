#include "report/verdict.h"

#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Judges @line in @run; *@seen (to be freed) gets what was seen. */
static enum verdict_outcome judge(const struct run *run, const char *line, char **seen)
{
	struct scenario *scenario = (struct scenario *)run->scenario;
	g_autoptr(doc) text = doc_new_string(line);
	g_autoptr(GPtrArray) findings = diagnose(run);
	g_autoptr(GError) error = NULL;
	struct expectation expectation = {0};

	if (!expectation_parse(&expectation, text, &error)) {
		fail_msg("%s: %s", line, error->message);
	}
	scenario->expectations = &expectation;
	scenario->n_expectations = 1;
	g_autoptr(GPtrArray) verdicts = verdict_judge(run, findings, NULL, NULL);
	const struct verdict *verdict = verdicts->pdata[0];
	const enum verdict_outcome outcome = verdict->outcome;

	*seen = g_strdup(verdict->seen);
	assert_int_equal(verdict_all_held(verdicts), outcome == VERDICT_HELD);
	scenario->expectations = NULL;
	scenario->n_expectations = 0;
	expectation_clear(&expectation);
	return outcome;
}

struct expected {
	enum verdict_outcome outcome;
	const char *line, *seen; /* a part of what is seen */
};

static void check(const struct run *run, const struct expected *lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		g_autofree char *seen = NULL;
		const enum verdict_outcome outcome = judge(run, lines[i].line, &seen);

		if (outcome != lines[i].outcome || !strstr(seen, lines[i].seen)) {
			fail_msg("%s: %s, saw \"%s\"; expected %s, \"%s\"", lines[i].line,
			         verdict_outcome_name(outcome), seen,
			         verdict_outcome_name(lines[i].outcome), lines[i].seen);
		}
	}
}

static void test_the_incident_is_as_it_was(void **state)
{
	static const struct expected lines[] = {
	    {VERDICT_HELD, "endpoints(service/inference) == 1 at 540s", "1"},
	    {VERDICT_HELD, "endpoints(service/inference) == 2 at 595s", "2"},
	    {VERDICT_HELD, "endpoints(service/inference) >= 2 always from 595s", "2"},
	    {VERDICT_HELD, "endpoints(service/inference) == 0 never from 0s", "2"},
	    {VERDICT_HELD, "endpoints(service/inference) == 2 by 590s", "2 at 580s"},
	    {VERDICT_HELD, "endpoints(service/inference) == 1 for 9m from 0s", "1"},
	    {VERDICT_HELD, "restarts(deployment/inference, revision=2) == 6 at 540s", "6"},
	    {VERDICT_HELD, "restarts(deployment/inference, revision=1) == 0", "0"},
	    {VERDICT_HELD, "requests(deployment/inference, revision=2) == 0", "0"},
	    {VERDICT_HELD, "cpu.mean(deployment/inference, revision=1) in 83%..90%",
	     "860m to 870m"},
	    {VERDICT_HELD, "cpu.mean(deployment/inference, revision=2) in 11%..16%", "120m"},
	    {VERDICT_HELD, "rps(locust) in 75..78", "76.5"},
	    {VERDICT_HELD, "latency.p95(locust) in 350ms..370ms", "ms"},
	    {VERDICT_HELD, "failures(locust) == 0", "0"},
	    {VERDICT_HELD, "probes(deployment/inference, type=readiness, revision=2) == 0", "0"},
	    {VERDICT_HELD, "probes(deployment/inference, type=startup, result=failure) == 126",
	     "126"},
	    {VERDICT_HELD, "hpa.desired(hpa/inference) == 4 at end", "4"},
	    {VERDICT_HELD, "replicaSeconds.serving(deployment/inference) == 5343s", "5343"},
	    {VERDICT_HELD, "ready(deployment/inference) < 4 always", "2"},
	    {VERDICT_HELD, "finding(probe-path-not-served)", "did you mean /healthz?"},
	    {VERDICT_HELD, "finding(probe-path-not-served, deployment/inference)", "inference"},
	    {VERDICT_HELD, "requests(deployment/inference) >= 50% of requests(locust)", "9180"},
	};
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);

	check(run, lines, G_N_ELEMENTS(lines));
	stage_free(stage);
}

static void test_what_is_not_so_does_not_hold(void **state)
{
	static const struct expected lines[] = {
	    {VERDICT_NOT_HELD, "endpoints(service/inference) == 4", "2"},
	    {VERDICT_NOT_HELD, "endpoints(service/inference) >= 2 always from 0s", "1 at 0s"},
	    {VERDICT_NOT_HELD, "endpoints(service/inference) == 1 never from 0s", "1 at 0s"},
	    {VERDICT_NOT_HELD, "endpoints(service/inference) == 2 by 579s", "1"},
	    {VERDICT_NOT_HELD, "endpoints(service/inference) == 2 for 10m from 0s", "2"},
	    {VERDICT_NOT_HELD, "cpu.mean(deployment/inference) in 83%..90%", "120m to 870m"},
	    {VERDICT_NOT_HELD, "timeToReady(deployment/inference) < 60s", "undefined"},
	    {VERDICT_NOT_HELD, "no findings", "probe-path-not-served (deployment/inference)"},
	    {VERDICT_NOT_HELD, "finding(crash-loop)", "no such finding"},
	};
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);

	check(run, lines, G_N_ELEMENTS(lines));
	stage_free(stage);
}

static void test_what_the_run_does_not_have_is_never_a_pass(void **state)
{
	static const struct expected lines[] = {
	    {VERDICT_ERROR, "endpoints(service/webb) == 0", "there is no service/webb"},
	    {VERDICT_ERROR, "requests(deployment/inference, revision=9) == 0", "matches no pod"},
	    {VERDICT_ERROR, "requests(pod/nobody) == 0", "matches no pod"},
	    {VERDICT_ERROR, "failures(wrk) == 0", "there is no load 'wrk'"},
	    {VERDICT_ERROR, "events(deployment/web, reason=ScalingReplicaSet) == 0", "there is no"},
	    {VERDICT_ERROR, "condition(hpa/web, type=ScalingLimited) == True",
	     "there is no hpa/web"},
	    {VERDICT_ERROR, "endpoints(service/inference) == 2 at 900s", "not within the run"},
	    {VERDICT_ERROR, "endpoints(service/inference) == 2 always from 900s",
	     "not within the run"},
	    {VERDICT_ERROR, "latency.p95(locust) < 70% of latency.p95(locust) of other.yaml",
	     "other.yaml is not run here"},
	};
	struct stage *stage = stage_incident();
	const struct run *run = stage_finish(stage);

	check(run, lines, G_N_ELEMENTS(lines));
	stage_free(stage);
}

static void test_four_replicas_that_serve_have_no_findings(void **state)
{
	static const struct expected lines[] = {
	    {VERDICT_HELD, "no findings", "none"},
	    {VERDICT_HELD, "endpoints(service/inference) == 4 at 36s", "4"},
	    {VERDICT_HELD, "cpu.spread(deployment/inference) < 9%", "4.9 %"},
	    {VERDICT_HELD, "cpu.cv(deployment/inference) < 2%", "1.8 %"},
	    {VERDICT_HELD, "timeToReady(deployment/inference) in 30s..45s", "36.00 s"},
	    {VERDICT_NOT_HELD, "finding(probe-path-not-served)", "no such finding"},
	};
	struct stage *stage = stage_fixed();
	const struct run *run = stage_finish(stage);

	check(run, lines, G_N_ELEMENTS(lines));
	stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_incident_is_as_it_was),
	    cmocka_unit_test(test_what_is_not_so_does_not_hold),
	    cmocka_unit_test(test_what_the_run_does_not_have_is_never_a_pass),
	    cmocka_unit_test(test_four_replicas_that_serve_have_no_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
