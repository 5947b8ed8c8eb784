/* Containers that share a node's CPU: by instants, by rates, and against queueing theory. */

#include "fixture.h"

#include "traffic/internal.h"

#define FOREVER (1000 * SIM_HOUR)

/* Applications beside the fixture's own, which serves requests of 20 ms on one core. */
static const struct application spins = {
    /* one job that never ends */
    .name = (char *)"spins",
    .startup_cpu = FOREVER,
};
static const struct application burns = {
    /* as much as it gets */
    .name = (char *)"burns",
    .background_milli = 64000,
};
static const struct application unmodelled; /* stands for none */
static const struct application hums = {
    .name = (char *)"hums",
    .background_milli = 600,
    .startup_cpu = FOREVER,
};

static struct fixture *node(int64_t milli, bool cgroup_v1)
{
	struct fixture *f = fixture_new(1);

	f->node_milli = milli;
	f->cgroup_v1 = cgroup_v1;
	return f;
}

static void start(struct fixture *f, const struct application *application, int64_t request,
                  int64_t limit, int64_t memory)
{
	f->next = application == &unmodelled ? NULL : application;
	f->container_name = application == &unmodelled ? "unmodelled" : NULL;
	f->request_milli = request;
	fixture_start_pods(f, 1, limit, memory);
}

static void ignore_exit(void *data, int exit_code, const char *reason)
{
}

static double used(struct fixture *f, unsigned pod)
{
	return fixture_usage(f, pod).cpu_seconds;
}

static const struct server *server_of(const struct fixture *f, unsigned pod)
{
	return (const struct server *)f->pods[pod].handle;
}

/* --- who gets what --- */

static void test_busy_containers_get_the_cpu_by_request(void **state)
{
	for (int v1 = 0; v1 <= 1; v1++) {
		struct fixture *f = node(1000, v1);

		fixture_build(f);
		start(f, &spins, 750, 0, 0);
		start(f, &spins, 250, 0, 0);
		fixture_run(f, 100 * SIM_SECOND);
		assert_near(used(f, 0), 75, 1e-9);
		assert_near(used(f, 1), 25, 1e-9);
		fixture_free(f);
	}
	struct fixture *f = node(1000, false); /* weights are whole numbers: 118 and 39 */

	fixture_build(f);
	start(f, &spins, 3000, 0, 0);
	start(f, &spins, 1000, 0, 0);
	fixture_run(f, 157 * SIM_SECOND);
	assert_near(used(f, 0), 118, 1e-9);
	assert_near(used(f, 1), 39, 1e-9);
	fixture_free(f);
}

static void test_what_one_leaves_goes_to_the_others_by_weight(void **state)
{
	struct fixture *f = node(2000, true);

	fixture_build(f);
	start(f, &burns, 1000, 200, 0); /* its limit is less than its part */
	start(f, &burns, 750, 0, 0);
	start(f, &burns, 250, 0, 0);
	start(f, NULL, 4000, 0, 0); /* idle */
	fixture_run(f, 100 * SIM_SECOND);
	/* of background work 99 % of what there is may be used */
	assert_near(used(f, 0), 0.99 * 20, 1e-6);
	assert_near(used(f, 1), 0.99 * 0.75 * (200 - 0.99 * 20), 1e-6);
	assert_near(used(f, 2), 0.99 * 0.25 * (200 - 0.99 * 20), 1e-6);
	assert_near(used(f, 3), 0.001, 1e-12);
	fixture_free(f);
}

