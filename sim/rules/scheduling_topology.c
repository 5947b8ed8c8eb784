/* scheduling_topology.c - spread constraints and (anti-)affinity between pods. */

#include "rules/scheduling_topology.h"

#include "engine/mathematics.h"

enum {
	BEST = 100,
	REQUIRED_AFFINITY_WEIGHT = 1, /* hardPodAffinityWeight: required terms of placed pods */
};

static bool same_namespace(const struct pod *a, const struct pod *b)
{
	return g_strcmp0(a->object.meta.namespace, b->object.meta.namespace) == 0;
}

static bool same_domain(const struct node *a, const struct node *b, const char *key)
{
	const char *left = scheduling_node_label(a, key), *right = scheduling_node_label(b, key);

	return left && right && g_str_equal(left, right);
}

/* --- spread --- */

/* Pods on @node that a spread constraint counts: those of @selector, or without one (the default
 * constraints) those of the same owner. Terminating pods are not counted. */
static int count_pods(const struct scheduling_node *node, const struct pod *pod,
                      const struct label_selector *selector)
{
	int count = 0;

	for (unsigned i = 0; i < node->pods->len; i++) {
		const struct pod *other = node->pods->pdata[i];
		bool counts = selector ? label_selector_matches(selector, other->object.meta.labels)
		                       : pod->object.meta.owner.uid &&
		                             g_strcmp0(pod->object.meta.owner.uid,
		                                       other->object.meta.owner.uid) == 0;

		count += counts && same_namespace(pod, other) && !pod_is_terminating(other);
	}
	return count;
}

static bool has_all_keys(const struct pod_spec *spec, const struct node *node, bool required)
{
	for (unsigned i = 0; i < spec->spread_constraints->len; i++) {
		const struct spread_constraint *constraint = spec->spread_constraints->pdata[i];

		if (constraint->required == required &&
		    !scheduling_node_label(node, constraint->topology_key)) {
			return false;
		}
	}
	return true;
}

/* Pods in the domain of node @index and in the least loaded domain. Domains are those of nodes that
 * the pod's own node affinity allows. */
static void count_domains(const struct scheduling_input *input, size_t index,
                          const struct spread_constraint *constraint, int *here, int *least)
{
	const struct pod_spec *spec = input->pod->spec;

	*here = 0;
	*least = G_MAXINT;
	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *node = input->nodes[i].node;
		int count = 0;

		if (!scheduling_node_matches(spec, node) || !has_all_keys(spec, node, true)) {
			continue;
		}
		for (size_t j = 0; j < input->n_nodes; j++) {
			const struct node *other = input->nodes[j].node;

			if (same_domain(node, other, constraint->topology_key) &&
			    scheduling_node_matches(spec, other) &&
			    has_all_keys(spec, other, true)) {
				count +=
				    count_pods(&input->nodes[j], input->pod, constraint->selector);
			}
		}
		*least = MIN(*least, count);
		if (same_domain(node, input->nodes[index].node, constraint->topology_key)) {
			*here = count;
		}
	}
}

const char *scheduling_spread_reason(const struct scheduling_input *input, size_t index,
                                     bool *resolvable)
{
	const struct pod_spec *spec = input->pod->spec;

	for (unsigned i = 0; spec->spread_constraints && i < spec->spread_constraints->len; i++) {
		const struct spread_constraint *constraint = spec->spread_constraints->pdata[i];
		int here, least;

		if (!constraint->required) {
			continue;
		}
		if (!scheduling_node_label(input->nodes[index].node, constraint->topology_key)) {
			*resolvable = false;
			return "node(s) didn't match pod topology spread constraints (missing "
			       "required label)";
		}
		count_domains(input, index, constraint, &here, &least);
		bool itself =
		    label_selector_matches(constraint->selector, input->pod->object.meta.labels);

		if (here + itself - least > constraint->max_skew) {
			*resolvable = true;
			return "node(s) didn't match pod topology spread constraints";
		}
	}
	return NULL;
}

struct soft_constraint {
	const char *key;
	int max_skew;
	const struct label_selector *selector; /* NULL: pods of the same owner */
};

