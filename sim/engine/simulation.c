#include "engine/simulation.h"

#include "engine/event_item.h"
#include "engine/far_events.h"

#include <stdlib.h>
#include <string.h>

#define SEQUENCE_BITS 37
#define PHASE_SHIFT (SLOT_BITS + SEQUENCE_BITS)
#define SEQUENCE_LIMIT (UINT64_C(1) << SEQUENCE_BITS)
#define SLOT_LIMIT (UINT32_C(1) << SLOT_BITS)

/* An instant with more events than can be pending at once loops. */
#define INSTANT_LIMIT (UINT64_C(1) << SLOT_BITS)

#define FIRST_CAPACITY 64
#define CACHE_LINE 64

/* A heap of more items than this does not stay in the fastest cache: those that are far away then
 * wait outside, so that about so many are near. */
#define MANY_ITEMS 512
#define NEAR_ITEMS 96

#define NO_POSITION UINT32_MAX

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
	uint32_t n;             /* items in the heap, the hole included */
	uint32_t many;          /* more than this in the heap are too many */
	uint32_t free;          /* first free slot; 0: none */
	struct item *heap;      /* children of i at 4i+1 to 4i+4; those four share a cache line */
	uint32_t *position;     /* by slot: in the heap, or FAR_PLACE and where in @far */
	struct slot *slots;     /* slot 0 is never given out */
	uint64_t near_until;    /* the last due that belongs in the heap */
	struct far_events *far; /* NULL: there are not many events, all are near */
	uint32_t heap_capacity;
	uint32_t capacity; /* of positions and slots */
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
static const struct item nothing = {UINT64_MAX, UINT64_MAX};

/* Stands at the root while its event is called: before everything, so nothing rises past it. */
static const struct item before_all = {0, 0};

G_DEFINE_QUARK(simulation - error - quark, simulation_error)

static inline void put(struct simulation *sim, size_t i, struct item item)
{
	sim->heap[i] = item;
	sim->position[item.word & SLOT_MASK] = (uint32_t)i;
}

static void sift_up(struct simulation *sim, size_t i, struct item item)
{
	while (i > 0) {
		const size_t parent = (i - 1) / 4;

		if (!before(item, sim->heap[parent])) {
			break;
		}
		put(sim, i, sim->heap[parent]);
		i = parent;
	}
	put(sim, i, item);
}

/* The earliest of four neighbours, and which one it is, by arithmetic: it cannot be predicted, so a
 * branch would cost more. The winners of the two halves are picked by a mask, not read again by
 * their number, as each level's search waits for the one above it. */
static inline struct item earliest_of_four(const struct item *four, size_t *which)
{
	const uint64_t b_first = -(uint64_t)before(four[1], four[0]);
	const uint64_t d_first = -(uint64_t)before(four[3], four[2]);
	const struct item left = {
	    four[0].due ^ ((four[0].due ^ four[1].due) & b_first),
	    four[0].word ^ ((four[0].word ^ four[1].word) & b_first),
	};
	const struct item right = {
	    four[2].due ^ ((four[2].due ^ four[3].due) & d_first),
	    four[2].word ^ ((four[2].word ^ four[3].word) & d_first),
	};
	const uint64_t right_first = -(uint64_t)before(right, left);
	const size_t l = b_first & 1;
	const size_t r = 2 + (d_first & 1);

	*which = l ^ ((l ^ r) & right_first);
	return (struct item){
	    left.due ^ ((left.due ^ right.due) & right_first),
	    left.word ^ ((left.word ^ right.word) & right_first),
	};
}

static void sift_down(struct simulation *sim, size_t i, struct item item)
{
	struct item *const heap = sim->heap;
	uint32_t *const position = sim->position;
	const size_t n = sim->n;
	size_t first;

	while ((first = 4 * i + 1) < n) {
		size_t which;
		const struct item child = earliest_of_four(&heap[first], &which);

		if (!before(child, item)) {
			break;
		}
		heap[i] = child;
		position[child.word & SLOT_MASK] = (uint32_t)i;
		i = first + which;
	}
	heap[i] = item;
	position[item.word & SLOT_MASK] = (uint32_t)i;
}

static void grow_heap(struct simulation *sim)
{
	const uint32_t capacity = sim->heap_capacity ? 2 * sim->heap_capacity : FIRST_CAPACITY;
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
	sim->heap_capacity = capacity;
}

