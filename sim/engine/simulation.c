#include "engine/simulation.h"

#include <string.h>

/* An item orders by (time, phase, sequence number); the slot number fills the rest of the word and
 * never decides. */
#define SLOT_BITS 24
#define SEQUENCE_BITS 37
#define SLOT_MASK ((UINT64_C(1) << SLOT_BITS) - 1)
#define PHASE_SHIFT (SLOT_BITS + SEQUENCE_BITS)
#define SEQUENCE_LIMIT (UINT64_C(1) << SEQUENCE_BITS)
#define SLOT_LIMIT (UINT32_C(1) << SLOT_BITS)

/* An instant with more events than can be pending at once loops. */
#define INSTANT_LIMIT (UINT64_C(1) << SLOT_BITS)

#define FIRST_CAPACITY 64
#define CACHE_LINE 64

struct item {
	sim_time time;
	uint64_t word;
};

/* What is called. A free slot keeps the number of the next free one in @next. */
struct slot {
	event_fn fn;
	union {
		void *data;
		uint32_t next;
	};
};

struct simulation {
	struct simulation_clock clock; /* first: simulation_now() reads it */
	bool hole; /* the root's event is being called; the first event it schedules takes its place
	            */
	bool stopped;
	uint32_t n;         /* items in the heap, the hole included */
	uint32_t capacity;  /* of items, positions and slots */
	uint32_t free;      /* first free slot; 0: none */
	struct item *heap;  /* children of i at 4i+1 to 4i+4; those four share a cache line */
	uint32_t *position; /* by slot */
	struct slot *slots; /* slot 0 is never given out */
	uint64_t sequence;
	uint64_t events;
	uint64_t at_instant; /* events called at the present instant */
	void *memory;        /* holds heap, three items in front of it unused */
	uint64_t seed;
};

G_STATIC_ASSERT(sizeof(struct item) == 16);
G_STATIC_ASSERT(offsetof(struct simulation, clock) == 0);

/* Fills the places behind the last item, so that the last parent always has four children to
 * compare. */
static const struct item nothing = {SIM_NEVER, UINT64_MAX};

/* Stands at the root while its event is called: before everything, so nothing rises past it. */
static const struct item before_all = {INT64_MIN, 0};

G_DEFINE_QUARK(simulation - error - quark, simulation_error)

__extension__ typedef unsigned __int128 item_key;

/* Both words as one number, so that comparing takes two subtractions and no branch. */
static inline item_key key_of(const struct item *item)
{
	return (item_key)((uint64_t)item->time ^ (UINT64_C(1) << 63)) << 64 | item->word;
}

static inline bool before(const struct item *a, const struct item *b)
{
	return key_of(a) < key_of(b);
}

static inline void put(struct simulation *sim, uint32_t i, struct item item)
{
	sim->heap[i] = item;
	sim->position[item.word & SLOT_MASK] = i;
}

static void sift_up(struct simulation *sim, uint32_t i, struct item item)
{
	while (i > 0) {
		const uint32_t parent = (i - 1) / 4;

		if (!before(&item, &sim->heap[parent])) {
			break;
		}
		put(sim, i, sim->heap[parent]);
		i = parent;
	}
	put(sim, i, item);
}

/* The earliest of four neighbours by arithmetic: which one it is cannot be predicted, so a branch
 * would cost more. */
static inline uint32_t earliest_of_four(const struct item *heap, uint32_t first)
{
	const uint32_t a = first + before(&heap[first + 1], &heap[first]);
	const uint32_t b = first + 2 + before(&heap[first + 3], &heap[first + 2]);

	return a + (b - a) * before(&heap[b], &heap[a]);
}

static void sift_down(struct simulation *sim, uint32_t i, struct item item)
{
	struct item *heap = sim->heap;
	uint32_t first;

	while ((first = 4 * i + 1) < sim->n) {
		const uint32_t child = earliest_of_four(heap, first);

		if (!before(&heap[child], &item)) {
			break;
		}
		put(sim, i, heap[child]);
		i = child;
	}
	put(sim, i, item);
}

static void grow(struct simulation *sim)
{
	const uint32_t capacity = sim->capacity ? 2 * sim->capacity : FIRST_CAPACITY;

	g_assert(capacity <= SLOT_LIMIT);
	/* Three items of lead put item 1 at the start of a line; four behind are never left unset.
	 */
	struct item *memory = g_aligned_alloc(capacity + 8, sizeof(struct item), CACHE_LINE);
	struct item *heap = memory + 3;

	if (sim->n) {
		memcpy(heap, sim->heap, sim->n * sizeof(*heap));
	}
	for (uint32_t i = sim->n; i < capacity + 5; i++) {
		heap[i] = nothing;
	}
	g_aligned_free(sim->memory);
	sim->memory = memory;
	sim->heap = heap;
	sim->position = g_renew(uint32_t, sim->position, capacity);
	sim->slots = g_renew(struct slot, sim->slots, capacity);
	for (uint32_t slot = capacity - 1; slot >= MAX(sim->capacity, 1); slot--) {
		sim->slots[slot] = (struct slot){.next = sim->free};
		sim->position[slot] = UINT32_MAX;
		sim->free = slot;
	}
	sim->capacity = capacity;
}

