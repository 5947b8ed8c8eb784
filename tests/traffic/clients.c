/* What clients see: outcomes, connections, timeouts, common random numbers. */

#include "fixture.h"

static void constant_cpu(struct fixture *f, sim_time cpu)
{
	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = cpu ? distribution_constant((double)cpu) : NULL;
}

static void constant_think(struct fixture *f, sim_time think)
{
	distribution_unref(f->load.think_time);
	f->load.think_time = distribution_constant((double)think);
}

/* Pods are up, all of them endpoints, and the load has started. */
static struct clients *go(struct fixture *f, unsigned pods)
{
	fixture_build(f);
	fixture_start_pods(f, pods, 1000, 0);
	fixture_run(f, simulation_now(f->sim));
	fixture_endpoints(f, (1U << pods) - 1);
	return fixture_clients(f, 0);
}

static void test_a_request_costs_two_round_trips_when_it_connects_and_one_after(void **state)
{
	struct fixture *f = fixture_new(1);

	f->rtt = SIM_MILLISECOND;
	constant_cpu(f, 20 * SIM_MILLISECOND);
	constant_think(f, SIM_SECOND);
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, 500 * SIM_MILLISECOND);
	assert_int_equal(histogram_max(r->latency), 22 * SIM_MILLISECOND);
	fixture_run(f, 2 * SIM_SECOND);
	assert_int_equal(r->done, 2);
	assert_int_equal(histogram_min(r->latency), 21 * SIM_MILLISECOND);
	assert_int_equal(r->connections_opened, 1);
	fixture_free(f);
}

static void test_users_come_at_the_spawn_rate_and_stop_at_the_end(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 10;
	f->load.spawn_rate = 5;
	f->load.from = SIM_SECOND;
	f->load.duration = 10 * SIM_SECOND;
	constant_cpu(f, 0);
	constant_think(f, 100 * SIM_SECOND);
	struct clients *clients = go(f, 1);
	const struct load_results *r = clients_results(clients);

	assert_int_equal(clients_all_running(clients), 2800 * SIM_MILLISECOND);
	fixture_run(f, SIM_SECOND - 1);
	assert_int_equal(r->sent, 0);
	fixture_run(f, 1999 * SIM_MILLISECOND);
	assert_int_equal(r->sent, 5);
	fixture_run(f, 2800 * SIM_MILLISECOND);
	assert_int_equal(r->sent, 10);
	fixture_run(f, 1000 * SIM_SECOND);
	assert_int_equal(r->sent, 10);
	assert_int_equal(fixture_application(f, 0).connections, 0);
	fixture_free(f);
}

static void test_requests_in_flight_at_the_end_are_finished_and_counted(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 3;
	f->load.duration = SIM_SECOND;
	constant_cpu(f, SIM_SECOND);
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, SIM_MINUTE);
	assert_int_equal(r->sent, 3);
	assert_int_equal(r->done, 3);
	fixture_free(f);
}

static void test_a_kept_connection_pins_its_user_to_a_pod(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 100;
	constant_cpu(f, SIM_MILLISECOND);
	const struct load_results *r = clients_results(go(f, 2));

	fixture_run(f, SIM_MINUTE);
	const uint64_t before =
	    fixture_application(f, 0).requests + fixture_application(f, 1).requests;

	fixture_start_pods(f, 2, 1000, 0);
	fixture_run(f, SIM_MINUTE + 1);
	fixture_endpoints(f, 15);
	fixture_run(f, 5 * SIM_MINUTE);
	assert_true(fixture_application(f, 0).requests + fixture_application(f, 1).requests >
	            3 * before);
	assert_int_equal(fixture_application(f, 2).requests, 0);
	assert_int_equal(fixture_application(f, 3).requests, 0);
	assert_int_equal(r->connections_opened, 100);
	assert_int_equal(
	    fixture_application(f, 0).connections + fixture_application(f, 1).connections, 100);
	fixture_free(f);
}

