/* The queue against a model that keeps its events in an unsorted array and searches it. */

#include "engine/simulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct note {
	int name;
	sim_time at;
};

struct fixture {
	struct simulation *sim;
	struct note notes[64];
	int n;
};

struct named {
	struct fixture *f;
	int name;
};

static void write_down(struct simulation *sim, void *data)
{
	struct named *named = data;

	named->f->notes[named->f->n++] = (struct note){named->name, simulation_now(sim)};
}

static int setup(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);

	f->sim = simulation_new(0, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	simulation_free(f->sim);
	g_free(f);
	return 0;
}

static void assert_order(const struct fixture *f, const char *order)
{
	char seen[65] = "";

	for (int i = 0; i < f->n; i++) {
		seen[i] = (char)f->notes[i].name;
	}
	assert_string_equal(seen, order);
}

static void test_events_of_one_instant_come_by_phase_then_by_order_of_scheduling(void **state)
{
	struct fixture *f = *state;
	struct named a = {f, 'a'}, b = {f, 'b'}, c = {f, 'c'}, d = {f, 'd'}, e = {f, 'e'};

	simulation_schedule(f->sim, 5, PHASE_ANSWER, write_down, &e);
	simulation_schedule(f->sim, 5, PHASE_SYNC, write_down, &c);
	simulation_schedule(f->sim, 5, PHASE_RUNTIME, write_down, &b);
	simulation_schedule(f->sim, 4, PHASE_ANSWER, write_down, &a);
	simulation_schedule(f->sim, 5, PHASE_SYNC, write_down, &d);
	assert_true(simulation_run_until(f->sim, 10, NULL));
	assert_order(f, "abcde");
	assert_int_equal(f->notes[0].at, 4);
	assert_int_equal(f->notes[4].at, 5);
	assert_int_equal(simulation_now(f->sim), 10);
	assert_int_equal(simulation_events(f->sim), 5);
}

static struct named late, lower, higher;

static void schedule_two_now(struct simulation *sim, void *data)
{
	write_down(sim, data);
	simulation_schedule_after(sim, 0, PHASE_ANSWER, write_down, &higher);
	simulation_schedule_after(sim, 0, PHASE_RUNTIME, write_down, &lower);
}

static void test_an_event_may_schedule_a_lower_phase_at_its_own_instant(void **state)
{
	struct fixture *f = *state;
	struct named first = {f, 'a'};

	lower = (struct named){f, 'b'};
	late = (struct named){f, 'c'};
	higher = (struct named){f, 'd'};
	simulation_schedule(f->sim, 7, PHASE_SYNC, schedule_two_now, &first);
	simulation_schedule(f->sim, 7, PHASE_SYNC, write_down, &late);
	simulation_run_until(f->sim, 7, NULL);
	assert_order(f, "abcd");
}

static void test_a_cancelled_event_is_never_called(void **state)
{
	struct fixture *f = *state;
	struct named a = {f, 'a'}, b = {f, 'b'};
	event_id none = EVENT_NONE;
	event_id id = simulation_schedule(f->sim, 1, PHASE_RUNTIME, write_down, &a);

	simulation_schedule(f->sim, 2, PHASE_RUNTIME, write_down, &b);
	simulation_cancel(f->sim, &id);
	simulation_cancel(f->sim, &none);
	assert_int_equal(id, EVENT_NONE);
	simulation_run_until(f->sim, 5, NULL);
	assert_order(f, "b");
}

static void test_a_moved_event_goes_behind_those_of_its_instant(void **state)
{
	struct fixture *f = *state;
	struct named a = {f, 'a'}, b = {f, 'b'};
	event_id id = simulation_schedule(f->sim, 1, PHASE_RUNTIME, write_down, &a);

	simulation_schedule(f->sim, 2, PHASE_RUNTIME, write_down, &b);
	simulation_reschedule(f->sim, id, 2);
	assert_int_equal(simulation_due(f->sim, id), 2);
	simulation_run_until(f->sim, 5, NULL);
	assert_order(f, "ba");
}

