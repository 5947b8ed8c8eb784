/* One processor alone: jobs in flight while its capacity or its quota changes. */

#include "traffic/processor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS SIM_MILLISECOND
#define MOST 64

struct bench {
	struct simulation *sim;
	struct processor cpu;
	double left[MOST]; /* at which job i (request i + 1) left; NaN: not yet */
};

static void on_done(void *owner, struct request *request)
{
	struct bench *b = owner;

	b->left[GPOINTER_TO_UINT(request) - 1] = (double)simulation_now(b->sim);
}

static void begin(struct bench *b, double capacity)
{
	b->sim = simulation_new(0, 1);
	processor_init(&b->cpu, b->sim, capacity, on_done, b);
	for (unsigned i = 0; i < MOST; i++) {
		b->left[i] = NAN;
	}
}

static void end(struct bench *b)
{
	processor_clear(&b->cpu);
	simulation_free(b->sim);
}

static void add(struct bench *b, unsigned job, double work)
{
	processor_add(&b->cpu, work, GUINT_TO_POINTER(job + 1));
}

static void run(struct bench *b, sim_time until)
{
	assert_true(simulation_run_until(b->sim, until, NULL));
}

static void assert_left(const struct bench *b, unsigned job, double at)
{
	if (!(fabs(b->left[job] - at) <= 4)) {
		fail_msg("job %u left at %.0f, not %.0f", job, b->left[job], at);
	}
}

static void test_a_limit_that_is_doubled_serves_the_rest_at_twice_the_rate(void **state)
{
	struct bench b;

	begin(&b, 1);
	add(&b, 0, 30e6);
	add(&b, 1, 60e6);
	run(&b, 20 * MS);
	processor_set_capacity(&b.cpu, 2);
	run(&b, 1000 * MS);
	/* 10 ms each so far, then a core each */
	assert_left(&b, 0, 40e6);
	assert_left(&b, 1, 70e6);
	assert_true(fabs(b.cpu.served - 90e6) < 1);
	assert_true(fabs(b.cpu.short_of - 20e6) < 1);
	end(&b);
}

static void test_a_limit_that_shrinks_slows_what_is_in_flight(void **state)
{
	struct bench b;

	begin(&b, 4);
	add(&b, 0, 30e6);
	add(&b, 1, 30e6);
	run(&b, 10 * MS);
	processor_set_capacity(&b.cpu, 0.5);
	run(&b, 50 * MS);
	processor_set_capacity(&b.cpu, 1.5);
	run(&b, 1000 * MS);
	/* 10 + 40 / 4 = 20 ms by 50 ms, then 10 ms at 3/4 */
	assert_left(&b, 0, 50e6 + 10e6 / 0.75);
	assert_left(&b, 1, 50e6 + 10e6 / 0.75);
	end(&b);
}

/* The same course in small steps, each job served by hand. */
static void serve(double *work, const sim_time *comes, unsigned n, double *left,
                  double (*capacity_at)(sim_time))
{
	const sim_time step = 100; /* ns */

	for (sim_time now = 0; now < 2000 * MS; now += step) {
		unsigned inside = 0;

		for (unsigned i = 0; i < n; i++) {
			inside += comes[i] <= now && work[i] > 0;
		}
		const double rate = inside ? fmin(1, capacity_at(now) / inside) : 0;

		for (unsigned i = 0; i < n; i++) {
			if (comes[i] <= now && work[i] > 0) {
				work[i] -= rate * (double)step;
				left[i] = (double)(now + step);
			}
		}
	}
}

static double steps_of_capacity(sim_time at)
{
	static const double capacities[] = {1, 2.5, 0.3, 8, 0.7, 1.1};

	return capacities[at / (25 * MS) % 6];
}

struct arrival {
	struct bench *bench;
	unsigned job;
	double work;
};

static void on_arrival(struct simulation *sim, void *data)
{
	struct arrival *arrival = data;

	add(arrival->bench, arrival->job, arrival->work);
}

static void test_jobs_come_and_go_while_the_capacity_changes(void **state)
{
	struct bench b;
	struct arrival arrivals[MOST];
	double work[MOST], left[MOST];
	sim_time comes[MOST];
	uint64_t seed = 7;

	begin(&b, steps_of_capacity(0));
	for (unsigned i = 0; i < MOST; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		comes[i] = (sim_time)i * 3 * MS;
		work[i] = 1e6 + (double)(seed >> 40);
		arrivals[i] = (struct arrival){&b, i, work[i]};
		simulation_schedule(b.sim, comes[i], PHASE_RUNTIME, on_arrival, &arrivals[i]);
	}
	for (sim_time at = 0; at < 2000 * MS; at += 25 * MS) {
		run(&b, at);
		processor_set_capacity(&b.cpu, steps_of_capacity(at));
	}
	run(&b, 2000 * MS);
	serve(work, comes, MOST, left, steps_of_capacity);
	for (unsigned i = 0; i < MOST; i++) {
		assert_true(b.left[i] < 2000e6);
		assert_true(fabs(b.left[i] - left[i]) < 5000);
	}
	end(&b);
}

static void test_a_new_quota_begins_a_new_period_with_all_of_it(void **state)
{
	struct bench b;

	begin(&b, 1);
	processor_set_quota(&b.cpu, 20e6, 100 * MS);
	add(&b, 0, 50e6);
	run(&b, 60 * MS);
	assert_true(b.cpu.stopped);
	processor_set_quota(&b.cpu, 25e6, 100 * MS);
	run(&b, 1000 * MS);
	/* 20 ms, a stall to 60 ms, 25 ms, a stall to 160 ms, and the last 5 ms */
	assert_left(&b, 0, 165e6);
	assert_true(fabs(b.cpu.short_of - 40e6 - 75e6) < 4);
	end(&b);
}

static void test_a_quota_can_be_taken_away(void **state)
{
	struct bench b;

	begin(&b, 1);
	processor_set_quota(&b.cpu, 20e6, 100 * MS);
	add(&b, 0, 50e6);
	run(&b, 60 * MS);
	processor_set_quota(&b.cpu, 0, 0);
	run(&b, 1000 * MS);
	assert_left(&b, 0, 90e6);
	add(&b, 1, 500e6);
	run(&b, 2000 * MS);
	assert_left(&b, 1, 1500e6);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_limit_that_is_doubled_serves_the_rest_at_twice_the_rate),
	    cmocka_unit_test(test_a_limit_that_shrinks_slows_what_is_in_flight),
	    cmocka_unit_test(test_jobs_come_and_go_while_the_capacity_changes),
	    cmocka_unit_test(test_a_new_quota_begins_a_new_period_with_all_of_it),
	    cmocka_unit_test(test_a_quota_can_be_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