struct simulation *simulation_new(sim_time start, uint64_t seed)
{
	struct simulation *sim = g_new0(struct simulation, 1);

	sim->clock.now = start;
	sim->seed = seed;
	grow(sim);
	return sim;
}

void simulation_free(struct simulation *sim)
{
	if (!sim) {
		return;
	}
	g_aligned_free(sim->memory);
	g_free(sim->position);
	g_free(sim->slots);
	g_free(sim);
}

uint64_t simulation_seed(const struct simulation *sim)
{
	return sim->seed;
}

uint64_t simulation_events(const struct simulation *sim)
{
	return sim->events;
}

static inline uint64_t next_sequence(struct simulation *sim)
{
	g_assert(sim->sequence < SEQUENCE_LIMIT);
	return sim->sequence++ << SLOT_BITS;
}

event_id simulation_schedule(struct simulation *sim, sim_time at, enum phase phase, event_fn fn,
                             void *data)
{
	g_assert(at >= sim->clock.now);
	if (G_UNLIKELY(!sim->free)) {
		grow(sim);
	}
	const uint32_t slot = sim->free;
	const uint64_t word = (uint64_t)phase << PHASE_SHIFT | next_sequence(sim) | slot;
	const struct item item = {at, word};

	sim->free = sim->slots[slot].next;
	sim->slots[slot] = (struct slot){.fn = fn, .data = data};
	if (sim->hole) {
		sim->hole = false;
		sift_down(sim, 0, item);
	} else {
		sift_up(sim, sim->n++, item);
	}
	return slot;
}

event_id simulation_schedule_after(struct simulation *sim, sim_time delay, enum phase phase,
                                   event_fn fn, void *data)
{
	g_assert(delay >= 0 && delay <= SIM_NEVER - MAX(sim->clock.now, 0));
	return simulation_schedule(sim, sim->clock.now + delay, phase, fn, data);
}

/* Closes the gap at @i with the last item. */
static void remove_at(struct simulation *sim, uint32_t i)
{
	const struct item last = sim->heap[--sim->n];

	sim->heap[sim->n] = nothing;
	if (i == sim->n) {
		return;
	}
	if (i > 0 && before(&last, &sim->heap[(i - 1) / 4])) {
		sift_up(sim, i, last);
	} else {
		sift_down(sim, i, last);
	}
}

static inline void release(struct simulation *sim, uint32_t slot)
{
	sim->slots[slot] = (struct slot){.next = sim->free};
	sim->position[slot] = UINT32_MAX;
	sim->free = slot;
}

static inline uint32_t pending(const struct simulation *sim, event_id id)
{
	g_assert(id && id < sim->capacity && sim->position[id] != UINT32_MAX);
	return sim->position[id];
}

void simulation_cancel(struct simulation *sim, event_id *id)
{
	if (*id == EVENT_NONE) {
		return;
	}
	const uint32_t i = pending(sim, *id);

	release(sim, *id);
	remove_at(sim, i);
	*id = EVENT_NONE;
}

void simulation_reschedule(struct simulation *sim, event_id id, sim_time at)
{
	const uint32_t i = pending(sim, id);
	const uint64_t phase = sim->heap[i].word >> PHASE_SHIFT << PHASE_SHIFT;
	const struct item item = {at, phase | next_sequence(sim) | id};

	g_assert(at >= sim->clock.now);
	if (i > 0 && before(&item, &sim->heap[(i - 1) / 4])) {
		sift_up(sim, i, item);
	} else {
		sift_down(sim, i, item);
	}
}

sim_time simulation_due(const struct simulation *sim, event_id id)
{
	return sim->heap[pending(sim, id)].time;
}

static bool stuck(const struct simulation *sim, GError **error)
{
	g_set_error(error, SIMULATION_ERROR, SIMULATION_ERROR_STUCK,
	            "more than %" G_GUINT64_FORMAT
	            " events at %.9f s: something repeats without time passing",
	            INSTANT_LIMIT, sim_time_to_seconds(sim->clock.now));
	return false;
}

bool simulation_run_until(struct simulation *sim, sim_time until, GError **error)
{
	g_assert(until >= sim->clock.now);
	sim->stopped = false;
	while (sim->n && sim->heap[0].time <= until) {
		const struct item top = sim->heap[0];
		const uint32_t slot = top.word & SLOT_MASK;
		const struct slot call = sim->slots[slot];

		release(sim, slot);
		sim->heap[0] = before_all;
		sim->hole = true;
		sim->at_instant = top.time == sim->clock.now ? sim->at_instant + 1 : 0;
		sim->clock.now = top.time;
		sim->events++;
		call.fn(sim, call.data);
		if (sim->hole) {
			sim->hole = false;
			remove_at(sim, 0);
		}
		if (G_UNLIKELY(sim->stopped)) {
			return true;
		}
		if (G_UNLIKELY(sim->at_instant > INSTANT_LIMIT)) {
			return stuck(sim, error);
		}
	}
	sim->clock.now = until;
	return true;
}

void simulation_stop(struct simulation *sim)
{
	sim->stopped = true;
}
