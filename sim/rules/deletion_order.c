/* deletion_order.c - the comparison and the sort. */

#include "rules/deletion_order.h"

#include <string.h>

static int phase_order(enum pod_phase phase)
{
	switch (phase) {
	case POD_PENDING:
		return 0;
	case POD_UNKNOWN:
		return 1;
	default:
		return 2; /* Running: finished pods are not candidates */
	}
}

/* floor(log2(age)) of a time in nanoseconds; -1 for one that is not past. */
static int bucket_of(sim_time t, sim_time now)
{
	return now > t ? 63 - __builtin_clzll((unsigned long long)(now - t)) : -1;
}

/* The pod of the later time goes first, that without a time before all. */
static int compare_times(sim_time a, sim_time b, const struct deletion_candidate *left,
                         const struct deletion_candidate *right, const struct deletion_rules *rules)
{
	if (a == b) {
		return 0;
	}
	if (!rules->logarithmic_age || a == SIM_NEVER || b == SIM_NEVER) {
		return a > b ? -1 : 1; /* SIM_NEVER is the largest */
	}
	int difference = bucket_of(a, rules->now) - bucket_of(b, rules->now);

	if (difference == 0) {
		return strcmp(left->uid ? left->uid : "", right->uid ? right->uid : "");
	}
	return difference;
}

int deletion_compare(const struct deletion_candidate *a, const struct deletion_candidate *b,
                     const struct deletion_rules *rules)
{
	if (a->assigned != b->assigned) {
		return a->assigned ? 1 : -1;
	}
	if (phase_order(a->phase) != phase_order(b->phase)) {
		return phase_order(a->phase) - phase_order(b->phase);
	}
	if (a->ready != b->ready) {
		return a->ready ? 1 : -1;
	}
	if (rules->cost && a->cost != b->cost) {
		return a->cost < b->cost ? -1 : 1;
	}
	if (a->rank != b->rank) {
		return a->rank > b->rank ? -1 : 1;
	}
	if (a->ready && b->ready && a->ready_since != b->ready_since) {
		/* Decided here even if bucket and UID are the same. */
		return compare_times(a->ready_since, b->ready_since, a, b, rules);
	}
	if (a->restarts != b->restarts) {
		return a->restarts > b->restarts ? -1 : 1;
	}
	return compare_times(a->created, b->created, a, b, rules);
}

struct sorting {
	const struct deletion_candidate *candidates;
	const struct deletion_rules *rules;
};

static int compare(const void *a, const void *b, void *data)
{
	const struct sorting *sorting = data;

	return deletion_compare(&sorting->candidates[*(const unsigned *)a],
	                        &sorting->candidates[*(const unsigned *)b], sorting->rules);
}

GArray *deletion_order(const struct deletion_candidate *candidates, unsigned n,
                       const struct deletion_rules *rules)
{
	GArray *order = g_array_new(FALSE, FALSE, sizeof(unsigned));
	struct sorting sorting = {candidates, rules};

	for (unsigned i = 0; i < n; i++) {
		g_array_append_val(order, i);
	}
	g_array_sort_with_data(order, compare, &sorting); /* a stable merge sort */
	return order;
}

struct deletion_candidate deletion_candidate_of(const struct pod *pod)
{
	const struct condition *ready = conditions_find(&pod->conditions, "Ready");
	const char *cost = string_map_get(pod->object.meta.annotations,
	                                  "controller.kubernetes.io/pod-deletion-cost");
	struct deletion_candidate candidate = {
	    .assigned = pod->node_name != NULL,
	    .phase = pod->phase,
	    .ready = pod_is_ready(pod),
	    .ready_since = ready ? ready->last_transition_time : SIM_NEVER,
	    .created = pod->object.meta.creation_time,
	    .uid = pod->object.meta.uid,
	};
	gint64 value;

	if (cost && g_ascii_string_to_signed(cost, 10, INT32_MIN, INT32_MAX, &value, NULL)) {
		candidate.cost = (int32_t)value;
	}
	for (size_t i = 0; i < pod->spec->n_containers; i++) {
		candidate.restarts = MAX(candidate.restarts, pod->containers[i].restart_count);
	}
	return candidate;
}
