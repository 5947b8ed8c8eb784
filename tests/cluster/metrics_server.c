/* What metrics-server and the metrics adapter answer, and when. */

#include "cluster/metrics_server.h"
#include "autoscaling.h"
#include "cluster/metrics_adapter.h"
#include "engine/histogram.h"

struct bench {
	struct autoscaling world;
	struct metrics_server *server;
	struct label_selector *selector;
};

static void begin(struct bench *bench, bool jitter)
{
	struct metrics_server_config config;

	autoscaling_begin(&bench->world, "1.34");
	metrics_server_config_defaults(&config);
	config.jitter = jitter;
	bench->server = metrics_server_new(&bench->world.environment, &config, bench->world.usage);
	bench->selector = label_selector_parse("app=web", NULL);
}

static void end(struct bench *bench)
{
	metrics_server_free(bench->server);
	label_selector_free(bench->selector);
	autoscaling_end(&bench->world);
}

static GPtrArray *query(struct bench *bench)
{
	const char *failure;

	return metrics_server_query(bench->server, "default", bench->selector, &failure);
}

static unsigned known_pods(struct bench *bench)
{
	g_autoptr(GPtrArray) usage = query(bench);

	return usage->len;
}

/* Runs on until there are @n pods in the answer; the time, or -1 when @until comes first. */
static double seconds_until(struct bench *bench, unsigned n, double until)
{
	for (double at = sim_time_to_seconds(simulation_now(bench->world.sim)); at <= until; at++) {
		autoscaling_run(&bench->world, at);
		if (known_pods(bench) == n) {
			return at;
		}
	}
	return -1;
}

static void test_a_new_pod_is_known_after_10_to_45_seconds(void **state)
{
	struct bench bench;

	begin(&bench, true);
	for (int i = 0; i < 20; i++) {
		g_autofree char *name = g_strdup_printf("web-%d", i);
		const double born = 100 * i + 3.7 * i;
		double age;

		autoscaling_run(&bench.world, born);
		struct workload *workload = autoscaling_add_pod(&bench.world, "web", name, 0.25);

		age = seconds_until(&bench, 1, born + 60) - born;
		assert_true(age >= 10 && age <= 46);
		autoscaling_stop(&bench.world, workload);
		assert_true(seconds_until(&bench, 0, born + 95) >
		            0); /* gone with the next scrape */
	}
	end(&bench);
}

static void test_cpu_is_the_mean_over_the_window(void **state)
{
	struct bench bench;

	begin(&bench, true);
	autoscaling_add_pod(&bench.world, "web", "web-0", 0.25);
	for (int at = 60; at < 300; at += 7) {
		autoscaling_run(&bench.world, at);
		g_autoptr(GPtrArray) usage = query(&bench);
		const struct metrics_pod_usage *pod = usage->pdata[0];
		const sim_time now = simulation_now(bench.world.sim);

		assert_int_equal(usage->len, 1);
		/* Times are whole milliseconds, the counter is not: a hair to either side. */
		assert_in_range(pod->containers[0].cpu_nano, 249900000, 250100000);
		assert_int_equal(pod->containers[0].memory_bytes, INT64_C(100) << 20);
		assert_in_range(pod->window, 10 * SIM_SECOND, 36 * SIM_SECOND);
		assert_in_range(now - pod->timestamp, 0, 36 * SIM_SECOND);
	}
	end(&bench);
}

static void test_a_step_in_load_is_fully_seen_within_65_seconds(void **state)
{
	struct bench bench;
	struct workload *workload;

	begin(&bench, true);
	workload = autoscaling_add_pod(&bench.world, "web", "web-0", 0.1);
	autoscaling_run(&bench.world, 300);
	workload_set_cores(workload, 1);
	for (int age = 0; age <= 70; age++) {
		autoscaling_run(&bench.world, 300 + age);
		g_autoptr(GPtrArray) usage = query(&bench);
		const int64_t nano =
		    ((const struct metrics_pod_usage *)usage->pdata[0])->containers[0].cpu_nano;

		assert_in_range(nano, 99000000, 1001000000);
		if (age == 0) {
			assert_true(nano < 101000000);
		} else if (age >= 65) {
			assert_true(nano > 999000000);
		}
	}
	end(&bench);
}

