/* scheduling_affinity.c - affinity and anti-affinity between pods. */

#include "rules/scheduling_picture.h"
#include "rules/scheduling_topology.h"

enum {
	BEST = 100,
	REQUIRED_AFFINITY_WEIGHT = 1, /* hardPodAffinityWeight: required terms of placed pods */
};

/* A sum for each domain of one topology key. */
struct tally {
	const char *key;
	const struct scheduling_domains *domains;
	int64_t *sums;
};

struct scheduling_affinity {
	GArray *near;    /* struct tally: pods that each required term of the pod finds */
	GArray *avoided; /* struct tally: same of its anti-affinity */
	GArray *refused; /* struct tally: pods placed that do not want this one near */
	bool anywhere;   /* a term finds a pod in any domain */
	bool itself;     /* all of them select the pod itself */
};

/* --- tallies --- */

static void clear_tally(void *data)
{
	g_free(((struct tally *)data)->sums);
}

static GArray *new_tallies(void)
{
	GArray *tallies = g_array_new(FALSE, FALSE, sizeof(struct tally));

	g_array_set_clear_func(tallies, clear_tally);
	return tallies;
}

static struct tally *add_tally(GArray *tallies, const struct scheduling_input *input,
                               const char *key)
{
	struct tally tally = {
	    .key = key,
	    .domains = scheduling_picture_domains(input->picture, key),
	};

	tally.sums = g_new0(int64_t, tally.domains->n);
	g_array_append_val(tallies, tally);
	return &g_array_index(tallies, struct tally, tallies->len - 1);
}

/* That of @key, made when there is none. */
static struct tally *tally_of(GArray *tallies, const struct scheduling_input *input,
                              const char *key)
{
	for (unsigned i = 0; i < tallies->len; i++) {
		struct tally *tally = &g_array_index(tallies, struct tally, i);

		if (g_str_equal(tally->key, key)) {
			return tally;
		}
	}
	return add_tally(tallies, input, key);
}

static void tally_add(struct tally *tally, size_t node, int64_t amount)
{
	int domain = tally->domains->of_node[node];

	if (domain >= 0) {
		tally->sums[domain] += amount;
	}
}

static int64_t tally_at(const struct tally *tally, size_t node)
{
	int domain = tally->domains->of_node[node];

	return domain < 0 ? 0 : tally->sums[domain];
}

/* --- terms --- */

static bool term_selects(const struct affinity_term *term, const struct pod *owner,
                         const struct pod *other)
{
	return g_strcmp0(owner->object.meta.namespace, other->object.meta.namespace) == 0 &&
	       label_selector_matches(term->selector, other->object.meta.labels);
}

/* Adds @amount to the domain of each placed pod that @term of the pod selects. */
static void find_selected(const struct scheduling_input *input, const struct affinity_term *term,
                          int64_t amount, struct tally *tally)
{
	for (size_t i = 0; i < input->n_nodes; i++) {
		const GPtrArray *pods = input->nodes[i].pods;

		for (unsigned k = 0; tally->domains->of_node[i] >= 0 && k < pods->len; k++) {
			if (term_selects(term, input->pod, pods->pdata[k])) {
				tally_add(tally, i, amount);
			}
		}
	}
}

/* What @terms of a pod placed on @node say about this one, with @sign; a required term counts
 * @required. */
static void find_selecting(const struct scheduling_input *input, const GPtrArray *terms,
                           const struct pod *owner, size_t node, int sign, int required,
                           bool required_only, GArray *tallies)
{
	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];
		int weight = term->weight == 0 ? required : required_only ? 0 : term->weight;

		if (weight && term_selects(term, owner, input->pod)) {
			tally_add(tally_of(tallies, input, term->topology_key), node,
			          sign * weight);
		}
	}
}

/* --- what is required --- */

static void find_refusals(const struct scheduling_input *input, GArray *refused)
{
	for (size_t i = 0; i < input->n_nodes; i++) {
		const GPtrArray *pods = input->nodes[i].pods;

		if (scheduling_picture_totals(input->picture, i)->minding == 0) {
			continue;
		}
		for (unsigned k = 0; k < pods->len; k++) {
			const struct pod *other = pods->pdata[k];

			find_selecting(input, other->spec->pod_anti_affinity, other, i, 1, 1, true,
			               refused);
		}
	}
}

/* One tally for each required term of @terms. */
static GArray *find_required(const struct scheduling_input *input, const GPtrArray *terms)
{
	GArray *tallies = new_tallies();

	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];

		if (term->weight == 0) {
			find_selected(input, term, 1,
			              add_tally(tallies, input, term->topology_key));
		}
	}
	return tallies;
}

static bool selects_itself(const struct pod *pod)
{
	const GPtrArray *terms = pod->spec->pod_affinity;

	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];

		if (term->weight == 0 && !term_selects(term, pod, pod)) {
			return false;
		}
	}
	return true;
}

