/* endpoints_roster.h - the pods behind one Service, in the order of its old Endpoints object.
 *
 * Kept as pods change, so that a sync neither walks the pods nor sorts them: what it costs depends
 * on how many addresses the object can hold, not on how many pods there are. */

#pragma once

#include "rules/endpoints_object.h"
#include "store/store.h"

struct endpoints_roster;

/* Without pods. @service is this version of the Service: another one needs another roster. */
struct endpoints_roster *endpoints_roster_new(const struct object *service);
void endpoints_roster_free(struct endpoints_roster *roster); /* NULL is fine */
bool endpoints_roster_is_of(const struct endpoints_roster *roster, const struct object *service);

/* A pod is seen as @object; others than the Service's are ignored. */
void endpoints_roster_see_pod(struct endpoints_roster *roster, enum change change,
                              const struct object *object);

/* What endpoint_subsets_of() gives for these pods. False when they differ in their ports, so that
 * they have to be looked at one by one. */
bool endpoints_roster_subsets(const struct endpoints_roster *roster,
                              struct endpoint_subset **subsets, size_t *n_subsets,
                              bool *truncated);
