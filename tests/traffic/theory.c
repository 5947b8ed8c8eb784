/* The traffic against queueing theory: processor sharing, closed networks, Little's law. */

#include "fixture.h"

#include "engine/statistics.h"

/* Mean response time in ms of an open Poisson load on one pod with one core. */
static double open_mean(uint64_t seed, double utilisation, struct distribution *cpu,
                        double requests)
{
	struct fixture *f = fixture_new(seed);

	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = cpu;
	f->load.users = 0;
	f->load.connections.keep_alive = false;
	f->rate = (struct rate_point){0, utilisation / distribution_mean(cpu) * 1e9};
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_endpoints(f, 1);
	struct clients *clients = fixture_clients(f, 0);

	fixture_run(f, (sim_time)(requests / f->rate.rate * 1e9));
	const double mean = histogram_mean(clients_results(clients)->latency) / 1e6;

	assert_int_equal(clients_results(clients)->failures, 0);
	fixture_free(f);
	return mean;
}

static struct distribution *exponential(void)
{
	return distribution_exponential(20e6);
}

static struct distribution *gamma_half(void)
{
	return distribution_gamma(20e6, 0.5);
}

static struct distribution *gamma_four(void)
{
	return distribution_gamma(20e6, 4);
}

/* Processor sharing: mean = demand / (1 - utilisation), whatever the demand's distribution. */
static void assert_processor_sharing(struct distribution *(*cpu)(void))
{
	const double n = fixture_size(3e6, 5e4);
	const double tolerance = fixture_size(0.01, 0.08);

	assert_within(open_mean(1, 0.3, cpu(), n), 20 / 0.7, tolerance);
	assert_within(open_mean(1, 0.6, cpu(), n), 20 / 0.4, tolerance);

	struct moments m = {0};

	for (uint64_t seed = 1; seed <= 10; seed++) {
		moments_add(&m, open_mean(seed, 0.9, cpu(), fixture_size(4e5, 1e4)));
	}
	/* The start is empty: the mean of n requests lies below the limit by about 1 / (1 -
	 * utilisation)^2 of them. */
	assert_near(m.mean, 200,
	            3 * moments_standard_error(&m) + 200 * 100 / fixture_size(4e5, 1e4));
}

static void test_mm1_processor_sharing_has_its_mean_response_time(void **state)
{
	assert_processor_sharing(exponential);
}

static void test_mg1_processor_sharing_depends_on_the_mean_alone(void **state)
{
	assert_processor_sharing(gamma_half);
	assert_processor_sharing(gamma_four);
}

/* Exact mean value analysis of @users over @pods equal stations and a delay of @delay seconds. */
static void mean_value_analysis(int users, int pods, double demand, double delay, double *response,
                                double *throughput)
{
	double queue = 0; /* at each pod */

	for (int n = 1; n <= users; n++) {
		*response = demand * (1 + queue);
		*throughput = n / (delay + *response);
		queue = *throughput / pods * *response;
	}
}

static void assert_closed_network(unsigned pods, int users)
{
	struct fixture *f = fixture_new(3);
	double response;
	double throughput;

	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = distribution_gamma(20e6, 4);
	f->routes[0].wait = distribution_gamma(140e6, 2.5);
	f->load.users = users;
	f->load.connections.keep_alive = false;
	f->rtt = SIM_MILLISECOND;
	fixture_build(f);
	fixture_start_pods(f, pods, 1000, 0);
	fixture_endpoints(f, (1U << pods) - 1);
	struct clients *clients = fixture_clients(f, 0);
	const double requests = fixture_size(1.5e6, 4e4);

	mean_value_analysis(users, (int)pods, 0.02, 1 + 0.14 + 0.002, &response, &throughput);
	const double seconds = requests / throughput;

	fixture_run(f, (sim_time)(seconds * 1e9));
	const struct load_results *r = clients_results(clients);
	const double tolerance = fixture_size(0.01, 0.05);

	assert_within((double)r->done / seconds, throughput, tolerance);
	assert_within(histogram_mean(r->latency) / 1e9, response + 0.142, tolerance);
	double cpu = 0;

	for (unsigned i = 0; i < pods; i++) {
		cpu += fixture_usage(f, i).cpu_seconds;
	}
	assert_within(cpu / seconds, throughput * 0.02, tolerance);
	fixture_free(f);
}

static void test_a_closed_network_agrees_with_mean_value_analysis(void **state)
{
	assert_closed_network(1, 50);
	assert_closed_network(2, 100);
	assert_closed_network(4, 100);
	assert_closed_network(4, 250);
}

/* Little: mean number in the system = throughput x mean response time, over one and the same run.
 */
static void test_littles_law_holds_in_a_run(void **state)
{
	struct fixture *f = fixture_new(5);
	struct time_weighted inside;

	f->load.users = 60;
	f->load.think_time =
	    (distribution_unref(f->load.think_time), distribution_exponential(1e9));
	fixture_build(f);
	fixture_start_pods(f, 2, 1000, 0);
	fixture_endpoints(f, 3);
	struct clients *clients = fixture_clients(f, 0);
	const int steps = (int)fixture_size(400000, 40000);

	time_weighted_start(&inside, 0, 0);
	for (int i = 1; i <= steps; i++) {
		fixture_run(f, i * 7 * SIM_MILLISECOND);
		time_weighted_set(&inside, simulation_now(f->sim),
		                  (double)clients_in_flight(clients));
	}
	const struct load_results *r = clients_results(clients);
	const double seconds = sim_time_to_seconds(simulation_now(f->sim));

	assert_within(time_weighted_mean(&inside, simulation_now(f->sim)),
	              (double)r->done / seconds * histogram_mean(r->latency) / 1e9,
	              fixture_size(0.01, 0.03));
	fixture_free(f);
}

