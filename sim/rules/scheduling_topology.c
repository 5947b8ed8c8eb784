/* scheduling_topology.c - spread constraints. */

#include "rules/scheduling_topology.h"

#include "engine/mathematics.h"
#include "rules/scheduling_picture.h"

enum { BEST = 100 };

struct constraint { /* one that is required, and what it finds */
	const struct spread_constraint *rule;
	const struct scheduling_domains *domains;
	int *counts; /* pods in each domain, on nodes that count */
	int least;   /* in the emptiest domain; G_MAXINT: there is none */
	bool itself; /* it counts the pod that is to be placed */
};

struct scheduling_spread {
	GArray *constraints; /* struct constraint */
};

/* --- counting --- */

static bool counts_for(const struct pod *pod, const struct label_selector *selector,
                       const struct pod *other)
{
	return label_selector_matches(selector, other->object.meta.labels) &&
	       g_strcmp0(pod->object.meta.namespace, other->object.meta.namespace) == 0 &&
	       !pod_is_terminating(other);
}

/* Pods on each node that a spread constraint counts: those of @selector, or without one (the
 * default constraints) those of the same owner. Terminating pods are not counted. */
static int *count_pods(const struct scheduling_input *input, const struct label_selector *selector)
{
	const char *owner = input->pod->object.meta.owner.uid;
	int *counts = g_new0(int, input->n_nodes);
	const int *same =
	    !selector && owner ? scheduling_picture_counts(input->picture, owner) : NULL;

	for (size_t i = 0; same && i < input->n_nodes; i++) {
		counts[i] = same[i];
	}
	for (size_t i = 0; selector && i < input->n_nodes; i++) {
		const GPtrArray *pods = input->nodes[i].pods;

		for (unsigned k = 0; k < pods->len; k++) {
			counts[i] += counts_for(input->pod, selector, pods->pdata[k]);
		}
	}
	return counts;
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

/* --- what is required --- */

/* Sums up the domains of those nodes that the pod's own node affinity allows. */
static void count_domains(const struct scheduling_input *input, const bool *eligible,
                          struct constraint *constraint)
{
	g_autofree int *pods = count_pods(input, constraint->rule->selector);
	const int *domain = constraint->domains->of_node;

	constraint->counts = g_new0(int, constraint->domains->n);
	constraint->least = G_MAXINT;
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (eligible[i]) {
			constraint->counts[domain[i]] += pods[i];
		}
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (eligible[i]) {
			constraint->least = MIN(constraint->least, constraint->counts[domain[i]]);
		}
	}
}

static bool requires_spread(const struct pod_spec *spec)
{
	for (unsigned i = 0; spec->spread_constraints && i < spec->spread_constraints->len; i++) {
		if (((const struct spread_constraint *)spec->spread_constraints->pdata[i])
		        ->required) {
			return true;
		}
	}
	return false;
}

static void clear_constraint(void *data)
{
	g_free(((struct constraint *)data)->counts);
}

struct scheduling_spread *scheduling_spread_new(const struct scheduling_input *input)
{
	const struct pod_spec *spec = input->pod->spec;
	struct scheduling_spread *spread = g_new0(struct scheduling_spread, 1);

	spread->constraints = g_array_new(FALSE, FALSE, sizeof(struct constraint));
	g_array_set_clear_func(spread->constraints, clear_constraint);
	if (!requires_spread(spec)) {
		return spread;
	}
	g_autofree bool *eligible = g_new0(bool, input->n_nodes);

	for (size_t i = 0; i < input->n_nodes; i++) {
		const struct node *node = input->nodes[i].node;

		eligible[i] = scheduling_node_matches(spec, node) && has_all_keys(spec, node, true);
	}
	for (unsigned i = 0; i < spec->spread_constraints->len; i++) {
		const struct spread_constraint *rule = spec->spread_constraints->pdata[i];

		if (rule->required) {
			struct constraint constraint = {
			    .rule = rule,
			    .domains =
				scheduling_picture_domains(input->picture, rule->topology_key),
			    .itself = label_selector_matches(rule->selector,
			                                     input->pod->object.meta.labels),
			};

			count_domains(input, eligible, &constraint);
			g_array_append_val(spread->constraints, constraint);
		}
	}
	return spread;
}

void scheduling_spread_free(struct scheduling_spread *spread)
{
	g_array_unref(spread->constraints);
	g_free(spread);
}

const char *scheduling_spread_reason(const struct scheduling_spread *spread, size_t index,
                                     bool *resolvable)
{
	for (unsigned i = 0; i < spread->constraints->len; i++) {
		const struct constraint *constraint =
		    &g_array_index(spread->constraints, struct constraint, i);
		int domain = constraint->domains->of_node[index];

		if (domain < 0) {
			*resolvable = false;
			return "node(s) didn't match pod topology spread constraints (missing "
			       "required label)";
		}
		if (constraint->counts[domain] + constraint->itself - constraint->least >
		    constraint->rule->max_skew) {
			*resolvable = true;
			return "node(s) didn't match pod topology spread constraints";
		}
	}
	return NULL;
}

/* --- what is preferred --- */

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

/* Adds what one constraint contributes to the raw scores (more pods nearby: a higher number). */
static void add_spread(const struct scheduling_input *input,
                       const struct soft_constraint *constraint, const bool *scored, double *raw)
{
	const struct scheduling_domains *domains =
	    scheduling_picture_domains(input->picture, constraint->key);

	if (domains->n == 0) {
		return;
	}
	g_autofree int *pods = count_pods(input, constraint->selector);
	g_autofree int *counts = g_new0(int, domains->n);
	g_autofree bool *present = g_new0(bool, domains->n); /* on a node that is scored */
	int n_present = 0;

	for (size_t i = 0; i < input->n_nodes; i++) {
		int domain = domains->of_node[i];

		if (domain >= 0) {
			counts[domain] += pods[i];
			n_present += scored[i] && !present[domain];
			present[domain] |= scored[i];
		}
	}
	double weight = mathematics_log(n_present + 2.0);

	for (size_t i = 0; i < input->n_nodes; i++) {
		int domain = domains->of_node[i];

		if (scored[i] && domain >= 0) {
			raw[i] += counts[domain] * weight + (constraint->max_skew - 1);
		}
	}
}

void scheduling_spread_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	bool by_default;
	g_autoptr(GArray) soft = soft_constraints(input->pod->spec, &by_default);
	int64_t least = G_MAXINT64, most = 0;

	if (soft->len == 0 || (by_default && !input->pod->object.meta.owner.uid)) {
		return;
	}
	g_autofree double *raw = g_new0(double, input->n_nodes);
	g_autofree bool *scored = g_new0(bool, input->n_nodes);

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
