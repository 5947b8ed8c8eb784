/* rollout.c - whole rollouts, sync by sync, and what is said about them. */

#include "rules/rollout_scaling.h"
#include "rules/rollout_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A Deployment whose ReplicaSets reach their size at once; unavailable pods go first. */
struct rehearsal {
	struct rollout_deployment deployment;
	struct rollout_sets sets;
	const char *template;
	GString *events; /* of the last step */
	GString *words;  /* the arithmetic of the last step */
	bool old_pods_run;
};

static struct int_or_percent percent(int32_t value)
{
	return (struct int_or_percent){VALUE_PERCENT, value};
}

static struct int_or_percent number(int32_t value)
{
	return (struct int_or_percent){VALUE_NUMBER, value};
}

static int find(const struct rehearsal *r, const char *name)
{
	for (unsigned i = 0; i < r->sets.items->len; i++) {
		if (g_str_equal(rollout_sets_at(&r->sets, i)->name, name)) {
			return (int)i;
		}
	}
	return -1;
}

static void settle(const struct rehearsal *r, unsigned index)
{
	struct rollout_set *set = rollout_sets_at(&r->sets, index);

	set->status_replicas = set->replicas;
	set->available = MIN(set->available, set->replicas);
	set->desired_annotation = r->deployment.replicas;
	set->max_annotation = r->deployment.replicas + rollout_max_surge(&r->deployment);
}

static void add(struct rehearsal *r, const char *name, int32_t replicas, int32_t available)
{
	const struct rollout_set set = {.name = name,
	                                .created = r->sets.items->len,
	                                .replicas = replicas,
	                                .available = available};

	g_array_append_val(r->sets.items, set);
	settle(r, r->sets.items->len - 1);
}

/* @replicas pods of v1, all available. */
static void begin(struct rehearsal *r, int32_t replicas, struct int_or_percent surge,
                  struct int_or_percent unavailable)
{
	*r = (struct rehearsal){
	    .deployment = {.replicas = replicas,
	                   .max_surge = surge,
	                   .max_unavailable = unavailable},
	    .template = "v1",
	    .events = g_string_new(NULL),
	    .words = g_string_new(NULL),
	};
	rollout_sets_init(&r->sets);
	add(r, "v1", replicas, replicas);
}

static void end(struct rehearsal *r)
{
	rollout_sets_clear(&r->sets);
	g_string_free(r->events, TRUE);
	g_string_free(r->words, TRUE);
}

static bool sync_once(struct rehearsal *r)
{
	struct rollout_plan plan;

	r->sets.updated = find(r, r->template);
	r->deployment.status_replicas = rollout_sets_replicas(&r->sets);
	rollout_plan_init(&plan);
	rollout_sync(&r->deployment, &r->sets, r->old_pods_run, r->template, r->sets.items->len,
	             &plan);
	if (plan.creates) {
		const struct rollout_scaling creation = {r->sets.items->len - 1, 0,
		                                         plan.created_replicas, true};

		settle(r, creation.set);
		if (plan.created_replicas > 0) {
			g_string_append_printf(r->events, "%s+%d ", r->template,
			                       plan.created_replicas);
		}
	}
	for (unsigned i = 0; i < plan.scalings->len; i++) {
		const struct rollout_scaling *scaling =
		    &g_array_index(plan.scalings, struct rollout_scaling, i);

		settle(r, scaling->set);
		if (scaling->from != scaling->to) {
			g_string_append_printf(r->events, "%s%+d ",
			                       rollout_sets_at(&r->sets, scaling->set)->name,
			                       scaling->to - scaling->from);
		}
	}
	bool scales = rollout_plan_scales(&plan);

	g_string_append_printf(r->words, "%s\n", plan.text->str);
	rollout_plan_clear(&plan);
	return scales;
}