static void test_samples_are_10_to_20_seconds_apart_and_up_to_30_when_idle(void **state)
{
	struct bench bench;
	struct workload *busy, *idle;
	sim_time longest = 0;

	begin(&bench, true);
	busy = autoscaling_add_pod(&bench.world, "web", "web-0", 0.2);
	idle = autoscaling_add_pod(&bench.world, "web", "web-1", 0);
	autoscaling_run(&bench.world, 3000);
	assert_true(busy->read_at->len > 170 && busy->read_at->len < 240);
	for (unsigned i = 1; i < busy->read_at->len; i++) {
		const sim_time *at = (const sim_time *)(void *)busy->read_at->data;

		assert_in_range(at[i] - at[i - 1], 10 * SIM_SECOND, 20 * SIM_SECOND);
	}
	for (unsigned i = 1; i < idle->read_at->len; i++) {
		const sim_time *at = (const sim_time *)(void *)idle->read_at->data;

		longest = MAX(longest, at[i] - at[i - 1]);
		assert_in_range(at[i] - at[i - 1], 10 * SIM_SECOND, 30 * SIM_SECOND);
	}
	assert_true(longest > 25 * SIM_SECOND);
	end(&bench);
}

static void test_without_jitter_samples_come_every_15_seconds(void **state)
{
	struct bench bench;
	struct workload *busy;

	begin(&bench, false);
	busy = autoscaling_add_pod(&bench.world, "web", "web-0", 0.2);
	autoscaling_run(&bench.world, 61);
	assert_int_equal(busy->read_at->len, 5);
	assert_int_equal(g_array_index(busy->read_at, sim_time, 4), 60 * SIM_SECOND);
	end(&bench);
}

static void test_a_pod_that_has_not_used_anything_is_not_known(void **state)
{
	struct bench bench;
	struct workload *workload;

	begin(&bench, true);
	workload = autoscaling_add_pod(&bench.world, "web", "web-0", 0);
	assert_true(seconds_until(&bench, 1, 120) < 0);
	workload_set_cores(workload, 0.1);
	assert_true(seconds_until(&bench, 1, 240) > 0);
	end(&bench);
}

static void test_a_restarted_container_takes_its_pod_away_for_a_while(void **state)
{
	struct bench bench;
	struct workload *sidecar;
	double back;

	begin(&bench, true);
	autoscaling_add_pod(&bench.world, "web", "web-0", 0.2);
	sidecar = autoscaling_start(&bench.world, "web-0", "sidecar", 0.1);
	autoscaling_run(&bench.world, 120);
	assert_int_equal(known_pods(&bench), 1);
	autoscaling_stop(&bench.world, sidecar);
	autoscaling_run(&bench.world, 150); /* not running: the pod is known without it */
	g_autoptr(GPtrArray) without = query(&bench);

	assert_int_equal(((const struct metrics_pod_usage *)without->pdata[0])->n_containers, 1);
	autoscaling_start(&bench.world, "web-0", "sidecar", 0.1);
	assert_true(seconds_until(&bench, 0, 170) > 0);
	back = seconds_until(&bench, 1, 220);
	assert_true(back > 0 && back <= 150 + 46);
	g_autoptr(GPtrArray) with = query(&bench);

	assert_int_equal(((const struct metrics_pod_usage *)with->pdata[0])->n_containers, 2);
	end(&bench);
}

static void test_an_outage_loses_what_was_known(void **state)
{
	struct bench bench;
	const char *failure = NULL;

	begin(&bench, true);
	autoscaling_add_pod(&bench.world, "web", "web-0", 0.2);
	autoscaling_run(&bench.world, 120);
	metrics_server_set_outage(bench.server, true);
	assert_null(metrics_server_query(bench.server, "default", bench.selector, &failure));
	assert_string_equal(
	    failure,
	    "the server is currently unable to handle the request (get pods.metrics.k8s.io)");
	autoscaling_run(&bench.world, 180);
	metrics_server_set_outage(bench.server, false);
	autoscaling_run(&bench.world, 181);
	assert_int_equal(known_pods(&bench), 0); /* one point */
	assert_true(seconds_until(&bench, 1, 225) > 0);
	end(&bench);
}

static void test_other_pods_do_not_answer(void **state)
{
	struct bench bench;

	begin(&bench, true);
	autoscaling_add_pod(&bench.world, "web", "web-0", 0.2);
	autoscaling_add_pod(&bench.world, "db", "db-0", 0.2);
	autoscaling_run(&bench.world, 100);
	assert_int_equal(known_pods(&bench), 1);
	end(&bench);
}

/* --- the adapter --- */