static void test_new_connections_spread_over_new_pods_at_once(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 100;
	f->load.connections.keep_alive = false;
	constant_cpu(f, SIM_MILLISECOND);
	const struct load_results *r = clients_results(go(f, 2));

	fixture_run(f, SIM_MINUTE);
	fixture_start_pods(f, 2, 1000, 0);
	fixture_run(f, SIM_MINUTE + 1);
	fixture_endpoints(f, 15);
	const uint64_t before = r->sent;

	fixture_run(f, 5 * SIM_MINUTE);
	assert_within(fixture_application(f, 2).requests, (double)(r->sent - before) / 4, 0.06);
	assert_within(fixture_application(f, 3).requests, (double)(r->sent - before) / 4, 0.06);
	assert_int_equal(r->connections_opened, r->sent);
	assert_true(fixture_application(f, 0).connections < 10);
	fixture_free(f);
}

static void test_limits_of_a_connection_make_the_client_choose_anew(void **state)
{
	for (int which = 0; which < 4; which++) {
		struct fixture *f = fixture_new(1);

		constant_cpu(f, 0);
		constant_think(f, SIM_SECOND);
		f->load.connections.max_requests = which == 0 ? 4 : 0;
		f->application.max_requests_per_connection = which == 1 ? 4 : 0;
		f->load.connections.max_age = which == 2 ? 4 * SIM_SECOND : 0;
		f->application.keep_alive_timeout = which == 3 ? SIM_SECOND : 61 * SIM_SECOND;
		const struct load_results *r = clients_results(go(f, 1));

		fixture_run(f, 99999 * SIM_MILLISECOND);
		assert_int_equal(r->sent, 100);
		assert_int_equal(r->done, 100);
		assert_int_equal(r->failures, 0);
		assert_int_equal(r->connections_opened, which == 3 ? 100 : 25);
		assert_int_equal(fixture_application(f, 0).connections_opened,
		                 r->connections_opened);
		fixture_free(f);
	}
}

static void test_the_server_closes_an_idle_connection_by_itself(void **state)
{
	struct fixture *f = fixture_new(1);

	constant_cpu(f, 0);
	constant_think(f, 100 * SIM_SECOND);
	f->application.keep_alive_timeout = 60 * SIM_SECOND;
	go(f, 1);
	fixture_run(f, 59 * SIM_SECOND);
	assert_int_equal(fixture_application(f, 0).connections, 1);
	fixture_run(f, 60 * SIM_SECOND);
	assert_int_equal(fixture_application(f, 0).connections, 0);
	fixture_free(f);
}

static void test_nobody_listening_is_a_refusal_after_one_round_trip(void **state)
{
	struct fixture *f = fixture_new(1);

	f->rtt = SIM_MILLISECOND;
	f->application.listens_after = distribution_constant(10e9);
	distribution_unref(f->load.think_time);
	f->load.think_time = NULL;
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, 100 * SIM_MILLISECOND - 1);
	assert_int_equal(r->outcomes[REQUEST_REFUSED], 100);
	assert_int_equal(r->failures, r->done);
	fixture_run(f, 11 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_REFUSED], 10000);
	assert_true(r->outcomes[REQUEST_OK] > 10);
	fixture_free(f);
}

static void test_a_service_without_endpoints_rejects_and_without_rules_is_silent(void **state)
{
	struct fixture *f = fixture_new(1);

	constant_think(f, SIM_SECOND);
	f->load.connect_timeout = 3 * SIM_SECOND;
	const struct load_results *r = clients_results(go(f, 1));

	proxy_port_program(f->service, NULL, 0, false, true);
	fixture_run(f, 9500 * SIM_MILLISECOND);
	assert_int_equal(r->outcomes[REQUEST_REJECTED], 10);
	proxy_port_program(f->service, NULL, 0, false, false);
	fixture_run(f, 20500 * SIM_MILLISECOND); /* sent at 10, 14 and 18 */
	assert_int_equal(r->outcomes[REQUEST_CONNECT_TIMEOUT], 2);
	assert_int_equal(r->sent - r->done, 1);
	fixture_free(f);
}

static void test_a_timeout_shorter_than_connecting_comes_first(void **state)
{
	struct fixture *f = fixture_new(1);

	constant_think(f, SIM_SECOND);
	f->load.timeout = 2 * SIM_SECOND;
	const struct load_results *r = clients_results(go(f, 1));

	proxy_port_program(f->service, NULL, 0, false, false);
	fixture_run(f, 2999 * SIM_MILLISECOND);
	assert_int_equal(r->outcomes[REQUEST_TIMEOUT], 1);
	assert_int_equal(r->outcomes[REQUEST_CONNECT_TIMEOUT], 0);
	fixture_free(f);
}

