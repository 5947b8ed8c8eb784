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
	simulation_cancel(cpu->sim, &cpu->boundary);
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

static void set_departure(struct processor *cpu);

static void move(struct processor *cpu, event_id *id, sim_time at, event_fn fn)
{
	if (!*id) {
		*id = simulation_schedule(cpu->sim, at, PHASE_RUNTIME, fn, cpu);
	} else if (simulation_due(cpu->sim, *id) != at) {
		simulation_reschedule(cpu->sim, *id, at);
	}
}

/* Up to the next whole nanosecond: by then all the work is done. */
static sim_time whole(double delay)
{
	delay = delay < 0 ? 0 : MIN(delay, FAR);
	const sim_time down = (sim_time)delay;

	return down + ((double)down < delay);
}

/* --- the quota --- */

static double quota_left(const struct processor *cpu)
{
	return cpu->quota - (cpu->served - cpu->served_before);
}

static void on_boundary(struct simulation *sim, void *data)
{
	struct processor *cpu = data;

	cpu->boundary = EVENT_NONE;
	processor_update(cpu);
	cpu->stopped = quota_left(cpu) < 1; /* less than a nanosecond */
	set_departure(cpu);
}

/* A new period begins with a new quota. While there is nothing to do, nobody counts periods. */
static void renew_quota(struct processor *cpu)
{
	if (cpu->updated >= cpu->period_end) {
		const sim_time periods = (cpu->updated - cpu->period_end) / cpu->period + 1;

		cpu->period_end += periods * cpu->period;
		cpu->served_before = cpu->served;
		cpu->stopped = false;
	}
}

static void set_boundary(struct processor *cpu)
{
	if (cpu->n == 0) {
		simulation_cancel(cpu->sim, &cpu->boundary);
		return;
	}
	sim_time at = cpu->period_end;

	if (!cpu->stopped) {
		at = MIN(at, cpu->updated + whole(quota_left(cpu) / (cpu->rate * cpu->n)));
	}
	move(cpu, &cpu->boundary, at, on_boundary);
}

void processor_set_quota(struct processor *cpu, double quota, sim_time period)
{
	processor_update(cpu);
	cpu->quota = quota;
	cpu->period = period;
	cpu->period_end = cpu->updated + period;
	cpu->served_before = cpu->served;
	cpu->stopped = false;
	if (!period) {
		simulation_cancel(cpu->sim, &cpu->boundary);
	}
	if (!cpu->departing) {
		set_departure(cpu);
	}
}

/* --- the departure --- */

static void depart(struct simulation *sim, void *data);

/* After any change of the jobs or the capacity; virtual time is up to date. */
static void set_departure(struct processor *cpu)
{
	if (cpu->period) {
		renew_quota(cpu);
	}
	if (G_UNLIKELY(cpu->changed != NULL)) {
		cpu->changed(cpu->owner);
	}
	cpu->rate = cpu->stopped ? 0 : cpu->n > cpu->capacity ? cpu->capacity / cpu->n : 1;
	if (cpu->period) {
		set_boundary(cpu);
	}
	if (cpu->n == 0) {
		simulation_cancel(cpu->sim, &cpu->departure);
		cpu->virtual_time = 0;
		return;
	}
	double delay = cpu->jobs[0].finish - cpu->virtual_time;

	if (cpu->stopped) { /* a job whose last work took the last of the quota may go */
		delay = delay < 1 ? 0 : FAR;
	} else if (cpu->rate < 1) {
		delay /= cpu->rate;
	}
	move(cpu, &cpu->departure, cpu->updated + whole(delay), depart);
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
