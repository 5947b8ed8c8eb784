/* When the HPA controller looks, and what it writes. */

#include "cluster/hpa_controller.h"
#include "autoscaling.h"

#include <string.h>

struct bench {
	struct autoscaling world;
	struct metrics_server *server;
	struct hpa_controller *controller;
};

static void begin(struct bench *bench, const char *version)
{
	struct metrics_server_config metrics;
	struct hpa_controller_config config;

	autoscaling_begin(&bench->world, version);
	metrics_server_config_defaults(&metrics);
	hpa_controller_config_defaults(&config);
	bench->server = metrics_server_new(&bench->world.environment, &metrics, bench->world.usage);
	bench->controller =
	    hpa_controller_new(&bench->world.environment, &config, bench->server, NULL);
}

static void end(struct bench *bench)
{
	hpa_controller_free(bench->controller);
	metrics_server_free(bench->server);
	autoscaling_end(&bench->world);
}

static sim_time look(const struct bench *bench, unsigned number)
{
	return g_array_index(bench->world.looks, sim_time, number);
}

/* Two pods that use @cores each, and the Deployment and HPA around them. */
static void add_web(struct bench *bench, double cores)
{
	autoscaling_add_deployment(&bench->world, "web", 2);
	autoscaling_add_pod(&bench->world, "web", "web-0", cores);
	autoscaling_add_pod(&bench->world, "web", "web-1", cores);
}

static void test_before_1_37_a_new_hpa_waits_for_a_sync_period(void **state)
{
	struct bench bench;

	begin(&bench, "1.36");
	autoscaling_add_deployment(&bench.world, "web", 2);
	autoscaling_run(&bench.world, 5);
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 60);
	assert_int_equal(look(&bench, 0), 20020 * SIM_MILLISECOND);
	end(&bench);
	begin(&bench, "1.37");
	autoscaling_add_deployment(&bench.world, "web", 2);
	autoscaling_run(&bench.world, 5);
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 60);
	assert_int_equal(look(&bench, 0), 5020 * SIM_MILLISECOND);
	end(&bench);
}

static void test_the_phase_drifts_by_what_a_look_takes(void **state)
{
	struct bench bench;

	begin(&bench, "1.36");
	add_web(&bench, 0.05);
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 600);
	assert_true(bench.world.looks->len > 35);
	for (unsigned i = 1; i < bench.world.looks->len; i++) {
		assert_int_equal(look(&bench, i) - look(&bench, i - 1), 15050 * SIM_MILLISECOND);
	}
	end(&bench);
}

static void test_load_above_target_scales_the_deployment_up(void **state)
{
	struct bench bench;
	const struct hpa *hpa;
	const struct deployment *deployment;
	g_autofree char *events = NULL;

	begin(&bench, "1.34");
	add_web(&bench, 0.09);
	autoscaling_run(&bench.world, 400); /* past the initialization period */
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 420);
	deployment = autoscaling_deployment(&bench.world, "web");
	hpa = autoscaling_hpa(&bench.world, "web");
	assert_int_equal(deployment->replicas, 4);
	assert_int_equal(deployment->object.meta.generation, 2);
	g_autofree char *source = doc_to_json(deployment->object.source, 0);

	assert_string_equal(source, "{\"spec\":{\"replicas\":4}}");
	assert_int_equal(hpa->status.current_replicas, 2);
	assert_int_equal(hpa->status.desired_replicas, 4);
	/* 9 cores of a hundred each: 90 or 91 %, as milli-units are rounded up. */
	assert_in_range(hpa->status.metrics[0].utilization, 90, 91);
	assert_true(conditions_are_true(&hpa->status.conditions, "AbleToScale"));
	assert_int_equal(hpa->object.meta.generation, 1);
	assert_int_equal(bench.world.last_current, 2);
	assert_int_equal(bench.world.last_replicas, 4);
	events = autoscaling_events(&bench.world, "SuccessfulRescale");
	assert_string_equal(events, "New size: 4; reason: cpu resource utilization (percentage of "
	                            "request) above target\n");
	end(&bench);
}

static void test_load_below_target_scales_down_after_the_window(void **state)
{
	struct bench bench;
	sim_time first_look;

	begin(&bench, "1.34");
	add_web(&bench, 0.02);
	autoscaling_run(&bench.world, 400);
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 420);
	first_look = look(&bench, 0);
	autoscaling_run(&bench.world, sim_time_to_seconds(first_look) + 300);
	assert_int_equal(autoscaling_deployment(&bench.world, "web")->replicas, 2);
	autoscaling_run(&bench.world, sim_time_to_seconds(first_look) + 316);
	assert_int_equal(autoscaling_deployment(&bench.world, "web")->replicas, 1);
	end(&bench);
}

static void test_without_metrics_nothing_moves_and_everybody_is_told(void **state)
{
	struct bench bench;
	const struct condition *active;
	g_autofree char *events = NULL;

	begin(&bench, "1.34");
	add_web(&bench, 0.09);
	autoscaling_run(&bench.world, 400);
	metrics_server_set_outage(bench.server, true);
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 460);
	assert_int_equal(autoscaling_deployment(&bench.world, "web")->replicas, 2);
	active = conditions_find(&autoscaling_hpa(&bench.world, "web")->status.conditions,
	                         "ScalingActive");
	assert_int_equal(active->status, CONDITION_FALSE);
	assert_string_equal(active->reason, "FailedGetResourceMetric");
	events = autoscaling_events(&bench.world, "FailedGetResourceMetric");
	assert_string_equal(events,
	                    "failed to get cpu utilization: unable to get metrics for "
	                    "resource cpu: unable to fetch metrics from resource metrics "
	                    "API: the server is currently unable to handle the request (get "
	                    "pods.metrics.k8s.io)\n");
	metrics_server_set_outage(bench.server, false);
	autoscaling_run(&bench.world, 520);
	assert_true(autoscaling_deployment(&bench.world, "web")->replicas > 2);
	end(&bench);
}