/* A job alone has at most one core; two share what the container has. */
static void test_a_request_uses_at_most_one_core(void **state)
{
	static const struct {
		int64_t limit;
		double cores_per_worker;
		int workers;
		double together; /* seconds that two requests of 1 s take */
	} cases[] = {{4000, 1, 1, 2},
	             {4000, 1, 2, 1},
	             {4000, 0, 1, 1},
	             {500, 1, 2, 4},
	             {1500, 0, 4, 2 / 1.5}};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fixture *f = fixture_new(1);

		distribution_unref(f->routes[0].cpu);
		f->routes[0].cpu = distribution_constant(1e9);
		f->application.workers = cases[i].workers;
		f->application.cores_per_worker = cases[i].cores_per_worker;
		f->load.users = 2;
		f->load.duration = 1;
		fixture_build(f);
		fixture_start_pods(f, 1, cases[i].limit, 0);
		fixture_endpoints(f, 1);
		struct clients *clients = fixture_clients(f, 0);

		fixture_run(f, 10 * SIM_SECOND);
		assert_int_equal(clients_results(clients)->done, 2);
		assert_near(histogram_max(clients_results(clients)->latency),
		            cases[i].together * 1e9, 2);
		assert_near(fixture_usage(f, 0).cpu_seconds, 2, 1e-9);
		fixture_free(f);
	}
}

static void test_background_takes_its_share_first(void **state)
{
	struct fixture *f = fixture_new(1);

	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = distribution_constant(1e9);
	f->application.background_milli = 200;
	f->application.startup_cpu = 400 * SIM_MILLISECOND;
	f->load.users = 1;
	f->load.duration = 1;
	fixture_build(f);
	fixture_start_pods(f, 1, 1000, 0);
	fixture_endpoints(f, 1);
	struct clients *clients = fixture_clients(f, 0);

	/* 0.8 cores for the burst and the request: each 0.4 until the burst is done at 1 s, then
	 * 0.6 s of work at 0.8. */
	fixture_run(f, SIM_SECOND);
	assert_near(fixture_usage(f, 0).cpu_seconds, 1, 1e-9);
	fixture_run(f, 10 * SIM_SECOND);
	assert_near(histogram_max(clients_results(clients)->latency), 1.75e9, 2);
	assert_near(fixture_usage(f, 0).cpu_seconds, 10 * 0.2 + 0.4 + 1, 1e-9);
	fixture_free(f);
}

/* One user asks for @cpu once; how long it takes. */
static sim_time throttled_run(int64_t limit, sim_time cpu, int users, double *short_of)
{
	struct fixture *f = fixture_new(1);

	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = distribution_constant((double)cpu);
	f->application.workers = 4;
	f->cfs_throttling = true;
	f->load.users = users;
	f->load.duration = 1;
	fixture_build(f);
	fixture_start_pods(f, 1, limit, 0);
	fixture_endpoints(f, 1);
	struct clients *clients = fixture_clients(f, 0);

	fixture_run(f, SIM_MINUTE);
	const sim_time took = histogram_max(clients_results(clients)->latency);

	assert_int_equal(clients_results(clients)->done, users);
	assert_near(fixture_usage(f, 0).cpu_seconds, users * sim_time_to_seconds(cpu), 1e-8);
	*short_of = fixture_usage(f, 0).throttled_seconds;
	fixture_free(f);
	return took;
}

static void test_a_quota_stops_the_container_until_its_period_ends(void **state)
{
	double short_of;

	/* 20 ms of each 100: 20, 20 and 10 ms of work. */
	assert_near(throttled_run(200, 50 * SIM_MILLISECOND, 1, &short_of), 210e6, 5);
	assert_near(short_of, 0.16, 1e-6);
	assert_near(throttled_run(200, 15 * SIM_MILLISECOND, 1, &short_of), 15e6, 5);
	assert_near(short_of, 0, 1e-6);
	/* Four cores use 100 ms of quota in 25 ms; 4 x 50 ms of work want two periods. */
	assert_near(throttled_run(1000, 50 * SIM_MILLISECOND, 4, &short_of), 125e6, 5);
	/* A limit above what the workers use does nothing. */
	assert_near(throttled_run(4000, 50 * SIM_MILLISECOND, 4, &short_of), 50e6, 5);
	/* In the long run the quota is the limit. */
	assert_within(throttled_run(500, SIM_SECOND, 10, &short_of), 20e9, 0.01);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mm1_processor_sharing_has_its_mean_response_time),
	    cmocka_unit_test(test_mg1_processor_sharing_depends_on_the_mean_alone),
	    cmocka_unit_test(test_a_closed_network_agrees_with_mean_value_analysis),
	    cmocka_unit_test(test_littles_law_holds_in_a_run),
	    cmocka_unit_test(test_a_request_uses_at_most_one_core),
	    cmocka_unit_test(test_a_quota_stops_the_container_until_its_period_ends),
	    cmocka_unit_test(test_background_takes_its_share_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
