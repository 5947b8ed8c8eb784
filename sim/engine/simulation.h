/* simulation.h - the clock and its events.
 *
 * A simulation is a clock and a queue of pending events. Running it takes the earliest event, sets the clock to its time and
 * calls it, again and again. The order is total: time, then phase, then order of scheduling; so two runs of the same model do
 * the same things in the same order. The phase ranks what happens at one instant: first the application and the runtime
 * change, then somebody observes it, then controllers sync, then tickers tick, then answers are counted. An event may schedule
 * another at the present instant with a lower phase than its own: that one simply comes next.
 *
 * The queue is an implicit 4-ary heap of 16-byte items with the position of every event kept, so cancelling and rescheduling
 * are real and O(log n); once thousands of events are pending, those that are far away wait outside it (far_events.h). Nothing
 * is allocated per event once the queue has grown to its working size.
 *
 * One simulation belongs to one thread. It knows nothing of Kubernetes. */

#pragma once

#include "engine/time.h"

#include <glib.h>
#include <stdbool.h>

enum phase {
	PHASE_RUNTIME, /* application, runtime and network: requests, exits, signals, what people did */
	PHASE_OBSERVE, /* relists, watch deliveries */
	PHASE_SYNC,    /* kubelet and controller syncs */
	PHASE_TICK,    /* tickers: probe workers, HPA, scrapes */
	PHASE_ANSWER,  /* answers to probes */
};

struct simulation;

/* The head of a simulation, shown for simulation_now() alone: every request asks for the time many times. */
struct simulation_clock {
	sim_time now;
};

/* Called when its event is due; the event is gone by then, its id is dead. */
typedef void (*event_fn)(struct simulation *sim, void *data);

/* Names a pending event. Dead once the event was called or cancelled; the owner forgets it then. */
typedef uint32_t event_id;

#define EVENT_NONE ((event_id)0)

/* A simulation whose clock stands at @start. @seed is the root of every random stream (random.h). Never NULL. */
struct simulation *simulation_new(sim_time start, uint64_t seed);
void simulation_free(struct simulation *sim);

static inline sim_time simulation_now(const struct simulation *sim)
{
	return ((const struct simulation_clock *)sim)->now;
}

uint64_t simulation_seed(const struct simulation *sim);

/* Events called so far. */
uint64_t simulation_events(const struct simulation *sim);

/* Calls @fn(@sim, @data) at @at, which must not lie before now. */
event_id simulation_schedule(struct simulation *sim, sim_time at, enum phase phase, event_fn fn, void *data);

/* Same, @delay (>= 0) from now. */
event_id simulation_schedule_after(struct simulation *sim, sim_time delay, enum phase phase, event_fn fn, void *data);

/* Takes the pending event *@id back and sets *@id to EVENT_NONE. EVENT_NONE is fine. */
void simulation_cancel(struct simulation *sim, event_id *id);

/* Moves a pending event to @at, as if cancelled and scheduled anew (it goes behind the others of its instant and phase). */
void simulation_reschedule(struct simulation *sim, event_id id, sim_time at);

/* When the pending event @id is due. */
sim_time simulation_due(const struct simulation *sim, event_id id);

/* Calls every event due at or before @until in order, then sets the clock to @until. Can be called again with a later time.
 * False and @error (SIMULATION_ERROR) when one instant has more events than a run could need: a loop without time. */
bool simulation_run_until(struct simulation *sim, sim_time until, GError **error);

/* Makes simulation_run_until() return (true) after the present event. */
void simulation_stop(struct simulation *sim);

#define SIMULATION_ERROR (simulation_error_quark())
GQuark simulation_error_quark(void);

enum simulation_error {
	SIMULATION_ERROR_STUCK, /* too many events at one instant */
};