static void test_classes_stand_beside_guaranteed_pods(void **state)
{
	struct fixture *f = node(1000, true);

	fixture_build(f);
	start(f, &spins, 1000, 1000, 1 << 30); /* Guaranteed */
	start(f, &spins, 500, 0, 0);           /* Burstable */
	start(f, &spins, 500, 0, 0);
	start(f, &spins, 0, 0, 0); /* BestEffort */
	fixture_run(f, 2050 * SIM_SECOND);
	assert_near(used(f, 0), 1024, 1e-6);
	assert_near(used(f, 1), 512, 1e-6);
	assert_near(used(f, 2), 512, 1e-6);
	assert_near(used(f, 3), 2, 1e-6);
	fixture_free(f);

	/* What a Burstable pod leaves stays in its class as long as somebody there wants it. */
	f = node(1000, true);
	fixture_build(f);
	start(f, &spins, 1000, 1000, 1 << 30);
	start(f, &spins, 500, 0, 0);
	start(f, NULL, 500, 0, 0);
	fixture_run(f, 100 * SIM_SECOND);
	assert_near(used(f, 0), 50, 1e-9);
	assert_near(used(f, 1), 50, 1e-9);
	fixture_free(f);

	/* Its request counts in the class also if nobody models what it does. */
	f = node(1000, true);
	fixture_build(f);
	start(f, &spins, 1000, 1000, 1 << 30);
	start(f, &spins, 500, 0, 0);
	start(f, &unmodelled, 500, 0, 0);
	fixture_run(f, 100 * SIM_SECOND);
	assert_near(used(f, 0), 50, 1e-9);
	assert_near(used(f, 1), 50, 1e-9);
	f->runtime->kill(f->runtime->self, f->pods[2].handle);
	fixture_run(f, 253600 * SIM_MILLISECOND); /* 153.6 s more, by 1024 to 512 */
	assert_near(used(f, 1), 50 + 51.2, 1e-9);
	fixture_free(f);
}

static void test_containers_share_what_their_pod_gets(void **state)
{
	struct fixture *f = node(1000, true);

	fixture_build(f);
	start(f, &spins, 500, 0, 0);
	start(f, &spins, 500, 0, 0);
	/* a second container in the second pod: its request is in the pod's, which the kubelet made
	 * for all of them */
	struct container *all = g_new0(struct container, 2);
	struct fixture_pod *pod = &f->pods[2];

	f->runtime->kill(f->runtime->self, f->pods[1].handle);
	f->runtime->remove(f->runtime->self, f->pods[1].handle);
	all[0] = f->pods[1].container;
	all[1] = (struct container){.name = (char *)"second"};
	resource_list_set(&all[1].requests, "cpu", 1500);
	f->pods[1].spec = (struct pod_spec){.containers = all, .n_containers = 2};
	pod->fixture = f;
	for (unsigned i = 0; i < 2; i++) {
		struct runtime_container **handle = i ? &pod->handle : &f->pods[1].handle;

		*handle = f->runtime->start(f->runtime->self, &f->pods[1].pod, &all[i], 0,
		                            ignore_exit, pod);
	}
	fixture_run(f, 100 * SIM_SECOND);
	const double first = server_cpu_seconds((struct server *)f->pods[1].handle);
	const double second = server_cpu_seconds((struct server *)pod->handle);

	/* 500m against 2 cores */
	assert_near(used(f, 0), 20, 1e-9);
	assert_near(first + second, 80, 1e-9);
	assert_near(first, 20, 1e-9);
	fixture_free(f);
	resource_list_clear(&all[1].requests);
	g_free(all);
}

static void test_pods_that_are_not_modelled_take_what_they_request(void **state)
{
	struct fixture *f = node(4000, true);

	f->others_milli = 1000;
	fixture_build(f);
	start(f, &burns, 100, 0, 0);
	fixture_run(f, 100 * SIM_SECOND);
	assert_near(used(f, 0), 0.99 * 300, 1e-6);
	fixture_free(f);

	/* A BestEffort pod gets something even where everything is requested. */
	f = node(1000, true);
	f->others_milli = 1000;
	fixture_build(f);
	start(f, &spins, 0, 0, 0);
	fixture_run(f, 1026 * SIM_SECOND);
	assert_near(used(f, 0), 2, 1e-6);
	fixture_free(f);
}

/* --- by instants --- */

static void test_a_job_is_slowed_from_the_instant_at_which_another_comes(void **state)
{
	struct fixture *f = node(1000, true);
	struct answer_note a = {0}, b = {0};

	distribution_unref(f->routes[0].cpu);
	f->routes[0].cpu = distribution_constant(30e6);
	fixture_build(f);
	start(f, NULL, 750, 0, 0);
	start(f, NULL, 250, 0, 0);
	fixture_run(f, 1);
	const sim_time zero = simulation_now(f->sim);

	fixture_probe(f, 0, HANDLER_HTTP_GET, "/predict", 8000, SIM_SECOND, &a);
	fixture_run(f, zero + 10 * SIM_MILLISECOND);
	fixture_probe(f, 1, HANDLER_HTTP_GET, "/predict", 8000, SIM_SECOND, &b);
	fixture_run(f, zero + SIM_SECOND);
	/* 10 ms alone, 20 ms at 3/4 of a core; the other then has 30 - 80/12 ms to do alone */
	assert_near(a.at - zero, 10e6 + 20e6 / 0.75, 3);
	assert_near(b.at - zero, 60e6, 3);
	fixture_free(f);
}