static void test_running_stops_at_its_time_and_goes_on_later(void **state)
{
	struct fixture *f = *state;
	struct named a = {f, 'a'}, b = {f, 'b'};

	simulation_schedule(f->sim, 3, PHASE_ANSWER, write_down, &a);
	simulation_schedule(f->sim, 4, PHASE_RUNTIME, write_down, &b);
	simulation_run_until(f->sim, 3, NULL);
	assert_order(f, "a");
	assert_int_equal(simulation_now(f->sim), 3);
	simulation_run_until(f->sim, 4, NULL);
	assert_order(f, "ab");
}

static void stop(struct simulation *sim, void *data)
{
	simulation_stop(sim);
}

static void test_stop_ends_the_run_after_the_present_event(void **state)
{
	struct fixture *f = *state;
	struct named a = {f, 'a'};

	simulation_schedule(f->sim, 3, PHASE_RUNTIME, stop, NULL);
	simulation_schedule(f->sim, 3, PHASE_RUNTIME, write_down, &a);
	assert_true(simulation_run_until(f->sim, 9, NULL));
	assert_int_equal(f->n, 0);
	assert_int_equal(simulation_now(f->sim), 3);
	assert_true(simulation_run_until(f->sim, 9, NULL));
	assert_order(f, "a");
}

static void again(struct simulation *sim, void *data)
{
	simulation_schedule_after(sim, 0, PHASE_RUNTIME, again, NULL);
}

static void test_a_loop_without_time_is_an_error(void **state)
{
	struct fixture *f = *state;
	g_autoptr(GError) error = NULL;

	simulation_schedule(f->sim, 3 * SIM_SECOND, PHASE_RUNTIME, again, NULL);
	assert_false(simulation_run_until(f->sim, 9 * SIM_SECOND, &error));
	assert_true(g_error_matches(error, SIMULATION_ERROR, SIMULATION_ERROR_STUCK));
	assert_non_null(strstr(error->message, "3.000000000 s"));
}

/* --- random operations, beside a model --- */

struct model_event {
	bool pending;
	sim_time at;
	enum phase phase;
	uint64_t order;
	event_id id;
	struct machine *machine;
};

struct machine {
	struct simulation *sim;
	GRand *rand;
	sim_time (*delay)(struct machine *m);
	int n;
	struct model_event *events;
	uint64_t order;
	uint64_t called;
	uint64_t every; /* of so many calls one is looked up in the model, which is slow */
	int operations;
};

static struct model_event *model_first(struct machine *m)
{
	struct model_event *best = NULL;

	for (int i = 0; i < m->n; i++) {
		struct model_event *e = &m->events[i];

		if (e->pending &&
		    (!best || e->at < best->at ||
		     (e->at == best->at && (e->phase < best->phase || (e->phase == best->phase &&
		                                                       e->order < best->order))))) {
			best = e;
		}
	}
	return best;
}

static void model_operate(struct machine *m);

static void model_called(struct simulation *sim, void *data)
{
	struct model_event *e = data;
	struct machine *m = e->machine;

	if (m->called % m->every == 0) {
		assert_ptr_equal(model_first(m), e);
	}
	assert_int_equal(simulation_now(sim), e->at);
	e->pending = false;
	m->called++;
	for (int i = g_rand_int_range(m->rand, 0, 4); i > 0; i--) {
		model_operate(m);
	}
}

static void model_operate(struct machine *m)
{
	struct model_event *e = &m->events[g_rand_int_range(m->rand, 0, m->n)];
	const sim_time at = simulation_now(m->sim) + m->delay(m);

	m->operations++;
	if (!e->pending) {
		*e = (struct model_event){
		    true,       at,         (enum phase)g_rand_int_range(m->rand, 0, 5),
		    m->order++, EVENT_NONE, m};
		e->id = simulation_schedule(m->sim, at, e->phase, model_called, e);
	} else if (g_rand_boolean(m->rand)) {
		simulation_cancel(m->sim, &e->id);
		e->pending = false;
	} else {
		e->at = at;
		e->order = m->order++;
		simulation_reschedule(m->sim, e->id, at);
		assert_int_equal(simulation_due(m->sim, e->id), at);
	}
}

