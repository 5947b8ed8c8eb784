/* scheduling_score.h - how well a node suits: the weighted sum of the scoring plugins.
 *
 * Source: Kubernetes 1.31 to 1.34, pkg/scheduler/apis/config/v1/default_plugins.go (weights),
 * framework/plugins/noderesources (LeastAllocated, BalancedAllocation), tainttoleration,
 * nodeaffinity. */

#pragma once

#include "rules/scheduling.h"

/* Totals of the nodes with @fits set into @scores; the others get 0. */
void scheduling_scores(const struct scheduling_input *input, const bool *fits, int *scores);

/* The parts for resources, 0 to 100. */
int scheduling_least_allocated(const struct pod_spec *spec, const struct scheduling_node *node);
int scheduling_balanced_allocation(const struct pod_spec *spec, const struct scheduling_node *node);
