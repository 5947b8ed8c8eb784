/* slice_roster.h - the pods behind one Service, and which of its EndpointSlices are as wanted.
 *
 * A sync of a Service needs to look only at slices in which something has changed, and at pods that
 * stand in these or in none. A slice is settled when a plan found it to be as wanted; it is so
 * until it changes itself or one of its pods does, whereupon its pods are loose. What a change of
 * a pod costs does not depend on how many pods the Service has. */

#pragma once

#include "rules/endpoints_slices.h"
#include "store/store.h"

struct slice_roster;

/* Without pods. @service is this version of the Service: another one needs another roster. */
struct slice_roster *slice_roster_new(const struct object *service);
void slice_roster_free(struct slice_roster *roster); /* NULL is fine */
bool slice_roster_is_of(const struct slice_roster *roster, const struct object *service);

/* A pod is seen as @object; @number: its place in the order of creation. Others than the Service's
 * are ignored. */
void slice_roster_see_pod(struct slice_roster *roster, enum change change,
                          const struct object *object, uint64_t number);
/* @slice, as it was last seen, has changed or gone. */
void slice_roster_lose_slice(struct slice_roster *roster, const struct object *slice);

/* Loose pods that belong among the endpoints, in order of creation: an array of struct
 * endpoint_pod, valid until the next change. */
GArray *slice_roster_loose_pods(struct slice_roster *roster);
/* Of @slices (struct endpoint_slice *) each, whether it is settled; NULL: none is. *@complete: all
 * that are settled are among them. To be freed. */
bool *slice_roster_settled(const struct slice_roster *roster, const GPtrArray *slices,
                           bool *complete);
/* Settles what @plan found to be as wanted. */
void slice_roster_settle(struct slice_roster *roster, const struct slice_plan *plan);