static void test_a_container_that_ends_or_starts_changes_the_others_at_once(void **state)
{
	struct fixture *f = node(1000, true);

	fixture_build(f);
	start(f, &spins, 500, 0, 0);
	start(f, &spins, 500, 0, 0);
	fixture_run(f, 10 * SIM_SECOND);
	f->runtime->kill(f->runtime->self, f->pods[1].handle);
	fixture_run(f, 20 * SIM_SECOND);
	assert_near(used(f, 0), 5 + 10, 1e-9);
	fixture_restart(&f->pods[1]);
	fixture_run(f, 30 * SIM_SECOND);
	assert_near(used(f, 0), 5 + 10 + 5, 1e-9);
	assert_near(used(f, 1), 5, 1e-9);
	fixture_free(f);
}

static void test_a_node_that_can_hold_all_limits_is_not_watched(void **state)
{
	struct fixture *f = node(4000, false);

	f->others_milli = 1000;
	fixture_build(f);
	start(f, &spins, 100, 2000, 0);
	start(f, &spins, 100, 1000, 0);
	assert_true(server_of(f, 0)->cpu.changed == NULL);
	start(f, &spins, 100, 1, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(server_of(f, i)->cpu.changed != NULL);
	}
	f->runtime->kill(f->runtime->self, f->pods[2].handle);
	assert_true(server_of(f, 0)->cpu.changed == NULL);
	fixture_free(f);
}

/* Gives pod number @pod another request and limit at this instant. */
static void resize(struct fixture *f, unsigned pod, int64_t request, int64_t limit)
{
	struct container *container = &f->pods[pod].container;

	resource_list_set(&container->requests, "cpu", request);
	resource_list_set(&container->limits, "cpu", limit);
	assert_true(f->runtime->resize(f->runtime->self, f->pods[pod].handle, &f->pods[pod].spec,
	                               container));
}

static void test_a_new_request_weighs_and_a_new_limit_bounds_from_its_instant_on(void **state)
{
	struct fixture *f = node(2000, true);

	fixture_build(f);
	start(f, &burns, 500, 500, 0);
	start(f, &burns, 500, 2000, 0);
	fixture_run(f, 10 * SIM_SECOND);
	/* of background work 99 % is used */
	assert_near(used(f, 0), 0.99 * 5, 1e-6);
	assert_near(used(f, 1), 0.99 * (20 - 0.99 * 5), 1e-6);
	const double before[] = {used(f, 0), used(f, 1)};

	resize(f, 0, 1500, 2000);
	fixture_run(f, 20 * SIM_SECOND);
	assert_near(used(f, 0) - before[0], 0.99 * 15, 1e-6);
	assert_near(used(f, 1) - before[1], 0.99 * 5, 1e-6);
	resize(f, 0, 125, 1000); /* the node can hold both now, and then no longer */
	resize(f, 1, 125, 1000);
	assert_true(server_of(f, 0)->cpu.changed == NULL);
	fixture_run(f, 30 * SIM_SECOND);
	assert_near(used(f, 0) - before[0], 0.99 * 25, 1e-6);
	assert_near(used(f, 1) - before[1], 0.99 * 15, 1e-6);
	resize(f, 1, 375, 3000);
	assert_true(server_of(f, 0)->cpu.changed != NULL);
	fixture_run(f, 40 * SIM_SECOND);
	assert_near(used(f, 0) - before[0], 0.99 * 30, 1e-6);
	assert_near(used(f, 1) - before[1], 0.99 * 30, 1e-6);
	fixture_free(f);
}

/* --- what is counted --- */