static void run(struct rehearsal *r)
{
	int syncs = 0;

	g_string_truncate(r->events, 0);
	g_string_truncate(r->words, 0);
	while (sync_once(r)) {
		assert_true(syncs++ < 100);
	}
}

static void apply(struct rehearsal *r, const char *template)
{
	r->template = template;
	run(r);
}

static void scale(struct rehearsal *r, int32_t replicas)
{
	r->deployment.replicas = replicas;
	run(r);
}

static void available(struct rehearsal *r, const char *name, int32_t count)
{
	rollout_sets_at(&r->sets, (unsigned)find(r, name))->available = count;
	run(r);
}

static void assert_sizes(const struct rehearsal *r, const char *expected)
{
	g_autoptr(GString) sizes = g_string_new(NULL);

	for (unsigned i = 0; i < r->sets.items->len; i++) {
		const struct rollout_set *set = rollout_sets_at(&r->sets, i);

		g_string_append_printf(sizes, "%s%s %d", i ? ", " : "", set->name, set->replicas);
	}
	assert_string_equal(sizes->str, expected);
}

/* --- the worked examples --- */

static void test_two_replicas_with_a_bad_template_stop_at_two_old_and_one_new(void **state)
{
	struct rehearsal r;

	begin(&r, 2, percent(25), percent(25));
	apply(&r, "v2");
	assert_sizes(&r, "v1 2, v2 1");
	assert_string_equal(
	    r.words->str, "new ReplicaSet v2 with max(0, min(3 - 2, 2)) = 1; budget 3 - 2 - 1 = 0\n"
			  "budget 3 - 2 - 1 = 0\n");
	scale(&r, 4);
	assert_sizes(&r, "v1 3, v2 2");
	assert_string_equal(r.words->str,
	                    "4 replicas: 5 - 3 = 2 to share; v1: round(2 x 5 / 3) - 2 = 1; "
	                    "v2: round(1 x 5 / 3) - 1 = 1; v1 2 -> 3; v2 1 -> 2\n"
	                    "budget 5 - 3 - 2 = 0\n");
	available(&r, "v1", 3);
	assert_sizes(&r, "v1 3, v2 2");
	end(&r);
}

static void test_the_fixed_template_takes_the_broken_pods_first(void **state)
{
	struct rehearsal r;

	begin(&r, 2, percent(25), percent(25));
	apply(&r, "v2");
	scale(&r, 4);
	available(&r, "v1", 3);
	apply(&r, "v3");
	assert_sizes(&r, "v1 3, v2 0, v3 2");
	assert_string_equal(r.events->str, "v2-2 v3+2 ");
	available(&r, "v3", 1);
	assert_sizes(&r, "v1 2, v2 0, v3 3");
	available(&r, "v3", 2);
	assert_sizes(&r, "v1 1, v2 0, v3 4");
	available(&r, "v3", 3);
	assert_sizes(&r, "v1 0, v2 0, v3 4");
	end(&r);
}

static void test_undoing_reuses_the_first_replica_set(void **state)
{
	struct rehearsal r;

	begin(&r, 2, percent(25), percent(25));
	apply(&r, "v2");
	scale(&r, 4);
	available(&r, "v1", 3);
	apply(&r, "v1");
	assert_sizes(&r, "v1 4, v2 0");
	assert_string_equal(r.events->str, "v2-2 v1+1 ");
	end(&r);
}

static void test_a_stuck_rollout_of_two_scaled_to_three_grows_the_old_one(void **state)
{
	struct rehearsal r;

	begin(&r, 2, percent(25), percent(25));
	apply(&r, "v2");
	scale(&r, 3);
	assert_sizes(&r, "v1 3, v2 1");
	end(&r);
}

static void test_one_old_and_one_new_pod_become_one_and_two_then_two_and_three(void **state)
{
	struct rehearsal r;

	begin(&r, 1, percent(25), percent(25));
	apply(&r, "v2");
	assert_sizes(&r, "v1 1, v2 1");
	scale(&r, 2);
	assert_sizes(&r, "v1 1, v2 2");
	scale(&r, 4);
	assert_sizes(&r, "v1 2, v2 3");
	end(&r);
}

