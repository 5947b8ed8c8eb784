/* engine.c - sim/engine alone: the hold model, and M/M/1 against the plain C loop of bare.c.
 *
 * Hold: take the earliest event, schedule it again an exponential time later. Prints ns, CPU time
 * of the thread, medians. */

#include "bare.h"

#include "engine/distribution.h"
#include "engine/random.h"
#include "engine/simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

/* --- hold --- */

enum disturbance { NONE, CANCEL, RESCHEDULE };

#define INCREMENTS 4096

struct hold {
	sim_time increments[INCREMENTS];
	unsigned next;
	int64_t left;
	uint32_t n;
	event_id *ids;
	uint32_t *names;
	enum disturbance disturbance;
	uint32_t random;
};

static struct hold hold;

static sim_time increment(void)
{
	return hold.increments[hold.next++ % INCREMENTS];
}

static void on_hold(struct simulation *sim, void *data)
{
	const uint32_t *name = data;

	hold.ids[*name] = simulation_schedule_after(sim, increment(), PHASE_RUNTIME, on_hold, data);
	if (--hold.left <= 0) {
		simulation_stop(sim);
	}
	hold.random = hold.random * 1664525U + 1013904223U;
	if (hold.disturbance == NONE || hold.random >= 0.15 * 4294967296.0) {
		return;
	}
	const uint32_t other = (uint32_t)((uint64_t)(hold.random * 2654435761U) * hold.n >> 32);

	if (hold.disturbance == CANCEL) {
		simulation_cancel(sim, &hold.ids[other]);
		hold.ids[other] = simulation_schedule_after(sim, increment(), PHASE_RUNTIME,
		                                            on_hold, &hold.names[other]);
	} else {
		simulation_reschedule(sim, hold.ids[other], simulation_now(sim) + increment());
	}
}

static double run_hold(uint32_t n, enum disturbance disturbance, int64_t holds)
{
	struct simulation *sim = simulation_new(0, 1);
	const struct random_stream stream = random_stream_of(1, RANDOM_THINK);
	struct distribution *d = distribution_exponential(1e9);

	for (unsigned i = 0; i < INCREMENTS; i++) {
		hold.increments[i] = distribution_duration(d, random_uniform(&stream, 0, i));
	}
	distribution_unref(d);
	hold.n = n;
	hold.left = holds;
	hold.disturbance = disturbance;
	hold.ids = g_new0(event_id, n);
	hold.names = g_new0(uint32_t, n);
	for (uint32_t i = 0; i < n; i++) {
		hold.names[i] = i;
		hold.ids[i] =
		    simulation_schedule(sim, increment(), PHASE_RUNTIME, on_hold, &hold.names[i]);
	}
	const double before = bench_cpu_seconds();

	simulation_run_until(sim, SIM_NEVER / 2, NULL);
	const double ns = (bench_cpu_seconds() - before) * 1e9 / (double)holds;

	simulation_free(sim);
	g_free(hold.ids);
	g_free(hold.names);
	return ns;
}

static void print_hold(int64_t holds)
{
	static const uint32_t sizes[] = {16, 256, 4096, 65536};

	printf("%-10s %8s %12s %16s   ns a hold\n", "pending", "hold", "15% cancel",
	       "15% reschedule");
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		double ns[3][ROUNDS];

		for (int round = 0; round < ROUNDS; round++) {
			for (int kind = NONE; kind <= RESCHEDULE; kind++) {
				ns[kind][round] = run_hold(sizes[i], (enum disturbance)kind, holds);
			}
		}
		printf("%-10u %8.1f %12.1f %16.1f\n", sizes[i], median(ns[NONE]),
		       median(ns[CANCEL]), median(ns[RESCHEDULE]));
	}
}

/* --- M/M/1: arrivals, one server, first come first served --- */

