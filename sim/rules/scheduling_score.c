/* scheduling_score.c - plugins and their weights. */

#include "rules/scheduling_score.h"

#include "rules/scheduling_picture.h"
#include "rules/scheduling_topology.h"

#include <string.h>

enum {
	BEST = 100,
	WEIGHT_TAINT_TOLERATION = 3,
	WEIGHT_NODE_AFFINITY = 2,
	WEIGHT_TOPOLOGY_SPREAD = 2,
	WEIGHT_POD_AFFINITY = 2,
	WEIGHT_LEAST_ALLOCATED = 1,
	WEIGHT_BALANCED_ALLOCATION = 1,
};

/* What the pod adds to a node, as the scores for resources count it. */
struct wanted {
	int64_t requested[SCHEDULING_RESOURCES], scored[SCHEDULING_RESOURCES];
};

static struct wanted wanted_of(const struct pod_spec *spec)
{
	struct wanted wanted;

	for (unsigned i = 0; i < SCHEDULING_RESOURCES; i++) {
		wanted.requested[i] = pod_spec_request(spec, scheduling_resource_name(i));
		wanted.scored[i] = scheduling_scored_request(spec, i);
	}
	return wanted;
}

static int least_allocated(const struct wanted *wanted, const struct scheduling_totals *totals)
{
	/* what the scheduler counts in, in milli-units */
	static const int64_t units[SCHEDULING_RESOURCES] = {
	    [SCHEDULING_CPU] = 1,
	    [SCHEDULING_MEMORY] = 1000,
	};
	int64_t sum = 0, n = 0;

	for (unsigned i = 0; i < SCHEDULING_RESOURCES; i++) {
		int64_t allocatable = totals->allocatable[i] / units[i];
		int64_t requested = (wanted->scored[i] + totals->scored[i]) / units[i];

		if (allocatable > 0) {
			n++;
			sum += requested > allocatable
			           ? 0
			           : (allocatable - requested) * BEST / allocatable;
		}
	}
	return n ? (int)(sum / n) : 0;
}

static int balanced_allocation(const struct wanted *wanted, const struct scheduling_totals *totals)
{
	double fractions[SCHEDULING_RESOURCES];
	unsigned n = 0;

	if (wanted->requested[SCHEDULING_CPU] == 0 && wanted->requested[SCHEDULING_MEMORY] == 0) {
		return 0;
	}
	for (unsigned i = 0; i < SCHEDULING_RESOURCES; i++) {
		int64_t requested = wanted->requested[i] + totals->requested[i];

		if (totals->allocatable[i] > 0) {
			fractions[n++] =
			    MIN((double)requested / (double)totals->allocatable[i], 1.0);
		}
	}
	double spread = n == 2 ? ABS(fractions[0] - fractions[1]) / 2 : 0;

	return (int)((1 - spread) * BEST);
}

int scheduling_least_allocated(const struct pod_spec *spec, const struct scheduling_node *node)
{
	const struct wanted wanted = wanted_of(spec);
	struct scheduling_totals totals;

	scheduling_totals_of(node, &totals);
	return least_allocated(&wanted, &totals);
}

int scheduling_balanced_allocation(const struct pod_spec *spec, const struct scheduling_node *node)
{
	const struct wanted wanted = wanted_of(spec);
	struct scheduling_totals totals;

	scheduling_totals_of(node, &totals);
	return balanced_allocation(&wanted, &totals);
}

/* Fewer taints that the pod would rather avoid are better, relative to the worst node. */
static void add_taint_scores(const struct scheduling_input *input, const bool *fits, int *totals)
{
	g_autofree int *avoided = g_new0(int, input->n_nodes);
	int most = 0;

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *node = input->nodes[i].node;

		for (size_t j = 0; fits[i] && j < node->n_taints; j++) {
			const struct taint *taint = &node->taints[j];

			avoided[i] += g_strcmp0(taint->effect, "PreferNoSchedule") == 0 &&
			              !scheduling_tolerates(input->pod->spec, taint);
		}
		most = MAX(most, avoided[i]);
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (fits[i]) {
			totals[i] += WEIGHT_TAINT_TOLERATION *
			             (BEST - (most ? BEST * avoided[i] / most : 0));
		}
	}
}

/* The sum of the weights of the terms that the node meets, relative to the best node. */
static void node_affinity_scores(const struct scheduling_input *input, const bool *fits,
                                 int *scores)
{
	const GPtrArray *terms = input->pod->spec->preferred_node_terms;
	int most = 0;

	for (size_t i = 0; i < input->n_nodes; i++) {
		for (unsigned j = 0; fits[i] && terms && j < terms->len; j++) {
			const struct node_selector_term *term = terms->pdata[j];

			if (scheduling_term_matches(term, input->nodes[i].node)) {
				scores[i] += term->weight;
			}
		}
		most = MAX(most, scores[i]);
	}
	for (size_t i = 0; most > 0 && i < input->n_nodes; i++) {
		scores[i] = BEST * scores[i] / most;
	}
}

static void add_weighted(int *totals, const int *scores, size_t n, int weight)
{
	for (size_t i = 0; i < n; i++) {
		totals[i] += weight * scores[i];
	}
}

/* The scores for resources, which a node keeps until its pods change. */
static void add_resource_scores(const struct scheduling_input *input, const bool *fits, int *totals)
{
	const struct wanted wanted = wanted_of(input->pod->spec);
	struct scheduling_memo *memos = scheduling_picture_memos(input->picture, input->pod->spec);

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct scheduling_totals *node = scheduling_picture_totals(input->picture, i);

		if (!fits[i]) {
			continue;
		}
		if (memos[i].version != node->version) {
			memos[i].version = node->version;
			memos[i].score =
			    WEIGHT_LEAST_ALLOCATED * least_allocated(&wanted, node) +
			    WEIGHT_BALANCED_ALLOCATION * balanced_allocation(&wanted, node);
		}
		totals[i] += memos[i].score;
	}
}

void scheduling_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	const GPtrArray *terms = input->pod->spec->preferred_node_terms;
	size_t n = input->n_nodes;
	g_autofree int *part = g_new0(int, n);

	memset(scores, 0, n * sizeof(int));
	add_resource_scores(input, fits, scores);
	if (scheduling_picture_has_soft_taints(input->picture)) {
		add_taint_scores(input, fits, scores);
	} else {
		for (size_t i = 0; i < n; i++) {
			scores[i] += fits[i] ? WEIGHT_TAINT_TOLERATION * BEST : 0;
		}
	}
	if (terms && terms->len > 0) {
		node_affinity_scores(input, fits, part);
		add_weighted(scores, part, n, WEIGHT_NODE_AFFINITY);
		memset(part, 0, n * sizeof(int));
	}
	scheduling_spread_scores(input, fits, part);
	add_weighted(scores, part, n, WEIGHT_TOPOLOGY_SPREAD);
	memset(part, 0, n * sizeof(int));
	if (scheduling_affinity_scores(input, fits, part)) {
		add_weighted(scores, part, n, WEIGHT_POD_AFFINITY);
	}
}