static void grow_slots(struct simulation *sim)
{
	const uint32_t capacity = sim->capacity ? 2 * sim->capacity : FIRST_CAPACITY;

	g_assert(capacity <= SLOT_LIMIT);
	sim->position = g_renew(uint32_t, sim->position, capacity);
	sim->slots = g_renew(struct slot, sim->slots, capacity);
	for (uint32_t slot = capacity - 1; slot >= MAX(sim->capacity, 1); slot--) {
		sim->slots[slot] = (struct slot){.next = sim->free};
		sim->position[slot] = NO_POSITION;
		sim->free = slot;
	}
	sim->capacity = capacity;
}

static inline void push(struct simulation *sim, struct item item)
{
	if (G_UNLIKELY(sim->n == sim->heap_capacity)) {
		grow_heap(sim);
	}
	sift_up(sim, sim->n++, item);
}

/* --- near and far --- */

static void push_near(void *data, struct item item)
{
	struct simulation *sim = data;

	__builtin_prefetch(&sim->slots[slot_of(item)]);
	push(sim, item);
}

/* Opens the next bucket into the empty heap. What its events will touch first has not been touched
 * for long: asked for now, it is there when they are called. */
static void open_far(struct simulation *sim)
{
	far_events_open(sim->far, sim->position, push_near, sim);
	sim->near_until = far_events_horizon(sim->far) - 1;
	for (uint32_t i = 0; i < sim->n; i++) {
		__builtin_prefetch(sim->slots[slot_of(sim->heap[i])].data);
	}
}

struct items {
	struct item *items;
	uint32_t n;
};

static void collect(void *data, struct item item)
{
	struct items *all = data;

	all->items[all->n++] = item;
}

static int by_due(const void *a, const void *b)
{
	const uint64_t x = ((const struct item *)a)->due;
	const uint64_t y = ((const struct item *)b)->due;

	return (x > y) - (x < y);
}

/* How long a bucket must be for NEAR_ITEMS of @all to be due within it, by a sample of them. */
static unsigned bucket_shift(const struct items *all, uint64_t now)
{
	enum { SAMPLE = 1024 };
	struct item sample[SAMPLE];
	const uint32_t step = MAX(1, all->n / SAMPLE);
	uint32_t n = 0;

	for (uint32_t i = 0; i < all->n && n < SAMPLE; i += step) {
		sample[n++] = all->items[i];
	}
	qsort(sample, n, sizeof(sample[0]), by_due);
	const uint64_t ahead = sample[MIN(NEAR_ITEMS / step, n - 1)].due - now;

	return ahead > 1 ? 63 - (unsigned)__builtin_clzll(ahead) : 0;
}

/* Parts near events from far ones anew, by how dense they lie now. No event is being called. */
static void part(struct simulation *sim)
{
	struct items all = {
	    g_new(struct item, sim->n + (sim->far ? far_events_count(sim->far) : 0)), sim->n};

	memcpy(all.items, sim->heap, sim->n * sizeof(struct item));
	if (sim->far) {
		far_events_empty(sim->far, collect, &all);
	}
	for (uint32_t i = 0; i < sim->n; i++) {
		sim->heap[i] = nothing;
	}
	g_clear_pointer(&sim->far, far_events_free);
	sim->n = 0;
	sim->near_until = UINT64_MAX;
	if (all.n >= MANY_ITEMS / 2) {
		const uint64_t now = due_at(sim->clock.now);
		const unsigned shift = bucket_shift(&all, now);

		sim->far = far_events_new(shift, now + (UINT64_C(2) << shift));
		sim->near_until = far_events_horizon(sim->far) - 1;
	}
	for (uint32_t i = 0; i < all.n; i++) {
		if (all.items[i].due <= sim->near_until) {
			push(sim, all.items[i]);
		} else {
			far_events_add(sim->far, all.items[i], sim->position);
		}
	}
	sim->many = MAX(MANY_ITEMS, 2 * sim->n);
	g_free(all.items);
}

struct simulation *simulation_new(sim_time start, uint64_t seed)
{
	struct simulation *sim = g_new0(struct simulation, 1);

	sim->clock.now = start;
	sim->seed = seed;
	sim->many = MANY_ITEMS;
	sim->near_until = UINT64_MAX;
	grow_heap(sim);
	grow_slots(sim);
	return sim;
}