static void test_ten_replicas_with_a_bad_template_stop_at_eight_and_five(void **state)
{
	struct rehearsal r;

	begin(&r, 10, percent(25), percent(25));
	apply(&r, "v2");
	assert_sizes(&r, "v1 8, v2 5");
	assert_string_equal(r.events->str, "v2+3 v1-2 v2+2 ");
	available(&r, "v1", 7);
	assert_sizes(&r, "v1 8, v2 5");
	apply(&r, "v1");
	assert_sizes(&r, "v1 10, v2 1");
	assert_string_equal(r.events->str, "v2-4 v1+2 ");
	available(&r, "v1", 10);
	assert_sizes(&r, "v1 10, v2 0");
	end(&r);
}

static void test_ten_replicas_with_a_good_template_take_six_scalings(void **state)
{
	struct rehearsal r;

	begin(&r, 10, percent(25), percent(25));
	apply(&r, "v2");
	available(&r, "v2", 5);
	assert_sizes(&r, "v1 3, v2 10");
	assert_string_equal(r.events->str, "v1-5 v2+5 ");
	available(&r, "v2", 10);
	assert_sizes(&r, "v1 0, v2 10");
	assert_string_equal(r.events->str, "v1-3 ");
	end(&r);
}

static void test_a_stuck_rollout_scales_both_ways_in_proportion(void **state)
{
	struct rehearsal r;

	begin(&r, 10, percent(25), percent(25));
	apply(&r, "v2");
	scale(&r, 20);
	assert_sizes(&r, "v1 15, v2 10");
	end(&r);
	begin(&r, 10, percent(25), percent(25));
	apply(&r, "v2");
	scale(&r, 6);
	assert_sizes(&r, "v1 5, v2 3");
	end(&r);
}

static void test_when_surge_and_unavailable_round_to_zero_one_pod_may_be_missing(void **state)
{
	struct rehearsal r;

	begin(&r, 3, number(0), percent(10));
	apply(&r, "v2");
	assert_sizes(&r, "v1 2, v2 1");
	available(&r, "v2", 1);
	assert_sizes(&r, "v1 1, v2 2");
	available(&r, "v2", 2);
	assert_sizes(&r, "v1 0, v2 3");
	end(&r);
}

static void test_a_third_template_takes_the_unavailable_pods_of_the_second(void **state)
{
	struct rehearsal r;

	begin(&r, 10, number(3), number(2));
	apply(&r, "v2");
	available(&r, "v2", 2);
	assert_sizes(&r, "v1 6, v2 7");
	apply(&r, "v3");
	assert_sizes(&r, "v1 6, v2 2, v3 5");
	available(&r, "v3", 3);
	assert_sizes(&r, "v1 3, v2 2, v3 8");
	end(&r);
}

/* --- other ways --- */

static void test_recreate_waits_until_no_old_pod_runs(void **state)
{
	struct rehearsal r;

	begin(&r, 3, percent(25), percent(25));
	r.deployment.recreate = true;
	r.old_pods_run = true;
	apply(&r, "v2");
	assert_sizes(&r, "v1 0");
	r.old_pods_run = false;
	run(&r);
	assert_sizes(&r, "v1 0, v2 3");
	end(&r);
}

static void test_a_paused_deployment_scales_but_does_not_roll(void **state)
{
	struct rehearsal r;

	begin(&r, 2, percent(25), percent(25));
	r.deployment.paused = true;
	apply(&r, "v2");
	assert_sizes(&r, "v1 2");
	scale(&r, 5);
	assert_sizes(&r, "v1 5");
	end(&r);
}