struct adapter_bench {
	struct autoscaling world;
	struct metrics_adapter *adapter;
	struct label_selector *selector;
	struct adapter_metric metric;
};

static void adapter_begin(struct adapter_bench *bench, enum adapter_source source,
                          enum adapter_scope scope)
{
	autoscaling_begin(&bench->world, "1.34");
	bench->selector = label_selector_parse("app=web", NULL);
	bench->metric = (struct adapter_metric){
	    .name = "figure",
	    .namespace = "default",
	    .source = source,
	    .scope = scope,
	    .object_name = scope == ADAPTER_PER_OBJECT ? "web" : NULL,
	    .quantile = 0.5,
	    .over = SIM_MINUTE,
	    .scrape_interval = 15 * SIM_SECOND,
	};
	bench->adapter =
	    metrics_adapter_new(&bench->world.environment, &bench->metric, 1, bench->world.usage);
}

static void adapter_end(struct adapter_bench *bench)
{
	metrics_adapter_free(bench->adapter);
	label_selector_free(bench->selector);
	autoscaling_end(&bench->world);
}

/* The value of the only pod in the answer; -1: none answers. */
static int64_t pod_figure(struct adapter_bench *bench)
{
	char *failure = NULL;
	g_autoptr(GArray) values =
	    metrics_adapter_pods(bench->adapter, "default", "figure", bench->selector, &failure);

	assert_null(failure);
	return values->len == 1 ? g_array_index(values, struct adapter_value, 0).milli : -1;
}

static void test_a_gauge_is_as_old_as_the_last_scrape(void **state)
{
	struct adapter_bench bench;
	struct workload *workload;

	adapter_begin(&bench, ADAPTER_IN_FLIGHT, ADAPTER_PER_POD);
	workload = autoscaling_add_pod(&bench.world, "web", "web-0", 0.1);
	workload->application.in_flight = 7;
	assert_int_equal(pod_figure(&bench), -1);
	autoscaling_run(&bench.world, 15);
	assert_int_equal(pod_figure(&bench), 7000);
	workload->application.in_flight = 9;
	assert_int_equal(pod_figure(&bench), 7000);
	autoscaling_run(&bench.world, 30);
	assert_int_equal(pod_figure(&bench), 9000);
	autoscaling_stop(&bench.world, workload);
	assert_int_equal(pod_figure(&bench), 9000);
	autoscaling_run(&bench.world, 45);
	assert_int_equal(pod_figure(&bench), -1);
	adapter_end(&bench);
}

static void test_a_rate_needs_two_samples_and_is_stretched_to_its_window(void **state)
{
	struct adapter_bench bench;
	struct workload *workload;

	adapter_begin(&bench, ADAPTER_RATE, ADAPTER_PER_POD);
	autoscaling_run(&bench.world, 200);
	workload = autoscaling_add_pod(&bench.world, "web", "web-0", 0.1);
	workload->request_rate = 20;
	autoscaling_run(&bench.world, 215);
	assert_int_equal(pod_figure(&bench), -1);
	autoscaling_run(&bench.world, 230);
	/* 15 s of the window are sampled; half a distance more is assumed at each end. */
	assert_in_range(pod_figure(&bench), 5000, 11000);
	autoscaling_run(&bench.world, 300);
	assert_in_range(pod_figure(&bench), 19900, 20100);
	adapter_end(&bench);
}

static void test_errors_are_a_share_of_what_ended(void **state)
{
	struct adapter_bench bench;
	struct workload *workload;

	adapter_begin(&bench, ADAPTER_ERROR_RATE, ADAPTER_PER_POD);
	workload = autoscaling_add_pod(&bench.world, "web", "web-0", 0.1);
	autoscaling_run(&bench.world, 60);
	assert_int_equal(pod_figure(&bench), 0);
	workload->application.answered = 300;
	workload->application.errors = 100;
	autoscaling_run(&bench.world, 75);
	assert_in_range(pod_figure(&bench), 249, 250);
	adapter_end(&bench);
}

