/* The whole format, by one example that has every part once, and what --set makes of it. The folder
 * of the example is given as the argument. */

#include "scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char *example_path;

static struct scenario *load_example(const char *const *sets, GError **error)
{
	const struct scenario_overrides overrides = {.sets = (GStrv)sets};

	return scenario_load(example_path, &overrides, error);
}

static int set_up(void **state)
{
	GError *error = NULL;

	*state = load_example(NULL, &error);
	if (!*state) {
		print_error("%s\n", error->message);
		return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	scenario_free(*state);
	return 0;
}

static void test_times_seed_and_names_are_read(void **state)
{
	const struct scenario *s = *state;

	assert_string_equal(s->name, "idle-replica");
	assert_int_equal(s->from, -73 * SIM_MINUTE);
	assert_int_equal(s->to, 25 * SIM_MINUTE);
	assert_int_equal(s->seed, 7);
	assert_true(s->has_measure);
	assert_int_equal(s->measure_from, 620 * SIM_SECOND);
	assert_int_equal(s->measure_to, 720 * SIM_SECOND);
	assert_string_equal(s->version, "1.32");
	assert_int_equal(s->release.minor, 32);
	assert_int_equal(s->clock_zero, 1762356600);
}

static void test_a_count_makes_several_nodes(void **state)
{
	const struct scenario *s = *state;
	int64_t milli;

	assert_int_equal(s->n_nodes, 4);
	assert_string_equal(s->nodes[0].name, "docker-desktop");
	assert_string_equal(s->nodes[1].name, "worker-1");
	assert_string_equal(s->nodes[3].name, "worker-3");
	assert_true(resource_list_get(&s->nodes[0].allocatable, "memory", &milli));
	assert_int_equal(milli, INT64_C(13824) * 1024 * 1024 * 1000);
	assert_true(resource_list_get(&s->nodes[0].other_requests, "cpu", &milli));
	assert_int_equal(milli, 3000);
	assert_true(resource_list_get(&s->nodes[1].allocatable, "pods", &milli));
	assert_int_equal(milli, 110000);
	assert_string_equal(string_map_get(s->nodes[2].labels, "disk"), "ssd");
	assert_int_equal(s->nodes[2].taints->len, 1);
	assert_null(s->nodes[0].taints);
}

static void test_components_have_their_real_defaults(void **state)
{
	const struct scenario *s = *state;
	const struct component_settings *c = &s->components;

	assert_int_equal(c->hpa_sync_period, 15 * SIM_SECOND);
	assert_int_equal(c->hpa_downscale_stabilization, 5 * SIM_MINUTE);
	assert_int_equal(c->hpa_initial_readiness_delay, 30 * SIM_SECOND);
	assert_float_equal(c->hpa_tolerance, 0.1, 0);
	assert_int_equal(c->max_endpoints_per_slice, 100);
	assert_int_equal(c->metric_resolution, 15 * SIM_SECOND);
	assert_int_equal(c->sync_frequency, SIM_MINUTE);
	assert_int_equal(c->backoff_max, 300 * SIM_SECOND);
	assert_int_equal(c->proxy_mode, PROXY_IPTABLES);
	assert_int_equal(c->proxy_min_sync_period, SIM_SECOND);
	assert_int_equal(c->proxy_sync_period, 30 * SIM_SECOND);
	assert_int_equal(c->scheduler_max_backoff, 10 * SIM_SECOND);
	assert_float_equal(distribution_mean(s->timing.container_start), 3e9, 0);
	assert_int_equal(s->timing.proxy_sync, 50 * SIM_MILLISECOND);
	assert_int_equal(s->timing.controller, 20 * SIM_MILLISECOND);
	assert_int_equal(s->rtt, SIM_MILLISECOND);
	assert_false(s->cfs_throttling);
}

static void test_manifests_are_split_and_keep_their_places(void **state)
{
	const struct scenario *s = *state;
	const struct doc *last = s->manifests->pdata[s->manifests->len - 1];

	assert_string_equal(doc_text(doc_get(last, "kind")), "Service");
	assert_string_equal(doc_text(doc_find(last, "metadata", "namespace", NULL)), "team-b");
	assert_true(g_str_has_suffix(doc_where(last).file, "manifests/team.yaml"));
	assert_int_equal(doc_where(last).line, 22);
}

static void test_an_application_is_read(void **state)
{
	const struct scenario *s = *state;
	const struct application *a = &s->applications[0];

	assert_int_equal(s->n_applications, 2);
	assert_string_equal(a->match.image, "inference:v1");
	assert_float_equal(distribution_mean(a->listens_after), 12e9, 0);
	assert_int_equal(a->startup_cpu, 3 * SIM_SECOND);
	assert_int_equal(a->n_dependencies, 2);
	assert_float_equal(distribution_mean(a->dependencies[0].ready_after), 20e9, 0);
	assert_null(a->dependencies[1].ready_after);
	assert_int_equal(a->pools[0].concurrency, 16);
	assert_int_equal(a->pools[0].queue, 1000);
	assert_int_equal(a->background_milli, 105);
	assert_int_equal(a->memory_base, INT64_C(1700) << 20);
	assert_int_equal(a->memory_per_request, 1 << 20);
	assert_true(a->on_term.stops_listening);
	assert_float_equal(distribution_mean(a->on_term.exit_after), 2e9, 0);
	assert_int_equal(a->routes[1].n_needs, 2);
	assert_int_equal(a->routes[1].needs[1], 1);
	assert_int_equal(a->routes[2].pool, 0);
	assert_int_equal(a->routes[0].pool, -1);
	assert_int_equal(distribution_kind_of(a->routes[2].cpu), DISTRIBUTION_GAMMA);
	assert_float_equal(distribution_mean(a->routes[2].wait), 140e6, 1e-6);
	assert_true(s->applications[1].exits.active);
	assert_int_equal(s->applications[1].routes[0].status, 204);
}

static void test_empirical_values_come_from_a_file(void **state)
{
	const struct scenario *s = *state;
	const struct distribution *d = s->applications[0].routes[3].wait;

	assert_int_equal(distribution_kind_of(d), DISTRIBUTION_EMPIRICAL);
	assert_true(distribution_quantile(d, 0.999999) <= 1e9);
	assert_true(distribution_quantile(d, 0.999999) > 0.99e9);
	assert_true(distribution_quantile(d, 0.000001) < 12.1e6);
}

static void test_the_longest_route_wins_and_others_answer_404(void **state)
{
	const struct scenario *s = *state;
	const struct application *a = &s->applications[0];

	assert_int_equal(application_route(a, "/predict"), 2);
	assert_int_equal(application_route(a, "/predict?x=1"), 2);
	assert_int_equal(application_route(a, "/predict/"), -1);
	assert_int_equal(application_route(a, "/static/a"), 3);
	assert_int_equal(application_route(a, "/static/big/a"), 4);
	assert_int_equal(application_route(a, "/static"), -1);
	assert_int_equal(application_route(a, "/health"), -1);
	assert_int_equal(application_route(&s->applications[1], "/health"), 0);
}

static void test_the_first_application_that_fits_is_the_model(void **state)
{
	const struct scenario *s = *state;
	struct container v1 = {.name = (char *)"inference", .image = (char *)"inference:v1"};
	struct container v2 = {.name = (char *)"inference", .image = (char *)"inference:v2"};
	struct string_map *labels = string_map_with(NULL, "app", "inference");

	assert_ptr_equal(scenario_application(s, "default", "inference", labels, &v1),
	                 &s->applications[0]);
	assert_ptr_equal(scenario_application(s, "default", NULL, NULL, &v1), &s->applications[0]);
	assert_ptr_equal(scenario_application(s, "default", "inference", labels, &v2),
	                 &s->applications[1]);
	assert_null(scenario_application(s, "team-b", "inference", labels, &v2));
	assert_null(scenario_application(s, "default", "other", labels, &v2));
	assert_null(scenario_application(s, "default", "inference", NULL, &v2));
	string_map_unref(labels);
}

static void test_closed_and_open_loads_are_read(void **state)
{
	const struct scenario *s = *state;
	const struct load *closed = &s->loads[0], *steps = &s->loads[1], *csv = &s->loads[2];

	assert_int_equal(s->n_loads, 4);
	assert_int_equal(closed->users, 100);
	assert_float_equal(closed->spawn_rate, 10, 0);
	assert_float_equal(distribution_mean(closed->think_time), 1e9, 0);
	assert_false(closed->connections.keep_alive);
	assert_int_equal(closed->n_requests, 2);
	assert_float_equal(closed->requests[0].weight, 8, 0);
	assert_int_equal(closed->duration, 120 * SIM_SECOND);
	assert_int_equal(closed->connect_timeout, 130 * SIM_SECOND);
	assert_int_equal(steps->users, 0);
	assert_int_equal(steps->n_rate, 2);
	assert_int_equal(steps->rate[1].at, 300 * SIM_SECOND);
	assert_float_equal(steps->rate[1].rate, 40, 0);
	assert_true(steps->poisson);
	assert_false(steps->ramp);
	assert_int_equal(steps->target.port, 8000);
	assert_int_equal(csv->n_rate, 3);
	assert_int_equal(csv->rate[2].at, 120 * SIM_SECOND);
	assert_float_equal(csv->rate[1].rate, 7.5, 0);
	assert_false(csv->poisson);
	assert_int_equal(csv->duration, 180 * SIM_SECOND);
	assert_int_equal(csv->target.port, 6379);
	assert_true(s->loads[3].ramp);
	assert_float_equal(s->loads[3].rate[1].rate, 10, 0);
}

static void test_actions_stand_in_order_of_time(void **state)
{
	const struct scenario *s = *state;

	assert_int_equal(s->n_timeline, 14);
	assert_string_equal(s->timeline[0].text, "apply manifests/slo.yaml");
	assert_string_equal(s->timeline[1].text, "apply manifests/hpa.yaml");
	for (size_t i = 1; i < s->n_timeline; i++) {
		assert_true(s->timeline[i - 1].at <= s->timeline[i].at);
	}
	assert_int_equal(s->timeline[10].kind, ACTION_ROLLOUT_RESTART);
	assert_int_equal(s->timeline[11].kind, ACTION_ROLLOUT_UNDO);
}

static void test_every_action_is_read(void **state)
{
	const struct scenario *s = *state;
	const struct action *t = s->timeline;

	assert_int_equal(t[0].documents->len, 1);
	assert_int_equal(t[2].object_kind, KIND_HPA);
	assert_string_equal(t[2].name, "inference");
	assert_string_equal(t[2].namespace, "default");
	assert_non_null(doc_find(t[2].patch, "spec", "minReplicas", NULL));
	assert_int_equal(t[3].patch_type, PATCH_STRATEGIC);
	assert_non_null(doc_find(t[3].patch, "spec", "template", NULL));
	assert_int_equal(t[4].replicas, 3);
	assert_string_equal(t[5].application, "inference-v1");
	assert_string_equal(t[5].target, "kafka");
	assert_int_equal(t[5].duration, 60 * SIM_SECOND);
	assert_int_equal(t[6].kind, ACTION_KILL);
	assert_int_equal(t[6].status, 137);
	assert_int_equal(t[6].count, 1);
	assert_non_null(t[6].selector);
	assert_string_equal(t[7].target, "metrics-server");
	assert_string_equal(t[8].target, "/predict");
	assert_int_equal(t[8].status, 500);
	assert_int_equal(t[9].kind, ACTION_DELETE);
	assert_null(t[9].name);
	assert_string_equal(t[12].namespace, "team-b");
	assert_int_equal(t[13].patch_type, PATCH_JSON);
	assert_string_equal(t[13].namespace, "team-b");
}

static void test_metrics_are_read(void **state)
{
	const struct scenario *s = *state;

	assert_int_equal(s->n_metrics, 3);
	assert_int_equal(s->metrics[0].of, CUSTOM_IN_FLIGHT);
	assert_int_equal(s->metrics[0].per, CUSTOM_PER_POD);
	assert_int_equal(s->metrics[1].per, CUSTOM_PER_SERVICE);
	assert_string_equal(s->metrics[1].object_name, "inference");
	assert_float_equal(s->metrics[1].quantile, 0.95, 0);
	assert_int_equal(s->metrics[2].of, CUSTOM_CSV);
	assert_int_equal(s->metrics[2].n_series, 3);
	assert_int_equal(s->n_expectations, 5);
}

/* --- settings --- */

static void test_settings_change_the_scenario(void **state)
{
	static const char *const sets[] = {
	    "load/locust:users=50",
	    "cluster:kubeProxy.mode=ipvs",
	    "cluster:metricsServer.metric-resolution=30s",
	    "spec:seed=11",
	    "application/inference-v1:routes[/predict].cpu=25ms",
	    "application/inference-v1:routes[/predict].wait.gamma.mean=1s",
	    "metric/http_requests_in_flight:scrapeInterval=30s",
	    NULL};
	g_autoptr(GError) error = NULL;
	struct scenario *s = load_example(sets, &error);

	assert_non_null(s);
	assert_int_equal(s->loads[0].users, 50);
	assert_int_equal(s->components.proxy_mode, PROXY_IPVS);
	assert_int_equal(s->components.proxy_min_sync_period, 0);
	assert_int_equal(s->components.metric_resolution, 30 * SIM_SECOND);
	assert_int_equal(s->seed, 11);
	assert_float_equal(distribution_mean(s->applications[0].routes[2].cpu), 25e6, 0);
	assert_float_equal(distribution_mean(s->applications[0].routes[2].wait), 1e9, 1e-3);
	assert_int_equal(s->metrics[0].scrape_interval, 30 * SIM_SECOND);
	scenario_free(s);
}

/* The container of the first object of @objects. */
static const struct doc *first_container(const GPtrArray *objects)
{
	return doc_at(doc_find(objects->pdata[0], "spec", "template", "spec", "containers", NULL),
	              0);
}

static void test_settings_change_manifests_and_later_patches(void **state)
{
	static const char *const sets[] = {
	    "deployment/"
	    "inference:spec.template.spec.containers[inference].startupProbe.httpGet.path=/ping",
	    "default/deployment/"
	    "inference:spec.template.spec.containers[0].readinessProbe.periodSeconds=5",
	    "hpa/inference:spec.minReplicas=3", NULL};
	g_autoptr(GError) error = NULL;
	struct scenario *s = load_example(sets, &error);

	assert_non_null(s);
	const struct doc *manifest = first_container(s->manifests);
	const struct doc *applied = first_container(s->timeline[0].documents);

	/* The first template has no startup probe: none is made up there. */
	assert_null(doc_get(manifest, "startupProbe"));
	assert_string_equal(doc_text(doc_find(manifest, "readinessProbe", "periodSeconds", NULL)),
	                    "5");
	assert_string_equal(doc_text(doc_find(applied, "startupProbe", "httpGet", "path", NULL)),
	                    "/ping");
	assert_string_equal(doc_text(doc_find(applied, "readinessProbe", "periodSeconds", NULL)),
	                    "5");
	assert_string_equal(
	    doc_text(doc_find(s->timeline[1].documents->pdata[0], "spec", "minReplicas", NULL)),
	    "3");
	assert_string_equal(doc_text(doc_find(s->timeline[2].patch, "spec", "minReplicas", NULL)),
	                    "3");
	const struct doc *patched = doc_at(
	    doc_find(s->timeline[3].patch, "spec", "template", "spec", "containers", NULL), 0);

	assert_string_equal(doc_text(doc_find(patched, "startupProbe", "httpGet", "path", NULL)),
	                    "/ping");
	assert_null(doc_find(patched, "readinessProbe", "periodSeconds", NULL));
	scenario_free(s);
}

static void check_fault(const char *set, const char *words)
{
	const char *const sets[] = {set, NULL};
	g_autoptr(GError) error = NULL;
	struct scenario *s = load_example(sets, &error);

	if (s || !strstr(error->message, words)) {
		fail_msg("%s: expected '%s', got %s", set, words, s ? "no fault" : error->message);
	}
}

static void test_a_setting_that_meets_nothing_is_a_fault(void **state)
{
	check_fault("load/locus:users=5", "there is no load `locus`; did you mean `locust`?");
	check_fault("application/x:workers=5", "there is no application `x`");
	check_fault("hpa/infrence:spec.minReplicas=2",
	            "no manifest has hpa/infrence; did you mean `inference`?");
	check_fault("deployment/inference:spec.template.spec.containers[inferenc].image=x",
	            "there is no `inferenc` in containers here; did you mean `inference`?");
	check_fault("load/locust:user=5", "has no field `user`; did you mean `users`?");
	check_fault("load/locust:users=many", "`users` must be a whole number, not many");
	check_fault("deployment/inference:spec.replica=2", "replica");
	check_fault("load/locust:users", "a value is missing");
	check_fault("locust=3", "a setting is TARGET:PATH=VALUE");
}

static void test_the_seed_may_come_from_outside(void **state)
{
	const struct scenario_overrides overrides = {.has_seed = true, .seed = UINT64_MAX};
	struct scenario *s = scenario_load(example_path, &overrides, NULL);

	assert_non_null(s);
	assert_true(s->seed == UINT64_MAX);
	scenario_free(s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times_seed_and_names_are_read),
	    cmocka_unit_test(test_a_count_makes_several_nodes),
	    cmocka_unit_test(test_components_have_their_real_defaults),
	    cmocka_unit_test(test_manifests_are_split_and_keep_their_places),
	    cmocka_unit_test(test_an_application_is_read),
	    cmocka_unit_test(test_empirical_values_come_from_a_file),
	    cmocka_unit_test(test_the_longest_route_wins_and_others_answer_404),
	    cmocka_unit_test(test_the_first_application_that_fits_is_the_model),
	    cmocka_unit_test(test_closed_and_open_loads_are_read),
	    cmocka_unit_test(test_actions_stand_in_order_of_time),
	    cmocka_unit_test(test_every_action_is_read),
	    cmocka_unit_test(test_metrics_are_read),
	    cmocka_unit_test(test_settings_change_the_scenario),
	    cmocka_unit_test(test_settings_change_manifests_and_later_patches),
	    cmocka_unit_test(test_a_setting_that_meets_nothing_is_a_fault),
	    cmocka_unit_test(test_the_seed_may_come_from_outside),
	};

	if (argc != 2) {
		return 2;
	}
	example_path = g_build_filename(argv[1], "example.yaml", NULL);
	int failed = cmocka_run_group_tests(tests, set_up, tear_down);

	g_free(example_path);
	return failed;
}