/* The constraints that only prefer: the pod's own, else the scheduler's defaults. */
static GArray *soft_constraints(const struct pod_spec *spec, bool *by_default)
{
	static const struct soft_constraint defaults[] = {
	    {"kubernetes.io/hostname", 3, NULL},
	    {"topology.kubernetes.io/zone", 5, NULL},
	};
	GArray *soft = g_array_new(FALSE, FALSE, sizeof(struct soft_constraint));

	*by_default = !spec->spread_constraints || spec->spread_constraints->len == 0;
	if (*by_default) {
		g_array_append_vals(soft, defaults, G_N_ELEMENTS(defaults));
	}
	for (unsigned i = 0; !*by_default && i < spec->spread_constraints->len; i++) {
		const struct spread_constraint *own = spec->spread_constraints->pdata[i];
		const struct soft_constraint constraint = {own->topology_key, own->max_skew,
		                                           own->selector};

		if (!own->required) {
			g_array_append_val(soft, constraint);
		}
	}
	return soft;
}

/* Different values of @key among the nodes that are scored. */
static int count_values(const struct scheduling_input *input, const bool *scored, const char *key)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new();

	for (size_t i = 0; i < input->n_nodes; i++) {
		const char *value = scheduling_node_label(input->nodes[i].node, key);

		if (scored[i] && value &&
		    !g_ptr_array_find_with_equal_func(values, value, g_str_equal, NULL)) {
			g_ptr_array_add(values, (void *)value);
		}
	}
	return (int)values->len;
}

/* Adds what one constraint contributes to the raw scores (more pods nearby: a higher number). */
static void add_spread(const struct scheduling_input *input,
                       const struct soft_constraint *constraint, const bool *scored, double *raw)
{
	double weight = mathematics_log(count_values(input, scored, constraint->key) + 2.0);

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *node = input->nodes[i].node;
		int count = 0;

		if (!scored[i] || !scheduling_node_label(node, constraint->key)) {
			continue;
		}
		for (size_t j = 0; j < input->n_nodes; j++) {
			if (same_domain(node, input->nodes[j].node, constraint->key)) {
				count +=
				    count_pods(&input->nodes[j], input->pod, constraint->selector);
			}
		}
		raw[i] += count * weight + (constraint->max_skew - 1);
	}
}

void scheduling_spread_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	bool by_default;
	g_autoptr(GArray) soft = soft_constraints(input->pod->spec, &by_default);
	g_autofree double *raw = g_new0(double, input->n_nodes);
	g_autofree bool *scored = g_new0(bool, input->n_nodes);
	int64_t least = G_MAXINT64, most = 0;

	if (soft->len == 0 || (by_default && !input->pod->object.meta.owner.uid)) {
		return;
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		/* A node without a key of the pod's own constraints is left out. */
		scored[i] = fits[i] && (by_default || has_all_keys(input->pod->spec,
		                                                   input->nodes[i].node, false));
	}
	for (unsigned i = 0; i < soft->len; i++) {
		add_spread(input, &g_array_index(soft, struct soft_constraint, i), scored, raw);
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (scored[i]) {
			least = MIN(least, (int64_t)(raw[i] + 0.5));
			most = MAX(most, (int64_t)(raw[i] + 0.5));
		}
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (scored[i]) {
			int64_t own = (int64_t)(raw[i] + 0.5);

			scores[i] = most ? (int)(BEST * (most + least - own) / most) : BEST;
		}
	}
}

/* --- affinity --- */

static bool term_selects(const struct affinity_term *term, const struct pod *owner,
                         const struct pod *other)
{
	return same_namespace(owner, other) &&
	       label_selector_matches(term->selector, other->object.meta.labels);
}

/* Whether a pod that @term of @pod selects is placed in the domain of node @index; *@anywhere:
 * whether one is placed in any domain. */
static bool is_near(const struct scheduling_input *input, size_t index,
                    const struct affinity_term *term, bool *anywhere)
{
	bool near = false;

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *node = input->nodes[i].node;

		for (unsigned j = 0; j < input->nodes[i].pods->len; j++) {
			if (!scheduling_node_label(node, term->topology_key) ||
			    !term_selects(term, input->pod, input->nodes[i].pods->pdata[j])) {
				continue;
			}
			*anywhere = true;
			near |= same_domain(node, input->nodes[index].node, term->topology_key);
		}
	}
	return near;
}

