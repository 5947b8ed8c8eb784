/* What holds for every HPA and every history: random ones, a thousand of them, thirty steps each.
 */

#include "hpa_fixture.h"

#include "engine/random.h"

#include <math.h>

#define SEQUENCES 1000
#define STEPS 30

struct dice {
	struct random_stream stream;
	uint64_t entity, ordinal;
};

static int32_t throw(struct dice * dice, int32_t below)
{
	return (int32_t)random_below(&dice->stream, dice->entity, dice->ordinal++, (uint32_t)below);
}

static void random_rules(struct dice *dice, struct scaling_rules *rules)
{
	const int32_t n = throw(dice, 3);

	rules->stabilization_window_seconds = throw(dice, 2) ? throw(dice, 200) : -1;
	rules->select = (enum select_policy) throw(dice, 3);
	if (n > 0) {
		fixture_policies(rules, (size_t)n, throw(dice, 2), 1 + throw(dice, 150),
		                 1 + throw(dice, 120), throw(dice, 2), 1 + throw(dice, 150),
		                 1 + throw(dice, 120));
	}
}

/* The sequence number @number: an HPA at its beginning. */
static void random_hpa(struct fixture *f, struct dice *dice, uint64_t number)
{
	*dice = (struct dice){.stream = random_stream_of(1, RANDOM_CONTROLLER), .entity = number};
	fixture_init(f, 1 + throw(dice, 40));
	fixture_raw(f);
	f->history.known = throw(dice, 2) != 0;
	f->hpa->min_replicas = 1 + throw(dice, 10);
	f->hpa->max_replicas = f->hpa->min_replicas + throw(dice, 40);
	f->settings.downscale_stabilization = throw(dice, 120) * SIM_SECOND;
	f->hpa->has_behavior = throw(dice, 4) != 0;
	if (f->hpa->has_behavior) {
		random_rules(dice, &f->hpa->scale_up);
		random_rules(dice, &f->hpa->scale_down);
		scaling_rules_default_up(&f->hpa->scale_up);
		scaling_rules_default_down(&f->hpa->scale_down);
	}
}

struct moment {
	double at;
	int32_t replicas;
};

struct story {
	struct moment moments[STEPS + 1]; /* before each step; then at the end */
};

/* Replicas that scale events after @after added, less those they removed; from the story itself. */
static int32_t net_change(const struct story *story, int steps, double after)
{
	int32_t net = 0;

	for (int i = 0; i < steps; i++) {
		if (story->moments[i].at > after) {
			net += story->moments[i + 1].replicas - story->moments[i].replicas;
		}
	}
	return net;
}

/* The furthest that any policy lets the replicas go at step @step. */
static double furthest(const struct fixture *f, const struct story *story, int step, bool up)
{
	const struct scaling_rules *rules = up ? &f->hpa->scale_up : &f->hpa->scale_down;
	const int32_t current = story->moments[step].replicas;
	double limit = current;

	for (size_t i = 0; rules->select != SELECT_DISABLED && i < rules->n_policies; i++) {
		const struct scaling_policy *policy = &rules->policies[i];
		const double base =
		    current -
		    net_change(story, step, story->moments[step].at - policy->period_seconds);
		const double change =
		    policy->percent ? base * policy->value / 100.0 : policy->value;

		limit = up ? fmax(limit, ceil(base + change + 1e-6))
		           : fmin(limit, floor(base - change - 1e-6));
	}
	return limit;
}

static void check_bounds(const struct fixture *f, const struct story *story, int step)
{
	const int32_t before = story->moments[step].replicas;
	const int32_t after = story->moments[step + 1].replicas;
	const bool inside = before >= f->hpa->min_replicas && before <= f->hpa->max_replicas;

	assert_in_range(after, (uintmax_t)f->hpa->min_replicas, (uintmax_t)f->hpa->max_replicas);
	if (!inside) {
		return; /* the bound paths know no other rule */
	}
	if (!f->hpa->has_behavior) {
		assert_true(after <= MAX(2 * before, 4));
		return;
	}
	if (after > before) {
		assert_int_not_equal(f->hpa->scale_up.select, SELECT_DISABLED);
		assert_true(after <= furthest(f, story, step, true));
	} else if (after < before) {
		assert_int_not_equal(f->hpa->scale_down.select, SELECT_DISABLED);
		assert_true(after >= furthest(f, story, step, false));
	}
}