static void test_a_client_gives_up_but_the_server_goes_on(void **state)
{
	struct fixture *f = fixture_new(1);

	constant_cpu(f, 5 * SIM_SECOND);
	constant_think(f, 100 * SIM_SECOND);
	f->load.timeout = 2 * SIM_SECOND;
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, 3 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_TIMEOUT], 1);
	assert_int_equal(r->done, 1);
	assert_int_equal(histogram_count(r->latency), 0);
	assert_int_equal(fixture_application(f, 0).in_flight, 1);
	assert_int_equal(fixture_application(f, 0).connections, 0);
	fixture_run(f, 6 * SIM_SECOND);
	assert_int_equal(fixture_application(f, 0).in_flight, 0);
	assert_near(fixture_usage(f, 0).cpu_seconds, 5, 1e-9);
	assert_int_equal(r->done, 1);
	fixture_free(f);
}

static void test_every_timeout_of_many_comes_at_its_own_time(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 50;
	f->load.timeout = 300 * SIM_MILLISECOND;
	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = distribution_exponential(50e6);
	const struct load_results *r = clients_results(go(f, 2));

	fixture_run(f, 200 * SIM_SECOND);
	assert_true(r->outcomes[REQUEST_TIMEOUT] > 100);
	assert_true(r->outcomes[REQUEST_OK] > 100);
	assert_true(histogram_max(r->latency) <= 300 * SIM_MILLISECOND);
	assert_int_equal(r->outcomes[REQUEST_OK] + r->outcomes[REQUEST_TIMEOUT], r->done);
	fixture_free(f);
}

static void test_an_answer_that_is_under_way_at_the_timeout_is_too_late(void **state)
{
	struct fixture *f = fixture_new(1);

	f->rtt = 100 * SIM_MILLISECOND;
	constant_cpu(f, 850 * SIM_MILLISECOND);
	constant_think(f, 100 * SIM_SECOND);
	f->load.timeout = SIM_SECOND;
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, 2 * SIM_SECOND);
	assert_int_equal(r->outcomes[REQUEST_TIMEOUT], 1);
	assert_int_equal(r->done, 1);
	fixture_free(f);
}

static void test_retries_count_as_one_request(void **state)
{
	struct fixture *f = fixture_new(1);

	f->rtt = 10 * SIM_MILLISECOND;
	f->load.retries = 3;
	f->application.listens_after = distribution_constant(25e6);
	constant_cpu(f, SIM_MILLISECOND);
	constant_think(f, 100 * SIM_SECOND);
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, SIM_SECOND); /* refused at 0, 10, 20; served at 30 */
	assert_int_equal(r->sent, 1);
	assert_int_equal(r->done, 1);
	assert_int_equal(r->outcomes[REQUEST_OK], 1);
	assert_int_equal(histogram_max(r->latency), 30 * SIM_MILLISECOND + 21 * SIM_MILLISECOND);
	fixture_free(f);
}

static void test_paths_are_asked_by_weight_and_unknown_ones_answer_404(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.n_requests = 2;
	f->requests[1].path = (char *)"/nowhere";
	f->requests[0].weight = 3;
	f->load.users = 20;
	constant_cpu(f, 0);
	const struct load_results *r = clients_results(go(f, 1));

	fixture_run(f, 1000 * SIM_SECOND);
	assert_within(r->outcomes[REQUEST_STATUS_4XX], (double)r->done / 4, 0.05);
	assert_int_equal(r->failures, r->outcomes[REQUEST_STATUS_4XX]);
	assert_int_equal(histogram_count(r->latency), r->done);
	fixture_free(f);
}

/* --- records of single requests --- */

struct log {
	GArray *entries; /* struct request_trace */
};

static void keep(void *self, const struct request_trace *t)
{
	g_array_append_val(((struct log *)self)->entries, *t);
}