static void test_waiting_for_others_is_not_throttling(void **state)
{
	struct fixture *f = node(1000, true);

	fixture_build(f);
	start(f, &spins, 500, 0, 0);
	start(f, &spins, 500, 250, 0); /* its limit is below its part */
	fixture_run(f, 100 * SIM_SECOND);
	assert_near(fixture_usage(f, 0).throttled_seconds, 0, 1e-9);
	assert_near(fixture_usage(f, 0).waited_seconds, 100, 1e-9);
	assert_near(fixture_usage(f, 1).throttled_seconds, 100, 1e-9);
	assert_near(fixture_usage(f, 1).waited_seconds, 0, 1e-9);
	assert_near(used(f, 0), 75, 1e-9);
	assert_near(used(f, 1), 25, 1e-9);
	fixture_free(f);
}

static void test_background_takes_its_share_of_what_the_container_gets(void **state)
{
	struct fixture *f = node(1000, true);

	fixture_build(f);
	start(f, &hums, 500, 0, 0); /* wants 1 core, 600m of it in the background */
	start(f, &spins, 500, 0, 0);
	fixture_run(f, 100 * SIM_SECOND);
	const struct server *server = server_of(f, 0);

	assert_near(used(f, 0), 50, 1e-9);
	assert_near(used(f, 1), 50, 1e-9);
	assert_near(server->cpu.served / 1e9, 0.01 * 50, 1e-9);
	f->runtime->kill(f->runtime->self, f->pods[1].handle);
	fixture_run(f, 200 * SIM_SECOND);
	assert_near(used(f, 0), 150, 1e-9);
	assert_near(server->cpu.served / 1e9, 0.5 + 40, 1e-9);
	fixture_free(f);
}

/* --- theory --- */

struct own_load { /* lives as long as its clients */
	struct load load;
	struct rate_point rate;
};

/* An open load of @rate requests a second on pod number @pod alone. */
static struct clients *open_load(struct fixture *f, unsigned pod, double rate, struct own_load *own)
{
	own->rate = (struct rate_point){0, rate};
	own->load = f->load;
	own->load.users = 0;
	own->load.connections.keep_alive = false;
	own->load.rate = &own->rate;
	f->service = proxy_table_port(f->table, "default", f->pods[pod].pod.object.meta.name, 8000);
	fixture_endpoints(f, 1U << pod);
	f->clients[pod] = clients_new(f->sim, f->servers, f->network, &f->trace, &own->load, pod,
	                              f->service, f->rtt);
	return f->clients[pod];
}

static double mean_seconds(const struct clients *clients)
{
	assert_int_equal(clients_results(clients)->failures, 0);
	return histogram_mean(clients_results(clients)->latency) / 1e9;
}

static void assert_mm1(const struct application *neighbour, double capacity)
{
	struct fixture *f = node(1000, true);
	const double rate = 0.6 * capacity / 0.02;
	struct own_load own;

	fixture_build(f);
	start(f, NULL, 750, 0, 0);
	start(f, neighbour, 250, 0, 0);
	const struct clients *clients = open_load(f, 0, rate, &own);

	fixture_run(f, (sim_time)(fixture_size(3e6, 5e4) / rate * 1e9));
	assert_within(mean_seconds(clients), 0.02 / capacity / (1 - 0.6), fixture_size(0.01, 0.08));
	fixture_free(f);
}

static void test_beside_an_idle_pod_it_is_mm1_with_all_of_the_node(void **state)
{
	assert_mm1(NULL, 1);
}

static void test_beside_a_busy_pod_it_is_mm1_with_its_part_of_the_node(void **state)
{
	assert_mm1(&spins, 0.75);
}

/* Whatever the weights: nothing is lost, so the number of jobs with equal, exponential demands is
 * that of one queue, M/M/c (here c = 1 and 2), and Little's law gives the mean response time over
 * both. */
static void assert_work_is_conserved(int64_t cores, double in_system)
{
	struct fixture *f = node(1000 * cores, true);
	const double rates[] = {0.3 * (double)cores / 0.02, 0.4 * (double)cores / 0.02};
	struct own_load own[2];

	f->application.cores_per_worker = 0;
	fixture_build(f);
	start(f, NULL, 800, 0, 0);
	start(f, NULL, 200, 0, 0);
	const struct clients *a = open_load(f, 0, rates[0], &own[0]);
	const struct clients *b = open_load(f, 1, rates[1], &own[1]);
	const double seconds = fixture_size(3e6, 5e4) / (rates[0] + rates[1]);

	fixture_run(f, (sim_time)(seconds * 1e9));
	assert_within(rates[0] * mean_seconds(a) + rates[1] * mean_seconds(b), in_system,
	              fixture_size(0.01, 0.08));
	assert_within(used(f, 0) + used(f, 1), 0.7 * (double)cores * seconds,
	              fixture_size(0.01, 0.08));
	assert_true(mean_seconds(a) < mean_seconds(b));
	fixture_free(f);
}

