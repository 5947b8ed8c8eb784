/* Open loads: arrivals follow the rate; connections are shared. */

#include "fixture.h"

static void open_load(struct fixture *f, bool poisson, double rate)
{
	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = NULL;
	f->load.users = 0;
	f->load.poisson = poisson;
	f->load.connections.keep_alive = false;
	f->rate = (struct rate_point){0, rate};
}

static const struct load_results *go(struct fixture *f, unsigned pods)
{
	fixture_build(f);
	fixture_start_pods(f, pods, 1000, 0);
	fixture_run(f, 0);
	fixture_endpoints(f, (1U << pods) - 1);
	return clients_results(fixture_clients(f, 0));
}

static void test_even_arrivals_come_at_their_instants(void **state)
{
	struct fixture *f = fixture_new(1);

	open_load(f, false, 10);
	f->load.from = SIM_SECOND;
	f->load.duration = 2 * SIM_SECOND;
	const struct load_results *r = go(f, 1);

	for (int i = 0; i < 20; i++) {
		fixture_run(f, SIM_SECOND + i * 100 * SIM_MILLISECOND - 1);
		assert_int_equal(r->sent, i);
		fixture_run(f, SIM_SECOND + i * 100 * SIM_MILLISECOND);
		assert_int_equal(r->sent, i + 1);
	}
	fixture_run(f, SIM_MINUTE);
	assert_int_equal(r->sent, 20);
	fixture_free(f);
}

static void test_steps_and_ramps_give_the_area_under_the_rate(void **state)
{
	static struct rate_point points[] = {{10 * SIM_SECOND, 5},
	                                     {20 * SIM_SECOND, 0},
	                                     {30 * SIM_SECOND, 40},
	                                     {50 * SIM_SECOND, 0}};
	static const int seconds[] = {10, 15, 20, 25, 30, 40, 50, 60};
	static const int by_steps[] = {0, 25, 50, 50, 50, 450, 850, 850};
	/* 5 falling to 0 over 10 s: 25; 0 to 40 over 10 s: 200; 40 to 0 over 20 s: 400. */
	static const double by_ramp[] = {0, 18.75, 25, 75, 225, 525, 625, 625};

	for (int ramp = 0; ramp < 2; ramp++) {
		struct fixture *f = fixture_new(1);

		open_load(f, false, 0);
		f->load.rate = points;
		f->load.n_rate = G_N_ELEMENTS(points);
		f->load.ramp = ramp;
		const struct load_results *r = go(f, 1);

		for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++) {
			fixture_run(f, seconds[i] * SIM_SECOND - 1);
			assert_near(r->sent, ramp ? by_ramp[i] : by_steps[i], ramp ? 1 : 0);
		}
		fixture_free(f);
	}
}

static void test_poisson_arrivals_have_poisson_counts(void **state)
{
	struct fixture *f = fixture_new(1);

	open_load(f, true, 50);
	const struct load_results *r = go(f, 1);
	double sum = 0;
	double squares = 0;
	const int n = (int)fixture_size(20000, 4000);
	uint64_t before = 0;

	for (int i = 1; i <= n; i++) {
		fixture_run(f, i * 100 * SIM_MILLISECOND);
		const double count = (double)(r->sent - before);

		before = r->sent;
		sum += count;
		squares += count * count;
	}
	const double mean = sum / n;

	assert_within(mean, 5, 4 * sqrt(1.0 / 5 / n));
	assert_within(squares / n - mean * mean, 5, 4 * sqrt(2.2 / n));
	fixture_free(f);
}

static sim_time first_bin_mean(double rate, double *latency)
{
	struct fixture *f = fixture_new(9);

	open_load(f, true, rate);
	f->routes[0].cpu = distribution_exponential(1e6);
	const struct load_results *r = go(f, 8);

	while (r->done < 1000) {
		fixture_run(f, simulation_now(f->sim) + SIM_MILLISECOND);
	}
	const sim_time at = simulation_now(f->sim);

	*latency = histogram_mean(r->latency);
	fixture_free(f);
	return at;
}

static void test_a_changed_rate_stretches_time_but_keeps_the_draws(void **state)
{
	double slow_latency;
	double fast_latency;
	const sim_time slow = first_bin_mean(1, &slow_latency);
	const sim_time fast = first_bin_mean(4, &fast_latency);

	assert_within(slow, 4.0 * (double)fast, 1e-3);
	assert_within(slow_latency, fast_latency, 0.01);
}

