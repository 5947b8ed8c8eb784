/* expect_quantity.h - the quantities that expectations and studies speak of. */

#pragma once

#include "scenario/expect.h"

#include "kube/object.h"

enum expect_object { /* what may stand in the parentheses first */
	             OF_NOTHING = 0,
	             OF_LOAD = 1 << 0,
	             OF_SERVICE = 1 << 1,
	             OF_DEPLOYMENT = 1 << 2,
	             OF_POD = 1 << 3,
	             OF_HPA = 1 << 4,
	             OF_NODE = 1 << 5,
	             OF_OTHER = 1 << 6, /* replicaset, pdb, ... */
};

struct expect_quantity {
	const char *name;
	enum expect_unit unit;
	unsigned of;         /* enum expect_object, ORed */
	bool changes;        /* has a value at every instant, so WHEN may follow */
	const char *keys[5]; /* key=value arguments it takes */
};

/* The quantity @name, or NULL. `latency.p99.9` and the like are found under `latency.p`. */
const struct expect_quantity *expect_quantity_find(const char *name);
/* All names, NULL-terminated, for suggestions; to be freed with g_free(). */
const char **expect_quantity_names(void);

/* What @object, such as "deployment/web" or "locust", is (one of enum expect_object); 0: nothing
 * that has such a name. */
unsigned expect_object_class(const char *object);
/* "deployment/NAME or pod/NAME", for messages; to be freed. */
char *expect_object_words(unsigned of);
