/* test_incident.c - the incident and its fix, held against what was seen and what Kubernetes' rules
 * demand.
 *
 * Each figure has an inner band, for the scenario's own seed, and an outer one, for other seeds. */

#include "incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct band {
	double low, high;
};

struct bands { /* of one case */
	struct band cpu, p95, rps;
};

static void check_load(const struct incident *incident, const struct bands *bands)
{
	const struct run_load *load = incident_load(incident, "locust");

	assert_within("p95 in s", histogram_quantile(load->latency, 0.95) / 1e9, bands->p95.low,
	              bands->p95.high);
	assert_within("requests a second", load->rps, bands->rps.low, bands->rps.high);
	assert_int_equal(load->failures, 0);
}

/* --- before --- */

static void check_stuck(const struct incident *incident, struct band cpu)
{
	g_autoptr(GPtrArray) stuck = incident_pods(incident, 2);

	assert_int_equal(stuck->len, 2);
	for (unsigned i = 0; i < stuck->len; i++) {
		const struct run_pod *pod = stuck->pdata[i];

		assert_int_equal(pod->requests, 0);
		for (int result = 0; result < 3; result++) {
			assert_int_equal(pod->probe_counts[PROBE_READINESS][result], 0);
			assert_int_equal(pod->probe_counts[PROBE_LIVENESS][result], 0);
		}
		assert_int_equal(pod->probe_counts[PROBE_STARTUP][PROBE_SUCCESS], 0);
		assert_int_equal(pod->ready->len, 0);
		assert_within("CPU of a stuck pod", pod->cpu_mean, cpu.low, cpu.high);
	}
}

static void check_before(uint64_t seed, const struct bands *bands, struct band hottest,
                         struct band stuck)
{
	struct incident incident = incident_run("idle-replica.yaml", seed);
	g_autoptr(GPtrArray) serving = incident_pods(&incident, 1);
	double highest = 0;

	check_load(&incident, bands);
	assert_int_equal(serving->len, 2);
	for (unsigned i = 0; i < serving->len; i++) {
		const struct run_pod *pod = serving->pdata[i];

		assert_within("CPU of a serving pod", pod->cpu_mean, bands->cpu.low,
		              bands->cpu.high);
		highest = MAX(highest, pod->cpu_max);
	}
	assert_within("highest 15 s of CPU", highest, hottest.low, hottest.high);
	check_stuck(&incident, stuck);
	incident_clear(&incident);
}

static void test_before_the_fix_two_pods_burn_and_two_idle(void **state)
{
	const struct bands inner = {{0.83, 0.90}, {0.450, 0.560}, {75, 78}};
	const struct bands outer = {{0.80, 0.98}, {0.420, 0.650}, {72, 82}};

	check_before(0, &inner, (struct band){0.88, 0.96}, (struct band){0.11, 0.16});
	for (unsigned seed = 1; seed <= incident_other_seeds(); seed++) {
		check_before(1000 + seed, &outer, (struct band){0.85, 1.0},
		             (struct band){0.08, 0.20});
	}
}