static void test_a_latency_is_that_of_the_window(void **state)
{
	struct adapter_bench bench;
	struct workload *workload;
	struct histogram *latency = histogram_new(128);

	for (int i = 0; i < 1000; i++) {
		histogram_add(latency, 100 * SIM_MILLISECOND);
	}
	adapter_begin(&bench, ADAPTER_LATENCY, ADAPTER_PER_POD);
	workload = autoscaling_add_pod(&bench.world, "web", "web-0", 0.1);
	workload->application.latency = latency;
	autoscaling_run(&bench.world, 60);
	assert_int_equal(pod_figure(&bench), 0); /* none within the window */
	for (int i = 0; i < 10; i++) {
		histogram_add(latency, 300 * SIM_MILLISECOND);
	}
	autoscaling_run(&bench.world, 75);
	assert_in_range(pod_figure(&bench), 298, 302);
	autoscaling_run(&bench.world, 300);
	assert_int_equal(pod_figure(&bench), 0);
	adapter_end(&bench);
	histogram_free(latency);
}

static void add_service(struct autoscaling *world)
{
	struct object *object = object_new(KIND_SERVICE);

	ref_string_set(&object->meta.name, "web");
	ref_string_set(&object->meta.namespace, "default");
	SERVICE(object)->selector = string_map_with(NULL, "app", "web");
	assert_true(store_create(world->store, object, NULL));
	object_unref(object);
}

static void test_an_object_metric_is_of_the_pods_that_its_service_selects(void **state)
{
	struct adapter_bench bench;
	struct adapter_value value;
	char *failure = NULL;
	struct object_reference service = {.kind = (char *)(uintptr_t) "Service",
	                                   .name = (char *)(uintptr_t) "web"};

	adapter_begin(&bench, ADAPTER_QUEUE_LENGTH, ADAPTER_PER_OBJECT);
	add_service(&bench.world);
	autoscaling_add_pod(&bench.world, "web", "web-0", 0.1)->application.queued = 3;
	autoscaling_add_pod(&bench.world, "web", "web-1", 0.1)->application.queued = 4;
	autoscaling_add_pod(&bench.world, "db", "db-0", 0.1)->application.queued = 100;
	autoscaling_run(&bench.world, 20);
	assert_true(
	    metrics_adapter_object(bench.adapter, "default", "figure", &service, &value, &failure));
	assert_int_equal(value.milli, 7000);
	service.name = (char *)(uintptr_t) "other";
	assert_false(
	    metrics_adapter_object(bench.adapter, "default", "figure", &service, &value, &failure));
	assert_string_equal(failure,
	                    "the server could not find the metric figure for services other");
	g_free(failure);
	adapter_end(&bench);
}

static void test_a_series_from_outside_is_seen_after_scrape_and_delay(void **state)
{
	static const struct adapter_point points[] = {{0, 5}, {60 * SIM_SECOND, 50}};
	struct adapter_bench bench;
	double seen = 0;

	adapter_begin(&bench, ADAPTER_SERIES, ADAPTER_EXTERNAL);
	bench.metric.points = points;
	bench.metric.n_points = 2;
	bench.metric.delay = 10 * SIM_SECOND;
	for (int at = 40; at <= 100 && seen == 0; at++) {
		char *failure = NULL;

		autoscaling_run(&bench.world, at);
		g_autoptr(GArray) values =
		    metrics_adapter_external(bench.adapter, "default", "figure", &failure);

		assert_int_equal(values->len, 1);
		seen = g_array_index(values, struct adapter_value, 0).milli == 50000 ? at : 0;
	}
	assert_true(seen >= 70 && seen <= 86);
	adapter_end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_new_pod_is_known_after_10_to_45_seconds),
	    cmocka_unit_test(test_cpu_is_the_mean_over_the_window),
	    cmocka_unit_test(test_a_step_in_load_is_fully_seen_within_65_seconds),
	    cmocka_unit_test(test_samples_are_10_to_20_seconds_apart_and_up_to_30_when_idle),
	    cmocka_unit_test(test_without_jitter_samples_come_every_15_seconds),
	    cmocka_unit_test(test_a_pod_that_has_not_used_anything_is_not_known),
	    cmocka_unit_test(test_a_restarted_container_takes_its_pod_away_for_a_while),
	    cmocka_unit_test(test_an_outage_loses_what_was_known),
	    cmocka_unit_test(test_other_pods_do_not_answer),
	    cmocka_unit_test(test_a_gauge_is_as_old_as_the_last_scrape),
	    cmocka_unit_test(test_a_rate_needs_two_samples_and_is_stretched_to_its_window),
	    cmocka_unit_test(test_errors_are_a_share_of_what_ended),
	    cmocka_unit_test(test_a_latency_is_that_of_the_window),
	    cmocka_unit_test(test_an_object_metric_is_of_the_pods_that_its_service_selects),
	    cmocka_unit_test(test_a_series_from_outside_is_seen_after_scrape_and_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
