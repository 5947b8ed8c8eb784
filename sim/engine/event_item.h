/* event_item.h - a pending event as the queue sees it: when it is due, what comes first at an instant, and its slot.
 *
 * An item orders by (time, phase, sequence number); the slot number fills the rest of the word and never decides. Shared by the
 * heap (simulation.c) and the buckets (far_events.c) and by nobody else. */

#pragma once

#include "engine/time.h"

#include <stdbool.h>
#include <stdint.h>

#define SLOT_BITS 24
#define SLOT_MASK ((UINT64_C(1) << SLOT_BITS) - 1)

struct item {
	uint64_t due; /* the time with its sign turned over, so that the order of times is that of naturals */
	uint64_t word;
};

static inline uint64_t due_at(sim_time time)
{
	return (uint64_t)time ^ UINT64_C(1) << 63;
}

static inline sim_time time_of(struct item item)
{
	return (sim_time)(item.due ^ UINT64_C(1) << 63);
}

static inline uint32_t slot_of(struct item item)
{
	return item.word & SLOT_MASK;
}

__extension__ typedef unsigned __int128 item_key;

/* Both words as one number, so that comparing takes two subtractions and no branch. */
static inline item_key key_of(struct item item)
{
	return (item_key)item.due << 64 | item.word;
}

static inline bool before(struct item a, struct item b)
{
	return key_of(a) < key_of(b);
}
