/* far_events.h - pending events that are not due for a while.
 *
 * With many events pending most of them are far away: a hundred thousand users think for seconds while the next millisecond
 * has fifty events. Keeping all in one heap makes every insertion walk through memory that is not in the cache. So events
 * beyond a horizon wait in buckets, each a stretch of time as long as a power of two of nanoseconds, in no order within; when
 * everything before the horizon is done, the next bucket with events is opened: its events go to the heap, which alone decides
 * the order. A ring of buckets covers the near part of the future, one more bucket holds what lies beyond; it is looked through
 * once a turn of the ring.
 *
 * An event here has a place, which changes only when another is removed; the caller's table of positions, by slot, is kept up
 * to date: FAR_PLACE | place. Adding and removing are O(1), opening is O(events in the bucket). Which bucket an event waits in
 * never shows: the order of events is that of their items. */

#pragma once

#include "engine/event_item.h"

#define FAR_BUCKETS 1024
#define FAR_PLACE (UINT32_C(1) << 31)

struct far_events;

/* Buckets of 2^@shift ns. Events due before @from are never added. */
struct far_events *far_events_new(unsigned shift, uint64_t from);
void far_events_free(struct far_events *far);

uint32_t far_events_count(const struct far_events *far);
/* The first due that belongs here: the end of the bucket that was opened last. */
uint64_t far_events_horizon(const struct far_events *far);

void far_events_add(struct far_events *far, struct item item, uint32_t *positions);
struct item far_events_at(const struct far_events *far, uint32_t place);
void far_events_remove(struct far_events *far, uint32_t place, uint32_t *positions);

/* Takes every event of the first bucket that has any and gives it to @each; there must be one. Moves the horizon. */
void far_events_open(struct far_events *far, uint32_t *positions, void (*each)(void *data, struct item item), void *data);

/* Whether the last turn of the ring gave so few events a bucket that longer buckets would do better. */
bool far_events_are_sparse(const struct far_events *far);

/* Gives every event to @each and forgets it. */
void far_events_empty(struct far_events *far, void (*each)(void *data, struct item item), void *data);