static GArray *logged_run(uint64_t seed, double cpu_limit, unsigned pods)
{
	struct fixture *f = fixture_new(seed);
	struct log log = {g_array_new(FALSE, FALSE, sizeof(struct request_trace))};

	f->trace = (struct trace){.self = &log, .request = keep};
	f->load.users = 5;
	fixture_build(f);
	fixture_start_pods(f, pods, (int64_t)(cpu_limit * 1000), 0);
	fixture_run(f, 0);
	fixture_endpoints(f, (1U << pods) - 1);
	fixture_clients(f, 0);
	fixture_run(f, 300 * SIM_SECOND);
	fixture_free(f);
	return log.entries;
}

static const struct request_trace *find(const GArray *entries, uint32_t client, uint64_t ordinal)
{
	for (guint i = 0; i < entries->len; i++) {
		const struct request_trace *t = &g_array_index(entries, struct request_trace, i);

		if (t->client == client && t->ordinal == ordinal) {
			return t;
		}
	}
	return NULL;
}

static void test_two_runs_with_other_servers_see_the_same_think_times(void **state)
{
	g_autoptr(GArray) fast = logged_run(7, 1, 2);
	g_autoptr(GArray) slow = logged_run(7, 0.5, 1);
	int compared = 0;

	for (uint32_t user = 0; user < 5; user++) {
		for (uint64_t i = 0; i < 150; i++) {
			const struct request_trace *a = find(fast, user, i);
			const struct request_trace *b = find(slow, user, i);
			const struct request_trace *a2 = find(fast, user, i + 1);
			const struct request_trace *b2 = find(slow, user, i + 1);

			if (a && b && a2 && b2) {
				assert_int_equal(a2->sent - a->done, b2->sent - b->done);
				compared++;
			}
		}
	}
	assert_true(compared > 400);
}

static void test_a_request_costs_the_same_wherever_it_is_served(void **state)
{
	/* One user alone: the answer takes the demand over the core's speed, exactly. */
	for (uint64_t seed = 1; seed < 4; seed++) {
		sim_time total[2];

		for (int half = 0; half < 2; half++) {
			struct fixture *f = fixture_new(seed);

			fixture_build(f);
			fixture_start_pods(f, 1, half ? 500 : 1000, 0);
			fixture_run(f, 0);
			fixture_endpoints(f, 1);
			const struct load_results *r = clients_results(fixture_clients(f, 0));

			while (r->done < 50) {
				fixture_run(f, simulation_now(f->sim) + 10 * SIM_MILLISECOND);
			}
			total[half] = (sim_time)(histogram_mean(r->latency) * 50);
			assert_int_equal(r->done, 50);
			fixture_free(f);
		}
		assert_near(total[1], 2 * total[0], 200);
	}
}

static void test_the_same_seed_gives_the_same_run(void **state)
{
	g_autoptr(GArray) first = logged_run(11, 1, 2);
	g_autoptr(GArray) second = logged_run(11, 1, 2);
	g_autoptr(GArray) other = logged_run(12, 1, 2);

	assert_int_equal(first->len, second->len);
	for (guint i = 0; i < first->len; i++) {
		const struct request_trace *a = &g_array_index(first, struct request_trace, i);
		const struct request_trace *b = &g_array_index(second, struct request_trace, i);

		assert_true(a->sent == b->sent && a->done == b->done && a->client == b->client);
	}
	assert_true(g_array_index(first, struct request_trace, 20).sent !=
	            g_array_index(other, struct request_trace, 20).sent);
}

/* --- conservation --- */

static void assert_conserved(struct clients *clients)
{
	const struct load_results *r = clients_results(clients);
	uint64_t by_cause = 0;
	uint64_t sent = 0;
	uint64_t done = 0;
	uint64_t failures = 0;
	uint64_t answered = 0;

	for (int i = 0; i < REQUEST_OUTCOMES; i++) {
		by_cause += r->outcomes[i];
	}
	for (size_t i = 0; i < r->n_bins; i++) {
		sent += r->bins[i].sent;
		done += r->bins[i].done;
		failures += r->bins[i].failures;
		const struct histogram *latency = clients_bin_latency(clients, i);

		answered += latency ? histogram_count(latency) : 0;
	}
	assert_int_equal(r->sent, r->done + clients_in_flight(clients));
	assert_int_equal(by_cause, r->done);
	assert_int_equal(r->failures, r->done - r->outcomes[REQUEST_OK]);
	assert_int_equal(sent, r->sent);
	assert_int_equal(done, r->done);
	assert_int_equal(failures, r->failures);
	assert_int_equal(answered, histogram_count(r->latency));
}

