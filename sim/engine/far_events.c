#include "engine/far_events.h"

#include <glib.h>

/* A bucket is a list of chunks, of which only the first may be partly filled. */
#define PLACE_BITS 5
#define CHUNK_ITEMS ((1 << PLACE_BITS) - 1)
#define NO_CHUNK 0

/* The bucket of what lies beyond the ring. */
#define BEYOND FAR_BUCKETS

/* Opening a bucket costs about as much as a few insertions into the heap. */
#define SPARSE 8

struct chunk {
	uint32_t next;
	uint32_t bucket;
	uint32_t n;
	uint32_t unused;
	struct item items[CHUNK_ITEMS];
};

G_STATIC_ASSERT(sizeof(struct chunk) == 512);
G_STATIC_ASSERT(FAR_BUCKETS % 64 == 0);

struct far_events {
	unsigned shift;
	uint32_t n, in_ring;
	uint64_t first; /* number (due >> shift) of the first bucket that was not opened */
	uint64_t turn;  /* `first` when the last turn began: nothing beyond the ring lies before
	                   turn + FAR_BUCKETS */
	uint32_t given; /* events opened in this turn */
	bool sparse;
	uint64_t occupied[FAR_BUCKETS / 64];
	uint32_t heads[FAR_BUCKETS + 1];
	struct chunk *chunks; /* chunk 0 is never used */
	uint32_t n_chunks, capacity, free;
};

struct far_events *far_events_new(unsigned shift, uint64_t from)
{
	struct far_events *far = g_new0(struct far_events, 1);

	far->shift = shift;
	far->first = from >> shift;
	far->turn = far->first;
	far->n_chunks = 1;
	return far;
}

void far_events_free(struct far_events *far)
{
	if (far) {
		g_free(far->chunks);
		g_free(far);
	}
}

uint32_t far_events_count(const struct far_events *far)
{
	return far->n;
}

uint64_t far_events_horizon(const struct far_events *far)
{
	return far->first << far->shift;
}

bool far_events_are_sparse(const struct far_events *far)
{
	return far->sparse;
}

/* --- chunks --- */

static uint32_t take_chunk(struct far_events *far)
{
	uint32_t chunk = far->free;

	if (chunk != NO_CHUNK) {
		far->free = far->chunks[chunk].next;
		return chunk;
	}
	if (far->n_chunks >= far->capacity) {
		far->capacity = MAX(64, far->capacity + far->capacity / 2);
		far->chunks = g_renew(struct chunk, far->chunks, far->capacity);
	}
	return far->n_chunks++;
}

static void put_chunk(struct far_events *far, uint32_t chunk)
{
	far->chunks[chunk].next = far->free;
	far->free = chunk;
}

static inline uint64_t number_of(const struct far_events *far, struct item item)
{
	return item.due >> far->shift;
}

static void put_in(struct far_events *far, uint32_t bucket, struct item item, uint32_t *positions)
{
	uint32_t head = far->heads[bucket];

	if (head == NO_CHUNK || far->chunks[head].n == CHUNK_ITEMS) {
		const uint32_t fresh = take_chunk(far);

		far->chunks[fresh].next = head;
		far->chunks[fresh].bucket = bucket;
		far->chunks[fresh].n = 0;
		far->heads[bucket] = head = fresh;
		if (bucket != BEYOND) {
			far->occupied[bucket / 64] |= UINT64_C(1) << bucket % 64;
		}
	}
	struct chunk *chunk = &far->chunks[head];

	positions[slot_of(item)] = FAR_PLACE | head << PLACE_BITS | chunk->n;
	chunk->items[chunk->n++] = item;
	far->in_ring += bucket != BEYOND;
	far->n++;
}

void far_events_add(struct far_events *far, struct item item, uint32_t *positions)
{
	const uint64_t ahead = number_of(far, item) - far->first;

	put_in(far, ahead < FAR_BUCKETS ? number_of(far, item) % FAR_BUCKETS : BEYOND, item,
	       positions);
}

static inline struct item *item_at(const struct far_events *far, uint32_t place)
{
	const uint32_t i = place & ~FAR_PLACE;

	return &far->chunks[i >> PLACE_BITS].items[i & ((1 << PLACE_BITS) - 1)];
}