struct scheduling_affinity *scheduling_affinity_new(const struct scheduling_input *input)
{
	struct scheduling_affinity *affinity = g_new0(struct scheduling_affinity, 1);

	affinity->near = find_required(input, input->pod->spec->pod_affinity);
	affinity->avoided = find_required(input, input->pod->spec->pod_anti_affinity);
	affinity->refused = new_tallies();
	affinity->itself = selects_itself(input->pod);
	if (scheduling_picture_has_terms(input->picture)) {
		find_refusals(input, affinity->refused);
	}
	for (unsigned i = 0; i < affinity->near->len; i++) {
		const struct tally *tally = &g_array_index(affinity->near, struct tally, i);

		for (int k = 0; k < tally->domains->n; k++) {
			affinity->anywhere |= tally->sums[k] > 0;
		}
	}
	return affinity;
}

void scheduling_affinity_free(struct scheduling_affinity *affinity)
{
	g_array_unref(affinity->near);
	g_array_unref(affinity->avoided);
	g_array_unref(affinity->refused);
	g_free(affinity);
}

static bool meets_affinity(const struct scheduling_affinity *affinity, size_t index)
{
	bool near = true;

	for (unsigned i = 0; i < affinity->near->len; i++) {
		const struct tally *tally = &g_array_index(affinity->near, struct tally, i);

		if (tally->domains->of_node[index] < 0) {
			return false;
		}
		near &= tally_at(tally, index) > 0;
	}
	/* The first pod of a group that wants to be together may go anywhere. */
	return near || (!affinity->anywhere && affinity->itself);
}

static bool is_in(const GArray *tallies, size_t index)
{
	for (unsigned i = 0; i < tallies->len; i++) {
		if (tally_at(&g_array_index(tallies, struct tally, i), index) > 0) {
			return true;
		}
	}
	return false;
}

const char *scheduling_affinity_reason(const struct scheduling_affinity *affinity, size_t index,
                                       bool *resolvable)
{
	*resolvable = true;
	if (!meets_affinity(affinity, index)) {
		*resolvable = false;
		return "node(s) didn't match pod affinity rules";
	}
	if (is_in(affinity->avoided, index)) {
		return "node(s) didn't match pod anti-affinity rules";
	}
	if (is_in(affinity->refused, index)) {
		return "node(s) didn't satisfy existing pods anti-affinity rules";
	}
	return NULL;
}

/* --- what is preferred --- */

/* Adds the weights of the preferred terms among @terms of the pod, with @sign. */
static void weigh_own(const struct scheduling_input *input, const GPtrArray *terms, int sign,
                      GArray *tallies)
{
	for (unsigned i = 0; terms && i < terms->len; i++) {
		const struct affinity_term *term = terms->pdata[i];

		if (term->weight) {
			find_selected(input, term, (int64_t)sign * term->weight,
			              tally_of(tallies, input, term->topology_key));
		}
	}
}

static void weigh_others(const struct scheduling_input *input, GArray *tallies)
{
	for (size_t i = 0; i < input->n_nodes; i++) {
		const GPtrArray *pods = input->nodes[i].pods;

		if (scheduling_picture_totals(input->picture, i)->minding == 0) {
			continue;
		}
		for (unsigned k = 0; k < pods->len; k++) {
			const struct pod *other = pods->pdata[k];

			find_selecting(input, other->spec->pod_affinity, other, i, 1,
			               REQUIRED_AFFINITY_WEIGHT, false, tallies);
			find_selecting(input, other->spec->pod_anti_affinity, other, i, -1, 0,
			               false, tallies);
		}
	}
}

bool scheduling_affinity_scores(const struct scheduling_input *input, const bool *fits, int *scores)
{
	g_autoptr(GArray) tallies = new_tallies();
	int64_t least = G_MAXINT64, most = G_MININT64;

	weigh_own(input, input->pod->spec->pod_affinity, 1, tallies);
	weigh_own(input, input->pod->spec->pod_anti_affinity, -1, tallies);
	if (scheduling_picture_has_terms(input->picture)) {
		weigh_others(input, tallies);
	}
	if (tallies->len == 0) {
		return false;
	}
	g_autofree int64_t *raw = g_new0(int64_t, input->n_nodes);

	for (size_t i = 0; i < input->n_nodes; i++) {
		for (unsigned k = 0; k < tallies->len; k++) {
			raw[i] += tally_at(&g_array_index(tallies, struct tally, k), i);
		}
		least = fits[i] ? MIN(least, raw[i]) : least;
		most = fits[i] ? MAX(most, raw[i]) : most;
	}
	for (size_t i = 0; i < input->n_nodes; i++) {
		if (fits[i] && most > least) {
			scores[i] = (int)(BEST * (raw[i] - least) / (most - least));
		}
	}
	return true;
}