static void test_no_request_is_lost_or_counted_twice_in_disorder(void **state)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct fixture *f = fixture_new(seed);
		GRand *rand = g_rand_new_with_seed((guint32)seed);

		f->load.users = 40;
		f->load.timeout = seed % 2 ? 400 * SIM_MILLISECOND : 0;
		f->load.retries = seed % 3;
		f->load.connections.keep_alive = seed > 2;
		f->load.connections.client_side = seed == 5;
		f->load.connect_timeout = SIM_SECOND;
		f->rtt = SIM_MILLISECOND;
		f->routes[0].pool = 0;
		f->routes[0].wait = distribution_exponential(100e6);
		f->application.on_term.exit_after = distribution_constant(500e6);
		f->application.on_term.drains = seed % 2;
		f->application.listens_after = distribution_constant(300e6);
		struct clients *clients = go(f, 4);

		for (int i = 0; i < 400; i++) {
			struct fixture_pod *pod = &f->pods[g_rand_int_range(rand, 0, 4)];

			fixture_run(f, simulation_now(f->sim) +
			                   g_rand_int_range(rand, 1, 400) * SIM_MILLISECOND);
			if (pod->exit.count) {
				pod->exit.count = 0;
				fixture_restart(pod);
			} else if (i % 3 == 0) {
				f->runtime->terminate(f->runtime->self, pod->handle);
			} else if (i % 3 == 1) {
				f->runtime->kill(f->runtime->self, pod->handle);
			} else {
				fixture_endpoints(f, (unsigned)g_rand_int_range(rand, 0, 16));
			}
			assert_conserved(clients);
		}
		assert_true(clients_results(clients)->outcomes[REQUEST_OK] > 200);
		assert_true(clients_results(clients)->failures > 200);
		g_rand_free(rand);
		fixture_free(f);
	}
}

static void test_bins_double_when_they_are_used_up(void **state)
{
	struct fixture *f = fixture_new(1);

	f->load.users = 3;
	struct clients *clients = go(f, 1);

	fixture_run(f, 500 * SIM_SECOND);
	assert_int_equal(clients_results(clients)->bin_width, SIM_SECOND);
	assert_conserved(clients);
	fixture_run(f, 5000 * SIM_SECOND);
	assert_int_equal(clients_results(clients)->bin_width, 16 * SIM_SECOND);
	assert_int_equal(clients_results(clients)->n_bins, 313);
	assert_conserved(clients);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_request_costs_two_round_trips_when_it_connects_and_one_after),
	    cmocka_unit_test(test_users_come_at_the_spawn_rate_and_stop_at_the_end),
	    cmocka_unit_test(test_requests_in_flight_at_the_end_are_finished_and_counted),
	    cmocka_unit_test(test_a_kept_connection_pins_its_user_to_a_pod),
	    cmocka_unit_test(test_new_connections_spread_over_new_pods_at_once),
	    cmocka_unit_test(test_limits_of_a_connection_make_the_client_choose_anew),
	    cmocka_unit_test(test_the_server_closes_an_idle_connection_by_itself),
	    cmocka_unit_test(test_nobody_listening_is_a_refusal_after_one_round_trip),
	    cmocka_unit_test(test_a_service_without_endpoints_rejects_and_without_rules_is_silent),
	    cmocka_unit_test(test_a_timeout_shorter_than_connecting_comes_first),
	    cmocka_unit_test(test_a_client_gives_up_but_the_server_goes_on),
	    cmocka_unit_test(test_every_timeout_of_many_comes_at_its_own_time),
	    cmocka_unit_test(test_an_answer_that_is_under_way_at_the_timeout_is_too_late),
	    cmocka_unit_test(test_retries_count_as_one_request),
	    cmocka_unit_test(test_paths_are_asked_by_weight_and_unknown_ones_answer_404),
	    cmocka_unit_test(test_two_runs_with_other_servers_see_the_same_think_times),
	    cmocka_unit_test(test_a_request_costs_the_same_wherever_it_is_served),
	    cmocka_unit_test(test_the_same_seed_gives_the_same_run),
	    cmocka_unit_test(test_no_request_is_lost_or_counted_twice_in_disorder),
	    cmocka_unit_test(test_bins_double_when_they_are_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
