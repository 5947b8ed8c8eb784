/* processor.h - the CPU of one container: processor sharing in virtual time.
 *
 * All jobs in it run at the same rate: one core each while there are enough, else an equal share of
 * the capacity. Virtual time grows at that rate, so a job that enters with so much work leaves when
 * virtual time has grown by it, whoever comes and goes meanwhile. One pending event is enough: the
 * departure of the job whose virtual finish is smallest. An arrival or a departure costs O(log n).
 *
 * A CPU limit is a cap on the rate or, where Linux' own way is asked for, a quota per period (CFS
 * bandwidth control): jobs run at the full rate until the quota is used up and then stand still
 * until the period ends. Periods are counted from the start; what is left of a quota is lost.
 *
 * Where the CPU is shared with others, `changed` is told when the number of jobs has changed, or
 * whether they may run, before the rate is set anew; it may set `capacity` by hand then. From
 * outside, processor_set_capacity() changes it at any instant: the jobs keep the work that they
 * have got. */

#pragma once

#include "engine/simulation.h"

struct request;

struct processor_job {
	double finish;           /* in virtual time */
	struct request *request; /* NULL: the start-up burst */
};

struct processor { /* the first 64 bytes are what every arrival and departure touches */
	struct simulation *sim;
	double virtual_time; /* nanoseconds of one job's service; back to 0 when empty */
	double rate;         /* cores per job */
	double capacity;     /* cores for all jobs */
	double served;       /* nanoseconds of core given to jobs */
	sim_time updated;    /* what virtual time, served and short_of are true for */
	struct processor_job *jobs; /* a binary heap */
	uint32_t n;
	event_id departure;

	double short_of; /* nanoseconds in which jobs wanted more than the capacity */
	sim_time period; /* 0: no quota */
	void (*done)(void *owner, struct request *request);
	void (*changed)(void *owner); /* NULL: nobody wants to know */
	void *owner;
	uint32_t room;
	bool departing;
	bool stopped; /* the quota is used up */
	sim_time period_end;
	double quota;         /* nanoseconds of core a period */
	double served_before; /* `served` when the period began */
	event_id boundary;    /* when the quota is used up, or the period ends */
};

/* @done(@owner, request) is called when a job has got all its work. */
void processor_init(struct processor *cpu, struct simulation *sim, double capacity,
                    void (*done)(void *owner, struct request *request), void *owner);
/* Drops all jobs without a word. */
void processor_clear(struct processor *cpu);
/* @work > 0: nanoseconds of one core. */
void processor_add(struct processor *cpu, double work, struct request *request);
void processor_set_capacity(struct processor *cpu, double capacity);
/* From now on the jobs may use @quota nanoseconds of core in each @period, the first of which begins now, with all of its
 * quota; @period 0: as much as the capacity allows. */
void processor_set_quota(struct processor *cpu, double quota, sim_time period);
/* Brings `served` and `short_of` up to now. */
void processor_update(struct processor *cpu);
