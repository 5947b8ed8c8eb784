#include "traffic/processor.h"

#define FIRST_ROOM 8

/* A departure further away than this (73 years) is not told from never. */
#define FAR 0x1p61

void processor_init(struct processor *cpu, struct simulation *sim, double capacity,
                    void (*done)(void *owner, struct request *request), void *owner)
{
	*cpu = (struct processor){
	    .sim = sim,
	    .rate = 1,
	    .capacity = capacity,
	    .updated = simulation_now(sim),
	    .done = done,
	    .owner = owner,
	};
}

void processor_clear(struct processor *cpu)
{
	simulation_cancel(cpu->sim, &cpu->departure);
	g_clear_pointer(&cpu->jobs, g_free);
	cpu->n = 0;
	cpu->room = 0;
}

void processor_update(struct processor *cpu)
{
	const sim_time now = simulation_now(cpu->sim);

	if (cpu->n) {
		const double passed = (double)(now - cpu->updated);
		const double grown = passed * cpu->rate;

		cpu->virtual_time += grown;
		cpu->served += grown * cpu->n;
		cpu->short_of += cpu->rate < 1 ? passed : 0;
	}
	cpu->updated = now;
}

/* --- the heap --- */

static void push(struct processor *cpu, struct processor_job job)
{
	if (G_UNLIKELY(cpu->n == cpu->room)) {
		cpu->room = MAX(FIRST_ROOM, 2 * cpu->room);
		cpu->jobs = g_renew(struct processor_job, cpu->jobs, cpu->room);
	}
	uint32_t i = cpu->n++;

	while (i > 0 && job.finish < cpu->jobs[(i - 1) / 2].finish) {
		cpu->jobs[i] = cpu->jobs[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	cpu->jobs[i] = job;
}

static struct processor_job pop(struct processor *cpu)
{
	struct processor_job *jobs = cpu->jobs;
	const struct processor_job first = jobs[0];
	const uint32_t n = --cpu->n;
	const struct processor_job last = jobs[n];
	uint32_t i = 0;
	uint32_t child;

	while ((child = 2 * i + 1) < n) {
		child += child + 1 < n && jobs[child + 1].finish < jobs[child].finish;
		if (last.finish <= jobs[child].finish) {
			break;
		}
		jobs[i] = jobs[child];
		i = child;
	}
	jobs[i] = last;
	return first;
}

/* --- the departure --- */

static void depart(struct simulation *sim, void *data);

/* After any change of the jobs or the capacity; virtual time is up to date. */
static void set_departure(struct processor *cpu)
{
	if (cpu->n == 0) {
		simulation_cancel(cpu->sim, &cpu->departure);
		cpu->virtual_time = 0;
		return;
	}
	double delay = cpu->jobs[0].finish - cpu->virtual_time;

	cpu->rate = 1;
	if (cpu->n > cpu->capacity) {
		cpu->rate = cpu->capacity / cpu->n;
		delay /= cpu->rate;
	}
	delay = delay < 0 ? 0 : MIN(delay, FAR);
	/* Up to the next whole nanosecond: by then the job has all its work. */
	sim_time whole = (sim_time)delay;

	whole += (double)whole < delay;
	const sim_time at = cpu->updated + whole;

	if (!cpu->departure) {
		cpu->departure = simulation_schedule(cpu->sim, at, PHASE_RUNTIME, depart, cpu);
	} else if (simulation_due(cpu->sim, cpu->departure) != at) {
		simulation_reschedule(cpu->sim, cpu->departure, at);
	}
}

/* The first job leaves, whatever rounding says, and with it those that have their work too. */
static void depart(struct simulation *sim, void *data)
{
	struct processor *cpu = data;

	cpu->departure = EVENT_NONE;
	processor_update(cpu);
	cpu->departing = true;
	const double reached = MAX(cpu->virtual_time, cpu->jobs[0].finish);

	while (cpu->n && cpu->jobs[0].finish <= reached) {
		const struct processor_job job = pop(cpu);

		cpu->served -= cpu->virtual_time - job.finish; /* nobody worked for the rounding */
		if (job.request) {
			cpu->done(cpu->owner, job.request);
		}
	}
	cpu->departing = false;
	if (cpu->jobs) { /* the container may have ended meanwhile */
		set_departure(cpu);
	}
}

void processor_add(struct processor *cpu, double work, struct request *request)
{
	processor_update(cpu);
	push(cpu, (struct processor_job){cpu->virtual_time + work, request});
	if (!cpu->departing) {
		set_departure(cpu);
	}
}

void processor_set_capacity(struct processor *cpu, double capacity)
{
	processor_update(cpu);
	cpu->capacity = capacity;
	if (cpu->jobs && !cpu->departing) {
		set_departure(cpu);
	}
}
