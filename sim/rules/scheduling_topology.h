/* scheduling_topology.h - filters and scores that look at other pods: affinity, anti-affinity and
 * topology spread.
 *
 * Source: Kubernetes 1.31 to 1.34, pkg/scheduler/framework/plugins/interpodaffinity,
 * podtopologyspread. Terms apply within the pod's own namespace. */

#pragma once

#include "rules/scheduling.h"

/* What the constraints of one pod find in the cluster, looked up once for all nodes. The input is
 * borrowed and must have its picture. */
struct scheduling_spread;
struct scheduling_affinity;

struct scheduling_spread *scheduling_spread_new(const struct scheduling_input *input);
void scheduling_spread_free(struct scheduling_spread *spread);
struct scheduling_affinity *scheduling_affinity_new(const struct scheduling_input *input);
void scheduling_affinity_free(struct scheduling_affinity *affinity);

/* Why the node number @index does not suit the pod's constraints or those of pods already placed; a
 * static string, NULL when it does. *@resolvable: whether removing pods could help. */
const char *scheduling_spread_reason(const struct scheduling_spread *spread, size_t index,
                                     bool *resolvable);
const char *scheduling_affinity_reason(const struct scheduling_affinity *affinity, size_t index,
                                       bool *resolvable);

/* Scores 0 to 100 of the nodes with @fits set; the others stay 0. */
void scheduling_spread_scores(const struct scheduling_input *input, const bool *fits, int *scores);
/* The same; false: nobody has a say, and all stay 0. */
bool scheduling_affinity_scores(const struct scheduling_input *input, const bool *fits,
                                int *scores);