static void test_the_incident_unfolds_as_the_rules_demand(void **state)
{
	struct incident incident = incident_run("idle-replica.yaml", 0);
	g_autoptr(GPtrArray) old = incident_pods(&incident, 1);
	g_autoptr(GPtrArray) stuck = incident_pods(&incident, 2);
	const struct run_pod *first = stuck->pdata[0], *second = stuck->pdata[1];

	/* The listing at 9 minutes. */
	assert_int_equal(incident_endpoints(&incident, 540), 1);
	assert_int_equal(incident_restarts(first, 540), 4);
	assert_int_equal(incident_restarts(second, 540), 2);
	assert_within("creation of the second stuck pod", sim_time_to_seconds(second->created_at),
	              179.9, 181.5);
	for (int i = 0; i < 5; i++) {
		const struct run_restart *restart =
		    &g_array_index(first->restarts, struct run_restart, i);

		assert_within("restart", sim_time_to_seconds(restart->at), 130 * (i + 1) + 1,
		              130 * (i + 1) + 4);
		assert_int_equal(restart->cause, KILL_STARTUP);
	}
	assert_int_equal(first->backoff->len, 0);
	/* minReplicas 4 at 550 s: one more pod of each template, of which memory admits one. */
	assert_int_equal(incident_alive(&incident, 1, 600), 2);
	assert_int_equal(incident_alive(&incident, 2, 600), 3);
	assert_within("new old pod Ready",
	              sim_time_to_seconds(((struct run_pod *)old->pdata[1])->ready_at), 575, 590);
	for (double at = 590; at <= 780; at += 1) {
		assert_int_equal(incident_endpoints(&incident, at), 2);
	}
	const struct run_hpa *hpa = incident.run->hpas->pdata[0];

	assert_int_equal(hpa->desired, 4);
	incident_clear(&incident);
}

/* --- after --- */

static void check_after(const char *name, uint64_t seed, const struct bands *bands, double spread,
                        double ready)
{
	struct incident incident = incident_run(name, seed);
	g_autoptr(GPtrArray) pods = incident_pods(&incident, 1);

	check_load(&incident, bands);
	assert_int_equal(pods->len, 4);
	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];
		const struct span *running = &g_array_index(pod->running, struct span, 0);

		assert_within("CPU per pod", pod->cpu_mean, bands->cpu.low, bands->cpu.high);
		assert_within("from container start to Ready",
		              sim_time_to_seconds(pod->ready_at - running->from), 30, ready);
	}
	assert_within("spread of CPU over 60 s", incident_spread(&incident, 1, 100), 0, spread);
	assert_int_equal(incident_endpoints(&incident, 60), 4);
	incident_clear(&incident);
}

static void test_after_the_fix_four_pods_share_the_load(void **state)
{
	const struct bands inner = {{0.23, 0.27}, {0.305, 0.335}, {82, 87}};
	const struct bands outer = {{0.20, 0.30}, {0.290, 0.380}, {78, 90}};

	check_after("idle-replica-fixed.yaml", 0, &inner, 0.07, 41);
	for (unsigned seed = 1; seed <= incident_other_seeds(); seed++) {
		check_after("idle-replica-fixed.yaml", 1000 + seed, &outer, 0.10, 45);
	}
}

static void test_with_one_constant_cost_the_fix_shows_half_a_core_per_pod(void **state)
{
	const struct bands inner = {{0.48, 0.54}, {0.345, 0.365}, {80, 84}};
	const struct bands outer = {{0.45, 0.58}, {0.290, 0.380}, {78, 90}};

	check_after("idle-replica-fixed-constant-cost.yaml", 0, &inner, 0.09, 41);
	for (unsigned seed = 1; seed <= incident_other_seeds(); seed++) {
		check_after("idle-replica-fixed-constant-cost.yaml", 1000 + seed, &outer, 0.13, 45);
	}
}

static double p95_of(const char *name, uint64_t seed)
{
	struct incident incident = incident_run(name, seed);
	double p95 = histogram_quantile(incident_load(&incident, "locust")->latency, 0.95);

	incident_clear(&incident);
	return p95;
}

static void test_the_fix_takes_a_third_off_the_p95(void **state)
{
	assert_within("p95 after / before",
	              p95_of("idle-replica-fixed.yaml", 0) / p95_of("idle-replica.yaml", 0), 0.58,
	              0.72);
	for (unsigned seed = 1; seed <= incident_other_seeds() / 2; seed++) {
		assert_within("p95 after / before",
		              p95_of("idle-replica-fixed.yaml", 1000 + seed) /
		                  p95_of("idle-replica.yaml", 1000 + seed),
		              0.50, 0.80);
	}
}

/* --- the whole story --- */