static void test_no_work_is_lost_between_pods(void **state)
{
	assert_work_is_conserved(1, 0.7 / 0.3);
	assert_work_is_conserved(2, 2 * 0.7 / (1 - 0.7 * 0.7));
}

/* BestEffort beside a pod of 16 cores: as good as preemptive priority, whose means are known. */
static void test_a_best_effort_pod_gets_what_is_left(void **state)
{
	struct fixture *f = node(1000, true);
	const double rate = 0.35 / 0.02;
	struct own_load own[2];

	fixture_build(f);
	start(f, NULL, 16000, 0, 0);
	start(f, NULL, 0, 0, 0);
	const struct clients *first = open_load(f, 0, rate, &own[0]);
	const struct clients *second = open_load(f, 1, rate, &own[1]);

	fixture_run(f, (sim_time)(fixture_size(2e6, 3e4) / rate * 1e9));
	assert_within(mean_seconds(first), 0.02 / 0.65, fixture_size(0.01, 0.08));
	assert_within(mean_seconds(second), 0.02 / (0.65 * 0.30), fixture_size(0.015, 0.15));
	fixture_free(f);
}

/* --- conservation, at any time --- */

static void assert_node_is_never_overdrawn(bool cfs)
{
	struct fixture *f = node(2000, false);
	struct own_load own;
	double before = 0;
	bool full = false;

	f->cfs_throttling = cfs;
	f->application.workers = 2;
	f->application.background_milli = 100;
	fixture_build(f);
	start(f, NULL, 500, 1000, 0);
	start(f, NULL, 250, 1500, 1 << 30);
	start(f, NULL, 0, 0, 0);
	start(f, NULL, 700, 700, 1 << 30);
	open_load(f, 0, 75, &own); /* 1.5 cores, and 0.4 in the background */
	fixture_endpoints(f, 15);
	const int steps = (int)fixture_size(20000, 2000);

	for (int i = 1; i <= steps; i++) {
		double now = 0;

		fixture_run(f, i * 7 * SIM_MILLISECOND);
		for (unsigned pod = 0; pod < f->n_pods; pod++) {
			now += server_cpu_seconds((struct server *)f->pods[pod].handle);
		}
		assert_true(now - before <= 2 * 0.007 + 1e-7);
		full = full || now - before >= 2 * 0.007 - 1e-7;
		before = now;
	}
	assert_true(full);
	fixture_free(f);
}

static void test_a_node_never_gives_more_than_it_has(void **state)
{
	assert_node_is_never_overdrawn(false);
	assert_node_is_never_overdrawn(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_busy_containers_get_the_cpu_by_request),
	    cmocka_unit_test(test_what_one_leaves_goes_to_the_others_by_weight),
	    cmocka_unit_test(test_classes_stand_beside_guaranteed_pods),
	    cmocka_unit_test(test_containers_share_what_their_pod_gets),
	    cmocka_unit_test(test_pods_that_are_not_modelled_take_what_they_request),
	    cmocka_unit_test(test_a_job_is_slowed_from_the_instant_at_which_another_comes),
	    cmocka_unit_test(test_a_container_that_ends_or_starts_changes_the_others_at_once),
	    cmocka_unit_test(test_a_node_that_can_hold_all_limits_is_not_watched),
	    cmocka_unit_test(test_a_new_request_weighs_and_a_new_limit_bounds_from_its_instant_on),
	    cmocka_unit_test(test_waiting_for_others_is_not_throttling),
	    cmocka_unit_test(test_background_takes_its_share_of_what_the_container_gets),
	    cmocka_unit_test(test_beside_an_idle_pod_it_is_mm1_with_all_of_the_node),
	    cmocka_unit_test(test_beside_a_busy_pod_it_is_mm1_with_its_part_of_the_node),
	    cmocka_unit_test(test_no_work_is_lost_between_pods),
	    cmocka_unit_test(test_a_best_effort_pod_gets_what_is_left),
	    cmocka_unit_test(test_a_node_never_gives_more_than_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