static struct machine *machine_new(guint32 seed, int n, uint64_t every,
                                   sim_time (*delay)(struct machine *m))
{
	struct machine *m = g_new0(struct machine, 1);

	m->sim = simulation_new(-1000, seed);
	m->rand = g_rand_new_with_seed(seed);
	m->n = n;
	m->every = every;
	m->events = g_new0(struct model_event, n);
	m->delay = delay;
	return m;
}

static void machine_free(struct machine *m)
{
	g_rand_free(m->rand);
	simulation_free(m->sim);
	g_free(m->events);
	g_free(m);
}

static void machine_run(struct machine *m, sim_time span)
{
	assert_true(simulation_run_until(m->sim, simulation_now(m->sim) + span, NULL));
	assert_true(!model_first(m) || model_first(m)->at > simulation_now(m->sim));
	assert_int_equal(simulation_events(m->sim), m->called);
}

static sim_time short_delay(struct machine *m)
{
	return g_rand_int_range(m->rand, 0, 400);
}

static void test_random_operations_agree_with_a_sorted_model(void **state)
{
	for (guint32 seed = 1; seed <= 4; seed++) {
		struct machine *m = machine_new(seed, 3000, 1, short_delay);

		for (int round = 0; round < 60; round++) {
			for (int i = 0; i < 60; i++) {
				model_operate(m);
			}
			machine_run(m, 11);
		}
		assert_true(m->called > 500);
		machine_free(m);
	}
}

/* From nanoseconds to hours, a few of them beyond any ring of buckets. */
static sim_time delay_of_any_scale(struct machine *m)
{
	const int bits = g_rand_int_range(m->rand, 0, 16) ? g_rand_int_range(m->rand, 8, 34)
	                                                  : g_rand_int_range(m->rand, 34, 60);

	return g_rand_int_range(m->rand, 0, 256) * (INT64_C(1) << bits >> 8);
}

static void cancel_most(struct machine *m)
{
	for (int i = 0; i < m->n; i++) {
		if (m->events[i].pending && i % 40) {
			simulation_cancel(m->sim, &m->events[i].id);
			m->events[i].pending = false;
		}
	}
}

/* Enough to part near events from far ones, at times dense and at times hardly any. */
static void test_many_events_of_any_scale_agree_with_a_sorted_model(void **state)
{
	for (guint32 seed = 1; seed <= 3; seed++) {
		struct machine *m = machine_new(seed, 7000, 101, delay_of_any_scale);

		for (int round = 0; round < 30; round++) {
			for (int i = 0; i < 900; i++) {
				model_operate(m);
			}
			machine_run(m, INT64_C(1) << g_rand_int_range(m->rand, 6, 36));
			if (round % 8 == 7) {
				cancel_most(m);
			}
		}
		cancel_most(m);
		while (model_first(m) && m->called < 6000) {
			machine_run(m, model_first(m)->at - simulation_now(m->sim));
		}
		assert_true(m->called > 1000);
		machine_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_events_of_one_instant_come_by_phase_then_by_order_of_scheduling, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		test_an_event_may_schedule_a_lower_phase_at_its_own_instant, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_cancelled_event_is_never_called, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_a_moved_event_goes_behind_those_of_its_instant,
	                                    setup, teardown),
	    cmocka_unit_test_setup_teardown(test_running_stops_at_its_time_and_goes_on_later, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_stop_ends_the_run_after_the_present_event, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(test_a_loop_without_time_is_an_error, setup, teardown),
	    cmocka_unit_test(test_random_operations_agree_with_a_sorted_model),
	    cmocka_unit_test(test_many_events_of_any_scale_agree_with_a_sorted_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