static void check_stabilization(const struct fixture *f, int32_t before)
{
	const struct hpa_normalization *n = &f->decision.normalization;

	if (!n->done) {
		return;
	}
	if (f->hpa->has_behavior) {
		/* Never further than the newest proposal asks for, and never against it. */
		assert_true(n->stabilized >= MIN(before, n->proposal));
		assert_true(n->stabilized <= MAX(before, n->proposal));
		assert_true(n->replicas >= MIN(before, n->stabilized));
		assert_true(n->replicas <= MAX(before, n->stabilized));
	} else {
		assert_true(n->stabilized >= n->proposal);
	}
}

static void live(struct fixture *f, struct dice *dice, struct story *story, bool check)
{
	double at = 1000;

	for (int i = 0; i < STEPS; i++) {
		story->moments[i] = (struct moment){at, f->input.scale.replicas};
		fixture_set_raw(f, throw(dice, 60));
		story->moments[i + 1].replicas = fixture_step(f, at);
		if (check) {
			check_bounds(f, story, i);
			check_stabilization(f, story->moments[i].replicas);
		}
		at += 15 + throw(dice, 3) * 0.05;
	}
	story->moments[STEPS].at = at;
}

static void test_decisions_stay_within_bounds_and_policies(void **state)
{
	for (uint64_t i = 0; i < SEQUENCES; i++) {
		struct fixture f;
		struct dice dice;
		struct story story;

		random_hpa(&f, &dice, i);
		live(&f, &dice, &story, true);
		fixture_clear(&f);
	}
}

static void test_the_same_history_leads_to_the_same_decisions(void **state)
{
	for (uint64_t i = 0; i < SEQUENCES / 10; i++) {
		struct story stories[2] = {0};

		for (int again = 0; again < 2; again++) {
			struct fixture f;
			struct dice dice;

			random_hpa(&f, &dice, i);
			live(&f, &dice, &stories[again], false);
			fixture_clear(&f);
		}
		for (int step = 0; step <= STEPS; step++) {
			assert_int_equal(stories[0].moments[step].replicas,
			                 stories[1].moments[step].replicas);
		}
	}
}

static void test_slots_do_not_pile_up(void **state)
{
	struct fixture f;
	struct dice dice;

	random_hpa(&f, &dice, 3);
	f.settings.downscale_stabilization = SIM_MINUTE;
	for (int i = 0; i < 1000; i++) {
		fixture_set_raw(&f, throw(&dice, 60));
		fixture_step(&f, i * 15.05);
	}
	assert_true(f.history.n_recommendations < 30);
	assert_true(f.history.n_scale_ups < 30 && f.history.n_scale_downs < 30);
	fixture_clear(&f);
}

static void test_any_group_of_pods_is_counted_once(void **state)
{
	for (uint64_t i = 0; i < SEQUENCES; i++) {
		struct dice dice = {.stream = random_stream_of(2, RANDOM_CONTROLLER), .entity = i};
		struct hpa_proposal proposal;
		struct fixture f;
		const int32_t n = 1 + throw(&dice, 12);

		fixture_init(&f, n);
		fixture_cpu(&f, 1 + throw(&dice, 150));
		for (int32_t k = 0; k < n; k++) {
			struct pod *pod = fixture_pod(&f, 100);

			pod->phase = (enum pod_phase) throw(&dice, 4);
			pod->start_time = f.input.now - throw(&dice, 600) * SIM_SECOND;
			if (throw(&dice, 4) == 0) {
				pod->object.meta.deletion_time = f.input.now;
			}
			if (throw(&dice, 4)) {
				fixture_sample(&f, 0, pod, throw(&dice, 200));
			}
		}
		hpa_recommend(&f.input, 0, &proposal);
		if (proposal.groups.ready) {
			assert_int_equal(proposal.groups.ready->len + proposal.groups.unready->len +
			                     proposal.groups.missing->len +
			                     proposal.groups.ignored->len,
			                 n);
		}
		if (proposal.has_again && proposal.path == HPA_PATH_AGAIN) {
			/* Filling in damps the change, it never turns it round. */
			assert_true((proposal.replicas >= n) == (proposal.first.ratio > 1) ||
			            proposal.replicas == n);
		}
		hpa_proposal_clear(&proposal);
		fixture_clear(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decisions_stay_within_bounds_and_policies),
	    cmocka_unit_test(test_the_same_history_leads_to_the_same_decisions),
	    cmocka_unit_test(test_slots_do_not_pile_up),
	    cmocka_unit_test(test_any_group_of_pods_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
