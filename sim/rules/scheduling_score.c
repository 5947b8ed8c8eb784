/* scheduling_score.c - plugins and their weights. */

#include "rules/scheduling_score.h"

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

/* What a container without a request counts for LeastAllocated, so that such pods spread too. */
#define DEFAULT_CPU INT64_C(100)
#define DEFAULT_MEMORY (INT64_C(200) * 1024 * 1024 * 1000)

static int64_t container_request(const struct container *container, const char *resource,
                                 int64_t missing)
{
	int64_t request = 0;

	return resource_list_get(&container->requests, resource, &request) ? request : missing;
}

/* As pod_spec_request(), with @missing for containers that do not say. */
static int64_t request_or(const struct pod_spec *spec, const char *resource, int64_t missing)
{
	int64_t sum = 0, sidecars = 0, init = 0, pod;

	if (spec->has_pod_resources && resource_list_get(&spec->pod_requests, resource, &pod)) {
		return pod;
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		sum += container_request(&spec->containers[i], resource, missing);
	}
	for (size_t i = 0; i < spec->n_init_containers; i++) {
		int64_t one = container_request(&spec->init_containers[i], resource, missing);

		if (spec->init_containers[i].always_restarts) {
			sidecars += one;
			init = MAX(init, sidecars);
		} else {
			init = MAX(init, sidecars + one);
		}
	}
	return MAX(sum + sidecars, init);
}

static int64_t requested_or(const struct scheduling_node *node, const char *resource,
                            int64_t missing)
{
	int64_t sum = 0;

	resource_list_get(&node->node->other_requests, resource, &sum);
	for (unsigned i = 0; i < node->pods->len; i++) {
		sum += request_or(POD(node->pods->pdata[i])->spec, resource, missing);
	}
	return sum;
}

int scheduling_least_allocated(const struct pod_spec *spec, const struct scheduling_node *node)
{
	static const struct {
		const char *name;
		int64_t missing, unit; /* unit: what the scheduler counts in, in milli-units */
	} resources[] = {{"cpu", DEFAULT_CPU, 1}, {"memory", DEFAULT_MEMORY, 1000}};
	int64_t sum = 0, n = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(resources); i++) {
		int64_t allocatable = 0;
		int64_t requested = request_or(spec, resources[i].name, resources[i].missing) +
		                    requested_or(node, resources[i].name, resources[i].missing);

		resource_list_get(&node->node->allocatable, resources[i].name, &allocatable);
		allocatable /= resources[i].unit;
		requested /= resources[i].unit;
		if (allocatable > 0) {
			n++;
			sum += requested > allocatable
			           ? 0
			           : (allocatable - requested) * BEST / allocatable;
		}
	}
	return n ? (int)(sum / n) : 0;
}

int scheduling_balanced_allocation(const struct pod_spec *spec, const struct scheduling_node *node)
{
	static const char *const names[] = {"cpu", "memory"};
	double fractions[G_N_ELEMENTS(names)];
	unsigned n = 0;

	if (pod_spec_request(spec, "cpu") == 0 && pod_spec_request(spec, "memory") == 0) {
		return 0;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		int64_t allocatable = 0;
		int64_t requested =
		    pod_spec_request(spec, names[i]) + scheduling_requested(node, names[i]);

		resource_list_get(&node->node->allocatable, names[i], &allocatable);
		if (allocatable > 0) {
			fractions[n++] = MIN((double)requested / (double)allocatable, 1.0);
		}
	}
	double spread = n == 2 ? ABS(fractions[0] - fractions[1]) / 2 : 0;

	return (int)((1 - spread) * BEST);
}

/* Fewer taints that the pod would rather avoid are better, relative to the worst node. */
static void taint_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	int most = 0;

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *node = input->nodes[i].node;

		scores[i] = 0;
		for (size_t j = 0; fits[i] && j < node->n_taints; j++) {
			const struct taint *taint = &node->taints[j];

			scores[i] += g_strcmp0(taint->effect, "PreferNoSchedule") == 0 &&
			             !scheduling_tolerates(input->pod->spec, taint);
		}
		most = MAX(most, scores[i]);
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		scores[i] = fits[i] ? BEST - (most ? BEST * scores[i] / most : 0) : 0;
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

void scheduling_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	const struct pod_spec *spec = input->pod->spec;
	size_t n = input->n_nodes;
	g_autofree int *part = g_new0(int, n);

	for (size_t i = 0; i < n; i++) {
		scores[i] = 0;
		if (fits[i]) {
			scores[i] = WEIGHT_LEAST_ALLOCATED *
			                scheduling_least_allocated(spec, &input->nodes[i]) +
			            WEIGHT_BALANCED_ALLOCATION *
			                scheduling_balanced_allocation(spec, &input->nodes[i]);
		}
	}
	taint_scores(input, fits, part);
	add_weighted(scores, part, n, WEIGHT_TAINT_TOLERATION);
	memset(part, 0, n * sizeof(int));
	node_affinity_scores(input, fits, part);
	add_weighted(scores, part, n, WEIGHT_NODE_AFFINITY);
	memset(part, 0, n * sizeof(int));
	scheduling_spread_scores(input, fits, part);
	add_weighted(scores, part, n, WEIGHT_TOPOLOGY_SPREAD);
	memset(part, 0, n * sizeof(int));
	scheduling_affinity_scores(input, fits, part);
	add_weighted(scores, part, n, WEIGHT_POD_AFFINITY);
}