struct item far_events_at(const struct far_events *far, uint32_t place)
{
	return *item_at(far, place);
}

/* Forgets that @bucket had its first chunk. */
static void drop_head(struct far_events *far, uint32_t bucket)
{
	const uint32_t head = far->heads[bucket];

	far->heads[bucket] = far->chunks[head].next;
	put_chunk(far, head);
	if (far->heads[bucket] == NO_CHUNK && bucket != BEYOND) {
		far->occupied[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
	}
}

/* The last event of the bucket fills the gap. */
void far_events_remove(struct far_events *far, uint32_t place, uint32_t *positions)
{
	struct item *gap = item_at(far, place);
	const uint32_t bucket = far->chunks[(place & ~FAR_PLACE) >> PLACE_BITS].bucket;
	struct chunk *head = &far->chunks[far->heads[bucket]];
	const struct item last = head->items[--head->n];

	if (gap != &head->items[head->n]) {
		*gap = last;
		positions[slot_of(last)] = FAR_PLACE | (place & ~FAR_PLACE);
	}
	if (head->n == 0) {
		drop_head(far, bucket);
	}
	far->in_ring -= bucket != BEYOND;
	far->n--;
}

/* --- opening --- */

static void give_all(struct far_events *far, uint32_t bucket,
                     void (*each)(void *data, struct item item), void *data)
{
	while (far->heads[bucket] != NO_CHUNK) {
		const struct chunk *chunk = &far->chunks[far->heads[bucket]];

		for (uint32_t i = 0; i < chunk->n; i++) {
			each(data, chunk->items[i]);
		}
		far->n -= chunk->n;
		far->in_ring -= bucket != BEYOND ? chunk->n : 0;
		drop_head(far, bucket);
	}
}

/* The number of the first bucket of the ring that has events. */
static uint64_t first_occupied(const struct far_events *far)
{
	const uint32_t start = far->first % FAR_BUCKETS;
	const uint32_t words = FAR_BUCKETS / 64;
	uint64_t word = far->occupied[start / 64] & (UINT64_MAX << start % 64);

	for (uint32_t i = start / 64, seen = 0;; seen++) {
		if (word) {
			const uint32_t bucket = i * 64 + (uint32_t)__builtin_ctzll(word);

			return far->first + (bucket - start) % FAR_BUCKETS;
		}
		g_assert(seen <= words);
		i = (i + 1) % words;
		word = far->occupied[i];
	}
}

/* A new turn of the ring: what lay beyond it and no longer does is sorted into it. */
static void begin_turn(struct far_events *far, uint32_t *positions)
{
	uint32_t chunk = far->heads[BEYOND];

	if (far->in_ring == 0) { /* nothing before the first of those beyond */
		far->first = UINT64_MAX;
		for (uint32_t c = chunk; c != NO_CHUNK; c = far->chunks[c].next) {
			for (uint32_t i = 0; i < far->chunks[c].n; i++) {
				far->first =
				    MIN(far->first, number_of(far, far->chunks[c].items[i]));
			}
		}
	}
	far->sparse = far->given < SPARSE * FAR_BUCKETS;
	far->given = 0;
	far->turn = far->first;
	far->heads[BEYOND] = NO_CHUNK;
	while (chunk != NO_CHUNK) {
		const uint32_t next = far->chunks[chunk].next;

		for (uint32_t i = 0; i < far->chunks[chunk].n; i++) {
			far->n--;
			far_events_add(far, far->chunks[chunk].items[i], positions);
		}
		put_chunk(far, chunk);
		chunk = next;
	}
}

void far_events_open(struct far_events *far, uint32_t *positions,
                     void (*each)(void *data, struct item item), void *data)
{
	g_assert(far->n);
	if (far->in_ring == 0 || first_occupied(far) >= far->turn + FAR_BUCKETS) {
		begin_turn(far, positions);
	}
	const uint64_t number = first_occupied(far);
	const uint32_t before = far->n;

	far->first = number + 1;
	give_all(far, number % FAR_BUCKETS, each, data);
	far->given += before - far->n;
}

void far_events_empty(struct far_events *far, void (*each)(void *data, struct item item),
                      void *data)
{
	for (uint32_t bucket = 0; bucket <= BEYOND; bucket++) {
		give_all(far, bucket, each, data);
	}
}
