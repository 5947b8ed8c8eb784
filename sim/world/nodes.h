/* nodes.h - the Node objects of a scenario. */

#pragma once

#include "scenario/scenario.h"
#include "store/store.h"

/* Creates a Node, Ready, for each of the scenario's; missing allocatable amounts are 4 CPU, 8 GiB,
 * 110 pods. */
bool nodes_create(struct store *store, const struct scenario *scenario, GError **error);

/* Number of the node called @name (NULL: the first), or -1. */
int nodes_find(const struct scenario *scenario, const char *name);