static bool meets_affinity(const struct scheduling_input *input, size_t index)
{
	const GPtrArray *terms = input->pod->spec->pod_affinity;
	bool near = true, anywhere = false, itself = true;

	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];

		if (term->weight != 0) {
			continue;
		}
		if (!scheduling_node_label(input->nodes[index].node, term->topology_key)) {
			return false;
		}
		near &= is_near(input, index, term, &anywhere);
		itself &= term_selects(term, input->pod, input->pod);
	}
	/* The first pod of a group that wants to be together may go anywhere. */
	return near || (!anywhere && itself);
}

static bool meets_anti_affinity(const struct scheduling_input *input, size_t index)
{
	const GPtrArray *terms = input->pod->spec->pod_anti_affinity;

	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];
		bool anywhere = false;

		if (term->weight == 0 && is_near(input, index, term, &anywhere)) {
			return false;
		}
	}
	return true;
}

/* Whether a pod that is placed already does not want this one near. */
static bool is_refused(const struct scheduling_input *input, size_t index)
{
	for (size_t i = 0; i < input->n_nodes; i++) {
		for (unsigned j = 0; j < input->nodes[i].pods->len; j++) {
			const struct pod *other = input->nodes[i].pods->pdata[j];
			const GPtrArray *terms = other->spec->pod_anti_affinity;

			for (unsigned k = 0; terms && k < terms->len; k++) {
				const struct affinity_term *term = terms->pdata[k];

				if (term->weight == 0 && term_selects(term, other, input->pod) &&
				    same_domain(input->nodes[i].node, input->nodes[index].node,
				                term->topology_key)) {
					return true;
				}
			}
		}
	}
	return false;
}

const char *scheduling_affinity_reason(const struct scheduling_input *input, size_t index,
                                       bool *resolvable)
{
	*resolvable = true;
	if (!meets_affinity(input, index)) {
		*resolvable = false;
		return "node(s) didn't match pod affinity rules";
	}
	if (!meets_anti_affinity(input, index)) {
		return "node(s) didn't match pod anti-affinity rules";
	}
	if (is_refused(input, index)) {
		return "node(s) didn't satisfy existing pods anti-affinity rules";
	}
	return NULL;
}

/* What @terms of @owner say about @other being near: weights of those that select it. Required
 * terms count @required each. */
static int64_t weigh(const GPtrArray *terms, const struct pod *owner, const struct pod *other,
                     const struct node *there, const struct node *here, int required)
{
	int64_t sum = 0;

	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];
		int weight = term->weight ? term->weight : required;

		if (weight && term_selects(term, owner, other) &&
		    same_domain(there, here, term->topology_key)) {
			sum += weight;
		}
	}
	return sum;
}

void scheduling_affinity_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	g_autofree int64_t *raw = g_new0(int64_t, input->n_nodes);
	int64_t least = G_MAXINT64, most = G_MININT64;

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *here = input->nodes[i].node;

		for (size_t j = 0; fits[i] && j < input->n_nodes; j++) {
			const struct node *there = input->nodes[j].node;

			for (unsigned k = 0; k < input->nodes[j].pods->len; k++) {
				const struct pod *other = input->nodes[j].pods->pdata[k];
				const struct pod *pod = input->pod;

				raw[i] +=
				    weigh(pod->spec->pod_affinity, pod, other, there, here, 0);
				raw[i] -=
				    weigh(pod->spec->pod_anti_affinity, pod, other, there, here, 0);
				raw[i] += weigh(other->spec->pod_affinity, other, pod, there, here,
				                REQUIRED_AFFINITY_WEIGHT);
				raw[i] -= weigh(other->spec->pod_anti_affinity, other, pod, there,
				                here, 0);
			}
		}
		least = fits[i] ? MIN(least, raw[i]) : least;
		most = fits[i] ? MAX(most, raw[i]) : most;
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (fits[i] && most > least) {
			scores[i] = (int)(BEST * (raw[i] - least) / (most - least));
		}
	}
}