void simulation_free(struct simulation *sim)
{
	if (!sim) {
		return;
	}
	far_events_free(sim->far);
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
		grow_slots(sim);
	}
	const uint32_t slot = sim->free;
	const uint64_t word = (uint64_t)phase << PHASE_SHIFT | next_sequence(sim) | slot;
	const struct item item = {due_at(at), word};

	sim->free = sim->slots[slot].next;
	sim->slots[slot] = (struct slot){.fn = fn, .data = data};
	if (item.due > sim->near_until) {
		far_events_add(sim->far, item, sim->position);
	} else if (sim->hole) {
		sim->hole = false;
		sift_down(sim, 0, item);
	} else {
		push(sim, item);
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
	if (i > 0 && before(last, sim->heap[(i - 1) / 4])) {
		sift_up(sim, i, last);
	} else {
		sift_down(sim, i, last);
	}
}

static inline void release(struct simulation *sim, uint32_t slot)
{
	sim->slots[slot] = (struct slot){.next = sim->free};
	sim->position[slot] = NO_POSITION;
	sim->free = slot;
}

static inline uint32_t pending(const struct simulation *sim, event_id id)
{
	g_assert(id && id < sim->capacity && sim->position[id] != NO_POSITION);
	return sim->position[id];
}

static inline struct item item_at(const struct simulation *sim, uint32_t position)
{
	return G_UNLIKELY(position & FAR_PLACE) ? far_events_at(sim->far, position)
	                                        : sim->heap[position];
}

static inline void take_out(struct simulation *sim, uint32_t position)
{
	if (G_UNLIKELY(position & FAR_PLACE)) {
		far_events_remove(sim->far, position, sim->position);
	} else {
		remove_at(sim, position);
	}
}

void simulation_cancel(struct simulation *sim, event_id *id)
{
	if (*id == EVENT_NONE) {
		return;
	}
	const uint32_t position = pending(sim, *id);

	release(sim, *id);
	take_out(sim, position);
	*id = EVENT_NONE;
}

void simulation_reschedule(struct simulation *sim, event_id id, sim_time at)
{
	const uint32_t i = pending(sim, id);
	const uint64_t phase = item_at(sim, i).word >> PHASE_SHIFT << PHASE_SHIFT;
	const struct item item = {due_at(at), phase | next_sequence(sim) | id};

	g_assert(at >= sim->clock.now);
	if (G_UNLIKELY(i & FAR_PLACE || item.due > sim->near_until)) {
		take_out(sim, i);
		if (item.due > sim->near_until) {
			far_events_add(sim->far, item, sim->position);
		} else {
			push(sim, item);
		}
	} else if (i > 0 && before(item, sim->heap[(i - 1) / 4])) {
		sift_up(sim, i, item);
	} else {
		sift_down(sim, i, item);
	}
}

sim_time simulation_due(const struct simulation *sim, event_id id)
{
	return time_of(item_at(sim, pending(sim, id)));
}

static bool stuck(const struct simulation *sim, GError **error)
{
	g_set_error(error, SIMULATION_ERROR, SIMULATION_ERROR_STUCK,
	            "more than %" G_GUINT64_FORMAT
	            " events at %.9f s: something repeats without time passing",
	            INSTANT_LIMIT, sim_time_to_seconds(sim->clock.now));
	return false;
}

/* Whether an event is due at or before @until; then it is at the top of the heap. */
static inline bool is_due(struct simulation *sim, uint64_t until)
{
	if (G_UNLIKELY(sim->n > sim->many || (sim->far && far_events_are_sparse(sim->far)))) {
		part(sim);
	}
	if (G_UNLIKELY(sim->n == 0)) {
		if (!sim->far || far_events_count(sim->far) == 0 || sim->near_until >= until) {
			return false;
		}
		open_far(sim);
	}
	return sim->heap[0].due <= until;
}

bool simulation_run_until(struct simulation *sim, sim_time until, GError **error)
{
	g_assert(until >= sim->clock.now);
	sim->stopped = false;
	while (is_due(sim, due_at(until))) {
		const struct item top = sim->heap[0];
		const sim_time now = time_of(top);
		const uint32_t slot = slot_of(top);
		const struct slot call = sim->slots[slot];

		release(sim, slot);
		sim->heap[0] = before_all;
		sim->hole = true;
		sim->at_instant = now == sim->clock.now ? sim->at_instant + 1 : 0;
		sim->clock.now = now;
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