static void test_scaled_to_zero_and_back_all_pods_are_new(void **state)
{
	struct rehearsal r;

	begin(&r, 4, percent(25), percent(25));
	apply(&r, "v2");
	scale(&r, 0);
	assert_sizes(&r, "v1 0, v2 0");
	scale(&r, 4);
	assert_sizes(&r, "v1 0, v2 4");
	end(&r);
}

static void test_a_saturated_new_replica_set_ends_the_old_ones(void **state)
{
	struct rehearsal r;

	begin(&r, 3, percent(25), percent(25));
	add(&r, "v2", 3, 3);
	r.template = "v2";
	rollout_sets_at(&r.sets, 0)->desired_annotation = 7; /* sized in another time */
	run(&r);
	assert_sizes(&r, "v1 0, v2 3");
	end(&r);
}

static void test_the_event_has_the_form_of_its_release(void **state)
{
	const struct rollout_scaling scaling = {0, 2, 4, true}, creation = {0, 0, 1, true};
	static const char *const expected[][2] = {
	    {"Scaled up replica set web-1 to 4", "Scaled up replica set web-1 to 1"},
	    {"Scaled up replica set web-1 to 4 from 2", "Scaled up replica set web-1 to 1"},
	    {"Scaled up replica set web-1 from 2 to 4", "Scaled up replica set web-1 from 0 to 1"},
	};

	for (int form = 0; form < 3; form++) {
		g_autofree char *change = rollout_event_text(form, &scaling, "web-1", false);
		g_autofree char *fresh = rollout_event_text(form, &creation, "web-1", true);

		assert_string_equal(change, expected[form][0]);
		assert_string_equal(fresh, expected[form][1]);
	}
}

/* --- progress --- */

static struct rollout_progress progress_of(struct rollout_status before,
                                           struct rollout_status after)
{
	return (struct rollout_progress){.replicas = 4,
	                                 .progress_deadline_seconds = 600,
	                                 .observed = true,
	                                 .before = before,
	                                 .after = after,
	                                 .deployment = "web",
	                                 .new_replica_set = "web-1"};
}

static void assert_progressing(const struct conditions *conditions, enum condition_status status,
                               const char *reason, sim_time updated)
{
	const struct condition *condition = conditions_find(conditions, "Progressing");

	assert_non_null(condition);
	assert_int_equal(condition->status, status);
	assert_string_equal(condition->reason, reason);
	assert_int_equal(condition->last_update_time, updated);
}

static void test_progress_restarts_the_clock_of_the_deadline(void **state)
{
	const struct rollout_status stuck = {5, 2, 3, 3, 2}, more = {6, 3, 3, 3, 3};
	struct rollout_progress still = progress_of(stuck, stuck);
	struct rollout_progress moved = progress_of(stuck, more);
	struct conditions conditions = {0};

	rollout_set_condition(&conditions, "Progressing", CONDITION_TRUE, "NewReplicaSetCreated",
	                      NULL, 0);
	rollout_judge_progress(&conditions, &moved, 500 * SIM_SECOND);
	assert_progressing(&conditions, CONDITION_TRUE, "ReplicaSetUpdated", 500 * SIM_SECOND);
	assert_int_equal(conditions_find(&conditions, "Progressing")->last_transition_time, 0);
	rollout_judge_progress(&conditions, &still, 1100 * SIM_SECOND);
	assert_progressing(&conditions, CONDITION_TRUE, "ReplicaSetUpdated", 500 * SIM_SECOND);
	rollout_judge_progress(&conditions, &still, 1101 * SIM_SECOND);
	assert_progressing(&conditions, CONDITION_FALSE, "ProgressDeadlineExceeded",
	                   1101 * SIM_SECOND);
	assert_string_equal(conditions_find(&conditions, "Progressing")->message,
	                    "ReplicaSet \"web-1\" has timed out progressing.");
	rollout_judge_progress(&conditions, &moved, 2000 * SIM_SECOND);
	assert_progressing(&conditions, CONDITION_TRUE, "ReplicaSetUpdated", 2000 * SIM_SECOND);
	conditions_clear(&conditions);
}