struct mm1 {
	struct random_stream arrivals, services;
	struct distribution *gap, *service;
	sim_time arrived[1 << 16];
	uint64_t head, tail;
	uint64_t left;
	double sum;
};

static struct mm1 mm1;

static void on_departure(struct simulation *sim, void *data);

static void serve(struct simulation *sim)
{
	const double u = random_uniform(&mm1.services, 0, mm1.head);

	simulation_schedule_after(sim, distribution_duration(mm1.service, u), PHASE_RUNTIME,
	                          on_departure, NULL);
}

static void on_departure(struct simulation *sim, void *data)
{
	mm1.sum += (double)(simulation_now(sim) - mm1.arrived[mm1.head++ & 0xffff]);
	if (--mm1.left == 0) {
		simulation_stop(sim);
	}
	if (mm1.head != mm1.tail) {
		serve(sim);
	}
}

static void on_arrival(struct simulation *sim, void *data)
{
	const double u = random_uniform(&mm1.arrivals, 0, mm1.tail);

	simulation_schedule_after(sim, distribution_duration(mm1.gap, u), PHASE_RUNTIME, on_arrival,
	                          NULL);
	mm1.arrived[mm1.tail++ & 0xffff] = simulation_now(sim);
	if (mm1.tail - mm1.head == 1) {
		serve(sim);
	}
}

static double run_mm1(uint64_t customers, uint64_t seed, double *mean)
{
	struct simulation *sim = simulation_new(0, seed);

	mm1.arrivals = random_stream_of(seed, RANDOM_ARRIVAL);
	mm1.services = random_stream_of(seed, RANDOM_DEMAND);
	mm1.gap = distribution_exponential(1e9 / 0.9);
	mm1.service = distribution_exponential(1e9);
	mm1.head = mm1.tail = 0;
	mm1.sum = 0;
	mm1.left = customers;
	const double before = bench_cpu_seconds();

	simulation_schedule(sim, 0, PHASE_RUNTIME, on_arrival, NULL);
	simulation_run_until(sim, SIM_NEVER / 2, NULL);
	const double ns = (bench_cpu_seconds() - before) * 1e9 / (double)customers;

	*mean = mm1.sum / (double)customers / 1e9;
	distribution_unref(mm1.gap);
	distribution_unref(mm1.service);
	simulation_free(sim);
	return ns;
}

static void print_mm1(int64_t customers)
{
	double ours[ROUNDS];
	double plain[ROUNDS];
	double ratio[ROUNDS];
	double mean = 0;

	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = run_mm1((uint64_t)customers, 1, &mean);
		plain[i] = bare_mm1(customers, 1);
		ratio[i] = ours[i] / plain[i];
	}
	printf("M/M/1, utilisation 0.9, %" PRId64
	       " customers: engine %.1f ns a customer, plain C %.1f, ratio %.2f; mean "
	       "time in system %.2f (theory 10)\n",
	       customers, median(ours), median(plain), median(ratio), mean);
}

/* `hold PENDING HOLDS [cancel|reschedule]` prints ns a hold, undisturbed or with 15 % of those;
 * `mm1 CUSTOMERS` ns a customer of the engine and of plain C: for programs. */
int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "hold") == 0) {
		const enum disturbance kind = argc == 4                        ? NONE
		                              : strcmp(argv[4], "cancel") == 0 ? CANCEL
		                                                               : RESCHEDULE;

		printf("%.3f\n", run_hold((uint32_t)atoll(argv[2]), kind, atoll(argv[3])));
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "mm1") == 0) {
		double mean;

		printf("%.3f ", run_mm1((uint64_t)atoll(argv[2]), 1, &mean));
		printf("%.3f\n", bare_mm1(atoll(argv[2]), 1));
		return 0;
	}
	const double scale = argc > 1 ? atof(argv[1]) : 1;

	print_hold((int64_t)(2e6 * scale));
	print_mm1((int64_t)(1e6 * scale));
	return 0;
}