static void test_arrivals_take_turns_on_kept_connections(void **state)
{
	struct fixture *f = fixture_new(1);

	open_load(f, false, 100);
	f->load.connections.keep_alive = true;
	f->load.clients = 7;
	const struct load_results *r = go(f, 2);

	fixture_run(f, 10 * SIM_SECOND - 1);
	assert_int_equal(r->done, 1000);
	assert_int_equal(r->connections_opened, 7);
	assert_int_equal(
	    fixture_application(f, 0).connections + fixture_application(f, 1).connections, 7);
	fixture_free(f);
}

/* Two requests at a time arrive at one connection whose server needs 100 ms for each. */
static void assert_sharing(bool http2, sim_time longest)
{
	struct fixture *f = fixture_new(1);

	open_load(f, false, 1);
	f->routes[0].wait = distribution_constant(100e6);
	f->load.connections.keep_alive = true;
	f->load.connections.http2 = http2;
	f->load.clients = 1;
	f->rate.rate = 1e6;
	f->load.duration = 3 * SIM_MICROSECOND;
	const struct load_results *r = go(f, 1);

	fixture_run(f, SIM_SECOND);
	assert_int_equal(r->done, 3);
	assert_int_equal(r->connections_opened, 1);
	assert_near(histogram_max(r->latency), longest, 3 * SIM_MICROSECOND);
	assert_int_equal(fixture_application(f, 0).connections, 0);
	fixture_free(f);
}

static void test_http1_carries_one_request_at_a_time_and_http2_many(void **state)
{
	assert_sharing(false, 300 * SIM_MILLISECOND);
	assert_sharing(true, 100 * SIM_MILLISECOND);
}

static void test_http2_requests_of_one_connection_are_reset_together(void **state)
{
	struct fixture *f = fixture_new(1);

	open_load(f, false, 1000);
	f->routes[0].wait = distribution_constant(1e9);
	f->load.connections.keep_alive = true;
	f->load.connections.http2 = true;
	f->load.clients = 2;
	f->load.duration = 100 * SIM_MILLISECOND;
	const struct load_results *r = go(f, 1);

	fixture_run(f, 500 * SIM_MILLISECOND);
	f->runtime->kill(f->runtime->self, f->pods[0].handle);
	fixture_run(f, 5 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_RESET], 100);
	fixture_free(f);
}

static void test_client_side_balancing_chooses_for_each_request(void **state)
{
	struct fixture *f = fixture_new(1);

	open_load(f, true, 1000);
	f->load.connections.keep_alive = true;
	f->load.connections.client_side = true;
	f->load.clients = 1;
	f->load.connections.http2 = true;
	const struct load_results *r = go(f, 4);

	fixture_run(f, 20 * SIM_SECOND);
	for (unsigned i = 0; i < 4; i++) {
		assert_within(fixture_application(f, i).requests, (double)r->sent / 4, 0.06);
	}
	fixture_free(f);
}

static void test_affinity_keeps_a_client_at_its_pod_over_new_connections(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 1;
	f->load.connections.keep_alive = false;
	f->service->affinity = true;
	f->service->affinity_timeout = 3 * SIM_HOUR;
	const struct load_results *r = go(f, 4);

	fixture_run(f, 100 * SIM_SECOND);
	unsigned used = 0;

	for (unsigned i = 0; i < 4; i++) {
		used += fixture_application(f, i).requests > 0;
	}
	assert_true(r->sent > 50);
	assert_int_equal(used, 1);
	fixture_free(f);
}

static void test_ipvs_serves_in_turn(void **state)
{
	struct fixture *f = fixture_new(1);

	open_load(f, true, 100);
	f->service->round_robin = true;
	const struct load_results *r = go(f, 4);

	fixture_run(f, 10 * SIM_SECOND);
	for (unsigned i = 0; i < 4; i++) {
		assert_near(fixture_application(f, i).requests, (double)r->sent / 4, 1);
	}
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_even_arrivals_come_at_their_instants),
	    cmocka_unit_test(test_steps_and_ramps_give_the_area_under_the_rate),
	    cmocka_unit_test(test_poisson_arrivals_have_poisson_counts),
	    cmocka_unit_test(test_a_changed_rate_stretches_time_but_keeps_the_draws),
	    cmocka_unit_test(test_arrivals_take_turns_on_kept_connections),
	    cmocka_unit_test(test_http1_carries_one_request_at_a_time_and_http2_many),
	    cmocka_unit_test(test_http2_requests_of_one_connection_are_reset_together),
	    cmocka_unit_test(test_client_side_balancing_chooses_for_each_request),
	    cmocka_unit_test(test_affinity_keeps_a_client_at_its_pod_over_new_connections),
	    cmocka_unit_test(test_ipvs_serves_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