static void test_a_complete_rollout_never_times_out(void **state)
{
	const struct rollout_status done = {4, 4, 4, 4, 0}, less = {4, 4, 1, 1, 3};
	struct rollout_progress finished = progress_of(less, done),
				failing = progress_of(done, less);
	struct conditions conditions = {0};

	rollout_judge_progress(&conditions, &finished, 10 * SIM_SECOND);
	assert_progressing(&conditions, CONDITION_TRUE, "NewReplicaSetAvailable", 10 * SIM_SECOND);
	rollout_judge_progress(&conditions, &failing, 5000 * SIM_SECOND);
	assert_progressing(&conditions, CONDITION_TRUE, "NewReplicaSetAvailable", 10 * SIM_SECOND);
	conditions_clear(&conditions);
}

static void test_the_deadline_is_looked_at_a_second_late(void **state)
{
	struct condition condition = {.type = "Progressing",
	                              .reason = g_intern_string("ReplicaSetUpdated"),
	                              .last_update_time = 100 * SIM_SECOND};

	assert_int_equal(rollout_deadline_check(600, &condition, false, 200 * SIM_SECOND),
	                 701 * SIM_SECOND);
	assert_int_equal(rollout_deadline_check(600, &condition, true, 200 * SIM_SECOND),
	                 SIM_NEVER);
	assert_int_equal(rollout_deadline_check(NO_LIMIT, &condition, false, 0), SIM_NEVER);
}

static void test_resuming_gives_a_fresh_deadline(void **state)
{
	struct conditions conditions = {0};

	assert_true(rollout_set_paused(&conditions, 600, true, 10));
	assert_progressing(&conditions, CONDITION_UNKNOWN, "DeploymentPaused", 10);
	assert_false(rollout_set_paused(&conditions, 600, true, 20));
	assert_true(rollout_set_paused(&conditions, 600, false, 30));
	assert_progressing(&conditions, CONDITION_UNKNOWN, "DeploymentResumed", 30);
	assert_false(rollout_set_paused(&conditions, 600, false, 40));
	conditions_clear(&conditions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_replicas_with_a_bad_template_stop_at_two_old_and_one_new),
	    cmocka_unit_test(test_the_fixed_template_takes_the_broken_pods_first),
	    cmocka_unit_test(test_undoing_reuses_the_first_replica_set),
	    cmocka_unit_test(test_a_stuck_rollout_of_two_scaled_to_three_grows_the_old_one),
	    cmocka_unit_test(test_one_old_and_one_new_pod_become_one_and_two_then_two_and_three),
	    cmocka_unit_test(test_ten_replicas_with_a_bad_template_stop_at_eight_and_five),
	    cmocka_unit_test(test_ten_replicas_with_a_good_template_take_six_scalings),
	    cmocka_unit_test(test_a_stuck_rollout_scales_both_ways_in_proportion),
	    cmocka_unit_test(test_when_surge_and_unavailable_round_to_zero_one_pod_may_be_missing),
	    cmocka_unit_test(test_a_third_template_takes_the_unavailable_pods_of_the_second),
	    cmocka_unit_test(test_recreate_waits_until_no_old_pod_runs),
	    cmocka_unit_test(test_a_paused_deployment_scales_but_does_not_roll),
	    cmocka_unit_test(test_scaled_to_zero_and_back_all_pods_are_new),
	    cmocka_unit_test(test_a_saturated_new_replica_set_ends_the_old_ones),
	    cmocka_unit_test(test_the_event_has_the_form_of_its_release),
	    cmocka_unit_test(test_progress_restarts_the_clock_of_the_deadline),
	    cmocka_unit_test(test_a_complete_rollout_never_times_out),
	    cmocka_unit_test(test_the_deadline_is_looked_at_a_second_late),
	    cmocka_unit_test(test_resuming_gives_a_fresh_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