static void check_revisions(const struct incident *incident, double at, int old, int bad, int fix1,
                            int fix2)
{
	const int expected[] = {old, bad, fix1, fix2};

	for (int i = 0; i < 4; i++) {
		int got = incident_alive(incident, i + 1, at);

		if (got != expected[i]) {
			fail_msg("at %g s revision %d has %d pods, expected %d", at, i + 1, got,
			         expected[i]);
		}
	}
}

/* When the endpoints first became @n after @from. */
static double endpoints_become(const struct incident *incident, int n, double from)
{
	for (double at = from; at < 1440; at += 0.25) {
		if (incident_endpoints(incident, at) == n) {
			return at;
		}
	}
	return 1e9;
}

static void test_two_patches_lead_to_four_endpoints(void **state)
{
	struct incident incident = incident_run("idle-replica-story.yaml", 0);
	const struct run_load *after = incident_load(&incident, "after");
	g_autoptr(GPtrArray) fixed = incident_pods(&incident, 4);

	check_revisions(&incident, 800, 2, 3, 0, 0);
	check_revisions(&incident, 845, 2, 1, 2, 0);
	assert_within("first pod of the first patch", endpoints_become(&incident, 3, 840), 870,
	              892);
	/* Blocked by memory: one old pod, two Ready, two Pending. */
	check_revisions(&incident, 1100, 1, 0, 4, 0);
	for (double at = 940; at < 1140; at += 1) {
		assert_int_equal(incident_endpoints(&incident, at), 3);
	}
	check_revisions(&incident, 1145, 1, 0, 2, 2);
	assert_within("four endpoints", endpoints_become(&incident, 4, 1140), 1205, 1276);
	check_revisions(&incident, 1290, 0, 0, 0, 4);
	assert_int_equal(incident_endpoints(&incident, 1290), 4);
	for (double at = 590; at <= 1440; at += 1) {
		assert_true(incident_endpoints(&incident, at) >= 2);
	}
	assert_int_equal(after->failures, 0);
	assert_within("p95 in s", histogram_quantile(after->latency, 0.95) / 1e9, 0.305, 0.335);
	assert_int_equal(fixed->len, 4);
	for (unsigned i = 0; i < fixed->len; i++) {
		assert_within("CPU per pod", ((struct run_pod *)fixed->pdata[i])->cpu_mean, 0.23,
		              0.27);
	}
	incident_clear(&incident);
}

/* --- the other cause of the same picture --- */

static void test_kept_connections_leave_new_pods_idle(void **state)
{
	struct incident incident = incident_run("keepalive-idle-replica.yaml", 0);
	g_autoptr(GPtrArray) pods = incident_pods(&incident, 1);

	assert_int_equal(pods->len, 4);
	assert_int_equal(incident_endpoints(&incident, 290), 4);
	for (unsigned i = 0; i < pods->len; i++) {
		const struct run_pod *pod = pods->pdata[i];

		if (i < 2) {
			assert_true(pod->requests > 1000);
			assert_within("CPU of an old pod", pod->cpu_mean, 0.25, 0.55);
		} else {
			assert_within("a new pod Ready", sim_time_to_seconds(pod->ready_at), 105,
			              155);
			assert_int_equal(pod->requests, 0);
			assert_within("CPU of a new pod", pod->cpu_mean, 0.10, 0.12);
		}
	}
	incident_clear(&incident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_before_the_fix_two_pods_burn_and_two_idle),
	    cmocka_unit_test(test_the_incident_unfolds_as_the_rules_demand),
	    cmocka_unit_test(test_after_the_fix_four_pods_share_the_load),
	    cmocka_unit_test(test_with_one_constant_cost_the_fix_shows_half_a_core_per_pod),
	    cmocka_unit_test(test_the_fix_takes_a_third_off_the_p95),
	    cmocka_unit_test(test_two_patches_lead_to_four_endpoints),
	    cmocka_unit_test(test_kept_connections_leave_new_pods_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