static void test_a_target_that_is_not_there_cannot_be_scaled(void **state)
{
	struct bench bench;
	const struct condition *able;

	begin(&bench, "1.34");
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 30);
	able = conditions_find(&autoscaling_hpa(&bench.world, "web")->status.conditions,
	                       "AbleToScale");
	assert_string_equal(able->reason, "FailedGetScale");
	assert_string_equal(able->message, "the HPA controller was unable to get the target's "
	                                   "current scale: deployments.apps \"web\" not found");
	autoscaling_add_deployment(&bench.world, "web", 20);
	autoscaling_run(&bench.world, 60);
	assert_int_equal(autoscaling_deployment(&bench.world, "web")->replicas, 10);
	end(&bench);
}

static void test_two_hpas_on_one_deployment_both_stop(void **state)
{
	struct bench bench;

	begin(&bench, "1.34");
	add_web(&bench, 0.09);
	autoscaling_run(&bench.world, 400);
	autoscaling_add_hpa(&bench.world, "one", "web");
	autoscaling_run(&bench.world, 406);
	autoscaling_add_hpa(&bench.world, "two", "web");
	autoscaling_run(&bench.world, 440);
	for (int i = 0; i < 2; i++) {
		const struct hpa *hpa = autoscaling_hpa(&bench.world, i ? "two" : "one");

		assert_string_equal(
		    conditions_find(&hpa->status.conditions, "ScalingActive")->reason,
		    "AmbiguousSelector");
	}
	assert_true(store_remove(bench.world.store, KIND_HPA, "default", "two", NULL));
	autoscaling_run(&bench.world, 470);
	assert_true(conditions_are_true(&autoscaling_hpa(&bench.world, "one")->status.conditions,
	                                "ScalingActive"));
	end(&bench);
}

static void edit_max(struct autoscaling *world, int32_t max)
{
	struct object *copy = object_copy(&autoscaling_hpa(world, "web")->object);

	HPA(copy)->max_replicas = max;
	assert_true(store_update(world->store, copy, true, NULL));
	object_unref(copy);
}

static void test_an_edit_acts_at_once_only_with_generations(void **state)
{
	for (int with = 0; with < 2; with++) {
		struct bench bench;

		begin(&bench, "1.37");
		bench.world.release.hpa_generation = with;
		autoscaling_add_deployment(&bench.world, "web", 8);
		autoscaling_add_hpa(&bench.world, "web", "web");
		autoscaling_run(&bench.world, 20);
		edit_max(&bench.world, 3);
		autoscaling_run(&bench.world, 21);
		assert_int_equal(autoscaling_deployment(&bench.world, "web")->replicas,
		                 with ? 3 : 8);
		autoscaling_run(&bench.world, 36);
		assert_int_equal(autoscaling_deployment(&bench.world, "web")->replicas, 3);
		end(&bench);
	}
}

static void test_a_change_during_a_look_makes_its_status_a_conflict(void **state)
{
	struct bench bench;
	g_autofree char *events = NULL;

	begin(&bench, "1.36");
	autoscaling_add_deployment(&bench.world, "web", 8);
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 15.04); /* the look began at 15.02 */
	edit_max(&bench.world, 30);
	autoscaling_run(&bench.world, 20);
	events = autoscaling_events(&bench.world, "FailedUpdateStatus");
	assert_non_null(strstr(events, "the object has been modified"));
	assert_int_equal(autoscaling_hpa(&bench.world, "web")->max_replicas, 30);
	end(&bench);
}

static void test_a_status_without_news_is_not_written(void **state)
{
	struct bench bench;
	uint64_t version;

	begin(&bench, "1.34");
	autoscaling_add_hpa(&bench.world, "web", "web");
	autoscaling_run(&bench.world, 30);
	version = autoscaling_hpa(&bench.world, "web")->object.meta.resource_version;
	autoscaling_run(&bench.world, 300);
	assert_int_equal(autoscaling_hpa(&bench.world, "web")->object.meta.resource_version,
	                 version);
	assert_true(bench.world.looks->len > 15);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_before_1_37_a_new_hpa_waits_for_a_sync_period),
	    cmocka_unit_test(test_the_phase_drifts_by_what_a_look_takes),
	    cmocka_unit_test(test_load_above_target_scales_the_deployment_up),
	    cmocka_unit_test(test_load_below_target_scales_down_after_the_window),
	    cmocka_unit_test(test_without_metrics_nothing_moves_and_everybody_is_told),
	    cmocka_unit_test(test_a_target_that_is_not_there_cannot_be_scaled),
	    cmocka_unit_test(test_two_hpas_on_one_deployment_both_stop),
	    cmocka_unit_test(test_an_edit_acts_at_once_only_with_generations),
	    cmocka_unit_test(test_a_change_during_a_look_makes_its_status_a_conflict),
	    cmocka_unit_test(test_a_status_without_news_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
